/*
 * The candidates of a request, with the vectors the caller brings along.
 */
#ifndef PROTO_CANDIDATE_H
#define PROTO_CANDIDATE_H

#include "proto/request.h"
#include "proto/wire.h"

struct candidate_limits {
    size_t text_bytes; /* of one candidate */
    size_t dimensions; /* of one vector */
};

/*
 * Reads the list of "candidates" into the arena and out->candidates. An error
 * is left in the reader, whose path is "candidates" on entry.
 */
void candidate_read_all(struct wire_reader *reader,
                        const struct candidate_limits *limits,
                        struct arena *arena, struct request *out);

#endif
