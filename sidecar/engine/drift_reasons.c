#include "sidecar/engine/drift_reasons.h"

#include <math.h>
#include <stdlib.h>

/*
 * Parts of a text that a person or a model can do something about. Lengths,
 * contractions and capitals are told by how often they come instead
 * (drift_contrast.h); endings of words and the like are for the measure alone.
 */
static const char *const kind_names[VOICE_KINDS] = {
    [VOICE_KIND_TEXT] = "word",
    [VOICE_KIND_PATTERN] = "phrase",
    [VOICE_KIND_MARK] = "mark",
    [VOICE_KIND_OPENING] = "opening",
};

/* Strongest first; of equals the one that stands first in the text. */
static int
by_strength(const void *a, const void *b)
{
    const struct drift_reason *x = a, *y = b;

    if (x->contribution < y->contribution ||
        x->contribution > y->contribution) {
        return x->contribution < y->contribution ? -1 : 1;
    }
    if (x->text.at != y->text.at) {
        return x->text.at < y->text.at ? -1 : 1;
    }
    return (x->text.len < y->text.len) - (x->text.len > y->text.len);
}

static struct text
trimmed(struct text text)
{
    while (text.len > 0 && text.at[0] == ' ') {
        text = text_part(text, 1, text.len);
    }
    while (text.len > 0 && text.at[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

/* Writes what one family of a window says against her; returns how much. */
static size_t
gather(const struct fingerprint *print, const struct voice *voice,
       size_t window, enum voice_family family, size_t first,
       struct drift_reason *out)
{
    const struct voice_row *row = &voice->rows[window];
    const int16_t *weights = print->weights + (size_t)family * VOICE_BUCKETS;
    const double scale = voice_family_weight(family) /
                         sqrt((double)row->counts[family]) /
                         (double)voice->row_count / VOICE_WEIGHT_ONE;
    size_t n = 0;

    for (size_t i = first; i < first + row->counts[family]; i++) {
        const struct voice_spot *spot = &voice->spots[window][i];
        if (weights[row->buckets[i]] < 0 && kind_names[spot->kind] != NULL) {
            out[n++] = (struct drift_reason){
                .kind = kind_names[spot->kind],
                .text = trimmed(
                    text_part(voice->texts[window], spot->from, spot->to)),
                .contribution = scale * weights[row->buckets[i]],
            };
        }
    }
    return n;
}

static size_t
gather_all(const struct fingerprint *print, const struct voice *voice,
           struct drift_reason *out)
{
    size_t n = 0;

    for (size_t w = 0; w < voice->row_count; w++) {
        size_t first = 0;
        for (size_t f = 0; f < VOICE_FAMILIES; f++) {
            if (f != VOICE_TRIGRAMS && f != VOICE_FOURGRAMS) {
                n += gather(print, voice, w, (enum voice_family)f, first,
                            out + n);
            }
            first += voice->rows[w].counts[f];
        }
    }
    return n;
}

static bool
inside(struct text inner, struct text outer)
{
    return inner.at >= outer.at && inner.at + inner.len <= outer.at + outer.len;
}

/* The strongest of the sorted reasons of which none is about another's words.
 */
static size_t
pick(const struct drift_reason *all, size_t count, struct drift_reason *out,
     size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < count && n < most; i++) {
        bool told = false;
        for (size_t k = 0; k < n && !told; k++) {
            told = inside(all[i].text, out[k].text) ||
                   inside(out[k].text, all[i].text);
        }
        if (!told) {
            out[n++] = all[i];
        }
    }
    return n;
}

bool
drift_reasons(const struct fingerprint *print, const struct voice *voice,
              struct arena *arena, struct drift_reason *out, size_t most,
              size_t *count, struct err *err)
{
    size_t room = 0;

    *count = 0;
    for (size_t w = 0; w < voice->row_count; w++) {
        room += voice_row_size(&voice->rows[w]);
    }
    struct drift_reason *all = ARENA_ARRAY(arena, struct drift_reason, room);
    if (all == NULL) {
        err_memory(err, "the reasons of a drift score");
        return false;
    }
    const size_t found = gather_all(print, voice, all);
    qsort(all, found, sizeof(*all), by_strength);
    *count = pick(all, found, out, most);
    return true;
}
