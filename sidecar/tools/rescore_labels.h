/*
 * Labels that came back from a spreadsheet: rows that `leeway rescore` wrote,
 * with what people put under "label", "in_voice", "label.hate" and the like,
 * by the row's number. Read once, then only looked up, by any thread.
 */
#ifndef SIDECAR_TOOLS_RESCORE_LABELS_H
#define SIDECAR_TOOLS_RESCORE_LABELS_H

#include "sidecar/base/digest.h"
#include "sidecar/base/err.h"
#include "sidecar/tools/transcript.h"

enum { RESCORE_LABELS_MOST = 10000000 };

struct rescore_labels_entry {
    uint64_t row;
    char text[DIGEST_HEX]; /* textSha256 */
    /* [label_count] owned, one piece of memory with what they say */
    struct transcript_label *labels;
    size_t label_count;
};

struct rescore_labels;

/*
 * CSV or lines of JSON with the keys row and textSha256. Empty cells are no
 * labels. ERR_IO; ERR_INVALID: a row that has none of them, or a number twice.
 */
struct rescore_labels *rescore_labels_open(const char *path, struct err *err);
void rescore_labels_close(struct rescore_labels *labels);

size_t rescore_labels_count(const struct rescore_labels *labels);

/*
 * Those of a row, or NULL. ERR_STATE: they were given to another text, and
 * false is returned.
 */
bool
rescore_labels_find(const struct rescore_labels *labels, uint64_t row,
                    struct text text, const struct rescore_labels_entry **out,
                    struct err *err);

#endif
