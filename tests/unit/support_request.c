#include "tests/unit/support_request.h"

#include <check.h>
#include <stdlib.h>

#include "proto/json.h"
#include "tests/unit/support_bytes.h"

const struct decode_limits support_request_limits = {.wire = {8, 512},
                                                     .text_bytes = 100,
                                                     .prompt_bytes = 50,
                                                     .guardrails = 3,
                                                     .guardrail_bytes = 10,
                                                     .dimensions = 8};

const char support_request_full[] =
    "{\"v\": 1, \"op\": \"score\", \"id\": \"r-1\", \"deadlineMs\": 250,"
    " \"token\": \"t0\", \"metadata\": {\"a\": \"b\", \"c\": \"\"},"
    " \"traceparent\": \"00-ab-cd-01\", \"persona\": \"mira\","
    " \"workspace\": \"w\", \"session\": \"s\", \"messageId\": \"m\","
    " \"turn\": 7, \"role\": \"tool\", \"locale\": \"de-AT\","
    " \"candidates\": [{\"text\": \"one\"}, {\"embeddings\":"
    " {\"m1\": [0.5, -1, 2], \"m2\": []}, \"text\": \"t\\u0000w\"}],"
    " \"extraGuardrails\": [\"deny:x\", \"lang:de\"],"
    " \"systemPrompt\": \"You are Mira.\", \"canaries\": [\"c1\"],"
    " \"cast\": [\"falstaff\", \"hal\"], \"driftThreshold\": 0.25,"
    " \"attempt\": 1, \"explain\": true}";

struct text
support_request_message(const char *json)
{
    struct buffer wire;
    struct err err;

    buffer_init(&wire, SIZE_MAX);
    ck_assert_msg(json_to_wire(text_of(json), &wire, &err), "%s: %s", json,
                  err.message);
    const struct text exact = support_bytes_exact(buffer_text(&wire));
    buffer_clear(&wire);
    return exact;
}

static void
expand_one(struct buffer *to, char what, size_t n, size_t i)
{
    if (i > 0 && strchr("LFCME", what) != NULL) {
        buffer_add_byte(to, ',');
    }
    switch (what) {
    case 'S':
        buffer_add_byte(to, 'a');
        break;
    case 'L':
        buffer_add_text(to, TEXT("\"a\""));
        break;
    case 'F':
        buffer_add_text(to, TEXT("0.5"));
        break;
    case 'C':
        buffer_add_text(to, TEXT("{\"text\":\"a\"}"));
        break;
    case 'M':
        buffer_format(to, "\"k%zu\":\"a\"", i);
        break;
    case 'E':
        buffer_format(to, "\"m%zu\":[1]", i);
        break;
    case 'A':
        buffer_add_byte(to, '[');
        break;
    case 'Z':
        buffer_add_byte(to, ']');
        break;
    default:
        ck_abort_msg("$%c, %zu", what, n);
    }
}

char *
support_request_expand(const char *template, size_t n)
{
    struct buffer to;

    buffer_init(&to, SIZE_MAX);
    for (; *template != '\0'; template ++) {
        if (*template != '$') {
            buffer_add_byte(&to, *template);
            continue;
        }
        template ++;
        if (*template == 'N') {
            buffer_format(&to, "%zu", n);
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            expand_one(&to, *template, n, i);
        }
    }
    buffer_add_byte(&to, '\0');
    return to.at;
}
