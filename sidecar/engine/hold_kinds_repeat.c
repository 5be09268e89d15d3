#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/hold_kinds_track.h"
#include "sidecar/engine/hold_stretch.h"
#include "sidecar/engine/repetition_word.h"
#include "sidecar/engine/word.h"

/*
 * The same counts as in repetition.c, with the least limit wherever that tells
 * sounds and drawn lines from words. A hit is what goes beyond its limit, so
 * only that is held, and what may be the beginning of it.
 */

enum {
    CHAR_PERIOD = 4,
    RING = 16,        // words remembered, a power of two
    WORD_BYTES = 256, // read at once at most: words are shorter
    BEGINNINGS = 256, // kinds of beginnings told apart
    UTF8_BYTES = 4,
    BEGIN_WORDS = 3 // of a sentence; a shorter one does not count
};

struct hold_repeat {
    struct repetition_limits limits;
    uint32_t last[CHAR_PERIOD];
    size_t chars, run[CHAR_PERIOD], beyond[CHAR_PERIOD];
    // Folded text behind the last word that was counted.
    struct hold_stretch read;
    int part;    // enum part: what the last character is
    bool pinned; // a word was too long to be read: held to the close
    bool lost;   // there was no memory: nothing is read any more
    size_t pin;
    size_t words, most[REPETITION_PERIOD + 1];
    uint64_t hashes[RING];
    size_t word_run[REPETITION_PERIOD + 1], word_beyond[REPETITION_PERIOD + 1];
    // How often sentences stood that begin with one, two, three such words.
    uint8_t begun[BEGIN_WORDS][BEGINNINGS];
    bool repeats;       // one of them came as often as it may
    size_t said;        // words of the sentence
    uint64_t beginning; // its hash so far
    size_t sentence;    // where it begins
    bool may_repeat;
};

struct hold_repeat *
hold_repeat_new(const struct repetition_limits *limits, struct arena *arena)
{
    struct hold_repeat *const hold = ARENA_ARRAY(arena, struct hold_repeat, 1);

    if (hold == NULL) {
        return NULL;
    }
    fold_char_ready();
    hold->limits = *limits;
    hold->read.arena = arena;
    for (uint32_t i = 0; i < CHAR_PERIOD; i++) {
        hold->last[i] = UINT32_MAX - i;
    }
    for (size_t p = 1; p <= REPETITION_PERIOD && limits->max_token_run > 0;
         p++) {
        hold->most[p] = repetition_times(limits->max_token_run, p);
    }
    return hold;
}

/* ---- characters ---------------------------------------------------------- */

static void
read_char(struct hold_repeat *hold, uint32_t c, struct span raw,
          struct hold_told *told)
{
    const size_t most = hold->limits.max_char_run;

    for (size_t p = 1; p <= CHAR_PERIOD; p++) {
        size_t *const run = &hold->run[p - 1];
        if (c != hold->last[(hold->chars - p) % CHAR_PERIOD]) {
            *run = 0;
            continue;
        }
        if (++*run == (most - 1) * p + 1) {
            hold->beyond[p - 1] = raw.from;
        }
        if (*run / p >= most) {
            hold_kinds_suspect(told,
                               (struct span){hold->beyond[p - 1], raw.to});
        }
    }
    hold->last[hold->chars++ % CHAR_PERIOD] = c;
}

static void
read_chars(struct hold_repeat *hold, const struct hold_piece *piece,
           struct hold_told *told)
{
    const struct text fold = piece->fold->text;
    const size_t most = hold->limits.max_char_run;
    size_t len;

    if (most == 0) {
        return;
    }
    for (size_t i = 0; i < fold.len; i += len) {
        const uint32_t c = utf8_at(fold, i, &len);
        read_char(hold, c, hold_kinds_raw(piece, i, i + len), told);
    }
    for (size_t p = 1; p <= CHAR_PERIOD; p++) {
        if (hold->run[p - 1] > (most - 1) * p) {
            hold_kinds_live(told, hold->beyond[p - 1]);
        }
    }
}

/* ---- words --------------------------------------------------------------- */

static void
count_runs(struct hold_repeat *hold, uint64_t hash, struct span raw,
           struct hold_told *told)
{
    for (size_t p = 1; p <= REPETITION_PERIOD; p++) {
        size_t *const run = &hold->word_run[p];
        if (hold->words < p || hold->hashes[(hold->words - p) % RING] != hash) {
            *run = 0;
            continue;
        }
        if (++*run == (hold->most[p] - 1) * p + 1) {
            hold->word_beyond[p] = raw.from;
        }
        if (*run / p >= hold->most[p]) {
            hold_kinds_suspect(told,
                               (struct span){hold->word_beyond[p], raw.to});
        }
    }
}

/* May the sentence so far be one that stood as often as it may? */
static bool
has_begun(struct hold_repeat *hold, size_t words)
{
    uint8_t *const times =
        &hold->begun[words - 1][hash_mix(hold->beginning) % BEGINNINGS];

    *times = (uint8_t)(*times < UINT8_MAX ? *times + 1 : *times);
    hold->repeats = hold->repeats ||
                    *times >= hold->limits.max_sentence_repeats ||
                    *times == UINT8_MAX;
    return *times > hold->limits.max_sentence_repeats || *times == UINT8_MAX;
}

static void
read_sentence(struct hold_repeat *hold, const struct repetition_word *word,
              struct span raw, struct hold_told *told)
{
    if (word->first) {
        hold->said = 0;
        hold->beginning = 0;
        hold->sentence = raw.from;
        hold->may_repeat = true;
    }
    hold->beginning = hash_mix(hold->beginning * 31 + word->hash);
    if (hold->said < BEGIN_WORDS) {
        hold->said++;
        hold->may_repeat = has_begun(hold, hold->said) && hold->may_repeat;
    }
    if (hold->may_repeat && hold->said == BEGIN_WORDS) {
        hold_kinds_suspect(told, (struct span){hold->sentence, raw.to});
    }
}

/* Counts the words there are, which end where they are seen to end. */
static size_t
read_words(struct hold_repeat *hold, struct hold_told *told)
{
    const struct text text = hold_stretch_text(&hold->read);
    struct repetition_word word;
    size_t at = hold->words > 0 ? 1 : 0, end = 0;

    for (; repetition_word_next(text, &at, &word); end = at) {
        const struct span raw = {hold->read.raw_from[word.span.from],
                                 hold->read.raw_to[word.span.to - 1]};
        if (hold->most[1] > 0) {
            count_runs(hold, word.hash, raw, told);
        }
        hold->hashes[hold->words++ % RING] = word.hash;
        if (hold->limits.max_sentence_repeats > 0) {
            read_sentence(hold, &word, raw, told);
        }
    }
    return end;
}

/* Drops what was read but for its last byte: the text did not begin here. */
static void
drop_words(struct hold_repeat *hold, size_t end)
{
    const size_t from = end > 0 ? end - 1 : 0;

    hold_stretch_drop(&hold->read, from);
}

/* No room: a word as long as that is like none, and a gap is a shorter one. */
static void
make_room(struct hold_repeat *hold, struct hold_told *told)
{
    const size_t end = read_words(hold, told);

    if (end == hold->read.len && !hold->pinned) {
        hold->pinned = true;
        hold->pin = hold->read.raw_from[0];
    }
    drop_words(hold, end);
    if (WORD_BYTES - hold->read.len < UTF8_BYTES) {
        const bool ends = memchr(hold->read.at, '\n', hold->read.len) != NULL ||
                          memchr(hold->read.at, '.', hold->read.len) != NULL ||
                          memchr(hold->read.at, '!', hold->read.len) != NULL ||
                          memchr(hold->read.at, '?', hold->read.len) != NULL;
        hold->read.at[1] = ends ? '.' : ' ';
        hold->read.len = 2;
    }
}

enum part { GAP, WORD, SIGN };

/* An apostrophe may stand in a word, and marks on any character. */
static enum part
part_of(uint32_t c, enum part before)
{
    if (c < 0x80) {
        const bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                            (c >= '0' && c <= '9') ||
                            (c == '\'' && before == WORD);
        return letter ? WORD : GAP;
    }
    const unsigned flags = fold_char(c)->flags;
    if ((flags & (FOLD_CHAR_MARK | FOLD_CHAR_INNER)) != 0) {
        return before;
    }
    return word_char(c) ? WORD : (flags & FOLD_CHAR_LETTER) != 0 ? SIGN : GAP;
}

/* The next character, whose `len` bytes become the raw ones. */
static void
add(struct hold_repeat *hold, const struct hold_piece *piece, size_t at,
    size_t len, struct hold_told *told)
{
    const struct text fold = piece->fold->text;
    size_t ignored;
    const uint32_t c = utf8_at(fold, at, &ignored);
    const enum part part = part_of(c, (enum part)hold->part);
    const bool mark = c >= 0x80 && (fold_char(c)->flags &
                                    (FOLD_CHAR_MARK | FOLD_CHAR_INNER)) != 0;

    if ((hold->part == (int)WORD && part != WORD) ||
        (hold->part == (int)SIGN && !mark)) {
        drop_words(hold, read_words(hold, told));
    }
    if (len > WORD_BYTES - hold->read.len) {
        make_room(hold, told);
    }
    for (size_t i = at; i < at + len; i++) {
        const struct span raw = hold_kinds_raw(piece, at, at + len);
        if (!hold_stretch_add(&hold->read, fold.at[i], raw)) {
            hold->lost = true;
            hold->pin = hold->pinned         ? hold->pin
                        : hold->read.len > 0 ? hold->read.raw_from[0]
                                             : raw.from;
            hold->pinned = true;
            return;
        }
    }
    hold->part = (int)part;
}

/* What is too much, and the next word where it may begin with that. */
static void
tell_words(const struct hold_repeat *hold, struct hold_told *told)
{
    const size_t next = hold->words > 0 ? 1 : 0;
    bool may_begin = hold->limits.max_sentence_repeats > 0 && hold->repeats;

    for (size_t p = 1; p <= REPETITION_PERIOD && hold->most[1] > 0; p++) {
        const size_t least = (hold->most[p] - 1) * p;
        if (hold->word_run[p] > least) {
            hold_kinds_live(told, hold->word_beyond[p]);
        }
        may_begin = may_begin || hold->word_run[p] >= least;
    }
    if (may_begin && hold->read.len > next) {
        hold_kinds_live(told, hold->read.raw_from[next]);
    }
    if (hold->limits.max_sentence_repeats > 0 && hold->may_repeat) {
        hold_kinds_live(told, hold->sentence);
    }
    if (hold->pinned) {
        hold_kinds_live(told, hold->pin);
    }
}

void
hold_repeat_feed(struct hold_repeat *hold, const struct hold_piece *piece,
                 struct hold_told *told)
{
    const struct text fold = piece->fold->text;
    size_t len;

    read_chars(hold, piece, told);
    if (hold->most[1] == 0 && hold->limits.max_sentence_repeats == 0) {
        return;
    }
    for (size_t i = 0; i < fold.len && !hold->lost; i += len) {
        utf8_at(fold, i, &len);
        add(hold, piece, i, len, told);
    }
    tell_words(hold, told);
}
