#include "sidecar/serve/enrol.h"

#include <stdlib.h>

#include "sidecar/base/log.h"
#include "sidecar/engine/kept.h"

bool
enrol_init(struct enrol *enrol, struct slot *slot, struct err *err)
{
    struct engine *engine = slot_take(slot);
    const struct text folder = kept_folder(engine->config);
    bool done = true;

    *enrol = (struct enrol){.slot = slot};
    if (folder.len > 0) {
        enrol->folder = calloc(folder.len + 1, 1);
        if (enrol->folder == NULL) {
            err_memory(err, "drift.keep");
            done = false;
        } else {
            memcpy(enrol->folder, folder.at, folder.len);
            done = kept_open(enrol->folder, err);
        }
    }
    if (!done) {
        err_under(err, "drift.keep");
    }
    engine_drop(engine);
    return done;
}

void
enrol_clear(struct enrol *enrol)
{
    free(enrol->folder);
}

size_t
enrol_count(const struct enrol *enrol)
{
    struct engine *engine = slot_take(enrol->slot);
    const size_t count = roster_count(personas_roster(engine->personas));

    engine_drop(engine);
    return count;
}

/* One attempt, whose engine is not in the slot yet. */
struct attempt {
    struct engine *old, *new;
    struct enrol_change change;
};

static void
look_up(struct attempt *a, struct text persona)
{
    const struct personas *personas = a->old->personas;
    struct err ignored;

    a->change = (struct enrol_change){
        .engine = a->old,
        .before = roster_find(personas_roster(personas), persona)};
    (void)persona_find(personas, persona, &a->change.persona, &ignored);
}

/* May one more be enrolled? */
static bool
check_room(const struct attempt *a, struct err *err)
{
    const long long most = a->old->config->limits.personas;
    const size_t count = roster_count(personas_roster(a->old->personas));

    if (a->change.before != NULL || a->change.print == NULL ||
        (long long)count < most) {
        return true;
    }
    err_at(err, ERR_TOO_LARGE, "persona",
           "persona: %zu are enrolled, at most %lld (limits.personas)", count,
           most);
    return false;
}

static bool
derive(struct attempt *a, struct text persona, struct err *err)
{
    if (!check_room(a, err)) {
        return false;
    }
    struct roster *roster = roster_with(personas_roster(a->old->personas),
                                        persona, a->change.print);
    if (roster == NULL) {
        err_memory(err, "the enrolled personas");
        return false;
    }
    a->new = engine_with(a->old, roster, err);
    roster_drop(roster);
    if (a->new == NULL && err->kind == ERR_CONFIG) {
        err->kind = ERR_INVALID; // too few lines for the rate, and the like
    }
    return a->new != NULL;
}

static bool
keep(const struct enrol *enrol, struct text persona,
     const struct fingerprint *print, struct err *err)
{
    return enrol->folder == NULL ||
           kept_write(enrol->folder, persona, print, err);
}

static void
log_change(struct text persona, const struct attempt *a)
{
    char hex[DIGEST_HEX] = "none";

    if (a->change.print != NULL) {
        digest_hex(&a->change.print->digest, hex);
    }
    log_event(LOG_INFO, "enrolled",
              "persona=%.*s fingerprint=%.12s generation=%llu engine=%.12s",
              TEXT_ARGS(persona), hex, (unsigned long long)a->new->generation,
              a->new->hash);
}

enum progress { FAILED, AGAIN, DONE };

/*
 * The disk before the slot: what was answered must be there after a power cut.
 * It is put back where the slot then cannot follow.
 */
static enum progress
try_once(struct enrol *enrol, struct text persona, struct attempt *a,
         struct err *err)
{
    if (!derive(a, persona, err) ||
        !keep(enrol, persona, a->change.print, err)) {
        return FAILED;
    }
    // A reference of our own: the slot's may be gone before we are done.
    if (slot_replace(enrol->slot, a->old, engine_keep(a->new))) {
        log_change(persona, a);
        return DONE;
    }
    engine_drop(a->new);
    struct err ignored;
    if (!keep(enrol, persona, a->change.before, &ignored)) {
        log_event(LOG_ERROR, "keep", "%s", ignored.message);
    }
    return AGAIN;
}

bool
enrol_change(struct enrol *enrol, struct text persona,
             bool (*make)(void *context, struct enrol_change *change,
                          struct err *err),
             void *context, struct engine **engine, bool *changed,
             struct err *err)
{
    enum progress progress = AGAIN;

    while (progress == AGAIN) {
        struct attempt a = {.old = slot_take(enrol->slot)};
        look_up(&a, persona);
        progress = FAILED;
        if (make(context, &a.change, err)) {
            *changed = !a.change.same;
            progress = a.change.same ? DONE : try_once(enrol, persona, &a, err);
        }
        if (progress == DONE) {
            *engine = engine_keep(a.change.same ? a.old : a.new);
        }
        fingerprint_free(a.change.print);
        engine_drop(a.new);
        engine_drop(a.old);
    }
    return progress == DONE;
}
