/*
 * State machines: one beginning, an end that every state can reach, no step
 * without a place to go, scores that can be met. What no caller's decision can
 * bring about is said while the file is read and not when a player is stuck.
 */
#include "config/crosscheck.h"

#include <math.h>
#include <stdarg.h>

#define NOWHERE SIZE_MAX

enum { KEY_BYTES = 64 };

/* A machine under check, its names resolved. */
struct script {
    const struct crosscheck *check;
    const struct config_machine *machine;
    struct known states;
    size_t *from, *to; /* [transition_count] states, or NOWHERE */
    char path[CROSSCHECK_PATH_BYTES];
};

static void tell(const struct script *s, struct place at, const char *key,
                 const char *what, ...) __attribute__((format(printf, 4, 5)));

static void
tell(const struct script *s, struct place at, const char *key, const char *what,
     ...)
{
    char path[CROSSCHECK_PATH_BYTES], said[CROSSCHECK_PATH_BYTES];
    va_list args;

    va_start(args, what);
    vsnprintf(said, sizeof(said), what, args);
    va_end(args);
    snprintf(path, sizeof(path), "%s.%s", s->path, key);
    place_problem(s->check->problems, at, path, "%s", said);
}

/* Does the name stand for something? `key` as in tell. */
static void
check_name(const struct script *s, const struct known *names, const char *what,
           struct place at, const char *key, struct text name)
{
    char path[CROSSCHECK_PATH_BYTES];

    snprintf(path, sizeof(path), "%.200s.%s", s->path, key);
    known_check(names, s->check->problems, at, path, what, name);
}

/* ------------------------------------------------------------------ states */

static void
check_states(const struct script *s)
{
    const struct config_machine *m = s->machine;
    const struct config_machine_state *first = NULL;
    struct crosscheck_named *ids = ARENA_ARRAY(
        s->check->config->arena, struct crosscheck_named, m->state_count);
    char path[CROSSCHECK_PATH_BYTES], words[PLACE_WORDS_BYTES], key[KEY_BYTES];
    size_t terminals = 0, named = 0;

    for (size_t i = 0; ids != NULL && i < m->state_count; i++) {
        const struct config_machine_state *state = &m->states[i];
        ids[named++] = (struct crosscheck_named){state->id, state->node, i};
        terminals += state->terminal;
        snprintf(key, sizeof(key), "states[%zu].initial", i);
        if (state->initial && first != NULL) {
            tell(s, node_place(state->node, "initial"), key,
                 "a machine has one initial state; first at %s",
                 place_words(node_place(first->node, "initial"), words));
        } else if (state->initial && state->terminal) {
            tell(s, node_place(state->node, "initial"), key,
                 "a terminal state: the machine would have ended before it "
                 "began");
        }
        first = state->initial && first == NULL ? state : first;
    }
    snprintf(path, sizeof(path), "%s.states", s->path);
    crosscheck_ids(s->check, ids, named, path);
    if (first == NULL) {
        tell(s, node_place(m->node, "states"), "states",
             "none of them is initial: true");
    }
    if (terminals == 0) {
        tell(s, node_place(m->node, "states"), "states",
             "none of them is terminal: true, so the machine never ends");
    }
}

/* ------------------------------------------------------------- transitions */

/* Only whole hundredths can be added without an error that grows. */
static bool
has_two_decimals(double score)
{
    return fabs(score * 100 - round(score * 100)) < 1e-6;
}

/* The pass that is taken before this one at every score, or NULL. */
static const struct config_machine_transition *
shadow_of(const struct script *s, size_t index)
{
    const struct config_machine *m = s->machine;
    const struct config_machine_transition *t = &m->transitions[index];

    for (size_t i = 0; i < m->transition_count; i++) {
        const struct config_machine_transition *other = &m->transitions[i];
        if (i != index && other->on == t->on && s->from[i] == s->from[index] &&
            (t->on != CONFIG_PASS || isnan(other->score_gte) ||
             other->score_gte <= t->score_gte) &&
            (other->priority < t->priority ||
             (other->priority == t->priority && i < index))) {
            return other;
        }
    }
    return NULL;
}

static void
check_target(const struct script *s, size_t index)
{
    const struct config_machine_transition *t = &s->machine->transitions[index];
    const struct place at = node_place(t->node, "to");
    char key[KEY_BYTES];

    snprintf(key, sizeof(key), "transitions[%zu].to", index);
    if (t->to.len == 0) {
        if (t->on == CONFIG_PASS) {
            tell(s, at, key, "a pass moves; say to which state");
        }
        return;
    }
    check_name(s, &s->states, "state", at, key, t->to);
    if (t->on == CONFIG_REDIRECT && !text_equal(t->to, t->from)) {
        tell(s, at, key, "a redirect stays in its state, \"%s\"", t->from.at);
    } else if (t->on == CONFIG_REJECT) {
        tell(s, at, key,
             "a reject goes where the state's pass goes; leave it out");
    }
}

/* One whose `from` is a state. */
static void
check_taken(const struct script *s, size_t index)
{
    const struct config_machine_transition *t = &s->machine->transitions[index];
    const struct config_machine_transition *shadow = shadow_of(s, index);
    char words[PLACE_WORDS_BYTES], key[KEY_BYTES];

    if (s->machine->states[s->from[index]].terminal) {
        snprintf(key, sizeof(key), "transitions[%zu].from", index);
        tell(s, node_place(t->node, "from"), key,
             "\"%s\" is terminal: nothing leaves it", t->from.at);
    }
    if (!isnan(t->score_gte) && t->on != CONFIG_PASS) {
        snprintf(key, sizeof(key), "transitions[%zu].score_gte", index);
        tell(s, node_place(t->node, "score_gte"), key,
             "only a pass has a condition");
    }
    if (shadow != NULL) {
        snprintf(key, sizeof(key), "transitions[%zu]", index);
        tell(s, t->node->at, key, "never taken: the one at %s comes first",
             place_words(shadow->node->at, words));
    }
}

static void
check_transition(const struct script *s, size_t index)
{
    const struct config_machine_transition *t = &s->machine->transitions[index];
    char key[KEY_BYTES];

    snprintf(key, sizeof(key), "transitions[%zu].from", index);
    check_name(s, &s->states, "state", node_place(t->node, "from"), key,
               t->from);
    check_target(s, index);
    if (!has_two_decimals(t->score)) {
        snprintf(key, sizeof(key), "transitions[%zu].score", index);
        tell(s, node_place(t->node, "score"), key,
             "%.15g has more than two decimals", t->score);
    }
    if (s->from[index] != NOWHERE) {
        check_taken(s, index);
    }
}

/* ------------------------------------------------------------- reachability */

/* Marks the state beside one that is marked; false: nothing was to be done. */
static bool
spread_one(const struct script *s, size_t index, bool forward, bool *seen)
{
    const enum config_decision on = s->machine->transitions[index].on;
    const size_t at = forward ? s->from[index] : s->to[index];
    const size_t next = forward ? s->to[index] : s->from[index];
    // Being thrown out may lead somewhere, but is no way to an end.
    const bool leads = forward ? on != CONFIG_REDIRECT : on == CONFIG_PASS;

    if (!leads || at == NOWHERE || next == NOWHERE || !seen[at] || seen[next]) {
        return false;
    }
    seen[next] = true;
    return true;
}

/*
 * Marks what can be reached from the states marked already, or, not forward,
 * from where they can.
 */
static void
spread(const struct script *s, bool forward, bool *seen)
{
    bool grew = true;

    for (size_t round = 0; grew && round <= s->machine->state_count; round++) {
        grew = false;
        for (size_t i = 0; i < s->machine->transition_count; i++) {
            grew = spread_one(s, i, forward, seen) || grew;
        }
    }
}

/* Is there a pass from the state at every score? */
static bool
always_passes(const struct script *s, size_t state)
{
    for (size_t i = 0; i < s->machine->transition_count; i++) {
        const struct config_machine_transition *t = &s->machine->transitions[i];
        if (t->on == CONFIG_PASS && s->from[i] == state &&
            isnan(t->score_gte)) {
            return true;
        }
    }
    return false;
}

static void
check_state_way(const struct script *s, size_t index, const bool *reached,
                const bool *ends)
{
    const struct config_machine_state *state = &s->machine->states[index];
    char key[KEY_BYTES];

    snprintf(key, sizeof(key), "states[%zu]", index);
    if (!reached[index]) {
        tell(s, state->node->at, key,
             "an orphan: no pass leads to \"%s\" from the initial state",
             state->id.at);
    } else if (!state->terminal && !always_passes(s, index)) {
        tell(s, state->node->at, key,
             "\"%s\" has no pass without a condition%s: the machine would be "
             "stuck",
             state->id.at,
             s->machine->scoring == CONFIG_SCORED ? ", which a reject takes too"
                                                  : "");
    } else if (!ends[index]) {
        tell(s, state->node->at, key,
             "a dead end: no passes lead from \"%s\" to a terminal state",
             state->id.at);
    }
}

/* False: something is wrong, so that scores are not worth looking at. */
static bool
check_ways(const struct script *s)
{
    const struct config_machine *m = s->machine;
    struct arena *arena = s->check->config->arena;
    bool *reached = ARENA_ARRAY(arena, bool, m->state_count);
    bool *ends = ARENA_ARRAY(arena, bool, m->state_count);
    const size_t before = place_problems_told(s->check->problems);

    if (reached == NULL || ends == NULL) {
        return false;
    }
    for (size_t i = 0; i < m->state_count; i++) {
        reached[i] = m->states[i].initial;
        ends[i] = m->states[i].terminal;
    }
    spread(s, true, reached);
    spread(s, false, ends);
    for (size_t i = 0; i < m->state_count; i++) {
        check_state_way(s, i, reached, ends);
    }
    return place_problems_told(s->check->problems) == before;
}

/* ------------------------------------------------------------------ scores */

/* What a decision that does not pass adds to the score in each state. */
struct costs {
    double *rejects; /* [state_count] */
    double *stays;   /* [state_count] all redirects together */
};

static bool
find_costs(const struct script *s, struct costs *out)
{
    const struct config_machine *m = s->machine;
    struct arena *arena = s->check->config->arena;
    // Any number of redirects add any amount.
    const double times =
        m->max_redirects < 0 ? (double)INFINITY : (double)m->max_redirects;

    out->rejects = ARENA_ARRAY(arena, double, m->state_count);
    out->stays = ARENA_ARRAY(arena, double, m->state_count);
    if (out->rejects == NULL || out->stays == NULL) {
        return false;
    }
    for (size_t i = 0; i < m->state_count; i++) {
        out->rejects[i] = m->reject_penalty;
        out->stays[i] = 0;
    }
    for (size_t i = 0; i < m->transition_count; i++) {
        const struct config_machine_transition *t = &m->transitions[i];
        if (t->on == CONFIG_REJECT) {
            out->rejects[s->from[i]] = t->score;
        } else if (t->on == CONFIG_REDIRECT && t->score != 0 && times > 0) {
            out->stays[s->from[i]] = t->score * times;
        }
    }
    return true;
}

/*
 * The highest score (sign 1) or lowest (sign -1) that each state can be left
 * with, times sign; -INFINITY where it cannot be entered. Bellman and Ford's
 * relaxation: a score that still grows after as many rounds as there are states
 * grows for ever. Conditions are not looked at, so it is never too narrow.
 */
static void
relax(const struct script *s, const struct costs *costs, double sign,
      double *best)
{
    const struct config_machine *m = s->machine;
    const double floor = sign > 0 ? m->reject_at : -(double)INFINITY;

    for (size_t i = 0; i < m->state_count; i++) {
        best[i] = m->states[i].initial ? fmax(costs->stays[i] * sign, 0)
                                       : -(double)INFINITY;
    }
    for (size_t round = 0; round <= 2 * m->state_count; round++) {
        for (size_t i = 0; i < m->transition_count; i++) {
            if (m->transitions[i].on != CONFIG_PASS) {
                continue;
            }
            const size_t from = s->from[i], to = s->to[i];
            const double entered =
                best[from] + fmax(m->transitions[i].score * sign,
                                  costs->rejects[from] * sign);
            const double now = entered + fmax(costs->stays[to] * sign, 0);
            if (now > best[to] && entered > floor) {
                best[to] = round < m->state_count ? now : (double)INFINITY;
            }
        }
    }
}

static double
most_of(const struct script *s, const double *best, bool terminal)
{
    double most = -(double)INFINITY;

    for (size_t i = 0; i < s->machine->state_count; i++) {
        if (!terminal || s->machine->states[i].terminal) {
            most = fmax(most, best[i]);
        }
    }
    return most;
}

static void
check_scores(const struct script *s)
{
    const struct config_machine *m = s->machine;
    double *best = ARENA_ARRAY(s->check->config->arena, double, m->state_count);
    struct costs costs;
    char path[CROSSCHECK_PATH_BYTES];

    if (best == NULL || !find_costs(s, &costs)) {
        return;
    }
    relax(s, &costs, 1, best);
    const double highest = most_of(s, best, true);
    if (highest < m->accept_at) {
        snprintf(path, sizeof(path), "%.200s.accept_at", s->path);
        place_warning(s->check->problems, node_place(m->node, "accept_at"),
                      path,
                      "ACCEPT cannot be reached: no way to a terminal state "
                      "scores more than %.15g, and it takes %.15g",
                      highest, m->accept_at);
    }
    relax(s, &costs, -1, best);
    const double lowest = -most_of(s, best, false);
    if (lowest > m->reject_at) {
        snprintf(path, sizeof(path), "%.200s.reject_at", s->path);
        place_warning(s->check->problems, node_place(m->node, "reject_at"),
                      path,
                      "an early REJECT cannot be reached: no way scores less "
                      "than %.15g, and it takes %.15g",
                      lowest, m->reject_at);
    }
}

/* ------------------------------------------------------------------- links */

static void
check_link(const struct script *s, size_t index)
{
    const struct config_machine_link *link = &s->machine->links[index];
    const int conditions = (link->outcome != CONFIG_OPEN) +
                           !isnan(link->score_gte) + !isnan(link->score_lte) +
                           link->always;
    char key[KEY_BYTES];

    if (s->check->whole) {
        snprintf(key, sizeof(key), "links[%zu].to", index);
        check_name(s, &s->check->machines, "machine",
                   node_place(link->node, "to"), key, link->to);
    }
    snprintf(key, sizeof(key), "links[%zu]", index);
    if (conditions != 1) {
        tell(s, link->node->at, key,
             "%s; give one of outcome, score_gte, score_lte, always: true",
             conditions == 0 ? "has no condition" : "has several conditions");
    }
    if (text_equal(link->to, s->machine->id)) {
        tell(s, node_place(link->node, "to"), key, "opens itself");
    }
}

/* A machine that is no entry must be opened by another one. */
static bool
is_opened(const struct crosscheck *check, const struct config_machine *machine)
{
    for (size_t i = 0; i < check->config->machine_count; i++) {
        const struct config_machine *other = &check->config->machines[i];
        for (size_t j = 0; j < other->link_count; j++) {
            if (other != machine &&
                text_equal(other->links[j].to, machine->id)) {
                return true;
            }
        }
    }
    return false;
}

/* --------------------------------------------------------------- all of it */

/* False: a part of it was not bound, and it was told why. */
static bool
is_bound(const struct config_machine *m)
{
    bool bound = m->node != NULL && m->state_count > 0;

    for (size_t i = 0; i < m->state_count; i++) {
        bound = bound && m->states[i].node != NULL && m->states[i].id.len > 0;
    }
    for (size_t i = 0; i < m->transition_count; i++) {
        bound = bound && m->transitions[i].node != NULL &&
                m->transitions[i].from.len > 0;
    }
    for (size_t i = 0; i < m->link_count; i++) {
        bound = bound && m->links[i].node != NULL && m->links[i].to.len > 0;
    }
    return bound;
}

static bool
resolve(struct script *s)
{
    const struct config_machine *m = s->machine;
    struct arena *arena = s->check->config->arena;

    s->from = ARENA_ARRAY(arena, size_t, m->transition_count);
    s->to = ARENA_ARRAY(arena, size_t, m->transition_count);
    if (m->transition_count > 0 && (s->from == NULL || s->to == NULL)) {
        return false;
    }
    for (size_t i = 0; i < m->transition_count; i++) {
        s->from[i] = config_machine_find(m, m->transitions[i].from);
        s->to[i] = config_machine_find(m, m->transitions[i].to);
    }
    return known_build(&s->states, arena, m->states, m->state_count,
                       sizeof(struct config_machine_state),
                       offsetof(struct config_machine_state, id));
}

static void
check_machine(const struct crosscheck *check,
              const struct config_machine *machine)
{
    struct script s = {.check = check, .machine = machine};
    const size_t before = place_problems_told(check->problems);

    snprintf(s.path, sizeof(s.path), "machines[%zu]", machine->node->index);
    if (!resolve(&s)) {
        return;
    }
    check_states(&s);
    for (size_t i = 0; i < machine->transition_count; i++) {
        check_transition(&s, i);
    }
    for (size_t i = 0; i < machine->link_count; i++) {
        check_link(&s, i);
    }
    if (machine->scoring == CONFIG_SCORED &&
        machine->accept_at <= machine->reject_at) {
        tell(&s, node_place(machine->node, "accept_at"), "accept_at",
             "%.15g is not above reject_at, %.15g", machine->accept_at,
             machine->reject_at);
    }
    if (check->whole && !machine->entry && !is_opened(check, machine)) {
        tell(&s, node_place(machine->node, "entry"), "entry",
             "nothing opens it: it is no entry and no link leads to it");
    }
    // Ways through names that do not exist would be told twice.
    if (place_problems_told(check->problems) == before && check_ways(&s) &&
        machine->scoring == CONFIG_SCORED) {
        check_scores(&s);
    }
}

static void
check_owner(const struct crosscheck *check,
            const struct config_persona *persona)
{
    const struct node *list = node_get(persona->node, "machines");
    char path[CROSSCHECK_PATH_BYTES];

    if (list == NULL || !check->whole) {
        return;
    }
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        snprintf(path, sizeof(path), "personas[%zu].machines[%zu]",
                 persona->node->index, n->index);
        known_check(&check->machines, check->problems, n->at, path, "machine",
                    n->scalar);
    }
}

void
crosscheck_machines(const struct crosscheck *check)
{
    const struct config *config = check->config;
    struct crosscheck_named *ids = ARENA_ARRAY(
        config->arena, struct crosscheck_named, config->machine_count);
    size_t count = 0;

    for (size_t i = 0; i < config->machine_count; i++) {
        const struct config_machine *machine = &config->machines[i];
        if (ids != NULL && machine->node != NULL && machine->id.len > 0) {
            ids[count++] =
                (struct crosscheck_named){machine->id, machine->node, i};
        }
        if (is_bound(machine)) {
            check_machine(check, machine);
        }
    }
    crosscheck_ids(check, ids, count, "machines");
    for (size_t i = 0; i < config->persona_count; i++) {
        if (config->personas[i].node != NULL) {
            check_owner(check, &config->personas[i]);
        }
    }
}
