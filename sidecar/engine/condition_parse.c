#include "sidecar/engine/condition_token.h"

#include <math.h>

#include "config/form.h"

enum { REFERENCES = 2 * CONDITION_NODES + 2 }; // a comparison has two sides

struct parser {
    struct text source;
    struct condition_token token; /* the next one */
    size_t end;                   /* of the last one taken */
    size_t depth;
    struct condition_op ops[CONDITION_NODES];
    size_t op_count;
    struct condition_reference references[REFERENCES];
    size_t reference_count;
    unsigned needs;
    size_t *offset; /* of what is wrong */
    struct err *err;
};

static const char an_operand[] =
    "a rule, a comparison, tag:NAME or another condition";

/* -------------------------------------------------------------------- errors
 */

static bool
refuse_at(struct parser *p, size_t offset, const char *why)
{
    *p->offset = offset;
    err_set(p->err, ERR_CONFIG, "byte %zu: %s", offset, why);
    return false;
}

/* What people write who know another language. */
static const char *
hint_for(const struct parser *p)
{
    const struct condition_token *t = &p->token;
    const struct text text = text_part(p->source, t->from, t->to);

    if (text_is(text, "AND") || text_is(text, "OR") || text_is(text, "NOT")) {
        return " (and, or, not are written small)";
    }
    if (text_is(text, "=")) {
        return " (== compares)";
    }
    if (t->kind == CONDITION_TOKEN_RELATION) {
        return " (a rule is counted: count(RULE) > 1; comparisons do not "
               "chain: join them with &)";
    }
    return "";
}

/* The next token is not what it should be. */
static bool
expected(struct parser *p, const char *what)
{
    char found[CONDITION_TOKEN_WORDS];

    *p->offset = p->token.from;
    err_set(p->err, ERR_CONFIG, "byte %zu: expected %s, found %s%s",
            p->token.from, what,
            condition_token_words(p->source, &p->token, found), hint_for(p));
    return false;
}

/* -------------------------------------------------------------------- pieces
 */

static void
take(struct parser *p)
{
    p->end = p->token.to;
    p->token = condition_token(p->source, p->token.to);
}

static bool
take_one(struct parser *p, enum condition_token_kind kind, const char *what)
{
    if (p->token.kind != kind) {
        return expected(p, what);
    }
    take(p);
    return true;
}

static struct text
token_text(const struct parser *p)
{
    return text_part(p->source, p->token.from, p->token.to);
}

static bool
at_word(const struct parser *p, const char *word)
{
    return p->token.kind == CONDITION_TOKEN_WORD &&
           text_is(token_text(p), word);
}

static bool
emit(struct parser *p, struct condition_op op)
{
    if (p->op_count == CONDITION_NODES) {
        return refuse_at(p, p->end,
                         "more than 256 rules, comparisons and operators");
    }
    p->ops[p->op_count++] = op;
    return true;
}

_Static_assert(CONDITION_NODES == 256 && CONDITION_DEPTH == 32 &&
                   CONDITION_BYTES == 4096,
               "the messages name the limits");

/* A part that began at `from` and ends with the last token taken. */
static bool
emit_part(struct parser *p, size_t from, struct condition_op op)
{
    op.from = (uint16_t)from;
    op.to = (uint16_t)p->end;
    return emit(p, op);
}

static bool
emit_of(struct parser *p, size_t least, size_t count)
{
    // One of one is what stands on the stack already.
    return count == 1 ||
           emit(p, (struct condition_op){.kind = CONDITION_OF,
                                         .least = (uint16_t)least,
                                         .count = (uint16_t)count});
}

/* The number of a name, noted if it is new. */
static uint16_t
refer(struct parser *p, enum condition_kind kind, struct text name)
{
    size_t i = 0;

    while (i < p->reference_count &&
           (p->references[i].kind != kind ||
            !text_equal(p->references[i].name, name))) {
        i++;
    }
    if (i == p->reference_count) {
        p->references[p->reference_count++] = (struct condition_reference){
            .kind = kind,
            .name = name,
            .offset = (size_t)(name.at - p->source.at),
            .index = CONDITION_UNBOUND};
    }
    return (uint16_t)i;
}

/* Has the name the form of its kind? Says so where it has not. */
static bool
check_name(struct parser *p, enum schema_form form, struct text name,
           const char *what)
{
    const char *const fault = form_fault(form, name);

    if (fault == NULL) {
        return true;
    }
    *p->offset = (size_t)(name.at - p->source.at);
    err_set(p->err, ERR_CONFIG, "byte %zu: expected %s: %s", *p->offset, what,
            fault);
    return false;
}

/* ------------------------------------------------------------------- numbers
 */

/* What stands in count(...), after the parenthesis. */
static bool
parse_counted(struct parser *p, struct condition_number *out)
{
    const struct text word = token_text(p);
    const struct text group = TEXT("g:"), tag = TEXT("tag:");

    p->needs |= CONDITION_NEEDS_HITS;
    if (p->token.kind == CONDITION_TOKEN_WORD && text_starts(word, group)) {
        const struct text name = text_part(word, group.len, word.len);
        out->source = CONDITION_GROUP_HITS;
        out->reference = refer(p, CONDITION_GROUP, name);
        return check_name(p, SCHEMA_ID, name, "a group");
    }
    if (p->token.kind == CONDITION_TOKEN_WORD && text_starts(word, tag)) {
        const struct text name = text_part(word, tag.len, word.len);
        out->source = CONDITION_TAG_HITS;
        out->reference = refer(p, CONDITION_RULE_TAG, name);
        return check_name(p, SCHEMA_ID, name, "a tag");
    }
    if (p->token.kind != CONDITION_TOKEN_WORD ||
        form_fault(SCHEMA_RULE, word) != NULL) {
        return expected(p, "a rule, g:GROUP or tag:NAME");
    }
    out->source = CONDITION_RULE_HITS;
    out->reference = refer(p, CONDITION_RULE, word);
    return true;
}

/* What stands in score(...), after the parenthesis. */
static bool
parse_scored(struct parser *p, struct condition_number *out)
{
    const struct text word = token_text(p);

    p->needs |= CONDITION_NEEDS_SCORES;
    if (p->token.kind != CONDITION_TOKEN_WORD ||
        form_fault(SCHEMA_CATEGORY, word) != NULL) {
        return expected(p, "a category or a rule");
    }
    if (form_fault(SCHEMA_RULE, word) == NULL) {
        out->source = CONDITION_RULE_SCORE;
        out->reference = refer(p, CONDITION_RULE, word);
    } else {
        out->source = CONDITION_CATEGORY_SCORE;
        out->reference = refer(p, CONDITION_CATEGORY, word);
    }
    return true;
}

static bool
parse_call(struct parser *p,
           bool (*argument)(struct parser *, struct condition_number *),
           struct condition_number *out)
{
    take(p);
    if (!take_one(p, CONDITION_TOKEN_OPEN, "(") || !argument(p, out)) {
        return false;
    }
    take(p);
    return take_one(p, CONDITION_TOKEN_CLOSE, ")");
}

static const struct {
    const char *word;
    enum condition_source source;
    unsigned need;
} plain_numbers[] = {
    {"drift.score", CONDITION_DRIFT_SCORE, CONDITION_NEEDS_DRIFT},
    {"drift.margin", CONDITION_DRIFT_MARGIN, CONDITION_NEEDS_DRIFT},
    {"length", CONDITION_LENGTH, CONDITION_NEEDS_LENGTH},
};
enum { PLAIN_NUMBERS = sizeof(plain_numbers) / sizeof(plain_numbers[0]) };

static bool
at_number(const struct parser *p)
{
    for (size_t i = 0; i < PLAIN_NUMBERS; i++) {
        if (at_word(p, plain_numbers[i].word)) {
            return true;
        }
    }
    return p->token.kind == CONDITION_TOKEN_NUMBER || at_word(p, "count") ||
           at_word(p, "score");
}

static bool
parse_number(struct parser *p, struct condition_number *out)
{
    *out = (struct condition_number){.source = CONDITION_CONSTANT};
    if (p->token.kind == CONDITION_TOKEN_NUMBER) {
        out->constant = p->token.number;
        take(p);
        return true;
    }
    if (at_word(p, "count")) {
        return parse_call(p, parse_counted, out);
    }
    if (at_word(p, "score")) {
        return parse_call(p, parse_scored, out);
    }
    for (size_t i = 0; i < PLAIN_NUMBERS; i++) {
        if (at_word(p, plain_numbers[i].word)) {
            out->source = plain_numbers[i].source;
            p->needs |= plain_numbers[i].need;
            take(p);
            return true;
        }
    }
    return expected(p, "a number, count(...), score(...), drift.score, "
                       "drift.margin or length");
}

/* The relation and the right side; the left one has been read. */
static bool
parse_relation(struct parser *p, size_t from, struct condition_number left)
{
    struct condition_op op = {.kind = CONDITION_COMPARE, .left = left};

    op.relation = p->token.relation;
    if (!take_one(p, CONDITION_TOKEN_RELATION, "< <= > >= == or !=") ||
        !parse_number(p, &op.right)) {
        return false;
    }
    return emit_part(p, from, op);
}

/* --------------------------------------------------------------------- words
 */

/* A part whose name is the word behind its prefix. */
static bool
emit_named(struct parser *p, size_t prefix, enum condition_op_kind op,
           enum condition_kind kind)
{
    const size_t from = p->token.from;
    const struct text word = token_text(p);
    const uint16_t reference =
        refer(p, kind, text_part(word, prefix, word.len));

    take(p);
    p->needs |=
        op == CONDITION_HIT ? CONDITION_NEEDS_HITS : CONDITION_NEEDS_REQUEST;
    return emit_part(p, from,
                     (struct condition_op){.kind = op, .reference = reference});
}

static bool
parse_tag(struct parser *p, struct text name, size_t prefix)
{
    return check_name(p, SCHEMA_ID, name, "a tag") &&
           emit_named(p, prefix, CONDITION_HAS_TAG, CONDITION_TAG);
}

static bool
parse_language(struct parser *p, struct text name, size_t prefix)
{
    return check_name(p, SCHEMA_LANGUAGE, name, "a language") &&
           emit_named(p, prefix, CONDITION_IN_LANGUAGE, CONDITION_LANGUAGE);
}

/* An id, the beginning of one and a star, or the star alone. */
static bool
parse_persona(struct parser *p, struct text name, size_t prefix)
{
    const bool star = name.len > 0 && name.at[name.len - 1] == '*';
    const struct text id = text_part(name, 0, name.len - (star ? 1 : 0));

    return ((star && id.len == 0) ||
            check_name(p, SCHEMA_ID, id, "a persona's id, or a part and *")) &&
           emit_named(p, prefix, CONDITION_IS_PERSONA, CONDITION_PERSONA);
}

static bool
parse_role(struct parser *p, struct text name, size_t prefix)
{
    const size_t from = p->token.from;

    (void)prefix;
    for (int role = 0; role < REQUEST_ROLES; role++) {
        if (text_is(name, request_role_names[role])) {
            take(p);
            p->needs |= CONDITION_NEEDS_REQUEST;
            return emit_part(
                p, from,
                (struct condition_op){.kind = CONDITION_IN_ROLE,
                                      .role = (enum request_role)role});
        }
    }
    return refuse_at(p, (size_t)(name.at - p->source.at),
                     "expected assistant, user, tool or system");
}

static bool
parse_drift(struct parser *p, enum condition_op_kind kind)
{
    const size_t from = p->token.from;

    take(p);
    p->needs |= CONDITION_NEEDS_DRIFT;
    return emit_part(p, from, (struct condition_op){.kind = kind});
}

static const struct {
    const char *prefix;
    bool (*parse)(struct parser *p, struct text name, size_t prefix);
} prefixes[] = {{"tag:", parse_tag},
                {"lang:", parse_language},
                {"persona:", parse_persona},
                {"role:", parse_role}};

static bool
parse_word(struct parser *p)
{
    const struct text word = token_text(p);

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const size_t len = strlen(prefixes[i].prefix);
        if (text_starts(word, text_of(prefixes[i].prefix))) {
            return prefixes[i].parse(p, text_part(word, len, word.len), len);
        }
    }
    if (text_is(word, "persona.is_ai")) {
        return emit_named(p, strlen("persona."), CONDITION_HAS_TAG,
                          CONDITION_TAG);
    }
    if (text_is(word, "drift.alert")) {
        return parse_drift(p, CONDITION_DRIFT_ALERT);
    }
    if (text_is(word, "drift.known")) {
        return parse_drift(p, CONDITION_DRIFT_KNOWN);
    }
    if (form_fault(SCHEMA_RULE, word) != NULL) {
        return expected(p, an_operand);
    }
    return emit_named(p, 0, CONDITION_HIT, CONDITION_RULE);
}

/* ------------------------------------------------------------------ grouping
 */

static bool parse_any(struct parser *p);

/* What stands between parentheses; the opening one is next. */
static bool
parse_inner(struct parser *p, bool list, size_t *count)
{
    const char *const behind = list ? "& | , or )" : "& | or )";

    if (p->depth == CONDITION_DEPTH) {
        return refuse_at(p, p->token.from,
                         "parentheses nested more than 32 deep");
    }
    p->depth++;
    *count = 0;
    do {
        take(p); // the parenthesis, then each comma
        if (!parse_any(p)) {
            return false;
        }
        (*count)++;
    } while (list && p->token.kind == CONDITION_TOKEN_COMMA);
    p->depth--;
    return take_one(p, CONDITION_TOKEN_CLOSE, behind);
}

/* K of (...): K has been read, `of` is next. */
static bool
parse_of(struct parser *p, size_t from, double least)
{
    size_t count;

    take(p);
    if (p->token.kind != CONDITION_TOKEN_OPEN) {
        return expected(p, "( and the conditions to count");
    }
    if (!parse_inner(p, true, &count)) {
        return false;
    }
    if (least < 1 || least > (double)count || floor(least) < least) {
        *p->offset = from;
        err_set(p->err, ERR_CONFIG,
                "byte %zu: expected a whole number from 1 to %zu, which is how "
                "many conditions there are",
                from, count);
        return false;
    }
    return emit_of(p, (size_t)least, count);
}

/* A comparison, or K of (...), which begins with a number too. */
static bool
parse_numeric(struct parser *p, bool negated)
{
    const size_t from = p->token.from;
    struct condition_number left;

    if (!parse_number(p, &left)) {
        return false;
    }
    if (left.source == CONDITION_CONSTANT && at_word(p, "of")) {
        return parse_of(p, from, left.constant);
    }
    if (negated) {
        // !count(A) > 2 reads as (!count(A)) > 2 to some and not to others.
        return refuse_at(p, from, "expected ( around the comparison after !");
    }
    return parse_relation(p, from, left);
}

static bool
parse_single(struct parser *p)
{
    size_t count;
    bool negate = false, negated = false;

    for (; p->token.kind == CONDITION_TOKEN_NOT; take(p)) {
        negate = !negate;
        negated = true;
    }
    const bool parsed =
        at_number(p)                            ? parse_numeric(p, negated)
        : p->token.kind == CONDITION_TOKEN_OPEN ? parse_inner(p, false, &count)
        : p->token.kind == CONDITION_TOKEN_WORD ? parse_word(p)
                                                : expected(p, an_operand);
    return parsed &&
           (!negate || emit(p, (struct condition_op){.kind = CONDITION_NOT}));
}

static bool
parse_all(struct parser *p)
{
    size_t count = 1;

    if (!parse_single(p)) {
        return false;
    }
    for (; p->token.kind == CONDITION_TOKEN_AND; count++) {
        take(p);
        if (!parse_single(p)) {
            return false;
        }
    }
    return emit_of(p, count, count);
}

/* Calls itself through parse_inner, CONDITION_DEPTH deep at most. */
static bool
parse_any(struct parser *p)
{
    size_t count = 1;

    if (!parse_all(p)) {
        return false;
    }
    for (; p->token.kind == CONDITION_TOKEN_OR; count++) {
        take(p);
        if (!parse_all(p)) {
            return false;
        }
    }
    return emit_of(p, 1, count);
}

/* -------------------------------------------------------------------- result
 */

static struct condition *
keep(const struct parser *p, struct arena *arena)
{
    struct condition *out = ARENA_ARRAY(arena, struct condition, 1);
    struct condition_op *ops =
        ARENA_ARRAY(arena, struct condition_op, p->op_count);
    struct condition_reference *references =
        ARENA_ARRAY(arena, struct condition_reference, p->reference_count);

    if (out == NULL || ops == NULL || references == NULL) {
        err_memory(p->err, "a condition");
        return NULL;
    }
    memcpy(ops, p->ops, p->op_count * sizeof(*ops));
    memcpy(references, p->references, p->reference_count * sizeof(*references));
    *out = (struct condition){.source = p->source,
                              .ops = ops,
                              .references = references,
                              .op_count = p->op_count,
                              .reference_count = p->reference_count,
                              .needs = p->needs};
    return out;
}

struct condition *
condition_parse(struct text source, struct arena *arena, size_t *offset,
                struct err *err)
{
    struct parser p = {.source = source, .offset = offset, .err = err};

    *offset = 0;
    if (source.len > CONDITION_BYTES) {
        refuse_at(&p, CONDITION_BYTES, "longer than 4096 bytes");
        return NULL;
    }
    p.token = condition_token(source, 0);
    if (!parse_any(&p)) {
        return NULL;
    }
    if (p.token.kind != CONDITION_TOKEN_END) {
        expected(&p, "& | or the end");
        return NULL;
    }
    return keep(&p, arena);
}
