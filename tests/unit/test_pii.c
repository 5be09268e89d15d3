#include "sidecar/engine/pii.h"

#include <stdio.h>

#include "tests/unit/harness.h"

enum { ARENA_BYTES = 1 << 22, LIMIT = 64, SHOWN = 2048 };

/* The matches in a text as "NAME=value; NAME=value; ". */
static void
show(struct text text, uint64_t wanted, char out[SHOWN])
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct pii_matches found;
    struct err err = {0};
    size_t used = 0;

    ck_assert_msg(pii_scan(text, wanted, arena, LIMIT, &found, &err), "%s: %s",
                  text.at, err.message);
    out[0] = '\0';
    for (size_t i = 0; i < found.count; i++) {
        const struct pii_match *const m = &found.at[i];

        ck_assert_uint_lt(m->from, m->to);
        ck_assert_uint_le(m->to, text.len);
        ck_assert(i == 0 || found.at[i - 1].to <= m->from);
        ck_assert(m->score > 0 && m->score <= 1);
        used += (size_t)snprintf(out + used, SHOWN - used, "%s=%.*s; ",
                                 pii_name(m->entity), (int)(m->to - m->from),
                                 text.at + m->from);
        ck_assert_uint_lt(used, SHOWN);
    }
    arena_free(arena);
}

struct found_row {
    const char *text, *want;
};

#define NOTHING ""

static const struct found_row found_rows[] = {
    /* a value is one by itself, whatever else the text holds */
    {"de-ad-be-ef-ca-fe", NOTHING},
    {"de-ad-be-ef-ca-fe and 12 others", NOTHING},
    {"my bic is DEUTDEFF, so", NOTHING},
    {"my bic is DEUTDEFF, 12 of them", NOTHING},
    {"\"john doe\"@acme.com", "EMAIL_ADDRESS=\"john doe\"@acme.com; "},
    {"\"to john doe\"@acme.com", NOTHING},
    /* cards */
    {"pay with 4111111111111111 now", "CREDIT_CARD=4111111111111111; "},
    {"4111 1111 1111 1111.", "CREDIT_CARD=4111 1111 1111 1111; "},
    {"(4111-1111-1111-1111)", "CREDIT_CARD=4111-1111-1111-1111; "},
    {"4111.1111.1111.1111", "CREDIT_CARD=4111.1111.1111.1111; "},
    {"amex 3782 822463 10005!", "CREDIT_CARD=3782 822463 10005; "},
    {"diners 3056 930902 5904", "CREDIT_CARD=3056 930902 5904; "},
    {"so 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 ok",
     "CREDIT_CARD=4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1; "},
    {"4111 1111 1111 1111 12/25 123", "CREDIT_CARD=4111 1111 1111 1111; "},
    {"card 41111 11111 111111", "CREDIT_CARD=41111 11111 111111; "},
    {"41111 11111 111111", NOTHING},
    {"4111 1111-1111 1111", NOTHING},
    {"4111 1111 1111 1112", NOTHING},
    {"1234567890123456", NOTHING},
    {"41111111111111111", NOTHING},
    {"x4111111111111111", NOTHING},
    {"4111111111111111x", NOTHING},
    {"_4111111111111111", NOTHING},
    {"0.4111111111111111", NOTHING},
    {"$4111111111111111", NOTHING},
    {"/img/4111111111111111.png", NOTHING},
    {"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 7", NOTHING},
    {"3 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", NOTHING},
    /* accounts */
    {"pay DE89 3704 0044 0532 0130 00 today",
     "IBAN_CODE=DE89 3704 0044 0532 0130 00; "},
    {"gb82west12345698765432,", "IBAN_CODE=gb82west12345698765432; "},
    {"GB82-WEST-1234-5698-7654-32", "IBAN_CODE=GB82-WEST-1234-5698-7654-32; "},
    {"pay DE88 3704 0044 0532 0130 00 today", NOTHING},
    {"call me on DE88 3704 0044 0532 0130 00", NOTHING},
    {"DE89 3704 0044 0532 0130 0", NOTHING},
    {"DE893704004405320130001", NOTHING},
    {"US89370400440532013000", NOTHING},
    {"DE89 37040044 0532013000", NOTHING},
    /* telephones in groups of their country */
    {"8 912 345-67-89", "PHONE_NUMBER=8 912 345-67-89; "},
    {"098765 43210", "PHONE_NUMBER=098765 43210; "},
    {"8 912 345-67", NOTHING},
    {"198765 43210", NOTHING},
    /* mail */
    {"Write to ann.lee+x@mail.example.co.uk.",
     "EMAIL_ADDRESS=ann.lee+x@mail.example.co.uk; "},
    {"<Ann@Example.COM>", "EMAIL_ADDRESS=Ann@Example.COM; "},
    {"mailto:ann@example.com?subject=x", "EMAIL_ADDRESS=ann@example.com; "},
    {"'ann@example.com'", "EMAIL_ADDRESS=ann@example.com; "},
    {"_ann@example.com_", "EMAIL_ADDRESS=ann@example.com; "},
    {"_ann@example.com", "EMAIL_ADDRESS=_ann@example.com; "},
    {"\"a b\"@example.com", "EMAIL_ADDRESS=\"a b\"@example.com; "},
    {"ann@[192.0.2.1]", "EMAIL_ADDRESS=ann@[192.0.2.1]; "},
    {"j\xc3\xb6rg@b\xc3\xbc"
     "cher.example.de",
     "EMAIL_ADDRESS=j\xc3\xb6rg@b\xc3\xbc"
     "cher.example.de; "},
    {"ann@example.com.Then he left", "EMAIL_ADDRESS=ann@example.com; "},
    {"ann [at] example [dot] com",
     "EMAIL_ADDRESS=ann [at] example [dot] com; "},
    {"ann(at)example.com", "EMAIL_ADDRESS=ann(at)example.com; "},
    {"ann at mail dot example dot org ok",
     "EMAIL_ADDRESS=ann at mail dot example dot org; "},
    {"ann dot lee at example dot org",
     "EMAIL_ADDRESS=ann dot lee at example dot org; "},
    {"root@localhost", NOTHING},
    {"meet @ 5.30pm", NOTHING},
    {"@ann and @bob.example.com", NOTHING},
    {"@ann@example.social", NOTHING},
    {"ann.@example.com", NOTHING},
    {"ann@-example.com", NOTHING},
    {"ann@example.notatld", NOTHING},
    {"ann@b.com@c.com", NOTHING},
    {"look at the dot", NOTHING},
    {"meet me at the dot com party", NOTHING},
    /* telephones */
    {"+44 20 7946 0958", "PHONE_NUMBER=+44 20 7946 0958; "},
    {"(+49) 30 901820", "PHONE_NUMBER=(+49) 30 901820; "},
    {"+46 (0)8 928 571 38 fax", "PHONE_NUMBER=+46 (0)8 928 571 38; "},
    {"0033 1 45 54 92 32", "PHONE_NUMBER=0033 1 45 54 92 32; "},
    {"+1-212-555-0199x22", "PHONE_NUMBER=+1-212-555-0199x22; "},
    {"(212) 555-0199.", "PHONE_NUMBER=(212) 555-0199; "},
    {"212.555.0199", "PHONE_NUMBER=212.555.0199; "},
    {"212-555-0199 ext. 4", "PHONE_NUMBER=212-555-0199 ext. 4; "},
    {"1 (212) 555-0199", "PHONE_NUMBER=1 (212) 555-0199; "},
    {"07700 900123", "PHONE_NUMBER=07700 900123; "},
    {"01 45 54 92 32", "PHONE_NUMBER=01 45 54 92 32; "},
    {"01512 3456789", "PHONE_NUMBER=01512 3456789; "},
    {"0590 27 12 34", "PHONE_NUMBER=0590 27 12 34; "},
    {"call 01 02 2023", NOTHING},
    {"030/901 82 11", "PHONE_NUMBER=030/901 82 11; "},
    {"8 (912) 345-67-89", "PHONE_NUMBER=8 (912) 345-67-89; "},
    {"call me on 5551234", "PHONE_NUMBER=5551234; "},
    {"555 1234 office", "PHONE_NUMBER=555 1234; "},
    {"My number is 467 3395", "PHONE_NUMBER=467 3395; "},
    {"five five five oh one nine nine",
     "PHONE_NUMBER=five five five oh one nine nine; "},
    {"My order number is 467 3395", NOTHING},
    {"ticket 212-555-0199", NOTHING},
    {"call it luck, but 1640965349 is all", NOTHING},
    {"call me on 1640965349", NOTHING},
    {"call 2010-09-26", NOTHING},
    {"call 26.09.2010", NOTHING},
    {"call 1836-1993", NOTHING},
    {"reach me at 513.158.126.26", NOTHING},
    {"reach me at 101.0.4902.58", NOTHING},
    {"reach me at 978-2-6110-8334-6", NOTHING},
    {"call 000-12-3456", NOTHING},
    {"+999 1234567", NOTHING},
    {"+44 20", NOTHING},
    {"one two three four five six seven eight nine", NOTHING},
    {"five five five oh one nine", NOTHING},
    {"ratio 3.2125550199", NOTHING},
    {"5551234", NOTHING},
    /* machines */
    {"from 192.0.2.255:8080", "IP_ADDRESS=192.0.2.255; "},
    {"10.0.0.0/8", "IP_ADDRESS=10.0.0.0; "},
    {"192.0.2.1.", "IP_ADDRESS=192.0.2.1; "},
    {"dns 8.8.4.4", "IP_ADDRESS=8.8.4.4; "},
    {"2001:db8::8ff6 and", "IP_ADDRESS=2001:db8::8ff6; "},
    {"::ffff:192.0.2.1", "IP_ADDRESS=::ffff:192.0.2.1; "},
    {"ip ::1", "IP_ADDRESS=::1; "},
    {"[2001:db8:1:2:3:4:5:6]:80", "IP_ADDRESS=2001:db8:1:2:3:4:5:6; "},
    {"94:3e:d0:68:20:fb", "MAC_ADDRESS=94:3e:d0:68:20:fb; "},
    {"EF-C5-FC-08-26-24", "MAC_ADDRESS=EF-C5-FC-08-26-24; "},
    {"version 1.2.3.4", NOTHING},
    {"section 10.20.30.40", NOTHING},
    {"1.2.3.4", NOTHING},
    {"192.0.2.256", NOTHING},
    {"192.0.2.01", NOTHING},
    {"192.0.2.1.5", NOTHING},
    {"v192.0.2.1", NOTHING},
    {"17:53:57", NOTHING},
    {"std::vector", NOTHING},
    {"a::1", NOTHING},
    {"2001:db8:1:2:3:4:5", NOTHING},
    {"2001:db8::1::2", NOTHING},
    {"94:3e:d0:68:20:fb:01", NOTHING},
    /* links */
    {"see https://example.com/a(b)?c=d#e).",
     "URL=https://example.com/a(b)?c=d#e; "},
    {"hxxp://example[.]com/x", "URL=hxxp://example[.]com/x; "},
    {"www.example.com,", "URL=www.example.com; "},
    {"go to acme-shop.com now", "URL=acme-shop.com; "},
    {"bit.ly/3xYz1", "URL=bit.ly/3xYz1; "},
    {"my-site.co.uk.", "URL=my-site.co.uk; "},
    {"README.md, main.rs, Node.js, photo_2023.jpg, e.g.this", NOTHING},
    {"I left.So it was.", NOTHING},
    {"http://", NOTHING},
    /* identity numbers */
    {"SSN 536-22-1234", "US_SSN=536-22-1234; "},
    {"ssn 536 22 1234", "US_SSN=536 22 1234; "},
    {"ssn: 536221234", "US_SSN=536221234; "},
    {"536221234", NOTHING},
    {"000-12-3456", NOTHING},
    {"536-22 1234", NOTHING},
    {"912-70-1234", "US_ITIN=912-70-1234; "},
    {"npi 1234567893", "US_NPI=1234567893; "},
    {"routing number 021000021", "US_ABA=021000021; "},
    {"nhs 943 476 5919", "UK_NHS=943 476 5919; "},
    {"AB 12 34 56 C", "UK_NINO=AB 12 34 56 C; "},
    {"ab123456c", "UK_NINO=ab123456c; "},
    {"QQ123456C", NOTHING},
    {"sin 123 456 782", "CA_SIN=123 456 782; "},
    {"Steuer-ID 36 574 261 809", "DE_TAX_ID=36 574 261 809; "},
    {"54362315-K", "ES_NIF=54362315-K; "},
    {"x2482300w", "ES_NIE=x2482300w; "},
    {"RCCMNL83S18D969H", "IT_FISCAL_CODE=RCCMNL83S18D969H; "},
    {"RCC MNL 83S18 D969H", "IT_FISCAL_CODE=RCC MNL 83S18 D969H; "},
    {"for all these years", NOTHING},
    {"2 95 10 99 126 111 93", "FR_NIR=2 95 10 99 126 111 93; "},
    {"bsn 111222333", "NL_BSN=111222333; "},
    {"pesel 44051401359", "PL_PESEL=44051401359; "},
    {"880320-0016", "SE_PERSONNUMMER=880320-0016; "},
    {"131052-308T", "FI_HETU=131052-308T; "},
    {"aadhaar 2341 2341 2346", "IN_AADHAAR=2341 2341 2346; "},
    {"ACUPA7085R", "IN_PAN=ACUPA7085R; "},
    {"tfn 123 456 782", "AU_TFN=123 456 782; "},
    {"51 824 753 556", "AU_ABN=51 824 753 556; "},
    {"111.444.777-35", "BR_CPF=111.444.777-35; "},
    {"111.444.777-34", NOTHING},
    {"16.727.230/0001-97", "BR_CNPJ=16.727.230/0001-97; "},
    {"S1234567D", "SG_NRIC=S1234567D; "},
    {"imei 490154203237518", "IMEI=490154203237518; "},
    {"490154203237518", NOTHING},
    {"1M8GDM9AXKP042788", "VIN=1M8GDM9AXKP042788; "},
    {"123e4567-e89b-12d3-a456-426614174000",
     "UUID=123e4567-e89b-12d3-a456-426614174000; "},
    {"06904a4009fe18862b99d80ec6a927e7bf42f11c", NOTHING},
    /* coins */
    {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
     "CRYPTO=1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa; "},
    {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", NOTHING},
    {"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
     "CRYPTO=0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed; "},
    /* together */
    {"a@b.com, 4111111111111111; (212) 555-0199",
     "EMAIL_ADDRESS=a@b.com; CREDIT_CARD=4111111111111111; "
     "PHONE_NUMBER=(212) 555-0199; "},
    {"https://example.com/?m=ann@example.com&ip=192.0.2.77",
     "URL=https://example.com/?m=ann@example.com&ip=192.0.2.77; "},
    {"$420,644,777.61 on 1998-05-19 at 01:18:03, 31.2975, -81.4569", NOTHING},
    {"", NOTHING},
};

enum { FOUND_ROWS = sizeof(found_rows) / sizeof(found_rows[0]) };

START_TEST(spans_are_exact)
{
    const struct found_row *const row = &found_rows[_i];
    char got[SHOWN];

    show(text_of(row->text), PII_ALL, got);
    ck_assert_msg(strcmp(got, row->want) == 0, "%s\n  got  %s\n  want %s",
                  row->text, got, row->want);
}
END_TEST

/* A folded view is lower case; only coins need their case. */
START_TEST(case_does_not_matter)
{
    const struct found_row *const row = &found_rows[_i];
    char lower[512], want[SHOWN], got[SHOWN];
    const uint64_t wanted = PII_ALL & ~PII_BIT(PII_CRYPTO);

    if (strstr(row->want, "CRYPTO") != NULL) {
        return;
    }
    show(text_of(row->text), wanted, want);
    for (size_t i = 0; i <= strlen(row->text); i++) {
        const char c = row->text[i];

        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    show(text_of(lower), wanted, got);
    for (char *at = want, *end = NULL; (at = strchr(at, '=')) != NULL;
         at = end) {
        end = strchr(at, ';');
        for (; at < end; at++) {
            *at = *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;
        }
    }
    ck_assert_msg(strcmp(got, want) == 0, "%s\n  got  %s\n  want %s", lower,
                  got, want);
}
END_TEST

/* In an exact heap block, so that a byte read beyond the end is seen.
 */
START_TEST(every_truncation_is_safe)
{
    const struct found_row *const row = &found_rows[_i];
    const size_t n = strlen(row->text);
    char got[SHOWN];

    for (size_t len = 0; len <= n; len++) {
        if (len < n && ((unsigned char)row->text[len] & 0xc0) == 0x80) {
            continue;
        }
        char *const piece = malloc(len > 0 ? len : 1);

        memcpy(piece, row->text, len);
        show((struct text){piece, len}, PII_ALL | PII_WEAK, got);
        free(piece);
    }
}
END_TEST

static struct pii_matches
scan(struct text text, uint64_t wanted, struct arena *arena, size_t limit)
{
    struct pii_matches found;
    struct err err;

    ck_assert(pii_scan(text, wanted, arena, limit, &found, &err));
    return found;
}

START_TEST(other_scripts_are_read_and_reported_as_disguised)
{
    static const char *const texts[] = {
        /* full width, Arabic-Indic, thin spaces, zero width */
        "\xef\xbc\x94\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91"
        "111111111111",
        "\xd9\xa4\xd9\xa1\xd9\xa1\xd9\xa1\xd9\xa1\xd9\xa1\xd9"
        "\xa1\xd9\xa1\xd9"
        "\xa1\xd9\xa1\xd9\xa1\xd9\xa1\xd9\xa1\xd9\xa1\xd9\xa1"
        "\xd9\xa1",
        "4111\xe2\x80\x89"
        "1111\xe2\x80\x89"
        "1111\xe2\x80\x89"
        "1111",
        "4\xe2\x80\x8b"
        "111111111111111",
    };
    struct arena *const arena = arena_new(ARENA_BYTES);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char padded[256];
        const int n = snprintf(padded, sizeof(padded),
                               "\xe2\x80\x9c%s\xe2\x80\x9d", texts[i]);
        const struct pii_matches found =
            scan((struct text){padded, (size_t)n}, PII_ALL, arena, LIMIT);

        ck_assert_msg(found.count == 1, "%s", texts[i]);
        ck_assert(found.at[0].entity == PII_CREDIT_CARD);
        ck_assert(found.at[0].disguised && found.at[0].validated);
        ck_assert_uint_eq(found.at[0].from, 3);
        ck_assert_uint_eq(found.at[0].to, (size_t)n - 3);
    }
    const struct pii_matches plain = scan(TEXT("\xe2\x80\x9c"
                                               "4111111111111111\xe2\x80\x9d "
                                               "\xe9\x9b\xbb\xe8\xa9\xb1"
                                               "+442079460958\xe3\x80\x82"),
                                          PII_ALL, arena, LIMIT);

    ck_assert_uint_eq(plain.count, 2);
    ck_assert(!plain.at[0].disguised && !plain.at[1].disguised);
    arena_free(arena);
}
END_TEST

START_TEST(only_wanted_kinds_are_reported)
{
    char got[SHOWN];
    const struct text text =
        TEXT("a@b.com 4111111111111111 call DE89 3704 0044 "
             "0532 0130 00 and "
             "https://x.com/?m=c@d.com");

    show(text, PII_BIT(PII_EMAIL_ADDRESS), got);
    ck_assert_str_eq(got, "EMAIL_ADDRESS=a@b.com; EMAIL_ADDRESS=c@d.com; ");
    show(text, PII_BIT(PII_PHONE_NUMBER), got);
    ck_assert_str_eq(got, "");
    show(text, 0, got);
    ck_assert_str_eq(got, "");
}
END_TEST

START_TEST(weak_matches_come_only_when_asked_for)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    const struct text text = TEXT("code 943 476 5919 it is");
    const uint64_t nhs = PII_BIT(PII_UK_NHS);

    ck_assert_uint_eq(scan(text, nhs, arena, LIMIT).count, 0);
    const struct pii_matches weak = scan(text, nhs | PII_WEAK, arena, LIMIT);

    ck_assert_uint_eq(weak.count, 1);
    ck_assert(weak.at[0].validated && weak.at[0].score < 0.5);
    // A weak match does not hide a good one.
    const struct pii_matches both =
        scan(text, PII_ALL | PII_WEAK, arena, LIMIT);

    ck_assert_uint_eq(both.count, 1);
    ck_assert(both.at[0].entity == PII_PHONE_NUMBER);
    arena_free(arena);
}
END_TEST

START_TEST(limit_truncates_and_says_so)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    const struct text three = TEXT("a@b.com c@d.com e@f.com");

    for (size_t limit = 0; limit <= 4; limit++) {
        const struct pii_matches found = scan(three, PII_ALL, arena, limit);

        ck_assert_uint_eq(found.count, limit < 3 ? limit : 3);
        ck_assert_int_eq(found.truncated, limit < 3);
    }
    arena_free(arena);
}
END_TEST

START_TEST(clean_text_takes_no_memory)
{
    struct arena *const arena = arena_new(ARENA_BYTES);

    scan(TEXT("She laughed: \"Stay.\" (It "
              "rained; nobody "
              "minded\xe2\x80\xa6)"),
         PII_ALL, arena, LIMIT);
    ck_assert_uint_eq(arena_used(arena), 0);
    arena_free(arena);
}
END_TEST

START_TEST(every_failing_allocation_is_an_error)
{
    const struct text text = TEXT("\xc3\xa9 a@b.com "
                                  "4111111111111111");
    bool done = false;

    for (size_t nth = 1; !done; nth++) {
        struct arena *const arena = arena_new(ARENA_BYTES);
        struct pii_matches found;
        struct err err = {0};

        arena_fail_at(arena, nth);
        done = pii_scan(text, PII_ALL, arena, LIMIT, &found, &err);
        ck_assert(done || err.kind == ERR_MEMORY);
        ck_assert_uint_eq(found.count, done ? 2 : 0);
        ck_assert(!done || nth > 2);
        arena_free(arena);
    }
}
END_TEST

/* Random bytes of a small, troublesome
 * alphabet; seed printed on failure. */
START_TEST(random_text_keeps_the_promises)
{
    static const char alphabet[] = "0123456789  "
                                   "--..::@@//()+abcdefxDE";
    uint64_t state = (uint64_t)_i + 1;
    char text[400], got[SHOWN];

    for (size_t i = 0; i < sizeof(text); i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        text[i] = alphabet[(state >> 33) % (sizeof(alphabet) - 1)];
    }
    show((struct text){text, sizeof(text)}, PII_ALL | PII_WEAK, got);
}
END_TEST

START_TEST(names_go_both_ways)
{
    enum pii_entity entity;

    for (size_t i = 0; i < PII_COUNT; i++) {
        ck_assert(
            pii_from_name(text_of(pii_name((enum pii_entity)i)), &entity));
        ck_assert_uint_eq(entity, i);
    }
    ck_assert(pii_from_name(TEXT("email_address"), &entity));
    ck_assert(entity == PII_EMAIL_ADDRESS);
    ck_assert(pii_from_name(TEXT("MAC"), &entity));
    ck_assert(entity == PII_MAC_ADDRESS);
    ck_assert(!pii_from_name(TEXT("EMAIL_ADDRES"), &entity));
    ck_assert(!pii_from_name(TEXT(""), &entity));
}
END_TEST

START_TEST(context_looks_back_as_many_words_as_told)
{
    const struct text words[] = {TEXT("card"), TEXT("visa")};
    const struct text text = TEXT("My Visa, I mean "
                                  "the one 4111");
    const size_t from = text.len - 4;

    ck_assert(!pii_context(text, from, words, 2, 0));
    ck_assert(!pii_context(text, from, words, 2, 4));
    ck_assert(pii_context(text, from, words, 2, 5));
    ck_assert(pii_context(text, from, words, 2, SIZE_MAX / 64));
    ck_assert(!pii_context(text, from, words, 1, 9));
    ck_assert(!pii_context(text, 0, words, 2, 9));
    ck_assert(!pii_context(TEXT("visas 1"), 6, words, 2, 9));
}
END_TEST

TEST_MAIN("pii", tcase_add_loop_test(tc, spans_are_exact, 0, FOUND_ROWS);
          tcase_add_loop_test(tc, case_does_not_matter, 0, FOUND_ROWS);
          tcase_add_loop_test(tc, every_truncation_is_safe, 0, FOUND_ROWS);
          tcase_add_test(tc, other_scripts_are_read_and_reported_as_disguised);
          tcase_add_test(tc, only_wanted_kinds_are_reported);
          tcase_add_test(tc, weak_matches_come_only_when_asked_for);
          tcase_add_test(tc, limit_truncates_and_says_so);
          tcase_add_test(tc, clean_text_takes_no_memory);
          tcase_add_test(tc, every_failing_allocation_is_an_error);
          tcase_add_loop_test(tc, random_text_keeps_the_promises, 0, 200);
          tcase_add_test(tc, names_go_both_ways);
          tcase_add_test(tc, context_looks_back_as_many_words_as_told);)
