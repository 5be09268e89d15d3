#include "sidecar/tools/transcript_csv.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/tools/transcript_format.h"
#include "sidecar/tools/transcript_row.h"

enum { NAME_BYTES = 64 };

/* ------------------------------------------------------------------- fields
 */

struct fields {
    struct text rest;
    char delimiter;
    bool more; /* another field follows, empty perhaps */
};

static struct fields
fields_of(struct text row, char delimiter)
{
    return (struct fields){.rest = row, .delimiter = delimiter, .more = true};
}

/* Steps over `len` bytes and the delimiter behind them. */
static void
step_over(struct fields *f, size_t len)
{
    f->more = len < f->rest.len;
    f->rest = text_part(f->rest, len + f->more, f->rest.len);
}

/* The text in quotation marks, doubled ones made single. false: bad. */
static bool
quoted_field(struct fields *f, struct buffer *out, struct err *err)
{
    size_t at = 1;

    for (;;) {
        const struct text rest = text_part(f->rest, at, f->rest.len);
        const char *mark = rest.len > 0 ? memchr(rest.at, '"', rest.len) : NULL;
        if (mark == NULL) {
            err_set(err, ERR_INVALID, "a quotation mark that is never closed");
            return false;
        }
        const size_t run = (size_t)(mark - rest.at);
        buffer_add(out, rest.at, run);
        at += run + 1;
        if (at == f->rest.len || f->rest.at[at] != '"') {
            break;
        }
        buffer_add_byte(out, '"');
        at++;
    }
    if (at < f->rest.len && f->rest.at[at] != f->delimiter) {
        err_set(err, ERR_INVALID, "more after a closing quotation mark");
        return false;
    }
    step_over(f, at);
    return true;
}

/* The next field, in the buffer, which is emptied first. */
static bool
next_field(struct fields *f, struct buffer *out, struct err *err)
{
    buffer_reset(out);
    if (f->rest.len > 0 && f->rest.at[0] == '"') {
        return quoted_field(f, out, err);
    }
    const char *end =
        f->rest.len > 0 ? memchr(f->rest.at, f->delimiter, f->rest.len) : NULL;
    const size_t len = end != NULL ? (size_t)(end - f->rest.at) : f->rest.len;
    buffer_add(out, f->rest.at, len);
    step_over(f, len);
    return true;
}

/* ------------------------------------------------------------------- header
 */

/* "Session ID" as "session_id", where that is a key that rows know. */
static struct text
known_name(struct text name, char out[NAME_BYTES])
{
    if (name.len >= NAME_BYTES) {
        return name;
    }
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.at[i];
        out[i] = c == ' ' ? '_' : ascii_lower(c);
    }
    const struct text plain = {out, name.len};
    return transcript_row_key(plain) ? plain : name;
}

/* Could a column be called that? */
static bool
is_name(struct text name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.at[i];
        const bool inside = i > 0 && i + 1 < name.len;
        if (!ascii_is_alnum(c) && c != '_' && c != '.' && c != '-' &&
            !(c == ' ' && inside)) {
            return false;
        }
    }
    return name.len > 0 && name.len < NAME_BYTES;
}

static bool
is_header(struct text line, char delimiter)
{
    struct fields fields = fields_of(line, delimiter);
    char plain[NAME_BYTES];
    size_t columns = 0;
    bool texts = false, fine = true;
    struct buffer field;
    struct err err;

    buffer_init(&field, line.len + 1);
    while (fine && fields.more) {
        fine =
            next_field(&fields, &field, &err) && is_name(buffer_text(&field));
        texts |= fine && transcript_row_text_key(
                             known_name(buffer_text(&field), plain));
        columns++;
    }
    buffer_clear(&field);
    return fine && texts && columns > 1;
}

char
transcript_csv_delimiter(struct text line)
{
    static const char delimiters[] = {',', ';', '\t'};

    for (size_t i = 0; i < sizeof(delimiters); i++) {
        if (is_header(line, delimiters[i])) {
            return delimiters[i];
        }
    }
    return '\0';
}

static bool
stands_twice(struct text names)
{
    struct text seen[TRANSCRIPT_CSV_COLUMNS], key;
    struct transcript_walk walk;

    transcript_walk_begin(&walk, names);
    for (size_t n = 0; transcript_walk_next(&walk, &key, &seen[n]); n++) {
        for (size_t i = 0; i < n; i++) {
            if (text_equal(seen[i], seen[n])) {
                return true;
            }
        }
    }
    return false;
}

bool
transcript_csv_header(struct transcript_mapper *mapper, struct text line,
                      char delimiter, struct err *err)
{
    struct fields fields = fields_of(line, delimiter);
    const struct wire_open names = wire_open_array(&mapper->names);
    char plain[NAME_BYTES];
    struct buffer field;
    size_t count = 0, bad;

    if (!utf8_check(line, &bad)) {
        err_set(err, ERR_INVALID, "not UTF-8 at byte %zu", bad);
        return false;
    }
    buffer_init(&field, line.len + 1);
    bool fine = true;
    while (fine && fields.more && count < TRANSCRIPT_CSV_COLUMNS) {
        fine = next_field(&fields, &field, err);
        const struct text name = buffer_text(&field);
        // With --map the operator uses the names as they are.
        wire_put_str(&mapper->names,
                     mapper->map_count > 0 ? name : known_name(name, plain));
        count++;
    }
    buffer_clear(&field);
    wire_close_array(&mapper->names, names, count);
    if (fine && fields.more) {
        err_set(err, ERR_INVALID, "more than %d columns",
                TRANSCRIPT_CSV_COLUMNS);
        fine = false;
    }
    if (fine && stands_twice(buffer_text(&mapper->names))) {
        err_set(err, ERR_INVALID, "two columns of one name");
        fine = false;
    }
    return fine;
}

/* --------------------------------------------------------------------- rows
 */

bool
transcript_csv_row(struct transcript_mapper *mapper, struct text row,
                   char delimiter, struct buffer *wire, struct err *err)
{
    struct fields fields = fields_of(row, delimiter);
    struct transcript_walk names;
    struct text key, name;
    struct buffer field;
    size_t count = 0, bad;

    if (!utf8_check(row, &bad)) {
        err_set(err, ERR_INVALID, "not UTF-8 at byte %zu", bad);
        return false;
    }
    buffer_init(&field, row.len + 1);
    const struct wire_open map = wire_open_map(wire);
    transcript_walk_begin(&names, buffer_text(&mapper->names));
    const size_t columns = names.left;
    bool fine = true;
    while (fine && fields.more) {
        fine = next_field(&fields, &field, err);
        if (count++ < columns) {
            (void)transcript_walk_next(&names, &key, &name);
            wire_put_str(wire, transcript_value_str(name));
            wire_put_str(wire, buffer_text(&field));
        }
    }
    buffer_clear(&field);
    wire_close_map(wire, map, count < columns ? count : columns);
    if (fine && count != columns) {
        err_set(err, ERR_INVALID, "%zu fields where the header has %zu", count,
                columns);
        fine = false;
    }
    return fine;
}

const struct transcript_format transcript_format_csv = {
    .name = "csv",
    .aliases = "tsv",
    .summary = "a header with text or content, then rows",
    .encoding = TRANSCRIPT_TABLE,
    .map = transcript_row_map,
};
