#include "tests/unit/support_persona.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sidecar/engine/fingerprint_file.h"
#include "tests/unit/support_voice.h"

enum { DIM = SUPPORT_PERSONA_DIM, ROWS = 24 };
enum { FEW = DRIFT_LEAST_ROWS - 1 };

void
support_persona_write(const char *path)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *lines = support_voice_print(model, "falstaff", 60);
    float at[ROWS * DIM];
    struct err err;

    for (size_t i = 0; i < ROWS * DIM; i++) {
        at[i] = 1.0f + (float)(i * 37 % 11) / 50.0f;
    }
    const struct fingerprint_source enough = {
        .model = TEXT("m1"), .at = at, .rows = ROWS, .dim = DIM};
    const struct fingerprint_source few = {
        .model = TEXT("m2"), .at = at, .rows = FEW, .dim = DIM};
    struct fingerprint *one = fingerprint_with(lines, model, &kernel_scalar,
                                               TEXT("falstaff"), &enough, &err);
    ck_assert_msg(one != NULL, "%s", err.message);
    struct fingerprint *both = fingerprint_with(one, model, &kernel_scalar,
                                                TEXT("falstaff"), &few, &err);
    ck_assert_msg(both != NULL, "%s", err.message);
    ck_assert_msg(fingerprint_write(both, path, &err), "%s", err.message);
    fingerprint_free(lines);
    fingerprint_free(one);
    fingerprint_free(both);
    voice_model_free(model);
}

struct support_bench
support_persona(const char *drift)
{
    return support_persona_over("", drift);
}

struct support_bench
support_persona_over(const char *all, const char *drift)
{
    char path[] = "/tmp/leeway-print-XXXXXX", set[96], text[1024];
    const int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    support_persona_write(path);
    snprintf(set, sizeof(set), "personas.jack.fingerprint=%s", path);
    snprintf(text, sizeof(text),
             SUPPORT_ENGINE_HEAD "allow_empty: true\n"
                                 "drift: {%s}\n"
                                 "personas:\n"
                                 "- {id: jack, locale: en, drift: {%s}}\n",
             all, drift);
    const char *const overrides[] = {"drift.background=" SUPPORT_VOICE_MODEL,
                                     set, NULL};
    struct support_bench b = support_bench(support_engine_set(text, overrides));
    ck_assert_int_eq(unlink(path), 0);
    return b;
}

const struct envelope_drift *
support_persona_drift(struct support_bench *b, const char *text,
                      const char *model, const float *values, size_t dim)
{
    static struct request_vector vector;
    static struct request_candidate candidate;

    vector = (struct request_vector){
        .model = text_of(model), .values = values, .dim = dim};
    candidate = (struct request_candidate){.text = text_of(text),
                                           .vectors = &vector,
                                           .vector_count = values != NULL};
    struct request request = support_request(&candidate);
    request.persona = TEXT("jack");
    request.explain = true;
    return &support_judge(b, &request)->drift;
}
