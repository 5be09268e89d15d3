#include "sidecar/engine/fold_ascii.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 16 }; // one vector on every machine we build for

/*
 * Lower-cases in[BLOCK] into out[BLOCK], or leaves out alone and says false if
 * any of them is not simple. The loop has no branch: compilers make vector
 * instructions of it.
 */
static inline bool
lower_block(const unsigned char *in, char *out)
{
    unsigned char lowered[BLOCK], odd[BLOCK];
    uint64_t halves[2];

    for (size_t i = 0; i < BLOCK; i++) {
        const unsigned char c = in[i];
        const unsigned char upper = (unsigned char)(c - 'A') < 26;
        const unsigned char printing = (unsigned char)(c - 0x20) < 0x5f;
        lowered[i] = (unsigned char)(c | upper << 5);
        odd[i] = (unsigned char)!(printing | (c == '\n'));
    }
    memcpy(halves, odd, sizeof(halves));
    if ((halves[0] | halves[1]) != 0) {
        return false;
    }
    memcpy(out, lowered, BLOCK);
    return true;
}

size_t
fold_ascii_lower(const unsigned char *in, size_t len, char *out)
{
    size_t i = 0;

    while (len - i >= BLOCK && lower_block(in + i, out + i)) {
        i += BLOCK;
    }
    // The rest, with some bytes before it once more.
    if (i >= BLOCK && len - i < BLOCK &&
        lower_block(in + len - BLOCK, out + len - BLOCK)) {
        return len;
    }
    for (; i < len && fold_ascii_simple(in[i]); i++) {
        const unsigned upper = (unsigned char)(in[i] - 'A') < 26;
        out[i] = (char)(in[i] | upper << 5);
    }
    return i;
}
