#include "sidecar/tools/transcript_value.h"

enum {
    PATH_STEPS = 32, /* JSON_DEPTH: nothing lies deeper */
    INDEX_DIGITS = 9 /* of a place in an array */
};

enum wire_type
transcript_value_type(struct text value)
{
    const struct wire_reader r = {.at = (const unsigned char *)value.at,
                                  .end = (const unsigned char *)value.at +
                                         value.len};

    return value.len == 0 ? WIRE_NIL : wire_next(&r);
}

struct text
transcript_value_str(struct text value)
{
    struct wire_reader r;
    struct err err;

    if (transcript_value_type(value) != WIRE_STR) {
        return (struct text){NULL, 0};
    }
    wire_read(&r, value, &err);
    return wire_read_bytes(&r);
}

bool
transcript_value_true(struct text value)
{
    struct wire_reader r;
    struct err err;

    if (transcript_value_type(value) != WIRE_BOOL) {
        return false;
    }
    wire_read(&r, value, &err);
    return wire_read_bool(&r);
}

void
transcript_walk_begin(struct transcript_walk *walk, struct text value)
{
    const enum wire_type type = transcript_value_type(value);

    walk->map = type == WIRE_MAP;
    walk->left = 0;
    if (walk->map || type == WIRE_ARRAY) {
        wire_read(&walk->reader, value, &walk->ignored);
        walk->left = walk->map ? wire_read_map(&walk->reader)
                               : wire_read_array(&walk->reader);
    }
}

bool
transcript_walk_next(struct transcript_walk *walk, struct text *key,
                     struct text *value)
{
    if (walk->left == 0) {
        return false;
    }
    walk->left--;
    if (walk->map) {
        *key = wire_read_bytes(&walk->reader);
    }
    *value = wire_skip(&walk->reader);
    return true;
}

struct text
transcript_value_at(struct text map, struct text key)
{
    struct transcript_walk walk;
    struct text found, value;

    transcript_walk_begin(&walk, map);
    while (walk.map && transcript_walk_next(&walk, &found, &value)) {
        if (text_equal(found, key)) {
            return value;
        }
    }
    return (struct text){NULL, 0};
}

struct text
transcript_value_get(struct text map, const char *key)
{
    return transcript_value_at(map, text_of(key));
}

struct text
transcript_value_first(struct text map, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        const struct text value = transcript_value_get(map, *keys);
        if (transcript_value_type(value) != WIRE_NIL) {
            return value;
        }
    }
    return (struct text){NULL, 0};
}

static struct text
element(struct text array, struct text digits)
{
    struct text value = {NULL, 0}, key;
    struct transcript_walk walk;
    size_t index = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9' || i == INDEX_DIGITS) {
            return (struct text){NULL, 0};
        }
        index = index * 10 + (size_t)(digits.at[i] - '0');
    }
    transcript_walk_begin(&walk, array);
    for (size_t i = 0; i <= index; i++) {
        if (digits.len == 0 || !transcript_walk_next(&walk, &key, &value)) {
            return (struct text){NULL, 0};
        }
    }
    return value;
}

struct text
transcript_value_path(struct text root, struct text path)
{
    struct text value = root;

    for (size_t step = 0; step < PATH_STEPS && value.len > 0; step++) {
        const struct text whole = transcript_value_at(value, path);
        if (whole.len > 0) {
            return whole;
        }
        const size_t dot = text_find(path, TEXT("."), 0);
        const struct text head =
            text_part(path, 0, dot != SIZE_MAX ? dot : path.len);
        value = transcript_value_type(value) == WIRE_ARRAY
                    ? element(value, head)
                    : transcript_value_at(value, head);
        if (dot == SIZE_MAX) {
            return value;
        }
        path = text_part(path, dot + 1, path.len);
    }
    return (struct text){NULL, 0};
}
