/*
 * Ctrl-C and SIGTERM: asked to stop, a command writes what it has judged and
 * ends with a whole file. A second one ends it at once.
 */
#ifndef SIDECAR_TOOLS_RESCORE_STOP_H
#define SIDECAR_TOOLS_RESCORE_STOP_H

#include <stdbool.h>

/*
 * From now on these signals only ask, and a broken pipe is an error of write.
 * A read of standard input that waits for more then sees its end.
 */
void rescore_stop_watch(void);

/* Any thread. */
bool rescore_stop_asked(void);

/* 128 and the signal's number, as a shell tells it; 0: none came. */
int rescore_stop_code(void);

#endif
