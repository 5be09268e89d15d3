#include "sidecar/engine/pii_url.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_host.h"
#include "sidecar/engine/pii_plain.h"
#include "sidecar/engine/pii_tld.h"
#include "sidecar/engine/pii_word.h"

enum { URL_BYTES = 2048 }; /* what browsers have long agreed on; then cut */

static const char schemes[] =
    "http https hxxp hxxps ftp ftps sftp ws wss ssh git file";
static const char second_levels[] = "co com org net ac gov edu ne or gob gouv";

/* Before "dot com" these make a phrase, not a name. */
static const char no_hosts[] =
    "the this that a any another every big first some old new whole entire";

static bool
ends_url(char c)
{
    return (unsigned char)c <= ' ' || c == '"' || c == '<' || c == '>' ||
           c == '`' || c == '|' || c == '\\' || c == '^';
}

/* The bracket that c closes, or NUL. */
static char
opening(char c)
{
    return c == ')' ? '(' : c == ']' ? '[' : c == '}' ? '{' : '\0';
}

/* Leaves out the sentence's punctuation, and brackets opened before it. */
static size_t
trim(struct text text, size_t from, size_t to)
{
    unsigned counts[128] = {0};

    for (size_t i = from; i < to; i++) {
        counts[(unsigned char)text.at[i] & 127]++;
    }
    while (to > from) {
        const char c = text.at[to - 1];
        const char open = opening(c);

        if (strchr(".,;:!?'*_~", c) == NULL &&
            (open == '\0' || counts[(unsigned char)c & 127] <=
                                 counts[(unsigned char)open & 127])) {
            break;
        }
        counts[(unsigned char)c & 127]--;
        to--;
    }
    return to;
}

/* The offset after what may stand in a URL, from `at`. */
static size_t
read_rest(struct text text, size_t at)
{
    const size_t start = at;

    // "[https://a.io](https://b.io)": the words of a Markdown link end there.
    while (at < text.len && at - start < URL_BYTES && !ends_url(text.at[at]) &&
           !(text.at[at] == ']' && pii_char_at(text, at + 1) == '(')) {
        at++;
    }
    return trim(text, start, at);
}

/* "://", also "[:]//" and "[://]"; the offset after it, or `at`. */
static size_t
read_scheme_mark(struct text text, size_t at)
{
    static const char marks[][6] = {"://", "[:]//", "[://]"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const size_t len = strlen(marks[i]);

        if (text.len - at > len && memcmp(text.at + at, marks[i], len) == 0) {
            return at + len;
        }
    }
    return at;
}

static bool
found(size_t from, size_t to, double score, struct pii_match *out)
{
    *out = (struct pii_match){
        .entity = PII_URL, .from = from, .to = to, .score = score};
    return true;
}

/* ":8080", then what follows a slash, question mark or hash. */
static size_t
read_tail(struct text text, size_t at)
{
    if (pii_char_at(text, at) == ':' &&
        pii_char_is(pii_char_at(text, at + 1), PII_CHAR_DIGIT)) {
        at++;
        while (pii_char_is(pii_char_at(text, at), PII_CHAR_DIGIT)) {
            at++;
        }
    }
    const char c = pii_char_at(text, at);

    return c == '/' || c == '?' || c == '#' ? read_rest(text, at) : at;
}

static bool
has_letter(struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (pii_char_is(text.at[i], PII_CHAR_LETTER)) {
            return true;
        }
    }
    return false;
}

/* A host without a scheme; is it meant as one? */
static bool
find_bare(struct text text, size_t from, struct pii_match *out)
{
    struct pii_host host;
    const char before = from > 0 ? text.at[from - 1] : ' ';

    if (pii_char_word(before) || strchr("._-@/\\:$", before) != NULL ||
        !pii_host_read(text, from, &host) || !host.whole ||
        pii_char_at(text, host.to) == '@' || host.second.len < 2 ||
        !has_letter(host.second) ||
        (host.spelled && pii_word_listed(host.second, no_hosts))) {
        return false;
    }
    const bool slash = pii_char_at(text, host.to) == '/';
    const bool deep = host.labels > 2 && host.top.len == 2 &&
                      pii_word_listed(host.second, second_levels);
    const bool sure = deep || pii_tld_common(host.top);

    // The rest is read only where it matters: each of many would read it all.
    if (!sure && !slash) {
        return false;
    }
    const size_t to = read_tail(text, host.to);

    return (sure || to > host.to + 1) &&
           found(from, to, host.spelled ? 0.6 : 0.7, out);
}

bool
pii_url_find(struct text plain, size_t from, size_t to, struct pii_match *out)
{
    const struct text token = text_part(plain, from, to);
    const size_t after = read_scheme_mark(plain, to);
    struct pii_host host;

    if (after > to) {
        // What follows is read only then: each of many would read it all again.
        if (!pii_word_listed(token, schemes) ||
            (!pii_char_word(plain.at[after]) && plain.at[after] != '[')) {
            return false;
        }
        const size_t end = read_rest(plain, after);

        return end > after && found(from, end, 0.95, out);
    }
    if (pii_word_same(token, TEXT("www")) && pii_char_opens(plain, from) &&
        pii_host_read(plain, from, &host) && host.labels > 2) {
        return found(from, read_tail(plain, host.to), 0.9, out);
    }
    return find_bare(plain, from, out);
}
