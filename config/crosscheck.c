#include "config/crosscheck.h"

#include <math.h>
#include <stdlib.h>

#include "config/form.h"

void
crosscheck_name(const struct crosscheck *check, const struct known *known,
                const char *what, struct text name, const struct node *map,
                const char *path, const char *key)
{
    char full[CROSSCHECK_PATH_BYTES];

    if (name.len > 0 && check->whole) {
        snprintf(full, sizeof(full), "%s.%s", path, key);
        known_check(known, check->problems, node_place(map, key), full, what,
                    name);
    }
}

/* ---- numbers ------------------------------------------------------------- */

static void
check_limits(const struct crosscheck *check)
{
    const struct config_limits *limits = &check->config->limits;
    const struct node *node = limits->node;

    // Told of the one that was given; if both were, of the first.
    if (limits->deadline_ms > limits->deadline_max_ms &&
        node_get(node, "deadline_ms") != NULL) {
        place_problem(check->problems, node_place(node, "deadline_ms"),
                      "limits.deadline_ms",
                      "%lld is more than deadline_max_ms, %lld",
                      limits->deadline_ms, limits->deadline_max_ms);
    } else if (limits->deadline_ms > limits->deadline_max_ms) {
        place_problem(check->problems, node_place(node, "deadline_max_ms"),
                      "limits.deadline_max_ms",
                      "%lld is less than deadline_ms, %lld",
                      limits->deadline_max_ms, limits->deadline_ms);
    }
    if (limits->queue_bytes < limits->message_bytes) {
        place_problem(check->problems, node_place(node, "queue_bytes"),
                      "limits.queue_bytes",
                      "%lld is less than message_bytes, %lld: a full message "
                      "would never be taken",
                      limits->queue_bytes, limits->message_bytes);
    }
}

static void
check_engine(const struct crosscheck *check)
{
    const struct config_engine *engine = &check->config->engine;

    if (engine->blocking_level > engine->level) {
        place_problem(
            check->problems,
            node_place(engine->node, node_get(engine->node, "blocking_level")
                                         ? "blocking_level"
                                         : "level"),
            "engine.blocking_level",
            "%lld is more than level, %lld: such rules never run",
            engine->blocking_level, engine->level);
    }
}

struct threshold {
    const char *name;
    double value;
};

/* Told of the stronger, or of the weaker where the stronger is built in. */
static void
tell_disorder(const struct crosscheck *check,
              const struct config_category *category, struct threshold weaker,
              struct threshold stronger)
{
    const struct node *node = category->thresholds.node;
    const bool built_in =
        node_place(node, stronger.name).file == place_built_in;
    const struct threshold at = built_in ? weaker : stronger;
    const struct threshold other = built_in ? stronger : weaker;
    char path[CROSSCHECK_PATH_BYTES];

    snprintf(path, sizeof(path), "categories.%s.thresholds.%s", category->id.at,
             at.name);
    place_problem(check->problems, node_place(node, at.name), path,
                  "%g is %s than %s, %g; the order is flag, redact, fallback, "
                  "block",
                  at.value, built_in ? "more" : "less", other.name,
                  other.value);
}

/* Each threshold that is given is at least the weaker ones. */
static void
check_thresholds(const struct crosscheck *check,
                 const struct config_category *category)
{
    const struct config_thresholds *t = &category->thresholds;
    const struct threshold ordered[] = {{"flag", t->flag},
                                        {"redact", t->redact},
                                        {"fallback", t->fallback},
                                        {"block", t->block}};
    const struct threshold *weaker = NULL;

    for (size_t i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++) {
        if (isnan(ordered[i].value)) {
            continue;
        }
        if (weaker != NULL && ordered[i].value < weaker->value) {
            tell_disorder(check, category, *weaker, ordered[i]);
        }
        weaker = &ordered[i];
    }
}

/* ---- lists and lines ----------------------------------------------------- */

void
crosscheck_terms(const struct crosscheck *check, const struct node *map,
                 const char *path)
{
    const struct node *terms = node_get(map, "terms");
    char key[CROSSCHECK_PATH_BYTES];

    if (terms == NULL || terms->kind != NODE_LIST) {
        return;
    }
    for (const struct node *n = terms->first; n != NULL; n = n->next) {
        if (n->kind == NODE_SCALAR && form_is_hollow(n->scalar)) {
            snprintf(key, sizeof(key), "%s.terms[%zu]", path, n->index);
            place_problem(check->problems, n->at, key,
                          "a term of stars or blanks would hit anything");
        }
    }
}

static void
check_list(const struct crosscheck *check, const struct config_list *list)
{
    char path[CROSSCHECK_PATH_BYTES];

    snprintf(path, sizeof(path), "lists.%s", list->id.at);
    crosscheck_terms(check, list->node, path);
    if (list->node != NULL && node_get(list->node, "file") == NULL &&
        node_get(list->node, "terms") == NULL) {
        place_problem(check->problems, list->node->at, path,
                      "has neither terms nor a file");
    }
}

/* Only {persona_name} is filled in; any other brace would be shown as is. */
static bool
has_other_braces(struct text line)
{
    const struct text name = TEXT("{persona_name}");

    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] == '}') {
            return true;
        }
        if (line.at[i] == '{') {
            if (!text_starts(text_part(line, i, line.len), name)) {
                return true;
            }
            i += name.len - 1;
        }
    }
    return false;
}

static void
check_lines(const struct crosscheck *check, const struct config_pool *pool,
            const struct config_lines *lines)
{
    char path[CROSSCHECK_PATH_BYTES];

    for (const struct node *n = lines->node->first; n != NULL; n = n->next) {
        if (has_other_braces(n->scalar)) {
            snprintf(path, sizeof(path), "fallbacks.%s.%s[%zu]", pool->id.at,
                     lines->locale.at, n->index);
            place_problem(check->problems, n->at, path,
                          "only {persona_name} is filled in; other braces "
                          "would be shown");
        }
    }
}

static void
check_pool(const struct crosscheck *check, const struct config_pool *pool)
{
    char path[CROSSCHECK_PATH_BYTES];
    const bool pick = node_get(pool->node, "pick") != NULL;

    if (pool->node != NULL && pool->node->count == (pick ? 1U : 0U)) {
        snprintf(path, sizeof(path), "fallbacks.%s", pool->id.at);
        place_problem(check->problems, pool->node->at, path,
                      "has no lines; add them by language, as en: [...]");
    }
    for (size_t i = 0; i < pool->locale_count; i++) {
        check_lines(check, pool, &pool->locales[i]);
    }
}

/* ---- personas ------------------------------------------------------------ */

static int
by_persona(const void *left, const void *right)
{
    const struct config_persona *a =
        *(const struct config_persona *const *)left;
    const struct config_persona *b =
        *(const struct config_persona *const *)right;
    const int order = strcmp(a->id.at, b->id.at);

    return order != 0 ? order : a < b ? -1 : 1;
}

static void
check_persona_ids(const struct crosscheck *check)
{
    const struct config *config = check->config;
    const struct config_persona **sorted = ARENA_ARRAY(
        config->arena, const struct config_persona *, config->persona_count);
    size_t count = 0;
    char path[CROSSCHECK_PATH_BYTES], words[PLACE_WORDS_BYTES];

    for (size_t i = 0; i < config->persona_count && sorted != NULL; i++) {
        if (config->personas[i].id.len > 0) {
            sorted[count++] = &config->personas[i];
        }
    }
    if (count > 1) {
        qsort(sorted, count, sizeof(const struct config_persona *), by_persona);
    }
    for (size_t i = 1; i < count; i++) {
        const struct node *node = sorted[i]->node;
        if (text_equal(sorted[i]->id, sorted[i - 1]->id)) {
            snprintf(path, sizeof(path), "personas[%zu].id", node->index);
            place_problem(
                check->problems, node_place(node, "id"), path,
                "\"%s\" stands twice; first at %s", sorted[i]->id.at,
                place_words(node_place(sorted[i - 1]->node, "id"), words));
        }
    }
}

static void
check_persona(const struct crosscheck *check,
              const struct config_persona *persona)
{
    const struct node *node = persona->node;
    char path[CROSSCHECK_PATH_BYTES];

    if (node == NULL) {
        return;
    }
    snprintf(path, sizeof(path), "personas[%zu]", node->index);
    crosscheck_name(check, &check->pools, "pool", persona->fallbacks, node,
                    path, "fallbacks");
}

/* ---- all of it ----------------------------------------------------------- */

static bool
build_names(struct crosscheck *check)
{
    const struct config *c = check->config;
    struct arena *arena = c->arena;

    return known_build(&check->rules, arena, c->rules, c->rule_count,
                       sizeof(struct config_rule),
                       offsetof(struct config_rule, id)) &&
           known_build(&check->categories, arena, c->categories,
                       c->category_count, sizeof(struct config_category),
                       offsetof(struct config_category, id)) &&
           known_build(&check->groups, arena, c->groups, c->group_count,
                       sizeof(struct config_group),
                       offsetof(struct config_group, id)) &&
           known_build(&check->lists, arena, c->lists, c->list_count,
                       sizeof(struct config_list),
                       offsetof(struct config_list, id)) &&
           known_build(&check->pools, arena, c->fallbacks, c->pool_count,
                       sizeof(struct config_pool),
                       offsetof(struct config_pool, id)) &&
           known_build(&check->personas, arena, c->personas, c->persona_count,
                       sizeof(struct config_persona),
                       offsetof(struct config_persona, id));
}

static void
check_emptiness(const struct crosscheck *check)
{
    const struct config *config = check->config;

    if (check->whole && config->rule_count == 0 && !config->allow_empty &&
        node_get(config->root, "rules") == NULL) {
        const struct place at = {
            .file = config->files.count > 0 ? config->files.at[0].at : ""};
        place_problem(check->problems, at, "rules",
                      "there is no rule at all; say allow_empty: true if that "
                      "is meant");
    }
}

void
crosscheck_config(const struct config *config, bool whole,
                  struct problems *problems)
{
    struct crosscheck check = {
        .config = config, .problems = problems, .whole = whole};
    char path[CROSSCHECK_PATH_BYTES];

    if (!build_names(&check)) {
        return;
    }
    crosscheck_listen(&check);
    check_limits(&check);
    check_engine(&check);
    for (size_t i = 0; i < config->category_count; i++) {
        check_thresholds(&check, &config->categories[i]);
    }
    for (size_t i = 0; i < config->list_count; i++) {
        check_list(&check, &config->lists[i]);
    }
    for (size_t i = 0; i < config->pool_count; i++) {
        check_pool(&check, &config->fallbacks[i]);
    }
    check_persona_ids(&check);
    for (size_t i = 0; i < config->persona_count; i++) {
        check_persona(&check, &config->personas[i]);
    }
    crosscheck_rules(&check);
    for (size_t i = 0; i < config->test_count; i++) {
        const struct config_test *test = &config->tests[i];
        if (test->node != NULL) {
            snprintf(path, sizeof(path), "tests[%zu]", test->node->index);
            crosscheck_test(&check, test, path);
        }
    }
    check_emptiness(&check);
}
