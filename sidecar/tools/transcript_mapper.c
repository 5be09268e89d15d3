#include "sidecar/tools/transcript_mapper.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/json.h"

enum {
    ARENA_FACTOR = 8, /* a record, its nested JSON, its joined texts */
    ARENA_FREE = 16 << 20,
    REASON_BYTES = 200,
    NUMBER_BYTES = 24
};

bool
transcript_mapper_init(struct transcript_mapper *mapper,
                       const struct transcript_options *options,
                       struct err *err)
{
    *mapper = (struct transcript_mapper){.map = options->map,
                                         .map_count = options->map_count,
                                         .record_bytes = options->record_bytes};
    buffer_init(&mapper->names, options->record_bytes + 16);
    mapper->arena =
        arena_new(ARENA_FACTOR * options->record_bytes + ARENA_FREE);
    if (mapper->arena == NULL) {
        err_memory(err, "a transcript");
    }
    return mapper->arena != NULL;
}

void
transcript_mapper_clear(struct transcript_mapper *mapper)
{
    arena_free(mapper->arena);
    free(mapper->items);
    buffer_clear(&mapper->names);
}

void
transcript_mapper_record(struct transcript_mapper *mapper, size_t line,
                         uint64_t offset, size_t element)
{
    arena_reset(mapper->arena);
    mapper->count = 0;
    mapper->line = line;
    mapper->offset = offset;
    mapper->element = element;
    mapper->counts.records++;
}

static void
no_memory(struct transcript_mapper *m)
{
    if (!m->failed) {
        err_memory(&m->err, "a transcript");
    }
    m->failed = true;
}

/* NULL: no memory, or enough. */
static struct transcript_item *
add(struct transcript_mapper *m, enum transcript_kind kind)
{
    if (m->failed || m->count > TRANSCRIPT_TURNS) {
        return NULL;
    }
    if (m->count == m->cap) {
        const size_t cap = m->cap > 0 ? m->cap * 2 : 16;
        struct transcript_item *items = realloc(m->items, cap * sizeof(*items));
        if (items == NULL) {
            no_memory(m);
            return NULL;
        }
        m->items = items;
        m->cap = cap;
    }
    struct transcript_item *item = &m->items[m->count++];
    *item = (struct transcript_item){
        .kind = kind, .line = m->line, .offset = m->offset};
    if (m->count > TRANSCRIPT_TURNS) {
        item->kind = TRANSCRIPT_BAD;
        item->reason = TEXT("more turns than a record may have");
    }
    return item;
}

void
transcript_mapper_turn(struct transcript_mapper *mapper,
                       const struct transcript_turn *turn)
{
    struct transcript_item *item = add(mapper, TRANSCRIPT_TURN);

    if (item != NULL) {
        item->turn = *turn;
    }
}

/* "[12].messages[3]": the path within the file, in the arena. */
static struct text
whole_path(struct transcript_mapper *m, const char *path)
{
    char whole[2 * TRANSCRIPT_PATH_BYTES];

    if (m->element == SIZE_MAX) {
        return arena_copy(m->arena, text_of(path));
    }
    snprintf(whole, sizeof(whole), "[%zu]%s%s", m->element,
             path[0] != '\0' && path[0] != '[' ? "." : "", path);
    return arena_copy(m->arena, text_of(whole));
}

void
transcript_mapper_bad(struct transcript_mapper *mapper, const char *path,
                      const char *format, ...)
{
    struct transcript_item *item = add(mapper, TRANSCRIPT_BAD);
    char reason[REASON_BYTES];
    va_list args;

    if (item == NULL || item->reason.len > 0) {
        return;
    }
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    item->path = whole_path(mapper, path);
    item->reason = arena_copy(mapper->arena, text_of(reason));
    if (item->path.at == NULL || item->reason.at == NULL) {
        no_memory(mapper);
    }
}

struct text
transcript_mapper_name(struct transcript_mapper *mapper, struct text value)
{
    const struct text none = {NULL, 0};
    char digits[NUMBER_BYTES];
    struct wire_reader r;
    struct err err;

    if (transcript_value_type(value) != WIRE_INT) {
        return transcript_value_str(value);
    }
    wire_read(&r, value, &err);
    const long long number = wire_read_int(&r, INT64_MIN, INT64_MAX);
    if (r.failed) {
        return none; // beyond what a name needs
    }
    snprintf(digits, sizeof(digits), "%lld", number);
    const struct text copy = arena_copy(mapper->arena, text_of(digits));
    if (copy.at == NULL) {
        no_memory(mapper);
    }
    return copy;
}

struct text
transcript_mapper_nested(struct transcript_mapper *mapper, struct text value)
{
    const struct text json = transcript_value_str(value);
    struct text copy = {NULL, 0};
    struct buffer wire;
    struct err err;

    if (transcript_value_type(value) != WIRE_STR) {
        return value;
    }
    buffer_init(&wire, 3 * mapper->record_bytes);
    if (json_to_wire(json, &wire, &err)) {
        copy = arena_copy(mapper->arena, buffer_text(&wire));
        if (copy.at == NULL) {
            no_memory(mapper);
        }
    }
    buffer_clear(&wire);
    return copy;
}

/* ------------------------------------------------------------------- labels
 */

static bool
is_label(struct text key)
{
    static const char *const names[] = {"label",   "labels", "in_voice",
                                        "inVoice", "accept", "accepted",
                                        "verdict", "rating", NULL};

    if (text_starts(key, TEXT("label.")) || text_starts(key, TEXT("label_"))) {
        return true;
    }
    for (size_t i = 0; names[i] != NULL; i++) {
        if (text_is(key, names[i])) {
            return true;
        }
    }
    return false;
}

void
transcript_mapper_labels(struct transcript_mapper *mapper, struct text map,
                         struct transcript_turn *turn)
{
    struct transcript_walk walk;
    struct text key, value;
    size_t count = 0;

    transcript_walk_begin(&walk, map);
    while (walk.map && transcript_walk_next(&walk, &key, &value)) {
        count += is_label(key);
    }
    if (count == 0) {
        return;
    }
    struct transcript_label *labels =
        ARENA_ARRAY(mapper->arena, struct transcript_label, count);
    if (labels == NULL) {
        no_memory(mapper);
        return;
    }
    turn->labels = labels;
    turn->label_count = count;
    transcript_walk_begin(&walk, map);
    while (transcript_walk_next(&walk, &key, &value)) {
        if (is_label(key)) {
            *labels++ = (struct transcript_label){key, value};
        }
    }
}

void
transcript_mapper_label(struct transcript_mapper *mapper, struct text name,
                        struct text value, struct transcript_turn *turn)
{
    struct transcript_label *label =
        ARENA_ARRAY(mapper->arena, struct transcript_label, 1);

    if (label == NULL) {
        no_memory(mapper);
        return;
    }
    *label = (struct transcript_label){name, value};
    turn->labels = label;
    turn->label_count = 1;
}

struct transcript_path
transcript_path_of(const char *list, size_t index, const char *key)
{
    struct transcript_path path;

    snprintf(path.at, sizeof(path.at), "%s[%zu]%s%s", list, index,
             key[0] != '\0' ? "." : "", key);
    return path;
}
