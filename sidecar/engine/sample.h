/*
 * Sample lines of a persona, from a file: plain text, one line each, or (named
 * *.jsonl) JSON objects with "text".
 */
#ifndef SIDECAR_ENGINE_SAMPLE_H
#define SIDECAR_ENGINE_SAMPLE_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

enum { SAMPLES_MOST = 4096, SAMPLES_BYTES = 16 << 20 };

struct samples {
    struct arena *arena; /* owns the texts */
    struct text *lines;  /* [count] */
    size_t count;
};

/*
 * Blank lines are skipped. Fails naming path:line where one is no JSON object
 * with a string "text", or no UTF-8; ERR_IO where the file cannot be read.
 */
bool samples_read(const char *path, struct samples *out, struct err *err);
void samples_free(struct samples *samples);

#endif
