#include "proto/encode_session.h"

#include <stdio.h>
#include <time.h>

#include "proto/map.h"

/* -------------------------------------------------------------------- times */

/* RFC 3339, UTC, milliseconds: "2026-11-21T01:23:45.678Z". */
static void
put_time(struct map *map, const char *name, int64_t ms)
{
    enum { TIME_BYTES = 64 }; // four-digit years need 25
    char date[TIME_BYTES], whole[TIME_BYTES + 8];
    const time_t seconds = (time_t)(ms / 1000);
    struct tm utc;

    map_key(map, name);
    if (ms < 0 || gmtime_r(&seconds, &utc) == NULL ||
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        wire_put_nil(map->to);
        return;
    }
    snprintf(whole, sizeof(whole), "%s.%03dZ", date, (int)(ms % 1000));
    wire_put_str(map->to, text_of(whole));
}

static void
put_time_or_nil(struct map *map, const char *name, int64_t ms)
{
    if (ms != 0) {
        put_time(map, name, ms);
    } else {
        map_key(map, name);
        wire_put_nil(map->to);
    }
}

/* NULL: nil. */
static void
put_word(struct map *map, const char *name, const char *word)
{
    map_key(map, name);
    if (word != NULL) {
        wire_put_str(map->to, text_of(word));
    } else {
        wire_put_nil(map->to);
    }
}

/* ------------------------------------------------------------------- blocks */

static void
put_unlocked(struct buffer *to, const struct envelope_unlocked *unlocked)
{
    struct map map = map_begin(to);

    map_text(&map, "machine_id", unlocked->id);
    map_text(&map, "machine_key", unlocked->key);
    map_text(&map, "name", unlocked->name);
    map_bool(&map, "is_auto_advance", unlocked->auto_advance);
    map_end(&map);
}

static void
put_delta(struct map *parent, const struct envelope_machine *machine)
{
    map_key(parent, "delta");
    if (machine->from.len == 0) {
        wire_put_nil(parent->to);
        return;
    }
    struct map map = map_begin(parent->to);
    map_text(&map, "from_state", machine->from);
    map_text(&map, "to_state", machine->state);
    map_number(&map, "score", machine->score_delta);
    map_end(&map);
}

void
encode_machine(struct buffer *to, const struct envelope_machine *machine)
{
    struct map map = map_begin(to);

    map_text(&map, "machine_id", machine->id);
    map_text(&map, "current_state", machine->state);
    map_number(&map, "score", machine->score);
    put_word(&map, "outcome", machine->outcome);
    put_word(&map, "decision", machine->decision);
    map_bool(&map, "follow_up", machine->follow_up);
    map_count(&map, "redirect_count", machine->redirects);
    map_count(&map, "follow_up_count", machine->follow_ups);
    put_word(&map, "scoring_mode", machine->scoring);
    map_bool(&map, "machine_completed", machine->outcome != NULL);
    map_key(&map, "unlocked_machines");
    wire_put_array(to, machine->unlocked_count);
    for (size_t i = 0; i < machine->unlocked_count; i++) {
        put_unlocked(to, &machine->unlocked[i]);
    }
    put_word(&map, "moved_by", machine->moved_by);
    put_word(&map, "ended_by", machine->ended_by);
    put_delta(&map, machine);
    map_end(&map);
}

static void
put_pooled(struct map *parent, const struct envelope_trend *trend)
{
    struct map map = map_inner(parent, "pooled");

    map_count(&map, "turns", trend->pooled);
    map_count(&map, "fromTurn", trend->from);
    map_count(&map, "chars", trend->chars);
    map_bool(&map, "enough", trend->enough);
    map_rounded(&map, "driftScore", trend->score);
    map_rounded(&map, "percentile", trend->percentile);
    map_end(&map);
}

void
encode_trend(struct buffer *to, const struct envelope_trend *trend)
{
    struct map map = map_begin(to);

    map_text(&map, "state", trend->state);
    map_rounded(&map, "ewma", trend->ewma);
    map_key(&map, "sinceTurn");
    if (trend->drifting) {
        wire_put_uint(to, trend->since);
    } else {
        wire_put_nil(to);
    }
    map_text(&map, "statistic", trend->statistic);
    map_rounded(&map, "value", trend->value);
    put_pooled(&map, trend);
    map_end(&map);
}

/* ------------------------------------------------------------------ replies */

void
encode_session(struct buffer *to, const struct encode_answer *answer,
               const struct encode_session *s)
{
    struct map map = map_reply(to, answer, true);

    map_text(&map, "session", s->id);
    map_text(&map, "status", s->status);
    map_count(&map, "messageCount", s->messages);
    put_time(&map, "startedAt", s->started_ms);
    put_time(&map, "lastActiveAt", s->last_active_ms);
    put_time_or_nil(&map, "endedAt", s->ended_ms);
    map_text(&map, "persona", s->persona);
    map_text(&map, "user", s->user);
    map_text(&map, "workspace", s->workspace);
    map_text(&map, "title", s->title);
    if (s->metadata.len > 0) {
        map_key(&map, "sessionMetadata");
        buffer_add_text(to, s->metadata);
    }
    if (s->created != NULL) {
        map_bool(&map, "created", *s->created);
    }
    if (s->trend != NULL) {
        map_key(&map, "trend");
        encode_trend(to, s->trend);
    }
    if (s->machine != NULL) {
        map_key(&map, "machine");
        encode_machine(to, s->machine);
    }
    map_end(&map);
}

static void
put_past(struct buffer *to, const struct encode_past *past)
{
    struct map map = map_begin(to);

    map_count(&map, "turn", past->turn);
    put_time(&map, "at", past->at_ms);
    map_text(&map, "messageId", past->message_id);
    map_text(&map, "role", past->role);
    map_key(&map, "envelope");
    if (past->envelope.len > 0) {
        buffer_add_text(to, past->envelope);
    } else {
        wire_put_nil(to);
    }
    map_end(&map);
}

void
encode_history(struct buffer *to, const struct encode_answer *answer,
               struct text session, const struct encode_past *turns,
               size_t count, unsigned long long next)
{
    struct map map = map_reply(to, answer, true);
    char cursor[24];

    map_text(&map, "session", session);
    map_key(&map, "turns");
    wire_put_array(to, count);
    for (size_t i = 0; i < count; i++) {
        put_past(to, &turns[i]);
    }
    snprintf(cursor, sizeof(cursor), "%llu", next);
    put_word(&map, "cursor", next > 0 ? cursor : NULL);
    map_end(&map);
}

static struct map
begin_step(struct buffer *to, const struct encode_answer *answer,
           struct text session)
{
    struct map map = map_reply(to, answer, true);

    if (session.len > 0) {
        map_text(&map, "session", session);
    }
    map_key(&map, "machine");
    return map;
}

void
encode_step(struct buffer *to, const struct encode_answer *answer,
            struct text session, const struct envelope_machine *machine)
{
    struct map map = begin_step(to, answer, session);

    encode_machine(to, machine);
    map_end(&map);
}

void
encode_step_again(struct buffer *to, const struct encode_answer *answer,
                  struct text session, struct text machine)
{
    struct map map = begin_step(to, answer, session);

    buffer_add_text(to, machine);
    map_end(&map);
}
