#include "sidecar/engine/pii_check.h"

#include "sidecar/engine/pii_coin.h"
#include "sidecar/engine/pii_country.h"
#include "sidecar/engine/pii_tld.h"
#include "tests/unit/harness.h"

/*
 * Valid examples are those that the issuers, standards and encyclopedias print;
 * wrong ones differ in one character or are named by a rule as never issued.
 */
static const struct check_row {
    const char *name;
    bool (*check)(const char *s, size_t n);
    const char *number;
    bool valid;
} rows[] = {
    {"luhn", pii_check_luhn, "79927398713", true},
    {"luhn", pii_check_luhn, "79927398710", false},
    {"luhn", pii_check_luhn, "0", false},
    {"luhn", pii_check_luhn, "7992739871A", false},
    {"verhoeff", pii_check_verhoeff, "2363", true},
    {"verhoeff", pii_check_verhoeff, "2364", false},
    {"verhoeff", pii_check_verhoeff, "3263", false},
    {"iban", pii_check_iban, "DE89370400440532013000", true},
    {"iban", pii_check_iban, "GB82WEST12345698765432", true},
    {"iban", pii_check_iban, "FR1420041010050500013M02606", true},
    {"iban", pii_check_iban, "NO9386011117947", true},
    {"iban", pii_check_iban, "MT84MALT011000012345MTLCAST001S", true},
    {"iban", pii_check_iban, "DE88370400440532013000", false},
    {"iban", pii_check_iban, "DE89370400440532013001", false},
    {"iban", pii_check_iban, "D989370400440532013000", false},
    {"iban", pii_check_iban, "DE89 3704", false},
    {"card", pii_check_card, "4111111111111111", true},
    {"card", pii_check_card, "4222222222222", true},
    {"card", pii_check_card, "5555555555554444", true},
    {"card", pii_check_card, "2223003122003222", true},
    {"card", pii_check_card, "378282246310005", true},
    {"card", pii_check_card, "30569309025904", true},
    {"card", pii_check_card, "6011111111111117", true},
    {"card", pii_check_card, "3530111333300000", true},
    {"card", pii_check_card, "6200000000000005", true},
    {"card", pii_check_card, "4111111111111112", false},
    {"card", pii_check_card, "1234567890123456", false},
    {"card", pii_check_card, "0000000000000000", false},
    {"card", pii_check_card, "411111111111116", false}, /* 15 digits, Luhn */
    {"card", pii_check_card, "490154203237518", false}, /* an IMEI */
    {"card", pii_check_card, "", false},
    {"ssn", pii_check_us_ssn, "536221234", true},
    {"ssn", pii_check_us_ssn, "899121234", true},
    {"ssn", pii_check_us_ssn, "000121234", false},
    {"ssn", pii_check_us_ssn, "666121234", false},
    {"ssn", pii_check_us_ssn, "900121234", false},
    {"ssn", pii_check_us_ssn, "536001234", false},
    {"ssn", pii_check_us_ssn, "536220000", false},
    {"ssn", pii_check_us_ssn, "078051120", false},
    {"ssn", pii_check_us_ssn, "219099999", false},
    {"ssn", pii_check_us_ssn, "123456789", false},
    {"itin", pii_check_us_itin, "912501234", true},
    {"itin", pii_check_us_itin, "912701234", true},
    {"itin", pii_check_us_itin, "912991234", true},
    {"itin", pii_check_us_itin, "912491234", false},
    {"itin", pii_check_us_itin, "912661234", false},
    {"itin", pii_check_us_itin, "912891234", false},
    {"itin", pii_check_us_itin, "912931234", false},
    {"npi", pii_check_us_npi, "1234567893", true},
    {"npi", pii_check_us_npi, "1234567890", false},
    {"npi", pii_check_us_npi, "3234567891", false},
    {"aba", pii_check_us_aba, "111000025", true},
    {"aba", pii_check_us_aba, "021000021", true},
    {"aba", pii_check_us_aba, "111000026", false},
    {"nhs", pii_check_uk_nhs, "9434765919", true},
    {"nhs", pii_check_uk_nhs, "9434765918", false},
    {"nhs", pii_check_uk_nhs, "943476591", false},
    {"nino", pii_check_uk_nino, "AB123456C", true},
    {"nino", pii_check_uk_nino, "QQ123456C", false},
    {"nino", pii_check_uk_nino, "AO123456C", false},
    {"nino", pii_check_uk_nino, "BG123456C", false},
    {"nino", pii_check_uk_nino, "ZZ123456C", false},
    {"nino", pii_check_uk_nino, "AB123456E", false},
    {"sin", pii_check_ca_sin, "123456782", true},
    {"sin", pii_check_ca_sin, "123456783", false},
    {"sin", pii_check_ca_sin, "046454286", false}, /* 0: not issued */
    {"de tax", pii_check_de_tax, "36574261809", true},
    {"de tax", pii_check_de_tax, "36574261890", false},
    {"de tax", pii_check_de_tax, "36554266806", false}, /* three repeat */
    {"nif", pii_check_es_nif, "54362315K", true},
    {"nif", pii_check_es_nif, "54362315Z", false},
    {"nie", pii_check_es_nie, "X2482300W", true},
    {"nie", pii_check_es_nie, "X2482300A", false},
    {"fiscal", pii_check_it_fiscal, "RCCMNL83S18D969H", true},
    {"fiscal", pii_check_it_fiscal, "RCCMNL83S18D967H", false},
    {"fiscal", pii_check_it_fiscal, "FORALLTHESEYEARS", false},
    {"nir", pii_check_fr_nir, "295109912611193", true},
    {"nir", pii_check_fr_nir, "295109912611199", false},
    {"nir", pii_check_fr_nir, "395109912611193", false},
    {"bsn", pii_check_nl_bsn, "111222333", true},
    {"bsn", pii_check_nl_bsn, "111252333", false},
    {"pesel", pii_check_pl_pesel, "44051401359", true},
    {"pesel", pii_check_pl_pesel, "44051401358", false},
    {"pesel", pii_check_pl_pesel, "44053201350", false}, /* day 32 */
    {"personnummer", pii_check_se_personal, "8803200016", true},
    {"personnummer", pii_check_se_personal, "198803200016", true},
    {"personnummer", pii_check_se_personal, "8803200018", false},
    {"personnummer", pii_check_se_personal, "8813200014", false},
    {"hetu", pii_check_fi_hetu, "131052308T", true},
    {"hetu", pii_check_fi_hetu, "131052308U", false},
    {"aadhaar", pii_check_in_aadhaar, "234123412346", true},
    {"aadhaar", pii_check_in_aadhaar, "234123412347", false},
    {"pan", pii_check_in_pan, "ACUPA7085R", true},
    {"pan", pii_check_in_pan, "ACUXA7085R", false},
    {"pan", pii_check_in_pan, "ACUPA0000R", false},
    {"tfn", pii_check_au_tfn, "123456782", true},
    {"tfn", pii_check_au_tfn, "123456783", false},
    {"abn", pii_check_au_abn, "83914571673", true},
    {"abn", pii_check_au_abn, "51824753556", true},
    {"abn", pii_check_au_abn, "51824753557", false},
    {"cpf", pii_check_br_cpf, "11144477735", true},
    {"cpf", pii_check_br_cpf, "39053344705", true},
    {"cpf", pii_check_br_cpf, "11144477734", false},
    {"cpf", pii_check_br_cpf, "11111111111", false},
    {"cnpj", pii_check_br_cnpj, "16727230000197", true},
    {"cnpj", pii_check_br_cnpj, "16727230000198", false},
    {"nric", pii_check_sg_nric, "S1234567D", true},
    {"nric", pii_check_sg_nric, "G1234567X", true},
    {"nric", pii_check_sg_nric, "S1234567A", false},
    {"imei", pii_check_imei, "490154203237518", true},
    {"imei", pii_check_imei, "490154203237517", false},
    {"vin", pii_check_vin, "1M8GDM9AXKP042788", true},
    {"vin", pii_check_vin, "1M8GDM9A1KP042788", false},
    {"vin", pii_check_vin, "11111111111111111", false},
    {"vin", pii_check_vin, "1M8GDM9AXKPO42788", false}, /* letter O */
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

START_TEST(published_numbers_are_told_from_wrong_ones)
{
    const struct check_row *const row = &rows[_i];

    ck_assert_msg(row->check(row->number, strlen(row->number)) == row->valid,
                  "%s: %s must be %s", row->name, row->number,
                  row->valid ? "valid" : "invalid");
}
END_TEST

/* A number cut short, or one longer, is another length and so no number. */
START_TEST(every_truncation_is_wrong)
{
    const struct check_row *const row = &rows[_i];
    const size_t n = strlen(row->number);
    const bool any_length =
        row->check == pii_check_luhn || row->check == pii_check_verhoeff ||
        row->check == pii_check_card || row->check == pii_check_iban;

    for (size_t len = 0; len < n && row->valid && !any_length; len++) {
        char *const piece = malloc(len > 0 ? len : 1);

        memcpy(piece, row->number, len);
        ck_assert_msg(n == 12 && len == 10 ? true : !row->check(piece, len),
                      "%s: %.*s", row->name, (int)len, row->number);
        free(piece);
    }
}
END_TEST

/* Every single wrong digit is found by the schemes that promise it. */
START_TEST(every_wrong_digit_is_found)
{
    const struct check_row *const row = &rows[_i];
    const bool promises =
        row->check == pii_check_luhn || row->check == pii_check_verhoeff ||
        row->check == pii_check_iban || row->check == pii_check_card ||
        row->check == pii_check_uk_nhs || row->check == pii_check_imei ||
        row->check == pii_check_us_aba || row->check == pii_check_in_aadhaar;
    char wrong[64];
    const size_t n = strlen(row->number);

    for (size_t i = 0; i < n && row->valid && promises; i++) {
        for (char c = '0'; c <= '9'; c++) {
            memcpy(wrong, row->number, n);
            if (c == wrong[i] || wrong[i] > '9') {
                continue;
            }
            wrong[i] = c;
            ck_assert_msg(!row->check(wrong, n), "%s: %.*s", row->name, (int)n,
                          wrong);
        }
    }
}
END_TEST

START_TEST(coins_are_proved_by_their_case_and_check)
{
    bool proved;

    ck_assert(pii_coin_base58(TEXT("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")));
    ck_assert(pii_coin_base58(TEXT("3P14159f73E4gFr7JterCCQh9QjiTjiZrG")));
    ck_assert(!pii_coin_base58(TEXT("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")));
    ck_assert(!pii_coin_base58(TEXT("1a1zp1ep5qgefi2dmptftl5slmv7divfna")));
    ck_assert(!pii_coin_base58(TEXT("11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN")));
    ck_assert(
        pii_coin_bech32(TEXT("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4")));
    ck_assert(pii_coin_bech32(TEXT("bc1p0xlxvlhemja6c4dqv22uapctqupfh"
                                   "lxm9h8z3k2e72q4k9hcz7vqzk5jj0")));
    ck_assert(
        !pii_coin_bech32(TEXT("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")));
    ck_assert(
        !pii_coin_bech32(TEXT("bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")));
    ck_assert(pii_coin_ethereum(
        TEXT("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), &proved));
    ck_assert(proved);
    ck_assert(pii_coin_ethereum(
        TEXT("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"), &proved));
    ck_assert(!pii_coin_ethereum(
        TEXT("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), &proved));
    ck_assert(pii_coin_ethereum(
        TEXT("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"), &proved));
    ck_assert(!proved);
}
END_TEST

START_TEST(country_tables_answer)
{
    ck_assert_uint_eq(pii_country_iban('D', 'E'), 22);
    ck_assert_uint_eq(pii_country_iban('N', 'O'), 15);
    ck_assert_uint_eq(pii_country_iban('M', 'T'), 31);
    ck_assert_uint_eq(pii_country_iban('A', 'D'), 24); /* first */
    ck_assert_uint_eq(pii_country_iban('Y', 'E'), 30); /* last */
    ck_assert_uint_eq(pii_country_iban('U', 'S'), 0);
    ck_assert_uint_eq(pii_country_calling("15551234567", 11)->code, 1);
    ck_assert_uint_eq(pii_country_calling("442079460958", 12)->code, 44);
    ck_assert_uint_eq(pii_country_calling("35312345678", 11)->code, 353);
    ck_assert_ptr_null(pii_country_calling("0123", 4));
    ck_assert_ptr_null(pii_country_calling("999123", 6));
    ck_assert_ptr_null(pii_country_calling("", 0));
}
END_TEST

START_TEST(top_level_domains_are_known)
{
    ck_assert(pii_tld_known(TEXT("aaa")));
    ck_assert(pii_tld_known(TEXT("COM")));
    ck_assert(pii_tld_known(TEXT("zw")));
    ck_assert(pii_tld_known(TEXT("northwesternmutual")));
    ck_assert(pii_tld_known(TEXT("xn--p1ai")));
    ck_assert(!pii_tld_known(TEXT("xn--")));
    ck_assert(!pii_tld_known(TEXT("localhost")));
    ck_assert(!pii_tld_known(TEXT("js")));
    ck_assert(!pii_tld_known(TEXT("c")));
    ck_assert(!pii_tld_known(TEXT("")));
    ck_assert(pii_tld_common(TEXT("com")));
    ck_assert(!pii_tld_common(TEXT("md")));
    ck_assert(!pii_tld_common(TEXT("co")));
}
END_TEST

TEST_MAIN("pii_check",
          tcase_add_loop_test(tc, published_numbers_are_told_from_wrong_ones, 0,
                              ROWS);
          tcase_add_loop_test(tc, every_truncation_is_wrong, 0, ROWS);
          tcase_add_loop_test(tc, every_wrong_digit_is_found, 0, ROWS);
          tcase_add_test(tc, coins_are_proved_by_their_case_and_check);
          tcase_add_test(tc, country_tables_answer);
          tcase_add_test(tc, top_level_domains_are_known);)
