#include "sidecar/engine/condition.h"

#include <stdio.h>

#include "sidecar/base/hash.h"
#include "tests/unit/harness.h"

enum { ARENA = 1 << 20 };

/* -------------------------------------------------------------------- errors
 */

static const struct {
    const char *source;
    size_t offset;
    const char *message;
} faults[] = {
    {"", 0,
     "byte 0: expected a rule, a comparison, tag:NAME or another condition, "
     "found the end"},
    {"   ", 3,
     "byte 3: expected a rule, a comparison, tag:NAME or another condition, "
     "found the end"},
    {"A &", 3,
     "byte 3: expected a rule, a comparison, tag:NAME or another condition, "
     "found the end"},
    {"& A", 0,
     "byte 0: expected a rule, a comparison, tag:NAME or another condition, "
     "found \"&\""},
    {"A B", 2, "byte 2: expected & | or the end, found \"B\""},
    {"A AND B", 2,
     "byte 2: expected & | or the end, found \"AND\" (and, or, not are written "
     "small)"},
    {"A )", 2, "byte 2: expected & | or the end, found \")\""},
    {"(A", 2, "byte 2: expected & | or ), found the end"},
    {"(A, B)", 2, "byte 2: expected & | or ), found \",\""},
    {"()", 1,
     "byte 1: expected a rule, a comparison, tag:NAME or another condition, "
     "found \")\""},
    {"A & \x07", 4,
     "byte 4: expected a rule, a comparison, tag:NAME or another condition, "
     "found byte 0x07"},
    {"A \xc3\xa9", 2, "byte 2: expected & | or the end, found byte 0xc3"},
    {"a_rule", 0,
     "byte 0: expected a rule, a comparison, tag:NAME or another condition, "
     "found \"a_rule\""},
    {"A-B", 0,
     "byte 0: expected a rule, a comparison, tag:NAME or another condition, "
     "found \"A-B\""},
    {"A > 2", 2,
     "byte 2: expected & | or the end, found \">\" (a rule is counted: "
     "count(RULE) > 1; comparisons do not chain: join them with &)"},
    {"1 < count(A) < 3", 13,
     "byte 13: expected & | or the end, found \"<\" (a rule is counted: "
     "count(RULE) > 1; comparisons do not chain: join them with &)"},
    {"count(A)", 8, "byte 8: expected < <= > >= == or !=, found the end"},
    {"count(A) = 3", 9,
     "byte 9: expected < <= > >= == or !=, found \"=\" (== compares)"},
    {"count(A) > ", 11,
     "byte 11: expected a number, count(...), score(...), drift.score, "
     "drift.margin or length, found the end"},
    {"count(A) > A", 11,
     "byte 11: expected a number, count(...), score(...), drift.score, "
     "drift.margin or length, found \"A\""},
    {"!count(A) > 2", 1, "byte 1: expected ( around the comparison after !"},
    {"not length > 2", 4, "byte 4: expected ( around the comparison after !"},
    {"count A", 6, "byte 6: expected (, found \"A\""},
    {"count(", 6,
     "byte 6: expected a rule, g:GROUP or tag:NAME, found the end"},
    {"count(a)", 6,
     "byte 6: expected a rule, g:GROUP or tag:NAME, found \"a\""},
    {"count(hate) > 1", 6,
     "byte 6: expected a rule, g:GROUP or tag:NAME, found \"hate\""},
    {"count(3)", 6,
     "byte 6: expected a rule, g:GROUP or tag:NAME, found \"3\""},
    {"count(g:) > 1", 8,
     "byte 8: expected a group: a name of 1 to 128 letters, digits and . _ : "
     "-"},
    {"count(tag:) > 1", 10,
     "byte 10: expected a tag: a name of 1 to 128 letters, digits and . _ : -"},
    {"count(A B", 8, "byte 8: expected ), found \"B\""},
    {"score()", 6, "byte 6: expected a category or a rule, found \")\""},
    {"score(2)", 6, "byte 6: expected a category or a rule, found \"2\""},
    {"tag:", 4,
     "byte 4: expected a tag: a name of 1 to 128 letters, digits and . _ : -"},
    {"tag:a/b", 4,
     "byte 4: expected a tag: a name of 1 to 128 letters, digits and . _ : -"},
    {"lang:e", 5, "byte 5: expected a language: a language, as en or pt-BR"},
    {"role:robot", 5, "byte 5: expected assistant, user, tool or system"},
    {"role:", 5, "byte 5: expected assistant, user, tool or system"},
    {"persona:", 8,
     "byte 8: expected a persona's id, or a part and *: a name of 1 to 128 "
     "letters, digits and . _ : -"},
    {"persona:_*", 8,
     "byte 8: expected a persona's id, or a part and *: a name of 1 to 128 "
     "letters, digits and . _ : -"},
    {"persona:a*b", 10, "byte 10: expected & | or the end, found \"b\""},
    {"tag:a*", 5, "byte 5: expected & | or the end, found \"*\""},
    {"drift.scores > 1", 0,
     "byte 0: expected a rule, a comparison, tag:NAME or another condition, "
     "found \"drift.scores\""},
    {"2 of A", 5,
     "byte 5: expected ( and the conditions to count, found \"A\""},
    {"2 of ()", 6,
     "byte 6: expected a rule, a comparison, tag:NAME or another condition, "
     "found \")\""},
    {"2 of (A,)", 8,
     "byte 8: expected a rule, a comparison, tag:NAME or another condition, "
     "found \")\""},
    {"2 of (A, B", 10, "byte 10: expected & | , or ), found the end"},
    {"0 of (A, B)", 0,
     "byte 0: expected a whole number from 1 to 2, which is how many "
     "conditions there are"},
    {"A | 3 of (A, B)", 4,
     "byte 4: expected a whole number from 1 to 2, which is how many "
     "conditions there are"},
    {"1.5 of (A, B)", 0,
     "byte 0: expected a whole number from 1 to 2, which is how many "
     "conditions there are"},
    {"-1 of (A, B)", 0,
     "byte 0: expected a whole number from 1 to 2, which is how many "
     "conditions there are"},
    {"length of (A)", 7, "byte 7: expected < <= > >= == or !=, found \"of\""},
    {"length > 0.12345678901234567", 9,
     "byte 9: expected a number, count(...), score(...), drift.score, "
     "drift.margin or length, found \"0.12345678901234567\""},
    {"length > - 3", 9,
     "byte 9: expected a number, count(...), score(...), drift.score, "
     "drift.margin or length, found \"-\""},
    {"THIS_IS_A_RULE_OF_MORE_THAN_SIXTY_FOUR_BYTES_WHICH_NO_RULE_EVER_HAS_", 0,
     "byte 0: expected a rule, a comparison, tag:NAME or another condition, "
     "found \"THIS_IS_A_RULE_OF_MORE_THAN_SIXT...\""},
};

START_TEST(fault_names_its_place_and_what_belongs_there)
{
    struct arena *arena = arena_new(ARENA);
    struct err err = {0};
    size_t offset = 77;

    ck_assert_msg(condition_parse(text_of(faults[_i].source), arena, &offset,
                                  &err) == NULL,
                  "%s: was taken", faults[_i].source);
    ck_assert_str_eq(err.message, faults[_i].message);
    ck_assert_msg(offset == faults[_i].offset, "%s: byte %zu, not %zu",
                  faults[_i].source, offset, faults[_i].offset);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    arena_free(arena);
}
END_TEST

/* -------------------------------------------------------------------- limits
 */

/* `unit` n times, with what stands before, between and behind. */
static struct text
repeated(char *out, size_t cap, const char *before, const char *unit,
         const char *between, const char *behind, size_t n)
{
    size_t len = (size_t)snprintf(out, cap, "%s", before);

    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(out + len, cap - len, "%s%s",
                                i > 0 ? between : "", unit);
    }
    len += (size_t)snprintf(out + len, cap - len, "%s", behind);
    ck_assert_uint_lt(len, cap);
    return (struct text){out, len};
}

static bool
parses(struct text source, struct arena *arena)
{
    struct err err = {0};
    size_t offset = SIZE_MAX;
    struct condition *c = condition_parse(source, arena, &offset, &err);

    ck_assert_msg(c != NULL || offset <= source.len, "offset %zu of %zu",
                  offset, source.len);
    ck_assert_int_eq(c == NULL, err.kind != ERR_NONE);
    return c != NULL;
}

START_TEST(length_is_limited)
{
    static char source[CONDITION_BYTES + 2];
    struct arena *arena = arena_new(ARENA);

    memset(source, ' ', sizeof(source));
    source[0] = 'A';
    ck_assert(parses((struct text){source, CONDITION_BYTES - 1}, arena));
    ck_assert(parses((struct text){source, CONDITION_BYTES}, arena));
    ck_assert(!parses((struct text){source, CONDITION_BYTES + 1}, arena));
    arena_free(arena);
}
END_TEST

/* n rules and the one operator that joins them. */
START_TEST(nodes_are_limited)
{
    char source[CONDITION_BYTES];
    struct arena *arena = arena_new(ARENA);
    struct err err = {0};
    size_t offset;

    ck_assert(parses(
        repeated(source, sizeof(source), "", "A", "&", "", CONDITION_NODES - 1),
        arena));
    ck_assert(!parses(
        repeated(source, sizeof(source), "", "A", "&", "", CONDITION_NODES),
        arena));
    const struct text many =
        repeated(source, sizeof(source), "200 of (", "!A", ",", ")", 200);
    ck_assert_ptr_null(condition_parse(many, arena, &offset, &err));
    ck_assert_msg(strstr(err.message, "more than 256 rules, comparisons") !=
                      NULL,
                  "%s", err.message);
    arena_free(arena);
}
END_TEST

/* Every part has two names of its own: as many references as can be. */
START_TEST(references_fill_their_room)
{
    char source[CONDITION_BYTES + 1];
    struct arena *arena = arena_new(ARENA);
    struct err err = {0};
    size_t offset, len = 0, count, names = 0;

    for (; CONDITION_BYTES - len > 40 && names < 400; names += 2) {
        len += (size_t)snprintf(source + len, sizeof(source) - len,
                                "%sscore(a%zu)<score(a%zu)",
                                names > 0 ? "&" : "", names, names + 1);
    }
    struct condition *c =
        condition_parse((struct text){source, len}, arena, &offset, &err);
    ck_assert_msg(c != NULL, "%s", err.message);
    condition_references(c, &count);
    ck_assert_uint_eq(count, names);
    arena_free(arena);
}
END_TEST

START_TEST(depth_is_limited)
{
    static const char *const openings[] = {"(", "!(", "1 of ("};
    char opening[512], source[1024];
    struct arena *arena = arena_new(ARENA);

    for (size_t i = 0; i < 3; i++) {
        for (size_t depth = CONDITION_DEPTH - 1; depth <= CONDITION_DEPTH + 1;
             depth++) {
            repeated(opening, sizeof(opening), "", openings[i], "", "A", depth);
            const struct text text =
                repeated(source, sizeof(source), opening, ")", "", "", depth);
            ck_assert_msg(parses(text, arena) == (depth <= CONDITION_DEPTH),
                          "%s", source);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(parentheses_side_by_side_are_not_nested)
{
    char source[1024];
    struct arena *arena = arena_new(ARENA);

    ck_assert(parses(repeated(source, sizeof(source), "", "(A)", "&", "",
                              2 * CONDITION_DEPTH),
                     arena));
    ck_assert(parses(repeated(source, sizeof(source), "", "1 of (A)", "|", "",
                              2 * CONDITION_DEPTH),
                     arena));
    arena_free(arena);
}
END_TEST

START_TEST(endless_nots_are_not_nested)
{
    static const uint32_t hits[] = {1};
    const struct condition_facts facts = {.rule_hits = hits};
    char source[CONDITION_BYTES + 1];
    struct arena *arena = arena_new(ARENA);

    memset(source, '!', CONDITION_BYTES);
    source[CONDITION_BYTES - 1] = 'A';
    source[CONDITION_BYTES] = '\0';
    size_t offset, count;
    struct err err = {0};
    struct condition *c =
        condition_parse(text_of(source), arena, &offset, &err);
    ck_assert_msg(c != NULL, "%s", err.message);
    condition_references(c, &count)->index = 0;
    ck_assert(!condition_holds(c, &facts)); // 4095 of them
    source[CONDITION_BYTES - 1] = '!';
    ck_assert(!parses((struct text){source, CONDITION_BYTES}, arena));
    arena_free(arena);
}
END_TEST

START_TEST(every_full_arena_is_refused)
{
    const struct text text =
        TEXT("2 of (A, count(B) > 1, tag:x) & score(hate) > 1");
    size_t nth = 1;

    for (;; nth++) {
        struct arena *arena = arena_new(ARENA);
        struct err err = {0};
        size_t offset;
        arena_fail_at(arena, nth);
        const bool done = condition_parse(text, arena, &offset, &err) != NULL;
        ck_assert_int_eq(err.kind, done ? ERR_NONE : ERR_MEMORY);
        arena_free(arena);
        if (done) {
            break;
        }
    }
    ck_assert_uint_gt(nth, 1);
}
END_TEST

/* -------------------------------------------------------------------- damage
 */

static const char *const whole[] = {
    "(A | B) & drift.score > 0.35",
    "count(A) >= 3 | score(hate) >= 0.6 & !tag:fiction",
    "2 of (A, B & C, count(g:x) != -1.5e-3, score(A) < length)",
    "not (lang:pt-BR or role:user) and persona:psn_*",
    "!!drift.alert | !(drift.margin <= 0) & persona.is_ai",
    "1 of (1 of (1 of (A, !B), count(tag:x:y) == 2), drift.known)",
};

/* Evaluates and analyses what has been made of it, whatever it means now. */
static void
use(struct condition *c)
{
    static const uint32_t hits[] = {1};
    static const double scores[] = {0.5};
    const struct condition_facts facts = {.rule_hits = hits,
                                          .rule_scores = scores,
                                          .category_scores = scores,
                                          .group_hits = hits,
                                          .tag_hits = hits};
    size_t count;
    struct condition_reference *r = condition_references(c, &count);

    for (size_t i = 0; i < count; i++) {
        r[i].index = 0;
    }
    (void)condition_holds(c, &facts);
    ck_assert_uint_ne(condition_outcomes(c, NULL), CONDITION_NEVER);
}

/* Bytes changed and lost: taken or refused, nothing else. _i is the seed. */
START_TEST(damaged_source_is_taken_or_refused)
{
    static const char alphabet[] = "A1 &|!()<>=,.:*-_/ofnt\"\xc3\0\xff";
    struct arena *arena = arena_new(ARENA);
    uint64_t seed = (uint64_t)_i << 32;

    for (size_t round = 0; round < 400; round++) {
        const char *source =
            whole[hash_mix(++seed) % (sizeof(whole) / sizeof(whole[0]))];
        const size_t len = 1 + hash_mix(++seed) % strlen(source);
        char *copy = malloc(len); // exact, so that overruns are seen
        struct err err = {0};
        size_t offset = SIZE_MAX;

        arena_reset(arena);
        memcpy(copy, source, len);
        for (size_t n = hash_mix(++seed) % 4; n > 0; n--) {
            const size_t at = hash_mix(++seed) % len;
            copy[at] = alphabet[hash_mix(++seed) % (sizeof(alphabet) - 1)];
        }
        struct condition *c =
            condition_parse((struct text){copy, len}, arena, &offset, &err);
        ck_assert_msg(c != NULL || (offset <= len && err.kind == ERR_CONFIG),
                      "%.*s: byte %zu, %s", (int)len, copy, offset,
                      err.message);
        if (c != NULL) {
            use(c);
        }
        free(copy);
    }
    arena_free(arena);
}
END_TEST

#define EACH(test, rows)                                                       \
    tcase_add_loop_test(tc, test, 0, sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("condition parser", {
    EACH(fault_names_its_place_and_what_belongs_there, faults);
    tcase_add_test(tc, length_is_limited);
    tcase_add_test(tc, nodes_are_limited);
    tcase_add_test(tc, references_fill_their_room);
    tcase_add_test(tc, depth_is_limited);
    tcase_add_test(tc, parentheses_side_by_side_are_not_nested);
    tcase_add_test(tc, endless_nots_are_not_nested);
    tcase_add_test(tc, every_full_arena_is_refused);
    tcase_add_loop_test(tc, damaged_source_is_taken_or_refused, 0, 40);
})
