#include "sidecar/engine/alert.h"

#include <stdio.h>

#include "sidecar/base/hash.h"

enum { HEX = 17 };

static struct text
hex_of(uint64_t value, struct arena *arena)
{
    char hex[HEX];

    snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)value);
    return arena_copy(arena, text_of(hex));
}

/* Same kind of trouble in the same conversation: one key. */
static uint64_t
dedup_hash(const struct request *r, const struct envelope_alert *alert)
{
    uint64_t h = hash_text(alert->type, 11);

    h = hash_text(r->workspace, h);
    h = hash_text(r->session.len > 0 ? r->session : r->persona, h);
    return hash_text(alert->reason, h);
}

static bool
add(const struct alert_subject *subject, struct envelope_alert alert,
    struct arena *arena, struct envelope *out)
{
    const struct request *r = subject->request;
    const uint64_t dedup = dedup_hash(r, &alert);
    uint64_t id = hash_text(r->id, dedup);

    id = hash_text(r->message_id, id);
    id = hash_text(subject->candidate, hash_mix(id + (uint64_t)r->turn));
    alert.id = hex_of(id, arena);
    alert.dedup_key = hex_of(dedup, arena);
    out->alerts[out->alert_count++] = alert;
    return alert.id.at != NULL && alert.dedup_key.at != NULL;
}

static struct text
highest_severity(const struct envelope *out)
{
    static const char *const order[] = {"critical", "high", "medium", "low"};

    for (size_t s = 0; s < sizeof(order) / sizeof(order[0]); s++) {
        for (size_t i = 0; i < out->hit_count; i++) {
            if (text_is(out->hits[i].severity, order[s])) {
                return text_of(order[s]);
            }
        }
    }
    return TEXT("info");
}

bool
alert_fill(const struct alert_subject *subject, struct arena *arena,
           struct envelope *out, struct err *err)
{
    bool done = true;

    out->alert_count = 0;
    if (out->verdict != VERDICT_PASS) {
        const struct envelope_alert alert = {.type = TEXT("moderation.flagged"),
                                             .reason = subject->cause,
                                             .severity = highest_severity(out)};
        done = add(subject, alert, arena, out);
    }
    if (out->drift.status == DRIFT_OK && out->drift.alert) {
        const struct envelope_alert alert = {
            .type = TEXT("persona.audit_failed"),
            .reason = TEXT("voice_drift"),
            .severity = out->action >= ACTION_REGENERATE ? TEXT("high")
                                                         : TEXT("medium")};
        done = add(subject, alert, arena, out) && done;
    }
    if (!done) {
        err_memory(err, "alerts");
    }
    return done;
}
