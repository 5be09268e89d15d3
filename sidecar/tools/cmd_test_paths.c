// realpath is of X/Open, not of plain POSIX.1-2008.
#define _XOPEN_SOURCE 700

#include "sidecar/tools/cmd_test_paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096 };

/* Takes the string. */
static bool
push(char ***at, size_t *count, char *string, struct err *err)
{
    char **more =
        string != NULL ? realloc(*at, (*count + 1) * sizeof(*more)) : NULL;

    if (more == NULL) {
        free(string);
        err_memory(err, "paths");
        return false;
    }
    *at = more;
    more[(*count)++] = string;
    return true;
}

/* Is the file the path itself, or does it lie in that folder? */
static bool
lies_in(const char *file, const char *path)
{
    const size_t len = strlen(path);

    return strncmp(file, path, len) == 0 &&
           (file[len] == '\0' || file[len] == '/');
}

static bool
file_lies_in(const char *name, const char *path)
{
    char *real = realpath(name, NULL);
    const bool in = real != NULL && lies_in(real, path);

    free(real);
    return in;
}

static bool
is_part(const struct cmd_test_paths *paths, const char *real)
{
    for (size_t i = 0; paths->config != NULL && i < paths->config->files.count;
         i++) {
        if (file_lies_in(paths->config->files.at[i].at, real)) {
            return true;
        }
    }
    return false;
}

static bool
is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int
is_yaml(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 &&
           strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static bool
push_joined(struct cmd_test_paths *paths, const char *folder, const char *name,
            struct err *err)
{
    char path[PATH_BYTES];

    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
        (int)sizeof(path)) {
        err_set(err, ERR_IO, "%s/%s: too long a path", folder, name);
        return false;
    }
    return push(&paths->alone, &paths->alone_count, strdup(path), err);
}

/* leeway.yaml, or every *.yaml in the order of their names. */
static bool
add_folder(struct cmd_test_paths *paths, const char *folder, struct err *err)
{
    char main_file[PATH_BYTES];
    struct dirent **found = NULL;
    struct stat info;
    bool good = true;

    snprintf(main_file, sizeof(main_file), "%s/leeway.yaml", folder);
    if (stat(main_file, &info) == 0) {
        return push_joined(paths, folder, "leeway.yaml", err);
    }
    const int count = scandir(folder, &found, is_yaml, alphasort);
    if (count <= 0) {
        err_set(err, ERR_IO, "%s: no *.yaml in this folder", folder);
        good = false;
    }
    for (int i = 0; i < count; i++) {
        good = good && push_joined(paths, folder, found[i]->d_name, err);
        free(found[i]);
    }
    free((void *)found);
    return good;
}

static bool
add_path(struct cmd_test_paths *paths, const char *given, const char *main_path,
         struct err *err)
{
    char *real = realpath(given, NULL);

    if (real == NULL) {
        err_set(err, ERR_IO, "%s: %s", given, strerror(errno));
        return false;
    }
    if (main_path != NULL && file_lies_in(main_path, real)) {
        paths->whole = true;
    }
    if (is_part(paths, real)) {
        return push(&paths->within, &paths->inside, real, err);
    }
    free(real);
    return is_folder(given)
               ? add_folder(paths, given, err)
               : push(&paths->alone, &paths->alone_count, strdup(given), err);
}

bool
cmd_test_paths_read(struct cmd_test_paths *paths, char *const *given,
                    size_t count, const char *main_path,
                    const struct config *config, struct err *err)
{
    *paths = (struct cmd_test_paths){.count = count, .config = config};
    for (size_t i = 0; i < count; i++) {
        if (!add_path(paths, given[i], main_path, err)) {
            return false;
        }
    }
    return true;
}

void
cmd_test_paths_clear(struct cmd_test_paths *paths)
{
    for (size_t i = 0; i < paths->inside; i++) {
        free(paths->within[i]);
    }
    for (size_t i = 0; i < paths->alone_count; i++) {
        free(paths->alone[i]);
    }
    free((void *)paths->within);
    free((void *)paths->alone);
    *paths = (struct cmd_test_paths){.count = 0};
}

static bool
holds_file(const struct cmd_test_paths *paths, const char *name)
{
    for (size_t i = 0; i < paths->inside; i++) {
        if (file_lies_in(name, paths->within[i])) {
            return true;
        }
    }
    return false;
}

static bool
list_is_held(const struct cmd_test_paths *paths, const struct config_list *list)
{
    return list->file.len > 0 && holds_file(paths, list->file.at);
}

static bool
named_list_is_held(const struct cmd_test_paths *paths, struct text id)
{
    for (size_t i = 0; i < paths->config->list_count; i++) {
        const struct config_list *list = &paths->config->lists[i];
        if (text_equal(list->id, id) && list_is_held(paths, list)) {
            return true;
        }
    }
    return false;
}

bool
cmd_test_paths_hold(const struct cmd_test_paths *paths,
                    const struct config_rule *rule, const struct node *node)
{
    if (paths->whole || holds_file(paths, node_place(node, "").file)) {
        return true;
    }
    for (size_t i = 0; rule != NULL && i < rule->list_name_count; i++) {
        if (named_list_is_held(paths, rule->list_names[i])) {
            return true;
        }
    }
    for (size_t i = 0; rule != NULL && i < rule->list_count; i++) {
        if (list_is_held(paths, &rule->lists[i])) {
            return true;
        }
    }
    return false;
}
