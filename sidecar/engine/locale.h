/*
 * Language tags, as far as rules and profiles compare them (BCP 47).
 */
#ifndef SIDECAR_ENGINE_LOCALE_H
#define SIDECAR_ENGINE_LOCALE_H

#include "config/config.h"
#include "proto/request.h"

/* The request's locale, else the persona's (who may be NULL), else "". */
struct text
locale_of(const struct request *request, const struct config_persona *persona);

/*
 * Is one of the two tags the beginning of the other? "pt" is meant for
 * "PT-br", and "pt" may well be the Portuguese of "pt-BR". `_` counts as `-`.
 */
bool locale_matches(struct text a, struct text b);

#endif
