#include "sidecar/serve/machine_block.h"

#include <math.h>

static double
score_told(int32_t hundredths)
{
    return (double)hundredths / MACHINE_SCORE_ONE;
}

static struct envelope_machine
tell(const struct machine_state *state)
{
    const struct config_machine *config = machine_config(state->machine);

    return (struct envelope_machine){
        .id = config->id,
        .state = machine_state_name(state),
        .score = score_told(state->score),
        .outcome = machine_outcome_name(state->outcome),
        .redirects = state->redirects,
        .follow_ups = state->follow_ups,
        .scoring =
            config->scoring == CONFIG_PASS_FAIL ? "pass_fail" : "scoring"};
}

void
machine_block_stands(const struct machine_play *play, struct machine_block *out)
{
    out->told = tell(&play->at[play->current]);
}

static struct envelope_unlocked
tell_unlocked(const struct machine_step *step, size_t i)
{
    const struct config_machine *from = machine_config(step->after.machine);
    const struct config_machine *to = machine_config(machine_opened(step, i));

    return (struct envelope_unlocked){
        .id = to->id,
        .key = to->key.len > 0 ? to->key : to->id,
        .name = to->name,
        .auto_advance = from->links[step->opened[i]].auto_advance};
}

void
machine_block_step(const struct machine_step *step, struct machine_block *out)
{
    struct envelope_machine *told = &out->told;

    *told = tell(&step->after);
    told->decision = machine_decision_name(step->decision);
    told->follow_up = step->follow_up;
    told->moved_by = machine_cause_name(step->moved_by);
    told->ended_by = machine_cause_name(step->ended_by);
    told->from = machine_state_name(&step->before);
    told->score_delta = score_told(step->after.score - step->before.score);
    told->unlocked = out->unlocked;
    told->unlocked_count = step->opened_count;
    for (size_t i = 0; i < step->opened_count; i++) {
        out->unlocked[i] = tell_unlocked(step, i);
    }
}

bool
machine_block_write(const struct machine_play *play, struct arena *arena,
                    struct text *out, struct err *err)
{
    struct buffer record;

    buffer_init(&record, MACHINE_BLOCK_BYTES);
    machine_play_write(play, &record);
    *out = record.failed ? (struct text){NULL, 0}
                         : arena_copy(arena, buffer_text(&record));
    buffer_clear(&record);
    if (out->at == NULL) {
        err_memory(err, "the state of the machines");
    }
    return out->at != NULL;
}

enum config_decision
machine_block_decision(enum request_decision decision)
{
    switch (decision) {
    case REQUEST_PASS:
        return CONFIG_PASS;
    case REQUEST_REDIRECT:
        return CONFIG_REDIRECT;
    case REQUEST_REJECT:
        return CONFIG_REJECT;
    case REQUEST_KICK_OUT:
    case REQUEST_DECISIONS:
        break;
    }
    return CONFIG_KICK_OUT;
}

static enum config_outcome
outcome_of(enum request_outcome outcome)
{
    switch (outcome) {
    case REQUEST_ACCEPTED:
        return CONFIG_ACCEPTED;
    case REQUEST_REJECTED:
        return CONFIG_REJECTED;
    case REQUEST_KICKED_OUT:
        return CONFIG_KICKED_OUT;
    case REQUEST_OPEN:
    case REQUEST_OUTCOMES:
        break;
    }
    return CONFIG_OPEN;
}

bool
machine_block_restore(const struct machine *machine,
                      const struct request_machine *told,
                      struct machine_state *out, struct err *err)
{
    const struct config_machine *config = machine_config(machine);

    *out = (struct machine_state){
        .machine = machine,
        .score = (int32_t)lround(told->score * MACHINE_SCORE_ONE),
        .redirects = (uint32_t)told->redirects,
        .follow_ups = (uint32_t)told->follow_ups,
        .outcome = outcome_of(told->outcome)};
    for (size_t i = 0; i < config->state_count; i++) {
        if (text_equal(config->states[i].id, told->state)) {
            out->at = (uint32_t)i;
            return true;
        }
    }
    err_at(err, ERR_INVALID, "state.current_state",
           "state.current_state: %s has no such state", config->id.at);
    return false;
}

/* "": she has none. */
static struct text
first_of_persona(const struct engine *engine, struct text id)
{
    const struct persona *persona = NULL;
    struct err unused;

    if (!persona_find(engine->personas, id, &persona, &unused) ||
        persona == NULL || persona->config->machines.count == 0) {
        return (struct text){NULL, 0};
    }
    return persona->config->machines.at[0];
}

const struct machine *
machine_block_find(const struct engine *engine, struct text name,
                   struct text persona, struct err *err)
{
    const struct machine *machine = machines_find(engine->machines, name);

    if (machine == NULL && text_is(name, "default")) {
        machine =
            machines_find(engine->machines, first_of_persona(engine, persona));
    }
    if (machine == NULL) {
        err_at(err, ERR_NOT_FOUND, "machine",
               "machine: there is no machine \"%.*s\"", TEXT_ARGS(name));
    }
    return machine;
}
