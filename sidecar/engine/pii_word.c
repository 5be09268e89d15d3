#include "sidecar/engine/pii_word.h"

#include "sidecar/engine/pii_char.h"

enum { WORD_BYTES = 32 }; /* a word and the gap beside it, on average */

bool
pii_word_same(struct text a, struct text b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool
pii_word_listed(struct text word, const char *list)
{
    const char first = word.len > 0 ? ascii_lower(word.at[0]) : '\0';

    for (const char *at = list; at != NULL && *at != '\0';) {
        size_t i = 0;

        if (*at == first) {
            while (i < word.len && ascii_lower(word.at[i]) == at[i]) {
                i++;
            }
            if (i == word.len && (at[i] == ' ' || at[i] == '\0')) {
                return true;
            }
        }
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return false;
}

struct text
pii_word_last(struct text text, size_t at, size_t stop)
{
    while (at > stop && !pii_char_is(text.at[at - 1], PII_CHAR_LETTER)) {
        at--;
    }
    const size_t to = at;

    while (at > stop && pii_char_is(text.at[at - 1], PII_CHAR_LETTER)) {
        at--;
    }
    return text_part(text, at, to);
}

bool
pii_word_before(struct text text, size_t from, const char *list, size_t count)
{
    const size_t reach = count * WORD_BYTES;
    const size_t stop = from > reach ? from - reach : 0;

    for (size_t i = 0; i < count; i++) {
        const struct text word = pii_word_last(text, from, stop);

        if (word.len == 0) {
            return false;
        }
        if (pii_word_listed(word, list)) {
            return true;
        }
        from = (size_t)(word.at - text.at);
    }
    return false;
}

bool
pii_word_after(struct text text, size_t to, const char *list, size_t count)
{
    const size_t reach = count * WORD_BYTES;
    const size_t stop = text.len - to > reach ? to + reach : text.len;

    for (size_t i = 0; i < count; i++) {
        while (to < stop && !pii_char_is(text.at[to], PII_CHAR_LETTER)) {
            to++;
        }
        const size_t from = to;

        while (to < stop && pii_char_is(text.at[to], PII_CHAR_LETTER)) {
            to++;
        }
        if (from == to) {
            return false;
        }
        if (pii_word_listed(text_part(text, from, to), list)) {
            return true;
        }
    }
    return false;
}
