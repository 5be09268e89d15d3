#include "sidecar/engine/pii_told.h"

#include <stdlib.h>

#include "sidecar/base/ascii.h"
#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_word.h"

enum { WORDS_BEFORE = 4, PASSPORT_CHARS = 9, FIRST_YEAR = 1890 };

#define TOLD_SCORE 0.8

static const char birth_words[] =
    "born dob birth birthday birthdate geboren geburtsdatum naissance "
    "nacimiento nascita geboortedatum";
static const char place_words[] =
    "lat latitude lng lon long longitude coordinates coords gps geo latlng "
    "latlong located location";
static const char bank_words[] = "bic swift";
static const char months[] =
    "january february march april may june july august september october "
    "november december jan feb mar apr jun jul aug sep sept oct nov dec";

/* ISO 3166-1, two letters each; Kosovo too, which banks use. Sorted. */
static const char countries[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
    "CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFO"
    "FRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJE"
    "JMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMO"
    "MPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPW"
    "PYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTM"
    "TNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

static bool
found(enum pii_entity entity, size_t from, size_t to, struct pii_match *out)
{
    *out = (struct pii_match){
        .entity = entity, .from = from, .to = to, .score = TOLD_SCORE};
    return true;
}

static bool
digit_at(struct text text, size_t at)
{
    return pii_char_is(pii_char_at(text, at), PII_CHAR_DIGIT);
}

/* Reads 1 to `most` digits from `at`; the offset after them, or `at`. */
static size_t
read_number(struct text text, size_t at, size_t most, unsigned *value)
{
    size_t to = at;

    *value = 0;
    while (to - at < most && digit_at(text, to)) {
        *value = *value * 10 + (unsigned)(text.at[to++] - '0');
    }
    return digit_at(text, to) ? at : to;
}

static bool
is_year(unsigned year)
{
    return year >= FIRST_YEAR && year < 2100;
}

/* "12/03/1985", "1985-03-12": the end of it, or `from`. */
static size_t
date_in_numbers(struct text text, size_t from)
{
    unsigned one, two, three;
    const size_t first = read_number(text, from, 4, &one);
    const char gap = pii_char_at(text, first);

    if (first == from || gap == '\0' || strchr("/.-", gap) == NULL) {
        return from;
    }
    const size_t second = read_number(text, first + 1, 2, &two);

    if (second == first + 1 || pii_char_at(text, second) != gap) {
        return from;
    }
    const size_t third = read_number(text, second + 1, 4, &three);
    const bool year_first = first - from == 4 && is_year(one) && two >= 1 &&
                            two <= 12 && three >= 1 && three <= 31;
    const bool year_last =
        (third - second - 1 == 4 ? is_year(three) : third - second - 1 == 2) &&
        one >= 1 && two >= 1 && one <= 31 && two <= 31 &&
        (one <= 12 || two <= 12) && first - from <= 2;

    return third > second + 1 && (year_first || year_last) ? third : from;
}

static size_t
word_end(struct text text, size_t at)
{
    size_t to = at;

    while (to - at < 12 &&
           pii_char_is(pii_char_at(text, to), PII_CHAR_LETTER)) {
        to++;
    }
    return to;
}

/* ", 1985" or " 1985" from `at`: the end of it, or `at`. */
static size_t
year_after(struct text text, size_t at)
{
    unsigned year;
    size_t from = at;

    from += pii_char_at(text, from) == '.' || pii_char_at(text, from) == ',';
    from += pii_char_at(text, from) == ' ';
    const size_t to = read_number(text, from, 4, &year);

    return from > at && to - from == 4 && is_year(year) ? to : at;
}

/* "12 March 1985", "12th of March, 1985", and "March 12, 1985" before it. */
static size_t
date_in_words(struct text text, size_t from, size_t *start)
{
    unsigned day;
    size_t to = read_number(text, from, 2, &day);

    *start = from;
    if (to == from || day < 1 || day > 31) {
        return from;
    }
    const size_t ordinal = word_end(text, to);

    if (pii_word_listed(text_part(text, to, ordinal), "st nd rd th")) {
        to = ordinal;
    }
    const size_t year = year_after(text, to);

    if (year > to) {
        const struct text month =
            pii_word_last(text, from, from > 12 ? from - 12 : 0);

        *start = (size_t)(month.at - text.at);
        return pii_word_listed(month, months) && from - *start - month.len <= 2
                   ? year
                   : from;
    }
    for (int i = 0; i < 2 && pii_char_at(text, to) == ' '; i++) {
        const size_t end = word_end(text, to + 1);
        const struct text word = text_part(text, to + 1, end);

        if (pii_word_listed(word, months)) {
            const size_t last = year_after(text, end);

            return last > end ? last : from;
        }
        if (!pii_word_same(word, TEXT("of"))) {
            break;
        }
        to = end;
    }
    return from;
}

static bool
find_birth(struct text text, size_t from, struct pii_match *out)
{
    size_t start = from;
    size_t to = date_in_numbers(text, from);

    if (to == from) {
        to = date_in_words(text, from, &start);
    }
    return to > from && pii_char_opens(text, start) &&
           pii_char_shuts(text, to) &&
           pii_word_before(text, start, birth_words, WORDS_BEFORE) &&
           found(PII_DATE_OF_BIRTH, start, to, out);
}

/* Nine digits, or a letter and eight (since 2021). */
static bool
find_passport(struct text text, size_t from, size_t to, struct pii_match *out)
{
    const bool letter = !digit_at(text, from);

    if (to - from != PASSPORT_CHARS ||
        (letter && !ascii_is_capital(text.at[from]))) {
        return false;
    }
    for (size_t i = from + letter; i < to; i++) {
        if (!digit_at(text, i)) {
            return false;
        }
    }
    return pii_char_opens(text, from) && pii_char_shuts(text, to) &&
           pii_word_before(text, from, "passport", WORDS_BEFORE) &&
           found(PII_US_PASSPORT, from, to, out);
}

/* One of a pair: "-81.4569", "40.7128\x1f N"; the end of it, or `at`. */
static size_t
read_angle(struct text text, size_t at, unsigned most, const char *sides,
           bool *side)
{
    unsigned whole;
    size_t to = at + (pii_char_at(text, at) == '-');
    const size_t digits = to;

    to = read_number(text, to, 3, &whole);
    if (to == digits || whole > most || pii_char_at(text, to) != '.') {
        return at;
    }
    const size_t fraction = to + 1;

    for (to = fraction; to - fraction < 12 && digit_at(text, to);) {
        to++;
    }
    if (to - fraction < 3) {
        return at;
    }
    size_t after = to + (pii_char_at(text, to) == '\x1f'); // the degree sign

    after += pii_char_at(text, after) == ' ';
    const char c = pii_char_at(text, after);

    *side = c != '\0' && strchr(sides, c) != NULL &&
            !pii_char_word(pii_char_at(text, after + 1));
    return *side ? after + 1 : to;
}

static bool
find_place(struct text text, size_t from, struct pii_match *out)
{
    bool north, east;
    const size_t minus = from > 0 && text.at[from - 1] == '-';
    const size_t start = from - minus;
    const size_t first = read_angle(text, start, 90, "NS", &north);
    size_t second = first;

    if (first == start) {
        return false;
    }
    second += pii_char_at(text, second) == ',';
    second += pii_char_at(text, second) == ' ';
    const size_t to = read_angle(text, second, 180, "EW", &east);

    return second > first && to > second && pii_char_opens(text, start) &&
           pii_char_shuts(text, to) &&
           ((north && east) ||
            pii_word_before(text, start, place_words, WORDS_BEFORE)) &&
           found(PII_LAT_LONG, start, to, out);
}

/* ISO 9362: four letters, a country, two and perhaps three more. */
static bool
find_bank(struct text text, size_t from, size_t to, struct pii_match *out)
{
    if (to - from != 8 && to - from != 11) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        const bool capital = ascii_is_capital(text.at[i]);

        if (!capital && (i < from + 6 || !digit_at(text, i))) {
            return false;
        }
    }
    for (size_t i = 0; i + 1 < sizeof(countries); i += 2) {
        if (memcmp(countries + i, text.at + from + 4, 2) == 0) {
            return pii_char_opens(text, from) && pii_char_shuts(text, to) &&
                   pii_word_before(text, from, bank_words, WORDS_BEFORE) &&
                   found(PII_BIC, from, to, out);
        }
    }
    return false;
}

bool
pii_told_bank(struct text raw)
{
    // Both have a capital I, and little else does.
    for (size_t at = 1; at + 1 < raw.len; at++) {
        const char *const next = memchr(raw.at + at, 'I', raw.len - 1 - at);

        if (next == NULL) {
            return false;
        }
        at = (size_t)(next - raw.at);
        if ((raw.at[at - 1] == 'B' && raw.at[at + 1] == 'C') ||
            (raw.at[at - 1] == 'W' && raw.at[at + 1] == 'F')) {
            return true;
        }
    }
    return false;
}

bool
pii_told_find(struct text plain, size_t from, size_t to, uint64_t wanted,
              struct pii_match *out)
{
    const bool digit = digit_at(plain, from);

    if ((wanted & PII_BIT(PII_BIC)) != 0 && !digit &&
        find_bank(plain, from, to, out)) {
        return true;
    }
    if ((wanted & PII_BIT(PII_US_PASSPORT)) != 0 &&
        find_passport(plain, from, to, out)) {
        return true;
    }
    return digit && to - from <= 4 &&
           (((wanted & PII_BIT(PII_LAT_LONG)) != 0 &&
             find_place(plain, from, out)) ||
            ((wanted & PII_BIT(PII_DATE_OF_BIRTH)) != 0 &&
             find_birth(plain, from, out)));
}
