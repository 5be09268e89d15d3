#include "sidecar/base/utf8.h"
#include "sidecar/engine/decoded_read.h"
#include "sidecar/engine/fold_char.h"

/* The value of a character of either alphabet of RFC 4648, or -1. */
static int
base64_value(unsigned char c)
{
    if ((unsigned char)(c - 'A') < 26) {
        return c - 'A';
    }
    if ((unsigned char)(c - 'a') < 26) {
        return c - 'a' + 26;
    }
    if ((unsigned char)(c - '0') < 10) {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

bool
decoded_base64(unsigned char c)
{
    return base64_value(c) >= 0;
}

static size_t
from_base64(struct text run, char *out)
{
    uint32_t bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < run.len; i++) {
        bits = bits << 6 | (uint32_t)base64_value((unsigned char)run.at[i]);
        if (i % 4 != 0) {
            out[n++] = (char)(unsigned char)(bits >> (6 - i % 4 * 2) & 0xff);
        }
    }
    return n;
}

/* 0 where a character is no digit. */
static size_t
from_hex(struct text run, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i + 1 < run.len; i += 2) {
        const int high = ascii_hex(run.at[i]);
        const int low = ascii_hex(run.at[i + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        out[n++] = (char)(unsigned char)(high << 4 | low);
    }
    return n;
}

/* Without the pieces of characters that a cut left at both ends. */
static struct text
whole_characters(struct text bytes)
{
    enum { PIECE = 3 }; // bytes at most
    size_t from = 0, to = bytes.len, bad;

    while (from < to && from < PIECE &&
           utf8_inside((unsigned char)bytes.at[from])) {
        from++;
    }
    bytes = text_part(bytes, from, to);
    if (!utf8_check(bytes, &bad) && bytes.len - bad <= PIECE) {
        bytes.len = bad;
    }
    return bytes;
}

/* Is it what a person may read? */
static bool
is_readable(struct text bytes)
{
    size_t bad, len, letters = 0, count = 0;

    if (bytes.len == 0 || !utf8_check(bytes, &bad)) {
        return false;
    }
    for (size_t at = 0; at < bytes.len; at += len, count++) {
        const uint32_t c = utf8_at(bytes, at, &len);
        if (!decoded_shown(c)) {
            return false;
        }
        letters += c == ' ' ||
                   (fold_char(c)->flags &
                    (FOLD_CHAR_LETTER | FOLD_CHAR_MARK | FOLD_CHAR_INNER)) != 0;
    }
    return 2 * letters >= count;
}

/* The padding that the run at [at, end) has, if it is all there. */
static size_t
padding(struct decoded_reader *r, size_t at, size_t end)
{
    const size_t wanted = (4 - (end - at) % 4) % 4;
    size_t n = 0;

    while (n < wanted && end + n < r->raw.len && r->raw.at[end + n] == '=') {
        n++;
    }
    r->starved = r->starved || (n < wanted && end + n == r->raw.len);
    return n == wanted ? n : 0;
}

bool
decoded_run(struct decoded_reader *r, size_t at, struct decoded_unit *out)
{
    size_t end = at;

    while (end < r->raw.len && end - at < DECODED_RUN_BYTES &&
           decoded_base64((unsigned char)r->raw.at[end])) {
        end++;
    }
    r->run_end = end;
    r->starved =
        r->starved || (end == r->raw.len && end - at < DECODED_RUN_BYTES);
    const struct text run = text_part(r->raw, at, end);
    const size_t padded = end + padding(r, at, end);
    if (padded - at < DECODED_BASE64_LEAST) {
        return false;
    }
    out->end = end;
    if (run.len >= DECODED_HEX_LEAST && run.len % 2 == 0) {
        const size_t n = from_hex(run, r->room);
        out->text = whole_characters((struct text){r->room, n});
        if (is_readable(out->text)) {
            return true;
        }
    }
    if (run.len % 4 == 1) {
        return false;
    }
    out->end = padded;
    const size_t n = from_base64(run, r->room);
    out->text = whole_characters((struct text){r->room, n});
    return is_readable(out->text);
}
