#include "sidecar/engine/pii_host.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_tld.h"
#include "sidecar/engine/pii_word.h"

enum { LABEL_BYTES = 63, HOST_BYTES = 253 };

static bool
opens_bracket(char c)
{
    return c == '[' || c == '(' || c == '{' || c == '<';
}

static bool
shuts_bracket(char c)
{
    return c == ']' || c == ')' || c == '}' || c == '>';
}

static size_t
skip_space(struct text text, size_t at)
{
    return at + (pii_char_at(text, at) == ' ');
}

static bool
says_dot(struct text text, size_t at)
{
    return at <= text.len && text.len - at >= 3 &&
           pii_word_same(text_part(text, at, at + 3), TEXT("dot")) &&
           !pii_char_word(pii_char_at(text, at + 3));
}

/* "." or "dot" within brackets, or "dot" between blanks. */
static size_t
spelled_dot(struct text text, size_t at)
{
    const size_t inner = skip_space(text, at);

    if (opens_bracket(pii_char_at(text, inner))) {
        size_t i = skip_space(text, inner + 1);

        i += pii_char_at(text, i) == '.' ? 1u : says_dot(text, i) ? 3u : 0u;
        i = skip_space(text, i);
        return i > inner + 1 && shuts_bracket(pii_char_at(text, i)) &&
                       !shuts_bracket(text.at[i - 1]) &&
                       text.at[i - 1] != text.at[inner]
                   ? skip_space(text, i + 1)
                   : at;
    }
    return inner > at && says_dot(text, inner) &&
                   pii_char_at(text, inner + 3) == ' '
               ? inner + 4
               : at;
}

size_t
pii_host_dot(struct text plain, size_t at)
{
    const size_t to =
        pii_char_at(plain, at) == '.' ? at + 1 : spelled_dot(plain, at);

    return to > at && pii_char_word(pii_char_at(plain, to)) ? to : at;
}

size_t
pii_host_dot_before(struct text plain, size_t at)
{
    size_t from = at;

    from -= from > 0 && plain.at[from - 1] == ' ';
    const bool bracket = from > 0 && shuts_bracket(plain.at[from - 1]);

    from -= bracket;
    if (from < 4 || (!bracket && from == at) || !says_dot(plain, from - 3)) {
        return at;
    }
    from -= 3;
    if (bracket) {
        from -= opens_bracket(plain.at[from - 1]);
        return from - (from > 0 && plain.at[from - 1] == ' ');
    }
    return plain.at[from - 1] == ' ' ? from - 1 : at;
}

/* The offset after a label at `at`; `at`: there is none. */
static size_t
read_label(struct text text, size_t at)
{
    size_t to = at;

    while (to < text.len && to - at <= LABEL_BYTES &&
           (pii_char_word(text.at[to]) || text.at[to] == '-')) {
        to++;
    }
    if (to - at > LABEL_BYTES || (to > at && text.at[at] == '-')) {
        return at;
    }
    while (to > at && text.at[to - 1] == '-') {
        to--;
    }
    return to;
}

bool
pii_host_read(struct text plain, size_t at, struct pii_host *out)
{
    const size_t start = at;
    struct text before = {NULL, 0};
    bool spelled = false;

    *out = (struct pii_host){.labels = 0};
    for (size_t labels = 1;; labels++) {
        const size_t to = read_label(plain, at);

        if (to == at || to - start > HOST_BYTES) {
            break;
        }
        const struct text label = text_part(plain, at, to);

        if (labels > 1 && pii_tld_known(label)) {
            *out = (struct pii_host){to, labels, label, before, true, spelled};
        } else {
            out->whole = false;
        }
        before = label;
        const size_t next = pii_host_dot(plain, to);

        if (next == to) {
            break;
        }
        spelled = spelled || next > to + 1;
        at = next;
    }
    return out->labels > 0;
}
