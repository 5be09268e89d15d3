#include "sidecar/base/ascii.h"
#include "sidecar/engine/condition_code.h"

#include <assert.h>
#include <math.h>

struct condition_reference *
condition_references(struct condition *condition, size_t *count)
{
    *count = condition->reference_count;
    return condition->references;
}

const char *
condition_kind_name(enum condition_kind kind)
{
    switch (kind) {
    case CONDITION_RULE:
        return "rule";
    case CONDITION_CATEGORY:
        return "category";
    case CONDITION_GROUP:
        return "group";
    case CONDITION_RULE_TAG:
        return "rule tag";
    case CONDITION_TAG:
        return "tag";
    case CONDITION_LANGUAGE:
        return "language";
    case CONDITION_PERSONA:
        break;
    }
    return "persona";
}

unsigned
condition_needs(const struct condition *condition)
{
    return condition->needs;
}

/* -------------------------------------------------------------- the request */

static bool
has_tag(const struct condition_facts *facts, struct text tag)
{
    for (size_t i = 0; i < facts->tag_count; i++) {
        if (text_equal(facts->tags[i], tag)) {
            return true;
        }
    }
    return false;
}

static char
plain(char c)
{
    return c == '_' ? '-' : ascii_lower(c);
}

/* Is `wanted` the language, or its beginning up to a subtag's end? */
static bool
in_language(struct text language, struct text wanted)
{
    if (language.len < wanted.len) {
        return false;
    }
    for (size_t i = 0; i < wanted.len; i++) {
        if (plain(language.at[i]) != plain(wanted.at[i])) {
            return false;
        }
    }
    return language.len == wanted.len || plain(language.at[wanted.len]) == '-';
}

static bool
is_persona(struct text persona, struct text wanted)
{
    if (wanted.at[wanted.len - 1] != '*') {
        return text_equal(persona, wanted);
    }
    return persona.len > 0 &&
           text_starts(persona, text_part(wanted, 0, wanted.len - 1));
}

/* --------------------------------------------------------------- evaluation */

static uint32_t
index_of(const struct condition *condition, uint16_t reference)
{
    const uint32_t index = condition->references[reference].index;

    assert(index != CONDITION_UNBOUND);
    return index;
}

static double
number(const struct condition *condition, const struct condition_number *n,
       const struct condition_facts *facts)
{
    switch (n->source) {
    case CONDITION_CONSTANT:
        return n->constant;
    case CONDITION_RULE_HITS:
        return (double)facts->rule_hits[index_of(condition, n->reference)];
    case CONDITION_GROUP_HITS:
        return (double)facts->group_hits[index_of(condition, n->reference)];
    case CONDITION_TAG_HITS:
        return (double)facts->tag_hits[index_of(condition, n->reference)];
    case CONDITION_CATEGORY_SCORE:
        return facts->category_scores[index_of(condition, n->reference)];
    case CONDITION_RULE_SCORE:
        return facts->rule_scores[index_of(condition, n->reference)];
    case CONDITION_DRIFT_SCORE:
        return facts->drift_score;
    case CONDITION_DRIFT_MARGIN:
        return facts->drift_margin;
    case CONDITION_LENGTH:
        break;
    }
    return (double)facts->length;
}

static bool
part_holds(const struct condition *condition, const struct condition_op *op,
           const struct condition_facts *facts)
{
    switch (op->kind) {
    case CONDITION_HIT:
        return facts->rule_hits[index_of(condition, op->reference)] > 0;
    case CONDITION_COMPARE:
        return condition_compare(number(condition, &op->left, facts),
                                 op->relation,
                                 number(condition, &op->right, facts));
    case CONDITION_HAS_TAG:
        return has_tag(facts, condition->references[op->reference].name);
    case CONDITION_IN_LANGUAGE:
        return in_language(facts->language,
                           condition->references[op->reference].name);
    case CONDITION_IN_ROLE:
        return facts->role == op->role;
    case CONDITION_IS_PERSONA:
        return is_persona(facts->persona,
                          condition->references[op->reference].name);
    case CONDITION_DRIFT_ALERT:
        return facts->drift_alert && !isnan(facts->drift_score);
    case CONDITION_DRIFT_KNOWN:
        return !isnan(facts->drift_score);
    case CONDITION_NOT:
    case CONDITION_OF:
        break;
    }
    assert(false); // an operator is no part
    return false;
}

/* Joins the values on top of the stack; returns its new height. */
static size_t
operate(const struct condition_op *op, bool *stack, size_t height)
{
    size_t holding = 0;

    if (op->kind == CONDITION_NOT) {
        stack[height - 1] = !stack[height - 1];
        return height;
    }
    const size_t base = height - op->count;
    for (size_t i = base; i < height; i++) {
        holding += stack[i] ? 1 : 0;
    }
    stack[base] = holding >= op->least;
    return base + 1;
}

/*
 * Without short cuts: a condition is a handful of parts, each a load and a
 * comparison, and the branches would cost more than what they spare.
 */
bool
condition_holds(const struct condition *condition,
                const struct condition_facts *facts)
{
    bool stack[CONDITION_NODES];
    size_t height = 0;

    for (size_t i = 0; i < condition->op_count; i++) {
        const struct condition_op *op = &condition->ops[i];
        if (condition_op_is_part(op)) {
            stack[height++] = part_holds(condition, op, facts);
        } else {
            height = operate(op, stack, height);
        }
    }
    return stack[0];
}

/* -------------------------------------------------------------- explanation */

size_t
condition_part_count(const struct condition *condition)
{
    size_t count = 0;

    for (size_t i = 0; i < condition->op_count; i++) {
        count += condition_op_is_part(&condition->ops[i]) ? 1 : 0;
    }
    return count;
}

struct condition_part
condition_part(const struct condition *condition,
               const struct condition_facts *facts, size_t part)
{
    const struct condition_op *op = condition->ops;

    // In postfix order the parts stand as they do in the source.
    for (;; op++) {
        if (condition_op_is_part(op) && part-- == 0) {
            break;
        }
    }
    const bool compares = op->kind == CONDITION_COMPARE;
    return (struct condition_part){
        .source = text_part(condition->source, op->from, op->to),
        .holds = part_holds(condition, op, facts),
        .left = compares ? number(condition, &op->left, facts) : (double)NAN,
        .right = compares ? number(condition, &op->right, facts) : (double)NAN};
}
