#include "sidecar/engine/voice_bytes.h"

struct text
voice_bytes_take(struct voice_bytes *from, size_t len)
{
    if (from->cut || len > from->left.len) {
        from->cut = true;
        return (struct text){NULL, 0};
    }
    const struct text taken = text_part(from->left, 0, len);
    from->left = text_part(from->left, len, from->left.len);
    return taken;
}

uint64_t
voice_bytes_number(struct voice_bytes *from, size_t bytes)
{
    const struct text taken = voice_bytes_take(from, bytes);
    uint64_t number = 0;

    for (size_t i = 0; i < taken.len; i++) {
        number |= (uint64_t)(unsigned char)taken.at[i] << 8 * i;
    }
    return number;
}

struct text
voice_bytes_text(struct voice_bytes *from)
{
    return voice_bytes_take(from, (size_t)voice_bytes_number(from, 4));
}

float
voice_bytes_float(struct voice_bytes *from)
{
    const uint32_t bits = (uint32_t)voice_bytes_number(from, 4);
    float number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

void
voice_bytes_put(struct buffer *out, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        buffer_add_byte(out, (char)(unsigned char)(number >> 8 * i));
    }
}

void
voice_bytes_put_text(struct buffer *out, struct text text)
{
    if (text.len > UINT32_MAX) {
        out->failed = true;
        return;
    }
    voice_bytes_put(out, text.len, 4);
    buffer_add_text(out, text);
}

void
voice_bytes_put_float(struct buffer *out, float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof(bits));
    voice_bytes_put(out, bits, 4);
}
