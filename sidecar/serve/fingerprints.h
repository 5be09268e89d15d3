/*
 * The operations fingerprint.* and compare: rows of handle.c's table.
 */
#ifndef SIDECAR_SERVE_FINGERPRINTS_H
#define SIDECAR_SERVE_FINGERPRINTS_H

#include "sidecar/serve/turn.h"

/* These three change something, where turn->message->may_wait holds. */
bool fingerprints_build(struct turn *turn);
bool fingerprints_put(struct turn *turn);
bool fingerprints_drop(struct turn *turn);

bool fingerprints_get(struct turn *turn);
bool fingerprints_list(struct turn *turn);
bool fingerprints_compare(struct turn *turn);

#endif
