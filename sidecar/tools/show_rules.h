/*
 * What an audit found, for people and as JSON lines.
 */
#ifndef SIDECAR_TOOLS_SHOW_RULES_H
#define SIDECAR_TOOLS_SHOW_RULES_H

#include <stdio.h>

#include "sidecar/engine/audit.h"

/*
 * The remarks of at least that level, in the order they were found:
 * `file:line:column: warning: path: message`, or an object a line with
 * "severity" and "check". False: no memory for one.
 */
bool show_rules_remarks(const struct audit *audit, enum audit_level least,
                        bool json, FILE *to);

/* One row or object a rule. False as above. */
bool show_rules_table(const struct audit *audit, bool json, FILE *to);

#endif
