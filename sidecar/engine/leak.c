#include "sidecar/engine/leak.h"

#include "sidecar/base/hash.h"

enum { WORDS_MOST = 16 };

struct leak_index {
    uint64_t *table; /* open addressing, [mask + 1]; 0: empty */
    size_t mask;
    size_t words;
};

/* A word: ASCII letters and digits, and everything outside ASCII. */
static bool
in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Walks a text's words, keeping the hashes of the last n. */
struct walk {
    struct text text;
    size_t at;
    size_t n;
    size_t seen;                 /* words so far */
    uint64_t hashes[WORDS_MOST]; /* ring, of the last n words */
    size_t starts[WORDS_MOST];   /* where each began */
    size_t end;                  /* where the last one ended */
};

static bool
next_word(struct walk *w)
{
    size_t from = w->at;

    while (from < w->text.len && !in_word(w->text.at[from])) {
        from++;
    }
    size_t to = from;
    while (to < w->text.len && in_word(w->text.at[to])) {
        to++;
    }
    w->at = to;
    if (from == to) {
        return false;
    }
    w->hashes[w->seen % w->n] = hash_bytes(w->text.at + from, to - from, 1);
    w->starts[w->seen % w->n] = from;
    w->end = to;
    w->seen++;
    return true;
}

/* Of the last n words, in order; never 0, which marks an empty slot. */
static uint64_t
shingle(const struct walk *w)
{
    uint64_t h = 0;

    for (size_t i = 0; i < w->n; i++) {
        h = hash_mix(h * 31 + w->hashes[(w->seen + i) % w->n]);
    }
    return h != 0 ? h : 1;
}

static size_t
slot_of(const struct leak_index *index, uint64_t h)
{
    size_t slot = (size_t)h & index->mask;

    while (index->table[slot] != 0 && index->table[slot] != h) {
        slot = (slot + 1) & index->mask;
    }
    return slot;
}

struct leak_index *
leak_index_build(struct text prompt, size_t words, struct arena *arena,
                 struct err *err)
{
    struct leak_index *index = ARENA_ARRAY(arena, struct leak_index, 1);
    size_t slots = 64;

    // A word takes two bytes with its space, so half the table stays empty.
    while (slots < prompt.len) {
        slots *= 2;
    }
    uint64_t *table = ARENA_ARRAY(arena, uint64_t, slots);
    if (index == NULL || table == NULL) {
        err_memory(err, "the system prompt's shingles");
        return NULL;
    }
    index->table = table;
    index->mask = slots - 1;
    index->words = words < 2 ? 2 : words > WORDS_MOST ? WORDS_MOST : words;
    struct walk w = {.text = prompt, .n = index->words};
    while (next_word(&w)) {
        if (w.seen >= w.n) {
            const uint64_t h = shingle(&w);
            table[slot_of(index, h)] = h;
        }
    }
    return index;
}

struct leak_finding
leak_find(const struct leak_index *index, struct text reply)
{
    struct leak_finding best = {0.0, 0, {0, 0}};
    struct walk w = {.text = reply, .n = index->words};
    size_t shingles = 0, found = 0, run = 0, run_from = 0;

    while (next_word(&w)) {
        if (w.seen < w.n) {
            continue;
        }
        const uint64_t h = shingle(&w);
        shingles++;
        if (index->table[slot_of(index, h)] != h) {
            run = 0;
            continue;
        }
        found++;
        if (run == 0) {
            run = w.n - 1;
            run_from = w.starts[w.seen % w.n];
        }
        run++;
        if (run > best.run_words) {
            best.run_words = run;
            best.run = (struct span){run_from, w.end};
        }
    }
    if (shingles > 0) {
        best.share = (double)found / (double)shingles;
    }
    return best;
}
