#include "sidecar/tools/transcript.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/json.h"
#include "sidecar/base/nearest.h"
#include "sidecar/base/utf8.h"
#include "sidecar/tools/transcript_csv.h"
#include "sidecar/tools/transcript_row.h"
#include "sidecar/tools/transcript_sniff.h"

struct transcript {
    const char *path;
    struct transcript_source *source;
    struct transcript_frame frame;
    const struct transcript_format *format;
    struct transcript_mapper mapper;
    struct buffer wire; /* the record that is being given */
    size_t given;       /* of mapper.items */
    bool broken;
    struct err err; /* why */
};

/* ------------------------------------------------------------------ options */

bool
transcript_mapping_read(const char *argument, struct transcript_mapping *out,
                        struct err *err)
{
    const char *equals = strchr(argument, '=');

    if (equals == NULL || equals[1] == '\0') {
        err_set(err, ERR_INVALID, "%s: expected NAME=PATH", argument);
        return false;
    }
    out->name = (struct text){argument, (size_t)(equals - argument)};
    out->path = text_of(equals + 1);
    for (size_t i = 0; transcript_row_fields[i] != NULL; i++) {
        if (text_is(out->name, transcript_row_fields[i])) {
            return true;
        }
    }
    const char *near = nearest_name(out->name, transcript_row_fields);
    err_set(err, ERR_INVALID, "%s: no such field%s%s%s", argument,
            near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
            near != NULL ? "\"?" : "");
    return false;
}

bool
transcript_from_check(const char *name, struct err *err)
{
    char names[ERR_MESSAGE_BYTES / 2] = "";
    size_t len = 0;

    if (transcript_format_find(name) != NULL) {
        return true;
    }
    for (size_t i = 0; transcript_formats[i] != NULL; i++) {
        const int more =
            snprintf(names + len, sizeof(names) - len, "%s%s",
                     i > 0 ? ", " : "", transcript_formats[i]->name);
        len +=
            more > 0 && (size_t)more < sizeof(names) - len ? (size_t)more : 0;
    }
    err_set(err, ERR_INVALID, "%s: not one of %s", name, names);
    return false;
}

static bool
check_options(const struct transcript_options *options,
              const struct transcript_format **forced, struct err *err)
{
    *forced = NULL;
    if (options->from != NULL) {
        if (!transcript_from_check(options->from, err)) {
            return false;
        }
        *forced = transcript_format_find(options->from);
    }
    if (options->record_bytes > TRANSCRIPT_MOST_RECORD_BYTES) {
        err_set(err, ERR_INVALID, "records of %zu bytes are above %d",
                options->record_bytes, TRANSCRIPT_MOST_RECORD_BYTES);
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------ opening */

static bool
read_header(struct transcript *t, struct err *err)
{
    struct transcript_record record;

    if (t->format->encoding != TRANSCRIPT_TABLE) {
        return true;
    }
    if (!transcript_frame_next(&t->frame, &record, err)) {
        return err->kind == ERR_NONE; // empty
    }
    if (record.fault != NULL) {
        err_set(err, ERR_INVALID, "%s:%zu: header: %s", t->path, record.line,
                record.fault);
        return false;
    }
    if (!transcript_csv_header(&t->mapper, record.bytes, t->frame.delimiter,
                               err)) {
        err_under(err, "%s:%zu: header", t->path, record.line);
        return false;
    }
    return true;
}

static bool
begin(struct transcript *t, const struct transcript_options *options,
      struct err *err)
{
    const struct transcript_format *forced;

    if (!check_options(options, &forced, err)) {
        return false;
    }
    // Twice two bytes of JSON, "0.", become nine: 3 is enough for any value.
    buffer_init(&t->wire, 3 * options->record_bytes + 16);
    t->source = transcript_source_open(t->path, err);
    if (t->source == NULL ||
        !transcript_mapper_init(&t->mapper, options, err) ||
        !transcript_frame_init(&t->frame, t->source, t->path,
                               options->record_bytes, err)) {
        return false;
    }
    t->format =
        transcript_sniff(&t->frame, forced, options->map_count > 0, err);
    if (t->format == NULL) {
        if (err->kind == ERR_INVALID) {
            err_under(err, "%s", t->path);
        }
        return false;
    }
    return read_header(t, err);
}

struct transcript *
transcript_open(const char *path, const struct transcript_options *options,
                struct err *err)
{
    struct transcript_options settled = *options;
    struct transcript *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        err_memory(err, path);
        return NULL;
    }
    if (settled.record_bytes == 0) {
        settled.record_bytes = TRANSCRIPT_RECORD_BYTES;
    }
    t->path = path;
    if (!begin(t, &settled, err)) {
        transcript_close(t);
        return NULL;
    }
    return t;
}

void
transcript_close(struct transcript *transcript)
{
    if (transcript == NULL) {
        return;
    }
    transcript_frame_clear(&transcript->frame);
    transcript_source_close(transcript->source);
    transcript_mapper_clear(&transcript->mapper);
    buffer_clear(&transcript->wire);
    free(transcript);
}

/* ------------------------------------------------------------------ reading */

/* The record as a value, in t->wire. false: err says why not. */
static bool
encode(struct transcript *t, struct text bytes, struct err *err)
{
    size_t bad;

    buffer_reset(&t->wire);
    t->wire.failed = false;
    switch (t->format->encoding) {
    case TRANSCRIPT_JSON:
        return json_to_wire(bytes, &t->wire, err);
    case TRANSCRIPT_TABLE:
        if (!transcript_csv_row(&t->mapper, bytes, t->frame.delimiter, &t->wire,
                                err)) {
            return false;
        }
        break;
    case TRANSCRIPT_PLAIN:
        if (!utf8_check(bytes, &bad)) {
            err_set(err, ERR_INVALID, "not UTF-8 at byte %zu", bad);
            return false;
        }
        wire_put_str(&t->wire, bytes);
        break;
    }
    if (t->wire.failed) {
        err_set(err, ERR_TOO_LARGE, "larger than a record may be");
    }
    return !t->wire.failed;
}

static void
read_record(struct transcript *t, const struct transcript_record *record)
{
    struct transcript_mapper *const m = &t->mapper;
    struct err err;

    transcript_mapper_record(m, record->line, record->offset, record->element);
    t->given = 0;
    if (record->fault == transcript_frame_too_long) {
        transcript_mapper_bad(m, "", "%s: %zu bytes", record->fault,
                              m->record_bytes);
    } else if (record->fault != NULL) {
        transcript_mapper_bad(m, "", "%s", record->fault);
    } else if (!encode(t, record->bytes, &err)) {
        transcript_mapper_bad(m, "", "%s", err.message);
    } else if (m->map_count > 0) {
        transcript_row_mapped(m, buffer_text(&t->wire));
    } else {
        t->format->map(m, buffer_text(&t->wire));
    }
    for (size_t i = 0; i < m->count; i++) {
        m->counts.turns += m->items[i].kind == TRANSCRIPT_TURN;
        m->counts.bad += m->items[i].kind == TRANSCRIPT_BAD;
    }
}

static enum transcript_kind
broken(struct transcript *t, const struct err *why, struct transcript_item *out,
       struct err *err)
{
    if (!t->broken) {
        t->broken = true;
        t->err = *why;
    }
    *err = t->err;
    *out = (struct transcript_item){.kind = TRANSCRIPT_BROKEN,
                                    .line = t->frame.line,
                                    .offset = t->frame.offset};
    return TRANSCRIPT_BROKEN;
}

enum transcript_kind
transcript_next(struct transcript *transcript, struct transcript_item *out,
                struct err *err)
{
    struct transcript *const t = transcript;
    struct transcript_record record;
    struct err why;

    if (t->broken) {
        return broken(t, &t->err, out, err);
    }
    while (t->given == t->mapper.count) {
        if (!transcript_frame_next(&t->frame, &record, &why)) {
            if (why.kind != ERR_NONE) {
                return broken(t, &why, out, err);
            }
            *out = (struct transcript_item){.kind = TRANSCRIPT_END,
                                            .line = t->frame.line,
                                            .offset = t->frame.offset};
            return TRANSCRIPT_END;
        }
        read_record(t, &record);
        if (t->mapper.failed) {
            return broken(t, &t->mapper.err, out, err);
        }
    }
    *out = t->mapper.items[t->given++];
    out->in_record = t->mapper.count;
    return out->kind;
}

const char *
transcript_format_of(const struct transcript *transcript)
{
    return transcript->format->name;
}

struct transcript_counts
transcript_counts_of(const struct transcript *transcript)
{
    return transcript->mapper.counts;
}
