#include "sidecar/engine/fold_char.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "sidecar/base/ascii.h"
#include "sidecar/engine/fold_set.h"

enum {
    LAST = 0x10ffff,
    // Planes 0 to 3 and the tags hold every assigned character; the others
    // share one page of characters that become themselves.
    ROOM_PAGES = (0x40000 + 0x1000) / FOLD_CHAR_PAGE,
    ROOM_MANY = 32768, // words; Unicode 15 needs some 8,000
    ROOM_PAIRS = 4096, // Unicode 15 has 941
    ROOM_BACKS = 256,  // Unicode 15 has 30
    HANGUL_S = 0xac00,
    HANGUL_L = 0x1100,
    HANGUL_V = 0x1161,
    HANGUL_T = 0x11a7, // one before the first
    HANGUL_LS = 19,
    HANGUL_VS = 21,
    HANGUL_TS = 28,
    HANGUL_SS = HANGUL_LS * HANGUL_VS * HANGUL_TS
};

/* a and b compose to c. */
struct pair {
    uint32_t a, b, c;
};

const struct fold_char *fold_char_page[FOLD_CHAR_PAGES];

static struct fold_char pages[ROOM_PAGES][FOLD_CHAR_PAGE];
static struct fold_char plain_page[FOLD_CHAR_PAGE];
static uint32_t many[ROOM_MANY]; /* count, then that many characters */
static size_t many_used;
static struct pair pairs[ROOM_PAIRS];         /* by a, b */
static const struct pair *wholes[ROOM_PAIRS]; /* by c */
static size_t pair_count;
static uint32_t backs[ROOM_BACKS]; /* second parts of class 0, rising */
static size_t back_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint8_t
class_of(uint32_t c)
{
    return (uint8_t)utf8proc_get_property((utf8proc_int32_t)c)->combining_class;
}

/* Our own one-to-one changes, before and after the library's. */
static uint32_t
own(uint32_t c)
{
    const struct fold_table_row *const row = fold_set_row(c);

    if (row != NULL && row->kind == FOLD_ALWAYS) {
        return (unsigned char)row->letter;
    }
    return fold_set_typed(c);
}

/* The same for a text whose marks matter: o with stroke is not o. */
static uint32_t
own_marked(uint32_t c)
{
    return fold_set_alphabet(c) ? c : own(c);
}

static size_t
library(uint32_t c, unsigned options, uint32_t out[FOLD_CHAR_MOST])
{
    utf8proc_int32_t got[FOLD_CHAR_MOST];
    int last_class = 0;

    if (c - HANGUL_S < HANGUL_SS) {
        out[0] = c;
        return 1;
    }
    const utf8proc_ssize_t n = utf8proc_decompose_char(
        (utf8proc_int32_t)c, got, FOLD_CHAR_MOST,
        (utf8proc_option_t)(options | UTF8PROC_DECOMPOSE), &last_class);

    assert(n >= 0 && n <= FOLD_CHAR_MOST);
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        out[i] = (uint32_t)got[i];
    }
    return (size_t)n;
}

/* NFKC casefold, decomposed (Hangul apart), with the changes of `ours`. */
static size_t
folded(uint32_t c, uint32_t (*ours)(uint32_t), uint32_t out[FOLD_CHAR_MOST])
{
    const uint32_t first = ours(c);

    if (first != c) {
        out[0] = first;
        return 1;
    }
    const size_t n = library(c, UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, out);
    for (size_t i = 0; i < n; i++) {
        out[i] = ours(out[i]);
    }
    return n;
}

size_t
fold_char_marked(uint32_t c, uint32_t out[FOLD_CHAR_MOST])
{
    const struct fold_char *const whole = fold_char(c);
    const size_t n = folded(c, own_marked, out);

    for (size_t i = 0; i < n; i++) {
        const char look = i == 0 && (whole->flags & FOLD_CHAR_MANY) == 0
                              ? whole->look
                              : fold_char(out[i])->look;
        if (look != 0) {
            out[i] = (unsigned char)look;
        }
    }
    return n;
}

// --- composing -------------------------------------------------------------

static int
by_parts(const void *x, const void *y)
{
    const struct pair *const p = x, *const q = y;

    if (p->a != q->a) {
        return p->a < q->a ? -1 : 1;
    }
    return p->b < q->b ? -1 : p->b > q->b;
}

static int
by_whole(const void *x, const void *y)
{
    const struct pair *const p = *(const struct pair *const *)x;
    const struct pair *const q = *(const struct pair *const *)y;

    return p->c < q->c ? -1 : p->c > q->c;
}

/* One character again, or 0. */
static uint32_t
composed(const uint32_t *parts, size_t count)
{
    utf8proc_int32_t buffer[FOLD_CHAR_MOST];

    for (size_t i = 0; i < count; i++) {
        buffer[i] = (utf8proc_int32_t)parts[i];
    }
    const utf8proc_ssize_t n = utf8proc_normalize_utf32(
        buffer, (utf8proc_ssize_t)count,
        (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    return n == 1 ? (uint32_t)buffer[0] : 0;
}

static int
by_number(const void *x, const void *y)
{
    const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    return a < b ? -1 : a > b;
}

static void
find_backs(void)
{
    uint32_t seconds[ROOM_PAIRS];

    for (size_t i = 0; i < pair_count; i++) {
        seconds[i] = pairs[i].b;
    }
    qsort(seconds, pair_count, sizeof(*seconds), by_number);
    for (size_t i = 0; i < pair_count; i++) {
        if (class_of(seconds[i]) == 0 &&
            (back_count == 0 || backs[back_count - 1] != seconds[i])) {
            assert(back_count < ROOM_BACKS);
            backs[back_count++] = seconds[i];
        }
    }
}

static void
find_pairs(void)
{
    for (uint32_t c = 0xc0; c < 0x20000; c++) {
        uint32_t parts[FOLD_CHAR_MOST];
        if (utf8proc_get_property((utf8proc_int32_t)c)->decomp_seqindex ==
            UINT16_MAX) {
            continue;
        }
        const size_t n = library(c, 0, parts);
        if (n < 2 || composed(parts, n) != c) {
            continue; // no decomposition, or excluded from composing
        }
        const uint32_t a = composed(parts, n - 1);
        assert(a != 0 && pair_count < ROOM_PAIRS);
        pairs[pair_count++] = (struct pair){a, parts[n - 1], c};
    }
    qsort(pairs, pair_count, sizeof(*pairs), by_parts);
    for (size_t i = 0; i < pair_count; i++) {
        wholes[i] = &pairs[i];
    }
    qsort(wholes, pair_count, sizeof(*wholes), by_whole);
    find_backs();
}

uint32_t
fold_char_compose(uint32_t a, uint32_t b)
{
    if (a - HANGUL_L < HANGUL_LS && b - HANGUL_V < HANGUL_VS) {
        return HANGUL_S +
               ((a - HANGUL_L) * HANGUL_VS + (b - HANGUL_V)) * HANGUL_TS;
    }
    if (a - HANGUL_S < HANGUL_SS && (a - HANGUL_S) % HANGUL_TS == 0 &&
        b > HANGUL_T && b < HANGUL_T + HANGUL_TS) {
        return a + (b - HANGUL_T);
    }
    const struct pair key = {a, b, 0};
    const struct pair *const found =
        bsearch(&key, pairs, pair_count, sizeof(*pairs), by_parts);
    return found != NULL ? found->c : 0;
}

size_t
fold_char_decompose(uint32_t c, uint32_t out[FOLD_CHAR_PARTS])
{
    uint32_t reversed[FOLD_CHAR_PARTS];
    size_t n = 0;

    while (n < FOLD_CHAR_PARTS - 1) {
        const struct pair want = {0, 0, c}, *const key = &want;
        const struct pair *const *const found =
            bsearch(&key, wholes, pair_count, sizeof(*wholes), by_whole);
        if (found == NULL) {
            break;
        }
        reversed[n++] = (*found)->b;
        c = (*found)->a;
    }
    reversed[n++] = c;
    for (size_t i = 0; i < n; i++) {
        out[i] = reversed[n - 1 - i];
    }
    return n;
}

/* Does it compose with a character before it though its class is 0? */
static bool
is_back(uint32_t c)
{
    if (c >= HANGUL_V && c < HANGUL_T + HANGUL_TS) {
        return c < HANGUL_V + HANGUL_VS || c > HANGUL_T;
    }
    return bsearch(&c, backs, back_count, sizeof(*backs), by_number) != NULL;
}

// --- the table -------------------------------------------------------------

static bool
is_mark(uint32_t c)
{
    const utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

    return category == UTF8PROC_CATEGORY_MN ||
           category == UTF8PROC_CATEGORY_ME || class_of(c) != 0;
}

/* Digits, @ and $ stand for letters in leet: they go bare like them. */
static bool
is_bare(uint32_t c)
{
    return fold_set_latin(c) || ascii_is_digit((int)c) || c == '@' || c == '$';
}

/* Flags of a character that stands for itself: what others become. */
static unsigned
flags_of(uint32_t c)
{
    unsigned flags = 0;

    switch ((int)utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        flags |= FOLD_CHAR_LETTER;
        break;
    case UTF8PROC_CATEGORY_MC:
        flags |= FOLD_CHAR_INNER;
        break;
    }
    if (is_back(c)) {
        flags |= FOLD_CHAR_BACK;
    }
    if (is_mark(c)) {
        flags = (flags & ~(unsigned)FOLD_CHAR_INNER) | FOLD_CHAR_MARK;
    }
    if (flags != 0 && fold_set_joining(c)) { // letters and marks, not digits
        flags |= FOLD_CHAR_JOINS;
    }
    if (fold_set_latin(c)) {
        flags |= FOLD_CHAR_LATIN;
    }
    if (is_bare(c)) {
        flags |= FOLD_CHAR_BARE;
    }
    return flags;
}

/* Or what stands for one. */
static bool
has_letter(const uint32_t *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_bare(parts[i]) || (flags_of(parts[i]) & FOLD_CHAR_LETTER) != 0) {
            return true;
        }
    }
    return false;
}

/* Is the way from c to the n parts spelling: case, punctuation, and the
 * marks of national alphabets? */
static bool
is_ordinary(uint32_t c, const uint32_t *parts, size_t n)
{
    uint32_t plain[FOLD_CHAR_MOST];

    if (fold_set_typed(c) != c || c == 0x2026 || fold_set_alphabet(c)) {
        return true;
    }
    if (!has_letter(parts, n)) {
        return true;
    }
    const size_t count = library(c, UTF8PROC_CASEFOLD, plain);
    if (count != n || memcmp(plain, parts, n * sizeof(*parts)) != 0) {
        return false;
    }
    return n < 2 || !is_bare(parts[0]) || !is_mark(parts[1]);
}

static void
set_many(struct fold_char *ch, const uint32_t *parts, size_t n)
{
    assert(n < ROOM_MANY - many_used);
    ch->shift = (int32_t)many_used;
    ch->flags |= FOLD_CHAR_MANY;
    many[many_used++] = (uint32_t)n;
    memcpy(many + many_used, parts, n * sizeof(*parts));
    many_used += n;
}

static void
set_look(struct fold_char *ch, uint32_t c, uint32_t base)
{
    const struct fold_table_row *row = fold_set_row(c);

    if (row == NULL || row->kind == FOLD_ALWAYS) {
        row = fold_set_row(base);
    }
    if (row == NULL || row->kind == FOLD_ALWAYS) {
        return;
    }
    ch->look = row->letter;
    ch->flags |= (uint16_t)(FOLD_CHAR_LETTER | fold_set_script(base) << 14);
    if (row->kind == FOLD_ALONE) {
        ch->flags |= FOLD_CHAR_ALONE;
    }
}

/* Marks only after the first? Then it is one letter and its marks. */
static bool
is_cluster(const uint32_t *parts, size_t n)
{
    if (n == 0 || (n > 1 && is_mark(parts[0]))) {
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        if (!is_mark(parts[i])) {
            return false;
        }
    }
    return true;
}

static void
fill(struct fold_char *ch, uint32_t c)
{
    uint32_t parts[FOLD_CHAR_MOST];
    size_t n = folded(c, own, parts);
    uint32_t to = 0;

    *ch = (struct fold_char){0, 0, 0, 0};
    if (fold_set_ignored(c)) {
        ch->flags = FOLD_CHAR_IGNORED;
        return;
    }
    if (c >= 0x1f1e6 && c <= 0x1f1ff) {
        ch->flags = FOLD_CHAR_REGION;
        return;
    }
    if (is_ordinary(c, parts, n)) {
        ch->flags |= FOLD_CHAR_ORDINARY;
    }
    if (is_cluster(parts, n)) {
        n = is_bare(parts[0]) ? 1 : n;
        to = n == 1 ? parts[0] : composed(parts, n);
    }
    if (to == 0) {
        set_many(ch, parts, n);
        ch->flags |= (uint16_t)(flags_of(parts[0]) & FOLD_CHAR_JOINS);
        return;
    }
    ch->shift = (int32_t)to - (int32_t)c;
    ch->ccc = class_of(to);
    ch->flags |= (uint16_t)flags_of(to);
    if ((ch->flags & FOLD_CHAR_LATIN) == 0) {
        set_look(ch, c, parts[0]);
    }
    if (to == c && ch->look == 0 && c >= 0x80) {
        const int kind = utf8proc_get_property((utf8proc_int32_t)c)->boundclass;
        if (kind == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC) {
            ch->flags |= FOLD_CHAR_PICTO;
        } else if (c >= 0x1f3fb && c <= 0x1f3ff) {
            ch->flags |= FOLD_CHAR_SKIN;
        }
    }
}

/* Are all on the page of one category, one that needs no table? */
static bool
is_uniform(uint32_t first, utf8proc_category_t category)
{
    for (uint32_t c = first; c < first + FOLD_CHAR_PAGE; c++) {
        if (utf8proc_category((utf8proc_int32_t)c) != category) {
            return false;
        }
    }
    return true;
}

/* A page of ideographs or Hangul is filled from its first. */
static bool
is_run(uint32_t first)
{
    static const struct fold_table_range runs[] = {
        {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xac00, 0xd7a3},
        {0x20000, 0x2f7ff}, {0x30000, 0x3ffff},
    };
    const uint32_t last = first + FOLD_CHAR_PAGE - 1;
    bool inside = false;

    for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
        inside = inside || (first >= runs[i].first && last <= runs[i].last);
    }
    return inside && is_uniform(first, UTF8PROC_CATEGORY_LO);
}

/* Unassigned, surrogates, private use. */
static bool
is_unassigned(uint32_t first)
{
    return is_uniform(first, UTF8PROC_CATEGORY_CN) ||
           is_uniform(first, UTF8PROC_CATEGORY_CS) ||
           is_uniform(first, UTF8PROC_CATEGORY_CO);
}

static void
fill_page(struct fold_char *page, uint32_t first)
{
    const bool run = is_run(first);

    fill(&page[0], first);
    for (uint32_t i = 1; i < FOLD_CHAR_PAGE; i++) {
        if (run) {
            page[i] = page[0];
        } else {
            fill(&page[i], first + i);
        }
    }
}

static void
fill_table(void)
{
    size_t used = 0;

    find_pairs();
    for (size_t i = 0; i < FOLD_CHAR_PAGE; i++) {
        plain_page[i].flags = FOLD_CHAR_ORDINARY;
    }
    for (size_t i = 0; i < FOLD_CHAR_PAGES; i++) {
        const uint32_t first = (uint32_t)i * FOLD_CHAR_PAGE;
        const bool tags = first >= 0xe0000 && first <= 0xe0fff;
        fold_char_page[i] = plain_page;
        if (!tags && (first >= 0x40000 || is_unassigned(first))) {
            continue;
        }
        fill_page(pages[used], first);
        if (used > 0 &&
            memcmp(pages[used], pages[used - 1], sizeof(*pages)) == 0) {
            fold_char_page[i] = pages[used - 1];
        } else {
            fold_char_page[i] = pages[used++];
        }
    }
}

void
fold_char_ready(void)
{
    if (pthread_once(&once, fill_table) != 0) {
        abort();
    }
}

const uint32_t *
fold_char_many(const struct fold_char *ch, size_t *count)
{
    *count = many[ch->shift];
    return many + ch->shift + 1;
}
