/*
 * The detectors of personal data and secrets as a filter, for eval_pii.py:
 * reads texts on stdin, each as "<bytes>\n" and the bytes; writes for each a
 * line of its matches, "NAME from to score;", offsets in bytes.
 *
 * With --time it reads nothing and prints what a scan costs, of each detector
 * and that of links, on ordinary text and on text made to be slow, at three
 * lengths: cost per byte must not grow.
 */
#include "sidecar/base/clock.h"
#include "sidecar/engine/pii.h"
#include "sidecar/engine/secret.h"
#include "sidecar/engine/url.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT = 4096, TEXT_BYTES = 1 << 20, ARENA_BYTES = 1 << 28 };

static const struct secret_entropy entropy = {3.5, 24, false};

static bool
filter_one(struct text text, struct arena *arena, struct err *err)
{
    struct pii_matches found;
    struct secret_matches secrets;

    arena_reset(arena);
    if (!pii_scan(text, PII_ALL, arena, LIMIT, &found, err) ||
        !secret_scan(text, SECRET_ALL, &entropy, arena, &secrets, err)) {
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        const struct pii_match *const m = &found.at[i];

        printf("%s %zu %zu %.2f;", pii_name(m->entity), m->from, m->to,
               m->score);
    }
    for (size_t i = 0; i < secrets.count; i++) {
        const struct secret_match *const m = &secrets.at[i];

        printf("%s %zu %zu %.2f;", m->entity, m->from, m->to, m->score);
    }
    putchar('\n');
    return true;
}

static bool
filter(struct arena *arena)
{
    static char bytes[TEXT_BYTES];
    size_t len;

    while (scanf("%zu", &len) == 1 && getchar() == '\n' &&
           len <= sizeof(bytes) && fread(bytes, 1, len, stdin) == len) {
        struct err err;

        if (!filter_one((struct text){bytes, len}, arena, &err)) {
            fprintf(stderr, "%s\n", err.message);
            return false;
        }
    }
    return feof(stdin) != 0;
}

/* One detector, as it is timed. */
struct timed {
    const char *name;
    bool (*scan)(struct text text, struct arena *arena, struct err *err);
};

static bool
scan_pii(struct text text, struct arena *arena, struct err *err)
{
    struct pii_matches found;

    return pii_scan(text, PII_ALL, arena, LIMIT, &found, err);
}

static bool
scan_street(struct text text, struct arena *arena, struct err *err)
{
    struct pii_matches found;

    return pii_scan(text, PII_BIT(PII_STREET_ADDRESS), arena, LIMIT, &found,
                    err);
}

static bool
scan_secret(struct text text, struct arena *arena, struct err *err)
{
    struct secret_matches found;

    return secret_scan(text, SECRET_ALL, &entropy, arena, &found, err);
}

static struct url_policy policy;

static bool
scan_url(struct text text, struct arena *arena, struct err *err)
{
    struct url_findings found;

    return url_scan(&policy, text, arena, &found, err);
}

static const struct timed timed[] = {
    {"all of pii", scan_pii},
    {"street", scan_street},
    {"secret", scan_secret},
    {"url", scan_url},
};

/* Nanoseconds of the fastest of several scans. */
static uint64_t
fastest(const struct timed *what, struct text text, struct arena *arena,
        int times)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < times; i++) {
        struct err err;

        arena_reset(arena);
        const uint64_t start = clock_ns();

        if (!what->scan(text, arena, &err)) {
            fprintf(stderr, "%s\n", err.message);
            exit(EXIT_FAILURE);
        }
        const uint64_t spent = clock_ns() - start;

        best = spent < best ? spent : best;
    }
    return best;
}

static void
time_of(const struct timed *what, const char *unit, struct arena *arena)
{
    static const size_t lens[] = {600, 10000, 100000};
    static char bytes[100000];
    const size_t n = strlen(unit);

    printf("%-34.34s", unit);
    for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
        const size_t len = lens[k] - lens[k] % n; // whole characters

        for (size_t i = 0; i < len; i++) {
            bytes[i] = unit[i % n];
        }
        const uint64_t ns =
            fastest(what, (struct text){bytes, len}, arena, k == 0 ? 2000 : 10);

        printf(" %9" PRIu64 " ns %6.2f/B", ns, (double)ns / (double)len);
    }
    putchar('\n');
}

static const struct text domains[] = {
    {"example.com", 11}, {"paypal.com", 10}, {"*.example.org", 13}};

static void
times(struct arena *arena)
{
    struct arena *const kept = arena_new(ARENA_BYTES);
    struct err err;

    policy = (struct url_policy){.allow_domains = domains,
                                 .domain_count = 3,
                                 .block_userinfo = true,
                                 .block_ip_hosts = true,
                                 .block_lookalike_hosts = true,
                                 .block_private_hosts = true,
                                 .block_shorteners = true,
                                 .block_mismatch = true};
    if (kept == NULL || !url_policy_build(&policy, kept, &err)) {
        fprintf(stderr, "no policy\n");
        exit(EXIT_FAILURE);
    }
    static const char *const units[] = {
        "She laughed, and the lamp went out. \"Stay a while,\" he said, "
        "pouring tea; the rain would not stop before morning anyway. ",
        "We open at 9, close at 17:30, and the tea is $4.50 since 2019. ",
        "Write to ann@example.com or call +44 20 7946 0958 before noon. ",
        "0123456789",
        "1 ",
        "12-34-",
        "4111 1111 1111 1111 ",
        "@",
        "a@",
        "a.b.c.d@",
        "a.",
        "a-a.",
        "1.",
        "1.1.1.1.",
        ":",
        "a:",
        "::1",
        "(1",
        "+1",
        "(",
        "http://",
        "www.",
        "http://a/?",
        "one ",
        "at ",
        "a at b dot ",
        "a [dot] ",
        "de12 3456 ",
        "\"",
        "\"@",
        "call 1 ",
        "aa 12 ",
        "deadbeef-",
        "\xd9\xa3",
        "She didn\xe2\x80\x99t say \xe2\x80\x9cyes\xe2\x80\x9d or no, she "
        "only laughed and poured him another cup of the tea. ",
        "sk-",
        "ghp_",
        "eyJ.",
        "eyJhbGciOiJIUzI1NiJ9.",
        "=",
        "key=",
        "password is ",
        "password: ",
        "token=q7Xk2LmP9vRt4WzB6nYc8DfG ",
        "a1B2",
        "-----BEGIN PRIVATE KEY-----",
        "-----",
        "\"type\": \"service_account\"",
        "AccountKey=",
        "postgres://a:b@",
        "[](http://a.io/",
        "[a.io](http://b.io)",
        "https://xn--80ak6aa92e.com/ ",
        "xn--a.com ",
        "1 A ",
        "1 Oak Hill Rd, ",
        "12 rue de la ",
        "Via A 1 ",
        "12 Oak St, York ",
        "data:",
        "ab.zip?",
        "1.1.1.1/",
        "javascript: ",
    };

    for (size_t k = 0; k < sizeof(timed) / sizeof(timed[0]); k++) {
        printf("\n%-34s %19s %19s %19s\n", timed[k].name, "600 bytes", "10 kB",
               "100 kB");
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            time_of(&timed[k], units[i], arena);
        }
    }
    arena_free(kept);
}

int
main(int argc, char **argv)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    bool good = arena != NULL;

    if (good && argc > 1 && strcmp(argv[1], "--time") == 0) {
        times(arena);
    } else if (good) {
        good = filter(arena);
    }
    arena_free(arena);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
