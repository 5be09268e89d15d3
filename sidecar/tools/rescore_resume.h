/*
 * Going on with a file of rows: where its last whole row ends, and whether it
 * is of the same run. What the run was stands beside it, in FILE.run; where
 * that is not there (the rows came from standard output), its last rows decide:
 * they are judged again and must be the same.
 */
#ifndef SIDECAR_TOOLS_RESCORE_RESUME_H
#define SIDECAR_TOOLS_RESCORE_RESUME_H

#include "sidecar/base/digest.h"
#include "sidecar/tools/rescore_output.h"
#include "sidecar/tools/rescore_row.h"
#include "sidecar/tools/rescore_tally.h"

enum { RESCORE_RESUME_AGAIN = 64 /* rows that are judged again */ };

/* What decides about every byte of the rows. */
struct rescore_resume_run {
    const char *configuration; /* the engine's hash */
    struct digest options, input;
};

struct rescore_resume {
    uint64_t skip;  /* whole rows that are there for good */
    uint64_t again; /* and behind them those that are compared */
    bool header;    /* CSV: it is there */
    bool recorded;  /* FILE.run was there */
};

/*
 * Opens the file, made where it is not there, and leaves `output` at the first
 * of the rows that are compared. ERR_STATE: it is of another run; ERR_IO.
 */
bool rescore_resume_open(const char *path, enum rescore_row_format format,
                         const struct rescore_resume_run *run,
                         struct rescore_output *output,
                         struct rescore_resume *out, struct err *err);

/* Counts the rows that are skipped; of JSONL only. */
bool rescore_resume_tally(const struct rescore_output *output,
                          const struct rescore_resume *resume,
                          struct rescore_tally *tally, struct err *err);

/* Of what the files [count] are, without reading all of them. */
bool rescore_resume_input(char *const *paths, size_t count, struct digest *out,
                          struct err *err);

#endif
