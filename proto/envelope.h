/*
 * What a caller is answered about one candidate: proto/PROTOCOL.md, "The
 * envelope". Texts are views into the request, its arena or the engine.
 */
#ifndef PROTO_ENVELOPE_H
#define PROTO_ENVELOPE_H

#include <stdint.h>

#include "sidecar/base/text.h"

enum envelope_verdict { /* of moderation, mildest first */
                        VERDICT_PASS,
                        VERDICT_FLAG,
                        VERDICT_REDACT,
                        VERDICT_REFUSE,
                        VERDICTS
};

enum envelope_action { /* of everything, mildest first */
                       ACTION_SHIP,
                       ACTION_REDACT,
                       ACTION_REGENERATE,
                       ACTION_FALLBACK,
                       ACTION_BLOCK,
                       ACTIONS
};

enum envelope_drift_status {
    DRIFT_OK,
    DRIFT_NOT_APPLICABLE,
    DRIFT_NO_FINGERPRINT,
    DRIFT_LOW_EVIDENCE,
    DRIFT_MODEL_MISMATCH,
    DRIFT_BAD_VECTOR,
    DRIFT_UNAVAILABLE,
    DRIFT_STATUSES
};

extern const char *const envelope_verdict_names[VERDICTS + 1];
extern const char *const envelope_action_names[ACTIONS + 1];
extern const char *const envelope_drift_names[DRIFT_STATUSES + 1];
extern const char *const envelope_via_names[]; /* by bit, ended by NULL */

/* Half-open, of the candidate as it was sent. */
struct envelope_span {
    size_t from, to;
};

/* Views in which a hit was found, as bits, in the order of their names. */
enum envelope_via {
    ENVELOPE_VIA_RAW = 1,
    ENVELOPE_VIA_FOLD = 2,
    ENVELOPE_VIA_LEET = 4,
    ENVELOPE_VIA_SQUASH = 8,
    ENVELOPE_VIA_DECODED = 16,
    ENVELOPE_VIA_FUZZY =
        32 /* a near spelling: masked, glued, split, mistyped */
};

/* A piece of the text that weighed in a model's score, and how much. */
struct envelope_reason {
    struct text gram;
    double weight; /* log odds: above 0 for the hit, below against it */
};

struct envelope_hit {
    struct text rule, type, category, severity, mode, stage;
    struct text action; /* what it does by itself; not on the wire */
    const struct envelope_reason *reasons; /* [reason_count] where explained */
    size_t reason_count;
    struct text entity;      /* "" none */
    struct text replacement; /* at NULL: not replaced */
    double score;            /* -1..1 */
    int via;                 /* bits of enum envelope_via */
    struct envelope_span bytes, code_points, utf16;
};

/* How the caller's classifiers voted on a category. */
struct envelope_votes {
    struct text outcome; /* "carried", "not_carried", "no_quorum"; "": none */
    size_t yes, no, abstained;
};

struct envelope_category {
    struct text name;
    double score;     /* 0..1 */
    double threshold; /* the strongest reached, else the lowest; NAN: none */
    bool flagged;
    struct envelope_votes votes;
};

struct envelope_decision {
    /* "rule", "composite", "threshold", "votes", "drift", "error"; "" nothing
     */
    struct text kind;
    struct text id;
};

/* Why a reply lies off the voice, or what would bring it back. */
struct envelope_hint {
    const char *kind;  /* see sidecar/engine/persona.h */
    struct text text;  /* a sentence to ask the model with */
    struct text about; /* a word, a pattern, a habit; "" none */
    double here, hers; /* in this reply, in the persona's lines; NAN: none */
    double strength;   /* standard deviations, > 0; NAN: not told */
    int sample;        /* its place, from 0; -1: about no line */
};

/* One of two measures that became one score. */
struct envelope_part {
    struct text source; /* "builtin", "caller" */
    struct text model;
    enum envelope_drift_status status;
    double weight;     /* in the score, 0..1 */
    double score;      /* calibrated, as if alone; NAN: nil */
    double raw;        /* NAN: nil */
    double percentile; /* NAN: nil */
};

enum { ENVELOPE_PARTS = 2 };

/* How the voice holds over a session: sidecar/engine/trend.h. */
struct envelope_trend {
    struct text state;     /* "stable", "slipping", "lost" */
    double ewma;           /* moving mean of deviations */
    uint64_t since;        /* turn at which the drift began */
    bool drifting;         /* is `since` there? state is not stable */
    struct text statistic; /* "pooled", ...: what the state goes by */
    double value;          /* of the statistic */
    /* The last replies together, so that short ones can be judged too. */
    size_t pooled;     /* how many */
    uint64_t from;     /* turn of the first of them */
    size_t chars;      /* code points that they have together */
    bool enough;       /* may they be judged? */
    double score;      /* as a driftScore of them all, 0..1 */
    double percentile; /* share of her own such pools as far out, 0..1 */
};

/* A line of the persona's own, told by its place among her samples. */
struct envelope_line {
    uint32_t sample; /* from 0 */
    double likeness; /* 0..1 */
};

enum { ENVELOPE_NEAREST, ENVELOPE_FARTHEST, ENVELOPE_OWN };

/* How much a reply sounds like a generic assistant. */
struct envelope_pull {
    double pull;       /* mean over its features, log odds; NAN: not told */
    double deviations; /* above the mean of her own lines */
    double percentile; /* share of her own lines with as much, 0..1 */
};

struct envelope_drift {
    enum envelope_drift_status status;
    double score;       /* 0..1, 4 decimals; NAN: nil on the wire */
    double threshold;   /* 0..1; NAN: nil */
    bool alert;         /* only where status is DRIFT_OK */
    double raw;         /* 1 - cosine, 0..2; NAN: nil */
    double percentile;  /* 0..1; NAN: nil */
    struct text scale;  /* "calibrated", "cosine" */
    struct text source; /* "builtin", "caller", "fused" */
    struct text model;
    double deviations;            /* of the score; NAN: none. Not on the wire */
    size_t chars;                 /* code points measured. Not on the wire */
    struct text threshold_source; /* "request", "persona", "config" */
    struct text reason;           /* why there is no score; "" */
    struct text nearest_other;    /* of the cast; "" none was compared */
    double margin;                /* see sidecar/engine/cast.h */
    bool swap_suspected;
    int register_index;                /* -1: nil */
    const struct envelope_hint *hints; /* [hint_count] */
    size_t hint_count;
    /* Where explained; counts of 0 else. */
    const struct envelope_part *parts; /* [part_count] */
    size_t part_count;
    const struct envelope_line *own;    /* [ENVELOPE_OWN]; NULL: not told */
    const struct envelope_pull *pull;   /* NULL: not told */
    const struct envelope_trend *trend; /* NULL: no session */
};

/* A machine that another one opened. */
struct envelope_unlocked {
    struct text id, key, name;
    bool auto_advance;
};

/* Where a session's state machine stands, and what moved it there just now. */
struct envelope_machine {
    struct text id, state;
    double score;         /* 2 decimals */
    const char *outcome;  /* NULL: it goes on */
    const char *decision; /* as taken; NULL: it was not stepped */
    bool follow_up;
    unsigned redirects, follow_ups;           /* in this state */
    const char *scoring;                      /* "scoring", "pass_fail" */
    const struct envelope_unlocked *unlocked; /* [unlocked_count] by it */
    size_t unlocked_count;
    const char *moved_by, *ended_by; /* NULL: nothing did */
    struct text from;   /* where it was stepped: its state before; "" else */
    double score_delta; /* likewise */
};

/* Blocks of an earlier reply to the same message, as msgpack; "": none. */
struct envelope_written {
    struct text trend, machine;
};

struct envelope_alert {
    struct text type, reason, id, dedup_key, severity;
};

enum { ENVELOPE_ALERTS = 2 };

struct envelope_coverage {
    size_t bytes;
    size_t rules_run, rules_skipped, errors;
    bool deadline_hit, degraded, truncated_matches;
};

struct envelope {
    enum envelope_verdict verdict;
    enum envelope_action action, would_action;
    struct envelope_decision decided_by;
    struct text content;      /* at NULL: the candidate itself is fine */
    struct text pool, locale; /* of the fallback; pool "" none */
    size_t line;              /* its index in the pool's locale */
    const struct envelope_category *categories;
    size_t category_count;
    const struct envelope_hit *hits;
    size_t hit_count;
    struct envelope_drift drift;
    struct envelope_alert alerts[ENVELOPE_ALERTS];
    size_t alert_count;
    struct envelope_coverage coverage;
    const struct text *unsupported; /* extraGuardrails not understood */
    size_t unsupported_count;
    const struct envelope_machine *machine; /* NULL: the session has none */
    const struct envelope_written *written; /* NULL: the reply is a new one */
    const char *error_code; /* where action is block; else NULL */
    int error_http;
    const char *error_message;
};

/* Microseconds, whole. */
struct envelope_timing {
    uint64_t total, queue, normalise, rules, embed, drift;
};

/* Which engine answered. */
struct envelope_engine {
    uint64_t generation;
    struct text hash; /* lower-case hexadecimal */
};

#endif
