#include "sidecar/tools/rescore_row.h"

#include <math.h>

#include "proto/fault.h"
#include "proto/json.h"
#include "proto/map.h"
#include "sidecar/base/digest.h"
#include "sidecar/base/utf8.h"
#include "sidecar/tools/rescore_csv.h"

/* A text or null. */
static void
put_name(struct map *map, const char *key, struct text value)
{
    map_key(map, key);
    if (value.len > 0) {
        wire_put_str(map->to, value);
    } else {
        wire_put_nil(map->to);
    }
}

/* Words that may quote a file's name, which need not be UTF-8. */
static void
put_words(struct map *map, const char *key, struct text words)
{
    char fixed[ERR_MESSAGE_BYTES];
    size_t bad = 0;

    if (words.len > sizeof(fixed)) {
        words.len = sizeof(fixed);
    }
    if (words.len > 0) {
        memcpy(fixed, words.at, words.len);
    }
    words.at = fixed;
    while (!utf8_check(words, &bad)) {
        fixed[bad] = '?';
    }
    map_text(map, key, words);
}

/* As the envelope has it: proto/PROTOCOL.md, "Numbers". */
static double
rounded(double value)
{
    return isnan(value) ? value : floor(value * 1e4 + 0.5) / 1e4;
}

/* ------------------------------------------------------------ the reply's
 */

static void
put_place(struct map *map, const struct rescore_row *row)
{
    const struct rescore_reply *reply = row->reply;
    const bool turn = reply->kind == TRANSCRIPT_TURN;

    map_count(map, "row", reply->row);
    put_words(map, "source", text_of(reply->source));
    map_count(map, "line", reply->line);
    put_name(map, "session", turn ? reply->turn.session : TEXT(""));
    map_key(map, "turn");
    if (turn && reply->turn.turn >= 0) {
        wire_put_int(map->to, reply->turn.turn);
    } else {
        wire_put_nil(map->to);
    }
    put_name(map, "persona", turn ? row->persona : TEXT(""));
    put_name(map, "role",
             turn ? text_of(request_role_names[reply->turn.role]) : TEXT(""));
}

static void
put_identity(struct map *map, const struct rescore_reply *reply)
{
    char hex[DIGEST_HEX];

    map_key(map, "chars");
    if (reply->kind != TRANSCRIPT_TURN) {
        wire_put_nil(map->to);
        put_name(map, "textSha256", TEXT(""));
        return;
    }
    const struct digest digest = digest_of(reply->turn.text);
    digest_hex(&digest, hex);
    wire_put_uint(map->to, utf8_count(reply->turn.text).code_points);
    map_text(map, "textSha256", text_of(hex));
}

/* The one value named "label" as it is; else a map of all by name. */
static void
put_labels(struct map *map, const struct transcript_turn *turn)
{
    if (turn->label_count == 0) {
        return;
    }
    map_key(map, "label");
    if (turn->label_count == 1 && text_is(turn->labels[0].name, "label")) {
        buffer_add_text(map->to, turn->labels[0].value);
        return;
    }
    wire_put_map(map->to, turn->label_count);
    for (size_t i = 0; i < turn->label_count; i++) {
        wire_put_str(map->to, turn->labels[i].name);
        buffer_add_text(map->to, turn->labels[i].value);
    }
}

/* ---------------------------------------------------------- the envelope's
 */

static void
put_decision(struct map *map, const struct envelope_decision *by)
{
    map_key(map, "decidedBy");
    if (by->kind.len == 0) {
        wire_put_nil(map->to);
        return;
    }
    struct map decision = map_begin(map->to);
    map_text(&decision, "kind", by->kind);
    map_text(&decision, "id", by->id);
    map_end(&decision);
}

/* Was the rule hit before? Hits are few: limits.hits. */
static bool
seen_before(const struct envelope *e, size_t hit)
{
    for (size_t i = 0; i < hit; i++) {
        if (text_equal(e->hits[i].rule, e->hits[hit].rule)) {
            return true;
        }
    }
    return false;
}

static void
put_rules(struct map *map, const struct envelope *e)
{
    map_key(map, "rules");
    const struct wire_open rules = wire_open_array(map->to);
    size_t count = 0;

    for (size_t i = 0; i < e->hit_count; i++) {
        if (!seen_before(e, i)) {
            wire_put_str(map->to, e->hits[i].rule);
            count++;
        }
    }
    wire_close_array(map->to, rules, count);
}

static void
put_categories(struct map *map, const struct envelope *e)
{
    map_key(map, "categories");
    struct map categories = map_begin(map->to);
    for (size_t i = 0; i < e->category_count; i++) {
        const struct envelope_category *c = &e->categories[i];
        if (c->score > 0 || c->flagged) {
            wire_put_str(map->to, c->name);
            categories.entries++;
            struct map category = map_begin(map->to);
            map_number(&category, "score", rounded(c->score));
            map_number(&category, "threshold", c->threshold);
            map_bool(&category, "flagged", c->flagged);
            map_end(&category);
        }
    }
    map_end(&categories);
}

static void
put_verdict(struct map *map, const struct envelope *e)
{
    map_text(map, "action", text_of(envelope_action_names[e->action]));
    map_text(map, "moderationVerdict",
             text_of(envelope_verdict_names[e->verdict]));
    map_bool(map, "flagged", e->verdict != VERDICT_PASS);
    put_decision(map, &e->decided_by);
    put_rules(map, e);
    put_categories(map, e);
    map_number(map, "driftScore", e->drift.score);
    map_number(map, "driftThreshold", e->drift.threshold);
    map_key(map, "driftAlert");
    if (e->drift.status == DRIFT_OK) {
        wire_put_bool(map->to, e->drift.alert);
    } else {
        wire_put_nil(map->to);
    }
    map_number(map, "driftPercentile", rounded(e->drift.percentile));
}

/* What an envelope would have told. */
static void
put_no_verdict(struct map *map)
{
    static const char *const before[] = {"action", "moderationVerdict",
                                         "flagged", "decidedBy", NULL};
    static const char *const after[] = {"driftScore", "driftThreshold",
                                        "driftAlert", "driftPercentile", NULL};

    for (size_t i = 0; before[i] != NULL; i++) {
        put_name(map, before[i], TEXT(""));
    }
    map_key(map, "rules");
    wire_put_array(map->to, 0);
    map_key(map, "categories");
    wire_put_map(map->to, 0);
    for (size_t i = 0; after[i] != NULL; i++) {
        put_name(map, after[i], TEXT(""));
    }
}

static void
put_content(struct map *map, const struct rescore_row *row)
{
    if (row->texts && row->envelope != NULL &&
        row->envelope->content.at != NULL) {
        map_text(map, "content", row->envelope->content);
    }
}

static void
put_error(struct map *map, const struct rescore_row *row)
{
    const bool turn = row->reply->kind == TRANSCRIPT_TURN;

    map_key(map, "error");
    struct map error = map_begin(map->to);
    map_text(&error, "code",
             turn ? text_of(fault_of(row->err->kind).code) : TEXT("bad_data"));
    put_words(&error, "path",
              turn ? text_of(row->err->path) : row->reply->path);
    put_words(&error, "reason",
              turn ? text_of(row->err->message) : row->reply->reason);
    map_end(&error);
}

void
rescore_row_put(struct buffer *wire, const struct rescore_row *row)
{
    const struct envelope *e = row->envelope;
    const bool turn = row->reply->kind == TRANSCRIPT_TURN;
    struct map map = map_begin(wire);

    put_place(&map, row);
    if (e != NULL) {
        put_verdict(&map, e);
    } else {
        put_no_verdict(&map);
    }
    put_identity(&map, row->reply);
    put_labels(&map, &row->reply->turn);
    if (e == NULL) {
        put_error(&map, row);
    }
    if (row->texts && turn) {
        map_text(&map, "text", row->reply->turn.text);
        put_content(&map, row);
    }
    map_end(&map);
}

static void
put_side(struct map *parent, const char *key, const struct rescore_row *row)
{
    map_key(parent, key);
    struct map map = map_begin(parent->to);
    if (row->envelope != NULL) {
        put_verdict(&map, row->envelope);
        put_content(&map, row);
    } else {
        put_no_verdict(&map);
        put_error(&map, row);
    }
    map_end(&map);
}

void
rescore_row_put_both(struct buffer *wire, const struct rescore_row *a,
                     const struct rescore_row *b)
{
    struct map map = map_begin(wire);

    put_place(&map, a);
    put_side(&map, "a", a);
    put_side(&map, "b", b);
    put_identity(&map, a->reply);
    put_labels(&map, &a->reply->turn);
    if (a->texts) {
        map_text(&map, "text", a->reply->turn.text);
    }
    map_end(&map);
}

/* ------------------------------------------------------------------- lines
 */

#define COLUMNS                                                                \
    "row", "source", "line", "session", "turn", "persona", "role", "action",   \
        "moderationVerdict", "flagged", "decidedBy", "rules", "categories",    \
        "driftScore", "driftThreshold", "driftAlert", "driftPercentile",       \
        "chars", "textSha256", "label", "error"

static const char *const columns[] = {COLUMNS, NULL};
static const char *const more_columns[] = {COLUMNS, "text", "content", NULL};

const char *const rescore_row_formats[] = {"jsonl", "csv", NULL};

void
rescore_row_header(struct buffer *to, bool texts)
{
    const char *const *names = texts ? more_columns : columns;

    for (size_t i = 0; names[i] != NULL; i++) {
        if (i > 0) {
            buffer_add_byte(to, ',');
        }
        buffer_add_text(to, text_of(names[i]));
    }
    buffer_add_byte(to, '\n');
}

bool
rescore_row_line(struct text wire, enum rescore_row_format format, bool texts,
                 struct buffer *to, struct err *err)
{
    if (format == RESCORE_ROW_CSV) {
        return rescore_csv_put(wire, texts ? more_columns : columns, to, err);
    }
    if (!json_from_wire(wire, false, to, err)) {
        return false;
    }
    buffer_add_byte(to, '\n');
    if (to->failed) {
        err_memory(err, "rows");
    }
    return !to->failed;
}
