#include "sidecar/tools/rescore_csv.h"

#include "proto/json.h"
#include "sidecar/tools/transcript_value.h"

/* Whether the field has to stand between quotes. */
static bool
wants_quotes(struct text field)
{
    for (size_t i = 0; i < field.len; i++) {
        const char c = field.at[i];
        if (c == ',' || c == '"' || c == '\n' || c == '\r') {
            return true;
        }
    }
    return false;
}

static void
put_field(struct text field, bool guarded, struct buffer *to)
{
    const bool formula = guarded && field.len > 0 &&
                         strchr("=+-@\t\r", field.at[0]) != NULL &&
                         field.at[0] != '\0';
    const bool quotes = wants_quotes(field);

    if (quotes) {
        buffer_add_byte(to, '"');
    }
    if (formula) {
        buffer_add_byte(to, '\'');
    }
    for (size_t i = 0; i < field.len; i++) {
        if (field.at[i] == '"') {
            buffer_add_byte(to, '"');
        }
        buffer_add_byte(to, field.at[i]);
    }
    if (quotes) {
        buffer_add_byte(to, '"');
    }
}

/* A value without parts, as it is read; its JSON where it has some. */
static bool
put_scalar(struct text value, struct buffer *to, struct err *err)
{
    switch (transcript_value_type(value)) {
    case WIRE_NIL:
        return true;
    case WIRE_STR:
        buffer_add_text(to, transcript_value_str(value));
        return true;
    case WIRE_BOOL:
    case WIRE_INT:
    case WIRE_FLOAT:
    case WIRE_BIN:
    case WIRE_ARRAY:
    case WIRE_MAP:
        break;
    }
    return json_from_wire(value, false, to, err);
}

/* The first value of a map, any other value itself. */
static struct text
first_of(struct text value)
{
    struct transcript_walk walk;
    struct text key;

    if (transcript_value_type(value) == WIRE_MAP) {
        transcript_walk_begin(&walk, value);
        (void)transcript_walk_next(&walk, &key, &value);
    }
    return value;
}

static bool
put_value(struct text value, struct buffer *to, struct err *err)
{
    const enum wire_type type = transcript_value_type(value);
    struct transcript_walk walk;
    struct text key, part;
    bool first = true;

    if (type != WIRE_ARRAY && type != WIRE_MAP) {
        return put_scalar(value, to, err);
    }
    transcript_walk_begin(&walk, value);
    while (transcript_walk_next(&walk, &key, &part)) {
        if (!first) {
            buffer_add_byte(to, ';');
        }
        first = false;
        if (walk.map) {
            buffer_add_text(to, key);
            buffer_add_byte(to, '=');
        }
        if (!put_scalar(first_of(part), to, err)) {
            return false;
        }
    }
    return true;
}

bool
rescore_csv_put(struct text wire, const char *const *columns, struct buffer *to,
                struct err *err)
{
    struct buffer field;
    bool fine = true;

    buffer_init(&field, to->limit);
    for (size_t i = 0; fine && columns[i] != NULL; i++) {
        const struct text value = transcript_value_get(wire, columns[i]);
        const enum wire_type type = transcript_value_type(value);
        buffer_reset(&field);
        fine = put_value(value, &field, err);
        if (i > 0) {
            buffer_add_byte(to, ',');
        }
        // A number below 0 is no formula.
        put_field(buffer_text(&field), type != WIRE_INT && type != WIRE_FLOAT,
                  to);
    }
    buffer_add_byte(to, '\n');
    if (fine && (to->failed || field.failed)) {
        err_memory(err, "rows");
        fine = false;
    }
    buffer_clear(&field);
    return fine;
}
