#include "sidecar/engine/pii_ip.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_word.h"

enum { V6_GROUPS = 8 };

static const char version_words[] =
    "version versions ver v release build section sections chapter firmware "
    "rev "
    "revision clause article paragraph para step update patch kernel driver "
    "chrome firefox";
static const char address_words[] =
    "ip ips ipv address addr host server dns ping gateway router subnet proxy "
    "resolver nameserver";

/* Reads 0 to 255 without a leading zero; the offset after it, or 0. */
static size_t
read_octet(struct text text, size_t at)
{
    unsigned value = 0;
    size_t to = at;

    while (to < at + 3 && pii_char_is(pii_char_at(text, to), PII_CHAR_DIGIT)) {
        value = value * 10 + (unsigned)(text.at[to++] - '0');
    }
    return to == at || value > 255 || (text.at[at] == '0' && to > at + 1) ||
                   pii_char_is(pii_char_at(text, to), PII_CHAR_DIGIT)
               ? 0
               : to;
}

/* Reads four octets; the offset after them, or 0. */
static size_t
read_v4(struct text text, size_t at)
{
    for (size_t i = 0; i < 4; i++) {
        const size_t to = read_octet(text, at);

        if (to == 0 || i == 3) {
            return to;
        }
        if (pii_char_at(text, to) != '.') {
            return 0;
        }
        at = to + 1;
    }
    return 0;
}

/* As pii_char_shuts, but a port or a mask may follow. */
static bool
address_shuts(struct text text, size_t to)
{
    const char c = pii_char_at(text, to);

    if (c == '/' || c == ':' || c == '%') {
        return c != ':' || pii_char_at(text, to + 1) != ':';
    }
    return pii_char_shuts(text, to) &&
           !(c == '.' && pii_char_word(pii_char_at(text, to + 1)));
}

static bool
find_v4(struct text text, size_t at, struct pii_match *out)
{
    const size_t to = read_v4(text, at);

    if (to == 0 || !address_shuts(text, to) ||
        pii_word_before(text, at, version_words, 2)) {
        return false;
    }
    const bool single = to - at == sizeof("1.2.3.4") - 1;
    const bool same = single && text.at[at] == text.at[at + 2] &&
                      text.at[at] == text.at[at + 4] &&
                      text.at[at] == text.at[at + 6];

    if (single && !same && !pii_word_before(text, at, address_words, 4)) {
        return false;
    }
    *out = (struct pii_match){
        .entity = PII_IP_ADDRESS, .from = at, .to = to, .score = 0.8};
    return true;
}

struct v6 {
    size_t groups, digits;
    bool elided; /* "::" was seen */
};

/* Reads one group of 1 to 4 hexadecimal digits; the offset after it, or at. */
static size_t
read_group(struct text text, size_t at)
{
    size_t to = at;

    while (to < at + 4 && pii_char_is(pii_char_at(text, to), PII_CHAR_HEX)) {
        to++;
    }
    return to;
}

/* Takes one colon or the one "::"; false: the address ends before it. */
static bool
read_colon(struct text text, size_t *at, struct v6 *v6)
{
    const bool twice = pii_char_at(text, *at + 1) == ':';

    if (pii_char_at(text, *at) != ':' || (twice && v6->elided) ||
        (!twice && !pii_char_is(pii_char_at(text, *at + 1), PII_CHAR_HEX))) {
        return false;
    }
    v6->elided = v6->elided || twice;
    *at += twice ? 2 : 1;
    return true;
}

static size_t
read_v6(struct text text, size_t at, struct v6 *v6)
{
    *v6 = (struct v6){.groups = 0};
    if (pii_char_at(text, at) == ':' && !read_colon(text, &at, v6)) {
        return 0;
    }
    while (v6->groups < V6_GROUPS) {
        const size_t v4 = v6->groups > 0 || v6->elided ? read_v4(text, at) : 0;

        if (v4 != 0 && v6->groups <= V6_GROUPS - 2) {
            v6->groups += 2;
            v6->digits += v4 - at;
            return v4;
        }
        const size_t to = read_group(text, at);

        if (to == at) {
            break;
        }
        v6->groups++;
        v6->digits += to - at;
        at = to;
        if (v6->groups == V6_GROUPS || !read_colon(text, &at, v6)) {
            break;
        }
    }
    return at;
}

static bool
has_digit(struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (pii_char_is(text.at[i], PII_CHAR_DIGIT)) {
            return true;
        }
    }
    return false;
}

static bool
find_v6(struct text text, size_t at, struct pii_match *out)
{
    struct v6 v6;
    const size_t to = read_v6(text, at, &v6);

    if (to == 0 || v6.groups == 0 || !address_shuts(text, to) ||
        (v6.elided ? v6.groups >= V6_GROUPS : v6.groups != V6_GROUPS) ||
        !has_digit(text_part(text, at, to)) ||
        (at > 0 && (text.at[at - 1] == ':' || text.at[at - 1] == '.'))) {
        return false;
    }
    // "a::1" may be a name in a program; an address of this kind is longer.
    if (text.at[at] != ':' && v6.digits < 5 &&
        !pii_word_before(text, at, address_words, 4)) {
        return false;
    }
    *out = (struct pii_match){
        .entity = PII_IP_ADDRESS, .from = at, .to = to, .score = 0.9};
    return true;
}

bool
pii_ip_find(struct text plain, size_t at, struct pii_match *out)
{
    const bool in_url =
        at >= 2 && plain.at[at - 1] == '/' && plain.at[at - 2] == '/';

    if (!in_url && !pii_char_opens(plain, at)) {
        return false;
    }
    return (pii_char_is(plain.at[at], PII_CHAR_DIGIT) &&
            find_v4(plain, at, out)) ||
           find_v6(plain, at, out);
}
