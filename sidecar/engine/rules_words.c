#include "sidecar/engine/rules_pass.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/disguise.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/language.h"
#include "sidecar/engine/locale.h"
#include "sidecar/engine/word.h"

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

/* The first of the fold view's bytes whose raw bytes end behind `raw`. */
static size_t
fold_behind(const struct view *fold, size_t raw)
{
    size_t low = 0, high = fold->text.len;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (fold->raw_to[middle] <= raw) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* What the raw bytes are in the fold view. */
static struct text
folded(const struct pass *p, struct span raw)
{
    const struct view *fold = p->views[VIEW_FOLD];

    if (fold->raw_to == NULL) {
        return text_part(fold->text, raw.from, raw.to);
    }
    return text_part(fold->text, fold_behind(fold, raw.from),
                     fold_behind(fold, raw.to));
}

/*
 * A term with marks of its own stands only where the text has them too. In a
 * word that a view has changed nobody can tell: it is in disguise anyway.
 */
static bool
marks_agree(const struct pass *p, const struct term *term, struct span span)
{
    const struct view *view = p->views[p->seen];

    if (term->marked.at == NULL) {
        return true;
    }
    const struct span at = view_raw_span(view, span.from, span.to);
    const struct text raw = text_part(p->raw, at.from, at.to);
    if (p->seen > VIEW_FOLD &&
        !text_equal(folded(p, at), text_part(view->text, span.from, span.to))) {
        return true;
    }
    return fold_same_marks(term->marked, raw);
}

/* What a hit of this term is: the rule's, or its override's. */
static struct hit
hit_of(const struct pass *p, const struct term *term)
{
    struct hit hit = rules_hit(p, term->rule);
    const struct config_override *o = term->override;

    if (o != NULL) {
        hit.score = term->score;
        hit.action = o->action_given ? o->action : hit.action;
        hit.entity = o->id;
    }
    return hit;
}

/* The pass and the set whose literals are being looked for. */
struct search {
    struct pass *pass;
    const struct term_set *set;
};

static bool
literal_found(void *context, uint32_t id, size_t to)
{
    const struct search *search = context;
    struct pass *p = search->pass;
    const struct term *term = &search->set->terms[id];
    const struct text text = p->views[p->seen]->text;
    struct span span = {to - term->len, to};

    if ((term->flags & TERM_GATE) != 0) {
        return rules_gate_found(p, term, span);
    }
    if ((term->flags & TERM_OPEN) != 0) {
        p->gates_open = true;
        return true;
    }
    if (!p->runs[term->rule] ||
        (p->rules->rules[term->rule].term_views & rules_view_bit(p->seen)) ==
            0 ||
        !marks_agree(p, term, span)) {
        return true;
    }
    if ((term->flags & TERM_LEFT) != 0 && word_before(text, span.from)) {
        return true;
    }
    if ((term->flags & TERM_ALLOW) != 0) {
        // In the raw text: not every detector looks at the same view.
        const struct span raw =
            view_raw_span(p->views[p->seen], span.from, span.to);
        const struct hit allow = {.rule = term->rule, .view = raw, .raw = raw};
        return hits_add(&p->allow, &allow);
    }
    if ((term->flags & TERM_RIGHT) != 0) {
        span.to = right_edge(text, to, (term->flags & TERM_PLURAL) != 0);
        if (span.to == SIZE_MAX) {
            return true;
        }
    }
    const struct hit hit = hit_of(p, term);
    return rules_add(p, &hit, extend(text, span, term->flags), 0);
}

bool
rules_words(struct pass *p, const struct term_set *set)
{
    struct search search = {p, set};

    return literals_scan(set->literals, p->scratch->literals,
                         p->views[p->seen]->text, literal_found, &search,
                         p->err);
}

/* --------------------------------------------------------------- disguises */

static int
via_of(enum disguise_how how)
{
    static const int vias[DISGUISE_COUNT] = {
        [DISGUISE_LEET] = ENVELOPE_VIA_LEET,
        [DISGUISE_SPACED] = ENVELOPE_VIA_SQUASH,
        [DISGUISE_STRETCHED] = ENVELOPE_VIA_SQUASH};

    return vias[how] != 0 ? vias[how] : ENVELOPE_VIA_FUZZY;
}

/* Guesses that the list of ordinary words guards, and that list is English. */
static bool
is_guess(enum disguise_how how)
{
    return how == DISGUISE_SPLIT || how == DISGUISE_GLUED ||
           how == DISGUISE_TYPO || how == DISGUISE_SOUND ||
           how == DISGUISE_REVERSED;
}

/* By what the request says, else by the text; asked for at a first guess. */
static bool
is_english(struct pass *p)
{
    static const struct text english = {"en", 2};

    if (p->english == 0) {
        const struct language_finding found = language_guess(p->raw);
        const bool other =
            p->request->locale.len > 0
                ? !locale_matches(english, p->request->locale)
                : !p->request->part && language_is_other(&found, &english, 1);
        p->english = other ? -1 : 1;
    }
    return p->english > 0;
}

/* Are fewer than half of the word's characters letters? */
static bool
is_mostly_hidden(const struct pass *p, struct span span)
{
    const struct text text = p->views[VIEW_FOLD]->text;
    size_t letters = 0;

    for (size_t i = span.from; i < span.to; i++) {
        letters += ascii_is_small(text.at[i]);
    }
    return 2 * letters < span.to - span.from;
}

static bool
disguise_hit(void *context, uint32_t id, struct span span,
             enum disguise_how how)
{
    struct pass *p = context;
    const struct term *term = &p->rules->fold.terms[id];

    if (!p->runs[term->rule] || (is_guess(how) && !is_english(p))) {
        return true;
    }
    struct hit hit = hit_of(p, term);
    if (how == DISGUISE_MASKED && is_mostly_hidden(p, span)) {
        // "s*****r" fits many a word: a guess blocks nothing, and only flags.
        if (hit.action == CONFIG_BLOCK) {
            return true;
        }
        hit.action = hit.action > CONFIG_FLAG ? CONFIG_FLAG : hit.action;
        hit.score /= 2;
    }
    return rules_add(p, &hit, span, via_of(how));
}

bool
rules_disguises(struct pass *p)
{
    p->seen = VIEW_FOLD;
    if (p->rules->disguise != NULL &&
        !disguise_scan(p->rules->disguise, p->views[VIEW_FOLD]->text,
                       disguise_hit, p)) {
        err_memory(p->err, "hits");
        return false;
    }
    return true;
}

/* -------------------------------------------------------- a request's terms */

/* Calls for every place of the term in the view being looked at. */
static bool
each_place(struct pass *p, const struct ask_term *term,
           bool (*found)(struct pass *p, struct span span))
{
    const struct text text = p->views[p->seen]->text;

    for (size_t at = 0; (at = text_find(text, term->folded, at)) != SIZE_MAX;
         at++) {
        const struct span span = {at, at + term->folded.len};
        if ((!term->left || !word_before(text, span.from)) &&
            (!term->right || !word_at(text, span.to)) && !found(p, span)) {
            return false;
        }
    }
    return true;
}

static bool
add_denied(struct pass *p, struct span span)
{
    const struct hit hit =
        rules_hit(p, p->rules->config->rule_count + CONFIG_REQUEST_DENY);

    return rules_add(p, &hit, span, 0);
}

/* Stands in p->allow for every rule that a request may switch off. */
static uint32_t
any_suppressible(const struct pass *p)
{
    return (uint32_t)p->rules->count;
}

static bool
add_allowed(struct pass *p, struct span span)
{
    const struct span raw =
        view_raw_span(p->views[p->seen], span.from, span.to);
    const struct hit allow = {
        .rule = any_suppressible(p), .view = raw, .raw = raw};

    if (!hits_add(&p->allow, &allow)) {
        err_memory(p->err, "what the request allows");
        return false;
    }
    return true;
}

bool
rules_denied(struct pass *p)
{
    const struct ask *ask = p->request->ask;

    for (size_t i = 0; ask != NULL && i < ask->deny.count; i++) {
        for (int kind = VIEW_FOLD; kind < VIEW_KINDS; kind++) {
            p->seen = (enum view_kind)kind;
            if (p->views[kind] != NULL &&
                !each_place(p, &ask->deny.at[i], add_denied)) {
                return false;
            }
        }
    }
    p->seen = VIEW_FOLD;
    for (size_t i = 0; ask != NULL && i < ask->allow.count; i++) {
        if (!each_place(p, &ask->allow.at[i], add_allowed)) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------- forgiveness */

/*
 * Is the hit's place inside a phrase that its rule allows? The phrases are in
 * order of rule and place and none lies in another, so the last one that
 * begins early enough also reaches furthest.
 */
static bool
forgiven(const struct pass *p, uint32_t rule, struct span span)
{
    const struct hit *at = p->allow.at;
    size_t low = 0, high = p->allow.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (at[middle].rule < rule ||
            (at[middle].rule == rule && at[middle].raw.from <= span.from)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && at[low - 1].rule == rule && at[low - 1].raw.to >= span.to;
}

void
rules_drop_forgiven(struct pass *p)
{
    size_t kept = 0;

    if (p->allow.count == 0) {
        return;
    }
    hits_tidy(&p->allow, 0);
    for (size_t i = 0; i < p->out->count; i++) {
        const struct hit *h = &p->out->at[i];
        const bool suppressible = p->rules->rules[h->rule].config->suppressible;
        if (h->whole ||
            (!forgiven(p, h->rule, h->raw) &&
             !(suppressible && forgiven(p, any_suppressible(p), h->raw)))) {
            p->out->at[kept++] = *h;
        }
    }
    p->out->count = kept;
}
