#include "tests/unit/harness.h"

#include <pthread.h>
#include <stdio.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/flood.h"
#include "sidecar/engine/flood_print.h"

enum { SEED = 42, THREADS = 4, NOTES = 2000 };

#define SECOND UINT64_C(1000000000)

static const struct flood_limits limits = {60 * SECOND, 5, 2};

static struct flood *
make(size_t capacity)
{
    struct err err;
    struct flood *flood = flood_new(capacity, SEED, &err);

    ck_assert_msg(flood != NULL, "%s", err.message);
    return flood;
}

static struct flood_finding
note(struct flood *flood, const char *key, const char *text, uint64_t at)
{
    struct flood_finding f;
    const bool over =
        flood_note(flood, text_of(key), text_of(text), at, &limits, &f);

    ck_assert_int_eq(over, f.messages || f.near_duplicates);
    return f;
}

START_TEST(messages_are_counted_to_the_limit_and_over)
{
    struct flood *flood = make(100);

    for (size_t i = 1; i <= 8; i++) {
        const struct flood_finding f = note(flood, "s", "hm", i * SECOND);
        ck_assert_uint_eq(f.message_count, i);
        ck_assert_int_eq(f.messages, i > 5);
        ck_assert(!f.near_duplicates);
    }
    flood_free(flood);
}
END_TEST

START_TEST(sessions_do_not_count_for_each_other)
{
    static const char *const keys[] = {"", "a", "b", "ab", "a ", "A"};
    struct flood *flood = make(1000);

    for (size_t round = 1; round <= 3; round++) {
        for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
            ck_assert_uint_eq(note(flood, keys[i], "hm", SECOND).message_count,
                              round);
        }
    }
    ck_assert_uint_eq(flood_count(flood), 6);
    flood_free(flood);
}
END_TEST

/* Names of 31, 32, 33 and 200 bytes that differ in their last byte only. */
START_TEST(long_names_are_told_apart)
{
    static const size_t lens[] = {31, 32, 33, 200};
    struct flood *flood = make(1000);
    struct flood_finding f;
    char key[200];

    memset(key, 'k', sizeof(key));
    for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
        for (char last = 'a'; last <= 'c'; last++) {
            key[lens[i] - 1] = last;
            flood_note(flood, (struct text){key, lens[i]}, TEXT("hm"), SECOND,
                       &limits, &f);
            ck_assert_uint_eq(f.message_count, 1);
        }
        key[lens[i] - 1] = 'k';
    }
    ck_assert_uint_eq(flood_count(flood), 12);
    flood_free(flood);
}
END_TEST

/* Never counts what is older than the window, never misses what is younger
 * than 15/16 of it, wherever the window begins. */
START_TEST(window_slides)
{
    const uint64_t window = 60 * SECOND;

    for (uint64_t start = 0; start < 8 * SECOND; start += SECOND / 4) {
        struct flood *flood = make(100);
        note(flood, "s", "hm", start);
        ck_assert_uint_eq(
            note(flood, "s", "hm", start + window / 16 * 15 - 1).message_count,
            2);
        ck_assert_uint_eq(note(flood, "s", "hm", start + window).message_count,
                          2);
        ck_assert_uint_eq(
            note(flood, "s", "hm", start + 100 * window).message_count, 1);
        flood_free(flood);
    }
}
END_TEST

START_TEST(steady_speaker_stays_under)
{
    struct flood *flood = make(100);

    // One message each 13 seconds is at most five in sixty.
    for (size_t i = 0; i < 1000; i++) {
        const struct flood_finding f = note(flood, "s", "hm", i * 13 * SECOND);
        ck_assert_msg(!f.messages, "message %zu: %zu", i, f.message_count);
    }
    flood_free(flood);
}
END_TEST

START_TEST(late_message_counts_with_the_newest)
{
    struct flood *flood = make(100);

    note(flood, "s", "hm", 100 * SECOND);
    ck_assert_uint_eq(note(flood, "s", "hm", 0).message_count, 2);
    ck_assert_uint_eq(note(flood, "s", "hm", UINT64_MAX).message_count, 1);
    ck_assert_uint_eq(note(flood, "s", "hm", 0).message_count, 2);
    flood_free(flood);
}
END_TEST

START_TEST(near_duplicates_are_counted_to_the_limit_and_over)
{
    // Case is the fold view's business, numbers and punctuation are ours.
    static const char *const spam[] = {
        "buy gold at my shop for 10 coins now, my friend",
        "buy gold at my shop for 11 coins now, my friend!",
        "buy gold at my shop... for 12 coins now my friend",
        "buy gold at my shop for 9999 coins now - my friend",
    };
    struct flood *flood = make(100);

    for (size_t i = 0; i < 4; i++) {
        const struct flood_finding f = note(flood, "s", spam[i], SECOND);
        ck_assert_uint_eq(f.near_duplicate_count, i);
        ck_assert_int_eq(f.near_duplicates, i > 2);
        note(flood, "s", "the rain came down on us all that night", SECOND);
    }
    // Out of the window they are forgotten.
    ck_assert_uint_eq(
        note(flood, "s", spam[0], 100 * SECOND).near_duplicate_count, 0);
    flood_free(flood);
}
END_TEST

START_TEST(short_messages_are_no_duplicates)
{
    struct flood *flood = make(100);

    for (size_t i = 0; i < 20; i++) {
        ck_assert(!note(flood, "s", "yes i know that", i).near_duplicates);
    }
    flood_free(flood);
}
END_TEST

START_TEST(zero_limits_are_no_limits)
{
    const struct flood_limits none = {60 * SECOND, 0, 0};
    const struct flood_limits no_window = {15, 1, 1};
    struct flood *flood = make(100);
    struct flood_finding f;

    for (size_t i = 0; i < 50; i++) {
        ck_assert(!flood_note(flood, TEXT("s"), TEXT("one two three four five"),
                              i, &none, &f));
        ck_assert(!flood_note(flood, TEXT("t"), TEXT("one two three four five"),
                              i, &no_window, &f));
    }
    ck_assert_uint_eq(flood_count(flood), 1);
    flood_free(flood);
}
END_TEST

START_TEST(another_window_starts_anew)
{
    const struct flood_limits other = {30 * SECOND, 5, 2};
    struct flood *flood = make(100);
    struct flood_finding f;

    note(flood, "s", "hm", SECOND);
    note(flood, "s", "hm", SECOND);
    flood_note(flood, TEXT("s"), TEXT("hm"), SECOND, &other, &f);
    ck_assert_uint_eq(f.message_count, 1);
    flood_free(flood);
}
END_TEST

START_TEST(flood_of_new_sessions_grows_nothing_and_spares_who_speaks)
{
    struct flood *flood = make(256);
    const size_t capacity = flood_capacity(flood);
    size_t kept = 0;
    char key[32];

    for (size_t i = 0; i < 100000; i++) {
        snprintf(key, sizeof(key), "made up %zu", i);
        note(flood, key, "hm", SECOND);
        // Between eight uses of its set a session is always found again.
        kept = i % FLOOD_WAYS == 0
                   ? note(flood, "lively", "hm", SECOND).message_count
                   : kept;
    }
    ck_assert_uint_eq(flood_count(flood), capacity);
    ck_assert_uint_eq(kept, 100000 / FLOOD_WAYS);
    // The one that spoke last is still there, the first is not.
    ck_assert_uint_eq(note(flood, key, "hm", SECOND).message_count, 2);
    ck_assert_uint_eq(note(flood, "made up 0", "hm", SECOND).message_count, 1);
    flood_free(flood);
}
END_TEST

START_TEST(capacity_is_checked_and_kept)
{
    static const size_t good[] = {1, 7, 128, 129, 5000};
    struct err err;

    ck_assert_ptr_null(flood_new(0, SEED, &err));
    ck_assert_int_eq(err.kind, ERR_INVALID);
    ck_assert_ptr_null(flood_new(FLOOD_CAPACITY_MOST + 1, SEED, &err));
    ck_assert_int_eq(err.kind, ERR_INVALID);
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        struct flood *flood = make(good[i]);
        ck_assert_uint_ge(flood_capacity(flood), good[i]);
        ck_assert_uint_eq(flood_count(flood), 0);
        flood_free(flood);
    }
    flood_free(NULL);
}
END_TEST

START_TEST(same_calls_give_same_answers)
{
    struct flood *a = make(64), *b = make(64);
    uint64_t draw = 7;
    char key[32], text[80];

    for (size_t i = 0; i < 5000; i++) {
        draw = hash_mix(draw + 1);
        snprintf(key, sizeof(key), "%u", (unsigned)(draw % 300));
        snprintf(text, sizeof(text), "one two three four five six %u",
                 (unsigned)(draw >> 20 & 7));
        const struct flood_finding x = note(a, key, text, i * SECOND / 9);
        const struct flood_finding y = note(b, key, text, i * SECOND / 9);
        ck_assert_uint_eq(x.message_count, y.message_count);
        ck_assert_uint_eq(x.near_duplicate_count, y.near_duplicate_count);
    }
    flood_free(a);
    flood_free(b);
}
END_TEST

static void *
speak(void *of)
{
    struct flood *flood = of;
    char key[16];

    for (size_t i = 0; i < NOTES; i++) {
        snprintf(key, sizeof(key), "%zu", i % 50);
        note(flood, key, "many of us speak here at the same time", SECOND);
    }
    return NULL;
}

START_TEST(no_message_is_lost_between_threads)
{
    struct flood *flood = make(4096);
    pthread_t threads[THREADS];
    char key[16];

    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, speak, flood), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < 50; i++) {
        snprintf(key, sizeof(key), "%zu", i);
        ck_assert_uint_eq(note(flood, key, "hm", SECOND).message_count,
                          THREADS * NOTES / 50 + 1);
    }
    flood_free(flood);
}
END_TEST

// --- fingerprints ----------------------------------------------------------

static uint64_t
print_of(const char *text)
{
    uint64_t print;

    ck_assert_msg(flood_print(text_of(text), &print), "\"%s\"", text);
    return print;
}

START_TEST(text_of_few_words_has_no_print)
{
    uint64_t print;

    ck_assert(!flood_print((struct text){NULL, 0}, &print));
    ck_assert(!flood_print(TEXT("one two three four"), &print));
    ck_assert(flood_print(TEXT("one two three four five"), &print));
}
END_TEST

START_TEST(distance_counts_bits)
{
    ck_assert_uint_eq(flood_print_distance(0, 0), 0);
    ck_assert_uint_eq(flood_print_distance(0, UINT64_MAX), 64);
    ck_assert_uint_eq(flood_print_distance(5, 6), 2);
}
END_TEST

/* More than 255 votes: the counters are emptied on the way. */
START_TEST(long_text_changed_in_one_word_stays_near)
{
    enum { WORDS = 400 };
    static char text[WORDS * 8];
    size_t len = 0;

    for (size_t i = 0; i < WORDS; i++) {
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "%c%c%zux ",
                             (char)('a' + i % 26), (char)('a' + i / 26), i % 7);
    }
    const uint64_t before = print_of(text);
    memcpy(text + len / 2, "quux", 4);
    ck_assert_uint_le(flood_print_distance(before, print_of(text)),
                      FLOOD_DISTANCE);
}
END_TEST

START_TEST(other_texts_are_far)
{
    static const char *const texts[] = {
        "the rain came down on us all that night",
        "buy gold at my shop for ten coins now my friend",
        "she never told me where the key was hidden",
        "a wolf stood on the hill and looked at the town",
        "i would rather walk than ride in that old cart",
        "we could go to the market in the morning",
    };

    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_uint_gt(
                flood_print_distance(print_of(texts[i]), print_of(texts[j])),
                10);
        }
    }
}
END_TEST

/* The same bits on every machine. */
START_TEST(print_is_known)
{
    ck_assert_uint_eq(print_of("the rain came down on us all that night"),
                      UINT64_C(5746580809969517539));
}
END_TEST

TEST_MAIN("flood",
          tcase_add_test(tc, messages_are_counted_to_the_limit_and_over);
          tcase_add_test(tc, sessions_do_not_count_for_each_other);
          tcase_add_test(tc, long_names_are_told_apart);
          tcase_add_test(tc, window_slides);
          tcase_add_test(tc, steady_speaker_stays_under);
          tcase_add_test(tc, late_message_counts_with_the_newest);
          tcase_add_test(tc, near_duplicates_are_counted_to_the_limit_and_over);
          tcase_add_test(tc, short_messages_are_no_duplicates);
          tcase_add_test(tc, zero_limits_are_no_limits);
          tcase_add_test(tc, another_window_starts_anew); tcase_add_test(
              tc, flood_of_new_sessions_grows_nothing_and_spares_who_speaks);
          tcase_add_test(tc, capacity_is_checked_and_kept);
          tcase_add_test(tc, same_calls_give_same_answers);
          tcase_add_test(tc, no_message_is_lost_between_threads);
          tcase_add_test(tc, text_of_few_words_has_no_print);
          tcase_add_test(tc, distance_counts_bits);
          tcase_add_test(tc, long_text_changed_in_one_word_stays_near);
          tcase_add_test(tc, other_texts_are_far);
          tcase_add_test(tc, print_is_known);)
