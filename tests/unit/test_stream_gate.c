/* What a gate lets through, beyond the tests of stream.h. */
#include "sidecar/engine/stream_gate.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

#define RULES                                                                  \
    SUPPORT_ENGINE_RULES                                                       \
    "- {id: SAID, type: terms, terms: [zorblax], category: c, action: "        \
    "fallback}\n"                                                              \
    "- {id: ASKED, type: terms, terms: [grolm], directions: [input], "         \
    "category: c, action: block}\n"                                            \
    "- {id: MARKS, type: unicode, max_combining_run: 2, category: c, "         \
    "action: redact}\n"

enum { HELD = 8 }; /* bytes: the last word, or what stands before it */

static struct support_bench bench;

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

/* All that comes out of it, fed character by character; stopped: at the end. */
static struct buffer
shown(enum request_role role, struct text text, bool *stopped)
{
    struct request request = support_request(NULL);
    struct stream_gate_answer answer;
    struct buffer out;
    struct err err;
    size_t safe = 0;

    request.candidate_count = 0;
    request.role = role;
    struct stream_gate *gate = stream_gate_new(bench.engine, &request, &err);
    ck_assert_ptr_nonnull(gate);
    buffer_init(&out, SIZE_MAX);
    for (size_t at = 0, to = 1; to <= text.len; to++) {
        if (to < text.len && ((unsigned char)text.at[to] & 0xc0) == 0x80) {
            continue;
        }
        const struct stream_gate_text fed = {text_part(text, 0, to), at};
        ck_assert(judge_begin(bench.judge, bench.engine, &err));
        ck_assert_msg(
            stream_gate_advance(gate, bench.judge, &fed, &answer, &err), "%s",
            err.message);
        ck_assert(answer.safe >= safe && answer.safe <= to);
        buffer_add_text(&out, answer.emit);
        safe = answer.safe;
        at = to;
    }
    *stopped = answer.stop;
    stream_gate_free(gate);
    return out;
}

static const struct {
    enum request_role role;
    const char *text, *shown;
    bool stopped;
} cases[] = {
    {REQUEST_ASSISTANT, "Then zorblax came. ", "Then ", true},
    {REQUEST_ASSISTANT, "Then grolm came. ", "Then grolm came. ", false},
    {REQUEST_USER, "Then zorblax came. ", "Then zorblax came. ", false},
    {REQUEST_USER, "Then grolm came. ", "Then ", true},
    {REQUEST_SYSTEM, "Then grolm came. ", "Then ", true},
    // What is odd is looked at with what stood before, and redacted once.
    {REQUEST_ASSISTANT,
     "A be\xcc\x80\xcc\x81\xcc\x82ll, and \xf0\x9f\x87\xa9 \xe2\x80\x8b and "
     "another be\xcc\x80\xcc\x81\xcc\x82ll. So it was. ",
     "A b[combining]ll, and \xf0\x9f\x87\xa9 \xe2\x80\x8b and another "
     "b[combining]ll. So it was. ",
     false},
};

START_TEST(only_what_no_rule_for_the_role_hits_comes_out)
{
    bool stopped;
    struct buffer out =
        shown(cases[_i].role, text_of(cases[_i].text), &stopped);
    const struct text want = text_of(cases[_i].shown);

    ck_assert_msg(text_starts(want, buffer_text(&out)) &&
                      out.len + HELD >= want.len,
                  "%s: %.*s", cases[_i].text, TEXT_ARGS(buffer_text(&out)));
    ck_assert(stopped == cases[_i].stopped);
    buffer_clear(&out);
}
END_TEST

TEST_MAIN("stream_gate", {
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, only_what_no_rule_for_the_role_hits_comes_out, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
})
