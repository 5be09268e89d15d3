#include "sidecar/tools/show_json.h"

#include "proto/json.h"

enum { JSON_BYTES = 64 << 20, NODES = 1 << 22 };

void
show_json_open(struct show_json *json)
{
    buffer_init(&json->wire, JSON_BYTES);
    json->entries = 0;
    json->map = wire_open_map(&json->wire);
}

void
show_json_key(struct show_json *json, const char *key)
{
    wire_put_str(&json->wire, text_of(key));
    json->entries++;
}

void
show_json_text(struct show_json *json, const char *key, struct text value)
{
    show_json_key(json, key);
    wire_put_str(&json->wire, value);
}

void
show_json_uint(struct show_json *json, const char *key,
               unsigned long long value)
{
    show_json_key(json, key);
    wire_put_uint(&json->wire, value);
}

void
show_json_double(struct show_json *json, const char *key, double value)
{
    show_json_key(json, key);
    wire_put_double(&json->wire, value);
}

void
show_json_bool(struct show_json *json, const char *key, bool value)
{
    show_json_key(json, key);
    wire_put_bool(&json->wire, value);
}

void
show_json_metadata(struct show_json *json, const char *key, struct text object)
{
    struct err ignored;

    show_json_key(json, key);
    const size_t at = json->wire.len;
    if (object.len == 0 || !json_to_wire(object, &json->wire, &ignored)) {
        json->wire.len = at;
        wire_put_map(&json->wire, 0);
    }
}

void
show_json_place(struct show_json *json, struct place at)
{
    show_json_text(json, "file", text_of(at.file));
    show_json_uint(json, "line", at.line);
    show_json_uint(json, "column", at.column);
}

bool
show_json_close(struct show_json *json, FILE *to)
{
    struct buffer out;
    struct err err;

    wire_close_map(&json->wire, json->map, json->entries);
    buffer_init(&out, JSON_BYTES);
    const bool good =
        !json->wire.failed &&
        json_from_wire(buffer_text(&json->wire), false, &out, &err);
    if (good) {
        fwrite(out.at, 1, out.len, to);
    }
    buffer_clear(&out);
    buffer_clear(&json->wire);
    return good;
}

bool
show_json_close_yaml(struct show_json *json, const char *indent, FILE *to)
{
    static const struct wire_limits limits = {WIRE_DEPTH_CAP, NODES};
    struct wire_reader r;
    struct buffer out;
    struct err err;

    wire_close_map(&json->wire, json->map, json->entries);
    buffer_init(&out, JSON_BYTES);
    bool good = !json->wire.failed &&
                wire_scan(buffer_text(&json->wire), &limits, &err);
    wire_read(&r, buffer_text(&json->wire), &err);
    const size_t entries = good ? wire_read_map(&r) : 0;
    for (size_t i = 0; i < entries && good; i++) {
        const struct text key = wire_read_bytes(&r);
        buffer_reset(&out);
        good = json_from_wire(wire_skip(&r), false, &out, &err);
        fprintf(to, "%s%.*s: ", indent, TEXT_ARGS(key));
        fwrite(out.at, 1, out.len, to);
        fputc('\n', to);
    }
    buffer_clear(&out);
    buffer_clear(&json->wire);
    return good;
}
