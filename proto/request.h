/*
 * What a caller asks. Texts are views into the message; arrays are in the
 * request's arena. Everything is checked: UTF-8, lengths, ranges, counts.
 */
#ifndef PROTO_REQUEST_H
#define PROTO_REQUEST_H

#include "sidecar/base/text.h"

enum request_op {
    REQUEST_SCORE,
    REQUEST_PING,
    REQUEST_ECHO,
    REQUEST_STATS,  /* admin */
    REQUEST_RELOAD, /* admin */
    REQUEST_OPS
};

enum request_role {
    REQUEST_ASSISTANT,
    REQUEST_USER,
    REQUEST_TOOL,
    REQUEST_SYSTEM,
    REQUEST_ROLES
};

extern const char *const request_op_names[REQUEST_OPS + 1];     /* NULL-ended */
extern const char *const request_role_names[REQUEST_ROLES + 1]; /* NULL-ended */

enum {
    REQUEST_VERSION = 1,
    REQUEST_ID_BYTES = 128,
    REQUEST_CANDIDATES = 16,
    REQUEST_MODELS = 8,    /* vectors of one candidate */
    REQUEST_METADATA = 32, /* entries */
    REQUEST_CAST = 64,     /* personas sharing a scene */
    REQUEST_CANARIES = 32,
    REQUEST_CLASSIFIERS = 32, /* of the caller's */
    REQUEST_SCORES = 64,      /* categories of one of them */
    REQUEST_NAME_BYTES = 128  /* of a persona, session, model */
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
};

#endif
