#include "sidecar/engine/rules_pass.h"

#include <stdlib.h>

#include "sidecar/base/clock.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/decoded.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/leet.h"
#include "sidecar/engine/squash.h"

struct rules_scratch *
rules_scratch_new(void)
{
    struct rules_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL) {
        return NULL;
    }
    scratch->literals = literals_scratch_new();
    scratch->patterns = pattern_scratch_new();
    if (scratch->literals == NULL || scratch->patterns == NULL) {
        rules_scratch_free(scratch);
        return NULL;
    }
    return scratch;
}

void
rules_scratch_free(struct rules_scratch *scratch)
{
    if (scratch != NULL) {
        literals_scratch_free(scratch->literals);
        pattern_scratch_free(scratch->patterns);
        free(scratch->gates);
        free(scratch->touched);
        free(scratch);
    }
}

bool
rules_scratch_fit(struct rules_scratch *scratch, const struct rules *rules,
                  struct err *err)
{
    const size_t count = rules->pattern_count + 1;

    free(scratch->gates);
    free(scratch->touched);
    scratch->gates = calloc(count, sizeof(*scratch->gates));
    scratch->touched = calloc(count, sizeof(*scratch->touched));
    scratch->touched_count = 0;
    if (scratch->gates == NULL || scratch->touched == NULL) {
        err_memory(err, "patterns");
        return false;
    }
    return literals_scratch_fit(scratch->literals, rules->fold.literals, err) &&
           literals_scratch_fit(scratch->literals, rules->raw.literals, err);
}

int
rules_view_bit(enum view_kind kind)
{
    static const int bits[VIEW_KINDS] = {[VIEW_RAW] = CONFIG_VIEW_RAW,
                                         [VIEW_FOLD] = CONFIG_VIEW_FOLD,
                                         [VIEW_LEET] = CONFIG_VIEW_LEET,
                                         [VIEW_LEET_L] = CONFIG_VIEW_LEET,
                                         [VIEW_SQUASH] = CONFIG_VIEW_SQUASH,
                                         [VIEW_SQUASH_A] = CONFIG_VIEW_SQUASH,
                                         [VIEW_DECODED] = CONFIG_VIEW_DECODED};

    return bits[kind];
}

/* -------------------------------------------------------------------- hits */

struct hit
rules_hit(const struct pass *p, size_t index)
{
    const struct stance_rule *stance = &p->request->stance.rules[index];

    return (struct hit){.rule = (uint32_t)index,
                        .enforced = stance->enforced,
                        .asked = stance->asked,
                        .action = stance->action,
                        .score = p->rules->rules[index].score};
}

bool
rules_add_placed(struct pass *p, const struct hit *hit)
{
    if (!hits_add(p->out, hit)) {
        err_memory(p->err, "hits");
        return false;
    }
    return true;
}

static int
via_of(const struct pass *p, struct span span)
{
    static const int vias[VIEW_KINDS] = {[VIEW_LEET] = ENVELOPE_VIA_LEET,
                                         [VIEW_LEET_L] = ENVELOPE_VIA_LEET,
                                         [VIEW_SQUASH] = ENVELOPE_VIA_SQUASH,
                                         [VIEW_SQUASH_A] = ENVELOPE_VIA_SQUASH,
                                         [VIEW_DECODED] = ENVELOPE_VIA_DECODED};

    if (p->seen == VIEW_FOLD) {
        return fold_disguised(p->views[VIEW_FOLD], p->raw, span.from, span.to)
                   ? ENVELOPE_VIA_FOLD
                   : ENVELOPE_VIA_RAW;
    }
    return p->seen == VIEW_RAW ? ENVELOPE_VIA_RAW : vias[p->seen];
}

bool
rules_add(struct pass *p, const struct hit *hit, struct span view, int how)
{
    struct hit placed = *hit;

    placed.seen = (uint8_t)p->seen;
    placed.view = view;
    placed.raw = view_raw_span(p->views[p->seen], view.from, view.to);
    placed.via = how != 0 ? how : via_of(p, view);
    return rules_add_placed(p, &placed);
}

/*
 * A disguise is evidence. Only now that each place has one hit: a word that
 * stands there plainly is in the other views too.
 */
static void
add_bonuses(struct pass *p)
{
    const double bonus = p->rules->config->engine.obfuscation_bonus;

    for (size_t i = 0; i < p->out->count; i++) {
        struct hit *h = &p->out->at[i];
        if (h->via != ENVELOPE_VIA_RAW && h->score > 0) {
            h->score += bonus;
            h->score = h->score > 1.0 ? 1.0 : h->score;
        }
    }
}

void
rules_add_failure(struct pass *p, size_t rule)
{
    const bool enforced = p->request->stance.rules[rule].enforced;
    struct hits *out = p->out;

    if (out->errors++ == 0 || (enforced && !out->failed_enforced)) {
        out->failed_rule = (uint32_t)rule;
        out->failed_enforced = enforced;
    }
}

bool
rules_in_time(struct pass *p)
{
    const uint64_t deadline_ns = p->request->deadline_ns;

    if (deadline_ns != UINT64_MAX && clock_ns() > deadline_ns) {
        err_set(p->err, ERR_DEADLINE, "the deadline passed among the rules");
        return false;
    }
    return true;
}

/* --------------------------------------------------------- which rules run */

static bool
choose_rules(struct pass *p)
{
    const struct rules *rules = p->rules;

    p->runs = ARENA_ARRAY(p->out->arena, bool, rules->count);
    if (p->runs == NULL) {
        err_memory(p->err, "rules");
        return false;
    }
    const int direction = rules_direction(p->request);
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        p->runs[i] = rule->compiled && p->request->stance.rules[i].runs &&
                     (rule->directions & direction) != 0 &&
                     (rule->plain || rules_applies(rule, p->request));
        if (p->runs[i]) {
            p->out->rules_run++;
        } else if (rule->config->guardrail == CONFIG_NO_GUARDRAIL) {
            p->out->rules_skipped++;
        }
    }
    return true;
}

/* ------------------------------------------------------------------- views */

/* The views beyond fold, where a rule wants them and they differ. */
struct extra_views {
    struct view leet, leet_l, squash, squash_a, decoded;
};

static void
use_view(struct pass *p, enum view_kind kind, const struct view *view)
{
    p->views[kind] = view->text.at != NULL ? view : NULL;
}

/* What a request denies is seen in every view, whatever the rules look at. */
static int
views_wanted(const struct pass *p)
{
    const struct ask *ask = p->request->ask;
    const int all = CONFIG_VIEW_LEET | CONFIG_VIEW_SQUASH | CONFIG_VIEW_DECODED;

    return ask != NULL && ask->deny.count > 0 ? all : p->rules->views_wanted;
}

static bool
make_views(struct pass *p, struct extra_views *extra)
{
    const struct view *fold = p->views[VIEW_FOLD];
    struct arena *arena = p->out->arena;
    const int wanted = views_wanted(p);

    *extra = (struct extra_views){.leet = {.text = {NULL, 0}}};
    if (((wanted & CONFIG_VIEW_LEET) != 0 &&
         (!leet_view(fold, LEET_I, arena, &extra->leet, p->err) ||
          !leet_view(fold, LEET_L, arena, &extra->leet_l, p->err))) ||
        ((wanted & CONFIG_VIEW_SQUASH) != 0 &&
         (!squash_view(fold, SQUASH_JOINED, arena, &extra->squash, p->err) ||
          !squash_view(fold, SQUASH_APART, arena, &extra->squash_a, p->err))) ||
        ((wanted & CONFIG_VIEW_DECODED) != 0 &&
         !decoded_view(p->raw, arena, &extra->decoded, p->err))) {
        return false;
    }
    use_view(p, VIEW_LEET, &extra->leet);
    use_view(p, VIEW_LEET_L, &extra->leet_l);
    use_view(p, VIEW_SQUASH, &extra->squash);
    use_view(p, VIEW_SQUASH_A, &extra->squash_a);
    use_view(p, VIEW_DECODED, &extra->decoded);
    return true;
}

/* Terms, then the patterns whose gates they opened. */
static bool
scan_view(struct pass *p, enum view_kind kind)
{
    const struct rules *rules = p->rules;

    p->seen = kind;
    rules_gates_close(p);
    return rules_words(p, kind == VIEW_RAW ? &rules->raw : &rules->fold) &&
           rules_patterns(p);
}

bool
rules_scan(const struct rules *rules, struct rules_scratch *scratch,
           const struct rules_request *request, struct text raw,
           const struct view *fold, struct hits *out, struct err *err)
{
    const struct view as_sent = {.text = raw};
    struct extra_views extra;
    struct pass p = {.rules = rules,
                     .scratch = scratch,
                     .request = request,
                     .raw = raw,
                     .views = {[VIEW_RAW] = &as_sent, [VIEW_FOLD] = fold},
                     .out = out,
                     .err = err};

    hits_init(&p.allow, out->arena);
    if (!choose_rules(&p) || !make_views(&p, &extra)) {
        return false;
    }
    for (int kind = VIEW_RAW; kind < VIEW_KINDS; kind++) {
        if (p.views[kind] != NULL && !scan_view(&p, (enum view_kind)kind)) {
            return false;
        }
    }
    if (!rules_disguises(&p) || !rules_denied(&p) || !rules_detect(&p)) {
        return false;
    }
    rules_drop_forgiven(&p);
    hits_tidy(out, 0);
    add_bonuses(&p);
    const size_t skipping = request->part ? 0 : rules->skipping_count;
    for (size_t i = 0; out->count > 0 && i < skipping; i++) {
        rules_drop_mentions(&p, rules->skipping[i]);
    }
    hits_sort(out);
    return true;
}
