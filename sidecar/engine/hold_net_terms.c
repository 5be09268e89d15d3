#include "sidecar/engine/hold_net_set.h"

#include "sidecar/base/utf8.h"

static struct charset
word_set(void)
{
    struct charset set = {.beyond = CHARSET_BEYOND_ALL};

    charset_put_range(&set, 'a', 'z');
    charset_put_range(&set, '0', '9');
    return set;
}

/* The rest of a word, as far as it goes, while the match stands already. */
uint32_t
hold_net_rest(struct hold_net *net, uint32_t out)
{
    const struct charset word = word_set();
    const uint32_t loop = hold_net_node(net, HOLD_NODE_SPLIT, out, out);
    const uint32_t more =
        loop != HOLD_NOWHERE ? hold_net_reader(net, &word, loop) : HOLD_NOWHERE;

    if (more == HOLD_NOWHERE) {
        return HOLD_NOWHERE;
    }
    net->nodes[loop].b = more;
    return loop;
}

static uint32_t
letter(struct hold_net *net, char c, uint32_t out)
{
    struct charset set = {.beyond = 0};

    charset_put(&set, (unsigned char)c);
    return hold_net_reader(net, &set, out);
}

/* Behind a term's last letter. */
static uint32_t
make_tail(struct hold_net *net, unsigned flags, uint32_t rule)
{
    uint32_t out = (flags & HOLD_NET_SILENT) != 0
                       ? hold_net_node(net, HOLD_NODE_SINK, 0, 0)
                       : hold_net_node(net, HOLD_NODE_ACCEPT, rule, 0);

    if (out != HOLD_NOWHERE && (flags & HOLD_NET_RIGHT) != 0) {
        out = hold_net_node(net, HOLD_NODE_BOUNDARY, 0, out);
    }
    if (out != HOLD_NOWHERE && (flags & HOLD_NET_EXTEND_RIGHT) != 0) {
        const uint32_t sink = hold_net_node(net, HOLD_NODE_SINK, 0, 0);
        const uint32_t rest =
            sink != HOLD_NOWHERE ? hold_net_rest(net, sink) : HOLD_NOWHERE;
        out = hold_net_node(net, HOLD_NODE_SPLIT, rest, out);
    }
    if (out != HOLD_NOWHERE && (flags & HOLD_NET_PLURAL) != 0) {
        const uint32_t s = letter(net, 's', out);
        const uint32_t es =
            s != HOLD_NOWHERE ? letter(net, 'e', s) : HOLD_NOWHERE;
        out = hold_net_node(net, HOLD_NODE_SPLIT, s,
                            hold_net_node(net, HOLD_NODE_SPLIT, es, out));
    }
    return out;
}

/* Terms of one rule share theirs; they come one after another. */
static uint32_t
tail_of(struct hold_net *net, unsigned flags, uint32_t rule)
{
    void *at = net->tails;

    flags &= ~(unsigned)(HOLD_NET_LEFT | HOLD_NET_EXTEND_LEFT);
    for (size_t i = net->tail_count; i > 0; i--) {
        const struct hold_tail *tail = &net->tails[i - 1];
        if (tail->rule == rule && tail->flags == flags) {
            return tail->entry;
        }
        if (tail->rule != rule) {
            break;
        }
    }
    if (!hold_net_grow(&at, net->tail_count, &net->tail_cap,
                       sizeof(*net->tails))) {
        return HOLD_NOWHERE;
    }
    net->tails = at;
    const uint32_t entry = make_tail(net, flags, rule);
    net->tails[net->tail_count++] = (struct hold_tail){rule, flags, entry};
    return entry;
}

static uint32_t
root_for(unsigned flags)
{
    if ((flags & HOLD_NET_EXTEND_LEFT) != 0) {
        return HOLD_ROOT_EXTENDED;
    }
    return (flags & HOLD_NET_LEFT) != 0 ? HOLD_ROOT_WORD : HOLD_ROOT_ANY;
}

enum hold_net_added
hold_net_add_term(struct hold_net *net, struct text term, unsigned flags,
                  uint32_t rule)
{
    uint32_t node = root_for(flags);
    size_t len;

    for (size_t i = 0; i < term.len; i += len) {
        const uint32_t c = utf8_at(term, i, &len);
        node = hold_net_child(net, node, hold_net_symbol(c));
        if (node == HOLD_NOWHERE) {
            return HOLD_NET_MEMORY;
        }
    }
    uint32_t tail = tail_of(net, flags, rule);
    struct hold_trie *last = &net->trie[node];
    if (tail != HOLD_NOWHERE && last->ended != HOLD_NOWHERE &&
        last->ended != tail) {
        tail = hold_net_node(net, HOLD_NODE_SPLIT, tail, last->ended);
    }
    last->ended = tail;
    net->rules = rule >= net->rules ? rule + 1 : net->rules;
    return tail != HOLD_NOWHERE ? HOLD_NET_ADDED : HOLD_NET_MEMORY;
}
