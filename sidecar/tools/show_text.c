#include "sidecar/tools/show_text.h"

#include <stdlib.h>
#include <unistd.h>

#include "sidecar/base/utf8.h"

enum { PIECE_BYTES = 16 };

bool
show_when_of(const char *word, enum show_when *out)
{
    static const char *const names[] = {"auto", "always", "never"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i]) == 0) {
            *out = (enum show_when)i;
            return true;
        }
    }
    return false;
}

bool
show_text_colours(enum show_when when)
{
    const char *no_colour = getenv("NO_COLOR");

    if (when != SHOW_AUTO) {
        return when == SHOW_ALWAYS;
    }
    return (no_colour == NULL || no_colour[0] == '\0') &&
           isatty(STDOUT_FILENO) == 1;
}

const char *
show_text_on(enum show_colour colour, bool coloured)
{
    static const char *const codes[SHOW_COLOURS] = {
        "\033[0m",    "\033[1m",    "\033[2m", "\033[1;31m",
        "\033[1;33m", "\033[1;36m", "\033[32m"};

    return coloured ? codes[colour] : "";
}

/*
 * Shown as nothing, or changes what is shown around it: controls, zero-width
 * and bidi characters, marks without end are left to the terminal.
 */
static bool
is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x34f ||
           c == 0x61c || c == 0x115f || c == 0x1160 || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0x2800 || c == 0x3164 ||
           (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0xffa0 ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

/* The next piece as it is printed, into out; returns bytes of text taken. */
static size_t
next_piece(struct text text, size_t at, bool valid, char out[PIECE_BYTES])
{
    size_t len = 1;
    const unsigned char byte = (unsigned char)text.at[at];

    if (!valid && byte >= 0x80) {
        snprintf(out, PIECE_BYTES, "\\x%02x", byte);
        return 1;
    }
    const uint32_t c = utf8_at(text, at, &len);
    if (c == '\n') {
        snprintf(out, PIECE_BYTES, "\\n");
    } else if (is_unsafe(c)) {
        snprintf(out, PIECE_BYTES, "\\u{%x}", (unsigned)c);
    } else {
        memcpy(out, text.at + at, len);
        out[len] = '\0';
    }
    return len;
}

void
show_text_plain(FILE *to, struct text text)
{
    size_t bad;
    const bool valid = utf8_check(text, &bad);
    char piece[PIECE_BYTES];

    for (size_t at = 0; at < text.len;) {
        at += next_piece(text, at, valid, piece);
        fputs(piece, to);
    }
}

void
show_text_coloured(FILE *to, struct text text, const unsigned char *colours)
{
    size_t bad;
    const bool valid = utf8_check(text, &bad);
    unsigned char now = SHOW_PLAIN;
    char piece[PIECE_BYTES];

    for (size_t at = 0; at < text.len;) {
        const unsigned char wanted = colours[at];
        if (wanted != now) {
            fputs(show_text_on(SHOW_PLAIN, true), to);
            fputs(wanted != SHOW_PLAIN
                      ? show_text_on((enum show_colour)wanted, true)
                      : "",
                  to);
            now = wanted;
        }
        at += next_piece(text, at, valid, piece);
        fputs(piece, to);
    }
    if (now != SHOW_PLAIN) {
        fputs(show_text_on(SHOW_PLAIN, true), to);
    }
}

/* Columns that the printed piece takes: characters, wide ones counted once. */
static size_t
columns(const char *piece)
{
    return utf8_count(text_of(piece)).code_points;
}

void
show_text_marks(FILE *to, struct text text, const unsigned char *colours)
{
    size_t bad, blanks = 0;
    const bool valid = utf8_check(text, &bad);
    char piece[PIECE_BYTES];

    for (size_t at = 0; at < text.len;) {
        const bool marked = colours[at] != SHOW_PLAIN;
        at += next_piece(text, at, valid, piece);
        for (size_t n = columns(piece); n > 0; n--) {
            if (!marked) {
                blanks++;
                continue;
            }
            for (; blanks > 0; blanks--) {
                fputc(' ', to);
            }
            fputc('^', to);
        }
    }
}
