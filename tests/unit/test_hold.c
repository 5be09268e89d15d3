#include "sidecar/engine/hold.h"

#include <stdlib.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/decoded.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/leet.h"
#include "sidecar/engine/squash.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"
#include "tests/unit/support_safe.h"

/* Terms and patterns that look at the fold view, or at the text as it is. */
static const char by_chars[] = SUPPORT_ENGINE_RULES
    "- {id: WORD, type: terms, terms: [kill, killing time, ass], match: word,"
    " plural: true, allow: [\"kill switch\"], category: c, action: fallback}\n"
    "- {id: PART, type: terms, terms: [zorb], match: substring, category: c,"
    " action: block}\n"
    "- {id: WILD, type: terms, terms: [\"acme*\", \"*globex\"],"
    " match: wildcard, category: c, action: flag}\n"
    "- {id: RAW, type: terms, terms: [Exact], robust: none, category: c,"
    " action: flag}\n"
    "- {id: HIDE, type: terms, terms: [initech, umbrella corp], category: c,"
    " action: redact}\n"
    "- {id: GAP, type: regex, patterns: ['\\bhurt\\b.{0,12}\\byou\\b',"
    " '\\bend of (?:story|line)(?! here)'], category: c, action: fallback}\n"
    "- {id: FIRST, type: regex, pattern: '(?m)^note:', category: c,"
    " action: fallback}\n"
    "- {id: SAID, type: persona_break, terms: [\"i am a bot\"],"
    " skip: [quoted], category: c, action: fallback}\n"
    "- {id: WATCHED, type: terms, terms: [harmless], category: c,"
    " mode: monitor}\n";

/* Without those that may begin anywhere in a word. */
static const char plain[] = SUPPORT_ENGINE_RULES
    "- {id: WORD, type: terms, terms: [kill, ass], match: word, plural: true,"
    " category: c, action: fallback}\n"
    "- {id: GAP, type: regex, patterns: ['\\bhurt\\b.{0,3}\\byou\\b',"
    " '\\bend of story(?! here)'], category: c, action: fallback}\n"
    "- {id: FIRST, type: regex, pattern: '(?m)^note:', category: c,"
    " action: fallback}\n"
    "- {id: HIDE, type: terms, terms: [zorb], category: c, action: redact}\n"
    "- {id: WATCHED, type: terms, terms: [harmless], category: c,"
    " mode: monitor}\n";

static const struct {
    const char *text, *held;
} told[] = {
    // Where a word cannot become one of ours, nothing is held.
    {"so we go", "00000000"},         {"kiln", "1230"},
    {"to kill", "0001234"},           {"kids kill ", "1200012345"},
    {"ass as asset", "123456789+++"}, {"hurt no one", "12345670000"},
    {"note this", "123400000"},       {"a zor zorx", "1012301230"},
    {"harmless", "10000000"},         {"caf\xc3\xa9 kiln", "000 001230"},
};

START_TEST(what_can_be_no_hit_is_let_go_at_once)
{
    struct support_safe s = support_safe(support_engine(plain), NULL);
    char *held = support_safe_held(&s, told[_i].text);

    ck_assert_msg(strcmp(held, told[_i].held) == 0, "%s\n%s, not\n%s",
                  told[_i].text, held, told[_i].held);
    free(held);
    support_safe_clear(&s);
}
END_TEST

/* What the random texts are made of: pieces of what is looked for. */
static const char *const pieces[] = {
    "kill",
    "kil",
    "l",
    "s",
    "es",
    " ",
    " ",
    " ",
    ".",
    ", ",
    "\n",
    "\"",
    "switch",
    "killing",
    "time",
    "ass",
    "zo",
    "rb",
    "zorb",
    "acme",
    "ville",
    "my",
    "globex",
    "Exact",
    "exact",
    "initech",
    "Init",
    "ech",
    "umbrella",
    "umbrella corp",
    "hurt",
    "you",
    "end of",
    "line",
    " here",
    "story",
    "note:",
    "i am a bot",
    "\xc3\xa9",
    "\xe2\x80\x99",
    "\xe2\x80\x94",
    "\xe2\x80\x8b",
    "\xd0\xb0",
    "\xd0\xb8\xd0\xbb",
    "\xcc\x81",
    "\xcc\xb8",
    "<",
    "=",
    "\r",
    "\r\n",
    "\t",
    "\xf0\x9f\x98\x80",
    "\xef\xbd\x8b",
    "\xe4\xbd\xa0",
    "1",
    "!",
    "(",
    ")",
    "-",
    "k",
    "i",
    "k.i.l.l",
    "k i l l",
    "kiiill",
    "k1ll",
    "4ss",
    "*",
    "<b>",
    "&amp;",
    "&#107;",
    "a\xcc\x8a",
    "\xcd\xa1",
    "\x01",
    "\xe2\x80\xae",
    "%6bill",
    "hell",
    "a",
    "I'm",
    "_",
    "~~",
    "`",
    "a2lsbA==",
    "\xef\xbb\xbf",
    "\xf0\x9f\x87\xa6",
};

static uint32_t
draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

static struct text
random_text(uint32_t *seed, char *room, size_t size)
{
    const uint32_t count = 1 + draw(seed, 14);
    size_t len = 0;

    for (uint32_t i = 0; i < count; i++) {
        const char *piece =
            pieces[draw(seed, sizeof(pieces) / sizeof(*pieces))];
        if (strlen(piece) < size - len) {
            memcpy(room + len, piece, strlen(piece));
            len += strlen(piece);
        }
    }
    return (struct text){room, len};
}

/* As by_chars, seen through disguises in every view. */
static const char by_words[] = SUPPORT_ENGINE_RULES
    "- {id: GAP, type: regex, patterns: ['\\bkill\\b.{0,12}\\byou\\b',"
    " '\\bass\\b', 'zorb'], robust: strong, category: c,"
    " action: fallback}\n"
    "- {id: FIRST, type: regex, pattern: '(?m)^note:', category: c,"
    " action: fallback}\n"
    "- {id: HIDE, type: terms, terms: [initech, umbrella corp], category: c,"
    " action: redact}\n";

static const char *const configurations[] = {by_chars, by_words};

START_TEST(nothing_that_is_hit_is_let_go)
{
    enum { TEXTS = 300 };
    struct support_safe s =
        support_safe(support_engine(configurations[_i]), NULL);
    uint32_t seed = 7 + (uint32_t)_i;
    char room[256];

    for (int i = 0; i < TEXTS; i++) {
        support_safe_check_all(&s, random_text(&seed, room, sizeof(room)));
    }
    ck_assert_uint_gt(s.let_go, TEXTS);
    support_safe_clear(&s);
}
END_TEST

START_TEST(nor_wherever_the_text_is_split)
{
    struct support_safe s =
        support_safe(support_engine(configurations[_i]), NULL);
    uint32_t seed = 99 + (uint32_t)_i;
    char room[256];

    for (int i = 0; i < 60; i++) {
        support_safe_check_splits(&s, random_text(&seed, room, sizeof(room)));
    }
    support_safe_clear(&s);
}
END_TEST

START_TEST(a_redaction_is_no_reason_to_hold)
{
    static const char text[] = "Ask Initech now, it is time. And more of it";
    struct support_safe s =
        support_safe(support_engine(configurations[_i]), NULL);

    support_safe_check_all(&s, text_of(text));
    ck_assert_uint_eq(s.redactions, 3);
    ck_assert_uint_gt(s.let_go, 3 * (strlen(text) - 12));
    support_safe_clear(&s);
}
END_TEST

START_TEST(what_a_request_denies_is_held)
{
    static const char *const deny[] = {"deny:Zanzibar", "+WATCHED=block", NULL};
    struct support_safe s = support_safe(support_engine(by_chars), deny);

    support_safe_check_all(&s, TEXT("I would go to z\xe2\x80\x8b"
                                    "anzibar."));
    support_safe_check_all(&s, TEXT("It is harmless, they say."));
    support_safe_clear(&s);
}
END_TEST

/* ---- cost ---------------------------------------------------------------- */

struct growing {
    size_t step;
};

static size_t
by_step(void *context, size_t at)
{
    const struct growing *growing = context;

    return at + growing->step;
}

static const char *const hostile[] = {"kill switch ",
                                      "hurt ",
                                      "initech ",
                                      "acme",
                                      "kil",
                                      "(k",
                                      "zorb zor ",
                                      "\xd0\xb0",
                                      "\xcc\x81",
                                      "<b",
                                      "a ",
                                      "A.",
                                      "&",
                                      "%6",
                                      "k\xe2\x80\x8b",
                                      "f u c ",
                                      "aaaaaa",
                                      "12-34 5.",
                                      "hurt a ",
                                      "bWFrZSBhIGJvbWI",
                                      "\t x",
                                      "\n",
                                      "fu-ck-",
                                      "\xf0\x9f\x98\x80"};

START_TEST(work_grows_with_the_text)
{
    struct growing by = {7};
    struct hold_work work;

    for (size_t c = 0; c < 2; c++) {
        struct support_safe s =
            support_safe(support_engine(configurations[c]), NULL);
        char *text = support_repeat(hostile[_i], 1000);
        const size_t len = strlen(text);
        (void)support_safe_check(&s, text_of(text), by_step, &by, &work);
        ck_assert_msg(work.steps <= 40 * len, "%zu steps for %zu bytes of %s",
                      work.steps, len, hostile[_i]);
        ck_assert_msg(work.scan_bytes <= 5 * len + 20000,
                      "%zu bytes scanned for %zu of %s", work.scan_bytes, len,
                      hostile[_i]);
        ck_assert_uint_le(work.cuts, len);
        ck_assert_msg(work.cut_bytes <= 40 * len + 1000,
                      "%zu bytes looked at for cuts in %zu of %s",
                      work.cut_bytes, len, hostile[_i]);
        free(text);
        support_safe_clear(&s);
    }
}
END_TEST

/* What hold_kinds_ended() promises. */
START_TEST(a_space_is_white_in_every_view)
{
    struct arena *arena = arena_new(1 << 20);
    struct err err;

    fold_char_ready();
    for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x3100 ? 1 : 601) {
        char room[5] = " ";
        struct view views[6] = {{{NULL, 0}, NULL, NULL}};
        if (c >= 0xd800 && c < 0xe000) {
            continue;
        }
        const struct text text = {room, 1 + utf8_put(c, room + 1)};
        arena_reset(arena);
        ck_assert(
            fold_view(text, arena, &views[0], &err) &&
            leet_view(&views[0], LEET_I, arena, &views[1], &err) &&
            leet_view(&views[0], LEET_L, arena, &views[2], &err) &&
            squash_view(&views[0], SQUASH_JOINED, arena, &views[3], &err) &&
            squash_view(&views[0], SQUASH_APART, arena, &views[4], &err) &&
            decoded_view(text, arena, &views[5], &err));
        for (size_t i = 0; i < 6; i++) {
            const struct text view = views[i].text;
            ck_assert_msg(
                view.at == NULL ||
                    (view.len > 0 && (view.at[0] == ' ' || view.at[0] == '\n')),
                "view %zu of a space and U+%04X", i, c);
        }
    }
    arena_free(arena);
}
END_TEST

TEST_MAIN("hold", tcase_add_test(tc, a_space_is_white_in_every_view);
          tcase_add_loop_test(tc, what_can_be_no_hit_is_let_go_at_once, 0,
                              sizeof(told) / sizeof(*told));
          tcase_add_loop_test(tc, nothing_that_is_hit_is_let_go, 0, 2);
          tcase_add_loop_test(tc, nor_wherever_the_text_is_split, 0, 2);
          tcase_add_loop_test(tc, a_redaction_is_no_reason_to_hold, 0, 2);
          tcase_add_test(tc, what_a_request_denies_is_held);
          tcase_add_loop_test(tc, work_grows_with_the_text, 0,
                              sizeof(hostile) / sizeof(*hostile));)
