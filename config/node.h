/*
 * A YAML file as a tree, each piece with its place. Scalars are strings as they
 * stand in the file; the schema gives them their type, so `no` is a Norwegian
 * and not a falsehood.
 *
 * Owned by the arena it was read into. Immutable once the loader is done.
 */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include "config/place.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    struct place at;
    struct text scalar;  /* NODE_SCALAR: the value, ended by a NUL */
    bool quoted;         /* NODE_SCALAR: it stood in quotes or was a block */
    struct text key;     /* the key under which a map holds this node, or "";
                            ended by a NUL */
    struct place key_at; /* where that key stands */
    struct node *first;  /* NODE_LIST, NODE_MAP: children in file order */
    struct node *next;   /* the next child of the same parent, or NULL */
    size_t count;        /* children */
    size_t index;        /* place in its list, in its own file, from 0 */
    int layer;           /* while merging: enum config_layer of its file */
};

/* The value under `key`, or NULL; NULL too where map is NULL or no map. */
const struct node *node_get(const struct node *map, const char *key);

/* Place of the value under `key`, else of the map itself; map may be NULL. */
struct place node_place(const struct node *map, const char *key);

/* Place of the word `key`, else of the map itself; map may be NULL. */
struct place node_key_place(const struct node *map, const char *key);

/* "a map", "a list", "nothing" or the scalar in quotes, for messages. */
enum { NODE_WORDS_BYTES = 72 };
const char *node_words(const struct node *node, char out[NODE_WORDS_BYTES]);

#endif
