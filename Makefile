# Leeway: one Makefile, no recursion. `make help` lists what there is.

VARIANT  ?= release
CC       ?= cc
ifeq ($(origin CC),default)
CC       := gcc
endif
OUT      := build/$(VARIANT)

# --- flags --------------------------------------------------------------
CSTD     := -std=c17 -D_POSIX_C_SOURCE=200809L
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
            -Wdouble-promotion -Wcast-qual -Wcast-align -Wpointer-arith \
            -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wswitch-enum \
            -Wimplicit-fallthrough -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wredundant-decls -Wnested-externs \
            -Wnull-dereference
IS_CLANG := $(shell $(CC) --version 2>/dev/null | grep -ci clang)
ifeq ($(IS_CLANG),0)
WARN     += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Walloc-zero \
            -Warith-conversion -Wno-format-truncation
endif
WERROR   ?=
ALWAYS   := $(CSTD) $(WARN) $(WERROR) -ffp-contract=off -fPIE \
            -fvisibility=hidden -g -pthread -I. -MMD -MP
SANITIZE_address := -fsanitize=address,undefined,float-cast-overflow \
            -fno-sanitize-recover=all -fno-omit-frame-pointer

ifeq ($(VARIANT),release)
CFLAGS   ?= -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
LDFLAGS  ?= -pie -Wl,-z,relro,-z,now
else ifeq ($(VARIANT),debug)
CFLAGS   ?= -O0 -ggdb3
LDFLAGS  ?= -pie
else ifeq ($(VARIANT),asan)
CFLAGS   ?= -O1 $(SANITIZE_address) -DLEEWAY_SANITIZED
LDFLAGS  ?= $(SANITIZE_address) -pie
else ifeq ($(VARIANT),tsan)
CFLAGS   ?= -O1 -fsanitize=thread -DLEEWAY_SANITIZED
LDFLAGS  ?= -fsanitize=thread -pie
else
$(error VARIANT is one of release, debug, asan, tsan; it is "$(VARIANT)")
endif

# --- outside libraries --------------------------------------------------
ARCH     := $(shell $(CC) -dumpmachine 2>/dev/null | cut -d- -f1)
BLAS_DIR := $(firstword $(wildcard /usr/lib/*/openblas-serial /usr/lib/*/openblas-pthread))
LIBS     := -lnng -lmsgpackc -lyaml -lpcre2-8 -lutf8proc -lhs -ljson-c \
            -lmbedcrypto $(if $(BLAS_DIR),-L$(BLAS_DIR)) -lopenblas -lm
CFLAGS_BLAS := $(foreach d,$(wildcard /usr/include/*/openblas-serial /usr/include/*/openblas-pthread),-isystem $d)

# --- what is built from what --------------------------------------------
LIB_SRC  := $(wildcard kernels/*.c sidecar/base/*.c proto/*.c config/*.c \
            sidecar/engine/*.c sidecar/store/*.c sidecar/serve/*.c)
TOOL_SRC := $(wildcard sidecar/tools/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(OUT)/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$(OUT)/%.o)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/tests/%)
PROGRAM  := $(OUT)/leeway
SUPPORT_OBJ := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/unit/support*.c))

.PHONY: all
all: deps-build
	@$(MAKE) --no-print-directory build/leeway

build/leeway: $(PROGRAM)
	@ln -sfn $(VARIANT)/leeway build/leeway

$(PROGRAM): $(TOOL_OBJ) $(OUT)/libleeway.a
	$(CC) $(LDFLAGS) -pthread -o $@ $(TOOL_OBJ) $(OUT)/libleeway.a $(LIBS)

$(OUT)/libleeway.a: $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $(LIB_OBJ)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALWAYS) $(CFLAGS) $(CFLAGS_$(basename $(notdir $<))) -c -o $@ $<

# Only the kernel files know the machine (STYLE: -O3, or GCC keeps the sums in
# memory); every other file is built for the baseline.
KERNEL_O := $(if $(filter debug,$(VARIANT)),-O0,-O3)
CFLAGS_scalar := $(KERNEL_O)
CFLAGS_avx2   := $(KERNEL_O) $(if $(filter x86_64,$(ARCH)),-mavx2 -mno-fma)
CFLAGS_avx512 := $(KERNEL_O) $(if $(filter x86_64,$(ARCH)),-mavx512f -mno-fma)
CFLAGS_neon   := $(KERNEL_O)
CFLAGS_batch  := $(CFLAGS_BLAS)

$(OUT)/tests/%: $(OUT)/tests/unit/%.o $(SUPPORT_OBJ) $(OUT)/libleeway.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -pthread -o $@ $< $(SUPPORT_OBJ) $(OUT)/libleeway.a -lcheck -lsubunit -lrt $(LIBS)

-include $(LIB_OBJ:.o=.d) $(TOOL_OBJ:.o=.d) $(UNIT_SRC:%.c=$(OUT)/%.d)

.PHONY: deps-build
deps-build:

.PHONY: unit
unit: $(UNIT_BIN)
	@tests/run-units $(UNIT_BIN)

.PHONY: layers
layers:
	@tests/layers

.PHONY: format
format:
	clang-format -i $(shell git ls-files -co --exclude-standard '*.c' '*.h')

.PHONY: clean
clean:
	rm -rf build
