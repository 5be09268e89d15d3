/*
 * CSV (RFC 4180): a header that names the columns, then rows, as maps of column
 * to text. Internal to the transcript reader.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_CSV_H
#define SIDECAR_TOOLS_TRANSCRIPT_CSV_H

#include "sidecar/tools/transcript_mapper.h"

enum { TRANSCRIPT_CSV_COLUMNS = 1024 };

/*
 * What stands between the fields of this first line: a comma, a semicolon or
 * a tab, whichever makes two columns and more, one of which holds text.
 * '\0': it is no header.
 */
char transcript_csv_delimiter(struct text line);

/*
 * Takes the header. Names are kept as they are, and those of fields that are
 * known also match in capitals and with blanks ("Session ID"). Fails
 * (ERR_INVALID) where a name stands twice, or is no UTF-8.
 */
bool transcript_csv_header(struct transcript_mapper *mapper, struct text line,
                           char delimiter, struct err *err);

/*
 * A row as a msgpack map, appended. Fails (ERR_INVALID) where it has more or
 * fewer fields than the header, bytes after a closing quotation mark, or is no
 * UTF-8.
 */
bool transcript_csv_row(struct transcript_mapper *mapper, struct text row,
                        char delimiter, struct buffer *wire, struct err *err);

#endif
