#include "sidecar/engine/roster.h"

#include <stdlib.h>

struct roster {
    _Atomic unsigned references;
    size_t count;
    struct fingerprint *at[]; /* [count], in order of persona */
};

static int
by_persona(const void *left, const void *right)
{
    return text_order((*(struct fingerprint *const *)left)->persona,
                      (*(struct fingerprint *const *)right)->persona);
}

static struct roster *
roster_of(size_t count)
{
    struct roster *roster =
        calloc(1, sizeof(*roster) + count * sizeof(struct fingerprint *));

    if (roster != NULL) {
        atomic_init(&roster->references, 1);
    }
    return roster;
}

struct roster *
roster_new(struct fingerprint **prints, size_t count)
{
    struct roster *roster = roster_of(count);

    if (roster == NULL) {
        for (size_t i = 0; i < count; i++) {
            fingerprint_free(prints[i]);
        }
        return NULL;
    }
    if (count > 0) {
        memcpy(roster->at, prints, count * sizeof(*prints));
        qsort(roster->at, count, sizeof(roster->at[0]), by_persona);
    }
    roster->count = count;
    return roster;
}

struct roster *
roster_keep(struct roster *roster)
{
    // The caller has a reference, so the count cannot fall to 0 meanwhile.
    atomic_fetch_add_explicit(&roster->references, 1, memory_order_relaxed);
    return roster;
}

void
roster_drop(struct roster *roster)
{
    // Acquire and release: the frees come after every thread's last use.
    if (roster == NULL ||
        atomic_fetch_sub_explicit(&roster->references, 1,
                                  memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < roster->count; i++) {
        fingerprint_free(roster->at[i]);
    }
    free(roster);
}

size_t
roster_count(const struct roster *roster)
{
    return roster->count;
}

struct fingerprint *
roster_at(const struct roster *roster, size_t index)
{
    return roster->at[index];
}

/* Where the persona is, or would be. */
static size_t
place_of(const struct roster *roster, struct text persona)
{
    size_t low = 0, high = roster->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (text_order(roster->at[middle]->persona, persona) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool
stands_at(const struct roster *roster, size_t place, struct text persona)
{
    return place < roster->count &&
           text_equal(roster->at[place]->persona, persona);
}

struct fingerprint *
roster_find(const struct roster *roster, struct text persona)
{
    const size_t place = place_of(roster, persona);

    return stands_at(roster, place, persona) ? roster->at[place] : NULL;
}

struct roster *
roster_with(const struct roster *roster, struct text persona,
            struct fingerprint *print)
{
    const size_t place = place_of(roster, persona);
    const size_t rest = place + (stands_at(roster, place, persona) ? 1 : 0);
    struct roster *changed = roster_of(roster->count + 1);
    size_t n = 0;

    if (changed == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < place; i++) {
        changed->at[n++] = fingerprint_keep(roster->at[i]);
    }
    if (print != NULL) {
        changed->at[n++] = fingerprint_keep(print);
    }
    for (size_t i = rest; i < roster->count; i++) {
        changed->at[n++] = fingerprint_keep(roster->at[i]);
    }
    changed->count = n;
    return changed;
}
