/*
 * Linear models made in memory, with values that a test can choose.
 */
#ifndef TESTS_UNIT_SUPPORT_LINEAR_H
#define TESTS_UNIT_SUPPORT_LINEAR_H

#include "sidecar/base/buffer.h"
#include "sidecar/engine/linear.h"

struct support_linear_head {
    const char *name;
    double scale, bias;
    float thresholds[LINEAR_PRESETS];
};

/* What a model file holds. Zeros are taken as they are. */
struct support_linear {
    const char *about;
    uint32_t bits, heads;
    struct support_linear_head head[LINEAR_HEADS + 1];
    signed char weight; /* of every bucket and head; 0: of hash_mix */
    size_t extra;       /* bytes after the table */
    bool last_is_least; /* the last weight is -128 */
};

/* One head, "bad", of 2^8 buckets with weights that differ. */
struct support_linear support_linear_plain(void);

/* The file's bytes, the hash right whatever the values. */
struct buffer support_linear_file(const struct support_linear *parts);

/* The model; fails the test where it is refused. */
struct linear_model *support_linear_model(const struct support_linear *parts);

#endif
