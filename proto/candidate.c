#include "proto/candidate.h"

#include "proto/field.h"
#include "proto/floats.h"

struct reading {
    struct wire_reader *reader;
    const struct candidate_limits *limits;
    struct arena *arena;
};

static void
read_vector(const struct reading *in, struct request_vector *vector)
{
    struct wire_reader *r = in->reader;

    const size_t count = floats_count(r);
    float *values = field_array(r, in->arena, count, in->limits->dimensions,
                                sizeof(*values), "dimensions");
    if (values != NULL) {
        floats_read(r, values);
        vector->values = values;
        vector->dim = count;
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
