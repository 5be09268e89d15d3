#include "sidecar/tools/unpack.h"

const struct unpack_method *
unpack_find(struct text head)
{
    static const struct unpack_method *const methods[] = {&unpack_gzip,
                                                          &unpack_zstd};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (text_starts(head, methods[i]->magic)) {
            return methods[i];
        }
    }
    return NULL;
}
