#include "sidecar/engine/hold_net.h"

#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/pattern.h"
#include "tests/unit/harness.h"

enum { RULE = 7 };

static struct hold_net *
net_of(const char *const *patterns, size_t count)
{
    struct arena *work = arena_new(1 << 20);
    struct hold_net *net = hold_net_new();
    size_t chars;

    ck_assert_ptr_nonnull(net);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(hold_net_add_pattern(net, text_of(patterns[i]), RULE,
                                           work, &chars) == HOLD_NET_ADDED,
                      "%s", patterns[i]);
    }
    ck_assert(hold_net_end(net));
    arena_free(work);
    return net;
}

static enum hold_net_start
start_at(struct text text, size_t at)
{
    const bool before =
        at > 0 &&
        hold_net_is_word(hold_net_symbol((unsigned char)text.at[at - 1]));

    if (at == 0 || text.at[at - 1] == '\n') {
        return HOLD_NET_LINE;
    }
    return before &&
                   hold_net_is_word(hold_net_symbol((unsigned char)text.at[at]))
               ? HOLD_NET_INSIDE
               : HOLD_NET_FREE;
}

/* One step, with a cache that is renewed where it is full. */
static uint16_t
step(struct hold_net_cache *cache, uint16_t state, enum hold_net_start start,
     unsigned char symbol)
{
    uint16_t next = hold_net_step(cache, state, start, symbol);

    if (next == HOLD_NET_FULL) {
        hold_net_renew(cache, &state, 1);
        next = hold_net_step(cache, state, start, symbol);
    }
    ck_assert_uint_ne(next, HOLD_NET_FULL);
    return next;
}

/*
 * "[from,dead)" of every start that lives for a character at least; with * if a
 * match may have ended on the way.
 */
static const char *
lives(const struct hold_net *net, const char *of)
{
    static char out[512];
    struct hold_net_cache *cache = hold_net_cache_new(net);
    const struct text text = text_of(of);
    size_t len = 0, ended;

    out[0] = '\0';
    for (size_t from = 0; from < text.len; from++) {
        uint16_t state = HOLD_NET_DEAD;
        bool found = false;
        size_t at = from;
        do {
            state = step(cache, state,
                         at == from ? start_at(text, at) : HOLD_NET_NONE,
                         hold_net_symbol((unsigned char)text.at[at]));
            (void)hold_net_ended(cache, state, &ended);
            found = found || ended > 0;
        } while (hold_net_alive(cache, state) && ++at < text.len);
        if (at > from || found) {
            len += (size_t)snprintf(out + len, sizeof(out) - len, "[%zu,%zu)%s",
                                    from, at, found ? "*" : "");
        }
    }
    hold_net_cache_free(cache);
    return out;
}

static const struct {
    const char *pattern, *text, *lives;
} patterns[] = {
    {"foo", "a foo b", "[2,4)*"},
    {"foo", "a FoO", "[2,4)*"},
    {"foo", "a fob", "[2,4)"},
    {"\\bfoo\\b", "foo food xfoo", "[0,3)*[4,7)"},
    {"\\bfoo\\b", "foo", "[0,3)"}, // what comes next will tell
    {"\\bfoo\\b!", "foo! foo", "[0,3)*[5,8)"},
    {"a{2,4}b", "aaaaab", "[0,4)[1,5)*[2,5)*[3,5)*[4,5)"},
    {"(?:cat|dog)s?", "dogs", "[0,3)*"},
    {"foo(?! bar)", "foo baz", "[0,6)*"},
    {"(?<!x)foo", "foo", "[0,2)*"},
    {"x\\w+y", "xaay", "[0,4)*"},
    {"^foo", "foo foo\nfoo", "[0,2)*[8,10)*"},
    {"(?:^|!)foo", "foo foo!foo", "[0,2)*[7,10)*"},
    {"\\Afoo", "xfoo", ""},
};

START_TEST(a_match_lives_until_it_cannot_go_on)
{
    struct hold_net *net = net_of(&patterns[_i].pattern, 1);

    ck_assert_msg(
        strcmp(lives(net, patterns[_i].text), patterns[_i].lives) == 0,
        "%s in %s: %s, not %s", patterns[_i].pattern, patterns[_i].text,
        lives(net, patterns[_i].text), patterns[_i].lives);
    hold_net_free(net);
}
END_TEST

static const struct {
    const char *term;
    unsigned flags;
    const char *text, *lives;
} terms[] = {
    {"foo", 0, "xfoox", "[1,3)*"},
    {"foo", HOLD_NET_LEFT, "xfoo foo", "[5,7)*"},
    {"foo", HOLD_NET_LEFT | HOLD_NET_RIGHT, "food foo.", "[0,3)[5,8)*"},
    {"foo", HOLD_NET_RIGHT | HOLD_NET_PLURAL, "foos fooes foose ",
     "[0,4)*[5,10)*[11,15)"},
    {"foo", HOLD_NET_EXTEND_RIGHT | HOLD_NET_LEFT, "foobar ", "[0,6)*"},
    {"foo", HOLD_NET_EXTEND_LEFT | HOLD_NET_RIGHT, "abfoo xy ", "[0,5)*[6,8)"},
    {"foo", HOLD_NET_SILENT, "foo.", "[0,2)"},
};

START_TEST(a_term_lives_as_its_edges_say)
{
    struct hold_net *net = hold_net_new();

    ck_assert_int_eq(
        hold_net_add_term(net, text_of(terms[_i].term), terms[_i].flags, RULE),
        HOLD_NET_ADDED);
    ck_assert(hold_net_end(net));
    ck_assert_msg(strcmp(lives(net, terms[_i].text), terms[_i].lives) == 0,
                  "%s in %s: %s, not %s", terms[_i].term, terms[_i].text,
                  lives(net, terms[_i].text), terms[_i].lives);
    hold_net_free(net);
}
END_TEST

/* ---- against PCRE2 ------------------------------------------------------- */

static uint32_t seed = 20250607;

static uint32_t
draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void
random_pattern(char *out, size_t size)
{
    static const char *const pieces[] = {"a",         "b",
                                         "c",         " ",
                                         "[ab]",      "[^a]",
                                         "\\w",       "\\b",
                                         "a?",        "b*",
                                         "c+",        "(?:a|b)",
                                         "(?:ab|c)?", "(?:a|bc){1,3}",
                                         "a{2}",      "(?=b)",
                                         "(?!c)",     "(?<!a)",
                                         "\\s",       "."};
    size_t len = 0;

    out[0] = '\0';
    for (uint32_t n = 2 + draw(5); n > 0; n--) {
        len += (size_t)snprintf(out + len, size - len, "%s",
                                pieces[draw(sizeof(pieces) / sizeof(*pieces))]);
    }
}

/* Some match that began at `from` may have ended at or after `to`'s sight. */
static void
check_announced(const struct hold_net *net, const char *pattern,
                struct text text, struct span hit)
{
    struct hold_net_cache *cache = hold_net_cache_new(net);
    uint16_t state = HOLD_NET_DEAD;
    bool announced = false;
    size_t ended;

    for (size_t at = hit.from; at < text.len && !announced; at++) {
        state = step(cache, state,
                     at == hit.from ? start_at(text, at) : HOLD_NET_NONE,
                     hold_net_symbol((unsigned char)text.at[at]));
        (void)hold_net_ended(cache, state, &ended);
        announced = ended > 0 && at + 1 >= hit.to;
        ck_assert_msg(announced || at + 1 >= hit.to ||
                          hold_net_alive(cache, state),
                      "%s dies in %.*s", pattern, TEXT_ARGS(text));
    }
    ck_assert_msg(announced || hold_net_alive(cache, state),
                  "%s is not told of in %.*s [%zu,%zu)", pattern,
                  TEXT_ARGS(text), hit.from, hit.to);
    hold_net_cache_free(cache);
}

START_TEST(no_match_comes_unannounced)
{
    struct pattern_scratch *scratch = pattern_scratch_new();
    size_t hits = 0;

    for (int round = 0; round < 400; round++) {
        char source[128], room[24];
        const char *const sources[] = {source};
        struct err err;
        random_pattern(source, sizeof(source));
        struct pattern *pattern = pattern_compile(text_of(source), &err);
        if (pattern == NULL) {
            continue; // it matches the empty text
        }
        struct hold_net *net = net_of(sources, 1);
        for (int n = 0; n < 12; n++) {
            struct span hit;
            const size_t len = 1 + draw(sizeof(room) - 1);
            for (size_t i = 0; i < len; i++) {
                room[i] = "abc b\n"[draw(6)];
            }
            const struct text text = {room, len};
            for (size_t at = 0;
                 at < len &&
                 pattern_find(pattern, scratch, text, (struct span){at, len},
                              &hit, &err) == PATTERN_FOUND &&
                 hit.to > hit.from;
                 at = hit.from + 1) {
                check_announced(net, source, text, hit);
                hits++;
            }
        }
        pattern_free(pattern);
        hold_net_free(net);
    }
    ck_assert_uint_gt(hits, 500);
    pattern_scratch_free(scratch);
}
END_TEST

/* ---- the cache ----------------------------------------------------------- */

START_TEST(a_state_outlives_its_cache)
{
    static const char *const source[] = {"a[bc]{3,9}d"};
    struct hold_net *net = net_of(source, 1);
    struct hold_net_cache *one = hold_net_cache_new(net);
    struct hold_net_cache *two = hold_net_cache_new(net);
    uint32_t nodes[HOLD_NET_SET];
    size_t ended;

    ck_assert_uint_ne(hold_net_serial(one), hold_net_serial(two));
    uint16_t state = hold_net_step(one, HOLD_NET_DEAD, HOLD_NET_FREE, 'a');
    const size_t count = hold_net_size(one, state);
    hold_net_save(one, state, nodes);
    uint16_t moved = hold_net_load(two, nodes, count);
    const uint64_t serial = hold_net_serial(two);
    hold_net_renew(two, &moved, 1);
    ck_assert_uint_ne(hold_net_serial(two), serial);
    for (const char *c = "bcbd"; *c != '\0'; c++) {
        moved = hold_net_step(two, moved, HOLD_NET_NONE, (unsigned char)*c);
    }
    (void)hold_net_ended(two, moved, &ended);
    ck_assert_uint_eq(ended, 1);
    hold_net_cache_free(one);
    hold_net_cache_free(two);
    hold_net_free(net);
}
END_TEST

/* Whether a match of "...a" and 15 letters more has just ended. */
static bool
has_ended(const struct hold_net_cache *cache, uint16_t state)
{
    size_t ended;

    (void)hold_net_ended(cache, state, &ended);
    return ended > 0;
}

START_TEST(a_full_cache_keeps_what_was_met_most)
{
    enum { STEPS = 120000, BEHIND = 15, OFTEN = 50 };
    static const char *const source[] = {"[ab]*a[ab]{15}", "xyzzyz"};
    struct hold_net *net = net_of(source, 2);
    struct hold_net_cache *cache = hold_net_cache_new(net);
    uint16_t state = step(cache, HOLD_NET_DEAD, HOLD_NET_FREE, 'b');
    uint32_t coin = 1, past = 0;
    size_t made = 0;

    for (int i = 0; i < STEPS; i++) {
        coin = coin * 1664525 + 1013904223;
        const unsigned char c = (coin >> 16 & 1) != 0 ? 'a' : 'b';
        past = past << 1 | (c == 'a');
        state = step(cache, state, HOLD_NET_NONE, c);
        // 2^16 states are more than fit: what they know stays right.
        ck_assert_int_eq(has_ended(cache, state), past >> BEHIND & 1);
        if (i % OFTEN == 0) {
            const size_t before = hold_net_work(cache).states;
            uint16_t often = HOLD_NET_DEAD;
            for (const char *x = "xyzzyz"; *x != '\0'; x++) {
                uint16_t both[] = {state, often};
                uint16_t next = hold_net_step(
                    cache, often,
                    often == HOLD_NET_DEAD ? HOLD_NET_FREE : HOLD_NET_NONE,
                    (unsigned char)*x);
                if (next == HOLD_NET_FULL) {
                    hold_net_renew(cache, both, 2);
                    next =
                        step(cache, both[1], HOLD_NET_NONE, (unsigned char)*x);
                    state = both[0];
                }
                often = next;
            }
            ck_assert(has_ended(cache, often));
            made += hold_net_work(cache).states - before;
        }
    }
    ck_assert_uint_ge(hold_net_work(cache).renewals, 3);
    ck_assert_msg(made <= 6, "%zu states of the word made", made);
    hold_net_cache_free(cache);
    hold_net_free(net);
}
END_TEST

START_TEST(too_many_at_once_never_die)
{
    static const char *const source[] = {"(?:a[ab]{0,90}){2,30}c"};
    struct hold_net *net = net_of(source, 1);
    struct hold_net_cache *cache = hold_net_cache_new(net);
    uint16_t state = HOLD_NET_DEAD;

    for (int i = 0; i < 3000; i++) {
        state = step(cache, state, HOLD_NET_FREE, 'a');
    }
    state = step(cache, state, HOLD_NET_NONE, '.');
    ck_assert(hold_net_alive(cache, state));
    hold_net_cache_free(cache);
    hold_net_free(net);
}
END_TEST

START_TEST(what_is_not_understood_is_unbounded)
{
    static const char *const sources[] = {"(a)\\1", "(?R)?a", "\\Qa\\E",
                                          "(?:(?:[ab]{1,300}c){1,300}){1,300}"};
    struct hold_net *net = hold_net_new();
    struct arena *work = arena_new(1 << 24);
    size_t chars;

    ck_assert_int_eq(
        hold_net_add_pattern(net, text_of(sources[_i]), RULE, work, &chars),
        HOLD_NET_UNBOUNDED);
    ck_assert(hold_net_end(net));
    arena_free(work);
    hold_net_free(net);
}
END_TEST

TEST_MAIN("hold_net",
          tcase_add_loop_test(tc, a_match_lives_until_it_cannot_go_on, 0,
                              sizeof(patterns) / sizeof(*patterns));
          tcase_add_loop_test(tc, a_term_lives_as_its_edges_say, 0,
                              sizeof(terms) / sizeof(*terms));
          tcase_add_test(tc, no_match_comes_unannounced);
          tcase_add_test(tc, a_state_outlives_its_cache);
          tcase_add_test(tc, a_full_cache_keeps_what_was_met_most);
          tcase_add_test(tc, too_many_at_once_never_die);
          tcase_add_loop_test(tc, what_is_not_understood_is_unbounded, 0, 4);)
