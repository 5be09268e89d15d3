/*
 * The keys of a request in groups, and which operation takes which: the inside
 * of the decoder. A new operation is a row of REQUEST_OPERATIONS (request.h),
 * a row of the table in decode_keys.c and, where it has keys of its own, a
 * group in a file of its own.
 */
#ifndef PROTO_DECODE_KEYS_H
#define PROTO_DECODE_KEYS_H

#include "proto/decode.h"
#include "proto/wire.h"

/* One message being decoded; the first error stays in the reader. */
struct decoder {
    struct wire_reader reader;
    const struct decode_limits *limits;
    struct arena *arena;
    struct request *out;
};

/* A key's bit in `required` and `seen`, by its index in `names`. */
#define DECODE_BIT(index) ((uint32_t)1 << (index))

struct decode_keys {
    const char *const *names; /* NULL-ended, at most 32 */
    uint32_t required;        /* keys that must be there */
    /* Reads the value of the key names[key] into d->out. */
    void (*read)(struct decoder *d, int key);
    /* After the last key: what may not stand together. NULL: anything may. */
    void (*check)(struct decoder *d, uint32_t seen);
};

enum { DECODE_GROUPS = 4 }; /* of one operation */

/* The groups that an operation takes; the first NULL ends them. */
struct decode_op {
    const struct decode_keys *groups[DECODE_GROUPS];
};

extern const struct decode_keys decode_keys_common;  /* of every request */
extern const struct decode_keys decode_keys_subject; /* who says it to whom */
extern const struct decode_keys decode_keys_candidates; /* what is said */
extern const struct decode_keys decode_keys_anything;   /* that, or nothing */
extern const struct decode_keys decode_keys_enrol;      /* whose fingerprint */
extern const struct decode_keys decode_keys_samples;    /* built of what */
extern const struct decode_keys decode_keys_vectors;    /* likewise */
extern const struct decode_keys decode_keys_model;      /* which part of it */
extern const struct decode_keys decode_keys_compare;    /* of whom */
extern const struct decode_keys decode_keys_opening;    /* how a stream runs */
extern const struct decode_keys decode_keys_stream;     /* which stream */
extern const struct decode_keys decode_keys_delta;      /* what it is fed */
extern const struct decode_keys decode_keys_beginning;  /* of a session */
extern const struct decode_keys decode_keys_session;    /* which session */
extern const struct decode_keys decode_keys_page;       /* of its history */
extern const struct decode_keys decode_keys_reset;      /* what of it */
extern const struct decode_keys decode_keys_step;       /* of a machine */

/* By operation; [REQUEST_OPS] is of one that is missing or unknown. */
extern const struct decode_op decode_ops[REQUEST_OPS + 1];

/* Is this a key of any operation at all? */
bool decode_key_known(struct text key);

/* Fails with "key: what", where nothing has failed yet. */
void decode_fail_key(struct decoder *d, const char *key, const char *what);

/* Fails with ERR_UNKNOWN_OP, naming the operations there are. */
void decode_fail_op(struct wire_reader *reader, struct text op);

#endif
