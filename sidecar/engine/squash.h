/*
 * The squash view: what was pulled apart is pushed together, so that a rule
 * written "fuck" meets "f u c k", "f.u.c.k" and "fuuuck", and one written
 * "kill yourself" meets it across a line's end.
 *
 * 1. Spelled words. At least three segments lose what separates them. A segment
 *    is a letter, a digit, @ or $, a letter three times or more ("w hhh o r
 * e"); ! | ( + [ { < as well between two equal separators ("f u ( k"). Two are
 *    letters; where signs separate, one and a digit are enough. Between them
 *    stands white space, as much at each place as at the first, or up to
 *    SQUASH_SEPARATOR_BYTES with a sign in it ("f.u.c.k", "f - u, c . k"), one
 *    of those above only if all are the same ("w|a|n|k"); more white space is a
 *    space between words: "t h a n k  y o u" is "thank you". Where the source
 *    lost an invisible character or has a stray mark between two spaces, they
 *    count as one. Segments of a longer word are never meant: "pass the" is
 *    left alone. Letters of another script that resemble a Latin one become it
 *    beside one: fold.h could not see that they are one word.
 * 2. Split words. Pieces of one or two letters, two of them or more and three
 *    letters in all, lose the one or two signs between them, if nothing else is
 *    joined to them: "fu.ck", "b-as-ta-rd". Not , ' : ; and the like: "he'll".
 * 3. Hyphens: - and _, one or more, become a space between words of two letters
 *    or more that are not split words: "kill-yourself".
 * 4. Stretched words, of letters below U+0590: every run of equal letters
 *    becomes one letter, if a run of three or more is among them, or three
 *    double letters among four runs in a row, and two thirds of all runs are
 *    double ("ffuucckk"). Words of one run ("mmm", "www") stay. So "fagggot" is
 *    "fagot": see squash_term.h.
 * 5. White space: a run of it becomes one space, a newline too.
 *
 * Emoji stay where they separate no segments; scripts with joiners, and those
 * without spaces, stay as they are. The view never outgrows its source.
 * squash(squash(x)) is squash(x) except where the spaces between two spelled
 * words were wider than in them.
 */
#ifndef SIDECAR_ENGINE_SQUASH_H
#define SIDECAR_ENGINE_SQUASH_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

/*
 * "a d i c k" may be "a dick" or, if it were a word, "adick".
 */
enum squash_reading {
    SQUASH_JOINED, /* all segments are one word */
    SQUASH_APART   /* a, i or u before three more, u or i after three, is a
                      word of its own; only where spaces separate */
};

enum {
    SQUASH_SEPARATOR_BYTES = 8, /* an emoji with its selector and a space */
    SQUASH_SEGMENTS = 64,       /* longer spelled and split words are cut */
    SQUASH_STRETCH = 8,         /* letters of a stretched segment at most */
    SQUASH_LETTERS = 256        /* longer words are cut */
};

/*
 * The squash view of `source`, a fold view or one made from it; out->text.at is
 * NULL where it would be the same, and in the reading SQUASH_APART also where
 * it would be the same as SQUASH_JOINED's.
 *
 * Time is linear in the text. Memory: 9 bytes per byte of source where anything
 * differs.
 *
 * False: the arena is full. Safe from any thread.
 */
bool squash_view(const struct view *source, enum squash_reading reading,
                 struct arena *arena, struct view *out, struct err *err);

/*
 * For streams: the last place up to `most` where a growing text may be cut, as
 * leet_settled: before white space, between two letters of a script without
 * spaces, or where a word that is too long is cut. `source`: as much as there
 * is.
 *
 * After the place stand at most SQUASH_SEGMENTS segments with their separators,
 * SQUASH_LETTERS letters, or a run of white space and a word.
 *
 * Time is linear in the text: give what comes after the last cut, not all.
 */
size_t squash_settled(const struct view *source, size_t most);

#endif
