/*
 * The journal of verdicts: who asked what of which engine, and what came of
 * it, in a chain of hashes (journal_chain.h). No text unless the store is told
 * to keep it.
 */
#ifndef SIDECAR_STORE_STORE_JOURNAL_H
#define SIDECAR_STORE_STORE_JOURNAL_H

#include "sidecar/store/store.h"
#include "sidecar/store/store_outbox.h"

/* One verdict, as it is to be written down. */
struct store_verdict {
    int64_t at_ms;
    struct text op, persona, session, message_id, workspace;
    struct text user; /* only its digest is kept */
    struct text request_id;
    struct text engine_hash;
    uint64_t generation;
    struct text verdict, action, decided_kind, decided_id;
    const struct text *rules; /* [rule_count], hit */
    size_t rule_count;
    double drift_score, drift_threshold; /* NAN: there is none */
    bool drift_judged;                   /* drift_alert says something */
    bool drift_alert;
    struct text content;  /* what was judged; its digest is kept */
    struct text metadata; /* a JSON object, or "" */
};

enum { STORE_RULES_BYTES = 4096 }; /* of names; further ones: "..." */

/*
 * Writes the verdict and the alerts that came of it, both in one transaction.
 * Where the policy is to refuse, waits until it is committed.
 *
 * False: it was not taken (ERR_INTERNAL); the caller degrades or refuses.
 * Does nothing, and is true, where there is no journal and no outbox.
 */
bool store_journal_add(struct store *store, const struct store_verdict *verdict,
                       const struct store_alert *alerts, size_t alert_count,
                       struct err *err);

#endif
