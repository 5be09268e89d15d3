#include "tests/unit/support_msgpack.h"

#include <math.h>

#include <msgpack.h>

#include "proto/wire.h"

static bool
same_float(struct wire_reader *r, double value)
{
    struct wire_reader again = *r;
    const float single = wire_read_float(&again);

    if (isnan(value)) {
        r->at = again.at;
        return isnan(single) && !again.failed;
    }
    const double found =
        wire_read_number(r, -(double)INFINITY, (double)INFINITY);
    return found == value && signbit(found) == signbit(value);
}

static bool
same_bytes(struct wire_reader *r, const char *at, size_t len)
{
    return text_equal(wire_read_bytes(r), (struct text){at, len});
}

static bool same(struct wire_reader *r, const msgpack_object *o);

static bool
same_array(struct wire_reader *r, const msgpack_object_array *array)
{
    if (wire_read_array(r) != array->size) {
        return false;
    }
    for (uint32_t i = 0; i < array->size; i++) {
        if (!same(r, &array->ptr[i])) {
            return false;
        }
    }
    return true;
}

static bool
same_map(struct wire_reader *r, const msgpack_object_map *map)
{
    if (wire_read_map(r) != map->size) {
        return false;
    }
    for (uint32_t i = 0; i < map->size; i++) {
        if (!same(r, &map->ptr[i].key) || !same(r, &map->ptr[i].val)) {
            return false;
        }
    }
    return true;
}

/* msgpack-c nests no deeper than 32. */
static bool
same(struct wire_reader *r, const msgpack_object *o)
{
    const enum wire_type type = wire_next(r);

    switch (o->type) {
    case MSGPACK_OBJECT_NIL:
        return type == WIRE_NIL && wire_skip(r).len == 1;
    case MSGPACK_OBJECT_BOOLEAN:
        return type == WIRE_BOOL && wire_read_bool(r) == o->via.boolean;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return type == WIRE_INT && wire_read_uint(r, UINT64_MAX) == o->via.u64;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return type == WIRE_INT &&
               wire_read_int(r, INT64_MIN, INT64_MAX) == o->via.i64;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return type == WIRE_FLOAT && same_float(r, o->via.f64);
    case MSGPACK_OBJECT_STR:
        return type == WIRE_STR &&
               same_bytes(r, o->via.str.ptr, o->via.str.size);
    case MSGPACK_OBJECT_BIN:
        return type == WIRE_BIN &&
               same_bytes(r, o->via.bin.ptr, o->via.bin.size);
    case MSGPACK_OBJECT_ARRAY:
        return type == WIRE_ARRAY && same_array(r, &o->via.array);
    case MSGPACK_OBJECT_MAP:
        return type == WIRE_MAP && same_map(r, &o->via.map);
    case MSGPACK_OBJECT_EXT:
        return false;
    }
    return false;
}

static bool
same_whole(struct text message, const msgpack_object *object)
{
    struct wire_reader reader;
    struct err err;

    wire_read(&reader, message, &err);
    return same(&reader, object) && !reader.failed && reader.at == reader.end;
}

enum support_msgpack
support_msgpack_ask(struct text message, bool compare, size_t *used)
{
    enum support_msgpack answer = SUPPORT_MSGPACK_TAKEN;
    msgpack_unpacked unpacked;

    msgpack_unpacked_init(&unpacked);
    *used = 0;
    switch (msgpack_unpack_next(&unpacked, message.at, message.len, used)) {
    case MSGPACK_UNPACK_SUCCESS:
    case MSGPACK_UNPACK_EXTRA_BYTES:
        if (compare && !same_whole(message, &unpacked.data)) {
            answer = SUPPORT_MSGPACK_DIFFERENT;
        }
        break;
    case MSGPACK_UNPACK_CONTINUE:
        answer = SUPPORT_MSGPACK_TRUNCATED;
        break;
    case MSGPACK_UNPACK_PARSE_ERROR:
    case MSGPACK_UNPACK_NOMEM_ERROR:
        answer = SUPPORT_MSGPACK_WRONG;
        break;
    }
    msgpack_unpacked_destroy(&unpacked);
    return answer;
}
