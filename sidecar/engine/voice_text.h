/*
 * A reply made ready for the style embedder: what differs between two ways of
 * typing the same words is folded away, so that quotes, dashes, no-break
 * spaces, line ends, zero-width characters and Markdown emphasis do not move a
 * drift score.
 *
 *   curly quotes          ' and "
 *   en dash, hyphens      -
 *   em dash, bar          --
 *   ellipsis              ...
 *   white space of any kind, and runs of it     one space
 *   format characters, soft hyphens, variation selectors     removed
 *   *, _, ` and runs of two or more ~            removed
 *
 * Nothing else changes: case, accents and emoji stay.
 */
#ifndef SIDECAR_ENGINE_VOICE_TEXT_H
#define SIDECAR_ENGINE_VOICE_TEXT_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

struct voice_text {
    /*
     * The folded text between two spaces; one space where nothing is left.
     * `lower` has each letter in lower case and the same offsets: only letters
     * whose lower case is as long in UTF-8 are changed (ASCII, Latin-1, Latin
     * Extended-A, Greek, Cyrillic).
     */
    struct text cased, lower;
    size_t chars; /* code points of the folded text, without the two spaces */
};

/*
 * Folds a text.
 *
 *   text  valid UTF-8
 *
 * The result lives in the arena and takes at most 2 * len + 64 bytes of it.
 * Fails with ERR_MEMORY only. Safe from any thread with its own arena.
 */
bool voice_text_fold(struct text text, struct arena *arena,
                     struct voice_text *out, struct err *err);

enum voice_token_kind {
    VOICE_WORD,   /* letters of A to Z, with apostrophes inside: don't */
    VOICE_NUMBER, /* a run of digits */
    VOICE_MARK    /* "--", three dots or more, or any other character */
};

struct voice_token {
    uint32_t from, to; /* bytes of the text, half-open */
    enum voice_token_kind kind;
};

/*
 * The next token of a folded text at or after *offset, which moves behind it.
 * False: only spaces are left.
 */
bool
voice_text_token(struct text text, size_t *offset, struct voice_token *out);

#endif
