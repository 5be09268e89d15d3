#include "sidecar/engine/secret_check.h"

#include <math.h>

#include "sidecar/base/ascii.h"
#include "sidecar/engine/pii_word.h"

enum {
    CRC_CHARS = 6,
    HEADER_BYTES = 512, /* of a JWT's header looked at */
    STRETCH_MOST = 10,  /* lower-case letters in a row that chance has often */
    PLACEHOLDER_CHARS = 24
};

#define D (SECRET_CHECK_DIGIT | SECRET_CHECK_HEX)
#define L SECRET_CHECK_LOWER
#define H (SECRET_CHECK_LOWER | SECRET_CHECK_HEX)
#define U SECRET_CHECK_UPPER
#define X (SECRET_CHECK_UPPER | SECRET_CHECK_HEX)
#define S SECRET_CHECK_URL
#define B SECRET_CHECK_BASE64
#define J SECRET_CHECK_JOINT

const unsigned char secret_check_class[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 10 */
    0, 0, 0, 0, 0, J, 0, 0, 0, 0, 0, B, 0, S, J, B, /* % + - . slash */
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, B, 0, 0, /* 0-9 = */
    0, X, X, X, X, X, X, U, U, U, U, U, U, U, U, U, /* A-O */
    U, U, U, U, U, U, U, U, U, U, U, 0, 0, 0, 0, S, /* P-Z _ */
    0, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* a-o */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, J, 0, /* p-z ~ */
};

/* CRC-32 of IEEE 802.3, bit by bit: a token has thirty bytes. */
static uint32_t
crc32_of(struct text text)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < text.len; i++) {
        crc ^= (unsigned char)text.at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

/* The value of a base-62 digit, digits before capitals; 62: it is none. */
static unsigned
base62_digit(char c)
{
    if (secret_check_is(c, SECRET_CHECK_DIGIT)) {
        return (unsigned)(c - '0');
    }
    if (secret_check_is(c, SECRET_CHECK_UPPER)) {
        return (unsigned)(c - 'A') + 10;
    }
    return secret_check_is(c, SECRET_CHECK_LOWER) ? (unsigned)(c - 'a') + 36
                                                  : 62;
}

bool
secret_check_crc(struct text body)
{
    uint64_t sum = 0;

    if (body.len <= CRC_CHARS) {
        return false;
    }
    for (size_t i = body.len - CRC_CHARS; i < body.len; i++) {
        const unsigned digit = base62_digit(body.at[i]);

        if (digit == 62) {
            return false;
        }
        sum = sum * 62 + digit;
    }
    return sum == crc32_of(text_part(body, 0, body.len - CRC_CHARS));
}

/* The value of a base64 digit, either alphabet; 64: it is none. */
static unsigned
base64_digit(char c)
{
    if (secret_check_is(c, SECRET_CHECK_UPPER)) {
        return (unsigned)(c - 'A');
    }
    if (secret_check_is(c, SECRET_CHECK_LOWER)) {
        return (unsigned)(c - 'a') + 26;
    }
    if (secret_check_is(c, SECRET_CHECK_DIGIT)) {
        return (unsigned)(c - '0') + 52;
    }
    return c == '+' || c == '-' ? 62u : c == '/' || c == '_' ? 63u : 64u;
}

/* Decodes as much as there is and fits; returns how many bytes. */
static size_t
base64_decode(struct text text, char *out, size_t size)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t used = 0;

    for (size_t i = 0; i < text.len && used < size; i++) {
        const unsigned digit = base64_digit(text.at[i]);

        if (digit == 64) {
            break;
        }
        bits = bits << 6 | digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[used++] = (char)(unsigned char)(bits >> have & 0xffu);
        }
    }
    return used;
}

bool
secret_check_jwt_header(struct text part)
{
    static const char key[] = "\"alg\"";
    char bytes[HEADER_BYTES];
    const size_t len = base64_decode(part, bytes, sizeof(bytes));

    if (len < 2 || bytes[0] != '{' ||
        (len < sizeof(bytes) && bytes[len - 1] != '}')) {
        return false;
    }
    for (size_t i = 0; i + sizeof(key) - 1 <= len; i++) {
        if (memcmp(bytes + i, key, sizeof(key) - 1) == 0) {
            return true;
        }
    }
    return false;
}

bool
secret_check_account(struct text part)
{
    char bytes[32];
    const size_t len = base64_decode(part, bytes, sizeof(bytes));

    for (size_t i = 0; i < len; i++) {
        if (!secret_check_is(bytes[i], SECRET_CHECK_DIGIT)) {
            return false;
        }
    }
    return len >= 17 && len <= 20; // a snowflake: 17 to 20 digits
}

double
secret_check_bits(struct text token)
{
    unsigned counts[256] = {0};
    double sum = 0;

    for (size_t i = 0; i < token.len; i++) {
        counts[(unsigned char)token.at[i]]++;
    }
    for (size_t i = 0; i < 128 && token.len > 0; i++) {
        if (counts[i] > 0) {
            sum += counts[i] * log2(counts[i]);
        }
    }
    return token.len == 0 ? 0
                          : log2((double)token.len) - sum / (double)token.len;
}

bool
secret_check_mixed(struct text token)
{
    size_t digits = 0, lowers = 0, uppers = 0, stretch = 0, longest = 0;
    uint64_t seen[2] = {0, 0};

    for (size_t i = 0; i < token.len; i++) {
        const char c = token.at[i];

        digits += secret_check_is(c, SECRET_CHECK_DIGIT);
        lowers += secret_check_is(c, SECRET_CHECK_LOWER);
        uppers += secret_check_is(c, SECRET_CHECK_UPPER);
        stretch = secret_check_is(c, SECRET_CHECK_LOWER) ? stretch + 1 : 0;
        seen[(unsigned char)c / 64 & 1] |= UINT64_C(1) << ((unsigned)c & 63u);
        longest = stretch > longest ? stretch : longest;
    }
    // Words, where the rest is no mixture: half of random text is not in lower
    // case.
    if (longest > STRETCH_MOST && 4 * (digits + uppers) < token.len) {
        return false;
    }
    size_t kinds = 0;

    for (size_t i = 0; i < 128; i++) {
        kinds += (seen[i / 64] >> (i % 64) & 1) != 0;
    }
    // One random token of 24 in 70 has no digit, so both cases will do. Sixteen
    // random hexadecimal digits show ten different ones.
    return (digits > 0 ? lowers + uppers >= 2 : lowers >= 3 && uppers >= 3) &&
           kinds >= (token.len < 16 ? token.len / 2 : 8);
}

/* One character throughout: "xxxxxxxx", "********", "........". */
static bool
one_character(struct text value)
{
    for (size_t i = 1; i < value.len; i++) {
        if (value.at[i] != value.at[0]) {
            return false;
        }
    }
    return true;
}

static bool
holds_any(struct text value, const char *list)
{
    char lower[PLACEHOLDER_CHARS + 1];
    size_t used = 0;

    for (size_t i = 0; i < value.len && used < PLACEHOLDER_CHARS; i++) {
        lower[used++] = ascii_lower(value.at[i]);
    }
    lower[used] = '\0';
    for (const char *at = list; *at != '\0'; at += strlen(at) + 1) {
        if (strstr(lower, at) != NULL) {
            return true;
        }
    }
    return false;
}

bool
secret_check_placeholder(struct text value)
{
    static const char words[] =
        "password passwd passphrase pass passcode pwd secret token key none "
        "null nil true false undefined required optional string str text "
        "bool int value hidden redacted masked removed default empty unset "
        "admin user username changeme hunter foobar test";
    // Parts that no real secret has by chance.
    static const char parts[] = "your\0changeme\0change_me\0change-me\0"
                                "placeholder\0redacted\0xxxx\0****\0....\0"
                                "insert_\0replace_\0<\0${\0{{\0%s\0";

    return value.len == 0 || one_character(value) ||
           pii_word_listed(value, words) || holds_any(value, parts) ||
           value.at[0] == '$' || value.at[0] == '%';
}

bool
secret_check_uuid(struct text token)
{
    if (token.len != 36) {
        return false;
    }
    for (size_t i = 0; i < token.len; i++) {
        const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (hyphen ? token.at[i] != '-'
                   : !secret_check_is(token.at[i], SECRET_CHECK_HEX)) {
            return false;
        }
    }
    return true;
}

bool
secret_check_hex(struct text token)
{
    unsigned cases = 0;

    for (size_t i = 0; i < token.len; i++) {
        if (!secret_check_is(token.at[i], SECRET_CHECK_HEX)) {
            return false;
        }
        cases |= secret_check_class[(unsigned char)token.at[i]];
    }
    return (cases & (SECRET_CHECK_LOWER | SECRET_CHECK_UPPER)) !=
           (SECRET_CHECK_LOWER | SECRET_CHECK_UPPER);
}

/* Is it base64 of text that people write? */
static bool
encodes_text(struct text token)
{
    char bytes[96];
    const size_t len = base64_decode(token, bytes, sizeof(bytes));

    for (size_t i = 0; i < len; i++) {
        if ((bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\r' &&
             bytes[i] != '\t') ||
            bytes[i] == 0x7f) {
            return false;
        }
    }
    return len >= 6;
}

/* Counts of what stands next to what; random text changes class at will. */
struct texture {
    size_t digits, digit_groups, uppers, humps, changes, marks;
    size_t longest; /* letters and digits in a row that hold both */
};

static struct texture
texture_of(struct text token)
{
    struct texture t = {0};
    unsigned before = 0, held = 0;
    size_t row = 0;

    for (size_t i = 0; i <= token.len; i++) {
        const unsigned class =
            i < token.len ? secret_check_class[(unsigned char)token.at[i]] &
                                SECRET_CHECK_ALNUM
                          : 0;

        t.digits += class == SECRET_CHECK_DIGIT;
        t.digit_groups +=
            class == SECRET_CHECK_DIGIT && before != SECRET_CHECK_DIGIT;
        t.uppers += class == SECRET_CHECK_UPPER;
        t.humps += class == SECRET_CHECK_LOWER && before == SECRET_CHECK_UPPER;
        t.changes += i > 0 && i < token.len && class != before;
        t.marks += class == 0 && i < token.len;
        held |= class;
        row++;
        if (class == 0) {
            if ((held & SECRET_CHECK_DIGIT) != 0 &&
                held != SECRET_CHECK_DIGIT && row - 1 > t.longest) {
                t.longest = row - 1;
            }
            held = 0;
            row = 0;
        }
        before = class;
    }
    return t;
}

bool
secret_check_random(struct text token)
{
    const struct texture t = texture_of(token);

    if (secret_check_uuid(token) || secret_check_placeholder(token)) {
        return false;
    }
    if (secret_check_hex(token)) {
        return t.digits >= 2 && t.digit_groups >= 2 && t.digits < token.len;
    }
    // Slugs, paths and snake case: words and numbers between marks.
    if (t.marks > 0 && 2 * t.longest < token.len) {
        return false;
    }
    // Camel case changes class at each word too, but each of its capitals
    // begins one; by chance less than half of them stand before a small letter.
    const bool camel = t.digits < 3 && 5 * t.humps >= 4 * t.uppers;
    const bool restless = 20 * t.changes >= 9 * token.len && !camel;
    const bool numbered =
        t.digits >= 3 && t.digit_groups >= 2 && 4 * t.changes >= token.len;

    return t.digits > 0 && (restless || numbered) && !encodes_text(token);
}
