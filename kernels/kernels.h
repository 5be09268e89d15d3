/*
 * The arithmetic of vectors, once for each kind of processor.
 *
 * A verdict must not depend on the machine it was made on, so every set here
 * returns the same bits for the same input, at every length: kernels/scalar.c
 * is the definition, the others repeat its order of additions exactly, and one
 * hash in the tests stands for all of them. Which set runs is only a question
 * of speed.
 *
 * Inputs are finite: callers refuse NaN and infinity where a vector enters the
 * process. If one slips through, dot and norm give NaN or an infinity as
 * arithmetic has it (the sign and payload of a NaN are not promised) and cosine
 * gives NaN; no function here hides it, and no comparison `score < limit` is
 * true for it.
 *
 * Rounding is to nearest and small numbers are kept (no flush to zero), as C
 * has it at start; kernels_self_test notices a process where that was changed.
 *
 * Everything here is safe from any thread and allocates nothing.
 */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One implementation. Arrays may start at any float and need no padding, but
 * vectors that start on a cache line (64 bytes) are read up to 1.5 times faster
 * while they are in the cache. An array of length 0 may be NULL.
 */
struct kernel_set {
    const char *name; /* "scalar", "avx2", "avx512", "neon" */

    /* May this process run it? The other members only where it says so. */
    bool (*usable)(void);

    /*
     * The sum of a[i] * b[i].
     *
     *   a, b     [n] floats
     *   returns  0 for n = 0; off by at most (n / 64 + 8) * 2^-24 times the
     *            sum of |a[i] * b[i]|, where nothing overflows
     */
    float (*dot)(const float *a, const float *b, size_t n);

    /*
     * The Euclidean length: the root of dot(a, a, n), so infinite from about
     * 1.8e19 on.
     */
    float (*norm)(const float *a, size_t n);

    /*
     * The cosine of the angle between a and b, in -1..1.
     *
     *   returns  NaN where dot(a, a) or dot(b, b) is 0, infinite or NaN:
     *            a vector without a direction resembles nothing
     */
    float (*cosine)(const float *a, const float *b, size_t n);

    /*
     * One query against many rows: out[r] has the bits of
     * dot(rows[r], query, dim).
     *
     *   rows   [n_rows][dim] floats, row after row
     *   query  [dim] floats
     *   out    [n_rows] floats, not overlapping the inputs
     */
    void (*dots)(const float *rows, size_t n_rows, const float *query,
                 size_t dim, float *out);
};

extern const struct kernel_set kernel_scalar; /* usable everywhere */
extern const struct kernel_set kernel_avx2;
extern const struct kernel_set kernel_avx512;
extern const struct kernel_set kernel_neon;

/* Every set of this build, the fastest first, ended by NULL. */
extern const struct kernel_set *const kernel_sets[];

/*
 * The set to use: the fastest that this machine can run, or the one forced by
 * name (the caller reads it from LEEWAY_ISA).
 *
 *   forced   a name out of kernel_sets; NULL or "" leaves the choice to us
 *   returns  NULL where the name is unknown or the machine cannot run it: the
 *            caller says so and stops, since somebody asked for it by name
 */
const struct kernel_set *kernels_pick(const char *forced);

/*
 * Known answers: one number that stands for every bit the set computes over
 * fixed inputs of every length from 0 to 1,100 (odd addresses, tiny, huge and
 * mixed values; products that underflow). It is KERNELS_KNOWN on every machine,
 * with every compiler and at every optimisation. Takes about 1 ms.
 */
#define KERNELS_KNOWN UINT64_C(0x218df38342856270)
uint64_t kernels_answers(const struct kernel_set *set);

/*
 * For start-up: does the set give the known answers?
 *
 *   returns  false where the set, the compiler or the floating-point mode of
 *            this process is not to be trusted; the caller warns and takes
 *            kernel_scalar, and stops where that fails too
 */
bool kernels_self_test(const struct kernel_set *set);

#endif
