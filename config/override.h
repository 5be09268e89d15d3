/*
 * `--set KEY=VALUE`: one scalar, or list of texts with commas, of the merged
 * configuration, whatever the files say. KEY is the path of messages, with
 * names for places in lists: limits.workers, categories.hate.thresholds.flag,
 * rules.PROFANITY.mode, personas.mira.locale. The last one of a key counts.
 */
#ifndef CONFIG_OVERRIDE_H
#define CONFIG_OVERRIDE_H

#include "config/merge.h"

/* Changes merge->root, or adds problems at place_override. */
void override_apply(struct merge *merge, const char *key_value);

#endif
