#include "proto/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/wire.h"

struct writer {
    struct wire_reader reader;
    struct buffer *to;
    bool pretty;
};

/* Before an element, or before the bracket that closes. */
static void
new_line(struct writer *w, int depth)
{
    if (w->pretty) {
        buffer_format(w->to, "\n%*s", 2 * depth, "");
    }
}

/* Of a character that may not stand in a string as it is; NULL: it may. */
static const char *
escape_of(unsigned char c, unsigned char next, char out[8])
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        break;
    }
    // C2 80 to C2 9F are the C1 controls, which some terminals obey.
    const bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;
    if (c >= 0x20 && c != 0x7f && !c1) {
        return NULL;
    }
    snprintf(out, 8, "\\u%04x", c1 ? next : c);
    return out;
}

static void
write_string(struct writer *w, struct text s)
{
    size_t plain = 0; // where the run not written yet begins

    buffer_add_byte(w->to, '"');
    for (size_t i = 0; i < s.len; i++) {
        char out[8];
        const unsigned char c = (unsigned char)s.at[i];
        const unsigned char next =
            i + 1 < s.len ? (unsigned char)s.at[i + 1] : 0;
        const char *escape = escape_of(c, next, out);
        if (escape != NULL) {
            buffer_add_text(w->to, text_part(s, plain, i));
            buffer_add_text(w->to, text_of(escape));
            i += c == 0xc2;
            plain = i + 1;
        }
    }
    buffer_add_text(w->to, text_part(s, plain, s.len));
    buffer_add_byte(w->to, '"');
}

static void
write_double(struct writer *w, double value)
{
    // 15 digits write every decimal of up to 15 as it was; below DBL_MIN a
    // double has fewer digits than that.
    int precision = fabs(value) < DBL_MIN ? 1 : 15;
    char digits[40];

    do {
        snprintf(digits, sizeof(digits), "%.*g", precision, value);
    } while (precision++ < 17 && strtod(digits, NULL) != value);
    buffer_add_text(w->to, text_of(digits));
}

static void
write_number(struct writer *w)
{
    struct err beyond;
    struct wire_reader ahead = w->reader;

    if (wire_next(&w->reader) == WIRE_FLOAT) {
        write_double(w, wire_read_number(&w->reader, -DBL_MAX, DBL_MAX));
        return;
    }
    ahead.err = &beyond;
    const long long value = wire_read_int(&ahead, INT64_MIN, INT64_MAX);
    if (!ahead.failed) {
        buffer_format(w->to, "%lld", value);
        w->reader.at = ahead.at;
    } else {
        buffer_format(w->to, "%llu", wire_read_uint(&w->reader, UINT64_MAX));
    }
}

static void
write_bytes(struct writer *w)
{
    const struct text bytes = wire_read_bytes(&w->reader);

    buffer_add_byte(w->to, '[');
    for (size_t i = 0; i < bytes.len; i++) {
        buffer_format(w->to, "%s%d", i > 0 ? "," : "",
                      (unsigned char)bytes.at[i]);
    }
    buffer_add_byte(w->to, ']');
}

static void write_value(struct writer *w, int depth);

static void
write_array(struct writer *w, int depth)
{
    const size_t count = wire_read_array(&w->reader);

    buffer_add_byte(w->to, '[');
    for (size_t i = 0; i < count && !w->reader.failed; i++) {
        if (i > 0) {
            buffer_add_byte(w->to, ',');
        }
        new_line(w, depth);
        write_value(w, depth);
    }
    if (count > 0) {
        new_line(w, depth - 1);
    }
    buffer_add_byte(w->to, ']');
}

static void
write_map(struct writer *w, int depth)
{
    const size_t entries = wire_read_map(&w->reader);

    buffer_add_byte(w->to, '{');
    for (size_t i = 0; i < entries && !w->reader.failed; i++) {
        if (i > 0) {
            buffer_add_byte(w->to, ',');
        }
        new_line(w, depth);
        write_string(w, wire_read_str(&w->reader, SIZE_MAX));
        buffer_add_text(w->to, w->pretty ? TEXT(": ") : TEXT(":"));
        write_value(w, depth);
    }
    if (entries > 0) {
        new_line(w, depth - 1);
    }
    buffer_add_byte(w->to, '}');
}

/* `depth` maps and arrays are open around it. */
static void
write_value(struct writer *w, int depth)
{
    const enum wire_type type = wire_next(&w->reader);

    if (depth == JSON_DEPTH && (type == WIRE_ARRAY || type == WIRE_MAP)) {
        wire_fail(&w->reader, "nested deeper than %d", JSON_DEPTH);
        return;
    }
    switch (type) {
    case WIRE_NIL:
        (void)wire_skip(&w->reader);
        buffer_add_text(w->to, TEXT("null"));
        break;
    case WIRE_BOOL:
        buffer_add_text(w->to, wire_read_bool(&w->reader) ? TEXT("true")
                                                          : TEXT("false"));
        break;
    case WIRE_INT:
    case WIRE_FLOAT:
        write_number(w);
        break;
    case WIRE_STR:
        write_string(w, wire_read_str(&w->reader, SIZE_MAX));
        break;
    case WIRE_BIN:
        write_bytes(w);
        break;
    case WIRE_ARRAY:
        write_array(w, depth + 1);
        break;
    case WIRE_MAP:
        write_map(w, depth + 1);
        break;
    }
}

bool
json_from_wire(struct text message, bool pretty, struct buffer *to,
               struct err *err)
{
    struct writer w = {.to = to, .pretty = pretty};

    wire_read(&w.reader, message, err);
    write_value(&w, 0);
    if (w.reader.failed) {
        err_under(err, "JSON");
        err->kind = ERR_INVALID;
        return false;
    }
    if (to->failed) {
        err_set(err, ERR_TOO_LARGE, "JSON: larger than %zu bytes", to->limit);
        return false;
    }
    return true;
}
