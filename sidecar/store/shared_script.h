/*
 * What runs on the Redis server: each script is one atomic step on one key.
 *
 * A session is a hash under <prefix>session:<id>:
 *
 *     session    the session (session_record_seal)
 *     revision   its revision: who changes it says which one he has seen
 *     place      of its last turn; only grows
 *     first      place of the oldest turn that may be there
 *     oldest     time of about that turn
 *     t:<place>  a turn (session_record_seal_turn)
 *     h:<place>  one that is not in history
 *     n:<place>  time of the turn at that place, a space, its message's id
 *     waits      who goes next, where several change it at once
 *     until      ms since 1970 by the server's clock, up to which he does
 *     m:<id>     the name of the field that has the turn of that message
 *
 * The key expires by itself when the session is too old to be remembered.
 */
#ifndef SIDECAR_STORE_SHARED_SCRIPT_H
#define SIDECAR_STORE_SHARED_SCRIPT_H

enum shared_script {
    /*
     * message id
     * -> [session or nil, the message's turn or nil, its field or nil]
     */
    SHARED_FIND,
    /* See enum shared_argument.
     * -> ["done"]
     *  | ["other", session or nil]: it has another revision, or another goes
     * next | ["seen", session, turn or nil, field or nil]: of the message */
    SHARED_CHANGE,
    /* before which place or "", how many turns
     * -> [session or nil, place of the next page or "", turns ...] */
    SHARED_PAGE,
    SHARED_SCRIPTS
};

enum shared_argument {
    SHARED_EXPECTED, /* revision, or "none": there is no session */
    SHARED_SESSION,
    SHARED_REVISION,
    SHARED_LIFE,    /* ms, or "0": for ever */
    SHARED_DROP,    /* not "": all that was there before goes */
    SHARED_PLACE,   /* of the last turn, this one included */
    SHARED_MESSAGE, /* id, or "" */
    SHARED_TURN,    /* or "": none is added */
    SHARED_FIELD,   /* of the turn */
    SHARED_KNOWN,   /* field of the message's turn that is replaced, or "" */
    SHARED_CUTOFF,  /* turns from before this time go; "": none does */
    SHARED_AT,      /* time of the turn */
    SHARED_WAITS,   /* who has lost to others too often, or "" */
    SHARED_ARGUMENTS
};

enum {
    SHARED_LOOKS = 10000,       /* places that one page may look at */
    SHARED_PAGE_BYTES = 4 << 20 /* then a page is shorter than was asked for */
};

extern const char *const shared_scripts[SHARED_SCRIPTS];

#endif
