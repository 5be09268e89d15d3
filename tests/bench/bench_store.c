/*
 * The store, timed: what a turn costs the thread that adds it, how many records
 * a second reach the file, and what a session costs in memory; the same with
 * sessions in a Redis server, where one is installed.
 */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/clock.h"
#include "sidecar/store/store_session.h"

enum {
    THREADS = 8,          /* at most */
    TURNS = 100000,       /* of each thread, at most */
    SESSIONS_USED = 1000, /* that turns are added to */
    ARENA_BYTES = 1 << 20
};

#define NOW INT64_C(1700000000000)

/* What is measured. */
struct load {
    const char *path, *name;
    struct text redis; /* its address, or "" */
    unsigned threads, turns, sessions;
};

static struct store *store;
static struct load load;
static char reply[600]; /* as long as that of a clean text */

static void
die(const struct err *err)
{
    fprintf(stderr, "bench_store: %s\n", err->message);
    exit(EXIT_FAILURE);
}

static bool
answer(void *context, const struct store_session *session,
       const struct trend_reading *trend, struct store_answer *out,
       struct err *err)
{
    (void)context;
    (void)session;
    (void)trend;
    (void)err;
    out->envelope = (struct text){reply, sizeof(reply) / 2};
    out->reply = (struct text){reply, sizeof(reply)};
    return true;
}

static void
name_session(char *room, size_t size, unsigned number)
{
    snprintf(room, size, "session-%08x-%08x", number * 2654435761U, number);
}

static void
open_sessions(unsigned count)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct store_session session;
    struct err err;
    bool created;
    char id[48];

    for (unsigned i = 0; i < count; i++) {
        name_session(id, sizeof(id), i);
        const struct store_session want = {.id = text_of(id),
                                           .persona = TEXT("mira"),
                                           .user = TEXT("user-1234567890"),
                                           .workspace = TEXT("workspace-1")};
        arena_reset(arena);
        if (!store_session_open(store, &want, NOW, arena, &session, &created,
                                &err)) {
            die(&err);
        }
    }
    arena_free(arena);
}

struct lane {
    pthread_t thread;
    unsigned number;
    uint64_t *ns; /* [TURNS] */
};

static void *
add_turns(void *context)
{
    static const struct text rules[] = {{"PROFANITY", 9}};
    struct lane *lane = context;
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct trend_options trend = trend_defaults(TREND_JOINT);
    struct err err;
    char id[48], message[32];

    for (unsigned i = 0; i < load.turns; i++) {
        struct store_added added;
        name_session(id, sizeof(id),
                     (i * load.threads + lane->number) % SESSIONS_USED);
        snprintf(message, sizeof(message), "m-%u-%u", lane->number, i);
        const struct store_verdict verdict = {
            .at_ms = NOW,
            .op = TEXT("score"),
            .persona = TEXT("mira"),
            .session = text_of(id),
            .message_id = text_of(message),
            .user = TEXT("user-1234567890"),
            .engine_hash = TEXT("9f60e0cbdaca"),
            .verdict = TEXT("pass"),
            .action = TEXT("ship"),
            .rules = rules,
            .rule_count = 1,
            .drift_score = 0.2,
            .drift_threshold = 0.3,
            .drift_judged = true,
            .content = {reply, sizeof(reply)}};
        const struct store_turn turn = {
            .session = {.id = text_of(id)},
            .message = {.id = text_of(message),
                        .content =
                            digest_of((struct text){reply, sizeof(reply)})},
            .at_ms = NOW,
            .role = TEXT("assistant"),
            .verdict = TEXT("pass"),
            .action = TEXT("ship"),
            .drift_score = 0.2,
            .deviations = 0.1,
            .chars = 600,
            .trend = &trend,
            .answer = answer,
            .verdict_record = &verdict};
        arena_reset(arena);
        const uint64_t from = clock_ns();
        if (!store_session_add(store, &turn, arena, &added, &err)) {
            die(&err);
        }
        lane->ns[i] = clock_ns() - from;
    }
    arena_free(arena);
    return NULL;
}

static int
by_size(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static void
time_turns(void)
{
    static uint64_t ns[THREADS * TURNS];
    struct lane lanes[THREADS];
    struct store_health health;
    const size_t count = (size_t)load.threads * load.turns;
    const uint64_t from = clock_ns();

    for (unsigned i = 0; i < load.threads; i++) {
        lanes[i] =
            (struct lane){.number = i, .ns = ns + (size_t)i * load.turns};
        if (pthread_create(&lanes[i].thread, NULL, add_turns, &lanes[i]) != 0) {
            exit(EXIT_FAILURE);
        }
    }
    for (unsigned i = 0; i < load.threads; i++) {
        pthread_join(lanes[i].thread, NULL);
    }
    (void)store_flush(store);
    const double seconds = (double)(clock_ns() - from) / 1e9;
    qsort(ns, count, sizeof(ns[0]), by_size);
    store_health(store, &health);
    printf("turns          %zu by %u threads: %.0f a second "
           "(session, turn and journal each), %llu commits, %llu lost\n",
           count, load.threads, (double)count / seconds,
           (unsigned long long)health.commits, (unsigned long long)health.lost);
    printf("one turn       p50 %.1f us, p90 %.1f us, p99 %.1f us\n",
           (double)ns[count / 2] / 1e3, (double)ns[count / 10 * 9] / 1e3,
           (double)ns[count / 100 * 99] / 1e3);
}

/* Resident bytes of this process. */
static double
resident(void)
{
    unsigned long long pages = 0, skipped = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL || fscanf(file, "%llu %llu", &skipped, &pages) != 2) {
        pages = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static struct store_options
options_of(const char *path)
{
    return (struct store_options){.path = path,
                                  .window_ms = 5,
                                  .batch = 512,
                                  .queue_bytes = 8 << 20,
                                  .memory = 256 << 20,
                                  .idle_ms = 24LL * 3600 * 1000,
                                  .hot = 20000,
                                  .journal = true,
                                  .journal_every = 1000,
                                  .journal_every_ms = 10000,
                                  .journal_least_ms = 1000,
                                  .outbox = true,
                                  .busy_ms = 250,
                                  .retry_ms = 100,
                                  .retry_max_ms = 5000};
}

static void
measure(const struct load *what)
{
    struct store_options options = options_of(what->path);
    struct store_health health;
    struct err err;

    load = *what;
    if (load.redis.len > 0) {
        options.redis = (struct store_redis){.url = load.redis,
                                             .prefix = TEXT("leeway:"),
                                             .deadline_ms = 5000,
                                             .retry_ms = 100,
                                             .retry_max_ms = 5000};
    }
    const double before = resident();
    store = store_open(&options, NOW, &err);
    if (store == NULL) {
        die(&err);
    }
    const uint64_t from = clock_ns();
    open_sessions(load.sessions);
    const double seconds = (double)(clock_ns() - from) / 1e9;
    store_health(store, &health);
    printf("%s\nopen           %u sessions: %.0f a second, each acknowledged\n",
           load.name, load.sessions, load.sessions / seconds);
    printf("memory         %.1f MiB for %u sessions: %.0f bytes each; hot: "
           "%llu, %.0f bytes each\n",
           (resident() - before) / (1 << 20), load.sessions,
           (resident() - before) / load.sessions,
           (unsigned long long)health.hot_sessions,
           (double)health.hot_bytes /
               (double)(health.hot_sessions > 0 ? health.hot_sessions : 1));
    fflush(stdout);
    time_turns();
    store_close(store);
}

static void
remove_file(const char *path)
{
    static const char *const names[] = {"", "-wal", "-shm", ".seal", ".lock"};
    char name[96];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, names[i]);
        (void)unlink(name);
    }
}

/* ---- Redis --------------------------------------------------------------- */

#define REDIS_SERVER "/usr/bin/redis-server"

static pid_t
start_redis(const char *socket)
{
    const pid_t child = fork();

    if (child == 0) {
        execl(REDIS_SERVER, REDIS_SERVER, "--port", "0", "--unixsocket", socket,
              "--save", "", "--appendonly", "no", "--logfile", "/dev/null",
              (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && access(socket, F_OK) != 0; i++) {
        const struct timespec pause = {0, 10 * 1000000};
        (void)nanosleep(&pause, NULL);
    }
    return child;
}

static void
measure_redis(const char *path)
{
    char socket[64], url[80];

    if (store_redis_library() == NULL || access(REDIS_SERVER, X_OK) != 0) {
        printf("skipped: no hiredis, or no " REDIS_SERVER "\n");
        return;
    }
    snprintf(socket, sizeof(socket), "%s.sock", path);
    snprintf(url, sizeof(url), "unix://%s", socket);
    const pid_t server = start_redis(socket);
    measure(&(const struct load){path, "in Redis, journal in a file",
                                 text_of(url), 2, 20000, 10000});
    remove_file(path);
    measure(&(const struct load){path, "in Redis, more threads", text_of(url),
                                 THREADS, 10000, 10000});
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    remove_file(path);
    (void)unlink(socket);
}

int
main(void)
{
    char path[64];

    snprintf(path, sizeof(path), "/tmp/bench-store-%ld.db", (long)getpid());
    measure(
        &(const struct load){path, "in a file", TEXT(""), 2, TURNS, 100000});
    remove_file(path);
    measure(
        &(const struct load){NULL, "in memory", TEXT(""), 2, TURNS, 100000});
    measure_redis(path);
    return EXIT_SUCCESS;
}
