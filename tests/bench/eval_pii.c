/*
 * The detector of personal data as a filter, for eval_pii.py: reads texts on
 * stdin, each as "<bytes>\n" and the bytes; writes for each a line of its
 * matches, "NAME from to score;", offsets in bytes.
 *
 * With --time it reads nothing and prints what a scan costs, on ordinary text
 * and on text made to be slow, at two lengths: cost per byte must not grow.
 */
#include "sidecar/base/clock.h"
#include "sidecar/engine/pii.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT = 4096, TEXT_BYTES = 1 << 20, ARENA_BYTES = 1 << 28 };

static bool
filter(struct arena *arena)
{
    static char bytes[TEXT_BYTES];
    size_t len;

    while (scanf("%zu", &len) == 1 && getchar() == '\n' &&
           len <= sizeof(bytes) && fread(bytes, 1, len, stdin) == len) {
        struct pii_matches found;
        struct err err;

        arena_reset(arena);
        if (!pii_scan((struct text){bytes, len}, PII_ALL, arena, LIMIT, &found,
                      &err)) {
            fprintf(stderr, "%s\n", err.message);
            return false;
        }
        for (size_t i = 0; i < found.count; i++) {
            const struct pii_match *const m = &found.at[i];

            printf("%s %zu %zu %.2f;", pii_name(m->entity), m->from, m->to,
                   m->score);
        }
        putchar('\n');
    }
    return feof(stdin) != 0;
}

/* Nanoseconds of the fastest of several scans. */
static uint64_t
fastest(struct text text, struct arena *arena, int times)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < times; i++) {
        struct pii_matches found;
        struct err err;

        arena_reset(arena);
        const uint64_t start = clock_ns();

        if (!pii_scan(text, PII_ALL, arena, LIMIT, &found, &err)) {
            fprintf(stderr, "%s\n", err.message);
            exit(EXIT_FAILURE);
        }
        const uint64_t spent = clock_ns() - start;

        best = spent < best ? spent : best;
    }
    return best;
}

static void
time_of(const char *unit, struct arena *arena)
{
    static const size_t lens[] = {600, 10000, 100000};
    static char bytes[100000];
    const size_t n = strlen(unit);

    printf("%-34.34s", unit);
    for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
        for (size_t i = 0; i < lens[k]; i++) {
            bytes[i] = unit[i % n];
        }
        const uint64_t ns =
            fastest((struct text){bytes, lens[k]}, arena, k == 0 ? 2000 : 20);

        printf(" %9" PRIu64 " ns %6.2f/B", ns, (double)ns / (double)lens[k]);
    }
    putchar('\n');
}

static void
times(struct arena *arena)
{
    static const char *const units[] = {
        "She laughed, and the lamp went out. \"Stay a while,\" he said, "
        "pouring tea; the rain would not stop before morning anyway. ",
        "We open at 9, close at 17:30, and the tea is $4.50 since 2019. ",
        "Write to ann@example.com or call +44 20 7946 0958 before noon. ",
        "0123456789",
        "1 ",
        "12-34-",
        "4111 1111 1111 1111 ",
        "@",
        "a@",
        "a.b.c.d@",
        "a.",
        "a-a.",
        "1.",
        "1.1.1.1.",
        ":",
        "a:",
        "::1",
        "(1",
        "+1",
        "(",
        "http://",
        "www.",
        "http://a/?",
        "one ",
        "at ",
        "a at b dot ",
        "a [dot] ",
        "de12 3456 ",
        "\"",
        "\"@",
        "call 1 ",
        "aa 12 ",
        "deadbeef-",
        "\xd9\xa3",
    };

    printf("%-34s %19s %19s %19s\n", "text, repeated", "600 bytes", "10 kB",
           "100 kB");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        time_of(units[i], arena);
    }
}

int
main(int argc, char **argv)
{
    struct arena *const arena = arena_new(ARENA_BYTES);
    bool good = arena != NULL;

    if (good && argc > 1 && strcmp(argv[1], "--time") == 0) {
        times(arena);
    } else if (good) {
        good = filter(arena);
    }
    arena_free(arena);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
