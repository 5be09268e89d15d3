#include "sidecar/tools/transcript_sniff.h"

#include "proto/json.h"
#include "sidecar/tools/transcript_csv.h"

enum {
    RECORDS = 16, /* looked at, at most: a banner may stand before the first */
    LINES = 64
};

static const char spaces[] = " \t\r\n";

static bool
is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static struct text
trimmed(struct text text)
{
    size_t from = 0, to = text.len;

    while (from < to && is_one_of(text.at[from], spaces)) {
        from++;
    }
    while (to > from && is_one_of(text.at[to - 1], spaces)) {
        to--;
    }
    return text_part(text, from, to);
}

/* The line that begins there, without its end; *past is where the next does. */
static struct text
line_at(struct text text, size_t from, size_t *past)
{
    const char *end =
        from < text.len ? memchr(text.at + from, '\n', text.len - from) : NULL;
    const size_t to = end != NULL ? (size_t)(end - text.at) : text.len;

    *past = to + (end != NULL);
    return text_part(text, from, to);
}

/* ------------------------------------------------------------------ framing */

/* Is the line one whole object or array, as far as brackets go? */
static bool
stands_alone(struct text line)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < line.len; i++) {
        const char c = line.at[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
        if (depth == 0 && !in_string) {
            return i + 1 == line.len;
        }
    }
    return false;
}

/* Does one of the lines from `from` on begin with the byte and stand alone? */
static bool
another_stands_alone(struct text text, size_t from, char first)
{
    for (size_t n = 0; n < LINES && from < text.len; n++) {
        const struct text line = line_at(text, from, &from);
        if (text_starts(line, (struct text){&first, 1}) &&
            stands_alone(trimmed(line))) {
            return true;
        }
    }
    return false;
}

/*
 * Lines of JSON, or one document? A document's first line ends where no value
 * does, or opens an array; but where objects stand alone on lines of their own
 * the first line is only a bad one.
 */
static enum transcript_framing
framing_of(struct text text)
{
    size_t from = 0, past;
    struct text line;

    do {
        line = trimmed(line_at(text, from, &past));
        from = past;
    } while (line.len == 0 && past < text.len);
    if (line.len == 0 || (line.at[0] != '[' && line.at[0] != '{')) {
        return TRANSCRIPT_FRAMING_LINES;
    }
    const bool alone = stands_alone(line);
    if (line.at[0] == '[') {
        return alone && another_stands_alone(text, past, '[')
                   ? TRANSCRIPT_FRAMING_LINES
                   : TRANSCRIPT_FRAMING_VALUES;
    }
    return alone || !is_one_of(line.at[line.len - 1], "{[,:") ||
                   another_stands_alone(text, past, '{')
               ? TRANSCRIPT_FRAMING_LINES
               : TRANSCRIPT_FRAMING_VALUES;
}

/* ------------------------------------------------------------------- format
 */

struct look {
    const struct transcript_format *format; /* of the first value known */
    size_t records, values;                 /* seen, and of JSON */
};

/* An object, or an array of them: no sentence looks like that by chance. */
static bool
is_record(struct text value)
{
    struct transcript_walk walk;
    struct text key, first;

    if (transcript_value_type(value) != WIRE_ARRAY) {
        return transcript_value_type(value) == WIRE_MAP;
    }
    transcript_walk_begin(&walk, value);
    return transcript_walk_next(&walk, &key, &first) &&
           transcript_value_type(first) == WIRE_MAP;
}

/* What the records in memory are; only whole ones count. */
static struct look
look(const struct transcript_frame *frame)
{
    struct transcript_frame ahead = *frame;
    struct look seen = {.format = NULL};
    struct transcript_record record;
    struct buffer wire;
    struct err err;

    ahead.source = NULL;
    buffer_init(&wire, 3 * frame->limit + 16);
    while (seen.format == NULL && seen.records < RECORDS &&
           transcript_frame_next(&ahead, &record, &err) &&
           (ahead.from < ahead.len || frame->ended)) {
        seen.records++;
        buffer_reset(&wire);
        wire.failed = false;
        if (json_to_wire(record.bytes, &wire, &err) &&
            is_record(buffer_text(&wire))) {
            seen.values++;
            seen.format = transcript_format_of_value(buffer_text(&wire));
        }
    }
    buffer_clear(&wire);
    return seen;
}

/*
 * Twice as much in memory, or the news that this is all. false: neither, for
 * there is no room, or the source failed.
 */
static bool
read_on(struct transcript_frame *frame, struct err *err)
{
    const size_t wanted = 2 * (frame->len - frame->from) + 1;
    const bool ended = frame->ended;
    bool more = false;

    while (frame->len - frame->from < wanted &&
           transcript_frame_more(frame, err)) {
        more = true;
    }
    return (more || frame->ended != ended) && err->kind == ERR_NONE;
}

/* Begins like JSON and like nothing that a person says. */
static bool
begins_json(struct text rest)
{
    const struct text head = trimmed(text_part(
        rest, 0, rest.len < 4096 ? rest.len : 4096)); // a generous indent

    if (head.len < 2 || (head.at[0] != '{' && head.at[0] != '[')) {
        return false;
    }
    const struct text inner = trimmed(text_part(head, 1, head.len));
    return inner.len > 0 &&
           is_one_of(inner.at[0], head.at[0] == '{' ? "\"}" : "{[]");
}

/* The first line says with what its fields are parted; else a comma. */
static const struct transcript_format *
force_csv(struct transcript_frame *frame)
{
    static const char delimiters[] = {',', ';', '\t'};
    size_t past, most = 0;
    const struct text line = line_at(transcript_frame_rest(frame), 0, &past);

    frame->framing = TRANSCRIPT_FRAMING_CSV;
    frame->delimiter = ',';
    for (size_t d = 0; d < sizeof(delimiters); d++) {
        size_t count = 0;
        for (size_t i = 0; i < line.len; i++) {
            count += line.at[i] == delimiters[d];
        }
        if (count > most) {
            most = count;
            frame->delimiter = delimiters[d];
        }
    }
    return &transcript_format_csv;
}

static const struct transcript_format *
choose_table_or_text(struct transcript_frame *frame)
{
    size_t past;
    const struct text line =
        trimmed(line_at(transcript_frame_rest(frame), 0, &past));
    const char delimiter = transcript_csv_delimiter(line);

    frame->framing = TRANSCRIPT_FRAMING_LINES;
    if (delimiter == '\0') {
        return &transcript_format_text;
    }
    frame->framing = TRANSCRIPT_FRAMING_CSV;
    frame->delimiter = delimiter;
    return &transcript_format_csv;
}

/* With --map there are fields to be had: JSON of any kind, or a table. */
static const struct transcript_format *
choose_mapped(struct transcript_frame *frame)
{
    const struct text rest = trimmed(transcript_frame_rest(frame));

    return rest.len > 0 && is_one_of(rest.at[0], "{[") ? &transcript_format_rows
                                                       : force_csv(frame);
}

static const struct transcript_format *
choose(struct transcript_frame *frame, const struct look *seen, struct err *err)
{
    const bool json = begins_json(transcript_frame_rest(frame));

    if (seen->format != NULL && (json || 2 * seen->values >= seen->records)) {
        return seen->format;
    }
    if (!json && (seen->records == 0 || 2 * seen->values < seen->records)) {
        return choose_table_or_text(frame);
    }
    if (seen->records == 0 && frame->len - frame->from > frame->limit) {
        err_set(err, ERR_INVALID,
                "the first record is longer than %zu bytes (--from says what "
                "the others are)",
                frame->limit);
        return NULL;
    }
    if (seen->values == 0) { // not one is JSON: all will be told as bad ones
        return &transcript_format_rows;
    }
    err_set(err, ERR_INVALID,
            "JSON of no format that is known: no text, content, messages, "
            "conversations or mes (--map says where a text lies)");
    return NULL;
}

const struct transcript_format *
transcript_sniff(struct transcript_frame *frame,
                 const struct transcript_format *forced, bool mapped,
                 struct err *err)
{
    struct look seen;

    err->kind = ERR_NONE;
    if (forced != NULL && forced->encoding == TRANSCRIPT_PLAIN) {
        frame->framing = TRANSCRIPT_FRAMING_LINES;
        return forced;
    }
    if (forced != NULL && forced->encoding == TRANSCRIPT_TABLE) {
        return force_csv(frame);
    }
    do {
        frame->framing = framing_of(transcript_frame_rest(frame));
        seen = look(frame);
    } while (seen.format == NULL && seen.records < RECORDS &&
             read_on(frame, err));
    if (err->kind != ERR_NONE && frame->len == frame->from) {
        return NULL; // what came before a fault is read all the same
    }
    if (forced != NULL) {
        return forced;
    }
    return mapped ? choose_mapped(frame) : choose(frame, &seen, err);
}
