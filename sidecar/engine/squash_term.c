#include "sidecar/engine/squash_term.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/squash_read.h"

static bool
counts(uint32_t c)
{
    const enum squash_kind kind = squash_kind(c);

    return kind != SQUASH_WHITE && kind != SQUASH_SIGN && kind != SQUASH_MARK;
}

size_t
squash_term(struct text term, char *out)
{
    uint32_t last = 0;
    size_t n = 0, len;

    fold_char_ready();
    for (size_t at = 0; at < term.len; at += len) {
        const uint32_t c = utf8_at(term, at, &len);
        if (c != last || squash_kind(c) != SQUASH_LETTER) {
            memcpy(out + n, term.at + at, len);
            n += len;
        }
        last = c;
    }
    return n;
}

/* A run of equal letters, what stands between them skipped. */
struct run {
    uint32_t c; // 0: the end
    size_t len;
};

static struct run
next_run(struct text text, size_t *at)
{
    struct run run = {0, 0};
    size_t len;

    for (; *at < text.len; *at += len) {
        const uint32_t c = utf8_at(text, *at, &len);
        if (!counts(c)) {
            continue;
        }
        if (run.len > 0 && c != run.c) {
            break;
        }
        run.c = c;
        run.len++;
    }
    return run;
}

/* The first place of the source that came from raw byte `raw` or one after. */
static size_t
place_of(const struct view *source, size_t raw)
{
    size_t low = 0, high = source->text.len;

    if (source->raw_from == NULL) {
        return raw;
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (source->raw_from[middle] < raw) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool
squash_term_fits(struct text term, const struct view *source, struct span raw)
{
    const struct text found = text_part(
        source->text, place_of(source, raw.from), place_of(source, raw.to));
    size_t at = 0, found_at = 0;
    struct run want, got;

    fold_char_ready();
    do {
        want = next_run(term, &at);
        got = next_run(found, &found_at);
        if (got.c != want.c || got.len < want.len) {
            return false;
        }
    } while (want.c != 0);
    return true;
}
