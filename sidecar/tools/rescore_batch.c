#include "sidecar/tools/rescore_batch.h"

#include <stdlib.h>

enum {
    FIRST_REPLIES = 64,
    /*
     * A batch is full before this, but for its last record, which may hold
     * TRANSCRIPT_MOST_RECORD_BYTES of JSON, three times that as msgpack.
     */
    ARENA_BYTES = 1 << 30,
    OUT_BYTES = 2000 << 20
};

struct rescore_batch *
rescore_batch_new(void)
{
    struct rescore_batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL) {
        return NULL;
    }
    batch->arena = arena_new(ARENA_BYTES);
    if (batch->arena == NULL) {
        free(batch);
        return NULL;
    }
    buffer_init(&batch->out, OUT_BYTES);
    buffer_init(&batch->notes, RESCORE_BATCH_NOTES);
    return batch;
}

void
rescore_batch_free(struct rescore_batch *batch)
{
    if (batch != NULL) {
        arena_free(batch->arena);
        free(batch->at);
        buffer_clear(&batch->out);
        buffer_clear(&batch->notes);
        free(batch);
    }
}

void
rescore_batch_reset(struct rescore_batch *batch)
{
    arena_reset(batch->arena);
    buffer_reset(&batch->out);
    buffer_reset(&batch->notes);
    batch->out.failed = false;
    batch->notes.failed = false; // of messages some may be missing
    batch->count = 0;
    batch->bytes = 0;
    batch->errors = 0;
}

void
rescore_batch_cut(struct rescore_batch *batch, size_t count)
{
    while (batch->count > count) {
        batch->bytes -= batch->at[--batch->count].turn.text.len;
    }
}

static bool
make_room(struct rescore_batch *batch)
{
    if (batch->count < batch->cap) {
        return true;
    }
    const size_t cap = batch->cap == 0 ? FIRST_REPLIES : 2 * batch->cap;
    struct rescore_reply *at = realloc(batch->at, cap * sizeof(*at));

    if (at == NULL) {
        return false;
    }
    batch->at = at;
    batch->cap = cap;
    return true;
}

/* The text becomes the arena's own. false: no memory. */
static bool
own(struct arena *arena, struct text *text)
{
    if (text->len == 0) {
        *text = (struct text){NULL, 0};
        return true;
    }
    *text = arena_copy(arena, *text);
    return text->at != NULL;
}

static bool
own_labels(struct arena *arena, struct transcript_turn *turn)
{
    const struct transcript_label *from = turn->labels;

    if (turn->label_count == 0) {
        turn->labels = NULL;
        return true;
    }
    struct transcript_label *to =
        ARENA_ARRAY(arena, struct transcript_label, turn->label_count);
    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < turn->label_count; i++) {
        to[i] = from[i];
        if (!own(arena, &to[i].name) || !own(arena, &to[i].value)) {
            return false;
        }
    }
    turn->labels = to;
    return true;
}

static bool
own_turn(struct arena *arena, struct transcript_turn *turn)
{
    struct text *const texts[] = {&turn->session, &turn->persona, &turn->locale,
                                  &turn->text, &turn->embeddings};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!own(arena, texts[i])) {
            return false;
        }
    }
    // Nothing here asks for these.
    turn->speaker = turn->user = turn->id = turn->model = turn->metadata =
        (struct text){NULL, 0};
    return own_labels(arena, turn);
}

struct rescore_reply *
rescore_batch_add(struct rescore_batch *batch, const char *source,
                  const struct transcript_item *item)
{
    if (!make_room(batch)) {
        return NULL;
    }
    struct rescore_reply *reply = &batch->at[batch->count];
    *reply = (struct rescore_reply){
        .source = source, .line = item->line, .kind = item->kind};
    if (item->kind == TRANSCRIPT_TURN) {
        reply->turn = item->turn;
        if (!own_turn(batch->arena, &reply->turn)) {
            return NULL;
        }
    } else {
        reply->path = item->path;
        reply->reason = item->reason;
        if (!own(batch->arena, &reply->path) ||
            !own(batch->arena, &reply->reason)) {
            return NULL;
        }
    }
    batch->bytes += reply->turn.text.len;
    batch->count++;
    return reply;
}
