/*
 * Links in a plain text, one after the other, and what they are made of.
 */
#ifndef SIDECAR_ENGINE_URL_FIND_H
#define SIDECAR_ENGINE_URL_FIND_H

#include "sidecar/base/text.h"

struct url_link {
    size_t from, to;    /* offsets of the plain text */
    struct text scheme; /* as written, without its colon; empty: none */
    struct text host;   /* as written; empty: it has none */
    bool userinfo;      /* a name, and perhaps a password, before the host */
    bool script;        /* javascript:, vbscript:, data: */
};

/* A quick look: false when nothing in a plain text can be a link. */
bool url_find_any(struct text plain);

/* The next link that begins at or after `at`; false: there is none. */
bool url_find_next(struct text plain, size_t at, struct url_link *out);

/*
 * The words that a Markdown link shows, "[words](link)", where the link begins
 * at `from`; empty: it is none, or its words are more than 256 bytes.
 */
struct text url_find_shown(struct text plain, size_t from);

#endif
