#include "sidecar/engine/leet.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/pii_tld.h"
#include "sidecar/engine/view_bytes.h"
#include "sidecar/engine/view_writer.h"

// --- characters ------------------------------------------------------------

/* What an ASCII sign or digit stands for; i for those that may be l as well. */
static const char ascii_letter[128] = {
    ['0'] = 'o', ['1'] = 'i', ['2'] = 'z', ['3'] = 'e', ['4'] = 'a',
    ['5'] = 's', ['6'] = 'g', ['7'] = 't', ['8'] = 'b', ['9'] = 'g',
    ['!'] = 'i', ['$'] = 's', ['('] = 'c', ['+'] = 't', ['<'] = 'c',
    ['@'] = 'a', ['['] = 'c', ['{'] = 'c', ['|'] = 'i'};

static char
sign_letter(uint32_t c)
{
    switch (c) {
    case 0xa2: // cent
    case 0xa9: // copyright
        return 'c';
    case 0xa3: // pound
        return 'l';
    case 0xa5: // yen
        return 'y';
    case 0xa7: // section
        return 's';
    case 0xae: // registered
        return 'r';
    case 0xd7: // multiplication
        return 'x';
    case 0x2020: // dagger
        return 't';
    case 0x20ac: // euro
        return 'e';
    default:
        return c < 0x80 ? ascii_letter[c] : '\0';
    }
}

/* Of the kinds of brackets that stand for c; -1: none. */
static int
bracket_kind(char c)
{
    static const char opening[] = "([{<";
    const char *const at = c != '\0' ? strchr(opening, c) : NULL;

    return at != NULL ? (int)(at - opening) : -1;
}

static bool
is_token_char(uint32_t c)
{
    return c < 0x80
               ? ascii_is_small((unsigned char)c) || ascii_letter[c] != '\0'
               : sign_letter(c) != '\0' ||
                     (fold_char(c)->flags & (FOLD_CHAR_LETTER | FOLD_CHAR_MARK |
                                             FOLD_CHAR_INNER)) != 0;
}

// --- is there anything to do? ----------------------------------------------

/* 0-9 $ + @ */
static inline view_bytes
digit_like(view_bytes c)
{
    return view_bytes_in(c, '0', 10) | view_bytes_is(c, '$') |
           view_bytes_is(c, '+') | view_bytes_is(c, '@');
}

/* ! ( < [ { | */
static inline view_bytes
bracket_like(view_bytes c)
{
    return view_bytes_is(c, '!') | view_bytes_is(c, '(') |
           view_bytes_is(c, '<') | view_bytes_is(c, '[') |
           view_bytes_in(c, '{', 2);
}

/* Letters, and bytes of what may be one. */
static inline view_bytes
letter_like(view_bytes c)
{
    return view_bytes_in(c, 'a', 26) | view_bytes_foreign(c);
}

/*
 * Can two neighbours be in a token that changes? Every such token has a letter
 * beside a sign, or a bracket beside a digit. Signs beyond ASCII begin with one
 * of three bytes. at[VIEW_BYTES + 1]
 */
static bool
pairs_may_change(const unsigned char *at)
{
    const view_bytes a = view_bytes_at(at), b = view_bytes_at(at + 1);
    const view_bytes digit = digit_like(b), bracket = bracket_like(a);
    const view_bytes sign = view_bytes_in(a, 0xc2, 2) | view_bytes_is(a, 0xe2);

    return view_bytes_any((letter_like(a) & digit) | (bracket & digit) |
                          ((digit_like(a) | bracket) & letter_like(b)) | sign);
}

/* Which of at[VIEW_BYTES] are a sign, or a byte of one? */
static inline unsigned
signs(const unsigned char *at)
{
    const view_bytes c = view_bytes_at(at);
    const view_bytes folded = c | (unsigned char)0x20; // [ becomes {

    return view_bytes_bits(
        view_bytes_in(c, '0', 10) | view_bytes_in(c, '(', 4) |
        view_bytes_in(folded, '{', 2) | view_bytes_is(c, '!') |
        view_bytes_is(c, '$') | view_bytes_is(c, '<') | view_bytes_is(c, '@') |
        view_bytes_foreign(c));
}

/* True for every text that has a view, and few others. */
static bool
may_change(struct text text)
{
    const unsigned char *const at = (const unsigned char *)text.at;
    unsigned char last[1 + VIEW_BYTES + 1];
    size_t i = 0;

    for (; text.len - i > VIEW_BYTES; i += VIEW_BYTES) {
        const unsigned found = signs(at + i);
        // The sign of a pair may be its second, or its first at the very end.
        if (found != 0 &&
            (pairs_may_change(at + (i > 0 ? i - 1 : i)) ||
             (found >> (VIEW_BYTES - 1) != 0 && pairs_may_change(at + i)))) {
            return true;
        }
    }
    memset(last, ' ', sizeof(last));
    const size_t from = i > 0 ? i - 1 : i;
    if (text.len > 0) {
        memcpy(last, at + from, text.len - from);
    }
    return pairs_may_change(last) || pairs_may_change(last + 1);
}

// --- brackets --------------------------------------------------------------

/* Where the next bracket of a kind is, for all brackets before it. */
struct ahead {
    size_t at;   // of the bracket; SIZE_MAX: none before `seen`
    size_t seen; // looked so far
    bool closes;
};

struct leet {
    struct text text;
    struct span chunk; // being read
    enum leet_reading reading;
    struct view_writer writer;
    bool ambiguous; // the other reading differs
    struct ahead ahead[4];
};

static const char closing[] = ")]}>";

static void
begin(struct leet *l, struct text text)
{
    *l = (struct leet){.text = text};
    for (size_t i = 0; i < sizeof(l->ahead) / sizeof(*l->ahead); i++) {
        l->ahead[i].at = SIZE_MAX;
    }
}

/* Does a token begin with the bracket at `at`, for all that its chunk shows? */
static bool
begins_token(struct text text, size_t at)
{
    const unsigned char before = at > 0 ? (unsigned char)text.at[at - 1] : ' ';

    return before < 0x80 && !ascii_is_small(before) &&
           ascii_letter[before] == '\0';
}

/* Looks from `at` on for the next bracket of its kind; each byte once. */
static void
look_ahead(struct leet *l, int kind, size_t at)
{
    struct ahead *const ahead = &l->ahead[kind];
    const size_t left = l->text.len - at;
    const size_t end =
        left > LEET_BRACKET_BYTES ? at + LEET_BRACKET_BYTES : l->text.len;
    const char open = l->text.at[at];

    if (ahead->at != SIZE_MAX && ahead->at > at) {
        return;
    }
    ahead->at = SIZE_MAX;
    for (size_t i = ahead->seen > at ? ahead->seen : at + 1; i < end; i++) {
        const char c = l->text.at[i];
        ahead->seen = i + 1;
        if (c == closing[kind] || (c == open && begins_token(l->text, i))) {
            ahead->at = i;
            ahead->closes = c == closing[kind];
            return;
        }
    }
}

/* Is the bracket that a token begins with punctuation? */
static bool
is_paired(struct leet *l, int kind, size_t at)
{
    const struct ahead *const ahead = &l->ahead[kind];

    look_ahead(l, kind, at);
    return ahead->at != SIZE_MAX && ahead->at - at < LEET_BRACKET_BYTES &&
           ahead->closes;
}

// --- what stays ------------------------------------------------------------

static bool
is_unit(struct text text)
{
    static const char *const units[] = {
        "st",  "nd",  "rd",  "th",  "am",  "pm",  "km",  "kg",   "cm",
        "mm",  "ml",  "mg",  "ft",  "in",  "lb",  "lbs", "oz",   "hr",
        "hrs", "min", "sec", "ms",  "kb",  "mb",  "gb",  "tb",   "hz",
        "khz", "mhz", "ghz", "kw",  "mph", "kph", "kmh", "fps",  "px",
        "pt",  "pc",  "pcs", "usd", "eur", "gbp", "yr",  "yrs",  "bn",
        "mn",  "bc",  "ad",  "ac",  "dc",  "xl",  "ish", "mins", "secs"};

    if (text.len == 1) {
        return true; // 50k, 3d, 90s
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (text_is(text, units[i])) {
            return true;
        }
    }
    return false;
}

static size_t
digits(struct text text, size_t at)
{
    size_t n = 0;

    while (at + n < text.len && ascii_is_digit(text.at[at + n])) {
        n++;
    }
    return n;
}

static size_t
letters(struct text text, size_t at)
{
    size_t n = 0;

    while (at + n < text.len && ascii_is_small(text.at[at + n])) {
        n++;
    }
    return n;
}

/* A number with what belongs to it, or a letter with a number. */
static bool
is_number(struct text token)
{
    const size_t price =
        text_starts(token, TEXT("$")) || text_starts(token, TEXT("+")) ? 1 : 0;
    const size_t number = digits(token, price);
    const size_t name = price + number;

    if (number == 0) {
        return letters(token, 0) == 1 && token.len > 1 &&
               digits(token, 1) == token.len - 1;
    }
    const size_t unit = letters(token, name);
    if (name + unit == token.len) {
        return is_unit(text_part(token, name, token.len));
    }
    return unit == 1 && strchr("xvde", token.at[name]) != NULL &&
           name + 1 + digits(token, name + 1) == token.len;
}

/* "#euro2024" */
static bool
is_plain_tag(const struct leet *l, struct span token)
{
    const struct text text = {l->text.at + token.from, token.to - token.from};
    const size_t name = letters(text, 0);

    return token.from > l->chunk.from && l->text.at[token.from - 1] == '#' &&
           name + digits(text, name) == text.len;
}

/* "name@host.tld" with one @. */
static bool
is_mail(struct text chunk)
{
    const char *const sign = memchr(chunk.at, '@', chunk.len);
    const size_t at = sign != NULL ? (size_t)(sign - chunk.at) : 0;
    size_t end = at + 1, label = 0;

    if (at == 0 || memchr(sign + 1, '@', chunk.len - at - 1) != NULL) {
        return false;
    }
    for (; end < chunk.len; end++) {
        const unsigned char c = (unsigned char)chunk.at[end];
        if (c == '.' && end + 1 < chunk.len &&
            ascii_is_small(chunk.at[end + 1])) {
            label = end + 1;
        } else if (!ascii_is_small(c) && !ascii_is_digit(c) && c != '-') {
            break;
        }
    }
    return label > 0 && pii_tld_known(text_part(chunk, label, end));
}

static bool
is_address(struct text chunk)
{
    for (size_t i = 0; i + 3 <= chunk.len; i++) {
        if (chunk.at[i] == ':' && chunk.at[i + 1] == '/' &&
            chunk.at[i + 2] == '/') {
            return true;
        }
    }
    return text_starts(chunk, TEXT("www.")) || is_mail(chunk);
}

// --- tokens ----------------------------------------------------------------

static bool
is_vowel(char c)
{
    return c != '\0' && strchr("aeiouy340@", c) != NULL;
}

/* 1, ! or | at `at` of the token. */
static char
ambiguous_letter(struct leet *l, struct text token, size_t at)
{
    const char c = token.at[at];
    const char before = at > 0 ? token.at[at - 1] : '\0';
    const char first = at > 1 ? token.at[at - 2] : '\0';
    const char after = at + 1 < token.len ? token.at[at + 1] : '\0';

    if (before == c || after == c) {
        return 'l';
    }
    const bool double_l = (before == 'l' && is_vowel(first)) ||
                          (after == 'l' && is_vowel(before));
    const char first_choice = c == '|' || double_l ? 'l' : 'i';
    const char second_choice = c == '|' ? 'i' : 'l';
    l->ambiguous = l->ambiguous || first_choice != second_choice;
    return l->reading == LEET_I ? first_choice : second_choice;
}

/* "(s)" and "(es)" at the end of a word */
static bool
is_plural(const struct leet *l, size_t at)
{
    const struct text rest = text_part(l->text, at, l->chunk.to);

    return text_starts(rest, TEXT("(s)")) || text_starts(rest, TEXT("(es)"));
}

static void
change_token(struct leet *l, struct span place)
{
    const struct text token = text_part(l->text, place.from, place.to);
    size_t len;

    for (size_t at = 0; at < token.len; at += len) {
        const uint32_t c = utf8_at(token, at, &len);
        char letter = sign_letter(c);
        if (c == '1' || c == '!' || c == '|') {
            letter = ambiguous_letter(l, token, at);
        } else if (c >= 0x80 && letter == '\0') {
            letter = fold_char(c)->look;
        }
        if (letter != '\0' && !(c == '(' && is_plural(l, place.from + at))) {
            const struct span one = {place.from + at, place.from + at + len};
            view_writer_char(&l->writer, one, letter);
        }
    }
}

/* Without the punctuation that it ends with. */
static size_t
trim_end(struct text text, size_t from, size_t to)
{
    enum { WORD_LEAST = 3 }; // "shi+", but "a+" and "18+"

    while (to > from) {
        const unsigned char last = (unsigned char)text.at[to - 1];
        const bool pair = to - from > 1 && text.at[to - 2] == '+';
        if (last == '+'
                ? !pair && to - 1 - from >= WORD_LEAST
                : last != '!' && last != '|' && bracket_kind((char)last) < 0) {
            break;
        }
        to -= last == '+' && pair ? 2 : 1;
    }
    return to;
}

/* Without the brackets that it begins with and does not mean. */
static size_t
trim_start(struct leet *l, size_t from, size_t to)
{
    while (from < to) {
        const int kind = bracket_kind(l->text.at[from]);
        const char before = from > l->chunk.from ? l->text.at[from - 1] : ' ';
        const bool smiley = strchr(":;=-", before) != NULL;
        if (kind < 0 || !(smiley || is_paired(l, kind, from))) {
            break;
        }
        from++;
    }
    return from;
}

static void
read_token(struct leet *l, struct span token)
{
    bool letter = false, sign = false;
    size_t len;

    token.to = trim_end(l->text, token.from, token.to);
    token.from = trim_start(l, token.from, token.to);
    for (size_t at = token.from; at < token.to; at += len) {
        const uint32_t c = utf8_at(l->text, at, &len);
        letter = letter || (c < 0x80 && ascii_is_small((unsigned char)c));
        sign = sign || sign_letter(c) != '\0';
    }
    const struct text text = {l->text.at + token.from, token.to - token.from};
    if (letter && sign && !is_number(text) && !is_plain_tag(l, token)) {
        change_token(l, token);
    }
}

// --- chunks ----------------------------------------------------------------

static bool
is_white(char c)
{
    return c == ' ' || c == '\n';
}

/* The text without white space that begins at or after `at`. */
static struct span
next_chunk(struct text text, size_t at)
{
    while (at < text.len && is_white(text.at[at])) {
        at++;
    }
    size_t to = at;
    while (to < text.len && !is_white(text.at[to]) &&
           to - at < LEET_CHUNK_BYTES) {
        to++;
    }
    while (to < text.len && utf8_inside((unsigned char)text.at[to])) {
        to--;
    }
    return (struct span){at, to};
}

static void
read_chunk(struct leet *l)
{
    const struct span chunk = l->chunk;
    size_t len = 1;

    if (is_address(text_part(l->text, chunk.from, chunk.to))) {
        return;
    }
    for (size_t at = chunk.from; at < chunk.to;) {
        size_t end = at;
        while (end < chunk.to && is_token_char(utf8_at(l->text, end, &len))) {
            end += len;
        }
        if (end > at) {
            read_token(l, (struct span){at, end});
            at = end;
        } else {
            at += len;
        }
    }
}

bool
leet_view(const struct view *source, enum leet_reading reading,
          struct arena *arena, struct view *out, struct err *err)
{
    struct leet l;

    *out = (struct view){{NULL, 0}, NULL, NULL};
    if (!may_change(source->text)) {
        return true;
    }
    fold_char_ready();
    begin(&l, source->text);
    l.reading = reading;
    view_writer_init(&l.writer, source, arena);
    for (l.chunk = next_chunk(l.text, 0); l.chunk.from < l.text.len;
         l.chunk = next_chunk(l.text, l.chunk.to)) {
        read_chunk(&l);
    }
    if (!view_writer_end(&l.writer, "the leet view of a text", out, err)) {
        return false;
    }
    if (reading == LEET_L && !l.ambiguous) {
        *out = (struct view){{NULL, 0}, NULL, NULL};
    }
    return true;
}

// --- streams ---------------------------------------------------------------

/*
 * Where the last bracket of the chunk that may be punctuation is decided, or
 * SIZE_MAX: not in this text.
 */
static size_t
decided_at(struct leet *l, struct span chunk)
{
    size_t most = 0;

    for (size_t i = chunk.from; i < chunk.to; i++) {
        const int kind = bracket_kind(l->text.at[i]);
        if (kind < 0 || !(i == chunk.from || begins_token(l->text, i) ||
                          bracket_kind(l->text.at[i - 1]) >= 0)) {
            continue;
        }
        look_ahead(l, kind, i);
        const size_t at = l->ahead[kind].at;
        if (at == SIZE_MAX && l->text.len - i < LEET_BRACKET_BYTES) {
            return SIZE_MAX;
        }
        if (at != SIZE_MAX && at - i < LEET_BRACKET_BYTES && at > most) {
            most = at;
        }
    }
    return most;
}

/* Does the chunk end where it does, whatever follows the text? */
static bool
is_whole(struct text text, struct span chunk)
{
    return chunk.to < text.len || chunk.to - chunk.from == LEET_CHUNK_BYTES;
}

size_t
leet_settled(struct text text, size_t most)
{
    struct leet l;
    size_t settled = 0, blocked = 0;

    begin(&l, text);
    for (struct span chunk = next_chunk(text, 0); is_whole(text, chunk);
         chunk = next_chunk(text, chunk.to)) {
        const size_t decided = decided_at(&l, chunk);
        if (decided == SIZE_MAX || chunk.to > most) {
            break;
        }
        blocked = decided > blocked ? decided : blocked;
        settled = chunk.to > blocked ? chunk.to : settled;
    }
    return settled;
}
