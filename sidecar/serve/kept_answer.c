#include "sidecar/serve/kept_answer.h"

#include "proto/wire.h"

enum {
    RESULTS_BYTES = 64 * 1024, /* larger ones are judged again instead */
    DEPTH = 16,
    NODES = 1 << 20
};

/* Words of the reply (redacted, hinted at, replaced) or of the caller. */
static bool
holds_words(const struct envelope *e)
{
    if (e->action == ACTION_REDACT || e->drift.hint_count > 0 ||
        e->unsupported_count > 0) {
        return true;
    }
    for (size_t i = 0; i < e->hit_count; i++) {
        if (e->hits[i].reason_count > 0 || e->hits[i].replacement.at != NULL) {
            return true;
        }
    }
    return false;
}

struct text
kept_answer_fit(const struct judge_result *result, struct text results)
{
    for (size_t i = 0; i < result->count; i++) {
        if (holds_words(&result->envelopes[i])) {
            return (struct text){NULL, 0};
        }
    }
    return results.len <= RESULTS_BYTES ? results : (struct text){NULL, 0};
}

/*
 * [chosen, rotation, results or nil, trend or nil, machine or nil]: the parts
 * stand in it as they stand in a reply.
 */
enum { PARTS = 5 };

static void
put_part(struct buffer *to, struct text part)
{
    if (part.len > 0) {
        buffer_add_text(to, part);
    } else {
        wire_put_nil(to);
    }
}

void
kept_answer_write(const struct kept_answer *answer, struct buffer *to)
{
    wire_put_array(to, PARTS);
    wire_put_uint(to, answer->chosen);
    wire_put_uint(to, answer->rotation);
    put_part(to, answer->results);
    put_part(to, answer->written.trend);
    put_part(to, answer->written.machine);
}

static struct text
read_part(struct wire_reader *reader, enum wire_type type)
{
    const bool there = wire_next(reader) == type;
    const struct text part = wire_skip(reader);

    return there ? part : (struct text){NULL, 0};
}

void
kept_answer_read(struct text written, struct kept_answer *out)
{
    static const struct wire_limits limits = {DEPTH, NODES};
    struct wire_reader reader;
    struct err err;

    *out = (struct kept_answer){.chosen = 0};
    // A file may hold anything.
    if (written.at == NULL || !wire_scan(written, &limits, &err)) {
        return;
    }
    wire_read(&reader, written, &err);
    if (wire_next(&reader) != WIRE_ARRAY ||
        wire_read_array(&reader) != (size_t)PARTS) {
        return;
    }
    out->chosen = (size_t)wire_read_uint(&reader, REQUEST_CANDIDATES - 1);
    out->rotation = wire_read_uint(&reader, UINT64_MAX);
    out->results = read_part(&reader, WIRE_ARRAY);
    out->written.trend = read_part(&reader, WIRE_MAP);
    out->written.machine = read_part(&reader, WIRE_MAP);
    if (reader.failed) {
        *out = (struct kept_answer){.chosen = 0};
    }
}
