/*
 * How the decoded view reads a text: place by place, what is written there in
 * another way.
 */
#ifndef SIDECAR_ENGINE_DECODED_READ_H
#define SIDECAR_ENGINE_DECODED_READ_H

#include "sidecar/base/ascii.h"
#include "sidecar/base/text.h"

enum {
    DECODED_TAG_BYTES = 128,      /* longer tags and comments are text */
    DECODED_OVERRIDE_BYTES = 512, /* longer overridden text is cut */
    DECODED_RUN_BYTES = 4096,     /* a longer run of base64 or hex is cut */
    DECODED_BASE64_LEAST =
        16, /* characters, the padding too; shorter ones are words */
    DECODED_HEX_LEAST = 24
};

/* What is read, and what is known of it. */
struct decoded_reader {
    struct text raw; /* valid UTF-8 */
    size_t run_end;  /* no run of base64 or hex begins before it */
    bool starved;    /* what follows the text could have mattered */
    char room[DECODED_RUN_BYTES];
};

/* Something that is written in another way. */
struct decoded_unit {
    size_t end;       /* of its raw bytes */
    struct text text; /* whole characters, no longer than the raw bytes; in
                         the reader's room until the next call */
};

/*
 * Reads the unit that begins at `at`, the first byte of a character, at <
 * raw.len. False: none does. Places are asked for in rising order, none within
 * a unit. After fold_char_ready.
 */
bool
decoded_read(struct decoded_reader *r, size_t at, struct decoded_unit *out);

/*
 * Finds in the run of base64 or hex at `at` a text: valid UTF-8 without control
 * characters, half of it letters or spaces, a character that is cut at either
 * end left out.
 */
bool decoded_run(struct decoded_reader *r, size_t at, struct decoded_unit *out);

/* In either alphabet of RFC 4648, without the padding. */
bool decoded_base64(unsigned char c);

/* May an escape stand for it? No control character but tab and newlines. */
static inline bool
decoded_shown(uint32_t c)
{
    return c < 0x20 ? c == '\t' || c == '\n' || c == '\r'
                    : !(c >= 0x7f && c < 0xa0) &&
                          !(c >= 0xd800 && c < 0xe000) && c < 0x110000;
}

#endif
