/*
 * `leeway fingerprint compare`: the table of personas against each other.
 */
#ifndef SIDECAR_TOOLS_CMD_FINGERPRINT_COMPARE_H
#define SIDECAR_TOOLS_CMD_FINGERPRINT_COMPARE_H

#include "sidecar/engine/fingerprint.h"

/*
 * Prints the matrix of fingerprints that have lines and warns of those that are
 * nearly the same voice. False: no memory.
 */
bool cmd_fingerprint_compare(const struct kernel_set *kernels,
                             const struct voice_model *model,
                             const struct fingerprint *const *prints,
                             size_t count, struct err *err);

#endif
