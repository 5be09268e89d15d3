#include "sidecar/engine/audit.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { FIRST_REMARKS = 64, MESSAGE_BYTES = 1024, SCRATCH_BYTES = 64 << 20 };

const char *const audit_level_names[] = {"note", "warning"};

/* ------------------------------------------------------------------ remarks */

static bool
make_room(struct audit *audit)
{
    if (audit->count < audit->cap) {
        return true;
    }
    const size_t cap = audit->cap > 0 ? audit->cap * 2 : FIRST_REMARKS;
    struct audit_remark *at =
        ARENA_ARRAY(audit->arena, struct audit_remark, cap);
    if (at == NULL) {
        return false;
    }
    if (audit->count > 0) {
        memcpy(at, audit->at, audit->count * sizeof(*at));
    }
    audit->at = at;
    audit->cap = cap;
    return true;
}

static void
add_remark(struct audit *audit, const struct audit_remark *like,
           const char *path, const char *message)
{
    struct audit_remark r = *like;

    r.path = arena_copy(audit->arena, text_of(path));
    r.message = arena_copy(audit->arena, text_of(message));
    if (r.path.at == NULL || r.message.at == NULL || !make_room(audit)) {
        audit->short_of_memory = true;
        return;
    }
    audit->at[audit->count++] = r;
    audit->warnings += r.level == AUDIT_WARNING ? 1 : 0;
}

void
audit_remark(struct audit *audit, enum audit_level level, const char *check,
             struct place at, const char *path, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    add_remark(audit,
               &(struct audit_remark){.level = level, .check = check, .at = at},
               path, message);
}

void
audit_remark_rule(struct audit *audit, enum audit_level level,
                  const char *check, const struct config_rule *rule,
                  const char *key, const char *format, ...)
{
    char path[ERR_PATH_BYTES], message[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    snprintf(path, sizeof(path), "rules.%.*s%s%s", TEXT_ARGS(rule->id),
             key[0] != '\0' ? "." : "", key);
    add_remark(audit,
               &(struct audit_remark){.level = level,
                                      .check = check,
                                      .at = node_place(rule->node, key)},
               path, message);
}

/* -------------------------------------------------------------------- tests */

static void
count_tests(struct audit_rule *row, const struct config_test *tests,
            size_t count)
{
    const struct text id = row->rule->config->id;

    for (size_t i = 0; i < count; i++) {
        if (config_texts_hold(&tests[i].expect_ids, id)) {
            row->positive++;
        } else if (config_texts_hold(&tests[i].no_expect_ids, id) ||
                   tests[i].isolated) {
            row->negative++;
        }
    }
}

/* Its own tests count, and those of others that name it. */
static void
look_at_tests(const struct config *config, struct audit *audit,
              struct audit_rule *row)
{
    const struct config_rule *own = row->rule->config;

    for (size_t i = 0; i < config->rule_count; i++) {
        const struct config_rule *rule = &config->rules[i];
        for (size_t k = 0; k < rule->test_count; k++) {
            const struct config_test *test = &rule->tests[k];
            if (rule == own || config_texts_hold(&test->expect_ids, own->id) ||
                config_texts_hold(&test->no_expect_ids, own->id)) {
                count_tests(row, test, 1);
            }
        }
    }
    for (size_t i = 0; i < config->test_count; i++) {
        const struct config_test *test = &config->tests[i];
        if (config_texts_hold(&test->expect_ids, own->id) ||
            config_texts_hold(&test->no_expect_ids, own->id)) {
            count_tests(row, test, 1);
        }
    }
    if (row->rule->active && (row->positive == 0 || row->negative == 0)) {
        audit_remark_rule(audit, AUDIT_WARNING, "untested", own, "",
                          "no test with a text that it must %s",
                          row->positive > 0   ? "leave alone"
                          : row->negative > 0 ? "hit"
                                              : "hit, and none that it must "
                                                "leave alone");
    }
}

/* ----------------------------------------------------------------- patterns */

/* At one pattern. */
struct look {
    struct audit *audit;
    struct place at;
    char path[ERR_PATH_BYTES];
    struct audit_pattern shape;
    struct audit_probe probe;
};

/* Of the nth pattern: its own line in a list of them. */
static struct place
place_of_pattern(const struct config_rule *rule, size_t nth)
{
    const struct node *all = node_get(rule->node, "patterns");
    const struct node *one = all != NULL ? all->first : NULL;

    for (size_t i = 0; i < nth && one != NULL; i++) {
        one = one->next;
    }
    return one != NULL ? one->at : node_place(rule->node, "pattern");
}

/* Suspicions; one that hostile texts do not bear out is only told of a start
 * that reads on, which costs at every start and not at one. */
static void
remark_shape(const struct look *l)
{
    for (int i = 0; i < AUDIT_TRAITS; i++) {
        const unsigned trait = 1u << i;
        if ((l->shape.traits & trait) != 0 &&
            (trait == AUDIT_LEADING || l->probe.growth > AUDIT_CONSTANT)) {
            audit_remark(l->audit, AUDIT_NOTE, "backtracks", l->at, l->path,
                         "%s (measured at one start: %s)", audit_trait_words[i],
                         audit_growth_words[l->probe.growth]);
        }
    }
}

static void
remark_probe(const struct look *l)
{
    const struct audit_probe *p = &l->probe;
    const bool stopped = p->steps > AUDIT_PROBE_STEPS;

    if (p->growth > AUDIT_LINEAR) {
        audit_remark(l->audit, AUDIT_WARNING, "backtracks", l->at, l->path,
                     "%s work at one start: %zu steps%s for %zu times \"%.*s\"",
                     audit_growth_words[p->growth],
                     stopped ? (size_t)AUDIT_PROBE_STEPS : p->steps,
                     stopped ? " and more" : "", p->repeats,
                     TEXT_ARGS(place_excerpt(p->pump)));
    }
}

static void
look_at_pattern(struct audit *audit, struct audit_rule *row, size_t nth,
                struct arena *scratch)
{
    const struct config_rule *rule = row->rule->config;
    const struct text source = rule->patterns.at[nth];
    struct look l = {.audit = audit,
                     .at = place_of_pattern(rule, nth),
                     .shape = audit_pattern_look(source, scratch)};
    struct err err;

    snprintf(l.path, sizeof(l.path), "rules.%.*s.patterns[%zu]",
             TEXT_ARGS(rule->id), nth);
    if (!l.shape.understood || !l.shape.bounded) {
        audit_remark(audit, AUDIT_NOTE, "unbounded", l.at, l.path,
                     l.shape.understood
                         ? "a match has no greatest length: a stream holds it "
                           "back as long as it may go on"
                         : "its syntax is not analysed");
    }
    // It compiled before: where it cannot be probed nothing is claimed.
    if (audit_pattern_probe(source, scratch, &l.probe, &err)) {
        remark_shape(&l);
        remark_probe(&l);
        row->growth =
            l.probe.growth > row->growth ? l.probe.growth : row->growth;
    }
}

static bool
look_at_patterns(struct audit *audit, struct audit_rule *row, struct err *err)
{
    struct arena *scratch = arena_new(SCRATCH_BYTES);

    if (scratch == NULL) {
        err_memory(err, "the audit of patterns");
        return false;
    }
    for (size_t i = 0; i < row->patterns; i++) {
        arena_reset(scratch);
        look_at_pattern(audit, row, i, scratch);
    }
    arena_free(scratch);
    return true;
}

/* ---------------------------------------------------------------- all of it */

/* Whoever waits for a reply while it is written would wait to its end. */
static void
look_at_hold(struct audit *audit, const struct audit_rule *row)
{
    if (row->hold->reach == HOLD_REACH_UNBOUNDED) {
        audit_remark_rule(audit,
                          row->rule->enforced ? AUDIT_WARNING : AUDIT_NOTE,
                          "unbounded", row->rule->config, "",
                          "a stream holds everything back to its close: %s",
                          row->hold->cause);
    }
}

bool
audit_engine(const struct engine *engine, struct arena *arena,
             struct audit *out, struct err *err)
{
    *out = (struct audit){.arena = arena,
                          .rule_count = engine->config->rule_count};
    out->rules = ARENA_ARRAY(arena, struct audit_rule, out->rule_count);
    if (out->rules == NULL) {
        err_memory(err, "the audit");
        return false;
    }
    for (size_t i = 0; i < out->rule_count; i++) {
        struct audit_rule *row = &out->rules[i];
        row->rule = rules_at(engine->rules, i);
        row->patterns = row->rule->config->patterns.count;
        row->hold = &rules_hold(engine->rules)->at[i];
        row->ns_per_kib = (double)NAN;
    }
    audit_reach(engine, out);
    if (!audit_terms(engine, out, err)) {
        return false;
    }
    for (size_t i = 0; i < out->rule_count; i++) {
        look_at_tests(engine->config, out, &out->rules[i]);
        look_at_hold(out, &out->rules[i]);
        if (out->rules[i].rule->active &&
            !look_at_patterns(out, &out->rules[i], err)) {
            return false;
        }
    }
    if (out->short_of_memory) {
        err_memory(err, "the audit's remarks");
    }
    return !out->short_of_memory;
}
