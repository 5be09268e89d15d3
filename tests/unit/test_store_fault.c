/*
 * The store over a device that fails: at every call it makes, once and for
 * ever, by every policy.
 */
#include "sidecar/store/store_session.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/file.h"
#include "sidecar/base/log.h"
#include "sidecar/store/store_file.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_failing.h"
#include "tests/unit/support_store.h"

enum { ARENA_BYTES = 4 << 20, MOST_CALLS = 400 };

static struct arena *arena;
static struct err err;

static struct store_options
options_of(enum store_on_error policy)
{
    struct store_options options = support_store_options();

    options.vfs = SUPPORT_FAILING;
    options.on_error = policy;
    return options;
}

static void
begin(void)
{
    log_level_set(LOG_ERROR);
    support_store_enter();
    support_failing_init();
    arena = arena_new(ARENA_BYTES);
}

static void
finish(void)
{
    arena_free(arena);
    support_store_leave();
}

static void
pause_ms(long ms)
{
    const struct timespec pause = {0, ms * 1000000};

    (void)nanosleep(&pause, NULL);
}

static void
remove_store(void)
{
    static const char *const names[] = {"store.db", "store.db-wal",
                                        "store.db-shm", "store.db.seal"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unlink(names[i]);
    }
}

/* What was acknowledged to the story's caller. */
struct told {
    bool opened, created, journaled;
    uint64_t turns;
};

static bool
is_known_failure(const struct err *e)
{
    return e->kind == ERR_INTERNAL || e->kind == ERR_NOT_FOUND;
}

/* A session, some turns, a verdict; every failure must be of a known kind. */
static struct told
tell_story(struct store *store)
{
    const struct store_session want = support_store_want("s1");
    struct store_session session;
    struct told told = {.turns = 0};

    told.opened = store_session_open(store, &want, SUPPORT_STORE_NOW, arena,
                                     &session, &told.created, &err) &&
                  session.stored;
    ck_assert_msg(told.opened || is_known_failure(&err) || session.id.len > 0,
                  "%s", err.message);
    for (unsigned i = 0; i < 6; i++) {
        char id[8];
        snprintf(id, sizeof(id), "m%u", i);
        const struct store_turn turn = support_store_turn("s1", id);
        struct store_added added;
        const bool done = store_session_add(store, &turn, arena, &added, &err);
        ck_assert_msg(done || is_known_failure(&err), "%s", err.message);
        told.turns += done && added.session.stored;
    }
    const struct store_verdict verdict = support_store_verdict("s1");
    told.journaled = store_journal_add(store, &verdict, NULL, 0, &err);
    return told;
}

/* The file is sound, and whole as far as the story was told. */
static void
check_after(const struct told *told, bool all, const char *what)
{
    struct store_options options = support_store_options();
    struct store_session session;
    const struct store_session_name name = {.id = TEXT("s1")};
    struct store *store = support_store_open(&options);
    const bool there = store_session_get(store, &name, SUPPORT_STORE_NOW, arena,
                                         &session, &err);

    ck_assert_msg(there || !told->opened, "%s: %s", what, err.message);
    if (there && all) {
        ck_assert_msg(session.message_count >= told->turns,
                      "%s: %u turns of %u", what,
                      (unsigned)session.message_count, (unsigned)told->turns);
    }
    store_close(store);
    ck_assert_int_eq(support_store_number("SELECT count(*) FROM "
                                          "pragma_quick_check WHERE "
                                          "quick_check <> 'ok'"),
                     0);
    ck_assert_int_eq(
        support_store_number("SELECT count(*) FROM session WHERE "
                             "message_count <> (SELECT count(*) FROM turn "
                             "WHERE turn.session = session.id)"),
        0);
    struct store_file *file = store_file_open("store.db", &err);
    static struct store_verified verified;
    ck_assert_msg(file != NULL &&
                      store_file_verify(file, TEXT(""), &verified, &err),
                  "%s: %s", what, err.message);
    ck_assert_msg(verified.found == 0, "%s: %s", what,
                  verified.findings[0].message);
    store_file_close(file);
}

/* One call and one way of failing, by each policy. */
enum { SWEEPS = (int)FAILING_CALLS * (int)FAILING_CODES * 2 * 2 };

START_TEST(failure_at_any_call_breaks_nothing)
{
    const enum support_failing_call call =
        (enum support_failing_call)(_i % FAILING_CALLS);
    const enum support_failing_code code =
        (enum support_failing_code)(_i / FAILING_CALLS % FAILING_CODES);
    const bool for_ever = _i / (FAILING_CALLS * FAILING_CODES) % 2 == 1;
    const enum store_on_error policy =
        _i / (FAILING_CALLS * FAILING_CODES * 2) == 1 ? STORE_REFUSE
                                                      : STORE_DEGRADE;
    const struct store_options options = options_of(policy);
    bool hit = true;
    unsigned nth = 1;

    begin();
    // A lock that is never given is waited for by SQLite, for seconds.
    const unsigned most = call == FAILING_LOCK ? 12 : MOST_CALLS;
    for (; hit && nth < most; nth += nth < 20 ? 1 : nth < 60 ? 6 : 25) {
        struct told told = {.turns = 0};
        char what[96];
        snprintf(what, sizeof(what), "call %d code %d ever %d policy %d nth %u",
                 (int)call, (int)code, for_ever, (int)policy, nth);
        arena_reset(arena);
        remove_store();
        support_failing_at(call, code, nth, for_ever);
        struct store *store = store_open(&options, SUPPORT_STORE_NOW, &err);
        if (store != NULL) {
            told = tell_story(store);
            support_failing_at(call, code, 0, false);
            // What is kept over a failure is written when it is over.
            for (int i = 0; i < 200 && !store_flush(store); i++) {
                pause_ms(5);
            }
            ck_assert_msg(store_flush(store), "%s: not back", what);
            store_close(store);
        }
        hit = support_failing_hit() || store == NULL;
        support_failing_at(call, code, 0, false);
        check_after(&told, store != NULL, what);
    }
    finish();
}
END_TEST

START_TEST(full_device_degrades_and_comes_back_with_everything)
{
    const struct store_options options = options_of(STORE_DEGRADE);
    struct store_health health;

    begin();
    struct store *store = support_store_open(&options);
    support_store_begin(store, arena, "s1");
    support_failing_at(FAILING_WRITE, FAILING_FULL, 1, true);
    for (unsigned i = 1; i <= 10; i++) {
        const struct store_turn turn = support_store_turn("s1", "");
        ck_assert_uint_eq(support_store_add(store, arena, &turn).turn, i);
    }
    (void)store_flush(store);
    store_health(store, &health);
    ck_assert(!health.working);
    ck_assert_str_eq(health.fault, "full");
    ck_assert(health.message[0] != '\0');
    ck_assert_uint_gt(health.failures, 0);
    support_failing_at(FAILING_WRITE, FAILING_FULL, 0, false);
    for (int i = 0; i < 400 && !store_flush(store); i++) {
        pause_ms(5);
    }
    store_health(store, &health);
    ck_assert(health.working);
    ck_assert_uint_eq(health.lost, 0);
    store_close(store);
    ck_assert_int_eq(support_store_number("SELECT count(*) FROM turn"), 10);
    finish();
}
END_TEST

START_TEST(full_device_refuses_and_forgets_what_it_refused)
{
    const struct store_options options = options_of(STORE_REFUSE);
    const struct store_session_name name = {.id = TEXT("s1")};
    const struct store_turn turn = support_store_turn("s1", "m1");
    const struct store_verdict verdict = support_store_verdict("s1");
    struct store_session session;
    struct store_added added;

    begin();
    struct store *store = support_store_open(&options);
    support_store_begin(store, arena, "s1");
    support_failing_at(FAILING_WRITE, FAILING_FULL, 1, true);
    ck_assert(!store_session_add(store, &turn, arena, &added, &err));
    ck_assert_int_eq(err.kind, ERR_INTERNAL);
    ck_assert_msg(strstr(err.message, "full") != NULL, "%s", err.message);
    ck_assert(!store_journal_add(store, &verdict, NULL, 0, &err));
    ck_assert_int_eq(err.kind, ERR_INTERNAL);
    support_failing_at(FAILING_WRITE, FAILING_FULL, 0, false);
    bool done = false;
    for (int i = 0; i < 400 && !done; i++) {
        pause_ms(5);
        done = store_session_add(store, &turn, arena, &added, &err);
    }
    ck_assert_msg(done, "%s", err.message);
    ck_assert(store_session_get(store, &name, SUPPORT_STORE_NOW, arena,
                                &session, &err));
    ck_assert_uint_eq(session.message_count, 1);
    store_close(store);
    finish();
}
END_TEST

START_TEST(records_that_were_lost_are_told_in_the_journal)
{
    struct store_options options = options_of(STORE_DEGRADE);
    const struct store_verdict verdict = support_store_verdict("s1");
    struct store_health health;

    begin();
    options.queue_bytes = 16 << 10;
    struct store *store = support_store_open(&options);
    support_failing_at(FAILING_WRITE, FAILING_IO, 1, true);
    for (int i = 0; i < 200; i++) {
        (void)store_journal_add(store, &verdict, NULL, 0, &err);
    }
    store_health(store, &health);
    ck_assert_uint_gt(health.lost, 0);
    ck_assert_uint_le(health.waiting_bytes, 16 << 10);
    support_failing_at(FAILING_WRITE, FAILING_IO, 0, false);
    for (int i = 0; i < 400 && !store_flush(store); i++) {
        pause_ms(5);
    }
    store_tick(store, SUPPORT_STORE_NOW + 1000);
    store_close(store);
    char query[128];
    snprintf(query, sizeof(query),
             "SELECT count(*) FROM journal WHERE op = 'lost' AND "
             "metadata = '{\"units\":%llu}'",
             (unsigned long long)health.lost);
    ck_assert_int_eq(support_store_number(query), 1);
    finish();
}
END_TEST

/* ---- files that are not as they should be -------------------------------- */

START_TEST(second_store_on_the_file_is_refused_with_the_process)
{
    const struct store_options options = support_store_options();
    char pid[32];

    begin();
    struct store *store = support_store_open(&options);
    snprintf(pid, sizeof(pid), "in use by another process, pid %ld",
             (long)getpid());
    ck_assert_ptr_null(store_open(&options, SUPPORT_STORE_NOW, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_msg(strstr(err.message, pid) != NULL, "%s", err.message);
    store_close(store);
    store_close(support_store_open(&options));
    finish();
}
END_TEST

START_TEST(file_of_our_own_choice_keeps_nobody_from_starting)
{
    struct store_options options = support_store_options();
    struct store_health health;

    begin();
    struct store *first = support_store_open(&options);
    options.path_is_chosen = true;
    struct store *second = support_store_open(&options);
    store_health(second, &health);
    ck_assert(!health.persistent);
    support_store_begin(second, arena, "s1");
    const struct store_verdict verdict = support_store_verdict("s1");
    ck_assert(store_journal_add(second, &verdict, NULL, 0, &err));
    store_close(second);
    store_close(first);
    finish();
}
END_TEST

static const struct {
    const char *sql;
    enum err_kind kind;
    const char *words;
} strange[] = {
    {"PRAGMA user_version = 2", ERR_CONFIG, "made by a newer Leeway"},
    {"PRAGMA application_id = 7", ERR_CONFIG, "not one of Leeway's"},
};

START_TEST(file_of_another_kind_is_refused_by_name)
{
    const struct store_options options = support_store_options();

    begin();
    store_close(support_store_open(&options));
    support_store_sql(strange[_i].sql);
    ck_assert_ptr_null(store_open(&options, SUPPORT_STORE_NOW, &err));
    ck_assert_int_eq(err.kind, strange[_i].kind);
    ck_assert_msg(strstr(err.message, strange[_i].words) != NULL, "%s",
                  err.message);
    ck_assert_ptr_null(store_file_open("store.db", &err));
    finish();
}
END_TEST

/* Overwrites `bytes` in the middle of page `page`. */
static void
damage(long page, size_t bytes)
{
    char junk[4096];
    const int fd = open("store.db", O_WRONLY);

    memset(junk, 0x5A, sizeof(junk));
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, junk, bytes, page * 4096), (ssize_t)bytes);
    close(fd);
}

START_TEST(damaged_file_is_never_overwritten)
{
    struct store_options options = support_store_options();
    struct buffer before, after;

    begin();
    struct store *store = support_store_open(&options);
    support_store_begin(store, arena, "s1");
    store_close(store);
    damage(_i, _i == 0 ? 64 : 4096);
    ck_assert(file_read("store.db", 64 << 20, &before, &err));
    ck_assert_ptr_null(store_open(&options, SUPPORT_STORE_NOW, &err));
    ck_assert_msg(err.kind == ERR_IO, "%s", err.message);
    ck_assert(file_read("store.db", 64 << 20, &after, &err));
    ck_assert(text_equal(buffer_text(&before), buffer_text(&after)));
    buffer_clear(&after);

    options.recreate_corrupt = true;
    store = support_store_open(&options);
    support_store_begin(store, arena, "s1");
    store_close(store);
    char aside[64];
    snprintf(aside, sizeof(aside), "store.db.corrupt-%lld",
             (long long)SUPPORT_STORE_NOW);
    ck_assert(file_read(aside, 64 << 20, &after, &err));
    ck_assert(text_equal(buffer_text(&before), buffer_text(&after)));
    buffer_clear(&before);
    buffer_clear(&after);
    finish();
}
END_TEST

static const struct {
    const char *path, *words;
} unusable[] = {
    {"absent/store.db", "No such file"},
    {".", "Is a directory"},
    {"/dev/null", "not a regular file"},
};

START_TEST(path_that_cannot_be_a_store_is_refused)
{
    struct store_options options = support_store_options();

    begin();
    options.path = unusable[_i].path;
    ck_assert_ptr_null(store_open(&options, SUPPORT_STORE_NOW, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    (void)unlink("..lock");
    finish();
}
END_TEST

START_TEST(file_is_private)
{
    const struct store_options options = support_store_options();
    static const char *const names[] = {"store.db", "store.db-wal",
                                        "store.db.lock"};
    struct stat about;

    begin();
    struct store *store = support_store_open(&options);
    support_store_begin(store, arena, "s1");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_int_eq(stat(names[i], &about), 0);
        ck_assert_msg((about.st_mode & 0777) == 0600, "%s: %o", names[i],
                      about.st_mode & 0777U);
    }
    store_close(store);
    finish();
}
END_TEST

/* ---- expiry -------------------------------------------------------------- */

static void
tick_until(struct store *store, int64_t now_ms)
{
    store_tick(store, now_ms);
    pause_ms(20);
    ck_assert(store_flush(store));
}

START_TEST(old_sessions_are_archived_and_then_forgotten)
{
    const int64_t day = 24 * 3600 * 1000;
    struct store_options options = support_store_options();
    const struct store_session_name name = {.id = TEXT("s7")};
    struct store_session session;
    char id[16];

    begin();
    options.retention_ms = day;
    struct store *store = support_store_open(&options);
    for (unsigned i = 0; i < 500; i++) {
        snprintf(id, sizeof(id), "s%u", i);
        support_store_begin(store, arena, id);
        const struct store_turn turn = support_store_turn(id, "m1");
        (void)support_store_add(store, arena, &turn);
        arena_reset(arena);
    }
    tick_until(store, SUPPORT_STORE_NOW + options.idle_ms + 1);
    for (int i = 0; i < 100 && support_store_number(
                                   "SELECT count(*) FROM session WHERE status "
                                   "= 'active'") > 0;
         i++) {
        pause_ms(10);
    }
    ck_assert_int_eq(support_store_number("SELECT count(*) FROM session WHERE "
                                          "status = 'archived'"),
                     500);
    ck_assert_int_eq(support_store_number("SELECT count(*) FROM turn WHERE "
                                          "reply IS NOT NULL"),
                     0);
    ck_assert(!store_session_get(store, &name, SUPPORT_STORE_NOW + day + 1,
                                 arena, &session, &err));
    ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
    tick_until(store, SUPPORT_STORE_NOW + day + 1);
    for (int i = 0;
         i < 100 && support_store_number("SELECT count(*) FROM session") > 0;
         i++) {
        pause_ms(10);
    }
    ck_assert_int_eq(support_store_number("SELECT count(*) FROM session"), 0);
    ck_assert_int_eq(support_store_number("SELECT count(*) FROM turn"), 0);
    store_close(store);
    finish();
}
END_TEST

TEST_MAIN(
    "store_fault",
    tcase_add_loop_test(tc, failure_at_any_call_breaks_nothing, 0, SWEEPS);
    tcase_add_test(tc, full_device_degrades_and_comes_back_with_everything);
    tcase_add_test(tc, full_device_refuses_and_forgets_what_it_refused);
    tcase_add_test(tc, records_that_were_lost_are_told_in_the_journal);
    tcase_add_test(tc, second_store_on_the_file_is_refused_with_the_process);
    tcase_add_test(tc, file_of_our_own_choice_keeps_nobody_from_starting);
    tcase_add_loop_test(tc, file_of_another_kind_is_refused_by_name, 0,
                        (int)(sizeof(strange) / sizeof(strange[0])));
    tcase_add_loop_test(tc, damaged_file_is_never_overwritten, 0, 3);
    tcase_add_loop_test(tc, path_that_cannot_be_a_store_is_refused, 0,
                        (int)(sizeof(unusable) / sizeof(unusable[0])));
    tcase_add_test(tc, file_is_private);
    tcase_add_test(tc, old_sessions_are_archived_and_then_forgotten);)
