#include "config/crosscheck.h"
#include "config/redis_url.h"

/* Can this build speak to it at all? The Makefile says. */
#ifdef LEEWAY_REDIS
enum { BUILT_IN = 1 };
#else
enum { BUILT_IN = 0 };
#endif

void
crosscheck_store(const struct crosscheck *check)
{
    const struct config_redis *redis = &check->config->store.redis;
    struct redis_url url;

    if (redis->url.len == 0) {
        return;
    }
    const char *wrong = BUILT_IN ? redis_url_parse(redis->url, &url)
                                 : "this build does not have Redis (hiredis)";
    if (wrong != NULL) {
        place_problem(check->problems, node_place(redis->node, "url"),
                      "store.redis.url", "%s", wrong);
    }
    if (redis->retry_ms > redis->retry_max_ms) {
        place_problem(check->problems, node_place(redis->node, "retry"),
                      "store.redis.retry", "%lld is more than retry_max, %lld",
                      redis->retry_ms, redis->retry_max_ms);
    }
}
