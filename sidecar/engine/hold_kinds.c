#include "sidecar/engine/hold_kinds.h"

#include "sidecar/engine/hold_kinds_forms.h"
#include "sidecar/engine/rules_set.h"
#include "sidecar/engine/secret_prefix.h"

_Static_assert(HOLD_KINDS_FORMS * 2 + 1 <= HOLD_KINDS_PATTERNS + 1,
               "room for the forms of two");

static size_t
put_forms(struct hold_kinds_forms forms, size_t count,
          struct text out[HOLD_KINDS_PATTERNS])
{
    for (size_t i = 0; i < forms.count; i++) {
        out[count++] = text_of(forms.at[i]);
    }
    return count;
}

static enum pii_entity
entity_of(const struct rule *rule)
{
    return (enum pii_entity)__builtin_ctzll(rule->pii);
}

/* The shortest row of characters that the rule takes for a token. */
static size_t
token_least(const struct rule *rule)
{
    const struct config_entropy *entropy = &rule->config->entropy;
    const size_t asked = entropy->min_chars < (long long)SECRET_LEAST_CHARS
                             ? SECRET_LEAST_CHARS
                             : (size_t)entropy->min_chars;

    return entropy->node != NULL && asked < SECRET_PREFIX_LEAST
               ? asked
               : SECRET_PREFIX_LEAST;
}

static size_t
secret_patterns(const struct rule *rule, struct arena *arena,
                struct text out[HOLD_KINDS_PATTERNS], enum hold_kind *kind)
{
    size_t count = put_forms(hold_kinds_secret(), 0, out);

    out[count] = hold_kinds_tokens(token_least(rule), arena);
    if (out[count++].at == NULL) {
        *kind = HOLD_KIND_UNBOUNDED;
    }
    return count;
}

static enum hold_kind
kind_of(const struct rule *rule)
{
    switch (rule->config->type) {
    case CONFIG_PII:
    case CONFIG_SECRET:
    case CONFIG_URL:
        return HOLD_KIND_PATTERNS;
    case CONFIG_PROMPT_LEAK:
    case CONFIG_REPETITION:
    case CONFIG_UNICODE:
        return HOLD_KIND_TRACKED;
    case CONFIG_LENGTH:
    case CONFIG_FLOOD:
    case CONFIG_LANGUAGE:
    case CONFIG_LINEAR:
    case CONFIG_COMPOSITE:
        return HOLD_KIND_WHOLE;
    case CONFIG_TERMS:
    case CONFIG_REGEX:
    case CONFIG_PERSONA_BREAK:
        return HOLD_KIND_PATTERNS; // its own: none of these
    case CONFIG_RULE_TYPES:
        break;
    }
    return HOLD_KIND_UNBOUNDED;
}

size_t
hold_kinds_patterns(const struct rules *rules, size_t rule, struct arena *arena,
                    struct text out[HOLD_KINDS_PATTERNS], enum hold_kind *kind)
{
    const struct rule *const r = rules_at(rules, rule);

    *kind = kind_of(r);
    switch ((int)r->config->type) {
    case CONFIG_PII:
        return put_forms(hold_kinds_pii(entity_of(r)),
                         put_forms(hold_kinds_rows(), 0, out), out);
    case CONFIG_SECRET:
        return secret_patterns(r, arena, out, kind);
    case CONFIG_URL:
        return put_forms(hold_kinds_links(), 0, out);
    }
    return 0;
}

bool
hold_kinds_counts(const struct rules *rules, size_t rule)
{
    const struct config_rule *const config = rules_at(rules, rule)->config;

    switch ((int)config->type) {
    case CONFIG_URL:
        return config->max_urls > 0;
    case CONFIG_REPETITION:
    case CONFIG_UNICODE:
        return true;
    }
    return config->skip != 0;
}

struct hold_kinds_bound
hold_kinds_bound(const struct rules *rules, size_t rule)
{
    const struct rule *const r = rules_at(rules, rule);
    struct hold_kinds_forms forms = {NULL, 0, "", 0};

    switch (r->config->type) {
    case CONFIG_PII:
        forms = hold_kinds_pii(entity_of(r));
        break;
    case CONFIG_SECRET:
        forms = hold_kinds_secret();
        break;
    case CONFIG_URL:
        forms = hold_kinds_links();
        break;
    case CONFIG_PROMPT_LEAK:
        forms = (struct hold_kinds_forms){
            .chars = SIZE_MAX, .why = "words of the system prompt, in order"};
        break;
    case CONFIG_REPETITION:
        forms = (struct hold_kinds_forms){
            .chars = SIZE_MAX,
            .why = "what would be one time too many, until it ends"};
        break;
    case CONFIG_UNICODE:
        forms = (struct hold_kinds_forms){
            .chars = SIZE_MAX, .why = "a word; odd characters to the close"};
        break;
    case CONFIG_LENGTH:
    case CONFIG_FLOOD:
    case CONFIG_LANGUAGE:
    case CONFIG_LINEAR:
    case CONFIG_COMPOSITE:
        forms.why = "about the text as a whole: no place to hold";
        break;
    case CONFIG_TERMS:
    case CONFIG_REGEX:
    case CONFIG_PERSONA_BREAK:
    case CONFIG_RULE_TYPES:
        forms.why = "its own words and patterns";
        break;
    }
    return (struct hold_kinds_bound){kind_of(r), forms.chars, forms.why};
}
