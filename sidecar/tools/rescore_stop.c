#include "sidecar/tools/rescore_stop.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

enum { SIGNAL_EXIT = 128 };

// Written by the handler, only ever from 0 to a signal; nothing else depends
// on when that is seen. Lock-free, as a handler needs.
static _Atomic int asked;
static int nothing = -1; // a file without bytes

static void
ask(int number)
{
    asked = number;
    // The reader begins its read again after a signal: let it find the end.
    if (nothing >= 0) {
        (void)dup2(nothing, STDIN_FILENO);
    }
}

void
rescore_stop_watch(void)
{
    struct sigaction ending = {.sa_handler = ask,
                               .sa_flags = (int)SA_RESETHAND};
    const struct sigaction ignored = {.sa_handler = SIG_IGN};

    nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigemptyset(&ending.sa_mask);
    sigaction(SIGINT, &ending, NULL);
    sigaction(SIGTERM, &ending, NULL);
    sigaction(SIGPIPE, &ignored, NULL);
}

bool
rescore_stop_asked(void)
{
    return asked != 0;
}

int
rescore_stop_code(void)
{
    return asked != 0 ? SIGNAL_EXIT + asked : 0;
}
