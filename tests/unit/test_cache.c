#include "sidecar/base/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

enum { PATH = 4200, HEAD = 8 + DIGEST_BYTES };

static char base[] = "/tmp/leeway-cache-XXXXXX";
static char folder[PATH];
static struct cache cache;

static void
enter(void)
{
    umask(022);
    ck_assert_ptr_nonnull(mkdtemp(base));
    snprintf(folder, sizeof(folder), "%s/c", base);
    ck_assert(cache_open(&cache, folder));
}

static void
leave(void)
{
    char command[64];

    snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", base,
             base);
    ck_assert_int_eq(system(command), 0);
}

static struct digest
key_of(int number)
{
    char name[16];

    snprintf(name, sizeof(name), "%d", number);
    return digest_of(text_of(name));
}

static void
put(const char *kind, int number, struct text content)
{
    const struct digest key = key_of(number);

    cache_write(&cache, kind, &key, content);
}

/* Is that what stands there? NULL content: nothing at all. */
static bool
holds(const char *kind, int number, const char *content)
{
    const struct digest key = key_of(number);
    struct buffer out;
    const bool there = cache_read(&cache, kind, &key, &out);
    const bool same =
        there ? content != NULL && text_is(buffer_text(&out), content)
              : content == NULL && out.at == NULL;

    buffer_clear(&out);
    return same;
}

/* The file of that kind and number. */
static const char *
path_of(const char *kind, int number)
{
    static char path[PATH + 256];
    const struct digest key = key_of(number);
    char hex[DIGEST_HEX];

    digest_hex(&key, hex);
    snprintf(path, sizeof(path), "%s/%s-%s", folder, kind, hex);
    return path;
}

static size_t
count_files(const char *kind)
{
    DIR *entries = opendir(folder);
    size_t count = 0;

    ck_assert_ptr_nonnull(entries);
    for (const struct dirent *e; (e = readdir(entries)) != NULL;) {
        count += strncmp(e->d_name, kind, strlen(kind)) == 0;
    }
    closedir(entries);
    return count;
}

/* ---- the folder ------------------------------------------------------------
 */

/* Runs a command of the shell in which $P is the path. */
static void
make(const char *how, const char *path)
{
    ck_assert_int_eq(setenv("P", path, 1), 0);
    ck_assert_msg(system(how) == 0, "%s", how);
}

static const struct {
    const char *made; /* a command, $P is the path */
    bool opens;
    bool needs_root;
} folders[] = {
    {"true $P", true, false}, /* not there yet */
    {"mkdir -m 700 $P", true, false},
    {"mkdir -m 755 $P", true, false},
    {"mkdir -m 770 $P", false, false},
    {"mkdir -m 707 $P", false, false},
    {"mkdir -m 702 $P", false, false},
    {"mkdir -m 720 $P", false, false},
    {"touch $P", false, false},
    {"mkdir -m 700 $P.real; ln -s $P.real $P", false, false},
    {"ln -s /nowhere $P", false, false},
    {"mkfifo $P", false, false},
    {"mkdir -m 700 $P; chown 12345 $P", false, true},
};

START_TEST(folder_that_others_can_write_to_is_refused)
{
    char path[PATH];
    struct cache other;
    struct stat found;

    if (folders[_i].needs_root && geteuid() != 0) {
        return;
    }
    enter();
    snprintf(path, sizeof(path), "%s/f", base);
    make(folders[_i].made, path);
    ck_assert_msg(cache_open(&other, path) == folders[_i].opens, "%s",
                  folders[_i].made);
    if (folders[_i].opens) {
        ck_assert_int_eq(stat(path, &found), 0);
        ck_assert(S_ISDIR(found.st_mode));
        ck_assert_uint_eq(found.st_mode & 0022, 0);
    }
    leave();
}
END_TEST

START_TEST(new_folder_is_for_us_alone)
{
    struct stat found;

    enter();
    umask(0);
    snprintf(folder, sizeof(folder), "%s/a/b", base);
    ck_assert(cache_open(&cache, folder));
    ck_assert_int_eq(stat(folder, &found), 0);
    ck_assert_uint_eq(found.st_mode & 0777, 0700);
    // But one level of parents, not a whole path that was mistyped.
    snprintf(folder, sizeof(folder), "%s/x/y/z", base);
    ck_assert(!cache_open(&cache, folder));
    leave();
}
END_TEST

static const struct {
    const char *setting, *systemd, *xdg, *home;
    const char *folder; /* below the base; NULL: none */
} places[] = {
    {"none", "/s", "/x", "/h", NULL},
    {"auto", "/s", "/x", "/h", "/s"},
    {"auto", "/s:BASE/t", "/x", "/h", "/s"},
    {"auto", NULL, "/x", "/h", "/x/leeway"},
    {"auto", NULL, NULL, "/h", "/h/.cache/leeway"},
    {"auto", NULL, NULL, NULL, NULL},
};

/* Below the base, so that no test writes to anybody's home. */
static void
set_place(const char *variable, const char *place)
{
    char value[PATH];

    if (place == NULL) {
        unsetenv(variable);
        return;
    }
    snprintf(value, sizeof(value), "%s%s", base, place);
    setenv(variable, value, 1);
}

START_TEST(folder_is_where_the_setting_says)
{
    char want[PATH];
    struct cache found;

    enter();
    make("mkdir -p $P/h", base);
    set_place("CACHE_DIRECTORY", places[_i].systemd);
    set_place("XDG_CACHE_HOME", places[_i].xdg);
    set_place("HOME", places[_i].home);
    const bool opens = cache_open(&found, places[_i].setting);
    ck_assert_int_eq(opens, places[_i].folder != NULL);
    if (opens) {
        snprintf(want, sizeof(want), "%s%s", base, places[_i].folder);
        ck_assert_str_eq(found.folder, want);
    }
    leave();
}
END_TEST

START_TEST(relative_place_and_long_one_are_none)
{
    char *name = malloc(8192);
    struct cache found;

    enter();
    ck_assert_ptr_nonnull(name);
    memset(name, 'a', 8191);
    name[0] = '/';
    name[8191] = '\0';
    ck_assert(!cache_open(&found, name));
    unsetenv("CACHE_DIRECTORY");
    unsetenv("HOME");
    setenv("XDG_CACHE_HOME", "here", 1);
    ck_assert(!cache_open(&found, "auto"));
    setenv("XDG_CACHE_HOME", name, 1);
    ck_assert(!cache_open(&found, "auto"));
    ck_assert(!cache_open(&found, ""));
    free(name);
    leave();
}
END_TEST

/* ---- files ------------------------------------------------------------------
 */

START_TEST(what_is_written_is_read)
{
    static const char *const contents[] = {"", "x", "some bytes\n"};

    enter();
    for (int i = 0; i < 3; i++) {
        put("kind", i, text_of(contents[i]));
        ck_assert(holds("kind", i, contents[i]));
    }
    put("kind", 1, TEXT("again"));
    ck_assert(holds("kind", 1, "again"));
    ck_assert(holds("kind", 7, NULL));
    ck_assert(holds("other", 1, NULL));
    ck_assert(holds("kin", 1, NULL));
    leave();
}
END_TEST

START_TEST(large_content_is_read_whole)
{
    enum { BYTES = 3 << 20 };
    const struct digest key = key_of(1);
    char *bytes = malloc(BYTES);
    struct buffer out;

    enter();
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < BYTES; i++) {
        bytes[i] = (char)(i * 31 % 251);
    }
    put("kind", 1, (struct text){bytes, BYTES});
    ck_assert(cache_read(&cache, "kind", &key, &out));
    ck_assert_uint_eq(out.len, BYTES);
    ck_assert(memcmp(out.at, bytes, BYTES) == 0);
    buffer_clear(&out);
    free(bytes);
    leave();
}
END_TEST

static size_t
slurp(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "rb");

    ck_assert_msg(file != NULL, "%s", path);
    const size_t len = fread(out, 1, size, file);
    ck_assert_int_eq(fclose(file), 0);
    return len;
}

static void
spill(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(cut_file_is_none)
{
    char bytes[256];

    enter();
    put("kind", 1, TEXT("some bytes"));
    const size_t len = slurp(path_of("kind", 1), bytes, sizeof(bytes));
    ck_assert_uint_eq(len, HEAD + 10);
    for (size_t i = 0; i < len; i++) {
        spill(path_of("kind", 1), bytes, i);
        ck_assert_msg(holds("kind", 1, NULL), "%zu bytes", i);
    }
    spill(path_of("kind", 1), bytes, len);
    ck_assert(holds("kind", 1, "some bytes"));
    bytes[len] = '\0';
    spill(path_of("kind", 1), bytes, len + 1);
    ck_assert(holds("kind", 1, NULL));
    leave();
}
END_TEST

START_TEST(changed_byte_is_noticed)
{
    char bytes[256];

    enter();
    put("kind", 1, TEXT("some bytes"));
    const size_t len = slurp(path_of("kind", 1), bytes, sizeof(bytes));
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 1;
        spill(path_of("kind", 1), bytes, len);
        bytes[i] ^= 1;
        ck_assert_msg(holds("kind", 1, NULL), "byte %zu", i);
    }
    // And one that is as good as none is written anew.
    put("kind", 1, TEXT("some bytes"));
    ck_assert(holds("kind", 1, "some bytes"));
    leave();
}
END_TEST

/* Another's file under the name of ours: the key is in the name only. */
static const struct {
    const char *made; /* a command, $P is the file */
    bool needs_root;
} spoiled[] = {
    {"chmod 620 $P", false},    {"chmod 602 $P", false},
    {"chown 12345 $P", true},   {"mv $P $P.real; ln -s $P.real $P", false},
    {"rm $P; mkdir $P", false},
};

START_TEST(file_that_others_could_write_is_none)
{
    if (spoiled[_i].needs_root && geteuid() != 0) {
        return;
    }
    enter();
    put("kind", 1, TEXT("some bytes"));
    make(spoiled[_i].made, path_of("kind", 1));
    ck_assert_msg(holds("kind", 1, NULL), "%s", spoiled[_i].made);
    leave();
}
END_TEST

START_TEST(those_used_last_are_kept)
{
    enum { MORE = 8 };
    struct timespec times[2] = {{1000000, 0}, {1000000, 0}};

    enter();
    put("other", 1, TEXT("not of that kind"));
    for (int i = 0; i < CACHE_FILES; i++) {
        put("kind", i, TEXT("x"));
        times[1].tv_sec = 1000000 + i;
        ck_assert_int_eq(utimensat(AT_FDCWD, path_of("kind", i), times, 0), 0);
    }
    ck_assert(holds("kind", 0, "x")); // used: it is the youngest now
    for (int i = 0; i < MORE; i++) {
        put("kind", CACHE_FILES + i, TEXT("x"));
        ck_assert_uint_eq(count_files("kind-"), CACHE_FILES);
    }
    ck_assert(holds("kind", 0, "x"));
    for (int i = 1; i < CACHE_FILES + MORE; i++) {
        ck_assert_msg(holds("kind", i, i <= MORE ? NULL : "x"), "%d", i);
    }
    ck_assert(holds("other", 1, "not of that kind"));
    leave();
}
END_TEST

/* What a crash leaves ages with the others, and does not stop the next. */
START_TEST(half_written_file_of_a_crash_goes)
{
    char path[PATH + 300];
    struct timespec times[2] = {{1000, 0}, {1000, 0}};

    enter();
    snprintf(path, sizeof(path), "%s.999999", path_of("kind", 1));
    spill(path, "half", 4);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    put("kind", 1, TEXT("x"));
    ck_assert(holds("kind", 1, "x"));
    for (int i = 2; i <= CACHE_FILES; i++) {
        put("kind", i, TEXT("x"));
    }
    ck_assert_int_ne(access(path, F_OK), 0);
    leave();
}
END_TEST

START_TEST(cache_that_fails_is_none)
{
    enter();
    // A folder where nobody may make files, and one that is gone.
    snprintf(cache.folder, sizeof(cache.folder), "/proc/self");
    put("kind", 1, TEXT("x"));
    ck_assert(holds("kind", 1, NULL));
    snprintf(cache.folder, sizeof(cache.folder), "%s/gone", base);
    put("kind", 1, TEXT("x"));
    ck_assert(holds("kind", 1, NULL));
    cache.folder[0] = '\0';
    put("kind", 1, TEXT("x"));
    ck_assert(holds("kind", 1, NULL));
    leave();
}
END_TEST

/* ---- at one time
 * ------------------------------------------------------------- */

enum { ROUNDS = 60, LONG = 20000 };

/* Content that is wrong if it is of two writers. */
static void
fill(char *bytes, char with)
{
    memset(bytes, with, LONG - 1);
    bytes[LONG - 1] = '\0';
}

static void *
write_and_read(void *argument)
{
    const char with = *(const char *)argument;
    const struct digest key = key_of(1);
    char *mine = malloc(LONG);
    struct buffer out;

    ck_assert_ptr_nonnull(mine);
    fill(mine, with);
    for (int i = 0; i < ROUNDS; i++) {
        cache_write(&cache, "kind", &key, (struct text){mine, LONG});
        if (cache_read(&cache, "kind", &key, &out)) {
            ck_assert_uint_eq(out.len, LONG);
            for (size_t k = 1; k < LONG - 1; k++) {
                ck_assert_msg(out.at[k] == out.at[0], "%c in %c", out.at[k],
                              out.at[0]);
            }
            buffer_clear(&out);
        }
    }
    free(mine);
    return NULL;
}

START_TEST(writers_at_one_time_leave_one_whole_file)
{
    static const char names[] = "abcd";
    pthread_t threads[2];
    pid_t child;

    enter();
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)write_and_read((void *)(uintptr_t)&names[0]);
        _exit(0);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_and_read,
                                        (void *)(uintptr_t)&names[1 + i]),
                         0);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_uint_eq(count_files("kind"), 1);
    leave();
}
END_TEST

TEST_MAIN("cache",
          tcase_add_loop_test(tc, folder_that_others_can_write_to_is_refused, 0,
                              sizeof(folders) / sizeof(folders[0]));
          tcase_add_test(tc, new_folder_is_for_us_alone);
          tcase_add_loop_test(tc, folder_is_where_the_setting_says, 0,
                              sizeof(places) / sizeof(places[0]));
          tcase_add_test(tc, relative_place_and_long_one_are_none);
          tcase_add_test(tc, what_is_written_is_read);
          tcase_add_test(tc, large_content_is_read_whole);
          tcase_add_test(tc, cut_file_is_none);
          tcase_add_test(tc, changed_byte_is_noticed);
          tcase_add_loop_test(tc, file_that_others_could_write_is_none, 0,
                              sizeof(spoiled) / sizeof(spoiled[0]));
          tcase_add_test(tc, those_used_last_are_kept);
          tcase_add_test(tc, half_written_file_of_a_crash_goes);
          tcase_add_test(tc, cache_that_fails_is_none);
          tcase_add_test(tc, writers_at_one_time_leave_one_whole_file);)
