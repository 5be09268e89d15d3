#include "config/override.h"

#include "config/bind.h"
#include "sidecar/base/utf8.h"
#include "sidecar/base/nearest.h"

static const struct place here = {.file = place_override};
static const char holds_others[] = "holds other keys; set one of those";

struct override {
    struct merge *merge;
    const char *key;  /* all of it, for messages */
    struct text rest; /* of the key */
    struct text value;
};

/* The rest up to the next dot, which is taken off. */
static struct text
next_segment(struct override *o)
{
    size_t len = 0;

    while (len < o->rest.len && o->rest.at[len] != '.') {
        len++;
    }
    const struct text segment = text_part(o->rest, 0, len);
    const size_t skip = len < o->rest.len ? len + 1 : len;
    o->rest = text_part(o->rest, skip, o->rest.len);
    return segment;
}

static struct node *
child_of(struct override *o, struct node *map, const struct schema_row *row,
         enum node_kind kind)
{
    for (struct node *n = map->first; n != NULL; n = n->next) {
        if (text_is(n->key, row->key)) {
            return n;
        }
    }
    struct node *node = ARENA_ARRAY(o->merge->arena, struct node, 1);
    if (node != NULL) {
        *node = (struct node){.kind = kind,
                              .at = here,
                              .scalar = TEXT(""),
                              .key = text_of(row->key),
                              .key_at = here};
        merge_append(map, node);
    }
    return node;
}

/* The name of an item of a list or map: what follows `rules.` in a key. */
static struct text
name_of(const struct node *item)
{
    const struct node *id = node_get(item, "id");

    return item->key.len > 0 ? item->key : id != NULL ? id->scalar : TEXT("");
}

/* The item that the rest of the key begins with; names may hold dots. */
static struct node *
find_item(struct override *o, struct node *items)
{
    struct node *found = NULL;
    size_t len = 0;

    for (struct node *n = items->first; n != NULL; n = n->next) {
        const struct text name = name_of(n);
        if (name.len > len && text_starts(o->rest, name) &&
            o->rest.len > name.len && o->rest.at[name.len] == '.') {
            found = n;
            len = name.len;
        }
    }
    if (found != NULL) {
        o->rest = text_part(o->rest, len + 1, o->rest.len);
    }
    return found;
}

static void
tell_no_item(struct override *o, const struct schema_row *row,
             const struct node *items)
{
    const size_t room = items != NULL ? items->count : 0;
    const char **names = ARENA_ARRAY(o->merge->arena, const char *, room + 1);
    const struct text rest = o->rest;
    const struct text wanted = place_excerpt(next_segment(o));
    size_t count = 0;

    for (const struct node *n = items != NULL ? items->first : NULL;
         n != NULL && names != NULL; n = n->next) {
        names[count++] = name_of(n).at;
        if (text_equal(name_of(n), rest)) {
            place_problem(o->merge->problems, here, o->key, "%s", holds_others);
            return;
        }
    }
    const char *nearest = names != NULL ? nearest_name(wanted, names) : NULL;
    place_problem(o->merge->problems, here, o->key,
                  "there is no %s \"%.*s\"%s%s%s", row->table->name,
                  TEXT_ARGS(wanted), nearest != NULL ? "; did you mean \"" : "",
                  nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

static void
add_items(struct override *o, struct node *list)
{
    for (size_t from = 0, to; from <= o->value.len; from = to + 1) {
        struct node *item = ARENA_ARRAY(o->merge->arena, struct node, 1);
        to = from;
        while (to < o->value.len && o->value.at[to] != ',') {
            to++;
        }
        if (item == NULL) {
            return;
        }
        *item =
            (struct node){.kind = NODE_SCALAR,
                          .at = here,
                          .scalar = arena_copy(o->merge->arena,
                                               text_part(o->value, from, to)),
                          .key = TEXT(""),
                          .key_at = here,
                          .index = list->count};
        merge_append(list, item);
    }
}

static void
set_value(struct override *o, struct node *map, const struct schema_row *row)
{
    const bool list = row->type == SCHEMA_TEXTS || row->type == SCHEMA_CHOICES;
    struct node *const node = child_of(o, map, row, NODE_SCALAR);

    if (node == NULL) {
        return;
    }
    node->kind = list ? NODE_LIST : NODE_SCALAR;
    node->at = node->key_at = here;
    node->first = NULL;
    node->count = 0;
    // A text is what was typed, even where that is the word null.
    node->quoted = row->type == SCHEMA_TEXT || row->type == SCHEMA_SINGLE;
    if (list) {
        add_items(o, node);
    } else {
        node->scalar = arena_copy(o->merge->arena, o->value);
    }
}

static bool
is_settable(const struct schema_row *row)
{
    switch (row->type) {
    case SCHEMA_BOOLEAN:
    case SCHEMA_INTEGER:
    case SCHEMA_NUMBER:
    case SCHEMA_CHOICE:
    case SCHEMA_CHOICES:
    case SCHEMA_TEXT:
    case SCHEMA_TEXTS:
    case SCHEMA_SINGLE:
        return true;
    case SCHEMA_PAIRS:
    case SCHEMA_SPANS:
    case SCHEMA_RECORD:
    case SCHEMA_RECORDS:
    case SCHEMA_MAP:
    case SCHEMA_LOCALES:
    case SCHEMA_LISTS:
    case SCHEMA_NOTED:
        return false;
    }
    return false;
}

/* One step down the tables and the tree; false: there, or a problem. */
static bool
descend(struct override *o, const struct schema_table **table,
        struct node **map)
{
    const struct text key = next_segment(o);
    const struct schema_row *row = schema_find(*table, key);
    struct problems *const problems = o->merge->problems;

    if (row == NULL) {
        bind_unknown(problems, here, o->key, *table, key, CONFIG_RULE_TYPES);
        return false;
    }
    if (row->elsewhere && row->type == SCHEMA_RECORD) {
        place_problem(problems, here, o->key, "set engine.%s instead",
                      row->key);
        return false;
    }
    if (o->rest.len == 0) {
        if (is_settable(row)) {
            set_value(o, *map, row);
        } else {
            place_problem(problems, here, o->key, "%s",
                          row->table != NULL
                              ? holds_others
                              : "cannot be set from the command line");
        }
        return false;
    }
    if (row->table == NULL || row->type == SCHEMA_LISTS) {
        place_problem(problems, here, o->key, "\"%s\" holds no other keys",
                      row->key);
        return false;
    }
    *table = row->table;
    *map = child_of(o, *map, row,
                    row->type == SCHEMA_RECORDS ? NODE_LIST : NODE_MAP);
    if (*map != NULL && row->type != SCHEMA_RECORD) {
        struct node *const items = *map;
        *map = find_item(o, items);
        if (*map == NULL) {
            tell_no_item(o, row, items);
        }
    }
    if (*map != NULL && (*map)->kind != NODE_MAP) {
        *map = NULL; // the binder tells what it is instead
    }
    return *map != NULL;
}

void
override_apply(struct merge *merge, const char *key_value)
{
    const struct text whole = text_of(key_value);
    const char *const equals = strchr(key_value, '=');
    size_t bad;

    if (equals == NULL || equals == key_value || !utf8_check(whole, &bad)) {
        place_problem(merge->problems, here, key_value,
                      "expected KEY=VALUE, in UTF-8");
        return;
    }
    const size_t len = (size_t)(equals - key_value);
    const struct text key = arena_copy(merge->arena, text_part(whole, 0, len));
    if (key.at == NULL) {
        return;
    }
    struct override o = {.merge = merge,
                         .key = key.at,
                         .rest = key,
                         .value = text_part(whole, len + 1, whole.len)};
    const struct schema_table *table = &schema_config;
    struct node *map = merge->root;
    while (descend(&o, &table, &map)) {
    }
}
