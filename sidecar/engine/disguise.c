#include "sidecar/engine/disguise.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/hash.h"
#include "sidecar/engine/disguise_chunk.h"
#include "sidecar/engine/disguise_run.h"

const char *
disguise_name(enum disguise_how how)
{
    static const char *const names[DISGUISE_COUNT] = {
        [DISGUISE_LEET] = "leet",           [DISGUISE_SPACED] = "spaced",
        [DISGUISE_STRETCHED] = "stretched", [DISGUISE_MASKED] = "masked",
        [DISGUISE_SPLIT] = "split",         [DISGUISE_GLUED] = "glued",
        [DISGUISE_TYPO] = "typo",           [DISGUISE_SOUND] = "sound",
        [DISGUISE_REVERSED] = "reversed"};

    return names[how];
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/*
 * Where the letters from `at` on end. Eight bytes at a time: every word of
 * every text passes here, and a loop that ends anywhere is guessed wrongly.
 */
static size_t
letters_end(struct text text, size_t at)
{
    static const uint64_t each = 0x0101010101010101u;

    while (text.len - at >= 8) {
        uint64_t bytes = hash_load((const unsigned char *)text.at + at, 8);
        const uint64_t low = bytes & each * 0x7f;
        // The top bit of each byte: it is one of a to z.
        const uint64_t letters = (low + each * (0x80 - 'a')) &
                                 ~(low + each * (0x7f - 'z')) & ~bytes &
                                 each * 0x80;
        const uint64_t others = letters ^ each * 0x80;
        if (others != 0) {
            return at + (size_t)__builtin_ctzll(others) / 8;
        }
        at += 8;
    }
    while (at < text.len && ascii_is_small(text.at[at])) {
        at++;
    }
    return at;
}

/* What never belongs to a disguise behind a word. */
static bool
is_edge(char c)
{
    static const bool edges[256] = {
        ['.'] = true, [','] = true, [';'] = true, [':'] = true,
        ['!'] = true, ['?'] = true, ['"'] = true, ['\''] = true,
        [')'] = true, [']'] = true, ['}'] = true};

    return edges[(unsigned char)c];
}

/* The chunk's letters, where it is one word and punctuation around it. */
static bool
only_word(struct text text, struct span chunk, struct span *word)
{
    *word = chunk;
    while (word->from < word->to &&
           (text.at[word->from] == '"' || text.at[word->from] == '\'')) {
        word->from++;
    }
    while (word->from < word->to && is_edge(text.at[word->to - 1])) {
        word->to--;
    }
    return word->to > word->from &&
           letters_end(text_part(text, 0, word->to), word->from) == word->to;
}

/*
 * The word before an apostrophe and one or two letters ("don't", "she'll").
 * False: it is another thing, or a strange word.
 */
static bool
before_apostrophe(const struct disguise_scan *s, struct span *word)
{
    const struct text text = s->text;
    size_t i = word->from;

    while (i < word->to && ascii_is_small(text.at[i])) {
        i++;
    }
    if (i == word->from || i == word->to || text.at[i] != '\'' ||
        word->to - i > 3 || word->to - i < 2 ||
        !ascii_is_small(text.at[i + 1]) ||
        !ascii_is_small(text.at[word->to - 1])) {
        return false;
    }
    word->to = i;
    return disguise_rank(s->d, text_part(text, word->from, i)) != ORDINARY_NONE;
}

static void
look_at_word(struct disguise_scan *s, struct disguise_run *run,
             struct span chunk, struct span word)
{
    const struct disguise_piece piece = {
        .span = word,
        .rank = disguise_rank(s->d, text_part(s->text, word.from, word.to)),
        .open = word.from == chunk.from,
        .closed = word.to != chunk.to};
    if (piece.rank == ORDINARY_NONE && word.to - word.from >= 3) {
        disguise_chunk_word(s, word);
    }
    disguise_run_word(run, s, &piece);
}

/* A chunk with more in it than letters. */
static void
look_at(struct disguise_scan *s, struct disguise_run *run, struct span chunk)
{
    struct span word;

    if (only_word(s->text, chunk, &word) || before_apostrophe(s, &word)) {
        look_at_word(s, run, chunk, word);
    } else if (!disguise_run_sign(run, s, chunk)) {
        disguise_run_end(run, s);
        disguise_chunk(s, chunk);
    }
}

void
disguise_scan_all(struct disguise_scan *s)
{
    const struct text fold = s->text;
    struct disguise_run run;
    size_t at = 0;

    disguise_run_init(&run);
    if (s->d->count == 0) {
        return;
    }
    while (at < fold.len && !s->stopped) {
        const size_t space = at;
        while (at < fold.len && is_space(fold.at[at])) {
            at++;
        }
        if (at - space > 1) {
            run.piece_count = 0; // of a word in pieces, not of one spelt out
        }
        const size_t from = at;
        at = letters_end(fold, at);
        if (at == fold.len || is_space(fold.at[at])) {
            if (at > from) {
                const struct span word = {from, at};
                look_at_word(s, &run, word, word);
            }
            continue;
        }
        while (at < fold.len && !is_space(fold.at[at])) {
            at++;
        }
        look_at(s, &run, (struct span){from, at});
    }
    disguise_run_end(&run, s);
}

bool
disguise_scan(const struct disguise *d, struct text fold, disguise_found *found,
              void *context)
{
    struct disguise_scan s = {
        .d = d, .text = fold, .found = found, .context = context};

    disguise_scan_all(&s);
    return !s.stopped;
}
