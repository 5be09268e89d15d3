/*
 * What the paths on `leeway test`'s command line mean: part of the
 * configuration, or configurations of their own.
 */
#ifndef SIDECAR_TOOLS_CMD_TEST_PATHS_H
#define SIDECAR_TOOLS_CMD_TEST_PATHS_H

#include "config/config.h"
#include "sidecar/base/err.h"

struct cmd_test_paths {
    size_t count;  /* of paths given */
    char **within; /* [inside] absolute: files and folders of the config */
    size_t inside;
    char **alone; /* [alone_count] configurations of their own */
    size_t alone_count;
    const struct config *config; /* kept */
    bool whole; /* one of the paths is, or holds, the main file */
};

/*
 * Sorts the paths out. main_path is the configuration's main file, NULL with
 * config where there is none. Fails with ERR_IO naming a path that is not
 * there, or a folder without a configuration.
 */
bool cmd_test_paths_read(struct cmd_test_paths *paths, char *const *given,
                         size_t count, const char *main_path,
                         const struct config *config, struct err *err);
void cmd_test_paths_clear(struct cmd_test_paths *paths);

/*
 * Does what stands at the node belong to one of the paths, or does its rule
 * take terms from one of them? rule may be NULL.
 */
bool
cmd_test_paths_hold(const struct cmd_test_paths *paths,
                    const struct config_rule *rule, const struct node *node);

#endif
