/*
 * Rows: records of one turn each, whose fields lie under keys that are known,
 * or under those that --map names. Internal to the transcript reader.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_ROW_H
#define SIDECAR_TOOLS_TRANSCRIPT_ROW_H

#include "sidecar/tools/transcript_mapper.h"

/*
 * What --map can name: the fields of a turn, and "turns", a list within the
 * record whose elements are the rows. Ended by NULL.
 */
extern const char *const transcript_row_fields[];

/* Does a key of this name mean something to a row? */
bool transcript_row_key(struct text key);

/* Does this one hold what was said? */
bool transcript_row_text_key(struct text key);

/* The turn of a row, by its keys; the wire's default role where it has none. */
void transcript_row_map(struct transcript_mapper *mapper, struct text value);

/* The turn or turns of a record as --map says. */
void transcript_row_mapped(struct transcript_mapper *mapper, struct text value);

#endif
