/*
 * What the drift engine needs of outside libraries, written plainly, for
 * machines where they are not installed: SHA-256 in the place of mbed TLS, and
 * a product of whole numbers in the place of BLAS. The answers are compared
 * with those of builds that have the libraries.
 */
#include "kernels/batch.h"
#include "sidecar/base/digest.h"

/* FIPS 180-4, 4.2.2 */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
turned(uint32_t x, int by)
{
    return x >> by | x << (32 - by);
}

/* FIPS 180-4, 6.2.2 */
static void
take_block(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64], v[8];

    for (size_t t = 0; t < 16; t++) {
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    }
    for (size_t t = 16; t < 64; t++) {
        const uint32_t a = w[t - 2], b = w[t - 15];
        w[t] = (turned(a, 17) ^ turned(a, 19) ^ a >> 10) + w[t - 7] +
               (turned(b, 7) ^ turned(b, 18) ^ b >> 3) + w[t - 16];
    }
    memcpy(v, state, sizeof(v));
    for (size_t t = 0; t < 64; t++) {
        const uint32_t e = v[4], a = v[0];
        const uint32_t one = v[7] +
                             (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) +
                             ((e & v[5]) ^ (~e & v[6])) + constants[t] + w[t];
        const uint32_t two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) +
                             ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += one;
        v[0] = one + two;
    }
    for (size_t i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

struct digest
digest_of(struct text text)
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char last[128] = {0};
    const size_t whole = text.len / 64 * 64, rest = text.len - whole;
    const size_t end = rest < 56 ? 64 : 128;
    struct digest digest;

    for (size_t at = 0; at < whole; at += 64) {
        take_block(state, (const unsigned char *)text.at + at);
    }
    if (rest > 0) {
        memcpy(last, text.at + whole, rest);
    }
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; i++) {
        last[end - 1 - i] = (unsigned char)((uint64_t)text.len * 8 >> 8 * i);
    }
    for (size_t at = 0; at < end; at += 64) {
        take_block(state, last + at);
    }
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        digest.bytes[i] = (unsigned char)(state[i / 4] >> (24 - i % 4 * 8));
    }
    return digest;
}

bool
digest_same(struct text a, struct text b)
{
    return text_equal(a, b);
}

void
digest_hex(const struct digest *digest, char out[DIGEST_HEX])
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = hex[digest->bytes[i] >> 4];
        out[2 * i + 1] = hex[digest->bytes[i] & 15];
    }
    out[DIGEST_HEX - 1] = '\0';
}

/* Backwards, since no order may matter. */
void
batch_add_whole(const struct batch_whole *batch, double *out, size_t stride)
{
    for (size_t q = 0; q < batch->n_queries; q++) {
        for (size_t r = 0; r < batch->n_rows; r++) {
            double sum = 0;
            for (size_t i = batch->dim; i-- > 0;) {
                sum += batch->queries[q * batch->dim + i] *
                       batch->rows[r * batch->dim + i];
            }
            out[q * stride + r] += sum;
        }
    }
}
