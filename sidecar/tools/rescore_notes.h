/*
 * Messages about replies that were not judged: the first ones, in the order of
 * the input, and how many more there were.
 */
#ifndef SIDECAR_TOOLS_RESCORE_NOTES_H
#define SIDECAR_TOOLS_RESCORE_NOTES_H

#include "sidecar/tools/rescore_input.h"

enum { RESCORE_NOTES_TOLD = 20 };

struct rescore_notes {
    const char *command;
    uint64_t errors; /* in all */
    uint64_t told;
};

/*
 * Counts an error of the batch, and notes it while there is room. err is for
 * a reply that is a turn.
 */
void
rescore_notes_add(struct rescore_batch *batch,
                  const struct rescore_reply *reply, const struct err *err);

/* Prints the notes of the next batch to stderr. */
void rescore_notes_tell(struct rescore_notes *notes,
                        const struct rescore_batch *batch);

/* Says how many were not told. */
void rescore_notes_end(const struct rescore_notes *notes);

/*
 * The exit code of a run that was not stopped: COMMAND_BAD_DATA where a file
 * was not read to its end, none of the rows was judged, or `strict` and one
 * was not.
 */
int rescore_notes_code(const struct rescore_notes *notes,
                       const struct rescore_input *input, uint64_t rows,
                       bool strict);

/* A path as UTF-8, to be freed: other bytes are "?". NULL: no memory. */
char *rescore_notes_words(const char *path);

#endif
