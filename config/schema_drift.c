#include "config/schema.h"

#define AT(type, member) offsetof(struct type, member)

#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])

enum { PATH_BYTES = 4095 };

/* ---- drift -------------------------------------------------------------- */

static const struct schema_name drift_actions[] = {
    {"warn", CONFIG_DRIFT_WARN},
    {"auto_recover", CONFIG_DRIFT_AUTO_RECOVER},
    {"block", CONFIG_DRIFT_BLOCK},
    {NULL, 0}};

static const struct schema_name scales[] = {
    {"calibrated", CONFIG_SCALE_CALIBRATED},
    {"cosine", CONFIG_SCALE_COSINE},
    {NULL, 0}};

static const struct schema_name statistics[] = {{"pooled", CONFIG_TREND_POOLED},
                                                {"ewma", CONFIG_TREND_EWMA},
                                                {"cusum", CONFIG_TREND_CUSUM},
                                                {"joint", CONFIG_TREND_JOINT},
                                                {NULL, 0}};

static const struct schema_row trend_rows[] = {
    {"statistic",
     "What is followed over the replies: pooled, the last five together; "
     "ewma, a moving mean; cusum, a sum; joint, the greater of pooled "
     "and the same of the last three.",
     SCHEMA_CHOICE, .at = AT(config_trend, statistic), .names = statistics,
     .preset = "joint"},
    {"slipping_at",
     "The statistic from which on a session is slipping; where not given, "
     "what one in ten sessions of 50 replies of the persona's own reaches: "
     "2.70 pooled, 1.12 ewma, 2.80 cusum, 2.75 joint.",
     SCHEMA_NUMBER, .at = AT(config_trend, slipping_at), .min = 0.01,
     .max = 100},
    {"lost_at",
     "The same for lost, and one in fifty: 3.30 pooled, 1.36 ewma, 4.80 "
     "cusum, 3.35 joint. Not below slipping_at.",
     SCHEMA_NUMBER, .at = AT(config_trend, lost_at), .min = 0.01, .max = 100},
    {"calm",
     "The part of a limit below which the statistic must fall before the "
     "state improves.",
     SCHEMA_NUMBER, .at = AT(config_trend, calm), .min = 0, .max = 1,
     .preset = "0.5"},
};

static const struct schema_table trend = {.name = "trend",
                                          .size = sizeof(struct config_trend),
                                          ROWS(trend_rows),
                                          .keeps_node = true};

static const struct schema_row vector_background_rows[] = {
    {"model", "The name under which requests send such vectors.", SCHEMA_TEXT,
     .at = AT(config_vector_background, model), .min = 1, .max = 128,
     .required = true},
    {"file",
     "Vectors of many texts by many people: .jsonl with embedding or vector "
     "in each line, or little-endian float32.",
     SCHEMA_TEXT, SCHEMA_PATH, .at = AT(config_vector_background, file),
     .min = 1, .max = PATH_BYTES, .required = true},
    {"dimension", "Numbers in each vector; float32 takes it.", SCHEMA_INTEGER,
     .at = AT(config_vector_background, dimension), .min = 8, .max = 16384},
};

static const struct schema_table vector_background = {
    .name = "vector background",
    .size = sizeof(struct config_vector_background),
    ROWS(vector_background_rows),
    .keeps_node = true};

/* The last rows are not for a persona: they are one for all. */
enum { NOT_OF_PERSONA = 4 };

static const struct schema_row drift_rows[] = {
    {"threshold", "The driftScore that alerts.", SCHEMA_NUMBER,
     .at = AT(config_drift, threshold), .min = 0, .max = 1, .preset = "0.30",
     .unit = "distance"},
    {"alert_rate",
     "Instead of a threshold: the share of the persona's own lines that may "
     "alert.",
     SCHEMA_NUMBER, .at = AT(config_drift, alert_rate), .min = 0.001,
     .max = 0.5, .unit = "share", .rival = "threshold"},
    {"on_alert",
     "warn: ship and alert; auto_recover: ask the model again first; block: "
     "ship nothing.",
     SCHEMA_CHOICE, .at = AT(config_drift, on_alert), .names = drift_actions,
     .preset = "warn"},
    {"scale",
     "Scale of driftScore: calibrated by the persona's own lines (0.30 is "
     "what 5 % of them exceed), or the plain cosine distance.",
     SCHEMA_CHOICE, .at = AT(config_drift, scale), .names = scales,
     .preset = "calibrated"},
    {"vector_scale", "The same for vectors that the caller sends.",
     SCHEMA_CHOICE, .at = AT(config_drift, vector_scale), .names = scales,
     .preset = "cosine"},
    {"fuse_weight",
     "Weight of a vector where the text can be measured too, the text has the "
     "rest; 1: the vector alone. Where not given, 1 with vector_scale cosine, "
     "else 0.2. What is fused is calibrated.",
     SCHEMA_NUMBER, .at = AT(config_drift, fuse_weight), .min = 0, .max = 1},
    {"trend", "How a session is told to be slipping out of voice.",
     SCHEMA_RECORD, .at = AT(config_drift, trend), .table = &trend},
    {"min_chars", "Shorter replies carry too little evidence to alert.",
     SCHEMA_INTEGER, .at = AT(config_drift, min_chars), .min = 0, .max = 10000,
     .preset = "50", .unit = "code points"},
    {"min_samples", "Lines that a fingerprint needs at least.", SCHEMA_INTEGER,
     .at = AT(config_drift, min_samples), .min = 2, .max = 10000,
     .preset = "20", .unit = "lines"},
    {"hold_first_sentence",
     "A stream in mode gate whose drift would block shows nothing before its "
     "first sentence has been measured.",
     SCHEMA_BOOLEAN, .at = AT(config_drift, hold_first_sentence),
     .preset = "false"},
    {"background",
     "File of the voice model: what everybody says, which is subtracted.",
     SCHEMA_TEXT, SCHEMA_PATH, .at = AT(config_drift, background), .min = 1,
     .max = PATH_BYTES, .preset = ""},
    {"vector_backgrounds",
     "What vectors of the caller's models have in common, which is subtracted "
     "from their directions before they are compared.",
     SCHEMA_RECORDS, .at = AT(config_drift, vector_backgrounds),
     .count_at = AT(config_drift, vector_background_count), .max = 16,
     .table = &vector_background},
    {"keep",
     "Folder where fingerprints that came over the wire outlive the process, "
     "one sidecar's own; none: they do not.",
     SCHEMA_TEXT, .at = AT(config_drift, keep), .min = 1, .max = PATH_BYTES,
     .preset = "none", .change = SCHEMA_RESTART},
};

const struct schema_table schema_drift = {.name = "drift",
                                          .size = sizeof(struct config_drift),
                                          ROWS(drift_rows),
                                          .keeps_node = true};

const struct schema_table schema_drift_of_persona = {
    .name = "drift",
    .size = sizeof(struct config_drift),
    .rows = drift_rows,
    .count = sizeof(drift_rows) / sizeof(drift_rows[0]) - NOT_OF_PERSONA,
    .keeps_node = true};
