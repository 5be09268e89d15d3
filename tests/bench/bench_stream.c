/*
 * What a reply costs that is judged while it is written: 2,000 characters in
 * deltas of 4, against judging it once; and the memory of an open stream.
 *
 *     make build/release/bench/bench_stream && build/release/bench/bench_stream
 *
 * With the argument "rows" of texts on standard input, each "<bytes>\n" and the
 * bytes: the median of the ratios, mode gate, without a persona and with one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/place.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/file.h"
#include "sidecar/engine/stream.h"

enum {
    TEXT_BYTES = 2000,
    DELTA_BYTES = 4,
    OPEN_BYTES = 500,
    ROUNDS = 50,
    ROWS = 1000
};

static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};

static const char sentence[] =
    "Give me a cup of sack, boy, and be quick about it, for I am dry. ";

static void
give_up(const struct err *err)
{
    fprintf(stderr, "bench_stream: %s\n", err->message);
    exit(EXIT_FAILURE);
}

static struct request
ask(const char *persona, enum request_mode mode)
{
    return (struct request){.op = REQUEST_STREAM_OPEN,
                            .persona = text_of(persona),
                            .deadline_ms = -1,
                            .turn = -1,
                            .mode = mode,
                            .drift_threshold = (double)NAN};
}

static void
begin(struct judge *judge, struct engine *engine)
{
    struct err err;

    if (!judge_begin(judge, engine, &err)) {
        give_up(&err);
    }
}

static struct stream *
fed(struct engine *engine, struct judge *judge, const struct request *request,
    struct text text)
{
    struct stream_step step;
    struct err err;

    struct stream *stream = stream_open(engine, request, &err);
    if (stream == NULL) {
        give_up(&err);
    }
    for (size_t at = 0; at < text.len; at += DELTA_BYTES) {
        begin(judge, engine);
        if (!stream_add(stream, text_part(text, at, at + DELTA_BYTES), &err)) {
            give_up(&err);
        }
        stream_advance(stream, judge, &terms, &step);
    }
    return stream;
}

/* Nanoseconds of the quickest round: all deltas and the close. */
static uint64_t
streamed(struct engine *engine, struct judge *judge,
         const struct request *request, struct text text)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < ROUNDS; i++) {
        struct stream_end end;
        struct err err;
        const uint64_t before = clock_ns();
        struct stream *stream = fed(engine, judge, request, text);
        begin(judge, engine);
        if (!stream_close(stream, judge, &terms, &end, &err)) {
            give_up(&err);
        }
        stream_free(stream);
        const uint64_t spent = clock_ns() - before;
        best = spent < best ? spent : best;
    }
    return best;
}

static uint64_t
scored(struct engine *engine, struct judge *judge, struct request request,
       struct text text)
{
    const struct request_candidate candidate = {.text = text};
    uint64_t best = UINT64_MAX;

    request.candidates = &candidate;
    request.candidate_count = 1;
    for (int i = 0; i < ROUNDS; i++) {
        struct judge_result result;
        struct err err;
        const uint64_t before = clock_ns();
        begin(judge, engine);
        if (!judge_request(judge, engine, &request, &terms, &result, &err)) {
            give_up(&err);
        }
        const uint64_t spent = clock_ns() - before;
        best = spent < best ? spent : best;
    }
    return best;
}

static void
measure(struct engine *engine, struct judge *judge, const char *persona)
{
    char bytes[TEXT_BYTES];
    const struct text text = {bytes, sizeof(bytes)};

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = sentence[i % (sizeof(sentence) - 1)];
    }
    for (int mode = 0; mode < REQUEST_MODES; mode++) {
        const struct request request = ask(persona, (enum request_mode)mode);
        const double once = (double)scored(engine, judge, request, text) / 1000;
        const double all =
            (double)streamed(engine, judge, &request, text) / 1000;
        struct stream *open =
            fed(engine, judge, &request, text_part(text, 0, OPEN_BYTES));
        printf("%-10s %-7s %7.1f us once, %7.1f us in deltas: %5.2f times, "
               "%4.0f ns a delta; open with %d bytes: %zu bytes\n",
               persona, request_mode_names[mode], once, all, all / once,
               (all - once) * 1000 / (TEXT_BYTES / DELTA_BYTES),
               (int)OPEN_BYTES, stream_bytes(open));
        stream_free(open);
    }
}

static int
by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
measure_rows(struct engine *engine, struct judge *judge, const char *persona,
             struct text input)
{
    const struct request request = ask(persona, REQUEST_GATE);
    double ratios[ROWS];
    size_t count = 0;

    while (input.len > 0 && count < ROWS) {
        const char *line = memchr(input.at, '\n', input.len);
        const size_t head =
            line != NULL ? (size_t)(line - input.at) + 1 : input.len;
        const size_t len = (size_t)strtoull(input.at, NULL, 10);
        if (len == 0 || len > input.len - head) {
            fprintf(stderr, "bench_stream: not a row\n");
            exit(EXIT_FAILURE);
        }
        const struct text text = text_part(input, head, head + len);
        input = text_part(input, head + len, input.len);
        ratios[count++] = (double)streamed(engine, judge, &request, text) /
                          (double)scored(engine, judge, request, text);
    }
    if (count == 0) {
        return;
    }
    qsort(ratios, count, sizeof(ratios[0]), by_value);
    printf("%-10s %zu texts: %.2f times in the median, %.2f to %.2f, nine in "
           "ten below %.2f\n",
           persona, count, ratios[count / 2], ratios[0], ratios[count - 1],
           ratios[count * 9 / 10]);
}

static void
read_rows(struct engine *engine, struct judge *judge)
{
    struct buffer input;
    struct err err;

    if (!file_read("-", 1 << 30, &input, &err)) {
        give_up(&err);
    }
    measure_rows(engine, judge, "", buffer_text(&input));
    measure_rows(engine, judge, "falstaff", buffer_text(&input));
    buffer_clear(&input);
}

int
main(int argc, char **argv)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct problems problems;

    place_problems_init(&problems, arena);
    struct engine *engine = engine_load("config/leeway.yaml", NULL, 0,
                                        kernels_pick(NULL), &problems);
    if (engine == NULL) {
        fprintf(stderr, "bench_stream: config/leeway.yaml has problems\n");
        return EXIT_FAILURE;
    }
    struct judge *judge =
        judge_new((size_t)engine->config->limits.request_memory);
    if (argc > 1 && strcmp(argv[1], "rows") == 0) {
        read_rows(engine, judge);
    } else {
        measure(engine, judge, "");
        measure(engine, judge, "falstaff");
    }
    judge_free(judge);
    engine_drop(engine);
    arena_free(arena);
    return EXIT_SUCCESS;
}
