#include "sidecar/engine/pii_plain.h"

#include "sidecar/base/utf8.h"
#include "tests/unit/harness.h"

enum { ARENA_BYTES = 1 << 20, MOST = 4096 };

static const struct {
    const char *raw, *plain;
} forms[] = {
    {"", ""},
    {"plain text 1", "plain text 1"},
    {"\uff11\uff12\u3000\u0663", "12 3"},
    {"a\u200bb\u00adc", "abc"},
    {"\u200b\u200b1", "1"},
    {"1\u200b\u200b", "1"},
    {"\u201cyes\u201d", "\"yes\""},
    {"it\u2019s \u2013 5\u00a3", "it's - 5$"},
    {"caf\u00e9 \u0434\u0430", "caf\u00e9 \u0434\u0430"},
    {"\u65e5\u672c12", "\x1f\x1f"
                       "12"},
    {"\U0001d7d8\u3002\U0001f600", "0.\x1f"},
};

START_TEST(characters_become_plain)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct pii_plain plain;
    struct err err;

    ck_assert(pii_plain_build(text_of(forms[_i].raw), arena, &plain, &err));
    ck_assert_msg(text_is(plain.text, forms[_i].plain), "%s: %.*s",
                  forms[_i].raw, TEXT_ARGS(plain.text));
    arena_free(arena);
}
END_TEST

/* A text of random pieces, with where each plain byte came from. */
static size_t
random_text(uint32_t *state, char *raw, char *want, size_t *from, size_t *to,
            size_t *raw_len)
{
    size_t used = 0, len = 0;

    while (len < 600) {
        *state = *state * 1664525u + 1013904223u;
        const size_t kind = *state >> 16 & 7;
        static const uint32_t chars[] = {'a',  '7',    ' ',    0x200b,
                                         0xe9, 0xff17, 0x2019, 0x1f600};
        static const char plain[] = {'a', '7', ' ', 0, 0, '7', '\'', 0x1f};
        const size_t size = utf8_put(chars[kind], raw + len);

        for (size_t k = 0; k < size && kind == 4; k++) { // a kept letter
            want[used] = raw[len + k];
            from[used] = len + k;
            to[used++] = len + k + 1;
        }
        if (kind != 3 && kind != 4) {
            want[used] = plain[kind];
            from[used] = len;
            to[used++] = len + size;
        }
        len += size;
    }
    *raw_len = len;
    return used;
}

START_TEST(every_place_is_mapped_back)
{
    static char raw[MOST], want[MOST];
    static size_t from[MOST], to[MOST];
    uint32_t state = 2026;

    for (int round = 0; round < 200; round++) {
        struct arena *const arena = arena_new(ARENA_BYTES);
        struct pii_plain plain;
        struct err err;
        size_t len;
        const size_t used = random_text(&state, raw, want, from, to, &len);

        ck_assert(
            pii_plain_build((struct text){raw, len}, arena, &plain, &err));
        ck_assert_uint_eq(plain.text.len, used);
        ck_assert_int_eq(memcmp(plain.text.at, want, used), 0);
        for (size_t i = 0; i < used; i++) {
            ck_assert_msg(pii_plain_from(&plain, i) == from[i],
                          "round %d, place %zu", round, i);
            ck_assert_msg(pii_plain_to(&plain, i + 1) == to[i],
                          "round %d, place %zu", round, i);
        }
        arena_free(arena);
    }
}
END_TEST

START_TEST(a_full_arena_is_an_error)
{
    for (size_t nth = 1; nth <= 2; nth++) {
        struct arena *const arena = arena_new(ARENA_BYTES);
        struct pii_plain plain;
        struct err err;

        arena_fail_at(arena, nth);
        ck_assert(!pii_plain_build(text_of("\u201c"), arena, &plain, &err));
        ck_assert_int_eq(err.kind, ERR_MEMORY);
        arena_free(arena);
    }
}
END_TEST

TEST_MAIN("pii_plain",
          tcase_add_loop_test(tc, characters_become_plain, 0,
                              (int)(sizeof(forms) / sizeof(forms[0])));
          tcase_add_test(tc, every_place_is_mapped_back);
          tcase_add_test(tc, a_full_arena_is_an_error);)
