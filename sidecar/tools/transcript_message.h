/*
 * One message of a conversation, in any of the dialects: {role, content},
 * {from, value}, {name, is_user, mes}. Internal to the transcript reader.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_MESSAGE_H
#define SIDECAR_TOOLS_TRANSCRIPT_MESSAGE_H

#include "sidecar/tools/transcript_mapper.h"

/*
 * The role that a word means: "gpt", "model" and "assistant" are one. false: no
 * such word.
 */
bool transcript_message_role(struct text word, enum request_role *out);

enum transcript_content {
    TRANSCRIPT_CONTENT_TEXT,
    TRANSCRIPT_CONTENT_NONE, /* null, or parts without words */
    TRANSCRIPT_CONTENT_BAD
};

/*
 * What is said: a string, or a list of parts, of which those with text are
 * joined by line ends.
 */
enum transcript_content
transcript_message_content(struct transcript_mapper *mapper, struct text value,
                           struct text *out);

/*
 * One message: its turn, or why there is none, goes to the mapper.
 *
 *   base  what the conversation says of all of its turns; the message's own
 *         keys come before it
 *   path  of the message in the record, for bad ones
 */
void
transcript_message_read(struct transcript_mapper *mapper, struct text message,
                        const struct transcript_turn *base, const char *path);

/* All messages of an array, turns counted from 0. */
void
transcript_message_list(struct transcript_mapper *mapper, struct text list,
                        const struct transcript_turn *base, const char *path);

/*
 * What a record says of the conversation that it holds: session, persona,
 * user, locale, model, metadata, labels; and a number of its own.
 */
struct transcript_turn
transcript_message_base(struct transcript_mapper *mapper, struct text record);

/* Is it an array whose first element is a map with a role and something said?
 */
bool transcript_message_is_list(struct text value);

#endif
