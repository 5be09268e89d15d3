#include "proto/decode_keys.h"

#include "proto/field.h"

/* Every list of keys names its indices in the same order. */

static int
read_word(struct decoder *d, const char *const *names, const char *what)
{
    const int word =
        field_find(wire_read_str(&d->reader, WIRE_KEY_BYTES), names);

    if (word < 0) {
        wire_fail(&d->reader, "%s", what);
    }
    return word < 0 ? 0 : word;
}

/* ------------------------------------------------------------- session.open
 */

enum {
    OPEN_PERSONA,
    OPEN_USER,
    OPEN_WORKSPACE,
    OPEN_TITLE,
    OPEN_MACHINE,
    OPEN_SESSION
};

static const char *const beginning_names[] = {
    "persona", "user", "workspace", "title", "machine", "session", NULL};

static void
read_beginning(struct decoder *d, int key)
{
    struct wire_reader *r = &d->reader;
    struct request *out = d->out;

    switch (key) {
    case OPEN_PERSONA:
        out->persona = field_name(r, false);
        return;
    case OPEN_USER:
        out->user = field_name(r, true);
        return;
    case OPEN_WORKSPACE:
        out->workspace = field_name(r, true);
        return;
    case OPEN_TITLE:
        out->title = wire_read_str(r, REQUEST_TITLE_BYTES);
        return;
    case OPEN_MACHINE:
        out->machine = field_name(r, false);
        return;
    default: // OPEN_SESSION
        out->session = field_name(r, false);
        return;
    }
}

const struct decode_keys decode_keys_beginning = {.names = beginning_names,
                                                  .required =
                                                      DECODE_BIT(OPEN_PERSONA),
                                                  .read = read_beginning};

/* ------------------------------------------------------------ which session
 */

enum { WHICH_SESSION, WHICH_WORKSPACE };

static const char *const session_names[] = {"session", "workspace", NULL};

static void
read_session(struct decoder *d, int key)
{
    if (key == WHICH_SESSION) {
        d->out->session = field_name(&d->reader, false);
    } else {
        d->out->workspace = field_name(&d->reader, true);
    }
}

const struct decode_keys decode_keys_session = {.names = session_names,
                                                .required =
                                                    DECODE_BIT(WHICH_SESSION),
                                                .read = read_session};

/* ---------------------------------------------------------- session.history
 */

enum { PAGE_CURSOR, PAGE_LIMIT, CURSOR_BYTES = 20 };

static const char *const page_names[] = {"cursor", "limit", NULL};

/* What an earlier page gave: digits, for the caller a text like any other. */
static void
read_cursor(struct decoder *d)
{
    const struct text cursor = wire_read_str(&d->reader, CURSOR_BYTES);
    unsigned long long place = 0;

    for (size_t i = 0; i < cursor.len; i++) {
        const char c = cursor.at[i];
        if (c < '0' || c > '9' || place > (INT64_MAX - 9) / 10) {
            place = 0;
            break;
        }
        place = place * 10 + (unsigned long long)(c - '0');
    }
    if (place == 0) {
        wire_fail(&d->reader, "not one that a page of history gave");
    }
    d->out->cursor = place;
}

static void
read_page(struct decoder *d, int key)
{
    if (key == PAGE_CURSOR) {
        read_cursor(d);
    } else {
        d->out->limit = wire_read_int(&d->reader, 1, REQUEST_PAGE);
    }
}

const struct decode_keys decode_keys_page = {.names = page_names,
                                             .read = read_page};

/* ------------------------------------------------------------ session.reset
 */

static const char *const reset_names[] = {"machine", NULL};

static void
read_reset(struct decoder *d, int key)
{
    (void)key; // there is one
    d->out->machine = field_name(&d->reader, false);
}

const struct decode_keys decode_keys_reset = {.names = reset_names,
                                              .read = read_reset};

/* ------------------------------------------------------------- machine.step
 */

/*
 * The block `machine` of an earlier reply, so that a caller can send back what
 * it got: of most of its keys nothing is read.
 */
enum {
    STANDS_STATE,
    STANDS_SCORE,
    STANDS_OUTCOME,
    STANDS_REDIRECTS,
    STANDS_FOLLOW_UPS,
    STANDS_READ
};

static const char *const stands_names[] = {"current_state",
                                           "score",
                                           "outcome",
                                           "redirect_count",
                                           "follow_up_count",
                                           "machine_id",
                                           "decision",
                                           "follow_up",
                                           "scoring_mode",
                                           "moved_by",
                                           "ended_by",
                                           "delta",
                                           "machine_completed",
                                           "unlocked_machines",
                                           NULL};

/* Where scores stop growing, and further than any count goes. */
enum { SCORE_MOST = 1000000, COUNT_MOST = INT32_MAX };

static void
read_stands_value(struct decoder *d, int key, struct request_machine *out)
{
    struct wire_reader *r = &d->reader;

    switch (key) {
    case STANDS_STATE:
        out->state = field_name(r, false);
        return;
    case STANDS_SCORE:
        out->score = wire_read_number(r, -SCORE_MOST, SCORE_MOST);
        return;
    case STANDS_OUTCOME:
        if (wire_next(r) != WIRE_NIL) {
            out->outcome = (enum request_outcome)read_word(
                d, request_outcome_names, "nil, ACCEPT, REJECT or KICK_OUT");
            return;
        }
        (void)wire_skip(r);
        return;
    case STANDS_REDIRECTS:
        out->redirects = wire_read_int(r, 0, COUNT_MOST);
        return;
    case STANDS_FOLLOW_UPS:
        out->follow_ups = wire_read_int(r, 0, COUNT_MOST);
        return;
    default:
        (void)wire_skip(r);
        return;
    }
}

static void
read_stands(struct decoder *d)
{
    struct wire_reader *r = &d->reader;
    struct request_machine *out = &d->out->stands;
    uint32_t seen = 0;

    out->given = true;
    for (size_t left = wire_read_map(r); left > 0 && !r->failed; left--) {
        const size_t before = strlen(r->path);
        const int key = field_key(r, stands_names, &seen);
        if (key >= 0) {
            read_stands_value(d, key, out);
            field_leave(r, before);
        }
    }
    if (!r->failed && (seen & DECODE_BIT(STANDS_STATE)) == 0) {
        wire_fail(r, "current_state is missing");
    }
}

enum {
    STEP_SESSION,
    STEP_WORKSPACE,
    STEP_MESSAGE_ID,
    STEP_MACHINE,
    STEP_STATE,
    STEP_DECISION,
    STEP_FOLLOW_UP
};

static const char *const step_names[] = {"session",  "workspace", "messageId",
                                         "machine",  "state",     "decision",
                                         "followUp", NULL};

static void
read_step(struct decoder *d, int key)
{
    struct wire_reader *r = &d->reader;
    struct request *out = d->out;

    switch (key) {
    case STEP_SESSION:
        out->session = field_name(r, false);
        return;
    case STEP_WORKSPACE:
        out->workspace = field_name(r, true);
        return;
    case STEP_MESSAGE_ID:
        out->message_id = field_name(r, true);
        return;
    case STEP_MACHINE:
        out->machine = field_name(r, false);
        return;
    case STEP_STATE:
        read_stands(d);
        return;
    case STEP_DECISION:
        out->decision = (enum request_decision)read_word(
            d, request_decision_names,
            "one of pass, redirect, reject, kick_out");
        return;
    default: // STEP_FOLLOW_UP
        out->follow_up = wire_read_bool(r);
        return;
    }
}

/* Either a session has the state, or the caller. */
static void
check_step(struct decoder *d, uint32_t seen)
{
    const uint32_t of_session =
        DECODE_BIT(STEP_WORKSPACE) | DECODE_BIT(STEP_MESSAGE_ID);

    if ((seen & DECODE_BIT(STEP_SESSION)) != 0) {
        if ((seen & DECODE_BIT(STEP_STATE)) != 0) {
            decode_fail_key(d, "state", "the session has it; not with session");
        }
    } else if ((seen & DECODE_BIT(STEP_MACHINE)) == 0) {
        decode_fail_key(d, "session", "missing: session, or machine");
    } else if ((seen & of_session) != 0) {
        decode_fail_key(d, "session", "missing: nothing is kept without it");
    }
}

const struct decode_keys decode_keys_step = {.names = step_names,
                                             .required =
                                                 DECODE_BIT(STEP_DECISION),
                                             .read = read_step,
                                             .check = check_step};
