#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/engine/decide.h"
#include "tests/unit/support_engine.h"

/*
 * The decision is asked for evidence that is written down: "FLAG:0.3" is a hit
 * of the rule FLAG that scores 0.3. The rules only give their names, actions
 * and categories; nothing is scanned.
 */
#define WORD(id, more) "- {id: " id ", type: terms, terms: [w], " more "}\n"

static const char yaml[] =
    "schema: 1\n"
    "engine: {level: 4, blocking_level: 2, on_error: fallback}\n"
    "categories:\n"
    "  plain: {}\n"
    "  steps: {thresholds: {flag: 0.1, redact: 0.3, fallback: 0.6, block: "
    "0.9}}\n"
    "  grouped: {thresholds: {flag: 0.3, fallback: 0.5}}\n"
    "  late: {thresholds: {block: 0.9}}\n"
    "groups:\n"
    "  g: {max_score: 0.4}\n"
    "  h: {max_score: 0.4}\n"
    "fallbacks:\n"
    "  default: {en: [x]}\n"
    "  crisis: {en: [y]}\n"
    "rules:\n" WORD("NONE", "category: plain") WORD(
        "FLAG", "category: plain, action: flag")
        WORD("REDACT", "category: plain, action: redact") WORD(
            "FALLBACK", "category: plain, action: fallback, fallback: crisis")
            WORD("BLOCK", "category: plain, action: block") WORD(
                "BLOCK2", "category: plain, action: block")
                WORD("S", "category: steps, max_hits: 3") WORD(
                    "T", "category: steps") WORD("NICE",
                                                 "category: steps, score: -0.5")
                    WORD("G1", "category: grouped, group: g") WORD(
                        "G2",
                        "category: grouped, group: g") WORD("H1",
                                                            "category: "
                                                            "grouped, group: h")
                        WORD("U", "category: grouped") WORD(
                            "WATCH",
                            "category: steps, mode: monitor, "
                            "action: block") WORD("WATCHED", "category: late, "
                                                             "mode: monitor")
                            WORD("HIGH", "category: plain, level: 3, "
                                         "action: fallback")
                                WORD("EDGE", "category: plain, level: 2, "
                                             "action: fallback")
                                    WORD(
                                        "NICE_FLAG",
                                        "category: plain, score: -0.5, action: "
                                        "redact") "- {id: LEN, type: length, "
                                                  "max_chars: 9, category: "
                                                  "plain, action: redact}\n";

struct asked {
    struct engine *engine;
    struct arena *arena;
    struct hits hits;
    struct envelope_drift drift;
    struct decide_evidence evidence;
    struct decision decision;
};

static uint32_t
rule_named(const struct engine *engine, const char *id, size_t len)
{
    const struct text name = {id, len};

    for (size_t i = 0; i < rules_count(engine->rules); i++) {
        if (text_equal(rules_at(engine->rules, i)->config->id, name)) {
            return (uint32_t)i;
        }
    }
    ck_abort_msg("no rule %.*s", (int)len, id);
    return 0;
}

/* "ID:score ID:score", one byte of text each, in order. */
static void
add_hits(struct asked *a, const char *said)
{
    size_t at = 0;

    while (*said != '\0') {
        const char *colon = strchr(said, ':');
        char *end;
        ck_assert_ptr_nonnull(colon);
        const double score = strtod(colon + 1, &end);
        struct hit hit = {
            .rule = rule_named(a->engine, said, (size_t)(colon - said)),
            .raw = {at, at + 1},
            .view = {at, at + 1},
            .score = score};
        const struct rule *rule = rules_at(a->engine->rules, hit.rule);
        hit.whole = rule->config->type == CONFIG_LENGTH;
        hit.enforced = rule->enforced;
        hit.action = rule->config->action;
        ck_assert(hits_add(&a->hits, &hit));
        at++;
        said = *end == ' ' ? end + 1 : end;
    }
}

static struct asked
asked_of(const char *yaml_text)
{
    struct asked a = {.engine = support_engine(yaml_text),
                      .arena = arena_new(1 << 20),
                      .drift = {.status = DRIFT_NOT_APPLICABLE}};

    ck_assert_ptr_nonnull(a.arena);
    return a;
}

static void
ask(struct asked *a, const char *said)
{
    struct err err;

    arena_reset(a->arena);
    const struct hits before = a->hits; /* errors are set by the test */
    hits_init(&a->hits, a->arena);
    a->hits.errors = before.errors;
    a->hits.failed_rule = before.failed_rule;
    a->hits.failed_enforced =
        rules_at(a->engine->rules, before.failed_rule)->enforced;
    add_hits(a, said);
    a->evidence.rules = a->engine->rules;
    a->evidence.config = a->engine->config;
    a->evidence.thresholds = rules_stance(a->engine->rules)->thresholds;
    a->evidence.enforced = rules_stance(a->engine->rules)->enforced;
    a->evidence.hits = &a->hits;
    a->evidence.drift = &a->drift;
    ck_assert(decide_all(&a->evidence, a->arena, &a->decision, &err));
}

static void
asked_clear(struct asked *a)
{
    arena_free(a->arena);
    engine_drop(a->engine);
}

static double
category(const struct asked *a, const char *name)
{
    for (size_t i = 0; i < a->engine->config->category_count; i++) {
        if (text_is(a->decision.categories[i].name, name)) {
            return a->decision.categories[i].score;
        }
    }
    ck_abort_msg("no category %s", name);
    return 0;
}

/* ------------------------------------------------------------------ scores */

static const struct {
    const char *hits, *category;
    double score;
} scores[] = {
    {"", "steps", 0},
    {"T:0.5", "steps", 0.5},
    {"T:0.1", "steps", 0.1},
    {"T:0.05", "steps", 0.05},
    {"T:1", "steps", 1},
    /* the second of a rule counts half, the third a quarter */
    {"T:0.5 T:0.5", "steps", 1 - 0.5 * 0.75},
    {"T:0.5 T:0.5 T:0.5", "steps", 1 - 0.5 * 0.75 * 0.875},
    {"T:0.5 T:0.5 T:0.5 T:0.5 T:0.5", "steps",
     1 - 0.5 * 0.75 * 0.875 * 0.9375 * 0.96875},
    /* five hits count where nothing else is said, and three where 3 is */
    {"T:0.5 T:0.5 T:0.5 T:0.5 T:0.5 T:0.5", "steps",
     1 - 0.5 * 0.75 * 0.875 * 0.9375 * 0.96875},
    {"S:0.5 S:0.5 S:0.5 S:0.5", "steps", 1 - 0.5 * 0.75 * 0.875},
    /* the strongest first, wherever it stands */
    {"T:0.2 T:0.8", "steps", 1 - 0.2 * 0.9},
    {"T:0.8 T:0.2", "steps", 1 - 0.2 * 0.9},
    {"S:0.1 S:0.1 S:0.1 S:0.8", "steps", 1 - 0.2 * 0.95 * 0.975},
    /* rules of a category, whole each */
    {"T:0.5 S:0.5", "steps", 0.75},
    {"T:0.5 U:0.5", "steps", 0.5},
    /* groups */
    {"G1:0.3", "grouped", 0.3},
    {"G1:0.9", "grouped", 0.4},
    {"G1:0.3 G2:0.3", "grouped", 0.4},
    {"G1:0.9 H1:0.9", "grouped", 1 - 0.6 * 0.6},
    {"G1:0.9 U:0.5", "grouped", 1 - 0.6 * 0.5},
    /* all at once, in no order */
    {"U:0.5 T:0.3 H1:0.9 NICE:-0.5 G2:0.2 S:0.1 G1:0.3", "grouped",
     1 - 0.5 * 0.6 * 0.6},
    {"U:0.5 T:0.3 H1:0.9 NICE:-0.5 G2:0.2 S:0.1 G1:0.3", "steps",
     (1 - 0.7 * 0.9) * 0.5},
    /* what speaks for the reply */
    {"NICE:-0.5", "steps", 0},
    {"T:0.8 NICE:-0.5", "steps", 0.4},
    {"NICE:-0.5 T:0.8 NICE:-0.5", "steps", 0.8 * (0.5 * 0.75)},
    {"U:0.8 NICE:-0.5", "grouped", 0.8},
    /* what is only watched does not count */
    {"WATCH:0.8", "steps", 0},
    {"HIGH:0.8", "plain", 0},
    {"EDGE:0.8", "plain", 0.8},
};

START_TEST(scores_add_up_as_the_rules_say)
{
    struct asked a = asked_of(yaml);

    ask(&a, scores[_i].hits);
    const double got = category(&a, scores[_i].category);
    ck_assert_msg(fabs(got - scores[_i].score) < 1e-9, "%s: %s is %.17g",
                  scores[_i].hits, scores[_i].category, got);
    asked_clear(&a);
}
END_TEST

/* ----------------------------------------------------------------- actions */

static const struct {
    const char *hits;
    enum envelope_verdict verdict;
    enum envelope_action action, would;
    const char *kind, *id, *category, *pool;
} decisions[] = {
    {"", VERDICT_PASS, ACTION_SHIP, ACTION_SHIP, "", "", "", ""},
    {"NONE:0.9", VERDICT_PASS, ACTION_SHIP, ACTION_SHIP, "", "", "", ""},
    {"FLAG:0.1", VERDICT_FLAG, ACTION_SHIP, ACTION_SHIP, "rule", "FLAG",
     "plain", ""},
    {"REDACT:0.1", VERDICT_REDACT, ACTION_REDACT, ACTION_REDACT, "rule",
     "REDACT", "plain", ""},
    {"FALLBACK:0.1", VERDICT_REFUSE, ACTION_FALLBACK, ACTION_FALLBACK, "rule",
     "FALLBACK", "plain", "crisis"},
    {"BLOCK:0.1", VERDICT_REFUSE, ACTION_BLOCK, ACTION_BLOCK, "rule", "BLOCK",
     "plain", ""},
    /* the strongest wins, and the earlier of two */
    {"BLOCK:0.1 FALLBACK:0.9 FLAG:0.9", VERDICT_REFUSE, ACTION_BLOCK,
     ACTION_BLOCK, "rule", "BLOCK", "plain", ""},
    {"FLAG:0.9 FALLBACK:0.9 BLOCK:0.1", VERDICT_REFUSE, ACTION_BLOCK,
     ACTION_BLOCK, "rule", "BLOCK", "plain", ""},
    {"BLOCK2:0.1 BLOCK:0.1", VERDICT_REFUSE, ACTION_BLOCK, ACTION_BLOCK, "rule",
     "BLOCK2", "plain", ""},
    /* each threshold at, and just below */
    {"T:0.1", VERDICT_FLAG, ACTION_SHIP, ACTION_SHIP, "threshold", "steps",
     "steps", ""},
    {"T:0.099999", VERDICT_PASS, ACTION_SHIP, ACTION_SHIP, "", "", "", ""},
    {"T:0.3", VERDICT_REDACT, ACTION_REDACT, ACTION_REDACT, "threshold",
     "steps", "steps", ""},
    {"T:0.299999", VERDICT_FLAG, ACTION_SHIP, ACTION_SHIP, "threshold", "steps",
     "steps", ""},
    {"T:0.6", VERDICT_REFUSE, ACTION_FALLBACK, ACTION_FALLBACK, "threshold",
     "steps", "steps", ""},
    {"T:0.599999", VERDICT_REDACT, ACTION_REDACT, ACTION_REDACT, "threshold",
     "steps", "steps", ""},
    {"T:0.9", VERDICT_REFUSE, ACTION_BLOCK, ACTION_BLOCK, "threshold", "steps",
     "steps", ""},
    {"T:0.899999", VERDICT_REFUSE, ACTION_FALLBACK, ACTION_FALLBACK,
     "threshold", "steps", "steps", ""},
    /* a rule before a threshold that asks for the same */
    {"T:0.9 BLOCK:0.1", VERDICT_REFUSE, ACTION_BLOCK, ACTION_BLOCK, "rule",
     "BLOCK", "plain", ""},
    {"T:0.9 FALLBACK:0.1", VERDICT_REFUSE, ACTION_BLOCK, ACTION_BLOCK,
     "threshold", "steps", "steps", ""},
    /* the earlier category of two */
    {"U:0.5 T:0.6", VERDICT_REFUSE, ACTION_FALLBACK, ACTION_FALLBACK,
     "threshold", "steps", "steps", ""},
    /* watched rules, and rules above the blocking level */
    {"WATCH:0.9", VERDICT_PASS, ACTION_SHIP, ACTION_BLOCK, "", "", "", ""},
    {"WATCHED:0.9", VERDICT_PASS, ACTION_SHIP, ACTION_BLOCK, "", "", "", ""},
    {"WATCH:0.9 FLAG:0.1", VERDICT_FLAG, ACTION_SHIP, ACTION_BLOCK, "rule",
     "FLAG", "plain", ""},
    {"HIGH:0.1", VERDICT_PASS, ACTION_SHIP, ACTION_FALLBACK, "", "", "", ""},
    {"EDGE:0.1", VERDICT_REFUSE, ACTION_FALLBACK, ACTION_FALLBACK, "rule",
     "EDGE", "plain", ""},
    /* nothing to replace: a flag, also in what would be */
    {"LEN:0.1", VERDICT_FLAG, ACTION_SHIP, ACTION_SHIP, "rule", "LEN", "plain",
     ""},
    {"LEN:0.1 REDACT:0.1", VERDICT_REDACT, ACTION_REDACT, ACTION_REDACT, "rule",
     "LEN", "plain", ""},
    /* what speaks for the reply lowers the threshold's action */
    {"T:0.6 NICE:-0.5", VERDICT_REDACT, ACTION_REDACT, ACTION_REDACT,
     "threshold", "steps", "steps", ""},
    {"NICE:-0.5", VERDICT_PASS, ACTION_SHIP, ACTION_SHIP, "", "", "", ""},
};

START_TEST(evidence_comes_to_its_decision)
{
    struct asked a = asked_of(yaml);

    ask(&a, decisions[_i].hits);
    const struct decision *d = &a.decision;
    ck_assert_msg(
        d->verdict == decisions[_i].verdict &&
            d->action == decisions[_i].action &&
            d->would_action == decisions[_i].would &&
            text_is(d->by.kind, decisions[_i].kind) &&
            text_is(d->by.id, decisions[_i].id) &&
            text_is(d->category, decisions[_i].category) &&
            text_is(d->fallback_pool, decisions[_i].pool) && !d->drift_decided,
        "%s: %s, %s, would %s, by %.*s %.*s, category %.*s, pool %.*s",
        decisions[_i].hits, envelope_verdict_names[d->verdict],
        envelope_action_names[d->action],
        envelope_action_names[d->would_action], TEXT_ARGS(d->by.kind),
        TEXT_ARGS(d->by.id), TEXT_ARGS(d->category),
        TEXT_ARGS(d->fallback_pool));
    asked_clear(&a);
}
END_TEST

START_TEST(spans_of_what_asks_for_redaction_are_chosen)
{
    static const struct {
        const char *hits, *chosen; /* one mark a hit */
    } rows[] = {
        {"REDACT:0.1 FLAG:0.1 NONE:0.1", "x--"},
        {"FALLBACK:0.1 BLOCK:0.1 REDACT:0.1", "xxx"},
        {"T:0.3 FLAG:0.1", "x-"},
        {"T:0.3 NICE:-0.01", "--"}, /* 0.297: flagged */
        {"T:0.5 NICE:-0.1", "x-"},
        {"NICE_FLAG:-0.5", "x"}, /* it says so itself */
        {"WATCH:0.1 HIGH:0.1 REDACT:0.1", "--x"},
        {"LEN:0.1 REDACT:0.1", "-x"},
    };
    struct asked a = asked_of(yaml);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ask(&a, rows[i].hits);
        for (size_t k = 0; rows[i].chosen[k] != '\0'; k++) {
            ck_assert_msg(a.decision.redacts[k] == (rows[i].chosen[k] == 'x'),
                          "%s: hit %zu", rows[i].hits, k);
        }
    }
    asked_clear(&a);
}
END_TEST

START_TEST(threshold_shown_is_the_one_reached_or_the_first)
{
    struct asked a = asked_of(yaml);

    ask(&a, "T:0.7");
    const struct envelope_category *steps = &a.decision.categories[0];
    while (!text_is(steps->name, "steps")) {
        steps++;
    }
    ck_assert_double_eq(steps->threshold, 0.6);
    ck_assert(steps->flagged);
    ask(&a, "");
    steps = &a.decision.categories[steps - a.decision.categories];
    for (size_t i = 0; i < a.engine->config->category_count; i++) {
        const struct envelope_category *c = &a.decision.categories[i];
        ck_assert(!c->flagged);
        if (text_is(c->name, "steps")) {
            ck_assert_double_eq(c->threshold, 0.1);
        } else if (text_is(c->name, "late")) {
            ck_assert_double_eq(c->threshold, 0.9);
        } else if (text_is(c->name, "plain")) {
            ck_assert(isnan(c->threshold));
        }
    }
    asked_clear(&a);
}
END_TEST

/* ------------------------------------------------------------------ errors */

START_TEST(a_rule_that_failed_decides_unless_something_stronger_does)
{
    static const struct {
        const char *failed, *hits, *kind, *id;
        enum envelope_action action, would;
    } rows[] = {
        {"T", "", "error", "T", ACTION_FALLBACK, ACTION_FALLBACK},
        {"T", "FLAG:0.1", "error", "T", ACTION_FALLBACK, ACTION_FALLBACK},
        {"T", "REDACT:0.1", "error", "T", ACTION_FALLBACK, ACTION_FALLBACK},
        {"T", "FALLBACK:0.1", "rule", "FALLBACK", ACTION_FALLBACK,
         ACTION_FALLBACK},
        {"T", "BLOCK:0.1", "rule", "BLOCK", ACTION_BLOCK, ACTION_BLOCK},
        /* one that is only watched could have changed nothing */
        {"WATCH", "", "", "", ACTION_SHIP, ACTION_FALLBACK},
        {"HIGH", "FLAG:0.1", "rule", "FLAG", ACTION_SHIP, ACTION_FALLBACK},
    };
    struct asked a = asked_of(yaml);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        a.hits.errors = 1;
        a.hits.failed_rule =
            rule_named(a.engine, rows[i].failed, strlen(rows[i].failed));
        ask(&a, rows[i].hits);
        ck_assert_msg(a.decision.action == rows[i].action &&
                          a.decision.would_action == rows[i].would &&
                          text_is(a.decision.by.kind, rows[i].kind) &&
                          text_is(a.decision.by.id, rows[i].id),
                      "%s failed, %s: %s by %.*s", rows[i].failed, rows[i].hits,
                      envelope_action_names[a.decision.action],
                      TEXT_ARGS(a.decision.by.id));
    }
    asked_clear(&a);
}
END_TEST

START_TEST(on_error_block_blocks)
{
    struct asked a = asked_of("schema: 1\n"
                              "engine: {on_error: block}\n"
                              "categories: {c: {}}\n"
                              "fallbacks: {default: {en: [x]}}\n"
                              "rules:\n" WORD("T", "category: c")
                                  WORD("F", "category: c, action: fallback"));

    a.hits.errors = 2;
    ask(&a, "F:0.5");
    ck_assert_int_eq(a.decision.action, ACTION_BLOCK);
    ck_assert_int_eq(a.decision.verdict, VERDICT_REFUSE);
    ck_assert(text_is(a.decision.by.kind, "error"));
    asked_clear(&a);
}
END_TEST

/* ---------------------------------------------------------------- monitor */

START_TEST(under_monitor_nothing_is_done_and_all_is_said)
{
    struct asked a = asked_of("schema: 1\n"
                              "engine: {enforcement: monitor}\n"
                              "categories: {c: {thresholds: {block: 0.9}}}\n"
                              "fallbacks: {default: {en: [x]}}\n"
                              "rules:\n" WORD("T", "category: c, action: "
                                                   "redact"));

    ask(&a, "T:0.5");
    ck_assert_int_eq(a.decision.action, ACTION_SHIP);
    ck_assert_int_eq(a.decision.verdict, VERDICT_PASS);
    ck_assert_int_eq(a.decision.would_action, ACTION_REDACT);
    ck_assert(!a.decision.redacts[0]);
    ask(&a, "T:0.9");
    ck_assert_int_eq(a.decision.action, ACTION_SHIP);
    ck_assert_int_eq(a.decision.would_action, ACTION_BLOCK);
    a.hits.errors = 1;
    ask(&a, "");
    ck_assert_int_eq(a.decision.action, ACTION_SHIP);
    ck_assert_int_eq(a.decision.would_action, ACTION_FALLBACK);
    a.hits.errors = 0;
    a.drift.status = DRIFT_OK;
    a.drift.alert = true;
    a.evidence.on_drift = CONFIG_DRIFT_BLOCK;
    ask(&a, "");
    ck_assert_int_eq(a.decision.action, ACTION_SHIP);
    ck_assert_int_eq(a.decision.would_action, ACTION_BLOCK);
    ck_assert(!a.decision.drift_decided);
    asked_clear(&a);
}
END_TEST

/* ------------------------------------------------------------------- drift */

START_TEST(drift_speaks_where_moderation_lets_the_reply_through)
{
    static const struct {
        const char *hits;
        enum config_drift_action on_drift;
        long long attempt;
        enum envelope_drift_status status;
        bool alert;
        enum envelope_action action, would;
        const char *kind;
    } rows[] = {
        {"", CONFIG_DRIFT_WARN, 0, DRIFT_OK, true, ACTION_SHIP, ACTION_SHIP,
         ""},
        {"", CONFIG_DRIFT_AUTO_RECOVER, 0, DRIFT_OK, true, ACTION_REGENERATE,
         ACTION_REGENERATE, "drift"},
        {"", CONFIG_DRIFT_AUTO_RECOVER, 1, DRIFT_OK, true, ACTION_SHIP,
         ACTION_SHIP, ""},
        {"", CONFIG_DRIFT_AUTO_RECOVER, 2, DRIFT_OK, true, ACTION_SHIP,
         ACTION_SHIP, ""},
        {"", CONFIG_DRIFT_BLOCK, 0, DRIFT_OK, true, ACTION_BLOCK, ACTION_BLOCK,
         "drift"},
        {"", CONFIG_DRIFT_BLOCK, 1, DRIFT_OK, true, ACTION_BLOCK, ACTION_BLOCK,
         "drift"},
        {"", CONFIG_DRIFT_BLOCK, 0, DRIFT_OK, false, ACTION_SHIP, ACTION_SHIP,
         ""},
        {"", CONFIG_DRIFT_BLOCK, 0, DRIFT_LOW_EVIDENCE, true, ACTION_SHIP,
         ACTION_SHIP, ""},
        {"", CONFIG_DRIFT_BLOCK, 0, DRIFT_BAD_VECTOR, true, ACTION_SHIP,
         ACTION_SHIP, ""},
        {"FLAG:0.1", CONFIG_DRIFT_BLOCK, 0, DRIFT_OK, true, ACTION_BLOCK,
         ACTION_BLOCK, "drift"},
        {"REDACT:0.1", CONFIG_DRIFT_BLOCK, 0, DRIFT_OK, true, ACTION_REDACT,
         ACTION_REDACT, "rule"},
        {"FALLBACK:0.1", CONFIG_DRIFT_BLOCK, 0, DRIFT_OK, true, ACTION_FALLBACK,
         ACTION_FALLBACK, "rule"},
        {"BLOCK:0.1", CONFIG_DRIFT_AUTO_RECOVER, 0, DRIFT_OK, true,
         ACTION_BLOCK, ACTION_BLOCK, "rule"},
        {"WATCH:0.1", CONFIG_DRIFT_AUTO_RECOVER, 0, DRIFT_OK, true,
         ACTION_REGENERATE, ACTION_BLOCK, "drift"},
    };
    struct asked a = asked_of(yaml);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        a.drift = (struct envelope_drift){.status = rows[i].status,
                                          .alert = rows[i].alert,
                                          .threshold_source = TEXT("config")};
        a.evidence.on_drift = rows[i].on_drift;
        a.evidence.attempt = rows[i].attempt;
        ask(&a, rows[i].hits);
        const bool by_drift = strcmp(rows[i].kind, "drift") == 0;
        ck_assert_msg(a.decision.action == rows[i].action &&
                          a.decision.would_action == rows[i].would &&
                          text_is(a.decision.by.kind, rows[i].kind) &&
                          a.decision.drift_decided == by_drift,
                      "row %zu: %s, would %s, by %.*s", i,
                      envelope_action_names[a.decision.action],
                      envelope_action_names[a.decision.would_action],
                      TEXT_ARGS(a.decision.by.kind));
        // Drift is no matter of moderation: the verdict knows nothing of it.
        ck_assert_int_eq(a.decision.verdict == VERDICT_PASS,
                         rows[i].hits[0] == '\0' || rows[i].hits[0] == 'W');
    }
    asked_clear(&a);
}
END_TEST

/* No reply is flagged because a rule that is only watched hit in it. */
START_TEST(threshold_of_0_is_reached_by_the_least_that_counts)
{
    static const struct {
        const char *hits;
        enum envelope_verdict verdict;
        enum envelope_action would;
    } rows[] = {{"", VERDICT_PASS, ACTION_SHIP},
                {"WATCH:0.1", VERDICT_PASS, ACTION_FALLBACK},
                {"OTHER:0.5", VERDICT_PASS, ACTION_SHIP},
                {"R:0", VERDICT_PASS, ACTION_SHIP},
                {"R:0.5 NICE:-1", VERDICT_PASS, ACTION_SHIP},
                {"R:0.000001", VERDICT_REFUSE, ACTION_FALLBACK}};
    struct asked a = asked_of(
        "schema: 1\n"
        "categories: {c: {thresholds: {flag: 0, fallback: 0}}, d: {}}\n"
        "rules:\n" WORD("R", "category: c") WORD("OTHER", "category: d")
            WORD("NICE", "category: c, score: -1")
                WORD("WATCH", "category: c, mode: monitor"));

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ask(&a, rows[i].hits);
        ck_assert_msg(a.decision.verdict == rows[i].verdict &&
                          a.decision.would_action == rows[i].would,
                      "%s: %s, would %s", rows[i].hits,
                      envelope_verdict_names[a.decision.verdict],
                      envelope_action_names[a.decision.would_action]);
    }
    asked_clear(&a);
}
END_TEST

START_TEST(no_memory_is_no_decision)
{
    struct asked a = asked_of(yaml);
    struct err err;
    size_t n = 0;
    bool done = false;

    ask(&a, "T:0.5 BLOCK:0.1 G1:0.5");
    while (!done && n < 100) {
        arena_fail_at(a.arena, ++n);
        done = decide_all(&a.evidence, a.arena, &a.decision, &err);
        ck_assert(done || err.kind == ERR_MEMORY);
        if (!done) { /* the hits lived in the arena too */
            arena_fail_at(a.arena, 0);
            ask(&a, "T:0.5 BLOCK:0.1 G1:0.5");
        }
    }
    ck_assert_uint_gt(n, 5);
    ck_assert_int_eq(a.decision.action, ACTION_BLOCK);
    asked_clear(&a);
}
END_TEST

/* More evidence against a reply never makes the decision milder. */
START_TEST(another_hit_never_lowers_a_score)
{
    static const char *const rules[] = {"S",  "T", "G1",  "G2",
                                        "H1", "U", "FLAG"};
    static const char *const names[] = {"plain", "steps", "grouped"};
    struct asked a = asked_of(yaml);
    uint64_t random = 7;

    for (size_t n = 0; n < 500; n++) {
        char said[256] = "";
        size_t len = 0;
        double before[3] = {0, 0, 0};
        enum envelope_action action = ACTION_SHIP;
        for (size_t k = 0; k < 8; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            len += (size_t)snprintf(said + len, sizeof(said) - len, "%s%s:0.%u",
                                    k > 0 ? " " : "", rules[(random >> 33) % 7],
                                    (unsigned)((random >> 40) % 100));
            ask(&a, said);
            ck_assert_msg(a.decision.action >= action, "%s", said);
            action = a.decision.action;
            for (size_t c = 0; c < 3; c++) {
                const double now = category(&a, names[c]);
                ck_assert_msg(now >= before[c] - 1e-9 && now <= 1, "%s: %s",
                              said, names[c]);
                before[c] = now;
            }
        }
    }
    asked_clear(&a);
}
END_TEST

TEST_MAIN(
    "decide", tcase_add_loop_test(tc, scores_add_up_as_the_rules_say, 0,
                                  sizeof(scores) / sizeof(scores[0]));
    tcase_add_loop_test(tc, evidence_comes_to_its_decision, 0,
                        sizeof(decisions) / sizeof(decisions[0]));
    tcase_add_test(tc, spans_of_what_asks_for_redaction_are_chosen);
    tcase_add_test(tc, threshold_shown_is_the_one_reached_or_the_first);
    tcase_add_test(tc,
                   a_rule_that_failed_decides_unless_something_stronger_does);
    tcase_add_test(tc, on_error_block_blocks);
    tcase_add_test(tc, under_monitor_nothing_is_done_and_all_is_said);
    tcase_add_test(tc, drift_speaks_where_moderation_lets_the_reply_through);
    tcase_add_test(tc, threshold_of_0_is_reached_by_the_least_that_counts);
    tcase_add_test(tc, no_memory_is_no_decision);
    tcase_add_test(tc, another_hit_never_lowers_a_score);)
