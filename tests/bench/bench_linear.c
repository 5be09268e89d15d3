/*
 * What the linear scorer costs, by the length of the text.
 *
 *     bench_linear [MODEL] < texts, one a line
 *
 * Texts are folded beforehand. Printed for each length: the median of 7 rounds
 * of the mean time of one text of about that length, lines joined until they
 * have it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/file.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/linear.h"

enum {
    ROUNDS = 7,
    TEXT_BYTES = 64 * 1024 * 1024,
    ROUND_BYTES = 2 * 1024 * 1024
};

static const size_t lengths[] = {50, 192, 600, 4096, 65536, 1048576};

static int
by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, *y = b;

    return (x > *y) - (x < *y);
}

/* Mean microseconds of the texts [i * len, (i + 1) * len) of the whole. */
static double
time_round(const struct linear_model *model, struct text whole, size_t len,
           float *sink)
{
    const size_t count = whole.len / len;
    const uint64_t start = clock_ns();

    for (size_t i = 0; i < count; i++) {
        float scores[LINEAR_HEADS];
        linear_scores(model, text_part(whole, i * len, (i + 1) * len), scores);
        *sink += scores[0];
    }
    return (double)(clock_ns() - start) / 1000.0 / (double)count;
}

static void
print_times(const struct linear_model *model, struct text ascii)
{
    float sink = 0;

    printf("%zu heads: %s\n", linear_head_count(model), linear_about(model));
    for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
        double times[ROUNDS];
        if (lengths[l] > ascii.len) {
            continue;
        }
        for (size_t r = 0; r < ROUNDS; r++) {
            times[r] = time_round(model, ascii, lengths[l], &sink);
        }
        qsort(times, ROUNDS, sizeof(times[0]), by_value);
        printf("%8zu bytes %10.2f us %8.2f ns a byte\n", lengths[l],
               times[ROUNDS / 2],
               times[ROUNDS / 2] * 1000.0 / (double)lengths[l]);
    }
    fprintf(stderr, "%g\n", (double)sink);
}

/* The lines again and again, ASCII only so that they may be cut anywhere. */
static void
fill(struct text lines, struct buffer *out)
{
    while (!out->failed && lines.len > 0 && out->len < ROUND_BYTES) {
        for (size_t i = 0; i < lines.len; i++) {
            if ((unsigned char)lines.at[i] < 0x80) {
                buffer_add_byte(out, lines.at[i] == '\n' ? ' ' : lines.at[i]);
            }
        }
    }
}

int
main(int argc, char **argv)
{
    const char *const path = argc > 1 ? argv[1] : "config/linear/en.bin";
    struct err err = {.kind = ERR_NONE};
    struct buffer lines, text;
    struct view fold;
    struct arena *arena = arena_new(SIZE_MAX);
    struct linear_model *model = linear_load(path, &err);
    bool done = false;

    buffer_init(&lines, TEXT_BYTES);
    buffer_init(&text, TEXT_BYTES);
    if (model != NULL && arena != NULL &&
        file_read("-", TEXT_BYTES, &lines, &err)) {
        fill(buffer_text(&lines), &text);
        done = fold_view(buffer_text(&text), arena, &fold, &err);
    }
    if (done) {
        print_times(model, fold.text);
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    buffer_clear(&text);
    buffer_clear(&lines);
    linear_free(model);
    arena_free(arena);
    return done ? 0 : 65;
}
