#include "sidecar/engine/rules_set.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/engine/fold.h"
#include "sidecar/engine/word.h"

enum { FIRST_TERMS = 256 };

static const struct config_rule *
current(const struct compiler *c)
{
    return c->rules->rules[c->rule].config;
}

static void
problem_of_term(const struct compiler *c, const char *key, struct text term,
                const char *what)
{
    rules_problem(c, key, "term \"%.*s\" %s", TEXT_ARGS(place_excerpt(term)),
                  what);
}

bool
rules_term_room(struct term_set *set)
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

/* ---- terms that count otherwise ------------------------------------------ */

/* A term that an override names, as the rule's robustness has it. */
struct named {
    struct text text;
    const struct config_override *override;
    size_t index; /* among the override's terms */
    bool used;    /* the rule has the term */
};

static int
by_text(const void *left, const void *right)
{
    const struct named *a = left, *b = right;
    const size_t shared = a->text.len < b->text.len ? a->text.len : b->text.len;
    const int order = shared > 0 ? memcmp(a->text.at, b->text.at, shared) : 0;

    return order != 0
               ? order
               : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

static size_t
count_named(const struct config_rule *rule)
{
    size_t count = 0;

    for (size_t i = 0; i < rule->override_count; i++) {
        count += rule->overrides[i].terms.count;
    }
    return count;
}

/* The term as overrides are compared: with its stars, folded if the rule is. */
static bool
comparable(const struct compiler *c, struct text term, struct text *out,
           struct err *err)
{
    struct fold_term forms = {.alone = term};

    if (current(c)->robust != CONFIG_ROBUST_NONE &&
        !fold_term(term, c->rules->arena, &forms, err)) {
        return false;
    }
    *out = forms.alone;
    return true;
}

/* At the override's own term, which may be one of thousands. */
static void
problem_of_named(const struct compiler *c, const struct named *named,
                 const char *what)
{
    const struct config_rule *rule = current(c);
    const struct node *terms = node_get(named->override->node, "terms");
    const struct node *n = terms != NULL ? terms->first : NULL;
    char path[ERR_PATH_BYTES];

    while (n != NULL && n->index < named->index) {
        n = n->next;
    }
    snprintf(path, sizeof(path), "rules.%.*s.overrides[%zu].terms[%zu]",
             TEXT_ARGS(rule->id), (size_t)(named->override - rule->overrides),
             named->index);
    place_problem(
        c->problems, n != NULL ? n->at : node_place(rule->node, ""), path,
        "\"%.*s\" %s",
        TEXT_ARGS(place_excerpt(named->override->terms.at[named->index])),
        what);
}

/* The rule's overrides by term, sorted, for find_override. */
static void
sort_overrides(struct compiler *c)
{
    const struct config_rule *rule = current(c);
    struct named *at =
        ARENA_ARRAY(c->rules->arena, struct named, count_named(rule));
    struct err err;

    c->named = at;
    c->named_count = 0;
    for (size_t i = 0; at != NULL && i < rule->override_count; i++) {
        const struct config_override *o = &rule->overrides[i];
        for (size_t k = 0; k < o->terms.count; k++) {
            struct named named = {.override = o, .index = k};
            if (!comparable(c, o->terms.at[k], &named.text, &err)) {
                rules_problem(c, "overrides", "%s", err.message);
                return;
            }
            at[c->named_count++] = named;
        }
    }
    if (c->named_count > 1) {
        qsort(at, c->named_count, sizeof(*at), by_text);
    }
    for (size_t i = 1; i < c->named_count; i++) {
        if (text_equal(at[i - 1].text, at[i].text)) {
            at[i - 1].used = at[i].used = true; // told here, not again below
            problem_of_named(c, &at[i], "stands in two overrides, or twice");
        }
    }
}

/* The override that names the term, or NULL. */
static const struct config_override *
find_override(struct compiler *c, struct text term)
{
    struct named key = {.override = NULL};
    struct err err;

    if (c->named_count == 0) {
        return NULL;
    }
    if (!comparable(c, term, &key.text, &err)) {
        rules_problem(c, "overrides", "%s", err.message);
        return NULL;
    }
    struct named *found =
        bsearch(&key, c->named, c->named_count, sizeof(key), by_text);
    if (found == NULL) {
        return NULL;
    }
    found->used = true;
    return found->override;
}

/* One that changes nothing is a term misspelt. */
static void
check_overrides(const struct compiler *c)
{
    for (size_t i = 0; i < c->named_count; i++) {
        if (!c->named[i].used) {
            problem_of_named(c, &c->named[i], "is none of the rule's terms");
        }
    }
}

static double
override_score(const struct compiler *c, const struct config_override *o)
{
    if (!isnan(o->score)) {
        return o->score;
    }
    return o->severity_given ? c->rules->config->engine.severities[o->severity]
                             : c->rules->rules[c->rule].score;
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
    if (kept.at == NULL || !rules_term_room(set)) {
        problem_of_term(c, key, term, "has no memory to be kept in");
        return;
    }
    // A term has marks of its own where its fold is not the same with marks.
    const bool marked = folded && !fold_same_marks(term, kept);
    set->terms[set->count] =
        (struct term){.rule = c->rule,
                      .len = (uint32_t)kept.len,
                      .flags = edge_flags(kept, flags),
                      .marked = marked ? term : (struct text){NULL, 0},
                      .override = c->override};
    if (c->override != NULL) {
        set->terms[set->count].score = override_score(c, c->override);
    }
    set->texts[set->count] =
        (struct literal){.text = kept, .id = (uint32_t)set->count};
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
        rules_problem(c, key, "%s", err.message);
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
        c->override = find_override(c, term);
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

static void
add_list(struct compiler *c, const struct config_list *list)
{
    add_terms(c, "lists", &list->terms,
              list->match_given ? list->match : current(c)->match);
}

void
rules_compile_terms(struct compiler *c)
{
    const struct config_rule *rule = current(c);

    sort_overrides(c);
    add_terms(c, "terms", &rule->terms, rule->match);
    for (size_t i = 0; i < rule->list_name_count; i++) {
        const struct config_list *list =
            config_find_list(c->rules->config, rule->list_names[i]);
        if (list != NULL) { // the loader has reported it otherwise
            add_list(c, list);
        }
    }
    for (size_t i = 0; i < rule->list_count; i++) {
        add_list(c, &rule->lists[i]);
    }
    check_overrides(c);
}

void
rules_compile_allow(struct compiler *c)
{
    const struct config_texts *allow = &current(c)->allow;

    c->override = NULL; // what is allowed scores nothing
    // Not in the middle of a word: "k. dick" says nothing of "ok. dick".
    const unsigned left =
        current(c)->match == CONFIG_WORD ? TERM_ALLOW | TERM_LEFT : TERM_ALLOW;
    for (size_t i = 0; i < allow->count; i++) {
        add_term(c, "allow", allow->at[i], left);
    }
}
