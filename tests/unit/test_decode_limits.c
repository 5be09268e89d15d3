#include "proto/decode.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_request.h"

static struct arena *arena;
static struct request request;
static struct err err;

static bool
decode(struct text message)
{
    if (arena == NULL) {
        arena = arena_new(1 << 20);
    }
    arena_reset(arena);
    err = (struct err){.kind = ERR_NONE};
    return decode_request(message, &support_request_limits, arena, &request,
                          &err);
}

static void
done(struct text message)
{
    support_bytes_free(message);
    arena_free(arena);
    arena = NULL;
}

/* ------------------------------------------------------------------- limits */

#define S   "{\"v\":1,\"op\":\"score\","
#define P   "{\"v\":1,\"op\":\"ping\","
#define ONE S "\"candidates\":[{\"text\":\"\",\"embeddings\":"

/* One below the limit and at it a message is taken; one above it is not. */
static const struct {
    const char *template;
    size_t limit;
    enum err_kind kind;
    const char *path, *message; /* of limit + 1 */
} limits[] = {
    {P "\"id\":\"$S\"}", 128, ERR_TOO_LARGE, "id", "129 bytes, at most 128"},
    {P "\"token\":\"$S\"}", 4096, ERR_TOO_LARGE, "token",
     "4097 bytes, at most 4096"},
    {P "\"traceparent\":\"$S\"}", 64, ERR_TOO_LARGE, "traceparent",
     "65 bytes, at most 64"},
    {P "\"deadlineMs\":$N}", 3600000, ERR_INVALID, "deadlineMs",
     "outside 0..3600000"},
    {P "\"metadata\":{$M}}", 32, ERR_TOO_LARGE, "metadata",
     "33 entries, at most 32"},
    {P "\"metadata\":{\"$S\":\"\"}}", 64, ERR_TOO_LARGE, "metadata",
     "65 bytes, at most 64"},
    {P "\"metadata\":{\"k\":\"$S\"}}", 1024, ERR_TOO_LARGE, "metadata.k",
     "1025 bytes, at most 1024"},
    {S "\"text\":\"$S\"}", 100, ERR_TOO_LARGE, "text",
     "101 bytes, at most 100"},
    {S "\"candidates\":[$C]}", 16, ERR_TOO_LARGE, "candidates",
     "17 candidates, at most 16"},
    {S "\"candidates\":[{\"text\":\"\"},{\"text\":\"$S\"}]}", 100,
     ERR_TOO_LARGE, "candidates[1].text", "101 bytes, at most 100"},
    {ONE "{$E}}]}", 8, ERR_TOO_LARGE, "candidates[0].embeddings",
     "9 models, at most 8"},
    {ONE "{\"$S\":[1]}}]}", 128, ERR_TOO_LARGE, "candidates[0].embeddings",
     "129 bytes, at most 128"},
    {ONE "{\"m\":[$F]}}]}", 8, ERR_TOO_LARGE, "candidates[0].embeddings.m",
     "9 dimensions, at most 8"},
    {S "\"text\":\"\",\"persona\":\"$S\"}", 128, ERR_TOO_LARGE, "persona",
     "129 bytes, at most 128"},
    {S "\"text\":\"\",\"workspace\":\"$S\"}", 128, ERR_TOO_LARGE, "workspace",
     "129 bytes, at most 128"},
    {S "\"text\":\"\",\"session\":\"$S\"}", 128, ERR_TOO_LARGE, "session",
     "129 bytes, at most 128"},
    {S "\"text\":\"\",\"messageId\":\"$S\"}", 128, ERR_TOO_LARGE, "messageId",
     "129 bytes, at most 128"},
    {S "\"text\":\"\",\"locale\":\"$S\"}", 35, ERR_TOO_LARGE, "locale",
     "36 bytes, at most 35"},
    {S "\"text\":\"\",\"role\":\"$S\"}", 0, ERR_INVALID, "role",
     "one of assistant, user, tool, system"},
    {S "\"text\":\"\",\"turn\":$N}", 1000000000, ERR_INVALID, "turn",
     "outside 0..1000000000"},
    {S "\"text\":\"\",\"attempt\":$N}", 16, ERR_INVALID, "attempt",
     "outside 0..16"},
    {S "\"text\":\"\",\"driftThreshold\":$N}", 1, ERR_INVALID, "driftThreshold",
     "outside 0..1"},
    {S "\"text\":\"\",\"extraGuardrails\":[$L]}", 3, ERR_TOO_LARGE,
     "extraGuardrails", "4 items, at most 3"},
    {S "\"text\":\"\",\"extraGuardrails\":[\"a\",\"$S\"]}", 10, ERR_TOO_LARGE,
     "extraGuardrails[1]", "11 bytes, at most 10"},
    {S "\"text\":\"\",\"systemPrompt\":\"$S\"}", 50, ERR_TOO_LARGE,
     "systemPrompt", "51 bytes, at most 50"},
    {S "\"text\":\"\",\"canaries\":[$L]}", 32, ERR_TOO_LARGE, "canaries",
     "33 items, at most 32"},
    {S "\"text\":\"\",\"canaries\":[\"$S\"]}", 256, ERR_TOO_LARGE,
     "canaries[0]", "257 bytes, at most 256"},
    {S "\"text\":\"\",\"cast\":[$L]}", 64, ERR_TOO_LARGE, "cast",
     "65 items, at most 64"},
    {S "\"text\":\"\",\"cast\":[\"$S\"]}", 128, ERR_TOO_LARGE, "cast[0]",
     "129 bytes, at most 128"},
};

static struct text
message_of(size_t row, size_t n)
{
    char *json = support_request_expand(limits[row].template, n);
    const struct text message = support_request_message(json);

    free(json);
    return message;
}

START_TEST(limit_is_exact)
{
    const size_t row = (size_t)_i, limit = limits[row].limit;
    char want[ERR_MESSAGE_BYTES];

    if (limits[row].limit > 0) {
        for (size_t n = limit > 1 ? limit - 1 : 1; n <= limit; n++) {
            const struct text m = message_of(row, n);
            ck_assert_msg(decode(m), "%s, %zu: %s", limits[row].template, n,
                          err.message);
            done(m);
        }
    }
    const struct text m = message_of(row, limit + 1);
    ck_assert_msg(!decode(m), "%s, %zu", limits[row].template, limit + 1);
    snprintf(want, sizeof(want), "%s: %s", limits[row].path,
             limits[row].message);
    ck_assert_str_eq(err.message, want);
    ck_assert_str_eq(err.path, limits[row].path);
    ck_assert_int_eq(err.kind, limits[row].kind);
    done(m);
}
END_TEST

/* A key is too long at 65 bytes; at 64 it is only unknown. */
START_TEST(key_is_at_most_64_bytes)
{
    for (size_t n = 64; n <= 65; n++) {
        char *json = support_request_expand(P "\"$S\":1}", n);
        const struct text m = support_request_message(json);
        ck_assert(!decode(m));
        ck_assert_int_eq(err.kind, n == 64 ? ERR_INVALID : ERR_TOO_LARGE);
        if (n == 65) {
            ck_assert_str_eq(err.message, "a key of 65 bytes, at most 64");
        }
        free(json);
        done(m);
    }
}
END_TEST

/* Values beyond depth and number are refused before anything else is looked at.
 */
START_TEST(structure_has_its_limits)
{
    for (size_t n = 7; n <= 9; n++) {
        char *json = support_request_expand(
            "{\"v\":1,\"op\":\"ping\",\"x\":$A1$Z}", n - 1);
        const struct text m = support_request_message(json);
        ck_assert(!decode(m));
        ck_assert_int_eq(err.kind, n <= 8 ? ERR_INVALID : ERR_TOO_LARGE);
        free(json);
        done(m);
    }
    for (size_t n = 512 - 8; n <= 512 - 5; n++) {
        char *json =
            support_request_expand("{\"v\":1,\"op\":\"ping\",\"x\":[$F]}", n);
        const struct text m = support_request_message(json);
        ck_assert(!decode(m));
        // 7 keys and values, and the root
        const bool fits = n + 7 <= 512;
        ck_assert_msg(err.kind == (fits ? ERR_INVALID : ERR_TOO_LARGE),
                      "%zu: %s", n, err.message);
        free(json);
        done(m);
    }
}
END_TEST

/* ------------------------------------------------------------------ vectors */

static struct text
vector_message(struct buffer *to, bool bin, const float *values, size_t dim)
{
    unsigned char bytes[64];

    buffer_init(to, 1000);
    wire_put_map(to, 3);
    wire_put_str(to, TEXT("v"));
    wire_put_int(to, 1);
    wire_put_str(to, TEXT("op"));
    wire_put_str(to, TEXT("score"));
    wire_put_str(to, TEXT("candidates"));
    wire_put_array(to, 1);
    wire_put_map(to, 2);
    wire_put_str(to, TEXT("text"));
    wire_put_str(to, TEXT(""));
    wire_put_str(to, TEXT("embeddings"));
    wire_put_map(to, 1);
    wire_put_str(to, TEXT("m"));
    if (!bin) {
        wire_put_array(to, dim);
    }
    for (size_t i = 0; i < dim; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], 4);
        for (size_t b = 0; b < 4; b++) {
            bytes[4 * i + b] = (unsigned char)(bits >> 8 * b);
        }
        if (!bin) { // float 32, which wire_put_double does not write
            const char big[5] = {(char)0xca, (char)(bits >> 24),
                                 (char)(bits >> 16), (char)(bits >> 8),
                                 (char)bits};
            buffer_add(to, big, 5);
        }
    }
    if (bin) {
        wire_put_bin(to, (struct text){(const char *)bytes, 4 * dim});
    }
    return support_bytes_exact(buffer_text(to));
}

/* NaN and infinities arrive as they are: the engine names them by index. */
START_TEST(vector_is_the_same_as_array_and_as_bin)
{
    const float values[8] = {1.0f,     -0.0f,     1e-45f, 3.4e38f,
                             INFINITY, -INFINITY, NAN,    0.1f};
    struct buffer to;

    for (int bin = 0; bin < 2; bin++) {
        const struct text m = vector_message(&to, bin != 0, values, (size_t)_i);
        ck_assert_msg(decode(m), "%s", err.message);
        const struct request_candidate *c = &request.candidates[0];
        ck_assert_uint_eq(c->vector_count, 1);
        ck_assert(text_is(c->vectors[0].model, "m"));
        ck_assert_uint_eq(c->vectors[0].dim, (size_t)_i);
        ck_assert_ptr_nonnull(c->vectors[0].values);
        ck_assert_mem_eq(c->vectors[0].values, values, 4 * (size_t)_i);
        buffer_clear(&to);
        done(m);
    }
}
END_TEST

START_TEST(packed_vector_has_the_same_limit)
{
    const float values[9] = {0};
    struct buffer to;

    const struct text m = vector_message(&to, true, values, 9);
    ck_assert(!decode(m));
    ck_assert_str_eq(err.message,
                     "candidates[0].embeddings.m: 9 dimensions, at most 8");
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
    buffer_clear(&to);
    done(m);
}
END_TEST

START_TEST(integers_and_doubles_are_numbers_of_a_vector)
{
    const struct text m = support_request_message(
        ONE "{\"m\":[1,-2,0.5,18446744073709551615,1e300,-1e300]}}]}");
    const float want[] = {1,        -2,       0.5f, 18446744073709551616.0f,
                          INFINITY, -INFINITY};

    ck_assert_msg(decode(m), "%s", err.message);
    ck_assert_mem_eq(request.candidates[0].vectors[0].values, want,
                     sizeof(want));
    done(m);
}
END_TEST

/* ------------------------------------------------------- hostile and unlucky
 */

START_TEST(every_truncation_is_refused)
{
    const struct text whole = support_request_message(support_request_full);

    for (size_t len = 0; len < whole.len; len++) {
        const struct text part =
            support_bytes_exact((struct text){whole.at, len});
        ck_assert_msg(!decode(part), "%zu of %zu bytes", len, whole.len);
        ck_assert_int_eq(err.kind, ERR_BAD_REQUEST);
        support_bytes_free(part);
    }
    done(whole);
}
END_TEST

/* Each byte of a good message, changed to every other: an answer, no crash. */
START_TEST(every_changed_byte_is_survived)
{
    const struct text whole = support_request_message(support_request_full);
    size_t taken = 0;

    for (size_t at = (size_t)_i; at < whole.len; at += 8) {
        const struct text changed = support_bytes_exact(whole);
        unsigned char *byte = (unsigned char *)(uintptr_t)changed.at + at;
        for (unsigned value = 0; value < 256; value++) {
            *byte = (unsigned char)value;
            if (decode(changed)) {
                taken++;
                ck_assert_uint_le(request.candidate_count, 16);
            } else {
                ck_assert_msg(err.kind != ERR_NONE && err.message[0] != '\0',
                              "byte %zu: %02x", at, value);
            }
        }
        support_bytes_free(changed);
    }
    ck_assert_uint_gt(taken, 0);
    done(whole);
}
END_TEST

/* The 1st, 2nd ... allocation fails, until none does. */
START_TEST(every_failed_allocation_is_told)
{
    static const char *const messages[] = {support_request_full,
                                           S "\"text\":\"x\",\"id\":\"r-1\"}"};
    const struct text m = support_request_message(messages[_i]);
    size_t nth = 0;
    bool fine = false;

    (void)decode(m);
    while (!fine) {
        nth++;
        ck_assert_uint_lt(nth, 100);
        arena_reset(arena);
        arena_fail_at(arena, nth);
        fine =
            decode_request(m, &support_request_limits, arena, &request, &err);
        if (!fine) {
            ck_assert_int_eq(err.kind, ERR_MEMORY);
            ck_assert_ptr_nonnull(strstr(err.message, "out of memory"));
            ck_assert(text_is(request.id, "r-1"));
            ck_assert(text_is(request.op_name, "score"));
        }
    }
    ck_assert_uint_gt(nth, _i == 0 ? 6 : 1);
    done(m);
}
END_TEST

/* Wherever the fault is, and wherever they stand. */
static const struct {
    const char *json, *id, *op, *traceparent;
} echoes[] = {
    {"{\"x\":1,\"id\":\"r\",\"op\":\"score\",\"traceparent\":\"t\",\"v\":1}",
     "r", "score", "t"},
    {"{\"v\":9,\"z\":{\"id\":\"inner\"},\"id\":\"r\"}", "r", "", ""},
    {"{\"z\":[[\"id\",\"no\"]],\"op\":\"dance\",\"id\":\"r\"}", "r", "dance",
     ""},
    {"{\"v\":1,\"op\":7,\"id\":\"r\"}", "r", "", ""},
    {"{\"v\":1,\"op\":\"ping\",\"id\":[1],\"traceparent\":\"t\"}", "", "ping",
     "t"},
    {"{\"v\":1,\"op\":\"score\",\"id\":\"r\"}", "r", "score", ""},
    {"{\"v\":1}", "", "", ""},
    {"{}", "", "", ""},
    {"[1,\"id\"]", "", "", ""},
};

START_TEST(what_can_be_echoed_is_found)
{
    const struct text m = support_request_message(echoes[_i].json);

    ck_assert_msg(!decode(m), "%s", echoes[_i].json);
    ck_assert(text_is(request.id, echoes[_i].id));
    ck_assert(text_is(request.op_name, echoes[_i].op));
    ck_assert(text_is(request.traceparent, echoes[_i].traceparent));
    done(m);
}
END_TEST

START_TEST(what_may_not_be_echoed_is_not)
{
    static const char *const messages[] = {
        "82 a2 69 64 a2 ff fe a1 76 02", // id is no UTF-8
        "82 a2 69 64 c4 01 61 a1 76 02", // id is bin
        "82 c4 02 69 64 a1 61 a1 76 02", // its key is bin
        "82 05 a1 61 90 a1 61",          // keys of other types
    };

    for (size_t i = 0; i < 4; i++) {
        const struct text m = support_bytes_hex(messages[i]);
        ck_assert(!decode(m));
        ck_assert_msg(request.id.len == 0, "%s", messages[i]);
        done(m);
    }
    char *json = support_request_expand(P "\"id\":\"$S\"}", 129);
    const struct text m = support_request_message(json);
    ck_assert(!decode(m));
    ck_assert_uint_eq(request.id.len, 0);
    free(json);
    done(m);
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("decode_limits", {
    tcase_add_loop_test(tc, limit_is_exact, 0, COUNT(limits));
    tcase_add_test(tc, key_is_at_most_64_bytes);
    tcase_add_test(tc, structure_has_its_limits);
    tcase_add_loop_test(tc, vector_is_the_same_as_array_and_as_bin, 0, 9);
    tcase_add_test(tc, packed_vector_has_the_same_limit);
    tcase_add_test(tc, integers_and_doubles_are_numbers_of_a_vector);
    tcase_add_test(tc, every_truncation_is_refused);
    tcase_add_loop_test(tc, every_changed_byte_is_survived, 0, 8);
    tcase_add_loop_test(tc, every_failed_allocation_is_told, 0, 2);
    tcase_add_loop_test(tc, what_can_be_echoed_is_found, 0, COUNT(echoes));
    tcase_add_test(tc, what_may_not_be_echoed_is_not);
})
