#include "sidecar/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sidecar/base/buffer.h"
#include "sidecar/base/clock.h"
#include "tests/unit/harness.h"

/* 2009-02-13T23:31:30.123Z */
enum { SECOND = 1234567890 };
static const int64_t wall = (int64_t)SECOND * 1000 + 123;
#define HEAD "2009-02-13T23:31:30.123Z "

static int heard = -1; /* the other end of stderr */
static char said[1 << 16];

/* stderr goes to a pipe; the clock stands. */
static void
listen_in(void)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
    heard = ends[0];
    ck_assert_int_eq(fcntl(heard, F_SETFL, O_NONBLOCK), 0);
    clock_pin(5000000000u, wall);
}

/* What was written since the last call. */
static const char *
lines(void)
{
    const ssize_t got = read(heard, said, sizeof(said) - 1);

    said[got > 0 ? got : 0] = '\0';
    return said;
}

START_TEST(line_is_time_level_event_and_pairs)
{
    listen_in();
    log_event(LOG_INFO, "reload", "generation=%d hash=%s", 3, "abc");
    ck_assert_str_eq(lines(), HEAD "info reload generation=3 hash=abc\n");
    log_event(LOG_ERROR, "config", "x=%d", 1);
    ck_assert_str_eq(lines(), HEAD "error config x=1\n");
    log_event(LOG_WARN, "busy", "%s", "");
    ck_assert_str_eq(lines(), HEAD "warn busy \n");
}
END_TEST

START_TEST(level_hides_what_lies_above_it)
{
    listen_in();
    log_event(LOG_DEBUG, "d", "x");
    ck_assert_str_eq(lines(), "");
    log_level_set(LOG_DEBUG);
    log_event(LOG_DEBUG, "d", "x");
    ck_assert_str_eq(lines(), HEAD "debug d x\n");
    log_level_set(LOG_ERROR);
    log_event(LOG_WARN, "w", "x");
    ck_assert_str_eq(lines(), "");
    log_event(LOG_ERROR, "e", "x");
    ck_assert_str_eq(lines(), HEAD "error e x\n");
}
END_TEST

static const struct {
    const char *value, *written;
} escapes[] = {
    {"plain text ~", "plain text ~"},
    {"two\nlines", "two\\x0alines"},
    {"\r\t\v", "\\x0d\\x09\\x0b"},
    {"\x1b[31mred", "\\x1b[31mred"},
    {"\x7f", "\\x7f"},
    {"caf\xc3\xa9", "caf\\xc3\\xa9"},
    {"\xc2\x9b", "\\xc2\\x9b"},          /* C1 control */
    {"\xe2\x80\xae", "\\xe2\\x80\\xae"}, /* right-to-left override */
    {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, /* line separator */
    {"\xff\xfe", "\\xff\\xfe"},
    {"\\x0a is no line end", "\\x5cx0a is no line end"},
    {"C:\\", "C:\\x5c"},
};

START_TEST(only_printable_ascii_is_written_as_it_is)
{
    char want[256];

    listen_in();
    log_event(LOG_INFO, "e", "v=%s", escapes[_i].value);
    snprintf(want, sizeof(want), HEAD "info e v=%s\n", escapes[_i].written);
    ck_assert_str_eq(lines(), want);
}
END_TEST

/* A body of _i bytes that need no escape, or four times the room. */
START_TEST(long_lines_are_cut_and_stay_whole)
{
    static const char fills[] = {'a', '\n'};
    char body[3000];
    const size_t len = (size_t)_i * 61;

    listen_in();
    for (size_t f = 0; f < 2; f++) {
        memset(body, fills[f], len);
        body[len] = '\0';
        log_event(LOG_INFO, "e", "%s", body);
        const char *line = lines();
        const size_t got = strlen(line), head = strlen(HEAD "info e ");
        ck_assert_msg(got <= LOG_LINE_BYTES, "%zu: %zu bytes", len, got);
        ck_assert_ptr_eq(strchr(line, '\n'), line + got - 1);
        if (fills[f] == '\n') {
            ck_assert_uint_eq((got - 1 - head) % 4, 0);
        }
        if (len < 240) {
            ck_assert_uint_eq(got - 1 - head, f == 0 ? len : 4 * len);
        }
    }
}
END_TEST

START_TEST(event_beyond_the_rate_is_counted_and_told_once)
{
    listen_in();
    for (int i = 0; i < LOG_PER_SECOND; i++) {
        log_event(LOG_INFO, "flood", "n=%d", i);
        ck_assert_str_ne(lines(), "");
    }
    for (int i = 0; i < 5; i++) {
        log_event(LOG_INFO, "flood", "n=over");
        ck_assert_str_eq(lines(), "");
    }
    log_event(LOG_INFO, "calm", "n=1"); // another event goes through
    ck_assert_str_eq(lines(), HEAD "info calm n=1\n");
    clock_pin(5999999999u, wall); // still the same second
    log_event(LOG_INFO, "flood", "n=over");
    ck_assert_str_eq(lines(), "");
    clock_pin(6000000000u, wall);
    log_event(LOG_INFO, "flood", "n=next");
    ck_assert_str_eq(lines(), HEAD "info flood n=next suppressed=6\n");
    log_event(LOG_INFO, "flood", "n=after");
    ck_assert_str_eq(lines(), HEAD "info flood n=after\n");
}
END_TEST

START_TEST(suppressed_count_fits_a_line_that_is_cut)
{
    char body[2000];

    memset(body, 'a', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    listen_in();
    for (int i = 0; i < LOG_PER_SECOND + 1; i++) {
        log_event(LOG_INFO, "flood", "%s", body);
        (void)lines();
    }
    clock_pin(6000000000u, wall);
    log_event(LOG_INFO, "flood", "%s", body);
    const char *line = lines();
    ck_assert_uint_le(strlen(line), LOG_LINE_BYTES);
    ck_assert_ptr_nonnull(strstr(line, "aaa suppressed=1\n"));
}
END_TEST

START_TEST(wall_clock_changes_no_rate)
{
    listen_in();
    for (int i = 0; i < LOG_PER_SECOND + 3; i++) {
        clock_pin(5000000000u, wall + i * 3600000);
        log_event(LOG_INFO, "flood", "x");
        ck_assert_int_eq(lines()[0] != '\0', i < LOG_PER_SECOND);
    }
}
END_TEST

static const struct {
    int64_t wall_ms;
    const char *written;
} times[] = {
    {0, "1970-01-01T00:00:00.000Z info e x\n"},
    {-1, "1970-01-01T00:00:00.000Z info e x\n"},
    {INT64_MIN, "1970-01-01T00:00:00.000Z info e x\n"},
    {999, "1970-01-01T00:00:00.999Z info e x\n"},
    {4102444800000, "2100-01-01T00:00:00.000Z info e x\n"},
};

START_TEST(any_wall_clock_is_written)
{
    listen_in();
    clock_pin(5000000000u, times[_i].wall_ms);
    log_event(LOG_INFO, "e", "x");
    ck_assert_str_eq(lines(), times[_i].written);
    clock_pin(5000000000u, INT64_MAX); // no year for this: only no harm
    log_event(LOG_INFO, "e", "x");
    ck_assert_uint_le(strlen(lines()), LOG_LINE_BYTES);
}
END_TEST

/* A pipe that nobody reads: lines are dropped, and the caller goes on. */
START_TEST(full_pipe_drops_lines_and_does_not_block)
{
    const char fill[4096] = {0};

    listen_in();
    ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
    while (write(STDERR_FILENO, fill, sizeof(fill)) > 0) {
    }
    ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, 0), 0);
    log_event(LOG_INFO, "e", "x");
    log_event(LOG_INFO, "e", "x");
    ck_assert_uint_eq(log_dropped(), 2);
    while (read(heard, said, sizeof(said)) > 0) {
    }
    log_event(LOG_INFO, "e", "again");
    ck_assert_str_eq(lines(), HEAD "info e again\n");
    ck_assert_uint_eq(log_dropped(), 2);
}
END_TEST

START_TEST(closed_stderr_drops_lines)
{
    signal(SIGPIPE, SIG_IGN);
    listen_in();
    close(heard);
    log_event(LOG_INFO, "e", "x");
    ck_assert_uint_eq(log_dropped(), 1);
    close(STDERR_FILENO);
    log_event(LOG_INFO, "e", "x");
    ck_assert_uint_eq(log_dropped(), 2);
}
END_TEST

START_TEST(errno_is_left_alone)
{
    signal(SIGPIPE, SIG_IGN);
    listen_in();
    close(heard);
    errno = ENOENT;
    log_event(LOG_INFO, "e", "x");
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static void *
chatter(void *name)
{
    for (int i = 0; i < LOG_PER_SECOND; i++) {
        log_event(LOG_INFO, name, "%0200d", 7);
    }
    return NULL;
}

START_TEST(lines_of_several_threads_stay_whole)
{
    static char names[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[4];
    unsigned count = 0;

    listen_in();
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, chatter, names[i]),
                         0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (const char *line = lines(), *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end);
        ck_assert_int_eq(end - line, (ptrdiff_t)strlen(HEAD "info a ") + 200);
        ck_assert(memcmp(line, HEAD, strlen(HEAD)) == 0);
        count++;
    }
    ck_assert_uint_eq(count, 4 * LOG_PER_SECOND);
}
END_TEST

TEST_MAIN("log", {
    tcase_add_test(tc, line_is_time_level_event_and_pairs);
    tcase_add_test(tc, level_hides_what_lies_above_it);
    tcase_add_loop_test(tc, only_printable_ascii_is_written_as_it_is, 0,
                        sizeof(escapes) / sizeof(escapes[0]));
    tcase_add_loop_test(tc, long_lines_are_cut_and_stay_whole, 0, 40);
    tcase_add_test(tc, event_beyond_the_rate_is_counted_and_told_once);
    tcase_add_test(tc, suppressed_count_fits_a_line_that_is_cut);
    tcase_add_test(tc, wall_clock_changes_no_rate);
    tcase_add_loop_test(tc, any_wall_clock_is_written, 0,
                        sizeof(times) / sizeof(times[0]));
    tcase_add_test(tc, full_pipe_drops_lines_and_does_not_block);
    tcase_add_test(tc, closed_stderr_drops_lines);
    tcase_add_test(tc, errno_is_left_alone);
    tcase_add_test(tc, lines_of_several_threads_stay_whole);
})
