/*
 * Is a reply that is judged in pieces the same as the whole? Through
 * stream_open, stream_add, stream_advance and stream_close, against
 * judge_request and rules_scan on the whole text.
 *
 *     stream_proof [options] < rows
 *       -c FILE          the configuration (config/leeway.yaml)
 *       -s KEY=VALUE     override one setting; may stand many times
 *       --own            the rows are the inline tests of the rules
 *       --chunkings N    ways of cutting, over all rows (1000)
 *       --splits         and every row cut in two at every byte
 *       --mode MODE      gate (the default), shadow, final
 *       --seed N         of the ways of cutting (1)
 *
 * A row is "<bytes>\n" and a score request of so many bytes, as it goes over
 * the wire. The inline tests of the rules are not run. Checked is
 *
 *   - every step: what is emitted is whole characters, nothing comes after
 *     `stop`, `held` is what was fed less what the emits stand for, the verdict
 *     is never milder than before and never above the last one;
 *   - what is shown before the close, whatever becomes of the text: no byte of
 *     a hit that rules_scan finds, or the envelope lists, but as redacted;
 *   - `stop`: the text so far is refused, and so it is with other ends;
 *   - the close: the envelope's bytes, the joined emits, `retract`, `content`.
 *
 * Prints what is broken, at most some of it, and a line of JSON; ends with 1
 * where anything is.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/load.h"
#include "proto/encode.h"
#include "sidecar/base/file.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/redact.h"
#include "sidecar/engine/stream.h"
#include "tests/bench/common_proof.h"

enum {
    SETTINGS = 32,
    INPUT_BYTES = 1 << 30,
    ARENA_BYTES = 64 << 20,
    SHOWN_MOST = 20
};

static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};

struct options {
    const char *path;
    const char *settings[SETTINGS];
    size_t setting_count;
    unsigned long chunkings;
    uint64_t seed;
    enum request_mode mode;
    bool own, splits;
};

struct proof {
    struct options options;
    struct proof_bench bench;
    struct arena *arena; /* of one check */
    const struct proof_row *row;
    uint64_t random;
    size_t rows, chunkings, splits, feeds;
    size_t leaked, envelopes, broken; /* bytes; differing; anything else */
    size_t refused, redacted, clean, stops, stops_early_bytes;
    size_t clean_feeds, clean_held, shown_early, early_of;
};

static uint32_t
draw(struct proof *p, size_t below)
{
    p->random = p->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((p->random >> 33) % below);
}

/* --------------------------------------------------------- one way of cutting
 */

enum way { BY_BYTE, BY_FEW, BY_WORDS, AT_BORDERS, BY_MANY, WAYS, IN_TWO };

struct play {
    struct stream *stream;
    struct buffer shown;
    enum way way;
    size_t split;
    uint64_t seed; /* before it */
    size_t fed, safe;
    bool stopped;
    enum envelope_verdict verdict;
};

static void
tell(struct proof *p, const struct play *play, const char *what)
{
    p->broken++;
    if (p->broken > SHOWN_MOST) {
        return;
    }
    const struct text guardrail = p->row->request.guardrails.count > 0
                                      ? p->row->request.guardrails.at[0]
                                      : TEXT("");
    printf("%s: way %d, seed %llu, split %zu, %zu fed, %zu safe of %zu, "
           "persona %.*s, guardrail %.*s, shown |%.*s| of |%.*s| action %s, "
           "hit at %zd\n",
           what, (int)play->way, (unsigned long long)play->seed, play->split,
           play->fed, play->safe, p->row->text.len,
           TEXT_ARGS(p->row->request.persona), TEXT_ARGS(guardrail),
           TEXT_ARGS(buffer_text(&play->shown)), TEXT_ARGS(p->row->text),
           envelope_action_names[p->row->action], (ptrdiff_t)p->row->first);
}

static void
expect(struct proof *p, const struct play *play, bool fine, const char *what)
{
    if (!fine) {
        tell(p, play, what);
    }
}

static size_t
next_cut(struct proof *p, const struct play *play)
{
    const struct proof_row *row = p->row;
    const size_t at = play->fed;
    size_t n = 1;

    switch (play->way) {
    case BY_BYTE:
    case WAYS:
        break;
    case BY_FEW:
        n = draw(p, 6);
        break;
    case BY_WORDS:
        while (at + n < row->text.len && row->text.at[at + n] != ' ') {
            n++;
        }
        break;
    case AT_BORDERS:
        if (row->cut_count > 0 && draw(p, 4) > 0) {
            const size_t near = row->cuts[draw(p, row->cut_count)] + draw(p, 7);
            if (near >= at + 3) {
                return near - 3;
            }
        }
        n = draw(p, 24);
        break;
    case BY_MANY:
        n = draw(p, row->text.len + 1);
        break;
    case IN_TWO:
        return at < play->split ? play->split : row->text.len;
    }
    return at + n;
}

/* What the bytes before `safe` are shown as, were all hits in them masked. */
static struct text
masked(struct proof *p, size_t safe)
{
    const struct proof_row *row = p->row;
    const struct text before = text_part(row->text, 0, safe);
    struct redaction redaction;
    struct hits hits;
    struct err err;

    arena_reset(p->arena);
    hits_init(&hits, p->arena);
    for (size_t i = 0; i < row->masks.count; i++) {
        if (row->masks.at[i].raw.to <= safe) {
            (void)hits_add(&hits, &row->masks.at[i]);
        }
    }
    if (hits.count == 0) {
        return before;
    }
    proof_must(redact_apply(p->bench.engine->rules, before, &hits, row->chosen,
                            p->arena, &redaction, &err),
               "a redaction", &err);
    return redaction.text;
}

/* Bytes that were shown and lie in a hit. */
static size_t
leaked(const struct proof_row *row, size_t safe)
{
    const size_t first = row->first < row->again ? row->first : row->again;
    size_t bytes = first < safe ? safe - first : 0;

    for (size_t i = 0; i < row->masks.count; i++) {
        const struct span at = row->masks.at[i].raw;
        if (at.from < safe && safe < at.to && safe - at.from > bytes) {
            bytes = safe - at.from;
        }
    }
    return bytes;
}

static void
check_shown(struct proof *p, const struct play *play)
{
    const struct text shown = buffer_text(&play->shown);
    const size_t bytes = leaked(p->row, play->safe);

    if (bytes > 0) {
        p->leaked += bytes;
        tell(p, play, "leak");
    } else if (!text_equal(shown, masked(p, play->safe))) {
        tell(p, play, "shown otherwise than redacted");
    }
}

/* Whatever comes behind a text that was stopped, it is refused. */
static void
check_stop(struct proof *p, const struct play *play)
{
    static const char *const tails[] = {"",
                                        "\"",
                                        "`",
                                        "\n```",
                                        ".",
                                        " switch",
                                        "'",
                                        "x",
                                        "s",
                                        "1",
                                        "@host.example",
                                        "\xcc\x81",
                                        "*",
                                        " not",
                                        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                        "\u200d",
                                        ".com",
                                        "/",
                                        "\xe2\xa0\x81",
                                        "\xd0\xb6\xd0\xb7\xd0\xb8 \xd0\xb8"};
    enum { TAILS = sizeof(tails) / sizeof(tails[0]) };
    struct buffer text;
    size_t whole, bad;

    buffer_init(&text, SIZE_MAX);
    const struct text fed = text_part(p->row->text, 0, play->fed);
    whole = utf8_check(fed, &bad) ? fed.len : bad;
    for (int i = 0; i < 3; i++) {
        const char *tail = i == 0 ? "" : tails[draw(p, TAILS)];
        buffer_reset(&text);
        buffer_add_text(&text, text_part(fed, 0, whole));
        buffer_add_text(&text, text_of(tail));
        const struct request_candidate candidate = {.text = buffer_text(&text)};
        struct request request = p->row->request;
        request.candidates = &candidate;
        if (proof_judge(&p->bench, &request)->action <= ACTION_REDACT) {
            tell(p, play, "stop of a text that passes");
            printf("    with the end |%s|\n", tail);
        }
    }
    buffer_clear(&text);
}

static void
check_step(struct proof *p, struct play *play, const struct stream_step *step)
{
    const bool gate = p->options.mode == REQUEST_GATE;
    size_t bad;

    play->safe = play->fed - step->held;
    expect(p, play, step->held <= play->fed, "held more than was fed");
    expect(p, play, step->held == stream_held(play->stream), "held differs");
    expect(p, play, utf8_check(step->emit, &bad), "part of a character");
    expect(p, play, step->verdict >= play->verdict, "a milder verdict");
    expect(p, play, !gate || step->verdict <= p->row->verdict,
           "a stricter verdict than the last");
    expect(p, play, !play->stopped || (step->stop && step->emit.len == 0),
           "emitted after stop");
    expect(p, play, step->retract == (step->stop && play->shown.len > 0),
           "retract");
    play->verdict = step->verdict;
    if (gate && step->emit.len > 0) {
        check_shown(p, play);
    }
    if (gate && p->row->cut_count == 0) {
        const struct text held = text_part(p->row->text, play->safe, play->fed);
        p->clean_feeds++;
        p->clean_held += utf8_count(held).code_points;
    }
    if (step->stop && !play->stopped) {
        play->stopped = true;
        p->stops++;
        p->stops_early_bytes += p->row->text.len - play->fed;
        if (gate) {
            check_stop(p, play);
        }
    }
}

static void
feed(struct proof *p, struct play *play, size_t to)
{
    struct stream_step step;
    struct err err;

    // An exact copy: what is behind the piece must not be read.
    const size_t len = to - play->fed;
    char *copy = malloc(len + (len == 0));
    if (copy == NULL) {
        proof_fail("a piece", "out of memory");
    }
    if (len > 0) {
        memcpy(copy, p->row->text.at + play->fed, len);
    }
    proof_must(stream_add(play->stream, (struct text){copy, len}, &err) &&
                   judge_begin(p->bench.judge, p->bench.engine, &err),
               "a feed", &err);
    free(copy);
    stream_advance(play->stream, p->bench.judge, &terms, &step);
    play->fed = to;
    p->feeds++;
    buffer_add_text(&play->shown, step.emit);
    check_step(p, play, &step);
}

static void
check_close(struct proof *p, struct play *play)
{
    const struct proof_row *row = p->row;
    const size_t before = play->shown.len;
    struct stream_end end;
    struct buffer envelope;
    struct err err;

    proof_must(
        judge_begin(p->bench.judge, p->bench.engine, &err) &&
            stream_close(play->stream, p->bench.judge, &terms, &end, &err),
        "a close", &err);
    buffer_init(&envelope, SIZE_MAX);
    encode_envelope(&envelope, &end.result.envelopes[0]);
    if (!text_equal(buffer_text(&envelope), buffer_text(&row->envelope))) {
        p->envelopes++;
        tell(p, play, "another envelope");
    }
    buffer_clear(&envelope);
    buffer_add_text(&play->shown, end.emit);
    expect(p, play, !end.defect, "defect");
    p->shown_early += before;
    p->early_of += row->text.len;
    if (row->action > ACTION_REDACT) {
        expect(p, play, end.emit.len == 0, "emitted a refused text");
        expect(p, play, end.retract == (before > 0), "retract at the close");
        return;
    }
    const struct text should = buffer_text(&row->content);
    if (p->options.mode == REQUEST_SHADOW && end.retract) {
        expect(p, play, text_equal(end.content, should), "another content");
        return;
    }
    expect(p, play, !end.retract, "retracted what passes");
    expect(p, play, text_equal(buffer_text(&play->shown), should),
           "another text");
}

static void
run(struct proof *p, enum way way, size_t split)
{
    struct request request = p->row->request;
    struct play play = {.way = way, .split = split, .seed = p->random};
    struct err err;

    request.op = REQUEST_STREAM_OPEN;
    request.mode = p->options.mode;
    request.candidates = NULL;
    request.candidate_count = 0;
    play.stream = stream_open(p->bench.engine, &request, &err);
    proof_must(play.stream != NULL, "a stream", &err);
    buffer_init(&play.shown, SIZE_MAX);
    while (play.fed < p->row->text.len) {
        const size_t to = next_cut(p, &play);
        feed(p, &play, to < p->row->text.len ? to : p->row->text.len);
    }
    check_close(p, &play);
    buffer_clear(&play.shown);
    stream_free(play.stream);
}

static void
prove(struct proof *p, const struct request *request, size_t ways)
{
    struct proof_row row;

    proof_row_make(&p->bench, request, &row);
    p->row = &row;
    p->rows++;
    p->refused += row.action > ACTION_REDACT;
    p->redacted += row.action == ACTION_REDACT;
    p->clean += row.cut_count == 0;
    for (size_t i = 0; i < ways; i++, p->chunkings++) {
        run(p, (enum way)draw(p, WAYS), 0);
    }
    for (size_t at = 1; p->options.splits && at < row.text.len; at++) {
        run(p, IN_TWO, at);
        p->splits++;
    }
    proof_row_clear(&row);
}

static size_t
count_rows(struct proof *p, struct proof_source source)
{
    struct request_candidate candidate;
    struct request request;
    size_t count = 0;

    while (proof_next(&p->bench, &source, &candidate, &request)) {
        count++;
    }
    return count;
}

static void
prove_all(struct proof *p, struct proof_source source)
{
    struct request_candidate candidate;
    struct request request;
    const size_t rows = count_rows(p, source);
    size_t left = p->options.chunkings;

    for (size_t i = 0; proof_next(&p->bench, &source, &candidate, &request);
         i++) {
        const size_t ways = (left + rows - i - 1) / (rows - i);
        prove(p, &request, ways);
        left -= ways;
    }
}

/* ------------------------------------------------------------------- options
 */

static void
read_option(int o, struct options *out)
{
    switch (o) {
    case 'c':
        out->path = optarg;
        return;
    case 's':
        if (out->setting_count == SETTINGS - 1) {
            proof_fail("-s", "too many");
        }
        out->settings[out->setting_count++] = optarg;
        return;
    case 'n':
        out->chunkings = strtoul(optarg, NULL, 10);
        return;
    case 'r':
        out->seed = strtoull(optarg, NULL, 10);
        return;
    case 'o':
        out->own = true;
        return;
    case 't':
        out->splits = true;
        return;
    case 'm':
        for (int mode = 0; mode < REQUEST_MODES; mode++) {
            if (strcmp(optarg, request_mode_names[mode]) == 0) {
                out->mode = (enum request_mode)mode;
                return;
            }
        }
        proof_fail("--mode", "gate, shadow or final");
    default:
        exit(64);
    }
}

static void
read_options(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        {"own", no_argument, NULL, 'o'},
        {"splits", no_argument, NULL, 't'},
        {"chunkings", required_argument, NULL, 'n'},
        {"mode", required_argument, NULL, 'm'},
        {"seed", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0}};

    *out = (struct options){
        .path = "config/leeway.yaml", .chunkings = 1000, .seed = 1};
    for (int o; (o = getopt_long(argc, argv, "c:s:", known, NULL)) != -1;) {
        read_option(o, out);
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
        proof_fail(options->path, "out of memory");
    }
    place_problems_init(&problems, words);
    struct config *config =
        load_config(options->path, options->settings, options->setting_count,
                    arena, &problems);
    if (config != NULL && !place_problems_any(&problems)) {
        engine = engine_build(config, kernels_pick(NULL), &problems);
    }
    if (engine == NULL) {
        place_problems_print(&problems, stderr, false);
        proof_fail(options->path, "not usable");
    }
    arena_free(words);
    return engine;
}

static double
ratio(size_t a, size_t b)
{
    return b > 0 ? (double)a / (double)b : 0;
}

static void
report(const struct proof *p)
{
    printf("{\"rows\": %zu, \"clean\": %zu, \"redacted\": %zu, \"refused\": "
           "%zu, \"chunkings\": %zu, \"splits\": %zu, \"feeds\": %zu, "
           "\"leaked_bytes\": %zu, \"envelopes\": %zu, \"broken\": %zu, "
           "\"held_clean\": %.2f, \"shown_before_close\": %.3f, \"stops\": "
           "%zu, \"stopped_early_by\": %.1f}\n",
           p->rows, p->clean, p->redacted, p->refused, p->chunkings, p->splits,
           p->feeds, p->leaked, p->envelopes, p->broken,
           ratio(p->clean_held, p->clean_feeds),
           ratio(p->shown_early, p->early_of), p->stops,
           ratio(p->stops_early_bytes, p->stops));
}

int
main(int argc, char **argv)
{
    struct proof p = {.rows = 0};
    struct proof_source source = {.own = NULL};
    struct buffer input;
    struct err err;

    read_options(argc, argv, &p.options);
    p.bench = proof_bench(build_engine(&p.options));
    p.arena = arena_new(ARENA_BYTES);
    p.random = p.options.seed;
    if (p.arena == NULL) {
        proof_fail("setting up", "out of memory");
    }
    buffer_init(&input, INPUT_BYTES);
    if (p.options.own) {
        source.own = p.bench.engine->config;
    } else {
        proof_must(file_read("-", INPUT_BYTES, &input, &err), "stdin", &err);
        source.input = buffer_text(&input);
    }
    prove_all(&p, source);
    report(&p);
    buffer_clear(&input);
    arena_free(p.arena);
    proof_bench_clear(&p.bench);
    return p.broken > 0;
}
