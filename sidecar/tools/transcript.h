/*
 * Transcripts: who said what, out of the files that chat products and their
 * tools write. One turn at a time, in the order of the file, in memory that
 * does not grow with it.
 *
 * Formats are told by their content (transcript_format.h has the table and its
 * order): Leeway's rows and lists of messages, OpenAI's and Hugging Face's
 * `messages`, ShareGPT's `conversations`, SillyTavern's logs, Open WebUI's
 * export, LiteLLM's request logs, CSV, and plain text, one turn a line; as
 * lines of JSON or as one JSON document; plain or packed (unpack.h).
 *
 * Files are hostile. A record (a line, a row, an element of a document) that
 * cannot be read is told with its place, and the next one is read.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_H
#define SIDECAR_TOOLS_TRANSCRIPT_H

#include "proto/request.h"
#include "sidecar/base/err.h"

enum {
    TRANSCRIPT_RECORD_BYTES = 4 << 20,       /* default limit of a record */
    TRANSCRIPT_MOST_RECORD_BYTES = 64 << 20, /* and the most it may be */
    TRANSCRIPT_TURNS = 65536,                /* of one record */
    TRANSCRIPT_MAPPINGS = 32
};

/* A judgement that stands in the file beside a turn. */
struct transcript_label {
    struct text name;  /* "label", "in_voice", "label.hate" */
    struct text value; /* msgpack, as it stood there */
};

/* Texts are "" where the file has none. */
struct transcript_turn {
    size_t conversation;    /* 1..: counted in this file */
    struct text session;    /* the conversation's name */
    long long turn;         /* as it is given, or counted from 0 */
    enum request_role role; /* assistant where none is given */
    struct text persona;    /* whose voice it should be */
    struct text speaker;    /* who is named as speaking */
    struct text user, id, locale, model;
    struct text text;
    /*
     * Said before what this record is about, and there for its sake: the
     * request of a request log. It likely stands in an earlier record, too.
     */
    bool history;
    struct text metadata;   /* msgpack map, or "" */
    struct text embeddings; /* msgpack map of model to vector, or "" */
    const struct transcript_label *labels; /* [label_count] */
    size_t label_count;
};

enum transcript_kind {
    TRANSCRIPT_END,
    TRANSCRIPT_TURN,
    TRANSCRIPT_BAD,   /* something that should be a turn and is none */
    TRANSCRIPT_BROKEN /* nothing more can be read of this file */
};

/* Everything is valid until the next call for the same transcript. */
struct transcript_item {
    enum transcript_kind kind;
    size_t line;                 /* 1..: where its record begins */
    uint64_t offset;             /* of that, in bytes of the unpacked file */
    size_t in_record;            /* items that its record has */
    struct transcript_turn turn; /* TURN */
    struct text path;            /* BAD: "[12].messages[3]", or "" */
    struct text reason;          /* BAD: never holds what was said */
};

/* --map NAME=PATH */
struct transcript_mapping {
    struct text name; /* "text", "role", ... (transcript_row.h) */
    struct text path; /* keys and places in arrays, with dots between */
};

struct transcript_options {
    const char *from;                     /* a format's name; NULL: look */
    const struct transcript_mapping *map; /* [map_count] kept */
    size_t map_count;
    size_t record_bytes; /* 1..TRANSCRIPT_MOST_RECORD_BYTES; 0: the default */
};

struct transcript_counts {
    size_t records; /* bad ones, too */
    size_t turns, bad;
    size_t wordless; /* messages that only call a tool, or show a picture */
};

struct transcript;

/* Is there a format of that name? If not, err lists them all. */
bool transcript_from_check(const char *name, struct err *err);

/*
 * Takes "text=reply.body" apart. false: err says what is wrong with it, and
 * what there is.
 */
bool transcript_mapping_read(const char *argument,
                             struct transcript_mapping *out, struct err *err);

/*
 * Opens a path (kept), or standard input for "-", and finds the format. Fails
 * with ERR_IO where there is no such file, ERR_INVALID where it is no
 * transcript or an option is wrong, ERR_MEMORY; messages name the path.
 */
struct transcript *
transcript_open(const char *path, const struct transcript_options *options,
                struct err *err);
void transcript_close(struct transcript *transcript);

/*
 * The next item. After END, and after BROKEN (err then says why, naming the
 * path), the same again.
 */
enum transcript_kind
transcript_next(struct transcript *transcript, struct transcript_item *out,
                struct err *err);

/* "messages", as --from takes it. */
const char *transcript_format_of(const struct transcript *transcript);

/* What has been read so far. */
struct transcript_counts
transcript_counts_of(const struct transcript *transcript);

#endif
