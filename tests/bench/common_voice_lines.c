#include "tests/bench/common_voice_lines.h"

#include <stdlib.h>

#include "sidecar/base/file.h"

enum { MOST_BYTES = 256 * 1024 * 1024 };

static const char *const splits[] = {
    [VOICE_BACKGROUND] = "background",
    [VOICE_ASSISTANT] = "assistant",
    [VOICE_HANDWRITTEN] = "handwritten",
    [VOICE_ENROL] = "enrol",
    [VOICE_CALIB] = "calib",
    [VOICE_TEST] = "test",
};

static struct text
field(struct text *left, char end)
{
    const char *at = left->len > 0 ? memchr(left->at, end, left->len) : NULL;
    const size_t len = at != NULL ? (size_t)(at - left->at) : left->len;
    const struct text taken = text_part(*left, 0, len);

    *left = text_part(*left, len + (at != NULL), left->len);
    return taken;
}

static bool
parse(struct text line, struct voice_line *out)
{
    const struct text split = field(&line, '\t');
    size_t s = 0;

    while (s < sizeof(splits) / sizeof(splits[0]) &&
           !text_is(split, splits[s])) {
        s++;
    }
    out->split = (enum voice_split)s;
    out->persona = field(&line, '\t');
    out->group = field(&line, '\t');
    const struct text block = field(&line, '\t');
    out->block = block.len > 0 ? (int)strtol(block.at, NULL, 10) : -1;
    out->text = line;
    return s < sizeof(splits) / sizeof(splits[0]) && line.len > 0;
}

bool
voice_lines_read(const char *path, struct voice_lines *out, struct err *err)
{
    size_t cap = 1;

    *out = (struct voice_lines){.at = NULL};
    if (!file_read(path, MOST_BYTES, &out->file, err)) {
        return false;
    }
    struct text left = buffer_text(&out->file);
    for (size_t i = 0; i < left.len; i++) {
        cap += left.at[i] == '\n';
    }
    out->at = calloc(cap, sizeof(*out->at));
    if (out->at == NULL) {
        err_memory(err, "lines");
        return false;
    }
    while (left.len > 0) {
        if (!parse(field(&left, '\n'), &out->at[out->count])) {
            err_set(err, ERR_INVALID, "%s: line %zu is not one of ours", path,
                    out->count + 1);
            return false;
        }
        out->count++;
    }
    return true;
}

void
voice_lines_clear(struct voice_lines *lines)
{
    free(lines->at);
    lines->at = NULL;
    buffer_clear(&lines->file);
}
