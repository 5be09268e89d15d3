#include "proto/decode_keys.h"

#include "proto/field.h"

#define COMMON  &decode_keys_common
#define SUBJECT &decode_keys_subject
#define ENROL   &decode_keys_enrol
#define STREAM  &decode_keys_stream
#define SESSION &decode_keys_session

const struct decode_op decode_ops[REQUEST_OPS + 1] = {
    [REQUEST_SCORE] = {{COMMON, SUBJECT, &decode_keys_candidates}},
    [REQUEST_STREAM_OPEN] = {{COMMON, SUBJECT, &decode_keys_opening}},
    [REQUEST_STREAM_FEED] = {{COMMON, STREAM, &decode_keys_delta}},
    [REQUEST_STREAM_CLOSE] = {{COMMON, STREAM}},
    [REQUEST_STREAM_ABORT] = {{COMMON, STREAM}},
    [REQUEST_SESSION_OPEN] = {{COMMON, &decode_keys_beginning}},
    [REQUEST_SESSION_GET] = {{COMMON, SESSION}},
    [REQUEST_SESSION_HISTORY] = {{COMMON, SESSION, &decode_keys_page}},
    [REQUEST_SESSION_RESET] = {{COMMON, SESSION, &decode_keys_reset}},
    [REQUEST_SESSION_END] = {{COMMON, SESSION}},
    [REQUEST_MACHINE_STEP] = {{COMMON, &decode_keys_step}},
    [REQUEST_PING] = {{COMMON}},
    [REQUEST_ECHO] = {{COMMON, SUBJECT, &decode_keys_anything}},
    [REQUEST_STATS] = {{COMMON}},
    [REQUEST_RELOAD] = {{COMMON}},
    [REQUEST_FINGERPRINT_BUILD] = {{COMMON, ENROL, &decode_keys_samples}},
    [REQUEST_FINGERPRINT_PUT] = {{COMMON, ENROL, &decode_keys_vectors}},
    [REQUEST_FINGERPRINT_DROP] = {{COMMON, ENROL, &decode_keys_model}},
    [REQUEST_FINGERPRINT_GET] = {{COMMON, ENROL}},
    [REQUEST_FINGERPRINT_LIST] = {{COMMON}},
    [REQUEST_COMPARE] = {{COMMON, &decode_keys_compare}},
    [REQUEST_OPS] = {{COMMON}},
};

bool
decode_key_known(struct text key)
{
    for (int op = 0; op < REQUEST_OPS; op++) {
        const struct decode_keys *const *groups = decode_ops[op].groups;
        for (int g = 0; g < DECODE_GROUPS && groups[g] != NULL; g++) {
            if (field_find(key, groups[g]->names) >= 0) {
                return true;
            }
        }
    }
    return false;
}
