#include "sidecar/engine/fingerprint_register.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/stable.h"

/* Rounds of 2-means; well separated halves settle within four. */
enum { ROUNDS = 16 };

/* Anderson-Darling beyond which a cut is not one cloud: 0.01 % of normals. */
static const double NOT_NORMAL = 1.869;

/*
 * Ashman's D below which two halves are one cloud: halves of a normal
 * distribution have 2.65.
 */
static const double APART = 3.5;

/* One group while it is cut. */
struct cut {
    const struct fingerprint_register_rows *rows;
    const double *inverse; /* [count] 1 / length of each row */
    size_t *members;       /* [size] */
    size_t size;
    uint8_t *side; /* [count] 0 or 1, of members */
    double *sums;  /* [2][dim] of directions */
    float *centre; /* [2][dim] of length 1 */
    double *place; /* [count] scratch */
};

static const float *
row_of(const struct cut *c, size_t row)
{
    return c->rows->at + row * c->rows->dim;
}

/* Cosine of a row with one centre. */
static double
near(const struct cut *c, size_t row, size_t centre)
{
    const size_t dim = c->rows->dim;

    return (double)c->rows->kernels->dot(row_of(c, row),
                                         c->centre + centre * dim, dim) *
           c->inverse[row];
}

static void
add_row(struct cut *c, size_t row, size_t centre)
{
    const float *at = row_of(c, row);
    double *sums = c->sums + centre * c->rows->dim;

    for (size_t i = 0; i < c->rows->dim; i++) {
        sums[i] += (double)at[i] * c->inverse[row];
    }
}

static double
length_of(const double *sums, size_t dim)
{
    double square = 0;

    for (size_t i = 0; i < dim; i++) {
        square += sums[i] * sums[i];
    }
    return sqrt(square);
}

/* A centre from its sums; one that cancels out is left at 0 and near nothing.
 */
static void
set_centre(struct cut *c, size_t centre)
{
    const size_t dim = c->rows->dim;
    const double *sums = c->sums + centre * dim;
    const double length = length_of(sums, dim);

    for (size_t i = 0; i < dim; i++) {
        c->centre[centre * dim + i] =
            length > 0 ? (float)(sums[i] / length) : 0;
    }
}

/* The member farthest from a centre, the first of equals. */
static size_t
farthest(const struct cut *c, size_t centre)
{
    size_t worst = c->members[0];
    double least = (double)INFINITY;

    for (size_t i = 0; i < c->size; i++) {
        const double cosine = near(c, c->members[i], centre);
        if (cosine < least) {
            least = cosine;
            worst = c->members[i];
        }
    }
    return worst;
}

static void
start_at(struct cut *c, size_t centre, size_t row)
{
    memset(c->sums + centre * c->rows->dim, 0, c->rows->dim * sizeof(*c->sums));
    add_row(c, row, centre);
    set_centre(c, centre);
}

/* Puts each member on its nearer side; returns how many moved. */
static size_t
assign(struct cut *c)
{
    size_t moved = 0;

    for (size_t i = 0; i < c->size; i++) {
        const size_t row = c->members[i];
        const uint8_t side = near(c, row, 1) > near(c, row, 0);
        moved += side != c->side[row];
        c->side[row] = side;
    }
    return moved;
}

static void
two_means(struct cut *c)
{
    memset(c->sums, 0, 2 * c->rows->dim * sizeof(*c->sums));
    for (size_t i = 0; i < c->size; i++) {
        add_row(c, c->members[i], 0);
        c->side[c->members[i]] = UINT8_MAX;
    }
    set_centre(c, 0);
    const size_t a = farthest(c, 0);
    start_at(c, 0, a);
    start_at(c, 1, farthest(c, 0));
    for (size_t round = 0; assign(c) > 0 && round < ROUNDS; round++) {
        memset(c->sums, 0, 2 * c->rows->dim * sizeof(*c->sums));
        for (size_t i = 0; i < c->size; i++) {
            add_row(c, c->members[i], c->side[c->members[i]]);
        }
        set_centre(c, 0);
        set_centre(c, 1);
    }
}

/*
 * Cosine of a row with the centre of its own half without it: from the sums S
 * of the half and the row's direction u, (u.S - 1) / |S - u|.
 */
static double
near_without(const struct cut *c, size_t row, size_t centre, double length)
{
    const double dot = near(c, row, centre) * length;
    const double square = length * length - 2 * dot + 1;

    return square > 0 ? (dot - 1) / sqrt(square) : 0;
}

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double
fingerprint_register_normality(const double *sorted, size_t count)
{
    const double n = (double)count;
    double mean = 0, square = 0, sum = 0;

    for (size_t i = 0; i < count; i++) {
        mean += sorted[i] / n;
    }
    for (size_t i = 0; i < count; i++) {
        square += (sorted[i] - mean) * (sorted[i] - mean);
    }
    const double sd = sqrt(square / (n - 1));
    // Of equal numbers only rounding would be tested.
    if (!(sd > 0) || !(sorted[0] < sorted[count - 1])) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const double low = (sorted[i] - mean) / sd;
        const double high = (mean - sorted[count - 1 - i]) / sd;
        sum += (2 * (double)i + 1) * (stable_log(stable_normal_below(low)) +
                                      stable_log(stable_normal_below(high)));
    }
    return (-n - sum / n) * (1 + 4 / n - 25 / (n * n));
}

/* How far the two halves' places lie apart, in their own spreads. */
static double
ashman(const struct cut *c, const double *place)
{
    double n[2] = {0, 0}, mean[2] = {0, 0}, square[2] = {0, 0};

    for (size_t i = 0; i < c->size; i++) {
        n[c->side[c->members[i]]]++;
        mean[c->side[c->members[i]]] += place[i];
    }
    mean[0] /= n[0];
    mean[1] /= n[1];
    for (size_t i = 0; i < c->size; i++) {
        const size_t s = c->side[c->members[i]];
        square[s] += (place[i] - mean[s]) * (place[i] - mean[s]);
    }
    const double spread = sqrt((square[0] / n[0] + square[1] / n[1]) / 2);
    // In halves without spread rounding would decide: a gap is a gap.
    return spread > 0 ? (mean[1] - mean[0]) / spread : (double)INFINITY;
}

/* Is the cut a gap? */
static bool
is_gap(struct cut *c)
{
    const size_t dim = c->rows->dim;
    const double length[2] = {length_of(c->sums, dim),
                              length_of(c->sums + dim, dim)};
    size_t on_side[2] = {0, 0};

    for (size_t i = 0; i < c->size; i++) {
        const size_t row = c->members[i];
        const size_t own = c->side[row];
        const double here = near_without(c, row, own, length[own]);
        const double there = near(c, row, 1 - own);
        c->place[i] = own == 1 ? here - there : there - here;
        on_side[own]++;
    }
    if (on_side[0] < FINGERPRINT_REGISTER_LEAST ||
        on_side[1] < FINGERPRINT_REGISTER_LEAST ||
        ashman(c, c->place) < APART) {
        return false;
    }
    qsort(c->place, c->size, sizeof(*c->place), ascending);
    return fingerprint_register_normality(c->place, c->size) > NOT_NORMAL;
}

/* Cuts one register in two where there is a gap; the new one gets `fresh`. */
static bool
try_cut(struct cut *c, uint8_t *labels, uint8_t which, uint8_t fresh)
{
    c->size = 0;
    for (size_t r = 0; r < c->rows->count; r++) {
        if (labels[r] == which) {
            c->members[c->size++] = r;
        }
    }
    if (c->size < 2 * FINGERPRINT_REGISTER_LEAST) {
        return false;
    }
    two_means(c);
    if (!is_gap(c)) {
        return false;
    }
    for (size_t i = 0; i < c->size; i++) {
        labels[c->members[i]] = c->side[c->members[i]] ? fresh : which;
    }
    return true;
}

/* Numbers the registers in the order of their first rows. */
static void
renumber(uint8_t *labels, size_t count, size_t registers)
{
    uint8_t number[FINGERPRINT_MOST_REGISTERS];
    uint8_t next = 0;

    memset(number, UINT8_MAX, sizeof(number));
    for (size_t r = 0; r < count && next < registers; r++) {
        if (number[labels[r]] == UINT8_MAX) {
            number[labels[r]] = next++;
        }
    }
    for (size_t r = 0; r < count; r++) {
        labels[r] = number[labels[r]];
    }
}

static size_t
cut_all(struct cut *c, uint8_t *labels)
{
    size_t registers = 1;

    memset(labels, 0, c->rows->count);
    // A register that was cut is tried again, and so is the part cut off.
    for (size_t which = 0; which < registers;) {
        if (registers == FINGERPRINT_MOST_REGISTERS ||
            !try_cut(c, labels, (uint8_t)which, (uint8_t)registers)) {
            which++;
        } else {
            registers++;
        }
    }
    renumber(labels, c->rows->count, registers);
    return registers;
}

size_t
fingerprint_register_split(const struct fingerprint_register_rows *rows,
                           uint8_t *labels)
{
    double *inverse = calloc(rows->count, sizeof(*inverse));
    struct cut c = {
        .rows = rows,
        .inverse = inverse,
        .members = calloc(rows->count, sizeof(*c.members)),
        .side = calloc(rows->count, sizeof(*c.side)),
        .sums = calloc(2 * rows->dim, sizeof(*c.sums)),
        .centre = calloc(2 * rows->dim, sizeof(*c.centre)),
        .place = calloc(rows->count, sizeof(*c.place)),
    };
    size_t registers = 0;

    if (inverse != NULL && c.members != NULL && c.side != NULL &&
        c.sums != NULL && c.centre != NULL && c.place != NULL) {
        for (size_t r = 0; r < rows->count; r++) {
            const float *row = row_of(&c, r);
            inverse[r] =
                1 / sqrt((double)rows->kernels->dot(row, row, rows->dim));
        }
        registers = cut_all(&c, labels);
    }
    free(inverse);
    free(c.members);
    free(c.side);
    free(c.sums);
    free(c.centre);
    free(c.place);
    return registers;
}
