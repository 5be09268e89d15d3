#include "sidecar/tools/bench_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/load.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/file.h"
#include "sidecar/engine/pii.h"

enum {
    WORD_BYTES = 32,
    PATH_BYTES = 64,
    SHAPES = 6,
    SYLLABLES_LEAST = 3,
    WORDS_MOST = 32 << 20 /* bytes of a list */
};

/* Word n of a language that nobody speaks; different for each n. */
static const char *
word(uint64_t n, char out[WORD_BYTES])
{
    static const char consonants[] = "bcdfghjklmnprstvwz";
    static const char vowels[] = "aeiou";
    uint64_t left = n * 7919 + 12345; // neighbours are not alike
    size_t len = 0;

    for (size_t i = 0; i < SYLLABLES_LEAST || left > 0; i++) {
        out[len++] = consonants[left % (sizeof(consonants) - 1)];
        left /= sizeof(consonants) - 1;
        out[len++] = vowels[left % (sizeof(vowels) - 1)];
        left /= sizeof(vowels) - 1;
    }
    out[len] = '\0';
    return out;
}

static void
put_terms(FILE *to, size_t count)
{
    char one[WORD_BYTES];

    fprintf(to, "  - id: TERMS\n    type: terms\n    robust: fuzzy\n"
                "    category: harassment\n    severity: low\n    terms:\n");
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "      - %s\n", word(i, one));
    }
}

/* In the shapes that rules are written in. */
static void
put_pattern(FILE *to, size_t i)
{
    char a[WORD_BYTES], b[WORD_BYTES], c[WORD_BYTES];
    const uint64_t n = 1000000 + 3 * (uint64_t)i;

    word(n, a);
    word(n + 1, b);
    word(n + 2, c);
    fprintf(to, "      - '");
    switch (i % SHAPES) {
    case 0:
        fprintf(to, "\\b(?:%s|%s) (?:the |a )?%s\\b", a, b, c);
        break;
    case 1:
        fprintf(to, "\\b\\d{3}-\\d{%zu}-\\d{4}\\b", 2 + i % 5);
        break;
    case 2:
        fprintf(to, "\\b(?:i|you|we) (?:[a-z]{2,10} ){0,2}%s(?:s|ed)?\\b", a);
        break;
    case 3:
        fprintf(to, "%s[^.!?\\n]{0,40}%s", a, b);
        break;
    case 4: // nothing but words that are in every other text
        fprintf(to, "\\b(?:are|were) you (?:the|a) (?:%s|[a-z]{3}) one\\b", a);
        break;
    default:
        fprintf(to, "(?<!not )\\b%s (?:%s|%s)\\b", a, b, c);
        break;
    }
    fprintf(to, "'\n");
}

static void
put_patterns(FILE *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i % 10 == 0) {
            fprintf(to,
                    "  - id: PATTERNS_%zu\n    type: regex\n"
                    "    robust: strong\n    category: harassment\n"
                    "    severity: low\n    patterns:\n",
                    i);
        }
        put_pattern(to, i);
    }
}

static void
put_entities(FILE *to, size_t count)
{
    for (size_t i = 0; i < count && i < PII_COUNT; i++) {
        const char *name = pii_name((enum pii_entity)i);
        fprintf(to,
                "  - {id: PII_%s, type: pii, entity: %s, category: pii, "
                "severity: low}\n",
                name, name);
    }
}

static void
put_config(FILE *to, const struct bench_config *config, bool words)
{
    fprintf(to, "schema: 1\n"
                "fallbacks: {default: {en: [One thing., Another thing.]}}\n");
    if (words) {
        fprintf(to, "engine: {ordinary_words: words.txt}\n");
    }
    fprintf(to, "rules:\n");
    if (config->terms > 0) {
        put_terms(to, config->terms);
    }
    put_patterns(to, config->patterns);
    put_entities(to, config->entities);
    if (config->rule != NULL) {
        fprintf(to, "  - %s\n", config->rule);
    }
}

static struct engine *
load(const char *path, const struct kernel_set *kernels, double *ms)
{
    struct problems problems;
    struct arena *arena = arena_new(LOAD_MEMORY_BYTES);

    if (arena == NULL) {
        return NULL;
    }
    place_problems_init(&problems, arena);
    const uint64_t start = clock_ns();
    struct engine *engine = engine_load(path, NULL, 0, kernels, &problems);
    *ms = (double)(clock_ns() - start) / 1e6;
    if (engine == NULL) {
        place_problems_print(&problems, stderr, false);
    }
    arena_free(arena);
    return engine;
}

/* A configuration's files lie in its folder. False: it is not there. */
static bool
copy_words(const char *from, const char *to)
{
    struct buffer content;
    struct err err;
    bool copied = false;

    if (from[0] != '\0' && file_read(from, WORDS_MOST, &content, &err)) {
        FILE *file = fopen(to, "wb");
        if (file != NULL) {
            copied = fwrite(content.at, 1, content.len, file) == content.len;
            copied = fclose(file) == 0 && copied;
        }
        buffer_clear(&content);
    }
    return copied;
}

struct engine *
bench_config_load(const struct bench_config *config, const char *words,
                  const struct kernel_set *kernels, double *ms)
{
    char folder[] = "/tmp/leeway-bench-XXXXXX";
    char path[PATH_BYTES], list[PATH_BYTES];
    struct engine *engine = NULL;

    if (mkdtemp(folder) == NULL) {
        perror("leeway bench: a temporary folder");
        return NULL;
    }
    snprintf(path, sizeof(path), "%s/leeway.yaml", folder);
    snprintf(list, sizeof(list), "%s/words.txt", folder);
    FILE *to = fopen(path, "wb");
    if (to != NULL) {
        put_config(to, config, copy_words(words, list));
        if (fclose(to) == 0) {
            engine = load(path, kernels, ms);
        }
    }
    unlink(path);
    unlink(list);
    rmdir(folder);
    return engine;
}
