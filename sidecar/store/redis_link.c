#include "sidecar/store/redis_link.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sidecar/base/entropy.h"
#include "sidecar/base/log.h"
#include "sidecar/store/redis_socket.h"

enum {
    BEAT_MS = 1000,  /* without traffic: is it still there? */
    STALL_MS = 1000, /* past the deadline: then the connection is given up */
    ADDRESS_BYTES = 400,
    NAME_BYTES = 512 /* of user name and password */
};

#define NS_PER_MS INT64_C(1000000)

struct redis_link {
    char address[ADDRESS_BYTES]; /* for messages */
    char host[256];              /* or the socket's path */
    char username[NAME_BYTES], password[NAME_BYTES];
    struct redis_link_options options; /* its texts are the above */
    struct redis_queue *queue;
    pthread_t thread;
    bool started;
    int wake[2]; /* a pipe: a byte in it wakes the thread */
    /*
     * The queue's lock orders what is put in against these: whoever sets
     * `woken` has put his bytes in before, the thread takes them after.
     */
    _Atomic bool stopping, woken;
    /* The thread's own. */
    struct redis_socket *socket;
    struct buffer writing;
    size_t written;
    long long pause_ms;
    uint64_t random;
    enum redis_fault told; /* what was logged last */
};

/* ---- waking -------------------------------------------------------------- */

static void
wake(void *context)
{
    struct redis_link *link = context;

    // One byte is enough for all who come before the thread looks.
    if (!atomic_exchange(&link->woken, true)) {
        (void)!write(link->wake[1], "", 1);
    }
}

/* Takes the bytes out; before looking, so that no wish is missed. */
static bool
asked_to_stop(struct redis_link *link)
{
    char bytes[16];

    (void)!read(link->wake[0], bytes, sizeof(bytes));
    atomic_store(&link->woken, false);
    return atomic_load(&link->stopping);
}

/* Waits for the socket (or none), for a wish, or for that time. */
static short
await_socket(struct redis_link *link, short events, long long ms)
{
    struct pollfd fds[2] = {
        {.fd = link->wake[0], .events = POLLIN},
        {.fd = redis_socket_fd(link->socket), .events = events}};

    if (poll(fds, 2, (int)ms) < 0) {
        return 0; // EINTR: looked at again
    }
    return fds[1].revents;
}

/* Writes as much as the socket takes. */
static enum redis_fault
write_some(struct redis_link *link)
{
    const enum redis_fault fault = redis_socket_write(
        link->socket, buffer_text(&link->writing), &link->written);

    if (link->written == link->writing.len) {
        link->written = 0;
        buffer_reset(&link->writing);
    }
    return fault;
}

/* ---- connecting ---------------------------------------------------------- */

static void
put_command(struct buffer *to, const struct text *words, size_t count)
{
    buffer_format(to, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        buffer_format(to, "$%zu\r\n", words[i].len);
        buffer_add_text(to, words[i]);
        buffer_add(to, "\r\n", 2);
    }
}

/* What a connection begins with. Returns how many replies it gets. */
static size_t
put_greeting(struct redis_link *link)
{
    const struct redis_link_options *o = &link->options;
    struct buffer *to = &link->writing;
    size_t count = 0;

    if (o->password.len > 0) {
        struct text words[3] = {TEXT("AUTH"), o->username, o->password};
        if (o->username.len == 0) {
            words[1] = o->password;
        }
        put_command(to, words, o->username.len > 0 ? 3 : 2);
        count++;
    }
    if (o->url.db > 0) {
        char db[16];
        snprintf(db, sizeof(db), "%u", o->url.db);
        put_command(to, (struct text[]){TEXT("SELECT"), text_of(db)}, 2);
        count++;
    }
    for (size_t i = 0; i < o->script_count; i++) {
        put_command(to,
                    (struct text[]){TEXT("SCRIPT"), TEXT("LOAD"),
                                    text_of(o->scripts[i])},
                    3);
        count++;
    }
    return count;
}

/* The names of the scripts are the last replies. */
static enum redis_fault
read_greeting(const struct redis_reply *reply, char sha[REDIS_QUEUE_SHA + 1])
{
    static const char hex[] = "0123456789abcdef";

    if (reply->type == REDIS_ERROR) {
        return redis_fault_of((struct text){reply->bytes, reply->len});
    }
    if (sha == NULL) {
        return reply->type == REDIS_TEXT && reply->len == 2
                   ? REDIS_FAULT_NONE
                   : REDIS_FAULT_PROTOCOL;
    }
    if (reply->type != REDIS_TEXT || reply->len != REDIS_QUEUE_SHA ||
        strspn(reply->bytes, hex) != REDIS_QUEUE_SHA) {
        return REDIS_FAULT_PROTOCOL;
    }
    memcpy(sha, reply->bytes, REDIS_QUEUE_SHA + 1);
    return REDIS_FAULT_NONE;
}

/* Exchanges the greeting; the scripts' names are written to sha. */
static enum redis_fault
greet(struct redis_link *link, char (*sha)[REDIS_QUEUE_SHA + 1])
{
    const int64_t until =
        redis_queue_now() + REDIS_LINK_HANDSHAKE_MS * NS_PER_MS;
    const size_t first_script = put_greeting(link) - link->options.script_count;
    size_t replies = 0;
    bool connected = false;
    enum redis_fault fault = REDIS_FAULT_NONE;

    while (fault == REDIS_FAULT_NONE &&
           replies < first_script + link->options.script_count) {
        const int64_t left = until - redis_queue_now();
        if (left <= 0 || asked_to_stop(link)) {
            return connected ? REDIS_FAULT_SLOW : REDIS_FAULT_AWAY;
        }
        const short events = await_socket(
            link, link->writing.len > 0 ? POLLIN | POLLOUT : POLLIN,
            left / NS_PER_MS + 1);
        if (!connected && events != 0) {
            connected = redis_socket_connected(link->socket);
            fault = connected ? REDIS_FAULT_NONE : REDIS_FAULT_AWAY;
        }
        if (fault == REDIS_FAULT_NONE && (events & POLLOUT) != 0) {
            fault = write_some(link);
        }
        if (fault == REDIS_FAULT_NONE && (events & ~POLLOUT) != 0) {
            fault = redis_socket_read(link->socket);
        }
        while (fault == REDIS_FAULT_NONE &&
               replies < first_script + link->options.script_count) {
            struct redis_reply *reply = redis_socket_next(link->socket, &fault);
            if (reply == NULL) {
                break;
            }
            fault = read_greeting(reply, replies < first_script
                                             ? NULL
                                             : sha[replies - first_script]);
            redis_reply_free(reply);
            replies++;
        }
    }
    return fault;
}

/* ---- serving ------------------------------------------------------------- */

static enum redis_fault
deliver_all(struct redis_link *link)
{
    enum redis_fault fault;
    struct redis_reply *reply;

    while ((reply = redis_socket_next(link->socket, &fault)) != NULL) {
        fault = redis_queue_deliver(link->queue, reply);
        if (fault != REDIS_FAULT_NONE) {
            break;
        }
    }
    return fault;
}

/* Says once that it works again, or does not. */
static void
tell(struct redis_link *link, enum redis_fault fault)
{
    if (fault == link->told || atomic_load(&link->stopping)) {
        return;
    }
    link->told = fault;
    if (fault == REDIS_FAULT_NONE) {
        log_event(LOG_INFO, "store_redis", "state=connected address=%s",
                  link->address);
    } else {
        log_event(LOG_WARN, "store_redis", "state=%s address=%s error=\"%s\"",
                  redis_fault_name(fault), link->address,
                  redis_fault_words(fault));
    }
}

/* As long as it goes well; returns why it does not. */
static enum redis_fault
serve(struct redis_link *link)
{
    enum redis_fault fault = REDIS_FAULT_NONE;
    int64_t heard = redis_queue_now();

    while (fault == REDIS_FAULT_NONE) {
        if (asked_to_stop(link)) {
            return REDIS_FAULT_AWAY;
        }
        const int64_t now = redis_queue_now();
        const int64_t since = redis_queue_take(
            link->queue, &link->writing, now - heard > BEAT_MS * NS_PER_MS);
        if (link->writing.failed) {
            return REDIS_FAULT_MEMORY;
        }
        if (since != 0 &&
            now - since > (link->options.deadline_ms + STALL_MS) * NS_PER_MS) {
            return REDIS_FAULT_SLOW;
        }
        fault = write_some(link);
        if (fault != REDIS_FAULT_NONE) {
            break;
        }
        const short events = await_socket(
            link, link->writing.len > 0 ? POLLIN | POLLOUT : POLLIN, BEAT_MS);
        if ((events & ~POLLOUT) != 0) {
            heard = redis_queue_now();
            fault = redis_socket_read(link->socket);
        }
        if (fault == REDIS_FAULT_NONE) {
            fault = deliver_all(link);
        }
    }
    return fault;
}

static uint64_t
next_random(struct redis_link *link)
{
    // xorshift64 (Marsaglia 2003): only spreads sidecars over time.
    link->random ^= link->random << 13;
    link->random ^= link->random >> 7;
    link->random ^= link->random << 17;
    return link->random;
}

/* A pause between half and all of one that doubles; false: to stop. */
static bool
rest(struct redis_link *link)
{
    const long long ms =
        link->pause_ms / 2 +
        (long long)(next_random(link) % (uint64_t)(link->pause_ms / 2 + 1));
    const int64_t until = redis_queue_now() + ms * NS_PER_MS;

    link->pause_ms = link->pause_ms > link->options.retry_max_ms / 2
                         ? link->options.retry_max_ms
                         : 2 * link->pause_ms;
    for (;;) {
        const int64_t left = until - redis_queue_now();
        if (asked_to_stop(link)) {
            return false;
        }
        if (left <= 0) {
            return true;
        }
        (void)await_socket(link, 0, left / NS_PER_MS + 1);
    }
}

static void
disconnect(struct redis_link *link)
{
    redis_socket_close(link->socket);
    link->socket = NULL;
    link->written = 0;
    buffer_reset(&link->writing);
}

static void *
run(void *context)
{
    struct redis_link *link = context;
    bool going = true;

    while (going) {
        char sha[REDIS_LINK_SCRIPTS][REDIS_QUEUE_SHA + 1];
        enum redis_fault fault = REDIS_FAULT_AWAY;
        link->socket = redis_socket_open(link->host, link->options.url.port);
        if (link->socket != NULL) {
            fault = greet(link, sha);
        }
        if (fault == REDIS_FAULT_NONE) {
            redis_queue_open(link->queue, sha);
            tell(link, REDIS_FAULT_NONE);
            const int64_t began = redis_queue_now();
            fault = serve(link);
            // One that lets us in and throws us out again gets no rush.
            if (redis_queue_now() - began >
                link->options.retry_max_ms * NS_PER_MS) {
                link->pause_ms = link->options.retry_ms;
            }
        }
        disconnect(link);
        redis_queue_close(link->queue, fault);
        tell(link, fault);
        going = rest(link);
    }
    return NULL;
}

/* ---- making one ---------------------------------------------------------- */

static bool
copy_text(struct text from, char *room, size_t size, struct text *out)
{
    if (from.len >= size) {
        return false;
    }
    if (from.len > 0) {
        memcpy(room, from.at, from.len);
    }
    room[from.len] = '\0';
    *out = (struct text){room, from.len};
    return true;
}

static bool
copy_options(struct redis_link *link, const struct redis_link_options *options)
{
    struct redis_url *url = &link->options.url;
    struct text host;

    link->options = *options;
    link->pause_ms = options->retry_ms;
    link->told = REDIS_FAULTS; // the first news is news
    if (!copy_text(url->path.len > 0 ? url->path : url->host, link->host,
                   sizeof(link->host), &host) ||
        !copy_text(options->username, link->username, sizeof(link->username),
                   &link->options.username) ||
        !copy_text(options->password, link->password, sizeof(link->password),
                   &link->options.password)) {
        return false;
    }
    if (url->path.len > 0) {
        snprintf(link->address, sizeof(link->address), "%s", link->host);
        url->path = host;
    } else {
        snprintf(link->address, sizeof(link->address), "%s:%u", link->host,
                 url->port);
        url->host = host;
    }
    return true;
}

static bool
open_pipe(struct redis_link *link)
{
    if (pipe(link->wake) != 0) {
        link->wake[0] = link->wake[1] = -1;
        return false;
    }
    for (int i = 0; i < 2; i++) {
        (void)fcntl(link->wake[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(link->wake[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

/* Signals are the main thread's. */
static bool
start(struct redis_link *link)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    link->started = pthread_create(&link->thread, NULL, run, link) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return link->started;
}

struct redis_link *
redis_link_new(const struct redis_link_options *options, struct err *err)
{
    struct redis_link *link = calloc(1, sizeof(*link));

    if (redis_socket_library() == NULL) {
        err_set(err, ERR_CONFIG, "store.redis: Redis is not built in");
        free(link);
        return NULL;
    }
    if (link == NULL) {
        err_memory(err, "the connection to Redis");
        return NULL;
    }
    link->wake[0] = link->wake[1] = -1;
    buffer_init(&link->writing, options->queue_bytes);
    if (!copy_options(link, options)) {
        err_set(err, ERR_CONFIG, "store.redis: name or password is too long");
        redis_link_free(link);
        return NULL;
    }
    if (!entropy_fill(&link->random, sizeof(link->random), err)) {
        redis_link_free(link);
        return NULL;
    }
    link->random |= 1; // xorshift never leaves 0
    link->queue = redis_queue_new(options->scripts, options->script_count,
                                  options->deadline_ms * NS_PER_MS,
                                  options->queue_bytes, wake, link);
    if (link->queue == NULL || !open_pipe(link) || !start(link)) {
        err_memory(err, "the connection to Redis");
        redis_link_free(link);
        return NULL;
    }
    return link;
}

void
redis_link_free(struct redis_link *link)
{
    if (link == NULL) {
        return;
    }
    if (link->started) {
        atomic_store(&link->stopping, true);
        wake(link);
        pthread_join(link->thread, NULL);
    }
    for (int i = 0; i < 2; i++) {
        if (link->wake[i] >= 0) {
            close(link->wake[i]);
        }
    }
    redis_queue_free(link->queue);
    buffer_clear(&link->writing);
    free(link);
}

/* ---- callers ------------------------------------------------------------- */

static bool
fail(const struct redis_link *link, enum redis_fault fault, struct err *err)
{
    err_set(err, ERR_INTERNAL, "Redis at %s: %s", link->address,
            redis_fault_words(fault));
    return false;
}

bool
redis_link_wait(struct redis_link *link, struct err *err)
{
    struct redis_health health;

    // As long as one attempt may take, and some.
    if (redis_queue_wait(link->queue,
                         redis_queue_now() +
                             (REDIS_LINK_HANDSHAKE_MS + 500) * NS_PER_MS)) {
        return true;
    }
    redis_queue_health(link->queue, &health);
    return fail(link, health.fault, err);
}

int64_t
redis_link_until(const struct redis_link *link)
{
    return redis_queue_now() + link->options.deadline_ms * NS_PER_MS;
}

bool
redis_link_call(struct redis_link *link, const struct redis_call *call,
                int64_t until_ns, struct redis_reply **reply, struct err *err)
{
    enum redis_fault fault =
        redis_queue_call(link->queue, call, false, until_ns, reply);

    if (fault == REDIS_FAULT_NO_SCRIPT) {
        fault = redis_queue_call(link->queue, call, true, until_ns, reply);
        if (fault == REDIS_FAULT_NO_SCRIPT) {
            redis_queue_note(link->queue, fault);
        }
    }
    return fault == REDIS_FAULT_NONE || fail(link, fault, err);
}

bool
redis_link_nonsense(struct redis_link *link, struct err *err)
{
    redis_queue_note(link->queue, REDIS_FAULT_PROTOCOL);
    return fail(link, REDIS_FAULT_PROTOCOL, err);
}

void
redis_link_health(struct redis_link *link, struct redis_health *out)
{
    redis_queue_health(link->queue, out);
    if (out->fault != REDIS_FAULT_NONE) {
        snprintf(out->message, sizeof(out->message), "Redis at %s: %s",
                 link->address, redis_fault_words(out->fault));
    }
}

const char *
redis_link_library(void)
{
    return redis_socket_library();
}
