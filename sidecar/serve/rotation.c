#include "sidecar/serve/rotation.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "sidecar/base/hash.h"

enum { COUNTERS = 1 << 16 };

struct rotation {
    // The count of lines shown in the upper half; in the lower one the turn of
    // the last, and 1, or 0 where it had none. Each stands alone: relaxed.
    _Atomic uint64_t counters[COUNTERS];
};

struct rotation *
rotation_new(void)
{
    return calloc(1, sizeof(struct rotation));
}

void
rotation_free(struct rotation *rotation)
{
    free(rotation);
}

/* Sessions begin at different lines. */
static uint64_t
first_of(const struct request *request)
{
    return hash_text(request->workspace, hash_text(request->session, 7));
}

static uint32_t
turn_mark(const struct request *request)
{
    return request->turn >= 0 ? (uint32_t)request->turn + 1 : 0;
}

uint64_t
rotation_next(const struct rotation *rotation, const struct request *request)
{
    if (request->session.len == 0) {
        return hash_text(request->candidates[0].text, 5);
    }
    const uint64_t first = first_of(request);
    const uint64_t last = atomic_load_explicit(
        &rotation->counters[first % COUNTERS], memory_order_relaxed);
    const uint32_t turn = turn_mark(request);
    const bool again = turn != 0 && turn == (uint32_t)last;

    return first + (last >> 32) + (again ? 0 : 1);
}

void
rotation_shown(struct rotation *rotation, const struct request *request,
               uint64_t number)
{
    if (request->session.len == 0) {
        return;
    }
    const uint64_t first = first_of(request);

    atomic_store_explicit(&rotation->counters[first % COUNTERS],
                          (number - first) << 32 | turn_mark(request),
                          memory_order_relaxed);
}
