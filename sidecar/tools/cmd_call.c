/*
 * `ping` and `call`: talk to a running sidecar.
 */
#include "sidecar/tools/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/json.h"
#include "proto/request.h"
#include "proto/wire.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/file.h"
#include "sidecar/tools/caller.h"

#define DEFAULT_URL "ipc:///tmp/leeway.sock"

enum { TIMEOUT_MS = 5000, REPLY_BYTES = 16 << 20, REQUEST_BYTES = 16 << 20 };

static int
fail(const struct command *command, const struct err *err, int code)
{
    fprintf(stderr, "leeway %s: %s\n", command->name, err->message);
    return code;
}

/* A URL that cannot be is used wrongly; all else is an absent sidecar. */
static int
fail_call(const struct command *command, const struct err *err)
{
    return err->kind == ERR_INVALID ? command_usage(command, "%s", err->message)
                                    : fail(command, err, COMMAND_UNAVAILABLE);
}

struct target {
    const char *url;
    int timeout_ms;
    bool pretty;
};

/* Reads the options that both commands share; -1: go on. */
static int
read_options(const struct command *command, int argc, char **argv,
             struct target *target)
{
    static const struct option options[] = {
        {"connect", required_argument, NULL, 'c'},
        {"timeout", required_argument, NULL, 't'},
        {"pretty", no_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};

    *target = (struct target){.url = DEFAULT_URL, .timeout_ms = TIMEOUT_MS};
    for (int o; (o = getopt_long(argc, argv, "c:t:ph", options, NULL)) != -1;) {
        char *end = NULL;
        switch (o) {
        case 'c':
            target->url = optarg;
            break;
        case 't': {
            const long ms = strtol(optarg, &end, 10);
            if (*end != '\0' || end == optarg || ms < 1 || ms > 3600000) {
                return command_usage(command, "--timeout %s: 1 to 3600000 ms",
                                     optarg);
            }
            target->timeout_ms = (int)ms;
            break;
        }
        case 'p':
            target->pretty = true;
            break;
        case 'h':
            return command_help(command);
        default:
            return COMMAND_USAGE;
        }
    }
    return -1;
}

/* Is this reply, scanned already, one that says "ok": true? */
static bool
is_ok(struct text reply)
{
    struct err ignored;
    struct wire_reader r;

    wire_read(&r, reply, &ignored);
    const size_t entries = wire_next(&r) == WIRE_MAP ? wire_read_map(&r) : 0;
    for (size_t i = 0; i < entries && !r.failed; i++) {
        const struct text key = wire_read_bytes(&r);
        if (text_is(key, "ok") && wire_next(&r) == WIRE_BOOL) {
            return wire_read_bool(&r);
        }
        (void)wire_skip(&r);
    }
    return false;
}

static bool
exchange(const struct target *target, struct text message, struct buffer *reply,
         struct err *err)
{
    static const struct wire_limits limits = {WIRE_DEPTH_CAP, 1 << 20};
    struct caller *caller = caller_open(target->url, target->timeout_ms, err);
    uint32_t which;

    if (caller == NULL) {
        return false;
    }
    const bool done = caller_send(caller, message, err) &&
                      caller_receive(caller, reply, &which, err) &&
                      wire_scan(buffer_text(reply), &limits, err);
    caller_close(caller);
    return done;
}

static int
print_reply(const struct command *command, const struct target *target,
            const struct buffer *reply)
{
    struct buffer json;
    struct err err;

    buffer_init(&json, SIZE_MAX);
    if (!json_from_wire(buffer_text(reply), target->pretty, &json, &err)) {
        buffer_clear(&json);
        return fail(command, &err, COMMAND_INTERNAL);
    }
    printf("%.*s\n", TEXT_ARGS(buffer_text(&json)));
    buffer_clear(&json);
    const int finished = command_finish();
    return finished != COMMAND_DONE    ? finished
           : is_ok(buffer_text(reply)) ? COMMAND_DONE
                                       : COMMAND_FINDINGS;
}

static int
run_ping(int argc, char **argv)
{
    struct target target;
    struct buffer message, reply;
    struct err err;

    const int early = read_options(&command_ping, argc, argv, &target);
    if (early >= 0) {
        return early;
    }
    if (optind < argc) {
        return command_usage(&command_ping, "%s: no such argument",
                             argv[optind]);
    }
    buffer_init(&message, REQUEST_BYTES);
    buffer_init(&reply, REPLY_BYTES);
    wire_put_map(&message, 2);
    wire_put_str(&message, TEXT("v"));
    wire_put_int(&message, REQUEST_VERSION);
    wire_put_str(&message, TEXT("op"));
    wire_put_str(&message, TEXT("ping"));
    const uint64_t start = clock_ns();
    int code;
    if (exchange(&target, buffer_text(&message), &reply, &err)) {
        fprintf(stderr, "leeway ping: %s answered in %.3f ms\n", target.url,
                (double)(clock_ns() - start) / 1e6);
        code = print_reply(&command_ping, &target, &reply);
    } else {
        code = fail_call(&command_ping, &err);
    }
    buffer_clear(&message);
    buffer_clear(&reply);
    return code;
}

/* {"v": 1, "op": OP, ...the caller's own keys}, which may name v and op. */
static bool
build_call(const char *op, struct text json, struct buffer *message,
           struct err *err)
{
    struct buffer given;
    struct wire_reader r;
    bool has_v = false, has_op = false;

    buffer_init(&given, REQUEST_BYTES);
    if (!json_to_wire(json, &given, err)) {
        buffer_clear(&given);
        return false;
    }
    wire_read(&r, buffer_text(&given), err);
    size_t entries = wire_read_map(&r);
    const unsigned char *const first = r.at;
    for (size_t i = 0; i < entries && !r.failed; i++) {
        const struct text key = wire_read_bytes(&r);
        has_v = has_v || text_is(key, "v");
        has_op = has_op || text_is(key, "op");
        (void)wire_skip(&r);
    }
    if (!r.failed) {
        wire_put_map(message, entries + (has_v ? 0 : 1) + (has_op ? 0 : 1));
        if (!has_v) {
            wire_put_str(message, TEXT("v"));
            wire_put_int(message, REQUEST_VERSION);
        }
        if (!has_op) {
            wire_put_str(message, TEXT("op"));
            wire_put_str(message, text_of(op));
        }
        buffer_add(message, first, (size_t)(r.at - first));
        if (message->failed) {
            err_memory(err, "the request");
        }
    }
    buffer_clear(&given);
    return !r.failed && !message->failed;
}

/* The argument, or standard input where it is "-". */
static bool
read_json(const char *argument, struct buffer *out, struct err *err)
{
    if (strcmp(argument, "-") == 0) {
        return file_read("-", REQUEST_BYTES, out, err);
    }
    buffer_init(out, REQUEST_BYTES);
    buffer_add_text(out, text_of(argument));
    if (out->failed) {
        err_memory(err, "the request");
    }
    return !out->failed;
}

static int
run_call(int argc, char **argv)
{
    struct target target;
    struct buffer input, message, reply;
    struct err err;

    const int early = read_options(&command_call, argc, argv, &target);
    if (early >= 0) {
        return early;
    }
    if (optind + 1 > argc || optind + 2 < argc) {
        return command_usage(&command_call, "expected OP and a JSON object");
    }
    const char *json = optind + 1 < argc ? argv[optind + 1] : "{}";
    if (!read_json(json, &input, &err)) {
        buffer_clear(&input);
        return fail(&command_call, &err, COMMAND_NO_INPUT);
    }
    buffer_init(&message, REQUEST_BYTES);
    buffer_init(&reply, REPLY_BYTES);
    int code;
    if (!build_call(argv[optind], buffer_text(&input), &message, &err)) {
        code = fail(&command_call, &err, COMMAND_BAD_DATA);
    } else if (!exchange(&target, buffer_text(&message), &reply, &err)) {
        code = fail_call(&command_call, &err);
    } else {
        code = print_reply(&command_call, &target, &reply);
    }
    buffer_clear(&input);
    buffer_clear(&message);
    buffer_clear(&reply);
    return code;
}

const struct command command_ping = {
    .name = "ping",
    .summary = "ask a running sidecar whether it is there",
    .help = "examples:\n"
            "  leeway ping\n"
            "  leeway ping --connect tcp://127.0.0.1:7710\n\n"
            "  --connect URL    where it listens (" DEFAULT_URL ")\n"
            "  --timeout MS     how long to wait (5000)\n"
            "  --pretty         indent the reply\n\n"
            "exit: 0 it answered, 1 it answered with an error (it wants a "
            "token, say),\n"
            "      69 no answer\n",
    .run = run_ping};

const struct command command_call = {
    .name = "call",
    .summary = "send one request, given as JSON, to a running sidecar",
    .help = "examples:\n"
            "  leeway call ping\n"
            "  leeway call score '{\"persona\":\"falstaff\","
            "\"text\":\"Good morrow, Hal.\"}' --pretty\n\n"
            "usage: leeway call [options] OP [JSON | -]\n"
            "  OP               score, ping, echo, fingerprint.get, .list,\n"
            "                   compare; on the private socket also stats,\n"
            "                   config.reload, fingerprint.build, .put, .drop\n"
            "  JSON             the request's keys ({}); v and op are added\n"
            "  --connect URL    where it listens (" DEFAULT_URL ")\n"
            "  --timeout MS     how long to wait (5000)\n"
            "  --pretty         indent the reply\n\n"
            "exit: 0 ok, 1 the reply is an error, 65 not a JSON object, 69 no "
            "answer\n",
    .run = run_call};
