#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/tools/show.h"
#include "sidecar/tools/show_json.h"
#include "sidecar/tools/show_text.h"
#include "sidecar/tools/show_views.h"
#include "tests/unit/support_engine.h"

/* What is printed between memory_open and memory_close. */
static char *said;
static size_t said_len;

static FILE *
memory_open(void)
{
    FILE *to = open_memstream(&said, &said_len);

    ck_assert_ptr_nonnull(to);
    return to;
}

static const struct {
    const char *text, *shown;
} safe[] = {
    {"plain", "plain"},
    {"", ""},
    {"a\nb\tc", "a\\nb\\u{9}c"},
    {"\x1b[31mred\x7f", "\\u{1b}[31mred\\u{7f}"},
    {"\xc2\x9b"
     "31m",
     "\\u{9b}31m"}, /* a control of one character */
    {"a\xe2\x80\x8b"
     "b",
     "a\\u{200b}b"},
    {"\xe2\x80\xae"
     "x",
     "\\u{202e}x"},
    {"\xf3\xa0\x81\x81", "\\u{e0041}"},
    {"\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80"},
    {"\xc3(", "\\xc3("}, /* not UTF-8: no byte of it is trusted */
    {"\xc3\xa9\xff", "\\xc3\\xa9\\xff"},
};

START_TEST(a_terminal_is_safe)
{
    FILE *to = memory_open();

    show_text_plain(to, text_of(safe[_i].text));
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_str_eq(said, safe[_i].shown);
    free(said);
}
END_TEST

START_TEST(colours_and_marks)
{
    const unsigned char colours[] = {0, SHOW_RED, SHOW_RED, SHOW_CYAN, 0};
    const struct text text = TEXT("abc\x01"
                                  "e");
    FILE *to = memory_open();

    show_text_coloured(to, text, colours);
    fputc('|', to);
    show_text_marks(to, text, colours);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_str_eq(said, "a\033[0m\033[1;31mbc\033[0m\033[1;36m\\u{1}\033[0me"
                           "| ^^^^^^^");
    free(said);
}
END_TEST

START_TEST(when_there_are_colours)
{
    enum show_when when;

    ck_assert(show_when_of("always", &when) && when == SHOW_ALWAYS);
    ck_assert(show_when_of("never", &when) && when == SHOW_NEVER);
    ck_assert(show_when_of("auto", &when) && when == SHOW_AUTO);
    ck_assert(!show_when_of("", &when));
    ck_assert(show_text_colours(SHOW_ALWAYS));
    ck_assert(!show_text_colours(SHOW_NEVER));
    ck_assert_str_eq(show_text_on(SHOW_RED, false), "");
}
END_TEST

START_TEST(json_and_yaml)
{
    struct show_json json;
    FILE *to = memory_open();

    for (int i = 0; i < 2; i++) {
        show_json_open(&json);
        show_json_text(&json, "a", TEXT("x\"\n"));
        show_json_uint(&json, "b", 7);
        show_json_double(&json, "c", (double)NAN);
        show_json_bool(&json, "d", true);
        show_json_place(&json, (struct place){"f.yaml", 2, 3});
        ck_assert(i == 0 ? show_json_close(&json, to)
                         : show_json_close_yaml(&json, "\n  ", to));
    }
    show_json_open(&json);
    show_json_text(&json, "a", TEXT("\xff"));
    ck_assert(!show_json_close(&json, to));
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_str_eq(said, "{\"a\":\"x\\\"\\n\",\"b\":7,\"c\":null,\"d\":true,"
                           "\"file\":\"f.yaml\",\"line\":2,\"column\":3}"
                           "\n  a: \"x\\\"\\n\"\n\n  b: 7\n\n  c: null\n"
                           "\n  d: true\n\n  file: \"f.yaml\"\n\n  line: 2\n"
                           "\n  column: 3\n");
    free(said);
}
END_TEST

/* ------------------------------------------------------------- a whole verdict
 */

static const char yaml[] =
    "schema: 1\n"
    "categories: {c: {thresholds: {flag: 0.3, block: 0.9}}, d: {}}\n"
    "groups: {g: {max_score: 0.4}}\n"
    "fallbacks: {default: {en: [One thing.]}}\n"
    "rules:\n"
    "- {id: MANY, type: terms, terms: [aa], category: c, score: 0.5, "
    "max_hits: 2, msg: twice}\n"
    "- {id: CAPPED, type: terms, terms: [bb], category: c, score: 0.8, "
    "group: g, action: redact}\n"
    "- {id: NICE, type: terms, terms: [cc], category: c, score: -0.5}\n"
    "- {id: SEEN, type: terms, terms: [dd], category: c, score: 0.9, mode: "
    "monitor, action: block}\n"
    "- {id: OTHER, type: terms, terms: [ee], category: d, score: 0.25}\n";

static const char *
told(const char *text)
{
    struct support_bench bench = support_bench_of(yaml);
    const struct request_candidate candidate = {.text = text_of(text)};
    const struct request request = support_request(&candidate);
    FILE *to = memory_open();
    const struct show_subject subject = {.engine = bench.engine,
                                         .request = &request,
                                         .candidate = &candidate,
                                         .envelope =
                                             support_judge(&bench, &request),
                                         .to = to};
    struct err err;

    ck_assert(show_verdict(&subject, &err));
    ck_assert_int_eq(fclose(to), 0);
    support_bench_clear(&bench);
    return said;
}

static const struct {
    const char *text, *part;
} parts[] = {
    {"nothing here", "ship  verdict pass\n"},
    {"nothing here", "\nno hits\n"},
    {"aa", "ship  verdict flag, decided by threshold c\n"},
    {"aa", "    MANY                         0.5  (0.5)\n"},
    {"aa", "    = 0.5  flag 0.3 reached  block 0.9\n"},
    {"aa", "\n      twice\n"},
    {"aa aa", "0.625  (0.5, 1/2 of 0.5)\n"},
    {"aa aa aa", "0.625  (0.5, 1/2 of 0.5; 1 beyond max_hits)\n"},
    {"bb", "    group g                      0.4  (capped by max_score)\n"},
    {"bb", "redact  verdict redact, decided by rule CAPPED\n"},
    {"bb", "\nshown instead\n  [redacted]\n"},
    {"aa cc", "    NICE                         times 1 - 0.5  (0.5)\n"},
    {"aa cc", "    = 0.25  flag 0.3  block 0.9\n"},
    {"dd", "(would be block if all were enforced)\n"},
    {"dd", "    SEEN                         not enforced: 0.9\n"},
    {"dd", "    = 0  flag 0.3  block 0.9\n"},
    {"ee", "  d\n    OTHER                        0.25  (0.25)\n    = 0.25\n"},
    {"a\xe2\x80\x8b"
     "a",
     "\n  fold         aa\n"}, /* what is dropped shows in the views */
};

START_TEST(every_step_is_told)
{
    const char *want = parts[_i].part;
    const char *all = told(parts[_i].text);

    ck_assert_msg(strstr(all, want) != NULL, "%s: no\n%s\nin\n%s",
                  parts[_i].text, want, all);
    // The steps of these texts are complete.
    ck_assert_ptr_null(strstr(all, "the steps shown come to"));
    free(said);
}
END_TEST

static const struct {
    const char *persona, *text, *part;
} voices[] = {
    {"falstaff", "Give me a cup of sack, boy.",
     "voice  falstaff  low_evidence\n"},
    {"falstaff", "Give me a cup of sack, boy.",
     ": too short to alert (27 characters)\n"},
    {"falstaff",
     "Certainly! I'd be happy to help you prioritize your goals and consider "
     "several important options.",
     ", alerts from 0.30 on (the persona's own), which 5 in 100 lines of hers "
     "reach: alert\n"},
    {"falstaff",
     "Certainly! I'd be happy to help you prioritize your goals and consider "
     "several important options.",
     "fewer than 1 in 1,000 lines of her own lie as far out or farther, "},
    {"falstaff",
     "Certainly! I'd be happy to help you prioritize your goals and consider "
     "several important options.",
     "    assistant    do not sound like a generic assistant: it shows in "},
    /* a line of his own is the nearest to itself, and told in full */
    {"falstaff",
     "Well, thou hast called her to a reckoning many a time and oft.",
     "    nearest   sample 1, likeness 1.00: Well, thou hast called her to "
     "a reckoning many a time and oft.\n"},
    {"falstaff",
     "Well, thou hast called her to a reckoning many a time and oft.",
     "measured the text: leeway-style-1, scale calibrated, 1 - cosine "},
    {"falstaff", "", "voice  falstaff  not_applicable\n"},
    {"", "Give me a cup of sack, boy.", "voice  not_applicable\n"},
};

START_TEST(a_voice_is_told_in_words)
{
    struct support_bench b = support_bench(support_engine_shipped());
    const struct request_candidate candidate = {.text =
                                                    text_of(voices[_i].text)};
    struct request request = support_request(&candidate);
    FILE *to = memory_open();
    struct err err;

    request.persona = text_of(voices[_i].persona);
    request.explain = true;
    const struct show_subject subject = {.engine = b.engine,
                                         .request = &request,
                                         .candidate = &candidate,
                                         .envelope =
                                             support_judge(&b, &request),
                                         .to = to};
    ck_assert(show_verdict(&subject, &err));
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_msg(strstr(said, voices[_i].part) != NULL, "no\n%s\nin\n%s",
                  voices[_i].part, said);
    free(said);
    support_bench_clear(&b);
}
END_TEST

START_TEST(views_build_and_lead_back)
{
    struct arena *arena = arena_new(1 << 20);
    const struct text raw = TEXT("B\xc3\xa4"
                                 "d \xef\xbd\x81!");

    for (size_t i = 0; i < show_view_count; i++) {
        struct view view;
        struct err err;
        ck_assert(show_views[i].build(raw, arena, &view, &err));
        const struct span all = view_raw_span(&view, 0, view.text.len);
        ck_assert_uint_eq(all.from, 0);
        ck_assert_uint_le(all.to, raw.len);
    }
    arena_free(arena);
}
END_TEST

TEST_MAIN("show", tcase_add_loop_test(tc, a_terminal_is_safe, 0,
                                      sizeof(safe) / sizeof(safe[0]));
          tcase_add_test(tc, colours_and_marks);
          tcase_add_test(tc, when_there_are_colours);
          tcase_add_test(tc, json_and_yaml);
          tcase_add_loop_test(tc, every_step_is_told, 0,
                              sizeof(parts) / sizeof(parts[0]));
          tcase_add_loop_test(tc, a_voice_is_told_in_words, 0,
                              sizeof(voices) / sizeof(voices[0]));
          tcase_add_test(tc, views_build_and_lead_back);)
