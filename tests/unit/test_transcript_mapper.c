#include "proto/json.h"
#include "sidecar/tools/transcript_format.h"
#include "tests/unit/harness.h"

enum { RECORD_BYTES = 1 << 16, TAKES = 64 };

static const char *const records[] = {
    "{\"text\": [{\"text\": \"a\"}, {\"text\": \"b\"}], \"session\": 5, "
    "\"id\": 6, \"label\": true}",
    "{\"id\": 1, \"messages\": [{\"role\": \"user\", \"content\": [\"a\"], "
    "\"label\": 1}, {\"role\": \"ghost\", \"content\": \"b\"}]}",
    "{\"conversations\": [{\"from\": \"gpt\", \"value\": \"a\", \"id\": 9}, "
    "5]}",
    "{\"name\": \"M\", \"is_user\": false, \"mes\": [\"a\", \"b\"]}",
    "{\"chat\": {\"history\": {\"currentId\": \"b\", \"messages\": {\"a\": "
    "{\"parentId\": \"c\", \"role\": \"user\", \"content\": \"1\"}, \"b\": "
    "{\"parentId\": \"a\", \"role\": \"assistant\", \"content\": \"2\"}}}}}",
    "{\"messages\": \"[]\", \"response\": \"{\\\"choices\\\": [{\\\"text\\\": "
    "[\\\"x\\\"]}, {}]}\"}",
};

static void
wire_of(const char *json, struct buffer *to)
{
    struct err err;

    buffer_init(to, 3 * RECORD_BYTES);
    ck_assert_msg(json_to_wire(text_of(json), to, &err), "%s", err.message);
}

/* Maps a record with the nth piece of memory missing (0: none). */
static void
map_without(struct transcript_mapper *mapper, struct text value, size_t nth)
{
    const struct transcript_options options = {.record_bytes = RECORD_BYTES};
    const struct transcript_format *format = transcript_format_of_value(value);
    struct err err;

    ck_assert_ptr_nonnull(format);
    ck_assert(transcript_mapper_init(mapper, &options, &err));
    transcript_mapper_record(mapper, 1, 0, SIZE_MAX);
    arena_fail_at(mapper->arena, nth);
    format->map(mapper, value);
}

/* Every piece of memory that is not there is told, and none is passed over. */
START_TEST(no_memory_is_told)
{
    struct transcript_mapper mapper;
    struct buffer wire;
    size_t nth = 0;
    bool failed = true;

    wire_of(records[_i], &wire);
    map_without(&mapper, buffer_text(&wire), 0);
    ck_assert(!mapper.failed);
    const size_t items = mapper.count;
    transcript_mapper_clear(&mapper);
    while (failed) {
        ck_assert_uint_lt(++nth, TAKES);
        map_without(&mapper, buffer_text(&wire), nth);
        failed = mapper.failed;
        ck_assert(!failed || mapper.err.kind == ERR_MEMORY);
        ck_assert_msg(failed || mapper.count == items, "%s: %zu of %zu items",
                      records[_i], mapper.count, items);
        transcript_mapper_clear(&mapper);
    }
    ck_assert_uint_gt(nth, 1); // it takes memory at all
    buffer_clear(&wire);
}
END_TEST

/* Names by which a format can be asked for are of one format each. */
START_TEST(names_are_of_one_format)
{
    static const char *const names[] = {
        "rows",      "leeway",  "messages", "openai", "huggingface",
        "sharegpt",  "litellm", "csv",      "tsv",    "sillytavern",
        "openwebui", "text",    "txt",      "lines"};
    static const char *const none[] = {"",      " ",    "row",
                                       "rowss", "open", "openai huggingface"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_msg(transcript_format_find(names[i]) != NULL, "%s", names[i]);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        ck_assert_msg(transcript_format_find(none[i]) == NULL, "%s", none[i]);
    }
}
END_TEST

TEST_MAIN("transcript_mapper",
          tcase_add_loop_test(tc, no_memory_is_told, 0,
                              sizeof(records) / sizeof(records[0]));
          tcase_add_test(tc, names_are_of_one_format);)
