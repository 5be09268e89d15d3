/*
 * What other systems call our categories: the `aliases` of the configuration.
 */
#ifndef SIDECAR_ENGINE_VOTES_ALIAS_H
#define SIDECAR_ENGINE_VOTES_ALIAS_H

#include "config/config.h"

/*
 * The same name but for letter case and for - _ and blank, which are written
 * for each other? "self-harm" is "Self_Harm"; "selfharm" is not.
 */
bool votes_alias_same(struct text a, struct text b);

/*
 * The categories that a classifier means by a name; fits votes_names. The first
 * of these that there are any of:
 *
 *   1. those with an alias of that name under the classifier's own
 *      ("azure=Hate" for the classifier azure)
 *   2. that with the name as its id
 *   3. those with an alias of that name under any; but not for a classifier
 *      that has aliases of its own
 *
 *   ctx      a const struct config *
 *   out      indices of categories, in their order, [most]; what does not fit
 *            is left out
 *   returns  how many
 *
 * One pass over all aliases. Cannot fail; safe from any thread.
 */
size_t votes_alias_find(const void *ctx, struct text classifier,
                        struct text name, size_t *out, size_t most);

#endif
