#include "sidecar/engine/votes_alias.h"

#include "sidecar/base/ascii.h"

/* How a name fits a category: the best of all fits counts. */
enum fit { FIT_NONE, FIT_FOREIGN, FIT_ID, FIT_OWN };

static char
plain(char c)
{
    return c == '_' || c == ' ' ? '-' : ascii_lower(c);
}

bool
votes_alias_same(struct text a, struct text b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (plain(a.at[i]) != plain(b.at[i])) {
            return false;
        }
    }
    return true;
}

/* "system=name"; sets *own if the system is the classifier. */
static enum fit
fit_of_alias(struct text alias, struct text classifier, struct text name,
             bool *own)
{
    const char *const equals =
        alias.len > 0 ? memchr(alias.at, '=', alias.len) : NULL;

    if (equals == NULL) {
        return FIT_NONE;
    }
    const size_t at = (size_t)(equals - alias.at);
    const bool mine = votes_alias_same(text_part(alias, 0, at), classifier);
    *own = *own || mine;
    if (!votes_alias_same(text_part(alias, at + 1, alias.len), name)) {
        return FIT_NONE;
    }
    return mine ? FIT_OWN : FIT_FOREIGN;
}

static enum fit
fit_of(const struct config_category *category, struct text classifier,
       struct text name, bool *own)
{
    enum fit best = votes_alias_same(category->id, name) ? FIT_ID : FIT_NONE;

    for (size_t i = 0; i < category->aliases.count; i++) {
        const enum fit fit =
            fit_of_alias(category->aliases.at[i], classifier, name, own);
        best = fit > best ? fit : best;
    }
    return best;
}

size_t
votes_alias_find(const void *ctx, struct text classifier, struct text name,
                 size_t *out, size_t most)
{
    const struct config *config = ctx;
    enum fit best = FIT_NONE;
    bool own = false;
    size_t count = 0;

    for (size_t c = 0; c < config->category_count; c++) {
        const enum fit fit =
            fit_of(&config->categories[c], classifier, name, &own);
        if (fit == FIT_NONE || fit < best) {
            continue;
        }
        count = fit > best ? 0 : count;
        best = fit;
        if (count < most) {
            out[count++] = c;
        }
    }
    return best == FIT_FOREIGN && own ? 0 : count;
}
