#include "sidecar/engine/language.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/language_script.h"
#include "sidecar/engine/language_words.h"

/* Evidence, in LANGUAGE_WORDths of a word. */
enum {
    LETTER = 40,     // of a letter that one language alone has
    LETTER_LESS = 8, // what it takes from those that do not have it
    THREES = 24,     // of a word of which one language has each three letters
    THREES_MOST = 6, // of more languages than that three letters say nothing
    CYRILLIC_WORD = 20, // of a word in that script, for all who write it
    SCRIPT = 20,        // of a letter of a script: three make a word
    DENSE = 30,         // where a letter is half a word
    LEAST = 90,         // less than this in all, or
    LEAST_A_WORD = 12   // this for each word, is no language that we know
};

static const char unknown[] = "unknown";

/*
 * Of a word that n languages have, for each: 60 / sqrt(n). Relatives share most
 * of their little words; with 60 / n a plain Spanish sentence would hardly be
 * evidence for anything.
 */
static const uint8_t shared[] = {0, 60, 42, 35, 30, 27, 24, 23, 21, 20};

struct reading {
    int64_t points[LANGUAGE_MOST];
    size_t scripts[LANGUAGE_SCRIPTS]; /* letters of each */
    size_t letters, words;
    uint64_t last; /* the key of the word before */
};

/* Languages stand as in the table, then those of scripts. */
static size_t
language_count(void)
{
    return language_table_count + LANGUAGE_SCRIPTS;
}

static const char *
code_of(size_t language)
{
    return language < language_table_count
               ? language_table_rows[language].code
               : language_script_code(
                     (enum language_script)(language - language_table_count));
}

static size_t
bits_in(uint32_t bits)
{
    size_t count = 0;

    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

/* `points` to each language of the set. */
static void
give(struct reading *r, uint32_t languages, int64_t points)
{
    for (size_t i = 0; languages != 0; i++, languages >>= 1) {
        r->points[i] += (languages & 1) != 0 ? points : 0;
    }
}

/* A word that is on no list: its script, or its threes. */
static void
weigh_unlisted(struct reading *r, const struct language_word *word)
{
    const size_t count =
        word->len < LANGUAGE_WORDS_KEPT ? word->len : LANGUAGE_WORDS_KEPT - 1;

    if (word->len < 3) {
        return;
    }
    if (word->script == LANGUAGE_TABLE_CYRILLIC) {
        for (size_t i = 0; i < language_table_count; i++) {
            r->points[i] += language_table_rows[i].script == word->script
                                ? CYRILLIC_WORD
                                : 0;
        }
        return;
    }
    for (size_t at = 0; at < count; at++) {
        const uint32_t languages = language_words_three(word, at);
        const size_t n = bits_in(languages);
        if (n > 0 && n <= THREES_MOST) {
            give(r, languages,
                 THREES * shared[n] / LANGUAGE_WORD / (int64_t)count);
        }
    }
}

static void
weigh_word(struct reading *r, const struct language_word *word)
{
    const uint32_t languages = language_words_listed(word);
    const size_t n = bits_in(languages);

    r->words++;
    // "Ay, ay, ay" is the evidence of one word.
    if (word->key == r->last) {
        return;
    }
    r->last = word->key;
    if (n == 0) {
        weigh_unlisted(r, word);
    } else {
        give(r, languages, shared[n < sizeof(shared) ? n : sizeof(shared) - 1]);
    }
}

static void
weigh_letter(struct reading *r, uint32_t c)
{
    const uint32_t languages = language_words_letter(c);
    const size_t n = bits_in(languages);

    if (n == 0) {
        return;
    }
    const uint32_t all = (UINT32_C(1) << language_table_count) - 1;
    give(r, languages, LETTER / (int64_t)n);
    give(r, all & ~languages, -LETTER_LESS);
}

static void
read_text(struct reading *r, struct text raw)
{
    struct language_word word = {.len = 0};
    size_t len;

    for (size_t at = 0; at < raw.len; at += len) {
        const uint32_t c = utf8_at(raw, at, &len);
        if (language_words_add(&word, c)) {
            r->letters++;
            weigh_letter(r, c);
            continue;
        }
        if (c >= 0x80 &&
            (fold_char(c)->flags & (FOLD_CHAR_MARK | FOLD_CHAR_IGNORED)) != 0) {
            continue;
        }
        if (word.len > 0) {
            weigh_word(r, &word);
            word = (struct language_word){.len = 0};
            len = 0; // it may begin a word of another script
            continue;
        }
        const enum language_script script =
            c >= 0x80 ? language_script_of(c) : LANGUAGE_SCRIPTS;
        if (script < LANGUAGE_SCRIPTS) {
            r->scripts[script]++;
            r->letters++;
        } else if (c >= 0x80 && (fold_char(c)->flags & FOLD_CHAR_LETTER) != 0) {
            r->letters++;
        }
    }
    if (word.len > 0) {
        weigh_word(r, &word);
    }
}

/* Letters that two languages have are the one's whose own letters are there. */
static void
settle_scripts(size_t scripts[LANGUAGE_SCRIPTS])
{
    size_t *const ar = &scripts[LANGUAGE_SCRIPT_AR];
    size_t *const fa = &scripts[LANGUAGE_SCRIPT_FA];
    size_t *const ur = &scripts[LANGUAGE_SCRIPT_UR];
    const size_t all = *ar + *fa + *ur;
    size_t *const zh = &scripts[LANGUAGE_SCRIPT_ZH];
    size_t *const ja = &scripts[LANGUAGE_SCRIPT_JA];

    // One letter in twenty is one of its own in running text of either.
    const size_t own = all / 20 + 1;
    *ur = *ur >= own ? all : 0;
    *fa = *ur == 0 && *fa >= own ? all : 0;
    *ar = *ur + *fa == 0 ? all : 0;
    // Half of what is written in Japanese is kana; a name in Chinese may have
    // a few.
    if (*ja * 8 >= *zh && *ja > 0) {
        *ja += *zh;
        *zh = 0;
    }
}

static void
weigh_scripts(struct reading *r)
{
    settle_scripts(r->scripts);
    for (size_t i = 0; i < LANGUAGE_SCRIPTS; i++) {
        const bool dense = language_script_is_dense((enum language_script)i);
        r->points[language_table_count + i] +=
            (int64_t)r->scripts[i] * (dense ? DENSE : SCRIPT);
        // The words of a spaced script have some five letters.
        r->words += r->scripts[i] / (dense ? 2 : 5);
    }
}

struct language_finding
language_guess(struct text raw)
{
    struct reading r = {.letters = 0};
    struct language_finding out = {.code = unknown};
    size_t best = 0;
    int64_t second = 0;

    fold_char_ready();
    language_words_ready();
    read_text(&r, raw);
    weigh_scripts(&r);
    for (size_t i = 0; i < language_count(); i++) {
        const int64_t points = r.points[i] > 0 ? r.points[i] : 0;
        out.evidence[i] = points < UINT32_MAX ? (uint32_t)points : UINT32_MAX;
        best = out.evidence[i] > out.evidence[best] ? i : best;
    }
    out.letters = r.letters;
    out.words = r.words;
    const int64_t most = out.evidence[best];
    if (most < LEAST || most < (int64_t)r.words * LEAST_A_WORD) {
        return out;
    }
    for (size_t i = 0; i < language_count(); i++) {
        second =
            i != best && out.evidence[i] > second ? out.evidence[i] : second;
    }
    out.code = code_of(best);
    out.confidence = (double)(most - second) / (double)most;
    if (most < LANGUAGE_LEAST) {
        out.confidence *= (double)most / LANGUAGE_LEAST;
    }
    return out;
}

// --- allowed languages -----------------------------------------------------

/* The language of a code, or language_count(). */
static size_t
language_of(struct text code)
{
    size_t len = 0, language = 0;

    while (len < code.len && code.at[len] != '-' && code.at[len] != '_') {
        len++;
    }
    code.len = len;
    if (text_is(code, "nb") || text_is(code, "nn")) {
        code = TEXT("no");
    }
    while (language < language_count() && !text_is(code, code_of(language))) {
        language++;
    }
    return language;
}

bool
language_is_known(struct text code)
{
    return language_of(code) < language_count();
}

bool
language_is_other(const struct language_finding *finding,
                  const struct text *allowed, size_t count)
{
    uint32_t best = 0, kept = 0;

    if (finding->words < LANGUAGE_LEAST_WORDS ||
        text_is(TEXT("unknown"), finding->code)) {
        return false;
    }
    for (size_t i = 0; i < language_count(); i++) {
        best = finding->evidence[i] > best ? finding->evidence[i] : best;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t language = language_of(allowed[i]);
        if (language == language_count()) {
            return false;
        }
        kept = finding->evidence[language] > kept ? finding->evidence[language]
                                                  : kept;
    }
    return best >= LANGUAGE_LEAST && kept < best / LANGUAGE_TIMES;
}
