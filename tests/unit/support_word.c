#include "tests/unit/support_word.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_config.h"

void
support_word_file(const char *word, const char *more)
{
    char yaml[4096];

    const int len =
        snprintf(yaml, sizeof(yaml),
                 "schema: 1\n"
                 "log: {level: error}\n"
                 "store: {path: none}\n"
                 "fallbacks:\n"
                 "  default:\n"
                 "    en: [\"One moment.\", \"Where were we?\"]\n"
                 "rules:\n"
                 "  - {id: WORD, type: terms, terms: [%s], category: "
                 "harassment, severity: critical, action: fallback}\n"
                 "%s",
                 word, more);
    ck_assert_int_lt(len, (int)sizeof(yaml));
    support_config_file("a.yaml", text_of(yaml));
}

struct engine *
support_word_engine(const char *word, const char *more)
{
    struct arena *arena = arena_new(LOAD_MEMORY_BYTES);
    struct problems problems;
    char *said = NULL;
    size_t len = 0;

    support_word_file(word, more);
    ck_assert_ptr_nonnull(arena);
    place_problems_init(&problems, arena);
    struct engine *engine =
        engine_load("a.yaml", NULL, 0, kernels_pick("scalar"), &problems);
    FILE *to = open_memstream(&said, &len);
    place_problems_print(&problems, to, false);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_msg(engine != NULL, "%s", said);
    free(said);
    arena_free(arena);
    return engine;
}
