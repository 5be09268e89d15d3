#include "sidecar/engine/selftest.h"

#include <math.h>

#include "sidecar/engine/judge.h"

struct runner {
    const struct engine *engine;
    struct problems *problems;
    struct judge *judge;
    size_t failed;
};

/* What is being tested, for messages. */
struct subject {
    const struct node *node;
    struct text owner; /* "rules.PII_CARD.tests", "fallbacks.crisis" */
};

static void
complain(struct runner *r, const struct subject *s, const char *key,
         const char *what, struct text shown)
{
    char path[ERR_PATH_BYTES];

    r->failed++;
    snprintf(path, sizeof(path), "%.*s", TEXT_ARGS(s->owner));
    place_problem(r->problems, node_place(s->node, key), path, "%s%.*s", what,
                  TEXT_ARGS(shown));
}

static bool
judge_text(struct runner *r, const struct subject *s,
           const struct request *request, struct envelope **out)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    struct judge_result result;
    struct err err;

    if (!judge_begin(r->judge, r->engine, &err) ||
        !judge_request(r->judge, r->engine, request, &terms, &result, &err)) {
        complain(r, s, "text",
                 "the text could not be judged: ", text_of(err.message));
        return false;
    }
    *out = &result.envelopes[0];
    return true;
}

static bool
has_hit(const struct envelope *e, struct text rule)
{
    for (size_t i = 0; i < e->hit_count; i++) {
        if (text_equal(e->hits[i].rule, rule)) {
            return true;
        }
    }
    return false;
}

static bool
among(struct text id, const struct config_texts *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (text_equal(ids->at[i], id)) {
            return true;
        }
    }
    return false;
}

static void
check_ids(struct runner *r, const struct subject *s,
          const struct config_test *test, const struct envelope *e)
{
    for (size_t i = 0; i < test->expect_ids.count; i++) {
        if (!has_hit(e, test->expect_ids.at[i])) {
            complain(r, s, "expect_ids", "test failed: no hit of ",
                     test->expect_ids.at[i]);
        }
    }
    for (size_t i = 0; i < test->no_expect_ids.count; i++) {
        if (has_hit(e, test->no_expect_ids.at[i])) {
            complain(r, s, "no_expect_ids", "test failed: a hit of ",
                     test->no_expect_ids.at[i]);
        }
    }
    for (size_t i = 0; test->isolated && i < e->hit_count; i++) {
        if (!among(e->hits[i].rule, &test->expect_ids)) {
            complain(r, s, "isolated", "test failed: also a hit of ",
                     e->hits[i].rule);
        }
    }
}

/* The rules' side of an envelope: what drift would do is not tested here. */
static enum config_action
moderation_action(const struct envelope *e)
{
    switch (e->verdict) {
    case VERDICT_PASS:
        return CONFIG_NONE;
    case VERDICT_FLAG:
        return CONFIG_FLAG;
    case VERDICT_REDACT:
        return CONFIG_REDACT;
    case VERDICT_REFUSE:
    case VERDICTS:
        break;
    }
    return e->action == ACTION_BLOCK ? CONFIG_BLOCK : CONFIG_FALLBACK;
}

static void
check_action(struct runner *r, const struct subject *s,
             const struct config_test *test, const struct envelope *e)
{
    static const char *const names[] = {"allow", "flag", "redact", "fallback",
                                        "block"};
    const enum config_action action = moderation_action(e);

    if (test->action_given && action != test->action) {
        complain(r, s, "action", "test failed: the action is ",
                 text_of(names[action]));
    }
    if (test->redacted.at != NULL &&
        !(e->content.at != NULL && text_equal(e->content, test->redacted))) {
        complain(r, s, "redacted", "test failed: the content is ",
                 e->content.at != NULL ? e->content : TEXT("not replaced"));
    }
}

static struct envelope_span
span_in(const struct envelope_hit *hit, enum config_span_unit unit)
{
    switch (unit) {
    case CONFIG_CODE_POINT:
        return hit->code_points;
    case CONFIG_BYTE:
        return hit->bytes;
    case CONFIG_UTF16:
        break;
    }
    return hit->utf16;
}

static void
check_spans(struct runner *r, const struct subject *s,
            const struct config_test *test, const struct envelope *e)
{
    size_t at = 0;

    if (test->span_count == 0 || test->expect_ids.count == 0) {
        return;
    }
    for (size_t i = 0; i < e->hit_count; i++) {
        if (!text_equal(e->hits[i].rule, test->expect_ids.at[0])) {
            continue;
        }
        const struct envelope_span span = span_in(&e->hits[i], test->span_unit);
        if (at == test->span_count ||
            (long long)span.from != test->spans[2 * at] ||
            (long long)span.to != test->spans[2 * at + 1]) {
            char found[64];
            snprintf(found, sizeof(found), "[%zu, %zu]", span.from, span.to);
            complain(r, s, "spans", "test failed: hit ", text_of(found));
            return;
        }
        at++;
    }
    if (at < test->span_count) {
        complain(r, s, "spans", "test failed: fewer hits than spans", TEXT(""));
    }
}

/* The test's own role where it names one: an absent one reads "assistant". */
static enum request_role
role_of(const struct config_test *test, enum request_role otherwise)
{
    for (int i = 0; request_role_names[i] != NULL; i++) {
        if (node_get(test->node, "role") != NULL &&
            text_is(test->role, request_role_names[i])) {
            return (enum request_role)i;
        }
    }
    return otherwise;
}

static void
run_test(struct runner *r, const struct config_test *test, struct text owner,
         enum request_role role)
{
    const struct subject s = {test->node, owner};
    const struct request_candidate candidate = {.text = test->text};
    const struct request request = {.op = REQUEST_SCORE,
                                    .deadline_ms = -1,
                                    .turn = -1,
                                    .persona = test->persona,
                                    .locale = test->locale,
                                    .role = role_of(test, role),
                                    .candidates = &candidate,
                                    .candidate_count = 1,
                                    .system_prompt = test->system_prompt,
                                    .drift_threshold = (double)NAN};
    struct envelope *envelope;

    if (judge_text(r, &s, &request, &envelope)) {
        check_ids(r, &s, test, envelope);
        check_action(r, &s, test, envelope);
        check_spans(r, &s, test, envelope);
    }
}

static void
run_rule(struct runner *r, const struct rule *rule)
{
    const enum request_role role = rule->config->directions == CONFIG_INPUT
                                       ? REQUEST_USER
                                       : REQUEST_ASSISTANT;
    char owner[ERR_PATH_BYTES];

    for (size_t i = 0; rule->active && i < rule->config->test_count; i++) {
        snprintf(owner, sizeof(owner), "rules.%.*s.tests[%zu]",
                 TEXT_ARGS(rule->config->id), i);
        run_test(r, &rule->config->tests[i], text_of(owner), role);
    }
}

static void
run_lines(struct runner *r, const struct config_pool *pool,
          const struct config_lines *lines)
{
    char owner[ERR_PATH_BYTES];

    for (size_t i = 0; i < lines->lines.count; i++) {
        const struct request_candidate candidate = {.text = lines->lines.at[i]};
        const struct request request = {.op = REQUEST_SCORE,
                                        .deadline_ms = -1,
                                        .turn = -1,
                                        .locale = lines->locale,
                                        .candidates = &candidate,
                                        .candidate_count = 1,
                                        .drift_threshold = (double)NAN};
        struct envelope *envelope;
        snprintf(owner, sizeof(owner), "fallbacks.%.*s.%.*s[%zu]",
                 TEXT_ARGS(pool->id), TEXT_ARGS(lines->locale), i);
        const struct subject s = {lines->node, text_of(owner)};
        if (judge_text(r, &s, &request, &envelope) &&
            envelope->verdict != VERDICT_PASS) {
            complain(r, &s, "", "this line is itself flagged, by ",
                     envelope->decided_by.id);
        }
    }
}

bool
selftest_engine(const struct engine *engine, struct problems *problems)
{
    const struct config *config = engine->config;
    struct runner r = {.engine = engine,
                       .problems = problems,
                       .judge =
                           judge_new((size_t)config->limits.request_memory)};

    if (r.judge == NULL) {
        place_problem(problems, (struct place){"", 0, 0}, "",
                      "out of memory for the rule tests");
        return false;
    }
    for (size_t i = 0; i < rules_count(engine->rules); i++) {
        run_rule(&r, rules_at(engine->rules, i));
    }
    for (size_t i = 0; i < config->test_count; i++) {
        char owner[ERR_PATH_BYTES];
        snprintf(owner, sizeof(owner), "tests[%zu]", i);
        run_test(&r, &config->tests[i], text_of(owner), REQUEST_ASSISTANT);
    }
    for (size_t i = 0; i < config->pool_count; i++) {
        for (size_t k = 0; k < config->fallbacks[i].locale_count; k++) {
            run_lines(&r, &config->fallbacks[i],
                      &config->fallbacks[i].locales[k]);
        }
    }
    judge_free(r.judge);
    return r.failed == 0;
}
