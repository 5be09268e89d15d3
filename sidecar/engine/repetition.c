#include "sidecar/engine/repetition.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/repetition_word.h"

enum {
    BLOCK = 8,           // bytes compared at once
    BLOCK_LAG = 4 * 4,   // bytes of the longest sequence of characters
    CHAR_PERIOD = 4,     // characters of the longest sequence
    QUIET_TIMES = 4,     // how much oftener punctuation may come
    SOUND_TIMES = 2,     // and sounds
    SEQUENCE_LEAST = 3,  // times that any sequence of words may come
    RING = 16,           // words remembered, a power of two
    LATEST = 64,         // four times the words looked back to, or more
    SENTENCE_WEIGHT = 6, // of the shortest that counts
    WORD_WEIGHT = 2,     // a sign weighs 1
    SENTENCE_BYTES = 6,  // no shorter one weighs as much
    PROBES = 16          // bounds what crafted collisions cost
};

_Static_assert((int)RING > (int)REPETITION_PERIOD &&
                   (int)RING > (int)REPETITION_NGRAM_MOST,
               "the ring holds a sequence and the word after it");

const char *
repetition_limit_name(enum repetition_kind kind)
{
    switch (kind) {
    case REPETITION_CHARS:
        return "max_char_run";
    case REPETITION_WORDS:
        return "max_token_run";
    case REPETITION_SENTENCES:
        return "max_sentence_repeats";
    case REPETITION_SHARE:
        return "max_ngram_share";
    case REPETITION_KINDS:
        break;
    }
    return "";
}

static void
add(struct repetition *out, const struct repetition_finding *finding)
{
    if (out->found[finding->kind]++ < REPETITION_KIND_MOST) {
        out->at[out->count++] = *finding;
    }
}

/* Findings that are not there need not be cleared. */
static void
reset(struct repetition *out)
{
    out->count = 0;
    memset(out->found, 0, sizeof(out->found));
}

/* Lies [from, to) within the kind's last finding? */
static bool
is_within_last(const struct repetition *out, enum repetition_kind kind,
               size_t from, size_t to)
{
    const struct repetition_finding *const last =
        out->count > 0 ? &out->at[out->count - 1] : NULL;

    return last != NULL && last->kind == kind && last->span.from <= from &&
           to <= last->span.to;
}

// --- characters ------------------------------------------------------------

struct char_walk {
    struct text text;
    size_t most;                /* times */
    uint32_t last[CHAR_PERIOD]; /* character n at n % CHAR_PERIOD */
    size_t seen;                /* characters so far */
    // By period less 1: how many characters in a row are what they were that
    // many characters before, and where the second sequence begins.
    size_t run[CHAR_PERIOD], second[CHAR_PERIOD];
};

static bool
is_quiet(uint32_t c)
{
    if (c < 0x80) {
        return !ascii_is_alnum((int)c);
    }
    return (fold_char(c)->flags &
            (FOLD_CHAR_LETTER | FOLD_CHAR_MARK | FOLD_CHAR_INNER)) == 0;
}

static size_t
quiet_most(size_t most)
{
    return most > REPETITION_QUIET_LEAST / QUIET_TIMES
               ? (most > SIZE_MAX / QUIET_TIMES ? SIZE_MAX : most * QUIET_TIMES)
               : REPETITION_QUIET_LEAST;
}

/* The run of this period ended before `end`. */
static void
judge_chars(const struct char_walk *w, size_t period, size_t end,
            struct repetition *out)
{
    const size_t times = w->run[period - 1] / period + 1;
    const size_t second = w->second[period - 1];
    size_t from = second;
    bool quiet = true;

    for (size_t i = 1; i <= period; i++) {
        quiet = quiet && is_quiet(w->last[(w->seen - i) % CHAR_PERIOD]);
        do {
            from--;
        } while (utf8_inside((unsigned char)w->text.at[from]));
    }
    const size_t most = quiet ? quiet_most(w->most) : w->most;
    if (times <= most) {
        return;
    }
    from += most * (second - from); // each time has as many bytes
    if (!is_within_last(out, REPETITION_CHARS, from, end)) {
        add(out, &(struct repetition_finding){.kind = REPETITION_CHARS,
                                              .span = {from, end},
                                              .unit = period,
                                              .times = times});
    }
}

/* The character at `at` carries runs on or ends them. */
static inline void
end_char_runs(struct char_walk *w, uint32_t c, size_t at,
              struct repetition *out)
{
    for (size_t p = 1; p <= CHAR_PERIOD; p++) {
        if (c == w->last[(w->seen - p) % CHAR_PERIOD]) {
            w->second[p - 1] = w->run[p - 1]++ == 0 ? at : w->second[p - 1];
        } else if (w->run[p - 1] > 0) {
            if (w->run[p - 1] / p >= w->most) {
                judge_chars(w, p, at, out);
            }
            w->run[p - 1] = 0;
        }
    }
}

/* Bit n: the block at `at` is the same as n bytes before. */
static unsigned
same_before(const char *text, size_t at)
{
    uint64_t here, before;
    unsigned same = 0;

    memcpy(&here, text + at, BLOCK);
    for (size_t lag = 1; lag <= BLOCK_LAG && lag <= at; lag++) {
        memcpy(&before, text + at - lag, BLOCK);
        same |= (unsigned)(here == before) << lag;
    }
    return same;
}

/* Are `enough` blocks in a row, this one of them, as they were `lag` before? */
static bool
is_long_run(struct text text, size_t at, size_t lag, size_t enough)
{
    size_t from = at, to = at, count = 1;

    while (count < enough && from >= BLOCK + lag &&
           memcmp(text.at + from - BLOCK, text.at + from - BLOCK - lag,
                  BLOCK) == 0) {
        from -= BLOCK;
        count++;
    }
    while (count < enough && text.len - to >= 2 * BLOCK &&
           memcmp(text.at + to + BLOCK, text.at + to + BLOCK - lag, BLOCK) ==
               0) {
        to += BLOCK;
        count++;
    }
    return count >= enough;
}

/*
 * Can the text have a run? In one of more than `most` times each byte is what
 * it was some bytes before, BLOCK_LAG at most, for at least `most` bytes: then
 * `enough` whole blocks in a row are, and every enough-th block is looked at.
 * Spares nearly all texts the walk over their characters.
 */
static bool
may_have_char_run(struct text text, size_t most)
{
    const size_t enough = most / BLOCK - 1; // wherever the run begins

    if (most < 2 * BLOCK) {
        return true;
    }
    for (size_t at = BLOCK; text.len - at >= BLOCK && at < text.len;) {
        unsigned same = same_before(text.at, at);
        for (size_t lag = 1; same >> lag != 0; lag++) {
            if ((same >> lag & 1) != 0 && is_long_run(text, at, lag, enough)) {
                return true;
            }
        }
        if (enough * BLOCK > text.len - at) {
            break;
        }
        at += enough * BLOCK;
    }
    return false;
}

static void
find_char_runs(struct text text, size_t most, struct repetition *out)
{
    // No character is like these.
    struct char_walk w = {
        .text = text,
        .most = most,
        .last = {UINT32_MAX, UINT32_MAX - 1, UINT32_MAX - 2, UINT32_MAX - 3}};
    size_t len;

    fold_char_ready();
    for (size_t i = 0; i < text.len; i += len) {
        const unsigned char byte = (unsigned char)text.at[i];
        len = 1;
        const uint32_t c = byte < 0x80 ? byte : utf8_at(text, i, &len);
        end_char_runs(&w, c, i, out);
        w.last[w.seen++ % CHAR_PERIOD] = c;
    }
    end_char_runs(&w, UINT32_MAX - CHAR_PERIOD, text.len, out);
}

// --- words -----------------------------------------------------------------

struct word_walk {
    struct text text;
    size_t seen;                       /* words so far */
    struct repetition_word ring[RING]; /* word n at n % RING */
    uint64_t hashes[RING];             /* theirs, close together */
    // By period: how often its words may come, how many words in a row are
    // what they were that many words before.
    size_t most[REPETITION_PERIOD + 1];
    size_t run[REPETITION_PERIOD + 1];
    // Where what is too much begins, of sounds and of other words.
    size_t beyond[2][REPETITION_PERIOD + 1];
    unsigned running; /* bit p: run[p] > 0 */
    // Of the words whose hash ends in these bits the last one's number, and 1.
    size_t latest[LATEST];
};

size_t
repetition_times(size_t max_token_run, size_t period)
{
    const size_t beyond =
        (max_token_run > SIZE_MAX / 4 ? SIZE_MAX / 4 : max_token_run) - 1;
    const size_t times = 1 + 2 * beyond / (period + 1);

    return times > SEQUENCE_LEAST || period == 1 ? times : SEQUENCE_LEAST;
}

/* The run of this period ended with the word before. */
static void
judge_words(const struct word_walk *w, size_t period, struct repetition *out)
{
    const size_t times = w->run[period] / period + 1;
    const size_t end = w->ring[(w->seen - 1) % RING].span.to;
    // One word over and over is that, and not a sequence of two.
    const bool is_one = w->run[1] >= w->run[period];
    bool numbers = true, signs = true, sounds = true;

    for (size_t i = 1; i <= period; i++) {
        const struct repetition_word *const word =
            &w->ring[(w->seen - i) % RING];
        numbers = numbers && word->kind == REPETITION_NUMBER;
        signs = signs && word->kind == REPETITION_SIGN;
        sounds = sounds && repetition_word_is_sound(w->text, word->span);
    }
    const size_t from = w->beyond[sounds][period];
    if (is_one != (period == 1) || numbers || (signs && is_one) ||
        times <= w->most[period] * (sounds ? SOUND_TIMES : 1) ||
        is_within_last(out, REPETITION_WORDS, from, end)) {
        return;
    }
    add(out, &(struct repetition_finding){.kind = REPETITION_WORDS,
                                          .span = {from, end},
                                          .unit = period,
                                          .times = times});
}

/* Which periods (bits) does a word carry on? */
static unsigned
carried(const struct word_walk *w, uint64_t hash)
{
    const size_t latest = w->latest[hash % LATEST];
    unsigned same = 0;

    // Most words are none of the last twelve.
    if (latest == 0 || w->seen >= latest + REPETITION_PERIOD) {
        return 0;
    }
    for (size_t p = 1; p <= REPETITION_PERIOD; p++) {
        same |= (unsigned)(w->hashes[(w->seen - p) % RING] == hash) << p;
    }
    // What is in the ring before the first word is not a word.
    return w->seen >= REPETITION_PERIOD ? same : same & ((2u << w->seen) - 1);
}

/* The word at `at` carries the run on: is it the first that is too much? */
static void
note_beyond(struct word_walk *w, size_t period, size_t at)
{
    for (size_t sounds = 0; sounds < 2; sounds++) {
        const size_t most = w->most[period] * (sounds ? SOUND_TIMES : 1);
        if (w->run[period] == (most - 1) * period + 1) {
            w->beyond[sounds][period] = at;
        }
    }
}

/*
 * The runs of the periods in `same` go on with the word at `at`; all others end
 * before it.
 */
static void
run_on(struct word_walk *w, unsigned same, size_t at, struct repetition *out)
{
    const unsigned ends = w->running & ~same;

    for (size_t p = 1; ends >> p != 0; p++) {
        if ((ends >> p & 1) != 0 && w->run[p] / p >= w->most[p]) {
            judge_words(w, p, out);
        }
    }
    for (size_t p = 1; (same | ends) >> p != 0; p++) {
        if ((same >> p & 1) == 0) {
            w->run[p] = 0;
        } else {
            w->run[p]++;
            note_beyond(w, p, at);
        }
    }
    w->running = same;
}

// --- sentences -------------------------------------------------------------

struct sentence {
    uint32_t mark;  /* the upper half of its hash */
    uint32_t times; /* 0: free */
};

struct sentences {
    size_t most; /* times that one may stand; 0: none is looked at */
    struct sentence *table;
    size_t mask;
    // The one being read.
    uint64_t hash;
    size_t weight, words;
    struct span span;
};

/* The smallest power of two that is at least twice `count`, and 16. */
static size_t
table_size(size_t count)
{
    size_t size = 16;

    while (size / 2 < count) {
        size *= 2;
    }
    return size;
}

static bool
make_sentences(struct sentences *s, size_t most, size_t bytes,
               struct arena *arena)
{
    *s = (struct sentences){.most = most};
    if (most == 0) {
        return true;
    }
    const size_t size = table_size(bytes / SENTENCE_BYTES);
    s->table = ARENA_ARRAY(arena, struct sentence, size);
    s->mask = size - 1;
    return s->table != NULL;
}

static void
end_sentence(struct sentences *s, struct repetition *out)
{
    const uint32_t mark = (uint32_t)(s->hash >> 32);
    size_t slot = (size_t)s->hash & s->mask;

    if (s->weight < SENTENCE_WEIGHT) {
        return;
    }
    for (size_t tries = 0; tries < PROBES; tries++) {
        struct sentence *const at = &s->table[slot];
        if (at->times == 0) {
            *at = (struct sentence){mark, 0};
        }
        if (at->mark == mark) {
            if (++at->times > s->most) {
                add(out,
                    &(struct repetition_finding){.kind = REPETITION_SENTENCES,
                                                 .span = s->span,
                                                 .unit = s->words,
                                                 .times = at->times});
            }
            return;
        }
        slot = (slot + 1) & s->mask;
    }
}

static void
read_sentence(struct sentences *s, const struct repetition_word *word,
              struct repetition *out)
{
    if (word->first) {
        end_sentence(s, out);
        s->hash = 0;
        s->weight = 0;
        s->words = 0;
        s->span = word->span;
    }
    s->hash = hash_mix(s->hash * 31 + word->hash);
    s->weight += word->kind == REPETITION_SIGN ? 1 : WORD_WEIGHT;
    s->words++;
    s->span.to = word->span.to;
}

// --- share -----------------------------------------------------------------

struct share {
    size_t n;
    uint32_t *table; /* [mask + 1] halves of n-grams' hashes, 0: free */
    size_t mask;
    size_t all, again;
    struct span span;
};

/* Did this n-gram stand before? One that finds no room is new. */
static bool
is_again(struct share *s, uint64_t hash)
{
    const uint32_t mark = (uint32_t)(hash >> 32) | 1;
    size_t slot = (size_t)hash & s->mask;

    for (size_t tries = 0; tries < PROBES; tries++) {
        if (s->table[slot] == mark) {
            return true;
        }
        if (s->table[slot] == 0) {
            s->table[slot] = mark;
            return false;
        }
        slot = (slot + 1) & s->mask;
    }
    return false;
}

/* N-grams by a rolling hash (Karp, Rabin 1987) over the words' hashes. */
static void
count_ngrams(struct share *s, struct text fold)
{
    const uint64_t base = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hashes[RING] = {0}, hash = 0, power = 1;
    size_t starts[RING], at = 0, seen = 0;
    struct repetition_word word;

    for (size_t i = 0; i < s->n; i++) {
        power *= base;
    }
    while (repetition_word_next(fold, &at, &word)) {
        hash = hash * base + word.hash - hashes[(seen - s->n) % RING] * power;
        hashes[seen % RING] = word.hash;
        starts[seen++ % RING] = word.span.from;
        if (seen < s->n) {
            continue;
        }
        s->all++;
        if (is_again(s, hash_mix(hash))) {
            if (s->again++ == 0) {
                s->span.from = starts[(seen - s->n) % RING];
            }
            s->span.to = word.span.to;
        }
    }
}

static bool
find_share(struct text fold, const struct repetition_limits *limits,
           size_t words, struct arena *arena, struct repetition *out)
{
    struct share s = {.n = limits->ngram_words};

    if (!(limits->max_ngram_share >= 0) || s.n < 2 ||
        s.n > REPETITION_NGRAM_MOST ||
        words < REPETITION_NGRAMS_LEAST + s.n - 1) {
        return true;
    }
    const size_t size = table_size(words);
    s.table = ARENA_ARRAY(arena, uint32_t, size);
    s.mask = size - 1;
    if (s.table == NULL) {
        return false;
    }
    count_ngrams(&s, fold);
    const double share = (double)s.again / (double)s.all;
    if (share > limits->max_ngram_share) {
        add(out, &(struct repetition_finding){.kind = REPETITION_SHARE,
                                              .span = s.span,
                                              .unit = s.n,
                                              .times = s.again,
                                              .share = share});
    }
    return true;
}

// --- all -------------------------------------------------------------------

/* Runs of words and sentences in one pass; returns how many words there are. */
static size_t
read_words(struct word_walk *w, struct sentences *s, struct repetition *runs,
           struct repetition *repeats)
{
    struct repetition_word word;
    size_t at = 0;

    while (repetition_word_next(w->text, &at, &word)) {
        if (w->most[1] > 0) {
            run_on(w, carried(w, word.hash), word.span.from, runs);
        }
        w->hashes[w->seen % RING] = word.hash;
        w->ring[w->seen % RING] = word;
        w->latest[word.hash % LATEST] = ++w->seen;
        if (s->most > 0) {
            read_sentence(s, &word, repeats);
        }
    }
    run_on(w, 0, w->text.len, runs);
    end_sentence(s, repeats);
    return w->seen;
}

static void
append(struct repetition *out, const struct repetition *more)
{
    for (size_t i = 0; i < more->count; i++) {
        out->at[out->count++] = more->at[i];
    }
    for (size_t kind = 0; kind < REPETITION_KINDS; kind++) {
        out->found[kind] += more->found[kind];
    }
}

bool
repetition_find(struct text fold, const struct repetition_limits *limits,
                struct arena *arena, struct repetition *out, struct err *err)
{
    struct word_walk w = {.text = fold};
    struct sentences s;
    struct repetition repeats;

    reset(out);
    reset(&repeats);
    if (!make_sentences(&s, limits->max_sentence_repeats, fold.len, arena)) {
        err_memory(err, "a reply's sentences");
        return false;
    }
    for (size_t p = 1; p <= REPETITION_PERIOD && limits->max_token_run > 0;
         p++) {
        w.most[p] = repetition_times(limits->max_token_run, p);
    }
    if (limits->max_char_run > 0 &&
        may_have_char_run(fold, limits->max_char_run)) {
        find_char_runs(fold, limits->max_char_run, out);
    }
    const size_t words = read_words(&w, &s, out, &repeats);
    append(out, &repeats);
    if (!find_share(fold, limits, words, arena, out)) {
        err_memory(err, "a reply's n-grams");
        return false;
    }
    return true;
}
