#include "sidecar/engine/leak.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/hash.h"

enum { WORDS_MOST = 16 };

struct leak_index {
    uint64_t *table; /* open addressing, [mask + 1]; 0: empty */
    size_t mask;
    size_t words;
    struct text prompt;
};

/* A word: ASCII letters and digits, and everything outside ASCII. */
bool
leak_in_word(char c)
{
    return ascii_is_alnum(c) || (unsigned char)c >= 0x80;
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

    while (from < w->text.len && !leak_in_word(w->text.at[from])) {
        from++;
    }
    size_t to = from;
    while (to < w->text.len && leak_in_word(w->text.at[to])) {
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
    index->prompt = prompt;
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

/* The run that is being read. */
struct run {
    size_t words;
    struct span span;
};

static void
keep_longest(struct leak_finding *best, const struct run *run)
{
    if (run->words > best->run_words) {
        best->run_words = run->words;
        best->run = run->span;
    }
}

struct leak_finding
leak_find(const struct leak_index *index, struct text reply, size_t least,
          leak_found *found, void *context)
{
    struct leak_finding best = {0.0, 0, {0, 0}};
    struct walk w = {.text = reply, .n = index->words};
    struct run run = {.words = 0};
    size_t shingles = 0, known = 0;
    bool more = true;

    while (more) {
        const bool read = next_word(&w);
        if (read && w.seen < w.n) {
            continue;
        }
        const uint64_t h = read ? shingle(&w) : 0;
        shingles += read;
        if (!read || index->table[slot_of(index, h)] != h) {
            const bool tell =
                found != NULL && run.words > 0 && run.words >= least;
            more = (!tell || found(context, run.span, run.words)) && read;
            run.words = 0;
            continue;
        }
        known++;
        if (run.words == 0) {
            run.words = w.n - 1;
            run.span.from = w.starts[w.seen % w.n];
        }
        run.words++;
        run.span.to = w.end;
        keep_longest(&best, &run);
    }
    if (shingles > 0) {
        best.share = (double)known / (double)shingles;
    }
    return best;
}

struct leak_tail {
    const struct leak_index *index;
    uint64_t *parts; /* words and pairs of the prompt: [mask + 1], 0: empty */
    size_t mask;
    size_t words;                /* of the tail */
    size_t from;                 /* where its first word begins */
    size_t seen;                 /* words so far */
    uint64_t hashes[WORDS_MOST]; /* ring, 0: one that may be any */
    size_t starts[WORDS_MOST];
};

static uint64_t
pair_of(uint64_t before, uint64_t word)
{
    const uint64_t h = hash_mix(before * 31 + word);

    return h != 0 ? h : 1;
}

/* Where the part stands, or where there is room for it. */
static uint64_t *
part_at(const struct leak_tail *tail, uint64_t h)
{
    size_t slot = (size_t)h & tail->mask;

    while (tail->parts[slot] != 0 && tail->parts[slot] != h) {
        slot = (slot + 1) & tail->mask;
    }
    return &tail->parts[slot];
}

struct leak_tail *
leak_tail_new(const struct leak_index *index, struct arena *arena)
{
    struct leak_tail *tail = ARENA_ARRAY(arena, struct leak_tail, 1);
    // Twice as many parts as shingles.
    const size_t slots = 2 * (index->mask + 1);
    uint64_t *parts = ARENA_ARRAY(arena, uint64_t, slots);
    struct walk w = {.text = index->prompt, .n = 1};
    uint64_t before = 0;

    if (tail == NULL || parts == NULL) {
        return NULL;
    }
    tail->index = index;
    tail->parts = parts;
    tail->mask = slots - 1;
    while (next_word(&w)) {
        const uint64_t word = w.hashes[0] | 1;
        const uint64_t pair = pair_of(before, word);
        *part_at(tail, word) = word;
        if (before != 0) {
            *part_at(tail, pair) = pair;
        }
        before = word;
    }
    return tail;
}

static bool
has_part(const struct leak_tail *tail, uint64_t h)
{
    return *part_at(tail, h) != 0;
}

/* Do the last n words, all of them read, stand so in the prompt? */
static bool
has_shingle(const struct leak_tail *tail)
{
    const size_t n = tail->index->words;
    uint64_t h = 0;

    for (size_t i = tail->seen - n; i < tail->seen; i++) {
        if (tail->hashes[i % WORDS_MOST] == 0) {
            return true;
        }
        h = hash_mix(h * 31 + tail->hashes[i % WORDS_MOST]);
    }
    h = h != 0 ? h : 1;
    return tail->index->table[slot_of(tail->index, h)] == h;
}

void
leak_tail_word(struct leak_tail *tail, struct text word, size_t at)
{
    const size_t n = tail->index->words;
    const uint64_t hash = word.len > 0 ? hash_bytes(word.at, word.len, 1) : 0;
    const uint64_t before =
        tail->words > 0 ? tail->hashes[(tail->seen - 1) % WORDS_MOST] : 0;

    tail->hashes[tail->seen % WORDS_MOST] = hash;
    tail->starts[tail->seen % WORDS_MOST] = at;
    tail->seen++;
    if (hash != 0 && !has_part(tail, hash | 1)) {
        tail->words = 0;
        return;
    }
    if (tail->words == 0 || (hash != 0 && before != 0 &&
                             !has_part(tail, pair_of(before | 1, hash | 1)))) {
        tail->words = 1;
        tail->from = at;
        return;
    }
    tail->words++;
    if (tail->words >= n && !has_shingle(tail)) {
        tail->words = n - 1;
        tail->from = tail->starts[(tail->seen - tail->words) % WORDS_MOST];
    }
}

size_t
leak_tail_words(const struct leak_tail *tail, size_t *from)
{
    *from = tail->from;
    return tail->words;
}
