/*
 * Where a Redis server is: redis://host[:port][/db], unix:///path[?db=n].
 */
#ifndef CONFIG_REDIS_URL_H
#define CONFIG_REDIS_URL_H

#include "sidecar/base/text.h"

enum { REDIS_URL_PORT = 6379, REDIS_URL_DB_MAX = 1 << 20 };

struct redis_url {
    struct text path; /* of a socket; "" for TCP */
    struct text host; /* without the brackets of IPv6 */
    unsigned port;
    unsigned db;
};

/*
 * Takes it apart; views into url. NULL, or what is wrong, in words that follow
 * the setting's path. A password in it is refused: an address is shown.
 */
const char *redis_url_parse(struct text url, struct redis_url *out);

#endif
