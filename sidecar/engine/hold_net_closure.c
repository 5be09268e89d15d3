#include "sidecar/engine/hold_net_set.h"

#include <stdlib.h>

bool
hold_closure_init(struct hold_closure *c, const struct hold_net *net,
                  size_t most)
{
    const size_t all = net->count + net->trie_count;

    *c = (struct hold_closure){.net = net, .most = most};
    c->stamps = calloc(all + 1, sizeof(*c->stamps));
    c->stack = malloc((all + 1) * sizeof(*c->stack));
    c->out = malloc((most + 1) * sizeof(*c->out));
    c->ended = malloc(((size_t)net->rules + 1) * sizeof(*c->ended));
    if (c->stamps == NULL || c->stack == NULL || c->out == NULL ||
        c->ended == NULL) {
        hold_closure_clear(c);
        return false;
    }
    return true;
}

void
hold_closure_clear(struct hold_closure *c)
{
    free(c->stamps);
    free(c->stack);
    free(c->out);
    free(c->ended);
    *c = (struct hold_closure){.count = 0};
}

void
hold_closure_begin(struct hold_closure *c)
{
    // The stamps of 2^32 sets ago would be taken for this one's.
    if (++c->pass == 0) {
        memset(c->stamps, 0,
               (c->net->count + c->net->trie_count) * sizeof(*c->stamps));
        c->pass = 1;
    }
    c->count = c->ended_count = 0;
    c->overflowed = false;
}

static void
push(struct hold_closure *c, uint32_t node, size_t *depth)
{
    const size_t place =
        (node & HOLD_TRIE) != 0 ? c->net->count + (node & ~HOLD_TRIE) : node;

    if (c->stamps[place] != c->pass) {
        c->stamps[place] = c->pass;
        c->stack[(*depth)++] = node;
    }
}

static void
put(struct hold_closure *c, uint32_t node)
{
    if (c->count == c->most) {
        c->overflowed = true;
        return;
    }
    c->out[c->count++] = node;
}

static void
put_ended(struct hold_closure *c, uint32_t rule)
{
    for (size_t i = 0; i < c->ended_count; i++) {
        if (c->ended[i] == rule) {
            return;
        }
    }
    c->ended[c->ended_count++] = rule;
}

static void
put_boundary(struct hold_closure *c, uint32_t node, enum hold_edge edge,
             size_t *depth)
{
    switch (edge) {
    case HOLD_EDGE_LINE:
    case HOLD_EDGE_PASS:
        push(c, c->net->nodes[node].b, depth);
        break;
    case HOLD_EDGE_WAIT:
        put(c, node);
        break;
    case HOLD_EDGE_BLOCK:
        break;
    }
}

void
hold_closure_add(struct hold_closure *c, uint32_t first, enum hold_edge edge)
{
    size_t depth = 0;

    push(c, first, &depth);
    while (depth > 0) {
        const uint32_t node = c->stack[--depth];
        c->work++;
        if ((node & HOLD_TRIE) != 0) {
            put(c, node);
            continue;
        }
        const struct hold_node *n = &c->net->nodes[node];
        switch (n->kind) {
        case HOLD_NODE_SET:
            put(c, node);
            break;
        case HOLD_NODE_SPLIT:
            push(c, n->a, &depth);
            push(c, n->b, &depth);
            break;
        case HOLD_NODE_BOUNDARY:
            put_boundary(c, node, edge, &depth);
            break;
        case HOLD_NODE_LINE:
            if (edge == HOLD_EDGE_LINE) {
                push(c, n->b, &depth);
            }
            break;
        case HOLD_NODE_ACCEPT:
            put_ended(c, n->a);
            break;
        case HOLD_NODE_SINK:
            break;
        }
    }
}
