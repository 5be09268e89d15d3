#include "sidecar/engine/pii_told.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"

enum { ARENA_BYTES = 1 << 22, LIMIT = 64, SHOWN = 1024 };

/* The matches in a text as "NAME=value; ". */
static void
show(struct text text, char out[SHOWN])
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    struct pii_matches found;
    struct err err = {0};
    size_t used = 0;

    ck_assert(pii_scan(text, PII_TOLD_ALL | PII_BIT(PII_EU_VAT), arena, LIMIT,
                       &found, &err));
    out[0] = '\0';
    for (size_t i = 0; i < found.count; i++) {
        const struct pii_match *const m = &found.at[i];

        ck_assert_uint_lt(m->from, m->to);
        ck_assert_uint_le(m->to, text.len);
        used += (size_t)snprintf(out + used, SHOWN - used, "%s=%.*s; ",
                                 pii_name(m->entity), (int)(m->to - m->from),
                                 text.at + m->from);
        ck_assert_uint_lt(used, SHOWN);
    }
    arena_free(arena);
}

#define NONE ""

static const struct {
    const char *text, *want;
} rows[] = {
    {"born 12/03/1985.", "DATE_OF_BIRTH=12/03/1985; "},
    {"DOB: 1985-03-12", "DATE_OF_BIRTH=1985-03-12; "},
    {"dob 3.12.85, please", "DATE_OF_BIRTH=3.12.85; "},
    {"I was born on 12 March 1985 in Leeds", "DATE_OF_BIRTH=12 March 1985; "},
    {"born on the 2nd of May, 1999", "DATE_OF_BIRTH=2nd of May, 1999; "},
    {"Date of birth: March 12, 1985", "DATE_OF_BIRTH=March 12, 1985; "},
    {"geboren am 3. Sept. 1970", NONE},
    {"we met on 12/03/1985", NONE},
    {"born 13/13/1985", NONE},
    {"born 12/03/1585", NONE},
    {"born 12/03-1985", NONE},
    {"born in 1985", NONE},
    {"born 12 Marchers 1985", NONE},
    {"the 12 born of March", NONE},
    {"passport 123456789", "US_PASSPORT=123456789; "},
    {"Passport no. A12345678!", "US_PASSPORT=A12345678; "},
    {"passport 12345678", NONE},
    {"passport 1234567890", NONE},
    {"passport AB1234567", NONE},
    {"number 123456789", NONE},
    {"GPS 31.2975, -81.4569 now", "LAT_LONG=31.2975, -81.4569; "},
    {"coordinates: -19.5944,-143.9557", "LAT_LONG=-19.5944,-143.9557; "},
    {"at 40.7128\u00b0 N, 74.0060\u00b0 W",
     "LAT_LONG=40.7128\u00b0 N, 74.0060\u00b0 W; "},
    {"so 31.2975, -81.4569 now", NONE},
    {"GPS 91.2975, -81.4569", NONE},
    {"GPS 31.2975, -181.4569", NONE},
    {"GPS 31.29, -81.45", NONE},
    {"BIC: DEUTDEFF", "BIC=DEUTDEFF; "},
    {"SWIFT code DEUTDEFF500.", "BIC=DEUTDEFF500; "},
    {"Taylor Swift business", NONE},
    {"BIC: DEUTXXFF", NONE},
    {"BIC: DEUTDEF", NONE},
    {"DEUTDEFF alone", NONE},
    {"VAT DE136695976", "EU_VAT=DE136695976; "},
    {"ATU13585627", "EU_VAT=ATU13585627; "},
    {"USt-Id: DE 136695976", "EU_VAT=DE 136695976; "},
    {"VAT DE136695977", NONE},
};

START_TEST(a_word_tells)
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

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

TEST_MAIN("pii_told", tcase_add_loop_test(tc, a_word_tells, 0, ROWS(rows));
          tcase_add_loop_test(tc, every_truncation_is_safe, 0, ROWS(rows));)
