#include "sidecar/engine/linear_gram.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/word.h"

/*
 * A character is packed into 12 bits: ASCII as it is, any other as 2,048 and 11
 * bits of hash. Five fill 60 bits, so that the last n characters are the low
 * 12 n bits of one number and need no loop. No symbol is 0, so n-grams of
 * different lengths are different numbers.
 */
enum { SYMBOL_BITS = 12, WIDE_SYMBOL = 1 << 11, BLANK = ' ' };

#define LAST(n) ((UINT64_C(1) << (SYMBOL_BITS * (n))) - 1)

/* 2^64 / golden ratio, as in SplitMix64: multiplicative hashing (Knuth 6.4). */
static const uint64_t SPREAD = 0x9e3779b97f4a7c15u;

/* Any odd numbers do; these are SplitMix64's other two. */
static const uint64_t WORD_STEP = 0xbf58476d1ce4e5b9u;
static const uint64_t PAIR_STEP = 0x94d049bb133111ebu;

/* What a byte of ASCII is to the words. */
enum kind { MARK, WORD, SILENT };

static inline enum kind
ascii_kind(unsigned char c)
{
    // The apostrophe neither ends a word nor counts: people leave it out.
    return ascii_is_alnum(c) ? WORD : c == '\'' ? SILENT : MARK;
}

static inline uint64_t
wide_symbol(uint32_t c)
{
    return WIDE_SYMBOL | (c * SPREAD) >> (64 - (SYMBOL_BITS - 1));
}

static inline uint32_t
hash32(uint64_t packed)
{
    return (uint32_t)((packed * SPREAD) >> 32);
}

/* Where n-grams go; `places` is NULL where nobody asks. */
struct sink {
    uint32_t *hashes;
    struct linear_place *places;
    size_t count;
};

static inline void
add(struct sink *sink, bool really, uint32_t hash, uint32_t from, uint32_t to)
{
    // Written in any case and then counted or not: no branch to mispredict.
    sink->hashes[sink->count] = hash;
    if (sink->places != NULL) {
        sink->places[sink->count] = (struct linear_place){from, to};
    }
    sink->count += really;
}

/* One more symbol of the text's bytes [from, to), and the n-grams it ends. */
static inline void
add_symbol(struct linear_reader *r, struct sink *sink, uint64_t symbol,
           uint32_t from, uint32_t to)
{
    r->window = (r->window << SYMBOL_BITS | symbol) & LAST(5);
    r->held++;
    if (sink->places != NULL) {
        memmove(r->starts + 1, r->starts, sizeof(r->starts) - sizeof(from));
        r->starts[0] = from;
    }
    add(sink, r->held >= 3, hash32(r->window & LAST(3)), r->starts[2], to);
    add(sink, r->held >= 4, hash32(r->window & LAST(4)), r->starts[3], to);
    add(sink, r->held >= 5, hash32(r->window), r->starts[4], to);
}

static inline void
end_word(struct linear_reader *r, struct sink *sink)
{
    if (r->word == 0) {
        return;
    }
    add(sink, true, hash32(r->word ^ r->word >> 32), r->word_from, r->word_to);
    const uint64_t pair = r->before * PAIR_STEP + r->word;
    add(sink, r->before != 0, hash32(pair ^ pair >> 32), r->before_from,
        r->word_to);
    r->before = r->word;
    r->before_from = r->word_from;
    r->word = 0;
}

static inline void
grow_word(struct linear_reader *r, uint64_t symbol, uint32_t from, uint32_t to)
{
    if (r->word == 0) {
        r->word_from = from;
    }
    r->word = (r->word ^ symbol) * WORD_STEP | 1; // never 0
    r->word_to = to;
}

/* White space, or the end of the text, at [from, to). */
static inline void
add_blank(struct linear_reader *r, struct sink *sink, uint32_t from,
          uint32_t to)
{
    end_word(r, sink);
    if (r->held > 1) {
        add_symbol(r, sink, BLANK, from, to);
    }
    r->window = BLANK;
    r->held = 1;
    r->starts[0] = from;
}

static inline void
add_ascii(struct linear_reader *r, struct sink *sink, unsigned char c,
          uint32_t at)
{
    const enum kind kind = ascii_kind(c);

    add_symbol(r, sink, c, at, at + 1);
    if (kind == WORD) {
        grow_word(r, c, at, at + 1);
    } else if (kind == MARK) {
        end_word(r, sink);
    }
}

static void
add_wide(struct linear_reader *r, struct sink *sink, uint32_t at, size_t *len)
{
    const uint32_t c = utf8_at(r->text, at, len);
    const uint64_t symbol = wide_symbol(c);
    const uint32_t to = at + (uint32_t)*len;

    add_symbol(r, sink, symbol, at, to);
    if (word_char(c)) {
        grow_word(r, symbol, at, to);
        return;
    }
    end_word(r, sink);
    grow_word(r, symbol, at, to);
    end_word(r, sink);
}

static inline size_t
read_grams(struct linear_reader *reader, uint32_t *hashes,
           struct linear_place *places, size_t most)
{
    struct linear_reader r = *reader; // in registers, or it is half as fast
    struct sink sink = {hashes, places, 0};
    const size_t room = most - LINEAR_GRAM_STEP;

    while (r.at < r.text.len && sink.count <= room) {
        const unsigned char c = (unsigned char)r.text.at[r.at];
        const uint32_t at = (uint32_t)r.at;
        size_t len = 1;
        if (c <= ' ') {
            add_blank(&r, &sink, at, at + 1);
        } else if (c < 0x80) {
            add_ascii(&r, &sink, c, at);
        } else {
            add_wide(&r, &sink, at, &len);
        }
        r.at += len;
    }
    if (r.at == r.text.len && !r.ended && sink.count <= room) {
        add_blank(&r, &sink, (uint32_t)r.at, (uint32_t)r.at);
        r.ended = true;
    }
    *reader = r;
    return sink.count;
}

void
linear_reader_init(struct linear_reader *reader, struct text text)
{
    *reader = (struct linear_reader){.text = text, .window = BLANK, .held = 1};
}

size_t
linear_grams(struct linear_reader *reader, uint32_t *hashes, size_t most)
{
    return read_grams(reader, hashes, NULL, most);
}

size_t
linear_grams_placed(struct linear_reader *reader, uint32_t *hashes,
                    struct linear_place *places, size_t most)
{
    return read_grams(reader, hashes, places, most);
}
