/*
 * Batches of replies through several threads, and out again in the order of
 * the input: the same bytes whatever the number of threads. How much is read
 * ahead, and so the memory, is bounded by the number of threads.
 *
 * The calling thread reads, writes, and judges while there is nothing to read
 * or write; the others only judge. With one thread there are no others.
 */
#ifndef SIDECAR_TOOLS_RESCORE_PIPELINE_H
#define SIDECAR_TOOLS_RESCORE_PIPELINE_H

#include "sidecar/tools/rescore_input.h"

enum { RESCORE_JOBS_MOST = 256 };

/* What is done with a batch, and with what comes of it. */
struct rescore_work {
    void *context;
    /* A thread's own state. NULL: err says why. Called by the caller's. */
    void *(*open)(void *context, struct err *err);
    /* Given back, one after another, when all threads have ended. */
    void (*close)(void *context, void *worker);
    /*
     * Fills batch->out and notes. Any thread, with its own worker. false: the
     * run ends, and err says why.
     */
    bool (*judge)(void *worker, struct rescore_batch *batch, struct err *err);
    /* The batches in order. The caller's thread. false: the run ends. */
    bool (*write)(void *context, const struct rescore_batch *batch,
                  struct err *err);
};

/* jobs: 1..RESCORE_JOBS_MOST threads, the caller's among them. */
bool rescore_pipeline_run(struct rescore_input *input,
                          const struct rescore_work *work, size_t jobs,
                          struct err *err);

/* Processors that this process may use: what --jobs is by default. */
size_t rescore_pipeline_jobs(void);

#endif
