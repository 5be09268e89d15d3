/*
 * A persona with everything: lines of Falstaff's, enough vectors of a model
 * "m1" and too few of a model "m2", all of 8 dimensions and about one
 * direction.
 */
#ifndef TESTS_UNIT_SUPPORT_PERSONA_H
#define TESTS_UNIT_SUPPORT_PERSONA_H

#include "tests/unit/support_engine.h"

enum { SUPPORT_PERSONA_DIM = 8 };

#define SUPPORT_PERSONA_HIS                                                    \
    "What is honour? a word. What is in that word honour? what is that "       \
    "honour? air. A trim reckoning!"
#define SUPPORT_PERSONA_NOT_HIS                                                \
    "Certainly! I'd be happy to help you prioritize several important "        \
    "considerations as you move forward with your goals."

/* Writes the fingerprint to a file. */
void support_persona_write(const char *path);

/* Her settings, as YAML between braces: "fuse_weight: 0.5". */
struct support_bench support_persona(const char *drift);

/* The same, and what the top level's drift says. */
struct support_bench support_persona_over(const char *all, const char *drift);

/*
 * What is measured of a text and a vector, explained; values NULL: of the text
 * alone. Valid until the next call.
 */
const struct envelope_drift *
support_persona_drift(struct support_bench *bench, const char *text,
                      const char *model, const float *values, size_t dim);

#endif
