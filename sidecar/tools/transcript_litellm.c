#include "sidecar/tools/transcript_format.h"
#include "sidecar/tools/transcript_message.h"

/*
 * LiteLLM's request logs and proxies like it: one request with its answer,
 * "messages" beside "response" (or "choices"), either of which may be JSON in a
 * string; or both within "request" and "response". What was asked is history:
 * an earlier record has most of it.
 */
static const char *const answers[] = {"response", "choices", NULL};

static struct text
asked(struct transcript_mapper *mapper, struct text value)
{
    const struct text list = transcript_value_get(value, "messages");

    return list.len > 0
               ? list
               : transcript_value_get(
                     mapper != NULL
                         ? transcript_mapper_nested(
                               mapper, transcript_value_get(value, "request"))
                         : transcript_value_get(value, "request"),
                     "messages");
}

static bool
knows(struct text value)
{
    return transcript_value_first(value, answers).len > 0 &&
           asked(NULL, value).len > 0;
}

/* {"message": {...}} of a chat, {"text": "..."} of a completion */
static void
read_choice(struct transcript_mapper *m, struct text choice,
            const struct transcript_turn *base, size_t i)
{
    const struct text message = transcript_value_get(choice, "message");
    struct transcript_turn turn = *base;

    if (message.len > 0) {
        transcript_message_read(
            m, message, base,
            transcript_path_of("response.choices", i, "message").at);
        return;
    }
    if (transcript_message_content(m, transcript_value_get(choice, "text"),
                                   &turn.text) == TRANSCRIPT_CONTENT_TEXT) {
        transcript_mapper_turn(m, &turn);
    } else {
        transcript_mapper_bad(
            m, transcript_path_of("response.choices", i, "").at, "no message");
    }
}

static void
read_answer(struct transcript_mapper *m, struct text value,
            struct transcript_turn *base)
{
    struct text answer =
        transcript_mapper_nested(m, transcript_value_get(value, "response"));
    struct transcript_walk walk;
    struct text key, choice;

    if (transcript_value_get(answer, "body").len > 0) { // a batch's output
        answer = transcript_value_get(answer, "body");
    }
    struct text choices = transcript_value_get(answer, "choices");
    if (choices.len == 0) {
        choices = transcript_value_get(value, "choices");
    }
    if (transcript_value_type(choices) != WIRE_ARRAY) {
        // A request that failed, or was answered in another shape.
        transcript_mapper_bad(m, "response", "no list \"choices\"");
        return;
    }
    const struct text model = transcript_value_get(answer, "model");
    if (transcript_value_type(model) == WIRE_STR) {
        base->model = transcript_value_str(model);
    }
    transcript_walk_begin(&walk, choices);
    for (size_t i = 0; transcript_walk_next(&walk, &key, &choice); i++) {
        read_choice(m, choice, base, i);
    }
}

static void
map(struct transcript_mapper *mapper, struct text value)
{
    struct transcript_turn base = transcript_message_base(mapper, value);
    const struct text list =
        transcript_mapper_nested(mapper, asked(mapper, value));
    struct transcript_walk walk;

    if (transcript_value_type(list) == WIRE_ARRAY) {
        base.history = true;
        transcript_message_list(mapper, list, &base, "messages");
        transcript_walk_begin(&walk, list);
        base.turn = (long long)walk.left;
        base.history = false;
    }
    read_answer(mapper, value, &base);
}

const struct transcript_format transcript_format_litellm = {
    .name = "litellm",
    .aliases = "",
    .summary = "messages: [{role, content}], response: {choices}",
    .encoding = TRANSCRIPT_JSON,
    .knows = knows,
    .map = map,
};
