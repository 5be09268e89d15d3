/* Terms of a rule: those that count otherwise, where they are looked for. */
#include <math.h>
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

#define HEAD                                                                   \
    "schema: 1\n"                                                              \
    "engine: {cache: none, obfuscation_bonus: 0.1}\n"                          \
    "categories: {c: {}}\n"                                                    \
    "lists: {l: {terms: [zorblax, \"grump\"]}, w: {terms: [\"acme*\", "        \
    "\"*globex*\"], match: wildcard}}\n"                                       \
    "rules:\n- {id: A, category: c, score: 0.4, "

/* "0.4 raw[0,3) id; flag": each hit, and the action all of it comes to. */
static const char *
told(const struct envelope *e)
{
    static char said[2048];
    size_t len = 0;

    for (size_t i = 0; i < e->hit_count; i++) {
        const struct envelope_hit *h = &e->hits[i];
        len +=
            (size_t)snprintf(said + len, sizeof(said) - len, "%s%g ",
                             len > 0 ? ", " : "", round(h->score * 1e9) / 1e9);
        for (size_t k = 0; envelope_via_names[k] != NULL; k++) {
            if ((h->via >> k & 1) != 0) {
                len += (size_t)snprintf(said + len, sizeof(said) - len, "%s",
                                        envelope_via_names[k]);
            }
        }
        len += (size_t)snprintf(
            said + len, sizeof(said) - len, "[%zu,%zu)%s%.*s", h->bytes.from,
            h->bytes.to, h->entity.len > 0 ? " " : "", TEXT_ARGS(h->entity));
    }
    snprintf(said + len, sizeof(said) - len, "%s%s", len > 0 ? "; " : "",
             envelope_verdict_names[e->verdict]);
    return said;
}

#define PLAIN "type: terms, terms: [zorblax, \"b\xc3\xa4h\", \"two words\"]"

static const struct {
    const char *rule, *text, *told;
} rows[] = {
    /* score, severity, action, name */
    {PLAIN, "zorblax", "0.4 raw[0,7); pass"},
    {PLAIN ", overrides: [{terms: [zorblax], score: 0.9}]", "zorblax",
     "0.9 raw[0,7); pass"},
    {PLAIN ", overrides: [{terms: [zorblax], severity: critical}]", "zorblax",
     "0.95 raw[0,7); pass"},
    {PLAIN ", overrides: [{terms: [zorblax], severity: low, score: 0.7}]",
     "zorblax", "0.7 raw[0,7); pass"},
    {PLAIN ", overrides: [{terms: [zorblax], action: block}]", "zorblax",
     "0.4 raw[0,7); refuse"},
    {PLAIN ", action: block, overrides: [{terms: [zorblax], action: flag}]",
     "zorblax", "0.4 raw[0,7); flag"},
    {PLAIN ", overrides: [{terms: [zorblax], id: item-7}]", "zorblax",
     "0.4 raw[0,7) item-7; pass"},
    {PLAIN ", overrides: [{terms: [zorblax], score: -0.3}]", "zorblax",
     "-0.3 raw[0,7); pass"},
    /* only the terms that are named */
    {PLAIN ", overrides: [{terms: [zorblax], score: 0.9, action: block}]",
     "two words", "0.4 raw[0,9); pass"},
    {PLAIN ", overrides: [{terms: [\"two words\"], score: 0.9}]",
     "zorblax, two words", "0.4 raw[0,7), 0.9 raw[9,18); pass"},
    {PLAIN ", overrides: [{terms: [zorblax, \"two words\"], score: 0.9}]",
     "zorblax, two words", "0.9 raw[0,7), 0.9 raw[9,18); pass"},
    {PLAIN ", overrides: [{terms: [zorblax], score: 0.9}, "
           "{terms: [\"two words\"], score: 0.8}]",
     "zorblax, two words", "0.9 raw[0,7), 0.8 raw[9,18); pass"},
    /* however it is written there */
    {PLAIN ", overrides: [{terms: [ZorBlax], score: 0.9}]", "zORblax",
     "0.9 raw[0,7); pass"},
    {"robust: none, type: terms, terms: [zorblax], overrides: [{terms: "
     "[zorblax], score: 0.9}]",
     "zorblax Zorblax", "0.9 raw[0,7); pass"},
    /* of lists, with a list's own way to match */
    {"type: terms, lists: [l], overrides: [{terms: [grump], score: 0.9}]",
     "grump zorblax", "0.9 raw[0,5), 0.4 raw[6,13); pass"},
    {"type: terms, lists: [{terms: [mumble]}], overrides: [{terms: [mumble], "
     "score: 0.9}]",
     "mumble", "0.9 raw[0,6); pass"},
    {"type: terms, lists: [w], overrides: [{terms: [\"acme*\"], score: 0.9}]",
     "acmeville, myglobexes", "0.9 raw[0,9), 0.4 raw[11,21); pass"},
    {"type: terms, lists: [w], terms: [acme], overrides: [{terms: [acme], "
     "score: 0.9}]",
     "acme. acmeville", "0.9 raw[0,4), 0.4 raw[6,15); pass"},
    {"type: terms, match: substring, terms: [rbla], overrides: [{terms: "
     "[rbla], score: 0.9}]",
     "zorblax", "0.9 raw[2,6); pass"},
    {"type: terms, terms: [crow], plural: true, overrides: [{terms: [crow], "
     "score: 0.9}]",
     "crows", "0.9 raw[0,5); pass"},
    /* one place, two terms of the rule: the stronger counts */
    {"type: terms, terms: [zorblax, \"zorblax now\"], overrides: [{terms: "
     "[zorblax], score: 0.9, action: block}]",
     "zorblax now", "0.9 raw[0,11); refuse"},
    {"type: persona_break, terms: [zorblax], patterns: [grump], overrides: "
     "[{terms: [zorblax], score: 0.9}]",
     "zorblax grump", "0.9 raw[0,7), 0.4 raw[8,13); pass"},
    /* what the rule allows is no hit, whatever an override says */
    {PLAIN ", allow: [\"old zorblax\"], overrides: [{terms: [zorblax], score: "
           "0.9}]",
     "old zorblax", "pass"},

    /* a disguise adds to the score, where there is nothing but a disguise */
    {"type: terms, terms: [zorblax]",
     "zor\xe2\x80\x8b"
     "blax",
     "0.5 fold[0,10); pass"},
    {"type: terms, terms: [zorblax], overrides: [{terms: [zorblax], score: "
     "0.85}]",
     "z\xd0\xbe"
     "rblax",
     "0.95 fold[0,8); pass"},
    {"type: terms, terms: [zorblax], overrides: [{terms: [zorblax], score: "
     "-0.3}]",
     "z\xd0\xbe"
     "rblax",
     "-0.3 fold[0,8); pass"},
    {"type: terms, terms: [zorblax], robust: strong", "zorblax",
     "0.4 raw[0,7); pass"},
    {"type: terms, terms: [zorblax], robust: strong", "z0rbl4x",
     "0.5 leet[0,7); pass"},
    {"type: terms, terms: [zorblax], robust: strong", "z o r b l a x",
     "0.5 squash[0,13); pass"},
    {"type: terms, terms: [zorblax], robust: strong", "zorblax is my l33t n4m3",
     "0.4 raw[0,7); pass"},
    {"type: terms, terms: [zorblax], robust: strong",
     "zorblax s p e l l e d o u t", "0.4 raw[0,7); pass"},
    {"type: terms, terms: [zorblax], robust: strong", "zorblax z0rblax",
     "0.4 raw[0,7), 0.5 leet[8,15); pass"},
    {"type: terms, terms: [zorblax], robust: basic", "z0rblax", "pass"},
    {"type: terms, terms: [zorblax], robust: none", "Zorblax", "pass"},

    /* patterns look where views says, terms where robust does */
    {"type: regex, pattern: zorblax", "Zorblax", "0.4 raw[0,7); pass"},
    {"type: regex, pattern: zorblax, views: [raw]",
     "z\xd0\xbe"
     "rblax zorblax",
     "0.4 raw[9,16); pass"},
    {"type: regex, pattern: zorblax, views: [leet]", "zorblax",
     "0.4 raw[0,7); pass"},
    {"type: regex, pattern: zorblax, views: [leet]", "z0rblax zorblax",
     "0.5 leet[0,7), 0.4 raw[8,15); pass"},
    {"type: regex, pattern: zorblax, views: [squash]", "z-o-r-b-l-a-x",
     "0.5 squash[0,13); pass"},
    {"type: regex, pattern: zorblax, views: [fold]", "z0rblax", "pass"},
    {"type: regex, pattern: zorblax, robust: strong", "z0rblax",
     "0.5 leet[0,7); pass"},
    {"type: persona_break, views: [raw], terms: [grump], patterns: [zorblax]",
     "Grump z\xd0\xbe"
     "rblax zorblax",
     "0.4 raw[0,5), 0.4 raw[15,22); pass"},
    {"type: regex, pattern: zorblax, views: [raw], allow: [\"old Zorblax\"]",
     "old zorblax, zorblax", "0.4 raw[13,20); pass"},
};

START_TEST(term_counts_as_it_should)
{
    char yaml[4096];

    snprintf(yaml, sizeof(yaml), HEAD "%s}\n", rows[_i].rule);
    struct support_bench bench = support_bench_of(yaml);
    const char *said = told(support_say(&bench, rows[_i].text));
    ck_assert_msg(strcmp(said, rows[_i].told) == 0, "%s\n\"%s\": %s, not %s",
                  rows[_i].rule, rows[_i].text, said, rows[_i].told);
    support_bench_clear(&bench);
}
END_TEST

/* ---- overrides of terms that are not there ---------------------------------
 */

static const struct {
    const char *rule, *said; /* "": nothing */
} broken[] = {
    {PLAIN ", overrides: [{terms: [zorblax, zorbax], score: 0.9}]",
     "rules.A.overrides[0].terms[1]: \"zorbax\" is none of the rule's terms"},
    {"type: terms, lists: [l], overrides: [{terms: [grump], id: g}, {terms: "
     "[grunt], id: h}]",
     "rules.A.overrides[1].terms[0]: \"grunt\" is none of the rule's terms"},
    {"type: terms, lists: [w], overrides: [{terms: [acme], score: 0.9}]",
     "rules.A.overrides[0].terms[0]: \"acme\" is none of the rule's terms"},
    {PLAIN
     ", overrides: [{terms: [zorblax], id: g}, {terms: [Zorblax], id: h}]",
     "\"Zorblax\" stands in two overrides, or twice"},
    {PLAIN ", overrides: [{terms: [zorblax, zorblax], id: g}]",
     "\"zorblax\" stands in two overrides, or twice"},
    {PLAIN ", allow: [old], overrides: [{terms: [old], id: g}]",
     "\"old\" is none of the rule's terms"},
    {"robust: none, type: terms, terms: [zorblax, Zorblax], overrides: "
     "[{terms: [zorblax], id: g}, {terms: [Zorblax], id: h}]",
     ""},
};

START_TEST(override_of_nothing_is_refused)
{
    char yaml[4096];

    snprintf(yaml, sizeof(yaml), HEAD "%s}\n", broken[_i].rule);
    char *said = support_engine_problems(yaml, false);
    ck_assert_msg(broken[_i].said[0] == '\0'
                      ? said[0] == '\0'
                      : strstr(said, broken[_i].said) != NULL,
                  "%s\n%s", broken[_i].rule, said);
    free(said);
}
END_TEST

TEST_MAIN("overrides", tcase_add_loop_test(tc, term_counts_as_it_should, 0,
                                           sizeof(rows) / sizeof(rows[0]));
          tcase_add_loop_test(tc, override_of_nothing_is_refused, 0,
                              sizeof(broken) / sizeof(broken[0]));)
