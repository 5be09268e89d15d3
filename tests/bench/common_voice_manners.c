#include "tests/bench/common_voice_manners.h"

#include <stdio.h>
#include <stdlib.h>

#include "sidecar/engine/drift.h"

enum {
    PHRASE_WORDS = 8,  /* a longer phrase is cut */
    BLENDS = 60,       /* of each persona, at most */
    BLEND_BYTES = 4096 /* more than two lines have */
};

/* The kinds of text that she is measured on. */
enum kind { FIRST, SECOND, BLEND, GENERIC, KINDS };

struct manners {
    const struct corpus *corpus;
    size_t speakers[2];
    struct fingerprint *print;
    double *scores[KINDS]; /* [sample_count + BLENDS] */
    size_t counts[KINDS];
};

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median_of(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), ascending);
    return count > 0 ? (values[(count - 1) / 2] + values[count / 2]) / 2 : 0;
}

static void
measure(struct manners *m, enum kind kind, const struct voice *voice)
{
    const struct drift_limits limits = {0.30, DRIFT_CALIBRATED, 0};

    m->scores[kind][m->counts[kind]++] =
        drift_measure(m->print, voice, &limits).score;
}

/* Half of each speaker's enrolment, one after the other. */
static bool
enrol_both(struct manners *m, size_t lines, struct err *err)
{
    static struct corpus_enrolment both, second;
    const size_t half = lines / 2;

    corpus_enrol(m->corpus, m->speakers[0], 0, half, &both);
    corpus_enrol(m->corpus, m->speakers[1], 0, half, &second);
    for (size_t i = 0; i < second.count; i++) {
        both.at[both.count++] = second.at[i];
    }
    m->print = corpus_print(m->corpus, m->speakers[0], &both, err);
    return m->print != NULL;
}

/* Takes the next phrase off a text: up to a mark, or so many words. */
static struct text
take_phrase(struct text *left)
{
    size_t words = 0, end = 0;

    while (end < left->len) {
        const char c = left->at[end++];
        words += c == ' ';
        if (c == ' ' && (words == PHRASE_WORDS ||
                         (end > 1 && strchr(",;:.!?", left->at[end - 2])))) {
            break;
        }
    }
    const struct text taken = text_part(*left, 0, end);
    *left = text_part(*left, end, left->len);
    return taken;
}

/* Phrases of both in turn, about as long as the mean of the two. */
static void
blend(struct text first, struct text second, struct buffer *out)
{
    const size_t wanted = (first.len + second.len) / 2;
    struct text left[2] = {first, second};

    for (size_t i = 0; out->len < wanted && left[0].len + left[1].len > 0;
         i = 1 - i) {
        if (left[i].len > 0) {
            buffer_add_text(out, take_phrase(&left[i]));
            if (left[i].len == 0) {
                buffer_add_byte(out, ' ');
            }
        }
    }
}

/* The first test line of a speaker from a sample on. */
static size_t
next_test(const struct corpus *c, size_t speaker, size_t from)
{
    while (from < c->sample_count &&
           (c->samples[from].persona != speaker ||
            c->samples[from].line->split != VOICE_TEST)) {
        from++;
    }
    return from;
}

static bool
measure_blends(struct manners *m, struct err *err)
{
    const struct corpus *c = m->corpus;
    struct arena *arena = arena_new(SIZE_MAX);
    size_t at[2] = {0, 0};
    bool done = arena != NULL;

    for (size_t i = 0; done && i < BLENDS; i++) {
        struct buffer text;
        struct voice voice;
        at[0] = next_test(c, m->speakers[0], at[0]);
        at[1] = next_test(c, m->speakers[1], at[1]);
        if (at[0] == c->sample_count || at[1] == c->sample_count) {
            break;
        }
        buffer_init(&text, BLEND_BYTES);
        blend(c->samples[at[0]++].line->text, c->samples[at[1]++].line->text,
              &text);
        arena_reset(arena);
        done = !text.failed &&
               voice_read(c->model, buffer_text(&text), arena, &voice, err);
        if (done) {
            measure(m, BLEND, &voice);
        }
        buffer_clear(&text);
    }
    arena_free(arena);
    return done;
}

static void
measure_lines(struct manners *m)
{
    for (size_t i = 0; i < m->corpus->sample_count; i++) {
        const struct corpus_sample *s = &m->corpus->samples[i];
        if (s->line->split == VOICE_HANDWRITTEN ||
            s->line->split == VOICE_ASSISTANT) {
            measure(m, GENERIC, &s->voice);
        } else if (s->line->split == VOICE_TEST) {
            if (s->persona == m->speakers[0]) {
                measure(m, FIRST, &s->voice);
            } else if (s->persona == m->speakers[1]) {
                measure(m, SECOND, &s->voice);
            }
        }
    }
}

/* Sums over personas. */
struct sums {
    double medians[KINDS];
    size_t below[KINDS]; /* personas whose two manners score below a kind */
    size_t count;
};

static bool
add_persona(struct manners *m, size_t lines, struct sums *sums, struct err *err)
{
    double median[KINDS];

    memset(m->counts, 0, sizeof(m->counts));
    if (!enrol_both(m, lines, err)) {
        return false;
    }
    measure_lines(m);
    const bool done = measure_blends(m, err);
    fingerprint_free(m->print);
    for (int k = 0; k < KINDS; k++) {
        median[k] = median_of(m->scores[k], m->counts[k]);
        sums->medians[k] += median[k];
    }
    for (int k = BLEND; k < KINDS; k++) {
        sums->below[k] +=
            median[FIRST] < median[k] && median[SECOND] < median[k];
    }
    sums->count++;
    return done;
}

static void
print_sums(const struct sums *s)
{
    const double n = (double)(s->count > 0 ? s->count : 1);

    printf("\n%-36s %8s   %s\n", "two speakers as one persona, median", "score",
           "both manners score below it, % of personas");
    printf("%-36s %8.3f\n", "her own lines",
           (s->medians[FIRST] + s->medians[SECOND]) / 2 / n);
    printf("%-36s %8.3f   %.0f\n", "both manners, phrase by phrase",
           s->medians[BLEND] / n, 100 * (double)s->below[BLEND] / n);
    printf("%-36s %8.3f   %.0f\n", "an assistant's text",
           s->medians[GENERIC] / n, 100 * (double)s->below[GENERIC] / n);
}

bool
voice_manners_print(const struct corpus *corpus, size_t lines, struct err *err)
{
    struct manners m = {.corpus = corpus};
    const size_t personas = corpus->persona_count;
    struct sums sums = {.count = 0};
    double *room =
        calloc(KINDS * (corpus->sample_count + BLENDS), sizeof(*room));
    bool done = room != NULL;

    if (!done) {
        err_memory(err, "scores");
    }
    for (size_t k = 0; done && k < KINDS; k++) {
        m.scores[k] = room + k * (corpus->sample_count + BLENDS);
    }
    // Half the list away: the neighbours are of the same author.
    for (size_t p = 0; done && personas > 1 && p < personas; p++) {
        m.speakers[0] = p;
        m.speakers[1] = (p + personas / 2) % personas;
        done = add_persona(&m, lines, &sums, err);
    }
    free(room);
    if (done) {
        print_sums(&sums);
    }
    return done;
}
