/*
 * A front end's exported state machines as our YAML.
 *
 * The export is one JSON object: `persona` (its id, or an object with one),
 * `machines` (each with its states and transitions), `machine_links`, and
 * `variables`, which are the evaluator's business and are left out.
 */
#ifndef SIDECAR_TOOLS_MACHINE_IMPORT_H
#define SIDECAR_TOOLS_MACHINE_IMPORT_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

/*
 * Appends the YAML of an export. What is left out, or taken for something else,
 * is said line by line in `notes`. Whether the machines are sane is for `leeway
 * check` to say. Fails with ERR_BAD_REQUEST (no JSON) or ERR_INVALID, naming
 * the place ("machines[0].states[2].state_key").
 */
bool machine_import(struct text json, struct buffer *yaml, struct buffer *notes,
                    struct err *err);

#endif
