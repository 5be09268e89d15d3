/*
 * The n-grams of texts as the linear scorer sees them, for the recipe that
 * trains it.
 *
 *     linear_features < texts > grams
 *
 * Standard input: texts of valid UTF-8, each after its length (u32). Standard
 * output: for each text the number of pieces that the scorer reads it in (u32),
 * for each of them the number of n-grams (u32) and their hashes (u32 each).
 * Little-endian.
 */
#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/linear.h"
#include "sidecar/engine/linear_gram.h"
#include "sidecar/engine/voice_bytes.h"

enum { TEXT_BYTES = 16 * 1024 * 1024 };

static size_t
count_pieces(struct text fold)
{
    struct linear_reader reader;
    uint32_t hashes[LINEAR_PIECE];
    size_t count = 0;

    linear_reader_init(&reader, fold);
    while (linear_grams(&reader, hashes, LINEAR_PIECE) > 0) {
        count++;
    }
    return count;
}

static bool
put_grams(struct text fold, struct buffer *out)
{
    struct linear_reader reader;
    uint32_t hashes[LINEAR_PIECE];
    size_t n;

    buffer_reset(out);
    voice_bytes_put(out, count_pieces(fold), 4);
    linear_reader_init(&reader, fold);
    while ((n = linear_grams(&reader, hashes, LINEAR_PIECE)) > 0) {
        voice_bytes_put(out, n, 4);
        for (size_t i = 0; i < n; i++) {
            voice_bytes_put(out, hashes[i], 4);
        }
    }
    return !out->failed && fwrite(out->at, 1, out->len, stdout) == out->len;
}

/* The next text of standard input; false at its end or where it is bad. */
static bool
next_text(struct buffer *in, bool *bad)
{
    unsigned char head[4];
    size_t where;
    const size_t got = fread(head, 1, sizeof(head), stdin);
    const size_t len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
                       (size_t)head[3] << 24;

    *bad = got > 0;
    if (got != sizeof(head)) {
        return false;
    }
    buffer_reset(in);
    char *at = buffer_extend(in, len);
    *bad = at == NULL || fread(at, 1, len, stdin) != len ||
           !utf8_check(buffer_text(in), &where);
    return !*bad;
}

int
main(void)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct buffer in, out;
    struct err err;
    bool bad = arena == NULL;

    buffer_init(&in, TEXT_BYTES);
    buffer_init(&out, SIZE_MAX);
    while (!bad && next_text(&in, &bad)) {
        struct view fold;
        arena_reset(arena);
        bad = !fold_view(buffer_text(&in), arena, &fold, &err) ||
              !put_grams(fold.text, &out);
    }
    bad |= fflush(stdout) != 0;
    buffer_clear(&in);
    buffer_clear(&out);
    arena_free(arena);
    return bad ? 65 : 0;
}
