#include "tests/unit/support_stable.h"

#include <math.h>
#include <string.h>

#include "kernels/stable.h"
#include "sidecar/base/hash.h"

static uint64_t
hashed(uint64_t hash, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return hash_mix(hash ^ bits);
}

/* In low..high, with 53 random bits. */
static double
within(uint64_t random, double low, double high)
{
    return low + (high - low) * ((double)(random >> 11) * 0x1p-53);
}

uint64_t
support_stable_answers(void)
{
    uint64_t hash = 0;

    for (uint64_t i = 0; i < 20000; i++) {
        const uint64_t r = hash_mix(4 * i + 1), s = hash_mix(4 * i + 2);
        const double any =
            ldexp(within(r, 1, 2), (int)(hash_mix(4 * i + 3) % 2097) - 1074);

        hash = hashed(hash, stable_log(any));
        hash = hashed(hash, stable_log(within(r, 0.5, 2)));
        hash = hashed(hash, stable_exp(within(r, -746, 710)));
        hash = hashed(hash, stable_exp(within(s, -1, 1)));
        hash = hashed(hash, stable_pow(within(r, 0, 1), within(s, 0, 2)));
        hash = hashed(hash, stable_pow(any, within(s, -1, 1)));
        hash = hashed(hash, stable_normal_below(within(r, -39, 9)));
        hash = hashed(hash, stable_normal_below(within(s, -4, 4)));
    }
    return hash;
}
