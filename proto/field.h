/*
 * What every part of the decoder does with a key or a value of a request. All
 * of it reads through a wire_reader and leaves its error there.
 */
#ifndef PROTO_FIELD_H
#define PROTO_FIELD_H

#include "proto/request.h"
#include "proto/wire.h"

/* The index of the word in a NULL-ended list; -1: not there. */
int field_find(struct text word, const char *const *names);

/*
 * Appends to the path of the reader, for the messages about what is read next;
 * returns what field_leave needs to take it off again.
 */
size_t field_enter(struct wire_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void field_leave(struct wire_reader *reader, size_t before);

/*
 * Reads a key that must be one of `names` (NULL-ended, at most 32) and not be
 * marked in `seen`, marks it and enters ".key". Returns its index; -1: failed.
 */
int
field_key(struct wire_reader *reader, const char *const *names, uint32_t *seen);

/* The steps of field_key, for keys that stand in several lists. */

/* Reads a key, whatever it says; empty where it cannot be one: failed. */
struct text field_key_text(struct wire_reader *reader);

/* Marks names[index] in `seen` and enters ".key"; false: it stands twice. */
bool field_key_mark(struct wire_reader *reader, const char *const *names,
                    int index, uint32_t *seen);

/* "unknown key; did you mean ...?", under the path of the key. */
void field_fail_unknown(struct wire_reader *reader, struct text key,
                        const char *const *names);

/*
 * Memory for `count` elements of `bytes` each, cleared; fails with
 * ERR_TOO_LARGE ("17 candidates, at most 16") before it asks for any.
 */
void *field_array(struct wire_reader *reader, struct arena *arena, size_t count,
                  size_t most, size_t bytes, const char *what);

/* A list of at most `most` texts, each of 1 to `bytes` bytes. */
struct request_texts
field_texts(struct wire_reader *reader, struct arena *arena, size_t most,
            size_t bytes);

/*
 * A name: an id of ours, or the caller's label for something. At most
 * REQUEST_NAME_BYTES, no control characters.
 */
struct text field_name(struct wire_reader *reader, bool may_be_empty);

enum { FIELD_SHOWN_BYTES = WIRE_KEY_BYTES };

/* Text from a stranger, made fit for a message: cut, printable ASCII, no quote.
 */
void field_shown(struct text in, char out[FIELD_SHOWN_BYTES + 1]);

#endif
