#include "sidecar/engine/needs_rank.h"

/*
 * Words that are in most texts: the most frequent of English prose, with the
 * verbs and pronouns that phrases are made of. A string of nothing else says
 * little, however long it is. In order, for a search by halves.
 */
static const char *const common_words[] = {
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

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct text other = text_of(common_words[middle]);
        const size_t len = word.len < other.len ? word.len : other.len;
        const int order = memcmp(word.at, other.at, len);
        if (order == 0 && word.len == other.len) {
            return true;
        }
        if (order < 0 || (order == 0 && word.len < other.len)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

static bool
is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

size_t
needs_rank(struct text s)
{
    size_t bytes = 0;

    for (size_t i = 0; i < s.len;) {
        size_t to = i;
        while (to < s.len && is_letter(s.at[to])) {
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
