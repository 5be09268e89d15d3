#include <stdlib.h>

#include "sidecar/tools/transcript_format.h"
#include "sidecar/tools/transcript_message.h"

/*
 * Open WebUI's export: chats whose messages are a tree, {id: {parentId, role,
 * content}}, since every answer may be asked for again. What the user saw last
 * is the branch from currentId up to the root; the others are left alone.
 */
static struct text
chat_of(struct text value)
{
    const struct text chat = transcript_value_get(value, "chat");

    return transcript_value_type(chat) == WIRE_MAP ? chat : value;
}

static struct text
tree_of(struct text value)
{
    return transcript_value_get(transcript_value_get(chat_of(value), "history"),
                                "messages");
}

static bool
knows(struct text value)
{
    const struct text chat = transcript_value_get(value, "chat");

    return transcript_value_type(tree_of(value)) == WIRE_MAP ||
           (transcript_value_type(chat) == WIRE_MAP &&
            transcript_value_type(transcript_value_get(chat, "messages")) ==
                WIRE_ARRAY);
}

struct node {
    struct text id, message;
    bool seen;
};

static int
by_id(const void *a, const void *b)
{
    const struct node *x = a, *y = b;

    return text_order(x->id, y->id);
}

/* The messages of the tree by their ids. NULL: no memory. */
static struct node *
read_nodes(struct transcript_mapper *m, struct text tree, size_t *count)
{
    struct transcript_walk walk;
    struct text id, message;

    transcript_walk_begin(&walk, tree);
    *count = walk.left;
    struct node *nodes = ARENA_ARRAY(m->arena, struct node, walk.left);
    if (nodes == NULL) {
        transcript_mapper_bad(m, "history.messages", "no memory for them");
        return NULL;
    }
    for (size_t i = 0; transcript_walk_next(&walk, &id, &message); i++) {
        nodes[i] = (struct node){.id = id, .message = message};
    }
    qsort(nodes, *count, sizeof(*nodes), by_id);
    return nodes;
}

/* The branch that ends with the message `id`, its first one first. */
static struct text *
find_branch(struct transcript_mapper *m, struct node *nodes, size_t count,
            struct text id, size_t *len)
{
    struct text *branch = ARENA_ARRAY(m->arena, struct text, count);
    size_t at = count;

    if (branch == NULL) {
        transcript_mapper_bad(m, "history.messages", "no memory for them");
        return NULL;
    }
    while (id.len > 0) {
        const struct node wanted = {.id = id};
        struct node *node =
            bsearch(&wanted, nodes, count, sizeof(*nodes), by_id);
        if (node == NULL || node->seen) {
            transcript_mapper_bad(m, "history.messages",
                                  node == NULL ? "a parentId of no message"
                                               : "messages in a circle");
            break;
        }
        node->seen = true;
        branch[--at] = node->message;
        id = transcript_value_str(
            transcript_value_get(node->message, "parentId"));
    }
    *len = count - at;
    return branch + at;
}

static void
map_tree(struct transcript_mapper *m, struct text tree, struct text current,
         struct transcript_turn *base)
{
    size_t count, len;

    struct node *nodes = read_nodes(m, tree, &count);
    const struct text *branch =
        nodes != NULL ? find_branch(m, nodes, count, current, &len) : NULL;
    for (size_t i = 0; branch != NULL && i < len; i++) {
        base->turn = (long long)i;
        transcript_message_read(m, branch[i], base,
                                transcript_path_of("branch", i, "").at);
    }
}

static void
map(struct transcript_mapper *mapper, struct text value)
{
    const struct text chat = chat_of(value), tree = tree_of(value);
    const struct text current = transcript_value_str(transcript_value_get(
        transcript_value_get(chat, "history"), "currentId"));

    if (!knows(value)) {
        transcript_mapper_bad(mapper, "", "no chat with messages");
        return;
    }
    struct transcript_turn base = transcript_message_base(mapper, value);
    if (transcript_value_type(tree) == WIRE_MAP && current.len > 0) {
        map_tree(mapper, tree, current, &base);
    } else {
        transcript_message_list(mapper, transcript_value_get(chat, "messages"),
                                &base, "messages");
    }
}

const struct transcript_format transcript_format_openwebui = {
    .name = "openwebui",
    .aliases = "",
    .summary = "chat: {history: {messages, currentId}}",
    .encoding = TRANSCRIPT_JSON,
    .knows = knows,
    .map = map,
};
