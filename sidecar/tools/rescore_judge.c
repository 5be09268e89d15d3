#include "sidecar/tools/rescore_judge.h"

#include <stdlib.h>

#include "proto/decode.h"
#include "proto/map.h"
#include "sidecar/base/digest.h"
#include "sidecar/engine/limits.h"
#include "sidecar/serve/rotation.h"

enum {
    /* A record may be as large, three times that where vectors are in it. */
    MESSAGE_BYTES = 256 << 20,
    LOCALE_BYTES = 35 /* proto/decode_score.c */
};

struct rescore_judge {
    const struct rescore_judge_terms *terms;
    struct judge *judge;
    struct buffer message;
    struct decode_limits limits;
};

struct rescore_judge *
rescore_judge_new(const struct rescore_judge_terms *terms, struct err *err)
{
    const struct config *config = terms->engine->config;
    struct rescore_judge *j = calloc(1, sizeof(*j));

    if (j == NULL) {
        err_memory(err, "a judge");
        return NULL;
    }
    j->terms = terms;
    j->limits = limits_for_decoding(config);
    buffer_init(&j->message, MESSAGE_BYTES);
    j->judge = judge_new((size_t)config->limits.request_memory);
    if (j->judge == NULL) {
        err_memory(err, "a judge");
        rescore_judge_free(j);
        return NULL;
    }
    return j;
}

void
rescore_judge_free(struct rescore_judge *judge)
{
    if (judge != NULL) {
        judge_free(judge->judge);
        buffer_clear(&judge->message);
        free(judge);
    }
}

struct text
rescore_judge_persona(const struct rescore_judge_terms *terms,
                      const struct rescore_reply *reply)
{
    return reply->turn.persona.len > 0 ? reply->turn.persona : terms->persona;
}

/*
 * A session may have any name in a transcript; one that a caller could not
 * have sent is told by its digest. It only chooses a fallback line.
 */
static void
put_session(struct map *map, struct text session)
{
    char hex[DIGEST_HEX];
    bool plain = session.len <= REQUEST_NAME_BYTES;

    for (size_t i = 0; plain && i < session.len; i++) {
        plain = (unsigned char)session.at[i] >= 0x20 && session.at[i] != 0x7f;
    }
    if (!plain) {
        const struct digest digest = digest_of(session);
        digest_hex(&digest, hex);
        session = text_of(hex);
    }
    if (session.len > 0) {
        map_text(map, "session", session);
    }
}

static void
put_candidate(struct map *map, const struct transcript_turn *turn)
{
    map_key(map, "candidates");
    wire_put_array(map->to, 1);
    struct map candidate = map_begin(map->to);
    map_text(&candidate, "text", turn->text);
    if (turn->embeddings.len > 0) {
        map_key(&candidate, "embeddings");
        buffer_add_text(map->to, turn->embeddings);
    }
    map_end(&candidate);
}

struct text
rescore_judge_message(struct rescore_judge *judge,
                      const struct rescore_reply *reply)
{
    const struct transcript_turn *turn = &reply->turn;
    const struct text persona = rescore_judge_persona(judge->terms, reply);

    buffer_reset(&judge->message);
    judge->message.failed = false;
    struct map map = map_begin(&judge->message);
    map_count(&map, "v", REQUEST_VERSION);
    map_text(&map, "op", TEXT("score"));
    if (persona.len > 0) {
        map_text(&map, "persona", persona);
    }
    put_session(&map, turn->session);
    if (turn->turn >= 0) {
        map_count(&map, "turn", (unsigned long long)turn->turn);
    }
    map_text(&map, "role", text_of(request_role_names[turn->role]));
    // What is too long to be a language's name is none.
    if (turn->locale.len > 0 && turn->locale.len <= LOCALE_BYTES) {
        map_text(&map, "locale", turn->locale);
    }
    put_candidate(&map, turn);
    map_end(&map);
    return buffer_text(&judge->message);
}

/* What a reply may not be; told before it is copied once more. */
static bool
check_size(const struct rescore_judge *j, const struct rescore_reply *reply,
           struct err *err)
{
    if (reply->turn.text.len > j->limits.text_bytes) {
        err_at(err, ERR_TOO_LARGE, "text", "%zu bytes, above %zu",
               reply->turn.text.len, j->limits.text_bytes);
        return false;
    }
    return true;
}

const struct envelope *
rescore_judge_reply(struct rescore_judge *judge,
                    const struct rescore_reply *reply, struct err *err)
{
    const struct engine *engine = judge->terms->engine;
    struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    struct judge_result result;
    struct request request;

    if (!check_size(judge, reply, err)) {
        return NULL;
    }
    const struct text message = rescore_judge_message(judge, reply);
    if (judge->message.failed) {
        err_at(err, ERR_TOO_LARGE, "embeddings", "too large to be judged");
        return NULL;
    }
    if (!judge_begin(judge->judge, engine, err) ||
        !decode_request(message, &judge->limits, judge_arena(judge->judge),
                        &request, err)) {
        return NULL;
    }
    terms.rotation = rotation_next(judge->terms->rotation, &request);
    if (!judge_request(judge->judge, engine, &request, &terms, &result, err)) {
        return NULL;
    }
    return result.envelopes + result.chosen;
}
