#include "tests/unit/support_voice.h"

#include <check.h>
#include <stdio.h>

#include "sidecar/base/file.h"

enum { MOST_BYTES = 1024 * 1024 };

struct voice_model *
support_voice_model(void)
{
    struct err err;
    struct voice_model *model = voice_model_open(SUPPORT_VOICE_MODEL, &err);

    ck_assert_msg(model != NULL, "%s", err.message);
    return model;
}

/* The string of {"text": "..."}; the escapes are those that json.dumps writes.
 */
static struct text
unescape(struct arena *arena, struct text line)
{
    struct text out = arena_copy(arena, line);
    char *to = arena_take(arena, line.len + 1);
    size_t n = 0;

    ck_assert(out.at != NULL && to != NULL);
    for (size_t i = sizeof("{\"text\": \"") - 1;
         i < line.len && line.at[i] != '"'; i++) {
        i += line.at[i] == '\\';
        to[n++] = line.at[i];
    }
    return (struct text){to, n};
}

struct support_lines
support_voice_lines(const char *folder, const char *id)
{
    struct support_lines lines = {.arena = arena_new(SIZE_MAX)};
    struct buffer file;
    struct err err;
    char path[256];

    snprintf(path, sizeof(path), "%s/%s.jsonl", folder, id);
    ck_assert_msg(file_read(path, MOST_BYTES, &file, &err), "%s", err.message);
    for (size_t from = 0, i = 0; i < file.len && lines.count < 256; i++) {
        if (file.at[i] == '\n') {
            lines.at[lines.count++] =
                unescape(lines.arena, text_part(buffer_text(&file), from, i));
            from = i + 1;
        }
    }
    buffer_clear(&file);
    return lines;
}

void
support_voice_lines_clear(struct support_lines *lines)
{
    arena_free(lines->arena);
}

struct fingerprint *
support_voice_print(const struct voice_model *model, const char *id,
                    size_t count)
{
    struct support_lines lines = support_voice_lines("config/voices", id);
    struct err err;

    ck_assert_uint_le(count, lines.count);
    const struct fingerprint_request request = {
        .persona = text_of(id),
        .source = TEXT("shipped"),
        .created = 1700000000,
        .lines = lines.at,
        .line_count = count,
        .least = 2,
    };
    struct fingerprint *print =
        fingerprint_build(model, &kernel_scalar, &request, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    support_voice_lines_clear(&lines);
    return print;
}
