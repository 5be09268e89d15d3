/*
 * Values of a record: msgpack that json_to_wire (or this program) has written,
 * so it is whole. Views into it, looked up by key. Internal to the transcript
 * reader.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_VALUE_H
#define SIDECAR_TOOLS_TRANSCRIPT_VALUE_H

#include "proto/wire.h"

/* WIRE_NIL for no bytes, too. */
enum wire_type transcript_value_type(struct text value);

/* The bytes of a str; "" where it is something else. */
struct text transcript_value_str(struct text value);

/* Is it a bool that is true? */
bool transcript_value_true(struct text value);

/* The value under a key of a map, or no bytes (of what is no map, too). */
struct text transcript_value_get(struct text map, const char *key);
struct text transcript_value_at(struct text map, struct text key);

/* The first of the keys [ended by NULL] that is there and not null. */
struct text transcript_value_first(struct text map, const char *const *keys);

/*
 * The value at the end of a path, "response.choices.0.text", or no bytes. A key
 * that has the dots in itself comes first.
 */
struct text transcript_value_path(struct text root, struct text path);

/* Goes through an array or a map; through anything else in no steps. */
struct transcript_walk {
    struct wire_reader reader;
    struct err ignored; /* the reader wants one; whole values never fail */
    size_t left;
    bool map;
};

void transcript_walk_begin(struct transcript_walk *walk, struct text value);

/* The next value, and its key in a map. false: there was none left. */
bool transcript_walk_next(struct transcript_walk *walk, struct text *key,
                          struct text *value);

#endif
