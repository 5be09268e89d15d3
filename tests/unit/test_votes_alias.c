#include "sidecar/engine/votes_alias.h"

#include "tests/unit/harness.h"

enum {
    HARASSMENT,
    HATE,
    HATE_THREATENING,
    SELF_HARM,
    PII,
    CATEGORIES,
    NONE = CATEGORIES
};

static struct text harassment[] = {{"openai=harassment", 17},
                                   {"bedrock=INSULTS", 15}};
static struct text hate[] = {
    {"openai=hate", 11}, {"mlcommons=S10", 13}, {"azure=Hate", 10}};
static struct text threatening[] = {
    {"openai=hate/threatening", 23}, {"mlcommons=S10", 13}, {"azure=Hate", 10}};
static struct text self_harm[] = {
    {"openai=self-harm", 16}, {"azure=SelfHarm", 14}, {"other=pii", 9}};
static struct text broken[] = {{"no equals", 9}, {NULL, 0}, {"=", 1}};

static struct config_category categories[] = {
    {.id = {"harassment", 10}, .aliases = {harassment, 2}},
    {.id = {"hate", 4}, .aliases = {hate, 3}},
    {.id = {"hate/threatening", 16}, .aliases = {threatening, 3}},
    {.id = {"self_harm", 9}, .aliases = {self_harm, 3}},
    {.id = {"pii", 3}, .aliases = {broken, 3}},
};

static const struct config config = {.categories = categories,
                                     .category_count = CATEGORIES};

static const struct {
    const char *classifier, *name;
    size_t want[2]; /* NONE: no more */
} rows[] = {
    /* its own alias */
    {"openai", "harassment", {HARASSMENT, NONE}},
    {"openai", "hate", {HATE, NONE}},
    {"openai", "hate/threatening", {HATE_THREATENING, NONE}},
    {"openai", "self-harm", {SELF_HARM, NONE}},
    {"OpenAI", "Self Harm", {SELF_HARM, NONE}},
    {"azure", "Hate", {HATE, HATE_THREATENING}},
    {"azure", "hate", {HATE, HATE_THREATENING}},
    {"azure", "SelfHarm", {SELF_HARM, NONE}},
    {"mlcommons", "S10", {HATE, HATE_THREATENING}},
    {"other", "pii", {SELF_HARM, NONE}}, /* before the id */
    /* the id */
    {"mine", "hate", {HATE, NONE}}, /* not what azure calls Hate */
    {"mine", "HATE", {HATE, NONE}},
    {"mine", "self-harm", {SELF_HARM, NONE}},
    {"mine", "pii", {PII, NONE}},
    {"openai", "pii", {PII, NONE}},
    {"azure", "self_harm", {SELF_HARM, NONE}},
    /* anybody's alias */
    {"mine", "S10", {HATE, HATE_THREATENING}},
    {"mine", "insults", {HARASSMENT, NONE}},
    {"mine", "selfharm", {SELF_HARM, NONE}},
    /* but not for one who has aliases of its own */
    {"openai", "S10", {NONE, NONE}},
    {"azure", "INSULTS", {NONE, NONE}},
    {"bedrock", "S10", {NONE, NONE}},
    {"mlcommons", "SelfHarm", {NONE, NONE}},
    /* nothing */
    {"mine", "weather", {NONE, NONE}},
    {"mine", "hat", {NONE, NONE}},
    {"mine", "openai=hate", {NONE, NONE}},
    {"mine", "no equals", {NONE, NONE}},
};

START_TEST(name_means_its_categories)
{
    size_t found[CATEGORIES] = {0};
    const size_t count =
        votes_alias_find(&config, text_of(rows[_i].classifier),
                         text_of(rows[_i].name), found, CATEGORIES);
    const size_t want = rows[_i].want[0] == NONE   ? 0
                        : rows[_i].want[1] == NONE ? 1
                                                   : 2;

    ck_assert_msg(count == want, "%s: %s: %zu, not %zu", rows[_i].classifier,
                  rows[_i].name, count, want);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(found[i] == rows[_i].want[i], "%s: %s: %zu",
                      rows[_i].classifier, rows[_i].name, found[i]);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_left_out)
{
    size_t found[2] = {77, 77};

    ck_assert_uint_eq(
        votes_alias_find(&config, TEXT("azure"), TEXT("Hate"), found, 1), 1);
    ck_assert_uint_eq(found[0], HATE);
    ck_assert_uint_eq(found[1], 77);
    ck_assert_uint_eq(
        votes_alias_find(&config, TEXT("azure"), TEXT("Hate"), found, 0), 0);
}
END_TEST

START_TEST(spellings_of_one_name_are_the_same)
{
    ck_assert(
        votes_alias_same(TEXT("self-harm/intent"), TEXT("Self_Harm/Intent")));
    ck_assert(votes_alias_same(TEXT("self harm"), TEXT("self-harm")));
    ck_assert(!votes_alias_same(TEXT("selfharm"), TEXT("self-harm")));
    ck_assert(!votes_alias_same(TEXT("self/harm"), TEXT("self-harm")));
    ck_assert(votes_alias_same((struct text){NULL, 0}, TEXT("")));
    ck_assert(!votes_alias_same(TEXT("a"), TEXT("b")));
}
END_TEST

TEST_MAIN("votes alias", {
    tcase_add_loop_test(tc, name_means_its_categories, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tc, what_does_not_fit_is_left_out);
    tcase_add_test(tc, spellings_of_one_name_are_the_same);
})
