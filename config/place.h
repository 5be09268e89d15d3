/*
 * Where a setting stands, and what is wrong with it. Every problem of a
 * configuration is collected, none stops the search for more.
 */
#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include <stdio.h>

#include "sidecar/base/arena.h"

struct place {
    const char *file; /* as named on the command line or by include; "" none */
    unsigned line;    /* from 1; 0: the whole file */
    unsigned column;  /* from 1, in characters */
};

/*
 * The `file` of what no file says: a --set of the command line, and what is
 * built in. Compared by pointer, so that a file may have any name.
 */
extern const char place_override[]; /* "--set" */
extern const char place_built_in[]; /* "built-in" */

struct problem {
    struct place at;
    struct text path;    /* "rules[3].pattern", or "" */
    struct text message; /* what is wrong, the limit, and what was meant */
    bool warning;        /* worth saying, but no reason to refuse */
};

enum { PROBLEMS_KEPT = 100 };

/* Filled by everything that reads or compiles a configuration. */
struct problems {
    struct arena *arena; /* keeps; holds the messages */
    struct problem at[PROBLEMS_KEPT];
    size_t count;    /* kept */
    size_t unshown;  /* found beyond PROBLEMS_KEPT, or without memory */
    size_t warnings; /* of those kept */
    size_t findings; /* of all: what the configuration's own tests found */
};

/* Nothing found yet. Keeps the arena. */
void place_problems_init(struct problems *problems, struct arena *arena);

/* Copies path and message. Never fails: what has no room is counted. */
void
place_problem(struct problems *problems, struct place at, const char *path,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* As place_problem, for what a test that stands in the configuration found. */
void
place_finding(struct problems *problems, struct place at, const char *path,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* As place_problem, for what must not stop anybody; beyond the room: lost. */
void
place_warning(struct problems *problems, struct place at, const char *path,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * How many there were so far, warnings apart. To know whether something is in
 * order compare this before and after: `count` stands still where it is full.
 */
static inline size_t
place_problems_told(const struct problems *problems)
{
    return problems->count - problems->warnings + problems->unshown;
}

/* Is there a reason to refuse the configuration? Warnings are none. */
static inline bool
place_problems_any(const struct problems *problems)
{
    return place_problems_told(problems) > 0;
}

/* Is all that is wrong a finding? */
static inline bool
place_problems_only_findings(const struct problems *problems)
{
    return problems->findings > 0 &&
           problems->findings == place_problems_told(problems);
}

/*
 * `file:line:column: path: message`, one a line, in order of file and place;
 * `--set path: message` for an override; "warning: " before the path of a
 * warning. As JSON one object a line where `json`: {"file","line","column",
 * "path","message"}, and "warning":true for a warning. Control characters and
 * bytes that are no UTF-8 are written as \xHH (JSON: U+FFFD).
 */
void place_problems_print(struct problems *problems, FILE *to, bool json);

/* The text's beginning, at most 60 bytes, whole characters: for messages. */
struct text place_excerpt(struct text text);

/* "file:line:column", or less of it where it says less. Returns `out`. */
enum { PLACE_WORDS_BYTES = 512 };
const char *place_words(struct place at, char out[PLACE_WORDS_BYTES]);

#endif
