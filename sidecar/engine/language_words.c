#include "sidecar/engine/language_words.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"

enum {
    SLOTS = 8192, // words; the lists have some 2,500
    BASE = 27,    // 26 letters and the edge of a word
    KEY_BITS = 6, // of a letter
    LATIN_FIRST = 0xc0,
    LATIN_END = 0x250,
    VIET_FIRST = 0x1ea0,
    VIET_END = 0x1efa,
    CYRILLIC_FIRST = 0x430,
    CYRILLIC_END = 0x4ff,
    GHE = 0x491, // with an upturn, of Ukrainian
    GHE_NUMBER = 63
};

#define CYRILLIC_KEY (UINT64_C(1) << 63)

struct slot {
    uint64_t key; /* 0: free */
    uint32_t languages;
};

static struct slot slots[SLOTS];
static uint32_t threes[BASE * BASE * BASE];
static uint32_t latin_letters[LATIN_END - LATIN_FIRST];
static uint32_t viet_letters[VIET_END - VIET_FIRST];
static uint32_t cyrillic_letters[CYRILLIC_END - 0x400];
static pthread_once_t once = PTHREAD_ONCE_INIT;

// --- reading ---------------------------------------------------------------

/* 1..63, or 0: no Cyrillic letter that we know. */
static uint8_t
cyrillic_number(uint32_t c)
{
    if (c >= 0x410 && c < CYRILLIC_FIRST) {
        c += 0x20;
    } else if (c >= 0x400 && c < 0x410) {
        c += 0x50;
    }
    if (c == GHE || c == GHE - 1) {
        return GHE_NUMBER;
    }
    return c >= CYRILLIC_FIRST && c < 0x460 ? (uint8_t)(c - CYRILLIC_FIRST + 1)
                                            : 0;
}

static void
put(struct language_word *word, enum language_table_script script,
    uint8_t number)
{
    word->script = script;
    if (word->len < LANGUAGE_WORDS_LETTERS) {
        word->key |= (uint64_t)number << KEY_BITS * word->len;
    }
    if (word->len < LANGUAGE_WORDS_KEPT) {
        word->letters[word->len] = number;
    }
    word->len++;
}

static bool
put_latin(struct language_word *word, uint32_t c)
{
    if ((c | 0x20) - 'a' >= 26) {
        return false;
    }
    put(word, LANGUAGE_TABLE_LATIN, (uint8_t)((c | 0x20) - 'a' + 1));
    return true;
}

/* Letters with marks, and those of two letters. */
static bool
put_wide(struct language_word *word, uint32_t c)
{
    const struct fold_char *const ch = fold_char(c);
    const bool is_ae = c == 0xc6 || c == 0xe6;
    size_t count;

    if (is_ae || c == 0x152 || c == 0x153) {
        return put_latin(word, is_ae ? 'a' : 'o') && put_latin(word, 'e');
    }
    if ((ch->flags & FOLD_CHAR_MANY) == 0) {
        const uint32_t bare = c + (uint32_t)ch->shift;
        return bare < 0x80 && put_latin(word, bare);
    }
    const uint32_t *const parts = fold_char_many(ch, &count);
    for (size_t i = 0; i < count; i++) {
        if ((parts[i] | 0x20) - 'a' >= 26) {
            return false; // a fraction, a unit
        }
    }
    for (size_t i = 0; i < count; i++) {
        put_latin(word, parts[i]);
    }
    return count > 0;
}

bool
language_words_add(struct language_word *word, uint32_t c)
{
    const uint8_t number = c >= 0x400 ? cyrillic_number(c) : 0;
    const enum language_table_script script =
        number != 0 ? LANGUAGE_TABLE_CYRILLIC : LANGUAGE_TABLE_LATIN;

    if (word->len > 0 && word->script != script) {
        return false;
    }
    if (number != 0) {
        put(word, script, number);
        return true;
    }
    return c < 0x80 ? put_latin(word, c) : put_wide(word, c);
}

// --- asking ----------------------------------------------------------------

static uint64_t
key_of(const struct language_word *word)
{
    return word->script == LANGUAGE_TABLE_CYRILLIC ? word->key | CYRILLIC_KEY
                                                   : word->key;
}

/* The word's slot, or the free one where it belongs. */
static struct slot *
slot_of(uint64_t key)
{
    size_t at = (size_t)hash_mix(key) % SLOTS;

    while (slots[at].key != 0 && slots[at].key != key) {
        at = (at + 1) % SLOTS;
    }
    return &slots[at];
}

uint32_t
language_words_listed(const struct language_word *word)
{
    if (word->len == 0 || word->len > LANGUAGE_WORDS_LETTERS) {
        return 0;
    }
    return slot_of(key_of(word))->languages;
}

static size_t
three_at(const struct language_word *word, size_t at)
{
    const size_t first = at > 0 ? word->letters[at - 1] : 0;
    const size_t third = at + 1 < word->len ? word->letters[at + 1] : 0;

    return (first * BASE + word->letters[at]) * BASE + third;
}

uint32_t
language_words_three(const struct language_word *word, size_t at)
{
    return threes[three_at(word, at)];
}

/* Where the languages of a letter are kept; NULL: nowhere. */
static uint32_t *
letter_place(uint32_t c)
{
    if (c >= LATIN_FIRST && c < LATIN_END) {
        return &latin_letters[c - LATIN_FIRST];
    }
    if (c >= VIET_FIRST && c < VIET_END) {
        return &viet_letters[c - VIET_FIRST];
    }
    return c >= 0x400 && c < CYRILLIC_END ? &cyrillic_letters[c - 0x400] : NULL;
}

uint32_t
language_words_letter(uint32_t c)
{
    const uint32_t *const place = letter_place(c);

    return place != NULL ? *place : 0;
}

// --- filling ---------------------------------------------------------------

static void
learn(const struct language_word *word, uint32_t language)
{
    if (word->len == 0) {
        return;
    }
    if (word->len <= LANGUAGE_WORDS_LETTERS) {
        struct slot *const slot = slot_of(key_of(word));
        slot->key = key_of(word);
        slot->languages |= language;
    }
    if (word->script == LANGUAGE_TABLE_LATIN && word->len > 1) {
        for (size_t at = 0; at < word->len; at++) {
            threes[three_at(word, at)] |= language;
        }
    }
}

static void
learn_row(const struct language_table_row *row, uint32_t language)
{
    const struct text words = {row->words, strlen(row->words)};
    const struct text letters = {row->letters, strlen(row->letters)};
    struct language_word word = {.len = 0};
    size_t len;

    for (size_t at = 0; at < letters.len; at += len) {
        uint32_t *const place = letter_place(utf8_at(letters, at, &len));
        if (place != NULL) {
            *place |= language;
        }
    }
    for (size_t at = 0; at < words.len; at += len) {
        const uint32_t c = utf8_at(words, at, &len);
        // An apostrophe ends a word here as in a text.
        if (!language_words_add(&word, c)) {
            learn(&word, language);
            word = (struct language_word){.len = 0};
        }
    }
    learn(&word, language);
}

static void
fill(void)
{
    assert(language_table_count <= 32);
    fold_char_ready();
    for (size_t i = 0; i < language_table_count; i++) {
        learn_row(&language_table_rows[i], UINT32_C(1) << i);
    }
}

void
language_words_ready(void)
{
    if (pthread_once(&once, fill) != 0) {
        abort();
    }
}
