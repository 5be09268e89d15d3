#include "proto/decode_keys.h"

#include <stdio.h>

#include "proto/field.h"
#include "sidecar/base/nearest.h"

enum {
    DEADLINE_MAX_MS = 3600000,
    TOKEN_BYTES = 4096,
    METADATA_KEY_BYTES = 64,
    METADATA_VALUE_BYTES = 1024,
    TRACEPARENT_BYTES = 64
};

enum {
    KEY_V,
    KEY_OP,
    KEY_ID,
    KEY_DEADLINE,
    KEY_TOKEN,
    KEY_METADATA,
    KEY_TRACEPARENT
};

static const char *const names[] = {
    "v", "op", "id", "deadlineMs", "token", "metadata", "traceparent", NULL};

/* Echoed as it stands: what a strict reader would refuse must not pass. */
static void
read_metadata(struct decoder *d)
{
    struct wire_reader *r = &d->reader;
    const unsigned char *const start = r->at;
    struct text keys[REQUEST_METADATA];

    const size_t count = wire_read_map(r);
    if (count > REQUEST_METADATA) {
        wire_fail_as(r, ERR_TOO_LARGE, "%zu entries, at most %d", count,
                     REQUEST_METADATA);
    }
    for (size_t i = 0; i < count && !r->failed; i++) {
        char shown[FIELD_SHOWN_BYTES + 1];
        keys[i] = wire_read_str(r, METADATA_KEY_BYTES);
        field_shown(keys[i], shown);
        const size_t before = field_enter(r, ".%s", shown);
        for (size_t k = 0; k < i; k++) {
            if (text_equal(keys[k], keys[i])) {
                wire_fail(r, "stands twice");
            }
        }
        (void)wire_read_str(r, METADATA_VALUE_BYTES);
        field_leave(r, before);
    }
    if (!r->failed) {
        d->out->metadata =
            (struct text){(const char *)start, (size_t)(r->at - start)};
    }
}

static void
read_version(struct wire_reader *r)
{
    const long long v = wire_read_int(r, INT64_MIN, INT64_MAX);

    if (!r->failed && v != REQUEST_VERSION) {
        wire_fail_as(r, ERR_VERSION, "version %lld; this sidecar speaks %d", v,
                     REQUEST_VERSION);
    }
}

/* Does the name go on a family, "stream." of two? Then behind its prefix. */
static size_t
family(const char *name, const char *before)
{
    const char *dot = strchr(name, '.');
    const size_t len = dot != NULL ? (size_t)(dot - name) + 1 : 0;

    return strncmp(name, before, len) == 0 ? len : 0;
}

/* "score, stream.open|feed|close|abort, ping", cut where there is no room. */
static void
list_ops(char *out, size_t size)
{
    size_t len = 0;

    for (int i = 0; i < REQUEST_OPS && len < size; i++) {
        const char *name = request_op_names[i];
        const size_t known = i > 0 ? family(name, request_op_names[i - 1]) : 0;
        len += (size_t)snprintf(out + len, size - len, "%s%s",
                                known > 0 ? "|"
                                : i > 0   ? ", "
                                          : "",
                                name + known);
    }
}

void
decode_fail_op(struct wire_reader *r, struct text op)
{
    const char *near = nearest_name(op, request_op_names);
    char shown[FIELD_SHOWN_BYTES + 1];
    char all[ERR_MESSAGE_BYTES * 3 / 4] = "";

    field_shown(op, shown);
    list_ops(all, sizeof(all));
    wire_fail_as(r, ERR_UNKNOWN_OP,
                 "unknown operation \"%s\"%s%s%s; there are %s", shown,
                 near != NULL ? "; did you mean \"" : "",
                 near != NULL ? near : "", near != NULL ? "\"?" : "", all);
}

static void
read_op(struct decoder *d)
{
    struct wire_reader *r = &d->reader;

    d->out->op_name = wire_read_str(r, WIRE_KEY_BYTES);
    const int op = field_find(d->out->op_name, request_op_names);
    if (op < 0) {
        decode_fail_op(r, d->out->op_name);
    } else {
        d->out->op = (enum request_op)op;
    }
}

static void
read_id(struct decoder *d)
{
    struct wire_reader *r = &d->reader;

    const struct text id = wire_read_str(r, REQUEST_ID_BYTES);
    if (!r->failed) {
        d->out->id = id;
    }
}

static void
read(struct decoder *d, int key)
{
    struct wire_reader *r = &d->reader;
    struct request *out = d->out;

    switch (key) {
    case KEY_V:
        read_version(r);
        return;
    case KEY_OP:
        read_op(d);
        return;
    case KEY_ID:
        read_id(d);
        return;
    case KEY_DEADLINE:
        out->deadline_ms = wire_read_int(r, 0, DEADLINE_MAX_MS);
        return;
    case KEY_TOKEN:
        out->token = wire_read_str(r, TOKEN_BYTES);
        return;
    case KEY_METADATA:
        read_metadata(d);
        return;
    default: // KEY_TRACEPARENT
        out->traceparent = wire_read_str(r, TRACEPARENT_BYTES);
        return;
    }
}

const struct decode_keys decode_keys_common = {.names = names,
                                               .required = DECODE_BIT(KEY_V) |
                                                           DECODE_BIT(KEY_OP),
                                               .read = read};
