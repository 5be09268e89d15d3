/*
 * A persona's lines out of transcripts, with the place of each. Internal to
 * `leeway fingerprint build`.
 */
#ifndef SIDECAR_TOOLS_CMD_FINGERPRINT_LINES_H
#define SIDECAR_TOOLS_CMD_FINGERPRINT_LINES_H

#include "sidecar/tools/cmd_fingerprint.h"

enum {
    /* Bytes of text that are kept at a time. */
    CMD_FINGERPRINT_LINES_BYTES = 64 << 20,
    /* Bad records that are told one by one, of each file. */
    CMD_FINGERPRINT_LINES_TOLD = 10,
    CMD_FINGERPRINT_LINES_NAME = 64 /* bytes of a name that is shown */
};

struct cmd_fingerprint_line {
    char *text; /* owned, [len] */
    size_t len;
    const char *path; /* of its file */
    size_t line;      /* where its record begins */
    long long turn;   /* within the record's conversation; -1: the only one */
    size_t order;     /* among all that were taken: 0, 1, 2, ... */
};

/*
 * As many lines as a fingerprint takes. Where there are more, every second,
 * then every fourth (and so on) run of eight neighbours is kept, from the
 * first file to the last: the calibration needs neighbours.
 */
struct cmd_fingerprint_sample {
    struct cmd_fingerprint_line *at; /* [count], owned */
    size_t count, cap, bytes;
    size_t seen;   /* lines that were to be taken */
    size_t stride; /* a power of two; 1: all were kept */
};

struct cmd_fingerprint_lines {
    struct cmd_fingerprint_sample hers;
    /*
     * Lines of another persona, while the files name no more than that one:
     * then the name is only another name for her.
     */
    struct cmd_fingerprint_sample strangers;
    /* The first other persona that is named, as it may be shown; "": none. */
    char stranger[CMD_FINGERPRINT_LINES_NAME];
    bool several; /* and another one */
};

/*
 * Adds the lines of a file that the options ask for, and says on stderr what
 * was read, and what was left out and why. Fails as transcript_open does, and
 * where the file cannot be read to its end.
 */
bool cmd_fingerprint_lines_read(struct cmd_fingerprint_lines *lines,
                                const char *path,
                                const struct cmd_fingerprint_options *options,
                                struct err *err);

/*
 * What is to be taken when all is read: in `hers`. Fails (ERR_INVALID) where
 * all lines are of several other personas.
 */
bool cmd_fingerprint_lines_settle(struct cmd_fingerprint_lines *lines,
                                  const struct cmd_fingerprint_options *options,
                                  struct err *err);

/* Half of the runs that there are. false: one is all there is. */
bool cmd_fingerprint_lines_halve(struct cmd_fingerprint_sample *sample);

void cmd_fingerprint_lines_clear(struct cmd_fingerprint_lines *lines);

/* "mira.jsonl:17", or "log.json:1, turn 4", on stderr. */
void cmd_fingerprint_lines_place(const struct cmd_fingerprint_line *line);

#endif
