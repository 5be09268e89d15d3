/*
 * HTML's character references, as the HTML Standard reads them in text
 * (13.2.5.72 to 13.2.5.80): numeric ones, and of the named ones those for
 * ASCII, Latin, Greek and Cyrillic letters, spaces, and characters that do not
 * show.
 */
#ifndef SIDECAR_ENGINE_DECODED_ENTITY_H
#define SIDECAR_ENGINE_DECODED_ENTITY_H

#include "sidecar/base/text.h"

enum { DECODED_ENTITY_BYTES = 34 /* the longest that is looked at */ };

/*
 * The reference that begins with the & at `at` of the text. Returns its length,
 * 0 where there is none, and its character, which is not a control character
 * except tab and newlines.
 *
 *   starved  set where more text could change the answer; else left alone
 *
 * Pure; safe from any thread.
 */
size_t decoded_entity(struct text text, size_t at, uint32_t *c, bool *starved);

#endif
