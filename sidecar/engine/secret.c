#include "sidecar/engine/secret.h"

#include <stdlib.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_plain.h"
#include "sidecar/engine/pii_word.h"
#include "sidecar/engine/secret_assign.h"
#include "sidecar/engine/secret_block.h"
#include "sidecar/engine/secret_check.h"
#include "sidecar/engine/secret_prefix.h"
#include "sidecar/engine/secret_random.h"

_Static_assert(SECRET_COUNT < 64, "a bit for each provider");

enum { FIRST_MATCHES = 8 };

struct scan {
    struct text text; /* plain */
    uint64_t wanted;
    const struct secret_entropy *entropy;
    struct arena *arena;
    struct secret_match *at;
    size_t count, cap;
    size_t account; /* no service account begins before this offset */
    size_t block;   /* no key block begins before this offset */
    bool truncated, failed;
};

static bool
wants(const struct scan *scan, enum secret_provider provider)
{
    return (scan->wanted & SECRET_BIT(provider)) != 0;
}

static void
add(struct scan *scan, const struct secret_match *match)
{
    if (scan->count == SECRET_MOST) {
        scan->truncated = true;
        return;
    }
    if (scan->count == scan->cap) {
        const size_t cap = scan->cap == 0 ? FIRST_MATCHES : 2 * scan->cap;
        struct secret_match *const at =
            arena_take(scan->arena, cap * sizeof(*at));

        if (at == NULL) {
            scan->failed = true;
            return;
        }
        if (scan->count > 0) {
            memcpy(at, scan->at, scan->count * sizeof(*at));
        }
        scan->at = at;
        scan->cap = cap;
    }
    scan->at[scan->count++] = *match;
}

/* A row of the characters that tokens are made of. */
static void
scan_run(struct scan *scan, size_t from, size_t to)
{
    struct secret_match match;
    char before = ' ';

    for (size_t i = from; i + SECRET_PREFIX_LEAST <= to; i++) {
        const char c = scan->text.at[i];

        if (!pii_char_word(before) && pii_char_word(c) &&
            secret_prefix_find(scan->text, i, scan->wanted, &match)) {
            add(scan, &match);
            i = match.to - 1;
        }
        before = scan->text.at[i];
    }
    if (wants(scan, SECRET_HEADER) &&
        secret_random_bearer(scan->text, from, to, &match)) {
        add(scan, &match);
    }
    if (scan->entropy != NULL &&
        secret_random_find(scan->text, from, to, scan->entropy, &match)) {
        add(scan, &match);
    }
}

/*
 * Rows of at least `least` characters. Such a row has one at every offset that
 * `least` divides, so in prose most bytes are never looked at.
 */
static void
scan_runs(struct scan *scan, size_t least)
{
    const struct text text = scan->text;
    size_t begin = 0; /* no row that was not seen begins before it */

    while (text.len - begin >= least && !scan->failed) {
        size_t at = begin + least;

        while (at > begin &&
               secret_check_is(text.at[at - 1], SECRET_CHECK_RUN)) {
            at--;
        }
        if (at > begin) {
            begin = at;
            continue;
        }
        size_t to = begin + least;

        while (to < text.len &&
               secret_check_is(text.at[to], SECRET_CHECK_RUN)) {
            to++;
        }
        scan_run(scan, begin, to);
        begin = to;
    }
}

/* The offset of the next c from `at` on; the text's length: there is none. */
static size_t
next_of(struct text text, size_t at, char c)
{
    const char *const next =
        at < text.len ? memchr(text.at + at, c, text.len - at) : NULL;

    return next == NULL ? text.len : (size_t)(next - text.at);
}

static void
scan_colons(struct scan *scan)
{
    const struct text text = scan->text;
    struct secret_match match;

    for (size_t at = next_of(text, 0, ':'); at < text.len && !scan->failed;
         at = next_of(text, at + 1, ':')) {
        if (pii_char_at(text, at + 1) == '/') {
            if (pii_char_at(text, at + 2) == '/' &&
                secret_assign_address(text, at, scan->wanted, &match)) {
                add(scan, &match);
            }
            continue;
        }
        if (wants(scan, SECRET_TELEGRAM) &&
            secret_assign_bot(text, at, &match)) {
            add(scan, &match);
        }
        if (wants(scan, SECRET_GCP) &&
            secret_block_account(text, at, &scan->account, &match)) {
            add(scan, &match);
        }
        if (secret_assign_find(text, at, scan->wanted, &match)) {
            add(scan, &match);
        }
    }
}

static void
scan_equals(struct scan *scan)
{
    struct secret_match match;

    for (size_t at = next_of(scan->text, 0, '=');
         at < scan->text.len && !scan->failed;
         at = next_of(scan->text, at + 1, '=')) {
        if (secret_assign_find(scan->text, at, scan->wanted, &match)) {
            add(scan, &match);
        }
    }
}

/* "password", "passwd" and "pwd" have a w, and few other words do. */
static void
scan_said(struct scan *scan, char w)
{
    const struct text text = scan->text;
    struct secret_match match;

    for (size_t at = next_of(text, 0, w); at < text.len && !scan->failed;
         at = next_of(text, at + 1, w)) {
        const char before = at > 0 ? ascii_lower(text.at[at - 1]) : ' ';

        if ((before == 's' || before == 'p') &&
            secret_assign_said(text, at, &match)) {
            add(scan, &match);
        }
    }
}

static void
scan_blocks(struct scan *scan)
{
    const struct text text = scan->text;
    struct secret_match match;

    for (size_t at = next_of(text, 0, '-'); at < text.len && !scan->failed;
         at = next_of(text, at + 1, '-')) {
        if (pii_char_at(text, at + 1) == '-' && at >= scan->block &&
            secret_block_pem(text, at, scan->wanted, &match)) {
            add(scan, &match);
            scan->block = match.to;
        }
    }
}

static int
by_offset(const void *one, const void *two)
{
    const struct secret_match *const a = one, *const b = two;

    if (a->from != b->from) {
        return a->from < b->from ? -1 : 1;
    }
    return a->provider != b->provider ? (int)a->provider - (int)b->provider
           : a->to == b->to           ? 0
           : a->to > b->to            ? -1
                                      : 1;
}

static bool
is_better(const struct secret_match *a, const struct secret_match *b)
{
    return a->provider != b->provider ? a->provider < b->provider
                                      : a->to - a->from > b->to - b->from;
}

/* Sorts what was found and leaves the better of those that overlap. */
static void
settle(struct scan *scan)
{
    size_t kept = 0;

    if (scan->count > 1) {
        qsort(scan->at, scan->count, sizeof(*scan->at), by_offset);
    }
    for (size_t i = 0; i < scan->count; i++) {
        const struct secret_match match = scan->at[i];
        bool beaten = false;

        while (kept > 0 && scan->at[kept - 1].to > match.from && !beaten) {
            beaten = !is_better(&match, &scan->at[kept - 1]);
            kept -= !beaten;
        }
        if (!beaten) {
            scan->at[kept++] = match;
        }
    }
    scan->count = kept;
}

/*
 * Names, values and addresses are read up to a number of bytes, and what looks
 * like a letter of another alphabet may be cut there: whole characters.
 */
static void
widen(struct text raw, struct secret_match *match)
{
    while (match->from > 0 && utf8_inside((unsigned char)raw.at[match->from])) {
        match->from--;
    }
    while (match->to < raw.len &&
           utf8_inside((unsigned char)raw.at[match->to])) {
        match->to++;
    }
}

static void
report(struct scan *scan, const struct pii_plain *plain,
       struct secret_matches *out)
{
    for (size_t i = 0; i < scan->count; i++) {
        struct secret_match *const match = &scan->at[i];
        const size_t len = match->to - match->from;

        match->from = pii_plain_from(plain, match->from);
        match->to = pii_plain_to(plain, match->to);
        match->disguised = match->to - match->from != len;
        widen(plain->raw, match);
    }
    *out = (struct secret_matches){scan->at, scan->count, scan->truncated};
}

bool
secret_scan(struct text raw, uint64_t wanted,
            const struct secret_entropy *entropy, struct arena *arena,
            struct secret_matches *out, struct err *err)
{
    struct pii_plain plain;
    size_t least = SECRET_PREFIX_LEAST;

    *out = (struct secret_matches){NULL, 0, false};
    if ((wanted & SECRET_ALL) == 0 && entropy == NULL) {
        return true;
    }
    if (!pii_plain_build(raw, arena, &plain, err)) {
        return false;
    }
    struct scan scan = {.text = plain.text,
                        .wanted = wanted,
                        .entropy = entropy,
                        .arena = arena};

    if (entropy != NULL && entropy->min_chars < least) {
        least = entropy->min_chars < SECRET_LEAST_CHARS ? SECRET_LEAST_CHARS
                                                        : entropy->min_chars;
    }
    scan_runs(&scan, least);
    scan_colons(&scan);
    scan_equals(&scan);
    scan_blocks(&scan);
    if (wants(&scan, SECRET_PASSWORD)) {
        scan_said(&scan, 'w');
        scan_said(&scan, 'W');
    }
    if (scan.failed) {
        err_memory(err, "matches of secrets");
        return false;
    }
    settle(&scan);
    report(&scan, &plain, out);
    return true;
}

static const char *const names[] = {
#define SECRET_NAME(suffix, name) name,
    SECRET_PROVIDERS(SECRET_NAME)
#undef SECRET_NAME
};

const char *
secret_name(enum secret_provider provider)
{
    return names[provider];
}

bool
secret_from_name(struct text name, uint64_t *bit)
{
    for (size_t i = 0; i < SECRET_COUNT; i++) {
        if (pii_word_same(name, text_of(names[i]))) {
            *bit = SECRET_BIT(i);
            return true;
        }
    }
    return false;
}
