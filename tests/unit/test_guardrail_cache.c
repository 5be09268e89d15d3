#include "sidecar/engine/guardrail_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "sidecar/base/hash.h"
#include "tests/unit/harness.h"

/* What a key is built into; `alive` counts all that are not yet destroyed. */
struct thing {
    uint64_t number;
    bool destroyed;
};

static _Atomic long alive, built;

static void *
build(void *ctx, struct err *err)
{
    struct thing *thing = malloc(sizeof(*thing));

    (void)err;
    *thing = (struct thing){*(const uint64_t *)ctx, false};
    atomic_fetch_add(&alive, 1);
    atomic_fetch_add(&built, 1);
    return thing;
}

static void *
build_nothing(void *ctx, struct err *err)
{
    (void)ctx;
    err_set(err, ERR_INVALID, "no such thing");
    return NULL;
}

static void
destroy(void *value)
{
    struct thing *thing = value;

    ck_assert(!thing->destroyed);
    thing->destroyed = true;
    atomic_fetch_sub(&alive, 1);
    free(thing);
}

static struct digest
key_of(uint64_t number)
{
    char name[32];

    snprintf(name, sizeof(name), "%llu", (unsigned long long)number);
    return digest_of(text_of(name));
}

static struct guardrail_cache_entry *
take(struct guardrail_cache *cache, uint64_t number)
{
    struct err err = {0};
    const struct digest key = key_of(number);
    struct guardrail_cache_entry *entry =
        guardrail_cache_take(cache, &key, build, &number, &err);

    ck_assert_msg(entry != NULL, "%s", err.message);
    const struct thing *thing = guardrail_cache_value(entry);
    ck_assert_uint_eq(thing->number, number);
    return entry;
}

/* Takes and drops; says whether it had to be built. */
static bool
was_built(struct guardrail_cache *cache, uint64_t number)
{
    const long before = atomic_load(&built);

    guardrail_cache_drop(take(cache, number));
    return atomic_load(&built) > before;
}

START_TEST(second_take_finds_the_first)
{
    struct guardrail_cache *cache = guardrail_cache_new(4, destroy);
    struct guardrail_cache_entry *one = take(cache, 1), *two = take(cache, 1);

    ck_assert_ptr_eq(guardrail_cache_value(one), guardrail_cache_value(two));
    ck_assert_int_eq(built, 1);
    guardrail_cache_drop(one);
    guardrail_cache_drop(two);
    ck_assert_int_eq(alive, 1); // the cache's own
    const struct guardrail_cache_counts counts = guardrail_cache_counts(cache);
    ck_assert_uint_eq(counts.entries, 1);
    ck_assert_uint_eq(counts.hits, 1);
    ck_assert_uint_eq(counts.misses, 1);
    ck_assert_uint_eq(counts.evicted, 0);
    guardrail_cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(least_recently_used_goes_first)
{
    struct guardrail_cache *cache = guardrail_cache_new(3, destroy);

    ck_assert(was_built(cache, 1));
    ck_assert(was_built(cache, 2));
    ck_assert(was_built(cache, 3));
    ck_assert(!was_built(cache, 1)); // 2 is now the oldest
    ck_assert(was_built(cache, 4));
    ck_assert_uint_eq(guardrail_cache_counts(cache).evicted, 1);
    ck_assert_int_eq(alive, 3);
    ck_assert(!was_built(cache, 3));
    ck_assert(!was_built(cache, 1));
    ck_assert(!was_built(cache, 4));
    ck_assert(was_built(cache, 2));
    ck_assert(was_built(cache, 3)); // 2 had taken its place
    guardrail_cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(cache_of_one_holds_one)
{
    struct guardrail_cache *cache = guardrail_cache_new(1, destroy);

    ck_assert(was_built(cache, 1));
    ck_assert(!was_built(cache, 1));
    ck_assert(was_built(cache, 2));
    ck_assert(was_built(cache, 1));
    ck_assert_int_eq(alive, 1);
    guardrail_cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(entry_in_use_outlives_eviction_and_cache)
{
    struct guardrail_cache *cache = guardrail_cache_new(1, destroy);
    struct guardrail_cache_entry *held = take(cache, 1);

    guardrail_cache_drop(take(cache, 2)); // puts 1 out
    ck_assert_int_eq(alive, 2);
    ck_assert(was_built(cache, 1)); // another one
    guardrail_cache_free(cache);
    ck_assert_int_eq(alive, 1);
    const struct thing *thing = guardrail_cache_value(held);
    ck_assert_uint_eq(thing->number, 1);
    guardrail_cache_drop(held);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(emptied_cache_builds_anew)
{
    struct guardrail_cache *cache = guardrail_cache_new(8, destroy);
    struct guardrail_cache_entry *held = take(cache, 1);

    ck_assert(was_built(cache, 2));
    guardrail_cache_empty(cache);
    ck_assert_int_eq(alive, 1);
    ck_assert_uint_eq(guardrail_cache_counts(cache).entries, 0);
    ck_assert(was_built(cache, 1));
    ck_assert(was_built(cache, 2));
    guardrail_cache_drop(held);
    guardrail_cache_empty(cache);
    guardrail_cache_empty(cache);
    ck_assert_int_eq(alive, 0);
    guardrail_cache_free(cache);
}
END_TEST

START_TEST(failure_is_passed_on_and_not_remembered)
{
    struct guardrail_cache *cache = guardrail_cache_new(2, destroy);
    const struct digest key = key_of(1);
    struct err err = {0};

    ck_assert_ptr_null(
        guardrail_cache_take(cache, &key, build_nothing, NULL, &err));
    ck_assert_str_eq(err.message, "no such thing");
    ck_assert_uint_eq(guardrail_cache_counts(cache).entries, 0);
    ck_assert(was_built(cache, 1));
    guardrail_cache_free(cache);
}
END_TEST

START_TEST(nothing_is_freed_without_complaint)
{
    guardrail_cache_free(NULL);
    guardrail_cache_drop(NULL);
}
END_TEST

/* ------------------------------------------------- beside a slow, plain one */

enum { MODEL_MOST = 16 };

/* Keys from the most to the least recently used. */
struct model {
    uint64_t keys[MODEL_MOST];
    size_t count, capacity;
};

/* Was the key there? It is the first one now. */
static bool
model_take(struct model *m, uint64_t key)
{
    size_t at = 0;

    while (at < m->count && m->keys[at] != key) {
        at++;
    }
    const bool there = at < m->count;
    if (!there) {
        at = m->count < m->capacity ? m->count++ : m->count - 1;
    }
    memmove(&m->keys[1], &m->keys[0], at * sizeof(m->keys[0]));
    m->keys[0] = key;
    return there;
}

/* Capacity _i, keys from a few more than that. */
START_TEST(random_takes_agree_with_a_plain_list)
{
    const size_t capacity = (size_t)_i;
    struct guardrail_cache *cache = guardrail_cache_new(capacity, destroy);
    struct model model = {.capacity = capacity};
    uint64_t seed = capacity;

    for (size_t step = 0; step < 5000; step++) {
        const uint64_t key = hash_mix(++seed) % (capacity + 3);
        const bool there = model_take(&model, key);
        ck_assert_msg(was_built(cache, key) == !there,
                      "capacity %zu, step %zu, key %llu", capacity, step,
                      (unsigned long long)key);
        ck_assert_int_eq(alive, (long)model.count);
    }
    guardrail_cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

/* ------------------------------------------------------------------- threads
 */

enum { THREADS = 6, TAKES = 4000, HELD = 4 };

struct worker {
    pthread_t thread;
    struct guardrail_cache *cache;
    uint64_t seed, keys;
    bool empties;
    size_t wrong;
};

/* Holds a few entries at a time, so that some outlive their eviction. */
static void *
work(void *arg)
{
    struct worker *w = arg;
    struct guardrail_cache_entry *held[HELD] = {NULL};
    uint64_t numbers[HELD] = {0};

    for (size_t i = 0; i < TAKES; i++) {
        const size_t at = i % HELD;
        struct err err = {0};
        if (held[at] != NULL) {
            const struct thing *thing = guardrail_cache_value(held[at]);
            w->wrong += thing->number != numbers[at] || thing->destroyed;
            guardrail_cache_drop(held[at]);
        }
        numbers[at] = hash_mix(++w->seed) % w->keys;
        const struct digest key = key_of(numbers[at]);
        held[at] =
            guardrail_cache_take(w->cache, &key, build, &numbers[at], &err);
        w->wrong += held[at] == NULL;
        if (w->empties && i % 512 == 0) {
            guardrail_cache_empty(w->cache);
        }
    }
    for (size_t i = 0; i < HELD; i++) {
        guardrail_cache_drop(held[i]);
    }
    return NULL;
}

/* Loop: keys that all fit, about twice as many, and with emptying besides. */
START_TEST(threads_share_one_cache)
{
    static const struct {
        size_t capacity;
        uint64_t keys;
        bool empties;
    } rows[] = {{16, 16, false}, {8, 16, false}, {1, 3, false}, {8, 16, true}};
    struct guardrail_cache *cache =
        guardrail_cache_new(rows[_i].capacity, destroy);
    struct worker workers[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.cache = cache,
                                     .seed = i << 32,
                                     .keys = rows[_i].keys,
                                     .empties = rows[_i].empties && i == 0};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        ck_assert_uint_eq(workers[i].wrong, 0);
    }
    const struct guardrail_cache_counts counts = guardrail_cache_counts(cache);
    ck_assert_uint_eq(counts.hits + counts.misses, THREADS * TAKES);
    ck_assert_uint_eq(counts.misses, (uint64_t)built);
    ck_assert_uint_le(counts.entries, rows[_i].capacity);
    ck_assert_int_eq(alive, (long)counts.entries);
    ck_assert(rows[_i].empties || rows[_i].capacity < rows[_i].keys ||
              counts.misses - counts.doubled == rows[_i].keys);
    guardrail_cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

/* All miss one key at the same time: each is given the same thing. */
static pthread_barrier_t everybody;

static void *
build_together(void *ctx, struct err *err)
{
    pthread_barrier_wait(&everybody);
    return build(ctx, err);
}

static void *
take_together(void *arg)
{
    uint64_t number = 7;
    const struct digest key = key_of(number);
    struct err err = {0};

    return guardrail_cache_take(arg, &key, build_together, &number, &err);
}

START_TEST(threads_that_miss_together_share_one)
{
    struct guardrail_cache *cache = guardrail_cache_new(2, destroy);
    pthread_t threads[THREADS];
    void *entries[THREADS];

    pthread_barrier_init(&everybody, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, take_together, cache);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &entries[i]);
    }
    ck_assert_int_eq(built, THREADS);
    ck_assert_int_eq(alive, 1);
    ck_assert_uint_eq(guardrail_cache_counts(cache).doubled, THREADS - 1);
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_ptr_eq(entries[i], entries[0]);
        guardrail_cache_drop(entries[i]);
    }
    pthread_barrier_destroy(&everybody);
    guardrail_cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

TEST_MAIN("guardrail cache", {
    tcase_add_test(tc, second_take_finds_the_first);
    tcase_add_test(tc, least_recently_used_goes_first);
    tcase_add_test(tc, cache_of_one_holds_one);
    tcase_add_test(tc, entry_in_use_outlives_eviction_and_cache);
    tcase_add_test(tc, emptied_cache_builds_anew);
    tcase_add_test(tc, failure_is_passed_on_and_not_remembered);
    tcase_add_test(tc, nothing_is_freed_without_complaint);
    tcase_add_loop_test(tc, random_takes_agree_with_a_plain_list, 1,
                        MODEL_MOST + 1);
    tcase_add_loop_test(tc, threads_share_one_cache, 0, 4);
    tcase_add_test(tc, threads_that_miss_together_share_one);
})
