/* unfinished_at_end.c: tests of core/base/unfinished when the program ends while other processes
 * and threads use the same names. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../core/base/unfinished.h"
#include "../support/child.h"
#include "../support/scratch.h"

enum { OLD_BYTES = 10, NEW_BYTES = 20, HANG_SECONDS = 60, WAIT_US = 100000, POLL_US = 1000 };

/* The three calls below are used instead of the C library's. */

static bool no_random, moves_slowly;
static int rename_errno;
static unsigned renames;
static void (*before_rename)(unsigned nth);

ssize_t getrandom(void *bytes, size_t len, unsigned flags)
{
    errno = ENOSYS;
    return no_random ? -1 : syscall(SYS_getrandom, bytes, len, flags);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    renames++;
    if (before_rename)
        before_rename(renames);
    errno = rename_errno;
    return rename_errno && flags
               ? -1
               : (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, (long)flags);
}

/* Waits without a limit, however busy the machine is; or the limit has passed. */
int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *end)
{
    (void)end;
    while (!moves_slowly && pthread_rwlock_trywrlock(lock) != 0)
        usleep(POLL_US);
    return moves_slowly ? ETIMEDOUT : 0;
}

/* Runs a part in a process of its own, because the end is final. A part returns whether all was
 * well; the files are looked at afterwards. */
static void in_child(bool (*part)(void))
{
    pid_t pid = child_start();

    if (pid == 0) {
        alarm(HANG_SECONDS);
        _exit(part() ? 0 : 1);
    }
    child_end(pid);
}

static struct unfinished file;

/* Makes and lists a file of OLD_BYTES. Returns its descriptor. */
static int make(struct unfinished *made, const char *name)
{
    int fd;

    unfinished_begin();
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || !unfinished_created(made, AT_FDCWD, name, fd))
        test_broken(name);
    unfinished_extend(made, OLD_BYTES);
    pattern_write(fd, 1, 0, OLD_BYTES);
    return fd;
}

/* Opens and lists a file that was there before. Returns its descriptor. */
static int claim(struct unfinished *claimed, const char *name)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0 || !unfinished_claim(claimed, fd, &st))
        test_broken(name);
    return fd;
}

static off_t size_of(const char *name)
{
    struct stat st;

    return lstat(name, &st) < 0 ? -1 : st.st_size;
}

/* Counts the files here, and sets name to the last one's. */
static unsigned files_here(char name[256])
{
    DIR *dir = opendir(".");
    struct dirent *entry;
    unsigned count = 0;

    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            count++;
            snprintf(name, 256, "%s", entry->d_name);
        }
    closedir(dir);
    return count;
}

static bool make_and_remove(void)
{
    (void)make(&file, "file");
    return unfinished_remove() == 0;
}

/* Also if the filesystem cannot rename, or there is no random name. */
static void leaves_nothing(void **state)
{
    char name[256];

    (void)state;
    in_child(make_and_remove);
    assert_int_equal(files_here(name), 0);
    rename_errno = EINVAL;
    in_child(make_and_remove);
    rename_errno = 0;
    assert_int_equal(files_here(name), 0);
    no_random = true;
    in_child(make_and_remove);
    no_random = false;
    assert_int_equal(files_here(name), 0);
}

static bool remove_replaced(void)
{
    (void)make(&file, "file");
    return rename("other", "file") == 0 && unfinished_remove() == 0 && renames == 0;
}

/* Not even for a moment: the other process may be looking for it. */
static void moves_no_other_file(void **state)
{
    (void)state;
    pattern_file("other", 2, OLD_BYTES - 1);
    in_child(remove_replaced);
    assert_int_equal(size_of("file"), OLD_BYTES - 1);
}

static bool remove_link(void)
{
    unfinished_begin();
    pattern_file("file", 1, OLD_BYTES);
    (void)unfinished_created(&file, AT_FDCWD, "file", -1);
    unfinished_extend(&file, UINT64_MAX);
    return unlink("file") == 0 && symlink("away", "file") == 0 && unfinished_remove() == 0;
}

static void moves_no_symbolic_link(void **state)
{
    (void)state;
    in_child(remove_link);
    assert_int_equal(size_of("file"), strlen("away"));
}

/* Another process replaces the file before it is moved; then it makes a younger one. */
static void replace(unsigned nth)
{
    if (nth == 1 && rename("other", "file") < 0)
        _exit(2);
}

static void replace_twice(unsigned nth)
{
    replace(nth);
    if (nth == 2 && rename("younger", "file") < 0)
        _exit(2);
}

static void replace_and_break(unsigned nth)
{
    replace(nth);
    if (nth == 2)
        rename_errno = EIO;
}

static void gives_another_file_its_name_back(void **state)
{
    char name[256];

    (void)state;
    pattern_file("other", 2, NEW_BYTES);
    before_rename = replace;
    in_child(make_and_remove);
    assert_int_equal(files_here(name), 1);
    assert_int_equal(size_of("file"), NEW_BYTES);

    assert_int_equal(rename("file", "other"), 0);
    pattern_file("younger", 2, NEW_BYTES + 1);
    before_rename = replace_twice;
    in_child(make_and_remove);
    assert_int_equal(files_here(name), 1);
    assert_int_equal(size_of("file"), NEW_BYTES + 1);

    assert_int_equal(rename("file", "other"), 0);
    before_rename = replace_and_break;
    in_child(make_and_remove);
    before_rename = NULL;
    assert_int_equal(files_here(name), 1); /* by the name that it has now */
    assert_int_equal(size_of(name), NEW_BYTES + 1);
}

/* Another thread has found and claimed the file before this thread can list it. */
static bool find_early(void)
{
    struct unfinished other = {0};
    struct stat st;
    int fd, found;

    unfinished_begin();
    pattern_file("file", 1, OLD_BYTES);
    fd = open("file", O_WRONLY | O_CLOEXEC);
    found = claim(&other, "file");
    if (unfinished_created(&file, AT_FDCWD, "file", fd) || file.listed)
        return false;
    if (fstat(fd, &st) < 0 || unfinished_claim(&file, fd, &st))
        return false;
    unfinished_end(&other);
    return close(found) == 0 && unfinished_claim(&file, fd, &st) && unfinished_remove() == 1;
}

static void lists_no_file_twice(void **state)
{
    (void)state;
    in_child(find_early);
    assert_int_equal(size_of("file"), OLD_BYTES);
}

static bool fail_and_unlink(void)
{
    (void)make(&file, "file");
    unfinished_unlink(&file);
    return size_of("file") < 0 && !(unfinished_end(&file), file.listed);
}

/* close(2) fails, and its descriptor is another file's by now. */
static bool fail_to_close(void)
{
    int fd = make(&file, "file");

    unfinished_closing(&file);
    close(fd);
    if (open("other", O_RDONLY | O_CLOEXEC) != fd)
        return false;
    unfinished_unlink(&file);
    return size_of("file") < 0;
}

static bool claim_and_unlink(void)
{
    (void)claim(&file, "other");
    unfinished_unlink(&file);
    return size_of("other") == NEW_BYTES;
}

static void unlinks_what_failed(void **state)
{
    (void)state;
    pattern_file("other", 2, NEW_BYTES);
    in_child(fail_and_unlink);
    in_child(fail_to_close);
    in_child(claim_and_unlink);
}

static bool end_while_closing(void)
{
    (void)make(&file, "file");
    unfinished_closing(&file);
    if (unfinished_remove() != 0)
        return false;
    unfinished_unlink(&file);
    return true;
}

static void keeps_what_is_written(void **state)
{
    (void)state;
    in_child(end_while_closing);
    assert_int_equal(size_of("file"), OLD_BYTES);
}

static void *call_may_begin(void *arg)
{
    (void)arg;
    unfinished_may_begin();
    _exit(3);
}

static void *call_backup_begin(void *arg)
{
    (void)arg;
    unfinished_backup_begin();
    _exit(4);
}

static bool begin_after_the_end(void)
{
    pthread_t thread;

    moves_slowly = true;
    (void)unfinished_remove();
    if (pthread_create(&thread, NULL, call_may_begin, NULL) != 0 ||
        pthread_create(&thread, NULL, call_backup_begin, NULL) != 0)
        return false;
    usleep(WAIT_US); /* they wait */
    return true;
}

static void begins_nothing_after_the_end(void **state)
{
    (void)state;
    in_child(begin_after_the_end);
}

static void *remove_all(void *arg)
{
    (void)arg;
    _exit(unfinished_remove() != 0);
}

/* Starts the end, and waits until it has begun. */
static void start_the_end(void)
{
    pthread_t thread;

    (void)make(&file, "first");
    if (pthread_create(&thread, NULL, remove_all, NULL) != 0)
        _exit(5);
    while (size_of("first") >= 0)
        usleep(POLL_US);
}

/* Its name was given to a file of another name, as by linkat(2). */
static bool name_at_the_end(void)
{
    static struct unfinished named;

    unfinished_begin();
    start_the_end();
    pattern_file("file", 1, OLD_BYTES);
    (void)unfinished_created(&named, AT_FDCWD, "file", -1);
    return false; /* it must not return */
}

static void removes_a_name_that_is_given_at_the_end(void **state)
{
    char name[256];

    (void)state;
    in_child(name_at_the_end);
    assert_int_equal(files_here(name), 0);
}

static bool fail_at_the_end(void)
{
    static struct unfinished failed;

    unfinished_begin();
    start_the_end();
    (void)unfinished_created(&failed, AT_FDCWD, NULL, -1);
    return false;
}

static struct unfinished_backup backup;

static bool back_up_at_the_end(void)
{
    unfinished_backup_begin();
    if (rename("old", "old~") < 0)
        return false;
    start_the_end();
    unfinished_backup_made(&backup, AT_FDCWD, "old", "old~");
    return false;
}

static void waits_for_what_others_do(void **state)
{
    (void)state;
    pattern_file("old", 2, OLD_BYTES);
    in_child(fail_at_the_end);
    in_child(back_up_at_the_end);
    assert_int_equal(size_of("old"), OLD_BYTES);
    assert_int_equal(size_of("old~"), -1);
}

static atomic_bool begun, ended;

static void *back_up_slowly(void *arg)
{
    (void)arg;
    unfinished_backup_begin();
    if (rename("old", "old~") < 0)
        _exit(6);
    begun = true;
    while (!ended)
        usleep(POLL_US);
    unfinished_backup_made(&backup, AT_FDCWD, "old", "old~");
    _exit(7);
}

static bool end_beside_a_slow_backup(void)
{
    pthread_t thread;

    moves_slowly = true;
    if (pthread_create(&thread, NULL, back_up_slowly, NULL) != 0)
        return false;
    while (!begun)
        usleep(POLL_US);
    ended = unfinished_remove() == 0;
    while (size_of("old") < 0)
        usleep(POLL_US);
    return true;
}

/* The end does not wait for long; the backup may still get its name back. */
static void waits_for_no_slow_backup(void **state)
{
    (void)state;
    pattern_file("old", 2, OLD_BYTES);
    in_child(end_beside_a_slow_backup);
    assert_int_equal(size_of("old~"), -1);
}

static bool back_up_and_end(void)
{
    unfinished_backup_begin();
    unfinished_backup_made(&backup, AT_FDCWD, "old", "old~");
    return unfinished_remove() == 0;
}

/* A filesystem without RENAME_NOREPLACE. */
static void gives_backups_their_names_without_flags(void **state)
{
    static const int errors[] = {EINVAL, ENOSYS, EIO};

    (void)state;
    for (int i = 0; i < 3; i++) {
        bool back = errors[i] != EIO;
        pattern_file("old~", 2, OLD_BYTES);
        rename_errno = errors[i];
        in_child(back_up_and_end);
        assert_int_equal(size_of("old"), back ? OLD_BYTES : -1);
        assert_int_equal(size_of("old~"), back ? -1 : OLD_BYTES);
        (void)unlink("old");
    }
    pattern_file("old", 3, NEW_BYTES);
    pattern_file("old~", 2, OLD_BYTES);
    rename_errno = EINVAL;
    in_child(back_up_and_end);
    rename_errno = 0;
    assert_int_equal(size_of("old"), NEW_BYTES);
    assert_int_equal(size_of("old~"), OLD_BYTES);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_set_up, scratch_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(leaves_nothing),
        CASE(moves_no_other_file),
        CASE(moves_no_symbolic_link),
        CASE(gives_another_file_its_name_back),
        CASE(lists_no_file_twice),
        CASE(unlinks_what_failed),
        CASE(keeps_what_is_written),
        CASE(begins_nothing_after_the_end),
        CASE(removes_a_name_that_is_given_at_the_end),
        CASE(waits_for_what_others_do),
        CASE(waits_for_no_slow_backup),
        CASE(gives_backups_their_names_without_flags),
    };

    return cmocka_run_group_tests_name("unfinished_at_end", tests, NULL, NULL);
}
