#include "sidecar/engine/audit_pattern.h"

#include <stdlib.h>

#include "sidecar/base/buffer.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/pattern.h"

/*
 * The hostile text for a repeat: what must come before it, its body many
 * times, a character that ends all hope, and then what would have come after,
 * because PCRE2 gives up at once on a text without a character that every
 * match has.
 */
enum {
    FIRST_REPEATS = 32,
    SIZES = 3, /* each four times the one before: 32, 128, 512 */
    STEP = 4,
    PUMPS = 24,      /* repeats of one pattern that are tried */
    LONG_ENOUGH = 8, /* shorter ones are tried as part of others */
    TEXT_BYTES = 1 << 20
};

const char *const audit_growth_words[AUDIT_GROWTHS] = {
    "constant", "linear", "quadratic", "worse than quadratic"};

struct prober {
    const struct regex_tree *tree;
    const struct pattern *pattern;
    struct pattern_scratch *scratch;
    struct arena *arena;
    struct buffer text;
    size_t pumps;
    struct audit_probe *worst;
};

/* A text that the part matches, the shortest but one of each repeat. */
static void
put_sample(struct buffer *to, const struct regex_tree *node)
{
    char bytes[4];

    switch (node->kind) {
    case REGEX_TREE_EMPTY:
    case REGEX_TREE_AHEAD:
    case REGEX_TREE_ANYTHING:
        break;
    case REGEX_TREE_SET:
        buffer_add(to, bytes,
                   utf8_put(node->c != 0 ? node->c : charset_sample(&node->set),
                            bytes));
        break;
    case REGEX_TREE_REPEAT:
        for (long i = 0; i < node->least && i < FIRST_REPEATS; i++) {
            put_sample(to, node->first);
        }
        break;
    case REGEX_TREE_SEQUENCE:
        for (const struct regex_tree *n = node->first; n; n = n->next) {
            put_sample(to, n);
        }
        break;
    case REGEX_TREE_CHOICE:
        put_sample(to, node->first);
        break;
    }
}

/* A body that may be empty is shown with one of what it may repeat. */
static void
put_pump(struct buffer *to, const struct regex_tree *node)
{
    const size_t before = to->len;

    put_sample(to, node);
    while (to->len == before && node->first != NULL) {
        node = node->first;
        put_sample(to, node);
    }
}

/* What is before (or after) the wanted node, in every sequence around it. */
static bool
put_around(struct buffer *to, const struct regex_tree *node,
           const struct regex_tree *wanted, bool before)
{
    if (node == wanted) {
        return true;
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        const size_t len = to->len;
        if (put_around(to, n, wanted, before)) {
            if (before || node->kind != REGEX_TREE_SEQUENCE) {
                return true;
            }
            for (n = n->next; n; n = n->next) {
                put_sample(to, n);
            }
            return true;
        }
        to->len = len;
        if (before && node->kind == REGEX_TREE_SEQUENCE) {
            put_sample(to, n);
        }
    }
    return false;
}

/* A character that the body does not take, where there is one. */
static char
breaker(const struct regex_tree *body)
{
    static const char tried[] = "\x01\n!";

    while (body->kind != REGEX_TREE_SET && body->first != NULL) {
        body = body->first;
    }
    for (size_t i = 0; i < sizeof(tried) - 1; i++) {
        const unsigned c = (unsigned char)tried[i];
        if (body->kind != REGEX_TREE_SET ||
            (body->set.ascii[0] >> c & 1) == 0) {
            return tried[i];
        }
    }
    return tried[0];
}

static void
build_text(struct prober *p, const struct regex_tree *repeat, size_t repeats)
{
    buffer_reset(&p->text);
    (void)put_around(&p->text, p->tree, repeat, true);
    const size_t from = p->text.len;
    put_pump(&p->text, repeat->first);
    const size_t len = p->text.len - from;
    for (size_t i = 1; i < repeats && !p->text.failed; i++) {
        char *to = buffer_extend(&p->text, len);
        if (to != NULL) {
            memcpy(to, p->text.at + from, len);
        }
    }
    buffer_add_byte(&p->text, breaker(repeat->first));
    (void)put_around(&p->text, p->tree, repeat, false);
}

/*
 * Four times the text: 1, 4, 16, 64 times the work, with room between them. A
 * few steps that come at once, where a least number of times is reached, are
 * no growth.
 */
static enum audit_growth
growth_of(const size_t steps[SIZES], size_t sizes, size_t repeats)
{
    if (sizes < SIZES) {
        return AUDIT_WORSE; // the limit was reached on a short text
    }
    const double ratio =
        (double)(steps[SIZES - 1] + 1) / (double)(steps[SIZES - 2] + 1);
    if (ratio < 2) {
        return AUDIT_CONSTANT;
    }
    if (ratio < 8 || steps[SIZES - 1] <= 4 * repeats) {
        return AUDIT_LINEAR;
    }
    return ratio < 32 ? AUDIT_QUADRATIC : AUDIT_WORSE;
}

static void
keep_worst(struct prober *p, const struct regex_tree *repeat,
           enum audit_growth growth, size_t repeats, size_t steps)
{
    struct audit_probe *worst = p->worst;

    if (growth < worst->growth ||
        (growth == worst->growth && steps <= worst->steps)) {
        return;
    }
    buffer_reset(&p->text);
    put_pump(&p->text, repeat->first);
    *worst = (struct audit_probe){
        growth, arena_copy(p->arena, buffer_text(&p->text)), repeats, steps};
}

static void
pump(struct prober *p, const struct regex_tree *repeat)
{
    size_t steps[SIZES] = {0}, repeats = FIRST_REPEATS, done = 0;

    for (; done < SIZES; done++, repeats *= STEP) {
        build_text(p, repeat, repeats);
        if (p->text.failed) {
            return;
        }
        steps[done] = pattern_steps(p->pattern, p->scratch,
                                    buffer_text(&p->text), AUDIT_PROBE_STEPS);
        if (steps[done] > AUDIT_PROBE_STEPS) {
            break;
        }
    }
    const size_t last = done < SIZES ? done : SIZES - 1;
    const size_t longest = done < SIZES ? repeats : repeats / STEP;
    keep_worst(p, repeat, growth_of(steps, done, longest), longest,
               steps[last]);
}

static void
pump_all(struct prober *p, const struct regex_tree *node)
{
    if (node->kind == REGEX_TREE_REPEAT && node->most >= LONG_ENOUGH &&
        p->pumps < PUMPS) {
        p->pumps++;
        pump(p, node);
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        pump_all(p, n);
    }
}

bool
audit_pattern_probe(struct text source, struct arena *arena,
                    struct audit_probe *out, struct err *err)
{
    struct pattern *pattern = pattern_compile(source, err);
    struct prober p = {.tree = regex_tree_parse(source, arena),
                       .pattern = pattern,
                       .scratch = pattern_scratch_new(),
                       .arena = arena,
                       .worst = out};

    *out = (struct audit_probe){.growth = AUDIT_CONSTANT};
    const bool ready = pattern != NULL && p.scratch != NULL;
    if (pattern != NULL && p.scratch == NULL) {
        err_memory(err, "a pattern's probe");
    }
    buffer_init(&p.text, TEXT_BYTES);
    if (ready && p.tree != NULL) {
        pump_all(&p, p.tree);
    }
    buffer_clear(&p.text);
    pattern_scratch_free(p.scratch);
    pattern_free(pattern);
    return ready;
}
