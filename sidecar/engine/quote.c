#include "sidecar/engine/quote.h"

enum { QUOTE_BYTES = 400 };

/* Quotes on a line alternate: opening, closing, opening ... */
static bool
line_around(struct text text, struct span span, struct span *line)
{
    size_t from = span.from, to = span.to;

    while (from > 0 && text.at[from - 1] != '\n') {
        from--;
    }
    while (to < text.len && text.at[to] != '\n') {
        to++;
    }
    *line = (struct span){from, to};
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
    for (size_t i = line.from; i < line.to; i++) {
        if (text.at[i] != '"') {
            continue;
        }
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
    for (size_t i = 0; i < span.from; i++) {
        ticks += text.at[i] == '`' && (i == 0 || text.at[i - 1] != '`');
    }
    return ticks % 2 == 1 && span.to < text.len &&
           memchr(text.at + span.to, '`', text.len - span.to) != NULL;
}
