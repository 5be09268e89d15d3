/* The schema of rules: what they are, look for, do, and are tested with. */
#include "config/schema.h"

#define AT(type, member) offsetof(struct type, member)
#define TEXTS_AT(type, member)                                                 \
    .at = offsetof(struct type, member.at),                                    \
    .count_at = offsetof(struct type, member.count)
#define ARRAY_AT(type, member, number)                                         \
    .at = offsetof(struct type, member),                                       \
    .count_at = offsetof(struct type, number)
#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])

enum {
    TERMS = 1 << CONFIG_TERMS,
    REGEX = 1 << CONFIG_REGEX,
    PII = 1 << CONFIG_PII,
    PERSONA_BREAK = 1 << CONFIG_PERSONA_BREAK,
    PROMPT_LEAK = 1 << CONFIG_PROMPT_LEAK,
    LENGTH = 1 << CONFIG_LENGTH
};

enum {
    TERM_BYTES = 256,
    PATTERN_BYTES = 8192,
    MESSAGE_BYTES = 1024,
    PATH_BYTES = 4095,
    TEST_BYTES = 256 * 1024 /* a scalar can be no longer */
};

const struct schema_name schema_rule_types[] = {
    {"terms", CONFIG_TERMS},
    {"regex", CONFIG_REGEX},
    {"pii", CONFIG_PII},
    {"persona_break", CONFIG_PERSONA_BREAK},
    {"prompt_leak", CONFIG_PROMPT_LEAK},
    {"length", CONFIG_LENGTH},
    {NULL, 0}};

static const struct schema_name matches[] = {{"word", CONFIG_WORD},
                                             {"substring", CONFIG_SUBSTRING},
                                             {"wildcard", CONFIG_WILDCARD},
                                             {NULL, 0}};

static const struct schema_name severities[] = {
    {"info", CONFIG_INFO},         {"low", CONFIG_LOW},
    {"medium", CONFIG_MEDIUM},     {"high", CONFIG_HIGH},
    {"critical", CONFIG_CRITICAL}, {NULL, 0}};

static const struct schema_name actions[] = {{"flag", CONFIG_FLAG},
                                             {"redact", CONFIG_REDACT},
                                             {"fallback", CONFIG_FALLBACK},
                                             {"block", CONFIG_BLOCK},
                                             {NULL, 0}};

static const struct schema_name test_actions[] = {
    {"allow", CONFIG_NONE},    {"flag", CONFIG_FLAG},
    {"redact", CONFIG_REDACT}, {"fallback", CONFIG_FALLBACK},
    {"block", CONFIG_BLOCK},   {NULL, 0}};

static const struct schema_name modes[] = {{"enforce", CONFIG_ENFORCE},
                                           {"monitor", CONFIG_MONITOR},
                                           {"disabled", CONFIG_DISABLED},
                                           {NULL, 0}};

static const struct schema_name directions[] = {
    {"output", CONFIG_OUTPUT}, {"input", CONFIG_INPUT}, {NULL, 0}};

static const struct schema_name robusts[] = {
    {"none", CONFIG_ROBUST_NONE}, {"basic", CONFIG_ROBUST_BASIC}, {NULL, 0}};

static const struct schema_name skips[] = {
    {"quoted", CONFIG_SKIP_QUOTED}, {"code", CONFIG_SKIP_CODE}, {NULL, 0}};

static const struct schema_name operators[] = {{"replace", CONFIG_REPLACE},
                                               {"mask", CONFIG_MASK},
                                               {"hash", CONFIG_HASH},
                                               {"remove", CONFIG_REMOVE},
                                               {NULL, 0}};

static const struct schema_name span_units[] = {
    {"code_point", CONFIG_CODE_POINT},
    {"byte", CONFIG_BYTE},
    {"utf16", CONFIG_UTF16},
    {NULL, 0}};

static const struct schema_name roles[] = {
    {"assistant", 0}, {"user", 0}, {"tool", 0}, {"system", 0}, {NULL, 0}};

/* ---- what a rule is made of --------------------------------------------- */

static const struct schema_row operator_rows[] = {
    {"type",
     "replace: by new_value; mask: its characters; hash: by a short hash; "
     "remove: nothing stays.",
     SCHEMA_CHOICE, .at = AT(config_operator, type), .names = operators,
     .required = true},
    {"new_value",
     "replace: what is put there; {entity} is filled in, or redacted.",
     SCHEMA_TEXT, .at = AT(config_operator, new_value), .min = 0, .max = 256,
     .preset = "[{entity}]"},
    {"masking_char", "mask: the character put there.", SCHEMA_TEXT,
     SCHEMA_CHARACTER, .at = AT(config_operator, masking_char), .min = 1,
     .max = 4, .preset = "*"},
    {"chars_to_mask", "mask: how many characters; all of them if not given.",
     SCHEMA_INTEGER, .at = AT(config_operator, chars_to_mask), .min = 1,
     .max = 10000, .unit = "code points"},
    {"from_end", "mask: count from the end.", SCHEMA_BOOLEAN,
     .at = AT(config_operator, from_end), .preset = "false"},
};

static const struct schema_table operator= {.name = "operator",
                                            .size =
                                                sizeof(struct config_operator),
                                            ROWS(operator_rows),
                                            .keeps_node = true};

static const struct schema_row context_rows[] = {
    {"words", "Words that make a match nearby likelier.", SCHEMA_TEXTS,
     TEXTS_AT(config_context, words), .min = 1, .max = 1000,
     .item_bytes = TERM_BYTES, .required = true},
    {"before_words", "How many words before the match are looked at.",
     SCHEMA_INTEGER, .at = AT(config_context, before_words), .min = 1,
     .max = 100, .preset = "5"},
    {"boost", "What one of them adds to the score.", SCHEMA_NUMBER,
     .at = AT(config_context, boost), .min = 0, .max = 1, .preset = "0.35"},
    {"floor", "The score with one of them is at least this.", SCHEMA_NUMBER,
     .at = AT(config_context, floor), .min = 0, .max = 1, .preset = "0.4"},
};

static const struct schema_table context = {.name = "context",
                                            .size =
                                                sizeof(struct config_context),
                                            ROWS(context_rows),
                                            .keeps_node = true};

static const struct schema_row test_rows[] = {
    {"text", "The candidate reply.", SCHEMA_TEXT, .at = AT(config_test, text),
     .max = TEST_BYTES, .required = true},
    {"expect_ids", "Rules that must hit.", SCHEMA_TEXTS, SCHEMA_RULE,
     TEXTS_AT(config_test, expect_ids), .min = 1, .max = 100, .item_bytes = 64},
    {"no_expect_ids", "Rules that must not hit.", SCHEMA_TEXTS, SCHEMA_RULE,
     TEXTS_AT(config_test, no_expect_ids), .min = 1, .max = 100,
     .item_bytes = 64},
    {"isolated", "No rule but those of expect_ids may hit.", SCHEMA_BOOLEAN,
     .at = AT(config_test, isolated), .preset = "false"},
    {"action", "The action it must come to.", SCHEMA_CHOICE,
     .at = AT(config_test, action), .given_at = AT(config_test, action_given),
     .names = test_actions},
    {"redacted", "The text it must become.", SCHEMA_TEXT,
     .at = AT(config_test, redacted), .max = TEST_BYTES},
    {"spans", "Where the hits of the first of expect_ids must be.",
     SCHEMA_SPANS, ARRAY_AT(config_test, spans, span_count), .max = 1000},
    {"span_unit", "What the numbers of spans count.", SCHEMA_CHOICE,
     .at = AT(config_test, span_unit), .names = span_units,
     .preset = "code_point"},
    {"persona", "The persona who says it.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_test, persona), .preset = ""},
    {"role", "Who says it.", SCHEMA_TEXT, SCHEMA_NAMED,
     .at = AT(config_test, role), .names = roles, .preset = "assistant"},
    {"locale", "The request's locale.", SCHEMA_TEXT, SCHEMA_LANGUAGE,
     .at = AT(config_test, locale), .preset = ""},
    {"system_prompt", "The request's systemPrompt.", SCHEMA_TEXT,
     .at = AT(config_test, system_prompt), .max = TEST_BYTES, .preset = ""},
};

const struct schema_table schema_test = {.name = "test",
                                         .size = sizeof(struct config_test),
                                         ROWS(test_rows),
                                         .keeps_node = true};

static const struct schema_row list_rows[] = {
    {"file", "File of terms: UTF-8, one a line, # begins a comment line.",
     SCHEMA_TEXT, SCHEMA_PATH, .at = AT(config_list, file), .min = 1,
     .max = PATH_BYTES, .preset = ""},
    {"terms", "Terms that stand here.", SCHEMA_TEXTS,
     TEXTS_AT(config_list, terms), .min = 1, .max = 200000,
     .item_bytes = TERM_BYTES},
    {"match", "How they match; the rule's own match where this is not given.",
     SCHEMA_CHOICE, .at = AT(config_list, match),
     .given_at = AT(config_list, match_given), .names = matches},
};

const struct schema_table schema_list = {.name = "list",
                                         .size = sizeof(struct config_list),
                                         ROWS(list_rows),
                                         .id_form = SCHEMA_ID,
                                         .id_at = AT(config_list, id),
                                         .keeps_node = true};

/* ---- the rule ------------------------------------------------------------ */

static const struct schema_row rule_rows[] = {
    {"id", "The rule's name in verdicts, metrics and tests.", SCHEMA_TEXT,
     SCHEMA_RULE, .at = AT(config_rule, id), .required = true},
    {"type", "What the rule looks for; says which other keys it has.",
     SCHEMA_CHOICE, .at = AT(config_rule, type), .names = schema_rule_types,
     .required = true},
    {"msg", "What a hit means, for people.", SCHEMA_TEXT,
     .at = AT(config_rule, msg), .min = 1, .max = MESSAGE_BYTES, .preset = ""},
    {"tags", "Words to find rules by.", SCHEMA_TEXTS, SCHEMA_ID,
     TEXTS_AT(config_rule, tags), .min = 1, .max = 64, .item_bytes = 128},
    {"category", "The category its score counts towards.", SCHEMA_TEXT,
     SCHEMA_CATEGORY, .at = AT(config_rule, category), .preset = "quality"},
    {"group", "The group its score is capped with.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_rule, group), .preset = ""},
    {"severity", "How bad a hit is; gives the score where none is given.",
     SCHEMA_CHOICE, .at = AT(config_rule, severity), .names = severities,
     .preset = "medium"},
    {"score", "Score of a hit; below 0 it speaks for the reply.", SCHEMA_NUMBER,
     .at = AT(config_rule, score), .min = -1, .max = 1},
    {"max_hits", "Hits that count, each half as much as the one before.",
     SCHEMA_INTEGER, .at = AT(config_rule, max_hits), .min = 1, .max = 1024,
     .preset = "5"},
    {"action",
     "What a hit does by itself; without it the category's thresholds decide.",
     SCHEMA_CHOICE, .at = AT(config_rule, action), .names = actions},
    {
        "operator",
        "How what was hit is redacted; else it becomes [ENTITY] or "
        "[redacted].",
        SCHEMA_RECORD,
        .at = AT(config_rule, redaction),
        .table = &operator},
        {"fallback", "The pool of lines to say instead.", SCHEMA_TEXT,
         SCHEMA_ID, .at = AT(config_rule, fallback), .preset = ""},
        {"mode", "monitor: counts in wouldAction only; disabled: does not run.",
         SCHEMA_CHOICE, .at = AT(config_rule, mode), .names = modes,
         .preset = "enforce"},
        {"level", "Runs where engine.level is at least this.", SCHEMA_INTEGER,
         .at = AT(config_rule, level), .min = 1, .max = 4, .preset = "1"},
        {"directions",
         "output: what the persona says; input: what the user says.",
         SCHEMA_CHOICES, .at = AT(config_rule, directions), .names = directions,
         .preset = "output"},
        {"languages", "Languages it runs for; all where not given.",
         SCHEMA_TEXTS, SCHEMA_LANGUAGE, TEXTS_AT(config_rule, languages),
         .min = 1, .max = 64, .item_bytes = 35},
        {"allow", "A hit inside one of these is dropped.", SCHEMA_TEXTS,
         TEXTS_AT(config_rule, allow), .min = 1, .max = 10000,
         .item_bytes = TERM_BYTES},
        {"robust",
         "none: the text as it stands; basic: also with disguises folded away.",
         SCHEMA_CHOICE, .at = AT(config_rule, robust), .names = robusts,
         .preset = "basic"},
        {"unless",
         "Not for personas with that tag; persona.is_ai is tag:is_ai.",
         SCHEMA_TEXT, SCHEMA_CONDITION, .at = AT(config_rule, unless),
         .preset = ""},
        {"suppressible", "A request may switch it off (-RULE).", SCHEMA_BOOLEAN,
         .at = AT(config_rule, suppressible), .preset = "false"},
        {"tests", "Texts it must and must not hit; run at every load.",
         SCHEMA_RECORDS, ARRAY_AT(config_rule, tests, test_count), .max = 1000,
         .table = &schema_test},

        {"lists", "Lists of terms: names of lists, or {file: ...} here.",
         SCHEMA_LISTS, ARRAY_AT(config_rule, list_names, list_name_count),
         .min = 1, .max = 100, .table = &schema_list,
         .types = TERMS | PERSONA_BREAK},
        {"terms", "Terms that stand here.", SCHEMA_TEXTS,
         TEXTS_AT(config_rule, terms), .min = 1, .max = 200000,
         .item_bytes = TERM_BYTES, .types = TERMS | PERSONA_BREAK},
        {"match",
         "word: whole words; substring: anywhere; wildcard: * stands for "
         "the rest of a word.",
         SCHEMA_CHOICE, .at = AT(config_rule, match), .names = matches,
         .preset = "word", .types = TERMS | PERSONA_BREAK},
        {"plural", "word: match each term with s or es added too.",
         SCHEMA_BOOLEAN, .at = AT(config_rule, plural), .preset = "false",
         .types = TERMS | PERSONA_BREAK},
        {"patterns", "Regular expressions (PCRE2).", SCHEMA_TEXTS,
         TEXTS_AT(config_rule, patterns), .min = 1, .max = 1000,
         .item_bytes = PATTERN_BYTES, .types = REGEX | PERSONA_BREAK},
        {"pattern", "One of them, in place of patterns.", SCHEMA_SINGLE,
         TEXTS_AT(config_rule, patterns), .min = 1, .max = PATTERN_BYTES,
         .elsewhere = true, .rival = "patterns",
         .types = REGEX | PERSONA_BREAK},
        {"entity", "The kind of value, such as CREDIT_CARD or EMAIL_ADDRESS.",
         SCHEMA_TEXT, SCHEMA_RULE, .at = AT(config_rule, entity), .preset = "",
         .types = PII},
        {"min_score", "Weaker matches are dropped.", SCHEMA_NUMBER,
         .at = AT(config_rule, min_score), .min = 0, .max = 1, .preset = "0.5",
         .types = PII},
        {"context", "Words near a match that make it likelier.", SCHEMA_RECORD,
         .at = AT(config_rule, context), .table = &context, .types = PII},
        {"ngram_words", "Words in one run that is compared with the prompt.",
         SCHEMA_INTEGER, .at = AT(config_rule, ngram_words), .min = 2,
         .max = 16, .preset = "5", .types = PROMPT_LEAK},
        {"min_ratio",
         "A hit where the prompt holds this share of the reply's runs.",
         SCHEMA_NUMBER, .at = AT(config_rule, min_ratio), .min = 0, .max = 1,
         .preset = "0.12", .types = PROMPT_LEAK},
        {"min_run_words", "Or one run this long, word for word.",
         SCHEMA_INTEGER, .at = AT(config_rule, min_run_words), .min = 3,
         .max = 1000, .preset = "12", .types = PROMPT_LEAK},
        {"skip", "Where it does not look: inside quoted speech, inside code.",
         SCHEMA_CHOICES, .at = AT(config_rule, skip), .names = skips,
         .types = PERSONA_BREAK},
        {"min_chars", "A shorter reply is a hit.", SCHEMA_INTEGER,
         .at = AT(config_rule, min_chars), .min = 1, .max = 1048576,
         .unit = "code points", .types = LENGTH},
        {"max_chars", "A longer reply is a hit.", SCHEMA_INTEGER,
         .at = AT(config_rule, max_chars), .min = 1, .max = 1048576,
         .unit = "code points", .types = LENGTH},
    };

const struct schema_table schema_rule = {.name = "rule",
                                         .size = sizeof(struct config_rule),
                                         ROWS(rule_rows),
                                         .keeps_node = true,
                                         .of_rule = true};
