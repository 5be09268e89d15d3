/*
 * A process that writes sessions, turns and journal with several threads is
 * killed at a random moment, again and again, over one and the same file: what
 * it was told is kept must be there, and nothing may be half there.
 *
 * LEEWAY_KILLS: how often; 50 where it is not set. make kill-store does 1,000.
 */
#include "sidecar/store/store_session.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/hash.h"
#include "sidecar/base/log.h"
#include "sidecar/store/store_file.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_store.h"

enum {
    WRITERS = 4,
    ARENA_BYTES = 4 << 20,
    KILLS = 50,
    LEAST_US = 1000, /* from the first thing it does to its end */
    MOST_US = 50000,
    VERIFY_EVERY = 50 /* kills: the journal grows */
};

static const uint64_t seed = 20260101;

/* What the writers were told is kept; shared with the one who kills them. */
struct board {
    _Atomic uint64_t turns[WRITERS];   /* of the writer's session */
    _Atomic uint64_t records[WRITERS]; /* of the journal */
    _Atomic int ready;
};

static struct board *board;
static struct store *store;
static unsigned kill_number;

static void
name_session(char *room, size_t size, unsigned number, size_t writer)
{
    snprintf(room, size, "k%u-w%zu", number, writer);
}

/* Adds turns without waiting, and says how many are kept after each flush. */
static void *
write_on(void *context)
{
    const size_t self = (size_t)(uintptr_t)context;
    struct arena *arena = arena_new(ARENA_BYTES);
    char id[32], message[32];
    struct err err;

    name_session(id, sizeof(id), kill_number, self);
    support_store_begin(store, arena, id);
    struct store_verdict verdict = support_store_verdict(id);
    for (uint64_t turns = 0;;) {
        for (unsigned i = 0; i < 1 + 7 * self; i++, turns++) {
            struct store_added added;
            snprintf(message, sizeof(message), "m%llu",
                     (unsigned long long)turns);
            struct store_turn turn = support_store_turn(id, message);
            turn.verdict_record = &verdict;
            if (!store_session_add(store, &turn, arena, &added, &err) ||
                !added.session.stored) {
                _exit(1);
            }
            arena_reset(arena);
        }
        if (!store_flush(store)) {
            _exit(1);
        }
        atomic_store(&board->turns[self], turns);
        atomic_store(&board->records[self], turns);
    }
    return NULL;
}

static void
be_killed(void)
{
    struct store_options options = support_store_options();
    pthread_t threads[WRITERS];

    options.journal_every = 100;
    options.window_ms = 2;
    store = support_store_open(&options);
    atomic_store(&board->ready, 1);
    for (size_t i = 0; i < WRITERS; i++) {
        if (pthread_create(&threads[i], NULL, write_on, (void *)(uintptr_t)i) !=
            0) {
            _exit(1);
        }
    }
    for (;;) {
        (void)pause();
    }
}

static void
pause_us(long us)
{
    const struct timespec pause = {0, us * 1000};

    (void)nanosleep(&pause, NULL);
}

struct totals {
    unsigned long long acknowledged, found, torn;
};

/* What is in the file against what the writers were told. */
static void
count_up(unsigned number, struct arena *arena, struct totals *totals)
{
    const struct store_options options = support_store_options();
    struct err err;

    store = support_store_open(&options);
    for (size_t i = 0; i < WRITERS; i++) {
        struct store_session session = {.message_count = 0};
        struct store_page page = {.count = 0};
        char id[32];
        name_session(id, sizeof(id), number, i);
        const struct store_session_name name = {.id = text_of(id)};
        const uint64_t told = atomic_load(&board->turns[i]);
        arena_reset(arena);
        const bool there = store_session_get(store, &name, SUPPORT_STORE_NOW,
                                             arena, &session, &err);
        totals->acknowledged += told;
        totals->found +=
            session.message_count < told ? session.message_count : told;
        if (!there) {
            continue;
        }
        ck_assert_msg(store_session_history(store, &name, 0, 1,
                                            SUPPORT_STORE_NOW, arena, &page,
                                            &err),
                      "%s", err.message);
        // The session's count and its newest turn were written together.
        const uint64_t newest = page.count > 0 ? page.turns[0].turn : 0;
        totals->torn += newest != session.message_count;
    }
    store_close(store);
}

static void
verify(void)
{
    static struct store_verified verified;
    struct err err;
    struct store_file *file = store_file_open("store.db", &err);

    ck_assert_msg(file != NULL &&
                      store_file_verify(file, TEXT(""), &verified, &err),
                  "%s", err.message);
    ck_assert_msg(verified.found == 0, "%s", verified.findings[0].message);
    store_file_close(file);
    ck_assert_int_eq(support_store_number("SELECT count(*) FROM "
                                          "pragma_quick_check WHERE "
                                          "quick_check <> 'ok'"),
                     0);
    // One record for each turn: they were written together, too.
    ck_assert_int_eq(
        support_store_number("SELECT (SELECT count(*) FROM turn) - (SELECT "
                             "count(*) FROM journal)"),
        0);
}

static void
kill_once(unsigned number)
{
    const uint64_t chance = hash_mix(seed + number);

    memset(board, 0, sizeof(*board));
    kill_number = number;
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        be_killed();
    }
    for (int i = 0; i < 10000 && atomic_load(&board->ready) == 0; i++) {
        pause_us(200);
    }
    pause_us(LEAST_US + (long)(chance % (MOST_US - LEAST_US)));
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status), "the writer ended by itself: %d",
                  status);
}

START_TEST(killed_at_any_moment_it_keeps_what_it_has_acknowledged)
{
    const char *asked = getenv("LEEWAY_KILLS");
    const unsigned kills =
        asked != NULL ? (unsigned)strtoul(asked, NULL, 10) : KILLS;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct totals totals = {0, 0, 0};

    log_level_set(LOG_ERROR);
    support_store_enter();
    const int fd = open("board", O_RDWR | O_CREAT, 0600);
    ck_assert_int_eq(ftruncate(fd, sizeof(*board)), 0);
    board =
        mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert(board != MAP_FAILED);
    for (unsigned i = 1; i <= kills; i++) {
        kill_once(i);
        count_up(i, arena, &totals);
        if (i % VERIFY_EVERY == 0 || i == kills) {
            verify();
        }
    }
    printf("%u kills (seed %llu): acknowledged %llu, found %llu, torn %llu\n",
           kills, (unsigned long long)seed, totals.acknowledged, totals.found,
           totals.torn);
    ck_assert_uint_gt(totals.acknowledged, 0);
    ck_assert_uint_eq(totals.found, totals.acknowledged);
    ck_assert_uint_eq(totals.torn, 0);
    (void)munmap(board, sizeof(*board));
    close(fd);
    arena_free(arena);
    support_store_leave();
}
END_TEST

TEST_MAIN("store_kill", tcase_set_timeout(tc, 0); tcase_add_test(
              tc, killed_at_any_moment_it_keeps_what_it_has_acknowledged);)
