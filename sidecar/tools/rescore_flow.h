/*
 * From the transcripts to the output: what every command that judges replies
 * in bulk reads from, writes to, and tells a person on the way. One thread.
 */
#ifndef SIDECAR_TOOLS_RESCORE_FLOW_H
#define SIDECAR_TOOLS_RESCORE_FLOW_H

#include "sidecar/tools/rescore_notes.h"
#include "sidecar/tools/rescore_output.h"
#include "sidecar/tools/rescore_pipeline.h"
#include "sidecar/tools/rescore_progress.h"

struct rescore_flow {
    struct rescore_input *input; /* NULL: not open */
    struct rescore_output output;
    struct rescore_progress progress;
    struct rescore_notes notes; /* its command is set */
};

/* Opens the input, and begins to tell how far it is. */
bool
rescore_flow_open(struct rescore_flow *flow,
                  const struct rescore_input_options *options, struct err *err);

/* Puts all of it through; jobs 0: as many as there are processors. */
bool
rescore_flow_run(struct rescore_flow *flow, const struct rescore_work *work,
                 size_t jobs, struct err *err);

/* The batch's rows and notes; for rescore_work.write. */
bool rescore_flow_write(struct rescore_flow *flow,
                        const struct rescore_batch *batch, struct err *err);

/* The last of what a person is told on the way. */
void rescore_flow_end(struct rescore_flow *flow);

/*
 * Says why the run failed; the exit code: COMMAND_OUTPUT for ERR_IO,
 * COMMAND_BAD_DATA for ERR_STATE, else COMMAND_INTERNAL.
 */
int rescore_flow_fail(struct rescore_flow *flow, const struct err *err);

#endif
