#include "sidecar/engine/decoded_check.h"

#include "sidecar/engine/decoded_read.h"
#include "sidecar/engine/view_bytes.h"

enum {
    AHEAD = 2, // bytes that are looked at beside a byte
    HALF = 8   // every run of 15 covers one
};

static inline view_bytes
is_wordy(view_bytes c)
{
    return view_bytes_letter(c) | view_bytes_foreign(c);
}

/* Marks of emphasis. */
static inline view_bytes
is_mark(view_bytes c)
{
    return view_bytes_is(c, '*') | view_bytes_in(c, '_', 2) |
           view_bytes_is(c, '~');
}

/* In either alphabet of base64, or its padding. */
static inline view_bytes
in_run(view_bytes c)
{
    return view_bytes_letter(c) | view_bytes_in(c, '/', 11) | // and the digits
           view_bytes_is(c, '+') | view_bytes_is(c, '-') |
           view_bytes_is(c, '=') | view_bytes_is(c, '_');
}

static bool
run_byte(unsigned char c)
{
    return decoded_base64(c) || c == '=';
}

/* Is the byte at `at` in a run that is long enough to be base64? */
static bool
in_long_run(const unsigned char *text, size_t len, size_t at)
{
    size_t from = at, to = at;

    while (from > 0 && at - from < DECODED_BASE64_LEAST &&
           run_byte(text[from - 1])) {
        from--;
    }
    while (to < len && to - from < DECODED_BASE64_LEAST && run_byte(text[to])) {
        to++;
    }
    return to - from >= DECODED_BASE64_LEAST;
}

/*
 * Does any of at[VIEW_BYTES + AHEAD]'s first, with two neighbours, show a sign
 * that begins something, a mark of emphasis in a word, or U+202E?
 */
static bool
block_odd(const unsigned char *at)
{
    const view_bytes a = view_bytes_at(at), b = view_bytes_at(at + 1);
    const view_bytes c = view_bytes_at(at + 2);
    const view_bytes sign = (view_bytes_is(a, '&') | view_bytes_is(a, '<') |
                             view_bytes_is(a, '%') | view_bytes_is(a, '\\')) &
                            ~view_bytes_is(b, ' '); // "2% milk & eggs"
    const view_bytes override = view_bytes_is(a, 0xe2) &
                                view_bytes_is(b, 0x80) & view_bytes_is(c, 0xae);
    const view_bytes emphasis =
        is_wordy(a) & is_mark(b) & (is_wordy(c) | is_mark(c));

    return view_bytes_any(sign | override | emphasis);
}

/* Is one half of at[VIEW_BYTES] nothing but base64? Which goes to *half. */
static bool
half_in_run(const unsigned char *at, size_t *half)
{
    const view_bytes run = in_run(view_bytes_at(at));
    uint64_t halves[2];

    memcpy(halves, &run, sizeof(halves));
    *half = halves[0] == UINT64_MAX ? 0 : 1;
    return halves[*half] == UINT64_MAX;
}

/* Can a block be odd, or half of it be in a run? Few ordinary ones can. */
static inline bool
may_be_odd(const unsigned char *at)
{
    const view_bytes c = view_bytes_at(at);
    const view_bytes folded = c | (unsigned char)0x20; // \ to | and _ to DEL
    const view_bytes sign = view_bytes_in(c, '%', 2) | view_bytes_is(c, '*') |
                            view_bytes_is(c, '<') | view_bytes_is(c, '`') |
                            view_bytes_in(folded, '|', 4) |
                            view_bytes_is(c, 0xe2);
    const unsigned no_run = view_bytes_bits(view_bytes_in(c, 0, '+'));
    const unsigned char next = at[VIEW_BYTES]; // a mark behind a letter

    return next == '*' || next == '_' || next == '`' || next == '~' ||
           view_bytes_any(sign) || (no_run & 0xff) == 0 || no_run >> HALF == 0;
}

bool
decoded_check(struct text text)
{
    const unsigned char *const at = (const unsigned char *)text.at;
    unsigned char last[VIEW_BYTES + AHEAD];
    size_t half;

    for (size_t i = 0; i < text.len; i += VIEW_BYTES) {
        const size_t left = text.len - i;
        const unsigned char *block = at + i;
        if (left < sizeof(last)) {
            memset(last, ' ', sizeof(last));
            memcpy(last, at + i, left);
            block = last;
        }
        if (!may_be_odd(block)) {
            continue;
        }
        // Where both halves are in a run it is one.
        if (block_odd(block) || (half_in_run(block, &half) &&
                                 in_long_run(at, text.len, i + HALF * half))) {
            return true;
        }
    }
    return false;
}
