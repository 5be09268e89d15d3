/*
 * A record of the journal and its place in the hash chain.
 *
 * A record's hash is SHA-256 over its fields in the order of the struct, each
 * preceded by its length as 8 bytes little-endian, so that no two records have
 * the same bytes: a text as it is; a whole number as 8 bytes little-endian,
 * two's complement; a measure as the 8 bytes of its IEEE 754 double, and no
 * byte where it is null. The last one is the hash of the record before, 32
 * zero bytes for the first record of all.
 */
#ifndef SIDECAR_STORE_JOURNAL_CHAIN_H
#define SIDECAR_STORE_JOURNAL_CHAIN_H

#include "sidecar/base/digest.h"

enum { JOURNAL_CHAIN_NO_ALERT = -1 };

/* As the columns of the table. */
struct journal_record {
    uint64_t seq; /* 1, 2, 3 ... */
    int64_t at;   /* milliseconds since 1970, UTC */
    struct text op, persona, session, message_id, workspace, user_hash;
    struct text request_id, engine;
    uint64_t generation;
    struct text verdict, action;
    struct text decided_by;              /* "kind:id", or "" */
    struct text rules;                   /* hit, by commas */
    double drift_score, drift_threshold; /* NAN: null */
    int drift_alert;      /* 0, 1, JOURNAL_CHAIN_NO_ALERT: null */
    struct text content;  /* digest of what was judged, in hexadecimal */
    struct text metadata; /* a JSON object, or "" */
    struct text text;     /* what was judged, where it is kept */
    struct text prev;     /* the hash before; not counted by the functions */
    struct text hash;     /* its own; not counted */
};

struct digest journal_chain_hash(const struct journal_record *record,
                                 const struct digest *prev);

/* The chain as it stands at a record. */
struct journal_point {
    uint64_t seq;   /* 0: before the first */
    uint64_t count; /* records since the first ever, cut ones included */
    int64_t at;
    struct digest hash;
};

/*
 * What seals a checkpoint (`first` is 0), or the file beside the store (`first`
 * is the oldest record that is kept): HMAC-SHA256 with the key, or with none
 * ("") a plain SHA-256, which only tells of damage.
 */
struct digest journal_chain_seal(const struct journal_point *point,
                                 uint64_t first, struct text key);

#endif
