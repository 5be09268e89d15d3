/*
 * Text as a view: a pointer and a length, never ended by NUL. A text may hold
 * NUL bytes. The bytes belong to whoever made the view (request arena, engine,
 * literal) and must outlive it.
 */
#ifndef SIDECAR_BASE_TEXT_H
#define SIDECAR_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *at; /* NULL only where len is 0 */
    size_t len;     /* bytes */
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

/* For printf's "%.*s". */
#define TEXT_ARGS(t) ((int)(t).len), ((t).at != NULL ? (t).at : "")

static inline struct text
text_of(const char *string)
{
    return (struct text){string, string != NULL ? strlen(string) : 0};
}

static inline bool
text_equal(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool
text_is(struct text a, const char *string)
{
    return text_equal(a, text_of(string));
}

/* In the order of their bytes: below 0, 0 or above 0, as memcmp. */
static inline int
text_order(struct text a, struct text b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    const int order = common > 0 ? memcmp(a.at, b.at, common) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool
text_starts(struct text a, struct text prefix)
{
    return a.len >= prefix.len &&
           (prefix.len == 0 || memcmp(a.at, prefix.at, prefix.len) == 0);
}

static inline bool
text_ends(struct text a, struct text suffix)
{
    return a.len >= suffix.len &&
           (suffix.len == 0 ||
            memcmp(a.at + (a.len - suffix.len), suffix.at, suffix.len) == 0);
}

/* The bytes [from, to); from <= to <= len. */
static inline struct text
text_part(struct text a, size_t from, size_t to)
{
    return (struct text){a.at != NULL ? a.at + from : NULL, to - from};
}

/* Where the needle (not empty) stands first from `from` on; SIZE_MAX: nowhere.
 */
static inline size_t
text_find(struct text text, struct text needle, size_t from)
{
    while (from <= text.len && needle.len <= text.len - from) {
        const char *first = memchr(text.at + from, needle.at[0],
                                   text.len - from - needle.len + 1);
        if (first == NULL) {
            return SIZE_MAX;
        }
        from = (size_t)(first - text.at);
        if (memcmp(first, needle.at, needle.len) == 0) {
            return from;
        }
        from++;
    }
    return SIZE_MAX;
}

#endif
