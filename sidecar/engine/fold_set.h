/*
 * Which characters the fold view treats in a way of its own. Pure; safe from
 * any thread. c is any code point.
 */
#ifndef SIDECAR_ENGINE_FOLD_SET_H
#define SIDECAR_ENGINE_FOLD_SET_H

#include <stdbool.h>

#include "sidecar/engine/fold_table.h"

/* Shows as nothing: default-ignorable, control, blank Braille. */
bool fold_set_ignored(uint32_t c);

/* In a block whose scripts spell words with ZWJ or ZWNJ. */
bool fold_set_joining(uint32_t c);

/* In a block of Latin letters with marks that national alphabets have. */
bool fold_set_alphabet(uint32_t c);

/* A Latin letter, ASCII or as NFKC casefold leaves it. */
bool fold_set_latin(uint32_t c);

/* What a keyboard has for a typographic quote, dash or blank; else c. */
uint32_t fold_set_typed(uint32_t c);

/*
 * The alphabet of a look-alike, in NFKC casefold: two in one word are a
 * disguise.
 */
enum fold_set_script {
    FOLD_SET_CYRILLIC,
    FOLD_SET_RARE, /* Cyrillic that no large alphabet has */
    FOLD_SET_GREEK,
    FOLD_SET_OTHER
};
enum fold_set_script fold_set_script(uint32_t c);

/* c's look-alike, or NULL. */
const struct fold_table_row *fold_set_row(uint32_t c);

#endif
