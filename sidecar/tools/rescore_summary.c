#include "sidecar/tools/rescore_summary.h"

#include <inttypes.h>
#include <stdlib.h>

#include "proto/json.h"
#include "proto/map.h"
#include "sidecar/tools/transcript_value.h"

static const char kind_name[] = "leeway rescore";

void
rescore_summary_init(struct rescore_summary *summary)
{
    *summary = (struct rescore_summary){.complete = true};
    rescore_tally_init(&summary->tally);
}

void
rescore_summary_clear(struct rescore_summary *summary)
{
    for (size_t i = 0; i < summary->part_count; i++) {
        free(summary->parts[i].source);
        free(summary->parts[i].format);
    }
    free(summary->parts);
    rescore_tally_clear(&summary->tally);
    rescore_summary_init(summary);
}

static char *
copy_of(const char *string)
{
    const size_t bytes = strlen(string) + 1;
    char *copy = malloc(bytes);

    return copy != NULL ? memcpy(copy, string, bytes) : NULL;
}

bool
rescore_summary_part(struct rescore_summary *summary,
                     const struct rescore_summary_part *part, struct err *err)
{
    if (summary->part_count == RESCORE_SUMMARY_PARTS) {
        err_set(err, ERR_TOO_LARGE, "above %d files and shards",
                RESCORE_SUMMARY_PARTS);
        return false;
    }
    if (summary->part_count == summary->part_cap) {
        const size_t cap = summary->part_cap == 0 ? 16 : 2 * summary->part_cap;
        struct rescore_summary_part *parts =
            realloc(summary->parts, cap * sizeof(*parts));
        if (parts == NULL) {
            err_memory(err, "the summary");
            return false;
        }
        summary->parts = parts;
        summary->part_cap = cap;
    }
    struct rescore_summary_part *to = &summary->parts[summary->part_count];
    *to = *part;
    to->source = copy_of(part->source);
    to->format = copy_of(part->format);
    if (to->source == NULL || to->format == NULL) {
        free(to->source);
        free(to->format);
        err_memory(err, "the summary");
        return false;
    }
    summary->part_count++;
    summary->complete = summary->complete && part->whole;
    return true;
}

/* ------------------------------------------------------------------ writing
 */

static void
put_drift(struct map *parent, const struct rescore_tally_drift *drift)
{
    map_key(parent, "drift");
    struct map map = map_begin(parent->to);
    map_count(&map, "measured", drift->measured);
    map_count(&map, "alerts", drift->alerts);
    map_number(&map, "sum", (double)drift->sum / (double)RESCORE_TALLY_UNIT);
    map_number(&map, "binWidth", 1.0 / RESCORE_TALLY_BINS);
    map_key(&map, "bins");
    wire_put_array(map.to, RESCORE_TALLY_BINS);
    for (size_t i = 0; i < RESCORE_TALLY_BINS; i++) {
        wire_put_uint(map.to, drift->bins[i]);
    }
    map_end(&map);
}

static void
put_entry(struct map *map, const struct rescore_tally_entry *entry)
{
    map_key(map, entry->name);
    if (entry->kind != RESCORE_TALLY_RULE &&
        entry->kind != RESCORE_TALLY_PERSONA) {
        wire_put_uint(map->to, entry->rows);
        return;
    }
    struct map details = map_begin(map->to);
    map_count(&details, "rows", entry->rows);
    map_count(&details, "changed", entry->changed);
    if (entry->kind == RESCORE_TALLY_RULE) {
        map_count(&details, "alone", entry->alone);
    } else {
        put_drift(&details, entry->drift);
    }
    map_end(&details);
}

static bool
put_entries(struct map *map, const struct rescore_tally *tally, struct err *err)
{
    const struct rescore_tally_entry **list =
        calloc(tally->count + 1, sizeof(*list));

    if (list == NULL) {
        err_memory(err, "the summary");
        return false;
    }
    for (int kind = 0; kind < RESCORE_TALLY_KINDS; kind++) {
        const size_t count =
            rescore_tally_list(tally, (enum rescore_tally_kind)kind, list);
        map_key(map, rescore_tally_keys[kind]);
        struct map names = map_begin(map->to);
        for (size_t i = 0; i < count; i++) {
            put_entry(&names, list[i]);
        }
        map_end(&names);
    }
    free(list);
    return true;
}

static int
by_place(const void *a, const void *b)
{
    const struct rescore_summary_part *x = a, *y = b;
    const int order = strcmp(x->source, y->source);

    if (order != 0) {
        return order;
    }
    const int digest = strcmp(x->digest, y->digest);
    return digest != 0 ? digest : (x->shard > y->shard) - (x->shard < y->shard);
}

/*
 * How many parts from `at` on are all the shards of one file, which then count
 * as the file itself; 1: they are not. Of sorted parts.
 */
static size_t
shards_from(const struct rescore_summary *s, size_t at)
{
    const struct rescore_summary_part *first = &s->parts[at];

    if (first->shard != 1 || first->shards > s->part_count - at) {
        return 1;
    }
    for (size_t i = 0; i < first->shards; i++) {
        const struct rescore_summary_part *part = &s->parts[at + i];
        if (part->shard != i + 1 || part->shards != first->shards ||
            !part->whole || strcmp(part->digest, first->digest) != 0 ||
            strcmp(part->source, first->source) != 0) {
            return 1;
        }
    }
    return (size_t)first->shards;
}

/* Sorts the parts, and puts together what is whole. */
static void
settle_parts(struct rescore_summary *s)
{
    size_t kept = 0;

    if (s->part_count > 1) {
        qsort(s->parts, s->part_count, sizeof(*s->parts), by_place);
    }
    for (size_t i = 0; i < s->part_count; kept++) {
        const size_t count = shards_from(s, i);
        for (size_t k = 1; k < count; k++) {
            free(s->parts[i + k].source);
            free(s->parts[i + k].format);
        }
        s->parts[kept] = s->parts[i];
        if (count > 1) {
            s->parts[kept].shards = 1;
        }
        i += count;
    }
    s->part_count = kept;
}

static void
put_parts(struct map *map, const struct rescore_summary *s)
{
    map_key(map, "inputs");
    wire_put_array(map->to, s->part_count);
    for (size_t i = 0; i < s->part_count; i++) {
        const struct rescore_summary_part *part = &s->parts[i];
        struct map entry = map_begin(map->to);
        map_text(&entry, "source", text_of(part->source));
        map_text(&entry, "format", text_of(part->format));
        map_text(&entry, "digest", text_of(part->digest));
        map_bool(&entry, "whole", part->whole);
        map_count(&entry, "shard", part->shard);
        map_count(&entry, "shards", part->shards);
        map_count(&entry, "records", part->records);
        map_count(&entry, "turns", part->turns);
        map_count(&entry, "bad", part->bad);
        map_count(&entry, "wordless", part->wordless);
        map_end(&entry);
    }
}

bool
rescore_summary_write(struct rescore_summary *summary, struct buffer *to,
                      struct err *err)
{
    const struct rescore_tally *tally = &summary->tally;
    struct buffer wire;
    bool fine;

    settle_parts(summary);
    buffer_init(&wire, RESCORE_SUMMARY_BYTES);
    struct map map = map_begin(&wire);
    map_count(&map, "v", RESCORE_SUMMARY_VERSION);
    map_text(&map, "summary", text_of(kind_name));
    map_text(&map, "configuration", text_of(summary->configuration));
    map_text(&map, "options", text_of(summary->options));
    map_bool(&map, "complete", summary->complete);
    map_count(&map, "rows", tally->rows);
    map_count(&map, "judged", tally->judged);
    map_count(&map, "errors", tally->errors);
    map_count(&map, "chars", tally->chars);
    fine = put_entries(&map, tally, err);
    put_drift(&map, &tally->drift);
    put_parts(&map, summary);
    // Nothing here is drawn by lot; what is, says with which seed.
    map_key(&map, "seeds");
    wire_put_array(&wire, 0);
    map_end(&map);
    fine = fine && json_from_wire(buffer_text(&wire), true, to, err);
    buffer_add_byte(to, '\n');
    if (fine && (wire.failed || to->failed)) {
        err_memory(err, "the summary");
        fine = false;
    }
    buffer_clear(&wire);
    return fine;
}

/* ------------------------------------------------------------------ reading
 */

/* What is wrong with a summary that is read; the first one stays. */
struct reading {
    struct rescore_summary *summary;
    struct err *err;
    bool failed;
};

static void
refuse(struct reading *r, const char *what)
{
    if (!r->failed) {
        err_set(r->err, ERR_INVALID, "%s: missing, or not what it should be",
                what);
    }
    r->failed = true;
}

static uint64_t
count_of(struct reading *r, struct text value, const char *key)
{
    struct wire_reader reader;
    struct err ignored;

    wire_read(&reader, value, &ignored);
    // Half the range, so that the sum of two is a number still.
    const unsigned long long count =
        transcript_value_type(value) == WIRE_INT
            ? wire_read_uint(&reader, INT64_MAX / RESCORE_SUMMARY_PARTS)
            : (refuse(r, key), 0U);
    if (reader.failed) {
        refuse(r, key);
    }
    return count;
}

static uint64_t
read_count(struct reading *r, struct text map, const char *key)
{
    return count_of(r, transcript_value_get(map, key), key);
}

static void
read_digest(struct reading *r, struct text map, const char *key,
            char out[DIGEST_HEX])
{
    const struct text hex =
        transcript_value_str(transcript_value_get(map, key));

    if (hex.len != DIGEST_HEX - 1 ||
        strspn(hex.at, "0123456789abcdef") < hex.len) {
        refuse(r, key);
        return;
    }
    memcpy(out, hex.at, hex.len);
    out[hex.len] = '\0';
}

static void
read_drift(struct reading *r, struct text map, struct rescore_tally_drift *out)
{
    const struct text drift = transcript_value_get(map, "drift");
    const struct text sum = transcript_value_get(drift, "sum");
    struct transcript_walk walk;
    struct text key, value;
    struct wire_reader reader;
    struct err ignored;

    out->measured = read_count(r, drift, "measured");
    out->alerts = read_count(r, drift, "alerts");
    wire_read(&reader, sum, &ignored);
    out->sum = (uint64_t)(wire_read_number(&reader, 0, 1e13) *
                              (double)RESCORE_TALLY_UNIT +
                          0.5);
    transcript_walk_begin(&walk, transcript_value_get(drift, "bins"));
    if (walk.left != RESCORE_TALLY_BINS || reader.failed) {
        refuse(r, "drift");
        return;
    }
    for (size_t i = 0; transcript_walk_next(&walk, &key, &value); i++) {
        wire_read(&reader, value, &ignored);
        out->bins[i] = wire_read_uint(&reader, INT64_MAX);
        if (reader.failed) {
            refuse(r, "drift.bins");
        }
    }
}

static void
read_entries(struct reading *r, struct text root, enum rescore_tally_kind kind)
{
    const struct text names =
        transcript_value_get(root, rescore_tally_keys[kind]);
    struct transcript_walk walk;
    struct text name, value;

    if (transcript_value_type(names) != WIRE_MAP) {
        refuse(r, rescore_tally_keys[kind]);
        return;
    }
    transcript_walk_begin(&walk, names);
    while (!r->failed && transcript_walk_next(&walk, &name, &value)) {
        struct rescore_tally_entry *entry =
            rescore_tally_entry(&r->summary->tally, kind, name, r->err);
        if (entry == NULL) {
            r->failed = true;
        } else if (kind == RESCORE_TALLY_RULE ||
                   kind == RESCORE_TALLY_PERSONA) {
            entry->rows = read_count(r, value, "rows");
            entry->changed = read_count(r, value, "changed");
            if (kind == RESCORE_TALLY_RULE) {
                entry->alone = read_count(r, value, "alone");
            } else {
                read_drift(r, value, entry->drift);
            }
        } else {
            entry->rows = count_of(r, value, entry->name);
        }
    }
}

/* A text of the map as a string, to be freed. */
static char *
read_string(struct reading *r, struct text map, const char *key)
{
    const struct text value = transcript_value_get(map, key);
    const struct text text = transcript_value_str(value);
    char *string = NULL;

    if (transcript_value_type(value) == WIRE_STR &&
        text.len < RESCORE_SUMMARY_PATH) {
        string = calloc(text.len + 1, 1);
    }
    if (string == NULL) {
        refuse(r, key);
    } else if (text.len > 0) {
        memcpy(string, text.at, text.len);
    }
    return string;
}

static void
read_part(struct reading *r, struct text value)
{
    struct rescore_summary_part part = {
        .source = read_string(r, value, "source"),
        .format = read_string(r, value, "format"),
        .whole = transcript_value_true(transcript_value_get(value, "whole")),
        .shard = read_count(r, value, "shard"),
        .shards = read_count(r, value, "shards"),
        .records = read_count(r, value, "records"),
        .turns = read_count(r, value, "turns"),
        .bad = read_count(r, value, "bad"),
        .wordless = read_count(r, value, "wordless")};

    read_digest(r, value, "digest", part.digest);
    if (!r->failed && !rescore_summary_part(r->summary, &part, r->err)) {
        r->failed = true;
    }
    free(part.source);
    free(part.format);
}

static void
read_root(struct reading *r, struct text root)
{
    struct rescore_tally *tally = &r->summary->tally;
    struct transcript_walk walk;
    struct text key, value;

    if (!text_is(transcript_value_str(transcript_value_get(root, "summary")),
                 kind_name) ||
        read_count(r, root, "v") != RESCORE_SUMMARY_VERSION) {
        if (!r->failed) {
            err_set(r->err, ERR_INVALID,
                    "not a summary of leeway rescore, version %d",
                    RESCORE_SUMMARY_VERSION);
        }
        r->failed = true;
        return;
    }
    read_digest(r, root, "configuration", r->summary->configuration);
    read_digest(r, root, "options", r->summary->options);
    tally->rows = read_count(r, root, "rows");
    tally->judged = read_count(r, root, "judged");
    tally->errors = read_count(r, root, "errors");
    tally->chars = read_count(r, root, "chars");
    read_drift(r, root, &tally->drift);
    for (int kind = 0; kind < RESCORE_TALLY_KINDS; kind++) {
        read_entries(r, root, (enum rescore_tally_kind)kind);
    }
    transcript_walk_begin(&walk, transcript_value_get(root, "inputs"));
    while (!r->failed && transcript_walk_next(&walk, &key, &value)) {
        read_part(r, value);
    }
    r->summary->complete =
        transcript_value_true(transcript_value_get(root, "complete"));
}

bool
rescore_summary_read(struct rescore_summary *summary, struct text json,
                     struct err *err)
{
    struct reading r = {.summary = summary, .err = err};
    struct buffer wire;

    buffer_init(&wire, (size_t)3 * RESCORE_SUMMARY_BYTES);
    if (json_to_wire(json, &wire, err)) {
        read_root(&r, buffer_text(&wire));
    } else {
        r.failed = true;
    }
    buffer_clear(&wire);
    return !r.failed;
}

/* ------------------------------------------------------------------ joining
 */

/* The same replies in both? Files are the same that hold the same. */
static bool
overlap(const struct rescore_summary_part *a,
        const struct rescore_summary_part *b)
{
    if (strcmp(a->source, b->source) != 0 ||
        (a->whole && b->whole && strcmp(a->digest, b->digest) != 0)) {
        return false;
    }
    return a->shards != b->shards || a->shard == b->shard;
}

bool
rescore_summary_join(struct rescore_summary *summary,
                     const struct rescore_summary *from, struct err *err)
{
    if (strcmp(summary->configuration, from->configuration) != 0) {
        err_set(err, ERR_STATE, "judged by configuration %.12s, not %.12s",
                from->configuration, summary->configuration);
        return false;
    }
    if (strcmp(summary->options, from->options) != 0) {
        err_set(err, ERR_STATE,
                "judged with another --role, --persona, "
                "--from or --map");
        return false;
    }
    for (size_t i = 0; i < from->part_count; i++) {
        for (size_t k = 0; k < summary->part_count; k++) {
            if (overlap(&from->parts[i], &summary->parts[k])) {
                err_set(err, ERR_STATE,
                        "%s, shard %" PRIu64 " of %" PRIu64
                        ": counted already, or cut otherwise",
                        from->parts[i].source, from->parts[i].shard,
                        from->parts[i].shards);
                return false;
            }
        }
    }
    const size_t count = summary->part_count;
    for (size_t i = 0; i < from->part_count; i++) {
        if (!rescore_summary_part(summary, &from->parts[i], err)) {
            return false;
        }
    }
    summary->complete = (count == 0 || summary->complete) && from->complete;
    return rescore_tally_join(&summary->tally, &from->tally, err);
}
