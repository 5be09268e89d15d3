/*
 * What a transcript is, told by its beginning. Internal to the transcript
 * reader.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_SNIFF_H
#define SIDECAR_TOOLS_TRANSCRIPT_SNIFF_H

#include "sidecar/tools/transcript_format.h"
#include "sidecar/tools/transcript_frame.h"

/*
 * Finds the format, and sets how records are framed.
 *
 *   frame   initialised, nothing of it taken yet
 *   forced  the format that the caller named, or NULL
 *   mapped  the caller says where fields lie: any JSON will do
 *
 * NULL: ERR_INVALID where it is JSON of no format that is known, or the
 * source's error.
 */
const struct transcript_format *
transcript_sniff(struct transcript_frame *frame,
                 const struct transcript_format *forced, bool mapped,
                 struct err *err);

#endif
