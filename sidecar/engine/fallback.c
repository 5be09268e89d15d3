#include "sidecar/engine/fallback.h"

#include "sidecar/base/ascii.h"

static const struct config_pool *
find_pool(const struct config *config, struct text id)
{
    for (size_t i = 0; id.len > 0 && i < config->pool_count; i++) {
        if (text_equal(config->fallbacks[i].id, id)) {
            return &config->fallbacks[i];
        }
    }
    return NULL;
}

static const struct config_pool *
choose_pool(const struct config *config, const struct fallback_query *query)
{
    const struct text names[] = {query->rule_pool, query->profile_pool,
                                 query->persona != NULL
                                     ? query->persona->fallbacks
                                     : (struct text){NULL, 0},
                                 query->category, TEXT("default")};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct config_pool *pool = find_pool(config, names[i]);
        if (pool != NULL) {
            return pool;
        }
    }
    return NULL;
}

static bool
same_tag(struct text a, struct text b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        const char x = a.at[i] == '_' ? '-' : ascii_lower(a.at[i]);
        const char y = b.at[i] == '_' ? '-' : ascii_lower(b.at[i]);
        if (x != y) {
            return false;
        }
    }
    return true;
}

static struct text
language(struct text locale)
{
    size_t len = 0;

    while (len < locale.len && locale.at[len] != '-' && locale.at[len] != '_') {
        len++;
    }
    return (struct text){locale.at, len};
}

static const struct config_lines *
choose_locale(const struct config_pool *pool,
              const struct fallback_query *query)
{
    const struct text of_persona = query->persona != NULL
                                       ? query->persona->locale
                                       : (struct text){NULL, 0};
    const struct text wanted[] = {query->locale, language(query->locale),
                                  of_persona, language(of_persona), TEXT("en")};

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        for (size_t k = 0; wanted[i].len > 0 && k < pool->locale_count; k++) {
            if (same_tag(pool->locales[k].locale, wanted[i])) {
                return &pool->locales[k];
            }
        }
    }
    return pool->locale_count > 0 ? &pool->locales[0] : NULL;
}

static size_t
choose_line(const struct config_pool *pool, size_t lines,
            const struct fallback_query *query)
{
    switch (pool->pick) {
    case CONFIG_ROTATE:
        return (size_t)(query->rotation % lines);
    case CONFIG_PICK_HASH:
        return (size_t)(query->content % lines);
    case CONFIG_FIRST:
        break;
    }
    return 0;
}

struct text
fallback_fill(struct text line, const struct config_persona *persona,
              struct arena *arena)
{
    static const struct text slot = {"{persona_name}", 14};
    const struct text name = persona != NULL ? persona->name : TEXT("I");
    size_t slots = 0, len = 0;

    for (size_t i = 0; i < line.len; i++) {
        slots += text_starts(text_part(line, i, line.len), slot);
    }
    if (slots == 0) {
        return line;
    }
    char *out = arena_take(arena, line.len + slots * name.len + 1);
    if (out == NULL) {
        return (struct text){NULL, 0};
    }
    for (size_t i = 0; i < line.len;) {
        const bool here = text_starts(text_part(line, i, line.len), slot);
        const struct text piece = here ? name : text_part(line, i, i + 1);
        memcpy(out + len, piece.at, piece.len);
        len += piece.len;
        i += here ? slot.len : 1;
    }
    return (struct text){out, len};
}

bool
fallback_choose(const struct config *config, const struct fallback_query *query,
                struct arena *arena, struct fallback_line *out, struct err *err)
{
    const struct config_pool *pool = choose_pool(config, query);
    const struct config_lines *lines =
        pool != NULL ? choose_locale(pool, query) : NULL;

    if (lines == NULL || lines->lines.count == 0) {
        err_set(err, ERR_INTERNAL, "no fallback line is configured");
        return false;
    }
    out->pool = pool->id;
    out->locale = lines->locale;
    out->line = choose_line(pool, lines->lines.count, query);
    out->text =
        fallback_fill(lines->lines.at[out->line], query->persona, arena);
    if (out->text.at == NULL) {
        err_memory(err, "a fallback line");
        return false;
    }
    return true;
}
