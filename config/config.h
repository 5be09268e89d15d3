/*
 * The whole configuration, read, typed, checked and merged. Built by
 * config/load.h, compiled by sidecar/engine, never written to afterwards.
 *
 * Every key, its range, default, unit and help stand in config/schema.c; the
 * comments here only say what the code needs to know. Everything lives in the
 * configuration's arena. `node` in a record is where it came from: node_place()
 * gives the place of any of its keys for a message.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "config/node.h"
#include "sidecar/base/digest.h"

struct config_texts {
    struct text *at; /* [count] */
    size_t count;
};

/* The rules' actions, weakest first; NONE: thresholds alone decide. */
enum config_action {
    CONFIG_NONE,
    CONFIG_FLAG,
    CONFIG_REDACT,
    CONFIG_FALLBACK,
    CONFIG_BLOCK
};

enum config_mode { CONFIG_ENFORCE, CONFIG_MONITOR, CONFIG_DISABLED };

enum config_severity {
    CONFIG_INFO,
    CONFIG_LOW,
    CONFIG_MEDIUM,
    CONFIG_HIGH,
    CONFIG_CRITICAL,
    CONFIG_SEVERITIES
};

enum config_drift_action {
    CONFIG_DRIFT_WARN,
    CONFIG_DRIFT_AUTO_RECOVER,
    CONFIG_DRIFT_BLOCK
};

enum config_scale { CONFIG_SCALE_CALIBRATED, CONFIG_SCALE_COSINE };

enum config_rule_type {
    CONFIG_TERMS,
    CONFIG_REGEX,
    CONFIG_PII,
    CONFIG_PERSONA_BREAK,
    CONFIG_PROMPT_LEAK,
    CONFIG_LENGTH,
    CONFIG_RULE_TYPES
};

enum config_match { CONFIG_WORD, CONFIG_SUBSTRING, CONFIG_WILDCARD };

enum config_robust { CONFIG_ROBUST_NONE, CONFIG_ROBUST_BASIC };

enum config_operator_type {
    CONFIG_REPLACE,
    CONFIG_MASK,
    CONFIG_HASH,
    CONFIG_REMOVE
};

enum config_pick { CONFIG_ROTATE, CONFIG_PICK_HASH, CONFIG_FIRST };

enum config_direction { /* bits */
                        CONFIG_OUTPUT = 1,
                        CONFIG_INPUT = 2
};

enum config_skip { /* bits */ CONFIG_SKIP_QUOTED = 1, CONFIG_SKIP_CODE = 2 };

enum config_span_unit { CONFIG_CODE_POINT, CONFIG_BYTE, CONFIG_UTF16 };

struct config_limits {
    const struct node *node;
    long long message_bytes;     /* a wire message; above: too_large */
    long long text_bytes;        /* one candidate */
    long long depth, nodes;      /* of one msgpack message */
    long long guardrails;        /* items in extraGuardrails */
    long long guardrail_bytes;   /* one of them */
    long long prompt_bytes;      /* systemPrompt */
    long long vector_dimensions; /* of a caller's vector */
    long long hits;              /* kept per candidate; the rest is counted */
    long long request_memory;    /* bytes of arena for one request */
    long long connections;       /* in all */
    long long in_flight;         /* requests of one connection */
    long long queue_requests, queue_bytes;
    long long workers;     /* threads that judge; 0: one per processor */
    long long deadline_ms; /* where the request names none */
    long long deadline_max_ms;
    long long handshake_ms; /* for the 8 bytes of greeting */
    long long receive_ms;   /* for the rest of a message once begun */
    long long send_ms;      /* for a reply that the client does not read */
    long long drain_ms;     /* for requests in flight at SIGTERM */
};

struct config_engine {
    const struct node *node;
    enum config_mode enforcement;    /* enforce or monitor, for everything */
    long long level, blocking_level; /* 1 to 4 */
    enum config_action on_error;     /* fallback or block */
    double severities[CONFIG_SEVERITIES]; /* a rule's score where it has none */
};

struct config_drift {
    const struct node *node;
    double threshold;  /* driftScore that alerts, 0..1 */
    double alert_rate; /* share of her own lines instead; NAN: not given */
    enum config_drift_action on_alert;
    enum config_scale scale;        /* of the built-in measure */
    enum config_scale vector_scale; /* of the caller's vectors */
    long long min_chars;    /* shorter replies are low_evidence; code points */
    long long min_samples;  /* lines a fingerprint needs */
    struct text background; /* path of the voice model file */
};

struct config_thresholds { /* 0..1; NAN: not given */
    const struct node *node;
    double flag, redact, fallback, block;
};

struct config_category {
    const struct node *node;
    struct text id;
    struct config_texts aliases; /* "openai=self-harm", in file order */
    struct config_thresholds thresholds;
};

struct config_group {
    const struct node *node;
    struct text id;
    double max_score;
};

struct config_list {
    const struct node *node;
    struct text id;            /* "" where it stands inside a rule */
    struct text file;          /* resolved path, or "" */
    struct config_texts terms; /* inline, then those of the file */
    enum config_match match;   /* how its terms match */
    bool match_given;
};

struct config_operator {
    const struct node *node;
    enum config_operator_type type;
    struct text new_value;    /* "{entity}" is filled in */
    struct text masking_char; /* one character */
    long long chars_to_mask;  /* code points; -1: all */
    bool from_end;
};

struct config_context { /* words near a match that make it likelier */
    const struct node *node;
    struct config_texts words;
    long long before_words;
    double boost, floor;
};

struct config_test {
    const struct node *node;
    struct text text;
    struct config_texts expect_ids, no_expect_ids;
    bool isolated; /* nothing but expect_ids may hit */
    bool action_given;
    enum config_action action; /* CONFIG_NONE for "allow" */
    struct text redacted;      /* at NULL: not given */
    long long *spans;          /* [2 * span_count], of expect_ids[0]'s hits */
    size_t span_count;
    enum config_span_unit span_unit;
    struct text persona, role, locale, system_prompt;
};

struct config_rule {
    const struct node *node;
    struct text id;
    enum config_rule_type type;
    struct text msg;
    struct config_texts tags;
    struct text category;
    struct text group;
    enum config_severity severity;
    double score; /* -1..1; NAN: the severity's */
    long long max_hits;
    enum config_action action;
    struct config_operator redaction; /* node NULL: [ENTITY], or [redacted] */
    struct text fallback;             /* a pool, or "" */
    enum config_mode mode;
    long long level;
    int directions; /* bits of enum config_direction */
    struct config_texts languages;
    struct config_texts allow; /* a hit inside one of these is dropped */
    enum config_robust robust;
    struct text unless; /* "tag:NAME", "persona.is_ai", or "" */
    bool suppressible;  /* may a request switch it off? */
    struct config_test *tests;
    size_t test_count;
    /* terms, persona_break */
    struct text *list_names; /* [list_name_count] */
    size_t list_name_count;
    struct config_list *lists; /* those that stand inside the rule */
    size_t list_count;
    struct config_texts terms;
    enum config_match match;
    bool plural;
    /* regex, persona_break, pii */
    struct config_texts patterns; /* `pattern` is a list of one */
    /* pii */
    struct text entity;
    double min_score;
    struct config_context context;
    /* prompt_leak */
    long long ngram_words, min_run_words;
    double min_ratio;
    /* persona_break */
    int skip; /* bits of enum config_skip */
    /* length, code points; -1: not given */
    long long min_chars, max_chars;
};

struct config_lines { /* one locale of a pool */
    const struct node *node;
    struct text locale;
    struct config_texts lines;
};

struct config_pool {
    const struct node *node;
    struct text id;
    enum config_pick pick;
    struct config_lines *locales;
    size_t locale_count;
};

struct config_persona {
    const struct node *node;
    struct text id;
    struct text name;        /* fills {persona_name} in fallbacks; or the id */
    struct text samples;     /* resolved path, or "" */
    struct text fingerprint; /* resolved path, or "" */
    struct text locale;
    struct config_texts tags;
    struct config_drift drift; /* node NULL: the default's values throughout */
    struct text fallbacks;     /* pool of her own lines, or "" */
};

struct config_log {
    const struct node *node;
    int level; /* enum log_level */
};

struct config_pack { /* what a rule file says of itself */
    const struct node *node;
    struct text id, version, description; /* "" where not given */
};

struct config {
    struct arena *arena; /* owns everything here, the struct too */
    const struct node *root;
    struct digest digest;      /* of all files read, in order of reading */
    struct config_texts files; /* as places name them, in that order */
    bool allow_empty;          /* no rule at all is meant */
    struct config_pack *packs;
    size_t pack_count;
    struct config_texts listen;
    bool allow_remote;
    struct text tls_cert, tls_key; /* resolved paths, or "" */
    struct text token;             /* "" none */
    struct text admin_listen;      /* "none" none */
    bool admin_on_serving;
    struct text http_listen; /* "none" */
    struct config_limits limits;
    struct config_engine engine;
    struct config_drift drift;
    struct config_category *categories;
    size_t category_count;
    struct config_group *groups;
    size_t group_count;
    struct config_list *lists;
    size_t list_count;
    struct config_rule *rules;
    size_t rule_count;
    struct config_pool *fallbacks;
    size_t pool_count;
    struct config_persona *personas;
    size_t persona_count;
    struct config_test *tests;
    size_t test_count;
    struct config_log log;
};

#endif
