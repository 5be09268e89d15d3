#include "sidecar/engine/disguise_set.h"

#include <stdlib.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/disguise_sound.h"

/*
 * A term that more everyday words than this hold is a weak stem: of the
 * shipped ones 14 hold "cock" (cockpit, cocked), 2 "twat" (wristwatch).
 */
enum { STEM_HOLDERS = 5, BENT_LEAST = 6, SEED = 2 };

/* What may follow a disguised term and still be the word. */
static const char *const ENDINGS[] = {"s",   "z",   "es", "ed", "er",
                                      "ers", "ing", "in", "y"};
enum { ENDING_COUNT = sizeof(ENDINGS) / sizeof(ENDINGS[0]) };

uint32_t
disguise_hash(struct text text)
{
    return (uint32_t)(hash_text(text, SEED) >> 32);
}

enum ordinary_rank
disguise_rank(const struct disguise *d, struct text word)
{
    const enum ordinary_rank rank =
        d->words != NULL ? ordinary_rank(d->words, word) : ORDINARY_NONE;

    return rank == ORDINARY_LISTED ? ORDINARY_NONE : rank;
}

const struct disguise_entry *
disguise_exact(const struct disguise *d, struct text text)
{
    const struct disguise_table *table = &d->exact;
    const uint32_t hash = disguise_hash(text);

    for (size_t i = hash & table->mask; table->slots[i].entry != 0;
         i = (i + 1) & table->mask) {
        const struct disguise_entry *e = &d->entries[table->slots[i].entry - 1];
        if (table->slots[i].hash == hash &&
            text_equal(disguise_text(d, e), text)) {
            return e;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ tables */

static bool
table_make(struct disguise_table *table, size_t most)
{
    size_t slots = 16;

    while (slots < 2 * most) {
        slots *= 2;
    }
    table->slots = calloc(slots, sizeof(*table->slots));
    table->mask = slots - 1;
    return table->slots != NULL;
}

static void
table_add(struct disguise_table *table, uint32_t hash, size_t entry)
{
    size_t i = hash & table->mask;

    while (table->slots[i].entry != 0) {
        i = (i + 1) & table->mask;
    }
    table->slots[i] = (struct disguise_slot){hash, (uint32_t)entry + 1};
}

static bool
make_exact(struct disguise *d)
{
    if (!table_make(&d->exact, d->count)) {
        return false;
    }
    for (size_t i = 0; i < d->count; i++) {
        table_add(&d->exact, disguise_hash(disguise_text(d, &d->entries[i])),
                  i);
    }
    return true;
}

static bool
make_without(struct disguise *d)
{
    size_t letters = 0;

    for (size_t i = 0; i < d->count; i++) {
        letters += d->entries[i].len;
    }
    if (!table_make(&d->without, letters)) {
        return false;
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct text text = disguise_text(d, &d->entries[i]);
        char cut[DISGUISE_TERM_MOST];
        // The first letter stays: a typo without it is not looked for.
        for (size_t k = 1; d->entries[i].fuzzy && k < text.len; k++) {
            memcpy(cut, text.at, k);
            memcpy(cut + k, text.at + k + 1, text.len - k - 1);
            table_add(&d->without,
                      disguise_hash((struct text){cut, text.len - 1}), i);
        }
    }
    return true;
}

static bool
make_sound(struct disguise *d)
{
    if (!table_make(&d->sound, d->count)) {
        return false;
    }
    for (size_t i = 0; i < d->count; i++) {
        char sound[2 * DISGUISE_SOUND_LETTERS];
        const size_t len =
            disguise_sound(disguise_text(d, &d->entries[i]), sound);
        if (d->entries[i].fuzzy && len > 0) {
            table_add(&d->sound, disguise_hash((struct text){sound, len}), i);
        }
    }
    return true;
}

static bool
make_shapes(struct disguise *d)
{
    uint32_t next[DISGUISE_SHAPES];

    d->by_shape = calloc(d->count + 1, sizeof(*d->by_shape));
    if (d->by_shape == NULL) {
        return false;
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct text text = disguise_text(d, &d->entries[i]);
        d->shapes[disguise_shape(text.at[0], text.len) + 1]++;
    }
    for (size_t s = 0; s < DISGUISE_SHAPES; s++) {
        d->shapes[s + 1] += d->shapes[s];
        next[s] = d->shapes[s];
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct text text = disguise_text(d, &d->entries[i]);
        d->by_shape[next[disguise_shape(text.at[0], text.len)]++] = (uint32_t)i;
    }
    return true;
}

/* -------------------------------------------------------------------- trie */

struct trie_range {
    struct text *texts; /* sorted, no two alike */
    size_t from, to;    /* those below the node */
    size_t depth;
    uint32_t node;
};

/*
 * Level by level, so that a node's children stand together: `queue` has a
 * place for every node. Returns the number of nodes used so far.
 */
static uint32_t
trie_grow(struct disguise *d, struct trie_range *queue, size_t first,
          uint32_t nodes, bool entries)
{
    size_t last = first + 1;

    for (size_t q = first; q < last; q++) {
        const struct trie_range r = queue[q];
        struct disguise_node *node = &d->nodes[r.node];
        size_t i = r.from;
        if (i < r.to && r.texts[i].len == r.depth) {
            node->entry = entries ? (uint32_t)i + 1 : 1;
            i++;
        }
        node->children = nodes;
        while (i < r.to) {
            const char letter = r.texts[i].at[r.depth];
            const size_t from = i;
            while (i < r.to && r.texts[i].at[r.depth] == letter) {
                i++;
            }
            node->mask |= (uint32_t)1 << (letter - 'a');
            queue[last++] =
                (struct trie_range){r.texts, from, i, r.depth + 1, nodes++};
        }
    }
    return nodes;
}

static int
compare_texts(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    const int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static bool
make_trie(struct disguise *d)
{
    struct text *texts = calloc(d->count + 1, sizeof(*texts));
    struct text endings[ENDING_COUNT];
    struct trie_range *queue = NULL;
    size_t letters = 2;
    bool done = false;

    for (size_t i = 0; i < ENDING_COUNT; i++) {
        endings[i] = text_of(ENDINGS[i]);
        letters += endings[i].len;
    }
    qsort(endings, ENDING_COUNT, sizeof(endings[0]), compare_texts);
    for (size_t i = 0; texts != NULL && i < d->count; i++) {
        texts[i] = disguise_text(d, &d->entries[i]);
        letters += texts[i].len;
    }
    d->nodes = calloc(letters, sizeof(*d->nodes));
    queue = calloc(letters, sizeof(*queue));
    if (texts != NULL && d->nodes != NULL && queue != NULL) {
        queue[0] = (struct trie_range){texts, 0, d->count, 0, DISGUISE_ROOT};
        d->suffixes = trie_grow(d, queue, 0, 1, true);
        queue[0] =
            (struct trie_range){endings, 0, ENDING_COUNT, 0, d->suffixes};
        (void)trie_grow(d, queue, 0, d->suffixes + 1, false);
        done = true;
    }
    free(texts);
    free(queue);
    return done;
}

/* ------------------------------------------------------------------- stems */

/* Counts, for every entry, the everyday words that hold it. */
static void
count_in_word(const struct disguise *d, struct text word, uint32_t *holders)
{
    for (size_t from = 0; from < word.len; from++) {
        uint32_t node = DISGUISE_ROOT;
        for (size_t i = from; i < word.len; i++) {
            node = disguise_child(d, node, (unsigned)(word.at[i] - 'a'));
            if (node == 0) {
                break;
            }
            if (d->nodes[node].entry != 0) {
                holders[d->nodes[node].entry - 1]++;
            }
        }
    }
}

/* Is it another term and an ending, and not a short one ("fucks")? */
static bool
bent(const struct disguise *d, struct text text)
{
    static const char *const endings[] = {"s", "z", "es", "ed", "in"};

    for (size_t i = 0; text.len >= BENT_LEAST && i < 5; i++) {
        const struct text ending = text_of(endings[i]);
        const struct text stem = text_part(text, 0, text.len - ending.len);
        if (text_equal(text_part(text, stem.len, text.len), ending) &&
            disguise_exact(d, stem) != NULL) {
            return true;
        }
    }
    return false;
}

static bool
weigh_stems(struct disguise *d)
{
    uint32_t *holders = calloc(d->count + 1, sizeof(*holders));
    struct text word;

    if (holders == NULL) {
        return false;
    }
    for (size_t at = 0;
         d->words != NULL && ordinary_next_common(d->words, &at, &word);) {
        count_in_word(d, word, holders);
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct text text = disguise_text(d, &d->entries[i]);
        d->entries[i].likely =
            d->words == NULL ||
            (d->entries[i].fuzzy && !bent(d, text) &&
             ordinary_rank(d->words, text) == ORDINARY_LISTED);
        d->entries[i].stem = holders[i] <= STEM_HOLDERS && d->entries[i].len > 3
                                 ? STEM_STRONG
                                 : STEM_WEAK;
    }
    free(holders);
    return true;
}

/* ----------------------------------------------------------------- entries */

struct wanted {
    struct text text;
    uint32_t id;
    uint32_t order;
    bool fuzzy;
};

static bool
usable(struct text text)
{
    if (text.len < DISGUISE_TERM_LEAST || text.len > DISGUISE_TERM_MOST) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < 'a' || text.at[i] > 'z') {
            return false;
        }
    }
    return true;
}

static int
compare_wanted(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    const int order = compare_texts(&x->text, &y->text);

    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

/* The usable terms in order of text; *count is how many. NULL: no memory. */
static struct wanted *
sort_terms(const struct disguise_term *at, size_t given,
           const struct ordinary *words, size_t *count)
{
    struct wanted *wanted = calloc(given + 1, sizeof(*wanted));

    *count = 0;
    for (size_t i = 0; wanted != NULL && i < given; i++) {
        if (usable(at[i].text)) {
            wanted[(*count)++] =
                (struct wanted){at[i].text, at[i].id, (uint32_t)i,
                                words != NULL && at[i].level == DISGUISE_FUZZY};
        }
    }
    if (wanted != NULL) {
        qsort(wanted, *count, sizeof(*wanted), compare_wanted);
    }
    return wanted;
}

static bool
make_entries(struct disguise *d, const struct wanted *wanted, size_t count)
{
    size_t letters = 0;

    for (size_t i = 0; i < count; i++) {
        letters += wanted[i].text.len;
    }
    d->texts = malloc(letters + 1);
    d->entries = calloc(count + 1, sizeof(*d->entries));
    d->ids = calloc(count + 1, sizeof(*d->ids));
    if (d->texts == NULL || d->entries == NULL || d->ids == NULL) {
        return false;
    }
    letters = 0;
    for (size_t i = 0; i < count; i++) {
        const struct wanted *w = &wanted[i];
        if (i == 0 || !text_equal(w->text, wanted[i - 1].text)) {
            memcpy(d->texts + letters, w->text.at, w->text.len);
            d->entries[d->count++] =
                (struct disguise_entry){.text = (uint32_t)letters,
                                        .len = (uint32_t)w->text.len,
                                        .first_id = (uint32_t)i,
                                        .order = w->order};
            letters += w->text.len;
        }
        d->entries[d->count - 1].id_count++;
        d->entries[d->count - 1].fuzzy |= w->fuzzy;
        d->ids[i] = (struct disguise_id){w->id, w->fuzzy};
    }
    return true;
}

struct disguise *
disguise_build(const struct disguise_term *at, size_t count,
               const struct ordinary *words, struct err *err)
{
    struct disguise *d = calloc(1, sizeof(*d));
    size_t usable_count = 0;
    struct wanted *wanted = sort_terms(at, count, words, &usable_count);
    const bool done = d != NULL && wanted != NULL &&
                      make_entries(d, wanted, usable_count) && make_exact(d) &&
                      make_without(d) && make_sound(d) && make_shapes(d) &&
                      make_trie(d);

    free(wanted);
    if (d != NULL) {
        d->words = words;
    }
    if (!done || !weigh_stems(d)) {
        disguise_free(d);
        err_memory(err, "disguises");
        return NULL;
    }
    return d;
}

void
disguise_free(struct disguise *d)
{
    if (d != NULL) {
        free(d->texts);
        free(d->entries);
        free(d->ids);
        free(d->nodes);
        free(d->exact.slots);
        free(d->without.slots);
        free(d->sound.slots);
        free(d->by_shape);
        free(d);
    }
}
