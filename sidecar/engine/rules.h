/*
 * The rule set: compiled from a configuration, immutable, any number of
 * threads. config/RULES.md is the language; this is what runs it.
 */
#ifndef SIDECAR_ENGINE_RULES_H
#define SIDECAR_ENGINE_RULES_H

#include "config/config.h"
#include "proto/request.h"
#include "sidecar/engine/hits.h"
#include "sidecar/engine/literals.h"
#include "sidecar/engine/pattern.h"
#include "sidecar/engine/stance.h"

enum { RULES_NO_GROUP = -1 };

/* What the decision needs to know of a rule. */
struct rule {
    const struct config_rule *config;
    double score;    /* -1..1, of one hit where the detector has no own */
    size_t category; /* index into config->categories */
    int group;       /* index into config->groups, or RULES_NO_GROUP */
    bool compiled;   /* it may run for some request: stance.h */
    bool active;    /* it runs where neither profile nor request says otherwise;
                       one that a set adds: where the set is asked for */
    bool enforced;  /* and counts for the action there */
    int directions; /* as its configuration has them */
    bool plain;     /* these are all that says for which request it runs */
    int views;      /* bits of enum config_view that its patterns look at */
    int term_views; /* the same of its terms, and of what it allows */
    const struct condition *when, *unless; /* of the request; NULL: none */
    uint64_t pii;                          /* bit of its entity */
    uint64_t secrets;                      /* bits of its providers */
    const struct url_policy *urls;
    size_t model;              /* index among the set's linear models */
    size_t head;               /* of that model */
    double least;              /* score of the head that is a hit */
    struct pattern **patterns; /* [config->patterns.count] */
    size_t first_pattern;      /* number of the first in the whole set */
    size_t leak;               /* index among the prompt_leak rules */
};

struct rules;
struct hold_plan; /* sidecar/engine/hold_plan.h */

/*
 * Compiles every rule; all that is wrong goes to problems. Keeps the
 * configuration. NULL where there is a problem or no memory.
 */
struct rules *
rules_build(const struct config *config, struct problems *problems);
void rules_free(struct rules *rules);

/*
 * Runs every pattern on every text, as if none could be ruled out beforehand.
 * For tests and benches: the hits must be the same. Before any scan.
 */
void rules_open_gates(struct rules *rules);

const struct config *rules_config(const struct rules *rules);
size_t rules_count(const struct rules *rules);
const struct rule *rules_at(const struct rules *rules, size_t index);

/* What streams hold back for the rules: hold_plan.h. */
const struct hold_plan *rules_hold(const struct rules *rules);

/* Where neither profile nor request says otherwise. */
const struct stance *rules_stance(const struct rules *rules);

/* One thread's working memory; fitted to one rule set at a time. */
struct rules_scratch;
struct rules_scratch *rules_scratch_new(void);
void rules_scratch_free(struct rules_scratch *scratch);
bool rules_scratch_fit(struct rules_scratch *scratch, const struct rules *rules,
                       struct err *err);

/* What the rules need to know of a request; for all its candidates. */
struct rules_request {
    struct stance stance;
    const struct ask *ask; /* NULL: no extraGuardrails */
    struct flood *flood;   /* NULL: nobody counts messages */
    uint64_t now_ns;       /* of the flood's clock */
    struct text workspace;
    struct text flood_key[2]; /* by enum config_flood_key; "": not known */
    enum request_role role;
    struct text locale; /* "pt-BR", or "": not known */
    struct text persona;
    const struct config_texts *tags;       /* of the persona; NULL: none */
    const struct leak_index *const *leaks; /* per prompt_leak rule */
    struct request_texts canaries;         /* folded */
    uint64_t deadline_ns;                  /* of clock_ns; UINT64_MAX: none */
    /*
     * The text is only a part of one: what the whole alone can tell is taken as
     * if it made for hits (guesses are made whatever the language, a mention in
     * quotes counts), and hits without a place are not looked for.
     */
    bool part;
};

/*
 * Resolves the rules' stance, folds the system prompt and canaries of the
 * request, all into the arena. Without a deadline and a flood: those are the
 * caller's to set. `ask` outlives `out`; NULL: none.
 */
bool
rules_prepare(const struct rules *rules, const struct request *request,
              const struct config_persona *persona, const struct ask *ask,
              struct arena *arena, struct rules_request *out, struct err *err);

/*
 * Runs every rule that applies over the text and its folded view, and adds the
 * hits, in order of place. A rule that fails (a limit on matching) is counted
 * in out->errors and does not stop the others; false only where the scan as a
 * whole cannot be trusted, or (ERR_DEADLINE) took too long.
 */
bool rules_scan(const struct rules *rules, struct rules_scratch *scratch,
                const struct rules_request *request, struct text raw,
                const struct view *fold, struct hits *out, struct err *err);

#endif
