/*
 * The trees of several files as one. Lists of rules, personas and tests are
 * appended, maps and records joined. What stands twice is a problem that names
 * both places, with three exceptions: what a file says takes the place of what
 * is built in; a later file may change a category's thresholds, by a category
 * that holds nothing else; and a file of a higher layer (pack.layer) may give
 * anything again, with the keys that change: a key takes the place of one that
 * must not stand beside it (pattern, patterns). A file comes after those it
 * includes, so the main file has the last word in its layer.
 */
#ifndef CONFIG_MERGE_H
#define CONFIG_MERGE_H

#include "config/node.h"

struct merge_index; /* inside merge.c */

struct merge {
    struct arena *arena;       /* kept */
    struct problems *problems; /* kept */
    struct node *root;         /* the files so far */
    bool dropped; /* a known key was of the wrong kind and stayed out */
    int layer;    /* enum config_layer of the file being merged */
    struct merge_index *indexes; /* of the lists that higher layers change */
};

/* Nothing yet. False: no memory. */
bool
merge_init(struct merge *merge, struct arena *arena, struct problems *problems);

/* The layer that the file's `pack` names; the lowest where it names none. */
int merge_layer(const struct node *file);

/*
 * Takes the tree of one file, a map, of the same arena; its nodes are moved.
 * Keys of the top level that are unknown, or not of the kind that they should
 * be, are problems and stay out. Files of lower layers come first.
 */
void merge_file(struct merge *merge, struct node *file);

/* Puts a child at the end of a list or map. */
void merge_append(struct node *parent, struct node *child);

#endif
