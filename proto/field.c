#include "proto/field.h"

#include <stdarg.h>
#include <stdio.h>

#include "sidecar/base/nearest.h"

int
field_find(struct text word, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (text_is(word, names[i])) {
            return i;
        }
    }
    return -1;
}

size_t
field_enter(struct wire_reader *reader, const char *format, ...)
{
    const size_t before = strlen(reader->path);
    va_list args;

    va_start(args, format);
    vsnprintf(reader->path + before, sizeof(reader->path) - before, format,
              args);
    va_end(args);
    return before;
}

void
field_leave(struct wire_reader *reader, size_t before)
{
    reader->path[before] = '\0';
}

void
field_shown(struct text in, char out[FIELD_SHOWN_BYTES + 1])
{
    const size_t len = in.len < FIELD_SHOWN_BYTES ? in.len : FIELD_SHOWN_BYTES;

    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)in.at[i];
        out[i] = c >= 0x20 && c < 0x7f && c != '"' ? (char)c : '?';
    }
    out[len] = '\0';
}

static void
enter_key(struct wire_reader *reader, const char *key)
{
    field_enter(reader, "%s%s", reader->path[0] != '\0' ? "." : "", key);
}

void
field_fail_unknown(struct wire_reader *reader, struct text key,
                   const char *const *names)
{
    const char *near = nearest_name(key, names);
    char shown[FIELD_SHOWN_BYTES + 1];

    field_shown(key, shown);
    enter_key(reader, shown);
    wire_fail(reader, "unknown key%s%s%s",
              near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
              near != NULL ? "\"?" : "");
}

struct text
field_key_text(struct wire_reader *reader)
{
    if (!reader->failed && wire_next(reader) != WIRE_STR) {
        wire_fail(reader, "a key that is no str");
    }
    const struct text key = wire_read_bytes(reader);
    if (key.len > WIRE_KEY_BYTES) {
        wire_fail_as(reader, ERR_TOO_LARGE, "a key of %zu bytes, at most %d",
                     key.len, WIRE_KEY_BYTES);
    }
    return key;
}

bool
field_key_mark(struct wire_reader *reader, const char *const *names, int index,
               uint32_t *seen)
{
    enter_key(reader, names[index]);
    if ((*seen >> index & 1u) != 0) {
        wire_fail(reader, "stands twice");
        return false;
    }
    *seen |= (uint32_t)1 << index;
    return true;
}

int
field_key(struct wire_reader *reader, const char *const *names, uint32_t *seen)
{
    const struct text key = field_key_text(reader);

    if (reader->failed) {
        return -1;
    }
    const int index = field_find(key, names);
    if (index < 0) {
        field_fail_unknown(reader, key, names);
        return -1;
    }
    return field_key_mark(reader, names, index, seen) ? index : -1;
}

void *
field_array(struct wire_reader *reader, struct arena *arena, size_t count,
            size_t most, size_t bytes, const char *what)
{
    if (reader->failed) {
        return NULL;
    }
    if (count > most) {
        wire_fail_as(reader, ERR_TOO_LARGE, "%zu %s, at most %zu", count, what,
                     most);
        return NULL;
    }
    void *array = arena_zeroed(arena, count, bytes);
    if (array == NULL) {
        wire_fail_as(reader, ERR_MEMORY, "out of memory: %zu %s", count, what);
    }
    return array;
}

struct request_texts
field_texts(struct wire_reader *reader, struct arena *arena, size_t most,
            size_t bytes)
{
    const size_t count = wire_read_array(reader);
    struct text *at =
        field_array(reader, arena, count, most, sizeof(*at), "items");

    for (size_t i = 0; i < count && !reader->failed; i++) {
        const size_t before = field_enter(reader, "[%zu]", i);
        at[i] = wire_read_str(reader, bytes);
        if (at[i].len == 0) {
            wire_fail(reader, "empty");
        }
        field_leave(reader, before);
    }
    if (reader->failed) {
        return (struct request_texts){NULL, 0};
    }
    return (struct request_texts){at, count};
}

struct text
field_name(struct wire_reader *reader, bool may_be_empty)
{
    const struct text name = wire_read_str(reader, REQUEST_NAME_BYTES);

    for (size_t i = 0; i < name.len && !reader->failed; i++) {
        if ((unsigned char)name.at[i] < 0x20 || name.at[i] == 0x7f) {
            wire_fail(reader, "control character at byte %zu", i);
        }
    }
    if (name.len == 0 && !may_be_empty) {
        wire_fail(reader, "empty");
    }
    return name;
}
