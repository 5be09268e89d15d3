/*
 * What `leeway fingerprint show` and `list` both say of a fingerprint. Internal
 * to cmd_fingerprint*.c.
 */
#ifndef SIDECAR_TOOLS_CMD_FINGERPRINT_TEXT_H
#define SIDECAR_TOOLS_CMD_FINGERPRINT_TEXT_H

#include "sidecar/engine/fingerprint.h"
#include "sidecar/tools/show_json.h"

enum { CMD_FINGERPRINT_TEXT_TIME = 32, CMD_FINGERPRINT_TEXT_WARNING = 256 };

/* "2026-01-31T12:00:00Z"; "" where it is not known. */
void
cmd_fingerprint_text_time(int64_t seconds, char out[CMD_FINGERPRINT_TEXT_TIME]);

/* The most registers of any of its sets of vectors; 1 without. */
size_t cmd_fingerprint_text_registers(const struct fingerprint *print);

/*
 * persona, file, digest, created, lines, models, registers, warning; null
 * where there is none.
 */
void
cmd_fingerprint_text_json(struct show_json *json,
                          const struct fingerprint *print, const char *path);

#endif
