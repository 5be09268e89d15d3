#include "sidecar/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char folder[] = "/tmp/leeway-test-file-XXXXXX";
static char path[sizeof(folder) + 16];
static struct buffer content;
static struct err err;

static void
begin(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    snprintf(path, sizeof(path), "%s/file", folder);
}

/* Names in the folder, "." and ".." apart. */
static unsigned
entries(void)
{
    DIR *at = opendir(folder);
    unsigned count = 0;

    ck_assert_ptr_nonnull(at);
    while (readdir(at) != NULL) {
        count++;
    }
    closedir(at);
    return count - 2;
}

static void
end(void)
{
    DIR *at = opendir(folder);

    for (struct dirent *e; (e = readdir(at)) != NULL;) {
        if (e->d_name[0] != '.' && unlink(e->d_name) != 0) {
            rmdir(e->d_name);
        }
    }
    closedir(at);
    rmdir(folder);
    buffer_clear(&content);
}

static void
put(const char *name, size_t len)
{
    FILE *to = fopen(name, "wb");

    ck_assert_ptr_nonnull(to);
    for (size_t i = 0; i < len; i++) {
        fputc((int)(i % 251), to);
    }
    fclose(to);
}

/* Sizes around the chunk that is read at a time, each at its limit. */
static const size_t sizes[] = {0, 1, 1000, 65535, 65536, 65537, 131072, 300001};

START_TEST(limit_is_exact)
{
    const size_t size = sizes[_i];
    char want[200];

    begin();
    put(path, size);
    ck_assert_msg(file_read(path, size, &content, &err), "%s", err.message);
    ck_assert_uint_eq(content.len, size);
    for (size_t i = 0; i < size; i++) {
        if (content.at[i] != (char)(i % 251)) {
            ck_abort_msg("byte %zu: %d", i, content.at[i]);
        }
    }
    buffer_clear(&content);
    ck_assert(file_read(path, size + 1, &content, &err));
    buffer_clear(&content);
    if (size > 0) {
        ck_assert(!file_read(path, size - 1, &content, &err));
        snprintf(want, sizeof(want), "%s: larger than %zu bytes", path,
                 size - 1);
        ck_assert_str_eq(err.message, want);
        ck_assert_int_eq(err.kind, ERR_IO);
        ck_assert_ptr_null(content.at);
    }
    end();
}
END_TEST

static void
refused(const char *name, const char *why)
{
    char want[200];

    ck_assert_msg(!file_read(name, 1000, &content, &err), "%s", name);
    snprintf(want, sizeof(want), "%s: %s", name, why);
    ck_assert_str_eq(err.message, want);
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_ptr_null(content.at);
}

START_TEST(only_regular_files_are_read)
{
    begin();
    refused("absent", "No such file or directory");
    refused(".", "not a regular file");
    refused("/dev/null", "not a regular file");
    refused("/dev/zero", "not a regular file");
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    refused("pipe", "not a regular file"); // and does not wait for a writer
    ck_assert_int_eq(symlink("pipe", "link"), 0);
    refused("link", "not a regular file");
    refused("", "No such file or directory");
    put("plain", 3);
    refused("plain/x", "Not a directory");
    end();
}
END_TEST

START_TEST(dash_is_standard_input_even_a_pipe)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "a\0b", 3), 3);
    close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_msg(file_read("-", 3, &content, &err), "%s", err.message);
    ck_assert(text_equal(buffer_text(&content), TEXT("a\0b")));
    buffer_clear(&content);
    close(STDIN_FILENO);
    ck_assert(!file_read("-", 3, &content, &err));
    ck_assert_str_eq(err.message, "-: Bad file descriptor");
}
END_TEST

START_TEST(written_file_is_read_back)
{
    begin();
    ck_assert(file_write(path, TEXT("one\0two"), &err));
    ck_assert(file_read(path, 7, &content, &err));
    ck_assert(text_equal(buffer_text(&content), TEXT("one\0two")));
    buffer_clear(&content);
    ck_assert(file_write("file", (struct text){NULL, 0}, &err));
    ck_assert(file_read(path, 0, &content, &err));
    ck_assert_uint_eq(content.len, 0);
    ck_assert_uint_eq(entries(), 1);
    end();
}
END_TEST

/* The file of before keeps its content for whoever has it open. */
START_TEST(writing_replaces_and_does_not_overwrite)
{
    char before[4] = "";

    begin();
    ck_assert(file_write(path, TEXT("old"), &err));
    const int reader = open(path, O_RDONLY);
    ck_assert(file_write(path, TEXT("new, and longer"), &err));
    ck_assert_int_eq(read(reader, before, 3), 3);
    close(reader);
    ck_assert_str_eq(before, "old");
    end();
}
END_TEST

START_TEST(mode_is_the_umask_s)
{
    static const struct {
        mode_t umask, mode;
    } rows[] = {{0022, 0644}, {0077, 0600}, {0002, 0644}, {0, 0644}};
    struct stat about;

    begin();
    for (size_t i = 0; i < 4; i++) {
        umask(rows[i].umask);
        ck_assert(file_write(path, TEXT("x"), &err));
        ck_assert_int_eq(stat(path, &about), 0);
        ck_assert_msg((about.st_mode & 0777) == rows[i].mode, "umask %o: %o",
                      (unsigned)rows[i].umask,
                      (unsigned)(about.st_mode & 0777));
    }
    end();
}
END_TEST

START_TEST(leftover_of_a_crash_is_not_in_the_way)
{
    char leftover[64];

    begin();
    snprintf(leftover, sizeof(leftover), "file.%ld-0.tmp", (long)getpid());
    put(leftover, 5);
    ck_assert_msg(file_write(path, TEXT("x"), &err), "%s", err.message);
    ck_assert_uint_eq(entries(), 2);
    end();
}
END_TEST

START_TEST(failure_leaves_the_old_file_and_nothing_else)
{
    begin();
    ck_assert(file_write(path, TEXT("old"), &err));
    ck_assert(!file_write("absent/file", TEXT("x"), &err));
    ck_assert_str_eq(err.message, "absent/file: No such file or directory");
    ck_assert_int_eq(mkdir("folder", 0700), 0);
    ck_assert(!file_write("folder", TEXT("x"), &err));
    ck_assert_str_eq(err.message, "folder: Is a directory");
    ck_assert_uint_eq(entries(), 2);
    end();
}
END_TEST

/* A disk that fills up in the middle, as a limit on file sizes shows it. */
START_TEST(short_write_leaves_the_old_file)
{
    const struct rlimit small = {1000, RLIM_INFINITY};
    char large[4000];

    begin();
    ck_assert(file_write(path, TEXT("old"), &err));
    memset(large, 'x', sizeof(large));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert(!file_write(path, (struct text){large, sizeof(large)}, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "File too large"));
    ck_assert(file_read(path, 3, &content, &err));
    ck_assert(text_is(buffer_text(&content), "old"));
    ck_assert_uint_eq(entries(), 1);
    end();
}
END_TEST

START_TEST(path_that_is_too_long_is_told)
{
    char name[5000];

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ck_assert(!file_write(name, TEXT("x"), &err));
    ck_assert_ptr_nonnull(strstr(err.message, "aaa"));
    ck_assert(!file_read(name, 10, &content, &err));
}
END_TEST

START_TEST(removed_is_gone_and_may_have_been_before)
{
    begin();
    ck_assert(file_write(path, TEXT("old"), &err));
    ck_assert(file_remove(path, &err));
    ck_assert_uint_eq(entries(), 0);
    ck_assert(file_remove(path, &err));
    ck_assert(!file_remove("/", &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    end();
}
END_TEST

TEST_MAIN("file", {
    tcase_add_loop_test(tc, limit_is_exact, 0,
                        sizeof(sizes) / sizeof(sizes[0]));
    tcase_add_test(tc, only_regular_files_are_read);
    tcase_add_test(tc, dash_is_standard_input_even_a_pipe);
    tcase_add_test(tc, written_file_is_read_back);
    tcase_add_test(tc, writing_replaces_and_does_not_overwrite);
    tcase_add_test(tc, mode_is_the_umask_s);
    tcase_add_test(tc, leftover_of_a_crash_is_not_in_the_way);
    tcase_add_test(tc, failure_leaves_the_old_file_and_nothing_else);
    tcase_add_test(tc, short_write_leaves_the_old_file);
    tcase_add_test(tc, path_that_is_too_long_is_told);
    tcase_add_test(tc, removed_is_gone_and_may_have_been_before);
})
