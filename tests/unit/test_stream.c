/* One reply in pieces is judged like the whole. */
#include "sidecar/engine/stream.h"

#include <math.h>
#include <stdio.h>

#include "proto/encode.h"
#include "sidecar/base/utf8.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

#define RULES                                                                  \
    SUPPORT_ENGINE_RULES                                                       \
    "  - {id: BAD, type: terms, terms: [zorblax], category: c, "               \
    "severity: critical, action: fallback}\n"                                  \
    "  - {id: MASK, type: regex, pattern: '[0-9]{4,9}', category: c, "         \
    "severity: low, action: redact}\n"                                         \
    "  - {id: STOP, type: terms, terms: [grolm], category: c, "                \
    "severity: critical, action: block}\n"                                     \
    "limits: {text_bytes: 4096}\n"

static const char *const texts[] = {
    "",
    "Plain words, nothing else.",
    "A number 12345 in it, and 4711 again. And more.",
    "It was zorblax. Nobody had known.",
    "Then grolm came, and that was that.",
    "Gr\xc3\xbc\xc3\x9f Gott, \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x99\x82!",
    "zorblax",
    "1234",
    "The end is a number: 99999",
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static struct support_bench bench;
static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};

static void
set_up(void)
{
    bench = support_bench_of(RULES);
}

static void
tear_down(void)
{
    support_bench_clear(&bench);
}

static struct stream *
open_stream(enum request_mode mode)
{
    struct request request = support_request(NULL);
    struct err err;

    request.op = REQUEST_STREAM_OPEN;
    request.candidate_count = 0;
    request.mode = mode;
    struct stream *stream = stream_open(bench.engine, &request, &err);
    ck_assert_msg(stream != NULL, "%s", err.message);
    return stream;
}

static struct stream_step
feed(struct stream *stream, struct text delta)
{
    struct stream_step step;
    struct err err;

    ck_assert_msg(stream_add(stream, delta, &err), "%s", err.message);
    ck_assert(judge_begin(bench.judge, bench.engine, &err));
    stream_advance(stream, bench.judge, &terms, &step);
    return step;
}

static struct stream_end
close_stream(struct stream *stream)
{
    struct stream_end end;
    struct err err;

    ck_assert(judge_begin(bench.judge, bench.engine, &err));
    ck_assert_msg(stream_close(stream, bench.judge, &terms, &end, &err), "%s",
                  err.message);
    ck_assert(!end.defect);
    return end;
}

/* The envelope as it goes over the wire. */
static struct buffer
written(const struct envelope *envelope)
{
    struct buffer to;

    buffer_init(&to, SIZE_MAX);
    encode_envelope(&to, envelope);
    return to;
}

/* What a user sees, joined, and whether it was taken back. */
struct seen {
    struct buffer text;
    bool retracted;
    struct buffer envelope;
};

static void
seen_clear(struct seen *seen)
{
    buffer_clear(&seen->text);
    buffer_clear(&seen->envelope);
}

/* Feeds the text cut where the bits of `cuts` say. */
static struct seen
play(enum request_mode mode, struct text text, uint64_t cuts)
{
    struct stream *stream = open_stream(mode);
    struct seen seen = {.retracted = false};
    size_t bad;

    buffer_init(&seen.text, SIZE_MAX);
    for (size_t from = 0, to = 1; from < text.len; to++) {
        if (to < text.len && (cuts >> to % 64 & 1) == 0) {
            continue;
        }
        const struct stream_step step = feed(stream, text_part(text, from, to));
        ck_assert_msg(utf8_check(step.emit, &bad), "cut in a character");
        ck_assert(step.held <= to);
        buffer_add_text(&seen.text, step.emit);
        from = to;
    }
    const struct stream_end end = close_stream(stream);
    buffer_add_text(&seen.text, end.emit);
    seen.retracted = end.retract;
    seen.envelope = written(&end.result.envelopes[0]);
    stream_free(stream);
    return seen;
}

/*
 * What ships is shown whole. Of what is refused only what came before the
 * first hit may have been seen, and it is taken back.
 */
static bool
is_shown_well(const struct seen *seen, const struct envelope *whole,
              struct text text)
{
    const struct text shown = buffer_text(&seen->text);

    if (whole->action > ACTION_REDACT) {
        return text_starts(text, shown) && seen->retracted == (shown.len > 0) &&
               (whole->hit_count == 0 ||
                shown.len <= whole->hits[0].bytes.from);
    }
    return !seen->retracted &&
           text_equal(shown, whole->content.at != NULL ? whole->content : text);
}

static void
check_cut(enum request_mode mode, struct text text, uint64_t cuts)
{
    struct seen seen = play(mode, text, cuts);
    const struct request_candidate candidate = {.text = text};
    const struct request request = support_request(&candidate);
    const struct envelope *whole = support_judge(&bench, &request);
    struct buffer want = written(whole);

    ck_assert_msg(text_equal(buffer_text(&seen.envelope), buffer_text(&want)),
                  "%.*s, cut %llx: another envelope", TEXT_ARGS(text),
                  (unsigned long long)cuts);
    ck_assert_msg(mode == REQUEST_SHADOW || is_shown_well(&seen, whole, text),
                  "%.*s, cut %llx: shown %.*s", TEXT_ARGS(text),
                  (unsigned long long)cuts, TEXT_ARGS(buffer_text(&seen.text)));
    buffer_clear(&want);
    seen_clear(&seen);
}

/* _i: the text. */
START_TEST(cut_anywhere_it_equals_the_whole)
{
    const struct text text = text_of(texts[_i]);
    uint64_t random = 0x5eed;

    for (int mode = 0; mode < REQUEST_MODES; mode++) {
        check_cut((enum request_mode)mode, text, 0);
        check_cut((enum request_mode)mode, text, UINT64_MAX);
        for (size_t at = 1; at < text.len && at < 64; at++) {
            check_cut((enum request_mode)mode, text, (uint64_t)1 << at);
        }
        for (int i = 0; i < 50; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            check_cut((enum request_mode)mode, text, random);
        }
    }
}
END_TEST

START_TEST(unknown_persona_is_refused)
{
    struct request request = support_request(NULL);
    struct err err;

    request.candidate_count = 0;
    request.persona = TEXT("nobody");
    ck_assert_ptr_null(stream_open(bench.engine, &request, &err));
    ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
}
END_TEST

/* ----------------------------------------------------------- half characters
 */

static const struct {
    const char *first, *second; /* a piece that goes in, one that is refused */
    size_t at;                  /* the byte that is told */
} broken[] = {
    {"ab", "\xff", 2},
    {"ab\xc3", "a", 2},
    {"ab\xe2\x82", "\x28", 2},
    {"\xf0\x9f", "\x99x", 0},
    {"a\xe0", "\x80\x80", 1},     // overlong
    {"a\xed", "\xa0\x80", 1},     // a surrogate
    {"a\xf4", "\x90\x80\x80", 1}, // above U+10FFFF
    {"", "\x80", 0},
    {"a", "\xc1", 1},
    {"a", "\xf5", 1},
    {"", "ok\xc3\xa9\xfe", 4},
};

START_TEST(broken_character_is_refused_and_nothing_is_lost)
{
    struct stream *stream = open_stream(REQUEST_SHADOW);
    char place[32];
    struct err err;

    (void)feed(stream, text_of(broken[_i].first));
    const size_t held = stream_held(stream), bytes = stream_bytes(stream);
    ck_assert(!stream_add(stream, text_of(broken[_i].second), &err));
    ck_assert_int_eq(err.kind, ERR_BAD_REQUEST);
    ck_assert_str_eq(err.path, "text");
    snprintf(place, sizeof(place), "at byte %zu of", broken[_i].at);
    ck_assert_msg(strstr(err.message, place) != NULL, "%s", err.message);
    ck_assert_uint_eq(stream_held(stream), held);
    ck_assert_uint_ge(stream_bytes(stream), bytes);
    ck_assert(stream_repeats(stream, text_of(broken[_i].first)));
    stream_free(stream);
}
END_TEST

START_TEST(half_a_character_waits_for_its_other_half)
{
    static const char whole[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82";
    struct stream *stream = open_stream(REQUEST_SHADOW);
    struct buffer shown;
    size_t bad;

    buffer_init(&shown, SIZE_MAX);
    for (size_t i = 0; i < sizeof(whole) - 1; i++) {
        const struct stream_step step =
            feed(stream, (struct text){&whole[i], 1});
        buffer_add_text(&shown, step.emit);
        ck_assert(utf8_check(buffer_text(&shown), &bad));
        ck_assert_uint_eq(shown.len + step.held, i + 1);
    }
    ck_assert(text_is(buffer_text(&shown), whole));
    buffer_clear(&shown);
    stream_free(stream);
}
END_TEST

START_TEST(close_inside_a_character_leaves_it_open)
{
    struct stream *stream = open_stream(REQUEST_FINAL);
    struct stream_end end;
    struct buffer shown;
    struct err err;

    buffer_init(&shown, SIZE_MAX);
    buffer_add_text(&shown, feed(stream, TEXT("caf\xc3")).emit);
    ck_assert(judge_begin(bench.judge, bench.engine, &err));
    ck_assert(!stream_close(stream, bench.judge, &terms, &end, &err));
    ck_assert_int_eq(err.kind, ERR_STATE);
    buffer_add_text(&shown, feed(stream, TEXT("\xa9")).emit);
    end = close_stream(stream);
    buffer_add_text(&shown, end.emit);
    ck_assert(text_is(buffer_text(&shown), "caf\xc3\xa9"));
    buffer_clear(&shown);
    stream_free(stream);
}
END_TEST

/* ------------------------------------------------------------------- limits
 */

START_TEST(text_has_its_limit)
{
    struct stream *stream = open_stream(REQUEST_FINAL);
    char *half = support_repeat("x", 2048);
    struct err err;

    (void)feed(stream, text_of(half));
    (void)feed(stream, (struct text){half, 2047});
    ck_assert(!stream_add(stream, TEXT("yz"), &err));
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
    (void)feed(stream, TEXT("y"));
    ck_assert(!stream_add(stream, TEXT("z"), &err));
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
    // It can still be closed, with what went in.
    ck_assert_uint_eq(close_stream(stream).emit.len, 4096);
    stream_free(stream);
    free(half);
}
END_TEST

START_TEST(memory_is_told_and_bounded)
{
    struct stream *stream = open_stream(REQUEST_SHADOW);
    const size_t empty = stream_bytes(stream);

    for (int i = 0; i < 400; i++) {
        const size_t before = stream_bytes(stream);
        const size_t more = stream_bytes_more(stream, 10);
        (void)feed(stream, TEXT("ten bytes."));
        ck_assert_uint_le(stream_bytes(stream) - before, more);
    }
    ck_assert_uint_ge(stream_bytes(stream), empty + 4000);
    ck_assert_uint_le(stream_bytes(stream), empty + 2 * 4096);
    stream_free(stream);
}
END_TEST

START_TEST(open_stream_of_500_bytes_is_small)
{
    struct stream *stream = open_stream(REQUEST_GATE);
    char *text = support_repeat("five.", 100);

    (void)feed(stream, text_of(text));
    // 10,000 of them are to fit into 150 MB.
    ck_assert_msg(stream_bytes(stream) < 15000, "%zu bytes",
                  stream_bytes(stream));
    stream_free(stream);
    free(text);
}
END_TEST

/* ------------------------------------------------------------------- modes */

START_TEST(final_shows_nothing_before_the_close)
{
    struct stream *stream = open_stream(REQUEST_FINAL);

    for (int i = 0; i < 20; i++) {
        const struct stream_step step = feed(stream, TEXT("It is zorblax. "));
        ck_assert(step.emit.len == 0 && !step.stop && !step.retract);
        ck_assert_int_eq(step.verdict, VERDICT_PASS);
    }
    ck_assert(!close_stream(stream).retract);
    stream_free(stream);
}
END_TEST

START_TEST(shadow_shows_all_until_it_turns_bad)
{
    struct stream *stream = open_stream(REQUEST_SHADOW);
    struct stream_step step = feed(stream, TEXT("All is well. "));

    ck_assert(text_is(step.emit, "All is well. ") && step.held == 0);
    for (int i = 0; i < 20 && !step.stop; i++) {
        step = feed(stream, TEXT("It is zorblax. "));
    }
    ck_assert(step.stop && step.retract && step.emit.len == 0);
    ck_assert_int_eq(step.verdict, VERDICT_REFUSE);
    ck_assert(text_is(step.content, "One thing.") ||
              text_is(step.content, "Another thing."));
    // And it stays so.
    step = feed(stream, TEXT("Or not."));
    ck_assert(step.stop && step.retract && step.emit.len == 0);
    ck_assert_uint_gt(step.content.len, 0);
    const struct stream_end end = close_stream(stream);
    ck_assert(end.retract && end.emit.len == 0 && end.content.len > 0);
    stream_free(stream);
}
END_TEST

START_TEST(block_after_something_was_shown_has_no_content)
{
    struct stream *stream = open_stream(REQUEST_SHADOW);

    (void)feed(stream, TEXT("Then came "));
    (void)feed(stream, TEXT("grolm"));
    const struct stream_end end = close_stream(stream);
    ck_assert(end.retract && end.content.at == NULL && end.emit.len == 0);
    stream_free(stream);
}
END_TEST

START_TEST(shadow_takes_back_what_a_redaction_changes)
{
    struct stream *stream = open_stream(REQUEST_SHADOW);

    (void)feed(stream, TEXT("My number is 12345."));
    const struct stream_end end = close_stream(stream);
    ck_assert(end.retract && end.content.len > 0);
    ck_assert(text_equal(end.content, end.result.envelopes[0].content));
    stream_free(stream);
}
END_TEST

START_TEST(last_step_is_told_again)
{
    struct stream *stream = open_stream(REQUEST_SHADOW);
    struct stream_step again;

    stream_last(stream, &again);
    ck_assert(again.emit.len == 0 && isnan(again.drift_score));
    (void)feed(stream, TEXT("one "));
    const struct stream_step step = feed(stream, TEXT("two "));
    ck_assert(text_is(step.emit, "two "));
    stream_last(stream, &again);
    ck_assert(text_equal(again.emit, step.emit) && again.held == step.held);
    ck_assert(stream_repeats(stream, TEXT("two ")));
    ck_assert(!stream_repeats(stream, TEXT("wo ")));
    ck_assert(!stream_repeats(stream, TEXT("")));
    (void)feed(stream, TEXT(""));
    ck_assert(stream_repeats(stream, TEXT("")));
    stream_free(stream);
}
END_TEST

/* Every look judges all there is so far: there may not be many of them. */
START_TEST(looking_costs_a_few_times_the_whole)
{
    struct stream *stream = open_stream(REQUEST_SHADOW);
    size_t judged = 0, last = 0, total = 0;

    for (int i = 0; i < 1000; i++) {
        (void)feed(stream, TEXT("a b."));
        total += 4;
        if (arena_used(judge_arena(bench.judge)) > 0) {
            judged += total;
            last = total;
        }
    }
    ck_assert_uint_gt(last, total / 2);
    ck_assert_msg(judged <= 3 * total + 64, "%zu for %zu bytes", judged, total);
    stream_free(stream);
}
END_TEST

TEST_MAIN("stream", {
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, cut_anywhere_it_equals_the_whole, 0, TEXTS);
    tcase_add_test(tc, unknown_persona_is_refused);
    tcase_add_loop_test(tc, broken_character_is_refused_and_nothing_is_lost, 0,
                        sizeof(broken) / sizeof(broken[0]));
    tcase_add_test(tc, half_a_character_waits_for_its_other_half);
    tcase_add_test(tc, close_inside_a_character_leaves_it_open);
    tcase_add_test(tc, text_has_its_limit);
    tcase_add_test(tc, memory_is_told_and_bounded);
    tcase_add_test(tc, open_stream_of_500_bytes_is_small);
    tcase_add_test(tc, final_shows_nothing_before_the_close);
    tcase_add_test(tc, shadow_shows_all_until_it_turns_bad);
    tcase_add_test(tc, block_after_something_was_shown_has_no_content);
    tcase_add_test(tc, shadow_takes_back_what_a_redaction_changes);
    tcase_add_test(tc, last_step_is_told_again);
    tcase_add_test(tc, looking_costs_a_few_times_the_whole);
})
