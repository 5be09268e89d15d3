#include "sidecar/engine/literals.h"

#include <stdlib.h>

#include <hs/hs.h>

struct literals {
    hs_database_t *database; /* NULL: no literals */
};

struct literals_scratch {
    hs_scratch_t *scratch; /* NULL until fitted */
};

/* Hyperscan wants parallel arrays. */
struct columns {
    const char **texts;
    size_t *lens;
    unsigned *ids, *flags;
};

static void
columns_free(struct columns *c)
{
    free(c->texts);
    free(c->lens);
    free(c->ids);
    free(c->flags);
}

static bool
columns_fill(struct columns *c, const struct literal *at, size_t count)
{
    c->texts = calloc(count, sizeof(*c->texts));
    c->lens = calloc(count, sizeof(*c->lens));
    c->ids = calloc(count, sizeof(*c->ids));
    c->flags = calloc(count, sizeof(*c->flags));
    if (c->texts == NULL || c->lens == NULL || c->ids == NULL ||
        c->flags == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        c->texts[i] = at[i].text.at;
        c->lens[i] = at[i].text.len;
        c->ids[i] = at[i].id;
        c->flags[i] = at[i].caseless ? HS_FLAG_CASELESS : 0;
    }
    return true;
}

static bool
compile(struct literals *literals, const struct literal *at, size_t count,
        struct err *err)
{
    struct columns c = {NULL, NULL, NULL, NULL};
    hs_compile_error_t *problem = NULL;

    if (!columns_fill(&c, at, count)) {
        columns_free(&c);
        err_memory(err, "literals");
        return false;
    }
    const hs_error_t done = hs_compile_lit_multi(
        c.texts, c.flags, c.ids, c.lens, (unsigned)count, HS_MODE_BLOCK, NULL,
        &literals->database, &problem);
    if (done != HS_SUCCESS) {
        err_set(err, ERR_CONFIG, "%zu literals do not compile: %s", count,
                problem != NULL ? problem->message : "no reason given");
        hs_free_compile_error(problem);
    }
    columns_free(&c);
    return done == HS_SUCCESS;
}

struct literals *
literals_build(const struct literal *at, size_t count, struct err *err)
{
    struct literals *literals = calloc(1, sizeof(*literals));

    if (literals == NULL) {
        err_memory(err, "literals");
        return NULL;
    }
    if (count > 0 && !compile(literals, at, count, err)) {
        literals_free(literals);
        return NULL;
    }
    return literals;
}

/* ------------------------------------------------------------------- cache */

/*
 * What the compiled form depends on: library, kind of processor, and every
 * literal with its id and case. False: no memory, or no name for this machine.
 */
static bool
cache_key(const struct literal *at, size_t count, struct digest *out)
{
    hs_platform_info_t platform;
    struct text *parts = calloc(3 * count + 2, sizeof(*parts));

    if (parts == NULL || hs_populate_platform(&platform) != HS_SUCCESS) {
        free(parts);
        return false;
    }
    parts[0] = text_of(hs_version());
    parts[1] = (struct text){(const char *)&platform, sizeof(platform)};
    for (size_t i = 0; i < count; i++) {
        struct text *of = parts + 2 + 3 * i;
        of[0] = at[i].text;
        of[1] = (struct text){(const char *)&at[i].id, sizeof(at[i].id)};
        of[2] = at[i].caseless ? TEXT("caseless") : TEXT("");
    }
    *out = digest_of_parts(parts, 3 * count + 2);
    free(parts);
    return true;
}

static hs_database_t *
read_cached(const struct cache *cache, const struct digest *key)
{
    hs_database_t *database = NULL;
    struct buffer content;

    if (!cache_read(cache, "literals", key, &content)) {
        return NULL;
    }
    if (hs_deserialize_database(content.at, content.len, &database) !=
        HS_SUCCESS) {
        database = NULL;
    }
    buffer_clear(&content);
    return database;
}

static void
write_cached(const struct cache *cache, const struct digest *key,
             const hs_database_t *database)
{
    char *bytes = NULL;
    size_t len = 0;

    if (hs_serialize_database(database, &bytes, &len) == HS_SUCCESS) {
        cache_write(cache, "literals", key, (struct text){bytes, len});
    }
    free(bytes);
}

struct literals *
literals_build_cached(const struct literal *at, size_t count,
                      const struct cache *cache, struct err *err)
{
    struct digest key;

    if (cache == NULL || count == 0 || !cache_key(at, count, &key)) {
        return literals_build(at, count, err);
    }
    hs_database_t *database = read_cached(cache, &key);
    if (database == NULL) {
        struct literals *built = literals_build(at, count, err);
        if (built != NULL) {
            write_cached(cache, &key, built->database);
        }
        return built;
    }
    struct literals *literals = calloc(1, sizeof(*literals));
    if (literals == NULL) {
        hs_free_database(database);
        err_memory(err, "literals");
        return NULL;
    }
    literals->database = database;
    return literals;
}

void
literals_free(struct literals *literals)
{
    if (literals != NULL) {
        hs_free_database(literals->database);
        free(literals);
    }
}

struct literals_scratch *
literals_scratch_new(void)
{
    return calloc(1, sizeof(struct literals_scratch));
}

void
literals_scratch_free(struct literals_scratch *scratch)
{
    if (scratch != NULL) {
        hs_free_scratch(scratch->scratch);
        free(scratch);
    }
}

bool
literals_scratch_fit(struct literals_scratch *scratch,
                     const struct literals *literals, struct err *err)
{
    if (literals->database != NULL &&
        hs_alloc_scratch(literals->database, &scratch->scratch) != HS_SUCCESS) {
        err_memory(err, "literal matcher");
        return false;
    }
    return true;
}

struct scan {
    literals_found *found;
    void *context;
};

static int
pass_on(unsigned id, unsigned long long from, unsigned long long to,
        unsigned flags, void *context)
{
    const struct scan *scan = context;

    (void)from; // known from the literal's length
    (void)flags;
    return scan->found(scan->context, id, (size_t)to) ? 0 : 1;
}

bool
literals_scan(const struct literals *literals, struct literals_scratch *scratch,
              struct text text, literals_found *found, void *context,
              struct err *err)
{
    struct scan scan = {found, context};

    if (literals->database == NULL || text.len == 0) {
        return true;
    }
    if (text.len > UINT32_MAX) {
        err_set(err, ERR_TOO_LARGE, "text: %zu bytes", text.len);
        return false;
    }
    const hs_error_t done =
        hs_scan(literals->database, text.at, (unsigned)text.len, 0,
                scratch->scratch, pass_on, &scan);
    if (done == HS_SCAN_TERMINATED) {
        err_memory(err, "hits");
        return false;
    }
    if (done != HS_SUCCESS) {
        err_set(err, ERR_INTERNAL, "literal matcher: error %d", (int)done);
        return false;
    }
    return true;
}

const char *
literals_library(void)
{
    return hs_version();
}
