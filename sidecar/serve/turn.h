/*
 * One message on its way through the operation that it names: what handle.c
 * and the operations in files of their own share.
 *
 * An operation puts its reply into turn->desk->reply, or fills turn->err and
 * returns false. A new one is a row in handle.c's table.
 */
#ifndef SIDECAR_SERVE_TURN_H
#define SIDECAR_SERVE_TURN_H

#include "sidecar/serve/handle.h"

struct turn {
    struct desk *desk;
    struct engine *engine; /* of now; a stream has its own */
    const struct handle_server *server;
    const struct handle_message *message;
    struct request request;
    struct encode_answer answer;
    struct handle_outcome outcome;
    uint64_t began_ns;
    long long retry_after_ms; /* of an error; -1: none */
    long long expected_seq;   /* room for answer.expected_seq */
    struct err err;
};

/* When this request stops being worth an answer; false: it has (ERR_DEADLINE).
 */
bool turn_deadline(struct turn *turn, uint64_t *deadline_ns);

/* The same for what is begun late but never cut short: only a deadline that the
 * request names counts, and only now. */
bool turn_in_time(struct turn *turn);

/* Must this be done where it may take its time? Then it is handed on. */
bool turn_later(struct turn *turn);

/* Books the time: just before the reply is encoded. */
void turn_stop_watch(struct turn *turn);

/* What the server's counters are told of a verdict. */
void turn_judged(struct turn *turn, const struct envelope *chosen);

struct remember;

/* How a request is judged: as a new message, or once more (remember.h). */
void turn_terms(const struct turn *turn, const struct remember *remember,
                const struct request *request, struct judge_terms *terms);

/* The verdict is for the counters, its fallback line for the rotation. */
void turn_shown(struct turn *turn, const struct remember *remember,
                const struct request *request, const struct envelope *chosen,
                uint64_t rotation);

/* The reply names this engine as the one that answered. */
void turn_answered_by(struct turn *turn, const struct engine *engine);

/* The operations that are not in handle.c. */
bool handle_stream_open(struct turn *turn);
bool handle_stream_feed(struct turn *turn);
bool handle_stream_close(struct turn *turn);
bool handle_stream_abort(struct turn *turn);
bool handle_session_open(struct turn *turn);
bool handle_session_get(struct turn *turn);
bool handle_session_history(struct turn *turn);
bool handle_session_reset(struct turn *turn);
bool handle_session_end(struct turn *turn);
bool handle_machine_step(struct turn *turn);

#endif
