#include "sidecar/engine/rules_set.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/base/nearest.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/needs.h"
#include "sidecar/engine/pii.h"
#include "sidecar/engine/word.h"

enum { ARENA_BYTES = 1 << 30, FIRST_TERMS = 256 };

struct compiler {
    struct rules *rules;
    struct problems *problems;
    uint32_t rule; /* being compiled */
};

static const struct config_rule *
current(const struct compiler *c)
{
    return c->rules->rules[c->rule].config;
}

static void
problem_of_term(struct compiler *c, const char *key, struct text term,
                const char *what)
{
    const struct config_rule *rule = current(c);
    char path[ERR_PATH_BYTES];

    snprintf(path, sizeof(path), "rules.%.*s.%s", TEXT_ARGS(rule->id), key);
    place_problem(c->problems, node_place(rule->node, key), path,
                  "term \"%.*s\" %s", TEXT_ARGS(place_excerpt(term)), what);
}

static void
problem_from(struct compiler *c, const char *key, const struct err *err)
{
    const struct config_rule *rule = current(c);
    char path[ERR_PATH_BYTES];

    snprintf(path, sizeof(path), "rules.%.*s.%s", TEXT_ARGS(rule->id), key);
    place_problem(c->problems, node_place(rule->node, key), path, "%s",
                  err->message);
}

/* ------------------------------------------------------------------- terms */

static bool
term_room(struct term_set *set)
{
    if (set->count < set->cap) {
        return true;
    }
    const size_t cap = set->cap > 0 ? set->cap * 2 : FIRST_TERMS;
    struct term *terms = realloc(set->terms, cap * sizeof(*terms));
    if (terms == NULL) {
        return false;
    }
    set->terms = terms;
    struct literal *texts = realloc(set->texts, cap * sizeof(*texts));
    if (texts == NULL) {
        return false;
    }
    set->texts = texts;
    set->cap = cap;
    return true;
}

/* A boundary is asked for only where the term's own edge is of a word. */
static unsigned
edge_flags(struct text folded, unsigned flags)
{
    if (!word_at(folded, 0)) {
        flags &= ~(unsigned)TERM_LEFT;
    }
    if (!word_before(folded, folded.len)) {
        flags &= ~(unsigned)(TERM_RIGHT | TERM_PLURAL);
    }
    return flags;
}

/* "Acme*", "*globex*": which ends are open. False: a star inside. */
static bool
strip_stars(struct text *term, unsigned *flags)
{
    *flags = TERM_LEFT | TERM_RIGHT;
    if (term->len > 0 && term->at[0] == '*') {
        *flags = (*flags & ~(unsigned)TERM_LEFT) | TERM_EXTEND_LEFT;
        *term = text_part(*term, 1, term->len);
    }
    if (term->len > 0 && term->at[term->len - 1] == '*') {
        *flags = (*flags & ~(unsigned)TERM_RIGHT) | TERM_EXTEND_RIGHT;
        *term = text_part(*term, 0, term->len - 1);
    }
    return term->len > 0 && memchr(term->at, '*', term->len) == NULL;
}

static void
add_literal(struct compiler *c, const char *key, struct text term,
            struct text text, unsigned flags)
{
    struct rules *rules = c->rules;
    const bool folded = current(c)->robust != CONFIG_ROBUST_NONE;
    struct term_set *set = folded ? &rules->fold : &rules->raw;

    if (text.len == 0 || text.len > LITERALS_BYTES) {
        problem_of_term(c, key, term,
                        "is empty once folded, or above 512 bytes");
        return;
    }
    const struct text kept = arena_copy(rules->arena, text);
    if (kept.at == NULL || !term_room(set)) {
        problem_of_term(c, key, term, "has no memory to be kept in");
        return;
    }
    // A term has marks of its own where its fold is not the same with marks.
    const bool marked = folded && !fold_same_marks(term, kept);
    set->terms[set->count] =
        (struct term){.rule = c->rule,
                      .len = (uint32_t)kept.len,
                      .flags = edge_flags(kept, flags),
                      .marked = marked ? term : (struct text){NULL, 0}};
    set->texts[set->count] = (struct literal){kept, (uint32_t)set->count};
    set->count++;
}

static void
add_term(struct compiler *c, const char *key, struct text term, unsigned flags)
{
    struct fold_term forms;
    struct err err;

    if (current(c)->robust == CONFIG_ROBUST_NONE) {
        add_literal(c, key, term, term, flags);
        return;
    }
    if (!fold_term(term, c->rules->arena, &forms, &err)) {
        problem_from(c, key, &err);
        return;
    }
    add_literal(c, key, term, forms.alone, flags);
    // Where it may stand inside a word it can have another form there.
    const unsigned bounded = TERM_LEFT | TERM_RIGHT;
    if ((flags & bounded) != bounded &&
        !text_equal(forms.alone, forms.inside)) {
        add_literal(c, key, term, forms.inside, flags);
    }
}

static void
add_terms(struct compiler *c, const char *key, const struct config_texts *terms,
          enum config_match match)
{
    const unsigned plural = current(c)->plural ? TERM_PLURAL : 0;

    for (size_t i = 0; i < terms->count; i++) {
        struct text term = terms->at[i];
        unsigned flags = 0;
        if (match == CONFIG_WORD) {
            flags = TERM_LEFT | TERM_RIGHT | plural;
        } else if (match == CONFIG_WILDCARD && !strip_stars(&term, &flags)) {
            problem_of_term(c, key, terms->at[i],
                            "may have a star first and last only");
            continue;
        }
        add_term(c, key, term, flags);
    }
}

static const struct config_list *
find_list(const struct config *config, struct text id)
{
    for (size_t i = 0; i < config->list_count; i++) {
        if (text_equal(config->lists[i].id, id)) {
            return &config->lists[i];
        }
    }
    return NULL;
}

static void
add_list(struct compiler *c, const struct config_list *list)
{
    add_terms(c, "lists", &list->terms,
              list->match_given ? list->match : current(c)->match);
}

static void
compile_terms(struct compiler *c)
{
    const struct config_rule *rule = current(c);

    add_terms(c, "terms", &rule->terms, rule->match);
    for (size_t i = 0; i < rule->list_name_count; i++) {
        const struct config_list *list =
            find_list(c->rules->config, rule->list_names[i]);
        if (list != NULL) { // the loader has reported it otherwise
            add_list(c, list);
        }
    }
    for (size_t i = 0; i < rule->list_count; i++) {
        add_list(c, &rule->lists[i]);
    }
}

static void
compile_allow(struct compiler *c)
{
    const struct config_texts *allow = &current(c)->allow;

    for (size_t i = 0; i < allow->count; i++) {
        add_term(c, "allow", allow->at[i], TERM_ALLOW);
    }
}

/* ---------------------------------------------------------------- the rest */

/* Its needed strings become literals of the fold view. */
static void
gate_pattern(struct compiler *c, struct text source, size_t number)
{
    struct rules *rules = c->rules;
    struct term_set *set = &rules->fold;
    struct needs needs;

    rules->ungated[number] = current(c)->robust == CONFIG_ROBUST_NONE ||
                             !needs_find(source, rules->arena, &needs);
    for (size_t i = 0; !rules->ungated[number] && i < needs.count; i++) {
        if (!term_room(set)) {
            rules->ungated[number] = true;
            return;
        }
        set->terms[set->count] = (struct term){.rule = (uint32_t)number,
                                               .len = (uint32_t)needs.at[i].len,
                                               .flags = TERM_GATE};
        set->texts[set->count] =
            (struct literal){needs.at[i], (uint32_t)set->count};
        set->count++;
    }
}

static void
compile_patterns(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];
    const struct config_texts *sources = &rule->config->patterns;
    const char *key = node_get(rule->config->node, "pattern") != NULL
                          ? "pattern"
                          : "patterns";
    struct err err;

    rule->first_pattern = c->rules->pattern_count;
    rule->patterns =
        ARENA_ARRAY(c->rules->arena, struct pattern *, sources->count);
    for (size_t i = 0; i < sources->count && rule->patterns != NULL; i++) {
        rule->patterns[i] = pattern_compile(sources->at[i], &err);
        if (rule->patterns[i] == NULL) {
            err_under(&err, "pattern %zu", i + 1);
            problem_from(c, key, &err);
        }
        gate_pattern(c, sources->at[i], c->rules->pattern_count++);
    }
    if (rule->patterns == NULL) {
        err_memory(&err, "patterns");
        problem_from(c, key, &err);
    }
}

static void
compile_entity(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];
    enum pii_entity entity;

    if (pii_from_name(rule->config->entity, &entity)) {
        rule->pii = PII_BIT(entity);
        c->rules->pii_wanted |= rule->pii;
        if (rule->config->context.words.count > 0) {
            c->rules->pii_wanted |= PII_WEAK;
        }
        return;
    }
    const char *names[PII_COUNT + 1];
    for (int i = 0; i < PII_COUNT; i++) {
        names[i] = pii_name((enum pii_entity)i);
    }
    names[PII_COUNT] = NULL;
    const char *near = nearest_name(rule->config->entity, names);
    char path[ERR_PATH_BYTES];
    snprintf(path, sizeof(path), "rules.%.*s.entity",
             TEXT_ARGS(rule->config->id));
    place_problem(c->problems, node_place(rule->config->node, "entity"), path,
                  "no entity \"%.*s\"%s%s%s", TEXT_ARGS(rule->config->entity),
                  near != NULL ? "; did you mean \"" : "",
                  near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static void
resolve(struct rules *rules, struct rule *rule)
{
    const struct config *config = rules->config;
    const struct config_rule *from = rule->config;

    rule->score = !isnan(from->score)
                      ? from->score
                      : config->engine.severities[from->severity];
    for (size_t i = 0; i < config->category_count; i++) {
        if (text_equal(config->categories[i].id, from->category)) {
            rule->category = i;
        }
    }
    rule->group = RULES_NO_GROUP;
    for (size_t i = 0; i < config->group_count; i++) {
        if (from->group.len > 0 &&
            text_equal(config->groups[i].id, from->group)) {
            rule->group = (int)i;
        }
    }
    rule->active =
        from->mode != CONFIG_DISABLED && from->level <= config->engine.level;
    rule->enforced = from->mode == CONFIG_ENFORCE &&
                     config->engine.enforcement == CONFIG_ENFORCE &&
                     from->level <= config->engine.blocking_level;
}

static void
compile_rule(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];

    resolve(c->rules, rule);
    if (!rule->active) {
        return;
    }
    compile_allow(c);
    switch (rule->config->type) {
    case CONFIG_TERMS:
        compile_terms(c);
        break;
    case CONFIG_REGEX:
        compile_patterns(c);
        break;
    case CONFIG_PERSONA_BREAK:
        compile_terms(c);
        compile_patterns(c);
        break;
    case CONFIG_PII:
        compile_entity(c);
        break;
    case CONFIG_PROMPT_LEAK:
        rule->leak = c->rules->leak_count++;
        break;
    case CONFIG_LENGTH:
    case CONFIG_RULE_TYPES:
        break;
    }
}

static void
compile_set(struct compiler *c, struct term_set *set)
{
    struct err err;

    set->literals = literals_build(set->texts, set->count, &err);
    free(set->texts);
    set->texts = NULL;
    if (set->literals == NULL) {
        place_problem(c->problems, (struct place){"", 0, 0}, "rules", "%s",
                      err.message);
    }
}

static size_t
count_patterns(const struct config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->rule_count; i++) {
        count += config->rules[i].patterns.count;
    }
    return count;
}

static struct rules *
rules_new(const struct config *config)
{
    struct rules *rules = calloc(1, sizeof(*rules));

    if (rules == NULL) {
        return NULL;
    }
    rules->config = config;
    rules->arena = arena_new(ARENA_BYTES);
    if (rules->arena != NULL) {
        rules->rules =
            ARENA_ARRAY(rules->arena, struct rule, config->rule_count);
        rules->ungated =
            ARENA_ARRAY(rules->arena, bool, count_patterns(config));
    }
    if (rules->rules == NULL || rules->ungated == NULL) {
        rules_free(rules);
        return NULL;
    }
    rules->count = config->rule_count;
    return rules;
}

struct rules *
rules_build(const struct config *config, struct problems *problems)
{
    const size_t before = problems->count + problems->unshown;
    struct rules *rules = rules_new(config);
    struct compiler c = {.rules = rules, .problems = problems};

    if (rules == NULL) {
        place_problem(problems, (struct place){"", 0, 0}, "rules",
                      "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < rules->count; i++) {
        rules->rules[i].config = &config->rules[i];
        c.rule = (uint32_t)i;
        compile_rule(&c);
    }
    compile_set(&c, &rules->fold);
    compile_set(&c, &rules->raw);
    if (problems->count + problems->unshown > before) {
        rules_free(rules);
        return NULL;
    }
    return rules;
}

void
rules_free(struct rules *rules)
{
    if (rules == NULL) {
        return;
    }
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        for (size_t k = 0;
             rule->patterns != NULL && k < rule->config->patterns.count; k++) {
            pattern_free(rule->patterns[k]);
        }
    }
    literals_free(rules->fold.literals);
    literals_free(rules->raw.literals);
    free(rules->fold.terms);
    free(rules->fold.texts);
    free(rules->raw.terms);
    free(rules->raw.texts);
    arena_free(rules->arena);
    free(rules);
}

void
rules_open_gates(struct rules *rules)
{
    for (size_t i = 0; i < rules->pattern_count; i++) {
        rules->ungated[i] = true;
    }
}

size_t
rules_count(const struct rules *rules)
{
    return rules->count;
}

const struct rule *
rules_at(const struct rules *rules, size_t index)
{
    return &rules->rules[index];
}
