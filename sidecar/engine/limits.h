/*
 * The configured limits in the form that proto/decode.h takes.
 */
#ifndef SIDECAR_ENGINE_LIMITS_H
#define SIDECAR_ENGINE_LIMITS_H

#include "config/config.h"
#include "proto/decode.h"

struct decode_limits limits_for_decoding(const struct config *config);

#endif
