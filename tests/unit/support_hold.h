/*
 * What a stream would hold back for some patterns: a plain simulation of a
 * nondeterministic automaton (Thompson 1968), every match at once.
 */
#ifndef TESTS_UNIT_SUPPORT_HOLD_H
#define TESTS_UNIT_SUPPORT_HOLD_H

#include "sidecar/base/arena.h"
#include "sidecar/base/text.h"
#include "sidecar/engine/view.h"

struct support_hold;

/* The test fails where a pattern cannot be read. free with support_hold_free */
struct support_hold *support_hold_new(void);
void support_hold_add(struct support_hold *hold, struct text pattern);
void support_hold_free(struct support_hold *hold);
size_t support_hold_nodes(const struct support_hold *hold);

/*
 * Of every end k of a character of the text, released[k]: the offset up to
 * which nothing can change once [0, k) is known: what is alive, and what may
 * hold a match and touches that, is held. Other k keep the value before.
 *
 *   released  [text.len + 1]
 *   suspects  how many matches there may be; NULL: not asked
 */
void support_hold_run(struct support_hold *hold, struct text text,
                      size_t *released, size_t *suspects);

#endif
