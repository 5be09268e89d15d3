/* What a redaction leaves, or makes, is held as well. */
#include "sidecar/engine/hold_again.h"

#include "sidecar/engine/stream.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

#define RULES                                                                  \
    SUPPORT_ENGINE_RULES                                                       \
    "- {id: RUN, type: regex, pattern: '[0-9]{4,9}', category: c, action: "    \
    "redact, operator: {type: mask, chars_to_mask: 3, from_end: true}}\n"      \
    "- {id: LAUGH, type: regex, pattern: 'ha(ha)+', category: c, action: "     \
    "redact, operator: {type: replace, new_value: '(laughs)'}}\n"              \
    "- {id: LOUD, type: regex, pattern: '\\(laughs\\) loud', category: c, "    \
    "action: redact}\n"                                                        \
    "- {id: GONE, type: regex, pattern: '\\+\\+', category: c, action: "       \
    "redact, operator: {type: remove}}\n"                                      \
    "- {id: OURS, type: regex, pattern: 'xyz', category: c, action: "          \
    "redact, operator: {type: replace, new_value: grolm}}\n"                   \
    "- {id: STOP, type: terms, terms: [grolm], category: c, action: block}\n"

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

static const struct {
    const char *text, *before; /* what is shown of it before the close */
    enum envelope_action action;
} cases[] = {
    // A mask that leaves too few digits, and one that leaves enough.
    {"My number is 12345, or so. ", "My number is 12***, or so. ",
     ACTION_REDACT},
    {"My number is 123456789, or so. ", "My number is ", ACTION_FALLBACK},
    {"One is 12345, two is 1234567. So. ", "One is 12***, two is ",
     ACTION_FALLBACK},
    // What stands about a replacement makes a match of it.
    {"He said hahaha quietly. So. ", "He said (laughs) quietly. So. ",
     ACTION_REDACT},
    {"He said hahaha loudly. So. ", "He said ", ACTION_FALLBACK},
    {"A number, 12345: gr++olm. So. ", "A number, 12***: ", ACTION_BLOCK},
    // What the operator puts there is ours, whatever it looks like.
    {"It was xyz, they say. So. ", "It was grolm, they say. So. ",
     ACTION_REDACT},
    {"It was xyz and grolm. So. ", "It was grolm and ", ACTION_BLOCK},
    // Once something was redacted, what might become a match waits.
    {"It was xyz, gro", "It was grolm, ", ACTION_REDACT},
};

enum { CASES = sizeof(cases) / sizeof(cases[0]) };

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

/* What is shown of the text, fed so many bytes at a time. */
static void
check(struct text text, size_t piece, const char *want,
      enum envelope_action action)
{
    struct request request = support_request(NULL);
    struct stream_end end;
    struct buffer shown;
    struct err err;

    request.candidate_count = 0;
    struct stream *stream = stream_open(bench.engine, &request, &err);
    ck_assert_ptr_nonnull(stream);
    buffer_init(&shown, SIZE_MAX);
    for (size_t at = 0; at < text.len; at += piece) {
        const size_t to = piece < text.len - at ? at + piece : text.len;
        buffer_add_text(&shown, feed(stream, text_part(text, at, to)).emit);
    }
    ck_assert_msg(text_starts(text_of(want), buffer_text(&shown)) &&
                      shown.len + 2 >= strlen(want),
                  "%.*s by %zu: %.*s", TEXT_ARGS(text), piece,
                  TEXT_ARGS(buffer_text(&shown)));
    ck_assert(judge_begin(bench.judge, bench.engine, &err));
    ck_assert(stream_close(stream, bench.judge, &terms, &end, &err));
    ck_assert(!end.defect);
    ck_assert_msg(end.result.envelopes[0].action == action, "%.*s: %s",
                  TEXT_ARGS(text),
                  envelope_action_names[end.result.envelopes[0].action]);
    buffer_clear(&shown);
    stream_free(stream);
}

START_TEST(match_of_the_redacted_text_is_not_shown)
{
    for (size_t piece = 1; piece < 12; piece++) {
        check(text_of(cases[_i].text), piece, cases[_i].before,
              cases[_i].action);
    }
}
END_TEST

START_TEST(memory_is_told)
{
    struct request request = support_request(NULL);
    struct err err;

    request.candidate_count = 0;
    struct stream *stream = stream_open(bench.engine, &request, &err);
    (void)feed(stream, TEXT("It was 1234, they say. "));
    const size_t before = stream_bytes(stream);
    for (int i = 0; i < 100; i++) {
        (void)feed(stream, TEXT("And 4321. "));
    }
    // The text twice over, and a place for each number.
    ck_assert_uint_ge(stream_bytes(stream), before + 100 * 32);
    ck_assert_uint_le(stream_bytes(stream), before + 32768);
    stream_free(stream);
}
END_TEST

TEST_MAIN("hold_again", {
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, match_of_the_redacted_text_is_not_shown, 0, CASES);
    tcase_add_test(tc, memory_is_told);
})
