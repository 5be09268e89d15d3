/* A copy says what its request said, after the message has gone. */
#include "proto/request_copy.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_request.h"

static void
same_text(const char *what, struct text got, struct text want)
{
    ck_assert_msg(text_equal(got, want), "%s: %.*s is not %.*s", what,
                  TEXT_ARGS(got), TEXT_ARGS(want));
    ck_assert_msg((got.at == NULL) == (want.at == NULL), "%s: absent", what);
    ck_assert_msg(got.len == 0 || got.at != want.at, "%s: not copied", what);
}

static void
same_texts(const char *what, struct request_texts got,
           struct request_texts want)
{
    ck_assert_msg(got.count == want.count && got.count > 0, "%s", what);
    for (size_t i = 0; i < got.count; i++) {
        same_text(what, got.at[i], want.at[i]);
    }
}

static void
same_vectors(const struct request_candidate *got,
             const struct request_candidate *want)
{
    ck_assert_uint_eq(got->vector_count, want->vector_count);
    for (size_t i = 0; i < got->vector_count; i++) {
        const struct request_vector *a = &got->vectors[i];
        const struct request_vector *b = &want->vectors[i];
        same_text("model", a->model, b->model);
        ck_assert_uint_eq(a->dim, b->dim);
        ck_assert_ptr_ne(a->values, b->values);
        ck_assert_mem_eq(a->values, b->values, a->dim * sizeof(*a->values));
    }
}

static void
same_classifiers(const struct request *got, const struct request *want)
{
    ck_assert_uint_eq(got->classifier_count, want->classifier_count);
    for (size_t i = 0; i < got->classifier_count; i++) {
        const struct request_classifier *a = &got->classifiers[i];
        const struct request_classifier *b = &want->classifiers[i];
        same_text("classifier", a->name, b->name);
        ck_assert_uint_eq(a->count, b->count);
        for (size_t k = 0; k < a->count; k++) {
            same_text("category", a->scores[k].category, b->scores[k].category);
            ck_assert_mem_eq(&a->scores[k].value, &b->scores[k].value,
                             sizeof(a->scores[k].value));
        }
    }
}

static void
same_request(const struct request *got, const struct request *want)
{
    same_text("op", got->op_name, want->op_name);
    same_text("id", got->id, want->id);
    same_text("traceparent", got->traceparent, want->traceparent);
    same_text("metadata", got->metadata, want->metadata);
    same_text("persona", got->persona, want->persona);
    same_text("workspace", got->workspace, want->workspace);
    same_text("session", got->session, want->session);
    same_text("messageId", got->message_id, want->message_id);
    same_text("locale", got->locale, want->locale);
    same_text("systemPrompt", got->system_prompt, want->system_prompt);
    same_texts("extraGuardrails", got->guardrails, want->guardrails);
    same_texts("canaries", got->canaries, want->canaries);
    same_texts("cast", got->cast, want->cast);
    same_classifiers(got, want);
    ck_assert(got->op == want->op && got->role == want->role &&
              got->turn == want->turn && got->attempt == want->attempt &&
              got->explain == want->explain && got->mode == want->mode &&
              got->deadline_ms == want->deadline_ms);
    ck_assert(got->drift_threshold == want->drift_threshold);
}

static struct arena *arena;

static struct request
decoded(struct text message)
{
    struct request request;
    struct err err;

    arena = arena_new(1 << 20);
    ck_assert_msg(
        decode_request(message, &support_request_limits, arena, &request, &err),
        "%s", err.message);
    return request;
}

START_TEST(everything_is_copied_but_the_token)
{
    const struct text message = support_request_message(support_request_full);
    const struct request request = decoded(message);
    size_t bytes = 0;
    struct request *copy = request_copy(&request, &bytes);

    ck_assert_uint_gt(request.token.len, 0);
    same_request(copy, &request);
    ck_assert_ptr_null(copy->token.at);
    same_text("text", copy->candidates[0].text, request.candidates[0].text);
    ck_assert_uint_ge(bytes, sizeof(*copy));
    free(copy);
    arena_free(arena);
    support_bytes_free(message);
}
END_TEST

START_TEST(vectors_are_copied)
{
    const struct text message = support_request_message(
        "{\"v\":1,\"op\":\"score\",\"candidates\":[{\"text\":\"a\","
        "\"embeddings\":{\"m\":[1,2,3],\"other\":[4]}},{\"text\":\"\"}]}");
    const struct request request = decoded(message);
    size_t bytes = 0;
    struct request *copy = request_copy(&request, &bytes);

    ck_assert_uint_eq(copy->candidate_count, 2);
    for (size_t i = 0; i < 2; i++) {
        same_text("text", copy->candidates[i].text, request.candidates[i].text);
        same_vectors(&copy->candidates[i], &request.candidates[i]);
    }
    free(copy);
    arena_free(arena);
    support_bytes_free(message);
}
END_TEST

/* The sanitizers see a copy that still looks into what it was made from. */
START_TEST(copy_outlives_the_message)
{
    const struct text message = support_request_message(
        "{\"v\":1,\"op\":\"stream.open\",\"persona\":\"mira\",\"cast\":[\"a\","
        "\"b\"],\"scores\":{\"them\":{\"hate\":0.5}},"
        "\"mode\":\"shadow\"}");
    const struct request request = decoded(message);
    size_t bytes = 0;
    struct request *copy = request_copy(&request, &bytes);

    support_bytes_free(message);
    arena_free(arena);
    ck_assert(text_is(copy->persona, "mira") && copy->cast.count == 2);
    ck_assert(text_is(copy->cast.at[1], "b"));
    ck_assert_int_eq(copy->mode, REQUEST_SHADOW);
    ck_assert_uint_eq(copy->classifier_count, 1);
    ck_assert(text_is(copy->classifiers[0].name, "them"));
    ck_assert(text_is(copy->classifiers[0].scores[0].category, "hate"));
    ck_assert(copy->classifiers[0].scores[0].value == 0.5);
    free(copy);
}
END_TEST

TEST_MAIN("request_copy", {
    tcase_add_test(tc, everything_is_copied_but_the_token);
    tcase_add_test(tc, vectors_are_copied);
    tcase_add_test(tc, copy_outlives_the_message);
})
