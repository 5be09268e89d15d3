/*
 * Conditions cut into tokens.
 */
#ifndef SIDECAR_ENGINE_CONDITION_TOKEN_H
#define SIDECAR_ENGINE_CONDITION_TOKEN_H

#include "sidecar/base/text.h"
#include "sidecar/engine/condition_code.h"

enum condition_token_kind {
    CONDITION_TOKEN_END,
    CONDITION_TOKEN_WORD,   /* letters, digits and _ . : / -, and persona:x* */
    CONDITION_TOKEN_NUMBER, /* a word that reads as one, with a - before it */
    CONDITION_TOKEN_RELATION,
    CONDITION_TOKEN_AND, /* & && and */
    CONDITION_TOKEN_OR,  /* | || or */
    CONDITION_TOKEN_NOT, /* ! not */
    CONDITION_TOKEN_OPEN,
    CONDITION_TOKEN_CLOSE,
    CONDITION_TOKEN_COMMA,
    CONDITION_TOKEN_BAD /* a byte that begins none of these */
};

struct condition_token {
    enum condition_token_kind kind;
    size_t from, to;                  /* bytes of the source */
    enum condition_relation relation; /* of RELATION */
    double number;                    /* of NUMBER */
};

/* The token at or behind `from`, white space passed over; from <= len. */
struct condition_token condition_token(struct text source, size_t from);

/* The token in words for a message: `"A"`, `the end`, `byte 0x07`. */
enum { CONDITION_TOKEN_WORDS = 48 };
const char *
condition_token_words(struct text source, const struct condition_token *token,
                      char out[CONDITION_TOKEN_WORDS]);

#endif
