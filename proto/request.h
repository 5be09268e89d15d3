/*
 * What a caller asks. Texts are views into the message; arrays are in the
 * request's arena. Everything is checked: UTF-8, lengths, ranges, counts.
 */
#ifndef PROTO_REQUEST_H
#define PROTO_REQUEST_H

#include "sidecar/base/text.h"

/* Name on the wire; admin: those of the private socket only. */
#define REQUEST_OPERATIONS(ROW)                                                \
    ROW(REQUEST_SCORE, "score", false)                                         \
    ROW(REQUEST_STREAM_OPEN, "stream.open", false)                             \
    ROW(REQUEST_STREAM_FEED, "stream.feed", false)                             \
    ROW(REQUEST_STREAM_CLOSE, "stream.close", false)                           \
    ROW(REQUEST_STREAM_ABORT, "stream.abort", false)                           \
    ROW(REQUEST_SESSION_OPEN, "session.open", false)                           \
    ROW(REQUEST_SESSION_GET, "session.get", false)                             \
    ROW(REQUEST_SESSION_HISTORY, "session.history", false)                     \
    ROW(REQUEST_SESSION_RESET, "session.reset", false)                         \
    ROW(REQUEST_SESSION_END, "session.end", false)                             \
    ROW(REQUEST_MACHINE_STEP, "machine.step", false)                           \
    ROW(REQUEST_PING, "ping", false)                                           \
    ROW(REQUEST_ECHO, "echo", false)                                           \
    ROW(REQUEST_STATS, "stats", true)                                          \
    ROW(REQUEST_RELOAD, "config.reload", true)                                 \
    ROW(REQUEST_FINGERPRINT_BUILD, "fingerprint.build", true)                  \
    ROW(REQUEST_FINGERPRINT_PUT, "fingerprint.put", true)                      \
    ROW(REQUEST_FINGERPRINT_DROP, "fingerprint.drop", true)                    \
    ROW(REQUEST_FINGERPRINT_GET, "fingerprint.get", false)                     \
    ROW(REQUEST_FINGERPRINT_LIST, "fingerprint.list", false)                   \
    ROW(REQUEST_COMPARE, "compare", false)

#define REQUEST_OPERATION(op, name, admin) op,
enum request_op { REQUEST_OPERATIONS(REQUEST_OPERATION) REQUEST_OPS };
#undef REQUEST_OPERATION

enum request_role {
    REQUEST_ASSISTANT,
    REQUEST_USER,
    REQUEST_TOOL,
    REQUEST_SYSTEM,
    REQUEST_ROLES
};

/* What a stream shows before it is closed. */
enum request_mode {
    REQUEST_GATE,   /* what no rule can change any more */
    REQUEST_SHADOW, /* everything, judged alongside */
    REQUEST_FINAL,  /* nothing */
    REQUEST_MODES
};

/* What the caller's evaluator says of a turn. */
enum request_decision {
    REQUEST_PASS,
    REQUEST_REDIRECT,
    REQUEST_REJECT,
    REQUEST_KICK_OUT,
    REQUEST_DECISIONS
};

/* How a machine ended. */
enum request_outcome {
    REQUEST_OPEN, /* it has not; nil on the wire */
    REQUEST_ACCEPTED,
    REQUEST_REJECTED,
    REQUEST_KICKED_OUT,
    REQUEST_OUTCOMES
};

extern const char *const request_op_names[REQUEST_OPS + 1]; /* NULL-ended */
extern const bool request_op_admin[REQUEST_OPS];
extern const char *const request_role_names[REQUEST_ROLES + 1]; /* NULL-ended */
extern const char *const request_mode_names[REQUEST_MODES + 1]; /* NULL-ended */
extern const char *const request_decision_names[REQUEST_DECISIONS + 1];
/* "ACCEPT", ...; [REQUEST_OPEN] is "". NULL-ended. */
extern const char *const request_outcome_names[REQUEST_OUTCOMES + 1];

enum {
    REQUEST_VERSION = 1,
    REQUEST_ID_BYTES = 128,
    REQUEST_CANDIDATES = 16,
    REQUEST_MODELS = 8,    /* vectors of one candidate */
    REQUEST_METADATA = 32, /* entries */
    REQUEST_CAST = 64,     /* personas sharing a scene */
    REQUEST_CANARIES = 32,
    REQUEST_CLASSIFIERS = 32,     /* of the caller's */
    REQUEST_SCORES = 64,          /* categories of one of them */
    REQUEST_NAME_BYTES = 128,     /* of a persona, session, model */
    REQUEST_SAMPLES = 4096,       /* lines, or vectors, of a fingerprint */
    REQUEST_LEAST_DIMENSIONS = 8, /* of a vector in it */
    REQUEST_COMPARED = 64,        /* personas */
    REQUEST_STREAM_BYTES = 32,    /* of a stream's id, in hexadecimal */
    REQUEST_TITLE_BYTES = 512,    /* of a session's */
    REQUEST_PAGE = 100,           /* turns of history in one reply */
    REQUEST_PAGE_PRESET = 20
};

/* A vector of the caller's own embedding model. Values are not checked yet. */
struct request_vector {
    struct text model;
    const float *values; /* [dim] */
    size_t dim;
};

struct request_candidate {
    struct text text;
    const struct request_vector *vectors; /* [vector_count] */
    size_t vector_count;
};

/* Vectors of one model. Values are not checked yet. */
struct request_vectors {
    const float *values; /* [rows][dim] */
    size_t rows, dim;
};

struct request_texts {
    const struct text *at; /* [count] */
    size_t count;
};

/* What a classifier of the caller's says of one category. */
struct request_score {
    struct text category;
    double value; /* 0..1; NAN: it abstains (nil on the wire) */
};

struct request_classifier {
    struct text name;
    const struct request_score *scores; /* [count] */
    size_t count;
};

/* Where a machine stands, as an earlier reply told. */
struct request_machine {
    bool given;
    struct text state; /* of the machine */
    double score;
    long long redirects, follow_ups; /* in that state */
    enum request_outcome outcome;
};

/* Keys absent from the message are at their default: empty, 0, NAN, -1. */
struct request {
    enum request_op op;
    struct text op_name; /* as it was sent, for the reply */
    struct text id;
    struct text token;
    struct text traceparent;
    struct text metadata;  /* the map as it stood in the message, or empty */
    long long deadline_ms; /* -1: not given */
    /* score */
    struct text persona, workspace, session, message_id, locale;
    long long turn; /* -1: not given */
    enum request_role role;
    const struct request_candidate *candidates; /* [candidate_count] */
    size_t candidate_count;
    struct request_texts guardrails, canaries, cast;
    struct text system_prompt;
    const struct request_classifier *classifiers; /* [classifier_count] */
    size_t classifier_count;
    double drift_threshold; /* 0..1, NAN: not given */
    long long attempt;
    bool explain;
    /* fingerprint.*, with persona; compare */
    struct request_texts samples;
    struct text model; /* of the vectors */
    struct request_vectors vectors;
    struct request_texts personas;
    /* stream.open: the keys of score, and */
    enum request_mode mode;
    /* stream.feed, stream.close, stream.abort */
    struct text stream; /* id */
    long long seq;
    struct text delta; /* may be cut inside a character where it was a bin */
    /* session.open: persona, workspace, session as in score, and */
    struct text user, title, machine;
    /* session.history */
    unsigned long long cursor; /* 0: the newest */
    long long limit;           /* 1..REQUEST_PAGE */
    /* machine.step: session, message_id, machine, and */
    struct request_machine stands;
    enum request_decision decision;
    bool follow_up;
};

#endif
