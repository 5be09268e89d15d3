#include "proto/decode.h"

#include <math.h>
#include <stdio.h>

#include "proto/decode_keys.h"
#include "proto/field.h"

void
decode_fail_key(struct decoder *d, const char *key, const char *what)
{
    if (!d->reader.failed) {
        field_enter(&d->reader, "%s", key);
    }
    wire_fail(&d->reader, "%s", what);
}

/* ----------------------------------------------------------------- the keys */

/* What one operation takes, and which of its keys were there. */
struct taking {
    int op; /* REQUEST_OPS: not known */
    const struct decode_keys *const *groups;
    uint32_t seen[DECODE_GROUPS];
};

static bool
has_group(const struct taking *taking, int i)
{
    return i < DECODE_GROUPS && taking->groups[i] != NULL;
}

static void
fail_unknown(struct decoder *d, const struct taking *taking, struct text key)
{
    const char *names[DECODE_GROUPS * 32 + 1];
    size_t count = 0;

    for (int g = 0; has_group(taking, g); g++) {
        for (int i = 0; taking->groups[g]->names[i] != NULL; i++) {
            names[count++] = taking->groups[g]->names[i];
        }
    }
    names[count] = NULL;
    field_fail_unknown(&d->reader, key, names);
}

/*
 * A key of other operations is named as such; but where the operation itself
 * is not known, that is what is wrong, and the key is stepped over.
 */
static void
refuse_key(struct decoder *d, const struct taking *taking, struct text key)
{
    char shown[FIELD_SHOWN_BYTES + 1], what[ERR_PATH_BYTES];

    if (!decode_key_known(key)) {
        fail_unknown(d, taking, key);
    } else if (taking->op == REQUEST_OPS) {
        (void)wire_skip(&d->reader);
    } else {
        field_shown(key, shown);
        snprintf(what, sizeof(what), "not a key of %s",
                 request_op_names[taking->op]);
        decode_fail_key(d, shown, what);
    }
}

static void
read_entry(struct decoder *d, struct taking *taking)
{
    struct wire_reader *r = &d->reader;
    const struct text key = field_key_text(r);

    for (int g = 0; !r->failed && has_group(taking, g); g++) {
        const struct decode_keys *keys = taking->groups[g];
        const int index = field_find(key, keys->names);
        if (index >= 0) {
            if (field_key_mark(r, keys->names, index, &taking->seen[g])) {
                keys->read(d, index);
            }
            return;
        }
    }
    if (!r->failed) {
        refuse_key(d, taking, key);
    }
}

/* What must be there, what may not stand together. */
static void
check_whole(struct decoder *d, const struct taking *taking)
{
    for (int g = 0; has_group(taking, g); g++) {
        const struct decode_keys *keys = taking->groups[g];
        const uint32_t missing = keys->required & ~taking->seen[g];
        for (int i = 0; keys->names[i] != NULL; i++) {
            if ((missing & DECODE_BIT(i)) != 0) {
                decode_fail_key(d, keys->names[i], "missing");
            }
        }
        if (keys->check != NULL) {
            keys->check(d, taking->seen[g]);
        }
    }
}

/*
 * Which keys there may be depends on the operation, which may stand last.
 * REQUEST_OPS where it is missing or unknown: reading will say so.
 */
static int
find_op(const struct wire_reader *at)
{
    struct wire_reader r = *at;
    const size_t entries = wire_read_map(&r);

    for (size_t i = 0; i < entries && wire_next(&r) == WIRE_STR; i++) {
        const struct text key = wire_read_bytes(&r);
        if (text_is(key, "op") && wire_next(&r) == WIRE_STR) {
            const int op = field_find(wire_read_bytes(&r), request_op_names);
            return op >= 0 ? op : REQUEST_OPS;
        }
        (void)wire_skip(&r);
    }
    return REQUEST_OPS;
}

static void
read_whole(struct decoder *d)
{
    struct wire_reader *r = &d->reader;
    struct taking taking = {.op = find_op(r)};

    taking.groups = decode_ops[taking.op].groups;
    const size_t entries = wire_read_map(r);
    for (size_t i = 0; i < entries && !r->failed; i++) {
        read_entry(d, &taking);
        field_leave(r, 0);
    }
    if (!r->failed) {
        check_whole(d, &taking);
    }
}

/* ------------------------------------------------------------------- errors */

/* After a failure: what the error reply echoes, wherever it stands. */
static void
find_echoes(struct text message, struct request *out)
{
    struct err ignored = {.kind = ERR_NONE};
    struct wire_reader r;

    wire_read(&r, message, &ignored);
    const size_t entries = wire_next(&r) == WIRE_MAP ? wire_read_map(&r) : 0;
    for (size_t i = 0; i < entries && !r.failed; i++) {
        const struct text key =
            wire_next(&r) == WIRE_STR ? wire_read_bytes(&r) : wire_skip(&r);
        struct text *to = text_is(key, "id")            ? &out->id
                          : text_is(key, "op")          ? &out->op_name
                          : text_is(key, "traceparent") ? &out->traceparent
                                                        : NULL;
        if (to == NULL || wire_next(&r) != WIRE_STR) {
            (void)wire_skip(&r);
            continue;
        }
        struct wire_reader value = r;
        const struct text found = wire_read_str(&value, REQUEST_ID_BYTES);
        if (value.failed) {
            (void)wire_skip(&r);
        } else {
            *to = found;
            r.at = value.at;
        }
    }
}

/*
 * A key that we do not know may well be one of an operation that we do not
 * know: then that is the answer, in whatever order they stand.
 */
static void
blame_op(struct text message, const struct request *out, struct err *err)
{
    struct wire_reader r;

    if (err->kind == ERR_INVALID && out->op_name.len > 0 &&
        field_find(out->op_name, request_op_names) < 0) {
        wire_read(&r, message, err);
        const size_t left = field_enter(&r, "op");
        decode_fail_op(&r, out->op_name);
        field_leave(&r, left);
    }
}

static void
set_absent(struct request *out)
{
    *out = (struct request){.op = REQUEST_PING,
                            .deadline_ms = -1,
                            .turn = -1,
                            .seq = -1,
                            .limit = REQUEST_PAGE_PRESET,
                            .drift_threshold = (double)NAN};
}

void
decode_echoes(struct text message, const struct wire_limits *limits,
              struct request *out)
{
    struct err ignored;

    set_absent(out);
    if (wire_scan(message, limits, &ignored)) {
        find_echoes(message, out);
    }
}

bool
decode_request(struct text message, const struct decode_limits *limits,
               struct arena *arena, struct request *out, struct err *err)
{
    struct decoder d = {.limits = limits, .arena = arena, .out = out};

    set_absent(out);
    if (!wire_scan(message, &limits->wire, err)) {
        return false;
    }
    wire_read(&d.reader, message, err);
    if (wire_next(&d.reader) != WIRE_MAP) {
        err_set(err, ERR_BAD_REQUEST, "message: not a map");
        return false;
    }
    read_whole(&d);
    if (d.reader.failed) {
        find_echoes(message, out);
        blame_op(message, out, err);
        return false;
    }
    return true;
}
