#include "sidecar/tools/transcript_format.h"
#include "sidecar/tools/transcript_message.h"

/*
 * SillyTavern's chat logs: a header {user_name, character_name}, then one
 * message a line, {name, is_user, mes, swipes}. `mes` is the swipe that was
 * chosen; the others were never part of the chat.
 */
static bool
is_header(struct text value)
{
    return transcript_value_get(value, "user_name").len > 0 &&
           transcript_value_get(value, "character_name").len > 0;
}

static bool
knows(struct text value)
{
    return is_header(value) || (transcript_value_get(value, "mes").len > 0 &&
                                transcript_value_get(value, "is_user").len > 0);
}

static void
map(struct transcript_mapper *mapper, struct text value)
{
    // Logs of several chats may stand one after another in a file.
    if (is_header(value) || mapper->conversations == 0) {
        mapper->conversations++;
        mapper->next_turn = 0;
    }
    if (is_header(value) && transcript_value_get(value, "mes").len == 0) {
        return;
    }
    struct transcript_turn base = {.conversation = mapper->conversations,
                                   .turn = mapper->next_turn++};
    // In a group the header names nobody; each message does.
    if (!transcript_value_true(transcript_value_get(value, "is_user")) &&
        !transcript_value_true(transcript_value_get(value, "is_system"))) {
        base.persona =
            transcript_value_str(transcript_value_get(value, "name"));
    }
    transcript_message_read(mapper, value, &base, "");
}

const struct transcript_format transcript_format_sillytavern = {
    .name = "sillytavern",
    .aliases = "",
    .summary = "{user_name, character_name}, then {name, is_user, mes}",
    .encoding = TRANSCRIPT_JSON,
    .knows = knows,
    .map = map,
};
