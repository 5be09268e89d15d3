#include "sidecar/engine/votes.h"

#include <math.h>

const char *
votes_outcome_name(enum votes_outcome outcome)
{
    switch (outcome) {
    case VOTES_NOT_CARRIED:
        return "not_carried";
    case VOTES_NO_QUORUM:
        return "no_quorum";
    case VOTES_CARRIED:
        break;
    }
    return "carried";
}

const char *
votes_vote_name(enum votes_vote vote)
{
    switch (vote) {
    case VOTES_NO:
        return "no";
    case VOTES_YES:
        return "yes";
    case VOTES_ABSTAINED:
        break;
    }
    return "abstained";
}

/* -------------------------------------------------------------------- checks
 */

static bool
check_voter(const struct votes_setup *setup, size_t index, struct err *err)
{
    const struct votes_voter *voter = &setup->voters[index];

    if (voter->name.len == 0 || text_equal(voter->name, VOTES_SELF)) {
        err_set(err, ERR_CONFIG, "votes: a classifier cannot be named \"%.*s\"",
                TEXT_ARGS(voter->name));
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        if (text_equal(setup->voters[i].name, voter->name)) {
            err_set(err, ERR_CONFIG, "votes: classifier %.*s stands twice",
                    TEXT_ARGS(voter->name));
            return false;
        }
    }
    for (size_t c = 0; c < setup->category_count; c++) {
        if (isinf(voter->thresholds[c])) {
            err_set(err, ERR_CONFIG,
                    "votes: %.*s: the threshold of %.*s is not a number",
                    TEXT_ARGS(voter->name), TEXT_ARGS(setup->categories[c]));
            return false;
        }
    }
    return true;
}

/* Who votes: each once, each with a say. The category is known. */
static bool
check_electorate(const struct votes_setup *setup,
                 const struct votes_ballot *ballot, struct err *err)
{
    const struct text category = setup->categories[ballot->category];

    for (size_t i = 0; i < ballot->voter_count; i++) {
        const size_t v = ballot->voters[i];
        if (v >= setup->voter_count) {
            err_set(err, ERR_CONFIG, "votes: %.*s: no classifier number %zu",
                    TEXT_ARGS(category), v);
            return false;
        }
        const struct votes_voter *voter = &setup->voters[v];
        if (isnan(voter->thresholds[ballot->category])) {
            err_set(err, ERR_CONFIG,
                    "votes: %.*s: %.*s has no threshold for it and could "
                    "never vote",
                    TEXT_ARGS(category), TEXT_ARGS(voter->name));
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (ballot->voters[k] == v) {
                err_set(err, ERR_CONFIG, "votes: %.*s: %.*s votes twice",
                        TEXT_ARGS(category), TEXT_ARGS(voter->name));
                return false;
            }
        }
    }
    return true;
}

static bool
check_numbers(const struct votes_setup *setup,
              const struct votes_ballot *ballot, struct err *err)
{
    const struct text category = setup->categories[ballot->category];
    const size_t n = ballot->voter_count + (ballot->count_self ? 1 : 0);

    if (ballot->voter_count > VOTES_VOTERS || n > VOTES_VOTERS) {
        err_set(err, ERR_CONFIG, "votes: %.*s: more than %d vote",
                TEXT_ARGS(category), (int)VOTES_VOTERS);
        return false;
    }
    if (ballot->count_self && !isfinite(ballot->self_threshold)) {
        err_set(err, ERR_CONFIG,
                "votes: %.*s: no threshold says when our own score is a yes",
                TEXT_ARGS(category));
        return false;
    }
    if (ballot->least < 1 || ballot->least > n) {
        err_set(err, ERR_CONFIG, "votes: %.*s: k is %zu, but %zu vote",
                TEXT_ARGS(category), ballot->least, n);
        return false;
    }
    if (ballot->quorum != 0 &&
        (ballot->quorum < ballot->least || ballot->quorum > n)) {
        err_set(err, ERR_CONFIG,
                "votes: %.*s: a quorum of %zu is outside k..n (%zu..%zu)",
                TEXT_ARGS(category), ballot->quorum, ballot->least, n);
        return false;
    }
    return true;
}

static bool
check_ballot(const struct votes_setup *setup, size_t index, struct err *err)
{
    const struct votes_ballot *ballot = &setup->ballots[index];

    if (ballot->category >= setup->category_count) {
        err_set(err, ERR_CONFIG, "votes: no category number %zu",
                ballot->category);
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        if (setup->ballots[i].category == ballot->category) {
            err_set(err, ERR_CONFIG, "votes: %.*s is voted on twice",
                    TEXT_ARGS(setup->categories[ballot->category]));
            return false;
        }
    }
    return check_numbers(setup, ballot, err) &&
           check_electorate(setup, ballot, err);
}

bool
votes_check(const struct votes_setup *setup, struct err *err)
{
    for (size_t i = 0; i < setup->voter_count; i++) {
        if (!check_voter(setup, i, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < setup->ballot_count; i++) {
        if (!check_ballot(setup, i, err)) {
            return false;
        }
    }
    return true;
}

/* -------------------------------------------------------------------- scores
 */

/* The voter's index; voter_count: none. */
static size_t
voter_named(const struct votes_setup *setup, struct text name)
{
    size_t i = 0;

    while (i < setup->voter_count && !text_equal(setup->voters[i].name, name)) {
        i++;
    }
    return i;
}

/* Enters the score wherever its name belongs; false: nowhere. */
static bool
enter(const struct votes_setup *setup, const struct votes_score *score,
      size_t voter, const struct votes_names *names, double *table)
{
    double *const row = table + voter * setup->category_count;
    size_t meant[VOTES_MEANINGS];
    const size_t count = names->find(names->ctx, score->classifier,
                                     score->category, meant, VOTES_MEANINGS);
    bool entered = false;

    for (size_t i = 0; i < count; i++) {
        const size_t c = meant[i];
        if (isnan(setup->voters[voter].thresholds[c])) {
            continue;
        }
        entered = true;
        if (isfinite(score->score) && !(row[c] >= score->score)) {
            row[c] = score->score;
        }
    }
    return entered;
}

void
votes_gather(const struct votes_setup *setup, const struct votes_score *scores,
             size_t count, const struct votes_names *names, double *table,
             struct votes_strays *strays)
{
    *strays = (struct votes_strays){0};
    for (size_t i = 0; i < setup->voter_count * setup->category_count; i++) {
        table[i] = (double)NAN;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t voter = voter_named(setup, scores[i].classifier);
        if (voter == setup->voter_count) {
            strays->classifiers++;
        } else if (!enter(setup, &scores[i], voter, names, table)) {
            strays->categories++;
        } else if (!isfinite(scores[i].score)) {
            strays->numbers++;
        }
    }
}

/* ------------------------------------------------------------------ counting
 */

static void
cast(struct votes_result *out, struct text name, double score, double threshold)
{
    const enum votes_vote vote = !isfinite(score)     ? VOTES_ABSTAINED
                                 : score >= threshold ? VOTES_YES
                                                      : VOTES_NO;
    size_t *const counts[] = {[VOTES_NO] = &out->no,
                              [VOTES_YES] = &out->yes,
                              [VOTES_ABSTAINED] = &out->abstained};

    ++*counts[vote];
    out->cast[out->cast_count++] = (struct votes_cast){
        .name = name, .vote = vote, .score = score, .threshold = threshold};
}

void
votes_count(const struct votes_setup *setup, size_t ballot, const double *table,
            double own, struct votes_result *out)
{
    const struct votes_ballot *b = &setup->ballots[ballot];

    *out = (struct votes_result){.outcome = VOTES_NOT_CARRIED,
                                 .action = CONFIG_NONE};
    for (size_t i = 0; i < b->voter_count; i++) {
        const struct votes_voter *voter = &setup->voters[b->voters[i]];
        cast(out, voter->name,
             table[b->voters[i] * setup->category_count + b->category],
             voter->thresholds[b->category]);
    }
    if (b->count_self) {
        cast(out, VOTES_SELF, own, b->self_threshold);
    }
    const size_t quorum = b->quorum != 0 ? b->quorum : b->least;
    if (out->yes >= b->least) {
        out->outcome = VOTES_CARRIED;
        out->action = b->action;
    } else if (out->yes + out->no < quorum) {
        out->outcome = VOTES_NO_QUORUM;
        out->action = b->too_few;
    }
}
