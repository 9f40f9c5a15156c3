/* leased.c: tests of core/base/leased.c: opening files that another opener has a lease on. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/base/leased.h"
#include "../support/scratch.h"

enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK };

static void only_a_regular_file_is_held(void **state)
{
    char opens[LEASED_NAME_BYTES];
    struct stat st;
    int fd, again;

    (void)state;
    pattern_file("file", 1, 1);
    assert_true(mkfifo("fifo", 0600) == 0 && symlink("file", "link") == 0);
    assert_int_equal(leased_hold(AT_FDCWD, "missing", FLAGS, opens), -ENOENT);
    assert_int_equal(leased_hold(AT_FDCWD, "fifo", FLAGS, opens), -EAGAIN);
    assert_int_equal(leased_hold(AT_FDCWD, "link", FLAGS | O_NOFOLLOW, opens), -EAGAIN);
    assert_int_equal(leased_open(AT_FDCWD, "missing", FLAGS), -ENOENT);
    /* it must not wait for a writer */
    assert_int_equal(leased_open(AT_FDCWD, "fifo", FLAGS), -EAGAIN);
    fd = leased_open(AT_FDCWD, "link", FLAGS);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    close(fd);
    fd = leased_hold(AT_FDCWD, "file", FLAGS, opens);
    assert_true(fd >= 0);
    /* the name opens the held file, whatever has its own name now */
    assert_true(unlink("file") == 0 && mkfifo("file", 0600) == 0);
    again = open(opens, FLAGS);
    assert_true(again >= 0 && fstat(again, &st) == 0 && S_ISREG(st.st_mode));
    close(again);
    close(fd);
}

/* Gives up the lease once another opener asks for the file, and tells by SIGIO. */
static void *give_up(void *arg)
{
    int fd = *(int *)arg, sig;
    sigset_t asked;

    sigemptyset(&asked);
    sigaddset(&asked, SIGIO);
    assert_int_equal(sigwait(&asked, &sig), 0);
    assert_int_equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
    close(fd);
    return NULL;
}

static void an_open_waits_for_the_end_of_a_lease(void **state)
{
    int held = open("leased", O_RDWR | O_CREAT | O_CLOEXEC, 0600), fd;
    pthread_t holder;
    sigset_t asked, before;

    (void)state;
    sigemptyset(&asked);
    sigaddset(&asked, SIGIO);
    pthread_sigmask(SIG_BLOCK, &asked, &before);
    assert_true(held >= 0);
    if (fcntl(held, F_SETLEASE, F_WRLCK) < 0) {
        close(held);
        print_message("no lease can be had: %s\n", strerror(errno));
        skip();
    }
    assert_int_equal(open("leased", FLAGS), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    assert_int_equal(pthread_create(&holder, NULL, give_up, &held), 0);
    fd = leased_open(AT_FDCWD, "leased", FLAGS);
    assert_true(fd >= 0);
    close(fd);
    pthread_join(holder, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_regular_file_is_held),
        cmocka_unit_test(an_open_waits_for_the_end_of_a_lease),
    };

    return cmocka_run_group_tests_name("leased", tests, scratch_set_up, scratch_tear_down);
}
