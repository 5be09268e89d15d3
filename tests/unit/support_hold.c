#include "tests/unit/support_hold.h"

#include <check.h>
#include <stdlib.h>

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_ascii.h"
#include "sidecar/engine/pii_plain.h"
#include "sidecar/engine/regex_tree.h"

enum { NOWHERE = -1, ENTRIES = 256, SUSPECTS = 4096, SYMBOLS = 8 };

enum node_kind { READS, SPLITS, ENDS };

struct node {
    enum node_kind kind;
    struct charset set;
    int a, b;
};

struct support_hold {
    struct node *nodes;
    int count, cap;
    int entries[ENTRIES];
    bool bounded[ENTRIES]; /* begins with \b */
    int entry_count;
    struct arena *arena;
};

struct support_hold *
support_hold_new(void)
{
    struct support_hold *hold = calloc(1, sizeof(*hold));

    ck_assert_ptr_nonnull(hold);
    hold->arena = arena_new((size_t)16 << 20);
    ck_assert_ptr_nonnull(hold->arena);
    return hold;
}

void
support_hold_free(struct support_hold *hold)
{
    arena_free(hold->arena);
    free(hold->nodes);
    free(hold);
}

size_t
support_hold_nodes(const struct support_hold *hold)
{
    return (size_t)hold->count;
}

static int
put(struct support_hold *hold, const struct node *node)
{
    if (hold->count == hold->cap) {
        hold->cap = hold->cap == 0 ? 1024 : 2 * hold->cap;
        hold->nodes =
            realloc(hold->nodes, (size_t)hold->cap * sizeof(*hold->nodes));
        ck_assert_ptr_nonnull(hold->nodes);
    }
    hold->nodes[hold->count] = *node;
    return hold->count++;
}

static int
split(struct support_hold *hold, int a, int b)
{
    return put(hold, &(struct node){.kind = SPLITS, .a = a, .b = b});
}

/* The node where the tree begins that goes on to `next`. */
static int
build(struct support_hold *hold, const struct regex_tree *tree, int next)
{
    int entry = next;

    switch (tree->kind) {
    case REGEX_TREE_EMPTY:
        return next;
    case REGEX_TREE_SET:
        return put(hold,
                   &(struct node){.kind = READS, .set = tree->set, .a = next});
    case REGEX_TREE_SEQUENCE: {
        const struct regex_tree *kids[512];
        size_t n = 0;
        for (const struct regex_tree *t = tree->first; t; t = t->next) {
            ck_assert_uint_lt(n, 512);
            kids[n++] = t;
        }
        while (n-- > 0) {
            entry = build(hold, kids[n], entry);
        }
        return entry;
    }
    case REGEX_TREE_CHOICE:
        entry = NOWHERE;
        for (const struct regex_tree *t = tree->first; t; t = t->next) {
            const int one = build(hold, t, next);
            entry = entry == NOWHERE ? one : split(hold, one, entry);
        }
        return entry;
    case REGEX_TREE_REPEAT: {
        long most = tree->most;
        if (most >= REGEX_TREE_ENDLESS) {
            const int loop = split(hold, NOWHERE, next);
            const int inside = build(hold, tree->first, loop);
            hold->nodes[loop].a = inside;
            entry = loop;
            most = tree->least;
        }
        for (long i = most; i > 0; i--) {
            const int one = build(hold, tree->first, entry);
            entry = i > tree->least ? split(hold, one, next) : one;
        }
        return entry;
    }
    case REGEX_TREE_AHEAD:
    case REGEX_TREE_ANYTHING:
        break;
    }
    ck_abort_msg("a pattern with more than is read here");
}

void
support_hold_add(struct support_hold *hold, struct text pattern)
{
    const struct regex_tree *const tree =
        regex_tree_parse(pattern, hold->arena);

    ck_assert_msg(tree != NULL, "cannot be read: %.*s", (int)pattern.len,
                  pattern.at);
    ck_assert_int_lt(hold->entry_count, ENTRIES);
    const int end = put(hold, &(struct node){.kind = ENDS});
    hold->bounded[hold->entry_count] = text_starts(pattern, TEXT("\\b"));
    hold->entries[hold->entry_count++] = build(hold, tree, end);
}

/* ---- running ------------------------------------------------------------- */

struct run {
    const struct support_hold *hold;
    size_t *now, *then; /* [count] earliest start, SIZE_MAX: not there */
    int *list, *more;   /* those that are */
    int count, more_count;
    size_t ended; /* earliest start of what has just ended */
    int *stack;
};

/* Puts the node, and what it leads to, into `then`. */
static void
put_in(struct run *run, int node, size_t start)
{
    int depth = 0;

    run->stack[depth++] = node;
    while (depth > 0) {
        const int at = run->stack[--depth];
        const struct node *const n = &run->hold->nodes[at];
        if (run->then[at] <= start) {
            continue;
        }
        if (run->then[at] == SIZE_MAX) {
            run->more[run->more_count++] = at;
        }
        run->then[at] = start;
        if (n->kind == SPLITS) {
            run->stack[depth++] = n->a;
            run->stack[depth++] = n->b;
        } else if (n->kind == ENDS && start < run->ended) {
            run->ended = start;
        }
    }
}

static void
swap(struct run *run)
{
    size_t *const starts = run->now;
    int *const list = run->list;

    for (int i = 0; i < run->count; i++) {
        run->now[run->list[i]] = SIZE_MAX;
    }
    run->now = run->then;
    run->then = starts;
    run->list = run->more;
    run->more = list;
    run->count = run->more_count;
    run->more_count = 0;
}

/* What a character may be read as. */
struct symbols {
    char ascii[SYMBOLS];
    size_t count;
    bool beyond, nothing;
};

static struct symbols
symbols_of(uint32_t c)
{
    struct symbols s = {.count = 0};

    if (c < 0x80) {
        s.ascii[s.count++] = (char)c;
        return s;
    }
    const unsigned plain = pii_plain_char(c);
    s.nothing = plain == PII_PLAIN_GONE;
    s.beyond = plain == PII_PLAIN_KEPT;
    if (plain > 0 && plain < 0x80) {
        s.ascii[s.count++] = (char)plain;
    }
    return s;
}

static bool
reads(const struct charset *set, const struct symbols *s)
{
    bool any = s->beyond && set->beyond != 0;

    for (size_t i = 0; i < s->count; i++) {
        any = any || charset_has(set, (unsigned char)s->ascii[i]);
    }
    return any;
}

static void
step(struct run *run, const struct symbols *s)
{
    run->ended = SIZE_MAX;
    for (int i = 0; i < run->count; i++) {
        const int at = run->list[i];
        const struct node *const n = &run->hold->nodes[at];
        if (s->nothing && n->kind == READS) {
            put_in(run, at, run->now[at]);
        }
        if (n->kind == READS && reads(&n->set, s)) {
            put_in(run, n->a, run->now[at]);
        }
    }
    swap(run);
}

static void
begin(struct run *run, size_t start, bool inside)
{
    const struct support_hold *const hold = run->hold;

    for (int i = 0; i < run->count; i++) {
        put_in(run, run->list[i], run->now[run->list[i]]);
    }
    for (int i = 0; i < hold->entry_count; i++) {
        if (!inside || !hold->bounded[i]) {
            put_in(run, hold->entries[i], start);
        }
    }
    swap(run);
}

static size_t
earliest(const struct run *run, size_t at)
{
    size_t least = at;

    for (int i = 0; i < run->count; i++) {
        const int node = run->list[i];
        if (run->hold->nodes[node].kind == READS && run->now[node] < least) {
            least = run->now[node];
        }
    }
    return least;
}

static void
settle(struct run *run, struct text text, size_t *released, size_t *suspects)
{
    struct span held[SUSPECTS];
    size_t count = 0, len, at = 0, all = 0;
    bool inside = false;

    released[0] = 0;
    while (at < text.len) {
        const uint32_t c = utf8_at(text, at, &len);
        const struct symbols s = symbols_of(c);
        begin(run, at, inside);
        step(run, &s);
        for (size_t i = 1; i < len; i++) {
            released[at + i] = released[at];
        }
        at += len;
        if (!s.nothing) {
            inside = c < 0x80 && (ascii_is_letter((unsigned char)c) ||
                                  (c >= '0' && c <= '9'));
        }
        if (run->ended != SIZE_MAX) {
            all++;
            // The newest takes in those that it touches.
            struct span span = {run->ended, at};
            while (count > 0 && held[count - 1].to > span.from) {
                count--;
                span.from =
                    held[count].from < span.from ? held[count].from : span.from;
            }
            ck_assert_uint_lt(count, SUSPECTS);
            held[count++] = span;
        }
        size_t from = earliest(run, at);
        for (size_t i = count; i-- > 0 && held[i].to > from;) {
            from = held[i].from < from ? held[i].from : from;
        }
        released[at] = from;
    }
    if (suspects != NULL) {
        *suspects = all;
    }
}

void
support_hold_run(struct support_hold *hold, struct text text, size_t *released,
                 size_t *suspects)
{
    const size_t n = (size_t)hold->count;
    struct run run = {.hold = hold,
                      .now = malloc(n * sizeof(size_t)),
                      .then = malloc(n * sizeof(size_t)),
                      .list = malloc(n * sizeof(int)),
                      .more = malloc(n * sizeof(int)),
                      .stack = malloc((2 * n + 16) * sizeof(int))};

    ck_assert(run.now && run.then && run.list && run.more && run.stack);
    for (size_t i = 0; i < n; i++) {
        run.now[i] = run.then[i] = SIZE_MAX;
    }
    settle(&run, text, released, suspects);
    free(run.now);
    free(run.then);
    free(run.list);
    free(run.more);
    free(run.stack);
}
