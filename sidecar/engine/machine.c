#include "sidecar/engine/machine.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "config/schema.h"

#define NO_STAGE UINT32_MAX /* (uint32_t)SIZE_MAX */

/* A state's pass. */
struct pass {
    uint32_t to;
    int32_t score;
    int32_t least; /* taken from this score on */
};

/* One state, and what leads from it. */
struct stage {
    const struct config_machine_state *config;
    struct pass *passes; /* [pass_count], the last at any score */
    size_t pass_count;
    int32_t redirect, reject; /* what each adds */
    uint32_t kicked_to;       /* or NO_STAGE */
};

struct machine {
    const struct config_machine *config;
    struct stage *stages;         /* [config->state_count] */
    const struct machine **opens; /* [config->link_count] */
    uint32_t initial;
    int32_t accept_at, reject_at;
};

struct machines {
    struct arena *arena;
    struct machine *at; /* [count] by id */
    size_t count;
};

/* ---------------------------------------------------------------- building */

enum { ARENA_BYTES = 1 << 28 };

static int32_t
hundredths(double score)
{
    return (int32_t)lround(score * MACHINE_SCORE_ONE);
}

/* By priority, and in the file's order those of one. */
static int
by_priority(const void *left, const void *right)
{
    const struct config_machine_transition *const *a = left, *const *b = right;

    if ((*a)->priority != (*b)->priority) {
        return (*a)->priority < (*b)->priority ? -1 : 1;
    }
    return *a < *b ? -1 : *a > *b;
}

static void
add_transition(struct machine *m, const struct config_machine_transition *t)
{
    struct stage *from = &m->stages[config_machine_find(m->config, t->from)];
    const int32_t score = hundredths(t->score);

    switch (t->on) {
    case CONFIG_PASS:
        from->passes[from->pass_count++] = (struct pass){
            .to = (uint32_t)config_machine_find(m->config, t->to),
            .score = score,
            .least =
                isnan(t->score_gte) ? INT32_MIN : hundredths(t->score_gte)};
        break;
    case CONFIG_REDIRECT:
        from->redirect = score;
        break;
    case CONFIG_REJECT:
        from->reject = score;
        break;
    case CONFIG_KICK_OUT:
        from->kicked_to = (uint32_t)config_machine_find(m->config, t->to);
        break;
    case CONFIG_UNDECIDED:
    case CONFIG_DECISIONS:
        break;
    }
}

/* The states, each with room for its passes. */
static bool
make_stages(struct machine *m, struct arena *arena)
{
    const struct config_machine *config = m->config;

    m->stages = ARENA_ARRAY(arena, struct stage, config->state_count);
    for (size_t i = 0; m->stages != NULL && i < config->state_count; i++) {
        struct stage *stage = &m->stages[i];
        size_t passes = 0;
        for (size_t j = 0; j < config->transition_count; j++) {
            const struct config_machine_transition *t = &config->transitions[j];
            passes += t->on == CONFIG_PASS &&
                      text_equal(t->from, config->states[i].id);
        }
        *stage = (struct stage){.config = &config->states[i],
                                .passes =
                                    ARENA_ARRAY(arena, struct pass, passes + 1),
                                .reject = hundredths(config->reject_penalty),
                                .kicked_to = NO_STAGE};
        if (stage->passes == NULL) {
            return false;
        }
        m->initial = config->states[i].initial ? (uint32_t)i : m->initial;
    }
    return m->stages != NULL;
}

static bool
make_machine(struct machine *m, const struct config_machine *config,
             struct arena *arena)
{
    const size_t count = config->transition_count;
    const struct config_machine_transition **order =
        ARENA_ARRAY(arena, const struct config_machine_transition *, count + 1);

    *m = (struct machine){.config = config,
                          .accept_at = hundredths(config->accept_at),
                          .reject_at = hundredths(config->reject_at)};
    m->opens =
        ARENA_ARRAY(arena, const struct machine *, config->link_count + 1);
    if (order == NULL || m->opens == NULL || !make_stages(m, arena)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = &config->transitions[i];
    }
    qsort(order, count, sizeof(order[0]), by_priority);
    for (size_t i = 0; i < count; i++) {
        add_transition(m, order[i]);
    }
    return true;
}

static int
by_id(const void *left, const void *right)
{
    const struct machine *a = left, *b = right;

    return text_order(a->config->id, b->config->id);
}

struct machines *
machines_build(const struct config *config)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct machines *machines =
        arena != NULL ? ARENA_ARRAY(arena, struct machines, 1) : NULL;

    if (machines == NULL) {
        arena_free(arena);
        return NULL;
    }
    *machines = (struct machines){
        .arena = arena,
        .at = ARENA_ARRAY(arena, struct machine, config->machine_count + 1),
        .count = config->machine_count};
    bool whole = machines->at != NULL;
    for (size_t i = 0; whole && i < machines->count; i++) {
        whole = make_machine(&machines->at[i], &config->machines[i], arena);
    }
    if (!whole) {
        machines_free(machines);
        return NULL;
    }
    qsort(machines->at, machines->count, sizeof(machines->at[0]), by_id);
    for (size_t i = 0; i < machines->count; i++) {
        const struct machine *m = &machines->at[i];
        for (size_t j = 0; j < m->config->link_count; j++) {
            m->opens[j] = machines_find(machines, m->config->links[j].to);
        }
    }
    return machines;
}

void
machines_free(struct machines *machines)
{
    if (machines != NULL) {
        arena_free(machines->arena);
    }
}

const struct machine *
machines_find(const struct machines *machines, struct text id)
{
    const struct config_machine wanted = {.id = id};
    const struct machine key = {.config = &wanted};

    return machines->count == 0 ? NULL
                                : bsearch(&key, machines->at, machines->count,
                                          sizeof(machines->at[0]), by_id);
}

const struct config_machine *
machine_config(const struct machine *machine)
{
    return machine->config;
}

/* ------------------------------------------------------------------- names */

const char *
machine_decision_name(enum config_decision decision)
{
    return schema_name_of(schema_decisions, (int)decision);
}

const char *
machine_outcome_name(enum config_outcome outcome)
{
    return schema_name_of(schema_outcomes, (int)outcome);
}

const char *
machine_cause_name(enum machine_cause cause)
{
    static const char *const names[MACHINE_CAUSES] = {
        [MACHINE_DECISION] = "decision",
        [MACHINE_VERDICT] = "verdict",
        [MACHINE_MAX_REDIRECTS] = "max_redirects",
        [MACHINE_EARLY_FAIL] = "early_fail",
        [MACHINE_TERMINAL] = "terminal"};

    return cause < MACHINE_CAUSES ? names[cause] : NULL;
}

struct text
machine_state_name(const struct machine_state *state)
{
    return state->machine->stages[state->at].config->id;
}

enum config_decision
machine_on_verdict(const struct machine *machine, enum envelope_verdict verdict)
{
    const struct config_machine_verdicts *on = &machine->config->on_verdict;

    switch (verdict) {
    case VERDICT_PASS:
        return on->pass;
    case VERDICT_FLAG:
        return on->flag;
    case VERDICT_REDACT:
        return on->redact;
    case VERDICT_REFUSE:
        return on->refuse;
    case VERDICTS:
        break;
    }
    return CONFIG_UNDECIDED;
}

/* ---------------------------------------------------------------- stepping */

struct machine_state
machine_begin(const struct machine *machine)
{
    return (struct machine_state){.machine = machine, .at = machine->initial};
}

static void
add_score(struct machine_state *state, int32_t delta)
{
    const int64_t sum = (int64_t)state->score + delta;

    state->score = sum > MACHINE_SCORE_MOST    ? MACHINE_SCORE_MOST
                   : sum < -MACHINE_SCORE_MOST ? -MACHINE_SCORE_MOST
                                               : (int32_t)sum;
}

static void
enter(struct machine_state *state, uint32_t at)
{
    if (at != state->at) {
        state->redirects = 0;
        state->follow_ups = 0;
    }
    state->at = at;
}

/* The pass that the present score takes. */
static const struct pass *
pass_of(const struct machine_state *state)
{
    const struct stage *stage = &state->machine->stages[state->at];

    for (size_t i = 0; i < stage->pass_count; i++) {
        if (state->score >= stage->passes[i].least) {
            return &stage->passes[i];
        }
    }
    return NULL; // crosscheck_machine.c lets no such state through
}

static void
end(struct machine_step *step, enum config_outcome outcome,
    enum machine_cause cause)
{
    step->after.outcome = outcome;
    step->ended_by = cause;
}

/* Points 1 and 2 of the header. */
static void
decide_step(struct machine_step *step)
{
    struct machine_state *s = &step->after;
    const struct machine *m = s->machine;
    const struct stage *stage = &m->stages[s->at];
    const struct pass *pass = pass_of(s);

    switch (step->decision) {
    case CONFIG_PASS:
        add_score(s, pass != NULL ? pass->score : 0);
        enter(s, pass != NULL ? pass->to : s->at);
        break;
    case CONFIG_REDIRECT:
        add_score(s, stage->redirect);
        s->redirects++;
        break;
    case CONFIG_REJECT:
        if (m->config->scoring == CONFIG_PASS_FAIL) {
            end(step, CONFIG_REJECTED, step->moved_by);
            break;
        }
        add_score(s, stage->reject);
        enter(s, pass != NULL ? pass->to : s->at);
        break;
    case CONFIG_KICK_OUT:
        enter(s, stage->kicked_to != NO_STAGE ? stage->kicked_to : s->at);
        end(step, CONFIG_KICKED_OUT, step->moved_by);
        break;
    case CONFIG_UNDECIDED:
    case CONFIG_DECISIONS:
        break;
    }
}

/* Points 3 and 4. */
static void
decide_end(struct machine_step *step)
{
    const struct machine *m = step->after.machine;
    const bool scored = m->config->scoring == CONFIG_SCORED;

    if (step->after.outcome != CONFIG_OPEN) {
        return;
    }
    if (scored && step->after.score <= m->reject_at) {
        end(step, CONFIG_REJECTED, MACHINE_EARLY_FAIL);
    } else if (m->stages[step->after.at].config->terminal) {
        end(step,
            !scored || step->after.score >= m->accept_at ? CONFIG_ACCEPTED
                                                         : CONFIG_REJECTED,
            MACHINE_TERMINAL);
    }
}

static bool
link_holds(const struct config_machine_link *link,
           const struct machine_state *ended)
{
    // What is not given is NAN, which no score is above or below.
    return link->always || ended->outcome == link->outcome ||
           ended->score >= link->score_gte * MACHINE_SCORE_ONE ||
           ended->score <= link->score_lte * MACHINE_SCORE_ONE;
}

/* Point 5. */
static void
open_links(struct machine_step *step)
{
    const struct config_machine *config = step->after.machine->config;

    if (step->after.outcome == CONFIG_OPEN) {
        return;
    }
    for (size_t i = 0; i < config->link_count && i < MACHINE_LINKS; i++) {
        if (link_holds(&config->links[i], &step->after)) {
            step->opened[step->opened_count++] = (uint8_t)i;
        }
    }
}

static void
count_follow_up(struct machine_step *step, bool wanted)
{
    const long long most = step->after.machine->config->max_follow_ups;

    step->follow_up = wanted && step->after.outcome == CONFIG_OPEN &&
                      (most < 0 || step->after.follow_ups < (uint64_t)most);
    step->after.follow_ups += step->follow_up;
}

bool
machine_next(const struct machine_state *before,
             const struct machine_move *move, struct machine_step *out,
             struct err *err)
{
    const struct config_machine *config = before->machine->config;
    const long long most = config->max_redirects;

    assert(move->decision > CONFIG_UNDECIDED &&
           move->decision < CONFIG_DECISIONS);
    if (before->outcome != CONFIG_OPEN) {
        err_set(err, ERR_STATE, "machine %s has ended: %s", config->id.at,
                machine_outcome_name(before->outcome));
        return false;
    }
    *out = (struct machine_step){
        .before = *before,
        .after = *before,
        .decision = move->decision,
        .moved_by = move->by_verdict ? MACHINE_VERDICT : MACHINE_DECISION};
    if (move->decision == CONFIG_REDIRECT && most >= 0 &&
        before->redirects >= (uint64_t)most) {
        out->decision = config->on_max_redirects;
        out->moved_by = MACHINE_MAX_REDIRECTS;
    }
    decide_step(out);
    decide_end(out);
    open_links(out);
    count_follow_up(out, move->follow_up);
    return true;
}

const struct machine *
machine_opened(const struct machine_step *step, size_t i)
{
    return step->after.machine->opens[step->opened[i]];
}
