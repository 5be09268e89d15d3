#include "sidecar/tools/machine_import.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "proto/field.h"
#include "proto/json.h"
#include "proto/wire.h"
#include "sidecar/base/ident.h"

enum {
    WIRE_BYTES = 64 << 20,
    ARENA_BYTES = 256 << 20,
    NODES = 1 << 20,
    NAME_BYTES = 128,
    IGNORED_BYTES = 1 << 20 /* of a text that nobody asks for */
};

struct state {
    struct text id, name;
    bool initial, terminal;
};

struct transition {
    struct text from, to, on;
    double score, priority;
};

struct link {
    struct text from, to, when, outcome;
    double score;
    bool auto_advance;
};

struct states {
    struct state *at;
    size_t count;
};

struct transitions {
    struct transition *at;
    size_t count;
};

struct machine {
    struct text id, key, name, scoring;
    bool entry;
    double accept_at, reject_at, penalty, redirects, follow_ups;
    struct text on_redirects;
    struct states states;
    struct transitions transitions;
};

struct export
{
    struct text persona;
    struct machine *machines;
    size_t machine_count;
    struct link *links;
    size_t link_count;
};

/* ----------------------------------------------------------------- reading */

enum kind { ID, NAME, FLAG, NUMBER, LIST, OWNER };

struct table;

/* Front ends disagree on names, so a field has several. */
struct field {
    const char *names[4]; /* NULL ends them early */
    enum kind kind;
    size_t at;       /* of the member */
    size_t count_at; /* LIST */
    const struct table *items;
};

struct table {
    size_t size;
    const void *presets; /* [size] */
    const struct field *fields;
    size_t count;
};

#define FIELDS(array)                                                          \
    .fields = (array), .count = sizeof(array) / sizeof((array)[0])

/* A member under the names that it is exported by. */
#define FIELD(what, type, member, ...)                                         \
    {                                                                          \
        .names = {__VA_ARGS__}, .kind = (what), .at = offsetof(type, member)   \
    }
#define LIST_FIELD(type, member, number, table, ...)                           \
    {                                                                          \
        .names = {__VA_ARGS__}, .kind = LIST, .at = offsetof(type, member),    \
        .count_at = offsetof(type, number), .items = (table)                   \
    }

static const struct field state_fields[] = {
    FIELD(ID, struct state, id, "state_key", "key", "id"),
    FIELD(NAME, struct state, name, "name", "label"),
    FIELD(FLAG, struct state, initial, "is_initial", "initial"),
    FIELD(FLAG, struct state, terminal, "is_terminal", "terminal"),
};

static const struct state no_state;
static const struct table state_table = {
    .size = sizeof(struct state), .presets = &no_state, FIELDS(state_fields)};

static const struct field transition_fields[] = {
    FIELD(ID, struct transition, from, "from_state_key", "from"),
    FIELD(ID, struct transition, to, "to_state_key", "to"),
    FIELD(ID, struct transition, on, "decision_type", "decision", "on"),
    FIELD(NUMBER, struct transition, score, "score_delta", "score"),
    FIELD(NUMBER, struct transition, priority, "priority"),
};

static const struct transition no_transition;
static const struct table transition_table = {.size = sizeof(struct transition),
                                              .presets = &no_transition,
                                              FIELDS(transition_fields)};

static const struct field machine_fields[] = {
    FIELD(ID, struct machine, id, "id", "machine_id"),
    FIELD(NAME, struct machine, key, "machine_key", "key"),
    FIELD(NAME, struct machine, name, "name"),
    FIELD(FLAG, struct machine, entry, "is_entry", "entry"),
    FIELD(ID, struct machine, scoring, "scoring_mode", "scoring"),
    FIELD(NUMBER, struct machine, accept_at, "accept_threshold", "accept_at"),
    FIELD(NUMBER, struct machine, reject_at, "reject_threshold", "reject_at"),
    FIELD(NUMBER, struct machine, penalty, "reject_penalty"),
    FIELD(NUMBER, struct machine, redirects, "max_redirects"),
    FIELD(ID, struct machine, on_redirects, "on_max_redirects"),
    FIELD(NUMBER, struct machine, follow_ups, "max_follow_ups"),
    LIST_FIELD(struct machine, states.at, states.count, &state_table, "states"),
    LIST_FIELD(struct machine, transitions.at, transitions.count,
               &transition_table, "transitions"),
};

static const struct machine no_machine = {.entry = true,
                                          .accept_at = (double)NAN,
                                          .reject_at = (double)NAN,
                                          .penalty = (double)NAN,
                                          .redirects = (double)NAN,
                                          .follow_ups = (double)NAN};
static const struct table machine_table = {.size = sizeof(struct machine),
                                           .presets = &no_machine,
                                           FIELDS(machine_fields)};

static const struct field link_fields[] = {
    FIELD(ID, struct link, from, "from_machine_id", "from"),
    FIELD(ID, struct link, to, "to_machine_id", "to"),
    FIELD(ID, struct link, when, "condition_type", "condition", "when"),
    FIELD(ID, struct link, outcome, "condition_outcome", "outcome"),
    FIELD(NUMBER, struct link, score, "condition_value", "value", "score"),
    FIELD(FLAG, struct link, auto_advance, "is_auto_advance", "auto_advance"),
};

static const struct link no_link = {.score = (double)NAN};
static const struct table link_table = {
    .size = sizeof(struct link), .presets = &no_link, FIELDS(link_fields)};

static const struct field export_fields[] = {
    FIELD(OWNER, struct export, persona, "persona"),
    LIST_FIELD(struct export, machines, machine_count, &machine_table,
               "machines"),
    LIST_FIELD(struct export, links, link_count, &link_table, "machine_links",
               "links"),
};

static const struct export no_export;
static const struct table export_table = {.size = sizeof(struct export),
                                          .presets = &no_export,
                                          FIELDS(export_fields)};

struct importer {
    struct wire_reader reader;
    struct arena *arena;
    struct buffer *yaml, *notes;
};

/* The notes are for a terminal, and the key is whatever a file says. */
static void
note_left_out(struct importer *im, struct text key)
{
    char shown[FIELD_SHOWN_BYTES + 1];

    field_shown(key, shown);
    buffer_format(im->notes, "%s%s%s: left out\n", im->reader.path,
                  im->reader.path[0] != '\0' ? "." : "", shown);
}

static const struct field *
find_field(const struct table *table, struct text key)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        for (size_t j = 0; j < 4 && f->names[j] != NULL; j++) {
            if (text_is(key, f->names[j])) {
                return f;
            }
        }
    }
    return NULL;
}

/* An id as ours are; numbers are ids too. */
static struct text
read_id(struct importer *im)
{
    struct wire_reader *r = &im->reader;

    if (wire_next(r) == WIRE_INT) {
        char digits[24];
        const int len = snprintf(digits, sizeof(digits), "%lld",
                                 wire_read_int(r, 0, INT64_MAX));
        return arena_copy(im->arena, (struct text){digits, (size_t)len});
    }
    const struct text id = wire_read_str(r, NAME_BYTES);
    if (!r->failed && (id.len == 0 || ident_fault(id, IDENT_MARKS) < id.len)) {
        wire_fail(r, "an id has letters, digits and . _ : - only, and begins "
                     "with a letter or digit");
    }
    return id;
}

static void
read_list(struct importer *im, const struct field *field, char *record);

/* {"id": ...} or the id itself. */
static struct text
read_owner(struct importer *im)
{
    struct text id = TEXT("");

    if (wire_next(&im->reader) != WIRE_MAP) {
        return read_id(im);
    }
    const size_t entries = wire_read_map(&im->reader);
    for (size_t i = 0; i < entries && !im->reader.failed; i++) {
        const struct text key = wire_read_str(&im->reader, IGNORED_BYTES);
        if (text_is(key, "id") || text_is(key, "persona_id")) {
            id = read_id(im);
        } else {
            (void)wire_skip(&im->reader);
        }
    }
    return id;
}

static void
read_field(struct importer *im, const struct field *field, char *record)
{
    struct wire_reader *r = &im->reader;
    struct text text;

    if (wire_next(r) == WIRE_NIL) {
        (void)wire_skip(r); // as if it were not there
        return;
    }
    switch (field->kind) {
    case ID:
    case OWNER:
        text = field->kind == ID ? read_id(im) : read_owner(im);
        memcpy(record + field->at, &text, sizeof(text));
        break;
    case NAME:
        text = wire_read_str(r, NAME_BYTES);
        memcpy(record + field->at, &text, sizeof(text));
        break;
    case FLAG:
        *(bool *)(record + field->at) = wire_read_bool(r);
        break;
    case NUMBER: {
        const double number = wire_read_number(r, -1e6, 1e6);
        memcpy(record + field->at, &number, sizeof(number));
        break;
    }
    case LIST:
        read_list(im, field, record);
        break;
    }
}

static void
read_record(struct importer *im, const struct table *table, char *record)
{
    struct wire_reader *r = &im->reader;

    memcpy(record, table->presets, table->size);
    const size_t entries = wire_read_map(r);
    for (size_t i = 0; i < entries && !r->failed; i++) {
        const struct text key = wire_read_str(r, IGNORED_BYTES);
        const struct field *field = find_field(table, key);
        if (field == NULL) {
            note_left_out(im, key);
            (void)wire_skip(r);
            continue;
        }
        const size_t before = field_enter(
            r, "%s%.*s", r->path[0] != '\0' ? "." : "", TEXT_ARGS(key));
        read_field(im, field, record);
        field_leave(r, before);
    }
}

static void
read_list(struct importer *im, const struct field *field, char *record)
{
    struct wire_reader *r = &im->reader;
    const size_t count = wire_read_array(r);
    char *items = arena_zeroed(im->arena, count + 1, field->items->size);

    if (items == NULL) {
        wire_fail_as(r, ERR_MEMORY, "no memory for %zu of them", count);
        return;
    }
    for (size_t i = 0; i < count && !r->failed; i++) {
        const size_t before = field_enter(r, "[%zu]", i);
        read_record(im, field->items, items + i * field->items->size);
        field_leave(r, before);
    }
    memcpy(record + field->at, &items, sizeof(items));
    memcpy(record + field->count_at, &count, sizeof(count));
}

/* ----------------------------------------------------------------- writing */

/* As YAML has it between double quotes. */
static void
put_name(struct importer *im, const char *key, struct text name)
{
    if (name.len == 0) {
        return;
    }
    buffer_format(im->yaml, "%s\"", key);
    for (size_t i = 0; i < name.len; i++) {
        const unsigned char c = (unsigned char)name.at[i];
        if (c == '"' || c == '\\') {
            buffer_format(im->yaml, "\\%c", c);
        } else if (c < ' ' || c == 0x7f) {
            buffer_format(im->yaml, "\\x%02x", c);
        } else {
            buffer_add_byte(im->yaml, (char)c);
        }
    }
    buffer_add_text(im->yaml, TEXT("\""));
}

/* Plain, but for what YAML would read as something else. */
static void
put_id(struct importer *im, const char *key, struct text id)
{
    const bool quoted = (id.len > 0 && memchr(id.at, ':', id.len) != NULL) ||
                        text_is(id, "null") || text_is(id, "Null") ||
                        text_is(id, "NULL");
    const char *mark = quoted ? "\"" : "";

    buffer_format(im->yaml, "%s%s%.*s%s", key, mark, TEXT_ARGS(id), mark);
}

static void
put_number(struct importer *im, const char *key, double number)
{
    if (!isnan(number)) {
        buffer_format(im->yaml, "%s%.15g", key, number);
    }
}

static void
put_state(struct importer *im, const struct state *s)
{
    put_id(im, "      - {id: ", s->id);
    put_name(im, ", name: ", s->name);
    buffer_format(im->yaml, "%s%s}\n", s->initial ? ", initial: true" : "",
                  s->terminal ? ", terminal: true" : "");
}

/* Only a pass and a kick_out say where they lead: see config/crosscheck.h. */
static void
put_transition(struct importer *im, const struct machine *m, size_t index)
{
    const struct transition *t = &m->transitions.at[index];
    const bool pass = t->on.len == 0 || text_is(t->on, "pass");
    const bool moves = pass || text_is(t->on, "kick_out");

    put_id(im, "      - {from: ", t->from);
    if (moves && t->to.len > 0) {
        put_id(im, ", to: ", t->to);
    } else if (t->to.len > 0 && !text_equal(t->to, t->from)) {
        buffer_format(im->notes,
                      "machine %.*s: the %.*s of %.*s leads to %.*s: left out, "
                      "%s\n",
                      TEXT_ARGS(m->id), TEXT_ARGS(t->on), TEXT_ARGS(t->from),
                      TEXT_ARGS(t->to),
                      text_is(t->on, "reject") ? "a reject goes where a pass "
                                                 "goes"
                                               : "it stays");
    }
    if (!pass) {
        put_id(im, ", on: ", t->on);
    }
    if (t->score != 0) {
        put_number(im, ", score: ", t->score);
    }
    if (t->priority != 0) {
        put_number(im, ", priority: ", t->priority);
    }
    buffer_add_text(im->yaml, TEXT("}\n"));
}

static void
put_link(struct importer *im, const struct link *l)
{
    put_id(im, "      - {to: ", l->to);
    if (text_is(l->when, "score_gte") || text_is(l->when, "score_lte")) {
        buffer_format(im->yaml, ", %.*s", TEXT_ARGS(l->when));
        put_number(im, ": ", l->score);
    } else if (text_is(l->when, "always") || l->outcome.len == 0) {
        buffer_add_text(im->yaml, TEXT(", always: true"));
    } else {
        put_id(im, ", outcome: ", l->outcome);
    }
    buffer_format(im->yaml, "%s}\n",
                  l->auto_advance ? ", auto_advance: true" : "");
}

static void
put_links(struct importer *im, const struct export *e, struct text from)
{
    bool any = false;

    for (size_t i = 0; i < e->link_count; i++) {
        if (text_equal(e->links[i].from, from)) {
            if (!any) {
                buffer_add_text(im->yaml, TEXT("    links:\n"));
            }
            put_link(im, &e->links[i]);
            any = true;
        }
    }
}

static void
put_numbers(struct importer *im, const struct machine *m)
{
    const struct {
        const char *key;
        double number;
    } rows[] = {{"    accept_at: ", m->accept_at},
                {"    reject_at: ", m->reject_at},
                {"    reject_penalty: ", m->penalty},
                {"    max_redirects: ", m->redirects},
                {"    max_follow_ups: ", m->follow_ups}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!isnan(rows[i].number)) {
            put_number(im, rows[i].key, rows[i].number);
            buffer_add_byte(im->yaml, '\n');
        }
    }
}

static void
put_name_line(struct importer *im, const char *key, struct text name)
{
    if (name.len > 0) {
        put_name(im, key, name);
        buffer_add_byte(im->yaml, '\n');
    }
}

static void
put_machine(struct importer *im, const struct export *e,
            const struct machine *m)
{
    put_id(im, "  - id: ", m->id);
    buffer_add_byte(im->yaml, '\n');
    put_name_line(im, "    key: ", m->key);
    put_name_line(im, "    name: ", m->name);
    buffer_add_text(im->yaml, m->entry ? TEXT("") : TEXT("    entry: false\n"));
    if (m->scoring.len > 0) {
        put_id(im, "    scoring: ", m->scoring);
        buffer_add_byte(im->yaml, '\n');
    }
    put_numbers(im, m);
    if (m->on_redirects.len > 0) {
        put_id(im, "    on_max_redirects: ", m->on_redirects);
        buffer_add_byte(im->yaml, '\n');
    }
    buffer_add_text(im->yaml, TEXT("    states:\n"));
    for (size_t i = 0; i < m->states.count; i++) {
        put_state(im, &m->states.at[i]);
    }
    buffer_add_text(im->yaml, TEXT("    transitions:\n"));
    for (size_t i = 0; i < m->transitions.count; i++) {
        put_transition(im, m, i);
    }
    put_links(im, e, m->id);
}

static void
put_export(struct importer *im, const struct export *e)
{
    buffer_add_text(im->yaml, TEXT("schema: 1\n\nmachines:\n"));
    for (size_t i = 0; i < e->machine_count; i++) {
        put_machine(im, e, &e->machines[i]);
    }
    if (e->persona.len > 0) {
        put_id(im,
               "\n# Whose they are; where she stands in another file, say it "
               "there.\npersonas:\n  - id: ",
               e->persona);
        buffer_add_text(im->yaml, TEXT("\n    machines: ["));
        for (size_t i = 0; i < e->machine_count; i++) {
            put_id(im, i > 0 ? ", " : "", e->machines[i].id);
        }
        buffer_add_text(im->yaml, TEXT("]\n"));
    }
}

/* --------------------------------------------------------------- all of it */

static bool
import_wire(struct importer *im, struct text wire, struct err *err)
{
    static const struct wire_limits limits = {WIRE_DEPTH_CAP, NODES};
    struct export e;

    if (!wire_scan(wire, &limits, err)) {
        return false;
    }
    wire_read(&im->reader, wire, err);
    read_record(im, &export_table, (char *)&e);
    if (!im->reader.failed && e.machine_count == 0) {
        wire_fail(&im->reader, "machines: none in the export");
    }
    if (im->reader.failed) {
        return false;
    }
    put_export(im, &e);
    if (im->yaml->failed || im->notes->failed) {
        err_memory(err, "the machines");
        return false;
    }
    return true;
}

bool
machine_import(struct text json, struct buffer *yaml, struct buffer *notes,
               struct err *err)
{
    struct importer im = {
        .arena = arena_new(ARENA_BYTES), .yaml = yaml, .notes = notes};
    struct buffer wire;
    bool done = false;

    buffer_init(&wire, WIRE_BYTES);
    if (im.arena == NULL) {
        err_memory(err, "the machines");
    } else if (json_to_wire(json, &wire, err)) {
        done = import_wire(&im, buffer_text(&wire), err);
    }
    buffer_clear(&wire);
    arena_free(im.arena);
    return done;
}
