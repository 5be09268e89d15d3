/*
 * The rules of a configuration as the engine wants them.
 */
#ifndef CONFIG_GATHER_H
#define CONFIG_GATHER_H

#include "config/config.h"

/*
 * Makes one array, config->rules, of the rules as bound, the composites, what
 * the sets add and the request's; applies the packs' modes; and tells each
 * patch of a set or profile which of the rules it means. Takes time n log n in
 * the rules. False: no memory.
 */
bool gather_rules(struct config *config);

#endif
