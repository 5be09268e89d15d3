/*
 * Disguises for a rule's own tests: what people do to a word so that a filter
 * misses it, done to the place that a rule has hit. Pure and deterministic:
 * the same text, place, kind and seed give the same result on every machine.
 *
 * The kinds and what they claim of a rule are told by mutate_usual. Only ASCII
 * letters and digits are changed; text in other scripts is left alone, since
 * nothing here knows what disguises it.
 */
#ifndef SIDECAR_ENGINE_MUTATE_H
#define SIDECAR_ENGINE_MUTATE_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

enum mutate_kind {
    MUTATE_CASING,     /* bAStaRd */
    MUTATE_ZERO_WIDTH, /* characters that show as nothing, between letters */
    MUTATE_CONFUSABLE, /* Cyrillic letters; each word keeps its first letter */
    MUTATE_FULLWIDTH,  /* the forms of U+FF01 to U+FF5E */
    MUTATE_DIACRITIC,  /* a combining mark on some letters */
    MUTATE_ENTITY,     /* &#97; or &#x61; */
    MUTATE_LEET,       /* b4st4rd; each word keeps its first letter */
    MUTATE_SPACED,     /* the longest word as b.a.s.t.a.r.d */
    MUTATE_STRETCHED,  /* baaaastard */
    MUTATE_KINDS
};

/* "zero_width", as `mutate: [...]` of a rule names them; NULL-ended. */
extern const char *const mutate_names[MUTATE_KINDS + 1];

/* A set of kinds, as bits. */
#define MUTATE_BIT(kind) (1u << (kind))
#define MUTATE_ALL       (MUTATE_BIT(MUTATE_KINDS) - 1)

/*
 * What a rule is expected to see through: `robust: basic` casing, zero_width,
 * confusable, fullwidth, diacritic; `strong` also leet, spaced, stretched.
 */
unsigned mutate_usual(bool strong);

/*
 * Reads "leet,spaced", "all" or "none" into a set. Fails with ERR_INVALID,
 * naming the word that is no kind and the nearest that is.
 */
bool mutate_parse(struct text words, unsigned *out, struct err *err);

struct mutate_how {
    enum mutate_kind kind;
    uint64_t seed;
};

struct mutate_result {
    struct text text;  /* in the arena; the same text where changes is 0 */
    struct span place; /* where the mutated place now is */
    size_t changes;    /* 0: the kind has nothing to change there */
};

/*
 * Mutates the bytes `place` of the text, which is valid UTF-8; both ends are
 * on characters' boundaries. The result is valid UTF-8, at most
 * MUTATE_GROWTH bytes for each byte of the place longer. Fails only where the
 * arena is full.
 */
enum { MUTATE_GROWTH = 8 };
bool
mutate_text(struct text text, struct span place, struct mutate_how how,
            struct arena *arena, struct mutate_result *out, struct err *err);

#endif
