#include "sidecar/engine/condition_code.h"

#include <math.h>

/*
 * Each part that is not a comparison of two numbers speaks about one unknown:
 * how often a rule hits, a score, the role. The constants that an unknown is
 * compared with cut its range into pieces within which no part can tell its
 * values apart, so one value of each piece stands for all: its cases. Where all
 * unknowns together have few enough cases, every one is tried.
 */

enum {
    /* 2 ends, 1 for "not known", and 2 for each of 6 constants, rounded up. */
    CASES = 16,
    COMBINATIONS = 4096, /* tried at most: some milliseconds */
    BOTH = CONDITION_FALSE | CONDITION_TRUE
};

/* What an unknown is, besides the sources of numbers. */
enum { KIND_TRUTH = CONDITION_LENGTH + 1, KIND_ROLE, KIND_ALERT };

struct unknown {
    unsigned kind;      /* enum condition_source, or one of those above */
    uint16_t reference; /* of kinds that have a name */
    double cases[CASES];
    size_t case_count;
    size_t chosen; /* the case that is tried */
    bool overfull; /* more cases than fit */
};

struct analysis {
    const struct condition *condition;
    const bool *live;
    struct unknown unknowns[CONDITION_NODES];
    size_t unknown_count;
    uint16_t about[CONDITION_NODES];      /* [ops] unknown of a part */
    unsigned char masks[CONDITION_NODES]; /* [ops] outcomes of a part */
};

/* ------------------------------------------------------------------- ranges */

struct range {
    double from, to;
    bool whole;   /* whole numbers only */
    bool unknown; /* may be NaN */
};

static struct range
range_of(unsigned kind)
{
    switch (kind) {
    case CONDITION_RULE_HITS:
    case CONDITION_GROUP_HITS:
    case CONDITION_TAG_HITS:
    case CONDITION_LENGTH:
        return (struct range){0, UINT32_MAX, true, false};
    case CONDITION_CATEGORY_SCORE:
        return (struct range){0, 1, false, false};
    case CONDITION_RULE_SCORE:
        return (struct range){-1, 1, false, false};
    case CONDITION_DRIFT_SCORE:
        return (struct range){0, 1, false, true};
    case CONDITION_DRIFT_MARGIN:
        return (struct range){-HUGE_VAL, HUGE_VAL, false, true};
    case KIND_ROLE:
        return (struct range){0, REQUEST_ROLES - 1, true, false};
    default: // KIND_TRUTH, KIND_ALERT
        return (struct range){0, 1, true, false};
    }
}

static bool
is_named(unsigned kind)
{
    return (kind >= CONDITION_RULE_HITS && kind <= CONDITION_RULE_SCORE) ||
           kind == KIND_TRUTH;
}

static bool
is_live(const struct analysis *a, unsigned kind, uint16_t reference)
{
    return a->live == NULL || !is_named(kind) || a->live[reference];
}

/* The range, or nothing but 0 where nothing can make it more. */
static struct range
live_range(const struct analysis *a, unsigned kind, uint16_t reference)
{
    return is_live(a, kind, reference) ? range_of(kind)
                                       : (struct range){0, 0, true, false};
}

/* -------------------------------------------------------------------- cases */

static void
add_case(struct unknown *u, double value)
{
    for (size_t i = 0; i < u->case_count; i++) {
        const double other = u->cases[i];
        if ((value >= other && value <= other) ||
            (isnan(value) && isnan(other))) {
            return;
        }
    }
    if (u->case_count == CASES) {
        u->overfull = true;
        return;
    }
    u->cases[u->case_count++] = value;
}

static void
add_case_within(struct unknown *u, const struct range *range, double value)
{
    if (value >= range->from && value <= range->to) {
        add_case(u, value);
    }
}

/*
 * The constant, and what lies next above it: with the lower end of the range,
 * one value of every piece.
 */
static void
add_cases_at(struct unknown *u, const struct range *range, double constant)
{
    add_case_within(u, range, range->whole ? ceil(constant) : constant);
    add_case_within(u, range,
                    range->whole ? floor(constant) + 1
                                 : nextafter(constant, HUGE_VAL));
}

/* The number of an unknown, noted with its outer cases if it is new. */
static uint16_t
unknown_of(struct analysis *a, unsigned kind, uint16_t reference)
{
    size_t i = 0;

    while (i < a->unknown_count &&
           (a->unknowns[i].kind != kind ||
            (is_named(kind) && a->unknowns[i].reference != reference))) {
        i++;
    }
    if (i == a->unknown_count) {
        const struct range range = live_range(a, kind, reference);
        struct unknown *u = &a->unknowns[a->unknown_count++];
        *u = (struct unknown){.kind = kind, .reference = reference};
        add_case_within(u, &range, range.from);
        add_case_within(u, &range, range.to);
        if (range.unknown) {
            add_case(u, (double)NAN);
        }
    }
    return (uint16_t)i;
}

/* The unknown of a comparison with a constant, cut there. */
static uint16_t
compared(struct analysis *a, const struct condition_number *number,
         double constant)
{
    const uint16_t which = unknown_of(a, number->source, number->reference);
    const struct range range = live_range(a, number->source, number->reference);

    add_cases_at(&a->unknowns[which], &range, constant);
    return which;
}

/* ----------------------------------------------------------- what parts say */

enum { NOTHING = UINT16_MAX }; /* a part about no unknown, or about two */

static uint16_t
about(struct analysis *a, const struct condition_op *op)
{
    switch (op->kind) {
    case CONDITION_HIT: {
        const struct condition_number hits = {CONDITION_RULE_HITS,
                                              op->reference, 0};
        return compared(a, &hits, 1);
    }
    case CONDITION_COMPARE:
        if (op->right.source == CONDITION_CONSTANT &&
            op->left.source != CONDITION_CONSTANT) {
            return compared(a, &op->left, op->right.constant);
        }
        if (op->left.source == CONDITION_CONSTANT &&
            op->right.source != CONDITION_CONSTANT) {
            return compared(a, &op->right, op->left.constant);
        }
        return NOTHING;
    case CONDITION_HAS_TAG:
    case CONDITION_IN_LANGUAGE:
    case CONDITION_IS_PERSONA:
        return unknown_of(a, KIND_TRUTH, op->reference);
    case CONDITION_IN_ROLE: {
        const uint16_t role = unknown_of(a, KIND_ROLE, 0);
        for (int i = 0; i < REQUEST_ROLES; i++) {
            add_case(&a->unknowns[role], (double)i);
        }
        return role;
    }
    case CONDITION_DRIFT_ALERT:
        return unknown_of(a, KIND_ALERT, 0);
    case CONDITION_DRIFT_KNOWN:
        return unknown_of(a, CONDITION_DRIFT_SCORE, 0);
    case CONDITION_NOT:
    case CONDITION_OF:
        break;
    }
    return NOTHING;
}

static unsigned char
outcome(bool holds)
{
    return holds ? CONDITION_TRUE : CONDITION_FALSE;
}

/* What the part comes to where its unknown has this value. */
static unsigned char
outcome_for(const struct condition_op *op, double value)
{
    switch (op->kind) {
    case CONDITION_COMPARE:
        return outcome(
            op->left.source == CONDITION_CONSTANT
                ? condition_compare(op->left.constant, op->relation, value)
                : condition_compare(value, op->relation, op->right.constant));
    case CONDITION_IN_ROLE:
        return outcome(
            condition_compare(value, CONDITION_EQUAL, (double)op->role));
    case CONDITION_DRIFT_KNOWN:
        return outcome(!isnan(value));
    case CONDITION_HIT:
    case CONDITION_HAS_TAG:
    case CONDITION_IN_LANGUAGE:
    case CONDITION_IS_PERSONA:
    case CONDITION_DRIFT_ALERT:
    case CONDITION_NOT:
    case CONDITION_OF:
        break;
    }
    return outcome(value >= 1);
}

static struct range
side_range(const struct analysis *a, const struct condition_number *n)
{
    return n->source == CONDITION_CONSTANT
               ? (struct range){n->constant, n->constant, false, false}
               : live_range(a, n->source, n->reference);
}

/* A comparison of two constants, or of two unknowns by their ranges. */
static unsigned char
outcomes_of_ranges(const struct analysis *a, const struct condition_op *op)
{
    const struct range left = side_range(a, &op->left);
    const struct range right = side_range(a, &op->right);
    const double lefts[] = {left.from, left.to};
    const double rights[] = {right.from, right.to};
    unsigned char mask =
        left.unknown || right.unknown ? CONDITION_FALSE : CONDITION_NEVER;

    // An order holds somewhere between the ends only if it does at two of them.
    for (size_t i = 0; i < 4; i++) {
        mask |= outcome(
            condition_compare(lefts[i / 2], op->relation, rights[i % 2]));
    }
    const bool fixed = left.from >= left.to && right.from >= right.to;
    const bool apart = left.to < right.from || right.to < left.from;
    if (op->relation >= CONDITION_EQUAL && !fixed && !apart) {
        mask = BOTH; // they may meet, or not, between the ends
    }
    return mask;
}

/* ---------------------------------------------------------------- operators */

/* Outcomes of `least` of the `count` values. */
static unsigned char
outcomes_of(const struct condition_op *op, const unsigned char *values)
{
    size_t surely = 0, perhaps = 0;

    for (size_t i = 0; i < op->count; i++) {
        surely += values[i] == CONDITION_TRUE ? 1 : 0;
        perhaps += (values[i] & CONDITION_TRUE) != 0 ? 1 : 0;
    }
    return (unsigned char)((perhaps >= op->least ? CONDITION_TRUE : 0) |
                           (surely < op->least ? CONDITION_FALSE : 0));
}

/* As condition_holds, over outcomes in place of truths. */
static unsigned char
run(const struct analysis *a)
{
    unsigned char stack[CONDITION_NODES];
    size_t height = 0;

    for (size_t i = 0; i < a->condition->op_count; i++) {
        const struct condition_op *op = &a->condition->ops[i];
        if (condition_op_is_part(op)) {
            stack[height++] = a->masks[i];
        } else if (op->kind == CONDITION_NOT) {
            const unsigned char value = stack[height - 1];
            stack[height - 1] = (unsigned char)(value >> 1 | (value & 1) << 1);
        } else {
            height -= op->count;
            stack[height] = outcomes_of(op, stack + height);
            height++;
        }
    }
    return stack[0];
}

/* ------------------------------------------------------------------- trying */

/* Can no part tell two cases of an unknown apart? */
static bool
same_case(const struct analysis *a, size_t unknown, double one, double other)
{
    for (size_t i = 0; i < a->condition->op_count; i++) {
        const struct condition_op *op = &a->condition->ops[i];
        if (a->about[i] == unknown &&
            outcome_for(op, one) != outcome_for(op, other)) {
            return false;
        }
    }
    return true;
}

/* Keeps one case of those that are the same: a rule hits or does not. */
static void
merge_cases(struct analysis *a, size_t unknown)
{
    struct unknown *u = &a->unknowns[unknown];
    size_t kept = 0;

    for (size_t i = 0; i < u->case_count; i++) {
        size_t k = 0;
        while (k < kept && !same_case(a, unknown, u->cases[i], u->cases[k])) {
            k++;
        }
        if (k == kept) {
            u->cases[kept++] = u->cases[i];
        }
    }
    u->case_count = kept;
}

/* Masks of the parts that follow from one unknown, for its chosen case. */
static void
set_masks(struct analysis *a)
{
    for (size_t i = 0; i < a->condition->op_count; i++) {
        if (a->about[i] != NOTHING) {
            const struct unknown *u = &a->unknowns[a->about[i]];
            a->masks[i] =
                outcome_for(&a->condition->ops[i], u->cases[u->chosen]);
        }
    }
}

/* The next combination of cases, as an odometer turns; false: that was all. */
static bool
turn(struct analysis *a)
{
    for (size_t i = 0; i < a->unknown_count; i++) {
        struct unknown *u = &a->unknowns[i];
        if (++u->chosen < u->case_count) {
            return true;
        }
        u->chosen = 0;
    }
    return false;
}

static bool
few_combinations(const struct analysis *a)
{
    size_t product = 1;

    for (size_t i = 0; i < a->unknown_count; i++) {
        if (a->unknowns[i].overfull ||
            product > COMBINATIONS / a->unknowns[i].case_count) {
            return false;
        }
        product *= a->unknowns[i].case_count;
    }
    return true;
}

static unsigned
try_each(struct analysis *a)
{
    unsigned seen = CONDITION_NEVER;

    do {
        set_masks(a);
        seen |= run(a);
    } while (seen != BOTH && turn(a));
    return seen;
}

/* Each part by itself: an overfull unknown's parts may be anything. */
static unsigned
try_apart(struct analysis *a)
{
    for (size_t i = 0; i < a->condition->op_count; i++) {
        if (a->about[i] == NOTHING) {
            continue;
        }
        const struct unknown *u = &a->unknowns[a->about[i]];
        a->masks[i] = u->overfull ? BOTH : CONDITION_NEVER;
        for (size_t k = 0; k < u->case_count; k++) {
            a->masks[i] |= outcome_for(&a->condition->ops[i], u->cases[k]);
        }
    }
    return run(a);
}

unsigned
condition_outcomes(const struct condition *condition, const bool *live)
{
    struct analysis a = {.condition = condition, .live = live};

    for (size_t i = 0; i < condition->op_count; i++) {
        const struct condition_op *op = &condition->ops[i];
        a.about[i] = about(&a, op);
        a.masks[i] =
            op->kind == CONDITION_COMPARE ? outcomes_of_ranges(&a, op) : BOTH;
    }
    for (size_t i = 0; i < a.unknown_count; i++) {
        merge_cases(&a, i);
    }
    return few_combinations(&a) ? try_each(&a) : try_apart(&a);
}
