#include "sidecar/engine/pii_place.h"

#include "sidecar/base/ascii.h"
#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_word.h"

enum {
    WORD_BYTES = 40,
    TOWN_WORDS = 4 /* "Newcastle upon Tyne", "Palos Verdes Estates" */
};

static const char units[] =
    "apt apartment suite ste unit flat floor fl room rm no app appartement "
    "wohnung piso lot bldg building";

/* USPS, Canada Post and Australia Post. */
static const char states[] =
    "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn "
    "ms mo mt ne nv nh nj nm ny nc nd oh ok or pa pr ri sc sd tn tx ut vt va "
    "wa wv wi wy ab bc mb nb nl ns nt nu on pe qc sk yt nsw vic qld tas act sa";

static const char countries[] =
    "usa us uk england scotland wales ireland canada australia germany "
    "deutschland france spain italy austria switzerland netherlands belgium "
    "sweden norway denmark finland iceland poland portugal greece hungary "
    "estonia latvia lithuania slovenia slovakia croatia romania bulgaria "
    "czechia cyprus malta luxembourg turkey brazil mexico uruguay argentina "
    "chile india japan china tunisia";

/* Towns that need no more proof: large, and rarely names of persons. */
static const char towns[] =
    "london paris berlin madrid rome vienna dublin leeds manchester birmingham "
    "glasgow edinburgh cardiff belfast bristol liverpool sheffield oxford "
    "cambridge brighton nottingham newcastle york bath boston chicago seattle "
    "portland denver dallas houston miami atlanta detroit philadelphia phoenix "
    "baltimore cleveland minneapolis brooklyn manhattan springfield toronto "
    "montreal vancouver ottawa calgary melbourne brisbane perth adelaide "
    "auckland wellington amsterdam rotterdam brussels antwerp hamburg munich "
    "cologne frankfurt stuttgart lyon marseille barcelona valencia milan "
    "naples turin lisbon porto zurich geneva basel stockholm oslo copenhagen "
    "helsinki warsaw krakow prague budapest athens tokyo";

/* Begin a sentence or clause after the street, not a town. */
static const char openers[] =
    "i the a an he she it we you they but and so then please mr mrs ms dr my "
    "his her our their this that there here when where if not no yes or sir "
    "madam darling dear what who why how call ask tell come go meet bring ring "
    "knock take thank thanks hello hi just do don did";

/* After a person's name, hardly after a town's. */
static const char doings[] =
    "said says told asked lives lived will would has had thinks thought knows "
    "knew likes loves wants wanted went came can could should must replied";

size_t
pii_place_word(struct text plain, size_t at)
{
    size_t to = at;

    while (to < plain.len && to - at < WORD_BYTES) {
        const char c = plain.at[to];
        const bool inner =
            to > at && (c == '\'' || c == '-') &&
            pii_char_is(pii_char_at(plain, to + 1), PII_CHAR_LETTER);

        if (!pii_char_is(c, PII_CHAR_LETTER) && !inner) {
            break;
        }
        to++;
    }
    return to - at < WORD_BYTES ? to : at;
}

bool
pii_place_capital(struct text plain, size_t at)
{
    const char c = pii_char_at(plain, at);

    return ascii_is_capital(c) || (unsigned char)c >= 0x80;
}

/* The end of exactly `least` to `most` digits from `at`, not more; or `at`. */
static size_t
digits_end(struct text text, size_t at, size_t least, size_t most)
{
    size_t to = at;

    while (to - at <= most &&
           pii_char_is(pii_char_at(text, to), PII_CHAR_DIGIT)) {
        to++;
    }
    return to - at >= least && to - at <= most &&
                   !pii_char_word(pii_char_at(text, to))
               ? to
               : at;
}

static bool
letter_at(struct text text, size_t at)
{
    const char c = ascii_upper(pii_char_at(text, at));

    return ascii_is_capital(c);
}

static bool
digit_at(struct text text, size_t at)
{
    return pii_char_is(pii_char_at(text, at), PII_CHAR_DIGIT);
}

/* "LS1 4DY", "SW1A 1AA" (BS 7666); "K1A 0B1"; the end of it, or `at`. */
static size_t
british_end(struct text text, size_t at)
{
    size_t to = at;

    while (to - at < 2 && letter_at(text, to)) {
        to++;
    }
    if (to == at || !digit_at(text, to)) {
        return at;
    }
    const bool canadian = to - at == 1 && letter_at(text, to + 1);

    to++;
    to += digit_at(text, to) || letter_at(text, to);
    to += pii_char_at(text, to) == ' ';
    const bool inward =
        digit_at(text, to) && letter_at(text, to + 1) &&
        (letter_at(text, to + 2) || (canadian && digit_at(text, to + 2))) &&
        !pii_char_word(pii_char_at(text, to + 3));

    return inward ? to + 3 : at;
}

/* A ZIP code, with its four more digits or not; or `at`. */
static size_t
zip_end(struct text text, size_t at)
{
    size_t to = digits_end(text, at, 5, 5);

    if (to > at && pii_char_at(text, to) == '-') {
        const size_t more = digits_end(text, to + 1, 4, 4);

        to = more > to + 1 ? more : to;
    }
    return to;
}

/* What parts the lines of an address: ", ", " ", a line break. */
static size_t
skip_gap(struct text text, size_t at, bool *comma)
{
    size_t to = at;

    *comma = false;
    while (to - at < 6 && to < text.len &&
           (pii_char_is(text.at[to], PII_CHAR_SPACE) || text.at[to] == ',')) {
        *comma = *comma || text.at[to] == ',' || text.at[to] == '\n';
        to++;
    }
    return to;
}

/* ", Apt. 4B", " #12", ", 2nd Floor"; the end of it, or `at`. */
static size_t
unit_end(struct text text, size_t at)
{
    bool comma;
    size_t to = skip_gap(text, at, &comma);
    const size_t word = to;

    to = pii_place_word(text, to);
    if (to > word) {
        if (!pii_word_listed(text_part(text, word, to), units)) {
            return at;
        }
        to += pii_char_at(text, to) == '.';
        to += pii_char_at(text, to) == ' ';
        to += pii_char_at(text, to) == '#';
    } else if (pii_char_at(text, to) == '#') {
        to++;
    } else {
        return at;
    }
    const size_t value = to;

    while (to - value < 6 && pii_char_word(pii_char_at(text, to))) {
        to++;
    }
    return to > value && to - value < 6 &&
                   (digit_at(text, value) || to - value == 1)
               ? to
               : at;
}

/* A state's two or three letters at `at`; the end of it, or `at`. */
static size_t
state_end(struct text text, size_t at)
{
    size_t to = at;

    while (to - at < 4 && ascii_is_capital(pii_char_at(text, to))) {
        to++;
    }
    return to - at >= 2 && to - at <= 3 &&
                   !pii_char_word(pii_char_at(text, to)) &&
                   pii_word_listed(text_part(text, at, to), states)
               ? to
               : at;
}

/* A code after a town: ", OR 97205", " MA 02108", " LS1 4DY"; or `at`. */
static size_t
code_end(struct text text, size_t at)
{
    bool comma;
    const size_t from = skip_gap(text, at, &comma);
    const size_t state = state_end(text, from);

    if (from == at) {
        return at;
    }
    if (state > from) {
        bool ignored;
        const size_t next = skip_gap(text, state, &ignored);
        size_t to = zip_end(text, next);

        to = to > next ? to : british_end(text, next);
        to = to > next ? to : digits_end(text, next, 4, 4);
        return to > next && next > state ? to : comma ? state : at;
    }
    const size_t zip = zip_end(text, from);

    if (zip > from) {
        return zip;
    }
    const size_t british = british_end(text, from);

    return british > from ? british : at;
}

/* One more word of a town's name from `at`, after a blank or at the start. */
static size_t
town_word(struct text text, size_t at)
{
    size_t to = pii_place_word(text, at);

    // "St. Louis"
    if (to - at == 2 && pii_char_at(text, to) == '.' &&
        pii_char_at(text, to + 1) == ' ' && pii_place_capital(text, to + 2)) {
        to++;
    }
    return to;
}

/* Is the name, at the end of which `to` is, a town's by what surrounds it? */
static bool
is_town(struct text text, size_t from, size_t to, size_t words)
{
    const char next = pii_char_at(text, to);

    if (pii_word_listed(text_part(text, from, pii_place_word(text, from)),
                        openers)) {
        return false;
    }
    if (words == 1 && pii_word_listed(text_part(text, from, to), towns)) {
        return true;
    }
    if (next != ' ') {
        return next != '\'';
    }
    const size_t after = pii_place_word(text, to + 1);

    return !pii_word_listed(text_part(text, to + 1, after), doings);
}

/* ", UK" after all; the end of it, or `at`. */
static size_t
country_end(struct text text, size_t at)
{
    bool comma;
    const size_t from = skip_gap(text, at, &comma);
    const size_t to = pii_place_word(text, from);

    if (comma && to > from &&
        pii_word_listed(text_part(text, from, to), countries)) {
        return to;
    }
    return at;
}

/* "10115 Berlin", "75002 Paris", "1012 AB Amsterdam"; or `at`. */
static size_t
continental_end(struct text text, size_t at)
{
    size_t to = digits_end(text, at, 4, 5);

    if (to == at || pii_char_at(text, to) != ' ') {
        return at;
    }
    size_t word = to + 1;

    if (ascii_is_capital(pii_char_at(text, word)) &&
        ascii_is_capital(pii_char_at(text, word + 1)) &&
        pii_char_at(text, word + 2) == ' ') {
        word += 3;
    }
    const size_t end = pii_place_word(text, word);

    return end > word + 1 && pii_place_capital(text, word) ? end : at;
}

/* ", California 90028" after a town: the end of it, or `at`. */
static size_t
region_end(struct text text, size_t at)
{
    bool comma;
    size_t from = skip_gap(text, at, &comma);

    for (size_t words = 0; comma && words < 2; words++) {
        const size_t to = pii_place_word(text, from);

        if (to == from || !pii_place_capital(text, from) ||
            pii_char_at(text, to) != ' ') {
            break;
        }
        const size_t zip = zip_end(text, to + 1);

        if (zip > to + 1) {
            return zip;
        }
        from = to + 1;
    }
    return at;
}

/* A town from `at`, with its code or without. */
static struct pii_place
read_town(struct text text, size_t at, bool comma)
{
    struct pii_place found = {at, PII_PLACE_NONE};
    const size_t ahead = continental_end(text, at);

    if (ahead > at) {
        return (struct pii_place){ahead, PII_PLACE_CODE};
    }
    for (size_t words = 1, to = at; words <= TOWN_WORDS; words++) {
        const size_t from = words == 1 ? at : to + 1;

        if (words > 1 && pii_char_at(text, to) != ' ') {
            break;
        }
        const size_t end = town_word(text, from);
        const bool capital = pii_place_capital(text, from);

        if (end == from ||
            (!capital && (words == 1 ||
                          !pii_word_listed(text_part(text, from, end),
                                           "upon on of the de la le in am")))) {
            break;
        }
        to = end;
        const size_t code = capital ? code_end(text, to) : to;

        if (code > to) {
            return (struct pii_place){code, PII_PLACE_CODE};
        }
        if (capital && comma && is_town(text, at, to, words)) {
            found = (struct pii_place){to, PII_PLACE_TOWN};
        }
    }
    if (found.proof == PII_PLACE_TOWN) {
        const size_t code = region_end(text, found.to);

        return code > found.to ? (struct pii_place){code, PII_PLACE_CODE}
                               : found;
    }
    return found;
}

struct pii_place
pii_place_read(struct text plain, size_t at)
{
    bool comma;
    const size_t unit = unit_end(plain, at);
    const size_t from = skip_gap(plain, unit, &comma);
    struct pii_place place = {unit, PII_PLACE_NONE};

    if (from == unit) {
        return place;
    }
    const size_t code = code_end(plain, unit);

    if (code > unit && continental_end(plain, from) == from) {
        place = (struct pii_place){code, PII_PLACE_CODE};
    } else {
        const struct pii_place town = read_town(plain, from, comma);

        if (town.proof != PII_PLACE_NONE) {
            place = town;
        }
    }
    if (place.proof != PII_PLACE_NONE) {
        place.to = country_end(plain, place.to);
    }
    return place;
}
