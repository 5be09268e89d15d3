/*
 * One value of the tree into one member of a struct: numbers, words, texts and
 * lists of them. The records around them are bind.c's.
 */
#ifndef CONFIG_BINDING_H
#define CONFIG_BINDING_H

#include "config/bind.h"

/* What is bound at the moment, and where messages say it is. */
struct binding {
    struct arena *arena;
    struct problems *problems;
    struct source_set *sources;
    struct config *config;
    char path[BIND_PATH_BYTES]; /* "rules[3].tests[0]" */
    size_t len;                 /* of it */
    enum config_rule_type type; /* of the rule that is bound, or TYPES */
};

/* Appends to the path; the returned length takes it back with binding_pop. */
size_t binding_push(struct binding *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t binding_push_key(struct binding *b, struct text key);
void binding_pop(struct binding *b, size_t before);

/* A scalar, a list or a map? */
enum node_kind binding_kind(const struct schema_row *row);

/* "a whole number", "a list", ... */
const char *binding_words(const struct schema_row *row);

/* Has the node the row's kind? If not, a problem says so. */
bool binding_fits(struct binding *b, const struct schema_row *row,
                  const struct node *node);

/* Has the list or map as many children as it may? If not, a problem. */
bool binding_count(struct binding *b, const struct schema_row *row,
                   const struct node *node);

/* One text of the row's form; false: it is not, and a problem says so. */
bool binding_text(struct binding *b, const struct schema_row *row,
                  const struct node *node, struct text *out);

/* A list of such texts, into the row's member of the record. */
bool binding_texts(struct binding *b, const struct schema_row *row,
                   const struct node *node, void *record);

/*
 * Any value but a record, of the row's kind, into the row's member. False: it
 * is wrong, a problem says so, and the member is as before.
 */
bool binding_value(struct binding *b, const struct schema_row *row,
                   const struct node *node, void *record);

/* The row's array and its count. */
void binding_store(void *record, const struct schema_row *row,
                   const void *array, size_t count);

static inline void *
binding_member(void *record, size_t at)
{
    return (char *)record + at;
}

#endif
