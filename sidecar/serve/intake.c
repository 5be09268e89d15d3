#include "sidecar/serve/intake.h"

#include <assert.h>

/* Less room than this at the end of a block is not worth a read. */
enum { ROOM_BYTES = 4 << 10 };

void
intake_init(struct intake *in, struct slab_pool *pool, bool ipc,
            size_t soft_bytes)
{
    memset(in, 0, sizeof(*in));
    framing_init(&in->framing, ipc, soft_bytes);
    in->pool = pool;
}

void
intake_clear(struct intake *in)
{
    slab_drop(in->slab);
    in->slab = NULL;
}

/* Puts the unused bytes at the front of `slab`, which replaces in->slab. */
static void
move_to(struct intake *in, struct slab *slab)
{
    const size_t held = in->end - in->begin;

    memcpy(slab->bytes, in->slab->bytes + in->begin, held);
    slab_drop(in->slab);
    in->slab = slab;
    in->begin = 0;
    in->end = held;
}

/* The unused bytes to the front of a block that has room behind them. */
static bool
move_to_front(struct intake *in)
{
    if (slab_sole(in->slab) && in->slab->cap == SLAB_BYTES) {
        const size_t held = in->end - in->begin;
        memmove(in->slab->bytes, in->slab->bytes + in->begin, held);
        in->begin = 0;
        in->end = held;
        return true;
    }
    struct slab *fresh = slab_new(in->pool);
    if (fresh == NULL) {
        return false;
    }
    move_to(in, fresh);
    return true;
}

/*
 * The block is full and its message goes on: into one twice as large. Where
 * there is none, the message is given up: its first words are here, so it can
 * be answered, and the rest is read and dropped.
 */
static bool
grow(struct intake *in, size_t wants)
{
    const size_t twice = 2 * in->slab->cap;
    struct slab *larger =
        slab_new_large(in->pool, wants < twice ? wants : twice);
    struct framing_message message;

    if (larger != NULL) {
        move_to(in, larger);
        return true;
    }
    framing_give_up(&in->framing);
    const enum framing_event event = intake_next(in, &message);
    assert(event == FRAMING_MORE && in->begin == in->end);
    (void)event;
    return move_to_front(in);
}

bool
intake_room(struct intake *in, char **at, size_t *len)
{
    if (in->slab == NULL && (in->slab = slab_new(in->pool)) == NULL) {
        return false;
    }
    const size_t cap = in->slab->cap;
    const size_t wants = framing_wants(&in->framing);
    const bool empty = in->begin == in->end;
    const bool tight = cap - in->end < ROOM_BYTES || wants > cap - in->begin;
    if (empty && cap == SLAB_BYTES && slab_sole(in->slab)) {
        in->begin = in->end = 0;
    } else if ((empty && cap > SLAB_BYTES) || (tight && in->begin > 0)) {
        if (!move_to_front(in)) {
            return false;
        }
    }
    if (in->end == in->slab->cap && !grow(in, wants)) {
        return false;
    }
    *at = in->slab->bytes + in->end;
    *len = in->slab->cap - in->end;
    return true;
}

void
intake_took(struct intake *in, size_t len)
{
    assert(in->slab != NULL && len <= in->slab->cap - in->end);
    in->end += len;
}

enum framing_event
intake_next(struct intake *in, struct framing_message *out)
{
    size_t used = 0;

    if (in->slab == NULL) {
        return FRAMING_MORE;
    }
    const struct text held = {in->slab->bytes + in->begin, in->end - in->begin};
    const enum framing_event event =
        framing_next(&in->framing, held, &used, out);
    in->begin += used;
    return event;
}

bool
intake_midway(const struct intake *in)
{
    return framing_midway(&in->framing, in->end - in->begin);
}
