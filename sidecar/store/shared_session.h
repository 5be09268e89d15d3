/*
 * Sessions in Redis, shared by several sidecars: what the functions of
 * store_session.h do where the store has a link (parts.h), with the same
 * arguments and errors.
 *
 * A change is computed here and put in place by the server in one step, if
 * nobody was faster; else it is computed again on what is there now. What is
 * remembered of a session in memory only saves asking for it: the server
 * decides whether it is still true.
 */
#ifndef SIDECAR_STORE_SHARED_SESSION_H
#define SIDECAR_STORE_SHARED_SESSION_H

#include "sidecar/store/parts.h"

bool
shared_session_open(struct store *store, const struct store_session *want,
                    int64_t now_ms, struct arena *arena,
                    struct store_session *out, bool *created, struct err *err);
bool
shared_session_get(struct store *store, const struct store_session_name *name,
                   int64_t now_ms, struct arena *arena,
                   struct store_session *out, struct err *err);
bool
shared_session_end(struct store *store, const struct store_session_name *name,
                   int64_t now_ms, struct arena *arena,
                   struct store_session *out, struct err *err);
bool
shared_session_reset(struct store *store, const struct store_session_name *name,
                     struct text machine_state, int64_t now_ms,
                     struct arena *arena, struct store_session *out,
                     struct err *err);
bool
shared_session_machine(struct store *store,
                       const struct store_session_name *name, struct text was,
                       struct text state, int64_t now_ms, struct arena *arena,
                       struct store_session *out, struct err *err);
bool shared_session_repeat(struct store *store,
                           const struct store_session_name *name,
                           const struct store_message *message, int64_t now_ms,
                           struct arena *arena, struct store_repeat *out,
                           struct err *err);
bool shared_session_add(struct store *store, const struct store_turn *turn,
                        struct arena *arena, struct store_added *out,
                        struct err *err);
bool
shared_session_history(struct store *store,
                       const struct store_session_name *name, uint64_t cursor,
                       size_t limit, int64_t now_ms, struct arena *arena,
                       struct store_page *out, struct err *err);

#endif
