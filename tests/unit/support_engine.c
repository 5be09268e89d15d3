#include "tests/unit/support_engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <check.h>

#include "config/load.h"
#include "sidecar/engine/selftest.h"

enum { PROBLEM_BYTES = 16 << 20, SHOWN_BYTES = 64 << 10 };

/* Reads and compiles the file; what is wrong goes to problems. */
static struct engine *
build(const char *path, const char *const *overrides, struct problems *problems)
{
    size_t count = 0;

    struct arena *arena = arena_new(LOAD_MEMORY_BYTES);

    ck_assert_ptr_nonnull(arena);
    while (overrides != NULL && overrides[count] != NULL) {
        count++;
    }
    struct config *config =
        load_config(path, overrides, count, arena, problems);
    if (config == NULL) {
        arena_free(arena);
        return NULL;
    }
    if (place_problems_any(problems)) {
        load_free(config);
        return NULL;
    }
    return engine_build(config, &kernel_scalar, problems);
}

static char *
printed(struct problems *problems)
{
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);

    ck_assert_ptr_nonnull(to);
    place_problems_print(problems, to, false);
    ck_assert_int_eq(fclose(to), 0);
    return said;
}

/* Writes `yaml` to a file of its own. */
static void
write_file(const char *yaml, char path[64])
{
    snprintf(path, 64, "/tmp/leeway-engine-XXXXXX");
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    FILE *file = fdopen(fd, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(yaml, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static struct engine *
build_good(const char *path, const char *const *overrides, const char *shown)
{
    struct arena *arena = arena_new(PROBLEM_BYTES);
    struct problems problems;

    ck_assert_ptr_nonnull(arena);
    place_problems_init(&problems, arena);
    struct engine *engine = build(path, overrides, &problems);
    char *said = printed(&problems);
    ck_assert_msg(engine != NULL && !place_problems_any(&problems),
                  "of\n%s\nis said\n%s", shown, said);
    free(said);
    arena_free(arena);
    return engine;
}

struct engine *
support_engine_set(const char *yaml, const char *const *overrides)
{
    char path[64];

    write_file(yaml, path);
    struct engine *engine = build_good(path, overrides, yaml);
    ck_assert_int_eq(unlink(path), 0);
    return engine;
}

struct engine *
support_engine(const char *yaml)
{
    return support_engine_set(yaml, NULL);
}

struct engine *
support_engine_shipped(void)
{
    return build_good("config/leeway.yaml", NULL, "config/leeway.yaml");
}

static char *
problems_of(const char *yaml, const char *const *overrides, bool run_tests)
{
    struct arena *arena = arena_new(PROBLEM_BYTES);
    struct problems problems;
    char path[64];

    ck_assert_ptr_nonnull(arena);
    place_problems_init(&problems, arena);
    write_file(yaml, path);
    struct engine *engine = build(path, overrides, &problems);
    if (engine != NULL && run_tests) {
        const bool good = selftest_engine(engine, &problems);
        ck_assert_int_eq(good, !place_problems_any(&problems));
    }
    char *said = printed(&problems);
    engine_drop(engine);
    arena_free(arena);
    ck_assert_int_eq(unlink(path), 0);
    return said;
}

char *
support_engine_problems(const char *yaml, bool run_tests)
{
    return problems_of(yaml, NULL, run_tests);
}

char *
support_engine_problems_set(const char *yaml, const char *const *overrides)
{
    return problems_of(yaml, overrides, false);
}

struct support_bench
support_bench(struct engine *engine)
{
    struct support_bench bench = {.engine = engine};

    bench.judge = judge_new((size_t)engine->config->limits.request_memory);
    ck_assert_ptr_nonnull(bench.judge);
    return bench;
}

struct support_bench
support_bench_of(const char *yaml)
{
    return support_bench(support_engine(yaml));
}

void
support_bench_clear(struct support_bench *bench)
{
    judge_free(bench->judge);
    engine_drop(bench->engine);
}

struct request
support_request(const struct request_candidate *candidate)
{
    return (struct request){.op = REQUEST_SCORE,
                            .deadline_ms = -1,
                            .turn = -1,
                            .candidates = candidate,
                            .candidate_count = 1,
                            .drift_threshold = (double)NAN};
}

const struct envelope *
support_judge(struct support_bench *bench, const struct request *request)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};

    ck_assert_msg(judge_begin(bench->judge, bench->engine, &bench->err) &&
                      judge_request(bench->judge, bench->engine, request,
                                    &terms, &bench->result, &bench->err),
                  "%.*s: %s", TEXT_ARGS(request->candidates[0].text),
                  bench->err.message);
    return &bench->result.envelopes[0];
}

const struct envelope *
support_say(struct support_bench *bench, const char *text)
{
    const struct request_candidate candidate = {.text = text_of(text)};
    const struct request request = support_request(&candidate);

    return support_judge(bench, &request);
}

const char *
support_hits(const struct envelope *envelope)
{
    static char shown[SHOWN_BYTES];
    size_t len = 0;

    shown[0] = '\0';
    for (size_t i = 0; i < envelope->hit_count && len < sizeof(shown); i++) {
        const struct envelope_hit *h = &envelope->hits[i];
        len += (size_t)snprintf(shown + len, sizeof(shown) - len,
                                "%s%.*s[%zu,%zu)", i > 0 ? " " : "",
                                TEXT_ARGS(h->rule), h->bytes.from, h->bytes.to);
    }
    return shown;
}

static size_t
print_finding(char *to, size_t size, const struct envelope_hit *h)
{
    // Nine decimals count (decide.h); of the rest there is dust.
    size_t len = (size_t)snprintf(to, size, "%.*s %g ", TEXT_ARGS(h->rule),
                                  round(h->score * 1e9) / 1e9);

    for (size_t k = 0; envelope_via_names[k] != NULL; k++) {
        if ((h->via >> k & 1) != 0) {
            len += (size_t)snprintf(to + len, size - len, "%s",
                                    envelope_via_names[k]);
        }
    }
    len += (size_t)snprintf(to + len, size - len, "[%zu,%zu)%s%.*s%s",
                            h->bytes.from, h->bytes.to,
                            h->entity.len > 0 ? " " : "", TEXT_ARGS(h->entity),
                            text_is(h->mode, "enforce") ? "" : " watched");
    return len;
}

const char *
support_findings(const struct envelope *e)
{
    enum { FINDING_BYTES = 512 };
    static char said[SHOWN_BYTES];
    size_t len = (size_t)snprintf(said, sizeof(said), "%s",
                                  envelope_verdict_names[e->verdict]);

    if (e->decided_by.kind.len > 0) {
        len += (size_t)snprintf(said + len, sizeof(said) - len, " by %.*s %.*s",
                                TEXT_ARGS(e->decided_by.kind),
                                TEXT_ARGS(e->decided_by.id));
    }
    for (size_t i = 0; i < e->hit_count && sizeof(said) - len > FINDING_BYTES;
         i++) {
        len += (size_t)snprintf(said + len, sizeof(said) - len, "%s",
                                i == 0 ? ": " : ", ");
        len += print_finding(said + len, sizeof(said) - len, &e->hits[i]);
    }
    return said;
}

char *
support_repeat(const char *piece, size_t n)
{
    const size_t len = strlen(piece);
    char *at = malloc(len * n + 1);

    ck_assert_ptr_nonnull(at);
    for (size_t i = 0; i < n; i++) {
        memcpy(at + i * len, piece, len);
    }
    at[len * n] = '\0';
    return at;
}
