/* A rule of type flood, through whole requests. */
#include "sidecar/engine/flood.h"

#include <stdio.h>

#include "sidecar/base/hash.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

static struct support_bench bench;
static struct flood *flood;
static uint64_t now_ns;

static void
enter(void)
{
    struct err err;

    bench = support_bench_of(
        SUPPORT_ENGINE_RULES
        "- {id: TALK, type: flood, window: 10s, max_messages: 2, category: c,"
        " action: flag}\n"
        "- {id: STAR, type: flood, key: persona, window: 10s, max_messages: 3,"
        " category: c, action: flag}\n"
        "personas: [{id: mira}, {id: tom}]\n");
    flood = flood_new(1024, 7, &err);
    ck_assert_ptr_nonnull(flood);
    now_ns = 1000000000u;
}

static void
leave(void)
{
    flood_free(flood);
    support_bench_clear(&bench);
}

/* The rules that hit. */
static const char *
asked(const struct request *request)
{
    const struct judge_terms terms = {
        .deadline_ns = UINT64_MAX, .flood = flood, .now_ns = now_ns};

    ck_assert(judge_begin(bench.judge, bench.engine, &bench.err));
    ck_assert_msg(judge_request(bench.judge, bench.engine, request, &terms,
                                &bench.result, &bench.err),
                  "%s", bench.err.message);
    return support_hits(&bench.result.envelopes[0]);
}

static const char *
said(const char *workspace, struct text session, const char *persona)
{
    static const struct request_candidate candidate = {.text = {"hi", 2}};
    struct request request = support_request(&candidate);

    request.workspace = text_of(workspace);
    request.session = session;
    request.persona = text_of(persona);
    return asked(&request);
}

START_TEST(sessions_and_workspaces_count_apart)
{
    ck_assert_str_eq(said("w", TEXT("a"), ""), "");
    ck_assert_str_eq(said("w", TEXT("b"), ""), "");
    ck_assert_str_eq(said("v", TEXT("a"), ""), "");
    ck_assert_str_eq(said("wa", TEXT(""), ""), "");
    ck_assert_str_eq(said("w", TEXT("a"), ""), "");
    ck_assert_str_eq(said("w", TEXT("a"), ""), "TALK[0,0)");
    ck_assert_str_eq(said("w", TEXT("b"), ""), "");
    now_ns += 20000000000u;
    ck_assert_str_eq(said("w", TEXT("a"), ""), "");
}
END_TEST

START_TEST(without_a_session_only_personas_count)
{
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(said("w", TEXT(""), "mira"), "");
    }
    ck_assert_str_eq(said("w", TEXT(""), "mira"), "STAR[0,0)");
    ck_assert_str_eq(said("w", TEXT(""), "tom"), "");
    ck_assert_str_eq(said("v", TEXT(""), "mira"), "");
}
END_TEST

/* A session of the same name as a persona is no persona. */
START_TEST(each_rule_counts_for_itself)
{
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(said("", TEXT("mira"), ""), "");
    }
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(said("", TEXT(""), "mira"), "");
    }
}
END_TEST

/* One message: its candidates, and what is asked for once more. */
START_TEST(a_message_counts_once)
{
    const struct request_candidate candidates[] = {
        {.text = TEXT("one")}, {.text = TEXT("two")}, {.text = TEXT("three")}};
    struct request request = support_request(candidates);

    request.candidate_count = 3;
    request.session = TEXT("a");
    ck_assert_str_eq(asked(&request), "");
    ck_assert_str_eq(asked(&request), "");
    request.attempt = 1;
    ck_assert_str_eq(asked(&request), "");
    request.attempt = 0;
    ck_assert_str_eq(asked(&request), "TALK[0,0)");
}
END_TEST

/* Two names of 16 ASCII characters that the fast hash takes for one. */
static void
collide(uint64_t seed, char one[17], char two[17])
{
    uint64_t random = 5;

    snprintf(one, 17, "victim-000000001");
    for (;;) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        snprintf(two, 17, "%08x", (unsigned)(random >> 32));
        // hash_bytes: what the first eight bytes come to, before the last.
        uint64_t of[2];
        const char *const names[] = {one, two};
        for (size_t i = 0; i < 2; i++) {
            uint64_t h = seed * 0x9e3779b97f4a7c15u ^ 16u;
            h = (h ^ hash_load((const unsigned char *)names[i], 8)) *
                0xd6e8feb86659fd93u;
            of[i] = h ^ h >> 32;
        }
        const uint64_t last =
            of[0] ^ of[1] ^ hash_load((const unsigned char *)one + 8, 8);
        bool plain = true;
        for (size_t i = 0; i < 8; i++) {
            const unsigned char c = (unsigned char)(last >> 8 * i);
            two[8 + i] = (char)c;
            plain = plain && c > ' ' && c < 0x7f;
        }
        two[16] = '\0';
        if (plain) {
            break;
        }
    }
    ck_assert_uint_eq(hash_bytes(one, 16, seed), hash_bytes(two, 16, seed));
}

START_TEST(no_name_is_taken_for_another)
{
    char one[17], two[17];

    collide(hash_text(TEXT(""), 1), one, two);
    ck_assert_str_eq(said("", text_of(one), ""), "");
    ck_assert_str_eq(said("", text_of(one), ""), "");
    ck_assert_str_eq(said("", text_of(two), ""), "");
    ck_assert_str_eq(said("", text_of(one), ""), "TALK[0,0)");
}
END_TEST

START_TEST(nobody_counts_nothing)
{
    flood_free(flood);
    flood = NULL;
    for (size_t i = 0; i < 10; i++) {
        ck_assert_str_eq(said("w", TEXT("a"), "mira"), "");
    }
}
END_TEST

TEST_MAIN("rules_flood", tcase_add_checked_fixture(tc, enter, leave);
          tcase_add_test(tc, sessions_and_workspaces_count_apart);
          tcase_add_test(tc, without_a_session_only_personas_count);
          tcase_add_test(tc, each_rule_counts_for_itself);
          tcase_add_test(tc, a_message_counts_once);
          tcase_add_test(tc, no_name_is_taken_for_another);
          tcase_add_test(tc, nobody_counts_nothing);)
