#include "sidecar/engine/linear_model.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/base/file.h"
#include "sidecar/engine/voice_bytes.h"

/*
 * The file, all numbers little-endian, texts with their length (u32) before
 * them:
 *
 *     magic[8] version:u32 n-grams:u32 sha256[32] of the rest
 *     about:text bits:u32 heads:u32
 *     then for each head
 *         name:text scale:f64 bias:f64 threshold[3]:f32, strict first
 *     weights[2^bits][heads]:i8, none -128
 *
 * config/linear/train.py writes it.
 */
#define MAGIC "LEEWAYLM"
enum { VERSION = 1 };

/* Log odds beyond this are 1 or 0 to the last bit of a float many times over.
 */
static const double MOST_ODDS = 1e6;

static bool
bad(struct err *err, const char *what)
{
    err_set(err, ERR_CONFIG, "%s", what);
    return false;
}

/* Everything before the content, and the content's digest against it. */
static bool
check_header(struct voice_bytes *in, struct err *err)
{
    if (!text_is(voice_bytes_take(in, sizeof(MAGIC) - 1), MAGIC)) {
        return bad(err, "not a linear model file");
    }
    const uint64_t version = voice_bytes_number(in, 4);
    const uint64_t grams = voice_bytes_number(in, 4);
    const struct text want = voice_bytes_take(in, DIGEST_BYTES);
    if (in->cut) {
        return bad(err, "cut short inside the header");
    }
    if (version != VERSION || grams != LINEAR_GRAM_VERSION) {
        err_set(err, ERR_CONFIG,
                "linear model format %u with n-grams %u; this build reads "
                "%d with %d",
                (unsigned)version, (unsigned)grams, VERSION,
                LINEAR_GRAM_VERSION);
        return false;
    }
    const struct digest got = digest_of(in->left);
    if (!digest_same((struct text){(const char *)got.bytes, DIGEST_BYTES},
                     want)) {
        return bad(err, "the content is cut short or changed: its SHA-256 is "
                        "not the header's");
    }
    return true;
}

/* A line of printable ASCII into a field of `room` bytes. */
static bool
read_line(struct voice_bytes *in, char *out, size_t room)
{
    const struct text line = voice_bytes_text(in);

    if (in->cut || line.len >= room) {
        return false;
    }
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] < ' ' || line.at[i] > '~') {
            return false;
        }
        out[i] = line.at[i];
    }
    out[line.len] = '\0';
    return true;
}

static double
read_double(struct voice_bytes *in)
{
    const uint64_t bits = voice_bytes_number(in, sizeof(bits));
    double number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

static bool
read_name(struct voice_bytes *in, const struct linear_model *model, char *name)
{
    if (!read_line(in, name, LINEAR_NAME_BYTES) || name[0] == '\0' ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0') {
        return false;
    }
    for (size_t i = 0; i < model->head_count; i++) {
        if (strcmp(model->heads[i].name, name) == 0) {
            return false;
        }
    }
    return true;
}

static bool
read_head(struct linear_model *model, struct voice_bytes *in, struct err *err)
{
    struct linear_model_head *head = &model->heads[model->head_count];
    float above = 1;

    if (!read_name(in, model, head->name)) {
        return bad(err, "the name is not [a-z0-9_]+, too long, or there twice");
    }
    head->scale = read_double(in);
    head->bias = read_double(in);
    // Written so that NaN fails as well.
    if (in->cut || !(head->scale > 0 && head->scale <= MOST_ODDS) ||
        !(fabs(head->bias) <= MOST_ODDS)) {
        return bad(err, "scale or bias is cut or out of range");
    }
    for (size_t i = 0; i < LINEAR_PRESETS; i++) {
        head->thresholds[i] = voice_bytes_float(in);
        if (!(head->thresholds[i] > 0 && head->thresholds[i] <= above)) {
            return bad(err, "thresholds are not falling within 1..0");
        }
        above = head->thresholds[i];
    }
    model->head_count++;
    return true;
}

static bool
read_heads(struct linear_model *model, struct voice_bytes *in, struct err *err)
{
    if (!read_line(in, model->about, sizeof(model->about))) {
        return bad(err, "the line about the model is cut, too long or not "
                        "ASCII");
    }
    const uint64_t bits = voice_bytes_number(in, 4);
    const uint64_t heads = voice_bytes_number(in, 4);
    if (in->cut || bits < LINEAR_LEAST_BITS || bits > LINEAR_MOST_BITS ||
        heads < 1 || heads > LINEAR_HEADS) {
        err_set(err, ERR_CONFIG,
                "%u heads in 2^%u buckets; this build reads 1 to %d in "
                "2^%d to 2^%d",
                (unsigned)heads, (unsigned)bits, LINEAR_HEADS,
                LINEAR_LEAST_BITS, LINEAR_MOST_BITS);
        return false;
    }
    model->bits = (unsigned)bits;
    while (model->head_count < heads) {
        if (!read_head(model, in, err)) {
            err_under(err, "head %zu", model->head_count);
            return false;
        }
    }
    return true;
}

static bool
read_weights(struct linear_model *model, struct voice_bytes *in,
             struct err *err)
{
    const size_t rows = (size_t)1 << model->bits;
    const struct text weights = voice_bytes_take(in, rows * model->head_count);

    if (in->cut || in->left.len != 0) {
        return bad(err, "the table of weights is cut short or too long");
    }
    model->rows = calloc(rows, sizeof(*model->rows));
    if (model->rows == NULL) {
        err_memory(err, "a linear model's weights");
        return false;
    }
    for (size_t i = 0; i < weights.len; i++) {
        const signed char weight = (signed char)weights.at[i];
        if (weight == -LINEAR_ZERO) {
            return bad(err, "a weight is -128");
        }
        model->rows[i / model->head_count] |= (uint64_t)(weight + LINEAR_ZERO)
                                              << 8 * (i % model->head_count);
    }
    return true;
}

struct linear_model *
linear_parse(struct text file, const char *path, struct err *err)
{
    struct voice_bytes in = {file, false};
    struct linear_model *model = calloc(1, sizeof(*model));

    if (model == NULL) {
        err_memory(err, "a linear model");
        return NULL;
    }
    if (!check_header(&in, err) || !read_heads(model, &in, err) ||
        !read_weights(model, &in, err)) {
        err_under(err, "%s", path);
        linear_free(model);
        return NULL;
    }
    model->digest = digest_of(file);
    return model;
}

struct linear_model *
linear_load(const char *path, struct err *err)
{
    struct buffer file;
    struct linear_model *model = NULL;

    if (file_read(path, LINEAR_FILE_BYTES, &file, err)) {
        model = linear_parse(buffer_text(&file), path, err);
        buffer_clear(&file);
    }
    return model;
}

void
linear_free(struct linear_model *model)
{
    if (model != NULL) {
        free(model->rows);
        free(model);
    }
}
