/*
 * Every type of rule through a judge: that its keys reach its detector, and
 * what the detector finds reaches the answer. What each detector finds is for
 * its own test.
 */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "sidecar/engine/flood.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

#define HEAD                                                                   \
    "schema: 1\n"                                                              \
    "engine: {cache: none}\n"                                                  \
    "categories: {c: {}}\n"                                                    \
    "lists: {good: {terms: [example.org, \"*.example.net\"]}}\n"               \
    "personas: [{id: mira}]\n"                                                 \
    "rules:\n- {id: A, category: c, score: 0.5, "

#define TOKEN "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"

static const struct {
    const char *rule, *text, *told;
} rows[] = {
    /* secret */
    {"type: secret", "my key is " TOKEN ".", "pass: A 0.5 raw[10,50) API_KEY"},
    {"type: secret, action: redact", "my key is " TOKEN ".",
     "redact by rule A: A 0.5 raw[10,50) API_KEY"},
    {"type: secret, providers: [github]", TOKEN,
     "pass: A 0.5 raw[0,40) "
     "API_KEY"},
    {"type: secret, providers: [aws, slack]", TOKEN, "pass"},
    {"type: secret", "the key is X9v2Lq8ZtR4mW1nB7cYpK3sD", "pass"},
    {"type: secret, entropy: {min_chars: 20, anywhere: true}",
     "X9v2Lq8ZtR4mW1nB7cYpK3sD", "pass: A 0.5 raw[0,24) SECRET"},
    {"type: secret, entropy: {min_chars: 32, anywhere: true}",
     "X9v2Lq8ZtR4mW1nB7cYpK3sD", "pass"},
    {"type: secret, entropy: {min_bits_per_char: 6, anywhere: true}",
     "X9v2Lq8ZtR4mW1nB7cYpK3sD", "pass"},
    {"type: secret, allow: [\"" TOKEN "\"]", TOKEN, "pass"},

    /* url */
    {"type: url, allow_domains: [good, example.com]",
     "see https://example.com/x and http://a.example.net", "pass"},
    {"type: url, allow_domains: [good, example.com]",
     "see https://example.com/x and https://evil.tld-x.io/y",
     "pass: A 0.5 raw[30,53) not_allowed"},
    {"type: url, allow_domains: [good]", "https://sub.example.org", "pass"},
    {"type: url, allow_domains: [good], allow_subdomains: false",
     "https://sub.example.org", "pass: A 0.5 raw[0,23) not_allowed"},
    {"type: url, allowed_schemes: [https]", "http://example.org",
     "pass: A 0.5 raw[0,18) scheme"},
    {"type: url, allowed_schemes: [https]", "https://example.org", "pass"},
    {"type: url, block_userinfo: true", "https://bob:pw@example.org/",
     "pass: A 0.5 raw[0,27) userinfo"},
    {"type: url, block_userinfo: false, max_urls: 5",
     "https://bob:pw@example.org/", "pass"},
    {"type: url, block_ip_hosts: true", "http://93.184.216.34/a",
     "pass: A 0.5 raw[0,22) ip_host"},
    {"type: url, block_private_hosts: true", "http://localhost:8080/a",
     "pass: A 0.5 raw[0,23) private_host"},
    {"type: url, block_shorteners: true", "https://bit.ly/3abc",
     "pass: A 0.5 raw[0,19) shortener"},
    {"type: url, block_mismatch: true", "[example.org](https://evil-site.com/)",
     "pass: A 0.5 raw[14,36) mismatch"},
    {"type: url, block_lookalike_hosts: true, allow_domains: [paypal.com]",
     "https://paypa1.com", "pass: A 0.5 raw[0,18) lookalike"},
    {"type: url, max_urls: 1", "https://a.example https://b.example",
     "pass: A 0.5 raw[18,35) too_many"},

    /* repetition */
    {"type: repetition, max_char_run: 5", "aaaaa b", "pass"},
    {"type: repetition, max_char_run: 5", "aaaaaa b",
     "pass: A 0.5 raw[5,6) max_char_run"},
    {"type: repetition, max_token_run: 2", "so so so",
     "pass: A 0.5 raw[6,8) max_token_run"},
    {"type: repetition, max_token_run: 3", "so so so", "pass"},
    {"type: repetition, max_sentence_repeats: 1",
     "I am so tired now. Let us go. I am so tired now.",
     "pass: A 0.5 raw[30,47) max_sentence_repeats"},

    /* unicode */
    {"type: unicode, max_combining_run: 2", "e\xcc\x81\xcc\x82 x", "pass"},
    {"type: unicode, max_combining_run: 2", "e\xcc\x81\xcc\x82\xcc\x83 x",
     "pass: A 0.5 raw[0,7) combining"},
    {"type: unicode, max_invisible: 1",
     "a\xe2\x80\x8b"
     "b",
     "pass"},
    {"type: unicode, max_invisible: 0",
     "a\xe2\x80\x8b"
     "b",
     "pass: A 0.5 raw[1,4) invisible"},
    {"type: unicode, forbid: [bidi_override]",
     "a\xe2\x80\xae"
     "b",
     "pass: A 0.5 raw[1,4) bidi_override"},
    {"type: unicode, forbid: [tag_chars]",
     "a\xe2\x80\xae"
     "b",
     "pass"},
    {"type: unicode, forbid: [control, private_use]", "a\xee\x80\x80\x01",
     "pass: A 0.5 raw[1,4) private_use, A 0.5 raw[4,5) control"},

    /* language: through the guess; a short text tells nothing */
    {"type: language, allowed: [en], min_chars: 40", "hello", "pass"},

    /* linear: the score is the model's, unless the rule has one */
    {"type: linear, head: toxic, threshold: 0.0", "hello",
     "pass: A 0.5 raw[0,0) toxic"},
    {"type: linear, head: toxic, threshold: 1", "hello", "pass"},
    {"type: linear, head: toxic", "Good morning! I made us some tea.", "pass"},
    {"type: linear, head: toxic, preset: sensitive",
     "you are a worthless piece of shit, go kill yourself",
     "pass: A 0.5 raw[0,0) toxic"},
    /* what is about the whole text has no place to redact */
    {"type: linear, head: toxic, threshold: 0.0, action: "
     "redact",
     "hello", "flag by rule A: A 0.5 raw[0,0) toxic"},
    {"type: linear, head: toxic, threshold: 0.0, action: "
     "fallback",
     "hello", "refuse by rule A: A 0.5 raw[0,0) toxic"},

    /* length */
    {"type: length, max_chars: 5", "h\xc3\xa4llo", "pass"},
    {"type: length, max_chars: 5", "h\xc3\xa4llo!", "pass: A 0.5 raw[0,0)"},
    {"type: length, min_chars: 3", "hi", "pass: A 0.5 raw[0,0)"},
    {"type: length, min_chars: 3", "hi!", "pass"},

    /* pii, with the kinds that need a word before them */
    {"type: pii, entity: EMAIL_ADDRESS", "write bob@example.com",
     "pass: A 0.95 raw[6,21) EMAIL_ADDRESS"},
    {"type: pii, entity: EMAIL_ADDRESS", "write bob at example dot com",
     "pass: A 0.75 raw[6,28) EMAIL_ADDRESS"},
    {"type: pii, entity: EMAIL_ADDRESS, min_score: 0.8",
     "write bob at example dot com", "pass"},
};

/* The model is not in the folder where the configuration is. */
static struct support_bench
bench_of(const char *rule)
{
    static const char *const with_model[] = {
        "rules.A.weights=config/linear/en.bin", NULL};
    char yaml[4096];

    snprintf(yaml, sizeof(yaml), HEAD "%s}\n", rule);
    return support_bench(support_engine_set(
        yaml, strstr(rule, "type: linear") != NULL ? with_model : NULL));
}

START_TEST(rule_finds_what_its_type_is_for)
{
    struct support_bench bench = bench_of(rows[_i].rule);
    const char *said = support_findings(support_say(&bench, rows[_i].text));
    ck_assert_msg(strcmp(said, rows[_i].told) == 0, "%s\n\"%s\": %s, not %s",
                  rows[_i].rule, rows[_i].text, said, rows[_i].told);
    support_bench_clear(&bench);
}
END_TEST

/* Shares are of long texts only. */
START_TEST(share_of_what_stood_before_is_a_hit)
{
    static const struct {
        const char *rule;
        bool hits;
    } cases[] = {
        {"type: repetition, ngram_words: 3, max_ngram_share: 0.5", true},
        {"type: repetition, ngram_words: 3, max_ngram_share: 0.99", false},
        {"type: repetition, ngram_words: 12, max_ngram_share: 0.5", true}};
    char *text = support_repeat("one two three four, five six seven. ", 14);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct support_bench bench = bench_of(cases[i].rule);
        const char *said = support_findings(support_say(&bench, text));
        ck_assert_msg((strstr(said, "max_ngram_share") != NULL) ==
                          cases[i].hits,
                      "%s: %s", cases[i].rule, said);
        support_bench_clear(&bench);
    }
    free(text);
}
END_TEST

/* ---- flood: what a session says, counted from message to message ------------
 */

#define FLOOD "type: flood, window: 60s, "

struct message {
    const char *text, *session, *persona;
    uint64_t at_s;
    long long attempt;
    bool hit;
};

static const struct {
    const char *rule;
    struct message messages[6];
} floods[] = {
    {FLOOD "max_messages: 2",
     {{"one", "s", "", 1, 0, false},
      {"two", "s", "", 2, 0, false},
      {"three", "s", "", 3, 0, true},
      {"four", "s", "", 200, 0, false}}},
    /* each session for itself */
    {FLOOD "max_messages: 2",
     {{"one", "s", "", 1, 0, false},
      {"two", "t", "", 2, 0, false},
      {"three", "s", "", 3, 0, false},
      {"four", "t", "", 4, 0, false},
      {"five", "t", "", 5, 0, true}}},
    /* nobody to count for */
    {FLOOD "max_messages: 1",
     {{"one", "", "", 1, 0, false}, {"two", "", "", 2, 0, false}}},
    /* by persona */
    {FLOOD "key: persona, max_messages: 1",
     {{"one", "s", "mira", 1, 0, false},
      {"two", "t", "mira", 2, 0, true},
      {"three", "t", "", 3, 0, false}}},
    /* the second attempt at a message is the same message */
    {FLOOD "max_messages: 2",
     {{"one", "s", "", 1, 0, false},
      {"one again", "s", "", 2, 1, false},
      {"one once more", "s", "", 3, 2, false},
      {"two", "s", "", 4, 0, false},
      {"three", "s", "", 5, 0, true}}},
    {FLOOD "max_near_duplicates: 1",
     {{"come and see my lovely new home page today", "s", "", 1, 0, false},
      {"come and see my lovely new home page today", "s", "", 2, 0, false},
      {"come and see my lovely new home page today", "s", "", 3, 0, true},
      {"what did you have for dinner with your sister", "s", "", 4, 0, false}}},
    /* a rule that does not run counts nothing */
    {FLOOD "max_messages: 1, directions: [input]",
     {{"one", "s", "", 1, 0, false}, {"two", "s", "", 2, 0, false}}},
};

START_TEST(flood_counts_messages)
{
    struct err err;
    struct support_bench bench = bench_of(floods[_i].rule);
    struct flood *flood = flood_new(64, 1, &err);

    ck_assert_ptr_nonnull(flood);
    for (size_t i = 0; i < 6 && floods[_i].messages[i].text != NULL; i++) {
        const struct message *m = &floods[_i].messages[i];
        // Two candidates are one message.
        const struct request_candidate candidates[] = {
            {.text = text_of(m->text)}, {.text = text_of(m->text)}};
        const struct judge_terms terms = {.deadline_ns = UINT64_MAX,
                                          .flood = flood,
                                          .now_ns = m->at_s * 1000000000};
        struct request request = support_request(candidates);
        request.candidate_count = 2;
        request.session = text_of(m->session);
        request.persona = text_of(m->persona);
        request.attempt = m->attempt;
        ck_assert(judge_begin(bench.judge, bench.engine, &err));
        ck_assert(judge_request(bench.judge, bench.engine, &request, &terms,
                                &bench.result, &err));
        ck_assert_msg((bench.result.envelopes[0].hit_count > 0) == m->hit,
                      "%s, message %zu", floods[_i].rule, i);
        ck_assert_uint_eq(bench.result.envelopes[1].hit_count, 0);
    }
    flood_free(flood);
    support_bench_clear(&bench);
}
END_TEST

START_TEST(without_a_table_nothing_is_counted)
{
    const struct request_candidate candidate = {.text = TEXT("hello")};
    struct support_bench bench = bench_of(FLOOD "max_messages: 1");
    struct request request = support_request(&candidate);

    request.session = TEXT("s");
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(support_judge(&bench, &request)->hit_count, 0);
    }
    support_bench_clear(&bench);
}
END_TEST

/* Two rules that count keep two counts, whatever their windows. */
START_TEST(flood_rules_count_for_themselves)
{
    const struct request_candidate candidate = {.text = TEXT("hello")};
    struct err err;
    struct flood *flood = flood_new(64, 1, &err);
    struct support_bench bench = support_bench_of(
        SUPPORT_ENGINE_RULES
        "- {id: A, type: flood, window: 60s, max_messages: 2, category: c}\n"
        "- {id: B, type: flood, window: 30s, max_messages: 1, category: c}\n");
    struct request request = support_request(&candidate);
    static const size_t hits[] = {0, 1, 2};

    ck_assert_ptr_nonnull(flood);
    request.session = TEXT("s");
    for (size_t i = 0; i < 3; i++) {
        const struct judge_terms terms = {.deadline_ns = UINT64_MAX,
                                          .flood = flood,
                                          .now_ns = i * 1000000000};
        ck_assert(judge_begin(bench.judge, bench.engine, &err));
        ck_assert(judge_request(bench.judge, bench.engine, &request, &terms,
                                &bench.result, &err));
        ck_assert_uint_eq(bench.result.envelopes[0].hit_count, hits[i]);
    }
    flood_free(flood);
    support_bench_clear(&bench);
}
END_TEST

TEST_MAIN("rule_types", tcase_add_loop_test(tc, rule_finds_what_its_type_is_for,
                                            0, sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, share_of_what_stood_before_is_a_hit);
          tcase_add_loop_test(tc, flood_counts_messages, 0,
                              sizeof(floods) / sizeof(floods[0]));
          tcase_add_test(tc, without_a_table_nothing_is_counted);
          tcase_add_test(tc, flood_rules_count_for_themselves);)
