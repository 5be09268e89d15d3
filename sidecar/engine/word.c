#include "sidecar/engine/word.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"

/* Blocks of the scripts that have no boundaries for us, in order. */
static const struct {
    uint32_t first, last;
} unspaced[] = {
    {0x0e00, 0x0eff},   /* Thai, Lao */
    {0x1000, 0x109f},   /* Myanmar */
    {0x1100, 0x11ff},   /* Hangul Jamo */
    {0x1780, 0x17ff},   /* Khmer */
    {0x2e80, 0x9fff},   /* CJK, Kana, Bopomofo */
    {0xa960, 0xa97f},   /* Hangul Jamo Extended-A */
    {0xac00, 0xd7ff},   /* Hangul */
    {0xf900, 0xfaff},   /* CJK compatibility */
    {0x20000, 0x3ffff}, /* CJK extensions */
};

static bool
is_unspaced(uint32_t c)
{
    for (size_t i = 0; i < sizeof(unspaced) / sizeof(unspaced[0]); i++) {
        if (c <= unspaced[i].last) {
            return c >= unspaced[i].first;
        }
    }
    return false;
}

bool
word_char(uint32_t c)
{
    if (c < 0x80) {
        return ascii_is_alnum((int)c);
    }
    fold_char_ready();
    return (fold_char(c)->flags &
            (FOLD_CHAR_LETTER | FOLD_CHAR_MARK | FOLD_CHAR_INNER)) != 0 &&
           !is_unspaced(c);
}

bool
word_before(struct text text, size_t offset)
{
    size_t len;

    if (offset == 0) {
        return false;
    }
    do {
        offset--;
    } while (utf8_inside((unsigned char)text.at[offset]));
    return word_char(utf8_at(text, offset, &len));
}

bool
word_at(struct text text, size_t offset)
{
    size_t len;

    return offset < text.len && word_char(utf8_at(text, offset, &len));
}
