/*
 * What a text must contain before a regular expression is worth running: a set
 * of literal strings of which every match holds at least one. All patterns'
 * strings are looked for in one pass, and only the patterns that can match are
 * given to PCRE2. Portable, exact and free at load, where a second regex
 * engine as a filter took 35 s to compile the shipped rules' patterns.
 *
 * The idea is that of Cox, "Regular Expression Matching with a Trigram Index"
 * (2012), with whole strings instead of trigrams.
 */
#ifndef SIDECAR_ENGINE_NEEDS_H
#define SIDECAR_ENGINE_NEEDS_H

#include "sidecar/base/arena.h"

enum {
    NEEDS_STRINGS = 64, /* most in a set */
    NEEDS_BYTES = 24,   /* a longer one is cut */
    NEEDS_LEAST = 3     /* shorter ones are in every text */
};

struct needs {
    struct text at[NEEDS_STRINGS];
    size_t count;
};

/*
 * The strings (in the arena, lower case, ASCII) for a pattern that is matched
 * with case ignored against folded text. false: none can be named, and the
 * pattern has to run always. An unusual construct makes it false, never wrong.
 */
bool needs_find(struct text pattern, struct arena *arena, struct needs *out);

#endif
