/* Sessions in Redis: several stores on one server, and a server in trouble. */
#include "sidecar/store/store_session.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/log.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_fake.h"
#include "tests/unit/support_store.h"

enum { ARENA_BYTES = 16 << 20, STORES = 2 };

static struct arena *arena;
static struct store *stores[STORES]; /* two sidecars */
static struct err err;

static struct store_options
options_of(size_t sidecar)
{
    struct store_options options = support_store_options();

    options.path = sidecar == 0 ? "store.db" : "store2.db";
    support_store_share(&options);
    return options;
}

static void
begin_quietly(const char *const *arguments)
{
    log_level_set(LOG_ERROR);
    support_store_enter();
    arena = arena_new(ARENA_BYTES);
    support_store_redis(arguments);
}

static void
begin(void)
{
    begin_quietly(NULL);
    for (size_t i = 0; i < STORES; i++) {
        const struct store_options options = options_of(i);
        stores[i] = support_store_open(&options);
    }
}

/* The first sidecar alone, with these options. */
static void
begin_with(const struct store_options *options)
{
    stores[0] = support_store_open(options);
}

static void
finish(void)
{
    for (size_t i = 0; i < STORES; i++) {
        store_close(stores[i]);
    }
    arena_free(arena);
    support_store_leave();
}

static void
pause_ms(long ms)
{
    const struct timespec pause = {0, ms * 1000000};

    (void)nanosleep(&pause, NULL);
}

static struct store_session_name
named(const char *id)
{
    return (struct store_session_name){.id = text_of(id)};
}

static struct store_session
get(struct store *store, const char *id)
{
    const struct store_session_name name = named(id);
    struct store_session session;

    ck_assert_msg(store_session_get(store, &name, SUPPORT_STORE_NOW, arena,
                                    &session, &err),
                  "%s: %s", id, err.message);
    return session;
}

static void
refused(bool done, enum err_kind kind)
{
    ck_assert(!done);
    ck_assert_msg(err.kind == kind, "kind %d: %s", (int)err.kind, err.message);
}

static bool
add(struct store *store, const char *session, const char *message,
    struct store_added *out)
{
    const struct store_turn turn = support_store_turn(session, message);

    return store_session_add(store, &turn, arena, out, &err);
}

/* ---- several sidecars ---------------------------------------------------- */

enum { THREADS = 4, MESSAGES = 100 };

struct lane {
    pthread_t thread;
    struct store *store;
    const char *prefix; /* of its message ids */
};

static void *
add_all(void *context)
{
    const struct lane *lane = context;
    const struct trend_options trend = trend_defaults(TREND_CUSUM);
    struct arena *own = arena_new(ARENA_BYTES);

    for (unsigned i = 0; i < MESSAGES; i++) {
        char id[32];
        struct store_added added;
        struct err own_err;
        snprintf(id, sizeof(id), "%s-%u", lane->prefix, i);
        struct store_turn turn = support_store_turn("s1", id);
        turn.trend = &trend;
        turn.deviations = 0.5;
        turn.chars = 100;
        ck_assert_msg(
            store_session_add(lane->store, &turn, own, &added, &own_err), "%s",
            own_err.message);
        arena_reset(own);
    }
    arena_free(own);
    return NULL;
}

/* Every turn from 1 to `count` is there once. */
static void
check_history(struct store *store, uint64_t count)
{
    const struct store_session_name name = named("s1");
    uint64_t cursor = 0;
    uint64_t expected = count;

    do {
        struct store_page page;
        ck_assert_msg(store_session_history(store, &name, cursor, 100,
                                            SUPPORT_STORE_NOW, arena, &page,
                                            &err),
                      "%s", err.message);
        for (size_t i = 0; i < page.count; i++, expected--) {
            char envelope[32];
            snprintf(envelope, sizeof(envelope), "envelope %u",
                     (unsigned)expected);
            ck_assert_uint_eq(page.turns[i].turn, expected);
            ck_assert(text_is(page.turns[i].envelope, envelope));
        }
        cursor = page.next;
    } while (cursor != 0);
    ck_assert_uint_eq(expected, 0);
}

static void
run_lanes(struct lane *lanes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(
            pthread_create(&lanes[i].thread, NULL, add_all, &lanes[i]), 0);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(lanes[i].thread, NULL);
    }
}

START_TEST(no_turn_of_two_sidecars_is_lost)
{
    struct lane lanes[THREADS] = {
        {.prefix = "a"}, {.prefix = "b"}, {.prefix = "c"}, {.prefix = "d"}};

    begin();
    for (size_t i = 0; i < THREADS; i++) {
        lanes[i].store = stores[i % STORES];
    }
    support_store_begin(stores[0], arena, "s1");
    run_lanes(lanes, THREADS);
    const struct store_session session = get(stores[1], "s1");
    ck_assert_uint_eq(session.message_count, THREADS * MESSAGES);
    ck_assert_uint_eq(session.trend.count, THREADS * MESSAGES);
    ck_assert_uint_eq(session.place, THREADS * MESSAGES);
    check_history(stores[0], THREADS * MESSAGES);
    finish();
}
END_TEST

START_TEST(message_sent_to_two_sidecars_is_counted_once)
{
    struct lane lanes[THREADS];

    begin();
    for (size_t i = 0; i < THREADS; i++) {
        lanes[i] = (struct lane){.store = stores[i % STORES], .prefix = "m"};
    }
    support_store_begin(stores[0], arena, "s1");
    run_lanes(lanes, THREADS);
    ck_assert_uint_eq(get(stores[1], "s1").message_count, MESSAGES);
    check_history(stores[1], MESSAGES);
    finish();
}
END_TEST

START_TEST(no_turn_of_two_processes_is_lost)
{
    pid_t children[2];

    begin();
    support_store_begin(stores[0], arena, "s1");
    store_close(stores[0]);
    store_close(stores[1]);
    for (size_t i = 0; i < 2; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            const struct store_options options = options_of(i);
            struct lane lane = {.store = support_store_open(&options),
                                .prefix = i == 0 ? "left" : "right"};
            (void)add_all(&lane);
            store_close(lane.store);
            _exit(0);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        int status;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    for (size_t i = 0; i < STORES; i++) {
        const struct store_options options = options_of(i);
        stores[i] = support_store_open(&options);
    }
    ck_assert_uint_eq(get(stores[0], "s1").message_count, 2 * MESSAGES);
    check_history(stores[1], 2 * MESSAGES);
    finish();
}
END_TEST

/* What one sidecar remembers, another has changed. */
START_TEST(memory_of_a_session_is_never_believed_unasked)
{
    const struct store_session_name name = named("s1");
    struct store_session session;
    struct store_added added;

    begin();
    support_store_begin(stores[0], arena, "s1");
    ck_assert(add(stores[0], "s1", "m1", &added));
    ck_assert(add(stores[1], "s1", "m2", &added));
    ck_assert_uint_eq(added.turn, 2);
    ck_assert(add(stores[0], "s1", "m3", &added));
    ck_assert_uint_eq(added.turn, 3);
    ck_assert(add(stores[0], "s1", "m2", &added));
    ck_assert(added.repeat.known);
    ck_assert(text_is(added.repeat.reply, "reply 2"));

    ck_assert(store_session_machine(stores[1], &name, TEXT(""), TEXT("one"),
                                    SUPPORT_STORE_NOW, arena, &session, &err));
    refused(store_session_machine(stores[0], &name, TEXT(""), TEXT("two"),
                                  SUPPORT_STORE_NOW, arena, &session, &err),
            ERR_STATE);
    ck_assert(store_session_machine(stores[0], &name, TEXT("one"), TEXT("two"),
                                    SUPPORT_STORE_NOW, arena, &session, &err));
    ck_assert(store_session_reset(stores[1], &name, TEXT("begin"),
                                  SUPPORT_STORE_NOW, arena, &session, &err));
    ck_assert(add(stores[0], "s1", "m1", &added));
    ck_assert(!added.repeat.known);
    ck_assert_uint_eq(added.turn, 1);
    ck_assert(store_session_end(stores[1], &name, SUPPORT_STORE_NOW, arena,
                                &session, &err));
    refused(add(stores[0], "s1", "m9", &added), ERR_STATE);
    finish();
}
END_TEST

START_TEST(session_opened_anew_elsewhere_is_another)
{
    struct store_added added;

    begin();
    support_store_begin(stores[0], arena, "s1");
    ck_assert(add(stores[0], "s1", "m1", &added));
    ck_assert_str_eq(support_store_redis_say("DEL leeway:session:s1"), ":1");
    refused(add(stores[0], "s1", "m2", &added), ERR_NOT_FOUND);
    support_store_begin(stores[0], arena, "s1");
    ck_assert(add(stores[0], "s1", "m1", &added));
    ck_assert_str_eq(support_store_redis_say("DEL leeway:session:s1"), ":1");
    support_store_begin(stores[1], arena, "s1");
    ck_assert(add(stores[1], "s1", "n1", &added));
    // As many changes as the first one remembers.
    ck_assert(add(stores[0], "s1", "m2", &added));
    ck_assert_uint_eq(added.turn, 2);
    check_history(stores[0], 2);
    finish();
}
END_TEST

START_TEST(other_prefix_is_another_world)
{
    struct store_options options;
    struct store_session session;
    const struct store_session_name name = named("s1");

    begin_quietly(NULL);
    options = options_of(0);
    begin_with(&options);
    options = options_of(1);
    options.redis.prefix = TEXT("other:");
    stores[1] = support_store_open(&options);
    support_store_begin(stores[0], arena, "s1");
    refused(store_session_get(stores[1], &name, SUPPORT_STORE_NOW, arena,
                              &session, &err),
            ERR_NOT_FOUND);
    support_store_begin(stores[1], arena, "s1");
    ck_assert_str_eq(support_store_redis_say("DBSIZE"), ":2");
    finish();
}
END_TEST

/* ---- time ---------------------------------------------------------------- */

START_TEST(old_turns_go_and_the_session_goes_by_itself)
{
    const struct store_session_name name = named("s1");
    struct store_options options;
    struct store_page page;

    begin_quietly(NULL);
    options = options_of(0);
    options.retention_ms = 100 * 1000;
    options.idle_ms = 1000 * 1000;
    begin_with(&options);
    support_store_begin(stores[0], arena, "s1");
    for (unsigned i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof(id), "m%u", i);
        struct store_turn turn = support_store_turn("s1", id);
        turn.at_ms = SUPPORT_STORE_NOW + 10 * 1000 * i;
        turn.role = i % 3 == 0 ? TEXT("machine") : TEXT("assistant");
        (void)support_store_add(stores[0], arena, &turn);
    }
    const int64_t now = SUPPORT_STORE_NOW + 390 * 1000;
    ck_assert(store_session_history(stores[0], &name, 0, 100, now, arena, &page,
                                    &err));
    ck_assert_uint_ge(page.count, 6);
    for (size_t i = 0; i < page.count; i++) {
        ck_assert_int_ge(page.turns[i].at_ms, now - 110 * 1000);
    }
    // Five fields, and at most 12 turns of three.
    ck_assert_int_le(
        atoi(support_store_redis_say("HLEN leeway:session:s1") + 1),
        5 + 3 * 12);
    const long ttl =
        atol(support_store_redis_say("PTTL leeway:session:s1") + 1);
    ck_assert_int_gt(ttl, 90 * 1000);
    ck_assert_int_le(ttl, 100 * 1000);
    finish();
}
END_TEST

/* ---- a server in trouble ------------------------------------------------- */

static struct store_health
health_of(size_t sidecar)
{
    struct store_health health;

    store_health(stores[sidecar], &health);
    return health;
}

static void
await_working(void)
{
    for (int i = 0; !health_of(0).working; i++) {
        ck_assert_msg(i < 5000, "%s", health_of(0).message);
        pause_ms(2);
    }
}

/* _i: the policy. */
START_TEST(server_that_goes_away_is_told_of_and_comes_back)
{
    const struct store_session_name name = named("s1");
    const struct store_session want = support_store_want("s2");
    const struct store_verdict verdict = support_store_verdict("s1");
    struct store_turn turn = support_store_turn("s1", "m2");
    struct store_options options;
    struct store_session session;
    struct store_repeat repeat;
    struct store_added added;
    struct store_page page;
    bool created;

    begin_quietly(NULL);
    options = options_of(0);
    options.on_error = (enum store_on_error)_i;
    begin_with(&options);
    support_store_begin(stores[0], arena, "s1");
    ck_assert(add(stores[0], "s1", "m1", &added));
    ck_assert(health_of(0).working);
    ck_assert(health_of(0).shared);

    support_store_redis_stop();
    turn.verdict_record = &verdict;
    refused(store_session_open(stores[0], &want, SUPPORT_STORE_NOW, arena,
                               &session, &created, &err),
            ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "redis.sock"));
    refused(store_session_get(stores[0], &name, SUPPORT_STORE_NOW, arena,
                              &session, &err),
            ERR_INTERNAL);
    refused(store_session_add(stores[0], &turn, arena, &added, &err),
            ERR_INTERNAL);
    refused(store_session_repeat(stores[0], &name, &turn.message,
                                 SUPPORT_STORE_NOW, arena, &repeat, &err),
            ERR_INTERNAL);
    refused(store_session_history(stores[0], &name, 0, 10, SUPPORT_STORE_NOW,
                                  arena, &page, &err),
            ERR_INTERNAL);
    ck_assert(!health_of(0).working);
    ck_assert_str_eq(health_of(0).fault, "away");
    ck_assert_uint_ge(health_of(0).degraded, 5);
    // A verdict that was given is written down; one that was refused is not.
    ck_assert(store_flush(stores[0]));
    ck_assert_uint_eq(health_of(0).journal_seq, _i == STORE_DEGRADE ? 1 : 0);

    support_store_redis(NULL);
    await_working();
    refused(store_session_get(stores[0], &name, SUPPORT_STORE_NOW, arena,
                              &session, &err),
            ERR_NOT_FOUND);
    support_store_begin(stores[0], arena, "s2");
    ck_assert(add(stores[0], "s2", "m1", &added));
    ck_assert_uint_eq(added.turn, 1);
    finish();
}
END_TEST

START_TEST(server_that_stops_for_a_while_counts_nothing_twice)
{
    struct store_options options;
    struct store_added added;

    begin_quietly(NULL);
    options = options_of(0);
    options.redis.deadline_ms = 100;
    begin_with(&options);
    support_store_begin(stores[0], arena, "s1");
    support_store_redis_pause(true);
    refused(add(stores[0], "s1", "m1", &added), ERR_INTERNAL);
    ck_assert_str_eq(health_of(0).fault, "slow");
    refused(add(stores[0], "s1", "m2", &added), ERR_INTERNAL);
    support_store_redis_pause(false);
    await_working();
    // The first was sent, the second was not.
    ck_assert_msg(add(stores[0], "s1", "m1", &added), "%s", err.message);
    ck_assert_uint_eq(get(stores[0], "s1").message_count, 1);
    ck_assert(add(stores[0], "s1", "m2", &added));
    ck_assert_uint_eq(added.turn, 2);
    finish();
}
END_TEST

START_TEST(kill_in_the_middle_of_many_turns_harms_nobody)
{
    struct lane lanes[THREADS] = {
        {.prefix = "a"}, {.prefix = "b"}, {.prefix = "c"}, {.prefix = "d"}};
    struct store_added added;
    struct store_session session;
    const struct store_session_name name = named("s1");

    begin();
    for (int round = 0; round < 5; round++) {
        support_store_begin(stores[0], arena, "s1");
        for (unsigned i = 0; i < 20; i++) {
            char id[16];
            snprintf(id, sizeof(id), "m%u", i);
            ck_assert(add(stores[i % STORES], "s1", id, &added));
        }
        support_store_redis_stop();
        refused(store_session_get(stores[1], &name, SUPPORT_STORE_NOW, arena,
                                  &session, &err),
                ERR_INTERNAL);
        support_store_redis(NULL);
        for (size_t i = 0; i < STORES; i++) {
            while (!health_of(i).working) {
                pause_ms(1);
            }
        }
    }
    support_store_begin(stores[0], arena, "s1");
    for (size_t i = 0; i < THREADS; i++) {
        lanes[i].store = stores[i % STORES];
    }
    run_lanes(lanes, THREADS);
    check_history(stores[0], THREADS * MESSAGES);
    finish();
}
END_TEST

/* _i: 0 the deadline is above the delay, 1 below. */
START_TEST(far_server_is_waited_for_until_the_deadline)
{
    struct store_options options;
    struct store_added added;
    char url[128], folder[64];

    begin_quietly(NULL);
    support_fake_delay("redis.sock", 15);
    options = options_of(0);
    ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
    snprintf(url, sizeof(url), "unix://%s/" SUPPORT_FAKE_SOCKET, folder);
    options.redis.url = text_of(url);
    options.redis.deadline_ms = _i == 0 ? 5000 : 5;
    begin_with(&options);
    if (_i == 0) {
        support_store_begin(stores[0], arena, "s1");
        ck_assert(add(stores[0], "s1", "m1", &added));
        ck_assert_uint_eq(get(stores[0], "s1").message_count, 1);
    } else {
        refused(add(stores[0], "s1", "m1", &added), ERR_INTERNAL);
        ck_assert_str_eq(health_of(0).fault, "slow");
        ck_assert_uint_ge(health_of(0).shared_late, 1);
    }
    store_close(stores[0]);
    stores[0] = NULL;
    support_fake_stop();
    finish();
}
END_TEST

START_TEST(full_server_refuses_and_keeps_what_it_has)
{
    static const char *const arguments[] = {
        "--maxmemory", "3mb", "--maxmemory-policy", "noeviction", NULL};
    static char title[1000];
    struct store_options options;
    uint64_t counted = 0;
    bool done = true;

    begin_quietly(arguments);
    options = options_of(0);
    begin_with(&options);
    memset(title, 'x', sizeof(title));
    support_store_begin(stores[0], arena, "s1");
    for (unsigned i = 0; done && i < 100000; i++) {
        struct store_added added;
        char id[32];
        snprintf(id, sizeof(id), "m%u", i);
        struct store_turn turn = support_store_turn("s1", id);
        turn.verdict = (struct text){title, sizeof(title)};
        arena_reset(arena);
        done = store_session_add(stores[0], &turn, arena, &added, &err);
        counted += done;
    }
    refused(done, ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "maxmemory"));
    ck_assert(!health_of(0).working);
    ck_assert_str_eq(health_of(0).fault, "full");
    ck_assert_uint_eq(get(stores[0], "s1").message_count, counted);
    ck_assert(!health_of(0).working); // it can be read, and not be written
    ck_assert_str_eq(support_store_redis_say("CONFIG SET maxmemory 100mb"),
                     "+OK");
    struct store_added added;
    ck_assert(add(stores[0], "s1", "more", &added));
    ck_assert_uint_eq(added.turn, counted + 1);
    ck_assert(health_of(0).working);
    finish();
}
END_TEST

START_TEST(replica_takes_no_writes_and_says_so)
{
    static const char *const arguments[] = {"--replicaof", "127.0.0.1 1", NULL};
    const struct store_session want = support_store_want("s1");
    struct store_options options;
    struct store_session session;
    bool created;

    begin_quietly(arguments);
    options = options_of(0);
    begin_with(&options);
    refused(store_session_open(stores[0], &want, SUPPORT_STORE_NOW, arena,
                               &session, &created, &err),
            ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "replica"));
    ck_assert_str_eq(support_store_redis_say("REPLICAOF NO ONE"), "+OK");
    for (int i = 0; !store_session_open(stores[0], &want, SUPPORT_STORE_NOW,
                                        arena, &session, &created, &err);
         i++) {
        ck_assert_msg(i < 5000, "%s", err.message);
        pause_ms(2);
    }
    finish();
}
END_TEST

START_TEST(password_is_asked_for_and_its_absence_named)
{
    static const char *const arguments[] = {"--requirepass", "canary-secret",
                                            NULL};
    struct store_options options;
    struct store_added added;

    begin_quietly(arguments);
    options = options_of(0);
    options.on_error = STORE_REFUSE;
    ck_assert_ptr_null(store_open(&options, SUPPORT_STORE_NOW, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "password"));
    options.redis.password = TEXT("canary-wrong");
    ck_assert_ptr_null(store_open(&options, SUPPORT_STORE_NOW, &err));
    ck_assert_ptr_null(strstr(err.message, "canary"));
    options.redis.password = TEXT("canary-secret");
    begin_with(&options);
    support_store_begin(stores[0], arena, "s1");
    options = options_of(1);
    options.redis.username = TEXT("default");
    options.redis.password = TEXT("canary-secret");
    stores[1] = support_store_open(&options);
    ck_assert(add(stores[1], "s1", "m1", &added));
    finish();
}
END_TEST

START_TEST(server_that_forgets_its_scripts_is_told_again)
{
    struct store_added added;

    begin();
    support_store_begin(stores[0], arena, "s1");
    for (unsigned i = 1; i <= 3; i++) {
        char id[16];
        ck_assert_str_eq(support_store_redis_say("SCRIPT FLUSH"), "+OK");
        snprintf(id, sizeof(id), "m%u", i);
        ck_assert_msg(add(stores[i % STORES], "s1", id, &added), "%s",
                      err.message);
        ck_assert_uint_eq(added.turn, i);
    }
    ck_assert_uint_eq(health_of(0).shared_failures, 0);
    finish();
}
END_TEST

/* What stands under a session's key, and what is said of it. */
static const struct {
    const char *command, *says;
} strangers[] = {
    {"SET leeway:session:s1 hello", "not ours"},
    {"HSET leeway:session:s1 session hello place 1 revision 7 first 1",
     "not of this version"},
    {"HSET leeway:session:s1 session \"\\x91\\x02\" place 1 revision 7 first 1",
     "not of this version"},
    {"HSET leeway:session:s1 session \"\" place x revision \"\" first y",
     "not of this version"},
};

START_TEST(what_is_not_ours_is_named_and_left_alone)
{
    const struct store_session_name name = named("s1");
    const struct store_session want = support_store_want("s1");
    struct store_session session;
    struct store_added added;
    struct store_page page;
    bool created;

    begin();
    (void)support_store_redis_say(strangers[_i].command);
    refused(store_session_get(stores[0], &name, SUPPORT_STORE_NOW, arena,
                              &session, &err),
            ERR_INTERNAL);
    ck_assert_msg(strstr(err.message, strangers[_i].says) != NULL, "%s",
                  err.message);
    refused(store_session_open(stores[0], &want, SUPPORT_STORE_NOW, arena,
                               &session, &created, &err),
            ERR_INTERNAL);
    refused(add(stores[0], "s1", "m1", &added), ERR_INTERNAL);
    refused(store_session_history(stores[0], &name, 0, 10, SUPPORT_STORE_NOW,
                                  arena, &page, &err),
            ERR_INTERNAL);
    support_store_begin(stores[0], arena, "s2");
    ck_assert(health_of(0).working);
    finish();
}
END_TEST

/* Replies that are RESP, and nothing that our scripts give. */
static const char *const nonsense[] = {
    ":1\r\n",
    "$-1\r\n",
    "$5\r\nhello\r\n",
    "+OK\r\n",
    "*0\r\n",
    "*1\r\n:1\r\n",
    "*1\r\n$5\r\nhello\r\n",
    "*3\r\n$5\r\nhello\r\n$-1\r\n$-1\r\n",
    "*2\r\n$5\r\nother\r\n:3\r\n",
    "*2\r\n$5\r\nother\r\n$1\r\n\x90\r\n",
    "*4\r\n$4\r\nseen\r\n$1\r\nx\r\n$1\r\ny\r\n$1\r\nz\r\n",
    "*1\r\n$4\r\nseen\r\n",
};

START_TEST(reply_that_is_no_answer_is_an_error)
{
    const struct support_fake fake = {.reply = text_of(nonsense[_i])};
    const struct store_session_name name = named("s1");
    const struct store_session want = support_store_want("s1");
    struct store_options options;
    struct store_session session;
    struct store_added added;
    struct store_page page;
    char url[128], folder[64];
    bool created;

    log_level_set(LOG_ERROR);
    support_store_enter();
    arena = arena_new(ARENA_BYTES);
    support_fake_start(&fake);
    options = options_of(0);
    ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
    snprintf(url, sizeof(url), "unix://%s/" SUPPORT_FAKE_SOCKET, folder);
    options.redis.url = text_of(url);
    begin_with(&options);
    refused(store_session_get(stores[0], &name, SUPPORT_STORE_NOW, arena,
                              &session, &err),
            ERR_INTERNAL);
    refused(store_session_open(stores[0], &want, SUPPORT_STORE_NOW, arena,
                               &session, &created, &err),
            ERR_INTERNAL);
    refused(add(stores[0], "s1", "m1", &added), ERR_INTERNAL);
    refused(store_session_history(stores[0], &name, 0, 10, SUPPORT_STORE_NOW,
                                  arena, &page, &err),
            ERR_INTERNAL);
    store_close(stores[0]);
    stores[0] = NULL;
    support_fake_stop();
    finish();
}
END_TEST

START_TEST(database_is_the_one_of_the_address)
{
    struct store_options options;
    char url[160];

    begin_quietly(NULL);
    options = options_of(0);
    snprintf(url, sizeof(url), "%.*s?db=3", TEXT_ARGS(options.redis.url));
    options.redis.url = text_of(url);
    begin_with(&options);
    support_store_begin(stores[0], arena, "s1");
    ck_assert_str_eq(support_store_redis_say("DBSIZE"), ":0");
    finish();
}
END_TEST

static int
many(size_t count)
{
    return support_store_has_redis() ? (int)count : 0;
}

TEST_MAIN(
    "shared_session",
    tcase_add_loop_test(tc, no_turn_of_two_sidecars_is_lost, 0, many(1));
    tcase_add_loop_test(tc, message_sent_to_two_sidecars_is_counted_once, 0,
                        many(1));
    tcase_add_loop_test(tc, no_turn_of_two_processes_is_lost, 0, many(1));
    tcase_add_loop_test(tc, memory_of_a_session_is_never_believed_unasked, 0,
                        many(1));
    tcase_add_loop_test(tc, session_opened_anew_elsewhere_is_another, 0,
                        many(1));
    tcase_add_loop_test(tc, other_prefix_is_another_world, 0, many(1));
    tcase_add_loop_test(tc, old_turns_go_and_the_session_goes_by_itself, 0,
                        many(1));
    tcase_add_loop_test(tc, server_that_goes_away_is_told_of_and_comes_back, 0,
                        many(2));
    tcase_add_loop_test(tc, server_that_stops_for_a_while_counts_nothing_twice,
                        0, many(1));
    tcase_add_loop_test(tc, kill_in_the_middle_of_many_turns_harms_nobody, 0,
                        many(1));
    tcase_add_loop_test(tc, far_server_is_waited_for_until_the_deadline, 0,
                        many(2));
    tcase_add_loop_test(tc, full_server_refuses_and_keeps_what_it_has, 0,
                        many(1));
    tcase_add_loop_test(tc, replica_takes_no_writes_and_says_so, 0, many(1));
    tcase_add_loop_test(tc, password_is_asked_for_and_its_absence_named, 0,
                        many(1));
    tcase_add_loop_test(tc, server_that_forgets_its_scripts_is_told_again, 0,
                        many(1));
    tcase_add_loop_test(tc, what_is_not_ours_is_named_and_left_alone, 0,
                        many(sizeof(strangers) / sizeof(strangers[0])));
    tcase_add_loop_test(tc, reply_that_is_no_answer_is_an_error, 0,
                        many(sizeof(nonsense) / sizeof(nonsense[0])));
    tcase_add_loop_test(tc, database_is_the_one_of_the_address, 0, many(1));)
