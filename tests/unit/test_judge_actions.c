/*
 * What becomes of a reply that drifts: every combination of what drift is
 * configured to do, the attempt, what moderation says and what could be
 * measured; and which of several candidates is chosen.
 */
#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/support_persona.h"

enum { DIM = SUPPORT_PERSONA_DIM };

static const char yaml[] =
    "schema: 1\n"
    "categories: {c: {}}\n"
    "fallbacks: {default: {pick: first, en: [\"One thing.\"]}}\n"
    "drift: {vector_scale: calibrated, fuse_weight: 1, min_chars: 20}\n"
    "rules:\n"
    "- {id: F, type: terms, terms: [flagged], category: c, action: flag}\n"
    "- {id: R, type: terms, terms: [secret], category: c, action: redact}\n"
    "- {id: FB, type: terms, terms: [refused], category: c, action: "
    "fallback}\n"
    "- {id: B, type: terms, terms: [blocked], category: c, action: block}\n"
    "- {id: W, type: terms, terms: [watched], category: c, action: block, "
    "mode: monitor}\n"
    "personas:\n"
    "- {id: warn, drift: {on_alert: warn}}\n"
    "- {id: recover, drift: {on_alert: auto_recover}}\n"
    "- {id: block, drift: {on_alert: block}}\n"
    "- {id: unknown_warn, drift: {on_alert: warn}}\n"
    "- {id: unknown_recover, drift: {on_alert: auto_recover}}\n"
    "- {id: unknown_block, drift: {on_alert: block}}\n";

static struct support_bench bench;

static void
bench_open(void)
{
    char path[] = "/tmp/leeway-print-XXXXXX", sets[3][96];
    static const char *const ids[] = {"warn", "recover", "block"};
    const char *overrides[5] = {"drift.background=config/voice/background.bin"};
    const int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    support_persona_write(path);
    for (size_t i = 0; i < 3; i++) {
        snprintf(sets[i], sizeof(sets[i]), "personas.%s.fingerprint=%s", ids[i],
                 path);
        overrides[i + 1] = sets[i];
    }
    bench = support_bench(support_engine_set(yaml, overrides));
    ck_assert_int_eq(unlink(path), 0);
}

static void
bench_close(void)
{
    support_bench_clear(&bench);
}

/* ------------------------------------------------------------- what there is
 */

static const struct {
    const char *persona;             /* and unknown_ before it */
    enum envelope_action actions[3]; /* of an alert, by attempt 0, 1, 16 */
} configured[] = {
    {"warn", {ACTION_SHIP, ACTION_SHIP, ACTION_SHIP}},
    {"recover", {ACTION_REGENERATE, ACTION_SHIP, ACTION_SHIP}},
    {"block", {ACTION_BLOCK, ACTION_BLOCK, ACTION_BLOCK}},
};

static const long long attempts[] = {0, 1, 16};

static const struct {
    const char *word;
    enum envelope_verdict verdict;
    enum envelope_action action, would;
    bool outranks; /* drift is not heard */
} moderated[] = {
    {"clean", VERDICT_PASS, ACTION_SHIP, ACTION_SHIP, false},
    {"flagged", VERDICT_FLAG, ACTION_SHIP, ACTION_SHIP, false},
    {"watched", VERDICT_PASS, ACTION_SHIP, ACTION_BLOCK, false},
    {"secret", VERDICT_REDACT, ACTION_REDACT, ACTION_REDACT, true},
    {"refused", VERDICT_REFUSE, ACTION_FALLBACK, ACTION_FALLBACK, true},
    {"blocked", VERDICT_REFUSE, ACTION_BLOCK, ACTION_BLOCK, true},
};

static const float near_by[DIM] = {1, 1, 1, 1, 1, 1, 1, 1};
static const float far_off[DIM] = {1, -1, 1, -1, 1, -1, 1, -1};
static const float broken[DIM] = {1, NAN};

static const struct {
    enum envelope_drift_status status;
    const char *model;
    const float *values;
    bool alert, is_short, unknown;
    enum request_role role;
} measured[] = {
    {DRIFT_OK, "m1", near_by, false, false, false, REQUEST_ASSISTANT},
    {DRIFT_OK, "m1", far_off, true, false, false, REQUEST_ASSISTANT},
    {DRIFT_LOW_EVIDENCE, "m1", far_off, false, true, false, REQUEST_ASSISTANT},
    {DRIFT_BAD_VECTOR, "m1", broken, false, false, false, REQUEST_ASSISTANT},
    {DRIFT_MODEL_MISMATCH, "m3", far_off, false, false, false,
     REQUEST_ASSISTANT},
    {DRIFT_UNAVAILABLE, "m2", far_off, false, false, false, REQUEST_ASSISTANT},
    {DRIFT_NO_FINGERPRINT, "m1", far_off, false, false, true,
     REQUEST_ASSISTANT},
    {DRIFT_NOT_APPLICABLE, "m1", far_off, false, false, false, REQUEST_TOOL},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One of the combinations, and what came of it. */
struct played {
    size_t configured, attempt, moderated, measured;
    const struct envelope *envelope;
};

static void
play(struct played *p)
{
    static char text[80], persona[32];
    static struct request_vector vector;
    static struct request_candidate candidate;

    snprintf(text, sizeof(text), "%s%s", moderated[p->moderated].word,
             measured[p->measured].is_short ? ""
                                            : " and more that is harmless");
    snprintf(persona, sizeof(persona), "%s%s",
             measured[p->measured].unknown ? "unknown_" : "",
             configured[p->configured].persona);
    vector =
        (struct request_vector){.model = text_of(measured[p->measured].model),
                                .values = measured[p->measured].values,
                                .dim = DIM};
    candidate = (struct request_candidate){
        .text = text_of(text), .vectors = &vector, .vector_count = 1};
    struct request request = support_request(&candidate);
    request.persona = text_of(persona);
    request.role = measured[p->measured].role;
    request.attempt = attempts[p->attempt];
    p->envelope = support_judge(&bench, &request);
}

/* Moderation first; then what drift is configured to do, if it alerts. */
static enum envelope_action
action_wanted(const struct played *p)
{
    return moderated[p->moderated].outranks || !measured[p->measured].alert
               ? moderated[p->moderated].action
               : configured[p->configured].actions[p->attempt];
}

static enum envelope_action
would_wanted(const struct played *p)
{
    const enum envelope_action would = moderated[p->moderated].would;

    return would != ACTION_SHIP || !measured[p->measured].alert
               ? would
               : configured[p->configured].actions[p->attempt];
}

static void
check_envelope(const struct played *p)
{
    const struct envelope *e = p->envelope;
    const enum envelope_action action = action_wanted(p);
    const bool by_drift =
        action != moderated[p->moderated].action; // drift never ships alone
    char which[200];

    snprintf(which, sizeof(which),
             "%s, attempt %lld, %s, %s: action %s, would %s, %s",
             configured[p->configured].persona, attempts[p->attempt],
             moderated[p->moderated].word,
             envelope_drift_names[measured[p->measured].status],
             envelope_action_names[e->action],
             envelope_action_names[e->would_action],
             envelope_drift_names[e->drift.status]);
    ck_assert_msg(e->drift.status == measured[p->measured].status &&
                      e->drift.alert == measured[p->measured].alert,
                  "%s", which);
    ck_assert_msg(e->verdict == moderated[p->moderated].verdict, "%s", which);
    ck_assert_msg(e->action == action, "%s", which);
    ck_assert_msg(e->would_action == would_wanted(p), "%s", which);
    ck_assert_msg(text_is(e->decided_by.kind, "drift") == by_drift, "%s",
                  which);
    // What is to be shown instead is there exactly where something is.
    ck_assert_msg((e->content.at != NULL) ==
                      (action == ACTION_REDACT || action == ACTION_REGENERATE ||
                       action == ACTION_FALLBACK),
                  "%s", which);
    ck_assert_msg((e->error_code != NULL) == (action == ACTION_BLOCK), "%s",
                  which);
    if (action == ACTION_BLOCK) {
        ck_assert_msg(strcmp(e->error_code, by_drift
                                                ? "drift_blocked"
                                                : "moderation_blocked") == 0 &&
                          e->error_http == (by_drift ? 409 : 422),
                      "%s: %s", which, e->error_code);
    }
    size_t drift_alerts = 0;
    for (size_t i = 0; i < e->alert_count; i++) {
        drift_alerts += text_is(e->alerts[i].type, "persona.audit_failed");
    }
    ck_assert_msg(drift_alerts == measured[p->measured].alert, "%s", which);
}

START_TEST(moderation_first_then_what_drift_is_configured_to_do)
{
    struct played p = {.configured = 0};

    for (p.configured = 0; p.configured < COUNT(configured); p.configured++) {
        for (p.attempt = 0; p.attempt < COUNT(attempts); p.attempt++) {
            for (p.moderated = 0; p.moderated < COUNT(moderated);
                 p.moderated++) {
                for (p.measured = 0; p.measured < COUNT(measured);
                     p.measured++) {
                    play(&p);
                    check_envelope(&p);
                }
            }
        }
    }
}
END_TEST

/* ------------------------------------------------------------------- chosen
 */

/* Nearer and farther ones of each action, and what cannot be measured. */
static const struct {
    const char *text;
    const float *values;
} candidates[] = {
    {"a clean text that is long enough", near_by},
    {"a clean text that is long enough", far_off}, /* regenerate, or blocked */
    {"a clean text that is long enough", broken},
    {"a secret text that is long enough", near_by},
    {"a secret text that is long enough", far_off},
    {"a refused text that is long enough", broken},
    {"a blocked text that is long enough", near_by},
};

/* Mildest, then nearest, an unmeasured one last, then first. */
static size_t
wanted(const struct judge_result *r)
{
    size_t best = 0;

    for (size_t i = 1; i < r->count; i++) {
        const struct envelope *a = &r->envelopes[i], *b = &r->envelopes[best];
        const double x = isnan(a->drift.score) ? 2 : a->drift.score;
        const double y = isnan(b->drift.score) ? 2 : b->drift.score;
        if (a->action < b->action || (a->action == b->action && x < y)) {
            best = i;
        }
    }
    return best;
}

/* Every three candidates, in every order, of a persona (_i). */
START_TEST(the_mildest_then_the_nearest_then_the_first_is_chosen)
{
    enum { MANY = COUNT(candidates) };

    for (size_t n = 0; n < MANY * MANY * MANY; n++) {
        const size_t order[] = {n % MANY, n / MANY % MANY, n / MANY / MANY};
        struct request_candidate three[3];
        struct request_vector vectors[3];
        for (size_t k = 0; k < 3; k++) {
            vectors[k] =
                (struct request_vector){.model = TEXT("m1"),
                                        .values = candidates[order[k]].values,
                                        .dim = DIM};
            three[k] = (struct request_candidate){
                .text = text_of(candidates[order[k]].text),
                .vectors = &vectors[k],
                .vector_count = 1};
        }
        for (long long attempt = 0; attempt < 2; attempt++) {
            struct request request = support_request(three);
            request.candidate_count = 3;
            request.persona = text_of(configured[_i].persona);
            request.attempt = attempt;
            (void)support_judge(&bench, &request);
            ck_assert_msg(bench.result.chosen == wanted(&bench.result),
                          "%zu, %zu, %zu, attempt %lld: %zu", order[0],
                          order[1], order[2], attempt, bench.result.chosen);
        }
    }
}
END_TEST

TEST_MAIN(
    "judge_actions", tcase_add_checked_fixture(tc, bench_open, bench_close);
    tcase_add_test(tc, moderation_first_then_what_drift_is_configured_to_do);
    tcase_add_loop_test(tc,
                        the_mildest_then_the_nearest_then_the_first_is_chosen,
                        0, COUNT(configured));)
