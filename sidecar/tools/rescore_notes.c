#include "sidecar/tools/rescore_notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/utf8.h"
#include "sidecar/tools/command.h"

/* What a file says may reach a terminal: no control characters, C1 neither. */
static void
add_safely(struct buffer *to, struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        const bool c1 = c >= 0x80 && c < 0xa0 && i > 0 &&
                        (unsigned char)text.at[i - 1] == 0xc2;
        buffer_add_byte(to, c < 0x20 || c == 0x7f || c1 ? '?' : text.at[i]);
    }
}

void
rescore_notes_add(struct rescore_batch *batch,
                  const struct rescore_reply *reply, const struct err *err)
{
    struct buffer *to = &batch->notes;
    const bool turn = reply->kind == TRANSCRIPT_TURN;
    const struct text path = turn ? text_of(err->path) : reply->path;
    const struct text reason = turn ? text_of(err->message) : reply->reason;

    batch->errors++;
    if (batch->errors > RESCORE_NOTES_TOLD) {
        return;
    }
    add_safely(to, text_of(reply->source));
    // A message about a whole file names it already.
    if (reply->kind == TRANSCRIPT_BROKEN) {
        buffer_add_text(to, TEXT(": not read to its end"));
    } else {
        buffer_format(to, ":%zu", reply->line);
    }
    buffer_add_text(to, TEXT(": "));
    add_safely(to, path);
    buffer_add_text(to, path.len > 0 ? TEXT(": ") : TEXT(""));
    add_safely(to, reason);
    buffer_add_byte(to, '\n');
}

void
rescore_notes_tell(struct rescore_notes *notes,
                   const struct rescore_batch *batch)
{
    struct text left = buffer_text(&batch->notes);

    notes->errors += batch->errors;
    while (left.len > 0 && notes->told < RESCORE_NOTES_TOLD) {
        const char *end = memchr(left.at, '\n', left.len);
        const size_t len = end != NULL ? (size_t)(end - left.at) + 1 : left.len;
        fprintf(stderr, "leeway %s: ", notes->command);
        fwrite(left.at, 1, len, stderr);
        notes->told++;
        left = text_part(left, len, left.len);
    }
}

void
rescore_notes_end(const struct rescore_notes *notes)
{
    if (notes->errors > notes->told) {
        fprintf(stderr, "leeway %s: and %" PRIu64 " errors more\n",
                notes->command, notes->errors - notes->told);
    }
}

int
rescore_notes_code(const struct rescore_notes *notes,
                   const struct rescore_input *input, uint64_t rows,
                   bool strict)
{
    size_t count;
    const struct rescore_input_file *files = rescore_input_files(input, &count);

    for (size_t i = 0; i < count; i++) {
        if (!files[i].whole) {
            return COMMAND_BAD_DATA;
        }
    }
    return notes->errors > 0 && (strict || notes->errors == rows)
               ? COMMAND_BAD_DATA
               : COMMAND_DONE;
}

char *
rescore_notes_words(const char *path)
{
    const size_t len = strlen(path);
    char *words = malloc(len + 1);
    size_t bad;

    if (words != NULL) {
        memcpy(words, path, len + 1);
        while (!utf8_check((struct text){words, len}, &bad)) {
            words[bad] = '?';
        }
    }
    return words;
}
