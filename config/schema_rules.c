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
    LENGTH = 1 << CONFIG_LENGTH,
    SECRET = 1 << CONFIG_SECRET,
    WEB = 1 << CONFIG_URL,
    REPETITION = 1 << CONFIG_REPETITION,
    FLOOD = 1 << CONFIG_FLOOD,
    UNICODE = 1 << CONFIG_UNICODE,
    LANGUAGE = 1 << CONFIG_LANGUAGE,
    LINEAR = 1 << CONFIG_LINEAR,
    COMPOSITE = 1 << CONFIG_COMPOSITE,
    ANY_RULE = COMPOSITE - 1, /* what stands under `rules` */
    WORDED = TERMS | REGEX | PERSONA_BREAK
};

enum {
    TERM_BYTES = 256,
    PATTERN_BYTES = 8192,
    MESSAGE_BYTES = 1024,
    CONDITION_BYTES = 4096,
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
    {"secret", CONFIG_SECRET},
    {"url", CONFIG_URL},
    {"repetition", CONFIG_REPETITION},
    {"flood", CONFIG_FLOOD},
    {"unicode", CONFIG_UNICODE},
    {"language", CONFIG_LANGUAGE},
    {"linear", CONFIG_LINEAR},
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

static const struct schema_name robusts[] = {{"none", CONFIG_ROBUST_NONE},
                                             {"basic", CONFIG_ROBUST_BASIC},
                                             {"strong", CONFIG_ROBUST_STRONG},
                                             {"fuzzy", CONFIG_ROBUST_FUZZY},
                                             {NULL, 0}};

static const struct schema_name views[] = {
    {"raw", CONFIG_VIEW_RAW},         {"fold", CONFIG_VIEW_FOLD},
    {"leet", CONFIG_VIEW_LEET},       {"squash", CONFIG_VIEW_SQUASH},
    {"decoded", CONFIG_VIEW_DECODED}, {NULL, 0}};

static const struct schema_name mutations[] = {
    {"casing", CONFIG_MUTATE_CASING},
    {"zero_width", CONFIG_MUTATE_ZERO_WIDTH},
    {"confusable", CONFIG_MUTATE_CONFUSABLE},
    {"fullwidth", CONFIG_MUTATE_FULLWIDTH},
    {"diacritic", CONFIG_MUTATE_DIACRITIC},
    {"entity", CONFIG_MUTATE_ENTITY},
    {"leet", CONFIG_MUTATE_LEET},
    {"spaced", CONFIG_MUTATE_SPACED},
    {"stretched", CONFIG_MUTATE_STRETCHED},
    {NULL, 0}};

static const struct schema_name oddities[] = {
    {"bidi_override", CONFIG_ODD_BIDI_OVERRIDE},
    {"bidi_isolate", CONFIG_ODD_BIDI_ISOLATE},
    {"tag_chars", CONFIG_ODD_TAG_CHARS},
    {"variation_selectors", CONFIG_ODD_VARIATION_SELECTORS},
    {"private_use", CONFIG_ODD_PRIVATE_USE},
    {"noncharacters", CONFIG_ODD_NONCHARACTERS},
    {"control", CONFIG_ODD_CONTROL},
    {"mixed_scripts", CONFIG_ODD_MIXED_SCRIPTS},
    {"ignorables_only", CONFIG_ODD_IGNORABLES_ONLY},
    {NULL, 0}};

static const struct schema_name flood_keys[] = {
    {"session_id", CONFIG_FLOOD_SESSION},
    {"persona", CONFIG_FLOOD_PERSONA},
    {NULL, 0}};

static const struct schema_name presets[] = {{"strict", CONFIG_STRICT},
                                             {"balanced", CONFIG_BALANCED},
                                             {"sensitive", CONFIG_SENSITIVE},
                                             {NULL, 0}};

static const struct schema_name policies[] = {
    {"leave", CONFIG_POLICY_LEAVE},
    {"remove_symbol", CONFIG_POLICY_REMOVE_SYMBOL},
    {"remove_weight", CONFIG_POLICY_REMOVE_WEIGHT},
    {"remove_all", CONFIG_POLICY_REMOVE_ALL},
    {NULL, 0}};

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

static const struct schema_row override_rows[] = {
    {"terms", "The terms, as the rule or its lists have them.", SCHEMA_TEXTS,
     TEXTS_AT(config_override, terms), .min = 1, .max = 10000,
     .item_bytes = TERM_BYTES, .required = true},
    {"id", "Shown as the hit's entity.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_override, id), .preset = ""},
    {"score", "Score of a hit.", SCHEMA_NUMBER,
     .at = AT(config_override, score), .min = -1, .max = 1},
    {"severity", "How bad a hit is.", SCHEMA_CHOICE,
     .at = AT(config_override, severity),
     .given_at = AT(config_override, severity_given), .names = severities},
    {"action", "What a hit does by itself.", SCHEMA_CHOICE,
     .at = AT(config_override, action),
     .given_at = AT(config_override, action_given), .names = actions},
};

static const struct schema_table term_override = {
    .name = "override",
    .size = sizeof(struct config_override),
    ROWS(override_rows),
    .keeps_node = true};

static const struct schema_row entropy_rows[] = {
    {"min_bits_per_char", "Shannon entropy that a token has at least.",
     SCHEMA_NUMBER, .at = AT(config_entropy, min_bits_per_char), .min = 1,
     .max = 6, .preset = "3.5", .unit = "bits"},
    {"min_chars", "Shorter tokens do not count.", SCHEMA_INTEGER,
     .at = AT(config_entropy, min_chars), .min = 16, .max = 1024,
     .preset = "24", .unit = "code points"},
    {"anywhere", "Also where no word like key or token stands nearby.",
     SCHEMA_BOOLEAN, .at = AT(config_entropy, anywhere), .preset = "false"},
};

static const struct schema_table entropy = {.name = "entropy",
                                            .size =
                                                sizeof(struct config_entropy),
                                            ROWS(entropy_rows),
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
    {"would_action", "The action it would come to with all rules enforced.",
     SCHEMA_CHOICE, .at = AT(config_test, would_action),
     .given_at = AT(config_test, would_action_given), .names = test_actions},
    {"category_scores", "Scores that must come out, as {hate: \">= 0.6\"}.",
     SCHEMA_PAIRS, TEXTS_AT(config_test, category_scores), .max = 64,
     .item_bytes = 64},
    {"extra_guardrails", "The request's extraGuardrails.", SCHEMA_TEXTS,
     TEXTS_AT(config_test, extra_guardrails), .min = 1, .max = 64,
     .item_bytes = TERM_BYTES},
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
     .required = true, .types = ANY_RULE},
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
         .item_bytes = TERM_BYTES, .types = ANY_RULE},
        {"robust",
         "none: the text as it stands; basic: with disguises folded away; "
         "strong: in every view, masked and spelt-out words too; fuzzy: near "
         "spellings, glued and split words too.",
         SCHEMA_CHOICE, .at = AT(config_rule, robust), .names = robusts,
         .preset = "basic", .types = WORDED | PII | PROMPT_LEAK},
        {"views", "Views that the patterns are run on, instead of robust's.",
         SCHEMA_CHOICES, .at = AT(config_rule, views), .names = views,
         .types = REGEX | PERSONA_BREAK | PROMPT_LEAK},
        {"when", "Runs, or for a composite hits, only where this holds.",
         SCHEMA_TEXT, SCHEMA_CONDITION, .at = AT(config_rule, when), .min = 1,
         .max = CONDITION_BYTES, .preset = ""},
        {"unless", "Not where this holds; persona.is_ai is tag:is_ai.",
         SCHEMA_TEXT, SCHEMA_CONDITION, .at = AT(config_rule, unless), .min = 1,
         .max = CONDITION_BYTES, .preset = ""},
        {"mutate",
         "Disguises that leeway test runs its positive tests under, in place "
         "of what robust promises.",
         SCHEMA_CHOICES, .at = AT(config_rule, mutate),
         .given_at = AT(config_rule, mutate_given), .names = mutations,
         .types = WORDED},
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
        {"overrides", "Terms that count otherwise than the others.",
         SCHEMA_RECORDS, ARRAY_AT(config_rule, overrides, override_count),
         .max = 10000, .table = &term_override, .types = TERMS | PERSONA_BREAK},
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
        {"ngram_words",
         "Words in one run that is looked for again, or in the prompt.",
         SCHEMA_INTEGER, .at = AT(config_rule, ngram_words), .min = 2,
         .max = 16, .preset = "5", .types = PROMPT_LEAK | REPETITION},
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
        {"min_chars",
         "A shorter reply is a hit; for language and linear: carries too "
         "little "
         "to tell.",
         SCHEMA_INTEGER, .at = AT(config_rule, min_chars), .min = 1,
         .max = 1048576, .unit = "code points",
         .types = LENGTH | LANGUAGE | LINEAR},
        {"max_chars", "A longer reply is a hit.", SCHEMA_INTEGER,
         .at = AT(config_rule, max_chars), .min = 1, .max = 1048576,
         .unit = "code points", .types = LENGTH},
        {"providers", "Whose keys; all where not given.", SCHEMA_TEXTS,
         SCHEMA_ID, TEXTS_AT(config_rule, providers), .min = 1, .max = 64,
         .item_bytes = 64, .types = SECRET},
        {"entropy", "Also tokens that look random.", SCHEMA_RECORD,
         .at = AT(config_rule, entropy), .table = &entropy, .types = SECRET},
        {"allow_domains",
         "Hosts that are fine, or names of lists of them; any other is a hit.",
         SCHEMA_TEXTS, TEXTS_AT(config_rule, allow_domains), .min = 1,
         .max = 10000, .item_bytes = 253, .types = WEB},
        {"allow_subdomains", "Hosts below those are fine too.", SCHEMA_BOOLEAN,
         .at = AT(config_rule, allow_subdomains), .preset = "true",
         .types = WEB},
        {"allowed_schemes", "Any other scheme is a hit.", SCHEMA_TEXTS,
         SCHEMA_ID, TEXTS_AT(config_rule, allowed_schemes), .min = 1, .max = 32,
         .item_bytes = 32, .types = WEB},
        {"block_userinfo", "name@ or name:password@ before the host.",
         SCHEMA_BOOLEAN, .at = AT(config_rule, block_userinfo),
         .preset = "false", .types = WEB},
        {"block_ip_hosts", "A number instead of a name.", SCHEMA_BOOLEAN,
         .at = AT(config_rule, block_ip_hosts), .preset = "false",
         .types = WEB},
        {"block_lookalike_hosts",
         "A host that reads like an allowed one, or mixes alphabets.",
         SCHEMA_BOOLEAN, .at = AT(config_rule, block_lookalike_hosts),
         .preset = "false", .types = WEB},
        {"block_private_hosts", "localhost, and addresses of no public net.",
         SCHEMA_BOOLEAN, .at = AT(config_rule, block_private_hosts),
         .preset = "false", .types = WEB},
        {"block_shorteners", "Hosts that hide where they lead.", SCHEMA_BOOLEAN,
         .at = AT(config_rule, block_shorteners), .preset = "false",
         .types = WEB},
        {"block_mismatch", "A link whose text shows another host.",
         SCHEMA_BOOLEAN, .at = AT(config_rule, block_mismatch),
         .preset = "false", .types = WEB},
        {"max_urls", "More addresses than this are hits.", SCHEMA_INTEGER,
         .at = AT(config_rule, max_urls), .min = 1, .max = 1000, .types = WEB},
        {"max_char_run", "A longer run of one character is a hit.",
         SCHEMA_INTEGER, .at = AT(config_rule, max_char_run), .min = 2,
         .max = 10000, .types = REPETITION},
        {"max_token_run", "The same words more often in a row are a hit.",
         SCHEMA_INTEGER, .at = AT(config_rule, max_token_run), .min = 1,
         .max = 1000, .types = REPETITION},
        {"max_sentence_repeats", "The same sentence more often is a hit.",
         SCHEMA_INTEGER, .at = AT(config_rule, max_sentence_repeats), .min = 1,
         .max = 1000, .types = REPETITION},
        {"max_ngram_share",
         "A hit where more than this share of the runs of ngram_words words "
         "came before.",
         SCHEMA_NUMBER, .at = AT(config_rule, max_ngram_share), .min = 0.01,
         .max = 1, .unit = "share", .types = REPETITION},
        {"key", "Whose messages are counted together.", SCHEMA_CHOICE,
         .at = AT(config_rule, key), .names = flood_keys,
         .preset = "session_id", .types = FLOOD},
        {"window", "The time looked back.", SCHEMA_INTEGER,
         .at = AT(config_rule, window_ms), .min = 1000, .max = 86400000,
         .preset = "60s", .unit = "ms", .types = FLOOD},
        {"max_messages", "More of them in that time are a hit.", SCHEMA_INTEGER,
         .at = AT(config_rule, max_messages), .min = 1, .max = 64,
         .types = FLOOD},
        {"max_near_duplicates", "More that say nearly the same are a hit.",
         SCHEMA_INTEGER, .at = AT(config_rule, max_near_duplicates), .min = 1,
         .max = CONFIG_NEAR_DUPLICATES, .types = FLOOD},
        {"max_combining_run", "More marks on one letter are a hit.",
         SCHEMA_INTEGER, .at = AT(config_rule, max_combining_run), .min = 1,
         .max = 1000, .types = UNICODE},
        {"max_invisible", "More characters that show as nothing are a hit.",
         SCHEMA_INTEGER, .at = AT(config_rule, max_invisible), .min = 0,
         .max = 10000, .types = UNICODE},
        {"forbid", "What must not be there.", SCHEMA_CHOICES,
         .at = AT(config_rule, forbid), .names = oddities, .types = UNICODE},
        {"allowed", "The languages that are no hit.", SCHEMA_TEXTS,
         SCHEMA_LANGUAGE, TEXTS_AT(config_rule, allowed), .min = 1, .max = 64,
         .item_bytes = 35, .types = LANGUAGE},
        {"weights", "File of a linear model (config/linear/README.md).",
         SCHEMA_TEXT, SCHEMA_PATH, .at = AT(config_rule, weights), .min = 1,
         .max = PATH_BYTES, .preset = "", .types = LINEAR},
        {"head", "Which of the model's scores.", SCHEMA_TEXT, SCHEMA_ID,
         .at = AT(config_rule, head), .preset = "", .types = LINEAR},
        {"preset",
         "Share of harmless replies hit: strict 1 in 1000, balanced 3 in 1000, "
         "sensitive 1 in 100.",
         SCHEMA_CHOICE, .at = AT(config_rule, preset), .names = presets,
         .preset = "strict", .types = LINEAR},
        {"threshold", "Instead of a preset: the probability of a hit.",
         SCHEMA_NUMBER, .at = AT(config_rule, threshold), .min = 0, .max = 1,
         .rival = "preset", .types = LINEAR},
        {"graded",
         "Every reply gets its probability times the rule's score towards the "
         "category, below the threshold too: a score that can be tuned by.",
         SCHEMA_BOOLEAN, .at = AT(config_rule, graded), .preset = "false",
         .types = LINEAR},
        {"policy",
         "What becomes of the hits it is made of: they stay, are not listed, "
         "do not count, or neither.",
         SCHEMA_CHOICE, .at = AT(config_rule, policy), .names = policies,
         .preset = "leave", .types = COMPOSITE},
    };

const struct schema_table schema_rule = {.name = "rule",
                                         .size = sizeof(struct config_rule),
                                         ROWS(rule_rows),
                                         .keeps_node = true,
                                         .of_rule = true,
                                         .rule_type = CONFIG_RULE_TYPES};

const struct schema_table schema_composite = {.name = "composite",
                                              .size =
                                                  sizeof(struct config_rule),
                                              ROWS(rule_rows),
                                              .keeps_node = true,
                                              .of_rule = true,
                                              .rule_type = CONFIG_COMPOSITE};

/* ---- what sets and profiles change -------------------------------------- */

static const struct schema_row rule_patch_rows[] = {
    {"action", "What a hit does.", SCHEMA_CHOICE,
     .at = AT(config_rule_patch, action),
     .given_at = AT(config_rule_patch, action_given), .names = actions},
    {"mode", "Whether it runs and counts.", SCHEMA_CHOICE,
     .at = AT(config_rule_patch, mode),
     .given_at = AT(config_rule_patch, mode_given), .names = modes},
};

const struct schema_table schema_rule_patch = {
    .name = "rule change",
    .size = sizeof(struct config_rule_patch),
    ROWS(rule_patch_rows),
    .id_form = SCHEMA_RULE,
    .id_at = AT(config_rule_patch, rule),
    .keeps_node = true};

static const struct schema_row guardrail_rows[] = {
    {"rules", "Rules that act otherwise.", SCHEMA_MAP,
     ARRAY_AT(config_guardrail, rules, rule_count), .max = 1000,
     .table = &schema_rule_patch},
    {"add", "Rules that run only where this set is asked for.", SCHEMA_RECORDS,
     ARRAY_AT(config_guardrail, add, add_count), .max = 1000,
     .table = &schema_rule},
};

const struct schema_table schema_guardrail = {
    .name = "guardrail",
    .size = sizeof(struct config_guardrail),
    ROWS(guardrail_rows),
    .id_form = SCHEMA_ID,
    .id_at = AT(config_guardrail, id),
    .keeps_node = true};
