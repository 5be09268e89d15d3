/*
 * Terms some of whose letters are hidden: "f**k", "sh#t", "b******t".
 */
#ifndef SIDECAR_ENGINE_DISGUISE_MASK_H
#define SIDECAR_ENGINE_DISGUISE_MASK_H

#include "sidecar/engine/disguise_set.h"
#include "sidecar/engine/disguise_unit.h"

/*
 * The term that units [from, to) hide: as many letters as units (an ending
 * behind it counts), the first one visible, none that disagrees. Of several
 * a likely one, then one whose vowels are hidden, then the first in the list.
 * NULL: none, or nothing is hidden, or too little is visible.
 */
const struct disguise_entry *
disguise_mask(const struct disguise *d, const struct disguise_unit *units,
              size_t from, size_t to);

#endif
