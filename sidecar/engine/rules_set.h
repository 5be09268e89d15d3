/*
 * The inside of a rule set, shared by the files that compile and run it.
 */
#ifndef SIDECAR_ENGINE_RULES_SET_H
#define SIDECAR_ENGINE_RULES_SET_H

#include "sidecar/engine/needs.h"
#include "sidecar/engine/oddity.h"
#include "sidecar/engine/repetition.h"
#include "sidecar/engine/rules.h"

enum term_flag {
    TERM_LEFT = 1,          /* a word boundary before it */
    TERM_RIGHT = 2,         /* a word boundary behind it */
    TERM_PLURAL = 4,        /* "s" or "es" may come before that boundary */
    TERM_EXTEND_LEFT = 8,   /* the span grows to the word's beginning */
    TERM_EXTEND_RIGHT = 16, /* and to its end */
    TERM_ALLOW = 32,        /* not a hit: it forgives hits inside it */
    TERM_GATE = 64,         /* not a hit: it says that a pattern may match */
    TERM_OPEN = 128         /* not a hit: any pattern may match */
};

/* One literal: several may have the same text, for different rules. */
struct term {
    uint32_t rule; /* TERM_GATE: its first use instead */
    uint32_t len;  /* bytes, of the view's text */
    unsigned flags;
    struct text marked; /* as configured, where it has marks of its own */
    const struct config_override *override; /* NULL: counts as the rule says */
    double score;                           /* of a hit, where overridden */
};

struct term_set {
    struct literals *literals; /* ids index `terms` */
    struct term *terms;
    size_t count, cap;
    struct literal *texts; /* [count], only while compiling */
};

/* What a pattern's strings say of it where one is found; see needs.h. */
struct gate_use {
    uint32_t pattern;
    uint16_t least, most; /* characters of the match before the string */
    uint8_t bit;          /* of the set that the string belongs to */
    bool anchor;          /* it tells where the match can begin */
    bool last;            /* of the uses of one string */
};

/* What a text must hold for the pattern to match it. */
struct gate {
    uint32_t rule;
    uint8_t needed; /* bits of its sets of strings; 0: it has none */
    uint8_t class_count;
    struct charset classes[NEEDS_CLASSES];
};

/* A linear model; rules that name the same file share it. */
struct rules_model {
    struct text path;
    struct linear_model *model;
};

/* A composite's condition, bound to the rules there are. */
struct composite {
    uint32_t rule;
    const struct condition *when;
    const uint32_t *named; /* [named_count] rules that it names */
    size_t named_count;
};

struct rules {
    const struct config *config;
    struct arena *arena; /* of terms' texts and tables */
    struct rule *rules;
    size_t count;
    struct stance_plan stances;
    int views_wanted;          /* bits of enum config_view, of all rules */
    struct term_set fold, raw; /* matched on these views */
    struct disguise *disguise; /* NULL: no rule wants it; ids index fold */
    struct ordinary *ordinary; /* NULL: no word list */
    uint64_t pii_wanted;
    uint64_t secrets_wanted;
    struct rules_model *models; /* [model_count] */
    size_t model_count;
    size_t leak_count;
    size_t pattern_count;
    struct gate *gates; /* [pattern_count] */
    struct gate_use *gate_uses;
    uint32_t *ungated; /* [ungated_count] patterns that need no string */
    size_t ungated_count;
    bool gates_open;     /* every pattern runs on every text: for tests */
    uint32_t *detecting; /* [detecting_count] rules with a detector to call */
    size_t detecting_count;
    uint32_t *linear; /* [linear_count] rules that ask a model */
    size_t linear_count;
    uint32_t *skipping; /* [skipping_count] rules that skip mentions */
    size_t skipping_count;
    struct composite *composites; /* [composite_count] in file order */
    size_t composite_count;
    struct text *tags; /* [tag_count] of rules, that composites count */
    size_t tag_count;
    struct hold_plan *hold; /* what streams hold back */
};

/* One rule being compiled. */
struct compiler {
    struct rules *rules;
    struct problems *problems;
    uint32_t rule;
    struct named *named; /* [named_count] overridden: rules_terms.c */
    size_t named_count;
    const struct config_override *override; /* of the term being added */
    struct cache cache;                     /* folder "": none */
    struct gate_builder *gates;
};

/* A problem of the rule being compiled, at the place of its key. */
void
rules_problem(const struct compiler *c, const char *key, const char *format,
              ...) __attribute__((format(printf, 3, 4)));

/* The same at one item of the list that the key holds. */
void rules_problem_item(const struct compiler *c, const char *key, size_t index,
                        const char *what);

/* "rules.PII_CARD.entity", "composites.DOXX.when" */
void rules_problem_path(const struct config_rule *rule, const char *key,
                        char out[ERR_PATH_BYTES]);

/* "no WHAT "name"; did you mean ...?"; names end with NULL. */
void rules_problem_unknown(const struct compiler *c, const char *key,
                           const char *what, struct text name,
                           const char *const *names);

/* rules_terms.c: the rule's terms, and words that it allows, into the sets. */
void rules_compile_terms(struct compiler *c);
void rules_compile_allow(struct compiler *c);

/* Room for one more term. False: no memory. */
bool rules_term_room(struct term_set *set);

/*
 * rules_gates.c: what a text must hold for the pattern of that number (of the
 * rule being compiled) to match it. When all are known they become literals of
 * the sets; rules_gates_end frees the builder. NULL, false: no memory.
 */
struct gate_builder *rules_gates_new(void);
void rules_gates_free(struct gate_builder *builder);
void rules_compile_gate(struct compiler *c, struct text source, size_t number);
bool rules_gates_end(struct rules *rules, struct gate_builder *builder);

/* rules_conditions.c: `when` and `unless`, parsed and bound. */
void rules_compile_conditions(struct compiler *c);

/* rules_models.c: what is read from files, or prepared once. */
void rules_compile_urls(struct compiler *c);
void rules_compile_linear(struct compiler *c);
void rules_compile_disguises(struct compiler *c);
void rules_free_models(struct rules *rules);

/* rules_lists.c: which rules have what to do. False: no memory. */
bool rules_list(struct rules *rules);

/* rules_detect.c: what the rule's keys say, as the detector has it. */
struct repetition_limits rules_repetition(const struct config_rule *config);
struct oddity_limits rules_oddities(const struct config_rule *config);

/* Which way the request's text goes: CONFIG_INPUT or CONFIG_OUTPUT. */
int rules_direction(const struct rules_request *request);

/* Does an active rule look at what this request brings? */
bool
rules_applies(const struct rule *rule, const struct rules_request *request);

/* Where a pattern can match, as far as the view's literals were read. */
struct gate_state {
    uint8_t seen;         /* bits of its sets that the view holds */
    uint8_t count;        /* windows */
    struct span *windows; /* [GATE_WINDOWS] of starts, apart, in order */
};

enum { GATE_WINDOWS = 16 };

struct rules_scratch {
    struct literals_scratch *literals;
    struct pattern_scratch *patterns;
    struct gate_state *gates; /* [pattern_count] all 0 but for those touched */
    uint32_t *touched;        /* [touched_count] patterns */
    size_t touched_count;
};

#endif
