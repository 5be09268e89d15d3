#include "proto/decode_keys.h"

#include "proto/candidate.h"
#include "proto/field.h"
#include "proto/scores.h"

enum {
    ATTEMPT_MAX = 16,
    TURN_MAX = 1000000000,
    CANARY_BYTES = 256,
    LOCALE_BYTES = 35 /* BCP 47's longest recommended tag */
};

/* ------------------------------------------------------- who says it to whom
 */

#define SUBJECT_KEYS(ROW)                                                      \
    ROW(PERSONA, "persona")                                                    \
    ROW(WORKSPACE, "workspace")                                                \
    ROW(SESSION, "session")                                                    \
    ROW(MESSAGE_ID, "messageId")                                               \
    ROW(TURN, "turn")                                                          \
    ROW(ROLE, "role")                                                          \
    ROW(LOCALE, "locale")                                                      \
    ROW(GUARDRAILS, "extraGuardrails")                                         \
    ROW(SYSTEM_PROMPT, "systemPrompt")                                         \
    ROW(CANARIES, "canaries")                                                  \
    ROW(CAST, "cast")                                                          \
    ROW(DRIFT_THRESHOLD, "driftThreshold")                                     \
    ROW(ATTEMPT, "attempt")                                                    \
    ROW(EXPLAIN, "explain")                                                    \
    ROW(SCORES, "scores")

#define AS_ENUM(name, text) KEY_##name,
#define AS_NAME(name, text) text,

enum subject_key { SUBJECT_KEYS(AS_ENUM) SUBJECT_KEY_COUNT };

static const char *const subject_names[SUBJECT_KEY_COUNT + 1] = {
    SUBJECT_KEYS(AS_NAME) NULL};

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
read_subject(struct decoder *d, int key)
{
    struct wire_reader *r = &d->reader;
    struct request *out = d->out;

    switch ((enum subject_key)key) {
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
    case SUBJECT_KEY_COUNT:
        break;
    }
}

const struct decode_keys decode_keys_subject = {.names = subject_names,
                                                .read = read_subject};

/* ------------------------------------------------------------- what is said */

enum { KEY_TEXT, KEY_CANDIDATES };

static const char *const candidate_names[] = {"text", "candidates", NULL};

/* The single `text` is a list of one candidate. */
static void
read_text(struct decoder *d)
{
    struct wire_reader *r = &d->reader;

    const struct text text = wire_read_str(r, d->limits->text_bytes);
    struct request_candidate *one =
        field_array(r, d->arena, 1, 1, sizeof(*one), "candidate");
    if (one != NULL) {
        one->text = text;
        d->out->candidates = one;
        d->out->candidate_count = 1;
    }
}

static void
read_candidate(struct decoder *d, int key)
{
    const struct candidate_limits limits = {d->limits->text_bytes,
                                            d->limits->dimensions};

    if (key == KEY_TEXT) {
        read_text(d);
    } else {
        candidate_read_all(&d->reader, &limits, d->arena, d->out);
    }
}

static void
check_candidates(struct decoder *d, uint32_t seen)
{
    const uint32_t both = DECODE_BIT(KEY_TEXT) | DECODE_BIT(KEY_CANDIDATES);

    if ((seen & both) == both) {
        decode_fail_key(d, "text", "give text or candidates, not both");
    } else if ((seen & both) == 0) {
        decode_fail_key(d, "text", "missing: text, or candidates");
    }
}

const struct decode_keys decode_keys_candidates = {.names = candidate_names,
                                                   .read = read_candidate,
                                                   .check = check_candidates};

/* What an echo measures is the way of a score, so it takes the same keys. */
const struct decode_keys decode_keys_anything = {.names = candidate_names,
                                                 .read = read_candidate};
