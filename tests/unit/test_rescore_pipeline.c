#include "sidecar/tools/rescore_pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/harness.h"

enum { REPLIES = 3000, NEVER = 1 << 30 };

/* A run over numbered lines, and where it fails. */
struct play {
    struct buffer out;
    uint64_t fail_judging, fail_writing; /* at this row */
    size_t open_left;                    /* workers that can be had */
    size_t opened, closed;
};

static char path[] = "/tmp/leeway-pipeline-XXXXXX";

static void
write_lines(void)
{
    const int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < REPLIES; i++) {
        fprintf(file, i % 97 == 5 ? "{%d\n" : "{\"text\": \"line %d\"}\n", i);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void
remove_lines(void)
{
    unlink(path);
}

static void *
open_worker(void *context, struct err *err)
{
    struct play *play = context;

    if (play->open_left == 0) {
        err_memory(err, "a worker");
        return NULL;
    }
    play->open_left--;
    play->opened++;
    return play;
}

static void
close_worker(void *context, void *worker)
{
    struct play *play = context;

    ck_assert_ptr_eq(worker, play);
    play->closed++;
}

static bool
judge(void *worker, struct rescore_batch *batch, struct err *err)
{
    const struct play *play = worker;

    for (size_t i = 0; i < batch->count; i++) {
        const struct rescore_reply *reply = &batch->at[i];
        if (reply->row == play->fail_judging) {
            err_set(err, ERR_INTERNAL, "judging");
            return false;
        }
        buffer_format(&batch->out, "%d %d %zu %.*s\n", (int)reply->row,
                      (int)reply->kind, reply->line,
                      TEXT_ARGS(reply->turn.text));
    }
    return true;
}

static bool
put(void *context, const struct rescore_batch *batch, struct err *err)
{
    struct play *play = context;

    if (play->fail_writing < NEVER &&
        batch->at[batch->count - 1].row >= play->fail_writing) {
        err_set(err, ERR_IO, "writing");
        return false;
    }
    buffer_add_text(&play->out, buffer_text(&batch->out));
    return true;
}

static bool
run(struct play *play, size_t jobs, struct err *err)
{
    char *paths[] = {path};
    const struct rescore_input_options options = {
        .paths = paths, .count = 1, .role = RESCORE_INPUT_ALL, .shards = 1};
    const struct rescore_work work = {play, open_worker, close_worker, judge,
                                      put};
    struct rescore_input *input = rescore_input_open(&options, err);

    ck_assert_ptr_nonnull(input);
    buffer_init(&play->out, 1 << 20);
    const bool fine = rescore_pipeline_run(input, &work, jobs, err);
    rescore_input_close(input);
    ck_assert_uint_eq(play->opened, play->closed);
    return fine;
}

static struct play
play_of(void)
{
    return (struct play){
        .fail_judging = NEVER, .fail_writing = NEVER, .open_left = NEVER};
}

/* _i threads */
START_TEST(every_item_comes_out_once_in_order)
{
    struct play play = play_of();
    struct err err;
    size_t lines = 0;

    ck_assert(run(&play, (size_t)_i, &err));
    buffer_add_byte(&play.out, '\0');
    for (char *at = play.out.at; *at != '\0'; lines++) {
        char want[64];
        const int kind =
            lines % 97 == 5 ? (int)TRANSCRIPT_BAD : (int)TRANSCRIPT_TURN;
        int len = snprintf(want, sizeof(want), "%zu %d %zu ", lines + 1, kind,
                           lines + 1);
        if (kind == (int)TRANSCRIPT_TURN) {
            len += snprintf(want + len, sizeof(want) - (size_t)len, "line %zu",
                            lines);
        }
        ck_assert_msg(strncmp(at, want, (size_t)len) == 0 && at[len] == '\n',
                      "%s, not %.40s", want, at);
        at += len + 1;
    }
    ck_assert_uint_eq(lines, REPLIES);
    buffer_clear(&play.out);
}
END_TEST

/* _i threads */
START_TEST(a_failure_ends_the_run_and_is_told)
{
    static const uint64_t places[] = {1, 700, REPLIES};

    for (size_t i = 0; i < 3; i++) {
        struct play judging = play_of(), writing = play_of();
        struct err err;
        judging.fail_judging = places[i];
        ck_assert(!run(&judging, (size_t)_i, &err));
        ck_assert_str_eq(err.message, "judging");
        writing.fail_writing = places[i];
        ck_assert(!run(&writing, (size_t)_i, &err));
        ck_assert_str_eq(err.message, "writing");
        buffer_clear(&judging.out);
        buffer_clear(&writing.out);
    }
    struct play poor = play_of();
    struct err err;
    poor.open_left = (size_t)_i - 1;
    ck_assert(!run(&poor, (size_t)_i, &err));
    ck_assert_int_eq(err.kind, ERR_MEMORY);
    buffer_clear(&poor.out);
}
END_TEST

TEST_MAIN("rescore_pipeline",
          tcase_add_unchecked_fixture(tc, write_lines, remove_lines);
          tcase_add_loop_test(tc, every_item_comes_out_once_in_order, 1, 9);
          tcase_add_loop_test(tc, a_failure_ends_the_run_and_is_told, 1, 5);)
