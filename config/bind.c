#include "config/bind.h"

#include <math.h>

#include "config/binding.h"
#include "config/form.h"

/*
 * The functions below call one another along the schema: a record has rows, a
 * row may have a record. The tables are the limit of the depth: a test of a
 * rule of the configuration is the deepest, at four.
 */

void
bind_unknown(struct problems *problems, struct place at, const char *path,
             const struct schema_table *table, struct text key,
             enum config_rule_type type)
{
    if (schema_absent(table->name, key)) {
        place_problem(problems, at, path, "this build does not have it");
        return;
    }
    // The nearest key costs time, which problems not kept are not worth.
    const char *nearest = problems->count < PROBLEMS_KEPT
                              ? schema_nearest(table, key, type)
                              : NULL;
    if (nearest != NULL) {
        place_problem(problems, at, path, "unknown key; did you mean \"%s\"?",
                      nearest);
    } else {
        place_problem(problems, at, path, "unknown key");
    }
}

/* ---- records ------------------------------------------------------------- */

static void bind_record(struct binding *b, const struct schema_table *table,
                        const struct node *node, bool inherits, void *record);

/* The children of a list or map, each a record: node->count of them. */
static bool
bind_records(struct binding *b, const struct schema_row *row,
             const struct node *node, void *record)
{
    const struct schema_table *const table = row->table;
    char *records = arena_zeroed(b->arena, node->count, table->size);
    size_t count = 0;

    if (records == NULL || !binding_count(b, row, node)) {
        return false;
    }
    for (const struct node *n = node->first; n != NULL; n = n->next) {
        char *const at = records + table->size * count++;
        const size_t before = node->kind == NODE_LIST
                                  ? binding_push(b, "[%zu]", n->index)
                                  : binding_push_key(b, n->key);
        if (node->kind == NODE_MAP) {
            memcpy(at + table->id_at, &n->key, sizeof(n->key));
            const char *fault = form_fault(table->id_form, n->key);
            if (fault != NULL) {
                place_problem(b->problems, n->key_at, b->path,
                              "\"%.*s\" is not %s",
                              TEXT_ARGS(place_excerpt(n->key)), fault);
            }
        }
        bind_record(b, table, n, false, at);
        binding_pop(b, before);
    }
    binding_store(record, row, records, count);
    return true;
}

/* A rule's lists: names, and lists that stand right there. */
static bool
bind_lists(struct binding *b, const struct schema_row *row,
           const struct node *node, struct config_rule *rule)
{
    rule->list_names = ARENA_ARRAY(b->arena, struct text, node->count);
    rule->lists = ARENA_ARRAY(b->arena, struct config_list, node->count);
    if (rule->list_names == NULL || rule->lists == NULL ||
        !binding_count(b, row, node)) {
        return false;
    }
    static const struct schema_row name = {.form = SCHEMA_ID, .min = 1};
    for (const struct node *n = node->first; n != NULL; n = n->next) {
        const size_t before = binding_push(b, "[%zu]", n->index);
        if (n->kind == NODE_MAP) {
            struct config_list *list = &rule->lists[rule->list_count++];
            list->id = TEXT("");
            bind_record(b, row->table, n, false, list);
        } else if (binding_text(b, &name, n,
                                &rule->list_names[rule->list_name_count])) {
            rule->list_name_count++;
        }
        binding_pop(b, before);
    }
    return true;
}

/* The keys of a pool that are no row's: languages and their lines. */
static void
bind_locales(struct binding *b, const struct schema_table *table,
             const struct node *node, struct config_pool *pool)
{
    pool->locales = ARENA_ARRAY(b->arena, struct config_lines, node->count);
    for (const struct node *n = node->first; n != NULL && pool->locales != NULL;
         n = n->next) {
        if (schema_find(table, n->key) != NULL) {
            continue;
        }
        const size_t before = binding_push_key(b, n->key);
        struct config_lines *lines = &pool->locales[pool->locale_count];
        struct schema_row row = *table->rest;
        row.at = offsetof(struct config_lines, lines.at);
        row.count_at = offsetof(struct config_lines, lines.count);
        if (form_fault(SCHEMA_LANGUAGE, n->key) != NULL) {
            bind_unknown(b->problems, n->key_at, b->path, table, n->key,
                         CONFIG_RULE_TYPES);
        } else if (binding_fits(b, &row, n) &&
                   binding_texts(b, &row, n, lines)) {
            lines->node = n;
            lines->locale = n->key;
            pool->locale_count++;
        }
        binding_pop(b, before);
    }
}

/* Another statistic has limits of its own. */
static void
bind_trend(const struct node *node, struct config_trend *trend)
{
    if (node_get(node, "statistic") == NULL) {
        return;
    }
    if (node_get(node, "slipping_at") == NULL) {
        trend->slipping_at = (double)NAN;
    }
    if (node_get(node, "lost_at") == NULL) {
        trend->lost_at = (double)NAN;
    }
}

/* Her own drift settings begin with everybody's. */
static void
bind_inherited(struct binding *b, const struct schema_row *row,
               const struct node *node, struct config_drift *drift)
{
    *drift = b->config->drift;
    drift->node = NULL;
    if (node == NULL) {
        return;
    }
    bind_record(b, row->table, node, true, drift);
    if (node_get(node, "threshold") != NULL &&
        node_get(node, "alert_rate") == NULL) {
        drift->alert_rate = (double)NAN;
    }
    bind_trend(drift->trend.node, &drift->trend);
}

static bool
bind_value(struct binding *b, const struct schema_row *row,
           const struct node *node, void *record)
{
    if (!binding_fits(b, row, node)) {
        return false;
    }
    if (row->type == SCHEMA_RECORDS || row->type == SCHEMA_MAP) {
        return bind_records(b, row, node, record);
    }
    return row->type == SCHEMA_LISTS ? bind_lists(b, row, node, record)
                                     : binding_value(b, row, node, record);
}

/* ---- what is not given --------------------------------------------------- */

/* The commas of a preset as list items. */
static bool
split(struct binding *b, struct text preset, struct node *list)
{
    struct node **end = &list->first;

    for (size_t from = 0, to; from <= preset.len; from = to + 1) {
        struct node *item = ARENA_ARRAY(b->arena, struct node, 1);
        if (item == NULL) {
            return false;
        }
        for (to = from; to < preset.len && preset.at[to] != ','; to++) {
        }
        *item = (struct node){.kind = NODE_SCALAR,
                              .at = list->at,
                              .scalar = text_part(preset, from, to),
                              .key = TEXT(""),
                              .index = list->count++};
        *end = item;
        end = &item->next;
    }
    return true;
}

/* No preset: what "not given" is for the type. */
static void
bind_nothing(const struct schema_row *row, void *record)
{
    const long long no_integer = -1;
    const double no_number = (double)NAN;

    if (row->type == SCHEMA_INTEGER) {
        memcpy(binding_member(record, row->at), &no_integer,
               sizeof(no_integer));
    } else if (row->type == SCHEMA_NUMBER) {
        memcpy(binding_member(record, row->at), &no_number, sizeof(no_number));
    }
}

static void
bind_preset(struct binding *b, const struct schema_row *row, void *record)
{
    struct node node = {.at = {.file = place_built_in},
                        .scalar = text_of(row->preset),
                        .key = TEXT("")};

    if (row->elsewhere) {
        return;
    }
    if (row->preset == NULL) {
        bind_nothing(row, record);
    } else if (row->type == SCHEMA_TEXT) {
        memcpy(binding_member(record, row->at), &node.scalar,
               sizeof(node.scalar));
    } else {
        if (binding_kind(row) == NODE_LIST) {
            node.kind = NODE_LIST;
            if (!split(b, node.scalar, &node)) {
                return;
            }
        }
        bind_value(b, row, &node, record);
    }
}

/* ---- rows ---------------------------------------------------------------- */

static void
bind_row(struct binding *b, const struct schema_row *row,
         const struct node *node, bool inherits, void *record)
{
    const size_t before = binding_push_key(b, text_of(row->key));

    if (row->type == SCHEMA_NOTED) {
        // The loader has seen to it in each file.
    } else if (row->type == SCHEMA_RECORD) {
        void *const at = binding_member(record, row->at);
        const struct node *map =
            node != NULL && binding_fits(b, row, node) ? node : NULL;
        if (row->inherits) {
            bind_inherited(b, row, map, at);
        } else if (!row->elsewhere) {
            bind_record(b, row->table, map, inherits, at);
        }
    } else {
        if (!inherits) {
            bind_preset(b, row, record);
        }
        if (node != NULL && bind_value(b, row, node, record) &&
            row->given_at > 0) {
            *(bool *)binding_member(record, row->given_at) = true;
        }
    }
    binding_pop(b, before);
}

/* Types of rules that have the key, for a message. */
static void
tell_wrong_type(struct binding *b, const struct schema_row *row,
                const struct node *node)
{
    char types[256] = "";
    size_t len = 0;

    for (const struct schema_name *n = schema_rule_types; n->name; n++) {
        if ((row->types & 1U << (unsigned)n->value) != 0) {
            const int more = snprintf(types + len, sizeof(types) - len, "%s%s",
                                      len > 0 ? ", " : "", n->name);
            len += more > 0 && (size_t)more < sizeof(types) - len ? (size_t)more
                                                                  : 0;
        }
    }
    place_problem(b->problems, node->key_at, b->path,
                  "a rule of type %s has no such key; it belongs to type %s",
                  schema_type_name(b->type),
                  types[0] != '\0' ? types : "composite");
}

/* Refuses keys that no row has, none for this type of rule, or rivals. */
static void
check_keys(struct binding *b, const struct schema_table *table,
           const struct node *node)
{
    for (const struct node *n = node->first; n != NULL; n = n->next) {
        const struct schema_row *row = schema_find(table, n->key);
        const size_t before = binding_push_key(b, n->key);
        if (row == NULL && table->rest == NULL) {
            bind_unknown(b->problems, n->key_at, b->path, table, n->key,
                         table->of_rule ? b->type : CONFIG_RULE_TYPES);
        } else if (row != NULL && row->types != 0 &&
                   b->type != CONFIG_RULE_TYPES &&
                   (row->types & 1U << (unsigned)b->type) == 0) {
            tell_wrong_type(b, row, n);
        } else if (row != NULL && row->rival != NULL &&
                   node_get(node, row->rival) != NULL) {
            place_problem(b->problems, n->at, b->path,
                          "stands beside %s; give one of them", row->rival);
        }
        binding_pop(b, before);
    }
}

static void
check_required(struct binding *b, const struct schema_table *table,
               const struct node *node)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct schema_row *row = &table->rows[i];
        const bool has_it = row->types == 0 || b->type == CONFIG_RULE_TYPES ||
                            (row->types & 1U << (unsigned)b->type) != 0;
        if (row->required && has_it && node_get(node, row->key) == NULL) {
            const size_t before = binding_push_key(b, text_of(row->key));
            place_problem(b->problems, node->at, b->path,
                          "missing; every %s has one", table->name);
            binding_pop(b, before);
        }
    }
}

static enum config_rule_type
type_of(const struct node *rule)
{
    const struct node *type = node_get(rule, "type");

    for (const struct schema_name *n = schema_rule_types; n->name; n++) {
        if (type != NULL && text_is(type->scalar, n->name)) {
            return (enum config_rule_type)n->value;
        }
    }
    return CONFIG_RULE_TYPES;
}

static void
bind_record(struct binding *b, const struct schema_table *table,
            const struct node *node, bool inherits, void *record)
{
    static const struct schema_row map = {.type = SCHEMA_RECORD};

    if (node != NULL && !binding_fits(b, &map, node)) {
        node = NULL;
    }
    if (table->keeps_node) {
        memcpy(record, &node, sizeof(node));
    }
    if (table->of_rule) {
        b->type = table->rule_type != CONFIG_RULE_TYPES ? table->rule_type
                                                        : type_of(node);
    }
    if (node != NULL) {
        check_keys(b, table, node);
        check_required(b, table, node);
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct schema_row *row = &table->rows[i];
        bind_row(b, row, node_get(node, row->key), inherits, record);
    }
    if (table->rest != NULL && node != NULL) {
        bind_locales(b, table, node, record);
    }
    if (table->of_rule && table->rule_type != CONFIG_RULE_TYPES) {
        ((struct config_rule *)record)->type = table->rule_type;
    }
}

void
bind_config(const struct node *root, struct source_set *sources,
            struct config *config)
{
    struct binding b = {.arena = sources->arena,
                        .problems = sources->problems,
                        .sources = sources,
                        .config = config,
                        .type = CONFIG_RULE_TYPES};

    config->root = root;
    bind_record(&b, &schema_config, root, false, config);
}
