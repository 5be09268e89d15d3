#include "sidecar/engine/secret_random.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_word.h"
#include "sidecar/engine/secret_check.h"

enum {
    WORDS_BEFORE = 6,
    TOKEN_MOST = 512, /* longer ones are data */
    BEARER_LEAST = 20,
    LINE_CHARS = 64 /* of PEM: certificates and public keys */
};

/* Hexadecimal digits have four bits at most, base64 six: less is expected. */
#define HEX_SHARE 0.85

static const char secret_words[] =
    "key keys apikey secret secrets token tokens password passwd pwd "
    "passphrase "
    "credential credentials auth bearer webhook signature";
/* Random, and anybody may know it. */
static const char public_words[] =
    "commit commits sha md5 hash hashes checksum digest fingerprint revision "
    "rev blob tree uuid guid etag integrity git build id";

static bool
is_told(struct text text, size_t from)
{
    const char before = from > 0 ? text.at[from - 1] : ' ';

    if (pii_word_before(text, from, public_words, 2)) {
        return false;
    }
    return before == '=' ||
           pii_word_before(text, from, secret_words, WORDS_BEFORE);
}

/* Base64 ends in up to two equals signs; points and such end sentences. */
static size_t
trim(struct text text, size_t from, size_t to)
{
    while (to > from && !pii_char_word(text.at[to - 1]) &&
           text.at[to - 1] != '=') {
        to--;
    }
    return to;
}

bool
secret_random_find(struct text plain, size_t from, size_t to,
                   const struct secret_entropy *entropy,
                   struct secret_match *out)
{
    const char before = from > 0 ? plain.at[from - 1] : ' ';

    // "NAME=token": what is assigned is a token of its own.
    for (size_t i = from; i + 1 < to; i++) {
        if (plain.at[i] == '=' && plain.at[i + 1] != '=') {
            from = i + 1;
        }
    }
    to = trim(plain, from, to);
    const struct text token = text_part(plain, from, to);
    const size_t least = entropy->min_chars < SECRET_LEAST_CHARS
                             ? SECRET_LEAST_CHARS
                             : entropy->min_chars;

    if (token.len < least || token.len > TOKEN_MOST ||
        strchr("@#/\\&?:;", before) != NULL || token.at[0] == '/' ||
        (token.len >= LINE_CHARS && text_starts(token, TEXT("MII"))) ||
        memchr(token.at, '.', token.len) != NULL ||
        memchr(token.at, '%', token.len) != NULL ||
        pii_char_at(plain, to) == '@' || pii_char_at(plain, to) == ':' ||
        !secret_check_random(token)) {
        return false;
    }
    const double bits = secret_check_bits(token);
    const bool hex = secret_check_hex(token);
    const bool told = is_told(plain, from);

    if (bits < entropy->min_bits_per_char * (hex ? HEX_SHARE : 1.0) ||
        (!told && (!entropy->everywhere ||
                   pii_word_before(plain, from, public_words, 2)))) {
        return false;
    }
    *out = (struct secret_match){.provider = SECRET_RANDOM,
                                 .entity = "SECRET",
                                 .from = from,
                                 .to = to,
                                 .score = told ? 0.75 : 0.5};
    return true;
}

bool
secret_random_bearer(struct text plain, size_t from, size_t to,
                     struct secret_match *out)
{
    to = trim(plain, from, to);
    const struct text token = text_part(plain, from, to);

    if (token.len < BEARER_LEAST || from < 6 || plain.at[from - 1] != ' ' ||
        !pii_word_before(plain, from, "bearer basic", 1) ||
        !secret_check_mixed(token) || secret_check_placeholder(token)) {
        return false;
    }
    *out = (struct secret_match){.provider = SECRET_HEADER,
                                 .entity = "AUTH_HEADER",
                                 .from = from,
                                 .to = to,
                                 .score = 0.85};
    return true;
}
