#include "sidecar/engine/pii_bank.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_check.h"
#include "sidecar/engine/pii_country.h"
#include "sidecar/engine/pii_word.h"

enum {
    CARD_DIGITS = 19,
    CARD_SHORT = 12, /* Maestro only, and only after a word for cards */
    CARD_USUAL = 16, /* after such a word also with an issuer not known here */
    IBAN_CHARS = 34
};

static const char card_words[] =
    "card cards cc visa mastercard amex discover maestro credit debit cvv cvc "
    "kreditkarte karte carte tarjeta carta cartao";

struct digits {
    char at[CARD_DIGITS];
    size_t count;
    unsigned char groups[CARD_DIGITS]; /* digits in each */
    size_t ends[CARD_DIGITS];          /* offset after each */
    size_t group_count;
};

static bool
is_separator(char c)
{
    return c == ' ' || c == '-' || c == '.';
}

/*
 * Reads groups of digits parted by one and the same separator, as many whole
 * groups as make at most CARD_DIGITS digits.
 */
static void
read_digits(struct text text, size_t at, struct digits *out)
{
    char separator = '\0';

    *out = (struct digits){.count = 0};
    while (out->group_count < CARD_DIGITS) {
        size_t to = at;

        while (pii_char_is(pii_char_at(text, to), PII_CHAR_DIGIT) &&
               to - at <= CARD_DIGITS - out->count) {
            to++;
        }
        if (to == at || to - at > CARD_DIGITS - out->count) {
            return;
        }
        memcpy(out->at + out->count, text.at + at, to - at);
        out->count += to - at;
        out->groups[out->group_count] = (unsigned char)(to - at);
        out->ends[out->group_count++] = to;
        const char next = pii_char_at(text, to);

        if (!is_separator(next) || (separator != '\0' && next != separator)) {
            return;
        }
        separator = next;
        at = to + 1;
    }
}

/* Are the first `count` groups as cards print them, or single digits? */
static bool
is_printed(const struct digits *d, size_t count)
{
    static const char printed[][6] = {"4444", "465",  "464",   "46",
                                      "4441", "4443", "44443", "466"};
    bool singles = true;

    if (count == 1) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        singles = singles && d->groups[i] == 1;
    }
    for (size_t k = 0; k < sizeof(printed) / sizeof(printed[0]); k++) {
        size_t i = 0;

        while (i < count && printed[k][i] - '0' == d->groups[i]) {
            i++;
        }
        if (i == count && printed[k][i] == '\0') {
            return true;
        }
    }
    return singles;
}

/* Single digits must not be the middle of a longer row of them. */
static bool
row_before(struct text text, size_t from)
{
    return from >= 2 && is_separator(text.at[from - 1]) &&
           pii_char_is(text.at[from - 2], PII_CHAR_DIGIT) &&
           !(from >= 3 && pii_char_word(text.at[from - 3]));
}

static bool
row_after(struct text text, size_t to)
{
    return is_separator(pii_char_at(text, to)) &&
           pii_char_is(pii_char_at(text, to + 1), PII_CHAR_DIGIT) &&
           !pii_char_word(pii_char_at(text, to + 2));
}

static bool
card_ends_at(struct text text, size_t at, const struct digits *d, size_t count,
             size_t digits)
{
    const size_t to = d->ends[count - 1];
    const bool issued = pii_check_card(d->at, digits);

    if (!pii_char_shuts(text, to) ||
        (!issued && (digits != CARD_USUAL || !pii_check_luhn(d->at, digits) ||
                     d->at[0] < '2' || d->at[0] > '6'))) {
        return false;
    }
    if (!issued || digits == CARD_SHORT || !is_printed(d, count)) {
        return pii_word_before(text, at, card_words, 6);
    }
    return count < 6 || d->groups[0] != 1 || !row_after(text, to);
}

bool
pii_bank_card(struct text plain, size_t at, struct pii_match *out)
{
    struct digits d;

    if (!pii_char_opens(plain, at) ||
        (!pii_char_word(pii_char_at(plain, at + 1)) && row_before(plain, at))) {
        return false;
    }
    read_digits(plain, at, &d);
    size_t digits = d.count;

    for (size_t count = d.group_count; count > 0; count--) {
        if (digits < CARD_SHORT) {
            return false;
        }
        if (card_ends_at(plain, at, &d, count, digits)) {
            *out = (struct pii_match){.entity = PII_CREDIT_CARD,
                                      .from = at,
                                      .to = d.ends[count - 1],
                                      .score = 1.0,
                                      .validated = true};
            return true;
        }
        digits -= d.groups[count - 1];
    }
    return false;
}

/*
 * Reads `length` letters and digits, in one piece or in fours; returns the
 * offset after them, 0 where the text is otherwise.
 */
static size_t
read_iban(struct text text, size_t at, size_t length, char out[IBAN_CHARS])
{
    const char fifth = pii_char_at(text, at + 4);
    const char separator = is_separator(fifth) ? fifth : '\0';

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && i % 4 == 0 && separator != '\0') {
            if (pii_char_at(text, at++) != separator) {
                return 0;
            }
        }
        const char c = ascii_upper(pii_char_at(text, at++));

        if ((unsigned char)c >= 0x80 || !pii_char_word(c)) {
            return 0;
        }
        out[i] = c;
    }
    return at;
}

enum pii_bank_iban
pii_bank_iban(struct text plain, size_t at, struct pii_match *out)
{
    char compact[IBAN_CHARS];

    if (!pii_char_is(pii_char_at(plain, at + 2), PII_CHAR_DIGIT) ||
        !pii_char_is(pii_char_at(plain, at + 3), PII_CHAR_DIGIT) ||
        !pii_char_opens(plain, at)) {
        return PII_BANK_NONE;
    }
    const size_t length = pii_country_iban(ascii_upper(plain.at[at]),
                                           ascii_upper(plain.at[at + 1]));
    const size_t to = length > 0 ? read_iban(plain, at, length, compact) : 0;

    if (to == 0 || !pii_char_shuts(plain, to)) {
        return PII_BANK_NONE;
    }
    *out = (struct pii_match){.entity = PII_IBAN_CODE,
                              .from = at,
                              .to = to,
                              .score = 1.0,
                              .validated = true};
    return pii_check_iban(compact, length) ? PII_BANK_IBAN : PII_BANK_BROKEN;
}
