#include "sidecar/tools/vectors.h"

#include <stdlib.h>

#include "proto/json.h"
#include "proto/wire.h"
#include "sidecar/base/file.h"

enum { FILE_BYTES = 256 << 20, LINE_BYTES = 4 << 20, DIM_MOST = 16384 };

static bool
grow(struct vectors *v, size_t dim, struct err *err)
{
    // Twice the room whenever the number of rows is a power of two.
    if ((v->rows & (v->rows - 1)) != 0) {
        return true;
    }
    const size_t room = v->rows > 0 ? v->rows * 2 : 1;
    float *at = realloc(v->at, room * dim * sizeof(*at));
    if (at == NULL) {
        err_memory(err, "vectors");
        return false;
    }
    v->at = at;
    return true;
}

static bool
take_row(struct vectors *v, struct wire_reader *r, struct err *err)
{
    const size_t dim = wire_read_array(r);

    if (r->failed) {
        return false;
    }
    if (dim == 0 || dim > DIM_MOST || (v->rows > 0 && dim != v->dim)) {
        err_set(err, ERR_INVALID, "%zu numbers; %s%zu", dim,
                v->rows > 0 ? "the first line has " : "at most ",
                v->rows > 0 ? v->dim : (size_t)DIM_MOST);
        return false;
    }
    v->dim = dim;
    if (!grow(v, dim, err)) {
        return false;
    }
    for (size_t i = 0; i < dim; i++) {
        v->at[v->rows * dim + i] = wire_read_float(r);
    }
    v->rows += !r->failed;
    return !r->failed;
}

static bool
take_line(struct vectors *v, struct text line, struct err *err)
{
    struct buffer wire;
    struct wire_reader r;
    bool found = false;

    buffer_init(&wire, LINE_BYTES);
    bool fine = json_to_wire(line, &wire, err);
    if (fine) {
        wire_read(&r, buffer_text(&wire), err);
        const size_t entries = wire_read_map(&r);
        for (size_t i = 0; i < entries && !r.failed && fine; i++) {
            if (!text_is(wire_read_bytes(&r), "embedding")) {
                (void)wire_skip(&r);
            } else if (found) {
                err_set(err, ERR_INVALID, "a second \"embedding\"");
                fine = false;
            } else {
                found = true;
                fine = take_row(v, &r, err);
            }
        }
        fine = fine && !r.failed;
    }
    buffer_clear(&wire);
    if (fine && !found) {
        err_set(err, ERR_INVALID, "no \"embedding\"");
    }
    return fine && found;
}

bool
vectors_read(const char *path, struct vectors *out, struct err *err)
{
    struct buffer content;
    size_t number = 0;
    bool fine = true;

    *out = (struct vectors){.at = NULL};
    if (!file_read(path, FILE_BYTES, &content, err)) {
        return false;
    }
    const struct text all = buffer_text(&content);
    for (size_t from = 0; from < all.len && fine;) {
        const char *end = memchr(all.at + from, '\n', all.len - from);
        const size_t to = end != NULL ? (size_t)(end - all.at) : all.len;
        number++;
        if (to > from) {
            fine = take_line(out, text_part(all, from, to), err);
        }
        from = to + 1;
    }
    buffer_clear(&content);
    if (!fine) {
        err_under(err, "%s:%zu", path, number);
        vectors_free(out);
    } else if (out->rows == 0) {
        err_set(err, ERR_INVALID, "%s: no vectors", path);
        fine = false;
    }
    return fine;
}

void
vectors_free(struct vectors *vectors)
{
    free(vectors->at);
    *vectors = (struct vectors){.at = NULL};
}
