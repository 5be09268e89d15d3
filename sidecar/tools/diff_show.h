/*
 * What `leeway diff` found, for a person or as JSON.
 */
#ifndef SIDECAR_TOOLS_DIFF_SHOW_H
#define SIDECAR_TOOLS_DIFF_SHOW_H

#include "sidecar/tools/diff_groups.h"

struct diff_show {
    const struct diff_groups *groups; /* sorted */
    const char *configurations[2];    /* the engines' hashes */
    bool complete;                    /* the input was read to its end */
};

/* to->failed says whether there was memory. */
void diff_show_human(const struct diff_show *show, struct buffer *to);

/* One object, indented, with its last newline. */
bool diff_show_json(const struct diff_show *show, struct buffer *to,
                    struct err *err);

#endif
