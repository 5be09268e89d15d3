#include "sidecar/engine/cast.h"

#include <stdlib.h>
#include <unistd.h>

#include "sidecar/engine/fingerprint_file.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"
#include "tests/unit/support_voice.h"

enum { DIM = 8, ROWS = 24 };

/*
 * jack and ham have lines and vectors of "m", each about an axis of its own;
 * judy has lines alone, vic vectors alone, about ham's axis; nobody nothing.
 */
#define SCENE                                                                  \
    SUPPORT_ENGINE_HEAD "allow_empty: true\n"                                  \
                        "drift: {%s}\n"                                        \
                        "personas:\n"                                          \
                        "- {id: ham}\n"                                        \
                        "- {id: jack}\n"                                       \
                        "- {id: judy}\n"                                       \
                        "- {id: nobody}\n"                                     \
                        "- {id: vic}\n"

#define HIS                                                                    \
    "What is honour? a word. What is in that word honour? what is that "       \
    "honour? air. A trim reckoning!"
#define HAMLETS                                                                \
    "To be, or not to be, that is the question: whether 'tis nobler in the "   \
    "mind to suffer the slings and arrows of outrageous fortune."

static struct support_bench bench;

/* Near axis 0 or 1: the row-th of them. */
static void
vector_at(int axis, size_t row, float out[DIM])
{
    for (size_t i = 0; i < DIM; i++) {
        out[i] = (i == (size_t)axis ? 1.0F : 0.0F) +
                 (float)((row * DIM + i) * 37 % 11) / 50.0F;
    }
}

/* A fingerprint as a file; `path` is a template for mkstemp. */
static void
write_print(const char *lines_of, int axis, char *path)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *lines =
        lines_of != NULL ? support_voice_print(model, lines_of, 60) : NULL;
    float at[ROWS][DIM];
    struct err err;

    for (size_t r = 0; r < ROWS; r++) {
        vector_at(axis, r, at[r]);
    }
    const struct fingerprint_source source = {TEXT("m"), at[0], ROWS, DIM};
    struct fingerprint *print = fingerprint_with(lines, model, &kernel_scalar,
                                                 TEXT("p"), &source, &err);
    const int fd = mkstemp(path);
    ck_assert_msg(print != NULL && fd >= 0, "%s", err.message);
    close(fd);
    ck_assert_msg(fingerprint_write(print, path, &err), "%s", err.message);
    fingerprint_free(lines);
    fingerprint_free(print);
    voice_model_free(model);
}

static void
open_scene(const char *drift)
{
    static const struct {
        const char *id, *lines;
        int axis;
    } shelf[] = {
        {"jack", "falstaff", 0}, {"ham", "hamlet", 1}, {"vic", NULL, 1}};
    enum { PRINTS = sizeof(shelf) / sizeof(shelf[0]) };
    char paths[PRINTS][32], sets[PRINTS][96], yaml[1024];
    const char *overrides[PRINTS + 3] = {
        "drift.background=" SUPPORT_VOICE_MODEL,
        "personas.judy.samples=config/voices/judy.jsonl"};

    for (size_t i = 0; i < PRINTS; i++) {
        snprintf(paths[i], sizeof(paths[i]), "/tmp/leeway-cast-XXXXXX");
        write_print(shelf[i].lines, shelf[i].axis, paths[i]);
        snprintf(sets[i], sizeof(sets[i]), "personas.%s.fingerprint=%s",
                 shelf[i].id, paths[i]);
        overrides[i + 2] = sets[i];
    }
    snprintf(yaml, sizeof(yaml), SCENE, drift);
    bench = support_bench(support_engine_set(yaml, overrides));
    for (size_t i = 0; i < PRINTS; i++) {
        ck_assert_int_eq(unlink(paths[i]), 0);
    }
}

static void
close_scene(void)
{
    support_bench_clear(&bench);
}

/* One of jack's replies; axis -1: without a vector. */
static struct envelope_drift
say(const char *text, int axis, const char *const *ids)
{
    static struct text cast[4];
    float values[DIM];
    const struct request_vector vector = {TEXT("m"), values, DIM};
    const struct request_candidate candidate = {
        .text = text_of(text), .vectors = &vector, .vector_count = axis >= 0};
    struct request request = support_request(&candidate);

    vector_at(axis, ROWS, values);
    request.persona = TEXT("jack");
    for (size_t i = 0; ids[i] != NULL; i++) {
        cast[request.cast.count++] = text_of(ids[i]);
    }
    request.cast.at = cast;
    return support_judge(&bench, &request)->drift;
}

static const struct scene {
    const char *drift, *text;
    int axis;
    const char *cast[5], *nearest; /* "": none */
    bool nearer, swap;
} scenes[] = {
    // by the text
    {"threshold: 0.2",
     HAMLETS,
     -1,
     {"judy", "ham", "nobody"},
     "ham",
     true,
     true},
    {"threshold: 0.2",
     HAMLETS,
     -1,
     {"judy", "ham", "ham", "jack"},
     "ham",
     true,
     true},
    {"", HIS, -1, {"judy", "ham"}, "ham", false, false},
    {"", HIS, -1, {"jack", "nobody", "vic"}, "", false, false},
    {"", HIS, -1, {NULL}, "", false, false},
    {"", "Aye, question.", -1, {"ham"}, "ham", true, false}, // too short
    // by the vector
    {"", HIS, 1, {"judy", "ham"}, "ham", true, true},
    {"", HIS, 1, {"jack", "vic"}, "vic", true, true},
    {"", HAMLETS, 0, {"ham", "vic"}, "ham", false, false},
    {"", HIS, 1, {"judy", "nobody"}, "", false, false},
    // by both; who has no vectors by the text
    {"fuse_weight: 0.5", HAMLETS, 1, {"judy", "ham"}, "ham", true, true},
    {"fuse_weight: 0.5", HIS, 0, {"ham"}, "ham", false, false},
    {"fuse_weight: 0.5", HIS, 0, {"judy"}, "judy", false, false},
    {"fuse_weight: 0.5", HIS, 0, {"vic"}, "", false, false},
};

/* _i: the scene. */
START_TEST(the_nearest_other_is_told_by_the_speakers_own_measure)
{
    const struct scene *s = &scenes[_i];

    open_scene(s->drift);
    const struct envelope_drift drift = say(s->text, s->axis, s->cast);
    ck_assert_msg(text_equal(drift.nearest_other, text_of(s->nearest)),
                  "scene %d: %.*s, not %s", _i, TEXT_ARGS(drift.nearest_other),
                  s->nearest);
    if (s->nearest[0] != '\0') {
        ck_assert_msg((drift.margin < 0) == s->nearer, "scene %d: margin %g",
                      _i, drift.margin);
    }
    ck_assert_msg(drift.swap_suspected == s->swap, "scene %d: margin %g", _i,
                  drift.margin);
    close_scene();
}
END_TEST

START_TEST(an_unknown_member_is_named)
{
    const struct text cast[] = {TEXT("ham"), TEXT("jim")};
    const struct request_candidate candidate = {.text = TEXT(HIS)};
    struct request request = support_request(&candidate);

    open_scene("");
    request.cast = (struct request_texts){cast, 2};
    for (int i = 0; i < 2; i++) { // also where nothing is measured
        request.persona = i == 0 ? TEXT("jack") : TEXT("nobody");
        ck_assert(judge_begin(bench.judge, bench.engine, &bench.err));
        ck_assert(
            !judge_request(bench.judge, bench.engine, &request,
                           &(struct judge_terms){.deadline_ns = UINT64_MAX},
                           &bench.result, &bench.err));
        ck_assert_int_eq(bench.err.kind, ERR_NOT_FOUND);
        ck_assert_str_eq(bench.err.path, "cast[1]");
        ck_assert_msg(strstr(bench.err.message, "cast[1]: ") != NULL, "%s",
                      bench.err.message);
    }
    close_scene();
}
END_TEST

TEST_MAIN("cast", tcase_add_loop_test(
                      tc, the_nearest_other_is_told_by_the_speakers_own_measure,
                      0, sizeof(scenes) / sizeof(scenes[0]));
          tcase_add_test(tc, an_unknown_member_is_named);)
