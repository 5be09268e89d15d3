/*
 * Many threads feed the same streams in turn, while engines come and go: each
 * stream still equals its whole text.
 */
#include "sidecar/serve/stream_table.h"

#include <pthread.h>

#include "proto/encode.h"
#include "sidecar/base/clock.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

#define RULES                                                                  \
    SUPPORT_ENGINE_RULES                                                       \
    "- {id: BAD, type: terms, terms: [zorblax, \"very bad\"], robust: "        \
    "strong, category: c, action: fallback}\n"                                 \
    "- {id: MASK, type: regex, pattern: '[0-9]{4,9}', category: c, action: "   \
    "redact}\n"                                                                \
    "- {id: MAIL, type: pii, entity: EMAIL_ADDRESS, category: c, action: "     \
    "redact}\n"                                                                \
    "- {id: AGAIN, type: repetition, max_token_run: 3, category: c, action: "  \
    "fallback}\n"

enum { THREADS = 8, STREAMS = 24, TEXTS = 6, ROUNDS = 400, ENGINES = 3 };

static const char *const texts[TEXTS] = {
    "Plain words, nothing else, and then some more of them to be fed.",
    "A number 12345 in it, and 4711 again. Write to ann@example.org, please.",
    "It was z-o-r-b-l-a-x. Nobody had known, very very bad as it was.",
    "Gr\xc3\xbc\xc3\x9f Gott, \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x99\x82, 99999 "
    "times.",
    "so so so so so it went, on and on and on.",
    "It is zorbla, and zorb lax, and 123 45 6789 at the end: 1234",
};

static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
static struct engine *engines[ENGINES];
static struct stream_table *table;

/* What the threads share besides; its own lock. */
static struct {
    pthread_mutex_t lock;
    char id[STREAM_TABLE_ID]; /* "": none */
    size_t text;
    struct buffer shown;
} streams[STREAMS];

static uint32_t
draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

static void
open_one(size_t at, uint32_t *seed)
{
    struct request request = support_request(NULL);
    struct err err;

    request.candidate_count = 0;
    streams[at].text = draw(seed, TEXTS);
    struct stream *stream =
        stream_open(engines[draw(seed, ENGINES)], &request, &err);
    ck_assert_ptr_nonnull(stream);
    ck_assert(stream_table_add(table, stream, 1, streams[at].id, &err));
    buffer_reset(&streams[at].shown);
}

/* The whole, judged by the same engine, says the same. */
static void
check_close(size_t at, struct stream *stream, struct judge *judge)
{
    const struct request_candidate candidate = {
        .text = text_of(texts[streams[at].text])};
    const struct request request = support_request(&candidate);
    const struct engine *engine = stream_engine(stream);
    struct judge_result whole;
    struct stream_end end;
    struct buffer said, want;
    struct err err;

    buffer_init(&said, SIZE_MAX);
    buffer_init(&want, SIZE_MAX);
    ck_assert(judge_begin(judge, engine, &err));
    ck_assert(stream_close(stream, judge, &terms, &end, &err));
    ck_assert(!end.defect);
    buffer_add_text(&streams[at].shown, end.emit);
    encode_envelope(&said, &end.result.envelopes[0]);
    ck_assert(judge_begin(judge, engine, &err));
    ck_assert(judge_request(judge, engine, &request, &terms, &whole, &err));
    encode_envelope(&want, &whole.envelopes[0]);
    ck_assert(text_equal(buffer_text(&said), buffer_text(&want)));
    const struct envelope *e = &whole.envelopes[0];
    ck_assert(e->action > ACTION_REDACT ||
              text_equal(buffer_text(&streams[at].shown),
                         e->content.at != NULL ? e->content : candidate.text));
    buffer_clear(&said);
    buffer_clear(&want);
}

/* The next piece of the stream, or its close. */
static void
feed_one(size_t at, struct judge *judge, uint32_t *seed)
{
    const struct stream_table_query query = {.id = text_of(streams[at].id),
                                             .client = 1 + draw(seed, 3),
                                             .wait_until_ns =
                                                 clock_ns() + 60000000000u};
    const struct text text = text_of(texts[streams[at].text]);
    struct stream_entry *entry;
    struct stream_step step;
    struct err err;

    ck_assert_int_eq(stream_table_take(table, &query, &entry),
                     STREAM_TABLE_TAKEN);
    const size_t fed = (size_t)entry->next_seq;
    if (fed == text.len) {
        check_close(at, entry->stream, judge);
        stream_table_end(table, entry, true);
        streams[at].id[0] = '\0';
        return;
    }
    const size_t more = 1 + draw(seed, 12);
    const size_t to = more < text.len - fed ? fed + more : text.len;
    ck_assert(stream_add(entry->stream, text_part(text, fed, to), &err));
    ck_assert(judge_begin(judge, stream_engine(entry->stream), &err));
    stream_advance(entry->stream, judge, &terms, &step);
    buffer_add_text(&streams[at].shown, step.emit);
    entry->next_seq = (long long)to;
    stream_table_put(table, entry);
}

static void *
work(void *number)
{
    uint32_t seed = 7 * (uint32_t) * (const int *)number + 1;
    struct judge *judge =
        judge_new((size_t)engines[0]->config->limits.request_memory);

    ck_assert_ptr_nonnull(judge);
    for (int i = 0; i < ROUNDS; i++) {
        const size_t at = draw(&seed, STREAMS);
        ck_assert_int_eq(pthread_mutex_lock(&streams[at].lock), 0);
        if (streams[at].id[0] == '\0') {
            open_one(at, &seed);
        } else {
            feed_one(at, judge, &seed);
        }
        ck_assert_int_eq(pthread_mutex_unlock(&streams[at].lock), 0);
        if (i % 50 == 0) {
            stream_table_sweep(table, clock_ns());
        }
    }
    judge_free(judge);
    return NULL;
}

START_TEST(streams_go_from_thread_to_thread)
{
    const struct stream_table_limits limits = {.streams = STREAMS,
                                               .per_client = STREAMS,
                                               .bytes = 64 << 20,
                                               .idle_ns = UINT64_MAX / 2};
    pthread_t threads[THREADS];
    int numbers[THREADS];

    for (size_t i = 0; i < ENGINES; i++) {
        engines[i] = support_engine(RULES);
    }
    table = stream_table_new(&limits);
    for (size_t i = 0; i < STREAMS; i++) {
        ck_assert_int_eq(pthread_mutex_init(&streams[i].lock, NULL), 0);
        buffer_init(&streams[i].shown, SIZE_MAX);
    }
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &numbers[i]),
                         0);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    // As after a reload: the open streams outlive what else held the engine.
    for (size_t i = 0; i < ENGINES; i++) {
        engine_drop(engines[i]);
    }
    stream_table_free(table);
    for (size_t i = 0; i < STREAMS; i++) {
        buffer_clear(&streams[i].shown);
        ck_assert_int_eq(pthread_mutex_destroy(&streams[i].lock), 0);
    }
}
END_TEST

TEST_MAIN("stream_threads",
          tcase_add_test(tc, streams_go_from_thread_to_thread);)
