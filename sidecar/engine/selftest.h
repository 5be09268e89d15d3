/*
 * An engine's own tests: the inline tests of its rules, and every fallback line
 * judged by the rules it is there for.
 */
#ifndef SIDECAR_ENGINE_SELFTEST_H
#define SIDECAR_ENGINE_SELFTEST_H

#include "sidecar/engine/engine.h"

/* false: at least one failed; each is a problem with its place. */
bool selftest_engine(const struct engine *engine, struct problems *problems);

#endif
