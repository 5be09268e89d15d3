#include "sidecar/serve/tally.h"

#include "proto/fault.h"

static void
add(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static uint64_t
get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void
tally_outcome(struct tally *tally, const struct handle_outcome *outcome,
              uint64_t spent_ns)
{
    if (!outcome->ok) {
        add(&tally->errors[outcome->kind]);
        return;
    }
    add(&tally->ops[outcome->op]);
    if (!outcome->judged) {
        return;
    }
    add(&tally->verdicts[outcome->verdict]);
    if (outcome->drift_alert) {
        add(&tally->drift_alerts);
    }
    // Two threads may overwrite each other here: it is an estimate.
    const uint64_t mean = get(&tally->mean_ns);
    atomic_store_explicit(&tally->mean_ns, mean - mean / 16 + spent_ns / 16,
                          memory_order_relaxed);
}

void
tally_reload(struct tally *tally, bool done)
{
    add(done ? &tally->reloads : &tally->reloads_failed);
}

uint64_t
tally_mean_us(const struct tally *tally)
{
    return get(&tally->mean_ns) / 1000;
}

static size_t
put_number(struct encode_stat *out, size_t room, size_t count, const char *name,
           uint64_t value)
{
    if (count < room) {
        out[count++] = (struct encode_stat){name, value};
    }
    return count;
}

static size_t
put(struct encode_stat *out, size_t room, size_t count, const char *name,
    const _Atomic uint64_t *counter)
{
    return put_number(out, room, count, name, get(counter));
}

/* All failures that are told under this name. */
static uint64_t
errors_named(const struct tally *tally, const char *code)
{
    uint64_t sum = 0;

    for (int i = ERR_BAD_REQUEST; i < ERR_COUNT; i++) {
        if (strcmp(fault_of((enum err_kind)i).code, code) == 0) {
            sum += get(&tally->errors[i]);
        }
    }
    return sum;
}

size_t
tally_stats(const struct tally *tally, struct encode_stat *out, size_t room)
{
    size_t n = 0;

    for (int i = 0; i < REQUEST_OPS; i++) {
        n = put(out, room, n, request_op_names[i], &tally->ops[i]);
    }
    for (int i = ERR_BAD_REQUEST; i <= ERR_INTERNAL; i++) {
        const char *code = fault_of((enum err_kind)i).code;
        n = put_number(out, room, n, code, errors_named(tally, code));
    }
    for (int i = 0; i < VERDICTS; i++) {
        n = put(out, room, n, envelope_verdict_names[i], &tally->verdicts[i]);
    }
    n = put(out, room, n, "drift_alerts", &tally->drift_alerts);
    n = put(out, room, n, "reloads", &tally->reloads);
    return put(out, room, n, "reloads_failed", &tally->reloads_failed);
}
