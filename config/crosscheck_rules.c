/* Rules: names they use, keys that need one another, tests that test. */
#include "config/crosscheck.h"

#include <stdlib.h>

#include "config/schema.h"

/* A rule, and its path in messages. */
struct subject {
    const struct crosscheck *check;
    const struct config_rule *rule;
    const struct node *node;
    char path[CROSSCHECK_RULE_BYTES]; /* "rules[3]" */
};

void
crosscheck_rule_path(const struct config *config,
                     const struct config_rule *rule,
                     char out[CROSSCHECK_RULE_BYTES])
{
    const size_t index = rule->node != NULL ? rule->node->index : 0;

    if (rule->guardrail >= 0) {
        snprintf(out, CROSSCHECK_RULE_BYTES, "guardrails.%.*s.add[%zu]",
                 TEXT_ARGS(config->guardrails[rule->guardrail].id), index);
    } else {
        snprintf(out, CROSSCHECK_RULE_BYTES, "%s[%zu]",
                 rule->type == CONFIG_COMPOSITE ? "composites" : "rules",
                 index);
    }
}

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

/* {hate: ">= 0.6"}: a category there is, a comparison, a number. */
static void
check_scores(const struct crosscheck *check, const struct node *scores,
             const char *path)
{
    char full[CROSSCHECK_PATH_BYTES];

    for (const struct node *n = scores != NULL ? scores->first : NULL;
         n != NULL; n = n->next) {
        const size_t blanks = strspn(n->scalar.at, " ");
        const size_t signs = strspn(n->scalar.at + blanks, "<>=");
        const char *number = n->scalar.at + blanks + signs;
        char *end = NULL;
        snprintf(full, sizeof(full), "%s.category_scores.%.*s", path,
                 TEXT_ARGS(place_excerpt(n->key)));
        if (check->whole) {
            known_check(&check->categories, check->problems, n->key_at, full,
                        "category", n->key);
        }
        (void)strtod(number, &end);
        if (signs == 0 || signs > 2 || end == number || *end != '\0') {
            place_problem(check->problems, n->at, full,
                          "expected a comparison, as \">= 0.6\"");
        }
    }
}

/* "@brief": the set must be there; other items say for themselves. */
static void
check_sets(const struct crosscheck *check, const struct node *items,
           const char *path)
{
    char full[CROSSCHECK_PATH_BYTES];

    for (const struct node *n = items != NULL ? items->first : NULL; n != NULL;
         n = n->next) {
        if (n->kind == NODE_SCALAR && check->whole && n->scalar.len > 1 &&
            n->scalar.at[0] == '@') {
            snprintf(full, sizeof(full), "%s.extra_guardrails[%zu]", path,
                     n->index);
            known_check(&check->guardrails, check->problems, n->at, full,
                        "guardrail", text_part(n->scalar, 1, n->scalar.len));
        }
    }
}

void
crosscheck_test(const struct crosscheck *check, const struct config_test *test,
                const char *path)
{
    const struct node *node = test->node;
    static const char *const expectations[] = {
        "expect_ids", "no_expect_ids", "isolated",       "action",
        "redacted",   "would_action",  "category_scores"};
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
    check_scores(check, node_get(node, "category_scores"), path);
    check_sets(check, node_get(node, "extra_guardrails"), path);
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
        crosscheck_terms(s->check, n, "terms", path);
    }
}

enum { NEEDED_KEYS = 9 }; // the most that a type has

/* Without one of these keys a rule of the type could not hit anything. */
static const struct {
    const char *type; /* for the message */
    const char *keys[NEEDED_KEYS];
} needed[CONFIG_RULE_TYPES] = {
    [CONFIG_TERMS] = {"terms", {"lists", "terms"}},
    [CONFIG_REGEX] = {"regex", {"pattern", "patterns"}},
    [CONFIG_PII] = {"pii", {"entity"}},
    [CONFIG_PERSONA_BREAK] = {"persona_break",
                              {"lists", "terms", "pattern", "patterns"}},
    [CONFIG_LENGTH] = {"length", {"min_chars", "max_chars"}},
    [CONFIG_URL] = {"url",
                    {"allow_domains", "allowed_schemes", "block_userinfo",
                     "block_ip_hosts", "block_lookalike_hosts",
                     "block_private_hosts", "block_shorteners",
                     "block_mismatch", "max_urls"}},
    [CONFIG_REPETITION] = {"repetition",
                           {"max_char_run", "max_token_run",
                            "max_sentence_repeats", "max_ngram_share"}},
    [CONFIG_FLOOD] = {"flood", {"max_messages", "max_near_duplicates"}},
    [CONFIG_UNICODE] = {"unicode",
                        {"max_combining_run", "max_invisible", "forbid"}},
    [CONFIG_LANGUAGE] = {"language", {"allowed"}},
    [CONFIG_LINEAR] = {"linear", {"weights"}},
    [CONFIG_COMPOSITE] = {"composite", {"when"}}};

static void
list_needed(const char *const *keys, char *out, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < NEEDED_KEYS && keys[i] != NULL; i++) {
        const bool last = i + 1 == NEEDED_KEYS || keys[i + 1] == NULL;
        const char *join = i == 0 ? "" : last ? " or " : ", ";
        const int more = snprintf(out + len, size - len, "%s%s", join, keys[i]);
        len += more > 0 && (size_t)more < size - len ? (size_t)more : 0;
    }
}

static void
check_needs(const struct subject *s)
{
    const enum config_rule_type type = s->rule->type;
    const struct node *named = node_get(s->node, "type");
    const char *const *keys = needed[type].keys;
    char all[200], what[280];

    // A type that is unknown, or missing, was told by the binder.
    if (needed[type].type == NULL ||
        (type != CONFIG_COMPOSITE &&
         (named == NULL || !text_is(named->scalar, needed[type].type)))) {
        return;
    }
    for (size_t i = 0; i < NEEDED_KEYS && keys[i] != NULL; i++) {
        const struct node *n = node_get(s->node, keys[i]);
        if (n != NULL &&
            !(n->kind == NODE_SCALAR && text_is(n->scalar, "false"))) {
            return; // of a switch, only one that is on
        }
    }
    list_needed(keys, all, sizeof(all));
    snprintf(what, sizeof(what), "a rule of type %s needs %s",
             needed[type].type, all);
    tell(s, "", what);
}

/* Domains, or names of lists: what has no dot must be a list. */
static void
check_domains(const struct subject *s)
{
    const struct node *domains = node_get(s->node, "allow_domains");
    char path[CROSSCHECK_PATH_BYTES];

    if (domains == NULL || domains->kind != NODE_LIST || !s->check->whole) {
        return;
    }
    for (const struct node *n = domains->first; n != NULL; n = n->next) {
        if (n->kind == NODE_SCALAR && n->scalar.len > 0 &&
            memchr(n->scalar.at, '.', n->scalar.len) == NULL) {
            snprintf(path, sizeof(path), "%s.allow_domains[%zu]", s->path,
                     n->index);
            known_check(&s->check->lists, s->check->problems, n->at, path,
                        "list", n->scalar);
        }
    }
}

/* What a request brings hits under these names: load.c. */
static void
check_reserved(const struct subject *s)
{
    static const char *const names[] = {"REQUEST_DENY", "REQUEST_LENGTH",
                                        "REQUEST_LANGUAGE"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_is(s->rule->id, names[i])) {
            tell(s, "id", "is the name of what a request itself brings");
        }
    }
}

static void
check_overrides(const struct subject *s)
{
    static const char *const changes[] = {"id", "score", "severity", "action"};
    char path[CROSSCHECK_PATH_BYTES];

    for (size_t i = 0; i < s->rule->override_count; i++) {
        const struct node *node = s->rule->overrides[i].node;
        bool any = false;
        for (size_t k = 0; k < sizeof(changes) / sizeof(changes[0]); k++) {
            any = any || node_get(node, changes[k]) != NULL;
        }
        if (node != NULL && !any) {
            snprintf(path, sizeof(path), "%s.overrides[%zu]", s->path, i);
            place_problem(s->check->problems, node->at, path,
                          "changes nothing; give id, score, severity or "
                          "action");
        }
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
    if (rule->type == CONFIG_REPETITION &&
        rule->ngram_words > CONFIG_REPEATED_WORDS) {
        tell(s, "ngram_words", "is more than 12, in a rule of type repetition");
    }
    if (rule->type == CONFIG_LINEAR && has(s, "weights") && !has(s, "head")) {
        tell(s, "", "a rule of type linear needs head");
    }
    check_reserved(s);
    check_overrides(s);
    check_needs(s);
    check_domains(s);
    check_lists(s);
    crosscheck_terms(check, s->node, "terms", s->path);
    crosscheck_terms(check, s->node, "allow", s->path);
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
    char where[CROSSCHECK_RULE_BYTES];

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
            crosscheck_rule_path(config, sorted[i], where);
            snprintf(path, sizeof(path), "%s.id", where);
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
            crosscheck_rule_path(config, s.rule, s.path);
            check_rule(&s);
        }
    }
}
