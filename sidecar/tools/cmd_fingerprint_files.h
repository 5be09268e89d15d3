/*
 * Fingerprint files, named one by one or by their folder: one that `leeway
 * fingerprint build` wrote to, or drift.keep's. Internal to cmd_fingerprint*.c.
 */
#ifndef SIDECAR_TOOLS_CMD_FINGERPRINT_FILES_H
#define SIDECAR_TOOLS_CMD_FINGERPRINT_FILES_H

#include "sidecar/base/err.h"

/*
 * Visits the path (valid until `visit` returns); of a folder its *.fingerprint
 * files, by name, not those of folders below it. Fails (ERR_IO) where a folder
 * cannot be read or a path grows too long; a file that is not there is visited.
 */
bool cmd_fingerprint_files_visit(const char *path,
                                 void (*visit)(void *context, const char *path),
                                 void *context, struct err *err);

#endif
