/* Sets of guardrails and profiles: the names they use, what they change. */
#include "config/crosscheck.h"

#include <math.h>

/* Every item of the map's list at `key` is known. */
static void
check_items(const struct crosscheck *check, const struct known *known,
            const char *what, const struct node *list, const char *path)
{
    char full[CROSSCHECK_PATH_BYTES];

    if (list == NULL || !check->whole) {
        return;
    }
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        if (n->kind == NODE_SCALAR) {
            snprintf(full, sizeof(full), "%s[%zu]", path, n->index);
            known_check(known, check->problems, n->at, full, what, n->scalar);
        }
    }
}

static void
check_patches(const struct crosscheck *check,
              const struct config_rule_patch *patches, size_t count,
              const char *path)
{
    char full[CROSSCHECK_PATH_BYTES];

    for (size_t i = 0; i < count; i++) {
        const struct config_rule_patch *patch = &patches[i];
        const struct place at =
            patch->node != NULL ? patch->node->key_at : (struct place){0};
        snprintf(full, sizeof(full), "%s.%.*s", path, TEXT_ARGS(patch->rule));
        if (check->whole) {
            known_check(&check->rules, check->problems, at, full, "rule",
                        patch->rule);
        }
        if (!patch->action_given && !patch->mode_given) {
            place_problem(check->problems, at, full,
                          "changes nothing; give an action or a mode");
        }
    }
}

static void
check_guardrail(const struct crosscheck *check,
                const struct config_guardrail *set)
{
    char path[CROSSCHECK_PATH_BYTES];

    snprintf(path, sizeof(path), "guardrails.%.*s", TEXT_ARGS(set->id));
    if (set->node != NULL && set->rule_count == 0 && set->add_count == 0) {
        place_problem(check->problems, set->node->key_at, path,
                      "changes nothing; give rules or add");
    }
    snprintf(path, sizeof(path), "guardrails.%.*s.rules", TEXT_ARGS(set->id));
    check_patches(check, set->rules, set->rule_count, path);
}

static double
either(double given, double otherwise)
{
    return isnan(given) ? otherwise : given;
}

/* The category's thresholds as they are where the profile applies. */
static struct config_thresholds
patched(const struct config *config, const struct config_category_patch *patch)
{
    struct config_thresholds out = patch->thresholds;

    for (size_t i = 0; i < config->category_count; i++) {
        const struct config_category *category = &config->categories[i];
        if (text_equal(category->id, patch->category)) {
            const struct config_thresholds *base = &category->thresholds;
            out.flag = either(out.flag, base->flag);
            out.redact = either(out.redact, base->redact);
            out.fallback = either(out.fallback, base->fallback);
            out.block = either(out.block, base->block);
        }
    }
    return out;
}

static void
check_apply(const struct crosscheck *check, const struct config_profile *p,
            const char *path)
{
    const struct node *apply = node_get(p->node, "apply");
    char full[CROSSCHECK_PATH_BYTES];

    if (apply != NULL && apply->count == 0) {
        place_problem(check->problems, apply->at, path, "changes nothing");
    }
    snprintf(full, sizeof(full), "%s.rules", path);
    check_patches(check, p->rules, p->rule_count, full);
    for (size_t i = 0; i < p->threshold_count; i++) {
        const struct config_category_patch *patch = &p->thresholds[i];
        snprintf(full, sizeof(full), "%s.thresholds.%.*s", path,
                 TEXT_ARGS(patch->category));
        if (check->whole && patch->thresholds.node != NULL) {
            known_check(&check->categories, check->problems,
                        patch->thresholds.node->key_at, full, "category",
                        patch->category);
        }
        const struct config_thresholds merged = patched(check->config, patch);
        crosscheck_thresholds(check, &merged, full);
    }
    snprintf(full, sizeof(full), "%s.groups_disabled", path);
    check_items(check, &check->groups, "group",
                node_get(apply, "groups_disabled"), full);
    snprintf(full, sizeof(full), "%s.guardrails", path);
    check_items(check, &check->guardrails, "guardrail",
                node_get(apply, "guardrails"), full);
    crosscheck_name(check, &check->pools, "pool", p->fallback, apply, path,
                    "fallback");
    if (p->level >= 0 && p->blocking_level > p->level) {
        snprintf(full, sizeof(full), "%s.blocking_level", path);
        place_problem(check->problems, node_place(apply, "blocking_level"),
                      full, "%lld is more than level, %lld", p->blocking_level,
                      p->level);
    }
}

/* A persona of no star must exist: a mistyped one would never match. */
static void
check_persona(const struct crosscheck *check, const struct node *name,
              const char *path)
{
    const struct text id = name->scalar;

    if (check->whole && name->kind == NODE_SCALAR && id.len > 0 &&
        id.at[id.len - 1] != '*') {
        known_check(&check->personas, check->problems, name->at, path,
                    "persona", id);
    }
}

static void
check_match(const struct crosscheck *check, const struct config_profile *p,
            const char *path)
{
    const struct node *match = node_get(p->node, "match");
    const struct node *one = node_get(match, "persona");
    const struct node *many = node_get(match, "personas");
    char full[CROSSCHECK_PATH_BYTES];

    if (match != NULL && match->count == 0) {
        place_problem(check->problems, match->at, path,
                      "matches nothing in particular; give persona, tags, "
                      "languages or roles");
    }
    if (one != NULL) {
        snprintf(full, sizeof(full), "%s.persona", path);
        check_persona(check, one, full);
    }
    for (const struct node *n = many != NULL ? many->first : NULL; n != NULL;
         n = n->next) {
        snprintf(full, sizeof(full), "%s.personas[%zu]", path, n->index);
        check_persona(check, n, full);
    }
}

void
crosscheck_sets(const struct crosscheck *check)
{
    const struct config *config = check->config;
    char path[CROSSCHECK_PATH_BYTES];

    for (size_t i = 0; i < config->guardrail_count; i++) {
        check_guardrail(check, &config->guardrails[i]);
    }
    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *p = &config->profiles[i];
        if (p->node == NULL) {
            continue;
        }
        snprintf(path, sizeof(path), "profiles[%zu].match", p->node->index);
        check_match(check, p, path);
        snprintf(path, sizeof(path), "profiles[%zu].apply", p->node->index);
        check_apply(check, p, path);
    }
}
