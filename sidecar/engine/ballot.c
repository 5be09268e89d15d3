#include "sidecar/engine/ballot.h"

#include <math.h>

#include "sidecar/engine/votes_alias.h"

/* The ballots of one request, put together. */
struct box {
    const struct config *config;
    const struct request *request;
    struct arena *arena;
    struct votes_setup setup;
    struct text *categories;
    struct votes_voter *voters; /* room for all there can be */
    double **thresholds;        /* of the voters, to be filled in */
    struct votes_ballot *ballots;
    size_t *all; /* [voters] one after another, a stretch for each ballot */
    size_t all_count;
};

/* Of one ballot: as many as `of` may name, and a request may bring. */
enum { MOST_NAMED = 32 };

_Static_assert(MOST_NAMED + 1 == VOTES_VOTERS &&
                   (int)MOST_NAMED == REQUEST_CLASSIFIERS,
               "nobody who may vote is left out");

static const struct config_votes *
votes_of(const struct config *config, size_t category)
{
    const struct config_votes *own = &config->categories[category].votes;

    return own->node != NULL ? own : &config->engine.votes;
}

bool
ballot_any(const struct config *config, const struct request *request)
{
    if (request != NULL && request->classifier_count > 0) {
        return true;
    }
    for (size_t i = 0; request != NULL && i < config->category_count; i++) {
        if (votes_of(config, i)->of.count > 0) {
            return true;
        }
    }
    return false;
}

/* Does the classifier of the request name the category? */
static bool
speaks_on(const struct box *box, const struct request_classifier *classifier,
          size_t category)
{
    size_t meant[VOTES_MEANINGS];

    for (size_t i = 0; i < classifier->count; i++) {
        const size_t count = votes_alias_find(box->config, classifier->name,
                                              classifier->scores[i].category,
                                              meant, VOTES_MEANINGS);
        for (size_t k = 0; k < count; k++) {
            if (meant[k] == category) {
                return true;
            }
        }
    }
    return false;
}

/* The voter of that name, new if need be; SIZE_MAX: no memory. */
static size_t
voter_of(struct box *box, struct text name)
{
    size_t i = 0;

    while (i < box->setup.voter_count &&
           !text_equal(box->voters[i].name, name)) {
        i++;
    }
    if (i == box->setup.voter_count) {
        double *thresholds =
            ARENA_ARRAY(box->arena, double, box->config->category_count);
        if (thresholds == NULL) {
            return SIZE_MAX;
        }
        for (size_t c = 0; c < box->config->category_count; c++) {
            thresholds[c] = (double)NAN;
        }
        box->thresholds[i] = thresholds;
        box->voters[i] = (struct votes_voter){name, thresholds};
        box->setup.voter_count++;
    }
    return i;
}

/* False: no memory. */
static bool
admit(struct box *box, struct votes_ballot *ballot, struct text name,
      double threshold)
{
    const size_t voter = voter_of(box, name);

    if (voter == SIZE_MAX) {
        return false;
    }
    for (size_t i = 0; i < ballot->voter_count; i++) {
        if (ballot->voters[i] == voter) {
            return true;
        }
    }
    box->thresholds[voter][ballot->category] = threshold;
    box->all[box->all_count++] = voter;
    ballot->voter_count++;
    return true;
}

/*
 * The category's ballot, where anybody may vote on it. Fewer than k who were
 * sent are a ballot without a quorum, as if the others had been silent.
 */
static bool
prepare(struct box *box, size_t category)
{
    const struct config_votes *votes = votes_of(box->config, category);
    const struct request *request = box->request;
    struct votes_ballot ballot = {
        .category = category,
        .voters = box->all + box->all_count,
        .count_self = votes->count_self,
        .self_threshold = votes->threshold,
        .least = (size_t)votes->k,
        .quorum = votes->quorum < 0 ? 0 : (size_t)votes->quorum,
        .action = votes->action,
        .too_few = votes->on_too_few};

    for (size_t i = 0; i < votes->of.count; i++) {
        if (!admit(box, &ballot, votes->of.at[i], votes->threshold)) {
            return false;
        }
    }
    for (size_t i = 0; votes->of.count == 0 && i < request->classifier_count;
         i++) {
        if (speaks_on(box, &request->classifiers[i], category) &&
            !admit(box, &ballot, request->classifiers[i].name,
                   votes->threshold)) {
            return false;
        }
    }
    if (ballot.voter_count > 0) {
        box->ballots[box->setup.ballot_count++] = ballot;
    }
    return true;
}

/* Classifiers that any `votes` names, and the request's: as many or fewer. */
static size_t
count_names(const struct box *box)
{
    const struct config *config = box->config;
    size_t count =
        config->engine.votes.of.count + box->request->classifier_count;

    for (size_t i = 0; i < config->category_count; i++) {
        count += config->categories[i].votes.of.count;
    }
    return count;
}

static bool
box_init(struct box *box)
{
    const size_t categories = box->config->category_count;
    const size_t names = count_names(box);

    box->categories = ARENA_ARRAY(box->arena, struct text, categories);
    box->voters = ARENA_ARRAY(box->arena, struct votes_voter, names);
    box->thresholds = ARENA_ARRAY(box->arena, double *, names);
    box->ballots = ARENA_ARRAY(box->arena, struct votes_ballot, categories);
    box->all = ARENA_ARRAY(box->arena, size_t, categories * MOST_NAMED);
    if (box->categories == NULL || box->voters == NULL ||
        box->thresholds == NULL || box->ballots == NULL || box->all == NULL) {
        return false;
    }
    for (size_t i = 0; i < categories; i++) {
        box->categories[i] = box->config->categories[i].id;
    }
    box->setup = (struct votes_setup){.categories = box->categories,
                                      .category_count = categories,
                                      .voters = box->voters,
                                      .ballots = box->ballots};
    return true;
}

/* The request's numbers as votes.h takes them. */
static struct votes_score *
flatten(const struct request *request, struct arena *arena, size_t *count)
{
    size_t all = 0;

    for (size_t i = 0; i < request->classifier_count; i++) {
        all += request->classifiers[i].count;
    }
    struct votes_score *at = ARENA_ARRAY(arena, struct votes_score, all);
    *count = 0;
    for (size_t i = 0; at != NULL && i < request->classifier_count; i++) {
        const struct request_classifier *from = &request->classifiers[i];
        for (size_t k = 0; k < from->count; k++) {
            at[(*count)++] = (struct votes_score){
                from->name, from->scores[k].category, from->scores[k].value};
        }
    }
    return at;
}

static bool
count_all(struct box *box, const double *own, const struct votes_result **out)
{
    const struct votes_names names = {votes_alias_find, box->config};
    struct votes_strays strays;
    size_t count;
    const struct votes_score *scores =
        flatten(box->request, box->arena, &count);
    double *table =
        ARENA_ARRAY(box->arena, double,
                    box->setup.voter_count * box->config->category_count);

    if (scores == NULL || table == NULL) {
        return false;
    }
    votes_gather(&box->setup, scores, count, &names, table, &strays);
    for (size_t i = 0; i < box->setup.ballot_count; i++) {
        struct votes_result *result =
            ARENA_ARRAY(box->arena, struct votes_result, 1);
        if (result == NULL) {
            return false;
        }
        const size_t category = box->ballots[i].category;
        votes_count(&box->setup, i, table, own[category], result);
        out[category] = result;
    }
    return true;
}

bool
ballot_hold(const struct config *config, const struct request *request,
            const double *own, struct arena *arena,
            const struct votes_result ***out, struct err *err)
{
    struct box box = {.config = config, .request = request, .arena = arena};
    const struct votes_result **results =
        ARENA_ARRAY(arena, const struct votes_result *, config->category_count);

    bool good = results != NULL && box_init(&box);

    for (size_t i = 0; good && i < config->category_count; i++) {
        good = prepare(&box, i);
    }
    if (!good || !count_all(&box, own, results)) {
        err_memory(err, "votes");
        return false;
    }
    *out = results;
    return true;
}
