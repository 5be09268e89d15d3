#include "proto/encode_stream.h"

#include "proto/map.h"

void
encode_stream_open(struct buffer *to, const struct encode_answer *answer,
                   struct text id, enum request_mode mode)
{
    struct map map = map_reply(to, answer, true);

    map_text(&map, "stream", id);
    map_string(&map, "mode", request_mode_names[mode]);
    map_end(&map);
}

static void
put_retract(struct map *map, bool retract, struct text content)
{
    map_bool(map, "retract", retract);
    if (content.at != NULL) {
        map_text(map, "content", content);
    }
}

void
encode_stream_feed(struct buffer *to, const struct encode_answer *answer,
                   struct text id, const struct encode_stream_step *step)
{
    struct map map = map_reply(to, answer, true);

    map_text(&map, "stream", id);
    map_count(&map, "seq", (unsigned long long)step->seq);
    map_text(&map, "emit", step->emit);
    map_count(&map, "held", step->held);
    map_bool(&map, "stop", step->stop);
    map_string(&map, "moderationVerdict",
               envelope_verdict_names[step->verdict]);
    put_retract(&map, step->retract, step->content);
    map_number(&map, "driftScore", step->drift_score);
    map_number(&map, "driftThreshold", step->drift_threshold);
    map_bool_or_nil(&map, "driftAlert", step->drift_status == DRIFT_OK,
                    step->drift_alert);
    map_end(&map);
}

void
encode_stream_close(struct buffer *to, const struct encode_answer *answer,
                    struct text id, const struct encode_stream_end *end)
{
    struct map map = map_reply(to, answer, true);

    map_text(&map, "stream", id);
    map_text(&map, "emit", end->emit);
    put_retract(&map, end->retract, end->content);
    map_key(&map, "results");
    if (end->results.at != NULL) {
        buffer_add_text(to, end->results);
    } else {
        encode_results(to, end->envelope, 1);
    }
    map_end(&map);
}

void
encode_stream_abort(struct buffer *to, const struct encode_answer *answer,
                    struct text id)
{
    struct map map = map_reply(to, answer, true);

    map_text(&map, "stream", id);
    map_end(&map);
}
