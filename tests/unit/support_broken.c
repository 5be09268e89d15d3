#include "tests/unit/support_broken.h"

#include <stdlib.h>
#include <unistd.h>

#include <check.h>

#include "sidecar/base/file.h"
#include "sidecar/engine/engine.h"
#include "tests/unit/support_config.h"

enum { MODEL_BYTES = 4 << 20, WORDS_BYTES = 16 << 20 };

/* The files that configurations may name. */
static void
put_files(const char *yaml)
{
    struct buffer model;
    struct err err;

    ck_assert_msg(file_read("config/linear/en.bin", MODEL_BYTES, &model, &err),
                  "%s", err.message);
    support_config_enter();
    support_config_file("en.bin", buffer_text(&model));
    support_config_file("empty.txt", TEXT("# none\n"));
    support_config_file("bad.txt", TEXT("fine\nb\xff\n"));
    support_config_file("stars.txt", TEXT("ok\n**\n"));
    support_config_file("a.yaml", text_of(yaml));
    buffer_clear(&model);
}

static char *
printed(struct problems *problems)
{
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);

    ck_assert_ptr_nonnull(to);
    place_problems_print(problems, to, false);
    ck_assert_int_eq(fclose(to), 0);
    return said;
}

void
support_broken_check(const struct support_broken *row)
{
    struct arena *arena = arena_new(LOAD_MEMORY_BYTES);
    struct arena *words = arena_new(WORDS_BYTES); // outlives a failed engine
    struct problems problems;

    ck_assert(arena != NULL && words != NULL);
    place_problems_init(&problems, words);
    put_files(row->yaml);
    struct config *config = load_config("a.yaml", NULL, 0, arena, &problems);
    if (config == NULL) {
        arena_free(arena);
    } else {
        struct engine *engine = engine_build(config, &kernel_scalar, &problems);
        engine_drop(engine);
    }
    char *said = printed(&problems);
    support_config_leave();
    ck_assert_msg(place_problems_any(&problems) &&
                      strstr(said, row->said) != NULL,
                  "of\n%sis said\n%sand not\n%s", row->yaml, said, row->said);
    free(said);
    arena_free(words);
}
