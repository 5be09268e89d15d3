#include "config/binding.h"

#include <stdarg.h>

#include "config/form.h"
#include "config/quantity.h"
#include "sidecar/base/nearest.h"

_Static_assert(sizeof(enum config_action) == sizeof(int) &&
                   sizeof(enum config_rule_type) == sizeof(int),
               "choices are stored as int");

/* ---- the path in messages ----------------------------------------------- */

size_t
binding_push(struct binding *b, const char *format, ...)
{
    const size_t before = b->len, room = sizeof(b->path) - before;
    va_list args;

    va_start(args, format);
    const int len = vsnprintf(b->path + before, room, format, args);
    va_end(args);
    b->len += len > 0 ? ((size_t)len < room ? (size_t)len : room - 1) : 0;
    return before;
}

void
binding_pop(struct binding *b, size_t before)
{
    b->len = before;
    b->path[before] = '\0';
}

size_t
binding_push_key(struct binding *b, struct text key)
{
    return binding_push(b, "%s%.*s", b->len > 0 ? "." : "",
                        TEXT_ARGS(place_excerpt(key)));
}

/* ---- messages ------------------------------------------------------------ */

enum node_kind
binding_kind(const struct schema_row *row)
{
    switch (row->type) {
    case SCHEMA_CHOICES:
    case SCHEMA_TEXTS:
    case SCHEMA_SPANS:
    case SCHEMA_RECORDS:
    case SCHEMA_LOCALES:
    case SCHEMA_LISTS:
        return NODE_LIST;
    case SCHEMA_PAIRS:
    case SCHEMA_RECORD:
    case SCHEMA_MAP:
        return NODE_MAP;
    case SCHEMA_BOOLEAN:
    case SCHEMA_INTEGER:
    case SCHEMA_NUMBER:
    case SCHEMA_CHOICE:
    case SCHEMA_TEXT:
    case SCHEMA_SINGLE:
    case SCHEMA_NOTED:
        return NODE_SCALAR;
    }
    return NODE_SCALAR;
}

const char *
binding_words(const struct schema_row *row)
{
    switch (binding_kind(row)) {
    case NODE_LIST:
        return "a list";
    case NODE_MAP:
        return "a map";
    case NODE_SCALAR:
        break;
    }
    return row->type == SCHEMA_BOOLEAN   ? "true or false"
           : row->type == SCHEMA_INTEGER ? "a whole number"
           : row->type == SCHEMA_NUMBER  ? "a number"
           : row->type == SCHEMA_CHOICE  ? "a word"
                                         : "a text";
}

bool
bind_kind(struct problems *problems, const char *path,
          const struct schema_row *row, const struct node *node)
{
    char found[NODE_WORDS_BYTES];
    const bool nothing =
        node->kind == NODE_SCALAR && node->scalar.len == 0 && !node->quoted;

    if (node->kind == binding_kind(row) && !nothing) {
        return true;
    }
    place_problem(problems, node->at, path, "expected %s, found %s",
                  binding_words(row), node_words(node, found));
    return false;
}

bool
binding_fits(struct binding *b, const struct schema_row *row,
             const struct node *node)
{
    return bind_kind(b->problems, b->path, row, node);
}

static void
tell_outside(struct binding *b, const struct schema_row *row,
             const struct node *node)
{
    char min[QUANTITY_WORDS_BYTES], max[QUANTITY_WORDS_BYTES];

    place_problem(
        b->problems, node->at, b->path, "%.*s is outside %s..%s%s%s%s",
        TEXT_ARGS(place_excerpt(node->scalar)),
        quantity_words(row->min, row->unit, min),
        quantity_words(row->max, row->unit, max), row->unit != NULL ? " (" : "",
        row->unit != NULL ? row->unit : "", row->unit != NULL ? ")" : "");
}

static bool
tell_expected(struct binding *b, const char *what, const struct node *node)
{
    char found[NODE_WORDS_BYTES];

    place_problem(b->problems, node->at, b->path, "expected %s%s, found %s",
                  what, node->quoted ? " without quotes" : "",
                  node_words(node, found));
    return false;
}

/* A list or map has too few or too many children? */
bool
binding_count(struct binding *b, const struct schema_row *row,
              const struct node *node)
{
    if ((double)node->count < row->min) {
        place_problem(b->problems, node->at, b->path,
                      "is empty; give at least one, or leave the key out");
        return false;
    }
    if ((double)node->count > row->max) {
        place_problem(b->problems, node->at, b->path, "%zu are more than %.15g",
                      node->count, row->max);
        return false;
    }
    return true;
}

/* ---- scalars ------------------------------------------------------------- */

/* Written bytewise, since the member may be of any enum type. */
static void
store_int(void *record, size_t at, int value)
{
    memcpy(binding_member(record, at), &value, sizeof(value));
}

static bool
read_boolean(struct binding *b, const struct schema_row *row,
             const struct node *node, void *record)
{
    const char *what =
        quantity_boolean(node->scalar, binding_member(record, row->at));

    return (what == NULL && !node->quoted) ||
           tell_expected(b, "true or false", node);
}

static bool
read_integer(struct binding *b, const struct schema_row *row,
             const struct node *node, void *record)
{
    long long value = 0;
    const char *what = quantity_integer(node->scalar, row->unit, &value);

    if (what != NULL || node->quoted) {
        return tell_expected(b, what != NULL ? what : binding_words(row), node);
    }
    if ((double)value < row->min || (double)value > row->max) {
        tell_outside(b, row, node);
        return false;
    }
    memcpy(binding_member(record, row->at), &value, sizeof(value));
    return true;
}

static bool
read_number(struct binding *b, const struct schema_row *row,
            const struct node *node, void *record)
{
    double value = 0;
    const char *what = quantity_number(node->scalar, &value);

    if (what != NULL || node->quoted) {
        return tell_expected(b, what != NULL ? what : binding_words(row), node);
    }
    if (!(value >= row->min && value <= row->max)) {
        tell_outside(b, row, node);
        return false;
    }
    memcpy(binding_member(record, row->at), &value, sizeof(value));
    return true;
}

/* The value of the name; false: it is none, and a problem says so. */
static bool
choose(struct binding *b, const struct schema_row *row, const struct node *node,
       int *value)
{
    enum { NAMES = 16 }; // more than any choice has
    const char *names[NAMES + 1];
    char list[256] = "";
    size_t count = 0, len = 0;

    for (const struct schema_name *n = row->names;
         n->name != NULL && count < NAMES; n++) {
        if (text_is(node->scalar, n->name)) {
            *value = n->value;
            return true;
        }
        const int more = snprintf(list + len, sizeof(list) - len, "%s%s",
                                  count > 0 ? ", " : "", n->name);
        len += more > 0 && (size_t)more < sizeof(list) - len ? (size_t)more : 0;
        names[count++] = n->name;
    }
    names[count] = NULL;
    char found[NODE_WORDS_BYTES];
    const char *nearest = nearest_name(node->scalar, names);
    place_problem(b->problems, node->at, b->path, "%s is not one of %s%s%s%s",
                  node_words(node, found), list,
                  nearest != NULL ? "; did you mean \"" : "",
                  nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    return false;
}

static bool
read_choice(struct binding *b, const struct schema_row *row,
            const struct node *node, void *record)
{
    char where[64];
    int value = 0;

    snprintf(where, sizeof(where), "rule.%s", row->key);
    if (schema_absent(where, node->scalar)) {
        place_problem(b->problems, node->at, b->path,
                      "this build does not have \"%.*s\"",
                      TEXT_ARGS(node->scalar));
        return false;
    }
    if (!choose(b, row, node, &value)) {
        return false;
    }
    store_int(record, row->at, value);
    return true;
}

static bool
read_choices(struct binding *b, const struct schema_row *row,
             const struct node *node, void *record)
{
    int bits = 0;

    for (const struct node *n = node->first; n != NULL; n = n->next) {
        const size_t before = binding_push(b, "[%zu]", n->index);
        int bit = 0;
        if (n->kind != NODE_SCALAR) {
            tell_expected(b, "a word", n);
        } else if (choose(b, row, n, &bit)) {
            bits |= bit;
        }
        binding_pop(b, before);
    }
    if (node->count == 0) {
        place_problem(b->problems, node->at, b->path,
                      "is empty; give at least one, or leave the key out");
    }
    store_int(record, row->at, bits);
    return true;
}

/* ---- texts --------------------------------------------------------------- */

/* Bytes a text of the row may have: of an item, where the row is a list. */
static size_t
most_bytes(const struct schema_row *row)
{
    return row->item_bytes > 0 ? row->item_bytes : (size_t)row->max;
}

static bool
read_path(struct binding *b, const struct node *node, struct text *out)
{
    struct source_path path;

    if (!source_resolve(b->sources, node->at, b->path, node->scalar, &path)) {
        return false;
    }
    *out = path.real;
    return true;
}

/* One text of the row's form; false: it is not, and a problem says so. */
bool
binding_text(struct binding *b, const struct schema_row *row,
             const struct node *node, struct text *out)
{
    const bool may_be_empty = row->item_bytes == 0 && row->min < 1;
    int ignored;

    if (node->kind != NODE_SCALAR || (node->scalar.len == 0 && !node->quoted)) {
        return tell_expected(b, "a text", node);
    }
    if (form_is_null(node)) {
        place_problem(b->problems, node->at, b->path,
                      "%.*s is no text; leave the key out, or put it in "
                      "quotes",
                      TEXT_ARGS(node->scalar));
        return false;
    }
    if (row->form == SCHEMA_NAMED) {
        *out = node->scalar;
        return choose(b, row, node, &ignored);
    }
    const char *fault = form_fault(row->form, node->scalar);
    char found[NODE_WORDS_BYTES];
    if (fault != NULL) {
        place_problem(b->problems, node->at, b->path, "%s is not %s",
                      node_words(node, found), fault);
        return false;
    }
    if (node->scalar.len == 0 && !may_be_empty) {
        place_problem(b->problems, node->at, b->path, "is empty");
        return false;
    }
    // A secret that is too short protects nothing; an empty one may be meant.
    if (row->item_bytes == 0 && node->scalar.len > 0 &&
        (double)node->scalar.len < row->min) {
        place_problem(b->problems, node->at, b->path,
                      "%zu bytes are less than %.0f", node->scalar.len,
                      row->min);
        return false;
    }
    const bool bounded = row->form == SCHEMA_FREE || row->form == SCHEMA_PATH;
    if (bounded && node->scalar.len > most_bytes(row)) {
        place_problem(b->problems, node->at, b->path,
                      "%zu bytes are more than %zu", node->scalar.len,
                      most_bytes(row));
        return false;
    }
    if (row->form == SCHEMA_PATH) {
        return read_path(b, node, out);
    }
    *out = node->scalar;
    return true;
}

void
binding_store(void *record, const struct schema_row *row, const void *array,
              size_t count)
{
    memcpy(binding_member(record, row->at), &array, sizeof(array));
    memcpy(binding_member(record, row->count_at), &count, sizeof(count));
}

bool
binding_texts(struct binding *b, const struct schema_row *row,
              const struct node *node, void *record)
{
    struct text *texts = ARENA_ARRAY(b->arena, struct text, node->count);
    size_t count = 0;

    if (texts == NULL || !binding_count(b, row, node)) {
        return false;
    }
    for (const struct node *n = node->first; n != NULL; n = n->next) {
        const size_t before = binding_push(b, "[%zu]", n->index);
        count += binding_text(b, row, n, &texts[count]) ? 1 : 0;
        binding_pop(b, before);
    }
    binding_store(record, row, texts, count);
    return true;
}

static bool
read_single(struct binding *b, const struct schema_row *row,
            const struct node *node, void *record)
{
    struct text *text = ARENA_ARRAY(b->arena, struct text, 1);

    if (text == NULL || !binding_text(b, row, node, text)) {
        return false;
    }
    binding_store(record, row, text, 1);
    return true;
}

/* {openai: self-harm} becomes "openai=self-harm". */
static bool
read_pairs(struct binding *b, const struct schema_row *row,
           const struct node *node, void *record)
{
    struct text *texts = ARENA_ARRAY(b->arena, struct text, node->count);
    size_t count = 0;

    if (texts == NULL || !binding_count(b, row, node)) {
        return false;
    }
    for (const struct node *n = node->first; n != NULL; n = n->next) {
        const size_t before = binding_push_key(b, n->key);
        struct text value;
        char pair[512];
        // The names of tests' scores are categories', with slashes.
        if (form_fault(SCHEMA_CATEGORY, n->key) != NULL) {
            place_problem(b->problems, n->key_at, b->path, "not a name");
        } else if (binding_text(b, row, n, &value)) {
            snprintf(pair, sizeof(pair), "%.*s=%.*s", TEXT_ARGS(n->key),
                     TEXT_ARGS(value));
            texts[count] = arena_copy(b->arena, text_of(pair));
            count += texts[count].at != NULL ? 1 : 0;
        }
        binding_pop(b, before);
    }
    binding_store(record, row, texts, count);
    return true;
}

static bool
read_span(struct binding *b, const struct node *node, long long span[2])
{
    size_t count = 0;

    if (node->kind == NODE_LIST && node->count == 2) {
        for (const struct node *n = node->first; n != NULL; n = n->next) {
            count += n->kind == NODE_SCALAR && !n->quoted &&
                             quantity_integer(n->scalar, NULL,
                                              &span[n->index]) == NULL
                         ? 1
                         : 0;
        }
    }
    if (count < 2 || span[0] < 0 || span[1] <= span[0]) {
        place_problem(b->problems, node->at, b->path,
                      "expected [from, to] with 0 <= from < to");
        return false;
    }
    return true;
}

static bool
read_spans(struct binding *b, const struct schema_row *row,
           const struct node *node, void *record)
{
    long long *spans = ARENA_ARRAY(b->arena, long long, 2 * node->count);
    size_t count = 0;

    if (spans == NULL || !binding_count(b, row, node)) {
        return false;
    }
    for (const struct node *n = node->first; n != NULL; n = n->next) {
        const size_t before = binding_push(b, "[%zu]", n->index);
        count += read_span(b, n, &spans[2 * count]) ? 1 : 0;
        binding_pop(b, before);
    }
    binding_store(record, row, spans, count);
    return true;
}

bool
binding_value(struct binding *b, const struct schema_row *row,
              const struct node *node, void *record)
{
    switch (row->type) {
    case SCHEMA_BOOLEAN:
        return read_boolean(b, row, node, record);
    case SCHEMA_INTEGER:
        return read_integer(b, row, node, record);
    case SCHEMA_NUMBER:
        return read_number(b, row, node, record);
    case SCHEMA_CHOICE:
        return read_choice(b, row, node, record);
    case SCHEMA_CHOICES:
        return read_choices(b, row, node, record);
    case SCHEMA_TEXT:
        return binding_text(b, row, node, binding_member(record, row->at));
    case SCHEMA_SINGLE:
        return read_single(b, row, node, record);
    case SCHEMA_TEXTS:
        return binding_texts(b, row, node, record);
    case SCHEMA_PAIRS:
        return read_pairs(b, row, node, record);
    case SCHEMA_SPANS:
        return read_spans(b, row, node, record);
    case SCHEMA_RECORD:
    case SCHEMA_RECORDS:
    case SCHEMA_MAP:
    case SCHEMA_LOCALES:
    case SCHEMA_LISTS:
    case SCHEMA_NOTED:
        return true;
    }
    return true;
}
