#include "sidecar/engine/secret_assign.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_word.h"
#include "sidecar/engine/secret_check.h"

enum {
    NAME_BYTES = 48,
    VALUE_BYTES = 128,
    ADDRESS_BYTES = 512,
    SECRET_CHARS = 12,  /* of an assigned secret that is no password */
    HEADER_CHARS = 8,   /* of credentials in a header */
    BOT_ID_CHARS = 8,   /* of a Telegram bot's number, to 10 */
    BOT_KEY_CHARS = 35, /* of what follows it */
    STORAGE_CHARS = 40  /* of an Azure key; most have 88 */
};

enum naming { NO_SECRET, A_PASSWORD, A_SECRET, A_STORAGE_KEY, A_HEADER };

/* What a name without its separators ends in. */
static const struct {
    const char *end;
    enum naming naming;
} namings[] = {
    {"password", A_PASSWORD},      {"passwd", A_PASSWORD},
    {"passphrase", A_PASSWORD},    {"passcode", A_PASSWORD},
    {"pwd", A_PASSWORD},           {"passwort", A_PASSWORD},
    {"motdepasse", A_PASSWORD},    {"contrasena", A_PASSWORD},
    {"accountkey", A_STORAGE_KEY}, {"sharedaccesskey", A_STORAGE_KEY},
    {"authorization", A_HEADER},   {"secret", A_SECRET},
    {"token", A_SECRET},           {"apikey", A_SECRET},
    {"accesskey", A_SECRET},       {"secretkey", A_SECRET},
    {"privatekey", A_SECRET},      {"authkey", A_SECRET},
    {"encryptionkey", A_SECRET},   {"signingkey", A_SECRET},
    {"masterkey", A_SECRET},       {"licensekey", A_SECRET},
    {"credential", A_SECRET},      {"credentials", A_SECRET},
    {"subscriptionkey", A_SECRET}, {"sig", A_SECRET},
};

static char
char_before(struct text text, size_t at)
{
    return at > 0 ? text.at[at - 1] : '\0';
}

static bool
is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* The name that ends before `at`, without separators, in lower case. */
static enum naming
naming_before(struct text text, size_t at)
{
    char name[NAME_BYTES];
    size_t from = NAME_BYTES, read = 0;

    at -= char_before(text, at) == ':';
    for (int i = 0;
         i < 3 && at > 0 &&
         (is_quote(text.at[at - 1]) || strchr(" ]*", text.at[at - 1]) != NULL);
         i++) {
        at--;
    }
    while (at > 0 && read++ < NAME_BYTES &&
           (pii_char_word(text.at[at - 1]) ||
            strchr("_-.", text.at[at - 1]) != NULL)) {
        at--;
        if (pii_char_word(text.at[at])) {
            name[--from] = ascii_lower(text.at[at]);
        }
    }
    const struct text whole = {name + from, NAME_BYTES - from};

    if (whole.len < 3) {
        return NO_SECRET;
    }
    for (size_t i = 0; i < sizeof(namings) / sizeof(namings[0]); i++) {
        if (text_ends(whole, text_of(namings[i].end))) {
            return namings[i].naming;
        }
    }
    // "The password for the router: ..."
    return pii_word_before(text, at, "password passphrase passwd pwd", 3)
               ? A_PASSWORD
               : NO_SECRET;
}

struct value {
    size_t from, to;
    bool quoted;
};

/* Reads a value from `at`, quoted or up to what ends one. */
static struct value
read_value(struct text text, size_t at)
{
    struct value value = {at, at, false};
    const char quote = pii_char_at(text, at);

    if (is_quote(quote) ||
        (quote == '\\' && pii_char_at(text, at + 1) == '"')) {
        value.from = value.to = at + (quote == '\\' ? 2u : 1u);
        value.quoted = true;
    }
    while (value.to < text.len && value.to - value.from < VALUE_BYTES) {
        const char c = text.at[value.to];

        if (value.quoted ? c == quote || c == '\n'
                         : (unsigned char)c <= ' ' || is_quote(c) ||
                               strchr(",;<>)]}|\\", c) != NULL) {
            break;
        }
        value.to++;
    }
    while (!value.quoted && value.to > value.from &&
           strchr(".,:!?*_", text.at[value.to - 1]) != NULL) {
        value.to--;
    }
    return value;
}

/* Does it look like a thing that a person types to get in? */
static bool
is_password(struct text value, bool assigned)
{
    size_t digits = 0, lowers = 0, uppers = 0, signs = 0, spaces = 0;

    for (size_t i = 0; i < value.len; i++) {
        const char c = value.at[i];

        digits += secret_check_is(c, SECRET_CHECK_DIGIT);
        lowers += secret_check_is(c, SECRET_CHECK_LOWER);
        uppers += i > 0 && secret_check_is(c, SECRET_CHECK_UPPER);
        signs += strchr("!@#$%^&*+=~?/", c) != NULL && i + 1 < value.len;
        spaces += c == ' ';
        if (strchr("(){}<>[]", c) != NULL || (i > 1 && c == '/')) {
            return false; // code, a blank to be filled in, an address
        }
    }
    if (secret_check_placeholder(value) || spaces > 0) {
        return false;
    }
    if (digits == value.len) {
        return value.len >= 4 && value.len <= 12;
    }
    if (value.len < 5) {
        return false;
    }
    return (digits > 0 && lowers + uppers > 1) ||
           (signs > 0 && lowers + uppers > 2) ||
           (uppers > 0 && lowers > 1 && value.len >= 8) ||
           (assigned && value.len >= 6 && lowers == value.len);
}

static bool
is_secret(struct text value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (strchr("(){}<>[] ", value.at[i]) != NULL) {
            return false;
        }
    }
    return value.len >= SECRET_CHARS && value.at[0] != '/' &&
           secret_check_mixed(value) && !secret_check_uuid(value) &&
           !secret_check_placeholder(value) &&
           secret_check_bits(value) >= 2.8 &&
           (value.len < 24 || secret_check_random(value) ||
            memchr(value.at, '.', value.len) != NULL);
}

/* "Basic dXNlcjpw...": the offset of what follows the word, or `at`. */
static size_t
after_scheme(struct text text, size_t at)
{
    size_t to = at;

    while (pii_char_is(pii_char_at(text, to), PII_CHAR_LETTER) && to - at < 8) {
        to++;
    }
    return pii_char_at(text, to) == ' ' &&
                   pii_word_listed(text_part(text, at, to),
                                   "basic bearer token apikey digest")
               ? to + 1
               : at;
}

static bool
report(enum secret_provider provider, const char *entity, size_t from,
       size_t to, double score, struct secret_match *out)
{
    *out = (struct secret_match){.provider = provider,
                                 .entity = entity,
                                 .from = from,
                                 .to = to,
                                 .score = score};
    return true;
}

/*
 * An Azure storage or bus key: the connection string that it stands in, back
 * to its beginning in the same row of characters.
 */
static bool
report_storage(struct text text, struct value value, struct secret_match *out)
{
    size_t from = value.from;
    const size_t least = from > ADDRESS_BYTES ? from - ADDRESS_BYTES : 0;

    while (from > least && (unsigned char)text.at[from - 1] > ' ' &&
           !is_quote(text.at[from - 1])) {
        from--;
    }
    const struct text row = text_part(text, from, value.from);

    if (!text_starts(row, TEXT("DefaultEndpointsProtocol=")) &&
        !text_starts(row, TEXT("Endpoint="))) {
        return report(SECRET_AZURE, "API_KEY", value.from, value.to, 0.95, out);
    }
    size_t to = value.to;

    while (to < text.len && to - value.to < ADDRESS_BYTES &&
           (unsigned char)text.at[to] > ' ' && !is_quote(text.at[to])) {
        to++;
    }
    while (text.at[to - 1] == '.' || text.at[to - 1] == ',') {
        to--;
    }
    return report(SECRET_AZURE, "CONNECTION_STRING", from, to, 1.0, out);
}

static bool
wants(uint64_t wanted, enum secret_provider provider)
{
    return (wanted & SECRET_BIT(provider)) != 0;
}

/* The value of a name, by what the name says it is. */
static bool
judge(struct text text, struct value value, enum naming naming, bool assigned,
      uint64_t wanted, struct secret_match *out)
{
    const struct text inner = text_part(text, value.from, value.to);

    switch (naming) {
    case A_PASSWORD:
        return wants(wanted, SECRET_PASSWORD) &&
               is_password(inner, assigned || value.quoted) &&
               report(SECRET_PASSWORD, "PASSWORD", value.from, value.to, 0.8,
                      out);
    case A_STORAGE_KEY:
        if (wants(wanted, SECRET_AZURE) && inner.len >= STORAGE_CHARS &&
            secret_check_mixed(inner)) {
            return report_storage(text, value, out);
        }
        return wants(wanted, SECRET_ASSIGNED) && is_secret(inner) &&
               report(SECRET_ASSIGNED, "SECRET", value.from, value.to, 0.8,
                      out);
    case A_SECRET:
        return wants(wanted, SECRET_ASSIGNED) && is_secret(inner) &&
               report(SECRET_ASSIGNED, "SECRET", value.from, value.to, 0.8,
                      out);
    case A_HEADER:
    case NO_SECRET:
        break;
    }
    return false;
}

bool
secret_assign_find(struct text plain, size_t at, uint64_t wanted,
                   struct secret_match *out)
{
    const bool assigned = plain.at[at] == '=';
    size_t from = at + 1;

    // "==", "!=", "<=" compare; "=>" and ":=" assign.
    if ((assigned && (pii_char_at(plain, from) == '=' ||
                      strchr("=!<>", char_before(plain, at)) != NULL)) ||
        (!assigned && pii_char_at(plain, from) == '=')) {
        return false;
    }
    const enum naming naming = naming_before(plain, at);

    if (naming == NO_SECRET) {
        return false;
    }
    from += pii_char_at(plain, from) == '>';
    for (int i = 0; i < 3 && strchr(" *", pii_char_at(plain, from)) != NULL &&
                    from < plain.len;
         i++) {
        from++;
    }
    if (naming == A_HEADER) {
        const size_t after = after_scheme(plain, from);
        const struct value value = read_value(plain, after);
        const struct text inner = text_part(plain, value.from, value.to);

        return wants(wanted, SECRET_HEADER) && after > from &&
               inner.len >= HEADER_CHARS && !secret_check_placeholder(inner) &&
               secret_check_mixed(inner) &&
               report(SECRET_HEADER, "AUTH_HEADER", value.from, value.to, 0.95,
                      out);
    }
    return judge(plain, read_value(plain, from), naming, assigned, wanted, out);
}

/* Hosts whose addresses are secrets: who has one may post. */
static const struct {
    const char *start;
    enum secret_provider provider;
    size_t least; /* bytes after it */
} webhooks[] = {
    {"://hooks.slack.com/services/", SECRET_SLACK, 40},
    {"://hooks.slack.com/workflows/", SECRET_SLACK, 40},
    {"://discord.com/api/webhooks/", SECRET_DISCORD, 60},
    {"://discordapp.com/api/webhooks/", SECRET_DISCORD, 60},
    {"://outlook.office.com/webhook/", SECRET_AZURE, 60},
};

/* The end of an address: blanks, quotes, brackets, the sentence's end. */
static size_t
address_end(struct text text, size_t at)
{
    size_t to = at;

    while (to < text.len && to - at < ADDRESS_BYTES &&
           (unsigned char)text.at[to] > ' ' && !is_quote(text.at[to]) &&
           strchr("<>)]}|\\^", text.at[to]) == NULL) {
        to++;
    }
    while (to > at && strchr(".,;:!?*_", text.at[to - 1]) != NULL) {
        to--;
    }
    return to;
}

bool
secret_assign_address(struct text plain, size_t at, uint64_t wanted,
                      struct secret_match *out)
{
    const size_t start = at + strlen("://");
    size_t from = at, to, at_sign = 0, colon = 0;

    while (from > 0 && at - from < 24 &&
           (pii_char_word(plain.at[from - 1]) ||
            strchr("+-.", plain.at[from - 1]) != NULL)) {
        from--;
    }
    for (size_t i = 0; i < sizeof(webhooks) / sizeof(webhooks[0]); i++) {
        if (wants(wanted, webhooks[i].provider) &&
            text_starts(text_part(plain, at, plain.len),
                        text_of(webhooks[i].start))) {
            to = address_end(plain, at);
            return to - at >= strlen(webhooks[i].start) + webhooks[i].least &&
                   report(webhooks[i].provider, "WEBHOOK", from, to, 1.0, out);
        }
    }
    if (from == at || !wants(wanted, SECRET_CONNECTION)) {
        return false;
    }
    for (to = start; to < plain.len && to - start < VALUE_BYTES &&
                     (unsigned char)plain.at[to] > ' ' &&
                     strchr("/?#\"'`<>", plain.at[to]) == NULL;
         to++) {
        if (plain.at[to] == '@') {
            at_sign = to;
        } else if (plain.at[to] == ':' && colon == 0) {
            colon = to;
        }
    }
    if (colon == 0 || at_sign < colon + 2 || at_sign + 1 == to ||
        secret_check_placeholder(text_part(plain, colon + 1, at_sign))) {
        return false;
    }
    return report(SECRET_CONNECTION, "CONNECTION_STRING", from,
                  address_end(plain, at), 0.95, out);
}

bool
secret_assign_said(struct text plain, size_t at, struct secret_match *out)
{
    size_t from = at, to = at;

    while (from > 0 && at - from < 8 &&
           pii_char_is(plain.at[from - 1], PII_CHAR_LETTER)) {
        from--;
    }
    while (to - at < 8 &&
           pii_char_is(pii_char_at(plain, to), PII_CHAR_LETTER)) {
        to++;
    }
    if (pii_char_at(plain, to) != ' ' ||
        !pii_word_listed(text_part(plain, from, to),
                         "password passwd pwd passwort")) {
        return false;
    }
    const size_t verb = to + 1;

    for (to = verb; to - verb < 4 &&
                    pii_char_is(pii_char_at(plain, to), PII_CHAR_LETTER);) {
        to++;
    }
    if (!pii_word_listed(text_part(plain, verb, to), "is was ist")) {
        return false;
    }
    to += pii_char_at(plain, to) == ':';
    if (pii_char_at(plain, to) != ' ') {
        return false;
    }
    const struct value value = read_value(plain, to + 1);

    // In a sentence a word is a word: "the password is Swordfish".
    return is_password(text_part(plain, value.from, value.to), value.quoted) &&
           report(SECRET_PASSWORD, "PASSWORD", value.from, value.to, 0.75, out);
}

bool
secret_assign_bot(struct text plain, size_t at, struct secret_match *out)
{
    size_t from = at, to = at + 1;

    while (from > 0 && at - from <= BOT_ID_CHARS + 2 &&
           pii_char_is(plain.at[from - 1], PII_CHAR_DIGIT)) {
        from--;
    }
    if (at - from < BOT_ID_CHARS || at - from > BOT_ID_CHARS + 2 ||
        plain.len - to < BOT_KEY_CHARS) {
        return false;
    }
    while (
        to < plain.len && to - at <= BOT_KEY_CHARS + 1 &&
        secret_check_is(plain.at[to], SECRET_CHECK_ALNUM | SECRET_CHECK_URL)) {
        to++;
    }
    return to - at - 1 == BOT_KEY_CHARS &&
           secret_check_mixed(text_part(plain, at + 1, to)) &&
           report(SECRET_TELEGRAM, "API_KEY", from, to, 0.95, out);
}
