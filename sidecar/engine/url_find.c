#include "sidecar/engine/url_find.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_ip.h"
#include "sidecar/engine/pii_url.h"
#include "sidecar/engine/pii_word.h"

enum {
    LINK_BYTES = 2048,
    SHOWN_BYTES = 256, /* of a Markdown link's words */
    TOKEN_BYTES = 64   /* a label or scheme has 63 */
};

static size_t
next_of(struct text text, size_t at, char c)
{
    const char *const next =
        at < text.len ? memchr(text.at + at, c, text.len - at) : NULL;

    return next == NULL ? text.len : (size_t)(next - text.at);
}

static bool
opens_bracket(char c)
{
    return c == '[' || c == '(' || c == '{' || c == '<';
}

/* Is there a bracket with a dot in it: "[.]", "(dot)"? */
static bool
holds_bracket(struct text text, char bracket)
{
    for (size_t at = next_of(text, 0, bracket); at < text.len;
         at = next_of(text, at + 1, bracket)) {
        const size_t inner = at + 1 + (pii_char_at(text, at + 1) == ' ');
        const char next = ascii_lower(pii_char_at(text, inner));

        if (next == '.' || next == 'd' || next == ':') {
            return true;
        }
    }
    return false;
}

/* Is "dot" a word in it, with a blank on both sides? */
static bool
holds_dot(struct text text, char d)
{
    for (size_t at = next_of(text, 0, d); at < text.len;
         at = next_of(text, at + 1, d)) {
        if (ascii_lower(pii_char_at(text, at + 1)) == 'o' &&
            ascii_lower(pii_char_at(text, at + 2)) == 't' &&
            pii_char_at(text, at + 3) == ' ' && at > 0 &&
            text.at[at - 1] == ' ') {
            return true;
        }
    }
    return false;
}

bool
url_find_any(struct text plain)
{
    for (size_t at = next_of(plain, 0, '.'); at < plain.len;
         at = next_of(plain, at + 1, '.')) {
        if (pii_char_word(pii_char_at(plain, at + 1)) && at > 0 &&
            pii_char_word(plain.at[at - 1])) {
            return true;
        }
    }
    for (size_t at = next_of(plain, 0, ':'); at < plain.len;
         at = next_of(plain, at + 1, ':')) {
        const char next = pii_char_at(plain, at + 1);

        if (next == '/' ||
            (at > 0 && pii_char_is(plain.at[at - 1], PII_CHAR_LETTER) &&
             pii_char_word(next))) {
            return true;
        }
    }
    return holds_bracket(plain, '[') || holds_bracket(plain, '(') ||
           holds_bracket(plain, '{') || holds_bracket(plain, '<') ||
           holds_dot(plain, 'd') || holds_dot(plain, 'D');
}

static bool
ends_link(char c)
{
    return (unsigned char)c <= ' ' || strchr("\"'<>`|\\^", c) != NULL;
}

static size_t
link_end(struct text text, size_t at)
{
    size_t to = at;

    while (to < text.len && to - at < LINK_BYTES && !ends_link(text.at[to])) {
        to++;
    }
    while (to > at && strchr(".,;:!?)]*_", text.at[to - 1]) != NULL) {
        to--;
    }
    return to;
}

/* Is there a media type at `at`, "text/html"? "data:" is a word too. */
static bool
is_media_type(struct text text, size_t at)
{
    enum { TYPE_BYTES = 16 }; // the longest registered one has eleven
    size_t to = at;

    while (to - at < TYPE_BYTES &&
           pii_char_is(pii_char_at(text, to), PII_CHAR_LETTER)) {
        to++;
    }
    return to > at && pii_char_at(text, to) == '/' &&
           pii_char_word(pii_char_at(text, to + 1));
}

/* "javascript:alert(1)", "data:text/html;base64,.." */
static bool
read_script(struct text text, size_t from, size_t to, struct url_link *out)
{
    const struct text token = text_part(text, from, to);
    const bool data = pii_word_same(token, TEXT("data"));

    if (pii_char_at(text, to) != ':' ||
        (data ? !is_media_type(text, to + 1)
              : !pii_word_listed(token, "javascript vbscript"))) {
        return false;
    }
    const size_t end = link_end(text, to + 1);

    *out = (struct url_link){
        .from = from, .to = end, .scheme = token, .script = true};
    return end > to + 1;
}

/* "10.0.0.1/login" */
static bool
read_address(struct text text, size_t from, struct url_link *out)
{
    struct pii_match match;

    if (!pii_char_is(text.at[from], PII_CHAR_DIGIT) ||
        !pii_ip_find(text, from, &match)) {
        return false;
    }
    // Not alone, nor with the length of a network's prefix.
    if (pii_char_at(text, match.to) != '/' ||
        !pii_char_is(pii_char_at(text, match.to + 1), PII_CHAR_LETTER)) {
        return false;
    }
    *out = (struct url_link){.from = from,
                             .to = link_end(text, match.to),
                             .host = text_part(text, from, match.to)};
    return true;
}

/* The offset after "://", however it is written; `at`: it is not there. */
static size_t
after_mark(struct text text, size_t at, size_t to)
{
    static const char *const marks[] = {"://", "[:]//", "[://]"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const size_t len = strlen(marks[i]);

        if (to - at > len && memcmp(text.at + at, marks[i], len) == 0) {
            return at + len;
        }
    }
    return at;
}

/* Takes apart the link [from, to), whose first token ends at `token`. */
static void
take_apart(struct text text, size_t from, size_t token, size_t to,
           struct url_link *out)
{
    const size_t after = after_mark(text, token, to);
    size_t host = after > token ? after : from;
    size_t end = host;

    *out = (struct url_link){.from = from, .to = to};
    if (after > token) {
        out->scheme = text_part(text, from, token);
    }
    // A backslash ends the host as a slash does: WHATWG URL, special schemes.
    while (end < to && strchr("/?#\\", text.at[end]) == NULL) {
        end++;
    }
    for (size_t i = host; i < end && after > token; i++) {
        if (text.at[i] == '@') {
            out->userinfo = true;
            host = i + 1;
        }
    }
    const size_t least =
        text.at[host < to ? host : from] == '[' ? host + 2 : host;
    size_t port = end;

    while (port > least && pii_char_is(text.at[port - 1], PII_CHAR_DIGIT)) {
        port--;
    }
    if (port > least && port < end && text.at[port - 1] == ':') {
        end = port - 1;
    }
    out->host = text_part(text, host, end);
}

/* May a link's first token end here? */
static bool
leads_on(struct text text, size_t to)
{
    const char c = pii_char_at(text, to);
    const char next = ascii_lower(pii_char_at(text, to + 1));

    return c == '.' || c == ':' || c == '-' || opens_bracket(c) ||
           (c == ' ' && (next == 'd' || opens_bracket(next)));
}

static bool
read_at(struct text text, size_t from, size_t to, struct url_link *out)
{
    struct pii_match match;

    if (to - from >= TOKEN_BYTES || !leads_on(text, to)) {
        return false;
    }
    if (read_script(text, from, to, out) || read_address(text, from, out)) {
        return true;
    }
    if (!pii_url_find(text, from, to, &match)) {
        return false;
    }
    take_apart(text, from, to, match.to, out);
    return true;
}

bool
url_find_next(struct text plain, size_t at, struct url_link *out)
{
    while (at < plain.len) {
        const size_t from = at;

        while (at < plain.len && pii_char_word(plain.at[at])) {
            at++;
        }
        if (at > from && read_at(plain, from, at, out)) {
            return true;
        }
        at += at == from;
    }
    return false;
}

struct text
url_find_shown(struct text plain, size_t from)
{
    size_t at = from;

    at -= at > 0 && plain.at[at - 1] == '<';
    if (at < 2 || plain.at[at - 1] != '(' || plain.at[at - 2] != ']') {
        return (struct text){NULL, 0};
    }
    const size_t to = at - 2;
    const size_t least = to > SHOWN_BYTES ? to - SHOWN_BYTES : 0;

    for (at = to; at > least; at--) {
        if (plain.at[at - 1] == '[') {
            return text_part(plain, at, to);
        }
    }
    return (struct text){NULL, 0};
}
