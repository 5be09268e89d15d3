#include "sidecar/engine/pii_street.h"

#include <stdlib.h>

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_place.h"
#include "sidecar/engine/pii_word.h"

enum {
    NAME_WORDS = 5, /* of a street's name with its suffix */
    SUFFIX_BYTES = 12,
    BACK_BYTES = 96 /* of a name that stands before its number */
};

#define FULL_SCORE  0.9 /* a state or postcode stands with it */
#define TOWN_SCORE  0.8
#define PLAIN_SCORE 0.7
#define TOLD_SCORE  0.6 /* without capitals, on a word's evidence */

/* Sorted. USPS Publication 28, and what Britain has besides. */
static const char suffixes[][SUFFIX_BYTES] = {
    "alley",     "aly",      "av",     "ave",      "avenue", "blvd",
    "boulevard", "cir",      "circle", "circus",   "close",  "court",
    "cres",      "crescent", "ct",     "dr",       "drive",  "esplanade",
    "expy",      "freeway",  "fwy",    "gardens",  "gate",   "gdns",
    "green",     "grove",    "grv",    "highway",  "hill",   "hwy",
    "lane",      "ln",       "loop",   "mews",     "parade", "park",
    "parkway",   "path",     "pike",   "pkwy",     "pl",     "place",
    "plaza",     "quay",     "rd",     "rise",     "road",   "row",
    "sq",        "square",   "st",     "street",   "ter",    "terrace",
    "tpke",      "trail",    "trl",    "turnpike", "walk",   "way",
    "wharf",
};

/* With these the name may be without capitals, where a word tells. */
static const char sure_suffixes[] =
    "street st avenue ave road rd boulevard blvd lane ln drive terrace";

/* Without a suffix. */
static const char whole_names[] = "broadway piccadilly strand haymarket";

static const char directions[] =
    "n s e w ne nw se sw north south east west northeast northwest southeast "
    "southwest";

/* No name begins with these: "Chapter 3 The Long Road". */
static const char no_names[] =
    "the a an my our your his her their this that these those of in on at to "
    "and or for with more other different long wrong right same new only by "
    "minutes miles hours days people men women feet";

/* Before the number: it counts something else. */
static const char counted[] =
    "chapter part episode level act scene book season vol volume phase step "
    "world stage page version year gen type class figure table verse line "
    "score pages chapters";

/* Before the number: a year, if it could be one. */
static const char year_words[] =
    "in since until till from by year around circa summer winter spring autumn "
    "january february march april may june july august september october "
    "november december of";

static const char telling[] =
    "address addresses live lives living lived at located location ship send "
    "deliver delivered delivery mail visit house home residence office";

/* Romance: these stand before the name. */
static const char french[] = "rue avenue boulevard place all\xc3\xa9"
                             "e allee chemin quai impasse cours "
                             "route square passage";
static const char before_names[] = "calle via viale piazza corso avenida rua "
                                   "paseo plaza carrer largo travessa "
                                   "rue avenue boulevard ulica ul av carrera";
static const char particles[] =
    "de la du des le les del della dei di da do dos das el los las van der den "
    "y e";

/* Germanic and others: they end the name. Longest first where one ends so. */
static const struct {
    const char *end;
    size_t stem; /* bytes before it at least */
} endings[] = {
    {"stra\xc3\x9f"
     "e",
     2},
    {"strasse", 2},
    {"stra\xc3\x9f", 2},
    {"gasse", 3},
    {"allee", 3},
    {"platz", 3},
    {"weg", 4},
    {"damm", 4},
    {"ufer", 4},
    {"chaussee", 0},
    {"straat", 2},
    {"laan", 4},
    {"gracht", 3},
    {"plein", 3},
    {"gatan", 3},
    {"v\xc3\xa4gen", 3},
    {"veien", 3},
    {"sgade", 3},
    {"rgade", 3},
    {"sgata", 3},
    {"katu", 3},
    {"str", 3},
    {"utca", 0},
};

static int
by_text(const void *key, const void *row)
{
    return strcmp(key, row);
}

static bool
is_suffix(struct text word)
{
    char key[SUFFIX_BYTES];

    if (word.len < 2 || word.len >= SUFFIX_BYTES) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        key[i] = ascii_lower(word.at[i]);
    }
    key[word.len] = '\0';
    return bsearch(key, suffixes, sizeof(suffixes) / sizeof(suffixes[0]),
                   sizeof(suffixes[0]), by_text) != NULL;
}

/* The end of the number's token: "12", "221B", "12-14", "12 bis"; 0: none. */
static size_t
number_end(struct text text, size_t from, size_t to)
{
    size_t digits = 0;

    while (from + digits < to &&
           pii_char_is(text.at[from + digits], PII_CHAR_DIGIT)) {
        digits++;
    }
    if (digits == 0 || digits > 5 || to - from > digits + 1) {
        return 0;
    }
    const char c = pii_char_at(text, to);

    if ((c == '-' || c == '/') &&
        pii_char_is(pii_char_at(text, to + 1), PII_CHAR_DIGIT)) {
        size_t end = to + 1;

        while (end - to < 5 && pii_char_word(pii_char_at(text, end))) {
            end++;
        }
        return pii_char_word(pii_char_at(text, end)) ? 0 : end;
    }
    return to;
}

/* "In 1848 Vienna Square": a year, where nothing follows the street. */
static bool
is_year(struct text text, size_t from, size_t to)
{
    return to - from == 4 && (text.at[from] == '1' || text.at[from] == '2') &&
           pii_char_is(text.at[to - 1], PII_CHAR_DIGIT) &&
           pii_word_before(text, from, year_words, 1);
}

/* "5th", "42nd": the end of it, or `at`. */
static size_t
ordinal_end(struct text text, size_t at)
{
    size_t to = at;

    while (to - at < 4 && pii_char_is(pii_char_at(text, to), PII_CHAR_DIGIT)) {
        to++;
    }
    const size_t end = to + 2;

    return to > at && end <= text.len &&
                   pii_word_listed(text_part(text, to, end), "st nd rd th") &&
                   !pii_char_word(pii_char_at(text, end))
               ? end
               : at;
}

/* A street as it was read. */
struct street {
    size_t to;     /* after the name and its suffix; 0: there is none */
    bool capitals; /* the name has them */
    bool sure;     /* the suffix is one of sure_suffixes */
    bool dotted;   /* an abbreviation, and a point follows */
};

/*
 * A name and its suffix from `at`. The last suffix counts, "Oak Hill Rd", if
 * it has a capital where the name has.
 */
static struct street
read_street(struct text text, size_t at)
{
    struct street street = {0, true, false, false};
    size_t names = 0;

    for (size_t i = 0; i < NAME_WORDS; i++) {
        size_t to = ordinal_end(text, at);
        const bool ordinal = to > at;

        to = ordinal ? to : pii_place_word(text, at);
        const struct text word = text_part(text, at, to);
        const bool capital = ordinal || pii_place_capital(text, at);

        if (to == at) {
            break;
        }
        if (names > 0 && is_suffix(word) && (capital || street.to == 0)) {
            street.to = to;
            street.sure = pii_word_listed(word, sure_suffixes);
            street.dotted = pii_char_at(text, to) == '.' && word.len <= 4;
        } else if (pii_word_listed(word, whole_names) && capital) {
            street.to = to;
            street.sure = true;
        } else if (!capital && street.to > 0) {
            break;
        }
        street.capitals = street.capitals && (capital || street.to == to);
        names += word.len > 9 || !pii_word_listed(word, directions);
        to += pii_char_at(text, to) == '.' && to - at <= 2;
        if (pii_char_at(text, to) != ' ') {
            break;
        }
        at = to + 1;
    }
    return street;
}

static bool
found(size_t from, const struct pii_place *place, double score,
      struct pii_match *out)
{
    *out = (struct pii_match){
        .entity = PII_STREET_ADDRESS,
        .from = from,
        .to = place->to,
        .score = place->proof == PII_PLACE_CODE ? FULL_SCORE
                 : place->proof == PII_PLACE_TOWN && score >= PLAIN_SCORE
                     ? TOWN_SCORE
                     : score};
    return true;
}

/* "5914 Oak Hill Rd, Portland, OR 97205" */
static bool
find_english(struct text text, size_t from, size_t number,
             struct pii_match *out)
{
    if (pii_char_at(text, number) != ' ') {
        return false;
    }
    const struct street street = read_street(text, number + 1);

    if (street.to == 0 || pii_word_before(text, from, counted, 1) ||
        pii_word_listed(
            text_part(text, number + 1, pii_place_word(text, number + 1)),
            no_names)) {
        return false;
    }
    struct pii_place place = pii_place_read(text, street.to + street.dotted);

    if (place.proof == PII_PLACE_NONE && is_year(text, from, number)) {
        return false;
    }
    // The point after "St" is the sentence's where the address ends there.
    if (street.dotted && place.to == street.to + 1) {
        place.to = street.to;
    }
    if (street.capitals) {
        return found(from, &place, PLAIN_SCORE, out);
    }
    return street.sure &&
           (place.proof == PII_PLACE_CODE ||
            pii_word_before(text, from, telling, 3)) &&
           found(from, &place, TOLD_SCORE, out);
}

/* The end of "de la Paix", particles and at least one name; or `at`. */
static size_t
romance_name_end(struct text text, size_t at)
{
    size_t end = at;

    for (size_t i = 0; i < NAME_WORDS && pii_char_at(text, at) == ' '; i++) {
        const size_t to = pii_place_word(text, at + 1);
        const struct text word = text_part(text, at + 1, to);
        const bool elided = word.len > 2 && word.at[1] == '\'';

        if (to == at + 1) {
            break;
        }
        if (pii_place_capital(text, at + 1) ||
            (elided && pii_place_capital(text, at + 3))) {
            end = to;
        } else if (!pii_word_listed(word, particles)) {
            break;
        }
        at = to;
    }
    return end;
}

/* "12 rue de la Paix, 75002 Paris", "12 bis, avenue Foch" */
static bool
find_french(struct text text, size_t from, size_t number, struct pii_match *out)
{
    size_t at = number;

    if (pii_char_at(text, at) == ' ') {
        const size_t more = pii_place_word(text, at + 1);

        at = pii_word_listed(text_part(text, at + 1, more), "bis ter") ? more
                                                                       : at;
    }
    at += pii_char_at(text, at) == ',';
    if (pii_char_at(text, at) != ' ') {
        return false;
    }
    const size_t kind = pii_place_word(text, at + 1);

    if (!pii_word_listed(text_part(text, at + 1, kind), french)) {
        return false;
    }
    const size_t end = romance_name_end(text, kind);

    if (end == kind) {
        return false;
    }
    const struct pii_place place = pii_place_read(text, end);

    return found(from, &place, PLAIN_SCORE, out);
}

/* Is the word one that ends as names of streets do? */
static bool
has_ending(struct text word)
{
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        const struct text end = text_of(endings[i].end);

        if (word.len >= end.len + endings[i].stem &&
            pii_word_same(text_part(word, word.len - end.len, word.len), end)) {
            return true;
        }
    }
    return false;
}

/* The words before the number, nearest first: where each begins. */
static size_t
word_start(struct text text, size_t end, size_t least)
{
    size_t at = end;

    while (
        at > least &&
        (pii_char_is(text.at[at - 1], PII_CHAR_LETTER) ||
         ((text.at[at - 1] == '-' || text.at[at - 1] == '\'') && at < end))) {
        at--;
    }
    return at;
}

/* "Hauptstrasse 12", "Karl-Marx-Str. 5", "Calle Mayor 5": where it begins. */
static size_t
street_before(struct text text, size_t number)
{
    const size_t least = number > BACK_BYTES ? number - BACK_BYTES : 0;
    size_t end = number;

    end -= end > least && text.at[end - 1] == ' ';
    if (end == number) {
        return number;
    }
    end -= end > least && (text.at[end - 1] == ',' || text.at[end - 1] == '.');
    size_t at = word_start(text, end, least);

    if (pii_place_capital(text, at) && has_ending(text_part(text, at, end))) {
        return at;
    }
    // Particles and names back to the word for a street.
    for (size_t i = 0; i < NAME_WORDS && at < end; i++) {
        const struct text word = text_part(text, at, end);
        const bool capital = pii_place_capital(text, at);

        // "Via Roma 12", but not "Alice via Bob 12".
        if (i > 0 && pii_word_listed(word, before_names) &&
            (capital || pii_word_listed(word, french) ||
             pii_word_listed(word, "ul ulica"))) {
            return at;
        }
        if ((!capital && (i == 0 || !pii_word_listed(word, particles))) ||
            at == least || text.at[at - 1] != ' ') {
            break;
        }
        end = at - 1;
        end -= end > least && text.at[end - 1] == '.';
        at = word_start(text, end, least);
    }
    return number;
}

static bool
find_after(struct text text, size_t from, size_t number, struct pii_match *out)
{
    const size_t start = street_before(text, from);

    if (start == from || !pii_char_opens(text, start) ||
        pii_char_at(text, number) == '%') {
        return false;
    }
    const struct pii_place place = pii_place_read(text, number);

    return found(start, &place, PLAIN_SCORE, out);
}

/* "P.O. Box 242" */
static bool
find_box(struct text text, size_t from, size_t number, struct pii_match *out)
{
    static const char *const forms[] = {"P.O. Box ",        "PO Box ",
                                        "P.O.Box ",         "P. O. Box ",
                                        "Post Office Box ", "Postfach "};

    if (from < 7 || strchr("xXhH", text.at[from - 2]) == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const size_t len = strlen(forms[i]);

        if (from >= len &&
            pii_word_same(text_part(text, from - len, from),
                          text_of(forms[i])) &&
            pii_char_opens(text, from - len)) {
            const struct pii_place place = pii_place_read(text, number);

            return found(from - len, &place, PLAIN_SCORE, out);
        }
    }
    return false;
}

bool
pii_street_find(struct text plain, size_t from, size_t to,
                struct pii_match *out)
{
    const size_t number = number_end(plain, from, to);

    if (number == 0 || !pii_char_opens(plain, from)) {
        return false;
    }
    const char before = from > 0 ? plain.at[from - 1] : '\0';
    const char next = pii_char_at(plain, number);

    if (before == '#' || before == '*' || next == '%') {
        return false;
    }
    return find_english(plain, from, number, out) ||
           find_french(plain, from, number, out) ||
           (before == ' ' && (find_box(plain, from, number, out) ||
                              find_after(plain, from, number, out)));
}
