#include "sidecar/engine/secret_prefix.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/secret_check.h"

enum {
    PARTS = 3,         /* of a token, with points between them */
    PART_CHARS = 16384 /* of the longest part: a JWT's claims */
};

enum class { ALNUM, URL, HEX, CAPITALS, BASE64, EQUALS };

static const unsigned class_bits[] = {
    [ALNUM] = SECRET_CHECK_ALNUM,
    [URL] = SECRET_CHECK_ALNUM | SECRET_CHECK_URL,
    [HEX] = SECRET_CHECK_HEX,
    [CAPITALS] = SECRET_CHECK_UPPER | SECRET_CHECK_DIGIT,
    [BASE64] = SECRET_CHECK_ALNUM | SECRET_CHECK_BASE64,
    [EQUALS] = SECRET_CHECK_ALNUM | SECRET_CHECK_URL | SECRET_CHECK_BASE64,
};

/* What else the token says of itself. */
enum proof { WRONG, FITS, PROVED };

struct part {
    enum class class;
    unsigned short min, max; /* characters; 0, 0: no more parts */
};

struct row {
    const char *prefix; /* "": the row's check knows */
    enum secret_provider provider;
    struct part parts[PARTS];
    enum proof (*check)(struct text token, struct text body);
};

/* The body looks random. */
static enum proof
mixed(struct text token, struct text body)
{
    (void)token;
    return secret_check_mixed(body) ? FITS : WRONG;
}

static enum proof
summed(struct text token, struct text body)
{
    return secret_check_crc(body) ? PROVED : mixed(token, body);
}

/* OpenAI's keys hold base64 of "OpenAI"; not all that people paste do. */
static enum proof
openai(struct text token, struct text body)
{
    static const char mark[] = "T3BlbkFJ";

    for (size_t i = 0; i + sizeof(mark) - 1 <= body.len; i++) {
        if (memcmp(body.at + i, mark, sizeof(mark) - 1) == 0) {
            return PROVED;
        }
    }
    return mixed(token, body);
}

/* Numbers of a team and a bot: "xoxo-love-..." is a greeting. */
static enum proof
slack(struct text token, struct text body)
{
    size_t digits = 0;

    for (size_t i = 0; i < body.len; i++) {
        digits += pii_char_is(body.at[i], PII_CHAR_DIGIT);
    }
    return digits >= 6 ? mixed(token, body) : WRONG;
}

/* Base 32 is what the access key ids are made of. */
static enum proof
aws(struct text token, struct text body)
{
    (void)token;
    for (size_t i = 0; i < body.len; i++) {
        if (strchr("0189", body.at[i]) != NULL) {
            return FITS;
        }
    }
    return secret_check_bits(body) >= 2.0 ? PROVED : WRONG;
}

static enum proof
jwt(struct text token, struct text body)
{
    size_t end = 0;

    (void)body;
    while (end < token.len && token.at[end] != '.') {
        end++;
    }
    return secret_check_jwt_header(text_part(token, 0, end)) ? PROVED : WRONG;
}

static enum proof
discord(struct text token, struct text body)
{
    size_t end = 0;

    (void)body;
    while (end < token.len && token.at[end] != '.') {
        end++;
    }
    return secret_check_account(text_part(token, 0, end)) ? PROVED : WRONG;
}

/* Sorted by prefix. */
static const struct row rows[] = {
    {"AC", SECRET_TWILIO, {{HEX, 32, 32}}, mixed},
    {"AGE-SECRET-KEY-1", SECRET_AGE, {{CAPITALS, 58, 58}}, mixed},
    {"AIza", SECRET_GOOGLE, {{URL, 35, 35}}, mixed},
    {"AKIA", SECRET_AWS, {{CAPITALS, 16, 16}}, aws},
    {"ASIA", SECRET_AWS, {{CAPITALS, 16, 16}}, aws},
    {"ATATT3", SECRET_ATLASSIAN, {{EQUALS, 100, 300}}, mixed},
    {"GOCSPX-", SECRET_GOOGLE, {{URL, 28, 28}}, mixed},
    {"LTAI", SECRET_ALIBABA, {{ALNUM, 16, 24}}, mixed},
    {"M", SECRET_DISCORD, {{URL, 22, 28}, {URL, 6, 7}, {URL, 27, 40}}, discord},
    {"N", SECRET_DISCORD, {{URL, 22, 28}, {URL, 6, 7}, {URL, 27, 40}}, discord},
    {"NRAK-", SECRET_NEWRELIC, {{CAPITALS, 27, 27}}, mixed},
    {"O", SECRET_DISCORD, {{URL, 22, 28}, {URL, 6, 7}, {URL, 27, 40}}, discord},
    {"PMAK-", SECRET_POSTMAN, {{URL, 59, 59}}, mixed},
    {"SG.", SECRET_SENDGRID, {{URL, 16, 32}, {URL, 16, 64}}, mixed},
    {"SK", SECRET_TWILIO, {{HEX, 32, 32}}, mixed},
    {"dapi", SECRET_DATABRICKS, {{HEX, 32, 32}}, mixed},
    {"dckr_pat_", SECRET_DOCKER, {{URL, 24, 64}}, mixed},
    {"doo_v1_", SECRET_DIGITALOCEAN, {{HEX, 64, 64}}, mixed},
    {"dop_v1_", SECRET_DIGITALOCEAN, {{HEX, 64, 64}}, mixed},
    {"dor_v1_", SECRET_DIGITALOCEAN, {{HEX, 64, 64}}, mixed},
    {"dp.ct.", SECRET_DOPPLER, {{ALNUM, 40, 44}}, mixed},
    {"dp.pt.", SECRET_DOPPLER, {{ALNUM, 40, 44}}, mixed},
    {"dp.st.", SECRET_DOPPLER, {{ALNUM, 40, 44}}, mixed},
    {"eyJ",
     SECRET_JWT,
     {{URL, 9, 2048}, {URL, 4, PART_CHARS}, {URL, 8, 2048}},
     jwt},
    {"figd_", SECRET_FIGMA, {{URL, 36, 64}}, mixed},
    {"gho_", SECRET_GITHUB, {{ALNUM, 36, 255}}, summed},
    {"ghp_", SECRET_GITHUB, {{ALNUM, 36, 255}}, summed},
    {"ghr_", SECRET_GITHUB, {{ALNUM, 36, 255}}, summed},
    {"ghs_", SECRET_GITHUB, {{ALNUM, 36, 255}}, summed},
    {"ghu_", SECRET_GITHUB, {{ALNUM, 36, 255}}, summed},
    {"github_pat_", SECRET_GITHUB, {{URL, 22, 255}}, mixed},
    {"glagent-", SECRET_GITLAB, {{URL, 50, 50}}, mixed},
    {"glcbt-", SECRET_GITLAB, {{URL, 20, 64}}, mixed},
    {"gldt-", SECRET_GITLAB, {{URL, 20, 64}}, mixed},
    {"glft-", SECRET_GITLAB, {{URL, 20, 64}}, mixed},
    {"glpat-", SECRET_GITLAB, {{URL, 20, 300}}, mixed},
    {"glptt-", SECRET_GITLAB, {{URL, 20, 64}}, mixed},
    {"glrt-", SECRET_GITLAB, {{URL, 20, 64}}, mixed},
    {"glsa_", SECRET_GRAFANA, {{URL, 41, 41}}, mixed},
    {"gsk_", SECRET_GROQ, {{ALNUM, 40, 64}}, mixed},
    {"hf_", SECRET_HUGGINGFACE, {{ALNUM, 30, 60}}, mixed},
    {"hvb.", SECRET_VAULT, {{URL, 90, 300}}, mixed},
    {"hvs.", SECRET_VAULT, {{URL, 24, 300}}, mixed},
    {"key-", SECRET_MAILGUN, {{HEX, 32, 32}}, mixed},
    {"lin_api_", SECRET_LINEAR, {{ALNUM, 40, 40}}, mixed},
    {"npm_", SECRET_NPM, {{ALNUM, 36, 36}}, summed},
    {"ntn_", SECRET_NOTION, {{ALNUM, 40, 60}}, mixed},
    {"oy2", SECRET_NUGET, {{ALNUM, 43, 43}}, mixed},
    {"pk_live_", SECRET_STRIPE, {{ALNUM, 16, 247}}, mixed},
    {"pk_test_", SECRET_STRIPE, {{ALNUM, 16, 247}}, mixed},
    {"pplx-", SECRET_PERPLEXITY, {{ALNUM, 40, 64}}, mixed},
    {"pypi-AgE", SECRET_PYPI, {{URL, 50, 1024}}, mixed},
    {"r8_", SECRET_REPLICATE, {{ALNUM, 37, 40}}, mixed},
    {"rk_live_", SECRET_STRIPE, {{ALNUM, 16, 247}}, mixed},
    {"rk_test_", SECRET_STRIPE, {{ALNUM, 16, 247}}, mixed},
    {"sb_secret_", SECRET_SUPABASE, {{URL, 24, 64}}, mixed},
    {"secret_", SECRET_NOTION, {{ALNUM, 43, 43}}, mixed},
    {"shpat_", SECRET_SHOPIFY, {{HEX, 32, 32}}, mixed},
    {"shpca_", SECRET_SHOPIFY, {{HEX, 32, 32}}, mixed},
    {"shppa_", SECRET_SHOPIFY, {{HEX, 32, 32}}, mixed},
    {"shpss_", SECRET_SHOPIFY, {{HEX, 32, 32}}, mixed},
    {"sk-", SECRET_OPENAI, {{URL, 20, 255}}, openai},
    {"sk-ant-", SECRET_ANTHROPIC, {{URL, 24, 255}}, mixed},
    {"sk-or-v1-", SECRET_OPENROUTER, {{HEX, 64, 64}}, mixed},
    {"sk_live_", SECRET_STRIPE, {{ALNUM, 16, 247}}, mixed},
    {"sk_test_", SECRET_STRIPE, {{ALNUM, 16, 247}}, mixed},
    {"sq0atp-", SECRET_SQUARE, {{URL, 22, 22}}, mixed},
    {"sq0csp-", SECRET_SQUARE, {{URL, 43, 43}}, mixed},
    {"whsec_", SECRET_STRIPE, {{BASE64, 24, 88}}, mixed},
    {"xai-", SECRET_XAI, {{ALNUM, 70, 90}}, mixed},
    {"xapp-", SECRET_SLACK, {{URL, 20, 255}}, slack},
    {"xoxa-", SECRET_SLACK, {{URL, 16, 255}}, slack},
    {"xoxb-", SECRET_SLACK, {{URL, 16, 255}}, slack},
    {"xoxe-", SECRET_SLACK, {{URL, 16, 512}}, slack},
    {"xoxo-", SECRET_SLACK, {{URL, 16, 255}}, slack},
    {"xoxp-", SECRET_SLACK, {{URL, 16, 255}}, slack},
    {"xoxr-", SECRET_SLACK, {{URL, 16, 255}}, slack},
    {"xoxs-", SECRET_SLACK, {{URL, 16, 255}}, slack},
    {"ya29.", SECRET_GOOGLE, {{URL, 20, 1024}}, mixed},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const char *
secret_prefix_row(size_t row)
{
    return row < ROWS ? rows[row].prefix : NULL;
}

/* The first row whose prefix begins with c or what comes after it. */
static size_t
first_row(char c)
{
    size_t low = 0, high = ROWS;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (rows[middle].prefix[0] < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool
may_begin(struct text text, size_t at)
{
    const char before = at > 0 ? text.at[at - 1] : ' ';

    return !pii_char_word(before) && before != '_' &&
           (before != '-' || (at > 1 && text.at[at - 2] == '-'));
}

/* The end of one part; 0 where it is too short or too long. */
static size_t
part_end(struct text text, size_t at, const struct part *part)
{
    const unsigned class = class_bits[part->class];
    size_t to = at;

    // One more than fits, and a few that may be the sentence's.
    while (to < text.len && to - at < part->max + 8u &&
           secret_check_is(text.at[to], class)) {
        to++;
    }
    // A hyphen after a token of fixed length is the sentence's.
    while (to - at > part->max && to > at && !pii_char_word(text.at[to - 1])) {
        to--;
    }
    return to - at >= part->min && to - at <= part->max ? to : 0;
}

/* The end of all parts; 0 where they do not fit. */
static size_t
token_end(struct text text, size_t at, const struct row *row)
{
    size_t to = part_end(text, at, &row->parts[0]);

    for (size_t i = 1; i < PARTS && row->parts[i].max > 0 && to > 0; i++) {
        to = pii_char_at(text, to) == '.'
                 ? part_end(text, to + 1, &row->parts[i])
                 : 0;
    }
    const char next = pii_char_at(text, to);

    return to > 0 && !pii_char_word(next) && next != '_' ? to : 0;
}

/* GitLab's routable tokens go on: ".01." and seven characters of a checksum. */
static size_t
routable_end(struct text text, size_t to)
{
    if (pii_char_at(text, to) != '.' || text.len - to < 11 ||
        text.at[to + 3] != '.') {
        return to;
    }
    for (size_t i = 1; i < 11; i++) {
        if (i != 3 && !secret_check_is(text.at[to + i], SECRET_CHECK_ALNUM)) {
            return to;
        }
    }
    return to + 11;
}

static bool
try_row(struct text text, size_t at, const struct row *row,
        struct secret_match *out)
{
    const size_t body = at + strlen(row->prefix);
    size_t to = token_end(text, body, row);

    if (to == 0) {
        return false;
    }
    switch (row->check(text_part(text, at, to), text_part(text, body, to))) {
    case WRONG:
        return false;
    case FITS:
        out->validated = false;
        break;
    case PROVED:
        out->validated = true;
        break;
    }
    if (row->provider == SECRET_GITLAB) {
        to = routable_end(text, to);
    }
    out->provider = row->provider;
    out->entity = row->provider == SECRET_JWT ? "JWT" : "API_KEY";
    out->from = at;
    out->to = to;
    // An account's id is not the key to it, but stands beside it.
    out->score = strcmp(row->prefix, "AC") == 0 ? 0.6
                 : out->validated               ? 1.0
                                                : 0.9;
    return true;
}

bool
secret_prefix_find(struct text plain, size_t at, uint64_t wanted,
                   struct secret_match *out)
{
    const struct text rest = text_part(plain, at, plain.len);
    bool found = false;

    if (!may_begin(plain, at)) {
        return false;
    }

    // The last row that fits has the longest prefix: "sk-ant-" after "sk-".
    for (size_t i = first_row(rest.at[0]);
         i < ROWS && rows[i].prefix[0] == rest.at[0]; i++) {
        if (text_starts(rest, text_of(rows[i].prefix)) &&
            (wanted & SECRET_BIT(rows[i].provider)) != 0) {
            found = try_row(plain, at, &rows[i], out) || found;
        }
    }
    return found;
}
