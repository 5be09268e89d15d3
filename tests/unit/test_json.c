#include "proto/json.h"

#include <math.h>
#include <stdio.h>

#include "proto/wire.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"

static struct buffer wire, json;
static struct err err;

static void
begin(void)
{
    buffer_init(&wire, SIZE_MAX);
    buffer_init(&json, SIZE_MAX);
}

static void
end(void)
{
    buffer_clear(&wire);
    buffer_clear(&json);
}

/* What is read, and what is written of it again. */
static const struct {
    const char *json, *hex, *again; /* again NULL: the same */
} good[] = {
    {"null", "c0", NULL},
    {"true", "c3", NULL},
    {"false", "c2", NULL},
    {" \t\r\n0 \n", "00", "0"},
    {"-0", "00", "0"},
    {"127", "7f", NULL},
    {"-32", "e0", NULL},
    {"-128", "d0 80", NULL},
    {"9223372036854775807", "cf 7f ff ff ff ff ff ff ff", NULL},
    {"9223372036854775808", "cf 80 00 00 00 00 00 00 00", NULL},
    {"18446744073709551615", "cf ff ff ff ff ff ff ff ff", NULL},
    {"-9223372036854775808", "d3 80 00 00 00 00 00 00 00", NULL},
    {"0.5", "cb 3f e0 00 00 00 00 00 00", NULL},
    {"-0.0", "cb 80 00 00 00 00 00 00 00", "-0"},
    {"1.0", "cb 3f f0 00 00 00 00 00 00", "1"},
    {"1E2", "cb 40 59 00 00 00 00 00 00", "100"},
    {"5e-1", "cb 3f e0 00 00 00 00 00 00", "0.5"},
    {"0.1", "cb 3f b9 99 99 99 99 99 9a", NULL},
    {"0.30000000000000004", "cb 3f d3 33 33 33 33 33 34", NULL},
    {"1e+300", "cb 7e 37 e4 3c 88 00 75 9c", NULL},
    {"1.7976931348623157e+308", "cb 7f ef ff ff ff ff ff ff", NULL},
    {"5e-324", "cb 00 00 00 00 00 00 00 01", NULL},
    {"2.225073858507201e-308", "cb 00 0f ff ff ff ff ff ff", NULL},
    {"1e-999", "cb 00 00 00 00 00 00 00 00", "0"},
    {"\"\"", "a0", NULL},
    {"\"a/b\"", "a3 61 2f 62", NULL},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a8 22 5c 2f 08 0c 0a 0d 09",
     "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {"\"a\\u0000b\"", "a3 61 00 62", NULL},
    {"\"\\u001f\\u007f\"", "a2 1f 7f", NULL},
    {"\"\\u00e9\\u6F22\"", "a5 c3 a9 e6 bc a2", "\"\xc3\xa9\xe6\xbc\xa2\""},
    {"\"\\ud83d\\uDE42\"", "a4 f0 9f 99 82", "\"\xf0\x9f\x99\x82\""},
    {"\"\\ud800\\udc00\"", "a4 f0 90 80 80", "\"\xf0\x90\x80\x80\""},
    {"\"\\udbff\\udfff\"", "a4 f4 8f bf bf", "\"\xf4\x8f\xbf\xbf\""},
    {"\"\\ud7ff\\ue000\"", "a6 ed 9f bf ee 80 80",
     "\"\xed\x9f\xbf\xee\x80\x80\""},
    {"\"\\uffff\"", "a3 ef bf bf", "\"\xef\xbf\xbf\""},
    {"\"\xc2\x80\xc2\x9f\xc2\xa0\"", "a6 c2 80 c2 9f c2 a0",
     "\"\\u0080\\u009f\xc2\xa0\""},
    {"[]", "dd 00 00 00 00", NULL},
    {"[1,[2],{}]", "dd 00 00 00 03 01 dd 00 00 00 01 02 de 00 00", NULL},
    {"{}", "de 00 00", NULL},
    {" { \"a\" : 1 , \"\" : [ null ] } ",
     "de 00 02 a1 61 01 a0 dd 00 00 00 01 c0", "{\"a\":1,\"\":[null]}"},
    {"{\"a\\u0000b\":1,\"a\":2}", "de 00 02 a3 61 00 62 01 a1 61 02", NULL},
    {"{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
     "de 00 02 a1 61 de 00 01 a1 61 01 a1 62 de 00 01 a1 61 01", NULL},
};

START_TEST(read_and_written_again)
{
    const struct text want = support_bytes_hex(good[_i].hex);
    const struct text exact = support_bytes_exact(text_of(good[_i].json));
    const char *again = good[_i].again != NULL ? good[_i].again : good[_i].json;

    begin();
    ck_assert_msg(json_to_wire(exact, &wire, &err), "%s: %s", good[_i].json,
                  err.message);
    ck_assert_msg(text_equal(buffer_text(&wire), want), "%s: %s", good[_i].json,
                  support_bytes_show(buffer_text(&wire)));
    ck_assert_msg(json_from_wire(buffer_text(&wire), false, &json, &err),
                  "%s: %s", good[_i].json, err.message);
    ck_assert_msg(text_is(buffer_text(&json), again), "%s: %.*s", good[_i].json,
                  TEXT_ARGS(buffer_text(&json)));
    support_bytes_free(exact);
    support_bytes_free(want);
    end();
}
END_TEST

static const struct {
    const char *json, *message;
} bad[] = {
    {"", "ends early at byte 0"},
    {"  ", "ends early at byte 2"},
    {"nul", "expected a value at byte 0"},
    {"nullx", "more after the value at byte 4"},
    {"True", "expected a value at byte 0"},
    {"NaN", "expected a value at byte 0"},
    {"[Infinity]", "expected a value at byte 1"},
    {"-Infinity", "expected a digit at byte 1"},
    {"1 2", "more after the value at byte 2"},
    {"{} {}", "more after the value at byte 3"},
    {"1,", "more after the value at byte 1"},
    {"// x\n1", "expected a value at byte 0"},
    {"1 /* x */", "more after the value at byte 2"},
    {"\xef\xbb\xbf{}", "expected a value at byte 0"},
    {"01", "more after the value at byte 1"},
    {"-01", "more after the value at byte 2"},
    {"+1", "expected a value at byte 0"},
    {"-", "expected a digit at byte 1"},
    {".5", "expected a value at byte 0"},
    {"5.", "expected a digit at byte 2"},
    {"5.e1", "expected a digit at byte 2"},
    {"1e", "expected a digit at byte 2"},
    {"1e+", "expected a digit at byte 3"},
    {"0x10", "more after the value at byte 1"},
    {"1_000", "more after the value at byte 1"},
    {"18446744073709551616", "an integer beyond 64 bits at byte 20"},
    {"99999999999999999999999", "an integer beyond 64 bits at byte 23"},
    {"-9223372036854775809", "an integer beyond 64 bits at byte 20"},
    {"1e999", "a number beyond the range of a double at byte 5"},
    {"-1e309", "a number beyond the range of a double at byte 6"},
    {"'a'", "expected a value at byte 0"},
    {"\"a", "a string without an end at byte 2"},
    {"\"a\\", "unknown escape at byte 3"},
    {"\"a\\\"", "a string without an end at byte 4"},
    {"\"\n\"", "a control character in a string at byte 1"},
    {"\"a\tb\"", "a control character in a string at byte 2"},
    {"\"\\x41\"", "unknown escape at byte 2"},
    {"\"\\u12\"", "expected four hexadecimal digits at byte 5"},
    {"\"\\u12g4\"", "expected four hexadecimal digits at byte 5"},
    {"\"\\ud800\"", "half a surrogate pair at byte 7"},
    {"\"\\ud800x\"", "half a surrogate pair at byte 7"},
    {"\"\\ud800\\n\"", "half a surrogate pair at byte 8"},
    {"\"\\ud800\\u0041\"", "half a surrogate pair at byte 13"},
    {"\"\\udc00\"", "half a surrogate pair at byte 7"},
    {"\"\\udc00\\ud800\"", "half a surrogate pair at byte 7"},
    {"\"\\ud800\\udbff\"", "half a surrogate pair at byte 13"},
    {"\"\\ud800\\ue000\"", "half a surrogate pair at byte 13"},
    {"\"\\ud800\\ud800\"", "half a surrogate pair at byte 13"},
    {"\"a\xff\"", "not UTF-8 at byte 2"},
    {"\"\xed\xa0\x80\"", "not UTF-8 at byte 1"},
    {"[1", "expected , or ] at byte 2"},
    {"[1,", "ends early at byte 3"},
    {"[1,]", "expected a value at byte 3"},
    {"[,1]", "expected a value at byte 1"},
    {"[1 2]", "expected , or ] at byte 3"},
    {"[1}", "expected , or ] at byte 2"},
    {"]", "expected a value at byte 0"},
    {"{", "expected a string at byte 1"},
    {"{\"a\"", "expected : at byte 4"},
    {"{\"a\":", "ends early at byte 5"},
    {"{\"a\":1", "expected , or } at byte 6"},
    {"{\"a\":1,", "expected a string at byte 7"},
    {"{\"a\":1,}", "expected a string at byte 7"},
    {"{\"a\" 1}", "expected : at byte 5"},
    {"{a:1}", "expected a string at byte 1"},
    {"{1:1}", "expected a string at byte 1"},
    {"{\"a\":1,\"a\":1}", "a key twice in the object that ends at byte 13"},
    {"{\"a\":1,\"b\":2,\"\\u0061\":3}",
     "a key twice in the object that ends at byte 24"},
    {"[{\"a\":{\"b\":1,\"b\":2}}]",
     "a key twice in the object that ends at byte 19"},
};

START_TEST(what_rfc_8259_does_not_have_is_refused)
{
    const struct text exact = support_bytes_exact(text_of(bad[_i].json));
    char want[120];

    begin();
    ck_assert_msg(!json_to_wire(exact, &wire, &err), "%s", bad[_i].json);
    snprintf(want, sizeof(want), "JSON: %s", bad[_i].message);
    ck_assert_msg(strcmp(err.message, want) == 0, "%s: %s", bad[_i].json,
                  err.message);
    ck_assert_int_eq(err.kind, ERR_BAD_REQUEST);
    support_bytes_free(exact);
    end();
}
END_TEST

START_TEST(nul_is_no_end)
{
    begin();
    ck_assert(!json_to_wire(TEXT("1\0"), &wire, &err));
    ck_assert_str_eq(err.message, "JSON: more after the value at byte 1");
    ck_assert(!json_to_wire(TEXT("{}\0[]"), &wire, &err));
    ck_assert(!json_to_wire(TEXT("\"a\0b\""), &wire, &err));
    ck_assert(!json_to_wire(TEXT("\0"), &wire, &err));
    ck_assert(!json_to_wire((struct text){NULL, 0}, &wire, &err));
    ck_assert_str_eq(err.message, "JSON: ends early at byte 0");
    end();
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    static const char whole[] =
        "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude42\xc3\xa9\"],"
        "\"b\":{\"c\":null,\"d\":true}}";

    begin();
    ck_assert(json_to_wire(text_of(whole), &wire, &err));
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        const struct text part = support_bytes_exact((struct text){whole, len});
        ck_assert_msg(!json_to_wire(part, &wire, &err), "%zu bytes", len);
        ck_assert_int_eq(err.kind, ERR_BAD_REQUEST);
        support_bytes_free(part);
    }
    end();
}
END_TEST

/* `depth` arrays or objects; 32 are taken, 33 are not, nor a million. */
START_TEST(depth_is_limited)
{
    static const size_t depths[] = {1, 31, 32, 33, 64, 1000000};

    for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        for (int object = 0; object < 2; object++) {
            struct buffer deep;
            begin();
            buffer_init(&deep, SIZE_MAX);
            for (size_t d = 0; d < depths[i]; d++) {
                buffer_add_text(&deep, object ? TEXT("{\"\":") : TEXT("["));
            }
            buffer_add_byte(&deep, '0');
            for (size_t d = 0; d < depths[i]; d++) {
                buffer_add_byte(&deep, object ? '}' : ']');
            }
            const bool fine = json_to_wire(buffer_text(&deep), &wire, &err);
            ck_assert_msg(fine == (depths[i] <= 32), "%zu: %s", depths[i],
                          err.message);
            if (fine) {
                ck_assert(
                    json_from_wire(buffer_text(&wire), false, &json, &err));
                ck_assert(text_equal(buffer_text(&json), buffer_text(&deep)));
            } else {
                ck_assert_ptr_nonnull(strstr(err.message, "nested deeper"));
            }
            buffer_clear(&deep);
            end();
        }
    }
}
END_TEST

START_TEST(deep_message_is_not_written)
{
    for (size_t depth = 32; depth <= 33; depth++) {
        char bytes[40];
        begin();
        memset(bytes, (int)0x91, depth);
        bytes[depth] = '\0'; // the integer 0
        ck_assert(json_from_wire((struct text){bytes, depth + 1}, false, &json,
                                 &err) == (depth == 32));
        end();
    }
    ck_assert_str_eq(err.message, "JSON: nested deeper than 32");
}
END_TEST

/* Room for one byte less than each needs. */
START_TEST(limit_of_the_buffer_is_exact)
{
    static const char text[] = "{\"a\":[1,2.5,\"x\"]}";

    begin();
    ck_assert(json_to_wire(text_of(text), &wire, &err));
    const size_t need = wire.len;
    for (size_t limit = 0; limit <= need; limit++) {
        struct buffer small;
        buffer_init(&small, limit);
        ck_assert(json_to_wire(text_of(text), &small, &err) == (limit == need));
        if (limit < need) {
            ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
        }
        buffer_clear(&small);
    }
    for (size_t limit = 0; limit < sizeof(text); limit++) {
        struct buffer small;
        buffer_init(&small, limit);
        const bool fits = limit >= sizeof(text) - 1;
        ck_assert(json_from_wire(buffer_text(&wire), false, &small, &err) ==
                  fits);
        if (!fits) {
            ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
        }
        buffer_clear(&small);
    }
    end();
}
END_TEST

START_TEST(many_members_and_elements)
{
    begin();
    buffer_add_byte(&json, '{');
    for (unsigned i = 0; i < 65535; i++) {
        buffer_format(&json, "%s\"k%u\":0", i > 0 ? "," : "", i);
    }
    struct buffer more;
    buffer_init(&more, SIZE_MAX);
    buffer_add_text(&more, buffer_text(&json));
    buffer_add_byte(&json, '}');
    ck_assert_msg(json_to_wire(buffer_text(&json), &wire, &err), "%s",
                  err.message);
    buffer_add_text(&more, TEXT(",\"z\":0}"));
    buffer_reset(&wire);
    ck_assert(!json_to_wire(buffer_text(&more), &wire, &err));
    buffer_reset(&more);
    buffer_reset(&wire);
    buffer_add_byte(&more, '[');
    for (unsigned i = 0; i < 70000; i++) {
        buffer_format(&more, "%s%u", i > 0 ? "," : "", i % 10);
    }
    buffer_add_byte(&more, ']');
    ck_assert(json_to_wire(buffer_text(&more), &wire, &err));
    buffer_reset(&json);
    ck_assert(json_from_wire(buffer_text(&wire), false, &json, &err));
    ck_assert(text_equal(buffer_text(&json), buffer_text(&more)));
    buffer_clear(&more);
    end();
}
END_TEST

/* ------------------------------------------------------------------ writing */

static const struct {
    const char *hex, *json; /* NULL: refused */
} messages[] = {
    {"c4 03 00 7f ff", "[0,127,255]"},
    {"c4 00", "[]"},
    {"ca 3f 00 00 00", "0.5"},
    {"ca 3d cc cc cd", "0.10000000149011612"},
    {"ca 7f c0 00 00", NULL},
    {"cb 7f f0 00 00 00 00 00 00", NULL},
    {"92 01 cb ff f0 00 00 00 00 00 00", NULL},
    {"81 01 02", NULL},
    {"81 c4 01 61 02", NULL},
    {"81 a1 ff 02", NULL},
    {"a2 c0 80", NULL},
    {"82 a1 61 01 a1 62 91 c0", "{\"a\":1,\"b\":[null]}"},
    {"a3 e2 80 ae", "\"\xe2\x80\xae\""},
    {"a2 1b 5b", "\"\\u001b[\""},
    {"a2 c2 9b", "\"\\u009b\""},
};

START_TEST(messages_are_written_as_json)
{
    const struct text m = support_bytes_hex(messages[_i].hex);
    const char *want = messages[_i].json;

    begin();
    const bool fine = json_from_wire(m, false, &json, &err);
    ck_assert_msg(fine == (want != NULL), "%s: %s", messages[_i].hex,
                  err.message);
    if (fine) {
        ck_assert_msg(text_is(buffer_text(&json), want), "%.*s",
                      TEXT_ARGS(buffer_text(&json)));
    } else {
        ck_assert_int_eq(err.kind, ERR_INVALID);
    }
    support_bytes_free(m);
    end();
}
END_TEST

START_TEST(pretty_is_indented_by_two)
{
    begin();
    ck_assert(json_to_wire(
        TEXT("{\"a\":[1,[],{}],\"b\":{\"c\":\"d\"},\"e\":null}"), &wire, &err));
    ck_assert(json_from_wire(buffer_text(&wire), true, &json, &err));
    buffer_add_byte(&json, '\0');
    ck_assert_str_eq(json.at, "{\n"
                              "  \"a\": [\n"
                              "    1,\n"
                              "    [],\n"
                              "    {}\n"
                              "  ],\n"
                              "  \"b\": {\n"
                              "    \"c\": \"d\"\n"
                              "  },\n"
                              "  \"e\": null\n"
                              "}");
    end();
}
END_TEST

/* Random doubles: bits go to JSON and come back the same. */
START_TEST(doubles_read_back_the_same)
{
    uint64_t state = 42;

    for (int i = 0; i < 20000; i++) {
        double value, back;
        uint64_t bits = support_bytes_random(&state);
        if (i % 4 == 0) {
            bits &= 0x800fffffffffffffu; // below DBL_MIN
        }
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value)) {
            continue;
        }
        begin();
        wire_put_double(&wire, value);
        ck_assert(json_from_wire(buffer_text(&wire), false, &json, &err));
        buffer_add_byte(&json, '\0');
        back = strtod(json.at, NULL);
        ck_assert_msg(memcmp(&back, &value, sizeof(value)) == 0, "%a: %s",
                      value, json.at);
        end();
    }
}
END_TEST

/* Good texts with a byte changed: an answer, no crash; seed 7. */
START_TEST(changed_texts_are_survived)
{
    uint64_t state = 7;
    const struct text whole = text_of(good[_i].json);

    for (int i = 0; i < 2000; i++) {
        const struct text changed = support_bytes_exact(whole);
        char *at = (char *)(uintptr_t)changed.at;
        at[support_bytes_random(&state) % whole.len] =
            (char)support_bytes_random(&state);
        begin();
        if (json_to_wire(changed, &wire, &err)) {
            const struct wire_limits limits = {64, 1000};
            ck_assert_msg(wire_scan(buffer_text(&wire), &limits, &err), "%s",
                          err.message);
            ck_assert(json_from_wire(buffer_text(&wire), i % 2, &json, &err));
        }
        support_bytes_free(changed);
        end();
    }
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("json", {
    tcase_add_loop_test(tc, read_and_written_again, 0, COUNT(good));
    tcase_add_loop_test(tc, what_rfc_8259_does_not_have_is_refused, 0,
                        COUNT(bad));
    tcase_add_test(tc, nul_is_no_end);
    tcase_add_test(tc, every_truncation_is_refused);
    tcase_add_test(tc, depth_is_limited);
    tcase_add_test(tc, deep_message_is_not_written);
    tcase_add_test(tc, limit_of_the_buffer_is_exact);
    tcase_add_test(tc, many_members_and_elements);
    tcase_add_loop_test(tc, messages_are_written_as_json, 0, COUNT(messages));
    tcase_add_test(tc, pretty_is_indented_by_two);
    tcase_add_test(tc, doubles_read_back_the_same);
    tcase_add_loop_test(tc, changed_texts_are_survived, 0, COUNT(good));
})
