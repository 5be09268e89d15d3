#include "tests/unit/harness.h"

#include "sidecar/engine/voice_text.h"

static struct arena *
room(void)
{
    struct arena *arena = arena_new(1024 * 1024);

    ck_assert_ptr_nonnull(arena);
    return arena;
}

/* As TEXT, where C wants a constant. */
#define PART(literal)                                                          \
    {                                                                          \
        literal, sizeof(literal) - 1                                           \
    }

static const struct {
    struct text in;
    const char *cased, *lower;
    size_t chars;
} folds[] = {
    {PART(""), " ", " ", 0},
    {PART(" \t\r\n\xc2\xa0\xe2\x80\x89"), " ", " ", 0},
    {PART("Yes"), " Yes ", " yes ", 3},
    {PART("  a \n\n b  "), " a b ", " a b ", 3},
    {PART("\xe2\x80\x9cIt\xe2\x80\x99s\xe2\x80\x9d"), " \"It's\" ",
     " \"it's\" ", 6},
    {PART("a\xe2\x80\x93"
          "b\xe2\x80\x94"
          "c\xe2\x80\x95"
          "d"),
     " a-b--c--d ", " a-b--c--d ", 9},
    {PART("so\xe2\x80\xa6"), " so... ", " so... ", 5},
    {PART("a\xe2\x80\x8b"
          "b\xef\xbb\xbf"
          "c\xc2\xad"
          "d"),
     " abcd ", " abcd ", 4},
    {PART("\xef\xbb\xbf\xe2\x80\x8b"), " ", " ", 0},
    {PART("**Bold** _it_ `code` ***"), " Bold it code ", " bold it code ", 12},
    {PART("~~gone~~ ~ 5"), " gone ~ 5 ", " gone ~ 5 ", 8},
    {PART("\xc3\x84pfel \xce\xa3 \xd0\x96\xd0\x81 \xc3\x97"),
     " \xc3\x84pfel \xce\xa3 \xd0\x96\xd0\x81 \xc3\x97 ",
     " \xc3\xa4pfel \xcf\x83 \xd0\xb6\xd1\x91 \xc3\x97 ", 12},
    {PART("\xc4\xb0\xc4\xb1\xc5\xb8\xc5\xa0"),
     " \xc4\xb0\xc4\xb1\xc5\xb8\xc5\xa0 ", " \xc4\xb0\xc4\xb1\xc3\xbf\xc5\xa1 ",
     4},
    {PART("\xf0\x9f\x98\x80!"), " \xf0\x9f\x98\x80! ", " \xf0\x9f\x98\x80! ",
     2},
    {PART("a\0b\x7f"
          "c"),
     " abc ", " abc ", 3},
};

START_TEST(folds_as_the_table_says)
{
    struct arena *arena = room();
    struct voice_text out;
    struct err err;

    ck_assert(voice_text_fold(folds[_i].in, arena, &out, &err));
    ck_assert_msg(text_is(out.cased, folds[_i].cased), "%d: \"%.*s\"", _i,
                  TEXT_ARGS(out.cased));
    ck_assert_msg(text_is(out.lower, folds[_i].lower), "%d: \"%.*s\"", _i,
                  TEXT_ARGS(out.lower));
    ck_assert_uint_eq(out.chars, folds[_i].chars);
    arena_free(arena);
}
END_TEST

START_TEST(folding_twice_changes_nothing_more)
{
    struct arena *arena = room();
    struct voice_text once, twice;
    struct err err;

    ck_assert(voice_text_fold(folds[_i].in, arena, &once, &err));
    ck_assert(voice_text_fold(once.cased, arena, &twice, &err));
    ck_assert_msg(text_equal(once.cased, twice.cased), "%d: \"%.*s\"", _i,
                  TEXT_ARGS(twice.cased));
    arena_free(arena);
}
END_TEST

START_TEST(every_character_folds_within_its_own_length)
{
    static const unsigned char leads[] = {0x41, 0xc2, 0xc4, 0xce,
                                          0xd0, 0xe2, 0xef};
    struct arena *arena = room();
    struct err err;

    for (size_t l = 0; l < sizeof(leads); l++) {
        for (unsigned b = 0x80; b < 0xc0; b++) {
            const char bytes[] = {(char)leads[l], (char)b, (char)0x93};
            const size_t len = leads[l] < 0x80 ? 1 : leads[l] < 0xe0 ? 2 : 3;
            struct voice_text out;
            arena_reset(arena);
            ck_assert(
                voice_text_fold((struct text){bytes, len}, arena, &out, &err));
            ck_assert_uint_le(out.cased.len, len + 2);
            ck_assert_uint_eq(out.cased.len, out.lower.len);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    struct voice_text out;
    struct err err;
    bool done = false;

    for (size_t nth = 1; !done; nth++) {
        struct arena *arena = room();
        arena_fail_at(arena, nth);
        err.kind = ERR_NONE;
        done = voice_text_fold(TEXT("Some words."), arena, &out, &err);
        ck_assert_int_eq(err.kind, done ? ERR_NONE : ERR_MEMORY);
        ck_assert(nth > 1 || !done);
        arena_free(arena);
    }
}
END_TEST

static const struct {
    const char *text;
    const char *tokens; /* kind letter and token, each ended by '|' */
} tokens[] = {
    {"", ""},
    {"   ", ""},
    {"Don't stop", "wDon't|wstop|"},
    {"'tis dogs' o'er'n", "m'|wtis|wdogs|m'|wo'er'n|"},
    {"a--b---c - d", "wa|m--|wb|m--|m-|wc|m-|wd|"},
    {"1,024 3rd", "n1|m,|n024|n3|wrd|"},
    {"wait... no.. what....", "wwait|m...|wno|m.|m.|wwhat|m....|"},
    {"caf\xc3\xa9!?", "wcaf|m\xc3\xa9|m!|m?|"},
};

START_TEST(tokens_are_words_numbers_and_marks)
{
    const struct text text = text_of(tokens[_i].text);
    struct voice_token token;
    char got[256];
    size_t n = 0;

    for (size_t at = 0; voice_text_token(text, &at, &token);) {
        got[n++] = "wnm"[token.kind];
        memcpy(got + n, text.at + token.from, token.to - token.from);
        n += token.to - token.from;
        got[n++] = '|';
        ck_assert_uint_eq(at, token.to);
    }
    got[n] = '\0';
    ck_assert_str_eq(got, tokens[_i].tokens);
}
END_TEST

TEST_MAIN("voice_text", tcase_add_loop_test(tc, folds_as_the_table_says, 0,
                                            sizeof(folds) / sizeof(folds[0]));
          tcase_add_loop_test(tc, folding_twice_changes_nothing_more, 0,
                              sizeof(folds) / sizeof(folds[0]));
          tcase_add_test(tc, every_character_folds_within_its_own_length);
          tcase_add_test(tc, no_memory_is_an_error);
          tcase_add_loop_test(tc, tokens_are_words_numbers_and_marks, 0,
                              sizeof(tokens) / sizeof(tokens[0]));)
