/*
 * The words, letters and runs of three letters of languages in Latin and
 * Cyrillic letters, as bits: bit i is language_table_rows[i]. Internal to
 * language.c and its tests.
 */
#ifndef SIDECAR_ENGINE_LANGUAGE_WORDS_H
#define SIDECAR_ENGINE_LANGUAGE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sidecar/engine/language_table.h"

enum {
    LANGUAGE_WORDS_LETTERS = 10, /* longer words are on no list */
    LANGUAGE_WORDS_KEPT = 32     /* letters of a word that are read */
};

/* A word in numbers: marks off, small letters. */
struct language_word {
    enum language_table_script script;
    size_t len;   /* letters, kept or not */
    uint64_t key; /* of the first LANGUAGE_WORDS_LETTERS */
    uint8_t letters[LANGUAGE_WORDS_KEPT]; /* 1..26, and Cyrillic 1..63 */
};

/* Fills the tables; costs some milliseconds once. Safe from any thread. */
void language_words_ready(void);

/*
 * Adds a character to the word (all zero: empty). false: it is no letter of a
 * script with lists, or of the other one than the word's.
 */
bool language_words_add(struct language_word *word, uint32_t c);

/* Languages that have the word on their list; 0: none. */
uint32_t language_words_listed(const struct language_word *word);

/* Languages whose words have the three letters from `at` on; the place before
 * the first and behind the last letter counts as one. Latin only. */
uint32_t language_words_three(const struct language_word *word, size_t at);

/* Languages with this letter, where it is one beyond the plain alphabet that
 * some language has; else 0. */
uint32_t language_words_letter(uint32_t c);

#endif
