#include "tests/unit/transcripts.h"

#define GOOD_OPENAI                                                            \
    "{\"messages\": [{\"role\": \"system\", \"content\": \"be\"}, {\"role\": " \
    "\"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", \"content\": "  \
    "\"yo\"}]}"
#define TAVERN                                                                 \
    "{\"user_name\": \"Al\", \"character_name\": \"Mira\", "                   \
    "\"chat_metadata\": {}}\n"                                                 \
    "{\"name\": \"Al\", \"is_user\": true, \"mes\": \"hi\"}\n"                 \
    "{\"name\": \"Mira\", \"is_user\": false, \"mes\": \"yo\", \"swipes\": "   \
    "[\"no\", \"yo\"], \"swipe_id\": 1}\n"
#define WEBUI                                                                  \
    "[{\"id\": \"c\", \"title\": \"t\", \"chat\": {\"history\": "              \
    "{\"currentId\": \"d\", \"messages\": {\"a\": {\"id\": \"a\", "            \
    "\"parentId\": null, \"role\": \"user\", \"content\": \"hi\"}, \"b\": "    \
    "{\"id\": \"b\", \"parentId\": \"a\", \"role\": \"assistant\", "           \
    "\"content\": \"not this\"}, \"d\": {\"id\": \"d\", \"parentId\": \"a\", " \
    "\"role\": \"assistant\", \"content\": \"this\"}}}, \"messages\": []}}]"

static const struct {
    const char *content, *format, *items;
} samples[] = {
    // Plain text.
    {"One.\nTwo.\r\n\n  \nThree", "text", "a0:One.|a1:Two.|a2:Three|."},
    {"\xef\xbb\xbfOne.\nTwo.\n", "text", "a0:One.|a1:Two.|."},
    {"[Sighs] Well.\n{{user}}, hush!\n", "text",
     "a0:[Sighs] Well.|a1:{{user}}, hush!|."},
    {"\"Well,\" she said.\n{not json}\n", "text",
     "a0:\"Well,\" she said.|a1:{not json}|."},
    {"1\n2\n3\n", "text", "a0:1|a1:2|a2:3|."},
    // Leeway's rows.
    {"{\"text\": \"One.\"}\n{\"text\": \"Two.\", \"role\": \"user\"}\n", "rows",
     "a0:One.|u1:Two.|."},
    {"{\"content\": \"One.\", \"turn\": 7, \"session\": \"s\"}\n"
     "{\"content\": \"Two.\", \"session\": \"s\"}\n"
     "{\"content\": \"Three.\", \"session\": \"t\"}\n",
     "rows", "a7:One.|a1:Two.|a0:Three.|."},
    {"[{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", "
     "\"content\": \"yo\"}]",
     "rows", "u0:hi|a1:yo|."},
    {"[\n{\"text\": \"One.\"},\n{\"text\": \"Two.\"}\n]\n", "rows",
     "a0:One.|a1:Two.|."},
    {"{\n  \"text\": \"One.\"\n}\n{\n  \"text\": \"Two.\"\n}\n", "rows",
     "a0:One.|a1:Two.|."},
    {"{\"text\": [{\"type\": \"text\", \"text\": \"a\"}, {\"type\": "
     "\"image_url\"}, \"b\"]}",
     "rows", "a0:a\nb|."},
    {"{\"text\": null}\n{\"text\": \"One.\"}\n", "rows", "a0:One.|."},
    {"{\"text\": \"a\\u0000b\"}", "rows", "a0:a"}, // printed up to the NUL
    // OpenAI and Hugging Face.
    {GOOD_OPENAI, "messages", "s0:be|u1:hi|a2:yo|."},
    {GOOD_OPENAI "\n" GOOD_OPENAI "\n", "messages",
     "s0:be|u1:hi|a2:yo|s0:be|u1:hi|a2:yo|."},
    {"{\"prompt\": \"x\", \"text\": \"y\", \"messages\": [{\"role\": "
     "\"assistant\", \"content\": \"yo\"}]}",
     "messages", "a0:yo|."},
    {"[{\"role\": \"user\", \"content\": \"1\"}]\n[{\"role\": \"user\", "
     "\"content\": \"2\"}]\n",
     "messages", "u0:1|u0:2|."},
    {"{\"messages\": [{\"role\": \"assistant\", \"content\": null, "
     "\"tool_calls\": [{}]}, {\"role\": \"tool\", \"content\": \"r\"}, "
     "{\"role\": \"assistant\", \"content\": [{\"type\": \"text\", \"text\": "
     "\"a\"}, {\"type\": \"refusal\", \"refusal\": \"b\"}]}]}",
     "messages", "t1:r|a2:a\nb|."},
    {"{\"messages\": []}\n" GOOD_OPENAI, "messages", "s0:be|u1:hi|a2:yo|."},
    // ShareGPT.
    {"{\"id\": \"x\", \"conversations\": [{\"from\": \"human\", \"value\": "
     "\"hi\"}, {\"from\": \"gpt\", \"value\": \"yo\"}]}",
     "sharegpt", "u0:hi|a1:yo|."},
    {"[\n  {\n    \"conversations\": [\n      {\"from\": \"system\", "
     "\"value\": \"be\"},\n      {\"from\": \"gpt\", \"value\": \"yo\"}\n    "
     "]\n  },\n  {\n    \"conversations\": [\n      {\"from\": \"gpt\", "
     "\"value\": \"two\"}\n    ]\n  }\n]\n",
     "sharegpt", "s0:be|a1:yo|a0:two|."},
    // SillyTavern.
    {TAVERN, "sillytavern", "u0:hi|a1:yo|."},
    {TAVERN TAVERN, "sillytavern", "u0:hi|a1:yo|u0:hi|a1:yo|."},
    {"{\"name\": \"M\", \"is_user\": false, \"is_system\": true, \"mes\": "
     "\"n\"}\n",
     "sillytavern", "s0:n|."},
    // Open WebUI: the branch that was seen last.
    {WEBUI, "openwebui", "u0:hi|a1:this|."},
    {"[{\"chat\": {\"title\": \"x\", \"messages\": [{\"role\": \"user\", "
     "\"content\": \"hi\"}]}}]",
     "openwebui", "u0:hi|."},
    {"{\"history\": {\"currentId\": \"a\", \"messages\": {\"a\": "
     "{\"parentId\": \"b\", \"role\": \"user\", \"content\": \"1\"}, \"b\": "
     "{\"parentId\": \"a\", \"role\": \"user\", \"content\": \"2\"}}}}",
     "openwebui", "!1 history.messages: messages in a circle|u0:2|u1:1|."},
    {"{\"history\": {\"currentId\": \"a\", \"messages\": {\"a\": "
     "{\"parentId\": \"gone\", \"role\": \"user\", \"content\": \"1\"}}}}",
     "openwebui", "!1 history.messages: a parentId of no message|u0:1|."},
    // LiteLLM.
    {"{\"id\": \"r\", \"messages\": [{\"role\": \"user\", \"content\": "
     "\"hi\"}], \"response\": {\"choices\": [{\"message\": {\"role\": "
     "\"assistant\", \"content\": \"yo\"}}]}}",
     "litellm", "~u0:hi|a1:yo|."},
    {"{\"messages\": \"[{\\\"role\\\": \\\"user\\\", \\\"content\\\": "
     "\\\"hi\\\"}]\", \"response\": \"{\\\"choices\\\": [{\\\"text\\\": "
     "\\\"yo\\\"}]}\"}",
     "litellm", "~u0:hi|a1:yo|."},
    {"{\"request\": {\"messages\": [{\"role\": \"user\", \"content\": "
     "\"hi\"}]}, \"response\": {\"body\": {\"choices\": [{\"message\": "
     "{\"role\": \"assistant\", \"content\": \"yo\"}}]}}}",
     "litellm", "~u0:hi|a1:yo|."},
    {"{\"messages\": [], \"response\": {\"error\": \"x\"}}", "litellm",
     "!1 response: no list \"choices\"|."},
    // CSV.
    {"role,text\nuser,hi\nassistant,\"a, \"\"b\"\"\nc\"\n", "csv",
     "u0:hi|a1:a, \"b\"\nc|."},
    {"\xef\xbb\xbf\"Session ID\";\"Text\"\r\n1;one\r\n2;\"two\r\nlines\"\r\n",
     "csv", "a0:one|a0:two\r\nlines|."},
    {"text\tlabel\none\tgood\n", "csv", "a0:one|."},
    {"id,content\n1,x \"y\" z\n2,\"\"\n3,\n", "csv", "a0:x \"y\" z|a1:|a2:|."},
    // Nothing.
    {"", "text", "."},
    {"\n\n \n", "text", "."},
    {"[]", "rows", "."},
};

START_TEST(formats_are_known_by_content)
{
    const struct transcript_options options = {.from = NULL};
    struct told told;

    transcripts_of(text_of(samples[_i].content), &options, &told);
    ck_assert_msg(strcmp(told.format, samples[_i].format) == 0,
                  "%s\nis %s and not %s: %s", samples[_i].content, told.format,
                  samples[_i].format, told.err.message);
    ck_assert_msg(
        strncmp(told.items, samples[_i].items, strlen(samples[_i].items)) == 0,
        "%s\nread as %s\nand not   %s", samples[_i].content, told.items,
        samples[_i].items);
}
END_TEST

/* Naming the format says the same as finding it. */
START_TEST(formats_can_be_named)
{
    const struct transcript_options options = {.from = samples[_i].format};
    struct told told;

    transcripts_of(text_of(samples[_i].content), &options, &told);
    ck_assert_msg(
        strncmp(told.items, samples[_i].items, strlen(samples[_i].items)) == 0,
        "%s\nas %s read as %s", samples[_i].content, samples[_i].format,
        told.items);
}
END_TEST

/* A byte more that is missing never crashes, and never invents a word. */
START_TEST(formats_may_end_anywhere)
{
    const struct transcript_options options = {.from = NULL};
    const struct text whole = text_of(samples[_i].content);
    struct told told;

    for (size_t len = 0; len < whole.len; len++) {
        transcripts_of(text_part(whole, 0, len), &options, &told);
        ck_assert_msg(told.format[0] != '\0' ||
                          strstr(told.err.message, "no format") != NULL ||
                          strstr(told.err.message, "header") != NULL,
                      "%.*s: %s", (int)len, whole.at, told.err.message);
        ck_assert_int_eq(told.end == TRANSCRIPT_END, told.format[0] != '\0');
    }
}
END_TEST

START_TEST(bad_records_are_told_and_passed)
{
    static const struct {
        const char *content, *items;
    } rows[] = {
        {"{\"text\": \"1\"}\n{\"text\": \"2\n{\"text\": \"3\"}\n",
         "a0:1|!2 JSON: a string without an end at byte 11|a1:3|."},
        {"{\"text\": \"1\n{\"text\": \"2\"}\n",
         "!1 JSON: a string without an end at byte 11|a0:2|."},
        {"{\"text\": \"1\"}\n\n{\"text\": \"\xff\"}\n{\"text\": \"2\"}",
         "a0:1|!3 JSON: not UTF-8 at byte 10|a1:2|."},
        {"{\"text\": \"\\ud800\"}\n{\"text\": \"2\"}",
         "!1 JSON: half a surrogate pair at byte 16|a0:2|."},
        {"{\"text\": \"1\", \"text\": \"2\"}\n{\"text\": \"2\"}",
         "!1 JSON: a key twice"},
        {"{\"text\": 1}\n{\"text\": \"2\"}",
         "!1 what is said is no text|a0:2|."},
        {"{\"txt\": \"1\"}\n{\"text\": \"2\"}", "!1 no text|a0:2|."},
        {"{\"text\": \"2\"}\n7\n[]\n", "a0:2|!2 no object|!3 no object|."},
        {"{\"text\": \"1\", \"role\": \"ghost\"}\n{\"text\": \"2\"}",
         "!1 a role that is not known|a0:2|."},
        {"{\"text\": \"1\", \"turn\": -1}\n{\"text\": \"2\", \"turn\": "
         "\"x\"}\n{\"text\": \"3\", \"turn\": \"3\"}",
         "!1 a turn that is no number|!2 a turn that is no number|a3:3|."},
        {"[{\"text\": \"1\"}, {\"text\" \"2\"}, {\"text\": \"3\"}]",
         "a0:1|!1 [1]: JSON: expected : at byte 8|a1:3|."},
        {"[\n{\"text\": \"1\"},\n{\"text\": \"2},\n{\"text\": \"3\"}]",
         "a0:1|!3 [1]: JSON: "},
        {"[{\"text\": \"1\"}, 5, \"x, y\", null, {\"text\": \"3\"}]",
         "a0:1|!1 [1]: no object|!1 [2]: no object|!1 [3]: no object|a1:3|."},
        {"[{\"text\": \"1\"}, {\"text\": \"2\"",
         "a0:1|!1 [1]: JSON: expected , or }"},
        {"{\"messages\": [{\"role\": \"user\"}, {\"content\": \"x\"}, 5, "
         "{\"role\": \"user\", \"content\": 7}, {\"role\": \"gpt\", "
         "\"content\": \"ok\"}]}",
         "!1 messages[1]: no role|!1 messages[2]: no object|!1 messages[3]: "
         "what is said is no text|a4:ok|."},
        {GOOD_OPENAI "\n{\"messages\": {}}\n{}\n",
         "s0:be|u1:hi|a2:yo|!2 no list \"messages\"|!3 no list \"messages\"|."},
        {"{\"conversations\": []}\n{\"conversations\": 7}",
         "!2 no list \"conversations\"|."},
        {WEBUI "{}", "u0:hi|a1:this|!1 no chat with messages|."},
        {"role,text\nuser\nuser,hi,there\nuser,\"a\"b\nuser,ok\n",
         "!2 1 fields where the header has 2|!3 3 fields where the header has "
         "2|!4 more after a closing quotation mark|u0:ok|."},
        {"role,text\nuser,\"open\nuser,1\nuser,2\n",
         "!2 a quotation mark that is never closed|u0:1|u1:2|."},
        {"role,text\nuser,\xc3\nuser,1\n", "!2 not UTF-8 at byte 5|u0:1|."},
    };
    const struct transcript_options options = {.from = NULL};
    struct told told;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        transcripts_of(text_of(rows[i].content), &options, &told);
        ck_assert_msg(
            strncmp(told.items, rows[i].items, strlen(rows[i].items)) == 0,
            "%s\n%s read as %s\nand not %s", rows[i].content, told.format,
            told.items, rows[i].items);
    }
}
END_TEST

START_TEST(what_is_no_transcript_is_refused)
{
    const struct {
        struct text content;
        const char *says;
    } rows[] = {
        {TEXT("{\"a\": 1}\n{\"b\": 2}\n"), "no format that is known"},
        {TEXT("[{\"a\": 1}]"), "no format that is known"},
        {TEXT("\xff\xfe{\0\"\0"), "UTF-16"},
        {TEXT("\xfe\xff\0{\0\""), "UTF-16"},
        {TEXT("role,text,role\nuser,x,y\n"), "two columns of one name"},
    };
    const struct transcript_options options = {.from = NULL};
    struct told told;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        transcripts_of(rows[i].content, &options, &told);
        ck_assert_str_eq(told.format, "");
        ck_assert_int_eq(told.err.kind, ERR_INVALID);
        ck_assert_ptr_nonnull(strstr(told.err.message, rows[i].says));
        ck_assert_ptr_nonnull(strstr(told.err.message, "/leeway-transcript-"));
    }
}
END_TEST

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

TEST_MAIN("transcript_format",
          tcase_add_loop_test(tc, formats_are_known_by_content, 0, SAMPLES);
          tcase_add_loop_test(tc, formats_can_be_named, 0, SAMPLES);
          tcase_add_loop_test(tc, formats_may_end_anywhere, 0, SAMPLES);
          tcase_add_test(tc, bad_records_are_told_and_passed);
          tcase_add_test(tc, what_is_no_transcript_is_refused);)
