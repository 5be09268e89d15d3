/*
 * The sense of a rule set that compiles: rules that can never decide anything,
 * lists that say the same twice, rules that nobody tested, patterns that
 * backtrack; and of each rule what it costs and holds back. Nothing here stops
 * an engine: problems that do are found when it is built.
 */
#ifndef SIDECAR_ENGINE_AUDIT_H
#define SIDECAR_ENGINE_AUDIT_H

#include "sidecar/engine/audit_pattern.h"
#include "sidecar/engine/engine.h"
#include "sidecar/engine/hold_plan.h"

enum audit_level {
    AUDIT_NOTE,   /* worth knowing */
    AUDIT_WARNING /* most likely not meant */
};

extern const char *const audit_level_names[]; /* by enum audit_level */

struct audit_remark {
    enum audit_level level;
    const char *check; /* "unreachable", "threshold", "overlap", "covered",
                          "untested", "backtracks", "unbounded" */
    struct place at;
    struct text path; /* "rules.PII_CARD" */
    struct text message;
};

struct audit_rule {
    const struct rule *rule;
    size_t terms, patterns;
    size_t positive, negative; /* tests that expect it, and that forbid it */
    const struct hold_plan_rule *hold; /* what it holds back in a stream */
    enum audit_growth growth;          /* of the worst of its patterns */
    double ns_per_kib; /* audit_costs: alone; NAN: not measured */
};

struct audit {
    struct arena *arena;      /* kept; owns everything here */
    struct audit_rule *rules; /* [rule_count] in the configuration's order */
    size_t rule_count;
    struct audit_remark *at; /* [count] */
    size_t count, cap, warnings;
    bool short_of_memory; /* remarks are missing */
};

/*
 * Looks at every rule of the engine, which must outlive the audit. Patterns are
 * probed: some milliseconds for each that repeats without end. Fails only where
 * memory is short.
 */
bool audit_engine(const struct engine *engine, struct arena *arena,
                  struct audit *out, struct err *err);

/*
 * Measures every active rule alone on a text of everyday chat: the engine's own
 * way to judge it, less what an engine without rules takes. A rule whose
 * literals are not in the text costs what looking for them costs. About 2 ms a
 * rule, and what compiling it alone takes.
 */
bool
audit_costs(const struct engine *engine, struct audit *audit, struct err *err);

/* ------------------------------------------- between the files of the audit */

void
audit_remark(struct audit *audit, enum audit_level level, const char *check,
             struct place at, const char *path, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The same about a rule; the place is that of its key, or the rule's. */
void audit_remark_rule(struct audit *audit, enum audit_level level,
                       const char *check, const struct config_rule *rule,
                       const char *key, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Rules that never run, thresholds that are never reached. */
void audit_reach(const struct engine *engine, struct audit *audit);

/* Terms: twice in lists, covered by an earlier rule. Counts and longest too. */
bool
audit_terms(const struct engine *engine, struct audit *audit, struct err *err);

#endif
