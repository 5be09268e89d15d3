#include "tests/unit/harness.h"

#include "sidecar/engine/fallback.h"
#include "tests/unit/support_engine.h"

static const char yaml[] =
    "schema: 1\n"
    "allow_empty: true\n"
    "categories: {self-harm: {}, c: {}}\n"
    "fallbacks:\n"
    "  default:\n"
    "    pick: rotate\n"
    "    en: [d0, d1, d2]\n"
    "    pt: [dpt]\n"
    "    pt-BR: [dbr]\n"
    "  crisis: {pick: first, en: [crisis0, crisis1], de: [hilfe]}\n"
    "  hers: {pick: hash, de: [\"{persona_name} sagt nichts.\", "
    "\"{persona_name}, {persona_name}!\"], fr: [rien]}\n"
    "  c: {en: [of category]}\n"
    "personas:\n"
    "- {id: mira, name: Mira, fallbacks: hers, locale: de-AT}\n"
    "- {id: tom, locale: pt-br}\n";

struct desk {
    struct engine *engine;
    struct arena *arena;
};

static struct desk
desk(void)
{
    struct desk d = {support_engine(yaml), arena_new(1 << 16)};

    ck_assert_ptr_nonnull(d.arena);
    return d;
}

static void
desk_clear(struct desk *d)
{
    arena_free(d->arena);
    engine_drop(d->engine);
}

static const struct config_persona *
persona(const struct desk *d, const char *id)
{
    const struct config *config = d->engine->config;

    for (size_t i = 0; i < config->persona_count; i++) {
        if (text_is(config->personas[i].id, id)) {
            return &config->personas[i];
        }
    }
    return NULL;
}

static struct fallback_line
choose(struct desk *d, const struct fallback_query *query)
{
    struct fallback_line line;
    struct err err;

    ck_assert_msg(
        fallback_choose(d->engine->config, query, d->arena, &line, &err), "%s",
        err.message);
    return line;
}

START_TEST(pool_and_locale_are_the_first_there_are)
{
    static const struct {
        const char *rule, *category, *locale, *persona, *pool, *lines, *text;
    } rows[] = {
        {"", "", "", "", "default", "en", "d0"},
        {"crisis", "", "", "", "crisis", "en", "crisis0"},
        {"crisis", "c", "", "mira", "crisis", "de", "hilfe"},
        {"", "c", "", "", "c", "en", "of category"},
        {"", "self-harm", "", "", "default", "en", "d0"},
        {"gone", "", "", "", "default", "en", "d0"},
        {"", "c", "", "mira", "hers", "de", NULL},
        {"", "c", "fr-CA", "mira", "hers", "fr", "rien"},
        {"", "", "it", "mira", "hers", "de", NULL}, /* then her own */
        {"", "", "pt", "", "default", "pt", "dpt"},
        {"", "", "pt-PT", "", "default", "pt", "dpt"},
        {"", "", "pt-BR", "", "default", "pt-BR", "dbr"},
        {"", "", "PT_br", "", "default", "pt-BR", "dbr"},
        {"", "", "", "tom", "default", "pt-BR", "dbr"},
        {"", "", "en-GB", "tom", "default", "en", "d0"},
        {"", "", "zh", "tom", "default", "pt-BR", "dbr"},
        {"", "", "zh", "", "default", "en", "d0"},
        {"", "", "ptx", "", "default", "en", "d0"},
        {"hers", "", "it", "", "hers", "de", NULL}, /* no en: the first */
    };
    struct desk d = desk();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct fallback_query query = {
            .rule_pool = text_of(rows[i].rule),
            .category = text_of(rows[i].category),
            .locale = text_of(rows[i].locale),
            .persona = persona(&d, rows[i].persona)};
        const struct fallback_line line = choose(&d, &query);
        ck_assert_msg(
            text_is(line.pool, rows[i].pool) &&
                text_is(line.locale, rows[i].lines) &&
                (rows[i].text == NULL || text_is(line.text, rows[i].text)),
            "row %zu: %.*s, %.*s, %.*s", i, TEXT_ARGS(line.pool),
            TEXT_ARGS(line.locale), TEXT_ARGS(line.text));
    }
    desk_clear(&d);
}
END_TEST

START_TEST(rotation_never_says_a_line_twice_running)
{
    struct desk d = desk();
    struct fallback_query query = {.rotation = UINT64_MAX - 6};
    size_t last = SIZE_MAX, seen = 0;

    for (size_t i = 0; i < 6; i++, query.rotation++) {
        const struct fallback_line line = choose(&d, &query);
        ck_assert_uint_ne(line.line, last);
        last = line.line;
        seen |= (size_t)1 << line.line;
    }
    ck_assert_uint_eq(seen, 7);
    desk_clear(&d);
}
END_TEST

START_TEST(hash_picks_by_the_text_and_first_the_first)
{
    struct desk d = desk();
    struct fallback_query query = {.rule_pool = TEXT("hers"),
                                   .persona = persona(&d, "mira")};

    for (query.content = 0; query.content < 4; query.content++) {
        query.rotation = query.content * 3;
        ck_assert_uint_eq(choose(&d, &query).line, query.content % 2);
    }
    query.rule_pool = TEXT("crisis");
    query.locale = TEXT("en");
    for (query.rotation = 0; query.rotation < 4; query.rotation++) {
        ck_assert_uint_eq(choose(&d, &query).line, 0);
    }
    desk_clear(&d);
}
END_TEST

START_TEST(name_is_filled_in_and_nothing_else)
{
    struct desk d = desk();
    struct fallback_query query = {.rule_pool = TEXT("hers"),
                                   .locale = TEXT("de"),
                                   .persona = persona(&d, "mira")};

    ck_assert(text_is(choose(&d, &query).text, "Mira sagt nichts."));
    query.content = 1;
    ck_assert(text_is(choose(&d, &query).text, "Mira, Mira!"));
    query.persona = persona(&d, "tom"); /* no name: the id */
    ck_assert(text_is(choose(&d, &query).text, "tom, tom!"));
    desk_clear(&d);
}
END_TEST

START_TEST(no_pool_or_no_memory_is_an_error)
{
    struct desk d = desk();
    const struct fallback_query query = {.rule_pool = TEXT("hers"),
                                         .persona = persona(&d, "mira")};
    struct config none = *d.engine->config;
    struct fallback_line line;
    struct err err;

    none.pool_count = 0;
    ck_assert(!fallback_choose(&none, &query, d.arena, &line, &err));
    ck_assert_int_eq(err.kind, ERR_INTERNAL);
    arena_fail_at(d.arena, 1);
    ck_assert(!fallback_choose(d.engine->config, &query, d.arena, &line, &err));
    ck_assert_int_eq(err.kind, ERR_MEMORY);
    desk_clear(&d);
}
END_TEST

TEST_MAIN("fallback",
          tcase_add_test(tc, pool_and_locale_are_the_first_there_are);
          tcase_add_test(tc, rotation_never_says_a_line_twice_running);
          tcase_add_test(tc, hash_picks_by_the_text_and_first_the_first);
          tcase_add_test(tc, name_is_filled_in_and_nothing_else);
          tcase_add_test(tc, no_pool_or_no_memory_is_an_error);)
