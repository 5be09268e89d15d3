#include "sidecar/engine/voice_model.h"

#include <stdio.h>

#include "kernels/stable.h"
#include "sidecar/base/file.h"
#include "sidecar/base/hash.h"
#include "sidecar/base/little.h"
#include "sidecar/engine/voice_bytes.h"

/*
 * The file, all numbers little-endian, texts with their length before them:
 *
 *     magic[8] version:u32 families:u32 buckets:u32 sha256[32] of the rest
 *     name:text words:u32 word:text...
 *     background[slots]:u32 sources[slots]:u32 assistant[slots]:u32
 *
 * Change the version whenever features or their hashes change.
 */
#define MAGIC "LEEWAYVM"
enum { VERSION = 1, TABLES = 3, WORD_SLOTS = 1024 };
enum { MOST_WORD_BYTES = 32, MOST_FILE_BYTES = 4 * 1024 * 1024 };

_Static_assert(TABLES *VOICE_SLOTS * 4 < MOST_FILE_BYTES, "tables must fit");
_Static_assert(VOICE_COMMON_WORDS < WORD_SLOTS / 2, "lookups must be short");

/*
 * Parts of the expected share of a feature: of all background text counted
 * together, of the mean source (an author's plays, a narrator's book), of
 * assistant text. The mean over sources keeps the many plays of one author from
 * being everybody. Measured on the 32 development speakers, as ASSISTANT_PULL
 * was; config/voice/README.md has the figures.
 */
static const double TOGETHER = 0.45, BY_SOURCE = 0.45, ASSISTANT = 0.10;

/*
 * How much of the assistant's own log-likelihood ratio is taken off every
 * persona's weight: what pulls toward a generic assistant counts against her
 * even where her own lines are silent.
 */
static const double ASSISTANT_PULL = 0.13;

/* Never expected, never zero: below the share of anything that was counted. */
static const double LEAST_SHARE = 1e-9;

/* Added to each background count, so that an unseen feature is only rare. */
static const double UNSEEN = 0.5;

/* Parts of the background that smooth a persona's own share. */
static const double SMOOTHING = 3.0;

/* ln(3 / 4): log_ratio of a share of nothing, whatever was expected. */
static const double LOG_UNSEEN = -0.28768207245178096;

#define WORD_SEED 0x776f7264u /* "word" */

uint64_t
voice_model_word_hash(struct text word)
{
    const uint64_t hash = hash_text(word, WORD_SEED);

    return hash != 0 ? hash : 1; // 0 marks a free place in the table
}

bool
voice_model_common(const struct voice_model *model, uint64_t hash)
{
    for (size_t i = hash % WORD_SLOTS; model->words[i] != 0;
         i = (i + 1) % WORD_SLOTS) {
        if (model->words[i] == hash) {
            return true;
        }
    }
    return false;
}

static void
add_word(struct voice_model *model, struct text word)
{
    const uint64_t hash = voice_model_word_hash(word);
    size_t i = hash % WORD_SLOTS;

    while (model->words[i] != 0 && model->words[i] != hash) {
        i = (i + 1) % WORD_SLOTS;
    }
    model->words[i] = hash;
}

/* ln of a share, smoothed with the expected one, over the expected one. */
static double
log_ratio(double share, double expected)
{
    return stable_log((share + SMOOTHING * expected) /
                      ((SMOOTHING + 1) * expected));
}

int16_t
voice_model_weight(const struct voice_model *model, size_t slot, uint32_t count,
                   uint32_t total)
{
    const double prior = model->prior[slot];
    double ratio = LOG_UNSEEN;

    if (count > 0) {
        ratio = log_ratio((double)count / (double)total, prior);
    }
    const double scaled =
        (ratio - ASSISTANT_PULL * model->pull[slot]) * VOICE_WEIGHT_ONE;
    // |ratio| and |pull| are at most ln(1 / 4e-9) < 20: never beyond 16 bits.
    return (int16_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* A table's share of a slot, over its family. */
struct shares {
    const unsigned char *table; /* [VOICE_SLOTS] u32, little-endian */
    double unseen;              /* added to each count */
    double total[VOICE_FAMILIES];
};

static uint32_t
count_at(const struct shares *s, size_t slot)
{
    return little_u32(s->table + slot * 4);
}

static struct shares
shares_of(struct text table, double unseen)
{
    struct shares s = {.table = (const unsigned char *)table.at,
                       .unseen = unseen};

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        uint64_t sum = 0;
        for (size_t j = 0; j < VOICE_BUCKETS; j++) {
            sum += count_at(&s, f * VOICE_BUCKETS + j);
        }
        s.total[f] = (double)sum + unseen * VOICE_BUCKETS;
    }
    return s;
}

/* 0 where the table's family is empty. */
static double
share_at(const struct shares *s, size_t slot)
{
    const double total = s->total[slot / VOICE_BUCKETS];

    return total > 0 ? ((double)count_at(s, slot) + s->unseen) / total : 0;
}

static bool
fill_tables(struct voice_model *model, struct voice_bytes *in, struct err *err)
{
    const struct text background = voice_bytes_take(in, VOICE_SLOTS * 4);
    const struct text sources = voice_bytes_take(in, VOICE_SLOTS * 4);
    const struct text assistant = voice_bytes_take(in, VOICE_SLOTS * 4);

    if (in->cut || in->left.len > 0) {
        err_set(err, ERR_CONFIG,
                "the tables have another size than the "
                "header says");
        return false;
    }
    const struct shares all = shares_of(background, UNSEEN);
    const struct shares each = shares_of(sources, 0);
    const struct shares helper = shares_of(assistant, 0);
    for (size_t j = 0; j < VOICE_SLOTS; j++) {
        const double prior = TOGETHER * share_at(&all, j) +
                             BY_SOURCE * share_at(&each, j) +
                             ASSISTANT * share_at(&helper, j);
        model->prior[j] = prior > LEAST_SHARE ? prior : LEAST_SHARE;
        const double assistant_share = share_at(&helper, j);
        model->pull[j] = assistant_share > 0
                             ? log_ratio(assistant_share, share_at(&all, j))
                             : LOG_UNSEEN;
    }
    return true;
}

static bool
fill_words(struct voice_model *model, struct voice_bytes *in, struct err *err)
{
    const size_t count = (size_t)voice_bytes_number(in, 4);

    if (count > VOICE_COMMON_WORDS) {
        err_set(err, ERR_CONFIG, "%zu common words, more than %d", count,
                VOICE_COMMON_WORDS);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct text word = voice_bytes_text(in);
        if (in->cut || word.len == 0 || word.len > MOST_WORD_BYTES) {
            err_set(err, ERR_CONFIG, "common word %zu is cut or too long", i);
            return false;
        }
        add_word(model, word);
    }
    return true;
}

static bool
fill_name(struct voice_model *model, struct voice_bytes *in, struct err *err)
{
    const struct text name = voice_bytes_text(in);

    if (name.len == 0 || name.len >= sizeof(model->name)) {
        err_set(err, ERR_CONFIG, "the model's name is cut or too long");
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", name.at[i]) ==
                NULL ||
            name.at[i] == '\0') {
            err_set(err, ERR_CONFIG, "the model's name is not [a-z0-9.-]+");
            return false;
        }
        model->name[i] = name.at[i];
    }
    return true;
}

/* Everything before the content, and the content's digest against it. */
static bool
check_header(struct voice_bytes *in, struct err *err)
{
    const struct text magic = voice_bytes_take(in, sizeof(MAGIC) - 1);

    if (!text_is(magic, MAGIC)) {
        err_set(err, ERR_CONFIG, "not a voice model file");
        return false;
    }
    const uint64_t version = voice_bytes_number(in, 4);
    if (!in->cut && version != VERSION) {
        err_set(err, ERR_CONFIG, "voice model format %u; this build reads %d",
                (unsigned)version, VERSION);
        return false;
    }
    const uint64_t family_count = voice_bytes_number(in, 4);
    const uint64_t buckets = voice_bytes_number(in, 4);
    const struct text want = voice_bytes_take(in, DIGEST_BYTES);
    if (in->cut) {
        err_set(err, ERR_CONFIG, "cut short inside the header");
        return false;
    }
    if (family_count != VOICE_FAMILIES || buckets != VOICE_BUCKETS) {
        err_set(err, ERR_CONFIG, "%u families of %u buckets, not %d of %d",
                (unsigned)family_count, (unsigned)buckets, VOICE_FAMILIES,
                VOICE_BUCKETS);
        return false;
    }
    const struct digest got = digest_of(in->left);
    if (!digest_same((struct text){(const char *)got.bytes, DIGEST_BYTES},
                     want)) {
        err_set(err, ERR_CONFIG,
                "the content is cut short or changed: its SHA-256 is not "
                "the header's");
        return false;
    }
    return true;
}

static struct voice_model *
model_new(void)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice_model *model =
        arena != NULL ? ARENA_ARRAY(arena, struct voice_model, 1) : NULL;

    if (model == NULL) {
        arena_free(arena);
        return NULL;
    }
    model->arena = arena;
    model->prior = ARENA_ARRAY(arena, double, VOICE_SLOTS);
    model->pull = ARENA_ARRAY(arena, double, VOICE_SLOTS);
    model->words = ARENA_ARRAY(arena, uint64_t, WORD_SLOTS);
    if (model->words == NULL) {
        arena_free(arena);
        return NULL;
    }
    return model;
}

struct voice_model *
voice_model_parse(struct text file, const char *path, struct err *err)
{
    struct voice_bytes in = {file, false};
    struct voice_model *model = model_new();

    if (model == NULL) {
        err_memory(err, "a voice model");
        return NULL;
    }
    if (!check_header(&in, err) || !fill_name(model, &in, err) ||
        !fill_words(model, &in, err) || !fill_tables(model, &in, err)) {
        err_under(err, "%s", path);
        voice_model_free(model);
        return NULL;
    }
    model->digest = digest_of(file);
    return model;
}

struct voice_model *
voice_model_open(const char *path, struct err *err)
{
    struct buffer file;
    struct voice_model *model = NULL;

    if (file_read(path, MOST_FILE_BYTES, &file, err)) {
        model = voice_model_parse(buffer_text(&file), path, err);
        buffer_clear(&file);
    }
    return model;
}

void
voice_model_free(struct voice_model *model)
{
    if (model != NULL) {
        arena_free(model->arena);
    }
}

static void
put_table(struct buffer *out, const uint32_t *table)
{
    for (size_t j = 0; j < VOICE_SLOTS; j++) {
        voice_bytes_put(out, table[j], 4);
    }
}

bool
voice_model_write(const struct voice_model_parts *parts, struct buffer *out,
                  struct err *err)
{
    struct buffer content;

    buffer_init(&content, MOST_FILE_BYTES);
    voice_bytes_put_text(&content, text_of(parts->name));
    voice_bytes_put(&content, parts->word_count, 4);
    for (size_t i = 0; i < parts->word_count; i++) {
        voice_bytes_put_text(&content, parts->words[i]);
    }
    put_table(&content, parts->background);
    put_table(&content, parts->sources);
    put_table(&content, parts->assistant);

    const struct digest digest = digest_of(buffer_text(&content));
    buffer_add(out, MAGIC, sizeof(MAGIC) - 1);
    voice_bytes_put(out, VERSION, 4);
    voice_bytes_put(out, VOICE_FAMILIES, 4);
    voice_bytes_put(out, VOICE_BUCKETS, 4);
    buffer_add(out, digest.bytes, DIGEST_BYTES);
    buffer_add_text(out, buffer_text(&content));
    const bool whole = !content.failed && !out->failed;
    buffer_clear(&content);
    if (!whole) {
        err_memory(err, "a voice model file");
    }
    return whole;
}

struct voice_model *
voice_model_blank(const struct text *words, size_t word_count, struct err *err)
{
    struct voice_model *model = model_new();

    if (model == NULL) {
        err_memory(err, "a voice model");
        return NULL;
    }
    snprintf(model->name, sizeof(model->name), "blank");
    for (size_t j = 0; j < VOICE_SLOTS; j++) {
        model->prior[j] = 1.0 / VOICE_BUCKETS;
        model->pull[j] = 0;
    }
    for (size_t i = 0; i < word_count && i < VOICE_COMMON_WORDS; i++) {
        add_word(model, words[i]);
    }
    return model;
}
