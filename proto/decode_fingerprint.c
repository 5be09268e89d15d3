/* The keys of fingerprint.* and compare. */
#include "proto/decode_keys.h"
#include "proto/field.h"
#include "proto/floats.h"
#include "sidecar/base/ident.h"

/* ------------------------------------------------------------------- persona
 */

/* An id such as a configuration has, since it may become a file's name. */
static struct text
read_persona_id(struct wire_reader *r)
{
    const struct text id = field_name(r, false);
    const size_t fault = r->failed ? id.len : ident_fault(id, IDENT_MARKS);
    if (fault < id.len) {
        wire_fail(r,
                  "byte %zu: an id has letters, digits and ._:- only, and "
                  "begins with a letter or digit",
                  fault);
    }
    return id;
}

static void
read_enrol(struct decoder *d, int key)
{
    (void)key; // there is only one
    d->out->persona = read_persona_id(&d->reader);
}

static const char *const enrol_names[] = {"persona", NULL};

const struct decode_keys decode_keys_enrol = {
    .names = enrol_names, .required = DECODE_BIT(0), .read = read_enrol};

/* ------------------------------------------------------------------- samples
 */

static void
read_samples(struct decoder *d, int key)
{
    struct wire_reader *r = &d->reader;

    (void)key; // there is only one
    d->out->samples =
        field_texts(r, d->arena, REQUEST_SAMPLES, d->limits->text_bytes);
    if (d->out->samples.count == 0) {
        wire_fail(r, "empty: 1 to %d lines", REQUEST_SAMPLES);
    }
}

static const char *const samples_names[] = {"samples", NULL};

const struct decode_keys decode_keys_samples = {
    .names = samples_names, .required = DECODE_BIT(0), .read = read_samples};

/* ------------------------------------------------------------------- vectors
 */

enum { KEY_MODEL, KEY_VECTORS };

/*
 * How wide all rows are; 0: failed. A walk of its own, so that no memory is
 * asked for before it is known that the message holds what will fill it.
 */
static size_t
common_width(const struct decoder *d, struct wire_reader r, size_t rows,
             struct wire_reader *blame)
{
    size_t dim = 0;

    for (size_t i = 0; i < rows && !r.failed; i++) {
        const size_t before = field_enter(&r, "[%zu]", i);
        const size_t width = floats_count(&r);
        if (width > d->limits->dimensions) {
            wire_fail_as(&r, ERR_TOO_LARGE, "%zu dimensions, at most %zu",
                         width, d->limits->dimensions);
        } else if (width < REQUEST_LEAST_DIMENSIONS) {
            wire_fail(&r, "%zu dimensions, at least %d", width,
                      REQUEST_LEAST_DIMENSIONS);
        } else if (i > 0 && width != dim) {
            wire_fail(&r, "%zu dimensions, where vectors[0] has %zu", width,
                      dim);
        }
        dim = width;
        (void)wire_skip(&r);
        field_leave(&r, before);
    }
    if (r.failed) {
        *blame = r;
    }
    return r.failed ? 0 : dim;
}

static void
read_rows(struct decoder *d, struct request_vectors *out)
{
    struct wire_reader *r = &d->reader;
    const size_t rows = wire_read_array(r);

    if (rows > REQUEST_SAMPLES) {
        wire_fail_as(r, ERR_TOO_LARGE, "%zu vectors, at most %d", rows,
                     REQUEST_SAMPLES);
    } else if (rows == 0) {
        wire_fail(r, "empty: 1 to %d vectors", REQUEST_SAMPLES);
    }
    const size_t dim = r->failed ? 0 : common_width(d, *r, rows, r);
    float *values = field_array(r, d->arena, rows * dim, rows * dim,
                                sizeof(*values), "numbers");
    for (size_t i = 0; i < rows && !r->failed; i++) {
        const size_t before = field_enter(r, "[%zu]", i);
        floats_read(r, values + i * dim);
        field_leave(r, before);
    }
    *out = (struct request_vectors){values, rows, dim};
}

static void
read_vectors(struct decoder *d, int key)
{
    if (key == KEY_MODEL) {
        d->out->model = field_name(&d->reader, false);
    } else {
        read_rows(d, &d->out->vectors);
    }
}

static const char *const vectors_names[] = {"model", "vectors", NULL};

const struct decode_keys decode_keys_vectors = {
    .names = vectors_names,
    .required = DECODE_BIT(KEY_MODEL) | DECODE_BIT(KEY_VECTORS),
    .read = read_vectors};

static const char *const model_names[] = {"model", NULL};

const struct decode_keys decode_keys_model = {.names = model_names,
                                              .read = read_vectors};

/* ------------------------------------------------------------------- compare
 */

static void
read_compare(struct decoder *d, int key)
{
    struct wire_reader *r = &d->reader;

    (void)key; // there is only one
    const struct request_texts ids =
        field_texts(r, d->arena, REQUEST_COMPARED, REQUEST_NAME_BYTES);
    if (ids.count == 1) {
        wire_fail(r, "1 persona; 2 to %d, or none for all", REQUEST_COMPARED);
    }
    for (size_t i = 1; i < ids.count && !r->failed; i++) {
        for (size_t k = 0; k < i; k++) {
            if (text_equal(ids.at[k], ids.at[i])) {
                field_enter(r, "[%zu]", i);
                wire_fail(r, "stands twice");
                return;
            }
        }
    }
    d->out->personas = ids;
}

static const char *const compare_names[] = {"personas", NULL};

const struct decode_keys decode_keys_compare = {.names = compare_names,
                                                .read = read_compare};
