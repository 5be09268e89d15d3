#include "sidecar/tools/show.h"

#include "sidecar/tools/show_text.h"
#include "sidecar/tools/show_views.h"

enum { WORK_BYTES = 64 << 20 };

static const char *
on(const struct show_subject *s, enum show_colour colour)
{
    return show_text_on(colour, s->coloured);
}

static void
heading(const struct show_subject *s, const char *words)
{
    fprintf(s->to, "\n%s%s%s\n", on(s, SHOW_BOLD), words, on(s, SHOW_PLAIN));
}

/* --------------------------------------------------------------- the verdict
 */

static enum show_colour
colour_of_action(enum envelope_action action)
{
    switch (action) {
    case ACTION_SHIP:
        return SHOW_GREEN;
    case ACTION_REDACT:
    case ACTION_REGENERATE:
        return SHOW_YELLOW;
    case ACTION_FALLBACK:
    case ACTION_BLOCK:
    case ACTIONS:
        break;
    }
    return SHOW_RED;
}

static void
print_verdict(const struct show_subject *s)
{
    const struct envelope *e = s->envelope;

    fprintf(s->to, "%s%s%s  verdict %s", on(s, colour_of_action(e->action)),
            envelope_action_names[e->action], on(s, SHOW_PLAIN),
            envelope_verdict_names[e->verdict]);
    if (e->decided_by.kind.len > 0) {
        fprintf(s->to, ", decided by %.*s %.*s", TEXT_ARGS(e->decided_by.kind),
                TEXT_ARGS(e->decided_by.id));
    }
    if (e->would_action != e->action) {
        fprintf(s->to, " (would be %s if all were enforced)",
                envelope_action_names[e->would_action]);
    }
    fputc('\n', s->to);
}

/* ------------------------------------------------------------------ the text
 */

static const struct rule *
rule_of(const struct show_subject *s, const struct envelope_hit *hit)
{
    for (size_t i = 0; i < rules_count(s->engine->rules); i++) {
        const struct rule *rule = rules_at(s->engine->rules, i);
        if (text_equal(rule->config->id, hit->rule)) {
            return rule;
        }
    }
    return NULL;
}

/* By what the hit does; a stronger one is painted over a weaker. */
static enum show_colour
colour_of_hit(const struct envelope_hit *hit)
{
    if (!text_is(hit->mode, "enforce")) {
        return SHOW_DIM;
    }
    if (text_is(hit->action, "fallback") || text_is(hit->action, "block")) {
        return SHOW_RED;
    }
    return text_is(hit->action, "redact") ? SHOW_YELLOW : SHOW_CYAN;
}

/* Weakest first: what is painted last is seen. */
static const enum show_colour layers[] = {SHOW_DIM, SHOW_CYAN, SHOW_YELLOW,
                                          SHOW_RED};

static bool
paint(const struct show_subject *s, unsigned char *colours)
{
    const struct envelope *e = s->envelope;
    bool any = false;

    for (size_t l = 0; l < sizeof(layers) / sizeof(layers[0]); l++) {
        for (size_t i = 0; i < e->hit_count; i++) {
            const struct envelope_span span = e->hits[i].bytes;
            if (colour_of_hit(&e->hits[i]) == layers[l]) {
                memset(colours + span.from, (int)layers[l],
                       span.to - span.from);
                any = any || span.to > span.from;
            }
        }
    }
    return any;
}

static bool
print_text(const struct show_subject *s, struct arena *arena)
{
    const struct text text = s->candidate->text;
    unsigned char *colours = arena_zeroed(arena, text.len, 1);

    if (colours == NULL) {
        return false;
    }
    const bool any = paint(s, colours);
    heading(s, "text");
    fputs("  ", s->to);
    if (s->coloured) {
        show_text_coloured(s->to, text, colours);
    } else {
        show_text_plain(s->to, text);
    }
    if (any && !s->coloured) {
        fputs("\n  ", s->to);
        show_text_marks(s->to, text, colours);
    }
    fputc('\n', s->to);
    return true;
}

static bool
print_views(const struct show_subject *s, struct arena *arena, struct err *err)
{
    bool first = true;

    for (size_t i = 0; i < show_view_count; i++) {
        struct view view;
        if (!show_views[i].build(s->candidate->text, arena, &view, err)) {
            return false;
        }
        if (view.text.at == NULL || text_equal(view.text, s->candidate->text)) {
            continue;
        }
        if (first) {
            heading(s, "views that are not the text itself");
            first = false;
        }
        fprintf(s->to, "  %-12s ", show_views[i].name);
        show_text_plain(s->to, view.text);
        fputc('\n', s->to);
    }
    return true;
}

static void
print_content(const struct show_subject *s)
{
    const struct envelope *e = s->envelope;

    if (e->content.at == NULL) {
        return;
    }
    heading(s, "shown instead");
    fputs("  ", s->to);
    show_text_plain(s->to, e->content);
    if (e->pool.len > 0) {
        fprintf(s->to, "  %s(fallbacks.%.*s.%.*s[%zu])%s", on(s, SHOW_DIM),
                TEXT_ARGS(e->pool), TEXT_ARGS(e->locale), e->line,
                on(s, SHOW_PLAIN));
    }
    fputc('\n', s->to);
}

/* ---------------------------------------------------------------------- hits
 */

static void
print_via(const struct show_subject *s, int via)
{
    const char *between = "";

    for (size_t i = 0; envelope_via_names[i] != NULL; i++) {
        if ((via >> i & 1) != 0) {
            fprintf(s->to, "%s%s", between, envelope_via_names[i]);
            between = "+";
        }
    }
}

/* What weighed in a model's score: "+1.24 moron, -0.31 please". */
static void
print_reasons(const struct show_subject *s, const struct envelope_hit *h)
{
    for (size_t i = 0; i < h->reason_count; i++) {
        fprintf(s->to, "%s%+.2f \"", i == 0 ? "      " : ", ",
                h->reasons[i].weight);
        show_text_plain(s->to, h->reasons[i].gram);
        fputc('"', s->to);
    }
    if (h->reason_count > 0) {
        fputc('\n', s->to);
    }
}

static void
print_hit(const struct show_subject *s, const struct envelope_hit *h)
{
    const struct rule *rule = rule_of(s, h);

    fprintf(s->to, "  %s%.*s%s  ", on(s, colour_of_hit(h)), TEXT_ARGS(h->rule),
            on(s, SHOW_PLAIN));
    show_text_plain(s->to,
                    text_part(s->candidate->text, h->bytes.from, h->bytes.to));
    fprintf(s->to,
            "\n      %.*s, %.*s, severity %.*s, score %.3g, action %.*s, "
            "%.*s, via ",
            TEXT_ARGS(h->type), TEXT_ARGS(h->category), TEXT_ARGS(h->severity),
            h->score, TEXT_ARGS(h->action), TEXT_ARGS(h->mode));
    print_via(s, h->via);
    fprintf(s->to, ", bytes [%zu, %zu]", h->bytes.from, h->bytes.to);
    if (h->entity.len > 0) {
        fprintf(s->to, ", %.*s", TEXT_ARGS(h->entity));
    }
    if (text_is(h->stage, "redacted")) {
        fputs(", in the redacted text", s->to);
    }
    fputc('\n', s->to);
    print_reasons(s, h);
    if (rule != NULL && rule->config->msg.len > 0) {
        fputs("      ", s->to);
        show_text_plain(s->to, rule->config->msg);
        fputc('\n', s->to);
    }
}

static void
print_hits(const struct show_subject *s)
{
    const struct envelope *e = s->envelope;

    if (e->hit_count == 0) {
        heading(s, "no hits");
        return;
    }
    heading(s, "hits");
    for (size_t i = 0; i < e->hit_count; i++) {
        print_hit(s, &e->hits[i]);
    }
    if (e->coverage.truncated_matches) {
        fputs("  and more than limits.hits lists\n", s->to);
    }
}

/* ------------------------------------------------------------------ the rest
 */

static void
print_coverage(const struct show_subject *s)
{
    const struct envelope_coverage *c = &s->envelope->coverage;

    fprintf(s->to,
            "\n%s%zu bytes, %zu rules run, %zu skipped, %zu error%s%s%s\n",
            on(s, SHOW_DIM), c->bytes, c->rules_run, c->rules_skipped,
            c->errors, c->errors == 1 ? "" : "s",
            c->degraded ? ", degraded" : "", on(s, SHOW_PLAIN));
    for (size_t i = 0; i < s->envelope->unsupported_count; i++) {
        fputs("not understood: ", s->to);
        show_text_plain(s->to, s->envelope->unsupported[i]);
        fputc('\n', s->to);
    }
}

bool
show_verdict(const struct show_subject *s, struct err *err)
{
    struct arena *arena = arena_new(WORK_BYTES);
    bool good = arena != NULL;

    print_verdict(s);
    good = good && print_text(s, arena);
    if (!good) {
        err_memory(err, "the explanation");
    }
    good = good && print_views(s, arena, err);
    if (good) {
        print_content(s);
        print_hits(s);
        if (s->envelope->hit_count > 0) {
            heading(s, "scores");
        }
        good = show_steps(s, err);
        show_voice(s);
        print_coverage(s);
    }
    arena_free(arena);
    return good;
}
