/*
 * Host names in running text, also with the dots spelled out: "acme[.]com",
 * "acme dot com".
 */
#ifndef SIDECAR_ENGINE_PII_HOST_H
#define SIDECAR_ENGINE_PII_HOST_H

#include "sidecar/base/text.h"

struct pii_host {
    size_t to;          /* offset after the name */
    size_t labels;      /* 2 up */
    struct text top;    /* the last label, a top-level domain */
    struct text second; /* the one before it */
    bool whole;         /* the name ends there; false: more labels follow */
    bool spelled;       /* a dot is written otherwise than as a point */
};

/*
 * Reads the longest name from `at` that ends in a top-level domain; false:
 * there is none. Labels of 1 to 63 letters, digits and inner hyphens, 253
 * bytes in all (RFC 1123).
 */
bool pii_host_read(struct text plain, size_t at, struct pii_host *out);

/*
 * The offset after a dot that stands at `at`, spelled or not, with a label
 * after it; `at` itself: there is none.
 */
size_t pii_host_dot(struct text plain, size_t at);

/* The offset of a spelled-out dot that ends at `at`; `at`: there is none. */
size_t pii_host_dot_before(struct text plain, size_t at);

#endif
