#include "sidecar/engine/linear.h"

#include <assert.h>
#include <math.h>

#include "kernels/stable.h"
#include "sidecar/engine/linear_model.h"

static const char *const preset_names[LINEAR_PRESETS] = {
    [LINEAR_STRICT] = "strict",
    [LINEAR_BALANCED] = "balanced",
    [LINEAR_SENSITIVE] = "sensitive",
};

const struct digest *
linear_digest(const struct linear_model *model)
{
    return &model->digest;
}

const char *
linear_about(const struct linear_model *model)
{
    return model->about;
}

size_t
linear_head_count(const struct linear_model *model)
{
    return model->head_count;
}

const char *
linear_head_name(const struct linear_model *model, size_t head)
{
    assert(head < model->head_count);
    return model->heads[head].name;
}

bool
linear_head(const struct linear_model *model, struct text name, size_t *head)
{
    for (size_t i = 0; i < model->head_count; i++) {
        if (text_is(name, model->heads[i].name)) {
            *head = i;
            return true;
        }
    }
    return false;
}

bool
linear_preset(struct text name, enum linear_preset *preset)
{
    for (size_t i = 0; i < LINEAR_PRESETS; i++) {
        if (text_is(name, preset_names[i])) {
            *preset = (enum linear_preset)i;
            return true;
        }
    }
    return false;
}

float
linear_threshold(const struct linear_model *model, size_t head,
                 enum linear_preset preset)
{
    assert(head < model->head_count && preset < LINEAR_PRESETS);
    return model->heads[head].thresholds[preset];
}

/*
 * Eight lanes of 8 bits become two times four of 16, which hold 257 weights of
 * 255 without a carry: eight additions in two, on any machine, with no
 * instruction set to choose.
 */
enum { ROWS_AT_ONCE = 256 };

#define EVEN_LANES UINT64_C(0x00ff00ff00ff00ff)

void
linear_sum_add(const struct linear_model *model, const uint32_t *hashes,
               size_t n, struct linear_sum *sum)
{
    for (size_t from = 0; from < n; from += ROWS_AT_ONCE) {
        const size_t to = n - from > ROWS_AT_ONCE ? from + ROWS_AT_ONCE : n;
        uint64_t even = 0, odd = 0;
        for (size_t i = from; i < to; i++) {
            const uint64_t row = linear_model_row(model, hashes[i]);
            even += row & EVEN_LANES;
            odd += row >> 8 & EVEN_LANES;
        }
        const int64_t zero = (int64_t)(to - from) * LINEAR_ZERO;
        for (size_t lane = 0; lane < LINEAR_HEADS; lane++) {
            const uint64_t four = (lane & 1) != 0 ? odd : even;
            sum->lanes[lane] +=
                (int64_t)(four >> 16 * (lane / 2) & 0xffff) - zero;
        }
    }
    sum->count += n;
}

struct linear_sum
linear_sum_of(const struct linear_sum *a, const struct linear_sum *b)
{
    struct linear_sum both = *a;

    for (size_t lane = 0; lane < LINEAR_HEADS; lane++) {
        both.lanes[lane] += b->lanes[lane];
    }
    both.count += b->count;
    return both;
}

double
linear_sum_odds(const struct linear_model *model, size_t head,
                const struct linear_sum *sum)
{
    const struct linear_model_head *h = &model->heads[head];

    return h->bias +
           h->scale * (double)sum->lanes[head] / sqrt((double)sum->count);
}

float
linear_sum_score(double odds)
{
    return (float)(1 / (1 + stable_exp(-odds)));
}

/* Keeps for each head the worst odds so far. */
static void
keep_worst(const struct linear_model *model, const struct linear_sum *window,
           double *worst)
{
    for (size_t head = 0; head < model->head_count; head++) {
        const double odds = linear_sum_odds(model, head, window);
        if (odds > worst[head]) {
            worst[head] = odds;
        }
    }
}

void
linear_scores(const struct linear_model *model, struct text fold, float *out)
{
    struct linear_reader reader;
    struct linear_sum last = {.count = 0};
    uint32_t hashes[LINEAR_PIECE];
    double worst[LINEAR_HEADS];
    size_t pieces = 0, n;

    for (size_t head = 0; head < LINEAR_HEADS; head++) {
        worst[head] = -(double)INFINITY;
    }
    linear_reader_init(&reader, fold);
    while ((n = linear_grams(&reader, hashes, LINEAR_PIECE)) > 0) {
        struct linear_sum piece = {.count = 0};
        linear_sum_add(model, hashes, n, &piece);
        const struct linear_sum window = linear_sum_of(&last, &piece);
        if (pieces++ > 0) {
            keep_worst(model, &window, worst);
        }
        last = piece;
    }
    if (pieces == 1) {
        keep_worst(model, &last, worst);
    }
    // Of no n-gram at all the odds are still -infinity, and the score 0.
    for (size_t head = 0; head < LINEAR_HEADS; head++) {
        out[head] = linear_sum_score(worst[head]);
    }
}
