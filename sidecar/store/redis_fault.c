#include "sidecar/store/redis_fault.h"

static const struct {
    const char *name, *words;
} faults[REDIS_FAULTS] = {
    [REDIS_FAULT_NONE] = {"none", ""},
    [REDIS_FAULT_AWAY] = {"away", "cannot be reached"},
    [REDIS_FAULT_SLOW] = {"slow", "does not answer within the deadline"},
    [REDIS_FAULT_CROWDED] = {"crowded", "too many requests are under way"},
    [REDIS_FAULT_AUTH] = {"auth", "refuses the user name or password, or what "
                                  "they may do"},
    [REDIS_FAULT_LOADING] = {"loading", "is loading its data"},
    [REDIS_FAULT_READ_ONLY] = {"read_only", "is a replica and takes no writes"},
    [REDIS_FAULT_FULL] = {"full", "has no room: maxmemory is reached, or its "
                                  "device fails"},
    [REDIS_FAULT_CLUSTER] = {"cluster", "is part of a cluster, which this "
                                        "client does not speak"},
    [REDIS_FAULT_BUSY] = {"busy", "runs a script of somebody's that does not "
                                  "end"},
    [REDIS_FAULT_TYPE] = {"type", "holds something that is not ours under "
                                  "store.redis.prefix"},
    [REDIS_FAULT_NO_SCRIPT] = {"no_script", "does not keep scripts"},
    [REDIS_FAULT_REFUSED] = {"refused", "answers with an error"},
    [REDIS_FAULT_PROTOCOL] = {"protocol", "does not answer as Redis does"},
    [REDIS_FAULT_TOO_LARGE] = {"too_large", "sends more than any reply holds"},
    [REDIS_FAULT_MEMORY] = {"memory", "no memory for a reply"},
};

const char *
redis_fault_name(enum redis_fault fault)
{
    return faults[fault].name;
}

const char *
redis_fault_words(enum redis_fault fault)
{
    return faults[fault].words;
}

/* The first word of an error is its kind (https://redis.io/docs/reference/
 * protocol-spec, "Simple errors"); that of AUTH has none on old servers. */
enum redis_fault
redis_fault_of(struct text reply)
{
    static const struct {
        const char *starts;
        enum redis_fault fault;
    } kinds[] = {
        {"NOAUTH", REDIS_FAULT_AUTH},
        {"WRONGPASS", REDIS_FAULT_AUTH},
        {"NOPERM", REDIS_FAULT_AUTH},
        {"DENIED", REDIS_FAULT_AUTH}, // protected mode
        {"ERR invalid password", REDIS_FAULT_AUTH},
        {"ERR Client sent AUTH", REDIS_FAULT_AUTH},
        {"ERR AUTH ", REDIS_FAULT_AUTH},
        {"LOADING", REDIS_FAULT_LOADING},
        {"MASTERDOWN", REDIS_FAULT_LOADING},
        {"READONLY", REDIS_FAULT_READ_ONLY},
        {"OOM", REDIS_FAULT_FULL},
        {"MISCONF", REDIS_FAULT_FULL},
        {"NOREPLICAS", REDIS_FAULT_FULL},
        {"MOVED", REDIS_FAULT_CLUSTER},
        {"ASK", REDIS_FAULT_CLUSTER},
        {"CROSSSLOT", REDIS_FAULT_CLUSTER},
        {"CLUSTERDOWN", REDIS_FAULT_CLUSTER},
        {"TRYAGAIN", REDIS_FAULT_CLUSTER},
        {"BUSY", REDIS_FAULT_BUSY},
        {"WRONGTYPE", REDIS_FAULT_TYPE},
        {"NOSCRIPT", REDIS_FAULT_NO_SCRIPT},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (text_starts(reply, text_of(kinds[i].starts))) {
            return kinds[i].fault;
        }
    }
    return REDIS_FAULT_REFUSED;
}

bool
redis_fault_parts(enum redis_fault fault)
{
    // A replica may have been the master: its name leads to the new one.
    return fault == REDIS_FAULT_READ_ONLY || fault == REDIS_FAULT_PROTOCOL ||
           fault == REDIS_FAULT_TOO_LARGE || fault == REDIS_FAULT_AUTH ||
           fault == REDIS_FAULT_CLUSTER;
}
