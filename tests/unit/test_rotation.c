/* Which fallback line is next. */
#include "sidecar/serve/rotation.h"

#include <pthread.h>
#include <stdio.h>

#include "tests/unit/harness.h"

static struct request_candidate candidate;

static struct request
ask(const char *session, long long turn, const char *text)
{
    candidate = (struct request_candidate){.text = text_of(text)};
    return (struct request){.session = text_of(session),
                            .turn = turn,
                            .candidates = &candidate,
                            .candidate_count = 1};
}

START_TEST(without_a_session_it_is_the_text_s)
{
    const struct request a = ask("", -1, "one");
    const uint64_t of_a = rotation_next(NULL, &a);
    const struct request b = ask("", 3, "two");
    const uint64_t of_b = rotation_next(NULL, &b);
    const struct request c = ask("", 4, "one");

    ck_assert_uint_ne(of_a, of_b);
    ck_assert_uint_eq(rotation_next(NULL, &c), of_a);
}
END_TEST

START_TEST(what_passes_does_not_count)
{
    struct rotation *rotation = rotation_new();
    const struct request request = ask("s", -1, "x");
    const uint64_t first = rotation_next(rotation, &request);

    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(rotation_next(rotation, &request), first);
    }
    rotation_free(rotation);
}
END_TEST

/* _i: a turn given, or none. */
START_TEST(each_line_shown_is_followed_by_the_next)
{
    struct rotation *rotation = rotation_new();
    struct request request = ask("s", -1, "x");
    uint64_t last = 0;

    for (int i = 0; i < 100; i++) {
        request.turn = _i == 0 ? -1 : i * 2;
        const uint64_t now = rotation_next(rotation, &request);
        ck_assert_msg(i == 0 || now == last + 1, "%d: %llu after %llu", i,
                      (unsigned long long)now, (unsigned long long)last);
        rotation_shown(rotation, &request, now);
        last = now;
    }
    rotation_free(rotation);
}
END_TEST

START_TEST(a_turn_asked_again_gets_the_same)
{
    static const long long turns[] = {0, 1, 7, 1000000000};
    struct rotation *rotation = rotation_new();

    for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
        const struct request request = ask("s", turns[i], "x");
        const uint64_t first = rotation_next(rotation, &request);
        for (int again = 0; again < 3; again++) {
            rotation_shown(rotation, &request, first);
            ck_assert_uint_eq(rotation_next(rotation, &request), first);
        }
    }
    rotation_free(rotation);
}
END_TEST

START_TEST(sessions_do_not_disturb_each_other)
{
    struct rotation *rotation = rotation_new();
    struct request a = ask("a", -1, "x"), b = ask("b", -1, "x");
    const uint64_t of_a = rotation_next(rotation, &a);

    ck_assert_uint_ne(of_a, rotation_next(rotation, &b));
    rotation_shown(rotation, &b, rotation_next(rotation, &b));
    ck_assert_uint_eq(rotation_next(rotation, &a), of_a);
    b = a;
    b.workspace = TEXT("other");
    ck_assert_uint_ne(of_a, rotation_next(rotation, &b));
    rotation_free(rotation);
}
END_TEST

static void *
show_many(void *context)
{
    for (int i = 0; i < 2000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "s%d", i % 50);
        const struct request request = {.session = text_of(name), .turn = -1};
        const uint64_t number = rotation_next(context, &request);
        rotation_shown(context, &request, number);
    }
    return NULL;
}

START_TEST(any_thread)
{
    struct rotation *rotation = rotation_new();
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, show_many, rotation);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    rotation_free(rotation);
    rotation_free(NULL);
}
END_TEST

TEST_MAIN("rotation", tcase_add_test(tc, without_a_session_it_is_the_text_s);
          tcase_add_test(tc, what_passes_does_not_count);
          tcase_add_loop_test(tc, each_line_shown_is_followed_by_the_next, 0,
                              2);
          tcase_add_test(tc, a_turn_asked_again_gets_the_same);
          tcase_add_test(tc, sessions_do_not_disturb_each_other);
          tcase_add_test(tc, any_thread);)
