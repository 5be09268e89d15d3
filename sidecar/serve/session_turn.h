/*
 * What the operations on sessions and machines share.
 */
#ifndef SIDECAR_SERVE_SESSION_TURN_H
#define SIDECAR_SERVE_SESSION_TURN_H

#include "sidecar/serve/turn.h"
#include "sidecar/store/store_session.h"

/*
 * Is there time, a store, and is this a thread that may wait for it, or need
 * nothing be waited for (at_hand)? False: t->err, or t->outcome.later.
 */
bool session_turn_begin(struct turn *turn, bool at_hand);

#endif
