/*
 * Disguises that stand in one chunk: no white space in them.
 */
#ifndef SIDECAR_ENGINE_DISGUISE_CHUNK_H
#define SIDECAR_ENGINE_DISGUISE_CHUNK_H

#include "sidecar/engine/disguise_set.h"

/* A scan under way. */
struct disguise_scan {
    const struct disguise *d;
    struct text text;
    disguise_found *found;
    void *context;
    bool stopped; /* `found` returned false */
    size_t work;  /* characters looked at more than once, ways tried */
};

/* disguise_scan, for tests that count its work. */
void disguise_scan_all(struct disguise_scan *s);

/* Tells of a find to those of the entry's terms that want its kind. */
void disguise_report(struct disguise_scan *s, const struct disguise_find *find);

/* A chunk with more in it than a word and punctuation around it. */
void disguise_chunk(struct disguise_scan *s, struct span chunk);

/* Letters only, at least three, not ordinary. */
void disguise_chunk_word(struct disguise_scan *s, struct span word);

#endif
