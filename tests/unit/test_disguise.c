#include "sidecar/engine/disguise.h"

#include <stdio.h>

#include "sidecar/engine/disguise_chunk.h"
#include "sidecar/engine/disguise_sound.h"
#include "sidecar/engine/disguise_spell.h"
#include "tests/unit/harness.h"

/* ids are places in this list; those from STRONG_FROM on are DISGUISE_STRONG */
static const char *const TERMS[] = {
    "fuck",     "shit",     "bitch", "bastard", "asshole", "whore",    "cock",
    "twat",     "pussy",    "slut",  "cum",     "faggot",  "fucking",  "wanker",
    "knobhead", "bullshit", "ass",   "damn",    "a",       "two words"};
enum { TERM_COUNT = sizeof(TERMS) / sizeof(TERMS[0]), STRONG_FROM = 16 };

static struct ordinary *words;
static struct disguise *disguise;

static void
setup(void)
{
    struct disguise_term terms[TERM_COUNT];
    struct err err;

    for (size_t i = 0; i < TERM_COUNT; i++) {
        terms[i] = (struct disguise_term){text_of(TERMS[i]), (uint32_t)i,
                                          i < STRONG_FROM ? DISGUISE_FUZZY
                                                          : DISGUISE_STRONG};
    }
    words = ordinary_read("config/lists/words_en.txt", &err);
    ck_assert_msg(words != NULL, "%s", err.message);
    disguise = disguise_build(terms, TERM_COUNT, words, &err);
    ck_assert_msg(disguise != NULL, "%s", err.message);
}

static void
teardown(void)
{
    disguise_free(disguise);
    ordinary_free(words);
}

enum { FINDS = 4096 };

struct finds {
    size_t count, most;
    struct {
        uint32_t id;
        struct span span;
        enum disguise_how how;
    } at[FINDS];
};

static bool
note(void *context, uint32_t id, struct span span, enum disguise_how how)
{
    struct finds *f = context;

    f->at[f->count].id = id;
    f->at[f->count].span = span;
    f->at[f->count++].how = how;
    return f->count < f->most;
}

static struct finds
scan(const struct disguise *d, struct text text)
{
    struct finds f = {.most = FINDS};

    ck_assert(disguise_scan(d, text, note, &f));
    return f;
}

/* What is found stands between { and } of `marked`. */
static void
check(const char *marked, const char *term, enum disguise_how how)
{
    char text[256];
    struct span want = {0, 0};
    size_t len = 0;

    for (const char *c = marked; *c != '\0'; c++) {
        if (*c == '{') {
            want.from = len;
        } else if (*c == '}') {
            want.to = len;
        } else {
            text[len++] = *c;
        }
    }
    const struct finds f = scan(disguise, (struct text){text, len});
    ck_assert_msg(f.count == 1, "\"%s\": %zu finds", marked, f.count);
    ck_assert_msg(strcmp(TERMS[f.at[0].id], term) == 0, "\"%s\": %s", marked,
                  TERMS[f.at[0].id]);
    ck_assert_msg(f.at[0].span.from == want.from && f.at[0].span.to == want.to,
                  "\"%s\": [%zu, %zu)", marked, f.at[0].span.from,
                  f.at[0].span.to);
    ck_assert_msg(f.at[0].how == how, "\"%s\": %s", marked,
                  disguise_name(f.at[0].how));
}

static const struct {
    const char *marked, *term;
    enum disguise_how how;
} CASES[] = {
    {"oh {sh1t}, no", "shit", DISGUISE_LEET},
    {"what a {wh0r3}.", "whore", DISGUISE_LEET},
    {"{$h!+}", "shit", DISGUISE_LEET},
    {"\"{b4$7@rd}\"", "bastard", DISGUISE_LEET},
    {"shut up, {(ock}!", "cock", DISGUISE_LEET},
    {"{@$$}", "ass", DISGUISE_LEET},
    {"the {(um} of it", "cum", DISGUISE_LEET},
    {"{fvck} that", "fuck", DISGUISE_LEET},
    {"my-{wh0re}-house", "whore", DISGUISE_LEET},
    {"{b1tch3s} here", "bitch", DISGUISE_LEET},
    {"so {f u c k} it", "fuck", DISGUISE_SPACED},
    {"you {f u c k i n g} fool", "fucking", DISGUISE_SPACED},
    {"she is a {s l u t} ok", "slut", DISGUISE_SPACED},
    {"{s.h.i.t}. ok", "shit", DISGUISE_SPACED},
    {"({s_h_i_t})", "shit", DISGUISE_SPACED},
    {"{b*i*t*c*h}", "bitch", DISGUISE_SPACED},
    {"{t|w|a|t}!", "twat", DISGUISE_SPACED},
    {"{a/s/s/h///o/l/e}", "asshole", DISGUISE_SPACED},
    {"{f - u - c - k} it", "fuck", DISGUISE_SPACED},
    {"{f\nu\nc\nk} it", "fuck", DISGUISE_SPACED},
    {"{w hhh o r e} me", "whore", DISGUISE_SPACED},
    {"{5 h 1 t} me", "shit", DISGUISE_SPACED},
    {"t h e  {s h i t}  x q", "shit", DISGUISE_SPACED},
    {"{\xcf\x83 u m}!", "cum", DISGUISE_SPACED},
    {"{fffuuuccckk}", "fuck", DISGUISE_STRETCHED},
    {"{asss}", "ass", DISGUISE_STRETCHED},
    {"{coccccckkkk}, ok", "cock", DISGUISE_STRETCHED},
    {"what the {f**k}?", "fuck", DISGUISE_MASKED},
    {"{b*st*rd}", "bastard", DISGUISE_MASKED},
    {"{b-tch}, please", "bitch", DISGUISE_MASKED},
    {"{sh#t}!", "shit", DISGUISE_MASKED},
    {"*{sh*t}* ok", "shit", DISGUISE_MASKED},
    {"{b******t}", "bullshit", DISGUISE_MASKED},
    {"{f***}", "fuck", DISGUISE_MASKED},
    {"{c%ck}.", "cock", DISGUISE_MASKED},
    {"{s\xe2\x80\xa2\xe2\x80\xa2t}", "shit", DISGUISE_MASKED},
    {"{f*cking}", "fucking", DISGUISE_MASKED},
    {"what {bullsh it} is", "bullshit", DISGUISE_SPLIT},
    {"{bas-tard}", "bastard", DISGUISE_SPLIT},
    {"{f.uck} you", "fuck", DISGUISE_SPLIT},
    {"{fu ck} you", "fuck", DISGUISE_SPLIT},
    {"{knob-head}", "knobhead", DISGUISE_SPLIT},
    {"{w<b>hore}</b>", "whore", DISGUISE_SPLIT},
    {"{fu\\ck}", "fuck", DISGUISE_SPLIT},
    {"{superfaggot}", "faggot", DISGUISE_GLUED},
    {"a {cumnugget}", "cum", DISGUISE_GLUED},
    {"{youslutface}", "slut", DISGUISE_GLUED},
    {"{superbitch}", "bitch", DISGUISE_GLUED},
    {"{sluttastic}", "slut", DISGUISE_GLUED},
    {"{bicth}", "bitch", DISGUISE_TYPO},
    {"{fcuk} off", "fuck", DISGUISE_TYPO},
    {"{sht}", "shit", DISGUISE_TYPO},
    {"{twt}", "twat", DISGUISE_TYPO},
    {"{bastird}", "bastard", DISGUISE_TYPO},
    {"{phuck} off", "fuck", DISGUISE_SOUND},
    {"{schit}", "shit", DISGUISE_SOUND},
    {"{cokk}", "cock", DISGUISE_SOUND},
    {"{asschole}", "asshole", DISGUISE_SOUND},
    {"{kcuf}", "fuck", DISGUISE_REVERSED},
};

START_TEST(disguises_are_found_where_they_stand)
{
    check(CASES[_i].marked, CASES[_i].term, CASES[_i].how);
}
END_TEST

static const char *const CLEAN[] = {
    "the cat sat on the mat, didn't it?",
    "pass the salt; push it, wash it",
    "c l a s s",
    "p.a.s.s the salt",
    "S.O.S.",
    "u s a",
    "a s a p",
    "t h a n k  y o u",
    "h e l l o  t h e r e",
    "c-o-c-k-p-i-t",
    "a-s-s-i-s-t me",
    "a.s.s.e.t.s. is the fund",
    "the letters s h i p",
    "scunthorpe, hancock, dickens, matsushita and fukui",
    "cocktail peacock shuttlecock wristwatch assassin",
    "w****w h**lo m***et",
    "winter w*nter k#tchen",
    "b-read si ster",
    "as",
    "asset",
    "1455 4550 5417",
    "10:30, 2024-05-06, 3.14, $5.00",
    "c3po r2d2 b2b",
    "e-mail me at info@example.com",
    "https://example.com/a/s/e?t=1",
    "bischop",
    "teh adn whcih comming",
    "(lit) [um] <ok>",
    "the bulls hit the fence",
    "master bates",
    "** bold ** and _it_",
    "plan b its",
    "so...sit",
    "#hashtag @name",
    "ffffff sssss aaaaa",
    "",
    " ",
    "\n\n",
    "!!!",
    "a",
    "f u",
    "f.u.",
    "damned damning",
    "two words",
};

START_TEST(ordinary_text_is_clean)
{
    const struct finds f = scan(disguise, text_of(CLEAN[_i]));

    ck_assert_msg(f.count == 0, "\"%s\": %s as %s", CLEAN[_i],
                  TERMS[f.at[0].id], disguise_name(f.at[0].how));
}
END_TEST

/* What word matching on the fold finds is not reported again. */
START_TEST(plain_words_are_not_disguises)
{
    for (size_t i = 0; i < TERM_COUNT; i++) {
        const struct finds f = scan(disguise, text_of(TERMS[i]));
        ck_assert_msg(f.count == 0, "\"%s\" as %s", TERMS[i],
                      disguise_name(f.at[0].how));
    }
}
END_TEST

START_TEST(every_common_word_is_clean)
{
    struct text word;
    size_t count = 0;

    for (size_t at = 0; ordinary_next(words, &at, &word);) {
        if (ordinary_rank(words, word) == ORDINARY_LISTED) {
            continue;
        }
        const struct finds f = scan(disguise, word);
        ck_assert_msg(f.count == 0, "\"%.*s\": %s as %s", TEXT_ARGS(word),
                      TERMS[f.at[0].id], disguise_name(f.at[0].how));
        count++;
    }
    ck_assert_uint_gt(count, 100000);
}
END_TEST

START_TEST(strong_terms_are_not_guessed_at)
{
    static const char *const texts[] = {"superass", "as-s", "daamnation", "dmn",
                                        "damm",     "nmad", "da mn"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_msg(scan(disguise, text_of(texts[i])).count == 0, "%s",
                      texts[i]);
    }
    check("{d4mn} it", "damn", DISGUISE_LEET);
    check("{daaamn} it", "damn", DISGUISE_STRETCHED);
    check("{d*mn} it", "damn", DISGUISE_MASKED);
    check("{d.a.m.n} it", "damn", DISGUISE_SPACED);
}
END_TEST

/* One text, three rules, two of them fuzzy. */
START_TEST(each_id_of_a_text_is_told_as_its_level_asks)
{
    const struct disguise_term terms[] = {{TEXT("whore"), 7, DISGUISE_FUZZY},
                                          {TEXT("slut"), 1, DISGUISE_FUZZY},
                                          {TEXT("whore"), 5, DISGUISE_STRONG},
                                          {TEXT("whore"), 7, DISGUISE_FUZZY}};
    struct err err;
    struct disguise *d = disguise_build(terms, 4, words, &err);

    ck_assert_ptr_nonnull(d);
    struct finds f = scan(d, TEXT("wh0re"));
    ck_assert_uint_eq(f.count, 3);
    ck_assert_uint_eq(f.at[0].id, 7);
    ck_assert_uint_eq(f.at[1].id, 5);
    ck_assert_uint_eq(f.at[2].id, 7);
    f = scan(d, TEXT("whroe"));
    ck_assert_uint_eq(f.count, 2);
    disguise_free(d);
}
END_TEST

START_TEST(of_terms_that_fit_a_mask_the_first_is_told)
{
    const char *const orders[2][2] = {{"slut", "shit"}, {"shit", "slut"}};

    for (size_t i = 0; i < 2; i++) {
        const struct disguise_term terms[] = {
            {text_of(orders[i][0]), 0, DISGUISE_FUZZY},
            {text_of(orders[i][1]), 1, DISGUISE_FUZZY}};
        struct err err;
        struct disguise *d = disguise_build(terms, 2, words, &err);
        const struct finds f = scan(d, TEXT("s**t"));
        ck_assert_uint_eq(f.count, 1);
        ck_assert_uint_eq(f.at[0].id, 0);
        disguise_free(d);
    }
}
END_TEST

START_TEST(without_words_strong_disguises_are_found)
{
    const struct disguise_term terms[] = {{TEXT("twat"), 3, DISGUISE_FUZZY}};
    struct err err;
    struct disguise *d = disguise_build(terms, 1, NULL, &err);

    ck_assert_ptr_nonnull(d);
    ck_assert_uint_eq(scan(d, TEXT("tw4t t.w.a.t tw*t twaaat")).count, 4);
    ck_assert_uint_eq(scan(d, TEXT("twt supertwat tw at tawt")).count, 0);
    disguise_free(d);
}
END_TEST

START_TEST(terms_of_other_kinds_are_passed_over)
{
    const struct disguise_term terms[] = {
        {TEXT(""), 0, DISGUISE_FUZZY},
        {TEXT("ab"), 1, DISGUISE_FUZZY},
        {TEXT("abcdefghijklmnopqrstuvwxyzabcdefg"), 2, DISGUISE_FUZZY},
        {TEXT("na\xc3\xafve"), 3, DISGUISE_FUZZY},
        {TEXT("two words"), 4, DISGUISE_FUZZY}};
    struct err err;
    struct disguise *d = disguise_build(terms, 5, words, &err);

    ck_assert_ptr_nonnull(d);
    ck_assert_uint_eq(scan(d, TEXT("4b tw0 words two w0rds")).count, 0);
    disguise_free(d);
    d = disguise_build(NULL, 0, words, &err);
    ck_assert_ptr_nonnull(d);
    ck_assert_uint_eq(scan(d, TEXT("sh1t")).count, 0);
    disguise_free(d);
    disguise_free(NULL);
}
END_TEST

START_TEST(the_longest_term_is_found)
{
    const struct disguise_term terms[] = {
        {TEXT("abcdefghijklmnopqrstuvwxyzabcdef"), 9, DISGUISE_FUZZY}};
    struct err err;
    struct disguise *d = disguise_build(terms, 1, words, &err);

    ck_assert_ptr_nonnull(d);
    ck_assert_uint_eq(scan(d, TEXT("abcd3fghijklmnopqrstuvwxyzabcdef")).count,
                      1);
    disguise_free(d);
}
END_TEST

START_TEST(a_refusal_ends_the_scan)
{
    struct finds f = {.most = 2};

    ck_assert(
        !disguise_scan(disguise, TEXT("sh1t f*ck s.h.i.t fcuk"), note, &f));
    ck_assert_uint_eq(f.count, 2);
}
END_TEST

/* Half a window long at most, a disguise is found wherever it stands. */
START_TEST(windows_hide_nothing)
{
    char text[4 * DISGUISE_WINDOW];

    for (size_t before = 0; before < 3 * DISGUISE_WINDOW; before++) {
        memset(text, '9', before);
        memcpy(text + before, ",sh1t,9", 7);
        const struct finds f = scan(disguise, (struct text){text, before + 7});
        ck_assert_msg(f.count >= 1, "behind %zu", before);
        for (size_t i = 0; i < f.count; i++) {
            ck_assert_uint_eq(f.at[i].span.from, before + 1);
            ck_assert_uint_eq(f.at[i].span.to, before + 5);
        }
    }
}
END_TEST

/* Cutting a text anywhere must not read beyond it. */
START_TEST(every_cut_of_a_text_is_read_whole)
{
    static const char text[] =
        "(f.u.c.k s h i t $h!+ b******t w<b>hore</b> fu ck sh\xe2\x82\xact "
        "don't knob-head asss kcuf i\xcf\x83 <b> <bbbbbbbbbbbbbb> ***";

    for (size_t len = 0; len < sizeof(text); len++) {
        char *copy = malloc(len + 1);
        size_t end = len;
        while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) {
            end--;
        }
        ck_assert_ptr_nonnull(copy);
        char *exact = realloc(copy, end > 0 ? end : 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text, end);
        (void)scan(disguise, (struct text){exact, end});
        free(exact);
    }
}
END_TEST

/* Texts of what disguises are made of. */
START_TEST(spans_lie_in_the_text)
{
    static const char alphabet[] = "fucks1t!(*-. '";
    uint64_t state = 12345;

    for (int round = 0; round < 50000; round++) {
        char text[24];
        const size_t len = 1 + (size_t)(state >> 33) % sizeof(text);
        for (size_t i = 0; i < len; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            text[i] = alphabet[(state >> 33) % (sizeof(alphabet) - 1)];
        }
        const struct finds f = scan(disguise, (struct text){text, len});
        for (size_t i = 0; i < f.count; i++) {
            const struct span at = f.at[i].span;
            ck_assert_msg(at.from < at.to && at.to <= len, "%.*s", (int)len,
                          text);
            ck_assert_msg(text[at.from] != ' ' && text[at.to - 1] != ' ',
                          "%.*s", (int)len, text);
        }
    }
}
END_TEST

static bool
forget(void *context, uint32_t id, struct span span, enum disguise_how how)
{
    (void)context;
    (void)id;
    (void)span;
    (void)how;
    return true;
}

/* Work per byte is bounded whatever the text repeats. */
static const char *const HOSTILE[] = {"1",
                                      "1|!l",
                                      "s$5",
                                      "a!1l|i$5s ",
                                      "f.u.c.",
                                      "f u c ",
                                      "s h i t ",
                                      "f****** ",
                                      "s-_-_-h-_-_-i-",
                                      "assassassassassassass ",
                                      "fu cke ",
                                      "fuckig shitti bitcy ",
                                      "a$$5s ",
                                      "xfuckershitassdickcock ",
                                      "*",
                                      "((((",
                                      "sh",
                                      "shishishi",
                                      "i i ! i ",
                                      "b*****************t "};

START_TEST(work_grows_with_the_text)
{
    enum { BYTES = 1 << 16, WORK_PER_BYTE = 40 };
    static char text[BYTES];
    const size_t len = strlen(HOSTILE[_i]);
    size_t work[2];

    for (size_t i = 0; i < BYTES; i++) {
        text[i] = HOSTILE[_i][i % len];
    }
    for (size_t half = 0; half < 2; half++) {
        struct disguise_scan s = {.d = disguise,
                                  .text = {text, BYTES / 2 * (half + 1)},
                                  .found = forget};
        disguise_scan_all(&s);
        work[half] = s.work;
    }
    ck_assert_msg(work[1] <= 2 * work[0] + 4 * DISGUISE_WINDOW_STEPS,
                  "\"%s\": %zu, then %zu", HOSTILE[_i], work[0], work[1]);
    ck_assert_msg(work[1] <= (size_t)WORK_PER_BYTE * BYTES, "\"%s\": %zu",
                  HOSTILE[_i], work[1]);
}
END_TEST

START_TEST(words_that_sound_alike_have_one_sound)
{
    static const struct {
        const char *a, *b;
        bool alike;
    } cases[] = {{"fuck", "phukk", true},  {"cock", "kok", true},
                 {"bitch", "bich", true},  {"shit", "schit", true},
                 {"pussy", "pusie", true}, {"sluts", "slutz", true},
                 {"cocks", "cox", true},   {"coon", "kon", false},
                 {"shit", "sit", false},   {"cell", "kell", false},
                 {"cell", "sell", true},   {"", "", true}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char a[2 * DISGUISE_SOUND_LETTERS], b[2 * DISGUISE_SOUND_LETTERS];
        const size_t a_len = disguise_sound(text_of(cases[i].a), a);
        const size_t b_len = disguise_sound(text_of(cases[i].b), b);
        ck_assert_msg((a_len == b_len && memcmp(a, b, a_len) == 0) ==
                          cases[i].alike,
                      "%s, %s: %.*s, %.*s", cases[i].a, cases[i].b, (int)a_len,
                      a, (int)b_len, b);
    }
}
END_TEST

START_TEST(sounds_fit_their_place)
{
    char word[DISGUISE_SOUND_LETTERS + 1];
    char sound[2 * DISGUISE_SOUND_LETTERS];

    // x is the one letter that sounds like two.
    for (size_t i = 0; i < sizeof(word); i++) {
        word[i] = i % 2 == 0 ? 'x' : 'a';
    }
    ck_assert_uint_gt(
        disguise_sound((struct text){word, sizeof(word) - 1}, sound), 0);
    ck_assert_uint_eq(disguise_sound((struct text){word, sizeof(word)}, sound),
                      0);
}
END_TEST

TEST_MAIN("disguise", tcase_add_checked_fixture(tc, setup, teardown);
          tcase_add_loop_test(tc, disguises_are_found_where_they_stand, 0,
                              sizeof(CASES) / sizeof(CASES[0]));
          tcase_add_loop_test(tc, ordinary_text_is_clean, 0,
                              sizeof(CLEAN) / sizeof(CLEAN[0]));
          tcase_add_loop_test(tc, work_grows_with_the_text, 0,
                              sizeof(HOSTILE) / sizeof(HOSTILE[0]));
          tcase_add_test(tc, plain_words_are_not_disguises);
          tcase_add_test(tc, every_common_word_is_clean);
          tcase_add_test(tc, strong_terms_are_not_guessed_at);
          tcase_add_test(tc, each_id_of_a_text_is_told_as_its_level_asks);
          tcase_add_test(tc, of_terms_that_fit_a_mask_the_first_is_told);
          tcase_add_test(tc, without_words_strong_disguises_are_found);
          tcase_add_test(tc, terms_of_other_kinds_are_passed_over);
          tcase_add_test(tc, the_longest_term_is_found);
          tcase_add_test(tc, a_refusal_ends_the_scan);
          tcase_add_test(tc, windows_hide_nothing);
          tcase_add_test(tc, every_cut_of_a_text_is_read_whole);
          tcase_add_test(tc, spans_lie_in_the_text);
          tcase_add_test(tc, words_that_sound_alike_have_one_sound);
          tcase_add_test(tc, sounds_fit_their_place);)
