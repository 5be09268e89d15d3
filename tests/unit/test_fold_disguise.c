#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"

// --- disguises
// -------------------------------------------------------------

static const struct {
    const char *name, *text, *fold;
    bool disguised; /* the whole of it */
} disguises[] = {
    {"plain", "bastard", "bastard", false},
    {"upper", "BASTARD", "bastard", false},
    {"ZWSP", "ba\u200bstard", "bastard", true},
    {"ZWNJ", "ba\u200cstard", "bastard", true},
    {"ZWJ", "ba\u200dstard", "bastard", true},
    {"WJ", "ba\u2060stard", "bastard", true},
    {"BOM", "ba\ufeffstard", "bastard", true},
    {"SHY", "ba\u00adstard", "bastard", true},
    {"CGJ", "ba\u034fstard", "bastard", true},
    {"VS16", "ba\ufe0fstard", "bastard", true},
    {"VS17", "ba\U000E0100stard", "bastard", true},
    {"tag", "ba\U000E0061stard", "bastard", true},
    {"Hangul filler", "ba\u3164stard", "bastard", true},
    {"half-width filler", "ba\uffa0stard", "bastard", true},
    {"Braille blank", "ba\u2800stard", "bastard", true},
    {"MVS", "ba\u180estard", "bastard", true},
    {"invisible times", "ba\u2062stard", "bastard", true},
    {"RLO", "ba\u202estard", "bastard", true},
    {"control", "ba\x01stard", "bastard", true},
    {"C1 control", "ba\xc2\x86stard", "bastard", true},
    {"Cyrillic", "b\u0430\u0455t\u0430rd", "bastard", true},
    {"Cyrillic, loose", "\u044c\u0430\u0455\u0442\u0430\u0433d", "bastard",
     true},
    {"all Cyrillic", "\u0440\u0456\u0455\u0455", "piss", true},
    {"all Cyrillic, a rare letter", "\u0455\u04bb\u0456\u0442", "shit", true},
    {"Cyrillic and Greek", "\u042c\u03b1\u0455\u0442\u03b1\u0433\u0501",
     "bastard", true},
    {"Greek", "b\u03b1st\u03b1rd", "bastard", true},
    {"mixed", "b\u0430st\u03b1rd", "bastard", true},
    {"Armenian", "c\u0578ck \u057dlut", "cnck ulut", true},
    {"Cherokee", "\u13aa\u13da\u13da", "ass", true},
    {"Lisu", "\ua4d0\ua4ee\ua4e2\ua4d4", "bast", true},
    {"full-width",
     "\uff42\uff41\uff53\uff54\uff41\uff52"
     "\uff44",
     "bastard", true},
    {"bold", "\U0001D41B\U0001D41A\U0001D42C\U0001D42D", "bast", true},
    {"fraktur", "\U0001D51F\U0001D51E\U0001D530\U0001D531", "bast", true},
    {"circled",
     "\u24d1\u24d0\u24e2\u24e3\u24d0\u24e1"
     "\u24d3",
     "bastard", true},
    {"negative circled", "\U0001F151\U0001F150\U0001F162", "bas", true},
    {"squared", "\U0001F131\U0001F130\U0001F142\U0001F143", "bast", true},
    {"negative squared",
     "\U0001F171\ufe0f\U0001F170\ufe0f"
     "\U0001F182",
     "bas", true},
    {"parenthesised", "\u249d\u249c\u24ae\u24af", "bast", true},
    {"small capitals",
     "\u0299\u1d00\ua731\u1d1b\u1d00\u0280"
     "\u1d05",
     "bastard", true},
    {"superscript",
     "\u1d47\u1d43\u02e2\u1d57\u1d43\u02b3"
     "\u1d48",
     "bastard", true},
    {"regional indicators",
     "\U0001F1E7\U0001F1E6\U0001F1F8\U0001F1F9"
     "\U0001F1E6\U0001F1F7\U0001F1E9",
     "bastard", true},
    {"spaced regional indicators", "\U0001F1E7\u200b\U0001F1E6", "ba", true},
    {"syllabics", "\u15f7\u15e9\u1515T\u15e9\u1587\u15ea", "bastard", true},
    {"fancy", "b\u03b1\u0455\u0442\u03b1\u044f\u2202", "bastard", true},
    {"stroke", "b\u023ast\u0250rd", "bast\u0250rd", true},
    {"combining", "ba\u0300\u0316stard", "bastard", true},
    {"one accent, combining", "ba\u0301stard", "bastard", false},
    {"precomposed", "b\u00e1st\u00e4rd", "bastard", false},
    {"precomposed, no alphabet's", "\u1e03astard", "bastard", true},
    {"zalgo",
     "b\u0336\u0321a\u0337\u0358s\u0336\u0312t"
     "\u0335\u0301a\u0334r\u0338d\u0489",
     "bastard", true},
    {"zalgo on digits", "b4\u0336st4\u0336rd", "b4st4rd", true},
    {"zalgo on Cyrillic", "b\u0430\u0336st\u0430\u0336rd", "bastard", true},
    {"enclosed", "b\u20dda\u20ddd", "bad", true},
    {"typographic",
     "don\u2019t \u201csay\u201d \u2014 "
     "it\u2026",
     "don't \"say\" - it...", false},
    {"acute for an apostrophe", "don\u00b4t", "don't", false},
    {"other apostrophes", "don\u02bct don\uff07t don\u2032t",
     "don't don't don't", false},
    {"blanks", "a\u00a0b\u3000c\td", "a b c d", false},
    {"lines",
     "a\r\nb\rc\u2028d\xc2\x85"
     "e\nf",
     "a\nb\nc\nd\ne\nf", false},
    {"sharp s", "Stra\u00dfe STRASSE", "strasse strasse", false},
    {"left to other views", "b0nd l1e |I! rn", "b0nd l1e |i! rn", false},
};

START_TEST(disguises_come_off)
{
    const struct text raw = text_of(disguises[_i].text);
    const struct view view = support_fold_view(raw);

    ck_assert_msg(text_is(view.text, disguises[_i].fold), "%s: %s",
                  disguises[_i].name, support_fold_shown(view.text));
    support_fold_check(raw);
}
END_TEST

START_TEST(disguise_is_told_from_spelling)
{
    const struct text raw = text_of(disguises[_i].text);
    const struct view view = support_fold_view(raw);
    ck_assert_msg(fold_disguised(&view, raw, 0, view.text.len) ==
                      disguises[_i].disguised,
                  "%s: %s", disguises[_i].name, support_fold_shown(raw));
}
END_TEST

START_TEST(disguise_is_judged_by_the_span_alone)
{
    const struct text raw = TEXT("ple\u200bnty of bastards, "
                                 "caf\u00e9 \u0430ss");
    const struct view view = support_fold_view(raw);

    ck_assert(text_is(view.text, "plenty of bastards, cafe "
                                 "ass"));
    ck_assert(fold_disguised(&view, raw, 0, 6));
    ck_assert(!fold_disguised(&view, raw, 0, 3));
    ck_assert(!fold_disguised(&view, raw, 3, 6));
    ck_assert(!fold_disguised(&view, raw, 10, 18));
    ck_assert(!fold_disguised(&view, raw, 20, 24));
    ck_assert(fold_disguised(&view, raw, 25, 28));
    ck_assert(!fold_disguised(&view, raw, 26, 28));
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(*(table))))

TEST_MAIN("fold_disguise",
          tcase_add_loop_test(tc, disguises_come_off, 0, COUNT(disguises));
          tcase_add_loop_test(tc, disguise_is_told_from_spelling, 0,
                              COUNT(disguises));
          tcase_add_test(tc, disguise_is_judged_by_the_span_alone);)
