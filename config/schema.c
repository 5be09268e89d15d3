#include "config/schema.h"

#include "sidecar/base/log.h"
#include "sidecar/base/nearest.h"

#define AT(type, member) offsetof(struct type, member)
#define TEXTS_AT(type, member)                                                 \
    .at = offsetof(struct type, member.at),                                    \
    .count_at = offsetof(struct type, member.count)
#define ARRAY_AT(member, number)                                               \
    .at = offsetof(struct config, member),                                     \
    .count_at = offsetof(struct config, number)
#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])

#define KIB 1024.0
#define MIB (1024.0 * KIB)
#define GIB (1024.0 * MIB)

/* ---- limits ------------------------------------------------------------- */

static const struct schema_row limit_rows[] = {
    {"message_bytes", "A message on the wire; a larger one is too_large.",
     SCHEMA_INTEGER, .at = AT(config_limits, message_bytes), .min = KIB,
     .max = 16 * MIB, .preset = "1MiB", .unit = "bytes",
     .change = SCHEMA_RESTART},
    {"text_bytes", "One candidate's text; a longer one is refused, never cut.",
     SCHEMA_INTEGER, .at = AT(config_limits, text_bytes), .min = 256,
     .max = 1 * MIB, .preset = "64KiB", .unit = "bytes"},
    {"depth", "Maps and arrays inside one another in a message.",
     SCHEMA_INTEGER, .at = AT(config_limits, depth), .min = 4, .max = 16,
     .preset = "8", .change = SCHEMA_RESTART},
    {"nodes", "Values in one message; an array of numbers counts each.",
     SCHEMA_INTEGER, .at = AT(config_limits, nodes), .min = 64, .max = 65536,
     .preset = "16384", .change = SCHEMA_RESTART},
    {"guardrails", "Items in a request's extraGuardrails.", SCHEMA_INTEGER,
     .at = AT(config_limits, guardrails), .min = 0, .max = 256, .preset = "64"},
    {"guardrail_bytes", "One item of extraGuardrails.", SCHEMA_INTEGER,
     .at = AT(config_limits, guardrail_bytes), .min = 8, .max = KIB,
     .preset = "256", .unit = "bytes"},
    {"prompt_bytes", "A request's systemPrompt.", SCHEMA_INTEGER,
     .at = AT(config_limits, prompt_bytes), .min = 0, .max = 1 * MIB,
     .preset = "64KiB", .unit = "bytes"},
    {"vector_dimensions", "Numbers in a caller's vector.", SCHEMA_INTEGER,
     .at = AT(config_limits, vector_dimensions), .min = 8, .max = 16384,
     .preset = "16384"},
    {"personas",
     "Personas enrolled over the wire (fingerprint.build, fingerprint.put); "
     "each takes about 0.5 MiB.",
     SCHEMA_INTEGER, .at = AT(config_limits, personas), .min = 0,
     .max = 1000000, .preset = "10000"},
    {"hits", "Hits kept of one candidate; further ones are only counted.",
     SCHEMA_INTEGER, .at = AT(config_limits, hits), .min = 1, .max = 1024,
     .preset = "64"},
    {"request_memory", "Memory for judging one request, in each worker.",
     SCHEMA_INTEGER, .at = AT(config_limits, request_memory), .min = 1 * MIB,
     .max = 1 * GIB, .preset = "32MiB", .unit = "bytes",
     .change = SCHEMA_RESTART},
    {"connections", "Clients connected at one time.", SCHEMA_INTEGER,
     .at = AT(config_limits, connections), .min = 1, .max = 65536,
     .preset = "1024", .change = SCHEMA_RESTART},
    {"in_flight",
     "Requests of one connection that wait for their reply; the "
     "next one is overloaded.",
     SCHEMA_INTEGER, .at = AT(config_limits, in_flight), .min = 1, .max = 1024,
     .preset = "64", .change = SCHEMA_RESTART},
    {"queue_requests", "Requests of all connections that wait for a worker.",
     SCHEMA_INTEGER, .at = AT(config_limits, queue_requests), .min = 1,
     .max = 65536, .preset = "256", .change = SCHEMA_RESTART},
    {"queue_bytes", "Bytes of the requests that wait for a worker.",
     SCHEMA_INTEGER, .at = AT(config_limits, queue_bytes), .min = 1 * MIB,
     .max = 4 * GIB, .preset = "64MiB", .unit = "bytes",
     .change = SCHEMA_RESTART},
    {"workers", "Threads that judge; 0: one for each processor.",
     SCHEMA_INTEGER, .at = AT(config_limits, workers), .min = 0, .max = 64,
     .preset = "0", .change = SCHEMA_RESTART},
    {"deadline_ms", "Time for a request that names no deadlineMs.",
     SCHEMA_INTEGER, .at = AT(config_limits, deadline_ms), .min = 1,
     .max = 5000, .preset = "200ms", .unit = "ms"},
    {"deadline_max_ms", "The longest deadlineMs that a request gets.",
     SCHEMA_INTEGER, .at = AT(config_limits, deadline_max_ms), .min = 1,
     .max = 5000, .preset = "5s", .unit = "ms"},
    {"handshake_ms", "Time for a new client to greet.", SCHEMA_INTEGER,
     .at = AT(config_limits, handshake_ms), .min = 50, .max = 60000,
     .preset = "2s", .unit = "ms", .change = SCHEMA_RESTART},
    {"receive_ms", "Time for the rest of a message once it has begun.",
     SCHEMA_INTEGER, .at = AT(config_limits, receive_ms), .min = 50,
     .max = 60000, .preset = "5s", .unit = "ms", .change = SCHEMA_RESTART},
    {"send_ms", "Time for a client to take a reply.", SCHEMA_INTEGER,
     .at = AT(config_limits, send_ms), .min = 50, .max = 60000, .preset = "1s",
     .unit = "ms", .change = SCHEMA_RESTART},
    {"drain_ms", "Time for the requests in flight when asked to stop.",
     SCHEMA_INTEGER, .at = AT(config_limits, drain_ms), .min = 0, .max = 600000,
     .preset = "5s", .unit = "ms", .change = SCHEMA_RESTART},
    {"streams", "Streams open at one time; one more is overloaded.",
     SCHEMA_INTEGER, .at = AT(config_limits, streams), .min = 0, .max = 262144,
     .preset = "16384", .change = SCHEMA_RESTART},
    {"streams_per_connection", "Of those, streams of one connection.",
     SCHEMA_INTEGER, .at = AT(config_limits, streams_per_connection), .min = 0,
     .max = 65536, .preset = "256", .change = SCHEMA_RESTART},
    {"stream_bytes", "Memory of all open streams.", SCHEMA_INTEGER,
     .at = AT(config_limits, stream_bytes), .min = 1 * MIB, .max = 16 * GIB,
     .preset = "256MiB", .unit = "bytes", .change = SCHEMA_RESTART},
    {"stream_idle", "A stream that nothing is asked of for this time ends.",
     SCHEMA_INTEGER, .at = AT(config_limits, stream_idle), .min = 100,
     .max = 3600000, .preset = "1m", .unit = "ms", .change = SCHEMA_RESTART},
};

static const struct schema_table limits = {.name = "limits",
                                           .size = sizeof(struct config_limits),
                                           ROWS(limit_rows),
                                           .keeps_node = true};

/* ---- engine ------------------------------------------------------------- */

#define SEVERITY_AT(index)                                                     \
    AT(config_engine, severities) + sizeof(double) * (size_t)(index)

static const struct schema_row severity_rows[] = {
    {"info", "Score of a rule of severity info.", SCHEMA_NUMBER,
     .at = SEVERITY_AT(CONFIG_INFO), .min = 0, .max = 1, .preset = "0.05"},
    {"low", "Score of a rule of severity low.", SCHEMA_NUMBER,
     .at = SEVERITY_AT(CONFIG_LOW), .min = 0, .max = 1, .preset = "0.25"},
    {"medium", "Score of a rule of severity medium.", SCHEMA_NUMBER,
     .at = SEVERITY_AT(CONFIG_MEDIUM), .min = 0, .max = 1, .preset = "0.5"},
    {"high", "Score of a rule of severity high.", SCHEMA_NUMBER,
     .at = SEVERITY_AT(CONFIG_HIGH), .min = 0, .max = 1, .preset = "0.8"},
    {"critical", "Score of a rule of severity critical.", SCHEMA_NUMBER,
     .at = SEVERITY_AT(CONFIG_CRITICAL), .min = 0, .max = 1, .preset = "0.95"},
};

static const struct schema_table severities = {.name = "severities",
                                               ROWS(severity_rows)};

static const struct schema_name enforcements[] = {
    {"enforce", CONFIG_ENFORCE}, {"monitor", CONFIG_MONITOR}, {NULL, 0}};

static const struct schema_name error_actions[] = {
    {"fallback", CONFIG_FALLBACK}, {"block", CONFIG_BLOCK}, {NULL, 0}};

static const struct schema_name request_actions[] = {
    {"flag", CONFIG_FLAG},
    {"redact", CONFIG_REDACT},
    {"fallback", CONFIG_FALLBACK},
    {"block", CONFIG_BLOCK},
    {NULL, 0}};

static const struct schema_row engine_rows[] = {
    {"enforcement",
     "monitor: nothing is changed or refused, wouldAction says what would "
     "have been.",
     SCHEMA_CHOICE, .at = AT(config_engine, enforcement), .names = enforcements,
     .preset = "enforce"},
    {"level", "Rules above this level do not run.", SCHEMA_INTEGER,
     .at = AT(config_engine, level), .min = 1, .max = 4, .preset = "2"},
    {"blocking_level",
     "Rules above this level run, but count in wouldAction only.",
     SCHEMA_INTEGER, .at = AT(config_engine, blocking_level), .min = 1,
     .max = 4, .preset = "1"},
    {"on_error",
     "What becomes of a reply that could not be judged. It is never shipped.",
     SCHEMA_CHOICE, .at = AT(config_engine, on_error), .names = error_actions,
     .preset = "fallback"},
    {"severities", "Score of a rule that states none, by its severity.",
     SCHEMA_RECORD, .table = &severities},
    {"obfuscation_bonus",
     "Added to the score of a hit that was there in disguise only.",
     SCHEMA_NUMBER, .at = AT(config_engine, obfuscation_bonus), .min = 0,
     .max = 1, .preset = "0.05"},
    {"sampling_percentage",
     "Share of requests that are enforced; the others are as under monitor. "
     "Told apart by their session, else by what they say.",
     SCHEMA_NUMBER, .at = AT(config_engine, sampling_percentage), .min = 0,
     .max = 100, .preset = "100", .unit = "%"},
    {"ordinary_words",
     "File of ordinary words, one a line: robust: fuzzy takes none of them "
     "for another.",
     SCHEMA_TEXT, SCHEMA_PATH, .at = AT(config_engine, ordinary_words),
     .min = 1, .max = 4095, .preset = ""},
    {"cache",
     "Folder where compiled lists are kept, by their content; auto: leeway in "
     "$CACHE_DIRECTORY, $XDG_CACHE_HOME or ~/.cache; none: nowhere.",
     SCHEMA_TEXT, .at = AT(config_engine, cache), .min = 1, .max = 4095,
     .preset = "auto"},
    {"hash_key",
     "Secret of operators of type hash (HMAC-SHA256). Without it a short value "
     "can be found by trying.",
     SCHEMA_TEXT, .at = AT(config_engine, hash_key), .min = 16, .max = 512,
     .preset = "", .secret = true},
    {"on_deny", "What deny:TERM of a request does.", SCHEMA_CHOICE,
     .at = AT(config_engine, on_deny), .names = request_actions,
     .preset = "fallback"},
    {"on_length", "What max_chars:N of a request does.", SCHEMA_CHOICE,
     .at = AT(config_engine, on_length), .names = request_actions,
     .preset = "flag"},
    {"on_language", "What lang:xx of a request does.", SCHEMA_CHOICE,
     .at = AT(config_engine, on_language), .names = request_actions,
     .preset = "flag"},
    {"votes", "How classifiers of the caller's decide.", SCHEMA_RECORD,
     .at = AT(config_engine, votes), .table = &schema_votes},
};

static const struct schema_table engine = {.name = "engine",
                                           .size = sizeof(struct config_engine),
                                           ROWS(engine_rows),
                                           .keeps_node = true};

/* ---- sockets ------------------------------------------------------------ */

static const struct schema_row tls_rows[] = {
    {"cert", "PEM file with the certificate chain, for tls+tcp:// addresses.",
     SCHEMA_TEXT, SCHEMA_PATH, .at = AT(config, tls_cert), .min = 1,
     .max = 4095, .preset = "", .change = SCHEMA_RESTART},
    {"key", "PEM file with the private key.", SCHEMA_TEXT, SCHEMA_PATH,
     .at = AT(config, tls_key), .min = 1, .max = 4095, .preset = "",
     .change = SCHEMA_RESTART},
};

static const struct schema_row admin_rows[] = {
    {"listen",
     "Private address of the operations that change something; none: there "
     "is none.",
     SCHEMA_TEXT, .at = AT(config, admin_listen), .min = 1, .max = 512,
     .preset = "ipc:///tmp/leeway-admin.sock", .change = SCHEMA_RESTART},
    {"on_serving", "Take those operations on the serving addresses too.",
     SCHEMA_BOOLEAN, .at = AT(config, admin_on_serving), .preset = "false"},
};

static const struct schema_row http_rows[] = {
    {"listen", "Address of the HTTP gateway. This build has none: only none.",
     SCHEMA_TEXT, .at = AT(config, http_listen), .min = 1, .max = 512,
     .preset = "none", .change = SCHEMA_RESTART},
};

static const struct schema_name log_levels[] = {{"error", LOG_ERROR},
                                                {"warn", LOG_WARN},
                                                {"info", LOG_INFO},
                                                {"debug", LOG_DEBUG},
                                                {NULL, 0}};

static const struct schema_row log_rows[] = {
    {"level", "Least weight of the lines written to stderr.", SCHEMA_CHOICE,
     .at = AT(config_log, level), .names = log_levels, .preset = "info"},
};

static const struct schema_table tls = {.name = "tls", ROWS(tls_rows)};
static const struct schema_table admin = {.name = "admin", ROWS(admin_rows)};
static const struct schema_table http = {.name = "http", ROWS(http_rows)};
static const struct schema_table logging = {.name = "log",
                                            .size = sizeof(struct config_log),
                                            ROWS(log_rows),
                                            .keeps_node = true};

static const struct schema_name layers[] = {{"base", CONFIG_BASE},
                                            {"pack", CONFIG_PACK},
                                            {"site", CONFIG_SITE},
                                            {NULL, 0}};

static const struct schema_name pack_modes[] = {{"enforce", CONFIG_ENFORCE},
                                                {"monitor", CONFIG_MONITOR},
                                                {"disabled", CONFIG_DISABLED},
                                                {NULL, 0}};

static const struct schema_row pack_rows[] = {
    {"id", "Name of a set of rules.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_pack, id), .required = true},
    {"version", "Its version, for people.", SCHEMA_TEXT,
     .at = AT(config_pack, version), .min = 1, .max = 64, .preset = ""},
    {"description", "What it is, in a sentence.", SCHEMA_TEXT,
     .at = AT(config_pack, description), .min = 1, .max = 1024, .preset = ""},
    {"layer",
     "base < pack < site: a file of a higher layer may give again what a "
     "lower one has, with the keys that change.",
     SCHEMA_CHOICE, .at = AT(config_pack, layer), .names = layers,
     .preset = "base"},
    {"mode", "monitor: the file's rules count in wouldAction only.",
     SCHEMA_CHOICE, .at = AT(config_pack, mode), .names = pack_modes,
     .preset = "enforce"},
};

static const struct schema_table pack = {.name = "pack",
                                         .size = sizeof(struct config_pack),
                                         ROWS(pack_rows),
                                         .keeps_node = true};

/* ---- top level ---------------------------------------------------------- */

/* `drift` stands before `personas`, which begin with its values. */
static const struct schema_row config_rows[] = {
    {"schema", "Version of this format: 1. A newer one is refused.",
     SCHEMA_NOTED, .preset = "1"},
    {"include",
     "Further files, as globs relative to the file that names them, inside "
     "the main file's folder.",
     SCHEMA_NOTED, .max = 64},
    {"pack", "What this file is, where it holds a set of rules.",
     SCHEMA_RECORDS, ARRAY_AT(packs, pack_count), .max = 1024, .table = &pack},
    {"listen", "Addresses to serve: ipc://, tcp:// and tls+tcp://.",
     SCHEMA_TEXTS, TEXTS_AT(config, listen), .min = 1, .max = 16,
     .item_bytes = 512, .preset = "ipc:///tmp/leeway.sock,tcp://127.0.0.1:7710",
     .change = SCHEMA_RESTART},
    {"allow_remote",
     "Allow addresses that other machines reach; each then needs TLS or a "
     "token.",
     SCHEMA_BOOLEAN, .at = AT(config, allow_remote), .preset = "false",
     .change = SCHEMA_RESTART},
    {"tls", "Certificate for tls+tcp:// addresses.", SCHEMA_RECORD,
     .table = &tls, .change = SCHEMA_RESTART},
    {"token",
     "Shared secret that every request on a serving address must carry.",
     SCHEMA_TEXT, .at = AT(config, token), .min = 1, .max = 512, .preset = "",
     .secret = true},
    {"admin", "Where the operations that change something are taken.",
     SCHEMA_RECORD, .table = &admin},
    {"http", "The HTTP gateway.", SCHEMA_RECORD, .table = &http},
    {"log", "What is written to stderr.", SCHEMA_RECORD, .at = AT(config, log),
     .table = &logging},
    {"limits", "Sizes, counts and times that no stranger can exceed.",
     SCHEMA_RECORD, .at = AT(config, limits), .table = &limits},
    {"engine", "How rules become a verdict.", SCHEMA_RECORD,
     .at = AT(config, engine), .table = &engine},
    {"severities", "The same as engine.severities.", SCHEMA_RECORD,
     .at = AT(config, engine), .table = &severities, .elsewhere = true},
    {"drift", "How far a reply may be from the persona's voice.", SCHEMA_RECORD,
     .at = AT(config, drift), .table = &schema_drift},
    {"sessions", "How long a conversation is remembered.", SCHEMA_RECORD,
     .at = AT(config, sessions), .table = &schema_sessions,
     .change = SCHEMA_RESTART},
    {"store", "Where sessions, journal and alerts are kept.", SCHEMA_RECORD,
     .at = AT(config, store), .table = &schema_store, .change = SCHEMA_RESTART},
    {"journal", "What is written down of each verdict.", SCHEMA_RECORD,
     .at = AT(config, journal), .table = &schema_journal,
     .change = SCHEMA_RESTART},
    {"alerts", "What becomes of the alerts.", SCHEMA_RECORD,
     .at = AT(config, alerts), .table = &schema_alerts,
     .change = SCHEMA_RESTART},
    {"categories",
     "What rules count towards, and from which score on what "
     "happens.",
     SCHEMA_MAP, ARRAY_AT(categories, category_count), .max = 256,
     .table = &schema_category},
    {"groups", "Rules whose scores are capped together.", SCHEMA_MAP,
     ARRAY_AT(groups, group_count), .max = 1024, .table = &schema_group},
    {"lists", "Lists of terms, for rules to name.", SCHEMA_MAP,
     ARRAY_AT(lists, list_count), .max = 1024, .table = &schema_list},
    {"rules", "The rules, in order.", SCHEMA_RECORDS,
     ARRAY_AT(rules, rule_count), .max = 10000, .table = &schema_rule},
    {"composites", "Conditions over what the rules found.", SCHEMA_RECORDS,
     ARRAY_AT(composites, composite_count), .max = 1000,
     .table = &schema_composite},
    {"guardrails", "Sets that a request may name in extraGuardrails.",
     SCHEMA_MAP, ARRAY_AT(guardrails, guardrail_count), .max = 256,
     .table = &schema_guardrail},
    {"profiles", "Settings for some personas, tags, languages or roles.",
     SCHEMA_RECORDS, ARRAY_AT(profiles, profile_count), .max = 256,
     .table = &schema_profile},
    {"allow_empty", "Accept a configuration without a single rule.",
     SCHEMA_BOOLEAN, .at = AT(config, allow_empty), .preset = "false"},
    {"fallbacks", "Pools of lines to say instead.", SCHEMA_MAP,
     ARRAY_AT(fallbacks, pool_count), .max = 10000, .table = &schema_pool},
    {"personas", "The personas.", SCHEMA_RECORDS,
     ARRAY_AT(personas, persona_count), .max = 10000, .table = &schema_persona},
    {"machines", "State machines that a session may run.", SCHEMA_RECORDS,
     ARRAY_AT(machines, machine_count), .max = 10000, .table = &schema_machine},
    {"tests", "Texts and what is expected of them, over all rules.",
     SCHEMA_RECORDS, ARRAY_AT(tests, test_count), .max = 10000,
     .table = &schema_test},
};

const struct schema_table schema_config = {
    .name = "", .size = sizeof(struct config), ROWS(config_rows)};

/* ---- looking up --------------------------------------------------------- */

/*
 * Names of the contract that this build refuses, so that nobody believes in a
 * setting that does nothing. A row goes when its feature comes.
 */
static const struct {
    const char *where, *name;
} absent[] = {
    {"alerts", "webhooks"},
};

bool
schema_absent(const char *where, struct text name)
{
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        if (strcmp(absent[i].where, where) == 0 &&
            text_is(name, absent[i].name)) {
            return true;
        }
    }
    return false;
}

const struct schema_row *
schema_find(const struct schema_table *table, struct text key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (text_is(key, table->rows[i].key)) {
            return &table->rows[i];
        }
    }
    return NULL;
}

const char *
schema_nearest(const struct schema_table *table, struct text key,
               enum config_rule_type type)
{
    enum { KEYS = 128 }; // more than any table has
    const char *names[KEYS + 1];
    size_t count = 0;

    for (size_t i = 0; i < table->count && count < KEYS; i++) {
        const unsigned types = table->rows[i].types;
        if (types == 0 || type == CONFIG_RULE_TYPES ||
            (types & 1U << type) != 0) {
            names[count++] = table->rows[i].key;
        }
    }
    names[count] = NULL;
    return nearest_name(key, names);
}

const char *
schema_name_of(const struct schema_name *names, int value)
{
    for (; names->name != NULL; names++) {
        if (names->value == value) {
            return names->name;
        }
    }
    return NULL;
}

const char *
schema_type_name(enum config_rule_type type)
{
    return type == CONFIG_COMPOSITE
               ? "composite"
               : schema_name_of(schema_rule_types, (int)type);
}
