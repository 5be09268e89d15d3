#include "sidecar/tools/bench_rules.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/clock.h"
#include "sidecar/engine/decoded.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/leet.h"
#include "sidecar/engine/squash.h"
#include "sidecar/tools/bench_config.h"
#include "sidecar/tools/command.h"

enum {
    WARM = 100,
    ROUNDS = 3000, /* of a reply: for a 99th percentile */
    RUNS = 3,      /* of a long text: the least time counts */
    REPLY = 600,
    SHORT_REPLY = 200,
    PATTERNS = 60,
    ENTITIES = 25,
    LONGEST = 1 << 20,
    SIZES = 6,
    TERMS = 10000,         /* where terms are measured alone */
    STEEP = 2,             /* times the least cost of a byte: not flat */
    ARENA_BYTES = 1 << 30, /* hostile texts want a view ten times as long */
    MIB = 1 << 20
};

static const size_t sizes[SIZES] = {1 << 10, 1 << 12, 1 << 14,
                                    1 << 16, 1 << 18, LONGEST};

/* Ordinary prose: nothing in it asks for anything to be done. */
static const char prose[] =
    "The old road bends twice before the mill, and if you keep the river "
    "on your left hand you cannot miss it. My grandfather walked it every"
    " market day with two geese under his arms and a pipe he never lit, "
    "and he used to say that a man who hurries past a river has nowhere "
    "worth going. So sit a while! There is bread, there is cheese of a "
    "sort, and the kettle will sing before you have told me half of what "
    "brings you here. You say the bridge is down? Then somebody will have"
    " to mend it, and I suppose, since nobody else in this village owns a"
    " hammer, that somebody will be me. Pour the tea, and tell me. ";

_Static_assert(sizeof(prose) - 1 >= REPLY, "a whole reply");

struct bench {
    struct engine *engine; /* whose rules are being measured */
    struct rules_scratch *scratch;
    struct arena *arena;
    char *text; /* [LONGEST] */
    double ns[ROUNDS];
    FILE *out;
};

static int
by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* Of this thread alone: others on the machine do not count. */
static double
cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The text folded and scanned, as judging does it. */
static bool
scan(struct bench *b, struct text text, struct err *err)
{
    const struct request request = {.role = REQUEST_ASSISTANT,
                                    .system_prompt = TEXT(prose)};
    struct rules_request rules;
    struct view fold;
    struct hits hits;

    arena_reset(b->arena);
    hits_init(&hits, b->arena);
    return rules_prepare(b->engine->rules, &request, NULL, NULL, b->arena,
                         &rules, err) &&
           fold_view(text, b->arena, &fold, err) &&
           rules_scan(b->engine->rules, b->scratch, &rules, text, &fold, &hits,
                      err);
}

static bool
use(struct bench *b, struct engine *engine, struct err *err)
{
    b->engine = engine;
    return rules_scratch_fit(b->scratch, engine->rules, err);
}

static size_t
resident(void)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");

    if (statm != NULL) {
        if (fscanf(statm, "%*u %lu", &pages) != 1) {
            pages = 0;
        }
        fclose(statm);
    }
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* ------------------------------------------------------------ sizes of sets */

/* Median and 99th percentile, microseconds. */
static bool
time_reply(struct bench *b, size_t bytes, double out[2], struct err *err)
{
    const struct text text = {prose, bytes};

    for (size_t i = 0; i < WARM + ROUNDS; i++) {
        const uint64_t start = clock_ns();
        if (!scan(b, text, err)) {
            return false;
        }
        b->ns[i < WARM ? 0 : i - WARM] = (double)(clock_ns() - start);
    }
    qsort(b->ns, ROUNDS, sizeof(b->ns[0]), by_value);
    out[0] = b->ns[ROUNDS / 2] / 1e3;
    out[1] = b->ns[ROUNDS * 99 / 100] / 1e3;
    return true;
}

static bool
print_replies(struct bench *b, const char *name, double load_ms, double mib,
              struct err *err)
{
    double reply[2], brief[2];

    if (!time_reply(b, REPLY, reply, err) ||
        !time_reply(b, SHORT_REPLY, brief, err)) {
        return false;
    }
    fprintf(b->out, "  %-12s %8.1f %8.1f %8.1f %8.1f %9.0f %7.0f\n", name,
            reply[0], reply[1], brief[0], brief[1], load_ms, mib);
    return true;
}

static bool
bench_sets(struct bench *b, struct engine *given, const char *words,
           const struct kernel_set *kernels, struct err *err)
{
    static const size_t counts[] = {100, 1000, 10000, 50000};

    fprintf(b->out,
            "one reply, %d patterns and %d kinds of personal data\n\n"
            "  %-12s %17s %17s %9s %7s\n"
            "  %-12s %8s %8s %8s %8s %9s %7s\n",
            PATTERNS, ENTITIES, "", "600 bytes, us", "200 bytes, us", "", "",
            "terms", "p50", "p99", "p50", "p99", "load, ms", "MiB");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        const struct bench_config config = {
            .terms = counts[i], .patterns = PATTERNS, .entities = ENTITIES};
        const size_t before = resident();
        char name[32];
        double ms;
        struct engine *engine = bench_config_load(&config, words, kernels, &ms);
        if (engine == NULL) {
            err_set(err, ERR_CONFIG, "the made-up rules do not load");
            return false;
        }
        const double mib = (double)resident() - (double)before;
        snprintf(name, sizeof(name), "%zu", counts[i]);
        const bool fine =
            use(b, engine, err) && print_replies(b, name, ms, mib / MIB, err);
        engine_drop(engine);
        if (!fine) {
            return false;
        }
    }
    return use(b, given, err) && print_replies(b, "(yours)", 0, 0, err);
}

/* ---------------------------------------------------------- cost of a byte */

/* Fills the text with the piece, whole times. Its length. */
static size_t
fill(struct bench *b, struct text piece, size_t bytes)
{
    size_t len = 0;

    while (piece.len <= bytes - len) {
        memcpy(b->text + len, piece.at, piece.len);
        len += piece.len;
    }
    return len;
}

/* Nanoseconds a byte; below 0: the text was refused for want of memory. */
static double
cost_of_byte(struct bench *b, size_t len)
{
    double least = -1;
    struct err err;

    for (size_t run = 0; run < RUNS; run++) {
        const double start = cpu_ns();
        if (!scan(b, (struct text){b->text, len}, &err)) {
            return -1;
        }
        const double took = cpu_ns() - start;
        least = least < 0 || took < least ? took : least;
    }
    return least / (double)len;
}

static void
print_costs(struct bench *b, const char *name, struct text piece)
{
    double cost[SIZES], least = -1;

    fprintf(b->out, "  %-26s", name);
    for (size_t i = 0; i < SIZES; i++) {
        cost[i] = cost_of_byte(b, fill(b, piece, sizes[i]));
        least = least < 0 || cost[i] < least ? cost[i] : least;
        if (cost[i] < 0) {
            fprintf(b->out, " %8s", "refused");
        } else {
            fprintf(b->out, " %8.1f", cost[i]);
        }
    }
    // The shortest text also pays for what every request costs.
    fprintf(b->out, "%s\n",
            cost[SIZES - 1] > STEEP * least ? "  not flat" : "");
    fflush(b->out);
}

/* A type of rule, and a text that is hard for it. */
struct type {
    const char *name, *hostile;
    struct bench_config config;
};

static const struct type types[] = {
    {"terms, disguised", "1.a-!$ ", {.terms = TERMS}},
    {"regex", "are you the one ", {.patterns = PATTERNS}},
    {"pii", "4111 1111 1111 1111 ", {.entities = ENTITIES}},
    {"secret",
     "AKIAIOSFODNN7EXAMPLE ",
     {.rule = "{id: R, type: secret, category: pii, severity: low, entropy: "
              "{min_bits_per_char: 3.5, min_chars: 24}}"}},
    {"url",
     "http://a.b/@",
     {.rule = "{id: R, type: url, block_shorteners: true, block_userinfo: "
              "true, category: quality, severity: low}"}},
    {"repetition",
     "the the the ",
     {.rule = "{id: R, type: repetition, max_char_run: 40, max_token_run: 7, "
              "max_sentence_repeats: 4, ngram_words: 4, max_ngram_share: 0.5, "
              "category: quality, severity: low}"}},
    {"unicode",
     "a\xcc\x81\xcc\x81 ",
     {.rule = "{id: R, type: unicode, max_combining_run: 6, forbid: "
              "[mixed_scripts], category: quality, severity: low}"}},
    {"language",
     "\xd1\x8f a ",
     {.rule = "{id: R, type: language, allowed: [en], category: quality, "
              "severity: low}"}},
    {"prompt_leak",
     "the river on your left hand ",
     {.rule = "{id: R, type: prompt_leak, ngram_words: 5, min_ratio: 0.12, "
              "category: prompt_leak, severity: low}"}},
};

/* What hostile texts are made of: each was once the hardest for some part. */
static const char *const pieces[] = {
    "1.",           "@@@@",         "$$$",
    "superslutty ", "aaaaaaaa ",    "f*ck ",
    "f.u.c.k ",     "192.168.1.1 ", "4111 1111 1111 1111 ",
    "12 main st ",  "you are ",     "i am a bot. ",
    "&#102;",       "[(<{",         "\xf0\x9f\x98\x80",
    "\xef\xb7\xba",
};

static void
print_head(struct bench *b, const char *what)
{
    fprintf(b->out, "\n%s, ns of one processor's time for a byte\n\n  %-26s",
            what, "bytes");
    for (size_t i = 0; i < SIZES; i++) {
        fprintf(b->out, " %8zu", sizes[i]);
    }
    fprintf(b->out, "\n");
}

static bool
bench_types(struct bench *b, const char *words,
            const struct kernel_set *kernels, struct err *err)
{
    print_head(b, "each type of rule alone, prose and a hard text");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        double ms;
        char name[64];
        struct engine *engine =
            bench_config_load(&types[i].config, words, kernels, &ms);
        if (engine == NULL || !use(b, engine, err)) {
            engine_drop(engine);
            err_set(err, ERR_CONFIG, "a rule of type %s does not load",
                    types[i].name);
            return false;
        }
        print_costs(b, types[i].name, TEXT(prose));
        snprintf(name, sizeof(name), "  \"%s\"", types[i].hostile);
        print_costs(b, name, text_of(types[i].hostile));
        engine_drop(engine);
    }
    return true;
}

static bool
bench_hostile(struct bench *b, struct engine *given, struct err *err)
{
    if (!use(b, given, err)) {
        return false;
    }
    print_head(b, "your rules, prose and hard texts");
    print_costs(b, "prose", TEXT(prose));
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        char name[64];
        snprintf(name, sizeof(name), "  \"%s\"", pieces[i]);
        print_costs(b, name, text_of(pieces[i]));
    }
    return true;
}

/* ------------------------------------------------------------------- views */

static bool
make_fold(struct bench *b, const struct view *fold, struct err *err)
{
    struct view view;

    (void)fold;
    return fold_view((struct text){prose, REPLY}, b->arena, &view, err);
}

static bool
make_leet(struct bench *b, const struct view *fold, struct err *err)
{
    struct view view;

    return leet_view(fold, LEET_I, b->arena, &view, err) &&
           leet_view(fold, LEET_L, b->arena, &view, err);
}

static bool
make_squash(struct bench *b, const struct view *fold, struct err *err)
{
    struct view view;

    return squash_view(fold, SQUASH_JOINED, b->arena, &view, err) &&
           squash_view(fold, SQUASH_APART, b->arena, &view, err);
}

static bool
make_decoded(struct bench *b, const struct view *fold, struct err *err)
{
    struct view view;

    (void)fold;
    return decoded_view((struct text){prose, REPLY}, b->arena, &view, err);
}

static const struct {
    const char *name;
    bool (*make)(struct bench *b, const struct view *fold, struct err *err);
} views[] = {{"fold", make_fold},
             {"leet", make_leet},
             {"squash", make_squash},
             {"decoded", make_decoded}};

static bool
bench_views(struct bench *b, struct engine *given, struct err *err)
{
    double whole[2];

    if (!use(b, given, err) || !time_reply(b, REPLY, whole, err)) {
        return false;
    }
    fprintf(b->out,
            "\nviews of a reply of %d bytes, median\n\n  %-12s %8s %8s\n",
            REPLY, "", "us", "share");
    for (size_t v = 0; v < sizeof(views) / sizeof(views[0]); v++) {
        for (size_t i = 0; i < ROUNDS; i++) {
            struct view fold;
            arena_reset(b->arena);
            if (!fold_view((struct text){prose, REPLY}, b->arena, &fold, err)) {
                return false;
            }
            const uint64_t start = clock_ns();
            if (!views[v].make(b, &fold, err)) {
                return false;
            }
            b->ns[i] = (double)(clock_ns() - start);
        }
        qsort(b->ns, ROUNDS, sizeof(b->ns[0]), by_value);
        const double us = b->ns[ROUNDS / 2] / 1e3;
        fprintf(b->out, "  %-12s %8.2f %7.0f%%\n", views[v].name, us,
                100 * us / whole[0]);
    }
    return true;
}

int
bench_rules_run(struct engine *engine, const struct kernel_set *kernels,
                FILE *out)
{
    struct bench *b = calloc(1, sizeof(*b));
    const struct text given = engine->config->engine.ordinary_words;
    const char *words = given.len > 0 ? given.at : "";
    struct err err;

    if (b == NULL) {
        return COMMAND_INTERNAL;
    }
    b->out = out;
    b->scratch = rules_scratch_new();
    b->arena = arena_new(ARENA_BYTES);
    b->text = malloc(LONGEST);
    err_memory(&err, "the bench");
    const bool fine =
        b->scratch != NULL && b->arena != NULL && b->text != NULL &&
        bench_sets(b, engine, words, kernels, &err) &&
        bench_types(b, words, kernels, &err) &&
        bench_hostile(b, engine, &err) && bench_views(b, engine, &err);
    if (!fine) {
        fprintf(stderr, "leeway bench: %s\n", err.message);
    }
    rules_scratch_free(b->scratch);
    arena_free(b->arena);
    free(b->text);
    free(b);
    return fine ? COMMAND_DONE : COMMAND_INTERNAL;
}
