#include "sidecar/tools/rescore_summary.h"

#include <stdio.h>

#include "tests/unit/harness.h"

static const char configuration[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* A summary of one shard: some names, some counts. */
static void
fill(struct rescore_summary *s, const char *source, uint64_t shard,
     uint64_t shards)
{
    char path[64], format[] = "rows";
    struct rescore_summary_part part = {.source = path,
                                        .format = format,
                                        .whole = true,
                                        .shard = shard,
                                        .shards = shards,
                                        .records = 9,
                                        .turns = 8,
                                        .bad = 1};
    struct err err;

    rescore_summary_init(s);
    snprintf(path, sizeof(path), "%s", source);
    memcpy(s->configuration, configuration, DIGEST_HEX);
    memcpy(s->options, configuration, DIGEST_HEX);
    memcpy(part.digest, configuration, DIGEST_HEX);
    ck_assert(rescore_summary_part(s, &part, &err));
    for (int kind = 0; kind < RESCORE_TALLY_KINDS; kind++) {
        struct rescore_tally_entry *entry = rescore_tally_entry(
            &s->tally, (enum rescore_tally_kind)kind, TEXT("a \"name\""), &err);
        ck_assert_ptr_nonnull(entry);
        entry->rows = (uint64_t)kind + shard;
        if (entry->drift != NULL) {
            entry->drift->sum = 12345;
            entry->drift->bins[7] = 3;
        }
    }
    s->tally.rows = 8;
    s->tally.drift.measured = 3;
    s->tally.drift.sum = 12345;
    s->tally.drift.bins[7] = 3;
}

static struct buffer
written(struct rescore_summary *s)
{
    struct buffer json;
    struct err err;

    buffer_init(&json, 1 << 20);
    ck_assert_msg(rescore_summary_write(s, &json, &err), "%s", err.message);
    return json;
}

START_TEST(what_is_written_reads_back_the_same)
{
    struct rescore_summary one, back;
    struct err err;

    fill(&one, "x.jsonl", 2, 3);
    rescore_summary_init(&back);
    struct buffer json = written(&one);
    ck_assert_msg(rescore_summary_read(&back, buffer_text(&json), &err), "%s",
                  err.message);
    struct buffer again = written(&back);
    ck_assert(text_equal(buffer_text(&json), buffer_text(&again)));
    buffer_clear(&json);
    buffer_clear(&again);
    rescore_summary_clear(&one);
    rescore_summary_clear(&back);
}
END_TEST

START_TEST(no_truncation_and_no_missing_key_is_a_summary)
{
    struct rescore_summary one, back;
    struct err err;

    fill(&one, "x.jsonl", 1, 1);
    struct buffer json = written(&one);
    for (size_t len = 0; len + 2 < json.len; len++) {
        rescore_summary_init(&back);
        ck_assert_msg(
            !rescore_summary_read(&back, (struct text){json.at, len}, &err),
            "%zu bytes", len);
        rescore_summary_clear(&back);
    }
    // Each key at the top but the last two, which nobody reads, renamed.
    for (size_t at = 0; at + 3 < json.len; at++) {
        if (memcmp(json.at + at, "\n  \"", 4) != 0 ||
            memcmp(json.at + at + 4, "seeds", 5) == 0 ||
            memcmp(json.at + at + 4, "inputs", 6) == 0 ||
            memcmp(json.at + at + 4, "complete", 8) == 0) {
            continue;
        }
        const char was = json.at[at + 4];
        json.at[at + 4] = 'Z';
        rescore_summary_init(&back);
        ck_assert_msg(!rescore_summary_read(&back, buffer_text(&json), &err),
                      "%.20s", json.at + at);
        ck_assert_int_eq(err.kind, ERR_INVALID);
        rescore_summary_clear(&back);
        json.at[at + 4] = was;
    }
    buffer_clear(&json);
    rescore_summary_clear(&one);
}
END_TEST

START_TEST(all_shards_of_a_file_become_the_file)
{
    struct rescore_summary all, one;
    struct err err;

    fill(&all, "x.jsonl", 3, 3);
    for (uint64_t shard = 1; shard <= 2; shard++) {
        struct buffer json = written(&all);
        ck_assert_ptr_nonnull(strstr(json.at, "\"shards\": 3"));
        buffer_clear(&json);
        fill(&one, "x.jsonl", shard, 3);
        ck_assert(rescore_summary_join(&all, &one, &err));
        rescore_summary_clear(&one);
    }
    struct buffer json = written(&all);
    ck_assert_uint_eq(all.part_count, 1);
    ck_assert_uint_eq(all.parts[0].shards, 1);
    ck_assert_uint_eq(all.tally.rows, 24);
    buffer_clear(&json);
    rescore_summary_clear(&all);
}
END_TEST

START_TEST(only_what_belongs_together_is_joined)
{
    static const struct {
        const char *source;
        uint64_t shard, shards;
        bool joins;
    } rows[] = {{"x.jsonl", 1, 3, false}, {"x.jsonl", 2, 3, true},
                {"x.jsonl", 1, 1, false}, {"x.jsonl", 2, 4, false},
                {"y.jsonl", 1, 3, true},  {"y.jsonl", 1, 1, true}};
    struct rescore_summary all, one;
    struct err err;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int other = 0; other < 3; other++) {
            fill(&all, "x.jsonl", 1, 3);
            fill(&one, rows[i].source, rows[i].shard, rows[i].shards);
            one.configuration[5] = other == 1 ? 'f' : one.configuration[5];
            one.options[5] = other == 2 ? 'f' : one.options[5];
            ck_assert_msg(rescore_summary_join(&all, &one, &err) ==
                              (rows[i].joins && other == 0),
                          "row %zu, %d", i, other);
            rescore_summary_clear(&one);
            rescore_summary_clear(&all);
        }
    }
}
END_TEST

TEST_MAIN("rescore_summary",
          tcase_add_test(tc, what_is_written_reads_back_the_same);
          tcase_add_test(tc, no_truncation_and_no_missing_key_is_a_summary);
          tcase_add_test(tc, all_shards_of_a_file_become_the_file);
          tcase_add_test(tc, only_what_belongs_together_is_joined);)
