#include "tests/bench/common_voice_corpus.h"

#include <stdlib.h>

#include "sidecar/base/hash.h"

/* Tries to draw a window: a speaker without test lines has none. */
enum { MOST_BLOCKS = 4096, MOST_TRIES = 100000 };

static size_t
persona_of(struct corpus *e, const struct voice_line *line)
{
    size_t p = 0;

    if (line->split < VOICE_ENROL) {
        return SIZE_MAX;
    }
    while (p < e->persona_count && !text_equal(e->personas[p], line->persona)) {
        p++;
    }
    if (p == e->persona_count && p < CORPUS_PERSONAS) {
        e->personas[p] = line->persona;
        e->groups[p] = line->group;
        e->persona_count++;
    }
    return p;
}

static bool
read_samples(struct corpus *e, struct err *err)
{
    for (size_t i = 0; i < e->lines.count; i++) {
        const struct voice_line *line = &e->lines.at[i];
        if (line->split == VOICE_BACKGROUND) {
            continue;
        }
        struct corpus_sample *s = &e->samples[e->sample_count++];
        s->line = line;
        s->persona = persona_of(e, line);
        if (s->persona == CORPUS_PERSONAS) {
            err_set(err, ERR_TOO_LARGE, "more than %d personas",
                    CORPUS_PERSONAS);
            return false;
        }
        if (!voice_read(e->model, line->text, e->arena, &s->voice, err)) {
            return false;
        }
        if (!pan_read(e->pan, line->text, e->arena, &s->pan)) {
            err_memory(err, "samples");
            return false;
        }
    }
    return true;
}

/* The baseline learns its 4-grams where our model did: in the background. */
static struct pan *
fit_pan(const struct voice_lines *lines)
{
    struct text *texts = calloc(lines->count + 1, sizeof(*texts));
    size_t n = 0;

    if (texts == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < lines->count; i++) {
        if (lines->at[i].split == VOICE_BACKGROUND) {
            texts[n++] = lines->at[i].text;
        }
    }
    // Without a background, the lines that personas are enrolled with.
    for (size_t i = 0; n == 0 && i < lines->count; i++) {
        if (lines->at[i].split == VOICE_ENROL) {
            texts[n++] = lines->at[i].text;
        }
    }
    struct pan *pan = pan_fit(texts, n);
    free(texts);
    return pan;
}

bool
corpus_open(struct corpus *e, const char *model, struct err *err)
{
    if (!voice_lines_read("-", &e->lines, err)) {
        return false;
    }
    e->arena = arena_new(SIZE_MAX);
    e->samples = calloc(e->lines.count + 1, sizeof(*e->samples));
    e->pan = fit_pan(&e->lines);
    if (e->arena == NULL || e->samples == NULL || e->pan == NULL) {
        err_memory(err, "samples");
        return false;
    }
    e->model = voice_model_open(model, err);
    return e->model != NULL && read_samples(e, err);
}

void
corpus_clear(struct corpus *e)
{
    voice_model_free(e->model);
    voice_lines_clear(&e->lines);
    pan_free(e->pan);
    free(e->samples);
    arena_free(e->arena);
}

enum corpus_relation
corpus_relation_of(const struct corpus *e, const struct corpus_sample *s,
                   size_t persona)
{
    if (s->line->split == VOICE_HANDWRITTEN) {
        return CORPUS_BY_HAND;
    }
    if (s->line->split == VOICE_ASSISTANT) {
        return CORPUS_BY_MODEL;
    }
    if (s->line->split != VOICE_TEST) {
        return CORPUS_UNUSED;
    }
    if (s->persona == persona) {
        return CORPUS_OWN;
    }
    return text_equal(e->groups[s->persona], e->groups[persona]) ? CORPUS_HARD
                                                                 : CORPUS_OTHER;
}

struct drawn {
    uint64_t order;
    int block;
};

static int
by_order(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;

    return (x->order > y->order) - (x->order < y->order);
}

/* Enrolment blocks of a persona in the order of this draw. */
static size_t
draw_blocks(const struct corpus *e, size_t persona, uint32_t draw,
            struct drawn *out)
{
    size_t n = 0;

    for (size_t i = 0; i < e->sample_count && n < MOST_BLOCKS; i++) {
        const struct corpus_sample *s = &e->samples[i];
        if (s->persona != persona || s->line->split != VOICE_ENROL ||
            (n > 0 && out[n - 1].block == s->line->block)) {
            continue;
        }
        const uint32_t key[3] = {(uint32_t)persona, (uint32_t)s->line->block,
                                 draw};
        out[n++] =
            (struct drawn){hash_bytes(key, sizeof(key), 7), s->line->block};
    }
    qsort(out, n, sizeof(*out), by_order);
    return n;
}

void
corpus_enrol(const struct corpus *e, size_t persona, uint32_t draw,
             size_t lines, struct corpus_enrolment *out)
{
    static struct drawn blocks[MOST_BLOCKS];
    const size_t drawn = draw_blocks(e, persona, draw, blocks);
    const size_t wanted = (lines + CORPUS_BLOCK_LINES - 1) / CORPUS_BLOCK_LINES;
    const size_t used = drawn < wanted ? drawn : wanted;

    out->count = 0;
    for (size_t i = 0; i < e->sample_count && out->count < lines; i++) {
        const struct corpus_sample *s = &e->samples[i];
        bool chosen = false;
        for (size_t b = 0; b < used; b++) {
            chosen = chosen || blocks[b].block == s->line->block;
        }
        if (chosen && s->persona == persona && s->line->split == VOICE_ENROL) {
            out->at[out->count++] = s;
        }
    }
}

struct fingerprint *
corpus_print(const struct corpus *e, size_t persona,
             const struct corpus_enrolment *enrolment, struct err *err)
{
    struct text texts[FINGERPRINT_MOST_LINES];

    for (size_t i = 0; i < enrolment->count; i++) {
        texts[i] = enrolment->at[i]->line->text;
    }
    const struct fingerprint_request request = {
        .persona = e->personas[persona],
        .source = TEXT("dev.jsonl"),
        .lines = texts,
        .line_count = enrolment->count,
        .least = 2,
    };
    struct fingerprint *print =
        fingerprint_build(e->model, &kernel_scalar, &request, err);
    if (print == NULL) {
        err_under(err, "%.*s", TEXT_ARGS(e->personas[persona]));
    }
    return print;
}

size_t
corpus_window_end(const struct corpus *c, size_t from)
{
    const struct corpus_sample *s = &c->samples[from];
    size_t to = from;

    while (s->line->split == VOICE_TEST && to < c->sample_count &&
           c->samples[to].persona == s->persona &&
           c->samples[to].line->split == VOICE_TEST &&
           c->samples[to].line->block == s->line->block) {
        to++;
    }
    return to;
}

size_t
corpus_fill_turns(const struct corpus *c, size_t speaker, uint64_t seed,
                  size_t *turns, size_t count, size_t wanted)
{
    size_t first = c->sample_count, end = 0;

    for (size_t i = 0; i < c->sample_count; i++) {
        if (c->samples[i].persona == speaker) {
            first = i < first ? i : first;
            end = i + 1;
        }
    }
    for (uint64_t k = 0; count < wanted && first < end && k < MOST_TRIES; k++) {
        const size_t from =
            first + (size_t)(hash_mix(seed + k) % (end - first));
        // Only where a window begins, so that each is as likely.
        if (from > first && corpus_window_end(c, from - 1) > from) {
            continue;
        }
        const size_t to = corpus_window_end(c, from);
        for (size_t i = from; i < to && count < wanted; i++) {
            turns[count++] = i;
        }
    }
    return count;
}
