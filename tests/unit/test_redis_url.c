#include "config/redis_url.h"

#include "tests/unit/harness.h"

static const struct {
    const char *url;
    const char *path, *host;
    unsigned port, db;
} good[] = {
    {"redis://localhost", "", "localhost", 6379, 0},
    {"redis://localhost/", "", "localhost", 6379, 0},
    {"redis://10.0.0.7:6380/2", "", "10.0.0.7", 6380, 2},
    {"redis://[::1]:1/1048576", "", "::1", 1, 1048576},
    {"redis://[fe80::1]", "", "fe80::1", 6379, 0},
    {"redis://h:65535", "", "h", 65535, 0},
    {"unix:///run/redis.sock", "/run/redis.sock", "", 6379, 0},
    {"unix:///run/redis.sock?db=15", "/run/redis.sock", "", 6379, 15},
};

START_TEST(good_address_is_taken_apart)
{
    struct redis_url url;
    const char *wrong = redis_url_parse(text_of(good[_i].url), &url);

    ck_assert_msg(wrong == NULL, "%s: %s", good[_i].url, wrong);
    ck_assert_msg(text_is(url.path, good[_i].path), "%s", good[_i].url);
    ck_assert_msg(text_is(url.host, good[_i].host), "%s", good[_i].url);
    ck_assert_uint_eq(url.port, good[_i].port);
    ck_assert_uint_eq(url.db, good[_i].db);
}
END_TEST

static const struct {
    const char *url, *says;
} bad[] = {
    {"", "redis:// or unix://"},
    {"localhost:6379", "redis:// or unix://"},
    {"http://localhost", "redis:// or unix://"},
    {"rediss://localhost", "TLS"},
    {"redis://", "host"},
    {"redis:///1", "host"},
    {"redis://h:", "port"},
    {"redis://h:0", "1..65535"},
    {"redis://h:65536", "port"},
    {"redis://h:6379x", "port"},
    {"redis://h:99999999999999999999", "port"},
    {"redis://h/one", "database"},
    {"redis://h/1048577", "database"},
    {"redis://h/1/2", "database"},
    {"redis://[::1", "bracket"},
    {"redis://[::1]6379", "port"},
    {"redis://user:word@h", "store.redis.password"},
    {"redis://h h", "spaces"},
    {"redis://h\x01", "spaces"},
    {"unix://run/redis.sock", "begins with /"},
    {"unix://", "begins with /"},
    {"unix:///s?db=", "database"},
    {"unix:///s?db=x", "database"},
};

START_TEST(bad_address_is_told_why)
{
    struct redis_url url;
    const char *wrong = redis_url_parse(text_of(bad[_i].url), &url);

    ck_assert_msg(wrong != NULL, "%s", bad[_i].url);
    ck_assert_msg(strstr(wrong, bad[_i].says) != NULL, "%s: %s", bad[_i].url,
                  wrong);
}
END_TEST

/* A socket's path and a host's name, at their limits and above. */
START_TEST(lengths_are_those_of_the_system)
{
    char text[400];
    struct redis_url url;

    memset(text, 'a', sizeof(text));
    memcpy(text, "unix:///", 8);
    ck_assert(redis_url_parse((struct text){text, 7 + 107}, &url) == NULL);
    ck_assert(redis_url_parse((struct text){text, 7 + 108}, &url) != NULL);
    memset(text, 'a', sizeof(text));
    memcpy(text, "redis://", 8);
    ck_assert(redis_url_parse((struct text){text, 8 + 253}, &url) == NULL);
    ck_assert(redis_url_parse((struct text){text, 8 + 254}, &url) != NULL);
}
END_TEST

TEST_MAIN("redis_url", tcase_add_loop_test(tc, good_address_is_taken_apart, 0,
                                           sizeof(good) / sizeof(good[0]));
          tcase_add_loop_test(tc, bad_address_is_told_why, 0,
                              sizeof(bad) / sizeof(bad[0]));
          tcase_add_test(tc, lengths_are_those_of_the_system);)
