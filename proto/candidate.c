#include "proto/candidate.h"

#include "proto/field.h"

struct reading {
    struct wire_reader *reader;
    const struct candidate_limits *limits;
    struct arena *arena;
};

static void
read_floats(const struct reading *in, struct request_vector *vector)
{
    struct wire_reader *r = in->reader;

    const size_t count = wire_read_array(r);
    float *values = field_array(r, in->arena, count, in->limits->dimensions,
                                sizeof(*values), "dimensions");
    for (size_t i = 0; i < count && !r->failed; i++) {
        const enum wire_type type = wire_next(r);
        if (type != WIRE_FLOAT && type != WIRE_INT) {
            field_enter(r, "[%zu]", i);
        }
        values[i] = wire_read_float(r);
    }
    vector->values = values;
    vector->dim = count;
}

/* Little-endian float32, copied: a message has no alignment. */
static void
read_packed_floats(const struct reading *in, struct request_vector *vector)
{
    struct wire_reader *r = in->reader;

    const struct text bytes = wire_read_bytes(r);
    const size_t count = bytes.len / 4;
    if (bytes.len % 4 != 0) {
        wire_fail(r, "%zu bytes are no whole number of float32", bytes.len);
    }
    float *values = field_array(r, in->arena, count, in->limits->dimensions,
                                sizeof(*values), "dimensions");
    if (values == NULL) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned char *b = (const unsigned char *)bytes.at + 4 * i;
        const uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 |
                              (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&values[i], &bits, sizeof(values[i]));
    }
    vector->values = values;
    vector->dim = count;
}

static void
read_vector(const struct reading *in, struct request_vector *vector)
{
    switch (wire_next(in->reader)) {
    case WIRE_BIN:
        read_packed_floats(in, vector);
        break;
    case WIRE_ARRAY:
        read_floats(in, vector);
        break;
    case WIRE_NIL:
    case WIRE_BOOL:
    case WIRE_INT:
    case WIRE_FLOAT:
    case WIRE_STR:
    case WIRE_MAP:
        wire_fail(in->reader, "expected an array of numbers or a bin");
        break;
    }
}

static bool
stands_before(const struct request_vector *vectors, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (text_equal(vectors[i].model, vectors[index].model)) {
            return true;
        }
    }
    return false;
}

static void
read_vectors(const struct reading *in, struct request_candidate *candidate)
{
    struct wire_reader *r = in->reader;

    const size_t count = wire_read_map(r);
    struct request_vector *at =
        field_array(r, in->arena, count, REQUEST_MODELS, sizeof(*at), "models");
    for (size_t i = 0; i < count && !r->failed; i++) {
        char shown[FIELD_SHOWN_BYTES + 1];
        at[i].model = field_name(r, false);
        field_shown(at[i].model, shown);
        const size_t before = field_enter(r, ".%.40s", shown);
        if (stands_before(at, i)) {
            wire_fail(r, "stands twice");
        }
        read_vector(in, &at[i]);
        field_leave(r, before);
    }
    candidate->vectors = at;
    candidate->vector_count = r->failed ? 0 : count;
}

static void
read_candidate(const struct reading *in, struct request_candidate *candidate)
{
    enum key { KEY_TEXT, KEY_EMBEDDINGS };
    static const char *const names[] = {"text", "embeddings", NULL};
    struct wire_reader *r = in->reader;
    const size_t path = strlen(r->path);
    uint32_t seen = 0;

    const size_t entries = wire_read_map(r);
    for (size_t i = 0; i < entries && !r->failed; i++) {
        const int key = field_key(r, names, &seen);
        if (key == KEY_TEXT) {
            candidate->text = wire_read_str(r, in->limits->text_bytes);
        } else if (key == KEY_EMBEDDINGS) {
            read_vectors(in, candidate);
        }
        field_leave(r, path);
    }
    if ((seen >> KEY_TEXT & 1u) == 0) {
        field_enter(r, ".text");
        wire_fail(r, "missing");
    }
}

void
candidate_read_all(struct wire_reader *r, const struct candidate_limits *limits,
                   struct arena *arena, struct request *out)
{
    const struct reading in = {r, limits, arena};

    const size_t count = wire_read_array(r);
    if (count == 0) {
        wire_fail(r, "empty: 1 to %d candidates", REQUEST_CANDIDATES);
    }
    struct request_candidate *at = field_array(
        r, arena, count, REQUEST_CANDIDATES, sizeof(*at), "candidates");
    for (size_t i = 0; i < count && !r->failed; i++) {
        const size_t before = field_enter(r, "[%zu]", i);
        read_candidate(&in, &at[i]);
        field_leave(r, before);
    }
    if (!r->failed) {
        out->candidates = at;
        out->candidate_count = count;
    }
}
