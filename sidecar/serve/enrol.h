/*
 * Personas enrolled, changed and dropped while requests run: each change is a
 * new engine that shares everything else with the old one, swapped in whole.
 * Requests that have begun keep the engine that they began with.
 *
 * Where a folder is configured (drift.keep), a change is on the disk before it
 * is made, so that what was answered is there after a restart.
 */
#ifndef SIDECAR_SERVE_ENROL_H
#define SIDECAR_SERVE_ENROL_H

#include "sidecar/serve/slot.h"

struct enrol {
    struct slot *slot;
    char *folder; /* owned; NULL: nothing is kept */
};

/*
 * Keeps the slot; makes the folder that the engine's configuration names.
 * ERR_IO, ERR_MEMORY.
 */
bool enrol_init(struct enrol *enrol, struct slot *slot, struct err *err);
void enrol_clear(struct enrol *enrol);

/* How many personas are enrolled now. Any thread. */
size_t enrol_count(const struct enrol *enrol);

/* A fingerprint in the making; all borrowed but `print`. */
struct enrol_change {
    const struct engine *engine;      /* the one to change */
    const struct persona *persona;    /* as she is in it; NULL: not there */
    const struct fingerprint *before; /* what is enrolled of her, or NULL */
    struct fingerprint *print; /* what shall be; NULL: nothing. Given away */
    bool same;                 /* `before` may stay: nothing to do */
};

/*
 * Asks `make` for the persona's new fingerprint and swaps it in; asks again
 * where another change came in between. Gives the engine that holds the
 * result, with a reference, in *engine, and says in *changed whether it is a
 * new one.
 *
 *   make  fills change->print or ->same; false: err says why, and nothing
 *         happens
 *
 * One thread at a time; reloads and requests may run meanwhile.
 */
bool enrol_change(struct enrol *enrol, struct text persona,
                  bool (*make)(void *context, struct enrol_change *change,
                               struct err *err),
                  void *context, struct engine **engine, bool *changed,
                  struct err *err);

#endif
