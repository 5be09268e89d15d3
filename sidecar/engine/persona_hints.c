/* Of persona.h: why a candidate lies off the voice, and what to do about it. */
#include "sidecar/engine/persona.h"

#include <math.h>
#include <stdio.h>

#include "kernels/stable.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/drift_contrast.h"
#include "sidecar/engine/drift_own.h"
#include "sidecar/engine/drift_pull.h"
#include "sidecar/engine/drift_reasons.h"
#include "sidecar/engine/language.h"
#include "sidecar/engine/locale.h"
#include "sidecar/engine/voice_text.h"

enum {
    HINTS = 10,     /* in all */
    CONTRASTS = 3,  /* habits, at most */
    REASONS = 4,    /* words, phrases and the like, at most */
    PULL_WORDS = 4, /* quoted to show the assistant */
    QUOTED_BYTES = 64,
    SENTENCE_BYTES = 512
};

/* Words in capitals in 100 from which on a text is shouted as a whole. */
static const double SHOUTED = 60;

/* Words from which on that can be said. */
enum { LEAST_WORDS = 4 };

/* Deviations of the length's logarithm from which on it is told. */
static const double LEAST_LENGTH = 2;

/* Nobody's lines are all of one length, whatever the samples say. */
static const double LEAST_LENGTH_SD = 0.25;

/* Of her own deviations; less is nothing that one could ask a model for. */
static const double LEAST_REASON = 0.02;

struct hints {
    const struct persona_query *query;
    const struct voice_model *model;
    const struct voice *voice; /* with spots */
    bool off;                  /* farther than her lines are in the mean */
    bool foreign;              /* in another language */
    struct arena *arena;
    struct envelope_hint *at; /* [HINTS] */
    size_t count;
    struct err *err;
};

/*
 * Adds a hint and gives it back for its numbers; `words` and `about` are
 * copied. NULL: no memory.
 */
static struct envelope_hint *
add(struct hints *h, const char *kind, const char *words, struct text about,
    double strength)
{
    const double nothing = (double)NAN;
    struct envelope_hint hint = {.kind = kind,
                                 .text = arena_copy(h->arena, text_of(words)),
                                 .here = nothing,
                                 .hers = nothing,
                                 .strength = strength,
                                 .sample = -1};

    if (about.len > 0) {
        hint.about = arena_copy(h->arena, about);
    }
    if (hint.text.at == NULL || (about.len > 0 && hint.about.at == NULL)) {
        err_memory(h->err, "hints");
        return NULL;
    }
    h->at[h->count] = hint;
    return &h->at[h->count++];
}

/* ------------------------------------------------------- what it is as a whole
 */

/*
 * Another language than the one asked for, or than the persona's: then that is
 * what is wrong, and no word or habit is worth telling of.
 */
static bool
language_hint(struct hints *h)
{
    const struct persona_query *q = h->query;
    const struct text wanted = locale_of(q->request, q->persona->config);
    const struct language_finding found = language_guess(q->candidate->text);
    char words[SENTENCE_BYTES];

    h->foreign = wanted.len > 0 && language_is_other(&found, &wanted, 1);
    if (!h->foreign) {
        return true;
    }
    const struct text quoted = utf8_cut(wanted, QUOTED_BYTES);
    snprintf(words, sizeof(words),
             "write in the language \"%.*s\": this reads as \"%s\"",
             TEXT_ARGS(quoted), found.code);
    return add(h, "language", words, text_of(found.code), (double)NAN) != NULL;
}

static bool
assistant_hint(struct hints *h, const struct drift_pull *pull)
{
    char words[SENTENCE_BYTES] = "do not sound like a generic assistant";
    struct text said[PULL_WORDS];
    size_t len = strlen(words);

    if (!pull->telling) {
        return true;
    }
    const size_t n = drift_pull_words(h->model, h->voice, said, PULL_WORDS);
    for (size_t i = 0; i < n; i++) {
        const struct text word = utf8_cut(said[i], QUOTED_BYTES);
        const int more =
            snprintf(words + len, sizeof(words) - len, "%s\"%.*s\"",
                     i == 0 ? ": it shows in " : ", ", TEXT_ARGS(word));
        len += (size_t)more;
    }
    return add(h, "assistant", words, TEXT(""), pull->deviations) != NULL;
}

/* Is the whole text shouted? Then that is what is wrong with it. */
static bool
is_shouted(const struct voice_traits *t)
{
    return t->words >= LEAST_WORDS &&
           100.0 * t->counts[VOICE_TRAIT_CAPITALS] >= SHOUTED * t->words;
}

static bool
capitals_hint(struct hints *h, const struct drift_contrast *c)
{
    char words[SENTENCE_BYTES];

    snprintf(words, sizeof(words),
             "do not write in capitals: %.0f words in 100 of this are, of the "
             "persona's lines %.2g",
             c->here, c->hers);
    struct envelope_hint *hint =
        add(h, "capitals", words, TEXT(""), c->strength);
    if (hint != NULL) {
        hint->here = c->here;
        hint->hers = c->hers;
    }
    return hint != NULL;
}

struct lengths {
    double mean, sd; /* of the logarithms */
    double least, most;
};

static struct lengths
lengths_of(const struct fingerprint *print)
{
    struct lengths l = {.least = (double)INFINITY};
    double sum = 0, square = 0;

    for (size_t i = 0; i < print->line_count; i++) {
        const double chars = (double)print->lines[i].chars;
        const double log = stable_log(chars + 1);
        sum += log;
        square += log * log;
        l.least = chars < l.least ? chars : l.least;
        l.most = chars > l.most ? chars : l.most;
    }
    l.mean = sum / (double)print->line_count;
    l.sd = sqrt(fmax(square / (double)print->line_count - l.mean * l.mean,
                     LEAST_LENGTH_SD * LEAST_LENGTH_SD));
    return l;
}

/* Only of what is longer or shorter than every line of hers. */
static bool
length_hint(struct hints *h)
{
    const struct lengths l = lengths_of(h->query->persona->print);
    const double chars = (double)h->voice->chars;
    const double off = fabs(stable_log(chars + 1) - l.mean) / l.sd;
    char words[SENTENCE_BYTES];

    if (off < LEAST_LENGTH || (chars >= l.least && chars <= l.most)) {
        return true;
    }
    const double typical = stable_exp(l.mean) - 1;
    snprintf(words, sizeof(words),
             "write %s: the persona's lines have about %.0f characters (%.0f "
             "to %.0f), this has %.0f",
             chars > l.most ? "less" : "more", typical, l.least, l.most, chars);
    struct envelope_hint *hint = add(h, "length", words, TEXT(""), off);
    if (hint != NULL) {
        hint->here = chars;
        hint->hers = floor(typical + 0.5);
    }
    return hint != NULL;
}

/* ------------------------------------------------------ habits that it breaks
 */

static bool
habit_hint(struct hints *h, const struct drift_contrast *c)
{
    char words[DRIFT_CONTRAST_BYTES];

    drift_contrast_write(c, words);
    struct envelope_hint *hint = add(
        h, "habit", words, text_of(voice_trait_name(c->trait)), c->strength);
    if (hint != NULL) {
        hint->here = c->here;
        hint->hers = c->hers;
    }
    return hint != NULL;
}

static bool
contrast_hints(struct hints *h)
{
    struct drift_contrast contrasts[VOICE_TRAITS];
    struct voice_traits traits = {.words = 0};

    for (size_t r = 0; r < h->voice->row_count; r++) {
        voice_trait_count(h->voice->texts[r], &traits);
    }
    const size_t n = drift_contrasts(h->query->persona->print, &traits,
                                     contrasts, VOICE_TRAITS);
    // English habits are no measure of French: only shouting is told.
    size_t told = h->foreign ? CONTRASTS : 0;
    for (size_t i = 0; i < n; i++) {
        const struct drift_contrast *c = &contrasts[i];
        if (c->trait == VOICE_TRAIT_CAPITALS && c->here > c->hers &&
            is_shouted(&traits)) {
            if (!capitals_hint(h, c)) {
                return false;
            }
        } else if (told++ < CONTRASTS && !habit_hint(h, c)) {
            return false;
        }
    }
    return true;
}

/* -------------------------------------------------------------- words of it
 */

static bool
reason_hint(struct hints *h, const struct drift_reason *r)
{
    const struct text about = utf8_cut(r->text, QUOTED_BYTES);
    const char *ask = "do not say";
    char words[SENTENCE_BYTES];

    if (strcmp(r->kind, "opening") == 0) {
        ask = "do not open a sentence with";
    } else if (strcmp(r->kind, "mark") == 0) {
        ask = "do without";
    } else if (strcmp(r->kind, "phrase") == 0) {
        ask = "do not put it as";
    }
    snprintf(words, sizeof(words), "%s \"%.*s\"", ask, TEXT_ARGS(about));
    return add(h, r->kind, words, about,
               -r->contribution / h->query->persona->print->scale.sd) != NULL;
}

/*
 * Any word that she happens not to have used counts a little against her: not
 * worth telling of a reply that is like hers on the whole.
 */
static bool
reason_hints(struct hints *h)
{
    struct drift_reason reasons[REASONS];
    const double sd = h->query->persona->print->scale.sd;
    const size_t room = HINTS - 1 - h->count; // one for the nearest line
    size_t found = 0;

    if (!h->off || h->foreign) {
        return true;
    }
    if (!drift_reasons(h->query->persona->print, h->voice, h->arena, reasons,
                       room < REASONS ? room : REASONS, &found, h->err)) {
        return false;
    }
    for (size_t i = 0; i < found; i++) {
        if (-reasons[i].contribution >= LEAST_REASON * sd &&
            !reason_hint(h, &reasons[i])) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------ lines of her own
 */

static bool
own_lines(struct hints *h, struct envelope_drift *out)
{
    struct envelope_line *lines =
        ARENA_ARRAY(h->arena, struct envelope_line, ENVELOPE_OWN);
    struct drift_own_line near, far;
    char words[SENTENCE_BYTES];

    if (lines == NULL) {
        err_memory(h->err, "hints");
        return false;
    }
    if (!drift_own_lines(h->query->persona->print, h->model, h->voice, h->arena,
                         &near, &far, h->err)) {
        return false;
    }
    lines[ENVELOPE_NEAREST] =
        (struct envelope_line){near.sample, near.likeness};
    lines[ENVELOPE_FARTHEST] = (struct envelope_line){far.sample, far.likeness};
    out->own = lines;
    snprintf(words, sizeof(words),
             "write as in sample %u, the persona's own line that is nearest to "
             "this",
             (unsigned)near.sample);
    struct envelope_hint *hint =
        add(h, "nearest_line", words, TEXT(""), (double)NAN);
    if (hint != NULL) {
        hint->sample = (int)near.sample;
    }
    return hint != NULL;
}

static bool
pull_of(struct hints *h, struct envelope_drift *out)
{
    const struct drift_pull pull =
        drift_pull_measure(h->query->persona->print, h->model, h->voice);
    struct envelope_pull *told = ARENA_ARRAY(h->arena, struct envelope_pull, 1);

    if (told == NULL) {
        err_memory(h->err, "hints");
        return false;
    }
    *told = (struct envelope_pull){pull.pull, pull.deviations, pull.share};
    out->pull = told;
    return assistant_hint(h, &pull);
}

bool
persona_hints(const struct persona_query *q, const struct personas *personas,
              struct arena *arena, struct envelope_drift *out, struct err *err)
{
    struct voice voice;
    struct hints h = {.query = q,
                      .model = personas_model(personas),
                      .voice = &voice,
                      .off = out->deviations > 0,
                      .arena = arena,
                      .err = err};

    if (isnan(out->score) || q->voice->row_count == 0) {
        return true;
    }
    h.at = ARENA_ARRAY(arena, struct envelope_hint, HINTS);
    if (h.at == NULL) {
        err_memory(err, "hints");
        return false;
    }
    if (!voice_read_spots(h.model, q->candidate->text, arena, &voice, err) ||
        !pull_of(&h, out) || !language_hint(&h) || !contrast_hints(&h) ||
        !length_hint(&h) || !reason_hints(&h) || !own_lines(&h, out)) {
        return false;
    }
    out->hints = h.at;
    out->hint_count = h.count;
    return true;
}
