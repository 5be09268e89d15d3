/*
 * One scan of one text, shared by the files that make it: rules_scan.c says
 * what runs when, rules_words.c finds terms, rules_patterns.c runs regular
 * expressions, rules_detect.c calls the other detectors.
 */
#ifndef SIDECAR_ENGINE_RULES_PASS_H
#define SIDECAR_ENGINE_RULES_PASS_H

#include "proto/envelope.h"
#include "sidecar/engine/rules_set.h"

struct pass {
    const struct rules *rules;
    struct rules_scratch *scratch;
    const struct rules_request *request;
    struct text raw;
    /* Those that are not there (text.at NULL) would show nothing new. */
    const struct view *views[VIEW_KINDS];
    struct hits *out;
    struct hits allow;   /* spans that forgive; `view` holds raw bytes */
    bool *runs;          /* [rules->count] applies to this request */
    enum view_kind seen; /* the view being looked at */
    bool gates_open;     /* in it every pattern has to be run */
    int char_bytes;      /* most in it, 0: not yet known */
    int english;         /* is the text? 1, or -1; 0: nobody has asked yet */
    struct err *err;
};

/* Bit of enum config_view that a rule must have to look at the view. */
int rules_view_bit(enum view_kind kind);

/* What a hit of the rule is in this request, before it has a place. */
struct hit rules_hit(const struct pass *pass, size_t rule);

/*
 * Adds a hit of the view being looked at: places it in the raw text, says how
 * it was seen there. `how`: one of enum envelope_via where that is known, else
 * 0.
 */
bool
rules_add(struct pass *pass, const struct hit *hit, struct span view, int how);

/* Adds a hit that has its raw place already, or none (`whole`). */
bool rules_add_placed(struct pass *pass, const struct hit *hit);

/* The rule could not be run to the end. */
void rules_add_failure(struct pass *pass, size_t rule);

/* Has the deadline passed? False then, with err. */
bool rules_in_time(struct pass *pass);

/* rules_words.c: every term of the set in the view being looked at. */
bool rules_words(struct pass *pass, const struct term_set *set);
bool rules_disguises(struct pass *pass);
bool rules_denied(struct pass *pass);
void rules_drop_forgiven(struct pass *pass);

/*
 * rules_patterns.c: a view's literals tell (rules_gate_found) which patterns
 * may match in it and where; rules_patterns then runs those.
 */
void rules_gates_close(struct pass *pass);
bool
rules_gate_found(struct pass *pass, const struct term *term, struct span span);
bool rules_patterns(struct pass *pass);
void rules_drop_mentions(struct pass *pass, size_t rule);

/* rules_detect.c: everything that is neither term nor pattern. */
bool rules_detect(struct pass *pass);

#endif
