#include "sidecar/engine/linear_gram.h"

#include <stdlib.h>

#include "sidecar/base/buffer.h"
#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"
#include "tests/unit/harness.h"

enum { MOST = 512 };

/* Over all hashes of MIXED, below. */
#define GOLDEN UINT64_C(0xfbfe9edf213f6a8c)

struct grams {
    uint32_t hashes[MOST];
    struct linear_place places[MOST];
    size_t count;
};

static struct grams
read_all(struct text text)
{
    struct grams g = {.count = 0};
    struct linear_reader reader;

    linear_reader_init(&reader, text);
    g.count = linear_grams_placed(&reader, g.hashes, g.places, MOST);
    ck_assert_uint_le(g.count, MOST - LINEAR_GRAM_STEP);
    return g;
}

/* n-grams in order; blanks that only stand for the text's ends have no bytes.
 * An n-gram that ends with a blank comes after the words which it ends. */
static const struct {
    const char *text, *grams;
} cases[] = {
    {"", ""},
    {" \n ", ""},
    {"a", "a|a|"},
    {"ab", "ab|ab|ab|ab|"},
    {"abc", "ab|abc|abc|abc|bc|abc|abc|"},
    {"a b", "a|a |b|a b| b|"},
    {"ab cd", "ab|ab|ab |ab | cd|cd|ab cd|cd| cd|"},
    {"ab\n\ncd", "ab|ab|ab\n|ab\n|\ncd|cd|ab\n\ncd|cd|\ncd|"},
    {"a?b", "a?|a|a?b|a?b|b|a?b|?b|a?b|a?b|"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80|\xf0\x9f\x98\x80|"},
    {"hi\xf0\x9f\x98\x80",
     "hi|hi\xf0\x9f\x98\x80|hi\xf0\x9f\x98\x80|hi|\xf0\x9f\x98\x80|"
     "hi\xf0\x9f\x98\x80|i\xf0\x9f\x98\x80|hi\xf0\x9f\x98\x80|"
     "hi\xf0\x9f\x98\x80|"},
};

START_TEST(words_and_their_characters_are_read)
{
    const struct text text = text_of(cases[_i].text);
    const struct grams g = read_all(text);
    struct buffer got;

    buffer_init(&got, SIZE_MAX);
    for (size_t i = 0; i < g.count; i++) {
        buffer_add_text(&got,
                        text_part(text, g.places[i].from, g.places[i].to));
        buffer_add_byte(&got, '|');
    }
    ck_assert_msg(text_is(buffer_text(&got), cases[_i].grams), "\"%s\": %.*s",
                  cases[_i].text, TEXT_ARGS(buffer_text(&got)));
    buffer_clear(&got);
}
END_TEST

/* Is one of the n-grams' hashes in both texts, for the last word of each? */
static bool
share_word(const char *a, const char *b)
{
    const struct grams x = read_all(text_of(a)), y = read_all(text_of(b));

    // The pair of the words is the last but the three that end with a blank.
    return x.hashes[x.count - 4] == y.hashes[y.count - 4];
}

START_TEST(an_apostrophe_neither_ends_a_word_nor_counts)
{
    ck_assert(share_word("you dont", "you don't"));
    ck_assert(share_word("you dont", "you 'dont"));
    ck_assert(share_word("youre in", "you're in"));
    ck_assert(!share_word("you dont", "you don-t"));
    ck_assert(!share_word("you dont", "you dona"));
}
END_TEST

START_TEST(marks_between_words_do_not_part_a_pair)
{
    ck_assert(share_word("you. dont", "you dont"));
    ck_assert(!share_word("we dont", "you dont"));
}
END_TEST

#define MIXED                                                                  \
    "I'm \xd0\xb4\xd0\xb0 caf\xc3\xa9 na\xc3\xafve <|im_start|> "              \
    "\xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80 "   \
    "x1 99 -- a_b {{user}}\tend"

START_TEST(pieces_join_to_the_same_n_grams)
{
    const struct text text = TEXT(MIXED);
    const struct grams whole = read_all(text);
    const size_t most = (size_t)_i;
    struct linear_reader reader;
    uint32_t hashes[MOST];
    size_t at = 0, n;

    linear_reader_init(&reader, text);
    while ((n = linear_grams(&reader, hashes, most)) > 0) {
        ck_assert_uint_le(n, most);
        ck_assert_uint_le(n, whole.count - at);
        ck_assert_msg(memcmp(hashes, whole.hashes + at, n * 4) == 0,
                      "pieces of %zu differ at %zu", most, at);
        at += n;
    }
    ck_assert_uint_eq(at, whole.count);
    ck_assert_uint_eq(linear_grams(&reader, hashes, most), 0);
}
END_TEST

START_TEST(every_beginning_of_a_text_is_read_within_it)
{
    const struct text text = TEXT(MIXED);

    for (size_t len = 0; len <= text.len; len++) {
        if (len < text.len && utf8_inside((unsigned char)text.at[len])) {
            continue;
        }
        // Of exactly that size, so that sanitizers see a byte too many.
        char *copy = malloc(len > 0 ? len : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text.at, len);
        const struct grams g = read_all((struct text){copy, len});
        for (size_t i = 0; i < g.count; i++) {
            ck_assert_uint_lt(g.places[i].from, g.places[i].to);
            ck_assert_uint_le(g.places[i].to, len);
        }
        free(copy);
    }
}
END_TEST

/*
 * Models are trained on these very hashes: if this fails, raise
 * LINEAR_GRAM_VERSION and train anew.
 */
START_TEST(hashes_are_those_of_version_1)
{
    const struct grams g = read_all(TEXT(MIXED));
    uint64_t all = 0;

    for (size_t i = 0; i < g.count; i++) {
        all = hash_mix(all ^ g.hashes[i]);
    }
    ck_assert_int_eq(LINEAR_GRAM_VERSION, 1);
    ck_assert_msg(all == GOLDEN, "%zu n-grams, 0x%016llx", g.count,
                  (unsigned long long)all);
}
END_TEST

/* Repeated to some length, the worst that a text can ask for. */
static const char *const hostile[] = {
    "a",
    " a",
    "a ",
    "a.",
    " ",
    "\n",
    "'",
    "ab'",
    "\xf0\x9f\x98\x80",
    "a\xf0\x9f\x98\x80",
    "\xe4\xb8\xad",
    "\xd0\xb4 ",
    "\xcc\x81",
};

START_TEST(n_grams_grow_with_the_text_and_no_faster)
{
    enum { TIMES = 20000 };
    const struct text unit = text_of(hostile[_i]);
    struct linear_reader reader;
    uint32_t hashes[MOST];
    struct buffer text;
    size_t total = 0, n;

    buffer_init(&text, SIZE_MAX);
    for (size_t i = 0; i < TIMES; i++) {
        buffer_add_text(&text, unit);
    }
    linear_reader_init(&reader, buffer_text(&text));
    while ((n = linear_grams(&reader, hashes, MOST)) > 0) {
        total += n;
    }
    ck_assert_msg(total <= LINEAR_GRAM_STEP * (text.len + 1),
                  "\"%s\": %zu of %zu bytes", hostile[_i], total, text.len);
    buffer_clear(&text);
}
END_TEST

TEST_MAIN("linear_gram",
          tcase_add_loop_test(tc, words_and_their_characters_are_read, 0,
                              (int)(sizeof(cases) / sizeof(cases[0])));
          tcase_add_test(tc, an_apostrophe_neither_ends_a_word_nor_counts);
          tcase_add_test(tc, marks_between_words_do_not_part_a_pair);
          tcase_add_loop_test(tc, pieces_join_to_the_same_n_grams,
                              LINEAR_GRAM_STEP, 80);
          tcase_add_test(tc, every_beginning_of_a_text_is_read_within_it);
          tcase_add_test(tc, hashes_are_those_of_version_1);
          tcase_add_loop_test(tc, n_grams_grow_with_the_text_and_no_faster, 0,
                              (int)(sizeof(hostile) / sizeof(hostile[0])));)
