#include "sidecar/engine/stance.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/engine/ask.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

/*
 * Six rules of one category: A and B of one group, F of level 2, E of level 3,
 * W only watched, D switched off, S of a set.
 */
static const char config_yaml[] =
    "schema: 1\n"
    "engine: {cache: none, level: 2, blocking_level: 1}\n"
    "categories: {c: {thresholds: {flag: 0.3, fallback: 0.6}}}\n"
    "groups: {g: {max_score: 1}}\n"
    "rules:\n"
    "- {id: A, type: terms, terms: [a], category: c, group: g, action: flag,"
    " suppressible: true}\n"
    "- {id: B, type: terms, terms: [b], category: c, group: g, action: redact}"
    "\n"
    "- {id: F, type: terms, terms: [f], category: c, action: flag, level: 2}\n"
    "- {id: E, type: terms, terms: [e], category: c, action: flag, level: 3}\n"
    "- {id: W, type: terms, terms: [w], category: c, mode: monitor}\n"
    "- {id: D, type: terms, terms: [d], category: c, mode: disabled}\n"
    "guardrails:\n"
    "  strict: {rules: {B: {action: block}, W: {mode: enforce}}}\n"
    "  soft: {rules: {A: {mode: disabled}, B: {action: flag, mode: monitor},"
    " W: {action: redact, mode: disabled}}}\n"
    "  hard: {rules: {B: {action: fallback}, W: {action: flag, mode: enforce}}}"
    "\n"
    "  more: {add: [{id: S, type: length, max_chars: 9, category: c}]}\n"
    "profiles:\n"
    "- {id: p20, priority: 20, match: {persona: mira}, apply: {rules: {A:"
    " {action: block}}}}\n"
    "- {id: p10, priority: 10, match: {persona: mira}, apply: {rules: {A:"
    " {action: redact}}, fallback: mine}}\n"
    "- {id: star, match: {persona: \"kid_*\"}, apply: {level: 3,"
    " blocking_level: 3, thresholds: {c: {fallback: 0.5, block: 0.9}}}}\n"
    "- {id: tag, match: {tags: [minor, teen]}, apply: {groups_disabled: [g]}}"
    "\n"
    "- {id: spanish, match: {languages: [es, pt-BR]}, apply: {guardrails:"
    " [more]}}\n"
    "- {id: told, match: {roles: [user, system]}, apply: {guardrails: [strict]"
    "}}\n"
    "- {id: both, match: {tags: [poet], roles: [user]}, apply: {rules: {D:"
    " {mode: enforce}}}}\n"
    "- {id: group_but, match: {persona: keen}, apply: {groups_disabled: [g],"
    " rules: {A: {mode: enforce}}}}\n"
    "- {id: first, match: {persona: even}, apply: {rules: {A: {action:"
    " redact}}}}\n"
    "- {id: second, match: {persona: even}, apply: {rules: {A: {action:"
    " fallback}}}}\n"
    "- {id: lower, match: {persona: low}, apply: {level: 1}}\n"
    "fallbacks:\n"
    "  default: {en: [One.]}\n"
    "  mine: {en: [Two.]}\n"
    "personas:\n"
    "- {id: mira}\n- {id: keen}\n- {id: even}\n- {id: low}\n"
    "- {id: zoe, tags: [poet, teen]}\n"
    "- {id: rio, locale: pt-BR}\n";

static struct engine *engine;
static struct arena *arena;

static void
enter_with(const char *const *overrides)
{
    engine = support_engine_set(config_yaml, overrides);
    arena = arena_new(1 << 24);
    ck_assert_ptr_nonnull(arena);
}

static void
leave(void)
{
    arena_free(arena);
    engine_drop(engine);
}

static const struct config_persona *
persona_of(struct text id)
{
    const struct config *config = engine->config;

    for (size_t i = 0; i < config->persona_count; i++) {
        if (text_equal(config->personas[i].id, id)) {
            return &config->personas[i];
        }
    }
    return NULL;
}

static struct stance
resolved(const struct request *request)
{
    struct guardrail_cache_entry *lease;
    struct stance_plan plan;
    struct stance stance;
    const struct ask *ask;
    struct err err;

    ck_assert(stance_plan(engine->config, arena, &plan));
    ck_assert(ask_borrow(engine->asks, engine->config, text_of(engine->hash),
                         request->guardrails, arena, &lease, &ask, &err));
    ck_assert(stance_resolve(&plan, request, persona_of(request->persona), ask,
                             arena, &stance, &err));
    ask_return(lease);
    return stance;
}

/* "A:flag F~flag": what runs, enforced (:) or watched (~), and does what. */
static const char *
told(const struct stance *stance)
{
    static const char *const names[] = {"-", "flag", "redact", "fallback",
                                        "block"};
    static char said[1024];
    const struct config *config = engine->config;
    size_t len = 0;

    said[0] = '\0';
    for (size_t i = 0; i < stance_rules(config); i++) {
        const struct stance_rule *rule = &stance->rules[i];
        if (rule->runs) {
            len += (size_t)snprintf(
                said + len, sizeof(said) - len, "%s%.*s%s%s",
                len > 0 ? " " : "", TEXT_ARGS(config->rules[i].id),
                rule->enforced ? ":" : "~", names[rule->action]);
        }
    }
    for (size_t i = 0; i < config->category_count; i++) {
        const struct config_thresholds *t = &stance->thresholds[i];
        if (text_is(config->categories[i].id, "c")) {
            len +=
                (size_t)snprintf(said + len, sizeof(said) - len, " c=%g/%g/%g",
                                 t->flag, t->fallback, t->block);
        }
    }
    snprintf(said + len, sizeof(said) - len, "%s%.*s%s",
             stance->fallback.len > 0 ? " pool " : "",
             TEXT_ARGS(stance->fallback), stance->enforced ? "" : " watched");
    return said;
}

#define PLAIN "A:flag B:redact F~flag W~- c=0.3/0.6/nan"

static const struct {
    const char *persona, *locale;
    enum request_role role;
    const char *items[3];
    const char *told;
} rows[] = {
    {.told = PLAIN},
    /* profiles by persona: the higher priority wins, wherever it stands */
    {.persona = "mira",
     .told = "A:block B:redact F~flag W~- c=0.3/0.6/nan pool mine"},
    {.persona = "even", .told = "A:fallback B:redact F~flag W~- c=0.3/0.6/nan"},
    {.persona = "mir", .told = PLAIN},
    {.persona = "miraculous", .told = PLAIN},
    /* a star stands for any end of a name, for none too */
    {.persona = "kid_1",
     .told = "A:flag B:redact F:flag E:flag W~- c=0.3/0.5/0.9"},
    {.persona = "kid_",
     .told = "A:flag B:redact F:flag E:flag W~- c=0.3/0.5/0.9"},
    {.persona = "kid", .told = PLAIN},
    {.persona = "low", .told = "A:flag B:redact W~- c=0.3/0.6/nan"},
    /* tags; a group switched off, and one rule of it on again */
    {.persona = "zoe", .told = "F~flag W~- c=0.3/0.6/nan"},
    {.persona = "keen", .told = "A:flag F~flag W~- c=0.3/0.6/nan"},
    /* languages: of the request, else of the persona */
    {.locale = "es-MX", .told = "A:flag B:redact F~flag W~- S:- c=0.3/0.6/nan"},
    {.locale = "pt", .told = "A:flag B:redact F~flag W~- S:- c=0.3/0.6/nan"},
    {.locale = "PT_br", .told = "A:flag B:redact F~flag W~- S:- c=0.3/0.6/nan"},
    {.locale = "pt-PT", .told = PLAIN},
    {.locale = "e", .told = PLAIN},
    {.persona = "rio", .told = "A:flag B:redact F~flag W~- S:- c=0.3/0.6/nan"},
    {.persona = "rio", .locale = "en", .told = PLAIN},
    /* roles; each key of a match must hold */
    {.role = REQUEST_USER, .told = "A:flag B:block F~flag W:- c=0.3/0.6/nan"},
    {.role = REQUEST_SYSTEM, .told = "A:flag B:block F~flag W:- c=0.3/0.6/nan"},
    {.role = REQUEST_TOOL, .told = PLAIN},
    {.persona = "zoe",
     .role = REQUEST_USER,
     .told = "F~flag W:- D:- c=0.3/0.6/nan"},
    /* what a request asks for */
    {.items = {"@more"},
     .told = "A:flag B:redact F~flag W~- S:- c=0.3/0.6/nan"},
    {.items = {"@strict", "@more"},
     .told = "A:flag B:block F~flag W:- S:- c=0.3/0.6/nan"},
    /* its sets do what they say; of several the strictest, in any order */
    {.items = {"@soft"}, .told = "B~flag F~flag c=0.3/0.6/nan"},
    {.items = {"@hard"},
     .told = "A:flag B:fallback F~flag W:flag c=0.3/0.6/nan"},
    {.items = {"@soft", "@hard"},
     .told = "B~fallback F~flag W:redact c=0.3/0.6/nan"},
    {.items = {"@hard", "@soft"},
     .told = "B~fallback F~flag W:redact c=0.3/0.6/nan"},
    {.items = {"@hard", "@strict", "@soft"},
     .told = "B~block F~flag W:redact c=0.3/0.6/nan"},
    {.persona = "mira",
     .items = {"@hard"},
     .told = "A:block B:fallback F~flag W:flag c=0.3/0.6/nan pool mine"},
    {.items = {"-A"}, .told = "B:redact F~flag W~- c=0.3/0.6/nan"},
    {.items = {"-B"}, .told = PLAIN},
    {.items = {"-g:g"}, .told = "B:redact F~flag W~- c=0.3/0.6/nan"},
    {.items = {"+A=fallback"},
     .told = "A:fallback B:redact F~flag W~- c=0.3/0.6/nan"},
    {.items = {"+B=flag"}, .told = PLAIN},
    {.items = {"+F=flag"}, .told = "A:flag B:redact F:flag W~- c=0.3/0.6/nan"},
    {.items = {"+W=block"},
     .told = "A:flag B:redact F~flag W:block c=0.3/0.6/nan"},
    /* E may run for some persona, so it is there to be had; D's too */
    {.items = {"+E=block"},
     .told = "A:flag B:redact F~flag E:block W~- c=0.3/0.6/nan"},
    {.items = {"+D=flag"},
     .told = "A:flag B:redact F~flag W~- D:flag c=0.3/0.6/nan"},
    /* whoever names a set's rule gets it without the set */
    {.items = {"+S=block"},
     .told = "A:flag B:redact F~flag W~- S:block c=0.3/0.6/nan"},
    {.items = {"-A", "+A=redact"},
     .told = "A:redact B:redact F~flag W~- c=0.3/0.6/nan"},
    {.items = {"+A=redact", "-A"},
     .told = "A:redact B:redact F~flag W~- c=0.3/0.6/nan"},
    {.items = {"+A=block", "+A=redact"},
     .told = "A:block B:redact F~flag W~- c=0.3/0.6/nan"},
    /* no request makes milder what a profile made stricter */
    {.persona = "mira",
     .items = {"+A=redact"},
     .told = "A:block B:redact F~flag W~- c=0.3/0.6/nan pool mine"},
    {.items = {"deny:zorb"},
     .told = "A:flag B:redact F~flag W~- REQUEST_DENY:fallback c=0.3/0.6/nan"},
    {.items = {"max_chars:9", "lang:en"},
     .told = "A:flag B:redact F~flag W~- REQUEST_LENGTH:flag "
             "REQUEST_LANGUAGE:flag c=0.3/0.6/nan"},
    {.items = {"Never be rude."}, .told = PLAIN},
};

START_TEST(request_has_its_stance)
{
    const struct request_candidate candidate = {.text = TEXT("hello")};
    struct request request = support_request(&candidate);
    struct text items[3];

    enter_with(NULL);
    request.persona =
        rows[_i].persona != NULL ? text_of(rows[_i].persona) : TEXT("");
    request.locale =
        rows[_i].locale != NULL ? text_of(rows[_i].locale) : TEXT("");
    request.role = rows[_i].role;
    for (size_t i = 0; i < 3 && rows[_i].items[i] != NULL; i++) {
        items[i] = text_of(rows[_i].items[i]);
        request.guardrails = (struct request_texts){items, i + 1};
    }
    const struct stance stance = resolved(&request);
    ck_assert_msg(strcmp(told(&stance), rows[_i].told) == 0,
                  "%s, %s, %s: %s, expected %s", rows[_i].persona,
                  rows[_i].locale, rows[_i].items[0], told(&stance),
                  rows[_i].told);
    leave();
}
END_TEST

/* Which rules have to be compiled, by what anybody may ask for. */
START_TEST(rule_may_run_for_some_request)
{
    static const struct {
        const char *set, *id;
        bool may;
    } cases[] = {{NULL, "A", true},
                 {NULL, "E", true},
                 {NULL, "D", true},
                 {NULL, "W", true},
                 {NULL, "S", true},
                 {"rules.A.mode=disabled", "A", true},
                 {"rules.F.mode=disabled", "F", false},
                 {"rules.E.level=4", "E", false},
                 {"rules.W.mode=disabled", "W", true}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const overrides[] = {cases[i].set, NULL};
        enter_with(cases[i].set != NULL ? overrides : NULL);
        const struct config *config = engine->config;
        for (size_t k = 0; k < config->rule_count; k++) {
            ck_assert_msg(!text_is(config->rules[k].id, cases[i].id) ||
                              stance_may_run(config, &config->rules[k]) ==
                                  cases[i].may,
                          "%s %s", cases[i].set, cases[i].id);
        }
        leave();
    }
}
END_TEST

START_TEST(global_monitor_only_watches)
{
    static const char *const overrides[] = {"engine.enforcement=monitor", NULL};
    const struct request_candidate candidate = {.text = TEXT("hello")};
    struct request request = support_request(&candidate);
    struct text item = TEXT("+A=block");

    enter_with(overrides);
    struct stance stance = resolved(&request);
    ck_assert_str_eq(told(&stance),
                     "A~flag B~redact F~flag W~- c=0.3/0.6/nan watched");
    request.guardrails = (struct request_texts){&item, 1};
    stance = resolved(&request);
    ck_assert_str_eq(told(&stance),
                     "A~block B~redact F~flag W~- c=0.3/0.6/nan watched");
    leave();
}
END_TEST

static bool
session_is_enforced(const char *session, const char *text)
{
    const struct request_candidate candidate = {.text = text_of(text)};
    struct request request = support_request(&candidate);

    arena_reset(arena);
    request.session = text_of(session);
    return resolved(&request).enforced;
}

/* Out of 4000: four standard deviations are 126 of them. */
START_TEST(sample_is_a_share_of_sessions)
{
    static const struct {
        const char *set;
        int share; /* per cent */
    } shares[] = {{"engine.sampling_percentage=0", 0},
                  {"engine.sampling_percentage=25", 25},
                  {"engine.sampling_percentage=90", 90},
                  {"engine.sampling_percentage=100", 100}};
    enum { SESSIONS = 4000, SLACK = 126 };

    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        const char *const overrides[] = {shares[i].set, NULL};
        int enforced = 0;
        enter_with(overrides);
        for (int k = 0; k < SESSIONS; k++) {
            char name[32];
            snprintf(name, sizeof(name), "session-%d", k);
            const bool now = session_is_enforced(name, "hello");
            // One talk is judged one way, whatever is said in it.
            ck_assert(session_is_enforced(name, "goodbye") == now);
            enforced += now;
        }
        const int want = SESSIONS / 100 * shares[i].share;
        const int slack =
            shares[i].share == 0 || shares[i].share == 100 ? 0 : SLACK;
        ck_assert_msg(abs(enforced - want) <= slack, "%s: %d of %d",
                      shares[i].set, enforced, SESSIONS);
        leave();
    }
}
END_TEST

START_TEST(sample_without_a_session_goes_by_the_text)
{
    static const char *const overrides[] = {"engine.sampling_percentage=50",
                                            NULL};
    int enforced = 0;

    enter_with(overrides);
    for (int k = 0; k < 1000; k++) {
        char text[32];
        snprintf(text, sizeof(text), "reply %d", k);
        const bool now = session_is_enforced("", text);
        ck_assert(session_is_enforced("", text) == now);
        enforced += now;
    }
    ck_assert_int_gt(enforced, 430);
    ck_assert_int_lt(enforced, 570);
    leave();
}
END_TEST

/* Outside the sample nothing is enforced, whatever the request asks for. */
START_TEST(outside_the_sample_all_is_watched)
{
    static const char *const overrides[] = {"engine.sampling_percentage=0",
                                            NULL};
    const struct request_candidate candidate = {.text = TEXT("hello")};
    struct request request = support_request(&candidate);
    struct text item = TEXT("+A=block");

    enter_with(overrides);
    request.guardrails = (struct request_texts){&item, 1};
    request.persona = TEXT("mira");
    const struct stance stance = resolved(&request);
    ck_assert_str_eq(told(&stance), "A~block B~redact F~flag W~- "
                                    "c=0.3/0.6/nan pool mine watched");
    leave();
}
END_TEST

/* A plain request costs nothing: it has the plan's own stance. */
START_TEST(plain_request_allocates_nothing)
{
    const struct request_candidate candidate = {.text = TEXT("hello")};
    const struct request request = support_request(&candidate);
    struct stance_plan plan;
    struct stance stance;
    struct err err;

    enter_with(NULL);
    ck_assert(stance_plan(engine->config, arena, &plan));
    arena_fail_at(arena, 1);
    ck_assert(
        stance_resolve(&plan, &request, NULL, NULL, arena, &stance, &err));
    ck_assert_ptr_eq(stance.rules, plan.plain.rules);
    leave();
}
END_TEST

START_TEST(without_memory_there_is_no_stance)
{
    const struct request_candidate candidate = {.text = TEXT("hello")};
    struct request request = support_request(&candidate);
    struct stance_plan plan;
    struct stance stance;
    struct err err;
    size_t nth = 0;
    bool done = false;

    enter_with(NULL);
    ck_assert(stance_plan(engine->config, arena, &plan));
    request.persona = TEXT("mira");
    while (!done) {
        struct arena *small = arena_new(1 << 20);
        ck_assert_ptr_nonnull(small);
        arena_fail_at(small, ++nth);
        done = stance_resolve(&plan, &request, persona_of(request.persona),
                              NULL, small, &stance, &err);
        ck_assert_msg(done || err.kind == ERR_MEMORY, "allocation %zu", nth);
        arena_free(small);
    }
    ck_assert_uint_eq(nth, 4); // rules, thresholds, the finished rules
    leave();
}
END_TEST

TEST_MAIN("stance", tcase_add_loop_test(tc, request_has_its_stance, 0,
                                        sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, rule_may_run_for_some_request);
          tcase_add_test(tc, global_monitor_only_watches);
          tcase_add_test(tc, sample_is_a_share_of_sessions);
          tcase_add_test(tc, sample_without_a_session_goes_by_the_text);
          tcase_add_test(tc, outside_the_sample_all_is_watched);
          tcase_add_test(tc, plain_request_allocates_nothing);
          tcase_add_test(tc, without_memory_there_is_no_stance);)
