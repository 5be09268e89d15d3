#include "tests/unit/support_linear.h"

#include <check.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/voice_bytes.h"

struct support_linear
support_linear_plain(void)
{
    return (struct support_linear){
        .about = "made for a test",
        .bits = 8,
        .heads = 1,
        .head = {{"bad", 0.05, -1, {0.9F, 0.7F, 0.5F}}},
    };
}

static void
put_double(struct buffer *out, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    voice_bytes_put(out, bits, sizeof(bits));
}

static void
put_weights(struct buffer *out, const struct support_linear *parts)
{
    const size_t count = ((size_t)1 << parts->bits) * parts->heads;

    for (size_t i = 0; i < count; i++) {
        const int random = (int)(hash_mix(i + 1) % 255) - 127;
        const bool least = parts->last_is_least && i + 1 == count;
        buffer_add_byte(out, (char)(least                ? -128
                                    : parts->weight != 0 ? parts->weight
                                                         : random));
    }
    for (size_t i = 0; i < parts->extra; i++) {
        buffer_add_byte(out, '\0');
    }
}

struct buffer
support_linear_file(const struct support_linear *parts)
{
    struct buffer body, file;

    buffer_init(&body, SIZE_MAX);
    buffer_init(&file, SIZE_MAX);
    voice_bytes_put_text(&body, text_of(parts->about));
    voice_bytes_put(&body, parts->bits, 4);
    voice_bytes_put(&body, parts->heads, 4);
    for (size_t h = 0; h < parts->heads; h++) {
        const struct support_linear_head *head = &parts->head[h];
        voice_bytes_put_text(&body, text_of(head->name));
        put_double(&body, head->scale);
        put_double(&body, head->bias);
        for (size_t i = 0; i < LINEAR_PRESETS; i++) {
            voice_bytes_put_float(&body, head->thresholds[i]);
        }
    }
    put_weights(&body, parts);
    const struct digest digest = digest_of(buffer_text(&body));
    buffer_add(&file, "LEEWAYLM", 8);
    voice_bytes_put(&file, 1, 4);
    voice_bytes_put(&file, 1, 4);
    buffer_add(&file, digest.bytes, sizeof(digest.bytes));
    buffer_add_text(&file, buffer_text(&body));
    ck_assert(!file.failed && !body.failed);
    buffer_clear(&body);
    return file;
}

struct linear_model *
support_linear_model(const struct support_linear *parts)
{
    struct buffer file = support_linear_file(parts);
    struct err err;
    struct linear_model *model =
        linear_parse(buffer_text(&file), "test.bin", &err);

    ck_assert_msg(model != NULL, "%s", err.message);
    buffer_clear(&file);
    return model;
}
