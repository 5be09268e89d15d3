/*
 * A stranger's text on a terminal: characters that would move the cursor,
 * change its colour or show as nothing are written as \u{200b}.
 */
#ifndef SIDECAR_TOOLS_SHOW_TEXT_H
#define SIDECAR_TOOLS_SHOW_TEXT_H

#include <stdio.h>

#include "sidecar/base/text.h"

/* Colours as terminals know them (ECMA-48, SGR); 0 is none. */
enum show_colour {
    SHOW_PLAIN,
    SHOW_BOLD,
    SHOW_DIM,
    SHOW_RED,
    SHOW_YELLOW,
    SHOW_CYAN,
    SHOW_GREEN,
    SHOW_COLOURS
};

/* What of --color: auto asks whether stdout is a terminal, and NO_COLOR. */
enum show_when { SHOW_AUTO, SHOW_ALWAYS, SHOW_NEVER };

/* "auto", "always", "never"; false: none of them. */
bool show_when_of(const char *word, enum show_when *out);

/* Is colour wanted on stdout? See no-color.org. */
bool show_text_colours(enum show_when when);

/* The escape that begins the colour, or "" where it is off. Static. */
const char *show_text_on(enum show_colour colour, bool coloured);

/* The text, safe; valid UTF-8 or not. */
void show_text_plain(FILE *to, struct text text);

/*
 * The same with a colour for each byte: a character has its first byte's.
 *
 *   colours  [text.len] of enum show_colour
 */
void
show_text_coloured(FILE *to, struct text text, const unsigned char *colours);

/*
 * Without colours: a line of marks under the text as show_text_plain prints
 * it, '^' below each byte that has a colour; nothing where none has.
 */
void show_text_marks(FILE *to, struct text text, const unsigned char *colours);

#endif
