#include "sidecar/engine/voice_features.h"

#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"

/*
 * Features that one byte of text can begin: a trigram, a fourgram, half a word,
 * three patterns, and of the shapes at most three for a mark or eight for a
 * word, with ten more for a sentence that ends there.
 */
enum { FEATURES_PER_BYTE = 24, FEATURES_PER_TEXT = 16 };

/* Stand-ins in patterns; odd, so that no real hash is likelier than others. */
static const uint64_t RARE_WORD = 0x2a2a2a2a2a2a2a2bu;
static const uint64_t ANY_NUMBER = 0x2323232323232323u;
static const uint64_t TEXT_BEGINS = 0x3c3c3c3c3c3c3c3du;
static const uint64_t TEXT_ENDS = 0x3e3e3e3e3e3e3e3fu;

size_t
voice_features_most(size_t len)
{
    return len * FEATURES_PER_BYTE + FEATURES_PER_TEXT;
}

static void
describe(const struct voice_model *model, const struct voice_window *window,
         struct voice_part *part)
{
    const struct voice_token *t = &part->token;
    const struct text lower = text_part(window->lower, t->from, t->to);

    switch (t->kind) {
    case VOICE_WORD:
        part->id = voice_model_word_hash(lower);
        part->pattern =
            voice_model_common(model, part->id) ? part->id : RARE_WORD;
        part->look = voice_shape_look(text_part(window->cased, t->from, t->to));
        break;
    case VOICE_NUMBER:
        part->id = part->pattern = part->look = ANY_NUMBER;
        break;
    case VOICE_MARK:
        part->id = hash_text(lower, VOICE_MARK);
        part->pattern = part->look = part->id;
        break;
    }
}

size_t
voice_features_parts(const struct voice_model *model,
                     const struct voice_window *window,
                     struct voice_part *parts)
{
    size_t n = 0;

    for (size_t at = 0;
         voice_text_token(window->cased, &at, &parts[n].token);) {
        describe(model, window, &parts[n]);
        if (++n == window->cased.len) {
            break;
        }
    }
    return n;
}

/*
 * Hash of a run of characters of at most 8 bytes that are packed into a number,
 * the first lowest. Packing byte by byte matters: loading three bytes at once
 * through memory cost four times as much as the rest.
 */
static uint64_t
gram_hash(uint64_t packed, size_t len, uint64_t seed)
{
    return hash_mix(packed + (seed << 4 | len) * 0x9e3779b97f4a7c15u);
}

static void
add_gram(struct voice_sink *sink, uint64_t hash, size_t from, size_t to)
{
    voice_sink_add(
        sink, hash,
        (struct voice_spot){VOICE_KIND_TEXT, (uint32_t)from, (uint32_t)to});
}

static uint64_t
span_hash(struct text span, uint64_t seed)
{
    uint64_t packed = 0;

    if (span.len > sizeof(packed)) {
        return hash_text(span, seed);
    }
    for (size_t i = 0; i < span.len; i++) {
        packed |= (uint64_t)(unsigned char)span.at[i] << 8 * i;
    }
    return gram_hash(packed, span.len, seed);
}

/* Every run of `width` characters. */
static void
add_wide_grams(struct voice_sink *sink, struct text text, size_t width,
               uint64_t seed)
{
    size_t from = 0, to = 0;

    for (size_t chars = 1; to < text.len; chars++) {
        to += utf8_len((unsigned char)text.at[to]);
        if (chars >= width) {
            add_gram(sink, span_hash(text_part(text, from, to), seed), from,
                     to);
            from += utf8_len((unsigned char)text.at[from]);
        }
    }
}

/* The same where every character is one byte: the window slides by one. */
static inline void
add_ascii_grams(struct voice_sink *sink, struct text text, size_t width,
                uint64_t seed)
{
    uint64_t packed = 0;

    for (size_t i = 0; i < text.len; i++) {
        packed = packed >> 8 | (uint64_t)(unsigned char)text.at[i]
                                   << 8 * (width - 1);
        if (i + 1 >= width) {
            add_gram(sink, gram_hash(packed, width, seed), i + 1 - width,
                     i + 1);
        }
    }
}

static void
add_trigrams(struct voice_sink *sink, const struct voice_window *window)
{
    if (window->ascii) {
        add_ascii_grams(sink, window->cased, 3, VOICE_TRIGRAMS);
    } else {
        add_wide_grams(sink, window->cased, 3, VOICE_TRIGRAMS);
    }
}

static void
add_fourgrams(struct voice_sink *sink, const struct voice_window *window)
{
    if (window->ascii) {
        add_ascii_grams(sink, window->lower, 4, VOICE_FOURGRAMS);
    } else {
        add_wide_grams(sink, window->lower, 4, VOICE_FOURGRAMS);
    }
}

static void
add_words(struct voice_sink *sink, const struct voice_window *window)
{
    for (size_t i = 0; i < window->part_count; i++) {
        const struct voice_part *p = &window->parts[i];
        if (p->token.kind == VOICE_WORD) {
            voice_sink_add(sink, hash_mix(p->id ^ VOICE_WORDS),
                           (struct voice_spot){VOICE_KIND_TEXT, p->token.from,
                                               p->token.to});
        }
    }
}

/* One token, two and three in a row, the text's two ends being tokens too. */
static void
add_patterns(struct voice_sink *sink, const struct voice_window *window)
{
    const struct voice_part *parts = window->parts;
    const size_t n = window->part_count;
    uint64_t one = 0, two = TEXT_BEGINS;
    uint32_t from_one = 0, from_two = 0;

    for (size_t i = 0; i < n + (n > 0); i++) {
        const bool end = i == n;
        const uint64_t now = end ? TEXT_ENDS : parts[i].pattern;
        const uint32_t from = end ? parts[n - 1].token.to : parts[i].token.from;
        const uint32_t to = end ? from : parts[i].token.to;
        const uint64_t pair = hash_mix(two * 0x9e3779b97f4a7c15u + now);
        if (!end) {
            voice_sink_add(sink, hash_mix(now ^ VOICE_SYNTAX),
                           (struct voice_spot){VOICE_KIND_PATTERN, from, to});
        }
        voice_sink_add(sink, pair,
                       (struct voice_spot){VOICE_KIND_PATTERN, from_two, to});
        if (i > 0) {
            voice_sink_add(
                sink, hash_mix(one * 0xd6e8feb86659fd93u + pair),
                (struct voice_spot){VOICE_KIND_PATTERN, from_one, to});
        }
        one = two;
        two = now;
        from_one = from_two;
        from_two = from;
    }
}

void
voice_features_add(const struct voice_window *window, enum voice_family family,
                   struct voice_sink *sink)
{
    switch (family) {
    case VOICE_TRIGRAMS:
        add_trigrams(sink, window);
        break;
    case VOICE_FOURGRAMS:
        add_fourgrams(sink, window);
        break;
    case VOICE_WORDS:
        add_words(sink, window);
        break;
    case VOICE_SYNTAX:
        add_patterns(sink, window);
        break;
    case VOICE_SHAPE:
        voice_shape_add(window, sink);
        break;
    case VOICE_FAMILIES:
        break;
    }
}
