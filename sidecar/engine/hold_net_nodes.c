#include "sidecar/engine/hold_net_set.h"

#include <stdlib.h>

enum { FIRST = 64 };

/* Room for one more of `size` bytes in an array. False: no memory. */
bool
hold_net_grow(void **at, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return true;
    }
    const size_t wanted = *cap > 0 ? *cap * 2 : FIRST;
    void *more = realloc(*at, wanted * size);
    if (more == NULL) {
        return false;
    }
    *at = more;
    *cap = wanted;
    return true;
}

/* A new node, or HOLD_NOWHERE: no memory. */
uint32_t
hold_net_node(struct hold_net *net, enum hold_node_kind kind, uint32_t a,
              uint32_t b)
{
    void *at = net->nodes;

    if (a == HOLD_NOWHERE || b == HOLD_NOWHERE ||
        !hold_net_grow(&at, net->count, &net->cap, sizeof(*net->nodes))) {
        return HOLD_NOWHERE;
    }
    net->nodes = at;
    net->nodes[net->count] = (struct hold_node){kind, a, b};
    return (uint32_t)net->count++;
}

/* The sets are few; patterns share most of theirs. */
static uint32_t
set_number(struct hold_net *net, const struct hold_symbols *set)
{
    void *at = net->sets;

    for (size_t i = net->set_count; i > 0; i--) {
        if (net->sets[i - 1].bits[0] == set->bits[0] &&
            net->sets[i - 1].bits[1] == set->bits[1]) {
            return (uint32_t)i - 1;
        }
    }
    if (!hold_net_grow(&at, net->set_count, &net->set_cap,
                       sizeof(*net->sets))) {
        return HOLD_NOWHERE;
    }
    net->sets = at;
    net->sets[net->set_count] = *set;
    return (uint32_t)net->set_count++;
}

/* Of either case is of lower case; the capitals' places are for the others. */
struct hold_symbols
hold_net_symbols(const struct charset *set)
{
    static const uint64_t capitals = UINT64_C(0x07fffffe);
    struct hold_symbols out = {{set->ascii[0], set->ascii[1]}};

    out.bits[1] |= (out.bits[1] & capitals) << 32;
    out.bits[1] &= ~capitals;
    out.bits[1] |= set->beyond != 0 ? capitals : 0;
    return out;
}

uint32_t
hold_net_reader(struct hold_net *net, const struct charset *set, uint32_t out)
{
    const struct hold_symbols symbols = hold_net_symbols(set);

    return hold_net_node(net, HOLD_NODE_SET, set_number(net, &symbols), out);
}

uint32_t
hold_net_letter(struct hold_net *net, unsigned char symbol)
{
    void *at = net->trie;

    if (!hold_net_grow(&at, net->trie_count, &net->trie_cap,
                       sizeof(*net->trie))) {
        return HOLD_NOWHERE;
    }
    net->trie = at;
    net->trie[net->trie_count] =
        (struct hold_trie){.ended = HOLD_NOWHERE, .symbol = symbol};
    return (uint32_t)net->trie_count++;
}

/* The child for the symbol, made where it is not there. */
uint32_t
hold_net_child(struct hold_net *net, uint32_t node, unsigned char symbol)
{
    for (uint32_t i = net->trie[node].child; i != 0; i = net->trie[i].sibling) {
        if (net->trie[i].symbol == symbol) {
            return i;
        }
    }
    const uint32_t made = hold_net_letter(net, symbol);
    if (made != HOLD_NOWHERE) {
        net->trie[made].sibling = net->trie[node].child;
        net->trie[node].child = made;
    }
    return made;
}
