#include "sidecar/engine/squash_read.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"

// --- characters ------------------------------------------------------------

static enum squash_kind
ascii_kind(unsigned char c)
{
    if ((unsigned char)(c - 'a') < 26) {
        return SQUASH_LETTER;
    }
    if ((unsigned char)(c - '0') < 10 || c == '@' || c == '$') {
        return SQUASH_DIGIT;
    }
    return c == ' ' || c == '\n' ? SQUASH_WHITE : SQUASH_SIGN;
}

enum squash_kind
squash_kind(uint32_t c)
{
    enum { ALPHABETS_END = 0x590 }; // Latin, Greek, Cyrillic, Armenian

    if (c < 0x80) {
        return ascii_kind((unsigned char)c);
    }
    const unsigned flags = fold_char(c)->flags;
    if ((flags & FOLD_CHAR_MARK) != 0) {
        return SQUASH_MARK;
    }
    if ((flags & FOLD_CHAR_LETTER) != 0) {
        return c < ALPHABETS_END ? SQUASH_LETTER : SQUASH_SOLID;
    }
    return (flags & FOLD_CHAR_INNER) != 0 ? SQUASH_SOLID : SQUASH_SIGN;
}

enum squash_kind
squash_read_kind(struct squash_reader *r, size_t at, size_t *len)
{
    if (at == r->text.len) {
        r->starved = true;
        *len = 0;
        return SQUASH_WHITE;
    }
    const unsigned char c = (unsigned char)r->text.at[at];
    if (c < 0x80) {
        *len = 1;
        return ascii_kind(c);
    }
    return squash_kind(utf8_at(r->text, at, len));
}

static bool
in_word(enum squash_kind kind)
{
    return kind == SQUASH_LETTER || kind == SQUASH_DIGIT;
}

size_t
squash_read_piece(struct squash_reader *r, size_t at)
{
    size_t len;

    for (size_t n = 0;
         n < SQUASH_LETTERS && in_word(squash_read_kind(r, at, &len)); n++) {
        at += len;
    }
    return at;
}

bool
squash_read_more(struct squash_reader *r, size_t at)
{
    size_t len;
    const enum squash_kind kind = squash_read_kind(r, at, &len);

    return in_word(kind);
}

/* The byte at `at`, NUL beyond the end. */
static char
byte_at(struct squash_reader *r, size_t at)
{
    r->starved = r->starved || at >= r->text.len;
    return at < r->text.len ? r->text.at[at] : '\0';
}

static bool
is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool
splits(char c)
{
    return is_one_of(c, ".-_*/~|\\+");
}

/* Does a sign join `at` to a word before it? */
static bool
joined_before(const struct squash_reader *r, size_t at)
{
    if (at - r->floor < 2) {
        return false;
    }
    const unsigned char sign = (unsigned char)r->text.at[at - 1];
    const unsigned char before = (unsigned char)r->text.at[at - 2];
    return sign < 0x80 && ascii_kind(sign) == SQUASH_SIGN &&
           (before >= 0x80 || in_word(ascii_kind(before)) ||
            splits((char)before));
}

// --- spelled words ---------------------------------------------------------

/* What stands between two segments. */
struct separator {
    size_t from, end;
    size_t width; // white space, as it shows
    bool sign;
    bool newline;
    bool letter; // a sign that may stand for one
};

/* May the sign stand for a letter? */
static bool
is_letter_sign(char c)
{
    return is_one_of(c, "!|(+[{<");
}

/* Did the source lose something just before its byte `at`? */
static bool
after_gap(const struct squash_reader *r, size_t at)
{
    const struct view *const source = r->source;

    return source->raw_from != NULL && at > 0 &&
           source->raw_to[at - 1] != source->raw_from[at];
}

static struct separator
read_separator(struct squash_reader *r, size_t at)
{
    struct separator s = {.from = at, .end = at};
    bool stray = false; // a mark stands on the white space before
    size_t len;

    while (s.end - at < SQUASH_SEPARATOR_BYTES) {
        const enum squash_kind kind = squash_read_kind(r, s.end, &len);
        if (len == 0 || in_word(kind) || kind == SQUASH_SOLID ||
            (kind == SQUASH_MARK && s.width == 0)) {
            break;
        }
        if (kind == SQUASH_WHITE) {
            const bool same = s.width > 0 && (stray || after_gap(r, s.end));
            s.width += !same;
            s.newline = s.newline || r->text.at[s.end] == '\n';
        }
        s.sign = s.sign || kind == SQUASH_SIGN;
        s.letter = s.letter || is_letter_sign(r->text.at[s.end]);
        stray = kind == SQUASH_MARK;
        s.end += len;
    }
    return s;
}

/* Does a sign stand for a letter at `at`, between two equal characters? */
static bool
is_sign_segment(struct squash_reader *r, size_t at)
{
    const char before = at > r->floor ? r->text.at[at - 1] : ' ';

    if (!is_letter_sign(byte_at(r, at)) || r->text.at[at] == before) {
        return false;
    }
    const char after = byte_at(r, at + 1);
    const bool ends = after == ' ' || after == '\n' || after == '\0';
    return before == ' ' || before == '\n' ? ends : after == before;
}

/*
 * One character by itself, or one letter three times or more; 0 bytes where
 * there is none. Counts it.
 */
static size_t
segment_len(struct squash_reader *r, size_t at, struct squash_parts *count)
{
    size_t len, next, end, n = 1;
    enum squash_kind after;
    const enum squash_kind kind = squash_read_kind(r, at, &len);

    if (len == 0 || !in_word(kind)) {
        return len != 0 && is_sign_segment(r, at) ? 1 : 0;
    }
    end = at + len;
    after = squash_read_kind(r, end, &next);
    while (kind == SQUASH_LETTER && after == kind && n < SQUASH_STRETCH &&
           next == len && memcmp(r->text.at + at, r->text.at + end, len) == 0) {
        end += len;
        n++;
        after = squash_read_kind(r, end, &next);
    }
    if (n == 2 || in_word(after) || after == SQUASH_SOLID ||
        after == SQUASH_MARK) {
        return 0;
    }
    count->letters += kind == SQUASH_LETTER;
    count->digits += (unsigned char)(r->text.at[at] - '0') < 10;
    return end - at;
}

/* May `next` stand between segments of a word that `first` does? */
static bool
is_like(struct text text, const struct separator *first,
        const struct separator *next)
{
    if (first->letter || next->letter) {
        return text_equal(text_part(text, first->from, first->end),
                          text_part(text, next->from, next->end));
    }
    if (first->sign || next->sign) {
        return first->sign && next->sign &&
               (first->width > 0) == (next->width > 0);
    }
    return next->width == first->width && next->newline == first->newline;
}

/*
 * Where the next segment begins, after the one that ends at `at`: behind one
 * character if a sign between two equal ones follows, else behind a separator.
 */
static struct separator
next_separator(struct squash_reader *r, size_t at)
{
    struct separator s = {.from = at, .end = at + 1};
    size_t len;

    if (squash_read_kind(r, at, &len) != SQUASH_SOLID && len == 1 &&
        at + 1 < r->text.len && is_sign_segment(r, at + 1)) {
        const char c = r->text.at[at];
        s.newline = c == '\n';
        s.sign = c != ' ' && c != '\n';
        s.letter = is_letter_sign(c);
        s.width = !s.sign;
        return s;
    }
    return read_separator(r, at);
}

static void
clear(struct squash_parts *parts, size_t at)
{
    // Field by field: the parts need not be cleared.
    parts->count = 0;
    parts->letters = 0;
    parts->digits = 0;
    parts->end = at;
    parts->white = false;
    parts->cut = false;
    parts->few = false;
}

/*
 * "w o r d s-o-n": do signs without white space join the last segment to
 * another? Then it begins the next word.
 */
static bool
begins_next(struct squash_reader *r, const struct separator *first,
            const struct separator *next)
{
    struct squash_parts unused;

    clear(&unused, next->end);
    return first->width > 0 && next->sign && next->width == 0 &&
           segment_len(r, next->end, &unused) > 0;
}

/* Is what was read a word? */
static bool
is_spelled(struct squash_reader *r, size_t at, struct squash_parts *parts)
{
    enum { SEGMENTS_LEAST = 3 };

    if (parts->count < SEGMENTS_LEAST) {
        return false;
    }
    parts->few = parts->white ? parts->letters < 2
                              : parts->letters + parts->digits < 2 ||
                                    parts->letters == 0;
    // "it's a b c": the s belongs to another word.
    return !parts->few && !(parts->white && joined_before(r, at));
}

bool
squash_read_spelled(struct squash_reader *r, size_t at,
                    struct squash_parts *out)
{
    struct separator first = {0}, s;

    clear(out, at);
    for (size_t from = at;; from = s.end) {
        const size_t letters = out->letters, digits = out->digits;
        const size_t len = segment_len(r, from, out);
        if (len == 0) {
            break;
        }
        s = next_separator(r, from + len);
        first = out->count == 0 ? s : first;
        const bool like = s.end > from + len && is_like(r->text, &first, &s);
        if (!like && out->count > 0 && begins_next(r, &first, &s)) {
            out->letters = letters;
            out->digits = digits;
            break;
        }
        out->part[out->count++] = (struct span){from, from + len};
        out->end = from + len;
        if (!like) {
            break;
        }
        if (out->count == SQUASH_SEGMENTS) {
            out->cut = true;
            out->end = s.end;
            break;
        }
    }
    out->white = !first.sign;
    return is_spelled(r, at, out);
}

// --- split words and hyphens -----------------------------------------------

/* The letters at `at`, if they are one or two and nothing else; else 0. */
static size_t
short_piece(struct squash_reader *r, size_t at, size_t *letters)
{
    size_t end = at, len;
    enum squash_kind kind = squash_read_kind(r, at, &len);

    for (*letters = 0; *letters < 2 && kind == SQUASH_LETTER; ++*letters) {
        end += len;
        kind = squash_read_kind(r, end, &len);
    }
    return len > 0 && (in_word(kind) || kind == SQUASH_SOLID ||
                       kind == SQUASH_MARK)
               ? 0
               : end - at;
}

bool
squash_read_split(struct squash_reader *r, size_t at, struct squash_parts *out)
{
    size_t letters;

    clear(out, at);
    if (joined_before(r, at)) {
        return false;
    }
    for (size_t from = at;;) {
        const size_t len = short_piece(r, from, &letters);
        if (len == 0) {
            // Signs with nothing behind them end a word of short pieces, a
            // longer piece makes it none.
            size_t unused;
            const enum squash_kind kind = squash_read_kind(r, from, &unused);
            const bool ends =
                unused == 0 || kind == SQUASH_WHITE || kind == SQUASH_SIGN;
            return ends && out->count >= 2 && out->letters >= 3;
        }
        out->part[out->count++] = (struct span){from, from + len};
        out->letters += letters;
        out->end = from + len;
        from = out->end;
        for (int signs = 0; signs < 2 && splits(byte_at(r, from)); signs++) {
            from++;
        }
        if (from == out->end || out->count == SQUASH_SEGMENTS) {
            out->cut = from > out->end;
            out->end = from;
            return out->count >= 2 && out->letters >= 3;
        }
    }
}

size_t
squash_read_hyphens(struct squash_reader *r, size_t word, size_t at)
{
    enum { WORD_LEAST = 2 }; // "kill-me", but "e-mail"
    size_t len, end = at, letters = 0;

    for (size_t from = word; from < at; from += len) {
        const bool letter = squash_read_kind(r, from, &len) == SQUASH_LETTER;
        letters = letter ? letters + 1 : 0;
    }
    while (end - at < SQUASH_SEPARATOR_BYTES &&
           is_one_of(byte_at(r, end), "-_")) {
        end++;
    }
    size_t next = end;
    for (size_t i = 0; i < WORD_LEAST; i++) {
        if (squash_read_kind(r, next, &len) != SQUASH_LETTER) {
            return at;
        }
        next += len;
    }
    return letters >= WORD_LEAST ? end : at;
}
