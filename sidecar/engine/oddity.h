/*
 * Characters that have no business in a reply: text drawn over other text,
 * text that is there but not to be seen, letters of one alphabet in the words
 * of another. Reads the raw text, since the fold view has taken all of it off.
 *
 * What spelling and emoji need is never odd: joiners between Arabic or Indic
 * letters, in Thai, Khmer and kin, and between emoji; the style selector after
 * an emoji, symbol or keycap; the tags of a flag (UTS 51: black flag, a
 * subdivision of a country that has a flag, the end tag); one ideographic or
 * standardized variation selector after a character that can have it; isolates
 * and direction marks in a text with right-to-left letters; blank Braille
 * among other Braille.
 */
#ifndef SIDECAR_ENGINE_ODDITY_H
#define SIDECAR_ENGINE_ODDITY_H

#include "sidecar/engine/view.h"

enum oddity_kind {
    ODDITY_COMBINING,     /* more marks on one letter than are allowed: zalgo */
    ODDITY_BIDI_OVERRIDE, /* LRO, RLO: what is read is not what is written */
    ODDITY_BIDI_ISOLATE,  /* embeddings and isolates where all runs one way */
    ODDITY_TAG_CHARS,     /* U+E0000..E007F but in flags: hidden ASCII */
    ODDITY_VARIATION,     /* selectors in a row, or after what has no variant */
    ODDITY_INVISIBLE,     /* zero-width and the like, more than are allowed */
    ODDITY_PRIVATE_USE,
    ODDITY_NONCHARACTERS,
    ODDITY_CONTROL,       /* C0, C1, DEL; not tab, line ends, form feed */
    ODDITY_MIXED_SCRIPTS, /* Latin and its Cyrillic or Greek doubles, a word */
    ODDITY_IGNORABLES_ONLY, /* bytes, and nothing to see */
    ODDITY_KINDS
};

enum { ODDITY_KIND_MOST = 8 /* findings kept of one kind */ };

struct oddity_limits {
    unsigned forbid; /* bits 1 << enum oddity_kind */
    /*
     * Marks after a character; a script's own marks (Hebrew points, Thai
     * vowels, Tibetan stacks) count half. In real text 18 is the most.
     */
    size_t max_combining_run;
    size_t max_invisible; /* in the whole text: those after so many are odd */
};

struct oddity_finding {
    enum oddity_kind kind;
    struct span raw; /* whole characters of the raw text, not empty */
    size_t count;    /* odd characters in it; of ignorables_only, its bytes */
};

struct oddity {
    struct oddity_finding at[ODDITY_KINDS * ODDITY_KIND_MOST];
    size_t count;
    size_t found[ODDITY_KINDS]; /* all of a kind, kept or not */
};

/* As `forbid` has it in a rule: "bidi_override", "tag_chars", ... */
const char *oddity_name(enum oddity_kind kind);

/* The kind of that name; ODDITY_KINDS where there is none. */
enum oddity_kind oddity_of(struct text name);

/*
 * What in the text is forbidden, in the order that it ends. Adjacent characters
 * of one kind are one finding; a combining run includes the letter it stands
 * on.
 *
 *   raw  valid UTF-8
 *
 * Cannot fail, takes no memory; time is linear. Safe from any thread.
 */
void oddity_find(struct text raw, const struct oddity_limits *limits,
                 struct oddity *out);

#endif
