#include "sidecar/base/digest.h"

#include <stdio.h>

#include <mbedtls/md.h>
#include <mbedtls/sha256.h>

static void
add(mbedtls_sha256_context *sha, struct text text)
{
    // The library's failures need hardware engines; there is none to fail.
    (void)mbedtls_sha256_update_ret(sha, (const unsigned char *)text.at,
                                    text.len);
}

struct digest
digest_of(struct text text)
{
    struct digest digest;

    (void)mbedtls_sha256_ret((const unsigned char *)text.at, text.len,
                             digest.bytes, 0);
    return digest;
}

struct digest
digest_of_parts(const struct text *parts, size_t count)
{
    mbedtls_sha256_context sha;
    struct digest digest;

    mbedtls_sha256_init(&sha);
    (void)mbedtls_sha256_starts_ret(&sha, 0);
    for (size_t i = 0; i < count; i++) {
        char len[8];
        for (size_t b = 0; b < sizeof(len); b++) {
            len[b] = (char)((uint64_t)parts[i].len >> 8 * b);
        }
        add(&sha, (struct text){len, sizeof(len)});
        add(&sha, parts[i]);
    }
    (void)mbedtls_sha256_finish_ret(&sha, digest.bytes);
    mbedtls_sha256_free(&sha);
    return digest;
}

struct digest
digest_keyed(struct text key, struct text text)
{
    struct digest digest = {{0}};

    // Fails on a hash that the library does not have; it has this one.
    (void)mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                          (const unsigned char *)key.at, key.len,
                          (const unsigned char *)text.at, text.len,
                          digest.bytes);
    return digest;
}

void
digest_hex(const struct digest *digest, char out[DIGEST_HEX])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest->bytes[i]);
    }
}

bool
digest_same(struct text a, struct text b)
{
    unsigned char differ = a.len != b.len;

    for (size_t i = 0; i < a.len && i < b.len; i++) {
        differ |= (unsigned char)(a.at[i] ^ b.at[i]);
    }
    return differ == 0;
}
