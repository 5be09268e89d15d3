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

#include "config/config_machine.h"
#include "config/config_store.h"
#include "config/node.h"
#include "sidecar/base/digest.h"

struct config_texts {
    struct text *at; /* [count] */
    size_t count;
};

static inline bool
config_texts_hold(const struct config_texts *texts, struct text wanted)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (text_equal(texts->at[i], wanted)) {
            return true;
        }
    }
    return false;
}

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

enum config_trend_statistic {
    CONFIG_TREND_POOLED,
    CONFIG_TREND_EWMA,
    CONFIG_TREND_CUSUM,
    CONFIG_TREND_JOINT
};

enum config_rule_type {
    CONFIG_TERMS,
    CONFIG_REGEX,
    CONFIG_PII,
    CONFIG_PERSONA_BREAK,
    CONFIG_PROMPT_LEAK,
    CONFIG_LENGTH,
    CONFIG_SECRET,
    CONFIG_URL,
    CONFIG_REPETITION,
    CONFIG_FLOOD,
    CONFIG_UNICODE,
    CONFIG_LANGUAGE,
    CONFIG_LINEAR,
    CONFIG_COMPOSITE, /* stands under `composites`, not `rules` */
    CONFIG_RULE_TYPES
};

enum config_match { CONFIG_WORD, CONFIG_SUBSTRING, CONFIG_WILDCARD };

/* How much disguise is seen through; each includes the ones before it. */
enum config_robust {
    CONFIG_ROBUST_NONE,   /* the text as it stands */
    CONFIG_ROBUST_BASIC,  /* the fold view */
    CONFIG_ROBUST_STRONG, /* every view; masked and spelt-out words */
    CONFIG_ROBUST_FUZZY   /* near spellings, glued and split words */
};

enum config_view { /* bits */
                   CONFIG_VIEW_RAW = 1,
                   CONFIG_VIEW_FOLD = 2,
                   CONFIG_VIEW_LEET = 4,
                   CONFIG_VIEW_SQUASH = 8,
                   CONFIG_VIEW_DECODED = 16
};

/* Of a composite: what becomes of the hits that it is made of. */
enum config_policy {
    CONFIG_POLICY_LEAVE,
    CONFIG_POLICY_REMOVE_SYMBOL, /* they count, but are not listed */
    CONFIG_POLICY_REMOVE_WEIGHT, /* they are listed, but do not count */
    CONFIG_POLICY_REMOVE_ALL
};

enum config_mutation { /* bits */
                       CONFIG_MUTATE_CASING = 1,
                       CONFIG_MUTATE_ZERO_WIDTH = 2,
                       CONFIG_MUTATE_CONFUSABLE = 4,
                       CONFIG_MUTATE_FULLWIDTH = 8,
                       CONFIG_MUTATE_DIACRITIC = 16,
                       CONFIG_MUTATE_LEET = 32,
                       CONFIG_MUTATE_SPACED = 64,
                       CONFIG_MUTATE_STRETCHED = 128,
                       CONFIG_MUTATE_ENTITY = 256
};

enum config_oddity { /* bits: what a rule of type unicode forbids */
                     CONFIG_ODD_BIDI_OVERRIDE = 1,
                     CONFIG_ODD_BIDI_ISOLATE = 2,
                     CONFIG_ODD_TAG_CHARS = 4,
                     CONFIG_ODD_VARIATION_SELECTORS = 8,
                     CONFIG_ODD_PRIVATE_USE = 16,
                     CONFIG_ODD_NONCHARACTERS = 32,
                     CONFIG_ODD_CONTROL = 64,
                     CONFIG_ODD_MIXED_SCRIPTS = 128,
                     CONFIG_ODD_IGNORABLES_ONLY = 256
};

enum config_preset { CONFIG_STRICT, CONFIG_BALANCED, CONFIG_SENSITIVE };

/* What the detectors can count to: sidecar/engine/repetition.h, flood.h. */
enum { CONFIG_REPEATED_WORDS = 12, CONFIG_NEAR_DUPLICATES = 15 };

enum config_flood_key { CONFIG_FLOOD_SESSION, CONFIG_FLOOD_PERSONA };

enum config_role { /* bits */
                   CONFIG_ROLE_ASSISTANT = 1,
                   CONFIG_ROLE_USER = 2,
                   CONFIG_ROLE_TOOL = 4,
                   CONFIG_ROLE_SYSTEM = 8
};

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
    long long personas;          /* enrolled over the wire */
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
    long long streams;      /* open, in all */
    long long streams_per_connection;
    long long stream_bytes; /* memory of all open streams */
    long long stream_idle;  /* ms; then a stream that is not fed ends */
};

/* How outside classifiers' scores decide: k yeses of those named. */
struct config_votes {
    const struct node *node; /* NULL: not given */
    struct config_texts of;  /* classifiers; none: whoever the request names */
    long long k;             /* yeses that carry it */
    long long quorum;        /* that must have voted; -1: k */
    bool count_self;         /* our own score votes too */
    double threshold;        /* a score votes yes from here on */
    enum config_action action;     /* of a vote that is carried */
    enum config_action on_too_few; /* NONE: nothing */
};

struct config_engine {
    const struct node *node;
    enum config_mode enforcement;    /* enforce or monitor, for everything */
    long long level, blocking_level; /* 1 to 4 */
    enum config_action on_error;     /* fallback or block */
    double severities[CONFIG_SEVERITIES]; /* a rule's score where it has none */
    double obfuscation_bonus;     /* added to a hit that only a disguise hid */
    double sampling_percentage;   /* share of requests enforced, 0..100 */
    struct text ordinary_words;   /* path of a word list, or "" */
    struct text cache;            /* folder of compiled databases, or "" */
    struct text hash_key;         /* of operators of type hash; "" none */
    enum config_action on_deny;   /* deny:TERM of a request */
    enum config_action on_length; /* its max_chars:N, min_chars:N */
    enum config_action on_language; /* its lang:xx */
    struct config_votes votes;
};

/* How a session's drift is followed: sidecar/engine/trend.h. */
struct config_trend {
    const struct node *node;
    enum config_trend_statistic statistic;
    double slipping_at, lost_at; /* NAN: the statistic's own */
    double calm;
};

/* What vectors of a model have in common: sidecar/engine/vector_background.h.
 */
struct config_vector_background {
    const struct node *node;
    struct text model;
    struct text file;    /* resolved path */
    long long dimension; /* -1: not given */
};

struct config_drift {
    const struct node *node;
    double threshold;  /* driftScore that alerts, 0..1 */
    double alert_rate; /* share of her own lines instead; NAN: not given */
    enum config_drift_action on_alert;
    enum config_scale scale;        /* of the built-in measure */
    enum config_scale vector_scale; /* of the caller's vectors */
    double fuse_weight; /* of a vector beside the text; NAN: by vector_scale */
    struct config_trend trend;
    long long min_chars;   /* shorter replies are low_evidence; code points */
    long long min_samples; /* lines a fingerprint needs */
    bool hold_first_sentence; /* of a stream, where an alert blocks */
    struct text background;   /* path of the voice model file */
    struct config_vector_background *vector_backgrounds;
    size_t vector_background_count;
    struct text keep; /* folder of what came over the wire, or "none" */
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
    struct config_votes votes; /* node NULL: the engine's */
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
    struct config_texts extra_guardrails;
    bool would_action_given;
    enum config_action would_action;
    struct config_texts category_scores; /* "hate=>=0.6", in file order */
};

/* A term of a rule that counts otherwise than the rule's others. */
struct config_override {
    const struct node *node;
    struct config_texts terms;
    struct text id; /* shown as the hit's entity; "" none */
    double score;   /* NAN: by its severity, or the rule's */
    bool severity_given, action_given;
    enum config_severity severity;
    enum config_action action;
};

struct config_entropy {
    const struct node *node; /* NULL: tokens without a prefix do not count */
    double min_bits_per_char;
    long long min_chars;
    bool anywhere; /* without a telling word nearby, too */
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
    struct text when, unless; /* conditions: engine/condition.h; or "" */
    bool suppressible;        /* may a request switch it off? */
    int mutate;               /* bits of enum config_mutation */
    bool mutate_given;
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
    struct config_override *overrides;
    size_t override_count;
    /* regex, persona_break */
    struct config_texts patterns; /* `pattern` is a list of one */
    int views;                    /* bits of enum config_view; 0: by robust */
    /* pii */
    struct text entity;
    double min_score;
    struct config_context context;
    /* prompt_leak */
    long long ngram_words, min_run_words;
    double min_ratio;
    /* persona_break */
    int skip; /* bits of enum config_skip */
    /* length, language; code points; -1: not given */
    long long min_chars, max_chars;
    /* secret */
    struct config_texts providers; /* none: all */
    struct config_entropy entropy;
    /* url */
    struct config_texts allow_domains; /* domains, or names of lists of them */
    bool allow_subdomains;
    struct config_texts allowed_schemes;
    bool block_userinfo, block_ip_hosts, block_lookalike_hosts;
    bool block_private_hosts, block_shorteners, block_mismatch;
    long long max_urls; /* -1: not given */
    /* repetition; -1, NAN: not given */
    long long max_char_run, max_token_run, max_sentence_repeats;
    double max_ngram_share;
    /* flood */
    enum config_flood_key key;
    long long window_ms, max_messages, max_near_duplicates;
    /* unicode */
    long long max_combining_run, max_invisible; /* -1: not given */
    int forbid;                                 /* bits of enum config_oddity */
    /* language */
    struct config_texts allowed;
    /* linear */
    struct text weights; /* resolved path */
    struct text head;
    double threshold; /* NAN: the preset's */
    bool graded;      /* counts below the threshold too */
    enum config_preset preset;
    /* composite */
    enum config_policy policy;
    /* not of the file: */
    int guardrail; /* index of the set that adds it, or CONFIG_NO_GUARDRAIL */
};

enum {
    CONFIG_NO_GUARDRAIL = -1,
    CONFIG_OF_REQUEST =
        -2 /* run only where a request brings what to look for */
};

/* The rules that stand for a request's own guardrails, last of all rules. */
enum config_request_rule {
    CONFIG_REQUEST_DENY,
    CONFIG_REQUEST_LENGTH,
    CONFIG_REQUEST_LANGUAGE,
    CONFIG_REQUEST_RULES
};

#define CONFIG_NO_RULE SIZE_MAX

/* What a set or profile changes of one rule. */
struct config_rule_patch {
    const struct node *node;
    struct text rule;
    size_t index; /* into config->rules; CONFIG_NO_RULE: there is none */
    bool action_given, mode_given;
    enum config_action action;
    enum config_mode mode;
};

struct config_category_patch {
    struct config_thresholds thresholds; /* NAN: as it is */
    struct text category;
};

/* A set that requests name: extraGuardrails: ["@id"]. */
struct config_guardrail {
    const struct node *node;
    struct text id;
    struct config_rule_patch *rules;
    size_t rule_count;
    struct config_rule *add; /* copied behind the rules of the configuration */
    size_t add_count;
};

/* Settings for some personas, tags, languages, roles. */
struct config_profile {
    const struct node *node;
    struct text id;
    long long priority; /* later and higher win */
    /* match: each that is given must hold, by any of its items */
    struct config_texts personas; /* a star stands for the rest */
    struct config_texts tags, languages;
    int roles; /* bits of enum config_role; 0: any */
    /* apply */
    long long level, blocking_level; /* -1: as it is */
    struct config_category_patch *thresholds;
    size_t threshold_count;
    struct config_rule_patch *rules;
    size_t rule_count;
    struct config_texts groups_disabled, guardrails;
    struct text fallback; /* pool, or "" */
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
    struct config_texts machines; /* the primary one first */
};

struct config_log {
    const struct node *node;
    int level; /* enum log_level */
};

enum config_layer { CONFIG_BASE, CONFIG_PACK, CONFIG_SITE };

struct config_pack { /* what a rule file says of itself */
    const struct node *node;
    struct text id, version, description; /* "" where not given */
    enum config_layer layer; /* a higher one changes what lower ones say */
    enum config_mode mode;   /* monitor: its rules count in wouldAction only */
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
    /*
     * Rules as they stand, then composites, then those that sets add; and
     * behind those rule_count, the CONFIG_REQUEST_RULES.
     */
    struct config_rule *rules;
    size_t rule_count;
    struct config_rule *composites; /* as bound */
    size_t composite_count;
    struct config_guardrail *guardrails;
    size_t guardrail_count;
    struct config_profile *profiles;
    size_t profile_count;
    struct config_pool *fallbacks;
    size_t pool_count;
    struct config_persona *personas;
    size_t persona_count;
    struct config_machine *machines;
    size_t machine_count;
    struct config_test *tests;
    size_t test_count;
    struct config_log log;
    struct config_sessions sessions;
    struct config_store store;
    struct config_journal journal;
    struct config_alerts alerts;
};

/* The list of `lists` with that id; NULL: there is none. */
static inline const struct config_list *
config_find_list(const struct config *config, struct text id)
{
    for (size_t i = 0; i < config->list_count; i++) {
        if (text_equal(config->lists[i].id, id)) {
            return &config->lists[i];
        }
    }
    return NULL;
}

#endif
