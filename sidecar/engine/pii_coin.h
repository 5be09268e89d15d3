/*
 * Addresses of coins. Letters as written: case is part of the proof.
 */
#ifndef SIDECAR_ENGINE_PII_COIN_H
#define SIDECAR_ENGINE_PII_COIN_H

#include "sidecar/engine/pii.h"

/*
 * Base58Check: 25 bytes, a version byte of Bitcoin, Litecoin, Dogecoin, Dash
 * or Tron (test networks' too), and a double SHA-256 that agrees.
 */
bool pii_coin_base58(struct text address);

/* Bech32 and Bech32m (BIP 173, BIP 350) of Bitcoin and Litecoin. */
bool pii_coin_bech32(struct text address);

/*
 * 0x and 40 hexadecimal digits. Letters of both cases must be the capitals of
 * EIP-55, and then *proved; letters of one case carry no proof.
 */
bool pii_coin_ethereum(struct text address, bool *proved);

/* An address that is the whole token [from, to) of a plain text. */
bool
pii_coin_find(struct text plain, size_t from, size_t to, struct pii_match *out);

#endif
