#include "config/merge.h"

#include <stdlib.h>

#include "config/bind.h"
#include "config/schema.h"

enum { PATH_BYTES = 300 };

/* The key under `path`, cut where the path would grow too long. */
static void
path_under(const char *path, struct text key, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%.200s%s%.*s", path, path[0] != '\0' ? "." : "",
             TEXT_ARGS(place_excerpt(key)));
}

bool
merge_init(struct merge *merge, struct arena *arena, struct problems *problems)
{
    *merge = (struct merge){.arena = arena, .problems = problems};
    merge->root = ARENA_ARRAY(arena, struct node, 1);
    if (merge->root == NULL) {
        return false;
    }
    *merge->root = (struct node){.kind = NODE_MAP,
                                 .at = {.file = place_built_in},
                                 .scalar = TEXT(""),
                                 .key = TEXT("")};
    return true;
}

void
merge_append(struct node *parent, struct node *child)
{
    struct node **end = &parent->first;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    child->next = NULL;
    *end = child;
    parent->count++;
}

static struct node *
find(struct node *map, struct text key)
{
    for (struct node *n = map->first; n != NULL; n = n->next) {
        if (text_equal(n->key, key)) {
            return n;
        }
    }
    return NULL;
}

/* Puts the node where the old one stands. */
static void
replace(struct node *old, const struct node *node)
{
    struct node *const next = old->next;

    *old = *node;
    old->next = next;
}

static void
tell_twice(struct merge *merge, const char *path, const struct node *first,
           const struct node *second)
{
    char words[PLACE_WORDS_BYTES];

    place_problem(merge->problems, second->key_at, path,
                  "stands twice; first at %s",
                  place_words(first->key_at, words));
}

/* A category given again with nothing but thresholds: those count. */
static bool
override_thresholds(struct node *category, const struct node *again)
{
    struct node *next;

    if (category->kind != NODE_MAP || again->kind != NODE_MAP ||
        again->count != 1 || !text_is(again->first->key, "thresholds") ||
        again->first->kind != NODE_MAP) {
        return false;
    }
    struct node *const mine = find(category, TEXT("thresholds"));
    if (mine == NULL) {
        merge_append(category, again->first);
        return true;
    }
    if (mine->kind != NODE_MAP) {
        return false;
    }
    for (struct node *n = again->first->first; n != NULL; n = next) {
        struct node *const old = find(mine, n->key);
        next = n->next;
        if (old != NULL) {
            replace(old, n);
        } else {
            merge_append(mine, n);
        }
    }
    return true;
}

static void
drop_lower(struct node *map, struct text key, int layer)
{
    struct node **at = &map->first;

    while (*at != NULL && !text_equal((*at)->key, key)) {
        at = &(*at)->next;
    }
    if (*at != NULL && (*at)->layer < layer) {
        *at = (*at)->next;
        map->count--;
    }
}

/* Keys that must not stand beside the new one, which takes their place. */
static void
drop_rivals(struct node *map, const struct schema_table *table,
            const struct node *node)
{
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        const struct schema_row *row = &table->rows[i];
        if (row->rival != NULL && text_is(node->key, row->key)) {
            drop_lower(map, text_of(row->rival), node->layer);
        } else if (row->rival != NULL && text_is(node->key, row->rival)) {
            drop_lower(map, text_of(row->key), node->layer);
        }
    }
}

/*
 * What a higher layer says of something: its keys replace those of the lower
 * one, thresholds one by one. The table is what both are records of, or NULL.
 */
static void
change(struct node *old, struct node *node, const struct schema_table *table)
{
    struct node *next;

    if (old->kind != NODE_MAP || node->kind != NODE_MAP) {
        replace(old, node);
        return;
    }
    for (struct node *n = node->first; n != NULL; n = next) {
        struct node *same;
        next = n->next;
        drop_rivals(old, table, n);
        same = find(old, n->key);
        if (same == NULL) {
            merge_append(old, n);
        } else if (text_is(n->key, "thresholds")) {
            change(same, n, NULL); // once: a threshold is no map of that name
        } else {
            replace(same, n);
        }
    }
    old->layer = node->layer;
}

/* The children of `more` into `map`; the row says what they are. */
static void
join_maps(struct merge *merge, const struct schema_row *row, const char *path,
          struct node *map, struct node *more)
{
    struct node *next;

    if (row->type == SCHEMA_MAP && (double)more->count > row->max) {
        place_problem(merge->problems, more->at, path,
                      "%zu are more than %.15g", more->count, row->max);
        return;
    }
    for (struct node *n = more->first; n != NULL; n = next) {
        char under[PATH_BYTES];
        next = n->next;
        drop_rivals(map, row->type == SCHEMA_RECORD ? row->table : NULL, n);
        struct node *const old = find(map, n->key);
        path_under(path, n->key, under);
        const struct schema_row *inner =
            row->type == SCHEMA_RECORD ? schema_find(row->table, n->key) : NULL;
        if (old == NULL) {
            merge_append(map, n);
        } else if (old->at.file == place_built_in) {
            replace(old, n);
        } else if (inner != NULL && inner->type == SCHEMA_RECORD &&
                   old->kind == NODE_MAP && n->kind == NODE_MAP) {
            join_maps(merge, inner, under, old, n); // as deep as the schema
        } else if (old->layer < merge->layer) {
            change(old, n, row->type == SCHEMA_MAP ? row->table : NULL);
        } else if (row->table != &schema_category ||
                   !override_thresholds(old, n)) {
            tell_twice(merge, under, old, n);
        }
    }
}

/* An item of a list, and what it is found by. */
struct entry {
    struct text id;
    size_t nth; /* in the list: of equal ids the first is meant */
    struct node *item;
};

/* What a list held when the first file of a layer came to it. */
struct merge_index {
    const struct node *list;
    int layer;
    struct entry *at; /* [count] those with an id, in order of it */
    size_t count;
    struct merge_index *next;
};

static int
by_id(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    const int order = text_order(a->id, b->id);

    return order != 0 ? order : (a->nth > b->nth) - (a->nth < b->nth);
}

static struct merge_index *
make_index(const struct merge *merge, const struct node *list)
{
    struct merge_index *made = ARENA_ARRAY(merge->arena, struct merge_index, 1);
    struct entry *at = ARENA_ARRAY(merge->arena, struct entry, list->count);
    size_t count = 0, nth = 0;

    if (made == NULL || at == NULL) {
        return NULL;
    }
    for (struct node *n = list->first; n != NULL; n = n->next, nth++) {
        const struct node *id = node_get(n, "id");
        if (id != NULL) {
            at[count++] = (struct entry){id->scalar, nth, n};
        }
    }
    if (count > 1) {
        qsort(at, count, sizeof(*at), by_id);
    }
    *made = (struct merge_index){list, merge->layer, at, count, NULL};
    return made;
}

/* NULL: no memory. */
static const struct merge_index *
index_of(struct merge *merge, const struct node *list)
{
    struct merge_index *index = merge->indexes;

    while (index != NULL &&
           (index->list != list || index->layer != merge->layer)) {
        index = index->next;
    }
    if (index == NULL && (index = make_index(merge, list)) != NULL) {
        index->next = merge->indexes;
        merge->indexes = index;
    }
    return index;
}

/* The item of the list that has the same id and is of a lower layer. */
static struct node *
lower_namesake(struct merge *merge, const struct node *list,
               const struct node *item)
{
    const struct node *id = node_get(item, "id");
    const struct merge_index *index = id != NULL ? index_of(merge, list) : NULL;
    size_t low = 0, high = index != NULL ? index->count : 0;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (text_order(index->at[middle].id, id->scalar) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; index != NULL && low < index->count &&
           text_equal(index->at[low].id, id->scalar);
         low++) {
        if (index->at[low].item->layer < merge->layer) { // not changed yet
            return index->at[low].item;
        }
    }
    return NULL;
}

static void
append_all(struct merge *merge, const struct schema_row *row, struct node *list,
           struct node *more)
{
    struct node **end = &list->first;
    struct node *next;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    for (struct node *n = more->first; n != NULL; n = next) {
        struct node *const old =
            merge->layer > CONFIG_BASE ? lower_namesake(merge, list, n) : NULL;
        next = n->next;
        n->next = NULL;
        if (old != NULL) {
            change(old, n, row->table);
        } else {
            *end = n;
            end = &n->next;
            list->count++;
        }
    }
}

/* The node as the only child of a new one that stands in its place. */
static struct node *
wrap(struct merge *merge, struct node *node, enum node_kind kind,
     struct text key)
{
    struct node *outer = ARENA_ARRAY(merge->arena, struct node, 1);

    if (outer == NULL) {
        return NULL;
    }
    *outer = (struct node){.kind = kind,
                           .at = node->at,
                           .scalar = TEXT(""),
                           .key = key,
                           .key_at = node->key_at,
                           .layer = node->layer};
    node->index = 0;
    merge_append(outer, node);
    return outer;
}

static void
merge_key(struct merge *merge, struct node *node)
{
    const struct schema_row *row = schema_find(&schema_config, node->key);
    char path[PATH_BYTES];

    path_under("", node->key, path);
    if (row == NULL) {
        bind_unknown(merge->problems, node->key_at, path, &schema_config,
                     node->key, CONFIG_RULE_TYPES);
        return;
    }
    if (row->type == SCHEMA_NOTED) {
        return;
    }
    if (strcmp(row->key, "pack") == 0) {
        // A file has one pack, a configuration a list of them.
        node = wrap(merge, node, NODE_LIST, node->key);
    }
    if (node != NULL && !bind_kind(merge->problems, path, row, node)) {
        merge->dropped = true;
        return;
    }
    if (node != NULL && row->elsewhere) {
        // `severities` stands for engine.severities.
        node = wrap(merge, node, NODE_MAP, TEXT("engine"));
        row = schema_find(&schema_config, TEXT("engine"));
        path_under("", TEXT("engine"), path);
    }
    if (node == NULL) {
        return;
    }
    struct node *const old = find(merge->root, node->key);
    if (old == NULL) {
        merge_append(merge->root, node);
    } else if (row->type == SCHEMA_RECORDS) {
        append_all(merge, row, old, node);
    } else if (node->kind == NODE_MAP) {
        join_maps(merge, row, path, old, node);
    } else if (old->layer < merge->layer) {
        change(old, node, NULL);
    } else {
        tell_twice(merge, path, old, node);
    }
}

/* Of the node and all below; as deep as YAML_DEPTH lets a file be. */
static void
mark_layer(struct node *node, int layer)
{
    node->layer = layer;
    for (struct node *n = node->first; n != NULL; n = n->next) {
        mark_layer(n, layer);
    }
}

int
merge_layer(const struct node *file)
{
    const struct node *layer = node_get(node_get(file, "pack"), "layer");

    return layer == NULL                    ? CONFIG_BASE
           : text_is(layer->scalar, "site") ? CONFIG_SITE
           : text_is(layer->scalar, "pack") ? CONFIG_PACK
                                            : CONFIG_BASE; // binding tells
}

void
merge_file(struct merge *merge, struct node *file)
{
    struct node *next;

    merge->layer = merge_layer(file);
    mark_layer(file, merge->layer);
    for (struct node *n = file->first; n != NULL; n = next) {
        next = n->next;
        merge_key(merge, n);
    }
}
