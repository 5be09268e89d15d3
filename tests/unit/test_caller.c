/* Our own client, before servers of every kind. */
#include "sidecar/tools/caller.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/harness.h"

enum { SOON_MS = 100, LONG_MS = 60000 };

static char folder[32], path[64], url[80];
static int listener;

/* What the server sends once it has read `after` bytes. */
static struct script {
    size_t after;
    const char *bytes;
    size_t len;
    bool hang_up;
} script;

static const char greeting[] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};

static void *
serve(void *context)
{
    const int fd = accept(listener, NULL, NULL);
    char bytes[4096];
    size_t got = 0;

    (void)context;
    while (got < script.after) {
        const ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n <= 0) {
            break; // it has given up
        }
        got += (size_t)n;
    }
    if (script.len > 0) {
        // One byte at a time: replies come in any pieces.
        for (size_t i = 0; i < script.len; i++) {
            (void)send(fd, script.bytes + i, 1, MSG_NOSIGNAL);
        }
    }
    while (!script.hang_up && read(fd, bytes, sizeof(bytes)) > 0) {
    }
    close(fd);
    return NULL;
}

static void
set_up(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(folder, sizeof(folder), "/tmp/leeway-caller-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s", folder);
    snprintf(url, sizeof(url), "ipc://%s", path);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(address.sun_path, path, strlen(path) + 1);
    ck_assert_int_eq(
        bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
}

static void
tear_down(void)
{
    close(listener);
    unlink(path);
    rmdir(folder);
}

static pthread_t
start(const struct script *how)
{
    pthread_t thread;

    script = *how;
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
    return thread;
}

/* Two requests, whose replies come the other way round. */
START_TEST(replies_are_told_by_their_number)
{
    static const char bytes[] = "\0SP\0\0\x31\0\0"
                                "\1\0\0\0\0\0\0\0\7\x80\0\0\1two"
                                "\1\0\0\0\0\0\0\0\7\x80\0\0\0one";
    const pthread_t thread =
        start(&(struct script){8, bytes, sizeof(bytes) - 1, false});
    struct buffer reply;
    struct err err;
    uint32_t which;

    buffer_init(&reply, 3);
    struct caller *caller = caller_open(url, LONG_MS, &err);
    ck_assert_msg(caller != NULL, "%s", err.message);
    ck_assert(caller_send(caller, TEXT("first"), &err));
    ck_assert(caller_send(caller, TEXT("second"), &err));
    ck_assert_msg(caller_receive(caller, &reply, &which, &err), "%s",
                  err.message);
    ck_assert_uint_eq(which, 1);
    ck_assert(text_is(buffer_text(&reply), "two"));
    ck_assert(caller_receive(caller, &reply, &which, &err));
    ck_assert_uint_eq(which, 0);
    ck_assert(text_is(buffer_text(&reply), "one"));
    caller_close(caller);
    buffer_clear(&reply);
    pthread_join(thread, NULL);
}
END_TEST

static const struct {
    struct script script;
    const char *says;
} bad[] = {
    {{8, "", 0, false}, "no reply in time"},
    {{8, "\0SP\0\0\x31\0", 7, false}, "no reply in time"},
    {{8, "\0SP\0\0\x30\0\0", 8, false}, "no SP reply socket"},
    {{8, "HTTP/1.1 400 Bad", 16, false}, "no SP reply socket"},
    {{8, "\0SP", 3, true}, "closed"},
    {{21, "\0SP\0\0\x31\0\0", 8, true}, "no reply in time"},
    {{8, "\0SP\0\0\x31\0\0\1\0\0\0\0\0\0\0\3\x80\0\0\0", 21, false},
     "a reply of 3 bytes"},
    {{8, "\0SP\0\0\x31\0\0\1\0\0\0\0\0\0\0\xff\x80\0\0\0", 21, false},
     "a reply of 255 bytes"},
    {{8, "\0SP\0\0\x31\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff\x80\0\0\0", 21,
      false},
     "a reply of 18446744073709551615 bytes"},
    {{8, "\0SP\0\0\x31\0\0\2\0\0\0\0\0\0\0\5\x80\0\0\0x", 22, false},
     "a reply of 5 bytes"},
    {{8, "\0SP\0\0\x31\0\0\1\0\0\0\0\0\0\0\6\x80\0\0\0x", 22, false},
     "no reply in time"},
    {{8, "\0SP\0\0\x31\0\0\1\0\0\0\0\0\0\0\6\x80\0\0\0x", 22, true}, "closed"},
};

START_TEST(what_is_no_reply)
{
    const pthread_t thread = start(&bad[_i].script);
    struct buffer reply;
    uint32_t which;
    struct err err = {.kind = ERR_NONE};

    buffer_init(&reply, 64);
    struct caller *caller = caller_open(url, SOON_MS, &err);
    if (caller != NULL && caller_send(caller, TEXT(""), &err)) {
        ck_assert(!caller_receive(caller, &reply, &which, &err));
    }
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_msg(strstr(err.message, bad[_i].says) != NULL ||
                      strstr(err.message, "eset") != NULL ||
                      strstr(err.message, "pipe") != NULL,
                  "row %d: %s", _i, err.message);
    caller_close(caller);
    buffer_clear(&reply);
    pthread_join(thread, NULL);
}
END_TEST

/* One that greets and then sits still; its socket fills up. */
static void *
sit_still(void *context)
{
    const int *listening = context;
    const int fd = accept(*listening, NULL, NULL);
    char bytes[8];

    ck_assert_int_gt(read(fd, bytes, sizeof(bytes)), 0);
    (void)send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL);
    const struct timespec rest = {.tv_sec = 2};
    nanosleep(&rest, NULL);
    close(fd);
    return NULL;
}

START_TEST(nobody_reads)
{
    static char much[8 << 20];
    pthread_t thread;
    struct err err;

    ck_assert_int_eq(pthread_create(&thread, NULL, sit_still, &listener), 0);
    struct caller *caller = caller_open(url, SOON_MS, &err);
    ck_assert_msg(caller != NULL, "%s", err.message);
    ck_assert(!caller_send(caller, (struct text){much, sizeof(much)}, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_msg(strstr(err.message, "nobody reads") != NULL, "%s",
                  err.message);
    caller_close(caller);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(the_backlog_is_full)
{
    int waiting[8];
    struct err err;

    for (int i = 0; i < 8; i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, path, strlen(path) + 1);
        waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(waiting[i], (const struct sockaddr *)&address,
                      sizeof(address));
    }
    ck_assert_ptr_null(caller_open(url, SOON_MS, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    for (int i = 0; i < 8; i++) {
        close(waiting[i]);
    }
}
END_TEST

START_TEST(urls)
{
    static const struct {
        const char *url;
        enum err_kind kind;
    } rows[] = {
        {"", ERR_INVALID},
        {"ipc:/x", ERR_INVALID},
        {"http://127.0.0.1:1", ERR_INVALID},
        {"tls+tcp://127.0.0.1:1", ERR_INVALID},
        {"ipc://", ERR_INVALID},
        {"tcp://", ERR_INVALID},
        {"tcp://host", ERR_INVALID},
        {"tcp://:1", ERR_INVALID},
        {"tcp://127.0.0.1:", ERR_INVALID},
        {"tcp://[]:1", ERR_INVALID},
        {"ipc:///nowhere/at/all", ERR_IO},
        {"tcp://127.0.0.1:1", ERR_IO},
        {"tcp://[::1]:1", ERR_IO},
        {"tcp://127.0.0.1:no-such-port", ERR_IO},
    };
    char longest[300] = "ipc:///";
    struct err err;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        err.message[0] = '\0';
        ck_assert_ptr_null(caller_open(rows[i].url, LONG_MS, &err));
        ck_assert_msg(err.kind == rows[i].kind && err.message[0] != '\0',
                      "%s: %s", rows[i].url, err.message);
    }
    // sun_path has 108 bytes, the last for a NUL: 107 may not be there, 108
    // cannot be.
    for (size_t len = 107; len <= 108; len++) {
        memset(longest + 6, '/', len);
        longest[6 + len - 1] = 'x';
        longest[6 + len] = '\0';
        ck_assert_ptr_null(caller_open(longest, LONG_MS, &err));
        ck_assert_int_eq(err.kind, len == 107 ? ERR_IO : ERR_INVALID);
    }
    memset(longest, 'h', sizeof(longest));
    memcpy(longest, "tcp://", 6);
    memcpy(longest + sizeof(longest) - 3, ":1", 3);
    ck_assert_ptr_null(caller_open(longest, LONG_MS, &err));
    ck_assert_int_eq(err.kind, ERR_INVALID);
}
END_TEST

START_TEST(closing_nothing)
{
    caller_close(NULL);
}
END_TEST

static void
nothing(int signal)
{
    (void)signal;
}

static void *
disturb(void *context)
{
    const pthread_t *whom = context;

    for (int i = 0; i < 20; i++) {
        const struct timespec rest = {.tv_nsec = 10000000};
        nanosleep(&rest, NULL);
        pthread_kill(*whom, SIGUSR1);
    }
    return NULL;
}

START_TEST(signals_do_not_lengthen_the_wait)
{
    const struct sigaction action = {.sa_handler = nothing};
    pthread_t self = pthread_self(), other;
    struct err err;

    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&other, NULL, disturb, &self);
    ck_assert_ptr_null(caller_open(url, SOON_MS, &err)); // or for ever
    ck_assert(strstr(err.message, "no reply in time") != NULL);
    pthread_join(other, NULL);
}
END_TEST

TEST_MAIN("caller", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_test(tc, replies_are_told_by_their_number);
          tcase_add_loop_test(tc, what_is_no_reply, 0,
                              sizeof(bad) / sizeof(bad[0]));
          tcase_add_test(tc, nobody_reads);
          tcase_add_test(tc, the_backlog_is_full); tcase_add_test(tc, urls);
          tcase_add_test(tc, closing_nothing);
          tcase_add_test(tc, signals_do_not_lengthen_the_wait);)
