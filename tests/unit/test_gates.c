/* Patterns that are ruled out beforehand: the hits must be the same. */
#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/base/file.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/sample.h"
#include "tests/unit/support_engine.h"

enum { ARENA_BYTES = 64 << 20 };

/* A rule set with its scratch, scanned without an engine. */
struct scanner {
    struct engine *engine;
    struct rules_scratch *scratch;
    struct arena *arena;
};

static struct scanner
scanner(struct engine *engine, bool gated)
{
    struct scanner s = {engine, rules_scratch_new(), arena_new(ARENA_BYTES)};
    struct err err;

    ck_assert(s.scratch != NULL && s.arena != NULL);
    if (!gated) {
        rules_open_gates(s.engine->rules);
    }
    ck_assert(rules_scratch_fit(s.scratch, s.engine->rules, &err));
    return s;
}

static void
scanner_clear(struct scanner *s)
{
    arena_free(s->arena);
    rules_scratch_free(s->scratch);
    engine_drop(s->engine);
}

static struct hits
scan(struct scanner *s, struct text text, enum request_role role)
{
    const struct request request = {.role = role};
    struct rules_request rules;
    struct view fold;
    struct hits hits;
    struct err err;

    arena_reset(s->arena);
    hits_init(&hits, s->arena);
    ck_assert_msg(rules_prepare(s->engine->rules, &request, NULL, NULL,
                                s->arena, &rules, &err) &&
                      fold_view(text, s->arena, &fold, &err) &&
                      rules_scan(s->engine->rules, s->scratch, &rules, text,
                                 &fold, &hits, &err),
                  "%s", err.message);
    return hits;
}

struct pair {
    struct scanner gated, open;
    size_t texts, hits;
};

static void
compare(struct pair *p, struct text text)
{
    for (int role = REQUEST_ASSISTANT; role <= REQUEST_USER; role++) {
        const struct hits a = scan(&p->gated, text, (enum request_role)role);
        const struct hits b = scan(&p->open, text, (enum request_role)role);
        ck_assert_msg(a.count == b.count && a.errors == b.errors,
                      "%zu hits through gates, %zu without: %.*s", a.count,
                      b.count, TEXT_ARGS(text));
        for (size_t i = 0; i < a.count; i++) {
            ck_assert_msg(a.at[i].rule == b.at[i].rule &&
                              a.at[i].raw.from == b.at[i].raw.from &&
                              a.at[i].raw.to == b.at[i].raw.to,
                          "hit %zu differs: %.*s", i, TEXT_ARGS(text));
        }
        p->hits += a.count;
    }
    p->texts++;
}

/* The text itself, and in ways that fold back to it. */
static void
compare_forms(struct pair *p, struct text text)
{
    char other[4096];
    size_t len = 0;

    compare(p, text);
    if (text.len > 1000) {
        return;
    }
    for (size_t i = 0; i < text.len; i++) { /* capitals */
        const char c = text.at[i];
        other[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    compare(p, (struct text){other, text.len});
    for (size_t i = 0; i < text.len; i++) { /* zero-width spaces, a's */
        other[len++] = text.at[i];
        if (text.at[i] == 'o' || text.at[i] == 'e') {
            memcpy(other + len, "\xe2\x80\x8b", 3);
            len += 3;
        } else if (text.at[i] == 'a') {
            memcpy(other + len - 1, "\xd0\xb0", 2);
            len += 1;
        }
    }
    compare(p, (struct text){other, len});
    len = 0;
    for (size_t i = 0; i < text.len; i++) { /* s and k of other alphabets */
        const char c = (char)(text.at[i] | 0x20);
        const char *const as = c == 's'   ? "\xc5\xbf"
                               : c == 'k' ? "\xe2\x84\xaa"
                                          : NULL;
        const size_t n = as != NULL ? strlen(as) : 1;
        memcpy(other + len, as != NULL ? as : text.at + i, n);
        len += n;
    }
    compare(p, (struct text){other, len});
}

static void
pair_open(struct pair *p)
{
    *p = (struct pair){.gated = scanner(support_engine_shipped(), true),
                       .open = scanner(support_engine_shipped(), false)};
}

static void
pair_close(struct pair *p)
{
    scanner_clear(&p->gated);
    scanner_clear(&p->open);
}

static const char *const files[] = {"tests/data/benign/chat.jsonl",
                                    "tests/data/benign/fiction.jsonl",
                                    "tests/data/benign/in_character.jsonl",
                                    "tests/data/benign/look_alike.jsonl",
                                    "tests/data/demo/replies.jsonl",
                                    "tests/data/voices/falstaff.jsonl",
                                    "tests/data/voices/huck.jsonl",
                                    "tests/data/voices/judy.jsonl",
                                    "config/voices/algernon.jsonl",
                                    "config/voices/falstaff.jsonl",
                                    "config/voices/hamlet.jsonl",
                                    "config/voices/huck.jsonl",
                                    "config/voices/judy.jsonl",
                                    "config/voices/pooter.jsonl",
                                    "config/voices/zarathustra.jsonl"};

START_TEST(lines_of_the_corpora_have_the_same_hits)
{
    struct samples samples;
    struct pair p;
    struct err err;

    ck_assert_msg(samples_read(files[_i], &samples, &err), "%s", err.message);
    pair_open(&p);
    for (size_t i = 0; i < samples.count; i++) {
        compare(&p, samples.lines[i]);
    }
    ck_assert_uint_gt(p.texts, 10);
    pair_close(&p);
    samples_free(&samples);
}
END_TEST

/* Every rule's own tests, which its patterns were written for. */
START_TEST(texts_made_for_the_patterns_have_the_same_hits)
{
    struct pair p;

    pair_open(&p);
    const struct config *config = p.gated.engine->config;
    for (size_t i = 0; i < config->rule_count; i++) {
        for (size_t k = 0; k < config->rules[i].test_count; k++) {
            compare_forms(&p, config->rules[i].tests[k].text);
        }
    }
    for (size_t i = 0; i < config->test_count; i++) {
        compare_forms(&p, config->tests[i].text);
    }
    ck_assert_uint_gt(p.texts, 300);
    ck_assert_uint_gt(p.hits, 300);
    pair_close(&p);
}
END_TEST

/* Texts from the pieces that the patterns are made of, at random. */
START_TEST(pieces_of_the_patterns_have_the_same_hits)
{
    struct pair p;
    uint64_t random = 20251120u + (uint64_t)_i;

    pair_open(&p);
    const struct config *config = p.gated.engine->config;
    for (size_t n = 0; n < 1500; n++) {
        char text[1024];
        size_t len = 0;
        while (len < 200) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            const struct config_rule *rule =
                &config->rules[(random >> 33) % config->rule_count];
            if (rule->test_count == 0) {
                continue;
            }
            const struct text from =
                rule->tests[(random >> 20) % rule->test_count].text;
            // Some words of it: from one space to another.
            size_t at = (random >> 40) % (from.len + 1);
            while (at > 0 && from.at[at - 1] != ' ') {
                at--;
            }
            size_t to = at + (random >> 50) % 60;
            to = to < from.len ? to : from.len;
            while (to < from.len && from.at[to] != ' ') {
                to++;
            }
            if (to - at > sizeof(text) - 1 - len) {
                break;
            }
            memcpy(text + len, from.at + at, to - at);
            len += to - at;
            text[len++] = ' ';
        }
        compare(&p, (struct text){text, len});
    }
    ck_assert_uint_gt(p.hits, 100);
    pair_close(&p);
}
END_TEST

/*
 * Patterns for the ways there are of being where a gate says: at once, behind
 * a few characters or any number, many times, across lines, before and behind
 * what is no part of the match, with characters of several bytes before it.
 */
static const char *const shapes[] = {"foo",
                                     "fo+bar",
                                     "[a-z]{2,5} foo\\b",
                                     ".{0,3}bar.{0,3}",
                                     ".*bar",
                                     "\\w+ bar",
                                     "(?s).*bar.*foo",
                                     "(?<=foo )bar",
                                     "(?<!foo )bar",
                                     "foo(?= bar)",
                                     "foo(?! bar)",
                                     "(?m)^bar",
                                     "(?m)foo$",
                                     "\\Afoo",
                                     "bar\\z",
                                     "(?:foo|bar) (?:baz|qux)",
                                     "(?:foo|bar|[0-9]) baz",
                                     "foo.{0,9}bar|bar.{0,9}foo",
                                     "(foo|bar) \\1",
                                     "(?:\\Gfoo )+",
                                     "foo \\Kbar",
                                     "foo|[fox ]{6}bar",
                                     "\\d{2}-\\d{2}",
                                     "#[a-z]+",
                                     "[\xd0\xb0-\xd1\x8f]{2}",
                                     "\xc3\xa9{1,2} foo",
                                     "[^ ]foo",
                                     "(?:foo ?){3,5}",
                                     "foo(?: bar){0,2} baz",
                                     "s(?:foo|kiss)"};

static struct engine *
engine_of_shapes(void)
{
    char yaml[16384];
    size_t len = (size_t)snprintf(yaml, sizeof(yaml), SUPPORT_ENGINE_RULES);
    static const char *const robust[] = {"none", "basic", "strong"};

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        for (size_t k = 0; k < 3; k++) {
            len += (size_t)snprintf(yaml + len, sizeof(yaml) - len,
                                    "  - {id: R%zu_%zu, type: regex, pattern: "
                                    "'%s', robust: %s, category: c, severity: "
                                    "high}\n",
                                    i, k, shapes[i], robust[k]);
            ck_assert_uint_lt(len, sizeof(yaml));
        }
    }
    return support_engine(yaml);
}

START_TEST(windows_have_all_that_the_whole_text_has)
{
    static const char *const pieces[] = {"foo",
                                         "bar",
                                         "baz",
                                         "qux",
                                         " ",
                                         " ",
                                         " ",
                                         "\n",
                                         "FOO",
                                         "x",
                                         "\xc3\xa9",
                                         "#",
                                         "12",
                                         "-",
                                         "\xd0\xb0",
                                         "f",
                                         "oo",
                                         "foo bar",
                                         "s",
                                         "\xc5\xbf",
                                         "\xe2\x84\xaa",
                                         "i",
                                         "ss",
                                         "ab cd",
                                         "f0o ",
                                         "\xe2\x80\x9c",
                                         "f o o"};
    uint64_t random = 20251121u + (uint64_t)_i;
    struct pair p = {.gated = scanner(engine_of_shapes(), true),
                     .open = scanner(engine_of_shapes(), false)};

    for (size_t n = 0; n < 1500; n++) {
        char text[8192];
        size_t len = 0;
        // Now and then one long enough for more matches than windows.
        const size_t most = n % 50 == 0 ? 4000 : 10 + n % 90;
        while (len < most) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            const char *const piece =
                pieces[(random >> 33) % (sizeof(pieces) / sizeof(pieces[0]))];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        compare(&p, (struct text){text, len});
    }
    ck_assert_uint_gt(p.hits, 10000);
    pair_close(&p);
}
END_TEST

TEST_MAIN("gates",
          tcase_add_loop_test(tc, windows_have_all_that_the_whole_text_has, 0,
                              4);
          tcase_add_loop_test(tc, lines_of_the_corpora_have_the_same_hits, 0,
                              sizeof(files) / sizeof(files[0]));
          tcase_add_test(tc, texts_made_for_the_patterns_have_the_same_hits);
          tcase_add_loop_test(tc, pieces_of_the_patterns_have_the_same_hits, 0,
                              2);)
