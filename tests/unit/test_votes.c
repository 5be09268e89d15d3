#include "sidecar/engine/votes.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/base/hash.h"
#include "tests/unit/harness.h"

#define NO_SAY ((double)NAN)
#define NULLED ((double)NAN)

enum { HATE, SEXUAL, SELF_HARM, CATEGORIES };
enum { OPENAI, AZURE, LOCAL, VOTERS };

static const struct text categories[] = {
    {"hate", 4}, {"sexual", 6}, {"self_harm", 9}};

static const double openai[] = {0.5, 0.6, 0.4};
static const double azure[] = {4, NO_SAY, 2}; /* severities, 0..7 */
static const double local[] = {-0.5, 0.5, 0.5};
static const struct votes_voter voters[] = {
    {{"openai", 6}, openai}, {{"azure", 5}, azure}, {{"local", 5}, local}};

static const size_t all_three[] = {OPENAI, AZURE, LOCAL};
static const size_t two[] = {LOCAL, OPENAI};

static const struct votes_ballot ballots[] = {
    {.category = HATE,
     .voters = all_three,
     .voter_count = 3,
     .count_self = true,
     .self_threshold = 0.3,
     .least = 2,
     .action = CONFIG_FALLBACK,
     .too_few = CONFIG_FLAG},
    {.category = SEXUAL,
     .voters = two,
     .voter_count = 2,
     .least = 2,
     .action = CONFIG_BLOCK},
};

static const struct votes_setup setup = {.categories = categories,
                                         .category_count = CATEGORIES,
                                         .voters = voters,
                                         .voter_count = VOTERS,
                                         .ballots = ballots,
                                         .ballot_count = 2};

/* Our names with - for _; "both" means two of them. */
static size_t
find(const void *ctx, struct text classifier, struct text name, size_t *out,
     size_t most)
{
    (void)ctx;
    (void)classifier;
    ck_assert_uint_ge(most, 2);
    if (text_is(name, "both")) {
        out[0] = HATE;
        out[1] = SELF_HARM;
        return 2;
    }
    for (size_t c = 0; c < CATEGORIES; c++) {
        if (text_equal(name, categories[c]) ||
            (c == SELF_HARM && text_is(name, "self-harm"))) {
            out[0] = c;
            return 1;
        }
    }
    return 0;
}

static const struct votes_names names = {find, NULL};

/* -------------------------------------------------------------------- gather
 */

#define SCORE(classifier, category, score)                                     \
    {                                                                          \
        {classifier, sizeof(classifier) - 1},                                  \
            {category, sizeof(category) - 1}, score                            \
    }

static bool
same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a >= b && a <= b);
}

static const struct votes_score some[] = {
    SCORE("openai", "hate", 0.7),
    SCORE("openai", "self-harm", 0.2),
    SCORE("openai", "self_harm", 0.9),
    SCORE("openai", "self-harm", 0.3),
    SCORE("azure", "both", 5),
    SCORE("azure", "sexual", 6),
    SCORE("azure", "weather", 1),
    SCORE("local", "hate", -0.25),
    SCORE("local", "sexual", NULLED),
    SCORE("local", "self_harm", HUGE_VAL),
    SCORE("local", "self_harm", 0.125),
    SCORE("perspective", "hate", 1),
    SCORE("", "hate", 1),
    SCORE("OpenAI", "hate", 1),
};
enum { SOME = sizeof(some) / sizeof(some[0]) };

static const double want_table[] = {0.7, NULLED, 0.9,    5,    NULLED,
                                    5,   -0.25,  NULLED, 0.125};

static void
check_gathered(const struct votes_score *scores, const char *when)
{
    double table[VOTERS * CATEGORIES];
    struct votes_strays strays;

    votes_gather(&setup, scores, SOME, &names, table, &strays);
    for (size_t i = 0; i < VOTERS * CATEGORIES; i++) {
        ck_assert_msg(same(table[i], want_table[i]), "%s: %s on %s: %g", when,
                      voters[i / CATEGORIES].name.at,
                      categories[i % CATEGORIES].at, table[i]);
    }
    ck_assert_uint_eq(strays.classifiers, 3);
    ck_assert_uint_eq(strays.categories, 2); // azure: sexual, weather
    ck_assert_uint_eq(strays.numbers, 2);
}

START_TEST(scores_go_where_their_names_belong)
{
    check_gathered(some, "as they are");
}
END_TEST

START_TEST(order_of_the_request_counts_nothing)
{
    struct votes_score scores[SOME];
    uint64_t seed = (uint64_t)_i;
    char when[32];

    memcpy(scores, some, sizeof(scores));
    for (size_t i = SOME; i > 1; i--) {
        const size_t k = hash_mix(++seed) % i;
        const struct votes_score kept = scores[i - 1];
        scores[i - 1] = scores[k];
        scores[k] = kept;
    }
    snprintf(when, sizeof(when), "shuffle %d", _i);
    check_gathered(scores, when);
}
END_TEST

START_TEST(no_scores_are_abstentions_all_round)
{
    double table[VOTERS * CATEGORIES];
    struct votes_strays strays;
    struct votes_result result;

    votes_gather(&setup, NULL, 0, &names, table, &strays);
    votes_count(&setup, 0, table, (double)NAN, &result);
    ck_assert_uint_eq(result.abstained, 4);
    ck_assert_int_eq(result.outcome, VOTES_NO_QUORUM);
    ck_assert_int_eq(result.action, CONFIG_FLAG);
    votes_count(&setup, 1, table, 1, &result);
    ck_assert_uint_eq(result.abstained, 2);
    ck_assert_int_eq(result.outcome, VOTES_NO_QUORUM);
    ck_assert_int_eq(result.action, CONFIG_NONE);
}
END_TEST

/* ------------------------------------------------------------------- counting
 */

/* On hate: 2 of openai (0.5), azure (4), local (-0.5), self (0.3). */
static const struct {
    double openai, azure, local, self;
    size_t yes, no, abstained;
    enum votes_outcome outcome;
    enum config_action action;
} counts[] = {
    {0.5, 4, -0.5, 0.3, 4, 0, 0, VOTES_CARRIED, CONFIG_FALLBACK},
    {0.49, 3.99, -0.51, 0.29, 0, 4, 0, VOTES_NOT_CARRIED, CONFIG_NONE},
    {0.9, 5, NULLED, NULLED, 2, 0, 2, VOTES_CARRIED, CONFIG_FALLBACK},
    {0.9, 1, -1, 0.1, 1, 3, 0, VOTES_NOT_CARRIED, CONFIG_NONE},
    {0.9, NULLED, NULLED, 0.1, 1, 1, 2, VOTES_NOT_CARRIED, CONFIG_NONE},
    {0.9, NULLED, NULLED, NULLED, 1, 0, 3, VOTES_NO_QUORUM, CONFIG_FLAG},
    {0.1, NULLED, NULLED, NULLED, 0, 1, 3, VOTES_NO_QUORUM, CONFIG_FLAG},
    {NULLED, NULLED, NULLED, 1, 1, 0, 3, VOTES_NO_QUORUM, CONFIG_FLAG},
    {NULLED, NULLED, NULLED, 0, 0, 1, 3, VOTES_NO_QUORUM, CONFIG_FLAG},
    {NULLED, NULLED, 3, 0.3, 2, 0, 2, VOTES_CARRIED, CONFIG_FALLBACK},
    {NULLED, NULLED, -3, 0.3, 1, 1, 2, VOTES_NOT_CARRIED, CONFIG_NONE},
};

START_TEST(ballot_is_counted)
{
    double table[VOTERS * CATEGORIES];
    struct votes_result r;

    for (size_t i = 0; i < VOTERS * CATEGORIES; i++) {
        table[i] = 7; // what is not hate counts nothing
    }
    table[OPENAI * CATEGORIES + HATE] = counts[_i].openai;
    table[AZURE * CATEGORIES + HATE] = counts[_i].azure;
    table[LOCAL * CATEGORIES + HATE] = counts[_i].local;
    votes_count(&setup, 0, table, counts[_i].self, &r);
    ck_assert_msg(r.yes == counts[_i].yes && r.no == counts[_i].no &&
                      r.abstained == counts[_i].abstained,
                  "row %d: %zu yes, %zu no, %zu abstained", _i, r.yes, r.no,
                  r.abstained);
    ck_assert_msg(r.outcome == counts[_i].outcome, "row %d: %s", _i,
                  votes_outcome_name(r.outcome));
    ck_assert_int_eq(r.action, counts[_i].action);
}
END_TEST

START_TEST(result_names_who_voted_what_in_the_ballots_order)
{
    static const struct votes_cast want[] = {
        {{"openai", 6}, VOTES_YES, 0.7, 0.5},
        {{"azure", 5}, VOTES_YES, 5, 4},
        {{"local", 5}, VOTES_YES, -0.25, -0.5},
        {{"self", 4}, VOTES_NO, 0.2, 0.3},
    };
    double table[VOTERS * CATEGORIES];
    struct votes_strays strays;
    struct votes_result r;

    votes_gather(&setup, some, SOME, &names, table, &strays);
    votes_count(&setup, 0, table, 0.2, &r);
    ck_assert_uint_eq(r.cast_count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(text_equal(r.cast[i].name, want[i].name), "%zu: %.*s", i,
                      TEXT_ARGS(r.cast[i].name));
        ck_assert_str_eq(votes_vote_name(r.cast[i].vote),
                         votes_vote_name(want[i].vote));
        ck_assert(same(r.cast[i].score, want[i].score));
        ck_assert(same(r.cast[i].threshold, want[i].threshold));
    }
    votes_count(&setup, 1, table, 1, &r); // local first; self does not vote
    ck_assert_uint_eq(r.cast_count, 2);
    ck_assert(text_is(r.cast[0].name, "local"));
    ck_assert_int_eq(r.cast[0].vote, VOTES_ABSTAINED);
    ck_assert(isnan(r.cast[0].score));
    ck_assert(text_is(r.cast[1].name, "openai"));
}
END_TEST

START_TEST(infinite_own_score_is_an_abstention)
{
    double table[VOTERS * CATEGORIES];
    struct votes_strays strays;
    struct votes_result r;

    votes_gather(&setup, NULL, 0, &names, table, &strays);
    votes_count(&setup, 0, table, HUGE_VAL, &r);
    ck_assert_uint_eq(r.abstained, 4);
}
END_TEST

/* --------------------------------------- every ballot of up to five voters */

enum { MOST = 5 };

static enum votes_outcome
outcome_said_slowly(size_t yes, size_t no, size_t least, size_t quorum)
{
    if (yes >= least) {
        return VOTES_CARRIED;
    }
    return yes + no >= (quorum > 0 ? quorum : least) ? VOTES_NOT_CARRIED
                                                     : VOTES_NO_QUORUM;
}

/* n voters, the last of them self if `self`; votes are the digits of code. */
static void
check_code(size_t n, bool self, size_t least, size_t quorum, size_t code)
{
    static const double threshold[] = {0.5};
    static const double said[] = {0.25, 0.5, (double)NAN};
    static const size_t order[] = {0, 1, 2, 3, 4};
    const size_t outside = n - (self ? 1 : 0);
    struct votes_voter electorate[MOST];
    double table[MOST], own = (double)NAN;
    size_t tally[3] = {0};
    const struct votes_ballot ballot = {.voters = order,
                                        .voter_count = outside,
                                        .count_self = self,
                                        .self_threshold = 0.5,
                                        .least = least,
                                        .quorum = quorum,
                                        .action = CONFIG_BLOCK,
                                        .too_few = CONFIG_FLAG};
    struct votes_result r;

    for (size_t i = 0, rest = code; i < n; i++, rest /= 3) {
        static char letters[MOST][2] = {"a", "b", "c", "d", "e"};
        electorate[i] = (struct votes_voter){text_of(letters[i]), threshold};
        tally[rest % 3]++;
        *(i < outside ? &table[i] : &own) = said[rest % 3];
    }
    const struct votes_setup small = {.categories = categories,
                                      .category_count = 1,
                                      .voters = electorate,
                                      .voter_count = outside,
                                      .ballots = &ballot,
                                      .ballot_count = 1};
    struct err err = {0};
    ck_assert_msg(votes_check(&small, &err), "%s", err.message);
    votes_count(&small, 0, table, own, &r);
    const enum votes_outcome want =
        outcome_said_slowly(tally[1], tally[0], least, quorum);
    if (r.outcome != want || r.yes != tally[1] || r.no != tally[0] ||
        r.abstained != tally[2] || r.cast_count != n ||
        r.action != (want == VOTES_CARRIED     ? CONFIG_BLOCK
                     : want == VOTES_NO_QUORUM ? CONFIG_FLAG
                                               : CONFIG_NONE)) {
        ck_abort_msg("%zu of %zu, quorum %zu, self %d, votes %zu: %s", least, n,
                     quorum, self, code, votes_outcome_name(r.outcome));
    }
}

START_TEST(every_small_ballot_is_as_its_definition)
{
    const size_t n = (size_t)_i;
    size_t codes = 1;

    for (size_t i = 0; i < n; i++) {
        codes *= 3;
    }
    for (size_t least = 1; least <= n; least++) {
        for (size_t quorum = least - 1; quorum <= n; quorum++) {
            for (size_t code = 0; code < codes; code++) {
                const size_t q = quorum < least ? 0 : quorum;
                check_code(n, false, least, q, code);
                check_code(n, true, least, q, code);
            }
        }
    }
}
END_TEST

/* -------------------------------------------------------------------- checks
 */

START_TEST(good_setup_passes)
{
    struct err err = {0};

    ck_assert_msg(votes_check(&setup, &err), "%s", err.message);
    const struct votes_setup none = {0};
    ck_assert(votes_check(&none, &err));
}
END_TEST

static const size_t twice[] = {OPENAI, LOCAL, OPENAI};
static const size_t stranger[] = {VOTERS};
static const size_t mute[] = {AZURE};
static const double infinite[] = {0.5, HUGE_VAL, 0.5};

static const struct {
    struct votes_voter voter;   /* instead of the last, where it has a name */
    struct votes_ballot ballot; /* beside the two, where least is not 0 */
    const char *message;
} faults[] = {
    {{{"self", 4}, local}, {0}, "votes: a classifier cannot be named \"self\""},
    {{{"", 0}, local}, {0}, "votes: a classifier cannot be named \"\""},
    {{{"azure", 5}, azure}, {0}, "votes: classifier azure stands twice"},
    {{{"odd", 3}, infinite},
     {0},
     "votes: odd: the threshold of sexual is not a number"},
    {.ballot = {.category = CATEGORIES, .least = 1},
     .message = "votes: no category number 3"},
    {.ballot = {.category = HATE, .voters = two, .voter_count = 2, .least = 1},
     .message = "votes: hate is voted on twice"},
    {.ballot =
         {.category = SELF_HARM, .voters = two, .voter_count = 2, .least = 3},
     .message = "votes: self_harm: k is 3, but 2 vote"},
    {.ballot = {.category = SELF_HARM, .least = 1},
     .message = "votes: self_harm: k is 1, but 0 vote"},
    {.ballot = {.category = SELF_HARM,
                .voters = two,
                .voter_count = 2,
                .count_self = true,
                .self_threshold = (double)NAN,
                .least = 3},
     .message = "votes: self_harm: no threshold says when our own score is a "
                "yes"},
    {.ballot = {.category = SELF_HARM,
                .voters = two,
                .voter_count = 2,
                .least = 2,
                .quorum = 1},
     .message = "votes: self_harm: a quorum of 1 is outside k..n (2..2)"},
    {.ballot = {.category = SELF_HARM,
                .voters = two,
                .voter_count = 2,
                .count_self = true,
                .self_threshold = 0.5,
                .least = 2,
                .quorum = 4},
     .message = "votes: self_harm: a quorum of 4 is outside k..n (2..3)"},
    {.ballot =
         {.category = SELF_HARM, .voters = twice, .voter_count = 3, .least = 1},
     .message = "votes: self_harm: openai votes twice"},
    {.ballot = {.category = SELF_HARM,
                .voters = stranger,
                .voter_count = 1,
                .least = 1},
     .message = "votes: self_harm: no classifier number 3"},
    {.ballot = {.category = SELF_HARM,
                .voters = two,
                .voter_count = VOTES_VOTERS,
                .count_self = true,
                .self_threshold = 0.5,
                .least = 1},
     .message = "votes: self_harm: more than 33 vote"},
    {.ballot = {.category = SELF_HARM,
                .voters = two,
                .voter_count = SIZE_MAX,
                .count_self = true,
                .self_threshold = 0.5,
                .least = 1},
     .message = "votes: self_harm: more than 33 vote"},
};

START_TEST(bad_setup_is_refused)
{
    struct votes_voter bad_voters[VOTERS];
    struct votes_ballot bad_ballots[3];
    struct votes_setup bad = setup;
    struct err err = {0};

    memcpy(bad_voters, voters, sizeof(voters));
    memcpy(bad_ballots, ballots, sizeof(ballots));
    if (faults[_i].voter.thresholds != NULL) {
        bad_voters[LOCAL] = faults[_i].voter;
    }
    if (faults[_i].ballot.least != 0) {
        bad_ballots[2] = faults[_i].ballot;
        bad.ballot_count = 3;
    }
    bad.voters = bad_voters;
    bad.ballots = bad_ballots;
    ck_assert_msg(!votes_check(&bad, &err), "row %d passed", _i);
    ck_assert_str_eq(err.message, faults[_i].message);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
}
END_TEST

START_TEST(voter_without_a_say_cannot_vote)
{
    static const struct votes_ballot ballot = {
        .category = SEXUAL, .voters = mute, .voter_count = 1, .least = 1};
    struct votes_setup bad = setup;
    struct err err = {0};

    bad.ballots = &ballot;
    bad.ballot_count = 1;
    ck_assert(!votes_check(&bad, &err));
    ck_assert_str_eq(err.message, "votes: sexual: azure has no threshold for "
                                  "it and could never vote");
}
END_TEST

START_TEST(as_many_may_vote_as_there_is_room_for)
{
    static char letters[VOTES_VOTERS][8];
    static struct votes_voter electorate[VOTES_VOTERS];
    static size_t order[VOTES_VOTERS];
    static double table[VOTES_VOTERS];
    static const double threshold[] = {0.5};
    struct votes_ballot ballot = {
        .voters = order, .voter_count = VOTES_VOTERS, .least = VOTES_VOTERS};
    const struct votes_setup large = {.categories = categories,
                                      .category_count = 1,
                                      .voters = electorate,
                                      .voter_count = VOTES_VOTERS,
                                      .ballots = &ballot,
                                      .ballot_count = 1};
    struct votes_result r;
    struct err err = {0};

    for (size_t i = 0; i < VOTES_VOTERS; i++) {
        snprintf(letters[i], sizeof(letters[i]), "v%zu", i);
        electorate[i] = (struct votes_voter){text_of(letters[i]), threshold};
        order[i] = i;
        table[i] = 1;
    }
    ck_assert_msg(votes_check(&large, &err), "%s", err.message);
    votes_count(&large, 0, table, 0, &r);
    ck_assert_uint_eq(r.yes, VOTES_VOTERS);
    ballot.count_self = true;
    ballot.self_threshold = 0.5;
    ck_assert(!votes_check(&large, &err));
}
END_TEST

#define EACH(test, rows)                                                       \
    tcase_add_loop_test(tc, test, 0, sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("votes", {
    tcase_add_test(tc, scores_go_where_their_names_belong);
    tcase_add_loop_test(tc, order_of_the_request_counts_nothing, 0, 50);
    tcase_add_test(tc, no_scores_are_abstentions_all_round);
    EACH(ballot_is_counted, counts);
    tcase_add_test(tc, result_names_who_voted_what_in_the_ballots_order);
    tcase_add_test(tc, infinite_own_score_is_an_abstention);
    tcase_add_loop_test(tc, every_small_ballot_is_as_its_definition, 1,
                        MOST + 1);
    tcase_add_test(tc, good_setup_passes);
    EACH(bad_setup_is_refused, faults);
    tcase_add_test(tc, voter_without_a_say_cannot_vote);
    tcase_add_test(tc, as_many_may_vote_as_there_is_room_for);
})
