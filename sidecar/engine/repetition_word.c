#include "sidecar/engine/repetition_word.h"

#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/word.h"

/* What a character is to a reader of words. */
enum part { GAP, END, LETTER, DIGIT, SIGN }; // LETTER on: words

/* Sound words have two to SOUND_BYTES letters. */
enum { SOUND_BYTES = 5 };

static const unsigned char ascii[128] = {
    ['\n'] = END,   ['.'] = END,    ['!'] = END,    ['?'] = END,
    ['0'] = DIGIT,  ['1'] = DIGIT,  ['2'] = DIGIT,  ['3'] = DIGIT,
    ['4'] = DIGIT,  ['5'] = DIGIT,  ['6'] = DIGIT,  ['7'] = DIGIT,
    ['8'] = DIGIT,  ['9'] = DIGIT,  ['A'] = LETTER, ['B'] = LETTER,
    ['C'] = LETTER, ['D'] = LETTER, ['E'] = LETTER, ['F'] = LETTER,
    ['G'] = LETTER, ['H'] = LETTER, ['I'] = LETTER, ['J'] = LETTER,
    ['K'] = LETTER, ['L'] = LETTER, ['M'] = LETTER, ['N'] = LETTER,
    ['O'] = LETTER, ['P'] = LETTER, ['Q'] = LETTER, ['R'] = LETTER,
    ['S'] = LETTER, ['T'] = LETTER, ['U'] = LETTER, ['V'] = LETTER,
    ['W'] = LETTER, ['X'] = LETTER, ['Y'] = LETTER, ['Z'] = LETTER,
    ['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER, ['d'] = LETTER,
    ['e'] = LETTER, ['f'] = LETTER, ['g'] = LETTER, ['h'] = LETTER,
    ['i'] = LETTER, ['j'] = LETTER, ['k'] = LETTER, ['l'] = LETTER,
    ['m'] = LETTER, ['n'] = LETTER, ['o'] = LETTER, ['p'] = LETTER,
    ['q'] = LETTER, ['r'] = LETTER, ['s'] = LETTER, ['t'] = LETTER,
    ['u'] = LETTER, ['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER,
    ['y'] = LETTER, ['z'] = LETTER,
};

/* Ends it a sentence? Beyond ASCII. */
static bool
is_end(uint32_t c)
{
    return c == 0x61f || // Arabic question mark
           c == 0x6d4 || // Arabic full stop
           c == 0x964 || // danda
           c == 0x3002;  // ideographic full stop
}

static enum part
wide_part(struct text fold, size_t at, size_t *len)
{
    const uint32_t c = utf8_at(fold, at, len);

    if (word_char(c)) {
        return LETTER;
    }
    // A letter that is no part of a word is of a script without spaces.
    if ((fold_char(c)->flags & FOLD_CHAR_LETTER) != 0) {
        return SIGN;
    }
    return is_end(c) ? END : GAP;
}

static inline enum part
part_at(struct text fold, size_t at, size_t *len)
{
    const unsigned char byte = (unsigned char)fold.at[at];

    *len = 1;
    return byte < 0x80 ? (enum part)ascii[byte] : wide_part(fold, at, len);
}

/* Marks that stand on a sign, as Thai vowels do, belong to it. */
static size_t
sign_end(struct text fold, size_t at)
{
    size_t len;

    while (at < fold.len && (unsigned char)fold.at[at] >= 0x80 &&
           (fold_char(utf8_at(fold, at, &len))->flags &
            (FOLD_CHAR_MARK | FOLD_CHAR_INNER)) != 0) {
        at += len;
    }
    return at;
}

/* The end of the word at `at`; *number: nothing but digits is in it. */
static size_t
word_end(struct text fold, size_t at, bool *number)
{
    size_t len, letters = 0;

    for (;;) {
        while (at < fold.len && (unsigned char)fold.at[at] < 0x80 &&
               ascii[(unsigned char)fold.at[at]] >= LETTER) {
            letters += ascii[(unsigned char)fold.at[at]] == LETTER;
            at++;
        }
        if (at == fold.len) {
            break;
        }
        if (fold.at[at] == '\'' && at + 1 < fold.len &&
            part_at(fold, at + 1, &len) == LETTER) {
            at++;
        } else if ((unsigned char)fold.at[at] >= 0x80 &&
                   wide_part(fold, at, &len) == LETTER) {
            letters++;
            at += len;
        } else {
            break;
        }
    }
    *number = letters == 0;
    return at;
}

/* hash_bytes() of the word; of a short one with one load where there is room.
 */
static uint64_t
hash_of(struct text fold, size_t from, size_t to)
{
    const unsigned char *const at = (const unsigned char *)fold.at + from;
    const size_t len = to - from;

    if (len >= 8 || fold.len - from < 8) {
        return hash_bytes(at, len, 0);
    }
    return hash_mix(len ^ (hash_load(at, 8) & ((UINT64_C(1) << 8 * len) - 1)));
}

bool
repetition_word_next(struct text fold, size_t *at, struct repetition_word *out)
{
    size_t from = *at, to, len = 0;
    enum part part = GAP;
    bool number = false;

    out->first = from == 0;
    for (; from < fold.len; from += len) {
        part = part_at(fold, from, &len);
        if (part != GAP && part != END) {
            break;
        }
        out->first = out->first || part == END;
    }
    if (from == fold.len) {
        *at = from;
        return false;
    }
    if (part == SIGN) {
        to = sign_end(fold, from + len);
        out->kind = REPETITION_SIGN;
    } else {
        to = word_end(fold, from, &number);
        out->kind = number ? REPETITION_NUMBER : REPETITION_WORD;
    }
    out->span = (struct span){from, to};
    out->hash = hash_of(fold, from, to);
    *at = to;
    return true;
}

bool
repetition_word_is_sound(struct text fold, struct span word)
{
    static const char sounds[][SOUND_BYTES + 1] = {
        "ah",   "bang", "beep", "bla",  "blah", "boo",  "boom", "bum",  "da",
        "dee",  "ding", "do",   "dong", "doo",  "drip", "dum",  "fa",   "ha",
        "haha", "he",   "hee",  "heh",  "hehe", "hi",   "ho",   "ja",   "knock",
        "la",   "mwah", "na",   "nah",  "oh",   "ooh",  "pa",   "pew",  "ra",
        "sha",  "ta",   "tap",  "tick", "tock", "tra",  "woof", "yeah",
    };
    const char *const at = fold.at + word.from;
    const size_t len = word.to - word.from;

    if (len < 2) {
        return true; // a stammer, or a word spelt out and drawn out
    }
    if (len > SOUND_BYTES) {
        return false;
    }
    for (size_t i = 0; i < sizeof(sounds) / sizeof(*sounds); i++) {
        if (memcmp(sounds[i], at, len) == 0 && sounds[i][len] == '\0') {
            return true;
        }
    }
    return false;
}
