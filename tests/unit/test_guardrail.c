#include "sidecar/engine/guardrail.h"

#include <stdio.h>

#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"
#include "tests/unit/harness.h"

/* ------------------------------------------------------------ what is taken */

static const struct {
    const char *item;
    enum guardrail_kind kind;
    const char *name; /* NULL: not looked at */
    enum config_action action;
    enum pii_entity entity;
    uint32_t chars;
} taken[] = {
    {"@no_links", GUARDRAIL_SET, "no_links", CONFIG_NONE, 0, 0},
    {"@a.b:c-d", GUARDRAIL_SET, "a.b:c-d", CONFIG_NONE, 0, 0},
    {"-PROFANITY", GUARDRAIL_WITHOUT_RULE, "PROFANITY", CONFIG_NONE, 0, 0},
    {"-2FA", GUARDRAIL_WITHOUT_RULE, "2FA", CONFIG_NONE, 0, 0},
    {"-g:profanity", GUARDRAIL_WITHOUT_GROUP, "profanity", CONFIG_NONE, 0, 0},
    {"-g: profanity", GUARDRAIL_WITHOUT_GROUP, "profanity", CONFIG_NONE, 0, 0},
    {"+URL_POLICY=flag", GUARDRAIL_RAISE, "URL_POLICY", CONFIG_FLAG, 0, 0},
    {"+URL_POLICY=redact", GUARDRAIL_RAISE, "URL_POLICY", CONFIG_REDACT, 0, 0},
    {"+A=fallback", GUARDRAIL_RAISE, "A", CONFIG_FALLBACK, 0, 0},
    {"+A=block", GUARDRAIL_RAISE, "A", CONFIG_BLOCK, 0, 0},
    {"+A = block", GUARDRAIL_RAISE, "A", CONFIG_BLOCK, 0, 0},
    {"deny:Acme", GUARDRAIL_DENY, "Acme", CONFIG_NONE, 0, 0},
    {"  deny:  Acme Ltd.  ", GUARDRAIL_DENY, "Acme Ltd.", CONFIG_NONE, 0, 0},
    {"deny:a.*b|c(d)", GUARDRAIL_DENY, "a.*b|c(d)", CONFIG_NONE, 0, 0},
    {"deny:x=y", GUARDRAIL_DENY, "x=y", CONFIG_NONE, 0, 0},
    {"deny:deny:me", GUARDRAIL_DENY, "deny:me", CONFIG_NONE, 0, 0},
    {"deny:C3", GUARDRAIL_DENY, "C3", CONFIG_NONE, 0, 0},
    {"deny:42", GUARDRAIL_DENY, "42", CONFIG_NONE, 0, 0},
    {"deny:\xe6\xad\xbb", GUARDRAIL_DENY, "\xe6\xad\xbb", CONFIG_NONE, 0, 0},
    {"deny:\xf0\x9f\x8d\x86", GUARDRAIL_DENY, "\xf0\x9f\x8d\x86", CONFIG_NONE,
     0, 0},
    {"deny:\xd1\x85\xd0\xbe", GUARDRAIL_DENY, "\xd1\x85\xd0\xbe", CONFIG_NONE,
     0, 0},
    {"deny:\xef\xbd\x81\xef\xbd\x82", GUARDRAIL_DENY, NULL, CONFIG_NONE, 0, 0},
    {"deny:\xef\xac\x83", GUARDRAIL_DENY, NULL, CONFIG_NONE, 0, 0}, /* ffi */
    {"deny:\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", GUARDRAIL_DENY, NULL, CONFIG_NONE,
     0, 0}, /* a flag */
    {"allow:Scunthorpe United", GUARDRAIL_ALLOW, "Scunthorpe United",
     CONFIG_NONE, 0, 0},
    {"pii:EMAIL_ADDRESS=block", GUARDRAIL_PII, "EMAIL_ADDRESS", CONFIG_BLOCK,
     PII_EMAIL_ADDRESS, 0},
    {"pii:iban_code=redact", GUARDRAIL_PII, NULL, CONFIG_REDACT, PII_IBAN_CODE,
     0},
    {"pii: CARD = flag", GUARDRAIL_PII, "CARD", CONFIG_FLAG, PII_CREDIT_CARD,
     0},
    {"max_chars:1", GUARDRAIL_MAX_CHARS, NULL, CONFIG_NONE, 0, 1},
    {"max_chars:280", GUARDRAIL_MAX_CHARS, NULL, CONFIG_NONE, 0, 280},
    {"max_chars: 280", GUARDRAIL_MAX_CHARS, NULL, CONFIG_NONE, 0, 280},
    {"max_chars:999999", GUARDRAIL_MAX_CHARS, NULL, CONFIG_NONE, 0, 999999},
    {"max_chars:1000000", GUARDRAIL_MAX_CHARS, NULL, CONFIG_NONE, 0, 1000000},
    {"min_chars:20", GUARDRAIL_MIN_CHARS, NULL, CONFIG_NONE, 0, 20},
    {"lang:en", GUARDRAIL_LANGUAGE, "en", CONFIG_NONE, 0, 0},
    {"lang:pt-BR", GUARDRAIL_LANGUAGE, "pt-BR", CONFIG_NONE, 0, 0},
    {"canary:ZX-19f3", GUARDRAIL_CANARY, "ZX-19f3", CONFIG_NONE, 0, 0},
    {"canary:ZX19", GUARDRAIL_CANARY, "ZX19", CONFIG_NONE, 0, 0},
};

START_TEST(item_is_understood)
{
    const struct guardrail g = guardrail_parse(text_of(taken[_i].item));

    ck_assert_msg(g.kind == taken[_i].kind, "%s: kind %d, %s", taken[_i].item,
                  g.kind, g.reason != NULL ? g.reason : "no reason");
    ck_assert_ptr_null(g.reason);
    ck_assert_msg(taken[_i].name == NULL || text_is(g.name, taken[_i].name),
                  "%s: %.*s", taken[_i].item, TEXT_ARGS(g.name));
    ck_assert_int_eq(g.action, taken[_i].action);
    ck_assert_uint_eq(g.chars, taken[_i].chars);
    ck_assert(g.kind != GUARDRAIL_PII || g.entity == taken[_i].entity);
}
END_TEST

/* ---------------------------------------------------------- what is refused */

#define RULE_64                                                                \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const char no_form[] = "not one of the forms of a guardrail";
static const char short_term[] = "a term of fewer than 2 letters";
static const char short_canary[] = "a canary of fewer than 4 letters";
static const char bad_rule[] = "not the name of a rule";
static const char bad_chars[] = "not a number of characters from 1 to 1000000";
static const char bad_action[] =
    "its action is none of flag, redact, fallback, block";
static const char controls[] = "control characters in it";

static const struct {
    const char *item, *reason;
} refused[] = {
    {"", "empty"},
    {"   ", "empty"},
    {"Never mention Acme.", no_form},
    {"Do not: swear", no_form},
    {"no_links", no_form},
    {"Deny:Acme", no_form},
    {"DENY:Acme", no_form},
    {"deny :Acme", no_form},
    {"deny", no_form},
    {"regex:a+", no_form},
    {"max_tokens:3", no_form},
    {"!PROFANITY", no_form},
    {"\xef\xbc\x8dPROFANITY", no_form}, /* a full-width sign */
    {"@", "not the name of a set"},
    {"@ no_links", "not the name of a set"},
    {"@no links", "not the name of a set"},
    {"@someone should stop", "not the name of a set"},
    {"-", bad_rule},
    {"- NSFW", bad_rule},
    {"-NSFW is fine", bad_rule},
    {"-profanity", bad_rule},
    {"-G:profanity", bad_rule},
    {"-A" RULE_64, bad_rule},
    {"-g:", "not the name of a group"},
    {"-g:a b", "not the name of a group"},
    {"+", "no =action behind the rule"},
    {"+1", "no =action behind the rule"},
    {"+A", "no =action behind the rule"},
    {"+=block", bad_rule},
    {"+a=block", bad_rule},
    {"+g:x=block", bad_rule},
    {"+A=", bad_action},
    {"+A=allow", bad_action},
    {"+A=ship", bad_action},
    {"+A=BLOCK", bad_action},
    {"+A=block=flag", bad_action},
    {"+A=blocks", bad_action},
    {"deny:", short_term},
    {"deny: ", short_term},
    {"deny:a", short_term},
    {"deny: - a - ", short_term},
    {"deny:...!?", short_term},
    {"deny:***", short_term},
    {"deny:\xe2\x80\x8b\xe2\x80\x8d\xe2\x81\xa0", short_term}, /* no width */
    {"deny:a\xe2\x80\x8b", short_term},
    {"deny:a\xcc\x81\xcc\x82", short_term}, /* one letter, two marks */
    {"deny:\xc3\xa9", short_term},
    {"deny:\xef\xbd\x81", short_term},             /* full-width a */
    {"deny:\xf0\x9d\x93\xaa", short_term},         /* mathematical a */
    {"deny:\xe3\x85\xa4\xe3\x85\xa4", short_term}, /* Hangul fillers */
    {"deny:\xe3\x81\xae", short_term},             /* kana: in every text */
    {"allow:", short_term},
    {"allow:e", short_term},
    {"pii:", "no =action behind the kind of personal data"},
    {"pii:EMAIL_ADDRESS", "no =action behind the kind of personal data"},
    {"pii:=block", "not a kind of personal data"},
    {"pii:SHOE_SIZE=block", "not a kind of personal data"},
    {"pii:EMAIL_ADDRESS=", bad_action},
    {"pii:EMAIL_ADDRESS=mask", bad_action},
    {"max_chars:", bad_chars},
    {"max_chars:0", bad_chars},
    {"max_chars:007", bad_chars},
    {"max_chars:-1", bad_chars},
    {"max_chars:+1", bad_chars},
    {"max_chars:1.5", bad_chars},
    {"max_chars:1e3", bad_chars},
    {"max_chars:2 80", bad_chars},
    {"max_chars:280 characters", bad_chars},
    {"max_chars:1000001", bad_chars},
    {"max_chars:9999999", bad_chars},
    {"max_chars:4294967297", bad_chars},
    {"max_chars:99999999999999999999999999", bad_chars},
    {"max_chars:\xd9\xa3", bad_chars}, /* another script's digit */
    {"min_chars:0", bad_chars},
    {"lang:", "not a language, as en or pt-BR"},
    {"lang:e", "not a language, as en or pt-BR"},
    {"lang:english please", "not a language, as en or pt-BR"},
    {"canary:", short_canary},
    {"canary:abc", short_canary},
    {"canary:a-b-c-!!!", short_canary},
    {"deny:a\nb", controls},
    {"deny:ab\t", controls},
    {"\x01", controls},
    {"deny:ab\x7f", controls},
    {"deny:ab\xc2\x85", controls},
    {"deny:ab\xc2\x9f", controls},
    {"Never\nmention", controls},
};

START_TEST(item_is_refused_with_a_reason)
{
    const struct guardrail g = guardrail_parse(text_of(refused[_i].item));

    ck_assert_msg(g.kind == GUARDRAIL_UNSUPPORTED, "%s: kind %d",
                  refused[_i].item, g.kind);
    ck_assert_msg(g.reason != NULL, "%s: no reason", refused[_i].item);
    ck_assert_msg(strcmp(g.reason, refused[_i].reason) == 0, "%s: %s, not %s",
                  refused[_i].item, g.reason, refused[_i].reason);
}
END_TEST

START_TEST(longest_rule_name_is_taken)
{
    ck_assert_int_eq(guardrail_parse(TEXT("-" RULE_64)).kind,
                     GUARDRAIL_WITHOUT_RULE);
}
END_TEST

START_TEST(nul_is_a_control_and_not_an_end)
{
    const struct guardrail g = guardrail_parse(TEXT("deny:ab\0cd"));

    ck_assert_int_eq(g.kind, GUARDRAIL_UNSUPPORTED);
    ck_assert_str_eq(g.reason, controls);
}
END_TEST

START_TEST(no_text_at_all_is_empty)
{
    const struct guardrail g = guardrail_parse((struct text){NULL, 0});

    ck_assert_int_eq(g.kind, GUARDRAIL_UNSUPPORTED);
    ck_assert_str_eq(g.reason, "empty");
}
END_TEST

/* ------------------------------------------------------------- any item at all
 */

static bool
lies_in(struct text inner, struct text outer)
{
    return inner.len == 0 ||
           (inner.at >= outer.at && inner.len <= outer.len &&
            (size_t)(inner.at - outer.at) <= outer.len - inner.len);
}

/* Asserts only where it fails: check writes down each assertion. */
static void
check_any(struct text item)
{
    const struct guardrail g = guardrail_parse(item);

    if ((g.kind == GUARDRAIL_UNSUPPORTED) != (g.reason != NULL) ||
        !lies_in(g.item, item) || !lies_in(g.name, g.item)) {
        ck_abort_msg("%.*s", TEXT_ARGS(item));
    }
}

/* Whole characters only: what comes in has been checked. */
START_TEST(every_truncation_is_taken_or_refused)
{
    const struct text whole = text_of(taken[_i].item);

    for (size_t len = 0; len <= whole.len; len++) {
        if (len < whole.len && utf8_inside((unsigned char)whole.at[len])) {
            continue;
        }
        char *copy = malloc(len + 1); // exact, so that overruns are seen
        memcpy(copy, whole.at, len);
        check_any((struct text){copy, len});
        free(copy);
    }
}
END_TEST

START_TEST(random_items_are_taken_or_refused)
{
    static const char *const pieces[] = {"@",        "-",
                                         "+",        "g:",
                                         "deny:",    "allow:",
                                         "pii:",     "lang:",
                                         "canary:",  "max_chars:",
                                         "=",        "block",
                                         " ",        "A",
                                         "EMAIL",    "0",
                                         "1",        "999999",
                                         "x",        ":",
                                         "\xc2\xa0", "\xe2\x80\x8b",
                                         "\xcc\x81", "\xf0\x9f\x8d\x86",
                                         "\x7f",     "\xef\xb7\xba"};
    uint64_t seed = (uint64_t)_i;

    for (size_t round = 0; round < 2000; round++) {
        char item[256];
        size_t len = 0;
        for (size_t n = hash_mix(++seed) % 12; n > 0; n--) {
            const char *const piece =
                pieces[hash_mix(++seed) % (sizeof(pieces) / sizeof(*pieces))];
            len +=
                (size_t)snprintf(item + len, sizeof(item) - len, "%s", piece);
        }
        char *copy = malloc(len + 1);
        memcpy(copy, item, len);
        check_any((struct text){copy, len});
        free(copy);
    }
}
END_TEST

/* Every character there is, as the only one of a term. */
START_TEST(any_character_is_one_term_or_none)
{
    char item[16] = "deny:";

    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        check_any((struct text){item, 5 + utf8_put(c, item + 5)});
    }
}
END_TEST

/* ----------------------------------------------------------------------- keys
 */

enum { LIST = 6 };

static size_t
parse_all(const char *const *list, struct guardrail *out)
{
    size_t count = 0;

    for (; list[count] != NULL; count++) {
        out[count] = guardrail_parse(text_of(list[count]));
    }
    return count;
}

static struct digest
key_of(const char *const *list, const char *scope)
{
    struct guardrail items[GUARDRAIL_ITEMS] = {{0}};
    const size_t count = parse_all(list, items);

    return guardrail_key(items, count, text_of(scope));
}

static bool
same(struct digest a, struct digest b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

static const struct {
    const char *one[LIST], *other[LIST];
    bool same;
} pairs[] = {
    {{"deny:ab"}, {"deny:ab"}, true},
    {{"deny:ab", "@x"}, {"@x", "deny:ab"}, true},
    {{"@x", "deny:ab", "-A"}, {"-A", "@x", "deny:ab"}, true},
    {{"@x", "@x"}, {"@x"}, true},
    {{"@x", "-A", "@x", "-A"}, {"-A", "@x"}, true},
    {{" @x "}, {"@x"}, true},
    {{"@x", "please be nice"}, {"@x"}, true},
    {{"@x", "please be nice"}, {"be kind", "@x"}, true},
    {{"please be nice"}, {NULL}, true},
    {{"@x"}, {NULL}, false},
    {{"@x"}, {"@y"}, false},
    {{"@x"}, {"@X"}, false},
    {{"deny:ab"}, {"allow:ab"}, false},
    {{"deny:ab"}, {"deny:abc"}, false},
    {{"deny:ab", "deny:cd"}, {"deny:ab"}, false},
    {{"deny:ab", "deny:cd"}, {"deny:abdeny:cd"}, false},
    {{"+A=flag"}, {"+A=block"}, false},
    {{"max_chars:28"}, {"max_chars:280"}, false},
};

START_TEST(keys_are_the_same_for_lists_that_mean_the_same)
{
    ck_assert_msg(same(key_of(pairs[_i].one, "s"),
                       key_of(pairs[_i].other, "s")) == pairs[_i].same,
                  "row %d", _i);
    ck_assert_msg(!same(key_of(pairs[_i].one, "s"), key_of(pairs[_i].one, "t")),
                  "row %d: the scope counts nothing", _i);
}
END_TEST

/* A list of _i items, shuffled and with some doubled, has the list's key. */
START_TEST(key_is_blind_to_order_and_repeats)
{
    static char texts[GUARDRAIL_ITEMS][24];
    struct guardrail items[GUARDRAIL_ITEMS] = {{0}};
    const size_t count = (size_t)_i;
    uint64_t seed = count;

    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], sizeof(texts[i]), "deny:term %zu", i);
        items[i] = guardrail_parse(text_of(texts[i]));
    }
    const struct digest want = guardrail_key(items, count, TEXT("scope"));
    for (size_t i = count; i > 1; i--) {
        const size_t k = hash_mix(++seed) % i;
        const struct guardrail kept = items[i - 1];
        items[i - 1] = items[k];
        items[k] = kept;
    }
    ck_assert(same(guardrail_key(items, count, TEXT("scope")), want));
    if (count > 0 && count < GUARDRAIL_ITEMS) {
        items[count] = items[count / 2];
        ck_assert(same(guardrail_key(items, count + 1, TEXT("scope")), want));
    }
    if (count > 1) {
        ck_assert(!same(guardrail_key(items, count - 1, TEXT("scope")), want));
    }
}
END_TEST

#define EACH(test, rows)                                                       \
    tcase_add_loop_test(tc, test, 0, sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("guardrail", {
    EACH(item_is_understood, taken);
    EACH(item_is_refused_with_a_reason, refused);
    tcase_add_test(tc, longest_rule_name_is_taken);
    tcase_add_test(tc, nul_is_a_control_and_not_an_end);
    tcase_add_test(tc, no_text_at_all_is_empty);
    EACH(every_truncation_is_taken_or_refused, taken);
    tcase_add_loop_test(tc, random_items_are_taken_or_refused, 0, 10);
    tcase_add_test(tc, any_character_is_one_term_or_none);
    EACH(keys_are_the_same_for_lists_that_mean_the_same, pairs);
    tcase_add_loop_test(tc, key_is_blind_to_order_and_repeats, 0, 40);
    tcase_add_loop_test(tc, key_is_blind_to_order_and_repeats,
                        GUARDRAIL_ITEMS - 1, GUARDRAIL_ITEMS + 1);
})
