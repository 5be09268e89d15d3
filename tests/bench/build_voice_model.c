/*
 * Makes the voice model file: counts the features of background and assistant
 * text with the product's own embedder.
 *
 *     voice_lines.py FOLDER | build_voice_model NAME OUT
 *
 * Lines of the splits background and assistant are used, no others.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/file.h"
#include "sidecar/engine/voice_model.h"
#include "sidecar/engine/voice_text.h"
#include "tests/bench/common_voice_lines.h"

enum { FILE_BYTES = 4 * 1024 * 1024 };

struct counts {
    uint32_t background[VOICE_SLOTS];
    uint32_t sources[VOICE_SLOTS];
    uint32_t assistant[VOICE_SLOTS];
    uint32_t own[VOICE_SLOTS];  /* of the present source */
    double shares[VOICE_SLOTS]; /* summed over sources */
    size_t source_count;
};

static int
by_text(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    const size_t len = x->len < y->len ? x->len : y->len;
    const int order = memcmp(x->at, y->at, len);

    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

struct common {
    struct text word;
    size_t count;
};

static int
by_count(const void *a, const void *b)
{
    const struct common *x = a, *y = b;

    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : by_text(&x->word, &y->word);
}

/* All words of background text, in an array of their own. */
static size_t
gather_words(const struct voice_lines *lines, struct arena *arena,
             struct text *words, size_t most, struct err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < lines->count; i++) {
        struct voice_text folded;
        struct voice_token token;
        if (lines->at[i].split != VOICE_BACKGROUND) {
            continue;
        }
        if (!voice_text_fold(lines->at[i].text, arena, &folded, err)) {
            return 0;
        }
        for (size_t at = 0;
             n < most && voice_text_token(folded.lower, &at, &token);) {
            if (token.kind == VOICE_WORD) {
                words[n++] = text_part(folded.lower, token.from, token.to);
            }
        }
    }
    return n;
}

/* The most frequent of the sorted words; returns how many. */
static size_t
pick_common(struct text *words, size_t n, struct text *out)
{
    struct common *runs = calloc(n > 0 ? n : 1, sizeof(*runs));
    size_t kinds = 0;

    if (runs == NULL) {
        return 0;
    }
    qsort(words, n, sizeof(*words), by_text);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || by_text(&words[i], &words[i - 1]) != 0) {
            runs[kinds++].word = words[i];
        }
        runs[kinds - 1].count++;
    }
    qsort(runs, kinds, sizeof(*runs), by_count);
    const size_t count =
        kinds < VOICE_COMMON_WORDS ? kinds : VOICE_COMMON_WORDS;
    for (size_t i = 0; i < count; i++) {
        out[i] = runs[i].word;
    }
    free(runs);
    return count;
}

static void
count_rows(const struct voice *voice, uint32_t *counts)
{
    for (size_t r = 0; r < voice->row_count; r++) {
        const uint16_t *bucket = voice->rows[r].buckets;
        for (size_t f = 0; f < VOICE_FAMILIES; f++) {
            for (size_t i = 0; i < voice->rows[r].counts[f]; i++) {
                counts[f * VOICE_BUCKETS + *bucket++]++;
            }
        }
    }
}

/* Adds the present source's own shares to the sums, and forgets it. */
static void
end_source(struct counts *c)
{
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        uint32_t *own = c->own + f * VOICE_BUCKETS;
        double total = 0;
        for (size_t j = 0; j < VOICE_BUCKETS; j++) {
            total += own[j];
        }
        for (size_t j = 0; total > 0 && j < VOICE_BUCKETS; j++) {
            c->shares[f * VOICE_BUCKETS + j] += own[j] / total;
            c->background[f * VOICE_BUCKETS + j] += own[j];
        }
    }
    memset(c->own, 0, sizeof(c->own));
    c->source_count++;
}

static bool
count_all(const struct voice_lines *lines, const struct voice_model *blank,
          struct counts *c, struct err *err)
{
    struct arena *arena = arena_new(SIZE_MAX);

    if (arena == NULL) {
        err_memory(err, "an arena");
        return false;
    }
    for (size_t i = 0; i < lines->count; i++) {
        const struct voice_line *line = &lines->at[i];
        struct voice voice;
        const bool background = line->split == VOICE_BACKGROUND;
        if (!background && line->split != VOICE_ASSISTANT) {
            continue;
        }
        arena_reset(arena);
        if (!voice_read(blank, line->text, arena, &voice, err)) {
            arena_free(arena);
            return false;
        }
        count_rows(&voice, background ? c->own : c->assistant);
        if (background && (i + 1 == lines->count ||
                           !text_equal(line->group, line[1].group))) {
            end_source(c);
        }
    }
    arena_free(arena);
    return true;
}

static bool
write_model(const char *name, const char *path, const struct text *words,
            size_t word_count, struct counts *c, struct err *err)
{
    struct buffer file;

    for (size_t j = 0; j < VOICE_SLOTS && c->source_count > 0; j++) {
        c->sources[j] =
            (uint32_t)(c->shares[j] / (double)c->source_count * 4294967295.0);
    }
    const struct voice_model_parts parts = {
        .name = name,
        .words = words,
        .word_count = word_count,
        .background = c->background,
        .sources = c->sources,
        .assistant = c->assistant,
    };
    buffer_init(&file, FILE_BYTES);
    const bool done = voice_model_write(&parts, &file, err) &&
                      file_write(path, buffer_text(&file), err);
    buffer_clear(&file);
    return done;
}

static bool
build(const char *name, const char *path, const struct voice_lines *lines,
      struct err *err)
{
    const size_t most = lines->file.len / 2 + 1;
    struct text common[VOICE_COMMON_WORDS];
    struct arena *arena = arena_new(SIZE_MAX);
    struct text *words = calloc(most, sizeof(*words));
    struct counts *c = calloc(1, sizeof(*c));
    struct voice_model *blank = NULL;
    bool done = false;

    if (arena == NULL || words == NULL || c == NULL) {
        err_memory(err, "counting");
        goto out;
    }
    const size_t n = gather_words(lines, arena, words, most, err);
    const size_t common_count = pick_common(words, n, common);
    blank = voice_model_blank(common, common_count, err);
    done = blank != NULL && count_all(lines, blank, c, err) &&
           write_model(name, path, common, common_count, c, err);
    if (done) {
        fprintf(stderr, "%s: %zu sources, %zu words, %zu of them common\n",
                path, c->source_count, n, common_count);
    }
out:
    voice_model_free(blank);
    free(c);
    free(words);
    arena_free(arena);
    return done;
}

int
main(int argc, char **argv)
{
    struct voice_lines lines;
    struct err err = {.kind = ERR_NONE};

    if (argc != 3) {
        fprintf(stderr, "usage: build_voice_model NAME OUT < lines\n");
        return 64;
    }
    const bool done = voice_lines_read("-", &lines, &err) &&
                      build(argv[1], argv[2], &lines, &err);
    if (!done) {
        fprintf(stderr, "%s\n", err.message);
    }
    voice_lines_clear(&lines);
    return done ? 0 : 65;
}
