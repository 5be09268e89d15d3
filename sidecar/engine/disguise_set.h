/*
 * The inside of a set of disguised terms, shared by the files that build and
 * scan it.
 */
#ifndef SIDECAR_ENGINE_DISGUISE_SET_H
#define SIDECAR_ENGINE_DISGUISE_SET_H

#include "sidecar/engine/disguise.h"

enum disguise_stem {
    STEM_WEAK,  /* everyday words hold it: "cock" in "peacock" */
    STEM_STRONG /* hardly any does */
};

/* One text, whatever the number of terms that have it. */
struct disguise_entry {
    uint32_t text; /* offset in texts */
    uint32_t len;
    uint32_t first_id, id_count; /* in ids */
    uint32_t order;              /* place of its first term in the list */
    enum disguise_stem stem;
    bool fuzzy;  /* one of its terms is */
    bool likely; /* one that few letters bring to everybody's mind */
};

struct disguise_id {
    uint32_t id;
    bool fuzzy;
};

/* A letter's child is at children + the number of smaller letters in `mask`. */
struct disguise_node {
    uint32_t mask; /* bit 0 is a */
    uint32_t children;
    uint32_t entry; /* its number + 1 where a term ends, or 0 */
};

/* Open addressing, at most half full; equal hashes stand in line. */
struct disguise_slot {
    uint32_t hash;
    uint32_t entry; /* its number + 1; 0 is empty */
};

struct disguise_table {
    struct disguise_slot *slots;
    size_t mask;
};

enum {
    DISGUISE_ROOT = 0, /* the node where terms begin */
    DISGUISE_LETTERS = 26,
    DISGUISE_SHAPES = DISGUISE_LETTERS * (DISGUISE_TERM_MOST + 1)
};

struct disguise {
    const struct ordinary *words; /* may be NULL */
    char *texts;
    struct disguise_entry *entries;
    size_t count;
    struct disguise_id *ids;
    struct disguise_node *nodes;
    uint32_t suffixes;             /* the node where endings begin */
    struct disguise_table exact;   /* hash of the text */
    struct disguise_table without; /* of the text less one letter, fuzzy ones */
    struct disguise_table sound;   /* of what it sounds like, fuzzy ones */
    /* By first letter and length: [shapes[s], shapes[s + 1]) of by_shape. */
    uint32_t shapes[DISGUISE_SHAPES + 1];
    uint32_t *by_shape;
};

static inline struct text
disguise_text(const struct disguise *d, const struct disguise_entry *entry)
{
    return (struct text){d->texts + entry->text, entry->len};
}

static inline size_t
disguise_shape(char first, size_t len)
{
    return (size_t)(first - 'a') * (DISGUISE_TERM_MOST + 1) + len;
}

/* The child of a node for a letter (0 is a), or 0: there is none. */
static inline uint32_t
disguise_child(const struct disguise *d, uint32_t node, unsigned letter)
{
    const struct disguise_node *n = &d->nodes[node];
    const uint32_t bit = (uint32_t)1 << letter;

    return (n->mask & bit) != 0
               ? n->children + (uint32_t)__builtin_popcount(n->mask & (bit - 1))
               : 0;
}

/* The entry of exactly this text, or NULL. */
const struct disguise_entry *
disguise_exact(const struct disguise *d, struct text text);

/* The hash that the tables use. */
uint32_t disguise_hash(struct text text);

/* Is the word ordinary, and how? A listed one is not: ORDINARY_NONE. */
enum ordinary_rank disguise_rank(const struct disguise *d, struct text word);

/* A disguise that was found. */
struct disguise_find {
    const struct disguise_entry *entry;
    struct span span; /* bytes of the text */
    enum disguise_how how;
};

#endif
