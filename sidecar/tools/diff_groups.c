#include "sidecar/tools/diff_groups.h"

#include <stdlib.h>

void
diff_groups_init(struct diff_groups *groups, size_t samples)
{
    *groups = (struct diff_groups){.samples = samples};
}

void
diff_groups_clear(struct diff_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct diff_groups_group *group = &groups->at[i];
        for (size_t k = 0; k < group->sample_count; k++) {
            free(group->samples[k].at);
        }
        free(group->samples);
        free(group->a);
        free(group->b);
    }
    free(groups->at);
    diff_groups_init(groups, groups->samples);
}

static char *
copy_of(const char *string)
{
    const size_t bytes = strlen(string) + 1;
    char *copy = malloc(bytes);

    return copy != NULL ? memcpy(copy, string, bytes) : NULL;
}

static struct diff_groups_group *
new_group(struct diff_groups *groups, const char *a, const char *b)
{
    if (groups->count == groups->cap) {
        const size_t cap = groups->cap == 0 ? 16 : 2 * groups->cap;
        struct diff_groups_group *at =
            realloc(groups->at, cap * sizeof(*groups->at));
        if (at == NULL) {
            return NULL;
        }
        groups->at = at;
        groups->cap = cap;
    }
    struct diff_groups_group *group = &groups->at[groups->count];
    *group = (struct diff_groups_group){
        .a = copy_of(a),
        .b = copy_of(b),
        .samples = calloc(groups->samples + 1, sizeof(*group->samples))};
    if (group->a == NULL || group->b == NULL || group->samples == NULL) {
        free(group->a);
        free(group->b);
        free(group->samples);
        return NULL;
    }
    groups->count++;
    return group;
}

/* Groups are few: as many as pairs of deciding rules that really occur. */
static struct diff_groups_group *
find(struct diff_groups *groups, const char *a, const char *b, struct err *err)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (strcmp(groups->at[i].a, a) == 0 &&
            strcmp(groups->at[i].b, b) == 0) {
            return &groups->at[i];
        }
    }
    if (groups->count == DIFF_GROUPS_MOST) {
        err_set(err, ERR_TOO_LARGE, "above %d groups", DIFF_GROUPS_MOST);
        return NULL;
    }
    struct diff_groups_group *group = new_group(groups, a, b);
    if (group == NULL) {
        err_memory(err, "groups");
    }
    return group;
}

/* Puts the sample, taken, where its row belongs; the last may fall out. */
static void
keep(struct diff_groups_group *group, size_t most,
     struct diff_groups_sample sample)
{
    size_t at = group->sample_count;

    while (at > 0 && group->samples[at - 1].row > sample.row) {
        group->samples[at] = group->samples[at - 1];
        at--;
    }
    group->samples[at] = sample;
    if (++group->sample_count > most) {
        free(group->samples[--group->sample_count].at);
    }
}

bool
diff_groups_add(struct diff_groups *groups, const char *a, const char *b,
                uint64_t row, struct text wire, struct err *err)
{
    struct diff_groups_group *group = find(groups, a, b, err);

    if (group == NULL) {
        return false;
    }
    group->rows++;
    groups->changed++;
    if (group->sample_count == groups->samples) {
        return true; // rows of one thread come in order
    }
    struct diff_groups_sample sample = {row, malloc(wire.len + 1), wire.len};
    if (sample.at == NULL) {
        err_memory(err, "samples");
        return false;
    }
    memcpy(sample.at, wire.at, wire.len);
    keep(group, groups->samples, sample);
    return true;
}

bool
diff_groups_join(struct diff_groups *groups, struct diff_groups *from,
                 struct err *err)
{
    groups->rows += from->rows;
    groups->errors += from->errors;
    groups->changed += from->changed;
    groups->other_verdict += from->other_verdict;
    groups->other_decision += from->other_decision;
    for (size_t i = 0; i < from->count; i++) {
        struct diff_groups_group *source = &from->at[i];
        struct diff_groups_group *group =
            find(groups, source->a, source->b, err);
        if (group == NULL) {
            return false;
        }
        group->rows += source->rows;
        for (size_t k = 0; k < source->sample_count; k++) {
            keep(group, groups->samples, source->samples[k]);
        }
        source->sample_count = 0;
    }
    diff_groups_clear(from);
    return true;
}

static int
by_rows(const void *a, const void *b)
{
    const struct diff_groups_group *x = a, *y = b;

    if (x->rows != y->rows) {
        return x->rows < y->rows ? 1 : -1;
    }
    const int order = strcmp(x->a, y->a);
    return order != 0 ? order : strcmp(x->b, y->b);
}

void
diff_groups_sort(struct diff_groups *groups)
{
    if (groups->count > 1) {
        qsort(groups->at, groups->count, sizeof(*groups->at), by_rows);
    }
}
