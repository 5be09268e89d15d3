#include "sidecar/engine/hold_kinds.h"

#include <string.h>

#include "sidecar/engine/fold.h"
#include "sidecar/engine/regex_tree.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

enum { ARENA_BYTES = 1 << 24 };

static const struct {
    const char *rule;
    enum hold_kind kind;
    bool patterns, counts;
} rows[] = {
    {"type: pii, entity: EMAIL_ADDRESS", HOLD_KIND_PATTERNS, true, false},
    {"type: pii, entity: CREDIT_CARD", HOLD_KIND_PATTERNS, true, false},
    {"type: secret", HOLD_KIND_PATTERNS, true, false},
    {"type: url, block_shorteners: true", HOLD_KIND_PATTERNS, true, false},
    {"type: url, max_urls: 2", HOLD_KIND_PATTERNS, true, true},
    {"type: terms, terms: [a]", HOLD_KIND_PATTERNS, false, false},
    {"type: regex, patterns: ['a+']", HOLD_KIND_PATTERNS, false, false},
    {"type: prompt_leak", HOLD_KIND_TRACKED, false, false},
    {"type: repetition, max_char_run: 5", HOLD_KIND_TRACKED, false, true},
    {"type: unicode, max_combining_run: 4", HOLD_KIND_TRACKED, false, true},
    {"type: length, max_chars: 5", HOLD_KIND_WHOLE, false, false},
    {"type: language, allowed: [en]", HOLD_KIND_WHOLE, false, false},
    {"type: flood, key: session_id, window: 10s, max_messages: 3",
     HOLD_KIND_WHOLE, false, false},
};

static struct engine *
engine_of(const char *rule)
{
    char yaml[1024];

    snprintf(yaml, sizeof(yaml),
             SUPPORT_ENGINE_HEAD "engine: {cache: none}\nrules:\n"
                                 "- {id: A, category: c, %s}\n",
             rule);
    return support_engine(yaml);
}

START_TEST(rule_is_held_as_its_type_says)
{
    struct engine *const engine = engine_of(rows[_i].rule);
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct text out[HOLD_KINDS_PATTERNS];
    enum hold_kind kind;
    const size_t count =
        hold_kinds_patterns(engine->rules, 0, arena, out, &kind);
    const struct hold_kinds_bound bound = hold_kinds_bound(engine->rules, 0);

    ck_assert_int_eq((int)kind, (int)rows[_i].kind);
    ck_assert_int_eq((int)bound.kind, (int)kind);
    ck_assert((count > 0) == rows[_i].patterns);
    ck_assert_uint_le(count, HOLD_KINDS_PATTERNS);
    ck_assert(hold_kinds_counts(engine->rules, 0) == rows[_i].counts);
    ck_assert_uint_gt(strlen(bound.why), 0);
    arena_free(arena);
    engine_drop(engine);
}
END_TEST

START_TEST(every_pattern_of_the_shipped_rules_can_be_read)
{
    struct engine *const engine = support_engine_shipped();
    struct arena *const arena = arena_new(ARENA_BYTES);
    size_t all = 0;

    for (size_t i = 0; i < rules_count(engine->rules); i++) {
        struct text out[HOLD_KINDS_PATTERNS];
        enum hold_kind kind;
        const size_t count =
            hold_kinds_patterns(engine->rules, i, arena, out, &kind);
        ck_assert(kind != HOLD_KIND_UNBOUNDED);
        for (size_t n = 0; n < count; n++) {
            ck_assert_msg(regex_tree_parse(out[n], arena) != NULL, "%.*s",
                          TEXT_ARGS(out[n]));
        }
        all += count;
    }
    ck_assert_uint_gt(all, 100);
    arena_free(arena);
    engine_drop(engine);
}
END_TEST

/* What is random may be shorter than any maker's token. */
START_TEST(token_is_as_short_as_the_rule_says)
{
    static const struct {
        const char *rule, *least;
    } tokens[] = {
        {"type: secret", "{20,}"},
        {"type: secret, entropy: {min_chars: 16}", "{16,}"},
        {"type: secret, entropy: {min_chars: 40}", "{20,}"},
    };

    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        struct engine *const engine = engine_of(tokens[i].rule);
        struct arena *const arena = arena_new(ARENA_BYTES);
        struct text out[HOLD_KINDS_PATTERNS];
        enum hold_kind kind;
        const size_t count =
            hold_kinds_patterns(engine->rules, 0, arena, out, &kind);

        ck_assert_uint_gt(count, 1);
        ck_assert_msg(text_find(out[count - 1], text_of(tokens[i].least), 0) !=
                          SIZE_MAX,
                      "%s: %.*s", tokens[i].rule, TEXT_ARGS(out[count - 1]));
        arena_free(arena);
        engine_drop(engine);
    }
}
END_TEST

/* ---- a tracker of all rules ---------------------------------------------- */

static struct engine *tracked;
static struct arena *lasting;
static struct rules_request prepared;

static void
set_up(void)
{
    static const struct text canaries[] = {{"xyzzy", 5}};
    const struct request_candidate candidate = {.text = TEXT("a")};
    struct request request = support_request(&candidate);
    struct err err;

    tracked = support_engine(
        SUPPORT_ENGINE_HEAD
        "engine: {cache: none}\nrules:\n"
        "- {id: L, type: prompt_leak, category: c}\n"
        "- {id: R, type: repetition, max_char_run: 5, category: c}\n"
        "- {id: U, type: unicode, max_combining_run: 4, category: c}\n"
        "- {id: T, type: terms, terms: [bastard], robust: strong, "
        "category: c}\n");
    lasting = arena_new(ARENA_BYTES);
    request.system_prompt =
        TEXT("You keep the inn at the ford, and you never speak of the well.");
    request.canaries = (struct request_texts){canaries, 1};
    ck_assert(rules_prepare(tracked->rules, &request, NULL, NULL, lasting,
                            &prepared, &err));
}

static void
tear_down(void)
{
    arena_free(lasting);
    engine_drop(tracked);
}

static struct hold_told
told_of(struct arena *arena, const char *said)
{
    struct hold_tracker *const tracker =
        hold_tracker_new(tracked->rules, &prepared, arena);
    const struct text raw = text_of(said);
    struct view fold;
    struct err err;

    ck_assert_ptr_nonnull(tracker);
    ck_assert(fold_view(raw, arena, &fold, &err));
    const struct hold_piece piece = {raw, {0, raw.len}, &fold};
    return hold_tracker_feed(tracker, &piece);
}

START_TEST(each_rule_is_tracked)
{
    static const struct {
        const char *said;
        size_t live;
        bool suspect;
    } said[] = {
        {"a plain word, and that is all; ", 30, false}, /* the last character */
        {"Well: you keep the inn ", 6, false},
        {"you keep the inn at the ford and you never speak of it! ", 55, true},
        {"it was xyz", 7, false},
        {"it was xyzzy. ", 13, true},
        {"no aaaaa", 3, false}, /* a word of a disguise, too */
        {"no aaaaaa! ", 10, true},
        {"an odd a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81; ", 19, true},
        {"oh b-a-s-t-a-r-d! ", 17, true},
    };

    set_up();
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        struct arena *const arena = arena_new(ARENA_BYTES);
        const struct hold_told told = told_of(arena, said[i].said);
        ck_assert_msg(told.live_from == said[i].live &&
                          told.suspect == said[i].suspect,
                      "\"%s\": live from %zu, %s", said[i].said, told.live_from,
                      told.suspect ? "suspect" : "fine");
        arena_free(arena);
    }
    tear_down();
}
END_TEST

START_TEST(no_memory_is_no_tracker)
{
    set_up();
    struct arena *const arena = arena_new(ARENA_BYTES);
    size_t failed = 0;

    for (;; failed++) {
        arena_reset(arena);
        arena_fail_at(arena, failed + 1);
        if (hold_tracker_new(tracked->rules, &prepared, arena) != NULL) {
            break;
        }
    }
    ck_assert_uint_gt(failed, 8);
    arena_free(arena);
    tear_down();
}
END_TEST

/* What 10,000 streams may cost. */
START_TEST(tracker_is_small)
{
    set_up();
    struct arena *const arena = arena_new(ARENA_BYTES);

    ck_assert_ptr_nonnull(hold_tracker_new(tracked->rules, &prepared, arena));
    ck_assert_uint_le(arena_used(arena), 20u << 10);
    arena_free(arena);
    tear_down();
}
END_TEST

TEST_MAIN("hold_kinds", tcase_add_loop_test(tc, rule_is_held_as_its_type_says,
                                            0, sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, every_pattern_of_the_shipped_rules_can_be_read);
          tcase_add_test(tc, token_is_as_short_as_the_rule_says);
          tcase_add_test(tc, each_rule_is_tracked);
          tcase_add_test(tc, no_memory_is_no_tracker);
          tcase_add_test(tc, tracker_is_small);)
