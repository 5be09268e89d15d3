/*
 * Between the machines of a session, as the store keeps them, and the block
 * "machine" of a reply. Pure.
 */
#ifndef SIDECAR_SERVE_MACHINE_BLOCK_H
#define SIDECAR_SERVE_MACHINE_BLOCK_H

#include "proto/envelope.h"
#include "proto/request.h"
#include "sidecar/engine/engine.h"

/* A block and what it points to: stays where it is filled. */
struct machine_block {
    struct envelope_machine told;
    struct envelope_unlocked unlocked[MACHINE_LINKS];
};

/* Where the current machine stands; nothing moved it. */
void machine_block_stands(const struct machine_play *play,
                          struct machine_block *out);

/* The machine that was stepped, and what came of it. */
void
machine_block_step(const struct machine_step *step, struct machine_block *out);

/* Room for the record of a play; machine_block_write fills it. */
enum { MACHINE_BLOCK_BYTES = 64 * 1024 };

/*
 * The play as the store keeps it, in the arena. ERR_MEMORY: no room for it.
 */
bool machine_block_write(const struct machine_play *play, struct arena *arena,
                         struct text *out, struct err *err);

/* The same in the engine's words. */
enum config_decision machine_block_decision(enum request_decision decision);

/*
 * A machine's state as a request tells it. ERR_INVALID: it has no such state,
 * or cannot stand so.
 */
bool machine_block_restore(const struct machine *machine,
                           const struct request_machine *told,
                           struct machine_state *out, struct err *err);

/*
 * The machine of that name, or for "default" the persona's first one.
 * ERR_NOT_FOUND: there is none.
 */
const struct machine *
machine_block_find(const struct engine *engine, struct text name,
                   struct text persona, struct err *err);

#endif
