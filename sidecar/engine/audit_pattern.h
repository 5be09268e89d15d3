/*
 * What can be said of one regular expression before it runs.
 */
#ifndef SIDECAR_ENGINE_AUDIT_PATTERN_H
#define SIDECAR_ENGINE_AUDIT_PATTERN_H

#include "sidecar/base/err.h"
#include "sidecar/engine/regex_tree.h"

/* Shapes that can make a backtracking matcher work hard; as bits. */
enum audit_trait {
    AUDIT_NESTED = 1,      /* (a+)+: a repeat that is repeated ambiguously */
    AUDIT_ALTERNATION = 2, /* (a|a)*: alternatives that overlap, repeated */
    AUDIT_ADJACENT = 4,    /* \w+\d+: endless repeats that share characters */
    AUDIT_LEADING = 8      /* .*x: every start reads on to the end */
};

enum { AUDIT_TRAITS = 4 };

/* "(a+)+: ...", one for each bit, for people. */
extern const char *const audit_trait_words[AUDIT_TRAITS];

struct audit_pattern {
    bool understood; /* else nothing below is known, and it counts as endless */
    bool bounded;    /* a match and what it looks ahead to have a limit */
    size_t width;    /* which: code points */
    unsigned traits; /* bits of enum audit_trait; suspicions, not proofs */
};

/*
 * Looks at the pattern's shape; the arena is for its tree. Cannot fail: what
 * is not understood says so. Time is linear in the pattern but for repeated
 * alternatives, which are compared with each other.
 */
struct audit_pattern
audit_pattern_look(struct text source, struct arena *arena);

enum audit_growth { /* of the work at one start, with the text's length */
                    AUDIT_CONSTANT,
                    AUDIT_LINEAR,
                    AUDIT_QUADRATIC,
                    AUDIT_WORSE, /* cubic, exponential */
                    AUDIT_GROWTHS
};

extern const char *const audit_growth_words[AUDIT_GROWTHS];

struct audit_probe {
    enum audit_growth growth;
    struct text pump; /* what the worst text repeats; in the arena */
    size_t repeats;   /* of it in the longest text tried */
    size_t steps;     /* of the matcher there, at most */
};

/*
 * Runs the pattern on texts made to be hard for it, of growing length, and
 * counts the matcher's steps. Bounded: AUDIT_PROBE_STEPS at one start and some
 * hundred runs. Fails where the pattern does not compile, or no memory.
 */
enum { AUDIT_PROBE_STEPS = 200000 };
bool audit_pattern_probe(struct text source, struct arena *arena,
                         struct audit_probe *out, struct err *err);

#endif
