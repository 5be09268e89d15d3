/* The schema of categories, groups, fallback pools and personas. */
#include "config/schema.h"

#define AT(type, member) offsetof(struct type, member)
#define TEXTS_AT(type, member)                                                 \
    .at = offsetof(struct type, member.at),                                    \
    .count_at = offsetof(struct type, member.count)
#define ARRAY_AT(type, member, number)                                         \
    .at = offsetof(struct type, member),                                       \
    .count_at = offsetof(struct type, number)
#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])

enum { PATH_BYTES = 4095, NAME_BYTES = 128, LINE_BYTES = 4096 };

static const struct schema_row threshold_rows[] = {
    {"flag", "From this score on the reply is flagged.", SCHEMA_NUMBER,
     .at = AT(config_thresholds, flag), .min = 0, .max = 1},
    {"redact", "From this score on what was hit is redacted.", SCHEMA_NUMBER,
     .at = AT(config_thresholds, redact), .min = 0, .max = 1},
    {"fallback", "From this score on a fallback line is said instead.",
     SCHEMA_NUMBER, .at = AT(config_thresholds, fallback), .min = 0, .max = 1},
    {"block", "From this score on nothing is said.", SCHEMA_NUMBER,
     .at = AT(config_thresholds, block), .min = 0, .max = 1},
};

static const struct schema_table thresholds = {
    .name = "thresholds",
    .size = sizeof(struct config_thresholds),
    ROWS(threshold_rows),
    .keeps_node = true};

static const struct schema_name vote_actions[] = {{"flag", CONFIG_FLAG},
                                                  {"redact", CONFIG_REDACT},
                                                  {"fallback", CONFIG_FALLBACK},
                                                  {"block", CONFIG_BLOCK},
                                                  {NULL, 0}};

static const struct schema_name too_few_actions[] = {
    {"abstain", CONFIG_NONE},  {"flag", CONFIG_FLAG},
    {"redact", CONFIG_REDACT}, {"fallback", CONFIG_FALLBACK},
    {"block", CONFIG_BLOCK},   {NULL, 0}};

static const struct schema_row votes_rows[] = {
    {"of", "The classifiers that vote; whoever is sent where not given.",
     SCHEMA_TEXTS, SCHEMA_ID, TEXTS_AT(config_votes, of), .min = 1, .max = 32,
     .item_bytes = NAME_BYTES},
    {"k", "Yeses that carry it.", SCHEMA_INTEGER, .at = AT(config_votes, k),
     .min = 1, .max = 33, .preset = "1"},
    {"count_self", "The rules' own score votes too.", SCHEMA_BOOLEAN,
     .at = AT(config_votes, count_self), .preset = "false"},
    {"threshold", "A score votes yes from here on.", SCHEMA_NUMBER,
     .at = AT(config_votes, threshold), .min = 0, .max = 1, .preset = "0.5"},
    {"action", "What a vote that is carried does.", SCHEMA_CHOICE,
     .at = AT(config_votes, action), .names = vote_actions, .preset = "flag"},
    {"quorum", "How many must have given a number; k where not given.",
     SCHEMA_INTEGER, .at = AT(config_votes, quorum), .min = 1, .max = 33},
    {"on_too_few", "What it does where fewer have, and it is not carried.",
     SCHEMA_CHOICE, .at = AT(config_votes, on_too_few),
     .names = too_few_actions, .preset = "abstain"},
};

const struct schema_table schema_votes = {.name = "votes",
                                          .size = sizeof(struct config_votes),
                                          ROWS(votes_rows),
                                          .keeps_node = true};

static const struct schema_row category_rows[] = {
    {"aliases", "What other systems call it: openai, mlcommons, bedrock, ...",
     SCHEMA_PAIRS, TEXTS_AT(config_category, aliases), .max = 32,
     .item_bytes = NAME_BYTES},
    {"thresholds", "Scores from which on something happens, weakest first.",
     SCHEMA_RECORD, .at = AT(config_category, thresholds),
     .table = &thresholds},
    {"votes", "How classifiers of the caller's decide, for this category.",
     SCHEMA_RECORD, .at = AT(config_category, votes), .table = &schema_votes},
};

const struct schema_table schema_category = {.name = "category",
                                             .size =
                                                 sizeof(struct config_category),
                                             ROWS(category_rows),
                                             .id_form = SCHEMA_CATEGORY,
                                             .id_at = AT(config_category, id),
                                             .keeps_node = true};

static const struct schema_row group_rows[] = {
    {"max_score", "The group's rules together score no more than this.",
     SCHEMA_NUMBER, .at = AT(config_group, max_score), .min = 0, .max = 1,
     .required = true},
};

const struct schema_table schema_group = {.name = "group",
                                          .size = sizeof(struct config_group),
                                          ROWS(group_rows),
                                          .id_form = SCHEMA_ID,
                                          .id_at = AT(config_group, id),
                                          .keeps_node = true};

/* Its struct begins with a struct config_thresholds. */
static const struct schema_table category_patch = {
    .name = "thresholds",
    .size = sizeof(struct config_category_patch),
    ROWS(threshold_rows),
    .id_form = SCHEMA_CATEGORY,
    .id_at = AT(config_category_patch, category),
    .keeps_node = true};

static const struct schema_name profile_roles[] = {
    {"assistant", CONFIG_ROLE_ASSISTANT},
    {"user", CONFIG_ROLE_USER},
    {"tool", CONFIG_ROLE_TOOL},
    {"system", CONFIG_ROLE_SYSTEM},
    {NULL, 0}};

static const struct schema_row match_rows[] = {
    {"personas", "Personas; a star at the end stands for the rest of a name.",
     SCHEMA_TEXTS, TEXTS_AT(config_profile, personas), .min = 1, .max = 1000,
     .item_bytes = NAME_BYTES},
    {"persona", "One of them, in place of personas.", SCHEMA_SINGLE,
     TEXTS_AT(config_profile, personas), .min = 1, .max = NAME_BYTES,
     .elsewhere = true, .rival = "personas"},
    {"tags", "Tags, of which the persona has one.", SCHEMA_TEXTS, SCHEMA_ID,
     TEXTS_AT(config_profile, tags), .min = 1, .max = 64,
     .item_bytes = NAME_BYTES},
    {"languages", "Languages, of which the request's is one.", SCHEMA_TEXTS,
     SCHEMA_LANGUAGE, TEXTS_AT(config_profile, languages), .min = 1, .max = 64,
     .item_bytes = 35},
    {"roles", "Who says it.", SCHEMA_CHOICES, .at = AT(config_profile, roles),
     .names = profile_roles},
};

static const struct schema_table match = {.name = "match", ROWS(match_rows)};

static const struct schema_row apply_rows[] = {
    {"level", "In place of engine.level.", SCHEMA_INTEGER,
     .at = AT(config_profile, level), .min = 1, .max = 4},
    {"blocking_level", "In place of engine.blocking_level.", SCHEMA_INTEGER,
     .at = AT(config_profile, blocking_level), .min = 1, .max = 4},
    {"thresholds", "Thresholds by category.", SCHEMA_MAP,
     ARRAY_AT(config_profile, thresholds, threshold_count), .max = 256,
     .table = &category_patch},
    {"rules", "Rules that act otherwise.", SCHEMA_MAP,
     ARRAY_AT(config_profile, rules, rule_count), .max = 1000,
     .table = &schema_rule_patch},
    {"groups_disabled", "Groups whose rules do not run.", SCHEMA_TEXTS,
     SCHEMA_ID, TEXTS_AT(config_profile, groups_disabled), .min = 1,
     .max = 1000, .item_bytes = NAME_BYTES},
    {"guardrails", "Sets that hold without being asked for.", SCHEMA_TEXTS,
     SCHEMA_ID, TEXTS_AT(config_profile, guardrails), .min = 1, .max = 64,
     .item_bytes = NAME_BYTES},
    {"fallback", "The pool of lines to say instead.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_profile, fallback), .preset = ""},
};

static const struct schema_table apply = {.name = "apply", ROWS(apply_rows)};

static const struct schema_row profile_rows[] = {
    {"id", "Its name, for people.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_profile, id), .required = true},
    {"priority", "A higher one is applied later, and so wins.", SCHEMA_INTEGER,
     .at = AT(config_profile, priority), .min = 0, .max = 1000, .preset = "0"},
    {"match", "Requests it is for; each key given must hold.", SCHEMA_RECORD,
     .table = &match, .required = true},
    {"apply", "What it changes.", SCHEMA_RECORD, .table = &apply,
     .required = true},
};

const struct schema_table schema_profile = {.name = "profile",
                                            .size =
                                                sizeof(struct config_profile),
                                            ROWS(profile_rows),
                                            .keeps_node = true};

static const struct schema_name picks[] = {{"rotate", CONFIG_ROTATE},
                                           {"hash", CONFIG_PICK_HASH},
                                           {"first", CONFIG_FIRST},
                                           {NULL, 0}};

static const struct schema_row pool_rows[] = {
    {"pick",
     "rotate: in turn within a session; hash: by the reply; first: always "
     "the first.",
     SCHEMA_CHOICE, .at = AT(config_pool, pick), .names = picks,
     .preset = "rotate"},
};

static const struct schema_row lines_row = {
    "LANGUAGE",
    "Lines in that language; {persona_name} is filled in.",
    SCHEMA_LOCALES,
    .at = AT(config_pool, locales),
    .count_at = AT(config_pool, locale_count),
    .min = 1,
    .max = 1000,
    .item_bytes = LINE_BYTES};

const struct schema_table schema_pool = {.name = "pool",
                                         .size = sizeof(struct config_pool),
                                         ROWS(pool_rows),
                                         .rest = &lines_row,
                                         .id_form = SCHEMA_ID,
                                         .id_at = AT(config_pool, id),
                                         .keeps_node = true};

static const struct schema_row persona_rows[] = {
    {"id", "The name that requests use.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_persona, id), .required = true},
    {"name", "What fills {persona_name}; else the id.", SCHEMA_TEXT,
     .at = AT(config_persona, name), .min = 1, .max = NAME_BYTES, .preset = ""},
    {"samples",
     "Lines in the persona's voice: .txt one a line, or .jsonl with text.",
     SCHEMA_TEXT, SCHEMA_PATH, .at = AT(config_persona, samples), .min = 1,
     .max = PATH_BYTES, .preset = ""},
    {"fingerprint", "Instead of samples: a fingerprint built before.",
     SCHEMA_TEXT, SCHEMA_PATH, .at = AT(config_persona, fingerprint), .min = 1,
     .max = PATH_BYTES, .preset = "", .rival = "samples"},
    {"locale", "The language the persona speaks.", SCHEMA_TEXT, SCHEMA_LANGUAGE,
     .at = AT(config_persona, locale), .preset = ""},
    {"tags", "Words for a rule's unless: tag:NAME.", SCHEMA_TEXTS, SCHEMA_ID,
     TEXTS_AT(config_persona, tags), .min = 1, .max = 64,
     .item_bytes = NAME_BYTES},
    {"drift", "As the top level's drift, for this persona.", SCHEMA_RECORD,
     .at = AT(config_persona, drift), .table = &schema_drift_of_persona,
     .inherits = true},
    {"fallbacks", "The pool of lines in the persona's voice.", SCHEMA_TEXT,
     SCHEMA_ID, .at = AT(config_persona, fallbacks), .preset = ""},
    {"machines", "State machines of hers, the primary one first.", SCHEMA_TEXTS,
     SCHEMA_ID, TEXTS_AT(config_persona, machines), .min = 1, .max = 64,
     .item_bytes = NAME_BYTES},
};

const struct schema_table schema_persona = {.name = "persona",
                                            .size =
                                                sizeof(struct config_persona),
                                            ROWS(persona_rows),
                                            .keeps_node = true};

/*
 * So that a configuration of one rule is a whole one. A category or pool of the
 * same name in a file takes the place of the one here. The categories are
 * OpenAI's moderation categories and four of our own.
 */
const char schema_built_in[] =
    "categories:\n"
    "  harassment:\n"
    "    aliases: {openai: harassment, bedrock: INSULTS}\n"
    "    thresholds: {flag: 0.4, fallback: 0.85}\n"
    "  harassment/threatening:\n"
    "    aliases: {openai: harassment/threatening, mlcommons: S1,"
    " bedrock: INSULTS}\n"
    "    thresholds: {flag: 0.4, fallback: 0.75}\n"
    "  hate:\n"
    "    aliases: {openai: hate, mlcommons: S10, bedrock: HATE,"
    " azure: Hate}\n"
    "    thresholds: {flag: 0.3, fallback: 0.6}\n"
    "  hate/threatening:\n"
    "    aliases: {openai: hate/threatening, mlcommons: S10,"
    " bedrock: HATE, azure: Hate}\n"
    "    thresholds: {flag: 0.3, fallback: 0.5}\n"
    "  sexual:\n"
    "    aliases: {openai: sexual, mlcommons: S12, bedrock: SEXUAL,"
    " azure: Sexual}\n"
    "    thresholds: {flag: 0.4, fallback: 0.85}\n"
    "  sexual/minors:\n"
    "    aliases: {openai: sexual/minors, mlcommons: S4}\n"
    "    thresholds: {block: 0.2}\n"
    "  self-harm:\n"
    "    aliases: {openai: self-harm, mlcommons: S11, azure: SelfHarm}\n"
    "    thresholds: {flag: 0.3, fallback: 0.6}\n"
    "  self-harm/intent:\n"
    "    aliases: {openai: self-harm/intent, mlcommons: S11,"
    " azure: SelfHarm}\n"
    "    thresholds: {flag: 0.2, fallback: 0.5}\n"
    "  self-harm/instructions:\n"
    "    aliases: {openai: self-harm/instructions, mlcommons: S11,"
    " azure: SelfHarm}\n"
    "    thresholds: {flag: 0.2, fallback: 0.5}\n"
    "  violence:\n"
    "    aliases: {openai: violence, mlcommons: S1,"
    " bedrock: VIOLENCE, azure: Violence}\n"
    "    thresholds: {flag: 0.6, fallback: 0.97}\n"
    "  violence/graphic:\n"
    "    aliases: {openai: violence/graphic, mlcommons: S1,"
    " bedrock: VIOLENCE, azure: Violence}\n"
    "    thresholds: {flag: 0.6, fallback: 0.97}\n"
    "  illicit:\n"
    "    aliases: {openai: illicit, mlcommons: S2, bedrock: MISCONDUCT}\n"
    "    thresholds: {flag: 0.4, fallback: 0.7}\n"
    "  illicit/violent:\n"
    "    aliases: {openai: illicit/violent, mlcommons: S9,"
    " bedrock: MISCONDUCT}\n"
    "    thresholds: {flag: 0.3, fallback: 0.6}\n"
    "  pii:\n"
    "    aliases: {mlcommons: S7}\n"
    "    thresholds: {flag: 0.4}\n"
    "  prompt_leak:\n"
    "    aliases: {bedrock: PROMPT_ATTACK}\n"
    "    thresholds: {flag: 0.3, fallback: 0.6}\n"
    "  persona_break:\n"
    "    thresholds: {flag: 0.3, fallback: 0.8}\n"
    "  quality:\n"
    "    thresholds: {flag: 0.5}\n"
    "fallbacks:\n"
    "  default:\n"
    "    pick: rotate\n"
    "    en: [\"Let's talk about something else.\", \"Hm. Where were we?\"]\n";
