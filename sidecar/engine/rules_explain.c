#include "sidecar/engine/rules_explain.h"

#include "sidecar/engine/fold.h"
#include "sidecar/engine/linear.h"
#include "sidecar/engine/rules_set.h"

bool
rules_explain(const struct rules *rules, size_t index, struct text raw,
              struct arena *arena, struct envelope_hit *out, struct err *err)
{
    const struct rule *rule = &rules->rules[index];
    struct linear_reasons found;
    struct view fold;

    if (rule->config->type != CONFIG_LINEAR) {
        return true;
    }
    if (!fold_view(raw, arena, &fold, err) ||
        !linear_explain(rules->models[rule->model].model, rule->head, fold.text,
                        RULES_REASONS, arena, &found, err)) {
        return false;
    }
    struct envelope_reason *at =
        ARENA_ARRAY(arena, struct envelope_reason, found.count);
    if (at == NULL) {
        err_memory(err, "reasons");
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        at[i] = (struct envelope_reason){found.at[i].gram, found.at[i].weight};
    }
    out->reasons = at;
    out->reason_count = found.count;
    return true;
}
