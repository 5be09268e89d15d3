#include "sidecar/engine/linear_model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { WINDOW = 2 * LINEAR_PIECE };

/* One occurrence of an n-gram, then, after gathering, all of them. */
struct found {
    uint32_t hash;
    struct linear_place place; /* of the first */
    size_t count;
    double weight;
};

/* The worst window: where it begins, and how much is in it. */
struct worst {
    struct linear_reader reader;
    size_t count;
    double odds;
};

/* What reading the pieces one after another needs. */
struct pieces {
    uint32_t hashes[LINEAR_PIECE];
    struct linear_place places[LINEAR_PIECE];
};

static void
keep_worst(struct worst *worst, const struct linear_reader *reader,
           const struct linear_sum *window, double odds)
{
    if (worst->count == 0 || odds > worst->odds) {
        *worst = (struct worst){*reader, window->count, odds};
    }
}

/* As linear_scores walks, for one head; count 0 for a text of no n-grams. */
static struct worst
find_worst(const struct linear_model *model, size_t head, struct text fold,
           struct pieces *pieces)
{
    struct worst worst = {.count = 0};
    struct linear_reader reader, start, last_start;
    struct linear_sum last = {.count = 0};
    size_t n;

    linear_reader_init(&reader, fold);
    last_start = start = reader;
    while ((n = linear_grams_placed(&reader, pieces->hashes, pieces->places,
                                    LINEAR_PIECE)) > 0) {
        struct linear_sum piece = {.count = 0};
        linear_sum_add(model, pieces->hashes, n, &piece);
        const struct linear_sum window = linear_sum_of(&last, &piece);
        if (last.count > 0) {
            keep_worst(&worst, &last_start, &window,
                       linear_sum_odds(model, head, &window));
        }
        last = piece;
        last_start = start;
        start = reader;
    }
    if (worst.count == 0 && last.count > 0) {
        keep_worst(&worst, &last_start, &last,
                   linear_sum_odds(model, head, &last));
    }
    return worst;
}

/* By hash, then place. */
static int
by_hash(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
           : x->place.from != y->place.from
               ? (x->place.from > y->place.from) -
                     (x->place.from < y->place.from)
               : (x->place.to > y->place.to) - (x->place.to < y->place.to);
}

/* The heaviest first; of equals the one that comes first in the text. */
static int
by_weight(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    return x->weight != y->weight
               ? (x->weight < y->weight) - (x->weight > y->weight)
               : (x->place.from > y->place.from) -
                     (x->place.from < y->place.from);
}

/* Makes one of all occurrences of an n-gram; returns how many kinds. */
static size_t
gather(struct found *found, size_t count)
{
    size_t kinds = 0;

    qsort(found, count, sizeof(*found), by_hash);
    for (size_t i = 0; i < count; i++) {
        if (kinds > 0 && found[kinds - 1].hash == found[i].hash) {
            found[kinds - 1].count++;
        } else {
            found[kinds++] = found[i];
        }
    }
    return kinds;
}

static void
weigh(const struct linear_model *model, size_t head, struct found *found,
      size_t kinds, size_t count)
{
    const double unit = model->heads[head].scale / sqrt((double)count);

    for (size_t i = 0; i < kinds; i++) {
        const uint64_t row = linear_model_row(model, found[i].hash);
        const int weight = (int)(row >> 8 * head & 0xff) - LINEAR_ZERO;
        found[i].weight = unit * weight * (double)found[i].count;
    }
    qsort(found, kinds, sizeof(*found), by_weight);
}

static void
give(struct linear_reasons *out, struct text fold, const struct found *found)
{
    const struct span at = {found->place.from, found->place.to};

    out->at[out->count++] = (struct linear_reason){
        text_part(fold, at.from, at.to), at, found->count, found->weight};
}

/* The first `most` of the weights above 0, and the last of those below. */
static void
choose(struct linear_reasons *out, struct text fold, const struct found *found,
       size_t kinds, size_t most)
{
    for (size_t i = 0; i < kinds && i < most && found[i].weight > 0; i++) {
        give(out, fold, &found[i]);
    }
    for (size_t i = 0; i < kinds && i < most; i++) {
        if (!(found[kinds - 1 - i].weight < 0)) {
            break;
        }
        give(out, fold, &found[kinds - 1 - i]);
    }
}

/* Reads the worst window once more, n-gram by n-gram; gives its span. */
static struct span
read_window(struct worst *worst, struct pieces *pieces, struct found *found)
{
    struct span window = {SIZE_MAX, 0};
    size_t count = 0;

    while (count < worst->count) {
        const size_t n = linear_grams_placed(&worst->reader, pieces->hashes,
                                             pieces->places, LINEAR_PIECE);
        assert(n > 0 && n <= worst->count - count);
        for (size_t i = 0; i < n; i++) {
            const struct linear_place place = pieces->places[i];
            found[count] = (struct found){
                .hash = pieces->hashes[i], .place = place, .count = 1};
            count++;
            window.from = place.from < window.from ? place.from : window.from;
            window.to = place.to > window.to ? place.to : window.to;
        }
    }
    return window;
}

bool
linear_explain(const struct linear_model *model, size_t head, struct text fold,
               size_t most, struct arena *arena, struct linear_reasons *out,
               struct err *err)
{
    const size_t wanted = most < WINDOW ? 2 * most : WINDOW;
    struct pieces *pieces = arena_take(arena, sizeof(*pieces));
    struct found *found = arena_take(arena, WINDOW * sizeof(*found));

    assert(head < model->head_count);
    *out = (struct linear_reasons){
        .at = ARENA_ARRAY(arena, struct linear_reason, wanted)};
    if (pieces == NULL || found == NULL || out->at == NULL) {
        err_memory(err, "explaining a score");
        return false;
    }
    struct worst worst = find_worst(model, head, fold, pieces);
    const size_t count = worst.count;
    if (count == 0) {
        return true;
    }
    out->window = read_window(&worst, pieces, found);
    out->score = linear_sum_score(worst.odds);
    const size_t kinds = gather(found, count);
    weigh(model, head, found, kinds, count);
    choose(out, fold, found, kinds, most);
    return true;
}
