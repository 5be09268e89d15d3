#include "proto/decode.h"

#include <math.h>
#include <stdio.h>

#include "proto/candidate.h"
#include "proto/field.h"
#include "proto/scores.h"
#include "sidecar/base/nearest.h"

/* The keys of a request; a bit each, so that a second one is seen. */
#define KEYS(ROW)                                                              \
    ROW(V, "v", COMMON)                                                        \
    ROW(OP, "op", COMMON)                                                      \
    ROW(ID, "id", COMMON)                                                      \
    ROW(DEADLINE, "deadlineMs", COMMON)                                        \
    ROW(TOKEN, "token", COMMON)                                                \
    ROW(METADATA, "metadata", COMMON)                                          \
    ROW(TRACEPARENT, "traceparent", COMMON)                                    \
    ROW(PERSONA, "persona", SCORE)                                             \
    ROW(WORKSPACE, "workspace", SCORE)                                         \
    ROW(SESSION, "session", SCORE)                                             \
    ROW(MESSAGE_ID, "messageId", SCORE)                                        \
    ROW(TURN, "turn", SCORE)                                                   \
    ROW(ROLE, "role", SCORE)                                                   \
    ROW(LOCALE, "locale", SCORE)                                               \
    ROW(CANDIDATES, "candidates", SCORE)                                       \
    ROW(TEXT, "text", SCORE)                                                   \
    ROW(GUARDRAILS, "extraGuardrails", SCORE)                                  \
    ROW(SYSTEM_PROMPT, "systemPrompt", SCORE)                                  \
    ROW(CANARIES, "canaries", SCORE)                                           \
    ROW(CAST, "cast", SCORE)                                                   \
    ROW(DRIFT_THRESHOLD, "driftThreshold", SCORE)                              \
    ROW(ATTEMPT, "attempt", SCORE)                                             \
    ROW(EXPLAIN, "explain", SCORE)                                             \
    ROW(SCORES, "scores", SCORE)

#define AS_ENUM(name, text, group)  KEY_##name,
#define AS_NAME(name, text, group)  text,
#define AS_GROUP(name, text, group) GROUP_##group,

enum key { KEYS(AS_ENUM) KEY_COUNT };
enum group { GROUP_COMMON, GROUP_SCORE };

static const char *const key_names[KEY_COUNT + 1] = {KEYS(AS_NAME) NULL};
static const enum group key_groups[KEY_COUNT] = {KEYS(AS_GROUP)};

enum {
    ATTEMPT_MAX = 16,
    TURN_MAX = 1000000000,
    DEADLINE_MAX_MS = 3600000,
    CANARY_BYTES = 256,
    TOKEN_BYTES = 4096,
    METADATA_KEY_BYTES = 64,
    METADATA_VALUE_BYTES = 1024,
    TRACEPARENT_BYTES = 64,
    LOCALE_BYTES = 35 /* BCP 47's longest recommended tag */
};

struct decoder {
    struct wire_reader reader;
    const struct decode_limits *limits;
    struct arena *arena;
    struct request *out;
    struct text text; /* of the single candidate; at NULL: not given */
};

/* Echoed as it stands: what a strict reader would refuse must not pass. */
static void
read_metadata(struct decoder *d)
{
    struct wire_reader *r = &d->reader;
    const unsigned char *const start = r->at;
    struct text keys[REQUEST_METADATA];

    const size_t count = wire_read_map(r);
    if (count > REQUEST_METADATA) {
        wire_fail_as(r, ERR_TOO_LARGE, "%zu entries, at most %d", count,
                     REQUEST_METADATA);
    }
    for (size_t i = 0; i < count && !r->failed; i++) {
        char shown[FIELD_SHOWN_BYTES + 1];
        keys[i] = wire_read_str(r, METADATA_KEY_BYTES);
        field_shown(keys[i], shown);
        const size_t before = field_enter(r, ".%s", shown);
        for (size_t k = 0; k < i; k++) {
            if (text_equal(keys[k], keys[i])) {
                wire_fail(r, "stands twice");
            }
        }
        (void)wire_read_str(r, METADATA_VALUE_BYTES);
        field_leave(r, before);
    }
    if (!r->failed) {
        d->out->metadata =
            (struct text){(const char *)start, (size_t)(r->at - start)};
    }
}

static void
read_version(struct wire_reader *r)
{
    const long long v = wire_read_int(r, INT64_MIN, INT64_MAX);

    if (!r->failed && v != REQUEST_VERSION) {
        wire_fail_as(r, ERR_VERSION, "version %lld; this sidecar speaks %d", v,
                     REQUEST_VERSION);
    }
}

static void
fail_op(struct wire_reader *r, struct text op)
{
    const char *near = nearest_name(op, request_op_names);
    char shown[FIELD_SHOWN_BYTES + 1];
    char all[ERR_MESSAGE_BYTES / 4] = "";
    size_t len = 0;

    field_shown(op, shown);
    for (int i = 0; i < REQUEST_OPS && len < sizeof(all); i++) {
        len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s",
                                i > 0 ? ", " : "", request_op_names[i]);
    }
    wire_fail_as(r, ERR_UNKNOWN_OP,
                 "unknown operation \"%s\"%s%s%s; there are %s", shown,
                 near != NULL ? "; did you mean \"" : "",
                 near != NULL ? near : "", near != NULL ? "\"?" : "", all);
}

static void
read_op(struct decoder *d)
{
    struct wire_reader *r = &d->reader;

    d->out->op_name = wire_read_str(r, WIRE_KEY_BYTES);
    const int op = field_find(d->out->op_name, request_op_names);
    if (op < 0) {
        fail_op(r, d->out->op_name);
    } else {
        d->out->op = (enum request_op)op;
    }
}

static void
read_role(struct decoder *d)
{
    struct wire_reader *r = &d->reader;

    const struct text name = wire_read_str(r, WIRE_KEY_BYTES);
    const int role = field_find(name, request_role_names);
    if (role < 0) {
        wire_fail(r, "one of assistant, user, tool, system");
    } else {
        d->out->role = (enum request_role)role;
    }
}

static void
read_id(struct decoder *d)
{
    struct wire_reader *r = &d->reader;

    const struct text id = wire_read_str(r, REQUEST_ID_BYTES);
    if (!r->failed) {
        d->out->id = id;
    }
}

static void
read_candidates(struct decoder *d)
{
    const struct candidate_limits limits = {d->limits->text_bytes,
                                            d->limits->dimensions};

    candidate_read_all(&d->reader, &limits, d->arena, d->out);
}

static void
read_value(struct decoder *d, enum key key)
{
    struct wire_reader *r = &d->reader;
    struct request *out = d->out;

    switch (key) {
    case KEY_V:
        read_version(r);
        break;
    case KEY_OP:
        read_op(d);
        break;
    case KEY_ID:
        read_id(d);
        break;
    case KEY_DEADLINE:
        out->deadline_ms = wire_read_int(r, 0, DEADLINE_MAX_MS);
        break;
    case KEY_TOKEN:
        out->token = wire_read_str(r, TOKEN_BYTES);
        break;
    case KEY_METADATA:
        read_metadata(d);
        break;
    case KEY_TRACEPARENT:
        out->traceparent = wire_read_str(r, TRACEPARENT_BYTES);
        break;
    case KEY_PERSONA:
        out->persona = field_name(r, false);
        break;
    case KEY_WORKSPACE:
        out->workspace = field_name(r, true);
        break;
    case KEY_SESSION:
        out->session = field_name(r, true);
        break;
    case KEY_MESSAGE_ID:
        out->message_id = field_name(r, true);
        break;
    case KEY_TURN:
        out->turn = wire_read_int(r, 0, TURN_MAX);
        break;
    case KEY_ROLE:
        read_role(d);
        break;
    case KEY_LOCALE:
        out->locale = wire_read_str(r, LOCALE_BYTES);
        break;
    case KEY_CANDIDATES:
        read_candidates(d);
        break;
    case KEY_TEXT:
        d->text = wire_read_str(r, d->limits->text_bytes);
        break;
    case KEY_GUARDRAILS:
        out->guardrails = field_texts(r, d->arena, d->limits->guardrails,
                                      d->limits->guardrail_bytes);
        break;
    case KEY_SYSTEM_PROMPT:
        out->system_prompt = wire_read_str(r, d->limits->prompt_bytes);
        break;
    case KEY_CANARIES:
        out->canaries =
            field_texts(r, d->arena, REQUEST_CANARIES, CANARY_BYTES);
        break;
    case KEY_CAST:
        out->cast = field_texts(r, d->arena, REQUEST_CAST, REQUEST_NAME_BYTES);
        break;
    case KEY_DRIFT_THRESHOLD:
        out->drift_threshold = wire_read_number(r, 0, 1);
        break;
    case KEY_ATTEMPT:
        out->attempt = wire_read_int(r, 0, ATTEMPT_MAX);
        break;
    case KEY_EXPLAIN:
        out->explain = wire_read_bool(r);
        break;
    case KEY_SCORES:
        scores_read(r, d->arena, out);
        break;
    case KEY_COUNT:
        break;
    }
}

static void
read_entries(struct decoder *d, uint32_t *seen)
{
    struct wire_reader *r = &d->reader;

    const size_t entries = wire_read_map(r);
    for (size_t i = 0; i < entries && !r->failed; i++) {
        const int key = field_key(r, key_names, seen);
        if (key >= 0) {
            read_value(d, (enum key)key);
        }
        field_leave(r, 0);
    }
}

_Static_assert(KEY_COUNT <= 32, "a key needs a bit of `seen`");

static bool
has(uint32_t seen, enum key key)
{
    return (seen >> key & 1u) != 0;
}

static void
fail_key(struct decoder *d, enum key key, const char *what)
{
    if (!d->reader.failed) {
        field_enter(&d->reader, "%s", key_names[key]);
    }
    wire_fail(&d->reader, "%s", what);
}

/* What must be there, what may not stand together. */
static void
check_whole(struct decoder *d, uint32_t seen)
{
    const enum request_op op = d->out->op;
    const bool text = has(seen, KEY_TEXT), list = has(seen, KEY_CANDIDATES);
    char what[ERR_PATH_BYTES];

    if (!has(seen, KEY_V) || !has(seen, KEY_OP)) {
        fail_key(d, has(seen, KEY_V) ? KEY_OP : KEY_V, "missing");
    } else if (op == REQUEST_SCORE && text && list) {
        fail_key(d, KEY_TEXT, "give text or candidates, not both");
    } else if (op == REQUEST_SCORE && !text && !list) {
        fail_key(d, KEY_TEXT, "missing: text, or candidates");
    }
    // An echo measures the way of a score there and back, so it takes the same.
    if (op == REQUEST_SCORE || op == REQUEST_ECHO) {
        return;
    }
    snprintf(what, sizeof(what), "not a key of %s", request_op_names[op]);
    for (int k = 0; k < KEY_COUNT; k++) {
        if (has(seen, (enum key)k) && key_groups[k] == GROUP_SCORE) {
            fail_key(d, (enum key)k, what);
        }
    }
}

/* The single `text` is a list of one candidate. */
static bool
adopt_text(struct decoder *d, struct err *err)
{
    if (d->text.at == NULL) {
        return true;
    }
    struct request_candidate *one =
        ARENA_ARRAY(d->arena, struct request_candidate, 1);
    if (one == NULL) {
        err_memory(err, "a candidate");
        return false;
    }
    one->text = d->text;
    d->out->candidates = one;
    d->out->candidate_count = 1;
    return true;
}

/* After a failure: what the error reply echoes, wherever it stands. */
static void
find_echoes(struct text message, struct request *out)
{
    struct err ignored = {.kind = ERR_NONE};
    struct wire_reader r;

    wire_read(&r, message, &ignored);
    const size_t entries = wire_next(&r) == WIRE_MAP ? wire_read_map(&r) : 0;
    for (size_t i = 0; i < entries && !r.failed; i++) {
        const struct text key =
            wire_next(&r) == WIRE_STR ? wire_read_bytes(&r) : wire_skip(&r);
        struct text *to = text_is(key, "id")            ? &out->id
                          : text_is(key, "op")          ? &out->op_name
                          : text_is(key, "traceparent") ? &out->traceparent
                                                        : NULL;
        if (to == NULL || wire_next(&r) != WIRE_STR) {
            (void)wire_skip(&r);
            continue;
        }
        struct wire_reader value = r;
        const struct text found = wire_read_str(&value, REQUEST_ID_BYTES);
        if (value.failed) {
            (void)wire_skip(&r);
        } else {
            *to = found;
            r.at = value.at;
        }
    }
}

/*
 * A key that we do not know may well be one of an operation that we do not
 * know: then that is the answer, in whatever order they stand.
 */
static void
blame_op(struct text message, const struct request *out, struct err *err)
{
    struct wire_reader r;

    if (err->kind == ERR_INVALID && out->op_name.len > 0 &&
        field_find(out->op_name, request_op_names) < 0) {
        wire_read(&r, message, err);
        const size_t left = field_enter(&r, "op");
        fail_op(&r, out->op_name);
        field_leave(&r, left);
    }
}

static void
set_absent(struct request *out)
{
    *out = (struct request){.op = REQUEST_PING,
                            .deadline_ms = -1,
                            .turn = -1,
                            .drift_threshold = (double)NAN};
}

void
decode_echoes(struct text message, const struct wire_limits *limits,
              struct request *out)
{
    struct err ignored;

    set_absent(out);
    if (wire_scan(message, limits, &ignored)) {
        find_echoes(message, out);
    }
}

bool
decode_request(struct text message, const struct decode_limits *limits,
               struct arena *arena, struct request *out, struct err *err)
{
    struct decoder d = {.limits = limits, .arena = arena, .out = out};
    uint32_t seen = 0;

    set_absent(out);
    if (!wire_scan(message, &limits->wire, err)) {
        return false;
    }
    wire_read(&d.reader, message, err);
    if (wire_next(&d.reader) != WIRE_MAP) {
        err_set(err, ERR_BAD_REQUEST, "message: not a map");
        return false;
    }
    read_entries(&d, &seen);
    if (!d.reader.failed) {
        check_whole(&d, seen);
    }
    if (d.reader.failed) {
        find_echoes(message, out);
        blame_op(message, out, err);
        return false;
    }
    return adopt_text(&d, err);
}
