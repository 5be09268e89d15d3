#include "sidecar/tools/rescore_tally.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/base/hash.h"
#include "sidecar/tools/transcript_value.h"

enum { FIRST_SLOTS = 256, NAME_BYTES = 512 };

const char *const rescore_tally_keys[RESCORE_TALLY_KINDS] = {
    [RESCORE_TALLY_ACTION] = "actions",
    [RESCORE_TALLY_VERDICT] = "verdicts",
    [RESCORE_TALLY_DECIDED] = "decidedBy",
    [RESCORE_TALLY_RULE] = "rules",
    [RESCORE_TALLY_CATEGORY] = "categories",
    [RESCORE_TALLY_PERSONA] = "personas",
    [RESCORE_TALLY_ERROR] = "errorCodes"};

void
rescore_tally_init(struct rescore_tally *tally)
{
    *tally = (struct rescore_tally){.rows = 0};
}

void
rescore_tally_clear(struct rescore_tally *tally)
{
    for (size_t i = 0; i < tally->count; i++) {
        free(tally->entries[i].name);
        free(tally->entries[i].drift);
    }
    free(tally->entries);
    free(tally->slots);
    rescore_tally_init(tally);
}

/* ------------------------------------------------------------------- names
 */

static size_t
slot_of(const struct rescore_tally *tally, enum rescore_tally_kind kind,
        struct text name)
{
    size_t slot =
        (size_t)hash_text(name, (uint64_t)kind) & (tally->slot_count - 1);

    while (tally->slots[slot] != 0) {
        const struct rescore_tally_entry *entry =
            &tally->entries[tally->slots[slot] - 1];
        if (entry->kind == kind && text_is(name, entry->name)) {
            break;
        }
        slot = (slot + 1) & (tally->slot_count - 1);
    }
    return slot;
}

/* Room for one entry more, the table at most half full. */
static bool
grow(struct rescore_tally *tally)
{
    if (tally->count < tally->cap) {
        return true;
    }
    const size_t cap = tally->cap == 0 ? FIRST_SLOTS / 2 : 2 * tally->cap;
    struct rescore_tally_entry *entries =
        realloc(tally->entries, cap * sizeof(*entries));
    if (entries == NULL) {
        return false;
    }
    tally->entries = entries;
    uint32_t *slots = calloc(2 * cap, sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = 2 * cap;
    tally->cap = cap;
    for (size_t i = 0; i < tally->count; i++) {
        const struct rescore_tally_entry *e = &entries[i];
        slots[slot_of(tally, e->kind, text_of(e->name))] = (uint32_t)i + 1;
    }
    return true;
}

static bool
make_entry(struct rescore_tally_entry *entry, enum rescore_tally_kind kind,
           struct text name)
{
    *entry = (struct rescore_tally_entry){.kind = kind,
                                          .name = malloc(name.len + 1)};
    if (kind == RESCORE_TALLY_PERSONA) {
        entry->drift = calloc(1, sizeof(*entry->drift));
    }
    if (entry->name == NULL ||
        (kind == RESCORE_TALLY_PERSONA && entry->drift == NULL)) {
        free(entry->name);
        free(entry->drift);
        return false;
    }
    if (name.len > 0) {
        memcpy(entry->name, name.at, name.len);
    }
    entry->name[name.len] = '\0';
    return true;
}

struct rescore_tally_entry *
rescore_tally_entry(struct rescore_tally *tally, enum rescore_tally_kind kind,
                    struct text name, struct err *err)
{
    if (tally->count == RESCORE_TALLY_NAMES || name.len > NAME_BYTES ||
        (name.len > 0 && memchr(name.at, '\0', name.len) != NULL)) {
        err_set(err, ERR_INVALID,
                "no summary: a name of %zu bytes, or above "
                "%d names",
                name.len, RESCORE_TALLY_NAMES);
        return NULL;
    }
    if (!grow(tally)) {
        err_memory(err, "the summary");
        return NULL;
    }
    const size_t slot = slot_of(tally, kind, name);
    if (tally->slots[slot] == 0) {
        if (!make_entry(&tally->entries[tally->count], kind, name)) {
            err_memory(err, "the summary");
            return NULL;
        }
        tally->slots[slot] = (uint32_t)++tally->count;
    }
    return &tally->entries[tally->slots[slot] - 1];
}

/* ----------------------------------------------------------------- one row
 */

/* What of a row is counted. */
struct told {
    struct text action, verdict, persona, decided, rules, categories, error;
    double drift; /* NAN: none */
    bool alert;
    uint64_t chars;
};

static double
number_of(struct text value)
{
    struct wire_reader r;
    struct err err;

    if (transcript_value_type(value) == WIRE_NIL) {
        return (double)NAN;
    }
    wire_read(&r, value, &err);
    return wire_read_number(&r, 0, 1e15);
}

static void
read_row(struct text row, struct told *out)
{
    struct transcript_walk walk;
    struct text key, value;

    *out = (struct told){.drift = (double)NAN};
    transcript_walk_begin(&walk, row);
    while (transcript_walk_next(&walk, &key, &value)) {
        if (text_is(key, "action")) {
            out->action = transcript_value_str(value);
        } else if (text_is(key, "moderationVerdict")) {
            out->verdict = transcript_value_str(value);
        } else if (text_is(key, "persona")) {
            out->persona = transcript_value_str(value);
        } else if (text_is(key, "decidedBy")) {
            out->decided = value;
        } else if (text_is(key, "rules")) {
            out->rules = value;
        } else if (text_is(key, "categories")) {
            out->categories = value;
        } else if (text_is(key, "error")) {
            out->error = value;
        } else if (text_is(key, "driftScore")) {
            out->drift = number_of(value);
        } else if (text_is(key, "driftAlert")) {
            out->alert = transcript_value_true(value);
        } else if (text_is(key, "chars") &&
                   transcript_value_type(value) == WIRE_INT) {
            out->chars = (uint64_t)number_of(value);
        }
    }
}

static void
count_drift(struct rescore_tally_drift *drift, const struct told *told)
{
    if (isnan(told->drift)) {
        return;
    }
    const uint64_t units =
        (uint64_t)floor(told->drift * RESCORE_TALLY_UNIT + 0.5);
    const uint64_t bin = units * RESCORE_TALLY_BINS / RESCORE_TALLY_UNIT;

    drift->measured++;
    drift->alerts += told->alert;
    drift->sum += units;
    drift->bins[bin < RESCORE_TALLY_BINS ? bin : RESCORE_TALLY_BINS - 1]++;
}

static bool
count_name(struct rescore_tally *tally, enum rescore_tally_kind kind,
           struct text name, const struct told *told, struct err *err)
{
    struct rescore_tally_entry *entry =
        rescore_tally_entry(tally, kind, name, err);

    if (entry == NULL) {
        return false;
    }
    entry->rows++;
    if (entry->drift != NULL) {
        count_drift(entry->drift, told);
    }
    if (kind == RESCORE_TALLY_RULE || kind == RESCORE_TALLY_PERSONA) {
        entry->changed += !text_is(told->action, "ship");
    }
    return true;
}

static bool
count_rules(struct rescore_tally *tally, const struct told *told,
            struct err *err)
{
    struct transcript_walk walk;
    struct text key, value;

    transcript_walk_begin(&walk, told->rules);
    const bool alone = walk.left == 1;
    while (transcript_walk_next(&walk, &key, &value)) {
        const struct text name = transcript_value_str(value);
        if (!count_name(tally, RESCORE_TALLY_RULE, name, told, err)) {
            return false;
        }
        if (alone) {
            rescore_tally_entry(tally, RESCORE_TALLY_RULE, name, err)->alone++;
        }
    }
    transcript_walk_begin(&walk, told->categories);
    while (transcript_walk_next(&walk, &key, &value)) {
        if (transcript_value_true(transcript_value_get(value, "flagged")) &&
            !count_name(tally, RESCORE_TALLY_CATEGORY, key, told, err)) {
            return false;
        }
    }
    return true;
}

static bool
count_decision(struct rescore_tally *tally, const struct told *told,
               struct err *err)
{
    const struct text kind =
        transcript_value_str(transcript_value_get(told->decided, "kind"));
    const struct text id =
        transcript_value_str(transcript_value_get(told->decided, "id"));
    char name[NAME_BYTES];
    struct text joined = {name, kind.len + 1 + id.len};

    if (kind.len == 0) {
        return true;
    }
    if (joined.len > sizeof(name)) {
        err_set(err, ERR_INVALID, "decidedBy: longer than %zu bytes",
                sizeof(name));
        return false;
    }
    memcpy(name, kind.at, kind.len);
    name[kind.len] = ':';
    if (id.len > 0) {
        memcpy(name + kind.len + 1, id.at, id.len);
    }
    return count_name(tally, RESCORE_TALLY_DECIDED, joined, told, err);
}

bool
rescore_tally_add(struct rescore_tally *tally, struct text row, struct err *err)
{
    struct told told;

    if (transcript_value_type(row) != WIRE_MAP) {
        err_set(err, ERR_INVALID, "not a row");
        return false;
    }
    read_row(row, &told);
    tally->rows++;
    tally->chars += told.chars;
    if (told.error.len > 0) {
        tally->errors++;
        return count_name(
            tally, RESCORE_TALLY_ERROR,
            transcript_value_str(transcript_value_get(told.error, "code")),
            &told, err);
    }
    if (told.action.len == 0) {
        err_set(err, ERR_INVALID, "a row with neither action nor error");
        return false;
    }
    tally->judged++;
    count_drift(&tally->drift, &told);
    return count_name(tally, RESCORE_TALLY_ACTION, told.action, &told, err) &&
           count_name(tally, RESCORE_TALLY_VERDICT, told.verdict, &told, err) &&
           count_name(tally, RESCORE_TALLY_PERSONA, told.persona, &told, err) &&
           count_decision(tally, &told, err) && count_rules(tally, &told, err);
}

/* ------------------------------------------------------------------ joining
 */

static void
join_drift(struct rescore_tally_drift *to,
           const struct rescore_tally_drift *from)
{
    to->measured += from->measured;
    to->alerts += from->alerts;
    to->sum += from->sum;
    for (size_t i = 0; i < RESCORE_TALLY_BINS; i++) {
        to->bins[i] += from->bins[i];
    }
}

bool
rescore_tally_join(struct rescore_tally *tally,
                   const struct rescore_tally *from, struct err *err)
{
    tally->rows += from->rows;
    tally->judged += from->judged;
    tally->errors += from->errors;
    tally->chars += from->chars;
    join_drift(&tally->drift, &from->drift);
    for (size_t i = 0; i < from->count; i++) {
        const struct rescore_tally_entry *e = &from->entries[i];
        struct rescore_tally_entry *entry =
            rescore_tally_entry(tally, e->kind, text_of(e->name), err);
        if (entry == NULL) {
            return false;
        }
        entry->rows += e->rows;
        entry->changed += e->changed;
        entry->alone += e->alone;
        if (entry->drift != NULL) {
            join_drift(entry->drift, e->drift);
        }
    }
    return true;
}

static int
by_name(const void *a, const void *b)
{
    const struct rescore_tally_entry *const *x = a;
    const struct rescore_tally_entry *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

size_t
rescore_tally_list(const struct rescore_tally *tally,
                   enum rescore_tally_kind kind,
                   const struct rescore_tally_entry **out)
{
    size_t count = 0;

    for (size_t i = 0; i < tally->count; i++) {
        if (tally->entries[i].kind == kind) {
            out[count++] = &tally->entries[i];
        }
    }
    if (count > 1) {
        qsort(out, count, sizeof(*out), by_name);
    }
    return count;
}
