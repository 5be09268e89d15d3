#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/redact.h"
#include "tests/unit/support_engine.h"

enum { ARENA_BYTES = 1 << 20 };

static const char yaml[] = SUPPORT_ENGINE_RULES
    "- {id: PLAIN, type: terms, terms: [w], category: c, action: redact}\n"
    "- {id: VALUE, type: terms, terms: [w], category: c, action: redact,\n"
    "   operator: {type: replace, new_value: \"<{entity}!>\"}}\n"
    "- {id: EMPTY, type: terms, terms: [w], category: c, action: redact,\n"
    "   operator: {type: replace, new_value: \"\"}}\n"
    "- {id: MASK, type: terms, terms: [w], category: c, action: redact,\n"
    "   operator: {type: mask}}\n"
    "- {id: MASK2, type: terms, terms: [w], category: c, action: redact,\n"
    "   operator: {type: mask, masking_char: \"\xe2\x96\x88\", chars_to_mask: "
    "2}}\n"
    "- {id: LAST2, type: terms, terms: [w], category: c, action: redact,\n"
    "   operator: {type: mask, masking_char: \"#\", chars_to_mask: 2, "
    "from_end: true}}\n"
    "- {id: HASH, type: terms, terms: [w], category: c, action: redact,\n"
    "   operator: {type: hash}}\n"
    "- {id: REMOVE, type: terms, terms: [w], category: c, action: redact,\n"
    "   operator: {type: remove}}\n"
    "- {id: STRONG, type: terms, terms: [w], category: c, action: fallback,\n"
    "   operator: {type: replace, new_value: \"[strong]\"}}\n";

struct desk {
    struct engine *engine;
    struct arena *arena;
    struct hits hits;
    bool chosen[16];
    struct redaction out;
    struct text raw;
};

static struct desk
desk(void)
{
    struct desk d = {.engine = support_engine(yaml),
                     .arena = arena_new(ARENA_BYTES)};

    ck_assert_ptr_nonnull(d.arena);
    return d;
}

static void
desk_clear(struct desk *d)
{
    arena_free(d->arena);
    engine_drop(d->engine);
}

/* "RULE@from-to", one after another; "-RULE" is a hit that is not chosen. */
static void
lay_out(struct desk *d, const char *said)
{
    arena_reset(d->arena);
    hits_init(&d->hits, d->arena);
    while (*said != '\0') {
        char name[16];
        size_t from, to;
        int used = 0;
        ck_assert_int_eq(
            sscanf(said, "%15[-A-Z0-9]@%zu-%zu%n", name, &from, &to, &used), 3);
        const char *id = name[0] == '-' ? name + 1 : name;
        uint32_t rule = 0;
        while (!text_is(rules_at(d->engine->rules, rule)->config->id, id)) {
            rule++;
            ck_assert_uint_lt(rule, rules_count(d->engine->rules));
        }
        const struct hit hit = {
            .rule = rule,
            .raw = {from, to},
            .action = rules_at(d->engine->rules, rule)->config->action,
            .entity = TEXT("THING")};
        d->chosen[d->hits.count] = name[0] != '-';
        ck_assert(hits_add(&d->hits, &hit));
        said += used;
        said += *said == ' ';
    }
}

static void
redact(struct desk *d, const char *text, const char *said)
{
    struct err err;

    lay_out(d, said);
    d->raw = text_of(text);
    ck_assert(redact_apply(d->engine->rules, d->raw, &d->hits, d->chosen,
                           d->arena, &d->out, &err));
}

static const struct {
    const char *text, *hits, *becomes;
} rows[] = {
    {"", "", ""},
    {"abcdef", "", "abcdef"},
    {"abcdef", "-PLAIN@0-6", "abcdef"},
    /* operators */
    {"abcdef", "PLAIN@2-4", "ab[THING]ef"},
    {"abcdef", "VALUE@2-4", "ab<THING!>ef"},
    {"abcdef", "EMPTY@2-4", "abef"},
    {"abcdef", "MASK@2-4", "ab**ef"},
    {"abcdef", "MASK2@1-5",
     "a\xe2\x96\x88\xe2\x96\x88"
     "def"},
    {"abcdef", "LAST2@1-5", "abc##f"},
    {"abcdef", "MASK2@1-2",
     "a\xe2\x96\x88"
     "cdef"},
    {"abcdef", "REMOVE@2-4", "abef"},
    {"abcdef", "REMOVE@0-6", ""},
    {"abc", "HASH@0-3", "[hash:ba7816bf8f01]"}, /* FIPS 180-4, "abc" */
    /* whole characters */
    {"a\xf0\x9f\x98\x80\xc3\xa9z", "MASK@1-7", "a**z"},
    {"a\xf0\x9f\x98\x80\xc3\xa9z", "LAST2@0-7", "a##z"},
    {"a\xf0\x9f\x98\x80\xc3\xa9z", "MASK2@1-8", "a\xe2\x96\x88\xe2\x96\x88z"},
    /* several places; the ends of the text */
    {"abcdef", "MASK@0-1 MASK@5-6", "*bcde*"},
    {"abcdef", "MASK@0-3 PLAIN@3-6", "***[THING]"}, /* adjacent: two */
    {"abcdef", "MASK@0-1 -MASK@2-3 MASK@4-5", "*bcd*f"},
    /* overlaps become one: the stronger action, the longer, the earlier rule */
    {"abcdef", "MASK@0-4 STRONG@3-5", "[strong]f"},
    {"abcdef", "STRONG@1-2 MASK@1-6", "a[strong]"},
    {"abcdef", "MASK@0-3 PLAIN@2-6", "[THING]"},
    {"abcdef", "PLAIN@0-4 MASK@3-5", "[THING]f"},
    {"abcdef", "MASK@0-3 PLAIN@1-4", "[THING]ef"}, /* as long; PLAIN first */
    {"abcdef", "PLAIN@0-3 PLAIN@2-4 MASK@3-5", "[THING]f"}, /* a chain */
    {"abcdef", "MASK@0-6 PLAIN@1-2 PLAIN@3-4", "******"},
    {"abcdef", "PLAIN@0-3 -MASK@1-6 PLAIN@3-4", "[THING][THING]ef"},
};

START_TEST(spans_become_what_their_operators_say)
{
    struct desk d = desk();
    size_t bad;

    redact(&d, rows[_i].text, rows[_i].hits);
    ck_assert_msg(text_is(d.out.text, rows[_i].becomes), "%s of \"%s\": %.*s",
                  rows[_i].hits, rows[_i].text, TEXT_ARGS(d.out.text));
    ck_assert(utf8_check(d.out.text, &bad));
    desk_clear(&d);
}
END_TEST

/* The edits and the text between them tell the whole story. */
START_TEST(edits_rebuild_both_texts)
{
    struct desk d = desk();

    redact(&d, rows[_i].text, rows[_i].hits);
    size_t raw = 0, now = 0;
    for (size_t i = 0; i <= d.out.count; i++) {
        const struct redact_edit *e = &d.out.edits[i];
        const bool last = i == d.out.count;
        const size_t raw_to = last ? d.raw.len : e->raw.from;
        const size_t now_to = last ? d.out.text.len : e->now.from;
        ck_assert(text_equal(text_part(d.raw, raw, raw_to),
                             text_part(d.out.text, now, now_to)));
        if (last) {
            break;
        }
        ck_assert(text_equal(text_part(d.out.text, e->now.from, e->now.to),
                             e->replacement));
        ck_assert_uint_lt(e->raw.from, e->raw.to);
        raw = e->raw.to;
        now = e->now.to;
    }
    for (size_t i = 0; i < d.hits.count; i++) {
        const struct redact_edit *e = redact_find(&d.out, d.hits.at[i].raw);
        if (d.chosen[i]) {
            ck_assert_ptr_nonnull(e);
            ck_assert_uint_le(e->raw.from, d.hits.at[i].raw.from);
            ck_assert_uint_ge(e->raw.to, d.hits.at[i].raw.to);
        }
    }
    desk_clear(&d);
}
END_TEST

START_TEST(a_span_of_the_new_text_has_its_origin)
{
    static const struct {
        struct span now, raw;
    } spans[] = {
        /* "abcdef" with [1,3) and [4,5) becomes "a[THING]d*f" */
        {{0, 1}, {0, 1}},   {{0, 2}, {0, 3}},  {{1, 8}, {1, 3}},
        {{3, 5}, {1, 3}},   {{8, 9}, {3, 4}},  {{7, 9}, {1, 4}},
        {{0, 11}, {0, 6}},  {{8, 11}, {3, 6}}, {{9, 10}, {4, 5}},
        {{10, 11}, {5, 6}}, {{9, 11}, {4, 6}},
    };
    struct desk d = desk();

    redact(&d, "abcdef", "PLAIN@1-3 MASK@4-5");
    ck_assert(text_is(d.out.text, "a[THING]d*f"));
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        const struct span got = redact_origin(&d.out, spans[i].now);
        ck_assert_msg(got.from == spans[i].raw.from &&
                          got.to == spans[i].raw.to,
                      "[%zu, %zu) is from [%zu, %zu)", spans[i].now.from,
                      spans[i].now.to, got.from, got.to);
    }
    desk_clear(&d);
}
END_TEST

/* What a removal joins comes from both sides of it. */
START_TEST(a_span_over_a_removal_covers_it)
{
    struct desk d = desk();

    redact(&d, "abcdef", "REMOVE@2-4");
    ck_assert(text_is(d.out.text, "abef"));
    const struct span across = redact_origin(&d.out, (struct span){1, 3});
    ck_assert_uint_eq(across.from, 1);
    ck_assert_uint_eq(across.to, 5);
    const struct span before = redact_origin(&d.out, (struct span){0, 2});
    ck_assert_uint_eq(before.from, 0);
    ck_assert_uint_eq(before.to, 2);
    const struct span behind = redact_origin(&d.out, (struct span){2, 4});
    ck_assert_uint_eq(behind.from, 4);
    ck_assert_uint_eq(behind.to, 6);
    desk_clear(&d);
}
END_TEST

START_TEST(equal_values_have_equal_hashes)
{
    struct desk d = desk();

    redact(&d, "abc abc abd", "HASH@0-3 HASH@4-7 HASH@8-11");
    ck_assert(
        text_equal(d.out.edits[0].replacement, d.out.edits[1].replacement));
    ck_assert(
        !text_equal(d.out.edits[0].replacement, d.out.edits[2].replacement));
    desk_clear(&d);
}
END_TEST

/* An id may be longer than any name of ours, and whole characters stay whole.
 */
START_TEST(a_long_entity_is_written_whole)
{
    struct desk d = desk();
    struct err err;
    char name[400], want[402];

    for (size_t len = 1; len < sizeof(name); len++) {
        lay_out(&d, "PLAIN@1-2 VALUE@4-5");
        memset(name, 'x', len);
        d.hits.at[0].entity = d.hits.at[1].entity = (struct text){name, len};
        ck_assert(redact_apply(d.engine->rules, TEXT("abcdef"), &d.hits,
                               d.chosen, d.arena, &d.out, &err));
        snprintf(want, sizeof(want), "[%.*s]", (int)len, name);
        ck_assert_msg(text_is(d.out.edits[0].replacement, want), "%zu: %.*s",
                      len, TEXT_ARGS(d.out.edits[0].replacement));
        ck_assert_uint_eq(d.out.edits[1].replacement.len, len + 3);
    }
    desk_clear(&d);
}
END_TEST

START_TEST(a_key_makes_another_hash)
{
    struct desk d = desk();

    d.engine->config->engine.hash_key = TEXT("0123456789abcdef");
    redact(&d, "abc", "HASH@0-3");
    ck_assert(text_is(d.out.edits[0].replacement, "[hash:bcaa92843247]"));
    desk_clear(&d);
}
END_TEST

START_TEST(no_memory_is_no_redaction)
{
    struct desk d = desk();
    struct err err;
    size_t n = 0;
    bool done = false;

    while (!done && n < 100) {
        lay_out(&d, "VALUE@0-1 MASK@1-2 HASH@2-3 PLAIN@3-4");
        arena_fail_at(d.arena, ++n);
        done = redact_apply(d.engine->rules, TEXT("abcdef"), &d.hits, d.chosen,
                            d.arena, &d.out, &err);
        ck_assert(done || err.kind == ERR_MEMORY);
        arena_fail_at(d.arena, 0);
    }
    ck_assert_uint_eq(n, 7);
    desk_clear(&d);
}
END_TEST

TEST_MAIN("redact",
          tcase_add_loop_test(tc, spans_become_what_their_operators_say, 0,
                              sizeof(rows) / sizeof(rows[0]));
          tcase_add_loop_test(tc, edits_rebuild_both_texts, 0,
                              sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, a_span_of_the_new_text_has_its_origin);
          tcase_add_test(tc, a_span_over_a_removal_covers_it);
          tcase_add_test(tc, equal_values_have_equal_hashes);
          tcase_add_test(tc, a_long_entity_is_written_whole);
          tcase_add_test(tc, a_key_makes_another_hash);
          tcase_add_test(tc, no_memory_is_no_redaction);)
