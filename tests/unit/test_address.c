#include "config/address.h"

#include "tests/unit/harness.h"

static const struct {
    const char *url;
    bool good;
    bool loopback;
    const char *host; /* or path */
    unsigned port;
} cases[] = {
    {"ipc:///tmp/a.sock", true, true, "/tmp/a.sock", 0},
    {"ipc://a.sock", true, true, "a.sock", 0},
    {"tcp://127.0.0.1:7710", true, true, "127.0.0.1", 7710},
    {"tcp://127.8.9.255:0", true, true, "127.8.9.255", 0},
    {"tcp://localhost:65535", true, true, "localhost", 65535},
    {"tcp://[::1]:80", true, true, "::1", 80},
    {"tls+tcp://127.0.0.1:1", true, true, "127.0.0.1", 1},
    {"tcp://0.0.0.0:1", true, false, "0.0.0.0", 1},
    {"tcp://*:1", true, false, "*", 1},
    {"tcp://:1", true, false, "", 1},
    {"tcp://[::]:1", true, false, "::", 1},
    {"tcp://127.0.0.1.evil.example:1", true, false, "127.0.0.1.evil.example",
     1},
    {"tcp://127.0.0:1", true, false, "127.0.0", 1},
    {"tcp://127.0.0.256:1", true, false, "127.0.0.256", 1},
    {"tcp://128.0.0.1:1", true, false, "128.0.0.1", 1},
    {"tcp://localhost.:1", true, false, "localhost.", 1},
    {"", false, false, NULL, 0},
    {"http://x", false, false, NULL, 0},
    {"unix:///x", false, false, NULL, 0},
    {"IPC:///x", false, false, NULL, 0},
    {"ipc://", false, false, NULL, 0},
    {"tcp://127.0.0.1", false, false, NULL, 0},
    {"tcp://127.0.0.1:", false, false, NULL, 0},
    {"tcp://127.0.0.1:65536", false, false, NULL, 0},
    {"tcp://127.0.0.1:123456", false, false, NULL, 0},
    {"tcp://127.0.0.1:+1", false, false, NULL, 0},
    {"tcp://127.0.0.1:80/x", false, false, NULL, 0},
    {"tcp://::1:80", false, false, NULL, 0},
    {"tcp://a b:80", false, false, NULL, 0},
};

START_TEST(address_is_taken_apart)
{
    struct address got;
    const char *fault = address_parse(text_of(cases[_i].url), &got);

    ck_assert_msg((fault == NULL) == cases[_i].good, "%s: %s", cases[_i].url,
                  fault != NULL ? fault : "fine");
    if (fault == NULL) {
        const struct text host =
            got.scheme == ADDRESS_IPC ? got.path : got.host;
        ck_assert_msg(text_is(host, cases[_i].host), "%s: %.*s", cases[_i].url,
                      TEXT_ARGS(host));
        ck_assert_msg(got.loopback == cases[_i].loopback, "%s", cases[_i].url);
        ck_assert_uint_eq(got.port, cases[_i].port);
    }
}
END_TEST

/* A socket's path at, and above, what the system takes. */
START_TEST(path_of_a_socket_has_107_bytes)
{
    char url[6 + 108];
    struct address got;

    memset(url, 'a', sizeof(url));
    memcpy(url, "ipc://", 6);
    ck_assert_ptr_null(address_parse((struct text){url, 6 + 107}, &got));
    ck_assert_ptr_nonnull(address_parse((struct text){url, 6 + 108}, &got));
}
END_TEST

TEST_MAIN("address",
          tcase_add_loop_test(tc, address_is_taken_apart, 0,
                              (int)(sizeof(cases) / sizeof(cases[0])));
          tcase_add_test(tc, path_of_a_socket_has_107_bytes);)
