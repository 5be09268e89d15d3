#include "sidecar/engine/rules_set.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/engine/disguise.h"
#include "sidecar/engine/linear.h"
#include "sidecar/engine/ordinary.h"
#include "sidecar/engine/url.h"

/* ------------------------------------------------------------------ linear */

static struct linear_model *
model_at(struct compiler *c, struct text path, size_t *index)
{
    struct rules *rules = c->rules;
    struct err err;

    for (*index = 0; *index < rules->model_count; (*index)++) {
        if (text_equal(rules->models[*index].path, path)) {
            return rules->models[*index].model;
        }
    }
    struct rules_model *models =
        realloc(rules->models, (rules->model_count + 1) * sizeof(*models));
    if (models == NULL) {
        rules_problem(c, "weights", "out of memory");
        return NULL;
    }
    rules->models = models;
    struct linear_model *model = linear_load(path.at, &err);
    if (model == NULL) {
        rules_problem(c, "weights", "%s", err.message);
        return NULL;
    }
    models[rules->model_count++] = (struct rules_model){path, model};
    return model;
}

void
rules_compile_linear(struct compiler *c)
{
    static const enum linear_preset presets[] = {
        [CONFIG_STRICT] = LINEAR_STRICT,
        [CONFIG_BALANCED] = LINEAR_BALANCED,
        [CONFIG_SENSITIVE] = LINEAR_SENSITIVE};
    struct rule *rule = &c->rules->rules[c->rule];
    const struct config_rule *config = rule->config;

    if (config->weights.len == 0 || config->head.len == 0) {
        return; // the loader has told
    }
    const struct linear_model *model =
        model_at(c, config->weights, &rule->model);
    if (model == NULL) {
        return;
    }
    if (!linear_head(model, config->head, &rule->head)) {
        const char *names[LINEAR_HEADS + 1];
        const size_t count = linear_head_count(model);
        for (size_t i = 0; i < count; i++) {
            names[i] = linear_head_name(model, i);
        }
        names[count] = NULL;
        rules_problem_unknown(c, "head", "head", config->head, names);
        return;
    }
    rule->least = !isnan(config->threshold)
                      ? config->threshold
                      : (double)linear_threshold(model, rule->head,
                                                 presets[config->preset]);
}

/* --------------------------------------------------------------- disguises */

static bool
read_ordinary(struct compiler *c)
{
    const struct config_engine *engine = &c->rules->config->engine;
    struct err err;

    if (engine->ordinary_words.len == 0) {
        return true;
    }
    c->rules->ordinary = ordinary_read(engine->ordinary_words.at, &err);
    if (c->rules->ordinary == NULL) {
        place_problem(c->problems, node_place(engine->node, "ordinary_words"),
                      "engine.ordinary_words", "%s", err.message);
    }
    return c->rules->ordinary != NULL;
}

/* Is the term looked for in disguise? Whole words of robust rules are. */
static bool
is_disguisable(const struct rules *rules, const struct term *term)
{
    const unsigned whole = TERM_LEFT | TERM_RIGHT;

    return (term->flags & (TERM_ALLOW | TERM_GATE | TERM_OPEN)) == 0 &&
           (term->flags & whole) == whole && term->marked.at == NULL &&
           rules->rules[term->rule].config->robust >= CONFIG_ROBUST_STRONG;
}

void
rules_compile_disguises(struct compiler *c)
{
    struct rules *rules = c->rules;
    const struct term_set *set = &rules->fold;
    struct disguise_term *at =
        malloc((set->count > 0 ? set->count : 1) * sizeof(*at));
    struct place nowhere = {"", 0, 0};
    size_t count = 0;
    struct err err;

    if (at == NULL) {
        place_problem(c->problems, nowhere, "rules", "out of memory");
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        if (is_disguisable(rules, &set->terms[i])) {
            const enum config_robust robust =
                rules->rules[set->terms[i].rule].config->robust;
            at[count++] = (struct disguise_term){
                .text = set->texts[i].text,
                .id = (uint32_t)i,
                .level = robust == CONFIG_ROBUST_FUZZY ? DISGUISE_FUZZY
                                                       : DISGUISE_STRONG};
        }
    }
    if (count > 0 && read_ordinary(c)) {
        rules->disguise = disguise_build(at, count, rules->ordinary, &err);
        if (rules->disguise == NULL) {
            place_problem(c->problems, nowhere, "rules", "%s", err.message);
        }
    }
    free(at);
}

/* -------------------------------------------------------------------- urls */

/* The domains of a rule: its own, and those of lists that it names. */
static bool
gather_domains(struct compiler *c, struct config_texts *out)
{
    const struct config *config = c->rules->config;
    const struct config_texts *given =
        &c->rules->rules[c->rule].config->allow_domains;
    size_t most = 0;

    for (size_t i = 0; i < given->count; i++) {
        const struct config_list *list = config_find_list(config, given->at[i]);
        most += list != NULL ? list->terms.count : 1;
    }
    out->at = ARENA_ARRAY(c->rules->arena, struct text, most);
    out->count = 0;
    for (size_t i = 0; out->at != NULL && i < given->count; i++) {
        const struct config_list *list = config_find_list(config, given->at[i]);
        if (list == NULL) {
            out->at[out->count++] = given->at[i];
            continue;
        }
        for (size_t n = 0; n < list->terms.count; n++) {
            out->at[out->count++] = list->terms.at[n];
        }
    }
    return out->at != NULL;
}

void
rules_compile_urls(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];
    const struct config_rule *config = rule->config;
    struct url_policy *policy =
        ARENA_ARRAY(c->rules->arena, struct url_policy, 1);
    struct config_texts domains;
    struct err err;

    if (policy == NULL || !gather_domains(c, &domains)) {
        rules_problem(c, "allow_domains", "out of memory");
        return;
    }
    *policy = (struct url_policy){
        .allow_domains = domains.at,
        .domain_count = domains.count,
        .allow_subdomains = config->allow_subdomains,
        .allowed_schemes = config->allowed_schemes.at,
        .scheme_count = config->allowed_schemes.count,
        .block_userinfo = config->block_userinfo,
        .block_ip_hosts = config->block_ip_hosts,
        .block_lookalike_hosts = config->block_lookalike_hosts,
        .block_private_hosts = config->block_private_hosts,
        .block_shorteners = config->block_shorteners,
        .block_mismatch = config->block_mismatch,
        .max_urls = config->max_urls < 0 ? 0 : (size_t)config->max_urls};
    if (!url_policy_build(policy, c->rules->arena, &err)) {
        // It names the domain by its number among all, those of lists too.
        const char *number = strchr(err.path, '[');
        const size_t i = number != NULL ? strtoul(number + 1, NULL, 10) : 0;
        const struct text domain = number != NULL && i < domains.count
                                       ? place_excerpt(domains.at[i])
                                       : TEXT("");
        rules_problem(c, "allow_domains", "\"%.*s\": %s", TEXT_ARGS(domain),
                      err.message);
    }
    rule->urls = policy;
}

void
rules_free_models(struct rules *rules)
{
    for (size_t i = 0; i < rules->model_count; i++) {
        linear_free(rules->models[i].model);
    }
    free(rules->models);
    disguise_free(rules->disguise);
    ordinary_free(rules->ordinary);
}
