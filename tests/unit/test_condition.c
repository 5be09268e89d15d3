#include "sidecar/engine/condition.h"

#include <math.h>

#include "tests/unit/harness.h"

enum { ARENA = 1 << 20 };

/* ------------------------------------------------------------- one small world
 */

static const char *const rules[] = {"A", "B", "C", "D_1", "2FA", NULL};
static const char *const categories[] = {"hate", "sexual/minors", "self-harm",
                                         NULL};
static const char *const groups[] = {"profanity", "frank.x", NULL};
static const char *const rule_tags[] = {"mild", "x:y-z", NULL};

static const uint32_t rule_hits[] = {1, 0, 3, 0, 2};
static const double rule_scores[] = {0.5, 0, 0.875, 0, -0.25};
static const double category_scores[] = {0.6, 0, 0.3};
static const uint32_t group_hits[] = {4, 0};
static const uint32_t tag_hits[] = {1, 5};
static const struct text tags[] = {{"fiction", 7}, {"a:b.c-d", 7}};

static const struct condition_facts world = {.rule_hits = rule_hits,
                                             .rule_scores = rule_scores,
                                             .category_scores = category_scores,
                                             .group_hits = group_hits,
                                             .tag_hits = tag_hits,
                                             .drift_score = 0.4,
                                             .drift_margin = -0.5,
                                             .drift_alert = true,
                                             .length = 120,
                                             .role = REQUEST_ASSISTANT,
                                             .language = {"pt-BR", 5},
                                             .persona = {"psn_kid_7", 9},
                                             .tags = tags,
                                             .tag_count = 2};

static const char *const *
names_of(enum condition_kind kind)
{
    switch (kind) {
    case CONDITION_RULE:
        return rules;
    case CONDITION_CATEGORY:
        return categories;
    case CONDITION_GROUP:
        return groups;
    case CONDITION_RULE_TAG:
        return rule_tags;
    case CONDITION_TAG:
    case CONDITION_LANGUAGE:
    case CONDITION_PERSONA:
        break;
    }
    return NULL;
}

static void
bind(struct condition *condition)
{
    size_t count;
    struct condition_reference *r = condition_references(condition, &count);

    for (size_t i = 0; i < count; i++) {
        const char *const *names = names_of(r[i].kind);
        for (uint32_t n = 0; names != NULL && names[n] != NULL; n++) {
            if (text_is(r[i].name, names[n])) {
                r[i].index = n;
            }
        }
        ck_assert_msg(names == NULL || r[i].index != CONDITION_UNBOUND,
                      "no \"%.*s\" in the test's world", TEXT_ARGS(r[i].name));
    }
}

static struct condition *
parsed(const char *source, struct arena *arena)
{
    struct err err = {0};
    size_t offset;
    struct condition *condition =
        condition_parse(text_of(source), arena, &offset, &err);

    ck_assert_msg(condition != NULL, "%s: %s", source, err.message);
    bind(condition);
    return condition;
}

/* ---------------------------------------------------------------- what holds
 */

static const struct {
    const char *source;
    bool holds;
} truths[] = {
    /* rules */
    {"A", true},
    {"B", false},
    {"2FA", true},
    {"D_1", false},
    {" \t\r\n A \n", true},
    /* operators and their other spellings */
    {"A & C", true},
    {"A & B", false},
    {"A && C", true},
    {"A and C", true},
    {"A | B", true},
    {"B || A", true},
    {"B or D_1", false},
    {"!A", false},
    {"not B", true},
    {"!!A", true},
    {"!!!A", false},
    {"not not !A", false},
    {"A&C|B", true},
    {"A & C & 2FA", true},
    {"A & C & B & 2FA", false},
    {"B | D_1 | A", true},
    /* ! before & before | */
    {"A | B & B", true},
    {"(A | B) & B", false},
    {"B & B | A", true},
    {"B & (B | A)", false},
    {"!B & B", false},
    {"!(B & B)", true},
    {"!B | A", true},
    {"!(B | A)", false},
    {"!A | !B", true},
    {"B & A | A & C", true},
    /* comparison before & */
    {"count(C) > 2 & count(A) == 1", true},
    {"A | count(B) > 2 & B", true},
    {"!(count(C) > 2)", false},
    /* counts */
    {"count(C) >= 3", true},
    {"count(C) > 3", false},
    {"count(C) <= 3", true},
    {"count(C) < 3", false},
    {"count(C) == 3", true},
    {"count(C) != 3", false},
    {"count(C) != 2", true},
    {"count(B) == 0", true},
    {"3 <= count(C)", true},
    {"count( C )>=3", true},
    {"count(g:profanity) == 4", true},
    {"count(g:frank.x) > 0", false},
    {"count(tag:mild) == 1", true},
    {"count(tag:x:y-z) == 5", true},
    {"count(C) > count(A)", true},
    {"count(A) > count(C)", false},
    {"count(C) == count(C)", true},
    /* scores */
    {"score(hate) >= 0.6", true},
    {"score(hate) > 0.6", false},
    {"score(sexual/minors) == 0", true},
    {"score(self-harm) == 0.3", true},
    {"score(C) == 0.875", true},
    {"score(2FA) < 0", true},
    {"score(2FA) == -0.25", true},
    {"score(2FA) > -.5", true},
    {"score(hate)>=6e-1", true},
    {"score(hate) > score(self-harm)", true},
    /* drift */
    {"drift.score > 0.35", true},
    {"drift.score>=0.4", true},
    {"drift.score < 0.4", false},
    {"drift.margin < 0", true},
    {"drift.margin < -0.5", false},
    {"drift.alert", true},
    {"drift.known", true},
    {"!drift.alert", false},
    /* length and constants */
    {"length == 120", true},
    {"length > 120", false},
    {"1 < 2", true},
    {"2 <= 1.5", false},
    /* the request */
    {"tag:fiction", true},
    {"tag:fictio", false},
    {"tag:a:b.c-d", true},
    {"!tag:is_ai", true},
    {"persona.is_ai", false},
    {"lang:pt", true},
    {"lang:pt-BR", true},
    {"lang:PT-br", true},
    {"lang:pt-PT", false},
    {"lang:pt-B", false},
    {"lang:pt-BR-x", false},
    {"lang:en", false},
    {"role:assistant", true},
    {"role:user", false},
    {"persona:psn_kid_7", true},
    {"persona:psn_kid_", false},
    {"persona:psn_kid_*", true},
    {"persona:psn_kid_7*", true},
    {"persona:psn_kid_77*", false},
    {"persona:*", true},
    {"persona:psn_noir", false},
    {"persona:psn_*&A", true},
    /* k of n */
    {"1 of (B, A)", true},
    {"1 of (B, D_1)", false},
    {"2 of (A, B, C)", true},
    {"3 of (A, B, C)", false},
    {"3 of (A, 2FA, C)", true},
    {"1 of (A)", true},
    {"1 of (B)", false},
    {"2 of (A & B, C | B, !B)", true},
    {"2 of (score(hate) > 0.5, drift.score > 0.9, tag:fiction)", true},
    {"! 2 of (A, B, D_1)", true},
    {"2 of (A, 1 of (B, C), 2 of (B, C))", true},
    {"1 of (B, D_1) | A", true},
    /* the examples of the rule language */
    {"(A | B) & drift.score > 0.35", true},
    {"count(A) >= 3 | score(hate) >= 0.6 & !tag:fiction", false},
};

START_TEST(condition_means_what_it_says)
{
    struct arena *arena = arena_new(ARENA);
    const struct condition *c = parsed(truths[_i].source, arena);

    ck_assert_msg(condition_holds(c, &world) == truths[_i].holds,
                  "%s should be %s", truths[_i].source,
                  truths[_i].holds ? "true" : "false");
    arena_free(arena);
}
END_TEST

/* Every beginning either parses or is refused at a place within it. */
START_TEST(every_truncation_is_taken_or_refused)
{
    struct arena *arena = arena_new(ARENA);
    const struct text whole = text_of(truths[_i].source);

    for (size_t len = 0; len <= whole.len; len++) {
        char *copy = malloc(len + 1); // exact, so that overruns are seen
        memcpy(copy, whole.at, len);
        struct err err = {0};
        size_t offset = SIZE_MAX;
        const bool taken = condition_parse((struct text){copy, len}, arena,
                                           &offset, &err) != NULL;
        ck_assert_msg(taken || (offset <= len && err.kind == ERR_CONFIG),
                      "%.*s: byte %zu, %s", (int)len, whole.at, offset,
                      err.message);
        free(copy);
    }
    arena_free(arena);
}
END_TEST

/* ------------------------------------------------------------ what is unknown
 */

static const struct {
    const char *source;
    bool holds;
} unknowns[] = {
    {"drift.score > 0.35", false},
    {"drift.score <= 0.35", false},
    {"drift.score == 0.4", false},
    {"drift.score != 0.4", false},
    {"!(drift.score <= 0.35)", true},
    {"!(drift.score > 0.35)", true},
    {"drift.margin < 0", false},
    {"!(drift.margin < 0)", true},
    {"drift.alert", false}, /* even where the flag is set */
    {"!drift.alert", true},
    {"drift.known", false},
    {"A & drift.score > 0.35", false},
    {"A & !(drift.score <= 0.35)", true},
    {"A & drift.known & !(drift.score <= 0.35)", false},
    {"1 of (drift.score < 0.5, drift.score >= 0.5)", false},
    {"score(hate) >= 0", false},
    {"score(A) >= 0", false},
    {"lang:pt", false},
    {"persona:*", false},
    {"persona:psn_noir", false},
    {"tag:fiction", false},
};

START_TEST(unknown_makes_comparisons_false_and_their_negation_true)
{
    static const double no_scores[] = {(double)NAN, (double)NAN, (double)NAN,
                                       (double)NAN, (double)NAN};
    struct arena *arena = arena_new(ARENA);
    struct condition_facts facts = world;

    facts.drift_score = facts.drift_margin = (double)NAN;
    facts.category_scores = facts.rule_scores = no_scores;
    facts.language = facts.persona = (struct text){NULL, 0};
    facts.tags = NULL;
    facts.tag_count = 0;
    const struct condition *c = parsed(unknowns[_i].source, arena);
    ck_assert_msg(condition_holds(c, &facts) == unknowns[_i].holds,
                  "%s should be %s", unknowns[_i].source,
                  unknowns[_i].holds ? "true" : "false");
    arena_free(arena);
}
END_TEST

/* --------------------------------------------------------------------- names
 */

START_TEST(each_name_is_listed_once_where_it_stands_first)
{
    static const struct condition_reference want[] = {
        {CONDITION_RULE, {"A", 1}, 0, 0},
        {CONDITION_GROUP, {"A", 1}, 12, 0},
        {CONDITION_RULE_TAG, {"A", 1}, 31, 0},
        {CONDITION_TAG, {"A", 1}, 44, 0},
        {CONDITION_CATEGORY, {"hate", 4}, 58, 0},
        {CONDITION_LANGUAGE, {"de", 2}, 82, 0},
        {CONDITION_PERSONA, {"p*", 2}, 95, 0},
        {CONDITION_TAG, {"is_ai", 5}, 108, 0},
    };
    const char text[] = "A & count(g:A) > 1 & count(tag:A) > 1 & tag:A & A & "
                        "score(hate) > score(A) & lang:de & persona:p* & "
                        "persona.is_ai & tag:is_ai & role:user";
    struct arena *arena = arena_new(ARENA);
    struct err err = {0};
    size_t offset, count;

    struct condition *c = condition_parse(text_of(text), arena, &offset, &err);
    ck_assert_msg(c != NULL, "%s", err.message);
    const struct condition_reference *r = condition_references(c, &count);
    ck_assert_uint_eq(count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(r[i].kind, want[i].kind);
        ck_assert_msg(text_equal(r[i].name, want[i].name), "%zu: %.*s", i,
                      TEXT_ARGS(r[i].name));
        ck_assert_uint_eq(r[i].offset, want[i].offset);
        ck_assert_ptr_eq(r[i].name.at, text + r[i].offset);
        ck_assert_uint_eq(r[i].index, CONDITION_UNBOUND);
        ck_assert_ptr_nonnull(condition_kind_name(r[i].kind));
    }
    arena_free(arena);
}
END_TEST

static const struct {
    const char *source;
    unsigned needs;
} needs[] = {
    {"A", CONDITION_NEEDS_HITS},
    {"count(g:x) > 1", CONDITION_NEEDS_HITS},
    {"count(tag:x) > 1", CONDITION_NEEDS_HITS},
    {"score(hate) > 1", CONDITION_NEEDS_SCORES},
    {"score(A) > 1", CONDITION_NEEDS_SCORES},
    {"drift.score > 1", CONDITION_NEEDS_DRIFT},
    {"1 > drift.margin", CONDITION_NEEDS_DRIFT},
    {"drift.alert", CONDITION_NEEDS_DRIFT},
    {"!drift.known", CONDITION_NEEDS_DRIFT},
    {"length > 3", CONDITION_NEEDS_LENGTH},
    {"tag:x", CONDITION_NEEDS_REQUEST},
    {"persona.is_ai", CONDITION_NEEDS_REQUEST},
    {"lang:en", CONDITION_NEEDS_REQUEST},
    {"role:user", CONDITION_NEEDS_REQUEST},
    {"persona:x", CONDITION_NEEDS_REQUEST},
    {"1 < 2", 0},
    {"A & (tag:x | 1 of (drift.score > 1, length > 3))",
     CONDITION_NEEDS_HITS | CONDITION_NEEDS_REQUEST | CONDITION_NEEDS_DRIFT |
         CONDITION_NEEDS_LENGTH},
};

START_TEST(needs_are_those_of_every_part)
{
    struct arena *arena = arena_new(ARENA);
    struct err err = {0};
    size_t offset;
    const struct condition *c =
        condition_parse(text_of(needs[_i].source), arena, &offset, &err);

    ck_assert_msg(c != NULL, "%s: %s", needs[_i].source, err.message);
    ck_assert_msg(condition_needs(c) == needs[_i].needs, "%s: %u",
                  needs[_i].source, condition_needs(c));
    arena_free(arena);
}
END_TEST

START_TEST(parts_explain_themselves_in_order)
{
    static const struct {
        const char *source;
        bool holds;
        double left, right; /* NAN: none */
    } want[] = {
        {"A", true, (double)NAN, (double)NAN},
        {"score( hate )>= 0.6", true, 0.6, 0.6},
        {"count(B) > 2", false, 0, 2},
        {"tag:fiction", true, (double)NAN, (double)NAN},
        {"role:user", false, (double)NAN, (double)NAN},
        {"drift.alert", true, (double)NAN, (double)NAN},
    };
    struct arena *arena = arena_new(ARENA);
    const struct condition *c =
        parsed("!A | 2 of (score( hate )>= 0.6 , (count(B) > 2)) & tag:fiction "
               "| role:user | drift.alert",
               arena);

    ck_assert_uint_eq(condition_part_count(c), sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < condition_part_count(c); i++) {
        const struct condition_part p = condition_part(c, &world, i);
        ck_assert_msg(text_is(p.source, want[i].source), "%.*s, not %s",
                      TEXT_ARGS(p.source), want[i].source);
        ck_assert_int_eq(p.holds, want[i].holds);
        ck_assert_int_eq(isnan(p.left) != 0, isnan(want[i].left) != 0);
        ck_assert(isnan(p.left) || (fabs(p.left - want[i].left) < 1e-12 &&
                                    fabs(p.right - want[i].right) < 1e-12));
    }
    arena_free(arena);
}
END_TEST

#define EACH(test, rows)                                                       \
    tcase_add_loop_test(tc, test, 0, sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("condition", {
    EACH(condition_means_what_it_says, truths);
    EACH(unknown_makes_comparisons_false_and_their_negation_true, unknowns);
    EACH(every_truncation_is_taken_or_refused, truths);
    tcase_add_test(tc, each_name_is_listed_once_where_it_stands_first);
    EACH(needs_are_those_of_every_part, needs);
    tcase_add_test(tc, parts_explain_themselves_in_order);
})
