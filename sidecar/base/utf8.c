#include "sidecar/base/utf8.h"

/* Eight ASCII bytes at a time; most replies never leave this loop. */
static size_t
ascii_run(const unsigned char *at, size_t len)
{
    size_t i = 0;

    while (i + 8 <= len) {
        uint64_t eight;
        memcpy(&eight, at + i, sizeof(eight));
        if ((eight & 0x8080808080808080u) != 0) {
            break;
        }
        i += 8;
    }
    while (i < len && at[i] < 0x80) {
        i++;
    }
    return i;
}

/* Length of the valid character at `at`, 0 where there is none. */
static size_t
check_one(const unsigned char *at, size_t left)
{
    const unsigned char lead = at[0];
    unsigned char low = 0x80, high = 0xbf;
    size_t len;

    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        len = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        len = 3;
        low = lead == 0xe0 ? 0xa0 : 0x80;
        high = lead == 0xed ? 0x9f : 0xbf;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        len = 4;
        low = lead == 0xf0 ? 0x90 : 0x80;
        high = lead == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (left < len || at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if (!utf8_inside(at[i])) {
            return 0;
        }
    }
    return len;
}

bool
utf8_check(struct text text, size_t *bad)
{
    const unsigned char *at = (const unsigned char *)text.at;

    for (size_t i = 0; i < text.len;) {
        i += ascii_run(at + i, text.len - i);
        if (i == text.len) {
            break;
        }
        const size_t len = check_one(at + i, text.len - i);
        if (len == 0) {
            *bad = i;
            return false;
        }
        i += len;
    }
    return true;
}

uint32_t
utf8_at(struct text text, size_t offset, size_t *len)
{
    const unsigned char *at = (const unsigned char *)text.at + offset;

    *len = utf8_len(at[0]);
    switch (*len) {
    case 1:
        return at[0];
    case 2:
        return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
    case 3:
        return (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
    default:
        return (at[0] & 0x07u) << 18 | (at[1] & 0x3fu) << 12 |
               (at[2] & 0x3fu) << 6 | (at[3] & 0x3fu);
    }
}

size_t
utf8_put(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

struct utf8_lengths
utf8_count(struct text text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    struct utf8_lengths n = {0, 0};
    size_t i = 0;

    while (i < text.len) {
        uint64_t eight;
        while (text.len - i >= sizeof(eight)) { // of ASCII at once
            memcpy(&eight, at + i, sizeof(eight));
            if ((eight & UINT64_C(0x8080808080808080)) != 0) {
                break;
            }
            n.code_points += sizeof(eight);
            n.utf16_units += sizeof(eight);
            i += sizeof(eight);
        }
        if (i == text.len) {
            break;
        }
        // Characters above U+FFFF take two units, and begin with 0xf0 or more.
        n.code_points += !utf8_inside(at[i]);
        n.utf16_units += !utf8_inside(at[i]);
        n.utf16_units += at[i] >= 0xf0;
        i++;
    }
    return n;
}
