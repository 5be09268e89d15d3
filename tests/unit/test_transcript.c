#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"
#include "sidecar/tools/transcript_value.h"
#include "tests/unit/transcripts.h"

/* ------------------------------------------------------- all that a turn has
 */

/* One field of the item after `skip` others, of content. */
static const char *
field(const char *content, size_t skip, size_t offset)
{
    static char shown[256];
    const struct transcript_options options = {.from = NULL};
    struct transcript_item item;
    struct err err;
    char path[64];

    transcripts_write(text_of(content));
    transcripts_path(path);
    struct transcript *t = transcript_open(path, &options, &err);
    ck_assert_msg(t != NULL, "%s", err.message);
    for (size_t i = 0; i <= skip; i++) {
        ck_assert_int_eq(transcript_next(t, &item, &err), TRANSCRIPT_TURN);
    }
    struct text text;
    memcpy(&text, (const char *)&item.turn + offset, sizeof(text));
    snprintf(shown, sizeof(shown), "%.*s", TEXT_ARGS(text));
    transcript_close(t);
    ck_assert_int_eq(unlink(path), 0);
    return shown;
}

#define FIELD(name) offsetof(struct transcript_turn, name)

START_TEST(names_are_read_where_formats_have_them)
{
    static const struct {
        const char *content;
        size_t skip, offset;
        const char *is;
    } rows[] = {
        {"{\"text\": \"x\", \"persona\": \"mira\"}", 0, FIELD(persona), "mira"},
        {"{\"text\": \"x\", \"session\": \"s\"}", 0, FIELD(session), "s"},
        {"{\"text\": \"x\", \"session_id\": -12}", 0, FIELD(session), "-12"},
        {"{\"text\": \"x\", \"session\": 18446744073709551615}", 0,
         FIELD(session), ""},
        {"{\"text\": \"x\", \"session\": {}}", 0, FIELD(session), ""},
        {"{\"text\": \"x\", \"speaker\": \"M\"}", 0, FIELD(speaker), "M"},
        {"{\"text\": \"x\", \"locale\": \"de\"}", 0, FIELD(locale), "de"},
        {"{\"text\": \"x\", \"user\": \"u\"}", 0, FIELD(user), "u"},
        {"{\"text\": \"x\", \"id\": 5}", 0, FIELD(id), "5"},
        {"{\"text\": \"x\", \"model\": \"m\"}", 0, FIELD(model), "m"},
        {"{\"text\": \"x\", \"persona\": 5}", 0, FIELD(persona), ""},
        {"Name,Text,Session ID\nM,x,s1\n", 0, FIELD(speaker), "M"},
        {"Name,Text,Session ID\nM,x,s1\n", 0, FIELD(session), "s1"},
        {"{\"user_name\": \"A\", \"character_name\": \"M\"}\n{\"name\": "
         "\"A\", \"is_user\": true, \"mes\": \"x\"}\n{\"name\": \"M\", "
         "\"is_user\": false, \"mes\": \"x\"}",
         1, FIELD(persona), "M"},
        {"{\"user_name\": \"A\", \"character_name\": \"M\"}\n{\"name\": "
         "\"A\", \"is_user\": true, \"mes\": \"x\"}\n{\"name\": \"M\", "
         "\"is_user\": false, \"mes\": \"x\"}",
         0, FIELD(persona), ""},
        {"{\"persona\": \"mira\", \"id\": \"c\", \"messages\": [{\"role\": "
         "\"user\", \"name\": \"Al\", \"content\": \"x\"}]}",
         0, FIELD(persona), "mira"},
        {"{\"persona\": \"mira\", \"id\": \"c\", \"messages\": [{\"role\": "
         "\"user\", \"name\": \"Al\", \"content\": \"x\"}]}",
         0, FIELD(speaker), "Al"},
        {"{\"persona\": \"mira\", \"id\": \"c\", \"messages\": [{\"role\": "
         "\"user\", \"name\": \"Al\", \"content\": \"x\"}]}",
         0, FIELD(session), "c"},
        {"{\"messages\": [], \"response\": {\"model\": \"m\", \"choices\": "
         "[{\"text\": \"x\"}]}}",
         0, FIELD(model), "m"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *is = field(rows[i].content, rows[i].skip, rows[i].offset);
        ck_assert_msg(strcmp(is, rows[i].is) == 0, "%s: %s and not %s",
                      rows[i].content, is, rows[i].is);
    }
}
END_TEST

START_TEST(labels_vectors_and_metadata_come_as_they_stand)
{
    static const char content[] =
        "{\"text\": \"x\", \"label\": {\"hate\": true}, \"in_voice\": false, "
        "\"label.threat\": 1, \"labelled_by\": \"me\", \"metadata\": {\"a\": "
        "\"b\"}, \"embeddings\": {\"m\": [1, 2]}}";
    static const char *const names[] = {"label", "in_voice", "label.threat"};
    const struct transcript_options options = {.from = NULL};
    struct transcript_item item;
    struct err err;
    char path[64];

    transcripts_write(text_of(content));
    transcripts_path(path);
    struct transcript *t = transcript_open(path, &options, &err);
    ck_assert_ptr_nonnull(t);
    ck_assert_int_eq(transcript_next(t, &item, &err), TRANSCRIPT_TURN);
    ck_assert_uint_eq(item.turn.label_count, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(text_is(item.turn.labels[i].name, names[i]));
    }
    ck_assert(transcript_value_true(
        transcript_value_get(item.turn.labels[0].value, "hate")));
    ck_assert_int_eq(transcript_value_type(item.turn.labels[2].value),
                     WIRE_INT);
    ck_assert(text_is(
        transcript_value_str(transcript_value_get(item.turn.metadata, "a")),
        "b"));
    ck_assert_int_eq(
        transcript_value_type(transcript_value_get(item.turn.embeddings, "m")),
        WIRE_ARRAY);
    transcript_close(t);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

/* --------------------------------------------------------------------- --map
 */

START_TEST(maps_lead_to_fields)
{
    static const struct {
        const char *maps[4];
        const char *content, *items;
    } rows[] = {
        {{"text=a.b"},
         "{\"a\": {\"b\": \"x\"}}\n{\"a\": 1}",
         "a0:x|!2 no text|."},
        {{"text=a.b"}, "{\"a.b\": \"y\", \"a\": {\"b\": \"x\"}}", "a0:y|."},
        {{"text=a.1"},
         "{\"a\": [\"x\", \"y\"]}\n{\"a\": [\"x\"]}",
         "a0:y|!2 no text|."},
        {{"text=a.x"}, "{\"a\": [\"x\"]}", "!1 no text|."},
        {{"text=1"}, "[\"x\", \"y\"]\n[\"x\", \"z\"]", "a0:y|a1:z|."},
        {{"text=say", "role=who"},
         "{\"say\": \"x\", \"who\": \"human\"}",
         "u0:x|."},
        {{"text=say", "turns=log", "session=id"},
         "{\"id\": \"1\", \"log\": [{\"say\": \"x\"}, {\"say\": \"y\"}]}\n"
         "{\"id\": \"2\", \"log\": [{\"say\": \"z\"}]}\n{\"id\": \"3\"}",
         "a0:x|a1:y|a0:z|!3 no list where --map turns= says|."},
        {{"text=Their Words"}, "n,Their Words\n1,x\n", "a0:x|."},
    };
    struct transcript_mapping map[4];
    struct told told;
    struct err err;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct transcript_options options = {.map = map};
        for (size_t m = 0; m < 4 && rows[i].maps[m] != NULL; m++) {
            ck_assert(transcript_mapping_read(rows[i].maps[m], &map[m], &err));
            options.map_count++;
        }
        transcripts_of(text_of(rows[i].content), &options, &told);
        ck_assert_msg(strcmp(told.items, rows[i].items) == 0, "%s: %s %s",
                      rows[i].content, told.items, told.err.message);
    }
}
END_TEST

START_TEST(maps_that_are_wrong_are_refused)
{
    static const struct {
        const char *map, *says;
    } rows[] = {{"text", "NAME=PATH"},
                {"text=", "NAME=PATH"},
                {"=x", "no such field"},
                {"txet=x", "did you mean \"text\"?"},
                {"", "NAME=PATH"}};
    struct transcript_mapping map;
    struct told told;
    struct err err;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert(!transcript_mapping_read(rows[i].map, &map, &err));
        ck_assert_msg(strstr(err.message, rows[i].says) != NULL, "%s",
                      err.message);
    }
    const struct transcript_options options = {.from = "yaml"};
    transcripts_of(TEXT("x"), &options, &told);
    ck_assert_str_eq(told.format, "");
    ck_assert_ptr_nonnull(strstr(told.err.message, "sharegpt"));
}
END_TEST

/* ------------------------------------------------------------------- hostile
 */

static const char *const seeds[] = {
    "{\"text\": \"one\", \"role\": \"user\", \"turn\": 3, \"label\": true}\n"
    "{\"text\": [{\"type\": \"text\", \"text\": \"\\u00e9\"}]}\n",
    "[{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": "
    "\"assistant\", \"content\": null, \"tool_calls\": []}]},\n {}]",
    "{\"conversations\": [{\"from\": \"gpt\", \"value\": \"a\\\"b\"}]}",
    "{\"user_name\": \"A\", \"character_name\": \"B\"}\n{\"name\": \"B\", "
    "\"is_user\": false, \"mes\": \"x\"}\n",
    "[{\"chat\": {\"history\": {\"currentId\": \"b\", \"messages\": {\"a\": "
    "{\"parentId\": null, \"role\": \"user\", \"content\": \"1\"}, \"b\": "
    "{\"parentId\": \"a\", \"role\": \"assistant\", \"content\": \"2\"}}}}}]",
    "{\"messages\": \"[]\", \"response\": \"{\\\"choices\\\": [{\\\"text\\\": "
    "\\\"x\\\"}]}\"}\n",
    "role,text\nuser,\"a, \"\"b\"\"\"\nassistant,c\n",
};
enum { SEEDS = sizeof(seeds) / sizeof(seeds[0]), MUTATIONS = 3000 };

static uint64_t
draw(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

/* A few bytes changed, left out, put in or said again. */
static void
mutate(struct buffer *content, uint64_t *state)
{
    static const char bytes[] = "{}[]\",:\\\n\r\t \xff\xc3\0a0-;";
    char *const at = content->at;

    for (uint64_t n = draw(state) % 4 + 1; n > 0 && content->len > 4; n--) {
        const size_t from = (size_t)(draw(state) % content->len);
        const size_t len = (size_t)(draw(state) % (content->len - from)) % 16;
        switch (draw(state) % 4) {
        case 0:
            at[from] = bytes[draw(state) % (sizeof(bytes) - 1)];
            break;
        case 1:
            memmove(at + from, at + from + len, content->len - from - len);
            content->len -= len;
            break;
        case 2:
            at[from] = (char)(unsigned char)draw(state);
            break;
        default: {
            char again[16];
            memcpy(again, at + from, len);
            buffer_add(content, again, len);
            break;
        }
        }
    }
}

/*
 * Nothing that a file holds crashes the reader or keeps it: what it gives is
 * whole UTF-8, and it ends.
 */
START_TEST(mutations_end_and_give_whole_texts)
{
    const struct transcript_options options = {.from = NULL};
    uint64_t state = (uint64_t)_i + 1; // the seed
    struct transcript_item item;
    struct buffer content;
    struct err err;
    char path[64];
    size_t bad;

    transcripts_path(path);
    buffer_init(&content, 1 << 16);
    for (size_t n = 0; n < MUTATIONS; n++) {
        buffer_reset(&content);
        buffer_add_text(&content, text_of(seeds[_i]));
        buffer_add_text(&content, text_of(seeds[draw(&state) % SEEDS]));
        mutate(&content, &state);
        transcripts_write(buffer_text(&content));
        struct transcript *t = transcript_open(path, &options, &err);
        size_t items = 0;
        enum transcript_kind kind = TRANSCRIPT_END;
        while (t != NULL &&
               (kind = transcript_next(t, &item, &err)) != TRANSCRIPT_END) {
            ck_assert_int_ne(kind, TRANSCRIPT_BROKEN);
            ck_assert_uint_le(++items, content.len + 1);
            ck_assert_msg(
                kind == TRANSCRIPT_BAD ||
                    (utf8_check(item.turn.text, &bad) && item.turn.turn >= 0),
                "%.*s", TEXT_ARGS(buffer_text(&content)));
            ck_assert_uint_ge(item.line, 1);
            ck_assert_uint_le(item.offset, content.len);
        }
        transcript_close(t);
    }
    ck_assert_int_eq(unlink(path), 0);
    buffer_clear(&content);
}
END_TEST

START_TEST(deep_nesting_is_a_bad_record)
{
    const struct transcript_options options = {.from = NULL};
    struct buffer content;
    struct told told;

    buffer_init(&content, 1 << 20);
    buffer_add_text(&content, TEXT("{\"text\": \"a\"}\n{\"text\": "));
    for (size_t i = 0; i < 100000; i++) {
        buffer_add_byte(&content, '[');
    }
    buffer_add_text(&content, TEXT("\n{\"text\": \"b\"}\n"));
    transcripts_of(buffer_text(&content), &options, &told);
    ck_assert_str_eq(told.items,
                     "a0:a|!2 JSON: nested deeper than 32 at byte 40|a1:b|.");
    buffer_clear(&content);
}
END_TEST

TEST_MAIN("transcript",
          tcase_add_test(tc, names_are_read_where_formats_have_them);
          tcase_add_test(tc, labels_vectors_and_metadata_come_as_they_stand);
          tcase_add_test(tc, maps_lead_to_fields);
          tcase_add_test(tc, maps_that_are_wrong_are_refused);
          tcase_add_loop_test(tc, mutations_end_and_give_whole_texts, 0, SEEDS);
          tcase_add_test(tc, deep_nesting_is_a_bad_record);)
