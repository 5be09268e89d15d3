/*
 * The decoded view: what a reader's machine would make of the text, folded, so
 * that a rule written "dick" meets "dic<b>k</b>", "&#100;ick", "%64ick" and the
 * base64 of it.
 *
 * 1. HTML character references (decoded_entity.h). Tags of inline elements and
 *    comments, up to DECODED_TAG_BYTES, are dropped, <br> is a newline.
 * 2. Markdown: * ** *** __ ___ ~~ ` `` between two letters are dropped
 *    ("twa**t**"); so is a backslash between two letters and before a sign.
 * 3. \u0041, \U00000041, \u{41}, and \x41 and %41 where their bytes are whole
 *    characters in UTF-8.
 * 4. Base64 (either alphabet, DECODED_BASE64_LEAST characters or more) and hex
 *    (DECODED_HEX_LEAST), if readable text comes out (decoded_read.h).
 * 5. What stands between U+202E and U+202C, or the line's end, in the order in
 *    which it shows.
 *
 * One level: what comes out is not decoded again. Escapes that stand for
 * control characters, or for no character, stay. Decoded text is at most as
 * long as the raw; fold.h bounds what the fold adds.
 *
 * A place of the map covers the whole of what it was decoded from: an entity,
 * an escape, all of a run of base64 or hex, all of an override.
 */
#ifndef SIDECAR_ENGINE_DECODED_H
#define SIDECAR_ENGINE_DECODED_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

/*
 * The decoded view of raw, valid UTF-8 of at most UINT32_MAX bytes;
 * out->text.at is NULL where there is nothing to decode.
 *
 * Time is linear in the text. Memory, where there is something: 9 bytes per
 * byte of raw, the fold's, and 8 per byte of view.
 *
 * False: raw is too long, or the arena is full. Safe from any thread.
 */
bool decoded_view(struct text raw, struct arena *arena, struct view *out,
                  struct err *err);

/*
 * For streams: the last place up to `most` where a growing text may be cut. For
 * every text that goes on after `raw`, the views of what is before the place
 * and of the rest are, one after the other, the view of the whole (of a text
 * without a view: its fold). The fold of raw may be cut there too.
 *
 *   most  a character's first byte, or raw.len
 *
 * After the place stand what fold_settled leaves open, and an unfinished
 * entity, tag, escape, override or run: DECODED_RUN_BYTES at most; and no cut
 * is made elsewhere than before white space or a character beyond ASCII.
 *
 * Time is linear in the text: give what comes after the last cut, not all.
 * Safe from any thread.
 */
size_t decoded_settled(struct text raw, size_t most);

#endif
