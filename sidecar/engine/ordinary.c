#include "sidecar/engine/ordinary.h"

#include <stdlib.h>

#include "sidecar/base/ascii.h"
#include "sidecar/base/file.h"
#include "sidecar/base/hash.h"

/*
 * Open addressing, at most two thirds full. A slot is 0 (empty), or 30 bits of
 * the word's hash that do not choose the slot, and its rank: 1 MB for 160,000
 * words. With 30 bits and two or three slots looked at, a strange word passes
 * for one of the set less than once in 10^8 times.
 */
struct ordinary {
    uint32_t *slots;
    size_t mask;
    size_t count;
    char *content; /* the file, for ordinary_next */
    size_t len;
    size_t common_end; /* where its last section of common words ends */
};

enum { SEED = 1, RANK_BITS = 3, SLOTS_LEAST = 16 };

/* The slot to begin with, and what it holds but for the rank. */
struct place {
    size_t at;
    uint32_t tag;
};

/* Four or eight bytes: a load of fixed size is one instruction. */
static uint64_t
load4(const char *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

static uint64_t
load8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/*
 * hash_text is made for any length; nearly all words have 3 to 8 letters, and
 * each word of every text passes here. The bytes' order does not matter: the
 * hash is not kept.
 */
static uint64_t
hash_word(struct text word)
{
    const char *at = word.at;
    const size_t len = word.len;
    uint64_t bits;

    if (len >= 4 && len <= 8) {
        bits = load4(at) << 32 | load4(at + len - 4);
    } else if (len > 8 && len <= 16) {
        bits = load8(at) * 0x9e3779b97f4a7c15u ^ load8(at + len - 8);
    } else if (len > 16) {
        return hash_text(word, SEED);
    } else {
        bits = len == 0 ? 0
                        : (uint64_t)(unsigned char)at[0] << 16 |
                              (uint64_t)(unsigned char)at[len / 2] << 8 |
                              (unsigned char)at[len - 1];
    }
    // Multiplied, since a length xored in could undo a letter's difference.
    return hash_mix(bits ^ (uint64_t)len * 0x9e3779b97f4a7c15u);
}

static struct place
place_of(const struct ordinary *words, struct text word)
{
    const uint64_t hash = hash_word(word);

    return (struct place){(size_t)hash & words->mask,
                          (uint32_t)(hash >> 32) & ~(uint32_t)RANK_BITS};
}

enum ordinary_rank
ordinary_rank(const struct ordinary *words, struct text word)
{
    const struct place place = place_of(words, word);

    for (size_t i = place.at; words->slots[i] != 0; i = (i + 1) & words->mask) {
        if ((words->slots[i] & ~(uint32_t)RANK_BITS) == place.tag) {
            return (enum ordinary_rank)(words->slots[i] & RANK_BITS);
        }
    }
    return ORDINARY_NONE;
}

size_t
ordinary_count(const struct ordinary *words)
{
    return words->count;
}

/* ----------------------------------------------------------------- reading */

/* The line at *at without its end; *at moves behind it. */
static struct text
next_line(struct text content, size_t *at)
{
    const size_t from = *at;
    const char *end = memchr(content.at + from, '\n', content.len - from);
    size_t to = end != NULL ? (size_t)(end - content.at) : content.len;

    *at = end != NULL ? to + 1 : to;
    if (to > from && content.at[to - 1] == '\r') {
        to--;
    }
    return text_part(content, from, to);
}

static bool
is_word_line(struct text line)
{
    return line.len > 0 && line.at[0] != '#' && line.at[0] != '[';
}

bool
ordinary_next(const struct ordinary *words, size_t *at, struct text *word)
{
    while (*at < words->len) {
        *word = next_line((struct text){words->content, words->len}, at);
        if (is_word_line(*word)) {
            return true;
        }
    }
    return false;
}

bool
ordinary_next_common(const struct ordinary *words, size_t *at,
                     struct text *word)
{
    while (*at < words->common_end && ordinary_next(words, at, word)) {
        if (ordinary_rank(words, *word) == ORDINARY_COMMON) {
            return true;
        }
    }
    return false;
}

static bool
valid_word(struct text word)
{
    if (word.len > ORDINARY_WORD_BYTES) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] < 'a' || word.at[i] > 'z') {
            return false;
        }
    }
    return true;
}

static void
add(struct ordinary *words, struct text word, enum ordinary_rank rank)
{
    const struct place place = place_of(words, word);
    size_t i = place.at;

    while (words->slots[i] != 0 &&
           (words->slots[i] & ~(uint32_t)RANK_BITS) != place.tag) {
        i = (i + 1) & words->mask;
    }
    if (words->slots[i] == 0) {
        words->count++;
    }
    if ((words->slots[i] & RANK_BITS) < (uint32_t)rank) {
        words->slots[i] = place.tag | (uint32_t)rank;
    }
}

static bool
section(struct text line, enum ordinary_rank *rank)
{
    static const struct {
        const char *head;
        enum ordinary_rank rank;
    } sections[] = {{"[common]", ORDINARY_COMMON},
                    {"[known]", ORDINARY_KNOWN},
                    {"[listed]", ORDINARY_LISTED}};

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (text_is(line, sections[i].head)) {
            *rank = sections[i].rank;
            return true;
        }
    }
    return false;
}

/*
 * The line at *at, where it is a word and nothing else, as nearly all are: one
 * look at each of its bytes.
 */
static bool
next_word(struct text content, size_t *at, struct text *word)
{
    size_t to = *at;

    while (to < content.len && ascii_is_small(content.at[to])) {
        to++;
    }
    *word = text_part(content, *at, to);
    if (word->len == 0 || word->len > ORDINARY_WORD_BYTES ||
        to == content.len || content.at[to] != '\n') {
        return false;
    }
    *at = to + 1;
    return true;
}

static bool
add_all(struct ordinary *words, const char *name, struct err *err)
{
    const struct text content = {words->content, words->len};
    enum ordinary_rank rank = ORDINARY_KNOWN;
    size_t at = 0, number = 0;

    while (at < content.len) {
        struct text line;
        number++;
        words->common_end = rank == ORDINARY_COMMON ? at : words->common_end;
        if (next_word(content, &at, &line)) {
            add(words, line, rank);
            continue;
        }
        line = next_line(content, &at);
        if (line.len > 0 && line.at[0] == '[') {
            if (!section(line, &rank)) {
                err_set(err, ERR_CONFIG,
                        "%s:%zu: a section is [common], [known] or [listed]",
                        name, number);
                return false;
            }
        } else if (is_word_line(line)) {
            if (!valid_word(line)) {
                err_set(err, ERR_CONFIG,
                        "%s:%zu: a word is 1 to %d of the letters a to z", name,
                        number, ORDINARY_WORD_BYTES);
                return false;
            }
            add(words, line, rank);
        }
    }
    words->common_end = rank == ORDINARY_COMMON ? at : words->common_end;
    return true;
}

/* Slots for every line, at most two thirds of them used. */
static size_t
slots_for(struct text content)
{
    size_t lines = 1, slots = SLOTS_LEAST;

    for (size_t i = 0; i < content.len; i++) {
        lines += content.at[i] == '\n';
    }
    while (slots - slots / 3 < lines) {
        slots *= 2;
    }
    return slots;
}

struct ordinary *
ordinary_build(struct text content, const char *name, struct err *err)
{
    struct ordinary *words = calloc(1, sizeof(*words));
    const size_t slots = slots_for(content);

    if (words == NULL) {
        err_memory(err, name);
        return NULL;
    }
    words->slots = calloc(slots, sizeof(*words->slots));
    words->content = malloc(content.len + 1);
    if (words->slots == NULL || words->content == NULL) {
        ordinary_free(words);
        err_memory(err, name);
        return NULL;
    }
    if (content.len > 0) {
        memcpy(words->content, content.at, content.len);
    }
    words->len = content.len;
    words->mask = slots - 1;
    if (!add_all(words, name, err)) {
        ordinary_free(words);
        return NULL;
    }
    return words;
}

struct ordinary *
ordinary_read(const char *path, struct err *err)
{
    struct buffer buffer;
    struct ordinary *words = NULL;

    if (file_read(path, ORDINARY_FILE_BYTES, &buffer, err)) {
        words = ordinary_build(buffer_text(&buffer), path, err);
    }
    buffer_clear(&buffer);
    return words;
}

void
ordinary_free(struct ordinary *words)
{
    if (words != NULL) {
        free(words->slots);
        free(words->content);
        free(words);
    }
}
