#include "sidecar/engine/charset.h"

#include <string.h>

#include "sidecar/base/ascii.h"

bool
charset_meet(const struct charset *a, const struct charset *b)
{
    return (a->ascii[0] & b->ascii[0]) != 0 ||
           (a->ascii[1] & b->ascii[1]) != 0 || (a->beyond & b->beyond) != 0;
}

void
charset_put(struct charset *set, uint32_t c)
{
    if (c < 128) {
        set->ascii[c / 64] |= UINT64_C(1) << c % 64;
    } else { // which kind it is does not matter enough to look it up
        set->beyond |= CHARSET_BEYOND_WORD | CHARSET_BEYOND_OTHER;
    }
}

void
charset_put_range(struct charset *set, uint32_t from, uint32_t to)
{
    // Without case, U+017F is an s and U+212A a k.
    if (from <= 0x17f && to >= 0x17f) {
        charset_put_range(set, 's', 's');
    }
    if (from <= 0x212a && to >= 0x212a) {
        charset_put_range(set, 'k', 'k');
    }
    for (uint32_t c = from; c <= to && c < 128; c++) {
        charset_put(set, c);
        if (ascii_is_letter((int)c)) {
            charset_put(set, c ^ 0x20);
        }
    }
    set->beyond |= to >= 128 ? CHARSET_BEYOND_WORD | CHARSET_BEYOND_OTHER : 0u;
}

void
charset_put_all(struct charset *set)
{
    set->ascii[0] = set->ascii[1] = ~UINT64_C(0);
    set->beyond = CHARSET_BEYOND_ALL;
}

void
charset_put_inverse(struct charset *set, const struct charset *of)
{
    set->ascii[0] |= ~of->ascii[0];
    set->ascii[1] |= ~of->ascii[1];
    // A set that names some characters beyond ASCII leaves others out, but a
    // whole class is out as a whole.
    set->beyond |=
        of->beyond == CHARSET_BEYOND_WORD || of->beyond == CHARSET_BEYOND_SPACE
            ? CHARSET_BEYOND_ALL & ~of->beyond
            : (unsigned)CHARSET_BEYOND_ALL;
}

bool
charset_put_class(char letter, struct charset *out)
{
    struct charset set = {.beyond = 0};

    switch (letter | 0x20) {
    case 'd':
        charset_put_range(&set, '0', '9');
        break;
    case 'w':
        charset_put_range(&set, '0', '9');
        charset_put_range(&set, 'a', 'z');
        charset_put(&set, '_');
        break;
    case 's':
        charset_put_range(&set, '\t', '\r');
        charset_put(&set, ' ');
        break;
    case 'h':
        charset_put(&set, '\t');
        charset_put(&set, ' ');
        break;
    case 'v':
        charset_put_range(&set, '\n', '\r');
        break;
    default:
        return false;
    }
    // PCRE2_UCP: of every script.
    set.beyond = strchr("dw", letter | 0x20) != NULL ? CHARSET_BEYOND_WORD
                                                     : CHARSET_BEYOND_SPACE;
    if (ascii_is_capital(letter)) {
        charset_put_inverse(out, &set);
    } else {
        out->ascii[0] |= set.ascii[0];
        out->ascii[1] |= set.ascii[1];
        out->beyond |= set.beyond;
    }
    return true;
}

uint32_t
charset_sample(const struct charset *set)
{
    static const char liked[] = "a1 x.-_\t\n";

    for (size_t i = 0; i < sizeof(liked) - 1; i++) {
        if (charset_has(set, (unsigned char)liked[i])) {
            return (unsigned char)liked[i];
        }
    }
    for (uint32_t c = 33; c < 127; c++) {
        if (charset_has(set, (unsigned char)c)) {
            return c;
        }
    }
    return charset_has(set, '\r') ? '\r' : 0xe9;
}
