/*
 * How often a session speaks, and how often it says the same: a bounded table,
 * shared by all threads, that remembers the sessions that spoke last.
 *
 * Messages are counted by sixteenths of the window: of a message older than the
 * window none is ever counted, of those younger at most the oldest sixteenth is
 * not. Near duplicates are messages of the window whose fingerprints (SimHash:
 * Charikar, "Similarity estimation techniques from rounding algorithms", STOC
 * 2002; 64 bits over words and pairs of them; flood_print.h) differ in at most
 * FLOOD_DISTANCE bits, the distance of Manku, Jain, Das Sarma, "Detecting
 * near-duplicates for web crawling", WWW 2007; the last FLOOD_RECENT messages
 * are compared. Messages of fewer than FLOOD_PRINT_WORDS words ("yes", "ok
 * then") repeat by nature and are counted as messages only.
 *
 * The table takes all its memory when it is made. It is cut into parts with a
 * lock each; a part keeps sets of FLOOD_WAYS sessions, and a new session takes
 * the place of the one in its set that spoke longest ago. So a flood of made-up
 * sessions grows nothing and costs each no more than any other, and what it
 * pushes out is what LRU would push out, but for the luck of the sets.
 */
#ifndef SIDECAR_ENGINE_FLOOD_H
#define SIDECAR_ENGINE_FLOOD_H

#include "sidecar/base/err.h"
#include "sidecar/base/text.h"

enum {
    FLOOD_RECENT = 16,  /* messages of a session that are compared */
    FLOOD_DISTANCE = 3, /* bits of 64 */
    FLOOD_WAYS = 8,
    FLOOD_SESSION_BYTES = 448, /* of memory, at most, for each session */
    FLOOD_CAPACITY_MOST = 1 << 22
};

struct flood;

struct flood_limits {
    uint64_t window_ns;         /* 16 or more; else nothing is counted */
    size_t max_messages;        /* in a window; 0: any number */
    size_t max_near_duplicates; /* earlier ones like it, below FLOOD_RECENT;
                                   0: any number */
};

struct flood_finding {
    bool messages, near_duplicates; /* which limit was passed */
    size_t message_count;           /* in the window, this one included */
    size_t near_duplicate_count;    /* earlier ones in the window like it */
};

/*
 * A table for `capacity` sessions, 1..FLOOD_CAPACITY_MOST; it may hold some
 * more. `seed` decides which sessions share a set: random in a server, so that
 * nobody can aim at another's, fixed in tests. NULL: err says why (ERR_INVALID,
 * ERR_MEMORY).
 */
struct flood *flood_new(size_t capacity, uint64_t seed, struct err *err);
void flood_free(struct flood *flood); /* accepts NULL */

/*
 * Counts a message of a session, and says whether it passes a limit. Each
 * message counts, also one too many: who goes on, stays over.
 *
 *   key     the session's name, any bytes; where several rules count, each
 *           has a table or a prefix of its own, since another window_ns than
 *           at the last message starts the session anew
 *   fold    the message's fold view
 *   now_ns  of a clock that does not go back; a message that comes late by
 *           racing another counts with the newest
 *
 * The same calls in the same order give the same answers. Any thread.
 */
bool flood_note(struct flood *flood, struct text key, struct text fold,
                uint64_t now_ns, const struct flood_limits *limits,
                struct flood_finding *finding);

/* Sessions that the table can hold, and holds. Any thread. */
size_t flood_capacity(const struct flood *flood);
size_t flood_count(struct flood *flood);

#endif
