/*
 * A server that speaks Redis's protocol wrongly, on a socket in the current
 * folder, for one test.
 */
#ifndef TESTS_UNIT_SUPPORT_FAKE_H
#define TESTS_UNIT_SUPPORT_FAKE_H

#include "sidecar/base/text.h"

#define SUPPORT_FAKE_SOCKET "fake.sock"

enum support_fake_then {
    SUPPORT_FAKE_STAYS,  /* says nothing more, until it is asked again */
    SUPPORT_FAKE_CLOSES, /* the connection */
    SUPPORT_FAKE_FLOODS  /* sends "a" as long as they are taken */
};

struct support_fake {
    const char *greeting;        /* to SCRIPT LOAD; NULL: as Redis does */
    struct text reply;           /* to all that is asked after that */
    enum support_fake_then then; /* after a reply */
    long delay_ms;               /* before a reply */
};

/* Starts it; `fake` stays as it is. One connection at a time. */
void support_fake_start(const struct support_fake *fake);
void support_fake_stop(void);

size_t support_fake_connections(void); /* so far */
size_t support_fake_flooded(void);     /* bytes */

/*
 * Passes bytes on between "fake.sock" and that socket, replies that much later.
 * Ended by support_fake_stop.
 */
void support_fake_delay(const char *socket, long ms);

#endif
