/* Personas enrolled, dropped and reloaded while requests run. */
#include "sidecar/serve/enrol.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "sidecar/engine/judge.h"
#include "sidecar/engine/kept.h"
#include "sidecar/serve/reload.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"
#include "tests/unit/support_engine.h"
#include "tests/unit/support_voice.h"

enum { DIM = 8, ROWS = 24, ROOT_BYTES = 512 };

static char root[ROOT_BYTES], model_setting[ROOT_BYTES + 64];
static const char *overrides[3];
static struct slot *slot;
static struct enrol enrol;

static const char yaml[] =
    "schema: 1\nallow_empty: true\n"
    "fallbacks: {default: {en: [\"A line.\", \"Another.\"]}}\n"
    "limits: {personas: 3}\n"
    "personas:\n- {id: mira, drift: {threshold: 0.25}}\n- {id: zoe}\n";

/* The engine of a.yaml, which is written anew. */
static struct engine *
load_engine(const char *text)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct problems problems;

    support_config_file("a.yaml", text_of(text));
    place_problems_init(&problems, arena);
    struct engine *engine =
        engine_load("a.yaml", overrides, overrides[1] == NULL ? 1 : 2,
                    &kernel_scalar, &problems);
    const struct text said =
        problems.count > 0 ? problems.at[0].message : TEXT("no memory");
    ck_assert_msg(engine != NULL, "%.*s", TEXT_ARGS(said));
    arena_free(arena);
    return engine;
}

static void
open_slot(void)
{
    struct err err;

    slot = slot_new(load_engine(yaml));
    ck_assert_msg(enrol_init(&enrol, slot, &err), "%s", err.message);
}

static void
close_slot(void)
{
    enrol_clear(&enrol);
    slot_free(slot);
}

static void
set_up(void)
{
    ck_assert_ptr_nonnull(getcwd(root, sizeof(root)));
    support_config_enter();
    snprintf(model_setting, sizeof(model_setting), "drift.background=%s/%s",
             root, SUPPORT_VOICE_MODEL);
    overrides[0] = model_setting;
    open_slot();
}

static void
tear_down(void)
{
    close_slot();
    support_config_leave();
}

/* ------------------------------------------------------------------- changes
 */

/* One set of vectors, which `seed` tells from others. */
struct giving {
    const char *model;
    unsigned seed;
    bool drop;
};

static bool
give(void *context, struct enrol_change *change, struct err *err)
{
    const struct giving *giving = context;
    float at[ROWS * DIM];

    for (size_t i = 0; i < ROWS * DIM; i++) {
        at[i] = 1.0f + (float)((i * 37 + giving->seed) % 11) / 50.0f;
    }
    if (giving->drop) {
        change->same = change->before == NULL;
        return true;
    }
    const struct fingerprint_source source = {text_of(giving->model), at, ROWS,
                                              DIM};
    change->print = fingerprint_with(
        change->before, personas_model(change->engine->personas),
        &kernel_scalar,
        change->persona != NULL ? change->persona->config->id
                                : TEXT("newcomer"),
        &source, err);
    return change->print != NULL;
}

static bool
change(const char *persona, const struct giving *giving, struct err *err)
{
    struct engine *engine;
    bool changed;
    struct giving copy = *giving;

    if (!enrol_change(&enrol, text_of(persona), give, &copy, &engine, &changed,
                      err)) {
        return false;
    }
    engine_drop(engine);
    return true;
}

/* The persona of the engine that answers now; the engine is the caller's. */
static struct engine *
now(const char *id, const struct persona **out)
{
    struct engine *engine = slot_take(slot);
    struct err err;

    if (!persona_find(engine->personas, text_of(id), out, &err)) {
        *out = NULL;
    }
    return engine;
}

static size_t
models_of(const char *id)
{
    const struct persona *persona;
    struct engine *engine = now(id, &persona);
    const size_t count = persona != NULL && persona->print != NULL
                             ? persona->print->vector_count
                             : 0;

    engine_drop(engine);
    return count;
}

START_TEST(a_change_is_a_new_engine_that_shares_the_rest)
{
    struct engine *before = slot_take(slot), *engine;
    struct giving giving = {.model = "m"};
    bool changed;
    struct err err;

    ck_assert(enrol_change(&enrol, TEXT("mira"), give, &giving, &engine,
                           &changed, &err));
    ck_assert(changed);
    ck_assert_uint_eq(engine->generation, 2);
    ck_assert_str_ne(engine->hash, before->hash);
    ck_assert_ptr_eq(engine->rules, before->rules);
    ck_assert_ptr_eq(engine->config, before->config);
    ck_assert_ptr_eq(engine->asks, before->asks);
    ck_assert_ptr_eq(personas_model(engine->personas),
                     personas_model(before->personas));
    // Who began with the old one has it still, as it was.
    ck_assert_ptr_null(personas_at(before->personas, 0)->print);
    engine_drop(before);
    ck_assert_uint_eq(models_of("mira"), 1);
    engine_drop(engine);
}
END_TEST

START_TEST(what_is_enrolled_has_the_settings_it_should)
{
    const struct giving giving = {.model = "m"};
    const struct persona *p;
    struct err err;

    ck_assert(change("mira", &giving, &err));
    ck_assert(change("newcomer", &giving, &err));
    struct engine *engine = now("mira", &p);
    ck_assert_str_eq(persona_origin(p), "overlay");
    ck_assert_double_eq(p->threshold, 0.25);
    ck_assert(p->own_threshold);
    engine_drop(engine);
    engine = now("newcomer", &p);
    ck_assert_str_eq(persona_origin(p), "wire");
    ck_assert_double_eq(p->threshold, 0.30);
    ck_assert(!p->own_threshold);
    engine_drop(engine);
    engine = now("zoe", &p);
    ck_assert_str_eq(persona_origin(p), "config");
    engine_drop(engine);
    const struct giving none = {.drop = true};
    ck_assert(change("mira", &none, &err) && change("newcomer", &none, &err));
    engine = now("mira", &p);
    ck_assert_str_eq(persona_origin(p), "config");
    ck_assert_ptr_null(p->print);
    engine_drop(engine);
    engine = now("newcomer", &p);
    ck_assert_ptr_null(p);
    engine_drop(engine);
}
END_TEST

START_TEST(the_same_again_is_the_same_engine)
{
    const struct giving giving = {.model = "m"}, none = {.drop = true};
    char hash[DIGEST_HEX];
    const struct persona *p;
    struct err err;

    ck_assert(change("mira", &giving, &err));
    struct engine *engine = now("mira", &p);
    snprintf(hash, sizeof(hash), "%s", engine->hash);
    engine_drop(engine);
    ck_assert(change("mira", &none, &err));
    ck_assert(change("mira", &giving, &err));
    engine = now("mira", &p);
    ck_assert_str_eq(engine->hash, hash);
    ck_assert_uint_eq(engine->generation, 4);
    engine_drop(engine);
}
END_TEST

START_TEST(more_than_the_limit_are_refused_and_changes_are_not)
{
    static const char *const ids[] = {"mira", "zoe", "newcomer"};
    const struct giving giving = {.model = "m"};
    struct giving other = {.model = "m", .seed = 3};
    struct engine *engine;
    bool changed;
    struct err err;

    for (size_t i = 0; i < 3; i++) {
        ck_assert_msg(change(ids[i], &giving, &err), "%s", err.message);
    }
    ck_assert(!enrol_change(&enrol, TEXT("fourth"), give, &other, &engine,
                            &changed, &err));
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(err.message, "at most 3 (limits.personas)"));
    ck_assert_msg(change("zoe", &other, &err), "%s", err.message);
}
END_TEST

START_TEST(a_reload_keeps_what_is_enrolled)
{
    const struct giving giving = {.model = "m"};
    const struct reload_source source = {"a.yaml", overrides, 1,
                                         &kernel_scalar};
    struct reload reload;
    static struct tally tally;
    uint64_t generation;
    const struct persona *p;
    struct err err;

    ck_assert(change("mira", &giving, &err));
    ck_assert(change("newcomer", &giving, &err));
    // The newcomer becomes a configured one, with settings of her own.
    support_config_file(
        "a.yaml",
        TEXT("schema: 1\nallow_empty: true\n"
             "fallbacks: {default: {en: [\"A line.\"]}}\n"
             "personas: [{id: newcomer, drift: {threshold: 0.2}}]\n"));
    reload_init(&reload, &source);
    ck_assert_msg(reload_run(&reload, slot, &tally, &generation, &err), "%s",
                  err.message);
    struct engine *engine = now("newcomer", &p);
    ck_assert_uint_eq(generation, engine->generation);
    ck_assert_str_eq(persona_origin(p), "overlay");
    ck_assert_double_eq(p->threshold, 0.2);
    ck_assert_uint_eq(p->print->vector_count, 1);
    engine_drop(engine);
    engine = now("mira", &p);
    ck_assert_str_eq(persona_origin(p), "wire");
    ck_assert_double_eq(p->threshold, 0.3);
    engine_drop(engine);
    reload_clear(&reload);
}
END_TEST

/* What vectors of a model have in common goes off those that are put, too. */
START_TEST(a_background_counts_for_what_is_put)
{
    const struct giving with = {.model = "m"}, without = {.model = "n"};
    static char text[sizeof(yaml) + 128];
    struct buffer file;
    const struct persona *p;
    struct err err;

    buffer_init(&file, SIZE_MAX);
    for (int i = 0; i < 10; i++) {
        buffer_format(&file, "{\"embedding\":[1,%d,2,1,1,1,1,3]}\n", i);
    }
    support_config_file("common.jsonl", buffer_text(&file));
    buffer_clear(&file);
    close_slot();
    snprintf(text, sizeof(text),
             "%sdrift: {vector_backgrounds: [{model: m, file: "
             "common.jsonl}]}\n",
             yaml);
    slot = slot_new(load_engine(text));
    ck_assert(enrol_init(&enrol, slot, &err));
    ck_assert_msg(change("newcomer", &without, &err), "%s", err.message);
    struct engine *engine = now("newcomer", &p);
    ck_assert_ptr_null(p->centred);
    engine_drop(engine);
    ck_assert_msg(change("newcomer", &with, &err), "%s", err.message);
    engine = now("newcomer", &p);
    ck_assert_ptr_nonnull(p->centred);
    const struct fingerprint *centred = p->centred;
    engine_drop(engine);
    // Not made again because of somebody else.
    ck_assert_msg(change("mira", &with, &err), "%s", err.message);
    engine = now("newcomer", &p);
    ck_assert_ptr_eq(p->centred, centred);
    engine_drop(engine);
}
END_TEST

/* Of two changes from one engine the second is made again from the first's. */
struct rival {
    struct giving giving;
    size_t asked;
};

static bool
give_late(void *context, struct enrol_change *c, struct err *err)
{
    struct rival *rival = context;

    if (rival->asked++ == 0) {
        const struct giving first = {.model = "first"};
        struct err inner;
        ck_assert(change("mira", &first, &inner));
    }
    return give(&rival->giving, c, err);
}

START_TEST(no_change_is_lost_to_another_in_between)
{
    struct rival rival = {.giving = {.model = "second"}};
    struct engine *engine;
    bool changed;
    struct err err;

    ck_assert(enrol_change(&enrol, TEXT("mira"), give_late, &rival, &engine,
                           &changed, &err));
    ck_assert_uint_eq(rival.asked, 2);
    ck_assert_uint_eq(engine->generation, 3);
    engine_drop(engine);
    ck_assert_uint_eq(models_of("mira"), 2);
}
END_TEST

/* ------------------------------------------------------------------- keeping
 */

static void
close_and_keep(void)
{
    close_slot();
    overrides[1] = "drift.keep=kept";
    open_slot();
}

START_TEST(what_is_kept_is_there_after_a_restart)
{
    const struct giving giving = {.model = "m"}, none = {.drop = true};
    char hash[DIGEST_HEX];
    struct arena *arena = arena_new(SIZE_MAX);
    struct problems problems;
    const struct persona *p;
    struct err err;

    close_and_keep();
    ck_assert(change("mira", &giving, &err));
    ck_assert(change("newcomer", &giving, &err));
    ck_assert(change("zoe", &giving, &err));
    ck_assert(change("zoe", &none, &err));
    ck_assert_int_eq(access("kept/mira.fingerprint", R_OK), 0);
    ck_assert_int_ne(access("kept/zoe.fingerprint", R_OK), 0);
    struct engine *engine = now("mira", &p);
    snprintf(hash, sizeof(hash), "%s", engine->hash);
    engine_drop(engine);
    place_problems_init(&problems, arena);
    engine = kept_load(load_engine(yaml), &problems);
    ck_assert_ptr_nonnull(engine);
    ck_assert_str_eq(engine->hash, hash);
    engine_drop(engine);
    arena_free(arena);
}
END_TEST

/* Each bad file is named, and no engine comes of it. */
START_TEST(a_bad_file_is_refused_by_name)
{
    const struct giving giving = {.model = "m"};
    struct arena *arena = arena_new(SIZE_MAX);
    struct problems problems;
    struct err err;

    close_and_keep();
    ck_assert(change("mira", &giving, &err));
    support_config_file("kept/note.txt", TEXT("nothing to us"));
    support_config_file("kept/a.fingerprint", TEXT("LEEWAYFP and so on"));
    support_config_file("kept/b.fingerprint", TEXT(""));
    ck_assert_int_eq(rename("kept/mira.fingerprint", "kept/x.fingerprint"), 0);
    place_problems_init(&problems, arena);
    ck_assert_ptr_null(kept_load(load_engine(yaml), &problems));
    ck_assert_uint_eq(problems.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct text m = problems.at[i].message;
        ck_assert_msg(text_find(m, TEXT("kept/"), 0) == 0, "%.*s",
                      TEXT_ARGS(m));
        ck_assert(text_is(problems.at[i].path, "drift.keep"));
        if (text_find(m, TEXT("x.fingerprint"), 0) != SIZE_MAX) {
            ck_assert_uint_ne(
                text_find(m, TEXT("is the fingerprint of \"mira\""), 0),
                SIZE_MAX);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_changes_nothing)
{
    const struct giving giving = {.model = "m"};
    const struct persona *p;
    struct err err;

    close_and_keep();
    ck_assert_int_eq(rmdir("kept"), 0);
    ck_assert(!change("mira", &giving, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "kept/mira.fingerprint"));
    struct engine *engine = now("mira", &p);
    ck_assert_uint_eq(engine->generation, 1);
    ck_assert_ptr_null(p->print);
    engine_drop(engine);
    // Nor does what is no folder let anybody start.
    support_config_file("kept", TEXT("a file"));
    enrol_clear(&enrol);
    ck_assert(!enrol_init(&enrol, slot, &err));
    ck_assert_str_eq(err.message, "drift.keep: kept: not a folder");
}
END_TEST

/* --------------------------------------------------------------- all at once
 */

enum { CHANGES = 60, RELOADS = 12, JUDGES = 2 };

static atomic_bool enough;

/* Judges by vector: one persona is there at all times, with one model. */
static void *
judge_all_the_time(void *context)
{
    static const float vector[DIM] = {1, 1, 1, 1, 1, 1, 1, 1};
    const struct request_vector v = {TEXT("m"), vector, DIM};
    const struct request_candidate candidate = {
        .text = TEXT("A text that is long enough to be taken as evidence."),
        .vectors = &v,
        .vector_count = 1};
    const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    struct judge *judge = judge_new(1 << 20);
    uint64_t last = 0;

    (void)context;
    while (!atomic_load(&enough)) {
        struct engine *engine = slot_take(slot);
        struct request request = support_request(&candidate);
        struct judge_result result;
        struct err err;
        request.persona = TEXT("zoe");
        ck_assert_uint_ge(engine->generation, last);
        last = engine->generation;
        ck_assert(judge_begin(judge, engine, &err));
        ck_assert_msg(
            judge_request(judge, engine, &request, &terms, &result, &err), "%s",
            err.message);
        ck_assert_int_eq(result.envelopes[0].drift.status, DRIFT_OK);
        engine_drop(engine);
    }
    judge_free(judge);
    return NULL;
}

static void *
reload_again_and_again(void *context)
{
    const struct reload_source source = {"a.yaml", overrides, 1,
                                         &kernel_scalar};
    struct reload reload;
    static struct tally tally;

    (void)context;
    reload_init(&reload, &source);
    for (int i = 0; i < RELOADS; i++) {
        uint64_t generation;
        struct err err;
        ck_assert_msg(reload_run(&reload, slot, &tally, &generation, &err),
                      "%s", err.message);
    }
    reload_clear(&reload);
    return NULL;
}

START_TEST(changes_reloads_and_requests_at_the_same_time)
{
    const struct giving always = {.model = "m"}, none = {.drop = true};
    pthread_t judges[JUDGES], reloader;
    struct err err;

    ck_assert(change("zoe", &always, &err));
    for (int i = 0; i < JUDGES; i++) {
        ck_assert_int_eq(
            pthread_create(&judges[i], NULL, judge_all_the_time, NULL), 0);
    }
    ck_assert_int_eq(
        pthread_create(&reloader, NULL, reload_again_and_again, NULL), 0);
    for (unsigned i = 0; i < CHANGES; i++) {
        const struct giving next = {.model = "m", .seed = i};
        ck_assert(change("mira", i % 3 == 2 ? &none : &next, &err));
        ck_assert(change("newcomer", &next, &err));
        // What was answered is there, whatever was reloaded meanwhile.
        ck_assert_uint_eq(models_of("mira"), i % 3 == 2 ? 0 : 1);
    }
    pthread_join(reloader, NULL);
    atomic_store(&enough, true);
    for (int i = 0; i < JUDGES; i++) {
        pthread_join(judges[i], NULL);
    }
    const struct persona *p;
    struct engine *engine = now("newcomer", &p);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_ge(engine->generation, 1 + 1 + CHANGES + RELOADS);
    engine_drop(engine);
}
END_TEST

TEST_MAIN("enrol", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_test(tc, a_change_is_a_new_engine_that_shares_the_rest);
          tcase_add_test(tc, what_is_enrolled_has_the_settings_it_should);
          tcase_add_test(tc, the_same_again_is_the_same_engine);
          tcase_add_test(tc,
                         more_than_the_limit_are_refused_and_changes_are_not);
          tcase_add_test(tc, a_reload_keeps_what_is_enrolled);
          tcase_add_test(tc, a_background_counts_for_what_is_put);
          tcase_add_test(tc, no_change_is_lost_to_another_in_between);
          tcase_add_test(tc, what_is_kept_is_there_after_a_restart);
          tcase_add_test(tc, a_bad_file_is_refused_by_name);
          tcase_add_test(tc, a_folder_that_cannot_be_written_changes_nothing);
          tcase_add_test(tc, changes_reloads_and_requests_at_the_same_time);)
