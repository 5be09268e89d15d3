#include "sidecar/engine/fold.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_ascii.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/fold_marked.h"
#include "sidecar/engine/fold_table.h"
#include "sidecar/engine/fold_writer.h"

_Static_assert((int)FOLD_NON_STARTERS == (int)FOLD_WRITER_MARKS,
               "the promise and its keeper");

enum {
    ZWNJ = 0x200c,
    ZWJ = 0x200d,
    EMOJI_STYLE = 0xfe0f,
    REGION_RUN = 64, // regional indicators seen together: 32 flags
    // What one step can write: a cluster that was held and a character's
    // sequence, or a run of flags.
    ROOM_LEAST = FOLD_WRITER_MOST + 4 * REGION_RUN
};

/* Beside the flags of the last character: an emoji with its selector. */
enum { LAST_STYLED = 1 << 16 };

/* The word being read, and all that it takes to read it again. */
struct word {
    bool open;
    bool folds;       // its look-alikes become Latin
    bool looks;       // it has look-alikes
    bool stays;       // it has letters that resemble none
    bool foreign;     // it has letters that do not fold alone
    unsigned scripts; // bits by enum fold_set_script, of its look-alikes
    unsigned letters;
    // Where it began.
    size_t at, nth, len, starter;
    bool bare;
    unsigned last;
};

struct folding {
    struct text raw;
    bool inside;   // words of look-alikes stay: a term inside a longer word
    size_t at;     // next raw byte
    size_t nth;    // and how much of its sequence is done
    bool bare;     // the last starter loses its marks
    unsigned last; // flags of the last character
    struct word word;
    struct fold_writer writer;
};

// --- words -----------------------------------------------------------------

static void
open_word(struct folding *f)
{
    f->word = (struct word){.open = true,
                            .at = f->at,
                            .nth = f->nth,
                            .len = f->writer.len,
                            .starter = f->writer.starter,
                            .bare = f->bare,
                            .last = f->last};
}

/* Back to the word's beginning, to read it as Latin. */
static void
read_again(struct folding *f)
{
    struct word *const word = &f->word;

    f->at = word->at;
    f->nth = word->nth;
    f->bare = word->bare;
    f->last = word->last;
    fold_writer_back(&f->writer, word->len, word->starter);
    word->folds = true;
    word->letters = 0;
}

/* Is a word of nothing but look-alikes a disguise? */
static bool
is_disguise(const struct word *word)
{
    const bool mixed = (word->scripts & (word->scripts - 1)) != 0;

    return word->looks && !word->stays && (!word->foreign || mixed);
}

/* False: the word was all look-alikes and is read again. */
static bool
close_word(struct folding *f)
{
    const struct word *const word = &f->word;

    if (word->open && !word->folds && !f->inside && is_disguise(word)) {
        read_again(f);
        return false;
    }
    f->word.open = false;
    return true;
}

/* A Latin letter joins the word. False: it is read again for that. */
static bool
make_latin(struct folding *f)
{
    struct word *const word = &f->word;

    if (word->open && word->looks && !word->folds) {
        read_again(f);
        return false;
    }
    word->folds = true;
    return true;
}

/* Takes a letter into the word. False: it is read again. */
static bool
add_letter(struct folding *f, const struct fold_char *ch)
{
    const bool counts = (ch->flags & FOLD_CHAR_BACK) == 0;

    if (f->word.open && f->word.letters == FOLD_WORD_LETTERS && counts &&
        !close_word(f)) {
        return false;
    }
    if (!f->word.open) {
        open_word(f);
    }
    struct word *const word = &f->word;
    word->letters += counts;
    if ((ch->flags & FOLD_CHAR_LATIN) != 0) {
        return make_latin(f);
    }
    word->looks = word->looks || ch->look != 0;
    word->stays = word->stays || ch->look == 0;
    word->foreign = word->foreign || (ch->flags & FOLD_CHAR_ALONE) == 0;
    word->scripts |= 1u << fold_char_script(ch->flags);
    return true;
}

// --- characters ------------------------------------------------------------

static void
put_mark(struct folding *f, uint32_t c, const struct fold_char *ch, size_t from,
         size_t to)
{
    if (f->bare) {
        fold_writer_stretch(&f->writer, to);
        return;
    }
    if (ch->ccc == 0) {
        const bool back = (ch->flags & FOLD_CHAR_BACK) != 0;
        fold_writer_starter(&f->writer, c, back, from, to);
        f->last = ch->flags;
    } else if (fold_writer_mark(&f->writer, c, from, to)) {
        f->last = ch->flags;
    }
}

/* Adds what c becomes, one character. False: a word is read again. */
static bool
put_char(struct folding *f, uint32_t c, const struct fold_char *ch, size_t from,
         size_t to)
{
    uint32_t becomes = (uint32_t)((int32_t)c + ch->shift);
    unsigned flags = ch->flags;

    if ((flags & FOLD_CHAR_MARK) != 0) {
        put_mark(f, becomes, ch, from, to);
        return true;
    }
    fold_writer_release(&f->writer);
    if ((flags & FOLD_CHAR_LETTER) != 0) {
        if (!add_letter(f, ch)) {
            return false;
        }
        if (ch->look != 0 && f->word.folds) {
            becomes = (unsigned char)ch->look;
            flags = fold_char(becomes)->flags;
        }
    } else if ((flags & FOLD_CHAR_INNER) == 0 && !close_word(f)) {
        return false;
    }
    fold_writer_starter(&f->writer, becomes, (flags & FOLD_CHAR_BACK) != 0,
                        from, to);
    f->bare = (flags & FOLD_CHAR_BARE) != 0;
    f->last = flags;
    return true;
}

static void
put_many(struct folding *f, const struct fold_char *ch, size_t from, size_t to)
{
    size_t count;
    const uint32_t *const many = fold_char_many(ch, &count);

    while (f->nth < count) {
        const uint32_t c = many[f->nth];
        if (!put_char(f, c, fold_char(c), from, to)) {
            return;
        }
        f->nth++;
    }
    f->nth = 0;
    f->at = to;
}

/* How many regional indicators stand at `at`; do they all make flags? */
static size_t
region_run(struct text raw, size_t at, bool *flags)
{
    uint32_t first = 0;
    size_t n = 0, len;

    *flags = true;
    for (; n < REGION_RUN && at < raw.len; n++, at += len) {
        const uint32_t c = utf8_at(raw, at, &len) - FOLD_CHAR_REGION_A;
        if (c >= 26) {
            break;
        }
        if (n % 2 == 0) {
            first = c;
        } else if ((fold_table_flags[first] >> c & 1) == 0) {
            *flags = false;
        }
    }
    *flags = *flags && n % 2 == 0;
    return n;
}

static void
put_regions(struct folding *f)
{
    enum { BYTES = 4 }; // of a regional indicator
    bool flags;
    const size_t n = region_run(f->raw, f->at, &flags);

    fold_writer_release(&f->writer);
    if (flags && !close_word(f)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t from = f->at + i * BYTES;
        size_t len;
        const uint32_t c = utf8_at(f->raw, from, &len);
        const uint32_t letter = 'a' + (c - FOLD_CHAR_REGION_A);
        if (flags) {
            fold_writer_starter(&f->writer, c, false, from, from + BYTES);
            f->bare = false;
            f->last = 0;
        } else if (!put_char(f, letter, fold_char(letter), from,
                             from + BYTES)) {
            return;
        }
    }
    f->at += n * BYTES;
}

/*
 * Will the character at `at` stand next to a joiner before it once its marks
 * are in order? A starter does, and a virama that no other mark follows.
 */
static bool
stays_next(struct text raw, size_t at)
{
    enum { VIRAMA = 9 }; // its combining class in every script
    size_t len;
    const struct fold_char *const ch = fold_char(utf8_at(raw, at, &len));

    if (ch->ccc != VIRAMA || at + len == raw.len) {
        return ch->ccc == 0 || ch->ccc == VIRAMA;
    }
    return (fold_char(utf8_at(raw, at + len, &len))->flags &
            (FOLD_CHAR_MARK | FOLD_CHAR_IGNORED)) == 0;
}

/* Is this selector or joiner ordinary text between what stands about it? */
static bool
is_kept(const struct folding *f, uint32_t c, size_t next)
{
    if (c == EMOJI_STYLE) {
        return (f->last & FOLD_CHAR_PICTO) != 0;
    }
    if ((c != ZWJ && c != ZWNJ) || next == f->raw.len) {
        return false;
    }
    size_t len;
    const unsigned after = fold_char(utf8_at(f->raw, next, &len))->flags;
    if ((f->last & after & FOLD_CHAR_JOINS) != 0) {
        return stays_next(f->raw, next);
    }
    return c == ZWJ && (after & FOLD_CHAR_PICTO) != 0 &&
           (f->last & (FOLD_CHAR_PICTO | FOLD_CHAR_SKIN | LAST_STYLED)) != 0;
}

static void
put_ignored(struct folding *f, uint32_t c, size_t len)
{
    if (is_kept(f, c, f->at + len)) {
        fold_writer_starter(&f->writer, c, false, f->at, f->at + len);
        f->bare = false;
        f->last = c == EMOJI_STYLE ? LAST_STYLED : 0;
    }
    f->at += len;
}

/* One character that the fast path does not do. */
static void
put_raw(struct folding *f)
{
    size_t len;
    const uint32_t c = utf8_at(f->raw, f->at, &len);
    const struct fold_char *const ch = fold_char(c);

    if ((ch->flags & FOLD_CHAR_IGNORED) != 0) {
        put_ignored(f, c, len);
    } else if ((ch->flags & FOLD_CHAR_REGION) != 0) {
        put_regions(f);
    } else if ((ch->flags & FOLD_CHAR_MANY) != 0) {
        put_many(f, ch, f->at, f->at + len);
    } else {
        if (c == '\r' && f->at + 1 < f->raw.len &&
            f->raw.at[f->at + 1] == '\n') {
            len = 2;
        }
        if (put_char(f, c, ch, f->at, f->at + len)) {
            f->at += len;
        }
    }
}

// --- ASCII -----------------------------------------------------------------

/* The word that an ASCII run leaves behind it. */
static void
word_after(struct folding *f, const unsigned char *run, size_t len)
{
    struct word *const word = &f->word;
    size_t letters = 0;

    while (letters < len && ascii_is_letter(run[len - 1 - letters])) {
        letters++;
    }
    if (letters < len || !word->open) {
        *word = (struct word){0};
    }
    if (letters > 0) {
        letters += word->letters;
        word->open = true;
        word->folds = true;
        word->letters = (unsigned)((letters - 1) % FOLD_WORD_LETTERS) + 1;
    }
}

static void
put_ascii(struct folding *f)
{
    const unsigned char *const in = (const unsigned char *)f->raw.at + f->at;

    const bool joins =
        ascii_is_letter(*in) && f->word.letters < FOLD_WORD_LETTERS;

    if (!(joins ? make_latin(f) : close_word(f))) {
        return;
    }
    fold_writer_release(&f->writer);
    if (f->writer.failed) {
        return;
    }
    const size_t left = f->raw.len - f->at;
    const size_t room = fold_writer_room(&f->writer);
    const size_t run = fold_ascii_lower(in, left < room ? left : room,
                                        f->writer.out + f->writer.len);
    fold_writer_ran(&f->writer, run, f->at);
    f->at += run;
    if (f->at < f->raw.len) {
        word_after(f, in, run);
    } else {
        f->word.open = false; // nothing follows that it could matter to
    }
    f->last = fold_char(in[run - 1])->flags;
    f->bare = (f->last & FOLD_CHAR_BARE) != 0;
}

// --- the view --------------------------------------------------------------

/* About how long the view of the rest is: exact but for marks. */
static size_t
bytes_ahead(const struct folding *f)
{
    size_t bytes = 0, len, count;
    char unused[4];

    for (size_t at = f->at; at < f->raw.len; at += len) {
        const uint32_t c = utf8_at(f->raw, at, &len);
        const struct fold_char *const ch = fold_char(c);
        if ((ch->flags & FOLD_CHAR_MANY) == 0) {
            bytes += len;
            continue;
        }
        const uint32_t *const many = fold_char_many(ch, &count);
        for (size_t i = 0; i < count; i++) {
            bytes += utf8_put(many[i], unused);
        }
    }
    return bytes;
}

static void
begin(struct folding *f, struct text raw, bool inside, struct arena *arena)
{
    f->raw = raw;
    f->inside = inside;
    f->at = 0;
    f->nth = 0;
    f->bare = false;
    f->last = 0;
    f->word = (struct word){0};
    fold_writer_init(&f->writer, arena, raw.len + 2 * ROOM_LEAST);
}

static bool
fold_as(struct text raw, bool inside, struct arena *arena, struct view *out,
        struct err *err)
{
    struct folding f;

    if (raw.len > UINT32_MAX) {
        err_set(err, ERR_TOO_LARGE, "text: %zu bytes, the most is %u", raw.len,
                UINT32_MAX);
        return false;
    }
    fold_char_ready();
    begin(&f, raw, inside, arena);
    while (!f.writer.failed && (f.at < raw.len || !close_word(&f))) {
        if (fold_writer_room(&f.writer) < ROOM_LEAST) {
            fold_writer_reserve(&f.writer, ROOM_LEAST + bytes_ahead(&f));
        }
        if (f.at < raw.len && fold_ascii_simple((unsigned char)raw.at[f.at])) {
            put_ascii(&f);
        } else if (f.at < raw.len) {
            put_raw(&f);
        }
    }
    fold_writer_release(&f.writer);
    if (f.writer.len != raw.len) {
        fold_writer_map(&f.writer);
    }
    if (f.writer.failed) {
        err_memory(err, "the fold of a text");
        return false;
    }
    *out =
        (struct view){{f.writer.out, f.writer.len}, f.writer.from, f.writer.to};
    return true;
}

bool
fold_view(struct text raw, struct arena *arena, struct view *out,
          struct err *err)
{
    return fold_as(raw, false, arena, out, err);
}

bool
fold_term(struct text raw, struct arena *arena, struct fold_term *out,
          struct err *err)
{
    struct view alone, inside;

    if (!fold_as(raw, false, arena, &alone, err) ||
        !fold_as(raw, true, arena, &inside, err)) {
        return false;
    }
    *out = (struct fold_term){alone.text, inside.text};
    return true;
}

// --- questions about a hit -------------------------------------------------

/* What one raw character needs to be judged as spelling. */
struct spelling {
    const struct view *fold;
    size_t place;  // the view's first byte that came from it
    bool kept;     // if there is one
    uint32_t base; // the raw letter before it, composed
    bool bare;     // which loses its marks
};

static bool
is_spelt(struct spelling *s, uint32_t c)
{
    const unsigned flags = fold_char(c)->flags;
    uint32_t shown = 0;
    size_t len;

    if (s->kept) {
        shown = utf8_at(s->fold->text, s->place, &len);
    }
    if ((flags & FOLD_CHAR_IGNORED) != 0) {
        return s->kept;
    }
    if ((flags & FOLD_CHAR_MARK) != 0) {
        const uint32_t whole = fold_char_compose(s->base, c);
        s->base = whole;
        return s->bare ? whole != 0 &&
                             (fold_char(whole)->flags & FOLD_CHAR_ORDINARY) != 0
                       : (flags & FOLD_CHAR_ORDINARY) != 0;
    }
    s->base = c;
    s->bare = s->kept && (fold_char(shown)->flags & FOLD_CHAR_BARE) != 0;
    if ((flags & FOLD_CHAR_REGION) != 0) {
        return shown == c;
    }
    return (flags & FOLD_CHAR_ORDINARY) != 0 &&
           (fold_char(c)->look == 0 || shown >= 0x80);
}

bool
fold_disguised(const struct view *fold, struct text raw, size_t from, size_t to)
{
    const struct span span = view_raw_span(fold, from, to);
    struct spelling s = {.fold = fold, .place = from};
    size_t len;

    for (size_t at = span.from; at < span.to; at += len) {
        const uint32_t c = utf8_at(raw, at, &len);
        while (s.place < to && view_raw_span(fold, s.place, to).from < at) {
            s.place++;
        }
        s.kept = s.place < to && view_raw_span(fold, s.place, to).from == at;
        if (!is_spelt(&s, c)) {
            return true;
        }
    }
    return false;
}

bool
fold_same_marks(struct text term, struct text found)
{
    struct fold_marked a, b;
    bool more;

    fold_char_ready();
    fold_marked_init(&a, term);
    fold_marked_init(&b, found);
    do {
        more = fold_marked_next(&a);
        if (fold_marked_next(&b) != more || a.count != b.count ||
            memcmp(a.letter, b.letter, a.count * sizeof(*a.letter)) != 0) {
            return false;
        }
    } while (more);
    return true;
}
