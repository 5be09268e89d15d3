#include "config/form.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/ident.h"
#include "sidecar/base/utf8.h"

enum { ID_BYTES = 128, RULE_BYTES = 64 };

static bool
is_among(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_id(struct text text, const char *marks)
{
    return text.len > 0 && text.len <= ID_BYTES &&
           ident_fault(text, marks) == text.len;
}

static bool
is_rule(struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (!ascii_is_capital(c) && !ascii_is_digit(c) && c != '_') {
            return false;
        }
    }
    return text.len > 0 && text.len <= RULE_BYTES;
}

/* A language of 2 to 8 letters, then subtags of 1 to 8 (RFC 5646's shape). */
static bool
is_language(struct text text)
{
    enum { LANGUAGE_BYTES = 35 }; // what RFC 5646, 4.4.1, asks one to allow
    size_t run = 0, subtag = 0;

    if (text.len > LANGUAGE_BYTES) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (c == '-' && run >= (subtag == 0 ? 2 : 1)) {
            run = 0;
            subtag++;
        } else if (!ascii_is_letter(c) && !(subtag > 0 && ascii_is_digit(c))) {
            return false;
        } else if (++run > 8) {
            return false;
        }
    }
    return run >= (subtag == 0 ? 2 : 1);
}

const char *
form_fault(enum schema_form form, struct text text)
{
    switch (form) {
    case SCHEMA_ID:
        return is_id(text, IDENT_MARKS)
                   ? NULL
                   : "a name of 1 to 128 letters, digits and . _ : -";
    case SCHEMA_CATEGORY:
        return is_id(text, IDENT_MARKS "/")
                   ? NULL
                   : "a name of 1 to 128 letters, digits and . _ : - /";
    case SCHEMA_RULE:
        return is_rule(text) ? NULL : "a name of 1 to 64 of A-Z, 0-9 and _";
    case SCHEMA_LANGUAGE:
        return is_language(text) ? NULL : "a language, as en or pt-BR";
    case SCHEMA_CHARACTER:
        return text.len > 0 && utf8_count(text).code_points == 1
                   ? NULL
                   : "one character";
    case SCHEMA_CONDITION:
    case SCHEMA_FREE:
    case SCHEMA_NAMED:
    case SCHEMA_PATH:
        return NULL;
    }
    return NULL;
}

bool
form_is_hollow(struct text term)
{
    for (size_t i = 0; i < term.len; i++) {
        if (!is_among(term.at[i], "* \t")) {
            return false;
        }
    }
    return term.len > 0;
}

bool
form_is_null(const struct node *node)
{
    static const char *const names[] = {"~", "null", "Null", "NULL"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!node->quoted && text_is(node->scalar, names[i])) {
            return true;
        }
    }
    return false;
}
