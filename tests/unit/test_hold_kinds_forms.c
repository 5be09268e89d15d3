#include "sidecar/engine/hold_kinds_forms.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/secret_prefix.h"
#include "sidecar/engine/url.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_hold.h"

enum {
    LINES = 3000,
    LINE_BYTES = 400,
    FOUND = 128,
    ARENA_BYTES = 1 << 22,
    DRAWS = 300
};

/* Lines of these are texts: they are full of values of every kind. */
static const char *const sources[][6] = {
    {"tests/unit/test_pii.c", "tests/unit/test_pii_street.c",
     "tests/unit/test_pii_told.c", "config/rules/pii.yaml",
     "tests/data/benign/look_alike.jsonl", NULL},
    {"tests/unit/test_secret.c", "tests/unit/test_secret_assign.c",
     "tests/unit/test_secret_random.c", "config/rules/secrets.yaml",
     "tests/data/benign/look_alike.jsonl", NULL},
    {"tests/unit/test_url.c", "tests/unit/test_url_find.c",
     "tests/unit/test_pii.c", "tests/data/benign/look_alike.jsonl", NULL},
};

enum detector { PERSONAL, SECRETS, LINKS, DETECTORS };

struct corpus {
    char bytes[LINES][LINE_BYTES];
    size_t lens[LINES];
    size_t count;
};

static struct corpus corpus;

static void
read_lines(const char *path)
{
    char line[4096];
    FILE *const in = fopen(path, "r");

    if (in == NULL) {
        return;
    }
    while (corpus.count < LINES && fgets(line, sizeof(line), in) != NULL) {
        // Of a row of JSON what it says; a brace begins something else.
        const char *const said = strstr(line, "\"text\": \"");
        const char *const from = said != NULL ? said + 9 : line;
        const size_t len = strcspn(from, "\n");
        size_t bad;
        if (len < 8 || len >= LINE_BYTES ||
            !utf8_check((struct text){from, len}, &bad)) {
            continue;
        }
        memcpy(corpus.bytes[corpus.count], from, len);
        corpus.lens[corpus.count++] = len;
    }
    fclose(in);
}

static void
read_corpus(enum detector detector)
{
    corpus.count = 0;
    for (size_t i = 0; sources[detector][i] != NULL; i++) {
        read_lines(sources[detector][i]);
    }
    ck_assert_uint_gt(corpus.count, 100);
}

/* ---- what a detector finds ----------------------------------------------- */

struct value {
    size_t from, to;
    int kind;
    double score;
};

struct values {
    struct value at[FOUND];
    size_t count;
};

static void
keep(struct values *out, struct value value)
{
    ck_assert_uint_lt(out->count, FOUND);
    out->at[out->count++] = value;
}

static void
find_personal(struct text text, struct arena *arena, struct values *out)
{
    struct pii_matches found;
    struct err err = {0};

    ck_assert(pii_scan(text, PII_ALL | PII_WEAK, arena, FOUND, &found, &err));
    for (size_t i = 0; i < found.count; i++) {
        const struct pii_match *const m = &found.at[i];
        keep(out, (struct value){m->from, m->to, (int)m->entity, m->score});
    }
}

static void
find_secrets(struct text text, struct arena *arena, struct values *out)
{
    static const struct secret_entropy entropy = {3.0, 20, true};
    struct secret_matches found;
    struct err err = {0};

    ck_assert(secret_scan(text, SECRET_ALL, &entropy, arena, &found, &err));
    for (size_t i = 0; i < found.count; i++) {
        const struct secret_match *const m = &found.at[i];
        keep(out, (struct value){m->from, m->to, (int)m->provider, m->score});
    }
}

static void
find_links(struct text text, struct arena *arena, struct values *out)
{
    static const struct text only[] = {{"example.com", 11}};
    struct url_policy policy = {.allow_domains = only, .domain_count = 1};
    struct url_findings found;
    struct err err = {0};

    ck_assert(url_policy_build(&policy, arena, &err));
    ck_assert(url_scan(&policy, text, arena, &found, &err));
    for (size_t i = 0; i < found.count; i++) {
        const struct url_finding *const f = &found.at[i];
        keep(out, (struct value){f->from, f->to, (int)f->reason, 1});
    }
}

static void
find(enum detector detector, struct text text, struct arena *arena,
     struct values *out)
{
    static void (*const finders[])(struct text, struct arena *,
                                   struct values *) = {
        find_personal, find_secrets, find_links};

    // A copy of its own: reading on behind a prefix would be seen.
    char *const copy = malloc(text.len > 0 ? text.len : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text.at, text.len);
    out->count = 0;
    arena_reset(arena);
    finders[detector]((struct text){copy, text.len}, arena, out);
    free(copy);
}

static void
add_forms(struct support_hold *hold, struct hold_kinds_forms forms)
{
    ck_assert_uint_le(forms.count, HOLD_KINDS_FORMS);
    for (size_t i = 0; i < forms.count; i++) {
        support_hold_add(hold, text_of(forms.at[i]));
    }
}

static struct support_hold *
hold_for(enum detector detector)
{
    struct support_hold *const hold = support_hold_new();
    struct arena *const arena = arena_new(1 << 12);

    switch (detector) {
    case PERSONAL:
        add_forms(hold, hold_kinds_rows());
        for (int kind = 0; kind < PII_COUNT; kind++) {
            add_forms(hold, hold_kinds_pii((enum pii_entity)kind));
        }
        break;
    case SECRETS:
        add_forms(hold, hold_kinds_secret());
        support_hold_add(hold, hold_kinds_tokens(SECRET_PREFIX_LEAST, arena));
        break;
    case LINKS:
    case DETECTORS:
        add_forms(hold, hold_kinds_links());
        break;
    }
    arena_free(arena);
    return hold;
}

/* ---- what is released is settled ----------------------------------------- */

static bool
same(const struct value *a, const struct value *b)
{
    return a->from == b->from && a->to == b->to && a->kind == b->kind &&
           !(a->score < b->score) && !(b->score < a->score);
}

static size_t
before(const struct values *values, size_t released)
{
    size_t count = 0;

    while (count < values->count && values->at[count].from < released) {
        count++;
    }
    return count;
}

struct trial {
    enum detector detector;
    struct support_hold *hold;
    struct arena *arena;
    size_t wrong;
};

static void
complain(struct trial *t, struct text text, size_t k, size_t released,
         const char *what)
{
    if (t->wrong++ < 40) {
        fprintf(stderr, "%s: |%.*s<%.*s>%.*s|\n", what, (int)released, text.at,
                (int)(k - released), text.at + released, (int)(text.len - k),
                text.at + k);
    }
}

static void
check_text(struct trial *t, struct text text)
{
    size_t released[2 * LINE_BYTES + 8];
    struct values whole, part;

    support_hold_run(t->hold, text, released, NULL);
    find(t->detector, text, t->arena, &whole);
    for (size_t i = 0; i < whole.count; i++) {
        for (size_t k = whole.at[i].from + 1; k < whole.at[i].to; k++) {
            if (released[k] > whole.at[i].from) {
                complain(t, text, k, released[k], "not covered");
                return;
            }
        }
    }
    for (size_t k = 1; k < text.len; k++) {
        if (utf8_inside((unsigned char)text.at[k]) || released[k] == 0 ||
            released[k] == released[k - 1]) {
            continue;
        }
        find(t->detector, text_part(text, 0, k), t->arena, &part);
        const size_t count = before(&whole, released[k]);
        bool fine = count == before(&part, released[k]);
        for (size_t i = 0; fine && i < count; i++) {
            fine = same(&whole.at[i], &part.at[i]);
        }
        if (!fine) {
            complain(t, text, k, released[k], "not settled");
            return;
        }
    }
}

static uint64_t state;

static uint32_t
draw(size_t below)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((state >> 33) % below);
}

static struct text
line(size_t i)
{
    return (struct text){corpus.bytes[i], corpus.lens[i]};
}

/* A part of one line, what may stand between, a part of another. */
static struct text
mixed(char room[2 * LINE_BYTES + 8])
{
    static const char *const joints[] = {
        " ",  "",  ", ", ". ", "\n",     "-",      ".", "@", ":", "/",
        " (", ")", "\"", "'",  "\u200b", "\uff0e", "=", "1", " x"};
    size_t len = 0;

    for (int half = 0; half < 2; half++) {
        const struct text text = line(draw(corpus.count));
        size_t from = draw(text.len), to = from + draw(text.len - from + 1);
        while (from > 0 && utf8_inside((unsigned char)text.at[from])) {
            from--;
        }
        while (to < text.len && utf8_inside((unsigned char)text.at[to])) {
            to++;
        }
        memcpy(room + len, text.at + from, to - from);
        len += to - from;
        if (half == 0) {
            const char *const joint =
                joints[draw(sizeof(joints) / sizeof(joints[0]))];
            memcpy(room + len, joint, strlen(joint));
            len += strlen(joint);
        }
    }
    return (struct text){room, len};
}

START_TEST(what_is_released_is_settled)
{
    struct trial t = {.detector = (enum detector)_i,
                      .hold = hold_for((enum detector)_i),
                      .arena = arena_new(ARENA_BYTES)};
    char room[2 * LINE_BYTES + 8];

    read_corpus(t.detector);
    state = 20260301;
    for (size_t i = 0; i < corpus.count; i++) {
        check_text(&t, line(i));
    }
    for (size_t i = 0; i < DRAWS; i++) {
        check_text(&t, mixed(room));
    }
    printf("detector %d: %zu lines, %zu wrong\n", _i, corpus.count, t.wrong);
    support_hold_free(t.hold);
    arena_free(t.arena);
    ck_assert_uint_eq(t.wrong, 0);
}
END_TEST

/* ---- prose goes through -------------------------------------------------- */

START_TEST(prose_is_hardly_held)
{
    static const double most[] = {6, 6, 6};
    struct support_hold *const hold = hold_for((enum detector)_i);
    size_t released[LINE_BYTES + 1], held = 0, seen = 0, maybe = 0, lines = 0;

    corpus.count = 0;
    read_lines("tests/data/benign/fiction.jsonl");
    read_lines("tests/data/benign/chat.jsonl");
    read_lines("tests/data/voices/huck.jsonl");
    read_lines("tests/data/voices/judy.jsonl");
    for (size_t i = 0; i < corpus.count; i += 7) {
        size_t suspects;
        support_hold_run(hold, line(i), released, &suspects);
        for (size_t k = 1; k <= corpus.lens[i]; k++) {
            held += k - released[k];
            seen++;
        }
        maybe += suspects;
        lines++;
    }
    const double mean = (double)held / (double)seen;
    printf("detector %d: %zu nodes, held %.2f bytes, suspects %.3f a line of "
           "%zu\n",
           _i, support_hold_nodes(hold), mean, (double)maybe / (double)lines,
           seen / lines);
    ck_assert_double_lt(mean, most[_i]);
    support_hold_free(hold);
}
END_TEST

TEST_MAIN("hold_kinds_forms",
          tcase_add_loop_test(tc, what_is_released_is_settled, 0, DETECTORS);
          tcase_add_loop_test(tc, prose_is_hardly_held, 0, DETECTORS);)
