/*
 * A fingerprint as a file: what its lines were reduced to, the model they were
 * read with, and the caller's vectors. Weights and calibration are not in it;
 * they are computed again when it is read, so that they cannot disagree with
 * it.
 */
#ifndef SIDECAR_ENGINE_FINGERPRINT_FILE_H
#define SIDECAR_ENGINE_FINGERPRINT_FILE_H

#include "sidecar/engine/fingerprint.h"

/* Most bytes of a file. */
enum { FINGERPRINT_FILE_BYTES = 64 * 1024 * 1024 };

/* The file's bytes, the same for the same fingerprint on every machine. */
bool fingerprint_encode(const struct fingerprint *print, struct buffer *out,
                        struct err *err);

/*
 * The fingerprint in a file's bytes; `path` is for messages. NULL: ERR_CONFIG
 * where the content is bad (cut short, changed, another format, version or
 * byte order, values out of range), or was made with another voice model.
 */
struct fingerprint *
fingerprint_decode(struct text file, const char *path,
                   const struct voice_model *model,
                   const struct kernel_set *kernels, struct err *err);

/* The same with files; readers of a path see the old file or the new one. */
bool fingerprint_write(const struct fingerprint *print, const char *path,
                       struct err *err);
struct fingerprint *
fingerprint_read(const char *path, const struct voice_model *model,
                 const struct kernel_set *kernels, struct err *err);

#endif
