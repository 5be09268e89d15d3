/*
 * For the proof of streams: texts, and what is true of each as a whole.
 */
#ifndef TESTS_BENCH_PROOF_H
#define TESTS_BENCH_PROOF_H

#include "sidecar/base/buffer.h"
#include "sidecar/engine/judge.h"

enum { PROOF_CUTS = 64 }; /* places of interest that are kept of one text */

/* Ends the program with 2. */
_Noreturn void proof_fail(const char *what, const char *why);
void proof_must(bool fine, const char *what, const struct err *err);

/* An engine, and what is lent to judge with it. */
struct proof_bench {
    struct engine *engine;
    struct judge *judge;
    struct rules_scratch *scratch;
    struct arena *row; /* what a row holds; emptied with the next */
};

struct proof_bench proof_bench(struct engine *engine); /* takes the engine */
void proof_bench_clear(struct proof_bench *bench);

/* Of the request's first candidate; valid until the next call. */
const struct envelope *
proof_judge(struct proof_bench *bench, const struct request *request);

struct proof_row {
    struct request request; /* for score */
    struct text text;
    struct buffer envelope; /* as it goes over the wire */
    struct buffer content;  /* what is to be shown */
    enum envelope_action action;
    enum envelope_verdict verdict;
    struct hits hits;  /* of rules_scan */
    struct hits masks; /* those of them that are redactions by themselves */
    bool *chosen;      /* [masks.count], all true */
    size_t first;      /* first byte of a hit that is none of those; SIZE_MAX */
    size_t again; /* of one in the redacted text, behind its first redaction */
    size_t cuts[PROOF_CUTS]; /* borders of hits */
    size_t cut_count;
};

/* Judges the request's one candidate; its texts outlive the row. */
void proof_row_make(struct proof_bench *bench, const struct request *request,
                    struct proof_row *out);
void proof_row_clear(struct proof_row *row);

/* Where texts come from. */
struct proof_source {
    struct text input; /* rows "<bytes>\n" and a score request of so many */
    const struct config *own; /* instead: the inline tests of its rules */
    size_t rule, test;        /* the next of them */
};

/* False: there is none left. */
bool proof_next(struct proof_bench *bench, struct proof_source *source,
                struct request_candidate *candidate, struct request *out);

#endif
