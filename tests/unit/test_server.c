/*
 * The server as a whole, in one process with its clients: what goes to which
 * thread, reloading, draining, failing to start, and that nothing is left.
 * nng starts in the forked child only.
 */
#include "sidecar/serve/server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "proto/wire.h"
#include "sidecar/base/log.h"
#include "sidecar/tools/caller.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"
#include "tests/unit/support_word.h"

enum { TIMEOUT_MS = 60000, REPLY_BYTES = 1 << 20, LONG_TEXT = 30000 };

static const char serving[] = "ipc://s", admin[] = "ipc://admin";

static void
set_up(void)
{
    support_config_enter();
    log_level_set(LOG_ERROR);
}

/* A server over a.yaml as support_engine writes it. */
static struct server *
start(const char *more)
{
    static const char *const urls[] = {serving};
    struct err err;
    char whole[512];

    snprintf(whole, sizeof(whole), "admin: {listen: \"%s\"}\n%s", admin, more);
    const struct server_setup setup = {
        .engine = support_word_engine("zorblax", whole),
        .path = "a.yaml",
        .urls = urls,
        .url_count = 1,
        .kernels = kernels_pick("scalar")};
    struct server *server = server_start(&setup, &err);
    ck_assert_msg(server != NULL, "%s", err.message);
    return server;
}

/* --- clients ------------------------------------------------------------ */

static void
put_request(struct buffer *to, const char *op, const char *text)
{
    buffer_init(to, SIZE_MAX);
    wire_put_map(to, text != NULL ? 4 : 3);
    wire_put_str(to, TEXT("v"));
    wire_put_int(to, 1);
    wire_put_str(to, TEXT("op"));
    wire_put_str(to, text_of(op));
    if (text != NULL) {
        wire_put_str(to, TEXT("text"));
        wire_put_str(to, text_of(text));
    }
    wire_put_str(to, TEXT("deadlineMs"));
    wire_put_int(to, 5000);
}

static struct caller *
join_in(const char *url)
{
    struct err err;
    struct caller *caller = caller_open(url, TIMEOUT_MS, &err);

    ck_assert_msg(caller != NULL, "%s: %s", url, err.message);
    return caller;
}

static void
send_request(struct caller *caller, const char *op, const char *text)
{
    struct buffer message;
    struct err err;

    put_request(&message, op, text);
    ck_assert_msg(caller_send(caller, buffer_text(&message), &err), "%s",
                  err.message);
    buffer_clear(&message);
}

/* Does the reply hold these words? Names and codes stand in it as they are. */
static bool
holds(const struct buffer *reply, const char *words)
{
    const struct text all = buffer_text(reply), wanted = text_of(words);

    for (size_t i = 0; i + wanted.len <= all.len; i++) {
        if (text_starts(text_part(all, i, all.len), wanted)) {
            return true;
        }
    }
    return false;
}

static void
receive(struct caller *caller, struct buffer *reply)
{
    uint32_t which;
    struct err err;

    ck_assert_msg(caller_receive(caller, reply, &which, &err), "%s",
                  err.message);
    ck_assert_uint_gt(reply->len, 0);
}

static void
expect(const char *url, const char *op, const char *text, const char *words)
{
    struct caller *caller = join_in(url);
    struct buffer reply;

    buffer_init(&reply, REPLY_BYTES);
    send_request(caller, op, text);
    receive(caller, &reply);
    ck_assert_msg(holds(&reply, words), "%s: no %s in %zu bytes", op, words,
                  reply.len);
    buffer_clear(&reply);
    caller_close(caller);
}

static char *
long_text(const char *word)
{
    char *text = malloc(LONG_TEXT + 16);

    memset(text, 'a', LONG_TEXT);
    for (size_t i = 9; i < LONG_TEXT; i += 10) {
        text[i] = ' ';
    }
    snprintf(text + LONG_TEXT, 16, " %s", word);
    return text;
}

static void
rest(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000,
                                   .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

/* The value of a stat, by asking the private socket. */
static uint64_t
stat_of(const char *name)
{
    static const struct wire_limits limits = {WIRE_DEPTH_CAP, 1 << 20};
    struct caller *caller = join_in(admin);
    struct wire_reader r;
    struct buffer reply;
    struct err err;
    uint64_t value = UINT64_MAX;

    buffer_init(&reply, REPLY_BYTES);
    send_request(caller, "stats", NULL);
    receive(caller, &reply);
    ck_assert(wire_scan(buffer_text(&reply), &limits, &err));
    wire_read(&r, buffer_text(&reply), &err);
    for (size_t n = wire_read_map(&r); n > 0; n--) {
        if (!text_is(wire_read_bytes(&r), "stats")) {
            (void)wire_skip(&r);
            continue;
        }
        for (size_t m = wire_read_map(&r); m > 0; m--) {
            const struct text key = wire_read_bytes(&r);
            const long long number = wire_read_int(&r, 0, INT64_MAX);
            value = text_is(key, name) ? (uint64_t)number : value;
        }
    }
    ck_assert_msg(value != UINT64_MAX, "no stat %s", name);
    buffer_clear(&reply);
    caller_close(caller);
    return value;
}

/* --- answering ---------------------------------------------------------- */

START_TEST(small_and_large_are_answered_alike)
{
    struct server *server = start("");
    char *large = long_text("zorblax");

    expect(serving, "ping", NULL, "version");
    expect(serving, "score", "so zorblax", "refuse");
    expect(serving, "score", large, "refuse");
    expect(admin, "score", large, "refuse");
    expect(serving, "stats", NULL, "forbidden");
    expect(admin, "stats", NULL, "uptime_ms");
    server_free(server);
    ck_assert_int_ne(access("s", F_OK), 0);
    ck_assert_int_ne(access("admin", F_OK), 0);
    free(large);
}
END_TEST

START_TEST(urls_are_told)
{
    struct server *server = start("");
    char url[64];

    ck_assert(server_url(server, 0, url, sizeof(url)));
    ck_assert_str_eq(url, serving);
    ck_assert(server_url(server, 1, url, sizeof(url)));
    ck_assert_str_eq(url, admin);
    ck_assert(!server_url(server, 2, url, sizeof(url)));
    server_free(server);
    server_free(NULL);
}
END_TEST

/* The queue holds one: of many large ones some are refused, none is lost. */
START_TEST(what_has_no_room_is_refused_at_once)
{
    enum { MANY = 40 };
    struct server *server =
        start("limits: {queue_requests: 1, workers: 1, in_flight: 64}\n");
    struct caller *caller = join_in(serving);
    char *large = long_text("zorblax");
    int judged = 0, refused = 0;
    struct buffer reply;

    buffer_init(&reply, REPLY_BYTES);
    for (int round = 0; round < 50 && (judged == 0 || refused == 0); round++) {
        for (int i = 0; i < MANY; i++) {
            send_request(caller, "score", large);
        }
        for (int i = 0; i < MANY; i++) {
            receive(caller, &reply);
            const bool no = holds(&reply, "overloaded");
            ck_assert(no ? holds(&reply, "retryAfterMs")
                         : holds(&reply, "refuse"));
            refused += no;
            judged += !no;
        }
    }
    ck_assert_int_gt(judged, 0);
    ck_assert_int_gt(refused, 0);
    ck_assert_uint_eq(stat_of("overloaded"), (uint64_t)refused);
    ck_assert_uint_eq(stat_of("score"), (uint64_t)judged);
    buffer_clear(&reply);
    caller_close(caller);
    server_free(server);
    free(large);
}
END_TEST

/* --- reloading ---------------------------------------------------------- */

/* start() with the private socket's operations on the serving one too. */
static struct server *
start_open(void)
{
    static const char *const urls[] = {serving};
    struct err err;
    const struct server_setup setup = {
        .engine = support_word_engine(
            "zorblax", "admin: {listen: \"ipc://admin\", on_serving: true}\n"),
        .path = "a.yaml",
        .urls = urls,
        .url_count = 1,
        .kernels = kernels_pick("scalar")};
    struct server *server = server_start(&setup, &err);

    ck_assert_msg(server != NULL, "%s", err.message);
    return server;
}

#define OPEN "admin: {listen: \"ipc://admin\", on_serving: true}\n"

START_TEST(a_reload_by_request_on_either_socket)
{
    struct server *server = start_open();

    support_word_file("nimbo", OPEN);
    expect(serving, "config.reload", NULL, "generation");
    expect(serving, "score", "so nimbo", "refuse");
    expect(serving, "score", "so zorblax", "pass");
    support_word_file("zorblax", OPEN);
    expect(admin, "config.reload", NULL, "generation");
    expect(serving, "score", "so zorblax", "refuse");
    support_word_file("nimbo", "oops: 1\n");
    expect(serving, "config.reload", NULL, "oops");
    expect(admin, "config.reload", NULL, "oops");
    expect(serving, "score", "so zorblax", "refuse");
    expect(admin, "stats", NULL, "a.yaml:9:1: oops");
    ck_assert_uint_eq(stat_of("reloads"), 2);
    ck_assert_uint_eq(stat_of("reloads_failed"), 2);
    server_free(server);
}
END_TEST

START_TEST(signals_coalesce_and_the_last_word_counts)
{
    struct server *server = start("");

    for (int i = 0; i < 50; i++) {
        support_word_file(i % 2 == 0 ? "nimbo" : "zorblax", "");
        server_reload_soon(server);
    }
    support_word_file("quux", "");
    server_reload_soon(server);
    // The clerk takes turns with the signals: when it has answered this and
    // one more, every reload asked for before is over.
    for (int i = 0; i < 3; i++) {
        (void)stat_of("reloads");
    }
    expect(serving, "score", "so quux", "refuse");
    const uint64_t reloads = stat_of("reloads");
    ck_assert_uint_ge(reloads, 1);
    ck_assert_uint_le(reloads, 51);
    server_free(server);
}
END_TEST

static atomic_bool enough;
static atomic_uint answered;

/* Asks all the time; each reply is by one engine or the other, whole. */
static void *
ask_all_the_time(void *context)
{
    struct caller *caller = join_in(serving);
    struct buffer reply;

    buffer_init(&reply, REPLY_BYTES);
    while (!atomic_load(&enough)) {
        send_request(caller, "score", context);
        receive(caller, &reply);
        ck_assert(holds(&reply, "refuse"));
        atomic_fetch_add(&answered, 1);
    }
    buffer_clear(&reply);
    caller_close(caller);
    return NULL;
}

START_TEST(reloads_under_load)
{
    struct server *server = start("limits: {workers: 2}\n");
    char *large = long_text("zorblax");
    char small[] = "so zorblax";
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, ask_all_the_time,
                       i % 2 == 0 ? small : large);
    }
    for (int i = 0; i < 20; i++) {
        support_word_file(i % 3 == 2 ? "[" : "zorblax", "");
        server_reload_soon(server);
        while (stat_of("reloads") + stat_of("reloads_failed") <
               (uint64_t)i + 1) {
            rest(1);
        }
    }
    atomic_store(&enough, true);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_gt(atomic_load(&answered), 0);
    ck_assert_uint_eq(stat_of("reloads"), 14);
    ck_assert_uint_eq(stat_of("reloads_failed"), 6);
    server_free(server);
    free(large);
}
END_TEST

/* --- stopping ----------------------------------------------------------- */

START_TEST(draining_tells_who_asks_again)
{
    struct server *server = start("");
    struct caller *idle = join_in(serving);
    struct buffer reply;
    struct err err;

    buffer_init(&reply, REPLY_BYTES);
    ck_assert_uint_eq(server_drain(server), 0);
    ck_assert_ptr_null(caller_open(serving, TIMEOUT_MS, &err));
    send_request(idle, "score", "x");
    receive(idle, &reply);
    ck_assert(holds(&reply, "draining"));
    ck_assert_int_ne(access("s", F_OK), 0);
    caller_close(idle);
    buffer_clear(&reply);
    server_free(server);
}
END_TEST

/* What was sent before the end is answered: judged, or told to go. */
START_TEST(draining_answers_what_came_before)
{
    enum { MANY = 48 };
    struct server *server = start("limits: {workers: 1}\n");
    struct caller *caller = join_in(serving);
    char *large = long_text("zorblax");
    struct buffer reply;

    buffer_init(&reply, REPLY_BYTES);
    for (int i = 0; i < MANY; i++) {
        send_request(caller, "score", large);
    }
    ck_assert_uint_eq(server_drain(server), 0);
    server_free(server);
    for (int i = 0; i < MANY; i++) {
        receive(caller, &reply);
        ck_assert(holds(&reply, "refuse") || holds(&reply, "draining") ||
                  holds(&reply, "overloaded"));
    }
    caller_close(caller);
    buffer_clear(&reply);
    free(large);
}
END_TEST

/* Freed with work in every place: the queue, the clerk's, a reload asked. */
START_TEST(freed_in_the_middle_of_everything)
{
    char *large = long_text("zorblax");

    for (int round = 0; round < 5; round++) {
        struct server *server = start("limits: {workers: 1}\n");
        struct caller *a = join_in(serving), *b = join_in(admin);
        for (int i = 0; i < 16; i++) {
            send_request(a, "score", large);
            send_request(b, i % 4 == 0 ? "config.reload" : "stats", NULL);
        }
        server_reload_soon(server);
        server_free(server);
        caller_close(a);
        caller_close(b);
    }
    free(large);
}
END_TEST

START_TEST(clients_that_die_leave_nothing)
{
    struct server *server = start("limits: {workers: 1}\n");
    char *large = long_text("zorblax");

    for (int round = 0; round < 20; round++) {
        struct caller *caller = join_in(serving);
        for (int i = 0; i < 16; i++) {
            send_request(caller, "score", i % 2 == 0 ? large : "small");
        }
        caller_close(caller);
    }
    while (stat_of("queue.waiting") > 0 || stat_of("connections.open") > 1) {
        rest(1);
    }
    expect(serving, "score", large, "refuse");
    server_free(server);
    free(large);
}
END_TEST

/* --- not starting ------------------------------------------------------- */

/* The last of the addresses cannot be: nothing is left of the others. */
START_TEST(a_failed_start_leaves_nothing)
{
    static const struct {
        const char *url;
        enum err_kind kind;
    } rows[] = {{"http://x", ERR_CONFIG},
                {"tcp://0.0.0.0:0", ERR_CONFIG},
                {"ipc://a.yaml", ERR_IO},
                {"ipc://nowhere/at/all", ERR_IO},
                {"ipc://s", ERR_IO} /* our own, twice */};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const urls[] = {serving, rows[i].url};
        struct err err;
        const struct server_setup setup = {
            .engine = support_word_engine("zorblax", "admin: {listen: none}\n"),
            .path = "a.yaml",
            .urls = urls,
            .url_count = 2,
            .kernels = kernels_pick("scalar")};
        ck_assert_ptr_null(server_start(&setup, &err));
        ck_assert_msg(err.kind == rows[i].kind, "%s: %s", rows[i].url,
                      err.message);
        ck_assert_int_ne(access("s", F_OK), 0);
        ck_assert_int_ne(access("s.lock", F_OK), 0);
    }
}
END_TEST

TEST_MAIN("server", tcase_add_checked_fixture(tc, set_up, support_config_leave);
          tcase_add_test(tc, small_and_large_are_answered_alike);
          tcase_add_test(tc, urls_are_told);
          tcase_add_test(tc, what_has_no_room_is_refused_at_once);
          tcase_add_test(tc, a_reload_by_request_on_either_socket);
          tcase_add_test(tc, signals_coalesce_and_the_last_word_counts);
          tcase_add_test(tc, reloads_under_load);
          tcase_add_test(tc, draining_tells_who_asks_again);
          tcase_add_test(tc, draining_answers_what_came_before);
          tcase_add_test(tc, freed_in_the_middle_of_everything);
          tcase_add_test(tc, clients_that_die_leave_nothing);
          tcase_add_test(tc, a_failed_start_leaves_nothing);)
