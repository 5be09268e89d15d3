/*
 * Ids, as configurations, requests and files of other programs have them.
 */
#ifndef SIDECAR_BASE_IDENT_H
#define SIDECAR_BASE_IDENT_H

#include "sidecar/base/ascii.h"
#include "sidecar/base/text.h"

/* What stands in an id beside letters and digits. */
#define IDENT_MARKS "._:-"

/*
 * The place of the first byte that an id may not have: it is of ASCII letters,
 * digits and `marks`, and begins with a letter or digit. id.len: there is none,
 * though the text may be empty.
 */
static inline size_t
ident_fault(struct text id, const char *marks)
{
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.at[i];
        if (!ascii_is_alnum(c) &&
            (i == 0 || c == '\0' || strchr(marks, c) == NULL)) {
            return i;
        }
    }
    return id.len;
}

#endif
