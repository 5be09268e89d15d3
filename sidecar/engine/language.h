/*
 * Which language is a text in? The script first: it settles Greek, Thai, Korean
 * and the like. Latin and Cyrillic letters are weighed by the everyday words of
 * some twenty languages, by the letters of their alphabets, and, in words that
 * no list has, by the runs of three letters that the lists are made of.
 *
 * Made to be sure that a reply is in another language than it should be, not to
 * name every language there is: of two that are alike (Danish and Norwegian) it
 * may name the wrong one, and a language that it does not know it calls unknown
 * or by a relative's name.
 *
 * Reads the raw text: the fold view has taken the marks off the letters. All
 * weights are whole numbers, so every machine gives the same answer.
 */
#ifndef SIDECAR_ENGINE_LANGUAGE_H
#define SIDECAR_ENGINE_LANGUAGE_H

#include "sidecar/base/text.h"

enum {
    LANGUAGE_MOST = 48,        /* languages that are told apart, at most */
    LANGUAGE_WORD = 60,        /* evidence of a word that one language has */
    LANGUAGE_LEAST_WORDS = 10, /* a shorter text is in no other language */
    LANGUAGE_LEAST = 180,      /* evidence for another language, and */
    LANGUAGE_TIMES = 3         /* times as much as for any that is allowed */
};

struct language_finding {
    const char *code; /* ISO 639-1, static; "unknown" */
    /*
     * 0..1: how far the best leads before the second, less where there is
     * little evidence. 0 for unknown.
     */
    double confidence;
    size_t letters; /* of any script */
    size_t words;   /* of a script without spaces: letters / 2 */
    /* Of each language, in an order of its own: for language_is_other(). */
    uint32_t evidence[LANGUAGE_MOST];
};

/* Of valid UTF-8. Cannot fail; time is linear. Safe from any thread. */
struct language_finding language_guess(struct text raw);

/*
 * Is the text in a language that is not allowed? The text has the benefit of
 * every doubt: it is not where it is short, where its evidence is thin, or
 * where an allowed language has a third of the best one's evidence, as it does
 * in English with foreign phrases, names and quotes.
 *
 *   allowed  [count] codes such as "en" or "pt-BR", of which the part before
 *            the hyphen counts. One that language_is_known() does not know
 *            could be anything: then no text is in another language.
 */
bool language_is_other(const struct language_finding *finding,
                       const struct text *allowed, size_t count);

/* Is it one of the languages that can be told? Of "pt-BR" the first part. */
bool language_is_known(struct text code);

#endif
