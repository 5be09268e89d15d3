/*
 * The summary of a run: what was judged, by what, and what it came to. One
 * JSON object, which `leeway merge` reads back and joins with others.
 */
#ifndef SIDECAR_TOOLS_RESCORE_SUMMARY_H
#define SIDECAR_TOOLS_RESCORE_SUMMARY_H

#include "sidecar/base/digest.h"
#include "sidecar/tools/rescore_tally.h"

enum {
    RESCORE_SUMMARY_VERSION = 1,
    RESCORE_SUMMARY_PARTS = 65536,     /* files and shards, most */
    RESCORE_SUMMARY_BYTES = 256 << 20, /* of a file that is read */
    RESCORE_SUMMARY_PATH = 4096
};

/* Of one input file, one shard. */
struct rescore_summary_part {
    char *source; /* owned */
    char *format; /* owned; "": it was not to be opened */
    char digest[DIGEST_HEX];
    bool whole;
    uint64_t shard, shards; /* 1..shards */
    uint64_t records, turns, bad, wordless;
};

struct rescore_summary {
    char configuration[DIGEST_HEX]; /* the engine's hash */
    char options[DIGEST_HEX];       /* of what else decides about the rows */
    bool complete;                  /* no part was given up */
    struct rescore_summary_part *parts; /* [part_count] owned */
    size_t part_count, part_cap;
    struct rescore_tally tally;
};

void rescore_summary_init(struct rescore_summary *summary);
void rescore_summary_clear(struct rescore_summary *summary);

/* A copy of the part. false: no memory, or too many. */
bool
rescore_summary_part(struct rescore_summary *summary,
                     const struct rescore_summary_part *part, struct err *err);

/*
 * As JSON, indented, with its last newline. Where all shards of a file are
 * there, they have become the file: the summary is that of one run.
 */
bool rescore_summary_write(struct rescore_summary *summary, struct buffer *to,
                           struct err *err);

/* Reads one back (initialised before). ERR_INVALID says what is wrong. */
bool rescore_summary_read(struct rescore_summary *summary, struct text json,
                          struct err *err);

/*
 * Adds what `from` holds. ERR_STATE: they do not belong together: another
 * configuration, other options, or the same shard of the same file in both.
 */
bool rescore_summary_join(struct rescore_summary *summary,
                          const struct rescore_summary *from, struct err *err);

/* For a person: some lines, with their ends. */
void
rescore_summary_show(const struct rescore_summary *summary, struct buffer *to);

#endif
