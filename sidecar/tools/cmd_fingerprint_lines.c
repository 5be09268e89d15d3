#include "sidecar/tools/cmd_fingerprint_lines.h"

#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/tools/show_text.h"

enum { RUN = 8 /* neighbours that are kept together */ };

/* What became of the turns of one file. */
struct tally {
    size_t taken, roles, others, history, brief, vast, bad;
};

/* ------------------------------------------------------------------- sample
 */

static bool
is_kept(const struct cmd_fingerprint_sample *s, size_t order)
{
    return order / RUN % s->stride == 0;
}

bool
cmd_fingerprint_lines_halve(struct cmd_fingerprint_sample *sample)
{
    size_t kept = 0;

    if (sample->count <= RUN) {
        return false;
    }
    sample->stride *= 2;
    for (size_t i = 0; i < sample->count; i++) {
        struct cmd_fingerprint_line *line = &sample->at[i];
        if (is_kept(sample, line->order)) {
            sample->at[kept++] = *line;
        } else {
            sample->bytes -= line->len;
            free(line->text);
        }
    }
    sample->count = kept;
    return true;
}

static bool
make_room(struct cmd_fingerprint_sample *s, size_t len)
{
    while ((s->count == FINGERPRINT_MOST_LINES ||
            s->bytes > CMD_FINGERPRINT_LINES_BYTES - len) &&
           cmd_fingerprint_lines_halve(s)) {
    }
    if (s->count < s->cap) {
        return true;
    }
    const size_t cap = s->cap > 0 ? s->cap * 2 : 64;
    struct cmd_fingerprint_line *at = realloc(s->at, cap * sizeof(*at));
    if (at == NULL) {
        return false;
    }
    s->at = at;
    s->cap = cap;
    return true;
}

/* false: no memory. */
static bool
take(struct cmd_fingerprint_sample *s, const char *path,
     const struct transcript_item *item)
{
    const struct text text = item->turn.text;
    const size_t order = s->seen++;

    s->stride = s->stride > 0 ? s->stride : 1;
    if (!is_kept(s, order)) {
        return true;
    }
    if (!make_room(s, text.len)) {
        return false;
    }
    if (!is_kept(s, order)) { // not any more
        return true;
    }
    char *copy = malloc(text.len + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, text.at != NULL ? text.at : "", text.len);
    s->at[s->count++] = (struct cmd_fingerprint_line){
        .text = copy,
        .len = text.len,
        .path = path,
        .line = item->line,
        .turn = item->in_record > 1 ? item->turn.turn : -1,
        .order = order};
    s->bytes += text.len;
    return true;
}

static void
clear(struct cmd_fingerprint_sample *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->at[i].text);
    }
    free(s->at);
    *s = (struct cmd_fingerprint_sample){.at = NULL};
}

void
cmd_fingerprint_lines_clear(struct cmd_fingerprint_lines *lines)
{
    clear(&lines->hers);
    clear(&lines->strangers);
}

/* ------------------------------------------------------------ whose is it? */

/* A name shown to people and an id often differ in capitals only. */
static bool
same_name(struct text a, struct text b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

/* A name out of a file as it may be shown: it fits, and controls nothing. */
static void
show_name(struct text name, char out[CMD_FINGERPRINT_LINES_NAME])
{
    const struct text part = utf8_cut(name, CMD_FINGERPRINT_LINES_NAME - 1);

    for (size_t i = 0; i < part.len; i++) {
        const unsigned char c = (unsigned char)part.at[i];
        out[i] = c < 0x20 || c == 0x7f ? '?' : part.at[i];
    }
    out[part.len] = '\0';
}

static void
meet_stranger(struct cmd_fingerprint_lines *lines, struct text name)
{
    char shown[CMD_FINGERPRINT_LINES_NAME];

    show_name(name, shown);
    if (lines->stranger[0] == '\0') {
        memcpy(lines->stranger, shown, sizeof(shown));
    } else if (!same_name(text_of(shown), text_of(lines->stranger))) {
        lines->several = true;
        clear(&lines->strangers);
    }
}

/* Puts a turn where it belongs. false: no memory. */
static bool
sort_out(struct cmd_fingerprint_lines *lines, const char *path,
         const struct cmd_fingerprint_options *options,
         const struct transcript_item *item, struct tally *tally)
{
    const struct transcript_turn *turn = &item->turn;
    const struct text wished =
        text_of(options->speaker != NULL ? options->speaker : options->persona);
    const bool named = turn->persona.len > 0 || options->speaker != NULL;

    if (options->role != CMD_FINGERPRINT_ANY_ROLE &&
        turn->role != (enum request_role)options->role) {
        tally->roles++;
    } else if (turn->history) {
        tally->history++;
    } else if (utf8_count(turn->text).code_points < options->min_chars) {
        tally->brief++;
    } else if (turn->text.len > VOICE_TEXT_BYTES) {
        tally->vast++;
    } else if (!named || same_name(turn->persona, wished) ||
               same_name(turn->speaker, wished)) {
        tally->taken++;
        return take(&lines->hers, path, item);
    } else {
        tally->others++;
        if (options->speaker == NULL) {
            meet_stranger(lines, turn->persona);
            return lines->several || take(&lines->strangers, path, item);
        }
    }
    return true;
}

/* ----------------------------------------------------------------- one file
 */

void
cmd_fingerprint_lines_place(const struct cmd_fingerprint_line *line)
{
    fprintf(stderr, "%s:%zu", line->path, line->line);
    if (line->turn >= 0) {
        fprintf(stderr, ", turn %lld", line->turn);
    }
}

static void
tell_bad(const char *path, const struct transcript_item *item,
         struct tally *tally)
{
    if (tally->bad++ >= CMD_FINGERPRINT_LINES_TOLD) {
        return;
    }
    fprintf(stderr, "%s:%zu: left out: ", path, item->line);
    show_text_plain(stderr, item->path);
    fprintf(stderr, "%s", item->path.len > 0 ? ": " : "");
    show_text_plain(stderr, item->reason);
    fputc('\n', stderr);
}

static void
tell_file(const char *path, const struct transcript *transcript,
          const struct tally *t)
{
    const struct transcript_counts counts = transcript_counts_of(transcript);
    const struct {
        size_t count;
        const char *what;
    } rows[] = {{t->roles, "of other roles"},
                {t->others, "of others"},
                {t->history, "repeated from earlier"},
                {t->brief, "too short"},
                {t->vast, "too long"},
                {counts.wordless, "without words"},
                {t->bad, "bad"}};
    const char *join = "; left out:";

    if (t->bad > CMD_FINGERPRINT_LINES_TOLD) {
        fprintf(stderr, "%s: and %zu bad ones more\n", path,
                t->bad - CMD_FINGERPRINT_LINES_TOLD);
    }
    fprintf(stderr, "%s: %s, %zu records: %zu lines taken", path,
            transcript_format_of(transcript), counts.records, t->taken);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].count > 0) {
            fprintf(stderr, "%s %zu %s", join, rows[i].count, rows[i].what);
            join = ",";
        }
    }
    fputc('\n', stderr);
}

bool
cmd_fingerprint_lines_read(struct cmd_fingerprint_lines *lines,
                           const char *path,
                           const struct cmd_fingerprint_options *options,
                           struct err *err)
{
    struct transcript *transcript =
        transcript_open(path, &options->transcript, err);
    struct tally tally = {.taken = 0};
    struct transcript_item item;
    enum transcript_kind kind;
    bool fine = transcript != NULL;

    if (transcript == NULL) {
        return false;
    }
    while (fine &&
           (kind = transcript_next(transcript, &item, err)) != TRANSCRIPT_END) {
        if (kind == TRANSCRIPT_BROKEN) {
            fine = false;
        } else if (kind == TRANSCRIPT_BAD) {
            tell_bad(path, &item, &tally);
        } else if (!sort_out(lines, path, options, &item, &tally)) {
            err_memory(err, path);
            fine = false;
        }
    }
    tell_file(path, transcript, &tally);
    transcript_close(transcript);
    return fine;
}

bool
cmd_fingerprint_lines_settle(struct cmd_fingerprint_lines *lines,
                             const struct cmd_fingerprint_options *options,
                             struct err *err)
{
    if (lines->hers.count > 0 || lines->stranger[0] == '\0') {
        clear(&lines->strangers);
        return true;
    }
    if (lines->several) {
        err_set(err, ERR_INVALID,
                "no line is of \"%s\"; there are lines of \"%s\" and others "
                "(--speaker NAME takes one of them)",
                options->persona, lines->stranger);
        return false;
    }
    fprintf(stderr, "all lines are of \"%s\": taken as those of %s\n",
            lines->stranger, options->persona);
    lines->hers = lines->strangers;
    lines->strangers = (struct cmd_fingerprint_sample){.at = NULL};
    return true;
}
