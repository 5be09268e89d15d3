#include "sidecar/tools/transcript_format.h"
#include "sidecar/tools/transcript_message.h"

/*
 * OpenAI's fine-tuning and batch files and most of Hugging Face's: an object
 * with "messages", a list of {role, content}; or that list alone.
 */
static bool
knows(struct text value)
{
    return transcript_value_type(transcript_value_get(value, "messages")) ==
               WIRE_ARRAY ||
           transcript_message_is_list(value);
}

static void
map(struct transcript_mapper *mapper, struct text value)
{
    const bool alone = transcript_value_type(value) == WIRE_ARRAY;
    const struct text list =
        alone ? value : transcript_value_get(value, "messages");

    if (transcript_value_type(list) != WIRE_ARRAY) {
        transcript_mapper_bad(mapper, "", "no list \"messages\"");
        return;
    }
    const struct transcript_turn base = transcript_message_base(mapper, value);
    transcript_message_list(mapper, list, &base, alone ? "" : "messages");
}

const struct transcript_format transcript_format_messages = {
    .name = "messages",
    .aliases = "openai huggingface",
    .summary = "messages: [{role, content}]",
    .encoding = TRANSCRIPT_JSON,
    .knows = knows,
    .map = map,
};
