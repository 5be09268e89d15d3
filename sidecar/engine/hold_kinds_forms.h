/*
 * Personal data, secrets and links as patterns that take more than the
 * detectors do: what a stream holds back for them. hold_kinds.h says what such
 * a pattern promises and how it is matched.
 *
 * All forms of one detector have to be looked for wherever one of its kinds
 * is, since what overlaps is settled among all of them.
 */
#ifndef SIDECAR_ENGINE_HOLD_KINDS_FORMS_H
#define SIDECAR_ENGINE_HOLD_KINDS_FORMS_H

#include "sidecar/engine/pii.h"
#include "sidecar/engine/secret.h"

enum { HOLD_KINDS_FORMS = 32 /* most of one kind */ };

struct hold_kinds_forms {
    const char *const *at; /* [count], static */
    size_t count;
    const char *why; /* what is held back, in a few words */
    /*
     * Characters that are held back at most; SIZE_MAX: until the value ends,
     * whatever its length.
     */
    size_t chars;
};

/* Of one kind alone; every kind needs those of hold_kinds_rows() too. */
struct hold_kinds_forms hold_kinds_pii(enum pii_entity entity);

/*
 * Rows of digits and accounts: a card or an account hides what it overlaps,
 * whether anybody wants it or not.
 */
struct hold_kinds_forms hold_kinds_rows(void);

/*
 * Of all that is named, addressed or in a block. Tokens come besides: a row of
 * characters of hold_kinds_tokens().
 */
struct hold_kinds_forms hold_kinds_secret(void);

/* A row of at least `least` characters that tokens are made of, in the arena.
 */
struct text hold_kinds_tokens(size_t least, struct arena *arena);

/* Links, as a policy on them reads them. */
struct hold_kinds_forms hold_kinds_links(void);

#endif
