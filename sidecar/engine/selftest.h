/*
 * An engine's own tests: the inline tests of its rules, the tests over all
 * rules, and every fallback line judged by the rules it is there for.
 *
 * The same tests run when an engine is loaded (selftest_engine) and in `leeway
 * test` (selftest_run), where each positive one is also judged disguised and in
 * pieces.
 */
#ifndef SIDECAR_ENGINE_SELFTEST_H
#define SIDECAR_ENGINE_SELFTEST_H

#include "proto/envelope.h"
#include "sidecar/engine/engine.h"
#include "sidecar/engine/mutate.h"

/* false: at least one failed; each is a problem with its place. */
bool selftest_engine(const struct engine *engine, struct problems *problems);

enum selftest_way {
    SELFTEST_PLAIN,   /* as it is written */
    SELFTEST_MUTATED, /* disguised: the rule must still hit, all of the place */
    SELFTEST_CHUNKED, /* growing prefixes, then the whole: see below */
    SELFTEST_LINE,    /* a fallback line, which must pass */
    SELFTEST_WAYS
};

extern const char *const selftest_way_names[SELFTEST_WAYS + 1];

enum { SELFTEST_FAULTS = 8, SELFTEST_SAID_BYTES = 192, SELFTEST_PREFIXES = 64 };

struct selftest_fault {
    const char *key; /* of the test, that did not come true: "expect_ids" */
    char said[SELFTEST_SAID_BYTES];
};

/* One test that has been run, or not. Valid only while it is told. */
struct selftest_outcome {
    enum selftest_way way;
    enum mutate_kind mutation;       /* SELFTEST_MUTATED */
    const struct config_rule *rule;  /* whose test it is; NULL: of none */
    const struct config_test *test;  /* NULL: a fallback line */
    const struct node *node;         /* where it stands */
    const char *owner;               /* "rules.PII_CARD.tests[0]" */
    const char *skipped;             /* why it was not run; NULL: it was */
    struct text text;                /* that was judged */
    const struct envelope *envelope; /* NULL: not judged */
    struct span mutated; /* SELFTEST_MUTATED: bytes that a hit must cover */
    const struct rule *looked_for; /* the rule that must hit them */
    const struct selftest_fault *faults;
    size_t fault_count; /* 0: it passed, or was skipped */
    uint64_t ns;        /* judging took */
};

struct selftest_plan {
    /*
     * What positive tests are mutated by: MUTATE_BITs, for every rule but those
     * of `robust: none`; or, where `usual`, what is expected of the rule; or,
     * where `own_kinds`, what its own `mutate` names and nothing else.
     */
    unsigned mutations;
    bool usual, own_kinds;
    /*
     * Positive tests are judged in at most SELFTEST_PREFIXES growing prefixes,
     * none of which may fail; the whole must then have the same envelope, byte
     * for byte, as from a judge that has seen nothing.
     */
    bool chunked;
    bool lines; /* fallback lines too */
    /* NULL: all. Is the test at this place wanted? rule may be NULL. */
    bool (*wanted)(void *context, const struct config_rule *rule,
                   const struct node *node);
    void (*told)(void *context, const struct selftest_outcome *outcome);
    void *context; /* of both */
};

struct selftest_counts {
    size_t passed, failed, skipped;
};

/*
 * Runs the plan in the order of the configuration and tells of each outcome.
 * Fails, with ERR_MEMORY, only where it cannot begin.
 */
bool selftest_run(const struct engine *engine, const struct selftest_plan *plan,
                  struct selftest_counts *out, struct err *err);

/*
 * The kinds of mutation that the rule is expected to see through: those it
 * lists under `mutate`, else by `robust`, for the types that look for words;
 * less for those that look for numbers, none for those that look at the text as
 * a whole.
 */
unsigned selftest_usual(const struct config_rule *rule);

#endif
