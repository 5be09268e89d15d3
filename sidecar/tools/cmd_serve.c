#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "kernels/batch.h"
#include "sidecar/base/log.h"
#include "sidecar/base/version.h"
#include "sidecar/serve/server.h"
#include "sidecar/tools/options.h"

enum { URLS = 16, URL_BYTES = 320 };

struct options {
    struct command_settings settings;
    const char *urls[URLS];
    size_t url_count;
};

static int
read_option(int letter, void *context)
{
    struct options *out = context;

    (void)letter; // there is but one
    if (out->url_count == URLS) {
        return command_usage(&command_serve, "too many --listen");
    }
    out->urls[out->url_count++] = optarg;
    return OPTIONS_GO_ON;
}

static int
read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"listen", required_argument, NULL, 'l'}, OPTIONS_COMMON};
    const struct options_table table = {.command = &command_serve,
                                        .rows = rows,
                                        .letters = "c:s:l:h",
                                        .read = read_option};

    *out = (struct options){.url_count = 0};
    const int code = options_read(&table, argc, argv, &out->settings, out);
    if (code == OPTIONS_GO_ON && optind < argc) {
        return command_usage(&command_serve, "%s: no such argument",
                             argv[optind]);
    }
    return code;
}

/*
 * --listen is the setting of that name, so that everything which is checked of
 * a configured address is checked of these.
 */
static int
listen_there(struct options *options)
{
    static char setting[URLS * URL_BYTES];
    size_t len = (size_t)snprintf(setting, sizeof(setting), "listen=");

    for (size_t i = 0; i < options->url_count; i++) {
        len += (size_t)snprintf(setting + len, sizeof(setting) - len, "%s%s",
                                i > 0 ? "," : "", options->urls[i]);
        if (len >= sizeof(setting)) {
            return command_usage(&command_serve, "--listen: too long");
        }
    }
    if (options->url_count > 0 &&
        !command_override(&options->settings, setting)) {
        return command_usage(&command_serve, "too many --set");
    }
    return OPTIONS_GO_ON;
}

/* Every thread inherits this: only the main thread waits for signals. */
static void
hold_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

static void
announce(const struct server *server, const struct engine *engine,
         const struct kernel_set *kernels)
{
    char url[URL_BYTES];

    for (size_t i = 0; server_url(server, i, url, sizeof(url)); i++) {
        log_event(LOG_INFO, "listening", "url=%s", url);
    }
    log_event(LOG_INFO, "ready",
              "version=%s pid=%ld rules=%zu personas=%zu isa=%s engine=%.12s",
              VERSION_TEXT, (long)getpid(), engine->config->rule_count,
              engine->config->persona_count, kernels->name, engine->hash);
}

/* A second SIGTERM while draining ends the process at once. */
static void
leave_on_second_signal(void)
{
    const struct sigaction at_once = {.sa_handler = SIG_DFL};
    sigset_t signals;

    sigaction(SIGTERM, &at_once, NULL);
    sigaction(SIGINT, &at_once, NULL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

static int
serve_until_told(struct server *server, const sigset_t *signals)
{
    for (;;) {
        int signal = 0;
        if (sigwait(signals, &signal) != 0) {
            continue;
        }
        if (signal == SIGHUP) {
            server_reload_soon(server); // SIGTERM need not wait for it
            continue;
        }
        log_event(LOG_INFO, "draining", "signal=%d", signal);
        leave_on_second_signal();
        const size_t left = server_drain(server);
        log_event(LOG_INFO, "stopped", "unanswered=%zu", left);
        return COMMAND_DONE;
    }
}

static int
run(int argc, char **argv)
{
    struct options options;
    sigset_t signals;
    struct err err;

    int early = read_options(argc, argv, &options);
    if (early == OPTIONS_GO_ON) {
        early = listen_there(&options);
    }
    if (early != OPTIONS_GO_ON) {
        return early;
    }
    const struct kernel_set *kernels = command_kernels();
    const char *path = command_path(&options.settings);
    if (kernels == NULL || path == NULL) {
        return COMMAND_CONFIG;
    }
    hold_signals(&signals);
    if (!batch_init()) {
        log_event(LOG_WARN, "blas", "wrong answers; the exact kernels serve");
    }
    struct engine *engine = command_engine(&options.settings, kernels);
    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    log_level_set((enum log_level)engine->config->log.level);
    const struct server_setup setup = {.engine = engine_keep(engine),
                                       .path = path,
                                       .overrides = options.settings.overrides,
                                       .override_count =
                                           options.settings.override_count,
                                       .kernels = kernels};
    struct server *server = server_start(&setup, &err);
    if (server == NULL) {
        fprintf(stderr, "leeway serve: %s\n", err.message);
        engine_drop(engine);
        // Not exit: nng's threads run, and its handlers would wait for them.
        _exit(err.kind == ERR_CONFIG ? COMMAND_CONFIG
              : err.kind == ERR_IO   ? COMMAND_CANNOT_CREATE
                                     : COMMAND_INTERNAL);
    }
    announce(server, engine, kernels);
    engine_drop(engine);
    _exit(serve_until_told(server, &signals));
}

const struct command command_serve = {
    .name = "serve",
    .summary = "run the sidecar",
    .help =
        "examples:\n"
        "  leeway serve\n"
        "  leeway serve --listen ipc:///tmp/a.sock --set admin.listen=none\n\n"
        "  -c, --config FILE    the configuration (else $LEEWAY_CONFIG,\n"
        "                       config/leeway.yaml, /etc/leeway/leeway.yaml)\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n"
        "  -l, --listen URL     listen here instead of the configured URLs;\n"
        "                       may stand many times; tcp port 0: any free\n\n"
        "SIGHUP loads the configuration again; a broken one changes nothing.\n"
        "SIGTERM finishes what is under way and stops; a second one stops at "
        "once.\n\n"
        "exit: 0 stopped, 70 no memory or threads, 73 an address is taken,\n"
        "      78 configuration\n",
    .run = run};
