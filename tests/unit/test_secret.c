#include "sidecar/engine/secret.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/secret_prefix.h"
#include "tests/unit/harness.h"

/*
 * Tokens are written in two pieces, prefix and body, so that scanners of
 * source code do not take them for ours. All are invented.
 */
enum { ARENA_BYTES = 1 << 22, SHOWN = 4096, LONG_BYTES = 1 << 18 };

static const struct secret_entropy usual = {3.5, 24, false};
static const struct secret_entropy anywhere = {3.5, 24, true};

/* The matches in a text as "provider:ENTITY=value; ". */
static void
show(struct text text, uint64_t wanted, const struct secret_entropy *entropy,
     char out[SHOWN])
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct secret_matches found;
    struct err err = {0};
    size_t used = 0;

    ck_assert_msg(secret_scan(text, wanted, entropy, arena, &found, &err),
                  "%.*s: %s", TEXT_ARGS(text), err.message);
    out[0] = '\0';
    for (size_t i = 0; i < found.count; i++) {
        const struct secret_match *const m = &found.at[i];

        ck_assert_uint_lt(m->from, m->to);
        ck_assert_uint_le(m->to, text.len);
        ck_assert(i == 0 || found.at[i - 1].to <= m->from);
        ck_assert(m->score > 0 && m->score <= 1);
        used += (size_t)snprintf(out + used, SHOWN - used, "%s%s:%s=%.*s; ",
                                 m->validated ? "+" : "",
                                 secret_name(m->provider), m->entity,
                                 (int)(m->to - m->from), text.at + m->from);
        ck_assert_uint_lt(used, SHOWN);
    }
    arena_free(arena);
}

struct found_row {
    const char *text, *want;
};

#define NOTHING ""
#define B20     "x7Qm2Lp9Vr4Tz6Wb8Yn3"
#define B36     "x7Qm2Lp9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7Ea2U"
#define B35     "x7Qm2Lp9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7Ea2"
#define H32     "9f86d081884c7d659a2feaa0c55ad015"
#define GH                                                                     \
    "gh"                                                                       \
    "p_" B36
#define JWT                                                                    \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."                                    \
    "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
#define PEM_BODY                                                               \
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"       \
    "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n"
#define PEM                                                                    \
    "-----BEGIN RSA PRIVATE "                                                  \
    "KEY-----\n" PEM_BODY "-----END RSA PRIVATE KEY-----"
#define K86                                                                    \
    "x7Qm2Lp9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7Ea2Ux7Qm2Lp9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7Ea2U" \
    "x7Qm2Lp9Vr4Tz6"

static const struct found_row found_rows[] = {
    /* makers' prefixes */
    {"Use " GH " then.", "github:API_KEY=" GH "; "},
    {"TOKEN=" GH, "github:API_KEY=" GH "; "},
    {"(" GH ")", "github:API_KEY=" GH "; "},
    {"\"" GH "\",", "github:API_KEY=" GH "; "},
    {"https://x.example/?t=" GH "&u=1", "github:API_KEY=" GH "; "},
    {"gh"
     "p_0123456789abcdefghijABCDEFGHIJ3mpbCX",
     "+github:API_KEY=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; "},
    {"github_"
     "pat_11ABCDEFG0" B36,
     "github:API_KEY=github_pat_11ABCDEFG0" B36 "; "},
    {"s"
     "k-" B36,
     "openai:API_KEY=sk-" B36 "; "},
    {"s"
     "k-proj-" B36 "-_" B20,
     "openai:API_KEY=sk-proj-" B36 "-_" B20 "; "},
    {"s"
     "k-" B20 "T3BlbkFJ" B20,
     "+openai:API_KEY=sk-" B20 "T3BlbkFJ" B20 "; "},
    {"s"
     "k-ant-api03-" B36 "AA",
     "anthropic:API_KEY=sk-ant-api03-" B36 "AA; "},
    {"id AKI"
     "AIOSFODNN7EXAMPLE.",
     "+aws:API_KEY=AKIAIOSFODNN7EXAMPLE; "},
    {"AIz"
     "a" B35 "-",
     "google:API_KEY=AIza" B35 "; "},
    {"glp"
     "at-" B20,
     "gitlab:API_KEY=glpat-" B20 "; "},
    {"glp"
     "at-" B36 ".01.0a1b2c3",
     "gitlab:API_KEY=glpat-" B36 ".01.0a1b2c3; "},
    {"xox"
     "b-123456789012-123456789012-" B20,
     "slack:API_KEY=xoxb-123456789012-123456789012-" B20 "; "},
    {"sk_"
     "live_" B20,
     "stripe:API_KEY=sk_live_" B20 "; "},
    {"S"
     "G."
     "x7Qm2Lp9Vr4Tz6Wb8Yn3Kc"
     "." B36 "abcdefg",
     "sendgrid:API_KEY=SG.x7Qm2Lp9Vr4Tz6Wb8Yn3Kc." B36 "abcdefg; "},
    {"key"
     "-" H32,
     "mailgun:API_KEY=key-" H32 "; "},
    {"S"
     "K" H32,
     "twilio:API_KEY=SK" H32 "; "},
    {"np"
     "m_" B36,
     "npm:API_KEY=npm_" B36 "; "},
    {"h"
     "f_" B35,
     "huggingface:API_KEY=hf_" B35 "; "},
    {"1234567890:AA"
     "x7Qm2Lp9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7E",
     "telegram:API_KEY=1234567890:AAx7Qm2Lp9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7E; "},
    {"M"
     "TIzNDU2Nzg5MDEyMzQ1Njc.x7Qm2L.p9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7Ea2U",
     "+discord:API_KEY=MTIzNDU2Nzg5MDEyMzQ1Njc.x7Qm2L."
     "p9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7Ea2U; "},
    {JWT ".", "+jwt:JWT=" JWT "; "},
    {"Bearer " JWT, "+jwt:JWT=" JWT "; "},
    /* near misses */
    {"s"
     "k-ating rink",
     NOTHING},
    {"sk-8 and AKIA and eyJ and ghp_short", NOTHING},
    {"npm_config_registry_of_a_package", NOTHING},
    {"xoxo-love-from-all-of-us-here-2024", NOTHING},
    {"sk-circle-fade-dot-animation-container", NOTHING},
    {"glpat-xxxxxxxxxxxxxxxxxxxx", NOTHING},
    {"task-x7Qm2Lp9Vr4Tz6Wb8Yn3", NOTHING},
    {"AKIAIOSFODNN7EXAMPL", NOTHING},
    {"AKIAIOSFODNN7EXAMPLEX", NOTHING},
    {"x" GH, NOTHING},
    {GH "_more", NOTHING},
    {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0", NOTHING},
    {"eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN",
     NOTHING},
    /* key blocks */
    {"so\n" PEM "\nthere", "pem:PRIVATE_KEY=" PEM "; "},
    {"-----BEGIN PRIVATE "
     "KEY-----\n" PEM_BODY "and then she left",
     "pem:PRIVATE_KEY=-----BEGIN PRIVATE KEY-----\n"
     "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"
     "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu; "},
    {"-----BEGIN OPENSSH PRIVATE "
     "KEY-----",
     "ssh:PRIVATE_KEY=-----BEGIN OPENSSH PRIVATE KEY-----; "},
    {"-----BEGIN PUBLIC KEY-----\n" PEM_BODY "-----END PUBLIC KEY-----",
     NOTHING},
    {"-----BEGIN CERTIFICATE-----", NOTHING},
    {"{\"type\": \"service_account\", \"private_key\": \"-----BEGIN PRIVATE "
     "KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n\"} ok",
     "+gcp:PRIVATE_KEY={\"type\": \"service_account\", \"private_key\": "
     "\"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE "
     "KEY-----\\n\"}; "},
    /* addresses */
    {"postgres://app:s3cr3t-pw@db.example.com:5432/main.",
     "connection:CONNECTION_STRING=postgres://"
     "app:s3cr3t-pw@db.example.com:5432/"
     "main; "},
    {"DATABASE_URL=\"mysql://root:hunter2@10.0.0.5/x\"",
     "connection:CONNECTION_STRING=mysql://root:hunter2@10.0.0.5/x; "},
    {"mongodb+srv://u:p4ss@c0.example.net/?w=1",
     "connection:CONNECTION_STRING=mongodb+srv://u:p4ss@c0.example.net/?w=1; "},
    {"postgres://user:password@localhost/db", NOTHING},
    {"postgres://user:<password>@localhost/db", NOTHING},
    {"https://example.com:8080/a@b", NOTHING},
    {"ssh://git@example.com/x", NOTHING},
    {"https://hooks.slack.com/services/T0000000A/B0000000B/" B20 "AbCd",
     "slack:WEBHOOK=https://hooks.slack.com/services/T0000000A/B0000000B/" B20
     "AbCd; "},
    {"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" K86 "==;"
     "EndpointSuffix=core.windows.net",
     "azure:CONNECTION_STRING=DefaultEndpointsProtocol=https;AccountName=a;"
     "AccountKey=" K86 "==;EndpointSuffix=core.windows.net; "},
    /* headers */
    {"Authorization: Basic dXNlcjpodW50ZXIy",
     "header:AUTH_HEADER=dXNlcjpodW50ZXIy; "},
    {"-H 'Authorization: Bearer abc123DEF456ghi'",
     "header:AUTH_HEADER=abc123DEF456ghi; "},
    {"Bearer " B36, "header:AUTH_HEADER=" B36 "; "},
    {"Authorization: none of your business", NOTHING},
    {"the ring-bearer carried it", NOTHING},
    /* assignments */
    {"password=hunter2", "password:PASSWORD=hunter2; "},
    {"DB_PASSWORD=\"Tr0ub4dor&3\"", "password:PASSWORD=Tr0ub4dor&3; "},
    {"Password: Xk9#mQ2!", "password:PASSWORD=Xk9#mQ2; "},
    {"wifi password: Blue42Horse.", "password:PASSWORD=Blue42Horse; "},
    {"The password for the router: Blue42Horse",
     "password:PASSWORD=Blue42Horse; "},
    {"my password is Blue42Horse, dear", "password:PASSWORD=Blue42Horse; "},
    {"The Wi-Fi PASSWORD IS: blue42horse", "password:PASSWORD=blue42horse; "},
    {"api_key: " B36, "assigned:SECRET=" B36 "; "},
    {"\"client_secret\": \"" B20 "\"", "assigned:SECRET=" B20 "; "},
    {"aws_secret_access_key = wJalr/XUtnFEMI7K+MDENGbPxRfiCYEX4MPLEKEY",
     "assigned:SECRET=wJalr/XUtnFEMI7K+MDENGbPxRfiCYEX4MPLEKEY; "},
    {"password: please", NOTHING},
    {"The password is mellon, said Gandalf.", NOTHING},
    {"The password is case-sensitive.", NOTHING},
    {"my password is longer than 8 characters", NOTHING},
    {"The secret: be kind to strangers.", NOTHING},
    {"password = getpass.getpass()", NOTHING},
    {"password=$PASSWORD", NOTHING},
    {"password: ********", NOTHING},
    {"reset password: https://www.example.com/reset-password", NOTHING},
    {"if (token == expected_value_2)", NOTHING},
    {"token: 550e8400-e29b-41d4-a716-446655440000", NOTHING},
    {"key: value, colour: red", NOTHING},
    /* random tokens */
    {"the key is q7Xk2LmP9vRt4WzB6nYc8DfG.",
     "random:SECRET=q7Xk2LmP9vRt4WzB6nYc8DfG; "},
    {"my secret token " H32, "random:SECRET=" H32 "; "},
    {"she wrote q7Xk2LmP9vRt4WzB6nYc8DfG down", NOTHING},
    {"commit 9559829b44df1717f6b78cd2b6b6786eb3f85a92", NOTHING},
    {"the key commit 9559829b44df1717f6b78cd2b6b6786eb3f85a92", NOTHING},
    {"key 550e8400-e29b-41d4-a716-446655440000", NOTHING},
    {"key photo_of_the_garden_2023_11_04.jpg", NOTHING},
    {"secret https://example.com/a/q7Xk2LmP9vRt4WzB6nYc8DfG", NOTHING},
    {"key VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcw==", NOTHING},
    {"key q7Xk2LmP9vRt4WzB6nYc8Df", NOTHING}, /* 23 characters */
};

START_TEST(secrets_are_found_and_near_misses_not)
{
    const struct found_row *const row = &found_rows[_i];
    char got[SHOWN];

    show(text_of(row->text), SECRET_ALL, &usual, got);
    ck_assert_msg(strcmp(got, row->want) == 0, "%s\n got: %s\nwant: %s",
                  row->text, got, row->want);
}
END_TEST

START_TEST(disguised_secrets_are_found)
{
    static const char *const texts[] = {
        "gh\u200bp_" B36,
        "\uff47\uff48\uff50_" B36,
        "gh\u00adp_x7Qm\u20602Lp9Vr4Tz6Wb8Yn3Kc5Hd1Gf0Js7Ea2U",
    };

    for (size_t i = 0; i < 3; i++) {
        struct arena *const arena = arena_new(ARENA_BYTES);
        const struct text text = text_of(texts[i]);
        struct secret_matches found;
        struct err err;

        ck_assert(secret_scan(text, SECRET_ALL, NULL, arena, &found, &err));
        ck_assert_msg(found.count == 1, "%s: %zu", texts[i], found.count);
        ck_assert_uint_eq(found.at[0].provider, SECRET_GITHUB);
        ck_assert_uint_eq(found.at[0].from, 0);
        ck_assert_uint_eq(found.at[0].to, text.len);
        ck_assert(found.at[0].disguised);
        arena_free(arena);
    }
}
END_TEST

START_TEST(only_what_is_wanted_is_reported)
{
    static const char text[] = "postgres://app:" GH "@db.example.com/x";
    char got[SHOWN];

    show(text_of(text), SECRET_ALL, NULL, got);
    ck_assert_str_eq(got, "github:API_KEY=" GH "; ");
    show(text_of(text), SECRET_BIT(SECRET_CONNECTION), NULL, got);
    ck_assert_str_eq(got, "connection:CONNECTION_STRING=postgres://app:" GH
                          "@db.example.com/x; ");
    show(text_of(text), SECRET_BIT(SECRET_AWS), NULL, got);
    ck_assert_str_eq(got, NOTHING);
    show(text_of(text), 0, NULL, got);
    ck_assert_str_eq(got, NOTHING);
}
END_TEST

START_TEST(random_tokens_need_a_word_unless_asked_for_everywhere)
{
    static const char text[] = "she wrote q7Xk2LmP9vRt4WzB6nYc8DfG down";
    const struct secret_entropy strict = {4.9, 24, true};
    char got[SHOWN];

    show(text_of(text), 0, &anywhere, got);
    ck_assert_str_eq(got, "random:SECRET=q7Xk2LmP9vRt4WzB6nYc8DfG; ");
    show(text_of(text), 0, &strict, got);
    ck_assert_str_eq(got, NOTHING);
}
END_TEST

/* 24 characters are asked for: one less, as many, one more. */
START_TEST(random_tokens_begin_at_the_least_length)
{
    static const char text[] = "key q7Xk2LmP9vRt4WzB6nYc8DfGh";
    char got[SHOWN];

    for (size_t len = 23; len <= 25; len++) {
        show((struct text){text, 4 + len}, 0, &usual, got);
        ck_assert_msg((got[0] != '\0') == (len >= 24), "%zu: %s", len, got);
    }
}
END_TEST

START_TEST(prefixes_are_sorted)
{
    for (size_t i = 1; secret_prefix_row(i) != NULL; i++) {
        ck_assert_msg(
            strcmp(secret_prefix_row(i - 1), secret_prefix_row(i)) < 0,
            "%s before %s", secret_prefix_row(i - 1), secret_prefix_row(i));
    }
}
END_TEST

/* Every prefix of every row: no token is found that the bytes do not hold. */
START_TEST(every_truncation_is_safe)
{
    const struct text whole = text_of(found_rows[_i].text);
    char got[SHOWN];

    for (size_t len = 0; len < whole.len; len++) {
        // A heap block of exactly this size, so that an overrun is seen.
        char *const copy = malloc(len + 1);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, whole.at, len);
        show((struct text){copy, len}, SECRET_ALL, &anywhere, got);
        free(copy);
    }
}
END_TEST

/*
 * What may be long is read up to a number of bytes; a span ends between
 * characters all the same, or its redaction would be no text.
 */
START_TEST(spans_hold_whole_characters)
{
    static const struct {
        const char *before, *behind;
    } around[] = {{"", "://user:pa55w0rd@host.example/x"},
                  {"https://user:pa55w0rd@host.example/", ""},
                  {"https://hooks.slack.com/services/T0AAAAAAA/B0AAAAAAA/", ""},
                  {"password = \"hunter2", "\""},
                  {"api_key: 9aF3kQ0zX8vB7nM2cL5tR1yW", ""},
                  {"the password is hunter2", ""},
                  {"Authorization: Bearer abcdef0123456789", ""},
                  {"key q7Xk2LmP9vRt4WzB6nYc8DfG", ""}};
    static const char *const letters[] = {"a", "\u00e9", "\u0356", "\u6f22",
                                          "\U0001d41a"};
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct secret_matches found;
    struct err err;
    char text[4096];

    ck_assert_ptr_nonnull(arena);
    for (size_t n = 0; n < 700; n++) {
        const char *letter = letters[n % 5];
        size_t len =
            (size_t)snprintf(text, sizeof(text), "%.*s%s", (int)(n / 5 % 4),
                             "bcd", around[_i].before);
        for (size_t k = 0; k < n && len < sizeof(text) - 100; k++) {
            len +=
                (size_t)snprintf(text + len, sizeof(text) - len, "%s", letter);
        }
        snprintf(text + len, sizeof(text) - len, "%s", around[_i].behind);
        const struct text whole = text_of(text);
        arena_reset(arena);
        ck_assert(
            secret_scan(whole, SECRET_ALL, &anywhere, arena, &found, &err));
        for (size_t i = 0; i < found.count; i++) {
            const struct secret_match *m = &found.at[i];
            ck_assert_msg(m->from < m->to && m->to <= whole.len &&
                              !utf8_inside((unsigned char)text[m->from]) &&
                              !utf8_inside((unsigned char)text[m->to]),
                          "[%zu, %zu) of %s", m->from, m->to, text);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(a_full_arena_is_an_error)
{
    static const char text[] = "\u201cpassword=hunter2\u201d " GH;
    struct secret_matches found;
    struct err err;
    size_t nth = 1;

    for (;; nth++) {
        struct arena *const arena = arena_new(ARENA_BYTES);

        arena_fail_at(arena, nth);
        const bool good =
            secret_scan(text_of(text), SECRET_ALL, &usual, arena, &found, &err);

        arena_free(arena);
        if (good) {
            break;
        }
        ck_assert_int_eq(err.kind, ERR_MEMORY);
        ck_assert_uint_lt(nth, 20);
    }
    ck_assert_uint_gt(nth, 1);
}
END_TEST

/* Repeated beyond the limit: cut, said so, and nothing lost before it. */
START_TEST(too_many_are_cut)
{
    enum { UNIT = sizeof("password=hunter2 ") - 1 };
    const size_t count = SECRET_MOST + 1;
    char *const bytes = malloc(UNIT * count);
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct secret_matches found;
    struct err err;

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < count; i++) {
        memcpy(bytes + UNIT * i, "password=hunter2 ", UNIT);
    }
    for (size_t n = SECRET_MOST - 1; n <= count; n++) {
        arena_reset(arena);
        ck_assert(secret_scan((struct text){bytes, UNIT * n}, SECRET_ALL, NULL,
                              arena, &found, &err));
        ck_assert_uint_eq(found.count, n > SECRET_MOST ? SECRET_MOST : n);
        ck_assert(found.truncated == (n > SECRET_MOST));
    }
    arena_free(arena);
    free(bytes);
}
END_TEST

START_TEST(names_are_found_in_either_case)
{
    uint64_t bit;

    for (int i = 0; i < SECRET_COUNT; i++) {
        ck_assert(secret_from_name(
            text_of(secret_name((enum secret_provider)i)), &bit));
        ck_assert_uint_eq(bit, SECRET_BIT(i));
    }
    ck_assert(secret_from_name(TEXT("GitHub"), &bit));
    ck_assert_uint_eq(bit, SECRET_BIT(SECRET_GITHUB));
    ck_assert(!secret_from_name(TEXT("githubb"), &bit));
    ck_assert(!secret_from_name(TEXT(""), &bit));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

TEST_MAIN(
    "secret", tcase_add_loop_test(tc, secrets_are_found_and_near_misses_not, 0,
                                  ROWS(found_rows));
    tcase_add_loop_test(tc, every_truncation_is_safe, 0, ROWS(found_rows));
    tcase_add_loop_test(tc, spans_hold_whole_characters, 0, 8);
    tcase_add_test(tc, disguised_secrets_are_found);
    tcase_add_test(tc, only_what_is_wanted_is_reported);
    tcase_add_test(tc, random_tokens_need_a_word_unless_asked_for_everywhere);
    tcase_add_test(tc, random_tokens_begin_at_the_least_length);
    tcase_add_test(tc, prefixes_are_sorted);
    tcase_add_test(tc, a_full_arena_is_an_error);
    tcase_add_test(tc, too_many_are_cut);
    tcase_add_test(tc, names_are_found_in_either_case);)
