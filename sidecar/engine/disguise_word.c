#include "sidecar/engine/disguise_word.h"

#include "sidecar/engine/disguise_sound.h"

enum {
    REVERSED_LEAST = 4, /* shorter ones are words by chance, */
    REVERSED_ANY = 7,   /* and so are these, of terms that nobody knows */
    TYPO_LEAST = 4,
    SWAP_FIRST_LEAST = 5, /* "ufck" may be anything, "ibtch" not */
    CHANGE_LEAST = 6,
    CANDIDATES = 64 /* entries of one hash: all but a few are collisions */
};

static bool
is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

static void
found(struct disguise_find *out, const struct disguise_entry *entry,
      enum disguise_how how)
{
    *out = (struct disguise_find){.entry = entry, .how = how};
}

static bool
reversed(const struct disguise *d, struct text word, struct disguise_find *out)
{
    char back[DISGUISE_WORD_MOST];

    if (word.len < REVERSED_LEAST) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        back[i] = word.at[word.len - 1 - i];
    }
    const struct disguise_entry *e =
        disguise_exact(d, (struct text){back, word.len});
    if (e == NULL || !e->fuzzy || (!e->likely && word.len < REVERSED_ANY)) {
        return false;
    }
    found(out, e, DISGUISE_REVERSED);
    return true;
}

/* ------------------------------------------------------------------- sound */

/* Of three letters, only those that nobody writes by chance. */
static bool
sounds_spelt(struct text word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (strchr("kqxz", word.at[i]) != NULL && word.at[i] != '\0') {
            return true;
        }
    }
    return false;
}

static bool
sounds_like(const struct disguise *d, struct text word,
            struct disguise_find *out)
{
    char sound[2 * DISGUISE_SOUND_LETTERS];
    char other[2 * DISGUISE_SOUND_LETTERS];
    const size_t len = disguise_sound(word, sound);

    if (len < DISGUISE_TERM_LEAST || (word.len < 4 && !sounds_spelt(word))) {
        return false;
    }
    const struct disguise_table *table = &d->sound;
    const uint32_t hash = disguise_hash((struct text){sound, len});
    for (size_t i = hash & table->mask; table->slots[i].entry != 0;
         i = (i + 1) & table->mask) {
        if (table->slots[i].hash != hash) {
            continue;
        }
        const struct disguise_entry *e = &d->entries[table->slots[i].entry - 1];
        if (disguise_sound(disguise_text(d, e), other) == len &&
            memcmp(sound, other, len) == 0) {
            found(out, e, DISGUISE_SOUND);
            return true;
        }
    }
    return false;
}

/* -------------------------------------------------------------------- typo */

/* Where the two begin to differ, and from where on they are equal again. */
static size_t
same_start(struct text a, struct text b)
{
    size_t i = 0;

    while (i < a.len && i < b.len && a.at[i] == b.at[i]) {
        i++;
    }
    return i;
}

static bool
same_rest(struct text a, size_t i, struct text b, size_t k)
{
    return text_equal(text_part(a, i, a.len), text_part(b, k, b.len));
}

/* The word is the term less one letter. */
static bool
lost_letter(struct text term, struct text word)
{
    const size_t i = same_start(term, word);

    if (!same_rest(term, i + 1, word, i) || term.len < TYPO_LEAST) {
        return false;
    }
    // Of short terms the end stays ("fuc" is anything), but for a double one.
    return i > 0 && (term.len > TYPO_LEAST || i + 1 < term.len ||
                     term.at[i] == term.at[i - 1]);
}

/*
 * Is it one letter away from an everyday word as well ("comming")? Such is
 * the likelier reading where a letter is new or another.
 */
static bool
near_ordinary(const struct disguise *d, struct text word)
{
    char other[DISGUISE_WORD_MOST];

    for (size_t i = 0; i < word.len; i++) {
        memcpy(other, word.at, i);
        memcpy(other + i, word.at + i + 1, word.len - i - 1);
        if (disguise_rank(d, (struct text){other, word.len - 1}) ==
            ORDINARY_COMMON) {
            return true;
        }
        memcpy(other, word.at, word.len);
        for (other[i] = 'a'; other[i] <= 'z'; other[i]++) {
            if (disguise_rank(d, (struct text){other, word.len}) ==
                ORDINARY_COMMON) {
                return true;
            }
        }
    }
    return false;
}

/* The word is the term and one letter more. */
static bool
new_letter(struct text term, struct text word)
{
    const size_t i = same_start(term, word);

    if (i == 0 || i + 1 >= word.len || !same_rest(term, i, word, i + 1)) {
        return false;
    }
    // "shiet", "biatch": a vowel beside a vowel.
    return term.len >= CHANGE_LEAST ||
           (is_vowel(word.at[i]) &&
            (is_vowel(word.at[i - 1]) || is_vowel(word.at[i + 1])));
}

/* The word is the term with two neighbours swapped. */
static bool
swapped(struct text term, struct text word)
{
    const size_t i = same_start(term, word);

    return i + 1 < term.len && term.at[i] == word.at[i + 1] &&
           term.at[i + 1] == word.at[i] &&
           same_rest(term, i + 2, word, i + 2) &&
           (i > 0 || term.len >= SWAP_FIRST_LEAST);
}

/* The word is the term with one letter changed, neither first nor last. */
static bool
changed(struct text term, struct text word)
{
    const size_t i = same_start(term, word);

    if (i == 0 || i + 1 >= term.len || !same_rest(term, i + 1, word, i + 1)) {
        return false;
    }
    return term.len >= CHANGE_LEAST ||
           (term.len + 1 >= CHANGE_LEAST && is_vowel(term.at[i]) &&
            is_vowel(word.at[i]));
}

static bool
mistyped(const struct disguise *d, struct text term, struct text word)
{
    if (term.len < TYPO_LEAST) {
        return false;
    }
    if (term.len == word.len) {
        return swapped(term, word) ||
               (changed(term, word) && !near_ordinary(d, word));
    }
    return term.len == word.len + 1
               ? lost_letter(term, word)
               : term.len + 1 == word.len && new_letter(term, word) &&
                     !near_ordinary(d, word);
}

static bool
try_without(const struct disguise *d, struct text key, struct text word,
            struct disguise_find *out)
{
    const struct disguise_table *table = &d->without;
    const uint32_t hash = disguise_hash(key);
    size_t tried = 0;

    for (size_t i = hash & table->mask;
         table->slots[i].entry != 0 && tried < CANDIDATES;
         i = (i + 1) & table->mask) {
        if (table->slots[i].hash != hash) {
            continue;
        }
        const struct disguise_entry *e = &d->entries[table->slots[i].entry - 1];
        tried++;
        if (mistyped(d, disguise_text(d, e), word)) {
            found(out, e, DISGUISE_TYPO);
            return true;
        }
    }
    return false;
}

/*
 * After SymSpell (Garbe, 2012): two words within one edit are equal once a
 * letter is taken out of either or both.
 */
static bool
typo(const struct disguise *d, struct text word, struct disguise_find *out)
{
    char cut[DISGUISE_WORD_MOST];

    if (word.len + 1 < TYPO_LEAST || word.len > DISGUISE_TERM_MOST + 1) {
        return false;
    }
    if (try_without(d, word, word, out)) {
        return true;
    }
    for (size_t i = 0; i < word.len; i++) {
        memcpy(cut, word.at, i);
        memcpy(cut + i, word.at + i + 1, word.len - i - 1);
        if (i > 0 && word.at[i] == word.at[i - 1]) {
            continue; // the same as without the one before
        }
        const struct text key = {cut, word.len - 1};
        const struct disguise_entry *e = disguise_exact(d, key);
        if (e != NULL && e->fuzzy && mistyped(d, key, word)) {
            found(out, e, DISGUISE_TYPO);
            return true;
        }
        if (try_without(d, key, word, out)) {
            return true;
        }
    }
    return false;
}

bool
disguise_word(const struct disguise *d, struct text word,
              struct disguise_find *out)
{
    return word.len <= DISGUISE_WORD_MOST &&
           (reversed(d, word, out) || sounds_like(d, word, out) ||
            typo(d, word, out));
}
