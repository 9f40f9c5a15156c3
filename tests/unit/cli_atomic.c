/* cli_atomic.c: tests of cmd/cli/atomic.c: a file is there complete, or it is as it was. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cmd/cli/atomic.h"
#include "../support/scratch.h"

static void put(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
        test_broken(path);
    close(fd);
}

static void check_text(const char *path, const char *text)
{
    char got[64] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(read(fd, got, sizeof(got) - 1) >= 0);
    close(fd);
    assert_string_equal(got, text);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode;
}

/* Returns the number of names in the directory. */
static int count_names(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    if (!dir)
        test_broken(path);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static struct cli_atomic *start(const char *path, const char *text)
{
    struct cli_atomic *file;

    assert_int_equal(cli_atomic_open(&file, path), 0);
    fputs(text, cli_atomic_stream(file));
    return file;
}

static void check_written(const char *path, const char *text)
{
    assert_int_equal(cli_atomic_commit(start(path, text)), 0);
    check_text(path, text);
}

static void new_file_appears_on_commit(void **state)
{
    struct cli_atomic *file;

    (void)state;
    umask(027);
    mkdir("n", 0755);
    file = start("n/new", "text");
    fflush(cli_atomic_stream(file));
    assert_int_equal(access("n/new", F_OK), -1);
    assert_int_equal(cli_atomic_commit(file), 0);
    check_text("n/new", "text");
    assert_int_equal(mode_of("n/new"), S_IFREG | 0640);
    umask(022);
    cli_atomic_discard(start("n/none", "text"));
    cli_atomic_discard(NULL);
    assert_int_equal(count_names("n"), 1);
}

static void old_file_stays_until_commit(void **state)
{
    struct cli_atomic *file;

    (void)state;
    mkdir("o", 0755);
    put("o/old", "old", 0604);
    cli_atomic_discard(start("o/old", "new"));
    check_text("o/old", "old");
    file = start("o/old", "new");
    fflush(cli_atomic_stream(file));
    check_text("o/old", "old");
    assert_int_equal(cli_atomic_commit(file), 0);
    check_text("o/old", "new");
    assert_int_equal(mode_of("o/old"), S_IFREG | 0604);
    assert_int_equal(count_names("o"), 1);
}

static void names_of_any_kind(void **state)
{
    char longest[256];

    (void)state;
    memset(longest, 'l', 255);
    longest[255] = 0;
    check_written(longest, "1");
    check_written(longest, "2");
    check_written("-", "a name, here");
    mkdir("k", 0755);
    check_written("./k//x", "text");
    assert_int_equal(count_names("k"), 1);
}

static void links_are_followed(void **state)
{
    (void)state;
    mkdir("l", 0755);
    mkdir("l/sub", 0755);
    put("l/sub/file", "old", 0600);
    if (symlink("sub/link", "l/link") < 0 || symlink("file", "l/sub/link") < 0 ||
        symlink("sub/fresh", "l/dangling") < 0 || symlink("round", "l/round") < 0)
        test_broken("l");
    check_written("l/link", "new");
    check_text("l/sub/file", "new");
    assert_true(S_ISLNK(mode_of("l/link")) && S_ISLNK(mode_of("l/sub/link")));
    check_written("l/dangling", "fresh");
    check_text("l/sub/fresh", "fresh");
    assert_int_equal(count_names("l/sub"), 3);
    assert_int_equal(count_names("l"), 4);
}

static void check_refused(const char *path, int status)
{
    struct cli_atomic *file;

    assert_int_equal(cli_atomic_open(&file, path), status);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    mkdir("d", 0755);
    put("plain", "", 0600);
    if (symlink("round", "round") < 0 || mknod("socket", S_IFSOCK | 0600, 0) < 0)
        test_broken("round");
    check_refused("d", -EISDIR);
    check_refused("d/", -EISDIR);
    check_refused("", -ENOENT);
    check_refused("missing/x", -ENOENT);
    check_refused("plain/x", -ENOTDIR);
    check_refused("socket", -EINVAL);
    check_refused("round", -ELOOP);
}

/* Runs in a process of its own, which is not root's. */
static int read_only_child(void)
{
    struct cli_atomic *file;

    if (geteuid() == 0 &&
        (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        return 2;
    if (cli_atomic_open(&file, "w/read-only") != -EACCES)
        return 3;
    return cli_atomic_open(&file, "w/sub/new") == -EACCES ? 0 : 4;
}

static void check_child(int (*child)(void), int expected)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(child());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, expected);
}

static void read_only_files_are_not_replaced(void **state)
{
    (void)state;
    mkdir("w", 0777);
    mkdir("w/sub", 0555);
    chmod("w", 0777);
    put("w/read-only", "old", 0444);
    check_child(read_only_child, 0);
    check_text("w/read-only", "old");
}

static int failing_child(void)
{
    const struct rlimit limit = {5, 5};
    struct cli_atomic *file;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || cli_atomic_open(&file, "e/old") != 0)
        return 2;
    fputs("too long", cli_atomic_stream(file));
    return cli_atomic_commit(file) == -EFBIG ? 0 : 3;
}

static int killed_child(void)
{
    struct cli_atomic *file;

    if (cli_atomic_open(&file, "e/old") == 0) {
        fputs("half", cli_atomic_stream(file));
        fflush(cli_atomic_stream(file));
        raise(SIGKILL);
    }
    return 2;
}

static void failure_leaves_no_trace(void **state)
{
    (void)state;
    mkdir("e", 0755);
    put("e/old", "old", 0600);
    check_child(failing_child, 0);
    check_text("e/old", "old");
    check_child(killed_child, SIGKILL);
    check_text("e/old", "old");
    assert_int_equal(count_names("e"), 1);
}

static void descriptors_are_written_at_once(void **state)
{
    struct cli_atomic *file;
    char path[32], got[8] = "";
    int fd, reader;

    (void)state;
    /* an open file with contents: new text is appended */
    put("out", "", 0600);
    fd = open("out", O_RDWR | O_CLOEXEC);
    assert_int_equal(write(fd, "a", 1), 1);
    snprintf(path, sizeof(path), "/dev/fd/%d", fd);
    if (symlink(path, "to-out") < 0)
        test_broken("to-out");
    assert_int_equal(cli_atomic_commit(start(path, "b")), 0);
    assert_int_equal(cli_atomic_commit(start("to-out", "c")), 0);
    assert_int_equal(write(fd, "d", 1), 1);
    check_text("out", "abcd");
    close(fd);

    if (mkfifo("fifo", 0600) < 0)
        test_broken("fifo");
    reader = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    file = start("fifo", "x");
    fflush(cli_atomic_stream(file));
    assert_int_equal(read(reader, got, sizeof(got)), 1);
    assert_int_equal(cli_atomic_commit(file), 0);
    close(reader);
    assert_true(S_ISFIFO(mode_of("fifo")));
    assert_int_equal(cli_atomic_commit(start("/dev/full", "x")), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_file_appears_on_commit),
        cmocka_unit_test(old_file_stays_until_commit),
        cmocka_unit_test(names_of_any_kind),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(read_only_files_are_not_replaced),
        cmocka_unit_test(failure_leaves_no_trace),
        cmocka_unit_test(descriptors_are_written_at_once),
    };

    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
