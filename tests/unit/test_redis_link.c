/* The link to a server that cannot be trusted, and to one that is away. */
#include "sidecar/store/redis_link.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/log.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_fake.h"
#include "tests/unit/support_store.h"

enum { FLOOD_BYTES = 20 << 20 /* more than a reply may have */ };

static const char *const scripts[] = {"return 1"};
static struct redis_link *redis;
static struct err err;

static void
pause_ms(long ms)
{
    const struct timespec pause = {0, ms * 1000000};

    (void)nanosleep(&pause, NULL);
}

static struct redis_link_options
options_of(const char *host, long long deadline_ms)
{
    return (struct redis_link_options){.url = {.path = text_of(host)},
                                       .scripts = scripts,
                                       .script_count = 1,
                                       .deadline_ms = deadline_ms,
                                       .retry_ms = 1,
                                       .retry_max_ms = 2,
                                       .queue_bytes = 1 << 20};
}

static void
begin(long long deadline_ms)
{
    static char path[128];
    char folder[64];

    log_level_set(LOG_ERROR);
    ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
    snprintf(path, sizeof(path), "%s/" SUPPORT_FAKE_SOCKET, folder);
    const struct redis_link_options options = options_of(path, deadline_ms);
    redis = redis_link_new(&options, &err);
    ck_assert_msg(redis != NULL, "%s", err.message);
}

static void
finish(void)
{
    redis_link_free(redis);
    support_fake_stop();
    support_store_leave();
}

static bool
call(struct redis_reply **reply)
{
    const struct text arg = TEXT("argument");
    const struct redis_call one = {
        .key = TEXT("k"), .args = &arg, .count = 1, .writes = true};

    return redis_link_call(redis, &one, redis_link_until(redis), reply, &err);
}

static void
fails_as(enum redis_fault fault, const char *what)
{
    ck_assert_msg(err.kind == ERR_INTERNAL, "%s: kind %d", what, (int)err.kind);
    ck_assert_msg(strstr(err.message, redis_fault_words(fault)) != NULL,
                  "%s: %s, not %s", what, err.message, redis_fault_name(fault));
}

#define BYTES(literal)                                                         \
    {                                                                          \
        literal, sizeof(literal) - 1                                           \
    }

static const struct {
    struct text reply;
    enum support_fake_then then;
    enum redis_fault fault;
} replies[] = {
    {BYTES("-OOM command not allowed\r\n"), 0, REDIS_FAULT_FULL},
    {BYTES("-MISCONF errors writing\r\n"), 0, REDIS_FAULT_FULL},
    {BYTES("-READONLY You can't write\r\n"), 0, REDIS_FAULT_READ_ONLY},
    {BYTES("-LOADING the dataset\r\n"), 0, REDIS_FAULT_LOADING},
    {BYTES("-MOVED 3999 127.0.0.1:6381\r\n"), 0, REDIS_FAULT_CLUSTER},
    {BYTES("-ASK 3999 127.0.0.1:6381\r\n"), 0, REDIS_FAULT_CLUSTER},
    {BYTES("-CLUSTERDOWN Hash slot not served\r\n"), 0, REDIS_FAULT_CLUSTER},
    {BYTES("-NOAUTH Authentication required.\r\n"), 0, REDIS_FAULT_AUTH},
    {BYTES("-NOPERM this user has no\r\n"), 0, REDIS_FAULT_AUTH},
    {BYTES("-WRONGTYPE Operation\r\n"), 0, REDIS_FAULT_TYPE},
    {BYTES("-BUSY Redis is busy\r\n"), 0, REDIS_FAULT_BUSY},
    {BYTES("-NOSCRIPT No matching script\r\n"), 0, REDIS_FAULT_NO_SCRIPT},
    {BYTES("-ERR anything\r\n"), 0, REDIS_FAULT_REFUSED},
    {BYTES("-\r\n"), 0, REDIS_FAULT_REFUSED},
    {BYTES("garbage\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("\0\0\0\0"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES(":12x\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("$-5\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("$99999999999999999999999\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("*-5\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("*257\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("*2147483647\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("*4294967297\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("*1\r\n*1\r\n$1\r\na\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("*2\r\n$1\r\na\r\n*1000000\r\n"), 0, REDIS_FAULT_PROTOCOL},
    {BYTES("$9000000000\r\n"), SUPPORT_FAKE_FLOODS, REDIS_FAULT_TOO_LARGE},
    {BYTES("+"), SUPPORT_FAKE_FLOODS, REDIS_FAULT_TOO_LARGE},
    {BYTES("-"), SUPPORT_FAKE_FLOODS, REDIS_FAULT_TOO_LARGE},
    {BYTES("$"), SUPPORT_FAKE_FLOODS, REDIS_FAULT_TOO_LARGE},
    {BYTES("*2\r\n+"), SUPPORT_FAKE_FLOODS, REDIS_FAULT_TOO_LARGE},
    {BYTES("$5\r\nab"), SUPPORT_FAKE_CLOSES, REDIS_FAULT_AWAY},
    {BYTES("*3\r\n$1\r\na\r\n"), SUPPORT_FAKE_CLOSES, REDIS_FAULT_AWAY},
    {BYTES(""), SUPPORT_FAKE_CLOSES, REDIS_FAULT_AWAY},
};

START_TEST(bad_reply_is_named_and_bounded)
{
    const struct support_fake fake = {.reply = replies[_i].reply,
                                      .then = replies[_i].then};
    struct redis_reply *reply;

    support_store_enter();
    support_fake_start(&fake);
    begin(10 * 1000);
    ck_assert_msg(redis_link_wait(redis, &err), "%s", err.message);
    ck_assert_msg(!call(&reply), "%s", fake.reply.at);
    fails_as(replies[_i].fault, fake.reply.at);
    ck_assert_uint_le(support_fake_flooded(), FLOOD_BYTES);
    finish();
}
END_TEST

static const struct {
    const char *greeting;
    enum redis_fault fault;
} greetings[] = {
    {"-NOAUTH Authentication required.\r\n", REDIS_FAULT_AUTH},
    {"-WRONGPASS invalid username-password pair\r\n", REDIS_FAULT_AUTH},
    {"-ERR invalid password\r\n", REDIS_FAULT_AUTH},
    {"-DENIED Redis is running in protected mode\r\n", REDIS_FAULT_AUTH},
    {"-LOADING Redis is loading\r\n", REDIS_FAULT_LOADING},
    {"-ERR max number of clients reached\r\n", REDIS_FAULT_REFUSED},
    {"$3\r\nabc\r\n", REDIS_FAULT_PROTOCOL},
    {"$40\r\n01234567890123456789012345678901234567\r\n\r\n",
     REDIS_FAULT_PROTOCOL},
    {":40\r\n", REDIS_FAULT_PROTOCOL},
    {"*0\r\n", REDIS_FAULT_PROTOCOL},
    {"$-1\r\n", REDIS_FAULT_PROTOCOL},
    {"SSH-2.0-OpenSSH_9.2\r\n", REDIS_FAULT_PROTOCOL},
};

START_TEST(bad_greeting_is_named_and_tried_again)
{
    const struct support_fake fake = {.greeting = greetings[_i].greeting};
    struct redis_reply *reply;
    struct redis_health health;

    support_store_enter();
    support_fake_start(&fake);
    begin(1000);
    ck_assert(!redis_link_wait(redis, &err));
    fails_as(greetings[_i].fault, fake.greeting);
    ck_assert(!call(&reply));
    while (support_fake_connections() < 3) {
        pause_ms(1);
    }
    redis_link_health(redis, &health);
    ck_assert(!health.working);
    ck_assert_uint_eq(health.connects, 0);
    finish();
}
END_TEST

START_TEST(good_reply_is_whole)
{
    static const struct support_fake fake = {
        .reply = BYTES("*4\r\n$2\r\na\n\r\n$-1\r\n:-7\r\n$0\r\n\r\n")};
    struct redis_reply *reply;

    support_store_enter();
    support_fake_start(&fake);
    begin(5000);
    ck_assert(redis_link_wait(redis, &err));
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(call(&reply), "%s", err.message);
        ck_assert_int_eq(reply->type, REDIS_LIST);
        ck_assert_uint_eq(reply->count, 4);
        ck_assert(text_is(redis_reply_text(&reply->items[0]), "a\n"));
        ck_assert_int_eq(reply->items[1].type, REDIS_NIL);
        ck_assert_int_eq(reply->items[2].type, REDIS_INTEGER);
        ck_assert(reply->items[2].integer == -7);
        ck_assert(text_is(redis_reply_text(&reply->items[3]), ""));
        ck_assert(redis_reply_item(reply, 4) == NULL);
        redis_reply_free(reply);
    }
    finish();
}
END_TEST

/* Two replies to one request: the second would be somebody else's. */
START_TEST(reply_that_nobody_asked_for_costs_the_connection)
{
    static const struct support_fake fake = {.reply = BYTES(":1\r\n:2\r\n")};
    struct redis_reply *reply;

    support_store_enter();
    support_fake_start(&fake);
    begin(5000);
    ck_assert(redis_link_wait(redis, &err));
    ck_assert(call(&reply));
    ck_assert(reply->integer == 1);
    redis_reply_free(reply);
    while (support_fake_connections() < 2) {
        pause_ms(1);
    }
    finish();
}
END_TEST

START_TEST(silent_server_costs_one_deadline_and_then_nothing)
{
    static const struct support_fake fake = {.reply = BYTES("")};
    struct redis_reply *reply;
    struct redis_health health;

    support_store_enter();
    support_fake_start(&fake);
    begin(100);
    ck_assert(redis_link_wait(redis, &err));
    const int64_t from = redis_queue_now();
    for (int i = 0; i < 1000; i++) {
        ck_assert(!call(&reply));
    }
    // 1,000 deadlines would be 100 seconds.
    ck_assert_int_lt(redis_queue_now() - from, INT64_C(20000000000));
    redis_link_health(redis, &health);
    ck_assert(!health.working);
    ck_assert_uint_le(health.late, 20);
    while (support_fake_connections() < 2) {
        pause_ms(1);
    }
    finish();
}
END_TEST

START_TEST(late_reply_is_nobody_elses)
{
    static const struct support_fake fake = {.reply = BYTES(":1\r\n"),
                                             .delay_ms = 60};
    struct redis_reply *reply;
    int answered = 0;

    support_store_enter();
    support_fake_start(&fake);
    begin(20);
    ck_assert(redis_link_wait(redis, &err));
    for (int i = 0; i < 10; i++) {
        ck_assert(!call(&reply) || answered++ == 0);
        fails_as(REDIS_FAULT_SLOW, "late");
        pause_ms(20);
    }
    ck_assert_int_eq(answered, 0);
    finish();
}
END_TEST

START_TEST(server_that_is_not_there_is_said_to_be_away)
{
    struct redis_reply *reply;
    struct redis_health health;

    support_store_enter();
    support_fake_start(&(const struct support_fake){.delay_ms = 0});
    const struct redis_link_options options =
        options_of("/nowhere/redis.sock", 1000);
    log_level_set(LOG_ERROR);
    redis = redis_link_new(&options, &err);
    ck_assert_ptr_nonnull(redis);
    ck_assert(!redis_link_wait(redis, &err));
    fails_as(REDIS_FAULT_AWAY, "nowhere");
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/redis.sock"));
    ck_assert(!call(&reply));
    redis_link_health(redis, &health);
    ck_assert_int_eq(health.fault, REDIS_FAULT_AWAY);
    finish();
}
END_TEST

/* More than may wait to be written is refused, and nothing is half written. */
START_TEST(request_beyond_the_queue_is_refused_whole)
{
    static char big[2 << 20];
    static const struct support_fake fake = {.reply = BYTES(":1\r\n")};
    const struct text arg = {big, sizeof(big)};
    const struct redis_call one = {.key = TEXT("k"), .args = &arg, .count = 1};
    struct redis_reply *reply;

    support_store_enter();
    support_fake_start(&fake);
    begin(5000);
    ck_assert(redis_link_wait(redis, &err));
    ck_assert(
        !redis_link_call(redis, &one, redis_link_until(redis), &reply, &err));
    fails_as(REDIS_FAULT_CROWDED, "big");
    ck_assert_msg(call(&reply), "%s", err.message);
    redis_reply_free(reply);
    finish();
}
END_TEST

static int
many(size_t count)
{
    // Without the library there are no links to test.
    return redis_link_library() != NULL ? (int)count : 0;
}

TEST_MAIN("redis_link",
          tcase_add_loop_test(tc, bad_reply_is_named_and_bounded, 0,
                              many(sizeof(replies) / sizeof(replies[0])));
          tcase_add_loop_test(tc, bad_greeting_is_named_and_tried_again, 0,
                              many(sizeof(greetings) / sizeof(greetings[0])));
          tcase_add_loop_test(tc, good_reply_is_whole, 0, many(1));
          tcase_add_loop_test(tc,
                              reply_that_nobody_asked_for_costs_the_connection,
                              0, many(1));
          tcase_add_loop_test(tc,
                              silent_server_costs_one_deadline_and_then_nothing,
                              0, many(1));
          tcase_add_loop_test(tc, late_reply_is_nobody_elses, 0, many(1));
          tcase_add_loop_test(tc, server_that_is_not_there_is_said_to_be_away,
                              0, many(1));
          tcase_add_loop_test(tc, request_beyond_the_queue_is_refused_whole, 0,
                              many(1));)
