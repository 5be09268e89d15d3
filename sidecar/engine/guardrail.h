/*
 * One item of a request's extraGuardrails, understood or not. Items are
 * literal text from a caller, never a pattern:
 *
 *     @name               a named set of the configuration
 *     -RULE, -g:group     without this rule, these rules
 *     +RULE=action        with this action, if it is stronger
 *     deny:term           the term is a hit, as a word or phrase
 *     allow:term          what is hit inside the term is forgiven
 *     pii:ENTITY=action   this kind of personal data
 *     max_chars:N, min_chars:N    code points of the reply, 1..1000000
 *     lang:xx             the reply's language
 *     canary:token        a secret word of the prompt
 *
 * action: flag, redact, fallback, block. Blanks around the item, behind a colon
 * and around = count nothing; all else does, letter case too (but an ENTITY is
 * any name that pii_from_name knows, in either case).
 * Anything that is not of a form is not supported, and says why: a list of
 * items is never obeyed in part without the caller being told.
 *
 * A list means the same in any order and with items repeated: of two actions
 * for one thing the stronger counts, of two limits the narrower.
 *
 * Whether a name exists, whether a rule may be switched off and whether an
 * action is stronger is for the caller to look up.
 */
#ifndef SIDECAR_ENGINE_GUARDRAIL_H
#define SIDECAR_ENGINE_GUARDRAIL_H

#include "config/config.h"
#include "sidecar/engine/pii.h"

enum guardrail_kind {
    GUARDRAIL_UNSUPPORTED,
    GUARDRAIL_SET,           /* name */
    GUARDRAIL_WITHOUT_RULE,  /* name */
    GUARDRAIL_WITHOUT_GROUP, /* name */
    GUARDRAIL_RAISE,         /* name, action */
    GUARDRAIL_DENY,          /* name: the term */
    GUARDRAIL_ALLOW,         /* name: the term */
    GUARDRAIL_PII,           /* entity, action */
    GUARDRAIL_MAX_CHARS,     /* chars */
    GUARDRAIL_MIN_CHARS,     /* chars */
    GUARDRAIL_LANGUAGE,      /* name */
    GUARDRAIL_CANARY         /* name: the token */
};

enum {
    GUARDRAIL_ITEMS = 256,       /* in a list: the most limits.guardrails may be
                                  */
    GUARDRAIL_CHARS = 1000000,   /* beyond what a reply may be */
    GUARDRAIL_TERM_LETTERS = 2,  /* a term of one would hit or forgive anything
                                  */
    GUARDRAIL_CANARY_LETTERS = 4 /* shorter ones stand in replies by chance */
};

struct guardrail {
    enum guardrail_kind kind;
    struct text item; /* view: without the blanks around it */
    struct text name; /* view into the item */
    enum config_action action;
    enum pii_entity entity;
    uint32_t chars;
    const char *reason; /* why not supported: static, without the item's text;
                           NULL otherwise */
};

/*
 * Cannot fail. The item is valid UTF-8 and outlives the result. Linear in the
 * item. Safe from any thread.
 *
 * A letter of a term is what is left of it when it is folded (fold.h): a letter
 * or digit; an ideograph or emoji counts as two. Marks, blanks, punctuation and
 * what shows as nothing are none.
 */
struct guardrail guardrail_parse(struct text item);

/*
 * The same for two lists that mean the same: by the supported items, in any
 * order, repeated or not. Other lists differ (SHA-256).
 *
 *   items    [count], count <= GUARDRAIL_ITEMS
 *   scope    what else the compiled form depends on: the engine's hash, the
 *            tenant, the persona
 */
struct digest
guardrail_key(const struct guardrail *items, size_t count, struct text scope);

#endif
