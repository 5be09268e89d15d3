#include "sidecar/engine/hold_walk.h"

#include <assert.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/pii_plain.h"

void
hold_walk_init(struct hold_walk *walk)
{
    for (int i = 0; i < HOLD_LANES; i++) {
        walk->lanes[i].count = 0;
    }
    walk->lanes[HOLD_LANE] = (struct hold_lane){.count = 1, .after_line = true};
}

/* ---------------------------------------------------------------- suspects */

void
hold_suspects_add(struct hold_suspects *suspects, struct span span)
{
    struct span *at = suspects->at;
    size_t i = 0, last;

    while (i < suspects->count && at[i].to <= span.from) {
        i++;
    }
    for (last = i; last < suspects->count && at[last].from < span.to; last++) {
        span.from = at[last].from < span.from ? at[last].from : span.from;
        span.to = at[last].to > span.to ? at[last].to : span.to;
    }
    if (last == i && suspects->count == HOLD_GENERATIONS) {
        // No room: it becomes one with a neighbour.
        const size_t near = i < suspects->count ? i : i - 1;
        at[near].from = span.from < at[near].from ? span.from : at[near].from;
        at[near].to = span.to > at[near].to ? span.to : at[near].to;
        return;
    }
    memmove(&at[i + 1], &at[last], (suspects->count - last) * sizeof(*at));
    suspects->count += 1 - (last - i);
    at[i] = span;
}

/* Of which rules may a match have ended with the step just made? */
static unsigned
ended_with(const struct hold_walk *walk, const struct hold_generation *g)
{
    size_t count;
    const uint32_t *ended = hold_net_ended(walk->cache, g->state, &count);
    unsigned how = 0;

    for (size_t i = 0; i < count; i++) {
        how |= walk->counts[ended[i]];
    }
    return how;
}

static void
note_ended(struct hold_walk *walk, const struct hold_generation *g, size_t to)
{
    const unsigned how = ended_with(walk, g);

    if (how != 0) {
        hold_suspects_add(walk->suspects, (struct span){g->from, to});
        walk->suspects->counted =
            walk->suspects->counted || (how & HOLD_COUNTS_BEFORE) != 0;
    }
}

/* ------------------------------------------------------------------- steps */

/* All states of all lanes go over to the emptied cache. */
static void
renew(struct hold_walk *walk)
{
    uint16_t states[HOLD_LANES * (HOLD_GENERATIONS + 1)];
    size_t count = 0;

    for (int l = 0; l < HOLD_LANES; l++) {
        for (size_t i = 0; i < walk->lanes[l].count; i++) {
            states[count++] = walk->lanes[l].at[i].state;
        }
    }
    hold_net_renew(walk->cache, states, count);
    count = 0;
    for (int l = 0; l < HOLD_LANES; l++) {
        for (size_t i = 0; i < walk->lanes[l].count; i++) {
            walk->lanes[l].at[i].state = states[count++];
        }
    }
}

static void
step_one(struct hold_walk *walk, struct hold_generation *g,
         enum hold_net_start start, unsigned char symbol)
{
    uint16_t next = hold_net_step(walk->cache, g->state, start, symbol);

    if (next == HOLD_NET_FULL) {
        renew(walk);
        next = hold_net_step(walk->cache, g->state, start, symbol);
        assert(next != HOLD_NET_FULL);
    }
    g->state = next;
    walk->steps++;
}

static void
join_into(struct hold_walk *walk, struct hold_generation *a,
          const struct hold_generation *b)
{
    uint16_t both = hold_net_join(walk->cache, a->state, b->state);

    if (both == HOLD_NET_FULL) {
        renew(walk);
        both = hold_net_join(walk->cache, a->state, b->state);
        assert(both != HOLD_NET_FULL);
    }
    a->state = both;
}

static bool
is_alive(const struct hold_walk *walk, const struct hold_generation *g)
{
    return hold_net_alive(walk->cache, g->state);
}

size_t
hold_walk_live(const struct hold_walk *walk)
{
    const struct hold_lane *lane = &walk->lanes[HOLD_LANE];

    for (size_t i = 0; i < lane->count; i++) {
        if (is_alive(walk, &lane->at[i])) {
            return lane->at[i].from;
        }
    }
    return SIZE_MAX;
}

size_t
hold_walk_live_before(struct hold_walk *walk, unsigned char symbol)
{
    struct hold_lane *const lane = &walk->lanes[HOLD_LANE_CHAR];
    size_t live = SIZE_MAX;

    // A lane of its own: its states are kept when room is made.
    *lane = walk->lanes[HOLD_LANE];
    for (size_t i = 0; i < lane->count && live == SIZE_MAX; i++) {
        struct hold_generation *const g = &lane->at[i];
        if (is_alive(walk, g)) {
            step_one(walk, g, HOLD_NET_NONE, symbol);
            live = is_alive(walk, g) || ended_with(walk, g) != 0 ? g->from
                                                                 : SIZE_MAX;
        }
    }
    lane->count = 0;
    return live;
}

/* The dead go, but for the last; it is where matches begin. */
static void
bury(struct hold_walk *walk, struct hold_lane *lane)
{
    size_t kept = 0;

    for (size_t i = 0; i < lane->count; i++) {
        if (i + 1 == lane->count || is_alive(walk, &lane->at[i])) {
            lane->at[kept++] = lane->at[i];
        }
    }
    lane->count = kept;
}

/* From here on matches begin in a generation of their own. */
static void
begin_generation(struct hold_walk *walk, struct hold_lane *lane, size_t from)
{
    struct hold_generation *last = &lane->at[lane->count - 1];

    if (is_alive(walk, last)) {
        if (lane->count == HOLD_GENERATIONS) {
            join_into(walk, &lane->at[0], &lane->at[1]);
            lane->count--;
            memmove(&lane->at[1], &lane->at[2],
                    (lane->count - 1) * sizeof(lane->at[0]));
        }
        last = &lane->at[lane->count++];
    }
    *last = (struct hold_generation){from, HOLD_NET_DEAD};
}

static void
step_lane(struct hold_walk *walk, struct hold_lane *lane, unsigned char symbol,
          struct span at, bool together)
{
    const bool word = hold_net_is_word(symbol);
    const enum hold_net_start start = word && lane->after_word ? HOLD_NET_INSIDE
                                      : lane->after_line       ? HOLD_NET_LINE
                                                               : HOLD_NET_FREE;
    bool died = false;

    if (!together && ((word && !lane->after_word) ||
                      !is_alive(walk, &lane->at[lane->count - 1]))) {
        begin_generation(walk, lane, at.from);
    }
    for (size_t i = 0; i < lane->count; i++) {
        struct hold_generation *g = &lane->at[i];
        const bool last = i + 1 == lane->count;
        if (last || g->state != HOLD_NET_DEAD) {
            step_one(walk, g, last ? start : HOLD_NET_NONE, symbol);
            note_ended(walk, g, at.to);
            died = died || (!last && !is_alive(walk, g));
        }
    }
    lane->after_word = word;
    lane->after_line = symbol == '\n';
    if (died && !together) {
        bury(walk, lane);
    }
}

void
hold_walk_step(struct hold_walk *walk, unsigned char symbol, struct span at,
               bool together)
{
    step_lane(walk, &walk->lanes[HOLD_LANE], symbol, at, together);
}

void
hold_walk_plain(struct hold_walk *walk, struct text plain, size_t at)
{
    for (size_t i = 0; i < plain.len; i++) {
        step_lane(walk, &walk->lanes[HOLD_LANE],
                  hold_net_symbol((unsigned char)plain.at[i]),
                  (struct span){at + i, at + i + 1}, false);
    }
}

/* ---------------------------------------------------------- several readings
 */

/* Both have the same generations. */
static void
join_lanes(struct hold_walk *walk, int into, int from)
{
    struct hold_lane *a = &walk->lanes[into], *b = &walk->lanes[from];

    if (a->count == 0) {
        *a = *b;
    } else {
        for (size_t i = 0; i < a->count; i++) {
            join_into(walk, &a->at[i], &b->at[i]);
        }
        a->after_word = a->after_word && b->after_word;
        a->after_line = a->after_line || b->after_line;
    }
    b->count = 0;
}

/* All of a text, its starts in the last generation. */
static void
read_together(struct hold_walk *walk, int lane, struct text text,
              struct span at)
{
    size_t len;

    for (size_t i = 0; i < text.len; i += len) {
        const uint32_t c = utf8_at(text, i, &len);
        step_lane(walk, &walk->lanes[lane], hold_net_symbol(c), at, true);
    }
}

/* Where all matches that begin in the stretch go. */
static void
gather(struct hold_walk *walk, struct span at)
{
    bury(walk, &walk->lanes[HOLD_LANE]);
    begin_generation(walk, &walk->lanes[HOLD_LANE], at.from);
}

/* The same, as the scanners of personal data read it. */
static void
read_scanned(struct hold_walk *walk, int lane, struct text text, struct span at)
{
    size_t len;

    for (size_t i = 0; i < text.len; i += len) {
        const uint32_t c = utf8_at(text, i, &len);
        const unsigned read = pii_plain_char(c);
        if (read != PII_PLAIN_GONE) {
            step_lane(walk, &walk->lanes[lane],
                      hold_net_symbol(read == PII_PLAIN_KEPT ? c : read), at,
                      true);
        }
    }
}

void
hold_walk_group(struct hold_walk *walk, struct text raw, struct span at,
                struct text folded, bool together)
{
    const struct text as_sent = text_part(raw, at.from, at.to);

    if (!together) {
        gather(walk, at);
    }
    walk->lanes[HOLD_LANE_START] = walk->lanes[HOLD_LANE];
    for (int i = 0; i < 3; i++) {
        walk->lanes[HOLD_LANE_CHAR] = walk->lanes[HOLD_LANE_START];
        if (i < 2) {
            read_together(walk, HOLD_LANE_CHAR, i == 0 ? as_sent : folded, at);
        } else {
            read_scanned(walk, HOLD_LANE_CHAR, as_sent, at);
        }
        join_lanes(walk, HOLD_LANE_SUM, HOLD_LANE_CHAR);
    }
    walk->lanes[HOLD_LANE] = walk->lanes[HOLD_LANE_SUM];
    walk->lanes[HOLD_LANE_START].count = walk->lanes[HOLD_LANE_SUM].count = 0;
}

/* One character, or several that became one or more. */
static void
read_folded(struct hold_walk *walk, struct text raw, struct span at,
            struct text folded, bool together)
{
    size_t len;
    const uint32_t c = utf8_at(raw, at.from, &len);
    const unsigned char symbol = hold_net_symbol(c);

    if (len == at.to - at.from &&
        (c < 128 || pii_plain_char(c) == PII_PLAIN_KEPT) &&
        ((folded.len == 1 && symbol == (unsigned char)folded.at[0]) ||
         text_equal(folded, text_part(raw, at.from, at.to)))) {
        hold_walk_step(walk, symbol, at, together);
    } else {
        hold_walk_group(walk, raw, at, folded, together);
    }
}

static size_t
char_end(struct text raw, size_t at)
{
    return at + utf8_len((unsigned char)raw.at[at]);
}

void
hold_walk_folded(struct hold_walk *walk, struct text raw, struct span at,
                 size_t skip, const struct view *fold, bool together)
{
    const bool mapped = fold->raw_from != NULL;
    const size_t len = fold->text.len;
    size_t i = 0, done = at.from + skip;

    while (i < len && (mapped ? fold->raw_from[i] : i) < skip) {
        i++;
    }
    while (done < at.to) {
        const size_t next =
            i < len ? at.from + (mapped ? fold->raw_from[i] : i) : at.to;
        if (next > done) { // what the view has not
            const struct span one = {done, char_end(raw, done)};
            read_folded(walk, raw, one, (struct text){"", 0}, together);
            done = one.to;
            continue;
        }
        const size_t first = i;
        size_t to = char_end(raw, done);
        for (; i < len && at.from + (mapped ? fold->raw_from[i] : i) < to;
             i++) {
            const size_t end = at.from + (mapped ? fold->raw_to[i] : i + 1);
            to = end > to ? end : to;
        }
        read_folded(walk, raw, (struct span){done, to},
                    text_part(fold->text, first, i), together);
        done = to;
    }
}

void
hold_walk_fork(struct hold_walk *walk, struct span piece)
{
    gather(walk, piece);
    walk->lanes[HOLD_LANE_BEFORE] = walk->lanes[HOLD_LANE];
}

void
hold_walk_view(struct hold_walk *walk, struct text view, struct span piece)
{
    walk->lanes[HOLD_LANE_VIEW] = walk->lanes[HOLD_LANE_BEFORE];
    read_together(walk, HOLD_LANE_VIEW, view, piece);
    join_lanes(walk, HOLD_LANE, HOLD_LANE_VIEW);
}

void
hold_walk_merge(struct hold_walk *walk)
{
    walk->lanes[HOLD_LANE_BEFORE].count = 0;
    bury(walk, &walk->lanes[HOLD_LANE]);
}
