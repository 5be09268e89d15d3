/* The machines of one session. */
#include "sidecar/engine/machine.h"

#include "sidecar/base/ascii.h"

static bool
is_open(const struct machine_play *play, const struct machine *machine)
{
    for (size_t i = 0; i < play->open_count; i++) {
        if (play->open[i] == machine) {
            return true;
        }
    }
    return machine_config(machine)->entry;
}

static void
open_machine(struct machine_play *play, const struct machine *machine)
{
    if (!is_open(play, machine) && play->open_count < MACHINE_PLAYED) {
        play->open[play->open_count++] = machine;
    }
}

bool
machine_play_enter(struct machine_play *play, const struct machine *machine,
                   struct err *err)
{
    for (size_t i = 0; i < play->count; i++) {
        if (play->at[i].machine == machine) {
            play->current = i;
            return true;
        }
    }
    if (!is_open(play, machine)) {
        err_at(err, ERR_STATE, "machine",
               "machine: %s is not open: another machine has to end first",
               machine_config(machine)->id.at);
        return false;
    }
    if (play->count == MACHINE_PLAYED) {
        err_at(err, ERR_STATE, "machine",
               "machine: the session runs %d already", MACHINE_PLAYED);
        return false;
    }
    play->current = play->count;
    play->at[play->count++] = machine_begin(machine);
    return true;
}

bool
machine_play_step(struct machine_play *play, const struct machine_move *move,
                  struct machine_step *out, struct err *err)
{
    struct machine_state *now = &play->at[play->current];
    const struct machine *next = NULL;
    struct err unused;

    if (!machine_next(now, move, out, err)) {
        return false;
    }
    *now = out->after;
    const struct config_machine *config = machine_config(now->machine);
    for (size_t i = 0; i < out->opened_count; i++) {
        const struct machine *opened = machine_opened(out, i);
        open_machine(play, opened);
        if (config->links[out->opened[i]].auto_advance && next == NULL) {
            next = opened;
        }
    }
    if (next != NULL) {
        // Where there is no room for it, the session stays where it ended.
        (void)machine_play_enter(play, next, &unused);
    }
    return true;
}

/* -------------------------------------------------------------- as a record */

/*
 * One line each: "play 1 CURRENT", then "at MACHINE STATE SCORE REDIRECTS
 * FOLLOW_UPS OUTCOME" in order, then "open MACHINE". Ids have no spaces.
 */
void
machine_play_write(const struct machine_play *play, struct buffer *out)
{
    buffer_format(out, "play 1 %zu\n", play->current);
    for (size_t i = 0; i < play->count; i++) {
        const struct machine_state *s = &play->at[i];
        buffer_format(out, "at %s %s %d %u %u %d\n",
                      machine_config(s->machine)->id.at,
                      machine_state_name(s).at, s->score, s->redirects,
                      s->follow_ups, (int)s->outcome);
    }
    for (size_t i = 0; i < play->open_count; i++) {
        buffer_format(out, "open %s\n", machine_config(play->open[i])->id.at);
    }
}

/* The next word up to a space or the line's end; the rest stays in *line. */
static struct text
word_of(struct text *line)
{
    size_t n = 0;

    while (n < line->len && line->at[n] != ' ') {
        n++;
    }
    const struct text word = text_part(*line, 0, n);
    *line = text_part(*line, n < line->len ? n + 1 : n, line->len);
    return word;
}

static bool
whole_number(struct text word, int64_t least, int64_t most, int64_t *out)
{
    const bool negative = word.len > 0 && word.at[0] == '-';
    int64_t n = 0;

    if (word.len == (negative ? 1U : 0U) || word.len > 12) {
        return false;
    }
    for (size_t i = negative; i < word.len; i++) {
        if (!ascii_is_digit(word.at[i])) {
            return false;
        }
        n = n * 10 + (word.at[i] - '0');
    }
    *out = negative ? -n : n;
    return *out >= least && *out <= most;
}

static const struct machine *
find_machine(const struct machines *machines, struct text id, struct err *err)
{
    const struct machine *machine = machines_find(machines, id);

    if (machine == NULL) {
        err_at(err, ERR_STATE, "machine",
               "machine: %.*s is not in the configuration any more",
               TEXT_ARGS(id));
    }
    return machine;
}

static bool
find_state(const struct machine *machine, struct text id, uint32_t *out,
           struct err *err)
{
    const struct config_machine *config = machine_config(machine);
    const size_t at = config_machine_find(config, id);

    *out = (uint32_t)at;
    if (at == SIZE_MAX) {
        err_at(err, ERR_STATE, "machine",
               "machine: %s has no state %.*s any more", config->id.at,
               TEXT_ARGS(id));
    }
    return at != SIZE_MAX;
}

static bool
no_play(struct err *err)
{
    err_set(err, ERR_INVALID, "the record is no state of machines");
    return false;
}

static bool
read_state(const struct machines *machines, struct text line,
           struct machine_play *out, struct err *err)
{
    const struct text id = word_of(&line), state = word_of(&line);
    struct machine_state *s = &out->at[out->count];
    int64_t score, redirects, follow_ups, outcome;

    if (out->count == MACHINE_PLAYED ||
        !whole_number(word_of(&line), -MACHINE_SCORE_MOST, MACHINE_SCORE_MOST,
                      &score) ||
        !whole_number(word_of(&line), 0, UINT32_MAX, &redirects) ||
        !whole_number(word_of(&line), 0, UINT32_MAX, &follow_ups) ||
        !whole_number(word_of(&line), 0, CONFIG_OUTCOMES - 1, &outcome) ||
        line.len > 0) {
        return no_play(err);
    }
    *s = (struct machine_state){.machine = find_machine(machines, id, err),
                                .score = (int32_t)score,
                                .redirects = (uint32_t)redirects,
                                .follow_ups = (uint32_t)follow_ups,
                                .outcome = (enum config_outcome)outcome};
    if (s->machine == NULL || !find_state(s->machine, state, &s->at, err)) {
        return false;
    }
    out->count++;
    return true;
}

static bool
read_open(const struct machines *machines, struct text line,
          struct machine_play *out, struct err *err)
{
    const struct machine *machine;

    if (out->open_count == MACHINE_PLAYED) {
        return no_play(err);
    }
    machine = find_machine(machines, line, err);
    if (machine == NULL) {
        return false;
    }
    out->open[out->open_count++] = machine;
    return true;
}

/* The next line, without its end; false: none is left, or it has no end. */
static bool
line_of(struct text *rest, struct text *line)
{
    const char *end = rest->len > 0 ? memchr(rest->at, '\n', rest->len) : NULL;

    if (end == NULL) {
        return false;
    }
    const size_t len = (size_t)(end - rest->at);
    *line = text_part(*rest, 0, len);
    *rest = text_part(*rest, len + 1, rest->len);
    return true;
}

bool
machine_play_read(const struct machines *machines, struct text written,
                  struct machine_play *out, struct err *err)
{
    struct text line;
    int64_t current;

    *out = (struct machine_play){.count = 0};
    if (!line_of(&written, &line) || !text_is(word_of(&line), "play") ||
        !text_is(word_of(&line), "1") ||
        !whole_number(line, 0, MACHINE_PLAYED - 1, &current)) {
        return no_play(err);
    }
    while (line_of(&written, &line)) {
        const struct text kind = word_of(&line);
        const bool at = text_is(kind, "at");
        if (!at && !text_is(kind, "open")) {
            return no_play(err);
        }
        if (!(at ? read_state(machines, line, out, err)
                 : read_open(machines, line, out, err))) {
            return false;
        }
    }
    out->current = (size_t)current;
    if (written.len > 0 || out->current >= out->count) {
        return no_play(err);
    }
    return true;
}
