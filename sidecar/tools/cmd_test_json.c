#include "sidecar/tools/cmd_test_report.h"

#include "proto/wire.h"
#include "sidecar/engine/selftest_expect.h"
#include "sidecar/tools/show_json.h"
#include "sidecar/tools/show_views.h"

enum { VIEW_BYTES = 64 << 20 };

static void
put_pair(struct buffer *to, long long from, long long until)
{
    wire_put_array(to, 2);
    wire_put_int(to, from);
    wire_put_int(to, until);
}

static const char *
status_of(const struct selftest_outcome *o)
{
    if (o->skipped != NULL) {
        return "skipped";
    }
    return o->fault_count > 0 ? "failed" : "passed";
}

static void
put_subject(struct show_json *w, const struct selftest_outcome *o)
{
    show_json_text(w, "test", text_of(o->owner));
    show_json_text(w, "way", text_of(selftest_way_names[o->way]));
    if (o->way == SELFTEST_MUTATED) {
        show_json_text(w, "mutation", text_of(mutate_names[o->mutation]));
    }
    show_json_text(w, "status", text_of(status_of(o)));
    if (o->skipped != NULL) {
        show_json_text(w, "reason", text_of(o->skipped));
    }
    if (o->rule != NULL) {
        show_json_text(w, "rule", o->rule->id);
    }
    show_json_place(w, node_place(o->node, ""));
    show_json_uint(w, "us", o->ns / 1000);
}

static void
put_faults(struct show_json *w, const struct selftest_outcome *o)
{
    show_json_key(w, "failures");
    wire_put_array(&w->wire, o->fault_count);
    for (size_t i = 0; i < o->fault_count; i++) {
        wire_put_map(&w->wire, 2);
        wire_put_str(&w->wire, TEXT("key"));
        wire_put_str(&w->wire, text_of(o->faults[i].key));
        wire_put_str(&w->wire, TEXT("message"));
        wire_put_str(&w->wire, text_of(o->faults[i].said));
    }
}

/* Expected spans, in the unit that the test writes them in. */
static void
put_expected(struct show_json *w, const struct selftest_outcome *o)
{
    static const char *const units[] = {"code_point", "byte", "utf16"};
    const struct config_test *test = o->test;

    if (o->way == SELFTEST_MUTATED) {
        show_json_key(w, "mutatedBytes");
        put_pair(&w->wire, (long long)o->mutated.from,
                 (long long)o->mutated.to);
    } else if (test != NULL && test->span_count > 0) {
        show_json_text(w, "spanUnit", text_of(units[test->span_unit]));
        show_json_key(w, "expectedSpans");
        wire_put_array(&w->wire, test->span_count);
        for (size_t i = 0; i < test->span_count; i++) {
            put_pair(&w->wire, test->spans[2 * i], test->spans[2 * i + 1]);
        }
    }
}

static void
put_hits(struct show_json *w, const struct selftest_outcome *o)
{
    const struct envelope *e = o->envelope;
    const enum config_span_unit unit =
        o->way == SELFTEST_MUTATED || o->test == NULL ? CONFIG_BYTE
                                                      : o->test->span_unit;

    show_json_key(w, "hits");
    wire_put_array(&w->wire, e->hit_count);
    for (size_t i = 0; i < e->hit_count; i++) {
        const struct envelope_span span =
            selftest_expect_span(&e->hits[i], unit);
        wire_put_map(&w->wire, 2);
        wire_put_str(&w->wire, TEXT("rule"));
        wire_put_str(&w->wire, e->hits[i].rule);
        wire_put_str(&w->wire, TEXT("span"));
        put_pair(&w->wire, (long long)span.from, (long long)span.to);
    }
}

/* The text as the rules saw it, where that is another one. */
static void
put_views(struct show_json *w, const struct selftest_outcome *o)
{
    struct arena *arena = arena_new(VIEW_BYTES);
    struct view view;
    struct err err;

    for (size_t i = 0; arena != NULL && i < show_view_count; i++) {
        if (show_views[i].build(o->text, arena, &view, &err) &&
            !text_equal(view.text, o->text)) {
            char key[32];
            snprintf(key, sizeof(key), "view.%s", show_views[i].name);
            show_json_text(w, key, view.text);
        }
    }
    arena_free(arena);
}

static void
put_diagnostics(struct show_json *w, const struct selftest_outcome *o)
{
    put_faults(w, o);
    show_json_text(w, "text", o->text);
    put_expected(w, o);
    if (o->envelope != NULL) {
        show_json_text(w, "action",
                       text_of(envelope_action_names[o->envelope->action]));
        put_hits(w, o);
    }
    put_views(w, o);
}

bool
cmd_test_json(const struct selftest_outcome *outcome, FILE *to)
{
    struct show_json w;

    show_json_open(&w);
    put_subject(&w, outcome);
    if (outcome->fault_count > 0) {
        put_diagnostics(&w, outcome);
    }
    return show_json_close(&w, to);
}

bool
cmd_test_yaml(const struct selftest_outcome *outcome, FILE *to)
{
    struct show_json w;

    show_json_open(&w);
    show_json_place(&w, node_place(outcome->node, ""));
    put_diagnostics(&w, outcome);
    fputs("  ---\n", to);
    const bool good = show_json_close_yaml(&w, "  ", to);
    fputs("  ...\n", to);
    return good;
}
