#include "sidecar/engine/compose.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

/*
 * Rules that hit what they are called; G and H of one group, T and U tagged, N
 * speaking for the reply, W only watched. One composite stands behind them.
 */
#define RULES                                                                  \
    "schema: 1\n"                                                              \
    "engine: {cache: none, level: 2}\n"                                        \
    "categories:\n"                                                            \
    "  c: {}\n"                                                                \
    "  d: {thresholds: {flag: 0.5}}\n"                                         \
    "groups: {g: {max_score: 0.6}}\n"                                          \
    "rules:\n"                                                                 \
    "- {id: A, type: terms, terms: [a], category: c, score: 0.5}\n"            \
    "- {id: B, type: terms, terms: [b], category: c, score: 0.2}\n"            \
    "- {id: G, type: terms, terms: [g], category: d, group: g, score: 0.9}\n"  \
    "- {id: H, type: terms, terms: [h], category: d, group: g, score: 0.1}\n"  \
    "- {id: T, type: terms, terms: [t], category: d, tags: [slur, x]}\n"       \
    "- {id: U, type: terms, terms: [u], category: d, tags: [slur]}\n"          \
    "- {id: N, type: terms, terms: [n], category: c, score: -0.4}\n"           \
    "- {id: W, type: terms, terms: [w], category: c, score: 0.5, mode: "       \
    "monitor}\n"                                                               \
    "composites:\n"

/* What happens to be known of the reply beside its hits. */
struct circumstances {
    const char *persona, *locale;
    enum request_role role;
    bool measured, alert;
    double drift;
};

static struct engine *engine;
static struct arena *arena;

static uint32_t
rule_named(char id)
{
    for (uint32_t i = 0; i < rules_count(engine->rules); i++) {
        const struct text name = rules_at(engine->rules, i)->config->id;
        if (name.len == 1 && name.at[0] == id) {
            return i;
        }
    }
    ck_abort_msg("no rule %c", id);
    return 0;
}

/* A letter is a hit of the rule of that name, where it stands. */
static void
add_hits(const char *letters, const struct rules_request *request,
         struct hits *out)
{
    hits_init(out, arena);
    for (size_t i = 0; letters[i] != '\0'; i++) {
        if (letters[i] == ' ') {
            continue;
        }
        const uint32_t rule = rule_named(letters[i]);
        const struct hit hit = {.rule = rule,
                                .enforced =
                                    request->stance.rules[rule].enforced,
                                .raw = {i, i + 1},
                                .score = rules_at(engine->rules, rule)->score};
        ck_assert(hits_add(out, &hit));
    }
}

/* "A B~ N'": what is listed; ~ watched only, ' counts nothing, " hidden too. */
static const char *
told(const struct hits *hits)
{
    static char said[1024];
    size_t len = 0;

    said[0] = '\0';
    for (size_t i = 0; i < hits->count; i++) {
        const struct hit *h = &hits->at[i];
        const struct text id = rules_at(engine->rules, h->rule)->config->id;
        len += (size_t)snprintf(
            said + len, sizeof(said) - len, "%s%.*s%s%s%s", len > 0 ? " " : "",
            TEXT_ARGS(id), h->enforced ? "" : "~", h->weightless ? "'" : "",
            h->hidden ? "\"" : "");
    }
    return said;
}

static void
composed(const char *yaml, const char *letters,
         const struct circumstances *about, struct hits *hits)
{
    const struct request_candidate candidate = {.text = text_of(letters)};
    struct request request = support_request(&candidate);
    struct config_persona persona = {.id = TEXT("mira")};
    struct text tags[] = {TEXT("poet")};
    const struct envelope_drift drift = {
        .status = about->measured ? DRIFT_OK : DRIFT_LOW_EVIDENCE,
        .score = about->drift,
        .alert = about->alert,
        .nearest_other = TEXT("")};
    struct rules_request prepared;
    struct err err;

    engine = support_engine(yaml);
    arena = arena_new(1 << 24);
    ck_assert_ptr_nonnull(arena);
    request.persona =
        about->persona != NULL ? text_of(about->persona) : TEXT("");
    request.locale = about->locale != NULL ? text_of(about->locale) : TEXT("");
    request.role = about->role;
    persona.tags = (struct config_texts){tags, 1};
    ck_assert(rules_prepare(engine->rules, &request,
                            about->persona != NULL ? &persona : NULL, NULL,
                            arena, &prepared, &err));
    add_hits(letters, &prepared, hits);
    const struct decide_evidence evidence = {
        .rules = engine->rules,
        .config = engine->config,
        .thresholds = prepared.stance.thresholds,
        .enforced = prepared.stance.enforced,
        .hits = hits,
        .drift = &drift};
    const struct compose_subject subject = {&evidence, &prepared,
                                            text_of(letters)};
    ck_assert_msg(compose_run(&subject, hits, arena, &err), "%s", err.message);
}

static void
clear(void)
{
    arena_free(arena);
    engine_drop(engine);
}

#define ACT ", category: c, action: fallback}\n"

static const struct {
    const char *composites, *letters, *told;
    struct circumstances about;
} rows[] = {
    /* hits and counts */
    {"- {id: C, when: A" ACT, "a", "C A", {0}},
    {"- {id: C, when: A" ACT, "b", "B", {0}},
    {"- {id: C, when: A" ACT, "", "", {0}},
    {"- {id: C, when: '!A'" ACT, "b", "C B", {0}},
    {"- {id: C, when: 'A & B'" ACT, "a", "A", {0}},
    {"- {id: C, when: 'A & B'" ACT, "a b", "C A B", {0}},
    {"- {id: C, when: 'count(A) >= 3'" ACT, "aa", "A A", {0}},
    {"- {id: C, when: 'count(A) >= 3'" ACT, "aaa", "C A A A", {0}},
    {"- {id: C, when: '2 of (A, B, T)'" ACT, "a t", "C A T", {0}},
    {"- {id: C, when: '2 of (A, B, T)'" ACT, "aaa", "A A A", {0}},
    {"- {id: C, when: 'count(g:g) >= 2'" ACT, "g", "G", {0}},
    {"- {id: C, when: 'count(g:g) >= 2'" ACT, "g h", "C G H", {0}},
    {"- {id: C, when: 'count(tag:slur) == 2'" ACT, "t u", "C T U", {0}},
    {"- {id: C, when: 'count(tag:slur) == 2'" ACT, "t a", "T A", {0}},
    {"- {id: C, when: 'count(tag:x) == 1'" ACT, "t u", "C T U", {0}},

    /* scores: of rules, of categories with their groups' caps */
    {"- {id: C, when: 'score(A) >= 0.5'" ACT, "a", "C A", {0}},
    {"- {id: C, when: 'score(A) > 0.5'" ACT, "a", "A", {0}},
    {"- {id: C, when: 'score(A) > 0.5'" ACT, "aa", "C A A", {0}},
    {"- {id: C, when: 'score(N) < 0'" ACT, "n", "C N", {0}},
    {"- {id: C, when: 'score(c) >= 0.6'" ACT, "a b", "C A B", {0}},
    {"- {id: C, when: 'score(c) > 0.6'" ACT, "a b", "A B", {0}},
    {"- {id: C, when: 'score(d) <= 0.6'" ACT, "g h", "C G H", {0}},
    {"- {id: C, when: 'score(c) < 0.31'" ACT, "a n", "C A N", {0}},

    /* drift: what is not known excuses nothing and accuses nothing */
    {"- {id: C, when: 'A & drift.score > 0.35'" ACT,
     "a",
     "C A",
     {.measured = true, .drift = 0.4}},
    {"- {id: C, when: 'A & drift.score > 0.35'" ACT,
     "a",
     "A",
     {.measured = true, .drift = 0.35}},
    {"- {id: C, when: 'A & drift.score > 0.35'" ACT, "a", "A", {.drift = 0.4}},
    {"- {id: C, when: 'A & !(drift.score <= 0.35)'" ACT, "a", "C A", {0}},
    {"- {id: C, when: 'A & drift.alert'" ACT,
     "a",
     "C A",
     {.measured = true, .alert = true, .drift = 0.4}},
    {"- {id: C, when: 'A & drift.alert'" ACT,
     "a",
     "A",
     {.alert = true, .drift = 0.4}},
    {"- {id: C, when: drift.known" ACT, "a", "C A", {.measured = true}},

    /* of the request and the text */
    {"- {id: C, when: 'A & tag:poet'" ACT, "a", "C A", {.persona = "mira"}},
    {"- {id: C, when: 'A & tag:poet'" ACT, "a", "A", {0}},
    {"- {id: C, when: 'A & persona:mi*'" ACT, "a", "C A", {.persona = "mira"}},
    {"- {id: C, when: 'A & lang:pt'" ACT, "a", "C A", {.locale = "pt-BR"}},
    {"- {id: C, when: 'length >= 3'" ACT, "a b", "C A B", {0}},
    {"- {id: C, when: 'length > 3'" ACT, "a b", "A B", {0}},
    {"- {id: C, when: A, unless: 'tag:poet'" ACT,
     "a",
     "A",
     {.persona = "mira"}},
    {"- {id: C, when: A, unless: 'tag:poet'" ACT, "a", "C A", {0}},
    {"- {id: C, when: A, directions: [input]" ACT, "a", "A", {0}},
    {"- {id: C, when: 'A & role:user', directions: [input, output]" ACT,
     "a",
     "C A",
     {.role = REQUEST_USER}},
    {"- {id: C, when: A, languages: [de]" ACT, "a", "A", {.locale = "en"}},

    /* what becomes of the hits that it names, and of no others */
    {"- {id: C, when: A, policy: leave" ACT, "a b", "C A B", {0}},
    {"- {id: C, when: A, policy: remove_weight" ACT, "a b", "C A' B", {0}},
    {"- {id: C, when: A, policy: remove_symbol" ACT, "a b", "C A\" B", {0}},
    {"- {id: C, when: A, policy: remove_all" ACT, "aa b", "C A'\" A'\" B", {0}},
    {"- {id: C, when: 'A & count(B) >= 1', policy: remove_weight" ACT,
     "a b",
     "C A' B'",
     {0}},
    {"- {id: C, when: 'A & B', policy: remove_all" ACT, "a", "A", {0}},
    {"- {id: C, when: 'count(tag:slur) > 0', policy: remove_all" ACT,
     "t",
     "C T",
     {0}},

    /* one after another: a later one sees earlier ones' hits, not the policy */
    {"- {id: C, when: A" ACT "- {id: D, when: C" ACT, "a", "C D A", {0}},
    {"- {id: C, when: A, policy: remove_all" ACT "- {id: D, when: 'A & C'" ACT,
     "a",
     "C D A'\"",
     {0}},
    {"- {id: C, when: A, score: 0.9" ACT
     "- {id: D, when: 'score(c) > 0.5 | score(C) > 0'" ACT,
     "a",
     "C A",
     {0}},
    {"- {id: C, when: A, tags: [k]" ACT
     "- {id: D, when: 'count(tag:k) > 0'" ACT,
     "a",
     "C D A",
     {0}},

    /* of watched rules a watched composite, which changes nothing */
    {"- {id: C, when: W" ACT, "w", "C~ W~", {0}},
    {"- {id: C, when: W, policy: remove_all" ACT, "w", "C~ W~", {0}},
    {"- {id: C, when: 'A | W'" ACT, "a w", "C A W~", {0}},
    {"- {id: C, when: 'A & W'" ACT, "a w", "C~ A W~", {0}},
    {"- {id: C, when: 'A & !W'" ACT, "a w", "C A W~", {0}},
    {"- {id: C, when: 'score(c) >= 0.75'" ACT, "a w", "C~ A W~", {0}},
    {"- {id: C, when: A, mode: monitor" ACT, "a", "C~ A", {0}},
    {"- {id: C, when: A, mode: monitor, policy: remove_all" ACT,
     "a",
     "C~ A",
     {0}},
    {"- {id: C, when: A, mode: monitor" ACT "- {id: D, when: C" ACT,
     "a",
     "C~ D~ A",
     {0}},
    {"- {id: C, when: A, mode: disabled" ACT, "a", "A", {0}},
    {"- {id: C, when: A, level: 2" ACT, "a", "C~ A", {0}},
    {"- {id: C, when: A, level: 3" ACT, "a", "A", {0}},
};

START_TEST(composite_is_made_of_hits)
{
    char yaml[4096];
    struct hits hits;

    snprintf(yaml, sizeof(yaml), RULES "%s", rows[_i].composites);
    char letters[64];
    size_t len = 0;
    for (; rows[_i].letters[len] != '\0'; len++) {
        const char c = rows[_i].letters[len];
        letters[len] = c == ' ' ? ' ' : (char)(c - 'a' + 'A');
    }
    letters[len] = '\0';
    composed(yaml, letters, &rows[_i].about, &hits);
    ck_assert_msg(strcmp(told(&hits), rows[_i].told) == 0,
                  "%s of %s: %s, not %s", rows[_i].composites, rows[_i].letters,
                  told(&hits), rows[_i].told);
    for (size_t i = 0; i < hits.count; i++) {
        const struct config_rule *rule =
            rules_at(engine->rules, hits.at[i].rule)->config;
        ck_assert(hits.at[i].whole == (rule->type == CONFIG_COMPOSITE));
    }
    clear();
}
END_TEST

/* ---- through a judge ------------------------------------------------------
 */

static const struct {
    const char *composite, *said, *by, *verdict, *would, *hits;
    double score; /* of c */
} judged[] = {
    {"when: 'A & B', policy: leave, score: 0.9, action: fallback", "a and b",
     "composite C", "refuse", "fallback", "C[0,0) A[0,1) B[6,7)", 0.96},
    {"when: 'A & B', policy: remove_weight, score: 0.9, action: fallback",
     "a and b", "composite C", "refuse", "fallback", "C[0,0) A[0,1) B[6,7)",
     0.9},
    {"when: 'A & B', policy: remove_all, score: 0.9, action: fallback",
     "a and b", "composite C", "refuse", "fallback", "C[0,0)", 0.9},
    {"when: 'A & B', policy: remove_symbol, score: 0.9, action: fallback",
     "a and b", "composite C", "refuse", "fallback", "C[0,0)", 0.96},
    /* a pardon: what it names no longer counts, and it does nothing itself */
    {"when: 'A & B', policy: remove_weight, score: 0", "a and b", "", "pass",
     "ship", "C[0,0) A[0,1) B[6,7)", 0},
    {"when: 'A & B', action: block, mode: monitor", "a and b", "rule A", "flag",
     "block", "C[0,0) A[0,1) B[6,7)", 0.6},
    /* a composite is about the whole text: there is nothing to redact */
    {"when: 'A & B', action: redact", "a and b", "composite C", "flag", "ship",
     "C[0,0) A[0,1) B[6,7)", 0.8},
};

START_TEST(composite_decides)
{
    char yaml[2048];

    snprintf(yaml, sizeof(yaml),
             SUPPORT_ENGINE_HEAD
             "engine: {cache: none}\nrules:\n"
             "- {id: A, type: terms, terms: [a], category: c, score: 0.5, "
             "action: flag}\n"
             "- {id: B, type: terms, terms: [b], category: c, score: 0.2}\n"
             "composites:\n- {id: C, category: c, %s}\n",
             judged[_i].composite);
    struct support_bench bench = support_bench_of(yaml);
    const struct envelope *e = support_say(&bench, judged[_i].said);
    char by[64];
    snprintf(by, sizeof(by), "%.*s%s%.*s", TEXT_ARGS(e->decided_by.kind),
             e->decided_by.kind.len > 0 ? " " : "",
             TEXT_ARGS(e->decided_by.id));
    ck_assert_msg(strcmp(by, judged[_i].by) == 0, "%s: by %s",
                  judged[_i].composite, by);
    ck_assert_str_eq(envelope_verdict_names[e->verdict], judged[_i].verdict);
    ck_assert_str_eq(envelope_action_names[e->would_action], judged[_i].would);
    ck_assert_str_eq(support_hits(e), judged[_i].hits);
    for (size_t i = 0; i < e->category_count; i++) {
        ck_assert_msg(!text_is(e->categories[i].name, "c") ||
                          fabs(e->categories[i].score - judged[_i].score) <
                              1e-9,
                      "%s: %g", judged[_i].composite, e->categories[i].score);
    }
    support_bench_clear(&bench);
}
END_TEST

/* What a request asks for makes nothing milder, whatever a condition says. */
static const struct {
    const char *composite, *said, *item, *before, *after;
} raised[] = {
    /* a pardon that is only watched stays one that counts for nothing */
    {"when: A, policy: remove_weight, mode: monitor", "a", "+C=flag",
     "fallback", "fallback"},
    {"when: A, policy: remove_all, mode: monitor", "a", "+C=redact", "fallback",
     "fallback"},
    {"when: A, policy: remove_all", "a", "+C=flag", "ship", "ship"},
    {"when: A, mode: monitor", "a", "+C=block", "fallback", "block"},
    /* a pardon for two, of which one is only watched */
    {"when: 'A & W', policy: remove_weight", "a w", "+W=flag", "fallback",
     "fallback"},
    {"when: 'A | W', policy: remove_weight", "a w", "+W=block", "ship", "ship"},
    /* a condition that the rule undoes */
    {"when: 'B & !W', action: block", "b w", "+W=flag", "block", "block"},
    {"when: 'B & count(W) < 1', action: block", "b w", "+W=flag", "block",
     "block"},
    {"when: 'B & score(c) < 0.5', action: block", "b w", "+W=flag", "block",
     "block"},
    {"when: 'B & W', action: block", "b w", "+W=flag", "ship", "block"},
    /* what speaks for the reply, made to count by the request */
    {"when: B, mode: disabled", "t n", "+N=flag", "fallback", "fallback"},
    {"when: B, mode: disabled", "t n", "+N=block", "fallback", "block"},
};

START_TEST(what_is_asked_for_makes_nothing_milder)
{
    static const char rules[] = SUPPORT_ENGINE_HEAD
        "engine: {cache: none}\n"
        "rules:\n"
        "- {id: A, type: terms, terms: [a], category: c, action: fallback}\n"
        "- {id: B, type: terms, terms: [b], category: c, score: 0.1}\n"
        "- {id: W, type: terms, terms: [w], category: c, score: 0.9, mode: "
        "monitor}\n"
        "- {id: T, type: terms, terms: [t], category: hate, score: 0.8}\n"
        "- {id: N, type: terms, terms: [n], category: hate, score: -0.9, mode: "
        "monitor}\n"
        "composites:\n- {id: C, category: c, ";
    char yaml[2048];

    snprintf(yaml, sizeof(yaml), "%s%s}\n", rules, raised[_i].composite);
    struct support_bench bench = support_bench_of(yaml);
    const struct request_candidate candidate = {.text =
                                                    text_of(raised[_i].said)};
    struct request request = support_request(&candidate);
    struct text item = text_of(raised[_i].item);
    const struct envelope *e = support_judge(&bench, &request);
    ck_assert_msg(
        strcmp(envelope_action_names[e->action], raised[_i].before) == 0,
        "%s: %s", raised[_i].composite, envelope_action_names[e->action]);
    request.guardrails = (struct request_texts){&item, 1};
    e = support_judge(&bench, &request);
    ck_assert_msg(strcmp(envelope_action_names[e->action], raised[_i].after) ==
                      0,
                  "%s with %s: %s", raised[_i].composite, raised[_i].item,
                  envelope_action_names[e->action]);
    ck_assert_uint_eq(e->unsupported_count,
                      strstr(raised[_i].composite, "disabled") != NULL &&
                          raised[_i].item[1] == 'C');
    support_bench_clear(&bench);
}
END_TEST

START_TEST(without_memory_nothing_is_composed)
{
    const struct circumstances about = {0};
    struct hits hits;
    size_t nth = 0;
    bool done = false;

    composed(RULES "- {id: C, when: 'A & count(tag:slur) > 0'" ACT, "A T",
             &about, &hits);
    const size_t whole = hits.count;
    ck_assert_uint_eq(whole, 3);
    while (!done) {
        struct arena *small = arena_new(1 << 20);
        const struct request_candidate candidate = {.text = TEXT("A T")};
        const struct request request = support_request(&candidate);
        const struct envelope_drift drift = {.status = DRIFT_LOW_EVIDENCE};
        struct rules_request prepared;
        struct err err;
        arena_reset(arena);
        ck_assert(rules_prepare(engine->rules, &request, NULL, NULL, arena,
                                &prepared, &err));
        add_hits("A T", &prepared, &hits);
        const struct decide_evidence evidence = {.rules = engine->rules,
                                                 .config = engine->config,
                                                 .thresholds =
                                                     prepared.stance.thresholds,
                                                 .hits = &hits,
                                                 .drift = &drift};
        const struct compose_subject subject = {&evidence, &prepared,
                                                TEXT("A T")};
        arena_fail_at(small, ++nth);
        done = compose_run(&subject, &hits, small, &err);
        ck_assert_msg(done || err.kind == ERR_MEMORY, "allocation %zu", nth);
        arena_free(small);
    }
    ck_assert_uint_gt(nth, 6);
    clear();
}
END_TEST

TEST_MAIN("compose", tcase_add_loop_test(tc, composite_is_made_of_hits, 0,
                                         sizeof(rows) / sizeof(rows[0]));
          tcase_add_loop_test(tc, composite_decides, 0,
                              sizeof(judged) / sizeof(judged[0]));
          tcase_add_loop_test(tc, what_is_asked_for_makes_nothing_milder, 0,
                              sizeof(raised) / sizeof(raised[0]));
          tcase_add_test(tc, without_memory_nothing_is_composed);)
