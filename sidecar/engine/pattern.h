/*
 * One regular expression, PCRE2's by definition: UTF, Unicode classes, letter
 * case ignored. Compiled once, immutable, any number of threads.
 */
#ifndef SIDECAR_ENGINE_PATTERN_H
#define SIDECAR_ENGINE_PATTERN_H

#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

enum { PATTERN_BYTES = 4096 };

struct pattern;
struct pattern_scratch; /* one thread's working memory, for any pattern */

/*
 * Refuses what does not compile (with the offset), matches the empty text, or
 * is longer than PATTERN_BYTES.
 */
struct pattern *pattern_compile(struct text source, struct err *err);
void pattern_free(struct pattern *pattern);

struct pattern_scratch *pattern_scratch_new(void);
void pattern_scratch_free(struct pattern_scratch *scratch);

enum pattern_result { PATTERN_FOUND, PATTERN_NONE, PATTERN_FAILED };

/*
 * The first match in text (valid UTF-8) that begins within `starts`, whose
 * `from` is on a character's boundary; it may end anywhere; never an empty one.
 * PATTERN_FAILED: a limit on work or memory was reached, and err says which.
 *
 * The limits hold for one place where a match might begin, so the time for a
 * pattern without bounds ("[a-z ]{3,}\d") grows with the square of the text.
 * Who has a deadline asks for a few starts at a time.
 */
enum pattern_result
pattern_find(const struct pattern *pattern, struct pattern_scratch *scratch,
             struct text text, struct span starts, struct span *found,
             struct err *err);

/*
 * How hard the matcher works at the hardest start in the text (valid UTF-8):
 * its steps, to within one in eight, or more than `most` where a match or the
 * lack of one takes more. Counted without JIT, by trying limits: for checks of
 * a pattern, not for judging.
 */
size_t
pattern_steps(const struct pattern *pattern, struct pattern_scratch *scratch,
              struct text text, size_t most);

/* Library version, into out. */
void pattern_library(char *out, size_t size);

#endif
