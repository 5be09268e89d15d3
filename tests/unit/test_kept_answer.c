#include "sidecar/serve/kept_answer.h"

#include "proto/wire.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"

static struct buffer parts, kept;

static void
set_up(void)
{
    buffer_init(&parts, SIZE_MAX);
    buffer_init(&kept, SIZE_MAX);
}

static void
tear_down(void)
{
    buffer_clear(&parts);
    buffer_clear(&kept);
}

/* ["r"], {"t": 1} and {"m": 2}; text_part sees to which of them. */
static struct kept_answer
an_answer(void)
{
    wire_put_array(&parts, 1);
    wire_put_str(&parts, TEXT("r"));
    const size_t results = parts.len;
    wire_put_map(&parts, 1);
    wire_put_str(&parts, TEXT("t"));
    wire_put_uint(&parts, 1);
    const size_t trend = parts.len;
    wire_put_map(&parts, 1);
    wire_put_str(&parts, TEXT("m"));
    wire_put_uint(&parts, 2);
    const struct text all = buffer_text(&parts);
    return (struct kept_answer){.chosen = 3,
                                .rotation = UINT64_MAX,
                                .results = text_part(all, 0, results),
                                .written = {text_part(all, results, trend),
                                            text_part(all, trend, all.len)}};
}

START_TEST(what_is_written_is_read)
{
    const struct kept_answer in = an_answer();
    struct kept_answer out;

    kept_answer_write(&in, &kept);
    kept_answer_read(buffer_text(&kept), &out);
    ck_assert_uint_eq(out.chosen, 3);
    ck_assert_uint_eq(out.rotation, UINT64_MAX);
    ck_assert(text_equal(out.results, in.results));
    ck_assert(text_equal(out.written.trend, in.written.trend));
    ck_assert(text_equal(out.written.machine, in.written.machine));
}
END_TEST

START_TEST(parts_may_be_absent)
{
    const struct kept_answer in = {.chosen = 1};
    struct kept_answer out;

    kept_answer_write(&in, &kept);
    kept_answer_read(buffer_text(&kept), &out);
    ck_assert_uint_eq(out.chosen, 1);
    ck_assert_ptr_null(out.results.at);
    ck_assert_ptr_null(out.written.trend.at);
    ck_assert_ptr_null(out.written.machine.at);
}
END_TEST

START_TEST(every_truncation_is_no_answer)
{
    const struct kept_answer in = an_answer();
    struct kept_answer out;

    kept_answer_write(&in, &kept);
    for (size_t len = 0; len < kept.len; len++) {
        const struct text cut =
            support_bytes_exact(text_part(buffer_text(&kept), 0, len));
        kept_answer_read(cut, &out);
        ck_assert_msg(out.results.at == NULL && out.chosen == 0, "%zu", len);
        support_bytes_free(cut);
    }
}
END_TEST

/* A damaged file, or another version's. */
START_TEST(what_is_no_answer_is_none)
{
    static const struct text wrong[] = {
        {NULL, 0},
        {"\xc0", 1},
        {"\x94\x00\x00\xc0\xc0", 5},
        {"\x95\x10\x00\x91\x01\xc0\xc0", 7},      /* candidate 16 */
        {"\x95\x00\xa1x\x91\x01\xc0\xc0", 8},     /* rotation */
        {"\x95\xff\x00\x91\x01\xc0\xc0", 7},      /* candidate -1 */
        {"\x95\x00\x00\x91\x01\xc0\xc0\xc0", 8}}; /* one more */
    struct kept_answer out;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        kept_answer_read(wrong[i], &out);
        ck_assert_msg(out.results.at == NULL, "%zu", i);
    }
}
END_TEST

START_TEST(words_of_the_text_are_not_kept)
{
    const struct envelope_reason reason = {.weight = 1};
    struct envelope_hit hit = {.reason_count = 0};
    struct envelope e[2] = {{.hits = &hit, .hit_count = 1}};
    const struct judge_result result = {.envelopes = e, .count = 2};
    const struct text all = TEXT("results");

    ck_assert_uint_eq(kept_answer_fit(&result, all).len, all.len);
    e[1].action = ACTION_REDACT;
    ck_assert_ptr_null(kept_answer_fit(&result, all).at);
    e[1].action = ACTION_FALLBACK; // a line of ours
    ck_assert_uint_eq(kept_answer_fit(&result, all).len, all.len);
    e[0].drift.hint_count = 1;
    ck_assert_ptr_null(kept_answer_fit(&result, all).at);
    e[0].drift.hint_count = 0;
    hit.reasons = &reason;
    hit.reason_count = 1;
    ck_assert_ptr_null(kept_answer_fit(&result, all).at);
    hit.reason_count = 0;
    hit.replacement = TEXT("");
    ck_assert_ptr_null(kept_answer_fit(&result, all).at);
    hit.replacement.at = NULL;
    e[0].unsupported_count = 1;
    ck_assert_ptr_null(kept_answer_fit(&result, all).at);
    e[0].unsupported_count = 0;
    ck_assert_ptr_nonnull(
        kept_answer_fit(&result, (struct text){"", 64 * 1024}).at);
    ck_assert_ptr_null(
        kept_answer_fit(&result, (struct text){"", 64 * 1024 + 1}).at);
}
END_TEST

TEST_MAIN("kept_answer", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_test(tc, what_is_written_is_read);
          tcase_add_test(tc, parts_may_be_absent);
          tcase_add_test(tc, every_truncation_is_no_answer);
          tcase_add_test(tc, what_is_no_answer_is_none);
          tcase_add_test(tc, words_of_the_text_are_not_kept);)
