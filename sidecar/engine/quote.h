/*
 * Speech that is reported, and code: what a character quotes is not what she
 * says of herself.
 */
#ifndef SIDECAR_ENGINE_QUOTE_H
#define SIDECAR_ENGINE_QUOTE_H

#include "sidecar/engine/view.h"

/*
 * Does the span of the folded text lie inside a mention: between straight
 * double quotes on one line that hold a fragment (no sentence mark or comma
 * before the closing quote: with one it is dialogue), and with something
 * outside the quotes on that line? The quotes are at most 400 bytes apart.
 */
bool quote_is_mention(struct text text, struct span span);

/* Does it lie between backticks (`code`, ```block```)? */
bool quote_is_code(struct text text, struct span span);

#endif
