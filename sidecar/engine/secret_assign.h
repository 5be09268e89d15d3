/*
 * Secrets that are said to be some: "password=...", "api_key: ...", "my
 * password is ...", "Authorization: Basic ...", and addresses with a password
 * in them.
 */
#ifndef SIDECAR_ENGINE_SECRET_ASSIGN_H
#define SIDECAR_ENGINE_SECRET_ASSIGN_H

#include "sidecar/engine/secret.h"

/* What the colon or equals sign at `at` of a plain text assigns. */
bool secret_assign_find(struct text plain, size_t at, uint64_t wanted,
                        struct secret_match *out);

/* The address whose "://" begins at `at`: a password in it, or a webhook. */
bool secret_assign_address(struct text plain, size_t at, uint64_t wanted,
                           struct secret_match *out);

/*
 * "password is ...", where the w of "password", "passwd" or "pwd" stands at
 * `at`.
 */
bool secret_assign_said(struct text plain, size_t at, struct secret_match *out);

/* A Telegram bot's token, whose colon stands at `at`. */
bool secret_assign_bot(struct text plain, size_t at, struct secret_match *out);

#endif
