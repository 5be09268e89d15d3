#include "sidecar/engine/condition_token.h"

#include <stdio.h>

#include "config/quantity.h"
#include "sidecar/base/ascii.h"

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_inner(char c)
{
    return ascii_is_alnum(c) || c == '_' || c == '.' || c == ':' || c == '/' ||
           c == '-';
}

/* The byte at the place, or NUL behind the end. */
static char
byte_at(struct text source, size_t at)
{
    return at < source.len ? source.at[at] : '\0';
}

/* Does a number with its sign begin here? -B and a lone - are none. */
static bool
begins_number(struct text source, size_t at)
{
    at += byte_at(source, at) == '-' ? 1 : 0;
    at += byte_at(source, at) == '.' ? 1 : 0;
    return ascii_is_digit(byte_at(source, at));
}

/* A run of inner bytes; a persona's may end with a star. */
static size_t
word_end(struct text source, size_t from)
{
    size_t to = from;

    while (to < source.len && is_inner(source.at[to])) {
        to++;
    }
    return byte_at(source, to) == '*' &&
                   text_starts(text_part(source, from, to), TEXT("persona:"))
               ? to + 1
               : to;
}

static struct condition_token
word(struct text source, size_t from)
{
    struct condition_token token = {.kind = CONDITION_TOKEN_WORD,
                                    .from = from,
                                    .to = word_end(source, from)};
    const struct text text = text_part(source, from, token.to);

    if (begins_number(source, from) &&
        quantity_number(text, &token.number) == NULL) {
        token.kind = CONDITION_TOKEN_NUMBER;
    } else if (text_is(text, "and")) {
        token.kind = CONDITION_TOKEN_AND;
    } else if (text_is(text, "or")) {
        token.kind = CONDITION_TOKEN_OR;
    } else if (text_is(text, "not")) {
        token.kind = CONDITION_TOKEN_NOT;
    }
    return token;
}

/* Longer signs stand before those that they begin with. */
static const struct {
    const char *sign;
    enum condition_token_kind kind;
    enum condition_relation relation;
} signs[] = {
    {"<=", CONDITION_TOKEN_RELATION, CONDITION_AT_MOST},
    {"<", CONDITION_TOKEN_RELATION, CONDITION_BELOW},
    {">=", CONDITION_TOKEN_RELATION, CONDITION_AT_LEAST},
    {">", CONDITION_TOKEN_RELATION, CONDITION_ABOVE},
    {"==", CONDITION_TOKEN_RELATION, CONDITION_EQUAL},
    {"!=", CONDITION_TOKEN_RELATION, CONDITION_UNEQUAL},
    {"!", CONDITION_TOKEN_NOT, CONDITION_BELOW},
    {"&&", CONDITION_TOKEN_AND, CONDITION_BELOW},
    {"&", CONDITION_TOKEN_AND, CONDITION_BELOW},
    {"||", CONDITION_TOKEN_OR, CONDITION_BELOW},
    {"|", CONDITION_TOKEN_OR, CONDITION_BELOW},
    {"(", CONDITION_TOKEN_OPEN, CONDITION_BELOW},
    {")", CONDITION_TOKEN_CLOSE, CONDITION_BELOW},
    {",", CONDITION_TOKEN_COMMA, CONDITION_BELOW},
};

static struct condition_token
sign(struct text source, size_t from)
{
    const struct text rest = text_part(source, from, source.len);

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (text_starts(rest, text_of(signs[i].sign))) {
            return (struct condition_token){.kind = signs[i].kind,
                                            .from = from,
                                            .to = from + strlen(signs[i].sign),
                                            .relation = signs[i].relation};
        }
    }
    return (struct condition_token){
        .kind = CONDITION_TOKEN_BAD, .from = from, .to = from + 1};
}

struct condition_token
condition_token(struct text source, size_t from)
{
    while (from < source.len && is_blank(source.at[from])) {
        from++;
    }
    if (from == source.len) {
        return (struct condition_token){
            .kind = CONDITION_TOKEN_END, .from = from, .to = from};
    }
    const char c = source.at[from];
    const bool begins_word = is_inner(c) && c != '-' && c != ':' && c != '/';
    return begins_word || begins_number(source, from) ? word(source, from)
                                                      : sign(source, from);
}

const char *
condition_token_words(struct text source, const struct condition_token *token,
                      char out[CONDITION_TOKEN_WORDS])
{
    enum { SHOWN = 32 }; // bytes: enough to find it again
    const struct text text = text_part(source, token->from, token->to);

    if (token->kind == CONDITION_TOKEN_END) {
        snprintf(out, CONDITION_TOKEN_WORDS, "the end");
    } else if (text.at[0] < ' ' || text.at[0] > '~') {
        snprintf(out, CONDITION_TOKEN_WORDS, "byte 0x%02x",
                 (unsigned)(unsigned char)text.at[0]);
    } else {
        snprintf(out, CONDITION_TOKEN_WORDS, "\"%.*s%s\"",
                 text.len > SHOWN ? SHOWN : (int)text.len, text.at,
                 text.len > SHOWN ? "..." : "");
    }
    return out;
}
