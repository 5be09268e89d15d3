/*
 * The inside of a parsed condition, shared by the files that parse, evaluate
 * and analyse it: parts and operators in postfix order, run over a stack of
 * truth values.
 */
#ifndef SIDECAR_ENGINE_CONDITION_CODE_H
#define SIDECAR_ENGINE_CONDITION_CODE_H

#include "sidecar/engine/condition.h"

/* Where a number comes from. */
enum condition_source {
    CONDITION_CONSTANT,
    CONDITION_RULE_HITS,
    CONDITION_GROUP_HITS,
    CONDITION_TAG_HITS,
    CONDITION_CATEGORY_SCORE,
    CONDITION_RULE_SCORE,
    CONDITION_DRIFT_SCORE,
    CONDITION_DRIFT_MARGIN,
    CONDITION_LENGTH
};

struct condition_number {
    enum condition_source source;
    uint16_t reference; /* of the sources that have a name */
    double constant;    /* of CONDITION_CONSTANT */
};

enum condition_relation {
    CONDITION_BELOW,
    CONDITION_AT_MOST,
    CONDITION_ABOVE,
    CONDITION_AT_LEAST,
    CONDITION_EQUAL,
    CONDITION_UNEQUAL
};

enum condition_op_kind {
    /* parts: push one value */
    CONDITION_HIT,
    CONDITION_COMPARE,
    CONDITION_HAS_TAG,
    CONDITION_IN_LANGUAGE,
    CONDITION_IN_ROLE,
    CONDITION_IS_PERSONA,
    CONDITION_DRIFT_ALERT,
    CONDITION_DRIFT_KNOWN,
    /* operators: pop what they join, push one value */
    CONDITION_NOT,
    CONDITION_OF /* `least` of `count`: & is 2 of 2, | is 1 of 2 */
};

struct condition_op {
    enum condition_op_kind kind;
    enum condition_relation relation;    /* of COMPARE */
    uint16_t reference;                  /* of HIT, HAS_TAG, IN_LANGUAGE ... */
    uint16_t from, to;                   /* bytes of the source, of a part */
    uint16_t least, count;               /* of OF */
    enum request_role role;              /* of IN_ROLE */
    struct condition_number left, right; /* of COMPARE */
};

struct condition {
    struct text source;
    const struct condition_op *ops; /* [op_count] */
    struct condition_reference *references;
    size_t op_count, reference_count;
    unsigned needs;
};

static inline bool
condition_op_is_part(const struct condition_op *op)
{
    return op->kind < CONDITION_NOT;
}

/* False where either is NaN, CONDITION_UNEQUAL too. */
static inline bool
condition_compare(double left, enum condition_relation relation, double right)
{
    switch (relation) {
    case CONDITION_BELOW:
        return left < right;
    case CONDITION_AT_MOST:
        return left <= right;
    case CONDITION_ABOVE:
        return left > right;
    case CONDITION_AT_LEAST:
        return left >= right;
    case CONDITION_EQUAL:
        return left >= right && left <= right;
    case CONDITION_UNEQUAL:
        break;
    }
    return left < right || left > right;
}

#endif
