#include "sidecar/engine/url.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"

enum { ARENA_BYTES = 1 << 22, SHOWN = 2048 };

static const struct text domains[] = {
    {"example.com", 11}, {"*.example.org", 13}, {"paypal.com", 10}};
static const struct text https[] = {{"https", 5}};

/* Everything blocked; the domains above allowed. */
static struct url_policy
strict_policy(struct arena *arena)
{
    struct url_policy policy = {.allow_domains = domains,
                                .domain_count = 3,
                                .allowed_schemes = https,
                                .scheme_count = 1,
                                .block_userinfo = true,
                                .block_ip_hosts = true,
                                .block_lookalike_hosts = true,
                                .block_private_hosts = true,
                                .block_shorteners = true,
                                .block_mismatch = true};
    struct err err;

    ck_assert_msg(url_policy_build(&policy, arena, &err), "%s", err.message);
    return policy;
}

/* The same without lists. */
static struct url_policy
listless_policy(struct arena *arena)
{
    struct url_policy policy = strict_policy(arena);
    struct err err;

    policy.domain_count = policy.scheme_count = 0;
    ck_assert(url_policy_build(&policy, arena, &err));
    return policy;
}

/* The findings as "reason=link; ". */
static void
show(const struct url_policy *policy, struct text text, struct arena *arena,
     char out[SHOWN])
{
    struct url_findings found;
    struct err err = {0};
    size_t used = 0;

    ck_assert_msg(url_scan(policy, text, arena, &found, &err), "%s",
                  err.message);
    out[0] = '\0';
    for (size_t i = 0; i < found.count; i++) {
        const struct url_finding *const f = &found.at[i];

        ck_assert_uint_lt(f->from, f->to);
        ck_assert_uint_le(f->to, text.len);
        ck_assert(i == 0 || found.at[i - 1].to <= f->from);
        ck_assert((f->reasons & URL_BIT(f->reason)) != 0);
        used += (size_t)snprintf(out + used, SHOWN - used, "%s=%.*s; ",
                                 url_reason_name(f->reason),
                                 (int)(f->to - f->from), text.at + f->from);
        ck_assert_uint_lt(used, SHOWN);
    }
}

struct row {
    const char *text, *strict, *listless;
};

#define FINE ""

static const struct row rows[] = {
    {"no link at all. None: really", FINE, FINE},
    {"see https://example.com/a?b#c.", FINE, FINE},
    {"see https://www.example.com", FINE, FINE},
    {"see example.com/x", FINE, FINE},
    {"see https://a.example.org and https://b.a.example.org", FINE, FINE},
    {"https://example.org", "not_allowed=https://example.org; ", FINE},
    {"https://sub.example.com", "not_allowed=https://sub.example.com; ", FINE},
    {"go to shop.acme.io now", "not_allowed=shop.acme.io; ", FINE},
    {"hxxps://evil[.]test.io/x", "not_allowed=hxxps://evil[.]test.io/x; ",
     FINE},
    {"acme dot com is it", "not_allowed=acme dot com; ", FINE},
    /* schemes */
    {"http://example.com", "scheme=http://example.com; ", FINE},
    {"ftp://example.com/a", "scheme=ftp://example.com/a; ", FINE},
    {"hxxps://example.com", FINE, FINE},
    {"[x](javascript:alert(1))", "script=javascript:alert(1; ",
     "script=javascript:alert(1; "},
    {"data:text/html;base64,PHNjcmlwdD4=",
     "script=data:text/html;base64,PHNjcmlwdD4=; ",
     "script=data:text/html;base64,PHNjcmlwdD4=; "},
    {"the data: not much, and/or none", FINE, FINE},
    /* who is it */
    {"https://bob:pw@example.com/", "userinfo=https://bob:pw@example.com/; ",
     "userinfo=https://bob:pw@example.com/; "},
    {"https://example.com@evil.example.net/",
     "userinfo=https://example.com@evil.example.net/; ",
     "userinfo=https://example.com@evil.example.net/; "},
    {"https://example.com/@bob", FINE, FINE},
    {"mail bob@example.net", FINE, FINE},
    /* addresses */
    {"https://8.8.8.8/x", "ip_host=https://8.8.8.8/x; ",
     "ip_host=https://8.8.8.8/x; "},
    {"https://134744072/", "ip_host=https://134744072/; ",
     "ip_host=https://134744072/; "},
    {"https://0x7f000001/", "private_host=https://0x7f000001/; ",
     "private_host=https://0x7f000001/; "},
    {"https://2130706433:8080/", "private_host=https://2130706433:8080/; ",
     "private_host=https://2130706433:8080/; "},
    {"https://[::1]:80/", "private_host=https://[::1]:80/; ",
     "private_host=https://[::1]:80/; "},
    {"10.0.0.1/login", "private_host=10.0.0.1/login; ",
     "private_host=10.0.0.1/login; "},
    {"the net 10.0.0.0/8 and 1.2.3.4", FINE, FINE},
    {"https://localhost:3000/x", "private_host=https://localhost:3000/x; ",
     "private_host=https://localhost:3000/x; "},
    {"https://metadata.internal/", "private_host=https://metadata.internal/; ",
     "private_host=https://metadata.internal/; "},
    /* lookalikes */
    {"https://paypa1.com", "lookalike=https://paypa1.com; ", FINE},
    {"https://login.paypa1.com/x", "lookalike=https://login.paypa1.com/x; ",
     FINE},
    {"https://paypall.com", "lookalike=https://paypall.com; ", FINE},
    {"https://p\u0430ypal.com/", "lookalike=https://p\u0430ypal.com/; ",
     "lookalike=https://p\u0430ypal.com/; "},
    {"https://xn--pypal-4ve.com/", "lookalike=https://xn--pypal-4ve.com/; ",
     "lookalike=https://xn--pypal-4ve.com/; "},
    {"https://paypal.com.evil.example.net",
     "lookalike=https://paypal.com.evil.example.net; ", FINE},
    {"https://secure-paypal.com-login.net",
     "lookalike=https://secure-paypal.com-login.net; ", FINE},
    {"https://payroll.com", "not_allowed=https://payroll.com; ", FINE},
    /* where it goes */
    {"https://bit.ly/3xYz", "shortener=https://bit.ly/3xYz; ",
     "shortener=https://bit.ly/3xYz; "},
    {"[example.com](https://evil.example.net/)",
     "mismatch=https://evil.example.net/; ",
     "mismatch=https://evil.example.net/; "},
    {"[example.com](https://example.com/a)", FINE, FINE},
    {"[www.example.com/a](https://example.com/b)", FINE, FINE},
    {"[the shop](https://example.com/a)", FINE, FINE},
    {"[https://example.com](https://paypal.com/x)",
     "mismatch=https://paypal.com/x; ", "mismatch=https://paypal.com/x; "},
    {"[https://example.com](<https://paypal.com/x>)",
     "mismatch=https://paypal.com/x; ", "mismatch=https://paypal.com/x; "},
};

START_TEST(links_are_judged)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    const struct url_policy strict = strict_policy(arena);
    const struct url_policy listless = listless_policy(arena);
    char got[SHOWN];

    show(&strict, text_of(rows[_i].text), arena, got);
    ck_assert_msg(strcmp(got, rows[_i].strict) == 0, "%s\n got: %s\nwant: %s",
                  rows[_i].text, got, rows[_i].strict);
    show(&listless, text_of(rows[_i].text), arena, got);
    ck_assert_msg(strcmp(got, rows[_i].listless) == 0,
                  "%s (no lists)\n got: %s\nwant: %s", rows[_i].text, got,
                  rows[_i].listless);
    arena_free(arena);
}
END_TEST

static void
show_prefix(struct text prefix, void *context)
{
    struct arena *const arena = context;
    const struct url_policy strict = strict_policy(arena);
    char got[SHOWN];

    show(&strict, prefix, arena, got);
    arena_reset(arena);
}

START_TEST(every_truncation_is_safe)
{
    struct arena *const arena = arena_new(ARENA_BYTES);

    support_bytes_prefixes(text_of(rows[_i].text), show_prefix, arena);
    arena_free(arena);
}
END_TEST

START_TEST(a_policy_of_nothing_finds_scripts_only)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    const struct url_policy nothing = {0};
    char got[SHOWN];

    show(&nothing, TEXT("http://u:p@127.0.0.1/ bit.ly/x javascript:x()"), arena,
         got);
    ck_assert_str_eq(got, "script=javascript:x(; ");
    arena_free(arena);
}
END_TEST

START_TEST(the_first_ones_are_not_too_many)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    static const char text[] = "https://a.io https://b.io https://c.io";
    char got[SHOWN];

    for (size_t most = 0; most <= 4; most++) {
        const struct url_policy policy = {.max_urls = most};

        show(&policy, text_of(text), arena, got);
        ck_assert_str_eq(got, most == 1   ? "too_many=https://b.io; "
                                            "too_many=https://c.io; "
                              : most == 2 ? "too_many=https://c.io; "
                                          : "");
    }
    arena_free(arena);
}
END_TEST

START_TEST(subdomains_are_allowed_where_asked_for)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct url_policy policy = {
        .allow_domains = domains, .domain_count = 2, .allow_subdomains = true};
    struct err err;
    char got[SHOWN];

    ck_assert(url_policy_build(&policy, arena, &err));
    show(&policy, TEXT("https://a.b.example.com https://example.org"), arena,
         got);
    ck_assert_str_eq(got, "not_allowed=https://example.org; ");
    arena_free(arena);
}
END_TEST

START_TEST(a_domain_that_is_none_is_refused)
{
    static const char *const bad[] = {"", "*.", "a*b.com", "https://a.com",
                                      "a b.com"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct arena *const arena = arena_new(ARENA_BYTES);
        const struct text list[] = {TEXT("good.com"), text_of(bad[i])};
        struct url_policy policy = {.allow_domains = list, .domain_count = 2};
        struct err err;

        ck_assert_msg(!url_policy_build(&policy, arena, &err), "%s", bad[i]);
        ck_assert_int_eq(err.kind, ERR_CONFIG);
        ck_assert_str_eq(err.path, "allow_domains[1]");
        arena_free(arena);
    }
}
END_TEST

START_TEST(full_width_and_invisible_hide_nothing)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    const struct url_policy strict = strict_policy(arena);
    static const char text[] = "https://ev\u200bil.io\uff0fx";
    char got[SHOWN];

    show(&strict, text_of(text), arena, got);
    ck_assert_str_eq(got, "not_allowed=https://ev\u200bil.io\uff0fx; ");
    arena_free(arena);
}
END_TEST

START_TEST(a_full_arena_is_an_error)
{
    static const char text[] = "\u201chttps://paypa1.com\u201d";
    struct arena *const kept = arena_new(ARENA_BYTES);
    const struct url_policy strict = strict_policy(kept);
    struct url_findings found;
    struct err err;
    size_t nth = 1;

    for (;; nth++) {
        struct arena *const arena = arena_new(ARENA_BYTES);

        arena_fail_at(arena, nth);
        const bool good = url_scan(&strict, text_of(text), arena, &found, &err);

        arena_free(arena);
        if (good) {
            break;
        }
        ck_assert_int_eq(err.kind, ERR_MEMORY);
        ck_assert_uint_lt(nth, 30);
    }
    ck_assert_uint_gt(nth, 2);
    ck_assert_uint_eq(found.count, 1);
    arena_free(kept);
}
END_TEST

START_TEST(building_fails_in_a_full_arena)
{
    size_t nth = 1;

    for (;; nth++) {
        struct arena *const arena = arena_new(ARENA_BYTES);
        struct url_policy policy = {.allow_domains = domains,
                                    .domain_count = 3};
        struct err err;

        arena_fail_at(arena, nth);
        const bool good = url_policy_build(&policy, arena, &err);

        arena_free(arena);
        if (good) {
            break;
        }
        ck_assert_int_eq(err.kind, ERR_MEMORY);
        ck_assert_uint_lt(nth, 30);
    }
    ck_assert_uint_gt(nth, 3);
}
END_TEST

/* As many links as are looked at, and one more. */
START_TEST(too_many_links_are_cut)
{
    enum { UNIT = sizeof("https://a.io ") - 1 };
    char *const bytes = malloc(UNIT * (URL_MOST + 1));
    struct arena *const arena = arena_new(ARENA_BYTES);
    const struct url_policy policy = {0};
    struct url_findings found;
    struct err err;

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i <= URL_MOST; i++) {
        memcpy(bytes + UNIT * i, "https://a.io ", UNIT);
    }
    for (size_t n = URL_MOST - 1; n <= URL_MOST + 1; n++) {
        ck_assert(url_scan(&policy, (struct text){bytes, UNIT * n}, arena,
                           &found, &err));
        ck_assert_uint_eq(found.urls, n > URL_MOST ? URL_MOST : n);
        ck_assert(found.truncated == (n > URL_MOST));
    }
    arena_free(arena);
    free(bytes);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

TEST_MAIN("url", tcase_add_loop_test(tc, links_are_judged, 0, ROWS(rows));
          tcase_add_loop_test(tc, every_truncation_is_safe, 0, ROWS(rows));
          tcase_add_test(tc, a_policy_of_nothing_finds_scripts_only);
          tcase_add_test(tc, the_first_ones_are_not_too_many);
          tcase_add_test(tc, subdomains_are_allowed_where_asked_for);
          tcase_add_test(tc, a_domain_that_is_none_is_refused);
          tcase_add_test(tc, full_width_and_invisible_hide_nothing);
          tcase_add_test(tc, a_full_arena_is_an_error);
          tcase_add_test(tc, building_fails_in_a_full_arena);
          tcase_add_test(tc, too_many_links_are_cut);)
