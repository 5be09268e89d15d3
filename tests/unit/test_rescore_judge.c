#include "sidecar/tools/rescore_judge.h"

#include "proto/encode.h"
#include "sidecar/serve/rotation.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

static const char yaml[] =
    "schema: 1\n"
    "limits: {text_bytes: 65536}\n"
    "categories: {c: {}}\n"
    "fallbacks:\n"
    "  default: {pick: rotate, en: [\"One.\", \"Two.\", \"Three.\"]}\n"
    "rules:\n"
    "- {id: R, type: terms, terms: [secret], category: c, action: redact}\n"
    "- {id: FB, type: terms, terms: [refused], category: c, action: "
    "fallback}\n"
    "- {id: B, type: terms, terms: [blocked], category: c, action: block}\n"
    "- {id: FL, type: flood, max_messages: 2, window: 60s, category: c, "
    "action: block}\n"
    "personas: [{id: mira}, {id: tom}]\n";

static struct support_bench bench;
static struct rotation *rotation;
static struct rescore_judge_terms terms;
static struct rescore_judge *judge;

static void
begin(void)
{
    struct err err;

    bench = support_bench_of(yaml);
    rotation = rotation_new();
    terms = (struct rescore_judge_terms){
        .engine = bench.engine, .persona = TEXT("tom"), .rotation = rotation};
    judge = rescore_judge_new(&terms, &err);
    ck_assert_ptr_nonnull(judge);
}

static void
end(void)
{
    rescore_judge_free(judge);
    rotation_free(rotation);
    support_bench_clear(&bench);
}

static struct rescore_reply
reply_of(const char *session, const char *persona, struct text text)
{
    return (struct rescore_reply){.kind = TRANSCRIPT_TURN,
                                  .turn = {.session = text_of(session),
                                           .persona = text_of(persona),
                                           .text = text}};
}

START_TEST(the_envelope_is_that_of_a_request_of_ones_own)
{
    static const char *const texts[] = {"a calm line", "a secret line",
                                        "a refused line", "a blocked one", ""};
    static const char *const sessions[] = {"", "one", "two"};
    struct err err;

    for (size_t i = 0; i < 5 * 3; i++) {
        const struct rescore_reply reply =
            reply_of(sessions[i % 3], "mira", text_of(texts[i / 3]));
        const struct request_candidate candidate = {.text = reply.turn.text};
        struct request request = support_request(&candidate);
        struct judge_result result;
        struct buffer want, got;
        request.persona = reply.turn.persona;
        request.session = reply.turn.session;
        request.turn = 0;
        const struct judge_terms own = {.deadline_ns = UINT64_MAX,
                                        .rotation =
                                            rotation_next(rotation, &request)};
        ck_assert(judge_begin(bench.judge, bench.engine, &err) &&
                  judge_request(bench.judge, bench.engine, &request, &own,
                                &result, &err));
        const struct envelope *envelope =
            rescore_judge_reply(judge, &reply, &err);
        ck_assert_msg(envelope != NULL, "%s", err.message);
        buffer_init(&want, 1 << 20);
        buffer_init(&got, 1 << 20);
        encode_envelope(&want, &result.envelopes[0]);
        encode_envelope(&got, envelope);
        ck_assert_msg(text_equal(buffer_text(&want), buffer_text(&got)), "%s",
                      texts[i / 3]);
        buffer_clear(&want);
        buffer_clear(&got);
    }
}
END_TEST

/* The same reply for the tenth time is judged as the first time. */
START_TEST(nothing_is_remembered_from_one_reply_to_the_next)
{
    const struct rescore_reply reply =
        reply_of("one", "mira", TEXT("a refused line"));
    struct err err;
    size_t line = 0;

    for (int i = 0; i < 10; i++) {
        const struct envelope *e = rescore_judge_reply(judge, &reply, &err);
        ck_assert_ptr_nonnull(e);
        ck_assert_int_eq(e->action, ACTION_FALLBACK);
        ck_assert_uint_eq(e->line, i == 0 ? e->line : line);
        line = e->line;
    }
}
END_TEST

START_TEST(what_a_caller_could_not_send_is_an_error_or_told_otherwise)
{
    static char text[65537], name[200];
    struct err err;

    memset(text, 'x', sizeof(text));
    memset(name, 's', sizeof(name) - 1);
    struct rescore_reply reply = reply_of("", "", (struct text){text, 65536});
    ck_assert_ptr_nonnull(rescore_judge_reply(judge, &reply, &err));
    reply.turn.text.len++;
    ck_assert_ptr_null(rescore_judge_reply(judge, &reply, &err));
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
    ck_assert_str_eq(err.path, "text");
    reply = reply_of("", "nobody", TEXT("calm"));
    ck_assert_ptr_null(rescore_judge_reply(judge, &reply, &err));
    ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
    // Sessions have any name in a transcript.
    reply = reply_of(name, "", TEXT("refused"));
    ck_assert_ptr_nonnull(rescore_judge_reply(judge, &reply, &err));
    reply = reply_of("a\nb", "", TEXT("refused"));
    ck_assert_ptr_nonnull(rescore_judge_reply(judge, &reply, &err));
}
END_TEST

START_TEST(the_persona_is_the_replys_own_where_it_has_one)
{
    const struct rescore_reply hers = reply_of("", "mira", TEXT("x"));
    const struct rescore_reply nobodys = reply_of("", "", TEXT("x"));

    ck_assert(text_is(rescore_judge_persona(&terms, &hers), "mira"));
    ck_assert(text_is(rescore_judge_persona(&terms, &nobodys), "tom"));
}
END_TEST

TEST_MAIN("rescore_judge", tcase_add_checked_fixture(tc, begin, end);
          tcase_add_test(tc, the_envelope_is_that_of_a_request_of_ones_own);
          tcase_add_test(tc, nothing_is_remembered_from_one_reply_to_the_next);
          tcase_add_test(
              tc, what_a_caller_could_not_send_is_an_error_or_told_otherwise);
          tcase_add_test(tc, the_persona_is_the_replys_own_where_it_has_one);)
