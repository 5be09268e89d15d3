/*
 * The cheap look at a text that tells nearly all texts without a squash view.
 */
#ifndef SIDECAR_ENGINE_SQUASH_CHECK_H
#define SIDECAR_ENGINE_SQUASH_CHECK_H

#include "sidecar/base/text.h"

/*
 * May the text, folded, have a squash view? True for every one that has. Pure;
 * safe from any thread.
 */
bool squash_check(struct text text);

#endif
