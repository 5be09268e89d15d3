/*
 * Sessions and turns as records for the writer and as rows of the file.
 */
#ifndef SIDECAR_STORE_SESSION_ROW_H
#define SIDECAR_STORE_SESSION_ROW_H

#include "sidecar/store/session_cache.h"
#include "sidecar/store/session_record.h"
#include "sidecar/store/writer.h"

/* Puts the session as it is into the unit; trend as it reads now. */
void session_row_put(struct buffer *unit, const struct store_session *session,
                     const struct trend_reading *reading);

/* `number` is the turn's. */
void session_row_put_turn(struct buffer *unit, const struct store_turn *turn,
                          const struct store_session *session, uint64_t number,
                          const struct store_answer *answer);

/* The turns of before this revision go. */
void
session_row_put_drop(struct buffer *unit, const struct store_session *session);

/*
 * Reads a session and the ids of its messages into an entry of its own.
 * *out NULL, and true: there is no such row.
 */
bool session_row_read(struct db *db, struct text id, struct session_entry **out,
                      struct err *err);

/* Was a message of that id judged, of what content, with what reply? */
bool session_row_find(struct db *db, struct text id, struct text message_id,
                      struct arena *arena, struct session_message *out,
                      struct err *err);

/* At most `limit` turns before that place, newest first; one more is `next`. */
bool
session_row_page(struct db *db, struct text id, uint64_t before, size_t limit,
                 struct arena *arena, struct store_page *out, struct err *err);

#endif
