/*
 * What tells a secret from other long words: classes of characters, check
 * digits, contents that decode, entropy, placeholders. Pure functions. Safe
 * from any thread.
 */
#ifndef SIDECAR_ENGINE_SECRET_CHECK_H
#define SIDECAR_ENGINE_SECRET_CHECK_H

#include "sidecar/base/text.h"

enum {
    SECRET_CHECK_DIGIT = 1,
    SECRET_CHECK_LOWER = 2,
    SECRET_CHECK_UPPER = 4,
    SECRET_CHECK_HEX = 8,     /* either case */
    SECRET_CHECK_URL = 16,    /* - and _ */
    SECRET_CHECK_BASE64 = 32, /* + / = */
    SECRET_CHECK_JOINT = 64,  /* . ~ % inside of longer tokens */
    SECRET_CHECK_ALNUM = 7,
    SECRET_CHECK_RUN = 7 + 16 + 32 + 64
};

extern const unsigned char secret_check_class[256];

static inline bool
secret_check_is(char c, unsigned classes)
{
    return (secret_check_class[(unsigned char)c] & classes) != 0;
}

/*
 * The last 6 of a token's characters are the CRC-32 of those before, in base
 * 62, digits first. Source: GitHub's announcement of its token formats, 2021;
 * npm uses the same.
 */
bool secret_check_crc(struct text body);

/* Base64url of a JSON object with an "alg": the header of a JWT (RFC 7519). */
bool secret_check_jwt_header(struct text part);

/* Base64 of decimal digits: the account number in a Discord token. */
bool secret_check_account(struct text part);

/* Shannon entropy of the bytes, in bits for each; 0 of an empty text. */
double secret_check_bits(struct text token);

/*
 * Letters and digits as chance throws them: letters with digits or in both
 * cases, few repeats; long stretches of lower-case letters only where there is
 * much else.
 */
bool secret_check_mixed(struct text token);

/* Stands for a secret without being one: "<key>", "****", "your_token". */
bool secret_check_placeholder(struct text value);

/*
 * Could it be a random token, by its form: not a UUID, not words joined by
 * hyphens or in camel case, not a path or file name, not base64 of plain text.
 */
bool secret_check_random(struct text token);

/* 8-4-4-4-12 hexadecimal digits. */
bool secret_check_uuid(struct text token);

/* Hexadecimal digits of one case throughout. */
bool secret_check_hex(struct text token);

#endif
