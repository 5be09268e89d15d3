#include "sidecar/tools/transcript_frame.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 64 * 1024 };

/* ------------------------------------------------------------------- memory */

static bool
make_room(struct transcript_frame *f, struct err *err)
{
    if (f->from > 0) {
        memmove(f->at, f->at + f->from, f->len - f->from);
        f->len -= f->from;
        f->from = 0;
    }
    if (f->cap - f->len >= CHUNK_BYTES || f->cap == f->limit + CHUNK_BYTES) {
        return true;
    }
    const size_t most = f->limit + CHUNK_BYTES;
    const size_t cap = f->cap < most / 2 ? f->cap * 2 + CHUNK_BYTES : most;
    char *at = realloc(f->at, cap < most ? cap : most);
    if (at == NULL) {
        err_memory(err, "a transcript");
        return false;
    }
    f->at = at;
    f->cap = cap < most ? cap : most;
    return true;
}

bool
transcript_frame_more(struct transcript_frame *frame, struct err *err)
{
    size_t got;

    err->kind = ERR_NONE;
    if (frame->source == NULL || frame->ended || !make_room(frame, err) ||
        frame->cap == frame->len) {
        return false;
    }
    if (!transcript_source_read(frame->source, frame->at + frame->len,
                                frame->cap - frame->len, &got, err)) {
        return false;
    }
    frame->len += got;
    frame->ended = got == 0;
    return got > 0;
}

/* Everything before `to` has been read. */
static void
advance(struct transcript_frame *f, size_t to)
{
    const char *at = f->at + f->from, *const end = f->at + to;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        f->line++;
        at++;
    }
    f->offset += to - f->from;
    f->from = to;
}

bool
transcript_frame_init(struct transcript_frame *frame,
                      struct transcript_source *source, const char *path,
                      size_t limit, struct err *err)
{
    *frame =
        (struct transcript_frame){.source = source, .limit = limit, .line = 1};
    while (frame->len < 4 && transcript_frame_more(frame, err)) {
    }
    if (frame->len < 4 && err->kind != ERR_NONE) {
        return false;
    }
    const struct text head = transcript_frame_rest(frame);
    if (text_starts(head, TEXT("\xff\xfe")) ||
        text_starts(head, TEXT("\xfe\xff"))) {
        err_set(err, ERR_INVALID, "%s: UTF-16; save it as UTF-8", path);
        return false;
    }
    if (text_starts(head, TEXT("\xef\xbb\xbf"))) {
        advance(frame, 3);
    }
    return true;
}

void
transcript_frame_clear(struct transcript_frame *frame)
{
    free(frame->at);
    frame->at = NULL;
}

/* ------------------------------------------------------------ a record found
 */

/*
 * Where a scan stands: `at` counts from frame->from, so that it stays right
 * when memory moves.
 */
struct scan {
    size_t at;
    bool broken;  /* the source failed */
    bool skipped; /* longer than the limit: its beginning is gone */
    size_t line;  /* where the record began */
    uint64_t offset;
};

static struct scan
scan_begin(const struct transcript_frame *f)
{
    return (struct scan){.line = f->line, .offset = f->offset};
}

/*
 * Is there a byte at scan->at? Where the record passes the limit, what has
 * been seen of it is let go.
 */
static bool
scan_has(struct transcript_frame *f, struct scan *scan, struct err *err)
{
    while (scan->at >= f->len - f->from) {
        if (scan->at > f->limit) {
            advance(f, f->from + scan->at);
            scan->at = 0;
            scan->skipped = true;
        }
        if (!transcript_frame_more(f, err)) {
            scan->broken = err->kind != ERR_NONE;
            return false;
        }
    }
    return true;
}

static const char *
scan_peek(const struct transcript_frame *f, const struct scan *scan)
{
    return f->at + f->from + scan->at;
}

const char transcript_frame_too_long[] = "longer than a record may be";

/* The record [0, len) of the scan; `past` bytes are done with. */
static bool
found(struct transcript_frame *f, const struct scan *scan, size_t len,
      size_t past, struct transcript_record *out)
{
    *out = (struct transcript_record){.bytes = {f->at + f->from, len},
                                      .line = scan->line,
                                      .offset = scan->offset,
                                      .element = SIZE_MAX};
    if (f->in_array) {
        out->element = f->elements++;
    }
    if (scan->skipped || len > f->limit) {
        out->bytes.len = 0;
        out->fault = transcript_frame_too_long;
    }
    advance(f, f->from + past);
    return true;
}

/* -------------------------------------------------------------------- lines
 */

static bool
next_line(struct transcript_frame *f, struct transcript_record *out,
          struct err *err)
{
    struct scan scan = scan_begin(f);

    while (scan_has(f, &scan, err)) {
        const struct text rest = transcript_frame_rest(f);
        const char *end = memchr(rest.at + scan.at, '\n', rest.len - scan.at);
        if (end != NULL) {
            const size_t past = (size_t)(end - rest.at) + 1;
            return found(f, &scan, past - 1, past, out);
        }
        scan.at = rest.len;
    }
    if (scan.broken || (scan.at == 0 && !scan.skipped)) {
        return false;
    }
    return found(f, &scan, scan.at, scan.at, out);
}

/* ------------------------------------------------------------------- values
 */

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * Steps over what stands between two values. The brackets of an array at the
 * top are no more than that: its elements are the records.
 */
static bool
skip_between(struct transcript_frame *f, struct err *err)
{
    struct scan scan = scan_begin(f);

    while (scan_has(f, &scan, err)) {
        const char c = *scan_peek(f, &scan);
        if (c == '[' && !f->in_array) {
            f->in_array = true;
            f->elements = 0;
        } else if (c == ']' && f->in_array) {
            f->in_array = false;
        } else if (!is_space(c) && !(c == ',' && f->in_array)) {
            advance(f, f->from + scan.at);
            return true;
        }
        scan.at++;
    }
    advance(f, f->from + scan.at);
    return false;
}

struct nesting {
    size_t depth;
    bool in_string, escaped;
};

/*
 * Takes one byte of a value that is an object or an array; true: it is the
 * last one. No string goes over the end of a line, so that a lost quotation
 * mark costs one value and not the rest of the file.
 */
static bool
nest(struct nesting *n, char c)
{
    if (n->in_string) {
        n->in_string = c != '\n' && (n->escaped || c != '"');
        n->escaped = !n->escaped && c == '\\';
        return false;
    }
    n->in_string = c == '"';
    n->escaped = false;
    n->depth += c == '{' || c == '[';
    n->depth -= (c == '}' || c == ']') && n->depth > 0;
    return n->depth == 0;
}

/* Does this byte end a value that is neither object nor array? */
static bool
ends_scalar(const struct transcript_frame *f, char c)
{
    return c == '\n' || (f->in_array && (c == ',' || c == ']')) || c == '{';
}

static bool
next_value(struct transcript_frame *f, struct transcript_record *out,
           struct err *err)
{
    struct nesting n = {.depth = 0};

    if (!skip_between(f, err)) {
        return false;
    }
    struct scan scan = scan_begin(f);
    const char first = *scan_peek(f, &scan);
    const bool nested = first == '{' || first == '[';
    while (scan_has(f, &scan, err)) {
        const char c = *scan_peek(f, &scan);
        if (nested && nest(&n, c)) {
            return found(f, &scan, scan.at + 1, scan.at + 1, out);
        }
        // A comma inside a string at the top is not between two values.
        if (!nested && scan.at > 0 && !n.in_string && ends_scalar(f, c)) {
            return found(f, &scan, scan.at, scan.at, out);
        }
        if (!nested) {
            (void)nest(&n, c == '"' || c == '\\' || c == '\n' ? c : ' ');
        }
        scan.at++;
    }
    if (scan.broken) {
        return false;
    }
    return found(f, &scan, scan.at, scan.at, out);
}

/* ---------------------------------------------------------------------- CSV
 */

/*
 * A quotation mark that is never closed takes the whole rest of the file into
 * one field. Then only the first line is given up, and the next one is read
 * again: as long as that costs no more than a few times the file.
 */
enum { RESCAN_FACTOR = 4, RESCAN_FREE = 64 << 20 };

static bool
give_up_line(struct transcript_frame *f, const struct scan *scan,
             const char *why, struct transcript_record *out)
{
    const char *end = memchr(f->at + f->from, '\n', scan->at);
    const bool affordable = f->rescanned / RESCAN_FACTOR <=
                            scan->offset + RESCAN_FREE / RESCAN_FACTOR;
    const size_t past = end != NULL && affordable
                            ? (size_t)(end - (f->at + f->from)) + 1
                            : scan->at;

    f->rescanned += scan->at - past;
    (void)found(f, scan, 0, past, out);
    out->fault = why;
    return true;
}

/* Where a scan stands in a row. */
struct row {
    bool quoted;
    bool field_begins; /* so that a quotation mark opens one */
};

/* Takes one byte; true: it ends the row. */
static bool
step(struct row *row, char c, char delimiter)
{
    // A doubled mark closes and opens again. One inside a bare field is a
    // character like any other.
    if (c == '"' && (row->quoted || row->field_begins)) {
        row->quoted = !row->quoted;
        row->field_begins = true;
    } else if (!row->quoted) {
        row->field_begins = c == delimiter;
    }
    return c == '\n' && !row->quoted;
}

static bool
next_row(struct transcript_frame *f, struct transcript_record *out,
         struct err *err)
{
    struct scan scan = scan_begin(f);
    struct row row = {.field_begins = true};

    while (scan.at <= f->limit && scan_has(f, &scan, err)) {
        const char c = *scan_peek(f, &scan);
        scan.at++;
        if (step(&row, c, f->delimiter)) {
            return found(f, &scan, scan.at - 1, scan.at, out);
        }
    }
    if (scan.broken || scan.at == 0) {
        return false;
    }
    if (row.quoted) {
        return give_up_line(f, &scan, "a quotation mark that is never closed",
                            out);
    }
    if (scan.at > f->limit) {
        return memchr(f->at + f->from, '\n', scan.at) != NULL
                   ? give_up_line(f, &scan, transcript_frame_too_long, out)
                   : next_line(f, out, err);
    }
    return found(f, &scan, scan.at, scan.at, out);
}

/* ------------------------------------------------------------------- as one
 */

static bool
blank(struct text bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (!is_space(bytes.at[i])) {
            return false;
        }
    }
    return true;
}

static bool
next_any(struct transcript_frame *f, struct transcript_record *out,
         struct err *err)
{
    switch (f->framing) {
    case TRANSCRIPT_FRAMING_VALUES:
        return next_value(f, out, err);
    case TRANSCRIPT_FRAMING_CSV:
        return next_row(f, out, err);
    case TRANSCRIPT_FRAMING_LINES:
        break;
    }
    return next_line(f, out, err);
}

bool
transcript_frame_next(struct transcript_frame *frame,
                      struct transcript_record *out, struct err *err)
{
    do {
        err->kind = ERR_NONE;
        if (!next_any(frame, out, err)) {
            return false;
        }
        if (out->bytes.len > 0 && out->bytes.at[out->bytes.len - 1] == '\r') {
            out->bytes.len--;
        }
    } while (out->fault == NULL && blank(out->bytes));
    return true;
}
