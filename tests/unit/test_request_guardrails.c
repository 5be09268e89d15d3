/* extraGuardrails through a whole request: what is understood takes effect. */
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

#define YAML                                                                   \
    "schema: 1\n"                                                              \
    "engine: {cache: none, on_deny: fallback, on_length: flag, "               \
    "obfuscation_bonus: 0}\n"                                                  \
    "categories: {c: {}, quality: {}}\n"                                       \
    "fallbacks: {default: {en: [Something else.]}}\n"                          \
    "rules:\n"                                                                 \
    "- {id: SWEAR, type: terms, terms: [zorb, grump], category: c, action: "   \
    "redact, suppressible: true}\n"                                            \
    "- {id: FIRM, type: terms, terms: [never], category: c, action: redact}\n" \
    "- {id: MAIL, type: pii, entity: EMAIL_ADDRESS, category: c, action: "     \
    "redact}\n"                                                                \
    "- {id: LEAK, type: prompt_leak, category: c, action: fallback}\n"         \
    "- {id: STRONG, type: terms, terms: [kwyjibo], robust: strong, category: " \
    "c}\n"                                                                     \
    "guardrails:\n"                                                            \
    "  brief: {add: [{id: BRIEF, type: length, max_chars: 10, category: c, "   \
    "action: block}]}\n"                                                       \
    "  calm: {rules: {SWEAR: {action: fallback}, FIRM: {mode: disabled}}}\n"

static const struct {
    const char *items[4], *text;
    const char *told;        /* of support_findings */
    const char *unsupported; /* joined by " | " */
} rows[] = {
    /* deny: words and phrases, in every view that there is */
    {{"deny:Acme Corp"},
     "At ACME corp.",
     "refuse by rule REQUEST_DENY: REQUEST_DENY 0.5 raw[3,12)",
     ""},
    {{"deny:acme"}, "acmeville", "pass", ""},
    {{"deny:acme"},
     "\xd0\xb0"
     "cme",
     "refuse by rule REQUEST_DENY: REQUEST_DENY 0.5 fold[0,5)",
     ""},
    {{"deny:acme"},
     "4cme",
     "refuse by rule REQUEST_DENY: REQUEST_DENY 0.5 leet[0,4)",
     ""},
    {{"deny:acme"},
     "a c m e",
     "refuse by rule REQUEST_DENY: REQUEST_DENY 0.5 squash[0,7)",
     ""},
    {{"deny:acme", "deny:globex"},
     "globex, acme",
     "refuse by rule REQUEST_DENY: REQUEST_DENY 0.5 raw[0,6), "
     "REQUEST_DENY 0.5 raw[8,12)",
     ""},
    {{"deny:x"}, "x", "pass", "deny:x"},

    /* allow: forgives what may be switched off, and nothing else */
    {{NULL}, "old zorb", "redact by rule SWEAR: SWEAR 0.5 raw[4,8)", ""},
    {{"allow:old zorb"}, "old zorb", "pass", ""},
    {{"allow:old zorb"},
     "new zorb",
     "redact by rule SWEAR: SWEAR 0.5 raw[4,8)",
     ""},
    {{"allow:old zorb"},
     "old zorb, zorb",
     "redact by rule SWEAR: SWEAR 0.5 raw[10,14)",
     ""},
    {{"allow:never"}, "never", "redact by rule FIRM: FIRM 0.5 raw[0,5)", ""},
    {{"allow:zorb", "deny:zorb"},
     "zorb",
     "refuse by rule REQUEST_DENY: REQUEST_DENY 0.5 raw[0,4)",
     ""},

    /* lengths */
    {{"max_chars:5"}, "h\xc3\xa4llo", "pass", ""},
    {{"max_chars:5"},
     "h\xc3\xa4llo!",
     "flag by rule REQUEST_LENGTH: REQUEST_LENGTH 0.5 raw[0,0)",
     ""},
    {{"min_chars:4"},
     "hi",
     "flag by rule REQUEST_LENGTH: REQUEST_LENGTH 0.5 raw[0,0)",
     ""},
    {{"max_chars:5", "max_chars:3"},
     "four",
     "flag by rule REQUEST_LENGTH: REQUEST_LENGTH 0.5 raw[0,0)",
     ""},
    {{"max_chars:none"}, "four", "pass", "max_chars:none"},

    /* canaries, folded */
    {{"canary:Zebra-19"},
     "the word is ZEBRA-19",
     "refuse by rule LEAK: LEAK 1 raw[12,20) CANARY",
     ""},
    {{"canary:Zebra-19"}, "the word is zebra", "pass", ""},

    /* personal data */
    {{NULL},
     "bob@example.com",
     "redact by rule MAIL: MAIL 0.95 raw[0,15) EMAIL_ADDRESS",
     ""},
    {{"pii:EMAIL_ADDRESS=block"},
     "bob@example.com",
     "refuse by rule MAIL: MAIL 0.95 raw[0,15) EMAIL_ADDRESS",
     ""},
    {{"pii:EMAIL_ADDRESS=flag"},
     "bob@example.com",
     "redact by rule MAIL: MAIL 0.95 raw[0,15) EMAIL_ADDRESS",
     "pii:EMAIL_ADDRESS=flag"},
    {{"pii:IBAN_CODE=block"},
     "bob@example.com",
     "redact by rule MAIL: MAIL 0.95 raw[0,15) EMAIL_ADDRESS",
     "pii:IBAN_CODE=block"},

    /* sets and single rules */
    {{"@brief"},
     "more than ten",
     "refuse by rule BRIEF: BRIEF 0.5 raw[0,0)",
     ""},
    {{NULL}, "more than ten", "pass", ""},
    {{"@calm"}, "zorb", "refuse by rule SWEAR: SWEAR 0.5 raw[0,4)", ""},
    {{"@calm"}, "never", "pass", ""}, /* the set says so */
    {{"@nope"}, "hello", "pass", "@nope"},
    {{"-SWEAR"}, "zorb", "pass", ""},
    {{"-FIRM"}, "never", "redact by rule FIRM: FIRM 0.5 raw[0,5)", "-FIRM"},
    {{"+SWEAR=block"}, "zorb", "refuse by rule SWEAR: SWEAR 0.5 raw[0,4)", ""},
    {{"+SWEAR=flag"},
     "zorb",
     "redact by rule SWEAR: SWEAR 0.5 raw[0,4)",
     "+SWEAR=flag"},
    {{"+BRIEF=block"},
     "more than ten",
     "refuse by rule BRIEF: BRIEF 0.5 raw[0,0)",
     ""},

    /* listed as they were sent, in their order, none dropped */
    {{"Be kind.", "-SWEAR", "@nope", "never mind"},
     "zorb",
     "pass",
     "Be kind. | @nope | never mind"},
    {{" @nope ", "@nope"}, "hello", "pass", " @nope  | @nope"},
};

START_TEST(guardrails_of_a_request_take_effect)
{
    const struct request_candidate candidate = {.text = text_of(rows[_i].text)};
    struct request request = support_request(&candidate);
    struct support_bench bench = support_bench_of(YAML);
    char unsupported[512] = "";
    struct text items[4];

    for (size_t i = 0; i < 4 && rows[_i].items[i] != NULL; i++) {
        items[i] = text_of(rows[_i].items[i]);
        request.guardrails = (struct request_texts){items, i + 1};
    }
    // Twice: understood anew, and as it was kept.
    for (int turn = 0; turn < 2; turn++) {
        const struct envelope *e = support_judge(&bench, &request);
        const char *said = support_findings(e);
        ck_assert_msg(strcmp(said, rows[_i].told) == 0,
                      "%s of \"%s\": %s, not %s", rows[_i].items[0],
                      rows[_i].text, said, rows[_i].told);
        size_t len = 0;
        unsupported[0] = '\0';
        for (size_t i = 0; i < e->unsupported_count; i++) {
            len += (size_t)snprintf(
                unsupported + len, sizeof(unsupported) - len, "%s%.*s",
                i > 0 ? " | " : "", TEXT_ARGS(e->unsupported[i]));
        }
        ck_assert_msg(strcmp(unsupported, rows[_i].unsupported) == 0,
                      "%s: \"%s\"", rows[_i].items[0], unsupported);
    }
    support_bench_clear(&bench);
}
END_TEST

/* What one request asks for is gone with it. */
START_TEST(next_request_is_judged_plainly)
{
    const struct request_candidate candidate = {.text = TEXT("zorb acme")};
    struct request request = support_request(&candidate);
    struct support_bench bench = support_bench_of(YAML);
    struct text items[] = {TEXT("-SWEAR"), TEXT("deny:acme")};

    request.guardrails = (struct request_texts){items, 2};
    ck_assert_str_eq(support_findings(support_judge(&bench, &request)),
                     "refuse by rule REQUEST_DENY: REQUEST_DENY 0.5 raw[5,9)");
    request.guardrails = (struct request_texts){NULL, 0};
    ck_assert_str_eq(support_findings(support_judge(&bench, &request)),
                     "redact by rule SWEAR: SWEAR 0.5 raw[0,4)");
    support_bench_clear(&bench);
}
END_TEST

/* A text of nothing but what the request allows costs no more memory a rule. */
START_TEST(much_that_is_allowed_is_judged)
{
    enum { TIMES = 12000 };
    char *yaml = malloc(256 * 1024), *text = support_repeat("zorb ", TIMES);
    struct text item = TEXT("allow:zorb");

    ck_assert_ptr_nonnull(yaml);
    size_t len =
        (size_t)snprintf(yaml, 256 * 1024,
                         SUPPORT_ENGINE_HEAD "engine: {cache: none}\nrules:\n");
    for (int i = 0; i < 1000; i++) {
        len += (size_t)snprintf(yaml + len, 256 * 1024 - len,
                                "- {id: R%d, type: terms, terms: [w%d], "
                                "category: c, suppressible: true}\n",
                                i, i);
    }
    struct support_bench bench = support_bench_of(yaml);
    const struct request_candidate candidate = {.text = text_of(text)};
    struct request request = support_request(&candidate);
    request.guardrails = (struct request_texts){&item, 1};
    ck_assert_uint_eq(support_judge(&bench, &request)->hit_count, 0);
    support_bench_clear(&bench);
    free(text);
    free(yaml);
}
END_TEST

TEST_MAIN("request_guardrails",
          tcase_add_loop_test(tc, guardrails_of_a_request_take_effect, 0,
                              sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, next_request_is_judged_plainly);
          tcase_add_test(tc, much_that_is_allowed_is_judged);)
