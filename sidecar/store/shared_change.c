#include "sidecar/store/shared_change.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "sidecar/store/shared_script.h"

enum {
    NUMBER_BYTES = 24, /* a number in decimal, or a field's name with one */
    RECORD_BYTES = 640 /* of a record, its texts apart */
};

/* ---- asking -------------------------------------------------------------- */

static bool
run(struct store *store, enum shared_script script, struct text id,
    const struct text *args, size_t count, int64_t until_ns,
    struct arena *arena, struct redis_reply **reply, struct err *err)
{
    static const struct text kind = {"session:", 8};
    const struct text prefix = store->options.redis.prefix;
    const size_t len = prefix.len + kind.len + id.len;
    char *key = arena_take(arena, len);

    if (key == NULL) {
        err_memory(err, "a session");
        return false;
    }
    memcpy(key, prefix.at, prefix.len);
    memcpy(key + prefix.len, kind.at, kind.len);
    memcpy(key + prefix.len + kind.len, id.at, id.len);
    const struct redis_call call = {.script = script,
                                    .key = {key, len},
                                    .args = args,
                                    .count = count,
                                    .writes = script == SHARED_CHANGE};
    if (!redis_link_call(store->link, &call, until_ns, reply, err)) {
        atomic_fetch_add_explicit(&store->degraded, 1, memory_order_relaxed);
        return false;
    }
    return true;
}

/* A record that is not ours, or of a newer sidecar. */
static bool
unreadable(struct text id, struct err *err)
{
    err_set(err, ERR_INTERNAL,
            "Redis: what is kept of session \"%.*s\" is not of this version",
            TEXT_ARGS(id));
    return false;
}

/* Copies the session out of that item of a reply. */
static bool
read_session(struct store *store, const struct redis_reply *reply, size_t at,
             struct text id, struct arena *arena, struct shared_basis *out,
             struct err *err)
{
    const struct redis_reply *item = redis_reply_item(reply, at);
    const struct text session = redis_reply_text(item);
    struct err ignored;

    memset(out, 0, sizeof(*out));
    if (item == NULL || (item->type != REDIS_NIL && session.at == NULL)) {
        return redis_link_nonsense(store->link, err);
    }
    if (item->type == REDIS_NIL) {
        return true;
    }
    const struct text copy = arena_copy(arena, session);
    if (copy.at == NULL) {
        err_memory(err, "a session");
        return false;
    }
    if (!session_record_read(copy, &out->session, &ignored) ||
        !text_equal(out->session.id, id)) {
        return unreadable(id, err);
    }
    out->there = true;
    return true;
}

/* As read_session, and the turn of a message and its field, which follow. */
static bool
read_basis(struct store *store, const struct redis_reply *reply, size_t at,
           struct text id, struct arena *arena, struct shared_basis *out,
           struct err *err)
{
    const struct text turn = redis_reply_text(redis_reply_item(reply, at + 1));
    const struct text field = redis_reply_text(redis_reply_item(reply, at + 2));
    struct err ignored;

    if (!read_session(store, reply, at, id, arena, out, err)) {
        return false;
    }
    if (!out->there || turn.at == NULL || field.at == NULL) {
        return true;
    }
    const struct text copy = arena_copy(arena, turn);
    out->field = arena_copy(arena, field);
    if (copy.at == NULL || out->field.at == NULL) {
        err_memory(err, "a session");
        return false;
    }
    return session_record_read_turn(copy, &out->past, &ignored) ||
           unreadable(id, err);
}

/* ---- what is remembered -------------------------------------------------- */

static void
forget(struct store *store, struct text id)
{
    struct session_stripe *stripe = session_cache_lock(store->sessions, id);
    struct session_entry *entry = session_cache_find(stripe, id);

    if (entry != NULL) {
        session_cache_drop(stripe, entry);
    }
    session_cache_unlock(stripe);
}

/* Without memory it is not remembered. */
static void
keep(struct store *store, const struct store_session *session)
{
    struct session_entry *entry = session_entry_new(session);
    struct session_stripe *stripe =
        session_cache_lock(store->sessions, session->id);
    struct session_entry *old = session_cache_find(stripe, session->id);

    if (old != NULL) {
        session_cache_drop(stripe, old);
    }
    if (entry != NULL) {
        session_cache_add(store->sessions, stripe, entry);
    }
    session_cache_unlock(stripe);
}

static void
note_basis(struct store *store, struct text id,
           const struct shared_basis *basis)
{
    if (basis->there) {
        keep(store, &basis->session);
    } else {
        forget(store, id);
    }
}

bool
shared_change_find(struct store *store, struct text id, struct text message_id,
                   int64_t until_ns, struct arena *arena,
                   struct shared_basis *out, struct err *err)
{
    struct redis_reply *reply;

    if (!run(store, SHARED_FIND, id, &message_id, 1, until_ns, arena, &reply,
             err)) {
        return false;
    }
    const bool done = read_basis(store, reply, 0, id, arena, out, err);
    redis_reply_free(reply);
    if (done) {
        note_basis(store, id, out);
    }
    return done;
}

bool
shared_change_recall(struct store *store, struct text id,
                     struct text message_id, int64_t until_ns,
                     struct arena *arena, struct shared_basis *out,
                     struct err *err)
{
    struct session_stripe *stripe = session_cache_lock(store->sessions, id);
    const struct session_entry *entry = session_cache_find(stripe, id);
    bool copied = false;

    memset(out, 0, sizeof(*out));
    if (entry != NULL) {
        copied = session_cache_copy(&entry->session, arena, &out->session);
    }
    session_cache_unlock(stripe);
    if (copied) {
        out->there = out->remembered = true;
        return true;
    }
    return shared_change_find(store, id, message_id, until_ns, arena, out, err);
}

/* ---- changing ------------------------------------------------------------ */

/* A buffer that never grows, out of the arena. */
static bool
take_room(struct arena *arena, size_t bytes, struct buffer *out,
          struct err *err)
{
    char *room = arena_take(arena, bytes + 1);

    *out = (struct buffer){.at = room, .cap = bytes + 1, .limit = bytes};
    if (room == NULL) {
        err_memory(err, "a session");
        return false;
    }
    return true;
}

static bool
seal_session(const struct shared_wish *wish, struct arena *arena,
             struct text *out, struct err *err)
{
    const struct store_session *s = &wish->session;
    struct buffer room;

    if (!take_room(arena,
                   s->id.len + s->persona.len + s->user.len + s->workspace.len +
                       s->title.len + s->metadata.len + s->machine.len +
                       s->machine_state.len + RECORD_BYTES,
                   &room, err)) {
        return false;
    }
    session_record_seal(&room, s, &wish->reading);
    assert(!room.failed);
    *out = buffer_text(&room);
    return true;
}

static bool
seal_turn(const struct shared_wish *wish, struct arena *arena, struct text *out,
          struct err *err)
{
    const struct store_turn *t = wish->turn;
    struct buffer room;

    if (!take_room(arena,
                   wish->session.id.len + t->message.id.len + t->role.len +
                       t->verdict.len + t->action.len +
                       wish->answer.envelope.len + wish->answer.reply.len +
                       RECORD_BYTES,
                   &room, err)) {
        return false;
    }
    session_record_seal_turn(&room, t, &wish->session, wish->number,
                             &wish->answer);
    assert(!room.failed);
    *out = buffer_text(&room);
    return true;
}

/* Numbers of a change, as text. */
struct numbers {
    char expected[NUMBER_BYTES], revision[NUMBER_BYTES], life[NUMBER_BYTES];
    char place[NUMBER_BYTES], field[NUMBER_BYTES];
    char cutoff[NUMBER_BYTES], at[NUMBER_BYTES];
};

static struct text
print(char room[NUMBER_BYTES], const char *prefix, int64_t number)
{
    snprintf(room, NUMBER_BYTES, "%s%" PRId64, prefix, number);
    return text_of(room);
}

static bool
fill(const struct store *store, const struct shared_wish *wish,
     const struct shared_basis *basis, struct arena *arena, struct numbers *n,
     struct text args[SHARED_ARGUMENTS], struct err *err)
{
    const struct store_turn *turn = wish->turn;
    const int64_t place = (int64_t)wish->session.place;
    const long long life = store->options.retention_ms;

    for (size_t i = 0; i < SHARED_ARGUMENTS; i++) {
        args[i] = TEXT("");
    }
    args[SHARED_EXPECTED] =
        basis->there ? print(n->expected, "", (int64_t)basis->session.revision)
                     : TEXT("none");
    args[SHARED_REVISION] =
        print(n->revision, "", (int64_t)wish->session.revision);
    args[SHARED_LIFE] = print(n->life, "", life);
    args[SHARED_WAITS] = wish->waits;
    args[SHARED_DROP] = wish->drop ? TEXT("1") : TEXT("");
    args[SHARED_PLACE] = print(n->place, "", place);
    if (!seal_session(wish, arena, &args[SHARED_SESSION], err)) {
        return false;
    }
    if (turn == NULL) {
        return true;
    }
    args[SHARED_MESSAGE] = turn->message.id;
    args[SHARED_KNOWN] = basis->field;
    args[SHARED_FIELD] =
        print(n->field, text_is(turn->role, "machine") ? "h:" : "t:", place);
    if (life > 0) {
        args[SHARED_CUTOFF] = print(n->cutoff, "", turn->at_ms - life);
    }
    args[SHARED_AT] = print(n->at, "", turn->at_ms);
    return seal_turn(wish, arena, &args[SHARED_TURN], err);
}

/* What the server says to a change. */
static enum shared_outcome
read_outcome(struct store *store, const struct redis_reply *reply,
             struct text id, struct arena *arena, struct shared_basis *basis,
             struct err *err)
{
    const struct redis_reply *first = redis_reply_item(reply, 0);
    const struct text word = redis_reply_text(first);

    if (text_is(word, "done")) {
        return SHARED_DONE;
    }
    if (!text_is(word, "other") && !text_is(word, "seen")) {
        (void)redis_link_nonsense(store->link, err);
        return SHARED_FAILED;
    }
    if (!read_basis(store, reply, 1, id, arena, basis, err)) {
        return SHARED_FAILED;
    }
    return SHARED_OTHER;
}

enum shared_outcome
shared_change_put(struct store *store, const struct shared_wish *wish,
                  int64_t until_ns, struct arena *arena,
                  struct shared_basis *basis, struct err *err)
{
    const struct text id = wish->session.id;
    struct text args[SHARED_ARGUMENTS];
    struct redis_reply *reply;
    struct numbers numbers;

    if (!fill(store, wish, basis, arena, &numbers, args, err)) {
        return SHARED_FAILED;
    }
    if (!run(store, SHARED_CHANGE, id, args, SHARED_ARGUMENTS, until_ns, arena,
             &reply, err)) {
        forget(store, id); // it may have been done
        return SHARED_FAILED;
    }
    const enum shared_outcome outcome =
        read_outcome(store, reply, id, arena, basis, err);
    redis_reply_free(reply);
    if (outcome == SHARED_DONE) {
        keep(store, &wish->session);
    } else if (outcome == SHARED_OTHER) {
        note_basis(store, id, basis);
    } else {
        forget(store, id);
    }
    return outcome;
}

/* ---- history ------------------------------------------------------------- */

static bool
read_turns(const struct redis_reply *reply, struct text id, size_t limit,
           struct arena *arena, struct store_page *out, struct err *err)
{
    const struct text next = redis_reply_text(redis_reply_item(reply, 1));
    struct err ignored;

    *out = (struct store_page){
        .turns = ARENA_ARRAY(arena, struct store_past, limit)};
    if (out->turns == NULL) {
        err_memory(err, "a page of history");
        return false;
    }
    for (size_t i = 2; i < reply->count && out->count < limit; i++) {
        struct session_past past;
        const struct text turn =
            arena_copy(arena, redis_reply_text(&reply->items[i]));
        if (turn.at == NULL) {
            err_memory(err, "a page of history");
            return false;
        }
        if (!session_record_read_turn(turn, &past, &ignored)) {
            return unreadable(id, err);
        }
        out->turns[out->count++] = past.past;
    }
    for (size_t i = 0; i < next.len && i < NUMBER_BYTES - 6; i++) {
        const char c = next.at[i];
        out->next = c >= '0' && c <= '9' ? 10 * out->next + (uint64_t)(c - '0')
                                         : out->next;
    }
    return true;
}

bool
shared_change_page(struct store *store, struct text id, uint64_t cursor,
                   size_t limit, struct arena *arena,
                   struct shared_basis *basis, struct store_page *out,
                   struct err *err)
{
    char before[NUMBER_BYTES], count[NUMBER_BYTES];
    const struct text args[] = {cursor > 0 && cursor <= INT64_MAX
                                    ? print(before, "", (int64_t)cursor)
                                    : TEXT(""),
                                print(count, "", (int64_t)limit)};
    struct redis_reply *reply;

    if (!run(store, SHARED_PAGE, id, args, 2, redis_link_until(store->link),
             arena, &reply, err)) {
        return false;
    }
    bool done = read_session(store, reply, 0, id, arena, basis, err);
    if (done && basis->there) {
        done = read_turns(reply, id, limit, arena, out, err);
    }
    redis_reply_free(reply);
    return done;
}
