#include "config/node.h"

const struct node *
node_get(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP) {
        return NULL;
    }
    const struct text wanted = text_of(key);
    for (const struct node *child = map->first; child != NULL;
         child = child->next) {
        if (text_equal(child->key, wanted)) {
            return child;
        }
    }
    return NULL;
}

struct place
node_place(const struct node *map, const char *key)
{
    const struct node *child = node_get(map, key);

    if (child != NULL) {
        return child->at;
    }
    return map != NULL ? map->at : (struct place){.file = ""};
}

struct place
node_key_place(const struct node *map, const char *key)
{
    const struct node *child = node_get(map, key);

    return child != NULL ? child->key_at : node_place(map, key);
}

const char *
node_words(const struct node *node, char out[NODE_WORDS_BYTES])
{
    if (node->kind == NODE_MAP) {
        return "a map";
    }
    if (node->kind == NODE_LIST) {
        return "a list";
    }
    if (node->scalar.len == 0 && !node->quoted) {
        return "nothing";
    }
    const struct text shown = place_excerpt(node->scalar);
    snprintf(out, NODE_WORDS_BYTES, "\"%.*s\"%s", TEXT_ARGS(shown),
             shown.len < node->scalar.len ? "..." : "");
    return out;
}
