#include "sidecar/engine/rules_pass.h"

#include <math.h>

#include "sidecar/base/digest.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/flood.h"
#include "sidecar/engine/language.h"
#include "sidecar/engine/leak.h"
#include "sidecar/engine/linear.h"
#include "sidecar/engine/oddity.h"
#include "sidecar/engine/pii.h"
#include "sidecar/engine/repetition.h"
#include "sidecar/engine/secret.h"
#include "sidecar/engine/url.h"

/* A hit of the rule at these bytes of the raw text, seen there. */
static struct hit
hit_at(const struct pass *p, size_t rule, struct span raw)
{
    struct hit hit = rules_hit(p, rule);

    hit.seen = VIEW_RAW;
    hit.via = ENVELOPE_VIA_RAW;
    hit.view = hit.raw = raw;
    return hit;
}

/* A hit about the text as a whole: it has no place. */
static struct hit
whole_hit(const struct pass *p, size_t rule)
{
    struct hit hit = hit_at(p, rule, (struct span){0, 0});

    hit.whole = true;
    return hit;
}

static bool
add_whole(struct pass *p, size_t rule)
{
    const struct hit hit = whole_hit(p, rule);

    return rules_add_placed(p, &hit);
}

/* ----------------------------------------------------------- personal data */

static double
pii_score(const struct pass *p, const struct config_rule *rule,
          const struct pii_match *match)
{
    const struct config_context *context = &rule->context;
    double score = match->score;

    if (!match->validated && context->words.count > 0 &&
        pii_context(p->raw, match->from, context->words.at,
                    context->words.count, (size_t)context->before_words)) {
        score += context->boost;
        score = score < context->floor ? context->floor : score;
    }
    return score > 1.0 ? 1.0 : score;
}

/* The detector reads raw text: it sees through disguises by itself. */
static bool
add_pii(struct pass *p, const struct pii_match *m)
{
    for (size_t i = 0; i < p->rules->count; i++) {
        const struct rule *rule = &p->rules->rules[i];
        const bool plain = rule->config->robust == CONFIG_ROBUST_NONE;
        if (rule->pii != PII_BIT(m->entity) || !p->runs[i] ||
            (plain && m->disguised)) {
            continue;
        }
        struct hit hit = hit_at(p, i, (struct span){m->from, m->to});
        hit.via = m->disguised ? ENVELOPE_VIA_FOLD : ENVELOPE_VIA_RAW;
        hit.score = pii_score(p, rule->config, m);
        hit.entity = text_of(pii_name(m->entity));
        if (!(hit.score < rule->config->min_score) &&
            !rules_add_placed(p, &hit)) {
            return false;
        }
    }
    return true;
}

static bool
detect_pii(struct pass *p)
{
    struct pii_matches found;

    // No more matches than bytes, so none is ever left out.
    if (p->rules->pii_wanted == 0) {
        return true;
    }
    if (!pii_scan(p->raw, p->rules->pii_wanted, p->out->arena, p->raw.len,
                  &found, p->err)) {
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        if (!add_pii(p, &found.at[i])) {
            return false;
        }
    }
    return true;
}

/* ----------------------------------------------------------------- secrets */

static bool
detect_secret(struct pass *p, size_t index)
{
    const struct rule *rule = &p->rules->rules[index];
    const struct config_entropy *from = &rule->config->entropy;
    const struct secret_entropy entropy = {.min_bits_per_char =
                                               from->min_bits_per_char,
                                           .min_chars = (size_t)from->min_chars,
                                           .everywhere = from->anywhere};
    struct secret_matches found;

    if (!secret_scan(p->raw, rule->secrets,
                     from->node != NULL ? &entropy : NULL, p->out->arena,
                     &found, p->err)) {
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        const struct secret_match *m = &found.at[i];
        struct hit hit = hit_at(p, index, (struct span){m->from, m->to});
        hit.via = m->disguised ? ENVELOPE_VIA_FOLD : ENVELOPE_VIA_RAW;
        hit.score = m->score < hit.score ? m->score : hit.score;
        hit.entity = text_of(m->entity);
        if (!rules_add_placed(p, &hit)) {
            return false;
        }
    }
    return true;
}

/* -------------------------------------------------------------------- urls */

static bool
detect_url(struct pass *p, size_t index)
{
    const struct rule *rule = &p->rules->rules[index];
    struct url_findings found;

    if (!url_scan(rule->urls, p->raw, p->out->arena, &found, p->err)) {
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        const struct url_finding *f = &found.at[i];
        struct hit hit = hit_at(p, index, (struct span){f->from, f->to});
        hit.entity = text_of(url_reason_name(f->reason));
        if (!rules_add_placed(p, &hit)) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------- leaks */

static bool
detect_canaries(struct pass *p, size_t index,
                const struct request_texts *canaries)
{
    const struct text text = p->views[p->seen]->text;
    struct hit hit = rules_hit(p, index);

    hit.score = 1.0;
    hit.entity = TEXT("CANARY");
    for (size_t i = 0; i < canaries->count; i++) {
        const struct text canary = canaries->at[i];
        for (size_t at = 0;
             canary.len > 0 && (at = text_find(text, canary, at)) != SIZE_MAX;
             at++) {
            if (!rules_add(p, &hit, (struct span){at, at + canary.len}, 0)) {
                return false;
            }
        }
    }
    return true;
}

struct leak_runs {
    struct pass *pass;
    size_t rule;
    bool added, failed;
};

static bool
add_run(void *context, struct span run, size_t words)
{
    struct leak_runs *runs = context;
    const struct hit hit = rules_hit(runs->pass, runs->rule);

    (void)words;
    runs->added = true;
    runs->failed = !rules_add(runs->pass, &hit, run, 0);
    return !runs->failed;
}

static bool
detect_leak_in(struct pass *p, size_t index)
{
    const struct rule *rule = &p->rules->rules[index];
    const struct ask *ask = p->request->ask;
    const struct leak_index *prompt =
        p->request->leaks != NULL ? p->request->leaks[rule->leak] : NULL;

    if (!detect_canaries(p, index, &p->request->canaries) ||
        (ask != NULL && !detect_canaries(p, index, &ask->canaries))) {
        return false;
    }
    if (prompt == NULL) {
        return true;
    }
    struct leak_runs runs = {p, index, false, false};
    const struct leak_finding f =
        leak_find(prompt, p->views[p->seen]->text,
                  (size_t)rule->config->min_run_words, add_run, &runs);
    // A share is of the whole reply, and of no one place in it.
    return !runs.failed &&
           (runs.added || f.run_words == 0 ||
            f.share < rule->config->min_ratio || add_whole(p, index));
}

static bool
detect_leak(struct pass *p, size_t index)
{
    for (int kind = VIEW_FOLD; kind < VIEW_KINDS; kind++) {
        const enum view_kind view = (enum view_kind)kind;
        p->seen = view;
        if (p->views[view] != NULL &&
            (p->rules->rules[index].views & rules_view_bit(view)) != 0 &&
            !detect_leak_in(p, index)) {
            return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------- counters */

static bool
detect_length(struct pass *p, size_t index)
{
    const struct config_rule *config = p->rules->rules[index].config;
    const struct ask *ask = p->request->ask;
    const bool own = config->guardrail == CONFIG_OF_REQUEST;
    const long long least = own ? ask->min_chars : config->min_chars;
    const long long most = own ? ask->max_chars : config->max_chars;
    const long long chars = (long long)utf8_count(p->raw).code_points;

    return !((least >= 0 && chars < least) || (most >= 0 && chars > most)) ||
           add_whole(p, index);
}

_Static_assert((int)CONFIG_REPEATED_WORDS == REPETITION_NGRAM_MOST &&
                   (int)CONFIG_NEAR_DUPLICATES == FLOOD_RECENT - 1,
               "no limit is taken that could never be passed");

/* Not given is -1 here, and 0 there. */
static size_t
limit_of(long long given)
{
    return given < 0 ? 0 : (size_t)given;
}

struct repetition_limits
rules_repetition(const struct config_rule *config)
{
    return (struct repetition_limits){
        .max_char_run = limit_of(config->max_char_run),
        .max_token_run = limit_of(config->max_token_run),
        .max_sentence_repeats = limit_of(config->max_sentence_repeats),
        .ngram_words = limit_of(config->ngram_words),
        .max_ngram_share = config->max_ngram_share};
}

static bool
detect_repetition(struct pass *p, size_t index)
{
    const struct repetition_limits limits =
        rules_repetition(p->rules->rules[index].config);
    struct hit hit = rules_hit(p, index);
    struct repetition found;

    p->seen = VIEW_FOLD;
    if (!repetition_find(p->views[VIEW_FOLD]->text, &limits, p->out->arena,
                         &found, p->err)) {
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        hit.entity = text_of(repetition_limit_name(found.at[i].kind));
        if (found.at[i].kind == REPETITION_SHARE) {
            struct hit whole = whole_hit(p, index);
            whole.entity = hit.entity;
            if (!rules_add_placed(p, &whole)) {
                return false;
            }
            continue;
        }
        if (!rules_add(p, &hit, found.at[i].span, ENVELOPE_VIA_RAW)) {
            return false;
        }
    }
    return true;
}

struct oddity_limits
rules_oddities(const struct config_rule *config)
{
    static const struct {
        int bit; /* enum config_oddity */
        enum oddity_kind kind;
    } kinds[] = {{CONFIG_ODD_BIDI_OVERRIDE, ODDITY_BIDI_OVERRIDE},
                 {CONFIG_ODD_BIDI_ISOLATE, ODDITY_BIDI_ISOLATE},
                 {CONFIG_ODD_TAG_CHARS, ODDITY_TAG_CHARS},
                 {CONFIG_ODD_VARIATION_SELECTORS, ODDITY_VARIATION},
                 {CONFIG_ODD_PRIVATE_USE, ODDITY_PRIVATE_USE},
                 {CONFIG_ODD_NONCHARACTERS, ODDITY_NONCHARACTERS},
                 {CONFIG_ODD_CONTROL, ODDITY_CONTROL},
                 {CONFIG_ODD_MIXED_SCRIPTS, ODDITY_MIXED_SCRIPTS},
                 {CONFIG_ODD_IGNORABLES_ONLY, ODDITY_IGNORABLES_ONLY}};
    struct oddity_limits limits = {
        .max_combining_run = limit_of(config->max_combining_run),
        .max_invisible = limit_of(config->max_invisible)};

    limits.forbid |=
        config->max_combining_run >= 0 ? 1u << ODDITY_COMBINING : 0;
    limits.forbid |= config->max_invisible >= 0 ? 1u << ODDITY_INVISIBLE : 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if ((config->forbid & kinds[i].bit) != 0) {
            limits.forbid |= 1u << kinds[i].kind;
        }
    }
    return limits;
}

static bool
detect_oddity(struct pass *p, size_t index)
{
    const struct oddity_limits limits =
        rules_oddities(p->rules->rules[index].config);
    struct oddity found;

    oddity_find(p->raw, &limits, &found);
    for (size_t i = 0; i < found.count; i++) {
        struct hit hit = found.at[i].kind == ODDITY_IGNORABLES_ONLY
                             ? whole_hit(p, index)
                             : hit_at(p, index, found.at[i].raw);
        hit.entity = text_of(oddity_name(found.at[i].kind));
        if (!rules_add_placed(p, &hit)) {
            return false;
        }
    }
    return true;
}

static bool
detect_flood(struct pass *p, size_t index)
{
    const struct config_rule *config = p->rules->rules[index].config;
    const struct rules_request *request = p->request;
    // Every rule counts for itself, and goes on counting after a reload. A
    // digest: with another hash a session could be named so as to be taken for
    // somebody else's.
    const struct text names[] = {config->id, request->workspace,
                                 request->flood_key[config->key]};
    const struct flood_limits limits = {
        .window_ns = (uint64_t)config->window_ms * 1000000u,
        .max_messages = limit_of(config->max_messages),
        .max_near_duplicates = limit_of(config->max_near_duplicates)};
    struct flood_finding found;

    if (request->flood == NULL || request->flood_key[config->key].len == 0) {
        return true;
    }
    const struct digest digest = digest_of_parts(names, 3);
    const struct text key = {(const char *)digest.bytes, DIGEST_BYTES};
    return !flood_note(request->flood, key, p->views[VIEW_FOLD]->text,
                       request->now_ns, &limits, &found) ||
           add_whole(p, index);
}

/* ---------------------------------------------------------------- language */

static bool
detect_language(struct pass *p, size_t index)
{
    const struct config_rule *config = p->rules->rules[index].config;
    const struct config_texts *allowed = config->guardrail == CONFIG_OF_REQUEST
                                             ? &p->request->ask->languages
                                             : &config->allowed;
    const struct language_finding found = language_guess(p->raw);
    struct hit hit = whole_hit(p, index);

    if ((config->min_chars >= 0 && found.letters < (size_t)config->min_chars) ||
        !language_is_other(&found, allowed->at, allowed->count)) {
        return true;
    }
    hit.entity = text_of(found.code);
    return rules_add_placed(p, &hit);
}

/* ------------------------------------------------------------------ linear */

/* All heads of every model that a running rule asks for, once. */
static bool
score_models(struct pass *p, float **scores)
{
    const struct rules *rules = p->rules;

    *scores =
        ARENA_ARRAY(p->out->arena, float, rules->model_count *LINEAR_HEADS);
    if (*scores == NULL) {
        err_memory(p->err, "scores");
        return false;
    }
    for (size_t m = 0; m < rules->model_count; m++) {
        bool wanted = false;
        for (size_t i = 0; i < rules->linear_count && !wanted; i++) {
            const uint32_t rule = rules->linear[i];
            wanted = p->runs[rule] && rules->rules[rule].model == m;
        }
        if (wanted) {
            linear_scores(rules->models[m].model, p->views[VIEW_FOLD]->text,
                          *scores + m * LINEAR_HEADS);
        }
    }
    return true;
}

static bool
detect_linear(struct pass *p)
{
    float *scores;

    if (p->rules->model_count == 0) {
        return true;
    }
    if (!score_models(p, &scores)) {
        return false;
    }
    const long long chars = (long long)utf8_count(p->raw).code_points;
    for (size_t i = 0; i < p->rules->linear_count; i++) {
        const uint32_t index = p->rules->linear[i];
        const struct rule *rule = &p->rules->rules[index];
        if (!p->runs[index]) {
            continue;
        }
        const double score =
            (double)scores[rule->model * LINEAR_HEADS + rule->head];
        const bool is_hit =
            score >= rule->least && chars >= rule->config->min_chars;
        struct hit hit = whole_hit(p, index);
        hit.score = isnan(rule->config->score) ? score : rule->score;
        hit.entity = rule->config->head;
        if (rule->config->graded) {
            hit.score = rule->score * score;
        }
        if (!is_hit && rule->config->graded) {
            hit.evidence = true;
            hit.action = CONFIG_NONE;
        }
        if ((is_hit || hit.evidence) && !rules_add_placed(p, &hit)) {
            return false;
        }
    }
    return true;
}

/* --------------------------------------------------------------- all of it */

static bool
detect_rule(struct pass *p, size_t index)
{
    switch (p->rules->rules[index].config->type) {
    case CONFIG_SECRET:
        return detect_secret(p, index);
    case CONFIG_URL:
        return detect_url(p, index);
    case CONFIG_PROMPT_LEAK:
        return detect_leak(p, index);
    case CONFIG_LENGTH:
        return detect_length(p, index);
    case CONFIG_REPETITION:
        return detect_repetition(p, index);
    case CONFIG_FLOOD:
        return detect_flood(p, index);
    case CONFIG_UNICODE:
        return detect_oddity(p, index);
    case CONFIG_LANGUAGE:
        return detect_language(p, index);
    case CONFIG_TERMS:
    case CONFIG_REGEX:
    case CONFIG_PERSONA_BREAK:
    case CONFIG_PII:
    case CONFIG_LINEAR:
    case CONFIG_COMPOSITE:
    case CONFIG_RULE_TYPES:
        break; // for all rules at once, or later
    }
    return true;
}

/* Are the rule's hits about the text as a whole? */
static bool
is_of_whole(const struct pass *p, size_t rule)
{
    const enum config_rule_type type = p->rules->rules[rule].config->type;

    return type == CONFIG_LENGTH || type == CONFIG_FLOOD ||
           type == CONFIG_LANGUAGE;
}

bool
rules_detect(struct pass *p)
{
    if (!detect_pii(p) || (!p->request->part && !detect_linear(p))) {
        return false;
    }
    for (size_t i = 0; i < p->rules->detecting_count; i++) {
        const uint32_t rule = p->rules->detecting[i];
        if (p->runs[rule] && !(p->request->part && is_of_whole(p, rule)) &&
            !detect_rule(p, rule)) {
            return false;
        }
    }
    return true;
}
