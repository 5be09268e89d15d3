#include "config/gather.h"

#include <math.h>
#include <stdlib.h>

/* ---- one array ------------------------------------------------------------
 */

/* What a request's own guardrails hit as. */
static void
add_request_rules(const struct config *config, struct config_rule *out)
{
    const struct config_rule common = {.category = TEXT("quality"),
                                       .group = TEXT(""),
                                       .fallback = TEXT(""),
                                       .when = TEXT(""),
                                       .unless = TEXT(""),
                                       .severity = CONFIG_MEDIUM,
                                       .score = (double)NAN,
                                       .max_hits = 5,
                                       .level = 1,
                                       .directions =
                                           CONFIG_INPUT | CONFIG_OUTPUT,
                                       .robust = CONFIG_ROBUST_BASIC,
                                       .min_chars = -1,
                                       .max_chars = -1,
                                       .guardrail = CONFIG_OF_REQUEST};

    for (size_t i = 0; i < CONFIG_REQUEST_RULES; i++) {
        out[i] = common;
    }
    out[CONFIG_REQUEST_DENY].id = TEXT("REQUEST_DENY");
    out[CONFIG_REQUEST_DENY].type = CONFIG_TERMS;
    out[CONFIG_REQUEST_DENY].action = config->engine.on_deny;
    out[CONFIG_REQUEST_LENGTH].id = TEXT("REQUEST_LENGTH");
    out[CONFIG_REQUEST_LENGTH].type = CONFIG_LENGTH;
    out[CONFIG_REQUEST_LENGTH].action = config->engine.on_length;
    out[CONFIG_REQUEST_LANGUAGE].id = TEXT("REQUEST_LANGUAGE");
    out[CONFIG_REQUEST_LANGUAGE].type = CONFIG_LANGUAGE;
    out[CONFIG_REQUEST_LANGUAGE].action = config->engine.on_language;
}

static bool
join_rules(struct config *config)
{
    size_t all = config->rule_count + config->composite_count +
                 (size_t)CONFIG_REQUEST_RULES;

    for (size_t i = 0; i < config->guardrail_count; i++) {
        all += config->guardrails[i].add_count;
    }
    struct config_rule *rules =
        ARENA_ARRAY(config->arena, struct config_rule, all);
    if (rules == NULL) {
        return false;
    }
    size_t count = 0;
    for (size_t i = 0; i < config->rule_count; i++) {
        rules[count] = config->rules[i];
        rules[count++].guardrail = CONFIG_NO_GUARDRAIL;
    }
    for (size_t i = 0; i < config->composite_count; i++) {
        rules[count] = config->composites[i];
        rules[count++].guardrail = CONFIG_NO_GUARDRAIL;
    }
    for (size_t i = 0; i < config->guardrail_count; i++) {
        const struct config_guardrail *set = &config->guardrails[i];
        for (size_t k = 0; k < set->add_count; k++) {
            rules[count] = set->add[k];
            rules[count++].guardrail = (int)i;
        }
    }
    add_request_rules(config, rules + count);
    config->rules = rules;
    config->rule_count = count;
    return true;
}

/* ---- packs ----------------------------------------------------------------
 */

/* A pack that is only watched watches every rule of its file. */
static void
apply_packs(struct config *config)
{
    for (size_t i = 0; i < config->pack_count; i++) {
        const struct config_pack *pack = &config->packs[i];
        for (size_t k = 0; k < config->rule_count; k++) {
            struct config_rule *rule = &config->rules[k];
            if (pack->node != NULL && rule->node != NULL &&
                rule->node->at.file == pack->node->at.file &&
                rule->mode < pack->mode) {
                rule->mode = pack->mode;
            }
        }
    }
}

/* ---- patches --------------------------------------------------------------
 */

/* Of two of one id, which crosscheck tells of, the first comes first. */
static int
by_id(const void *left, const void *right)
{
    const struct config_rule *a = *(const struct config_rule *const *)left;
    const struct config_rule *b = *(const struct config_rule *const *)right;
    const int order = text_order(a->id, b->id);

    return order != 0 ? order : (a > b) - (a < b);
}

static int
is_before(const void *wanted, const void *rule)
{
    return text_order(*(const struct text *)wanted,
                      (*(const struct config_rule *const *)rule)->id);
}

static void
find_rules(const struct config *config, const struct config_rule *const *sorted,
           struct config_rule_patch *patches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_rule *const *found =
            config->rule_count > 0
                ? bsearch(&patches[i].rule, sorted, config->rule_count,
                          sizeof(*sorted), is_before)
                : NULL;
        patches[i].index =
            found != NULL ? (size_t)(*found - config->rules) : CONFIG_NO_RULE;
    }
}

static bool
find_all_patched(struct config *config)
{
    const struct config_rule **sorted = ARENA_ARRAY(
        config->arena, const struct config_rule *, config->rule_count);

    if (sorted == NULL) {
        return false;
    }
    for (size_t i = 0; i < config->rule_count; i++) {
        sorted[i] = &config->rules[i];
    }
    if (config->rule_count > 1) {
        qsort(sorted, config->rule_count, sizeof(*sorted), by_id);
    }
    for (size_t i = 0; i < config->guardrail_count; i++) {
        find_rules(config, sorted, config->guardrails[i].rules,
                   config->guardrails[i].rule_count);
    }
    for (size_t i = 0; i < config->profile_count; i++) {
        find_rules(config, sorted, config->profiles[i].rules,
                   config->profiles[i].rule_count);
    }
    return true;
}

bool
gather_rules(struct config *config)
{
    if (!join_rules(config)) {
        return false;
    }
    apply_packs(config);
    return find_all_patched(config);
}
