#include "sidecar/tools/show.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/tools/show_text.h"

enum { WORK_BYTES = 16 << 20 };

/* Differences below are of printing, not of deciding: see decide.h. */
static const double dust = 1e-6;

struct steps {
    const struct show_subject *subject;
    double *hits;  /* [hit_count] a rule's, strongest first */
    double *rules; /* [rules] 0 for those that do not count */
    bool *touched; /* [rules] has hits that count */
    bool *watched; /* [rules] has hits that do not */
};

static const struct rules *
rules_of(const struct steps *s)
{
    return s->subject->engine->rules;
}

static const char *
on(const struct steps *s, enum show_colour colour)
{
    return show_text_on(colour, s->subject->coloured);
}

static int
strongest_first(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a < b) - (a > b);
}

/* The scores of the rule's hits in the text itself, strongest first. */
static size_t
hits_of(const struct steps *s, const struct rule *rule)
{
    const struct envelope *e = s->subject->envelope;
    size_t count = 0;

    for (size_t i = 0; i < e->hit_count; i++) {
        if (text_equal(e->hits[i].rule, rule->config->id) &&
            !text_is(e->hits[i].stage, "redacted")) {
            s->hits[count++] = fabs(e->hits[i].score);
        }
    }
    if (count > 1) {
        qsort(s->hits, count, sizeof(*s->hits), strongest_first);
    }
    return count;
}

static size_t
counted(const struct rule *rule, size_t hits)
{
    const size_t most = (size_t)rule->config->max_hits;

    return hits < most ? hits : most;
}

/* Do the rule's hits count here? All of them do, or none. */
static bool
is_enforced(const struct steps *s, const struct rule *rule)
{
    const struct envelope *e = s->subject->envelope;

    for (size_t i = 0; i < e->hit_count; i++) {
        if (text_equal(e->hits[i].rule, rule->config->id)) {
            return text_is(e->hits[i].mode, "enforce");
        }
    }
    return false;
}

static void
score_rule(struct steps *s, size_t index)
{
    const struct rule *rule = rules_at(rules_of(s), index);
    const size_t hits = hits_of(s, rule);
    const bool enforced = is_enforced(s, rule);
    double rest = 1.0;

    s->touched[index] = hits > 0 && enforced;
    s->watched[index] = hits > 0 && !enforced;
    for (size_t k = 0; k < counted(rule, hits); k++) {
        rest *= 1.0 - ldexp(s->hits[k], -(int)k);
    }
    s->rules[index] = enforced ? 1.0 - rest : 0.0;
}

/* "0.50, 1/2 of 0.50, 1/4 of 0.25; 2 more do not count" */
static void
print_hits(const struct steps *s, const struct rule *rule)
{
    FILE *to = s->subject->to;
    const size_t hits = hits_of(s, rule);
    const size_t most = counted(rule, hits);

    for (size_t k = 0; k < most; k++) {
        if (k == 0) {
            fprintf(to, "%.3g", s->hits[k]);
        } else if (k < 4) {
            fprintf(to, ", 1/%d of %.3g", 1 << k, s->hits[k]);
        }
    }
    if (most > 4) {
        fprintf(to, ", %zu more", most - 4);
    }
    if (hits > most) {
        fprintf(to, "; %zu beyond max_hits", hits - most);
    }
}

static void
print_rule(const struct steps *s, size_t index)
{
    const struct rule *rule = rules_at(rules_of(s), index);
    FILE *to = s->subject->to;

    fprintf(to, "    %-28.*s ", TEXT_ARGS(rule->config->id));
    if (s->watched[index]) {
        fprintf(to, "%snot enforced: ", on(s, SHOW_DIM));
        print_hits(s, rule);
        fprintf(to, "%s\n", on(s, SHOW_PLAIN));
        return;
    }
    fprintf(to, "%s%.4g  (", rule->score < 0 ? "times 1 - " : "",
            s->rules[index]);
    print_hits(s, rule);
    fputs(")\n", to);
}

/* The rules of one group (or of none); prints what it comes to. */
static double
print_group(const struct steps *s, size_t category, int group)
{
    double rest = 1.0;
    bool any = false;

    for (size_t i = 0; i < rules_count(rules_of(s)); i++) {
        const struct rule *rule = rules_at(rules_of(s), i);
        if (rule->category != category || rule->group != group ||
            rule->score < 0 || (!s->touched[i] && !s->watched[i])) {
            continue;
        }
        print_rule(s, i);
        rest *= 1.0 - s->rules[i];
        any = any || s->touched[i];
    }
    if (group == RULES_NO_GROUP || !any) {
        return rest;
    }
    const struct config_group *g = &s->subject->engine->config->groups[group];
    const bool capped = 1.0 - rest > g->max_score;
    fprintf(s->subject->to, "    group %-22.*s %.4g%s\n", TEXT_ARGS(g->id),
            capped ? g->max_score : 1.0 - rest,
            capped ? "  (capped by max_score)" : "");
    return capped ? 1.0 - g->max_score : rest;
}

static void
print_threshold(const struct steps *s, const char *name, double threshold,
                double score)
{
    if (!isnan(threshold)) {
        const bool reached = score >= threshold;
        fprintf(s->subject->to, "  %s%s %.3g%s%s",
                on(s, reached ? SHOW_YELLOW : SHOW_DIM), name, threshold,
                reached ? " reached" : "", on(s, SHOW_PLAIN));
    }
}

static void
print_outcome(const struct steps *s, const struct config_category *category,
              double steps, double score)
{
    const struct config_thresholds *t = &category->thresholds;
    FILE *to = s->subject->to;

    fprintf(to, "    %s= %.4g%s", on(s, SHOW_BOLD), score, on(s, SHOW_PLAIN));
    if (fabs(steps - score) > dust) {
        fprintf(to, " (the steps shown come to %.4g: not every hit is listed)",
                steps);
    }
    print_threshold(s, "flag", t->flag, score);
    print_threshold(s, "redact", t->redact, score);
    print_threshold(s, "fallback", t->fallback, score);
    print_threshold(s, "block", t->block, score);
    fputc('\n', to);
}

static bool
category_has_hits(const struct steps *s, size_t category)
{
    for (size_t i = 0; i < rules_count(rules_of(s)); i++) {
        if (rules_at(rules_of(s), i)->category == category &&
            (s->touched[i] || s->watched[i])) {
            return true;
        }
    }
    return false;
}

static void
print_category(const struct steps *s, size_t index)
{
    const struct config *config = s->subject->engine->config;
    const struct config_category *category = &config->categories[index];

    fprintf(s->subject->to, "  %s%.*s%s\n", on(s, SHOW_BOLD),
            TEXT_ARGS(category->id), on(s, SHOW_PLAIN));
    double rest = print_group(s, index, RULES_NO_GROUP);
    for (size_t g = 0; g < config->group_count; g++) {
        rest *= print_group(s, index, (int)g);
    }
    double score = 1.0 - rest;
    for (size_t i = 0; i < rules_count(rules_of(s)); i++) {
        const struct rule *rule = rules_at(rules_of(s), i);
        if (rule->category == index && rule->score < 0 &&
            (s->touched[i] || s->watched[i])) {
            print_rule(s, i);
            score *= 1.0 - s->rules[i];
        }
    }
    print_outcome(s, category, score,
                  s->subject->envelope->categories[index].score);
}

bool
show_steps(const struct show_subject *subject, struct err *err)
{
    struct arena *arena = arena_new(WORK_BYTES);
    const size_t rules = rules_count(subject->engine->rules);
    struct steps s = {.subject = subject};

    if (arena != NULL) {
        s.hits = ARENA_ARRAY(arena, double, subject->envelope->hit_count);
        s.rules = ARENA_ARRAY(arena, double, rules);
        s.touched = ARENA_ARRAY(arena, bool, rules);
        s.watched = ARENA_ARRAY(arena, bool, rules);
    }
    const bool good = s.hits != NULL && s.rules != NULL && s.touched != NULL &&
                      s.watched != NULL;
    if (good) {
        for (size_t i = 0; i < rules; i++) {
            score_rule(&s, i);
        }
        for (size_t c = 0; c < subject->engine->config->category_count; c++) {
            if (category_has_hits(&s, c)) {
                print_category(&s, c);
            }
        }
    } else {
        err_memory(err, "the steps");
    }
    arena_free(arena);
    return good;
}
