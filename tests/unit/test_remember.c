/*
 * What is remembered of a judged reply, over stores that work, fail and are
 * not there; and which threads may do it.
 */
#include "sidecar/serve/remember.h"

#include <stdio.h>

#include "proto/json.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/log.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_failing.h"
#include "tests/unit/support_store.h"
#include "tests/unit/support_word.h"

static struct engine *engine;
static struct rotation *rotation;
static struct desk desk;
static struct handle_server server;
static struct buffer sent, json;

static void
begin(bool failing, enum store_on_error policy)
{
    struct store_options options = support_store_options();
    struct err err;

    log_level_set(LOG_ERROR);
    support_store_enter();
    support_failing_init();
    options.on_error = policy;
    options.vfs = failing ? SUPPORT_FAILING : NULL;
    engine = support_word_engine("zorblax", "personas: [{id: mira}]\n");
    rotation = rotation_new();
    server = (struct handle_server){
        .rotation = rotation,
        .store = store_open(&options, clock_wall_ms(), &err)};
    ck_assert_msg(server.store != NULL, "%s", err.message);
    ck_assert(handle_desk_init(&desk, engine->config));
    buffer_init(&sent, SIZE_MAX);
    buffer_init(&json, SIZE_MAX);
}

static void
finish(void)
{
    store_close(server.store);
    support_failing_at(FAILING_WRITE, FAILING_FULL, 0, false);
    handle_desk_clear(&desk);
    buffer_clear(&sent);
    buffer_clear(&json);
    rotation_free(rotation);
    engine_drop(engine);
    support_store_leave();
}

/* The reply as JSON; "" where the outcome is `later`. */
static const char *
ask_on(bool may_keep, const char *request, enum handle_later *later)
{
    struct err err;

    buffer_reset(&sent);
    buffer_reset(&json);
    ck_assert(json_to_wire(text_of(request), &sent, &err));
    const struct handle_message m = {.body = buffer_text(&sent),
                                     .body_bytes = sent.len,
                                     .may_keep = may_keep,
                                     .arrived_ns = clock_ns(),
                                     .retry_after_ms = -1};
    const struct handle_outcome outcome =
        handle_one(&desk, engine, &server, &m);
    *later = outcome.later;
    if (outcome.later == HANDLE_DONE) {
        ck_assert(json_from_wire(buffer_text(&desk.reply), false, &json, &err));
    }
    buffer_add_byte(&json, '\0');
    return json.at;
}

static const char *
ask(const char *request)
{
    enum handle_later later;
    const char *reply = ask_on(true, request, &later);

    ck_assert_int_eq(later, HANDLE_DONE);
    return reply;
}

static bool
holds(const char *reply, const char *part)
{
    return strstr(reply, part) != NULL;
}

#define OPEN                                                                   \
    "{\"v\":1,\"op\":\"session.open\",\"persona\":\"mira\",\"session\":\"s\"," \
    "\"deadlineMs\":5000}"
#define SCORE(more)                                                            \
    "{\"v\":1,\"op\":\"score\",\"text\":\"Well.\",\"deadlineMs\":5000" more "}"
#define IN_SESSION ",\"session\":\"s\""

START_TEST(a_thread_that_may_not_wait_hands_over_what_needs_the_file)
{
    enum handle_later later;

    begin(false, STORE_DEGRADE);
    (void)ask_on(false, OPEN, &later);
    ck_assert_int_eq(later, HANDLE_BY_STORE);
    // A session that is not in memory may be in the file.
    (void)ask_on(false, SCORE(IN_SESSION), &later);
    ck_assert_int_eq(later, HANDLE_BY_STORE);
    ck_assert(holds(ask(OPEN), "\"created\":true"));
    // One that is, is at hand; a message that may have been there is not.
    ck_assert(
        holds(ask_on(false, SCORE(IN_SESSION ",\"messageId\":\"m\""), &later),
              "\"ok\":true"));
    (void)ask_on(false, SCORE(IN_SESSION ",\"messageId\":\"m\""), &later);
    ck_assert_int_eq(later, HANDLE_BY_STORE);
    ck_assert(holds(ask_on(false, SCORE(""), &later), "\"ok\":true"));
    finish();
}
END_TEST

START_TEST(who_refuses_waits_for_every_record)
{
    enum handle_later later;

    begin(false, STORE_REFUSE);
    ck_assert(holds(ask(OPEN), "\"ok\":true"));
    (void)ask_on(false, SCORE(IN_SESSION), &later);
    ck_assert_int_eq(later, HANDLE_BY_STORE);
    (void)ask_on(false, SCORE(""), &later);
    ck_assert_int_eq(later, HANDLE_BY_STORE);
    finish();
}
END_TEST

START_TEST(a_store_that_fails_degrades_or_refuses)
{
    static const char *const asked[] = {SCORE(IN_SESSION), SCORE("")};

    for (int policy = 0; policy < 2; policy++) {
        begin(true, policy == 0 ? STORE_DEGRADE : STORE_REFUSE);
        ck_assert(holds(ask(OPEN), "\"ok\":true"));
        ck_assert(holds(ask(SCORE(IN_SESSION)), "\"degraded\":false"));
        (void)store_flush(server.store);
        support_failing_at(FAILING_WRITE, FAILING_FULL, 1, true);
        (void)ask(SCORE(IN_SESSION));
        (void)store_flush(server.store); // now it is known
        for (size_t i = 0; i < 2; i++) {
            const char *reply = ask(asked[i]);
            const char *want = policy == 0 ? "\"degraded\":true"
                                           : "\"code\":\"internal_error\"";
            ck_assert_msg(holds(reply, want), "%s: %s", asked[i], reply);
        }
        finish();
    }
}
END_TEST

START_TEST(without_a_store_nothing_is_remembered)
{
    begin(false, STORE_DEGRADE);
    store_close(server.store);
    server.store = NULL;
    ck_assert(holds(ask(SCORE(IN_SESSION)), "\"ok\":true"));
    ck_assert(!holds(json.at, "\"trend\""));
    ck_assert(holds(ask(OPEN), "\"ok\":false"));
    finish();
}
END_TEST

START_TEST(what_was_counted_is_in_the_journal_once)
{
    struct store_health health;

    begin(false, STORE_DEGRADE);
    (void)ask(OPEN);
    for (int i = 0; i < 3; i++) {
        ck_assert(holds(ask(SCORE(IN_SESSION ",\"messageId\":\"m\"")),
                        "\"ok\":true"));
    }
    ck_assert(holds(ask(SCORE("")), "\"ok\":true"));
    ck_assert(holds(ask(SCORE(",\"role\":\"nobody\"")), "\"ok\":false"));
    (void)store_flush(server.store);
    store_health(server.store, &health);
    ck_assert_uint_eq(health.journal_seq, 2);
    finish();
}
END_TEST

TEST_MAIN("remember",
          tcase_add_test(
              tc, a_thread_that_may_not_wait_hands_over_what_needs_the_file);
          tcase_add_test(tc, who_refuses_waits_for_every_record);
          tcase_add_test(tc, a_store_that_fails_degrades_or_refuses);
          tcase_add_test(tc, without_a_store_nothing_is_remembered);
          tcase_add_test(tc, what_was_counted_is_in_the_journal_once);)
