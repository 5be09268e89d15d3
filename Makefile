# Leeway: one Makefile, no recursion. `make help` lists what there is.

VARIANT  ?= release
CC       ?= cc
ifeq ($(origin CC),default)
CC       := gcc
endif
OUT      := build/$(VARIANT)

# `make V=1` shows the commands.
V        ?=
say       = $(if $(V),,@printf '  %-4s %s\n' '$(1)' '$(2)' &&) 

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
# Zstandard, where Debian's libzstd-dev is there: make ZSTD= goes without.
ZSTD     ?= $(wildcard /usr/include/zstd.h)
# Shared sessions, where Debian's libhiredis-dev is there: make HIREDIS= without.
HIREDIS  ?= $(wildcard /usr/include/hiredis/hiredis.h)
LIBS     := -lnng -lmsgpackc -lyaml -lpcre2-8 -lutf8proc -lhs \
            -lsqlite3 -lmbedcrypto -lz $(if $(ZSTD),-lzstd) $(if $(HIREDIS),-lhiredis) \
            $(if $(BLAS_DIR),-L$(BLAS_DIR)) -lopenblas -lm
CFLAGS_BLAS := $(foreach d,$(wildcard /usr/include/*/openblas-serial /usr/include/*/openblas-pthread),-isystem $d)

# --- what is built from what --------------------------------------------
LIB_SRC  := $(wildcard kernels/*.c sidecar/base/*.c proto/*.c config/*.c \
            sidecar/engine/*.c sidecar/store/*.c sidecar/serve/*.c)
TOOL_SRC := $(wildcard sidecar/tools/*.c)
# test_cost compares times, so it is not for a machine that is shared: make cost.
UNIT_SRC := $(filter-out %/test_cost.c,$(wildcard tests/unit/test_*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(OUT)/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$(OUT)/%.o)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/tests/%)
PROGRAM  := $(OUT)/leeway
SUPPORT_OBJ := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/unit/support*.c))

.PHONY: all build/leeway
all: build/leeway

# Points at the variant that was built last.
build/leeway: $(PROGRAM)
	@ln -sfn $(VARIANT)/leeway build/leeway

$(PROGRAM): $(TOOL_OBJ) $(OUT)/libleeway.a
	$(call say,LINK,$@) $(CC) $(LDFLAGS) -pthread -o $@ $(TOOL_OBJ) $(OUT)/libleeway.a $(LIBS)

$(OUT)/libleeway.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,AR,$@) ar rcs $@ $(LIB_OBJ)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(ALWAYS) $(CFLAGS) $(CFLAGS_$(basename $(notdir $<))) -c -o $@ $<

# Only the kernel files know the machine (STYLE: -O3, or GCC keeps the sums in
# memory); every other file is built for the baseline. No -mno-fma for AVX-512:
# Clang then leaves out AVX-512 too. -ffp-contract=off is what forbids fusing.
KERNEL_O := $(if $(filter debug,$(VARIANT)),-O0,-O3)
CFLAGS_scalar := $(KERNEL_O)
CFLAGS_avx2   := $(KERNEL_O) $(if $(filter x86_64,$(ARCH)),-mavx2 -mfma)
CFLAGS_avx512 := $(KERNEL_O) $(if $(filter x86_64,$(ARCH)),-mavx512f)
CFLAGS_neon   := $(KERNEL_O)
CFLAGS_batch  := $(CFLAGS_BLAS)
CFLAGS_unpack_zstd := $(if $(ZSTD),-DLEEWAY_ZSTD)
CFLAGS_redis_socket := $(if $(HIREDIS),-DLEEWAY_REDIS)
CFLAGS_crosscheck_store := $(if $(HIREDIS),-DLEEWAY_REDIS)

$(OUT)/tests/%: $(OUT)/tests/unit/%.o $(SUPPORT_OBJ) $(OUT)/libleeway.a
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) $(LDFLAGS) -pthread -o $@ $(filter %.o,$^) $(OUT)/libleeway.a -lcheck -lsubunit -lrt $(LIBS)

# The parts of the commands that have tests of their own.
$(OUT)/tests/test_caller $(OUT)/tests/test_server: $(OUT)/sidecar/tools/caller.o
$(OUT)/tests/test_vectors: $(OUT)/sidecar/tools/vectors.o
$(OUT)/tests/test_machine_import: $(OUT)/sidecar/tools/machine_import.o
TRANSCRIPT_OBJ := $(patsubst %.c,$(OUT)/%.o,$(wildcard sidecar/tools/transcript*.c sidecar/tools/unpack*.c))
$(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_transcript*.c)): $(TRANSCRIPT_OBJ)
# Options say how a command is used, which main.c does: not for these.
RESCORE_OBJ := $(patsubst %.c,$(OUT)/%.o,$(filter-out %_options.c,$(wildcard sidecar/tools/rescore*.c sidecar/tools/diff*.c)))
$(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_rescore*.c tests/unit/test_diff*.c)): $(RESCORE_OBJ) $(TRANSCRIPT_OBJ)
$(OUT)/tests/test_show: $(patsubst %.c,$(OUT)/%.o,$(wildcard sidecar/tools/show*.c))

# Programs of their own: measurements, and servers for the hostile clients.
# tests/bench/common*.c is what they share.
BENCH_SRC    := $(filter-out tests/bench/common%,$(wildcard tests/bench/*.c))
BENCH_COMMON := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/bench/common*.c))
$(OUT)/bench/%: $(OUT)/tests/bench/%.o $(BENCH_COMMON) $(OUT)/libleeway.a
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) $(LDFLAGS) -pthread -o $@ $< $(BENCH_COMMON) $(OUT)/libleeway.a $(LIBS)

WIRE_BIN     := $(patsubst tests/wire/%.c,$(OUT)/wire/%,$(wildcard tests/wire/*.c))
$(OUT)/wire/%: $(OUT)/tests/wire/%.o $(OUT)/libleeway.a
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) $(LDFLAGS) -pthread -o $@ $< $(OUT)/libleeway.a $(LIBS)

.SECONDARY:
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

# --- setting up ---------------------------------------------------------
# Installs what is missing, on Debian 12; silent where nothing is.
.PHONY: deps
deps:
	@tests/deps

# --- tests --------------------------------------------------------------
.PHONY: test unit e2e test-here
test: deps
	@$(MAKE) --no-print-directory test-here WERROR=-Werror

test-here: layers $(UNIT_BIN) build/leeway
	@tests/run-units $(UNIT_BIN)
	@tests/arm/run
	@$(MAKE) --no-print-directory e2e

# One suite: make unit; one file of it: make build/release/tests/test_fold.
unit: $(UNIT_BIN)
	@tests/run-units $(UNIT_BIN)

# The program itself, from outside: clients, hostile clients, every command.
e2e: build/leeway $(WIRE_BIN) $(OUT)/bench/stream_proof
	@tests/e2e/run $(OUT)

# The whole suite under address and undefined-behaviour sanitizers; the suites
# with threads under the thread sanitizer.
THREADED := transport queue slot rotation server caller flood guardrail_cache cache \
            enrol stream_table stream_sweep stream_threads store_session \
            shared_session redis_link turnstile
.PHONY: asan tsan
asan: deps
	@$(MAKE) --no-print-directory test-here VARIANT=asan WERROR=-Werror

tsan: deps
	@$(MAKE) --no-print-directory tsan-here VARIANT=tsan WERROR=-Werror

.PHONY: tsan-here
tsan-here: $(foreach t,$(THREADED),$(wildcard tests/unit/test_$t.c)) build/leeway \
           $(WIRE_BIN) $(OUT)/bench/stream_proof
	@$(MAKE) --no-print-directory $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(foreach t,$(THREADED),$(wildcard tests/unit/test_$t.c)))
	@tests/run-units $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(foreach t,$(THREADED),$(wildcard tests/unit/test_$t.c)))
	@tests/e2e/run $(OUT)

# 1,000 kills of a process that writes to the store; 50 are in `make test`.
.PHONY: kill-store
kill-store: $(OUT)/tests/test_store_kill
	@LEEWAY_KILLS=1000 $<

# Hostile texts must cost time with their length, not its square.
.PHONY: cost
cost: $(OUT)/tests/test_cost
	@$<

# Is a reply judged in pieces the same as the whole, wherever it is cut? DATA: a
# folder with moderation/ and voices/; without it the texts that are here.
CHUNKINGS ?= 10000
SEED      ?= 1
.PHONY: stream-proof
stream-proof: $(OUT)/bench/stream_proof
	@tests/bench/stream_proof.py --program $< --data '$(DATA)' \
	    --chunkings $(CHUNKINGS) --seed $(SEED)

# What 10,000 open streams take, in memory and descriptors.
STREAMS ?= 10000
.PHONY: stream-memory
stream-memory: build/leeway
	@tests/bench/stream_memory.py --streams $(STREAMS)

# 50,000 terms and 500 patterns: a warm reload under load takes a second at most.
.PHONY: reload-load
reload-load: build/leeway
	@tests/e2e/reload_load.py --full --warm-ms 1000

# The kernels' bits on 64-bit ARM (QEMU) and here, each compiler, -O0 and -O3.
.PHONY: arm
arm:
	@tests/arm/run

.PHONY: layers
layers:
	@tests/layers

.PHONY: lint
lint: layers
	@tests/lint

# --- what it is for -----------------------------------------------------
.PHONY: demo
demo: deps
	@$(MAKE) --no-print-directory build/leeway
	@tests/demo/run

# --- figures ------------------------------------------------------------
.PHONY: bench
bench: build/leeway $(BENCH_SRC:tests/bench/%.c=$(OUT)/bench/%)
	build/leeway bench kernels
	build/leeway bench pipeline
	build/leeway bench rules
	$(OUT)/bench/bench_fold
	$(OUT)/bench/bench_transport

# What streams cost and hold back. DATA: a folder of rows to add.
.PHONY: bench-hold
bench-hold: $(OUT)/bench/bench_hold
	@tests/bench/bench_hold.py $(if $(DATA),--data $(DATA))

# DATA: a folder of labelled rows, see tests/bench/eval_pii.py.
.PHONY: eval-pii
eval-pii: $(OUT)/bench/eval_pii
	@$< --time
	@tests/bench/eval_pii.py $< $(DATA)

# DATA: a folder of labelled rows, see tests/bench/eval_moderation.py, whose
# options go into ARGS. The peers are npm's, fetched into build/peers.
ARGS ?=
.PHONY: eval-moderation peers
eval-moderation: $(OUT)/bench/judge_rows
	@tests/bench/eval_moderation.py $(DATA) $(ARGS)

peers: $(OUT)/bench/judge_rows build/leeway
	@tests/bench/peers/run.py $(DATA) $(ARGS)

# VOICES: a folder of background.jsonl, assistant_drift.jsonl, dev.jsonl; see
# config/voice/README.md. SPEAKERS: a file to measure in the place of dev.jsonl.
VOICES     ?=
SPEAKERS   ?=
VOICE_LINES = python3 tests/bench/voice_lines.py $(VOICES) $(SPEAKERS)

.PHONY: voice-model eval-voices
voice-model: $(OUT)/bench/build_voice_model
	$(VOICE_LINES) | $< leeway-style-1 config/voice/background.bin

eval-voices: $(OUT)/bench/eval_voices
	$(VOICE_LINES) | $< config/voice/background.bin

# The linear model, made anew, with its measured quality. DATA: a folder with
# moderation/ and voices/, see config/linear/README.md; needs Debian's
# python3-sklearn, which neither building nor testing does.
.PHONY: train
train: $(OUT)/bench/linear_features
	config/linear/train.py $< $(DATA)/moderation $(DATA)/voices config/linear

# The shipped personas' fingerprints as files, out of their sample lines. The
# sidecar builds the same ones when it starts.
.PHONY: fingerprints
fingerprints: build/leeway
	@mkdir -p build/fingerprints
	@for lines in config/voices/*.jsonl; do \
	    id=$$(basename "$$lines" .jsonl); \
	    build/leeway fingerprint build --persona "$$id" \
	        -o "build/fingerprints/$$id.fingerprint" "$$lines" || exit 1; \
	done

# --- keeping house ------------------------------------------------------
.PHONY: format
format:
	clang-format -i $(shell git ls-files -co --exclude-standard '*.c' '*.h')

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help:
	@echo 'make            build build/leeway (VARIANT=release|debug|asan|tsan, CC=gcc|clang)'
	@echo 'make demo       install what is missing, build, judge real replies'
	@echo 'make test       install what is missing, build, run every test'
	@echo 'make asan       the same under address and undefined-behaviour sanitizers'
	@echo 'make tsan       the threaded tests under the thread sanitizer'
	@echo 'make cost       is every hostile text linear? (needs a quiet machine)'
	@echo 'make stream-proof [DATA=dir]    streams against the whole text, cut in every way'
	@echo 'make bench-hold [DATA=dir]      what streams cost and hold back'
	@echo 'make stream-memory    what 10,000 open streams take'
	@echo 'make reload-load    50,000 terms reloaded while requests come in'
	@echo 'make kill-store    1,000 kills of a process that writes to the store'
	@echo 'make arm        the kernels on 64-bit ARM under QEMU'
	@echo 'make bench      kernels, pipeline, fold and transport, timed'
	@echo 'make eval-pii DATA=dir, make eval-voices VOICES=dir [SPEAKERS=file]    figures on labelled data'
	@echo 'make eval-moderation DATA=dir    every task of moderation, on labelled data'
	@echo 'make peers DATA=dir    the same beside filters from npm (needs Node and network)'
	@echo 'make fingerprints    the shipped personas as fingerprint files'
	@echo 'make voice-model VOICES=dir    the voice model, made anew'
	@echo 'make train DATA=dir          the linear model, made anew (needs python3-sklearn)'
	@echo 'make lint       layers, cppcheck, shellcheck, formatting'
	@echo 'make format     clang-format every C file'
	@echo 'make clean      remove build/'
