// realpath() is of POSIX.1-2008's XSI part.
#define _XOPEN_SOURCE 700

#include "config/source.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "sidecar/base/file.h"

/* Without ".", "..", and doubled slashes, as far as words alone can tell. */
static void
tidy(char *path)
{
    const bool absolute = path[0] == '/';
    const char *from = path;
    size_t to = 0, floor = absolute ? 1 : 0; // ".." does not go below it

    to = floor;
    while (*from != '\0') {
        const size_t len = strcspn(from, "/");
        const bool up = len == 2 && from[0] == '.' && from[1] == '.';
        if (up && to > floor) {
            while (to > floor && path[--to] != '/') {
            }
        } else if (len > 0 && !(len == 1 && from[0] == '.') &&
                   !(up && absolute)) {
            if (to > 0 && path[to - 1] != '/') {
                path[to++] = '/';
            }
            memmove(path + to, from, len);
            to += len;
            floor = up ? to : floor;
        }
        from += len;
        from += *from == '/' ? 1 : 0;
    }
    path[to] = '\0';
}

/* `written`, seen from the folder of the file `from`. */
static bool
join(const char *from, struct text written, char out[SOURCE_PATH_BYTES])
{
    const char *slash = strrchr(from, '/');
    const size_t folder = slash != NULL ? (size_t)(slash - from) + 1 : 0;
    const bool absolute = written.len > 0 && written.at[0] == '/';
    const int len =
        snprintf(out, SOURCE_PATH_BYTES, "%.*s%.*s", absolute ? 0 : (int)folder,
                 from, TEXT_ARGS(written));

    return len >= 0 && len < SOURCE_PATH_BYTES;
}

static bool
is_inside(struct text root, struct text path)
{
    // The root "/" ends in its slash, any other does not.
    return text_starts(path, root) &&
           (root.len == 1 || path.len == root.len || path.at[root.len] == '/');
}

/* An absolute path without links, in the arena; false: errno says why. */
static bool
real_path(struct arena *arena, const char *path, struct text *out)
{
    char *real = realpath(path, NULL);

    if (real == NULL) {
        return false;
    }
    *out = arena_copy(arena, text_of(real));
    free(real);
    errno = ENOMEM;
    return out->at != NULL;
}

static bool
cannot_open(struct source_set *set, struct place at, const char *key,
            const char *name, const char *why)
{
    if (key[0] == '\0' && strcmp(at.file, name) == 0) {
        place_problem(set->problems, at, "", "cannot open: %s", why);
    } else {
        place_problem(set->problems, at, key, "cannot open %s: %s", name, why);
    }
    return false;
}

bool
source_init(struct source_set *set, const char *path, struct arena *arena,
            struct problems *problems, struct source_path *out)
{
    const struct place at = {.file = path};
    char folder[SOURCE_PATH_BYTES];

    *set = (struct source_set){.arena = arena, .problems = problems};
    set->end = &set->first;
    if (!join(path, TEXT("."), folder)) {
        return cannot_open(set, at, "", path, strerror(ENAMETOOLONG));
    }
    out->name = path;
    if (!real_path(arena, folder, &set->root) ||
        !real_path(arena, path, &out->real)) {
        return cannot_open(set, at, "", path, strerror(errno));
    }
    return true;
}

bool
source_resolve(struct source_set *set, struct place at, const char *key,
               struct text written, struct source_path *out)
{
    const bool confined = at.file != place_override;
    char path[SOURCE_PATH_BYTES];

    if (memchr(written.at, '\0', written.len) != NULL) {
        place_problem(set->problems, at, key, "a NUL byte in a path");
        return false;
    }
    if (!join(confined ? at.file : "", written, path)) {
        place_problem(set->problems, at, key, "a path longer than %d bytes",
                      SOURCE_PATH_BYTES - 1);
        return false;
    }
    const bool found = real_path(set->arena, path, &out->real);
    const int why = errno;
    tidy(path);
    const struct text name = arena_copy(set->arena, text_of(path));
    out->name = name.at;
    if (!found || name.at == NULL) {
        return cannot_open(set, at, key, path, strerror(found ? ENOMEM : why));
    }
    if (confined && !is_inside(set->root, out->real)) {
        place_problem(set->problems, at, key,
                      "%s lies outside the configuration's folder %s", path,
                      set->root.at);
        return false;
    }
    return true;
}

static void
note(struct source_set *set, const char *name, struct text content)
{
    struct source *source = ARENA_ARRAY(set->arena, struct source, 1);

    if (source != NULL) {
        *source = (struct source){.name = name, .digest = digest_of(content)};
        *set->end = source;
        set->end = &source->next;
        set->count++;
    }
}

bool
source_read(struct source_set *set, const struct source_path *path,
            size_t limit, struct place at, const char *key, struct buffer *out)
{
    struct stat about;
    struct err err;

    if (!file_read(path->real.at, limit, out, &err)) {
        const struct text message = text_of(err.message);
        const size_t prefix = path->real.len + sizeof(": ") - 1;
        const bool named = text_starts(message, path->real);
        return cannot_open(set, at, key, path->name,
                           named ? err.message + prefix : err.message);
    }
    if (stat(path->real.at, &about) == 0 && (about.st_mode & S_IWOTH) != 0) {
        place_warning(set->problems, (struct place){.file = path->name}, "",
                      "every user of this machine may change this file (mode "
                      "%04o)",
                      (unsigned)about.st_mode & 07777);
    }
    note(set, path->name, buffer_text(out));
    return true;
}

void
source_note(struct source_set *set, struct text text)
{
    note(set, NULL, text);
}

struct digest
source_digest(const struct source_set *set)
{
    struct text *parts = ARENA_ARRAY(set->arena, struct text, set->count);
    size_t count = 0;

    for (const struct source *s = set->first; s != NULL && parts != NULL;
         s = s->next) {
        parts[count++] = (struct text){(const char *)s->digest.bytes,
                                       sizeof(s->digest.bytes)};
    }
    return digest_of_parts(parts, count);
}
