/*
 * Every block of config/RULES.md that is marked yaml is a file; all of them
 * together are a configuration without a problem, whose tests come true.
 */
#include <stdio.h>
#include <unistd.h>

#include "sidecar/base/file.h"
#include "sidecar/engine/selftest.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

enum { FILE_BYTES = 4 << 20, BLOCKS_LEAST = 20 };

/* Reads before the folder is left; to be cleared. */
static struct buffer
file_of(const char *path)
{
    struct buffer content;
    struct err err;

    ck_assert_msg(file_read(path, FILE_BYTES, &content, &err), "%s",
                  err.message);
    return content;
}

/* Writes each block as a file that a.yaml includes; returns how many. */
static size_t
write_blocks(struct text page)
{
    static const char opening[] = "\n```yaml\n", closing[] = "\n```\n";
    size_t count = 0;

    for (size_t at = 0;
         (at = text_find(page, TEXT(opening), at)) != SIZE_MAX;) {
        char name[64];
        const size_t from = at + sizeof(opening) - 1;
        const size_t to = text_find(page, TEXT(closing), from);
        ck_assert_msg(to != SIZE_MAX, "a block is not closed");
        snprintf(name, sizeof(name), "rules/%03zu.yaml", count++);
        support_config_file(name, text_part(page, from, to + 1));
        at = to;
    }
    return count;
}

START_TEST(every_example_loads_and_its_tests_come_true)
{
    struct buffer page = file_of("config/RULES.md");
    struct buffer model = file_of("config/linear/en.bin");
    struct buffer words = file_of("config/lists/slurs_dated_en.txt");
    struct arena *arena = arena_new(LOAD_MEMORY_BYTES);
    struct arena *said_in = arena_new(1 << 24);
    struct problems problems;
    char *said = NULL;
    size_t len = 0;

    ck_assert(arena != NULL && said_in != NULL);
    support_config_enter();
    support_config_file("linear/en.bin", buffer_text(&model));
    support_config_file("lists/slurs_dated_en.txt", buffer_text(&words));
    support_config_file("a.yaml", TEXT("include: [\"rules/*.yaml\"]\n"));
    ck_assert_uint_ge(write_blocks(buffer_text(&page)), BLOCKS_LEAST);
    place_problems_init(&problems, said_in);
    struct config *config = load_config("a.yaml", NULL, 0, arena, &problems);
    struct engine *engine =
        config != NULL ? engine_build(config, &kernel_scalar, &problems) : NULL;
    if (engine != NULL) {
        (void)selftest_engine(engine, &problems);
    }
    FILE *to = open_memstream(&said, &len);
    ck_assert_ptr_nonnull(to);
    place_problems_print(&problems, to, false);
    ck_assert_int_eq(fclose(to), 0);
    support_config_leave();
    ck_assert_msg(engine != NULL && said[0] == '\0', "%s", said);
    engine_drop(engine);
    free(said);
    arena_free(said_in);
    buffer_clear(&page);
    buffer_clear(&model);
    buffer_clear(&words);
}
END_TEST

TEST_MAIN("rules_page",
          tcase_add_test(tc, every_example_loads_and_its_tests_come_true);)
