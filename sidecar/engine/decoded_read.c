#include "sidecar/engine/decoded_read.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/decoded_entity.h"
#include "sidecar/engine/fold_char.h"

/* The byte at `at`; beyond the end NUL, and the reader is starved. */
static unsigned char
byte_at(struct decoded_reader *r, size_t at)
{
    r->starved = r->starved || at >= r->raw.len;
    return at < r->raw.len ? (unsigned char)r->raw.at[at] : '\0';
}

/* A letter of ASCII or a character beyond it. */
static bool
is_wordy(unsigned char c)
{
    return c >= 0x80 || ascii_is_letter(c);
}

static bool
after_wordy(const struct decoded_reader *r, size_t at)
{
    return at > 0 && is_wordy((unsigned char)r->raw.at[at - 1]);
}

/* The unit is one character. */
static bool
put_char(struct decoded_reader *r, uint32_t c, size_t end,
         struct decoded_unit *out)
{
    out->end = end;
    out->text = (struct text){r->room, utf8_put(c, r->room)};
    return true;
}

static bool
put_nothing(size_t end, struct decoded_unit *out)
{
    *out = (struct decoded_unit){.end = end};
    return true;
}

// --- tags ------------------------------------------------------------------

/* Elements that are part of a line of text (HTML Standard 4.5, and old ones).
 */
static bool
is_inline(const char *name)
{
    static const char *const names[] = {
        "a",     "abbr", "acronym", "b",     "bdi",   "bdo",    "big",
        "blink", "cite", "code",    "data",  "del",   "dfn",    "em",
        "font",  "i",    "ins",     "kbd",   "label", "mark",   "nobr",
        "q",     "s",    "samp",    "small", "span",  "strike", "strong",
        "sub",   "sup",  "time",    "tt",    "u",     "var",    "wbr"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Reads an element's name, in lower case; "" where there is none. */
static size_t
read_name(struct decoded_reader *r, size_t at, char name[8])
{
    size_t n = 0;

    while (n < 7 && ascii_is_letter(byte_at(r, at + n))) {
        name[n] = (char)(r->raw.at[at + n] | 0x20);
        n++;
    }
    name[n] = '\0';
    return at + n;
}

/* The place after the > that ends the tag begun before `at`, 0: none does. */
static size_t
tag_end(struct decoded_reader *r, size_t at, size_t from)
{
    for (; at - from < DECODED_TAG_BYTES; at++) {
        const unsigned char c = byte_at(r, at);
        if (c == '>') {
            return at + 1;
        }
        if (c == '<' || c == '\n' || c == '\0') {
            break;
        }
    }
    return 0;
}

static bool
read_comment(struct decoded_reader *r, size_t at, struct decoded_unit *out)
{
    for (size_t i = at + 4; i - at < DECODED_TAG_BYTES; i++) {
        if (byte_at(r, i) == '-' && byte_at(r, i + 1) == '-' &&
            byte_at(r, i + 2) == '>') {
            return put_nothing(i + 3, out);
        }
        if (i >= r->raw.len || r->raw.at[i] == '<') {
            break;
        }
    }
    return false;
}

static bool
read_tag(struct decoded_reader *r, size_t at, struct decoded_unit *out)
{
    char name[8];

    if (byte_at(r, at + 1) == '!') {
        return byte_at(r, at + 2) == '-' && byte_at(r, at + 3) == '-' &&
               read_comment(r, at, out);
    }
    const size_t open = byte_at(r, at + 1) == '/' ? at + 2 : at + 1;
    const size_t after = read_name(r, open, name);
    const unsigned char next = byte_at(r, after);
    const bool line = strcmp(name, "br") == 0;
    if (after == open || (next != '>' && next != '/' && next != ' ') ||
        (!line && !is_inline(name))) {
        return false;
    }
    const size_t end = tag_end(r, after, at);
    if (end == 0) {
        return false;
    }
    return line ? put_char(r, '\n', end, out) : put_nothing(end, out);
}

// --- escapes ---------------------------------------------------------------

/* The value of `count` hexadecimal digits at `at`, or UINT32_MAX. */
static uint32_t
hex_value(struct decoded_reader *r, size_t at, size_t count)
{
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++) {
        const int digit = ascii_hex(byte_at(r, at + i));
        if (digit < 0) {
            return UINT32_MAX;
        }
        value = value << 4 | (uint32_t)digit;
    }
    return value;
}

/*
 * One character whose UTF-8 bytes are each written as `mark` and two digits:
 * %41, \x41.
 */
static bool
read_bytes(struct decoded_reader *r, size_t at, const char *mark,
           struct decoded_unit *out)
{
    const size_t marked = strlen(mark), step = marked + 2;
    size_t n = 0, need = 1, bad, len;

    for (; n < need; n++) {
        for (size_t i = 0; i < marked; i++) {
            if (byte_at(r, at + n * step + i) != (unsigned char)mark[i]) {
                return false;
            }
        }
        const uint32_t value = hex_value(r, at + n * step + marked, 2);
        if (value == UINT32_MAX) {
            return false;
        }
        r->room[n] = (char)(unsigned char)value;
        need = n == 0 ? utf8_len((unsigned char)value) : need;
    }
    out->end = at + n * step;
    out->text = (struct text){r->room, n};
    return utf8_check(out->text, &bad) &&
           decoded_shown(utf8_at(out->text, 0, &len));
}

/* "\u0041", "\ud83d\ude00", "\u{41}", "\U00000041" */
static bool
read_unicode(struct decoded_reader *r, size_t at, struct decoded_unit *out)
{
    const bool large = r->raw.at[at + 1] == 'U';
    size_t end = at + (large ? 10 : 6);
    uint32_t c = 0;

    if (!large && byte_at(r, at + 2) == '{') {
        size_t digits = 0;
        while (digits < 6 && ascii_hex(byte_at(r, at + 3 + digits)) >= 0) {
            digits++;
        }
        c = hex_value(r, at + 3, digits);
        end = at + 4 + digits;
        if (digits == 0 || byte_at(r, end - 1) != '}') {
            return false;
        }
    } else {
        c = hex_value(r, at + 2, large ? 8 : 4);
    }
    if (c >= 0xd800 && c < 0xdc00 && byte_at(r, end) == '\\' &&
        byte_at(r, end + 1) == 'u') {
        const uint32_t low = hex_value(r, end + 2, 4);
        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            end += 6;
        }
    }
    return decoded_shown(c) && put_char(r, c, end, out);
}

/* An escape, a sign with a backslash before it, or one within a word. */
static bool
read_backslash(struct decoded_reader *r, size_t at, struct decoded_unit *out)
{
    const unsigned char next = byte_at(r, at + 1);

    if (((next == 'u' || next == 'U') && read_unicode(r, at, out)) ||
        (next == 'x' && read_bytes(r, at, "\\x", out))) {
        return true;
    }
    if (is_wordy(next)) {
        return after_wordy(r, at) && put_nothing(at + 1, out);
    }
    return next > ' ' && next != 0x7f && !ascii_is_alnum(next) &&
           put_char(r, next, at + 2, out);
}

// --- emphasis --------------------------------------------------------------

/* Marks of emphasis within a word: * ** *** __ ___ ~~ ` `` */
static bool
read_emphasis(struct decoded_reader *r, size_t at, struct decoded_unit *out)
{
    enum { MOST = 3 };
    const unsigned char mark = (unsigned char)r->raw.at[at];
    const size_t least = mark == '_' || mark == '~' ? 2 : 1;
    size_t n = 1;

    if (!after_wordy(r, at)) {
        return false;
    }
    while (n <= MOST && byte_at(r, at + n) == mark) {
        n++;
    }
    return n >= least && n <= MOST && is_wordy(byte_at(r, at + n)) &&
           put_nothing(at + n, out);
}

// --- text from right to left -----------------------------------------------

enum {
    POP_DIRECTION = 0x202c,
    RIGHT_TO_LEFT_OVERRIDE = 0x202e,
    CONTROL_BYTES = 3 // of either
};

/* The end of the character at `at` with the marks on it. */
static size_t
cluster_end(struct text raw, size_t at, size_t end)
{
    size_t len;

    utf8_at(raw, at, &len);
    for (at += len; at < end; at += len) {
        const unsigned flags = fold_char(utf8_at(raw, at, &len))->flags;
        if ((flags & (FOLD_CHAR_MARK | FOLD_CHAR_IGNORED)) == 0) {
            break;
        }
    }
    return at;
}

/* The order in which what an override covers is shown. */
static bool
read_override(struct decoded_reader *r, size_t at, struct decoded_unit *out)
{
    size_t len;

    if (utf8_at(r->raw, at, &len) != RIGHT_TO_LEFT_OVERRIDE) {
        return false;
    }
    const size_t from = at + CONTROL_BYTES;
    size_t to = from;
    uint32_t c = 0;
    for (; to < r->raw.len; to += len) {
        c = utf8_at(r->raw, to, &len);
        if (c == POP_DIRECTION || c == '\n' ||
            to - from > DECODED_OVERRIDE_BYTES - len) {
            break;
        }
    }
    r->starved = r->starved || to == r->raw.len;
    size_t place = to - from;
    for (size_t i = from; i < to;) {
        const size_t end = cluster_end(r->raw, i, to);
        place -= end - i;
        memcpy(r->room + place, r->raw.at + i, end - i);
        i = end;
    }
    out->text = (struct text){r->room, to - from};
    out->end = to < r->raw.len && c == POP_DIRECTION ? to + CONTROL_BYTES : to;
    return true;
}

// --- all -------------------------------------------------------------------

bool
decoded_read(struct decoded_reader *r, size_t at, struct decoded_unit *out)
{
    const unsigned char c = (unsigned char)r->raw.at[at];
    uint32_t named;

    if (at >= r->run_end && decoded_base64(c) && decoded_run(r, at, out)) {
        return true;
    }
    switch (c) {
    case '&': {
        const size_t len = decoded_entity(r->raw, at, &named, &r->starved);
        return len > 0 && put_char(r, named, at + len, out);
    }
    case '<':
        return read_tag(r, at, out);
    case '%':
        return read_bytes(r, at, "%", out);
    case '\\':
        return read_backslash(r, at, out);
    case '*':
    case '_':
    case '~':
    case '`':
        return read_emphasis(r, at, out);
    case 0xe2:
        return read_override(r, at, out);
    default:
        return false;
    }
}
