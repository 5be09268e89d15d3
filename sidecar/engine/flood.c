#include "sidecar/engine/flood.h"

#include <pthread.h>
#include <stdlib.h>

#include "sidecar/base/digest.h"
#include "sidecar/base/hash.h"
#include "sidecar/engine/flood_print.h"

enum {
    PARTS = 16,  // locks: more than the threads that are ever at it
    SLICES = 16, // of a window
    KEY_BYTES = DIGEST_BYTES
};

/* A session's name: itself where it fits, else its digest. */
struct name {
    unsigned char bytes[KEY_BYTES];
    uint8_t len; /* KEY_BYTES + 1: a digest */
};

struct message {
    uint64_t slice; /* when */
    uint64_t print;
};

struct session {
    struct name name;
    uint64_t window_ns;
    uint64_t slice;          /* of the newest message: time / slice width */
    uint32_t counts[SLICES]; /* by slice, that one and those before it */
    uint32_t next;           /* of recent, the place to write */
    uint32_t recent_count;
    struct message recent[FLOOD_RECENT];
};

/* used[way] is 0 where nothing is kept, else grows with each use. */
struct set {
    uint64_t hashes[FLOOD_WAYS];
    uint64_t used[FLOOD_WAYS];
    struct session sessions[FLOOD_WAYS];
};

struct part {
    pthread_mutex_t lock; /* guards all that follows */
    struct set *sets;     /* [set_count] */
    uint64_t uses;
    size_t count;
};

struct flood {
    uint64_t seed;
    size_t set_count; /* of each part */
    size_t part_count;
    struct part parts[PARTS];
};

_Static_assert(sizeof(struct set) <= FLOOD_WAYS * FLOOD_SESSION_BYTES,
               "as flood.h says");

struct flood *
flood_new(size_t capacity, uint64_t seed, struct err *err)
{
    struct flood *flood = NULL;

    if (capacity == 0 || capacity > FLOOD_CAPACITY_MOST) {
        err_set(err, ERR_INVALID, "flood: %zu sessions is outside 1..%d",
                capacity, FLOOD_CAPACITY_MOST);
        return NULL;
    }
    flood = calloc(1, sizeof(*flood));
    if (flood == NULL) {
        err_memory(err, "the flood table");
        return NULL;
    }
    flood->seed = seed;
    flood->set_count =
        (capacity + FLOOD_WAYS * PARTS - 1) / (FLOOD_WAYS * PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        struct part *const part = &flood->parts[i];
        part->sets = calloc(flood->set_count, sizeof(*part->sets));
        if (part->sets == NULL) {
            err_memory(err, "the flood table");
            flood_free(flood);
            return NULL;
        }
        pthread_mutex_init(&part->lock, NULL);
        flood->part_count++;
    }
    return flood;
}

void
flood_free(struct flood *flood)
{
    if (flood == NULL) {
        return;
    }
    for (size_t i = 0; i < flood->part_count; i++) {
        free(flood->parts[i].sets);
        pthread_mutex_destroy(&flood->parts[i].lock);
    }
    free(flood);
}

size_t
flood_capacity(const struct flood *flood)
{
    return flood->set_count * FLOOD_WAYS * PARTS;
}

size_t
flood_count(struct flood *flood)
{
    size_t count = 0;

    for (size_t i = 0; i < PARTS; i++) {
        pthread_mutex_lock(&flood->parts[i].lock);
        count += flood->parts[i].count;
        pthread_mutex_unlock(&flood->parts[i].lock);
    }
    return count;
}

// --- finding a session -----------------------------------------------------

static struct name
name_of(struct text key)
{
    struct name name = {.len = KEY_BYTES + 1};

    if (key.len > KEY_BYTES) {
        const struct digest digest = digest_of(key);
        memcpy(name.bytes, digest.bytes, KEY_BYTES);
    } else if (key.len > 0) {
        name.len = (uint8_t)key.len;
        memcpy(name.bytes, key.at, key.len);
    } else {
        name.len = 0;
    }
    return name;
}

/*
 * Each step hides the next one's input from who does not know the seed:
 * hash_bytes() has names that collide under any.
 */
static uint64_t
hash_of(const struct name *name, uint64_t seed)
{
    uint64_t hash = hash_mix(seed + name->len);

    for (size_t i = 0; i < KEY_BYTES; i += 8) {
        hash = hash_mix(hash ^ hash_load(name->bytes + i, 8));
    }
    return hash;
}

static bool
same_name(const struct name *a, const struct name *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, KEY_BYTES) == 0;
}

/* The session, made where it is not there. The part is locked. */
static struct session *
session_of(struct part *part, struct set *set, const struct name *name,
           uint64_t hash)
{
    size_t oldest = 0;

    for (size_t way = 0; way < FLOOD_WAYS; way++) {
        if (set->used[way] != 0 && set->hashes[way] == hash &&
            same_name(&set->sessions[way].name, name)) {
            set->used[way] = ++part->uses;
            return &set->sessions[way];
        }
        oldest = set->used[way] < set->used[oldest] ? way : oldest;
    }
    part->count += set->used[oldest] == 0;
    set->used[oldest] = ++part->uses;
    set->hashes[oldest] = hash;
    set->sessions[oldest] = (struct session){.name = *name};
    return &set->sessions[oldest];
}

// --- counting --------------------------------------------------------------

/* Makes `slice` the newest, unless a newer one is there. */
static void
advance(struct session *s, uint64_t slice)
{
    if (slice <= s->slice) {
        return;
    }
    const uint64_t steps = slice - s->slice;
    for (uint64_t i = 1; i <= steps && i <= SLICES; i++) {
        s->counts[(s->slice + i) % SLICES] = 0;
    }
    s->slice = slice;
}

/*
 * Messages of the newest slice and the SLICES - 1 before it: all younger than
 * the window.
 */
static size_t
count_messages(struct session *s)
{
    size_t count = 0;

    if (s->counts[s->slice % SLICES] < UINT32_MAX) {
        s->counts[s->slice % SLICES]++;
    }
    for (uint64_t i = 0; i < SLICES && i <= s->slice; i++) {
        count += s->counts[(s->slice - i) % SLICES];
    }
    return count;
}

static size_t
count_duplicates(struct session *s, uint64_t print)
{
    size_t count = 0;

    for (size_t i = 0; i < s->recent_count; i++) {
        const struct message *const m = &s->recent[i];
        count += s->slice - m->slice < SLICES &&
                 flood_print_distance(m->print, print) <= FLOOD_DISTANCE;
    }
    s->recent[s->next] = (struct message){s->slice, print};
    s->next = (s->next + 1) % FLOOD_RECENT;
    s->recent_count += s->recent_count < FLOOD_RECENT;
    return count;
}

bool
flood_note(struct flood *flood, struct text key, struct text fold,
           uint64_t now_ns, const struct flood_limits *limits,
           struct flood_finding *finding)
{
    const struct name name = name_of(key);
    const uint64_t hash = hash_of(&name, flood->seed);
    struct part *const part = &flood->parts[hash % PARTS];
    struct set *const set = &part->sets[hash / PARTS % flood->set_count];
    uint64_t print = 0;

    *finding = (struct flood_finding){.messages = false};
    if (limits->window_ns < SLICES) {
        return false;
    }
    const bool long_enough =
        limits->max_near_duplicates > 0 && flood_print(fold, &print);

    pthread_mutex_lock(&part->lock);
    struct session *const s = session_of(part, set, &name, hash);
    if (s->window_ns != limits->window_ns) {
        *s = (struct session){.name = name, .window_ns = limits->window_ns};
    }
    advance(s, now_ns / (limits->window_ns / SLICES));
    finding->message_count = count_messages(s);
    if (long_enough) {
        finding->near_duplicate_count = count_duplicates(s, print);
    }
    pthread_mutex_unlock(&part->lock);

    finding->messages = limits->max_messages > 0 &&
                        finding->message_count > limits->max_messages;
    finding->near_duplicates =
        limits->max_near_duplicates > 0 &&
        finding->near_duplicate_count > limits->max_near_duplicates;
    return finding->messages || finding->near_duplicates;
}
