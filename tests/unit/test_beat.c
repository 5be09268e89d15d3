/* Jobs are done again and again: idle streams go, though nobody comes. */
#include "sidecar/serve/beat.h"

#include <time.h>

#include "sidecar/base/clock.h"
#include "sidecar/serve/stream_table.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

enum { MS = 1000000, LOOKS = 6000 };

static struct engine *engine;
static struct stream_table *table;
static struct beat *beat;

static void
sweep(void *context)
{
    stream_table_sweep(context, clock_ns());
}

/* One open stream, and a beat that ends those idle for so long. */
static void
start(uint64_t idle_ns)
{
    const struct stream_table_limits limits = {
        .streams = 4, .per_client = 4, .bytes = 1 << 20, .idle_ns = idle_ns};
    struct request request = support_request(NULL);
    char id[STREAM_TABLE_ID];
    struct err err;

    request.candidate_count = 0;
    engine = support_engine(SUPPORT_ENGINE_HEAD "allow_empty: true\n");
    table = stream_table_new(&limits);
    ck_assert(stream_table_add(table, stream_open(engine, &request, &err), 1,
                               id, &err));
    beat = beat_start(idle_ns / 4, sweep, table, &err);
    ck_assert_ptr_nonnull(beat);
}

static void
stop(void)
{
    beat_stop(beat);
    stream_table_free(table);
    engine_drop(engine);
}

START_TEST(idle_stream_goes_by_itself)
{
    const struct timespec look = {.tv_nsec = 10 * MS};

    start(20 * (uint64_t)MS);
    for (int i = 0; i < LOOKS && stream_table_open(table) > 0; i++) {
        nanosleep(&look, NULL);
    }
    ck_assert_uint_eq(stream_table_open(table), 0);
    stop();
}
END_TEST

START_TEST(beat_of_long_times_ends_at_once)
{
    start(UINT64_MAX / 2);
    ck_assert_uint_eq(stream_table_open(table), 1);
    stop();
    beat_stop(NULL);
}
END_TEST

TEST_MAIN("beat", {
    tcase_add_test(tc, idle_stream_goes_by_itself);
    tcase_add_test(tc, beat_of_long_times_ends_at_once);
})
