#include "sidecar/engine/fingerprint_file.h"

#include <stdlib.h>

#include "sidecar/base/file.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fingerprint_fit.h"
#include "sidecar/engine/voice_bytes.h"

/*
 * The file, all numbers little-endian, texts with their length before them:
 *
 *     magic[8] version:u32 order:u32 sha256[32] of the rest
 *     persona:text source:text created:u64 model:text model_sha256[32]
 *     given:u32 duplicates:u32 unusable:u32 alike:u32 outliers:u32
 *     words:u32 traits:u32 of: count:u32
 *     lines:u32 of: origin:u32 chars:u32 rows:u16 of: counts[families]:u16
 * bucket:u16... sets:u32 of: model:text rows:u32 dim:u32 float...
 *
 * Version 1, which is read too, has not got the two lines before those of the
 * lines.
 */
#define MAGIC "LEEWAYFP"
enum { VERSION = 2, OLDEST_VERSION = 1 };

/* Read as 0x04030201 where somebody wrote it on a big-endian machine. */
enum { ORDER = 0x01020304 };

static void
put_line(struct buffer *out, uint32_t origin, const struct voice *line)
{
    voice_bytes_put(out, origin, 4);
    voice_bytes_put(out, line->chars, 4);
    voice_bytes_put(out, line->row_count, 2);
    for (size_t r = 0; r < line->row_count; r++) {
        const struct voice_row *row = &line->rows[r];
        const size_t size = voice_row_size(row);
        for (size_t f = 0; f < VOICE_FAMILIES; f++) {
            voice_bytes_put(out, row->counts[f], 2);
        }
        for (size_t i = 0; i < size; i++) {
            voice_bytes_put(out, row->buckets[i], 2);
        }
    }
}

static void
put_vectors(struct buffer *out, const struct fingerprint_vectors *v)
{
    voice_bytes_put_text(out, v->model);
    voice_bytes_put(out, v->rows, 4);
    voice_bytes_put(out, v->dim, 4);
    for (size_t i = 0; i < v->rows * v->dim; i++) {
        voice_bytes_put_float(out, v->at[i]);
    }
}

/* What became of the given lines, in the order of the file. */
enum { LOSSES = 5 };

static void
put_losses(struct buffer *out, const struct fingerprint_losses *lost)
{
    const size_t numbers[LOSSES] = {lost->given, lost->duplicates,
                                    lost->unusable, lost->alike,
                                    lost->outliers};

    for (size_t i = 0; i < LOSSES; i++) {
        voice_bytes_put(out, numbers[i], 4);
    }
}

static void
put_traits(struct buffer *out, const struct voice_traits *traits)
{
    voice_bytes_put(out, traits->words, 4);
    voice_bytes_put(out, VOICE_TRAITS, 4);
    for (size_t t = 0; t < VOICE_TRAITS; t++) {
        voice_bytes_put(out, traits->counts[t], 4);
    }
}

static void
put_content(struct buffer *out, const struct fingerprint *print)
{
    voice_bytes_put_text(out, print->persona);
    voice_bytes_put_text(out, print->source);
    voice_bytes_put(out, (uint64_t)print->created, 8);
    voice_bytes_put_text(out, print->model);
    buffer_add(out, print->model_digest.bytes, DIGEST_BYTES);
    put_losses(out, &print->lost);
    put_traits(out, &print->traits);
    voice_bytes_put(out, print->line_count, 4);
    for (size_t i = 0; i < print->line_count; i++) {
        put_line(out, print->origins[i], &print->lines[i]);
    }
    voice_bytes_put(out, print->vector_count, 4);
    for (size_t i = 0; i < print->vector_count; i++) {
        put_vectors(out, &print->vectors[i]);
    }
}

bool
fingerprint_encode(const struct fingerprint *print, struct buffer *out,
                   struct err *err)
{
    struct buffer content;

    buffer_init(&content, FINGERPRINT_FILE_BYTES);
    put_content(&content, print);
    const struct digest digest = digest_of(buffer_text(&content));
    buffer_add(out, MAGIC, sizeof(MAGIC) - 1);
    voice_bytes_put(out, VERSION, 4);
    voice_bytes_put(out, ORDER, 4);
    buffer_add(out, digest.bytes, DIGEST_BYTES);
    buffer_add_text(out, buffer_text(&content));
    const bool whole = !content.failed && !out->failed;
    buffer_clear(&content);
    if (!whole) {
        err_set(err, ERR_TOO_LARGE,
                "a fingerprint's file is above %d bytes, or no memory",
                FINGERPRINT_FILE_BYTES);
    }
    return whole;
}

static bool
check_header(struct voice_bytes *in, unsigned *version, struct err *err)
{
    const struct text magic = voice_bytes_take(in, sizeof(MAGIC) - 1);

    if (!text_is(magic, MAGIC)) {
        err_set(err, ERR_CONFIG, "not a fingerprint file");
        return false;
    }
    *version = (unsigned)voice_bytes_number(in, 4);
    const uint64_t order = voice_bytes_number(in, 4);
    const struct text want = voice_bytes_take(in, DIGEST_BYTES);
    if (in->cut) {
        err_set(err, ERR_CONFIG, "cut short inside the header");
        return false;
    }
    if (*version < OLDEST_VERSION || *version > VERSION) {
        err_set(err, ERR_CONFIG,
                "fingerprint format %u; this build reads %d to %d", *version,
                OLDEST_VERSION, VERSION);
        return false;
    }
    if (order != ORDER) {
        err_set(err, ERR_CONFIG, "written in another byte order");
        return false;
    }
    const struct digest got = digest_of(in->left);
    if (!digest_same((struct text){(const char *)got.bytes, DIGEST_BYTES},
                     want)) {
        err_set(err, ERR_CONFIG,
                "the content is cut short or changed: its SHA-256 is not "
                "the header's");
        return false;
    }
    return true;
}

/*
 * The digest says that the content is what somebody wrote, not that he was
 * right: below, every count and index is checked before it is used.
 */
static bool
bad_content(const char *what, struct err *err)
{
    err_set(err, ERR_CONFIG, "%s: cut short or out of range", what);
    return false;
}

static bool
get_row(struct voice_bytes *in, struct arena *arena, struct voice_row *row,
        struct err *err)
{
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        row->counts[f] = (uint16_t)voice_bytes_number(in, 2);
        if (row->counts[f] > VOICE_BUCKETS) {
            return bad_content("a row's counts", err);
        }
    }
    const size_t size = voice_row_size(row);
    if (in->cut || size > in->left.len / 2) {
        return bad_content("a row", err);
    }
    uint16_t *buckets = arena_take(arena, size * sizeof(*buckets));
    if (buckets == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        buckets[i] = (uint16_t)voice_bytes_number(in, 2);
        if (buckets[i] >= VOICE_BUCKETS) {
            return bad_content("a row's buckets", err);
        }
    }
    row->buckets = buckets;
    return true;
}

static bool
get_line(struct voice_bytes *in, struct arena *arena, struct voice *line,
         struct err *err)
{
    line->chars = (size_t)voice_bytes_number(in, 4);
    line->row_count = (size_t)voice_bytes_number(in, 2);
    if (in->cut || line->row_count == 0 ||
        line->row_count > VOICE_TEXT_BYTES / VOICE_WINDOW_BYTES + 1) {
        return bad_content("a line", err);
    }
    struct voice_row *rows =
        ARENA_ARRAY(arena, struct voice_row, line->row_count);
    if (rows == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    line->rows = rows;
    for (size_t r = 0; r < line->row_count; r++) {
        if (!get_row(in, arena, &rows[r], err)) {
            return false;
        }
    }
    return true;
}

/* Where a line stood among those given: each after the one before. */
static bool
get_origin(struct voice_bytes *in, unsigned version, uint32_t *origins,
           size_t line, struct err *err)
{
    origins[line] =
        version > 1 ? (uint32_t)voice_bytes_number(in, 4) : (uint32_t)line;
    if (in->cut || origins[line] >= FINGERPRINT_MOST_LINES ||
        (line > 0 && origins[line] <= origins[line - 1])) {
        return bad_content("a line's place", err);
    }
    return true;
}

static bool
get_lines(struct voice_bytes *in, unsigned version, struct fingerprint *print,
          struct err *err)
{
    const size_t count = (size_t)voice_bytes_number(in, 4);

    if (in->cut || count == 1 || count > FINGERPRINT_MOST_LINES) {
        return bad_content("the number of lines", err);
    }
    struct voice *lines = ARENA_ARRAY(print->arena, struct voice, count);
    uint32_t *origins = ARENA_ARRAY(print->arena, uint32_t, count);
    if (lines == NULL || origins == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!get_origin(in, version, origins, i, err) ||
            !get_line(in, print->arena, &lines[i], err)) {
            err_under(err, "line %zu", i);
            return false;
        }
    }
    print->lines = lines;
    print->origins = origins;
    print->line_count = count;
    return true;
}

static bool
get_vectors(struct voice_bytes *in, struct fingerprint *print,
            const struct kernel_set *kernels, struct fingerprint_vectors *out,
            struct err *err)
{
    struct fingerprint_source from = {.model = voice_bytes_text(in)};

    from.rows = (size_t)voice_bytes_number(in, 4);
    from.dim = (size_t)voice_bytes_number(in, 4);
    if (in->cut || from.rows == 0 || from.rows > FINGERPRINT_MOST_LINES ||
        from.dim == 0 || from.dim > FINGERPRINT_MOST_DIM ||
        from.rows * from.dim > in->left.len / 4) {
        return bad_content("a set of vectors", err);
    }
    if (fingerprint_vectors_of(print, from.model) != NULL) {
        return bad_content("two sets of one model", err);
    }
    float *at = calloc(from.rows * from.dim, sizeof(*at));
    if (at == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    for (size_t i = 0; i < from.rows * from.dim; i++) {
        at[i] = voice_bytes_float(in);
    }
    from.at = at;
    const bool done = fingerprint_fit_vectors(print, kernels, &from, out, err);
    free(at);
    return done;
}

static bool
get_sets(struct voice_bytes *in, struct fingerprint *print,
         const struct kernel_set *kernels, struct err *err)
{
    const size_t count = (size_t)voice_bytes_number(in, 4);

    if (in->cut || count > FINGERPRINT_MOST_MODELS) {
        return bad_content("the number of sets of vectors", err);
    }
    struct fingerprint_vectors *sets =
        ARENA_ARRAY(print->arena, struct fingerprint_vectors, count);
    if (sets == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    print->vectors = sets;
    for (size_t i = 0; i < count; i++) {
        if (!get_vectors(in, print, kernels, &sets[i], err)) {
            err_under(err, "vectors %zu", i);
            return false;
        }
        print->vector_count++;
    }
    return true;
}

static bool
get_name(struct voice_bytes *in, struct fingerprint *print, size_t least,
         struct text *out, struct err *err)
{
    const struct text name = voice_bytes_text(in);
    size_t bad;

    if (in->cut || name.len < least || name.len > FINGERPRINT_NAME_BYTES ||
        !utf8_check(name, &bad)) {
        return bad_content("a name", err);
    }
    return fingerprint_fit_text(print, name, out, err);
}

static bool
get_about(struct voice_bytes *in, struct fingerprint *print, struct err *err)
{
    if (!get_name(in, print, 1, &print->persona, err) ||
        !get_name(in, print, 0, &print->source, err)) {
        return false;
    }
    const uint64_t created = voice_bytes_number(in, 8);
    if (in->cut || created > INT64_MAX) {
        return bad_content("the time of creation", err);
    }
    print->created = (int64_t)created;
    if (!get_name(in, print, 1, &print->model, err)) {
        return false;
    }
    const struct text digest = voice_bytes_take(in, DIGEST_BYTES);
    if (in->cut) {
        return bad_content("the voice model's digest", err);
    }
    memcpy(print->model_digest.bytes, digest.at, DIGEST_BYTES);
    return true;
}

static bool
get_losses(struct voice_bytes *in, struct fingerprint_losses *out,
           struct err *err)
{
    size_t *const numbers[LOSSES] = {&out->given, &out->duplicates,
                                     &out->unusable, &out->alike,
                                     &out->outliers};

    for (size_t i = 0; i < LOSSES; i++) {
        *numbers[i] = (size_t)voice_bytes_number(in, 4);
        if (in->cut || *numbers[i] > FINGERPRINT_MOST_LINES) {
            return bad_content("what became of the lines", err);
        }
    }
    return true;
}

static bool
get_traits(struct voice_bytes *in, struct voice_traits *out, struct err *err)
{
    out->words = (uint32_t)voice_bytes_number(in, 4);
    if (voice_bytes_number(in, 4) != VOICE_TRAITS) {
        return bad_content("the number of traits", err);
    }
    for (size_t t = 0; t < VOICE_TRAITS; t++) {
        out->counts[t] = (uint32_t)voice_bytes_number(in, 4);
    }
    return !in->cut || bad_content("the traits", err);
}

/* Buckets mean nothing under another model: common words may differ. */
static bool
check_model(const struct fingerprint *print, const struct voice_model *model,
            struct err *err)
{
    char theirs[DIGEST_HEX], ours[DIGEST_HEX];

    if (print->line_count == 0 || memcmp(&print->model_digest, &model->digest,
                                         sizeof(model->digest)) == 0) {
        return true;
    }
    digest_hex(&print->model_digest, theirs);
    digest_hex(&model->digest, ours);
    err_set(err, ERR_CONFIG,
            "made with voice model %.*s (%.12s), but %s (%.12s) is loaded: "
            "build it again from its lines",
            TEXT_ARGS(print->model), theirs, model->name, ours);
    return false;
}

static bool
get_content(struct voice_bytes *in, struct fingerprint *print,
            const struct voice_model *model, const struct kernel_set *kernels,
            struct err *err)
{
    unsigned version;

    if (!check_header(in, &version, err) || !get_about(in, print, err) ||
        (version > 1 && (!get_losses(in, &print->lost, err) ||
                         !get_traits(in, &print->traits, err))) ||
        !get_lines(in, version, print, err) ||
        !check_model(print, model, err) || !get_sets(in, print, kernels, err)) {
        return false;
    }
    if (in->left.len > 0) {
        return bad_content("after the last set of vectors", err);
    }
    if (print->line_count == 0 && print->vector_count == 0) {
        return bad_content("neither lines nor vectors", err);
    }
    return print->line_count == 0 || fingerprint_fit_lines(print, model, err);
}

struct fingerprint *
fingerprint_decode(struct text file, const char *path,
                   const struct voice_model *model,
                   const struct kernel_set *kernels, struct err *err)
{
    struct voice_bytes in = {file, false};
    struct fingerprint *print = fingerprint_fit_new(err);

    if (print == NULL) {
        return NULL;
    }
    if (!get_content(&in, print, model, kernels, err)) {
        if (err->kind != ERR_MEMORY) {
            err->kind = ERR_CONFIG;
        }
        err_under(err, "%s", path);
        fingerprint_free(print);
        return NULL;
    }
    print->digest = digest_of(file);
    return print;
}

bool
fingerprint_write(const struct fingerprint *print, const char *path,
                  struct err *err)
{
    struct buffer file;

    buffer_init(&file, FINGERPRINT_FILE_BYTES);
    const bool done = fingerprint_encode(print, &file, err) &&
                      file_write(path, buffer_text(&file), err);
    buffer_clear(&file);
    return done;
}

struct fingerprint *
fingerprint_read(const char *path, const struct voice_model *model,
                 const struct kernel_set *kernels, struct err *err)
{
    struct buffer file;
    struct fingerprint *print = NULL;

    if (file_read(path, FINGERPRINT_FILE_BYTES, &file, err)) {
        print =
            fingerprint_decode(buffer_text(&file), path, model, kernels, err);
        buffer_clear(&file);
    }
    return print;
}
