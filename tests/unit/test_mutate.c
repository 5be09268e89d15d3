#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/mutate.h"

enum { ARENA_BYTES = 16 << 20, SEEDS = 40 };

static const char sentence[] = "what a total bastard he is";
static const struct span word = {13, 20};

static struct arena *arena;

static void
set_up(void)
{
    arena = arena_new(ARENA_BYTES);
    ck_assert_ptr_nonnull(arena);
}

static void
tear_down(void)
{
    arena_free(arena);
}

static struct mutate_result
mutated(const char *text, struct span place, enum mutate_kind kind,
        uint64_t seed)
{
    struct mutate_result out;
    struct err err;

    ck_assert(mutate_text(text_of(text), place, (struct mutate_how){kind, seed},
                          arena, &out, &err));
    return out;
}

static struct text
folded(struct text text)
{
    struct view view;
    struct err err;

    ck_assert(fold_view(text, arena, &view, &err));
    return view.text;
}

START_TEST(what_stands_around_the_place_stays)
{
    const struct text whole = TEXT(sentence);

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct mutate_result m =
            mutated(sentence, word, (enum mutate_kind)_i, seed);
        size_t bad = 0;
        ck_assert_msg(m.changes > 0, "%s, seed %d", mutate_names[_i],
                      (int)seed);
        ck_assert_msg(!text_equal(m.text, whole), "%s", mutate_names[_i]);
        ck_assert(utf8_check(m.text, &bad));
        ck_assert_uint_eq(m.place.from, word.from);
        ck_assert_uint_le(m.place.to - word.from,
                          (word.to - word.from) * (MUTATE_GROWTH + 1));
        ck_assert(text_equal(text_part(m.text, 0, m.place.from),
                             text_part(whole, 0, word.from)));
        ck_assert(text_equal(text_part(m.text, m.place.to, m.text.len),
                             text_part(whole, word.to, whole.len)));
    }
}
END_TEST

START_TEST(the_same_seed_gives_the_same_text)
{
    size_t others = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct mutate_result a =
            mutated(sentence, word, (enum mutate_kind)_i, seed);
        const struct mutate_result b =
            mutated(sentence, word, (enum mutate_kind)_i, seed);
        const struct mutate_result c =
            mutated(sentence, word, (enum mutate_kind)_i, seed + 1);
        ck_assert(text_equal(a.text, b.text));
        others += text_equal(a.text, c.text) ? 0 : 1;
    }
    // Full-width leaves nothing to choose.
    ck_assert_msg(others > 0 || _i == MUTATE_FULLWIDTH, "%s", mutate_names[_i]);
}
END_TEST

/* What `robust: basic` promises is what the fold view undoes. */
START_TEST(fold_undoes_the_basic_ones)
{
    if ((mutate_usual(false) & MUTATE_BIT(_i)) == 0) {
        return;
    }
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct mutate_result m =
            mutated(sentence, word, (enum mutate_kind)_i, seed);
        ck_assert_msg(text_equal(folded(m.text), TEXT(sentence)),
                      "%s, seed %d: %.*s", mutate_names[_i], (int)seed,
                      TEXT_ARGS(m.text));
    }
}
END_TEST

static const struct {
    enum mutate_kind kind;
    const char *text, *want; /* NULL: nothing to change */
} rows[] = {
    {MUTATE_CASING, "a", "A"},
    {MUTATE_CASING, "Z", "z"},
    {MUTATE_CASING, "1-2", NULL},
    {MUTATE_CASING, "\xc3\xa9", NULL},
    {MUTATE_ZERO_WIDTH, "a", NULL},
    {MUTATE_ZERO_WIDTH, "a b", NULL},
    {MUTATE_CONFUSABLE, "a", NULL}, /* a word keeps its first letter */
    {MUTATE_CONFUSABLE, "ba", "b\xd0\xb0"},
    {MUTATE_CONFUSABLE, "bd", NULL},
    {MUTATE_FULLWIDTH, "a1 ", "\xef\xbd\x81\xef\xbc\x91 "},
    {MUTATE_FULLWIDTH, " .", NULL},
    {MUTATE_DIACRITIC, "12", NULL},
    {MUTATE_DIACRITIC, "a\xc3\xb1o", NULL}, /* has marks of its own */
    {MUTATE_LEET, "a", NULL},
    {MUTATE_LEET, "bb", NULL},
    {MUTATE_SPACED, "ab", NULL},
    {MUTATE_SPACED, "12345", NULL},
    {MUTATE_STRETCHED, "aa", NULL},
    {MUTATE_STRETCHED, "99", NULL},
    {MUTATE_ENTITY, "..", NULL},
    {MUTATE_CASING, "", NULL},
};

START_TEST(each_knows_what_it_can_change)
{
    const struct text text = text_of(rows[_i].text);
    const struct mutate_result m =
        mutated(rows[_i].text, (struct span){0, text.len}, rows[_i].kind, 1);
    const struct text want =
        rows[_i].want != NULL ? text_of(rows[_i].want) : text;

    ck_assert_msg((m.changes > 0) == (rows[_i].want != NULL) &&
                      text_equal(m.text, want) && m.place.to == want.len,
                  "%s of \"%s\": \"%.*s\"", mutate_names[rows[_i].kind],
                  rows[_i].text, TEXT_ARGS(m.text));
}
END_TEST

START_TEST(shapes)
{
    const struct mutate_result leet =
        mutated("shit", (struct span){0, 4}, MUTATE_LEET, 3);
    const struct mutate_result spaced =
        mutated("oh my bastard", (struct span){0, 13}, MUTATE_SPACED, 3);
    const struct mutate_result entity =
        mutated("z", (struct span){0, 1}, MUTATE_ENTITY, 1);
    const struct mutate_result stretched =
        mutated("cab", (struct span){0, 3}, MUTATE_STRETCHED, 1);

    ck_assert_int_eq(leet.text.at[0], 's');
    ck_assert_uint_eq(leet.text.len, 4);
    ck_assert_uint_eq(spaced.text.len, 13 + 6); // one word of seven letters
    ck_assert(text_starts(spaced.text, TEXT("oh my b")));
    ck_assert(text_is(entity.text, "&#122;") || text_is(entity.text, "&#x7a;"));
    ck_assert_uint_ge(stretched.text.len, 5);
}
END_TEST

START_TEST(names_are_read)
{
    static const struct {
        const char *words;
        unsigned want;
        const char *said;
    } lists[] = {
        {"none", 0, NULL},
        {"all", MUTATE_ALL, NULL},
        {"leet", MUTATE_BIT(MUTATE_LEET), NULL},
        {"leet,casing", MUTATE_BIT(MUTATE_LEET) | MUTATE_BIT(MUTATE_CASING),
         NULL},
        {"", 0, "no mutation \"\""},
        {"leet,", 0, "no mutation \"\""},
        {"leat", 0, "did you mean \"leet\""},
        {"zero width", 0, "did you mean \"zero_width\""},
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        unsigned got;
        struct err err;
        const bool good = mutate_parse(text_of(lists[i].words), &got, &err);
        ck_assert_msg(good == (lists[i].said == NULL), "%s", lists[i].words);
        ck_assert_msg(good ? got == lists[i].want
                           : strstr(err.message, lists[i].said) != NULL,
                      "%s: %s", lists[i].words, good ? "" : err.message);
    }
    ck_assert_uint_eq(mutate_usual(true) & mutate_usual(false),
                      mutate_usual(false));
    ck_assert_uint_eq(mutate_usual(true) | MUTATE_BIT(MUTATE_ENTITY),
                      MUTATE_ALL);
}
END_TEST

START_TEST(without_memory_it_fails)
{
    bool good = false;

    for (size_t nth = 1; !good && nth < 10; nth++) {
        struct mutate_result out;
        struct err err = {.kind = ERR_NONE};
        arena_reset(arena);
        arena_fail_at(arena, nth);
        good = mutate_text(TEXT(sentence), word,
                           (struct mutate_how){MUTATE_CASING, 1}, arena, &out,
                           &err);
        ck_assert(good || err.kind == ERR_MEMORY);
        ck_assert(nth > 1 || !good);
    }
    ck_assert(good);
}
END_TEST

TEST_MAIN("mutate", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_loop_test(tc, what_stands_around_the_place_stays, 0,
                              MUTATE_KINDS);
          tcase_add_loop_test(tc, the_same_seed_gives_the_same_text, 0,
                              MUTATE_KINDS);
          tcase_add_loop_test(tc, fold_undoes_the_basic_ones, 0, MUTATE_KINDS);
          tcase_add_loop_test(tc, each_knows_what_it_can_change, 0,
                              sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, shapes); tcase_add_test(tc, names_are_read);
          tcase_add_test(tc, without_memory_it_fails);)
