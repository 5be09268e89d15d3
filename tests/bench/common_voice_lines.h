/*
 * What voice_lines.py writes, read back: for the tools that make and measure
 * the voice model.
 */
#ifndef TESTS_BENCH_VOICE_LINES_H
#define TESTS_BENCH_VOICE_LINES_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

enum voice_split {
    VOICE_BACKGROUND,
    VOICE_ASSISTANT,
    VOICE_HANDWRITTEN,
    VOICE_ENROL,
    VOICE_CALIB,
    VOICE_TEST
};

struct voice_line {
    enum voice_split split;
    struct text persona, group, text;
    int block; /* -1: none */
};

struct voice_lines {
    struct buffer file;
    struct voice_line *at; /* [count], lines of one persona side by side */
    size_t count;
};

/* Reads a file, "-" for standard input. Cleared by the caller also on failure.
 */
bool
voice_lines_read(const char *path, struct voice_lines *out, struct err *err);
void voice_lines_clear(struct voice_lines *lines);

#endif
