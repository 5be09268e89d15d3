/*
 * One automaton for everything that a rule set looks for, that says of a
 * growing text from where on it may still become a match, and where there may
 * be one. It over-approximates: it may take a text for a match that is none,
 * never the reverse. What a match is, is for PCRE2 and the other matchers to
 * say.
 *
 * Nodes of a nondeterministic automaton (of Thompson's kind for patterns, a
 * trie for terms) are built at load; sets of them become the states of a
 * deterministic one when a text first leads there (as in RE2, after Cox,
 * "Regular Expression Matching in the Wild", 2010). Those live in a cache of
 * bounded size, 8 MiB; when it is full the half that was met most stays.
 */
#ifndef SIDECAR_ENGINE_HOLD_NET_H
#define SIDECAR_ENGINE_HOLD_NET_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

/* ---- building ------------------------------------------------------------ */

struct hold_net; /* immutable once built; any number of threads */

/* An automaton that finds nothing. NULL: no memory. */
struct hold_net *hold_net_new(void);
void hold_net_free(struct hold_net *net);

enum hold_net_added {
    HOLD_NET_ADDED,
    HOLD_NET_UNBOUNDED, /* not understood, or too large: a match of it may
                           begin anywhere and end anywhere */
    HOLD_NET_MEMORY
};

/*
 * Whatever the pattern, which it keeps, matches; `work` holds its tree
 * meanwhile. *chars: of its longest match with what it looks ahead at;
 * SIZE_MAX: there is none.
 */
enum hold_net_added
hold_net_add_pattern(struct hold_net *net, struct text pattern, uint32_t rule,
                     struct arena *work, size_t *chars);

enum hold_net_flag {
    HOLD_NET_LEFT = 1,          /* only where a word may begin */
    HOLD_NET_RIGHT = 2,         /* and end */
    HOLD_NET_PLURAL = 4,        /* it may end with an s or es more */
    HOLD_NET_EXTEND_LEFT = 8,   /* a match has the whole word before it */
    HOLD_NET_EXTEND_RIGHT = 16, /* and behind it */
    HOLD_NET_SILENT = 32        /* it stays alive as others do, and ends in
                                   nothing: what forgives a match */
};

/* A term, valid UTF-8, 1 byte or more. */
enum hold_net_added hold_net_add_term(struct hold_net *net, struct text term,
                                      unsigned flags, uint32_t rule);

/* After the last has been added. False: no memory. */
bool hold_net_end(struct hold_net *net);

/* How many nodes there are: of patterns and of terms. */
size_t hold_net_nodes(const struct hold_net *net);

/* ---- characters ---------------------------------------------------------- */

/*
 * What the automaton reads: characters of ASCII in lower case; those beyond it
 * share the places of the capital letters.
 */
enum { HOLD_NET_SYMBOLS = 128, HOLD_NET_BEYOND = 26 };

static inline unsigned char
hold_net_symbol(uint32_t c)
{
    if (c < 128) {
        return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return (unsigned char)('A' + c % HOLD_NET_BEYOND);
}

/* Certainly part of a word, whoever asks. */
static inline bool
hold_net_is_word(unsigned char symbol)
{
    return (symbol >= 'a' && symbol <= 'z') || (symbol >= '0' && symbol <= '9');
}

/* ---- running ------------------------------------------------------------- */

/*
 * A state: its number in one cache, until that is renewed. A state stands for
 * matches under way that began in some stretch of the text.
 */
enum { HOLD_NET_DEAD = 0, HOLD_NET_FULL = 0xffff };

struct hold_net_cache; /* one thread's */

/* Keeps the net. NULL: no memory. */
struct hold_net_cache *hold_net_cache_new(const struct hold_net *net);
void hold_net_cache_free(struct hold_net_cache *cache);

/* Another after every renewal, and in every cache of the process. */
uint64_t hold_net_serial(const struct hold_net_cache *cache);

enum hold_net_start {
    HOLD_NET_NONE,   /* no match begins at this character */
    HOLD_NET_FREE,   /* any may */
    HOLD_NET_LINE,   /* any may, and those that begin a line */
    HOLD_NET_INSIDE, /* any may that can begin within a word */
    HOLD_NET_STARTS
};

/*
 * The state behind the symbol; `start`: with the matches that begin at it.
 * HOLD_NET_FULL: the cache must be renewed first.
 */
uint16_t hold_net_step(struct hold_net_cache *cache, uint16_t state,
                       enum hold_net_start start, unsigned char symbol);

/* The matches of both. HOLD_NET_FULL as above. */
uint16_t hold_net_join(struct hold_net_cache *cache, uint16_t a, uint16_t b);

/* May a match that is under way still end? */
bool hold_net_alive(const struct hold_net_cache *cache, uint16_t state);

/* The rules of which a match may have just ended. */
const uint32_t *hold_net_ended(const struct hold_net_cache *cache,
                               uint16_t state, size_t *count);

/* ---- states beyond their cache ------------------------------------------- */

enum {
    /*
     * Matches under way in one state; where there are more it stands for
     * everything from there on, and never dies. Prose has tens.
     */
    HOLD_NET_SET = 2048
};

/* The state as nodes [hold_net_size(state)], HOLD_NET_SET at most. */
size_t hold_net_size(const struct hold_net_cache *cache, uint16_t state);
void hold_net_save(const struct hold_net_cache *cache, uint16_t state,
                   uint32_t *out);

/* And back, without what had just ended. HOLD_NET_FULL as above. */
uint16_t hold_net_load(struct hold_net_cache *cache, const uint32_t *nodes,
                       size_t count);

enum { HOLD_NET_KEPT = 64 };

/*
 * Makes room: `count` states, HOLD_NET_KEPT at most, stay, and those that were
 * met most. All get new numbers.
 */
void
hold_net_renew(struct hold_net_cache *cache, uint16_t *states, size_t count);

/* What was built since the cache is there: for tests and benches. */
struct hold_net_work {
    size_t states; /* sets of nodes made, looked up or not */
    size_t nodes;  /* looked at while making them */
    size_t renewals;
};

struct hold_net_work hold_net_work(const struct hold_net_cache *cache);

#endif
