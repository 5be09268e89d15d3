/*
 * A session and a turn as values of msgpack, in the order of the columns of
 * the store's tables: what records in the writer's queue, rows and shared
 * sessions are made of.
 *
 * Where they leave the process as one value, it is an array: the version of
 * this form, then the values.
 */
#ifndef SIDECAR_STORE_SESSION_RECORD_H
#define SIDECAR_STORE_SESSION_RECORD_H

#include "proto/wire.h"
#include "sidecar/store/store_session.h"

enum { SESSION_RECORD_VERSION = 1 };

/* A message that was judged. */
struct session_message {
    bool known;
    struct digest content;
    unsigned attempt;
    bool regenerated;  /* its action was to ask the model again */
    struct text reply; /* at NULL: none is kept */
    uint64_t turn;
};

/* The values alone, one after another; `number` is the turn's. */
void session_record_put(struct buffer *to, const struct store_session *session,
                        const struct trend_reading *reading);
void
session_record_put_turn(struct buffer *to, const struct store_turn *turn,
                        const struct store_session *session, uint64_t number,
                        const struct store_answer *answer);

/* The same as one value with its version. */
void session_record_seal(struct buffer *to, const struct store_session *session,
                         const struct trend_reading *reading);
void
session_record_seal_turn(struct buffer *to, const struct store_turn *turn,
                         const struct store_session *session, uint64_t number,
                         const struct store_answer *answer);

/* Views into the value. False: it is none, or of another version. */
bool session_record_read(struct text value, struct store_session *out,
                         struct err *err);

/* A turn, and as what its message is known again. */
struct session_past {
    struct store_past past;
    struct session_message message;
};

bool session_record_read_turn(struct text value, struct session_past *out,
                              struct err *err);

/* What session_record_put writes as the trend; what is none is a new one. */
struct trend session_record_trend(struct text bytes);

/* "active", ...; what is none is STORE_SESSION_ENDED. */
enum store_session_status session_record_status(struct text name);

#endif
