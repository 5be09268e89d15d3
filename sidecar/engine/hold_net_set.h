/*
 * The inside of the automaton, shared by the files that build and run it.
 */
#ifndef SIDECAR_ENGINE_HOLD_NET_SET_H
#define SIDECAR_ENGINE_HOLD_NET_SET_H

#include "sidecar/engine/charset.h"
#include "sidecar/engine/hold_net.h"

enum hold_node_kind {
    HOLD_NODE_SET,      /* reads a symbol of a set, goes to b */
    HOLD_NODE_SPLIT,    /* goes to a and to b */
    HOLD_NODE_BOUNDARY, /* \b, then b */
    HOLD_NODE_LINE,     /* the beginning of the text or of a line, then b */
    HOLD_NODE_ACCEPT,   /* a match of rule a has ended */
    HOLD_NODE_SINK      /* what was looked ahead at has been seen */
};

struct hold_node {
    enum hold_node_kind kind;
    uint32_t a; /* SET: its number; SPLIT: a node; ACCEPT: the rule */
    uint32_t b;
};

struct hold_symbols {
    uint64_t bits[2]; /* of the symbols */
};

/* One letter of terms. Numbers from HOLD_TRIE on are those of the trie. */
struct hold_trie {
    uint32_t child, sibling; /* 0: none */
    uint32_t ended; /* a node where terms go on that end here, or HOLD_NOWHERE
                     */
    unsigned char symbol;
};

#define HOLD_TRIE    UINT32_C(0x80000000)
#define HOLD_NOWHERE UINT32_MAX

enum { HOLD_ROOT_WORD, HOLD_ROOT_ANY, HOLD_ROOT_EXTENDED, HOLD_ROOTS };

/* How terms of one rule go on behind their last letter. */
struct hold_tail {
    uint32_t rule;
    unsigned flags;
    uint32_t entry;
};

/* A pattern that was added, for others that are the same. */
struct hold_pattern {
    struct text text;
    uint32_t end; /* the node that tells of its rules */
    size_t chars;
};

struct hold_net {
    struct hold_node *nodes; /* [count]; 0 is one that never dies */
    size_t count, cap;
    struct hold_symbols *sets; /* [set_count] */
    size_t set_count, set_cap;
    struct hold_trie *trie; /* [trie_count]; the first are the roots */
    size_t trie_count, trie_cap;
    struct hold_tail *tails; /* [tail_count] */
    size_t tail_count, tail_cap;
    struct hold_pattern *patterns; /* [pattern_count] */
    size_t pattern_count, pattern_cap;
    uint32_t *entries; /* [entry_count] where patterns begin */
    size_t entry_count, entry_cap;
    uint32_t rules; /* one above the greatest */
    /* What a match may begin with, by enum hold_net_start. */
    uint32_t *starts[HOLD_NET_STARTS];
    size_t start_counts[HOLD_NET_STARTS];
};

static inline bool
hold_symbols_has(const struct hold_symbols *set, unsigned char symbol)
{
    return (set->bits[symbol / 64] >> symbol % 64 & 1) != 0;
}

/* ---- building: hold_net_nodes.c, hold_net_terms.c --------------------------
 */

/* Room for one more of `size` bytes in an array. False: no memory. */
bool hold_net_grow(void **at, size_t count, size_t *cap, size_t size);

/* A new node; HOLD_NOWHERE: no memory, or one of the two is that. */
uint32_t hold_net_node(struct hold_net *net, enum hold_node_kind kind,
                       uint32_t a, uint32_t b);

/* One that reads a character of the set, and goes to `out`. */
uint32_t
hold_net_reader(struct hold_net *net, const struct charset *set, uint32_t out);
struct hold_symbols hold_net_symbols(const struct charset *set);

/* A letter of no word yet, and the one behind another: made if need be. */
uint32_t hold_net_letter(struct hold_net *net, unsigned char symbol);
uint32_t
hold_net_child(struct hold_net *net, uint32_t node, unsigned char symbol);

/* The rest of a word, as far as it goes, or `out`. */
uint32_t hold_net_rest(struct hold_net *net, uint32_t out);

/* ---- running: hold_net_closure.c -------------------------------------------
 */

/* What stands before, while nodes are followed that read nothing: how \b is
   read. A line begins after HOLD_EDGE_LINE alone. */
enum hold_edge {
    HOLD_EDGE_PASS,  /* it holds, or nobody knows */
    HOLD_EDGE_BLOCK, /* it does not */
    HOLD_EDGE_LINE,  /* it holds, or nobody knows */
    HOLD_EDGE_WAIT   /* a word's character stands before: the next one tells */
};

/* Sets of nodes that are being made. */
struct hold_closure {
    const struct hold_net *net;
    uint32_t *stamps; /* [count + trie_count] pass in which it was put last */
    uint32_t pass;
    uint32_t *stack; /* [count + 1] */
    uint32_t *out;   /* nodes that read, and boundaries that wait */
    size_t count, most;
    uint32_t *ended; /* [rules] */
    size_t ended_count;
    bool overflowed; /* `most` was not enough */
    size_t work;
};

/* False: no memory. */
bool hold_closure_init(struct hold_closure *c, const struct hold_net *net,
                       size_t most);
void hold_closure_clear(struct hold_closure *c);

/* Forgets what it holds. */
void hold_closure_begin(struct hold_closure *c);

/* Adds the node, and what it leads to without reading. */
void
hold_closure_add(struct hold_closure *c, uint32_t node, enum hold_edge edge);

#endif
