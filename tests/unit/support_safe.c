#include "tests/unit/support_safe.h"

#include <check.h>
#include <stdlib.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/fold.h"
#include "tests/unit/support_engine.h"

enum { ARENA_BYTES = 64 << 20 };

struct support_safe
support_safe(struct engine *engine, const char *const *guardrails)
{
    struct support_safe s = {.engine = engine};
    const struct request_candidate none = {.text = TEXT("")};
    const struct request request = support_request(&none);
    struct text items[8];
    const struct ask *ask = NULL;
    size_t count = 0;
    struct err err;

    s.scratch[0] = hold_scratch_new(ARENA_BYTES);
    s.scratch[1] = hold_scratch_new(ARENA_BYTES);
    s.rules = rules_scratch_new();
    s.request = arena_new(ARENA_BYTES);
    s.whole = arena_new(ARENA_BYTES);
    ck_assert(hold_scratch_fit(s.scratch[0], engine->rules, &err));
    ck_assert(hold_scratch_fit(s.scratch[1], engine->rules, &err));
    ck_assert(rules_scratch_fit(s.rules, engine->rules, &err));
    for (; guardrails != NULL && guardrails[count] != NULL; count++) {
        items[count] = text_of(guardrails[count]);
    }
    ck_assert(ask_borrow(engine->asks, engine->config, text_of(engine->hash),
                         (struct request_texts){items, count}, s.request,
                         &s.lease, &ask, &err));
    ck_assert_msg(rules_prepare(engine->rules, &request, NULL, ask, s.request,
                                &s.prepared, &err),
                  "%s", err.message);
    return s;
}

void
support_safe_clear(struct support_safe *s)
{
    hold_scratch_free(s->scratch[0]);
    hold_scratch_free(s->scratch[1]);
    rules_scratch_free(s->rules);
    arena_free(s->request);
    arena_free(s->whole);
    ask_return(s->lease);
    engine_drop(s->engine);
}

static void
scan_whole(struct support_safe *s, struct text text)
{
    struct view fold;
    struct err err;

    arena_reset(s->whole);
    hits_init(&s->hits, s->whole);
    ck_assert(fold_view(text, s->whole, &fold, &err));
    ck_assert_msg(rules_scan(s->engine->rules, s->rules, &s->prepared, text,
                             &fold, &s->hits, &err),
                  "%s", err.message);
}

static bool
is_among(const struct hits *hits, const struct hit *hit)
{
    for (size_t i = 0; i < hits->count; i++) {
        const struct hit *h = &hits->at[i];
        if (h->rule == hit->rule && h->raw.from == hit->raw.from &&
            h->raw.to == hit->raw.to && h->action == hit->action) {
            return true;
        }
    }
    return false;
}

static void
check_promises(const struct support_safe *s, const struct hold *hold,
               struct text text, size_t fed, size_t safe)
{
    const struct hits *redactions = hold_redactions(hold);

    ck_assert_uint_le(safe, fed);
    ck_assert(safe == text.len || !utf8_inside((unsigned char)text.at[safe]));
    for (size_t i = 0; i < s->hits.count; i++) {
        const struct hit *h = &s->hits.at[i];
        ck_assert_msg(
            !h->enforced || h->whole || h->raw.from >= safe ||
                (h->raw.to <= safe && is_among(redactions, h)),
            "%.*s [%zu,%zu) leaks: %zu safe of %zu in %.*s",
            TEXT_ARGS(rules_at(s->engine->rules, h->rule)->config->id),
            h->raw.from, h->raw.to, safe, fed, TEXT_ARGS(text));
    }
    for (size_t i = 0; i < redactions->count; i++) {
        const struct hit *h = &redactions->at[i];
        ck_assert_msg(
            is_among(&s->hits, h), "%.*s [%zu,%zu) is no hit in %.*s",
            TEXT_ARGS(rules_at(s->engine->rules, h->rule)->config->id),
            h->raw.from, h->raw.to, TEXT_ARGS(text));
    }
}

static size_t
char_end(struct text text, size_t at)
{
    while (at < text.len && utf8_inside((unsigned char)text.at[at])) {
        at++;
    }
    return at < text.len ? at : text.len;
}

size_t
support_safe_check(struct support_safe *s, struct text text,
                   size_t (*next)(void *context, size_t at), void *context,
                   struct hold_work *work)
{
    struct err err;
    struct hold *hold = hold_new(s->engine->rules, &s->prepared, &err);
    size_t safe = 0, thread = 0;

    ck_assert_ptr_nonnull(hold);
    scan_whole(s, text);
    for (size_t at = 0; at < text.len; thread++) {
        const size_t before = safe;
        at = char_end(text, next(context, at));
        // What is behind the text so far must not be read: an exact copy.
        char *copy = malloc(at);
        memcpy(copy, text.at, at);
        ck_assert_msg(hold_feed(hold, s->scratch[thread / 3 % 2], s->rules,
                                (struct text){copy, at}, &safe, &err),
                      "%s", err.message);
        free(copy);
        ck_assert_uint_ge(safe, before);
        check_promises(s, hold, text, at, safe);
    }
    s->redactions += hold_redactions(hold)->count;
    s->let_go += safe;
    if (work != NULL) {
        *work = hold_work(hold);
    }
    hold_free(hold);
    return safe;
}

static size_t
by_char(void *context, size_t at)
{
    (void)context;
    return at + 1;
}

static size_t
by_four(void *context, size_t at)
{
    (void)context;
    return at + 4;
}

static size_t
at_random(void *context, size_t at)
{
    uint32_t *seed = context;

    *seed = *seed * 1664525 + 1013904223;
    return at + 1 + (*seed >> 8) % 12;
}

void
support_safe_check_all(struct support_safe *s, struct text text)
{
    uint32_t seed = 11;

    (void)support_safe_check(s, text, by_char, NULL, NULL);
    (void)support_safe_check(s, text, by_four, NULL, NULL);
    (void)support_safe_check(s, text, at_random, &seed, NULL);
}

struct split {
    size_t at, end;
};

static size_t
in_two(void *context, size_t at)
{
    const struct split *split = context;

    return at < split->at ? split->at : split->end;
}

void
support_safe_check_splits(struct support_safe *s, struct text text)
{
    for (size_t i = 1; i < text.len; i++) {
        struct split split = {i, text.len};
        (void)support_safe_check(s, text, in_two, &split, NULL);
    }
}

char *
support_safe_held(struct support_safe *s, const char *of)
{
    struct err err;
    struct hold *hold = hold_new(s->engine->rules, &s->prepared, &err);
    const struct text text = text_of(of);
    char *out = calloc(text.len + 1, 1);
    size_t safe = 0;

    ck_assert(hold != NULL && out != NULL);
    memset(out, ' ', text.len);
    for (size_t at = 0; at < text.len;) {
        at = char_end(text, at + 1);
        ck_assert(hold_feed(hold, s->scratch[0], s->rules,
                            text_part(text, 0, at), &safe, &err));
        out[at - 1] = at - safe > 9 ? '+' : (char)('0' + (at - safe));
    }
    hold_free(hold);
    return out;
}
