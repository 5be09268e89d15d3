/*
 * What a format writes its turns to. Internal to the transcript reader.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_MAPPER_H
#define SIDECAR_TOOLS_TRANSCRIPT_MAPPER_H

#include "sidecar/base/arena.h"
#include "sidecar/tools/transcript.h"
#include "sidecar/tools/transcript_value.h"

enum { TRANSCRIPT_PATH_BYTES = 96 };

struct transcript_mapper {
    /* What the caller asked for. */
    const struct transcript_mapping *map; /* [map_count] */
    size_t map_count;
    size_t record_bytes;
    /* This record: emptied before the next. */
    struct arena *arena;
    struct transcript_item *items; /* [count], owned */
    size_t count, cap;
    size_t line;
    uint64_t offset;
    size_t element; /* of the document's array; SIZE_MAX: of none */
    bool failed;    /* no memory: err is filled */
    struct err err;
    /* Of the file so far. */
    size_t conversations;
    struct transcript_counts counts;
    uint64_t last_session; /* hash of the session of the row before */
    long long next_turn;   /* of a row that goes on with it */
    struct buffer names;   /* CSV: the columns, as a msgpack array */
};

bool transcript_mapper_init(struct transcript_mapper *mapper,
                            const struct transcript_options *options,
                            struct err *err);
void transcript_mapper_clear(struct transcript_mapper *mapper);

/* Forgets the items of the record before; `element` as in the struct. */
void transcript_mapper_record(struct transcript_mapper *mapper, size_t line,
                              uint64_t offset, size_t element);

/* One more item; beyond TRANSCRIPT_TURNS a bad one, once. */
void transcript_mapper_turn(struct transcript_mapper *mapper,
                            const struct transcript_turn *turn);
void transcript_mapper_bad(struct transcript_mapper *mapper, const char *path,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A text or a whole number as a text in the arena; "" for anything else. */
struct text
transcript_mapper_name(struct transcript_mapper *mapper, struct text value);

/*
 * A value as it is, or, where it is a string that holds JSON, that: some logs
 * pack a column of JSON into one of JSON. No bytes: it is no JSON.
 */
struct text
transcript_mapper_nested(struct transcript_mapper *mapper, struct text value);

/* Fills labels out of a map's keys: label, in_voice, label.hate and so on. */
void transcript_mapper_labels(struct transcript_mapper *mapper, struct text map,
                              struct transcript_turn *turn);

/* One label in the place of all of them. */
void transcript_mapper_label(struct transcript_mapper *mapper, struct text name,
                             struct text value, struct transcript_turn *turn);

/* Where in a record, for messages: "messages[3]". */
struct transcript_path {
    char at[TRANSCRIPT_PATH_BYTES];
};

struct transcript_path
transcript_path_of(const char *list, size_t index, const char *key);

#endif
