#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/decode.h"
#include "proto/encode.h"
#include "proto/fault.h"
#include "proto/json.h"
#include "sidecar/base/file.h"
#include "sidecar/engine/judge.h"
#include "sidecar/engine/limits.h"
#include "sidecar/serve/rotation.h"
#include "sidecar/tools/caller.h"
#include "sidecar/tools/options.h"
#include "sidecar/tools/score_stream.h"
#include "sidecar/tools/show.h"
#include "sidecar/tools/show_text.h"

enum {
    MESSAGE_BYTES = 16 << 20,
    TEXT_BYTES = 1 << 20,
    GUARDRAILS = 256,
    TIMEOUT_MS = 5000,
    PACE_MOST_MS = 10000
};

enum format { FORMAT_HUMAN, FORMAT_JSON, FORMAT_AUTO };

struct options {
    struct command_settings settings;
    int format; /* enum format */
    enum show_when colour;
    const char *persona, *role, *locale, *connect;
    const char *guardrails[GUARDRAILS];
    size_t guardrail_count;
    bool explain, pretty;
    int stream; /* enum request_mode; -1: not a stream */
    int pace_ms;
};

static int
fail(const struct err *err, int code)
{
    fprintf(stderr, "leeway score: %s\n", err->message);
    return code;
}

/* Whose fault it is: the machine's, a busy sidecar's or the input's. */
static int
exit_code(enum err_kind kind)
{
    switch (kind) {
    case ERR_INTERNAL:
    case ERR_MEMORY:
        return COMMAND_INTERNAL;
    case ERR_OVERLOADED:
    case ERR_DRAINING:
    case ERR_DEADLINE:
        return COMMAND_UNAVAILABLE;
    case ERR_NONE:
    case ERR_BAD_REQUEST:
    case ERR_UNAUTHORIZED:
    case ERR_FORBIDDEN:
    case ERR_NOT_FOUND:
    case ERR_STATE:
    case ERR_IDEMPOTENCY:
    case ERR_TOO_LARGE:
    case ERR_VERSION:
    case ERR_UNKNOWN_OP:
    case ERR_INVALID:
    case ERR_CONFIG:
    case ERR_IO:
    case ERR_COUNT:
        break;
    }
    return COMMAND_BAD_DATA;
}

/* The kind that is told under this name on the wire. */
static enum err_kind
kind_of(struct text code)
{
    for (int i = ERR_BAD_REQUEST; i < ERR_COUNT; i++) {
        if (text_is(code, fault_of((enum err_kind)i).code)) {
            return (enum err_kind)i;
        }
    }
    return ERR_INVALID;
}

static int
read_pace(struct options *out)
{
    char *end = NULL;
    const long ms = strtol(optarg, &end, 10);

    if (end == optarg || *end != '\0' || ms < 0 || ms > PACE_MOST_MS) {
        return command_usage(&command_score, "--pace %s: milliseconds, 0 to %d",
                             optarg, PACE_MOST_MS);
    }
    out->pace_ms = (int)ms;
    return OPTIONS_GO_ON;
}

static int
read_option(int letter, void *context)
{
    static const char *const formats[] = {"human", "json", NULL};
    struct options *out = context;

    switch (letter) {
    case 'p':
        out->persona = optarg;
        break;
    case 'r':
        out->role = optarg;
        break;
    case 'l':
        out->locale = optarg;
        break;
    case 'u':
        out->connect = optarg;
        break;
    case 'g':
        if (out->guardrail_count == GUARDRAILS) {
            return command_usage(&command_score, "too many --guardrail");
        }
        out->guardrails[out->guardrail_count++] = optarg;
        break;
    case 'x':
        out->explain = true;
        break;
    case 'y':
        out->pretty = true;
        break;
    case 'm':
        return options_choice(&command_score, "--stream", request_mode_names,
                              &out->stream);
    case 'w':
        return read_pace(out);
    case 'f':
        return options_choice(&command_score, "--format", formats,
                              &out->format);
    case 'o':
        return show_when_of(optarg, &out->colour)
                   ? OPTIONS_GO_ON
                   : command_usage(&command_score,
                                   "--color %s: auto, always or never", optarg);
    }
    return OPTIONS_GO_ON;
}

static int
read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"persona", required_argument, NULL, 'p'},
        {"role", required_argument, NULL, 'r'},
        {"locale", required_argument, NULL, 'l'},
        {"guardrail", required_argument, NULL, 'g'},
        {"explain", no_argument, NULL, 'x'},
        {"connect", required_argument, NULL, 'u'},
        {"stream", required_argument, NULL, 'm'},
        {"pace", required_argument, NULL, 'w'},
        {"pretty", no_argument, NULL, 'y'},
        {"format", required_argument, NULL, 'f'},
        {"color", required_argument, NULL, 'o'},
        OPTIONS_COMMON};
    const struct options_table table = {.command = &command_score,
                                        .rows = rows,
                                        .letters = "c:s:p:h",
                                        .read = read_option};

    *out = (struct options){.format = FORMAT_AUTO, .stream = -1};
    return options_read(&table, argc, argv, &out->settings, out);
}

/* The words of the command line as one text, or standard input. */
static bool
read_text(int argc, char **argv, struct buffer *text, struct err *err)
{
    if (optind + 1 == argc && strcmp(argv[optind], "-") == 0) {
        if (!file_read("-", TEXT_BYTES, text, err)) {
            return false;
        }
        if (text->len > 0 && text->at[text->len - 1] == '\n') {
            text->len--; // the newline that every tool puts at the end
        }
        return true;
    }
    buffer_init(text, TEXT_BYTES);
    for (int i = optind; i < argc; i++) {
        if (i > optind) {
            buffer_add_byte(text, ' ');
        }
        buffer_add_text(text, text_of(argv[i]));
    }
    if (text->failed) {
        err_set(err, ERR_TOO_LARGE, "text above %d bytes", TEXT_BYTES);
    }
    return !text->failed;
}

static void
put_pair(struct buffer *to, const char *key, const char *value, size_t *count)
{
    if (value != NULL) {
        wire_put_str(to, text_of(key));
        wire_put_str(to, text_of(value));
        ++*count;
    }
}

static void
build_message(const struct options *options, struct text text,
              struct buffer *to)
{
    const struct wire_open map = wire_open_map(to);
    size_t count = 5;

    wire_put_str(to, TEXT("v"));
    wire_put_int(to, REQUEST_VERSION);
    put_pair(to, "op", "score", &(size_t){0});
    put_pair(to, "persona", options->persona, &count);
    put_pair(to, "role", options->role, &count);
    put_pair(to, "locale", options->locale, &count);
    // Nobody waits but this command, and it waits longer than a chat would.
    wire_put_str(to, TEXT("deadlineMs"));
    wire_put_int(to, TIMEOUT_MS);
    wire_put_str(to, TEXT("explain"));
    wire_put_bool(to, options->explain);
    if (options->guardrail_count > 0) {
        wire_put_str(to, TEXT("extraGuardrails"));
        wire_put_array(to, options->guardrail_count);
        for (size_t i = 0; i < options->guardrail_count; i++) {
            wire_put_str(to, text_of(options->guardrails[i]));
        }
        count++;
    }
    wire_put_str(to, TEXT("text"));
    wire_put_str(to, text);
    wire_close_map(to, map, count);
}

/* Steps into the value under `key` of the map at the reader. */
static bool
find_key(struct wire_reader *r, const char *wanted)
{
    const size_t entries = wire_next(r) == WIRE_MAP ? wire_read_map(r) : 0;

    for (size_t i = 0; i < entries && !r->failed; i++) {
        if (text_is(wire_read_bytes(r), wanted)) {
            return true;
        }
        (void)wire_skip(r);
    }
    return false;
}

/* The envelope out of a reply, or its error. */
static bool
take_envelope(struct text reply, struct buffer *envelope, struct err *err)
{
    static const struct wire_limits limits = {WIRE_DEPTH_CAP, 1 << 20};
    struct wire_reader r;

    if (!wire_scan(reply, &limits, err)) {
        return false;
    }
    wire_read(&r, reply, err);
    if (find_key(&r, "results") && wire_read_array(&r) > 0) {
        buffer_add_text(envelope, wire_skip(&r));
        return !envelope->failed;
    }
    wire_read(&r, reply, err);
    struct wire_reader error = r;
    if (find_key(&r, "error")) {
        error = r;
    }
    const struct text code =
        find_key(&r, "code") ? wire_read_bytes(&r) : (struct text){NULL, 0};
    const struct text message = find_key(&error, "message")
                                    ? wire_read_bytes(&error)
                                    : (struct text){NULL, 0};
    if (code.len > 0 && message.len > 0) {
        err_set(err, kind_of(code), "%.*s", TEXT_ARGS(message));
    } else {
        err_set(err, ERR_INTERNAL, "a reply with neither results nor error");
    }
    return false;
}

static int
score_remote(const char *url, struct text message, struct buffer *envelope)
{
    struct buffer reply;
    struct err err;
    uint32_t which;

    struct caller *caller = caller_open(url, TIMEOUT_MS, &err);
    if (caller == NULL) {
        return err.kind == ERR_INVALID
                   ? command_usage(&command_score, "%s", err.message)
                   : fail(&err, COMMAND_UNAVAILABLE);
    }
    buffer_init(&reply, MESSAGE_BYTES);
    int code = COMMAND_DONE;
    if (!caller_send(caller, message, &err) ||
        !caller_receive(caller, &reply, &which, &err)) {
        code = fail(&err, COMMAND_UNAVAILABLE);
    } else if (!take_envelope(buffer_text(&reply), envelope, &err)) {
        code = fail(&err, exit_code(err.kind));
    }
    caller_close(caller);
    buffer_clear(&reply);
    return code;
}

/* The envelope as the command prints it, or told to a person. */
static bool
answer(const struct options *options, const struct engine *engine,
       const struct request *request, const struct judge_result *result,
       struct buffer *envelope, struct err *err)
{
    if (options->format == FORMAT_HUMAN) {
        const struct show_subject subject = {
            .engine = engine,
            .request = request,
            .candidate = &request->candidates[result->chosen],
            .envelope = &result->envelopes[result->chosen],
            .coloured = show_text_colours(options->colour),
            .to = stdout};
        return show_verdict(&subject, err);
    }
    encode_envelope(envelope, &result->envelopes[result->chosen]);
    if (envelope->failed) {
        err_memory(err, "the envelope");
    }
    return !envelope->failed;
}

static bool
judge_message(const struct options *options, struct engine *engine,
              struct judge *judge, struct text message, struct buffer *envelope,
              struct err *err)
{
    struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    const struct decode_limits limits = limits_for_decoding(engine->config);
    struct request request;
    struct judge_result result;

    if (!judge_begin(judge, engine, err) ||
        !decode_request(message, &limits, judge_arena(judge), &request, err)) {
        return false;
    }
    if (options->stream >= 0) {
        const struct score_stream how = {
            .engine = engine,
            .judge = judge,
            .request = &request,
            .mode = (enum request_mode)options->stream,
            .pace_ms = options->pace_ms,
            .coloured = show_text_colours(options->colour)};
        return score_stream_show(&how, err);
    }
    // As a sidecar would, so that it says the same fallback line.
    terms.rotation = rotation_next(NULL, &request);
    return judge_request(judge, engine, &request, &terms, &result, err) &&
           answer(options, engine, &request, &result, envelope, err);
}

static int
score_here(const struct options *options, struct text message,
           struct buffer *envelope)
{
    struct engine *engine =
        command_engine(&options->settings, command_kernels());
    struct err err;

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    struct judge *judge =
        judge_new((size_t)engine->config->limits.request_memory);
    int code = COMMAND_DONE;
    if (judge == NULL) {
        err_memory(&err, "a judge");
        code = fail(&err, COMMAND_INTERNAL);
    } else if (!judge_message(options, engine, judge, message, envelope,
                              &err)) {
        code = fail(&err, exit_code(err.kind));
    }
    judge_free(judge);
    engine_drop(engine);
    return code;
}

static int
print_envelope(const struct options *options, const struct buffer *envelope)
{
    struct buffer json;
    struct err err;
    int code;

    if (options->format == FORMAT_HUMAN || options->stream >= 0) {
        return command_finish(); // it has been told
    }
    buffer_init(&json, SIZE_MAX);
    if (json_from_wire(buffer_text(envelope), options->pretty, &json, &err)) {
        printf("%.*s\n", TEXT_ARGS(buffer_text(&json)));
        code = command_finish();
    } else {
        code = fail(&err, COMMAND_INTERNAL);
    }
    buffer_clear(&json);
    return code;
}

/*
 * JSON, the contract's one object, but for a person who asks why: then a
 * terminal is told in words. False: the options do not go together.
 */
static bool
choose_format(struct options *options)
{
    if (options->format == FORMAT_AUTO) {
        options->format = options->explain && options->connect == NULL &&
                                  isatty(STDOUT_FILENO) == 1
                              ? FORMAT_HUMAN
                              : FORMAT_JSON;
    }
    options->explain = options->explain || options->format == FORMAT_HUMAN;
    return options->format == FORMAT_JSON || options->connect == NULL;
}

static int
run(int argc, char **argv)
{
    struct options options;
    struct buffer text, message, envelope;
    struct err err;

    const int early = read_options(argc, argv, &options);
    if (early != OPTIONS_GO_ON) {
        return early;
    }
    if (optind == argc) {
        return command_usage(&command_score, "expected a text, or -");
    }
    if (!choose_format(&options)) {
        return command_usage(&command_score,
                             "--format human explains with the rules at hand, "
                             "which --connect has not");
    }
    if (options.stream >= 0 && options.connect != NULL) {
        return command_usage(&command_score,
                             "--stream runs here; at a sidecar the clients of "
                             "proto/clients/ do it");
    }
    if (!read_text(argc, argv, &text, &err)) {
        buffer_clear(&text);
        return fail(&err, err.kind == ERR_TOO_LARGE ? COMMAND_BAD_DATA
                                                    : COMMAND_NO_INPUT);
    }
    buffer_init(&message, MESSAGE_BYTES);
    buffer_init(&envelope, MESSAGE_BYTES);
    build_message(&options, buffer_text(&text), &message);
    int code =
        options.connect != NULL
            ? score_remote(options.connect, buffer_text(&message), &envelope)
            : score_here(&options, buffer_text(&message), &envelope);
    if (code == COMMAND_DONE) {
        code = print_envelope(&options, &envelope);
    }
    buffer_clear(&text);
    buffer_clear(&message);
    buffer_clear(&envelope);
    return code;
}

const struct command command_score = {
    .name = "score",
    .summary = "judge one text, here or at a running sidecar",
    .help =
        "examples:\n"
        "  leeway score --explain --persona falstaff \"What is honour? a "
        "word.\"\n"
        "  echo 'My card is 4111 1111 1111 1111' | leeway score --pretty -\n\n"
        "usage: leeway score [options] TEXT... | -\n"
        "  --persona ID         whose voice it should be\n"
        "  --role R             assistant (default), user, tool, system\n"
        "  --locale L           BCP 47: fallbacks and rules of that language\n"
        "  --guardrail G        one of extraGuardrails; may stand many times\n"
        "  --explain            with reasons: hints of the voice in the "
        "JSON;\n"
        "                       on a terminal the whole explanation instead\n"
        "  --format F           json (one object; the default but for "
        "--explain\n"
        "                       on a terminal) or human: spans in colour, "
        "views,\n"
        "                       hits, score steps, voice\n"
        "  --color WHEN         auto (a terminal, and no NO_COLOR), always, "
        "never\n"
        "  --connect URL        ask a running sidecar (ipc://..., tcp://...)\n"
        "  --pretty             indent the JSON\n"
        "  --stream MODE        as if a model were writing it, 4 bytes at a "
        "time: print\n"
        "                       what a user would see, when; gate, shadow or "
        "final\n"
        "  --pace MS            wait so long between two of them\n"
        "  -c, --config FILE    the configuration\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n\n"
        "exit: 0 judged (whatever the verdict), 65 refused as bad input,\n"
        "      66 the text cannot be read, 69 no sidecar there, or too busy,\n"
        "      78 configuration\n",
    .run = run};
