#include "sidecar/engine/rules_set.h"

#include "sidecar/engine/fold.h"
#include "sidecar/engine/leak.h"

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
        if (!rule->active || rule->config->type != CONFIG_PROMPT_LEAK) {
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
              const struct config_persona *persona, struct arena *arena,
              struct rules_request *out, struct err *err)
{
    const struct text locale = request->locale.len > 0 ? request->locale
                               : persona != NULL       ? persona->locale
                                                       : (struct text){NULL, 0};

    *out = (struct rules_request){
        .role = request->role, .locale = locale, .deadline_ns = UINT64_MAX};
    out->tags = persona != NULL ? &persona->tags : NULL;
    if (request->canaries.count > 0 &&
        !fold_canaries(request, arena, out, err)) {
        return false;
    }
    return request->system_prompt.len == 0 || rules->leak_count == 0 ||
           index_prompt(rules, request, arena, out, err);
}

/* --------------------------------------------------------- which rules run */

static bool
text_among(struct text text, const struct config_texts *texts)
{
    for (size_t i = 0; texts != NULL && i < texts->count; i++) {
        if (text_equal(texts->at[i], text)) {
            return true;
        }
    }
    return false;
}

/* unless: "tag:NAME"; "persona.is_ai" is the tag "is_ai". */
static bool
excused(const struct config_rule *rule, const struct rules_request *request)
{
    struct text tag = rule->unless;

    if (tag.len == 0) {
        return false;
    }
    if (text_is(tag, "persona.is_ai")) {
        tag = TEXT("is_ai");
    } else if (text_starts(tag, TEXT("tag:"))) {
        tag = text_part(tag, 4, tag.len);
    }
    return text_among(tag, request->tags);
}

static char
plain(char c)
{
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/*
 * Is one of the two tags the beginning of the other? Then the rule runs: "pt"
 * is meant for "PT-br", and "pt" may well be the Portuguese of "pt-BR".
 */
static bool
same_language(struct text a, struct text b)
{
    size_t i = 0;

    while (i < a.len && i < b.len && plain(a.at[i]) == plain(b.at[i])) {
        i++;
    }
    return (i == a.len || plain(a.at[i]) == '-') &&
           (i == b.len || plain(b.at[i]) == '-') && (i == a.len || i == b.len);
}

static bool
speaks(const struct config_rule *rule, struct text locale)
{
    const struct config_texts *languages = &rule->languages;

    for (size_t i = 0; i < languages->count; i++) {
        if (same_language(languages->at[i], locale)) {
            return true;
        }
    }
    return languages->count == 0 || locale.len == 0;
}

bool
rules_applies(const struct rule *rule, const struct rules_request *request)
{
    const struct config_rule *config = rule->config;
    const int direction =
        request->role == REQUEST_USER || request->role == REQUEST_SYSTEM
            ? CONFIG_INPUT
            : CONFIG_OUTPUT;

    return (config->directions & direction) != 0 &&
           speaks(config, request->locale) && !excused(config, request);
}
