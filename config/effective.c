/* explain_effective(): the merged configuration, printed back as YAML. */
#include "config/explain.h"
#include "config/schema.h"
#include "sidecar/base/utf8.h"

/*
 * Walks the schema, the merged tree and the structs side by side: the tree has
 * what was given and where, the schema what was not, the structs where paths
 * lead.
 */
struct printing {
    FILE *to;
    int indent; /* spaces */
};

/* ---- pieces of YAML ------------------------------------------------------ */

/* A file's name in a comment, which a newline in it must not end. */
static void
print_name(const char *name, FILE *to)
{
    for (; *name != '\0'; name++) {
        const unsigned char c = (unsigned char)*name;
        fputc(c < 0x20 || c == 0x7f ? '?' : *name, to);
    }
}

static void
print_origin(const struct place *at, FILE *to)
{
    const bool preset = at == NULL || at->file == place_built_in;

    fputs("  # ", to);
    print_name(preset ? "default" : at->file, to);
    if (!preset && at->line > 0) {
        fprintf(to, ":%u", at->line);
    }
    fputc('\n', to);
}

/* What YAML lets stand inside quotes as it is (YAML 1.1, 5.1). */
static bool
is_printable(uint32_t c)
{
    return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c < 0x2028) ||
           (c > 0x2029 && c < 0xd800) ||
           (c >= 0xe000 && c < 0xfffe && c != 0xfeff) || c >= 0x10000;
}

static void
print_quoted(struct text text, FILE *to)
{
    size_t len = 0;

    fputc('"', to);
    for (size_t i = 0; i < text.len; i += len) {
        const uint32_t c = utf8_at(text, i, &len);
        if (c == '"' || c == '\\') {
            fprintf(to, "\\%c", (int)c);
        } else if (is_printable(c)) {
            fwrite(text.at + i, 1, len, to);
        } else {
            fprintf(to, "\\u%04x", (unsigned)c);
        }
    }
    fputc('"', to);
}

/* Keys are names, nearly always; anything else is quoted. */
static void
print_key(const struct printing *p, struct text key)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                                "UVWXYZ0123456789_./-";
    size_t i = 0;

    while (i < key.len && memchr(plain, key.at[i], sizeof(plain) - 1)) {
        i++;
    }
    fprintf(p->to, "%*s", p->indent, "");
    if (i == key.len && key.len > 0 && key.at[0] != '-') {
        fprintf(p->to, "%.*s:", TEXT_ARGS(key));
    } else {
        print_quoted(key, p->to);
        fputc(':', p->to);
    }
}

/* Words that the loader types, as they were written; texts in quotes. */
static bool
is_plain(const struct schema_row *row)
{
    return row->type == SCHEMA_BOOLEAN || row->type == SCHEMA_INTEGER ||
           row->type == SCHEMA_NUMBER || row->type == SCHEMA_CHOICE ||
           row->type == SCHEMA_CHOICES || row->type == SCHEMA_SPANS;
}

static void
print_scalar(const struct schema_row *row, struct text text, FILE *to)
{
    if (is_plain(row)) {
        fprintf(to, "%.*s", TEXT_ARGS(text));
    } else {
        print_quoted(text, to);
    }
}

/* ---- values -------------------------------------------------------------- */

static void
print_record(const struct printing *p, const struct schema_table *table,
             const struct node *node, bool given_only, const void *record);

static const void *
member(const void *record, size_t at)
{
    return (const char *)record + at;
}

static void
print_items(const struct printing *p, const struct schema_row *row,
            const struct node *list)
{
    fputc('\n', p->to);
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        fprintf(p->to, "%*s- ", p->indent + 2, "");
        if (n->kind == NODE_LIST && n->count == 2) { // a span
            fprintf(p->to, "[%.*s, %.*s]", TEXT_ARGS(n->first->scalar),
                    TEXT_ARGS(n->first->next->scalar));
        } else {
            print_scalar(row, n->scalar, p->to);
        }
        print_origin(&n->at, p->to);
    }
}

static void
print_pairs(const struct printing *p, const struct schema_row *row,
            const struct node *map)
{
    const struct printing inner = {p->to, p->indent + 2};

    fputc('\n', p->to);
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        print_key(&inner, n->key);
        fputc(' ', p->to);
        print_scalar(row, n->scalar, p->to);
        print_origin(&n->at, p->to);
    }
}

/* Maps in a list: the dash stands where the first key would be indented. */
static void
print_list_item(const struct printing *p, const struct schema_table *table,
                const struct node *node, const void *record)
{
    const struct printing inner = {p->to, p->indent + 4};

    fprintf(p->to, "%*s-", p->indent + 2, "");
    print_origin(&node->at, p->to);
    print_record(&inner, table, node, true, record);
}

static void
print_records(const struct printing *p, const struct schema_row *row,
              const struct node *node, const void *record)
{
    const struct printing inner = {p->to, p->indent + 2};
    const char *records;

    memcpy(&records, member(record, row->at), sizeof(records));
    if (node->count == 0) {
        fputs(node->kind == NODE_LIST ? " []" : " {}", p->to);
        print_origin(&node->at, p->to);
        return;
    }
    fputc('\n', p->to);
    for (const struct node *n = node->first; n != NULL; n = n->next) {
        if (node->kind == NODE_LIST) {
            print_list_item(p, row->table, n, records);
        } else if (n->count == 0) {
            print_key(&inner, n->key);
            fputs(" {}", p->to);
            print_origin(&n->at, p->to);
        } else {
            print_key(&inner, n->key);
            print_origin(&n->at, p->to);
            const struct printing deeper = {p->to, p->indent + 4};
            print_record(&deeper, row->table, n, true, records);
        }
        records += row->table->size;
    }
}

static void
print_lists(const struct printing *p, const struct schema_row *row,
            const struct node *node, const struct config_rule *rule)
{
    const struct config_list *list = rule->lists;

    fputc('\n', p->to);
    for (const struct node *n = node->first; n != NULL; n = n->next) {
        if (n->kind == NODE_MAP) {
            print_list_item(p, row->table, n, list++);
        } else {
            fprintf(p->to, "%*s- ", p->indent + 2, "");
            print_quoted(n->scalar, p->to);
            print_origin(&n->at, p->to);
        }
    }
}

static void
print_given(const struct printing *p, const struct schema_row *row,
            const struct node *node, const void *record)
{
    const struct printing inner = {p->to, p->indent + 2};

    switch (row->type) {
    case SCHEMA_CHOICES:
    case SCHEMA_TEXTS:
    case SCHEMA_SPANS:
    case SCHEMA_LOCALES:
        print_items(p, row, node);
        break;
    case SCHEMA_PAIRS:
        print_pairs(p, row, node);
        break;
    case SCHEMA_RECORD:
        print_origin(&node->at, p->to);
        print_record(&inner, row->table, node, true, member(record, row->at));
        break;
    case SCHEMA_RECORDS:
    case SCHEMA_MAP:
        print_records(p, row, node, record);
        break;
    case SCHEMA_LISTS:
        print_lists(p, row, node, record);
        break;
    case SCHEMA_BOOLEAN:
    case SCHEMA_INTEGER:
    case SCHEMA_NUMBER:
    case SCHEMA_CHOICE:
    case SCHEMA_TEXT:
    case SCHEMA_SINGLE:
    case SCHEMA_NOTED: {
        struct text text = node->scalar;
        if (row->form == SCHEMA_PATH) {
            memcpy(&text, member(record, row->at), sizeof(text));
        }
        fputc(' ', p->to);
        print_scalar(row, text, p->to);
        print_origin(&node->at, p->to);
        break;
    }
    }
}

/* Was a key given that must not stand beside this one? */
static bool
has_rival(const struct schema_table *table, const struct schema_row *row,
          const struct node *node)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *rival = table->rows[i].rival;
        if (rival != NULL && strcmp(rival, row->key) == 0 &&
            node_get(node, table->rows[i].key) != NULL) {
            return true;
        }
    }
    return false;
}

/* The preset of a list has commas, which do for YAML's brackets too. */
static void
print_default(const struct printing *p, const struct schema_row *row)
{
    const bool list = row->type == SCHEMA_TEXTS || row->type == SCHEMA_CHOICES;

    if (row->preset == NULL || row->preset[0] == '\0' || row->elsewhere) {
        return;
    }
    print_key(p, text_of(row->key));
    if (list) {
        fputs(" [", p->to);
        for (const char *at = row->preset; *at != '\0';) {
            const size_t len = strcspn(at, ",");
            print_quoted((struct text){at, len}, p->to);
            at += len + (at[len] == ',' ? 1 : 0);
            fputs(*at != '\0' ? ", " : "]", p->to);
        }
    } else {
        fputc(' ', p->to);
        print_scalar(row, text_of(row->preset), p->to);
    }
    print_origin(NULL, p->to);
}

/* ---- records ------------------------------------------------------------- */

static void
print_row(const struct printing *p, const struct schema_row *row,
          const struct node *node, bool given_only, const void *record)
{
    const struct printing inner = {p->to, p->indent + 2};

    if (row->secret) {
        fprintf(p->to, "%*s# %s: %s\n", p->indent, "", row->key,
                node != NULL ? "given, and not shown" : "none");
    } else if (row->type == SCHEMA_RECORD && !given_only && !row->elsewhere) {
        if (node == NULL && row->table->rows[0].preset != NULL &&
            row->table->rows[0].preset[0] == '\0') {
            return; // all of it is empty
        }
        print_key(p, text_of(row->key));
        fputc('\n', p->to);
        print_record(&inner, row->table, node, false, member(record, row->at));
    } else if (node != NULL && !(node->kind == NODE_MAP && node->count == 0 &&
                                 row->type == SCHEMA_RECORD)) {
        print_key(p, text_of(row->key));
        print_given(p, row, node, record);
    } else if (!given_only) {
        print_default(p, row);
    }
}

/*
 * Calls itself along the schema. Defaults are told for the settings of the top
 * level; those of each rule would bury what the rule says.
 */
static void
print_record(const struct printing *p, const struct schema_table *table,
             const struct node *node, bool given_only, const void *record)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct schema_row *row = &table->rows[i];
        if (row->type != SCHEMA_NOTED && !has_rival(table, row, node)) {
            print_row(p, row, node_get(node, row->key), given_only, record);
        }
    }
    for (const struct node *n = node != NULL ? node->first : NULL;
         n != NULL && table->rest != NULL; n = n->next) {
        if (schema_find(table, n->key) == NULL) {
            print_key(p, n->key);
            print_given(p, table->rest, n, record);
        }
    }
}

/* Its mode is in force for all its rules, whatever they say themselves. */
static void
print_pack(const struct config_pack *pack, FILE *to)
{
    static const char *const layers[] = {"base", "pack", "site"};
    static const char *const modes[] = {"enforce", "monitor", "disabled"};

    fprintf(to, "# pack %s (layer %s, mode %s): ", pack->id.at,
            layers[pack->layer], modes[pack->mode]);
    print_name(pack->node->at.file, to);
    fputc('\n', to);
}

void
explain_effective(const struct config *config, FILE *to)
{
    const struct printing p = {to, 0};
    struct schema_table settings = schema_config;
    char hash[DIGEST_HEX];

    digest_hex(&config->digest, hash);
    fprintf(to, "# hash %s\n", hash);
    for (size_t i = 0; i < config->files.count; i++) {
        fputs("# file ", to);
        print_name(config->files.at[i].at, to);
        fputc('\n', to);
    }
    for (size_t i = 0; i < config->pack_count; i++) {
        print_pack(&config->packs[i], to);
    }
    fputs("schema: 1\n", to);
    for (size_t i = 0; i < schema_config.count; i++) {
        // A file holds one pack, and these are of several files.
        if (strcmp(schema_config.rows[i].key, "pack") != 0) {
            settings.rows = &schema_config.rows[i];
            settings.count = 1;
            print_record(&p, &settings, config->root, false, config);
        }
    }
}
