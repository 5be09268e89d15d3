#include "proto/encode.h"

#include <math.h>

#include "proto/fault.h"
#include "proto/wire.h"
#include "sidecar/base/utf8.h"

/* A map being written: counts its own entries. */
struct map {
    struct buffer *to;
    struct wire_open open;
    size_t entries;
};

static struct map
map_begin(struct buffer *to)
{
    return (struct map){to, wire_open_map(to), 0};
}

static void
map_end(const struct map *map)
{
    wire_close_map(map->to, map->open, map->entries);
}

static void
key(struct map *map, const char *name)
{
    wire_put_str(map->to, text_of(name));
    map->entries++;
}

static void
put_text(struct map *map, const char *name, struct text value)
{
    key(map, name);
    wire_put_str(map->to, value);
}

static void
put_string(struct map *map, const char *name, const char *value)
{
    put_text(map, name, text_of(value));
}

/* Words of ours, which may quote a file name that is not UTF-8. */
static void
put_words(struct map *map, const char *name, struct text words)
{
    char fixed[ERR_MESSAGE_BYTES];
    struct text valid = {fixed, words.len};
    size_t bad = 0;

    if (valid.len > sizeof(fixed)) {
        valid.len = sizeof(fixed);
    }
    if (valid.len > 0) {
        memcpy(fixed, words.at, valid.len);
    }
    while (!utf8_check(valid, &bad)) {
        fixed[bad] = '?';
    }
    put_text(map, name, valid);
}

static void
put_number(struct map *map, const char *name, double value)
{
    key(map, name);
    wire_put_double(map->to, value);
}

static void
put_count(struct map *map, const char *name, unsigned long long value)
{
    key(map, name);
    wire_put_uint(map->to, value);
}

static void
put_bool(struct map *map, const char *name, bool value)
{
    key(map, name);
    wire_put_bool(map->to, value);
}

/* Scores leave with 4 decimals: PROTOCOL.md, "Numbers". */
static double
rounded(double value)
{
    return isnan(value) ? value : floor(value * 1e4 + 0.5) / 1e4;
}

static void
put_span(struct map *map, const char *name, struct envelope_span span)
{
    key(map, name);
    wire_put_array(map->to, 2);
    wire_put_uint(map->to, span.from);
    wire_put_uint(map->to, span.to);
}

static void
put_via(struct map *map, int via)
{
    size_t count = 0;

    for (size_t i = 0; envelope_via_names[i] != NULL; i++) {
        count += (via >> i & 1) != 0;
    }
    key(map, "via");
    wire_put_array(map->to, count);
    for (size_t i = 0; envelope_via_names[i] != NULL; i++) {
        if ((via >> i & 1) != 0) {
            wire_put_str(map->to, text_of(envelope_via_names[i]));
        }
    }
}

/* [[gram, weight], ...] */
static void
put_reasons(struct map *map, const struct envelope_hit *hit)
{
    key(map, "reasons");
    wire_put_array(map->to, hit->reason_count);
    for (size_t i = 0; i < hit->reason_count; i++) {
        wire_put_array(map->to, 2);
        wire_put_str(map->to, hit->reasons[i].gram);
        wire_put_double(map->to, rounded(hit->reasons[i].weight));
    }
}

static void
put_hit(struct buffer *to, const struct envelope_hit *hit)
{
    struct map map = map_begin(to);

    put_text(&map, "rule", hit->rule);
    put_text(&map, "type", hit->type);
    put_text(&map, "category", hit->category);
    put_text(&map, "severity", hit->severity);
    put_text(&map, "mode", hit->mode);
    put_number(&map, "score", rounded(hit->score));
    put_text(&map, "stage", hit->stage);
    put_via(&map, hit->via);
    put_span(&map, "span", hit->bytes);
    put_span(&map, "spanCp", hit->code_points);
    put_span(&map, "spanU16", hit->utf16);
    if (hit->entity.len > 0) {
        put_text(&map, "entity", hit->entity);
    }
    if (hit->reason_count > 0) {
        put_reasons(&map, hit);
    }
    if (hit->replacement.at != NULL) {
        put_text(&map, "replacement", hit->replacement);
    }
    map_end(&map);
}

static void
put_votes(struct map *to, const struct envelope_votes *votes)
{
    key(to, "votes");
    struct map map = map_begin(to->to);
    put_text(&map, "outcome", votes->outcome);
    put_count(&map, "yes", votes->yes);
    put_count(&map, "no", votes->no);
    put_count(&map, "abstained", votes->abstained);
    map_end(&map);
}

static void
put_categories(struct map *map, const struct envelope *e)
{
    key(map, "categories");
    wire_put_map(map->to, e->category_count);
    for (size_t i = 0; i < e->category_count; i++) {
        const struct envelope_category *c = &e->categories[i];
        wire_put_str(map->to, c->name);
        struct map entry = map_begin(map->to);
        put_number(&entry, "score", rounded(c->score));
        put_number(&entry, "threshold", c->threshold);
        put_bool(&entry, "flagged", c->flagged);
        if (c->votes.outcome.len > 0) {
            put_votes(&entry, &c->votes);
        }
        map_end(&entry);
    }
}

static void
put_drift_details(struct map *parent, const struct envelope_drift *d)
{
    key(parent, "drift");
    struct map map = map_begin(parent->to);
    put_string(&map, "status", envelope_drift_names[d->status]);
    put_number(&map, "raw", rounded(d->raw));
    put_text(&map, "scale", d->scale);
    put_text(&map, "source", d->source);
    put_text(&map, "model", d->model);
    put_text(&map, "thresholdSource", d->threshold_source);
    put_number(&map, "percentile", rounded(d->percentile));
    key(&map, "register");
    if (d->register_index < 0) {
        wire_put_nil(map.to);
    } else {
        wire_put_int(map.to, d->register_index);
    }
    if (d->nearest_other.len > 0) {
        put_text(&map, "nearestOther", d->nearest_other);
        put_number(&map, "margin", rounded(d->margin));
        put_bool(&map, "swapSuspected", d->swap_suspected);
    }
    if (d->reason.len > 0) {
        put_text(&map, "reason", d->reason);
    }
    if (d->hint_count > 0) {
        key(&map, "hints");
        wire_put_array(map.to, d->hint_count);
        for (size_t i = 0; i < d->hint_count; i++) {
            wire_put_str(map.to, d->hints[i]);
        }
    }
    map_end(&map);
}

static void
put_drift(struct map *map, const struct envelope_drift *d)
{
    put_number(map, "driftScore", d->score);
    put_number(map, "driftThreshold", d->threshold);
    key(map, "driftAlert");
    if (d->status == DRIFT_OK) {
        wire_put_bool(map->to, d->alert);
    } else {
        wire_put_nil(map->to);
    }
    put_drift_details(map, d);
}

static void
put_alerts(struct map *map, const struct envelope *e)
{
    key(map, "alerts");
    wire_put_array(map->to, e->alert_count);
    for (size_t i = 0; i < e->alert_count; i++) {
        const struct envelope_alert *a = &e->alerts[i];
        struct map entry = map_begin(map->to);
        put_text(&entry, "type", a->type);
        put_text(&entry, "reason", a->reason);
        put_text(&entry, "id", a->id);
        put_text(&entry, "dedupKey", a->dedup_key);
        put_text(&entry, "severity", a->severity);
        map_end(&entry);
    }
}

static void
put_coverage(struct map *parent, const struct envelope_coverage *c)
{
    key(parent, "coverage");
    struct map map = map_begin(parent->to);
    put_count(&map, "bytes", c->bytes);
    put_count(&map, "rulesRun", c->rules_run);
    put_count(&map, "rulesSkipped", c->rules_skipped);
    put_count(&map, "errors", c->errors);
    put_bool(&map, "deadlineHit", c->deadline_hit);
    put_bool(&map, "degraded", c->degraded);
    if (c->truncated_matches) {
        put_bool(&map, "truncatedMatches", true);
    }
    map_end(&map);
}

static void
put_decision(struct map *parent, const struct envelope_decision *d)
{
    key(parent, "decidedBy");
    if (d->kind.len == 0) {
        wire_put_nil(parent->to);
        return;
    }
    struct map map = map_begin(parent->to);
    put_text(&map, "kind", d->kind);
    put_text(&map, "id", d->id);
    map_end(&map);
}

/* What stands in the envelope only where there is something to say. */
static void
put_optional(struct map *map, const struct envelope *e)
{
    if (e->pool.len > 0) {
        key(map, "fallback");
        struct map entry = map_begin(map->to);
        put_text(&entry, "pool", e->pool);
        put_text(&entry, "locale", e->locale);
        put_count(&entry, "line", e->line);
        map_end(&entry);
    }
    if (e->unsupported_count > 0) {
        key(map, "unsupportedGuardrails");
        wire_put_array(map->to, e->unsupported_count);
        for (size_t i = 0; i < e->unsupported_count; i++) {
            wire_put_str(map->to, e->unsupported[i]);
        }
    }
    if (e->error_code != NULL) {
        key(map, "error");
        struct map entry = map_begin(map->to);
        put_string(&entry, "code", e->error_code);
        put_count(&entry, "http", (unsigned long long)e->error_http);
        put_string(&entry, "message", e->error_message);
        map_end(&entry);
    }
}

void
encode_envelope(struct buffer *to, const struct envelope *e)
{
    struct map map = map_begin(to);

    put_string(&map, "moderationVerdict", envelope_verdict_names[e->verdict]);
    put_string(&map, "action", envelope_action_names[e->action]);
    if (e->content.at != NULL) {
        put_text(&map, "content", e->content);
    }
    put_bool(&map, "contentReplaced", e->content.at != NULL);
    put_bool(&map, "flagged", e->verdict != VERDICT_PASS);
    put_decision(&map, &e->decided_by);
    put_string(&map, "wouldAction", envelope_action_names[e->would_action]);
    put_categories(&map, e);
    key(&map, "hits");
    wire_put_array(to, e->hit_count);
    for (size_t i = 0; i < e->hit_count; i++) {
        put_hit(to, &e->hits[i]);
    }
    put_drift(&map, &e->drift);
    put_alerts(&map, e);
    put_coverage(&map, &e->coverage);
    put_optional(&map, e);
    map_end(&map);
}

static void
put_timing(struct map *parent, const struct envelope_timing *t)
{
    key(parent, "timingUs");
    struct map map = map_begin(parent->to);
    put_count(&map, "total", t->total);
    put_count(&map, "queue", t->queue);
    put_count(&map, "normalise", t->normalise);
    put_count(&map, "rules", t->rules);
    put_count(&map, "embed", t->embed);
    put_count(&map, "drift", t->drift);
    map_end(&map);
}

/* The common keys of every reply. */
static struct map
reply_begin(struct buffer *to, const struct encode_answer *answer, bool ok)
{
    const struct request *request = answer->request;
    struct map map = map_begin(to);

    key(&map, "v");
    wire_put_int(to, REQUEST_VERSION);
    put_text(&map, "op", request->op_name);
    put_text(&map, "id", request->id);
    put_bool(&map, "ok", ok);
    key(&map, "engine");
    struct map engine = map_begin(to);
    put_count(&engine, "generation", answer->engine.generation);
    put_text(&engine, "hash", answer->engine.hash);
    map_end(&engine);
    put_timing(&map, &answer->timing);
    if (request->metadata.len > 0) {
        key(&map, "metadata");
        buffer_add_text(to, request->metadata);
    }
    if (request->traceparent.len > 0) {
        put_text(&map, "traceparent", request->traceparent);
    }
    return map;
}

void
encode_score(struct buffer *to, const struct encode_answer *answer,
             const struct envelope *results, size_t count, size_t chosen)
{
    struct map map = reply_begin(to, answer, true);

    key(&map, "results");
    wire_put_array(to, count);
    for (size_t i = 0; i < count; i++) {
        encode_envelope(to, &results[i]);
    }
    put_count(&map, "chosen", chosen);
    map_end(&map);
}

void
encode_ping(struct buffer *to, const struct encode_answer *answer,
            struct text version)
{
    struct map map = reply_begin(to, answer, true);

    put_text(&map, "version", version);
    map_end(&map);
}

void
encode_stats(struct buffer *to, const struct encode_answer *answer,
             const struct encode_stat *stats, size_t count,
             struct text last_error)
{
    struct map map = reply_begin(to, answer, true);

    key(&map, "stats");
    struct map numbers = map_begin(to);
    for (size_t i = 0; i < count; i++) {
        put_count(&numbers, stats[i].name, stats[i].value);
    }
    map_end(&numbers);
    put_words(&map, "lastReloadError", last_error);
    map_end(&map);
}

void
encode_error(struct buffer *to, const struct encode_answer *answer,
             const struct err *err, long long retry_after_ms)
{
    const struct fault fault = fault_of(err->kind);
    struct map map = reply_begin(to, answer, false);

    key(&map, "error");
    struct map error = map_begin(to);
    put_string(&error, "code", fault.code);
    put_words(&error, "message", text_of(err->message));
    put_count(&error, "http", (unsigned long long)fault.http);
    key(&error, "details");
    struct map details = map_begin(to);
    if (err->path[0] != '\0') {
        put_string(&details, "path", err->path);
    }
    map_end(&details);
    if (retry_after_ms >= 0) {
        put_count(&error, "retryAfterMs", (unsigned long long)retry_after_ms);
    }
    map_end(&error);
    map_end(&map);
}
