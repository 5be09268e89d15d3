/*
 * Labelled voices in memory: who says what, what a line is to a persona, and
 * the lines that a persona is enrolled with.
 */
#ifndef TESTS_BENCH_VOICE_CORPUS_H
#define TESTS_BENCH_VOICE_CORPUS_H

#include "sidecar/engine/fingerprint.h"
#include "tests/bench/common_pan.h"
#include "tests/bench/common_voice_lines.h"

enum { CORPUS_PERSONAS = 256, CORPUS_BLOCK_LINES = 5 };

/* One line that is measured. */
struct corpus_sample {
    const struct voice_line *line;
    struct voice voice;
    struct pan_vector pan;
    size_t persona; /* SIZE_MAX: an assistant */
};

struct corpus {
    struct voice_model *model;
    struct pan *pan;
    struct voice_lines lines;
    struct corpus_sample *samples;
    size_t sample_count;
    struct text personas[CORPUS_PERSONAS], groups[CORPUS_PERSONAS];
    size_t persona_count;
    struct arena *arena;
};

/* What a sample is to a persona; CORPUS_HARD: another of the same group. */
enum corpus_relation {
    CORPUS_OWN,
    CORPUS_OTHER,
    CORPUS_HARD,
    CORPUS_BY_HAND,
    CORPUS_BY_MODEL,
    CORPUS_UNUSED
};

/* The lines on standard input, read with a model. Cleared also on failure. */
bool corpus_open(struct corpus *corpus, const char *model, struct err *err);
void corpus_clear(struct corpus *corpus);

enum corpus_relation
corpus_relation_of(const struct corpus *corpus,
                   const struct corpus_sample *sample, size_t persona);

/* The enrolment of a persona. */
struct corpus_enrolment {
    const struct corpus_sample *at[FINGERPRINT_MOST_LINES];
    size_t count;
};

/* Up to `lines` of her lines, in whole blocks drawn by `draw`. */
void corpus_enrol(const struct corpus *corpus, size_t persona, uint32_t draw,
                  size_t lines, struct corpus_enrolment *out);

/* Her fingerprint from them. */
struct fingerprint *
corpus_print(const struct corpus *corpus, size_t persona,
             const struct corpus_enrolment *enrolment, struct err *err);

/* The end of the window of test lines that begins here; `from` where none does.
 */
size_t corpus_window_end(const struct corpus *corpus, size_t from);

/*
 * Puts whole windows of a speaker, drawn at random, into a session's turns,
 * from `count` up to `wanted`. Returns how many turns there are then: fewer
 * where the speaker has no test lines.
 */
size_t
corpus_fill_turns(const struct corpus *corpus, size_t speaker, uint64_t seed,
                  size_t *turns, size_t count, size_t wanted);

#endif
