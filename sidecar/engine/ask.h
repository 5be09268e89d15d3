/*
 * A request's extraGuardrails, understood against the rules there are.
 * Immutable, and the same for every request that brings the same items.
 */
#ifndef SIDECAR_ENGINE_ASK_H
#define SIDECAR_ENGINE_ASK_H

#include "config/config.h"
#include "proto/request.h"
#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

struct ask_rule {
    size_t rule; /* index into config->rules */
    bool off;
    enum config_action at_least; /* where it is not off */
};

/* deny:TERM and allow:TERM, folded as fold.h does terms. */
struct ask_term {
    struct text folded;
    bool left, right; /* a word boundary is asked for there */
};

struct ask_terms {
    const struct ask_term *at; /* [count] */
    size_t count;
};

struct ask {
    struct arena *arena; /* owns everything here, the struct too */
    const size_t *sets;  /* [set_count] indexes into config->guardrails */
    size_t set_count;
    const struct ask_rule *rules; /* [rule_count] */
    size_t rule_count;
    struct ask_terms deny, allow;
    struct request_texts canaries; /* folded */
    struct config_texts languages;
    long long min_chars, max_chars; /* -1: not given */
    struct request_texts refused;   /* well-formed, but not to be had */
};

/* What has been understood, kept by content: engine.h has one. */
struct guardrail_cache;
struct guardrail_cache_entry;
struct guardrail_cache *ask_cache_new(void);

/*
 * What the items come to; *out is NULL where there are none. Understood once
 * for all requests that bring the same: `arena` serves to look for it only.
 * The caller gives *lease back (ask_return) when it is done. False: no memory.
 *
 *   hash  the configuration's, on which it depends what the items mean
 */
bool ask_borrow(struct guardrail_cache *cache, const struct config *config,
                struct text hash, struct request_texts items,
                struct arena *arena, struct guardrail_cache_entry **lease,
                const struct ask **out, struct err *err);
void ask_return(struct guardrail_cache_entry *lease);

/*
 * Is the item (of extraGuardrails, as it was sent) one that was not understood,
 * or asks for what it may not have?
 */
bool ask_refuses(const struct ask *ask, struct text item);

#endif
