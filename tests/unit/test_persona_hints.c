/* Why a reply lies off the voice, and what to do about it: persona_hints. */
#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "tests/unit/support_persona.h"

enum { DIM = SUPPORT_PERSONA_DIM };

#define HIS     SUPPORT_PERSONA_HIS
#define NOT_HIS SUPPORT_PERSONA_NOT_HIS
#define FRENCH                                                                 \
    "Je ne sais pas pourquoi vous me demandez cela, mon ami, mais je vais "    \
    "vous r\303\251pondre tout de suite avec plaisir."

static const char *const kinds[] = {
    "assistant", "habit", "capitals", "length",       "word",
    "phrase",    "mark",  "opening",  "nearest_line", "language"};

static const struct {
    const char *text;
    const char *kind;  /* among the hints */
    const char *says;  /* in its text */
    const char *never; /* no hint is of this kind, or NULL */
} hinted[] = {
    {NOT_HIS, "assistant", "generic assistant: it shows in \"help\"",
     "capitals"},
    {NOT_HIS, "word", "do not say \"", "length"},
    {NOT_HIS, "habit", "use fewer words of nine letters", NULL},
    {"PLEASE LET ME KNOW WHETHER YOU HAVE ANY FURTHER QUESTIONS TODAY, SIR",
     "capitals", "do not write in capitals: 100 words in 100", "length"},
    {HIS, "nearest_line", "write as in sample ", "assistant"},
    {FRENCH, "language", "in the language \"en\": this reads as \"fr\"",
     "word"},
    {FRENCH, "language", "in the language \"en\"", "habit"},
    {HIS, "nearest_line", "write as in sample ", "language"},
    {"### (((Please))) &&& %%% ;;; [[[ok]]] $$$ ### (((Please))) &&& %%% @@@",
     "mark", "do without \"", NULL},
};

START_TEST(hints_say_what_to_do)
{
    struct support_bench b = support_persona("");
    const struct envelope_drift *d =
        support_persona_drift(&b, hinted[_i].text, "", NULL, 0);
    bool found = false;

    for (size_t i = 0; i < d->hint_count; i++) {
        const struct envelope_hint *h = &d->hints[i];
        bool known = false;
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            known = known || strcmp(h->kind, kinds[k]) == 0;
        }
        ck_assert_msg(known, "%s", h->kind);
        ck_assert_uint_gt(h->text.len, 0);
        ck_assert_int_eq(isnan(h->here), isnan(h->hers));
        ck_assert_int_eq(h->sample >= 0, strcmp(h->kind, "nearest_line") == 0);
        ck_assert(isnan(h->strength) || h->strength > 0);
        ck_assert(hinted[_i].never == NULL ||
                  strcmp(h->kind, hinted[_i].never) != 0);
        char text[512];
        snprintf(text, sizeof(text), "%.*s", TEXT_ARGS(h->text));
        found = found || (strcmp(h->kind, hinted[_i].kind) == 0 &&
                          strstr(text, hinted[_i].says) != NULL);
    }
    ck_assert_msg(found, "%s: no %s", hinted[_i].text, hinted[_i].kind);
    ck_assert_ptr_nonnull(d->own);
    ck_assert_ptr_nonnull(d->pull);
    ck_assert(d->own[ENVELOPE_NEAREST].likeness >=
              d->own[ENVELOPE_FARTHEST].likeness);
    support_bench_clear(&b);
}
END_TEST

/* One character less or more than any line of hers. */
START_TEST(length_is_told_where_it_is_none_of_hers)
{
    struct support_bench b = support_persona("");
    char *huge = support_repeat("What is honour? a word, and no more. ", 400);
    const struct {
        const char *text, *says;
    } rows[] = {{"I", "write more: "}, {huge, "write less: "}, {HIS, NULL}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct envelope_drift *d =
            support_persona_drift(&b, rows[i].text, "", NULL, 0);
        bool told = false;
        for (size_t k = 0; k < d->hint_count; k++) {
            const struct envelope_hint *h = &d->hints[k];
            if (strcmp(h->kind, "length") == 0) {
                told = true;
                ck_assert(text_starts(h->text, text_of(rows[i].says)));
                ck_assert((h->here > h->hers) == (i == 1));
            }
        }
        ck_assert_msg(told == (rows[i].says != NULL), "row %zu", i);
    }
    free(huge);
    support_bench_clear(&b);
}
END_TEST

/* Any text, on hostile ends: no more than there is room for, and no crash. */
START_TEST(hints_survive_any_text)
{
    static const char *const pieces[] = {
        "A",   "a ",       "!?",           "\xf0\x9f\x8e\x89",
        "AI ", "it's ",    "\xe2\x80\x8b", "Please help! ",
        "(((", "\xcc\x81", "1 2 3 ",       "wwwwwwwwwwwwwwwwwwww"};
    struct support_bench b = support_persona("min_chars: 0");

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        for (size_t n = 1; n <= 4096; n *= 8) {
            char *text = support_repeat(pieces[i], n);
            const struct envelope_drift *d =
                support_persona_drift(&b, text, "", NULL, 0);
            ck_assert_uint_le(d->hint_count, 10);
            for (size_t k = 0; k < d->hint_count; k++) {
                size_t bad;
                ck_assert_msg(utf8_check(d->hints[k].text, &bad), "%s",
                              pieces[i]);
                ck_assert_uint_lt(d->hints[k].text.len, 512);
            }
            free(text);
        }
    }
    support_bench_clear(&b);
}
END_TEST

/* The nth allocation and all after it fail, for every n. */
START_TEST(without_memory_there_is_no_verdict)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    static const float values[DIM] = {1, 1, 1, 1, 1, 1, 1, 1};
    const struct request_vector vector = {
        .model = TEXT("m1"), .values = values, .dim = DIM};
    const struct request_candidate candidate = {
        .text = TEXT(NOT_HIS), .vectors = &vector, .vector_count = 1};
    struct support_bench b = support_persona("fuse_weight: 0.5");
    struct request request = support_request(&candidate);
    bool done = false;
    size_t n = 0;

    request.persona = TEXT("jack");
    request.explain = true;
    const size_t hints = support_judge(&b, &request)->drift.hint_count;
    while (!done && n < 1000) {
        ck_assert(judge_begin(b.judge, b.engine, &b.err));
        arena_fail_at(judge_arena(b.judge), ++n);
        done = judge_request(b.judge, b.engine, &request, &terms, &b.result,
                             &b.err);
        arena_fail_at(judge_arena(b.judge), 0);
        ck_assert_msg(done || b.err.kind == ERR_MEMORY, "n = %zu: %s", n,
                      b.err.message);
    }
    ck_assert(done);
    ck_assert_uint_gt(n, 2 * hints);
    ck_assert_uint_eq(b.result.envelopes[0].drift.hint_count, hints);
    support_bench_clear(&b);
}
END_TEST

TEST_MAIN("persona_hints",
          tcase_add_loop_test(tc, hints_say_what_to_do, 0,
                              sizeof(hinted) / sizeof(hinted[0]));
          tcase_add_test(tc, length_is_told_where_it_is_none_of_hers);
          tcase_add_test(tc, hints_survive_any_text);
          tcase_add_test(tc, without_memory_there_is_no_verdict);)
