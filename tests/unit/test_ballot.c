#include "sidecar/engine/ballot.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

/* Category c has a rule that scores 0.7 by the word "mild"; d has none. */
#define YAML                                                                   \
    "schema: 1\n"                                                              \
    "engine: {cache: none, %s}\n"                                              \
    "categories:\n"                                                            \
    "  c: {aliases: {openai: toxic, mlcommons: S99}, %s}\n"                    \
    "  d: {aliases: {mlcommons: S99}}\n"                                       \
    "rules:\n"                                                                 \
    "- {id: MILD, type: terms, terms: [mild], category: c, score: 0.7}\n"      \
    "- {id: LOUD, type: terms, terms: [loud], category: d, action: redact}\n"

enum { CLASSIFIERS = 32, NAMES = 64 };

/* "a.c=0.9 a.d=nil b.c=0.1" as a request has it. */
struct brought {
    struct request_classifier at[CLASSIFIERS];
    struct request_score scores[CLASSIFIERS][4];
    char names[NAMES][32];
    size_t count, used;
};

static struct text
kept(struct brought *b, const char *from, size_t len)
{
    ck_assert(b->used < NAMES && len < sizeof(b->names[0]));
    memcpy(b->names[b->used], from, len);
    return (struct text){b->names[b->used++], len};
}

static void
bring(const char *said, struct brought *b)
{
    *b = (struct brought){.count = 0};
    for (const char *at = said + strspn(said, " "); *at != '\0';
         at += strspn(at, " ")) {
        const char *dot = strchr(at, '.'), *equals = strchr(at, '=');
        const struct text name = {at, (size_t)(dot - at)};
        size_t i = 0;
        while (i < b->count && !text_equal(b->at[i].name, name)) {
            i++;
        }
        if (i == b->count) {
            b->at[i] = (struct request_classifier){
                .name = kept(b, name.at, name.len), .scores = b->scores[i]};
            b->count++;
        }
        char *end = NULL;
        const double value = strncmp(equals + 1, "nil", 3) == 0
                                 ? (double)NAN
                                 : strtod(equals + 1, &end);
        b->scores[i][b->at[i].count++] = (struct request_score){
            kept(b, dot + 1, (size_t)(equals - dot - 1)), value};
        at = end != NULL ? end : equals + 4;
    }
}

/* "refuse fallback by votes c; c carried 2/0/1": all that the votes come to. */
static const char *
told(const struct envelope *e)
{
    static char said[4096];
    size_t len = (size_t)snprintf(
        said, sizeof(said), "%s %s by %.*s %.*s",
        envelope_verdict_names[e->verdict], envelope_action_names[e->action],
        TEXT_ARGS(e->decided_by.kind), TEXT_ARGS(e->decided_by.id));

    if (e->would_action != e->action) {
        len += (size_t)snprintf(said + len, sizeof(said) - len, " would %s",
                                envelope_action_names[e->would_action]);
    }
    for (size_t i = 0; i < e->category_count; i++) {
        const struct envelope_category *c = &e->categories[i];
        if (c->votes.outcome.len > 0) {
            len += (size_t)snprintf(
                said + len, sizeof(said) - len, "; %.*s %.*s %zu/%zu/%zu%s",
                TEXT_ARGS(c->name), TEXT_ARGS(c->votes.outcome), c->votes.yes,
                c->votes.no, c->votes.abstained, c->flagged ? " flagged" : "");
        }
    }
    return said;
}

#define OF_AB "votes: {of: [a, b], k: 2, action: fallback}"

static const struct {
    const char *engine; /* in engine, besides the cache */
    const char *c;      /* in the category */
    const char *scores, *text, *told;
} rows[] = {
    /* no votes anywhere */
    {"", "", "", "hello", "pass ship by  "},
    /* named in the configuration: held for every reply */
    {"votes: {of: [a], on_too_few: flag}", "", "a.c=0.1 a.d=0.1", "hello",
     "flag ship by votes harassment; harassment no_quorum 0/0/1 flagged; ..."},
    {"", OF_AB, "", "hello", "pass ship by  ; c no_quorum 0/0/2"},
    {"", OF_AB, "a.c=0.5 b.c=0.5", "hello",
     "refuse fallback by votes c; c carried 2/0/0 flagged"},
    {"", OF_AB, "a.c=0.5 b.c=0.4999", "hello",
     "pass ship by  ; c not_carried 1/1/0"},
    {"", OF_AB, "a.c=0.9", "hello", "pass ship by  ; c no_quorum 1/0/1"},
    {"", OF_AB, "a.c=0.9 b.c=nil", "hello",
     "pass ship by  ; c no_quorum 1/0/1"},
    {"", OF_AB, "a.c=0.9 b.d=0.9", "hello",
     "flag ship by votes d; c no_quorum 1/0/1; d carried 1/0/0 flagged"},
    /* whoever is not named has no vote */
    {"", OF_AB, "a.c=0.9 x.c=0.9 y.c=0.9", "hello",
     "pass ship by  ; c no_quorum 1/0/1"},
    /* k of n */
    {"", "votes: {of: [a, b, v], k: 2, action: flag}",
     "a.c=0.9 b.c=0.1 v.c=0.8", "hello",
     "flag ship by votes c; c carried 2/1/0 flagged"},
    {"", "votes: {of: [a, b, v], k: 3, action: block}",
     "a.c=0.9 b.c=0.1 v.c=0.8", "hello", "pass ship by  ; c not_carried 2/1/0"},
    {"", "votes: {of: [a, b, v], k: 1, action: block}", "v.c=0.5", "hello",
     "refuse block by votes c; c carried 1/0/2 flagged"},
    /* thresholds */
    {"", "votes: {of: [a], threshold: 0.8}", "a.c=0.79", "hello",
     "pass ship by  ; c not_carried 0/1/0"},
    {"", "votes: {of: [a], threshold: 0.8}", "a.c=0.8", "hello",
     "flag ship by votes c; c carried 1/0/0 flagged"},
    /* our own score is a vote too */
    {"", "votes: {of: [a], k: 2, count_self: true}", "a.c=0.9", "hello",
     "pass ship by  ; c not_carried 1/1/0"},
    {"", "votes: {of: [a], k: 2, count_self: true}", "a.c=0.9", "mild",
     "flag ship by votes c; c carried 2/0/0 flagged"},
    {"", "votes: {of: [a], k: 2, count_self: true, threshold: 0.75}", "a.c=0.9",
     "mild", "pass ship by  ; c not_carried 1/1/0"},
    /* quorum, and what too few come to */
    {"", "votes: {of: [a, b], k: 2, on_too_few: fallback}", "a.c=0.9", "hello",
     "refuse fallback by votes c; c no_quorum 1/0/1 flagged"},
    {"", "votes: {of: [a, b], k: 1, quorum: 2, on_too_few: block}", "a.c=0.1",
     "hello", "refuse block by votes c; c no_quorum 0/1/1 flagged"},
    {"", "votes: {of: [a, b], k: 1, quorum: 2, on_too_few: block}", "a.c=0.9",
     "hello", "flag ship by votes c; c carried 1/0/1 flagged"},
    {"", "votes: {of: [a, b], k: 1, quorum: 2, on_too_few: block}",
     "a.c=0.1 b.c=0.2", "hello", "pass ship by  ; c not_carried 0/2/0"},
    /* named in the request: on the categories that it names */
    {"", "", "a.c=0.9", "hello",
     "flag ship by votes c; c carried 1/0/0 flagged"},
    {"", "", "a.c=0.1", "hello", "pass ship by  ; c not_carried 0/1/0"},
    {"votes: {k: 2}", "", "a.c=0.9 b.c=0.9 v.d=0.9", "hello",
     "flag ship by votes c; c carried 2/0/0 flagged; d no_quorum 1/0/0"},
    {"votes: {k: 2}", "", "a.c=0.9 b.c=nil", "hello",
     "pass ship by  ; c no_quorum 1/0/1"},
    {"votes: {k: 2, on_too_few: block}", "", "a.c=0.1", "hello",
     "refuse block by votes c; c no_quorum 0/1/0 flagged"},
    {"votes: {k: 2, on_too_few: block}", "", "a.zzz=0.1", "hello",
     "pass ship by  "},
    /* a category's own votes take the place of everybody's */
    {"votes: {k: 9}", "votes: {k: 1, action: block}", "a.c=0.9 a.d=0.9",
     "hello",
     "refuse block by votes c; c carried 1/0/0 flagged; d no_quorum 1/0/0"},
    /* names of other systems: of the classifier's own, or of any */
    {"", "", "openai.toxic=0.9", "hello",
     "flag ship by votes c; c carried 1/0/0 flagged"},
    {"", "", "mlcommons.S99=0.9", "hello",
     "flag ship by votes c; c carried 1/0/0 flagged; d carried 1/0/0 flagged"},
    {"", OF_AB, "a.c=0.1 a.toxic=0.9 b.c=0.9", "hello",
     "refuse fallback by votes c; c carried 2/0/0 flagged"},
    /* the strongest action wins; a rule before a vote */
    {"", "votes: {action: block}", "a.c=0.9", "loud",
     "refuse block by votes c; c carried 1/0/0 flagged"},
    {"", "votes: {action: flag}", "a.c=0.9", "loud",
     "redact redact by rule LOUD; c carried 1/0/0 flagged"},
    {"", "votes: {action: redact}", "a.c=0.9", "loud",
     "redact redact by rule LOUD; c carried 1/0/0 flagged"},
    /* a vote has no place to redact */
    {"", "votes: {action: redact}", "a.c=0.9", "hello",
     "flag ship by votes c; c carried 1/0/0 flagged"},
    /* watched with everything else */
    {"enforcement: monitor", "votes: {action: block}", "a.c=0.9", "hello",
     "pass ship by   would block; c carried 1/0/0 flagged"},
    {"sampling_percentage: 0", "votes: {action: block}", "a.c=0.9", "hello",
     "pass ship by   would block; c carried 1/0/0 flagged"},
};

static void
judged(const char *engine, const char *c, const char *scores, const char *text,
       char said[4096])
{
    const struct request_candidate candidate = {.text = text_of(text)};
    struct request request = support_request(&candidate);
    static struct brought brought;
    char yaml[4096];

    snprintf(yaml, sizeof(yaml), YAML, engine, c);
    // An empty rest behind a comma is no YAML that we take.
    for (char *at = strstr(yaml, ", }"); at != NULL; at = strstr(yaml, ", }")) {
        memmove(at, at + 2, strlen(at + 2) + 1);
    }
    struct support_bench bench = support_bench_of(yaml);
    bring(scores, &brought);
    request.classifiers = brought.at;
    request.classifier_count = brought.count;
    snprintf(said, 4096, "%s", told(support_judge(&bench, &request)));
    support_bench_clear(&bench);
}

START_TEST(votes_come_to_what_they_say)
{
    char said[4096];

    judged(rows[_i].engine, rows[_i].c, rows[_i].scores, rows[_i].text, said);
    const char *more = strstr(rows[_i].told, "...");
    const size_t len = more != NULL ? (size_t)(more - rows[_i].told) : SIZE_MAX;
    ck_assert_msg(strncmp(said, rows[_i].told, len) == 0,
                  "%s | %s | %s: %s, not %s", rows[_i].engine, rows[_i].c,
                  rows[_i].scores, said, rows[_i].told);
}
END_TEST

/* As many as `of` may name, with our own rules one more: nobody is left out. */
START_TEST(as_many_voters_as_there_may_be)
{
    char of[1024] = "votes: {of: [", scores[1024] = "", said[4096];

    for (int i = 0; i < 32; i++) {
        const size_t a = strlen(of), b = strlen(scores);
        snprintf(of + a, sizeof(of) - a, "%sv%d", i > 0 ? ", " : "", i);
        snprintf(scores + b, sizeof(scores) - b, "v%d.c=0.9 ", i);
    }
    const size_t a = strlen(of);
    snprintf(of + a, sizeof(of) - a,
             "], k: 33, count_self: true, action: block}");
    judged("", of, scores, "mild", said);
    ck_assert_str_eq(said, "refuse block by votes c; c carried 33/0/0 flagged");
    judged("", of, scores, "hello", said);
    ck_assert_str_eq(said, "pass ship by  ; c not_carried 32/1/0");
    judged("votes: {k: 32, action: block}", "", scores, "hello", said);
    ck_assert_str_eq(said, "refuse block by votes c; c carried 32/0/0 flagged");
}
END_TEST

/* Other voters for one category than for another, more than fit in one. */
START_TEST(voters_of_many_categories)
{
    char yaml[8192] = "schema: 1\nengine: {cache: none}\ncategories:\n";
    const struct request_candidate candidate = {.text = TEXT("hello")};
    struct request request = support_request(&candidate);
    static struct brought brought;

    for (int i = 0; i < 40; i++) {
        const size_t len = strlen(yaml);
        snprintf(yaml + len, sizeof(yaml) - len,
                 "  c%d: {votes: {of: [x%d, y%d], k: 2, action: flag}}\n", i, i,
                 i);
    }
    const size_t len = strlen(yaml);
    snprintf(yaml + len, sizeof(yaml) - len,
             "rules:\n- {id: A, type: terms, terms: [a], category: c0}\n");
    struct support_bench bench = support_bench_of(yaml);
    bring("x39.c39=0.9 y39.c39=0.9", &brought);
    request.classifiers = brought.at;
    request.classifier_count = brought.count;
    const char *said = told(support_judge(&bench, &request));
    ck_assert_msg(strncmp(said, "flag ship by votes c39;", 23) == 0, "%s",
                  said);
    support_bench_clear(&bench);
}
END_TEST

START_TEST(without_memory_there_are_no_votes)
{
    const struct request_candidate candidate = {.text = TEXT("hello")};
    struct request request = support_request(&candidate);
    struct engine *engine = support_engine(
        "schema: 1\nengine: {cache: none}\ncategories: {c: {votes: {of: [a, b],"
        " k: 2}}}\n"
        "rules:\n- {id: A, type: terms, terms: [a], category: c}\n");
    const struct votes_result **results;
    static struct brought brought;
    double own[64] = {0};
    struct err err;
    size_t nth = 0;
    bool done = false;

    bring("a.c=0.9 b.c=0.9", &brought);
    request.classifiers = brought.at;
    request.classifier_count = brought.count;
    ck_assert(engine->config->category_count < 64);
    while (!done) {
        struct arena *small = arena_new(1 << 20);
        ck_assert_ptr_nonnull(small);
        arena_fail_at(small, ++nth);
        done =
            ballot_hold(engine->config, &request, own, small, &results, &err);
        ck_assert_msg(done || err.kind == ERR_MEMORY, "allocation %zu", nth);
        arena_free(small);
    }
    ck_assert_uint_gt(nth, 8);
    engine_drop(engine);
}
END_TEST

TEST_MAIN("ballot", tcase_add_loop_test(tc, votes_come_to_what_they_say, 0,
                                        sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, as_many_voters_as_there_may_be);
          tcase_add_test(tc, voters_of_many_categories);
          tcase_add_test(tc, without_memory_there_are_no_votes);)
