#include "sidecar/serve/endpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char folder[64], path[80], fresh[88], lock[88];

static void
set_up(void)
{
    snprintf(folder, sizeof(folder), "/tmp/leeway-endpoint-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s", folder);
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    snprintf(lock, sizeof(lock), "%s.lock", path);
}

static void
tear_down(void)
{
    unlink(path);
    unlink(fresh);
    unlink(lock);
    ck_assert_msg(rmdir(folder) == 0, "%s is not empty", folder);
}

/* A socket bound to the name, as the library would; listening or not. */
static int
bind_at(const char *name, int listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
    ck_assert_int_eq(
        bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    if (listening) {
        ck_assert_int_eq(listen(fd, 1), 0);
    }
    return fd;
}

static ino_t
inode_of(const char *name)
{
    struct stat about;

    return lstat(name, &about) == 0 ? about.st_ino : 0;
}

START_TEST(urls_that_are_read)
{
    static const struct {
        const char *url, *shown;
        bool remote;
    } rows[] = {
        {"ipc:///tmp/x.sock", "ipc:///tmp/x.sock", false},
        {"ipc://x", "ipc://x", false},
        {"tcp://127.0.0.1:7710", "tcp://127.0.0.1:7710", false},
        {"tcp://127.255.3.4:0", "tcp://127.255.3.4:0", false},
        {"tcp://localhost:7710", "tcp://127.0.0.1:7710", false},
        {"tcp://[::1]:1", "tcp://[::1]:1", false},
        {"tls+tcp://127.0.0.1:65535", "tls+tcp://127.0.0.1:65535", false},
        {"tcp://0.0.0.0:7710", "tcp://0.0.0.0:7710", true},
        {"tcp://*:7710", "tcp://*:7710", true},
        {"tcp://:7710", "tcp://:7710", true},
        {"tcp://[::]:7710", "tcp://[::]:7710", true},
        {"tls+tcp://host.example:7710", "tls+tcp://host.example:7710", true},
        {"tcp://127.evil.example:7710", "tcp://127.evil.example:7710", true},
        {"tcp://127.0.0.1.evil.example:1", "tcp://127.0.0.1.evil.example:1",
         true},
        {"tcp://127.1:7710", "tcp://127.1:7710", true},
        {"tcp://10.0.0.1:7710", "tcp://10.0.0.1:7710", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char shown[ENDPOINT_URL_BYTES];
        struct endpoint e;
        struct err err;
        ck_assert_msg(endpoint_parse(rows[i].url, true, &e, &err), "%s",
                      rows[i].url);
        endpoint_url(&e, shown);
        ck_assert_str_eq(shown, rows[i].shown);
        const bool local = endpoint_parse(rows[i].url, false, &e, &err);
        ck_assert_msg(local != rows[i].remote, "%s", rows[i].url);
        ck_assert_msg(local || strstr(err.message, rows[i].url) != NULL, "%s",
                      err.message);
    }
}
END_TEST

START_TEST(urls_that_are_refused)
{
    static const char *const rows[] = {
        "",
        "http://127.0.0.1:80",
        "ws://127.0.0.1:80",
        "inproc://x",
        "/tmp/x.sock",
        "ipc://",
        "ipc:///tmp/",
        "ipc:/tmp/x",
        "tcp://",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:99999999999999999999",
        "tcp://127.0.0.1:-1",
        "tcp://127.0.0.1: 1",
        "tcp://127.0.0.1:1x",
        "tcp://127.0.0.1:1/path",
        "tcp://::1:7710",
        "tcp://[::1:7710",
        "tcp://a/b:7710",
        "tls+tcp://127.0.0.1",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct endpoint e;
        struct err err;
        ck_assert_msg(!endpoint_parse(rows[i], true, &e, &err), "%s", rows[i]);
        ck_assert_int_eq(err.kind, ERR_CONFIG);
        ck_assert_msg(strstr(err.message, rows[i]) != NULL, "%s", err.message);
    }
}
END_TEST

START_TEST(paths_up_to_their_limit)
{
    char url[ENDPOINT_URL_BYTES * 2] = "ipc:///";
    struct endpoint e;
    struct err err;

    for (size_t len = 2; len < ENDPOINT_PATH_BYTES + 10; len++) {
        memset(url + 7, 'x', len - 1);
        url[6 + len] = '\0';
        ck_assert_msg(endpoint_parse(url, false, &e, &err) ==
                          (len < ENDPOINT_PATH_BYTES),
                      "%zu bytes", len);
    }
    ck_assert_msg(strstr(err.message, "the limit is 103") != NULL, "%s",
                  err.message);
    memset(url, 0, sizeof(url));
    memcpy(url, "tcp://", 6);
    memset(url + 6, 'h', ENDPOINT_HOST_BYTES);
    memcpy(url + 6 + ENDPOINT_HOST_BYTES, ":1", 3);
    ck_assert(!endpoint_parse(url, true, &e, &err));
}
END_TEST

START_TEST(the_socket_comes_with_its_mode_and_goes_with_us)
{
    struct endpoint_guard guard;
    struct stat about;
    struct err err;

    umask(0);
    ck_assert(endpoint_claim(&guard, path, &err));
    const int fd = bind_at(fresh, 1);
    ck_assert_msg(endpoint_settle(&guard, &err), "%s", err.message);
    ck_assert_int_eq(lstat(path, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0600);
    ck_assert_uint_eq(inode_of(fresh), 0);
    endpoint_release(&guard);
    ck_assert_uint_eq(inode_of(path), 0);
    ck_assert_uint_eq(inode_of(lock), 0);
    endpoint_release(&guard);
    close(fd);
}
END_TEST

START_TEST(a_second_claim_names_the_first_and_touches_nothing)
{
    struct endpoint_guard first, second;
    char want[64];
    struct err err;

    ck_assert(endpoint_claim(&first, path, &err));
    const int fd = bind_at(fresh, 1);
    ck_assert(endpoint_settle(&first, &err));
    const ino_t inode = inode_of(path);
    for (int i = 0; i < 3; i++) {
        ck_assert(!endpoint_claim(&second, path, &err));
        ck_assert_int_eq(err.kind, ERR_IO);
        snprintf(want, sizeof(want), "already running, pid %ld",
                 (long)getpid());
        ck_assert_msg(strstr(err.message, want) != NULL, "%s", err.message);
        ck_assert_uint_eq(inode_of(path), inode);
        endpoint_release(&second);
    }
    ck_assert_uint_eq(inode_of(path), inode);
    endpoint_release(&first);
    ck_assert(endpoint_claim(&second, path, &err));
    endpoint_release(&second);
    close(fd);
}
END_TEST

static void
make_thing(int which, const char *name)
{
    switch (which) {
    case 0:
        close(open(name, O_CREAT | O_WRONLY, 0644));
        break;
    case 1:
        mkdir(name, 0755);
        break;
    case 2:
        ck_assert_int_eq(symlink("/nowhere", name), 0);
        break;
    default:
        mkfifo(name, 0644);
        break;
    }
}

/* _i: a file, a folder, a link, a pipe; at the path and at
 * its other name. */
START_TEST(what_is_not_a_socket_is_left_alone)
{
    const char *const names[] = {path, fresh};
    struct endpoint_guard guard;
    struct err err;

    for (size_t n = 0; n < 2; n++) {
        make_thing(_i, names[n]);
        const ino_t inode = inode_of(names[n]);
        ck_assert_uint_ne(inode, 0);
        ck_assert(!endpoint_claim(&guard, path, &err));
        ck_assert_int_eq(err.kind, ERR_IO);
        ck_assert_msg(strstr(err.message, "not a socket") != NULL, "%s",
                      err.message);
        ck_assert_uint_eq(inode_of(names[n]), inode);
        ck_assert_uint_eq(inode_of(lock), 0);
        remove(names[n]);
    }
}
END_TEST

START_TEST(a_stale_socket_is_replaced_and_a_live_one_is_not)
{
    struct endpoint_guard guard;
    struct err err;

    const int live = bind_at(path, 1);
    const ino_t inode = inode_of(path);
    ck_assert(!endpoint_claim(&guard, path, &err));
    ck_assert_msg(strstr(err.message, "another program") != NULL, "%s",
                  err.message);
    ck_assert_uint_eq(inode_of(path), inode);
    close(live);
    // Both names stale, as after a kill between
    // bind and rename.
    close(bind_at(fresh, 1));
    ck_assert_msg(endpoint_claim(&guard, path, &err), "%s", err.message);
    ck_assert_uint_eq(inode_of(fresh), 0);
    ck_assert_uint_eq(inode_of(path), inode);
    const int fd = bind_at(fresh, 1);
    ck_assert(endpoint_settle(&guard, &err));
    ck_assert_uint_ne(inode_of(path), inode);
    endpoint_release(&guard);
    close(fd);
}
END_TEST

START_TEST(what_took_the_place_of_our_socket_stays)
{
    struct endpoint_guard guard;
    struct err err;

    ck_assert(endpoint_claim(&guard, path, &err));
    const int fd = bind_at(fresh, 1);
    ck_assert(endpoint_settle(&guard, &err));
    unlink(path);
    make_thing(0, path);
    endpoint_release(&guard);
    ck_assert_uint_ne(inode_of(path), 0);
    close(fd);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_an_error)
{
    struct endpoint_guard guard;
    struct err err;

    ck_assert(!endpoint_claim(&guard, "/tmp/leeway-no-such-folder/s", &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    endpoint_release(&guard);
}
END_TEST

/* Instances that come and go at once: never
 * two inside. */
START_TEST(only_one_holds_the_place_at_a_time)
{
    enum { CHILDREN = 4, ROUNDS = 300 };
    char inside[96];
    int status, taken = 0;

    snprintf(inside, sizeof(inside), "%s/inside", folder);
    for (int child = 0; child < CHILDREN; child++) {
        if (fork() != 0) {
            continue;
        }
        int held = 0;
        for (int i = 0; i < ROUNDS; i++) {
            struct endpoint_guard guard;
            struct err err;
            if (!endpoint_claim(&guard, path, &err)) {
                continue;
            }
            held = 1;
            const int fd = open(inside, O_CREAT | O_EXCL | O_WRONLY, 0600);
            if (fd < 0) {
                _exit(2);
            }
            close(fd);
            unlink(inside);
            endpoint_release(&guard);
        }
        _exit(held);
    }
    for (int child = 0; child < CHILDREN; child++) {
        wait(&status);
        ck_assert(WIFEXITED(status));
        ck_assert_int_ne(WEXITSTATUS(status), 2);
        taken += WEXITSTATUS(status);
    }
    ck_assert_int_gt(taken, 0);
}
END_TEST

TEST_MAIN("endpoint", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_test(tc, urls_that_are_read);
          tcase_add_test(tc, urls_that_are_refused);
          tcase_add_test(tc, paths_up_to_their_limit);
          tcase_add_test(tc, the_socket_comes_with_its_mode_and_goes_with_us);
          tcase_add_test(tc,
                         a_second_claim_names_the_first_and_touches_nothing);
          tcase_add_loop_test(tc, what_is_not_a_socket_is_left_alone, 0, 4);
          tcase_add_test(tc, a_stale_socket_is_replaced_and_a_live_one_is_not);
          tcase_add_test(tc, what_took_the_place_of_our_socket_stays);
          tcase_add_test(tc, a_folder_that_is_not_there_is_an_error);
          tcase_add_test(tc, only_one_holds_the_place_at_a_time);)
