#include "sidecar/engine/voice_features.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/hash.h"

enum {
    LONG_WORD = 12,     /* letters; longer words count alike */
    ENDING_WORD = 5,    /* letters that a word needs to have an ending */
    LENGTH_STEPS = 2,   /* steps of length for each doubling, in words */
    SENTENCE_STEP = 12, /* the last step: 63 words and more */
    REPLY_STEP = 16,    /* the last step: 255 words and more */
    MOST_SENTENCES = 8, /* more count alike */
    LOOK_LENGTHS = 3    /* letters in one class of voice_shape_look */
};

/* The neighbours of the first and the last mark of a text. */
static const uint64_t BEGINS = 1, ENDS = 2;

static bool
is_capitals(struct text word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (ascii_is_small(word.at[i])) {
            return false;
        }
    }
    return word.len > 1;
}

uint64_t
voice_shape_look(struct text word)
{
    const uint64_t letters = word.len < 7 ? word.len : 7;
    const uint64_t cased = is_capitals(word)              ? 2
                           : ascii_is_capital(word.at[0]) ? 1
                                                          : 0;

    return 16 + cased * LOOK_LENGTHS + letters / LOOK_LENGTHS;
}

/* floor(2 * log2(words + 1)), at most `last`. */
static uint64_t
length_step(size_t words, uint64_t last)
{
    uint64_t square = ((uint64_t)words + 1) * ((uint64_t)words + 1);
    uint64_t step = 0;

    while (square >= LENGTH_STEPS && step < last) {
        square /= 2;
        step++;
    }
    return step;
}

static void
add(struct voice_sink *sink, enum voice_kind kind, uint64_t value,
    uint32_t from, uint32_t to)
{
    const uint64_t seed = (uint64_t)VOICE_SHAPE << 8 | (uint64_t)kind;

    voice_sink_add(sink, hash_mix(seed * 0x9e3779b97f4a7c15u + value),
                   (struct voice_spot){kind, from, to});
}

static void
add_mark(struct voice_sink *sink, const struct voice_window *window, size_t i)
{
    const struct voice_part *p = &window->parts[i];
    const bool last = i + 1 == window->part_count;
    const uint64_t before = i > 0 ? p[-1].look : BEGINS;
    const uint64_t after = last ? ENDS : p[1].look;
    const uint32_t from = p->token.from, to = p->token.to;

    add(sink, VOICE_KIND_MARK, p->id, from, to);
    add(sink, VOICE_KIND_BEFORE_MARK, hash_mix(before) + p->id,
        i > 0 ? p[-1].token.from : from, to);
    add(sink, VOICE_KIND_AFTER_MARK, hash_mix(after) ^ p->id, from,
        last ? to : p[1].token.to);
}

/* Does a capital after this token begin a sentence or a quotation? */
static bool
opens(const struct voice_window *window, const struct voice_token *t)
{
    return t->kind == VOICE_MARK && t->to - t->from == 1 &&
           strchr(".!?\"'", window->cased.at[t->from]) != NULL;
}

/* The last letters of a word as one number. */
static uint64_t
tail_of(const char *end, size_t len)
{
    uint64_t tail = len;

    for (size_t i = len; i > 0; i--) {
        tail = tail << 8 | (unsigned char)end[-(ptrdiff_t)i];
    }
    return tail;
}

static void
add_word(struct voice_sink *sink, const struct voice_window *window, size_t i)
{
    const struct voice_token *t = &window->parts[i].token;
    const struct text word = text_part(window->cased, t->from, t->to);
    const char *lower = window->lower.at + t->from;
    const char *quote = memchr(lower, '\'', word.len);
    const uint32_t from = t->from, to = t->to;

    add(sink, VOICE_KIND_WORD_LENGTH,
        word.len < LONG_WORD ? word.len : LONG_WORD, from, to);
    if (is_capitals(word)) {
        add(sink, VOICE_KIND_CAPITALS, 0, from, to);
    }
    if (ascii_is_capital(word.at[0]) && i > 0 &&
        !opens(window, &window->parts[i - 1].token)) {
        add(sink, VOICE_KIND_CAPITAL, 0, from, to);
    }
    if (quote != NULL) {
        const size_t at = (size_t)(quote - lower);
        add(sink, VOICE_KIND_CONTRACTION, 0, from, to);
        add(sink, VOICE_KIND_APOSTROPHE, hash_bytes(quote, word.len - at, 0),
            from + (uint32_t)at, to);
    }
    if (word.len >= ENDING_WORD) {
        const char *end = lower + word.len;
        add(sink, VOICE_KIND_ENDING, tail_of(end, 3), to - 3, to);
        add(sink, VOICE_KIND_ENDING, tail_of(end, 2), to - 2, to);
    }
}

/* One sentence as it is read: which words open and close it. */
struct sentence {
    const struct voice_part *first, *second, *last; /* words, or NULL */
    size_t words;
};

static void
sentence_word(struct sentence *s, const struct voice_part *word)
{
    if (s->first == NULL) {
        s->first = word;
    } else if (s->second == NULL) {
        s->second = word;
    }
    s->last = word;
    s->words++;
}

/* The character that a token ends on, as a number. */
static uint64_t
final_character(const struct voice_window *window, const struct voice_part *p)
{
    const unsigned char byte = (unsigned char)window->lower.at[p->token.to - 1];

    return byte < 0x80 ? byte : p->id;
}

/* `end` is the sentence's last token. */
static void
add_sentence(struct voice_sink *sink, const struct voice_window *window,
             const struct sentence *s, const struct voice_part *end)
{
    const uint64_t final = final_character(window, end);
    const uint32_t to = end->token.to;
    const uint32_t from =
        s->first != NULL ? s->first->token.from : end->token.from;

    add(sink, VOICE_KIND_SENTENCE, length_step(s->words, SENTENCE_STEP), from,
        to);
    add(sink, VOICE_KIND_CLOSING, final, end->token.from, to);
    if (s->first != NULL) {
        add(sink, VOICE_KIND_OPENING, s->first->id, from, s->first->token.to);
    }
    if (s->second != NULL) {
        add(sink, VOICE_KIND_OPENING, hash_mix(s->first->id) + s->second->id,
            from, s->second->token.to);
    }
    if (s->last != NULL) {
        const struct voice_token *t = &s->last->token;
        const size_t len = t->to - t->from < 3 ? t->to - t->from : 3;
        add(sink, VOICE_KIND_CLOSING,
            hash_mix(tail_of(window->lower.at + t->to, len)) + final,
            t->to - (uint32_t)len, to);
    }
}

/* Is this token the end of a sentence: . ! or ? with a space behind it? */
static bool
ends_sentence(const struct voice_window *window, const struct voice_token *t)
{
    return t->kind == VOICE_MARK && t->to < window->cased.len &&
           window->cased.at[t->to] == ' ' &&
           strchr(".!?", window->cased.at[t->to - 1]) != NULL;
}

void
voice_shape_add(const struct voice_window *window, struct voice_sink *sink)
{
    const size_t n = window->part_count;
    struct sentence s = {NULL, NULL, NULL, 0};
    size_t words = 0, sentences = 0;

    for (size_t i = 0; i < n; i++) {
        const struct voice_part *p = &window->parts[i];
        if (p->token.kind == VOICE_MARK) {
            add_mark(sink, window, i);
        } else if (p->token.kind == VOICE_WORD) {
            add_word(sink, window, i);
            sentence_word(&s, p);
            words++;
        }
        if (i + 1 == n || ends_sentence(window, &p->token)) {
            add_sentence(sink, window, &s, p);
            s = (struct sentence){NULL, NULL, NULL, 0};
            sentences++;
        }
    }
    if (n > 0) {
        const uint32_t end = (uint32_t)window->cased.len;
        add(sink, VOICE_KIND_REPLY_LENGTH, length_step(words, REPLY_STEP), 0,
            end);
        add(sink, VOICE_KIND_REPLY_SENTENCES,
            sentences < MOST_SENTENCES ? sentences : MOST_SENTENCES, 0, end);
    }
}
