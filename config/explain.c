#include "config/explain.h"

#include "config/quantity.h"
#include "config/schema.h"

enum { PATH_BYTES = 256, LINE_CHARS = 76 };

/* "[a | b | c]" */
static void
print_names(const struct schema_name *names, FILE *to)
{
    for (size_t i = 0; names[i].name != NULL; i++) {
        fprintf(to, "%s%s", i > 0 ? " | " : "", names[i].name);
    }
}

static void
print_range(const struct schema_row *row, FILE *to)
{
    char min[QUANTITY_WORDS_BYTES], max[QUANTITY_WORDS_BYTES];

    fprintf(to, "%s..%s", quantity_words(row->min, row->unit, min),
            quantity_words(row->max, row->unit, max));
    if (row->unit != NULL) {
        fprintf(to, " %s", row->unit);
    }
}

static const char *
form_name(enum schema_form form)
{
    switch (form) {
    case SCHEMA_FREE:
    case SCHEMA_NAMED:
        return "text";
    case SCHEMA_ID:
    case SCHEMA_CATEGORY:
        return "name";
    case SCHEMA_RULE:
        return "NAME of A-Z, 0-9 and _";
    case SCHEMA_LANGUAGE:
        return "language";
    case SCHEMA_CONDITION:
        return "condition";
    case SCHEMA_CHARACTER:
        return "one character";
    case SCHEMA_PATH:
        return "file";
    }
    return "text";
}

static void
print_type(const struct schema_row *row, FILE *to)
{
    switch (row->type) {
    case SCHEMA_BOOLEAN:
        fputs("true | false", to);
        break;
    case SCHEMA_INTEGER:
    case SCHEMA_NUMBER:
        print_range(row, to);
        break;
    case SCHEMA_CHOICE:
        print_names(row->names, to);
        break;
    case SCHEMA_CHOICES:
        fputs("list of ", to);
        print_names(row->names, to);
        break;
    case SCHEMA_TEXT:
    case SCHEMA_SINGLE:
        if (row->names != NULL) {
            print_names(row->names, to);
        } else {
            fputs(form_name(row->form), to);
        }
        break;
    case SCHEMA_TEXTS:
        fprintf(to, "list of %s", form_name(row->form));
        break;
    case SCHEMA_LOCALES:
        fputs("list of text", to);
        break;
    case SCHEMA_PAIRS:
        fputs("map of name to text", to);
        break;
    case SCHEMA_SPANS:
        fputs("list of [from, to]", to);
        break;
    case SCHEMA_RECORD:
        fputs("map", to);
        break;
    case SCHEMA_RECORDS:
        fputs(strcmp(row->key, "pack") == 0 ? "map" : "list of maps", to);
        break;
    case SCHEMA_MAP:
        fputs("map of name to map", to);
        break;
    case SCHEMA_LISTS:
        fputs("list of names or maps", to);
        break;
    case SCHEMA_NOTED:
        fputs(row->preset != NULL ? row->preset : "list of files and globs",
              to);
        break;
    }
}

/* A sentence, indented and broken between words. */
static void
print_help(const char *help, FILE *to)
{
    size_t column = 0;

    for (const char *word = help; *word != '\0';) {
        const size_t len = strcspn(word, " ");
        if (column == 0 || column + len > LINE_CHARS) {
            fputs(column == 0 ? "    " : "\n    ", to);
            column = 4;
        } else {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", (int)len, word);
        column += len;
        word += len + (word[len] == ' ' ? 1 : 0);
    }
    fputc('\n', to);
}

static void
print_rule_types(unsigned types, FILE *to)
{
    const char *separator = " (type ";

    for (const struct schema_name *n = schema_rule_types; n->name; n++) {
        if ((types & 1U << (unsigned)n->value) != 0) {
            fprintf(to, "%s%s", separator, n->name);
            separator = ", ";
        }
    }
    // A key of composites alone stands where no other kind may have it.
    fputs(separator[0] == ',' ? ")" : "", to);
}

static void
explain_row(const struct schema_row *row, const char *path, FILE *to)
{
    fprintf(to, "%s: ", path);
    print_type(row, to);
    if (row->required) {
        fputs(", required", to);
    } else if (row->preset != NULL && row->preset[0] != '\0' &&
               row->type != SCHEMA_NOTED) {
        fprintf(to, ", default %s", row->preset);
    }
    if (row->change == SCHEMA_RESTART) {
        fputs(", a change needs a restart", to);
    }
    print_rule_types(row->types, to);
    fputc('\n', to);
    print_help(row->help, to);
}

/* Calls itself along the schema, whose depth is fixed. */
static void
explain_table(const struct schema_table *table, const char *prefix, FILE *to)
{
    char path[PATH_BYTES];

    for (size_t i = 0; i < table->count; i++) {
        const struct schema_row *row = &table->rows[i];
        snprintf(path, sizeof(path), "%s%s", prefix, row->key);
        explain_row(row, path, to);
        if (row->table == NULL || row->elsewhere) {
            continue;
        }
        const bool listed =
            row->type == SCHEMA_LISTS ||
            (row->type == SCHEMA_RECORDS && strcmp(row->key, "pack") != 0);
        snprintf(path, sizeof(path), "%s%s%s.", prefix, row->key,
                 listed                    ? "[]"
                 : row->type == SCHEMA_MAP ? ".NAME"
                                           : "");
        explain_table(row->table, path, to);
    }
    if (table->rest != NULL) {
        snprintf(path, sizeof(path), "%s%s", prefix, table->rest->key);
        explain_row(table->rest, path, to);
    }
}

void
explain_schema(FILE *to)
{
    explain_table(&schema_config, "", to);
}
