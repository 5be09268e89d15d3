#include "sidecar/engine/redact.h"

#include <stdio.h>

#include "sidecar/base/buffer.h"
#include "sidecar/base/digest.h"
#include "sidecar/base/utf8.h"

enum { HASH_HEX = 12 /* characters of SHA-256 that are shown */ };

/* Which of two hits decides how their common span is replaced? */
static bool
outranks(const struct hit *a, const struct hit *b)
{
    const size_t x_len = a->raw.to - a->raw.from;
    const size_t y_len = b->raw.to - b->raw.from;

    if (a->action != b->action) {
        return a->action > b->action;
    }
    return x_len != y_len ? x_len > y_len : a->rule < b->rule;
}

/* "[ENTITY]": as long as an override's id may be. */
static struct text
default_value(const struct hit *hit, struct arena *arena)
{
    const size_t len = hit->entity.len;

    if (len == 0) {
        return TEXT("[redacted]");
    }
    char *value = arena_take(arena, len + 2);
    if (value == NULL) {
        return (struct text){NULL, 0};
    }
    value[0] = '[';
    memcpy(value + 1, hit->entity.at, len);
    value[len + 1] = ']';
    return (struct text){value, len + 2};
}

/* new_value with {entity} filled in: "redacted" where there is none. */
static struct text
replaced(const struct config_operator *how, const struct hit *hit,
         struct arena *arena)
{
    static const struct text slot = {"{entity}", 8};
    const struct text value = how->new_value;
    const struct text name =
        hit->entity.len > 0 ? hit->entity : TEXT("redacted");

    if (value.at == NULL) {
        return default_value(hit, arena);
    }
    for (size_t i = 0; slot.len <= value.len - i && i < value.len; i++) {
        if (!text_starts(text_part(value, i, value.len), slot)) {
            continue;
        }
        const size_t rest = value.len - i - slot.len;
        char *out = arena_take(arena, i + name.len + rest + 1);
        if (out == NULL) {
            return (struct text){NULL, 0};
        }
        memcpy(out, value.at, i);
        memcpy(out + i, name.at, name.len);
        memcpy(out + i + name.len, value.at + i + slot.len, rest);
        return (struct text){out, i + name.len + rest};
    }
    return value;
}

/* The first or last n characters become the masking character. */
static struct text
masked(const struct config_operator *how, struct text raw, struct arena *arena)
{
    const size_t chars = utf8_count(raw).code_points;
    const size_t n =
        how->chars_to_mask < 0 || (size_t)how->chars_to_mask > chars
            ? chars
            : (size_t)how->chars_to_mask;
    const size_t first = how->from_end ? chars - n : 0;
    const struct text mask =
        how->masking_char.len > 0 ? how->masking_char : TEXT("*");
    char *out = arena_take(arena, raw.len + n * mask.len + 1);
    size_t len = 0, index = 0;

    if (out == NULL) {
        return (struct text){NULL, 0};
    }
    for (size_t i = 0; i < raw.len; index++) {
        const size_t bytes = utf8_len((unsigned char)raw.at[i]);
        const bool hide = index >= first && index < first + n;
        const struct text from = hide ? mask : text_part(raw, i, i + bytes);
        memcpy(out + len, from.at, from.len);
        len += from.len;
        i += bytes;
    }
    return (struct text){out, len};
}

/*
 * With a key, so that a card number is not found by trying them all; without
 * one it is a mark that tells two values apart, and no secret.
 */
static struct text
hashed(const struct rules *rules, struct text raw, struct arena *arena)
{
    const struct text key = rules_config(rules)->engine.hash_key;
    const struct digest digest =
        key.len > 0 ? digest_keyed(key, raw) : digest_of(raw);
    char hex[DIGEST_HEX], value[40];

    digest_hex(&digest, hex);
    const int len =
        snprintf(value, sizeof(value), "[hash:%.*s]", HASH_HEX, hex);
    return arena_copy(arena, (struct text){value, (size_t)len});
}

static struct text
replacement(const struct rules *rules, struct text raw, const struct hit *hit,
            struct span span, struct arena *arena)
{
    const struct config_operator *how =
        &rules_at(rules, hit->rule)->config->redaction;
    const struct text taken = text_part(raw, span.from, span.to);

    switch (how->type) {
    case CONFIG_REPLACE:
        return replaced(how, hit, arena);
    case CONFIG_MASK:
        return masked(how, taken, arena);
    case CONFIG_HASH:
        return hashed(rules, taken, arena);
    case CONFIG_REMOVE:
        break;
    }
    return TEXT("");
}

/* Joins overlapping spans (hits are in order of place) and fills them in. */
static bool
make_edits(const struct rules *rules, struct text raw, const struct hits *hits,
           const bool *chosen, struct arena *arena, struct redaction *out)
{
    for (size_t i = 0; i < hits->count;) {
        if (!chosen[i]) {
            i++;
            continue;
        }
        const struct hit *leader = &hits->at[i];
        struct span span = leader->raw;
        for (i++; i < hits->count && hits->at[i].raw.from < span.to; i++) {
            const struct hit *h = &hits->at[i];
            if (!chosen[i]) {
                continue;
            }
            span.to = h->raw.to > span.to ? h->raw.to : span.to;
            leader = outranks(h, leader) ? h : leader;
        }
        const struct text value = replacement(rules, raw, leader, span, arena);
        if (value.at == NULL) {
            return false;
        }
        out->edits[out->count++] = (struct redact_edit){
            .raw = span,
            .replacement = value,
            .masked = rules_at(rules, leader->rule)->config->redaction.type ==
                      CONFIG_MASK};
    }
    return true;
}

static bool
write_text(struct text raw, struct arena *arena, struct redaction *out)
{
    size_t room = raw.len, len = 0, from = 0;

    for (size_t i = 0; i < out->count; i++) {
        room += out->edits[i].replacement.len;
    }
    char *text = arena_take(arena, room + 1);
    if (text == NULL) {
        return false;
    }
    for (size_t i = 0; i < out->count; i++) {
        struct redact_edit *e = &out->edits[i];
        memcpy(text + len, raw.at + from, e->raw.from - from);
        len += e->raw.from - from;
        memcpy(text + len, e->replacement.at, e->replacement.len);
        e->now = (struct span){len, len + e->replacement.len};
        len = e->now.to;
        from = e->raw.to;
    }
    memcpy(text + len, raw.at + from, raw.len - from);
    out->text = (struct text){text, len + raw.len - from};
    return true;
}

bool
redact_apply(const struct rules *rules, struct text raw,
             const struct hits *hits, const bool *chosen, struct arena *arena,
             struct redaction *out, struct err *err)
{
    out->count = 0;
    out->edits = ARENA_ARRAY(arena, struct redact_edit, hits->count);
    if (out->edits == NULL ||
        !make_edits(rules, raw, hits, chosen, arena, out) ||
        !write_text(raw, arena, out)) {
        err_memory(err, "the redaction");
        return false;
    }
    return true;
}

const struct redact_edit *
redact_find(const struct redaction *redaction, struct span raw)
{
    size_t low = 0, high = redaction->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct redact_edit *e = &redaction->edits[middle];
        if (e->raw.to <= raw.from) {
            low = middle + 1;
        } else if (e->raw.from >= raw.to) {
            high = middle;
        } else {
            return e;
        }
    }
    return NULL;
}

/* Both are in order of place. */
void
redact_forgive(const struct redaction *redaction, struct hits *hits)
{
    size_t kept = 0, at = 0;

    for (size_t i = 0; i < hits->count; i++) {
        const struct hit hit = hits->at[i];
        while (at < redaction->count &&
               redaction->edits[at].now.to <= hit.raw.from) {
            at++;
        }
        const struct redact_edit *e =
            at < redaction->count ? &redaction->edits[at] : NULL;
        if (hit.whole || e == NULL || e->masked || hit.raw.from < e->now.from ||
            hit.raw.to > e->now.to) {
            hits->at[kept++] = hit;
        }
    }
    hits->count = kept;
}

/* Where one end of a span of the new text was; inside an edit, its edge. */
static size_t
origin_of(const struct redaction *redaction, size_t offset, bool end)
{
    size_t raw = 0, now = 0; // ends of the last edit passed

    for (size_t i = 0; i < redaction->count; i++) {
        const struct redact_edit *e = &redaction->edits[i];
        if (end ? offset <= e->now.from : offset < e->now.from) {
            break;
        }
        if (end ? offset <= e->now.to : offset < e->now.to) {
            return end ? e->raw.to : e->raw.from;
        }
        raw = e->raw.to;
        now = e->now.to;
    }
    return raw + (offset - now);
}

struct span
redact_origin(const struct redaction *redaction, struct span now)
{
    return (struct span){origin_of(redaction, now.from, false),
                         origin_of(redaction, now.to, true)};
}
