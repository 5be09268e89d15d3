#include "sidecar/engine/needs_rank.h"

#include "sidecar/base/ascii.h"

/*
 * Words that are in most texts: the most frequent of English prose, with the
 * verbs and pronouns that phrases are made of. A string of nothing else says
 * little, however long it is. In order, for a search by halves.
 */
enum { WORD_BYTES = 8 }; // longer than any of them, and compared at once

static const char common_words[][WORD_BYTES] = {
    "a",      "about", "all",   "am",   "an",     "and",   "any",   "are",
    "as",     "at",    "be",    "been", "before", "but",   "by",    "can",
    "cannot", "come",  "could", "did",  "do",     "does",  "don",   "down",
    "end",    "for",   "from",  "get",  "go",     "had",   "has",   "have",
    "he",     "her",   "here",  "him",  "his",    "how",   "i",     "if",
    "in",     "into",  "is",    "it",   "its",    "just",  "keep",  "know",
    "let",    "like",  "ll",    "made", "make",   "may",   "me",    "more",
    "must",   "my",    "never", "no",   "not",    "now",   "of",    "on",
    "one",    "only",  "or",    "our",  "out",    "over",  "re",    "s",
    "said",   "say",   "see",   "she",  "should", "so",    "some",  "such",
    "t",      "take",  "tell",  "than", "that",   "the",   "their", "them",
    "then",   "there", "they",  "this", "to",     "up",    "us",    "ve",
    "very",   "want",  "was",   "we",   "well",   "were",  "what",  "when",
    "where",  "which", "who",   "will", "with",   "would", "you",   "your"};

static bool
is_common(struct text word)
{
    size_t low = 0, high = sizeof(common_words) / sizeof(common_words[0]);
    char key[WORD_BYTES] = {0};

    if (word.len >= WORD_BYTES) {
        return false;
    }
    memcpy(key, word.at, word.len);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = memcmp(key, common_words[middle], WORD_BYTES);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

size_t
needs_rank(struct text s)
{
    size_t bytes = 0;

    for (size_t i = 0; i < s.len;) {
        size_t to = i;
        while (to < s.len && ascii_is_small(s.at[to])) {
            to++;
        }
        if (to > i) {
            bytes += is_common(text_part(s, i, to)) ? 0 : to - i;
            i = to;
        } else {
            bytes += s.at[i] != ' ' && s.at[i] != '\'';
            i++;
        }
    }
    return bytes;
}

/* Short strings are in every text, but for marks that prose has no use for. */
static bool
is_telling(struct text s)
{
    if (s.len >= NEEDS_LEAST) {
        return true;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (strchr("<>[]{}|=#%@^~\\$`", s.at[i]) != NULL) {
            return true;
        }
    }
    return false;
}

bool
needs_rank_telling(const struct needs_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!is_telling(set->at[i].text)) {
            return false;
        }
    }
    return set->count > 0;
}

void
needs_rank_set(struct needs_set *set)
{
    set->telling = set->shortest = SIZE_MAX;
    for (size_t i = 0; i < set->count; i++) {
        const struct text text = set->at[i].text;
        const size_t rank = needs_rank(text);
        set->telling = rank < set->telling ? rank : set->telling;
        set->shortest = text.len < set->shortest ? text.len : set->shortest;
    }
}

bool
needs_rank_better(const struct needs_set *a, const struct needs_set *b)
{
    if (a->telling != b->telling) {
        return a->telling > b->telling;
    }
    return a->shortest != b->shortest ? a->shortest > b->shortest
                                      : a->count < b->count;
}
