#include "sidecar/engine/fold_ascii.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"

START_TEST(ascii_needs_no_map)
{
    char raw[128], want[128];

    for (size_t len = 0; len < sizeof(raw); len++) {
        for (size_t i = 0; i < len; i++) {
            const char c = (char)(0x20 + (i * 7 + len) % 0x5f);
            raw[i] = i % 40 == 39 ? '\n' : c;
            want[i] =
                (char)(raw[i] >= 'A' && raw[i] <= 'Z' ? raw[i] | 0x20 : raw[i]);
        }
        char *const exact = malloc(len + 1); // an overrun is seen
        memcpy(exact, raw, len);
        const struct view view = support_fold_view((struct text){exact, len});
        ck_assert_ptr_null(view.raw_from);
        ck_assert(text_equal(view.text, (struct text){want, len}));
        free(exact);
    }
}
END_TEST

TEST_MAIN("fold_ascii", tcase_add_test(tc, ascii_needs_no_map);)
