#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/voice_features.h"
#include "tests/unit/support_voice.h"

#define PLAIN                                                                  \
    "\"Well,\" says I, \"it's a fine day - isn't it?\" He smiled... and then " \
    "left--quickly. I waited; nobody came."

static const char *const same_voice[] = {
    "\xe2\x80\x9cWell,\xe2\x80\x9d says I, \xe2\x80\x9cit\xe2\x80\x99s a fine "
    "day - isn\xe2\x80\x99t it?\xe2\x80\x9d He smiled... and then "
    "left--quickly. I waited; nobody came.",
    "\"Well,\" says I, \"it's a fine day \xe2\x80\x93 isn't it?\" He "
    "smiled\xe2\x80\xa6 and then left\xe2\x80\x94quickly. I waited; nobody "
    "came.",
    "\"Well,\" says I,\xc2\xa0\"it's a fine day - isn't it?\"\r\n\r\nHe "
    "smiled... and then\nleft--quickly. \tI waited; nobody came.\n",
    "\"Well,\" says\xe2\x80\x8b I, \"it's a\xef\xbb\xbf fine d\xe2\x80\x8d"
    "ay "
    "- isn't it?\" He smi\xc2\xadled... and then left--quickly. I waited; "
    "nobody came.",
    "\"**Well**,\" says I, \"it's a *fine* day - isn't it?\" He _smiled_... "
    "and then left--`quickly`. I ~~waited~~; nobody came. ***",
};

static bool
rows_equal(const struct voice_row *a, const struct voice_row *b)
{
    return memcmp(a->counts, b->counts, sizeof(a->counts)) == 0 &&
           memcmp(a->buckets, b->buckets,
                  voice_row_size(a) * sizeof(*a->buckets)) == 0;
}

START_TEST(typing_differences_give_equal_rows)
{
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice plain, other;
    struct err err;

    ck_assert(voice_read(model, TEXT(PLAIN), arena, &plain, &err));
    ck_assert(voice_read(model, text_of(same_voice[_i]), arena, &other, &err));
    ck_assert_uint_eq(plain.row_count, 1);
    ck_assert_uint_eq(other.row_count, 1);
    ck_assert_uint_eq(plain.chars, other.chars);
    ck_assert_msg(rows_equal(&plain.rows[0], &other.rows[0]), "%s",
                  same_voice[_i]);
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

static void
check_row(const struct voice_row *row)
{
    static bool seen[VOICE_BUCKETS];
    const uint16_t *bucket = row->buckets;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        memset(seen, 0, sizeof(seen));
        for (size_t i = 0; i < row->counts[f]; i++, bucket++) {
            ck_assert_uint_lt(*bucket, VOICE_BUCKETS);
            ck_assert(!seen[*bucket]);
            seen[*bucket] = true;
        }
    }
}

/* A text of `len` bytes that begins like any and then repeats `unit`. */
static struct text
long_text(struct arena *arena, const char *unit, size_t len)
{
    char *at = arena_take(arena, len);
    const size_t n = strlen(unit);

    ck_assert_ptr_nonnull(at);
    for (size_t i = 0; i < len; i++) {
        at[i] = unit[i % n];
    }
    return (struct text){at, len};
}

static const char *const units[] = {
    "It was the best of times, 1859 was. ",
    "x",
    " ",
    ".",
    "!?",
    "'",
    "I'm ",
    "A",
    "\xe3\x81\x82\xe3\x81\x84",
    "\xf0\x9f\x98\x80",
    "7 ",
};

START_TEST(any_text_gives_sets_within_their_bounds)
{
    static const size_t lengths[] = {12,
                                     120,
                                     VOICE_WINDOW_BYTES - 4,
                                     VOICE_WINDOW_BYTES,
                                     VOICE_WINDOW_BYTES + 8,
                                     5 * VOICE_WINDOW_BYTES,
                                     VOICE_TEXT_BYTES};
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    struct err err;

    for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
        struct voice voice;
        arena_reset(arena);
        // Whole characters: every length above is a multiple of 4, and
        // 12 of 3; others are cut to their unit.
        const size_t n = strlen(units[_i]);
        const struct text text =
            long_text(arena, units[_i], lengths[l] - lengths[l] % n);
        ck_assert(voice_read(model, text, arena, &voice, &err));
        for (size_t r = 0; r < voice.row_count; r++) {
            check_row(&voice.rows[r]);
        }
        ck_assert_uint_le(voice.row_count,
                          VOICE_TEXT_BYTES / VOICE_WINDOW_BYTES + 1);
    }
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

START_TEST(a_text_above_the_limit_is_refused)
{
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice voice;
    struct err err = {.kind = ERR_NONE};
    const struct text text = long_text(arena, "word ", VOICE_TEXT_BYTES + 1);

    ck_assert(voice_read(model, text_part(text, 0, VOICE_TEXT_BYTES), arena,
                         &voice, &err));
    ck_assert(!voice_read(model, text, arena, &voice, &err));
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
    ck_assert_uint_eq(voice.row_count, 0);
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

START_TEST(a_text_of_nothing_has_no_rows)
{
    static const char *const empty[] = {"", "   ", "\xe2\x80\x8b", "**"};
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice voice;
    struct err err;

    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        ck_assert(voice_read(model, text_of(empty[i]), arena, &voice, &err));
        ck_assert_uint_eq(voice.row_count, 0);
        ck_assert_uint_eq(voice.chars, 0);
    }
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

/* The sets of one window of text, by the way for ASCII or the
 * one for all. */
static struct voice_row
window_row(const struct voice_model *model, const struct voice_text *text,
           bool ascii, struct arena *arena)
{
    const size_t most = voice_features_most(text->cased.len);
    struct voice_part *parts =
        ARENA_ARRAY(arena, struct voice_part, text->cased.len);
    uint16_t *buckets = ARENA_ARRAY(arena, uint16_t, most);
    struct voice_window window = {text->cased, text->lower, ascii, parts, 0};
    struct voice_row row = {.buckets = buckets};
    static struct voice_sink sink;

    window.part_count = voice_features_parts(model, &window, parts);
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        memset(&sink, 0, sizeof(sink));
        sink.buckets = buckets;
        voice_features_add(&window, (enum voice_family)f, &sink);
        buckets += sink.count;
        row.counts[f] = (uint16_t)sink.count;
    }
    return row;
}

START_TEST(ascii_text_reads_alike_by_both_ways)
{
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice_text text;
    struct err err;

    ck_assert(voice_text_fold(TEXT(PLAIN), arena, &text, &err));
    const struct voice_row narrow = window_row(model, &text, true, arena);
    const struct voice_row wide = window_row(model, &text, false, arena);
    ck_assert(rows_equal(&narrow, &wide));
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

START_TEST(a_score_is_the_sum_that_the_header_gives)
{
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    int16_t *weights = ARENA_ARRAY(arena, int16_t, VOICE_SLOTS);
    struct voice voice;
    struct err err;
    double want = 0;

    ck_assert(voice_read(model, TEXT(PLAIN), arena, &voice, &err));
    for (size_t j = 0; j < VOICE_SLOTS; j++) {
        weights[j] = (int16_t)((int)(hash_mix(j) % 4000) - 1000);
    }
    const uint16_t *bucket = voice.rows[0].buckets;
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const size_t n = voice.rows[0].counts[f];
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += weights[f * VOICE_BUCKETS + *bucket++];
        }
        want += voice_family_weight((enum voice_family)f) * sum / 1024 /
                sqrt((double)n);
    }
    ck_assert_double_eq_tol(voice_score(weights, &voice), want, 1e-9);
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

START_TEST(a_score_is_a_cosine)
{
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    int16_t *weights = ARENA_ARRAY(arena, int16_t, VOICE_SLOTS);
    struct voice voice;
    struct err err;
    double length = 0;

    ck_assert(voice_read(model, TEXT(PLAIN), arena, &voice, &err));
    // The row that points where the text does: a
    // cosine of 1.
    const uint16_t *bucket = voice.rows[0].buckets;
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const double lambda = voice_family_weight((enum voice_family)f);
        for (size_t i = 0; i < voice.rows[0].counts[f]; i++) {
            weights[f * VOICE_BUCKETS + *bucket++] = (int16_t)lround(
                20000 / lambda / sqrt((double)voice.rows[0].counts[f]));
        }
        length += 20000.0 * 20000.0;
    }
    const double norm = voice_norm(weights);
    ck_assert_double_eq_tol(norm, sqrt(length) / 1024, norm * 1e-3);
    ck_assert_double_eq_tol(voice_cosine(voice_score(weights, &voice), norm), 1,
                            1e-3);
    ck_assert_double_eq(voice_cosine(1, 0), 0);
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

START_TEST(spots_name_what_made_each_feature)
{
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice with, without;
    struct err err;
    bool opening = false, apostrophe = false;

    ck_assert(voice_read(model, TEXT(PLAIN), arena, &without, &err));
    ck_assert(voice_read_spots(model, TEXT(PLAIN), arena, &with, &err));
    ck_assert_ptr_null(without.spots);
    ck_assert(rows_equal(&with.rows[0], &without.rows[0]));
    for (size_t i = 0; i < voice_row_size(&with.rows[0]); i++) {
        const struct voice_spot *spot = &with.spots[0][i];
        ck_assert_uint_le(spot->from, spot->to);
        ck_assert_uint_le(spot->to, with.texts[0].len);
        const struct text part = text_part(with.texts[0], spot->from, spot->to);
        opening |= spot->kind == VOICE_KIND_OPENING && text_is(part, "I");
        apostrophe |=
            spot->kind == VOICE_KIND_APOSTROPHE && text_is(part, "'t");
    }
    ck_assert(opening);
    ck_assert(apostrophe);
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    struct voice_model *model = support_voice_model();
    struct voice voice;
    struct err err;
    bool done = false;

    for (size_t nth = 1; !done; nth++) {
        struct arena *arena = arena_new(SIZE_MAX);
        arena_fail_at(arena, nth);
        err.kind = ERR_NONE;
        done = voice_read_spots(model, TEXT(PLAIN), arena, &voice, &err);
        ck_assert_int_eq(err.kind, done ? ERR_NONE : ERR_MEMORY);
        ck_assert_uint_eq(voice.row_count, done ? 1 : 0);
        arena_free(arena);
    }
    voice_model_free(model);
}
END_TEST

/*
 * One number for every feature of a text:
 * the same on every machine. It changes
 * when features or hashes do, and then the
 * model file's VERSION must too.
 */
START_TEST(features_are_the_same_on_every_machine)
{
    const uint64_t known = UINT64_C(0xf74aec9343a15ce0);
    struct voice_model *model = support_voice_model();
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice voice;
    struct err err;
    uint64_t hash = 0;

    ck_assert(voice_read(model, TEXT(PLAIN " Caf\xc3\xa9, 3 of THEM!"), arena,
                         &voice, &err));
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        hash = hash_mix(hash + voice.rows[0].counts[f]);
    }
    for (size_t i = 0; i < voice_row_size(&voice.rows[0]); i++) {
        hash = hash_mix(hash + voice.rows[0].buckets[i]);
    }
    ck_assert_msg(hash == known, "%#llx", (unsigned long long)hash);
    arena_free(arena);
    voice_model_free(model);
}
END_TEST

TEST_MAIN("voice",
          tcase_add_loop_test(tc, typing_differences_give_equal_rows, 0,
                              sizeof(same_voice) / sizeof(same_voice[0]));
          tcase_add_loop_test(tc, any_text_gives_sets_within_their_bounds, 0,
                              sizeof(units) / sizeof(units[0]));
          tcase_add_test(tc, a_text_above_the_limit_is_refused);
          tcase_add_test(tc, a_text_of_nothing_has_no_rows);
          tcase_add_test(tc, ascii_text_reads_alike_by_both_ways);
          tcase_add_test(tc, a_score_is_the_sum_that_the_header_gives);
          tcase_add_test(tc, a_score_is_a_cosine);
          tcase_add_test(tc, spots_name_what_made_each_feature);
          tcase_add_test(tc, no_memory_is_an_error);
          tcase_add_test(tc, features_are_the_same_on_every_machine);)
