#include "sidecar/engine/hold_kinds_track.h"

enum { WORD_BYTES = 128 }; /* of a longer one nobody knows what it is */

struct hold_leak {
    struct leak_tail *tail;
    size_t least; /* words of a run that is a hit */
    char word[WORD_BYTES];
    size_t len; /* of the word that is being read; 0: none */
    size_t from, to;
    bool cut;
};

struct hold_leak *
hold_leak_new(const struct leak_index *index, size_t least, struct arena *arena)
{
    struct hold_leak *const hold = ARENA_ARRAY(arena, struct hold_leak, 1);

    if (hold == NULL) {
        return NULL;
    }
    hold->least = least;
    hold->tail = leak_tail_new(index, arena);
    return hold->tail != NULL ? hold : NULL;
}

static void
end_word(struct hold_leak *hold, struct hold_told *told)
{
    size_t from;

    if (hold->len == 0) {
        return;
    }
    leak_tail_word(hold->tail,
                   (struct text){hold->word, hold->cut ? 0 : hold->len},
                   hold->from);
    hold->len = 0;
    hold->cut = false;
    if (leak_tail_words(hold->tail, &from) >= hold->least) {
        hold_kinds_suspect(told, (struct span){from, hold->to});
    }
}

void
hold_leak_feed(struct hold_leak *hold, const struct hold_piece *piece,
               struct hold_told *told)
{
    const struct text fold = piece->fold->text;
    size_t from;

    for (size_t i = 0; i < fold.len; i++) {
        const struct span raw = hold_kinds_raw(piece, i, i + 1);
        if (!leak_in_word(fold.at[i])) {
            end_word(hold, told);
            continue;
        }
        if (hold->len == 0) {
            hold->from = raw.from;
        }
        hold->to = raw.to;
        if (hold->len < WORD_BYTES) {
            hold->word[hold->len++] = fold.at[i];
        } else {
            hold->cut = true;
        }
    }
    if (leak_tail_words(hold->tail, &from) > 0) {
        hold_kinds_live(told, from);
    }
    if (hold->len > 0) {
        hold_kinds_live(told, hold->from);
    }
}

/* ---- canaries ------------------------------------------------------------ */

/* Knuth, Morris, Pratt 1977: the longest beginning of it that stands here. */
struct hold_canary {
    struct text canary;
    uint32_t *back;   /* [canary.len] the next shorter one */
    uint32_t *starts; /* [canary.len] ring: raw place of fold byte n at n % */
    size_t seen, matched;
};

struct hold_canary *
hold_canary_new(struct text canary, struct arena *arena)
{
    struct hold_canary *const hold = ARENA_ARRAY(arena, struct hold_canary, 1);

    if (hold == NULL || canary.len == 0) {
        return hold;
    }
    hold->canary = canary;
    hold->back = ARENA_ARRAY(arena, uint32_t, canary.len);
    hold->starts = ARENA_ARRAY(arena, uint32_t, canary.len);
    if (hold->back == NULL || hold->starts == NULL) {
        return NULL;
    }
    for (uint32_t i = 1, k = 0; i < canary.len; i++) {
        while (k > 0 && canary.at[i] != canary.at[k]) {
            k = hold->back[k - 1];
        }
        k += canary.at[i] == canary.at[k];
        hold->back[i] = k;
    }
    return hold;
}

static size_t
start_of(const struct hold_canary *hold, size_t matched)
{
    return hold->starts[(hold->seen - matched) % hold->canary.len];
}

void
hold_canary_feed(struct hold_canary *hold, const struct hold_piece *piece,
                 struct hold_told *told)
{
    const struct text fold = piece->fold->text, canary = hold->canary;

    for (size_t i = 0; i < fold.len && canary.len > 0; i++) {
        const struct span raw = hold_kinds_raw(piece, i, i + 1);
        while (hold->matched > 0 && fold.at[i] != canary.at[hold->matched]) {
            hold->matched = hold->back[hold->matched - 1];
        }
        hold->starts[hold->seen++ % canary.len] = (uint32_t)raw.from;
        hold->matched += fold.at[i] == canary.at[hold->matched];
        if (hold->matched == canary.len) {
            hold_kinds_suspect(
                told, (struct span){start_of(hold, canary.len), raw.to});
            hold->matched = hold->back[canary.len - 1];
        }
    }
    if (hold->matched > 0) {
        hold_kinds_live(told, start_of(hold, hold->matched));
    }
}
