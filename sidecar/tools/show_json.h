/*
 * One JSON object on stdout, key by key. Values are written as msgpack and
 * turned into JSON by the one writer there is, which knows how to escape.
 */
#ifndef SIDECAR_TOOLS_SHOW_JSON_H
#define SIDECAR_TOOLS_SHOW_JSON_H

#include <stdio.h>

#include "config/place.h"
#include "proto/wire.h"

struct show_json {
    struct buffer wire; /* for values that have no function here: wire_put_* */
    struct wire_open map;
    size_t entries;
};

void show_json_open(struct show_json *json);

/* A key; its value is written next, to json->wire. */
void show_json_key(struct show_json *json, const char *key);

void show_json_text(struct show_json *json, const char *key, struct text value);
void show_json_uint(struct show_json *json, const char *key,
                    unsigned long long value);
/* null where NAN. */
void show_json_double(struct show_json *json, const char *key, double value);
void show_json_bool(struct show_json *json, const char *key, bool value);

/* A JSON object as it is written, {} where it is "" or none. */
void
show_json_metadata(struct show_json *json, const char *key, struct text object);

/* "file", "line", "column". */
void show_json_place(struct show_json *json, struct place at);

/*
 * Prints the object on one line, without its newline, and ends the writer.
 * False: no memory, or a text was not UTF-8; then nothing is printed.
 */
bool show_json_close(struct show_json *json, FILE *to);

/* The same as one "key: value" a line: YAML whose values are JSON. */
bool show_json_close_yaml(struct show_json *json, const char *indent, FILE *to);

#endif
