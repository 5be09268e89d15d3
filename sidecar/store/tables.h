/*
 * The tables of the store's file and how an older file becomes a newer one.
 * The version stands in the file (PRAGMA user_version); a file that a newer
 * Leeway made is refused.
 */
#ifndef SIDECAR_STORE_TABLES_H
#define SIDECAR_STORE_TABLES_H

#include "sidecar/store/db.h"

/* "LEEW": PRAGMA application_id, by which file(1) and we know such a file. */
enum { TABLES_APPLICATION = 0x4C454557, TABLES_VERSION = 1 };

/*
 * Brings the file to TABLES_VERSION, each step in a transaction of its own; a
 * new file gets all tables. False: the file is of a newer version or another
 * program (ERR_CONFIG), or a step failed (db_fault says how).
 */
bool tables_migrate(struct db *db, const char *path, struct err *err);

/* Is this a file of ours of exactly this version? For those that only read. */
bool tables_check(struct db *db, const char *path, struct err *err);

#endif
