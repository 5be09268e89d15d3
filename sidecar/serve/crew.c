#include "sidecar/serve/crew.h"

#include <stdlib.h>

struct member {
    struct crew *crew;
    struct desk desk;
    bool running;
    pthread_t thread;
};

struct crew {
    struct crew_work work;
    struct member *members; /* [work.count] */
};

static void *
work(void *context)
{
    struct member *m = context;
    const struct crew_work *w = &m->crew->work;
    void *item;

    while ((item = queue_pop(w->queue)) != NULL) {
        w->run(w->context, &m->desk, &w->patience, item);
    }
    return NULL;
}

static bool
start_member(struct member *m, const struct config *config, struct err *err)
{
    if (!handle_desk_init(&m->desk, config)) {
        err_memory(err, "a worker's desk");
        return false;
    }
    if (pthread_create(&m->thread, NULL, work, m) != 0) {
        err_set(err, ERR_INTERNAL, "cannot start a thread");
        return false;
    }
    m->running = true;
    return true;
}

struct crew *
crew_start(const struct crew_work *wanted, const struct config *config,
           struct err *err)
{
    struct crew *crew = calloc(1, sizeof(*crew));

    if (crew == NULL) {
        err_memory(err, "workers");
        return NULL;
    }
    crew->work = *wanted;
    crew->members = calloc(wanted->count, sizeof(*crew->members));
    if (crew->members == NULL) {
        err_memory(err, "workers");
        crew->work.count = 0;
        crew_stop(crew);
        return NULL;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        crew->members[i].crew = crew;
        if (!start_member(&crew->members[i], config, err)) {
            crew_stop(crew);
            return NULL;
        }
    }
    return crew;
}

void
crew_stop(struct crew *crew)
{
    if (crew == NULL) {
        return;
    }
    queue_close(crew->work.queue);
    for (size_t i = 0; i < crew->work.count; i++) {
        if (crew->members[i].running) {
            pthread_join(crew->members[i].thread, NULL);
        }
        handle_desk_clear(&crew->members[i].desk);
    }
    free(crew->members);
    free(crew);
}

size_t
crew_count(const struct crew *crew)
{
    return crew->work.count;
}
