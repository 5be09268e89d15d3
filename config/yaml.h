/*
 * One YAML file as a tree of nodes. The part of YAML that a configuration
 * needs: maps, lists, scalars, comments, in one UTF-8 document. Anchors,
 * aliases, tags, merge keys, directives, duplicate keys, further documents and
 * any other encoding are refused, each with its place.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "config/node.h"

/* Beyond these a file is refused; real ones stay far below. */
enum {
    YAML_FILE_BYTES = 2 << 20,
    YAML_DEPTH = 32, /* maps and lists inside one another */
    YAML_EVENTS = 200000,
    YAML_SCALAR_BYTES = 256 << 10
};

/*
 * `file` names the content in places; it must live as long as the arena. NULL
 * exactly when at least one problem was added (or there was no memory, which
 * is added too). The time is bounded for any content: see yaml.c.
 */
struct node *yaml_read(const char *file, struct text content,
                       struct arena *arena, struct problems *problems);

#endif
