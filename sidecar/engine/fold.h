/*
 * The fold view: a text with its disguises taken off, so that a rule written
 * "bastard" meets "b\u00e1stard", "BASTARD" in full-width, with a zero-width
 * space in it, or spelt with Cyrillic letters.
 *
 * In this order, of a valid UTF-8 text:
 *
 * 1. What shows as nothing is dropped: default-ignorable code points
 *    (zero-width, soft hyphen, variation selectors, tags, fillers, bidi
 *    controls), control characters, the blank Braille pattern. Kept: U+FE0F
 *    after an emoji, ZWJ between emoji, ZWJ and ZWNJ between letters of
 *    Arabic, Indic and kindred scripts.
 * 2. White space becomes a space each; CR LF, CR, NEL, U+2028 and U+2029 a
 *    newline. Typographic quotes and apostrophes become ' and ", dashes and
 *    the minus sign -.
 * 3. NFKC casefold (UAX 31). Of a run of non-starters the first 30 count (UAX
 *    15, stream-safe), the others are dropped.
 * 4. Letters that look like a Latin letter become it (UTS 39 and a list of
 *    our own: fold_table.h). Some always do: Latin ones (o with stroke, small
 *    capitals), letters in boxes, circles and brackets, and regional
 *    indicators that make no flag. Those of another script do in a word that
 *    has a Latin letter, and in a word of nothing but look-alikes if they are
 *    so in both cases or belong to two alphabets (Cyrillic and Greek; Cyrillic
 *    and letters that no large Cyrillic alphabet has). All else is that
 *    script's own text and stays. A word is a run of letters, marks and
 *    dropped characters, cut after FOLD_WORD_LETTERS letters.
 * 5. Latin letters, ASCII digits, @ and $ lose their marks. Others keep them.
 *
 * Not folded here: 0 and O, 1 and l and I, rn and m, | and !. Those are other
 * views.
 *
 * fold(fold(x)) is fold(x). The view is at most 11 times the text plus 64
 * bytes (U+FDFA is the worst); text of everyday languages keeps its length or
 * shrinks. What a place folds to depends on the word it stands in, and no
 * more: see fold_settled.h.
 *
 * All functions are safe from any thread. The first call of any costs some
 * milliseconds more: it fills fold_char.h's table.
 */
#ifndef SIDECAR_ENGINE_FOLD_H
#define SIDECAR_ENGINE_FOLD_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

enum {
    FOLD_WORD_LETTERS = 256, /* longer words are cut: bounds look-ahead */
    FOLD_NON_STARTERS = 30   /* UAX 15: the longest run in real text is 18 */
};

/*
 * The fold view of raw, which is valid UTF-8 of at most UINT32_MAX bytes.
 * Memory: 1 byte per byte of text, and 8 more where anything but case changes.
 * Where the view outgrows the text, 9 bytes per byte of view besides.
 *
 * A place of the map covers the whole character it came from with the marks
 * that it lost, of a composed character all its parts. Ignorables that were
 * dropped between two places belong to neither.
 *
 * False: raw is too long, or the arena is full.
 */
bool fold_view(struct text raw, struct arena *arena, struct view *out,
               struct err *err);

/* A term of a rule, folded. Both forms are equal for all but few terms. */
struct fold_term {
    struct text alone;  /* as a word of its own */
    struct text inside; /* within a longer word, which stays in its script */
};

/*
 * The two can differ only for terms in another script: Russian "uho" (ear) is
 * all look-alikes and folds to "yxo"; in a longer Russian word it stays. Terms
 * that match inside words need both.
 */
bool fold_term(struct text raw, struct arena *arena, struct fold_term *out,
               struct err *err);

/*
 * Did more than spelling make the view's bytes [from, to)? Spelling is: case
 * folding, white space, forms of punctuation, canonical composition, and marks
 * on a Latin letter that a national alphabet writes with them (Latin-1, Latin
 * Extended-A, Vietnamese, Romanian): "caf\u00e9" is spelt, "b\u00e1stard" as
 * well, a letter with two marks or a stroke of zalgo is disguised. Disguise is:
 * a dropped character between two places, a look-alike, a full-width or
 * mathematical form, any other lost mark.
 *
 *   fold      made from raw by fold_view
 *   from, to  from < to <= fold->text.len
 */
bool fold_disguised(const struct view *fold, struct text raw, size_t from,
                    size_t to);

/*
 * Do the two carry the same marks on the same letters? Equal after NFKC
 * casefold with look-alikes replaced, ignorables dropped and marks kept. For a
 * term that has marks ("co\u00f1o", "a\u00f1o") and the raw bytes of a place
 * where its fold was found. A term has marks exactly if this is false for the
 * term and its fold.
 */
bool fold_same_marks(struct text term, struct text found);

#endif
