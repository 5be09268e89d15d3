#include "sidecar/engine/mutate.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/hash.h"
#include "sidecar/base/nearest.h"
#include "sidecar/base/utf8.h"

const char *const mutate_names[MUTATE_KINDS + 1] = {
    "casing", "zero_width", "confusable", "fullwidth", "diacritic",
    "entity", "leet",       "spaced",     "stretched", NULL};

struct mutator {
    struct text text;
    struct span place;
    struct mutate_how how;
    bool *chosen; /* [place's bytes] this character is changed */
    char *out;    /* what has been written of the place */
    size_t len;
    struct span word; /* MUTATE_SPACED: the one that is spaced */
};

unsigned
mutate_usual(bool strong)
{
    const unsigned basic =
        MUTATE_BIT(MUTATE_CASING) | MUTATE_BIT(MUTATE_ZERO_WIDTH) |
        MUTATE_BIT(MUTATE_CONFUSABLE) | MUTATE_BIT(MUTATE_FULLWIDTH) |
        MUTATE_BIT(MUTATE_DIACRITIC);
    const unsigned more = MUTATE_BIT(MUTATE_LEET) | MUTATE_BIT(MUTATE_SPACED) |
                          MUTATE_BIT(MUTATE_STRETCHED);

    return strong ? basic | more : basic;
}

static bool
parse_word(struct text word, unsigned *out, struct err *err)
{
    if (text_is(word, "all") || text_is(word, "none")) {
        *out |= text_is(word, "all") ? MUTATE_ALL : 0;
        return true;
    }
    for (int i = 0; i < MUTATE_KINDS; i++) {
        if (text_is(word, mutate_names[i])) {
            *out |= MUTATE_BIT(i);
            return true;
        }
    }
    const char *near = nearest_name(word, mutate_names);
    err_set(err, ERR_INVALID, "no mutation \"%.*s\"%s%s%s", TEXT_ARGS(word),
            near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
            near != NULL ? "\"?" : "");
    return false;
}

bool
mutate_parse(struct text words, unsigned *out, struct err *err)
{
    *out = 0;
    for (size_t from = 0; from <= words.len;) {
        size_t to = from;
        while (to < words.len && words.at[to] != ',') {
            to++;
        }
        if (!parse_word(text_part(words, from, to), out, err)) {
            return false;
        }
        from = to + 1;
    }
    return true;
}

/* ---------------------------------------------------------- what can change */

/* The byte at `at` of the text, or NUL outside of it. */
static char
byte_at(const struct mutator *m, size_t at)
{
    return at < m->text.len ? m->text.at[at] : '\0';
}

static char
byte_before(const struct mutator *m, size_t at)
{
    return at > 0 ? m->text.at[at - 1] : '\0';
}

/* Cyrillic look-alikes that UTS 39 gives the Latin letter as skeleton. */
static uint32_t
look_alike(char c)
{
    static const char latin[] = "aceijopsxyABCEHKMOPTX";
    static const uint16_t cyrillic[] = {
        0x430, 0x441, 0x435, 0x456, 0x458, 0x43e, 0x440,
        0x455, 0x445, 0x443, 0x410, 0x412, 0x421, 0x415,
        0x41d, 0x41a, 0x41c, 0x41e, 0x420, 0x422, 0x425};
    const char *found = c != '\0' ? strchr(latin, c) : NULL;

    return found != NULL ? cyrillic[found - latin] : 0;
}

/* The forms that the leet view reads back; two of a letter, by the seed. */
static char
leet_of(char c, uint64_t random)
{
    static const char letters[] = "aeiost";
    static const char first[] = "431057", second[] = "@3!0$7";
    const char *found = c != '\0' ? strchr(letters, c | 0x20) : NULL;

    if (found == NULL || !ascii_is_letter(c)) {
        return '\0';
    }
    return (random & 1) != 0 ? second[found - letters] : first[found - letters];
}

/* A letter that stands alone between others: a run would not be undone. */
static bool
is_single(const struct mutator *m, size_t at)
{
    const int c = m->text.at[at] | 0x20;

    return (byte_before(m, at) | 0x20) != c && (byte_at(m, at + 1) | 0x20) != c;
}

static bool
can_change(const struct mutator *m, size_t at)
{
    const char c = m->text.at[at];
    const bool inner = at > m->place.from;
    const char before = byte_before(m, at);

    switch (m->how.kind) {
    case MUTATE_CASING:
    case MUTATE_DIACRITIC:
        return ascii_is_letter(c);
    case MUTATE_ZERO_WIDTH:
        return ascii_is_alnum(c) && inner && ascii_is_alnum(before);
    case MUTATE_CONFUSABLE:
        return look_alike(c) != 0 && ascii_is_letter(before);
    case MUTATE_FULLWIDTH:
    case MUTATE_ENTITY:
        return ascii_is_alnum(c);
    case MUTATE_LEET:
        return leet_of(c, 0) != '\0' && ascii_is_letter(before);
    case MUTATE_SPACED:
        return at > m->word.from && at < m->word.to;
    case MUTATE_STRETCHED:
        return ascii_is_letter(c) && is_single(m, at);
    case MUTATE_KINDS:
        break;
    }
    return false;
}

/* ------------------------------------------------------------------ choosing
 */

/* Of how many that could change one does; 1: all. */
static unsigned
one_in(enum mutate_kind kind)
{
    switch (kind) {
    case MUTATE_FULLWIDTH:
    case MUTATE_SPACED:
        return 1;
    case MUTATE_CASING:
    case MUTATE_ZERO_WIDTH:
    case MUTATE_CONFUSABLE:
    case MUTATE_LEET:
        return 2;
    case MUTATE_DIACRITIC:
    case MUTATE_ENTITY:
    case MUTATE_STRETCHED:
    case MUTATE_KINDS:
        break;
    }
    return 3;
}

/* Two look-alikes in a row would leave the second without its neighbour. */
static bool
wants_neighbour(enum mutate_kind kind)
{
    return kind == MUTATE_CONFUSABLE || kind == MUTATE_LEET;
}

static uint64_t
random_at(const struct mutator *m, size_t at)
{
    return hash_mix(m->how.seed * 0x9e3779b97f4a7c15u + at +
                    ((uint64_t)m->how.kind << 32));
}

static size_t
count_possible(const struct mutator *m)
{
    size_t count = 0;

    for (size_t at = m->place.from; at < m->place.to; at++) {
        count += can_change(m, at) ? 1 : 0;
    }
    return count;
}

/* At least one where any can: which is always changed is the seed's to say. */
static size_t
choose(struct mutator *m)
{
    const size_t possible = count_possible(m);
    const size_t sure = possible > 0 ? (size_t)(random_at(m, 0) % possible) : 0;
    size_t nth = 0, count = 0;
    bool last = false;

    for (size_t at = m->place.from; at < m->place.to; at++) {
        bool now = false;
        if (can_change(m, at)) {
            now = nth == sure || random_at(m, at) % one_in(m->how.kind) == 0;
            nth++;
        }
        now = now && !(last && wants_neighbour(m->how.kind));
        m->chosen[at - m->place.from] = now;
        count += now ? 1 : 0;
        last = now;
    }
    return count;
}

static void
find_longest_word(struct mutator *m)
{
    size_t from = m->place.from;

    m->word = (struct span){from, from};
    for (size_t at = from; at <= m->place.to; at++) {
        if (at < m->place.to && ascii_is_letter(m->text.at[at])) {
            continue;
        }
        // Two letters and a dot are an abbreviation.
        if (at - from >= 3 && at - from > m->word.to - m->word.from) {
            m->word = (struct span){from, at};
        }
        from = at + 1;
    }
}

/* ------------------------------------------------------------------- writing
 */

static void
put(struct mutator *m, uint32_t c)
{
    m->len += utf8_put(c, m->out + m->len);
}

static void
put_entity(struct mutator *m, char c, bool hexadecimal)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned n = (unsigned char)c;

    put(m, '&');
    put(m, '#');
    if (hexadecimal) {
        put(m, 'x');
        put(m, (unsigned char)digits[n >> 4]);
        put(m, (unsigned char)digits[n & 15]);
    } else {
        if (n >= 100) {
            put(m, '0' + n / 100);
        }
        put(m, '0' + n / 10 % 10);
        put(m, '0' + n % 10);
    }
    put(m, ';');
}

static void
put_changed(struct mutator *m, size_t at)
{
    static const uint16_t nothing[] = {0x200b, 0x200c, 0x200d, 0x2060, 0xad};
    static const uint16_t marks[] = {0x301, 0x308, 0x323, 0x30a};
    static const char separators[] = " .-_";
    const uint64_t random = random_at(m, at);
    const unsigned char c = (unsigned char)m->text.at[at];

    switch (m->how.kind) {
    case MUTATE_CASING:
        put(m, c ^ 0x20u);
        break;
    case MUTATE_ZERO_WIDTH:
        put(m, nothing[random % (sizeof(nothing) / sizeof(nothing[0]))]);
        put(m, c);
        break;
    case MUTATE_CONFUSABLE:
        put(m, look_alike((char)c));
        break;
    case MUTATE_FULLWIDTH:
        put(m, c + 0xfee0u);
        break;
    case MUTATE_DIACRITIC:
        put(m, c);
        put(m, marks[random % (sizeof(marks) / sizeof(marks[0]))]);
        break;
    case MUTATE_ENTITY:
        put_entity(m, (char)c, (random & 1) != 0);
        break;
    case MUTATE_LEET:
        put(m, (unsigned char)leet_of((char)c, random >> 8));
        break;
    case MUTATE_SPACED: // one separator for the whole word
        put(m, (unsigned char)
                   separators[random_at(m, 0) % (sizeof(separators) - 1)]);
        put(m, c);
        break;
    case MUTATE_STRETCHED:
        for (uint64_t i = 0; i < 3 + random % 3; i++) {
            put(m, c);
        }
        break;
    case MUTATE_KINDS:
        break;
    }
}

static void
write_all(struct mutator *m)
{
    memcpy(m->out, m->text.at, m->place.from);
    m->len = m->place.from;
    for (size_t at = m->place.from; at < m->place.to; at++) {
        if (m->chosen[at - m->place.from]) {
            put_changed(m, at);
        } else {
            m->out[m->len++] = m->text.at[at];
        }
    }
}

/* A term with marks of its own means them: another mark makes another word. */
static bool
is_ascii(struct text text)
{
    return utf8_count(text).code_points == text.len;
}

bool
mutate_text(struct text text, struct span place, struct mutate_how how,
            struct arena *arena, struct mutate_result *out, struct err *err)
{
    const size_t bytes = place.to - place.from;
    struct mutator m = {.text = text, .place = place, .how = how};

    *out = (struct mutate_result){.text = text, .place = place};
    if (bytes == 0 || (how.kind == MUTATE_DIACRITIC &&
                       !is_ascii(text_part(text, place.from, place.to)))) {
        return true;
    }
    m.chosen = ARENA_ARRAY(arena, bool, bytes);
    if (m.chosen == NULL || bytes > (SIZE_MAX - text.len) / MUTATE_GROWTH) {
        err_memory(err, "a mutated text");
        return false;
    }
    find_longest_word(&m);
    out->changes = choose(&m);
    if (out->changes == 0) {
        return true;
    }
    m.out = arena_take(arena, text.len + bytes * MUTATE_GROWTH);
    if (m.out == NULL) {
        err_memory(err, "a mutated text");
        return false;
    }
    write_all(&m);
    out->place.to = m.len;
    memcpy(m.out + m.len, text.at + place.to, text.len - place.to);
    out->text = (struct text){m.out, m.len + (text.len - place.to)};
    return true;
}
