#include "sidecar/engine/fingerprint.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/engine/fingerprint_fit.h"
#include "sidecar/engine/fingerprint_odd.h"
#include "sidecar/engine/voice_text.h"

/* What a build needs while it runs. */
struct build {
    const struct voice_model *model;
    const struct fingerprint_request *request;
    struct fingerprint *print;
    struct arena *scratch;
    struct voice *lines;  /* [line_count], in the fingerprint's arena */
    struct digest *known; /* [line_count] of the folded lines kept so far */
    uint32_t *origin;     /* [line_count] their places among the given ones */
    struct voice_traits *traits; /* [line_count] */
    size_t rows;
};

static bool
check_names(const struct fingerprint_request *request, struct err *err)
{
    size_t bad;

    if (request->persona.len == 0 ||
        request->persona.len > FINGERPRINT_NAME_BYTES) {
        err_set(err, ERR_INVALID,
                "a persona's id of %zu bytes is outside "
                "1..%d",
                request->persona.len, FINGERPRINT_NAME_BYTES);
        return false;
    }
    if (request->source.len > FINGERPRINT_NAME_BYTES) {
        err_set(err, ERR_INVALID, "a source of %zu bytes is above %d",
                request->source.len, FINGERPRINT_NAME_BYTES);
        return false;
    }
    if (!utf8_check(request->persona, &bad) ||
        !utf8_check(request->source, &bad)) {
        err_set(err, ERR_INVALID, "persona or source is not UTF-8");
        return false;
    }
    return true;
}

static bool
check_request(const struct fingerprint_request *request, struct err *err)
{
    if (!check_names(request, err)) {
        return false;
    }
    if (request->line_count > FINGERPRINT_MOST_LINES) {
        err_set(err, ERR_INVALID, "%zu lines are above %d", request->line_count,
                FINGERPRINT_MOST_LINES);
        return false;
    }
    if (request->vector_count > FINGERPRINT_MOST_MODELS) {
        err_set(err, ERR_INVALID, "%zu sets of vectors are above %d",
                request->vector_count, FINGERPRINT_MOST_MODELS);
        return false;
    }
    if (request->line_count == 0 && request->vector_count == 0) {
        err_set(err, ERR_INVALID, "a fingerprint takes lines or vectors");
        return false;
    }
    return true;
}

/* Does a text hold anything that a voice could show in? */
static bool
is_usable(struct text folded)
{
    struct voice_token token;

    for (size_t at = 0; voice_text_token(folded, &at, &token);) {
        if (token.kind != VOICE_MARK ||
            (unsigned char)folded.at[token.from] >= 0x80) {
            return true;
        }
    }
    return false;
}

static bool
is_known(const struct build *b, const struct digest *folded)
{
    for (size_t i = 0; i < b->print->line_count; i++) {
        if (memcmp(&b->known[i], folded, sizeof(*folded)) == 0) {
            return true;
        }
    }
    return false;
}

/* Copies a line's rows out of the scratch arena. */
static bool
keep_line(struct build *b, const struct voice *line)
{
    struct arena *arena = b->print->arena;
    struct voice_row *rows =
        ARENA_ARRAY(arena, struct voice_row, line->row_count);

    for (size_t r = 0; rows != NULL && r < line->row_count; r++) {
        const size_t size = voice_row_size(&line->rows[r]);
        uint16_t *buckets = arena_take(arena, size * sizeof(*buckets));
        if (buckets == NULL) {
            return false;
        }
        memcpy(buckets, line->rows[r].buckets, size * sizeof(*buckets));
        rows[r] = line->rows[r];
        rows[r].buckets = buckets;
    }
    b->lines[b->print->line_count++] = (struct voice){
        .rows = rows, .row_count = line->row_count, .chars = line->chars};
    b->rows += line->row_count;
    return rows != NULL;
}

static bool
add_line(struct build *b, struct text line, struct err *err)
{
    struct voice_text folded;
    struct voice voice;
    size_t bad;

    if (!utf8_check(line, &bad)) {
        err_set(err, ERR_INVALID, "not UTF-8 at byte %zu", bad);
        return false;
    }
    if (line.len > VOICE_TEXT_BYTES) {
        err_set(err, ERR_TOO_LARGE, "%zu bytes are above %d", line.len,
                VOICE_TEXT_BYTES);
        return false;
    }
    if (!voice_text_fold(line, b->scratch, &folded, err)) {
        return false;
    }
    if (!is_usable(folded.cased)) {
        b->print->lost.unusable++;
        return true;
    }
    const struct digest digest = digest_of(folded.cased);
    if (is_known(b, &digest)) {
        b->print->lost.duplicates++;
        return true;
    }
    b->known[b->print->line_count] = digest;
    voice_trait_count(folded.cased, &b->traits[b->print->line_count]);
    if (!voice_read(b->model, line, b->scratch, &voice, err)) {
        return false;
    }
    if (voice.row_count > FINGERPRINT_MOST_ROWS - b->rows) {
        err_set(err, ERR_TOO_LARGE,
                "the lines together are longer than %d windows of %d bytes",
                FINGERPRINT_MOST_ROWS, VOICE_WINDOW_BYTES);
        return false;
    }
    if (!keep_line(b, &voice)) {
        err_memory(err, "a fingerprint");
        return false;
    }
    return true;
}

static bool
check_enough(const struct build *b, struct err *err)
{
    const size_t least =
        b->request->least > 1 ? b->request->least : FINGERPRINT_LEAST_LINES;
    const struct fingerprint *print = b->print;
    const struct fingerprint_losses *lost = &print->lost;

    if (print->line_count < least) {
        err_set(err, ERR_INVALID,
                "%zu usable lines of %zu given (%zu said twice, %zu without "
                "words); it takes %zu more to make %zu",
                print->line_count, lost->given, lost->duplicates,
                lost->unusable, least - print->line_count, least);
        return false;
    }
    const size_t different = print->line_count - lost->alike;
    if (different < least) {
        err_set(err, ERR_INVALID,
                "the lines are too much alike: %zu of %zu nearly repeat "
                "another; it takes %zu more different ones to make %zu",
                lost->alike, print->line_count, least - different, least);
        return false;
    }
    return true;
}

/*
 * Leaves out the lines that the others disown, unless they are so many that it
 * is not clear who is the odd one. The rest must be fitted again.
 */
static bool
trim(struct build *b, struct err *err)
{
    struct fingerprint *print = b->print;
    bool *odd = ARENA_ARRAY(b->scratch, bool, print->line_count);
    uint32_t *outliers = ARENA_ARRAY(print->arena, uint32_t, print->line_count);
    size_t kept = 0, left_out = 0;

    if (odd == NULL || outliers == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    if (!fingerprint_odd_lines(print, b->model, odd, err)) {
        return false;
    }
    for (size_t i = 0; i < print->line_count; i++) {
        if (odd[i]) {
            outliers[left_out++] = b->origin[i];
        } else {
            b->traits[kept] = b->traits[i];
            b->origin[kept] = b->origin[i];
            b->lines[kept++] = b->lines[i];
        }
    }
    print->outliers = outliers;
    print->lost.outliers = left_out;
    print->line_count = kept;
    return true;
}

static void
sum_traits(struct build *b)
{
    struct voice_traits *all = &b->print->traits;

    for (size_t i = 0; i < b->print->line_count; i++) {
        all->words += b->traits[i].words;
        for (size_t t = 0; t < VOICE_TRAITS; t++) {
            all->counts[t] += b->traits[i].counts[t];
        }
    }
}

static bool
add_lines(struct build *b, struct err *err)
{
    const struct fingerprint_request *request = b->request;
    struct fingerprint *print = b->print;

    print->lost.given = request->line_count;
    b->lines = ARENA_ARRAY(print->arena, struct voice, request->line_count);
    b->known = ARENA_ARRAY(print->arena, struct digest, request->line_count);
    b->origin = ARENA_ARRAY(print->arena, uint32_t, request->line_count);
    b->traits =
        ARENA_ARRAY(print->arena, struct voice_traits, request->line_count);
    if (b->lines == NULL || b->known == NULL || b->origin == NULL ||
        b->traits == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    print->lines = b->lines;
    print->origins = b->origin;
    for (size_t i = 0; i < request->line_count; i++) {
        const size_t before = print->line_count;
        arena_reset(b->scratch);
        if (!add_line(b, request->lines[i], err)) {
            err_under(err, "samples[%zu]", i);
            return false;
        }
        if (print->line_count > before) {
            b->origin[before] = (uint32_t)i;
        }
    }
    arena_reset(b->scratch);
    print->lost.alike = fingerprint_odd_alike(print);
    if (!check_enough(b, err) ||
        (print->line_count >= FINGERPRINT_LEAST_LINES && !trim(b, err))) {
        return false;
    }
    sum_traits(b);
    return fingerprint_fit_lines(print, b->model, err);
}

static bool
add_vectors(struct build *b, const struct kernel_set *kernels, struct err *err)
{
    const size_t count = b->request->vector_count;
    struct fingerprint_vectors *sets =
        ARENA_ARRAY(b->print->arena, struct fingerprint_vectors, count);

    if (sets == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    b->print->vectors = sets;
    for (size_t i = 0; i < count; i++) {
        const struct fingerprint_source *from = &b->request->vectors[i];
        if (fingerprint_vectors_of(b->print, from->model) != NULL) {
            err_set(err, ERR_INVALID, "two sets of vectors of one model");
            return false;
        }
        if (!fingerprint_fit_vectors(b->print, kernels, from, &sets[i], err)) {
            return false;
        }
        b->print->vector_count++;
    }
    return true;
}

/* The digest of what its file would hold. */
static bool
set_digest(struct fingerprint *print, struct err *err)
{
    struct buffer file;

    buffer_init(&file, FINGERPRINT_FILE_BYTES);
    const bool done = fingerprint_encode(print, &file, err);
    if (done) {
        print->digest = digest_of(buffer_text(&file));
    }
    buffer_clear(&file);
    return done;
}

static bool
fill(struct build *b, const struct kernel_set *kernels, struct err *err)
{
    const struct fingerprint_request *request = b->request;
    struct fingerprint *print = b->print;

    print->created = request->created;
    print->model_digest = b->model->digest;
    return fingerprint_fit_text(print, request->persona, &print->persona,
                                err) &&
           fingerprint_fit_text(print, request->source, &print->source, err) &&
           fingerprint_fit_text(print, text_of(b->model->name), &print->model,
                                err) &&
           (request->line_count == 0 || add_lines(b, err)) &&
           add_vectors(b, kernels, err) && set_digest(print, err);
}

struct fingerprint *
fingerprint_build(const struct voice_model *model,
                  const struct kernel_set *kernels,
                  const struct fingerprint_request *request, struct err *err)
{
    struct build b = {.model = model, .request = request};

    if (!check_request(request, err)) {
        return NULL;
    }
    b.print = fingerprint_fit_new(err);
    if (b.print == NULL) {
        return NULL;
    }
    b.scratch = arena_new(SIZE_MAX);
    if (b.scratch == NULL) {
        err_memory(err, "a fingerprint");
    }
    if (b.scratch == NULL || !fill(&b, kernels, err)) {
        fingerprint_free(b.print);
        b.print = NULL;
    }
    arena_free(b.scratch);
    return b.print;
}

/* The lines of another fingerprint, and what is known of them. */
static bool
copy_lines(struct build *b, const struct fingerprint *from, struct err *err)
{
    struct fingerprint *print = b->print;
    struct arena *arena = print->arena;
    const size_t outliers = from->outliers != NULL ? from->lost.outliers : 0;

    print->lost = from->lost;
    print->traits = from->traits;
    b->lines = ARENA_ARRAY(arena, struct voice, from->line_count);
    b->origin = ARENA_ARRAY(arena, uint32_t, from->line_count);
    uint32_t *odd = ARENA_ARRAY(arena, uint32_t, outliers);
    print->lines = b->lines;
    print->origins = b->origin;
    // A failed arena fails every later take, so the last tells for all.
    for (size_t i = 0; odd != NULL && i < from->line_count; i++) {
        b->origin[i] = from->origins[i];
        if (!keep_line(b, &from->lines[i])) {
            break;
        }
    }
    if (print->line_count < from->line_count) {
        err_memory(err, "a fingerprint");
        return false;
    }
    if (from->outliers != NULL) {
        memcpy(odd, from->outliers, outliers * sizeof(*odd));
        print->outliers = odd;
    }
    return fingerprint_fit_lines(print, b->model, err);
}

static bool
join(struct build *b, const struct kernel_set *kernels,
     const struct fingerprint_parts *parts, struct err *err)
{
    const bool lines = parts->lines != NULL && parts->lines->line_count > 0;
    struct fingerprint *print = b->print;

    print->created = parts->created;
    print->model_digest = b->model->digest;
    return fingerprint_fit_text(print, parts->persona, &print->persona, err) &&
           fingerprint_fit_text(print, parts->source, &print->source, err) &&
           fingerprint_fit_text(print, text_of(b->model->name), &print->model,
                                err) &&
           (!lines || copy_lines(b, parts->lines, err)) &&
           add_vectors(b, kernels, err) && set_digest(print, err);
}

struct fingerprint *
fingerprint_join(const struct voice_model *model,
                 const struct kernel_set *kernels,
                 const struct fingerprint_parts *parts, struct err *err)
{
    // As a request, for the checks that both ways have in common.
    const struct fingerprint_request request = {
        .persona = parts->persona,
        .source = parts->source,
        .line_count = parts->lines != NULL ? parts->lines->line_count : 0,
        .vectors = parts->vectors,
        .vector_count = parts->vector_count};
    struct build b = {.model = model, .request = &request};

    if (!check_request(&request, err)) {
        return NULL;
    }
    b.print = fingerprint_fit_new(err);
    if (b.print != NULL && !join(&b, kernels, parts, err)) {
        fingerprint_free(b.print);
        b.print = NULL;
    }
    return b.print;
}

struct fingerprint *
fingerprint_with(const struct fingerprint *base,
                 const struct voice_model *model,
                 const struct kernel_set *kernels, struct text persona,
                 const struct fingerprint_source *vectors, struct err *err)
{
    struct fingerprint_source sets[FINGERPRINT_MOST_MODELS + 1];
    struct fingerprint_parts parts = {
        .persona = persona, .lines = base, .vectors = sets};
    size_t n = 0;
    bool replaced = false;

    for (size_t i = 0; base != NULL && i < base->vector_count; i++) {
        const struct fingerprint_vectors *v = &base->vectors[i];
        const bool same = text_equal(v->model, vectors->model);
        sets[n++] = same ? *vectors
                         : (struct fingerprint_source){v->model, v->at, v->rows,
                                                       v->dim};
        replaced = replaced || same;
    }
    if (!replaced) {
        sets[n++] = *vectors;
    }
    parts.vector_count = n;
    if (base != NULL) {
        parts.source = base->source;
        parts.created = base->created;
    }
    return fingerprint_join(model, kernels, &parts, err);
}

bool
fingerprint_date(struct fingerprint *print, int64_t created, struct err *err)
{
    print->created = created;
    return set_digest(print, err);
}

struct fingerprint *
fingerprint_keep(struct fingerprint *print)
{
    // The caller has a reference, so the count cannot fall meanwhile.
    atomic_fetch_add_explicit(&print->references, 1, memory_order_relaxed);
    return print;
}

void
fingerprint_free(struct fingerprint *print)
{
    // Acquire and release: the free comes after every thread's last use.
    if (print != NULL && atomic_fetch_sub_explicit(&print->references, 1,
                                                   memory_order_acq_rel) == 0) {
        arena_free(print->arena);
    }
}

const struct fingerprint_vectors *
fingerprint_vectors_of(const struct fingerprint *print, struct text model)
{
    for (size_t i = 0; i < print->vector_count; i++) {
        if (text_equal(print->vectors[i].model, model)) {
            return &print->vectors[i];
        }
    }
    return NULL;
}

/*
 * More than this part of lines that nearly repeat others: one in four. Then
 * her few set phrases are most of what is known of her.
 */
enum { ALIKE_PART = 4 };

bool
fingerprint_warning(const struct fingerprint *print, char *out, size_t len)
{
    if (print->line_count == 0) {
        return false;
    }
    if (print->lost.alike > print->line_count / ALIKE_PART) {
        snprintf(out, len,
                 "%zu of %zu lines nearly repeat another: other lines of hers "
                 "would tell more",
                 print->lost.alike, print->line_count);
        return true;
    }
    if (print->line_count >= FINGERPRINT_GOOD_LINES) {
        return false;
    }
    snprintf(out, len,
             "%zu lines are few: with %zu more she is told from others "
             "markedly better, and alert rates down to 2 %% can be asked for",
             print->line_count, FINGERPRINT_GOOD_LINES - print->line_count);
    return true;
}
