/*
 * Engines for tests: built from YAML text, or the shipped one, and what they
 * say of a text. Paths are relative to the root, where `make unit` runs.
 */
#ifndef TESTS_UNIT_SUPPORT_ENGINE_H
#define TESTS_UNIT_SUPPORT_ENGINE_H

#include "sidecar/engine/judge.h"

/*
 * What most of the configurations begin with: the schema, a category `c`
 * without thresholds, and a default pool of two lines. Rules follow.
 */
#define SUPPORT_ENGINE_HEAD                                                    \
    "schema: 1\n"                                                              \
    "categories:\n"                                                            \
    "  c: {}\n"                                                                \
    "fallbacks:\n"                                                             \
    "  default: {pick: rotate, en: [\"One thing.\", \"Another thing.\"]}\n"

/* As above, then "rules:" and one rule a line. */
#define SUPPORT_ENGINE_RULES SUPPORT_ENGINE_HEAD "rules:\n"

/*
 * The engine of one file, which must be free of problems; its inline tests are
 * not run. Freed with engine_drop.
 */
struct engine *support_engine(const char *yaml);

/*
 * The same with overrides ("drift.threshold=0.2", ended by NULL): paths in them
 * are relative to the root.
 */
struct engine *
support_engine_set(const char *yaml, const char *const *overrides);

/* config/leeway.yaml, without its inline tests. */
struct engine *support_engine_shipped(void);

/* All that is said about the file, printed; "" where nothing. To be freed. */
char *support_engine_problems(const char *yaml, bool run_tests);

/* The same with overrides, its inline tests not run. */
char *
support_engine_problems_set(const char *yaml, const char *const *overrides);

/* An engine, a judge, and the answer to the last request. */
struct support_bench {
    struct engine *engine;
    struct judge *judge;
    struct judge_result result;
    struct err err;
};

struct support_bench support_bench(struct engine *engine); /* takes engine */
struct support_bench support_bench_of(const char *yaml);
void support_bench_clear(struct support_bench *bench);

/* A score request for one text; the candidate outlives the request. */
struct request support_request(const struct request_candidate *candidate);

/* Judges; the test ends where that fails. The first candidate's envelope. */
const struct envelope *
support_judge(struct support_bench *bench, const struct request *request);

/* As above, for a text alone. */
const struct envelope *
support_say(struct support_bench *bench, const char *text);

/*
 * "RULE[from,to) RULE[from,to)", in bytes: the hits, in order. Valid until the
 * next call.
 */
const char *support_hits(const struct envelope *envelope);

/*
 * "verdict by KIND ID: RULE 0.5 raw[0,7) ENTITY, ...": the decision and the
 * hits with all that is told of them. Valid until the next call.
 */
const char *support_findings(const struct envelope *envelope);

/* n copies of the piece after one another, to be freed. */
char *support_repeat(const char *piece, size_t n);

#endif
