/*
 * The replies of fingerprint.* and compare: as proto/encode.h.
 */
#ifndef PROTO_ENCODE_FINGERPRINT_H
#define PROTO_ENCODE_FINGERPRINT_H

#include "proto/encode.h"

/* What a share of her own lines reaches. */
struct encode_alert {
    double rate;  /* the share */
    double score; /* driftScore on the scale "calibrated" */
    double raw;   /* 1 - cosine; NAN: too few lines to tell */
};

enum { ENCODE_ALERTS = 2, ENCODE_REGISTERS = 8 };

/* How her own lines lie from each other, as 1 - cosine. */
struct encode_calibration {
    size_t rows; /* 0: not calibrated */
    double mean, sd;
    struct encode_alert alerts[ENCODE_ALERTS];
};

/* What a fingerprint holds of one model. */
struct encode_voice {
    struct text model;
    bool builtin; /* lines by the built-in measure; else the caller's vectors */
    size_t rows;
    size_t dimensions; /* of the caller's */
    /* What became of the lines given; given 0: not known. */
    size_t given, duplicates, unusable, alike, outliers;
    const uint32_t *outlier_at;         /* [outliers] places; NULL: not known */
    size_t registers[ENCODE_REGISTERS]; /* rows of each */
    size_t register_count;
    struct encode_calibration calibration;
    struct text warning; /* "" none */
};

struct encode_fingerprint {
    struct text persona;
    const char *origin; /* "config", "wire", "overlay" */
    struct text source; /* where it came from, or "" */
    struct text hash;   /* "": there is no fingerprint */
    int64_t created;    /* Unix seconds; 0: not known */
    size_t lines;       /* of the built-in measure */
    double threshold;
    const struct encode_voice *voices; /* [voice_count] */
    size_t voice_count;
};

/* What was built or put: `print` with the one of its voices it is about. */
void encode_enrolled(struct buffer *to, const struct encode_answer *answer,
                     const struct encode_fingerprint *print,
                     const struct encode_voice *voice, bool changed);

void encode_fingerprint(struct buffer *to, const struct encode_answer *answer,
                        const struct encode_fingerprint *print);

/* prints [count]: of their voices only the models are told. */
void encode_fingerprints(struct buffer *to, const struct encode_answer *answer,
                         const struct encode_fingerprint *prints, size_t count);

/* `left` is what she has now, its origin NULL where she is gone. */
void encode_dropped(struct buffer *to, const struct encode_answer *answer,
                    const struct text *models, size_t count,
                    const struct encode_fingerprint *left);

struct encode_pair { /* personas that are nearly the same voice */
    size_t a, b;
    double apart;
};

struct encode_comparison {
    const struct text *ids; /* [count] */
    size_t count;
    const char *const *baselines; /* [baseline_count] their names */
    size_t baseline_count;
    /* [count + baseline_count][count]; PROTOCOL.md, "Comparing" */
    const double *matrix;
    const struct encode_pair *alike; /* [alike_count] */
    size_t alike_count;
};

void encode_comparison(struct buffer *to, const struct encode_answer *answer,
                       const struct encode_comparison *comparison);

#endif
