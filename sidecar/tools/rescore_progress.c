#include "sidecar/tools/rescore_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "sidecar/base/clock.h"

enum { DRAWN_EVERY_NS = 200 * 1000 * 1000, BAR = 24 };

void
rescore_progress_begin(struct rescore_progress *progress, uint64_t bytes)
{
    *progress = (struct rescore_progress){.shown = isatty(STDERR_FILENO) == 1,
                                          .bytes = bytes,
                                          .begun_ns = clock_ns()};
}

double
rescore_progress_seconds(const struct rescore_progress *progress)
{
    return (double)(clock_ns() - progress->begun_ns) / 1e9;
}

static void
draw(const struct rescore_progress *p, uint64_t place)
{
    const double seconds = rescore_progress_seconds(p);

    fputs("\r\033[K", stderr);
    if (p->bytes > 0) {
        const double share = (double)place / (double)p->bytes;
        const int filled = (int)(share * BAR);
        fputc('[', stderr);
        for (int i = 0; i < BAR; i++) {
            fputc(i < filled ? '#' : '.', stderr);
        }
        fprintf(stderr, "] %3.0f %%  ", 100 * share);
    }
    fprintf(stderr, "%" PRIu64 " replies, %.0f/s", p->rows,
            (double)p->rows / seconds);
    if (p->bytes > 0 && place > 0) {
        const uint64_t left =
            (uint64_t)(seconds / (double)place * (double)(p->bytes - place));
        fprintf(stderr, ", %" PRIu64 ":%02" PRIu64 " left", left / 60,
                left % 60);
    }
    fflush(stderr);
}

void
rescore_progress_step(struct rescore_progress *progress, uint64_t rows,
                      uint64_t place)
{
    const uint64_t now = clock_ns();

    progress->rows += rows;
    if (progress->shown && now - progress->drawn_ns >= DRAWN_EVERY_NS &&
        now > progress->begun_ns) {
        progress->drawn_ns = now;
        progress->on_screen = true;
        draw(progress, place < progress->bytes ? place : progress->bytes);
    }
}

void
rescore_progress_clear(struct rescore_progress *progress)
{
    if (progress->on_screen) {
        fputs("\r\033[K", stderr);
        progress->on_screen = false;
    }
}
