#include "sidecar/engine/pii.h"

#include <stdlib.h>

#include "sidecar/engine/pii_bank.h"
#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_coin.h"
#include "sidecar/engine/pii_ip.h"
#include "sidecar/engine/pii_mail.h"
#include "sidecar/engine/pii_phone.h"
#include "sidecar/engine/pii_plain.h"
#include "sidecar/engine/pii_shape.h"
#include "sidecar/engine/pii_street.h"
#include "sidecar/engine/pii_told.h"
#include "sidecar/engine/pii_url.h"
#include "sidecar/engine/pii_word.h"

_Static_assert(PII_COUNT < 63, "a bit for each kind, and PII_WEAK");

enum {
    FIRST_CANDIDATES = 16,
    TOKEN_BYTES = 128 /* longer tokens are no value of any kind */
};

struct scan {
    struct text text; /* plain */
    uint64_t wanted;
    struct arena *arena;
    struct pii_match *at; /* candidates, before overlaps are settled */
    size_t count, cap, limit;
    size_t dead;    /* no number begins before this offset */
    size_t url;     /* no link begins before this offset */
    size_t street;  /* no house number stands before this offset */
    size_t spelled; /* no spelled-out number begins before this offset */
    bool truncated, failed;
};

static bool
wants(const struct scan *scan, enum pii_entity entity)
{
    return (scan->wanted & PII_BIT(entity)) != 0;
}

static void
grow(struct scan *scan)
{
    const size_t cap = scan->cap == 0 ? FIRST_CANDIDATES : 2 * scan->cap;
    struct pii_match *const at =
        arena_take(scan->arena, cap * sizeof(*scan->at));

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

static void
add(struct scan *scan, const struct pii_match *match)
{
    if (scan->count == scan->limit) {
        scan->truncated = true;
        return;
    }
    if (scan->count == scan->cap) {
        grow(scan);
    }
    if (!scan->failed) {
        scan->at[scan->count++] = *match;
    }
}

/* Cards and accounts; an account's form alone keeps other numbers out. */
static void
scan_bank(struct scan *scan, size_t from)
{
    struct pii_match match;

    if (pii_char_is(scan->text.at[from], PII_CHAR_DIGIT)) {
        if (pii_bank_card(scan->text, from, &match)) {
            add(scan, &match);
        }
        return;
    }
    switch (pii_bank_iban(scan->text, from, &match)) {
    case PII_BANK_NONE:
        return;
    case PII_BANK_IBAN:
        add(scan, &match);
        break;
    case PII_BANK_BROKEN:
        break;
    }
    scan->dead = match.to;
}

static void
scan_number(struct scan *scan, size_t from, size_t to)
{
    struct pii_match match, shapes[PII_SHAPE_MOST];

    if (from < scan->dead) {
        return;
    }
    scan_bank(scan, from);
    const size_t found =
        pii_shape_find(scan->text, from, to - from, scan->wanted, shapes);

    for (size_t i = 0; i < found; i++) {
        add(scan, &shapes[i]);
    }
    if (wants(scan, PII_CRYPTO) &&
        pii_coin_find(scan->text, from, to, &match)) {
        add(scan, &match);
    }
    if (wants(scan, PII_PHONE_NUMBER) &&
        pii_char_is(scan->text.at[from], PII_CHAR_DIGIT) &&
        pii_phone_find(scan->text, from, &match)) {
        add(scan, &match);
    }
}

static void
scan_street(struct scan *scan, size_t from, size_t to)
{
    struct pii_match match;

    if (wants(scan, PII_STREET_ADDRESS) && from >= scan->street &&
        pii_street_find(scan->text, from, to, &match)) {
        add(scan, &match);
        scan->street = match.to;
    }
}

/* May a value of several pieces begin with these letters? "GB 12 ..". */
static bool
leads_number(struct text text, size_t from, size_t to)
{
    const char next = pii_char_at(text, to);

    return ((next == ' ' || next == '-' || next == '.') &&
            pii_char_is(pii_char_at(text, to + 1), PII_CHAR_DIGIT)) ||
           ((next == ':' || next == '-' || next == '.') &&
            pii_char_is(pii_char_at(text, to + 1), PII_CHAR_HEX) &&
            to - from <= 8) ||
           to - from >= 14 ||
           (to - from == 3 && next == ' ' && pii_char_at(text, to + 4) == ' ' &&
            pii_char_is(pii_char_at(text, to + 5), PII_CHAR_DIGIT));
}

static void
scan_word(struct scan *scan, size_t from, size_t to)
{
    struct pii_match match;

    if (wants(scan, PII_PHONE_NUMBER) && from >= scan->spelled &&
        pii_phone_spelled(scan->text, from, &scan->spelled, &match)) {
        add(scan, &match);
    }
    if (wants(scan, PII_EMAIL_ADDRESS) && to - from == 2 &&
        pii_word_same(text_part(scan->text, from, to), TEXT("at")) &&
        pii_mail_spelled(scan->text, from, &match)) {
        add(scan, &match);
    }
}

/* May the token be the first label or the scheme of a link? */
static bool
leads_link(struct text text, size_t to)
{
    const char next = pii_char_at(text, to);
    const char after = ascii_lower(pii_char_at(text, to + 1));

    return next == '.' || next == ':' || next == '-' || next == '[' ||
           next == '(' || next == '{' || next == '<' ||
           (next == ' ' && (after == 'd' || after == '[' || after == '(' ||
                            after == '{' || after == '<'));
}

/* A token: letters and digits from `from` to `to`. */
static void
scan_token(struct scan *scan, size_t from, size_t to, bool digits)
{
    struct pii_match match;
    const char next = pii_char_at(scan->text, to);

    if (to - from > TOKEN_BYTES) {
        return;
    }
    if (digits || leads_number(scan->text, from, to)) {
        scan_number(scan, from, to);
    }
    if (!digits) {
        scan_word(scan, from, to);
    } else if (pii_char_is(scan->text.at[from], PII_CHAR_DIGIT)) {
        scan_street(scan, from, to);
    }
    if ((scan->wanted & PII_TOLD_ALL) != 0 && from >= scan->dead &&
        (digits || to - from == 8 || to - from == 11) &&
        pii_told_find(scan->text, from, to, scan->wanted, &match)) {
        add(scan, &match);
    }
    if (wants(scan, PII_IP_ADDRESS) &&
        ((digits && next == '.') || (next == ':' && to - from <= 4)) &&
        pii_ip_find(scan->text, from, &match)) {
        add(scan, &match);
    }
    if (wants(scan, PII_URL) && from >= scan->url &&
        leads_link(scan->text, to) &&
        pii_url_find(scan->text, from, to, &match)) {
        add(scan, &match);
        scan->url = match.to;
    }
}

/* A character that is in no token. */
static void
scan_sign(struct scan *scan, size_t at)
{
    const char next = pii_char_at(scan->text, at + 1);
    struct pii_match match;

    switch (scan->text.at[at]) {
    case '@':
        if (wants(scan, PII_EMAIL_ADDRESS) &&
            pii_mail_find(scan->text, at, &match)) {
            add(scan, &match);
        }
        return;
    case '+':
    case '(':
        if (wants(scan, PII_PHONE_NUMBER) && at >= scan->dead &&
            (next == '+' || pii_char_is(next, PII_CHAR_DIGIT)) &&
            pii_phone_find(scan->text, at, &match)) {
            add(scan, &match);
        }
        return;
    case ':':
        if (wants(scan, PII_IP_ADDRESS) && next == ':' &&
            pii_ip_find(scan->text, at, &match)) {
            add(scan, &match);
        }
        return;
    default:
        return;
    }
}

static void
scan_text(struct scan *scan)
{
    const struct text text = scan->text;

    for (size_t i = 0; i < text.len && !scan->failed;) {
        const size_t from = i;
        unsigned classes = 0;

        while (i < text.len && pii_char_word(text.at[i])) {
            classes |= pii_char_class[(unsigned char)text.at[i++]];
        }
        if (i > from) {
            scan_token(scan, from, i, (classes & PII_CHAR_DIGIT) != 0);
        } else {
            scan_sign(scan, i++);
        }
    }
}

static int
by_offset(const void *one, const void *two)
{
    const struct pii_match *const a = one, *const b = two;

    if (a->from != b->from) {
        return a->from < b->from ? -1 : 1;
    }
    if (a->to != b->to) {
        return a->to > b->to ? -1 : 1;
    }
    return (int)a->entity - (int)b->entity;
}

static bool
is_better(const struct pii_match *a, const struct pii_match *b)
{
    const bool a_weak = a->score <= PII_WEAK_SCORE;
    const bool b_weak = b->score <= PII_WEAK_SCORE;

    if (a_weak != b_weak) {
        return b_weak;
    }
    if (a->validated != b->validated) {
        return a->validated;
    }
    if (a->to - a->from != b->to - b->from) {
        return a->to - a->from > b->to - b->from;
    }
    return a->score > b->score;
}

/* Sorts the candidates and leaves the better of those that overlap. */
static void
settle(struct scan *scan)
{
    size_t kept = 0;

    if (scan->count > 1) {
        qsort(scan->at, scan->count, sizeof(*scan->at), by_offset);
    }
    for (size_t i = 0; i < scan->count; i++) {
        const struct pii_match match = scan->at[i];
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
 * Would a text of this value alone have been looked at? A bank's code may have
 * no digit: the word that tells of it stands before. Else whether a value is
 * one would depend on what stands anywhere in the text.
 */
static bool
is_marked(struct text raw, const struct pii_match *m)
{
    enum { TOLD_BYTES = 256 };
    const size_t told = m->from > TOLD_BYTES ? m->from - TOLD_BYTES : 0;
    const size_t before = m->from > 0 ? m->from - 1 : 0;

    return !pii_char_clean(text_part(raw, before, m->to)) ||
           (m->entity == PII_BIC &&
            pii_told_bank(text_part(raw, told, m->from)));
}

/* Drops what was found only to hide others, and maps spans to the raw text. */
static void
report(struct scan *scan, const struct pii_plain *plain, size_t limit,
       struct pii_matches *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < scan->count; i++) {
        struct pii_match match = scan->at[i];

        if (!wants(scan, match.entity)) {
            continue;
        }
        if (kept == limit) {
            scan->truncated = true;
            break;
        }
        const size_t len = match.to - match.from;

        match.from = pii_plain_from(plain, match.from);
        match.to = pii_plain_to(plain, match.to);
        match.disguised = match.to - match.from != len;
        if (is_marked(plain->raw, &match)) {
            scan->at[kept++] = match;
        }
    }
    *out = (struct pii_matches){scan->at, kept, scan->truncated};
}

bool
pii_scan(struct text text, uint64_t wanted, struct arena *arena, size_t limit,
         struct pii_matches *out, struct err *err)
{
    struct pii_plain plain;

    *out = (struct pii_matches){NULL, 0, false};
    if ((wanted & PII_ALL) == 0 ||
        (pii_char_clean(text) &&
         ((wanted & PII_BIT(PII_BIC)) == 0 || !pii_told_bank(text)))) {
        return true;
    }
    if (!pii_plain_build(text, arena, &plain, err)) {
        return false;
    }
    // Candidates may lose against others, so there is room for some more.
    struct scan scan = {.text = plain.text,
                        .wanted = wanted,
                        .arena = arena,
                        .limit = limit < SIZE_MAX / 4 ? 4 * limit : limit};

    scan_text(&scan);
    if (scan.failed) {
        err_memory(err, "matches of personal data");
        return false;
    }
    settle(&scan);
    report(&scan, &plain, limit, out);
    return true;
}

static const char *const names[] = {
#define PII_NAME(suffix, name) name,
    PII_ENTITIES(PII_NAME)
#undef PII_NAME
};

const char *
pii_name(enum pii_entity entity)
{
    return names[entity];
}

bool
pii_from_name(struct text name, enum pii_entity *entity)
{
    static const struct {
        const char *name;
        enum pii_entity entity;
    } others[] = {
        {"CARD", PII_CREDIT_CARD},
        {"IBAN", PII_IBAN_CODE},
        {"EMAIL", PII_EMAIL_ADDRESS},
        {"PHONE", PII_PHONE_NUMBER},
        {"IP", PII_IP_ADDRESS},
        {"MAC", PII_MAC_ADDRESS},
        {"VEHICLE_VIN", PII_VIN},
        {"ABA_ROUTING_NUMBER", PII_US_ABA},
        {"SG_NRIC_FIN", PII_SG_NRIC},
        {"CRYPTO_WALLET", PII_CRYPTO},
        {"SWIFT", PII_BIC},
        {"SWIFT_CODE", PII_BIC},
        {"ADDRESS", PII_STREET_ADDRESS},
        {"VAT", PII_EU_VAT},
        {"DOB", PII_DATE_OF_BIRTH},
        {"GEO_LOCATION", PII_LAT_LONG},
    };

    for (size_t i = 0; i < PII_COUNT; i++) {
        if (pii_word_same(name, text_of(names[i]))) {
            *entity = (enum pii_entity)i;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (pii_word_same(name, text_of(others[i].name))) {
            *entity = others[i].entity;
            return true;
        }
    }
    return false;
}

bool
pii_context(struct text text, size_t from, const struct text *words,
            size_t count, size_t before_words)
{
    enum { BYTES_A_WORD = 32 };
    const size_t reach = before_words * BYTES_A_WORD;
    const size_t stop = from > reach ? from - reach : 0;

    for (size_t i = 0; i < before_words; i++) {
        const struct text word = pii_word_last(text, from, stop);

        if (word.len == 0) {
            return false;
        }
        for (size_t k = 0; k < count; k++) {
            if (pii_word_same(word, words[k])) {
                return true;
            }
        }
        from = (size_t)(word.at - text.at);
    }
    return false;
}
