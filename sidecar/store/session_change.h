/*
 * Finding a session and changing it: while its stripe is locked in memory, and
 * then, the lock given back, in the file. For the files of this folder.
 */
#ifndef SIDECAR_STORE_SESSION_CHANGE_H
#define SIDECAR_STORE_SESSION_CHANGE_H

#include "sidecar/store/parts.h"
#include "sidecar/store/session_record.h"

/* A session's entry while its stripe is locked. */
struct session_hold {
    struct session_stripe *stripe;
    struct session_entry *entry;
};

/* A change that is being written: its entry is pinned. */
struct session_change {
    struct session_stripe *stripe;
    struct session_entry *entry;
    struct store_session session; /* as it is after it, in the arena */
};

/*
 * The entry, from memory or from the file, its stripe locked. With *absent the
 * stripe is locked too and there is no such session. False: nothing is locked.
 */
bool
session_change_find(struct store *store, struct text id,
                    struct session_hold *hold, bool *absent, struct err *err);

/*
 * The session of a request, its stripe locked. False: nothing is locked; it is
 * not there, not of that workspace, or too old to be remembered.
 */
bool
session_change_hold(struct store *store, const struct store_session_name *name,
                    int64_t now_ms, struct session_hold *hold, struct err *err);

/* Unlocks the stripe. */
void session_change_let_go(struct session_hold *hold);

/* Too old to be remembered: as good as gone, whenever its row goes. */
bool
session_change_forgotten(const struct store *store,
                         const struct store_session *session, int64_t now_ms);

/* Archived by idleness shows at once, whenever its row says so. */
enum store_session_status
session_change_status(const struct store *store,
                      const struct store_session *session, int64_t now_ms);

/* ERR_NOT_FOUND; false. */
bool session_change_not_found(const struct store_session_name *name,
                              struct err *err);

/* ERR_STATE where it has another persona, user or workspace than wanted. */
bool
session_change_check_binding(const struct store_session *session,
                             const struct store_session *want, struct err *err);

/* ERR_STATE where it is ended. */
bool
session_change_check_open(const struct store_session *session, struct err *err);

bool session_change_copy(const struct store *store,
                         const struct session_entry *entry, int64_t now_ms,
                         struct arena *arena, struct store_session *out,
                         struct err *err);

/*
 * Waits, the stripe locked, until nobody is writing a change of the entry. What
 * is waited for takes microseconds; after a while ERR_OVERLOADED, the stripe
 * still locked.
 */
bool
session_change_wait(struct session_hold *hold, struct text id, struct err *err);

/*
 * Takes the memory that a change needs, so that nothing can fail once it has
 * begun. False: the stripe is let go.
 *
 *   machine_state   what it is to be, or NULL: as it is
 */
bool
session_change_prepare(struct session_hold *hold,
                       const struct text *machine_state, struct arena *arena,
                       struct session_change *change, struct err *err);

/* What was changed in the entry is now to be written; the stripe is let go. */
void
session_change_begin(struct session_hold *hold, struct session_change *change);

/*
 * Hands over the unit that was begun, if it was, and ends the change. Where the
 * policy is to degrade, what could not be written stays in memory and is no
 * failure.
 */
bool
session_change_hand_over(struct store *store, struct session_change *change,
                         bool begun, bool wait, struct err *err);

/*
 * What a message is beside the one of its id that was there before: counted
 * already, or a further attempt that replaces it. ERR_IDEMPOTENCY: neither.
 */
bool session_change_known(const struct session_message *was,
                          const struct store_message *message,
                          struct store_repeat *out, struct err *err);

/* Counts the message in the session; its number goes to *number. */
struct trend_reading
session_change_count(struct store_session *session,
                     const struct store_turn *turn,
                     const struct store_repeat *repeat, uint64_t *number);

/* The trend as it was read last. */
struct trend_reading
session_change_reading(const struct store_session *session);

#endif
