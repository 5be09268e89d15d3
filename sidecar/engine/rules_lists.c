#include "sidecar/engine/rules_set.h"

/* Is there a detector of its own to call for each rule of the type? */
static bool
has_detector(enum config_rule_type type)
{
    switch (type) {
    case CONFIG_SECRET:
    case CONFIG_URL:
    case CONFIG_PROMPT_LEAK:
    case CONFIG_LENGTH:
    case CONFIG_REPETITION:
    case CONFIG_FLOOD:
    case CONFIG_UNICODE:
    case CONFIG_LANGUAGE:
        return true;
    case CONFIG_TERMS:
    case CONFIG_REGEX:
    case CONFIG_PERSONA_BREAK:
    case CONFIG_PII:
    case CONFIG_LINEAR:
    case CONFIG_COMPOSITE:
    case CONFIG_RULE_TYPES:
        break; // for all rules at once, or later
    }
    return false;
}

bool
rules_list(struct rules *rules)
{
    rules->detecting = ARENA_ARRAY(rules->arena, uint32_t, rules->count);
    rules->skipping = ARENA_ARRAY(rules->arena, uint32_t, rules->count);
    rules->linear = ARENA_ARRAY(rules->arena, uint32_t, rules->count);
    if (rules->detecting == NULL || rules->skipping == NULL ||
        rules->linear == NULL) {
        return false;
    }
    for (size_t i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->rules[i];
        const struct config_rule *config = rule->config;
        rule->directions = config->directions;
        rule->plain = config->languages.count == 0 && rule->when == NULL &&
                      rule->unless == NULL;
        if (config->type == CONFIG_LINEAR) {
            rules->linear[rules->linear_count++] = (uint32_t)i;
        }
        if (has_detector(config->type)) {
            rules->detecting[rules->detecting_count++] = (uint32_t)i;
        }
        if (config->skip != 0) {
            rules->skipping[rules->skipping_count++] = (uint32_t)i;
        }
    }
    return true;
}
