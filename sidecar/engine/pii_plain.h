/*
 * A text as the scanners of personal data read it: digits, letters, spaces and
 * punctuation of other scripts as ASCII, invisible characters gone, with the
 * way back. ASCII texts are used as they are.
 *
 * Letters of alphabets keep their UTF-8 bytes. Everything else outside ASCII
 * (ideographs, syllables, symbols, emoji) becomes PII_PLAIN_OTHER: such scripts
 * write no spaces, so a number may stand right beside them.
 */
#ifndef SIDECAR_ENGINE_PII_PLAIN_H
#define SIDECAR_ENGINE_PII_PLAIN_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

#define PII_PLAIN_OTHER '\x1f'

/* Plain offset `at` stands for raw offset `raw`, and so on to the next one. */
struct pii_plain_step {
    uint32_t at, raw;
};

struct pii_plain {
    struct text text;                   /* view of raw, or of the arena */
    const struct pii_plain_step *steps; /* [step_count], rising; none: the same
                                         */
    size_t step_count;
    struct text raw;
};

/*
 * Makes the plain form of a text that is valid UTF-8. Memory: a byte for each
 * byte, and 8 for each character outside ASCII. Fails where the text is
 * 4 GiB or longer (ERR_TOO_LARGE) or the arena is full (ERR_MEMORY).
 */
bool pii_plain_build(struct text raw, struct arena *arena,
                     struct pii_plain *out, struct err *err);

/*
 * What a character becomes: one of ASCII; PII_PLAIN_GONE, nothing;
 * PII_PLAIN_KEPT, itself.
 */
enum { PII_PLAIN_GONE = 0, PII_PLAIN_KEPT = 0x100 };
unsigned pii_plain_char(uint32_t c);

/* The raw bytes that plain bytes [from, to) stand for; from < to. */
size_t pii_plain_from(const struct pii_plain *plain, size_t from);
size_t pii_plain_to(const struct pii_plain *plain, size_t to);

#endif
