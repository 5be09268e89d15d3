/* The keys of the operations on sessions and machines. */
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_request.h"

static struct request request;
static struct err err;
static struct arena *arena;

static bool
decode(struct text message)
{
    err = (struct err){.kind = ERR_NONE};
    arena_reset(arena);
    return decode_request(message, &support_request_limits, arena, &request,
                          &err);
}

static void
set_up(void)
{
    arena = arena_new(1 << 20);
}

static void
tear_down(void)
{
    arena_free(arena);
}

#define S     ",\"session\":\"s\""
#define STEP  ",\"machine\":\"m\",\"decision\":\"pass\""
#define STATE ",\"state\":{\"current_state\":\"a\""

static const struct {
    const char *op, *keys;
} good[] = {
    {"session.open", ",\"persona\":\"p\""},
    {"session.open", ",\"persona\":\"p\",\"user\":\"u\",\"workspace\":\"w\","
                     "\"title\":\"t\",\"machine\":\"m\",\"session\":\"s\","
                     "\"metadata\":{\"a\":\"b\"}"},
    {"session.open", ",\"persona\":\"p\",\"user\":\"\",\"title\":\"\""},
    {"session.get", S},
    {"session.get", S ",\"workspace\":\"w\""},
    {"session.end", S},
    {"session.reset", S ",\"machine\":\"m\""},
    {"session.history", S},
    {"session.history", S ",\"cursor\":\"1\",\"limit\":1"},
    {"session.history", S ",\"cursor\":\"922337203685477580\",\"limit\":100"},
    {"machine.step", S ",\"decision\":\"redirect\""},
    {"machine.step", S STEP ",\"followUp\":true,\"messageId\":\"a\""},
    {"machine.step", STEP},
    {"machine.step", STEP STATE "}"},
    {"machine.step", STEP STATE
     ",\"outcome\":null,\"score\":-2.75,\"redirect_count\":1,"
     "\"follow_up_count\":0,\"delta\":null,\"moved_by\":\"decision\","
     "\"unlocked_machines\":[{\"machine_id\":\"x\"}]}"},
};

START_TEST(good_message_is_read)
{
    char json[1024];

    snprintf(json, sizeof(json), "{\"v\":1,\"op\":\"%s\"%s}", good[_i].op,
             good[_i].keys);
    const struct text m = support_request_message(json);
    ck_assert_msg(decode(m), "%s: %s", json, err.message);
    ck_assert(text_is(request.op_name, good[_i].op));
    support_bytes_free(m);
}
END_TEST

static const struct {
    const char *op, *keys;
    enum err_kind kind;
    const char *message;
} bad[] = {
    {"session.open", "", ERR_INVALID, "persona: missing"},
    {"session.open", ",\"persona\":\"\"", ERR_INVALID, "persona: empty"},
    {"session.open", ",\"persona\":\"p\",\"session\":\"\"", ERR_INVALID,
     "session: empty"},
    {"session.open", ",\"persona\":\"p\",\"machine\":\"\"", ERR_INVALID,
     "machine: empty"},
    {"session.open", ",\"persona\":\"p\",\"user\":7", ERR_INVALID, NULL},
    {"session.open", ",\"persona\":\"p\",\"title\":null", ERR_INVALID, NULL},
    {"session.open", ",\"persona\":\"p\",\"text\":\"a\"", ERR_INVALID,
     "text: not a key of session.open"},
    {"session.open", ",\"persona\":\"p\",\"titel\":\"a\"", ERR_INVALID,
     "titel: unknown key; did you mean \"title\"?"},
    {"session.get", "", ERR_INVALID, "session: missing"},
    {"session.get", ",\"session\":\"\"", ERR_INVALID, "session: empty"},
    {"session.get", ",\"session\":[]", ERR_INVALID, NULL},
    {"session.get", S ",\"machine\":\"m\"", ERR_INVALID,
     "machine: not a key of session.get"},
    {"session.get", S ",\"limit\":1", ERR_INVALID,
     "limit: not a key of session.get"},
    {"session.end", "", ERR_INVALID, "session: missing"},
    {"session.reset", S ",\"machine\":\"\"", ERR_INVALID, "machine: empty"},
    {"session.history", S ",\"limit\":0", ERR_INVALID, NULL},
    {"session.history", S ",\"limit\":101", ERR_INVALID, NULL},
    {"session.history", S ",\"limit\":\"1\"", ERR_INVALID, NULL},
    {"session.history", S ",\"cursor\":1", ERR_INVALID, NULL},
    {"session.history", S ",\"cursor\":\"\"", ERR_INVALID,
     "cursor: not one that a page of history gave"},
    {"session.history", S ",\"cursor\":\"0\"", ERR_INVALID,
     "cursor: not one that a page of history gave"},
    {"session.history", S ",\"cursor\":\"-1\"", ERR_INVALID,
     "cursor: not one that a page of history gave"},
    {"session.history", S ",\"cursor\":\"12a\"", ERR_INVALID,
     "cursor: not one that a page of history gave"},
    {"session.history", S ",\"cursor\":\"99999999999999999999\"", ERR_INVALID,
     "cursor: not one that a page of history gave"},
    {"session.history", S ",\"cursor\":\"111111111111111111111\"",
     ERR_TOO_LARGE, NULL},
    {"machine.step", S, ERR_INVALID, "decision: missing"},
    {"machine.step", S ",\"decision\":\"PASS\"", ERR_INVALID,
     "decision: one of pass, redirect, reject, kick_out"},
    {"machine.step", S ",\"decision\":null", ERR_INVALID, NULL},
    {"machine.step", S ",\"decision\":\"pass\",\"followUp\":1", ERR_INVALID,
     NULL},
    {"machine.step", ",\"decision\":\"pass\"", ERR_INVALID,
     "session: missing: session, or machine"},
    {"machine.step", STEP ",\"messageId\":\"a\"", ERR_INVALID,
     "session: missing: nothing is kept without it"},
    {"machine.step", STEP ",\"workspace\":\"a\"", ERR_INVALID,
     "session: missing: nothing is kept without it"},
    {"machine.step", S STEP STATE "}", ERR_INVALID,
     "state: the session has it; not with session"},
    {"machine.step", STEP ",\"state\":\"a\"", ERR_INVALID, NULL},
    {"machine.step", STEP ",\"state\":{}", ERR_INVALID,
     "state: current_state is missing"},
    {"machine.step", STEP STATE ",\"curent_state\":\"b\"}", ERR_INVALID,
     "state.curent_state: unknown key; did you mean \"current_state\"?"},
    {"machine.step", STEP STATE ",\"outcome\":\"WON\"}", ERR_INVALID,
     "state.outcome: nil, ACCEPT, REJECT or KICK_OUT"},
    {"machine.step", STEP STATE ",\"score\":1000001}", ERR_INVALID, NULL},
    {"machine.step", STEP STATE ",\"score\":\"1\"}", ERR_INVALID, NULL},
    {"machine.step", STEP STATE ",\"redirect_count\":-1}", ERR_INVALID, NULL},
    {"machine.step", STEP STATE ",\"follow_up_count\":2147483648}", ERR_INVALID,
     NULL},
};

START_TEST(bad_message_is_refused_with_its_place)
{
    char json[1024];

    snprintf(json, sizeof(json), "{\"v\":1,\"op\":\"%s\"%s}", bad[_i].op,
             bad[_i].keys);
    const struct text m = support_request_message(json);
    ck_assert_msg(!decode(m), "%s", json);
    ck_assert_msg(err.kind == bad[_i].kind, "%s: %s", json, err.message);
    if (bad[_i].message != NULL) {
        ck_assert_str_eq(err.message, bad[_i].message);
    }
    support_bytes_free(m);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    const struct text whole =
        support_request_message("{\"v\":1,\"op\":\"machine.step\"" STEP STATE
                                ",\"score\":1,\"outcome\":\"ACCEPT\"}}");

    for (size_t len = 0; len < whole.len; len++) {
        const struct text cut = support_bytes_exact(text_part(whole, 0, len));
        ck_assert_msg(!decode(cut), "%zu bytes", len);
        support_bytes_free(cut);
    }
    ck_assert(decode(whole));
    ck_assert_int_eq(request.stands.outcome, REQUEST_ACCEPTED);
    support_bytes_free(whole);
}
END_TEST

START_TEST(what_is_absent_has_its_preset)
{
    const struct text m =
        support_request_message("{\"v\":1,\"op\":\"session.history\"" S "}");

    ck_assert(decode(m));
    ck_assert_uint_eq(request.cursor, 0);
    ck_assert_int_eq(request.limit, 20);
    ck_assert(!request.stands.given && !request.follow_up);
    support_bytes_free(m);
}
END_TEST

TEST_MAIN("decode_session", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_loop_test(tc, good_message_is_read, 0,
                              sizeof(good) / sizeof(good[0]));
          tcase_add_loop_test(tc, bad_message_is_refused_with_its_place, 0,
                              sizeof(bad) / sizeof(bad[0]));
          tcase_add_test(tc, every_truncation_is_refused);
          tcase_add_test(tc, what_is_absent_has_its_preset);)
