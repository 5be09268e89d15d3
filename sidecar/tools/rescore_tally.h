/*
 * What the rows of a run come to, in whole numbers only, so that the tallies
 * of threads, shards and files add up to that of all of it, exactly and in any
 * order.
 */
#ifndef SIDECAR_TOOLS_RESCORE_TALLY_H
#define SIDECAR_TOOLS_RESCORE_TALLY_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

enum {
    RESCORE_TALLY_BINS = 50, /* of the drift score, 0.02 wide; 1 in the last */
    RESCORE_TALLY_UNIT = 10000, /* of a sum of scores is 1 */
    RESCORE_TALLY_NAMES = 65536 /* rules, categories and personas in all */
};

enum rescore_tally_kind {
    RESCORE_TALLY_ACTION,
    RESCORE_TALLY_VERDICT,
    RESCORE_TALLY_DECIDED, /* "rule:PII_CARD" */
    RESCORE_TALLY_RULE,
    RESCORE_TALLY_CATEGORY,
    RESCORE_TALLY_PERSONA, /* "": none */
    RESCORE_TALLY_ERROR,   /* by its code */
    RESCORE_TALLY_KINDS
};

/* What a summary calls them: "actions", ... */
extern const char *const rescore_tally_keys[RESCORE_TALLY_KINDS];

struct rescore_tally_drift {
    uint64_t measured; /* rows with a drift score */
    uint64_t alerts;
    uint64_t sum; /* of the scores, in units of 0.0001, as they are told */
    uint64_t bins[RESCORE_TALLY_BINS];
};

struct rescore_tally_entry {
    enum rescore_tally_kind kind;
    char *name; /* owned */
    uint64_t rows;
    uint64_t changed;                  /* of RULE, PERSONA: action not ship */
    uint64_t alone;                    /* of RULE: no other rule hit */
    struct rescore_tally_drift *drift; /* of PERSONA, owned; else NULL */
};

struct rescore_tally {
    uint64_t rows, judged, errors, chars;
    struct rescore_tally_drift drift;
    struct rescore_tally_entry *entries; /* [count] in the order of arrival */
    size_t count, cap;
    uint32_t *slots; /* [slot_count] a hash table of them: index + 1, or 0 */
    size_t slot_count;
};

void rescore_tally_init(struct rescore_tally *tally);
void rescore_tally_clear(struct rescore_tally *tally);

/*
 * Counts a row (rescore_row.h), one that was read back, too. Fails with
 * ERR_MEMORY, or ERR_INVALID where it is no such row.
 */
bool rescore_tally_add(struct rescore_tally *tally, struct text row,
                       struct err *err);

/* Adds all that `from` holds. */
bool rescore_tally_join(struct rescore_tally *tally,
                        const struct rescore_tally *from, struct err *err);

/*
 * The entries of a kind, [returned] of them into out [tally->count], in the
 * order of their names.
 */
size_t rescore_tally_list(const struct rescore_tally *tally,
                          enum rescore_tally_kind kind,
                          const struct rescore_tally_entry **out);

/* Its entry of a name, with nothing counted yet where new. NULL: no memory. */
struct rescore_tally_entry *
rescore_tally_entry(struct rescore_tally *tally, enum rescore_tally_kind kind,
                    struct text name, struct err *err);

#endif
