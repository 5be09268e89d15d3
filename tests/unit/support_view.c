#include "tests/unit/support_view.h"

#include <check.h>
#include <stdlib.h>

#include "sidecar/base/utf8.h"
#include "tests/unit/support_fold.h"

struct view
support_view_of(struct text text)
{
    return (struct view){text, NULL, NULL};
}

static struct view
make(const struct support_view *kind, const struct view *source)
{
    struct view view;
    struct err err;

    ck_assert_msg(kind->make(source, support_fold_arena(), &view, &err), "%s",
                  err.message);
    return view.text.at != NULL ? view : kind->same(source);
}

struct view
support_view_make(const struct support_view *kind, const struct view *source,
                  struct text raw)
{
    const struct view view = make(kind, source);

    support_fold_check_map(&view, raw);
    return view;
}

void
support_view_leads_back(const struct view *view, struct text raw,
                        const char *word, const char *span)
{
    const size_t at = text_find(view->text, text_of(word), 0);

    ck_assert_msg(at != SIZE_MAX, "no %s in %s", word,
                  support_fold_shown(view->text));
    const struct span found = view_raw_span(view, at, at + strlen(word));
    const struct text got = text_part(raw, found.from, found.to);
    ck_assert_msg(text_is(got, span), "%s", support_fold_shown(got));
}

struct text
support_view_words(const char *const *words, size_t count, size_t most,
                   char *room)
{
    enum { KINDS = 8 };
    const char *chosen[KINDS];
    const uint32_t kinds = 1 + support_fold_draw(KINDS),
                   n = support_fold_draw((uint32_t)most + 1);
    size_t len = 0;

    for (uint32_t i = 0; i < kinds; i++) {
        chosen[i] = words[support_fold_draw((uint32_t)count)];
    }
    for (uint32_t i = 0; i < n; i++) {
        const char *const word = chosen[support_fold_draw(kinds)];
        memcpy(room + len, word, strlen(word));
        len += strlen(word);
    }
    return (struct text){room, len};
}

static struct view
part(const struct view *view, size_t from, size_t to)
{
    const bool mapped = view->raw_from != NULL;

    return (struct view){text_part(view->text, from, to),
                         mapped ? view->raw_from + from : NULL,
                         mapped ? view->raw_to + from : NULL};
}

/* Where a character begins, at random, or the end. */
static size_t
random_place(struct text text)
{
    size_t at = support_fold_draw((uint32_t)text.len + 1);

    while (at < text.len && utf8_inside((unsigned char)text.at[at])) {
        at++;
    }
    return at;
}

void
support_view_cut(const struct support_view *kind, const struct view *source)
{
    const struct text text = source->text;
    const size_t known = random_place(text);
    const struct view seen = part(source, 0, known);
    const size_t most =
        support_fold_draw(2) == 0 ? known : random_place(seen.text);
    const size_t at = kind->settled(&seen, most);

    ck_assert_msg(at <= most, "%s", support_fold_shown(text));
    // Asked for that place, it is given again.
    ck_assert_msg(kind->settled(&seen, at) == at, "%s at %zu",
                  support_fold_shown(seen.text), at);
    const struct view before = part(source, 0, at);
    const struct view after = part(source, at, text.len);
    const struct text a = make(kind, &before).text;
    const struct text b = make(kind, &after).text;
    const struct text whole = make(kind, source).text;
    ck_assert_msg(a.len + b.len == whole.len &&
                      text_equal(a, text_part(whole, 0, a.len)) &&
                      text_equal(b, text_part(whole, a.len, whole.len)),
                  "%s cut at %zu of %zu\n  is   %s|%s\n  want %s",
                  support_fold_shown(text), at, known, support_fold_shown(a),
                  support_fold_shown(b), support_fold_shown(whole));
}

void
support_view_try(const struct support_view *const *kinds, size_t count,
                 struct text raw)
{
    const struct view fold = support_fold_view(raw);

    for (size_t i = 0; i < count; i++) {
        support_view_make(kinds[i], &fold, raw);
        support_view_cut(kinds[i], &fold);
    }
    arena_reset(support_fold_arena());
}

void
support_view_sweep(const struct support_view *kind, const struct view *source)
{
    enum { TRIES = 16 };
    const struct text want = make(kind, source).text;
    char *const copy = malloc(want.len);
    struct arena *const arena = support_fold_arena();
    struct view view;
    size_t nth = 1;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, want.at, want.len);
    for (;; nth++) {
        struct err err = {0};
        ck_assert_uint_lt(nth, TRIES);
        arena_reset(arena);
        arena_fail_at(arena, nth);
        if (kind->make(source, arena, &view, &err)) {
            break;
        }
        ck_assert_int_eq(err.kind, ERR_MEMORY);
        ck_assert_ptr_null(view.text.at);
    }
    arena_fail_at(arena, 0);
    ck_assert_uint_gt(nth, 1);
    ck_assert(text_equal(view.text, (struct text){copy, want.len}));
    free(copy);
}
