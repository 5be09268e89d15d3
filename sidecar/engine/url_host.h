/*
 * Hosts of links: the name in one spelling, addresses in every notation, and
 * what a name looks like.
 */
#ifndef SIDECAR_ENGINE_URL_HOST_H
#define SIDECAR_ENGINE_URL_HOST_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

enum { URL_HOST_BYTES = 253 }; /* RFC 1035 */

struct url_host {
    /*
     * In lower case (ASCII), dots and percent signs decoded, without a dot at
     * the end or "www." in front.
     */
    char bytes[URL_HOST_BYTES + 1];
    size_t len; /* 0: there is none, or it is too long */
    bool ip;    /* an address, not a name */
    bool local; /* of the local machine or network, address or name */
};

/*
 * Reads the host as it was written: dots perhaps as "[.]", "(dot)" or " dot ",
 * an address perhaps in brackets.
 */
void url_host_read(struct text written, struct url_host *out);

/* Is `host` the domain or below it? */
bool url_host_under(struct text host, struct text domain);

/*
 * What the host looks like: punycode decoded, letters of other scripts as the
 * Latin ones that they resemble, digits as letters, "rn" as "m". Two names with
 * one skeleton are hard to tell apart. In the arena. Fails where it is full.
 */
bool url_host_skeleton(struct text host, struct arena *arena, struct text *out,
                       struct err *err);

/* Are Latin letters and their look-alikes of another script in one label? */
bool url_host_mixed(struct text host);

/*
 * Does one change make the other: a character more, less, another, or two
 * neighbours swapped? Equal ones do not count.
 */
bool url_host_near(struct text a, struct text b);

/*
 * Decodes punycode (RFC 3492), what follows "xn--"; returns how many bytes of
 * UTF-8, 0 where it is malformed or does not fit.
 */
size_t url_host_punycode(struct text label, char *out, size_t size);

#endif
