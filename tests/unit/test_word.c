#include "tests/unit/harness.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/word.h"

START_TEST(letters_digits_and_marks_are_of_words)
{
    static const struct {
        uint32_t c;
        bool word;
    } rows[] = {
        {0, false},       {' ', false},     {'a', true},       {'z', true},
        {'A', true},      {'Z', true},      {'0', true},       {'9', true},
        {'/', false},     {':', false},     {'@', false},      {'[', false},
        {'`', false},     {'{', false},     {'_', false},      {'\'', false},
        {'-', false},     {0x7f, false},    {0xa0, false},     {0xe9, true},
        {0x301, true},    {0x3b1, true},    {0x430, true},     {0x5d0, true},
        {0x627, true},    {0x905, true},    {0x93e, true},     {0xe01, false},
        {0xeff, false},   {0x1000, false},  {0x109f, false},   {0x10a0, true},
        {0x1100, false},  {0x1780, false},  {0x2019, false},   {0x2e80, false},
        {0x3042, false},  {0x30a2, false},  {0x4e00, false},   {0x9fff, false},
        {0xac00, false},  {0xd7a3, false},  {0xf900, false},   {0x1e00, true},
        {0x1f600, false}, {0x20000, false}, {0x10ffff, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(word_char(rows[i].c) == rows[i].word, "U+%04X",
                      rows[i].c);
    }
}
END_TEST

/* At every offset of a text the two agree with the characters around it. */
START_TEST(both_sides_of_every_place_are_seen)
{
    const struct text text =
        TEXT("a\xc3\xa9 \xe6\x97\xa5\xf0\x9f\x98\x80z'\xcc\x81");

    ck_assert(!word_before(text, 0));
    ck_assert(!word_at(text, text.len));
    ck_assert(!word_before((struct text){NULL, 0}, 0));
    ck_assert(!word_at((struct text){NULL, 0}, 0));
    for (size_t at = 0, len; at < text.len; at += len) {
        const bool word = word_char(utf8_at(text, at, &len));
        ck_assert_int_eq(word_at(text, at), word);
        ck_assert_int_eq(word_before(text, at + len), word);
    }
}
END_TEST

TEST_MAIN("word", tcase_add_test(tc, letters_digits_and_marks_are_of_words);
          tcase_add_test(tc, both_sides_of_every_place_are_seen);)
