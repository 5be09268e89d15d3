/*
 * A row as a row of CSV (RFC 4180, but for lines that end with LF alone). What
 * a spreadsheet would take for a formula gets a "'" in front.
 */
#ifndef SIDECAR_TOOLS_RESCORE_CSV_H
#define SIDECAR_TOOLS_RESCORE_CSV_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

/*
 * A msgpack map under the columns [ended by NULL], in their order, with the
 * line's end. A list is joined with ";", a map as "key=value;...", of which a
 * map within has only its first value; null and what is not there are empty.
 */
bool rescore_csv_put(struct text wire, const char *const *columns,
                     struct buffer *to, struct err *err);

#endif
