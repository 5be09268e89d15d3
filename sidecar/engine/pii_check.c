#include "sidecar/engine/pii_check.h"

#include "sidecar/base/ascii.h"

static bool
all_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!ascii_is_digit(s[i])) {
            return false;
        }
    }
    return true;
}

static bool
all_same(const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (s[i] != s[0]) {
            return false;
        }
    }
    return true;
}

static unsigned
digit(char c)
{
    return (unsigned)(c - '0');
}

/* The number that n digits write, n at most 9. */
static unsigned
value(const char *s, size_t n)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++) {
        v = v * 10 + digit(s[i]);
    }
    return v;
}

/* The sum of digit times weight. */
static unsigned
weigh(const char *s, const unsigned char *weights, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += digit(s[i]) * weights[i];
    }
    return sum;
}

/* Is it a calendar day? Year 0 stands for one that is not known. */
static bool
is_day(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char days[] = {31, 29, 31, 30, 31, 30,
                                         31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (month != 2 || day < 29 || leap);
}

static unsigned
luhn_sum(const char *s, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        const unsigned d = digit(s[n - 1 - i]);
        const unsigned twice = 2 * d > 9 ? 2 * d - 9 : 2 * d;

        sum += i % 2 == 0 ? d : twice;
    }
    return sum;
}

bool
pii_check_luhn(const char *s, size_t n)
{
    return n >= 2 && all_digits(s, n) && luhn_sum(s, n) % 10 == 0;
}

bool
pii_check_verhoeff(const char *s, size_t n)
{
    // Multiplication in the dihedral group D5, and the powers of the
    // permutation (1 5 8 9 4 2 7 0)(3 6), which has order 8.
    static const unsigned char times[10][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
        {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
        {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
        {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
        {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
    static const unsigned char moved[8][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
        {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
        {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};
    unsigned c = 0;

    if (n < 2 || !all_digits(s, n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        c = times[c][moved[i % 8][digit(s[n - 1 - i])]];
    }
    return c == 0;
}

/* One more character of a number modulo 97; letters are 10 to 35. */
static unsigned
mod97(unsigned rest, char c)
{
    return ascii_is_digit(c) ? (rest * 10 + digit(c)) % 97
                             : (rest * 100 + (unsigned)(c - 'A') + 10) % 97;
}

bool
pii_check_iban(const char *s, size_t n)
{
    unsigned rest = 0;

    if (n < 5 || !ascii_is_capital(s[0]) || !ascii_is_capital(s[1]) ||
        !ascii_is_digit(s[2]) || !ascii_is_digit(s[3])) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const char c = s[i + 4 < n ? i + 4 : i + 4 - n];

        if (!ascii_is_digit(c) && !ascii_is_capital(c)) {
            return false;
        }
        rest = mod97(rest, c);
    }
    return rest == 1;
}

#define LEN(n)     (1u << (n))
#define LENS(a, b) (LEN((b) + 1) - LEN(a))

/*
 * Issuer prefixes and the lengths issued under them. ISO/IEC 7812 assigns the
 * first digits; ranges as the schemes publish them (Visa, Mastercard, American
 * Express, Discover, Diners Club, JCB, UnionPay, Maestro, Mir, RuPay, Troy,
 * Verve, Dankort, InterPayment, Elo).
 */
static const struct issuer {
    unsigned from, to; /* first six digits, both ends included */
    unsigned lengths;  /* bit n: n digits are issued */
} issuers[] = {
    {60400, 60499, LENS(12, 19)},                  /* Maestro UK, 0604 */
    {180000, 180099, LEN(15)},                     /* JCB, early */
    {213100, 213199, LEN(15)},                     /* JCB, early */
    {220000, 220499, LENS(16, 19)},                /* Mir */
    {220500, 220599, LEN(16)},                     /* BORICA */
    {222100, 272099, LEN(16)},                     /* Mastercard */
    {300000, 305999, LENS(14, 19)},                /* Diners Club */
    {309500, 309599, LENS(14, 19)},                /* Diners Club */
    {340000, 349999, LEN(15)},                     /* American Express */
    {352800, 358999, LENS(16, 19)},                /* JCB */
    {360000, 369999, LENS(14, 19)},                /* Diners Club */
    {370000, 379999, LEN(15)},                     /* American Express */
    {380000, 399999, LENS(14, 19)},                /* Diners Club */
    {400000, 499999, LEN(13) | LEN(16) | LEN(19)}, /* Visa */
    {500000, 509999, LENS(12, 19)}, /* Maestro, Elo, Verve, RuPay */
    {510000, 559999, LEN(16)},      /* Mastercard */
    {560000, 589999, LENS(12, 19)}, /* Maestro */
    {600000, 603999, LENS(16, 19)}, /* Discover, RuPay */
    {604001, 604200, LENS(16, 19)}, /* UkrCard */
    {604201, 609999, LENS(16, 19)}, /* RuPay */
    {620000, 629999, LENS(16, 19)}, /* UnionPay */
    {630400, 630499, LENS(12, 19)}, /* Maestro (Laser) */
    {636000, 636999, LENS(16, 19)}, /* InterPayment */
    {639000, 639099, LENS(12, 19)}, /* Maestro */
    {644000, 659999, LENS(16, 19)}, /* Discover */
    {670000, 679999, LENS(12, 19)}, /* Maestro */
    {810000, 829999, LENS(16, 19)}, /* UnionPay, RuPay */
    {979200, 979299, LEN(16)},      /* Troy */
};

bool
pii_check_card(const char *s, size_t n)
{
    if (n < 12 || n > 19 || !all_digits(s, n) || all_same(s, n)) {
        return false;
    }
    const unsigned prefix = value(s, 6);

    for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
        if (prefix >= issuers[i].from && prefix <= issuers[i].to) {
            return (issuers[i].lengths >> n & 1u) != 0 &&
                   luhn_sum(s, n) % 10 == 0;
        }
    }
    return false;
}

bool
pii_check_us_ssn(const char *s, size_t n)
{
    // Never issued (SSA): area 000, 666, 900 and up, group 00, serial 0000;
    // and three that stood in advertisements.
    static const char known[][10] = {"078051120", "219099999", "457555462"};

    if (n != 9 || !all_digits(s, n) || all_same(s, n)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (memcmp(s, known[i], 9) == 0) {
            return false;
        }
    }
    const unsigned area = value(s, 3);

    return area != 0 && area != 666 && area < 900 && value(s + 3, 2) != 0 &&
           value(s + 5, 4) != 0 && memcmp(s, "123456789", 9) != 0;
}

bool
pii_check_us_itin(const char *s, size_t n)
{
    // IRS Publication 4757: 9xx, group 50-65, 70-88, 90-92 or 94-99.
    if (n != 9 || !all_digits(s, n) || s[0] != '9') {
        return false;
    }
    const unsigned group = value(s + 3, 2);

    return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
           (group >= 90 && group <= 99 && group != 93);
}

bool
pii_check_us_npi(const char *s, size_t n)
{
    // 24 is what the prefix 80840 adds to the Luhn sum (CMS, NPI standard).
    return n == 10 && all_digits(s, n) && (s[0] == '1' || s[0] == '2') &&
           (luhn_sum(s, n) + 24) % 10 == 0;
}

bool
pii_check_us_aba(const char *s, size_t n)
{
    static const unsigned char weights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};

    if (n != 9 || !all_digits(s, n) || all_same(s, n)) {
        return false;
    }
    const unsigned area = value(s, 2); /* Federal Reserve routing symbols */

    return (area <= 12 || (area >= 21 && area <= 32) ||
            (area >= 61 && area <= 72) || area == 80) &&
           weigh(s, weights, 9) % 10 == 0;
}

bool
pii_check_uk_nhs(const char *s, size_t n)
{
    static const unsigned char weights[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};

    return n == 10 && all_digits(s, n) && !all_same(s, n) &&
           weigh(s, weights, 10) % 11 == 0;
}

bool
pii_check_uk_nino(const char *s, size_t n)
{
    // HMRC NIM39110: letters that are not used, and prefixes that are not.
    static const char unused[] = "BGGBNKKNTNNTZZ";

    if (n != 9 || !ascii_is_capital(s[0]) || !ascii_is_capital(s[1]) ||
        !all_digits(s + 2, 6) || s[8] < 'A' || s[8] > 'D') {
        return false;
    }
    if (strchr("DFIQUV", s[0]) != NULL || strchr("DFIQUVO", s[1]) != NULL) {
        return false;
    }
    for (size_t i = 0; unused[i] != '\0'; i += 2) {
        if (memcmp(s, unused + i, 2) == 0) {
            return false;
        }
    }
    return true;
}

bool
pii_check_ca_sin(const char *s, size_t n)
{
    return n == 9 && all_digits(s, n) && s[0] != '0' && s[0] != '8' &&
           luhn_sum(s, n) % 10 == 0;
}

bool
pii_check_de_tax(const char *s, size_t n)
{
    unsigned counts[10] = {0}, repeated = 0, rest = 10;

    if (n != 11 || !all_digits(s, n) || s[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < 10; i++) {
        const unsigned sum = (digit(s[i]) + rest) % 10;

        rest = (sum == 0 ? 10 : sum) * 2 % 11;
        counts[digit(s[i])]++;
    }
    // Of the first ten digits exactly one comes twice or three times.
    for (size_t d = 0; d < 10; d++) {
        repeated += counts[d] > 1;
        if (counts[d] > 3) {
            return false;
        }
    }
    return repeated == 1 && (11 - rest) % 10 == digit(s[10]);
}

static bool
spanish_letter(unsigned number, char letter)
{
    return letter == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23];
}

bool
pii_check_es_nif(const char *s, size_t n)
{
    return n == 9 && all_digits(s, 8) && !all_same(s, 8) &&
           spanish_letter(value(s, 8), s[8]);
}

bool
pii_check_es_nie(const char *s, size_t n)
{
    return n == 9 && s[0] >= 'X' && s[0] <= 'Z' && all_digits(s + 1, 7) &&
           spanish_letter((unsigned)(s[0] - 'X') * 10000000 + value(s + 1, 7),
                          s[8]);
}

/* The places of numbers: digits, or letters for them where two people would
 * share a code. Four digits at least, so that no phrase passes for a code. */
static bool
fiscal_numbers(const char *s)
{
    static const unsigned char places[] = {6, 7, 9, 10, 12, 13, 14};
    unsigned digits = 0;

    for (size_t i = 0; i < sizeof(places); i++) {
        const char c = s[places[i]];

        digits += ascii_is_digit(c);
        if (!ascii_is_digit(c) &&
            (c == '\0' || strchr("LMNPQRSTUV", c) == NULL)) {
            return false;
        }
    }
    return digits >= 4;
}

bool
pii_check_it_fiscal(const char *s, size_t n)
{
    // Decree of 23 December 1976: what a character in an odd place counts,
    // digits and letters alike by their rank.
    static const unsigned char odd[26] = {1,  0,  5,  7,  9,  13, 15, 17, 19,
                                          21, 2,  4,  18, 20, 11, 3,  6,  8,
                                          12, 14, 16, 10, 22, 25, 24, 23};
    unsigned sum = 0;

    if (n != 16 || !ascii_is_capital(s[8]) ||
        strchr("ABCDEHLMPRST", s[8]) == NULL || !ascii_is_capital(s[15]) ||
        !fiscal_numbers(s)) {
        return false;
    }
    for (size_t i = 0; i < 15; i++) {
        if (!ascii_is_digit(s[i]) && !ascii_is_capital(s[i])) {
            return false;
        }
        const unsigned rank =
            ascii_is_digit(s[i]) ? digit(s[i]) : (unsigned)(s[i] - 'A');

        sum += i % 2 == 0 ? odd[rank] : rank;
    }
    return sum % 26 == (unsigned)(s[15] - 'A');
}

bool
pii_check_fr_nir(const char *s, size_t n)
{
    unsigned rest = 0;

    if (n != 15 || !all_digits(s, n) || (s[0] != '1' && s[0] != '2')) {
        return false;
    }
    for (size_t i = 0; i < 13; i++) {
        rest = mod97(rest, s[i]);
    }
    // Months 20 to 42 and 50 up stand for dates that are not known.
    const unsigned month = value(s + 3, 2);

    return month >= 1 && (month <= 12 || month >= 20) &&
           97 - rest == value(s + 13, 2);
}

bool
pii_check_nl_bsn(const char *s, size_t n)
{
    static const unsigned char weights[] = {9, 8, 7, 6, 5, 4, 3, 2, 10};

    // The last digit counts -1, which is 10 modulo 11.
    return n == 9 && all_digits(s, n) && !all_same(s, n) &&
           weigh(s, weights, 9) % 11 == 0;
}

bool
pii_check_pl_pesel(const char *s, size_t n)
{
    static const unsigned char weights[] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
    static const unsigned centuries[] = {1900, 2000, 2100, 2200, 1800};

    if (n != 11 || !all_digits(s, n) || weigh(s, weights, 11) % 10 != 0) {
        return false;
    }
    const unsigned month = value(s + 2, 2);

    return is_day(centuries[month / 20] + value(s, 2), month % 20,
                  value(s + 4, 2));
}

bool
pii_check_se_personal(const char *s, size_t n)
{
    if ((n != 10 && n != 12) || !all_digits(s, n)) {
        return false;
    }
    const char *const tail = s + n - 10;
    const unsigned year = n == 12 ? value(s, 4) : 2000;
    const unsigned day = value(tail + 4, 2);

    // A coordination number has 60 added to the day.
    return (n == 10 || (year >= 1840 && year < 2100)) &&
           is_day(year, value(tail + 2, 2), day > 60 ? day - 60 : day) &&
           luhn_sum(tail, 10) % 10 == 0;
}

bool
pii_check_fi_hetu(const char *s, size_t n)
{
    char nine[9];

    if (n != 10 || !all_digits(s, 9)) {
        return false;
    }
    memcpy(nine, s, sizeof(nine));
    return is_day(2000 + value(s + 4, 2), value(s + 2, 2), value(s, 2)) &&
           value(s + 6, 3) >= 2 &&
           s[9] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[value(nine, 9) % 31];
}

bool
pii_check_in_aadhaar(const char *s, size_t n)
{
    return n == 12 && all_digits(s, n) && s[0] >= '2' &&
           pii_check_verhoeff(s, n);
}

bool
pii_check_in_pan(const char *s, size_t n)
{
    // The fourth letter is the kind of holder.
    if (n != 10 || !all_digits(s + 5, 4) || !ascii_is_capital(s[9]) ||
        strchr("ABCFGHJLPT", s[3]) == NULL) {
        return false;
    }
    for (size_t i = 0; i < 5; i++) {
        if (!ascii_is_capital(s[i])) {
            return false;
        }
    }
    return value(s + 5, 4) != 0;
}

bool
pii_check_au_tfn(const char *s, size_t n)
{
    static const unsigned char weights[] = {1, 4, 3, 7, 5, 8, 6, 9, 10};

    return n == 9 && all_digits(s, n) && !all_same(s, n) &&
           weigh(s, weights, 9) % 11 == 0;
}

bool
pii_check_au_abn(const char *s, size_t n)
{
    static const unsigned char weights[] = {10, 1,  3,  5,  7, 9,
                                            11, 13, 15, 17, 19};

    // The first digit counts less one.
    return n == 11 && all_digits(s, n) && s[0] != '0' &&
           (weigh(s, weights, 11) - 10) % 89 == 0;
}

/* The Brazilian check digit over n digits: weights 2 up, from the right. */
static unsigned
brazilian(const char *s, size_t n, unsigned top)
{
    unsigned sum = 0, weight = 2;

    for (size_t i = n; i-- > 0;) {
        sum += digit(s[i]) * weight;
        weight = weight == top ? 2 : weight + 1;
    }
    return sum % 11 < 2 ? 0 : 11 - sum % 11;
}

bool
pii_check_br_cpf(const char *s, size_t n)
{
    return n == 11 && all_digits(s, n) && !all_same(s, n) &&
           brazilian(s, 9, 11) == digit(s[9]) &&
           brazilian(s, 10, 11) == digit(s[10]);
}

bool
pii_check_br_cnpj(const char *s, size_t n)
{
    return n == 14 && all_digits(s, n) && !all_same(s, n) &&
           brazilian(s, 12, 9) == digit(s[12]) &&
           brazilian(s, 13, 9) == digit(s[13]);
}

bool
pii_check_sg_nric(const char *s, size_t n)
{
    static const unsigned char weights[] = {2, 7, 6, 5, 4, 3, 2};

    if (n != 9 || s[0] == '\0' || strchr("STFG", s[0]) == NULL ||
        !all_digits(s + 1, 7)) {
        return false;
    }
    const bool citizen = s[0] == 'S' || s[0] == 'T';
    const bool later = s[0] == 'T' || s[0] == 'G';
    const unsigned sum = weigh(s + 1, weights, 7) + (later ? 4 : 0);

    return s[8] == (citizen ? "JZIHGFEDCBA" : "XWUTRQPNMLK")[sum % 11];
}

bool
pii_check_imei(const char *s, size_t n)
{
    return n == 15 && pii_check_luhn(s, n) && !all_same(s, n);
}

bool
pii_check_vin(const char *s, size_t n)
{
    static const unsigned char weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0,
                                            9, 8, 7, 6, 5, 4, 3, 2};
    // What A to Z count (49 CFR 565.15); I, O and Q are not used.
    static const char worth[] = "12345678\0"
                                "12345\0"
                                "7\0"
                                "923456789";
    unsigned sum = 0;
    bool letters = false;

    if (n != 17) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const char c = ascii_is_capital(s[i]) ? worth[s[i] - 'A'] : s[i];

        if (!ascii_is_digit(c)) {
            return false;
        }
        letters = letters || ascii_is_capital(s[i]);
        sum += digit(c) * weights[i];
    }
    return letters && all_digits(s + 13, 4) && s[8] == "0123456789X"[sum % 11];
}
