/* What stands where a file or the folder should: is it trusted? */
#include "sidecar/base/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char top[64];
static struct cache cache;

static void
path_of(const char *name, char out[512])
{
    snprintf(out, 512, "%s/%s", cache.folder, name);
}

static void
enter(void)
{
    char folder[128];

    snprintf(top, sizeof(top), "/tmp/leeway-cache-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    snprintf(folder, sizeof(folder), "%s/a", top);
    ck_assert(cache_open(&cache, folder));
}

static void
empty_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    char path[512];

    for (const struct dirent *e;
         entries != NULL && (e = readdir(entries)) != NULL;) {
        snprintf(path, sizeof(path), "%s/%.255s", folder, e->d_name);
        (void)remove(path);
    }
    if (entries != NULL) {
        closedir(entries);
    }
    (void)rmdir(folder);
}

static void
leave(void)
{
    (void)chmod(cache.folder, 0700);
    empty_folder(cache.folder);
    empty_folder(top);
}

static struct digest
key_of(unsigned n)
{
    return digest_of((struct text){(const char *)&n, sizeof(n)});
}

/* "literals-<hex>", as the header says that names begin. */
static void
file_of(const char *kind, unsigned n, char out[512])
{
    const struct digest key = key_of(n);
    char name[DIGEST_HEX + 32], hex[DIGEST_HEX];

    digest_hex(&key, hex);
    snprintf(name, sizeof(name), "%s-%s", kind, hex);
    path_of(name, out);
}

static void
put(const char *kind, unsigned n, const char *content)
{
    const struct digest key = key_of(n);

    cache_write(&cache, kind, &key, text_of(content));
}

/* The content, or NULL; valid until the next call. */
static const char *
got(const char *kind, unsigned n)
{
    static char content[4096];
    const struct digest key = key_of(n);
    struct buffer out;

    if (!cache_read(&cache, kind, &key, &out)) {
        ck_assert_ptr_null(out.at); /* nothing to be freed */
        return NULL;
    }
    ck_assert_uint_lt(out.len, sizeof(content));
    snprintf(content, sizeof(content), "%.*s", TEXT_ARGS(buffer_text(&out)));
    buffer_clear(&out);
    return content;
}

static size_t
count_files(void)
{
    DIR *entries = opendir(cache.folder);
    size_t count = 0;

    ck_assert_ptr_nonnull(entries);
    for (const struct dirent *e; (e = readdir(entries)) != NULL;) {
        count += e->d_name[0] != '.';
    }
    closedir(entries);
    return count;
}

static void
set_age(const char *path, time_t seconds)
{
    const struct timespec times[] = {{seconds, 0}, {seconds, 0}};

    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* ---------------------------------------------------------- what is no good */

static struct text
slurp(const char *path)
{
    static char bytes[4096];
    FILE *file = fopen(path, "rb");

    ck_assert_ptr_nonnull(file);
    const size_t len = fread(bytes, 1, sizeof(bytes), file);
    ck_assert_int_eq(fclose(file), 0);
    return (struct text){bytes, len};
}

static void
spill(const char *path, struct text content)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content.at, 1, content.len, file), content.len);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
}

/* A good file under another key or kind would be a matcher of other words. */
START_TEST(a_file_renamed_is_none)
{
    char one[512], two[512], other[512];

    put("literals", 1, "one");
    put("literals", 2, "two");
    file_of("literals", 1, one);
    file_of("literals", 2, two);
    file_of("other", 1, other);
    ck_assert_int_eq(rename(one, two), 0);
    ck_assert_ptr_null(got("literals", 1));
    ck_assert_ptr_null(got("literals", 2));
    ck_assert_int_eq(rename(two, other), 0);
    ck_assert_ptr_null(got("other", 1));
    ck_assert_int_eq(rename(other, one), 0);
    ck_assert_str_eq(got("literals", 1), "one");
}
END_TEST

START_TEST(what_is_no_file_of_ours_alone_is_none)
{
    char path[512], elsewhere[512];

    put("literals", 1, "one");
    file_of("literals", 1, path);
    ck_assert_int_eq(chmod(path, 0620), 0);
    ck_assert_ptr_null(got("literals", 1));
    ck_assert_int_eq(chmod(path, 0602), 0);
    ck_assert_ptr_null(got("literals", 1));
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_ptr_nonnull(got("literals", 1));

    snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", top);
    ck_assert_int_eq(rename(path, elsewhere), 0);
    ck_assert_int_eq(symlink(elsewhere, path), 0);
    ck_assert_ptr_null(got("literals", 1));
    ck_assert_int_eq(unlink(path), 0);

    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_ptr_null(got("literals", 1));
    put("literals", 1, "over a folder");
    ck_assert_ptr_null(got("literals", 1));
    ck_assert_int_eq(rmdir(path), 0);

    // Must not wait for somebody to write into it.
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_ptr_null(got("literals", 1));
    ck_assert_int_eq(unlink(path), 0);

    if (geteuid() == 0) { // only root can give a file away
        ck_assert_int_eq(rename(elsewhere, path), 0);
        ck_assert_int_eq(chown(path, 65534, 65534), 0);
        ck_assert_ptr_null(got("literals", 1));
    }
}
END_TEST

/* A link's target must not be written through the link. */
START_TEST(a_link_is_replaced_and_not_followed)
{
    char path[512], victim[512];

    snprintf(victim, sizeof(victim), "%s/victim", top);
    spill(victim, TEXT("precious"));
    file_of("literals", 1, path);
    ck_assert_int_eq(symlink(victim, path), 0);
    put("literals", 1, "one");
    ck_assert(text_is(slurp(victim), "precious"));
    ck_assert_str_eq(got("literals", 1), "one");
}
END_TEST

/* ------------------------------------------------------------------- folder */

START_TEST(folder_is_looked_at_anew)
{
    char path[512];

    put("literals", 1, "one");
    ck_assert_int_eq(chmod(cache.folder, 0777), 0);
    ck_assert_ptr_null(got("literals", 1));
    put("literals", 2, "two");
    ck_assert_int_eq(chmod(cache.folder, 0700), 0);
    ck_assert_ptr_nonnull(got("literals", 1));
    ck_assert_ptr_null(got("literals", 2));

    snprintf(path, sizeof(path), "%s/b", top);
    ck_assert_int_eq(rename(cache.folder, path), 0);
    ck_assert_int_eq(symlink(path, cache.folder), 0);
    ck_assert_ptr_null(got("literals", 1));
    ck_assert_int_eq(unlink(cache.folder), 0);
    ck_assert_ptr_null(got("literals", 1)); /* nor where there is none */
    put("literals", 1, "one");
    ck_assert_int_eq(rename(path, cache.folder), 0);
}
END_TEST

/* ----------------------------------------------------------- when it fails */

START_TEST(no_room_leaves_nothing_behind)
{
    const struct rlimit small = {100, RLIM_INFINITY};
    char content[200];

    memset(content, 'x', sizeof(content) - 1);
    content[sizeof(content) - 1] = '\0';
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    put("literals", 1, "short");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    put("literals", 1, content);
    put("literals", 2, content);
    ck_assert_str_eq(got("literals", 1), "short"); /* as it was */
    ck_assert_ptr_null(got("literals", 2));
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

/*
 * In a container the process has the same number after every start: what a
 * crash left must not keep the next one from writing.
 */
START_TEST(what_a_crash_left_is_in_nobodys_way)
{
    char path[512], left[600];

    file_of("literals", 1, path);
    snprintf(left, sizeof(left), "%s.%ld", path, (long)getpid());
    spill(left, TEXT("half a fi"));
    put("literals", 1, "one");
    ck_assert_str_eq(got("literals", 1), "one");
    set_age(left, 1);
    for (unsigned n = 2; n < CACHE_FILES + 2; n++) {
        put("literals", n, "x");
    }
    ck_assert_int_ne(access(left, F_OK), 0); /* it has aged away */
}
END_TEST

/* ------------------------------------------------------------------ at once */

enum { ROUNDS = 100, WRITERS = 3, KEYS = 4 };

static void
write_and_read(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct digest key = key_of(i % KEYS);
        struct buffer out;
        cache_write(&cache, "literals", &key, TEXT("the same for all"));
        if (cache_read(&cache, "literals", &key, &out)) {
            ck_assert(text_is(buffer_text(&out), "the same for all"));
            buffer_clear(&out);
        }
    }
}

static void *
worker(void *nothing)
{
    write_and_read();
    return nothing;
}

START_TEST(threads_and_processes_write_at_once)
{
    pthread_t threads[WRITERS];
    int status;

    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        write_and_read();
        _exit(0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, worker, NULL), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    for (unsigned n = 0; n < KEYS; n++) {
        ck_assert_str_eq(got("literals", n), "the same for all");
    }
    ck_assert_uint_eq(count_files(), KEYS);
}
END_TEST

TEST_MAIN("cache_trust", tcase_add_checked_fixture(tc, enter, leave);
          tcase_add_test(tc, a_file_renamed_is_none);
          tcase_add_test(tc, what_is_no_file_of_ours_alone_is_none);
          tcase_add_test(tc, a_link_is_replaced_and_not_followed);
          tcase_add_test(tc, folder_is_looked_at_anew);
          tcase_add_test(tc, no_room_leaves_nothing_behind);
          tcase_add_test(tc, what_a_crash_left_is_in_nobodys_way);
          tcase_add_test(tc, threads_and_processes_write_at_once);)
