#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/base/file.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/language.h"
#include "sidecar/engine/language_table.h"
#include "sidecar/engine/language_words.h"
#include "tests/unit/support_bytes.h"

enum { LONG_BYTES = 1 << 20, GROUP = 3 };

static const char sentences_path[] = "tests/data/languages/sentences.txt";

static const struct text english[] = {{"en", 2}};

static bool
is_other(const char *text)
{
    const struct language_finding f = language_guess(text_of(text));

    ck_assert(f.confidence >= 0 && f.confidence <= 1);
    return language_is_other(&f, english, 1);
}

// --- the sentences ---------------------------------------------------------

struct count {
    char code[8];
    size_t sentences, named, groups, groups_named, groups_other;
    char group[1024];
    size_t in_group;
};

static void
count_group(struct count *n)
{
    const struct language_finding f = language_guess(text_of(n->group));

    n->groups++;
    n->groups_named += strcmp(f.code, n->code) == 0;
    n->groups_other += language_is_other(&f, english, 1);
    n->group[0] = '\0';
    n->in_group = 0;
}

static void
count_sentence(struct count *n, struct text line)
{
    const size_t used = strlen(n->group);

    n->sentences++;
    n->named += strcmp(language_guess(line).code, n->code) == 0;
    ck_assert_uint_lt(used + line.len + 2, sizeof(n->group));
    snprintf(n->group + used, sizeof(n->group) - used, "%.*s ",
             TEXT_ARGS(line));
    if (++n->in_group == GROUP) {
        count_group(n);
    }
}

/* Names most single sentences, and nearly all replies of three. */
static void
check_count(const struct count *n)
{
    const bool is_english = strcmp(n->code, "en") == 0;

    if (n->sentences == 0) {
        return;
    }
    // Finnish bends its words out of every list.
    ck_assert_msg(n->named * 2 >= n->sentences, "%s: %zu of %zu named", n->code,
                  n->named, n->sentences);
    ck_assert_msg(n->groups_named + 1 >= n->groups, "%s: %zu of %zu named",
                  n->code, n->groups_named, n->groups);
    if (is_english) {
        ck_assert_uint_eq(n->groups_other, 0);
    } else {
        ck_assert_msg(n->groups_other + 1 >= n->groups && n->groups_other > 0,
                      "%s: %zu of %zu other than English", n->code,
                      n->groups_other, n->groups);
    }
}

START_TEST(languages_are_told_apart)
{
    struct buffer file;
    struct err err;
    struct count n = {.code = ""};
    size_t languages = 0, named = 0, sentences = 0;

    ck_assert_msg(file_read(sentences_path, 1 << 18, &file, &err), "%s",
                  err.message);
    for (size_t from = 0, to; from < file.len; from = to + 1) {
        const char *const end = memchr(file.at + from, '\n', file.len - from);
        to = end != NULL ? (size_t)(end - file.at) : file.len;
        const struct text line = text_part(buffer_text(&file), from, to);
        if (line.len == 0 || line.at[0] == '#') {
            continue;
        }
        if (line.at[0] != '[') {
            count_sentence(&n, line);
            continue;
        }
        check_count(&n);
        named += n.named;
        sentences += n.sentences;
        n = (struct count){.code = ""};
        snprintf(n.code, sizeof(n.code), "%.*s", (int)line.len - 2,
                 line.at + 1);
        ck_assert_msg(language_is_known(text_of(n.code)), "%s", n.code);
        languages++;
    }
    check_count(&n);
    ck_assert_uint_eq(languages, 30);
    ck_assert_uint_ge(named * 100, sentences * 88);
    buffer_clear(&file);
}
END_TEST

// --- the benefit of the doubt ----------------------------------------------

/* In English, or in nothing much: never another language. */
static const char *const clean[] = {
    "",
    " ",
    "12345 67890 -- 11!",
    "Bonjour!",
    "Hasta la vista, baby. Que sera, sera.",
    "Oui, mon ami! Let us drink to la belle France and forget the war.",
    "S\xc3\xad, se\xc3\xb1or, I will bring the horses before noon, no te "
    "preocupes.",
    "\"Ich bin ein Berliner,\" he said, and the crowd went wild with joy.",
    "Mein Gott, Herr Doktor, the machine, it is alive!",
    "Ave Maria, gratia plena, Dominus tecum, benedicta tu in mulieribus.",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod "
    "tempor incididunt ut labore et dolore magna aliqua.",
    "Klaatu barada nikto! Ph'nglui mglw'nafh Cthulhu R'lyeh wgah'nagl fhtagn.",
    "Mrs. Van der Berg met Se\xc3\xb1or Garc\xc3\xad"
    "a de la Vega at the "
    "Caf\xc3\xa9 de la Paix.",
    "Och, ye wee bairn, dinnae fash yersel, the bonnie lass is gang hame the "
    "nicht.",
    "lol idk tbh u r rly funny ngl gtg ttyl brb omg smh fr fr no cap",
    "Ay, ay, ay, ay; 'tis too plain a case.",
    "Ja ja ja ja ja ja ja! Nein nein nein nein nein nein!",
    "The word \xe6\x84\x9b means love, and \xd0\xbb\xd1\x8e\xd0\xb1\xd0\xbe"
    "\xd0\xb2\xd1\x8c means it too, in Russian.",
    "aaaaaaaaaaaa bbbbbbbbb ccccccccccc ddddddddd eeeeeeee ffffff ggggg hhh "
    "iii "
    "jjj",
    "Tyrion, Daenerys, Cersei, Jaime, Sansa, Arya, Brienne, Varys, Jorah, "
    "Theon, Samwell, Gilly",
};

START_TEST(doubtful_text_is_in_no_other_language)
{
    ck_assert_msg(!is_other(clean[_i]), "\"%s\"", clean[_i]);
}
END_TEST

static const char french[] =
    "Le vieux moulin au bord de la rivi\xc3\xa8re ne tourne plus depuis "
    "longtemps, mais les enfants y jouent encore tous les soirs.";

START_TEST(allowed_language_is_not_another)
{
    static const struct {
        struct text allowed[3];
        size_t count;
        bool other;
    } rows[] = {
        {{{"en", 2}}, 1, true},
        {{{NULL, 0}}, 0, true},
        {{{"fr", 2}}, 1, false},
        {{{"fr-CA", 5}}, 1, false},
        {{{"en", 2}, {"de", 2}, {"fr_FR", 5}}, 3, false},
        {{{"en", 2}, {"de", 2}, {"ja", 2}}, 3, true},
        /* Swahili is not known here: it might be that. */
        {{{"en", 2}, {"sw", 2}}, 2, false},
        {{{"", 0}}, 1, false},
        {{{"f", 1}}, 1, false},
    };
    const struct language_finding f = language_guess(text_of(french));

    ck_assert_str_eq(f.code, "fr");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_msg(language_is_other(&f, rows[i].allowed, rows[i].count) ==
                          rows[i].other,
                      "row %zu", i);
    }
}
END_TEST

START_TEST(relatives_are_not_another)
{
    // Norwegian that could be Danish.
    const char text[] = "Han har ikke v\xc3\xa6ret her siden i g\xc3\xa5r, men "
                        "han kommer vel igjen til byen i morgen.";
    const struct text danish = TEXT("da"), bokmal = TEXT("nb");
    const struct language_finding f = language_guess(text_of(text));

    ck_assert(!language_is_other(&f, &danish, 1));
    ck_assert(!language_is_other(&f, &bokmal, 1));
    ck_assert(language_is_other(&f, english, 1));
}
END_TEST

START_TEST(codes_are_known_by_their_first_part)
{
    static const char *const known[] = {"en", "pt-BR", "zh-Hant-TW", "nb",
                                        "nn", "uk",    "ja"};
    static const char *const others[] = {"",   "e",  "eng",     "EN",
                                         "sw", "xx", "unknown", "-en"};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        ck_assert_msg(language_is_known(text_of(known[i])), "%s", known[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        ck_assert_msg(!language_is_known(text_of(others[i])), "%s", others[i]);
    }
}
END_TEST

START_TEST(more_of_the_same_does_not_change_the_answer)
{
    char *text = malloc(LONG_BYTES + 1);
    size_t len = 0;

    ck_assert_ptr_nonnull(text);
    while (len + sizeof(french) < LONG_BYTES) {
        len += (size_t)snprintf(text + len, LONG_BYTES - len, "%s ", french);
    }
    const struct language_finding f = language_guess((struct text){text, len});
    ck_assert_str_eq(f.code, "fr");
    ck_assert(language_is_other(&f, english, 1));
    free(text);
}
END_TEST

// --- hostile ---------------------------------------------------------------

static const char *const hostile[] = {
    "a",
    "a ",
    "qx",
    "the ",
    "zgxqw zgxqv ",
    "\xc3\xb1",
    "\xe1\xba\xa1",
    "a\xcc\x81",
    "\xe2\x80\x8b",
    "\320\260a",
    "\xe6\x88\x91",
    "\xe2\x84\x80", /* a/c in one character */
    "\xc2\xbd",
    "\xef\xb7\xba",
    "'",
};

START_TEST(hostile_text_is_read_to_the_end)
{
    const struct text text = support_bytes_repeated(hostile[_i], LONG_BYTES);
    const struct language_finding f = language_guess(text);

    ck_assert_uint_le(f.letters, text.len);
    support_bytes_free(text);
}
END_TEST

START_TEST(every_character_can_be_read)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char text[8] = "x";
        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        const size_t len = utf8_put(c, text + 1);
        text[1 + len] = 'x';
        language_guess((struct text){text + 1, len});
        ck_assert_uint_ge(language_guess((struct text){text, len + 2}).letters,
                          2);
    }
}
END_TEST

// --- the lists -------------------------------------------------------------

START_TEST(listed_word_is_known_with_and_without_its_marks)
{
    static const struct {
        const char *word, *code;
    } rows[] = {
        {"the", "en"},
        {"xyzzy", "de"},
        {"f\xc3\xbcr", "de"},
        {"fur", "de"},
        {"FUR", "de"},
        {"\xc3\xa7ok", "tr"},
        {"\xd1\x87\xd1\x82\xd0\xbe", "ru"},
        {"weiss", "de"},
        {"wei\xc3\x9f", "de"},
        {"v\xc3\xa6re", "da"},
        {"co\xcc\x81", "pl"},
    };

    language_words_ready();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct text text = text_of(rows[i].word);
        struct language_word word = {.len = 0};
        size_t len, language = 0;
        for (size_t at = 0; at < text.len; at += len) {
            language_words_add(&word, utf8_at(text, at, &len));
        }
        while (strcmp(language_table_rows[language].code, rows[i].code) != 0) {
            language++;
        }
        const bool listed = (language_words_listed(&word) >> language & 1) != 0;
        ck_assert_msg(listed == (i != 1), "%s in %s", rows[i].word,
                      rows[i].code);
    }
}
END_TEST

START_TEST(lists_fit_what_is_made_of_them)
{
    ck_assert_uint_le(language_table_count, 32);
    ck_assert_str_eq(language_table_rows[0].code, "en");
    for (size_t i = 0; i < language_table_count; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(language_table_rows[i].code,
                             language_table_rows[j].code);
        }
    }
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(*(table)))

TEST_MAIN("language", tcase_add_test(tc, languages_are_told_apart);
          tcase_add_loop_test(tc, doubtful_text_is_in_no_other_language, 0,
                              COUNT(clean));
          tcase_add_test(tc, allowed_language_is_not_another);
          tcase_add_test(tc, relatives_are_not_another);
          tcase_add_test(tc, codes_are_known_by_their_first_part);
          tcase_add_test(tc, more_of_the_same_does_not_change_the_answer);
          tcase_add_loop_test(tc, hostile_text_is_read_to_the_end, 0,
                              COUNT(hostile));
          tcase_add_test(tc, every_character_can_be_read);
          tcase_add_test(tc, listed_word_is_known_with_and_without_its_marks);
          tcase_add_test(tc, lists_fit_what_is_made_of_them);)
