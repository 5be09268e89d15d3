#include "sidecar/engine/hold_net_set.h"

#include <stdlib.h>

#include "sidecar/engine/regex_tree.h"

enum {
    /* Nodes of one pattern; a bounded repeat of a long piece costs many. */
    PATTERN_NODES = 1 << 16,
    COUNTED = 4, /* letters between least and most that are worth counting */
    FIRST = 64
};

/* ---------------------------------------------------------------- patterns */

/* One pattern being added. */
struct adder {
    struct hold_net *net;
    struct arena *work;
    size_t most;    /* nodes that the net may have when it is done */
    bool unbounded; /* it has a part of which nothing is known */
};

static uint32_t
add_tree(struct adder *a, const struct regex_tree *tree, uint32_t out);

/* Nodes are made from the end, so that each knows where it leads. */
static uint32_t
add_sequence(struct adder *a, const struct regex_tree *first, uint32_t out)
{
    size_t count = 0;

    for (const struct regex_tree *t = first; t != NULL; t = t->next) {
        count++;
    }
    const struct regex_tree **all =
        ARENA_ARRAY(a->work, const struct regex_tree *, count);
    if (all == NULL) {
        return HOLD_NOWHERE;
    }
    count = 0;
    for (const struct regex_tree *t = first; t != NULL; t = t->next) {
        all[count++] = t;
    }
    while (count > 0 && out != HOLD_NOWHERE) {
        out = add_tree(a, all[--count], out);
    }
    return out;
}

/* The only symbol of a set, or -1: it has more. */
static int
only_symbol(const struct regex_tree *tree)
{
    const struct hold_symbols set = tree->kind == REGEX_TREE_SET
                                        ? hold_net_symbols(&tree->set)
                                        : (struct hold_symbols){{0, 0}};
    const int count =
        __builtin_popcountll(set.bits[0]) + __builtin_popcountll(set.bits[1]);

    if (count != 1) {
        return -1;
    }
    return set.bits[0] != 0 ? __builtin_ctzll(set.bits[0])
                            : 64 + __builtin_ctzll(set.bits[1]);
}

/* Both, where there are two. */
static uint32_t
either(struct hold_net *net, uint32_t one, uint32_t other)
{
    return one == HOLD_NOWHERE || other == HOLD_NOWHERE || one == other
               ? (one == HOLD_NOWHERE ? other : one)
               : hold_net_node(net, HOLD_NODE_SPLIT, one, other);
}

/*
 * A way of a choice that begins with letters of its own: they go into the trie,
 * so that of a hundred ways one node is followed and not a hundred.
 */
static bool
add_spelt(struct adder *a, const struct regex_tree *way, uint32_t root,
          uint32_t out)
{
    const struct regex_tree *t = way->first;
    uint32_t node = root;

    for (; t != NULL && only_symbol(t) >= 0; t = t->next) {
        node = hold_net_child(a->net, node, (unsigned char)only_symbol(t));
        if (node == HOLD_NOWHERE) {
            return false;
        }
    }
    const uint32_t rest = add_sequence(a, t, out);
    if (rest == HOLD_NOWHERE) {
        return false;
    }
    // The trie may have moved meanwhile.
    const uint32_t ended = either(a->net, rest, a->net->trie[node].ended);
    a->net->trie[node].ended = ended;
    return ended != HOLD_NOWHERE;
}

static bool
is_spelt(const struct regex_tree *way)
{
    return way->kind == REGEX_TREE_SEQUENCE && way->first != NULL &&
           only_symbol(way->first) >= 0;
}

static uint32_t
add_choice(struct adder *a, const struct regex_tree *first, uint32_t out)
{
    uint32_t all = HOLD_NOWHERE;
    size_t spelt = 0;

    for (const struct regex_tree *t = first; t != NULL; t = t->next) {
        spelt += is_spelt(t);
    }
    const uint32_t root = spelt > 1 ? hold_net_letter(a->net, 0) : 0;
    if (root == HOLD_NOWHERE) {
        return HOLD_NOWHERE;
    }
    for (const struct regex_tree *t = first; t != NULL; t = t->next) {
        if (root != 0 && is_spelt(t)) {
            if (!add_spelt(a, t, root, out)) {
                return HOLD_NOWHERE;
            }
            continue;
        }
        const uint32_t one = add_tree(a, t, out);
        all = one != HOLD_NOWHERE ? either(a->net, one, all) : HOLD_NOWHERE;
        if (all == HOLD_NOWHERE) {
            return HOLD_NOWHERE;
        }
    }
    return root != 0 ? either(a->net, HOLD_TRIE | root, all) : all;
}

/*
 * A repeat of all letters and no blank ends with the word anyway. Its upper
 * bound is not counted: states would differ by the lengths of words, and in
 * any text there would be new ones.
 */
static bool
ends_with_word(const struct regex_tree *tree)
{
    struct charset blanks = {.beyond = 0};
    const struct regex_tree *one = tree->first;

    // Brackets are a choice of one sequence of one.
    while (
        one != NULL && one->first != NULL && one->first->next == NULL &&
        (one->kind == REGEX_TREE_CHOICE || one->kind == REGEX_TREE_SEQUENCE)) {
        one = one->first;
    }
    if (one == NULL || one->kind != REGEX_TREE_SET ||
        tree->most - tree->least < COUNTED) {
        return false;
    }
    charset_put(&blanks, ' ');
    charset_put(&blanks, '\n');
    const uint64_t letters = UINT64_C(0x07fffffe) << 32;
    return (one->set.ascii[1] & letters) == letters &&
           !charset_meet(&one->set, &blanks);
}

static uint32_t
add_repeat(struct adder *a, const struct regex_tree *tree, uint32_t out)
{
    const bool endless =
        tree->most >= REGEX_TREE_ENDLESS || ends_with_word(tree);
    const uint32_t behind = out;

    if (endless) {
        const uint32_t loop =
            hold_net_node(a->net, HOLD_NODE_SPLIT, behind, behind);
        if (loop == HOLD_NOWHERE) {
            return HOLD_NOWHERE;
        }
        const uint32_t body = add_tree(a, tree->first, loop);
        if (body == HOLD_NOWHERE) {
            return HOLD_NOWHERE;
        }
        a->net->nodes[loop].a = body;
        out = loop;
    }
    for (long i = tree->least; !endless && i < tree->most; i++) {
        out = hold_net_node(a->net, HOLD_NODE_SPLIT,
                            add_tree(a, tree->first, out), behind);
        if (out == HOLD_NOWHERE) {
            return HOLD_NOWHERE;
        }
    }
    for (long i = 0; i < tree->least && out != HOLD_NOWHERE; i++) {
        out = add_tree(a, tree->first, out);
    }
    return out;
}

/* What is looked ahead at keeps a match alive; it may be there or not. */
static uint32_t
add_ahead(struct adder *a, const struct regex_tree *tree, uint32_t out)
{
    const uint32_t sink = hold_net_node(a->net, HOLD_NODE_SINK, 0, 0);

    if (sink == HOLD_NOWHERE) {
        return HOLD_NOWHERE;
    }
    return hold_net_node(a->net, HOLD_NODE_SPLIT,
                         add_sequence(a, tree->first, sink), out);
}

/* The node where the tree begins that goes on at `out`. */
static uint32_t
add_tree(struct adder *a, const struct regex_tree *tree, uint32_t out)
{
    if (a->net->count >= a->most || out == HOLD_NOWHERE) {
        a->unbounded = a->unbounded || a->net->count >= a->most;
        return HOLD_NOWHERE;
    }
    switch (tree->kind) {
    case REGEX_TREE_EMPTY:
        if (tree->line) {
            return hold_net_node(a->net, HOLD_NODE_LINE, 0, out);
        }
        return tree->boundary
                   ? hold_net_node(a->net, HOLD_NODE_BOUNDARY, 0, out)
                   : out;
    case REGEX_TREE_AHEAD:
        return add_ahead(a, tree, out);
    case REGEX_TREE_SET:
        return hold_net_reader(a->net, &tree->set, out);
    case REGEX_TREE_ANYTHING:
        a->unbounded = true;
        return HOLD_NOWHERE;
    case REGEX_TREE_SEQUENCE:
        return add_sequence(a, tree->first, out);
    case REGEX_TREE_CHOICE:
        return add_choice(a, tree->first, out);
    case REGEX_TREE_REPEAT:
        return add_repeat(a, tree, out);
    }
    return HOLD_NOWHERE;
}

static size_t
plus(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* Characters of the longest match; the tree's depth is limited. */
static size_t
longest(const struct regex_tree *tree)
{
    size_t sum = 0, most = 0;

    for (const struct regex_tree *t = tree->first; t != NULL; t = t->next) {
        const size_t one = longest(t);
        sum = plus(sum, one);
        most = one > most ? one : most;
    }
    switch (tree->kind) {
    case REGEX_TREE_EMPTY:
        return 0;
    case REGEX_TREE_SET:
        return 1;
    case REGEX_TREE_ANYTHING:
        return SIZE_MAX;
    case REGEX_TREE_AHEAD:
    case REGEX_TREE_SEQUENCE:
        return sum;
    case REGEX_TREE_CHOICE:
        return most;
    case REGEX_TREE_REPEAT:
        break;
    }
    const size_t times = (size_t)tree->most;
    if (tree->most >= REGEX_TREE_ENDLESS ||
        (times > 0 && sum > SIZE_MAX / times)) {
        return sum > 0 ? SIZE_MAX : 0;
    }
    return sum * times;
}

static bool
add_entry(struct hold_net *net, uint32_t entry)
{
    void *at = net->entries;

    if (entry == HOLD_NOWHERE ||
        !hold_net_grow(&at, net->entry_count, &net->entry_cap,
                       sizeof(*net->entries))) {
        return false;
    }
    net->entries = at;
    net->entries[net->entry_count++] = entry;
    return true;
}

/* One that was there before tells of another rule too. */
static bool
add_rule(struct hold_net *net, const struct hold_pattern *pattern,
         uint32_t rule)
{
    const struct hold_node old = net->nodes[pattern->end];
    const uint32_t first = hold_net_node(net, old.kind, old.a, old.b);
    const uint32_t second = hold_net_node(net, HOLD_NODE_ACCEPT, rule, 0);

    if (first == HOLD_NOWHERE || second == HOLD_NOWHERE) {
        return false;
    }
    net->nodes[pattern->end] =
        (struct hold_node){HOLD_NODE_SPLIT, first, second};
    net->rules = rule >= net->rules ? rule + 1 : net->rules;
    return true;
}

static bool
keep_pattern(struct hold_net *net, struct text text, uint32_t end, size_t chars)
{
    void *at = net->patterns;

    if (!hold_net_grow(&at, net->pattern_count, &net->pattern_cap,
                       sizeof(*net->patterns))) {
        return false;
    }
    net->patterns = at;
    net->patterns[net->pattern_count++] =
        (struct hold_pattern){text, end, chars};
    return true;
}

enum hold_net_added
hold_net_add_pattern(struct hold_net *net, struct text pattern, uint32_t rule,
                     struct arena *work, size_t *chars)
{
    for (size_t i = 0; i < net->pattern_count; i++) {
        if (text_equal(net->patterns[i].text, pattern)) {
            *chars = net->patterns[i].chars;
            return add_rule(net, &net->patterns[i], rule) ? HOLD_NET_ADDED
                                                          : HOLD_NET_MEMORY;
        }
    }
    const size_t before = net->count;
    const struct regex_tree *tree = regex_tree_parse(pattern, work);
    struct adder a = {net, work, before + PATTERN_NODES, false};

    *chars = SIZE_MAX;
    if (tree == NULL) {
        return HOLD_NET_UNBOUNDED;
    }
    *chars = longest(tree);
    const uint32_t end = hold_net_node(net, HOLD_NODE_ACCEPT, rule, 0);
    const uint32_t entry = add_tree(&a, tree, end);
    if (entry == HOLD_NOWHERE) {
        net->count = before;
        return a.unbounded ? HOLD_NET_UNBOUNDED : HOLD_NET_MEMORY;
    }
    net->rules = rule >= net->rules ? rule + 1 : net->rules;
    return add_entry(net, entry) && keep_pattern(net, pattern, end, *chars)
               ? HOLD_NET_ADDED
               : HOLD_NET_MEMORY;
}

/* --------------------------------------------------------------- the whole */

struct hold_net *
hold_net_new(void)
{
    struct charset all = {.beyond = 0};
    struct hold_net *net = calloc(1, sizeof(*net));

    if (net == NULL) {
        return NULL;
    }
    charset_put_all(&all);
    bool made = hold_net_reader(net, &all, 0) == 0; // itself again, for ever
    for (int i = 0; i < HOLD_ROOTS; i++) {
        made = made && hold_net_letter(net, 0) == (uint32_t)i;
    }
    if (!made) {
        hold_net_free(net);
        return NULL;
    }
    return net;
}

void
hold_net_free(struct hold_net *net)
{
    if (net != NULL) {
        free(net->nodes);
        free(net->sets);
        free(net->trie);
        free(net->tails);
        free(net->patterns);
        free(net->entries);
        for (int i = 0; i < HOLD_NET_STARTS; i++) {
            free(net->starts[i]);
        }
        free(net);
    }
}

/* Where terms begin, in front of them what they ask for. */
static bool
add_roots(struct hold_net *net)
{
    const uint32_t word = HOLD_TRIE | HOLD_ROOT_WORD;
    const uint32_t extended = HOLD_TRIE | HOLD_ROOT_EXTENDED;

    if (net->trie[HOLD_ROOT_WORD].child != 0 &&
        !add_entry(net, hold_net_node(net, HOLD_NODE_BOUNDARY, 0, word))) {
        return false;
    }
    if (net->trie[HOLD_ROOT_EXTENDED].child != 0) {
        const uint32_t first = hold_net_rest(net, extended);
        if (first == HOLD_NOWHERE ||
            !add_entry(net, hold_net_node(net, HOLD_NODE_BOUNDARY, 0, first))) {
            return false;
        }
    }
    return net->trie[HOLD_ROOT_ANY].child == 0 ||
           add_entry(net, HOLD_TRIE | HOLD_ROOT_ANY);
}

bool
hold_net_end(struct hold_net *net)
{
    static const enum hold_edge edges[HOLD_NET_STARTS] = {
        [HOLD_NET_NONE] = HOLD_EDGE_PASS,
        [HOLD_NET_FREE] = HOLD_EDGE_PASS,
        [HOLD_NET_LINE] = HOLD_EDGE_LINE,
        [HOLD_NET_INSIDE] = HOLD_EDGE_BLOCK};
    struct hold_closure c;

    if (!add_roots(net) ||
        !hold_closure_init(&c, net, net->count + net->trie_count)) {
        return false;
    }
    bool made = true;
    for (int i = HOLD_NET_FREE; i < HOLD_NET_STARTS && made; i++) {
        hold_closure_begin(&c);
        for (size_t k = 0; k < net->entry_count; k++) {
            hold_closure_add(&c, net->entries[k], edges[i]);
        }
        net->starts[i] = malloc((c.count + 1) * sizeof(*net->starts[i]));
        made = net->starts[i] != NULL;
        for (size_t k = 0; made && k < c.count; k++) {
            net->starts[i][k] = c.out[k];
        }
        net->start_counts[i] = c.count;
    }
    hold_closure_clear(&c);
    return made;
}

size_t
hold_net_nodes(const struct hold_net *net)
{
    return net->count + net->trie_count;
}
