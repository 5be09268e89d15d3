#include "sidecar/tools/transcript_format.h"
#include "sidecar/tools/transcript_message.h"

/*
 * ShareGPT and what was made in its image: an object with "conversations", a
 * list of {from: human | gpt | system, value}.
 */
static const char *const keys[] = {"conversations", "conversation", NULL};

static bool
knows(struct text value)
{
    return transcript_value_type(transcript_value_first(value, keys)) ==
           WIRE_ARRAY;
}

static void
map(struct transcript_mapper *mapper, struct text value)
{
    if (!knows(value)) {
        transcript_mapper_bad(mapper, "", "no list \"conversations\"");
        return;
    }
    const struct transcript_turn base = transcript_message_base(mapper, value);
    transcript_message_list(mapper, transcript_value_first(value, keys), &base,
                            "conversations");
}

const struct transcript_format transcript_format_sharegpt = {
    .name = "sharegpt",
    .aliases = "",
    .summary = "conversations: [{from, value}]",
    .encoding = TRANSCRIPT_JSON,
    .knows = knows,
    .map = map,
};
