#include "sidecar/engine/squash.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/squash_check.h"
#include "sidecar/engine/squash_read.h"
#include "sidecar/engine/view_writer.h"

enum { WORD_MOST = SQUASH_SEGMENTS * SQUASH_STRETCH };
_Static_assert((int)WORD_MOST >= (int)SQUASH_LETTERS, "a word has room");

struct squash {
    struct squash_reader reader;
    enum squash_reading reading;
    struct view_writer writer;
    bool apart;         // the other reading differs
    bool solid;         // what stands before is no place for a word to begin
    size_t not_spelled; // no spelled word begins before it
    size_t fresh;       // what is read from here on looks at nothing before
    struct squash_parts parts;
    struct span letter[WORD_MOST]; // of the word in hand
    uint32_t c[WORD_MOST];
    bool latin[WORD_MOST]; // the character was another script's
};

// --- stretched words -------------------------------------------------------

/* What the runs of equal letters of a word say. */
struct runs {
    size_t count, doubled;
    unsigned last; // bit i: the run i before the last is two or more letters
    bool longer;   // one is three or more
    bool dense;    // three double letters among four runs in a row
};

static void
add_run(struct runs *runs, size_t len)
{
    enum { FOUR = 0xf };

    runs->count++;
    runs->doubled += len > 1;
    runs->longer = runs->longer || len > 2;
    runs->last = (runs->last << 1 | (len > 1)) & FOUR;
    runs->dense = runs->dense || runs->last == 7 || runs->last == 11 ||
                  runs->last == 13 || runs->last == FOUR;
}

/* "committee" and "bookkeeper" are not. */
static bool
is_stretched(const struct runs *runs)
{
    return runs->count > 1 &&
           (runs->longer ||
            (runs->dense && 3 * runs->doubled >= 2 * runs->count));
}

/* The end of the run at `i` of `count` characters; digits are their own. */
static size_t
run_end(const uint32_t *c, size_t i, size_t count)
{
    size_t end = i + 1;

    while (end < count && c[end] == c[i] &&
           squash_kind(c[i]) == SQUASH_LETTER) {
        end++;
    }
    return end;
}

/* Has the word in hand, of `count` characters, runs to shorten? */
static bool
word_stretched(const struct squash *s, size_t count)
{
    struct runs runs = {0};

    for (size_t i = 0, end; i < count; i = end) {
        end = run_end(s->c, i, count);
        add_run(&runs, end - i);
    }
    return is_stretched(&runs);
}

/* Takes the characters of text bytes [from, to) into the word in hand. */
static size_t
take(struct squash *s, size_t count, size_t from, size_t to)
{
    size_t len;

    for (size_t at = from; at < to && count < WORD_MOST; at += len) {
        s->c[count] = utf8_at(s->reader.text, at, &len);
        s->latin[count] = false;
        s->letter[count++] = (struct span){at, at + len};
    }
    return count;
}

/*
 * Writes characters [first, to) of the word in hand with nothing between them,
 * their runs as one character each where they are stretched.
 */
static void
put_word(struct squash *s, size_t first, size_t to, bool stretched)
{
    size_t done = s->letter[first].from;

    for (size_t i = first, end; i < to; i = end) {
        const struct span one = s->letter[i];
        end = stretched ? run_end(s->c, i, to) : i + 1;
        if (one.from > done) {
            view_writer_drop(&s->writer, (struct span){done, one.from});
        }
        done = s->letter[end - 1].to;
        if (end > i + 1 || s->latin[i]) {
            char c[4];
            const struct text shown = {c, utf8_put(s->c[i], c)};
            view_writer_put(&s->writer, (struct span){one.from, done}, shown);
        }
    }
}

// --- words in parts --------------------------------------------------------

static bool
is_one_of(uint32_t c, const char *set)
{
    return c != 0 && c < 0x80 && strchr(set, (int)c) != NULL;
}

static void
put_space(struct squash *s, size_t from, size_t to)
{
    if (to - from != 1 || s->reader.text.at[from] != ' ') {
        view_writer_char(&s->writer, (struct span){from, to}, ' ');
    }
}

/*
 * How many characters at the spelled word's beginning and end may be words of
 * their own.
 */
static void
read_apart(struct squash *s, size_t count, size_t *first, size_t *last)
{
    enum { WORD_LEAST = 3 };

    *first = 0;
    *last = count;
    if (!s->parts.white) {
        return;
    }
    const struct squash_parts *const parts = &s->parts;
    const bool one_first = parts->part[0].to == s->letter[0].to;
    const bool one_last =
        parts->part[parts->count - 1].from == s->letter[count - 1].from;
    if (one_first && is_one_of(s->c[0], "aiu") && count > WORD_LEAST) {
        *first = 1;
    }
    if (one_last && is_one_of(s->c[count - 1], "ui") &&
        count - *first > WORD_LEAST) {
        *last = count - 1;
    }
    s->apart = s->apart || *first > 0 || *last < count;
    if (s->reading == SQUASH_JOINED) {
        *first = 0;
        *last = count;
    }
}

/* Look-alikes become Latin beside a Latin letter, as in fold.h's words. */
static void
make_latin(struct squash *s, size_t count)
{
    bool beside = false;

    for (size_t i = 0; i < count; i++) {
        beside = beside || ascii_is_small((int)s->c[i]);
    }
    for (size_t i = 0; i < count && beside; i++) {
        const char look = fold_char(s->c[i])->look;
        if (s->c[i] >= 0x80 && look != '\0') {
            s->c[i] = (unsigned char)look;
            s->latin[i] = true;
        }
    }
}

/* Joins the parts in hand. */
static void
join(struct squash *s)
{
    const struct squash_parts *const parts = &s->parts;
    size_t count = 0, first, last;

    for (size_t i = 0; i < parts->count; i++) {
        count = take(s, count, parts->part[i].from, parts->part[i].to);
    }
    make_latin(s, count);
    read_apart(s, count, &first, &last);
    const bool stretched = word_stretched(s, count);
    if (first > 0) {
        put_space(s, s->letter[0].to, s->letter[1].from);
    }
    put_word(s, first, last, stretched);
    if (last < count) {
        put_space(s, s->letter[last - 1].to, s->letter[last].from);
    }
    if (parts->cut) { // the word goes on
        const struct span rest = {parts->part[parts->count - 1].to, parts->end};
        view_writer_drop(&s->writer, rest);
    }
}

/* Reads a word in parts at `at`; its end, or `at` where there is none. */
static size_t
read_parts(struct squash *s, size_t at)
{
    struct squash_reader *const r = &s->reader;

    if (s->solid) {
        return at;
    }
    if (at >= s->not_spelled) {
        if (squash_read_spelled(r, at, &s->parts)) {
            join(s);
            r->floor = s->parts.cut ? s->parts.end : r->floor;
            return s->parts.end;
        }
        // Of segments without letters none begins a word: look once.
        if (s->parts.few) {
            s->not_spelled = s->parts.end;
            s->fresh = s->parts.cut ? s->parts.end : s->fresh;
        }
    }
    if (squash_read_split(r, at, &s->parts)) {
        join(s);
        r->floor = s->parts.cut ? s->parts.end : r->floor;
        return s->parts.end;
    }
    return at;
}

// --- the text --------------------------------------------------------------

/* Does the word at [at, end) have two equal bytes or characters in a row? */
static bool
repeats(struct text text, size_t at, size_t end)
{
    for (size_t i = at + 1; i < end; i++) {
        if (text.at[i] == text.at[i - 1] || (unsigned char)text.at[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

static size_t
read_word(struct squash *s, size_t at)
{
    struct squash_reader *const r = &s->reader;
    const size_t end = squash_read_piece(r, at);

    if (repeats(r->text, at, end)) {
        const size_t count = take(s, 0, at, end);
        if (word_stretched(s, count)) {
            put_word(s, 0, count, true);
        }
    }
    s->solid = false;
    if (end - at >= SQUASH_LETTERS && squash_read_more(r, end)) {
        r->floor = end; // a word that is cut
        return end;
    }
    if (end == r->text.len ||
        (r->text.at[end] != '-' && r->text.at[end] != '_')) {
        return end;
    }
    const size_t next = squash_read_hyphens(r, at, end);
    if (next > end) {
        put_space(s, end, next);
    }
    return next;
}

static size_t
read_white(struct squash *s, size_t at)
{
    struct squash_reader *const r = &s->reader;
    size_t end = at, len;

    while (squash_read_kind(r, end, &len) == SQUASH_WHITE && len > 0) {
        end += len;
    }
    put_space(s, at, end);
    s->solid = false;
    return end;
}

/* Reads what stands at `at`, a character of `kind` and length `len`. */
static size_t
read_at(struct squash *s, size_t at, enum squash_kind kind, size_t len)
{
    size_t end = at;

    if (at == s->fresh) {
        s->reader.floor = at;
    }
    switch (kind) {
    case SQUASH_LETTER:
    case SQUASH_DIGIT:
        end = read_parts(s, at);
        return end > at ? end : read_word(s, at);
    case SQUASH_WHITE:
        return read_white(s, at);
    case SQUASH_SIGN:
        s->solid = false;
        if (at == s->reader.floor || s->reader.text.at[at - 1] == ' ' ||
            s->reader.text.at[at - 1] == '\n') {
            end = read_parts(s, at);
        }
        return end > at ? end : at + len;
    case SQUASH_MARK:
    case SQUASH_SOLID:
        s->solid = true;
        return at + len;
    }
    return at + len;
}

/* A letter or digit of ASCII. */
static bool
is_plain(struct text text, size_t at)
{
    const unsigned char c = at < text.len ? (unsigned char)text.at[at] : ' ';

    return (unsigned char)(c - 'a') < 26 || (unsigned char)(c - '0') < 10;
}

/*
 * The end of the words at `at` that clearly stay, one space between them: not
 * stretched, not alone among words of one character, no sign behind them. Only
 * to be quick: what is read from `at` on comes out the same.
 */
static size_t
skip_words(struct text text, size_t at)
{
    for (size_t end = at;; at = end) {
        size_t equal = 0;
        while (is_plain(text, end) && end - at < SQUASH_LETTERS) {
            end++;
            equal += is_plain(text, end) && text.at[end] == text.at[end - 1];
        }
        if (equal > 1 || end - at >= SQUASH_LETTERS || end == at ||
            end == text.len || text.at[end] != ' ' ||
            !is_plain(text, end + 1) ||
            (end - at == 1 && (!is_plain(text, end + 2) ||
                               text.at[end + 2] == text.at[end + 1]))) {
            return at;
        }
        end++;
    }
}

static void
begin(struct squash *s, const struct view *source)
{
    // Field by field: clearing the word in hand would cost a short text more
    // than reading it.
    s->reader = (struct squash_reader){.source = source, .text = source->text};
    s->reading = SQUASH_JOINED;
    s->apart = false;
    s->solid = false;
    s->not_spelled = 0;
    s->fresh = 0;
    fold_char_ready();
}

bool
squash_view(const struct view *source, enum squash_reading reading,
            struct arena *arena, struct view *out, struct err *err)
{
    struct squash s;
    size_t len;

    *out = (struct view){{NULL, 0}, NULL, NULL};
    if (!squash_check(source->text)) {
        return true;
    }
    begin(&s, source);
    s.reading = reading;
    view_writer_init(&s.writer, source, arena);
    for (size_t at = 0; at < source->text.len;) {
        at = s.solid ? at : skip_words(source->text, at);
        const enum squash_kind kind = squash_read_kind(&s.reader, at, &len);
        at = read_at(&s, at, kind, len);
    }
    if (!view_writer_end(&s.writer, "the squash view of a text", out, err)) {
        return false;
    }
    if (reading == SQUASH_APART && !s.apart) {
        *out = (struct view){{NULL, 0}, NULL, NULL};
    }
    return true;
}

size_t
squash_settled(const struct view *source, size_t most)
{
    struct squash s;
    size_t settled = 0, len;

    begin(&s, source);
    view_writer_init(&s.writer, source, NULL);
    for (size_t at = 0;
         at < source->text.len && at <= most && !s.reader.starved;) {
        const enum squash_kind kind = squash_read_kind(&s.reader, at, &len);
        const bool between = kind == SQUASH_WHITE || at == s.reader.floor ||
                             at == s.fresh || (kind == SQUASH_SOLID && s.solid);
        if (between && at >= s.not_spelled) {
            settled = at;
        }
        at = read_at(&s, at, kind, len);
    }
    return settled;
}
