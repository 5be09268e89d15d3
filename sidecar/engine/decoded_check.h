/*
 * The cheap look at a text that tells nearly all texts without a decoded view.
 */
#ifndef SIDECAR_ENGINE_DECODED_CHECK_H
#define SIDECAR_ENGINE_DECODED_CHECK_H

#include "sidecar/base/text.h"

/*
 * May there be something to decode in the text? True for every text in which
 * there is. Pure; safe from any thread.
 */
bool decoded_check(struct text text);

#endif
