/*
 * Replies whose action changed, grouped by what they were before, what they
 * are now, and which rule or threshold decided each time. The groups of
 * several threads add up to those of one, samples too.
 */
#ifndef SIDECAR_TOOLS_DIFF_GROUPS_H
#define SIDECAR_TOOLS_DIFF_GROUPS_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

enum {
    DIFF_GROUPS_MOST = 65536,
    DIFF_GROUPS_SAMPLES_MOST = 100,
    DIFF_GROUPS_NAME = 512 /* bytes of one side's name */
};

/* One of the first changed replies of a group. */
struct diff_groups_sample {
    uint64_t row;
    char *at; /* [len] owned: rescore_row_put_both's map */
    size_t len;
};

struct diff_groups_group {
    char *a, *b; /* owned: "ship", "fallback by rule SLURS" */
    uint64_t rows;
    struct diff_groups_sample *samples; /* [sample_count] by row, owned */
    size_t sample_count;
};

struct diff_groups {
    struct diff_groups_group *at; /* [count] in the order of arrival */
    size_t count, cap;
    size_t samples;          /* of each group, most */
    uint64_t rows, errors;   /* in all; of them with an error on a side */
    uint64_t changed;        /* the action */
    uint64_t other_verdict;  /* the action is the same, the verdict not */
    uint64_t other_decision; /* both are the same, decidedBy is not */
};

void diff_groups_init(struct diff_groups *groups, size_t samples);
void diff_groups_clear(struct diff_groups *groups);

/* Counts a changed reply; `wire` is copied where it is a sample. */
bool diff_groups_add(struct diff_groups *groups, const char *a, const char *b,
                     uint64_t row, struct text wire, struct err *err);

/* Adds all that `from` holds, and empties it. */
bool diff_groups_join(struct diff_groups *groups, struct diff_groups *from,
                      struct err *err);

/* The largest first, then by their names. */
void diff_groups_sort(struct diff_groups *groups);

#endif
