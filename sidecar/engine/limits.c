#include "sidecar/engine/limits.h"

struct decode_limits
limits_for_decoding(const struct config *config)
{
    const struct config_limits *l = &config->limits;

    return (struct decode_limits){
        .wire = {.depth = (size_t)l->depth, .nodes = (size_t)l->nodes},
        .text_bytes = (size_t)l->text_bytes,
        .prompt_bytes = (size_t)l->prompt_bytes,
        .guardrails = (size_t)l->guardrails,
        .guardrail_bytes = (size_t)l->guardrail_bytes,
        .dimensions = (size_t)l->vector_dimensions};
}
