#include "config/place.h"

#include <stdarg.h>

#include "sidecar/base/utf8.h"

enum {
    MESSAGE_BYTES = 480, /* a longer message is cut */
    EXCERPT_BYTES = 60   /* of a value, in a message */
};

const char place_override[] = "--set";
const char place_built_in[] = "built-in";

void
place_problems_init(struct problems *problems, struct arena *arena)
{
    *problems = (struct problems){.arena = arena};
}

/* False: no room for it. */
static bool
keep(struct problems *problems, struct place at, const char *path,
     const char *message)
{
    if (problems->count == PROBLEMS_KEPT) {
        return false;
    }
    // The file's name may go with the configuration; the two names that are
    // told by their address stay.
    struct text file = text_of(at.file);
    if (at.file != place_override && at.file != place_built_in) {
        file = arena_copy(problems->arena, file);
    }
    const struct problem problem = {
        .at = {file.at, at.line, at.column},
        .path = arena_copy(problems->arena, text_of(path)),
        .message = arena_copy(problems->arena, text_of(message)),
    };
    if (file.at == NULL || problem.path.at == NULL ||
        problem.message.at == NULL) {
        return false;
    }
    problems->at[problems->count++] = problem;
    return true;
}

/* False: there was no room. */
static bool
say(struct problems *problems, struct place at, const char *path,
    const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static bool
say(struct problems *problems, struct place at, const char *path,
    const char *format, va_list args)
{
    char message[MESSAGE_BYTES];

    vsnprintf(message, sizeof(message), format, args);
    return keep(problems, at, path, message);
}

void
place_problem(struct problems *problems, struct place at, const char *path,
              const char *format, ...)
{
    va_list args;

    va_start(args, format);
    problems->unshown += !say(problems, at, path, format, args);
    va_end(args);
}

void
place_finding(struct problems *problems, struct place at, const char *path,
              const char *format, ...)
{
    va_list args;

    va_start(args, format);
    problems->unshown += !say(problems, at, path, format, args);
    va_end(args);
    problems->findings++;
}

void
place_warning(struct problems *problems, struct place at, const char *path,
              const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (say(problems, at, path, format, args)) {
        problems->at[problems->count - 1].warning = true;
        problems->warnings++;
    }
    va_end(args);
}

static bool
stands_before(const struct place *a, const struct place *b)
{
    const int files = strcmp(a->file, b->file);

    if (files != 0) {
        return files < 0;
    }
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* By insertion, since what stands at one place keeps the order it came in. */
static void
sort(struct problems *problems)
{
    for (size_t i = 1; i < problems->count; i++) {
        const struct problem moving = problems->at[i];
        size_t to = i;
        for (; to > 0 && stands_before(&moving.at, &problems->at[to - 1].at);
             to--) {
            problems->at[to] = problems->at[to - 1];
        }
        problems->at[to] = moving;
    }
}

/* Control characters, C1 included, could steer the terminal that shows them. */
static bool
prints_badly(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void
print_escaped(FILE *to, const char *bytes, size_t len, bool json)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned byte = (unsigned char)bytes[i];
        fprintf(to, json ? "\\u%04x" : "\\x%02x", byte);
    }
}

/* Bytes of the character at text.at[offset], or 0 where it is none. */
static size_t
whole_character(struct text text, size_t offset)
{
    const size_t len = utf8_len((unsigned char)text.at[offset]);
    size_t bad;

    return len <= text.len - offset &&
                   utf8_check(text_part(text, offset, offset + len), &bad)
               ? len
               : 0;
}

static void
print_text(FILE *to, struct text text, bool json)
{
    for (size_t i = 0, len; i < text.len; i += len) {
        const char *at = text.at + i;
        len = whole_character(text, i);
        if (len == 0) {
            len = 1;
            json ? (void)fputs("\\ufffd", to) : print_escaped(to, at, 1, false);
        } else if (len == 1 && prints_badly((unsigned char)*at)) {
            print_escaped(to, at, 1, json);
        } else if (json && (*at == '"' || *at == '\\')) {
            fprintf(to, "\\%c", *at);
        } else if (!json && prints_badly(utf8_at(text, i, &len))) {
            print_escaped(to, at, len, false);
        } else {
            fwrite(at, 1, len, to);
        }
    }
}

static void
print_human(const struct problem *problem, FILE *to)
{
    print_text(to, text_of(problem->at.file), false);
    if (problem->at.line > 0) {
        fprintf(to, ":%u:%u", problem->at.line, problem->at.column);
    }
    // An override is named as it was typed: --set limits.workers.
    if (problem->at.file == place_override) {
        fputc(' ', to);
    } else if (problem->at.file[0] != '\0') {
        fputs(": ", to);
    }
    if (problem->warning) {
        fputs("warning: ", to);
    }
    if (problem->path.len > 0) {
        print_text(to, problem->path, false);
        fputs(": ", to);
    }
    print_text(to, problem->message, false);
    fputc('\n', to);
}

static void
print_json(const struct problem *problem, FILE *to)
{
    fputs("{\"file\":\"", to);
    print_text(to, text_of(problem->at.file), true);
    fprintf(to, "\",\"line\":%u,\"column\":%u,\"path\":\"", problem->at.line,
            problem->at.column);
    print_text(to, problem->path, true);
    fputs("\",\"message\":\"", to);
    print_text(to, problem->message, true);
    fputs(problem->warning ? "\",\"warning\":true}\n" : "\"}\n", to);
}

void
place_problems_print(struct problems *problems, FILE *to, bool json)
{
    sort(problems);
    for (size_t i = 0; i < problems->count; i++) {
        json ? print_json(&problems->at[i], to)
             : print_human(&problems->at[i], to);
    }
    if (problems->unshown == 0) {
        return;
    }
    if (json) {
        fprintf(to,
                "{\"file\":\"\",\"line\":0,\"column\":0,\"path\":\"\","
                "\"message\":\"%zu more problems are not shown\"}\n",
                problems->unshown);
    } else {
        fprintf(to, "%zu more problem%s not shown\n", problems->unshown,
                problems->unshown == 1 ? " is" : "s are");
    }
}

struct text
place_excerpt(struct text text)
{
    return utf8_cut(text, EXCERPT_BYTES);
}

const char *
place_words(struct place at, char out[PLACE_WORDS_BYTES])
{
    if (at.line > 0) {
        snprintf(out, PLACE_WORDS_BYTES, "%s:%u:%u", at.file, at.line,
                 at.column);
    } else {
        snprintf(out, PLACE_WORDS_BYTES, "%s", at.file);
    }
    return out;
}
