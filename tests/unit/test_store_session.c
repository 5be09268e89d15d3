#include "sidecar/store/store_session.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_store.h"

enum { ARENA_BYTES = 16 << 20 };

static struct arena *arena;
static struct store *store;
static struct err err;

/* Kind 0 is a file, 1 is memory, 2 is Redis: the same in all. */
static struct store_options
options_of(int kind)
{
    struct store_options options = support_store_options();

    if (kind == 1) {
        options.path = NULL;
    }
    return options;
}

static void
begin_with(int kind, const struct store_options *options)
{
    struct store_options own = *options;

    support_store_enter();
    arena = arena_new(ARENA_BYTES);
    if (kind == 2) {
        support_store_redis(NULL);
        support_store_share(&own);
    }
    store = support_store_open(&own);
}

static void
begin(int kind)
{
    const struct store_options options = options_of(kind);

    begin_with(kind, &options);
}

static void
finish(void)
{
    store_close(store);
    arena_free(arena);
    support_store_leave();
}

static struct store_session_name
named(const char *id)
{
    return (struct store_session_name){.id = text_of(id)};
}

static struct store_session
get(const char *id, int64_t now_ms)
{
    const struct store_session_name name = named(id);
    struct store_session session;

    ck_assert_msg(
        store_session_get(store, &name, now_ms, arena, &session, &err),
        "%s: %s", id, err.message);
    return session;
}

static void
refused(bool done, enum err_kind kind)
{
    ck_assert(!done);
    ck_assert_msg(err.kind == kind, "kind %d: %s", (int)err.kind, err.message);
}

START_TEST(opened_session_has_what_it_was_opened_with)
{
    begin(_i);
    struct store_session want = support_store_want("s1");
    struct store_session session;
    bool created;

    want.title = TEXT("A walk");
    want.metadata = TEXT("{\"a\":\"b\"}");
    want.machine = TEXT("hollow_market");
    want.machine_state = TEXT("\x81\x01\x00");
    ck_assert(store_session_open(store, &want, 1000, arena, &session, &created,
                                 &err));
    ck_assert(created);
    const struct store_session got = get("s1", 1001);
    ck_assert(text_is(got.persona, "mira"));
    ck_assert(text_is(got.user, "u"));
    ck_assert(text_is(got.workspace, "w"));
    ck_assert(text_is(got.title, "A walk"));
    ck_assert(text_is(got.metadata, "{\"a\":\"b\"}"));
    ck_assert(text_is(got.machine, "hollow_market"));
    ck_assert(text_equal(got.machine_state, want.machine_state));
    ck_assert_int_eq(got.status, STORE_SESSION_ACTIVE);
    ck_assert_uint_eq(got.message_count, 0);
    ck_assert_int_eq(got.started_ms, 1000);
    ck_assert_int_eq(got.ended_ms, 0);
    ck_assert(got.stored);
    finish();
}
END_TEST

START_TEST(opened_again_is_the_same_unless_bound_otherwise)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    struct store_session want = support_store_want("s1");
    struct store_session session;
    bool created;

    want.title = TEXT("ignored");
    ck_assert(store_session_open(store, &want, SUPPORT_STORE_NOW + 5, arena,
                                 &session, &created, &err));
    ck_assert(!created);
    ck_assert_int_eq(session.started_ms, SUPPORT_STORE_NOW);
    ck_assert_uint_eq(session.title.len, 0);
    want.persona = TEXT("falstaff");
    refused(store_session_open(store, &want, SUPPORT_STORE_NOW, arena, &session,
                               &created, &err),
            ERR_STATE);
    want = support_store_want("s1");
    want.workspace = TEXT("other");
    refused(store_session_open(store, &want, SUPPORT_STORE_NOW, arena, &session,
                               &created, &err),
            ERR_STATE);
    finish();
}
END_TEST

START_TEST(unknown_session_is_not_found)
{
    begin(_i);
    const struct store_session_name name = named("nobody");
    const struct store_turn turn = support_store_turn("nobody", "m");
    struct store_session session;
    struct store_added added;
    struct store_page page;

    refused(store_session_get(store, &name, 1, arena, &session, &err),
            ERR_NOT_FOUND);
    refused(store_session_end(store, &name, 1, arena, &session, &err),
            ERR_NOT_FOUND);
    refused(
        store_session_reset(store, &name, TEXT(""), 1, arena, &session, &err),
        ERR_NOT_FOUND);
    refused(store_session_add(store, &turn, arena, &added, &err),
            ERR_NOT_FOUND);
    refused(store_session_history(store, &name, 0, 1, 1, arena, &page, &err),
            ERR_NOT_FOUND);
    finish();
}
END_TEST

START_TEST(session_of_another_workspace_is_not_found)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    struct store_session_name name = named("s1");
    struct store_session session;

    name.workspace = TEXT("w");
    ck_assert(store_session_get(store, &name, SUPPORT_STORE_NOW, arena,
                                &session, &err));
    name.workspace = TEXT("v");
    refused(store_session_get(store, &name, SUPPORT_STORE_NOW, arena, &session,
                              &err),
            ERR_NOT_FOUND);
    finish();
}
END_TEST

START_TEST(turns_are_counted_in_order)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    for (unsigned i = 1; i <= 20; i++) {
        char id[16];
        snprintf(id, sizeof(id), "m%u", i);
        const struct store_turn turn = support_store_turn("s1", id);
        const struct store_added added = support_store_add(store, arena, &turn);
        ck_assert_uint_eq(added.turn, i);
        ck_assert(!added.repeat.known);
        ck_assert(added.session.stored);
    }
    ck_assert_uint_eq(get("s1", SUPPORT_STORE_NOW).message_count, 20);
    finish();
}
END_TEST

START_TEST(repeated_message_is_answered_as_before_and_counted_once)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    struct store_turn turn = support_store_turn("s1", "m1");
    (void)support_store_add(store, arena, &turn);
    const struct store_turn other = support_store_turn("s1", "m2");
    (void)support_store_add(store, arena, &other);

    struct store_added added = support_store_add(store, arena, &turn);
    ck_assert(added.repeat.known);
    ck_assert(text_is(added.repeat.reply, "reply 1"));
    ck_assert_uint_eq(added.repeat.turn, 1);
    ck_assert_uint_eq(added.session.message_count, 2);

    const struct store_session_name name = named("s1");
    struct store_repeat repeat;
    ck_assert(store_session_repeat(store, &name, &turn.message,
                                   SUPPORT_STORE_NOW, arena, &repeat, &err));
    ck_assert(repeat.known);
    const struct store_message new = {TEXT("m3"), turn.message.content, 0};
    ck_assert(store_session_repeat(store, &name, &new, SUPPORT_STORE_NOW, arena,
                                   &repeat, &err));
    ck_assert(!repeat.known);

    turn.message.content = digest_of(TEXT("other"));
    refused(store_session_add(store, &turn, arena, &added, &err),
            ERR_IDEMPOTENCY);
    refused(store_session_repeat(store, &name, &turn.message, SUPPORT_STORE_NOW,
                                 arena, &repeat, &err),
            ERR_IDEMPOTENCY);
    finish();
}
END_TEST

/* An attempt that asked for another one is not in the trend; others are. */
START_TEST(further_attempt_takes_the_place_of_the_earlier)
{
    static const char *const actions[] = {"regenerate", "ship"};
    const struct trend_options options = trend_defaults(TREND_EWMA);
    const struct store_session_name name = named("s1");
    struct store_page page;

    begin(_i);
    support_store_begin(store, arena, "s1");
    for (size_t i = 0; i < 2; i++) {
        struct store_turn turn = support_store_turn("s1", actions[i]);
        turn.trend = &options;
        turn.action = text_of(actions[i]);
        turn.deviations = i == 0 ? (double)NAN : 1;
        (void)support_store_add(store, arena, &turn);
        turn.message.attempt = 1;
        turn.message.content = digest_of(TEXT("both"));
        turn.action = TEXT("ship");
        turn.deviations = 2;
        struct store_added added = support_store_add(store, arena, &turn);
        ck_assert(added.repeat.replaces && !added.repeat.known);
        ck_assert_int_eq(added.repeat.settled, i == 1);
        ck_assert_uint_eq(added.turn, i + 1);
        ck_assert_uint_eq(added.session.message_count, i + 1);
        ck_assert_uint_eq(added.session.trend.count, i + 1);

        added = support_store_add(store, arena, &turn);
        ck_assert(added.repeat.known);
        turn.message = (struct store_message){
            text_of(actions[i]), digest_of(text_of(actions[i])), 0};
        refused(store_session_add(store, &turn, arena, &added, &err),
                ERR_IDEMPOTENCY);
    }
    ck_assert(store_session_history(store, &name, 0, 10, SUPPORT_STORE_NOW,
                                    arena, &page, &err));
    ck_assert_uint_eq(page.count, 2);
    finish();
}
END_TEST

START_TEST(machine_moves_with_a_turn_or_neither_does)
{
    const struct store_advance first = {TEXT(""), TEXT("one")};
    const struct store_session_name name = named("s1");
    struct store_added added;
    struct store_page page;

    begin(_i);
    support_store_begin(store, arena, "s1");
    struct store_turn turn = support_store_turn("s1", "m1");
    turn.advance = &first;
    added = support_store_add(store, arena, &turn);
    ck_assert(text_is(added.session.machine_state, "one"));
    turn.message.id = TEXT("m2");
    refused(store_session_add(store, &turn, arena, &added, &err), ERR_STATE);
    ck_assert(added.moved);

    // A step is kept, but is no message.
    const struct store_advance second = {TEXT("one"), TEXT("two")};
    turn.advance = &second;
    turn.uncounted = true;
    turn.role = TEXT("machine");
    added = support_store_add(store, arena, &turn);
    ck_assert_uint_eq(added.session.message_count, 1);
    ck_assert(text_is(added.session.machine_state, "two"));
    added = support_store_add(store, arena, &turn);
    ck_assert(added.repeat.known);
    ck_assert(store_session_history(store, &name, 0, 10, SUPPORT_STORE_NOW,
                                    arena, &page, &err));
    ck_assert_uint_eq(page.count, 1);
    finish();
}
END_TEST

START_TEST(messages_without_an_id_are_never_repeated)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    const struct store_turn turn = support_store_turn("s1", "");
    (void)support_store_add(store, arena, &turn);
    const struct store_added added = support_store_add(store, arena, &turn);
    ck_assert(!added.repeat.known);
    ck_assert_uint_eq(added.turn, 2);
    finish();
}
END_TEST

START_TEST(history_pages_newest_first)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    for (unsigned i = 1; i <= 25; i++) {
        char id[16];
        snprintf(id, sizeof(id), "m%u", i);
        const struct store_turn turn = support_store_turn("s1", id);
        (void)support_store_add(store, arena, &turn);
    }
    const struct store_session_name name = named("s1");
    uint64_t cursor = 0;
    uint64_t expected = 25;
    size_t pages = 0;
    do {
        struct store_page page;
        ck_assert_msg(store_session_history(store, &name, cursor, 10,
                                            SUPPORT_STORE_NOW, arena, &page,
                                            &err),
                      "%s", err.message);
        ck_assert_uint_eq(page.count, pages < 2 ? 10 : 5);
        for (size_t i = 0; i < page.count; i++, expected--) {
            char envelope[32];
            snprintf(envelope, sizeof(envelope), "envelope %u",
                     (unsigned)expected);
            ck_assert_uint_eq(page.turns[i].turn, expected);
            ck_assert(text_is(page.turns[i].envelope, envelope));
            ck_assert(text_is(page.turns[i].role, "assistant"));
        }
        cursor = page.next;
        pages++;
    } while (cursor != 0);
    ck_assert_uint_eq(pages, 3);
    ck_assert_uint_eq(expected, 0);
    finish();
}
END_TEST

START_TEST(history_of_exactly_a_page_has_no_next)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    const struct store_session_name name = named("s1");
    struct store_page page;

    ck_assert(store_session_history(store, &name, 0, 2, SUPPORT_STORE_NOW,
                                    arena, &page, &err));
    ck_assert_uint_eq(page.count, 0);
    for (int i = 0; i < 2; i++) {
        const struct store_turn turn = support_store_turn("s1", "");
        (void)support_store_add(store, arena, &turn);
    }
    ck_assert(store_session_history(store, &name, 0, 2, SUPPORT_STORE_NOW,
                                    arena, &page, &err));
    ck_assert_uint_eq(page.count, 2);
    ck_assert_uint_eq(page.next, 0);
    finish();
}
END_TEST

START_TEST(ended_session_takes_no_more_and_ends_twice_harmlessly)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    const struct store_session_name name = named("s1");
    const struct store_turn turn = support_store_turn("s1", "m1");
    struct store_session session;
    struct store_added added;
    bool created;

    ck_assert(store_session_end(store, &name, SUPPORT_STORE_NOW + 7, arena,
                                &session, &err));
    ck_assert_int_eq(session.status, STORE_SESSION_ENDED);
    ck_assert(store_session_end(store, &name, SUPPORT_STORE_NOW + 9, arena,
                                &session, &err));
    ck_assert_int_eq(session.ended_ms, SUPPORT_STORE_NOW + 7);
    refused(store_session_add(store, &turn, arena, &added, &err), ERR_STATE);
    refused(store_session_reset(store, &name, TEXT(""), SUPPORT_STORE_NOW,
                                arena, &session, &err),
            ERR_STATE);
    refused(store_session_machine(store, &name, TEXT(""), TEXT("x"),
                                  SUPPORT_STORE_NOW, arena, &session, &err),
            ERR_STATE);
    const struct store_session want = support_store_want("s1");
    refused(store_session_open(store, &want, SUPPORT_STORE_NOW, arena, &session,
                               &created, &err),
            ERR_STATE);
    finish();
}
END_TEST

START_TEST(reset_session_begins_anew)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    const struct store_session_name name = named("s1");
    const struct store_turn turn = support_store_turn("s1", "m1");
    struct store_session session;
    struct store_page page;

    (void)support_store_add(store, arena, &turn);
    ck_assert(store_session_reset(store, &name, TEXT("begin"),
                                  SUPPORT_STORE_NOW, arena, &session, &err));
    ck_assert_uint_eq(session.message_count, 0);
    ck_assert(text_is(session.machine_state, "begin"));
    ck_assert(store_session_history(store, &name, 0, 9, SUPPORT_STORE_NOW,
                                    arena, &page, &err));
    ck_assert_uint_eq(page.count, 0);
    const struct store_added added = support_store_add(store, arena, &turn);
    ck_assert(!added.repeat.known);
    ck_assert_uint_eq(added.turn, 1);
    finish();
}
END_TEST

START_TEST(machine_moves_only_from_where_it_was)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    const struct store_session_name name = named("s1");
    struct store_session session;

    ck_assert(store_session_machine(store, &name, TEXT(""), TEXT("one"),
                                    SUPPORT_STORE_NOW, arena, &session, &err));
    refused(store_session_machine(store, &name, TEXT(""), TEXT("two"),
                                  SUPPORT_STORE_NOW, arena, &session, &err),
            ERR_STATE);
    ck_assert(text_is(get("s1", SUPPORT_STORE_NOW).machine_state, "one"));
    finish();
}
END_TEST

START_TEST(idle_session_is_archived_until_its_next_message)
{
    begin(_i);
    const int64_t idle = support_store_options().idle_ms;
    support_store_begin(store, arena, "s1");
    struct store_turn turn = support_store_turn("s1", "m1");

    ck_assert_int_eq(get("s1", SUPPORT_STORE_NOW + idle).status,
                     STORE_SESSION_ACTIVE);
    ck_assert_int_eq(get("s1", SUPPORT_STORE_NOW + idle + 1).status,
                     STORE_SESSION_ARCHIVED);
    turn.at_ms = SUPPORT_STORE_NOW + idle + 1;
    const struct store_added added = support_store_add(store, arena, &turn);
    ck_assert_int_eq(added.session.status, STORE_SESSION_ACTIVE);
    ck_assert_int_eq(get("s1", turn.at_ms + idle).status, STORE_SESSION_ACTIVE);
    finish();
}
END_TEST

START_TEST(trend_follows_each_session_apart)
{
    begin(_i);
    const struct trend_options options = trend_defaults(TREND_CUSUM);
    struct trend alone = {.count = 0};

    support_store_begin(store, arena, "good");
    support_store_begin(store, arena, "bad");
    for (uint64_t i = 1; i <= 12; i++) {
        struct store_turn turn = support_store_turn("good", "");
        turn.trend = &options;
        turn.chars = 200;
        turn.deviations = 0.1;
        ck_assert_int_eq(support_store_add(store, arena, &turn).trend.state,
                         TREND_STABLE);
        turn.session.id = TEXT("bad");
        turn.deviations = 2.0;
        const struct trend_turn same = {i, 2.0, 200};
        const struct trend_reading want = trend_add(&alone, &options, &same);
        const struct trend_reading got =
            support_store_add(store, arena, &turn).trend;
        ck_assert_int_eq(got.state, want.state);
        ck_assert(got.statistic == want.statistic);
        ck_assert_uint_eq(got.since, want.since);
    }
    ck_assert_int_eq(trend_now(&alone, &options).state, TREND_LOST);
    finish();
}
END_TEST

START_TEST(everything_survives_reopening_bit_for_bit)
{
    const struct store_options options = support_store_options();
    const struct trend_options trend = trend_defaults(TREND_JOINT);

    begin(0);
    support_store_begin(store, arena, "s1");
    for (unsigned i = 1; i <= 9; i++) {
        char id[16];
        snprintf(id, sizeof(id), "m%u", i);
        struct store_turn turn = support_store_turn("s1", id);
        turn.trend = &trend;
        turn.chars = 100 + i;
        turn.deviations = 1.0 / i;
        (void)support_store_add(store, arena, &turn);
    }
    const struct store_session before = get("s1", SUPPORT_STORE_NOW);
    store_close(store);
    store = support_store_open(&options);
    const struct store_session after = get("s1", SUPPORT_STORE_NOW);
    ck_assert_uint_eq(after.message_count, 9);
    ck_assert_uint_eq(after.place, before.place);
    ck_assert_uint_eq(after.revision, before.revision);
    ck_assert(memcmp(after.trend.recent, before.trend.recent,
                     sizeof(before.trend.recent)) == 0);
    ck_assert(after.trend.ewma == before.trend.ewma);
    ck_assert(after.trend.cusum == before.trend.cusum);
    ck_assert_uint_eq(after.trend.count, before.trend.count);
    struct store_turn turn = support_store_turn("s1", "m4");
    const struct store_added added = support_store_add(store, arena, &turn);
    ck_assert(added.repeat.known);
    ck_assert(text_is(added.repeat.reply, "reply 4"));
    finish();
}
END_TEST

START_TEST(more_sessions_than_are_hot_lose_nothing)
{
    struct store_options options = options_of(_i);
    char id[32];

    options.hot = 16;
    begin_with(_i, &options);
    for (unsigned i = 0; i < 400; i++) {
        snprintf(id, sizeof(id), "s%u", i);
        support_store_begin(store, arena, id);
    }
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 400; i++) {
            snprintf(id, sizeof(id), "s%u", i);
            const struct store_turn turn = support_store_turn(id, "");
            ck_assert_uint_eq(support_store_add(store, arena, &turn).turn,
                              round + 1);
            arena_reset(arena);
        }
    }
    struct store_health health;
    store_health(store, &health);
    ck_assert_uint_le(health.hot_sessions, 400);
    ck_assert_uint_eq(health.lost, 0);
    finish();
}
END_TEST

START_TEST(session_beyond_what_the_filter_holds_still_knows_its_messages)
{
    begin(_i);
    char id[16];

    support_store_begin(store, arena, "s1");
    for (unsigned i = 0; i < 600; i++) {
        snprintf(id, sizeof(id), "m%u", i);
        const struct store_turn turn = support_store_turn("s1", id);
        ck_assert(!support_store_add(store, arena, &turn).repeat.known);
    }
    for (unsigned i = 0; i < 600; i += 37) {
        snprintf(id, sizeof(id), "m%u", i);
        const struct store_turn turn = support_store_turn("s1", id);
        ck_assert(support_store_add(store, arena, &turn).repeat.known);
    }
    finish();
}
END_TEST

/* Threads that add to the same sessions, every message twice. */
enum { THREADS = 4, MESSAGES = 150, SHARED = 3 };

static void *
add_all(void *context)
{
    struct arena *own = arena_new(ARENA_BYTES);
    (void)context;

    for (unsigned i = 0; i < MESSAGES; i++) {
        char message[16], session[16];
        snprintf(message, sizeof(message), "m%u", i);
        snprintf(session, sizeof(session), "s%u", i % SHARED);
        const struct store_turn turn = support_store_turn(session, message);
        struct store_added added;
        struct err own_err;
        ck_assert_msg(store_session_add(store, &turn, own, &added, &own_err),
                      "%s", own_err.message);
        arena_reset(own);
    }
    arena_free(own);
    return NULL;
}

START_TEST(message_that_many_send_at_once_is_counted_once)
{
    pthread_t threads[THREADS];
    uint64_t counted = 0;

    begin(_i);
    for (unsigned i = 0; i < SHARED; i++) {
        char id[16];
        snprintf(id, sizeof(id), "s%u", i);
        support_store_begin(store, arena, id);
    }
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, add_all, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < SHARED; i++) {
        char id[16];
        snprintf(id, sizeof(id), "s%u", i);
        counted += get(id, SUPPORT_STORE_NOW).message_count;
    }
    ck_assert_uint_eq(counted, MESSAGES);
    finish();
}
END_TEST

/* Fails the first, second ... piece of memory until all is done. */
START_TEST(without_memory_nothing_is_counted)
{
    begin(_i);
    support_store_begin(store, arena, "s1");
    const struct store_turn turn = support_store_turn("s1", "m1");
    bool done = false;

    for (size_t nth = 1; !done; nth++) {
        struct store_added added;
        arena_reset(arena);
        arena_fail_at(arena, nth);
        done = store_session_add(store, &turn, arena, &added, &err);
        arena_fail_at(arena, 0);
        arena_reset(arena);
        if (!done) {
            ck_assert_int_eq(err.kind, ERR_MEMORY);
            ck_assert_uint_eq(get("s1", SUPPORT_STORE_NOW).message_count, 0);
        }
    }
    ck_assert_uint_eq(get("s1", SUPPORT_STORE_NOW).message_count, 1);
    finish();
}
END_TEST

START_TEST(full_memory_gives_up_the_oldest_sessions)
{
    struct store_options options = options_of(1);
    struct store_health health;
    char id[32];

    options.memory = 1 << 20;
    options.hot = 16;
    begin_with(1, &options);
    for (unsigned i = 0; i < 12000; i++) {
        struct store_session want;
        struct store_session session;
        bool created;
        snprintf(id, sizeof(id), "s%u", i);
        want = support_store_want(id);
        ck_assert_msg(store_session_open(store, &want, 1000 + i, arena,
                                         &session, &created, &err),
                      "%s", err.message);
        ck_assert(session.stored);
        arena_reset(arena);
    }
    store_health(store, &health);
    ck_assert_uint_gt(health.evicted, 0);
    ck_assert_uint_eq(health.lost, 0);
    const struct store_session_name first = named("s0");
    struct store_session session;
    refused(store_session_get(store, &first, 13000, arena, &session, &err),
            ERR_NOT_FOUND);
    (void)get("s11999", 13000);
    finish();
}
END_TEST

/* How many kinds can be tested here. */
static int
kinds(void)
{
    return support_store_has_redis() ? 3 : 2;
}

TEST_MAIN(
    "store_session",
    tcase_add_loop_test(tc, opened_session_has_what_it_was_opened_with, 0,
                        kinds());
    tcase_add_loop_test(tc, opened_again_is_the_same_unless_bound_otherwise, 0,
                        kinds());
    tcase_add_loop_test(tc, unknown_session_is_not_found, 0, kinds());
    tcase_add_loop_test(tc, session_of_another_workspace_is_not_found, 0,
                        kinds());
    tcase_add_loop_test(tc, turns_are_counted_in_order, 0, kinds());
    tcase_add_loop_test(tc,
                        repeated_message_is_answered_as_before_and_counted_once,
                        0, kinds());
    tcase_add_loop_test(tc, further_attempt_takes_the_place_of_the_earlier, 0,
                        kinds());
    tcase_add_loop_test(tc, machine_moves_with_a_turn_or_neither_does, 0,
                        kinds());
    tcase_add_loop_test(tc, messages_without_an_id_are_never_repeated, 0,
                        kinds());
    tcase_add_loop_test(tc, history_pages_newest_first, 0, kinds());
    tcase_add_loop_test(tc, history_of_exactly_a_page_has_no_next, 0, kinds());
    tcase_add_loop_test(tc,
                        ended_session_takes_no_more_and_ends_twice_harmlessly,
                        0, kinds());
    tcase_add_loop_test(tc, reset_session_begins_anew, 0, kinds());
    tcase_add_loop_test(tc, machine_moves_only_from_where_it_was, 0, kinds());
    tcase_add_loop_test(tc, idle_session_is_archived_until_its_next_message, 0,
                        kinds());
    tcase_add_loop_test(tc, trend_follows_each_session_apart, 0, kinds());
    tcase_add_test(tc, everything_survives_reopening_bit_for_bit);
    tcase_add_loop_test(tc, more_sessions_than_are_hot_lose_nothing, 0,
                        kinds());
    tcase_add_loop_test(
        tc, session_beyond_what_the_filter_holds_still_knows_its_messages, 0,
        kinds());
    tcase_add_loop_test(tc, message_that_many_send_at_once_is_counted_once, 0,
                        kinds());
    tcase_add_loop_test(tc, without_memory_nothing_is_counted, 0, kinds());
    tcase_add_test(tc, full_memory_gives_up_the_oldest_sessions);)
