/*
 * What a table of personas consists of. Internal to persona.c, which builds
 * the one of a configuration, and persona_overlay.c, which lays a roster over
 * it.
 */
#ifndef SIDECAR_ENGINE_PERSONA_TABLE_H
#define SIDECAR_ENGINE_PERSONA_TABLE_H

#include "sidecar/engine/persona.h"

struct personas {
    struct persona *at; /* [count], in order of id; a reference to each print */
    size_t count;
    struct voice_model *model;
    struct vector_backgrounds *backgrounds;
    /* The table that this one is laid over, which owns these two and outlives
     * it; NULL: this is the configuration's. */
    const struct personas *base;
    struct roster *roster;       /* a reference */
    struct config_persona *made; /* of those that no configuration names */
};

/* Sets threshold and own_threshold from her settings; err: too few lines. */
bool persona_table_threshold(struct persona *p, struct err *err);

#endif
