#include "sidecar/engine/pii_mail.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_host.h"
#include "sidecar/engine/pii_ip.h"
#include "sidecar/engine/pii_word.h"

enum { LOCAL_BYTES = 64 }; /* RFC 5321, section 4.5.3.1.1 */

/* Words that stand before "at" in ordinary sentences. */
static const char no_names[] =
    "a all and are be been everyone find go he her here him i is it look "
    "looked me meet not now or out see she start that the them there they this "
    "up us was we you";

/*
 * The offset where the local part that ends at `to` begins; `to`: there is
 * none, or it is too long. Markup before it is left out.
 */
static size_t
local_from(struct text text, size_t to)
{
    size_t from = to;

    while (from > 0 && to - from <= LOCAL_BYTES &&
           pii_char_is(text.at[from - 1],
                       PII_CHAR_LOCAL | PII_CHAR_DIGIT | PII_CHAR_LETTER) &&
           !(text.at[from - 1] == '.' && from < to && text.at[from] == '.')) {
        from--;
    }
    if (to - from > LOCAL_BYTES) {
        return to;
    }
    while (from < to && !pii_char_word(text.at[from]) && text.at[from] != '_') {
        from++;
    }
    return to > from && text.at[to - 1] == '.' ? to : from;
}

/*
 * The local part in double quotes that ends at `to`, as in "a b"@acme.com. One
 * blank at most: in a stream any speech could else become an address.
 */
static size_t
quoted_from(struct text text, size_t to)
{
    size_t from = to - 1, blanks = 0;

    while (from > 0 && to - from <= LOCAL_BYTES &&
           (unsigned char)text.at[from - 1] >= ' ' &&
           text.at[from - 1] != '"' && blanks <= 1) {
        blanks += text.at[--from] == ' ';
    }
    return from > 0 && from < to - 1 && text.at[from - 1] == '"' && blanks <= 1
               ? from - 1
               : to;
}

/* An address literal, "[192.0.2.1]"; the offset after it, or `at`. */
static size_t
literal_to(struct text text, size_t at)
{
    struct pii_match ip;

    return pii_char_at(text, at) == '[' && at + 1 < text.len &&
                   pii_char_is(text.at[at + 1], PII_CHAR_DIGIT) &&
                   pii_ip_find(text, at + 1, &ip) &&
                   pii_char_at(text, ip.to) == ']'
               ? ip.to + 1
               : at;
}

bool
pii_mail_find(struct text plain, size_t at, struct pii_match *out)
{
    struct pii_host host;
    size_t from = at > 0 && plain.at[at - 1] == '"' ? quoted_from(plain, at)
                                                    : local_from(plain, at);
    size_t to = literal_to(plain, at + 1);

    if (to == at + 1) {
        if (!pii_host_read(plain, at + 1, &host)) {
            return false;
        }
        to = host.to;
    }
    const char next = pii_char_at(plain, to);

    // _ann@acme.com_ is markup.
    from += from < at && plain.at[from] == '_' && next == '_';
    // "@ann@host.social" is a handle, "a@b.com@c" nothing at all.
    if (from == at || (from > 0 && plain.at[from - 1] == '@') || next == '@' ||
        (next == '_' && plain.at[from > 0 ? from - 1 : 0] != '_')) {
        return false;
    }
    *out = (struct pii_match){
        .entity = PII_EMAIL_ADDRESS, .from = from, .to = to, .score = 0.95};
    return true;
}

static bool
is_bracket(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool
pii_mail_spelled(struct text plain, size_t at, struct pii_match *out)
{
    struct pii_host host;
    size_t left = at, right = at + 2;

    left -= left > 0 && plain.at[left - 1] == ' ';
    right += pii_char_at(plain, right) == ' ';
    const bool bracket = left > 0 && is_bracket(plain.at[left - 1], "[({<") &&
                         is_bracket(pii_char_at(plain, right), "])}>");

    if (bracket) {
        left--;
        right++;
        left -= left > 0 && plain.at[left - 1] == ' ';
        right += pii_char_at(plain, right) == ' ';
    } else if (left == at || right == at + 2) {
        return false;
    }
    size_t from = local_from(plain, left);

    if (from == left || !pii_host_read(plain, right, &host) ||
        (!bracket &&
         (!host.spelled ||
          pii_word_listed(text_part(plain, from, left), no_names)))) {
        return false;
    }
    // "ann dot lee at ...": each spelled dot joins one more piece.
    for (size_t pieces = 0; pieces < 4; pieces++) {
        const size_t dot = pii_host_dot_before(plain, from);
        const size_t more = dot < from ? local_from(plain, dot) : dot;

        if (more == dot) {
            break;
        }
        from = more;
    }
    *out = (struct pii_match){.entity = PII_EMAIL_ADDRESS,
                              .from = from,
                              .to = host.to,
                              .score = bracket ? 0.9 : 0.75};
    return true;
}
