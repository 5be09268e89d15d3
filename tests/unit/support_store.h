/*
 * A store in a folder of its own, for one test.
 */
#ifndef TESTS_UNIT_SUPPORT_STORE_H
#define TESTS_UNIT_SUPPORT_STORE_H

#include "sidecar/store/store_session.h"

/* Any moment will do. Milliseconds. */
#define SUPPORT_STORE_NOW INT64_C(1700000000000)

/* A new empty folder becomes the current one; support_store_leave removes it.
 */
void support_store_enter(void);
void support_store_leave(void);

/* "store.db", small, quick, with journal and outbox. */
struct store_options support_store_options(void);

/* Can a Redis server be started? If not, that is printed, once. */
bool support_store_has_redis(void);

/*
 * Starts one on the socket "redis.sock", with those further arguments (NULL
 * ends them, or NULL), and waits until it answers. It goes with the test.
 */
void support_store_redis(const char *const *arguments);
/* Sends it one command, words by spaces; the first line of its answer. */
const char *support_store_redis_say(const char *command);
void support_store_redis_stop(void);         /* kills it */
void support_store_redis_pause(bool paused); /* it stays, and does nothing */

/* Its sessions in that server: patient, and quick to connect again. */
void support_store_share(struct store_options *options);

/* Opens it; the test fails where that fails. */
struct store *support_store_open(const struct store_options *options);

/* The session `id` with persona mira, user u, workspace w. */
struct store_session support_store_want(const char *id);

/* Opens that session; the test fails where that fails. */
void
support_store_begin(struct store *store, struct arena *arena, const char *id);

/* A turn of that session, whose reply and envelope name its number. */
struct store_turn
support_store_turn(const char *session, const char *message_id);

/* Adds it; the test fails where that fails. */
struct store_added support_store_add(struct store *store, struct arena *arena,
                                     const struct store_turn *turn);

/* A verdict with something in every field. */
struct store_verdict support_store_verdict(const char *session);

struct store_alert support_store_alert(const char *id);

/* Runs SQL on store.db, which is not open; the test fails where that fails. */
void support_store_sql(const char *sql);

/* The one number that a query on store.db gives. */
long long support_store_number(const char *sql);

#endif
