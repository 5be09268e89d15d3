/*
 * What a stream holds back for the rules that are neither words nor regular
 * expressions of the configuration: personal data, secrets, links, leaks, odd
 * characters, repetition, disguised terms. hold.h asks.
 *
 * A rule's hits are announced either by patterns, which hold.h adds to its own
 * automaton, or by a tracker, which is told of the text word by word.
 *
 * What depends on more of the text than stands near a hit, and how a stream
 * stays exact:
 *
 * - A quick look at the text (pii_char_clean) spares the search for personal
 *   data. No value is reported that such a look at it alone would not show, so
 *   nothing far away makes it one.
 * - What overlaps is settled among all kinds of a detector: the patterns of
 *   every compiled rule for personal data are needed, running or not, and what
 *   touches is one suspect.
 * - Counts from the text's beginning (max_urls, max_invisible, sentences that
 *   repeat, the first findings of a kind that are kept, MENTIONS_CHECKED):
 *   hold_kinds_counts() says which rules; a suspect of theirs is judged with
 *   all that stands before it. Links beyond URL_MOST and secrets beyond
 *   SECRET_MOST are dropped from the right, so these two count nothing before
 *   there are so many; from then on everything waits for the close.
 * - What a language is said to be (rules of type language; guesses of disguised
 *   terms where the request names no locale), the share of a prompt or of what
 *   repeats, length, flood, linear and composites are known at the close. Those
 *   without a place hold nothing back; a guess in a disguise is held to the
 *   close from where it stands.
 * - Right-to-left letters, Braille and three letters of Cyrillic or Greek
 *   anywhere in the text excuse odd characters before them: from the first one
 *   that they would excuse everything is held, until they come or the close.
 * - `skip: quoted, code` looks at the line, 400 bytes either way, and at all
 *   backticks before: a hit that a quote on its line may yet drop is tentative,
 *   and what is dropped was held as a hit is.
 * - `allow` forgives a hit that lies in a place which it matches, perhaps
 *   further to the right: those terms and patterns are looked for as the rule's
 *   own, and what they touch is one suspect with it.
 */
#ifndef SIDECAR_ENGINE_HOLD_KINDS_H
#define SIDECAR_ENGINE_HOLD_KINDS_H

#include "sidecar/engine/rules.h"

enum hold_kind {
    HOLD_KIND_WHOLE,    /* hits have no place: nothing is held back */
    HOLD_KIND_PATTERNS, /* those that were given; may be none */
    HOLD_KIND_TRACKED,  /* the tracker below tells */
    HOLD_KIND_UNBOUNDED /* everything is held to the close */
};

enum { HOLD_KINDS_PATTERNS = 64 /* most for one rule */ };

/*
 * The patterns that stand for rule `rule` of the set, static or in the arena,
 * in the syntax that regex_tree.h reads. For every text T and every hit [f, t)
 * of the rule there is a match [a, b) of one of them with a <= f, and b behind
 * everything to the right that the detector looks at to decide upon the hit and
 * its span (what lies to the left need not be in it: HOLD_CONTEXT bytes before
 * a are looked at when the hit is judged).
 *
 * How they are matched: letter case counts nothing. A set of characters that
 * has any character beyond ASCII (\w, \s, [^a-z], \x{e9}) has them all, and a
 * character beyond ASCII is tried as itself and as what it folds to; those that
 * fold to nothing are tried as nothing too. The patterns given here read a
 * character as pii_plain_char() does, which takes digits, points and blanks of
 * other scripts for those of ASCII, and drops what cannot be seen; an automaton
 * of their own that knows nothing else is enough. So a pattern for full-width
 * or zero-width disguise needs no more than its ASCII form, and where the
 * detector takes a character beyond ASCII as it is, a set that has one. \b at
 * the beginning and at the end of a pattern is seen; other anchors and looking
 * behind count as true; what looking ahead sees has to be read before a match
 * is over. Matches may begin at every character, or after \b only where no
 * ASCII letter or digit stands before.
 *
 * Called at load. Returns how many; *kind says the rest.
 */
size_t
hold_kinds_patterns(const struct rules *rules, size_t rule, struct arena *arena,
                    struct text out[HOLD_KINDS_PATTERNS], enum hold_kind *kind);

/*
 * Do hits of the rule depend on how many there were before? Then a suspect is
 * judged with all of the text before it.
 */
bool hold_kinds_counts(const struct rules *rules, size_t rule);

/* What the rule holds back in a stream, for people. */
struct hold_kinds_bound {
    enum hold_kind kind;
    /*
     * Characters at most beyond what the views need; SIZE_MAX: until what is
     * held ends, however long it is.
     */
    size_t chars;
    const char *why; /* static */
};

/* Of any rule that is neither terms nor a regular expression. */
struct hold_kinds_bound
hold_kinds_bound(const struct rules *rules, size_t rule);

/* ---- tracked rules ------------------------------------------------------- */

/* A piece of text that will not change, whatever follows. */
struct hold_piece {
    struct text raw;         /* the whole text so far */
    struct span at;          /* the piece: [at.from, at.to) of raw; the one
                                before ended at at.from */
    const struct view *fold; /* of the piece, its offsets from at.from on */
};

/* Is it known that a space stands at `at`? It ends every word, in all views. */
static inline bool
hold_kinds_ended(struct text raw, size_t at)
{
    return at < raw.len && raw.at[at] == ' ';
}

struct hold_tracker; /* of one stream, for all tracked rules */

/* In the arena, which lives as long as the stream. NULL: no memory. */
struct hold_tracker *
hold_tracker_new(const struct rules *rules, const struct rules_request *request,
                 struct arena *arena);

struct hold_told {
    size_t live_from; /* hits may yet begin here in the raw text, no earlier
                         ones are open; at most piece->at.to */
    bool suspect;     /* there may be a hit within this, wholly before
                         live_from or not: */
    struct span suspected;
};

/* The next piece. Time grows with the piece. */
struct hold_told
hold_tracker_feed(struct hold_tracker *tracker, const struct hold_piece *piece);

#endif
