#include "sidecar/engine/ask.h"

#include <stdarg.h>
#include <stdio.h>

#include "sidecar/engine/guardrail_cache.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

/* X is always on, D switched off for all; the rest as their names say. */
static const char config_yaml[] =
    "schema: 1\n"
    "engine: {cache: none}\n"
    "categories: {c: {}}\n"
    "groups: {g: {max_score: 1}, h: {max_score: 1}}\n"
    "rules:\n"
    "- {id: X, type: terms, terms: [x], category: c, group: g, action: "
    "redact}\n"
    "- {id: SUP, type: terms, terms: [y], category: c, group: g,"
    " suppressible: true}\n"
    "- {id: SUP2, type: terms, terms: [z], category: c, group: h,"
    " suppressible: true}\n"
    "- {id: D, type: terms, terms: [w], category: c, mode: disabled}\n"
    "- {id: HIGH, type: terms, terms: [w], category: c, level: 4}\n"
    "- {id: MAIL, type: pii, entity: EMAIL_ADDRESS, category: c, action: "
    "redact}\n"
    "- {id: MAIL2, type: pii, entity: EMAIL_ADDRESS, category: c, action: "
    "flag}\n"
    "- {id: CARD, type: pii, entity: CREDIT_CARD, category: c, action: "
    "block}\n"
    "- {id: LEAK, type: prompt_leak, category: c, action: fallback}\n"
    "guardrails:\n"
    "  brief: {add: [{id: S, type: length, max_chars: 9, category: c}]}\n"
    "  other: {rules: {X: {action: block}}}\n";

static struct engine *engine;
static struct arena *arena;

static void
enter(const char *yaml)
{
    engine = support_engine(yaml);
    arena = arena_new(1 << 24);
    ck_assert_ptr_nonnull(arena);
}

static void
leave(void)
{
    arena_free(arena);
    engine_drop(engine);
}

static const struct ask *
borrow(const struct text *items, size_t count,
       struct guardrail_cache_entry **lease)
{
    const struct ask *ask;
    struct err err;

    ck_assert_msg(ask_borrow(engine->asks, engine->config,
                             text_of(engine->hash),
                             (struct request_texts){items, count}, arena, lease,
                             &ask, &err),
                  "%s", err.message);
    return ask;
}

struct line {
    char at[1024];
    size_t len;
};

static void add(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct line *line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line->len += (size_t)vsnprintf(line->at + line->len,
                                   sizeof(line->at) - line->len, format, args);
    va_end(args);
}

static void
add_terms(struct line *line, const char *name, const struct ask_terms *terms)
{
    for (size_t i = 0; i < terms->count; i++) {
        add(line, " %s(%s%.*s%s)", name, terms->at[i].left ? "|" : "",
            TEXT_ARGS(terms->at[i].folded), terms->at[i].right ? "|" : "");
    }
}

/* " X>=block -SUP @brief deny(|acme|) ...": all that was understood. */
static const char *
told(const struct ask *ask)
{
    static const char *const names[] = {"-", "flag", "redact", "fallback",
                                        "block"};
    static struct line line;
    const struct config *config = engine->config;

    line.len = 0;
    line.at[0] = '\0';
    for (size_t i = 0; i < ask->rule_count; i++) {
        const struct ask_rule *r = &ask->rules[i];
        add(&line, " %s%.*s%s%s", r->off ? "-" : "",
            TEXT_ARGS(config->rules[r->rule].id),
            r->off ? "" : ">=", r->off ? "" : names[r->at_least]);
    }
    for (size_t i = 0; i < ask->set_count; i++) {
        add(&line, " @%.*s", TEXT_ARGS(config->guardrails[ask->sets[i]].id));
    }
    add_terms(&line, "deny", &ask->deny);
    add_terms(&line, "allow", &ask->allow);
    for (size_t i = 0; i < ask->canaries.count; i++) {
        add(&line, " canary(%.*s)", TEXT_ARGS(ask->canaries.at[i]));
    }
    for (size_t i = 0; i < ask->languages.count; i++) {
        add(&line, " lang(%.*s)", TEXT_ARGS(ask->languages.at[i]));
    }
    if (ask->min_chars >= 0 || ask->max_chars >= 0) {
        add(&line, " chars(%lld..%lld)", ask->min_chars, ask->max_chars);
    }
    for (size_t i = 0; i < ask->refused.count; i++) {
        add(&line, " refused(%.*s)", TEXT_ARGS(ask->refused.at[i]));
    }
    return line.at;
}

static const struct {
    const char *items[4];
    const char *told;
} rows[] = {
    {{"@brief"}, " @brief"},
    {{" @brief "}, " @brief"},
    {{"@brief", "@other"}, " @brief @other"},
    {{"@unknown"}, " refused(@unknown)"},
    {{"-SUP"}, " -SUP"},
    {{"-X"}, " refused(-X)"},
    {{"-NOPE"}, " refused(-NOPE)"},
    {{"-g:h"}, " -SUP2"},
    /* half of it is to be had: that is done, and told */
    {{"-g:g"}, " -SUP refused(-g:g)"},
    {{"-g:nope"}, " refused(-g:nope)"},
    {{"+X=block"}, " X>=block"},
    {{"+X=redact"}, " X>=redact"},
    {{"+X = block"}, " X>=block"},
    {{"+X=flag"}, " refused(+X=flag)"},
    {{"+SUP=flag"}, " SUP>=flag"},
    {{"+NOPE=flag"}, " refused(+NOPE=flag)"},
    {{"+D=block"}, " refused(+D=block)"},       /* compiled for nobody */
    {{"+HIGH=block"}, " refused(+HIGH=block)"}, /* nor is this one */
    {{"+S=block"}, " S>=block"},
    {{"+X=redact", "+X=block", "+X=fallback"}, " X>=block"},
    {{"-SUP", "+SUP=block", "-SUP"}, " -SUP SUP>=block"},
    {{"pii:EMAIL_ADDRESS=block"}, " MAIL>=block MAIL2>=block"},
    {{"pii:email_address=block"}, " MAIL>=block MAIL2>=block"},
    {{"pii:EMAIL_ADDRESS=flag"},
     " MAIL2>=flag refused(pii:EMAIL_ADDRESS=flag)"},
    {{"pii:CREDIT_CARD=redact"}, " refused(pii:CREDIT_CARD=redact)"},
    {{"pii:IBAN_CODE=block"}, " refused(pii:IBAN_CODE=block)"},
    {{"deny:Acme"}, " deny(|acme|)"},
    {{"deny: \xd0\x90\xd1\x81me Corp"}, " deny(|acme corp|)"},
    {{"deny:.net"}, " deny(.net|)"},
    {{"allow:Moby Dick"}, " allow(|moby dick|)"},
    {{"canary:ZX-19F3"}, " canary(zx-19f3)"},
    {{"max_chars:280"}, " chars(-1..280)"},
    {{"max_chars:280", "max_chars:300", "max_chars:120"}, " chars(-1..120)"},
    {{"min_chars:5", "min_chars:9", "min_chars:7"}, " chars(9..-1)"},
    {{"lang:en", "lang:pt-BR"}, " lang(en) lang(pt-BR)"},
    /* no form: told by the item itself, not listed here */
    {{"Never be rude."}, ""},
    {{"deny:x"}, ""},
    {{"+X=allow"}, ""},
    {{"max_chars:0"}, ""},
};

START_TEST(item_comes_to_what_it_says)
{
    struct guardrail_cache_entry *lease;
    struct text items[4];
    size_t count = 0;

    enter(config_yaml);
    while (count < 4 && rows[_i].items[count] != NULL) {
        items[count] = text_of(rows[_i].items[count]);
        count++;
    }
    const struct ask *ask = borrow(items, count, &lease);
    ck_assert_msg(strcmp(told(ask), rows[_i].told) == 0,
                  "%s: \"%s\", not \"%s\"", rows[_i].items[0], told(ask),
                  rows[_i].told);
    for (size_t i = 0; i < count; i++) {
        char refused[128];
        snprintf(refused, sizeof(refused), "refused(%.*s)",
                 TEXT_ARGS(items[i]));
        ck_assert_msg(ask_refuses(ask, items[i]) ==
                          (rows[_i].told[0] == '\0' ||
                           strstr(rows[_i].told, refused) != NULL),
                      "%.*s", TEXT_ARGS(items[i]));
    }
    ask_return(lease);
    leave();
}
END_TEST

/* A canary that nobody would look for is not taken in silence. */
START_TEST(canary_needs_a_rule_that_looks_for_it)
{
    static const struct {
        const char *rule;
        bool refused;
    } cases[] = {
        {"- {id: A, type: length, max_chars: 9, category: c}\n", true},
        {"- {id: A, type: prompt_leak, category: c}\n", false},
        {"- {id: A, type: prompt_leak, category: c, mode: disabled}\n", true},
        {"- {id: A, type: prompt_leak, category: c, mode: monitor}\n", false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct guardrail_cache_entry *lease;
        const struct text item = TEXT("canary:zebra-19");
        char yaml[512];
        snprintf(yaml, sizeof(yaml), SUPPORT_ENGINE_RULES "%s", cases[i].rule);
        enter(yaml);
        const struct ask *ask = borrow(&item, 1, &lease);
        ck_assert_msg(ask_refuses(ask, item) == cases[i].refused, "%s",
                      cases[i].rule);
        ck_assert_uint_eq(ask->canaries.count, cases[i].refused ? 0 : 1);
        ask_return(lease);
        leave();
    }
}
END_TEST

START_TEST(no_items_are_no_ask)
{
    struct guardrail_cache_entry *lease;

    enter(config_yaml);
    ck_assert_ptr_null(borrow(NULL, 0, &lease));
    ck_assert_ptr_null(lease);
    ask_return(lease);
    leave();
}
END_TEST

START_TEST(lists_that_mean_the_same_share_one)
{
    const struct text here[] = {TEXT("@brief"), TEXT("deny:acme")};
    const struct text there[] = {TEXT("deny:acme"), TEXT(" @brief"),
                                 TEXT("deny:acme"), TEXT("Be kind.")};
    const struct text other[] = {TEXT("@brief"), TEXT("deny:Acme")};
    struct guardrail_cache_entry *a, *b, *c;

    enter(config_yaml);
    const struct ask *first = borrow(here, 2, &a);
    ck_assert_ptr_eq(borrow(there, 4, &b), first);
    ck_assert_ptr_ne(borrow(other, 2, &c), first);
    ck_assert_uint_eq(guardrail_cache_counts(engine->asks).entries, 2);
    ck_assert_uint_eq(guardrail_cache_counts(engine->asks).hits, 1);
    // What one of them sent beyond that is told of that one.
    ck_assert(ask_refuses(first, there[3]));
    ask_return(a);
    ask_return(b);
    ask_return(c);
    leave();
}
END_TEST

/* The items are the message's, which goes; the engine's cache keeps the ask. */
START_TEST(ask_outlives_the_message)
{
    static const char *const said[] = {"deny:Acme Corp", "canary:zebra-19",
                                       "lang:pt-BR", "@unknown", "allow:moby"};
    enum { ITEMS = sizeof(said) / sizeof(said[0]) };
    struct guardrail_cache_entry *lease, *again;
    struct text items[ITEMS];
    char *copies[ITEMS];

    enter(config_yaml);
    for (size_t i = 0; i < ITEMS; i++) {
        copies[i] = strdup(said[i]);
        ck_assert_ptr_nonnull(copies[i]);
        items[i] = text_of(copies[i]);
    }
    const struct ask *ask = borrow(items, ITEMS, &lease);
    arena_reset(arena);
    for (size_t i = 0; i < ITEMS; i++) {
        memset(copies[i], '?', strlen(copies[i]));
        free(copies[i]);
        items[i] = text_of(said[i]);
    }
    ck_assert_str_eq(told(ask), " deny(|acme corp|) allow(|moby|) "
                                "canary(zebra-19) lang(pt-BR) "
                                "refused(@unknown)");
    ask_return(lease);
    ck_assert_ptr_eq(borrow(items, ITEMS, &again), ask);
    ask_return(again);
    leave();
}
END_TEST

/* One that is in use lives on when 256 others have taken its place. */
START_TEST(ask_in_use_is_not_evicted_under_its_user)
{
    struct guardrail_cache_entry *lease, *other;
    const struct text item = TEXT("deny:acme");
    char name[32];

    enter(config_yaml);
    const struct ask *ask = borrow(&item, 1, &lease);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "deny:word%d", i);
        const struct text next = text_of(name);
        (void)borrow(&next, 1, &other);
        ask_return(other);
    }
    ck_assert_uint_gt(guardrail_cache_counts(engine->asks).evicted, 0);
    ck_assert_str_eq(told(ask), " deny(|acme|)");
    ask_return(lease);
    leave();
}
END_TEST

/* As many as limits.guardrails may let through, of each kind. */
START_TEST(as_many_items_as_there_may_be)
{
    static const char *const kinds[] = {"deny:w", "allow:w", "canary:word",
                                        "@s", "-R"};
    enum { ITEMS = 256 };

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct guardrail_cache_entry *lease;
        struct text items[ITEMS];
        char names[ITEMS][32];
        enter(config_yaml);
        for (size_t i = 0; i < ITEMS; i++) {
            snprintf(names[i], sizeof(names[i]), "%s%zu", kinds[k], 100 + i);
            items[i] = text_of(names[i]);
        }
        const struct ask *ask = borrow(items, ITEMS, &lease);
        const size_t count = ask->deny.count + ask->allow.count +
                             ask->canaries.count + ask->refused.count;
        ck_assert_msg(count == ITEMS, "%s: %zu", kinds[k], count);
        ask_return(lease);
        leave();
    }
}
END_TEST

TEST_MAIN("ask", tcase_add_loop_test(tc, item_comes_to_what_it_says, 0,
                                     sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, canary_needs_a_rule_that_looks_for_it);
          tcase_add_test(tc, no_items_are_no_ask);
          tcase_add_test(tc, lists_that_mean_the_same_share_one);
          tcase_add_test(tc, ask_outlives_the_message);
          tcase_add_test(tc, ask_in_use_is_not_evicted_under_its_user);
          tcase_add_test(tc, as_many_items_as_there_may_be);)
