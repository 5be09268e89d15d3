#include "sidecar/tools/transcript_row.h"

#include "sidecar/base/hash.h"
#include "sidecar/tools/transcript_format.h"
#include "sidecar/tools/transcript_message.h"

enum field {
    FIELD_TEXT,
    FIELD_ROLE,
    FIELD_PERSONA,
    FIELD_SPEAKER,
    FIELD_SESSION,
    FIELD_TURN,
    FIELD_LOCALE,
    FIELD_USER,
    FIELD_ID,
    FIELD_MODEL,
    FIELD_LABEL,
    FIELD_TURNS,
    FIELDS
};

const char *const transcript_row_fields[] = {
    "text", "role", "persona", "speaker", "session", "turn", "locale",
    "user", "id",   "model",   "label",   "turns",   NULL};

enum { KEYS = 8, TURN_DIGITS = 9 };

/* Under which keys a field is looked for, the first that is there. */
static const char *const field_keys[FIELDS][KEYS] = {
    [FIELD_TEXT] = {"text", "content", "reply", "output", "completion",
                    "message", "mes"},
    [FIELD_ROLE] = {"role"},
    [FIELD_PERSONA] = {"persona", "persona_id", "character"},
    [FIELD_SPEAKER] = {"speaker", "name", "author"},
    [FIELD_SESSION] = {"session", "session_id", "sessionId", "conversation_id",
                       "conversationId", "chat_id"},
    [FIELD_TURN] = {"turn", "turn_number"},
    [FIELD_LOCALE] = {"locale", "language", "lang"},
    [FIELD_USER] = {"user", "user_id"},
    [FIELD_ID] = {"id", "messageId", "message_id", "row"},
    [FIELD_MODEL] = {"model"},
};

bool
transcript_row_text_key(struct text key)
{
    for (size_t k = 0; field_keys[FIELD_TEXT][k] != NULL; k++) {
        if (text_is(key, field_keys[FIELD_TEXT][k])) {
            return true;
        }
    }
    return false;
}

/* Which field a key names, and how far back in its list it stands. */
static bool
find_key(struct text key, enum field *field, size_t *rank)
{
    for (size_t f = 0; f < FIELDS; f++) {
        for (size_t k = 0; field_keys[f][k] != NULL; k++) {
            if (text_is(key, field_keys[f][k])) {
                *field = (enum field)f;
                *rank = k;
                return true;
            }
        }
    }
    return false;
}

bool
transcript_row_key(struct text key)
{
    enum field field;
    size_t rank;

    return find_key(key, &field, &rank) || text_is(key, "label") ||
           text_is(key, "in_voice");
}

/* ------------------------------------------------------------------- turns */

/* The values of a row, by field; no bytes where there is none. */
struct row {
    struct text values[FIELDS];
};

/*
 * A whole number of 0 and above, as a number or in digits, into *out; nothing
 * where there is none. false: something else.
 */
static bool
read_turn(struct text value, long long *out)
{
    const struct text digits = transcript_value_str(value);
    long long number = 0;

    if (transcript_value_type(value) == WIRE_INT) {
        struct wire_reader r;
        struct err err;
        wire_read(&r, value, &err);
        number = wire_read_int(&r, 0, INT32_MAX);
        if (r.failed) {
            return false;
        }
    } else if (digits.len == 0) { // an empty cell, or null
        return transcript_value_type(value) == WIRE_NIL ||
               transcript_value_type(value) == WIRE_STR;
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9' || i == TURN_DIGITS) {
            return false;
        }
        number = number * 10 + (digits.at[i] - '0');
    }
    *out = number;
    return true;
}

/*
 * The turn's number where the row has none: rows of a session that follow each
 * other are counted. Sessions that are mixed begin anew each time.
 */
static void
count_turn(struct transcript_mapper *m, struct transcript_turn *turn)
{
    const uint64_t session = hash_text(turn->session, 1);

    if (m->conversations == 0 || session != m->last_session) {
        m->conversations++;
        m->last_session = session;
        m->next_turn = 0;
    }
    turn->conversation = m->conversations;
    turn->turn = m->next_turn++;
}

static bool
read_role(struct transcript_mapper *m, struct text value, const char *path,
          enum request_role *role)
{
    *role = REQUEST_ASSISTANT;
    if (transcript_value_type(value) == WIRE_NIL ||
        transcript_message_role(transcript_value_str(value), role) ||
        (transcript_value_type(value) == WIRE_STR &&
         transcript_value_str(value).len == 0)) { // an empty cell
        return true;
    }
    transcript_mapper_bad(m, path, "a role that is not known");
    return false;
}

static struct text
map_under(struct text record, const char *key)
{
    const struct text value = transcript_value_get(record, key);

    return transcript_value_type(value) == WIRE_MAP ? value
                                                    : (struct text){NULL, 0};
}

/* What stands beside a turn; a label that --map names stands alone. */
static void
read_extras(struct transcript_mapper *m, struct text mapped_label,
            struct text record, struct transcript_turn *turn)
{
    turn->metadata = map_under(record, "metadata");
    turn->embeddings = map_under(record, "embeddings");
    transcript_mapper_labels(m, record, turn);
    if (mapped_label.len > 0) {
        transcript_mapper_label(m, TEXT("label"), mapped_label, turn);
    }
}

static void
read_row(struct transcript_mapper *m, const struct row *row, struct text record,
         const char *path)
{
    const struct text *const v = row->values;
    struct transcript_turn turn = {
        .persona = transcript_value_str(v[FIELD_PERSONA]),
        .speaker = transcript_value_str(v[FIELD_SPEAKER]),
        .locale = transcript_value_str(v[FIELD_LOCALE]),
        .model = transcript_value_str(v[FIELD_MODEL]),
        .session = transcript_mapper_name(m, v[FIELD_SESSION]),
        .user = transcript_mapper_name(m, v[FIELD_USER]),
        .id = transcript_mapper_name(m, v[FIELD_ID])};

    if (!read_role(m, v[FIELD_ROLE], path, &turn.role)) {
        return;
    }
    switch (transcript_message_content(m, v[FIELD_TEXT], &turn.text)) {
    case TRANSCRIPT_CONTENT_TEXT:
        break;
    case TRANSCRIPT_CONTENT_NONE:
        if (v[FIELD_TEXT].len > 0) {
            m->counts.wordless++;
        } else {
            transcript_mapper_bad(m, path, "no text");
        }
        return;
    case TRANSCRIPT_CONTENT_BAD:
        transcript_mapper_bad(m, path, "what is said is no text");
        return;
    }
    count_turn(m, &turn);
    if (!read_turn(v[FIELD_TURN], &turn.turn)) {
        transcript_mapper_bad(m, path, "a turn that is no number");
        return;
    }
    read_extras(m, v[FIELD_LABEL], record, &turn);
    transcript_mapper_turn(m, &turn);
}

/*
 * One pass over the keys, whatever their number: the first name in a field's
 * list has it, and what is null has it only where nothing else does.
 */
static void
find_fields(struct text value, struct row *row)
{
    size_t ranks[FIELDS];
    struct transcript_walk walk;
    struct text key, found;
    enum field field;
    size_t rank;

    for (size_t f = 0; f < FIELDS; f++) {
        ranks[f] = SIZE_MAX;
    }
    transcript_walk_begin(&walk, value);
    while (transcript_walk_next(&walk, &key, &found)) {
        if (!find_key(key, &field, &rank)) {
            continue;
        }
        rank += transcript_value_type(found) == WIRE_NIL ? KEYS : 0;
        if (rank < ranks[field]) {
            ranks[field] = rank;
            row->values[field] = found;
        }
    }
}

void
transcript_row_map(struct transcript_mapper *mapper, struct text value)
{
    struct row row = {.values = {{NULL, 0}}};

    if (transcript_value_type(value) != WIRE_MAP) {
        transcript_mapper_bad(mapper, "", "no object");
        return;
    }
    find_fields(value, &row);
    read_row(mapper, &row, value, "");
}

/* -------------------------------------------------------------------- --map */

static struct text
path_of(const struct transcript_mapper *m, enum field field)
{
    for (size_t i = 0; i < m->map_count; i++) {
        if (text_is(m->map[i].name, transcript_row_fields[field])) {
            return m->map[i].path;
        }
    }
    return (struct text){NULL, 0};
}

/* A path leads from the element of the list, or else from the record. */
static void
read_mapped(struct transcript_mapper *m, struct text record, struct text from,
            const char *place)
{
    struct row row = {.values = {{NULL, 0}}};

    for (size_t f = 0; f < FIELD_TURNS; f++) {
        const struct text path = path_of(m, (enum field)f);
        if (path.len > 0) {
            row.values[f] = transcript_value_path(from, path);
        }
        if (path.len > 0 && row.values[f].len == 0 && from.at != record.at) {
            row.values[f] = transcript_value_path(record, path);
        }
    }
    read_row(m, &row, from, place);
}

void
transcript_row_mapped(struct transcript_mapper *mapper, struct text value)
{
    const struct text turns = path_of(mapper, FIELD_TURNS);
    struct transcript_walk walk;
    struct text key, element;

    if (turns.len == 0) {
        read_mapped(mapper, value, value, "");
        return;
    }
    const struct text list = transcript_value_path(value, turns);
    if (transcript_value_type(list) != WIRE_ARRAY) {
        transcript_mapper_bad(mapper, "", "no list where --map turns= says");
        return;
    }
    // Without a session's name each record is a conversation of its own.
    mapper->last_session = 0;
    mapper->next_turn = 0;
    transcript_walk_begin(&walk, list);
    for (size_t i = 0; transcript_walk_next(&walk, &key, &element); i++) {
        read_mapped(mapper, value, element,
                    transcript_path_of("turns", i, "").at);
    }
}

/* ------------------------------------------------------------------- format */

static bool
knows(struct text value)
{
    for (size_t k = 0; field_keys[FIELD_TEXT][k] != NULL; k++) {
        const enum wire_type type = transcript_value_type(
            transcript_value_get(value, field_keys[FIELD_TEXT][k]));
        if (type == WIRE_STR || type == WIRE_ARRAY) {
            return true;
        }
    }
    return false;
}

const struct transcript_format transcript_format_rows = {
    .name = "rows",
    .aliases = "leeway",
    .summary = "text or content, and persona, role, session, turn, label",
    .encoding = TRANSCRIPT_JSON,
    .knows = knows,
    .map = transcript_row_map,
};
