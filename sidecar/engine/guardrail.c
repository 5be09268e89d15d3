#include "sidecar/engine/guardrail.h"

#include <assert.h>

#include "config/form.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/word.h"

static const char no_form[] = "not one of the forms of a guardrail";

static bool
refuse(struct guardrail *g, const char *reason)
{
    g->reason = reason;
    return false;
}

/* -------------------------------------------------------------------- pieces
 */

static struct text
trimmed(struct text text)
{
    size_t from = 0, to = text.len;

    while (from < to && text.at[from] == ' ') {
        from++;
    }
    while (to > from && text.at[to - 1] == ' ') {
        to--;
    }
    return text_part(text, from, to);
}

/* C0, DEL and C1: nobody types them into a term. */
static bool
has_controls(struct text text)
{
    size_t len;

    for (size_t i = 0; i < text.len; i += len) {
        const uint32_t c = utf8_at(text, i, &len);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            return true;
        }
    }
    return false;
}

/* One script writes a word with it, so one is a term. */
static bool
is_ideograph(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x20000 && c <= 0x3ffff);
}

/* Letters that a folded character counts as. */
static size_t
letters_of(uint32_t c)
{
    if (c < 0x80) {
        return word_char(c) ? 1 : 0;
    }
    // Neither a mark nor what shows as nothing has one of these flags.
    const unsigned flags = fold_char(c)->flags;
    if ((flags & FOLD_CHAR_PICTO) != 0 || is_ideograph(c)) {
        return 2;
    }
    return (flags & (FOLD_CHAR_LETTER | FOLD_CHAR_REGION)) != 0 ? 1 : 0;
}

/* Letters of what the text folds to. */
static size_t
letters(struct text text)
{
    size_t sum = 0, len;

    fold_char_ready();
    for (size_t i = 0; i < text.len; i += len) {
        const uint32_t c = utf8_at(text, i, &len);
        const struct fold_char *const folded = fold_char(c);
        if ((folded->flags & FOLD_CHAR_MANY) == 0) {
            sum += letters_of((uint32_t)((int32_t)c + folded->shift));
            continue;
        }
        size_t count;
        const uint32_t *const many = fold_char_many(folded, &count);
        for (size_t k = 0; k < count; k++) {
            sum += letters_of(many[k]);
        }
    }
    return sum;
}

static bool
read_action(struct guardrail *g, struct text text)
{
    static const struct {
        const char *name;
        enum config_action action;
    } actions[] = {{"flag", CONFIG_FLAG},
                   {"redact", CONFIG_REDACT},
                   {"fallback", CONFIG_FALLBACK},
                   {"block", CONFIG_BLOCK}};

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (text_is(text, actions[i].name)) {
            g->action = actions[i].action;
            return true;
        }
    }
    return refuse(g, "its action is none of flag, redact, fallback, block");
}

/* "left=right", split at the first =; false: there is none. */
static bool
split(struct text text, struct text *left, struct text *right)
{
    const char *const equals =
        text.len > 0 ? memchr(text.at, '=', text.len) : NULL;

    if (equals == NULL) {
        return false;
    }
    const size_t at = (size_t)(equals - text.at);
    *left = trimmed(text_part(text, 0, at));
    *right = trimmed(text_part(text, at + 1, text.len));
    return true;
}

/* --------------------------------------------------------------------- forms
 */

static bool
read_name(struct guardrail *g, struct text rest, enum schema_form form,
          const char *reason)
{
    g->name = rest;
    return form_fault(form, rest) == NULL || refuse(g, reason);
}

static bool
read_set(struct guardrail *g, struct text rest)
{
    return read_name(g, rest, SCHEMA_ID, "not the name of a set");
}

static bool
read_rule(struct guardrail *g, struct text rest)
{
    return read_name(g, rest, SCHEMA_RULE, "not the name of a rule");
}

static bool
read_group(struct guardrail *g, struct text rest)
{
    return read_name(g, rest, SCHEMA_ID, "not the name of a group");
}

static bool
read_raise(struct guardrail *g, struct text rest)
{
    struct text rule, action;

    if (!split(rest, &rule, &action)) {
        return refuse(g, "no =action behind the rule");
    }
    return read_rule(g, rule) && read_action(g, action);
}

static bool
read_term(struct guardrail *g, struct text rest)
{
    g->name = rest;
    return letters(rest) >= GUARDRAIL_TERM_LETTERS ||
           refuse(g, "a term of fewer than 2 letters");
}

static bool
read_canary(struct guardrail *g, struct text rest)
{
    g->name = rest;
    return letters(rest) >= GUARDRAIL_CANARY_LETTERS ||
           refuse(g, "a canary of fewer than 4 letters");
}

_Static_assert(GUARDRAIL_TERM_LETTERS == 2 && GUARDRAIL_CANARY_LETTERS == 4 &&
                   GUARDRAIL_CHARS == 1000000,
               "the reasons name the limits");

static bool
read_pii(struct guardrail *g, struct text rest)
{
    struct text entity, action;

    if (!split(rest, &entity, &action)) {
        return refuse(g, "no =action behind the kind of personal data");
    }
    g->name = entity;
    return (pii_from_name(entity, &g->entity) ||
            refuse(g, "not a kind of personal data")) &&
           read_action(g, action);
}

static bool
read_chars(struct guardrail *g, struct text rest)
{
    uint32_t chars = 0;

    for (size_t i = 0; i < rest.len; i++) {
        const char c = rest.at[i];
        if (c < (i == 0 ? '1' : '0') || c > '9' || chars >= GUARDRAIL_CHARS) {
            chars = 0;
            break;
        }
        chars = chars * 10 + (uint32_t)(c - '0');
    }
    g->chars = chars;
    return (chars >= 1 && chars <= GUARDRAIL_CHARS) ||
           refuse(g, "not a number of characters from 1 to 1000000");
}

static bool
read_language(struct guardrail *g, struct text rest)
{
    return read_name(g, rest, SCHEMA_LANGUAGE,
                     "not a language, as en or pt-BR");
}

/* A prefix stands before those that begin it. */
static const struct {
    const char *prefix;
    enum guardrail_kind kind;
    bool (*read)(struct guardrail *g, struct text rest);
} forms[] = {
    {"@", GUARDRAIL_SET, read_set},
    {"-g:", GUARDRAIL_WITHOUT_GROUP, read_group},
    {"-", GUARDRAIL_WITHOUT_RULE, read_rule},
    {"+", GUARDRAIL_RAISE, read_raise},
    {"deny:", GUARDRAIL_DENY, read_term},
    {"allow:", GUARDRAIL_ALLOW, read_term},
    {"pii:", GUARDRAIL_PII, read_pii},
    {"max_chars:", GUARDRAIL_MAX_CHARS, read_chars},
    {"min_chars:", GUARDRAIL_MIN_CHARS, read_chars},
    {"lang:", GUARDRAIL_LANGUAGE, read_language},
    {"canary:", GUARDRAIL_CANARY, read_canary},
};

struct guardrail
guardrail_parse(struct text item)
{
    struct guardrail g = {
        .kind = GUARDRAIL_UNSUPPORTED, .item = trimmed(item), .reason = NULL};

    if (g.item.len == 0) {
        g.reason = "empty";
        return g;
    }
    if (has_controls(g.item)) {
        g.reason = "control characters in it";
        return g;
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct text prefix = text_of(forms[i].prefix);
        if (text_starts(g.item, prefix)) {
            const struct text behind =
                text_part(g.item, prefix.len, g.item.len);
            // "- NSFW is fine here" is a sentence, not a rule switched off.
            const bool colon = prefix.at[prefix.len - 1] == ':';
            const struct text rest = colon ? trimmed(behind) : behind;
            g.kind =
                forms[i].read(&g, rest) ? forms[i].kind : GUARDRAIL_UNSUPPORTED;
            return g;
        }
    }
    g.reason = no_form;
    return g;
}

/* ----------------------------------------------------------------------- key
 */

/*
 * Puts the item in its place among the sorted ones, or nowhere if it is there;
 * returns how many there are. 256 items at most: moving them is cheap.
 */
static size_t
insert(struct text *sorted, size_t count, struct text item)
{
    size_t from = 0, to = count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const int way = text_order(sorted[middle], item);
        if (way == 0) {
            return count;
        }
        *(way < 0 ? &from : &to) = way < 0 ? middle + 1 : middle;
    }
    memmove(&sorted[from + 1], &sorted[from], (count - from) * sizeof(*sorted));
    sorted[from] = item;
    return count + 1;
}

struct digest
guardrail_key(const struct guardrail *items, size_t count, struct text scope)
{
    struct text parts[GUARDRAIL_ITEMS + 1];
    size_t supported = 0;

    assert(count <= GUARDRAIL_ITEMS);
    parts[0] = scope;
    for (size_t i = 0; i < count; i++) {
        if (items[i].kind != GUARDRAIL_UNSUPPORTED) {
            supported = insert(parts + 1, supported, items[i].item);
        }
    }
    return digest_of_parts(parts, supported + 1);
}
