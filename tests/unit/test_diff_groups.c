#include "sidecar/tools/diff_groups.h"

#include <stdio.h>

#include "tests/unit/harness.h"

enum { ROWS = 60, SAMPLES = 4 };

static void
add(struct diff_groups *groups, int row)
{
    static const char *const names[] = {"ship", "block by rule A",
                                        "block by rule B"};
    char wire[16];
    struct err err;

    snprintf(wire, sizeof(wire), "row %d", row);
    groups->rows++;
    ck_assert(diff_groups_add(groups, names[row % 3], names[row % 2],
                              (uint64_t)row, text_of(wire), &err));
}

static void
tell(struct diff_groups *groups, struct buffer *to)
{
    buffer_init(to, 1 << 16);
    diff_groups_sort(groups);
    buffer_format(to, "%d %d\n", (int)groups->rows, (int)groups->changed);
    for (size_t i = 0; i < groups->count; i++) {
        const struct diff_groups_group *g = &groups->at[i];
        buffer_format(to, "%s > %s %d:", g->a, g->b, (int)g->rows);
        for (size_t k = 0; k < g->sample_count; k++) {
            buffer_add_byte(to, ' ');
            buffer_add(to, g->samples[k].at, g->samples[k].len);
        }
        buffer_add_byte(to, '\n');
    }
}

/* _i: how many threads, which take blocks of rows in turn. */
START_TEST(groups_of_any_threads_are_those_of_one)
{
    struct diff_groups one, sum, parts[8];
    struct buffer want, got;
    struct err err;

    diff_groups_init(&one, SAMPLES);
    diff_groups_init(&sum, SAMPLES);
    for (int p = 0; p < _i; p++) {
        diff_groups_init(&parts[p], SAMPLES);
    }
    for (int row = 1; row <= ROWS; row++) {
        add(&one, row);
        add(&parts[row / 5 % _i], row);
    }
    for (int p = _i - 1; p >= 0; p--) {
        ck_assert(diff_groups_join(&sum, &parts[p], &err));
    }
    tell(&one, &want);
    tell(&sum, &got);
    ck_assert_msg(text_equal(buffer_text(&want), buffer_text(&got)),
                  "%.*s\n%.*s", TEXT_ARGS(buffer_text(&want)),
                  TEXT_ARGS(buffer_text(&got)));
    ck_assert_uint_eq(sum.changed, ROWS);
    buffer_clear(&want);
    buffer_clear(&got);
    diff_groups_clear(&one);
    diff_groups_clear(&sum);
}
END_TEST

START_TEST(groups_without_samples_are_counted)
{
    struct diff_groups none;

    diff_groups_init(&none, 0);
    for (int row = 1; row <= ROWS; row++) {
        add(&none, row);
    }
    ck_assert_uint_eq(none.changed, ROWS);
    ck_assert_uint_eq(none.at[0].sample_count, 0);
    diff_groups_clear(&none);
}
END_TEST

TEST_MAIN("diff_groups",
          tcase_add_loop_test(tc, groups_of_any_threads_are_those_of_one, 1, 8);
          tcase_add_test(tc, groups_without_samples_are_counted);)
