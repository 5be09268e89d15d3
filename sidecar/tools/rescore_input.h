/*
 * The replies of several transcripts in their order: which of the turns are
 * to be judged, how they are numbered, and which of them are this shard's.
 *
 * Of a request log (transcript.h, `history`) the turns that were said before
 * are not judged again: they stand in an earlier record. What has come since
 * the last answer in it, the user's new message, stands nowhere else and is.
 */
#ifndef SIDECAR_TOOLS_RESCORE_INPUT_H
#define SIDECAR_TOOLS_RESCORE_INPUT_H

#include "sidecar/base/digest.h"
#include "sidecar/tools/rescore_batch.h"

enum { RESCORE_INPUT_ALL = -1 };

struct rescore_input_options {
    char *const *paths; /* [count] kept; "-" is standard input */
    size_t count;
    struct transcript_options transcript;
    int role; /* enum request_role; RESCORE_INPUT_ALL */
    /*
     * Shard `index` of `shards`, 0..: by the session's name, so that all of it
     * is one shard's; a turn without one by its file and its record's place:
     * nothing that a row holds depends on the turns before it.
     */
    uint64_t index, shards;
    uint64_t skip;  /* rows of this shard that are not given */
    uint64_t again; /* so many after them are only to be compared */
};

/* What was read of one file. */
struct rescore_input_file {
    const char *path;
    const char *format; /* NULL: it was not to be opened */
    struct transcript_counts counts;
    struct digest digest; /* of all that was read, in order */
    bool whole;           /* to its end */
};

struct rescore_input;

/* Fails with ERR_MEMORY. */
struct rescore_input *
rescore_input_open(const struct rescore_input_options *options,
                   struct err *err);
void rescore_input_close(struct rescore_input *input);

/*
 * Fills the batch (reset before). A file that cannot be read on, or at all,
 * gives a reply of kind BROKEN and the next one is read. false: there was
 * nothing more, with err->kind ERR_NONE, or ERR_MEMORY.
 */
bool rescore_input_next(struct rescore_input *input,
                        struct rescore_batch *batch, struct err *err);

/* Ends the reading: what is being read is given up, not told as broken. */
void rescore_input_stop(struct rescore_input *input);

/* [*count], also of those not begun. */
const struct rescore_input_file *
rescore_input_files(const struct rescore_input *input, size_t *count);

/* Bytes of all the files; 0 where that cannot be known: packed, or a pipe. */
uint64_t rescore_input_bytes(const struct rescore_input *input);

#endif
