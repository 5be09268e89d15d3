/*
 * A file layer of SQLite's that fails when it is told to: the default one, with
 * calls counted.
 */
#ifndef TESTS_UNIT_SUPPORT_FAILING_H
#define TESTS_UNIT_SUPPORT_FAILING_H

#include <stdbool.h>

#define SUPPORT_FAILING "failing" /* its name, for store_options.vfs */

enum support_failing_call {
    FAILING_WRITE, /* a part of the bytes is written first */
    FAILING_SYNC,
    FAILING_READ,
    FAILING_TRUNCATE,
    FAILING_OPEN,
    FAILING_LOCK,
    FAILING_CALLS
};

enum support_failing_code {
    FAILING_FULL, /* ENOSPC */
    FAILING_IO,   /* EIO */
    FAILING_BUSY, /* somebody else has the lock */
    FAILING_READ_ONLY,
    FAILING_CODES
};

/* Registers it, once. */
void support_failing_init(void);

/*
 * The nth call of that kind from now (1 is the next) fails, and where
 * `for_ever` all after it. nth 0: none does.
 */
void
support_failing_at(enum support_failing_call call,
                   enum support_failing_code code, unsigned nth, bool for_ever);

/* Has it failed since? */
bool support_failing_hit(void);

#endif
