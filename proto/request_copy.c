#include "proto/request_copy.h"

#include <stdalign.h>
#include <stdlib.h>

/*
 * The copy is made twice by the same code: the first time nothing is written,
 * only counted, so that the second finds exactly the memory it needs.
 */
struct packer {
    char *at; /* NULL: only count */
    size_t used;
};

/* Room for the elements, holding a copy of them; NULL while only counting. */
static void *
pack(struct packer *to, const void *from, size_t count, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    const size_t begin = (to->used + align - 1) / align * align;

    to->used = begin + count * bytes;
    if (to->at == NULL) {
        return NULL;
    }
    if (count > 0) {
        memcpy(to->at + begin, from, count * bytes);
    }
    return to->at + begin;
}

static struct text
pack_text(struct packer *to, struct text from)
{
    char *at = to->at != NULL ? to->at + to->used : NULL;

    to->used += from.len;
    if (at != NULL && from.len > 0) {
        memcpy(at, from.at, from.len);
    }
    return (struct text){from.at != NULL ? at : NULL, from.len};
}

static struct request_texts
pack_texts(struct packer *to, struct request_texts from)
{
    struct text *at = pack(to, from.at, from.count, sizeof(*at));

    for (size_t i = 0; i < from.count; i++) {
        const struct text one = pack_text(to, from.at[i]);
        if (at != NULL) {
            at[i] = one;
        }
    }
    return (struct request_texts){at, from.count};
}

static const struct request_vector *
pack_vectors(struct packer *to, const struct request_candidate *from)
{
    struct request_vector *at =
        pack(to, from->vectors, from->vector_count, sizeof(*at));

    for (size_t i = 0; i < from->vector_count; i++) {
        const struct request_vector *v = &from->vectors[i];
        const struct request_vector one = {
            .model = pack_text(to, v->model),
            .values = pack(to, v->values, v->dim, sizeof(*v->values)),
            .dim = v->dim};
        if (at != NULL) {
            at[i] = one;
        }
    }
    return at;
}

static const struct request_candidate *
pack_candidates(struct packer *to, const struct request *from)
{
    struct request_candidate *at =
        pack(to, from->candidates, from->candidate_count, sizeof(*at));

    for (size_t i = 0; i < from->candidate_count; i++) {
        const struct request_candidate *c = &from->candidates[i];
        const struct request_candidate one = {.text = pack_text(to, c->text),
                                              .vectors = pack_vectors(to, c),
                                              .vector_count = c->vector_count};
        if (at != NULL) {
            at[i] = one;
        }
    }
    return at;
}

static const struct request_classifier *
pack_classifiers(struct packer *to, const struct request *from)
{
    struct request_classifier *at =
        pack(to, from->classifiers, from->classifier_count, sizeof(*at));

    for (size_t i = 0; i < from->classifier_count; i++) {
        const struct request_classifier *c = &from->classifiers[i];
        struct request_score *scores =
            pack(to, c->scores, c->count, sizeof(*scores));
        for (size_t k = 0; k < c->count; k++) {
            const struct text category = pack_text(to, c->scores[k].category);
            if (scores != NULL) {
                scores[k].category = category;
            }
        }
        const struct text name = pack_text(to, c->name);
        if (at != NULL) {
            at[i] = (struct request_classifier){name, scores, c->count};
        }
    }
    return at;
}

/* In the order of struct request; what is not named here is absent. */
static struct request
pack_request(struct packer *to, const struct request *from)
{
    return (struct request){.op = from->op,
                            .op_name = pack_text(to, from->op_name),
                            .id = pack_text(to, from->id),
                            .traceparent = pack_text(to, from->traceparent),
                            .metadata = pack_text(to, from->metadata),
                            .deadline_ms = from->deadline_ms,
                            .persona = pack_text(to, from->persona),
                            .workspace = pack_text(to, from->workspace),
                            .session = pack_text(to, from->session),
                            .message_id = pack_text(to, from->message_id),
                            .locale = pack_text(to, from->locale),
                            .turn = from->turn,
                            .role = from->role,
                            .candidates = pack_candidates(to, from),
                            .candidate_count = from->candidate_count,
                            .guardrails = pack_texts(to, from->guardrails),
                            .canaries = pack_texts(to, from->canaries),
                            .cast = pack_texts(to, from->cast),
                            .system_prompt = pack_text(to, from->system_prompt),
                            .classifiers = pack_classifiers(to, from),
                            .classifier_count = from->classifier_count,
                            .drift_threshold = from->drift_threshold,
                            .attempt = from->attempt,
                            .explain = from->explain,
                            .mode = from->mode};
}

struct request *
request_copy(const struct request *from, size_t *bytes)
{
    struct packer to = {NULL, 0};

    (void)pack(&to, from, 1, sizeof(*from));
    (void)pack_request(&to, from);
    *bytes = to.used;
    to = (struct packer){malloc(to.used), 0};
    if (to.at == NULL) {
        return NULL;
    }
    struct request *copy = pack(&to, from, 1, sizeof(*from));
    *copy = pack_request(&to, from);
    return copy;
}
