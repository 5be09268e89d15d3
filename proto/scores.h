/*
 * `scores` of a request: {classifier: {category: number or nil}}.
 */
#ifndef PROTO_SCORES_H
#define PROTO_SCORES_H

#include "proto/request.h"
#include "proto/wire.h"
#include "sidecar/base/arena.h"

/*
 * Fills classifiers and classifier_count. Names stand once each; a number is 0
 * to 1, nil abstains. Errors are left in the reader.
 */
void scores_read(struct wire_reader *reader, struct arena *arena,
                 struct request *out);

#endif
