#include "sidecar/engine/locale.h"

#include "sidecar/base/ascii.h"

struct text
locale_of(const struct request *request, const struct config_persona *persona)
{
    return request->locale.len > 0 ? request->locale
           : persona != NULL       ? persona->locale
                                   : TEXT("");
}

static char
plain(char c)
{
    return c == '_' ? '-' : ascii_lower(c);
}

bool
locale_matches(struct text a, struct text b)
{
    size_t i = 0;

    while (i < a.len && i < b.len && plain(a.at[i]) == plain(b.at[i])) {
        i++;
    }
    return (i == a.len || plain(a.at[i]) == '-') &&
           (i == b.len || plain(b.at[i]) == '-') && (i == a.len || i == b.len);
}
