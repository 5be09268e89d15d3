/* Proving the journal: what store_file_verify does. */
#ifndef SIDECAR_STORE_JOURNAL_CHECK_H
#define SIDECAR_STORE_JOURNAL_CHECK_H

#include "sidecar/store/journal.h"
#include "sidecar/store/store_file.h"

bool journal_check(struct db *db, const char *seal_path, struct text key,
                   struct store_verified *out, struct err *err);

#endif
