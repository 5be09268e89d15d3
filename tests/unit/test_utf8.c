#include "sidecar/base/utf8.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"

/* The definition, written another way: decode, then judge the number. */
static bool
valid_by_number(const unsigned char *at, size_t len, size_t *used)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char lead = at[0];
    const size_t want = lead < 0x80         ? 1
                        : lead >> 5 == 0x06 ? 2
                        : lead >> 4 == 0x0e ? 3
                        : lead >> 3 == 0x1e ? 4
                                            : 0;

    if (want == 0 || want > len) {
        return false;
    }
    uint32_t c = want == 1 ? lead : lead & (0x7fu >> want);
    for (size_t i = 1; i < want; i++) {
        if (at[i] >> 6 != 2) {
            return false;
        }
        c = c << 6 | (at[i] & 0x3fu);
    }
    *used = want;
    return c >= least[want] && c <= 0x10ffff && !(c >= 0xd800 && c < 0xe000);
}

static bool
check(const unsigned char *bytes, size_t len, size_t *bad)
{
    const struct text exact =
        support_bytes_exact((struct text){(const char *)bytes, len});
    const bool valid = utf8_check(exact, bad);

    support_bytes_free(exact);
    return valid;
}

/* Every lead byte (_i) with every second byte, and every edge of the others. */
START_TEST(every_lead_and_second_byte)
{
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90,
                                          0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    const unsigned char lead = (unsigned char)_i;

    for (unsigned second = 0; second < 256; second++) {
        for (size_t e = 0; e < 100; e++) {
            const unsigned char bytes[4] = {lead, (unsigned char)second,
                                            edges[e / 10], edges[e % 10]};
            size_t want_bad = 4, bad = 4;
            for (size_t i = 0, used; i < 4; i += used) {
                if (!valid_by_number(bytes + i, 4 - i, &used)) {
                    want_bad = i;
                    break;
                }
            }
            const struct text text = {(const char *)bytes, 4};
            const bool valid = utf8_check(text, &bad);
            // An assertion that holds costs more than the check itself.
            if (valid != (want_bad == 4) || (!valid && bad != want_bad)) {
                ck_abort_msg("%s: valid %d, bad at %zu, should be %zu",
                             support_bytes_show(text), valid, bad, want_bad);
            }
        }
    }
}
END_TEST

START_TEST(every_character_goes_there_and_back)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char bytes[4];
        size_t len = 0, bad = 0;
        if (c == 0xd800) {
            c = 0xe000;
        }
        const size_t put = utf8_put(c, bytes);
        const struct text text = {bytes, put};
        const struct utf8_lengths n = utf8_count(text);
        if (!utf8_check(text, &bad) || utf8_at(text, 0, &len) != c ||
            len != put || utf8_len((unsigned char)bytes[0]) != put ||
            n.code_points != 1 || n.utf16_units != (c > 0xffff ? 2 : 1)) {
            ck_abort_msg("U+%04X", c);
        }
    }
}
END_TEST

static const struct {
    const char *what, *hex;
    int bad; /* -1: valid */
} rows[] = {
    {"nothing", "", -1},
    {"NUL", "61 00 62", -1},
    {"noncharacters", "ef bf bf f4 8f bf bf ef b7 90", -1},
    {"last before the surrogates", "ed 9f bf", -1},
    {"first after the surrogates", "ee 80 80", -1},
    {"overlong NUL", "61 c0 80", 1},
    {"overlong slash", "c0 af", 0},
    {"overlong DEL", "c1 bf", 0},
    {"overlong in three", "e0 9f bf", 0},
    {"overlong in four", "f0 8f bf bf", 0},
    {"high surrogate", "ed a0 80", 0},
    {"low surrogate", "ed bf bf", 0},
    {"a pair of them (CESU-8)", "61 ed a0 bd ed b8 80", 1},
    {"U+110000", "f4 90 80 80", 0},
    {"five bytes", "f8 88 80 80 80", 0},
    {"six bytes", "fc 84 80 80 80 80", 0},
    {"UTF-16 mark", "ff fe", 0},
    {"lone continuation", "61 80", 1},
    {"Latin-1", "63 61 66 e9", 3},
    {"third byte wrong", "e6 bc 41", 0},
    {"fourth byte wrong", "f0 9f 99 c2", 0},
    {"in the second eight", "61 61 61 61 61 61 61 61 61 ff", 9},
    {"after a long character", "f0 9f 99 82 ff", 4},
};

START_TEST(first_bad_sequence_is_found)
{
    const struct text text = support_bytes_hex(rows[_i].hex);
    size_t bad = 99;

    const bool valid = utf8_check(text, &bad);
    ck_assert_msg(valid == (rows[_i].bad < 0) &&
                      (valid || bad == (size_t)rows[_i].bad),
                  "%s: valid %d, bad at %zu", rows[_i].what, valid, bad);
    support_bytes_free(text);
}
END_TEST

/* Cut at each byte, after each number of ASCII bytes (they go by eights). */
START_TEST(every_truncation_is_judged)
{
    static const unsigned char tail[] = "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x99\x82";
    unsigned char bytes[32];
    const size_t ascii = (size_t)_i;

    memset(bytes, 'a', ascii);
    memcpy(bytes + ascii, tail, 9);
    for (size_t len = 0; len <= ascii + 9; len++) {
        size_t bad = 99;
        const size_t past = len > ascii ? len - ascii : 0;
        const size_t whole = past >= 9 ? 9 : past >= 5 ? 5 : past >= 2 ? 2 : 0;
        const bool valid = check(bytes, len, &bad);
        ck_assert_msg(
            valid == (past == whole) && (valid || bad == ascii + whole),
            "%zu letters, %zu bytes: %d, %zu", ascii, len, valid, bad);
    }
}
END_TEST

START_TEST(a_text_is_cut_between_characters)
{
    static const char bytes[] = "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x99\x82";
    static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10};
    const size_t most = (size_t)_i;
    const struct text cut = utf8_cut(TEXT(bytes), most);

    ck_assert_msg(cut.len == kept[most], "%zu: %zu", most, cut.len);
    ck_assert_uint_eq(utf8_cut((struct text){NULL, 0}, most).len, 0);
    // What is all insides of characters has no beginning to keep.
    ck_assert_uint_eq(utf8_cut(TEXT("\x80\x80\x80\x80"), 3).len, 0);
}
END_TEST

START_TEST(lengths_are_counted)
{
    const struct utf8_lengths n =
        utf8_count(TEXT("a\0\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x99\x82"));

    ck_assert_uint_eq(n.code_points, 5);
    ck_assert_uint_eq(n.utf16_units, 6);
    ck_assert_uint_eq(utf8_count((struct text){NULL, 0}).code_points, 0);
}
END_TEST

START_TEST(no_text_at_all_is_valid)
{
    size_t bad = 0;

    ck_assert(utf8_check((struct text){NULL, 0}, &bad));
}
END_TEST

TEST_MAIN("utf8", {
    tcase_add_loop_test(tc, every_lead_and_second_byte, 0, 256);
    tcase_add_test(tc, every_character_goes_there_and_back);
    tcase_add_loop_test(tc, first_bad_sequence_is_found, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_loop_test(tc, every_truncation_is_judged, 0, 18);
    tcase_add_loop_test(tc, a_text_is_cut_between_characters, 0, 13);
    tcase_add_test(tc, lengths_are_counted);
    tcase_add_test(tc, no_text_at_all_is_valid);
})
