#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/engine/hits.h"

enum { ARENA_BYTES = 1 << 20 };

static void
add(struct hits *hits, uint32_t rule, size_t from, size_t to, double score)
{
    const struct hit hit = {
        .rule = rule, .view = {from, to}, .raw = {from, to}, .score = score};

    ck_assert(hits_add(hits, &hit));
}

static const char *
shown(const struct hits *hits)
{
    static char out[1024];
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < hits->count; i++) {
        const struct hit *h = &hits->at[i];
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%u[%zu,%zu)%g ",
                                h->rule, h->view.from, h->view.to, h->score);
    }
    return out;
}

START_TEST(hits_within_another_of_their_rule_go)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct hits hits;

    hits_init(&hits, arena);
    add(&hits, 2, 0, 1, 0.5);
    add(&hits, 1, 4, 6, 0.5);
    add(&hits, 1, 4, 8, 0.5);
    add(&hits, 1, 5, 8, 0.9);
    add(&hits, 1, 7, 9, 0.1); /* reaches further */
    add(&hits, 1, 7, 9, 0.1); /* the same once more */
    add(&hits, 2, 4, 8, 0.5); /* another rule's */
    add(&hits, 1, 9, 9, 0.5);
    hits_tidy(&hits, 0);
    ck_assert_str_eq(shown(&hits), "1[4,8)0.9 1[7,9)0.5 2[0,1)0.5 2[4,8)0.5 ");
    hits_sort(&hits);
    ck_assert_str_eq(shown(&hits), "2[0,1)0.5 1[4,8)0.9 2[4,8)0.5 1[7,9)0.5 ");
    arena_free(arena);
}
END_TEST

START_TEST(tidying_leaves_what_stands_before_alone)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct hits hits;

    hits_init(&hits, arena);
    hits_tidy(&hits, 0);
    hits_sort(&hits);
    ck_assert_uint_eq(hits.count, 0);
    add(&hits, 1, 5, 6, 1);
    add(&hits, 1, 0, 9, 1);
    add(&hits, 1, 2, 3, 1);
    add(&hits, 1, 1, 3, 1);
    hits_tidy(&hits, 2);
    ck_assert_str_eq(shown(&hits), "1[5,6)1 1[0,9)1 1[1,3)1 ");
    arena_free(arena);
}
END_TEST

START_TEST(hits_grow_and_a_lost_one_is_told)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct hits hits;
    const struct hit hit = {.rule = 7};

    hits_init(&hits, arena);
    for (uint32_t i = 0; i < 1000; i++) {
        add(&hits, i, i, i + 1, 0.5);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        ck_assert_uint_eq(hits.at[i].rule, i);
    }
    while (hits.count < hits.cap) {
        ck_assert(hits_add(&hits, &hit));
    }
    arena_fail_at(arena, 1);
    const size_t count = hits.count;
    ck_assert(!hits_add(&hits, &hit));
    ck_assert_uint_eq(hits.count, count);
    ck_assert_uint_eq(hits.at[999].rule, 999);
    arena_free(arena);
}
END_TEST

TEST_MAIN("hits", tcase_add_test(tc, hits_within_another_of_their_rule_go);
          tcase_add_test(tc, tidying_leaves_what_stands_before_alone);
          tcase_add_test(tc, hits_grow_and_a_lost_one_is_told);)
