/*
 * A transcript cut into records: lines, or the values of a JSON document, or
 * the rows of a CSV table. A record is what fails alone: the next one is read
 * whatever this one holds. Internal to the transcript reader.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_FRAME_H
#define SIDECAR_TOOLS_TRANSCRIPT_FRAME_H

#include "sidecar/tools/transcript_source.h"

enum transcript_framing {
    TRANSCRIPT_FRAMING_LINES,
    /* Values anywhere; those of an array at the top one by one. */
    TRANSCRIPT_FRAMING_VALUES,
    TRANSCRIPT_FRAMING_CSV
};

/* The fault of a record that is longer than `limit`. */
extern const char transcript_frame_too_long[];

struct transcript_record {
    struct text bytes; /* until the next call */
    size_t line;       /* 1..: where it begins */
    uint64_t offset;   /* of that, in unpacked bytes, a byte order mark too */
    size_t element;    /* of the array at the top, 0..; SIZE_MAX: of none */
    const char *fault; /* why it was not read (bytes are empty), or NULL */
};

/* What of the source is in memory. */
struct transcript_frame {
    struct transcript_source *source; /* NULL: there is no more than this */
    enum transcript_framing framing;
    size_t limit; /* bytes of a record */
    char *at;
    size_t cap, from, len; /* [from, len) is to be read */
    bool ended;            /* the source has no more */
    size_t line;           /* of at[from] */
    uint64_t offset;       /* of at[from] */
    bool in_array;         /* VALUES: inside the array at the top */
    size_t elements;       /* VALUES: of that array so far */
    char delimiter;        /* CSV: between two fields */
    uint64_t rescanned;    /* CSV: bytes read twice, see give_up_line */
};

/*
 * Reads the beginning. A byte order mark is taken away; UTF-16 is refused
 * (ERR_INVALID). The frame is initialised whatever happens; it keeps the
 * source.
 */
bool transcript_frame_init(struct transcript_frame *frame,
                           struct transcript_source *source, const char *path,
                           size_t limit, struct err *err);
void transcript_frame_clear(struct transcript_frame *frame);

/* Everything in memory that is to be read. */
static inline struct text
transcript_frame_rest(const struct transcript_frame *frame)
{
    return (struct text){frame->at + frame->from, frame->len - frame->from};
}

/*
 * Brings at least one more byte into memory. false with err->kind ERR_NONE: the
 * source has ended, or memory is full (limit + a little); else the source
 * failed.
 */
bool transcript_frame_more(struct transcript_frame *frame, struct err *err);

/*
 * The next record that is not blank. false with err->kind ERR_NONE: there is
 * none; else the source failed. To look ahead, copy the frame, set the copy's
 * source to NULL, and do not clear it: what it then finds last, up to the end
 * of memory, need not be whole.
 */
bool transcript_frame_next(struct transcript_frame *frame,
                           struct transcript_record *out, struct err *err);

#endif
