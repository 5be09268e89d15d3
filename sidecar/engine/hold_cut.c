#include "sidecar/engine/hold_cut.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/decoded.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_settled.h"
#include "sidecar/engine/leet.h"
#include "sidecar/engine/squash.h"

/* Letters of a plain word: a longer one may be base64, or too long. */
enum { PLAIN_LEAST = 2, PLAIN_MOST = 15 };

/*
 * Views that are asked for a place, each further back than the last one asked,
 * agree after two or three rounds. A text made so that they do not waits.
 */
enum { ROUNDS = 8 };

static bool
is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Signs behind a word that mean nothing to any view. */
static bool
is_mark(char c)
{
    return c == '.' || c == ',' || c == '?' || c == ';' || c == ':';
}

/* Where the plain word ends that begins at `at`, or `at`: it is none. */
static size_t
word_end(struct text text, size_t at)
{
    size_t end = at, runs = 1, doubles = 0;

    for (; end < text.len && end - at <= PLAIN_MOST && is_letter(text.at[end]);
         end++) {
        if (end > at && (text.at[end] | 0x20) == (text.at[end - 1] | 0x20)) {
            doubles++;
        } else {
            runs++;
        }
    }
    // Stretched words have three equal letters, or three that are double.
    return end - at >= PLAIN_LEAST && end - at <= PLAIN_MOST && doubles <= 1 &&
                   runs > doubles
               ? end
               : at;
}

size_t
hold_cut_plain(struct text rest)
{
    size_t cut = 0, at = 0;

    while (at < rest.len) {
        if (rest.at[at] == ' ') {
            at++;
        } else if (at > 0) {
            return cut;
        }
        const size_t end = word_end(rest, at);
        if (end == at) {
            return cut;
        }
        at = end;
        // One mark, and then white space: "fu.ck" is no end of a word.
        at += at < rest.len && is_mark(rest.at[at]);
        if (at == rest.len || rest.at[at] != ' ') {
            return cut;
        }
        cut = at;
    }
    return cut;
}

size_t
hold_cut_certain(struct text text)
{
    const size_t settled = fold_settled(text);

    for (size_t i = settled; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c < ' ' || c > '~') {
            return settled;
        }
    }
    // Only these three become another sign with a mark behind them.
    return text.len > 0 && memchr("<=>", text.at[text.len - 1], 3) != NULL
               ? settled
               : text.len;
}

/* The fold view's offset of a place in the raw text where it may be cut. */
static size_t
fold_offset(const struct view *fold, size_t raw)
{
    size_t low = 0, high = fold->text.len;

    if (fold->raw_from == NULL) {
        return raw < high ? raw : high;
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (fold->raw_from[middle] < raw) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static size_t
raw_offset(const struct view *fold, size_t at, size_t end)
{
    if (at == fold->text.len) {
        return end;
    }
    return fold->raw_from != NULL ? fold->raw_from[at] : at;
}

bool
hold_cut(struct text rest, struct arena *arena, size_t *cut, struct view *fold,
         struct err *err)
{
    const size_t certain = hold_cut_certain(rest);
    size_t at = certain, last = SIZE_MAX;

    *cut = 0;
    if (!fold_view(text_part(rest, 0, certain), arena, fold, err)) {
        return false;
    }
    for (int round = 0; at > 0 && at < last; round++) {
        if (round == ROUNDS) {
            at = 0;
            break;
        }
        last = at;
        at = decoded_settled(rest, at);
        size_t place = fold_offset(fold, at);
        place = leet_settled(fold->text, place);
        place = squash_settled(fold, place);
        const size_t back = raw_offset(fold, place, certain);
        at = back < at ? back : at;
    }
    *cut = at;
    const size_t kept = fold_offset(fold, at);
    fold->text = text_part(fold->text, 0, kept);
    return true;
}
