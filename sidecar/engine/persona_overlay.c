/* personas_with of persona.h: a roster laid over the configured personas. */
#include <stdlib.h>

#include "sidecar/engine/persona_table.h"

/* What is needed while a table is laid over another. */
struct overlay {
    const struct personas *base;   /* the configuration's */
    const struct personas *before; /* laid over the same base, or the base */
    const struct config *config;
    const struct kernel_set *kernels;
    struct personas *out;
    size_t made;
};

static int
by_id(const struct persona *p, const struct fingerprint *enrolled)
{
    return text_order(p->config->id, enrolled->persona);
}

/* Would the configured fingerprint add anything to what is enrolled? */
static bool
adds(const struct fingerprint *configured, const struct fingerprint *enrolled)
{
    if (configured->line_count > 0 && enrolled->line_count == 0) {
        return true;
    }
    for (size_t i = 0; i < configured->vector_count; i++) {
        if (fingerprint_vectors_of(enrolled, configured->vectors[i].model) ==
            NULL) {
            return true;
        }
    }
    return false;
}

static size_t
add_sets(const struct fingerprint *from, const struct fingerprint *unless,
         struct fingerprint_source *sets, size_t n)
{
    for (size_t i = 0; i < from->vector_count; i++) {
        const struct fingerprint_vectors *v = &from->vectors[i];
        if (unless == NULL ||
            fingerprint_vectors_of(unless, v->model) == NULL) {
            sets[n++] =
                (struct fingerprint_source){v->model, v->at, v->rows, v->dim};
        }
    }
    return n;
}

/* What is enrolled first, then of the configured what it does not replace. */
static struct fingerprint *
merge(const struct overlay *o, const struct fingerprint *configured,
      const struct fingerprint *enrolled, struct err *err)
{
    struct fingerprint_source sets[2 * FINGERPRINT_MOST_MODELS];
    const bool own = enrolled->line_count > 0;
    struct fingerprint_parts parts = {.persona = enrolled->persona,
                                      .source = own ? enrolled->source
                                                    : configured->source,
                                      .created = enrolled->created,
                                      .lines = own ? enrolled : configured,
                                      .vectors = sets};

    parts.vector_count = add_sets(enrolled, NULL, sets, 0);
    parts.vector_count =
        add_sets(configured, enrolled, sets, parts.vector_count);
    return fingerprint_join(o->base->model, o->kernels, &parts, err);
}

static struct fingerprint *
keep_any(struct fingerprint *print)
{
    return print != NULL ? fingerprint_keep(print) : NULL;
}

/* Where the same two were laid over each other before: it is the same again. */
static bool
take_over(const struct overlay *o, struct persona *p,
          const struct fingerprint *enrolled)
{
    const struct persona *before;
    struct err ignored;

    if (!persona_find(o->before, enrolled->persona, &before, &ignored) ||
        before->enrolled != enrolled) {
        return false;
    }
    p->print = fingerprint_keep(before->print);
    p->centred = keep_any(before->centred);
    p->backgrounds = before->backgrounds;
    return true;
}

static bool
check_model(const struct overlay *o, const struct fingerprint *enrolled,
            struct err *err)
{
    const struct voice_model *model = o->base->model;

    if (enrolled->line_count == 0 ||
        (model != NULL && memcmp(&model->digest, &enrolled->model_digest,
                                 sizeof(model->digest)) == 0)) {
        return true;
    }
    err_set(err, ERR_CONFIG,
            "built over the wire with voice model %.*s, which is not the one "
            "of drift.background: drop her fingerprint first, and build it "
            "again afterwards",
            TEXT_ARGS(enrolled->model));
    return false;
}

/* The settings of a persona that no configuration names. */
static const struct config_persona *
make_settings(struct overlay *o, const struct fingerprint *enrolled)
{
    struct config_persona *made = &o->out->made[o->made++];

    *made = (struct config_persona){.id = enrolled->persona,
                                    .name = enrolled->persona,
                                    .drift = o->config->drift};
    made->drift.node = NULL; // none of her own
    return made;
}

/* Her print out of what is enrolled and, where it adds anything, configured. */
static bool
lay_print(const struct overlay *o, struct persona *p,
          const struct fingerprint *configured, struct fingerprint *enrolled,
          struct err *err)
{
    if (take_over(o, p, enrolled)) {
        return true;
    }
    if (!check_model(o, enrolled, err)) {
        return false;
    }
    p->print = configured == NULL || !adds(configured, enrolled)
                   ? fingerprint_keep(enrolled)
                   : merge(o, configured, enrolled, err);
    return p->print != NULL && persona_centre(p, o->base->backgrounds,
                                              o->base->model, o->kernels, err);
}

/* configured: NULL where no configuration names her. */
static bool
enrol(struct overlay *o, const struct persona *configured,
      struct fingerprint *enrolled, struct err *err)
{
    struct persona *p = &o->out->at[o->out->count++];

    p->config =
        configured != NULL ? configured->config : make_settings(o, enrolled);
    p->enrolled = enrolled;
    if (!lay_print(o, p, configured != NULL ? configured->print : NULL,
                   enrolled, err) ||
        !persona_table_threshold(p, err)) {
        err_under(err, "personas.%.*s", TEXT_ARGS(enrolled->persona));
        return false;
    }
    return true;
}

static void
copy(struct overlay *o, const struct persona *configured)
{
    struct persona *p = &o->out->at[o->out->count++];

    *p = *configured;
    p->print = keep_any(p->print);
    p->centred = keep_any(p->centred);
}

/* Both are in order of id. */
static bool
lay_over(struct overlay *o, const struct roster *roster, struct err *err)
{
    const struct personas *base = o->base;
    const size_t enrolled = roster_count(roster);
    size_t b = 0, r = 0;

    while (b < base->count || r < enrolled) {
        const int order = b == base->count ? 1
                          : r == enrolled
                              ? -1
                              : by_id(&base->at[b], roster_at(roster, r));
        if (order < 0) {
            copy(o, &base->at[b++]);
            continue;
        }
        const struct persona *configured = order == 0 ? &base->at[b++] : NULL;
        if (!enrol(o, configured, roster_at(roster, r++), err)) {
            return false;
        }
    }
    return true;
}

struct personas *
personas_with(const struct personas *personas, const struct config *config,
              const struct kernel_set *kernels, struct roster *roster,
              struct err *err)
{
    const struct personas *base =
        personas->base != NULL ? personas->base : personas;
    const size_t enrolled = roster_count(roster);
    struct personas *out = calloc(1, sizeof(*out));
    struct overlay o = {.base = base,
                        .before = personas,
                        .config = config,
                        .kernels = kernels,
                        .out = out};

    if (out == NULL) {
        err_memory(err, "personas");
        return NULL;
    }
    out->base = base;
    out->model = base->model;
    out->backgrounds = base->backgrounds;
    out->roster = roster_keep(roster);
    out->at = calloc(base->count + enrolled + 1, sizeof(*out->at));
    out->made = calloc(enrolled + 1, sizeof(*out->made));
    const bool room = out->at != NULL && out->made != NULL;
    if (!room) {
        err_memory(err, "personas");
    }
    if (!room || !lay_over(&o, roster, err)) {
        personas_free(out);
        return NULL;
    }
    return out;
}

struct roster *
personas_roster(const struct personas *personas)
{
    return personas->roster;
}

const char *
persona_origin(const struct persona *persona)
{
    return persona->enrolled == NULL       ? "config"
           : persona->config->node == NULL ? "wire"
                                           : "overlay";
}
