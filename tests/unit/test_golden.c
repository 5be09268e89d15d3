/*
 * Replies through the shipped configuration, and what comes of them to the
 * letter: verdict, action, who decided, each hit's rule and place, the text
 * shown. One JSON object a line in tests/golden/replies.jsonl.
 *
 *     build/release/tests/test_golden --write
 *
 * writes what comes of them now; a new line needs only its "text". Such a
 * change is committed by itself and says why.
 */
#include "tests/unit/harness.h"

#include <stdio.h>

#include "proto/json.h"
#include "proto/wire.h"
#include "sidecar/base/file.h"
#include "tests/unit/support_engine.h"

#define GOLDEN_FILE "tests/golden/replies.jsonl"

enum { FILE_BYTES = 4 << 20, LINE_BYTES = 1 << 20, SHOWN_BYTES = 256 };

/* The keys of a line that are asked, in their order; the rest is answered. */
static const char *const asked[] = {"text", "persona", "locale", "role",
                                    "prompt"};
enum { TEXT_KEY, PERSONA, LOCALE, ROLE, PROMPT, ASKED };

struct question {
    struct buffer wire; /* the texts are views into it */
    struct text at[ASKED];
};

static void
read_question(struct text line, struct question *q)
{
    struct wire_reader r;
    struct err err;

    *q = (struct question){.at = {{NULL, 0}}};
    buffer_init(&q->wire, LINE_BYTES);
    ck_assert_msg(json_to_wire(line, &q->wire, &err), "%.*s: %s",
                  TEXT_ARGS(line), err.message);
    wire_read(&r, buffer_text(&q->wire), &err);
    for (size_t entries = wire_read_map(&r); entries > 0; entries--) {
        const struct text key = wire_read_bytes(&r);
        size_t k = 0;
        while (k < ASKED && !text_is(key, asked[k])) {
            k++;
        }
        if (k < ASKED) {
            q->at[k] = wire_read_str(&r, LINE_BYTES);
        } else {
            (void)wire_skip(&r);
        }
    }
    ck_assert_msg(!r.failed && q->at[TEXT_KEY].at != NULL, "%.*s",
                  TEXT_ARGS(line));
}

static enum request_role
role_of(struct text name)
{
    int role = 0;

    while (role < REQUEST_ROLES && !text_is(name, request_role_names[role])) {
        role++;
    }
    return role < REQUEST_ROLES ? (enum request_role)role : REQUEST_ASSISTANT;
}

static void
put(struct buffer *to, const char *key, struct text value, size_t *entries)
{
    wire_put_str(to, text_of(key));
    wire_put_str(to, value);
    (*entries)++;
}

/* "fold+leet" */
static void
name_via(int via, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; envelope_via_names[i] != NULL && len < size; i++) {
        if ((via >> i & 1) != 0) {
            len += (size_t)snprintf(out + len, size - len, "%s%s",
                                    len > 0 ? "+" : "", envelope_via_names[i]);
        }
    }
}

/* "PII_CARD [12,31) raw": the rule, where, seen how, and what is special. */
static void
put_hits(struct buffer *to, const struct envelope *e)
{
    char shown[SHOWN_BYTES], via[64];

    wire_put_array(to, e->hit_count);
    for (size_t i = 0; i < e->hit_count; i++) {
        const struct envelope_hit *h = &e->hits[i];
        name_via(h->via, via, sizeof(via));
        snprintf(shown, sizeof(shown), "%.*s [%zu,%zu) %s%s%s",
                 TEXT_ARGS(h->rule), h->bytes.from, h->bytes.to, via,
                 text_is(h->stage, "redacted") ? " redacted" : "",
                 text_is(h->mode, "enforce") ? "" : " monitor");
        wire_put_str(to, text_of(shown));
    }
}

static void
put_answer(struct buffer *to, const struct envelope *e, size_t *entries)
{
    char by[SHOWN_BYTES];

    put(to, "verdict", text_of(envelope_verdict_names[e->verdict]), entries);
    put(to, "action", text_of(envelope_action_names[e->action]), entries);
    put(to, "would", text_of(envelope_action_names[e->would_action]), entries);
    snprintf(by, sizeof(by), "%.*s %.*s", TEXT_ARGS(e->decided_by.kind),
             TEXT_ARGS(e->decided_by.id));
    put(to, "by", text_of(e->decided_by.kind.len > 0 ? by : ""), entries);
    wire_put_str(to, TEXT("hits"));
    put_hits(to, e);
    (*entries)++;
    if (e->content.at != NULL) {
        put(to, "content", e->content, entries);
    }
    if (e->pool.len > 0) {
        put(to, "pool", e->pool, entries);
    }
}

/* The line as it should stand, in `json`, to be cleared. */
static void
answered(struct support_bench *bench, struct text line, struct buffer *json)
{
    struct question q;
    struct buffer wire;
    struct err err;
    size_t entries = 0;

    read_question(line, &q);
    const struct request_candidate candidate = {.text = q.at[TEXT_KEY]};
    struct request request = support_request(&candidate);
    request.persona = q.at[PERSONA];
    request.locale = q.at[LOCALE];
    request.role = role_of(q.at[ROLE]);
    request.system_prompt = q.at[PROMPT];
    const struct envelope *e = support_judge(bench, &request);
    buffer_init(&wire, LINE_BYTES);
    const struct wire_open map = wire_open_map(&wire);
    for (size_t k = 0; k < ASKED; k++) {
        if (q.at[k].at != NULL) {
            put(&wire, asked[k], q.at[k], &entries);
        }
    }
    put_answer(&wire, e, &entries);
    wire_close_map(&wire, map, entries);
    buffer_init(json, LINE_BYTES);
    ck_assert_msg(json_from_wire(buffer_text(&wire), false, json, &err), "%s",
                  err.message);
    ck_assert(!json->failed);
    buffer_clear(&wire);
    buffer_clear(&q.wire);
}

/* Calls back for each line; the text ends with a newline. */
static size_t
each_line(void (*call)(struct support_bench *, struct text, void *),
          void *context)
{
    struct support_bench bench = support_bench(support_engine_shipped());
    struct buffer file;
    struct err err;
    size_t lines = 0;

    ck_assert_msg(file_read(GOLDEN_FILE, FILE_BYTES, &file, &err), "%s",
                  err.message);
    for (size_t from = 0, i = 0; i < file.len; i++) {
        if (file.at[i] == '\n') {
            call(&bench, text_part(buffer_text(&file), from, i), context);
            from = i + 1;
            lines++;
        }
    }
    buffer_clear(&file);
    support_bench_clear(&bench);
    return lines;
}

static void
compare(struct support_bench *bench, struct text line, void *context)
{
    size_t *changed = context;
    struct buffer json;

    answered(bench, line, &json);
    if (!text_equal(buffer_text(&json), line)) {
        printf("was %.*s\nis  %.*s\n", TEXT_ARGS(line), (int)json.len, json.at);
        (*changed)++;
    }
    buffer_clear(&json);
}

static void
add_line(struct support_bench *bench, struct text line, void *context)
{
    struct buffer *out = context;
    struct buffer json;

    answered(bench, line, &json);
    buffer_add_text(out, buffer_text(&json));
    buffer_add_byte(out, '\n');
    buffer_clear(&json);
}

static void
write_file(void)
{
    struct buffer out;

    buffer_init(&out, FILE_BYTES);
    (void)each_line(add_line, &out);
    ck_assert(!out.failed);
    FILE *file = fopen(GOLDEN_FILE, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(out.at, 1, out.len, file), out.len);
    ck_assert_int_eq(fclose(file), 0);
    buffer_clear(&out);
}

static bool writing; /* --write */

START_TEST(replies_come_to_what_they_came_to)
{
    size_t changed = 0;

    if (writing) {
        write_file();
    }
    const size_t lines = each_line(compare, &changed);
    ck_assert_uint_ge(lines, 60);
    ck_assert_msg(changed == 0, "%zu of %zu have changed", changed, lines);
}
END_TEST

int
main(int argc, char **argv)
{
    writing = argc == 2 && strcmp(argv[1], "--write") == 0;
    Suite *suite = suite_create("golden");
    TCase *tc = tcase_create("golden");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, replies_come_to_what_they_came_to);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
