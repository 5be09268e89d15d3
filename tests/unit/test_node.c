#include "config/yaml.h"

#include "tests/unit/harness.h"

static struct arena *arena;
static struct problems problems;

static const struct node *
read_yaml(const char *yaml)
{
    arena = arena_new(1 << 20);
    ck_assert_ptr_nonnull(arena);
    place_problems_init(&problems, arena);
    const struct node *root =
        yaml_read("a.yaml", text_of(yaml), arena, &problems);
    ck_assert_ptr_nonnull(root);
    return root;
}

START_TEST(value_is_found_by_key)
{
    const struct node *root = read_yaml("a: 1\nb: {c: 2}\nl: [x]\n");
    const struct node *b = node_get(root, "b");

    ck_assert(text_is(node_get(root, "a")->scalar, "1"));
    ck_assert(text_is(node_get(b, "c")->scalar, "2"));
    ck_assert_ptr_null(node_get(root, "c"));
    ck_assert_ptr_null(node_get(root, ""));
    ck_assert_ptr_null(node_get(NULL, "a"));
    ck_assert_ptr_null(node_get(node_get(root, "a"), "a"));
    ck_assert_ptr_null(node_get(node_get(root, "l"), "x"));
    arena_free(arena);
}
END_TEST

START_TEST(place_is_the_values_or_the_maps)
{
    const struct node *root = read_yaml("a: 1\nb:\n  c: 2\n");
    const struct node *b = node_get(root, "b");

    ck_assert_uint_eq(node_place(b, "c").line, 3);
    ck_assert_uint_eq(node_place(b, "c").column, 6);
    ck_assert_uint_eq(node_key_place(b, "c").column, 3);
    ck_assert_uint_eq(node_place(b, "d").line, 3);
    ck_assert_uint_eq(node_key_place(b, "d").column, 3);
    ck_assert_uint_eq(node_place(NULL, "d").line, 0);
    ck_assert_str_eq(node_place(NULL, "d").file, "");
    arena_free(arena);
}
END_TEST

START_TEST(words_show_what_stands_there)
{
    const struct node *root =
        read_yaml("m: {}\nl: []\ns: abc\nn:\nq: ''\nlong: "
                  "012345678901234567890123456789012345678901234567"
                  "8901234567890\n");
    static const struct {
        const char *key;
        const char *words;
    } cases[] = {{"m", "a map"},
                 {"l", "a list"},
                 {"s", "\"abc\""},
                 {"n", "nothing"},
                 {"q", "\"\""},
                 {"long", "\"01234567890123456789012345678901234567890123456789"
                          "0123456789\"..."}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[NODE_WORDS_BYTES];
        ck_assert_str_eq(node_words(node_get(root, cases[i].key), out),
                         cases[i].words);
    }
    arena_free(arena);
}
END_TEST

TEST_MAIN("node", tcase_add_test(tc, value_is_found_by_key);
          tcase_add_test(tc, place_is_the_values_or_the_maps);
          tcase_add_test(tc, words_show_what_stands_there);)
