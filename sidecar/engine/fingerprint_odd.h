/*
 * Which of a persona's lines teach nothing: those that nearly repeat another,
 * and those that the others disown, a stage direction or another's line that
 * slipped in. Internal to fingerprint.c.
 */
#ifndef SIDECAR_ENGINE_FINGERPRINT_ODD_H
#define SIDECAR_ENGINE_FINGERPRINT_ODD_H

#include "sidecar/engine/fingerprint.h"

/*
 * Marks the lines that score, judged without their neighbours, more than three
 * robust standard deviations (1.4826 times the median distance from the
 * median) below the median, four where there are fewer than
 * FINGERPRINT_GOOD_LINES; the lowest first, and at most one line in ten.
 *
 *   odd  [print->line_count], set
 */
bool fingerprint_odd_lines(const struct fingerprint *print,
                           const struct voice_model *model, bool *odd,
                           struct err *err);

/*
 * How many lines share four fifths of their character trigrams with one of the
 * 256 lines before them.
 */
size_t fingerprint_odd_alike(const struct fingerprint *print);

#endif
