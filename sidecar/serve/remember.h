/*
 * What remains of a judged reply: a turn of its session, a record in the
 * journal, alerts in the outbox. Around the judging of a request:
 *
 *     remember_find    is the session there? was this message judged before?
 *     ...              judge it
 *     remember_turn    count it, write it down
 *
 * and then the reply is encoded, which so comes after the store has taken it.
 *
 * A message is known by its id within the session, the same by a digest of all
 * that judging reads. Where the earlier reply holds words of the text, only
 * what the session gave it is kept (texts are not): then the message is judged
 * again and not counted again.
 */
#ifndef SIDECAR_SERVE_REMEMBER_H
#define SIDECAR_SERVE_REMEMBER_H

#include "sidecar/serve/turn.h"
#include "sidecar/store/store_session.h"

/* All zero but for the first two, which the caller sets. */
struct remember {
    struct turn *turn;
    const struct engine *engine; /* that judges it: a stream has its own */

    bool in_session; /* `session` is there */
    bool again;      /* judged before: `written` has what it got */
    bool degraded;   /* the store could not do its part */
    struct store_session_name name;
    struct store_session session;
    struct store_message message;
    struct store_repeat repeat;
    struct envelope_written written;
    uint64_t rotation; /* again: the fallback line it got */

    size_t chosen;
    struct text results; /* for the reply; at NULL: encode the envelopes */
};

/*
 * Looks up the session that the request names, and puts persona and workspace
 * of it into the request where it has none. With candidates (not at the opening
 * of a stream) also the message: with results, it was answered before.
 *
 * False: t->err says why, or t->outcome.later that another thread should do it.
 * ERR_NOT_FOUND, ERR_STATE: the session; ERR_INVALID: another persona than the
 * session's; ERR_IDEMPOTENCY; ERR_INTERNAL: the store does not work and the
 * policy is to refuse.
 */
bool remember_find(struct remember *r, struct request *request);

/*
 * Keeps what came of it; adds trend, machine and coverage to the envelopes.
 * `rotation` is that of the fallback line. False as remember_find.
 */
bool remember_turn(struct remember *r, const struct request *request,
                   struct judge_result *result, uint64_t rotation);

#endif
