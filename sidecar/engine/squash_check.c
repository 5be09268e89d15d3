#include "sidecar/engine/squash_check.h"

#include "sidecar/engine/view_bytes.h"

enum {
    AHEAD = 6, // bytes that are looked at beside a byte
    WINDOW = 64,
    MARGIN = 4 // of a window, seen and not judged
};

// --- neighbours ------------------------------------------------------------

/* The signs that split words, and few others: * + , - . / and \ ] ^ _ | } ~ */
static inline view_bytes
may_split(view_bytes c)
{
    return view_bytes_in(c, '*', 6) |
           view_bytes_in(c | (unsigned char)0x20, '|', 4);
}

static inline view_bytes
is_letter(view_bytes c)
{
    return view_bytes_in(c, 'a', 26);
}

/* Which letters begin a run of three, or three double letters of four runs? */
static inline view_bytes
is_stretched(const unsigned char *at)
{
    const view_bytes a = view_bytes_at(at), b = view_bytes_at(at + 1);
    const view_bytes c = view_bytes_at(at + 2), d = view_bytes_at(at + 3);
    const view_bytes e = view_bytes_at(at + 4), f = view_bytes_at(at + 5);
    const view_bytes g = view_bytes_at(at + 6);
    const view_bytes cd = (view_bytes)(c == d), de = (view_bytes)(d == e);
    const view_bytes ef = (view_bytes)(e == f), fg = (view_bytes)(f == g);

    const view_bytes three = (view_bytes)(b == c);
    const view_bytes dense =
        is_letter(d) & is_letter(f) & ((cd & (ef | fg)) | (de & fg));
    return is_letter(a) & (view_bytes)(a == b) & (three | dense);
}

/*
 * Does any of at[VIEW_BYTES + AHEAD]'s first, with its neighbours, show white
 * space that changes, a letter beyond ASCII, a stretched word, or signs that
 * split a word?
 */
static bool
block_odd(const unsigned char *at)
{
    const view_bytes a = view_bytes_at(at), b = view_bytes_at(at + 1);
    const view_bytes c = view_bytes_at(at + 2), d = view_bytes_at(at + 3);
    const view_bytes white = view_bytes_is(a, '\n') |
                             (view_bytes_is(a, ' ') & view_bytes_is(b, ' '));
    const view_bytes foreign = view_bytes_in(a, 0xc3, 0x14);
    const view_bytes split =
        is_letter(a) & may_split(b) &
        (is_letter(c) | (may_split(c) & (is_letter(d) | view_bytes_is(d, '-') |
                                         view_bytes_is(d, '_'))));

    return view_bytes_any(white | foreign | split | is_stretched(at));
}

/* Can at[VIEW_BYTES + AHEAD]'s first be odd? Nearly all ordinary ones cannot.
 */
static inline bool
may_be_odd(const unsigned char *at)
{
    const view_bytes a = view_bytes_at(at), b = view_bytes_at(at + 1);
    const view_bytes c = view_bytes_at(at + 2), d = view_bytes_at(at + 3);
    const view_bytes e = view_bytes_at(at + 4);
    const view_bytes same = (view_bytes)(b == c) | (view_bytes)(c == d) |
                            (view_bytes)(d == e) | view_bytes_is(b, ' ');

    return view_bytes_any(view_bytes_is(a, '\n') | view_bytes_foreign(a) |
                          ((view_bytes)(a == b) & same) |
                          (may_split(b) & ~view_bytes_is(c, ' ')));
}

static bool
any_odd(const unsigned char *at, size_t len)
{
    unsigned char last[VIEW_BYTES + AHEAD];
    size_t i = 0;

    for (; len - i >= VIEW_BYTES + AHEAD; i += VIEW_BYTES) {
        if (may_be_odd(at + i) && block_odd(at + i)) {
            return true;
        }
    }
    for (; i < len; i += VIEW_BYTES) {   // at most twice
        memset(last, '?', sizeof(last)); // neither splits nor separates
        memcpy(last, at + i, len - i < sizeof(last) ? len - i : sizeof(last));
        if (block_odd(last)) {
            return true;
        }
    }
    return false;
}

// --- words of one character ------------------------------------------------

static uint64_t
word_bits(const unsigned char at[WINDOW])
{
    uint64_t bits = 0;

    for (size_t i = 0; i < WINDOW; i += VIEW_BYTES) {
        const view_bytes c = view_bytes_at(at + i);
        const view_bytes yes = is_letter(c) | view_bytes_in(c, '0', 10) |
                               view_bytes_is(c, '@') | view_bytes_is(c, '$');
        bits |= (uint64_t)view_bytes_bits(yes) << i;
    }
    return bits;
}

static uint64_t
equal_bits(const unsigned char at[WINDOW], unsigned char c)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < WINDOW; i += VIEW_BYTES) {
        const view_bytes yes = view_bytes_is(view_bytes_at(at + i), c);
        bits |= (uint64_t)view_bytes_bits(yes) << i;
    }
    return bits;
}

/* The last word so far is one character. */
struct words {
    bool single;
};

/* Do two of `singles` follow each other in `starts`, or one what was before? */
static bool
singles_meet(struct words *words, uint64_t starts, uint64_t singles)
{
    if (starts == 0) {
        return false;
    }
    if (words->single && (singles & starts & (~starts + 1)) != 0) {
        return true;
    }
    words->single = false;
    for (uint64_t left = singles; left != 0; left &= left - 1) {
        const uint64_t one = left & (~left + 1);
        const uint64_t after = starts & ~(one | (one - 1));
        if (after == 0) {
            words->single = true;
        } else if ((singles & after & (~after + 1)) != 0) {
            return true;
        }
    }
    return false;
}

/*
 * Takes out of `singles` the letters behind an apostrophe that joins them to a
 * word ("it's a"): no spelled word has them, unless another sign without a
 * space comes after ("f'u'c'k"). Then *odd is set.
 */
static uint64_t
without_glued(const unsigned char at[WINDOW], uint64_t in_word,
              uint64_t singles, bool *odd)
{
    const uint64_t glued = singles & equal_bits(at, '\'') << 1 & in_word << 2;

    if (glued != 0) {
        const uint64_t sign = ~(in_word | equal_bits(at, ' '));
        *odd = (glued & sign >> 1 & (sign >> 2 | in_word >> 2)) != 0;
    }
    return singles & ~glued;
}

/*
 * May a spelled word have a segment in the window's judged part? Its segments
 * are words of one character in a row.
 */
static bool
window_odd(struct words *words, const unsigned char at[WINDOW])
{
    const uint64_t judged = ~(uint64_t)0 >> 2 * MARGIN << MARGIN;
    const uint64_t in_word = word_bits(at);
    const uint64_t starts = in_word & ~(in_word << 1) & judged;
    const uint64_t singles = starts & ~(in_word >> 1);
    bool odd = false;

    if (singles == 0) {
        words->single = words->single && starts == 0;
        return false;
    }
    const uint64_t apart = without_glued(at, in_word, singles, &odd);
    return odd || singles_meet(words, starts, apart);
}

static bool
any_singles(const unsigned char *at, size_t len)
{
    enum { STEP = WINDOW - 2 * MARGIN };
    unsigned char edge[WINDOW];
    struct words words = {false};

    for (size_t i = 0; i < len; i += STEP) {
        if (i >= MARGIN && len - i >= WINDOW - MARGIN) {
            if (window_odd(&words, at + i - MARGIN)) {
                return true;
            }
            continue;
        }
        const size_t before = i < MARGIN ? i : MARGIN;
        const size_t left = len - i, room = WINDOW - MARGIN;
        memset(edge, ' ', sizeof(edge));
        memcpy(edge + MARGIN - before, at + i - before,
               before + (left < room ? left : room));
        if (window_odd(&words, edge)) {
            return true;
        }
    }
    return false;
}

bool
squash_check(struct text text)
{
    const unsigned char *const at = (const unsigned char *)text.at;

    return any_odd(at, text.len) || any_singles(at, text.len);
}
