#include "sidecar/serve/framing.h"

#include <assert.h>

enum { WORD_BYTES = 4, LENGTH_BYTES = 8, IPC_MARK = 1, END_BIT = 0x80 };

/* SP protocol numbers (nng: NNG_REQ0_SELF 0x30, NNG_REP0_SELF 0x31). */
static const char req_greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
const char framing_greeting[] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};

/* In the greeting, where "SP, version 0" ends and the protocol begins. */
enum { PROTOCOL_AT = 4 };

void
framing_init(struct framing *f, bool ipc, size_t soft_bytes)
{
    assert(soft_bytes >= WORD_BYTES && soft_bytes <= FRAMING_HARD_BYTES);
    memset(f, 0, sizeof(*f));
    f->ipc = ipc;
    f->soft_bytes = soft_bytes;
}

static size_t
head_bytes(bool ipc)
{
    return ipc ? 1 + LENGTH_BYTES : LENGTH_BYTES;
}

static enum framing_event
bad(struct framing *f, enum framing_fault fault)
{
    f->fault = fault;
    return FRAMING_BAD;
}

static enum framing_event
greet(struct framing *f, struct text bytes, size_t *used)
{
    for (size_t i = 0; i < bytes.len && i < sizeof(req_greeting); i++) {
        if (bytes.at[i] != req_greeting[i]) {
            return bad(f, i < PROTOCOL_AT ? FRAMING_NOT_SP : FRAMING_NOT_REQ);
        }
    }
    if (bytes.len < sizeof(req_greeting)) {
        return FRAMING_MORE;
    }
    f->greeted = true;
    *used = sizeof(req_greeting);
    return FRAMING_GREETED;
}

/* Reads the head into f->frame; FRAMING_MESSAGE: it is there. */
static enum framing_event
read_head(struct framing *f, struct text bytes)
{
    const size_t head = head_bytes(f->ipc);
    uint64_t length = 0;

    if (f->ipc && bytes.len > 0 && bytes.at[0] != IPC_MARK) {
        return bad(f, FRAMING_NO_MARK);
    }
    if (bytes.len < head) {
        return FRAMING_MORE;
    }
    for (size_t i = head - LENGTH_BYTES; i < head; i++) {
        length = length << 8 | (unsigned char)bytes.at[i];
    }
    if (length < WORD_BYTES) {
        return bad(f, FRAMING_TOO_SHORT);
    }
    if (length > FRAMING_HARD_BYTES) {
        return bad(f, FRAMING_TOO_LONG);
    }
    f->frame = head + (size_t)length;
    f->given_up = length > f->soft_bytes;
    return FRAMING_MESSAGE;
}

/*
 * Copies the words up to the id. FRAMING_MORE: the id has not come yet;
 * FRAMING_BAD: it never will.
 */
static enum framing_event
read_route(struct text payload, struct framing_route *route)
{
    for (size_t end = WORD_BYTES; end <= FRAMING_ROUTE_BYTES;
         end += WORD_BYTES) {
        if (payload.len < end) {
            return FRAMING_MORE;
        }
        if ((payload.at[end - WORD_BYTES] & END_BIT) != 0) {
            memcpy(route->at, payload.at, end);
            route->len = (unsigned char)end;
            return FRAMING_MESSAGE;
        }
    }
    return FRAMING_BAD;
}

static enum framing_event
finish_dropped(struct framing *f, struct framing_message *out)
{
    out->route = f->route;
    out->body = (struct text){NULL, 0};
    out->payload_bytes = f->frame - head_bytes(f->ipc);
    f->frame = 0;
    f->given_up = false;
    return FRAMING_DROPPED;
}

static enum framing_event
skip_on(struct framing *f, struct text bytes, size_t *used,
        struct framing_message *out)
{
    *used = bytes.len < f->skip ? bytes.len : f->skip;
    f->skip -= *used;
    return f->skip == 0 ? finish_dropped(f, out) : FRAMING_MORE;
}

enum framing_event
framing_next(struct framing *f, struct text bytes, size_t *used,
             struct framing_message *out)
{
    *used = 0;
    if (f->fault != FRAMING_FINE) {
        return FRAMING_BAD;
    }
    if (!f->greeted) {
        return greet(f, bytes, used);
    }
    if (f->skip > 0) {
        return skip_on(f, bytes, used, out);
    }
    if (f->frame == 0) {
        const enum framing_event head = read_head(f, bytes);
        if (head != FRAMING_MESSAGE) {
            return head;
        }
    }
    const bool whole = bytes.len >= f->frame;
    const struct text payload =
        text_part(bytes, head_bytes(f->ipc), whole ? f->frame : bytes.len);
    const enum framing_event route = read_route(payload, &out->route);
    if (route == FRAMING_BAD || (route == FRAMING_MORE && whole)) {
        return bad(f, FRAMING_BAD_ROUTE);
    }
    if (route == FRAMING_MORE || (!whole && !f->given_up)) {
        return FRAMING_MORE;
    }
    if (f->given_up) {
        f->route = out->route;
        f->skip = f->frame;
        return skip_on(f, bytes, used, out);
    }
    out->body = text_part(payload, out->route.len, payload.len);
    out->payload_bytes = payload.len;
    *used = f->frame;
    f->frame = 0;
    return FRAMING_MESSAGE;
}

size_t
framing_wants(const struct framing *f)
{
    if (!f->greeted) {
        return sizeof(req_greeting);
    }
    return f->frame > 0 && !f->given_up ? f->frame : FRAMING_REPLY_HEAD_BYTES;
}

bool
framing_midway(const struct framing *f, size_t left)
{
    return !f->greeted || left > 0 || f->skip > 0;
}

void
framing_give_up(struct framing *f)
{
    assert(f->frame > 0);
    f->given_up = true;
}

size_t
framing_reply_head(bool ipc, const struct framing_route *route,
                   size_t body_bytes, char *out)
{
    const uint64_t length = (uint64_t)route->len + body_bytes;
    size_t at = 0;

    if (ipc) {
        out[at++] = IPC_MARK;
    }
    for (int shift = 56; shift >= 0; shift -= 8) {
        out[at++] = (char)(unsigned char)(length >> shift & 0xff);
    }
    memcpy(out + at, route->at, route->len);
    return at + route->len;
}
