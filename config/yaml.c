#include "config/yaml.h"

#include <limits.h>
#include <stdlib.h>

#include <yaml.h>

#include "sidecar/base/utf8.h"

/*
 * libyaml's event interface, with its costs bounded. The library is quadratic
 * in the number of directives before a document and in the number of open
 * brackets, and decides nothing about duplicate keys or further documents. So
 * a first pass over the lines refuses directives and document markers before
 * the library sees them, and the tree is built from events, which stop at a
 * depth the library handles in no time.
 */

/* ---- lines, as libyaml counts them ------------------------------------ */

/* Bytes of the line break at `at`, or 0. CR LF is one. */
static size_t
break_len(struct text content, size_t at)
{
    const struct text rest = text_part(content, at, content.len);
    const unsigned char first = rest.len > 0 ? (unsigned char)rest.at[0] : 'a';

    if (first >= ' ' && first < 0x80) {
        return 0;
    }
    if (text_starts(rest, TEXT("\r\n"))) {
        return 2;
    }
    if (first == '\n' || first == '\r') {
        return 1;
    }
    if (text_starts(rest, TEXT("\xc2\x85"))) { // NEL
        return 2;
    }
    return text_starts(rest, TEXT("\xe2\x80\xa8")) || // LS, PS
                   text_starts(rest, TEXT("\xe2\x80\xa9"))
               ? 3
               : 0;
}

static size_t
line_end(struct text content, size_t at)
{
    while (at < content.len && break_len(content, at) == 0) {
        at++;
    }
    return at;
}

/* The place of a byte; the content before it is valid UTF-8. */
static struct place
place_of(const char *file, struct text content, size_t offset)
{
    struct place at = {file, 1, 1};
    size_t from = 0;

    for (;;) {
        const size_t end = line_end(content, from);
        if (offset <= end || end == content.len) {
            break;
        }
        from = end + break_len(content, end);
        at.line++;
    }
    for (; from < offset && from < content.len; from++) {
        at.column += utf8_inside((unsigned char)content.at[from]) ? 0 : 1;
    }
    return at;
}

static struct place
place_of_mark(const char *file, yaml_mark_t mark)
{
    // Marks count from 0. A file of 2 MiB has no line beyond an unsigned.
    return (struct place){file, (unsigned)mark.line + 1,
                          (unsigned)mark.column + 1};
}

/* ---- before the library sees it ---------------------------------------- */

struct lines {
    bool begun; /* something but comments came, or a document marker */
    bool ended; /* the marker "..." came */
};

static bool
is_marker(struct text line, const char *marker)
{
    return text_starts(line, text_of(marker)) &&
           (line.len == 3 || line.at[3] == ' ' || line.at[3] == '\t');
}

static bool
is_blank(struct text line)
{
    size_t at = 0;

    while (at < line.len && (line.at[at] == ' ' || line.at[at] == '\t')) {
        at++;
    }
    return at == line.len || line.at[at] == '#';
}

/* What is wrong with the line that begins here, or NULL. */
static const char *
line_fault(struct lines *lines, struct text line)
{
    if (line.len > 0 && line.at[0] == '%') {
        return "a line that begins with % is a YAML directive, which is not "
               "accepted";
    }
    const bool opens = is_marker(line, "---");
    const bool closes = is_marker(line, "...");
    if (!opens && !closes && is_blank(line)) {
        return NULL;
    }
    if (lines->ended || (opens && lines->begun)) {
        return "a second document begins here; one file is one document";
    }
    lines->begun = true;
    lines->ended = closes;
    return NULL;
}

static const char *
encoding_fault(struct text content)
{
    if (text_starts(content, TEXT("\xff\xfe\0\0")) ||
        text_starts(content, TEXT("\0\0\xfe\xff"))) {
        return "the file is UTF-32; it must be UTF-8";
    }
    if (text_starts(content, TEXT("\xff\xfe")) ||
        text_starts(content, TEXT("\xfe\xff"))) {
        return "the file is UTF-16; it must be UTF-8";
    }
    return NULL;
}

/* Refuses what the library would take long over, or take without a word. */
static bool
look_over(const char *file, struct text content, struct problems *problems)
{
    const struct place whole = {.file = file};
    const char *fault = encoding_fault(content);
    size_t bad;

    if (content.len > YAML_FILE_BYTES) {
        place_problem(problems, whole, "", "larger than %d bytes",
                      (int)YAML_FILE_BYTES);
        return false;
    }
    if (fault != NULL) {
        place_problem(problems, whole, "", "%s", fault);
        return false;
    }
    const char *nul =
        content.len > 0 ? memchr(content.at, '\0', content.len) : NULL;
    if (!utf8_check(content, &bad)) {
        place_problem(problems, place_of(file, content, bad), "",
                      "byte 0x%02x is not UTF-8",
                      (unsigned char)content.at[bad]);
        return false;
    }
    if (nul != NULL) {
        const size_t offset = (size_t)(nul - content.at);
        place_problem(problems, place_of(file, content, offset), "",
                      "a NUL byte");
        return false;
    }
    struct lines lines = {false, false};
    for (size_t from = 0; from < content.len;) {
        const size_t end = line_end(content, from);
        fault = line_fault(&lines, text_part(content, from, end));
        if (fault != NULL) {
            place_problem(problems, place_of(file, content, from), "", "%s",
                          fault);
            return false;
        }
        from = end + break_len(content, end);
    }
    return true;
}

/* ---- events to nodes ---------------------------------------------------- */

/* A map or list that is still open. */
struct level {
    struct node *node;
    struct node **end;   /* where its next child goes */
    struct text key;     /* NODE_MAP: of the child to come; at NULL: none yet */
    struct place key_at; /* of that key */
};

struct reading {
    const char *file;
    struct text content;
    struct arena *arena;
    struct problems *problems;
    struct level open[YAML_DEPTH];
    size_t depth; /* levels open */
    size_t events;
    struct node *root;
    bool refused; /* something was found that the tree does not show */
};

static void
refuse(struct reading *r, yaml_mark_t mark, const char *why)
{
    r->refused = true;
    place_problem(r->problems, place_of_mark(r->file, mark), "", "%s", why);
}

static bool
no_memory(struct reading *r)
{
    r->refused = true;
    place_problem(r->problems, (struct place){.file = r->file}, "",
                  "out of memory");
    return false;
}

static struct level *
innermost(struct reading *r)
{
    return r->depth > 0 ? &r->open[r->depth - 1] : NULL;
}

/* A new node in its place in the tree; NULL: no memory. */
static struct node *
add_node(struct reading *r, enum node_kind kind, yaml_mark_t mark)
{
    struct level *parent = innermost(r);
    struct node *node = ARENA_ARRAY(r->arena, struct node, 1);

    if (node == NULL) {
        no_memory(r);
        return NULL;
    }
    node->kind = kind;
    node->at = place_of_mark(r->file, mark);
    node->scalar = node->key = TEXT("");
    node->key_at = node->at;
    if (parent == NULL) {
        r->root = node;
        return node;
    }
    if (parent->node->kind == NODE_MAP) {
        node->key = parent->key;
        node->key_at = parent->key_at;
        parent->key.at = NULL;
    }
    node->index = parent->node->count++;
    *parent->end = node;
    parent->end = &node->next;
    return node;
}

static bool
key_wanted(struct reading *r)
{
    const struct level *parent = innermost(r);

    return parent != NULL && parent->node->kind == NODE_MAP &&
           parent->key.at == NULL;
}

static void
refuse_extras(struct reading *r, const yaml_char_t *anchor,
              const yaml_char_t *tag, yaml_mark_t mark)
{
    if (anchor != NULL) {
        refuse(r, mark, "anchors (&name) are not accepted");
    }
    if (tag != NULL) {
        refuse(r, mark, "tags (!name) are not accepted");
    }
}

static bool
begin(struct reading *r, enum node_kind kind, const yaml_event_t *event)
{
    if (key_wanted(r)) {
        refuse(r, event->start_mark, "a key must be a plain word or text");
        return false;
    }
    if (r->depth == YAML_DEPTH) {
        refuse(r, event->start_mark, "nested deeper than 32 levels");
        return false;
    }
    struct node *node = add_node(r, kind, event->start_mark);
    if (node == NULL) {
        return false;
    }
    r->open[r->depth++] = (struct level){.node = node, .end = &node->first};
    return true;
}

static bool
take_key(struct reading *r, struct text text, const yaml_event_t *event)
{
    struct level *map = innermost(r);

    if (event->type == YAML_SCALAR_EVENT && text_is(text, "<<") &&
        event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        refuse(r, event->start_mark, "merge keys (<<) are not accepted");
    }
    map->key = arena_copy(r->arena, text);
    map->key_at = place_of_mark(r->file, event->start_mark);
    return map->key.at != NULL || no_memory(r);
}

static bool
scalar(struct reading *r, struct text text, bool quoted,
       const yaml_event_t *event)
{
    if (text.len > YAML_SCALAR_BYTES) {
        refuse(r, event->start_mark, "a text of more than 256 KiB");
        return false;
    }
    if (key_wanted(r)) {
        return take_key(r, text, event);
    }
    struct node *node = add_node(r, NODE_SCALAR, event->start_mark);
    if (node == NULL) {
        return false;
    }
    node->scalar = arena_copy(r->arena, text);
    node->quoted = quoted;
    return node->scalar.at != NULL || no_memory(r);
}

static int
by_key(const void *left, const void *right)
{
    const struct node *a = *(const struct node *const *)left;
    const struct node *b = *(const struct node *const *)right;
    const size_t shorter = a->key.len < b->key.len ? a->key.len : b->key.len;
    const int order = shorter > 0 ? memcmp(a->key.at, b->key.at, shorter) : 0;

    if (order != 0) {
        return order;
    }
    if (a->key.len != b->key.len) {
        return a->key.len < b->key.len ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Sorted, since a map of 100,000 keys must not cost their square. */
static bool
check_keys(struct reading *r, const struct node *map)
{
    const struct node **keys =
        ARENA_ARRAY(r->arena, const struct node *, map->count);
    size_t count = 0;

    if (keys == NULL) {
        return no_memory(r);
    }
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        keys[count++] = n;
    }
    qsort(keys, count, sizeof(const struct node *), by_key);
    for (size_t i = 1; i < count; i++) {
        const struct text key = place_excerpt(keys[i]->key);
        if (text_equal(keys[i]->key, keys[i - 1]->key)) {
            r->refused = true;
            place_problem(r->problems, keys[i]->key_at, "",
                          "the key \"%.*s\" stands twice; first at line %u",
                          TEXT_ARGS(key), keys[i - 1]->key_at.line);
        }
    }
    return true;
}

/* False: reading stops here. */
static bool
handle(struct reading *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        refuse_extras(r, event->data.scalar.anchor, event->data.scalar.tag,
                      event->start_mark);
        return scalar(r,
                      (struct text){(const char *)event->data.scalar.value,
                                    event->data.scalar.length},
                      event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE,
                      event);
    case YAML_ALIAS_EVENT:
        refuse(r, event->start_mark, "aliases (*name) are not accepted");
        return scalar(r, TEXT(""), true, event);
    case YAML_SEQUENCE_START_EVENT:
        refuse_extras(r, event->data.sequence_start.anchor,
                      event->data.sequence_start.tag, event->start_mark);
        return begin(r, NODE_LIST, event);
    case YAML_MAPPING_START_EVENT:
        refuse_extras(r, event->data.mapping_start.anchor,
                      event->data.mapping_start.tag, event->start_mark);
        return begin(r, NODE_MAP, event);
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return check_keys(r, r->open[r->depth].node);
    case YAML_SEQUENCE_END_EVENT:
        r->depth--;
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

/* ---- what the library complains about ----------------------------------- */

static bool
stands_on_tab(const struct reading *r, yaml_mark_t mark)
{
    size_t from = 0;

    for (size_t line = 0; line < mark.line && from < r->content.len; line++) {
        from = line_end(r->content, from);
        from += break_len(r->content, from);
    }
    // Up to a tab in the indentation a line is ASCII: characters are bytes.
    return mark.column < r->content.len - from &&
           r->content.at[from + mark.column] == '\t';
}

static void
tell_error(struct reading *r, const yaml_parser_t *parser)
{
    const char *what = parser->problem != NULL ? parser->problem : "not YAML";

    r->refused = true;
    if (parser->error == YAML_MEMORY_ERROR) {
        no_memory(r);
    } else if (parser->error == YAML_READER_ERROR) {
        // The reader knows no lines, only the byte.
        place_problem(r->problems,
                      place_of(r->file, r->content, parser->problem_offset), "",
                      "%s", what);
    } else if (stands_on_tab(r, parser->problem_mark)) {
        refuse(r, parser->problem_mark, "a tab; YAML is indented with spaces");
    } else if (parser->context != NULL) {
        place_problem(r->problems, place_of_mark(r->file, parser->problem_mark),
                      "", "%s, %s that begins at line %zu", what,
                      parser->context, parser->context_mark.line + 1);
    } else {
        refuse(r, parser->problem_mark, what);
    }
}

static void
read_events(struct reading *r, yaml_parser_t *parser)
{
    for (bool more = true; more;) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0) {
            tell_error(r, parser);
            return;
        }
        if (++r->events > YAML_EVENTS) {
            refuse(r, event.start_mark, "more than 200000 values");
            more = false;
        } else if (r->refused && r->problems->unshown > 0) {
            more = false; // enough was told, and nothing will be used
        } else {
            // Nothing follows the document: look_over() saw to that.
            more = handle(r, &event) && event.type != YAML_DOCUMENT_END_EVENT &&
                   event.type != YAML_STREAM_END_EVENT;
        }
        yaml_event_delete(&event);
    }
}

struct node *
yaml_read(const char *file, struct text content, struct arena *arena,
          struct problems *problems)
{
    struct reading r = {.file = file, .arena = arena, .problems = problems};
    yaml_parser_t parser;

    if (text_starts(content, TEXT("\xef\xbb\xbf"))) { // byte order mark
        content = text_part(content, 3, content.len);
    }
    if (!look_over(file, content, problems)) {
        return NULL;
    }
    r.content = content;
    if (yaml_parser_initialize(&parser) == 0) {
        no_memory(&r);
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &parser, (const unsigned char *)(content.at != NULL ? content.at : ""),
        content.len);
    read_events(&r, &parser);
    yaml_parser_delete(&parser);
    const struct node *root = r.root;
    if (!r.refused &&
        (root == NULL || (root->kind == NODE_SCALAR && root->scalar.len == 0 &&
                          !root->quoted))) {
        r.refused = true;
        place_problem(problems, (struct place){.file = file}, "", "empty");
    }
    return r.refused ? NULL : r.root;
}
