#include "sidecar/engine/pii_vat.h"

#include "sidecar/base/ascii.h"
#include "sidecar/engine/pii_check.h"

static unsigned
digit(const char *s, size_t i)
{
    return (unsigned)(s[i] - '0');
}

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

static unsigned
value_of(const char *s, size_t n)
{
    unsigned value = 0;

    for (size_t i = 0; i < n; i++) {
        value = value * 10 + digit(s, i);
    }
    return value;
}

/* The sum of the digits times the weights, which are digits too. */
static unsigned
weighed(const char *s, const char *weights)
{
    unsigned sum = 0;

    for (size_t i = 0; weights[i] != '\0'; i++) {
        sum += digit(s, i) * digit(weights, i);
    }
    return sum;
}

/* ISO 7064 mod 11,10 */
static bool
german(const char *s, size_t n)
{
    unsigned product = 10;

    for (size_t i = 0; i + 1 < n; i++) {
        const unsigned sum = (digit(s, i) + product) % 10;

        product = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    return s[0] != '0' && (11 - product) % 10 == digit(s, n - 1);
}

static bool
austrian(const char *s, size_t n)
{
    unsigned sum = 0;

    if (n != 9 || s[0] != 'U' || !all_digits(s + 1, 8)) {
        return false;
    }
    for (size_t i = 1; i < 8; i++) {
        const unsigned d = digit(s, i) * (i % 2 == 0 ? 2u : 1u);

        sum += d / 10 + d % 10;
    }
    return (10 - (sum + 4) % 10) % 10 == digit(s, 8);
}

static bool
belgian(const char *s, size_t n)
{
    (void)n;
    return s[0] <= '1' && 97 - value_of(s, 8) % 97 == value_of(s + 8, 2);
}

static bool
french(const char *s, size_t n)
{
    (void)n;
    return (12 + 3 * (value_of(s + 2, 9) % 97)) % 97 == value_of(s, 2);
}

static bool
italian(const char *s, size_t n)
{
    return pii_check_luhn(s, n);
}

/* 999999999B99: until 2020 the 11 test, since then mod 97. */
static bool
dutch(const char *s, size_t n)
{
    unsigned rest;

    if (n != 12 || s[9] != 'B' || !all_digits(s, 9) || !all_digits(s + 10, 2)) {
        return false;
    }
    if (weighed(s, "98765432") % 11 == digit(s, 8)) {
        return true;
    }
    rest = 2321; // N and L are 23 and 21
    for (size_t i = 0; i < n; i++) {
        rest = s[i] == 'B' ? (rest * 100 + 11) % 97
                           : (rest * 10 + digit(s, i)) % 97;
    }
    return rest == 1;
}

static bool
polish(const char *s, size_t n)
{
    (void)n;
    return weighed(s, "657234567") % 11 == digit(s, 9);
}

/* 11 minus the rest, 10 and 11 being 0. */
static bool
eleven(const char *s, const char *weights, size_t check)
{
    const unsigned sum = 11 - weighed(s, weights) % 11;

    return (sum >= 10 ? 0 : sum) == digit(s, check);
}

static bool
portuguese(const char *s, size_t n)
{
    (void)n;
    return eleven(s, "98765432", 8);
}

static bool
danish(const char *s, size_t n)
{
    (void)n;
    return s[0] != '0' && weighed(s, "27654321") % 11 == 0;
}

static bool
finnish(const char *s, size_t n)
{
    const unsigned rest = weighed(s, "79:5842") % 11; // : is ten

    (void)n;
    return rest != 1 && (rest == 0 ? 0 : 11 - rest) == digit(s, 7);
}

static bool
swedish(const char *s, size_t n)
{
    (void)n;
    return pii_check_luhn(s, 10) && s[10] == '0' && s[11] == '1';
}

static bool
luxembourgish(const char *s, size_t n)
{
    (void)n;
    return value_of(s, 6) % 89 == value_of(s + 6, 2);
}

static bool
slovene(const char *s, size_t n)
{
    const unsigned sum = 11 - weighed(s, "8765432") % 11;

    (void)n;
    return s[0] != '0' && sum != 11 && (sum == 10 ? 0 : sum) == digit(s, 7);
}

static bool
greek(const char *s, size_t n)
{
    unsigned sum = 0;

    (void)n;
    for (size_t i = 0; i < 8; i++) {
        sum += digit(s, i) << (8 - i);
    }
    return sum % 11 % 10 == digit(s, 8);
}

static bool
hungarian(const char *s, size_t n)
{
    (void)n;
    return (10 - weighed(s, "9731973") % 10) % 10 == digit(s, 7);
}

static bool
estonian(const char *s, size_t n)
{
    (void)n;
    return (10 - weighed(s, "37137137") % 10) % 10 == digit(s, 8);
}

static const struct {
    char country[3];
    size_t digits; /* all digits, this many; 0: the check looks itself */
    bool (*check)(const char *s, size_t n);
} countries[] = {
    {"AT", 0, austrian}, {"BE", 10, belgian},      {"DE", 9, german},
    {"DK", 8, danish},   {"EE", 9, estonian},      {"EL", 9, greek},
    {"FI", 8, finnish},  {"FR", 11, french},       {"HU", 8, hungarian},
    {"IT", 11, italian}, {"LU", 8, luxembourgish}, {"NL", 0, dutch},
    {"PL", 10, polish},  {"PT", 9, portuguese},    {"SE", 12, swedish},
    {"SI", 8, slovene},
};

bool
pii_vat_check(const char *s, size_t n)
{
    for (size_t i = 0; n > 2 && i < sizeof(countries) / sizeof(countries[0]);
         i++) {
        const size_t digits = countries[i].digits;

        if (memcmp(s, countries[i].country, 2) == 0) {
            return (digits == 0 ||
                    (n - 2 == digits && all_digits(s + 2, digits))) &&
                   countries[i].check(s + 2, n - 2);
        }
    }
    return false;
}
