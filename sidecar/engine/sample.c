#include "sidecar/engine/sample.h"

#include "proto/json.h"
#include "proto/wire.h"
#include "sidecar/base/file.h"
#include "sidecar/base/utf8.h"

enum { ARENA_BYTES = 64 << 20 };

/* The "text" of one JSON object; at NULL: err says why not. */
static struct text
json_text(struct text line, struct arena *arena, struct err *err)
{
    struct text found = {NULL, 0};
    struct wire_reader r;
    struct buffer wire;

    buffer_init(&wire, SAMPLES_BYTES);
    if (!json_to_wire(line, &wire, err)) {
        buffer_clear(&wire);
        return found;
    }
    wire_read(&r, buffer_text(&wire), err);
    const size_t entries = wire_read_map(&r);
    for (size_t i = 0; i < entries && !r.failed; i++) {
        if (text_is(wire_read_bytes(&r), "text")) {
            found = wire_read_str(&r, SAMPLES_BYTES);
        } else {
            (void)wire_skip(&r);
        }
    }
    if (!r.failed && found.at == NULL) {
        err_set(err, ERR_INVALID, "no \"text\"");
    } else if (!r.failed) {
        found = arena_copy(arena, found);
        if (found.at == NULL) {
            err_memory(err, "a sample line");
        }
    }
    buffer_clear(&wire);
    return r.failed ? (struct text){NULL, 0} : found;
}

static struct text
plain_text(struct text line, struct arena *arena, struct err *err)
{
    size_t bad = 0;

    if (!utf8_check(line, &bad)) {
        err_set(err, ERR_INVALID, "not UTF-8 at byte %zu", bad);
        return (struct text){NULL, 0};
    }
    const struct text copy = arena_copy(arena, line);
    if (copy.at == NULL) {
        err_memory(err, "a sample line");
    }
    return copy;
}

static bool
take_lines(struct samples *s, const char *path, struct text content,
           struct err *err)
{
    const bool json = text_ends(text_of(path), TEXT(".jsonl"));
    size_t number = 0;

    for (size_t from = 0; from < content.len; number++) {
        const char *end = memchr(content.at + from, '\n', content.len - from);
        const size_t next =
            end != NULL ? (size_t)(end - content.at) + 1 : content.len;
        struct text line =
            text_part(content, from, end != NULL ? next - 1 : next);
        from = next;
        if (line.len > 0 && line.at[line.len - 1] == '\r') {
            line.len--;
        }
        if (line.len == 0) {
            continue;
        }
        if (s->count == SAMPLES_MOST) {
            err_set(err, ERR_TOO_LARGE, "%s: more than %d lines", path,
                    SAMPLES_MOST);
            return false;
        }
        const struct text text = json ? json_text(line, s->arena, err)
                                      : plain_text(line, s->arena, err);
        if (text.at == NULL) {
            err_under(err, "%s:%zu", path, number + 1);
            return false;
        }
        s->lines[s->count++] = text;
    }
    return true;
}

bool
samples_read(const char *path, struct samples *out, struct err *err)
{
    struct buffer content;

    *out = (struct samples){.arena = arena_new(ARENA_BYTES)};
    if (out->arena == NULL ||
        (out->lines = ARENA_ARRAY(out->arena, struct text, SAMPLES_MOST)) ==
            NULL) {
        err_memory(err, path);
        samples_free(out);
        return false;
    }
    if (!file_read(path, SAMPLES_BYTES, &content, err)) {
        samples_free(out);
        return false;
    }
    const bool done = take_lines(out, path, buffer_text(&content), err);
    buffer_clear(&content);
    if (!done) {
        samples_free(out);
    }
    return done;
}

void
samples_free(struct samples *samples)
{
    arena_free(samples->arena);
    *samples = (struct samples){.arena = NULL};
}
