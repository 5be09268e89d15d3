#define PCRE2_CODE_UNIT_WIDTH 8

#include "sidecar/engine/pattern.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <pcre2.h>

/*
 * Limits on one place where a match might begin. A pattern of bounded width
 * stays far below; one that backtracks exponentially meets them within
 * milliseconds.
 */
enum {
    MATCH_LIMIT = 2000000,
    HEAP_KIB = 16 * 1024,
    DEPTH_LIMIT = 10000,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MOST = 512 * 1024,
    NEST_LIMIT = 50,
    PAIRS = 1 /* only the whole match is asked for */
};

struct pattern {
    pcre2_code *code;
};

struct pattern_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* NULL: the machine's own */
};

static bool
compile(struct pattern *pattern, struct text source, struct err *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    int code = 0;
    PCRE2_SIZE offset = 0;

    if (context == NULL) {
        err_memory(err, "a pattern");
        return false;
    }
    pcre2_set_max_pattern_length(context, PATTERN_BYTES);
    pcre2_set_parens_nest_limit(context, NEST_LIMIT);
    pattern->code =
        pcre2_compile((PCRE2_SPTR)source.at, source.len,
                      PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS |
                          PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT,
                      &code, &offset, context);
    pcre2_compile_context_free(context);
    if (pattern->code == NULL) {
        char reason[128];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof(reason));
        err_set(err, ERR_CONFIG, "%s at offset %zu", reason, (size_t)offset);
        return false;
    }
    // Where there is no JIT the interpreter gives the same answers.
    (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    return true;
}

static bool
matches_nothing(const struct pattern *pattern)
{
    pcre2_match_data *data =
        pcre2_match_data_create_from_pattern(pattern->code, NULL);

    if (data == NULL) {
        return true;
    }
    const int found =
        pcre2_match(pattern->code, (PCRE2_SPTR) "", 0, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    return found >= 0;
}

struct pattern *
pattern_compile(struct text source, struct err *err)
{
    if (source.len == 0 || source.len > PATTERN_BYTES) {
        err_set(err, ERR_CONFIG, "%zu bytes, 1 to %d are possible", source.len,
                PATTERN_BYTES);
        return NULL;
    }
    struct pattern *pattern = calloc(1, sizeof(*pattern));
    if (pattern == NULL) {
        err_memory(err, "a pattern");
        return NULL;
    }
    if (!compile(pattern, source, err)) {
        pattern_free(pattern);
        return NULL;
    }
    if (matches_nothing(pattern)) {
        err_set(err, ERR_CONFIG, "matches the empty text");
        pattern_free(pattern);
        return NULL;
    }
    return pattern;
}

void
pattern_free(struct pattern *pattern)
{
    if (pattern != NULL) {
        pcre2_code_free(pattern->code);
        free(pattern);
    }
}

struct pattern_scratch *
pattern_scratch_new(void)
{
    struct pattern_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL) {
        return NULL;
    }
    scratch->data = pcre2_match_data_create(PAIRS, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack =
        pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    if (scratch->data == NULL || scratch->context == NULL) {
        pattern_scratch_free(scratch);
        return NULL;
    }
    pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    pcre2_set_heap_limit(scratch->context, HEAP_KIB);
    pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
    if (scratch->stack != NULL) {
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    }
    return scratch;
}

void
pattern_scratch_free(struct pattern_scratch *scratch)
{
    if (scratch != NULL) {
        pcre2_match_data_free(scratch->data);
        pcre2_match_context_free(scratch->context);
        pcre2_jit_stack_free(scratch->stack);
        free(scratch);
    }
}

enum pattern_result
pattern_find(const struct pattern *pattern, struct pattern_scratch *scratch,
             struct text text, struct span starts, struct span *found,
             struct err *err)
{
    assert(starts.from < starts.to);
    // PCRE2 adds the limit to the text's address, so it must lie within it.
    pcre2_set_offset_limit(scratch->context,
                           starts.to <= text.len ? starts.to - 1 : text.len);
    const int result =
        pcre2_match(pattern->code, (PCRE2_SPTR)(text.at != NULL ? text.at : ""),
                    text.len, starts.from, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY,
                    scratch->data, scratch->context);

    if (result == PCRE2_ERROR_NOMATCH) {
        return PATTERN_NONE;
    }
    if (result < 0) {
        char reason[128];
        pcre2_get_error_message(result, (PCRE2_UCHAR *)reason, sizeof(reason));
        err_set(err, ERR_INTERNAL, "pattern: %s", reason);
        return PATTERN_FAILED;
    }
    const PCRE2_SIZE *pair = pcre2_get_ovector_pointer(scratch->data);
    // \K may move the start behind the end.
    found->from = pair[0] < pair[1] ? pair[0] : pair[1];
    found->to = pair[1];
    return PATTERN_FOUND;
}

/* Does the matcher come to an end within that many steps at each start? */
static bool
ends_within(const struct pattern *pattern, struct pattern_scratch *scratch,
            struct text text, size_t steps)
{
    pcre2_set_match_limit(scratch->context, (uint32_t)steps);
    pcre2_set_offset_limit(scratch->context, text.len);
    const int result = pcre2_match(
        pattern->code, (PCRE2_SPTR)(text.at != NULL ? text.at : ""), text.len,
        0, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | PCRE2_NO_JIT, scratch->data,
        scratch->context);
    pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    return result >= 0 || result == PCRE2_ERROR_NOMATCH;
}

size_t
pattern_steps(const struct pattern *pattern, struct pattern_scratch *scratch,
              struct text text, size_t most)
{
    size_t low = 0, high = 1;

    while (!ends_within(pattern, scratch, text, high)) {
        if (high >= most) {
            return most + 1;
        }
        low = high;
        high = high > most / 4 ? most : high * 4;
    }
    while (high - low > 1 + high / 8) {
        const size_t middle = low + (high - low) / 2;
        if (ends_within(pattern, scratch, text, middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

void
pattern_library(char *out, size_t size)
{
    char version[64];

    pcre2_config(PCRE2_CONFIG_VERSION, version);
    snprintf(out, size, "%s", version);
}
