#include "sidecar/engine/audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/termlist.h"
#include "sidecar/base/file.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"

/*
 * Every term of every active rule, folded as its rule folds it, sorted: what
 * is the same stands side by side.
 */
enum {
    SCRATCH_BYTES = 512 << 20,
    PAIRS = 128,     /* of lists that overlap, each one remark */
    EXAMPLES = 3,    /* of each pair */
    SAME = 32,       /* of one term, beyond which no further one is compared */
    WORD_CHARS = 128 /* that a wildcard's span may grow by: rules_scan.c */
};

/* Where terms stand: a list, or a rule's own. */
struct origin {
    const struct config_list *list; /* NULL: the rule's own */
    const struct config_rule *rule;
};

struct entry {
    struct text key;  /* folded */
    struct text term; /* as written */
    size_t rule;      /* index */
    struct origin from;
    size_t index; /* in its list */
    enum config_match match;
};

struct pair {
    struct origin a, b;
    size_t count;
    const struct entry *examples[EXAMPLES][2];
};

struct gather {
    const struct engine *engine;
    struct audit *audit;
    struct arena *arena;
    struct entry *at;
    size_t count, cap;
    size_t *covered; /* [rules] terms that an earlier rule has */
    size_t *coverer; /* [rules] the last such rule */
    struct pair pairs[PAIRS];
    size_t pair_count;
    struct err *err;
};

/* ---------------------------------------------------------------- gathering */

static size_t
count_all(const struct config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->rule_count; i++) {
        const struct config_rule *rule = &config->rules[i];
        count += rule->terms.count;
        for (size_t k = 0; k < rule->list_count; k++) {
            count += rule->lists[k].terms.count;
        }
        for (size_t k = 0; k < rule->list_name_count; k++) {
            const struct config_list *list =
                config_find_list(config, rule->list_names[k]);
            count += list != NULL ? list->terms.count : 0;
        }
    }
    return count;
}

static bool
add_terms(struct gather *g, size_t rule, const struct config_texts *terms,
          struct origin from, enum config_match match)
{
    const struct config_rule *config = rules_at(g->engine->rules, rule)->config;
    struct audit_rule *row = &g->audit->rules[rule];

    for (size_t i = 0; i < terms->count; i++) {
        struct fold_term forms = {.alone = terms->at[i]};
        if (config->robust != CONFIG_ROBUST_NONE &&
            !fold_term(terms->at[i], g->arena, &forms, g->err)) {
            return false;
        }
        row->terms++;
        g->at[g->count++] =
            (struct entry){forms.alone, terms->at[i], rule, from, i, match};
    }
    return true;
}

static bool
add_list(struct gather *g, size_t rule, const struct config_list *list)
{
    const struct config_rule *config = rules_at(g->engine->rules, rule)->config;

    return add_terms(g, rule, &list->terms, (struct origin){list, config},
                     list->match_given ? list->match : config->match);
}

static bool
gather_rule(struct gather *g, size_t index)
{
    const struct config *config = g->engine->config;
    const struct config_rule *rule = rules_at(g->engine->rules, index)->config;

    if (!add_terms(g, index, &rule->terms, (struct origin){NULL, rule},
                   rule->match)) {
        return false;
    }
    for (size_t i = 0; i < rule->list_count; i++) {
        if (!add_list(g, index, &rule->lists[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < rule->list_name_count; i++) {
        const struct config_list *list =
            config_find_list(config, rule->list_names[i]);
        if (list != NULL && !add_list(g, index, list)) {
            return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------- comparing */

static int
by_key(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    const int order = text_order(a->key, b->key);

    return order != 0 ? order : (a->rule > b->rule) - (a->rule < b->rule);
}

static bool
holds_all(const struct config_texts *wider, const struct config_texts *of)
{
    size_t found = 0;

    for (size_t i = 0; i < of->count; i++) {
        found += config_texts_hold(wider, of->at[i]);
    }
    return wider->count == 0 || (of->count > 0 && found == of->count);
}

/* Wherever `later` would act on a term, does `earlier` act as strongly? */
static bool
outdoes(const struct rule *earlier, const struct rule *later)
{
    const struct config_rule *a = earlier->config, *b = later->config;

    return a->action >= b->action && earlier->enforced >= later->enforced &&
           earlier->category == later->category &&
           (a->directions & b->directions) == b->directions &&
           holds_all(&a->languages, &b->languages) &&
           (a->unless.len == 0 || text_equal(a->unless, b->unless)) &&
           (a->skip & ~b->skip) == 0 && a->allow.count == 0 &&
           a->robust >= b->robust;
}

static bool
same_origin(const struct origin *a, const struct origin *b)
{
    return a->list != NULL || b->list != NULL ? a->list == b->list
                                              : a->rule == b->rule;
}

static void
note_pair(struct gather *g, const struct entry *a, const struct entry *b)
{
    size_t i = 0;

    while (i < g->pair_count && !(same_origin(&g->pairs[i].a, &a->from) &&
                                  same_origin(&g->pairs[i].b, &b->from))) {
        i++;
    }
    if (i == PAIRS) {
        return;
    }
    struct pair *pair = &g->pairs[i];
    if (i == g->pair_count) {
        *pair = (struct pair){.a = a->from, .b = b->from};
        g->pair_count++;
    }
    if (pair->count < EXAMPLES) {
        pair->examples[pair->count][0] = a;
        pair->examples[pair->count][1] = b;
    }
    pair->count++;
}

static void
compare(struct gather *g, const struct entry *a, const struct entry *b)
{
    const struct rule *first = rules_at(g->engine->rules, a->rule);
    const struct rule *second = rules_at(g->engine->rules, b->rule);
    // A list that two rules share says nothing twice.
    const bool itself = same_origin(&a->from, &b->from) &&
                        (a->index == b->index || a->rule != b->rule);

    if (!itself && a->match == b->match &&
        (first->config->directions & second->config->directions) != 0) {
        note_pair(g, a, b);
    }
    if (a->rule < b->rule && outdoes(first, second) &&
        (a->match == b->match || a->match == CONFIG_SUBSTRING)) {
        g->covered[b->rule]++;
        g->coverer[b->rule] = a->rule;
    }
}

/* Each entry with those before it that have its key; one coverer is enough. */
static void
compare_all(struct gather *g)
{
    size_t first = 0;

    for (size_t i = 1; i < g->count; i++) {
        if (!text_equal(g->at[first].key, g->at[i].key)) {
            first = i;
            continue;
        }
        const size_t rule = g->at[i].rule, before = g->covered[rule];
        const size_t last = i - first > SAME ? first + SAME : i;
        for (size_t k = first; k < last; k++) {
            compare(g, &g->at[k], &g->at[i]);
            if (g->covered[rule] > before + 1) {
                g->covered[rule] = before + 1;
            }
        }
    }
}

/* ------------------------------------------------------------------ telling */

/* The line of a list file that holds the term; 0: none is found. */
static unsigned
line_of(struct text file, struct text term)
{
    unsigned line = 0, found = 0;
    struct buffer content;
    struct err err;

    if (file_read(file.at, TERMLIST_FILE_BYTES, &content, &err)) {
        struct text rest = buffer_text(&content);
        while (rest.len > 0 && found == 0) {
            const char *end = memchr(rest.at, '\n', rest.len);
            const size_t len = end != NULL ? (size_t)(end - rest.at) : rest.len;
            struct text part = text_part(rest, 0, len);
            line++;
            while (part.len > 0 && strchr(" \t\r", part.at[part.len - 1])) {
                part.len--;
            }
            while (part.len > 0 && strchr(" \t", part.at[0])) {
                part = text_part(part, 1, part.len);
            }
            found = text_equal(part, term) ? line : 0;
            rest = text_part(rest, len + (len < rest.len ? 1 : 0), rest.len);
        }
    }
    buffer_clear(&content);
    return found;
}

/* The term's own place: its line, its item, or else its list. */
static struct place
place_of(const struct entry *e)
{
    const struct node *owner =
        e->from.list != NULL ? e->from.list->node : e->from.rule->node;
    const struct node *items = node_get(owner, "terms");
    const size_t inline_count = items != NULL ? items->count : 0;

    if (e->index < inline_count) {
        const struct node *item = items->first;
        for (size_t i = 0; i < e->index && item->next != NULL; i++) {
            item = item->next;
        }
        return item->at;
    }
    const unsigned line = e->from.list != NULL && e->from.list->file.len > 0
                              ? line_of(e->from.list->file, e->term)
                              : 0;
    return line > 0 ? (struct place){e->from.list->file.at, line, 1}
                    : node_place(owner, "file");
}

static void
name_origin(const struct origin *from, char *out, size_t size)
{
    if (from->list == NULL) {
        snprintf(out, size, "rules.%.*s.terms", TEXT_ARGS(from->rule->id));
    } else if (from->list->id.len > 0) {
        snprintf(out, size, "lists.%.*s", TEXT_ARGS(from->list->id));
    } else {
        snprintf(out, size, "rules.%.*s.lists", TEXT_ARGS(from->rule->id));
    }
}

static void
tell_pair(struct gather *g, const struct pair *pair)
{
    char a[ERR_PATH_BYTES], b[ERR_PATH_BYTES], shown[768];
    char place[PLACE_WORDS_BYTES];
    size_t len = 0;

    name_origin(&pair->a, a, sizeof(a));
    name_origin(&pair->b, b, sizeof(b));
    shown[0] = '\0';
    for (size_t i = 0; i < pair->count && i < EXAMPLES && len < sizeof(shown);
         i++) {
        const struct entry *other = pair->examples[i][1];
        len += (size_t)snprintf(shown + len, sizeof(shown) - len,
                                "%s\"%.*s\" (%s)", i > 0 ? ", " : "",
                                TEXT_ARGS(place_excerpt(other->term)),
                                place_words(place_of(other), place));
    }
    audit_remark(g->audit, AUDIT_NOTE, "overlap",
                 place_of(pair->examples[0][0]), a,
                 "%zu term%s also in %s: %s%s", pair->count,
                 pair->count == 1 ? " is" : "s are",
                 same_origin(&pair->a, &pair->b) ? "it a second time" : b,
                 shown, pair->count > EXAMPLES ? ", ..." : "");
}

static void
tell(struct gather *g)
{
    for (size_t i = 0; i < g->pair_count; i++) {
        tell_pair(g, &g->pairs[i]);
    }
    for (size_t i = 0; i < g->audit->rule_count; i++) {
        const struct audit_rule *row = &g->audit->rules[i];
        if (row->terms > 0 && row->patterns == 0 &&
            g->covered[i] == row->terms) {
            const struct rule *by = rules_at(g->engine->rules, g->coverer[i]);
            audit_remark_rule(g->audit, AUDIT_WARNING, "covered",
                              row->rule->config, "",
                              "all its terms are in rules before it that do "
                              "as much (%.*s)",
                              TEXT_ARGS(by->config->id));
        }
    }
}

static bool
gather_init(struct gather *g, const struct engine *engine)
{
    const size_t rules = rules_count(engine->rules);

    g->cap = count_all(engine->config);
    g->arena = arena_new(SCRATCH_BYTES);
    if (g->arena == NULL) {
        return false;
    }
    g->at = ARENA_ARRAY(g->arena, struct entry, g->cap);
    g->covered = ARENA_ARRAY(g->arena, size_t, rules);
    g->coverer = ARENA_ARRAY(g->arena, size_t, rules);
    return g->at != NULL && g->covered != NULL && g->coverer != NULL;
}

bool
audit_terms(const struct engine *engine, struct audit *audit, struct err *err)
{
    struct gather *g = calloc(1, sizeof(*g));
    bool good = g != NULL;

    if (good) {
        *g = (struct gather){.engine = engine, .audit = audit, .err = err};
        good = gather_init(g, engine);
    }
    if (!good) {
        err_memory(err, "the audit of terms");
    }
    for (size_t i = 0; good && i < audit->rule_count; i++) {
        good = !audit->rules[i].rule->active || gather_rule(g, i);
    }
    if (good) {
        if (g->count > 1) {
            qsort(g->at, g->count, sizeof(*g->at), by_key);
        }
        compare_all(g);
        tell(g);
    }
    if (g != NULL) {
        arena_free(g->arena);
    }
    free(g);
    return good;
}
