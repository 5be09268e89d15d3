#include "sidecar/engine/voice.h"

#include <math.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/voice_features.h"

/*
 * lambda_f. Dropping any one family costs at most 0.6 points of AUC; fourgrams
 * mostly repeat what trigrams and words say.
 */
static const struct {
    const char *name;
    double weight;
} families[VOICE_FAMILIES] = {
    [VOICE_TRIGRAMS] = {"trigrams", 2.0},
    [VOICE_FOURGRAMS] = {"fourgrams", 0.5},
    [VOICE_WORDS] = {"words", 2.0},
    [VOICE_SYNTAX] = {"syntax", 1.0},
    [VOICE_SHAPE] = {"shape", 2.0},
};

/*
 * How far before its target a window may end to end at a space, in bytes. Less
 * than half a window, so that every window has something in it.
 */
enum { WINDOW_SLACK = 256 };

/* What the windows of one text share. */
struct reading {
    const struct voice_model *model;
    struct arena *arena;
    struct voice_text text;
    struct voice_part *parts;   /* [longest window] */
    uint16_t *buckets;          /* [features of the longest window] */
    struct voice_spot *spots;   /* the same, or NULL */
    struct voice_row *rows;     /* [windows] */
    struct text *texts;         /* [windows], or NULL */
    struct voice_spot **traced; /* [windows], or NULL */
};

/* Where the window that should end at `target` ends: at a space near it. */
static size_t
window_end(struct text text, size_t target)
{
    if (target >= text.len) {
        return text.len;
    }
    for (size_t end = target; end > target - WINDOW_SLACK; end--) {
        if (text.at[end - 1] == ' ') {
            return end;
        }
    }
    while (utf8_inside((unsigned char)text.at[target])) {
        target--;
    }
    return target;
}

static bool
keep_row(struct reading *r, size_t index, size_t size)
{
    uint16_t *buckets = arena_take(r->arena, size * sizeof(*buckets));

    if (buckets == NULL) {
        return false;
    }
    memcpy(buckets, r->buckets, size * sizeof(*buckets));
    r->rows[index].buckets = buckets;
    if (r->spots == NULL) {
        return true;
    }
    r->traced[index] = arena_take(r->arena, size * sizeof(*r->spots));
    if (r->traced[index] == NULL) {
        return false;
    }
    memcpy(r->traced[index], r->spots, size * sizeof(*r->spots));
    return true;
}

static bool
read_window(struct reading *r, size_t index, size_t from, size_t to)
{
    struct voice_window window = {
        .cased = text_part(r->text.cased, from, to),
        .lower = text_part(r->text.lower, from, to),
        .ascii = r->text.chars + 2 == r->text.cased.len,
        .parts = r->parts,
    };
    struct voice_sink sink;
    size_t size = 0;

    window.part_count = voice_features_parts(r->model, &window, r->parts);
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        memset(sink.seen, 0, sizeof(sink.seen));
        sink.buckets = r->buckets + size;
        sink.spots = r->spots != NULL ? r->spots + size : NULL;
        sink.count = 0;
        voice_features_add(&window, (enum voice_family)f, &sink);
        r->rows[index].counts[f] = (uint16_t)sink.count;
        size += sink.count;
    }
    if (r->texts != NULL) {
        r->texts[index] = window.cased;
    }
    return keep_row(r, index, size);
}

static bool
reading_room(struct reading *r, size_t windows, bool want_spots)
{
    const size_t len = r->text.cased.len;
    // A window may begin early where the one before ended early.
    const size_t longest = len < VOICE_WINDOW_BYTES + WINDOW_SLACK
                               ? len
                               : VOICE_WINDOW_BYTES + WINDOW_SLACK;
    const size_t most = voice_features_most(longest);

    r->rows = ARENA_ARRAY(r->arena, struct voice_row, windows);
    r->parts = arena_take(r->arena, longest * sizeof(*r->parts));
    r->buckets = arena_take(r->arena, most * sizeof(*r->buckets));
    if (want_spots) {
        r->spots = arena_take(r->arena, most * sizeof(*r->spots));
        r->texts = ARENA_ARRAY(r->arena, struct text, windows);
        r->traced = ARENA_ARRAY(r->arena, struct voice_spot *, windows);
    }
    // A failed arena fails every later take, so the last ones tell for all.
    return (want_spots ? (void *)r->traced : (void *)r->buckets) != NULL;
}

static bool
read_windows(struct reading *r, size_t windows)
{
    const struct text text = r->text.cased;
    size_t from = 0;

    for (size_t i = 0; i < windows; i++) {
        const size_t to = window_end(text, text.len * (i + 1) / windows);
        if (!read_window(r, i, from, to)) {
            return false;
        }
        // The space that ends a window begins the next one too.
        from = text.at[to - 1] == ' ' ? to - 1 : to;
    }
    return true;
}

static bool
read_text(const struct voice_model *model, struct text text, bool want_spots,
          struct arena *arena, struct voice *out, struct err *err)
{
    struct reading r = {.model = model, .arena = arena};

    *out = (struct voice){.rows = NULL};
    if (text.len > VOICE_TEXT_BYTES) {
        err_set(err, ERR_TOO_LARGE,
                "a text of %zu bytes is above the voice measure's %d", text.len,
                VOICE_TEXT_BYTES);
        return false;
    }
    if (!voice_text_fold(text, arena, &r.text, err)) {
        return false;
    }
    out->chars = r.text.chars;
    if (r.text.chars == 0) {
        return true;
    }
    const size_t windows =
        (r.text.cased.len + VOICE_WINDOW_BYTES - 1) / VOICE_WINDOW_BYTES;
    if (!reading_room(&r, windows, want_spots) || !read_windows(&r, windows)) {
        err_memory(err, "reading a text for the voice measure");
        return false;
    }
    out->rows = r.rows;
    out->row_count = windows;
    out->texts = r.texts;
    out->spots = (const struct voice_spot *const *)r.traced;
    return true;
}

bool
voice_read(const struct voice_model *model, struct text text,
           struct arena *arena, struct voice *out, struct err *err)
{
    return read_text(model, text, false, arena, out, err);
}

bool
voice_read_spots(const struct voice_model *model, struct text text,
                 struct arena *arena, struct voice *out, struct err *err)
{
    return read_text(model, text, true, arena, out, err);
}

size_t
voice_row_size(const struct voice_row *row)
{
    size_t size = 0;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        size += row->counts[f];
    }
    return size;
}

double
voice_family_weight(enum voice_family family)
{
    return families[family].weight;
}

const char *
voice_family_name(enum voice_family family)
{
    return families[family].name;
}

double
voice_score_row(const int16_t *weights, const struct voice_row *row)
{
    const uint16_t *bucket = row->buckets;
    double score = 0;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const int16_t *family = weights + f * VOICE_BUCKETS;
        const uint16_t *const end = bucket + row->counts[f];
        int32_t sum = 0; // 2^15 buckets of at most 20 * 2^10
        for (; bucket < end; bucket++) {
            sum += family[*bucket];
        }
        if (row->counts[f] > 0) {
            score +=
                families[f].weight * (double)sum / sqrt((double)row->counts[f]);
        }
    }
    return score / VOICE_WEIGHT_ONE;
}

double
voice_score(const int16_t *weights, const struct voice *voice)
{
    double sum = 0;

    for (size_t i = 0; i < voice->row_count; i++) {
        sum += voice_score_row(weights, &voice->rows[i]);
    }
    return voice->row_count > 0 ? sum / (double)voice->row_count : 0;
}

double
voice_norm(const int16_t *weights)
{
    double square = 0;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const int16_t *family = weights + f * VOICE_BUCKETS;
        int64_t sum = 0;
        for (size_t j = 0; j < VOICE_BUCKETS; j++) {
            sum += (int64_t)family[j] * family[j];
        }
        square += families[f].weight * families[f].weight * (double)sum;
    }
    return sqrt(square) / VOICE_WEIGHT_ONE;
}

double
voice_cosine(double score, double norm)
{
    // Five unit vectors one after another have the length sqrt(5).
    const double length = sqrt((double)VOICE_FAMILIES);

    return norm > 0 ? score / (norm * length) : 0;
}
