/*
 * Where the rows go: standard output, or a file that is gone on with. What is
 * in that file already is compared, not written again.
 */
#ifndef SIDECAR_TOOLS_RESCORE_OUTPUT_H
#define SIDECAR_TOOLS_RESCORE_OUTPUT_H

#include "sidecar/base/err.h"
#include "sidecar/base/text.h"

struct rescore_output {
    const char *name; /* for messages */
    int fd;
    bool owned;     /* it is closed at the end */
    uint64_t at;    /* of a file: where the next byte goes */
    uint64_t known; /* bytes up to here are there and must be the same */
    bool torn;      /* behind them stands what has to go */
};

/* Standard output. */
struct rescore_output rescore_output_standard(void);

/*
 * Writes all of it. ERR_IO: the machine's reason (a full disk, a closed pipe);
 * ERR_STATE: what stands there is not the same.
 */
bool rescore_output_write(struct rescore_output *output, struct text bytes,
                          struct err *err);

/*
 * After the last byte. ERR_STATE: more stands there than was to be written,
 * where `all` of it was. ERR_IO.
 */
bool
rescore_output_end(struct rescore_output *output, bool all, struct err *err);

void rescore_output_close(struct rescore_output *output);

#endif
