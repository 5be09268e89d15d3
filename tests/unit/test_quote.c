#include "tests/unit/harness.h"

#include "sidecar/engine/quote.h"

/* The span is that of "BOT". */
static const struct {
    const char *text;
    bool mention, code;
} rows[] = {
    {"BOT", false, false},
    {"\"BOT\" is a word", true, false},
    {"they say \"a BOT here\" a lot", true, false},
    {"\"BOT\"", false, false}, /* the whole line is speech */
    {" *\"BOT\"* ", false, false},
    {"\"BOT.\" he said", false, false},
    {"\"BOT,\" he said", false, false},
    {"\"BOT!\" he said", false, false},
    {"\"BOT?\" he said", false, false},
    {"\"BOT-\" he said", false, false},
    {"\"BOT;\" he said", false, false},
    {"\"BOT:\" he said", false, false},
    {"\"a\" BOT \"b\"", false, false}, /* between quotes, in none */
    {"\"a\" and \"BOT\" there", true, false},
    {"say \"BOT", false, false},
    {"say BOT\"", false, false},
    {"x \"a\nBOT\" y", false, false},
    {"x \"BOT\" y\nsecond", true, false},
    {"first\nx \"BOT\" y", true, false},
    {"`BOT`", false, true},
    {"call `f(BOT)` now", false, true},
    {"```\nBOT\n```", false, true},
    {"`a` BOT `b`", false, false},
    {"`BOT", false, false},
    {"BOT`", false, false},
    {"``a`` BOT", false, false},
    {"\"`BOT`\" is odd", true, true},
};

static struct span
span_of(const char *text)
{
    const size_t from = (size_t)(strstr(text, "BOT") - text);

    return (struct span){from, from + 3};
}

START_TEST(mention_and_code_are_told)
{
    const char *text = rows[_i].text;

    ck_assert_msg(quote_is_mention(text_of(text), span_of(text)) ==
                      rows[_i].mention,
                  "mention: %s", text);
    ck_assert_msg(quote_is_code(text_of(text), span_of(text)) == rows[_i].code,
                  "code: %s", text);
}
END_TEST

START_TEST(quotes_are_at_most_400_bytes_apart)
{
    char text[512];

    for (size_t apart = 399; apart <= 401; apart++) {
        memset(text, 'x', sizeof(text));
        text[1] = '"';
        text[1 + apart] = '"';
        const struct text t = {text, sizeof(text)};
        ck_assert_int_eq(quote_is_mention(t, (struct span){5, 8}),
                         apart <= 400);
    }
}
END_TEST

START_TEST(a_span_across_lines_is_no_mention)
{
    const char *text = "x \"a\nb\" y";

    ck_assert(!quote_is_mention(text_of(text), (struct span){3, 6}));
}
END_TEST

TEST_MAIN("quote", tcase_add_loop_test(tc, mention_and_code_are_told, 0,
                                       sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, quotes_are_at_most_400_bytes_apart);
          tcase_add_test(tc, a_span_across_lines_is_no_mention);)
