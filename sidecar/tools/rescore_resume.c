#include "sidecar/tools/rescore_resume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/json.h"
#include "sidecar/base/file.h"

enum {
    PATH_BYTES = 4096,
    RECORD_BYTES = 1024,
    READ_BYTES = 64 << 10,
    EDGE_BYTES = 64 << 10, /* of an input's beginning and end are looked at */
    ROW_BYTES = 768 << 20  /* JSON of the largest record, escaped */
};

/* ------------------------------------------------------------- the run's own
 */

static bool
name_record(const char *path, char out[PATH_BYTES], struct err *err)
{
    const int len = snprintf(out, PATH_BYTES, "%s.run", path);

    if (len < 0 || len >= PATH_BYTES) {
        err_set(err, ERR_IO, "%s: name too long", path);
        return false;
    }
    return true;
}

static void
tell_run(const struct rescore_resume_run *run, char out[RECORD_BYTES])
{
    char options[DIGEST_HEX], input[DIGEST_HEX];

    digest_hex(&run->options, options);
    digest_hex(&run->input, input);
    snprintf(out, RECORD_BYTES,
             "{\"v\":1,\"configuration\":\"%s\",\"options\":\"%s\","
             "\"input\":\"%s\"}\n",
             run->configuration, options, input);
}

/* Which of the three it is, for the message. */
static const char *
difference(const char *there, const char *here)
{
    static const char *const keys[] = {"\"configuration\":\"", "\"options\":\"",
                                       "\"input\":\""};
    static const char *const words[] = {"another configuration",
                                        "other options", "another input"};

    for (size_t i = 0; i < 3; i++) {
        const char *a = strstr(there, keys[i]), *b = strstr(here, keys[i]);
        if (a == NULL || b == NULL ||
            strncmp(a, b, strlen(keys[i]) + DIGEST_HEX - 1) != 0) {
            return words[i];
        }
    }
    return "another version";
}

/* Is it of this run? Writes the record where there is none. */
static bool
check_record(const char *path, const struct rescore_resume_run *run,
             bool *recorded, struct err *err)
{
    char name[PATH_BYTES], here[RECORD_BYTES];
    struct buffer there;
    bool same = true;

    if (!name_record(path, name, err)) {
        return false;
    }
    tell_run(run, here);
    *recorded = access(name, F_OK) == 0;
    if (!*recorded) {
        return file_write(name, text_of(here), err);
    }
    if (!file_read(name, RECORD_BYTES, &there, err)) {
        return false;
    }
    buffer_add_byte(&there, '\0');
    if (there.failed || strcmp(there.at, here) != 0) {
        err_set(err, ERR_STATE, "%s: begun with %s (as %s says)", path,
                there.failed ? "another version" : difference(there.at, here),
                name);
        same = false;
    }
    buffer_clear(&there);
    return same;
}

/* --------------------------------------------------------------- its rows
 */

/* Finds the ends of rows. */
struct scan {
    bool csv, quoted;
    uint64_t at;   /* bytes seen */
    uint64_t rows; /* whole lines, CSV's first one too */
    uint64_t ends[RESCORE_RESUME_AGAIN + 1]; /* of the last ones, a ring */
};

static void
scan_bytes(struct scan *s, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        // Within quotes a quote is doubled: out and in again.
        s->quoted = s->quoted != (s->csv && bytes[i] == '"');
        if (bytes[i] == '\n' && !s->quoted) {
            s->rows++;
            s->ends[s->rows % (RESCORE_RESUME_AGAIN + 1)] = s->at + i + 1;
        }
    }
    s->at += len;
}

static bool
scan_file(int fd, const char *path, struct scan *s, struct err *err)
{
    static _Thread_local char piece[READ_BYTES];

    for (;;) {
        const ssize_t got = pread(fd, piece, sizeof(piece), (off_t)s->at);
        if (got == 0) {
            return true;
        }
        if (got < 0 && errno != EINTR) {
            err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
            return false;
        }
        scan_bytes(s, piece, got > 0 ? (size_t)got : 0);
    }
}

/* Sets the output to the first of the rows that are compared. */
static void
settle(const struct scan *s, bool csv, struct rescore_output *output,
       struct rescore_resume *out)
{
    const uint64_t ring = RESCORE_RESUME_AGAIN + 1;
    const uint64_t lines = s->rows;
    const uint64_t rows = csv && lines > 0 ? lines - 1 : lines;

    out->header = csv && lines > 0;
    out->again = rows < RESCORE_RESUME_AGAIN ? rows : RESCORE_RESUME_AGAIN;
    out->skip = rows - out->again;
    output->known = s->ends[lines % ring];
    output->at = s->ends[(lines - out->again) % ring];
    output->torn = s->at > output->known;
}

static int
open_rows(const char *path, struct err *err)
{
    struct stat about;
    const int fd =
        open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);

    if (fd < 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    } else if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        err_set(err, ERR_IO, "%s: not a regular file", path);
        close(fd);
        return -1;
    }
    return fd;
}

bool
rescore_resume_open(const char *path, enum rescore_row_format format,
                    const struct rescore_resume_run *run,
                    struct rescore_output *output, struct rescore_resume *out,
                    struct err *err)
{
    const bool csv = format == RESCORE_ROW_CSV;
    struct scan scan = {.csv = csv};
    const int fd = open_rows(path, err);

    if (fd < 0) {
        return false;
    }
    *out = (struct rescore_resume){.skip = 0};
    *output = (struct rescore_output){.name = path, .fd = fd, .owned = true};
    if (!check_record(path, run, &out->recorded, err) ||
        !scan_file(fd, path, &scan, err)) {
        close(fd);
        return false;
    }
    settle(&scan, csv, output, out);
    return true;
}

static bool
tally_line(struct text line, struct buffer *wire, struct rescore_tally *tally,
           struct err *err)
{
    buffer_reset(wire);
    return json_to_wire(line, wire, err) &&
           rescore_tally_add(tally, buffer_text(wire), err);
}

bool
rescore_resume_tally(const struct rescore_output *output,
                     const struct rescore_resume *resume,
                     struct rescore_tally *tally, struct err *err)
{
    const int copy = dup(output->fd);
    FILE *file = copy >= 0 ? fdopen(copy, "r") : NULL;
    char *line = NULL;
    size_t cap = 0;
    struct buffer wire;
    bool fine = file != NULL && fseeko(file, 0, SEEK_SET) == 0;

    buffer_init(&wire, ROW_BYTES);
    if (!fine) {
        err_set(err, ERR_IO, "%s: %s", output->name, strerror(errno));
    }
    for (uint64_t row = 0; fine && row < resume->skip; row++) {
        const ssize_t len = getline(&line, &cap, file);
        if (len < 0) {
            err_set(err, ERR_IO, "%s: %s", output->name, strerror(errno));
            fine = false;
        } else if (!tally_line((struct text){line, (size_t)len}, &wire, tally,
                               err)) {
            err_under(err, "%s:%" PRIu64, output->name, row + 1);
            fine = false;
        }
    }
    buffer_clear(&wire);
    free(line);
    if (file != NULL) {
        fclose(file);
    } else if (copy >= 0) {
        close(copy);
    }
    return fine;
}

/* ---------------------------------------------------------------- the input
 */

/* Size, first and last bytes. */
static bool
look_at(const char *path, struct digest *out, struct err *err)
{
    static _Thread_local char edges[2 * EDGE_BYTES];
    struct stat about;
    char size[32] = "-";
    size_t len = 0;

    if (strcmp(path, "-") != 0) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0 || fstat(fd, &about) != 0) {
            err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
            if (fd >= 0) {
                close(fd);
            }
            return false;
        }
        if (S_ISREG(about.st_mode)) {
            const off_t end =
                about.st_size > EDGE_BYTES ? about.st_size - EDGE_BYTES : 0;
            const ssize_t head = pread(fd, edges, EDGE_BYTES, 0);
            const ssize_t tail = pread(fd, edges + EDGE_BYTES, EDGE_BYTES, end);
            snprintf(size, sizeof(size), "%lld", (long long)about.st_size);
            len = head == EDGE_BYTES && tail == EDGE_BYTES ? sizeof(edges)
                  : head > 0 && head < EDGE_BYTES          ? (size_t)head
                                                           : 0;
        }
        close(fd);
    }
    const struct text parts[] = {text_of(path), text_of(size), {edges, len}};
    *out = digest_of_parts(parts, 3);
    return true;
}

bool
rescore_resume_input(char *const *paths, size_t count, struct digest *out,
                     struct err *err)
{
    *out = (struct digest){{0}};
    for (size_t i = 0; i < count; i++) {
        struct digest file;
        if (!look_at(paths[i], &file, err)) {
            return false;
        }
        const struct text parts[] = {{(const char *)out->bytes, DIGEST_BYTES},
                                     {(const char *)file.bytes, DIGEST_BYTES}};
        *out = digest_of_parts(parts, 2);
    }
    return true;
}
