/*
 * The registers of a persona: how many manners she has, found in vectors of her
 * own lines. A narrator who also speaks in dialogue has two; most have one.
 *
 * A group of vectors is cut in two by spherical 2-means (Dhillon and Modha
 * 2001) and stays cut where the cut is a gap and not a slice through one cloud:
 * each vector's place between the two halves, measured against halves without
 * it, must not look like a normal distribution (G-means: Hamerly and Elkan
 * 2003, Anderson-Darling at 0.0001), and the halves must lie well apart
 * (Ashman's D). Leaving the vector out matters: in many dimensions any half
 * looks close to its own members.
 *
 * No random numbers: the same vectors give the same registers, on every
 * machine. Internal to fingerprint_fit.c.
 */
#ifndef SIDECAR_ENGINE_FINGERPRINT_REGISTER_H
#define SIDECAR_ENGINE_FINGERPRINT_REGISTER_H

#include "sidecar/engine/fingerprint.h"

enum {
    /* Rows of one register: fewer are stragglers and no manner. */
    FINGERPRINT_REGISTER_LEAST = 8
};

/* Vectors whose directions are compared. */
struct fingerprint_register_rows {
    const struct kernel_set *kernels;
    const float *at; /* [count][dim], each checked: it has a direction */
    size_t count, dim;
};

/*
 * Which register each row belongs to.
 *
 *   labels   [count] 0..returned - 1; 0 is the register of the first row, and
 *            others follow in the order of their own first rows
 *   returns  how many there are, 1..FINGERPRINT_MOST_REGISTERS; 0: no memory
 *
 * Time is linear in count * dim for each cut tried.
 */
size_t fingerprint_register_split(const struct fingerprint_register_rows *rows,
                                  uint8_t *labels);

/*
 * Is this sample far from normal? The Anderson-Darling statistic, mean and
 * deviation estimated, corrected for the number (D'Agostino and Stephens 1986);
 * above 1.869 once in 10,000 normal samples.
 *
 *   sorted  [count] ascending, count >= 3; 0 where all are equal
 */
double fingerprint_register_normality(const double *sorted, size_t count);

#endif
