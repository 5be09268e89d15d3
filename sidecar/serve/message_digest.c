#include "sidecar/serve/message_digest.h"

enum { FIXED_PARTS = 16 };

/* Texts one after another; each list is preceded by its length. */
struct parts {
    struct text *at; /* [room] */
    size_t count;
};

static void
add(struct parts *parts, struct text text)
{
    parts->at[parts->count++] = text;
}

static void
add_bytes(struct parts *parts, const void *bytes, size_t len)
{
    add(parts, (struct text){bytes, len});
}

static void
add_list(struct parts *parts, const struct request_texts *list)
{
    add_bytes(parts, &list->count, sizeof(list->count));
    for (size_t i = 0; i < list->count; i++) {
        add(parts, list->at[i]);
    }
}

static void
add_candidates(struct parts *parts, const struct request *q)
{
    add_bytes(parts, &q->candidate_count, sizeof(q->candidate_count));
    for (size_t i = 0; i < q->candidate_count; i++) {
        const struct request_candidate *c = &q->candidates[i];
        add(parts, c->text);
        add_bytes(parts, &c->vector_count, sizeof(c->vector_count));
        for (size_t k = 0; k < c->vector_count; k++) {
            add(parts, c->vectors[k].model);
            add_bytes(parts, c->vectors[k].values,
                      c->vectors[k].dim * sizeof(*c->vectors[k].values));
        }
    }
}

static void
add_classifiers(struct parts *parts, const struct request *q)
{
    add_bytes(parts, &q->classifier_count, sizeof(q->classifier_count));
    for (size_t i = 0; i < q->classifier_count; i++) {
        const struct request_classifier *c = &q->classifiers[i];
        add(parts, c->name);
        add_bytes(parts, &c->count, sizeof(c->count));
        for (size_t k = 0; k < c->count; k++) {
            add(parts, c->scores[k].category);
            add_bytes(parts, &c->scores[k].value, sizeof(c->scores[k].value));
        }
    }
}

static size_t
parts_of(const struct request *q)
{
    size_t count =
        FIXED_PARTS + q->guardrails.count + q->canaries.count + q->cast.count;

    for (size_t i = 0; i < q->candidate_count; i++) {
        count += 2 + 2 * q->candidates[i].vector_count;
    }
    for (size_t i = 0; i < q->classifier_count; i++) {
        count += 2 + 2 * q->classifiers[i].count;
    }
    return count;
}

bool
message_digest(const struct store *store, const struct request *q,
               struct arena *arena, struct digest *out, struct err *err)
{
    struct parts parts = {.at = ARENA_ARRAY(arena, struct text, parts_of(q))};

    if (parts.at == NULL) {
        err_memory(err, "a message's digest");
        return false;
    }
    add(&parts, q->persona);
    add(&parts, q->locale);
    add(&parts, q->system_prompt);
    add_bytes(&parts, &q->role, sizeof(q->role));
    add_bytes(&parts, &q->attempt, sizeof(q->attempt));
    add_bytes(&parts, &q->explain, sizeof(q->explain));
    add_bytes(&parts, &q->drift_threshold, sizeof(q->drift_threshold));
    add_list(&parts, &q->guardrails);
    add_list(&parts, &q->canaries);
    add_list(&parts, &q->cast);
    add_candidates(&parts, q);
    add_classifiers(&parts, q);
    const struct digest whole = digest_of_parts(parts.at, parts.count);
    *out = store_digest(store,
                        (struct text){(const char *)whole.bytes, DIGEST_BYTES});
    return true;
}
