#include "sidecar/store/store_journal.h"

#include <stdio.h>
#include <unistd.h>

#include "sidecar/base/file.h"
#include "sidecar/store/store_file.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_store.h"

enum { RECORDS = 30, ARENA_BYTES = 1 << 20 };

static struct err err;

static struct store *
open_with_key(const char *key)
{
    struct store_options options = support_store_options();

    options.journal_key = text_of(key);
    return support_store_open(&options);
}

static void
add_records(struct store *store, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct store_verdict verdict = support_store_verdict("s1");
        char id[16];
        snprintf(id, sizeof(id), "r%u", i);
        verdict.request_id = text_of(id);
        verdict.at_ms += i;
        ck_assert_msg(store_journal_add(store, &verdict, NULL, 0, &err), "%s",
                      err.message);
    }
    ck_assert(store_flush(store));
}

/* A store with 30 records, sealed, and closed. */
static void
begin_with(const char *key)
{
    support_store_enter();
    struct store *store = open_with_key(key);
    add_records(store, RECORDS);
    store_close(store);
}

static struct store_verified
verify(const char *key)
{
    static struct store_verified verified;
    struct store_file *file = store_file_open("store.db", &err);

    ck_assert_msg(file != NULL, "%s", err.message);
    ck_assert_msg(store_file_verify(file, text_of(key), &verified, &err), "%s",
                  err.message);
    store_file_close(file);
    return verified;
}

/* Does a finding at that record say this? */
static bool
told(const struct store_verified *v, uint64_t seq, const char *words)
{
    for (size_t i = 0; i < v->found && i < STORE_FILE_FINDINGS; i++) {
        if (v->findings[i].seq == seq &&
            strstr(v->findings[i].message, words) != NULL) {
            return true;
        }
    }
    return false;
}

static void
print_findings(const struct store_verified *v)
{
    for (size_t i = 0; i < v->found && i < STORE_FILE_FINDINGS; i++) {
        fprintf(stderr, "  %llu: %s\n", (unsigned long long)v->findings[i].seq,
                v->findings[i].message);
    }
}

START_TEST(journal_that_nobody_touched_is_whole)
{
    static const char *const keys[] = {"", "a key of 16 bytes"};

    begin_with(keys[_i]);
    const struct store_verified v = verify(keys[_i]);
    print_findings(&v);
    ck_assert_uint_eq(v.found, 0);
    ck_assert_uint_eq(v.records, RECORDS);
    ck_assert_uint_eq(v.first, 1);
    ck_assert_uint_eq(v.last, RECORDS);
    ck_assert_uint_eq(v.sealed, RECORDS);
    ck_assert_uint_ge(v.checkpoints, 1);
    support_store_leave();
}
END_TEST

START_TEST(journal_goes_on_after_reopening)
{
    begin_with("");
    struct store *store = open_with_key("");
    add_records(store, 5);
    store_close(store);
    const struct store_verified v = verify("");
    ck_assert_uint_eq(v.found, 0);
    ck_assert_uint_eq(v.records, RECORDS + 5);
    support_store_leave();
}
END_TEST

/* What somebody does to the file, where it shows, and in which words. */
static const struct {
    const char *sql;
    uint64_t seq;
    const char *words;
} tampered[] = {
    {"UPDATE journal SET at = at + 1 WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET op = 'ping' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET persona = 'm' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET session = 's2' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET message_id = '' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET workspace = 'v' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET user_hash = '' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET request_id = 'x' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET engine = 'x' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET generation = 4 WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET verdict = 'pass' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET action = 'ship' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET decided_by = '' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET rules = 'A' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET drift_score = 0 WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET drift_score = NULL WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET drift_threshold = 1 WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET drift_alert = 1 WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET drift_alert = NULL WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET content = '' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET metadata = '' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET text = 'x' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET prev = zeroblob(32) WHERE seq = 7", 7,
     "does not follow"},
    {"UPDATE journal SET prev = x'' WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET hash = zeroblob(32) WHERE seq = 7", 7, "was changed"},
    {"UPDATE journal SET hash = x'' WHERE seq = 7", 8, "does not follow"},
    /* Two texts that together hold the same bytes. */
    {"UPDATE journal SET workspace = '', user_hash = 'w' || user_hash "
     "WHERE seq = 7",
     7, "was changed"},
    {"DELETE FROM journal WHERE seq = 7", 7, "records 7 to 7 are missing"},
    {"DELETE FROM journal WHERE seq IN (7, 8, 9)", 7,
     "records 7 to 9 are missing"},
    {"DELETE FROM journal WHERE seq = 7;"
     "UPDATE journal SET seq = seq - 1 WHERE seq > 7",
     7, "was changed"},
    {"UPDATE journal SET seq = -1 WHERE seq = 7;"
     "UPDATE journal SET seq = 7 WHERE seq = 8;"
     "UPDATE journal SET seq = 8 WHERE seq = -1",
     7, "does not follow"},
    {"DELETE FROM journal WHERE seq <= 5", 1, "records 1 to 5 are missing"},
    {"DELETE FROM journal WHERE seq > 25", 26,
     "records 26 to 30 are missing at the end"},
    {"DELETE FROM journal WHERE seq > 25; DELETE FROM checkpoint", 26,
     "records 26 to 30 are missing at the end"},
    {"DELETE FROM journal; DELETE FROM checkpoint", 1,
     "records 1 to 30 are missing at the end"},
    {"INSERT INTO journal SELECT 31, at, op, persona, session, message_id, "
     "workspace, user_hash, request_id, engine, generation, verdict, action, "
     "decided_by, rules, drift_score, drift_threshold, drift_alert, content, "
     "metadata, text, hash, hash FROM journal WHERE seq = 30",
     31, "was changed"},
    {"UPDATE checkpoint SET hash = zeroblob(32) WHERE seq = 30", 30,
     "is not the one that its checkpoint saw"},
    {"UPDATE checkpoint SET seal = zeroblob(32) WHERE seq = 30", 30,
     "the seal of the checkpoint"},
    {"UPDATE checkpoint SET count = 29 WHERE seq = 30", 30,
     "the seal of the checkpoint"},
    {"UPDATE checkpoint SET at = 0 WHERE seq = 30", 30,
     "the seal of the checkpoint"},
    {"UPDATE checkpoint SET seq = 29 WHERE seq = 30", 29,
     "is not the one that its checkpoint saw"},
};

enum { TAMPERED = sizeof(tampered) / sizeof(tampered[0]) };

START_TEST(every_change_is_told_with_its_place)
{
    static const char key[] = "a key of 16 bytes";

    begin_with(key);
    support_store_sql(tampered[_i].sql);
    const struct store_verified v = verify(key);
    if (!told(&v, tampered[_i].seq, tampered[_i].words)) {
        print_findings(&v);
        ck_abort_msg("%s: not told: %llu: %s", tampered[_i].sql,
                     (unsigned long long)tampered[_i].seq, tampered[_i].words);
    }
    support_store_leave();
}
END_TEST

START_TEST(cut_tail_stays_visible_after_more_records)
{
    begin_with("");
    support_store_sql("DELETE FROM journal WHERE seq > 25;"
                      "DELETE FROM checkpoint");
    struct store *store = open_with_key("");
    add_records(store, 5);
    store_close(store);
    const struct store_verified v = verify("");
    print_findings(&v);
    ck_assert(told(&v, 26, "records 26 to 30 are missing"));
    ck_assert_uint_eq(v.last, RECORDS + 5);
    support_store_leave();
}
END_TEST

/* What becomes of the seal beside the file. */
static const struct {
    const char *from, *to, *words;
} seals[] = {
    {"\"seq\":30", "\"seq\":25", "wrong"},
    {"\"seq\":30", "\"seq\":31", "records 31 to 31 are missing at the end"},
    {"\"first\":1", "\"first\":9", "wrong"},
    {"\"count\":30", "\"count\":3", "wrong"},
    {"\"seal\":\"", "\"seal\":\"0", "seal beside the file"},
    {"{", "", "seal beside the file"},
    {"\"seq\"", "\"sqe\"", "seal beside the file"},
    {NULL, NULL, "gone"},
};

START_TEST(seal_beside_the_file_cannot_be_changed_unseen)
{
    struct buffer content;
    char changed[2048];

    begin_with("a key of 16 bytes");
    ck_assert(file_read("store.db.seal", 1024, &content, &err));
    buffer_add_byte(&content, '\0');
    if (seals[_i].from != NULL) {
        const char *at = strstr(content.at, seals[_i].from);
        ck_assert_msg(at != NULL, "%s", content.at);
        snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - content.at),
                 content.at, seals[_i].to, at + strlen(seals[_i].from));
        ck_assert(file_write("store.db.seal", text_of(changed), &err));
    } else {
        ck_assert_int_eq(unlink("store.db.seal"), 0);
    }
    buffer_clear(&content);
    const struct store_verified v = verify("a key of 16 bytes");
    bool found = false;
    for (size_t i = 0; i < v.found; i++) {
        found = found || strstr(v.findings[i].message, seals[_i].words) != NULL;
    }
    if (!found) {
        print_findings(&v);
        ck_abort_msg("not told: %s", seals[_i].words);
    }
    support_store_leave();
}
END_TEST

START_TEST(another_key_does_not_fit)
{
    begin_with("a key of 16 bytes");
    const struct store_verified other = verify("a key of 17 bytes");
    ck_assert(told(&other, RECORDS, "made with another key"));
    const struct store_verified none = verify("");
    ck_assert(told(&none, RECORDS, "made with another key"));
    support_store_leave();
}
END_TEST

/* Somebody without the key writes the whole chain anew. */
START_TEST(journal_written_anew_without_the_key_is_told)
{
    begin_with("another key, of his");
    ck_assert_uint_eq(verify("another key, of his").found, 0);
    const struct store_verified v = verify("a key of 16 bytes");
    ck_assert(told(&v, RECORDS, "made with another key"));
    support_store_leave();
}
END_TEST

static struct journal_record seen;
static char seen_bytes[512];
static size_t seen_count;

static bool
note(void *context, const struct journal_record *record)
{
    (void)context;
    seen = *record;
    snprintf(seen_bytes, sizeof(seen_bytes), "%.*s|%.*s|%.*s|%.*s|%.*s",
             TEXT_ARGS(record->decided_by), TEXT_ARGS(record->rules),
             TEXT_ARGS(record->metadata), TEXT_ARGS(record->text),
             TEXT_ARGS(record->user_hash));
    seen_count++;
    return seen_count < 3;
}

START_TEST(records_hold_what_was_judged_and_no_text)
{
    begin_with("");
    struct store_file *file = store_file_open("store.db", &err);
    char hash[DIGEST_HEX], expected[512];
    const struct digest user = digest_of(TEXT("somebody"));

    digest_hex(&user, hash);
    snprintf(expected, sizeof(expected),
             "rule:PII_EMAIL|PROFANITY,PII_EMAIL|{\"tenant\":\"t\"}||%s", hash);
    ck_assert(store_file_journal(file, 4, note, NULL, &err));
    ck_assert_uint_eq(seen_count, 3);
    ck_assert_uint_eq(seen.seq, 7);
    ck_assert(seen.drift_score == 0.25);
    ck_assert_int_eq(seen.drift_alert, 0);
    ck_assert_str_eq(seen_bytes, expected);
    store_file_close(file);
    support_store_leave();
}
END_TEST

/* The bytes of every file of the store, searched for what must not be there. */
static bool
any_file_holds(const char *needle)
{
    static const char *const names[] = {"store.db", "store.db-wal",
                                        "store.db.seal", "store.db.lock"};
    bool found = false;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct buffer content;
        if (file_read(names[i], 64 << 20, &content, &err)) {
            found = found || text_find(buffer_text(&content), text_of(needle),
                                       0) != SIZE_MAX;
            buffer_clear(&content);
        }
    }
    return found;
}

START_TEST(no_text_and_no_user_is_in_any_file_unless_told_to)
{
    struct store_options options = support_store_options();

    support_store_enter();
    options.journal_text = _i == 1;
    struct store *store = support_store_open(&options);
    add_records(store, RECORDS);
    ck_assert_int_eq(any_file_holds("what the canary said"), _i == 1);
    ck_assert(!any_file_holds("somebody"));
    store_close(store);
    ck_assert_int_eq(any_file_holds("what the canary said"), _i == 1);
    support_store_leave();
}
END_TEST

START_TEST(more_rules_than_fit_are_told_as_more)
{
    static const char *const ends[] = {"R0,R1", "..."};
    struct text rules[900];
    char names[900][8];

    support_store_enter();
    struct store *store = open_with_key("");
    for (size_t i = 0; i < 900; i++) {
        snprintf(names[i], sizeof(names[i]), "R%zu", i);
        rules[i] = text_of(names[i]);
    }
    struct store_verdict verdict = support_store_verdict("s1");
    verdict.rules = rules;
    verdict.rule_count = _i == 0 ? 2 : 900;
    ck_assert(store_journal_add(store, &verdict, NULL, 0, &err));
    store_close(store);
    struct store_file *file = store_file_open("store.db", &err);
    seen_count = 2; // the next is the last
    ck_assert(store_file_journal(file, 0, note, NULL, &err));
    store_file_close(file);
    char query[128];
    snprintf(query, sizeof(query), "SELECT rules LIKE '%%%s' FROM journal",
             ends[_i]);
    ck_assert_int_eq(support_store_number(query), 1);
    ck_assert_int_le(support_store_number("SELECT length(rules) FROM journal"),
                     STORE_RULES_BYTES);
    ck_assert_uint_eq(verify("").found, 0);
    support_store_leave();
}
END_TEST

START_TEST(old_records_are_cut_at_a_checkpoint_and_the_rest_is_whole)
{
    const int64_t day = 24 * 3600 * 1000;
    struct store_options options = support_store_options();

    support_store_enter();
    options.retention_ms = day;
    struct store *store = support_store_open(&options);
    add_records(store, 20);
    store_tick(store, SUPPORT_STORE_NOW + 60 * 1000); // seals by time
    ck_assert(store_flush(store));
    store_close(store);
    store = support_store_open(&options);
    struct store_verdict late = support_store_verdict("s1");
    late.at_ms = SUPPORT_STORE_NOW + day;
    ck_assert(store_journal_add(store, &late, NULL, 0, &err));
    ck_assert(store_flush(store));
    store_tick(store, SUPPORT_STORE_NOW + day + 120 * 1000);
    store_close(store);
    struct store_verified v = verify("");
    print_findings(&v);
    ck_assert_uint_eq(v.found, 0);
    ck_assert_uint_eq(v.first, 21);
    ck_assert_uint_eq(v.records, 1);

    support_store_sql("DELETE FROM checkpoint WHERE seq = 20");
    v = verify("");
    ck_assert_uint_gt(v.found, 0);
    support_store_leave();
}
END_TEST

START_TEST(alert_raised_again_is_counted_and_not_doubled)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct store_outbox_row rows[8];
    struct store_alert alerts[2] = {support_store_alert("a1"),
                                    support_store_alert("a2")};

    support_store_enter();
    struct store *store = open_with_key("");
    ck_assert(store_journal_add(store, NULL, alerts, 2, &err));
    ck_assert(store_journal_add(store, NULL, alerts, 1, &err));
    ck_assert(store_flush(store));
    ck_assert_uint_eq(store_outbox_read(store, 0, 8, rows, arena, &err), 2);
    ck_assert(text_is(rows[0].alert.id, "a1"));
    ck_assert(text_is(rows[0].alert.reason, "PII_EMAIL"));
    ck_assert_uint_eq(rows[0].repeats, 1);
    ck_assert_uint_eq(rows[1].repeats, 0);
    ck_assert_int_eq(rows[0].delivered_at_ms, 0);
    ck_assert(store_outbox_settle(store, rows[0].number, 0, 500, &err));
    ck_assert(store_outbox_settle(store, rows[1].number, 600, 0, &err));
    ck_assert_uint_eq(store_outbox_read(store, 0, 1, rows, arena, &err), 1);
    ck_assert_uint_eq(rows[0].attempts, 1);
    ck_assert_int_eq(rows[0].next_at_ms, 500);
    ck_assert_uint_eq(
        store_outbox_read(store, rows[0].number, 8, rows, arena, &err), 1);
    ck_assert_int_eq(rows[0].delivered_at_ms, 600);
    ck_assert_uint_eq(
        store_outbox_read(store, rows[0].number, 8, rows, arena, &err), 0);
    ck_assert_int_eq(err.kind, ERR_NONE);
    store_close(store);
    arena_free(arena);
    support_store_leave();
}
END_TEST

TEST_MAIN(
    "store_journal",
    tcase_add_loop_test(tc, journal_that_nobody_touched_is_whole, 0, 2);
    tcase_add_test(tc, journal_goes_on_after_reopening);
    tcase_add_loop_test(tc, every_change_is_told_with_its_place, 0, TAMPERED);
    tcase_add_test(tc, cut_tail_stays_visible_after_more_records);
    tcase_add_loop_test(tc, seal_beside_the_file_cannot_be_changed_unseen, 0,
                        (int)(sizeof(seals) / sizeof(seals[0])));
    tcase_add_test(tc, another_key_does_not_fit);
    tcase_add_test(tc, journal_written_anew_without_the_key_is_told);
    tcase_add_test(tc, records_hold_what_was_judged_and_no_text);
    tcase_add_loop_test(tc, no_text_and_no_user_is_in_any_file_unless_told_to,
                        0, 2);
    tcase_add_loop_test(tc, more_rules_than_fit_are_told_as_more, 0, 2);
    tcase_add_test(tc,
                   old_records_are_cut_at_a_checkpoint_and_the_rest_is_whole);
    tcase_add_test(tc, alert_raised_again_is_counted_and_not_doubled);)
