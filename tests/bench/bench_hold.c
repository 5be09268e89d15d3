/*
 * Streams, without a server: does what is let go keep its promise, what does
 * it cost, how much is held back?
 *
 *     bench_hold [options] < rows
 *       -c FILE          the configuration (config/leeway.yaml)
 *       --only TYPES     with the rules of other types only watched:
 * "terms,regex"
 *       --robust LEVEL   of the rules that are more robust than that
 *       --splits         check every two-way split too, not only the deltas
 *       --time ROUNDS    measure instead of checking
 *
 * `make bench-hold` runs it on texts of its own.
 *
 * A row is "<bytes>\n" and the bytes. Checked is, for deltas of one character,
 * of 4 bytes, and of random lengths: no byte that is let go is one of a hit of
 * rules_scan on the whole, but for redactions announced as such, and those the
 * whole has. Prints one line of JSON, and a line for every leak.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/load.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/file.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/hold.h"
#include "sidecar/engine/judge.h"

enum {
    INPUT_BYTES = 1 << 30,
    ARENA_BYTES = 64 << 20,
    RANDOM_WAYS = 2,
    LEAKS_SHOWN = 20
};

struct options {
    const char *path, *only;
    int robust, rounds;
    bool splits;
};

struct bench {
    struct engine *engine;
    struct judge *judge;
    struct hold_scratch *scratch;
    struct rules_scratch *rules;
    struct arena *request, *whole;
    struct rules_request prepared;
    struct hits hits; /* of the whole */
    size_t leaks, false_redactions, feeds, texts, clean, redactions;
    size_t clean_feeds, clean_held, pinned;
    struct hold_work work;
    uint32_t seed;
};

static _Noreturn void
fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_hold: %s: %s\n", what, why);
    exit(1);
}

/* --- the engine --- */

static int
level_of(const char *word)
{
    static const char *const names[] = {"none", "basic", "strong", "fuzzy"};

    for (int i = 0; i < 4; i++) {
        if (strcmp(word, names[i]) == 0) {
            return i;
        }
    }
    fail("--robust", "none, basic, strong or fuzzy");
}

static bool
is_among(const char *list, const char *name)
{
    const size_t len = strlen(name);

    for (const char *at = list; (at = strstr(at, name)) != NULL; at += len) {
        if ((at == list || at[-1] == ',') &&
            (at[len] == ',' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

static void
change(struct config *config, const struct options *options)
{
    static const char *const types[CONFIG_RULE_TYPES] = {
        [CONFIG_TERMS] = "terms",
        [CONFIG_REGEX] = "regex",
        [CONFIG_PERSONA_BREAK] = "persona_break",
        [CONFIG_PII] = "pii",
        [CONFIG_SECRET] = "secret",
        [CONFIG_URL] = "url",
        [CONFIG_PROMPT_LEAK] = "prompt_leak",
        [CONFIG_LENGTH] = "length",
        [CONFIG_REPETITION] = "repetition",
        [CONFIG_FLOOD] = "flood",
        [CONFIG_UNICODE] = "unicode",
        [CONFIG_LANGUAGE] = "language",
        [CONFIG_LINEAR] = "linear",
        [CONFIG_COMPOSITE] = "composite"};

    for (size_t i = 0; i < config->rule_count; i++) {
        struct config_rule *const rule = &config->rules[i];
        if (options->only != NULL &&
            !is_among(options->only, types[rule->type])) {
            rule->mode = CONFIG_MONITOR;
        }
        if (options->robust >= 0 && (int)rule->robust > options->robust) {
            rule->robust = (enum config_robust)options->robust;
            rule->views = 0;
        }
    }
}

static struct engine *
build(const struct options *options)
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
        load_config(options->path, NULL, 0, arena, &problems);
    if (config != NULL && !place_problems_any(&problems)) {
        change(config, options);
        engine = engine_build(config, kernels_pick(NULL), &problems);
    }
    if (engine == NULL) {
        place_problems_print(&problems, stderr, false);
        fail(options->path, "not usable");
    }
    arena_free(words);
    return engine;
}

static struct request
request_of(const struct request_candidate *candidate)
{
    return (struct request){.op = REQUEST_SCORE,
                            .op_name = TEXT("score"),
                            .deadline_ms = -1,
                            .turn = -1,
                            .role = REQUEST_ASSISTANT,
                            .candidates = candidate,
                            .candidate_count = 1,
                            .drift_threshold = (double)NAN};
}

static void
make(struct bench *b, const struct options *options)
{
    struct err err;

    *b = (struct bench){.seed = 1};
    b->engine = build(options);
    b->judge = judge_new(ARENA_BYTES);
    b->scratch = hold_scratch_new(ARENA_BYTES);
    b->rules = rules_scratch_new();
    b->request = arena_new(ARENA_BYTES);
    b->whole = arena_new(ARENA_BYTES);
    const struct request_candidate none = {.text = TEXT("")};
    const struct request request = request_of(&none);
    if (b->judge == NULL || b->scratch == NULL || b->rules == NULL ||
        b->request == NULL || b->whole == NULL ||
        !rules_scratch_fit(b->rules, b->engine->rules, &err) ||
        !hold_scratch_fit(b->scratch, b->engine->rules, &err) ||
        !rules_prepare(b->engine->rules, &request, NULL, NULL, b->request,
                       &b->prepared, &err)) {
        fail("setting up", "out of memory");
    }
}

static void
scan_whole(struct bench *b, struct text text)
{
    struct view fold;
    struct err err;

    arena_reset(b->whole);
    hits_init(&b->hits, b->whole);
    if (!fold_view(text, b->whole, &fold, &err) ||
        !rules_scan(b->engine->rules, b->rules, &b->prepared, text, &fold,
                    &b->hits, &err)) {
        fail("a text", err.message);
    }
}

/* --- checking --- */

static bool
same_hit(const struct hit *a, const struct hit *b)
{
    return a->rule == b->rule && a->raw.from == b->raw.from &&
           a->raw.to == b->raw.to && a->action == b->action;
}

static bool
has_hit(const struct hits *hits, const struct hit *hit)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (same_hit(&hits->at[i], hit)) {
            return true;
        }
    }
    return false;
}

static void
tell(struct bench *b, const char *what, struct text text, const struct hit *h,
     size_t fed, size_t safe)
{
    if (b->leaks + b->false_redactions <= LEAKS_SHOWN) {
        printf("%s: %.*s [%zu,%zu) \"%.*s\" after %zu safe %zu in %.*s\n", what,
               TEXT_ARGS(rules_at(b->engine->rules, h->rule)->config->id),
               h->raw.from, h->raw.to,
               TEXT_ARGS(text_part(text, h->raw.from, h->raw.to)), fed, safe,
               TEXT_ARGS(text));
    }
}

static bool
check(struct bench *b, const struct hold *hold, struct text text, size_t fed,
      size_t safe)
{
    const struct hits *redactions = hold_redactions(hold);
    bool good = safe <= fed && (safe == text.len ||
                                !utf8_inside((unsigned char)text.at[safe]));

    if (!good) {
        fail("safe", "is no place in the text");
    }
    for (size_t i = 0; i < b->hits.count; i++) {
        const struct hit *h = &b->hits.at[i];
        if (h->enforced && !h->whole && h->raw.from < safe &&
            !(h->raw.to <= safe && has_hit(redactions, h))) {
            b->leaks++;
            tell(b, "leak", text, h, fed, safe);
            good = false;
        }
    }
    for (size_t i = 0; i < redactions->count; i++) {
        if (!has_hit(&b->hits, &redactions->at[i])) {
            b->false_redactions++;
            tell(b, "false redaction", text, &redactions->at[i], fed, safe);
            good = false;
        }
    }
    return good;
}

static uint32_t
draw(struct bench *b, uint32_t below)
{
    b->seed = b->seed * 1664525 + 1013904223;
    return (b->seed >> 8) % below;
}

static size_t
char_end(struct text text, size_t at)
{
    while (at < text.len && utf8_inside((unsigned char)text.at[at])) {
        at++;
    }
    return at;
}

enum way { BY_CHAR, BY_FOUR, AT_RANDOM, IN_TWO };

static size_t
next_end(struct bench *b, enum way way, struct text text, size_t at,
         size_t split)
{
    switch (way) {
    case BY_CHAR:
        return char_end(text, at + 1);
    case BY_FOUR:
        return char_end(text, at + 4 < text.len ? at + 4 : text.len);
    case AT_RANDOM: {
        const size_t n = 1 + draw(b, draw(b, 2) != 0 ? 4 : 40);
        return char_end(text, at + n < text.len ? at + n : text.len);
    }
    case IN_TWO:
        break;
    }
    return at < split ? split : text.len;
}

static size_t
chars_in(struct text text, size_t from, size_t to)
{
    return utf8_count(text_part(text, from, to)).code_points;
}

/* No hit that matters to a stream. */
static bool
is_clean(const struct hits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->at[i].enforced && !hits->at[i].whole) {
            return false;
        }
    }
    return true;
}

static bool
feed(struct bench *b, struct text text, enum way way, size_t split)
{
    struct err err;
    struct hold *hold = hold_new(b->engine->rules, &b->prepared, &err);
    const bool clean = is_clean(&b->hits);
    size_t safe = 0;
    bool good = true;

    if (hold == NULL) {
        fail("a stream", err.message);
    }
    for (size_t at = 0; at < text.len && good;) {
        at = next_end(b, way, text, at, split);
        if (!hold_feed(hold, b->scratch, b->rules, text_part(text, 0, at),
                       &safe, &err)) {
            fail("a feed", err.message);
        }
        good = check(b, hold, text, at, safe);
        b->feeds++;
        if (way == BY_FOUR && clean) {
            b->clean_feeds++;
            b->clean_held += chars_in(text, safe, at);
        }
    }
    if (way == BY_FOUR) {
        const struct hold_work work = hold_work(hold);
        b->work.steps += work.steps;
        b->work.scans += work.scans;
        b->work.scan_bytes += work.scan_bytes;
        b->work.cuts += work.cuts;
        b->redactions += hold_redactions(hold)->count;
        b->pinned += hold_pinned(hold) != SIZE_MAX;
    }
    hold_free(hold);
    return good;
}

static void
check_text(struct bench *b, struct text text, bool splits)
{
    scan_whole(b, text);
    b->texts++;
    b->clean += is_clean(&b->hits);
    bool good = feed(b, text, BY_CHAR, 0) && feed(b, text, BY_FOUR, 0);
    for (int i = 0; i < RANDOM_WAYS && good; i++) {
        good = feed(b, text, AT_RANDOM, 0);
    }
    for (size_t i = 1; splits && good && i < text.len; i++) {
        if (!utf8_inside((unsigned char)text.at[i])) {
            good = feed(b, text, IN_TWO, i);
        }
    }
}

/* --- time --- */

struct times {
    double feed_ns, judge_ns, first_ns;
    size_t deltas, bytes, texts, stream_bytes;
};

static void
time_text(struct bench *b, struct text text, struct times *out)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    const struct request_candidate candidate = {.text = text};
    const struct request request = request_of(&candidate);
    struct judge_result result;
    struct err err;
    size_t safe;
    uint64_t from = clock_ns();

    if (!judge_begin(b->judge, b->engine, &err) ||
        !judge_request(b->judge, b->engine, &request, &terms, &result, &err)) {
        fail("a text", err.message);
    }
    out->judge_ns += (double)(clock_ns() - from);
    from = clock_ns();
    struct hold *hold = hold_new(b->engine->rules, &b->prepared, &err);
    if (hold == NULL) {
        fail("a stream", err.message);
    }
    out->first_ns += (double)(clock_ns() - from);
    from = clock_ns();
    for (size_t at = 0; at < text.len;) {
        at = next_end(b, BY_FOUR, text, at, 0);
        if (!hold_feed(hold, b->scratch, b->rules, text_part(text, 0, at),
                       &safe, &err)) {
            fail("a feed", err.message);
        }
        out->deltas++;
    }
    out->feed_ns += (double)(clock_ns() - from);
    out->bytes += text.len;
    out->stream_bytes += hold_bytes(hold);
    out->texts++;
    hold_free(hold);
}

/* --- rows --- */

static bool
next_row(struct text *input, struct text *out)
{
    const char *const line = memchr(input->at, '\n', input->len);
    char *end;

    if (line == NULL || *input->at < '0' || *input->at > '9') {
        return false;
    }
    const unsigned long long bytes = strtoull(input->at, &end, 10);
    const size_t head = (size_t)(line - input->at) + 1;
    if (end != line || bytes > input->len - head) {
        return false;
    }
    *out = text_part(*input, head, head + (size_t)bytes);
    *input = text_part(*input, head + (size_t)bytes, input->len);
    return true;
}

static double
ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static size_t
nodes_of(const struct hold_plan_part *part)
{
    return hold_net_nodes(part->nets[HOLD_BY_CHARS]) +
           hold_net_nodes(part->nets[HOLD_BY_WORDS]);
}

static void
measure(struct bench *b, struct text input, int rounds)
{
    struct times t = {.deltas = 0};

    for (int r = -1; r < rounds; r++) {
        struct text rest = input, text;
        while (rest.len > 0 && next_row(&rest, &text)) {
            time_text(b, text, &t);
        }
        if (r < 0) { // pays for pages and caches
            t = (struct times){.deltas = 0};
        }
    }
    const double deltas = (double)t.deltas;
    const struct hold_net_work work = hold_scratch_work(b->scratch);
    printf("{\"bytes\": %zu, \"deltas\": %zu, \"ns_per_delta\": %.0f, "
           "\"us_per_open\": %.2f, \"judge_ns_per_byte\": %.1f, "
           "\"feeds_to_judge\": %.2f, \"states\": %zu, \"nodes\": %zu, "
           "\"renewals\": %zu, \"net\": %zu, \"stream_bytes\": %.0f}\n",
           t.bytes, t.deltas, ratio(t.feed_ns, deltas),
           ratio(t.first_ns, (double)t.texts) / 1000,
           ratio(t.judge_ns, (double)t.bytes),
           ratio(t.feed_ns + t.first_ns, t.judge_ns), work.states, work.nodes,
           work.renewals, nodes_of(&rules_hold(b->engine->rules)->usual),
           ratio((double)t.stream_bytes, (double)t.texts));
}

static void
verify(struct bench *b, struct text input, bool splits)
{
    struct text text;

    while (input.len > 0 && next_row(&input, &text)) {
        check_text(b, text, splits);
    }
    const double clean = (double)b->clean_feeds;
    printf("{\"texts\": %zu, \"clean\": %zu, \"feeds\": %zu, \"leaks\": %zu, "
           "\"false_redactions\": %zu, \"redactions\": %zu, \"pinned\": %zu, "
           "\"clean_held_chars\": %.2f, \"steps\": %zu, \"scans\": %zu, "
           "\"scan_bytes\": %zu, \"cuts\": %zu}\n",
           b->texts, b->clean, b->feeds, b->leaks, b->false_redactions,
           b->redactions, b->pinned, ratio((double)b->clean_held, clean),
           b->work.steps, b->work.scans, b->work.scan_bytes, b->work.cuts);
}

static void
read_options(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        {"only", required_argument, NULL, 'o'},
        {"robust", required_argument, NULL, 'r'},
        {"splits", no_argument, NULL, 's'},
        {"time", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0}};

    *out = (struct options){.path = "config/leeway.yaml", .robust = -1};
    for (int o; (o = getopt_long(argc, argv, "c:", known, NULL)) != -1;) {
        switch (o) {
        case 'c':
            out->path = optarg;
            break;
        case 'o':
            out->only = optarg;
            break;
        case 'r':
            out->robust = level_of(optarg);
            break;
        case 's':
            out->splits = true;
            break;
        case 't':
            out->rounds = (int)strtol(optarg, NULL, 10);
            break;
        default:
            exit(64);
        }
    }
}

int
main(int argc, char **argv)
{
    struct options options;
    struct buffer input;
    struct bench b;
    struct err err;

    read_options(argc, argv, &options);
    if (!file_read("-", INPUT_BYTES, &input, &err)) {
        fail("stdin", err.message);
    }
    make(&b, &options);
    if (options.rounds > 0) {
        measure(&b, buffer_text(&input), options.rounds);
    } else {
        verify(&b, buffer_text(&input), options.splits);
    }
    buffer_clear(&input);
    return b.leaks + b.false_redactions > 0;
}
