#include "sidecar/tools/transcript_format.h"

/* Plain text: each line is what the assistant said. */
static void
map(struct transcript_mapper *mapper, struct text value)
{
    const struct transcript_turn turn = {.conversation = 1,
                                         .turn = mapper->next_turn++,
                                         .role = REQUEST_ASSISTANT,
                                         .text = transcript_value_str(value)};

    mapper->conversations = 1;
    transcript_mapper_turn(mapper, &turn);
}

const struct transcript_format transcript_format_text = {
    .name = "text",
    .aliases = "txt lines",
    .summary = "a line of plain text",
    .encoding = TRANSCRIPT_PLAIN,
    .map = map,
};
