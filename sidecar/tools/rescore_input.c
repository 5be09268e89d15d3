#include "sidecar/tools/rescore_input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sidecar/base/hash.h"
#include "sidecar/tools/rescore_stop.h"
#include "sidecar/tools/unpack.h"

enum { DIGEST_BLOCK = 64 << 10 };

struct rescore_input {
    struct rescore_input_options options;
    struct rescore_input_file *files; /* [options.count] */
    size_t file;                      /* that is being read */
    struct transcript *transcript;    /* NULL: it is not open yet */
    struct buffer digested;           /* what the digest still lacks */
    uint64_t rows;                    /* given numbers, of all shards */
    uint64_t mine;                    /* of this shard */
    uint64_t place, file_place;       /* bytes of files before, and in this */
    uint64_t bytes;
    bool stopped;
    /* Of the record that is being read: */
    size_t left;    /* items to come */
    size_t pending; /* replies of the batch before its history */
    uint64_t pending_rows, pending_mine;
    bool has_pending;
};

/* --------------------------------------------------------------- its length
 */

/* Bytes in a plain file; 0: it is packed, or no file. */
static uint64_t
plain_bytes(const char *path)
{
    char head[UNPACK_MAGIC_BYTES];
    struct stat about;
    uint64_t bytes = 0;

    if (strcmp(path, "-") == 0) {
        return fstat(STDIN_FILENO, &about) == 0 && S_ISREG(about.st_mode)
                   ? (uint64_t)about.st_size
                   : 0;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return 0;
    }
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
        const ssize_t got = read(fd, head, sizeof(head));
        const struct text seen = {head, got > 0 ? (size_t)got : 0};
        bytes = unpack_find(seen) == NULL ? (uint64_t)about.st_size : 0;
    }
    close(fd);
    return bytes;
}

static uint64_t
all_bytes(const struct rescore_input_options *options)
{
    uint64_t all = 0;

    for (size_t i = 0; i < options->count; i++) {
        const uint64_t bytes = plain_bytes(options->paths[i]);
        if (bytes == 0) {
            return 0;
        }
        all += bytes;
    }
    return all;
}

/* ------------------------------------------------------------------- digest
 */

/* Each block's digest is over the one before it, too. */
static void
digest_block(struct rescore_input *in)
{
    struct digest *digest = &in->files[in->file].digest;
    const struct text parts[] = {{(const char *)digest->bytes, DIGEST_BYTES},
                                 buffer_text(&in->digested)};

    *digest = digest_of_parts(parts, 2);
    buffer_reset(&in->digested);
}

/* As 8 bytes, the lowest first, on every machine. */
static void
digest_number(struct rescore_input *in, uint64_t number)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(number >> 8 * i);
    }
    if (in->digested.len > DIGEST_BLOCK - sizeof(bytes)) {
        digest_block(in);
    }
    buffer_add(&in->digested, bytes, sizeof(bytes));
}

/* Lengths stand before the bytes, so that no two inputs look alike. */
static void
digest_text(struct rescore_input *in, struct text text)
{
    digest_number(in, text.len);
    while (text.len > 0) {
        const size_t room = DIGEST_BLOCK - in->digested.len;
        const size_t part = text.len < room ? text.len : room;
        buffer_add(&in->digested, text.at, part);
        text = text_part(text, part, text.len);
        if (in->digested.len == DIGEST_BLOCK) {
            digest_block(in);
        }
    }
}

static void
digest_item(struct rescore_input *in, const struct transcript_item *item)
{
    digest_number(in, item->line);
    digest_number(in, (uint64_t)item->kind);
    if (item->kind == TRANSCRIPT_TURN) {
        digest_number(in, (uint64_t)item->turn.turn);
        digest_number(in, (uint64_t)item->turn.role);
        digest_text(in, item->turn.session);
        digest_text(in, item->turn.persona);
        digest_text(in, item->turn.text);
    } else {
        digest_text(in, item->path);
        digest_text(in, item->reason);
    }
}

/* ------------------------------------------------------------------ opening
 */

struct rescore_input *
rescore_input_open(const struct rescore_input_options *options, struct err *err)
{
    struct rescore_input *in = calloc(1, sizeof(*in));

    if (in == NULL) {
        err_memory(err, "the input");
        return NULL;
    }
    in->options = *options;
    buffer_init(&in->digested, DIGEST_BLOCK);
    // So that nothing is to be allocated while it is read.
    in->files = calloc(options->count + 1, sizeof(*in->files));
    if (buffer_extend(&in->digested, DIGEST_BLOCK) == NULL ||
        in->files == NULL) {
        err_memory(err, "the input");
        rescore_input_close(in);
        return NULL;
    }
    buffer_reset(&in->digested);
    for (size_t i = 0; i < options->count; i++) {
        in->files[i].path = options->paths[i];
    }
    in->bytes = all_bytes(options);
    return in;
}

static void
close_file(struct rescore_input *in, bool whole)
{
    struct rescore_input_file *file = &in->files[in->file];

    if (in->transcript != NULL) {
        file->counts = transcript_counts_of(in->transcript);
        transcript_close(in->transcript);
        in->transcript = NULL;
    }
    digest_block(in);
    file->whole = whole;
    in->place += in->file_place;
    in->file_place = 0;
    in->left = 0;
    in->has_pending = false;
    in->file++;
}

void
rescore_input_close(struct rescore_input *input)
{
    if (input != NULL) {
        transcript_close(input->transcript);
        buffer_clear(&input->digested);
        free(input->files);
        free(input);
    }
}

void
rescore_input_stop(struct rescore_input *input)
{
    if (!input->stopped && input->file < input->options.count) {
        close_file(input, false);
    }
    input->stopped = true;
}

const struct rescore_input_file *
rescore_input_files(const struct rescore_input *input, size_t *count)
{
    *count = input->options.count;
    return input->files;
}

uint64_t
rescore_input_bytes(const struct rescore_input *input)
{
    return input->bytes;
}

/* ----------------------------------------------------------------- choosing
 */

static bool
is_mine(const struct rescore_input *in, const struct transcript_item *item)
{
    const struct rescore_input_options *o = &in->options;

    if (o->shards <= 1) {
        return true;
    }
    const uint64_t hash =
        item->kind == TRANSCRIPT_TURN && item->turn.session.len > 0
            ? hash_text(item->turn.session, 11)
            : hash_text(text_of(o->paths[in->file]), 13 + item->offset);
    return hash % o->shards == o->index;
}

/*
 * Remembers where the history of a record begins, and forgets what was said
 * in it before its last answer.
 */
static void
follow_history(struct rescore_input *in, struct rescore_batch *batch,
               const struct transcript_item *item)
{
    if (item->kind != TRANSCRIPT_TURN || !item->turn.history) {
        in->has_pending = false;
    } else if (!in->has_pending) {
        in->has_pending = true;
        in->pending = batch->count;
        in->pending_rows = in->rows;
        in->pending_mine = in->mine;
    }
    if (in->has_pending && item->turn.role == REQUEST_ASSISTANT) {
        rescore_batch_cut(batch, in->pending);
        in->rows = in->pending_rows;
        in->mine = in->pending_mine;
    }
}

/* Puts an item into the batch where it belongs there. false: no memory. */
static bool
take(struct rescore_input *in, struct rescore_batch *batch,
     const struct transcript_item *item, struct err *err)
{
    const struct rescore_input_options *o = &in->options;

    follow_history(in, batch, item);
    if (item->kind == TRANSCRIPT_TURN &&
        ((o->role != RESCORE_INPUT_ALL &&
          item->turn.role != (enum request_role)o->role) ||
         (item->turn.history && item->turn.role == REQUEST_ASSISTANT))) {
        return true;
    }
    in->rows++;
    if (!is_mine(in, item) || in->mine++ < o->skip) {
        return true;
    }
    struct rescore_reply *reply =
        rescore_batch_add(batch, o->paths[in->file], item);
    if (reply == NULL) {
        err_memory(err, "a record");
        return false;
    }
    reply->row = in->rows;
    reply->checked_again = in->mine - o->skip <= o->again;
    return true;
}

/* A file that ends before its end is an item, too. */
static bool
take_broken(struct rescore_input *in, struct rescore_batch *batch, size_t line,
            const struct err *why, struct err *err)
{
    const struct transcript_item item = {.kind = TRANSCRIPT_BROKEN,
                                         .line = line,
                                         .reason = text_of(why->message)};

    if (rescore_stop_asked()) {
        return true;
    }
    digest_item(in, &item);
    const bool taken = take(in, batch, &item, err);
    close_file(in, false);
    return taken;
}

/* ------------------------------------------------------------------ reading
 */

static bool
open_next(struct rescore_input *in, struct rescore_batch *batch,
          struct err *err)
{
    struct err why;

    in->transcript = transcript_open(in->options.paths[in->file],
                                     &in->options.transcript, &why);
    if (in->transcript == NULL) {
        return take_broken(in, batch, 0, &why, err);
    }
    in->files[in->file].format = transcript_format_of(in->transcript);
    return true;
}

/* One more item of the open file, which it closes at its end. */
static bool
read_item(struct rescore_input *in, struct rescore_batch *batch,
          bool *record_ends, struct err *err)
{
    struct transcript_item item;
    struct err why;

    const enum transcript_kind kind =
        transcript_next(in->transcript, &item, &why);
    if (rescore_stop_asked()) {
        return true; // what came may be cut short
    }
    in->file_place = item.offset;
    if (kind == TRANSCRIPT_END) {
        close_file(in, true);
        return true;
    }
    if (kind == TRANSCRIPT_BROKEN) {
        return take_broken(in, batch, item.line, &why, err);
    }
    if (in->left == 0) {
        in->left = item.in_record;
        in->has_pending = false;
    }
    *record_ends = --in->left == 0;
    digest_item(in, &item);
    return take(in, batch, &item, err);
}

bool
rescore_input_next(struct rescore_input *input, struct rescore_batch *batch,
                   struct err *err)
{
    struct rescore_input *const in = input;
    bool record_ends = true;

    err->kind = ERR_NONE;
    while (!in->stopped && in->file < in->options.count &&
           !(record_ends && rescore_batch_full(batch))) {
        if (rescore_stop_asked()) {
            rescore_input_stop(in);
        } else if (in->transcript == NULL
                       ? !open_next(in, batch, err)
                       : !read_item(in, batch, &record_ends, err)) {
            return false;
        }
    }
    batch->place = in->place + in->file_place;
    return batch->count > 0;
}
