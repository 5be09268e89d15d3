#include "sidecar/engine/rules_set.h"

#include <stdlib.h>

#include "proto/envelope.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/leak.h"
#include "sidecar/engine/pii.h"
#include "sidecar/engine/quote.h"
#include "sidecar/engine/word.h"

/*
 * Looking whether a hit is quoted walks its line; beyond this many hits of one
 * rule in one text they all count, so that a hostile text costs no more.
 */
enum { MENTIONS_CHECKED = 64 };

struct scan {
    const struct rules *rules;
    struct rules_scratch *scratch;
    const struct rules_request *request;
    struct text raw;
    const struct view *fold;
    const struct view *as_sent; /* the raw text, as a view */
    struct hits *out;
    struct hits allow; /* spans that forgive */
    bool *runs;        /* [rules->count] applies to this request */
    bool *may_match;   /* [rules->pattern_count] its gate is open */
    struct err *err;
    /* of the literal scan under way */
    const struct view *view;
    const struct term_set *set;
};

struct rules_scratch *
rules_scratch_new(void)
{
    struct rules_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL) {
        return NULL;
    }
    scratch->literals = literals_scratch_new();
    scratch->patterns = pattern_scratch_new();
    if (scratch->literals == NULL || scratch->patterns == NULL) {
        rules_scratch_free(scratch);
        return NULL;
    }
    return scratch;
}

void
rules_scratch_free(struct rules_scratch *scratch)
{
    if (scratch != NULL) {
        literals_scratch_free(scratch->literals);
        pattern_scratch_free(scratch->patterns);
        free(scratch);
    }
}

bool
rules_scratch_fit(struct rules_scratch *scratch, const struct rules *rules,
                  struct err *err)
{
    return literals_scratch_fit(scratch->literals, rules->fold.literals, err) &&
           literals_scratch_fit(scratch->literals, rules->raw.literals, err);
}

/* --------------------------------------------------------- which rules run */

static bool
choose_rules(struct scan *s)
{
    s->runs = ARENA_ARRAY(s->out->arena, bool, s->rules->count);
    s->may_match = arena_take(s->out->arena, s->rules->pattern_count);
    if (s->runs == NULL || s->may_match == NULL) {
        err_memory(s->err, "rules");
        return false;
    }
    memcpy(s->may_match, s->rules->ungated, s->rules->pattern_count);
    for (size_t i = 0; i < s->rules->count; i++) {
        const struct rule *rule = &s->rules->rules[i];
        s->runs[i] = rule->active && rules_applies(rule, s->request);
        if (s->runs[i]) {
            s->out->rules_run++;
        } else {
            s->out->rules_skipped++;
        }
    }
    return true;
}

/* -------------------------------------------------------------------- hits */

/* Places the hit in the raw text and says in which views it can be seen. */
static bool
add_hit(struct scan *s, size_t rule, struct span view, double score,
        struct text entity)
{
    struct hit hit = {.rule = (uint32_t)rule,
                      .view = view,
                      .raw = view,
                      .via = ENVELOPE_VIA_RAW,
                      .score = score,
                      .entity = entity};

    if (s->view == s->fold) {
        hit.raw = view_raw_span(s->fold, view.from, view.to);
        if (fold_disguised(s->fold, s->raw, view.from, view.to)) {
            hit.via = ENVELOPE_VIA_FOLD;
        }
    }
    if (!hits_add(s->out, &hit)) {
        err_memory(s->err, "hits");
        return false;
    }
    return true;
}

static void
add_failure(struct scan *s, size_t rule)
{
    const struct rule *rules = s->rules->rules;
    struct hits *out = s->out;

    if (out->errors++ == 0 ||
        (rules[rule].enforced && !rules[out->failed_rule].enforced)) {
        out->failed_rule = (uint32_t)rule;
    }
}

/*
 * Is the hit's place inside a phrase that its rule allows? The phrases are in
 * order of rule and place and none lies in another, so the last one that
 * begins early enough also reaches furthest.
 */
static bool
forgiven(const struct scan *s, uint32_t rule, struct span span)
{
    const struct hit *at = s->allow.at;
    size_t low = 0, high = s->allow.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (at[middle].rule < rule ||
            (at[middle].rule == rule && at[middle].view.from <= span.from)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && at[low - 1].rule == rule &&
           at[low - 1].view.to >= span.to;
}

/* ---------------------------------------------------------------- literals */

/* Where the word ends with its plural, or SIZE_MAX: it goes on. */
static size_t
right_edge(struct text text, size_t to, bool plural)
{
    if (!word_at(text, to)) {
        return to;
    }
    if (plural && text.at[to] == 's' && !word_at(text, to + 1)) {
        return to + 1;
    }
    if (plural && to + 1 < text.len && text.at[to] == 'e' &&
        text.at[to + 1] == 's' && !word_at(text, to + 2)) {
        return to + 2;
    }
    return SIZE_MAX;
}

/* A wildcard's span takes the rest of its word, this much at most. */
enum { WORD_BYTES = 128 };

static struct span
extend(struct text text, struct span span, unsigned flags)
{
    const size_t least = span.from > WORD_BYTES ? span.from - WORD_BYTES : 0;
    const size_t most =
        text.len - span.to > WORD_BYTES ? span.to + WORD_BYTES : text.len;

    while ((flags & TERM_EXTEND_LEFT) != 0 && span.from > least &&
           word_before(text, span.from)) {
        do {
            span.from--;
        } while (utf8_inside((unsigned char)text.at[span.from]));
    }
    while ((flags & TERM_EXTEND_RIGHT) != 0 && span.to < most &&
           word_at(text, span.to)) {
        span.to += utf8_len((unsigned char)text.at[span.to]);
    }
    return span;
}

/* A term with marks of its own stands only where the text has them too. */
static bool
marks_agree(const struct scan *s, const struct term *term, struct span span)
{
    if (term->marked.at == NULL) {
        return true;
    }
    const struct span raw = view_raw_span(s->view, span.from, span.to);
    return fold_same_marks(term->marked, text_part(s->raw, raw.from, raw.to));
}

static bool
literal_found(void *context, uint32_t id, size_t to)
{
    struct scan *s = context;
    const struct term *term = &s->set->terms[id];
    const struct text text = s->view->text;
    struct span span = {to - term->len, to};

    if ((term->flags & TERM_GATE) != 0) {
        s->may_match[term->rule] = true;
        return true;
    }
    if (!s->runs[term->rule] || !marks_agree(s, term, span)) {
        return true;
    }
    if ((term->flags & TERM_ALLOW) != 0) {
        // In the raw text: not every detector looks at the same view.
        const struct hit allow = {
            .rule = term->rule, .view = view_raw_span(s->view, span.from, to)};
        return hits_add(&s->allow, &allow);
    }
    if ((term->flags & TERM_LEFT) != 0 && word_before(text, span.from)) {
        return true;
    }
    if ((term->flags & TERM_RIGHT) != 0) {
        span.to = right_edge(text, to, (term->flags & TERM_PLURAL) != 0);
        if (span.to == SIZE_MAX) {
            return true;
        }
    }
    span = extend(text, span, term->flags);
    return add_hit(s, term->rule, span, s->rules->rules[term->rule].score,
                   (struct text){NULL, 0});
}

static bool
scan_literals(struct scan *s, const struct term_set *set,
              const struct view *view)
{
    s->set = set;
    s->view = view;
    return literals_scan(set->literals, s->scratch->literals, view->text,
                         literal_found, s, s->err);
}

/* ---------------------------------------------------------------- patterns */

/*
 * A pattern without bounds takes time with the square of the text: this many
 * starts of a match between two looks at the clock are some 100 ms at worst
 * (64 KiB), and one look for a usual reply.
 */
enum { STARTS_AT_ONCE = 1024 };

/* The offset itself, or the next one where a character begins. */
static size_t
char_boundary(struct text text, size_t offset)
{
    while (offset < text.len && utf8_inside((unsigned char)text.at[offset])) {
        offset++;
    }
    return offset;
}

static bool
in_time(struct scan *s)
{
    const uint64_t deadline_ns = s->request->deadline_ns;

    if (deadline_ns != UINT64_MAX && clock_ns() > deadline_ns) {
        err_set(s->err, ERR_DEADLINE, "the deadline passed among the rules");
        return false;
    }
    return true;
}

static bool
scan_pattern(struct scan *s, size_t index, const struct pattern *pattern)
{
    const struct text text = s->view->text;
    const double score = s->rules->rules[index].score;
    struct span starts = {0, 0};

    while (starts.from <= text.len) {
        struct span found = {0, 0};
        struct err why;
        starts.to = char_boundary(text, starts.from + STARTS_AT_ONCE);
        switch (pattern_find(pattern, s->scratch->patterns, text, starts,
                             &found, &why)) {
        case PATTERN_NONE:
            starts.from = starts.to;
            break;
        case PATTERN_FAILED:
            add_failure(s, index);
            return true;
        case PATTERN_FOUND:
            if (found.to > found.from &&
                !add_hit(s, index, found, score, (struct text){NULL, 0})) {
                return false;
            }
            // What lies behind \K may end before the place looked at.
            starts.from = found.to > starts.from
                              ? found.to
                              : char_boundary(text, starts.from + 1);
            break;
        }
        if (starts.from <= text.len && !in_time(s)) {
            return false;
        }
    }
    return true;
}

static bool
scan_patterns(struct scan *s, size_t index)
{
    const struct rule *rule = &s->rules->rules[index];

    for (size_t i = 0; i < rule->config->patterns.count; i++) {
        if (s->may_match[rule->first_pattern + i] &&
            !scan_pattern(s, index, rule->patterns[i])) {
            return false;
        }
    }
    return true;
}

/* The view that a rule's patterns, and the places of its hits, belong to. */
static const struct view *
view_of(const struct scan *s, const struct rule *rule)
{
    return rule->config->robust == CONFIG_ROBUST_NONE ? s->as_sent : s->fold;
}

/* Drops a rule's hits that are only quoted or code. */
static void
drop_mentions(struct scan *s, size_t index)
{
    const struct rule *rule = &s->rules->rules[index];
    const int skip = rule->config->skip;
    const struct text text = view_of(s, rule)->text;
    struct hits *out = s->out;
    size_t kept = 0, checked = 0;

    for (size_t i = 0; i < out->count; i++) {
        const struct hit *h = &out->at[i];
        if (h->rule == index && checked++ < MENTIONS_CHECKED &&
            (((skip & CONFIG_SKIP_QUOTED) != 0 &&
              quote_is_mention(text, h->view)) ||
             ((skip & CONFIG_SKIP_CODE) != 0 &&
              quote_is_code(text, h->view)))) {
            continue;
        }
        out->at[kept++] = *h;
    }
    out->count = kept;
}

/* --------------------------------------------------- personal data, leaks */

static double
pii_score(const struct scan *s, const struct config_rule *rule,
          const struct pii_match *match)
{
    const struct config_context *context = &rule->context;
    double score = match->score;

    if (!match->validated && context->words.count > 0 &&
        pii_context(s->raw, match->from, context->words.at,
                    context->words.count, (size_t)context->before_words)) {
        score += context->boost;
        score = score < context->floor ? context->floor : score;
    }
    return score > 1.0 ? 1.0 : score;
}

/* The detector reads raw text: it sees through disguises by itself. */
static bool
add_pii(struct scan *s, const struct pii_match *m)
{
    for (size_t i = 0; i < s->rules->count; i++) {
        const struct rule *rule = &s->rules->rules[i];
        if (rule->pii != PII_BIT(m->entity) || !s->runs[i]) {
            continue;
        }
        const struct hit hit = {.rule = (uint32_t)i,
                                .view = {m->from, m->to},
                                .raw = {m->from, m->to},
                                .via = m->disguised ? ENVELOPE_VIA_FOLD
                                                    : ENVELOPE_VIA_RAW,
                                .score = pii_score(s, rule->config, m),
                                .entity = text_of(pii_name(m->entity))};
        if (!(hit.score < rule->config->min_score) && !hits_add(s->out, &hit)) {
            err_memory(s->err, "hits");
            return false;
        }
    }
    return true;
}

static bool
scan_pii(struct scan *s)
{
    struct pii_matches found;

    // No more matches than bytes, so none is ever left out.
    if (s->rules->pii_wanted == 0) {
        return true;
    }
    if (!pii_scan(s->raw, s->rules->pii_wanted, s->out->arena, s->raw.len,
                  &found, s->err)) {
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        if (!add_pii(s, &found.at[i])) {
            return false;
        }
    }
    return true;
}

static bool
scan_canaries(struct scan *s, size_t index)
{
    const struct request_texts *canaries = &s->request->canaries;
    const struct text text = s->fold->text;

    for (size_t i = 0; i < canaries->count; i++) {
        const struct text canary = canaries->at[i];
        for (size_t at = 0; canary.len > 0 && canary.len <= text.len - at;
             at++) {
            const char *first = memchr(text.at + at, canary.at[0],
                                       text.len - at - canary.len + 1);
            if (first == NULL) {
                break;
            }
            at = (size_t)(first - text.at);
            if (memcmp(first, canary.at, canary.len) == 0 &&
                !add_hit(s, index, (struct span){at, at + canary.len}, 1.0,
                         TEXT("CANARY"))) {
                return false;
            }
        }
    }
    return true;
}

static bool
scan_leak(struct scan *s, size_t index)
{
    const struct rule *rule = &s->rules->rules[index];
    const struct leak_index *prompt =
        s->request->leaks != NULL ? s->request->leaks[rule->leak] : NULL;

    if (!scan_canaries(s, index)) {
        return false;
    }
    if (prompt == NULL) {
        return true;
    }
    const struct leak_finding f = leak_find(prompt, s->fold->text);
    const bool leaked =
        f.run_words >= (size_t)rule->config->min_run_words ||
        (f.run_words > 0 && !(f.share < rule->config->min_ratio));
    return !leaked ||
           add_hit(s, index, f.run, rule->score, (struct text){NULL, 0});
}

static bool
scan_length(struct scan *s, size_t index)
{
    const struct rule *rule = &s->rules->rules[index];
    const long long chars = (long long)utf8_count(s->raw).code_points;
    const bool outside =
        (rule->config->min_chars >= 0 && chars < rule->config->min_chars) ||
        (rule->config->max_chars >= 0 && chars > rule->config->max_chars);
    const struct hit hit = {.rule = (uint32_t)index,
                            .view = {0, s->raw.len},
                            .raw = {0, s->raw.len},
                            .via = ENVELOPE_VIA_RAW,
                            .whole = true,
                            .score = rule->score};

    if (outside && !hits_add(s->out, &hit)) {
        err_memory(s->err, "hits");
        return false;
    }
    return true;
}

static bool
scan_rule(struct scan *s, size_t index)
{
    switch (s->rules->rules[index].config->type) {
    case CONFIG_REGEX:
    case CONFIG_PERSONA_BREAK:
        s->view = view_of(s, &s->rules->rules[index]);
        return scan_patterns(s, index);
    case CONFIG_PROMPT_LEAK:
        s->view = s->fold;
        return scan_leak(s, index);
    case CONFIG_LENGTH:
        return scan_length(s, index);
    case CONFIG_TERMS:
    case CONFIG_PII:
    case CONFIG_RULE_TYPES:
        break; // done for all rules at once
    }
    return true;
}

static void
drop_forgiven(struct scan *s)
{
    size_t kept = 0;

    if (s->allow.count == 0) {
        return;
    }
    hits_tidy(&s->allow, 0);
    for (size_t i = 0; i < s->out->count; i++) {
        const struct hit *h = &s->out->at[i];
        if (!forgiven(s, h->rule, h->raw)) {
            s->out->at[kept++] = *h;
        }
    }
    s->out->count = kept;
}

bool
rules_scan(const struct rules *rules, struct rules_scratch *scratch,
           const struct rules_request *request, struct text raw,
           const struct view *fold, struct hits *out, struct err *err)
{
    const struct view as_sent = {.text = raw};
    struct scan s = {.rules = rules,
                     .scratch = scratch,
                     .request = request,
                     .raw = raw,
                     .fold = fold,
                     .as_sent = &as_sent,
                     .out = out,
                     .err = err};

    hits_init(&s.allow, out->arena);
    if (!choose_rules(&s) || !scan_literals(&s, &rules->fold, fold) ||
        !scan_literals(&s, &rules->raw, &as_sent)) {
        return false;
    }
    if (!scan_pii(&s)) {
        return false;
    }
    for (size_t i = 0; i < rules->count; i++) {
        if (s.runs[i] && !scan_rule(&s, i)) {
            return false;
        }
    }
    drop_forgiven(&s);
    hits_tidy(out, 0);
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->rules[i].config->skip != 0) {
            drop_mentions(&s, i);
        }
    }
    hits_sort(out);
    return true;
}
