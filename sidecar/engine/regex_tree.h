/*
 * A regular expression as a tree, for what can be said of it without running
 * it: what a match must hold, how long it can be, where it may backtrack, what
 * a hostile text for it looks like. PCRE2 stays the definition of what it
 * matches; this reads the part of its syntax that rules are written in, and
 * what a tree can match is never less than what PCRE2 finds.
 */
#ifndef SIDECAR_ENGINE_REGEX_TREE_H
#define SIDECAR_ENGINE_REGEX_TREE_H

#include "sidecar/base/arena.h"
#include "sidecar/engine/charset.h"

enum regex_tree_kind {
    REGEX_TREE_EMPTY,    /* no width: \b ^ $, and looking behind */
    REGEX_TREE_AHEAD,    /* looking ahead: no width, but it must be seen */
    REGEX_TREE_SET,      /* one character of a set */
    REGEX_TREE_ANYTHING, /* a back reference: unknown, of any length */
    REGEX_TREE_SEQUENCE, /* children one after another */
    REGEX_TREE_CHOICE,   /* one of the children */
    REGEX_TREE_REPEAT    /* the one child, least to most times */
};

enum {
    REGEX_TREE_DEPTH = 50, /* of brackets: PCRE2 is told the same */
    REGEX_TREE_ENDLESS = 1 << 20,
    REGEX_TREE_TIMES = 4 /* quantifiers on one another */
};

struct regex_tree {
    enum regex_tree_kind kind;
    struct charset set; /* REGEX_TREE_SET */
    uint32_t c;         /* REGEX_TREE_SET: its only character, 0: it has more */
    long least, most;   /* REGEX_TREE_REPEAT; REGEX_TREE_ENDLESS */
    bool possessive;    /* it never gives back: no backtracking into it */
    bool boundary;      /* REGEX_TREE_EMPTY: it is \b */
    bool line;          /* REGEX_TREE_EMPTY: it is ^ or \A */
    bool placed;        /* the root: \G or \K is somewhere in it, so it
                           matters where a search begins */
    struct regex_tree *first, *next;
};

/*
 * The tree, in the arena. NULL: the pattern has a construct that is not read
 * here (conditions, recursion, verbs, \Q, white space that counts nothing), or
 * that PCRE2's versions read in two ways ("{,3}"), or there is no memory.
 */
const struct regex_tree *
regex_tree_parse(struct text pattern, struct arena *arena);

#endif
