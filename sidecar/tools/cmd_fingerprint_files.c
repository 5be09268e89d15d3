#include "sidecar/tools/cmd_fingerprint_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sidecar/base/text.h"

#define SUFFIX ".fingerprint"

enum { PATH_BYTES = 4096 };

static int
is_fingerprint(const struct dirent *entry)
{
    const struct text name = text_of(entry->d_name), ending = TEXT(SUFFIX);

    return name.len > ending.len && text_ends(name, ending);
}

static bool
visit_folder(const char *folder, void (*visit)(void *context, const char *path),
             void *context, struct err *err)
{
    struct dirent **entries = NULL;
    char path[PATH_BYTES];
    bool fine = true;

    const int count = scandir(folder, &entries, is_fingerprint, alphasort);
    if (count < 0) {
        err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        const int len =
            snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (len > 0 && len < PATH_BYTES) {
            visit(context, path);
        } else if (fine) {
            err_set(err, ERR_IO, "%s: %s", folder, strerror(ENAMETOOLONG));
            fine = false;
        }
        free(entries[i]);
    }
    free(entries);
    return fine;
}

bool
cmd_fingerprint_files_visit(const char *path,
                            void (*visit)(void *context, const char *path),
                            void *context, struct err *err)
{
    struct stat about;

    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        return visit_folder(path, visit, context, err);
    }
    visit(context, path);
    return true;
}
