#include "sidecar/engine/rules_set.h"

#include <math.h>

#include "sidecar/engine/condition.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/leak.h"
#include "sidecar/engine/locale.h"

static bool
fold_canaries(const struct request *request, struct arena *arena,
              struct rules_request *out, struct err *err)
{
    const size_t count = request->canaries.count;
    struct text *at = ARENA_ARRAY(arena, struct text, count);

    if (at == NULL) {
        err_memory(err, "canaries");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct view view;
        if (!fold_view(request->canaries.at[i], arena, &view, err)) {
            return false;
        }
        at[i] = view.text;
    }
    out->canaries = (struct request_texts){at, count};
    return true;
}

static bool
index_prompt(const struct rules *rules, const struct request *request,
             struct arena *arena, struct rules_request *out, struct err *err)
{
    const struct leak_index **leaks =
        ARENA_ARRAY(arena, const struct leak_index *, rules->leak_count);
    struct view prompt;

    if (leaks == NULL) {
        err_memory(err, "the system prompt");
        return false;
    }
    if (!fold_view(request->system_prompt, arena, &prompt, err)) {
        return false;
    }
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        if (!rule->compiled || rule->config->type != CONFIG_PROMPT_LEAK) {
            continue;
        }
        leaks[rule->leak] = leak_index_build(
            prompt.text, (size_t)rule->config->ngram_words, arena, err);
        if (leaks[rule->leak] == NULL) {
            return false;
        }
    }
    out->leaks = leaks;
    return true;
}

bool
rules_prepare(const struct rules *rules, const struct request *request,
              const struct config_persona *persona, const struct ask *ask,
              struct arena *arena, struct rules_request *out, struct err *err)
{
    *out = (struct rules_request){
        .ask = ask,
        .role = request->role,
        .locale = locale_of(request, persona),
        .persona = request->persona,
        .workspace = request->workspace,
        .flood_key = {[CONFIG_FLOOD_SESSION] = request->session,
                      [CONFIG_FLOOD_PERSONA] = request->persona},
        .deadline_ns = UINT64_MAX};
    out->tags = persona != NULL ? &persona->tags : NULL;
    if (!stance_resolve(&rules->stances, request, persona, ask, arena,
                        &out->stance, err)) {
        return false;
    }
    if (request->canaries.count > 0 &&
        !fold_canaries(request, arena, out, err)) {
        return false;
    }
    return request->system_prompt.len == 0 || rules->leak_count == 0 ||
           index_prompt(rules, request, arena, out, err);
}

/* --------------------------------------------------------- which rules run */

static bool
speaks(const struct config_rule *rule, struct text locale)
{
    const struct config_texts *languages = &rule->languages;

    for (size_t i = 0; i < languages->count; i++) {
        if (locale_matches(languages->at[i], locale)) {
            return true;
        }
    }
    return languages->count == 0 || locale.len == 0;
}

static bool
conditions_allow(const struct rule *rule, const struct rules_request *request)
{
    const struct config_texts *tags = request->tags;
    const struct condition_facts facts = {
        .role = request->role,
        .language = request->locale,
        .persona = request->persona,
        .tags = tags != NULL ? tags->at : NULL,
        .tag_count = tags != NULL ? tags->count : 0,
        .drift_score = (double)NAN,
        .drift_margin = (double)NAN};

    return (rule->when == NULL || condition_holds(rule->when, &facts)) &&
           (rule->unless == NULL || !condition_holds(rule->unless, &facts));
}

int
rules_direction(const struct rules_request *request)
{
    return request->role == REQUEST_USER || request->role == REQUEST_SYSTEM
               ? CONFIG_INPUT
               : CONFIG_OUTPUT;
}

bool
rules_applies(const struct rule *rule, const struct rules_request *request)
{
    return (rule->directions & rules_direction(request)) != 0 &&
           speaks(rule->config, request->locale) &&
           ((rule->when == NULL && rule->unless == NULL) ||
            conditions_allow(rule, request));
}
