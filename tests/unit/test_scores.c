/* `scores` of a request, through the decoder. */
#include "proto/scores.h"

#include <math.h>
#include <stdio.h>

#include "proto/decode.h"
#include "proto/wire.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_request.h"

enum { ARENA = 1 << 20 };

static struct arena *arena;
static struct request request;
static struct err err;

static bool
decoded(struct text message)
{
    // As many values as one message may have.
    struct decode_limits limits = support_request_limits;

    limits.wire.nodes = 16384;
    arena = arena != NULL ? arena : arena_new(ARENA);
    ck_assert_ptr_nonnull(arena);
    arena_reset(arena);
    return decode_request(message, &limits, arena, &request, &err);
}

/* A score request with these scores. */
static struct text
message_of(const char *scores)
{
    char json[4096];

    snprintf(json, sizeof(json),
             "{\"v\":1,\"op\":\"score\",\"text\":\"x\",\"scores\":%s}", scores);
    return support_request_message(json);
}

static void
done(struct text message)
{
    support_bytes_free(message);
    arena_free(arena);
    arena = NULL;
}

/* "a.hate=0.5 a.spam=nil b", as they were decoded. */
static const char *
told(void)
{
    static char said[4096];
    size_t len = 0;

    said[0] = '\0';
    for (size_t i = 0; i < request.classifier_count; i++) {
        const struct request_classifier *c = &request.classifiers[i];
        if (c->count == 0) {
            len += (size_t)snprintf(said + len, sizeof(said) - len, "%.*s ",
                                    TEXT_ARGS(c->name));
        }
        for (size_t k = 0; k < c->count; k++) {
            const double value = c->scores[k].value;
            len += (size_t)snprintf(said + len, sizeof(said) - len,
                                    "%.*s.%.*s=%s", TEXT_ARGS(c->name),
                                    TEXT_ARGS(c->scores[k].category),
                                    isnan(value) ? "nil " : "");
            if (!isnan(value)) {
                len += (size_t)snprintf(said + len, sizeof(said) - len, "%g ",
                                        value);
            }
        }
    }
    return said;
}

static const struct {
    const char *scores, *told;
} good[] = {
    {"{}", ""},
    {"{\"a\":{}}", "a "},
    {"{\"a\":{\"hate\":0.5}}", "a.hate=0.5 "},
    {"{\"a\":{\"hate\":0}}", "a.hate=0 "},
    {"{\"a\":{\"hate\":1}}", "a.hate=1 "},
    {"{\"a\":{\"hate\":1.0}}", "a.hate=1 "},
    {"{\"a\":{\"hate\":null}}", "a.hate=nil "},
    {"{\"a\":{\"hate\":0.25,\"sexual/minors\":null},\"b\":{\"S10\":0.75}}",
     "a.hate=0.25 a.sexual/minors=nil b.S10=0.75 "},
    {"{\"a\":{\"hate\":0.5},\"b\":{\"hate\":0.5}}", "a.hate=0.5 b.hate=0.5 "},
    {"{\"g\xc3\xb6\":{\"h\xc3\xa4ss\":0.5}}", "g\xc3\xb6.h\xc3\xa4ss=0.5 "},
};

START_TEST(scores_arrive)
{
    const struct text m = message_of(good[_i].scores);

    ck_assert_msg(decoded(m), "%s: %s", good[_i].scores, err.message);
    ck_assert_msg(strcmp(told(), good[_i].told) == 0, "%s: %s", good[_i].scores,
                  told());
    done(m);
}
END_TEST

static const struct {
    const char *scores, *path, *message;
} bad[] = {
    {"[]", "scores", "scores: expected map, got array"},
    {"null", "scores", "scores: expected map, got nil"},
    {"0.5", "scores", "scores: expected map, got float"},
    {"{\"a\":0.5}", "scores.a", "scores.a: expected map, got float"},
    {"{\"a\":[0.5]}", "scores.a", "scores.a: expected map, got array"},
    {"{\"a\":{\"hate\":\"0.5\"}}", "scores.a.hate",
     "scores.a.hate: expected a number, got str"},
    {"{\"a\":{\"hate\":true}}", "scores.a.hate",
     "scores.a.hate: expected a number, got bool"},
    {"{\"a\":{\"hate\":{}}}", "scores.a.hate",
     "scores.a.hate: expected a number, got map"},
    {"{\"a\":{\"hate\":-0.001}}", "scores.a.hate",
     "scores.a.hate: outside 0..1"},
    {"{\"a\":{\"hate\":1.001}}", "scores.a.hate",
     "scores.a.hate: outside 0..1"},
    {"{\"a\":{\"hate\":2}}", "scores.a.hate", "scores.a.hate: outside 0..1"},
    {"{\"a\":{\"hate\":-1}}", "scores.a.hate", "scores.a.hate: outside 0..1"},
    {"{\"\":{\"hate\":0.5}}", "scores", "scores: empty"},
    {"{\"a\":{\"\":0.5}}", "scores.a", "scores.a: empty"},
    {"{\"a\\u0000\":{}}", "scores", "scores: control character at byte 1"},
    {"{\"a\":{\"b\\u001f\":0}}", "scores.a",
     "scores.a: control character at byte 1"},
};

START_TEST(bad_scores_are_refused_with_their_path)
{
    const struct text m = message_of(bad[_i].scores);

    ck_assert_msg(!decoded(m), "%s", bad[_i].scores);
    ck_assert_int_eq(err.kind, ERR_INVALID);
    ck_assert_msg(strcmp(err.message, bad[_i].message) == 0 &&
                      strcmp(err.path, bad[_i].path) == 0,
                  "%s: %s: %s", bad[_i].scores, err.path, err.message);
    done(m);
}
END_TEST

/* ---- what JSON cannot say
 * ---------------------------------------------------- */

struct put {
    struct buffer to;
    struct wire_open outer, inner;
};

static void
open_scores(struct put *p)
{
    buffer_init(&p->to, ARENA);
    p->outer = wire_open_map(&p->to);
    wire_put_str(&p->to, TEXT("v"));
    wire_put_int(&p->to, 1);
    wire_put_str(&p->to, TEXT("op"));
    wire_put_str(&p->to, TEXT("score"));
    wire_put_str(&p->to, TEXT("text"));
    wire_put_str(&p->to, TEXT("x"));
    wire_put_str(&p->to, TEXT("scores"));
}

static struct text
close_scores(struct put *p)
{
    wire_close_map(&p->to, p->outer, 4);
    ck_assert(!p->to.failed);
    return support_bytes_exact(buffer_text(&p->to));
}

static void
check_refused(struct put *p, const char *said)
{
    const struct text m = close_scores(p);

    ck_assert_msg(!decoded(m), "%s", said);
    ck_assert_str_eq(err.message, said);
    done(m);
    buffer_clear(&p->to);
}

START_TEST(name_that_stands_twice_is_refused)
{
    struct put p;

    open_scores(&p);
    p.inner = wire_open_map(&p.to);
    for (int i = 0; i < 2; i++) {
        wire_put_str(&p.to, TEXT("a"));
        wire_close_map(&p.to, wire_open_map(&p.to), 0);
    }
    wire_close_map(&p.to, p.inner, 2);
    check_refused(&p, "scores.a: stands twice");

    open_scores(&p);
    p.inner = wire_open_map(&p.to);
    wire_put_str(&p.to, TEXT("a"));
    const struct wire_open map = wire_open_map(&p.to);
    for (int i = 0; i < 2; i++) {
        wire_put_str(&p.to, TEXT("hate"));
        wire_put_double(&p.to, 0.5);
    }
    wire_close_map(&p.to, map, 2);
    wire_close_map(&p.to, p.inner, 1);
    check_refused(&p, "scores.a.hate: stands twice");
}
END_TEST

START_TEST(number_that_is_none_is_refused)
{
    // The writer has none of these: a NaN, and both infinities, as float 64.
    static const char numbers[3][10] = {"\xcb\x7f\xf8\0\0\0\0\0\0",
                                        "\xcb\x7f\xf0\0\0\0\0\0\0",
                                        "\xcb\xff\xf0\0\0\0\0\0\0"};

    for (size_t i = 0; i < 3; i++) {
        struct put p;
        open_scores(&p);
        p.inner = wire_open_map(&p.to);
        wire_put_str(&p.to, TEXT("a"));
        const struct wire_open map = wire_open_map(&p.to);
        wire_put_str(&p.to, TEXT("hate"));
        buffer_add(&p.to, numbers[i], 9);
        wire_close_map(&p.to, map, 1);
        wire_close_map(&p.to, p.inner, 1);
        const struct text m = close_scores(&p);
        ck_assert_msg(!decoded(m), "%zu", i);
        ck_assert_str_eq(err.message, "scores.a.hate: outside 0..1");
        done(m);
        buffer_clear(&p.to);
    }
}
END_TEST

/* n classifiers of m categories each. */
static struct text
many(size_t n, size_t m)
{
    struct put p;
    char name[32];

    open_scores(&p);
    p.inner = wire_open_map(&p.to);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "classifier%zu", i);
        wire_put_str(&p.to, text_of(name));
        const struct wire_open map = wire_open_map(&p.to);
        for (size_t k = 0; k < m; k++) {
            snprintf(name, sizeof(name), "category%zu", k);
            wire_put_str(&p.to, text_of(name));
            wire_put_double(&p.to, 0.5);
        }
        wire_close_map(&p.to, map, m);
    }
    wire_close_map(&p.to, p.inner, n);
    const struct text message = close_scores(&p);
    buffer_clear(&p.to);
    return message;
}

START_TEST(too_many_are_refused)
{
    static const struct {
        size_t n, m;
        const char *said; /* NULL: taken */
    } cases[] = {
        {REQUEST_CLASSIFIERS - 1, 1, NULL},
        {REQUEST_CLASSIFIERS, 1, NULL},
        {REQUEST_CLASSIFIERS, REQUEST_SCORES, NULL},
        {REQUEST_CLASSIFIERS + 1, 1, "scores: 33 classifiers, at most 32"},
        {1, REQUEST_SCORES - 1, NULL},
        {1, REQUEST_SCORES, NULL},
        {1, REQUEST_SCORES + 1,
         "scores.classifier0: 65 categories, at most 64"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct text m = many(cases[i].n, cases[i].m);
        const bool taken = decoded(m);
        ck_assert_msg(taken == (cases[i].said == NULL), "%zu of %zu: %s",
                      cases[i].n, cases[i].m, err.message);
        if (taken) {
            ck_assert_uint_eq(request.classifier_count, cases[i].n);
            ck_assert_uint_eq(request.classifiers[cases[i].n - 1].count,
                              cases[i].m);
        } else {
            ck_assert_str_eq(err.message, cases[i].said);
        }
        done(m);
    }
}
END_TEST

START_TEST(long_name_is_refused)
{
    char scores[512], name[REQUEST_NAME_BYTES + 2];

    for (size_t len = REQUEST_NAME_BYTES - 1; len <= REQUEST_NAME_BYTES + 1;
         len++) {
        memset(name, 'a', len);
        name[len] = '\0';
        snprintf(scores, sizeof(scores), "{\"%s\":{}}", name);
        const struct text m = message_of(scores);
        ck_assert_msg(decoded(m) == (len <= REQUEST_NAME_BYTES), "%zu bytes",
                      len);
        done(m);
    }
}
END_TEST

START_TEST(every_cut_is_refused)
{
    const struct text m =
        message_of("{\"a\":{\"hate\":0.25,\"spam\":null},\"b\":{\"S10\":1}}");

    for (size_t len = 0; len < m.len; len++) {
        const struct text cut = support_bytes_exact(text_part(m, 0, len));
        ck_assert_msg(!decoded(cut), "%zu bytes", len);
        done(cut);
    }
    ck_assert(decoded(m));
    done(m);
}
END_TEST

START_TEST(without_memory_nothing_is_decoded)
{
    const struct text m = message_of("{\"a\":{\"hate\":0.25},\"b\":{\"x\":1}}");
    bool taken = false;

    for (size_t nth = 1; !taken; nth++) {
        arena = arena_new(ARENA);
        ck_assert_ptr_nonnull(arena);
        arena_fail_at(arena, nth);
        taken =
            decode_request(m, &support_request_limits, arena, &request, &err);
        ck_assert_msg(taken || err.kind == ERR_MEMORY, "allocation %zu: %s",
                      nth, err.message);
        arena_free(arena);
    }
    arena = NULL;
    support_bytes_free(m);
}
END_TEST

TEST_MAIN("scores", tcase_add_loop_test(tc, scores_arrive, 0,
                                        sizeof(good) / sizeof(good[0]));
          tcase_add_loop_test(tc, bad_scores_are_refused_with_their_path, 0,
                              sizeof(bad) / sizeof(bad[0]));
          tcase_add_test(tc, name_that_stands_twice_is_refused);
          tcase_add_test(tc, number_that_is_none_is_refused);
          tcase_add_test(tc, too_many_are_refused);
          tcase_add_test(tc, long_name_is_refused);
          tcase_add_test(tc, every_cut_is_refused);
          tcase_add_test(tc, without_memory_nothing_is_decoded);)
