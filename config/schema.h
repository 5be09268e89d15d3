/*
 * Every key of the configuration, once: what it may be, what it is where it is
 * not given, and what it is for. The binder, the overrides, the messages, the
 * suggestions and `leeway check --explain` all read these tables, so that none
 * of them can disagree with another.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/config.h"

enum schema_type {
    SCHEMA_BOOLEAN, /* bool */
    SCHEMA_INTEGER, /* long long */
    SCHEMA_NUMBER,  /* double */
    SCHEMA_CHOICE,  /* int or enum, by `names` */
    SCHEMA_CHOICES, /* list of them, as bits of an int */
    SCHEMA_TEXT,    /* struct text, of `form` */
    SCHEMA_TEXTS,   /* list; struct text * and size_t, each of `form` */
    SCHEMA_SINGLE,  /* one text that fills the member of a SCHEMA_TEXTS */
    SCHEMA_PAIRS,   /* map of name to text; as SCHEMA_TEXTS, "name=text" */
    SCHEMA_SPANS,   /* list of [from, to]; long long * and size_t */
    SCHEMA_RECORD,  /* map with the keys of `table`; the struct itself */
    SCHEMA_RECORDS, /* list of such maps; struct * and size_t */
    SCHEMA_MAP,     /* map of name to such maps; struct * and size_t */
    SCHEMA_LOCALES, /* map of language to lines; struct * and size_t */
    SCHEMA_LISTS,   /* a rule's lists: names, and maps of `table` */
    SCHEMA_NOTED    /* read by the loader, file by file; no member */
};

/* What a text must look like. */
enum schema_form {
    SCHEMA_FREE,
    SCHEMA_ID,        /* [A-Za-z0-9][A-Za-z0-9._:-]{0,127} */
    SCHEMA_CATEGORY,  /* the same, and "/" after the first character */
    SCHEMA_RULE,      /* [A-Z0-9_]{1,64} */
    SCHEMA_LANGUAGE,  /* like en, de-AT, zh-Hant (BCP 47) */
    SCHEMA_CONDITION, /* read by sidecar/engine/condition.h */
    SCHEMA_CHARACTER, /* one character */
    SCHEMA_NAMED,     /* one of `names` */
    SCHEMA_PATH       /* a file; becomes an absolute path */
};

/* What it takes for a new value to count. */
enum schema_change { SCHEMA_RELOAD, SCHEMA_RESTART };

struct schema_name {
    const char *name; /* NULL ends the list */
    int value;
};

struct schema_row {
    const char *key;
    const char *help; /* a sentence or two */
    enum schema_type type;
    enum schema_form form;
    size_t at;          /* offset of the member in its struct */
    size_t count_at;    /* offset of its size_t, where it has one */
    size_t given_at;    /* offset of a bool "the key was given"; 0: none */
    double min, max;    /* of the number; bytes of a text; items of a list */
    size_t item_bytes;  /* SCHEMA_TEXTS: at most, each */
    const char *preset; /* the default, as it would be written; lists with
                           commas. NULL: none (-1, NAN, no text, no item) */
    const char *unit;   /* "ms", "bytes", ... or NULL */
    const struct schema_name *names;
    const struct schema_table *table;
    const char *rival; /* a key that must not stand beside this one, or NULL */
    unsigned types;    /* 1 << enum config_rule_type, or'ed; 0: every rule */
    enum schema_change change;
    bool required;
    bool secret;    /* never printed */
    bool inherits;  /* record: what is not given keeps what is there already */
    bool elsewhere; /* another name of a key that has its own row: no default;
                       a record is moved there by merge.h */
};

struct schema_table {
    const char *name;              /* "rule" */
    size_t size;                   /* of its struct; 0: its parent's */
    const struct schema_row *rows; /* [count] */
    size_t count;
    const struct schema_row *rest; /* for keys of no row, or NULL */
    enum schema_form id_form;      /* SCHEMA_MAP: of the names */
    size_t id_at;                  /* SCHEMA_MAP: offset of the name */
    bool keeps_node; /* the struct begins with `const struct node *node` */
    bool of_rule;    /* keys depend on the rule's type */
    enum config_rule_type rule_type; /* of_rule: that of all, or TYPES */
};

/* A file's top level; its struct is struct config. */
extern const struct schema_table schema_config;

/* Of other files: schema_rules.c, schema_content.c, schema_drift.c and
 * schema_store.c. */
extern const struct schema_table schema_category, schema_group, schema_list,
    schema_rule, schema_composite, schema_rule_patch, schema_guardrail,
    schema_profile, schema_votes, schema_pool, schema_persona, schema_test,
    schema_drift, schema_drift_of_persona, schema_machine, schema_sessions,
    schema_store, schema_journal, schema_alerts;
extern const struct schema_name schema_rule_types[], schema_decisions[],
    schema_outcomes[];

/* The row of that key, or NULL. */
const struct schema_row *
schema_find(const struct schema_table *table, struct text key);

/*
 * The table's key nearest to `key`, of those a rule of the type may have
 * (CONFIG_RULE_TYPES: any); NULL: none is near.
 */
const char *schema_nearest(const struct schema_table *table, struct text key,
                           enum config_rule_type type);

/* The name of that value, or NULL. */
const char *schema_name_of(const struct schema_name *names, int value);

/* "terms", ..., "composite". */
const char *schema_type_name(enum config_rule_type type);

/*
 * Is this a name of the contract that this build does not have yet? `where` is
 * a table's name, or for a value "rule.type".
 */
bool schema_absent(const char *where, struct text name);

/* Categories and fallback lines there are where no file says others: YAML. */
extern const char schema_built_in[];

#endif
