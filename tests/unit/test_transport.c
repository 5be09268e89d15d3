/*
 * The transport as its handler sees it. What hostile clients see is tested
 * from outside, in tests/wire. nng starts in the forked child only.
 */
#include "sidecar/serve/transport.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sidecar/base/log.h"
#include "tests/unit/harness.h"

enum { KEPT = 256, TAG = 7 };

/* A handler that keeps what it is given until a test answers it. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t came;
    struct transport_request *requests[KEPT];
    size_t count;
    bool echo; /* answer at once instead */
} kept = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {NULL}, 0, false};

static char folder[64], path[80], url[96];
static struct transport *transport;

static void
deliver(void *context, struct transport_request *request)
{
    ck_assert_ptr_eq(context, &kept);
    pthread_mutex_lock(&kept.lock);
    const bool echo = kept.echo;
    if (!echo) {
        ck_assert_uint_lt(kept.count, KEPT);
        kept.requests[kept.count++] = request;
        pthread_cond_signal(&kept.came);
    }
    pthread_mutex_unlock(&kept.lock);
    if (echo) {
        transport_reply(request, request->body);
    }
}

static void
wait_for(size_t count)
{
    pthread_mutex_lock(&kept.lock);
    while (kept.count < count) {
        pthread_cond_wait(&kept.came, &kept.lock);
    }
    pthread_mutex_unlock(&kept.lock);
}

static void
start(const struct transport_limits *limits)
{
    const struct transport_handler handler = {.deliver = deliver,
                                              .context = &kept};
    const struct transport_listen how = {.url = url, .tag = TAG};
    struct err err;

    log_level_set(LOG_ERROR);
    transport = transport_new(limits, &handler);
    ck_assert_ptr_nonnull(transport);
    ck_assert_msg(transport_listen(transport, &how, &err), "%s", err.message);
}

static void
set_up(void)
{
    snprintf(folder, sizeof(folder), "/tmp/leeway-transport-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s", folder);
    snprintf(url, sizeof(url), "ipc://%s", path);
}

static void
tear_down(void)
{
    transport_free(transport);
    ck_assert_msg(rmdir(folder) == 0, "%s is not empty", folder);
}

/* --- a client ----------------------------------------------------------- */

static void
receive(int fd, char *at, size_t len)
{
    for (size_t got = 0; got < len;) {
        const ssize_t n = read(fd, at + got, len - got);
        ck_assert_msg(n > 0, "closed after %zu of %zu bytes", got, len);
        got += (size_t)n;
    }
}

static int
join_in(void)
{
    static const char greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    char answer[8];

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    ck_assert_int_eq(
        connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(write(fd, greeting, sizeof(greeting)), 8);
    receive(fd, answer, sizeof(answer));
    ck_assert_mem_eq(answer, framing_greeting, 8);
    return fd;
}

static void
ask(int fd, unsigned id, struct text body)
{
    struct framing_route route = {{(char)(unsigned char)0x80, 0,
                                   (char)(unsigned char)(id >> 8),
                                   (char)(unsigned char)(id & 0xff)},
                                  4};
    char head[FRAMING_REPLY_HEAD_BYTES]; // requests have the same head
    const size_t len = framing_reply_head(true, &route, body.len, head);

    ck_assert_int_eq(send(fd, head, len, MSG_NOSIGNAL), (ssize_t)len);
    ck_assert_int_eq(send(fd, body.at, body.len, MSG_NOSIGNAL),
                     (ssize_t)body.len);
}

/* Reads a reply into `body` [4096]; returns its id. */
static unsigned
answer(int fd, struct text *body)
{
    static char bytes[4096];
    char head[13];

    receive(fd, head, sizeof(head));
    const size_t len =
        (size_t)((unsigned char)head[7] << 8 | (unsigned char)head[8]) - 4;
    ck_assert_uint_le(len, sizeof(bytes));
    receive(fd, bytes, len);
    *body = (struct text){bytes, len};
    return (unsigned)((unsigned char)head[11] << 8 | (unsigned char)head[12]);
}

static void
wait_until_open(uint64_t count)
{
    struct transport_stats stats;

    do {
        transport_stats(transport, &stats);
        poll(NULL, 0, 1);
    } while (stats.open != count);
}

/* --- tests -------------------------------------------------------------- */

START_TEST(a_request_says_where_it_comes_from)
{
    start(&transport_default_limits);
    const int fd = join_in();
    ask(fd, 1, TEXT("hello"));
    wait_for(1);
    struct transport_request *r = kept.requests[0];
    ck_assert(text_is(r->body, "hello"));
    ck_assert_uint_eq(r->body_bytes, 5);
    ck_assert_int_eq(r->mark, TRANSPORT_JUDGE);
    ck_assert_int_eq(r->tag, TAG);
    ck_assert_int_eq(r->peer.uid, (long)getuid());
    ck_assert_int_eq(r->peer.pid, (long)getpid());
    ck_assert_ptr_nonnull(r->source);
    ck_assert_uint_gt(r->arrived_ns, 0);
    ck_assert(transport_request_alive(r));
    transport_reply(r, TEXT("bye"));
    struct text body;
    ck_assert_uint_eq(answer(fd, &body), 1);
    ck_assert(text_is(body, "bye"));
    close(fd);
}
END_TEST

START_TEST(replies_go_out_in_the_order_in_which_they_are_given)
{
    static const unsigned order[] = {3, 0, 4, 1, 2};
    char text[8];

    start(&transport_default_limits);
    const int fd = join_in();
    for (unsigned i = 0; i < 5; i++) {
        snprintf(text, sizeof(text), "r%u", i);
        ask(fd, i, text_of(text));
    }
    wait_for(5);
    for (size_t i = 0; i < 5; i++) {
        struct transport_request *r = kept.requests[order[i]];
        transport_reply(r, r->body); // its own body
    }
    for (size_t i = 0; i < 5; i++) {
        struct text body;
        snprintf(text, sizeof(text), "r%u", order[i]);
        ck_assert_uint_eq(answer(fd, &body), order[i]);
        ck_assert_msg(text_is(body, text), "%.*s", TEXT_ARGS(body));
    }
    close(fd);
}
END_TEST

START_TEST(bodies_stay_until_they_are_answered)
{
    char text[2001];

    start(&transport_default_limits);
    const int fd = join_in();
    memset(text, 0, sizeof(text));
    for (unsigned i = 0; i < 64; i++) {
        memset(text, 'A' + (int)(i % 26), 2000);
        ask(fd, i, text_of(text));
    }
    wait_for(64);
    for (unsigned i = 0; i < 64; i++) {
        struct transport_request *r = kept.requests[i];
        struct text body;
        ck_assert_uint_eq(r->body.len, 2000);
        transport_reply(r, text_part(r->body, 1000, 1010));
        ck_assert_uint_eq(answer(fd, &body), i);
        memset(text, 'A' + (int)(i % 26), 10);
        ck_assert(text_equal(body, (struct text){text, 10}));
    }
    close(fd);
}
END_TEST

START_TEST(a_client_that_left_is_seen_and_its_replies_are_dropped)
{
    struct transport_stats stats;

    start(&transport_default_limits);
    const int fd = join_in();
    for (unsigned i = 0; i < 10; i++) {
        ask(fd, i, TEXT("x"));
    }
    wait_for(10);
    close(fd);
    wait_until_open(0);
    for (size_t i = 0; i < 10; i++) {
        ck_assert(!transport_request_alive(kept.requests[i]));
        ck_assert(text_is(kept.requests[i]->body, "x"));
        transport_reply(kept.requests[i], TEXT("too late"));
    }
    transport_stats(transport, &stats);
    ck_assert_uint_eq(stats.requests, 10);
    ck_assert_uint_eq(stats.dropped, 10);
    ck_assert_uint_eq(stats.replies, 0);
    ck_assert_uint_eq(stats.ended[TRANSPORT_LEFT], 1);
}
END_TEST

START_TEST(one_too_many_is_marked_busy)
{
    struct transport_limits limits = transport_default_limits;

    limits.in_flight = 3;
    start(&limits);
    const int fd = join_in();
    for (unsigned i = 0; i < 5; i++) {
        ask(fd, i, TEXT("x"));
    }
    wait_for(4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(kept.requests[i]->mark,
                         i < 3 ? TRANSPORT_JUDGE : TRANSPORT_BUSY);
    }
    // The fifth is not even read before the fourth is answered.
    ck_assert_uint_eq(kept.count, 4);
    transport_reply(kept.requests[3], TEXT("busy"));
    wait_for(5);
    ck_assert_int_eq(kept.requests[4]->mark, TRANSPORT_BUSY);
    transport_reply(kept.requests[4], TEXT("busy"));
    for (size_t i = 0; i < 3; i++) {
        transport_reply(kept.requests[i], TEXT("ok"));
    }
    ask(fd, 9, TEXT("x"));
    wait_for(6);
    ck_assert_int_eq(kept.requests[5]->mark, TRANSPORT_JUDGE);
    transport_reply(kept.requests[5], TEXT("ok"));
    close(fd);
}
END_TEST

START_TEST(the_size_limit_at_and_above)
{
    struct transport_limits limits = transport_default_limits;
    char text[101];

    memset(text, 'z', sizeof(text));
    limits.message_bytes = 104;
    start(&limits);
    const int fd = join_in();
    ask(fd, 1, (struct text){text, 100});
    ask(fd, 2, (struct text){text, 101});
    wait_for(2);
    ck_assert_int_eq(kept.requests[0]->mark, TRANSPORT_JUDGE);
    ck_assert_int_eq(kept.requests[1]->mark, TRANSPORT_TOO_LARGE);
    ck_assert_uint_eq(kept.requests[1]->body.len, 0);
    ck_assert_uint_eq(kept.requests[1]->body_bytes, 101);
    for (size_t i = 0; i < 2; i++) {
        transport_reply(kept.requests[i], TEXT("seen"));
    }
    close(fd);
}
END_TEST

struct answerer {
    size_t from, step;
};

static void *
answer_some(void *arg)
{
    const struct answerer *a = arg;

    for (size_t i = a->from; i < KEPT; i += a->step) {
        transport_reply(kept.requests[i], kept.requests[i]->body);
    }
    return NULL;
}

START_TEST(threads_may_answer_at_once)
{
    enum { THREADS = 4 };
    struct transport_limits limits = transport_default_limits;
    struct answerer answerers[THREADS];
    pthread_t threads[THREADS];
    bool seen[KEPT] = {false};

    limits.in_flight = KEPT;
    start(&limits);
    const int fd = join_in();
    for (unsigned i = 0; i < KEPT; i++) {
        char text[8];
        snprintf(text, sizeof(text), "r%u", i);
        ask(fd, i, text_of(text));
    }
    wait_for(KEPT);
    for (size_t i = 0; i < THREADS; i++) {
        answerers[i] = (struct answerer){i, THREADS};
        pthread_create(&threads[i], NULL, answer_some, &answerers[i]);
    }
    for (size_t i = 0; i < KEPT; i++) {
        struct text body;
        char text[8];
        const unsigned id = answer(fd, &body);
        ck_assert_uint_lt(id, KEPT);
        snprintf(text, sizeof(text), "r%u", id);
        ck_assert_msg(text_is(body, text), "%u: %.*s", id, TEXT_ARGS(body));
        ck_assert_msg(!seen[id], "%u came twice", id);
        seen[id] = true;
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    close(fd);
}
END_TEST

START_TEST(a_drain_counts_what_it_leaves)
{
    struct text body;

    start(&transport_default_limits);
    const int fd = join_in();
    const int quiet = join_in();
    ask(fd, 1, TEXT("a"));
    ask(fd, 2, TEXT("b"));
    wait_for(2);
    ck_assert_uint_eq(transport_drain(transport, 20), 2);
    ck_assert_int_ne(access(path, F_OK), 0);
    ask(quiet, 3, TEXT("late"));
    wait_for(3);
    ck_assert_int_eq(kept.requests[2]->mark, TRANSPORT_DRAINING);
    for (size_t i = 0; i < 3; i++) {
        transport_reply(kept.requests[i], TEXT("done"));
    }
    ck_assert_uint_eq(transport_drain(transport, 10000), 0);
    ck_assert_uint_eq(answer(fd, &body), 1);
    ck_assert_uint_eq(answer(fd, &body), 2);
    ck_assert_uint_eq(answer(quiet, &body), 3);
    close(fd);
    close(quiet);
}
END_TEST

START_TEST(freeing_closes_those_who_are_still_there)
{
    char byte;

    kept.echo = true;
    start(&transport_default_limits);
    const int fds[] = {join_in(), join_in(), join_in()};
    ask(fds[0], 1, TEXT("x"));
    transport_free(transport);
    transport = NULL;
    for (int i = 1; i < 3; i++) {
        ck_assert_int_eq(read(fds[i], &byte, 1), 0);
    }
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(refusals_say_why)
{
    char regular[96], bad_cert[128];
    const struct {
        struct transport_listen how;
        enum err_kind kind;
        const char *message;
    } rows[] = {
        {{.url = "http://x"}, ERR_CONFIG, "http://x"},
        {{.url = "tcp://0.0.0.0:0"}, ERR_CONFIG, "loopback"},
        {{.url = "tls+tcp://127.0.0.1:0"}, ERR_CONFIG, "certificate"},
        {{.url = "tls+tcp://127.0.0.1:0",
          .cert_path = bad_cert,
          .key_path = bad_cert},
         ERR_CONFIG,
         "not a certificate"},
        {{.url = url}, ERR_IO, "already running"},
        {{.url = regular}, ERR_IO, "not a socket"},
        {{.url = "tcp://host.invalid:1", .allow_remote = true},
         ERR_IO,
         "tcp://host.invalid:1"},
    };

    snprintf(regular, sizeof(regular), "ipc://%s/file", folder);
    snprintf(bad_cert, sizeof(bad_cert), "%s/file", folder);
    FILE *file = fopen(bad_cert, "w");
    fputs("nothing of the kind\n", file);
    fclose(file);
    start(&transport_default_limits);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct err err;
        ck_assert_msg(!transport_listen(transport, &rows[i].how, &err), "%s",
                      rows[i].how.url);
        ck_assert_msg(err.kind == rows[i].kind &&
                          strstr(err.message, rows[i].message) != NULL,
                      "%s: kind %d: %s", rows[i].how.url, (int)err.kind,
                      err.message);
    }
    unlink(bad_cert);
    close(join_in()); // the first one
                      // does not mind
}
END_TEST

START_TEST(tcp_on_port_zero_tells_its_port)
{
    const struct transport_listen how = {.url = "tcp://127.0.0.1:0"};
    char shown[ENDPOINT_URL_BYTES];
    unsigned port = 0;
    struct err err;

    start(&transport_default_limits);
    ck_assert_msg(transport_listen(transport, &how, &err), "%s", err.message);
    ck_assert(transport_url(transport, 0, shown));
    ck_assert_str_eq(shown, url);
    ck_assert(transport_url(transport, 1, shown));
    ck_assert_int_eq(sscanf(shown, "tcp://127.0.0.1:%u", &port), 1);
    ck_assert_uint_gt(port, 0);
    ck_assert(!transport_url(transport, 2, shown));
}
END_TEST

START_TEST(counts_never_go_back)
{
    struct transport_stats before = {0}, now;

    kept.echo = true;
    start(&transport_default_limits);
    for (int i = 0; i < 300; i++) {
        const int fd = join_in();
        ask(fd, 1, TEXT("x"));
        if (i % 2 == 0) {
            struct text body;
            answer(fd, &body);
        }
        close(fd);
        transport_stats(transport, &now);
        ck_assert_uint_ge(now.requests, before.requests);
        ck_assert_uint_ge(now.replies + now.dropped,
                          before.replies + before.dropped);
        ck_assert_uint_ge(now.accepted, now.open);
        before = now;
    }
    wait_until_open(0);
    transport_stats(transport, &now);
    ck_assert_uint_eq(now.accepted, 300);
    ck_assert_uint_eq(now.ended[TRANSPORT_LEFT], 300);
}
END_TEST

TEST_MAIN(
    "transport", tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_request_says_where_it_comes_from);
    tcase_add_test(tc, replies_go_out_in_the_order_in_which_they_are_given);
    tcase_add_test(tc, bodies_stay_until_they_are_answered);
    tcase_add_test(tc, a_client_that_left_is_seen_and_its_replies_are_dropped);
    tcase_add_test(tc, one_too_many_is_marked_busy);
    tcase_add_test(tc, the_size_limit_at_and_above);
    tcase_add_test(tc, threads_may_answer_at_once);
    tcase_add_test(tc, a_drain_counts_what_it_leaves);
    tcase_add_test(tc, freeing_closes_those_who_are_still_there);
    tcase_add_test(tc, refusals_say_why);
    tcase_add_test(tc, tcp_on_port_zero_tells_its_port);
    tcase_add_test(tc, counts_never_go_back);)
