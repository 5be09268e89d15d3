/*
 * One session on the Redis server: asked for, and changed in one step. For
 * shared_session.c.
 */
#ifndef SIDECAR_STORE_SHARED_CHANGE_H
#define SIDECAR_STORE_SHARED_CHANGE_H

#include "sidecar/store/parts.h"
#include "sidecar/store/session_record.h"

/* What is known of a session, and of one message of it; in the arena. */
struct shared_basis {
    bool there;
    bool remembered; /* from memory: may be old, and knows no message */
    struct store_session session;
    struct session_past past; /* past.message.known: the message's turn */
    struct text field;        /* that has it */
};

/* Asks the server. An empty message id is none. */
bool
shared_change_find(struct store *store, struct text id, struct text message_id,
                   int64_t until_ns, struct arena *arena,
                   struct shared_basis *out, struct err *err);

/* From memory, else from the server. */
bool shared_change_recall(struct store *store, struct text id,
                          struct text message_id, int64_t until_ns,
                          struct arena *arena, struct shared_basis *out,
                          struct err *err);

/* What is to be put in the place of a basis. */
struct shared_wish {
    struct store_session session; /* with its next revision */
    struct trend_reading reading;
    bool drop;                     /* turns of before go */
    const struct store_turn *turn; /* NULL: none is added */
    uint64_t number;               /* of the turn */
    struct store_answer answer;
    struct text waits; /* a name for who has lost too often, or "" */
};

enum shared_outcome {
    SHARED_DONE,
    SHARED_OTHER, /* it was changed meanwhile: the basis is what is there now */
    SHARED_FAILED /* ERR_INTERNAL, ERR_MEMORY */
};

enum shared_outcome
shared_change_put(struct store *store, const struct shared_wish *wish,
                  int64_t until_ns, struct arena *arena,
                  struct shared_basis *basis, struct err *err);

/* As store_session_history, of the session that is there. */
bool shared_change_page(struct store *store, struct text id, uint64_t cursor,
                        size_t limit, struct arena *arena,
                        struct shared_basis *basis, struct store_page *out,
                        struct err *err);

#endif
