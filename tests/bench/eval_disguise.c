/*
 * What the disguise finder sees in lines of text, for eval_disguise.py.
 *
 *     eval_disguise WORDS LIST... < lines
 *     eval_disguise --time WORDS LIST... < lines
 *
 * LIST is a file of terms; behind "-strong" the lists are looked for in their
 * strong disguises only. Of each line: its fold, a tab, and each find as
 * "from-to how term" with semicolons between. --time: ns a line instead.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/file.h"
#include "sidecar/engine/disguise.h"
#include "sidecar/engine/fold.h"

enum {
    TERMS = 200000,
    FILE_BYTES = 64 << 20,
    ARENA_BYTES = 256 << 20,
    ROUNDS = 200
};

static struct disguise_term terms[TERMS];
static size_t count;

static _Noreturn void
fail(const struct err *err)
{
    fprintf(stderr, "eval_disguise: %s\n", err->message);
    exit(1);
}

static struct text
next_line(struct text *rest)
{
    const char *end = memchr(rest->at, '\n', rest->len);
    const size_t len = end != NULL ? (size_t)(end - rest->at) : rest->len;
    const struct text line = {rest->at, len};

    *rest = text_part(*rest, end != NULL ? len + 1 : len, rest->len);
    return line;
}

static void
read_list(const char *path, enum disguise_level level, struct arena *arena)
{
    struct buffer buffer;
    struct err err;

    if (!file_read(path, FILE_BYTES, &buffer, &err)) {
        fail(&err);
    }
    for (struct text rest = buffer_text(&buffer); rest.len > 0;) {
        const struct text line = next_line(&rest);
        struct fold_term term;
        if (line.len == 0 || line.at[0] == '#' || count == TERMS) {
            continue;
        }
        if (!fold_term(line, arena, &term, &err)) {
            fail(&err);
        }
        terms[count] = (struct disguise_term){arena_copy(arena, term.alone),
                                              (uint32_t)count, level};
        count++;
    }
    buffer_clear(&buffer);
}

static bool
print(void *context, uint32_t id, struct span span, enum disguise_how how)
{
    (void)context;
    printf("%zu-%zu %s %.*s;", span.from, span.to, disguise_name(how),
           TEXT_ARGS(terms[id].text));
    return true;
}

static bool
ignore(void *context, uint32_t id, struct span span, enum disguise_how how)
{
    (void)id;
    (void)span;
    (void)how;
    ++*(size_t *)context;
    return true;
}

static void
print_line(const struct disguise *d, struct text line, struct arena *arena)
{
    struct view view;
    struct err err;

    arena_reset(arena);
    if (!fold_view(line, arena, &view, &err)) {
        fail(&err);
    }
    printf("%.*s\t", TEXT_ARGS(view.text));
    (void)disguise_scan(d, view.text, print, NULL);
    putchar('\n');
}

static void
time_lines(const struct disguise *d, struct text all, struct arena *arena)
{
    uint64_t best = UINT64_MAX;
    size_t lines = 0, found = 0;
    struct view view;
    struct err err;

    if (!fold_view(all, arena, &view, &err)) {
        fail(&err);
    }
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t from = clock_ns();
        lines = 0;
        for (struct text rest = view.text; rest.len > 0; lines++) {
            (void)disguise_scan(d, next_line(&rest), ignore, &found);
        }
        const uint64_t took = clock_ns() - from;
        best = took < best ? took : best;
    }
    printf("%zu lines, %zu bytes: %.0f ns a line, %.2f ns a byte, %zu finds\n",
           lines, view.text.len, (double)best / (double)lines,
           (double)best / (double)view.text.len, found / ROUNDS);
}

int
main(int argc, char **argv)
{
    const bool timed = argc > 1 && strcmp(argv[1], "--time") == 0;
    const int first = timed ? 2 : 1;
    enum disguise_level level = DISGUISE_FUZZY;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct arena *line_arena = arena_new(ARENA_BYTES);
    struct buffer input;
    struct err err;

    if (argc <= first || arena == NULL || line_arena == NULL) {
        fprintf(stderr, "usage: eval_disguise [--time] WORDS LIST...\n");
        return 2;
    }
    const uint64_t start = clock_ns();
    struct ordinary *words = ordinary_read(argv[first], &err);
    if (words == NULL) {
        fail(&err);
    }
    const uint64_t read = clock_ns();
    for (int i = first + 1; i < argc; i++) {
        if (strcmp(argv[i], "-strong") == 0) {
            level = DISGUISE_STRONG;
        } else {
            read_list(argv[i], level, arena);
        }
    }
    const uint64_t listed = clock_ns();
    struct disguise *d = disguise_build(terms, count, words, &err);
    if (d == NULL) {
        fail(&err);
    }
    fprintf(stderr, "%zu words in %.1f ms, %zu terms in %.1f ms\n",
            ordinary_count(words), (double)(read - start) / 1e6, count,
            (double)(clock_ns() - listed) / 1e6);
    if (!file_read("-", FILE_BYTES, &input, &err)) {
        fail(&err);
    }
    struct text rest = buffer_text(&input);
    if (timed) {
        time_lines(d, rest, line_arena);
    }
    while (!timed && rest.len > 0) {
        print_line(d, next_line(&rest), line_arena);
    }
    buffer_clear(&input);
    disguise_free(d);
    ordinary_free(words);
    arena_free(line_arena);
    arena_free(arena);
    return 0;
}
