#include "config/yaml.h"

#include <stdio.h>

#include "sidecar/base/buffer.h"
#include "tests/unit/harness.h"

enum { ARENA_BYTES = 64 << 20 };

static struct arena *arena;
static struct problems problems;

static struct node *
parse(struct text content)
{
    arena_free(arena);
    arena = arena_new(ARENA_BYTES);
    ck_assert_ptr_nonnull(arena);
    place_problems_init(&problems, arena);
    return yaml_read("a.yaml", content, arena, &problems);
}

static void
expect_refused(struct text content, const char *expected)
{
    const struct node *root = parse(content);
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);

    ck_assert_ptr_nonnull(to);
    place_problems_print(&problems, to, false);
    fclose(to);
    ck_assert_msg(
        strcmp(said, expected) == 0, "of %.*s\nis said\n%sexpected\n%s",
        content.len < 200 ? (int)content.len : 200, content.at, said, expected);
    ck_assert_ptr_null(root);
    free(said);
}

#define CASE(yaml, said)                                                       \
    {                                                                          \
        {yaml, sizeof(yaml) - 1}, said                                         \
    }

static const struct {
    struct text yaml;
    const char *said;
} refused[] = {
    /* nothing */
    CASE("", "a.yaml: empty\n"),
    CASE("\n \n# only words\n", "a.yaml: empty\n"),
    CASE("---\n", "a.yaml: empty\n"),
    CASE("---\n...\n", "a.yaml: empty\n"),
    CASE("\xef\xbb\xbf", "a.yaml: empty\n"),

    /* encodings and bytes */
    CASE("\xff\xfe"
         "a\0",
         "a.yaml: the file is UTF-16; it must be UTF-8\n"),
    CASE("\xfe\xff\0a", "a.yaml: the file is UTF-16; it must be UTF-8\n"),
    CASE("\xff\xfe\0\0", "a.yaml: the file is UTF-32; it must be UTF-8\n"),
    CASE("\0\0\xfe\xff", "a.yaml: the file is UTF-32; it must be UTF-8\n"),
    CASE("a: 1\nb: x\0y\n", "a.yaml:2:5: a NUL byte\n"),
    CASE("a: 1\nb: \xc3\xa4\xff\n", "a.yaml:2:5: byte 0xff is not UTF-8\n"),
    CASE("a: \xc0\x80\n", "a.yaml:1:4: byte 0xc0 is not UTF-8\n"),
    CASE("a: \xed\xa0\x80\n", "a.yaml:1:4: byte 0xed is not UTF-8\n"),
    CASE("a: 1\r\nb: \xc3\xa4\x01\r\n",
         "a.yaml:2:5: control characters are not allowed\n"),

    /* what YAML has and a configuration does not need */
    CASE("a: &x 1\n", "a.yaml:1:4: anchors (&name) are not accepted\n"),
    CASE("a: &x 1\nb: *x\n", "a.yaml:1:4: anchors (&name) are not accepted\n"
                             "a.yaml:2:4: aliases (*name) are not accepted\n"),
    CASE("&x a: 1\n", "a.yaml:1:1: anchors (&name) are not accepted\n"),
    CASE("a: &x [1]\nb: &y {c: 1}\n",
         "a.yaml:1:4: anchors (&name) are not accepted\n"
         "a.yaml:2:4: anchors (&name) are not accepted\n"),
    CASE("a: !!str 1\n", "a.yaml:1:4: tags (!name) are not accepted\n"),
    CASE("a: !x [1]\n", "a.yaml:1:4: tags (!name) are not accepted\n"),
    CASE("!x\na: 1\n", "a.yaml:1:1: tags (!name) are not accepted\n"),
    CASE("a: ! 1\n", "a.yaml:1:4: tags (!name) are not accepted\n"),
    CASE("<<: {a: 1}\n", "a.yaml:1:1: merge keys (<<) are not accepted\n"),
    CASE("%YAML 1.1\n---\na: 1\n",
         "a.yaml:1:1: a line that begins with % is a YAML directive, which is "
         "not accepted\n"),
    CASE("\xef\xbb\xbf%YAML 1.1\n---\na: 1\n",
         "a.yaml:1:1: a line that begins with % is a YAML directive, which is "
         "not accepted\n"),
    CASE("a: 1\n%TAG ! x\n",
         "a.yaml:2:1: a line that begins with % is a YAML directive, which is "
         "not accepted\n"),
    CASE("a: 1\xe2\x80\xa8%TAG ! x\n",
         "a.yaml:2:1: a line that begins with % is a YAML directive, which is "
         "not accepted\n"),
    CASE("a: 1\n---\nb: 1\n",
         "a.yaml:2:1: a second document begins here; one file is one "
         "document\n"),
    CASE("---\n---\n",
         "a.yaml:2:1: a second document begins here; one file is one "
         "document\n"),
    CASE("a: 1\n...\nb: 1\n",
         "a.yaml:3:1: a second document begins here; one file is one "
         "document\n"),
    CASE("a: 1\n...\n--- b\n",
         "a.yaml:3:1: a second document begins here; one file is one "
         "document\n"),

    /* keys */
    CASE("a: 1\nb: 2\na: 3\n",
         "a.yaml:3:1: the key \"a\" stands twice; first at line 1\n"),
    CASE("x: {a: 1, \"a\": 2, 'a': 3}\n",
         "a.yaml:1:11: the key \"a\" stands twice; first at line 1\n"
         "a.yaml:1:19: the key \"a\" stands twice; first at line 1\n"),
    CASE("[a]: 1\n", "a.yaml:1:1: a key must be a plain word or text\n"),
    CASE("{a: 1}: 1\n", "a.yaml:1:1: a key must be a plain word or text\n"),
    CASE("? - a\n: 1\n", "a.yaml:1:3: a key must be a plain word or text\n"),

    /* what libyaml refuses */
    CASE("a:\n\tb: 1\n", "a.yaml:2:1: a tab; YAML is indented with spaces\n"),
    CASE("a: \"x\nb: 1\n",
         "a.yaml:3:1: found unexpected end of stream, while scanning a quoted "
         "scalar that begins at line 1\n"),
    CASE("a: [1, 2\nb: 1\n",
         "a.yaml:2:2: did not find expected ',' or ']', while parsing a flow "
         "sequence that begins at line 1\n"),
    CASE("a: \"\\ud800\"\n",
         "a.yaml:1:7: found invalid Unicode character escape code, while "
         "parsing a quoted scalar that begins at line 1\n"),
    CASE("a: 1\n b: 2\n",
         "a.yaml:2:3: mapping values are not allowed in this context\n"),
};

START_TEST(file_is_refused_with_its_place)
{
    expect_refused(refused[_i].yaml, refused[_i].said);
    arena_free(arena);
}
END_TEST

START_TEST(scalars_are_texts)
{
    const struct node *root =
        parse(TEXT("---\nno: no\nn: 010\nq: \"1\"\ns: '2'\nb: |\n  x\n  y\n"
                   "nul: \"a\\0b\"\nempty:\n\"<<\": m\nt: \"\\t%\"\n...\n# c"));

    ck_assert_ptr_nonnull(root);
    ck_assert(text_is(node_get(root, "no")->scalar, "no"));
    ck_assert(text_is(node_get(root, "n")->scalar, "010"));
    ck_assert(!node_get(root, "n")->quoted && node_get(root, "q")->quoted);
    ck_assert(node_get(root, "s")->quoted && node_get(root, "b")->quoted);
    ck_assert(text_is(node_get(root, "b")->scalar, "x\ny\n"));
    ck_assert(text_equal(node_get(root, "nul")->scalar, TEXT("a\0b")));
    ck_assert(text_is(node_get(root, "empty")->scalar, ""));
    ck_assert(text_is(node_get(root, "<<")->scalar, "m"));
    arena_free(arena);
}
END_TEST

START_TEST(places_count_characters_from_one)
{
    const struct node *root = parse(TEXT("\xef\xbb\xbf\xc3\xa4: [\xe2\x82\xac, "
                                         "b]\r\nc:\r\n- d\r\n"));
    const struct node *list = node_get(root, "\xc3\xa4");

    ck_assert_ptr_nonnull(list);
    ck_assert_uint_eq(list->first->at.column, 5);
    ck_assert_uint_eq(list->first->next->at.column, 8);
    ck_assert_uint_eq(list->first->next->index, 1);
    ck_assert_uint_eq(list->count, 2);
    ck_assert_uint_eq(node_get(root, "c")->first->at.line, 3);
    ck_assert_uint_eq(node_get(root, "c")->key_at.column, 1);
    arena_free(arena);
}
END_TEST

/* `count` times `open`, then as often `close`. */
static void
nest(struct buffer *out, size_t count, const char *open, const char *close)
{
    buffer_init(out, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(out, text_of(open));
    }
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(out, text_of(close));
    }
}

START_TEST(depth_holds_at_its_limit)
{
    static const char *const shapes[][2] = {{"[", "]"}, {"{a: ", "}"}};
    struct buffer content;

    for (size_t i = 0; i < 2; i++) {
        nest(&content, YAML_DEPTH, shapes[i][0], shapes[i][1]);
        ck_assert_ptr_nonnull(parse(buffer_text(&content)));
        buffer_clear(&content);
        nest(&content, YAML_DEPTH + 1, shapes[i][0], shapes[i][1]);
        ck_assert_ptr_null(parse(buffer_text(&content)));
        buffer_clear(&content);
    }
    arena_free(arena);
}
END_TEST

/* Content of the shape `head` and then `count` times `piece`.
 */
static void
repeat(struct buffer *out, const char *head, const char *piece, size_t count)
{
    buffer_init(out, 4 << 20);
    buffer_add_text(out, text_of(head));
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(out, text_of(piece));
    }
}

static const struct {
    const char *head;
    const char *piece;
    size_t most; /* pieces that are accepted */
    const char *said;
} limits[] = {
    /* six events stand around the list's items */
    {"a:\n", "- x\n", YAML_EVENTS - 8, "more than 200000 values\n"},
    {"a: ", "x", YAML_SCALAR_BYTES, "a text of more than 256 KiB\n"},
    {"a: 1\n#", "x", YAML_FILE_BYTES - 6, "larger than 2097152 bytes\n"},
};

START_TEST(size_holds_at_its_limit)
{
    struct buffer content;

    for (size_t over = 0; over < 2; over++) {
        repeat(&content, limits[_i].head, limits[_i].piece,
               limits[_i].most + over);
        const struct node *root = parse(buffer_text(&content));
        ck_assert_msg((root != NULL) == (over == 0), "%zu over: %s", over,
                      root != NULL ? "accepted" : "refused");
        buffer_clear(&content);
    }
    ck_assert_uint_eq(problems.count, 1);
    const size_t tail = strlen(limits[_i].said) - 1;
    ck_assert(text_equal(problems.at[0].message,
                         (struct text){limits[_i].said, tail}));
    arena_free(arena);
}
END_TEST

static const struct {
    const char *head;
    const char *piece;
    size_t count;
    const char *said;
} bombs[] = {
    {"", "[", 100000, "a.yaml:1:33: nested deeper than 32 levels\n"},
    {"", "{a: ", 100000, "a.yaml:1:129: nested deeper than 32 levels\n"},
    {"", "- ", 100000, "a.yaml:1:65: nested deeper than 32 levels\n"},
    {"", "%TAG !a! tag:x\n", 64000,
     "a.yaml:1:1: a line that begins with % is a YAML "
     "directive, which is not "
     "accepted\n"},
    {"a: 1\n...\n", "%TAG !a! tag:x\n", 64000,
     "a.yaml:3:1: a line that begins with % is a YAML "
     "directive, which is not "
     "accepted\n"},
    {"", "? ", 100000, "a.yaml:1:3: a key must be a plain word or text\n"},
    {"a: ", "!", 100000, "a.yaml:1:4: tags (!name) are not accepted\n"},
};

START_TEST(bomb_is_refused_at_its_beginning)
{
    struct buffer content;

    repeat(&content, bombs[_i].head, bombs[_i].piece, bombs[_i].count);
    expect_refused(buffer_text(&content), bombs[_i].said);
    buffer_clear(&content);
    arena_free(arena);
}
END_TEST

static const char whole[] = "# c\nschema: 1\nlimits: {workers: 4, a: "
                            "\"x\\u00e4\\n\"}\n"
                            "rules:\n  - id: A\n    terms: ['it''s', \"b\"]\n  "
                            "  text: |\n      one\n"
                            "      tw\xc3\xb6\n  - {id: B}\n...\n";

/* 100,000 anchors: told as often as there is room, and then no more is read. */
START_TEST(reading_stops_when_enough_was_told)
{
    struct buffer content;

    repeat(&content, "a:\n", "- &x 1\n", 100000);
    ck_assert_ptr_null(parse(buffer_text(&content)));
    ck_assert_uint_eq(problems.count, PROBLEMS_KEPT);
    ck_assert_uint_eq(problems.unshown, 1);
    buffer_clear(&content);
    arena_free(arena);
}
END_TEST

START_TEST(every_truncation_is_read_or_refused)
{
    for (size_t len = 0; len < sizeof(whole); len++) {
        // In a block of its own size, so that a
        // sanitizer sees an overrun.
        char *cut = malloc(len > 0 ? len : 1);
        ck_assert_ptr_nonnull(cut);
        memcpy(cut, whole, len);
        const struct node *root = parse((struct text){cut, len});
        ck_assert_msg((root == NULL) == place_problems_any(&problems), "%.*s",
                      (int)len, whole);
        free(cut);
    }
    arena_free(arena);
}
END_TEST

START_TEST(every_changed_byte_is_read_or_refused)
{
    static const char others[] = "\0\t\n \"#%&*-:<?[]{|}\x80\xff";
    char changed[sizeof(whole) - 1];

    for (size_t at = 0; at < sizeof(changed); at++) {
        for (size_t i = 0; i < sizeof(others) - 1; i++) {
            memcpy(changed, whole, sizeof(changed));
            changed[at] = others[i];
            const struct node *root =
                parse((struct text){changed, sizeof(changed)});
            ck_assert_msg((root == NULL) == place_problems_any(&problems),
                          "byte %zu is %02x", at, (unsigned char)others[i]);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(without_memory_nothing_is_read)
{
    const struct node *root = NULL;

    for (size_t nth = 1; root == NULL; nth++) {
        arena_free(arena);
        arena = arena_new(ARENA_BYTES);
        ck_assert_ptr_nonnull(arena);
        place_problems_init(&problems, arena);
        arena_fail_at(arena, nth);
        root = yaml_read("a.yaml", text_of(whole), arena, &problems);
        ck_assert_msg((root == NULL) == place_problems_any(&problems),
                      "allocation %zu", nth);
        ck_assert_uint_lt(nth, 1000);
    }
    arena_free(arena);
}
END_TEST

TEST_MAIN("yaml",
          tcase_add_loop_test(tc, file_is_refused_with_its_place, 0,
                              (int)(sizeof(refused) / sizeof(refused[0])));
          tcase_add_test(tc, scalars_are_texts);
          tcase_add_test(tc, places_count_characters_from_one);
          tcase_add_test(tc, depth_holds_at_its_limit);
          tcase_add_loop_test(tc, size_holds_at_its_limit, 0,
                              (int)(sizeof(limits) / sizeof(limits[0])));
          tcase_add_loop_test(tc, bomb_is_refused_at_its_beginning, 0,
                              (int)(sizeof(bombs) / sizeof(bombs[0])));
          tcase_add_test(tc, reading_stops_when_enough_was_told);
          tcase_add_test(tc, every_truncation_is_read_or_refused);
          tcase_add_test(tc, every_changed_byte_is_read_or_refused);
          tcase_add_test(tc, without_memory_nothing_is_read);)
