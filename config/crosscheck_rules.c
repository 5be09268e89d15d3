/* Rules: names they use, keys that need one another, tests that test. */
#include "config/crosscheck.h"

#include <stdlib.h>

#include "config/schema.h"

/* A rule, and its path in messages. */
struct subject {
    const struct crosscheck *check;
    const struct config_rule *rule;
    const struct node *node;
    char path[64]; /* "rules[3]" */
};

/* A problem of the rule's key, at that key or at the rule. */
static void
tell(const struct subject *s, const char *key, const char *what)
{
    char path[CROSSCHECK_PATH_BYTES];

    snprintf(path, sizeof(path), "%s%s%s", s->path, key[0] != '\0' ? "." : "",
             key);
    place_problem(s->check->problems, node_place(s->node, key), path, "%s",
                  what);
}

static bool
has(const struct subject *s, const char *key)
{
    return node_get(s->node, key) != NULL;
}

/* ---- tests --------------------------------------------------------------- */

static void
check_ids(const struct crosscheck *check, const struct node *list,
          const char *path)
{
    char full[CROSSCHECK_PATH_BYTES];

    if (list == NULL || list->kind != NODE_LIST || !check->whole) {
        return;
    }
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        if (n->kind == NODE_SCALAR && n->scalar.len > 0) {
            snprintf(full, sizeof(full), "%s.%s[%zu]", path, list->key.at,
                     n->index);
            known_check(&check->rules, check->problems, n->at, full, "rule",
                        n->scalar);
        }
    }
}

void
crosscheck_test(const struct crosscheck *check, const struct config_test *test,
                const char *path)
{
    const struct node *node = test->node;
    static const char *const expectations[] = {
        "expect_ids", "no_expect_ids", "isolated", "action", "redacted"};
    bool any = false;

    for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]);
         i++) {
        any = any || node_get(node, expectations[i]) != NULL;
    }
    if (!any) {
        place_problem(check->problems, node->at, path,
                      "expects nothing; give expect_ids, no_expect_ids, "
                      "isolated, action or redacted");
    }
    if (node_get(node, "spans") != NULL &&
        node_get(node, "expect_ids") == NULL) {
        char key[CROSSCHECK_PATH_BYTES];
        snprintf(key, sizeof(key), "%s.spans", path);
        place_problem(check->problems, node_place(node, "spans"), key,
                      "needs expect_ids, of whose first rule they are");
    }
    check_ids(check, node_get(node, "expect_ids"), path);
    check_ids(check, node_get(node, "no_expect_ids"), path);
    crosscheck_name(check, &check->personas, "persona", test->persona, node,
                    path, "persona");
}

/* ---- one rule ------------------------------------------------------------ */

static void
check_lists(const struct subject *s)
{
    const struct node *lists = node_get(s->node, "lists");
    char path[CROSSCHECK_PATH_BYTES];

    if (lists == NULL || lists->kind != NODE_LIST) {
        return;
    }
    for (const struct node *n = lists->first; n != NULL; n = n->next) {
        snprintf(path, sizeof(path), "%s.lists[%zu]", s->path, n->index);
        if (n->kind == NODE_SCALAR && s->check->whole && n->scalar.len > 0) {
            known_check(&s->check->lists, s->check->problems, n->at, path,
                        "list", n->scalar);
        } else if (n->kind == NODE_MAP && node_get(n, "file") == NULL &&
                   node_get(n, "terms") == NULL) {
            place_problem(s->check->problems, n->at, path,
                          "has neither terms nor a file");
        }
        crosscheck_terms(s->check, n, path);
    }
}

/* Without these a rule of the type could not hit anything. */
static void
check_needs(const struct subject *s)
{
    const bool terms = has(s, "lists") || has(s, "terms");
    const bool patterns = has(s, "pattern") || has(s, "patterns");

    const struct node *type = node_get(s->node, "type");
    const char *bound = schema_name_of(schema_rule_types, (int)s->rule->type);

    // A type that is unknown, or missing, was told by the binder.
    if (type == NULL || !text_is(type->scalar, bound)) {
        return;
    }
    switch (s->rule->type) {
    case CONFIG_TERMS:
        if (!terms) {
            tell(s, "", "a rule of type terms needs lists or terms");
        }
        break;
    case CONFIG_REGEX:
        if (!patterns) {
            tell(s, "", "a rule of type regex needs pattern or patterns");
        }
        break;
    case CONFIG_PII:
        if (!has(s, "entity")) {
            tell(s, "", "a rule of type pii needs an entity");
        }
        break;
    case CONFIG_PERSONA_BREAK:
        if (!terms && !patterns) {
            tell(s, "",
                 "a rule of type persona_break needs lists, terms or "
                 "patterns");
        }
        break;
    case CONFIG_LENGTH:
        if (!has(s, "min_chars") && !has(s, "max_chars")) {
            tell(s, "", "a rule of type length needs min_chars or max_chars");
        }
        break;
    case CONFIG_PROMPT_LEAK:
    case CONFIG_RULE_TYPES:
        break;
    }
}

static void
check_operator(const struct subject *s)
{
    static const struct {
        const char *key;
        enum config_operator_type type;
        const char *what;
    } keys[] = {
        {"new_value", CONFIG_REPLACE, "belongs to an operator of type replace"},
        {"masking_char", CONFIG_MASK, "belongs to an operator of type mask"},
        {"chars_to_mask", CONFIG_MASK, "belongs to an operator of type mask"},
        {"from_end", CONFIG_MASK, "belongs to an operator of type mask"}};
    const struct config_operator *how = &s->rule->redaction;
    char path[CROSSCHECK_PATH_BYTES];

    if (node_get(how->node, "type") == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct node *key = node_get(how->node, keys[i].key);
        if (key != NULL && how->type != keys[i].type) {
            snprintf(path, sizeof(path), "%s.operator.%s", s->path,
                     keys[i].key);
            place_problem(s->check->problems, key->key_at, path, "%s",
                          keys[i].what);
        }
    }
}

static void
check_rule(const struct subject *s)
{
    const struct crosscheck *check = s->check;
    const struct config_rule *rule = s->rule;
    char path[CROSSCHECK_PATH_BYTES];

    if (!has(s, "action") && !has(s, "category")) {
        tell(s, "",
             "does nothing; give it an action, or a category whose thresholds "
             "decide");
    }
    crosscheck_name(check, &check->categories, "category", rule->category,
                    s->node, s->path, "category");
    crosscheck_name(check, &check->groups, "group", rule->group, s->node,
                    s->path, "group");
    crosscheck_name(check, &check->pools, "pool", rule->fallback, s->node,
                    s->path, "fallback");
    if (rule->min_chars >= 0 && rule->max_chars >= 0 &&
        rule->min_chars > rule->max_chars) {
        tell(s, "min_chars", "is more than max_chars: every reply is a hit");
    }
    check_needs(s);
    check_lists(s);
    crosscheck_terms(check, s->node, s->path);
    check_operator(s);
    for (size_t i = 0; i < rule->test_count; i++) {
        if (rule->tests[i].node != NULL) {
            snprintf(path, sizeof(path), "%s.tests[%zu]", s->path,
                     rule->tests[i].node->index);
            crosscheck_test(check, &rule->tests[i], path);
        }
    }
}

/* ---- all rules ----------------------------------------------------------- */

static int
by_id(const void *left, const void *right)
{
    const struct config_rule *a = *(const struct config_rule *const *)left;
    const struct config_rule *b = *(const struct config_rule *const *)right;
    const int order = strcmp(a->id.at, b->id.at);

    return order != 0 ? order : a < b ? -1 : 1;
}

static void
check_rule_ids(const struct crosscheck *check)
{
    const struct config *config = check->config;
    const struct config_rule **sorted = ARENA_ARRAY(
        config->arena, const struct config_rule *, config->rule_count);
    size_t count = 0;
    char path[CROSSCHECK_PATH_BYTES], words[PLACE_WORDS_BYTES];

    for (size_t i = 0; i < config->rule_count && sorted != NULL; i++) {
        if (config->rules[i].id.len > 0) {
            sorted[count++] = &config->rules[i];
        }
    }
    if (count > 1) {
        qsort(sorted, count, sizeof(const struct config_rule *), by_id);
    }
    for (size_t i = 1; i < count; i++) {
        const struct node *node = sorted[i]->node;
        if (text_equal(sorted[i]->id, sorted[i - 1]->id)) {
            snprintf(path, sizeof(path), "rules[%zu].id", node->index);
            place_problem(
                check->problems, node_place(node, "id"), path,
                "\"%s\" stands twice; first at %s", sorted[i]->id.at,
                place_words(node_place(sorted[i - 1]->node, "id"), words));
        }
    }
}

void
crosscheck_rules(const struct crosscheck *check)
{
    const struct config *config = check->config;

    check_rule_ids(check);
    for (size_t i = 0; i < config->rule_count; i++) {
        struct subject s = {.check = check,
                            .rule = &config->rules[i],
                            .node = config->rules[i].node};
        if (s.node != NULL) {
            snprintf(s.path, sizeof(s.path), "rules[%zu]", s.node->index);
            check_rule(&s);
        }
    }
}
