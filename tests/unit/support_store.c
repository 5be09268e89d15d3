#include "tests/unit/support_store.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "proto/wire.h"
#include "sidecar/store/db.h"
#include "tests/unit/support_config.h"

void
support_store_enter(void)
{
    support_config_enter();
}

/* ---- Redis --------------------------------------------------------------- */

#define REDIS_SERVER "/usr/bin/redis-server"
#define REDIS_SOCKET "redis.sock"

static pid_t redis;
static char redis_url[128];

const char *
support_store_redis_say(const char *command)
{
    static char line[256];
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const struct sockaddr_un at = {.sun_family = AF_UNIX,
                                   .sun_path = REDIS_SOCKET};
    ssize_t len = -1;

    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
        send(fd, command, strlen(command), MSG_NOSIGNAL) > 0 &&
        send(fd, "\r\n", 2, MSG_NOSIGNAL) == 2) {
        len = recv(fd, line, sizeof(line) - 1, 0);
    }
    close(fd);
    line[len > 0 ? len : 0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

static void
run_redis(const char *const *arguments)
{
    static const char *const always[] = {
        REDIS_SERVER, "--port",    "0",        "--unixsocket",
        REDIS_SOCKET, "--save",    "",         "--appendonly",
        "no",         "--logfile", "redis.log"};
    enum { ALWAYS = sizeof(always) / sizeof(always[0]) };
    char *args[32] = {NULL};

    for (size_t i = 0; i < ALWAYS; i++) {
        args[i] = strdup(always[i]);
    }
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++) {
        args[ALWAYS + i] = strdup(arguments[i]);
    }
    execv(REDIS_SERVER, args);
    _exit(127);
}

bool
support_store_has_redis(void)
{
    static bool told;
    const char *missing = store_redis_library() == NULL     ? "libhiredis-dev"
                          : access(REDIS_SERVER, X_OK) != 0 ? REDIS_SERVER
                                                            : NULL;

    if (missing != NULL && !told) {
        printf("skipped with Redis: no %s\n", missing);
        fflush(stdout); // forks shall not print it again
        told = true;
    }
    return missing == NULL;
}

void
support_store_redis(const char *const *arguments)
{
    static const struct timespec pause = {0, 2 * 1000000};

    (void)unlink(REDIS_SOCKET);
    redis = fork();
    ck_assert_int_ge(redis, 0);
    if (redis == 0) {
        run_redis(arguments);
    }
    for (int i = 0; support_store_redis_say("PING")[0] == '\0'; i++) {
        ck_assert_msg(i < 5000, "redis-server does not answer");
        (void)nanosleep(&pause, NULL);
    }
}

void
support_store_redis_stop(void)
{
    if (redis > 0) {
        kill(redis, SIGKILL);
        waitpid(redis, NULL, 0);
        redis = 0;
    }
}

void
support_store_redis_pause(bool paused)
{
    kill(redis, paused ? SIGSTOP : SIGCONT);
}

void
support_store_share(struct store_options *options)
{
    char folder[64];

    ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
    snprintf(redis_url, sizeof(redis_url), "unix://%s/" REDIS_SOCKET, folder);
    options->redis = (struct store_redis){.url = text_of(redis_url),
                                          .prefix = TEXT("leeway:"),
                                          .deadline_ms = 5000,
                                          .retry_ms = 2,
                                          .retry_max_ms = 10};
}

void
support_store_leave(void)
{
    support_store_redis_stop();
    support_config_leave();
}

struct store_options
support_store_options(void)
{
    return (struct store_options){
        .path = "store.db",
        .window_ms = 2,
        .batch = 64,
        .queue_bytes = 1 << 20,
        .memory = 8 << 20,
        .idle_ms = 3600 * 1000,
        .hot = 256,
        .journal = true,
        .journal_every = 8,
        .journal_every_ms = 10 * 1000,
        .outbox = true,
        .busy_ms = 5,
        .retry_ms = 5,
        .retry_max_ms = 20,
    };
}

struct store *
support_store_open(const struct store_options *options)
{
    struct err err;
    struct store *store = store_open(options, SUPPORT_STORE_NOW, &err);

    ck_assert_msg(store != NULL, "%s", err.message);
    return store;
}

struct store_session
support_store_want(const char *id)
{
    return (struct store_session){.id = text_of(id),
                                  .persona = TEXT("mira"),
                                  .user = TEXT("u"),
                                  .workspace = TEXT("w")};
}

void
support_store_begin(struct store *store, struct arena *arena, const char *id)
{
    const struct store_session want = support_store_want(id);
    struct store_session session;
    struct err err;
    bool created;

    ck_assert_msg(store_session_open(store, &want, SUPPORT_STORE_NOW, arena,
                                     &session, &created, &err),
                  "%s", err.message);
    ck_assert(created);
}

/* Views into what the test's thread wrote last. */
static bool
answer(void *context, const struct store_session *session,
       const struct trend_reading *trend, struct store_answer *out,
       struct err *err)
{
    static _Thread_local char room[2][64];

    (void)context;
    (void)trend;
    (void)err;
    snprintf(room[0], sizeof(room[0]), "envelope %llu",
             (unsigned long long)session->message_count);
    snprintf(room[1], sizeof(room[1]), "reply %llu",
             (unsigned long long)session->message_count);
    out->envelope = text_of(room[0]);
    out->reply = text_of(room[1]);
    return true;
}

struct store_turn
support_store_turn(const char *session, const char *message_id)
{
    return (struct store_turn){
        .session = {.id = text_of(session)},
        .message = {.id = text_of(message_id),
                    .content = digest_of(text_of(message_id))},
        .at_ms = SUPPORT_STORE_NOW,
        .role = TEXT("assistant"),
        .verdict = TEXT("pass"),
        .action = TEXT("ship"),
        .drift_score = (double)NAN,
        .deviations = (double)NAN,
        .answer = answer,
    };
}

struct store_added
support_store_add(struct store *store, struct arena *arena,
                  const struct store_turn *turn)
{
    struct store_added added;
    struct err err;

    ck_assert_msg(store_session_add(store, turn, arena, &added, &err), "%s",
                  err.message);
    return added;
}

struct store_verdict
support_store_verdict(const char *session)
{
    static const struct text rules[] = {{"PROFANITY", 9}, {"PII_EMAIL", 9}};

    return (struct store_verdict){
        .at_ms = SUPPORT_STORE_NOW,
        .op = TEXT("score"),
        .persona = TEXT("mira"),
        .session = text_of(session),
        .message_id = TEXT("m1"),
        .workspace = TEXT("w"),
        .user = TEXT("somebody"),
        .request_id = TEXT("r1"),
        .engine_hash = TEXT("9f60e0cb"),
        .generation = 3,
        .verdict = TEXT("redact"),
        .action = TEXT("redact"),
        .decided_kind = TEXT("rule"),
        .decided_id = TEXT("PII_EMAIL"),
        .rules = rules,
        .rule_count = sizeof(rules) / sizeof(rules[0]),
        .drift_score = 0.25,
        .drift_threshold = 0.30,
        .drift_judged = true,
        .content = TEXT("what the canary said"),
        .metadata = TEXT("{\"tenant\":\"t\"}"),
    };
}

struct store_alert
support_store_alert(const char *id)
{
    return (struct store_alert){.at_ms = SUPPORT_STORE_NOW,
                                .id = text_of(id),
                                .dedup_key = TEXT("d1"),
                                .type = TEXT("moderation.flagged"),
                                .reason = TEXT("PII_EMAIL"),
                                .severity = TEXT("high"),
                                .persona = TEXT("mira"),
                                .session = TEXT("s1"),
                                .message_id = TEXT("m1"),
                                .workspace = TEXT("w"),
                                .request_id = TEXT("r1"),
                                .drift_score = (double)NAN,
                                .drift_threshold = 0.30,
                                .metadata = TEXT("{\"tenant\":\"t\"}")};
}

static struct db *
open_file(void)
{
    const struct db_options options = {
        .path = "store.db", .busy_ms = 1000, .cache_bytes = 1 << 20};
    enum db_fault fault;
    struct err err;
    struct db *db = db_open(&options, &fault, &err);

    ck_assert_msg(db != NULL, "%s", err.message);
    return db;
}

void
support_store_sql(const char *sql)
{
    struct db *db = open_file();
    struct err err;

    ck_assert_msg(db_run(db, sql, &err), "%s: %s", sql, err.message);
    db_close(db);
}

long long
support_store_number(const char *sql)
{
    struct db *db = open_file();
    struct err err;
    long long number;

    ck_assert_msg(db_run_for(db, sql, &number, &err), "%s: %s", sql,
                  err.message);
    db_close(db);
    return number;
}
