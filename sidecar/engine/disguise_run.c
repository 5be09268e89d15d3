#include "sidecar/engine/disguise_run.h"

#include "sidecar/engine/disguise_spell.h"

enum {
    SINGLES_LEAST = 3,
    SPLIT_LEAST = 4,       /* letters of a term in pieces */
    EMBEDDED_LEAST = 4,    /* and of one spelt out among other letters */
    AMONG_WORDS_LEAST = 6, /* and where these could be words without it */
    REST_WORD_MOST = 14,   /* letters of a word among these */
    SIGN_CHUNK_MOST = 8    /* characters: "ddd.", "*" */
};

/* ------------------------------------------------------------- spelled out */

struct spelled {
    const struct disguise *d;
    const struct disguise_run *run;
    char letters[DISGUISE_WINDOW]; /* the run's, without gaps; ? for signs */
    size_t before[DISGUISE_WINDOW + 1]; /* letters before unit i */
    size_t len;
    /* Is it words, one behind the other, up to here, and from here on? */
    bool ends[DISGUISE_WINDOW + 1], begins[DISGUISE_WINDOW + 1];
    bool words; /* all of it is: "t h a n k y o u" */
};

static bool
is_common(const struct disguise *d, struct text word)
{
    return disguise_rank(d, word) == ORDINARY_COMMON;
}

/* Once for all, since every spelling in the run asks. */
static void
find_words(struct spelled *sp)
{
    const struct text text = {sp->letters, sp->len};

    sp->ends[0] = sp->begins[sp->len] = true;
    for (size_t to = 1; to <= sp->len; to++) {
        for (size_t n = 1; !sp->ends[to] && n <= REST_WORD_MOST && n <= to;
             n++) {
            sp->ends[to] = sp->ends[to - n] &&
                           is_common(sp->d, text_part(text, to - n, to));
        }
    }
    for (size_t from = sp->len; from-- > 0;) {
        for (size_t n = 1;
             !sp->begins[from] && n <= REST_WORD_MOST && n <= sp->len - from;
             n++) {
            sp->begins[from] =
                sp->begins[from + n] &&
                is_common(sp->d, text_part(text, from, from + n));
        }
    }
    sp->words = sp->ends[sp->len];
}

static struct spelled
spell_out(const struct disguise *d, const struct disguise_run *run)
{
    struct spelled sp = {.d = d, .run = run};

    for (size_t i = 0; i < run->count; i++) {
        const struct disguise_unit *unit = &run->units[i];
        sp.before[i] = sp.len;
        if (unit->letter != 0) {
            sp.letters[sp.len++] = unit->letter;
        } else if ((unit->flags & UNIT_GAP) == 0) {
            sp.letters[sp.len++] = '?'; // in no word
        }
    }
    sp.before[run->count] = sp.len;
    find_words(&sp);
    return sp;
}

/* Is the gap more than one space? */
static bool
wide(const struct disguise_run *run, size_t gap)
{
    return run->units[gap].to - run->units[gap].from > 1;
}

static bool
accept(const void *context, const struct disguise_spelling *found)
{
    const struct spelled *sp = context;
    const struct disguise_run *run = sp->run;

    if (found->gaps < 2 || found->letters == 0 ||
        (found->to < run->count &&
         (run->units[found->to].flags & UNIT_GAP) == 0)) {
        return false;
    }
    const size_t from = sp->before[found->from], to = sp->before[found->to];
    const bool first = from == 0 || wide(run, found->from - 1);
    const bool last = to == sp->len || wide(run, found->to);
    if (first && last) {
        return true;
    }
    return found->entry->len >=
               (sp->words ? AMONG_WORDS_LEAST : EMBEDDED_LEAST) &&
           (first || sp->ends[from]) && (last || sp->begins[to]);
}

/* Behind the last letter. */
static size_t
letters_end(const struct disguise_run *run)
{
    size_t end = run->count;

    while (end > 0 && run->units[end - 1].letter == 0) {
        end--;
    }
    return end;
}

static void
report_run(struct disguise_run *run, struct disguise_scan *s)
{
    struct spelled sp = spell_out(s->d, run);
    const struct text text = {sp.letters, sp.len};
    size_t steps = DISGUISE_WINDOW_STEPS;

    // "a c o c k" is in large dictionaries.
    if (disguise_rank(s->d, text) >= (text.len > 0 && text.at[0] == 'a'
                                          ? ORDINARY_COMMON
                                          : ORDINARY_KNOWN)) {
        return;
    }
    const struct disguise_units units = {run->units, run->count,
                                         letters_end(run)};
    for (size_t i = 0; i < run->count && !s->stopped; i++) {
        struct disguise_spelling found;
        if ((i > 0 && (run->units[i - 1].flags & UNIT_GAP) == 0) ||
            !disguise_spell(s->d, &units, i, accept, &sp, &steps, &found)) {
            continue;
        }
        const struct disguise_find find = {
            .entry = found.entry,
            .span = {run->units[found.from].from, run->units[found.to - 1].to},
            .how = DISGUISE_SPACED};
        disguise_report(s, &find);
        i = found.to - 1;
    }
    s->work += run->count + DISGUISE_WINDOW_STEPS - steps;
}

static void
end_spelled(struct disguise_run *run, struct disguise_scan *s)
{
    if (run->singles >= SINGLES_LEAST) {
        report_run(run, s);
    }
    run->count = 0;
    run->singles = 0;
}

void
disguise_run_init(struct disguise_run *run)
{
    // Not all of it: most texts spell nothing out.
    run->count = 0;
    run->singles = 0;
    run->piece_count = 0;
    run->next_piece = 0;
}

void
disguise_run_end(struct disguise_run *run, struct disguise_scan *s)
{
    end_spelled(run, s);
    run->piece_count = 0;
}

/* The characters of [from, to), and a gap before them. */
static void
add_single(struct disguise_run *run, struct disguise_scan *s, struct span span)
{
    const size_t units = span.to - span.from + 1;

    if (units > DISGUISE_WINDOW - run->count) {
        end_spelled(run, s);
    }
    if (run->count > 0) {
        run->units[run->count] = disguise_unit_at(s->text, span.from - 1);
        run->units[run->count].from = run->units[run->count - 1].to;
        run->count++;
    }
    for (size_t at = span.from; at < span.to;) {
        run->units[run->count] = disguise_unit_at(s->text, at);
        at = run->units[run->count++].to;
    }
    run->singles++;
}

/* ------------------------------------------------------------ in pieces */

static const char *const ENDINGS[] = {"",    "s",   "es", "ed", "er",
                                      "ers", "ing", "y",  "z"};

static const struct disguise_entry *
entry_of(const struct disguise *d, struct text word)
{
    for (size_t i = 0; i < sizeof(ENDINGS) / sizeof(ENDINGS[0]); i++) {
        const struct text ending = text_of(ENDINGS[i]);
        if (word.len < SPLIT_LEAST + ending.len ||
            !text_equal(text_part(word, word.len - ending.len, word.len),
                        ending)) {
            continue;
        }
        const struct disguise_entry *e =
            disguise_exact(d, text_part(word, 0, word.len - ending.len));
        if (e != NULL && e->fuzzy) {
            return e;
        }
    }
    return NULL;
}

/*
 * Are the pieces strange enough to be one word? Two everyday words are not,
 * nor is one of them beside a single letter ("plan b its").
 */
static bool
strange(const struct disguise_piece *pieces, size_t count)
{
    size_t odd = 0, singles = 0;

    for (size_t i = 0; i < count; i++) {
        odd += pieces[i].rank == ORDINARY_NONE;
        singles += pieces[i].span.to - pieces[i].span.from == 1;
    }
    if (singles == count) {
        return false; // spelt out: report_run() tells of it
    }
    if (count == 2 && singles == 0) {
        return odd >= 1 || (pieces[0].rank != ORDINARY_COMMON &&
                            pieces[1].rank != ORDINARY_COMMON);
    }
    return odd >= 2;
}

/* The last piece but `back`. */
static struct disguise_piece *
piece_at(struct disguise_run *run, size_t back)
{
    return &run->pieces[(run->next_piece - 1 - back) % DISGUISE_PIECES];
}

/* The last `count` pieces as one word. */
static bool
try_split(struct disguise_run *run, struct disguise_scan *s, size_t count)
{
    struct disguise_piece pieces[DISGUISE_PIECES];
    const struct disguise_entry *e = NULL;
    char word[DISGUISE_TERM_MOST + 4];
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        pieces[i] = *piece_at(run, count - 1 - i);
    }
    if (!strange(pieces, count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct text piece =
            text_part(s->text, pieces[i].span.from, pieces[i].span.to);
        // A term that stands there plainly says enough.
        if (piece.len > sizeof(word) - len ||
            disguise_exact(s->d, piece) != NULL) {
            return false;
        }
        memcpy(word + len, piece.at, piece.len);
        len += piece.len;
    }
    s->work += len;
    e = entry_of(s->d, (struct text){word, len});
    if (e == NULL) {
        return false;
    }
    const struct disguise_find find = {
        .entry = e,
        .span = {pieces[0].span.from, pieces[count - 1].span.to},
        .how = DISGUISE_SPLIT};
    disguise_report(s, &find);
    return true;
}

static void
add_piece(struct disguise_run *run, struct disguise_scan *s,
          const struct disguise_piece *piece)
{
    if (!piece->open) {
        run->piece_count = 0;
    }
    run->pieces[run->next_piece++ % DISGUISE_PIECES] = *piece;
    run->piece_count += run->piece_count < DISGUISE_PIECES;
    const bool everyday = run->piece_count > 1 &&
                          piece->rank == ORDINARY_COMMON &&
                          piece_at(run, 1)->rank == ORDINARY_COMMON;
    for (size_t count = 2;
         !everyday && count <= run->piece_count && s->d->words != NULL;
         count++) {
        if (try_split(run, s, count)) {
            run->piece_count = 0;
            break;
        }
    }
    if (piece->closed) {
        run->piece_count = 0;
    }
}

/* One letter, or one letter several times. */
static bool
is_single(struct text word)
{
    if (word.len > SIGN_CHUNK_MOST) {
        return false;
    }
    for (size_t i = 1; i < word.len; i++) {
        if (word.at[i] != word.at[0]) {
            return false;
        }
    }
    return true;
}

void
disguise_run_word(struct disguise_run *run, struct disguise_scan *s,
                  const struct disguise_piece *piece)
{
    const struct span span = piece->span;

    if (is_single(text_part(s->text, span.from, span.to))) {
        if (!piece->open) {
            end_spelled(run, s);
        }
        add_single(run, s, span);
        if (piece->closed) {
            end_spelled(run, s);
        }
    } else {
        end_spelled(run, s);
    }
    add_piece(run, s, piece);
}

bool
disguise_run_sign(struct disguise_run *run, struct disguise_scan *s,
                  struct span chunk)
{
    const size_t end = chunk.to;
    size_t at = chunk.from, signs = 0;
    bool gaps = true;

    if (chunk.to - chunk.from > SIGN_CHUNK_MOST) {
        return false;
    }
    while (chunk.to - chunk.from > 1 &&
           strchr(".,!?;:", s->text.at[chunk.to - 1]) != NULL) {
        chunk.to--;
    }
    while (at < chunk.to) {
        const struct disguise_unit unit = disguise_unit_at(s->text, at);
        gaps = gaps && (unit.flags & UNIT_GAP) != 0;
        at = unit.to;
        signs++;
        if ((unit.letters == 0 && (unit.flags & UNIT_GAP) == 0) ||
            (unit.letters != 0 && signs > 1)) {
            return false;
        }
    }
    if (!gaps && signs > 1) {
        return false;
    }
    run->piece_count = 0;
    add_single(run, s, chunk);
    if (gaps) {
        run->singles--;
    }
    if (chunk.to < end) {
        end_spelled(run, s);
    }
    return true;
}
