/*
 * `journal`: proves the journal of verdicts, and prints it.
 */
#include "sidecar/tools/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/json.h"
#include "sidecar/tools/stored.h"
#include "sidecar/tools/options.h"
#include "sidecar/tools/show_json.h"

struct journal_options {
    const char *file;
    unsigned long long after, limit; /* limit 0: all */
};

static bool
read_number(const char *word, unsigned long long *out)
{
    char *end = NULL;

    errno = 0;
    *out = strtoull(word, &end, 10);
    return errno == 0 && end != word && *end == '\0' && word[0] != '-' &&
           *out <= INT64_MAX;
}

static int
read_option(int letter, void *context)
{
    struct journal_options *options = context;

    if (letter == 'f') {
        options->file = optarg;
        return OPTIONS_GO_ON;
    }
    if (!read_number(optarg,
                     letter == 'a' ? &options->after : &options->limit)) {
        return command_usage(&command_journal, "--%s %s: a whole number",
                             letter == 'a' ? "after" : "limit", optarg);
    }
    return OPTIONS_GO_ON;
}

/* ---- verify -------------------------------------------------------------- */

static int
verify(struct stored *stored)
{
    static struct store_verified verified;
    struct err err;

    if (!store_file_verify(stored->file, stored->key, &verified, &err)) {
        return stored_fail(&command_journal, &err);
    }
    const size_t shown = verified.found < STORE_FILE_FINDINGS
                             ? verified.found
                             : STORE_FILE_FINDINGS;
    for (size_t i = 0; i < shown; i++) {
        printf("%" PRIu64 ": %s\n", verified.findings[i].seq,
               verified.findings[i].message);
    }
    if (verified.found > shown) {
        printf("and %zu more\n", verified.found - shown);
    }
    printf("%s: %" PRIu64 " records, %" PRIu64 " to %" PRIu64 ", %" PRIu64
           " checkpoints, sealed up to %" PRIu64 " %s\n",
           verified.found == 0 ? "whole" : "NOT WHOLE", verified.records,
           verified.first, verified.last, verified.checkpoints, verified.sealed,
           verified.keyed ? "with the key" : "without a key");
    const int code = command_finish();
    return code != COMMAND_DONE  ? code
           : verified.found == 0 ? COMMAND_DONE
                                 : COMMAND_FINDINGS;
}

/* ---- show ---------------------------------------------------------------- */

struct printing {
    unsigned long long left; /* records; 0: no limit */
    bool failed;
};

static void
put_hex(struct show_json *json, const char *key, struct text bytes)
{
    struct digest digest = {{0}};
    char hex[DIGEST_HEX];

    if (bytes.len == DIGEST_BYTES) {
        memcpy(digest.bytes, bytes.at, DIGEST_BYTES);
    }
    digest_hex(&digest, hex);
    show_json_text(json, key, text_of(hex));
}

static void
put_rules(struct show_json *json, struct text rules)
{
    show_json_key(json, "rules");
    const struct wire_open list = wire_open_array(&json->wire);
    size_t count = 0;

    for (size_t from = 0; from < rules.len; count++) {
        size_t to = text_find(rules, TEXT(","), from);
        to = to == SIZE_MAX ? rules.len : to;
        wire_put_str(&json->wire, text_part(rules, from, to));
        from = to + 1;
    }
    wire_close_array(&json->wire, list, count);
}

static bool
print_record(void *context, const struct journal_record *r)
{
    struct printing *printing = context;
    struct show_json json;

    show_json_open(&json);
    show_json_uint(&json, "seq", r->seq);
    show_json_key(&json, "at");
    wire_put_int(&json.wire, r->at);
    show_json_text(&json, "op", r->op);
    show_json_text(&json, "persona", r->persona);
    show_json_text(&json, "session", r->session);
    show_json_text(&json, "messageId", r->message_id);
    show_json_text(&json, "workspace", r->workspace);
    show_json_text(&json, "userHash", r->user_hash);
    show_json_text(&json, "requestId", r->request_id);
    show_json_text(&json, "engine", r->engine);
    show_json_uint(&json, "generation", r->generation);
    show_json_text(&json, "moderationVerdict", r->verdict);
    show_json_text(&json, "action", r->action);
    show_json_text(&json, "decidedBy", r->decided_by);
    put_rules(&json, r->rules);
    show_json_double(&json, "driftScore", r->drift_score);
    show_json_double(&json, "driftThreshold", r->drift_threshold);
    show_json_key(&json, "driftAlert");
    if (r->drift_alert == JOURNAL_CHAIN_NO_ALERT) {
        wire_put_nil(&json.wire);
    } else {
        wire_put_bool(&json.wire, r->drift_alert != 0);
    }
    show_json_text(&json, "textSha256", r->content);
    show_json_metadata(&json, "metadata", r->metadata);
    if (r->text.len > 0) {
        show_json_text(&json, "text", r->text);
    }
    put_hex(&json, "prev", r->prev);
    put_hex(&json, "hash", r->hash);
    if (!show_json_close(&json, stdout) || putchar('\n') == EOF) {
        printing->failed = true;
        return false;
    }
    return printing->left == 0 || --printing->left > 0;
}

static int
show(struct stored *stored, const struct journal_options *options)
{
    struct printing printing = {.left = options->limit};
    struct err err;

    if (!store_file_journal(stored->file, options->after, print_record,
                            &printing, &err)) {
        return stored_fail(&command_journal, &err);
    }
    if (printing.failed && ferror(stdout) == 0) {
        fprintf(stderr, "leeway journal: a record that is not UTF-8\n");
        return COMMAND_BAD_DATA;
    }
    return command_finish();
}

static int
run(int argc, char **argv)
{
    static const struct option rows[] = {
        {"file", required_argument, NULL, 'f'},
        {"after", required_argument, NULL, 'a'},
        {"limit", required_argument, NULL, 'l'},
        OPTIONS_COMMON};
    static const struct options_table table = {&command_journal, rows,
                                               "c:s:hf:a:l:", read_option};
    struct journal_options options = {.file = NULL};
    struct command_settings settings = {.path = NULL};
    struct stored stored;

    int code = options_read(&table, argc, argv, &settings, &options);
    if (code != OPTIONS_GO_ON) {
        return code;
    }
    const char *what = optind < argc ? argv[optind] : "";
    const bool verifies = strcmp(what, "verify") == 0;
    if ((!verifies && strcmp(what, "show") != 0) || optind + 1 < argc) {
        return command_usage(&command_journal, "verify or show");
    }
    code = stored_open(&command_journal, &settings, options.file, &stored);
    if (code != COMMAND_DONE) {
        return code;
    }
    code = verifies ? verify(&stored) : show(&stored, &options);
    stored_close(&stored);
    return code;
}

const struct command command_journal = {
    .name = "journal",
    .summary = "prove the journal's chain of hashes; print verdicts",
    .help =
        "examples:\n"
        "  leeway journal verify\n"
        "  leeway journal show --file store.db --after 1000 --limit 20\n\n"
        "verify goes through the whole journal and tells of every record that "
        "was\nchanged, removed, moved or cut off, by its number; it ends with "
        "1 "
        "where there\nis one. show prints one record a line, as JSON.\n\n"
        "  -c, --config FILE      the configuration: store.path and "
        "journal.key\n"
        "      --set KEY=VALUE    override a scalar of it\n"
        "      --file FILE        this store, whatever store.path says\n"
        "      --after SEQ        show the records after this one\n"
        "      --limit N          and no more than so many\n",
    .run = run};
