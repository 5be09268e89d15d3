#include "sidecar/base/nearest.h"

#include "sidecar/base/ascii.h"

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Both at most NEAREST_BYTES long. */
static unsigned
distance(struct text a, struct text b)
{
    unsigned rows[3][NEAREST_BYTES + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b.len; j++) {
        above[j] = (unsigned)j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            const char x = ascii_lower(a.at[i - 1]);
            const char y = ascii_lower(b.at[j - 1]);
            unsigned best = above[j - 1] + (x != y);
            best = least(best, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == ascii_lower(b.at[j - 2]) &&
                y == ascii_lower(a.at[i - 2])) {
                best = least(best, before[j - 2] + 1);
            }
            row[j] = best;
        }
        unsigned *const free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[b.len];
}

const char *
nearest_name(struct text word, const char *const *names)
{
    const char *best = NULL;
    unsigned best_distance = 0;

    if (word.len == 0 || word.len > NEAREST_BYTES) {
        return NULL;
    }
    for (; *names != NULL; names++) {
        const struct text name = text_of(*names);
        if (name.len > NEAREST_BYTES) {
            continue;
        }
        const unsigned d = distance(word, name);
        const size_t longer = word.len > name.len ? word.len : name.len;
        if (d * 3 <= longer && (best == NULL || d < best_distance)) {
            best = *names;
            best_distance = d;
        }
    }
    return best;
}
