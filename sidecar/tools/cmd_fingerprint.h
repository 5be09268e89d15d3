/*
 * `leeway fingerprint`: what its subcommands share. Internal to
 * cmd_fingerprint*.c.
 */
#ifndef SIDECAR_TOOLS_CMD_FINGERPRINT_H
#define SIDECAR_TOOLS_CMD_FINGERPRINT_H

#include "sidecar/engine/fingerprint.h"
#include "sidecar/tools/command.h"
#include "sidecar/tools/transcript.h"

enum cmd_fingerprint_format { CMD_FINGERPRINT_HUMAN, CMD_FINGERPRINT_JSON };

/* --role all */
enum { CMD_FINGERPRINT_ANY_ROLE = REQUEST_ROLES };

struct cmd_fingerprint_options {
    struct command_settings settings;
    int format;
    const char *persona, *source, *output, *model, *vectors;
    const char *speaker; /* NULL: whoever plays the persona */
    int role;            /* enum request_role, or CMD_FINGERPRINT_ANY_ROLE */
    size_t min_chars;    /* code points of a line */
    bool show_text;
    struct transcript_options transcript;
    struct transcript_mapping map[TRANSCRIPT_MAPPINGS];
};

/* What fingerprints are made and read with. */
struct cmd_fingerprint_shop {
    struct voice_model *model;
    const struct kernel_set *kernels;
    size_t min_samples;
};

/* Opens what the configuration names. false: a message is on stderr. */
bool cmd_fingerprint_open(const struct cmd_fingerprint_options *options,
                          struct cmd_fingerprint_shop *out);

/* Says it on stderr and returns the code. */
int cmd_fingerprint_fail(const struct err *err, int code);

/* COMMAND_NO_INPUT for a file that cannot be read, else COMMAND_BAD_DATA. */
int cmd_fingerprint_code(const struct err *err);

/* The subcommands; operands are argv[0..argc), their name not among them. */
int cmd_fingerprint_build(int argc, char **argv,
                          const struct cmd_fingerprint_options *options);
int cmd_fingerprint_show(int argc, char **argv,
                         const struct cmd_fingerprint_options *options);
int cmd_fingerprint_list(int argc, char **argv,
                         const struct cmd_fingerprint_options *options);
int cmd_fingerprint_compare(int argc, char **argv,
                            const struct cmd_fingerprint_options *options);

#endif
