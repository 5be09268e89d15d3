/*
 * The formats of transcripts: one file each, one row each in a table. Internal
 * to the transcript reader.
 *
 * A format is told by the first value that any format knows; where two know
 * it, the one that stands first in the table has it:
 *
 *     sillytavern   a header with user_name and character_name, or `mes`
 *     openwebui     `chat` or `history` with a tree of messages
 *     litellm       `messages` beside `response` or `choices`
 *     sharegpt      `conversations`
 *     messages      `messages`, or an array of objects with a role
 *     rows          `text` or `content`
 *     csv           no JSON, and a first line that names a column of text
 *     text          anything else
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_FORMAT_H
#define SIDECAR_TOOLS_TRANSCRIPT_FORMAT_H

#include "sidecar/tools/transcript_mapper.h"

/* What records are before they are values. */
enum transcript_encoding {
    TRANSCRIPT_JSON,  /* any value */
    TRANSCRIPT_TABLE, /* a map of column to str */
    TRANSCRIPT_PLAIN  /* a str */
};

struct transcript_format {
    const char *name;    /* as --from takes it */
    const char *aliases; /* further names, with blanks between; "" */
    const char *summary; /* for people: what such a record has */
    enum transcript_encoding encoding;
    /* JSON only: is this value of the format? */
    bool (*knows)(struct text value);
    /* The turns of one value, to the mapper. */
    void (*map)(struct transcript_mapper *mapper, struct text value);
};

extern const struct transcript_format transcript_format_sillytavern,
    transcript_format_openwebui, transcript_format_litellm,
    transcript_format_sharegpt, transcript_format_messages,
    transcript_format_rows, transcript_format_csv, transcript_format_text;

/* In the order in which they are asked, ended by NULL. */
extern const struct transcript_format *const transcript_formats[];

/* The format of that name, or NULL. */
const struct transcript_format *transcript_format_find(const char *name);

/* The first that knows a JSON value, or NULL. */
const struct transcript_format *transcript_format_of_value(struct text value);

#endif
