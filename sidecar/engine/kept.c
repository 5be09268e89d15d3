#include "sidecar/engine/kept.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sidecar/base/file.h"
#include "sidecar/engine/fingerprint_file.h"

#define SUFFIX ".fingerprint"

enum {
    PATH_BYTES = 4096 + REQUEST_NAME_BYTES + sizeof(SUFFIX),
    ROOM = 64 /* fingerprints, at first */
};

struct text
kept_folder(const struct config *config)
{
    const struct text folder = config->drift.keep;

    return text_is(folder, "none") ? (struct text){NULL, 0} : folder;
}

/* ------------------------------------------------------------------- reading
 */

/* The fingerprints read so far; owns them. */
struct found {
    struct fingerprint **at;
    size_t count, room;
};

static bool
add(struct found *found, struct fingerprint *print)
{
    if (found->count == found->room) {
        const size_t room = found->room > 0 ? 2 * found->room : ROOM;
        struct fingerprint **at = realloc(found->at, room * sizeof(*at));
        if (at == NULL) {
            return false;
        }
        found->at = at;
        found->room = room;
    }
    found->at[found->count++] = print;
    return true;
}

static void
read_one(const char *folder, struct text file, const struct engine *engine,
         struct found *found, struct problems *problems)
{
    const struct voice_model *model = personas_model(engine->personas);
    const struct text id = text_part(file, 0, file.len - strlen(SUFFIX));
    struct fingerprint *print = NULL;
    char path[PATH_BYTES];
    struct err err;

    snprintf(path, sizeof(path), "%s/%.*s", folder, TEXT_ARGS(file));
    if (model == NULL) {
        err_set(&err, ERR_CONFIG,
                "%s: drift.background names no voice model to read it with",
                path);
    } else {
        print = fingerprint_read(path, model, engine->kernels, &err);
    }
    if (print != NULL && !text_equal(print->persona, id)) {
        err_set(&err, ERR_CONFIG, "%s: is the fingerprint of \"%.*s\"", path,
                TEXT_ARGS(print->persona));
        fingerprint_free(print);
        print = NULL;
    }
    if (print != NULL && !add(found, print)) {
        err_memory(&err, path);
        fingerprint_free(print);
        print = NULL;
    }
    if (print == NULL) {
        place_problem(problems, node_place(engine->config->drift.node, "keep"),
                      "drift.keep", "%s", err.message);
    }
}

static bool
is_fingerprint(struct text name)
{
    return name.len > strlen(SUFFIX) && text_ends(name, TEXT(SUFFIX));
}

static void
read_folder(DIR *open, const char *folder, const struct engine *engine,
            struct found *found, struct problems *problems)
{
    const struct dirent *entry;

    while ((entry = readdir(open)) != NULL) {
        const struct text name = text_of(entry->d_name);
        if (is_fingerprint(name)) {
            read_one(folder, name, engine, found, problems);
        }
    }
}

/* Takes the engine and what was found. */
static struct engine *
enrol(struct engine *engine, struct found *found, struct problems *problems)
{
    struct roster *roster = roster_new(found->at, found->count);
    struct engine *with = NULL;
    struct err err;

    if (roster == NULL) {
        err_memory(&err, "the kept fingerprints");
    } else {
        with = engine_with(engine, roster, &err);
    }
    if (with == NULL) {
        place_problem(problems, node_place(engine->config->drift.node, "keep"),
                      "drift.keep", "%s", err.message);
    }
    roster_drop(roster);
    engine_drop(engine);
    return with;
}

struct engine *
kept_load(struct engine *engine, struct problems *problems)
{
    const size_t before = place_problems_told(problems);
    const struct text folder = kept_folder(engine->config);
    struct found found = {NULL, 0, 0};

    if (folder.len == 0) {
        return engine;
    }
    DIR *open = opendir(folder.at);
    if (open == NULL && errno == ENOENT) {
        return engine;
    }
    if (open == NULL) {
        place_problem(problems, node_place(engine->config->drift.node, "keep"),
                      "drift.keep", "%s: %s", folder.at, strerror(errno));
    } else {
        read_folder(open, folder.at, engine, &found, problems);
        closedir(open);
    }
    if (place_problems_told(problems) > before) {
        for (size_t i = 0; i < found.count; i++) {
            fingerprint_free(found.at[i]);
        }
        engine_drop(engine);
        engine = NULL;
    } else if (found.count > 0) {
        engine = enrol(engine, &found, problems);
    }
    free(found.at);
    return engine;
}

/* ------------------------------------------------------------------- writing
 */

bool
kept_open(const char *folder, struct err *err)
{
    struct stat about;

    if ((mkdir(folder, 0700) != 0 && errno != EEXIST) ||
        stat(folder, &about) != 0) {
        err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
        return false;
    }
    if (!S_ISDIR(about.st_mode)) {
        err_set(err, ERR_IO, "%s: not a folder", folder);
        return false;
    }
    if (access(folder, R_OK | W_OK | X_OK) != 0) {
        err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
        return false;
    }
    return true;
}

bool
kept_write(const char *folder, struct text persona,
           const struct fingerprint *print, struct err *err)
{
    char path[PATH_BYTES];

    // An id that passed for one over the wire holds no '/' and no "..".
    const int len = snprintf(path, sizeof(path), "%s/%.*s" SUFFIX, folder,
                             TEXT_ARGS(persona));
    if (len < 0 || (size_t)len >= sizeof(path)) {
        err_set(err, ERR_IO, "%s: %s", folder, strerror(ENAMETOOLONG));
        return false;
    }
    return print != NULL ? fingerprint_write(print, path, err)
                         : file_remove(path, err);
}
