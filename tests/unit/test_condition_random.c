/*
 * Random conditions, written out in random spellings, parsed and evaluated
 * beside a second evaluator that walks the tree it was written from.
 */
#include "sidecar/engine/condition.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "sidecar/base/buffer.h"
#include "sidecar/base/hash.h"
#include "tests/unit/harness.h"

enum {
    ARENA = 1 << 20,
    ROUNDS = 40,     /* check's own loop: one fork each */
    TREES = 250,     /* of one round */
    WORLDS = 8,      /* facts that each tree is tried with */
    TREE_NODES = 40, /* the parser's limit is tested elsewhere */
    NAMES = 4,       /* of each kind */
    ITEMS = 4
};

static uint64_t seed;

static uint32_t
below(uint32_t limit)
{
    seed += 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash_mix(seed) % limit);
}

/* ----------------------------------------------------------------- the tree */

enum kind {
    HIT,
    TAG,
    LANGUAGE,
    ROLE,
    PERSONA,
    ALERT,
    KNOWN,
    COMPARE,
    NOT,
    AND,
    OR,
    OF
};
enum { LEAVES = COMPARE + 1, KINDS = OF + 1 };

enum source {
    CONSTANT,
    HITS,
    GROUP,
    RULE_TAG,
    SCORE,
    RULE_SCORE,
    DRIFT,
    MARGIN,
    LENGTH,
    SOURCES
};

struct side {
    enum source source;
    uint32_t name;
    double constant;
};

struct tree {
    enum kind kind;
    uint32_t name, relation;
    struct side left, right;
    uint32_t least, count;
    struct tree *items[ITEMS];
};

struct forest {
    struct tree trees[TREE_NODES];
    size_t count;
};

/* Values that comparisons and facts share, so that all relations occur. */
static const double values[] = {0, 1, 2, 3, 0.25, 0.5, 0.75, -0.5, -1, 120};
static const char *const value_words[] = {"0",   "1",     "2.0", "3e0", ".25",
                                          "0.5", "75e-2", "-.5", "-1",  "120"};
enum { VALUES = sizeof(values) / sizeof(values[0]) };

static struct side
random_side(void)
{
    struct side side = {.source = (enum source)below(SOURCES),
                        .name = below(NAMES)};

    if (side.source == CONSTANT) {
        side.name = below(VALUES);
        side.constant = values[side.name];
    }
    return side;
}

static struct tree *
random_tree(struct forest *f, uint32_t depth)
{
    struct tree *t = &f->trees[f->count++];
    const bool leaf = depth == 0 || f->count + ITEMS > TREE_NODES;

    *t = (struct tree){.kind = (enum kind)(leaf ? below(LEAVES) : below(KINDS)),
                       .name = below(NAMES),
                       .relation = below(6),
                       .left = random_side(),
                       .right = random_side()};
    t->count = t->kind < NOT    ? 0
               : t->kind == NOT ? 1
               : t->kind == OF  ? 1 + below(ITEMS)
                                : 2 + below(ITEMS - 1);
    for (uint32_t i = 0; i < t->count; i++) {
        if (f->count == TREE_NODES) { // no room: the list ends here
            t->count = i;
            break;
        }
        t->items[i] = random_tree(f, depth > 0 ? depth - 1 : 0);
    }
    if (t->kind > NOT && t->count < 2) {
        t->kind = t->count == 1 ? OF : HIT;
    } else if (t->kind == NOT && t->count == 0) {
        t->kind = HIT;
    }
    t->least = t->count > 0 ? 1 + below(t->count) : 0;
    return t;
}

/* ------------------------------------------------------------- writing it out
 */

static const char *const rules[] = {"A", "B_2", "2FA", "LONG_NAME"};
static const char *const categories[] = {"hate", "sexual/minors", "self-harm",
                                         "x"};
static const char *const groups[] = {"profanity", "g.1", "a-b", "tag:x"};
static const char *const tags[] = {"fiction", "is_ai", "a:b", "x-y"};
static const char *const languages[] = {"en", "pt-BR", "de", "zh-Hant"};
static const char *const roles[] = {"assistant", "user", "tool", "system"};
static const char *const personas[] = {"psn_1", "psn_*", "*", "noir"};

static void
blank(struct buffer *out)
{
    static const char *const blanks[] = {"", "", " ", "  ", "\n", "\t"};

    buffer_format(out, "%s", blanks[below(6)]);
}

static const char *
either(const char *a, const char *b)
{
    return below(2) == 0 ? a : b;
}

static void
write_side(struct buffer *out, const struct side *s)
{
    static const char *const plain[] = {"drift.score", "drift.margin",
                                        "length"};
    const char *const name = s->source == HITS         ? rules[s->name]
                             : s->source == RULE_SCORE ? rules[s->name]
                             : s->source == GROUP      ? groups[s->name]
                             : s->source == RULE_TAG   ? tags[s->name]
                             : s->source == SCORE      ? categories[s->name]
                                                       : NULL;

    if (s->source == CONSTANT) {
        buffer_format(out, "%s", value_words[s->name]);
    } else if (name == NULL) {
        buffer_format(out, "%s", plain[s->source - DRIFT]);
    } else {
        buffer_format(out, "%s", s->source >= SCORE ? "score" : "count");
        blank(out);
        buffer_format(out, "(");
        blank(out);
        buffer_format(out, "%s%s",
                      s->source == GROUP      ? "g:"
                      : s->source == RULE_TAG ? "tag:"
                                              : "",
                      name);
        blank(out);
        buffer_format(out, ")");
    }
}

static const char *const relations[] = {"<", "<=", ">", ">=", "==", "!="};

static void
write_leaf(struct buffer *out, const struct tree *t)
{
    static const struct {
        const char *prefix;
        const char *const *names;
    } named[] = {[HIT] = {"", rules},
                 [TAG] = {"tag:", tags},
                 [LANGUAGE] = {"lang:", languages},
                 [ROLE] = {"role:", roles},
                 [PERSONA] = {"persona:", personas}};

    if (t->kind <= PERSONA) {
        buffer_format(out, "%s%s", named[t->kind].prefix,
                      named[t->kind].names[t->name]);
    } else if (t->kind != COMPARE) {
        buffer_format(out, t->kind == ALERT ? "drift.alert" : "drift.known");
    } else {
        write_side(out, &t->left);
        blank(out);
        buffer_format(out, "%s", relations[t->relation]);
        blank(out);
        write_side(out, &t->right);
    }
}

/* How tightly a tree holds together as it is written. */
static int
tightness(const struct tree *t)
{
    return t->kind == OR ? 0 : t->kind == AND ? 1 : t->kind == COMPARE ? 2 : 3;
}

static void write_tree(struct buffer *out, const struct tree *t, int least);

static void
write_items(struct buffer *out, const struct tree *t, const char *between,
            int least)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (i > 0) {
            blank(out);
            buffer_format(out, "%s", between);
            blank(out);
        }
        write_tree(out, t->items[i], least);
    }
}

/* With parentheses where it must have them, and sometimes where it need not. */
static void
write_tree(struct buffer *out, const struct tree *t, int least)
{
    const bool inner = tightness(t) < least || below(8) == 0;

    buffer_format(out, "%s", inner ? "(" : "");
    blank(out);
    switch (t->kind) {
    case NOT:
        buffer_format(out, "%s", either("!", "not "));
        write_tree(out, t->items[0], 3);
        break;
    case AND:
        write_items(out, t, either("&", below(2) ? "&&" : " and "), 2);
        break;
    case OR:
        write_items(out, t, either("|", below(2) ? "||" : " or "), 1);
        break;
    case OF:
        buffer_format(out, "%" PRIu32 " of", t->least);
        blank(out);
        buffer_format(out, "(");
        write_items(out, t, ",", 0);
        buffer_format(out, ")");
        break;
    case HIT:
    case TAG:
    case LANGUAGE:
    case ROLE:
    case PERSONA:
    case ALERT:
    case KNOWN:
    case COMPARE:
        write_leaf(out, t);
        break;
    }
    blank(out);
    buffer_format(out, "%s", inner ? ")" : "");
}

/* ------------------------------------------------------- the second evaluator
 */

struct world {
    uint32_t hits[NAMES], group[NAMES], rule_tag[NAMES];
    double scores[NAMES], rule_scores[NAMES];
    struct text tags[NAMES];
    struct condition_facts facts;
};

/* Which of the names above hold, by hand: [facts][name]. */
static const char *const spoken[] = {"en", "pt-BR", "pt", ""};
static const bool speaks[][NAMES] = {{true, false, false, false},
                                     {false, true, false, false},
                                     {false, false, false, false},
                                     {false, false, false, false}};
static const char *const who[] = {"psn_1", "psn_17", "noir", ""};
static const bool is_who[][NAMES] = {{true, true, true, false},
                                     {false, true, true, false},
                                     {false, false, true, true},
                                     {false, false, false, false}};

static double
maybe_known(double value)
{
    return below(3) == 0 ? (double)NAN : value;
}

static void
random_world(struct world *w)
{
    *w = (struct world){0};
    for (size_t i = 0; i < NAMES; i++) {
        w->hits[i] = below(4);
        w->group[i] = below(4);
        w->rule_tag[i] = below(4);
        w->scores[i] = values[below(VALUES)];
        w->rule_scores[i] = values[below(VALUES)];
        if (below(2) == 0) {
            w->tags[w->facts.tag_count++] = text_of(tags[i]);
        }
    }
    w->facts.rule_hits = w->hits;
    w->facts.group_hits = w->group;
    w->facts.tag_hits = w->rule_tag;
    w->facts.category_scores = w->scores;
    w->facts.rule_scores = w->rule_scores;
    w->facts.tags = w->tags;
    w->facts.drift_score = maybe_known(values[below(VALUES)]);
    w->facts.drift_margin = maybe_known(values[below(VALUES)]);
    w->facts.drift_alert = below(2) == 0;
    w->facts.length = below(2) == 0 ? 120 : below(4);
    w->facts.role = (enum request_role)below(REQUEST_ROLES);
    w->facts.language = text_of(spoken[below(4)]);
    w->facts.persona = text_of(who[below(4)]);
}

static double
side_value(const struct side *s, const struct world *w)
{
    switch (s->source) {
    case CONSTANT:
        return s->constant;
    case HITS:
        return w->hits[s->name];
    case GROUP:
        return w->group[s->name];
    case RULE_TAG:
        return w->rule_tag[s->name];
    case SCORE:
        return w->scores[s->name];
    case RULE_SCORE:
        return w->rule_scores[s->name];
    case DRIFT:
        return w->facts.drift_score;
    case MARGIN:
        return w->facts.drift_margin;
    case LENGTH:
    case SOURCES:
        break;
    }
    return w->facts.length;
}

static bool
compares(const struct tree *t, const struct world *w)
{
    const double a = side_value(&t->left, w), b = side_value(&t->right, w);
    const int order = a < b ? 0 : a > b ? 2 : 1;
    static const bool holds[][3] = {{true, false, false}, {true, true, false},
                                    {false, false, true}, {false, true, true},
                                    {false, true, false}, {true, false, true}};

    return !isnan(a) && !isnan(b) && holds[t->relation][order];
}

static bool
among(const char *const *list, struct text text, const bool table[][NAMES],
      uint32_t column)
{
    for (size_t i = 0; i < 4; i++) {
        if (text_is(text, list[i])) {
            return table[i][column];
        }
    }
    return false;
}

static bool
tree_holds(const struct tree *t, const struct world *w)
{
    uint32_t holding = 0;

    for (uint32_t i = 0; i < t->count; i++) {
        holding += tree_holds(t->items[i], w) ? 1 : 0;
    }
    switch (t->kind) {
    case HIT:
        return w->hits[t->name] != 0;
    case TAG:
        for (size_t i = 0; i < w->facts.tag_count; i++) {
            if (text_is(w->tags[i], tags[t->name])) {
                return true;
            }
        }
        return false;
    case LANGUAGE:
        return among(spoken, w->facts.language, speaks, t->name);
    case ROLE:
        return (uint32_t)w->facts.role == t->name;
    case PERSONA:
        return among(who, w->facts.persona, is_who, t->name);
    case ALERT:
        return w->facts.drift_alert && !isnan(w->facts.drift_score);
    case KNOWN:
        return !isnan(w->facts.drift_score);
    case COMPARE:
        return compares(t, w);
    case NOT:
        return holding == 0;
    case AND:
        return holding == t->count;
    case OR:
        return holding > 0;
    case OF:
        break;
    }
    return holding >= t->least;
}

/* ----------------------------------------------------------------- the tests
 */

static void
bind(struct condition *condition)
{
    static const char *const *const lists[] = {
        [CONDITION_RULE] = rules,
        [CONDITION_CATEGORY] = categories,
        [CONDITION_GROUP] = groups,
        [CONDITION_RULE_TAG] = tags,
    };
    size_t count;
    struct condition_reference *r = condition_references(condition, &count);

    for (size_t i = 0; i < count; i++) {
        for (uint32_t n = 0; r[i].kind < CONDITION_TAG && n < NAMES; n++) {
            r[i].index =
                text_is(r[i].name, lists[r[i].kind][n]) ? n : r[i].index;
        }
    }
}

/* A tree, its text and its condition. */
struct specimen {
    struct forest forest;
    const struct tree *tree;
    struct buffer source;
    struct condition *condition;
};

static void
grow(struct specimen *s, struct arena *arena)
{
    struct err err = {0};
    size_t offset;

    s->forest.count = 0;
    s->tree = random_tree(&s->forest, 5);
    buffer_reset(&s->source);
    write_tree(&s->source, s->tree, 0);
    arena_reset(arena);
    s->condition =
        condition_parse(buffer_text(&s->source), arena, &offset, &err);
    ck_assert_msg(s->condition != NULL, "%.*s\n%s",
                  TEXT_ARGS(buffer_text(&s->source)), err.message);
    bind(s->condition);
}

START_TEST(condition_agrees_with_the_tree_it_was_written_from)
{
    struct arena *arena = arena_new(ARENA);
    struct specimen s;
    struct world world;

    seed = (uint64_t)_i << 32;
    buffer_init(&s.source, CONDITION_BYTES);
    for (size_t i = 0; i < TREES; i++) {
        grow(&s, arena);
        for (size_t k = 0; k < WORLDS; k++) {
            random_world(&world);
            const bool want = tree_holds(s.tree, &world);
            ck_assert_msg(condition_holds(s.condition, &world.facts) == want,
                          "round %d, tree %zu should be %s:\n%.*s", _i, i,
                          want ? "true" : "false",
                          TEXT_ARGS(buffer_text(&s.source)));
        }
    }
    buffer_clear(&s.source);
    arena_free(arena);
}
END_TEST

/* Within the ranges that condition.h promises. */
static void
keep_in_range(struct world *w)
{
    for (size_t n = 0; n < NAMES; n++) {
        w->scores[n] = fmin(fmax(w->scores[n], 0), 1);
        w->rule_scores[n] = fmin(fmax(w->rule_scores[n], -1), 1);
    }
    if (!isnan(w->facts.drift_score)) {
        w->facts.drift_score = fmin(fmax(w->facts.drift_score, 0), 1);
    }
}

/* Nothing makes this one hit, score or hold. */
static void
silence(struct world *w, const struct condition_reference *r)
{
    switch (r->kind) {
    case CONDITION_RULE:
        w->hits[r->index] = 0;
        w->rule_scores[r->index] = 0;
        return;
    case CONDITION_CATEGORY:
        w->scores[r->index] = 0;
        return;
    case CONDITION_GROUP:
        w->group[r->index] = 0;
        return;
    case CONDITION_RULE_TAG:
        w->rule_tag[r->index] = 0;
        return;
    case CONDITION_TAG:
        for (size_t n = 0; n < w->facts.tag_count; n++) {
            if (text_equal(w->tags[n], r->name)) {
                w->tags[n] = TEXT("another");
            }
        }
        return;
    case CONDITION_LANGUAGE:
        w->facts.language = TEXT("xx");
        return;
    case CONDITION_PERSONA:
        w->facts.persona = TEXT("");
        return;
    }
}

/* What analysis says can never be is never seen. */
START_TEST(outcome_that_happens_was_possible)
{
    struct arena *arena = arena_new(ARENA);
    struct specimen s;
    struct world world;

    seed = (uint64_t)_i << 32 | 1;
    buffer_init(&s.source, CONDITION_BYTES);
    for (size_t i = 0; i < TREES; i++) {
        bool live[4 * TREE_NODES];
        size_t count;
        grow(&s, arena);
        const struct condition_reference *r =
            condition_references(s.condition, &count);
        for (size_t k = 0; k < count; k++) {
            live[k] = below(3) > 0;
        }
        const unsigned outcomes = condition_outcomes(s.condition, live);
        for (size_t w = 0; w < WORLDS; w++) {
            random_world(&world);
            keep_in_range(&world);
            for (size_t k = 0; k < count; k++) {
                if (!live[k]) {
                    silence(&world, &r[k]);
                }
            }
            const bool holds = condition_holds(s.condition, &world.facts);
            ck_assert_msg(
                (outcomes & (holds ? CONDITION_TRUE : CONDITION_FALSE)) != 0,
                "round %d, tree %zu was %s:\n%.*s", _i, i,
                holds ? "true" : "false", TEXT_ARGS(buffer_text(&s.source)));
        }
    }
    buffer_clear(&s.source);
    arena_free(arena);
}
END_TEST

TEST_MAIN("condition, at random", {
    tcase_add_loop_test(tc, condition_agrees_with_the_tree_it_was_written_from,
                        0, ROUNDS);
    tcase_add_loop_test(tc, outcome_that_happens_was_possible, 0, ROUNDS);
})
