/* Where strangers may come from: addresses, TLS, the token. */
#include "config/address.h"
#include "config/crosscheck.h"

/* The place of the address: its own, or the list's where one is missing. */
static struct place
address_place(const struct node *list, size_t index, size_t count)
{
    if (list == NULL) {
        return (struct place){.file = place_built_in};
    }
    if (list->count != count) {
        return list->at;
    }
    const struct node *n = list->first;
    for (size_t i = 0; i < index; i++) {
        n = n->next;
    }
    return n->at;
}

/* An address that others reach must say so, and ask them who they are. */
static void
check_safety(const struct crosscheck *check, const struct address *address,
             struct place at, const char *path)
{
    const struct config *config = check->config;
    const bool tls = address->scheme == ADDRESS_TLS;

    if (tls && (config->tls_cert.len == 0 || config->tls_key.len == 0)) {
        place_problem(check->problems, at, path,
                      "tls+tcp:// needs tls.cert and tls.key");
    }
    if (address->loopback) {
        return;
    }
    if (!config->allow_remote) {
        place_problem(check->problems, at, path,
                      "other machines reach this address; say allow_remote: "
                      "true if that is meant");
    } else if (!tls && config->token.len == 0) {
        place_problem(check->problems, at, path,
                      "other machines reach this address; it needs tls+tcp:// "
                      "or a token");
    }
}

static void
check_address(const struct crosscheck *check, struct text url, struct place at,
              const char *path)
{
    struct address address;
    const char *fault = address_parse(url, &address);

    if (fault != NULL) {
        place_problem(check->problems, at, path, "\"%.*s\": %s",
                      TEXT_ARGS(place_excerpt(url)), fault);
    } else {
        check_safety(check, &address, at, path);
    }
}

static void
check_admin(const struct crosscheck *check)
{
    const struct config *config = check->config;
    const struct node *admin = node_get(config->root, "admin");
    const struct place at = node_place(admin, "listen");

    if (text_is(config->admin_listen, "none")) {
        return;
    }
    check_address(check, config->admin_listen, at, "admin.listen");
    for (size_t i = 0; i < config->listen.count; i++) {
        if (text_equal(config->listen.at[i], config->admin_listen)) {
            place_problem(check->problems, at, "admin.listen",
                          "is one of the serving addresses; say "
                          "admin.on_serving: true if that is meant");
        }
    }
}

void
crosscheck_listen(const struct crosscheck *check)
{
    const struct config *config = check->config;
    const struct node *listen = node_get(config->root, "listen");
    const struct node *http = node_get(config->root, "http");
    const struct node *tls = node_get(config->root, "tls");
    char path[CROSSCHECK_PATH_BYTES];

    for (size_t i = 0; i < config->listen.count; i++) {
        const struct place at = address_place(listen, i, config->listen.count);
        snprintf(path, sizeof(path), "listen[%zu]", i);
        check_address(check, config->listen.at[i], at, path);
        for (size_t j = 0; j < i; j++) {
            if (text_equal(config->listen.at[i], config->listen.at[j])) {
                place_problem(check->problems, at, path,
                              "the same as listen[%zu]", j);
            }
        }
    }
    check_admin(check);
    if (!text_is(config->http_listen, "none")) {
        place_problem(check->problems, node_place(http, "listen"),
                      "http.listen",
                      "this build has no HTTP gateway; only none is accepted");
    }
    if ((node_get(tls, "cert") == NULL) != (node_get(tls, "key") == NULL)) {
        place_problem(check->problems, tls->at, "tls",
                      "cert and key go together");
    }
}
