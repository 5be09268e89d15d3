#include "sidecar/tools/transcript_message.h"

static const char *const text_keys[] = {"content", "value", "text", "mes",
                                        NULL};
static const char *const role_keys[] = {"role", "from", NULL};

bool
transcript_message_role(struct text word, enum request_role *out)
{
    static const struct {
        const char *word;
        enum request_role role;
    } words[] = {
        {"assistant", REQUEST_ASSISTANT},
        {"gpt", REQUEST_ASSISTANT},
        {"chatgpt", REQUEST_ASSISTANT},
        {"bot", REQUEST_ASSISTANT},
        {"model", REQUEST_ASSISTANT},
        {"ai", REQUEST_ASSISTANT},
        {"bard", REQUEST_ASSISTANT},
        {"bing", REQUEST_ASSISTANT},
        {"character", REQUEST_ASSISTANT},
        {"char", REQUEST_ASSISTANT},
        {"user", REQUEST_USER},
        {"human", REQUEST_USER},
        {"customer", REQUEST_USER},
        {"prompter", REQUEST_USER},
        {"system", REQUEST_SYSTEM},
        {"developer", REQUEST_SYSTEM},
        {"narrator", REQUEST_SYSTEM},
        {"tool", REQUEST_TOOL},
        {"function", REQUEST_TOOL},
        {"observation", REQUEST_TOOL},
        {"ipython", REQUEST_TOOL},
        {"tool_response", REQUEST_TOOL},
        {"function_response", REQUEST_TOOL},
        {"tool_call", REQUEST_TOOL},
        {"function_call", REQUEST_TOOL},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (text_is(word, words[i].word)) {
            *out = words[i].role;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------- what is said */

/* The text of one part; at NULL: it has none. */
static struct text
part_text(struct text part)
{
    static const char *const keys[] = {"text", "refusal", NULL};

    if (transcript_value_type(part) == WIRE_STR) {
        return transcript_value_str(part);
    }
    const struct text value = transcript_value_first(part, keys);
    if (transcript_value_type(value) == WIRE_MAP) { // {"value": "..."}
        return transcript_value_str(transcript_value_get(value, "value"));
    }
    return transcript_value_str(value);
}

static enum transcript_content
join_parts(struct transcript_mapper *m, struct text parts, struct text *out)
{
    struct transcript_walk walk;
    struct text key, part;
    size_t len = 0, count = 0;

    transcript_walk_begin(&walk, parts);
    while (transcript_walk_next(&walk, &key, &part)) {
        const struct text text = part_text(part);
        len += text.len + (text.at != NULL && count > 0);
        count += text.at != NULL;
    }
    if (count == 0) {
        return TRANSCRIPT_CONTENT_NONE;
    }
    char *to = arena_take(m->arena, len + 1);
    if (to == NULL) {
        transcript_mapper_bad(m, "", "no memory for its parts");
        return TRANSCRIPT_CONTENT_NONE;
    }
    *out = (struct text){to, len};
    transcript_walk_begin(&walk, parts);
    while (transcript_walk_next(&walk, &key, &part)) {
        const struct text text = part_text(part);
        if (text.at != NULL) {
            if (to > out->at) {
                *to++ = '\n';
            }
            memcpy(to, text.at, text.len);
            to += text.len;
        }
    }
    out->len = (size_t)(to - out->at);
    return TRANSCRIPT_CONTENT_TEXT;
}

enum transcript_content
transcript_message_content(struct transcript_mapper *mapper, struct text value,
                           struct text *out)
{
    switch (transcript_value_type(value)) {
    case WIRE_STR:
        *out = transcript_value_str(value);
        return TRANSCRIPT_CONTENT_TEXT;
    case WIRE_NIL:
        return TRANSCRIPT_CONTENT_NONE;
    case WIRE_ARRAY:
        return join_parts(mapper, value, out);
    case WIRE_BOOL:
    case WIRE_INT:
    case WIRE_FLOAT:
    case WIRE_BIN:
    case WIRE_MAP:
        break;
    }
    return TRANSCRIPT_CONTENT_BAD;
}

/* -------------------------------------------------------------- one message */

/* {"role": "user"}, {"from": "gpt"}, {"is_user": true} */
static bool
read_role(struct transcript_mapper *m, struct text message, const char *path,
          struct transcript_turn *turn)
{
    const struct text role = transcript_value_first(message, role_keys);
    const struct text user = transcript_value_get(message, "is_user");

    if (transcript_value_type(user) == WIRE_BOOL) {
        turn->role =
            transcript_value_true(user) ? REQUEST_USER
            : transcript_value_true(transcript_value_get(message, "is_system"))
                ? REQUEST_SYSTEM
                : REQUEST_ASSISTANT;
        return true;
    }
    if (role.len == 0) {
        transcript_mapper_bad(m, path, "no role");
        return false;
    }
    if (!transcript_message_role(transcript_value_str(role), &turn->role)) {
        transcript_mapper_bad(m, path, "a role that is not known");
        return false;
    }
    return true;
}

static bool
calls_a_tool(struct text message)
{
    static const char *const keys[] = {"tool_calls", "function_call", NULL};

    return transcript_value_first(message, keys).len > 0;
}

static void
read_names(struct transcript_mapper *m, struct text message,
           struct transcript_turn *turn)
{
    static const struct {
        const char *key;
        size_t at;
    } names[] = {
        {"name", offsetof(struct transcript_turn, speaker)},
        {"modelName", offsetof(struct transcript_turn, speaker)},
        {"persona", offsetof(struct transcript_turn, persona)},
        {"model", offsetof(struct transcript_turn, model)},
        {"locale", offsetof(struct transcript_turn, locale)},
        {"id", offsetof(struct transcript_turn, id)},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct text name = transcript_mapper_name(
            m, transcript_value_get(message, names[i].key));
        if (name.len > 0) {
            *(struct text *)(void *)((char *)turn + names[i].at) = name;
        }
    }
}

static void
read_maps(struct text message, struct transcript_turn *turn)
{
    const struct text metadata = transcript_value_get(message, "metadata");
    const struct text vectors = transcript_value_get(message, "embeddings");

    if (transcript_value_type(metadata) == WIRE_MAP) {
        turn->metadata = metadata;
    }
    if (transcript_value_type(vectors) == WIRE_MAP) {
        turn->embeddings = vectors;
    }
}

void
transcript_message_read(struct transcript_mapper *mapper, struct text message,
                        const struct transcript_turn *base, const char *path)
{
    struct transcript_turn turn = *base;

    if (transcript_value_type(message) != WIRE_MAP) {
        transcript_mapper_bad(mapper, path, "no object");
        return;
    }
    if (!read_role(mapper, message, path, &turn)) {
        return;
    }
    const struct text said = transcript_value_first(message, text_keys);
    switch (transcript_message_content(mapper, said, &turn.text)) {
    case TRANSCRIPT_CONTENT_TEXT:
        if (turn.text.len > 0 || !calls_a_tool(message)) {
            break;
        }
        mapper->counts.wordless++;
        return;
    case TRANSCRIPT_CONTENT_NONE:
        mapper->counts.wordless++;
        return;
    case TRANSCRIPT_CONTENT_BAD:
        transcript_mapper_bad(mapper, path, "what is said is no text");
        return;
    }
    read_names(mapper, message, &turn);
    read_maps(message, &turn);
    transcript_mapper_labels(mapper, message, &turn);
    transcript_mapper_turn(mapper, &turn);
}

void
transcript_message_list(struct transcript_mapper *mapper, struct text list,
                        const struct transcript_turn *base, const char *path)
{
    struct transcript_turn turn = *base;
    struct transcript_walk walk;
    struct text key, message;

    transcript_walk_begin(&walk, list);
    for (size_t i = 0; transcript_walk_next(&walk, &key, &message); i++) {
        turn.turn = (long long)i;
        transcript_message_read(mapper, message, &turn,
                                transcript_path_of(path, i, "").at);
    }
}

/* ---------------------------------------------------------- a conversation's
 */

struct transcript_turn
transcript_message_base(struct transcript_mapper *mapper, struct text record)
{
    static const char *const sessions[] = {
        "session",        "session_id", "conversation_id",
        "conversationId", "chat_id",    "trace_id",
        "custom_id",      "id",         NULL};
    static const char *const personas[] = {"persona", "character", NULL};
    static const char *const users[] = {"user", "user_id", "end_user", NULL};
    static const char *const locales[] = {"locale", "language", "lang", NULL};
    struct transcript_turn turn = {.conversation = ++mapper->conversations};

    turn.session = transcript_mapper_name(
        mapper, transcript_value_first(record, sessions));
    turn.persona =
        transcript_value_str(transcript_value_first(record, personas));
    turn.user =
        transcript_mapper_name(mapper, transcript_value_first(record, users));
    turn.locale = transcript_value_str(transcript_value_first(record, locales));
    turn.model = transcript_value_str(transcript_value_get(record, "model"));
    read_maps(record, &turn);
    transcript_mapper_labels(mapper, record, &turn);
    return turn;
}

bool
transcript_message_is_list(struct text value)
{
    struct transcript_walk walk;
    struct text key, first;

    transcript_walk_begin(&walk, value);
    return !walk.map && transcript_walk_next(&walk, &key, &first) &&
           transcript_value_first(first, role_keys).len > 0 &&
           transcript_value_first(first, text_keys).len > 0;
}
