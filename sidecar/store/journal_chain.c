#include "sidecar/store/journal_chain.h"

#include <math.h>

enum { NUMBER_BYTES = 8, RECORD_PARTS = 22 };

struct number {
    char bytes[NUMBER_BYTES];
};

static struct number
number_of(uint64_t value)
{
    struct number number;

    for (size_t i = 0; i < NUMBER_BYTES; i++) {
        number.bytes[i] = (char)(value >> 8 * i);
    }
    return number;
}

static struct number
measure_of(double value)
{
    uint64_t bits;

    _Static_assert(sizeof(bits) == sizeof(value), "IEEE 754 doubles");
    memcpy(&bits, &value, sizeof(bits));
    return number_of(bits);
}

static struct text
part_of(const struct number *number)
{
    return (struct text){number->bytes, sizeof(number->bytes)};
}

static struct text
part_unless_null(const struct number *number, bool null)
{
    return null ? (struct text){NULL, 0} : part_of(number);
}

static struct text
part_of_digest(const struct digest *digest)
{
    return (struct text){(const char *)digest->bytes, DIGEST_BYTES};
}

struct digest
journal_chain_hash(const struct journal_record *r, const struct digest *prev)
{
    const struct number seq = number_of(r->seq);
    const struct number at = number_of((uint64_t)r->at);
    const struct number generation = number_of(r->generation);
    const struct number score = measure_of(r->drift_score);
    const struct number threshold = measure_of(r->drift_threshold);
    const struct number alert = number_of((uint64_t)r->drift_alert);
    const struct text parts[RECORD_PARTS] = {
        part_of(&seq),
        part_of(&at),
        r->op,
        r->persona,
        r->session,
        r->message_id,
        r->workspace,
        r->user_hash,
        r->request_id,
        r->engine,
        part_of(&generation),
        r->verdict,
        r->action,
        r->decided_by,
        r->rules,
        part_unless_null(&score, isnan(r->drift_score)),
        part_unless_null(&threshold, isnan(r->drift_threshold)),
        part_unless_null(&alert, r->drift_alert == JOURNAL_CHAIN_NO_ALERT),
        r->content,
        r->metadata,
        r->text,
        part_of_digest(prev),
    };

    return digest_of_parts(parts, RECORD_PARTS);
}

struct digest
journal_chain_seal(const struct journal_point *point, uint64_t first,
                   struct text key)
{
    static const char domain[16] = "leeway-journal-1";
    const struct number seq = number_of(point->seq);
    const struct number count = number_of(point->count);
    const struct number at = number_of((uint64_t)point->at);
    const struct number from = number_of(first);
    char bytes[sizeof(domain) + 4 * NUMBER_BYTES + DIGEST_BYTES];
    char *to = bytes;

    memcpy(to, domain, sizeof(domain));
    to += sizeof(domain);
    memcpy(to, seq.bytes, NUMBER_BYTES);
    memcpy(to + NUMBER_BYTES, count.bytes, NUMBER_BYTES);
    memcpy(to + 2 * NUMBER_BYTES, at.bytes, NUMBER_BYTES);
    memcpy(to + 3 * NUMBER_BYTES, from.bytes, NUMBER_BYTES);
    memcpy(to + 4 * NUMBER_BYTES, point->hash.bytes, DIGEST_BYTES);
    const struct text whole = {bytes, sizeof(bytes)};
    return key.len > 0 ? digest_keyed(key, whole) : digest_of(whole);
}
