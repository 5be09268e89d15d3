/*
 * The leet view: digits and signs that stand for letters become them, so that
 * a rule written "asshole" meets "4$5h013" and one written "cock" "(0(k".
 *
 *   4 @ a   8 b   ( [ { < c   3 e   6 9 g   1 ! | i or l   0 o   $ 5 s
 *   7 + t   2 z   and the currency and trade signs that look like a letter
 *
 * Only in a token that has an ASCII letter; a token is a run of letters,
 * digits and those signs. There a letter of another script that resembles a
 * Latin one becomes it too: the signs about it kept fold.h from seeing the
 * word.
 *
 * Left alone: numbers with their units ("1st", "10am", "50k", "4x4"), one
 * letter and a number ("v2", "a55"), hashtags of letters and a number, URLs
 * and e-mail addresses; what is punctuation (at a token's end ! | ( [ { <, ++,
 * and + after less than three characters; at its beginning a bracket that is
 * closed within LEET_BRACKET_BYTES before another opens, or ends a smiley;
 * "(s)" and "(es)").
 *
 * Which of i and l a sign stands for cannot be known, so there are two
 * readings. Two ambiguous signs in a row are ll in both.
 *
 * The view never outgrows its source. A word in which nothing but letters are
 * left stays as it is; leet(leet(x)) is leet(x) except where what became a
 * letter makes a token out of punctuation.
 */
#ifndef SIDECAR_ENGINE_LEET_H
#define SIDECAR_ENGINE_LEET_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

enum leet_reading {
    LEET_I, /* 1 ! are i, and l after or before an l behind a vowel; | is l */
    LEET_L  /* 1 ! are l, | is i */
};

enum {
    LEET_CHUNK_BYTES = 256,  /* text without white space is cut after so many */
    LEET_BRACKET_BYTES = 256 /* as far as the end of a bracket is looked for */
};

/*
 * The leet view of `source`, a fold view or one made from it; out->text.at is
 * NULL where it would be the same, and in the reading LEET_L also where it
 * would be the same as LEET_I's.
 *
 * Time is linear in the text. Memory: 1 byte per byte of source where anything
 * differs, and 8 more where a sign of several bytes does.
 *
 * False: the arena is full. Safe from any thread.
 */
bool leet_view(const struct view *source, enum leet_reading reading,
               struct arena *arena, struct view *out, struct err *err);

/*
 * For streams: the last place up to `most` where a growing text may be cut. For
 * every text that goes on after `text` (valid UTF-8, folded), the views of what
 * is before the place and of the rest are, one after the other, the view of the
 * whole. It stands before white space, or where a text without any is cut. A
 * place that several views allow is found by asking each for one up to the
 * last answer, until none answers less.
 *
 * After the place stand at most a word, LEET_CHUNK_BYTES, and an unfinished
 * bracket's LEET_BRACKET_BYTES.
 *
 * Time is linear in the text: give what comes after the last cut, not all.
 */
size_t leet_settled(struct text text, size_t most);

#endif
