#include "sidecar/tools/rescore_flow.h"

#include <stdio.h>

#include "sidecar/tools/command.h"

bool
rescore_flow_open(struct rescore_flow *flow,
                  const struct rescore_input_options *options, struct err *err)
{
    flow->input = rescore_input_open(options, err);
    if (flow->input == NULL) {
        return false;
    }
    rescore_progress_begin(&flow->progress, rescore_input_bytes(flow->input));
    return true;
}

bool
rescore_flow_run(struct rescore_flow *flow, const struct rescore_work *work,
                 size_t jobs, struct err *err)
{
    return rescore_pipeline_run(flow->input, work,
                                jobs > 0 ? jobs : rescore_pipeline_jobs(), err);
}

bool
rescore_flow_write(struct rescore_flow *flow, const struct rescore_batch *batch,
                   struct err *err)
{
    if (batch->errors > 0) {
        rescore_progress_clear(&flow->progress);
        rescore_notes_tell(&flow->notes, batch);
    }
    if (!rescore_output_write(&flow->output, buffer_text(&batch->out), err)) {
        return false;
    }
    rescore_progress_step(&flow->progress, batch->count, batch->place);
    return true;
}

void
rescore_flow_end(struct rescore_flow *flow)
{
    rescore_progress_clear(&flow->progress);
    rescore_notes_end(&flow->notes);
}

int
rescore_flow_fail(struct rescore_flow *flow, const struct err *err)
{
    rescore_progress_clear(&flow->progress);
    fprintf(stderr, "leeway %s: %s\n", flow->notes.command, err->message);
    return err->kind == ERR_IO      ? COMMAND_OUTPUT
           : err->kind == ERR_STATE ? COMMAND_BAD_DATA
                                    : COMMAND_INTERNAL;
}
