#include "proto/floats.h"

#include "proto/field.h"
#include "sidecar/base/little.h"

size_t
floats_count(struct wire_reader *r)
{
    // What is read ahead is read again, so its errors may come from here too.
    const unsigned char *const before = r->at;
    const enum wire_type type = wire_next(r);
    size_t count = 0;

    if (type == WIRE_ARRAY) {
        count = wire_read_array(r);
    } else if (type == WIRE_BIN) {
        const size_t bytes = wire_read_bytes(r).len;
        if (bytes % 4 != 0) {
            wire_fail(r, "%zu bytes are no whole number of float32", bytes);
        }
        count = bytes / 4;
    } else {
        wire_fail(r, "expected an array of numbers or a bin");
    }
    if (r->failed) {
        return 0;
    }
    r->at = before;
    return count;
}

static void
read_numbers(struct wire_reader *r, float *out)
{
    const size_t count = wire_read_array(r);

    for (size_t i = 0; i < count && !r->failed; i++) {
        const enum wire_type type = wire_next(r);
        if (type != WIRE_FLOAT && type != WIRE_INT) {
            field_enter(r, "[%zu]", i);
        }
        out[i] = wire_read_float(r);
    }
}

static void
read_packed(struct wire_reader *r, float *out)
{
    const struct text bytes = wire_read_bytes(r);

    for (size_t i = 0; i < bytes.len / 4; i++) {
        out[i] = little_float(bytes.at + 4 * i);
    }
}

void
floats_read(struct wire_reader *r, float *out)
{
    if (wire_next(r) == WIRE_BIN) {
        read_packed(r, out);
    } else {
        read_numbers(r, out);
    }
}
