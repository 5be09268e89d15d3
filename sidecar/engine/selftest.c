#include "sidecar/engine/selftest_expect.h"

#include <math.h>
#include <stdio.h>

#include "proto/encode.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fallback.h"
#include "sidecar/engine/judge.h"

enum { MUTATED_BYTES = 64 << 20, ENVELOPE_BYTES = 64 << 20, SEED = 1 };

const char *const selftest_way_names[SELFTEST_WAYS + 1] = {
    "plain", "mutated", "chunked", "fallback_line", NULL};

struct runner {
    const struct engine *engine;
    const struct selftest_plan *plan;
    struct selftest_counts *counts;
    struct judge *judge;
    struct arena *arena; /* of mutated texts */
    struct selftest_faults faults;
    struct request_candidate candidate;
    char set[160]; /* "@brief": that a rule of a set is tested with */
    struct text set_item;
};

/* ------------------------------------------------------------------ judging */

static bool
judge_text(struct runner *r, struct judge *judge, struct request *request,
           struct text text, const struct envelope **out)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    struct judge_result result;
    struct err err;

    r->candidate = (struct request_candidate){.text = text};
    request->candidates = &r->candidate;
    request->candidate_count = 1;
    if (!judge_begin(judge, r->engine, &err) ||
        !judge_request(judge, r->engine, request, &terms, &result, &err)) {
        selftest_expect_fault(
            &r->faults, "text",
            "the text could not be judged: ", text_of(err.message));
        *out = NULL;
        return false;
    }
    *out = &result.envelopes[0];
    return true;
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

static struct request
request_of(struct runner *r, const struct config_test *test,
           const struct config_rule *rule)
{
    const struct config_texts *guardrails = &test->extra_guardrails;
    struct request_texts items = {guardrails->at, guardrails->count};

    const enum request_role role =
        rule != NULL && rule->directions == CONFIG_INPUT ? REQUEST_USER
                                                         : REQUEST_ASSISTANT;

    if (rule != NULL && rule->guardrail >= 0 && items.count == 0) {
        // A set's own rules are tested where the set is asked for.
        const struct text set =
            r->engine->config->guardrails[rule->guardrail].id;
        const int len =
            snprintf(r->set, sizeof(r->set), "@%.*s", TEXT_ARGS(set));
        r->set_item = (struct text){r->set, (size_t)len};
        items = (struct request_texts){&r->set_item, 1};
    }
    return (struct request){.op = REQUEST_SCORE,
                            .guardrails = items,
                            .deadline_ms = -1,
                            .turn = -1,
                            .persona = test->persona,
                            .locale = test->locale,
                            .role = role_of(test, role),
                            .system_prompt = test->system_prompt,
                            .drift_threshold = (double)NAN};
}

/* ------------------------------------------------------------------ telling */

static void
tell(struct runner *r, struct selftest_outcome *o)
{
    o->faults = r->faults.at;
    o->fault_count = r->faults.count;
    if (o->skipped != NULL) {
        r->counts->skipped++;
    } else if (o->fault_count > 0) {
        r->counts->failed++;
    } else {
        r->counts->passed++;
    }
    if (r->plan->told != NULL) {
        r->plan->told(r->plan->context, o);
    }
    r->faults.count = 0;
}

/* ------------------------------------------------------------------ mutated */

/* The rule's own `mutate`, as kinds. */
static unsigned
kinds_given(const struct config_rule *rule)
{
    static const struct {
        int bit; /* enum config_mutation */
        enum mutate_kind kind;
    } kinds[] = {{CONFIG_MUTATE_CASING, MUTATE_CASING},
                 {CONFIG_MUTATE_ZERO_WIDTH, MUTATE_ZERO_WIDTH},
                 {CONFIG_MUTATE_CONFUSABLE, MUTATE_CONFUSABLE},
                 {CONFIG_MUTATE_FULLWIDTH, MUTATE_FULLWIDTH},
                 {CONFIG_MUTATE_DIACRITIC, MUTATE_DIACRITIC},
                 {CONFIG_MUTATE_ENTITY, MUTATE_ENTITY},
                 {CONFIG_MUTATE_LEET, MUTATE_LEET},
                 {CONFIG_MUTATE_SPACED, MUTATE_SPACED},
                 {CONFIG_MUTATE_STRETCHED, MUTATE_STRETCHED}};
    unsigned out = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        out |=
            (rule->mutate & kinds[i].bit) != 0 ? MUTATE_BIT(kinds[i].kind) : 0;
    }
    return out;
}

/* The words of its detector, or the digits, or nothing that could be hidden? */
unsigned
selftest_usual(const struct config_rule *rule)
{
    const unsigned digits =
        MUTATE_BIT(MUTATE_ZERO_WIDTH) | MUTATE_BIT(MUTATE_FULLWIDTH);

    if (rule->mutate_given) {
        return kinds_given(rule);
    }
    if (rule->robust == CONFIG_ROBUST_NONE) {
        return 0;
    }
    switch (rule->type) {
    case CONFIG_TERMS:
        return mutate_usual(rule->robust > CONFIG_ROBUST_BASIC);
    case CONFIG_REGEX: // reads the other views, but spells nothing out itself
    case CONFIG_PERSONA_BREAK:
    case CONFIG_PROMPT_LEAK:
        return mutate_usual(false);
    case CONFIG_PII:
        return digits;
    case CONFIG_LENGTH:
    case CONFIG_SECRET:
    case CONFIG_URL:
    case CONFIG_REPETITION:
    case CONFIG_FLOOD:
    case CONFIG_UNICODE:
    case CONFIG_LANGUAGE:
    case CONFIG_LINEAR:
    case CONFIG_COMPOSITE:
    case CONFIG_RULE_TYPES:
        break;
    }
    return 0;
}

/* The rule whose hit is mutated: the test's own, else the first expected. */
static const struct rule *
rule_looked_for(const struct runner *r, const struct config_test *test,
                const struct config_rule *own)
{
    const struct rule *first = NULL;

    for (size_t i = 0; i < rules_count(r->engine->rules); i++) {
        const struct rule *rule = rules_at(r->engine->rules, i);
        if (config_texts_hold(&test->expect_ids, rule->config->id)) {
            if (rule->config == own) {
                return rule;
            }
            first = first == NULL ? rule : first;
        }
    }
    return first;
}

static bool
is_covered(const struct envelope *e, struct text rule, struct span place)
{
    for (size_t i = 0; i < e->hit_count; i++) {
        const struct envelope_hit *h = &e->hits[i];
        if (text_equal(h->rule, rule) && h->bytes.from <= place.from &&
            h->bytes.to >= place.to) {
            return true;
        }
    }
    return false;
}

static void
expect_covered(struct runner *r, const struct selftest_outcome *o)
{
    const struct text id = o->looked_for->config->id;

    if (selftest_expect_hit(o->envelope, id) == NULL) {
        selftest_expect_fault(&r->faults, "mutate", "no hit of ", id);
    } else if (!is_covered(o->envelope, id, o->mutated)) {
        selftest_expect_fault(&r->faults, "mutate",
                              "no span covers the mutated place of ", id);
    }
}

static void
run_mutation(struct runner *r, struct selftest_outcome *o,
             struct request *request, struct span place)
{
    const struct mutate_how how = {o->mutation, SEED};
    struct mutate_result mutated;
    struct err err;

    arena_reset(r->arena);
    o->envelope = NULL;
    o->skipped = NULL;
    if (!mutate_text(o->test->text, place, how, r->arena, &mutated, &err)) {
        selftest_expect_fault(&r->faults, "mutate", "", text_of(err.message));
    } else if (mutated.changes == 0) {
        o->skipped = "nothing to change there";
        o->text = o->test->text;
    } else {
        const uint64_t start = clock_ns();
        o->text = mutated.text;
        o->mutated = mutated.place;
        if (judge_text(r, r->judge, request, o->text, &o->envelope)) {
            o->ns = clock_ns() - start;
            expect_covered(r, o);
        }
    }
    tell(r, o);
}

static void
run_mutations(struct runner *r, struct selftest_outcome *o,
              struct request *request, struct span place)
{
    const struct config_rule *rule = o->looked_for->config;
    const unsigned kinds = r->plan->usual       ? selftest_usual(rule)
                           : r->plan->own_kinds ? kinds_given(rule)
                           : rule->robust != CONFIG_ROBUST_NONE
                               ? r->plan->mutations
                               : 0;

    o->way = SELFTEST_MUTATED;
    for (int i = 0; i < MUTATE_KINDS; i++) {
        if ((kinds & MUTATE_BIT(i)) != 0) {
            o->mutation = (enum mutate_kind)i;
            run_mutation(r, o, request, place);
        }
    }
}

/* ------------------------------------------------------------------ chunked */

/* The end of the nth of `count` prefixes, on a character's boundary. */
static size_t
prefix_end(struct text text, size_t nth, size_t count)
{
    size_t end = text.len / count * nth + text.len % count * nth / count;

    while (end < text.len && utf8_inside((unsigned char)text.at[end])) {
        end++;
    }
    return end;
}

/* Judged whole by a judge with a past and by one without: the same bytes. */
static void
compare_whole(struct runner *r, struct selftest_outcome *o,
              struct request *request)
{
    struct judge *fresh =
        judge_new((size_t)r->engine->config->limits.request_memory);
    const struct envelope *other;
    struct buffer first, second;

    buffer_init(&first, ENVELOPE_BYTES);
    buffer_init(&second, ENVELOPE_BYTES);
    if (fresh == NULL) {
        selftest_expect_fault(&r->faults, "text", "out of memory", TEXT(""));
    } else if (judge_text(r, r->judge, request, o->text, &o->envelope) &&
               judge_text(r, fresh, request, o->text, &other)) {
        encode_envelope(&first, o->envelope);
        encode_envelope(&second, other);
        if (first.failed || second.failed ||
            !text_equal(buffer_text(&first), buffer_text(&second))) {
            selftest_expect_fault(&r->faults, "text",
                                  "another envelope after its prefixes",
                                  TEXT(""));
        }
    }
    buffer_clear(&first);
    buffer_clear(&second);
    judge_free(fresh);
}

static void
run_chunked(struct runner *r, struct selftest_outcome *o,
            struct request *request)
{
    const struct text whole = o->test->text;
    const size_t count =
        whole.len < SELFTEST_PREFIXES ? whole.len : SELFTEST_PREFIXES;
    const uint64_t start = clock_ns();

    o->way = SELFTEST_CHUNKED;
    o->skipped = NULL;
    o->text = whole;
    for (size_t i = 1; i < count; i++) {
        const struct text part =
            text_part(whole, 0, prefix_end(whole, i, count));
        if (!judge_text(r, r->judge, request, part, &o->envelope)) {
            break;
        }
    }
    if (r->faults.count == 0) {
        compare_whole(r, o, request);
    }
    o->ns = clock_ns() - start;
    tell(r, o);
}

/* ------------------------------------------------------------------- a test */

/* Is the first hit of the rule at a place, and not about the text as a whole?
 */
static bool
place_to_mutate(const struct selftest_outcome *o, struct span *place)
{
    const struct envelope_hit *hit =
        o->envelope != NULL && o->looked_for != NULL
            ? selftest_expect_hit(o->envelope, o->looked_for->config->id)
            : NULL;

    if (hit == NULL) {
        return false;
    }
    *place = (struct span){hit->bytes.from, hit->bytes.to};
    return true;
}

static const char *
reason_to_skip(const struct rule *rule, const struct config *config)
{
    if (rule == NULL || rule->active) {
        return NULL;
    }
    if (rule->config->mode == CONFIG_DISABLED) {
        return "the rule is disabled";
    }
    return rule->config->level > config->engine.level
               ? "the rule is above engine.level"
               : "the rule is not in force";
}

static void
run_test(struct runner *r, const struct config_test *test, const char *owner,
         const struct rule *own)
{
    const struct config_rule *config = own != NULL ? own->config : NULL;
    struct request request = request_of(r, test, config);
    struct selftest_outcome o = {.way = SELFTEST_PLAIN,
                                 .rule = config,
                                 .test = test,
                                 .node = test->node,
                                 .owner = owner,
                                 .text = test->text};
    struct span place;

    if (r->plan->wanted != NULL &&
        !r->plan->wanted(r->plan->context, config, test->node)) {
        return;
    }
    o.skipped = reason_to_skip(own, r->engine->config);
    if (o.skipped != NULL) {
        tell(r, &o);
        return;
    }
    o.looked_for = rule_looked_for(r, test, config);
    const uint64_t start = clock_ns();
    if (judge_text(r, r->judge, &request, test->text, &o.envelope)) {
        o.ns = clock_ns() - start;
        selftest_expect(test, o.envelope, &r->faults);
    }
    // A later run reuses the judge's memory.
    const bool positive = place_to_mutate(&o, &place);
    tell(r, &o);
    if (positive) {
        run_mutations(r, &o, &request, place);
    }
    if (positive && r->plan->chunked) {
        run_chunked(r, &o, &request);
    }
}

static void
run_line(struct runner *r, const struct config_lines *lines, struct text line,
         const char *owner)
{
    struct request request = {.op = REQUEST_SCORE,
                              .deadline_ms = -1,
                              .turn = -1,
                              .locale = lines->locale,
                              .drift_threshold = (double)NAN};
    struct selftest_outcome o = {.way = SELFTEST_LINE,
                                 .node = lines->node,
                                 .owner = owner,
                                 .text = fallback_fill(line, NULL, r->arena)};

    if (r->plan->wanted != NULL &&
        !r->plan->wanted(r->plan->context, NULL, lines->node)) {
        return;
    }
    const uint64_t start = clock_ns();
    if (o.text.at == NULL) {
        selftest_expect_fault(&r->faults, "", "out of memory", TEXT(""));
    } else if (judge_text(r, r->judge, &request, o.text, &o.envelope)) {
        o.ns = clock_ns() - start;
        if (o.envelope->verdict != VERDICT_PASS) {
            selftest_expect_fault(&r->faults, "",
                                  "this line is itself flagged, by ",
                                  o.envelope->decided_by.id);
        }
    }
    tell(r, &o);
}

/* ---------------------------------------------------------------- all of it */

static void
run_rules(struct runner *r)
{
    char owner[ERR_PATH_BYTES];

    for (size_t i = 0; i < rules_count(r->engine->rules); i++) {
        const struct rule *rule = rules_at(r->engine->rules, i);
        for (size_t k = 0; k < rule->config->test_count; k++) {
            snprintf(owner, sizeof(owner), "rules.%.*s.tests[%zu]",
                     TEXT_ARGS(rule->config->id), k);
            run_test(r, &rule->config->tests[k], owner, rule);
        }
    }
    for (size_t i = 0; i < r->engine->config->test_count; i++) {
        snprintf(owner, sizeof(owner), "tests[%zu]", i);
        run_test(r, &r->engine->config->tests[i], owner, NULL);
    }
}

static void
run_pool(struct runner *r, const struct config_pool *pool)
{
    char owner[ERR_PATH_BYTES];

    for (size_t k = 0; k < pool->locale_count; k++) {
        const struct config_lines *lines = &pool->locales[k];
        for (size_t i = 0; i < lines->lines.count; i++) {
            snprintf(owner, sizeof(owner), "fallbacks.%.*s.%.*s[%zu]",
                     TEXT_ARGS(pool->id), TEXT_ARGS(lines->locale), i);
            run_line(r, lines, lines->lines.at[i], owner);
        }
    }
}

bool
selftest_run(const struct engine *engine, const struct selftest_plan *plan,
             struct selftest_counts *out, struct err *err)
{
    const struct config *config = engine->config;
    struct runner r = {.engine = engine, .plan = plan, .counts = out};

    *out = (struct selftest_counts){0};
    r.judge = judge_new((size_t)config->limits.request_memory);
    r.arena = arena_new(MUTATED_BYTES);
    const bool ready = r.judge != NULL && r.arena != NULL;
    if (!ready) {
        err_memory(err, "the rule tests");
    } else {
        run_rules(&r);
    }
    for (size_t i = 0; ready && plan->lines && i < config->pool_count; i++) {
        run_pool(&r, &config->fallbacks[i]);
    }
    judge_free(r.judge);
    arena_free(r.arena);
    return ready;
}

/* ---------------------------------------------------------- while it is loaded
 */

static void
complain(void *context, const struct selftest_outcome *o)
{
    const char *prefix = o->way == SELFTEST_LINE ? "" : "test failed: ";

    for (size_t i = 0; i < o->fault_count; i++) {
        place_finding(context, node_place(o->node, o->faults[i].key), o->owner,
                      "%s%s", prefix, o->faults[i].said);
    }
}

bool
selftest_engine(const struct engine *engine, struct problems *problems)
{
    const struct selftest_plan plan = {.lines = true,
                                       .own_kinds = true,
                                       .told = complain,
                                       .context = problems};
    struct selftest_counts counts;
    struct err err;

    if (!selftest_run(engine, &plan, &counts, &err)) {
        place_problem(problems, (struct place){"", 0, 0}, "", "%s",
                      err.message);
        return false;
    }
    return counts.failed == 0;
}
