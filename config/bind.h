/*
 * A tree of nodes to a struct config, by the tables of schema.h: every value
 * typed, every range checked, every unknown key refused, every default filled
 * in. What several keys must agree on is crosscheck.h's.
 */
#ifndef CONFIG_BIND_H
#define CONFIG_BIND_H

#include "config/schema.h"
#include "config/source.h"

enum { BIND_PATH_BYTES = 512 }; /* of a setting's path in a message */

/*
 * Fills *config, which is zeroed, from the merged tree; `sources` resolves
 * paths and takes the problems. What is wrong has its default, or nothing, so
 * that the rest can be checked. List files are not read here.
 */
void bind_config(const struct node *root, struct source_set *sources,
                 struct config *config);

/*
 * Tells that a key is unknown: what it may have meant, or that this build does
 * not have it yet, or which type of rule has it. `path` names the key itself.
 */
void bind_unknown(struct problems *problems, struct place at, const char *path,
                  const struct schema_table *table, struct text key,
                  enum config_rule_type type);

/* Does the node have the row's kind? If not, a problem says so. */
bool bind_kind(struct problems *problems, const char *path,
               const struct schema_row *row, const struct node *node);

#endif
