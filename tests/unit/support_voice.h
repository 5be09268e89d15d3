/*
 * The shipped voice model and the lines of the shipped personas, for tests.
 * Paths are relative to the root, where `make unit` runs.
 */
#ifndef TESTS_UNIT_SUPPORT_VOICE_H
#define TESTS_UNIT_SUPPORT_VOICE_H

#include "sidecar/engine/fingerprint.h"

#define SUPPORT_VOICE_MODEL "config/voice/background.bin"

struct support_lines {
    struct arena *arena;
    struct text at[256];
    size_t count;
};

/* The model; ends the test where it cannot be opened. */
struct voice_model *support_voice_model(void);

/* "text" of each line of FOLDER/ID.jsonl. */
struct support_lines support_voice_lines(const char *folder, const char *id);
void support_voice_lines_clear(struct support_lines *lines);

/* A fingerprint of a shipped persona from her first `count` lines. */
struct fingerprint *support_voice_print(const struct voice_model *model,
                                        const char *id, size_t count);

#endif
