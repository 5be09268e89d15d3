#include "sidecar/tools/show.h"

#include <math.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/sample.h"
#include "sidecar/tools/show_text.h"

enum {
    LINE_BYTES = 160, /* shown of a line of hers */
    WORD_BYTES = 64
};

static const char *
on(const struct show_subject *s, enum show_colour colour)
{
    return show_text_on(colour, s->coloured);
}

/* ------------------------------------------------------------------ numbers
 */

/* "5 in 100", "1 in 1,000", "fewer than 1 in 1,000" */
static void
write_share(double share, char out[WORD_BYTES])
{
    if (share >= 0.0095) {
        snprintf(out, WORD_BYTES, "%.0f in 100", 100 * share);
    } else if (share >= 0.00095) {
        snprintf(out, WORD_BYTES, "%.0f in 1,000", 1000 * share);
    } else {
        snprintf(out, WORD_BYTES, "fewer than 1 in 1,000");
    }
}

/* The share of her own lines that reach a distance: drift_scale.h, solved. */
static double
share_at(double distance)
{
    return distance < 1 ? pow(1 - distance, log(0.05) / log(0.7)) : 0;
}

static const char *
whose_threshold(struct text source)
{
    if (text_is(source, "request")) {
        return "the request's";
    }
    return text_is(source, "persona") ? "the persona's own"
                                      : "the configuration's";
}

static const char *
what_was_measured(struct text source)
{
    if (text_is(source, "fused")) {
        return "the text and the caller's vector together";
    }
    return text_is(source, "caller") ? "the caller's vector" : "the text";
}

/* -------------------------------------------------------------------- score
 */

static void
print_score(const struct show_subject *s, const struct envelope_drift *d)
{
    char share[WORD_BYTES];

    fprintf(s->to, "  driftScore %s%.4f%s, alerts from %.2f on (%s)",
            on(s, d->alert ? SHOW_YELLOW : SHOW_GREEN), d->score,
            on(s, SHOW_PLAIN), d->threshold,
            whose_threshold(d->threshold_source));
    if (text_is(d->scale, "calibrated")) {
        write_share(share_at(d->threshold), share);
        fprintf(s->to, ", which %s lines of hers reach", share);
    }
    if (d->status == DRIFT_LOW_EVIDENCE) {
        fprintf(s->to, ": too short to alert (%zu characters)", d->chars);
    } else {
        fputs(d->alert ? ": alert" : ": no alert", s->to);
    }
    fputc('\n', s->to);
}

/* The percentile in words. */
static void
print_rank(const struct show_subject *s, const struct envelope_drift *d)
{
    char share[WORD_BYTES];

    if (isnan(d->percentile)) {
        return;
    }
    write_share(d->percentile, share);
    fprintf(s->to, "  %s lines of her own lie as far out or farther", share);
    if (!isnan(d->deviations)) {
        fprintf(s->to, ", %.1f deviations %s their mean", fabs(d->deviations),
                d->deviations < 0 ? "nearer than" : "beyond");
    }
    fputc('\n', s->to);
}

static void
print_source(const struct show_subject *s, const struct envelope_drift *d)
{
    fprintf(s->to, "  measured %s: %.*s, scale %.*s, 1 - cosine %.4f",
            what_was_measured(d->source), TEXT_ARGS(d->model),
            TEXT_ARGS(d->scale), d->raw);
    if (!text_is(d->source, "builtin")) {
        fprintf(s->to, ", register %d", d->register_index);
    }
    fputc('\n', s->to);
    for (size_t i = 0; i < d->part_count; i++) {
        const struct envelope_part *p = &d->parts[i];
        char share[WORD_BYTES] = "not calibrated";
        if (!isnan(p->percentile)) {
            write_share(p->percentile, share);
        }
        fprintf(s->to, "    %-8.*s weight %.2f, alone ", TEXT_ARGS(p->source),
                p->weight);
        if (!isnan(p->score)) {
            fprintf(s->to, "%.4f ", p->score);
        }
        fprintf(s->to, "(%s), 1 - cosine %.4f\n", share, p->raw);
    }
}

/* ------------------------------------------------------------------ reasons
 */

static void
print_reasons(const struct show_subject *s, const struct envelope_drift *d)
{
    if (d->hint_count > 0) {
        fprintf(s->to, "  %swhat would bring it nearer%s\n", on(s, SHOW_BOLD),
                on(s, SHOW_PLAIN));
    }
    for (size_t i = 0; i < d->hint_count; i++) {
        const struct envelope_hint *h = &d->hints[i];
        fprintf(s->to, "    %-12s ", h->kind);
        show_text_plain(s->to, h->text);
        if (!isnan(h->strength)) {
            fprintf(s->to, "  %s%.2g deviations%s", on(s, SHOW_DIM),
                    h->strength, on(s, SHOW_PLAIN));
        }
        fputc('\n', s->to);
    }
    if (d->pull != NULL) {
        char share[WORD_BYTES];
        write_share(d->pull->percentile, share);
        fprintf(s->to,
                "  pull toward a generic assistant %+.3f: %s lines of her own "
                "have as much\n",
                d->pull->pull, share);
    }
}

/* The samples of the persona, where the configuration has them at hand. */
static bool
open_samples(const struct show_subject *s, struct samples *samples)
{
    const struct persona *persona;
    struct err err;

    return persona_find(s->engine->personas, s->request->persona, &persona,
                        &err) &&
           persona != NULL && persona->config->samples.len > 0 &&
           samples_read(persona->config->samples.at, samples, &err);
}

static void
print_line(const struct show_subject *s, const char *name,
           const struct envelope_line *line, const struct samples *samples)
{
    fprintf(s->to, "    %-9s sample %u, likeness %.2f", name,
            (unsigned)line->sample, line->likeness);
    if (samples != NULL && line->sample < samples->count) {
        const struct text text = samples->lines[line->sample];
        const struct text part = utf8_cut(text, LINE_BYTES);
        fputs(": ", s->to);
        show_text_plain(s->to, part);
        fputs(part.len < text.len ? " ..." : "", s->to);
    }
    fputc('\n', s->to);
}

static void
print_own(const struct show_subject *s, const struct envelope_drift *d)
{
    struct samples samples;

    if (d->own == NULL) {
        return;
    }
    const bool at_hand = open_samples(s, &samples);
    fprintf(s->to, "  %slines of her own%s\n", on(s, SHOW_BOLD),
            on(s, SHOW_PLAIN));
    print_line(s, "nearest", &d->own[ENVELOPE_NEAREST],
               at_hand ? &samples : NULL);
    print_line(s, "farthest", &d->own[ENVELOPE_FARTHEST],
               at_hand ? &samples : NULL);
    if (at_hand) {
        samples_free(&samples);
    }
}

void
show_voice(const struct show_subject *s)
{
    const struct envelope_drift *d = &s->envelope->drift;

    fprintf(s->to, "\n%svoice%s", on(s, SHOW_BOLD), on(s, SHOW_PLAIN));
    if (s->request->persona.len > 0) {
        fprintf(s->to, "  %.*s", TEXT_ARGS(s->request->persona));
    }
    fprintf(s->to, "  %s\n", envelope_drift_names[d->status]);
    if (!isnan(d->score)) {
        print_score(s, d);
        print_rank(s, d);
        print_source(s, d);
    }
    if (d->reason.len > 0) {
        fprintf(s->to, "  %.*s\n", TEXT_ARGS(d->reason));
    }
    print_reasons(s, d);
    print_own(s, d);
    if (d->nearest_other.len > 0) {
        fprintf(s->to,
                "  nearest other voice: %.*s, %.2f deviations %s hers%s\n",
                TEXT_ARGS(d->nearest_other), fabs(d->margin),
                d->margin < 0 ? "nearer than" : "farther than",
                d->swap_suspected ? ": a swap is suspected" : "");
    }
}
