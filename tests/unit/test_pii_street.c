#include "sidecar/engine/pii_street.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"

enum { ARENA_BYTES = 1 << 22, LIMIT = 64, SHOWN = 2048 };

/* The addresses in a text, each ended by "|". */
static void
show(struct text text, char out[SHOWN])
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct pii_matches found;
    struct err err = {0};
    size_t used = 0;

    ck_assert(pii_scan(text, PII_BIT(PII_STREET_ADDRESS), arena, LIMIT, &found,
                       &err));
    out[0] = '\0';
    for (size_t i = 0; i < found.count; i++) {
        const struct pii_match *const m = &found.at[i];

        ck_assert_uint_lt(m->from, m->to);
        ck_assert_uint_le(m->to, text.len);
        ck_assert(m->score >= 0.5 && m->score <= 1);
        used += (size_t)snprintf(out + used, SHOWN - used, "%.*s|",
                                 (int)(m->to - m->from), text.at + m->from);
        ck_assert_uint_lt(used, SHOWN);
    }
    arena_free(arena);
}

#define NONE ""

static const struct {
    const char *text, *want;
} rows[] = {
    /* the street alone */
    {"She lives at 42 Harbour Lane now.", "42 Harbour Lane|"},
    {"It is 221B Baker Street.", "221B Baker Street|"},
    {"12-14 High Street", "12-14 High Street|"},
    {"10 Downing St. The door is black.", "10 Downing St|"},
    {"1 St. Mary's Close!", "1 St. Mary's Close|"},
    {"350 5th Ave", "350 5th Ave|"},
    {"1600 Broadway", "1600 Broadway|"},
    {"77 N Main St", "77 N Main St|"},
    /* units, towns, codes, countries */
    {"1600 North Oak Avenue, Apt 4.", "1600 North Oak Avenue, Apt 4|"},
    {"8 Elm Rd. #12, Dallas, TX 75201-1234 please",
     "8 Elm Rd. #12, Dallas, TX 75201-1234|"},
    {"5914 Oak Hill Rd, Portland, OR 97205.",
     "5914 Oak Hill Rd, Portland, OR 97205|"},
    {"5273 Lincoln Avenue, Boston MA 02108 and then",
     "5273 Lincoln Avenue, Boston MA 02108|"},
    {"570 Station Drive, Austin, TX Anyway", "570 Station Drive, Austin, TX|"},
    {"9 Park Road, Stoke-on-Trent ST1 5BB, UK.",
     "9 Park Road, Stoke-on-Trent ST1 5BB, UK|"},
    {"3 Mill Lane, Newcastle upon Tyne NE1 4ST",
     "3 Mill Lane, Newcastle upon Tyne NE1 4ST|"},
    {"8311 Baker Ave, London, in red ink", "8311 Baker Ave, London|"},
    {"8311 Baker Ave, London is all", "8311 Baker Ave, London|"},
    {"12 Elm Street, Bridgend before Friday", "12 Elm Street, Bridgend|"},
    {"12 Elm Street, Mary said.", "12 Elm Street|"},
    {"12 Elm Street, and then home", "12 Elm Street|"},
    {"12 Elm Street, Please knock.", "12 Elm Street|"},
    {"4 Rose Court\nSpringfield, IL 62704",
     "4 Rose Court\nSpringfield, IL 62704|"},
    {"500 Sunset Blvd, Los Angeles, California 90028",
     "500 Sunset Blvd, Los Angeles, California 90028|"},
    {"24 Sussex Drive, Ottawa, ON K1M 1M4",
     "24 Sussex Drive, Ottawa, ON K1M 1M4|"},
    {"12 King Street, Sydney NSW 2000", "12 King Street, Sydney NSW 2000|"},
    /* without capitals, a word or a code must tell */
    {"he lives at 123 main st", "123 main st|"},
    {"ship it to 9 old mill road, leeds", "9 old mill road|"},
    {"so 123 main st it was", NONE},
    {"123 main st, 62704", "123 main st, 62704|"},
    /* other countries' order */
    {"Er wohnt Hauptstra\u00dfe 12, 10115 Berlin.",
     "Hauptstra\u00dfe 12, 10115 Berlin|"},
    {"Karl-Marx-Str. 5a", "Karl-Marx-Str. 5a|"},
    {"Keizersgracht 123, 1015 CJ Amsterdam",
     "Keizersgracht 123, 1015 CJ Amsterdam|"},
    {"12 rue de la Paix, 75002 Paris", "12 rue de la Paix, 75002 Paris|"},
    {"12 bis, avenue Foch", "12 bis, avenue Foch|"},
    {"4 rue de l'\u00c9glise, Lyon.", "4 rue de l'\u00c9glise, Lyon|"},
    {"vive en Calle Mayor 5, Madrid.", "Calle Mayor 5, Madrid|"},
    {"Via Roma 131", "Via Roma 131|"},
    {"Rua das Flores 25, Lisboa", "Rua das Flores 25, Lisboa|"},
    {"Write to P.O. Box 242, Denver, CO 80201",
     "P.O. Box 242, Denver, CO 80201|"},
    /* full-width digits */
    {"\uff11\uff12 Elm Street", "\uff11\uff12 Elm Street|"},
    /* near misses */
    {"20 court cases", NONE},
    {"2 way radio and 3 ways to get lost", NONE},
    {"7 streets over, 5 roads diverged", NONE},
    {"the 4 courts of Dublin", NONE},
    {"one lane, two carts", NONE},
    {"Forty riders came down the street.", NONE},
    {"In 1848 Vienna rose.", NONE},
    {"In 1848 Vienna Square was built.", NONE},
    {"Chapter 3 The Long Road", NONE},
    {"Chapter 3 Long Road", NONE},
    {"I walked 5 miles down the road", NONE},
    {"about 20 Street musicians", NONE},
    {"$12 Elm Street", NONE},
    {"v1.12 Elm Street", NONE},
    {"1234567 Elm Street", NONE},
    {"during Spring 2024, Boston slept", NONE},
    {"Psalm 23, Paris", NONE},
    {"Alice via Bob 12", NONE},
    {"at 5 Dr. Smith came", NONE},
};

START_TEST(addresses_are_found_and_near_misses_not)
{
    char got[SHOWN];

    show(text_of(rows[_i].text), got);
    ck_assert_msg(strcmp(got, rows[_i].want) == 0, "%s\n got: %s\nwant: %s",
                  rows[_i].text, got, rows[_i].want);
}
END_TEST

static void
show_prefix(struct text prefix, void *context)
{
    char got[SHOWN];

    (void)context;
    show(prefix, got);
}

START_TEST(every_truncation_is_safe)
{
    support_bytes_prefixes(text_of(rows[_i].text), show_prefix, NULL);
}
END_TEST

/* What follows far behind does not matter: the look ahead is bounded. */
START_TEST(an_address_is_read_from_a_window)
{
    enum { NAMES = 100000 };
    static char bytes[NAMES * 3 + 8] = "1 ";
    struct pii_match match;

    for (size_t i = 0; i < NAMES; i++) {
        memcpy(bytes + 2 + 3 * i, "Aa ", 3);
    }
    const struct text whole = {bytes, 2 + 3 * NAMES};

    for (size_t len = 600; len <= whole.len; len *= 10) {
        ck_assert(!pii_street_find(text_part(whole, 0, len), 0, 1, &match));
    }
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

TEST_MAIN("pii_street",
          tcase_add_loop_test(tc, addresses_are_found_and_near_misses_not, 0,
                              ROWS(rows));
          tcase_add_loop_test(tc, every_truncation_is_safe, 0, ROWS(rows));
          tcase_add_test(tc, an_address_is_read_from_a_window);)
