/*
 * The caller's own classifiers as votes beside our rules: k of n must agree.
 *
 * A *voter* is a classifier that the configuration knows. It has a say on the
 * categories for which it has a threshold, and on no other. On each of these it
 * votes
 *
 *     yes         it gave a number, at or above its threshold
 *     no          it gave a number below it
 *     abstained   it gave none: the request does not name it, or not the
 *                 category, or says null, NaN or an infinity
 *
 * An abstention is no vote: neither yes nor no. It never counts towards k.
 * Where a voter gives one category twice, under two names, the higher counts.
 *
 * A *ballot* is held on one category: who may vote on it, and how many yes it
 * takes. Our own rules may vote too ("self"), by their category score. The
 * outcome:
 *
 *     carried       k or more voted yes. Needs no quorum: who is missing
 *                   could not have taken a yes back
 *     no quorum     not carried, and fewer than `quorum` voted at all, so
 *                   that the silence may be the reason
 *     not carried   the rest: enough voted, too few yes
 *
 * With the default quorum, k, there is none where k yes could not have come
 * together. With quorum n a single abstention leaves open whatever is not
 * carried.
 *
 * What comes of it is one more candidate action beside those of rules and
 * thresholds, of which the strongest wins: a vote can add an action, never take
 * one away. A voter that fails can therefore let nothing through that our own
 * rules stop; and where it alone would have stopped something, `too_few` says
 * what its silence comes to.
 *
 * Everything here is arithmetic on the caller's structs: no allocation, no
 * failure but in votes_check, the same answer for the same input, safe from any
 * thread. Results are in the order of the configuration, never of the request.
 */
#ifndef SIDECAR_ENGINE_VOTES_H
#define SIDECAR_ENGINE_VOTES_H

#include "config/config.h"
#include "sidecar/base/err.h"

enum { VOTES_VOTERS = 33 /* of one ballot, self among them */ };

#define VOTES_SELF TEXT("self") /* our rules' name in a result */

struct votes_voter {
    struct text name; /* as in the request's `scores`; not "self" */
    /* From this score on it votes yes, any finite number; NAN: has no say. */
    const double *thresholds; /* [category_count] */
};

struct votes_ballot {
    size_t category;
    const size_t *voters; /* [voter_count] indices of voters, each once */
    size_t voter_count;
    bool count_self;
    double self_threshold;      /* from this category score on self votes yes */
    size_t least;               /* k: 1..n, n the voters and self; where it
                                   is more the ballot is never carried, which
                                   votes_check refuses and votes_count takes */
    size_t quorum;              /* 0: least; else least..n */
    enum config_action action;  /* where it is carried */
    enum config_action too_few; /* without a quorum; CONFIG_NONE: nothing */
};

struct votes_setup {
    const struct text *categories; /* [category_count] their names */
    size_t category_count;
    const struct votes_voter *voters; /* [voter_count] */
    size_t voter_count;
    const struct votes_ballot *ballots; /* [ballot_count] */
    size_t ballot_count;
};

/*
 * Can every ballot be held, and be carried? Fails with ERR_CONFIG where
 * something is out of the ranges above, a voter has no say on the category it
 * is to vote on, or two voters (or ballots) are the same one. All below is for
 * a setup that has passed.
 */
bool votes_check(const struct votes_setup *setup, struct err *err);

/* ------------------------------------------------------------------- scores */

/* One number of the request; several may stand for one place. */
struct votes_score {
    struct text classifier, category;
    double score; /* NAN where the request says null */
};

/*
 * What a classifier means by a name: OpenAI's self-harm may be our self_harm,
 * MLCommons' S10 both hate and hate/threatening. votes_alias_find is one.
 */
struct votes_names {
    /* Categories to out[most], each once; returns how many. Cannot fail. */
    size_t (*find)(const void *ctx, struct text classifier, struct text name,
                   size_t *out, size_t most);
    const void *ctx;
};

enum { VOTES_MEANINGS = 16 /* of one name */ };

/* Numbers that came to nothing; for the answer's explanation. */
struct votes_strays {
    size_t classifiers; /* of a classifier that is no voter */
    size_t categories;  /* whose name means none that the voter has a say on */
    size_t numbers;     /* null, NaN, infinite */
};

/*
 * What each voter said on each category.
 *
 *   scores   [count], in any order
 *   table    out: [voter_count][category_count], NAN where it said nothing
 *
 * One call of `find`, and voter_count names compared, for each score.
 */
void
votes_gather(const struct votes_setup *setup, const struct votes_score *scores,
             size_t count, const struct votes_names *names, double *table,
             struct votes_strays *strays);

/* ----------------------------------------------------------------- counting */

enum votes_vote { VOTES_NO, VOTES_YES, VOTES_ABSTAINED };

struct votes_cast {
    struct text name;
    enum votes_vote vote;
    double score;     /* NAN: none given */
    double threshold; /* that it was held against */
};

enum votes_outcome { VOTES_NOT_CARRIED, VOTES_NO_QUORUM, VOTES_CARRIED };

struct votes_result {
    enum votes_outcome outcome;
    enum config_action action;            /* that follows; CONFIG_NONE: none */
    size_t yes, no, abstained;            /* together cast_count */
    struct votes_cast cast[VOTES_VOTERS]; /* [cast_count] voters, then self */
    size_t cast_count;
};

/* "not_carried", "no_quorum", "carried"; "no", "yes", "abstained". */
const char *votes_outcome_name(enum votes_outcome outcome);
const char *votes_vote_name(enum votes_vote vote);

/*
 * Holds one ballot.
 *
 *   ballot   index
 *   table    of votes_gather
 *   own      our score of the ballot's category; NAN: our rules could not say,
 *            and self abstains
 */
void votes_count(const struct votes_setup *setup, size_t ballot,
                 const double *table, double own, struct votes_result *out);

#endif
