/*
 * What the texts of a configuration look like: ids, languages, conditions.
 */
#ifndef CONFIG_FORM_H
#define CONFIG_FORM_H

#include "config/schema.h"

/*
 * NULL where the text has the form, else the form in words, to stand after
 * `"..." is not `. SCHEMA_FREE, SCHEMA_NAMED and SCHEMA_PATH hold any text.
 */
const char *form_fault(enum schema_form form, struct text text);

/* Nothing but stars and blanks: as a term it would hit anything. */
bool form_is_hollow(struct text term);

/* Is this one of YAML's ways to say "no value", without quotes? */
bool form_is_null(const struct node *node);

#endif
