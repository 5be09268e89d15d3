/*
 * Terms spelt with other signs, with gaps between letters, with letters
 * repeated, or all of these: character by character along the terms' trie.
 */
#ifndef SIDECAR_ENGINE_DISGUISE_SPELL_H
#define SIDECAR_ENGINE_DISGUISE_SPELL_H

#include "sidecar/engine/disguise_set.h"
#include "sidecar/engine/disguise_unit.h"

/* How a term was spelt; all counts are of characters. */
struct disguise_spelling {
    const struct disguise_entry *entry;
    size_t from, to; /* units [from, to) */
    unsigned letters, digits, signs;
    unsigned seldom;   /* of all these: read in a way that is seldom meant */
    unsigned gaps;     /* characters between letters */
    unsigned repeated; /* characters that repeat the letter before */
    bool ended;        /* "ing" or another ending stands behind the term */
};

/* Says whether a spelling is a disguise. */
typedef bool
disguise_spelt(const void *context, const struct disguise_spelling *spelling);

/* What is read. */
struct disguise_units {
    const struct disguise_unit *at; /* [count] */
    size_t count;
    size_t letters_end; /* behind the last one that is a letter a to z, or 0 */
};

enum {
    DISGUISE_SPELL_STEPS = 256,
    /* For a whole window: text that is ambiguous everywhere is cut short. */
    DISGUISE_WINDOW_STEPS = 1024
};

/*
 * The longest spelling that begins with unit `from` and that `accept` takes.
 * Each way of reading a unit costs a step; *steps are left, and at most
 * DISGUISE_SPELL_STEPS are taken from them. False: there is none.
 *
 * Without a single letter, one with digits, gaps or a seldom reading is not
 * looked for: `accept` would not take it.
 */
bool
disguise_spell(const struct disguise *d, const struct disguise_units *units,
               size_t from, disguise_spelt *accept, const void *context,
               size_t *steps, struct disguise_spelling *out);

#endif
