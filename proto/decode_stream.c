#include "proto/decode_keys.h"

#include "proto/field.h"

/* -------------------------------------------------------------- stream.open */

static const char *const opening_names[] = {"mode", NULL};

static void
read_opening(struct decoder *d, int key)
{
    const struct text name = wire_read_str(&d->reader, WIRE_KEY_BYTES);
    const int mode = field_find(name, request_mode_names);

    (void)key; // there is one
    if (mode < 0) {
        wire_fail(&d->reader, "one of gate, shadow, final");
    } else {
        d->out->mode = (enum request_mode)mode;
    }
}

const struct decode_keys decode_keys_opening = {.names = opening_names,
                                                .read = read_opening};

/* ------------------------------------------------------------- which stream */

static const char *const stream_names[] = {"stream", NULL};

static void
read_stream(struct decoder *d, int key)
{
    (void)key; // there is one
    d->out->stream = field_name(&d->reader, false);
}

const struct decode_keys decode_keys_stream = {
    .names = stream_names, .required = DECODE_BIT(0), .read = read_stream};

/* -------------------------------------------------------------- stream.feed */

enum { KEY_SEQ, KEY_TEXT };

/* What every client can count to exactly: whole doubles. */
static const long long seq_max = 1ll << 53;

static const char *const delta_names[] = {"seq", "text", NULL};

static void
read_delta(struct decoder *d, int key)
{
    struct wire_reader *r = &d->reader;

    if (key == KEY_SEQ) {
        d->out->seq = wire_read_int(r, 0, seq_max);
    } else if (wire_next(r) != WIRE_BIN) {
        d->out->delta = wire_read_str(r, d->limits->text_bytes);
    } else {
        // A bin may end inside a character: what it is part of is checked.
        d->out->delta = wire_read_bytes(r);
        if (d->out->delta.len > d->limits->text_bytes) {
            wire_fail_as(r, ERR_TOO_LARGE, "%zu bytes, at most %zu",
                         d->out->delta.len, d->limits->text_bytes);
        }
    }
}

const struct decode_keys decode_keys_delta = {.names = delta_names,
                                              .required = DECODE_BIT(KEY_SEQ) |
                                                          DECODE_BIT(KEY_TEXT),
                                              .read = read_delta};
