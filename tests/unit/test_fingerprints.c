/* fingerprint.* and compare, a message in and a reply out. */
#include "sidecar/serve/fingerprints.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "proto/json.h"
#include "sidecar/base/clock.h"
#include "sidecar/engine/fingerprint_compare.h"
#include "sidecar/serve/enrol.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_engine.h"
#include "tests/unit/support_request.h"
#include "tests/unit/support_voice.h"

enum { FIRST_TIME = 1700000000, DIM = 8 };

static struct slot *slot;
static struct enrol enrol;
static struct desk desk;
static struct handle_server server;
static struct handle_outcome outcome;
static struct buffer said; /* the last reply, as JSON */
static struct support_lines judy;

static const char yaml[] =
    SUPPORT_ENGINE_HEAD "allow_empty: true\n"
                        "personas:\n"
                        "- {id: fal, drift: {threshold: 0.2}}\n"
                        "- {id: bare}\n";

static void
set_up_with(const char *text)
{
    const char *const overrides[] = {
        "drift.background=" SUPPORT_VOICE_MODEL,
        "personas.fal.samples=config/voices/falstaff.jsonl", NULL};
    struct engine *engine = support_engine_set(text, overrides);
    struct err err;

    clock_pin(1, FIRST_TIME * 1000LL);
    judy = support_voice_lines("config/voices", "judy");
    ck_assert(handle_desk_init(&desk, engine->config));
    slot = slot_new(engine);
    ck_assert(enrol_init(&enrol, slot, &err));
    server.enrol = &enrol;
    buffer_init(&said, SIZE_MAX);
}

static void
set_up(void)
{
    set_up_with(yaml);
}

static void
tear_down(void)
{
    buffer_clear(&said);
    handle_desk_clear(&desk);
    enrol_clear(&enrol);
    slot_free(slot);
    support_voice_lines_clear(&judy);
    clock_unpin();
}

/* ------------------------------------------------------------------ messages
 */

static const char *
handle_as(const char *json, bool admin, bool may_wait)
{
    const struct text body = support_request_message(json);
    const struct handle_message message = {.body = body,
                                           .body_bytes = body.len,
                                           .mark = HANDLE_NORMAL,
                                           .admin = admin,
                                           .may_wait = may_wait,
                                           .arrived_ns = clock_ns(),
                                           .retry_after_ms = -1};
    struct engine *engine = slot_take(slot);
    struct err err;

    outcome = handle_one(&desk, engine, &server, &message);
    engine_drop(engine);
    support_bytes_free(body);
    buffer_reset(&said);
    if (!outcome.later) {
        ck_assert_msg(
            json_from_wire(buffer_text(&desk.reply), false, &said, &err), "%s",
            err.message);
    }
    buffer_add_byte(&said, '\0');
    return said.at;
}

static const char *
ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The reply to a message on the private socket. */
static const char *
ask(const char *format, ...)
{
    static char json[64 * 1024];
    va_list args;

    va_start(args, format);
    const int len = vsnprintf(json, sizeof(json), format, args);
    va_end(args);
    ck_assert_int_lt(len, (int)sizeof(json));
    return handle_as(json, true, true);
}

static void
expect(const char *reply, const char *part)
{
    ck_assert_msg(strstr(reply, part) != NULL, "no %s in %s", part, reply);
}

static void
expect_error(const char *reply, const char *code, const char *part)
{
    char want[64];

    ck_assert(!outcome.ok);
    snprintf(want, sizeof(want), "\"code\":\"%s\"", code);
    expect(reply, want);
    expect(reply, part);
}

/* As a JSON list: judy's lines [from, to). */
static const char *
lines(size_t from, size_t to)
{
    static char list[48 * 1024];
    size_t n = 0;

    list[n++] = '[';
    for (size_t i = from; i < to; i++) {
        list[n++] = i > from ? ',' : ' ';
        list[n++] = '"';
        for (size_t k = 0; k < judy.at[i].len && n < sizeof(list) - 8; k++) {
            const char c = judy.at[i].at[k];
            if (c == '"' || c == '\\') {
                list[n++] = '\\';
            }
            list[n++] = c;
        }
        list[n++] = '"';
    }
    ck_assert_uint_lt(n, sizeof(list) - 8);
    list[n++] = ']';
    list[n] = '\0';
    return list;
}

/* As a JSON list: `rows` vectors that point nearly the same way. */
static const char *
vectors(size_t rows, unsigned seed)
{
    static char list[16 * 1024];
    size_t n = 0;

    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < DIM; i++) {
            const size_t noise = (r * DIM + i) * 37 + seed;
            n += (size_t)snprintf(list + n, sizeof(list) - n, "%s1.%02zu%s",
                                  r == 0 && i == 0 ? "[["
                                  : i == 0         ? "["
                                                   : "",
                                  noise % 11,
                                  i + 1 < DIM    ? ","
                                  : r + 1 < rows ? "],"
                                                 : "]]");
        }
    }
    return list;
}

/* As above: `rows` vectors of which the first `same` are one and the same. */
static const char *
repeated(size_t rows, size_t same)
{
    static char list[16 * 1024];
    size_t n = 0;

    list[n++] = '[';
    for (size_t r = 0; r < rows; r++) {
        const size_t row = r < same ? 0 : r;
        for (size_t i = 0; i < DIM; i++) {
            n += (size_t)snprintf(list + n, sizeof(list) - n, "%s1.%02zu",
                                  i == 0 ? (r == 0 ? "[" : ",[") : ",",
                                  (row * row * 31 + i * 37) % 97);
        }
        list[n++] = ']';
    }
    list[n++] = ']';
    list[n] = '\0';
    return list;
}

#define BUILD                                                                  \
    "{\"v\":1,\"op\":\"fingerprint.build\",\"persona\":\"%s\",\"samples\":%s}"
#define PUT                                                                    \
    "{\"v\":1,\"op\":\"fingerprint.put\",\"persona\":\"%s\",\"model\":\"%s\"," \
    "\"vectors\":%s}"
#define GET     "{\"v\":1,\"op\":\"fingerprint.get\",\"persona\":\"%s\"}"
#define DROP    "{\"v\":1,\"op\":\"fingerprint.drop\",\"persona\":\"%s\"%s}"
#define LIST    "{\"v\":1,\"op\":\"fingerprint.list\"}"
#define COMPARE "{\"v\":1,\"op\":\"compare\",\"personas\":%s}"

/* The value of a top-level "hash" behind the engine's, into out. */
static void
print_hash(const char *reply, char out[DIGEST_HEX])
{
    const char *origin = strstr(reply, "\"origin\"");
    ck_assert_ptr_nonnull(origin);
    const char *hash = strstr(origin, "\"hash\":\"");
    ck_assert_ptr_nonnull(hash);
    snprintf(out, DIGEST_HEX, "%s", hash + strlen("\"hash\":\""));
}

/* ------------------------------------------------------------------- changes
 */

START_TEST(a_built_persona_is_told_of_and_is_there)
{
    const char *reply = ask(BUILD, "new.one", lines(0, 40));

    ck_assert(outcome.ok);
    expect(reply, "\"engine\":{\"generation\":2,");
    expect(reply, "\"persona\":\"new.one\",\"origin\":\"wire\"");
    expect(reply, "\"created\":1700000000,\"threshold\":0.3,\"changed\":true");
    expect(reply, "\"model\":\"leeway-style-1\",\"measure\":\"builtin\"");
    expect(reply, "\"rows\":40,\"given\":40,\"duplicates\":0");
    expect(reply, "\"registers\":[40],\"calibration\":{\"rows\":40,");
    expect(reply, "{\"alertRate\":0.05,\"driftScore\":0.3,\"raw\":");
    expect(reply, "40 lines are few: with 10 more");
    reply = ask(GET, "new.one");
    expect(reply, "\"models\":[{\"model\":\"leeway-style-1\"");
    expect(ask(LIST), "{\"id\":\"new.one\",\"origin\":\"wire\"");
    reply = ask("{\"v\":1,\"op\":\"score\",\"persona\":\"new.one\",\"text\":"
                "\"As an assistant, I would be happy to help you prioritize "
                "and streamline your key goals today.\"}");
    expect(reply, "\"driftAlert\":true");
}
END_TEST

START_TEST(lines_that_fall_out_are_named)
{
    static char list[48 * 1024];
    const char *good = lines(0, 49);

    snprintf(list, sizeof(list),
             "%.*s,\"ERROR 503: UPSTREAM TIMEOUT (0x7f3a); RETRY-AFTER=30; SEE "
             "HTTPS://STATUS.EXAMPLE.ORG/INCIDENT/4411\",\"...\",\"...\"]",
             (int)strlen(good) - 1, good);
    const char *reply = ask(BUILD, "p", list);
    expect(reply, "\"rows\":49,\"given\":52,\"duplicates\":0,\"unusable\":2,");
    expect(reply, "\"outliers\":[49]");
    expect(ask(GET, "p"), "\"outliers\":[49]");
}
END_TEST

START_TEST(the_same_twice_has_the_same_hash_and_changes_nothing)
{
    char first[DIGEST_HEX], second[DIGEST_HEX];

    print_hash(ask(BUILD, "p", lines(0, 30)), first);
    clock_pin(2, (FIRST_TIME + 60) * 1000LL);
    const char *reply = ask(BUILD, "p", lines(0, 30));
    expect(reply, "\"engine\":{\"generation\":2,");
    expect(reply, "\"created\":1700000000,");
    expect(reply, "\"changed\":false");
    print_hash(reply, second);
    ck_assert_str_eq(first, second);
    // Other lines are another fingerprint, of now.
    reply = ask(BUILD, "p", lines(0, 31));
    expect(reply, "\"engine\":{\"generation\":3,");
    expect(reply, "\"created\":1700000060,");
    expect(reply, "\"changed\":true");
    // The order in which models were put does not matter to one of them.
    (void)ask(PUT, "p", "a", vectors(24, 0));
    print_hash(ask(PUT, "p", "b", vectors(24, 1)), first);
    reply = ask(PUT, "p", "a", vectors(24, 0));
    expect(reply, "\"changed\":false");
    print_hash(reply, second);
    ck_assert_str_eq(first, second);
}
END_TEST

START_TEST(vectors_lie_over_configured_lines_and_come_off_again)
{
    char before[DIGEST_HEX], after[DIGEST_HEX];

    print_hash(ask(GET, "fal"), before);
    const char *reply = ask(PUT, "fal", "e5", vectors(24, 0));
    expect(reply, "\"origin\":\"overlay\"");
    expect(reply, "\"model\":\"e5\",\"measure\":\"caller\",\"rows\":24,"
                  "\"dimensions\":8,\"registers\":[24],\"calibration\":{");
    reply = ask(GET, "fal");
    expect(reply, "\"models\":[{\"model\":\"leeway-style-1\",\"measure\":"
                  "\"builtin\",\"rows\":100,");
    expect(reply, "{\"model\":\"e5\"");
    // Lines of the wire replace the configured ones and leave the vectors.
    reply = ask(BUILD, "fal", lines(0, 60));
    expect(reply, "\"rows\":60");
    expect(reply, "\"warning\":null");
    expect(ask(GET, "fal"), "{\"model\":\"e5\"");
    reply = ask(DROP, "fal", ",\"model\":\"leeway-style-1\"");
    expect(reply, "\"dropped\":[\"leeway-style-1\"],\"origin\":\"overlay\"");
    expect(ask(GET, "fal"), "\"rows\":100");
    reply = ask(DROP, "fal", "");
    expect(reply, "\"dropped\":[\"e5\"],\"origin\":\"config\"");
    print_hash(ask(GET, "fal"), after);
    ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(what_cannot_be_built_says_what_it_takes)
{
    static const struct {
        const char *json, *code, *says;
    } rows[] = {
        {"{\"v\":1,\"op\":\"fingerprint.build\",\"persona\":\"p\",\"samples\":"
         "[\"One line.\",\"Two lines.\",\"One line.\"]}",
         "validation_failed",
         "2 usable lines of 3 given (1 said twice, 0 without words); it takes "
         "18 more to make 20"},
        {"{\"v\":1,\"op\":\"fingerprint.put\",\"persona\":\"p\",\"model\":"
         "\"m\",\"vectors\":[[1,1,1,1,1,1,1,1],[0,0,0,0,0,0,0,0]]}",
         "validation_failed", "vectors[1]: the vector is zero"},
        {"{\"v\":1,\"op\":\"fingerprint.put\",\"persona\":\"p\",\"model\":"
         "\"m\",\"vectors\":[[1,1,1,1,1,1,1,1e300]]}",
         "validation_failed", "vectors[0]: vector[7] is infinite"},
        {"{\"v\":1,\"op\":\"fingerprint.put\",\"persona\":\"p\",\"model\":"
         "\"m\",\"vectors\":[[1e9,1,1,1,1,1,1,1]]}",
         "validation_failed", "squared length 1e+18 is outside"},
        {"{\"v\":1,\"op\":\"fingerprint.put\",\"persona\":\"p\",\"model\":"
         "\"leeway-style-1\",\"vectors\":[[1,1,1,1,1,1,1,1]]}",
         "validation_failed", "model: leeway-style-1 is the built-in"},
        {"{\"v\":1,\"op\":\"fingerprint.drop\",\"persona\":\"p\"}", "not_found",
         "no such persona"},
        {"{\"v\":1,\"op\":\"fingerprint.drop\",\"persona\":\"fall\"}",
         "not_found", "did you mean \\\"fal\\\"?"},
        {"{\"v\":1,\"op\":\"fingerprint.drop\",\"persona\":\"fal\"}",
         "not_found", "what is configured cannot be dropped"},
        {"{\"v\":1,\"op\":\"fingerprint.get\",\"persona\":\"bare\"}",
         "not_found", "has no fingerprint"},
        {"{\"v\":1,\"op\":\"fingerprint.get\",\"persona\":\"p\"}", "not_found",
         "no such persona"},
        {"{\"v\":1,\"op\":\"fingerprint.build\",\"persona\":\"p\",\"deadlineMs"
         "\":0,\"samples\":[\"a\"]}",
         "deadline_exceeded", "0 ms passed"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_error(handle_as(rows[i].json, true, true), rows[i].code,
                     rows[i].says);
        expect(said.at, "\"engine\":{\"generation\":1,");
    }
    (void)ask(PUT, "fal", "e5", vectors(24, 0));
    expect_error(ask(DROP, "fal", ",\"model\":\"e6\""), "not_found",
                 "nothing of that model");
}
END_TEST

START_TEST(changes_are_for_the_private_socket_and_for_who_may_wait)
{
    static const struct {
        const char *op, *more;
        bool private, later;
    } rows[] = {
        {"fingerprint.build", ",\"persona\":\"p\",\"samples\":[\"a\"]", true,
         true},
        {"fingerprint.put",
         ",\"persona\":\"p\",\"model\":\"m\",\"vectors\":[[1,1,1,1,1,1,1,1]]",
         true, true},
        {"fingerprint.drop", ",\"persona\":\"p\"", true, true},
        {"fingerprint.get", ",\"persona\":\"fal\"", false, false},
        {"fingerprint.list", "", false, false},
        {"compare", "", false, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char json[256];
        snprintf(json, sizeof(json), "{\"v\":1,\"op\":\"%s\"%s}", rows[i].op,
                 rows[i].more);
        const char *reply = handle_as(json, false, false);
        if (rows[i].private) {
            expect_error(reply, "forbidden", "only on the private socket");
        } else {
            ck_assert_int_eq(outcome.later != HANDLE_DONE, rows[i].later);
        }
        (void)handle_as(json, true, false);
        ck_assert_msg((outcome.later != HANDLE_DONE) == rows[i].later, "%s",
                      rows[i].op);
    }
}
END_TEST

START_TEST(a_rate_that_the_lines_cannot_tell_is_refused)
{
    tear_down();
    set_up_with(SUPPORT_ENGINE_HEAD
                "allow_empty: true\ndrift: {alert_rate: 0.02}\n"
                "personas: [{id: fal}, {id: bare}]\n");
    expect_error(ask(BUILD, "p", lines(0, 30)), "validation_failed",
                 "personas.p: alert_rate: 0.02 takes 49 lines");
    expect(ask(BUILD, "p", lines(0, 50)), "\"threshold\":0.3723");
}
END_TEST

START_TEST(without_a_voice_model_there_is_nothing_to_build)
{
    struct engine *engine = support_engine(yaml);
    struct err err;

    enrol_clear(&enrol);
    slot_free(slot);
    slot = slot_new(engine);
    ck_assert(enrol_init(&enrol, slot, &err));
    expect_error(ask(BUILD, "p", lines(0, 30)), "state_conflict",
                 "names no voice model");
    expect_error(ask(PUT, "p", "m", vectors(24, 0)), "state_conflict",
                 "names no voice model");
}
END_TEST

/* ----------------------------------------------------------------- comparing
 */

START_TEST(compare_says_what_the_command_line_says)
{
    (void)ask(BUILD, "judy", lines(0, 50));
    (void)ask(BUILD, "twin", lines(50, 100));
    struct engine *engine = slot_take(slot);
    const struct fingerprint *prints[3];
    double matrix[5 * 3];
    char row[128];
    const struct persona *p;
    struct err err;

    for (size_t i = 0; i < 3; i++) {
        static const char *const ids[] = {"twin", "fal", "judy"};
        ck_assert(persona_find(engine->personas, text_of(ids[i]), &p, &err));
        prints[i] = p->print;
    }
    ck_assert(fingerprint_compare(personas_model(engine->personas), prints, 3,
                                  matrix, &err));
    const char *reply = ask(COMPARE, "[\"twin\",\"fal\",\"judy\"]");
    expect(reply, "\"ids\":[\"twin\",\"fal\",\"judy\"],\"matrix\":[[0,");
    for (size_t i = 3; i < 5; i++) {
        snprintf(row, sizeof(row), "{\"id\":\"%s\",\"distances\":[%.2f",
                 fingerprint_baseline_name((enum fingerprint_baseline)(i - 3)),
                 floor(matrix[i * 3] * 100) / 100);
        expect(reply, row);
    }
    expect(reply, "\"warnings\":[{\"personas\":[\"twin\",\"judy\"],"
                  "\"distance\":");
    expect(reply, "nearly the same voice");
    // None named: all who have lines, in the order of their ids.
    expect(ask(COMPARE, "[]"), "\"ids\":[\"fal\",\"judy\",\"twin\"]");
    engine_drop(engine);
}
END_TEST

START_TEST(who_cannot_be_compared_is_named)
{
    expect_error(ask(COMPARE, "[]"), "validation_failed",
                 "takes two with lines; there is 1");
    expect_error(ask(COMPARE, "[\"fal\",\"bare\"]"), "validation_failed",
                 "personas[1]: has no lines");
    expect_error(ask(COMPARE, "[\"fal\",\"fall\"]"), "not_found",
                 "personas[1]: persona: no such persona; did you mean");
}
END_TEST

START_TEST(vectors_that_repeat_each_other_are_told_of)
{
    expect(ask(PUT, "p", "m", repeated(60, 60)),
           "\"warning\":\"59 of 60 vectors repeat another");
    expect(ask(PUT, "p", "m", repeated(24, 8)),
           "\"warning\":\"7 of 24 vectors repeat another");
    expect(ask(PUT, "p", "m", repeated(24, 7)),
           "\"warning\":\"24 vectors are few");
    expect(ask(PUT, "p", "m", repeated(19, 19)),
           "\"warning\":\"19 vectors are too few");
    expect(ask(PUT, "p", "m", repeated(60, 1)), "\"warning\":null");
}
END_TEST

TEST_MAIN(
    "fingerprints", tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, vectors_that_repeat_each_other_are_told_of);
    tcase_add_test(tc, a_built_persona_is_told_of_and_is_there);
    tcase_add_test(tc, lines_that_fall_out_are_named);
    tcase_add_test(tc, the_same_twice_has_the_same_hash_and_changes_nothing);
    tcase_add_test(tc, vectors_lie_over_configured_lines_and_come_off_again);
    tcase_add_test(tc, what_cannot_be_built_says_what_it_takes);
    tcase_add_test(tc, changes_are_for_the_private_socket_and_for_who_may_wait);
    tcase_add_test(tc, a_rate_that_the_lines_cannot_tell_is_refused);
    tcase_add_test(tc, without_a_voice_model_there_is_nothing_to_build);
    tcase_add_test(tc, compare_says_what_the_command_line_says);
    tcase_add_test(tc, who_cannot_be_compared_is_named);)
