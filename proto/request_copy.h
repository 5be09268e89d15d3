/*
 * A request that outlives its message.
 */
#ifndef PROTO_REQUEST_COPY_H
#define PROTO_REQUEST_COPY_H

#include "proto/request.h"

/*
 * A copy of what a score request says, with everything that it refers to, in
 * one piece of memory; *bytes is its size. The caller frees it with free().
 * Left out, and absent in the copy: the token, which is a secret, and the keys
 * of other operations. NULL: no memory.
 */
struct request *request_copy(const struct request *from, size_t *bytes);

#endif
