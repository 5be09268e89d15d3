/*
 * Listed words in disguise, which word matching on the fold view misses:
 * "sh1t", "s.h.i.t", "shiiit", "s**t", "sh it", "superslut", "bicth", "phuck".
 *
 * Ordinary words guard the guesses: a token that is one is no disguise.
 */
#ifndef SIDECAR_ENGINE_DISGUISE_H
#define SIDECAR_ENGINE_DISGUISE_H

#include "sidecar/base/err.h"
#include "sidecar/engine/ordinary.h"
#include "sidecar/engine/view.h"

enum disguise_how {
    DISGUISE_LEET,      /* digits or signs for letters: "sh1t", "(un+" */
    DISGUISE_SPACED,    /* its letters apart: "s h i t", "s.h.i.t" */
    DISGUISE_STRETCHED, /* letters repeated: "shiiit" */
    DISGUISE_MASKED,    /* letters hidden: "s**t", "sh#t", "sh-t" */
    DISGUISE_SPLIT,     /* pieces: "sh it", "bas-tard", "b<b>itch</b>" */
    DISGUISE_GLUED,     /* in a longer word, or bent: "superslut", "slutty" */
    DISGUISE_TYPO,      /* a letter lost, changed or moved: "bicth", "fck" */
    DISGUISE_SOUND,     /* spelt as it sounds: "phuck", "dikk" */
    DISGUISE_REVERSED,  /* "kcuf" */
    DISGUISE_COUNT
};

/* How far to go for a term. */
enum disguise_level {
    DISGUISE_STRONG, /* leet, spaced, stretched, masked */
    DISGUISE_FUZZY   /* the others too */
};

enum {
    DISGUISE_TERM_LEAST = 3, /* letters; shorter terms are not looked for */
    DISGUISE_TERM_MOST = 32, /* nor are longer ones */
    /*
     * What stands between two white spaces is looked at in windows of this
     * many characters, each beginning half a window behind the one before:
     * a disguise of up to half a window is found wherever it stands.
     */
    DISGUISE_WINDOW = 128
};

/*
 * A term: one word of the letters a to z as fold_term gives it. Others
 * (phrases, other scripts) are passed over. Several may have the same text.
 * Where a mask fits more terms than one, the first of the likeliest is
 * reported; where it leaves two or three letters ("f****t") only fuzzy terms
 * that the words know as ORDINARY_LISTED are thought of.
 */
struct disguise_term {
    struct text text;
    uint32_t id; /* given back with a find; need not be unique */
    enum disguise_level level;
};

struct disguise; /* immutable; any number of threads */

/*
 *   words    keeps; NULL: every token is taken for strange, and the fuzzy
 *            families are not looked for
 *   returns  NULL: out of memory
 */
struct disguise *disguise_build(const struct disguise_term *at, size_t count,
                                const struct ordinary *words, struct err *err);
void disguise_free(struct disguise *disguise);

/*
 * A find: the bytes of the disguised word in the fold view, no punctuation
 * before or behind. Once for each id of the term. Returning false ends the
 * scan.
 */
typedef bool disguise_found(void *context, uint32_t id, struct span fold,
                            enum disguise_how how);

/*
 * Reports what is disguised in the text of a fold view, from left to right by
 * the ends of finds but for those over several tokens. Words that stand there
 * plainly are not reported; inflected they are ("sluttish", as GLUED). Spans
 * of different terms may overlap.
 *
 * Time is linear in the text, memory constant. False: `found` returned false.
 */
bool disguise_scan(const struct disguise *disguise, struct text fold,
                   disguise_found *found, void *context);

/* "leet", "spaced", ...; static. */
const char *disguise_name(enum disguise_how how);

#endif
