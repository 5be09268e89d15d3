#include "sidecar/engine/pii_coin.h"

#include "sidecar/base/digest.h"
#include "sidecar/base/hash.h"
#include "sidecar/engine/pii_char.h"

enum {
    BASE58_SHORT = 26,
    BASE58_LONG = 35,
    BASE58_BYTES = 25, /* version, 20 of hash, 4 of check */
    BECH32_SHORT = 14,
    BECH32_LONG = 90,
    PREFIX_LONG = 4, /* bcrt */
    ETHEREUM_CHARS = 42
};

/* The rank of a character in an alphabet, or -1. */
static int
rank_in(const char *alphabet, char c)
{
    const char *const at = c != '\0' ? strchr(alphabet, c) : NULL;

    return at != NULL ? (int)(at - alphabet) : -1;
}

/* Decodes to exactly BASE58_BYTES; false: too large, or another alphabet. */
static bool
decode_base58(struct text address, unsigned char out[BASE58_BYTES])
{
    static const char alphabet[] =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    memset(out, 0, BASE58_BYTES);
    for (size_t i = 0; i < address.len; i++) {
        const int rank = rank_in(alphabet, address.at[i]);

        if (rank < 0) {
            return false;
        }
        unsigned carry = (unsigned)rank;

        for (size_t k = BASE58_BYTES; k-- > 0;) {
            carry += out[k] * 58u;
            out[k] = (unsigned char)carry;
            carry >>= 8;
        }
        if (carry != 0) {
            return false;
        }
    }
    return true;
}

bool
pii_coin_base58(struct text address)
{
    // Main nets of Bitcoin (0, 5), Litecoin (48, 50), Dogecoin (30, 22), Dash
    // (76, 16), Tron (65), and their test nets (111, 196, 58, 113).
    static const unsigned char versions[] = {0,  5,  16, 22,  30,  48, 50,
                                             58, 65, 76, 111, 113, 196};
    unsigned char bytes[BASE58_BYTES];
    size_t ones = 0, zeros = 0;

    if (address.len < BASE58_SHORT || address.len > BASE58_LONG ||
        !decode_base58(address, bytes) ||
        memchr(versions, bytes[0], sizeof(versions)) == NULL) {
        return false;
    }
    // Each leading zero byte is written as one "1".
    while (ones < address.len && address.at[ones] == '1') {
        ones++;
    }
    while (zeros < BASE58_BYTES && bytes[zeros] == 0) {
        zeros++;
    }
    const struct digest once =
        digest_of((struct text){(const char *)bytes, BASE58_BYTES - 4});
    const struct digest twice =
        digest_of((struct text){(const char *)once.bytes, DIGEST_BYTES});

    return ones == zeros &&
           memcmp(twice.bytes, bytes + BASE58_BYTES - 4, 4) == 0;
}

static uint32_t
bech32_step(uint32_t c, unsigned value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                          0x3d4233dd, 0x2a1462b3};
    const uint32_t top = c >> 25;

    c = (c & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++) {
        c ^= (top >> i & 1) != 0 ? generator[i] : 0;
    }
    return c;
}

/* Is it written in one case throughout? */
static bool
one_case(struct text text)
{
    bool lower = false, upper = false;

    for (size_t i = 0; i < text.len; i++) {
        lower = lower || ascii_upper(text.at[i]) != text.at[i];
        upper = upper || ascii_lower(text.at[i]) != text.at[i];
    }
    return !lower || !upper;
}

/* Is the part before the "1", in lower case, one that we know? */
static bool
known_prefix(struct text prefix)
{
    static const char prefixes[][5] = {"bc", "tb", "bcrt", "ltc"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t k = 0;

        while (k < prefix.len && prefixes[i][k] == ascii_lower(prefix.at[k])) {
            k++;
        }
        if (k == prefix.len && prefixes[i][k] == '\0') {
            return true;
        }
    }
    return false;
}

bool
pii_coin_bech32(struct text address)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    size_t human = 0;
    uint32_t c = 1;

    if (address.len < BECH32_SHORT || address.len > BECH32_LONG ||
        !one_case(address)) {
        return false;
    }
    while (human < PREFIX_LONG && address.at[human] != '1') {
        human++;
    }
    if (address.at[human] != '1' ||
        !known_prefix(text_part(address, 0, human))) {
        return false;
    }
    for (size_t i = 0; i < human; i++) {
        c = bech32_step(c, (unsigned char)ascii_lower(address.at[i]) >> 5);
    }
    c = bech32_step(c, 0);
    for (size_t i = 0; i < human; i++) {
        c = bech32_step(c, ascii_lower(address.at[i]) & 31);
    }
    for (size_t i = human + 1; i < address.len; i++) {
        const int rank = rank_in(alphabet, ascii_lower(address.at[i]));

        if (rank < 0) {
            return false;
        }
        c = bech32_step(c, (unsigned)rank);
    }
    return c == 1 || c == 0x2bc830a3; // BIP 173, BIP 350
}

/* One round of Keccak-f[1600] (FIPS 202, section 3.2). */
static void
keccak_round(uint64_t a[25], uint64_t constant)
{
    static const unsigned char turns[24] = {1,  3,  6,  10, 15, 21, 28, 36,
                                            45, 55, 2,  14, 27, 41, 56, 8,
                                            25, 43, 62, 18, 39, 61, 20, 44};
    static const unsigned char lanes[24] = {10, 7,  11, 17, 18, 3,  5,  16,
                                            8,  21, 24, 4,  15, 23, 19, 13,
                                            12, 2,  20, 14, 22, 9,  6,  1};
    uint64_t column[5];

    for (size_t x = 0; x < 5; x++) {
        column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (size_t x = 0; x < 5; x++) {
        const uint64_t right = column[(x + 1) % 5];
        const uint64_t mix = column[(x + 4) % 5] ^ (right << 1 | right >> 63);

        for (size_t y = 0; y < 25; y += 5) {
            a[x + y] ^= mix;
        }
    }
    uint64_t carried = a[1];

    for (size_t i = 0; i < 24; i++) {
        const uint64_t next = a[lanes[i]];

        a[lanes[i]] = carried << turns[i] | carried >> (64 - turns[i]);
        carried = next;
    }
    for (size_t y = 0; y < 25; y += 5) {
        uint64_t row[5];

        memcpy(row, a + y, sizeof(row));
        for (size_t x = 0; x < 5; x++) {
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
    }
    a[0] ^= constant;
}

/* Keccak-256 with the padding from before SHA-3, of 40 bytes. */
static void
keccak_of_40(const char *bytes, unsigned char out[20])
{
    static const uint64_t constants[24] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
        0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
        0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
        0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
        0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
        0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
        0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
        0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
    uint64_t a[25] = {0};

    for (size_t i = 0; i < 5; i++) {
        a[i] = hash_load((const unsigned char *)bytes + 8 * i, 8);
    }
    a[5] = 1;
    a[16] = UINT64_C(1) << 63; // the last bit of the rate, 136 bytes
    for (size_t i = 0; i < 24; i++) {
        keccak_round(a, constants[i]);
    }
    for (size_t i = 0; i < 20; i++) {
        out[i] = (unsigned char)(a[i / 8] >> 8 * (i % 8));
    }
}

bool
pii_coin_ethereum(struct text address, bool *proved)
{
    char lower[40];
    unsigned char hash[20];

    *proved = false;
    if (address.len != ETHEREUM_CHARS || address.at[0] != '0' ||
        (address.at[1] | 0x20) != 'x') {
        return false;
    }
    const struct text digits = text_part(address, 2, ETHEREUM_CHARS);

    for (size_t i = 0; i < 40; i++) {
        if (!pii_char_is(digits.at[i], PII_CHAR_HEX)) {
            return false;
        }
        lower[i] = ascii_lower(digits.at[i]);
    }
    if (one_case(digits)) {
        return true;
    }
    keccak_of_40(lower, hash);
    for (size_t i = 0; i < 40; i++) {
        const unsigned nibble =
            ((unsigned)hash[i / 2] >> (i % 2 == 0 ? 4u : 0u)) & 15u;
        const char want = nibble >= 8 ? ascii_upper(lower[i]) : lower[i];

        if (digits.at[i] != want) {
            return false;
        }
    }
    *proved = true;
    return true;
}

bool
pii_coin_find(struct text plain, size_t from, size_t to, struct pii_match *out)
{
    const struct text token = text_part(plain, from, to);
    bool proved = true;

    if (token.len < BECH32_SHORT || token.len > BECH32_LONG ||
        !pii_char_opens(plain, from) || !pii_char_shuts(plain, to) ||
        !(pii_coin_base58(token) || pii_coin_bech32(token) ||
          pii_coin_ethereum(token, &proved))) {
        return false;
    }
    *out = (struct pii_match){.entity = PII_CRYPTO,
                              .from = from,
                              .to = to,
                              .score = proved ? 1.0 : 0.9,
                              .validated = proved};
    return true;
}
