#include "sidecar/engine/quote.h"

enum { QUOTE_BYTES = 400, STEP_BYTES = 256 /* back, at once */ };

/* Where the character stands first from `from` on, or `to`. */
static size_t
next_of(struct text text, char c, size_t from, size_t to)
{
    const char *at = from < to ? memchr(text.at + from, c, to - from) : NULL;

    return at != NULL ? (size_t)(at - text.at) : to;
}

/* Where the line begins that has the byte before `at`. */
static size_t
line_start(struct text text, size_t at)
{
    while (at > 0) {
        const size_t from = at > STEP_BYTES ? at - STEP_BYTES : 0;
        if (next_of(text, '\n', from, at) < at) {
            break;
        }
        at = from;
    }
    while (at > 0 && text.at[at - 1] != '\n') {
        at--;
    }
    return at;
}

/* Quotes on a line alternate: opening, closing, opening ... */
static bool
line_around(struct text text, struct span span, struct span *line)
{
    *line = (struct span){line_start(text, span.from),
                          next_of(text, '\n', span.to, text.len)};
    return memchr(text.at + span.from, '\n', span.to - span.from) == NULL;
}

static bool
ends_as_speech(struct text text, size_t close)
{
    const char last = close > 0 ? text.at[close - 1] : ' ';

    return last == '.' || last == ',' || last == '!' || last == '?' ||
           last == '-' || last == ';' || last == ':';
}

static bool
only_space(struct text text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (text.at[i] != ' ' && text.at[i] != '*') {
            return false;
        }
    }
    return true;
}

bool
quote_is_mention(struct text text, struct span span)
{
    struct span line;
    size_t open = SIZE_MAX;

    if (!line_around(text, span, &line)) {
        return false;
    }
    for (size_t i = next_of(text, '"', line.from, line.to); i < line.to;
         i = next_of(text, '"', i + 1, line.to)) {
        if (open == SIZE_MAX) {
            if (i >= span.from) {
                return false; // it begins inside or behind the span
            }
            open = i;
            continue;
        }
        if (i < span.to) {
            open = SIZE_MAX; // a pair that ends before the span does
            continue;
        }
        const bool whole_line = only_space(text, line.from, open) &&
                                only_space(text, i + 1, line.to);
        return i - open <= QUOTE_BYTES && !whole_line &&
               !ends_as_speech(text, i);
    }
    return false;
}

bool
quote_is_code(struct text text, struct span span)
{
    size_t ticks = 0;

    // Inside where an odd number of backtick runs stands before, one behind.
    for (size_t i = next_of(text, '`', 0, span.from); i < span.from;
         i = next_of(text, '`', i + 1, span.from)) {
        ticks += i == 0 || text.at[i - 1] != '`';
    }
    return ticks % 2 == 1 && span.to < text.len &&
           memchr(text.at + span.to, '`', text.len - span.to) != NULL;
}
