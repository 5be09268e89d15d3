#include "config/load.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/bind.h"
#include "config/crosscheck.h"
#include "config/gather.h"
#include "config/merge.h"
#include "config/override.h"
#include "config/termlist.h"
#include "config/yaml.h"

enum {
    INCLUDE_DEPTH = 4, /* files that include one another in a row */
    FILES = 1024,      /* in all */
    SCHEMA_VERSION = 1
};

struct loading {
    struct arena *arena;
    struct problems *problems;
    struct source_set sources;
    struct merge merge;
    const char *real[FILES];   /* of the files read so far */
    struct node *trees[FILES]; /* those that could be read, in merging order */
    size_t count, tree_count;
    bool whole; /* every file could be read */
};

/* A file on its way in, and by whom it was included. */
struct inclusion {
    const struct source_path *path;
    struct place at; /* of the include, or the whole main file */
    const char *key; /* "include[0]", or "" */
    const struct inclusion *by;
    size_t depth;
};

static void
tell(struct loading *l, const struct inclusion *file, const char *what)
{
    l->whole = false;
    place_problem(l->problems, file->at, file->key, "%s: %s", file->path->name,
                  what);
}

/* ---- one file ------------------------------------------------------------ */

/* False: read before, which is a loop or a second mention. */
static bool
is_new(struct loading *l, const struct inclusion *file)
{
    const struct text real = file->path->real;

    for (const struct inclusion *up = file->by; up != NULL; up = up->by) {
        if (text_equal(up->path->real, real)) {
            tell(l, file, "includes itself");
            return false;
        }
    }
    for (size_t i = 0; i < l->count; i++) {
        if (text_is(real, l->real[i])) {
            tell(l, file, "is included twice");
            return false;
        }
    }
    if (file->depth > INCLUDE_DEPTH) {
        tell(l, file, "more than 4 files include one another");
        return false;
    }
    if (l->count == FILES) {
        tell(l, file, "more than 1024 files");
        return false;
    }
    l->real[l->count++] = real.at;
    return true;
}

static struct node *
read_tree(struct loading *l, const struct inclusion *file)
{
    struct buffer content;

    if (!source_read(&l->sources, file->path, YAML_FILE_BYTES, file->at,
                     file->key, &content)) {
        return NULL;
    }
    struct node *root = yaml_read(file->path->name, buffer_text(&content),
                                  l->arena, l->problems);
    buffer_clear(&content);
    if (root != NULL && root->kind != NODE_MAP) {
        char found[NODE_WORDS_BYTES];
        place_problem(l->problems, root->at, "", "expected a map, found %s",
                      node_words(root, found));
        root = NULL;
    }
    return root;
}

static void
check_version(struct loading *l, const struct node *root)
{
    const struct node *schema = node_get(root, "schema");
    char found[NODE_WORDS_BYTES];

    if (schema == NULL || (!schema->quoted && text_is(schema->scalar, "1"))) {
        return;
    }
    place_problem(l->problems, schema->at, "schema",
                  "this build reads schema %d, found %s", SCHEMA_VERSION,
                  node_words(schema, found));
}

/* ---- includes ------------------------------------------------------------ */

static void read_file(struct loading *l, const struct inclusion *file);

static void
include_one(struct loading *l, const struct inclusion *by,
            const struct node *entry, const char *key, struct text name)
{
    struct source_path path;

    if (!source_resolve(&l->sources, entry->at, key, name, &path)) {
        l->whole = false;
        return;
    }
    const struct inclusion file = {.path = &path,
                                   .at = entry->at,
                                   .key = key,
                                   .by = by,
                                   .depth = by->depth + 1};
    read_file(l, &file);
}

/* Copies a text so that glob() takes none of it for a pattern. */
static void
append_escaped(struct buffer *out, struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("*?[\\", text.at[i]) != NULL) {
            buffer_add_byte(out, '\\');
        }
        buffer_add_byte(out, text.at[i]);
    }
}

static int
by_bytes(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The files that match, in the order of their bytes in any locale. */
static void
include_glob(struct loading *l, const struct inclusion *by,
             const struct node *entry, const char *key)
{
    const char *slash = strrchr(by->path->name, '/');
    const bool absolute = entry->scalar.at[0] == '/';
    const size_t folder =
        slash != NULL && !absolute ? (size_t)(slash - by->path->name) + 1 : 0;
    struct buffer pattern;
    glob_t found;

    buffer_init(&pattern, 2 * SOURCE_PATH_BYTES);
    append_escaped(&pattern, (struct text){by->path->name, folder});
    buffer_add(&pattern, entry->scalar.at, entry->scalar.len + 1);
    const int failed = pattern.failed
                           ? GLOB_NOSPACE
                           : glob(pattern.at, GLOB_NOSORT, NULL, &found);
    buffer_clear(&pattern);
    if (failed == GLOB_NOMATCH) {
        return;
    }
    if (failed != 0) {
        l->whole = false;
        place_problem(l->problems, entry->at, key, "cannot look for %s",
                      entry->scalar.at);
        return;
    }
    qsort(found.gl_pathv, found.gl_pathc, sizeof(found.gl_pathv[0]), by_bytes);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        // As source_resolve() wants it: relative to the naming file.
        include_one(l, by, entry, key, text_of(found.gl_pathv[i] + folder));
    }
    globfree(&found);
}

static void
include_all(struct loading *l, const struct inclusion *by,
            const struct node *list)
{
    const struct schema_row *row = schema_find(&schema_config, TEXT("include"));
    char key[64];

    if (list->kind != NODE_LIST || (double)list->count > row->max) {
        l->whole = false;
        place_problem(l->problems, list->at, "include",
                      "expected a list of at most 64 files or globs");
        return;
    }
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        char found[NODE_WORDS_BYTES];
        snprintf(key, sizeof(key), "include[%zu]", n->index);
        if (n->kind != NODE_SCALAR || n->scalar.len == 0 ||
            memchr(n->scalar.at, '\0', n->scalar.len) != NULL) {
            l->whole = false;
            place_problem(l->problems, n->at, key,
                          "expected a file or glob, found %s",
                          node_words(n, found));
        } else if (strpbrk(n->scalar.at, "*?[") != NULL) {
            include_glob(l, by, n, key);
        } else {
            include_one(l, by, n, key, n->scalar);
        }
    }
}

/* Calls itself by include_all(), at most INCLUDE_DEPTH deep. */
static void
read_file(struct loading *l, const struct inclusion *file)
{
    if (!is_new(l, file)) {
        return;
    }
    struct node *root = read_tree(l, file);
    if (root == NULL) {
        l->whole = false;
        return;
    }
    check_version(l, root);
    const struct node *include = node_get(root, "include");
    if (include != NULL) {
        include_all(l, file, include);
    }
    // After what it includes, so that it may change that.
    l->trees[l->tree_count++] = root;
}

/* Lower layers first; in a layer, in the order of reading. */
static void
merge_layers(struct loading *l)
{
    for (int layer = CONFIG_BASE; layer <= CONFIG_SITE; layer++) {
        for (size_t i = 0; i < l->tree_count; i++) {
            if ((int)merge_layer(l->trees[i]) == layer) {
                merge_file(&l->merge, l->trees[i]);
            }
        }
    }
}

/* ---- the whole ----------------------------------------------------------- */

static bool
read_built_in(struct loading *l)
{
    struct node *root = yaml_read(place_built_in, text_of(schema_built_in),
                                  l->arena, l->problems);

    if (root != NULL) {
        merge_file(&l->merge, root);
    }
    return root != NULL;
}

static void
read_lists(struct loading *l, struct config *config)
{
    char path[BIND_PATH_BYTES], where[CROSSCHECK_RULE_BYTES];

    for (size_t i = 0; i < config->list_count; i++) {
        snprintf(path, sizeof(path), "lists.%s", config->lists[i].id.at);
        termlist_read(&l->sources, &config->lists[i], path);
    }
    for (size_t i = 0; i < config->rule_count; i++) {
        struct config_rule *rule = &config->rules[i];
        for (size_t j = 0; j < rule->list_count; j++) {
            const struct node *node = rule->lists[j].node;
            if (node != NULL) {
                crosscheck_rule_path(config, rule, where);
                snprintf(path, sizeof(path), "%s.lists[%zu]", where,
                         node->index);
                termlist_read(&l->sources, &rule->lists[j], path);
            }
        }
    }
}

static void
fill_names(struct config *config)
{
    for (size_t i = 0; i < config->persona_count; i++) {
        struct config_persona *persona = &config->personas[i];
        if (persona->name.len == 0) {
            persona->name = persona->id;
        }
    }
}

static bool
list_files(struct loading *l, struct config *config)
{
    struct config_texts *files = &config->files;

    files->at = ARENA_ARRAY(l->arena, struct text, l->sources.count);
    for (const struct source *s = l->sources.first;
         s != NULL && files->at != NULL; s = s->next) {
        if (s->name != NULL) {
            files->at[files->count++] = text_of(s->name);
        }
    }
    return files->at != NULL;
}

static bool
load_into(struct loading *l, const char *path, const char *const *overrides,
          size_t count, struct config *config)
{
    struct source_path main_path;
    struct inclusion main_file = {
        .path = &main_path, .at = {.file = path}, .key = ""};

    if (!merge_init(&l->merge, l->arena, l->problems) || !read_built_in(l) ||
        !source_init(&l->sources, path, l->arena, l->problems, &main_path)) {
        return false;
    }
    read_file(l, &main_file);
    merge_layers(l);
    if (l->sources.count == 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        override_apply(&l->merge, overrides[i]);
        source_note(&l->sources, text_of(overrides[i]));
    }
    bind_config(l->merge.root, &l->sources, config);
    if (!gather_rules(config)) {
        return false;
    }
    read_lists(l, config);
    fill_names(config);
    if (!list_files(l, config)) {
        return false;
    }
    crosscheck_config(config, l->whole && !l->merge.dropped, l->problems);
    config->digest = source_digest(&l->sources);
    return true;
}

struct config *
load_config(const char *path, const char *const *overrides, size_t count,
            struct arena *arena, struct problems *problems)
{
    struct loading *l = ARENA_ARRAY(arena, struct loading, 1);
    struct config *config = ARENA_ARRAY(arena, struct config, 1);
    bool done = false;

    if (l != NULL && config != NULL) {
        config->arena = l->arena = arena;
        l->problems = problems;
        l->whole = true;
        done = load_into(l, path, overrides, count, config);
    }
    // An arena that failed once fails from then on: something is missing.
    if (arena_take(arena, 1) == NULL) {
        place_problem(problems, (struct place){.file = path}, "",
                      "out of memory");
        done = false;
    }
    return done ? config : NULL;
}

void
load_free(struct config *config)
{
    if (config != NULL) {
        arena_free(config->arena);
    }
}

const char *
load_default_path(void)
{
    static const char *const places[] = {"config/leeway.yaml",
                                         "/etc/leeway/leeway.yaml"};
    const char *named = getenv("LEEWAY_CONFIG");

    if (named != NULL && named[0] != '\0') {
        return named;
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}
