#include "sidecar/engine/selftest_expect.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"

void
selftest_expect_fault(struct selftest_faults *faults, const char *key,
                      const char *what, struct text shown)
{
    if (faults->count < SELFTEST_FAULTS) {
        struct selftest_fault *f = &faults->at[faults->count++];
        const struct text part =
            utf8_cut(shown, sizeof(f->said) - 1 - strlen(what));
        f->key = key;
        snprintf(f->said, sizeof(f->said), "%s%.*s", what, TEXT_ARGS(part));
    }
}

const struct envelope_hit *
selftest_expect_hit(const struct envelope *e, struct text rule)
{
    for (size_t i = 0; i < e->hit_count; i++) {
        if (text_equal(e->hits[i].rule, rule)) {
            return &e->hits[i];
        }
    }
    return NULL;
}

static void
check_ids(const struct config_test *test, const struct envelope *e,
          struct selftest_faults *faults)
{
    for (size_t i = 0; i < test->expect_ids.count; i++) {
        if (selftest_expect_hit(e, test->expect_ids.at[i]) == NULL) {
            selftest_expect_fault(faults, "expect_ids", "no hit of ",
                                  test->expect_ids.at[i]);
        }
    }
    for (size_t i = 0; i < test->no_expect_ids.count; i++) {
        if (selftest_expect_hit(e, test->no_expect_ids.at[i]) != NULL) {
            selftest_expect_fault(faults, "no_expect_ids", "a hit of ",
                                  test->no_expect_ids.at[i]);
        }
    }
    for (size_t i = 0; test->isolated && i < e->hit_count; i++) {
        if (!config_texts_hold(&test->expect_ids, e->hits[i].rule)) {
            selftest_expect_fault(faults, "isolated", "also a hit of ",
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

/* A ship may be a flag: what only would flag does not show as an action. */
static enum config_action
would_action(const struct envelope *e, enum config_action action)
{
    switch (e->would_action) {
    case ACTION_BLOCK:
        return CONFIG_BLOCK;
    case ACTION_FALLBACK:
        return CONFIG_FALLBACK;
    case ACTION_REDACT:
        return CONFIG_REDACT;
    case ACTION_SHIP:
    case ACTION_REGENERATE:
    case ACTIONS:
        break;
    }
    return action;
}

/* "hate=>= 0.6": does the category's score compare so? */
static bool
score_holds(struct text wanted, const struct envelope *e, double *score)
{
    const char *equals = memchr(wanted.at, '=', wanted.len);
    const size_t name = equals != NULL ? (size_t)(equals - wanted.at) : 0;
    const struct text id = text_part(wanted, 0, name);
    char words[32], sign[3] = "";
    double limit = 0;

    *score = 0;
    for (size_t i = 0; i < e->category_count; i++) {
        if (text_equal(e->categories[i].name, id)) {
            *score = e->categories[i].score;
        }
    }
    snprintf(words, sizeof(words), "%.*s",
             TEXT_ARGS(text_part(wanted, name + 1, wanted.len)));
    if (sscanf(words, " %2[<>=] %lf", sign, &limit) != 2) {
        return false;
    }
    return strcmp(sign, ">=") == 0   ? *score >= limit
           : strcmp(sign, "<=") == 0 ? *score <= limit
           : strcmp(sign, ">") == 0  ? *score > limit
           : strcmp(sign, "<") == 0  ? *score < limit
                                     : !(*score < limit || *score > limit);
}

static void
check_scores(const struct config_test *test, const struct envelope *e,
             struct selftest_faults *faults)
{
    for (size_t i = 0; i < test->category_scores.count; i++) {
        double score;
        if (!score_holds(test->category_scores.at[i], e, &score)) {
            char found[128];
            snprintf(found, sizeof(found), "%.*s does not hold: it is %.4f",
                     TEXT_ARGS(test->category_scores.at[i]), score);
            selftest_expect_fault(faults, "category_scores", "",
                                  text_of(found));
        }
    }
}

static void
check_action(const struct config_test *test, const struct envelope *e,
             struct selftest_faults *faults)
{
    static const char *const names[] = {"allow", "flag", "redact", "fallback",
                                        "block"};
    const enum config_action action = moderation_action(e);
    const enum config_action would = would_action(e, action);

    if (test->action_given && action != test->action) {
        selftest_expect_fault(faults, "action", "the action is ",
                              text_of(names[action]));
    }
    if (test->would_action_given && would != test->would_action) {
        selftest_expect_fault(faults, "would_action", "it would be ",
                              text_of(names[would]));
    }
    if (test->redacted.at != NULL &&
        !(e->content.at != NULL && text_equal(e->content, test->redacted))) {
        selftest_expect_fault(faults, "redacted", "the content is ",
                              e->content.at != NULL ? e->content
                                                    : TEXT("not replaced"));
    }
}

struct envelope_span
selftest_expect_span(const struct envelope_hit *hit, enum config_span_unit unit)
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
check_spans(const struct config_test *test, const struct envelope *e,
            struct selftest_faults *faults)
{
    size_t at = 0;

    if (test->span_count == 0 || test->expect_ids.count == 0) {
        return;
    }
    for (size_t i = 0; i < e->hit_count; i++) {
        if (!text_equal(e->hits[i].rule, test->expect_ids.at[0])) {
            continue;
        }
        const struct envelope_span span =
            selftest_expect_span(&e->hits[i], test->span_unit);
        if (at == test->span_count ||
            (long long)span.from != test->spans[2 * at] ||
            (long long)span.to != test->spans[2 * at + 1]) {
            char found[64];
            snprintf(found, sizeof(found), "[%zu, %zu]", span.from, span.to);
            selftest_expect_fault(faults, "spans", "hit ", text_of(found));
            return;
        }
        at++;
    }
    if (at < test->span_count) {
        selftest_expect_fault(faults, "spans", "fewer hits than spans",
                              TEXT(""));
    }
}

void
selftest_expect(const struct config_test *test, const struct envelope *e,
                struct selftest_faults *faults)
{
    check_ids(test, e, faults);
    check_action(test, e, faults);
    check_scores(test, e, faults);
    check_spans(test, e, faults);
}
