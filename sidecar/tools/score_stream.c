#include "sidecar/tools/score_stream.h"

#include <stdio.h>
#include <time.h>

#include "sidecar/engine/stream.h"
#include "sidecar/serve/rotation.h"
#include "sidecar/tools/show_text.h"

enum {
    DELTA_BYTES = 4, /* about what a model's token is */
    MS_PER_S = 1000,
    NS_PER_MS = 1000000
};

/* What has happened so far. */
struct playing {
    const struct score_stream *how;
    struct stream *stream;
    struct judge_terms terms;
    struct text text;
    size_t fed, shown; /* bytes */
    bool stopped;
};

static void
wait_a_little(int ms)
{
    const struct timespec pause = {
        .tv_sec = ms / MS_PER_S, .tv_nsec = (long)(ms % MS_PER_S) * NS_PER_MS};

    if (ms > 0) {
        nanosleep(&pause, NULL);
    }
}

/* Newlines are the text's own; all else that moves a cursor is made safe. */
static void
put(struct text text)
{
    while (text.len > 0) {
        const char *newline = memchr(text.at, '\n', text.len);
        const size_t len =
            newline != NULL ? (size_t)(newline - text.at) : text.len;
        show_text_plain(stdout, text_part(text, 0, len));
        if (newline == NULL) {
            break;
        }
        putchar('\n');
        text = text_part(text, len + 1, text.len);
    }
    fflush(stdout);
}

static void
show(struct playing *p, struct text emit)
{
    put(emit);
    p->shown += emit.len;
}

static bool
feed(struct playing *p, struct err *err)
{
    const size_t left = p->text.len - p->fed;
    const size_t len = left < DELTA_BYTES ? left : DELTA_BYTES;
    struct stream_step step;

    if (!judge_begin(p->how->judge, p->how->engine, err) ||
        !stream_add(p->stream, text_part(p->text, p->fed, p->fed + len), err)) {
        return false;
    }
    p->fed += len;
    p->terms.rotation = rotation_next(NULL, stream_request(p->stream));
    stream_advance(p->stream, p->how->judge, &p->terms, &step);
    show(p, step.emit);
    p->stopped = step.stop;
    return true;
}

/* The rest, or what stands in the place of all that was shown. */
static void
show_end(struct playing *p, const struct stream_end *end)
{
    const struct envelope *e = &end->result.envelopes[0];
    const bool whole = e->action == ACTION_SHIP || e->action == ACTION_REDACT;

    show(p, end->emit);
    if (end->retract) {
        printf("\n%s--- taken back; instead:%s\n",
               show_text_on(SHOW_RED, p->how->coloured),
               p->how->coloured ? "\033[0m" : "");
        put(end->content);
    } else if (!whole) {
        put(e->content);
    }
    putchar('\n');
    fflush(stdout);
}

static void
tell(const struct playing *p, const struct stream_end *end)
{
    const struct envelope *e = &end->result.envelopes[0];

    fprintf(stderr, "%s after %zu of %zu bytes, %zu shown: %s, %s",
            p->stopped ? "stopped" : "ended", p->fed, p->text.len, p->shown,
            envelope_verdict_names[e->verdict],
            envelope_action_names[e->action]);
    if (e->decided_by.kind.len > 0) {
        fprintf(stderr, " by %.*s %.*s", TEXT_ARGS(e->decided_by.kind),
                TEXT_ARGS(e->decided_by.id));
    }
    fputc('\n', stderr);
}

static bool
play(struct playing *p, struct err *err)
{
    struct stream_end end;

    while (p->fed < p->text.len && !p->stopped) {
        if (!feed(p, err)) {
            return false;
        }
        wait_a_little(p->how->pace_ms);
    }
    p->terms.rotation = rotation_next(NULL, stream_request(p->stream));
    if (!judge_begin(p->how->judge, p->how->engine, err) ||
        !stream_close(p->stream, p->how->judge, &p->terms, &end, err)) {
        return false;
    }
    show_end(p, &end);
    tell(p, &end);
    return true;
}

bool
score_stream_show(const struct score_stream *how, struct err *err)
{
    struct playing p = {.how = how,
                        .terms = {.deadline_ns = UINT64_MAX},
                        .text = how->request->candidates[0].text};
    struct request request = *how->request;

    request.mode = how->mode;
    p.stream = stream_open(how->engine, &request, err);
    const bool played = p.stream != NULL && play(&p, err);
    stream_free(p.stream);
    return played;
}
