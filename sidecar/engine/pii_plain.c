#include "sidecar/engine/pii_plain.h"

#include "sidecar/base/utf8.h"

enum { GONE = PII_PLAIN_GONE, KEPT = PII_PLAIN_KEPT };

/* The zeros of scripts whose digits are ten in a row (Unicode, Nd). */
static const uint32_t zeros[] = {
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66,  0xae6,  0xb66,  0xbe6, 0xc66,
    0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10};

/* U+2000 to U+206F, General Punctuation. */
static unsigned
general_punctuation(uint32_t c)
{
    if (c <= 0x200a || c == 0x2028 || c == 0x2029 || c == 0x202f ||
        c == 0x205f) {
        return ' ';
    }
    if (c <= 0x200f || (c >= 0x202a && c <= 0x202e) || c >= 0x2060) {
        return GONE;
    }
    if (c <= 0x2015) {
        return c == 0x2014 || c == 0x2015 ? PII_PLAIN_OTHER : '-';
    }
    if (c >= 0x2018 && c <= 0x201f) {
        return c <= 0x201b ? '\'' : '"';
    }
    return c == 0x2024 ? '.' : PII_PLAIN_OTHER;
}

/* U+0080 to U+00FF, less the letters. */
static unsigned
latin1(uint32_t c)
{
    switch (c) {
    case 0xa0:
        return ' ';
    case 0xad:
        return GONE;
    case 0xa2:
    case 0xa3:
    case 0xa5:
        return '$';
    case 0xaa:
    case 0xb5:
    case 0xba:
        return KEPT;
    default:
        return c >= 0xc0 && c != 0xd7 && c != 0xf7 ? KEPT : PII_PLAIN_OTHER;
    }
}

unsigned
pii_plain_char(uint32_t c)
{
    if (c < 0x80) {
        return c;
    }
    if (c < 0x100) {
        return latin1(c);
    }
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        if (c - zeros[i] < 10) {
            return '0' + c - zeros[i];
        }
    }
    if (c == 0x34f || c == 0x61c || c == 0x180e || c == 0xfeff ||
        (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe0fff)) {
        return GONE;
    }
    if (c < 0x2000) {
        return KEPT;
    }
    if (c <= 0x206f) {
        return general_punctuation(c);
    }
    if (c >= 0xff01 && c <= 0xff5e) {
        return c - 0xfee0;
    }
    if (c >= 0x1d7ce && c <= 0x1d7ff) { // mathematical digits, five styles
        return '0' + (c - 0x1d7ce) % 10;
    }
    if (c == 0x3000) {
        return ' ';
    }
    if (c == 0x2212 || c == 0xfe63) { // minus, small hyphen
        return '-';
    }
    if (c >= 0x20a0 && c <= 0x20cf) { // currency signs
        return '$';
    }
    return c == 0x3002 || c == 0xff61 ? '.' : PII_PLAIN_OTHER;
}

/* Of eight bytes, those whose top bit is set. */
static uint64_t
high_bits(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word & UINT64_C(0x8080808080808080);
}

/* The characters outside ASCII: bytes whose top two bits are set. */
static size_t
count_wide(struct text text)
{
    size_t count = 0, i = 0;

    for (; text.len - i >= 8; i += 8) {
        if (high_bits(text.at + i) == 0) {
            continue;
        }
        for (size_t k = i; k < i + 8; k++) {
            count += (unsigned char)text.at[k] >= 0xc0;
        }
    }
    for (; i < text.len; i++) {
        count += (unsigned char)text.at[i] >= 0xc0;
    }
    return count;
}

/* The end of the ASCII characters from `at` on. */
static size_t
ascii_end(struct text text, size_t at)
{
    while (text.len - at >= 8 && high_bits(text.at + at) == 0) {
        at += 8;
    }
    while (at < text.len && (unsigned char)text.at[at] < 0x80) {
        at++;
    }
    return at;
}

struct writer {
    char *at;
    size_t used;
    struct pii_plain_step *steps;
    size_t count;
};

/* What is written next comes from `raw` on. */
static void
step(struct writer *w, size_t raw)
{
    // A character that is gone right after another change.
    w->count -= w->count > 0 && w->steps[w->count - 1].at == w->used;
    w->steps[w->count++] =
        (struct pii_plain_step){(uint32_t)w->used, (uint32_t)raw};
}

static void
convert(struct text raw, struct writer *w)
{
    size_t len;

    for (size_t i = 0; i < raw.len; i += len) {
        const size_t end = ascii_end(raw, i);

        memcpy(w->at + w->used, raw.at + i, end - i);
        w->used += end - i;
        i = end;
        if (i == raw.len) {
            break;
        }
        const unsigned to = pii_plain_char(utf8_at(raw, i, &len));

        if (to == KEPT) {
            memcpy(w->at + w->used, raw.at + i, len);
            w->used += len;
            continue;
        }
        if (to != GONE) {
            w->at[w->used++] = (char)to;
        }
        step(w, i + len);
    }
}

bool
pii_plain_build(struct text raw, struct arena *arena, struct pii_plain *out,
                struct err *err)
{
    *out = (struct pii_plain){.text = raw, .raw = raw};
    if (raw.len >= UINT32_MAX) {
        err_set(err, ERR_TOO_LARGE, "text of %zu bytes is too long to scan",
                raw.len);
        return false;
    }
    const size_t wide = count_wide(raw);

    if (wide == 0) {
        return true;
    }
    struct writer w = {.at = arena_take(arena, raw.len),
                       .steps = arena_take(arena, wide * sizeof(*w.steps))};

    if (w.at == NULL || w.steps == NULL) {
        err_memory(err, "the plain form of a text");
        return false;
    }
    convert(raw, &w);
    out->text = (struct text){w.at, w.used};
    out->steps = w.steps;
    out->step_count = w.count;
    return true;
}

size_t
pii_plain_from(const struct pii_plain *plain, size_t from)
{
    size_t low = 0, high = plain->step_count;

    // The steps before `low` begin at or before `from`.
    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (plain->steps[middle].at <= from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0
               ? from
               : from - plain->steps[low - 1].at + plain->steps[low - 1].raw;
}

size_t
pii_plain_to(const struct pii_plain *plain, size_t to)
{
    const size_t last = pii_plain_from(plain, to - 1);

    // A kept letter has a byte of its own for each of its bytes; anything
    // else stands for the whole character that begins there.
    return (unsigned char)plain->text.at[to - 1] >= 0x80
               ? last + 1
               : last + utf8_len((unsigned char)plain->raw.at[last]);
}
