#include "proto/scores.h"

#include <math.h>

#include "proto/field.h"

struct reading {
    struct wire_reader *reader;
    struct arena *arena;
};

/* Reads the key of a map's entry and enters it; *before leaves it again. */
static struct text
enter_name(struct wire_reader *r, size_t *before)
{
    const struct text name = field_name(r, false);
    char shown[FIELD_SHOWN_BYTES + 1];

    field_shown(name, shown);
    *before = field_enter(r, ".%.40s", shown);
    return name;
}

static double
read_value(struct wire_reader *r)
{
    if (wire_next(r) == WIRE_NIL) {
        (void)wire_skip(r);
        return (double)NAN;
    }
    return wire_read_number(r, 0, 1);
}

static void
read_classifier(const struct reading *in, struct request_classifier *out)
{
    struct wire_reader *r = in->reader;

    const size_t count = wire_read_map(r);
    struct request_score *at = field_array(r, in->arena, count, REQUEST_SCORES,
                                           sizeof(*at), "categories");
    for (size_t i = 0; i < count && !r->failed; i++) {
        size_t before;
        at[i].category = enter_name(r, &before);
        for (size_t k = 0; k < i; k++) {
            if (text_equal(at[k].category, at[i].category)) {
                wire_fail(r, "stands twice");
            }
        }
        at[i].value = read_value(r);
        field_leave(r, before);
    }
    out->scores = at;
    out->count = r->failed ? 0 : count;
}

void
scores_read(struct wire_reader *r, struct arena *arena, struct request *out)
{
    const struct reading in = {r, arena};

    const size_t count = wire_read_map(r);
    struct request_classifier *at = field_array(
        r, arena, count, REQUEST_CLASSIFIERS, sizeof(*at), "classifiers");
    for (size_t i = 0; i < count && !r->failed; i++) {
        size_t before;
        at[i].name = enter_name(r, &before);
        for (size_t k = 0; k < i; k++) {
            if (text_equal(at[k].name, at[i].name)) {
                wire_fail(r, "stands twice");
            }
        }
        read_classifier(&in, &at[i]);
        field_leave(r, before);
    }
    if (!r->failed) {
        out->classifiers = at;
        out->classifier_count = count;
    }
}
