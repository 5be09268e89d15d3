#include "sidecar/tools/cmd_test_report.h"

#include <stdlib.h>

#include "sidecar/engine/selftest_expect.h"
#include "sidecar/tools/show_text.h"
#include "sidecar/tools/show_views.h"

enum { FIRST_ROWS = 64, VIEW_BYTES = 64 << 20 };

void
cmd_test_report_begin(struct cmd_test_report *report,
                      enum cmd_test_format format, bool failed_only, FILE *to)
{
    *report = (struct cmd_test_report){
        .format = format, .failed_only = failed_only, .to = to};
    if (format == CMD_TEST_TAP) {
        fputs("TAP version 14\n", to);
    }
}

/* ----------------------------------------------------------------- counting */

/* Tests of one rule come together, so the row is the last one, or new. */
static struct cmd_test_row *
row_of(struct cmd_test_report *r, const struct config_rule *rule)
{
    const struct text id = rule != NULL ? rule->id : TEXT("");

    if (r->row_count > 0 && text_is(id, r->rows[r->row_count - 1].rule)) {
        return &r->rows[r->row_count - 1];
    }
    if (r->row_count == r->row_cap) {
        const size_t cap = r->row_cap > 0 ? r->row_cap * 2 : FIRST_ROWS;
        struct cmd_test_row *rows = realloc(r->rows, cap * sizeof(*rows));
        if (rows == NULL) {
            r->short_of_memory = true;
            return NULL;
        }
        r->rows = rows;
        r->row_cap = cap;
    }
    struct cmd_test_row *row = &r->rows[r->row_count++];
    *row = (struct cmd_test_row){.failed = 0};
    snprintf(row->rule, sizeof(row->rule), "%.*s", TEXT_ARGS(id));
    return row;
}

static void
count(struct cmd_test_report *r, const struct selftest_outcome *o)
{
    struct cmd_test_row *row = row_of(r, o->rule);

    if (o->skipped != NULL) {
        r->counts.skipped++;
    } else if (o->fault_count > 0) {
        r->counts.failed++;
    } else {
        r->counts.passed++;
    }
    if (row != NULL) {
        row->ways[o->way] += o->skipped == NULL ? 1 : 0;
        row->skipped += o->skipped != NULL ? 1 : 0;
        row->failed += o->fault_count > 0 ? 1 : 0;
        row->ns += o->ns;
    }
}

/* --------------------------------------------------------------- for people */

static void
print_where(const struct selftest_outcome *o, FILE *to)
{
    const char *key = o->fault_count > 0 ? o->faults[0].key : "";
    char words[PLACE_WORDS_BYTES];

    fprintf(to, "%s: %s", place_words(node_place(o->node, key), words),
            o->owner);
    if (o->way == SELFTEST_MUTATED) {
        fprintf(to, " (%s)", mutate_names[o->mutation]);
    } else if (o->way == SELFTEST_CHUNKED) {
        fprintf(to, " (chunked)");
    }
}

static void
print_text(FILE *to, const char *label, struct text text)
{
    fprintf(to, "    %-9s ", label);
    show_text_plain(to, text);
    fputc('\n', to);
}

static void
print_expected(const struct selftest_outcome *o, FILE *to)
{
    if (o->way == SELFTEST_MUTATED) {
        fprintf(to, "    %-9s bytes [%zu, %zu]\n", "expected", o->mutated.from,
                o->mutated.to);
        return;
    }
    const size_t spans = o->test != NULL ? o->test->span_count : 0;
    for (size_t i = 0; i < spans; i++) {
        fprintf(to, "%s[%lld, %lld]%s", i == 0 ? "    expected  " : " ",
                o->test->spans[2 * i], o->test->spans[2 * i + 1],
                i + 1 == spans ? "\n" : "");
    }
}

static void
print_hits(const struct selftest_outcome *o, FILE *to)
{
    const struct envelope *e = o->envelope;
    const enum config_span_unit unit =
        o->way == SELFTEST_MUTATED || o->test == NULL ? CONFIG_BYTE
                                                      : o->test->span_unit;

    fprintf(to, "    %-9s %s%s", "actual", envelope_action_names[e->action],
            e->hit_count > 0 ? "," : ", no hits");
    for (size_t i = 0; i < e->hit_count; i++) {
        const struct envelope_span s = selftest_expect_span(&e->hits[i], unit);
        fprintf(to, " %.*s [%zu, %zu]", TEXT_ARGS(e->hits[i].rule), s.from,
                s.to);
    }
    fputc('\n', to);
}

/* What the rules saw, where that is not the text itself. */
static void
print_views(const struct selftest_outcome *o, FILE *to)
{
    struct arena *arena = arena_new(VIEW_BYTES);
    struct view view;
    struct err err;

    for (size_t i = 0; arena != NULL && i < show_view_count; i++) {
        if (show_views[i].build(o->text, arena, &view, &err) &&
            !text_equal(view.text, o->text)) {
            print_text(to, show_views[i].name, view.text);
        }
    }
    arena_free(arena);
}

static void
print_failure(const struct selftest_outcome *o, FILE *to)
{
    print_where(o, to);
    fputs(": failed\n", to);
    for (size_t i = 0; i < o->fault_count; i++) {
        print_text(to, o->faults[i].key, text_of(o->faults[i].said));
    }
    print_text(to, "text", o->text);
    print_expected(o, to);
    if (o->envelope != NULL) {
        print_hits(o, to);
    }
    print_views(o, to);
}

/* ---------------------------------------------------------------------- TAP */

static void
print_point(struct cmd_test_report *r, const struct selftest_outcome *o)
{
    fprintf(r->to, "%s %zu - %s %s", o->fault_count > 0 ? "not ok" : "ok",
            ++r->told, o->owner,
            o->way == SELFTEST_MUTATED ? mutate_names[o->mutation]
                                       : selftest_way_names[o->way]);
    if (o->skipped != NULL) {
        fprintf(r->to, " # SKIP %s", o->skipped);
    }
    fputc('\n', r->to);
    if (o->fault_count > 0 && !cmd_test_yaml(o, r->to)) {
        r->short_of_memory = true;
    }
}

/* ---------------------------------------------------------------------- all */

void
cmd_test_report_told(void *context, const struct selftest_outcome *o)
{
    struct cmd_test_report *r = context;

    count(r, o);
    if (r->failed_only && o->fault_count == 0) {
        return;
    }
    switch (r->format) {
    case CMD_TEST_HUMAN:
        if (o->fault_count > 0) {
            print_failure(o, r->to);
        }
        break;
    case CMD_TEST_TAP:
        print_point(r, o);
        break;
    case CMD_TEST_JSON:
        if (!cmd_test_json(o, r->to)) {
            r->short_of_memory = true;
        }
        fputc('\n', r->to);
        break;
    }
}

static size_t
run_of(const struct cmd_test_row *row)
{
    return row->ways[SELFTEST_PLAIN] + row->ways[SELFTEST_LINE];
}

static void
print_table(const struct cmd_test_report *r)
{
    fprintf(r->to, "%-28s %6s %8s %8s %7s %7s %9s\n", "rule", "tests",
            "mutated", "chunked", "skipped", "failed", "ms");
    for (size_t i = 0; i < r->row_count; i++) {
        const struct cmd_test_row *row = &r->rows[i];
        if (r->failed_only && row->failed == 0) {
            continue;
        }
        fprintf(r->to, "%-28s %6zu %8zu %8zu %7zu %7zu %9.2f\n",
                row->rule[0] != '\0' ? row->rule : "(over all rules)",
                run_of(row), row->ways[SELFTEST_MUTATED],
                row->ways[SELFTEST_CHUNKED], row->skipped, row->failed,
                (double)row->ns / 1e6);
    }
}

static uint64_t
time_of(const struct cmd_test_report *r)
{
    uint64_t ns = 0;

    for (size_t i = 0; i < r->row_count; i++) {
        ns += r->rows[i].ns;
    }
    return ns;
}

void
cmd_test_report_end(struct cmd_test_report *r)
{
    const struct selftest_counts *c = &r->counts;

    switch (r->format) {
    case CMD_TEST_HUMAN:
        print_table(r);
        fprintf(r->to, "%zu passed, %zu failed, %zu skipped, %.1f ms\n",
                c->passed, c->failed, c->skipped, (double)time_of(r) / 1e6);
        break;
    case CMD_TEST_TAP:
        fprintf(r->to, "1..%zu\n", r->told);
        break;
    case CMD_TEST_JSON:
        fprintf(r->to,
                "{\"summary\":{\"passed\":%zu,\"failed\":%zu,\"skipped\":%zu,"
                "\"us\":%llu}}\n",
                c->passed, c->failed, c->skipped,
                (unsigned long long)(time_of(r) / 1000));
        break;
    }
    free(r->rows);
    r->rows = NULL;
}
