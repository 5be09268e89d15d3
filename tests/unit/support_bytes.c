#include "tests/unit/support_bytes.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/hash.h"

enum { SHOWN = 60 };

struct text
support_bytes_exact(struct text bytes)
{
    char *copy = malloc(bytes.len > 0 ? bytes.len : 1);

    ck_assert_ptr_nonnull(copy);
    if (bytes.len > 0) {
        memcpy(copy, bytes.at, bytes.len);
    }
    return (struct text){copy, bytes.len};
}

struct text
support_bytes_repeated(const char *unit, size_t most)
{
    const size_t size = strlen(unit);
    const size_t len = most / size * size;
    char *bytes = malloc(len > 0 ? len : 1);

    ck_assert_ptr_nonnull(bytes);
    for (size_t at = 0; at < len; at += size) {
        memcpy(bytes + at, unit, size);
    }
    return (struct text){bytes, len};
}

void
support_bytes_prefixes(struct text whole,
                       void (*each)(struct text prefix, void *context),
                       void *context)
{
    for (size_t len = 0; len < whole.len; len++) {
        if (((unsigned char)whole.at[len] & 0xc0) == 0x80) {
            continue; // not valid UTF-8
        }
        const struct text prefix =
            support_bytes_exact(text_part(whole, 0, len));
        each(prefix, context);
        support_bytes_free(prefix);
    }
}

void
support_bytes_free(struct text bytes)
{
    free((void *)(uintptr_t)bytes.at);
}

static int
digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

struct text
support_bytes_hex(const char *hex)
{
    char *bytes = malloc(strlen(hex) / 2 + 1);
    size_t digits = 0;

    ck_assert_ptr_nonnull(bytes);
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ') {
            continue;
        }
        const int value = digit(*hex);
        ck_assert_int_ge(value, 0);
        if (digits % 2 == 0) {
            bytes[digits / 2] = (char)(value << 4);
        } else {
            bytes[digits / 2] = (char)(bytes[digits / 2] | value);
        }
        digits++;
    }
    const struct text exact =
        support_bytes_exact((struct text){bytes, digits / 2});
    free(bytes);
    return exact;
}

const char *
support_bytes_show(struct text bytes)
{
    static char shown[2 * SHOWN + 16];
    size_t len = 0;

    shown[0] = '\0';
    for (size_t i = 0; i < bytes.len && i < SHOWN; i++) {
        len += (size_t)snprintf(shown + len, sizeof(shown) - len, "%02x",
                                (unsigned char)bytes.at[i]);
    }
    if (bytes.len > SHOWN) {
        snprintf(shown + len, sizeof(shown) - len, "...");
    }
    return shown;
}

uint64_t
support_bytes_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}
