/* literals_build_cached: what is compiled once is not compiled again. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sidecar/engine/literals.h"
#include "tests/unit/harness.h"

enum { PATH = 4600 };

static char base[] = "/tmp/leeway-literals-XXXXXX";
static struct cache cache;

static const struct literal words[] = {
    {{"one", 3}, 1, false}, {{"two", 3}, 2, false}, {{"three", 5}, 3, false}};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

static void
enter(void)
{
    ck_assert_ptr_nonnull(mkdtemp(base));
    ck_assert(cache_open(&cache, base));
}

static void
leave(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", base);
    ck_assert_int_eq(system(command), 0);
}

static bool
note(void *context, uint32_t id, size_t to)
{
    char *said = context;
    const size_t len = strlen(said);

    snprintf(said + len, 128 - len, "%u@%zu ", id, to);
    return true;
}

/* What a set finds in "one two three", as "id@end ". */
static const char *
found_by(struct literals *literals)
{
    static char said[128];
    struct literals_scratch *scratch = literals_scratch_new();
    struct err err;

    said[0] = '\0';
    ck_assert_ptr_nonnull(scratch);
    ck_assert(literals_scratch_fit(scratch, literals, &err));
    ck_assert(literals_scan(literals, scratch, TEXT("one two three"), note,
                            said, &err));
    literals_scratch_free(scratch);
    literals_free(literals);
    return said;
}

static struct literals *
built(const struct literal *at, size_t count, const struct cache *with)
{
    struct err err;
    struct literals *literals = literals_build_cached(at, count, with, &err);

    ck_assert_msg(literals != NULL, "%s", err.message);
    return literals;
}

/* How many files there are; the last one's path. */
static size_t
files(char path[PATH])
{
    DIR *entries = opendir(base);
    size_t count = 0;

    ck_assert_ptr_nonnull(entries);
    for (const struct dirent *e; (e = readdir(entries)) != NULL;) {
        if (e->d_name[0] != '.') {
            snprintf(path, PATH, "%s/%s", base, e->d_name);
            count++;
        }
    }
    closedir(entries);
    return count;
}

/* A file that is written anew is another one; one that is read stays. */
static ino_t
file_number(const char *path)
{
    struct stat about;

    ck_assert_int_eq(stat(path, &about), 0);
    return about.st_ino;
}

#define ALL "1@3 2@7 3@13 "

START_TEST(second_build_reads_what_the_first_compiled)
{
    char path[PATH];

    enter();
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), ALL);
    ck_assert_uint_eq(files(path), 1);
    // Were it compiled again it would be written again, as another file.
    const ino_t first = file_number(path);
    ck_assert_int_eq(chmod(path, 0400), 0);
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), ALL);
    ck_assert_uint_eq(files(path), 1);
    ck_assert_uint_eq(file_number(path), first);
    leave();
}
END_TEST

/* The key that a file's name ends with. */
static struct digest
key_of(const char *path)
{
    const char *hex = strrchr(path, '-') + 1;
    struct digest key;

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        unsigned byte;
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
        key.bytes[i] = (unsigned char)byte;
    }
    return key;
}

/* Proof that the file is what is used: with another set in it, that counts. */
START_TEST(what_stands_in_the_file_is_used)
{
    static const struct literal other[] = {{{"two", 3}, 9, false}};
    char path[PATH], theirs[PATH];
    struct buffer content;

    enter();
    ck_assert_str_eq(found_by(built(other, 1, &cache)), "9@7 ");
    ck_assert_uint_eq(files(theirs), 1);
    const struct digest their_key = key_of(theirs);
    ck_assert(cache_read(&cache, "literals", &their_key, &content));
    ck_assert_int_eq(unlink(theirs), 0);
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), ALL);
    ck_assert_uint_eq(files(path), 1);
    const struct digest key = key_of(path);
    cache_write(&cache, "literals", &key, buffer_text(&content));
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), "9@7 ");
    buffer_clear(&content);
    leave();
}
END_TEST

/* Its ids would be of another set: a rule would hit for another's words. */
START_TEST(file_of_another_set_is_not_used)
{
    static const struct literal other[] = {{{"two", 3}, 9, false}};
    char path[PATH], theirs[PATH];

    enter();
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), ALL);
    ck_assert_uint_eq(files(path), 1);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_str_eq(found_by(built(other, 1, &cache)), "9@7 ");
    ck_assert_uint_eq(files(theirs), 1);
    ck_assert_int_eq(rename(theirs, path), 0);
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), ALL);
    leave();
}
END_TEST

START_TEST(each_set_has_its_file)
{
    static const struct literal others[][2] = {
        {{{"one", 3}, 1, false},
         {{"two", 3}, 2, false}}, /* the one to compare with */
        {{{"one", 3}, 1, false}, {{"two", 3}, 3, false}},  /* another id */
        {{{"one", 3}, 1, false}, {{"twos", 4}, 2, false}}, /* another text */
        {{{"onet", 4}, 1, false},
         {{"wo", 2}, 2, false}}, /* the same bytes, cut elsewhere */
        {{{"two", 3}, 2, false}, {{"one", 3}, 1, false}}, /* another order */
    };
    enum { OTHERS = sizeof(others) / sizeof(others[0]) };
    char path[PATH];

    enter();
    for (size_t i = 0; i < OTHERS; i++) {
        literals_free(built(others[i], 2, &cache));
        ck_assert_msg(files(path) == i + 1, "%zu", i);
    }
    ck_assert_str_eq(found_by(built(others[1], 2, &cache)), "1@3 3@7 ");
    literals_free(built(others[0], 1, &cache));
    ck_assert_uint_eq(files(path), OTHERS + 1);
    leave();
}
END_TEST

/* ---- files that are no good
 * -------------------------------------------------- */

/* With the right hash before it: only the library can tell. */
static void
put_content(const char *path, struct text content)
{
    const struct digest digest = digest_of(content);
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite("LWCACHE1", 1, 8, file), 8);
    ck_assert_uint_eq(fwrite(digest.bytes, 1, DIGEST_BYTES, file),
                      DIGEST_BYTES);
    ck_assert_uint_eq(fwrite(content.at, 1, content.len, file), content.len);
    ck_assert_int_eq(fclose(file), 0);
}

static const char *const spoils[] = {
    "printf x | dd of=$P bs=1 seek=100 conv=notrunc 2>/dev/null",
    "truncate -s 50 $P", "truncate -s 0 $P", "truncate -s +1 $P",
    "chmod 666 $P"};

START_TEST(spoiled_file_is_compiled_anew)
{
    char path[PATH];

    enter();
    literals_free(built(words, WORDS, &cache));
    ck_assert_uint_eq(files(path), 1);
    const ino_t first = file_number(path);
    // Keeps its number from being used again.
    char other[PATH + 8];
    snprintf(other, sizeof(other), "%s.kept", path);
    ck_assert_int_eq(link(path, other), 0);
    ck_assert_int_eq(setenv("P", path, 1), 0);
    ck_assert_int_eq(system(spoils[_i]), 0);
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), ALL);
    ck_assert_uint_ne(file_number(path), first);
    // And what was written then is good.
    const ino_t second = file_number(path);
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), ALL);
    ck_assert_uint_eq(file_number(path), second);
    leave();
}
END_TEST

static const struct text strangers[] = {
    {"", 0}, {"no database", 11}, {"\xdb\xdb\xdb\xdb", 4}};

START_TEST(content_of_no_database_is_compiled_anew)
{
    char path[PATH];

    enter();
    literals_free(built(words, WORDS, &cache));
    ck_assert_uint_eq(files(path), 1);
    put_content(path, strangers[_i]);
    ck_assert_str_eq(found_by(built(words, WORDS, &cache)), ALL);
    leave();
}
END_TEST

START_TEST(without_a_cache_it_is_compiled)
{
    struct cache gone;
    char path[PATH];

    enter();
    ck_assert_str_eq(found_by(built(words, WORDS, NULL)), ALL);
    snprintf(gone.folder, sizeof(gone.folder), "%s/gone", base);
    ck_assert_str_eq(found_by(built(words, WORDS, &gone)), ALL);
    snprintf(gone.folder, sizeof(gone.folder), "/proc/self");
    ck_assert_str_eq(found_by(built(words, WORDS, &gone)), ALL);
    ck_assert_str_eq(found_by(built(words, 0, &cache)), "");
    ck_assert_uint_eq(files(path), 0);
    leave();
}
END_TEST

TEST_MAIN("literals_cache",
          tcase_add_test(tc, second_build_reads_what_the_first_compiled);
          tcase_add_test(tc, what_stands_in_the_file_is_used);
          tcase_add_test(tc, file_of_another_set_is_not_used);
          tcase_add_test(tc, each_set_has_its_file);
          tcase_add_loop_test(tc, spoiled_file_is_compiled_anew, 0,
                              sizeof(spoils) / sizeof(spoils[0]));
          tcase_add_loop_test(tc, content_of_no_database_is_compiled_anew, 0,
                              sizeof(strangers) / sizeof(strangers[0]));
          tcase_add_test(tc, without_a_cache_it_is_compiled);)
