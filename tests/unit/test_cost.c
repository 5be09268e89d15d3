/*
 * Hostile texts must cost time with their length, not with its square. A text
 * twice as long may take four times as long only where the work is quadratic;
 * everything else (caches, noise) stays well below the three that are allowed.
 * The least of several runs is taken, since noise only adds.
 */
#include "tests/unit/harness.h"

#include <time.h>

#include "tests/unit/support_engine.h"

enum { LONG_BYTES = 64 * 1024, RUNS = 5, WARM_UP = 2, ATTEMPTS = 5 };

static const char *const pieces[] = {
    "fuck ",
    "fuckfuck",
    "as an ai ",
    "as an ai language model ",
    "\"as an ai language model\" ",
    "`as an ai language model` ",
    "i am a bot. ",
    "4111 1111 1111 1111 ",
    "bob@example.com ",
    "a",
    "aaaaaaaa ",
    "a ",
    "\xd0\xb0", /* a look-alike */
    "b\xcc\x81\xcc\x81",
    "\xe2\x80\x8b",
    "f\xe2\x80\x8bu\xe2\x80\x8b",
    "\"",
    "`",
    "#",
    "1",
    "1.",
    "@",
    "http://",
    "how to make ",
    "sure here is a guide on how to ",
    "i can't help with ",
    "how to steps to guide to ",
    "\xf0\x9f\x98\x80",
    "\xef\xb7\xba",
    "the the the ",
    /* disguises: signs, masks, pieces, typos, words in words, spelt out */
    "1.",
    "@@@@",
    "[(<{",
    "f*ck ",
    "f.u.c.k ",
    "f u c k ",
    "superslutty ",
    "fcuk bicth ",
    "1.a-!$ ",
    /* what is decoded */
    "&#102;&#117;",
    "%66%75",
    "<b>f</b>u",
    "aGVsbG8gd29ybGQgaGVsbG8g",
    "\xe2\x80\xae(abc",
    /* personal data, keys, links */
    "192.168.1.1 ",
    "2001:db8::1 ",
    "12 main street ",
    "born on 12 may 1999 ",
    "AKIAIOSFODNN7EXAMPLE ",
    "http://a.b/@",
    /* gates: of everyday words, of brackets, and open ones */
    "you are ",
    "{{a}}",
    "<|im_start|>",
    "s\xc5\xbf ",
    "i will kill you and ",
    /* languages, marks */
    "\xd1\x8f a ",
    "a\xcc\x81\xcc\x81 ",
};

/* Of this thread alone: others on the machine do not count. */
static uint64_t
cpu_ns(void)
{
    struct timespec now;

    ck_assert_int_eq(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t
least_time(struct support_bench *b, struct text text)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    const struct request_candidate candidate = {.text = text};
    struct request request = support_request(&candidate);
    uint64_t least = UINT64_MAX;

    for (size_t run = 0; run < RUNS + WARM_UP; run++) {
        const uint64_t from = cpu_ns();
        // Judged or refused for want of memory: either must come in time.
        ck_assert(judge_begin(b->judge, b->engine, &b->err));
        if (!judge_request(b->judge, b->engine, &request, &terms, &b->result,
                           &b->err)) {
            ck_assert_msg(b->err.kind == ERR_MEMORY, "%s", b->err.message);
        }
        const uint64_t took = cpu_ns() - from;
        least = run >= WARM_UP && took < least ? took : least;
    }
    return least;
}

START_TEST(twice_the_text_takes_about_twice_the_time)
{
    struct support_bench b = support_bench(support_engine_shipped());
    const size_t len = strlen(pieces[_i]), n = LONG_BYTES / len;
    char *text = support_repeat(pieces[_i], n);
    uint64_t half_ns = 0, whole_ns = UINT64_MAX;

    // Whoever shares the machine may spoil some attempts, but hardly all.
    for (size_t k = 0; k < ATTEMPTS && whole_ns >= 3 * half_ns; k++) {
        half_ns = least_time(&b, (struct text){text, n / 2 * len});
        whole_ns = least_time(&b, (struct text){text, n * len});
    }
    ck_assert_msg(whole_ns < 3 * half_ns,
                  "\"%s\": %zu bytes take %llu us, twice as many %llu us",
                  pieces[_i], n / 2 * len, (unsigned long long)half_ns / 1000,
                  (unsigned long long)whole_ns / 1000);
    free(text);
    support_bench_clear(&b);
}
END_TEST

TEST_MAIN("cost",
          tcase_add_loop_test(tc, twice_the_text_takes_about_twice_the_time, 0,
                              sizeof(pieces) / sizeof(pieces[0]));)
