/*
 * What several keys of a configuration must agree on: thresholds in order,
 * names that exist, addresses that are safe, rules that can do something.
 */
#ifndef CONFIG_CROSSCHECK_H
#define CONFIG_CROSSCHECK_H

#include "config/config.h"
#include "config/known.h"

/* The names that a configuration defines. */
struct crosscheck {
    const struct config *config;
    struct problems *problems;
    /*
     * False where a file could not be read: then names that do not exist are
     * not told, since they may be in it.
     */
    bool whole;
    struct known rules, categories, groups, lists, pools, personas, guardrails,
        machines;
};

/* Checks everything. The configuration is bound and its lists are read. */
void crosscheck_config(const struct config *config, bool whole,
                       struct problems *problems);

/* "rules[3]", "composites[0]", "guardrails.brief.add[0]": whose the rule is. */
enum { CROSSCHECK_RULE_BYTES = 200 };
void crosscheck_rule_path(const struct config *config,
                          const struct config_rule *rule,
                          char out[CROSSCHECK_RULE_BYTES]);

/* Sets and profiles: crosscheck_sets.c. */
void crosscheck_sets(const struct crosscheck *check);

/* The rules and their tests: crosscheck_rules.c. */
void crosscheck_rules(const struct crosscheck *check);
void crosscheck_test(const struct crosscheck *check,
                     const struct config_test *test, const char *path);

/* State machines and who has them: crosscheck_machine.c. */
void crosscheck_machines(const struct crosscheck *check);

/* Something with an id, and where it stands. */
struct crosscheck_named {
    struct text id;
    const struct node *node;
    size_t nth; /* in the order of reading */
};

/* Each id once. Sorts `at`; `what` is the key that holds them. */
void crosscheck_ids(const struct crosscheck *check, struct crosscheck_named *at,
                    size_t count, const char *what);

/* The addresses: crosscheck_listen.c. */
void crosscheck_listen(const struct crosscheck *check);

/* Where sessions are shared: crosscheck_store.c. */
void crosscheck_store(const struct crosscheck *check);

/* Each threshold that is given is at least the weaker ones. */
void crosscheck_thresholds(const struct crosscheck *check,
                           const struct config_thresholds *thresholds,
                           const char *path);

/* The name must exist; "" is none. Told at the map's `key`. */
void crosscheck_name(const struct crosscheck *check, const struct known *known,
                     const char *what, struct text name, const struct node *map,
                     const char *path, const char *key);

/*
 * The map's list `key` of terms, of a rule or a list: one of nothing but stars
 * and blanks would hit anything.
 */
void crosscheck_terms(const struct crosscheck *check, const struct node *map,
                      const char *key, const char *path);

enum { CROSSCHECK_PATH_BYTES = 300 };

#endif
