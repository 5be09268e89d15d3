/*
 * A small engine for tests of what is around it.
 */
#ifndef TESTS_UNIT_SUPPORT_WORD_H
#define TESTS_UNIT_SUPPORT_WORD_H

#include "sidecar/engine/engine.h"

/*
 * A configuration with one rule, WORD, that puts a line of the fallback pool
 * in the place of a text with `word`, and `more` after it; written to a.yaml
 * of the folder support_config_enter made, or of one that is made and left
 * again. The test fails where it has a problem.
 */
struct engine *support_word_engine(const char *word, const char *more);

/* Only the file. */
void support_word_file(const char *word, const char *more);

#endif
