/* Open streams: found, lent to one at a time, limited, ended. */
#include "sidecar/serve/stream_table.h"

#include <pthread.h>

#include "sidecar/base/clock.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

enum { NS_PER_MS = 1000000 };

static struct engine *engine;
static struct stream_table *table;
static struct err err;

static void
set_up(void)
{
    const struct stream_table_limits limits = {
        .streams = 4, .per_client = 2, .bytes = 1 << 20, .idle_ns = 1000};

    engine = support_engine(SUPPORT_ENGINE_HEAD "allow_empty: true\n");
    table = stream_table_new(&limits);
    ck_assert_ptr_nonnull(table);
}

static void
tear_down(void)
{
    stream_table_free(table);
    engine_drop(engine);
}

static struct stream *
new_stream(void)
{
    struct request request = support_request(NULL);

    request.candidate_count = 0;
    struct stream *stream = stream_open(engine, &request, &err);
    ck_assert_ptr_nonnull(stream);
    return stream;
}

static bool
add(uint64_t client, char id[STREAM_TABLE_ID])
{
    return stream_table_add(table, new_stream(), client, id, &err);
}

static enum stream_table_answer
take(const char *id, uint64_t client, struct stream_entry **out)
{
    const struct stream_table_query query = {.id = text_of(id),
                                             .client = client};

    return stream_table_take(table, &query, out);
}

static struct stream_table_stats
stats(void)
{
    struct stream_table_stats out;

    stream_table_stats(table, &out);
    return out;
}

/* -------------------------------------------------------------------- finding
 */

START_TEST(found_by_its_id_only)
{
    char id[STREAM_TABLE_ID], other[STREAM_TABLE_ID];
    struct stream_entry *entry = NULL;

    ck_assert(add(1, id));
    ck_assert_uint_eq(strlen(id), REQUEST_STREAM_BYTES);
    ck_assert_uint_eq(strspn(id, "0123456789abcdef"), REQUEST_STREAM_BYTES);
    for (size_t i = 0; i < REQUEST_STREAM_BYTES; i++) {
        memcpy(other, id, sizeof(other));
        other[i] = other[i] == '0' ? '1' : '0';
        ck_assert_int_eq(take(other, 1, &entry), STREAM_TABLE_UNKNOWN);
        other[i] = '\0';
        ck_assert_int_eq(take(other, 1, &entry), STREAM_TABLE_UNKNOWN);
    }
    ck_assert_int_eq(take("", 1, &entry), STREAM_TABLE_UNKNOWN);
    ck_assert_int_eq(take("ABCDEF00ABCDEF00ABCDEF00ABCDEF00", 1, &entry),
                     STREAM_TABLE_UNKNOWN);
    ck_assert_int_eq(take(id, 1, &entry), STREAM_TABLE_TAKEN);
    ck_assert_str_eq(entry->id, id);
    stream_table_put(table, entry);
}
END_TEST

START_TEST(ended_ones_are_remembered)
{
    char id[STREAM_TABLE_ID];
    struct stream_entry *entry = NULL;

    for (int closed = 0; closed < 2; closed++) {
        ck_assert(add(1, id));
        ck_assert_int_eq(take(id, 1, &entry), STREAM_TABLE_TAKEN);
        stream_table_end(table, entry, closed == 1);
        ck_assert_int_eq(take(id, 1, &entry), closed == 1
                                                  ? STREAM_TABLE_CLOSED
                                                  : STREAM_TABLE_ABORTED);
    }
    ck_assert_uint_eq(stats().closed, 1);
    ck_assert_uint_eq(stats().aborted, 1);
    ck_assert_uint_eq(stats().open, 0);
    ck_assert_uint_eq(stats().bytes, 0);
}
END_TEST

START_TEST(taken_one_is_busy)
{
    char id[STREAM_TABLE_ID];
    struct stream_entry *entry = NULL, *second = NULL;

    ck_assert(add(1, id));
    ck_assert_int_eq(take(id, 1, &entry), STREAM_TABLE_TAKEN);
    ck_assert_int_eq(take(id, 1, &second), STREAM_TABLE_BUSY);
    stream_table_put(table, entry);
    ck_assert_int_eq(take(id, 1, &second), STREAM_TABLE_TAKEN);
    stream_table_put(table, second);
}
END_TEST

/* --------------------------------------------------------------------- limits
 */

START_TEST(number_of_streams_is_limited)
{
    char id[STREAM_TABLE_ID];

    for (uint64_t client = 1; client <= 4; client++) {
        ck_assert(stream_table_room(table, client, &err) && add(client, id));
    }
    ck_assert(!stream_table_room(table, 5, &err));
    ck_assert(!add(5, id));
    ck_assert_int_eq(err.kind, ERR_OVERLOADED);
    ck_assert_uint_eq(stats().open, 4);
    ck_assert_uint_eq(stats().refused, 2);
    stream_table_leave(table, 1);
    ck_assert(add(5, id));
}
END_TEST

START_TEST(number_of_one_client_is_limited)
{
    char id[STREAM_TABLE_ID], none[STREAM_TABLE_ID];
    struct stream_entry *entry = NULL;

    ck_assert(add(7, id) && add(7, id));
    ck_assert(!stream_table_room(table, 7, &err) && !add(7, none));
    ck_assert_int_eq(err.kind, ERR_OVERLOADED);
    ck_assert(stream_table_room(table, 8, &err));
    // One that is closed makes room, and so does one that moves away.
    ck_assert_int_eq(take(id, 8, &entry), STREAM_TABLE_TAKEN);
    stream_table_put(table, entry);
    ck_assert(add(7, id));
    // Nobody's are not counted.
    ck_assert(add(0, id));
}
END_TEST

START_TEST(memory_is_limited)
{
    const struct stream_table_limits small = {
        .streams = 4, .per_client = 4, .bytes = 20000, .idle_ns = 1000};
    char id[STREAM_TABLE_ID];
    struct stream_entry *entry = NULL;

    stream_table_free(table);
    table = stream_table_new(&small);
    ck_assert(add(1, id));
    const size_t one = stats().bytes;
    ck_assert_uint_gt(one, sizeof(struct stream_entry));
    ck_assert(stream_table_may_grow(table, small.bytes - one, &err));
    ck_assert(!stream_table_may_grow(table, small.bytes - one + 1, &err));
    ck_assert_int_eq(err.kind, ERR_OVERLOADED);
    ck_assert(stream_table_may_grow(table, 0, &err));
    // What it has become counts once it is given back.
    ck_assert_int_eq(take(id, 1, &entry), STREAM_TABLE_TAKEN);
    char *text = support_repeat("x", 18000);
    ck_assert(stream_add(entry->stream, text_of(text), &err));
    stream_table_put(table, entry);
    ck_assert_uint_ge(stats().bytes, one + 18000);
    ck_assert_uint_eq(stats().held, 18000);
    ck_assert(!stream_table_room(table, 2, &err) || !add(2, id));
    stream_table_leave(table, 1);
    ck_assert_uint_eq(stats().bytes + stats().held, 0);
    free(text);
}
END_TEST

/* ----------------------------------------------------------------------- ends
 */

START_TEST(idle_ones_go_the_others_stay)
{
    char id[3][STREAM_TABLE_ID];
    struct stream_entry *entry = NULL, *taken = NULL;

    for (size_t i = 0; i < 3; i++) {
        clock_pin(100 * (i + 1), 0);
        ck_assert(add(1 + i, id[i]));
    }
    ck_assert_int_eq(take(id[1], 2, &taken), STREAM_TABLE_TAKEN);
    clock_pin(900, 0);
    ck_assert_int_eq(take(id[0], 1, &entry), STREAM_TABLE_TAKEN);
    stream_table_put(table, entry);
    stream_table_sweep(table, 1299);
    ck_assert_uint_eq(stats().expired, 0);
    stream_table_sweep(table, 1300); // the third; the second is in use
    ck_assert_uint_eq(stats().expired, 1);
    ck_assert_int_eq(take(id[2], 3, &entry), STREAM_TABLE_UNKNOWN);
    clock_pin(5000, 0);
    stream_table_put(table, taken);
    stream_table_sweep(table, 5000);
    ck_assert_uint_eq(stats().expired, 2);
    ck_assert_int_eq(take(id[0], 1, &entry), STREAM_TABLE_UNKNOWN);
    ck_assert_int_eq(take(id[1], 2, &entry), STREAM_TABLE_TAKEN);
    stream_table_put(table, entry);
    clock_unpin();
}
END_TEST

START_TEST(client_takes_its_streams_along)
{
    char id[3][STREAM_TABLE_ID];
    struct stream_entry *entry = NULL, *taken = NULL;

    ck_assert(add(1, id[0]) && add(1, id[1]) && add(2, id[2]));
    ck_assert_int_eq(take(id[1], 1, &taken), STREAM_TABLE_TAKEN);
    stream_table_leave(table, 1);
    stream_table_leave(table, 1);
    stream_table_leave(table, 99);
    stream_table_leave(table, 0);
    ck_assert_int_eq(take(id[0], 1, &entry), STREAM_TABLE_UNKNOWN);
    ck_assert_int_eq(take(id[1], 1, &entry), STREAM_TABLE_UNKNOWN);
    ck_assert_uint_eq(stats().left, 1);
    stream_table_put(table, taken); // whoever has it finishes first
    ck_assert_uint_eq(stats().left, 2);
    ck_assert_int_eq(take(id[2], 2, &entry), STREAM_TABLE_TAKEN);
    stream_table_end(table, entry, true);
    ck_assert_uint_eq(stats().open, 0);
}
END_TEST

START_TEST(stream_belongs_to_who_used_it_last)
{
    char id[STREAM_TABLE_ID];
    struct stream_entry *entry = NULL;

    ck_assert(add(1, id));
    ck_assert_int_eq(take(id, 2, &entry), STREAM_TABLE_TAKEN);
    stream_table_put(table, entry);
    stream_table_leave(table, 1);
    ck_assert_uint_eq(stats().open, 1);
    stream_table_leave(table, 2);
    ck_assert_uint_eq(stats().open, 0);
}
END_TEST

START_TEST(stream_keeps_its_engine)
{
    char id[STREAM_TABLE_ID];
    struct stream_entry *entry = NULL;

    ck_assert(add(1, id));
    engine_drop(engine); // ours: what is left is the stream's
    ck_assert_int_eq(take(id, 1, &entry), STREAM_TABLE_TAKEN);
    ck_assert_ptr_eq(stream_engine(entry->stream), engine);
    ck_assert_uint_gt(strlen(stream_engine(entry->stream)->hash), 0);
    engine_keep(engine);
    stream_table_put(table, entry);
}
END_TEST

/* -------------------------------------------------------------------- threads
 */

enum { THREADS = 4, ROUNDS = 2000 };

static char shared[STREAM_TABLE_ID];
static long long counted; // under nobody's lock but the stream's

static void *
count_up(void *unused)
{
    const struct stream_table_query query = {
        .id = text_of(shared),
        .client = 1,
        .wait_until_ns = clock_ns() + (uint64_t)60000 * NS_PER_MS};

    for (int i = 0; i < ROUNDS; i++) {
        struct stream_entry *entry = NULL;
        ck_assert_int_eq(stream_table_take(table, &query, &entry),
                         STREAM_TABLE_TAKEN);
        counted++;
        entry->next_seq++;
        stream_table_put(table, entry);
    }
    return unused;
}

START_TEST(one_thread_at_a_time_has_it)
{
    pthread_t threads[THREADS];
    struct stream_entry *entry = NULL;

    ck_assert(add(1, shared));
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_int_eq(counted, THREADS * ROUNDS);
    ck_assert_int_eq(take(shared, 1, &entry), STREAM_TABLE_TAKEN);
    ck_assert_int_eq(entry->next_seq, THREADS * ROUNDS);
    stream_table_put(table, entry);
}
END_TEST

static void *
come_and_go(void *context)
{
    const uint64_t client = (uint64_t)(uintptr_t)context;

    for (int i = 0; i < ROUNDS / 4; i++) {
        char id[STREAM_TABLE_ID];
        struct err mine;
        struct stream_entry *entry = NULL;
        struct request request = support_request(NULL);
        request.candidate_count = 0;
        struct stream *stream = stream_open(engine, &request, &mine);
        if (!stream_table_add(table, stream, client, id, &mine)) {
            stream_table_leave(table, client + 1);
            continue;
        }
        const struct stream_table_query query = {.id = text_of(id),
                                                 .client = client};
        if (i % 3 != 0 &&
            stream_table_take(table, &query, &entry) == STREAM_TABLE_TAKEN) {
            if (i % 3 == 1) {
                stream_table_end(table, entry, true);
            } else {
                stream_table_put(table, entry);
            }
        }
        if (i % 7 == 0) {
            stream_table_leave(table, client);
        }
        stream_table_sweep(table, clock_ns());
    }
    return NULL;
}

START_TEST(many_come_and_go_at_once)
{
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++) {
        void *client = (void *)(i + 1); // NOLINT: a number, not an address
        ck_assert_int_eq(pthread_create(&threads[i], NULL, come_and_go, client),
                         0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (uint64_t client = 1; client <= THREADS + 1; client++) {
        stream_table_leave(table, client);
    }
    const struct stream_table_stats s = stats();
    ck_assert_uint_eq(s.open + s.bytes + s.held, 0);
    ck_assert_uint_eq(s.opened, s.closed + s.aborted + s.expired + s.left);
}
END_TEST

TEST_MAIN("stream_table", {
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, found_by_its_id_only);
    tcase_add_test(tc, ended_ones_are_remembered);
    tcase_add_test(tc, taken_one_is_busy);
    tcase_add_test(tc, number_of_streams_is_limited);
    tcase_add_test(tc, number_of_one_client_is_limited);
    tcase_add_test(tc, memory_is_limited);
    tcase_add_test(tc, idle_ones_go_the_others_stay);
    tcase_add_test(tc, client_takes_its_streams_along);
    tcase_add_test(tc, stream_belongs_to_who_used_it_last);
    tcase_add_test(tc, stream_keeps_its_engine);
    tcase_add_test(tc, one_thread_at_a_time_has_it);
    tcase_add_test(tc, many_come_and_go_at_once);
})
