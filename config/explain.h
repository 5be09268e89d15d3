/*
 * The configuration in words: what there is to set, and what was set where.
 */
#ifndef CONFIG_EXPLAIN_H
#define CONFIG_EXPLAIN_H

#include <stdio.h>

#include "config/config.h"

/* Every key: its type, range, default and unit, what a change needs, help. */
void explain_schema(FILE *to);

/*
 * The merged configuration as one YAML file, each value with the place it came
 * from as a comment: "# rules/base.yaml:14", "# default". It loads again, from
 * a file in the same folder, to the same values; a secret is left out and must
 * be added. The configuration must be free of problems.
 */
void explain_effective(const struct config *config, FILE *to);

#endif
