#include "sidecar/engine/voice_text.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"

/* What becomes of one character. */
enum fate { KEEP, SPACE, DROP, TILDE, REPLACE };

/* Bytes that the folded text never exceeds by: the two spaces. */
enum { ENDS = 2 };

static bool
within(uint32_t c, uint32_t low, uint32_t high)
{
    return c - low <= high - low;
}

static enum fate
fate_of_ascii(unsigned char c)
{
    switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\v':
    case '\f':
    case '\r':
        return SPACE;
    case '*':
    case '_':
    case '`':
        return DROP;
    case '~':
        return TILDE;
    default:
        // Other controls and DEL: invisible, so no part of a voice.
        return c < ' ' || c == 0x7f ? DROP : KEEP;
    }
}

/* Unicode's White_Space beyond ASCII. */
static bool
is_space(uint32_t c)
{
    return c == 0x85 || c == 0xa0 || c == 0x1680 || within(c, 0x2000, 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

/* Format characters, soft hyphen, variation selectors, C1 controls. */
static bool
is_invisible(uint32_t c)
{
    return within(c, 0x80, 0x9f) || c == 0xad || c == 0x61c || c == 0x180e ||
           within(c, 0x200b, 0x200f) || within(c, 0x202a, 0x202e) ||
           within(c, 0x2060, 0x206f) || within(c, 0xfe00, 0xfe0f) ||
           c == 0xfeff || within(c, 0xe0000, 0xe0fff);
}

/* Typographic marks as a keyboard has them; NULL for every other character. */
static const char *
plain_form(uint32_t c)
{
    switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x201a:
    case 0x201b:
    case 0x2032:
        return "'";
    case 0x201c:
    case 0x201d:
    case 0x201e:
    case 0x201f:
    case 0x2033:
        return "\"";
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2212:
        return "-";
    case 0x2014:
    case 0x2015:
        return "--";
    case 0x2026:
        return "...";
    default:
        return NULL;
    }
}

static enum fate
fate_of(uint32_t c, const char **plain)
{
    if (c < 0x80) {
        return fate_of_ascii((unsigned char)c);
    }
    if (is_space(c)) {
        return SPACE;
    }
    if (is_invisible(c)) {
        return DROP;
    }
    *plain = plain_form(c);
    return *plain != NULL ? REPLACE : KEEP;
}

/* Does a second tilde stand beside this one? Then both are strike-through. */
static bool
tilde_is_paired(struct text text, size_t at)
{
    return (at > 0 && text.at[at - 1] == '~') ||
           (at + 1 < text.len && text.at[at + 1] == '~');
}

/* The ASCII characters that stay as they are: one bit each. */
static const uint64_t plain_ascii[2] = {
    0xfffffbfe00000000u, /* ! to ? but * */
    0x3ffffffe7fffffffu, /* @ to } but _ and ` */
};

static bool
is_plain(unsigned char c)
{
    return c < 0x80 && (plain_ascii[c / 64] >> c % 64 & 1) != 0;
}

/* The folded text so far; a space is written only before what follows it. */
struct folding {
    char *out;
    size_t len;
    bool gap; /* white space since the last character */
};

static inline void
put(struct folding *f, const char *bytes, size_t len)
{
    if (f->gap) {
        f->out[f->len++] = ' ';
        f->gap = false;
    }
    for (size_t i = 0; i < len; i++) {
        f->out[f->len++] = bytes[i];
    }
}

/* Folds the character at `at`, one that is not plain; returns its length. */
static size_t
fold_character(struct folding *f, struct text text, size_t at)
{
    const char *plain = NULL;
    size_t len;
    enum fate fate = fate_of(utf8_at(text, at, &len), &plain);

    if (fate == TILDE) {
        fate = tilde_is_paired(text, at) ? DROP : KEEP;
    }
    switch (fate) {
    case KEEP:
        put(f, text.at + at, len);
        break;
    case REPLACE:
        put(f, plain, strlen(plain));
        break;
    case SPACE:
        f->gap = true;
        break;
    case DROP:
    case TILDE:
        break;
    }
    return len;
}

static size_t
fold_into(struct text text, char *out)
{
    struct folding f = {out, 0, true};

    for (size_t i = 0; i < text.len;) {
        if (is_plain((unsigned char)text.at[i])) {
            put(&f, text.at + i, 1);
            i++;
        } else {
            i += fold_character(&f, text, i);
        }
    }
    f.out[f.len++] = ' ';
    return f.len;
}

/* Lower case of U+0080 to U+07FF where it too lies there; else the same. */
static uint32_t
lower_of(uint32_t c)
{
    if (within(c, 0xc0, 0xde) && c != 0xd7) {
        return c + 32;
    }
    if (within(c, 0x100, 0x137) && c != 0x130 && c != 0x131) {
        return c | 1;
    }
    if (within(c, 0x139, 0x148) || within(c, 0x179, 0x17e)) {
        return (c & 1) != 0 ? c + 1 : c;
    }
    if (within(c, 0x14a, 0x177)) {
        return c | 1;
    }
    if (c == 0x178) {
        return 0xff;
    }
    if (within(c, 0x391, 0x3ab) && c != 0x3a2) {
        return c + 32;
    }
    if (within(c, 0x410, 0x42f)) {
        return c + 32;
    }
    return within(c, 0x400, 0x40f) ? c + 80 : c;
}

/* Copies with letters lowered, counting characters. */
static size_t
lower_into(struct text text, char *out)
{
    size_t chars = 0;

    for (size_t i = 0; i < text.len; chars++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c < 0x80) {
            out[i++] = ascii_lower((char)c);
            continue;
        }
        size_t len;
        const uint32_t wide = utf8_at(text, i, &len);
        if (len == 2) {
            utf8_put(lower_of(wide), out + i);
        } else {
            memcpy(out + i, text.at + i, len);
        }
        i += len;
    }
    return chars;
}

bool
voice_text_fold(struct text text, struct arena *arena, struct voice_text *out,
                struct err *err)
{
    char *cased =
        text.len <= SIZE_MAX - ENDS ? arena_take(arena, text.len + ENDS) : NULL;
    const size_t len = cased != NULL ? fold_into(text, cased) : 0;
    char *lower = cased != NULL ? arena_take(arena, len) : NULL;

    if (lower == NULL) {
        err_memory(err, "folding a text for the voice measure");
        return false;
    }
    out->cased = (struct text){cased, len};
    out->lower = (struct text){lower, len};
    const size_t chars = lower_into(out->cased, lower);
    out->chars = chars > ENDS ? chars - ENDS : 0;
    return true;
}

static size_t
word_end(struct text text, size_t i)
{
    const unsigned char *at = (const unsigned char *)text.at;

    while (i < text.len) {
        if (ascii_is_letter(at[i])) {
            i++;
        } else if (at[i] == '\'' && i + 1 < text.len &&
                   ascii_is_letter(at[i + 1])) {
            i += 2;
        } else {
            break;
        }
    }
    return i;
}

static size_t
mark_end(struct text text, size_t i)
{
    const char c = text.at[i];
    size_t end = i + 1;

    if (c == '-' && end < text.len && text.at[end] == '-') {
        return end + 1;
    }
    if (c == '.') {
        while (end < text.len && text.at[end] == '.') {
            end++;
        }
        return end - i >= 3 ? end : i + 1;
    }
    return i + utf8_len((unsigned char)c);
}

bool
voice_text_token(struct text text, size_t *offset, struct voice_token *out)
{
    size_t i = *offset;

    while (i < text.len && text.at[i] == ' ') {
        i++;
    }
    if (i == text.len) {
        *offset = i;
        return false;
    }
    out->from = (uint32_t)i;
    const unsigned char c = (unsigned char)text.at[i];
    if (ascii_is_letter(c)) {
        out->kind = VOICE_WORD;
        i = word_end(text, i);
    } else if (ascii_is_digit(c)) {
        out->kind = VOICE_NUMBER;
        while (i < text.len && ascii_is_digit(text.at[i])) {
            i++;
        }
    } else {
        out->kind = VOICE_MARK;
        i = mark_end(text, i);
    }
    out->to = (uint32_t)i;
    *offset = i;
    return true;
}
