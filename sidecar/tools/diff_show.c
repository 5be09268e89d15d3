#include "sidecar/tools/diff_show.h"

#include <inttypes.h>

#include "proto/json.h"
#include "proto/map.h"
#include "sidecar/base/utf8.h"
#include "sidecar/tools/transcript_value.h"

enum { TEXT_SHOWN = 100 /* code points of a sample */ };

/* ------------------------------------------------------------- for a person
 */

/* The beginning of a text on one line, none of its control characters. */
static void
add_text(struct buffer *to, struct text text)
{
    size_t shown = 0;

    for (size_t i = 0, len; i < text.len; i += len) {
        const uint32_t c = utf8_at(text, i, &len);
        if (shown++ == TEXT_SHOWN) {
            buffer_add_text(to, TEXT("..."));
            return;
        }
        if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            buffer_add_byte(to, ' ');
        } else {
            buffer_add(to, text.at + i, len);
        }
    }
}

/* A number of the sample as JSON has it. */
static void
add_value(struct buffer *to, const char *before, struct text value)
{
    struct err ignored;

    if (transcript_value_type(value) != WIRE_NIL) {
        buffer_add_text(to, text_of(before));
        (void)json_from_wire(value, false, to, &ignored);
    }
}

static void
add_name(struct buffer *to, const char *before, struct text value)
{
    if (transcript_value_str(value).len > 0) {
        buffer_add_text(to, text_of(before));
        add_text(to, transcript_value_str(value));
    }
}

static void
show_sample(const struct diff_groups_sample *sample, struct buffer *to)
{
    const struct text row = {sample->at, sample->len};
    const struct text a = transcript_value_get(row, "a");
    const struct text b = transcript_value_get(row, "b");

    buffer_add_text(to, TEXT("         "));
    add_name(to, "", transcript_value_get(row, "source"));
    add_value(to, ":", transcript_value_get(row, "line"));
    add_name(to, ", session ", transcript_value_get(row, "session"));
    add_value(to, ", turn ", transcript_value_get(row, "turn"));
    add_name(to, ", ", transcript_value_get(row, "persona"));
    add_value(to, ", drift ", transcript_value_get(a, "driftScore"));
    add_value(to, " of ", transcript_value_get(a, "driftThreshold"));
    add_value(to, ", now ", transcript_value_get(b, "driftScore"));
    add_value(to, " of ", transcript_value_get(b, "driftThreshold"));
    buffer_add_byte(to, '\n');
    add_name(to, "           ", transcript_value_get(row, "text"));
    if (transcript_value_get(row, "text").len > 0) {
        buffer_add_byte(to, '\n');
    }
}

void
diff_show_human(const struct diff_show *show, struct buffer *to)
{
    const struct diff_groups *g = show->groups;

    buffer_format(to,
                  "%" PRIu64 " replies, %" PRIu64
                  " with another action, %" PRIu64
                  " with another verdict only, %" PRIu64
                  " decided by something else only, %" PRIu64 " errors%s\n"
                  "a %.12s, b %.12s%s\n",
                  g->rows, g->changed, g->other_verdict, g->other_decision,
                  g->errors, show->complete ? "" : "; not complete",
                  show->configurations[0], show->configurations[1],
                  strcmp(show->configurations[0], show->configurations[1]) == 0
                      ? ": the same configuration"
                      : "");
    for (size_t i = 0; i < g->count; i++) {
        buffer_format(to, "%8" PRIu64 " %s -> %s\n", g->at[i].rows, g->at[i].a,
                      g->at[i].b);
        for (size_t k = 0; k < g->at[i].sample_count; k++) {
            show_sample(&g->at[i].samples[k], to);
        }
    }
}

/* ----------------------------------------------------------------- as JSON
 */

static void
put_group(struct buffer *wire, const struct diff_groups_group *group)
{
    struct map map = map_begin(wire);

    map_text(&map, "a", text_of(group->a));
    map_text(&map, "b", text_of(group->b));
    map_count(&map, "rows", group->rows);
    map_key(&map, "samples");
    wire_put_array(wire, group->sample_count);
    for (size_t i = 0; i < group->sample_count; i++) {
        buffer_add(wire, group->samples[i].at, group->samples[i].len);
    }
    map_end(&map);
}

bool
diff_show_json(const struct diff_show *show, struct buffer *to, struct err *err)
{
    const struct diff_groups *g = show->groups;
    struct buffer wire;

    buffer_init(&wire, to->limit);
    struct map map = map_begin(&wire);
    map_key(&map, "configurations");
    wire_put_array(&wire, 2);
    wire_put_str(&wire, text_of(show->configurations[0]));
    wire_put_str(&wire, text_of(show->configurations[1]));
    map_bool(&map, "complete", show->complete);
    map_count(&map, "rows", g->rows);
    map_count(&map, "errors", g->errors);
    map_count(&map, "changed", g->changed);
    map_count(&map, "otherVerdict", g->other_verdict);
    map_count(&map, "otherDecision", g->other_decision);
    map_key(&map, "groups");
    wire_put_array(&wire, g->count);
    for (size_t i = 0; i < g->count; i++) {
        put_group(&wire, &g->at[i]);
    }
    map_end(&map);
    bool fine = !wire.failed;
    if (!fine) {
        err_memory(err, "the summary");
    }
    fine = fine && json_from_wire(buffer_text(&wire), true, to, err);
    buffer_add_byte(to, '\n');
    buffer_clear(&wire);
    return fine;
}
