/*
 * What a text must hold before a regular expression is worth running, and
 * where: sets of literal strings, of each of which every match has at least
 * one, how far behind the match's beginning, and sets of characters of which
 * it has one. All patterns' strings are looked for in one pass, and only the
 * patterns that can match are given to PCRE2, only where they can begin.
 * Portable, exact and free at load, where a second regex engine as a filter
 * took 35 s to compile the shipped rules' patterns.
 *
 * The idea is that of Cox, "Regular Expression Matching with a Trigram Index"
 * (2012), with whole strings instead of trigrams.
 */
#ifndef SIDECAR_ENGINE_NEEDS_H
#define SIDECAR_ENGINE_NEEDS_H

#include "sidecar/base/arena.h"
#include "sidecar/engine/charset.h"

enum {
    NEEDS_STRINGS = 128, /* most in a set */
    NEEDS_SETS = 3,
    NEEDS_CLASSES = 3,
    NEEDS_BYTES = 24,    /* a longer string is cut */
    NEEDS_LEAST = 3,     /* shorter ones are in every text */
    NEEDS_ANYWHERE = 256 /* characters: this far and further is anywhere */
};

/* A string, and how much of the match comes before it: characters. */
struct needs_string {
    struct text text; /* lower case, ASCII */
    uint16_t least, most;
};

/* Every match holds at least one of them. */
struct needs_set {
    const struct needs_string *at; /* [count] in order of their bytes */
    size_t count;
    size_t telling;  /* needs_rank of the least telling string */
    size_t shortest; /* bytes */
};

struct needs {
    struct needs_set sets[NEEDS_SETS]; /* [set_count] the most telling first */
    size_t set_count;
    /* Every match holds a character of each; none has a letter or a blank. */
    struct charset classes[NEEDS_CLASSES];
    size_t class_count;
};

/*
 * What a pattern needs that is matched with case ignored against folded text,
 * or, with the strings looked for in either case, against any text without
 * U+017F and U+212A. All in the arena.
 *
 * False: nothing can be named, and the pattern has to run always. An unusual
 * construct makes it false, never wrong.
 */
bool needs_find(struct text pattern, struct arena *arena, struct needs *out);

#endif
