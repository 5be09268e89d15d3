#include "sidecar/engine/voice_trait.h"

#include "sidecar/base/ascii.h"
#include "sidecar/engine/voice_text.h"

enum { LONG_LETTERS = 9 };

static const char *const names[VOICE_TRAITS] = {
    [VOICE_TRAIT_CONTRACTIONS] = "contractions",
    [VOICE_TRAIT_EXCLAMATIONS] = "exclamation marks",
    [VOICE_TRAIT_QUESTIONS] = "question marks",
    [VOICE_TRAIT_COMMAS] = "commas",
    [VOICE_TRAIT_SEMICOLONS] = "semicolons and colons",
    [VOICE_TRAIT_DASHES] = "dashes",
    [VOICE_TRAIT_ELLIPSES] = "ellipses",
    [VOICE_TRAIT_QUOTES] = "quotation marks",
    [VOICE_TRAIT_BRACKETS] = "brackets",
    [VOICE_TRAIT_CAPITALS] = "words in capitals",
    [VOICE_TRAIT_LONG] = "words of nine letters and more",
    [VOICE_TRAIT_FIRST] = "I, me and my",
    [VOICE_TRAIT_SECOND] = "you and your",
    [VOICE_TRAIT_NUMBERS] = "numbers",
    [VOICE_TRAIT_SENTENCES] = "sentences",
};

const char *
voice_trait_name(enum voice_trait trait)
{
    return names[trait];
}

static bool
is_capitals(struct text word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (ascii_is_small(word.at[i])) {
            return false;
        }
    }
    return word.len > 1;
}

/* Is the word up to its first apostrophe one of these? */
static bool
is_one_of(struct text word, const char *const *list)
{
    const char *quote = memchr(word.at, '\'', word.len);
    const struct text stem = text_part(
        word, 0, quote != NULL ? (size_t)(quote - word.at) : word.len);

    for (; *list != NULL; list++) {
        const struct text wanted = text_of(*list);
        size_t same = 0;
        while (same < stem.len && same < wanted.len &&
               (stem.at[same] | 0x20) == wanted.at[same]) { // letters only
            same++;
        }
        if (same == stem.len && same == wanted.len) {
            return true;
        }
    }
    return false;
}

static void
count_word(struct text word, struct voice_traits *out)
{
    static const char *const first[] = {"i",    "me",     "my",
                                        "mine", "myself", NULL};
    static const char *const second[] = {"you", "your", "yours", "yourself",
                                         NULL};

    out->words++;
    out->counts[VOICE_TRAIT_CONTRACTIONS] +=
        memchr(word.at, '\'', word.len) != NULL;
    out->counts[VOICE_TRAIT_CAPITALS] += is_capitals(word);
    out->counts[VOICE_TRAIT_LONG] += word.len >= LONG_LETTERS;
    out->counts[VOICE_TRAIT_FIRST] += is_one_of(word, first);
    out->counts[VOICE_TRAIT_SECOND] += is_one_of(word, second);
}

static void
count_mark(struct text mark, struct voice_traits *out)
{
    static const struct {
        const char *text;
        enum voice_trait trait;
    } marks[] = {
        {"!", VOICE_TRAIT_EXCLAMATIONS}, {"?", VOICE_TRAIT_QUESTIONS},
        {",", VOICE_TRAIT_COMMAS},       {";", VOICE_TRAIT_SEMICOLONS},
        {":", VOICE_TRAIT_SEMICOLONS},   {"--", VOICE_TRAIT_DASHES},
        {"\"", VOICE_TRAIT_QUOTES},      {"(", VOICE_TRAIT_BRACKETS},
    };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        out->counts[marks[i].trait] += text_is(mark, marks[i].text);
    }
    out->counts[VOICE_TRAIT_ELLIPSES] += mark.len > 2 && mark.at[0] == '.';
}

/* Does a mark end a sentence: . ! ? or dots before a space or the end? */
static bool
ends_sentence(struct text text, const struct voice_token *t)
{
    return (text.at[t->from] == '.' || text.at[t->from] == '!' ||
            text.at[t->from] == '?') &&
           (t->to == text.len || text.at[t->to] == ' ');
}

void
voice_trait_count(struct text cased, struct voice_traits *out)
{
    struct voice_token token;
    bool open = false; // words since the last sentence ended

    for (size_t at = 0; voice_text_token(cased, &at, &token);) {
        const struct text part = text_part(cased, token.from, token.to);
        switch (token.kind) {
        case VOICE_WORD:
            count_word(part, out);
            open = true;
            break;
        case VOICE_NUMBER:
            out->counts[VOICE_TRAIT_NUMBERS]++;
            break;
        case VOICE_MARK:
            count_mark(part, out);
            if (open && ends_sentence(cased, &token)) {
                out->counts[VOICE_TRAIT_SENTENCES]++;
                open = false;
            }
            break;
        }
    }
    out->counts[VOICE_TRAIT_SENTENCES] += open;
}
