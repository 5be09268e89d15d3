#include "config/quantity.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/base/ascii.h"

enum {
    INTEGER_DIGITS = 18, /* 10^18 fits a long long, 10^19 does not */
    NUMBER_DIGITS = 15,  /* below 2^53: exact as a double */
    POWERS = 22          /* 10^22 is the last exact power of ten */
};

const char *
quantity_boolean(struct text text, bool *value)
{
    if (!text_is(text, "true") && !text_is(text, "false")) {
        return "true or false";
    }
    *value = text.len == sizeof("true") - 1;
    return NULL;
}

struct suffix {
    const char *name;
    long long factor;
};

static const struct suffix times[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0}};

static const struct suffix sizes[] = {
    {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};

static const struct suffix none[] = {{NULL, 0}};

/* What the digits are multiplied with; 0: no such suffix. */
static long long
factor_of(struct text suffix, const struct suffix *known)
{
    if (suffix.len == 0) {
        return 1;
    }
    for (; known->name != NULL; known++) {
        if (text_is(suffix, known->name)) {
            return known->factor;
        }
    }
    return 0;
}

const char *
quantity_integer(struct text text, const char *unit, long long *value)
{
    const bool is_time = unit != NULL && strcmp(unit, "ms") == 0;
    const bool is_size = unit != NULL && strcmp(unit, "bytes") == 0;
    const char *const expected = is_time   ? "a time, as 200ms, 2s or 1m"
                                 : is_size ? "a size, as 512, 64KiB or 1MiB"
                                           : "a whole number";
    const size_t from = text.len > 0 && text.at[0] == '-' ? 1 : 0;
    size_t to = from;
    long long number = 0;

    for (; to < text.len && ascii_is_digit(text.at[to]); to++) {
        if (to - from == INTEGER_DIGITS) {
            return "a number of at most 18 digits";
        }
        number = number * 10 + (text.at[to] - '0');
    }
    // 010 is eight to some readers of YAML and ten to others.
    if (to == from || (to - from > 1 && text.at[from] == '0')) {
        return expected;
    }
    const long long factor =
        factor_of(text_part(text, to, text.len), is_time   ? times
                                                 : is_size ? sizes
                                                           : none);
    if (factor == 0) {
        return expected;
    }
    if (number > INT64_MAX / factor) {
        return "a smaller number";
    }
    *value = (from == 1 ? -1 : 1) * number * factor;
    return NULL;
}

struct decimal {
    long long digits; /* all of them as one whole number */
    int significant;  /* how many, leading zeros apart */
    int places;       /* of them after the point */
};

/* Reads digits and a point from *at on; false: none, or too many. */
static bool
read_decimal(struct text text, size_t *at, struct decimal *out)
{
    bool point = false, any = false;

    *out = (struct decimal){0};
    for (; *at < text.len; (*at)++) {
        const char c = text.at[*at];
        if (c == '.' && !point) {
            point = true;
        } else if (ascii_is_digit(c)) {
            any = true;
            out->significant += out->digits > 0 || c != '0' ? 1 : 0;
            if (out->significant > NUMBER_DIGITS ||
                out->places > NUMBER_DIGITS + POWERS) {
                return false;
            }
            out->digits = out->digits * 10 + (c - '0');
            out->places += point ? 1 : 0;
        } else {
            break;
        }
    }
    return any;
}

/* Reads what may follow: e, a sign, one or two digits. */
static bool
read_exponent(struct text text, size_t *at, int *exponent)
{
    *exponent = 0;
    if (*at == text.len || (text.at[*at] != 'e' && text.at[*at] != 'E')) {
        return true;
    }
    (*at)++;
    const bool negative = *at < text.len && text.at[*at] == '-';
    if (*at < text.len && (text.at[*at] == '-' || text.at[*at] == '+')) {
        (*at)++;
    }
    const size_t from = *at;
    for (; *at < text.len && ascii_is_digit(text.at[*at]) && *at - from < 2;
         (*at)++) {
        *exponent = *exponent * 10 + (text.at[*at] - '0');
    }
    *exponent = negative ? -*exponent : *exponent;
    return *at > from;
}

/*
 * Digits below 2^53 and a power of ten up to 10^22 are both exact, so one
 * multiplication or division rounds once: the nearest double (Clinger, "How to
 * Read Floating Point Numbers Accurately", 1990).
 */
const char *
quantity_number(struct text text, double *value)
{
    static const double powers[POWERS + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const bool negative = text.len > 0 && text.at[0] == '-';
    size_t at = negative ? 1 : 0;
    struct decimal decimal;
    int exponent;

    if (!read_decimal(text, &at, &decimal) ||
        !read_exponent(text, &at, &exponent) || at < text.len) {
        return "a number";
    }
    const int power = exponent - decimal.places;
    if (power < -POWERS || power > POWERS) {
        return "a number within 1e-22..1e22";
    }
    const double digits = (double)decimal.digits;
    const double size =
        power < 0 ? digits / powers[-power] : digits * powers[power];
    *value = negative ? -size : size;
    return NULL;
}

const char *
quantity_words(double value, const char *unit, char out[QUANTITY_WORDS_BYTES])
{
    const struct suffix *size = &sizes[3]; // GiB, and down to B

    if (unit != NULL && strcmp(unit, "bytes") == 0 && value > 0) {
        while (size > sizes && fmod(value, (double)size->factor) > 0) {
            size--;
        }
    } else {
        size = sizes;
    }
    snprintf(out, QUANTITY_WORDS_BYTES, "%.15g%s", value / (double)size->factor,
             size > sizes ? size->name : "");
    return out;
}
