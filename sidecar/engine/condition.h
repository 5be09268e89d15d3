/*
 * Conditions: a composite's `when`, a rule's `when` and `unless`. Parsed once
 * when a configuration loads, then evaluated for each reply in some tens of
 * nanoseconds.
 *
 *     (PERSONA_BREAK | PROMPT_LEAK) & drift.score > 0.35
 *     count(PROFANITY) >= 3 | score(harassment) >= 0.6 & !tag:fiction
 *     2 of (CARD, IBAN, SECRETS, score(pii) > 0.5)
 *
 * True or false:
 *
 *     RULE                 the rule hit (an id: A-Z, 0-9 and _)
 *     tag:NAME             the persona, or the request, has the tag
 *     persona.is_ai        tag:is_ai
 *     lang:xx              the language is xx or one of its kind: pt is also
 *                          pt-BR; letter case counts nothing
 *     role:NAME            assistant, user, tool, system
 *     persona:ID           this persona; a * at the end stands for any rest
 *     drift.alert          the drift stage raised its alert
 *     drift.known          there is a drift score
 *     NUMBER < NUMBER      also <= > >= == !=
 *     K of (A, B, ...)     K or more of these hold, 1 <= K <= how many
 *
 * Numbers:
 *
 *     count(RULE)          hits of the rule
 *     count(g:GROUP)       hits of the group's rules
 *     count(tag:NAME)      hits of the rules with the tag
 *     score(category)      0..1, as in the envelope
 *     score(RULE)          -1..1: of its hits together; 0 without one
 *     drift.score          0..1, as driftScore in the envelope
 *     drift.margin         as in cast.h: below 0, she sounds like another
 *     length               of the text, in code points
 *     0.35  -1  1e-3       a number
 *
 * From tight to loose: ! (or `not`), comparison, & (`and`), | (`or`). So
 * A | B & C is A | (B & C). What ! stands before must be true or false:
 * !(count(A) > 2) needs its parentheses. Comparisons do not chain. A name in
 * score() without a small letter is a rule's; a word that reads as a number (2,
 * 1E5) is a number, never a rule.
 *
 * What is not known: without a drift score, every comparison with it is false,
 * != too, and so is drift.alert. Nothing else is special, so ! of such a
 * comparison is true. The author chooses which way a missing measure falls:
 *
 *     BREAK & drift.score > 0.35       without a score: no
 *     BREAK & !(drift.score <= 0.35)   without a score: yes
 *
 * In `unless` the plain form is the safe one: what is not known excuses
 * nothing. A NaN in any other number is treated alike.
 */
#ifndef SIDECAR_ENGINE_CONDITION_H
#define SIDECAR_ENGINE_CONDITION_H

#include "proto/request.h"
#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

enum {
    CONDITION_BYTES = 4096, /* of the source */
    CONDITION_NODES = 256,  /* rules, comparisons, operators */
    CONDITION_DEPTH = 32    /* parentheses within parentheses */
};

struct condition; /* lives in the arena it was parsed into */

/*
 * Keeps the source, whose bytes the names are views into. NULL, err filled with
 * ERR_CONFIG and *offset set to the byte that is wrong (at most source.len):
 * the message says what was expected there and what was found. ERR_MEMORY where
 * the arena is full.
 */
struct condition *condition_parse(struct text source, struct arena *arena,
                                  size_t *offset, struct err *err);

/* ------------------------------------------------------------------ names */

enum condition_kind {
    CONDITION_RULE,
    CONDITION_CATEGORY, /* score(category) */
    CONDITION_GROUP,    /* count(g:GROUP) */
    CONDITION_RULE_TAG, /* count(tag:NAME): of rules */
    CONDITION_TAG,      /* tag:NAME: of persona or request */
    CONDITION_LANGUAGE,
    CONDITION_PERSONA /* with its *, if it has one */
};

#define CONDITION_UNBOUND UINT32_MAX

/* A name that the condition uses; each (kind, name) stands once. */
struct condition_reference {
    enum condition_kind kind;
    struct text name;
    size_t offset; /* of the name in the source, where it stands first */
    /*
     * Place in the fact array of its kind, for the caller to fill in before
     * the first evaluation; of no use to the kinds from CONDITION_TAG on.
     */
    uint32_t index;
};

/* In order of first use; [*count], in the arena. */
struct condition_reference *
condition_references(struct condition *condition, size_t *count);

/* "rule", "category", "group", "rule tag", "tag", "language", "persona". */
const char *condition_kind_name(enum condition_kind kind);

enum condition_need { /* bits: what must be known before it is evaluated */
                      CONDITION_NEEDS_HITS = 1,
                      CONDITION_NEEDS_SCORES = 2,
                      CONDITION_NEEDS_DRIFT = 4, /* the drift stage */
                      CONDITION_NEEDS_LENGTH = 8,
                      CONDITION_NEEDS_REQUEST =
                          16 /* tag, lang, role, persona */
};

unsigned condition_needs(const struct condition *condition);

/* ------------------------------------------------------------- evaluation */

/*
 * Arrays are indexed by `index` of the references of their kind; those that
 * the condition does not need may be NULL.
 */
struct condition_facts {
    const uint32_t *rule_hits;     /* CONDITION_RULE */
    const double *rule_scores;     /* CONDITION_RULE */
    const double *category_scores; /* CONDITION_CATEGORY */
    const uint32_t *group_hits;    /* CONDITION_GROUP */
    const uint32_t *tag_hits;      /* CONDITION_RULE_TAG */
    double drift_score;            /* NAN: not known */
    double drift_margin;           /* NAN: not known */
    bool drift_alert;
    uint32_t length; /* code points */
    enum request_role role;
    struct text language;    /* "pt-BR"; "": not known, and no lang: holds */
    struct text persona;     /* id; "": none, and no persona: holds */
    const struct text *tags; /* [tag_count] */
    size_t tag_count;
};

/* Cannot fail. Every reference whose index is needed has been bound. */
bool condition_holds(const struct condition *condition,
                     const struct condition_facts *facts);

/*
 * For explanations: the parts that are no operators (rules, comparisons,
 * tags ...), in the order of the source.
 */
struct condition_part {
    struct text source; /* as it is written */
    bool holds;
    double left, right; /* of a comparison; NAN: not known, or none */
};

size_t condition_part_count(const struct condition *condition);
struct condition_part
condition_part(const struct condition *condition,
               const struct condition_facts *facts, size_t part);

/* --------------------------------------------------------------- analysis */

enum condition_outcome {
    CONDITION_NEVER = 0,
    CONDITION_FALSE = 1,
    CONDITION_TRUE = 2
};

/*
 * Which outcomes can there be at all? Bits of enum condition_outcome; TRUE
 * missing: the condition can never hold; FALSE missing: it always does.
 *
 *   live     [references] false: nothing can make this one hit, score or
 *            hold (its rules are disabled, no persona has the tag); NULL:
 *            everything can
 *
 * An outcome that can come about is never missing. One that cannot may be
 * given all the same: the names are taken to be independent of each other, and
 * beyond some thousand cases (or where two numbers are compared with each
 * other) so are the parts. `A & !A`, `count(A) > 2 & !A`, `score(x) > 1`, and
 * `drift.score < 0.2 & drift.score > 0.3` are all seen through.
 */
unsigned
condition_outcomes(const struct condition *condition, const bool *live);

#endif
