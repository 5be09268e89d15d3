#include "sidecar/engine/url_host.h"

#include "tests/unit/harness.h"

enum { ARENA_BYTES = 1 << 20 };

static const struct {
    const char *written, *host;
    bool ip, local;
} hosts[] = {
    {"Example.COM", "example.com", false, false},
    {"www.example.com.", "example.com", false, false},
    {"www.com", "www.com", false, false},
    {"example[.]com", "example.com", false, false},
    {"example (dot) com", "example.com", false, false},
    {"example dot com", "example.com", false, false},
    {"ex%61mple%2ecom", "example.com", false, false},
    {"router", "router", false, true},
    {"localhost", "localhost", false, true},
    {"db.internal", "db.internal", false, true},
    {"8.8.8.8", "8.8.8.8", true, false},
    {"127.0.0.1", "127.0.0.1", true, true},
    {"127.1", "127.1", true, true},
    {"0177.0.0.1", "0177.0.0.1", true, true},
    {"0x7f000001", "0x7f000001", true, true},
    {"0X7F.1", "0x7f.1", true, true},
    {"2130706433", "2130706433", true, true},
    {"134744072", "134744072", true, false}, /* 8.8.8.8 */
    {"4294967295", "4294967295", true, false},
    {"4294967296", "4294967296", false, true}, /* no address, one label */
    {"1.2.3.256", "1.2.3.256", false, false},
    {"256.1.1.1", "256.1.1.1", false, false},
    {"1.2.3.4.5", "1.2.3.4.5", false, false},
    {"10.1.2.3", "10.1.2.3", true, true},
    {"172.15.255.255", "172.15.255.255", true, false},
    {"172.16.0.0", "172.16.0.0", true, true},
    {"172.31.255.255", "172.31.255.255", true, true},
    {"172.32.0.0", "172.32.0.0", true, false},
    {"192.168.1.1", "192.168.1.1", true, true},
    {"169.254.169.254", "169.254.169.254", true, true},
    {"100.64.0.1", "100.64.0.1", true, true},
    {"100.128.0.1", "100.128.0.1", true, false},
    {"[::1]", "[::1]", true, true},
    {"[2001:db8::1]", "[2001:db8::1]", true, false},
    {"[fe80::1]", "[fe80::1]", true, true},
    {"", "", false, false},
};

START_TEST(hosts_have_one_spelling_and_a_kind)
{
    struct url_host host;

    url_host_read(text_of(hosts[_i].written), &host);
    ck_assert_msg(text_is((struct text){host.bytes, host.len}, hosts[_i].host),
                  "%s: %.*s", hosts[_i].written, (int)host.len, host.bytes);
    ck_assert_msg(host.ip == hosts[_i].ip && host.local == hosts[_i].local,
                  "%s: ip %d, local %d", hosts[_i].written, host.ip,
                  host.local);
}
END_TEST

/* 253 bytes are a host, 254 are none. */
START_TEST(a_host_has_its_longest)
{
    char bytes[URL_HOST_BYTES + 2];
    struct url_host host;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = i % 2 == 0 ? 'a' : '.';
    }
    for (size_t len = URL_HOST_BYTES - 2; len <= URL_HOST_BYTES + 2; len += 2) {
        url_host_read((struct text){bytes, len}, &host);
        ck_assert_uint_eq(host.len, len <= URL_HOST_BYTES ? len : 0);
    }
}
END_TEST

/* RFC 3492, section 7.1, and malformed ones. */
static const struct {
    const char *label, *want;
} punycodes[] = {
    {"bcher-kva", "b\u00fccher"},
    {"ihqwcrb4cv8a8dqg056pqjye",
     "\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587"},
    {"Proprostnemluvesky-uyb24dma41a",
     "Pro\u010dprost\u011bnemluv\u00ed\u010desky"},
    {"80ak6aa92e", "\u0430\u0440\u0440\u04cf\u0435"},
    {"", ""},
    {"a-", "a"},
    {"99999999", ""},
    {"b\u00fccher-kva", ""},
    {"a-!", ""},
    {"zzzzzzzzzzzzzzzzzz", ""},
};

START_TEST(punycode_is_decoded)
{
    char out[252];
    const size_t len =
        url_host_punycode(text_of(punycodes[_i].label), out, sizeof(out));

    ck_assert_msg(text_is((struct text){out, len}, punycodes[_i].want),
                  "%s: %.*s", punycodes[_i].label, (int)len, out);
}
END_TEST

/* Any bytes at all: no overrun, and what comes out is valid or nothing. */
START_TEST(punycode_takes_anything)
{
    uint32_t state = 12345;

    for (int round = 0; round < 20000; round++) {
        static const char digits[] = "abcxyz019-";
        char label[70], out[252];
        const size_t len = state % sizeof(label);

        for (size_t i = 0; i < len; i++) {
            state = state * 1664525u + 1013904223u;
            label[i] = digits[(state >> 16) % (sizeof(digits) - 1)];
        }
        state = state * 1664525u + 1013904223u;
        ck_assert_uint_le(
            url_host_punycode((struct text){label, len}, out, sizeof(out)),
            sizeof(out));
    }
}
END_TEST

static const struct {
    const char *a, *b;
    bool same;
} skeletons[] = {
    {"paypal.com", "PAYPAL.com", true},
    {"paypa1.com", "paypal.com", true},
    {"g00gle.com", "google.com", true},
    {"rnicrosoft.com", "microsoft.com", true},
    {"vvikipedia.org", "wikipedia.org", true},
    {"\u0440\u0430ypal.com", "paypal.com", true},
    {"xn--80ak6aa92e.com", "apple.com", true},
    {"b\u00fccher.de", "bucher.de", true},
    {"paypal.com", "paypals.com", false},
    {"example.com", "example.org", false},
};

START_TEST(what_looks_alike_has_one_skeleton)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct text a, b;
    struct err err;

    ck_assert(url_host_skeleton(text_of(skeletons[_i].a), arena, &a, &err));
    ck_assert(url_host_skeleton(text_of(skeletons[_i].b), arena, &b, &err));
    ck_assert_msg(text_equal(a, b) == skeletons[_i].same, "%.*s %.*s",
                  TEXT_ARGS(a), TEXT_ARGS(b));
    arena_free(arena);
}
END_TEST

static const struct {
    const char *host;
    bool mixed;
} mixes[] = {
    {"paypal.com", false},
    {"p\u0430ypal.com", true},
    {"\u043f\u043e\u0447\u0442\u0430.example.com", false},
    {"b\u00fccher.de", false},
    {"xn--pypal-4ve.com", true}, /* p, Cyrillic a, ypal */
    {"\u65e5\u672cexample.jp", false},
};

START_TEST(a_label_in_two_scripts_is_mixed)
{
    ck_assert_msg(url_host_mixed(text_of(mixes[_i].host)) == mixes[_i].mixed,
                  "%s", mixes[_i].host);
}
END_TEST

static const struct {
    const char *a, *b;
    bool near;
} nears[] = {
    {"paypal", "paypal", false},
    {"paypal", "paypa", true},
    {"paypal", "paypall", true},
    {"paypal", "psypal", true},
    {"paypal", "papyal", true},
    {"paypal", "paypla", true},
    {"paypal", "ppaypa", false},
    {"paypal", "psypsl", false},
    {"paypal", "pay", false},
    {"", "a", true},
    {"", "", false},
    {"ab", "ba", true},
};

START_TEST(one_change_is_near)
{
    const struct text a = text_of(nears[_i].a), b = text_of(nears[_i].b);

    ck_assert_msg(url_host_near(a, b) == nears[_i].near, "%s %s", nears[_i].a,
                  nears[_i].b);
    ck_assert(url_host_near(b, a) == nears[_i].near);
}
END_TEST

START_TEST(below_means_at_a_label)
{
    ck_assert(url_host_under(TEXT("a.example.com"), TEXT("example.com")));
    ck_assert(url_host_under(TEXT("example.com"), TEXT("example.com")));
    ck_assert(!url_host_under(TEXT("badexample.com"), TEXT("example.com")));
    ck_assert(!url_host_under(TEXT("com"), TEXT("example.com")));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

TEST_MAIN("url_host",
          tcase_add_loop_test(tc, hosts_have_one_spelling_and_a_kind, 0,
                              ROWS(hosts));
          tcase_add_test(tc, a_host_has_its_longest);
          tcase_add_loop_test(tc, punycode_is_decoded, 0, ROWS(punycodes));
          tcase_add_test(tc, punycode_takes_anything);
          tcase_add_loop_test(tc, what_looks_alike_has_one_skeleton, 0,
                              ROWS(skeletons));
          tcase_add_loop_test(tc, a_label_in_two_scripts_is_mixed, 0,
                              ROWS(mixes));
          tcase_add_loop_test(tc, one_change_is_near, 0, ROWS(nears));
          tcase_add_test(tc, below_means_at_a_label);)
