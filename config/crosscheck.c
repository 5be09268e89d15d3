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

/* Each classifier once, and none with our own rules' name. */
static void
check_voters(const struct crosscheck *check, const struct node *of,
             const char *path)
{
    char full[CROSSCHECK_PATH_BYTES];

    for (const struct node *n = of != NULL ? of->first : NULL; n != NULL;
         n = n->next) {
        const char *what = text_is(n->scalar, "self")
                               ? "is our own rules; count_self counts them"
                               : NULL;
        for (const struct node *k = of->first; k != n; k = k->next) {
            if (text_equal(k->scalar, n->scalar)) {
                what = "stands twice; it has one vote";
            }
        }
        if (what != NULL) {
            snprintf(full, sizeof(full), "%s.of[%zu]", path, n->index);
            place_problem(check->problems, n->at, full, "\"%.*s\" %s",
                          TEXT_ARGS(place_excerpt(n->scalar)), what);
        }
    }
}

/* k of n, with k no more than n; whoever is sent may be any number. */
static void
check_votes(const struct crosscheck *check, const struct config_votes *votes,
            const char *path)
{
    const bool named = votes->of.count > 0;
    const long long most =
        (long long)votes->of.count + (votes->count_self ? 1 : 0);
    char full[CROSSCHECK_PATH_BYTES];

    if (votes->node == NULL) {
        return;
    }
    check_voters(check, node_get(votes->node, "of"), path);
    if (!named && votes->quorum >= 0 && votes->quorum < votes->k) {
        snprintf(full, sizeof(full), "%s.quorum", path);
        place_problem(check->problems, node_place(votes->node, "quorum"), full,
                      "%lld is less than k, %lld", votes->quorum, votes->k);
    }
    if (!named) {
        return;
    }
    if (votes->k > most) {
        snprintf(full, sizeof(full), "%s.k", path);
        place_problem(check->problems, node_place(votes->node, "k"), full,
                      "%lld is more than the %lld that vote: never carried",
                      votes->k, most);
    } else if (votes->quorum >= 0 &&
               (votes->quorum < votes->k || votes->quorum > most)) {
        snprintf(full, sizeof(full), "%s.quorum", path);
        place_problem(check->problems, node_place(votes->node, "quorum"), full,
                      "%lld is not between k, %lld, and the %lld that vote",
                      votes->quorum, votes->k, most);
    }
}

struct threshold {
    const char *name;
    double value;
};

/* Told of the stronger, or of the weaker where the stronger is built in. */
static void
tell_disorder(const struct crosscheck *check, const struct node *node,
              const char *path, struct threshold weaker,
              struct threshold stronger)
{
    const bool built_in =
        node_place(node, stronger.name).file == place_built_in;
    const struct threshold at = built_in ? weaker : stronger;
    const struct threshold other = built_in ? stronger : weaker;
    char full[CROSSCHECK_PATH_BYTES];

    snprintf(full, sizeof(full), "%s.%s", path, at.name);
    place_problem(check->problems, node_place(node, at.name), full,
                  "%g is %s than %s, %g; the order is flag, redact, fallback, "
                  "block",
                  at.value, built_in ? "more" : "less", other.name,
                  other.value);
}

void
crosscheck_thresholds(const struct crosscheck *check,
                      const struct config_thresholds *t, const char *path)
{
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
            tell_disorder(check, t->node, path, *weaker, ordered[i]);
        }
        weaker = &ordered[i];
    }
}

static void
check_category(const struct crosscheck *check,
               const struct config_category *category)
{
    char path[CROSSCHECK_PATH_BYTES];

    snprintf(path, sizeof(path), "categories.%s.thresholds", category->id.at);
    crosscheck_thresholds(check, &category->thresholds, path);
    snprintf(path, sizeof(path), "categories.%s.votes", category->id.at);
    check_votes(check, &category->votes, path);
}

/* ---- lists and lines ----------------------------------------------------- */

void
crosscheck_terms(const struct crosscheck *check, const struct node *map,
                 const char *key, const char *path)
{
    const struct node *terms = node_get(map, key);
    char full[CROSSCHECK_PATH_BYTES];

    if (terms == NULL || terms->kind != NODE_LIST) {
        return;
    }
    for (const struct node *n = terms->first; n != NULL; n = n->next) {
        if (n->kind == NODE_SCALAR && form_is_hollow(n->scalar)) {
            snprintf(full, sizeof(full), "%s.%s[%zu]", path, key, n->index);
            place_problem(check->problems, n->at, full,
                          "a term of stars or blanks would hit anything");
        }
    }
}

static void
check_list(const struct crosscheck *check, const struct config_list *list)
{
    char path[CROSSCHECK_PATH_BYTES];

    snprintf(path, sizeof(path), "lists.%s", list->id.at);
    crosscheck_terms(check, list->node, "terms", path);
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

/* ---- personas and profiles ----------------------------------------------- */

static int
by_id(const void *left, const void *right)
{
    const struct crosscheck_named *a = left, *b = right;
    const int order = strcmp(a->id.at, b->id.at);

    return order != 0 ? order : a->nth < b->nth ? -1 : a->nth > b->nth;
}

void
crosscheck_ids(const struct crosscheck *check, struct crosscheck_named *at,
               size_t count, const char *what)
{
    char path[CROSSCHECK_PATH_BYTES], words[PLACE_WORDS_BYTES];

    if (count > 1) {
        qsort(at, count, sizeof(*at), by_id);
    }
    for (size_t i = 1; i < count; i++) {
        if (text_equal(at[i].id, at[i - 1].id)) {
            snprintf(path, sizeof(path), "%s[%zu].id", what, at[i].node->index);
            place_problem(check->problems, node_place(at[i].node, "id"), path,
                          "\"%s\" stands twice; first at %s", at[i].id.at,
                          place_words(node_place(at[i - 1].node, "id"), words));
        }
    }
}

static void
check_persona_ids(const struct crosscheck *check)
{
    const struct config *config = check->config;
    struct crosscheck_named *at = ARENA_ARRAY(
        config->arena, struct crosscheck_named, config->persona_count);
    size_t count = 0;

    for (size_t i = 0; at != NULL && i < config->persona_count; i++) {
        if (config->personas[i].id.len > 0) {
            at[count++] = (struct crosscheck_named){
                config->personas[i].id, config->personas[i].node, i};
        }
    }
    crosscheck_ids(check, at, count, "personas");
}

static void
check_profile_ids(const struct crosscheck *check)
{
    const struct config *config = check->config;
    struct crosscheck_named *at = ARENA_ARRAY(
        config->arena, struct crosscheck_named, config->profile_count);
    size_t count = 0;

    for (size_t i = 0; at != NULL && i < config->profile_count; i++) {
        if (config->profiles[i].id.len > 0) {
            at[count++] = (struct crosscheck_named){
                config->profiles[i].id, config->profiles[i].node, i};
        }
    }
    crosscheck_ids(check, at, count, "profiles");
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
                       offsetof(struct config_persona, id)) &&
           known_build(&check->guardrails, arena, c->guardrails,
                       c->guardrail_count, sizeof(struct config_guardrail),
                       offsetof(struct config_guardrail, id)) &&
           known_build(&check->machines, arena, c->machines, c->machine_count,
                       sizeof(struct config_machine),
                       offsetof(struct config_machine, id));
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
    crosscheck_store(&check);
    check_limits(&check);
    check_engine(&check);
    check_votes(&check, &config->engine.votes, "engine.votes");
    for (size_t i = 0; i < config->category_count; i++) {
        check_category(&check, &config->categories[i]);
    }
    for (size_t i = 0; i < config->list_count; i++) {
        check_list(&check, &config->lists[i]);
    }
    for (size_t i = 0; i < config->pool_count; i++) {
        check_pool(&check, &config->fallbacks[i]);
    }
    check_persona_ids(&check);
    check_profile_ids(&check);
    for (size_t i = 0; i < config->persona_count; i++) {
        check_persona(&check, &config->personas[i]);
    }
    crosscheck_rules(&check);
    crosscheck_sets(&check);
    crosscheck_machines(&check);
    for (size_t i = 0; i < config->test_count; i++) {
        const struct config_test *test = &config->tests[i];
        if (test->node != NULL) {
            snprintf(path, sizeof(path), "tests[%zu]", test->node->index);
            crosscheck_test(&check, test, path);
        }
    }
    check_emptiness(&check);
}
