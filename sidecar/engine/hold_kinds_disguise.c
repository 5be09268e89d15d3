#include "sidecar/engine/disguise_set.h"
#include "sidecar/engine/hold_kinds_track.h"
#include "sidecar/engine/hold_stretch.h"

/*
 * A disguise stands in one chunk between white spaces, or in some that follow
 * one another: single characters, and up to four pieces of a word. So chunks
 * are gathered to a stretch until nothing of its end can go on; then
 * disguise_scan() looks at the stretch as it would in the text.
 */

enum {
    STRETCH_BYTES = 512,
    PIECES = 3,       /* that one more may complete */
    ENDING_BYTES = 3, /* behind a term: "s", "ing" */
    SINGLE_BYTES = 8  /* a chunk that counts as one character */
};

struct hold_disguise {
    const struct disguise *disguise;
    bool english; /* the request says that it is: guesses are certain */
    bool pinned;  /* a guess is held to the close */
    bool lost;    /* there was no memory: nothing is read any more */
    size_t pin, lost_from;
    struct hold_stretch read; /* STRETCH_BYTES at most */
    bool cut;                 /* there was no room for all of it */
    size_t cut_from;          /* where it began */
};

struct hold_disguise *
hold_disguise_new(const struct disguise *disguise, bool english,
                  struct arena *arena)
{
    struct hold_disguise *const hold =
        ARENA_ARRAY(arena, struct hold_disguise, 1);

    if (hold != NULL) {
        hold->disguise = disguise;
        hold->english = english;
        hold->read.arena = arena;
    }
    return hold;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

static bool
is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool
only_letters(struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_letter(text.at[i])) {
            return false;
        }
    }
    return text.len > 0;
}

/* May letters that follow these make a term of them? */
static bool
leads_on(const struct disguise *d, struct text letters)
{
    uint32_t node = DISGUISE_ROOT;

    for (size_t i = 0; i < letters.len; i++) {
        if (d->nodes[node].entry != 0 && letters.len - i <= ENDING_BYTES) {
            return true;
        }
        node = disguise_child(d, node, (unsigned)(letters.at[i] - 'a'));
        if (node == 0) {
            return false;
        }
    }
    return true;
}

/* One letter, some of one kind, or signs and no two letters: "a", "ddd.". */
static bool
is_single(struct text chunk)
{
    size_t letters = 0, others = 0;

    if (chunk.len == 0 || chunk.len > SINGLE_BYTES) {
        return false;
    }
    // Punctuation behind it ends what is spelt out.
    if (chunk.len > 1 && strchr(".,!?;:", chunk.at[chunk.len - 1]) != NULL) {
        return false;
    }
    for (size_t i = 0; i < chunk.len; i++) {
        letters += is_letter(chunk.at[i]);
        others += is_letter(chunk.at[i]) && chunk.at[i] != chunk.at[0];
    }
    return letters <= 1 || others == 0;
}

/* The chunk that ends before `end`, white space left out. */
static struct text
chunk_before(struct text text, size_t end)
{
    size_t from = end;

    while (from > 0 && !is_space(text.at[from - 1])) {
        from--;
    }
    return text_part(text, from, end);
}

/* May the pieces at the end be the beginning of a word in pieces? */
static bool
pieces_go_on(const struct disguise *d, struct text text)
{
    char letters[DISGUISE_TERM_MOST + ENDING_BYTES];
    size_t used = 0, end = text.len;
    bool odd = false;

    for (size_t count = 1; count <= PIECES; count++) {
        const struct text chunk = chunk_before(text, end);
        size_t quotes = 0;
        while (quotes < chunk.len &&
               (chunk.at[quotes] == '"' || chunk.at[quotes] == '\'')) {
            quotes++;
        }
        const struct text word = text_part(chunk, quotes, chunk.len);
        if (!only_letters(word) || word.len > sizeof(letters) - used) {
            return false;
        }
        memmove(letters + word.len, letters, used);
        memcpy(letters, word.at, word.len);
        used += word.len;
        odd = odd || disguise_rank(d, word) == ORDINARY_NONE;
        if ((count == 1 || odd) && leads_on(d, (struct text){letters, used})) {
            return true;
        }
        end -= chunk.len;
        if (quotes > 0 || end == 0 || (end > 1 && is_space(text.at[end - 2]))) {
            return false;
        }
        end--;
    }
    return false;
}

/* May what follows have to do with the chunk that has just ended? */
static bool
goes_on(const struct disguise *d, struct text text)
{
    const struct text chunk = chunk_before(text, text.len);

    return is_single(chunk) || pieces_go_on(d, text);
}

struct finds {
    struct hold_disguise *hold;
    struct hold_told *told;
};

static bool
note(void *context, uint32_t id, struct span span, enum disguise_how how)
{
    struct finds *const finds = context;
    struct hold_disguise *const hold = finds->hold;
    const struct span raw = {hold->read.raw_from[span.from],
                             hold->read.raw_to[span.to - 1]};
    const bool guess = how != DISGUISE_LEET && how != DISGUISE_SPACED &&
                       how != DISGUISE_STRETCHED && how != DISGUISE_MASKED;

    (void)id;
    hold_kinds_suspect(finds->told, raw);
    if (guess && !hold->english && !hold->pinned) {
        hold->pinned = true;
        hold->pin = raw.from;
    }
    return true;
}

/* Nothing of the stretch goes on: what is in it? */
static void
close_stretch(struct hold_disguise *hold, size_t raw_to, struct hold_told *told)
{
    struct finds finds = {hold, told};

    if (hold->cut) {
        hold_kinds_suspect(told, (struct span){hold->cut_from, raw_to});
    } else {
        (void)disguise_scan(hold->disguise, hold_stretch_text(&hold->read),
                            note, &finds);
    }
    hold->read.len = 0;
    hold->cut = false;
}

/* Chunks that lie further back than any disguise reaches are let go. */
static void
make_room(struct hold_disguise *hold)
{
    if (!hold->cut) {
        hold->cut = true;
        hold->cut_from = hold->read.raw_from[0];
    }
    // The end tells whether it goes on.
    hold_stretch_drop(&hold->read, STRETCH_BYTES / 2);
}

static void
add(struct hold_disguise *hold, char c, struct span raw, struct hold_told *told)
{
    const struct text text = hold_stretch_text(&hold->read);

    if (is_space(c)) {
        const bool ends =
            hold->read.len > 0 && !is_space(hold->read.at[hold->read.len - 1]);
        if (hold->read.len == 0) {
            return;
        }
        if (ends && !goes_on(hold->disguise, text)) {
            close_stretch(hold, raw.from, told);
            return;
        }
    }
    if (hold->read.len == STRETCH_BYTES) {
        make_room(hold);
    }
    if (!hold_stretch_add(&hold->read, c, raw)) {
        hold->lost = true;
        hold->lost_from = hold->cut            ? hold->cut_from
                          : hold->read.len > 0 ? hold->read.raw_from[0]
                                               : raw.from;
    }
}

void
hold_disguise_feed(struct hold_disguise *hold, const struct hold_piece *piece,
                   struct hold_told *told)
{
    const struct text fold = piece->fold->text;

    for (size_t i = 0; i < fold.len && !hold->lost; i++) {
        add(hold, fold.at[i], hold_kinds_raw(piece, i, i + 1), told);
    }
    // The next piece begins with white space, which is not waited for.
    if (!hold->lost && hold->read.len > 0 &&
        !is_space(hold->read.at[hold->read.len - 1]) &&
        hold_kinds_ended(piece->raw, piece->at.to) &&
        !goes_on(hold->disguise, hold_stretch_text(&hold->read))) {
        close_stretch(hold, piece->at.to, told);
    }
    if (hold->lost) {
        hold_kinds_live(told, hold->lost_from);
    }
    if (hold->read.len > 0) {
        hold_kinds_live(told,
                        hold->cut ? hold->cut_from : hold->read.raw_from[0]);
    }
    if (hold->pinned) {
        hold_kinds_live(told, hold->pin);
    }
}
