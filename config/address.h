/*
 * Addresses to listen on: ipc:///path, tcp://host:port, tls+tcp://host:port.
 */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include "sidecar/base/text.h"

enum address_scheme { ADDRESS_IPC, ADDRESS_TCP, ADDRESS_TLS };

/* What sockaddr_un holds, less the NUL at its end (unix(7)). */
enum { ADDRESS_PATH_BYTES = 107 };

struct address {
    enum address_scheme scheme;
    struct text path; /* ADDRESS_IPC */
    struct text host; /* else; without the brackets of IPv6; "" or "*": any */
    unsigned port;    /* 0: one that is free */
    bool loopback;    /* only this machine reaches it; true for ipc */
};

/*
 * Takes the address apart. NULL, or what is wrong, in words that follow the
 * setting's path.
 */
const char *address_parse(struct text url, struct address *out);

#endif
