#include "config/termlist.h"

#include "config/form.h"
#include "sidecar/base/utf8.h"

struct lines {
    struct text content;
    size_t at;     /* where the next line begins */
    unsigned line; /* number of the line given last, from 1 */
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next line without the blanks around it; false: there is none. */
static bool
next_line(struct lines *lines, struct text *out)
{
    const struct text all = lines->content;
    size_t from = lines->at;

    if (from >= all.len) {
        return false;
    }
    const char *newline = memchr(all.at + from, '\n', all.len - from);
    size_t to = newline != NULL ? (size_t)(newline - all.at) : all.len;
    lines->at = to + 1;
    lines->line++;
    while (from < to && is_blank(all.at[from])) {
        from++;
    }
    while (to > from && is_blank(all.at[to - 1])) {
        to--;
    }
    *out = text_part(all, from, to);
    return true;
}

static bool
is_term(struct text line)
{
    return line.len > 0 && line.at[0] != '#';
}

/* What is wrong with the term, or NULL. */
static const char *
term_fault(struct text term)
{
    size_t bad;

    if (term.len > TERMLIST_TERM_BYTES) {
        return "a term of more than 256 bytes";
    }
    if (!utf8_check(term, &bad)) {
        return "not UTF-8";
    }
    for (size_t i = 0; i < term.len; i++) {
        if ((unsigned char)term.at[i] < ' ' || term.at[i] == 0x7f) {
            return "a control character";
        }
    }
    return form_is_hollow(term) ? "a term of stars or blanks would hit anything"
                                : NULL;
}

static size_t
count_terms(struct text content)
{
    struct lines lines = {.content = content};
    struct text line;
    size_t count = 0;

    while (next_line(&lines, &line)) {
        count += is_term(line) ? 1 : 0;
    }
    return count;
}

static void
take_terms(struct source_set *sources, const char *name, struct text content,
           struct config_list *list, struct text *terms)
{
    struct lines lines = {.content = content};
    size_t count = list->terms.count;
    struct text line;

    while (next_line(&lines, &line)) {
        const char *const fault = is_term(line) ? term_fault(line) : NULL;
        if (fault != NULL) {
            const struct place at = {name, lines.line, 1};
            place_problem(sources->problems, at, "", "%s", fault);
        } else if (is_term(line)) {
            terms[count] = arena_copy(sources->arena, line);
            count += terms[count].at != NULL ? 1 : 0;
        }
    }
    list->terms = (struct config_texts){terms, count};
}

static void
add_file(struct source_set *sources, const char *name, struct text content,
         struct place at, const char *key, struct config_list *list)
{
    if (text_starts(content, TEXT("\xef\xbb\xbf"))) { // byte order mark
        content = text_part(content, 3, content.len);
    }
    const size_t more = count_terms(content);
    if (more == 0) {
        place_problem(sources->problems, at, key, "%s holds no term", name);
        return;
    }
    if (more > TERMLIST_TERMS - list->terms.count) {
        place_problem(sources->problems, at, key, "%s: more than %d terms",
                      name, (int)TERMLIST_TERMS);
        return;
    }
    struct text *terms =
        ARENA_ARRAY(sources->arena, struct text, list->terms.count + more);
    if (terms == NULL) {
        return;
    }
    for (size_t i = 0; i < list->terms.count; i++) {
        terms[i] = list->terms.at[i];
    }
    take_terms(sources, name, content, list, terms);
}

void
termlist_read(struct source_set *sources, struct config_list *list,
              const char *path)
{
    const struct node *file = node_get(list->node, "file");
    struct source_path found;
    struct buffer content;
    char key[256];

    if (list->file.len == 0 || file == NULL) {
        return;
    }
    snprintf(key, sizeof(key), "%s.file", path);
    // Resolved once more for its name, which places need.
    if (source_resolve(sources, file->at, key, file->scalar, &found) &&
        source_read(sources, &found, TERMLIST_FILE_BYTES, file->at, key,
                    &content)) {
        add_file(sources, found.name, buffer_text(&content), file->at, key,
                 list);
        buffer_clear(&content);
    }
}
