#include "sidecar/base/entropy.h"

#include <errno.h>
#include <sys/random.h>

bool
entropy_fill(void *out, size_t len, struct err *err)
{
    ssize_t got;

    // Up to 256 bytes come whole: getrandom(2), "Interruption by a signal".
    do {
        got = getrandom(out, len, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)len) {
        err_set(err, ERR_INTERNAL, "the system gives no random bytes");
        return false;
    }
    return true;
}
