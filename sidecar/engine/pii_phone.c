#include "sidecar/engine/pii_phone.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_check.h"
#include "sidecar/engine/pii_country.h"
#include "sidecar/engine/pii_word.h"

enum {
    DIGITS_MOST = 17, /* E.164 has 15; "00" before them */
    GROUPS_MOST = 8,
    TOLD_LEAST = 7, /* digits of a number that a word announces */
    TOLD_MOST = 12,
    SPELLED_LEAST = 7,
    SPELLED_MOST = 15
};

#define PRINTED_SCORE 0.65 /* a country's way of grouping, no word */
#define TOLD_SCORE    0.75
#define WORLD_SCORE   0.85 /* a country code, and a length it has */

/* Within four words before the number. */
static const char phone_words[] =
    "phone phones telephone tel mobile mob cell cellphone cellular call called "
    "calling caller calls dial dialed ring fax landline hotline whatsapp sms "
    "text texting texted message messages voicemail reach reached answering "
    "answer contact extension pager telefon telefono telefone handy mobil "
    "mobilnummer rufnummer anrufen ruf telefonnummer telefoon bel bellen "
    "portable appelle appelez appeler movil celular llame llamame ligue "
    "cellulare chiama chiamami puhelin";
/* Right before it, or right after. */
static const char label_words[] =
    "phone telephone tel mobile mob cell fax desk office home work voicemail "
    "telefon telefono handy mobil";
/* "My number is ...": a telephone's, unless it is the number of something. */
static const char number_words[] = "number nummer numero num";
static const char owner_words[] =
    "my your his her their our the a new s mine yours meine deine mi tu su";
/* Not a telephone number, where nearer than a word that says it is one. */
static const char other_words[] =
    "order orders ticket invoice tracking ref reference serial account acct "
    "isbn issn imei id ids version model sku part item zip postcode pin doi "
    "patent batch parcel booking confirmation transaction";

struct dial {
    char digits[DIGITS_MOST];
    size_t count;
    unsigned char len[GROUPS_MOST]; /* digits in each group */
    char gap[GROUPS_MOST];          /* what stands before it; '(' a bracket */
    size_t ends[GROUPS_MOST];
    size_t groups;
    bool plus;
    bool bracket; /* the first group, or the one after a leading 1 or 8 */
};

static bool
digit_at(struct text text, size_t at)
{
    return pii_char_is(pii_char_at(text, at), PII_CHAR_DIGIT);
}

/* Reads one group, in brackets or not; the offset after it, or `at`. */
static size_t
read_group(struct text text, size_t at, struct dial *d, char gap)
{
    const bool bracket = pii_char_at(text, at) == '(';
    const size_t from = at + bracket;
    size_t to = from;

    while (digit_at(text, to) && to - from <= DIGITS_MOST) {
        to++;
    }
    if (to == from || to - from > DIGITS_MOST - d->count ||
        (bracket && pii_char_at(text, to) != ')') ||
        (!bracket && pii_char_is(pii_char_at(text, to), PII_CHAR_LETTER) &&
         ascii_lower(text.at[to]) != 'x' && ascii_lower(text.at[to]) != 'e')) {
        return at;
    }
    // "+44 (0)20 ...": the trunk prefix is not dialled after a country code.
    if (bracket && d->plus && to == from + 1 && text.at[from] == '0') {
        return to + 1;
    }
    memcpy(d->digits + d->count, text.at + from, to - from);
    d->count += to - from;
    d->bracket = d->bracket || (bracket && d->groups < 2);
    d->len[d->groups] = (unsigned char)(to - from);
    d->gap[d->groups] = bracket ? '(' : gap;
    d->ends[d->groups++] = to + bracket;
    return to + bracket;
}

/* The gap at `at`: one of " -./", or " - "; the offset after it. */
static size_t
read_gap(struct text text, size_t at, char *gap)
{
    const char c = pii_char_at(text, at);

    *gap = ' ';
    if (c == ' ' && pii_char_at(text, at + 1) == '-' &&
        pii_char_at(text, at + 2) == ' ') {
        *gap = '-';
        return at + 3;
    }
    if (c == '-' || c == '.' || c == '/' || c == ' ') {
        *gap = c;
        return at + 1;
    }
    return at;
}

static void
read_dial(struct text text, size_t at, struct dial *d)
{
    char gap = ' ';

    *d = (struct dial){.count = 0};
    if (pii_char_at(text, at) == '(' && pii_char_at(text, at + 1) == '+') {
        at++;
    }
    if (pii_char_at(text, at) == '+') {
        d->plus = true;
        at++;
    }
    while (d->groups < GROUPS_MOST) {
        const size_t to = read_group(text, at, d, gap);

        if (to == at) {
            break;
        }
        // "(+49) 30": the bracket that stood before the plus.
        at = read_gap(
            text,
            to + (d->plus && d->groups == 1 && pii_char_at(text, to) == ')'),
            &gap);
        if (!digit_at(text, at) && pii_char_at(text, at) != '(') {
            break;
        }
    }
}

/* Are the first `count` groups of these lengths, written as digits? */
static bool
grouped(const struct dial *d, size_t count, const char *lens)
{
    for (size_t i = 0; i < count; i++) {
        if (lens[i] - '0' != d->len[i]) {
            return false;
        }
    }
    return lens[count] == '\0';
}

static unsigned
number_at(const struct dial *d, size_t from, size_t len)
{
    unsigned value = 0;

    for (size_t i = from; i < from + len; i++) {
        value = value * 10 + (unsigned)(d->digits[i] - '0');
    }
    return value;
}

static bool
is_year(unsigned value)
{
    return value >= 1800 && value < 2200;
}

/* Are the first three groups a date, in any order that is in use? */
static bool
is_date(const struct dial *d, size_t count)
{
    if (count < 3) {
        return false;
    }
    const size_t second = d->len[0], third = second + d->len[1];
    const bool first = d->len[0] == 4 && d->len[1] <= 2 && d->len[2] <= 2 &&
                       is_year(number_at(d, 0, 4));
    const bool last = d->len[0] <= 2 && d->len[1] <= 2 && d->len[2] == 4 &&
                      is_year(number_at(d, third, 4));
    const unsigned one =
        first ? number_at(d, second, d->len[1]) : number_at(d, 0, d->len[0]);
    const unsigned two = first ? number_at(d, third, d->len[2])
                               : number_at(d, second, d->len[1]);

    return (first || last) && one >= 1 && two >= 1 && one <= 31 && two <= 31 &&
           (one <= 12 || two <= 12);
}

/* Two years ("1836-1993"), an IPv4 form, or an identity number's 3-2-4. */
static bool
is_other(const struct dial *d, size_t count, size_t digits)
{
    if (count == 2 && grouped(d, 2, "44") && d->gap[1] != ' ') {
        const unsigned from = number_at(d, 0, 4), to = number_at(d, 4, 4);

        return from >= 1000 && from < 2100 && to >= 1000 && to < 2100;
    }
    if (count == 4 && d->gap[1] == '.' && d->gap[2] == '.' &&
        d->gap[3] == '.' && d->len[0] <= 3 && d->len[1] <= 3 &&
        d->len[2] <= 3 && d->len[3] <= 3 && digits != 10) {
        return true;
    }
    return grouped(d, count, "324") || is_date(d, count);
}

/* A country code, and a length that country has. */
static bool
is_world(const struct dial *d, size_t count, size_t digits)
{
    const size_t skip = d->plus ? 0 : 2;

    if (!d->plus && (digits < 9 || memcmp(d->digits, "00", 2) != 0)) {
        return false;
    }
    const struct pii_calling *const calling =
        pii_country_calling(d->digits + skip, digits - skip);

    if (calling == NULL || (count > 1 && d->len[count - 1] < 2)) {
        return false;
    }
    const size_t rest = digits - skip - pii_country_code_len(calling);

    return rest >= calling->min && rest <= calling->max;
}

/* North America: 3-3-4 after an optional 1, area from 200. */
static bool
is_nanp(const struct dial *d, size_t count)
{
    const size_t skip = count == 4 && d->len[0] == 1 && d->digits[0] == '1';

    return count - skip == 3 && d->len[skip] == 3 && d->len[skip + 1] == 3 &&
           d->len[skip + 2] == 4 && d->digits[skip] >= '2';
}

/* All groups but the first have two digits or more; the later gaps are one. */
static bool
is_even(const struct dial *d, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (d->len[i] < 2 ||
            (i >= 3 && d->gap[i] != d->gap[i - 1] && d->gap[i - 2] != '(')) {
            return false;
        }
    }
    return true;
}

/* A trunk prefix 0, then 8 to 10 digits in a country's groups (11 for a German
 * mobile, 01512 3456789). */
static bool
is_trunk(const struct dial *d, size_t count, size_t digits)
{
    return d->digits[0] == '0' && d->digits[1] != '0' && digits >= 9 &&
           digits <= (d->digits[1] == '1' ? 12 : 11) && count >= 2 &&
           count <= 5 && d->len[0] >= 2 && d->len[0] <= (digits == 9 ? 4 : 5) &&
           is_even(d, count);
}

/* Forms without a trunk prefix that hardly anything else has. */
static bool
is_printed(const struct dial *d, size_t count, size_t digits)
{
    static const struct {
        char lens[7];
        char first[6]; /* what it may begin with */
    } forms[] = {
        {"55", "6789"},  /* India, mobile */
        {"65", "0"},     /* the same with its trunk prefix */
        {"37", "3"},     /* Italy, mobile */
        {"3222", "679"}, /* Spain; Poland */
        {"344", "1"},    /* China, mobile */
        {"13322", "8"},  /* Russia, Kazakhstan */
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        // "8 912 345-67-89": Russia's gaps change on the way.
        if (grouped(d, count, forms[i].lens) &&
            (is_even(d, count) || d->digits[0] == '8') &&
            strchr(forms[i].first, d->digits[0]) != NULL) {
            return true;
        }
    }
    // An area in brackets: "(11) 98677-0169", "8 (962) 223-23-46".
    return d->bracket && d->gap[0] == '(' && d->len[0] >= 2 && d->len[0] <= 5 &&
           count >= 2 && count <= 4 && digits >= 8 && digits <= 11 &&
           d->len[1] >= 3 &&
           !(d->len[0] == 4 && number_at(d, 0, 4) >= 1000 &&
             number_at(d, 0, 4) < 2100);
}

/* Could a word make a telephone number of these digits? */
static bool
is_bare(const struct dial *d, size_t count, size_t digits)
{
    if (digits < TOLD_LEAST || digits > TOLD_MOST) {
        return false;
    }
    // Unix times are ten digits that begin with 1.
    return count == 1 ? digits != 10 || d->digits[0] != '1'
                      : count <= 5 && is_even(d, count) &&
                            (count > 2 || d->gap[1] != '.');
}

/* The row of groups goes on beside the number: it is a piece of something. */
static bool
row_goes_on(struct text text, size_t from, size_t to)
{
    return (from >= 2 && text.at[from - 1] == ' ' &&
            (digit_at(text, from - 2) || text.at[from - 2] == ')')) ||
           (pii_char_at(text, to) == ' ' && digit_at(text, to + 1) &&
            digit_at(text, to + 2));
}

/* Do the words around say that this is, or is not, a telephone number? */
enum said { NOTHING, PHONE, OTHER };

static enum said
said_by_number(struct text text, size_t from)
{
    enum { REACH = 64 };
    const size_t stop = from > REACH ? from - REACH : 0;

    for (size_t i = 0; i < 2; i++) {
        const struct text word = pii_word_last(text, from, stop);

        if (word.len == 0) {
            return NOTHING;
        }
        from = (size_t)(word.at - text.at);
        if (pii_word_listed(word, number_words)) {
            const struct text owner = pii_word_last(text, from, stop);

            return owner.len == 0 || pii_word_listed(owner, owner_words) ? PHONE
                   : pii_word_listed(owner, other_words)                 ? OTHER
                                                         : NOTHING;
        }
    }
    return NOTHING;
}

static enum said
said_around(struct text text, size_t from, size_t to)
{
    for (size_t words = 1; words <= 2; words++) {
        if (pii_word_before(text, from, other_words, words)) {
            return OTHER;
        }
        if (pii_word_before(text, from, phone_words, words) ||
            pii_word_before(text, from, label_words, words)) {
            return PHONE;
        }
    }
    if (pii_word_before(text, from, phone_words, 4) ||
        pii_word_after(text, to, label_words, 1)) {
        return PHONE;
    }
    return said_by_number(text, from);
}

/* How much the first `count` groups look like a number; 0: not at all. */
static double
judge(struct text text, size_t from, const struct dial *d, size_t count,
      size_t digits)
{
    const size_t to = d->ends[count - 1];
    const bool whole = !row_goes_on(text, from, to);

    if (is_world(d, count, digits)) {
        return WORLD_SCORE;
    }
    if (d->plus || is_other(d, count, digits)) {
        return 0;
    }
    const bool printed =
        (is_nanp(d, count) && (whole || d->gap[count - 1] != ' ')) ||
        (whole && (is_trunk(d, count, digits) || is_printed(d, count, digits)));

    if (!printed && !(whole && is_bare(d, count, digits))) {
        return 0;
    }
    switch (said_around(text, from, to)) {
    case PHONE:
        // A bare row of digits needs its word near: "call it luck, but ...".
        return printed || count > 1 ||
                       pii_word_before(text, from, phone_words, 3) ||
                       pii_word_before(text, from, label_words, 2) ||
                       said_by_number(text, from) == PHONE
                   ? TOLD_SCORE
                   : 0;
    case OTHER:
        return 0;
    case NOTHING:
        return printed ? PRINTED_SCORE : 0;
    }
    return 0;
}

/* An extension at `to`: "x12", " ext. 12"; the offset after it, or `to`. */
static size_t
read_extension(struct text text, size_t to)
{
    size_t at = to + (pii_char_at(text, to) == ' ');
    const size_t word = at;

    while (pii_char_is(pii_char_at(text, at), PII_CHAR_LETTER) &&
           at - word < sizeof("extension")) {
        at++;
    }
    if (!pii_word_listed(text_part(text, word, at), "x ext extn extension")) {
        return to;
    }
    at += pii_char_at(text, at) == '.';
    at += pii_char_at(text, at) == ' ';
    const size_t digits = at;

    while (digit_at(text, at) && at - digits < 7) {
        at++;
    }
    return at > digits && at - digits < 7 ? at : to;
}

bool
pii_phone_find(struct text plain, size_t at, struct pii_match *out)
{
    struct dial d;

    if (!pii_char_opens(plain, at) ||
        (at > 0 && plain.at[at] != '+' && plain.at[at - 1] == '+')) {
        return false;
    }
    read_dial(plain, at, &d);
    size_t digits = d.count;

    for (size_t count = d.groups; count > 0 && digits >= TOLD_LEAST; count--) {
        const size_t to = read_extension(plain, d.ends[count - 1]);
        const bool whole = count == d.groups || d.gap[count] == ' ' ||
                           d.gap[count] == '(' || to > d.ends[count - 1];
        const double score = whole && pii_char_shuts(plain, to)
                                 ? judge(plain, at, &d, count, digits)
                                 : 0;

        if (score > 0) {
            *out = (struct pii_match){.entity = PII_PHONE_NUMBER,
                                      .from = at,
                                      .to = to,
                                      .score = score};
            return true;
        }
        digits -= d.len[count - 1];
    }
    return false;
}

/* The digit that the word at `at` is, or -1; *to is the offset after it. */
static int
spelled_digit(struct text text, size_t at, size_t *to)
{
    static const char words[][6] = {"zero", "one", "two",   "three", "four",
                                    "five", "six", "seven", "eight", "nine"};
    size_t end = at;

    *to = at;
    if (memchr("zotfsen", ascii_lower(pii_char_at(text, at)), 7) == NULL) {
        return -1;
    }
    while (end < text.len && end - at < 6 &&
           pii_char_is(text.at[end], PII_CHAR_LETTER)) {
        end++;
    }
    const struct text word = text_part(text, at, end);

    *to = end;
    for (int i = 0; i < 10; i++) {
        if (pii_word_same(word, text_of(words[i]))) {
            return i;
        }
    }
    return pii_word_same(word, TEXT("oh")) ? 0 : -1;
}

/* Counting up or down is no number to call. */
static bool
is_counting(const char *digits, size_t count)
{
    size_t up = 0, down = 0;

    for (size_t i = 1; i < count; i++) {
        up += digits[i] == digits[i - 1] + 1;
        down += digits[i] + 1 == digits[i - 1];
    }
    return up + 2 >= count || down + 2 >= count;
}

bool
pii_phone_spelled(struct text plain, size_t at, size_t *end,
                  struct pii_match *out)
{
    char digits[SPELLED_MOST];
    size_t count = 0, to = at;

    *end = at;
    for (size_t from = at; from < plain.len;) {
        const int digit = spelled_digit(plain, from, &to);

        if (digit < 0) {
            break;
        }
        if (count < SPELLED_MOST) {
            digits[count] = (char)('0' + digit);
        }
        count++;
        *end = to;
        from = to;
        from += strchr(",-.", pii_char_at(plain, from)) != NULL &&
                pii_char_at(plain, from) != '\0';
        from += pii_char_at(plain, from) == ' ';
        if (from == to) {
            break;
        }
    }
    if (count < SPELLED_LEAST || count > SPELLED_MOST ||
        is_counting(digits, count) || !pii_char_opens(plain, at)) {
        return false;
    }
    *out = (struct pii_match){.entity = PII_PHONE_NUMBER,
                              .from = at,
                              .to = *end,
                              .score = PRINTED_SCORE};
    return true;
}
