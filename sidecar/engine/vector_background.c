#include "sidecar/engine/vector_background.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/json.h"
#include "proto/wire.h"
#include "sidecar/base/file.h"
#include "sidecar/base/little.h"

enum { LINE_BYTES = 1 << 20, PATH_BYTES = 256 };

struct vector_backgrounds {
    struct vector_background *at; /* [count] */
    size_t count;
};

/* A mean that is being taken. */
struct taking {
    const struct kernel_set *kernels;
    size_t dim; /* 0: not known yet */
    size_t rows;
    double *sums; /* [FINGERPRINT_MOST_DIM] */
    float *row;   /* [FINGERPRINT_MOST_DIM] */
};

/* ------------------------------------------------------------------ reading
 */

static bool
check_dim(struct taking *t, size_t dim, struct err *err)
{
    if (dim == 0 || dim > FINGERPRINT_MOST_DIM) {
        err_set(err, ERR_INVALID, "a dimension of %zu is outside 1..%d", dim,
                FINGERPRINT_MOST_DIM);
        return false;
    }
    if (t->dim != 0 && t->dim != dim) {
        err_set(err, ERR_INVALID, "%zu dimensions where %zu are expected", dim,
                t->dim);
        return false;
    }
    t->dim = dim;
    return true;
}

/* Adds t->row. */
static bool
add_row(struct taking *t, struct err *err)
{
    if (t->rows == VECTOR_BACKGROUND_ROWS) {
        err_set(err, ERR_TOO_LARGE, "more than %d vectors",
                VECTOR_BACKGROUND_ROWS);
        return false;
    }
    if (!fingerprint_vector_check(t->kernels, t->row, t->dim, err)) {
        return false;
    }
    const double length = sqrt((double)t->kernels->dot(t->row, t->row, t->dim));
    for (size_t i = 0; i < t->dim; i++) {
        t->sums[i] += (double)t->row[i] / length;
    }
    t->rows++;
    return true;
}

/* The numbers of an array, which the reader stands before. */
static bool
read_numbers(struct taking *t, struct wire_reader *r, struct err *err)
{
    const size_t dim = wire_next(r) == WIRE_ARRAY ? wire_read_array(r) : 0;

    if (!check_dim(t, dim, err)) {
        return false;
    }
    for (size_t i = 0; i < dim && !r->failed; i++) {
        t->row[i] = wire_read_float(r);
    }
    return !r->failed;
}

/* One line of JSON. */
static bool
read_object(struct taking *t, struct text line, struct buffer *wire,
            struct err *err)
{
    struct wire_reader r;
    bool found = false;

    buffer_reset(wire);
    if (!json_to_wire(line, wire, err)) {
        return false;
    }
    wire_read(&r, buffer_text(wire), err);
    const size_t entries = wire_next(&r) == WIRE_MAP ? wire_read_map(&r) : 0;
    for (size_t i = 0; i < entries && !r.failed; i++) {
        const struct text key = wire_read_bytes(&r);
        if (!found && (text_is(key, "embedding") || text_is(key, "vector"))) {
            found = true;
            if (!read_numbers(t, &r, err)) {
                return false;
            }
        } else {
            (void)wire_skip(&r);
        }
    }
    if (!r.failed && !found) {
        err_set(err, ERR_INVALID, "no \"embedding\" and no \"vector\"");
    }
    return !r.failed && found && add_row(t, err);
}

static bool
read_lines(struct taking *t, struct text content, struct err *err)
{
    struct buffer wire;
    size_t number = 1;
    bool good = true;

    buffer_init(&wire, LINE_BYTES);
    for (size_t from = 0; from < content.len && good; number++) {
        const char *end = memchr(content.at + from, '\n', content.len - from);
        const size_t to =
            end != NULL ? (size_t)(end - content.at) : content.len;
        const struct text line = text_part(content, from, to);
        from = to + 1;
        if (line.len > 0 && !text_is(line, "\r")) {
            good = read_object(t, line, &wire, err);
        }
        if (!good) {
            err_under(err, "line %zu", number);
        }
    }
    buffer_clear(&wire);
    return good;
}

static bool
read_floats(struct taking *t, struct text content, struct err *err)
{
    const size_t bytes = t->dim * sizeof(float);

    if (t->dim == 0) {
        err_set(err, ERR_INVALID,
                "a file that is not .jsonl takes `dimension` beside it");
        return false;
    }
    if (content.len % bytes != 0) {
        err_set(err, ERR_INVALID,
                "%zu bytes are no whole number of vectors of %zu float32",
                content.len, t->dim);
        return false;
    }
    for (size_t from = 0; from < content.len; from += bytes) {
        for (size_t i = 0; i < t->dim; i++) {
            t->row[i] = little_float(content.at + from + i * sizeof(float));
        }
        if (!add_row(t, err)) {
            err_under(err, "vector %zu", from / bytes);
            return false;
        }
    }
    return true;
}

/* ----------------------------------------------------------------- the mean
 */

/* The same bytes read in another way are another background. */
static struct digest
content_digest(const struct vector_background *b, bool lines,
               struct text content)
{
    char form[32];

    snprintf(form, sizeof(form), "%s %zu", lines ? "jsonl" : "float32", b->dim);
    const struct text parts[] = {b->model, text_of(form), content};

    return digest_of_parts(parts, sizeof(parts) / sizeof(parts[0]));
}

static bool
take_mean(struct taking *t, struct vector_background *out, struct err *err)
{
    if (t->rows == 0) {
        err_set(err, ERR_INVALID, "no vectors in it");
        return false;
    }
    float *mean = calloc(t->dim, sizeof(*mean));
    if (mean == NULL) {
        err_memory(err, "a background of vectors");
        return false;
    }
    for (size_t i = 0; i < t->dim; i++) {
        mean[i] = (float)(t->sums[i] / (double)t->rows);
    }
    out->dim = t->dim;
    out->rows = t->rows;
    out->mean = mean;
    return true;
}

static bool
open_one(const struct config_vector_background *from,
         const struct kernel_set *kernels, struct vector_background *out,
         struct err *err)
{
    struct taking t = {.kernels = kernels,
                       .dim = from->dimension > 0 ? (size_t)from->dimension : 0,
                       .sums = calloc(FINGERPRINT_MOST_DIM, sizeof(double)),
                       .row = calloc(FINGERPRINT_MOST_DIM, sizeof(float))};
    const bool lines = text_ends(from->file, TEXT(".jsonl"));
    struct buffer content;
    bool good = false;

    out->model = from->model;
    if (t.sums == NULL || t.row == NULL) {
        err_memory(err, "a background of vectors");
    } else if (file_read(from->file.at, VECTOR_BACKGROUND_BYTES, &content,
                         err)) {
        const struct text bytes = buffer_text(&content);
        good = (lines ? read_lines(&t, bytes, err)
                      : read_floats(&t, bytes, err)) &&
               take_mean(&t, out, err);
        if (good) {
            out->digest = content_digest(out, lines, bytes);
        } else {
            err_under(err, "%.*s", TEXT_ARGS(from->file));
        }
        buffer_clear(&content);
    }
    free(t.sums);
    free(t.row);
    return good;
}

/* --------------------------------------------------------- all that there are
 */

static void
problem(struct problems *problems, const struct config_vector_background *from,
        size_t index, const char *key, const char *words)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "drift.vector_backgrounds[%zu].%s", index,
             key);
    place_problem(problems, node_place(from->node, key), path, "%s", words);
}

static bool
build_one(struct vector_backgrounds *b, const struct config_drift *drift,
          size_t i, const struct kernel_set *kernels, struct problems *problems)
{
    const struct config_vector_background *from = &drift->vector_backgrounds[i];
    struct err err;

    if (vector_backgrounds_of(b, from->model) != NULL) {
        problem(problems, from, i, "model", "has a background already");
        return false;
    }
    if (!open_one(from, kernels, &b->at[b->count], &err)) {
        problem(problems, from, i, "file", err.message);
        return false;
    }
    b->count++;
    return true;
}

struct vector_backgrounds *
vector_backgrounds_build(const struct config_drift *drift,
                         const struct kernel_set *kernels,
                         struct problems *problems)
{
    const size_t count = drift->vector_background_count;
    struct vector_backgrounds *b = calloc(1, sizeof(*b));
    bool good = true;

    if (b != NULL) {
        b->at = calloc(count + 1, sizeof(*b->at));
    }
    if (b == NULL || b->at == NULL) {
        place_problem(problems, (struct place){"", 0, 0},
                      "drift.vector_backgrounds", "out of memory");
        free(b);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        good = build_one(b, drift, i, kernels, problems) && good;
    }
    if (!good) {
        vector_backgrounds_free(b);
        return NULL;
    }
    return b;
}

void
vector_backgrounds_free(struct vector_backgrounds *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < b->count; i++) {
        free(b->at[i].mean);
    }
    free(b->at);
    free(b);
}

size_t
vector_backgrounds_count(const struct vector_backgrounds *b)
{
    return b != NULL ? b->count : 0;
}

const struct vector_background *
vector_backgrounds_at(const struct vector_backgrounds *b, size_t i)
{
    return &b->at[i];
}

const struct vector_background *
vector_backgrounds_of(const struct vector_backgrounds *b, struct text model)
{
    for (size_t i = 0; i < vector_backgrounds_count(b); i++) {
        if (text_equal(b->at[i].model, model)) {
            return &b->at[i];
        }
    }
    return NULL;
}

/* -------------------------------------------------------------- subtracting
 */

void
vector_background_subtract(const struct vector_background *b,
                           const struct kernel_set *kernels,
                           const float *vector, float *out)
{
    const double length = sqrt((double)kernels->dot(vector, vector, b->dim));

    for (size_t i = 0; i < b->dim; i++) {
        out[i] = (float)((double)vector[i] / length - (double)b->mean[i]);
    }
}

/* `base` with one set centred. */
static struct fingerprint *
centre_set(const struct fingerprint *base, const struct vector_background *b,
           const struct fingerprint_vectors *v, const struct voice_model *model,
           const struct kernel_set *kernels, struct err *err)
{
    if (v->dim != b->dim) {
        err_set(err, ERR_INVALID,
                "vectors of model \"%.*s\" have %zu dimensions, their "
                "background %zu",
                TEXT_ARGS(v->model), v->dim, b->dim);
        return NULL;
    }
    float *rows = calloc(v->rows * v->dim, sizeof(*rows));
    if (rows == NULL) {
        err_memory(err, "vectors less their background");
        return NULL;
    }
    for (size_t r = 0; r < v->rows; r++) {
        vector_background_subtract(b, kernels, v->at + r * v->dim,
                                   rows + r * v->dim);
    }
    const struct fingerprint_source source = {
        .model = v->model, .at = rows, .rows = v->rows, .dim = v->dim};
    struct fingerprint *out =
        fingerprint_with(base, model, kernels, base->persona, &source, err);
    if (out == NULL) {
        err_under(err, "model \"%.*s\" less its background",
                  TEXT_ARGS(v->model));
    }
    free(rows);
    return out;
}

bool
vector_backgrounds_print(const struct vector_backgrounds *backgrounds,
                         const struct fingerprint *print,
                         const struct voice_model *model,
                         const struct kernel_set *kernels,
                         struct fingerprint **out, struct err *err)
{
    *out = NULL;
    for (size_t i = 0; i < print->vector_count; i++) {
        const struct fingerprint_vectors *v = &print->vectors[i];
        const struct vector_background *b =
            vector_backgrounds_of(backgrounds, v->model);
        if (b == NULL) {
            continue;
        }
        struct fingerprint *next =
            centre_set(*out != NULL ? *out : print, b, v, model, kernels, err);
        fingerprint_free(*out);
        *out = next;
        if (next == NULL) {
            return false;
        }
    }
    return true;
}
