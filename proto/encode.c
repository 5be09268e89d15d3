#include "proto/encode.h"

#include <math.h>

#include "proto/encode_session.h"
#include "proto/fault.h"
#include "proto/map.h"
#include "proto/wire.h"
#include "sidecar/base/utf8.h"

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
    map_text(map, name, valid);
}

static void
put_span(struct map *map, const char *name, struct envelope_span span)
{
    map_key(map, name);
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
    map_key(map, "via");
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
    map_key(map, "reasons");
    wire_put_array(map->to, hit->reason_count);
    for (size_t i = 0; i < hit->reason_count; i++) {
        wire_put_array(map->to, 2);
        wire_put_str(map->to, hit->reasons[i].gram);
        wire_put_double(map->to, map_decimals(hit->reasons[i].weight));
    }
}

static void
put_hit(struct buffer *to, const struct envelope_hit *hit, bool bare)
{
    struct map map = map_begin(to);

    map_text(&map, "rule", hit->rule);
    map_text(&map, "type", hit->type);
    map_text(&map, "category", hit->category);
    map_text(&map, "severity", hit->severity);
    map_text(&map, "mode", hit->mode);
    map_rounded(&map, "score", hit->score);
    map_text(&map, "stage", hit->stage);
    put_via(&map, hit->via);
    put_span(&map, "span", hit->bytes);
    put_span(&map, "spanCp", hit->code_points);
    put_span(&map, "spanU16", hit->utf16);
    if (hit->entity.len > 0) {
        map_text(&map, "entity", hit->entity);
    }
    if (hit->reason_count > 0 && !bare) {
        put_reasons(&map, hit);
    }
    if (hit->replacement.at != NULL && !bare) {
        map_text(&map, "replacement", hit->replacement);
    }
    map_end(&map);
}

static void
put_votes(struct map *to, const struct envelope_votes *votes)
{
    struct map map = map_inner(to, "votes");

    map_text(&map, "outcome", votes->outcome);
    map_count(&map, "yes", votes->yes);
    map_count(&map, "no", votes->no);
    map_count(&map, "abstained", votes->abstained);
    map_end(&map);
}

static void
put_categories(struct map *map, const struct envelope *e)
{
    map_key(map, "categories");
    wire_put_map(map->to, e->category_count);
    for (size_t i = 0; i < e->category_count; i++) {
        const struct envelope_category *c = &e->categories[i];
        wire_put_str(map->to, c->name);
        struct map entry = map_begin(map->to);
        map_rounded(&entry, "score", c->score);
        map_number(&entry, "threshold", c->threshold);
        map_bool(&entry, "flagged", c->flagged);
        if (c->votes.outcome.len > 0) {
            put_votes(&entry, &c->votes);
        }
        map_end(&entry);
    }
}

static void
put_hint(struct buffer *to, const struct envelope_hint *hint)
{
    struct map map = map_begin(to);

    map_string(&map, "kind", hint->kind);
    map_text(&map, "text", hint->text);
    if (hint->about.len > 0) {
        map_text(&map, "about", hint->about);
    }
    if (!isnan(hint->here)) {
        map_rounded(&map, "here", hint->here);
        map_rounded(&map, "hers", hint->hers);
    }
    if (!isnan(hint->strength)) {
        map_rounded(&map, "strength", hint->strength);
    }
    if (hint->sample >= 0) {
        map_count(&map, "sample", (unsigned long long)hint->sample);
    }
    map_end(&map);
}

static void
put_part(struct map *parent, const struct envelope_part *part)
{
    struct map map = map_inner(parent, part->source.at);

    map_string(&map, "status", envelope_drift_names[part->status]);
    map_rounded(&map, "weight", part->weight);
    map_rounded(&map, "driftScore", part->score);
    map_rounded(&map, "raw", part->raw);
    map_rounded(&map, "percentile", part->percentile);
    map_text(&map, "model", part->model);
    map_end(&map);
}

static void
put_own_line(struct map *parent, const char *name,
             const struct envelope_line *line)
{
    struct map map = map_inner(parent, name);

    map_count(&map, "sample", line->sample);
    map_rounded(&map, "likeness", line->likeness);
    map_end(&map);
}

/* What only those get who ask for it, or who are to ask the model again. */
static void
put_explained(struct map *map, const struct envelope_drift *d)
{
    if (d->hint_count > 0) {
        map_key(map, "hints");
        wire_put_array(map->to, d->hint_count);
        for (size_t i = 0; i < d->hint_count; i++) {
            put_hint(map->to, &d->hints[i]);
        }
    }
    if (d->part_count > 0) {
        struct map parts = map_inner(map, "parts");
        for (size_t i = 0; i < d->part_count; i++) {
            put_part(&parts, &d->parts[i]);
        }
        map_end(&parts);
    }
    if (d->own != NULL) {
        struct map own = map_inner(map, "ownLines");
        put_own_line(&own, "nearest", &d->own[ENVELOPE_NEAREST]);
        put_own_line(&own, "farthest", &d->own[ENVELOPE_FARTHEST]);
        map_end(&own);
    }
    if (d->pull != NULL) {
        struct map pull = map_inner(map, "assistant");
        map_rounded(&pull, "pull", d->pull->pull);
        map_rounded(&pull, "deviations", d->pull->deviations);
        map_rounded(&pull, "percentile", d->pull->percentile);
        map_end(&pull);
    }
}

static void
put_drift_details(struct map *parent, const struct envelope_drift *d,
                  const struct envelope_written *written)
{
    struct map map = map_inner(parent, "drift");

    map_string(&map, "status", envelope_drift_names[d->status]);
    map_rounded(&map, "raw", d->raw);
    map_text(&map, "scale", d->scale);
    map_text(&map, "source", d->source);
    map_text(&map, "model", d->model);
    map_text(&map, "thresholdSource", d->threshold_source);
    map_rounded(&map, "percentile", d->percentile);
    map_key(&map, "register");
    if (d->register_index < 0) {
        wire_put_nil(map.to);
    } else {
        wire_put_int(map.to, d->register_index);
    }
    if (d->nearest_other.len > 0) {
        map_text(&map, "nearestOther", d->nearest_other);
        map_rounded(&map, "margin", d->margin);
        map_bool(&map, "swapSuspected", d->swap_suspected);
    }
    if (d->reason.len > 0) {
        map_text(&map, "reason", d->reason);
    }
    put_explained(&map, d);
    if (written != NULL && written->trend.len > 0) {
        map_key(&map, "trend");
        buffer_add_text(map.to, written->trend);
    } else if (d->trend != NULL) {
        map_key(&map, "trend");
        encode_trend(map.to, d->trend);
    }
    map_end(&map);
}

static void
put_drift(struct map *map, const struct envelope_drift *d,
          const struct envelope_written *written)
{
    map_number(map, "driftScore", d->score);
    map_number(map, "driftThreshold", d->threshold);
    map_bool_or_nil(map, "driftAlert", d->status == DRIFT_OK, d->alert);
    put_drift_details(map, d, written);
}

static void
put_alerts(struct map *map, const struct envelope *e)
{
    map_key(map, "alerts");
    wire_put_array(map->to, e->alert_count);
    for (size_t i = 0; i < e->alert_count; i++) {
        const struct envelope_alert *a = &e->alerts[i];
        struct map entry = map_begin(map->to);
        map_text(&entry, "type", a->type);
        map_text(&entry, "reason", a->reason);
        map_text(&entry, "id", a->id);
        map_text(&entry, "dedupKey", a->dedup_key);
        map_text(&entry, "severity", a->severity);
        map_end(&entry);
    }
}

static void
put_coverage(struct map *parent, const struct envelope_coverage *c)
{
    struct map map = map_inner(parent, "coverage");

    map_count(&map, "bytes", c->bytes);
    map_count(&map, "rulesRun", c->rules_run);
    map_count(&map, "rulesSkipped", c->rules_skipped);
    map_count(&map, "errors", c->errors);
    map_bool(&map, "deadlineHit", c->deadline_hit);
    map_bool(&map, "degraded", c->degraded);
    if (c->truncated_matches) {
        map_bool(&map, "truncatedMatches", true);
    }
    map_end(&map);
}

static void
put_decision(struct map *parent, const struct envelope_decision *d)
{
    map_key(parent, "decidedBy");
    if (d->kind.len == 0) {
        wire_put_nil(parent->to);
        return;
    }
    struct map map = map_begin(parent->to);
    map_text(&map, "kind", d->kind);
    map_text(&map, "id", d->id);
    map_end(&map);
}

/* What stands in the envelope only where there is something to say. */
static void
put_optional(struct map *map, const struct envelope *e)
{
    if (e->pool.len > 0) {
        struct map entry = map_inner(map, "fallback");
        map_text(&entry, "pool", e->pool);
        map_text(&entry, "locale", e->locale);
        map_count(&entry, "line", e->line);
        map_end(&entry);
    }
    if (e->unsupported_count > 0) {
        map_texts(map, "unsupportedGuardrails", e->unsupported,
                  e->unsupported_count);
    }
    if (e->error_code != NULL) {
        struct map entry = map_inner(map, "error");
        map_string(&entry, "code", e->error_code);
        map_count(&entry, "http", (unsigned long long)e->error_http);
        map_string(&entry, "message", e->error_message);
        map_end(&entry);
    }
}

static void
put_machine(struct map *map, const struct envelope *e)
{
    if (e->written != NULL && e->written->machine.len > 0) {
        map_key(map, "machine");
        buffer_add_text(map->to, e->written->machine);
    } else if (e->machine != NULL) {
        map_key(map, "machine");
        encode_machine(map->to, e->machine);
    }
}

/* bare: without words, see encode_kept. */
static void
put_envelope(struct buffer *to, const struct envelope *e, bool bare)
{
    struct map map = map_begin(to);

    map_string(&map, "moderationVerdict", envelope_verdict_names[e->verdict]);
    map_string(&map, "action", envelope_action_names[e->action]);
    if (e->content.at != NULL && !bare) {
        map_text(&map, "content", e->content);
    }
    map_bool(&map, "contentReplaced", e->content.at != NULL);
    map_bool(&map, "flagged", e->verdict != VERDICT_PASS);
    put_decision(&map, &e->decided_by);
    map_string(&map, "wouldAction", envelope_action_names[e->would_action]);
    put_categories(&map, e);
    map_key(&map, "hits");
    wire_put_array(to, e->hit_count);
    for (size_t i = 0; i < e->hit_count; i++) {
        put_hit(to, &e->hits[i], bare);
    }
    put_drift(&map, &e->drift, e->written);
    put_alerts(&map, e);
    put_coverage(&map, &e->coverage);
    put_optional(&map, e);
    put_machine(&map, e);
    map_end(&map);
}

void
encode_envelope(struct buffer *to, const struct envelope *e)
{
    put_envelope(to, e, false);
}

void
encode_kept(struct buffer *to, const struct envelope *e)
{
    struct envelope kept = *e;

    kept.drift.hint_count = 0;
    kept.unsupported_count = 0;
    put_envelope(to, &kept, true);
}

static void
put_timing(struct map *parent, const struct envelope_timing *t)
{
    struct map map = map_inner(parent, "timingUs");

    map_count(&map, "total", t->total);
    map_count(&map, "queue", t->queue);
    map_count(&map, "normalise", t->normalise);
    map_count(&map, "rules", t->rules);
    map_count(&map, "embed", t->embed);
    map_count(&map, "drift", t->drift);
    map_end(&map);
}

struct map
map_reply(struct buffer *to, const struct encode_answer *answer, bool ok)
{
    const struct request *request = answer->request;
    struct map map = map_begin(to);

    map_key(&map, "v");
    wire_put_int(to, REQUEST_VERSION);
    map_text(&map, "op", request->op_name);
    map_text(&map, "id", request->id);
    map_bool(&map, "ok", ok);
    struct map engine = map_inner(&map, "engine");
    map_count(&engine, "generation", answer->engine.generation);
    map_text(&engine, "hash", answer->engine.hash);
    map_end(&engine);
    put_timing(&map, &answer->timing);
    if (request->metadata.len > 0) {
        map_key(&map, "metadata");
        buffer_add_text(to, request->metadata);
    }
    if (request->traceparent.len > 0) {
        map_text(&map, "traceparent", request->traceparent);
    }
    return map;
}

void
encode_results(struct buffer *to, const struct envelope *results, size_t count)
{
    wire_put_array(to, count);
    for (size_t i = 0; i < count; i++) {
        encode_envelope(to, &results[i]);
    }
}

void
encode_score(struct buffer *to, const struct encode_answer *answer,
             const struct envelope *results, size_t count, size_t chosen)
{
    struct map map = map_reply(to, answer, true);

    map_key(&map, "results");
    encode_results(to, results, count);
    map_count(&map, "chosen", chosen);
    map_end(&map);
}

void
encode_score_written(struct buffer *to, const struct encode_answer *answer,
                     struct text results, size_t chosen)
{
    struct map map = map_reply(to, answer, true);

    map_key(&map, "results");
    buffer_add_text(to, results);
    map_count(&map, "chosen", chosen);
    map_end(&map);
}

void
encode_ping(struct buffer *to, const struct encode_answer *answer,
            struct text version)
{
    struct map map = map_reply(to, answer, true);

    map_text(&map, "version", version);
    map_end(&map);
}

void
encode_stats(struct buffer *to, const struct encode_answer *answer,
             const struct encode_stat *stats, size_t count,
             struct text last_error)
{
    struct map map = map_reply(to, answer, true);

    struct map numbers = map_inner(&map, "stats");
    for (size_t i = 0; i < count; i++) {
        map_count(&numbers, stats[i].name, stats[i].value);
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
    struct map map = map_reply(to, answer, false);

    struct map error = map_inner(&map, "error");
    map_string(&error, "code", fault.code);
    put_words(&error, "message", text_of(err->message));
    map_count(&error, "http", (unsigned long long)fault.http);
    struct map details = map_inner(&error, "details");
    if (err->path[0] != '\0') {
        map_string(&details, "path", err->path);
    }
    if (answer->expected_seq != NULL) {
        map_count(&details, "expected",
                  (unsigned long long)*answer->expected_seq);
    }
    map_end(&details);
    if (retry_after_ms >= 0) {
        map_count(&error, "retryAfterMs", (unsigned long long)retry_after_ms);
    }
    map_end(&error);
    map_end(&map);
}
