#include "sidecar/engine/view_writer.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"
#include "tests/unit/support_view.h"

static struct view
end(struct view_writer *w)
{
    struct view view;
    struct err err;

    ck_assert(view_writer_end(w, "a test", &view, &err));
    return view;
}

START_TEST(without_an_edit_nothing_is_taken)
{
    const struct view source = support_view_of(TEXT("a text"));
    struct view_writer w;

    view_writer_init(&w, &source, support_fold_arena());
    ck_assert_ptr_null(end(&w).text.at);
    ck_assert_uint_eq(arena_used(support_fold_arena()), 0);
}
END_TEST

START_TEST(a_byte_for_a_byte_keeps_the_map)
{
    const struct view source = support_view_of(TEXT("b4d"));
    const struct view fold = support_fold_view(TEXT("\uff42\uff14d"));
    struct view_writer w;

    view_writer_init(&w, &source, support_fold_arena());
    view_writer_char(&w, (struct span){1, 2}, 'a');
    const struct view own = end(&w);
    ck_assert(text_is(own.text, "bad") && own.raw_from == NULL);
    view_writer_init(&w, &fold, support_fold_arena());
    view_writer_char(&w, (struct span){1, 2}, 'a');
    const struct view shared = end(&w);
    ck_assert(text_is(shared.text, "bad"));
    ck_assert_ptr_eq(shared.raw_from, fold.raw_from);
}
END_TEST

START_TEST(an_edit_maps_to_all_that_it_replaces)
{
    const struct text raw = TEXT("\uff41 \u00e9\u0436&amp;\u4e2d.");
    const struct view fold = support_fold_view(raw);
    struct view_writer w;

    ck_assert(text_is(fold.text, "a e\u0436&amp;\u4e2d."));
    view_writer_init(&w, &fold, support_fold_arena());
    view_writer_drop(&w, (struct span){1, 2});
    view_writer_put(&w, (struct span){5, 10}, TEXT("xy"));
    const struct view view = end(&w);
    ck_assert(text_is(view.text, "ae\u0436xy\u4e2d."));
    support_fold_check_map(&view, raw);
    const struct span span = view_raw_span(&view, 4, 5);
    ck_assert(text_is(text_part(raw, span.from, span.to), "&amp;"));
}
END_TEST

START_TEST(a_character_of_several_bytes_is_mapped_whole)
{
    const struct text raw = TEXT("\u00e9a\u4e2d");
    const struct view source = support_view_of(raw);
    struct view_writer w;

    view_writer_init(&w, &source, support_fold_arena());
    view_writer_drop(&w, (struct span){2, 3});
    const struct view view = end(&w);
    support_fold_check_map(&view, raw);
    ck_assert_uint_eq(view_raw_span(&view, 3, 4).to, raw.len);
}
END_TEST

START_TEST(without_an_arena_nothing_is_written)
{
    const struct view source = support_view_of(TEXT("b4d"));
    struct view_writer w;

    view_writer_init(&w, &source, NULL);
    view_writer_char(&w, (struct span){1, 2}, 'a');
    view_writer_drop(&w, (struct span){2, 3});
    ck_assert_ptr_null(w.out);
}
END_TEST

TEST_MAIN("view_writer", tcase_add_test(tc, without_an_edit_nothing_is_taken);
          tcase_add_test(tc, a_byte_for_a_byte_keeps_the_map);
          tcase_add_test(tc, an_edit_maps_to_all_that_it_replaces);
          tcase_add_test(tc, a_character_of_several_bytes_is_mapped_whole);
          tcase_add_test(tc, without_an_arena_nothing_is_written);)
