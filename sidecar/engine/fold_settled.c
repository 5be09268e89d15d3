#include "sidecar/engine/fold_settled.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_char.h"

enum {
    /* Part of a word, or nothing to it. */
    WORD =
        FOLD_CHAR_LETTER | FOLD_CHAR_MARK | FOLD_CHAR_INNER | FOLD_CHAR_IGNORED
};

/* The flags of the first of what c becomes; how many letters it counts. */
static unsigned
first_flags(uint32_t c, unsigned *letters)
{
    const struct fold_char *const ch = fold_char(c);
    unsigned flags = ch->flags;
    size_t count = 1;
    const uint32_t *many = NULL;

    if ((flags & FOLD_CHAR_MANY) != 0) {
        many = fold_char_many(ch, &count);
        flags = fold_char(many[0])->flags;
    }
    *letters = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned one = many != NULL ? fold_char(many[i])->flags : flags;
        *letters +=
            (one & (FOLD_CHAR_LETTER | FOLD_CHAR_BACK)) == FOLD_CHAR_LETTER;
    }
    return flags;
}

/* Was the character before `at` dropped, or a joiner that waits for the next?
 */
static bool
after_ignored(struct text raw, size_t at)
{
    size_t len, back = at;

    if (at == 0) {
        return false;
    }
    do {
        back--;
    } while (utf8_inside((unsigned char)raw.at[back]));
    return (fold_char(utf8_at(raw, back, &len))->flags & FOLD_CHAR_IGNORED) !=
           0;
}

/* Does the character at `at` end all that came before it? */
static bool
divides(struct text raw, size_t at)
{
    const unsigned depends = WORD | FOLD_CHAR_BACK | FOLD_CHAR_REGION;
    size_t len;
    unsigned letters;
    const uint32_t c = utf8_at(raw, at, &len);

    if (c == '\n' && at > 0 && raw.at[at - 1] == '\r') {
        return false;
    }
    return (first_flags(c, &letters) & depends) == 0 && !after_ignored(raw, at);
}

size_t
fold_settled(struct text raw)
{
    size_t safe = raw.len, len;
    unsigned letters = 0, more;

    fold_char_ready();
    do {
        if (safe == 0) {
            break;
        }
        safe--;
    } while (utf8_inside((unsigned char)raw.at[safe]) || !divides(raw, safe));
    // A word that is longer than it may be is cut, in the view as here.
    for (size_t at = safe; at < raw.len; at += len) {
        const uint32_t c = utf8_at(raw, at, &len);
        const unsigned flags = first_flags(c, &more);
        if ((flags & FOLD_CHAR_REGION) != 0) {
            break; // letters or flags: its end is not known
        }
        if ((flags & WORD) == 0) {
            letters = 0;
        }
        if (letters == FOLD_WORD_LETTERS && more > 0 &&
            (flags & FOLD_CHAR_LETTER) != 0) {
            letters = 0;
            safe = after_ignored(raw, at) ? safe : at;
        }
        letters += more;
        letters -= letters > FOLD_WORD_LETTERS ? FOLD_WORD_LETTERS : 0;
    }
    return safe;
}
