#include "sidecar/serve/queue.h"

#include <pthread.h>
#include <stdint.h>

#include "tests/unit/harness.h"

enum { COUNT = 16, BYTES = 1600 };

static struct queue_entry entries[64];

/* The nth entry, whose item is itself. */
static struct queue_entry *
entry(size_t n, size_t bytes)
{
    entries[n] = (struct queue_entry){.item = &entries[n], .bytes = bytes};
    return &entries[n];
}

static size_t
pop(struct queue *queue)
{
    return (size_t)((struct queue_entry *)queue_pop(queue) - entries);
}

START_TEST(one_source_comes_out_in_its_order)
{
    struct queue *queue = queue_new(COUNT, BYTES);
    struct queue_source source = {0};

    for (size_t i = 0; i < 4; i++) {
        ck_assert(queue_push(queue, &source, entry(i, 1)));
    }
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(pop(queue), i);
    }
    queue_free(queue);
}
END_TEST

START_TEST(sources_take_turns)
{
    struct queue *queue = queue_new(COUNT, BYTES);
    struct queue_source a = {0}, b = {0}, c = {0};
    static const size_t want[] = {0, 10, 20, 1, 11, 2, 3};

    for (size_t i = 0; i < 4; i++) {
        ck_assert(queue_push(queue, &a, entry(i, 1)));
    }
    ck_assert(queue_push(queue, &b, entry(10, 1)));
    ck_assert(queue_push(queue, &b, entry(11, 1)));
    ck_assert(queue_push(queue, &c, entry(20, 1)));
    for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
        ck_assert_uint_eq(pop(queue), want[i]);
    }
    queue_free(queue);
}
END_TEST

START_TEST(a_calm_source_waits_for_one_of_a_flooding_one)
{
    struct queue *queue = queue_new(COUNT, BYTES);
    struct queue_source flood = {0}, calm = {0};
    size_t n = 0;

    while (queue_push(queue, &flood, entry(n, 1))) {
        n++;
    }
    ck_assert_uint_eq(n, COUNT / 4);
    ck_assert(queue_push(queue, &calm, entry(40, 1)));
    ck_assert_uint_eq(pop(queue), 0);
    ck_assert_uint_eq(pop(queue), 40);
    // Room again, and the flooding source is still not first.
    ck_assert(queue_push(queue, &flood, entry(n, 1)));
    ck_assert(queue_push(queue, &calm, entry(41, 1)));
    ck_assert_uint_eq(pop(queue), 1);
    ck_assert_uint_eq(pop(queue), 41);
    for (size_t i = 2; i <= n; i++) {
        ck_assert_uint_eq(pop(queue), i);
    }
    queue_free(queue);
}
END_TEST

START_TEST(count_is_limited)
{
    struct queue *queue = queue_new(COUNT, BYTES);
    struct queue_source sources[COUNT + 1] = {0};
    struct queue_depth depth;

    for (size_t i = 0; i < COUNT; i++) {
        ck_assert(queue_push(queue, &sources[i], entry(i, 1)));
    }
    ck_assert(!queue_push(queue, &sources[COUNT], entry(COUNT, 1)));
    queue_depth(queue, &depth);
    ck_assert_uint_eq(depth.count, COUNT);
    ck_assert_uint_eq(depth.bytes, COUNT);
    pop(queue);
    ck_assert(queue_push(queue, &sources[COUNT], entry(COUNT, 1)));
    for (size_t i = 1; i <= COUNT; i++) {
        ck_assert_uint_eq(pop(queue), i);
    }
    queue_depth(queue, &depth);
    ck_assert_uint_eq(depth.count, 0);
    ck_assert_uint_eq(depth.bytes, 0);
    ck_assert_uint_eq(depth.peak, COUNT);
    queue_free(queue);
}
END_TEST

START_TEST(bytes_are_limited)
{
    static const struct {
        size_t first, second; /* of two sources */
        bool fits;
    } rows[] = {
        {BYTES - 10, 9, true}, {BYTES - 10, 10, true}, {BYTES - 10, 11, false},
        {BYTES, 0, true},      {BYTES, 1, false},      {1, SIZE_MAX, false},
        {0, BYTES, true},      {0, BYTES + 1, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct queue *queue = queue_new(COUNT, BYTES);
        struct queue_source a = {0}, b = {0};
        ck_assert(queue_push(queue, &a, entry(0, rows[i].first)));
        ck_assert_msg(queue_push(queue, &b, entry(1, rows[i].second)) ==
                          rows[i].fits,
                      "%zu then %zu", rows[i].first, rows[i].second);
        pop(queue);
        if (rows[i].fits) {
            pop(queue);
        }
        queue_free(queue);
    }
}
END_TEST

START_TEST(a_source_may_hold_a_quarter_of_the_bytes)
{
    static const struct {
        size_t first, second; /* of one source */
        bool fits;
    } rows[] = {
        {BYTES / 4, 0, true},      {BYTES / 4, 1, false},
        {BYTES / 4 - 1, 1, true},  {BYTES / 4 - 1, 2, false},
        {BYTES / 4 + 1, 0, false}, {1, BYTES / 4 - 1, true},
        {1, BYTES / 4, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct queue *queue = queue_new(COUNT, BYTES);
        struct queue_source a = {0};
        // The first passes, whatever its size.
        ck_assert(queue_push(queue, &a, entry(0, rows[i].first)));
        ck_assert_msg(queue_push(queue, &a, entry(1, rows[i].second)) ==
                          rows[i].fits,
                      "%zu then %zu", rows[i].first, rows[i].second);
        pop(queue);
        if (rows[i].fits) {
            pop(queue);
        }
        queue_free(queue);
    }
}
END_TEST

START_TEST(closing_hands_out_what_is_left)
{
    struct queue *queue = queue_new(COUNT, BYTES);
    struct queue_source source = {0};

    ck_assert(queue_push(queue, &source, entry(0, 1)));
    ck_assert(queue_push(queue, &source, entry(1, 1)));
    queue_close(queue);
    ck_assert(!queue_push(queue, &source, entry(2, 1)));
    ck_assert_uint_eq(pop(queue), 0);
    ck_assert_uint_eq(pop(queue), 1);
    ck_assert_ptr_null(queue_pop(queue));
    ck_assert_ptr_null(queue_pop(queue));
    queue_free(queue);
}
END_TEST

enum { PUSHERS = 3, POPPERS = 3, EACH = 20000 };

struct pusher {
    struct queue *queue;
    struct queue_entry *entries; /* [EACH] */
    struct queue_source source;
};

static void *
push_all(void *arg)
{
    struct pusher *p = arg;

    for (size_t i = 0; i < EACH; i++) {
        p->entries[i] = (struct queue_entry){.item = p, .bytes = 1};
        while (!queue_push(p->queue, &p->source, &p->entries[i])) {
        }
    }
    return NULL;
}

static void *
pop_all(void *arg)
{
    struct queue *queue = arg;
    uintptr_t count = 0;

    while (queue_pop(queue) != NULL) {
        count++;
    }
    return (void *)count;
}

START_TEST(nothing_is_lost_between_threads)
{
    struct queue *queue = queue_new(COUNT, BYTES);
    struct pusher pushers[PUSHERS] = {0};
    pthread_t push[PUSHERS], take[POPPERS];
    uintptr_t total = 0;

    for (int i = 0; i < POPPERS; i++) {
        pthread_create(&take[i], NULL, pop_all, queue);
    }
    for (int i = 0; i < PUSHERS; i++) {
        pushers[i].queue = queue;
        pushers[i].entries = calloc(EACH, sizeof(struct queue_entry));
        pthread_create(&push[i], NULL, push_all, &pushers[i]);
    }
    for (int i = 0; i < PUSHERS; i++) {
        pthread_join(push[i], NULL);
    }
    queue_close(queue);
    for (int i = 0; i < POPPERS; i++) {
        void *count;
        pthread_join(take[i], &count);
        total += (uintptr_t)count;
    }
    ck_assert_uint_eq(total, PUSHERS * EACH);
    for (int i = 0; i < PUSHERS; i++) {
        free(pushers[i].entries);
    }
    queue_free(queue);
}
END_TEST

TEST_MAIN("queue", tcase_add_test(tc, one_source_comes_out_in_its_order);
          tcase_add_test(tc, sources_take_turns);
          tcase_add_test(tc, a_calm_source_waits_for_one_of_a_flooding_one);
          tcase_add_test(tc, count_is_limited);
          tcase_add_test(tc, bytes_are_limited);
          tcase_add_test(tc, a_source_may_hold_a_quarter_of_the_bytes);
          tcase_add_test(tc, closing_hands_out_what_is_left);
          tcase_add_test(tc, nothing_is_lost_between_threads);)
