#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/oddity.h"
#include "tests/unit/support_bytes.h"

enum { LONG_BYTES = 1 << 20, ALL = (1 << ODDITY_KINDS) - 1 };

static const struct oddity_limits strict = {
    .forbid = ALL, .max_combining_run = 4, .max_invisible = 0};

static struct oddity
find(struct text raw, const struct oddity_limits *limits)
{
    struct oddity out;
    size_t kept[ODDITY_KINDS] = {0};

    oddity_find(raw, limits, &out);
    for (size_t i = 0; i < out.count; i++) {
        const struct oddity_finding *const f = &out.at[i];
        ck_assert_uint_lt(f->raw.from, f->raw.to);
        ck_assert_uint_le(f->raw.to, raw.len);
        ck_assert(!utf8_inside((unsigned char)raw.at[f->raw.from]));
        ck_assert(f->raw.to == raw.len ||
                  !utf8_inside((unsigned char)raw.at[f->raw.to]));
        ck_assert_uint_ge(f->count, 1);
        ck_assert((limits->forbid >> f->kind & 1) != 0);
        kept[f->kind]++;
    }
    for (size_t kind = 0; kind < ODDITY_KINDS; kind++) {
        ck_assert_uint_le(kept[kind], ODDITY_KIND_MOST);
        ck_assert_uint_le(kept[kind], out.found[kind]);
    }
    return out;
}

// --- odd -------------------------------------------------------------------

#define ZWSP        "\xe2\x80\x8b"
#define ZWNJ        "\xe2\x80\x8c"
#define ZWJ         "\xe2\x80\x8d"
#define VS16        "\xef\xb8\x8f"
#define VS17        "\xf3\xa0\x84\x80"
#define ACUTE       "\xcc\x81"
#define TAG_H       "\xf3\xa0\x81\xa8"
#define TAG_I       "\xf3\xa0\x81\xa9"
#define TAG_END     "\xf3\xa0\x81\xbf"
#define TAG(letter) "\xf3\xa0\x81" letter
#define BLACK_FLAG  "\xf0\x9f\x8f\xb4"
#define CYRILLIC_A  "\xd0\xb0"

struct odd {
    const char *text;
    enum oddity_kind kind;
    size_t from, to, count;
};

static const struct odd odd[] = {
    {"so a" ACUTE ACUTE ACUTE ACUTE ACUTE " b", ODDITY_COMBINING, 3, 14, 5},
    {ACUTE ACUTE ACUTE ACUTE ACUTE, ODDITY_COMBINING, 0, 10, 5},
    /* What shows as nothing does not break a run, nor does a double mark. */
    {"a" ACUTE ACUTE ACUTE ACUTE "\xcd\x84", ODDITY_COMBINING, 0, 11, 5},
    /* Hebrew points count half: nine of them. */
    {"\xd7\x90\xd6\xb0\xd6\xb0\xd6\xb0\xd6\xb0\xd6\xb0\xd6\xb0\xd6\xb0\xd6\xb0"
     "\xd6\xb0",
     ODDITY_COMBINING, 0, 20, 9},
    {"pay \xe2\x80\xae"
     "001$ now",
     ODDITY_BIDI_OVERRIDE, 4, 7, 1},
    {"\xe2\x80\xad\xe2\x80\xae"
     "x",
     ODDITY_BIDI_OVERRIDE, 0, 6, 2},
    {"a \xe2\x81\xa6"
     "b\xe2\x81\xa9",
     ODDITY_BIDI_ISOLATE, 2, 5, 1},
    {"a\xe2\x80\xaa", ODDITY_BIDI_ISOLATE, 1, 4, 1},
    {"hi" TAG_H TAG_I " you", ODDITY_TAG_CHARS, 2, 10, 2},
    {"\xf0\x9f\x98\x80" TAG_H TAG_I TAG_END, ODDITY_TAG_CHARS, 4, 16, 3},
    /* No such country; never ended; too long for a subdivision. */
    {BLACK_FLAG TAG("\xb8") TAG("\xb8") TAG("\xa1") TAG_END, ODDITY_TAG_CHARS,
     4, 20, 4},
    {BLACK_FLAG TAG("\xa7") TAG("\xa2") TAG("\xa5"), ODDITY_TAG_CHARS, 4, 16,
     3},
    {BLACK_FLAG TAG("\xa7") TAG("\xa2") TAG("\xa5") TAG("\xa5") TAG("\xa5")
         TAG("\xa5") TAG_END,
     ODDITY_TAG_CHARS, 4, 32, 7},
    {"\xf0\x9f\x98\x80" VS17 VS17 VS17, ODDITY_VARIATION, 4, 16, 3},
    {"a" VS16, ODDITY_VARIATION, 1, 4, 1},
    {"\xe2\x9d\xa4" VS16 VS16, ODDITY_VARIATION, 6, 9, 1},
    {VS16 "a", ODDITY_VARIATION, 0, 3, 1},
    /* An ideograph with one too many. */
    {"\xe8\x91\x9b" VS17 VS17, ODDITY_VARIATION, 7, 11, 1},
    {"b" ZWSP "ad", ODDITY_INVISIBLE, 1, 4, 1},
    {"b" ZWNJ ZWJ "ad", ODDITY_INVISIBLE, 1, 7, 2},
    {"so\xc2\xad"
     "ft",
     ODDITY_INVISIBLE, 2, 4, 1},
    {"a\xef\xbb\xbf", ODDITY_INVISIBLE, 1, 4, 1},
    {"a\xe2\x81\xa3", ODDITY_INVISIBLE, 1, 4, 1},
    {"a\xe2\x80\x8f"
     "b",
     ODDITY_INVISIBLE, 1, 4, 1},
    {"a\xe3\x85\xa4"
     "b",
     ODDITY_INVISIBLE, 1, 4, 1},
    {"a\xe2\xa0\x80"
     "b",
     ODDITY_INVISIBLE, 1, 4, 1},
    {"\xf0\x9f\x98\x80" ZWJ "a", ODDITY_INVISIBLE, 4, 7, 1},
    /* A second joiner after a letter that takes one. */
    {"\xd9\x85\xdb\x8c" ZWNJ ZWNJ "\xd8\xae", ODDITY_INVISIBLE, 7, 10, 1},
    {"a\xee\x80\x80", ODDITY_PRIVATE_USE, 1, 4, 1},
    {"a\xf4\x8f\xbf\xbd", ODDITY_PRIVATE_USE, 1, 5, 1},
    {"a\xef\xbf\xbf", ODDITY_NONCHARACTERS, 1, 4, 1},
    {"a\xef\xb7\x90", ODDITY_NONCHARACTERS, 1, 4, 1},
    {"a\x1b[31m", ODDITY_CONTROL, 1, 2, 1},
    {"a\x7f", ODDITY_CONTROL, 1, 2, 1},
    {"a\xc2\x9b", ODDITY_CONTROL, 1, 3, 1},
    /* bastard with a Cyrillic a; paypal with two. */
    {"you b" CYRILLIC_A "stard", ODDITY_MIXED_SCRIPTS, 4, 12, 1},
    {"p" CYRILLIC_A "yp" CYRILLIC_A "l!", ODDITY_MIXED_SCRIPTS, 0, 8, 2},
    /* idiota: Latin but for its last letter; Greek omicrons. */
    {"idiot" CYRILLIC_A, ODDITY_MIXED_SCRIPTS, 0, 7, 1},
    {"m\xce\xbf"
     "r\xce\xbf"
     "n",
     ODDITY_MIXED_SCRIPTS, 0, 7, 2},
    /* zadnitsa with Latin a: a Russian word in disguise. */
    {"\xd0\xb7"
     "a\xd0\xb4\xd0\xbd\xd0\xb8\xd1\x86" CYRILLIC_A "a",
     ODDITY_MIXED_SCRIPTS, 0, 14, 4},
    {" ", ODDITY_IGNORABLES_ONLY, 0, 1, 1},
    {"\n\n\t", ODDITY_IGNORABLES_ONLY, 0, 3, 3},
};

START_TEST(odd_character_is_found_where_it_stands)
{
    const struct odd *row = &odd[_i];
    const struct oddity_limits only = {.forbid = 1u << row->kind,
                                       .max_combining_run = 4};
    const struct text text = text_of(row->text);
    const struct oddity r = find(text, &only);

    ck_assert_msg(r.count >= 1, "row %d: \"%s\" has no %s", _i, row->text,
                  oddity_name(row->kind));
    ck_assert_msg(r.at[0].raw.from == row->from && r.at[0].raw.to == row->to &&
                      r.at[0].count == row->count,
                  "row %d: \"%s\" %s: [%zu, %zu) %zu", _i, row->text,
                  oddity_name(row->kind), r.at[0].raw.from, r.at[0].raw.to,
                  r.at[0].count);
    // What is not forbidden is not found, and other kinds are not this one.
    const struct oddity_limits others = {.forbid = ALL & ~(1u << row->kind),
                                         .max_combining_run = 4,
                                         .max_invisible = SIZE_MAX};
    ck_assert_uint_eq(find(text, &others).count, 0);
}
END_TEST

/* Ordinary text is skipped: what stands behind it may not notice. */
START_TEST(ordinary_text_before_and_behind_changes_nothing)
{
    static const char words[] = "a bc def ghij klmno pqrstu vwxyz0 ";
    const struct odd *row = &odd[_i];
    const struct oddity_limits only = {.forbid = 1u << row->kind,
                                       .max_combining_run = 4};
    char text[256];

    if (row->kind == ODDITY_IGNORABLES_ONLY ||
        (row->kind == ODDITY_COMBINING && row->from == 0)) {
        return;
    }
    for (size_t pad = 1; pad < sizeof(words); pad++) {
        if (words[pad - 1] != ' ') {
            continue;
        }
        const int len = snprintf(text, sizeof(text), "%.*s%s %s", (int)pad,
                                 words, row->text, words);
        const struct oddity r = find((struct text){text, (size_t)len}, &only);
        ck_assert_uint_ge(r.count, 1);
        ck_assert_msg(r.at[0].raw.from == pad + row->from &&
                          r.at[0].raw.to == pad + row->to,
                      "row %d: \"%s\": [%zu, %zu)", _i, text, r.at[0].raw.from,
                      r.at[0].raw.to);
    }
}
END_TEST

/* Nothing visible, with things that others would call odd too. */
START_TEST(text_of_nothing_to_see_is_odd)
{
    static const char *const texts[] = {
        ZWSP,           " " ZWSP " ",
        "\xe3\x85\xa4", "\xe2\xa0\x80\xe2\xa0\x80",
        VS16,           "\xc2\xad\xc2\xad\n",
        TAG_H TAG_I,    "\xe2\x80\xae",
        "\xef\xbb\xbf",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        const struct oddity r = find(text_of(texts[i]), &strict);
        ck_assert_msg(r.found[ODDITY_IGNORABLES_ONLY] == 1, "text %zu", i);
    }
    ck_assert_uint_eq(find((struct text){NULL, 0}, &strict).count, 0);
}
END_TEST

// --- clean -----------------------------------------------------------------

static const char *const clean[] = {
    "",
    "Plain text, nothing else.\r\n\tIndented.",
    "caf\xc3\xa9 cafe\xcc\x81 na\xc3\xafve \xe2\x80\x9cquoted\xe2\x80\x9d \xe2"
    "\x80\x94 1\xc2\xa0"
    "000",
    /* Vietnamese, decomposed: two marks. */
    "Vie\xcc\xa3\xcc\x82t",
    /* Family, heart on fire, pirate, rainbow, white-haired woman. */
    "\xf0\x9f\x91\xa8" ZWJ "\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x91\xa7",
    "\xe2\x9d\xa4" VS16 ZWJ "\xf0\x9f\x94\xa5",
    BLACK_FLAG ZWJ "\xe2\x98\xa0" VS16,
    "\xf0\x9f\x8f\xb3" VS16 ZWJ "\xf0\x9f\x8c\x88",
    "\xf0\x9f\x91\xa9\xf0\x9f\x8f\xbd" ZWJ "\xf0\x9f\xa6\xb3",
    /* Eye in a speech bubble, detective with a skin and a sex. */
    "\xf0\x9f\x91\x81" VS16 ZWJ "\xf0\x9f\x97\xa8" VS16,
    "\xf0\x9f\x95\xb5\xf0\x9f\x8f\xbd" ZWJ "\xe2\x99\x80" VS16,
    /* England, Scotland, Texas, and Germany by its letters. */
    BLACK_FLAG TAG("\xa7") TAG("\xa2") TAG("\xa5") TAG("\xae") TAG("\xa7")
        TAG_END,
    BLACK_FLAG TAG("\xa7") TAG("\xa2") TAG("\xb3") TAG("\xa3") TAG("\xb4")
        TAG_END " and more",
    BLACK_FLAG TAG("\xb5") TAG("\xb3") TAG("\xb4") TAG("\xb8") TAG_END,
    "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",
    /* Keycaps, text style, symbols in emoji style. */
    "1" VS16 "\xe2\x83\xa3 #" VS16 "\xe2\x83\xa3 \xe2\x98\xba\xef\xb8\x8e \xc2"
    "\xa9" VS16 "\xe2\x84\xa2" VS16 "\xe2\x98\x85" VS16 "\xe2\x84\xb9" VS16,
    /* Persian with its joiner: mi-khaham. */
    "\xd9\x85\xdb\x8c" ZWNJ "\xd8\xae\xd9\x88\xd8\xa7\xd9\x87\xd9\x85",
    /* Hindi: a half letter, and a conjunct forbidden. */
    "\xe0\xa4\x95\xe0\xa5\x8d" ZWJ "\xe0\xa4\xb7 \xe0\xa4\x95\xe0\xa5\x8d" ZWNJ
    "\xe0\xa4\xb7",
    /* Thai with marks and a place to break the line. */
    "\xe0\xb8\x97\xe0\xb8\xb5\xe0\xb9\x88" ZWSP "\xe0\xb8\x99\xe0\xb8\xb5"
    "\xe0\xb9\x89",
    /* Hebrew with points and accents, and a mark of direction. */
    "\xd7\x91\xd6\xbc\xd6\xb0\xd6\x96\xd7\xa8\xd6\xb5\xd7\x90\xd7\xa9\xd7\x81"
    "\xd6\xb4\xd6\x96\xd7\x99\xd7\xaa \xe2\x80\x8f(abc) \xe2\x81\xa8"
    "C++"
    "\xe2\x81\xa9",
    /* A Japanese name with the variant that its bearer writes. */
    "\xe8\x91\x9b" VS17 "\xe9\xa3\xbe\xe5\x8c\xba",
    /* Old Hangul with fillers, Braille, a byte order mark at the start. */
    "\xe1\x85\x9f\xe1\x85\xa1",
    "\xe2\xa0\x80\xe2\xa0\x93\xe2\xa0\x91\xe2\xa0\x80",
    "\xef\xbb\xbfHello",
    /* Russian with a brand and its ending, hyphens, one word of two letters. */
    "\xd0\xba\xd1\x83\xd0\xbf\xd0\xb8\xd0\xbb SMS" CYRILLIC_A
    " \xd0\xb8 VIP\xd1\x8b, IT-\xd0\xbe\xd1\x82\xd0\xb4\xd0\xb5\xd0\xbb",
    "m\xd0\x90",
    /* Greek letters of science: alpha, mu. */
    "\316\261CaMKII and 5 \xce\xbcSv, 3 \xc2\xb5m, TNF\xce\xb1",
    "\xce\xba\xce\xb1\xce\xb9 Google",
    "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, world",
};

START_TEST(what_spelling_and_emoji_need_is_clean)
{
    const struct oddity r = find(text_of(clean[_i]), &strict);

    ck_assert_msg(r.count == 0, "row %d: \"%s\": %s at %zu", _i, clean[_i],
                  oddity_name(r.at[0].kind), r.at[0].raw.from);
}
END_TEST

// --- limits ----------------------------------------------------------------

START_TEST(marks_are_counted_to_the_limit_and_over)
{
    for (size_t marks = 0; marks < 24; marks++) {
        char text[64] = "a";
        for (size_t i = 0; i < marks; i++) {
            memcpy(text + 1 + 2 * i, ACUTE, 3);
        }
        for (size_t most = 0; most < 24; most++) {
            const struct oddity_limits limits = {
                .forbid = 1u << ODDITY_COMBINING, .max_combining_run = most};
            ck_assert_uint_eq(find(text_of(text), &limits).count, marks > most);
        }
    }
}
END_TEST

START_TEST(invisible_characters_are_counted_over_the_text)
{
    const struct text text = TEXT("a" ZWSP "b" ZWSP ZWSP "c \xc2\xad"
                                  "d \xe2\x80\x8e");
    // Places with more than so many before them; two stand side by side.
    static const size_t places[8] = {4, 3, 3, 2, 1, 0, 0, 0};

    for (size_t most = 0; most < 8; most++) {
        const struct oddity_limits limits = {.forbid = 1u << ODDITY_INVISIBLE |
                                                       1u << ODDITY_CONTROL,
                                             .max_invisible = most};
        const struct oddity r = find(text, &limits);
        ck_assert_uint_eq(r.count, places[most]);
        ck_assert_uint_eq(r.found[ODDITY_INVISIBLE], places[most]);
    }
}
END_TEST

START_TEST(one_kind_does_not_crowd_out_another)
{
    char text[400];
    size_t len = 0;

    for (size_t i = 0; i < 50; i++) {
        memcpy(text + len, "a" ZWSP, 4);
        len += 4;
    }
    memcpy(text + len, "x" TAG_H "\x01", 6);
    len += 6;
    const struct oddity r = find((struct text){text, len}, &strict);
    ck_assert_uint_eq(r.count, ODDITY_KIND_MOST + 2);
    ck_assert_uint_eq(r.found[ODDITY_INVISIBLE], 50);
    ck_assert_uint_eq(r.found[ODDITY_TAG_CHARS], 1);
    ck_assert_uint_eq(r.found[ODDITY_CONTROL], 1);
}
END_TEST

/* A text hidden behind an emoji, a byte each, as the published trick does. */
START_TEST(smuggled_bytes_are_found_whole)
{
    char text[8 + 4 * 64] = "\xf0\x9f\x98\x80";
    size_t len = 4;

    for (uint32_t i = 0; i < 64; i++) {
        len += utf8_put(i < 16 ? 0xfe00 + i : 0xe0100 + i - 16, text + len);
    }
    const struct oddity r = find((struct text){text, len}, &strict);
    ck_assert_uint_eq(r.count, 1);
    ck_assert_int_eq((int)r.at[0].kind, ODDITY_VARIATION);
    ck_assert_uint_eq(r.at[0].count, 63); // an emoji may have one
    ck_assert_uint_eq(r.at[0].raw.to, len);
}
END_TEST

static const char *const hostile[] = {
    ACUTE,
    "a" ACUTE,
    ZWSP,
    "\xd9\x85" ZWNJ,
    TAG_H,
    BLACK_FLAG,
    BLACK_FLAG TAG_H TAG_I TAG_H TAG_I TAG_H,
    VS17,
    "\xf0\x9f\x98\x80" ZWJ,
    "\xe2\x80\xae",
    CYRILLIC_A "a",
    "\xef\xb7\xba",
    "\x01",
};

START_TEST(hostile_text_is_read_to_the_end)
{
    const struct text text = support_bytes_repeated(hostile[_i], LONG_BYTES);

    find(text, &strict);
    support_bytes_free(text);
}
END_TEST

/* Each character of Unicode alone, and between two letters. */
START_TEST(every_character_can_be_read)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char text[8] = "x";
        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        const size_t len = utf8_put(c, text + 1);
        text[1 + len] = 'x';
        find((struct text){text + 1, len}, &strict);
        find((struct text){text, len + 2}, &strict);
    }
}
END_TEST

START_TEST(names_and_kinds_belong_together)
{
    for (size_t i = 0; i < ODDITY_KINDS; i++) {
        const enum oddity_kind kind = (enum oddity_kind)i;
        ck_assert_str_ne(oddity_name(kind), "");
        ck_assert_int_eq((int)oddity_of(text_of(oddity_name(kind))), (int)kind);
    }
    ck_assert_int_eq((int)oddity_of(TEXT("tag_char")), ODDITY_KINDS);
    ck_assert_int_eq((int)oddity_of(TEXT("")), ODDITY_KINDS);
    ck_assert_str_eq(oddity_name(ODDITY_KINDS), "");
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(*(table)))

TEST_MAIN(
    "oddity", tcase_add_loop_test(tc, odd_character_is_found_where_it_stands, 0,
                                  COUNT(odd));
    tcase_add_loop_test(tc, ordinary_text_before_and_behind_changes_nothing, 0,
                        COUNT(odd));
    tcase_add_test(tc, text_of_nothing_to_see_is_odd);
    tcase_add_loop_test(tc, what_spelling_and_emoji_need_is_clean, 0,
                        COUNT(clean));
    tcase_add_test(tc, marks_are_counted_to_the_limit_and_over);
    tcase_add_test(tc, invisible_characters_are_counted_over_the_text);
    tcase_add_test(tc, one_kind_does_not_crowd_out_another);
    tcase_add_test(tc, smuggled_bytes_are_found_whole);
    tcase_add_loop_test(tc, hostile_text_is_read_to_the_end, 0, COUNT(hostile));
    tcase_add_test(tc, every_character_can_be_read);
    tcase_add_test(tc, names_and_kinds_belong_together);)
