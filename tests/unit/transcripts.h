/*
 * A transcript in a test: content written to a file, read, and told in one
 * string.
 *
 *     a0:Hello|u1:Hi|!3 messages[0]: no role|.
 *
 * is an assistant's turn 0, a user's turn 1, something bad of line 3, and the
 * end; "#" instead of the end: the rest could not be read.
 */
#ifndef TESTS_UNIT_TRANSCRIPTS_H
#define TESTS_UNIT_TRANSCRIPTS_H

#include <stdio.h>
#include <unistd.h>

#include "sidecar/base/buffer.h"
#include "sidecar/tools/transcript.h"
#include "tests/unit/harness.h"

struct told {
    char format[16];
    char items[8192]; /* cut where there is more */
    size_t turns, bad;
    enum transcript_kind end;
    struct err err; /* of opening (format is ""), or of what broke */
};

static inline void
transcripts_path(char path[64])
{
    snprintf(path, 64, "/tmp/leeway-transcript-%d", (int)getpid());
}

static inline void
transcripts_write(struct text content)
{
    char path[64];

    transcripts_path(path);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content.at, 1, content.len, file), content.len);
    ck_assert_int_eq(fclose(file), 0);
}

static inline size_t
transcripts_tell(char *to, size_t room, const struct transcript_item *item)
{
    static const char roles[] = "auts";
    int len;

    if (item->kind == TRANSCRIPT_TURN) {
        len = snprintf(to, room, "%s%c%lld:%.*s|",
                       item->turn.history ? "~" : "", roles[item->turn.role],
                       item->turn.turn, TEXT_ARGS(item->turn.text));
    } else {
        len = snprintf(to, room, "!%zu %.*s%s%.*s|", item->line,
                       TEXT_ARGS(item->path), item->path.len > 0 ? ": " : "",
                       TEXT_ARGS(item->reason));
    }
    return len < 0 ? 0 : (size_t)len < room ? (size_t)len : room - 1;
}

/* Reads what transcripts_write wrote. */
static inline void
transcripts_read(const struct transcript_options *options, struct told *out)
{
    struct transcript_item item;
    size_t len = 0;
    char path[64];

    transcripts_path(path);
    *out = (struct told){.end = TRANSCRIPT_BROKEN};
    struct transcript *t = transcript_open(path, options, &out->err);
    if (t == NULL) {
        ck_assert_int_ne(out->err.kind, ERR_NONE);
        ck_assert_int_eq(unlink(path), 0);
        return;
    }
    snprintf(out->format, sizeof(out->format), "%s", transcript_format_of(t));
    while ((out->end = transcript_next(t, &item, &out->err)) ==
               TRANSCRIPT_TURN ||
           out->end == TRANSCRIPT_BAD) {
        out->turns += out->end == TRANSCRIPT_TURN;
        out->bad += out->end == TRANSCRIPT_BAD;
        len +=
            transcripts_tell(out->items + len, sizeof(out->items) - len, &item);
    }
    // After the end there is the end again.
    ck_assert_int_eq(transcript_next(t, &item, &out->err), out->end);
    const struct transcript_counts counts = transcript_counts_of(t);
    ck_assert_uint_eq(counts.turns, out->turns);
    ck_assert_uint_eq(counts.bad, out->bad);
    snprintf(out->items + len, sizeof(out->items) - len, "%s",
             out->end == TRANSCRIPT_END ? "." : "#");
    transcript_close(t);
    ck_assert_int_eq(unlink(path), 0);
}

static inline void
transcripts_of(struct text content, const struct transcript_options *options,
               struct told *out)
{
    transcripts_write(content);
    transcripts_read(options, out);
}

#endif
