#include "sidecar/engine/secret_block.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/secret_check.h"

enum {
    BLOCK_BYTES = 32768,  /* a 16384-bit RSA key has 13 KB */
    LABEL_BYTES = 48,     /* "OPENSSH PRIVATE KEY" */
    LINE_LEAST = 24,      /* characters of a line of a block that is cut off */
    ACCOUNT_BYTES = 8192, /* of a service account's JSON */
    ACCOUNT_BEFORE = 64   /* of it before its type: white space */
};

static const char begin[] = "-----BEGIN ";
static const char dashes[] = "-----";

static bool
stands_at(struct text text, size_t at, const char *what)
{
    const size_t len = strlen(what);

    return at <= text.len && text.len - at >= len &&
           memcmp(text.at + at, what, len) == 0;
}

/* Offset of the needle in [from, to), or `to`. */
static size_t
find(struct text text, size_t from, size_t to, const char *needle)
{
    for (size_t at = from; at < to; at++) {
        const char *const next = memchr(text.at + at, needle[0], to - at);

        if (next == NULL) {
            return to;
        }
        at = (size_t)(next - text.at);
        if (stands_at(text, at, needle)) {
            return at;
        }
    }
    return to;
}

static size_t
at_most(struct text text, size_t from, size_t bytes)
{
    return text.len - from > bytes ? from + bytes : text.len;
}

/* The end of a block without an end line: lines as long as its own. */
static size_t
cut_end(struct text text, size_t at, size_t stop)
{
    size_t end = at;

    while (at < stop) {
        while (at < stop && (pii_char_is(text.at[at], PII_CHAR_SPACE) ||
                             stands_at(text, at, "\\n"))) {
            at += text.at[at] == '\\' ? 2u : 1u;
        }
        const size_t line = at;

        while (at < stop &&
               secret_check_is(text.at[at],
                               SECRET_CHECK_ALNUM | SECRET_CHECK_BASE64)) {
            at++;
        }
        if (at - line < LINE_LEAST) {
            break;
        }
        end = at;
    }
    return end;
}

/* The offset after the closing dashes of an end line at `at`. */
static size_t
end_line(struct text text, size_t at)
{
    const size_t label = at + strlen(dashes);
    const size_t stop = at_most(text, label, LABEL_BYTES);
    const size_t shut = find(text, label, stop, dashes);

    return shut < stop ? shut + strlen(dashes) : stop;
}

bool
secret_block_pem(struct text plain, size_t at, uint64_t wanted,
                 struct secret_match *out)
{
    if (!stands_at(plain, at, begin)) {
        return false;
    }
    const size_t label = at + strlen(begin);
    const size_t label_stop = at_most(plain, label, LABEL_BYTES);
    const size_t shut = find(plain, label, label_stop, dashes);

    if (shut == label_stop || find(plain, label, shut, "PRIVATE KEY") == shut) {
        return false;
    }
    const bool ssh = stands_at(plain, label, "OPENSSH");
    const uint64_t pem = wanted & SECRET_BIT(SECRET_PEM);

    if (pem == 0 && (!ssh || (wanted & SECRET_BIT(SECRET_SSH)) == 0)) {
        return false;
    }
    const size_t body = shut + strlen(dashes);
    const size_t stop = at_most(plain, body, BLOCK_BYTES);
    const size_t next = find(plain, body, stop, dashes);
    const bool whole = next < stop && stands_at(plain, next, "-----END ");

    *out = (struct secret_match){
        .provider = ssh && (wanted & SECRET_BIT(SECRET_SSH)) != 0 ? SECRET_SSH
                                                                  : SECRET_PEM,
        .entity = "PRIVATE_KEY",
        .from = at,
        .to = whole ? end_line(plain, next) : cut_end(plain, body, next),
        .score = whole ? 1.0 : 0.9};
    if (out->to < body) {
        out->to = body;
    }
    return true;
}

bool
secret_block_account(struct text plain, size_t at, size_t *seen,
                     struct secret_match *out)
{
    const size_t value = at + 1 + (pii_char_at(plain, at + 1) == ' ');

    if (at < *seen || at < 6 || !stands_at(plain, at - 6, "\"type\"") ||
        !stands_at(plain, value, "\"service_account\"")) {
        return false;
    }
    const size_t stop = at_most(plain, at, ACCOUNT_BYTES);
    size_t from = at - strlen("\"type\"");

    // It is the first key: what its maker writes.
    while (from > 0 && at - from < ACCOUNT_BEFORE &&
           pii_char_is(plain.at[from - 1], PII_CHAR_SPACE)) {
        from--;
    }
    from -= from > 0;
    if (plain.at[from] != '{') {
        return false;
    }
    const char *const shut = memchr(plain.at + at, '}', stop - at);
    const size_t to = shut != NULL ? (size_t)(shut - plain.at) + 1 : stop;

    *seen = to;
    if (shut == NULL || find(plain, from, to, "\"private_key\"") == to) {
        return false;
    }
    *out = (struct secret_match){.provider = SECRET_GCP,
                                 .entity = "PRIVATE_KEY",
                                 .from = from,
                                 .to = to,
                                 .score = 1.0,
                                 .validated = true};
    return true;
}
