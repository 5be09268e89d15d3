#include "sidecar/engine/oddity.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_ascii.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/fold_table.h"
#include "sidecar/engine/oddity_char.h"
#include "sidecar/engine/oddity_word.h"

enum {
    ZWNJ = 0x200c,
    BOM = 0xfeff,
    BLACK_FLAG = 0x1f3f4,
    TAG_A = 0xe0061,
    TAG_0 = 0xe0030,
    TAG_END = 0xe007f,
    FLAG_TAGS_LEAST = 3, // a country's two letters and one more
    FLAG_TAGS_MOST = 5,  // the longest code of a subdivision: three more
    MONGOLIAN_SEPARATOR = 0x180e,
    SKIP_LEAST = 8 // bytes; fewer are as soon read
};

static const char *const names[] = {
    [ODDITY_COMBINING] = "combining",
    [ODDITY_BIDI_OVERRIDE] = "bidi_override",
    [ODDITY_BIDI_ISOLATE] = "bidi_isolate",
    [ODDITY_TAG_CHARS] = "tag_chars",
    [ODDITY_VARIATION] = "variation_selectors",
    [ODDITY_INVISIBLE] = "invisible",
    [ODDITY_PRIVATE_USE] = "private_use",
    [ODDITY_NONCHARACTERS] = "noncharacters",
    [ODDITY_CONTROL] = "control",
    [ODDITY_MIXED_SCRIPTS] = "mixed_scripts",
    [ODDITY_IGNORABLES_ONLY] = "ignorables_only",
};

_Static_assert(sizeof(names) / sizeof(*names) == ODDITY_KINDS, "one each");

const char *
oddity_name(enum oddity_kind kind)
{
    return kind < ODDITY_KINDS ? names[kind] : "";
}

enum oddity_kind
oddity_of(struct text name)
{
    size_t kind = 0;

    while (kind < ODDITY_KINDS && !text_is(name, names[kind])) {
        kind++;
    }
    return (enum oddity_kind)kind;
}

// --- one pass --------------------------------------------------------------

/* A character and what it is. */
struct sign {
    uint32_t c;
    enum oddity_char_kind kind;
};

/* What the text is like as a whole. */
struct facts {
    bool visible;
    bool rtl;
    bool braille; /* patterns that are not blank */
    struct oddity_word_scripts scripts;
};

struct walk {
    struct text raw;
    const struct oddity_limits *limits;
    struct oddity *out;
    struct facts facts;
    struct sign last, before; /* the two characters before this one */
    // The run of marks that is being read.
    size_t base, marks, weight, marks_end;
    size_t invisible;            /* characters that no place needed */
    size_t newest[ODDITY_KINDS]; /* 1 and the index of the last finding */
    struct oddity_word word;
};

static void
add(struct walk *w, enum oddity_kind kind, struct span span, size_t count)
{
    struct oddity *const out = w->out;

    if ((w->limits->forbid >> kind & 1) == 0) {
        return;
    }
    struct oddity_finding *const newest =
        w->newest[kind] > 0 ? &out->at[w->newest[kind] - 1] : NULL;
    if (newest != NULL && newest->raw.to == span.from) {
        newest->raw.to = span.to;
        newest->count += count;
        return;
    }
    if (out->found[kind]++ < ODDITY_KIND_MOST) {
        out->at[out->count++] = (struct oddity_finding){kind, span, count};
        w->newest[kind] = out->count;
    }
}

static struct sign
sign_at(struct text raw, size_t at, size_t *len)
{
    if (at >= raw.len) {
        return (struct sign){' ', ODDITY_CHAR_SPACE};
    }
    const uint32_t c = utf8_at(raw, at, len);
    return (struct sign){c, c > 0x20 && c < 0x7f ? ODDITY_CHAR_PLAIN
                                                 : oddity_char(c)};
}

// --- what emoji and spelling need ------------------------------------------

/* The end of the flag's tags that begin at `at`, or `at`. */
static size_t
flag_end(struct text raw, size_t at)
{
    unsigned letters[2] = {0, 0};
    size_t n = 0, next = at, len = 0;

    for (; next < raw.len && n <= FLAG_TAGS_MOST; next += len, n++) {
        const uint32_t c = utf8_at(raw, next, &len);
        if (c == TAG_END) {
            break;
        }
        if (c - TAG_A >= 26 && (n < 2 || c - TAG_0 >= 10)) {
            return at;
        }
        if (n < 2) {
            letters[n] = c - TAG_A;
        }
    }
    if (next == raw.len || n < FLAG_TAGS_LEAST || n > FLAG_TAGS_MOST ||
        (fold_table_flags[letters[0]] >> letters[1] & 1) == 0) {
        return at;
    }
    return next + len;
}

static bool
is_picto(uint32_t c)
{
    return (fold_char(c)->flags & (FOLD_CHAR_PICTO | FOLD_CHAR_SKIN)) != 0;
}

static bool
joins(const struct walk *w, uint32_t joiner, uint32_t next)
{
    if ((fold_char(w->last.c)->flags & FOLD_CHAR_JOINS) != 0) {
        return true;
    }
    const uint32_t emoji =
        w->last.kind == ODDITY_CHAR_SELECTOR ? w->before.c : w->last.c;
    return joiner != ZWNJ && is_picto(emoji) && is_picto(next);
}

static bool
is_jamo(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x11ff) || (c >= 0x3131 && c <= 0x318e) ||
           (c >= 0xa960 && c <= 0xa97f) || (c >= 0xd7b0 && c <= 0xd7ff);
}

/* Does the place need this invisible character? */
static bool
is_needed(const struct walk *w, struct sign s, size_t at, uint32_t next)
{
    switch ((int)s.kind) {
    case ODDITY_CHAR_DIRECTION:
        return w->facts.rtl;
    case ODDITY_CHAR_JOINER:
        return joins(w, s.c, next);
    case ODDITY_CHAR_BREAK:
        return oddity_char_breaks(w->last.c) || oddity_char_breaks(next);
    case ODDITY_CHAR_FILLER:
        return is_jamo(w->last.c) || is_jamo(next);
    case ODDITY_CHAR_BRAILLE:
        return w->facts.braille;
    }
    return (s.c == BOM && at == 0) || (s.c == MONGOLIAN_SEPARATOR &&
                                       oddity_char_varies(w->last.c, 0x180b));
}

// --- marks -----------------------------------------------------------------

static void
end_marks(struct walk *w)
{
    if (w->marks > 0 && (w->weight + 1) / 2 > w->limits->max_combining_run) {
        add(w, ODDITY_COMBINING, (struct span){w->base, w->marks_end},
            w->marks);
    }
    w->marks = 0;
    w->weight = 0;
}

/* What shows as nothing does not end a run of marks. */
static void
read_marks(struct walk *w, struct sign s, struct span span)
{
    if (s.kind == ODDITY_CHAR_MARK || s.kind == ODDITY_CHAR_OWN_MARK) {
        w->marks++;
        w->weight += s.kind == ODDITY_CHAR_MARK ? 2 : 1;
        w->marks_end = span.to;
    } else if (s.kind <= ODDITY_CHAR_SPACE || s.kind >= ODDITY_CHAR_PRIVATE) {
        end_marks(w);
        w->base = span.from;
    }
}

// --- the kinds -------------------------------------------------------------

static void
judge(struct walk *w, struct sign s, struct span span, uint32_t next)
{
    switch (s.kind) {
    case ODDITY_CHAR_PLAIN:
    case ODDITY_CHAR_SPACE:
    case ODDITY_CHAR_MARK:
    case ODDITY_CHAR_OWN_MARK:
        return;
    case ODDITY_CHAR_OVERRIDE:
        add(w, ODDITY_BIDI_OVERRIDE, span, 1);
        return;
    case ODDITY_CHAR_ISOLATE:
        if (!w->facts.rtl) {
            add(w, ODDITY_BIDI_ISOLATE, span, 1);
        }
        return;
    case ODDITY_CHAR_TAG:
        add(w, ODDITY_TAG_CHARS, span, 1);
        return;
    case ODDITY_CHAR_SELECTOR:
        if (!oddity_char_varies(w->last.c, s.c)) {
            add(w, ODDITY_VARIATION, span, 1);
        }
        return;
    case ODDITY_CHAR_PRIVATE:
        add(w, ODDITY_PRIVATE_USE, span, 1);
        return;
    case ODDITY_CHAR_NONCHARACTER:
        add(w, ODDITY_NONCHARACTERS, span, 1);
        return;
    case ODDITY_CHAR_CONTROL:
        add(w, ODDITY_CONTROL, span, 1);
        return;
    case ODDITY_CHAR_DIRECTION:
    case ODDITY_CHAR_JOINER:
    case ODDITY_CHAR_BREAK:
    case ODDITY_CHAR_FILLER:
    case ODDITY_CHAR_BRAILLE:
    case ODDITY_CHAR_INVISIBLE:
        if (!is_needed(w, s, span.from, next)) {
            w->invisible++;
            if (w->invisible > w->limits->max_invisible) {
                add(w, ODDITY_INVISIBLE, span, 1);
            }
        }
        return;
    }
}

static void
end_word(struct walk *w)
{
    if (oddity_word_mixes(&w->word, &w->facts.scripts)) {
        add(w, ODDITY_MIXED_SCRIPTS, w->word.span, w->word.doubles);
    }
    w->word = (struct oddity_word){.letters = 0};
}

/* Reads the character at `at` and returns where the next one begins. */
static size_t
step(struct walk *w, size_t at)
{
    size_t len = 1, next_len;
    const struct sign s = sign_at(w->raw, at, &len);
    const struct span span = {at, at + len};

    if (!oddity_word_read(&w->word, s.c, span)) {
        end_word(w);
    }
    read_marks(w, s, span);
    if (s.kind > ODDITY_CHAR_OWN_MARK) {
        judge(w, s, span, sign_at(w->raw, span.to, &next_len).c);
    }
    w->before = w->last;
    w->last = s;
    return s.c == BLACK_FLAG ? flag_end(w->raw, span.to) : span.to;
}

// --- the text --------------------------------------------------------------

static bool
is_visible(enum oddity_char_kind kind)
{
    return kind == ODDITY_CHAR_PLAIN || kind == ODDITY_CHAR_MARK ||
           kind == ODDITY_CHAR_OWN_MARK || kind == ODDITY_CHAR_PRIVATE ||
           kind == ODDITY_CHAR_NONCHARACTER;
}

static struct facts
survey(struct text raw)
{
    struct facts facts = {.visible = false};
    size_t len = 1;

    for (size_t at = 0; at < raw.len; at += len) {
        const unsigned char byte = (unsigned char)raw.at[at];
        if (byte < 0x80) {
            facts.visible = facts.visible || (byte > ' ' && byte != 0x7f);
            len = 1;
            continue;
        }
        const struct sign s = sign_at(raw, at, &len);
        facts.visible = facts.visible || is_visible(s.kind);
        facts.rtl = facts.rtl ||
                    (s.kind == ODDITY_CHAR_PLAIN && oddity_char_is_rtl(s.c));
        facts.braille = facts.braille || (s.c > 0x2800 && s.c <= 0x28ff);
        oddity_word_count(s.c, &facts.scripts);
    }
    return facts;
}

/* Printing ASCII or white space? */
static bool
is_ordinary(unsigned char byte)
{
    return (byte >= ' ' && byte < 0x7f) || (byte >= '\t' && byte <= '\r');
}

/*
 * Between two words nothing is remembered but the last two characters: of the
 * ordinary text at `at` only its end need be read, from the word on that what
 * follows may be part of.
 */
static size_t
skip_ordinary(const struct walk *w, size_t at)
{
    size_t end = at;

    if (w->word.letters > 0 || w->marks > 0) {
        return at;
    }
    while (end < w->raw.len && is_ordinary((unsigned char)w->raw.at[end])) {
        end++;
    }
    if (end < at + SKIP_LEAST) {
        return at;
    }
    end -= 2;
    while (end > at && ascii_is_letter(w->raw.at[end - 1])) {
        end--;
    }
    return end;
}

/* The top bit of each byte: it is printing ASCII, 0x20 to 0x7e. */
static uint64_t
printing(uint64_t eight)
{
    static const uint64_t each = 0x0101010101010101u;
    const uint64_t low = eight & each * 0x7f;

    return (low + each * (0x80 - ' ')) & ~(low + each) & ~eight & each * 0x80;
}

/* ASCII without controls, and not only white space? */
static bool
is_plain(struct text raw)
{
    bool visible = raw.len == 0;
    uint64_t eight;

    for (size_t at = 0; at < raw.len;) {
        if (raw.len - at >= sizeof(eight)) {
            memcpy(&eight, raw.at + at, sizeof(eight));
            if (printing(eight) == UINT64_C(0x8080808080808080)) {
                visible = visible || eight != UINT64_C(0x2020202020202020);
                at += sizeof(eight);
                continue;
            }
        }
        const unsigned char byte = (unsigned char)raw.at[at++];
        if (!is_ordinary(byte)) {
            return false;
        }
        visible = visible || byte > ' ';
    }
    return visible;
}

void
oddity_find(struct text raw, const struct oddity_limits *limits,
            struct oddity *out)
{
    *out = (struct oddity){.count = 0};
    if (is_plain(raw)) {
        return;
    }
    fold_char_ready();
    struct walk w = {.raw = raw,
                     .limits = limits,
                     .out = out,
                     .facts = survey(raw),
                     .last = {' ', ODDITY_CHAR_SPACE},
                     .before = {' ', ODDITY_CHAR_SPACE}};
    for (size_t at = 0; at < raw.len;) {
        at = step(&w, skip_ordinary(&w, at));
    }
    end_word(&w);
    end_marks(&w);
    if (!w.facts.visible) {
        add(&w, ODDITY_IGNORABLES_ONLY, (struct span){0, raw.len}, raw.len);
    }
}
