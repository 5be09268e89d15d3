/*
 * Nanoseconds for a fold view, beside utf8proc's NFKC casefold of the same
 * texts in the same run (which folds no look-alike and keeps no map).
 *
 *     make build/release/bench/bench_fold && build/release/bench/bench_fold
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <utf8proc.h>

#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_char.h"

enum {
    ARENA_BYTES = 1 << 28,
    ROUNDS = 7,                  // the least of them is shown
    ROUND_NS = 20 * 1000 * 1000, // a round is about this long
    FILL_BYTES = 64 * 1024       // of the hostile texts
};

static double
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct arena *arena;

static void
run_fold(struct text text)
{
    struct view view;
    struct err err;

    arena_reset(arena);
    if (!fold_view(text, arena, &view, &err)) {
        fprintf(stderr, "bench_fold: %s\n", err.message);
        exit(EXIT_FAILURE);
    }
}

static void
run_library(struct text text)
{
    utf8proc_uint8_t *out = NULL;

    if (utf8proc_map((const utf8proc_uint8_t *)text.at,
                     (utf8proc_ssize_t)text.len, &out,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                         UTF8PROC_CASEFOLD | UTF8PROC_IGNORE) < 0) {
        exit(EXIT_FAILURE);
    }
    free(out);
}

/* One round: the mean of as many runs as fill it. */
static double
round_ns(void (*run)(struct text), struct text text, long runs)
{
    const double before = now_ns();

    for (long i = 0; i < runs; i++) {
        run(text);
    }
    return (now_ns() - before) / (double)runs;
}

static long
runs_for(void (*run)(struct text), struct text text)
{
    const double one = round_ns(run, text, 3);

    return one >= ROUND_NS ? 1 : (long)(ROUND_NS / one) + 1;
}

static void
measure(const char *name, struct text text, bool library)
{
    const long fold_runs = runs_for(run_fold, text);
    const long library_runs = library ? runs_for(run_library, text) : 0;
    double fold = 1e18, other = 1e18;

    for (int i = 0; i < ROUNDS; i++) { // interleaved: the machine is shared
        const double a = round_ns(run_fold, text, fold_runs);
        fold = a < fold ? a : fold;
        if (library) {
            const double b = round_ns(run_library, text, library_runs);
            other = b < other ? b : other;
        }
    }
    printf("%-28s %7zu B %12.0f ns %8.0f MB/s", name, text.len, fold,
           (double)text.len / fold * 1e3);
    if (library) {
        printf("   utf8proc %10.0f ns, %5.1f x", other, other / fold);
    }
    putchar('\n');
}

/* `unit` again and again, cut at its own length. */
static struct text
filled(const char *unit, size_t bytes)
{
    const size_t len = strlen(unit), whole = bytes / len * len;
    char *const at = malloc(whole);

    if (at == NULL) {
        exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < whole; i += len) {
        memcpy(at + i, unit, len);
    }
    return (struct text){at, whole};
}

static const struct {
    const char *name, *unit;
    size_t bytes;
} texts[] = {
    {"ASCII chat",
     "Well, I never thought I'd see the day! Come in, sit down by the fire and "
     "tell me everything about the road. ",
     600},
    {"ASCII chat", "You made it. Sit, eat, and tell me about the Road. ", 238},
    {"mixed: one quote, one emoji",
     "Ah, you\u2019re back! I kept your seat by the fire warm, and the kettle "
     "is "
     "on. Sit down and tell me everything: did the old bridge hold, was the "
     "ferryman as rude as they say, and what on earth is that thing in your "
     "bag? I promise not to laugh. \U0001F602 Go on!",
     250},
    {"LLM prose: many quotes",
     "\u201cYou\u2019re late,\u201d she said \u2014 \u201cagain\u2026\u201d He "
     "didn\u2019t answer, and the door swung shut. ",
     400},
    {"Russian chat",
     "\u041f\u0440\u0438\u0432\u0435\u0442, \u0434\u0440\u0443\u0433! "
     "\u041a\u0430\u043a \u0434\u0435\u043b\u0430, \u0447\u0442\u043e "
     "\u043d\u043e\u0432\u043e\u0433\u043e \u0432 "
     "\u0433\u043e\u0440\u043e\u0434\u0435? ",
     217},
    {"Greek chat",
     "\u0393\u03b5\u03b9\u03b1 \u03c3\u03bf\u03c5, \u03c4\u03b9 "
     "\u03ba\u03ac\u03bd\u03b5\u03b9\u03c2 "
     "\u03c3\u03ae\u03bc\u03b5\u03c1\u03b1; ",
     217},
    {"French chat",
     "\u00c7a va tr\u00e8s bien, l\u2019\u00e9t\u00e9 a \u00e9t\u00e9 beau "
     "ici. ",
     217},
    {"Japanese chat",
     "\u3053\u3093\u306b\u3061\u306f\u3002\u4eca\u65e5\u306f\u3044\u3044"
     "\u5929\u6c17\u3067\u3059\u306d\u3002",
     217},
    {"Hindi chat",
     "\u0928\u092e\u0938\u094d\u0924\u0947, \u0906\u092a \u0915\u0948\u0938"
     "\u0947 \u0939\u0948\u0902? ",
     217},
    {"disguised", "b\u0430\u0455t\u200b\u0430rd \uff42\uff41\uff53\uff54 ",
     217},
};

static const struct {
    const char *name, *unit;
    bool library; // it ends in good time
} hostile[] = {
    {"64 KiB zalgo on one letter", "\u0301\u0316\u0327", false},
    {"64 KiB zalgo on Latin", "a\u0301\u0316\u0327\u0334", true},
    {"64 KiB zalgo on Cyrillic", "\u0436\u0301\u0316\u0327\u0334", true},
    {"64 KiB U+FDFA", "\ufdfa", true},
    {"64 KiB zero-width", "\u200b", true},
    {"64 KiB look-alikes", "\u0430", true},
    {"64 KiB joiners", "\u0628\u200c", true},
    {"64 KiB flags", "\U0001F1E9\U0001F1EA", true},
};

int
main(void)
{
    arena = arena_new(ARENA_BYTES);
    if (arena == NULL) {
        return EXIT_FAILURE;
    }
    const double before = now_ns();
    fold_char_ready();
    printf("table: %.1f ms, once\n", (now_ns() - before) / 1e6);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct text text =
            filled(texts[i].unit, strlen(texts[i].unit) > texts[i].bytes
                                      ? strlen(texts[i].unit)
                                      : texts[i].bytes);
        measure(texts[i].name, text, true);
        free((void *)(uintptr_t)text.at);
    }
    for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        const struct text text = filled(hostile[i].unit, FILL_BYTES);
        measure(hostile[i].name, text, hostile[i].library);
        free((void *)(uintptr_t)text.at);
    }
    arena_free(arena);
    return EXIT_SUCCESS;
}
