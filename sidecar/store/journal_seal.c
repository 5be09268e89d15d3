#include "sidecar/store/journal_seal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "proto/json.h"
#include "proto/wire.h"
#include "sidecar/base/file.h"

enum { SEAL_BYTES = 1024, SEAL_KEYS = 6 };

bool
journal_seal_write(const char *path, const struct journal_point *point,
                   uint64_t first, struct text key, struct err *err)
{
    const struct digest seal = journal_chain_seal(point, first, key);
    char hash[DIGEST_HEX], seal_hex[DIGEST_HEX], line[SEAL_BYTES];

    digest_hex(&point->hash, hash);
    digest_hex(&seal, seal_hex);
    const int len =
        snprintf(line, sizeof(line),
                 "{\"seq\":%" PRIu64 ",\"count\":%" PRIu64 ",\"at\":%" PRId64
                 ",\"first\":%" PRIu64 ",\"hash\":\"%s\",\"seal\":\"%s\"}\n",
                 point->seq, point->count, point->at, first, hash, seal_hex);
    return file_write(path, (struct text){line, (size_t)len}, err);
}

static int
nibble_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static void
read_digest(struct wire_reader *r, struct digest *out)
{
    const struct text hex = wire_read_str(r, DIGEST_HEX);
    bool good = hex.len == 2 * (size_t)DIGEST_BYTES;

    for (size_t i = 0; good && i < DIGEST_BYTES; i++) {
        const int high = nibble_of(hex.at[2 * i]);
        const int low = nibble_of(hex.at[2 * i + 1]);
        good = high >= 0 && low >= 0;
        out->bytes[i] = (unsigned char)(good ? high << 4 | low : 0);
    }
    if (!good) {
        wire_fail(r, "not a digest");
    }
}

static bool
read_object(struct text message, struct journal_seal *out, struct err *err)
{
    struct wire_reader r;
    unsigned seen = 0;

    wire_read(&r, message, err);
    const size_t entries = wire_read_map(&r);
    for (size_t i = 0; i < entries && !r.failed; i++) {
        const struct text key = wire_read_bytes(&r);
        if (text_is(key, "seq")) {
            out->point.seq = wire_read_uint(&r, INT64_MAX);
            seen |= 1;
        } else if (text_is(key, "count")) {
            out->point.count = wire_read_uint(&r, INT64_MAX);
            seen |= 2;
        } else if (text_is(key, "at")) {
            out->point.at = wire_read_int(&r, INT64_MIN, INT64_MAX);
            seen |= 4;
        } else if (text_is(key, "first")) {
            out->first = wire_read_uint(&r, INT64_MAX);
            seen |= 8;
        } else if (text_is(key, "hash")) {
            read_digest(&r, &out->point.hash);
            seen |= 16;
        } else if (text_is(key, "seal")) {
            read_digest(&r, &out->seal);
            seen |= 32;
        } else {
            wire_fail(&r, "a key that does not belong there");
        }
    }
    if (!r.failed && seen != (1U << SEAL_KEYS) - 1) {
        wire_fail(&r, "a key is missing");
    }
    return !r.failed;
}

enum journal_seal_state
journal_seal_read(const char *path, struct journal_seal *out, struct err *err)
{
    struct buffer json, wire;

    memset(out, 0, sizeof(*out));
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        err_set(err, ERR_IO, "%s: not there", path);
        return JOURNAL_SEAL_ABSENT;
    }
    buffer_init(&wire, SEAL_BYTES);
    bool good = file_read(path, SEAL_BYTES, &json, err);
    if (good) {
        struct text line = buffer_text(&json);
        good = json_to_wire(line, &wire, err) &&
               read_object(buffer_text(&wire), out, err);
        if (!good) {
            err_under(err, "%s", path);
        }
        buffer_clear(&json);
    }
    buffer_clear(&wire);
    return good ? JOURNAL_SEAL_READ : JOURNAL_SEAL_BROKEN;
}

bool
journal_seal_holds(const struct journal_seal *seal, struct text key)
{
    const struct digest own =
        journal_chain_seal(&seal->point, seal->first, key);

    return digest_same(
        (struct text){(const char *)own.bytes, DIGEST_BYTES},
        (struct text){(const char *)seal->seal.bytes, DIGEST_BYTES});
}
