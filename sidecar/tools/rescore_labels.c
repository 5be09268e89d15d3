#include "sidecar/tools/rescore_labels.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sidecar/tools/transcript_value.h"

enum { ROW_DIGITS = 18, FIRST = 256 };

struct rescore_labels {
    const char *path;                /* kept */
    struct rescore_labels_entry *at; /* [count] by row */
    size_t count, cap;
};

void
rescore_labels_close(struct rescore_labels *labels)
{
    if (labels == NULL) {
        return;
    }
    for (size_t i = 0; i < labels->count; i++) {
        free(labels->at[i].labels);
    }
    free(labels->at);
    free(labels);
}

size_t
rescore_labels_count(const struct rescore_labels *labels)
{
    return labels->count;
}

/* ------------------------------------------------------------------ reading
 */

static bool
says_something(const struct transcript_label *label)
{
    return transcript_value_type(label->value) != WIRE_NIL &&
           (transcript_value_type(label->value) != WIRE_STR ||
            transcript_value_str(label->value).len > 0);
}

/* Those that say something, in one piece of memory. */
static bool
copy_labels(const struct transcript_turn *turn,
            struct rescore_labels_entry *out)
{
    size_t count = 0, bytes = 0;

    for (size_t i = 0; i < turn->label_count; i++) {
        if (says_something(&turn->labels[i])) {
            count++;
            bytes += turn->labels[i].name.len + turn->labels[i].value.len;
        }
    }
    out->label_count = 0;
    out->labels = malloc(count * sizeof(*out->labels) + bytes + 1);
    if (out->labels == NULL) {
        return false;
    }
    char *at = (char *)(out->labels + count);
    for (size_t i = 0; i < turn->label_count; i++) {
        const struct transcript_label *from = &turn->labels[i];
        if (!says_something(from)) {
            continue;
        }
        memcpy(at, from->name.at, from->name.len);
        memcpy(at + from->name.len, from->value.at, from->value.len);
        out->labels[out->label_count++] = (struct transcript_label){
            {at, from->name.len}, {at + from->name.len, from->value.len}};
        at += from->name.len + from->value.len;
    }
    return true;
}

static bool
read_row(struct text digits, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9' || i == ROW_DIGITS) {
            return false;
        }
        *out = *out * 10 + (uint64_t)(digits.at[i] - '0');
    }
    return digits.len > 0;
}

static bool
add(struct rescore_labels *labels, const struct transcript_turn *turn,
    size_t line, struct err *err)
{
    struct rescore_labels_entry entry;

    if (!read_row(turn->id, &entry.row) || turn->text.len != DIGEST_HEX - 1) {
        err_set(err, ERR_INVALID,
                "%s:%zu: no row of leeway rescore: row or textSha256 is "
                "missing",
                labels->path, line);
        return false;
    }
    memcpy(entry.text, turn->text.at, turn->text.len);
    entry.text[turn->text.len] = '\0';
    if (labels->count == labels->cap) {
        const size_t cap = labels->cap == 0 ? FIRST : 2 * labels->cap;
        struct rescore_labels_entry *at =
            cap > RESCORE_LABELS_MOST ? NULL
                                      : realloc(labels->at, cap * sizeof(*at));
        if (at == NULL) {
            err_memory(err, labels->path);
            return false;
        }
        labels->at = at;
        labels->cap = cap;
    }
    if (!copy_labels(turn, &entry)) {
        err_memory(err, labels->path);
        return false;
    }
    if (entry.label_count == 0) {
        free(entry.labels);
        return true;
    }
    labels->at[labels->count++] = entry;
    return true;
}

static int
by_row(const void *a, const void *b)
{
    const struct rescore_labels_entry *x = a, *y = b;

    return (x->row > y->row) - (x->row < y->row);
}

static bool
sort(struct rescore_labels *labels, struct err *err)
{
    if (labels->count > 1) {
        qsort(labels->at, labels->count, sizeof(*labels->at), by_row);
    }
    for (size_t i = 1; i < labels->count; i++) {
        if (labels->at[i].row == labels->at[i - 1].row) {
            err_set(err, ERR_INVALID, "%s: row %" PRIu64 " twice", labels->path,
                    labels->at[i].row);
            return false;
        }
    }
    return true;
}

/* Rows that were errors have no text, and take no label. */
static bool
read_all(struct rescore_labels *labels, struct transcript *transcript,
         struct err *err)
{
    struct transcript_item item;

    for (;;) {
        switch (transcript_next(transcript, &item, err)) {
        case TRANSCRIPT_END:
            return sort(labels, err);
        case TRANSCRIPT_BROKEN:
            return false;
        case TRANSCRIPT_BAD:
            err_set(err, ERR_INVALID, "%s:%zu: %.*s", labels->path, item.line,
                    TEXT_ARGS(item.reason));
            return false;
        case TRANSCRIPT_TURN:
            if (item.turn.text.len > 0 &&
                !add(labels, &item.turn, item.line, err)) {
                return false;
            }
            break;
        }
    }
}

struct rescore_labels *
rescore_labels_open(const char *path, struct err *err)
{
    // To the reader of transcripts the digest is what was said.
    static const struct transcript_mapping map[] = {
        {{"text", 4}, {"textSha256", 10}}, {{"id", 2}, {"row", 3}}};
    const struct transcript_options options = {.map = map, .map_count = 2};
    struct rescore_labels *labels = calloc(1, sizeof(*labels));

    if (labels == NULL) {
        err_memory(err, path);
        return NULL;
    }
    labels->path = path;
    struct transcript *transcript = transcript_open(path, &options, err);
    if (transcript == NULL || !read_all(labels, transcript, err)) {
        rescore_labels_close(labels);
        labels = NULL;
    }
    transcript_close(transcript);
    return labels;
}

/* ------------------------------------------------------------------- lookup
 */

bool
rescore_labels_find(const struct rescore_labels *labels, uint64_t row,
                    struct text text, const struct rescore_labels_entry **out,
                    struct err *err)
{
    const struct rescore_labels_entry wanted = {.row = row};
    char hex[DIGEST_HEX];

    *out = labels->count == 0 ? NULL
                              : bsearch(&wanted, labels->at, labels->count,
                                        sizeof(*labels->at), by_row);
    if (*out == NULL) {
        return true;
    }
    const struct digest digest = digest_of(text);
    digest_hex(&digest, hex);
    if (strcmp(hex, (*out)->text) != 0) {
        err_set(err, ERR_STATE,
                "%s: the label of row %" PRIu64 " was given to another text",
                labels->path, row);
        return false;
    }
    return true;
}
