#include "sidecar/store/store_journal.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/store/parts.h"
#include "sidecar/store/sql.h"

static struct text
digest_text(const struct store *store, struct text text, char hex[DIGEST_HEX])
{
    if (text.len == 0) {
        return (struct text){NULL, 0};
    }
    const struct digest digest = store_digest(store, text);
    digest_hex(&digest, hex);
    return text_of(hex);
}

/* Names by commas; what does not fit is "...". */
static struct text
join_rules(const struct store_verdict *v, char room[STORE_RULES_BYTES])
{
    static const char more[] = ",...";
    size_t len = 0;

    for (size_t i = 0; i < v->rule_count; i++) {
        const struct text rule = v->rules[i];
        const size_t left = STORE_RULES_BYTES - sizeof(more) - len;
        if (rule.len + 1 > left) {
            memcpy(room + len, more + (len == 0), sizeof(more) - (len == 0));
            return text_of(room);
        }
        if (len > 0) {
            room[len++] = ',';
        }
        memcpy(room + len, rule.at, rule.len);
        len += rule.len;
    }
    return (struct text){room, len};
}

static struct text
join_decided(const struct store_verdict *v, char *room, size_t size)
{
    if (v->decided_kind.len == 0) {
        return (struct text){NULL, 0};
    }
    const int len =
        snprintf(room, size, "%.*s:%.*s", TEXT_ARGS(v->decided_kind),
                 TEXT_ARGS(v->decided_id));
    return (struct text){room, (size_t)len < size ? (size_t)len : size - 1};
}

void
parts_prepare(const struct store *store, const struct store_verdict *v,
              const struct store_alert *alerts, size_t alert_count,
              struct parts_verdict *out)
{
    out->wanted = v != NULL && store->options.journal;
    out->alerts = alerts;
    out->alert_count = store->options.outbox ? alert_count : 0;
    if (!out->wanted) {
        return;
    }
    out->record = (struct journal_record){
        .at = v->at_ms,
        .op = v->op,
        .persona = v->persona,
        .session = v->session,
        .message_id = v->message_id,
        .workspace = v->workspace,
        .user_hash = digest_text(store, v->user, out->user),
        .request_id = v->request_id,
        .engine = v->engine_hash,
        .generation = v->generation,
        .verdict = v->verdict,
        .action = v->action,
        .decided_by = join_decided(v, out->decided, sizeof(out->decided)),
        .rules = join_rules(v, out->rules),
        .drift_score = v->drift_score,
        .drift_threshold = v->drift_threshold,
        .drift_alert =
            v->drift_judged ? (int)v->drift_alert : JOURNAL_CHAIN_NO_ALERT,
        .content = digest_text(store, v->content, out->content),
        .metadata = v->metadata,
        .text =
            store->options.journal_text ? v->content : (struct text){NULL, 0},
    };
}

static void
put_alert(struct buffer *unit, const struct store_alert *alert)
{
    const size_t record = writer_open_record(unit, SQL_OUTBOX_ADD);

    wire_put_str(unit, alert->id);
    wire_put_str(unit, alert->dedup_key);
    wire_put_int(unit, alert->at_ms);
    wire_put_str(unit, alert->type);
    wire_put_str(unit, alert->reason);
    wire_put_str(unit, alert->severity);
    wire_put_str(unit, alert->persona);
    wire_put_str(unit, alert->session);
    wire_put_str(unit, alert->message_id);
    wire_put_str(unit, alert->workspace);
    wire_put_str(unit, alert->request_id);
    wire_put_double(unit, alert->drift_score);
    wire_put_double(unit, alert->drift_threshold);
    wire_put_str(unit, alert->metadata);
    writer_close_record(unit, record);
}

void
parts_put(const struct parts_verdict *verdict, struct buffer *unit)
{
    if (verdict->wanted) {
        journal_put(unit, &verdict->record);
    }
    for (size_t i = 0; i < verdict->alert_count; i++) {
        put_alert(unit, &verdict->alerts[i]);
    }
}

bool
store_journal_add(struct store *store, const struct store_verdict *verdict,
                  const struct store_alert *alerts, size_t alert_count,
                  struct err *err)
{
    struct parts_verdict prepared;
    uint64_t seq;

    parts_prepare(store, verdict, alerts, alert_count, &prepared);
    if (!prepared.wanted && prepared.alert_count == 0) {
        return true;
    }
    struct buffer *unit = writer_begin(store->writer, err);
    if (unit != NULL) {
        parts_put(&prepared, unit);
    }
    const bool done = unit != NULL &&
                      writer_end(store->writer, parts_waits(store), &seq, err);
    if (!done) {
        atomic_fetch_add_explicit(&store->degraded, 1, memory_order_relaxed);
    }
    return done;
}
