/*
 * The whole engine as a filter, for the figures on labelled rows.
 *
 *     judge_rows [options] < rows
 *       -c FILE            the configuration (config/leeway.yaml)
 *       -s KEY=VALUE       override one setting; may stand many times
 *       --robust LEVEL     of every terms rule that is not robust: none
 *       --without-linear   with the rules of type linear disabled
 *       --time ROUNDS      what judging costs, instead of the answers
 *
 * A row is "<bytes> <role>\n" and the bytes, with nothing behind them. Its
 * answer is a line: the envelope as JSON, or {"error": "..."} where there is no
 * verdict. The inline tests of the rules are not run, since the options may
 * well break them; --time judges every row ROUNDS times on one thread and
 * prints {"rows", "rounds", "mean_us", "best_us", "p50_us", "p99_us"}: the
 * means of the median and of the fastest round, the percentiles of the median
 * one.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/load.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/wire.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/file.h"
#include "sidecar/engine/judge.h"

enum {
    SETTINGS = 32,
    INPUT_BYTES = 1 << 30, // far above any data set
    ANSWER_BYTES = 16 << 20,
    ROUNDS_MOST = 99
};

struct options {
    const char *path;
    const char *settings[SETTINGS];
    size_t setting_count;
    int robust; /* of enum config_robust; -1: as it is */
    int rounds; /* 0: answers */
    bool without_linear;
};

struct row {
    struct text text;
    enum request_role role;
};

static _Noreturn void
fail(const char *what, const char *why)
{
    fprintf(stderr, "judge_rows: %s: %s\n", what, why);
    exit(1);
}

/* --- options --- */

static int
read_robust(const char *word)
{
    static const char *const names[] = {"none", "basic", "strong", "fuzzy"};

    for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
        if (strcmp(word, names[i]) == 0) {
            return i;
        }
    }
    fail("--robust", "none, basic, strong or fuzzy");
}

static void
read_option(int o, struct options *out)
{
    switch (o) {
    case 'c':
        out->path = optarg;
        return;
    case 's':
        if (out->setting_count == SETTINGS) {
            fail("-s", "too many");
        }
        out->settings[out->setting_count++] = optarg;
        return;
    case 'r':
        out->robust = read_robust(optarg);
        return;
    case 'l':
        out->without_linear = true;
        return;
    case 't':
        out->rounds = (int)strtol(optarg, NULL, 10);
        if (out->rounds < 1 || out->rounds > ROUNDS_MOST) {
            fail("--time", "1 to 99 rounds");
        }
        return;
    default:
        exit(64);
    }
}

static void
read_options(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        {"robust", required_argument, NULL, 'r'},
        {"without-linear", no_argument, NULL, 'l'},
        {"time", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0}};

    *out = (struct options){.path = "config/leeway.yaml", .robust = -1};
    for (int o; (o = getopt_long(argc, argv, "c:s:", known, NULL)) != -1;) {
        read_option(o, out);
    }
}

/* --- the engine --- */

static void
change_rules(struct config *config, const struct options *options)
{
    for (size_t i = 0; i < config->rule_count; i++) {
        struct config_rule *const rule = &config->rules[i];

        if (rule->type == CONFIG_LINEAR && options->without_linear) {
            rule->mode = CONFIG_DISABLED;
        }
        if (rule->type == CONFIG_TERMS && options->robust >= 0 &&
            rule->robust != CONFIG_ROBUST_NONE) {
            rule->robust = (enum config_robust)options->robust;
        }
    }
}

static struct engine *
build_engine(const struct options *options)
{
    struct arena *words = arena_new(1 << 20);
    struct arena *arena = arena_new(LOAD_MEMORY_BYTES);
    struct problems problems;
    struct engine *engine = NULL;

    if (words == NULL || arena == NULL) {
        fail(options->path, "out of memory");
    }
    place_problems_init(&problems, words);
    struct config *config =
        load_config(options->path, options->settings, options->setting_count,
                    arena, &problems);
    if (config == NULL) {
        arena_free(arena); // the configuration would have kept it
    } else if (place_problems_any(&problems)) {
        load_free(config);
    } else {
        change_rules(config, options);
        engine = engine_build(config, kernels_pick(NULL), &problems);
    }
    if (engine == NULL) {
        place_problems_print(&problems, stderr, false);
        fail(options->path, "not usable");
    }
    arena_free(words);
    return engine;
}

/* --- rows --- */

static bool
read_role(struct text word, enum request_role *out)
{
    for (int i = 0; i < REQUEST_ROLES; i++) {
        if (text_is(word, request_role_names[i])) {
            *out = (enum request_role)i;
            return true;
        }
    }
    return false;
}

/* Takes the row off the front of the input. */
static bool
next_row(struct text *input, struct row *out)
{
    const char *const line = memchr(input->at, '\n', input->len);
    char *space;

    // Only a digit: strtoull would skip blanks, beyond the input's end too.
    if (line == NULL || *input->at < '0' || *input->at > '9') {
        return false;
    }
    const unsigned long long bytes = strtoull(input->at, &space, 10);
    const size_t head = (size_t)(line - input->at) + 1;
    if (*space != ' ' || bytes > input->len - head ||
        !read_role((struct text){space + 1, (size_t)(line - space) - 1},
                   &out->role)) {
        return false;
    }
    out->text = text_part(*input, head, head + (size_t)bytes);
    *input = text_part(*input, head + (size_t)bytes, input->len);
    return true;
}

static bool
judge_row(struct judge *judge, const struct engine *engine,
          const struct row *row, struct judge_result *result, struct err *err)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    const struct request_candidate candidate = {.text = row->text};
    const struct request request = {.op = REQUEST_SCORE,
                                    .op_name = TEXT("score"),
                                    .deadline_ms = -1,
                                    .turn = -1,
                                    .role = row->role,
                                    .candidates = &candidate,
                                    .candidate_count = 1,
                                    .drift_threshold = (double)NAN};

    return judge_begin(judge, engine, err) &&
           judge_request(judge, engine, &request, &terms, result, err);
}

/* --- answers --- */

static void
put_error(struct buffer *wire, const struct err *err)
{
    const struct wire_open map = wire_open_map(wire);

    wire_put_str(wire, TEXT("error"));
    wire_put_str(wire, text_of(err->message));
    wire_close_map(wire, map, 1);
}

static void
answer_rows(struct judge *judge, const struct engine *engine, struct text input)
{
    struct buffer wire, json;
    struct row row;
    struct err err;

    buffer_init(&wire, ANSWER_BYTES);
    buffer_init(&json, ANSWER_BYTES);
    while (input.len > 0) {
        struct judge_result result;

        if (!next_row(&input, &row)) {
            fail("stdin", "a row is \"<bytes> <role>\\n\" and the bytes");
        }
        buffer_reset(&wire);
        buffer_reset(&json);
        if (judge_row(judge, engine, &row, &result, &err)) {
            encode_envelope(&wire, &result.envelopes[result.chosen]);
        } else {
            put_error(&wire, &err);
        }
        if (wire.failed ||
            !json_from_wire(buffer_text(&wire), false, &json, &err)) {
            fail("an answer", wire.failed ? "too long" : err.message);
        }
        printf("%.*s\n", TEXT_ARGS(buffer_text(&json)));
    }
    buffer_clear(&wire);
    buffer_clear(&json);
}

/* --- time --- */

static int
by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Microseconds of each row, in their order, into us [count]. The mean. */
static double
time_round(struct judge *judge, const struct engine *engine, struct text input,
           double *us)
{
    double sum = 0;
    struct row row;
    struct err err;

    for (size_t i = 0; input.len > 0 && next_row(&input, &row); i++) {
        struct judge_result result;
        const uint64_t from = clock_ns();

        if (!judge_row(judge, engine, &row, &result, &err)) {
            fail("a row", err.message);
        }
        us[i] = (double)(clock_ns() - from) / 1000.0;
        sum += us[i];
    }
    return sum;
}

static void
time_rows(struct judge *judge, const struct engine *engine, struct text input,
          size_t rounds)
{
    double sums[ROUNDS_MOST], order[ROUNDS_MOST];
    size_t count = 0;
    struct row row;

    for (struct text rest = input; rest.len > 0; count++) {
        if (!next_row(&rest, &row)) {
            fail("stdin", "a row is \"<bytes> <role>\\n\" and the bytes");
        }
    }
    double *const us = calloc(rounds * count + 1, sizeof(*us));
    if (us == NULL || count == 0) {
        fail("--time", us == NULL ? "out of memory" : "no rows");
    }
    (void)time_round(judge, engine, input, us); // pays for pages and caches
    for (size_t r = 0; r < rounds; r++) {
        sums[r] = order[r] = time_round(judge, engine, input, us + r * count);
    }
    qsort(order, rounds, sizeof(order[0]), by_value);
    const double median = order[rounds / 2];
    size_t middle = 0;
    while (sums[middle] < median || sums[middle] > median) {
        middle++;
    }
    double *const round = us + middle * count;
    qsort(round, count, sizeof(*round), by_value);
    printf("{\"rows\": %zu, \"rounds\": %zu, \"mean_us\": %.3f, "
           "\"best_us\": %.3f, \"p50_us\": %.3f, \"p99_us\": %.3f}\n",
           count, rounds, median / (double)count, order[0] / (double)count,
           round[count / 2], round[count * 99 / 100]);
    free(us);
}

int
main(int argc, char **argv)
{
    struct options options;
    struct buffer input;
    struct err err;

    read_options(argc, argv, &options);
    struct engine *const engine = build_engine(&options);
    struct judge *const judge =
        judge_new((size_t)engine->config->limits.request_memory);
    if (judge == NULL) {
        fail("a judge", "out of memory");
    }
    if (!file_read("-", INPUT_BYTES, &input, &err)) {
        fail("stdin", err.message);
    }
    if (options.rounds > 0) {
        time_rows(judge, engine, buffer_text(&input), (size_t)options.rounds);
    } else {
        answer_rows(judge, engine, buffer_text(&input));
    }
    buffer_clear(&input);
    judge_free(judge);
    engine_drop(engine);
    return fflush(stdout) == 0 ? 0 : 74;
}
