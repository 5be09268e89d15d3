#include "sidecar/engine/pii_char.h"

#define D (PII_CHAR_DIGIT | PII_CHAR_HEX | PII_CHAR_LOCAL | PII_CHAR_MARK)
#define H (PII_CHAR_LETTER | PII_CHAR_HEX | PII_CHAR_LOCAL)
#define L (PII_CHAR_LETTER | PII_CHAR_LOCAL)
#define S (PII_CHAR_SPACE | PII_CHAR_MARK)
#define P PII_CHAR_LOCAL
#define M PII_CHAR_MARK
#define R (PII_CHAR_LOCAL | PII_CHAR_MARK)
#define X (PII_CHAR_LETTER | PII_CHAR_LOCAL | PII_CHAR_MARK)

/*
 * Local parts as in RFC 5322 atext, less the characters that in running text
 * are markup or the joints of a longer string: / = ? | ` { } & ^ * ~.
 * Marked above 0x7f: lead bytes of digits outside ASCII and of full-width
 * forms (D9, DB, DF, E0, E1, EF), of mathematical digits (F0), and of points
 * and quotes (E2, E3).
 */
const unsigned char pii_char_class[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0, /* 00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 10 */
    S, P, M, P, P, P, 0, P, M, 0, M, P, 0, P, R, 0, /* SP ! " # $ % & ' ( ) */
    D, D, D, D, D, D, D, D, D, D, M, 0, M, 0, 0, 0, /* 0-9 : ; < = > ? */
    M, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* @ A-O */
    L, L, L, L, L, L, L, L, L, L, L, M, 0, 0, 0, P, /* P-Z [ \ ] ^ _ */
    0, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* ` a-o */
    L, L, L, L, L, L, L, L, L, L, L, M, 0, 0, 0, 0, /* p-z { | } ~ */
    L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 80 */
    L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 90 */
    L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* A0 */
    L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* B0 */
    L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* C0 */
    L, L, L, L, L, L, L, L, L, X, L, X, L, L, L, X, /* D0 */
    X, X, X, X, L, L, L, L, L, L, L, L, L, L, L, X, /* E0 */
    X, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* F0 */
};

/* The joints after which the token goes on, given what stood before them. */
static bool
joined_before(char before, char joint)
{
    switch (joint) {
    case '.':
    case '-':
    case '+':
    case '~':
    case '&':
    case '%':
    case '/':
        return pii_char_word(before);
    case ',':
    case ':':
    case '\'':
        return pii_char_is(before, PII_CHAR_DIGIT);
    case '$':
    case '@':
        return true;
    default:
        return false;
    }
}

bool
pii_char_opens(struct text text, size_t at)
{
    if (at == 0) {
        return true;
    }
    const char joint = text.at[at - 1];

    return !pii_char_word(joint) && joint != '_' &&
           !joined_before(at >= 2 ? text.at[at - 2] : ' ', joint);
}

/* Does the token at `at` hold a digit? Looks at no more than 40 bytes. */
static bool
holds_digit(struct text text, size_t at)
{
    for (size_t i = at; i < text.len && i < at + 40; i++) {
        if (!pii_char_word(text.at[i])) {
            return false;
        }
        if (pii_char_is(text.at[i], PII_CHAR_DIGIT)) {
            return true;
        }
    }
    return false;
}

bool
pii_char_shuts(struct text text, size_t to)
{
    const char joint = pii_char_at(text, to);
    const char after = pii_char_at(text, to + 1);

    if (pii_char_word(joint) || joint == '_') {
        return false;
    }
    switch (joint) {
    case '@':
        return !pii_char_word(after);
    case '-':
    case '/':
        return !holds_digit(text, to + 1);
    case '.':
    case ',':
    case ':':
    case '+':
    case '\'':
        return !pii_char_is(after, PII_CHAR_DIGIT);
    default:
        return true;
    }
}

/*
 * Does "dot", or do two words for digits, begin at `at`? Three letters tell:
 * zer one two thr fou fiv six sev eig nin.
 */
static bool
word_for_digit(struct text text, size_t at)
{
    if (text.len < 3 || at > text.len - 3) {
        return false;
    }
    const unsigned a = (unsigned char)text.at[at] | 0x20u;
    const unsigned b = (unsigned char)text.at[at + 1] | 0x20u;
    const unsigned c = (unsigned char)text.at[at + 2] | 0x20u;

    switch (a << 16 | b << 8 | c) {
    case 'z' << 16 | 'e' << 8 | 'r':
    case 'o' << 16 | 'n' << 8 | 'e':
    case 't' << 16 | 'w' << 8 | 'o':
    case 't' << 16 | 'h' << 8 | 'r':
    case 'f' << 16 | 'o' << 8 | 'u':
    case 'f' << 16 | 'i' << 8 | 'v':
    case 's' << 16 | 'i' << 8 | 'x':
    case 's' << 16 | 'e' << 8 | 'v':
    case 'e' << 16 | 'i' << 8 | 'g':
    case 'n' << 16 | 'i' << 8 | 'n':
        return true;
    default:
        return false;
    }
}

static bool
begins_spelled(struct text text, size_t at)
{
    if (ascii_lower(pii_char_at(text, at)) == 'd') {
        return ascii_lower(pii_char_at(text, at + 1)) == 'o' &&
               ascii_lower(pii_char_at(text, at + 2)) == 't';
    }
    if (!word_for_digit(text, at)) {
        return false;
    }
    for (size_t i = at + 3; i < text.len && i < at + 7; i++) {
        if (!pii_char_is(text.at[i], PII_CHAR_LETTER)) {
            return word_for_digit(text, i + 1) || word_for_digit(text, i + 2);
        }
    }
    return false;
}

/* Is what looks like a point, or may a spelt number stand in quotes? */
static bool
begins_beyond(struct text text, size_t i)
{
    const char second = pii_char_at(text, i + 1);
    const char third = pii_char_at(text, i + 2);

    switch (text.at[i]) {
    case (char)0xe2: // U+2000 to U+203F; U+2024 is a point
        return second == (char)0x80 &&
               (third == (char)0xa4 || begins_spelled(text, i + 3));
    case (char)0xe3: // U+3002
        return second == (char)0x80 && third == (char)0x82;
    case (char)0xef: // full-width forms, not the emoji selector; U+FF61
        return second == (char)0xbc ||
               (second == (char)0xbd && third == (char)0xa1);
    default: // F0: mathematical digits, not emoji
        return second == (char)0x9d;
    }
}

/* A marked byte: may something begin here, given what comes next? */
static bool
begins(struct text text, size_t i)
{
    const char next = pii_char_at(text, i + 1);

    switch (text.at[i]) {
    case ' ':
    case '\t':
    case '\n':
    case '\v':
    case '\f':
    case '\r':
    case '"':
    case '*':
        return begins_spelled(text, i + 1);
    case '.':
        return pii_char_word(next);
    case ':':
        return pii_char_word(next) || next == '/' || next == ':';
    case '(':
    case '[':
    case '{':
    case '<':
        return ascii_lower(next) == 'a' || ascii_lower(next) == 'd' ||
               next == '.' || next == '@' || begins_spelled(text, i + 1);
    case (char)0xe2:
    case (char)0xe3:
    case (char)0xef:
    case (char)0xf0:
        return begins_beyond(text, i);
    default:
        return true;
    }
}

bool
pii_char_clean(struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (pii_char_is(text.at[i], PII_CHAR_MARK) && begins(text, i)) {
            return false;
        }
    }
    return text.len == 0 || !begins_spelled(text, 0);
}
